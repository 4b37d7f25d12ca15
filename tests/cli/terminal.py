#!/usr/bin/env python3
"""getvpnsh on a pseudo-terminal, byte by byte; prints TAP.

BUILD names the directory of the programs.  Each getvpnd runs in a network
namespace of its own and keeps its state in a temporary directory.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

import tap

BUILD = os.environ.get("BUILD", "build")
GETVPND = os.path.join(BUILD, "getvpnd")
GETVPNSH = os.path.join(BUILD, "getvpnsh")
WIPE = b"\b" * 9 + b" " * 8 + b"\b" * 9
CONF = b"Enter configuration commands, one per line.  End with CNTL/Z.\r\n"


class Daemon:
    def __init__(self, directory):
        self.dir = directory
        self.socket = os.path.join(directory, "getvpnd.sock")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["unshare", "-n", GETVPND, "-f", "-d", self.dir, "-s", self.socket],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.dir, "log"), "ab"),
        )
        self.wait()

    def wait(self):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.socket)
                return
            except OSError:
                time.sleep(0.05)
            finally:
                s.close()
        raise AssertionError("getvpnd does not start")

    def stop(self, signo=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(signo)
        status = self.process.wait(15)
        self.process = None
        return status


class Term:
    """getvpnsh on a terminal; `all` is everything that it wrote."""

    def __init__(self, args, rows=24, cols=80):
        self.all = b""
        self.buf = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.pop("SSH_CONNECTION", None)
            os.environ["TERM"] = "xterm-256color"
            fcntl.ioctl(
                0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0)
            )
            os.execv(GETVPNSH, [GETVPNSH] + args)

    def send(self, data):
        while data:
            _, ready, _ = select.select([], [self.fd], [], 10)
            assert ready, "the terminal takes no more input"
            n = os.write(self.fd, data[:1024])
            data = data[n:]
            self.pump(0)

    def pump(self, timeout):
        while select.select([self.fd], [], [], timeout)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return False
            self.all += data
            self.buf += data
            timeout = 0
        return True

    def expect(self, text, timeout=10):
        """Reads up to and including text; returns what came before."""
        end = time.monotonic() + timeout
        while text not in self.buf:
            left = end - time.monotonic()
            assert left > 0, "%r did not come, but %r" % (text, self.buf)
            if not self.pump(left) and text not in self.buf:
                raise AssertionError("%r: ended with %r" % (text, self.buf))
        before, self.buf = self.buf.split(text, 1)
        return before

    def quiet(self, seconds=0.3):
        """What comes by itself."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(max(0, end - time.monotonic()))
        out, self.buf = self.buf, b""
        return out

    def type(self, data, prompt):
        """Sends; what comes, without the prompt at its end."""
        self.send(data)
        out = self.expect(prompt)
        rest = self.quiet(0.05)
        assert rest == b"", "more behind the prompt: %r" % rest
        return out

    def close(self):
        try:
            os.close(self.fd)
        except OSError:
            pass
        os.waitpid(self.pid, 0)


def same(got, want):
    assert got == want, "\n got %r\nwant %r" % (got, want)


daemon = None


def term(**kw):
    t = Term(["-s", daemon.socket], **kw)
    t.expect(b"R1#")
    same(t.quiet(0.05), b"")
    return t


def script(*args, stdin=None, status=0):
    p = subprocess.run(
        [GETVPNSH, "-s", daemon.socket, *args],
        input=stdin,
        capture_output=True,
        timeout=60,
        stdin=subprocess.DEVNULL if stdin is None else None,
    )
    assert p.returncode == status, (p.returncode, p.stdout, p.stderr)
    return p.stdout, p.stderr


def test_enter():
    """CR, LF and CR LF are one Enter each"""
    t = term()
    same(t.type(b"\r", b"R1#"), b"\r\n")
    same(t.type(b"\n", b"R1#"), b"\r\n")
    same(t.type(b"\r\n", b"R1#"), b"\r\n")
    t.send(b"\n\r")
    same(t.quiet(), b"\r\nR1#\r\nR1#")
    t.send(b"\r\n\r\n\r\n")
    same(t.quiet(), b"\r\nR1#" * 3)
    t.close()


