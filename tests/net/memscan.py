#!/usr/bin/python3
"""Looks for known secrets in the memory of a process.

    memscan.py PID FILE     lines of FILE: NAME HEX

Prints each place where one is found; exit status 1 when there was any."""

import sys

CHUNK = 1 << 24
HUGE = 1 << 36  # reserved by a sanitizer: its own notes, no data


def regions(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        for line in maps:
            where, mode, *rest = line.split(None, 5)
            name = rest[-1].strip() if len(rest) == 4 else ""
            if mode[0] != "r" or name in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(x, 16) for x in where.split("-"))
            if end - start < HUGE:
                yield start, end, name or "anonymous"


def find(mem, start, end, name, secrets):
    longest = max(len(s) for _, s in secrets)
    at = start
    while at < end:
        try:
            mem.seek(at)
            data = mem.read(min(CHUNK, end - at) + longest)
        except OSError:
            return  # gone, or a device
        for label, secret in secrets:
            hit = data.find(secret)
            while hit >= 0:
                around = data[max(0, hit - 24):hit + len(secret) + 24]
                yield f"{label} at {at + hit:#x} in {name}: {around!r}"
                hit = data.find(secret, hit + 1)
        at += CHUNK


def main():
    pid, path = sys.argv[1:]
    with open(path, encoding="ascii") as f:
        secrets = [(n, bytes.fromhex(h)) for n, h in map(str.split, f)]
    if not secrets:
        sys.exit("no secrets to look for")
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for region in regions(pid):
            found.update(find(mem, *region, secrets))
    print("\n".join(sorted(found)) or "none found")
    sys.exit(1 if found else 0)


main()
