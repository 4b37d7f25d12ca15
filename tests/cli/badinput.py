#!/usr/bin/env python3
"""Bad input to getvpnsh and getvpnd: a clear error or nothing, never a crash, a
leak or a lost configuration.  Prints TAP; meant for a build with sanitizers,
whose reports end up in the daemon's log and in what the terminals show.

SEED in the environment repeats a run.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tap
import terminal
from terminal import Daemon, Term, same

SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
REPORTS = b"AddressSanitizer", b"runtime error", b"LeakSanitizer"

daemon = None
chance = random.Random(SEED)


def term(**kw):
    t = Term(["-s", daemon.socket], **kw)
    t.expect(b"R1#")
    return t


def script(*args, stdin=b""):
    """What it prints; it must not end by a signal."""
    p = subprocess.run(
        [terminal.GETVPNSH, "-s", daemon.socket, *args],
        input=stdin, capture_output=True, timeout=60)
    assert p.returncode in (0, 1), (p.returncode, p.stderr[-3000:])
    for report in REPORTS:
        assert report not in p.stderr, p.stderr[-3000:]
    return p.stdout + p.stderr


def running():
    """The configuration, without its size and the time of its change."""
    text = script("-c", "show running-config")
    return [line for line in text.split(b"\n")
            if not line.startswith((b"! Last", b"Current configuration"))]


def back(t):
    """Out of whatever was entered, to an empty exec prompt."""
    t.send(b"\x03\x03\x03\r")
    t.send(b"end\rshow privilege\r")
    t.expect(b"level is 15\r\n")
    t.expect(b"R1#")
    t.quiet(0.05)


WORDS = (b"show interface ip access-list extended permit any tcp 10.0.0.1 no "
         b"crypto gdoi group identity number description | include section ( "
         b"[ * \\ ^C banner motd @ do exit end configure terminal line vty 0 4 "
         b"username secret 99999999999999999999 -1 255.255.255.256 :: /33 ? ! "
         b"$( ` ; %s %n").split()


def soup():
    """A line that is nearly a command."""
    words = [chance.choice(WORDS) for _ in range(chance.randrange(1, 9))]
    line = b" ".join(words)
    if chance.random() < 0.3:
        at = chance.randrange(len(line) + 1)
        line = line[:at] + chance.randbytes(chance.randrange(4)) + line[at:]
    return line


def test_bytes():
    """random bytes at a terminal, NUL and control characters among them"""
    t = term()
    for _ in range(30):
        t.send(chance.randbytes(500))
        t.pump(0)
    back(t)
    t.close()


def test_controls():
    """each control character, and each byte above 0x7f, in a line"""
    t = term()
    for c in [*range(1, 32), *range(127, 256)]:
        t.send(b"show " + bytes([c]) + b"priv")
        t.send(b"\x03")
    back(t)
    t.close()


def test_escapes():
    """escape sequences that are cut, endless or unknown"""
    t = term()
    for text in (b"\x1b", b"\x1b[", b"\x1b[9999999999999999~", b"\x1bO",
                 b"\x1b[" + b"1;" * 400 + b"A", b"\x1b]0;title\x07",
                 b"\x1b[200~show\rpriv\x1b[201~", b"\xc3", b"\xf0\x9f\x92",
                 b"\xff\xfe", b"\xed\xa0\x80"):
        t.send(text)
        t.quiet(0.05)
        back(t)
    t.close()


def test_soup_typed():
    """lines that are nearly commands, with ? and TAB, at a terminal"""
    t = term()
    for _ in range(150):
        # What is nearly `exit` must not end the session.
        line = soup().replace(b"exit", b"exits")
        t.send(line + chance.choice((b"\r", b"?", b"\t", b"\n", b"\x1a")))
        t.pump(0)
    back(t)
    t.close()


def test_soup_file():
    """the same as a file, as standard input and as -c"""
    text = b"\n".join(soup() for _ in range(500))
    script("-f", "-", stdin=text)
    script(stdin=text)
    for _ in range(10):
        script("-c", soup().replace(b"\0", b""))


def test_utf8():
    """UTF-8 is kept, broken UTF-8 is kept from harm"""
    script("-f", "-", stdin="interface Loopback7\n description Zürich ☎\n"
           .encode())
    out = script("-c", "show running-config interface Loopback7")
    assert " description Zürich ☎\n".encode() in out, out
    script("-f", "-", stdin=b"interface Loopback7\n description \xc3\x28\xff\n")
    out = script("-c", "show running-config interface Loopback7")
    assert b"\n description " in out, out


def test_nul():
    """a NUL neither ends a line nor hides its rest"""
    script("-f", "-", stdin=b"interface Loopback7\n description a\0b\n")
    out = script("-c", "show running-config interface Loopback7")
    assert b" description ab\n" in out or b" description a b\n" in out, out


def test_mebibyte():
    """lines of 1 MiB are refused, and the ones around them are executed"""
    huge = b"description " + b"x" * (1 << 20)
    out = script("-f", "-", stdin=b"interface Loopback7\n description before\n"
                 + huge + b"\n description after\n")
    assert b"% Line too long" in out, out[-300:]
    out = script("-c", "show running-config interface Loopback7")
    assert b" description after\n" in out, out
    t = term()
    t.type(b"terminal length 0\r", b"R1#")
    t.type(b"terminal width 0\r", b"R1#")
    t.send(b"show " + b"y" * 200000 + b"\r")
    t.expect(b"% Line too long")
    back(t)
    t.close()


def test_cut():
    """a paste that is cut in the middle: whole lines count, half ones do not"""
    for cut in (b" descr", b" description half of", b"\r"):
        t = term()
        t.send(b"configure terminal\rinterface Loopback8\r"
               b" description whole\r no shutdown\r" + cut)
        t.expect(b"no shutdown")
        t.quiet(0.2)
        os.close(t.fd)
        os.waitpid(t.pid, 0)
        out = script("-c", "show running-config interface Loopback8")
        assert b" description whole\n" in out, out
        script("-f", "-", stdin=b"no interface Loopback8\n")


def test_vanish():
    """clients that are killed while they paste; others are not disturbed"""
    lines = b"ip access-list extended GONE\n" + b"".join(
        b" permit ip host 10.%d.%d.1 any\n" % (i // 250, i % 250)
        for i in range(3000))
    keep = running()
    for wait in (0.0, 0.02, 0.1):
        p = subprocess.Popen(
            [terminal.GETVPNSH, "-s", daemon.socket, "-f", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        p.stdin.write(lines)
        p.stdin.close()
        time.sleep(wait)
        p.send_signal(signal.SIGKILL)
        p.wait()
        same(script("-c", "show privilege"), b"Current privilege level is 15\n")
    script("-f", "-", stdin=b"no ip access-list extended GONE\n")
    same(running(), keep)


def test_paste_mixed():
    """a paste of everything at once: questions, banners, exec, help"""
    t = term(rows=0)
    t.type(b"terminal length 0\r", b"R1#")
    t.send(b"configure terminal\r"
           b"banner motd #\rdescription of nothing\rexit\r#\r"
           b"interface Loopback9\r description one\r"
           b"do show privilege\r ip address 10.9.9.9 255.255.255.255\r"
           b"crypto key generate rsa modulus 1024 label MIXED\r"
           b"interface Loopback9\r description two\r"
           b"end\rshow privilege\rconfigure terminal\r"
           b"interface Loopback9\r description three\r"
           b"no ip address\rexit\rhostname R9\rhostname R1\rend\r"
           b"show running-config interface Loopback9\r")
    out = t.expect(b"\r\nend\r\n", 30)
    assert out.count(b"Current privilege level is 15\r\n") == 2, out
    assert out.endswith(b"interface Loopback9\r\n description three\r\n"
                        b" no ip address"), out
    assert b"R1(config-if)# description two\r\nR1(config-if)#end\r\n" in out, out
    run = script("-c", "show running-config")
    assert b"\nbanner motd ^C\ndescription of nothing\nexit\n^C\n" in run, run
    assert b"MIXED" in script("-c", "show crypto key mypubkey rsa")
    back(t)
    t.close()
    script("-f", "-", stdin=b"no banner motd\nno interface Loopback9\n")


def test_help_lines():
    """a line that ends in ? asks; a description may end in one"""
    out = script("-c", "show clock ?")
    same(out, b"  detail  Display detailed information\n"
         b"  |       Output modifiers\n  <cr>    <cr>\n\n")
    script(stdin=b"configure terminal\ninterface Loopback7\n"
           b"description who?\nmtu ?\n")
    out = script("-c", "show running-config interface Loopback7")
    assert b" description who?\n" in out, out


def test_reports():
    """no sanitizer spoke up, and SIGTERM ends getvpnd well"""
    same(daemon.stop(), 0)
    with open(os.path.join(daemon.dir, "log"), "rb") as f:
        log = f.read()
    for report in REPORTS:
        for text in log, terminal.screens:
            at = text.find(report)
            assert at < 0, text[max(0, at - 100):at + 3000]


TESTS = [
    test_bytes, test_controls, test_escapes, test_soup_typed, test_soup_file,
    test_utf8, test_nul, test_mebibyte, test_cut, test_vanish,
    test_paste_mixed, test_help_lines, test_reports,
]


def main():
    global daemon
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    terminal.watch_screens()
    directory = tempfile.mkdtemp(prefix="getvpn-bad-")
    daemon = Daemon(directory)
    print("# SEED=%d" % SEED)
    try:
        daemon.start()
        script("-f", "-", stdin=b"hostname R1\nno ip domain lookup\n"
               b"interface Loopback7\n ip address 10.7.7.7 255.255.255.255\n")
        return tap.run(TESTS)
    finally:
        daemon.stop()
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
