#!/usr/bin/env python3
"""getvpnsh as the login shell of ssh users; prints TAP.

Runs in network and mount namespaces of its own (ssh.sh): users exist in a
private copy of /etc/passwd, the router's socket is at its usual place.
"""

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

import tap
from terminal import GETVPND, GETVPNSH, Term, same

SOCKET = "/run/getvpn/getvpnd.sock"
SFTP = "/usr/lib/openssh/sftp-server"
PORT = "2222"
USERS = {"ann": 61001, "bob": 61002, "eve": 61003}  # eve has no entry
GROUP = 61000
REFUSED = b"% No file transfer: this is a router"

directory = None
processes = []


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, **kw)


def write(name, text, mode=0o644):
    path = os.path.join(directory, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def start(*args):
    log = open(os.path.join(directory, "log"), "ab")
    processes.append(subprocess.Popen(
        args, stdin=subprocess.DEVNULL, stdout=log, stderr=log))


def wait_for(what, command):
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if subprocess.run(command, capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(what + " does not start")


def set_up():
    os.chmod(directory, 0o755)
    shell = shutil.copy(GETVPNSH, os.path.join(directory, "getvpnsh"))
    with open("/etc/passwd") as f:
        passwd = f.read()
    if "sshd:" not in passwd:
        passwd += "sshd:x:61099:65534::/run/sshd:/usr/sbin/nologin\n"
    with open("/etc/group") as f:
        group = "".join(line for line in f if not line.startswith("getvpn:"))
    for name, uid in USERS.items():
        passwd += "%s:*:%d:%d::%s:%s\n" % (name, uid, uid, directory, shell)
    group += "getvpn:x:%d:bob\n" % GROUP
    run("mount", "--bind", write("passwd", passwd), "/etc/passwd")
    run("mount", "--bind", write("group", group), "/etc/group")
    os.makedirs("/run/sshd", exist_ok=True)
    os.makedirs("/run/getvpn", exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/sshd")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/getvpn")
    run("ip", "link", "set", "lo", "up")
    state = os.path.join(directory, "state")
    start(GETVPND, "-f", "-d", state)
    wait_for("getvpnd", ["test", "-S", SOCKET])
    for key in "host", "user":
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
            os.path.join(directory, key))
    config = write("sshd_config", """
Port %s
ListenAddress 127.0.0.1
HostKey %s/host
AuthorizedKeysFile %s/user.pub
PidFile none
UsePAM no
StrictModes no
PrintMotd no
PrintLastLog no
Subsystem sftp %s
""" % (PORT, directory, directory, SFTP))
    start("/usr/sbin/sshd", "-D", "-e", "-f", config)
    wait_for("sshd", ssh("bob", "-T", "show privilege"))
    paste("hostname R1",
          "username ann",
          "banner motd #Private network#",
          "line vty 0 4", "exec-timeout 0 0", "length 0",
          "login on-success log")


def paste(*lines):
    run(GETVPNSH, "-s", SOCKET, "-f", "-",
        input="".join(line + "\n" for line in lines).encode())


OPTIONS = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
           "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]


def ssh(user, *args):
    return ["ssh", "-F", "none", "-p", PORT, "-i",
            os.path.join(directory, "user"), *OPTIONS, *args[:-1],
            user + "@127.0.0.1", *args[-1:]]


class Remote(Term):
    """ssh on a terminal."""

    def __init__(self, user):
        self.all = self.buf = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, 80, 0, 0))
            command = ssh(user)
            os.execvp(command[0], command)


def command(user, text, status=0):
    p = subprocess.run(ssh(user, text), capture_output=True, timeout=30,
                       stdin=subprocess.DEVNULL)
    assert p.returncode == status, (p.returncode, p.stdout, p.stderr)
    return p.stdout, p.stderr


def test_prompt():
    """a user gets the banner and the prompt of the entry's level"""
    t = Remote("ann")
    same(t.expect(b"R1>"), b"Private network\r\n")
    same(t.type(b"show privilege\r", b"\r\nR1>"),
         b"show privilege\r\nCurrent privilege level is 1")
    out = t.type(b"show running-config\r", b"\r\nR1>")
    assert b"% Invalid input detected" in out, out
    same(t.type(b"enable\r", b"\r\nR1>"), b"enable\r\n% No password set")
    t.send(b"exit\r")
    t.expect(b"exit\r\n")
    t.close()


def test_enable():
    """enable asks for the secret, without echo"""
    paste("enable secret s3cret")
    t = Remote("ann")
    t.expect(b"R1>")
    t.type(b"enable\r", b"Password: ")
    t.type(b"wrong\r", b"\r\nPassword: ")
    same(t.type(b"s3cret\r", b"\r\nR1#"), b"")
    t.close()


