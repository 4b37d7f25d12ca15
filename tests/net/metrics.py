#!/usr/bin/env python3
"""Reads a metrics endpoint, checks the text format, prints its samples.

metrics.py http://127.0.0.1:PORT/metrics | metrics.py unix:PATH
"""
import http.client
import re
import socket
import sys
from urllib.parse import urlparse

SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)'
    r'(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\d+)$')


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def fetch(where, method="GET", url="/metrics"):
    if where.startswith("unix:"):
        c = UnixConnection(where[5:])
    else:
        u = urlparse(where)
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=10)
    c.request(method, url)
    r = c.getresponse()
    return r.status, r.read().decode()


def check(text):
    families, seen, current = set(), set(), None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current = line.split()[2]
            assert current not in families, f"{current} comes twice"
            families.add(current)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name == current and kind in ("counter", "gauge"), line
            assert (kind == "counter") == name.endswith("_total"), line
        else:
            m = SAMPLE.fullmatch(line)
            assert m and m[1] == current, f"odd line: {line}"
            assert m[0].rsplit(" ", 1)[0] not in seen, f"twice: {line}"
            seen.add(m[0].rsplit(" ", 1)[0])
            print(line)


where = sys.argv[1]
assert fetch(where, url="/")[0] == 404
assert fetch(where, method="POST")[0] == 405
status, body = fetch(where)
assert status == 200, status
check(body)
