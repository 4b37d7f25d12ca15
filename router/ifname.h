/* IOS interface names: canonical form, abbreviations, and netdevs.
 *
 * An interface with slot and port (GigabitEthernet0/N, any Ethernet type) is
 * the Nth physical netdev unless `netdev NAME` says otherwise; without a slot
 * the count starts at 1, as on a cloud router (GigabitEthernet1 is the first).
 * A plain Linux name works too.  LoopbackN is a netdev "loN" of ours, and
 * GigabitEthernet0/0.10 a VLAN device on top of GigabitEthernet0/0.  Kinds
 * that a Linux box does not have by itself (Serial, Tunnel, Port-channel, ...)
 * are names only, so that a configuration with them can be kept. */
#ifndef ROUTER_IFNAME_H
#define ROUTER_IFNAME_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define IFNAME_MAX 64
/* "gi0/0", "GigabitEthernet 0/0", "lo0", "eth0" to canonical.  Types may be
 * cut to any unambiguous start of two letters or more (one when a slash
 * follows).  What is no IOS name but could name a netdev is taken as it is.
 * false: no name. */
bool ifname_canonical(const char *text, char out[IFNAME_MAX]);
/* "Gi0/0" of a canonical name. */
const char *ifname_short(const char *canonical, char out[IFNAME_MAX]);
bool ifname_is_loopback(const char *canonical);
bool ifname_is_null(const char *canonical); /* Null0 */
/* Of a port that cannot be removed. */
bool ifname_is_physical(const char *canonical);
/* Of a kind without a netdev by rule. */
bool ifname_is_kept(const char *canonical);
/* Of a subinterface: the interface below and its own number (may be NULL).
 * false: it is none. */
bool ifname_parent(const char *canonical, char out[IFNAME_MAX], uint32_t *sub);
/* By rule the *index-th (from 0) physical netdev.  false: the rule names
 * none for it. */
bool ifname_physical_index(const char *canonical, unsigned *index);
/* The netdev that the name itself tells: "lo0" of Loopback0, "eth0" of eth0.
 * false: it tells none. */
bool ifname_netdev(const char *canonical, char out[IFNAMSIZ]);
/* Order of interfaces in running-config: Loopback, Tunnel, ..., physical,
 * plain names; <0, 0, >0. */
int ifname_cmp(const char *a, const char *b);
/* The i-th interface type word for completion, with help; NULL at the end. */
const char *ifname_type(size_t i, const char **help);
#endif