def test_group():
    """a member of the group starts privileged"""
    t = Remote("bob")
    t.expect(b"R1#")
    same(t.type(b"show privilege\r", b"\r\nR1#"),
         b"show privilege\r\nCurrent privilege level is 15")
    t.close()


def test_stranger():
    """a user without entry and group is turned away"""
    out, err = command("eve", "show version", 1)
    same((out, err), (b"", b"% Authorization failed.\n"))


def test_command():
    """a command runs without prompt and pager; the status tells"""
    out, err = command("bob", "show running-config")
    assert out.startswith(b"Building configuration...\n"), out
    assert out.endswith(b"end\n\n") and b"R1#" not in out, out
    same(err, b"")
    out, err = command("bob", "show nonsense", 1)
    assert b"% Invalid input detected at '^' marker." in out, out


def test_no_unix():
    """nothing reaches a Unix shell"""
    mark = os.path.join(directory, "mark")
    for text in ("; touch " + mark, "`touch %s`" % mark,
                 "show privilege; touch " + mark,
                 "$(touch %s)" % mark, "show clock\ntouch " + mark,
                 "/bin/sh -c 'touch %s'" % mark,
                 "show privilege | touch " + mark):
        command("bob", text, 1)
    assert not os.path.exists(mark)


def test_transfer():
    """scp, sftp and rsync are refused at once"""
    path = write("file", "text")
    target = "bob@127.0.0.1:" + directory + "/copy"
    common = ["-F", "none", "-P", PORT, "-i",
              os.path.join(directory, "user"), *OPTIONS]
    for args in (["scp", "-O", *common, path, target],
                 ["scp", *common, path, target]):
        p = subprocess.run(args, capture_output=True, timeout=15)
        assert p.returncode != 0, p
        # sshd drops what a subsystem says on its standard error.
        assert "-O" not in args or REFUSED in p.stderr, p
    _, err = command("bob", "rsync --server -e.Lsfx . /tmp", 1)
    same(err, REFUSED + b"\n")
    assert not os.path.exists(os.path.join(directory, "copy"))


def test_sessions():
    """several at once: each sees the others, and one configuration"""
    a = Remote("ann")
    a.expect(b"R1>")
    b = Remote("bob")
    b.expect(b"R1#")
    out = b.type(b"show users\r", b"\r\nR1#")
    assert b"   1 vty 0     ann        idle  " in out, out
    assert b"*  2 vty 1     bob        idle  " in out, out
    assert out.count(b"   127.0.0.1") == 2, out
    b.type(b"conf t\r", b"R1(config)#")
    b.type(b"hostname R2\r", b"R2(config)#")
    same(a.type(b"\r", b"R2>"), b"\r\n")
    b.type(b"hostname R1\r", b"R1(config)#")
    b.type(b"end\r", b"R1#")
    b.type(b"send vty 0\r", b"CTRL/C:\r\n")
    b.send(b"hello there\r\x1a")
    b.type(b"", b"[confirm]")
    b.type(b"\r", b"R1#")
    a.expect(b"*** Message from tty2 to tty1:\r\n***\r\nhello there\r\n")
    b.type(b"clear line vty 0\r", b"[confirm]")
    b.type(b"\r", b"R1#")
    a.quiet(1)
    a.close()
    b.close()


def test_idle():
    """exec-timeout ends a session that idles"""
    paste("line vty 0 4", "exec-timeout 0 2")
    t = Remote("ann")
    t.expect(b"R1>")
    begin = time.monotonic()
    while t.pump(10):
        assert time.monotonic() - begin < 8, "still there"
    t.close()
    assert time.monotonic() - begin > 1.5
    paste("line vty 0 4", "exec-timeout 0 0")


def test_log():
    """login on-success log names user and address"""
    out, _ = command("bob", "show logging")
    assert (b"%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: bob] "
            b"[Source: 127.0.0.1] [localport: 22] at ") in out, out


TESTS = [test_prompt, test_enable, test_group, test_stranger, test_command,
         test_no_unix, test_transfer, test_sessions, test_idle, test_log]


def main():
    global directory
    for program in "/usr/sbin/sshd", "/usr/bin/ssh":
        if not os.path.exists(program):
            print("1..0 # SKIP no " + program)
            return 0
    directory = tempfile.mkdtemp(prefix="getvpn-ssh-")
    try:
        set_up()
        return tap.run(TESTS)
    finally:
        for p in reversed(processes):
            p.terminate()
            p.wait(15)
        if os.environ.get("KEEP") is None:
            shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
