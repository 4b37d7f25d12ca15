/* struct box, shared by the box_*.c files.
 *
 * Configuration comes in by box_set_*; what happens in the kernel comes in by
 * the mirror's events.  Both end in box_settle, which brings the kernel to what
 * is configured wherever the two differ, and the engines to what the kernel
 * now offers.  It may run at any time and does nothing when nothing differs. */
#ifndef ROUTER_BOX_PRIV_H
#define ROUTER_BOX_PRIV_H
#include "gdoi/report.h"
#include "router/box.h"
#include "router/env_loop.h"
#include "router/udp848.h"
#include <stddef.h>

/* A configured interface and what we did for it. */
struct box_iface {
	struct iface_policy policy;
	char netdev[IFNAMSIZ]; /* found once, kept while it is configured */
	int ifindex;           /* that the policy was applied to; 0: none */
	bool dirty;            /* the policy is to be applied */
	bool ours_link;        /* a netdev that we made */
	int tun_fd;            /* holds it where there are no dummies; -1 */
	bool missing_told, refused_told;
	bool in_vrf;
	bool link_local;       /* ours stands for the kernel's */
	bool was_up;                            /* since it is configured */
	bool seen_admin_up, seen_up;            /* as last logged */
	struct ip_prefix ours[IFACE_ADDRS_MAX]; /* addresses that we set */
	size_t n_ours;
};
struct box_route {
	struct static_route r;
	bool installed; /* alone or with others of its distance */
	int told;       /* errno last logged, so that it is told once */
};

#define N_FORWARD 2 /* IPv4, IPv6 */

struct box {
	struct loop *loop;
	struct log *log;
	struct keystore *keys;
	struct pkistore *pki;
	struct iface_mirror *mirror;
	struct env_loop env;
	struct dp *chooser; /* within env's dp; NULL: nothing to choose */
	const struct dataplane_ops *dp_wanted;
	enum dp_mode dp_mode;   /* as configured */
	enum dp_crypto dp_crypto;
	struct dp_ways dp_ways; /* likewise */
	struct cut_policy *cuts;
	size_t n_cuts;
	struct timer dp_reopen; /* while there is none */
	struct sbuf dp_why;     /* there is none */
	struct debugger *debugger;
	struct store *store; /* NULL: nothing is kept */
	char *store_why; /* it should be, and cannot; or NULL */
	struct keylog *keylog; /* NULL: as it should be */
	struct gdoi *gdoi;
	struct revoke *revoke;
	struct timer settle; /* after kernel events */
	struct timer rebind; /* a port was taken */
	bool port_500;       /* phase 1 there, too */
	struct timer sync;   /* the store has what is not on disk yet */
	/* Forwarding: what is wanted, and what we found (0: not changed). */
	bool no_routing, ipv6_routing, forward_told;
	char forward_before[N_FORWARD];

	struct box_iface *ifaces;
	size_t n_ifaces;
	struct box_route *routes;
	size_t n_routes;
	struct route_entry *rib; /* what we put into the kernel, ordered */
	size_t n_rib;

	struct gm_policy *groups; /* as configured, without map and interface */
	size_t n_groups;
	struct crypto_map_entry *maps;
	struct acl *map_acls; /* their local_acl, one each */
	size_t n_maps;
	size_t n_ks, n_gm; /* given to gdoi */
	LIST_HEAD(, ping) pings;
	LIST_HEAD(, trace) traces;

	struct box_vrf *vrfs;
	size_t n_vrfs;
	struct timer sample; /* of the interface counters */
	struct box_meter *meters;
	size_t n_meters;
	struct box_filters *filters;
	struct box_guard *guard;
};

/* The box whose engines have this environment. */
static inline struct box *box_of_env(struct env_loop *e)
{
	return (struct box *)((char *)e - offsetof(struct box, env));
}

void box_settle(struct box *b);
void box_settle_soon(struct box *b); /* from the loop */

/* box_iface.c */
void box_iface_event(void *ctx, const struct link_state *s, bool gone);
void box_iface_settle(struct box *b); /* also logs what changed state */
void box_iface_free(struct box *b);
const struct box_iface *box_iface_find(const struct box *b, const char *ifname);
/* Does a configured interface have this netdev? */
bool box_netdev_claimed(const struct box *b, const char *netdev);
/* The netdev behind an interface name; NULL when there is none now. */
const struct link_state *box_iface_link(
	const struct box *b, const char *ifname);
/* Address that registrations through it come from; family 0: none yet. */
struct ip_addr box_iface_local(const struct box *b, const struct box_iface *f);

/* box_dataplane.c */
void box_cuts_settle(struct box *b); /* interfaces may have other netdevs */

/* box_route.c */
void box_route_settle(struct box *b);
void box_route_free(struct box *b);
bool box_route_is_ours(const struct box *b, const struct route_entry *e);

/* box_filter.c */
struct box_filters;
void box_filter_open(struct box *b);
void box_filter_settle(struct box *b);
void box_filter_free(struct box *b);

/* box_guard.c: before the dataplane is opened, and freed behind it. */
void box_guard_open(struct box *b);
/* Opens what the kernel refused before. */
void box_guard_again(struct box *b);
/* Closes and opens what is to be by now. */
void box_guard_settle(struct box *b);
/* Interfaces that fail close are closed whatever has registered: the box goes
 * and leaves them so. */
void box_guard_last(struct box *b);
void box_guard_free(struct box *b);
/* For struct env. */
void box_guard_hold(void *ctx, const struct dp_group *d);
void box_guard_gone(void *ctx, uint32_t dp_group);
void box_guard_changed(void *ctx);

/* box_gm.c */
/* Does the interface carry the entry's map? */
bool box_iface_carries(
	const struct box_iface *f, const struct crypto_map_entry *m);
void box_gm_settle(struct box *b);
void box_gm_free(struct box *b);
/* UDP 848 stands while there are groups; the engines report on and off. */
void box_power(struct box *b);
/* What was written to the store is durable, or is not told to anybody. */
void box_store_sync(struct box *b);

/* box_dataplane.c; the engines have one that refuses until it can be opened. */
void box_dataplane_open(struct box *b, const struct dataplane_ops *wanted);
void box_dataplane_close(struct box *b);

/* box_vrf.c */
/* Device of a VRF; NULL: the name is "", or the kernel has no such devices. */
const char *box_vrf_netdev(const struct box *b, const char *vrf);
/* Routing table of a VRF; the main one of "". 0: there is none. */
uint32_t box_vrf_table(const struct box *b, const char *vrf);
uint32_t box_vrf_nth(const struct box *b, size_t i); /* 0 at the end */
/* The VRF that a netdev is configured into; "" the global one. */
const char *box_iface_vrf(const struct box *b, const char *netdev);
/* The VRF of the interface that has this address. */
const char *box_addr_vrf(const struct box *b, const struct ip_addr *a);
void box_vrf_free(struct box *b);

/* box_meter.c */
void box_meter_init(struct box *b);
void box_meter_free(struct box *b);
/* Fills i's rates, and counts its counters from the last clearing. */
void box_meter_read(struct box *b, struct iface_info *i);

/* ping.c, trace.c */
void box_trace_free(struct box *b);
void box_ping_free(struct box *b);
#endif
