"""Netmiko's calls, each against what a user of Cisco routers gets from them;
prints TAP.  The port of the router's sshd is the argument."""

import sys
import time
import warnings

warnings.filterwarnings("ignore")  # of old ciphers in Paramiko

import netmiko

import tap

PORT = int(sys.argv[1])


shared = None  # a session for tests that need no other


def connect(user, **kw):
    return netmiko.ConnectHandler(
        device_type="cisco_ios", host="127.0.0.1", port=PORT,
        username=user, password=user, global_delay_factor=0.1, **kw)


def same(got, want):
    assert got == want, "\n got %r\nwant %r" % (got, want)


def test_connect():
    """connect, find the prompt, leave"""
    began = time.monotonic()
    c = connect("ann")
    same(c.find_prompt(), "R1#")
    same(c.base_prompt, "R1")
    assert c.check_enable_mode() and not c.check_config_mode()
    c.disconnect()
    assert time.monotonic() - began < 15


def test_detect():
    """SSHDetect takes the router for cisco_ios"""
    guess = netmiko.SSHDetect(
        device_type="autodetect", host="127.0.0.1", port=PORT,
        username="ann", password="ann", global_delay_factor=0.1)
    same(guess.autodetect(), "cisco_ios")


def test_show():
    """send_command gives the output without echo and prompt"""
    c = shared
    same(c.send_command("show privilege"), "Current privilege level is 15")
    version = c.send_command("show version")
    assert version.startswith("Cisco IOS Software"), version
    assert "R1 uptime is" in version, version
    run = c.send_command("show running-config")
    assert run.startswith("Building configuration...\n\nCurrent "), run
    assert run.rstrip().endswith("\nend"), run
    same(c.send_command("show run | include ^hostname|^zzz"), "hostname R1")


def test_error():
    """an unknown command gives the caret under the fault"""
    c = shared
    out = c.send_command("show foooooooo")
    assert "% Invalid input detected at '^' marker." in out, out


def test_config():
    """send_config_set goes in and out of configuration mode"""
    c = shared
    out = c.send_config_set([
        "interface Loopback7", "description set by a program",
        "ip address 10.7.7.7 255.255.255.255"])
    same(out.splitlines()[1:], [
        "Enter configuration commands, one per line.  End with CNTL/Z.",
        "R1(config)#interface Loopback7",
        "R1(config-if)#description set by a program",
        "R1(config-if)#ip address 10.7.7.7 255.255.255.255",
        "R1(config-if)#end", "R1#"])
    out = c.send_command("show running-config interface Loopback7")
    assert out.endswith("!\ninterface Loopback7\n"
                        " description set by a program\n"
                        " ip address 10.7.7.7 255.255.255.255\nend\n"), out


def test_bulk():
    """400 lines of send_config_set arrive, none lost, none twice"""
    c = shared
    lines = ["ip access-list extended BULK"]
    lines += ["permit tcp host 10.0.%d.%d any eq %d" %
              (i // 250, i % 250 + 1, 2000 + i) for i in range(400)]
    out = c.send_config_set(lines, delay_factor=0.01)
    assert "% " not in out, out
    run = c.send_command("show running-config | section BULK",
                         delay_factor=5)
    same([line.strip().split(" ", 1)[1] for line in run.splitlines()[1:]],
         lines[1:])
    c.send_config_set(["no ip access-list extended BULK"])


def test_long_lines():
    """a line of 240 characters is echoed in one piece"""
    c = shared
    text = "description " + "x" * 226 + "yz"
    out = c.send_config_set(["interface Loopback7", text])
    assert "R1(config-if)#" + text + "\n" in out, out
    out = c.send_command("show running-config interface Loopback7")
    assert " " + text + "\n" in out, out


def test_refused_line():
    """a refused line is reported, those after it are executed"""
    c = shared
    out = c.send_config_set(["interface Loopback7", "ip adress 1.1.1.1",
                             "description after"])
    assert "% Invalid input detected at '^' marker." in out, out
    out = c.send_command("show running-config interface Loopback7")
    assert " description after\n" in out, out


def test_enable():
    """enable with the secret, from privilege 1; a wrong one is refused"""
    c = connect("bob", secret="enab1e")
    same(c.find_prompt(), "R1>")
    assert not c.check_enable_mode()
    c.enable()
    same(c.find_prompt(), "R1#")
    same(c.send_command("show privilege"), "Current privilege level is 15")
    c.exit_enable_mode()
    same(c.find_prompt(), "R1>")
    c.disconnect()
    c = connect("bob", secret="wrong")
    try:
        c.enable()
    except ValueError:
        pass
    else:
        raise AssertionError("a wrong secret is good enough")
    c.disconnect()


def test_save():
    """save_config saves"""
    c = shared
    out = c.save_config()
    assert "Building configuration...\n[OK]" in out, out
    start = c.send_command("show startup-config")
    assert "\ninterface Loopback7\n" in start, start


def test_long_name():
    """a host name of 30 letters is cut in configuration prompts"""
    name = "router-in-the-long-corridor-02"
    c = connect("ann")
    c.send_config_set(["hostname " + name])
    c.disconnect()
    c = connect("ann")
    same(c.find_prompt(), name + "#")
    c.config_mode()
    same(c.find_prompt(), name[:20] + "(config)#")
    c.exit_config_mode()
    c.set_base_prompt()
    c.send_config_set(["hostname R1"])
    c.disconnect()


def test_banner():
    """a banner in send_config_set, with # and > in it"""
    c = shared
    out = c.send_config_set(["banner motd @", "Stop here > or go #1", "@"])
    assert "% " not in out, out
    out = c.send_command("show running-config | begin ^banner")
    assert out.startswith("banner motd ^C"), out
    assert "Stop here > or go #1" in out, out
    c.send_config_set(["no banner motd"])


def main():
    tests = [v for k, v in globals().items() if k.startswith("test_")]
    global shared
    shared = connect("ann")
    return tap.run(tests)


sys.exit(main())
