"""What bench-cli.sh measures: getvpnsh, vtysh and the latter's directory are the
arguments.  Times are taken in turns, and the best counts: others use the machine, too."""

import fcntl
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import termios
import time

GETVPNSH, VTYSH, FRR_DIR = sys.argv[1:]
HERE = os.path.dirname(os.path.dirname(GETVPNSH))
rows = []


def row(what, ours, peer, ratio, target, ok):
    rows.append(ok)
    print("%-34s %10s %10s %9s %12s  %s" %
          (what, ours, peer, ratio, target, "ok" if ok else "NO"), flush=True)


def ms(seconds):
    return "%.1f ms" % (seconds * 1000)


def timed(args, **kw):
    began = time.perf_counter()
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, **kw)
    return time.perf_counter() - began


def in_turns(n, *functions):
    times = [[f() for f in functions] for _ in range(n)]
    return [min(t) for t in zip(*times)]


def address(i):
    return "10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)


def ace(i):
    return "permit tcp host %s 192.0.2.0 0.0.0.255 eq %d" % (
        address(i), 2000 + i % 50000)


def write(name, lines):
    path = os.path.join(HERE, name)
    with open(path, "w") as f:
        f.writelines(line + "\n" for line in lines)
    return path


def acl_file(n, name):
    return write("acl%d.txt" % n, ["ip access-list extended " + name] +
                 [ace(i) for i in range(n)])


def nft_file(n):
    return write("acl%d.nft" % n, [
        "table ip bench {", "chain acl {"] + [
        "ip saddr %s ip daddr 192.0.2.0/24 tcp dport %d accept" % (
            address(i), 2000 + i % 50000) for i in range(n)] + ["}", "}"])


def cpu():
    """Seconds that getvpnd, and all that ended, have used."""
    with open("/proc/%s/stat" % os.environ["WORLD_ROUTER"]) as f:
        fields = f.read().split()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") + \
        used.ru_utime + used.ru_stime


def cpu_of(function):
    began = cpu()
    function()
    return cpu() - began


def getvpnsh(*args):
    return timed([GETVPNSH, *args])


def load_acl(path, name):
    getvpnsh("-c", "configure terminal", "-c",
             "no ip access-list extended " + name)
    return getvpnsh("-f", path)


def bench_acl():
    small, big, rules = acl_file(10000, "A"), acl_file(100000, "B"), \
        nft_file(10000)
    subprocess.run([GETVPNSH, "-f", small], check=True)
    ours, peer = in_turns(5, lambda: load_acl(small, "A"),
                          lambda: timed(["nft", "-c", "-f", rules]))
    row("10,000 ACEs; nft -c -f", ms(ours), ms(peer),
        "%.2f" % (ours / peer), "<= 1", ours <= peer)
    few, many = in_turns(3, lambda: cpu_of(lambda: load_acl(small, "A")),
                         lambda: cpu_of(lambda: load_acl(big, "B")))
    row("100,000 ACEs; 10,000; processor", ms(many), ms(few),
        "%.1f" % (many / few), "<= 12", many <= 12 * few)
    getvpnsh("-c", "configure terminal", "-c", "no ip access-list extended B")


def bench_start():
    base, = in_turns(50, lambda: timed(["/bin/true"]))

    def ours():
        return getvpnsh("-c", "show version")

    if os.path.exists(VTYSH):
        vtysh = [VTYSH, "--config_dir", FRR_DIR, "--vty_socket", FRR_DIR,
                 "-c", "show version"]
        mine, peer = in_turns(50, ours, lambda: timed(vtysh))
        row("-c 'show version'; vtysh", ms(mine), ms(peer),
            "%.2f" % (mine / peer), "<= 0.25", mine <= peer / 4)
    else:
        mine, = in_turns(50, ours)
    row("-c 'show version'; /bin/true", ms(mine), ms(base),
        "%.1f" % (mine / base), "-", True)


