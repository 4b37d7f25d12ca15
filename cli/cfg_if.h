/* What the files of interface lines lend to each other: cfg_interface.c has the
 * section and its subscription, cfg_if_ip.c, cfg_if_ip6.c and cfg_if_vlan.c
 * lines of one kind each, cfg_vrf.c what an interface is in. */
#ifndef CLI_CFG_IF_H
#define CLI_CFG_IF_H
#include "cli/cfg.h"

#define HELP_IF_IP   "ip  Interface Internet Protocol config commands\n"
#define HELP_IF_IPV6 "ipv6  IPv6 interface subcommands\n"

extern const struct command cfg_if_shutdown, cfg_if_encapsulation, cfg_if_vrf;
extern const struct command cfg_vrf, cfg_ip_vrf;

/* Checks as of a subscriber, for a line of that kind (COMMIT_OK for others). */
typedef int if_check_fn(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why);
if_check_fn if_ip_check, if_ip6_check, if_vlan_check, if_vrf_check;
/* The kind's part of the view. */
void if_ip_view(const struct router *r, const struct node *section,
	struct iface_policy *p);
void if_ip6_view(const struct node *section, struct iface_policy *p);
void if_vlan_view(const struct node *section, struct iface_policy *p);
void if_vrf_view(const struct node *section, struct iface_policy *p);
/* VRF of an interface or a section; "" global. Lent. */
const char *if_vrf_name(const struct node *section);

/* Takes the addresses of a section away (cmd_typed). true: there were any. */
bool if_ip_remove(
	struct commit *c, const struct node *section, struct sbuf *why);
bool if_ip6_remove(
	struct commit *c, const struct node *section, struct sbuf *why);
bool if_ip_is_address(const struct node *n); /* `ip address A M` */
/* Primary IPv4 address of a section. false: it has none. */
bool if_ip_primary(const struct node *section, struct ip_prefix *out);

/* cfg_vrf.c: route distinguisher of a VRF's section, or NULL; "ipv4,ipv6". */
const char *vrf_rd_of(const struct node *vrf);
const char *vrf_families(const struct node *vrf);
/* cfg_route.c: `ip routing`. */
bool route_is_on(const struct router *r);
/* cfg_route.c: static routes of a VRF go with it. */
void route_vrf_remove(struct commit *c, struct node *root, const char *vrf,
	struct sbuf *why);
#endif
