"""Random flows through a gateway, for dp-path.sh: what dpdrive says becomes of
each of them against what the wires show.  Prints TAP."""
import ctypes
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

PREFIX, DPDRIVE, SEED, ROUNDS = sys.argv[1:3] + [int(a) for a in sys.argv[3:5]]
FLOWS = 60
CLEAR, ENCRYPT, DECRYPT, DROP = range(4)
SPIS = {1: 0x1001, 2: 0x1002}
UNKNOWN_SPI = 0x9999
PROTOS = {"tcp": 6, "udp": 17, "icmp": 1, "gre": 47, "esp": 50}
PORTS = (53, 80, 848, 5001)
QUIET = 0.3  # how long a wire is silent before a packet counts as dropped
DEADLINE = 3.0
libc = ctypes.CDLL(None, use_errno=True)


class Netns:
    """Sockets made inside belong to that namespace."""

    def __init__(self, name):
        self.path = "/run/netns/" + PREFIX + "-" + name

    def enter(self, path):
        fd = os.open(path, os.O_RDONLY)
        if libc.setns(fd, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns " + path)
        os.close(fd)

    def __enter__(self):
        self.enter(self.path)

    def __exit__(self, *_):
        self.enter("/proc/%d/ns/net" % os.getppid())


class Wire:
    """One end of a link: sends to the other end and hears it."""

    def __init__(self, node, dev, peer, peer_dev):
        def mac(name, device):
            out = subprocess.check_output(
                ["ip", "-n", PREFIX + "-" + name, "-br", "link", "show", device],
                text=True)
            return bytes.fromhex(out.split()[2].replace(":", ""))

        with Netns(node):
            self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                   socket.htons(0x0800))
            self.s.bind((dev, 0x0800))
        self.s.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)  # SO_RCVBUFFORCE
        self.head = mac(peer, peer_dev) + mac(node, dev) + b"\x08\x00"

    def send(self, packet):
        self.s.send(self.head + packet)

    def hear(self):
        """Packets as (src, dst, proto, first word behind the header)."""
        while select.select([self.s], [], [], 0)[0]:
            frame, addr = self.s.recvfrom(65536)
            if addr[2] == socket.PACKET_OUTGOING:
                continue
            p = frame[14:]
            yield p[12:16], p[16:20], p[9], struct.unpack("!I", p[20:24])[0]


class Gateway:
    def __init__(self, node):
        self.p = subprocess.Popen(
            ["ip", "netns", "exec", PREFIX + "-" + node, DPDRIVE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.until("ready")

    def until(self, start):
        seen = []
        for line in self.p.stdout:
            if line.startswith(start):
                return line, seen
            seen.append(line.rstrip())
        raise SystemExit("Bail out! dpdrive ended: %s" % seen)

    def tell(self, line, may_fail=False):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        answer, seen = self.until("= ")
        if answer != "= 0\n" and not may_fail:
            raise SystemExit("Bail out! %s: %s" % (line, answer))
        return seen

    def path(self, way, flow, dev):
        said = [s for s in self.tell("path %s %s %s %d %d %d %s" % (
            way, flow.src, flow.dst, flow.proto, flow.sport, flow.dport, dev))
            if s.startswith("path ")][0].split(" ", 3)
        return int(said[1]), int(said[2]), said[3]


class Flow:
    def __init__(self, src, dst, proto, sport, dport):
        self.src, self.dst, self.proto = src, dst, proto
        self.sport, self.dport = sport, dport

    def answer(self):
        return Flow(self.dst, self.src, self.proto, self.dport, self.sport)

    def key(self):
        return socket.inet_aton(self.src), socket.inet_aton(self.dst)

    def packet(self):
        ports = struct.pack("!HH", self.sport, self.dport)
        if self.proto == 6:
            body = ports + struct.pack("!IIBBHHH", 1, 0, 0x50, 2, 1024, 0, 0)
        elif self.proto == 17:
            body = ports + struct.pack("!HH", 24, 0) + bytes(16)
        elif self.proto == 1:
            body = bytes((8, 0, 0, 0)) + bytes(20)
        else:
            body = ports + bytes(20)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64,
                           self.proto, 0) + b"".join(self.key())
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xffff) + (total >> 16)
        total = ~((total & 0xffff) + (total >> 16)) & 0xffff
        return head[:10] + struct.pack("!H", total) + head[12:] + body

    def __str__(self):
        return "%s > %s proto %d ports %d %d" % (
            self.src, self.dst, self.proto, self.sport, self.dport)


