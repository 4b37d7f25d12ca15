#!/usr/bin/env python3
"""A real router's configuration pasted on a terminal; prints TAP.

The text is tests/cli/router.txt: the output of `show running-config` of a
router with all that people use, prompts and headings included.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import tap
import terminal
from terminal import same

HERE = os.path.dirname(os.path.abspath(__file__))
# Every command that RANCID 3.13 sends to an IOS device.
RANCID = """show version;show redundancy secondary;show idprom backplane;
show install active;show env all;show rsp chassis-info;show gsr chassis;
show diag chassis-info;show boot;show bootvar;show variables boot;
show license udi;show license feature;show license;show license summary;
show flash:;dir /all nvram:;dir /all bootflash:;dir /all slot0:;dir /all disk0:;
dir /all harddisk:;dir /all sec-slot0:;dir /all slavenvram:;show controllers;
show controllers cbus;show diagbus;show diag;show module switch;show module;
show spe version;show c7200;show cellular 0 profile;show hw-programmable all;
show inventory raw;show vtp status;show dot1x;show vlan;show vlan-switch;
show switch detail;show sdm prefer;show system mtu;show debug;
more system:running-config;show running-config view full;show running-config;
write term"""


def pasted_text():
    with open(os.path.join(HERE, "router.txt"), "rb") as f:
        return f.read().replace(b"\n", b"\r")


def running():
    """The configuration without what tells of times and sizes."""
    out, _ = terminal.script("-c", "show running-config")
    return [
        line
        for line in out.decode().split("\n")
        if not line.startswith(("!", "Current "))
    ]


def configure(t):
    t.send(b"\rterminal length 0\rconfigure terminal\r")
    t.expect(b"(config)#")
    t.quiet(0.2)


def paste(t, text):
    """What came back for the lines, up to the end of the configuration."""
    t.send(b"!\r" + text + b"\rconfigure terminal\rend\r")
    out = b"\r\n" + t.expect(b"(config)#end", 30)
    t.expect(b"R9#")
    return out


def test_session():
    """only headings and a prompt's command are refused"""
    t = terminal.Term(["-s", terminal.daemon.socket])
    configure(t)
    out = paste(t, pasted_text())
    refused = re.findall(rb"\r\n([^\r]*)\r\n *\^\r\n% Invalid", out)
    same(
        [line.split(b"#", 1)[1].strip() for line in refused],
        [
            b"R9#show running-config",
            b"Building configuration...",
            b"Current configuration : 4511 bytes",
        ],
    )
    for word in (b"Incomplete", b"Ambiguous", b"Unrecognized"):
        assert word not in out, out
    said = set(re.findall(rb"\r\n(% [^\r]*)", out))
    for line in said - {b"% Invalid input detected at '^' marker."}:
        assert line.startswith(b"% Warning: this line is kept"), line
    t.close()


def test_text():
    """a certificate and a banner come back, question marks and all"""
    text = "\n".join(running())
    assert "\n  31312F30 2D060355 04031326 494F532D 53656C66 2D536967" in text
    assert "\n  \tquit\n" in text
    assert "\nKeep out? Really?\n^C\n" in text
    assert "\nhostname R9\n" in text


def test_order():
    """the sections stand in the order of IOS"""
    firsts = [line.split()[0] for line in running() if line[:1].isalpha()]
    order = (
        "version service hostname boot-start-marker logging enable clock vrf "
        "multilink username redundancy class-map policy-map interface "
        "router route-map snmp-server control-plane banner line ntp event end"
    ).split()
    places = [firsts.index(word) for word in order]
    same(places, sorted(places))


def test_again():
    """pasted back as it is shown, nothing changes"""
    before = running()
    shown, _ = terminal.script("-c", "show running-config")
    t = terminal.Term(["-s", terminal.daemon.socket])
    configure(t)
    paste(t, shown.replace(b"\n", b"\r"))
    t.close()
    same(running(), before)


def test_restart():
    """saved and loaded, nothing changes"""
    before = running()
    terminal.script("-c", "write memory")
    terminal.daemon.stop()
    terminal.daemon.start()
    same(running(), before)


def test_unsupported():
    """what is not in force is listed"""
    out, _ = terminal.script("-c", "show platform unsupported")
    for line in (
        b"\nrouter bgp 65010 (+6)                          no dynamic routing\n",
        b"\n ip nat outside                                no NAT\n",
        b"\n standby 1 preempt                             no first hop",
    ):
        assert line in out, out
    assert b"duplex" not in out


def test_rancid():
    """every command of RANCID is answered"""
    for command in RANCID.replace("\n", "").split(";"):
        out = subprocess.run(
            [terminal.GETVPNSH, "-s", terminal.daemon.socket, "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        ).stdout
        assert b"authorization failed" not in out, command
        assert b"not found" not in out, command
        assert b"Unknown command" not in out, command


TESTS = [
    test_session,
    test_text,
    test_order,
    test_again,
    test_restart,
    test_unsupported,
    test_rancid,
]


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    directory = tempfile.mkdtemp(prefix="getvpn-paste-")
    terminal.daemon = terminal.Daemon(directory)
    try:
        terminal.daemon.start()
        return tap.run(TESTS)
    finally:
        terminal.daemon.stop()
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
