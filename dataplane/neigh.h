/* The kernel's neighbour table: ARP and IPv6 neighbour discovery. */
#ifndef DATAPLANE_NEIGH_H
#define DATAPLANE_NEIGH_H
#include "base/ip.h"
#include "dataplane/iface.h"

struct neigh_entry {
	struct ip_addr addr;
	int ifindex;
	uint8_t mac[6];
	bool complete;     /* the hardware address is known */
	bool permanent;
	uint64_t age_secs; /* since it was confirmed or made */
};
/* Fills *out (malloced, caller frees) with the entries of family 4 or 6 that
 * stand for a neighbour. 0 or -errno. */
int neigh_list(struct iface_mirror *m, uint8_t family, struct neigh_entry **out,
	size_t *n);
/* Drops one that was learnt. 0 or -errno. */
int neigh_del(struct iface_mirror *m, const struct neigh_entry *e);
#endif
