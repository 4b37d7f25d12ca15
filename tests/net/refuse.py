#!/usr/bin/env python3
"""Runs a program on a kernel without nf_tables: its netlink sockets of that
protocol are refused by seccomp, as by a kernel that does not know it.

    refuse.py PROGRAM ARGUMENT..."""

import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
SOCKET = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
AF_NETLINK, NETLINK_NETFILTER, EPROTONOSUPPORT = 16, 12, 93
NUMBER, DOMAIN, PROTOCOL = 0, 16, 32  # offsets in struct seccomp_data
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000

CODE = [
    (LOAD, 0, 0, NUMBER), (EQUAL, 0, 5, SOCKET),
    (LOAD, 0, 0, DOMAIN), (EQUAL, 0, 3, AF_NETLINK),
    (LOAD, 0, 0, PROTOCOL), (EQUAL, 0, 1, NETLINK_NETFILTER),
    (RETURN, 0, 0, ERRNO | EPROTONOSUPPORT),
    (RETURN, 0, 0, ALLOW),
]

code = b"".join(struct.pack("HBBI", *c) for c in CODE)
buf = ctypes.create_string_buffer(code)
prog = struct.pack("HxxxxxxP", len(CODE), ctypes.addressof(buf))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_SECCOMP, FILTER, prog, 0, 0) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
