/* Giving up what the daemon no longer needs once it runs (design.md 8).
 *
 * Capabilities: only CAP_NET_ADMIN (links, routes, nftables, TUN),
 * CAP_NET_RAW (ping, ESP) and CAP_NET_BIND_SERVICE (UDP 848) stay, in every
 * set; the state directory belongs to root, so that plain file permissions
 * serve.  no_new_privs is set, core dumps are off.
 * System calls: everything but a list of those that a router never makes is
 * allowed.  The list (execve, ptrace, module and kexec calls, mounts, bpf,
 * keyrings, ...) stands in sandbox.c; each answers EPERM.  A deny list, since
 * libc, OpenSSL, SQLite and libuv choose their calls by version: an allow list
 * would break at an upgrade of any of them, on a router in the field. */
#ifndef ROUTER_SANDBOX_H
#define ROUTER_SANDBOX_H
#include "base/sbuf.h"

/* Call before the first thread starts (capabilities are kept by thread) and
 * before untrusted input is read; box_new works inside.  0 or -errno and *why;
 * the caller decides whether to go on without.  A build with AddressSanitizer
 * keeps ptrace and core dumps: its leak checker needs them. */
int sandbox_enter(struct sbuf *why);
#endif
