#!/usr/bin/env python3
"""TCP and UDP echo, to see what passes the group's policy in clear.

echo.py serve ADDRESS PORT          answers until it is killed
echo.py ask   ADDRESS PORT tcp|udp  exits 0 when its text comes back
echo.py stream ADDRESS PORT         sends UDP until it is killed
"""
import selectors
import socket
import sys
import time

TEXT = b"in the clear by policy"


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(address, port):
    tcp = socket.create_server((address, port), family=family(address))
    udp = socket.socket(family(address), socket.SOCK_DGRAM)
    udp.bind((address, port))
    sel = selectors.DefaultSelector()
    sel.register(tcp, selectors.EVENT_READ)
    sel.register(udp, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in sel.select():
            if key.fileobj is tcp:
                with tcp.accept()[0] as peer:
                    peer.settimeout(5)
                    peer.sendall(peer.recv(512))
            else:
                data, peer = udp.recvfrom(512)
                udp.sendto(data, peer)


def ask(address, port, kind):
    if kind == "tcp":
        sock = socket.create_connection((address, port), timeout=5)
    else:
        sock = socket.socket(family(address), socket.SOCK_DGRAM)
        sock.settimeout(5)
        sock.connect((address, port))
    with sock:
        sock.send(TEXT)
        return sock.recv(512) == TEXT


def stream(address, port):
    """A datagram each 5 ms, whatever the network says to it."""
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    while True:
        try:
            sock.sendto(TEXT, (address, port))
        except OSError:
            pass
        time.sleep(0.005)


def main(argv):
    address, port = argv[2], int(argv[3])
    if argv[1] == "stream":
        stream(address, port)
    if argv[1] == "serve":
        serve(address, port)
    return 0 if ask(address, port, argv[4]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