def test_one_write():
    """the prompt comes in one piece with the CR LF before it"""
    t = term()
    for _ in range(50):
        os.write(t.fd, b"\r")  # send() would already read of the answer
        assert select.select([t.fd], [], [], 10)[0], "no answer to Enter"
        same(os.read(t.fd, 4096)[-5:], b"\r\nR1#")
    t.close()


def test_echo_and_faults():
    """echo once, then output; the caret counts the prompt"""
    t = term()
    same(
        t.type(b"show privilege\r", b"\r\nR1#"),
        b"show privilege\r\nCurrent privilege level is 15",
    )
    same(
        t.type(b"show zoo\r", b"\r\nR1#"),
        b"show zoo\r\n        ^\r\n% Invalid input detected at '^' marker.\r\n",
    )
    same(
        t.type(b"terminal length\r", b"\r\nR1#"),
        b"terminal length\r\n% Incomplete command.\r\n",
    )
    same(
        t.type(b"e\r", b"\r\nR1#"), b'e\r\n% Ambiguous command:  "e"'
    )
    same(
        t.type(b"nosuch\r", b"\r\nR1#"),
        b'nosuch\r\nTranslating "nosuch"\r\n% Unknown command or computer '
        b"name, or unable to find computer address\r\n",
    )
    t.close()


def test_help():
    """? at once, the line again behind it; literal behind Ctrl-V and !"""
    t = term()
    t.send(b"show run brief ?")
    same(
        t.expect(b"\r\n\r\nR1#show run brief "),
        b"show run brief ?\r\n  |     Output modifiers\r\n  <cr>  <cr>",
    )
    t.send(b"\x15")
    t.quiet(0.1)
    same(t.type(b"show priv?", b"R1#show priv"),
         b"show priv?\r\nprivilege  \r\n\r\n")
    t.send(b"\x15")
    t.quiet(0.1)
    same(t.type(b"! what?\r", b"\r\nR1#"), b"! what?")
    same(t.type(b"a\x16?\x15", b"\b\b  \b\b"), b"a?")
    t.close()


def test_complete():
    """TAB completes on a new line, or rings"""
    t = term()
    same(t.type(b"sh priv\t", b"R1#sh privilege "), b"sh priv\r\n")
    same(t.type(b"\r", b"\r\nR1#"), b"\r\nCurrent privilege level is 15")
    same(t.type(b"xyzzy\t", b"R1#xyzzy"), b"xyzzy\a\r\n")
    t.send(b"\x15\t  ")
    t.quiet(0.1)
    t.close()


def test_modes_and_control():
    """Ctrl-Z executes the line and leaves; Ctrl-C drops it and leaves"""
    t = term()
    same(t.type(b"conf t\r", b"R1(config)#"), b"conf t\r\n" + CONF)
    t.type(b"interface Loopback7\r", b"R1(config-if)#")
    out = t.type(b"description by ^Z\x1a", b"\r\nR1#")
    same(out.split(b"\r\n")[0], b"description by ^Z^Z")
    assert b"%SYS-5-CONFIG_I: Configured from console by console" in out, out
    t.type(b"conf t\r", b"R1(config)#")
    t.type(b"interface Loopback7\r", b"R1(config-if)#")
    out = t.type(b"description lost\x03", b"\r\nR1#")
    same(out.split(b"\r\n")[0], b"description lost^C")
    out = t.type(b"show run int lo7\r", b"\r\nR1#")
    assert b"\r\n description by ^Z\r\n" in out, out
    assert b"lost" not in out, out
    same(t.type(b"gone\x03", b"R1#"), b"gone^C\r\n")
    same(t.type(b"gone\x1a", b"R1#"), b"gone^Z\r\n")
    t.send(b"\x04")
    same(t.quiet(0.1), b"")
    t.close()


