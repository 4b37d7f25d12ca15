/* IPv4 routes of the main table: what the kernel has, and static ones set. */
#ifndef DATAPLANE_ROUTE_H
#define DATAPLANE_ROUTE_H
#include "base/ip.h"
#include "dataplane/iface.h"

struct route_entry {
	struct ip_prefix dst;
	struct ip_addr gw;     /* family 0: none */
	char dev[IFNAMSIZ];    /* may be empty */
	bool blackhole;        /* Null0 */
	uint32_t metric;       /* administrative distance on ours */
	uint8_t protocol;      /* RTPROT_*; ours are RTPROT_STATIC */
	uint8_t scope;
};
/* Replaces; a route whose next hop is unreachable is -ENETUNREACH. */
int route_set(struct iface_mirror *m, const struct route_entry *r);
int route_del(struct iface_mirror *m, const struct route_entry *r);
/* Fills *out (malloced, caller frees) with the main table. 0 or -errno. */
int route_list(struct iface_mirror *m, struct route_entry **out, size_t *n);
#endif
