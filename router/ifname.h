/* IOS interface names: canonical form, abbreviations, and netdevs.
 * GigabitEthernet0/N is the Nth physical netdev unless `netdev NAME` says
 * otherwise; a plain Linux name works too; LoopbackN is dummy netdev. */
#ifndef ROUTER_IFNAME_H
#define ROUTER_IFNAME_H
#include <stdbool.h>
#include <stddef.h>
#define IFNAME_MAX 64
/* "gi0/0", "GigabitEthernet 0/0", "lo0", "eth0" to canonical. false: no name. */
bool ifname_canonical(const char *text, char out[IFNAME_MAX]);
/* "Gi0/0" of a canonical name. */
const char *ifname_short(const char *canonical, char out[IFNAME_MAX]);
bool ifname_is_loopback(const char *canonical);
/* Order of interfaces in running-config and show: <0, 0, >0. */
int ifname_cmp(const char *a, const char *b);
/* The i-th interface type word for completion, with help; NULL at the end. */
const char *ifname_type(size_t i, const char **help);
#endif