def random_ace(rnd, local):
    def side(net):
        return rnd.choice((
            "any", "any", "10.%d.0.0 0.0.255.255" % net,
            "10.%d.%d.0 0.0.0.255" % (net, rnd.randrange(4)),
            "10.%d.0.%d 0.0.255.248" % (net, rnd.randrange(8)),
            "10.%d.%d.%d 0.0.0.0" % (net, rnd.randrange(4), rnd.randrange(8))))

    proto = rnd.choice(("ip", "ip") + tuple(PROTOS))
    permit = rnd.random() < (0.5 if local else 0.7)
    text = "%s %s %s %s" % ("permit" if permit else "deny", proto, side(1),
                            side(2))
    if proto in ("tcp", "udp") and rnd.random() < 0.5:
        text += " eq %d" % rnd.choice(PORTS)
    return text


def random_flows(rnd):
    pairs = set()
    while len(pairs) < FLOWS:
        pairs.add(tuple("10.%d.%d.%d" % (
            net, rnd.randrange(4), rnd.randrange(8)) for net in (1, 2)))
    return [Flow(src, dst, rnd.choice(tuple(PROTOS.values())),
                 rnd.choice(PORTS + (30000 + rnd.randrange(1000),)),
                 rnd.choice(PORTS)) for src, dst in sorted(pairs)]


def world_set(rnd, g1, g2):
    """Random lists and groups at g1; g2 seals all that h2 sends."""
    for i in (1, 2):
        g1.tell("groupdel %d" % i, may_fail=True)
        for name, n in ("P%d" % i, rnd.randrange(1, 9)), ("L%d" % i, 4):
            g1.tell("aclclear " + name, may_fail=True)
            for _ in range(n):
                g1.tell("acl %s %s" % (name, random_ace(rnd, name[0] == "L")))
    told = []
    for i in range(1, rnd.choice((1, 2, 2)) + 1):
        words = "group %d wan P%d %s %s %s %s" % (
            i, i, rnd.choice(("-", "L%d" % i)), rnd.choice(("drop", "clear")),
            rnd.choice(("drop", "drop", "accept")),
            rnd.choice(("both", "both", "both", "receive")))
        g1.tell(words)
        has = rnd.random() < 0.8
        if has:
            g1.tell("sa %d %d aes128-sha1 %d 0 send" % (i, SPIS[i], i))
        sends = has and rnd.random() < 0.8
        if sends:
            g1.tell("use %d %d" % (i, SPIS[i]))
        told.append("%s sa=%s sending=%s" % (words, has, sends))
    return told


def seen_on(wire, expected):
    """What came, as flow key to (proto, word); done when all that is expected
    is there and the wire was silent for a while."""
    got, end = {}, time.monotonic() + DEADLINE
    last = time.monotonic()
    while time.monotonic() < end:
        for src, dst, proto, word in wire.hear():
            got[src, dst] = (proto, word)
            last = time.monotonic()
        if time.monotonic() - last > QUIET and expected <= set(got):
            break
        select.select([wire.s], [], [], QUIET / 4)
    return got


def fate_out(flow, got):
    if flow.key() not in got:
        return DROP, 0
    proto, word = got[flow.key()]
    if proto == 50 and word in SPIS.values():
        return ENCRYPT, word
    return (CLEAR, 0) if proto == flow.proto else (None, 0)


