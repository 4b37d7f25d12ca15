#!/usr/bin/env python3
"""ESP as nobody should send it, under a good key.

    badesp.py list                    each case: its name, how many packets of
                                      it count, and as what
    badesp.py send DEV MAC SPI ENC AUTH CASE [TIMES]
                                      AES-CBC with HMAC-SHA1-96, keys in hex
"""

import hashlib
import hmac
import os
import random
import socket
import struct
import subprocess
import sys

SRC, DST = "172.16.2.10", "172.16.3.10"
OTHER = "172.16.2.99"
DECAP = "decap fail (rcv)"
VERIFY = "verify fail (rcv)"
PROTO = "invalid prot (rcv)"
IDENTITY = "inner packet outside the policy (rcv)"
INVALID = "invalid sa (rcv)"
CLEAR = "clear packet that must be encrypted (rcv)"
GOOD, NOTHING = "decrypted", "nothing"
RANDOM_COUNT = 500


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(payload, proto, src=SRC, dst=DST, frag=0, ident=1, tos=0, options=b"",
       total=None, first=None, bad_sum=False):
    size = 20 + len(options)
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x40 | size // 4 if first is None else first, tos,
        size + len(payload) if total is None else total, ident, frag, 64,
        proto, 0, socket.inet_aton(src), socket.inet_aton(dst)) + options
    total_sum = checksum(head) ^ (0x5555 if bad_sum else 0)
    return head[:10] + struct.pack("!H", total_sum) + head[12:] + payload


def ping(size=32, **how):
    body = b"\x08\0\0\0\x12\x34\0\1" + bytes(size)
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return ip(body, 1, **how)


class Sa:
    def __init__(self, spi, enc, auth):
        self.spi, self.enc, self.auth = int(spi, 0), enc, bytes.fromhex(auth)
        self.seq = random.randrange(1 << 30)

    def icv(self, data):
        return hmac.new(self.auth, data, hashlib.sha1).digest()[:12]

    def encrypt(self, iv, plain):
        return subprocess.run(
            ["openssl", "enc", f"-aes-{len(self.enc) * 4}-cbc", "-nopad",
             "-K", self.enc, "-iv", iv.hex()],
            input=plain, stdout=subprocess.PIPE, check=True).stdout

    def head(self, spi=None):
        self.seq += 1
        return struct.pack("!II", self.spi if spi is None else spi, self.seq)

    def seal(self, inner, proto=4, pad_length=None, spi=None):
        pad = -(len(inner) + 2) % 16
        plain = inner + bytes(range(1, pad + 1)) + bytes(
            [pad if pad_length is None else pad_length, proto])
        iv = os.urandom(16)
        data = self.head(spi) + iv + self.encrypt(iv, plain)
        return data + self.icv(data)

    def sign(self, data):
        return data + self.icv(data)


def outer(esp, **how):
    return [ip(esp, 50, **how)]


def damaged(esp):
    return esp[:-1] + bytes([esp[-1] ^ 1])