def test_pager():
    """--More-- is wiped by 9 BS, 8 blanks, 9 BS"""
    t = term(rows=10)
    t.send(b"show running-config\r")
    first = t.expect(b" --More-- ")
    same(first.count(b"\r\n"), 10)  # 9 lines and that of the command
    t.send(b"\r")
    one = t.expect(b" --More-- ")
    assert one.startswith(WIPE), one
    same(one.count(b"\r\n"), 1)
    t.send(b" ")
    page = t.expect(b" --More-- ")
    assert page.startswith(WIPE), page
    same(page.count(b"\r\n"), 9)
    t.send(b"q")
    same(t.expect(b"R1#"), WIPE)
    t.send(b"show running-config\r")
    t.expect(b" --More-- ")
    t.send(b"/^end\r")
    out = t.expect(b"\r\n\r\nR1#")
    assert out.endswith(b"\r\nend"), out
    t.type(b"terminal length 0\r", b"R1#")
    out = t.type(b"show running-config\r", b"\r\nend\r\n\r\nR1#")
    assert b"More" not in out
    t.close()


def test_editing():
    """keys edit with BS and blanks only; histories are kept apart"""
    t = term()
    same(t.type(b"show privilegX\x7fe\r", b"\r\nR1#"),
         b"show privilegX\b \be\r\nCurrent privilege level is 15")
    t.type(b"conf t\r", b"R1(config)#")
    t.type(b"! in config\r", b"R1(config)#")
    same(t.type(b"\x10", b"! in config"), b"")
    t.send(b"\x15")
    t.quiet(0.1)
    t.type(b"end\r", b"R1#")
    t.quiet(0.1)
    same(t.type(b"\x10", b"conf t"), b"")
    t.send(b"\x15")
    t.quiet(0.1)
    t.send(b"rivilege\x01show p\x05\r")
    t.expect(b"Current privilege level is 15\r\nR1#")
    t.send(b"show X privilege\x1bb\x1bb\x04\x04\r")
    t.expect(b"Current privilege level is 15\r\nR1#")
    t.close()


def test_long_line():
    """a long line scrolls by 10; with terminal width 0 it does not"""
    t = term(cols=40)
    t.send(b"! " + b"x" * 33)
    same(t.quiet(), b"! " + b"x" * 33)
    t.send(b"yz")
    assert b"$" in t.quiet()
    t.send(b"\x01")
    assert b"$" in t.quiet()
    t.send(b"\r")
    t.expect(b"R1#")
    t.type(b"terminal width 0\r", b"R1#")
    line = b"! " + b"0123456789" * 25
    same(t.type(line + b"\r", b"\r\nR1#"), line)
    t.close()


