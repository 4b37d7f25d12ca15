/* The box without its front panel: engines wired to real sockets, clock, disk
 * and kernel.  cli hands it views of the configuration and asks for snapshots;
 * it knows neither text nor tree. */
#ifndef ROUTER_BOX_H
#define ROUTER_BOX_H
#include "base/log.h"
#include "base/loop.h"
#include "crypto/keystore.h"
#include "crypto/pkistore.h"
#include "router/store_sqlite.h"
#include "dataplane/choose.h"
#include "dataplane/filter.h"
#include "dataplane/iface.h"
#include "dataplane/route.h"
#include "gdoi/gdoi.h"
#include "router/debug.h"

struct box;
struct box_opts {
	const char
		*state_dir; /* /etc/getvpn; keys, KS store; NULL: memory only */
	struct loop *loop;
	struct log *log;
	const struct dataplane_ops *dataplane; /* NULL: chosen */
};
/* NULL and *why when the kernel refuses what is essential. */
struct box *box_new(const struct box_opts *o, struct sbuf *why);
/* Removes loopback netdevs, routes and dataplane objects of ours, and turns
 * forwarding off again if we turned it on.  Addresses and state of physical
 * interfaces stay, so that whoever manages the machine through them goes on. */
void box_free(struct box *b);

/* One `interface` section. Values as configured. */
#define IFACE_ADDRS_MAX 32
struct iface_policy {
	char ifname[64]; /* canonical: GigabitEthernet0/0, Loopback0, eth0 */
	char netdev[IFNAMSIZ]; /* `netdev NAME`; "" = by rule (ifname.h) */
	struct ip_prefix addr[IFACE_ADDRS_MAX]; /* IPv4 primary first; then
						 * secondaries and IPv6 */
	size_t n_addr;
	uint32_t eui64; /* bit i: the MAC gives addr[i]'s host part */
	bool ipv6;      /* enabled, with or without an address */
	bool shutdown;
	uint16_t mtu;                      /* 0: leave */
	uint16_t vlan;                     /* of a subinterface; 0: none yet */
	char vrf[NAME_MAX_IOS + 1];        /* "": global */
	char crypto_map[NAME_MAX_IOS + 1]; /* "" none */
	char crypto_map6[NAME_MAX_IOS + 1]; /* of IPv6 traffic */
};
/* VRFs by name; before the interfaces that are in them. */
void box_set_vrfs(struct box *b, const char *const *names, size_t n);
struct static_route {
	struct ip_prefix dst;
	struct ip_addr gw; /* family 0: interface route */
	char ifname[64];   /* "" or canonical IOS name; "Null0" */
	uint8_t distance;
	uint32_t tag;
	bool permanent; /* stays while its next hop is down */
	char vrf[NAME_MAX_IOS + 1];
};
/* One entry of a crypto map; groups by name, resolved by the box. */
struct crypto_map_entry {
	char map[NAME_MAX_IOS + 1];
	uint16_t seq;
	bool ip6;
	char group[GROUP_NAME_MAX + 1]; /* set group; "" incomplete */
	const struct acl *local_acl;    /* match address; NULL none */
	char local_address[64];         /* crypto map M local-address IF; "" */
	char isakmp_profile[NAME_MAX_IOS + 1]; /* crypto map M isakmp-profile P */
};
/* GM side of `crypto gdoi group`: without map and interface fields. */

/* Each takes the whole list; the box compares, applies what changed, and
 * reports trouble to the log.  They cannot refuse. Order within one settle:
 * ifaces, routes, isakmp, ks, gm. */
void box_set_ifaces(struct box *b, const struct iface_policy *v, size_t n);
/* Whether packets are forwarded (once there is an interface). */
void box_set_forwarding(struct box *b, bool ipv4, bool ipv6);
void box_set_routes(struct box *b, const struct static_route *v, size_t n);
void box_set_isakmp(struct box *b, const struct isakmp_config *c);
void box_set_ks(struct box *b, const struct ks_policy *v, size_t n);
/* groups: gm_policy with group-level fields only; the box multiplies them by
 * map entries and interfaces that carry the map. */
void box_set_gm(struct box *b, const struct gm_policy *groups, size_t n,
	const struct crypto_map_entry *maps, size_t n_maps);