def bench_show():
    mine, = in_turns(9, lambda: getvpnsh("-c", "show running-config"))
    row("show running-config, 10,000 ACEs", ms(mine), "-", "-", "<= 200 ms",
        mine <= 0.2)


class Terminal:
    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, 200, 0, 0))
            os.execv(GETVPNSH, [GETVPNSH])
        self.text = b""
        self.until(b"#")

    def until(self, end):
        while not self.text.endswith(end):
            assert select.select([self.fd], [], [], 60)[0], self.text[-200:]
            self.text += os.read(self.fd, 65536)

    def ask(self, keys, end):
        self.text = b""
        began = time.perf_counter()
        os.write(self.fd, keys)
        self.until(end)
        return time.perf_counter() - began

    def paste(self, data, end):
        """Writes as fast as the terminal takes it, and reads what comes."""
        self.text = b""
        at = 0
        began = time.perf_counter()
        while at < len(data) or not self.text.endswith(end):
            r, w, _ = select.select(
                [self.fd], [self.fd] if at < len(data) else [], [], 60)
            if r:  # only the end of it matters
                self.text = self.text[-200:] + os.read(self.fd, 65536)
            if w:
                at += os.write(self.fd, data[at:at + 4096])
        return time.perf_counter() - began


def bench_help():
    t = Terminal()
    t.ask(b"terminal length 0\r", b"\n%s#" % NAME)
    prompt = NAME + b"(config-ext-nacl)#"
    t.ask(b"configure terminal\r", b")#")
    t.ask(b"ip access-list extended A\r", prompt)
    for what, line, key in (
            ("? in the access list", b"permit tcp any ", b"?"),
            ("? for the access list's name", b"do show access-lists ", b"?"),
            ("TAB in the access list", b"perm", b"\t"),
            ("TAB in exec", b"do show acc", b"\t")):
        again = b"it " if what.startswith("TAB in the") else \
            b"access-lists " if key == b"\t" else line
        worst = 0
        for _ in range(20):
            t.ask(line, line)
            worst = max(worst, t.ask(key, prompt + again if key == b"?"
                                     else again))
            t.ask(b"\x15\x03", b"#")
            t.ask(b"configure terminal\r", b")#")
            t.ask(b"ip access-list extended A\r", prompt)
        row(what + ", worst of 20", ms(worst), "-", "-", "<= 16 ms",
            worst <= 0.016)
    os.close(t.fd)
    os.waitpid(t.pid, 0)


def paste(lines):
    t = Terminal()
    t.ask(b"terminal length 0\r", b"\n" + NAME + b"#")
    took = t.paste("".join(line + "\r" for line in lines).encode(),
                   b"level is 15\r\n" + NAME + b"#")
    os.close(t.fd)
    os.waitpid(t.pid, 0)
    return took


def bench_paste():
    n = 5000
    lines = ["configure terminal", "no ip access-list extended P",
             "ip access-list extended P"]
    lines += [ace(i) for i in range(n)] + ["end", "show privilege"]
    took = min(paste(lines) for _ in range(5))
    count = subprocess.run(
        [GETVPNSH, "-c", "show access-lists P | count permit"], check=True,
        capture_output=True).stdout
    whole = count.strip().endswith(b"= %d" % n)
    row("5,000 lines pasted, terminal", "%.0f /s" % (n / took), "-", "-",
        ">= 20000 /s", n / took >= 20000)
    row("of these arrived", count.decode().split()[-1], str(n), "-", "all",
        whole)


print("%-34s %10s %10s %9s %12s" % ("what", "ours", "peer", "ratio", "target"))
NAME = subprocess.run(
    [GETVPNSH, "-c", "show running-config | include ^hostname"], check=True,
    capture_output=True).stdout.split()[1]
bench_acl()
bench_start()
bench_show()
bench_help()
bench_paste()
sys.exit(0 if all(rows) else 1)
