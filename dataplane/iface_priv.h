/* What the mirror shares with link.c, route.c and neigh.c. */
#ifndef DATAPLANE_IFACE_PRIV_H
#define DATAPLANE_IFACE_PRIV_H
#include "dataplane/iface.h"
#include "dataplane/nl.h"

/* The mirror's request socket. */
struct nl *iface_nl(struct iface_mirror *m);
/* Sends a change of links or addresses: 0 or -errno. */
int iface_change(struct iface_mirror *m, struct nlmsghdr *h);
/* Index of a link by name, 0 when there is none. */
int iface_index(const struct iface_mirror *m, const char *name);
/* Address family and length in bytes of an address. */
uint8_t ip_af(const struct ip_addr *a);
size_t ip_bytes(const struct ip_addr *a);
/* From attribute payload; unset when a is NULL or of another size. */
struct ip_addr ip_from_attr(const struct nlattr *a);
#endif