def fragments(esp, cuts, ident, more=True):
    """The ESP in pieces [from, to), in that order; `more` false: no end."""
    out = []
    for start, end in cuts:
        last = end >= len(esp) and more
        out.append(ip(esp[start:end], 50, ident=ident,
                      frag=start // 8 | (0 if last else 0x2000)))
    return out


def pieces(n, size):
    return [(i, min(i + size, n)) for i in range(0, n, size)]


def cases(sa):
    """Name, what counts it and how often, and a function that makes it."""
    long = ping(1000)
    huge = ping(60000)

    def fragmented(order, more=True):
        def make():
            esp = sa.seal(long)
            cuts = pieces(len(esp), 400)
            return fragments(esp, [cuts[i] for i in order],
                             random.randrange(1 << 16), more)
        return make

    def cut_at(*cuts):
        def make():
            esp = sa.seal(long)
            return fragments(esp, [(a, b or len(esp)) for a, b in cuts],
                             random.randrange(1 << 16))
        return make

    def randoms():
        out = []
        for _ in range(RANDOM_COUNT):
            n = random.choice((0, 1, 4, 12, 23, 24, 36, 60, 100, 1400))
            out += outer(sa.head() + os.urandom(n))
        return out

    def huge_fragments():
        esp = sa.seal(huge)
        return fragments(esp, pieces(len(esp), 1400), 4711)

    return [
        ("a good one", GOOD, 1, lambda: outer(sa.seal(ping()))),
        ("the same one again", GOOD, 3, lambda: outer(sa.seal(ping())) * 3),
        ("a damaged ICV", VERIFY, 1,
         lambda: outer(damaged(sa.seal(ping())))),
        ("another SPI", INVALID, 1,
         lambda: outer(sa.seal(ping(), spi=0x11223344))),
        ("no ESP header at all", INVALID, 1, lambda: outer(b"")),
        ("half an SPI", INVALID, 1, lambda: outer(sa.head()[:2])),
        ("an SPI only", DECAP, 1, lambda: outer(sa.head()[:4])),
        ("a header only", DECAP, 1, lambda: outer(sa.head())),
        ("no ciphertext", DECAP, 1,
         lambda: outer(sa.sign(sa.head() + bytes(16)))),
        ("not whole blocks", DECAP, 1,
         lambda: outer(sa.sign(sa.head() + bytes(16 + 40)))),
        ("cut short", VERIFY, 1, lambda: outer(sa.seal(ping())[:-16])),
        ("more padding than packet", DECAP, 1,
         lambda: outer(sa.seal(ping(), pad_length=255))),
        ("TCP inside", PROTO, 1, lambda: outer(sa.seal(ping(), proto=6))),
        ("IPv6 inside", PROTO, 1, lambda: outer(sa.seal(ping(), proto=41))),
        ("a dummy", NOTHING, 0, lambda: outer(sa.seal(ping(), proto=59))),
        ("nothing inside", DECAP, 1, lambda: outer(sa.seal(b""))),
        ("half an inner header", DECAP, 1,
         lambda: outer(sa.seal(ping()[:10]))),
        ("inner length too long", DECAP, 1,
         lambda: outer(sa.seal(ping(total=1400)))),
        ("inner length too short", DECAP, 1,
         lambda: outer(sa.seal(ping(total=10)))),
        ("inner version 6", DECAP, 1,
         lambda: outer(sa.seal(ping(first=0x65)))),
        ("inner header of 4 words", DECAP, 1,
         lambda: outer(sa.seal(ping(first=0x44)))),
        ("inner header longer than the packet", DECAP, 1,
         lambda: outer(sa.seal(ping(size=0, first=0x4F)))),
        ("another inner source", IDENTITY, 1,
         lambda: outer(sa.seal(ping(src=OTHER)))),
        ("another inner destination", IDENTITY, 1,
         lambda: outer(sa.seal(ping(dst=OTHER)))),
        ("inner options", GOOD, 1,
         lambda: outer(sa.seal(ping(options=b"\x01\x01\x01\x00")))),
        ("an inner fragment", GOOD, 1,
         lambda: outer(sa.seal(ping(frag=0x2000)))),
        ("a later inner fragment", GOOD, 1,
         lambda: outer(sa.seal(ping(frag=0x2003)))),
        ("outer options", GOOD, 1,
         lambda: outer(sa.seal(ping()), options=b"\x01\x01\x01\x00")),
        ("congestion under no ECN", DECAP, 1,
         lambda: outer(sa.seal(ping()), tos=3)),
        ("fragments", GOOD, 1, fragmented((0, 1, 2))),
        ("fragments in the wrong order", GOOD, 1, fragmented((2, 0, 1))),
        ("a fragment twice", GOOD, 1, fragmented((0, 0, 1, 2))),
        ("fragments without an end", NOTHING, 0, fragmented((0, 1))),
        ("fragments without a begin", NOTHING, 0, fragmented((1, 2))),
        ("overlapping fragments", NOTHING, 0,
         cut_at((0, 400), (200, 600), (600, None))),
        ("a fragment within another", GOOD, 1,
         cut_at((0, 800), (400, 408), (800, None))),
        ("fragments past the end of all packets", NOTHING, 0, lambda: [
            ip(sa.seal(long)[:400], 50, ident=77, frag=0x2000),
            ip(bytes(400), 50, ident=77, frag=0x1FFF)]),
        ("60,000 bytes in fragments", GOOD, 1, huge_fragments),
        ("in clear", CLEAR, 1, lambda: [ping()]),
        ("random ones", (VERIFY, DECAP), RANDOM_COUNT, randoms),
    ]


def main():
    if sys.argv[1] == "list":
        for name, what, n, _ in cases(Sa("1", "", "")):
            what = what if isinstance(what, str) else "|".join(what)
            print(name, n, what, sep="\t")
        return
    dev, mac, spi, enc, auth, wanted = sys.argv[2:8]
    times = int(sys.argv[8]) if len(sys.argv) > 8 else 1
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((dev, 0))
    frame = bytes.fromhex(mac.replace(":", "")) + bytes(6) + b"\x08\x00"
    for name, _, _, make in cases(Sa(spi, enc, auth)):
        if name == wanted:
            for p in make() * times:
                s.send(frame + p)


main()
