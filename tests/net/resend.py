"""resend.py FILE DEV MAC: sends the IPv4 packets of a capture again."""
import socket
import struct
import sys

with open(sys.argv[1], "rb") as f:
    data = f.read()
link = struct.unpack("<I", data[20:24])[0]
assert link == 1, "not Ethernet"
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[2], 0))
head = bytes.fromhex(sys.argv[3].replace(":", "")) + bytes(6) + b"\x08\x00"
at, n = 24, 0
while at < len(data):
    size = struct.unpack("<I", data[at + 8:at + 12])[0]
    s.send(head + data[at + 16 + 14:at + 16 + size])
    at, n = at + 16 + size, n + 1
print(n)