/* `ip access-group`, `ipv6 traffic-filter`: a list on an interface. */
struct filter_policy {
	char ifname[64];
	bool out;
	bool quiet;            /* `no ip unreachables` */
	const struct acl *acl; /* lent for the call */
};
void box_set_filters(struct box *b, const struct filter_policy *v, size_t n);
/* Packets by entry, as filters_hits; none unless the list is on an interface.
 */
size_t box_acl_hits(
	struct box *b, const char *list, bool ip6, struct ace_hits **out);
void box_acl_clear(struct box *b, const char *list, bool ip6); /* NULL: all */
/* Packets of a flow after which an entry with `log` tells of it; 0: only every
 * five minutes. */
void box_set_acl_log(struct box *b, uint32_t threshold);

/* `crypto map NAME gdoi fail-close` with `activate`, for each interface that
 * carries the map: until all groups of the map have registered, only what the
 * list denies passes.  To be set before the interfaces. */
struct fail_close {
	char map[NAME_MAX_IOS + 1];
	char ifname[64];
	bool ip6;              /* of the traffic that it closes */
	const struct acl *acl; /* lent for the call; NULL: nothing passes */
};
void box_set_fail_close(struct box *b, const struct fail_close *v, size_t n);
/* Is it closed now?  *drops: packets that this cost since it was. */
bool box_is_closed(
	struct box *b, const char *ifname, bool ip6, uint64_t *drops);
/* The list of a netdev that is closed now; NULL: it is not. */
const struct acl *box_closed_list(
	const struct box *b, const char *netdev, bool ip6);
/* Does a policy of an earlier run still forbid traffic there? */
bool box_is_held(const struct box *b, const char *netdev, bool ip6);
/* The startup configuration is read to its end: what an earlier run left in
 * force goes where the configuration does not want it any more. */
void box_config_ready(struct box *b);

/* Which backend of the dataplane is asked for; what keeps it away is logged. */
void box_set_dataplane(struct box *b, enum dp_mode mode);
/* By which library it encrypts where the kernel does not; likewise. */
void box_set_dataplane_crypto(struct box *b, enum dp_crypto crypto);
/* How packets are taken and sent where the user backend encrypts. */
void box_set_ways(struct box *b, const struct dp_ways *w);
/* DF and too long packets of an interface; ifname "": of those without one. */
struct cut_policy {
	char ifname[64];
	uint8_t df; /* as in dp_group */
	bool frag_after;
};
void box_set_cuts(struct box *b, const struct cut_policy *v, size_t n);
/* False: there is no dataplane.  As dp_choice_get, dp_choice_group,
 * dp_choice_sa. */
bool box_dataplane(struct box *b, struct dp_choice *out);
/* Why there is none; tried again every few seconds. */
const char *box_dataplane_why(const struct box *b);
bool box_dataplane_sa(
	struct box *b, size_t i, size_t k, struct dp_sa_view *out);
bool box_dataplane_group(
	struct box *b, size_t i, struct dp_choice_group *out);

struct gdoi *box_gdoi(struct box *b);
/* What the key servers here keep.  false: nothing; *why: because it cannot be
 * used, NULL: because there is no place for it. */
bool box_store_info(
	const struct box *b, struct store_info *out, const char **why);
struct keystore *box_keys(struct box *b);
struct pkistore *box_pki(struct box *b);
/* CRLs and OCSP answers that ISAKMP asks for. */
struct revoke *box_revoke(struct box *b);
struct iface_mirror *box_ifaces(struct box *b);
/* The dataplane's groups as they are in force; lists lent until the next
 * change, *out freed by the caller.  false: no dataplane runs. */
bool box_dp_groups(struct box *b, struct dp_group_view **out, size_t *n);
struct log *box_log(struct box *b);
struct debugger *box_debugger(struct box *b);
struct loop *box_loop(struct box *b);

/* Interfaces as show prints them: configured ones and physical netdevs that
 * the rule names; ordered as show ip interface brief. */
