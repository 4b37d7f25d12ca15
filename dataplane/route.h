/* Routes of a table: what the kernel has, and static ones set. */
#ifndef DATAPLANE_ROUTE_H
#define DATAPLANE_ROUTE_H
#include "base/ip.h"
#include "dataplane/iface.h"

struct route_entry {
	struct ip_prefix dst;  /* gives the family */
	struct ip_addr gw;     /* family 0: none */
	char dev[IFNAMSIZ];    /* may be empty */
	uint32_t table;        /* 0: the main one */
	bool blackhole;        /* Null0 */
	uint32_t metric;       /* administrative distance on ours */
	uint8_t protocol;      /* RTPROT_*; ours are RTPROT_STATIC */
	uint8_t scope;
};
/* One of several ways of equal worth. */
struct route_hop {
	struct ip_addr gw;
	char dev[IFNAMSIZ];
};
#define ROUTE_HOPS_MAX 16
/* Replaces; a route whose next hop is unreachable is -ENETUNREACH. */
int route_set(struct iface_mirror *m, const struct route_entry *r);
/* The same over n ways (1 to ROUTE_HOPS_MAX) instead of r's gw and dev. */
int route_set_hops(struct iface_mirror *m, const struct route_entry *r,
	const struct route_hop *hop, size_t n);
int route_del(struct iface_mirror *m, const struct route_entry *r);
/* Fills *out (malloced, caller frees) with a table (0: the main one) of family
 * 4 or 6, an entry for each way. 0 or -errno. */
int route_list(struct iface_mirror *m, uint8_t family, uint32_t table,
	struct route_entry **out, size_t *n);
#endif
