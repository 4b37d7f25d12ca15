#!/usr/bin/env python3
"""A static multicast route of the kernel while it runs:
mroute.py IN-ADDRESS OUT-ADDRESS SOURCE GROUP (the addresses are interfaces')"""
import signal
import socket
import struct
import sys

MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC = 200, 202, 204
VIFS = 32


def ip(text):
    return socket.inet_aton(text)


def main():
    inside, outside, source, group = sys.argv[1:]
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    s.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
    for vif, address in enumerate((inside, outside)):
        s.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF,
                     struct.pack("=HBBI4s4s", vif, 0, 1, 0, ip(address),
                                 ip("0.0.0.0")))
    ttls = bytearray(b"\xff" * VIFS)
    ttls[1] = 1
    s.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC,
                 struct.pack("=4s4sH32s2xIIIi", ip(source), ip(group), 0,
                             bytes(ttls), 0, 0, 0, 0))
    print("ready", flush=True)
    signal.pause()


main()
