#!/usr/bin/env python3
"""What happens to configurations and files; prints TAP.

BUILD names the directory of the programs.  Runs in a network and a mount
namespace of its own (files.sh); servers listen on loopback there.
"""

import http.server
import os
import pty
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = os.environ.get("BUILD", "build")
GETVPND = os.path.join(BUILD, "getvpnd")
GETVPNSH = os.path.join(BUILD, "getvpnsh")
PASSWORD = "correct horse"


class Daemon:
    def __init__(self, directory):
        self.dir = directory
        self.socket = os.path.join(directory, "getvpnd.sock")
        self.log = tempfile.TemporaryFile()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [GETVPND, "-f", "-d", self.dir, "-s", self.socket],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )
        end = time.monotonic() + 15
        while time.monotonic() < end:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.socket)
                return
            except OSError:
                time.sleep(0.02)
            finally:
                s.close()
        raise AssertionError("getvpnd does not start")

    def stop(self, signo=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(signo)
            status = self.process.wait(15)
            self.process = None
            assert signo != signal.SIGTERM or status == 0, self.logged()

    def run(self, *lines):
        """types lines, as a script does, and gives what was printed"""
        r = subprocess.run(
            [GETVPNSH, "-s", self.socket],
            input="".join(line + "\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return r.stdout + r.stderr

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode()


class World:
    """A daemon in a directory, which may be a small disk."""

    def __init__(self, disk=None):
        self.dir = tempfile.mkdtemp(prefix="getvpn-files-")
        if disk is not None:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=" + disk, "t", self.dir],
                check=True,
            )
        self.disk = disk
        self.daemon = Daemon(self.dir)

    def __enter__(self):
        self.daemon.start()
        return self.daemon

    def __exit__(self, *_):
        self.daemon.stop()
        if self.disk is not None:
            subprocess.run(["umount", self.dir], check=True)
        shutil.rmtree(self.dir)


# Servers.


class Web(http.server.BaseHTTPRequestHandler):
    files = {}

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(8)
        body = self.files.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def do_PUT(self):
        n = int(self.headers["Content-Length"])
        self.files[self.path] = self.rfile.read(n)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def web_start():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Web)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # one that hung up
    threading.Thread(target=server.serve_forever, daemon=True).start()


def tftp_serve(listener, files):
    """RFC 1350, one transfer at a time"""
    while True:
        request, peer = listener.recvfrom(1500)
        op, (name, _) = request[1], request[2:].split(b"\0")[:2]
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        s.settimeout(5)
        if op == 1 and name not in files:
            s.sendto(b"\0\5\0\1File not found\0", peer)
        elif op == 1:
            data, block = files[name], 1
            while True:
                part = data[(block - 1) * 512 : block * 512]
                s.sendto(struct.pack(">HH", 3, block) + part, peer)
                s.recvfrom(1500)
                block += 1
                if len(part) < 512:
                    break
        elif op == 2:
            data = b""
            s.sendto(b"\0\4\0\0", peer)
            while True:
                p, peer = s.recvfrom(1500)
                data += p[4:]
                s.sendto(b"\0\4" + p[2:4], peer)
                if len(p) < 516:
                    break
            files[name] = data


def tftp_start():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 69))
    files = {}
    threading.Thread(target=tftp_serve, args=(s, files), daemon=True).start()
    return files


