#!/usr/bin/env python3
"""Sends so much by TCP or UDP from one namespace to another, and succeeds when
it arrives whole: stream.py PREFIX {tcp|udp} FROM TO ADDRESS [DATAGRAM-BYTES]"""
import ctypes
import os
import socket
import sys
import threading
import time

PORT = 5201
TCP_BYTES = 3_000_000
DATAGRAMS = 40


def enter(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0):
        sys.exit("setns")
    os.close(fd)


def data(n, seed=0):
    return bytes((i * 7 + i // 251 + seed) & 0xFF for i in range(n))


def tcp(server, client, address):
    def send():
        with client:
            client.connect((address, PORT))
            client.sendall(data(TCP_BYTES))

    server.listen(1)
    threading.Thread(target=send, daemon=True).start()
    peer = server.accept()[0]
    peer.settimeout(20)
    got = bytearray()
    while chunk := peer.recv(1 << 16):
        got += chunk
    return got == data(TCP_BYTES)


def udp(server, client, address, size):
    want = {data(size, i) for i in range(DATAGRAMS)}
    for _ in range(5):
        for d in sorted(want):
            client.sendto(d, (address, PORT))
            time.sleep(0.002)
        server.settimeout(1)
        try:
            while want:
                d = server.recv(1 << 16)
                if len(d) != size:
                    return False
                want.discard(d)
        except TimeoutError:
            continue
        return True
    return False


def main():
    prefix, kind, source, sink, address = sys.argv[1:6]
    family = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    enter(f"{prefix}-{sink}")
    server = socket.socket(socket.AF_INET, family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.settimeout(20)
    server.bind((address, PORT))
    enter(f"{prefix}-{source}")
    client = socket.socket(socket.AF_INET, family)
    client.settimeout(20)
    if kind == "tcp":
        return tcp(server, client, address)
    return udp(server, client, address, int(sys.argv[6]))


sys.exit(0 if main() else 1)