def compare(what, flows, said, fate):
    bad = []
    for f in flows:
        want, spi, why = said[f]
        is_, word = fate(f)
        if is_ != want or (want == ENCRYPT and word != spi):
            bad.append("%s %s: said %d %#x (%s), is %s %#x" % (
                what, f, want, spi, why, is_, word))
    return bad


def check_out(g1, lan, wan, flows):
    said = {f: g1.path("out", f, "wan") for f in flows}
    list(wan.hear())
    for f in flows:
        lan.send(f.packet())
    got = seen_on(wan, {f.key() for f in flows if said[f][0] != DROP})
    return compare("out", flows, said, lambda f: fate_out(f, got)), said


def check_in(g1, lan, wan, flows):
    answers = [f.answer() for f in flows]
    said = {f: g1.path("in", f, "wan") for f in answers}
    list(lan.hear())
    for f in answers:
        wan.send(f.packet())
    got = seen_on(lan, {f.key() for f in answers if said[f][0] != DROP})
    return compare("in", answers, said,
                   lambda f: (CLEAR if f.key() in got else DROP, 0)), said


def check_esp(g1, g2, lan, far, flows):
    answers = [f.answer() for f in flows]
    said = {f: g1.path("esp", f, "wan") for f in answers}
    bad = []
    for spi in sorted({said[f][1] for f in answers}):
        batch = [f for f in answers if said[f][1] == spi]
        g2.tell("use 1 %d" % (spi or UNKNOWN_SPI))
        list(lan.hear())
        for f in batch:
            far.send(f.packet())
        got = seen_on(lan, {f.key() for f in batch if said[f][0] != DROP})

        def fate(f):
            if f.key() not in got:
                return DROP, 0
            sealed = got[f.key()] == (50, UNKNOWN_SPI)
            return (CLEAR if sealed else DECRYPT), 0

        bad += compare("esp", batch, said, fate)
    return bad, said


def main():
    g1, g2 = Gateway("g1"), Gateway("g2")
    lan = Wire("h1", "eth0", "g1", "lan")
    wan = Wire("core", "g1", "g1", "wan")
    far = Wire("h2", "eth0", "g2", "lan")
    g2.tell("acl ALL permit ip any any")
    g2.tell("group 1 wan ALL - drop accept both")
    for i, spi in SPIS.items():
        g2.tell("sa 1 %d aes128-sha1 %d 0 send" % (spi, i))
    g2.tell("sa 1 %d aes128-sha1 9 0 send" % UNKNOWN_SPI)
    print("# SEED=%d ROUNDS=%d, %d flows each" % (SEED, ROUNDS, FLOWS))
    whys, tests = {}, 0
    for n in range(ROUNDS):
        rnd = random.Random(SEED * 1000 + n)
        told = world_set(rnd, g1, g2)
        flows = random_flows(rnd)
        for name, (bad, said) in (
                ("outbound", check_out(g1, lan, wan, flows)),
                ("inbound in clear", check_in(g1, lan, wan, flows)),
                ("inbound as ESP", check_esp(g1, g2, lan, far, flows))):
            tests += 1
            print("%sok %d - round %d: %s as said" % (
                "not " if bad else "", tests, n + 1, name))
            for line in (told if bad else []) + bad:
                print("# " + line)
            for fate, _, why in said.values():
                whys[fate, why] = whys.get((fate, why), 0) + 1
    for (fate, why), n in sorted(whys.items()):
        print("# %5d %s: %s" % (
            n, ("clear", "encrypt", "decrypt", "drop")[fate], why))
    tests += 1
    print("%sok %d - all four fates came up" % (
        "" if {f for f, _ in whys} == {0, 1, 2, 3} else "not ", tests))
    print("1..%d" % tests)
    for g in g1, g2:
        g.tell("quit")
        g.p.wait()


main()