def test_paste():
    """a paste of 600 lines at once: nothing is lost, echoes in order"""
    t = term()
    lines = [b"conf t", b"no ip access-list extended PASTE",
             b"ip access-list extended PASTE"]
    lines += [b" permit ip host 10.0.%d.%d any" % (i // 200, i % 200)
              for i in range(600)]
    lines += [b"end", b"terminal length 0"]
    t.send(b"".join(x + b"\r" for x in lines))
    t.send(b"show ver | count vers\r")
    t.expect(b"regexp = ", 60)
    t.quiet(0.2)
    echo = re.findall(rb"#( permit ip host [0-9.]* any)\r\n", t.all)
    same(echo, lines[3:603])
    out, _ = script("-c", "show run | section access-list extended PASTE")
    same(out.count(b"permit"), 600)
    t.close()


def test_log_lines():
    """a log line leaves the typed line in place; width and console only"""
    t = term()
    t.send(b"show priv")
    t.quiet(0.1)
    script("-c", "conf t", "-c", "end")
    out = t.expect(b"\r\nR1#show priv")
    assert re.fullmatch(
        rb"\r\n[^\r\n]*%SYS-5-CONFIG_I: Configured from console by console",
        out,
    ), out
    same(t.type(b"\r", b"\r\nR1#"), b"\r\nCurrent privilege level is 15")
    t.type(b"terminal no monitor\r", b"R1#")
    script("-c", "conf t", "-c", "end")
    same(t.quiet(), b"")
    t.close()


def test_questions():
    """[confirm] takes one key, a file name a line"""
    t = term()
    t.send(b"clear logging\r")
    t.expect(b"Clear logging buffer [confirm]")
    same(t.type(b"\r", b"R1#"), b"\r\n")
    t.send(b"copy run start\r\r")
    same(
        t.expect(b"\r\nR1#"),
        b"copy run start\r\nDestination filename [startup-config]? \r\n"
        b"Building configuration...\r\n[OK]",
    )
    t.send(b"copy run start\r")
    t.expect(b"[startup-config]? ")
    same(t.type(b"\x03", b"R1#"), b"^C\r\n")
    t.close()


def test_file():
    """-f names the refused lines and goes on"""
    path = os.path.join(daemon.dir, "paste.txt")
    with open(path, "w", encoding="ascii") as f:
        f.write(
            "! made by hand\n"
            "R1(config)#interface Loopback8\n"
            " ip adress 10.8.8.8 255.255.255.255\r\n"
            " description eight\n"
            "bogus\n"
            "end\n"
            "ip access-list extended AFTER\n"
            " permit icmp any any\n"
        )
    out, err = script("-f", path, status=1)
    same(out, b"")
    same(
        err.replace(path.encode(), b"F"),
        b"F:3:  ip adress 10.8.8.8 255.255.255.255\n"
        b"F:3:       ^\n"
        b"F:3: % Invalid input detected at '^' marker.\n"
        b"F:5: bogus\n"
        b"F:5:   ^\n"
        b"F:5: % Invalid input detected at '^' marker.\n"
        b"% 2 of 7 lines refused: lines 3, 5\n",
    )
    out, _ = script("-c", "show run | section Loopback8|AFTER")
    same(
        out,
        b"interface Loopback8\n description eight\n no ip address\n"
        b"ip access-list extended AFTER\n 10 permit icmp any any\n",
    )


def test_round_trip():
    """what is shown can be pasted back and shows the same"""
    body = re.compile(rb"^(Building|Current|!).*\n|^\n", re.M)
    before, _ = script("-c", "show running-config")
    path = os.path.join(daemon.dir, "again.txt")
    with open(path, "wb") as f:
        f.write(before)
    script("-f", path)
    after, _ = script("-c", "show running-config")
    same(body.sub(b"", after), body.sub(b"", before))


def test_standard_input():
    """lines on standard input, no echo; the status tells"""
    out, _ = script(stdin=b"show privilege\nconf t\nint lo7\nend\r\nshow "
                          b"priv | count level\n")
    same(out, b"Current privilege level is 15\n" + CONF.replace(b"\r", b"") +
         b"Number of lines which match regexp = 1\n")
    out, _ = script(stdin=b"show nothing\n", status=1)
    same(out, b"show nothing\n     ^\n% Invalid input detected at '^' "
              b"marker.\n\n")
    script("-c", "show privilege", "-c", "bogus", status=1)
    script(stdin=b"show privilege")


def test_pipe_waits():
    """lines of a pipe are executed as they come"""
    p = subprocess.Popen([GETVPNSH, "-s", daemon.socket],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for _ in range(3):
        p.stdin.write(b"show privilege\n")
        p.stdin.flush()
        assert select.select([p.stdout], [], [], 5)[0]
        same(os.read(p.stdout.fileno(), 100),
             b"Current privilege level is 15\n")
    p.stdin.close()
    same(p.wait(5), 0)
    p.stdout.close()


def frame(kind, body=b""):
    return struct.pack(">BI", kind, len(body)) + body


def raw(*frames):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(daemon.socket)
    for f in frames:
        s.sendall(f)
    return s


HELLO = frame(1, struct.pack(">BBHH", 1, 0, 24, 80))


def line(text, flags=0):
    return frame(2, bytes([flags]) + text)


def drain(s):
    out = b""
    while True:
        try:
            data = s.recv(65536)
        except ConnectionResetError:
            return out
        if not data:
            return out
        out += data


def test_hostile():
    """hostile frames cost their sender the connection, nothing else"""
    bad = [
        b"\x00" * 64,
        b"\xff" * 64,
        frame(1),
        line(b"show privilege"),
        HELLO + HELLO,
        HELLO + frame(99, b"x"),
        HELLO + frame(6, b"\x00"),
        HELLO + frame(2),
        HELLO + struct.pack(">BI", 2, 0xFFFFFFFF),
        frame(1, struct.pack(">BBHH", 77, 255, 65535, 65535)),
    ]
    for data in bad:
        drain(raw(data))
    s = raw(HELLO + line(b"sho\x00w\n priv\xff" + b"| inc " * 50, 255))
    s.close()
    s = raw(HELLO[:3])
    s.close()
    for _ in range(20):
        raw(HELLO + line(b"configure") + line(b"show run all") * 40).close()
    out, _ = script("-c", "show privilege")
    same(out, b"Current privilege level is 15\n")


def test_break():
    """Ctrl-Shift-6 stops a ping; what was typed ahead follows"""
    t = term()
    ping = b"ping 10.250.0.1 repeat 100"
    t.send(ping + b"\rshow privilege\r")
    t.expect(b"timeout is 2 seconds:\r\n")
    time.sleep(0.3)
    t.send(b"\x1e")
    t.expect(b"Success rate is 0 percent (", 2)
    t.expect(b"\r\nR1#show privilege\r\nCurrent privilege level is 15\r\n"
             b"R1#", 2)
    t.send(ping + b"\rshow privilege\r")
    t.expect(b"timeout is 2 seconds:\r\n")
    time.sleep(0.3)
    t.send(b"\x03")
    t.expect(b"Success rate is 0 percent (", 2)
    t.expect(b"\r\nR1#", 2)
    same(t.quiet(), b"")
    t.close()


def open_files():
    return len(os.listdir("/proc/%d/fd" % daemon.process.pid))


def test_vanish():
    """a client that goes while its ping runs takes it along"""
    before = open_files()
    for s in [raw(HELLO, line(b"ping 10.250.0.1 repeat 1000"))
              for _ in range(10)]:
        time.sleep(0.02)
        s.close()
    end = time.monotonic() + 5
    while open_files() > before:
        assert time.monotonic() < end, (before, open_files())
        time.sleep(0.05)
    script("-c", "show privilege")


def test_long_lines():
    """a line beyond all bounds is refused, and only that"""
    path = os.path.join(daemon.dir, "long.txt")
    with open(path, "wb") as f:
        f.write(b"interface Loopback8\n description " + b"x" * 200 +
                b"\n" + b"y" * 2000000 + b"\n description eight\n")
    _, err = script("-f", path, status=1)
    assert err.endswith(b"% Line too long\n% 1 of 4 lines refused: line 3\n"
                        ), err


def as_nobody(function):
    """Runs it in a child without rights; true when it returned true."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            status = 0 if function() else 1
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def test_strangers():
    """users other than root need a username entry, or the group getvpn"""
    def sent_away():
        answer = drain(raw(HELLO + line(b"show privilege")))
        return answer == frame(71, b"% Authorization failed.")

    def at_level_7():
        s = raw(HELLO, line(b"show privilege"))
        s.shutdown(socket.SHUT_WR)
        return b"Current privilege level is 7\n" in drain(s)

    os.chmod(daemon.dir, 0o755)
    assert as_nobody(sent_away)
    configure("username nobody privilege 7")
    assert as_nobody(at_level_7)

    def guesses():
        """a wrong password holds up all sessions of the user"""
        s = raw(HELLO, line(b"enable"), line(b"guess"), line(b"guess"))
        begin = time.monotonic()
        other = raw(HELLO, line(b"show privilege"))
        other.settimeout(10)
        seen = b""
        while b"privilege level is 7" not in seen:
            seen += other.recv(65536)
        s.close()
        return time.monotonic() - begin > 1

    configure("enable secret s3cret")
    assert as_nobody(guesses)
    configure("no enable secret", "no username nobody")
    assert as_nobody(sent_away)
    os.chmod(daemon.dir, 0o700)


def configure(*lines):
    """Lines of configuration, from a script."""
    path = os.path.join(daemon.dir, "configure.txt")
    with open(path, "w") as f:
        f.write("".join(line + "\n" for line in lines))
    script("-f", path)


def test_banner():
    """the lines of a banner are text: no help, no prompt, Ctrl-Z ends them"""
    t = term()
    t.type(b"conf t\r", b"R1(config)#")
    same(t.type(b"banner exec #\r", b"the character '#'.\r\n"),
         b"banner exec #\r\nEnter TEXT message.  End with ")
    t.send(b"is it? yes\r  ! no comment\rlast # gone\r")
    same(t.expect(b"\r\nR1(config)#"),
         b"is it? yes\r\n  ! no comment\r\nlast # gone")
    t.type(b"banner exec ^C\r", b"'^C'.\r\n")
    t.send(b"one\r")
    t.type(b"two\x1a", b"R1(config)#")
    t.send(b"end\r")
    t.expect(b"R1#")
    out = t.type(b"show running-config | begin banner\r", b"\r\nR1#")
    assert b"banner exec ^C\r\none\r\ntwo^C\r\n" in out, out
    t.close()
    t = Term(["-s", daemon.socket])
    same(t.expect(b"R1#"), b"\r\none\r\ntwo\r\n")
    t.close()
    configure("no banner exec")


def test_login():
    """login local on the console asks who it is, three times"""
    configure("username kim privilege 3 secret s3cret", "line con 0",
              "login local")
    t = Term(["-s", daemon.socket])
    same(t.expect(b"Username: "), b"\r\nUser Access Verification\r\n\r\n")
    t.type(b"kim\r", b"Password: ")
    same(t.type(b"wrong\r", b"Username: "),
         b"\r\n% Login invalid\r\n\r\n")
    t.type(b"kim\r", b"Password: ")
    same(t.type(b"s3cret\r", b"R1#"), b"\r\n")
    same(t.type(b"show privilege\r", b"\r\nR1#"),
         b"show privilege\r\nCurrent privilege level is 3")
    out = t.type(b"configure terminal\r", b"R1#")
    assert b"% Invalid input" in out or b"% Unknown command" in out, out
    t.close()
    # Neither Ctrl-C nor hurry is a way around it.
    for keys in b"\x03", b"\x1a", b"?\x03enable\r", b"\r\r\x03show run\r":
        t = Term(["-s", daemon.socket])
        t.expect(b"Username: ")
        t.send(keys)
        while t.pump(5):
            assert b"R1" not in t.buf, t.buf
        t.close()
    t = Term(["-s", daemon.socket])
    for _ in range(3):
        t.expect(b"Username: ")
        t.type(b"kim\r", b"Password: ")
        t.send(b"guess\r")
    t.expect(b"% Login invalid\r\n")
    while t.pump(5):
        pass
    t.close()
    configure("no username kim", "line con 0", "no login")


def test_half_closed():
    """one who sends no more still gets all answers"""
    s = raw(HELLO, line(b"show privilege") * 3)
    s.shutdown(socket.SHUT_WR)
    same(drain(s).count(b"Current privilege level is 15"), 3)


def test_slow_reader():
    """one who does not read waits alone, and loses nothing"""
    s = raw(HELLO, line(b"show running-config all") * 60)
    time.sleep(0.5)
    start = time.monotonic()
    script("-c", "show privilege")
    assert time.monotonic() - start < 2
    rss = int(re.search(r"VmRSS:\s+(\d+)", open(
        "/proc/%d/status" % daemon.process.pid).read()).group(1))
    assert rss < 200000 or "asan" in BUILD, rss
    s.shutdown(socket.SHUT_WR)
    same(drain(s).count(b"Building configuration..."), 60)


def test_restart():
    """the shell says that the daemon went and finds the next one"""
    script("-c", "write memory")
    t = term()
    daemon.stop(signal.SIGKILL)
    t.expect(b"% Connection to getvpnd lost")
    daemon.start()
    t.expect(b"% Connected again\r\nR1#")
    t.quiet(0.5)
    same(t.type(b"show privilege\r", b"\r\nR1#").split(b"\r\n")[-1],
         b"Current privilege level is 15")
    t.close()


def test_two_daemons():
    """a second daemon on a live socket refuses to start"""
    p = subprocess.run(
        ["unshare", "-n", GETVPND, "-f", "-d", daemon.dir, "-s",
         daemon.socket], capture_output=True, timeout=15)
    same(p.returncode, 1)
    assert b"running already" in p.stderr, p.stderr
    script("-c", "show privilege")


def test_hang_up():
    """the shell ends when its terminal does"""
    t = term()
    os.close(t.fd)
    end = time.monotonic() + 5
    while os.waitpid(t.pid, os.WNOHANG)[0] == 0:
        assert time.monotonic() < end, "still there"
        time.sleep(0.02)


def embedded(directory, *args):
    return ["unshare", "-n", GETVPNSH, "-s", os.path.join(directory, "s"),
            "-d", directory, *args]


def test_embedded():
    """without a daemon, root's shell is a router by itself"""
    directory = tempfile.mkdtemp(prefix="getvpn-embedded-")
    try:
        p = subprocess.run(
            embedded(directory, "-c", "conf t", "-c", "hostname Solo",
                     "-c", "end", "-c", "write memory"),
            capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        same(p.returncode, 0)
        assert p.stdout.endswith(b"[OK]\n"), p.stdout
        assert not os.path.exists(os.path.join(directory, "s"))
        p = subprocess.run(
            embedded(directory, "-c", "show run | include hostname"),
            capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        same(p.stdout, b"hostname Solo\n")
    finally:
        shutil.rmtree(directory)


def test_clean_stop():
    """SIGTERM ends the daemon with status 0 and removes the socket"""
    same(daemon.stop(), 0)
    assert not os.path.exists(daemon.socket)
    daemon.start()


TESTS = [
    test_enter, test_one_write, test_echo_and_faults, test_help,
    test_complete, test_modes_and_control, test_pager, test_editing,
    test_long_line, test_paste, test_log_lines, test_questions, test_file,
    test_round_trip, test_standard_input, test_pipe_waits, test_hostile,
    test_break, test_vanish, test_long_lines,
    test_strangers, test_banner, test_login,
    test_half_closed, test_slow_reader, test_restart, test_two_daemons,
    test_hang_up, test_embedded, test_clean_stop,
]

screens = b""


def watch_screens():
    """Collects what every terminal showed, for the last test."""
    close = Term.close

    def closing(self):
        global screens
        screens += self.all
        close(self)

    Term.close = closing


def test_escapes():
    """no escape sequence and no lone CR was ever written"""
    escapes = re.findall(rb"\x1b.{0,10}|\r(?!\n)", screens, re.S)
    assert not escapes, escapes[:5]


def main():
    global daemon
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    watch_screens()
    chosen = [t for t in TESTS if len(sys.argv) < 2
              or t.__name__[5:] in sys.argv[1:]]
    directory = tempfile.mkdtemp(prefix="getvpn-cli-")
    daemon = Daemon(directory)
    try:
        daemon.start()
        script("-c", "conf t", "-c", "hostname R1", "-c",
               "interface Loopback7", "-c", "ip address 10.7.7.7 "
               "255.255.255.255", "-c", "end")
        return tap.run([*chosen, test_escapes])
    finally:
        daemon.stop()
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