struct iface_rates {
	uint64_t in_bps, in_pps, out_bps, out_pps; /* over five minutes */
	uint64_t in_ms, out_ms; /* loop_now() of the last packets; 0 none */
	uint64_t cleared_ms;    /* of the counters; 0 never */
};
struct iface_info {
	char ifname[64], netdev[IFNAMSIZ];
	struct ip_prefix addr[IFACE_ADDRS_MAX]; /* IPv4, primary first */
	size_t n_addr;
	struct ip_prefix addr6[IFACE_ADDRS_MAX]; /* as the kernel has them */
	size_t n_addr6;
	bool configured, shutdown; /* administratively down */
	bool line_up, proto_up;
	bool ipv6; /* enabled */
	char vrf[NAME_MAX_IOS + 1];
	struct link_state link; /* name "" when no netdev exists;
				 * counters since the last clearing */
	struct iface_rates rates;
	unsigned speed_mbps; /* 0: the driver does not tell */
	bool full_duplex;
};
size_t box_iface_list(
	struct box *b, struct iface_info **out); /* caller frees */
/* IOS name of a netdev: configured, by rule, or its own. Returns out. */
const char *box_iface_name(
	const struct box *b, const char *netdev, char out[64]);
/* `clear counters`: show counts from here. NULL: all. */
void box_counters_clear(struct box *b, const char *ifname);
/* Can the kernel make links of that kind ("vlan", "vrf")? */
bool box_has_kind(struct box *b, const char *kind);
/* The table of neighbours; IPv4 with our own addresses, as in show arp. */
struct neigh_info {
	struct ip_addr addr;
	uint8_t mac[6];
	char ifname[64];
	bool own, complete, permanent;
	uint64_t age_secs;
};
/* Of family 4 or 6. Caller frees. */
size_t box_neigh_list(struct box *b, uint8_t family, struct neigh_info **out);
/* Forgets what was learnt, of one address or (family 0) of all. 0 or -errno. */
int box_neigh_clear(struct box *b, uint8_t family, const struct ip_addr *only);
/* Routes with IOS interface names; box_route_list: IPv4, main table. */
struct route_info {
	struct ip_prefix dst;
	struct ip_addr gw;
	char ifname[64];
	enum { ROUTE_CONNECTED, ROUTE_LOCAL, ROUTE_STATIC, ROUTE_KERNEL } kind;
	uint8_t distance;
	uint32_t metric, tag;
};
/* Of family 4 or 6 in a VRF ("": global). Caller frees. */
size_t box_route_table(struct box *b, uint8_t family, const char *vrf,
	struct route_info **out);
/* `clear ip route`: takes our routes away and sets them anew. */
void box_route_renew(struct box *b);
size_t box_route_list(
	struct box *b, struct route_info **out); /* caller frees */

/* ping: asynchronous on the loop; result(s) per packet, then done. */
struct ping_opts {
	struct ip_addr dst, src;          /* src family 0: kernel's choice */
	unsigned count, size, timeout_ms; /* size: whole IP datagram */
	unsigned size_max, size_step;     /* step 0: no sweep; count rounds */
	char dev[IFNAMSIZ];               /* leave through it; "" any */
	bool df, validate;
	uint8_t tos;
	uint16_t data; /* pattern, 0xABCD */
};
struct ping;
typedef void ping_result_fn(
	void *ctx, char mark, unsigned rtt_ms); /* ! . U M */
typedef void ping_done_fn(void *ctx);
struct ping *box_ping(struct box *b, const struct ping_opts *o,
	ping_result_fn *result, ping_done_fn *done, void *ctx,
	struct sbuf *why);
void ping_cancel(struct ping *p); /* no callback any more */

/* traceroute: likewise; a result for each probe, in order. */
struct trace_opts {
	struct ip_addr dst, src; /* src family 0: kernel's choice */
	unsigned min_ttl, max_ttl, probes, timeout_ms;
	uint16_t port;      /* of the first probe; counts up */
	char dev[IFNAMSIZ]; /* leave through it; "" any */
};
struct trace_result {
	unsigned ttl, probe; /* probe counts from 0 */
	bool answered;
	struct ip_addr from;
	unsigned rtt_ms;
	char note; /* of an unreachable: H N P A; 0 none */
};
struct trace;
typedef void trace_result_fn(void *ctx, const struct trace_result *r);
typedef void trace_done_fn(void *ctx);
struct trace *box_trace(struct box *b, const struct trace_opts *o,
	trace_result_fn *result, trace_done_fn *done, void *ctx,
	struct sbuf *why);
void trace_cancel(struct trace *t); /* no callback any more */
/* Device of a VRF; "" when its routes are in the global table. */
const char *box_vrf_device(const struct box *b, const char *vrf);
#endif