class Sshd:
    """root may log in with PASSWORD; only in our mount namespace."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="getvpn-sshd-")
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", PASSWORD],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        home = os.path.join(self.dir, "home")
        os.mkdir(home)
        self.home = home
        self.bind("/etc/shadow", "root:%s:19000:0:99999:7:::\n" % hashed
                  + "sshd:!:19000::::::\n")
        self.bind("/etc/passwd", "root:x:0:0::%s:/bin/sh\n" % home
                  + "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.key = self.new_key("key")
        self.process = None

    def bind(self, path, text):
        own = os.path.join(self.dir, os.path.basename(path))
        with open(own, "w") as f:
            f.write(text)
        subprocess.run(["mount", "--bind", own, path], check=True)

    def new_key(self, name):
        path = os.path.join(self.dir, name)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path],
            check=True,
        )
        return path

    def start(self, key):
        config = os.path.join(self.dir, "config")
        with open(config, "w") as f:
            f.write(
                "Port 2222\nListenAddress 127.0.0.1\nHostKey %s\n"
                "PidFile none\nUsePAM no\nPermitRootLogin yes\n"
                "PasswordAuthentication yes\nStrictModes no\n"
                "Subsystem sftp internal-sftp\n" % key
            )
        self.process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", config],
            stderr=open(os.path.join(self.dir, "log"), "ab"),
        )
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", 2222), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("sshd does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


# Tests.


def config(name):
    return "hostname %s\nend\n" % name


def test_http():
    """http: fetched, merged, sent; a missing file and a closed port say so"""
    with World() as d:
        Web.files["/r1"] = config("Web").encode()
        out = d.run("copy http://127.0.0.1:8080/r1 running-config", "")
        assert "Accessing http://127.0.0.1:8080/r1...\n" in out, out
        assert "[OK - 17 bytes]\n\n17 bytes copied in " in out, out
        assert "hostname Web" in d.run("show running-config")
        out = d.run("copy http://127.0.0.1:8080/no null:")
        assert (
            "%Error opening http://127.0.0.1:8080/no "
            "(No such file or directory)\n" in out
        ), out
        out = d.run("copy http://127.0.0.1:8081/r1 null:")
        assert "/r1 (Connection refused)\n" in out, out
        out = d.run("copy running-config http://127.0.0.1:8080/up", "")
        assert "Destination filename [up]? \nWriting up !\n" in out, out
        assert b"\nhostname Web\n" in Web.files["/up"]
        Web.files["/new"] = config("Replaced").encode()
        out = d.run("configure replace http://127.0.0.1:8080/new force")
        assert "Total number of passes: 1\nRollback Done\n" in out, out
        assert "hostname Replaced" in d.run("show running-config")
        out = d.run("configure replace http://127.0.0.1:8080/no", "y")
        assert "(No such file or directory)" in out, out
        d.run("configure terminal", "archive",
              "path http://127.0.0.1:8080/a/$h", "end", "archive config")
        end = time.monotonic() + 10
        while not [n for n in Web.files if n.startswith("/a/Replaced-")]:
            assert time.monotonic() < end, Web.files.keys()
            time.sleep(0.05)
        out = d.run("show version | redirect http://127.0.0.1:8080/ver")
        assert out == "", out
        assert b"uptime is" in Web.files["/ver"]
        out = d.run("show version | redirect http://127.0.0.1:8081/ver")
        assert "(Connection refused)" in out, out


def test_tftp(files):
    """tftp: the dialogue of copy running-config tftp:, and back"""
    with World() as d:
        out = d.run(
            "configure terminal", "hostname R1", "end",
            "copy running-config tftp:", "127.0.0.1", "",
        )
        assert (
            "Address or name of remote host []? \n"
            "Destination filename [r1-confg]? \n"
            "Writing r1-confg !\n" in out
        ), out
        assert b"\nhostname R1\n" in files[b"r1-confg"]
        out = d.run("copy tftp://127.0.0.1/r1-confg flash:r1", "")
        assert "bytes copied in" in out, out
        with open(d.path("flash", "r1"), "rb") as f:
            assert f.read() == files[b"r1-confg"]
        out = d.run("copy tftp://127.0.0.1/none flash:", "")
        assert "(No such file or directory)" in out, out


def test_ssh(sshd):
    """scp and sftp: password asked, host key learnt, another one refused"""
    url = "//root@127.0.0.1:2222/"
    with World() as d:
        sshd.start(sshd.key)
        d.run("configure terminal", "hostname R1", "end")
        out = d.run("copy running-config scp:" + url + "r1", "", PASSWORD)
        assert "bytes copied in" in out and PASSWORD not in out, out
        with open(os.path.join(sshd.home, "r1"), "rb") as f:
            assert b"\nhostname R1\n" in f.read()
        out = d.run("copy sftp:" + url + "r1 flash:r1", PASSWORD, "")
        assert "bytes copied in" in out, out
        out = d.run("copy scp:" + url + "r1 null:", "wrong")
        assert "(Permission denied)" in out, out
        assert os.path.getsize(d.path("known_hosts")) > 0
        sshd.stop()
        sshd.start(sshd.new_key("other"))
        out = d.run("copy scp:" + url + "r1 null:", PASSWORD)
        assert "(Permission denied)" in out, out
        sshd.stop()


class Person:
    def __init__(self, daemon):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execv(GETVPNSH, [GETVPNSH, "-s", daemon.socket])
        self.pid = pid
        self.seen = b""

    def send(self, text):
        os.write(self.fd, text)

    def expect(self, text, seconds=15):
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            assert left > 0, "no %r in %r" % (text, self.seen)
            if select.select([self.fd], [], [], left)[0]:
                self.seen += os.read(self.fd, 65536)
        self.seen = self.seen.split(text, 1)[1]

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def test_break():
    """Ctrl-C ends a transfer that does not come to an end"""
    with World() as d:
        p = Person(d)
        p.expect(b"Router#")
        p.send(b"copy http://127.0.0.1:8080/slow null:\r")
        p.expect(b"Loading slow")
        time.sleep(0.5)
        begin = time.monotonic()
        p.send(b"\x03")
        p.expect(b"Router#")
        assert time.monotonic() - begin < 2
        p.close()


# A key server, so that a reload has something to take apart.
SERVER = """crypto isakmp policy 10
authentication pre-share
group 14
crypto isakmp key K address 0.0.0.0
crypto ipsec transform-set T esp-aes esp-sha-hmac
crypto ipsec profile P
set transform-set T
ip access-list extended A
permit ip any any
crypto gdoi group G
identity number 7
server local
address ipv4 10.7.7.7
rekey transport unicast
sa ipsec 1
profile P
match address ipv4 A
exit
exit
exit""".split("\n")


def test_reload():
    """reload: saved lines stay, others go; the person's shell comes back"""
    with World() as d:
        d.run("configure terminal", "hostname Kept", *SERVER,
              "interface Loopback7", "ip address 10.7.7.7 255.255.255.255",
              "end", "write memory")
        p = Person(d)
        p.expect(b"Kept#")
        p.send(b"configure terminal\rhostname Lost\rend\r")
        p.expect(b"Lost#")
        p.send(b"reload\r")
        p.expect(b"System configuration has been modified. Save? [yes/no]: ")
        p.send(b"perhaps\r")
        p.expect(b"% Please answer 'yes' or 'no'.")
        p.send(b"no\r")
        p.expect(b"Proceed with reload? [confirm]")
        p.send(b"\r")
        p.expect(b"*** --- SHUTDOWN NOW ---")
        p.expect(b"% Connected again")
        p.expect(b"Kept#")
        p.close()
        out = subprocess.run(["ip", "-4", "addr"], capture_output=True,
                             text=True).stdout
        assert "10.7.7.7/32" in out, out
        assert d.logged().count("%SYS-5-RESTART") == 2
        assert "%SYS-5-RELOAD: Reload requested by console." in d.logged()
        # A script's connection ends, and the daemon still serves.
        for _ in range(3):
            out = d.run("reload", "", "show version")
        assert "broke" not in out and "uptime" not in out, out
        assert "hostname Kept" in d.run("show running-config")
        assert d.process.poll() is None


