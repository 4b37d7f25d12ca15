#!/usr/bin/env python3
"""Enrolment at a terminal, with a CA that openssl plays; prints TAP."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import tap
import terminal

PASS = "Orb1tLab-phrase"
PASSWORD = "revoke-me-9"


class CA:
    def __init__(self, directory):
        self.dir = directory
        self.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem "
            "-days 400 -subj /O=Orbit/CN=Root"
        )

    def openssl(self, args):
        subprocess.run(
            ["openssl"] + args.split(),
            cwd=self.dir,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def read(self, name):
        with open(os.path.join(self.dir, name), "rb") as f:
            return f.read()

    def write(self, name, data):
        with open(os.path.join(self.dir, name), "wb") as f:
            f.write(data)

    def issue(self, request, serial):
        self.write("csr.pem", request)
        self.openssl(
            "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -days 300 "
            "-set_serial %d -out cert.pem" % serial
        )
        return self.read("cert.pem")

    def pkcs12(self):
        self.openssl(
            "req -newkey rsa:2048 -nodes -keyout p.key -out csr.pem -subj /CN=p"
        )
        self.issue(self.read("csr.pem"), 77)
        self.openssl(
            "pkcs12 -export -inkey p.key -in cert.pem -certfile ca.pem "
            "-passout pass:%s -out p.p12" % PASS
        )
        self.openssl("base64 -in p.p12 -out p.b64")
        return self.read("p.b64")


def paste(t, text):
    t.send(text.replace(b"\n", b"\r"))


def show(command):
    out, _ = terminal.script("-c", command)
    return out.decode()


def restart(signo):
    terminal.daemon.stop(signo)
    terminal.daemon.start()


def test_enroll():
    """authenticate, enroll and import in one session"""
    t = terminal.Term(["-s", terminal.daemon.socket])
    paste(
        t,
        b"\nterminal length 0\nconfigure terminal\nhostname GM1\n"
        b"service password-encryption\n"
        b"crypto pki trustpoint ORBIT_CA\n enrollment terminal pem\n"
        b" subject-name cn=gm1,o=Orbit Lab\n fqdn gm1.orbit.example\n"
        b" serial-number none\n ip-address none\n"
        b" password " + PASSWORD.encode() + b"\n"
        b" revocation-check none\n rsakeypair ORBIT 2048\n exit\n"
        b"crypto pki authenticate ORBIT_CA\n" + ca.read("ca.pem") + b"\n",
    )
    t.expect(b"% Do you accept this certificate? [yes/no]: ", 20)
    t.send(b"yes\r")
    t.expect(b"Trustpoint CA certificate accepted.")
    t.expect(b"GM1(config)#")
    t.send(b"crypto pki enroll ORBIT_CA\r")
    t.expect(b"Display Certificate Request to terminal? [yes/no]: ", 60)
    t.send(b"yes\r")
    t.expect(b"-----BEGIN CERTIFICATE REQUEST-----")
    body = t.expect(b"-----END CERTIFICATE REQUEST-----").replace(b"\r", b"")
    t.expect(b"Redisplay enrollment request? [yes/no]: ")
    t.send(b"no\r")
    t.expect(b"GM1(config)#")
    cert = ca.issue(
        b"-----BEGIN CERTIFICATE REQUEST-----"
        + body
        + b"-----END CERTIFICATE REQUEST-----\n",
        2,
    )
    paste(t, b"crypto pki import ORBIT_CA certificate\n" + cert + b"\n")
    t.expect(b"% Router Certificate successfully imported")
    t.send(b"end\r")
    t.expect(b"GM1#")
    t.close()
    out = show("show crypto pki trustpoints ORBIT_CA status")
    assert "Issuing CA authenticated ....... Yes\n" in out, out
    assert "Certificate request(s) ..... Yes\n" in out, out


def test_import():
    """a PKCS#12 file is pasted; a wrong phrase changes nothing"""
    before = show("show running-config")
    t = terminal.Term(["-s", terminal.daemon.socket])
    t.send(b"\rconfigure terminal\r")
    p12 = ca.pkcs12()
    paste(t, b"crypto pki import P pkcs12 terminal wrong-one\n" + p12 + b"\n")
    t.expect(b"% Failed to import PKCS12: the pass phrase is wrong.")
    t.expect(b"(config)#")
    paste(
        t,
        b"no crypto pki trustpoint P\n"
        b"crypto pki import P pkcs12 terminal "
        + PASS.encode()
        + b"\n"
        + p12
        + b"\n",
    )
    t.expect(b"CRYPTO_PKI: Imported PKCS12 file successfully.", 20)
    t.send(b"end\r")
    t.expect(b"GM1#")
    t.close()
    assert "crypto pki trustpoint P\n" not in before
    out = show("show crypto pki certificates P")
    assert "Certificate Serial Number (hex): 4D\n" in out, out