def paste(n, tag):
    return ["configure terminal", "ip access-list extended BIG"] + [
        "remark %s %d %s" % (tag, i, "x" * 60) for i in range(n)
    ] + ["end"]


def test_disk_full():
    """disk full: write memory says so and leaves the old file whole"""
    with World("256k") as d:
        d.run("configure terminal", "hostname Old", "end")
        assert d.run("write memory").endswith("[OK]\n")
        with open(d.path("startup-config")) as f:
            old = f.read()
        d.run(*paste(4000, "a"))
        out = d.run("write memory")
        assert (
            "%Error opening nvram:/startup-config "
            "(No space left on device)\n" in out
        ), out
        with open(d.path("startup-config")) as f:
            assert f.read() == old
        assert not [n for n in os.listdir(d.dir)
                    if n.startswith("startup-config.")]
        out = d.run("copy running-config flash:x", "")
        assert "(No space left on device)" in out, out
        assert os.listdir(d.path("flash")) == []


def whole(path):
    with open(path) as f:
        text = f.read()
    assert text.startswith("!\n") and text.endswith("\nend\n"), text[-80:]
    return text


def test_kill():
    """kill -9 during write memory: the old file or the new one, whole"""
    rng = random.Random(848)
    world = World()
    with world as d:
        d.run(*paste(3000, "a"))
        d.run("write memory")
        sizes = set()
        for i in range(25):
            d.run("configure terminal", "hostname H%d" % i, "end")
            writer = subprocess.Popen(
                [GETVPNSH, "-s", d.socket], stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            writer.stdin.write(b"write memory\n" * 20)
            writer.stdin.flush()
            time.sleep(rng.uniform(0, 0.06))
            d.stop(signal.SIGKILL)
            writer.stdin.close()
            writer.wait(15)
            text = whole(d.path("startup-config"))
            assert text.count("remark a ") == 3000
            sizes.add(text.split("\nhostname ")[1].split("\n")[0])
            d.start()
            d.run("show clock")  # it has begun to serve
            left = [n for n in os.listdir(d.dir)
                    if n.startswith("startup-config.")]
            assert not left, "left behind: %s" % left
        assert "refused" not in d.logged()
        assert len(sizes) > 1, "no write was ever finished"


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    web_start()
    files = tftp_start()
    sshd = Sshd()
    tests = [
        (test_http, ()),
        (test_tftp, (files,)),
        (test_ssh, (sshd,)),
        (test_break, ()),
        (test_reload, ()),
        (test_disk_full, ()),
        (test_kill, ()),
    ]
    failed = 0
    print("1..%d" % len(tests))
    for i, (test, args) in enumerate(tests, 1):
        try:
            test(*args)
            print("ok %d - %s" % (i, test.__doc__))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, test.__doc__))
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    shutil.rmtree(sshd.dir)
    os._exit(failed != 0)


main()