def certificates():
    return re.sub(r"\n *!.*", "", show("show running-config | section chain"))


def test_kill():
    """what is saved, and what came since, is there after kill -9"""
    before = certificates()
    assert "certificate 02\n" in before and "certificate 4D\n" in before
    show("write memory")
    t = terminal.Term(["-s", terminal.daemon.socket])
    paste(
        t,
        b"\nconfigure terminal\nno crypto pki trustpoint P\n",
    )
    t.expect(b"Are you sure you want to do this? [yes/no]: ")
    t.send(b"yes\r")
    t.expect(b"% Be sure to ask the CA administrator")
    t.send(b"end\r")
    t.expect(b"GM1#")
    t.close()
    restart(signal.SIGKILL)
    assert certificates() == before, certificates()  # the file has them
    out = show("show crypto pki trustpoints ORBIT_CA status")
    assert "Keys generated ............. Yes" in out, out


def test_pasted_back():
    """the configuration with its certificates is pasted back unchanged"""
    before = show("show running-config")
    text = before[before.index("\nversion") :].encode()
    _, err = terminal.script(stdin=b"configure terminal\n" + text)
    assert err == b"", err
    after = show("show running-config")
    keep = [
        [l for l in s.split("\n") if not l.startswith(("!", "Current"))]
        for s in (before, after)
    ]
    terminal.same(keep[1], keep[0])


def test_validate():
    """the chain is judged, and no second CA taken"""
    out, _ = terminal.script(
        stdin=b"configure terminal\n"
        b"crypto pki certificate validate ORBIT_CA\n"
        b"crypto pki authenticate ORBIT_CA\n",
        status=1,
    )
    assert b"Certificate chain for ORBIT_CA is valid\n" in out, out
    assert b"% Please delete your existing CA certificate first.\n" in out, out


def test_secrets():
    """no phrase, no password, no private key is shown, logged or readable"""
    text = "".join(
        show(c)
        for c in (
            "show running-config",
            "show startup-config",
            "show logging",
            "show crypto pki certificates verbose",
            "show crypto key mypubkey all",
            "show tech-support",
        )
    )
    with open(os.path.join(terminal.daemon.dir, "log"), encoding="utf-8") as f:
        text += f.read()
    for secret in (PASS, PASSWORD, "PRIVATE KEY"):
        assert secret not in text, secret
    for place in ("keys", "pki"):
        top = os.path.join(terminal.daemon.dir, place)
        for name in os.listdir(top):
            mode = os.stat(os.path.join(top, name)).st_mode & 0o777
            assert mode == 0o600, (name, oct(mode))


TESTS = [
    test_enroll,
    test_import,
    test_kill,
    test_pasted_back,
    test_validate,
    test_secrets,
]


def main():
    global ca
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    directory = tempfile.mkdtemp(prefix="getvpn-pki-")
    state = os.path.join(directory, "state")
    os.mkdir(state)
    terminal.daemon = terminal.Daemon(state)
    try:
        ca = CA(directory)
        terminal.daemon.start()
        return tap.run(TESTS)
    finally:
        terminal.daemon.stop()
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
