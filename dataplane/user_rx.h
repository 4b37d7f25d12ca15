/* How ESP comes in on each interface that carries a group: over a ring of its
 * own for each queue (user_ring.h), while the original is dropped at netdev
 * ingress; or marked by the table's rules and over the raw socket.  What the
 * ring does not take, such as fragments, comes over the raw socket always.
 * Nothing comes both ways. */
#ifndef DATAPLANE_USER_RX_H
#define DATAPLANE_USER_RX_H
#include "base/list.h"
#include "dataplane/iface.h"
#include "dataplane/nl.h"
#include "dataplane/ops.h"
#include "dataplane/user_ring.h"

struct rx_link;
struct rx {
	struct nl nft; /* .s NULL: not open */
	unsigned queues;
	enum dp_receive mode;
	bool own; /* no other program can change the rules */
	const char *no_ring; /* on no interface; NULL: perhaps */
	TAILQ_HEAD(, rx_link) links;
};

/* Removes what a crashed run left.  0 or -errno. */
int rx_open(struct rx *rx, unsigned queues);
void rx_close(struct rx *rx); /* when no thread reads any more */

/* The steps of a change.  First, for each interface there is to be; s NULL: it
 * does not exist now: */
void rx_want(struct rx *rx, const char *netdev, const struct link_state *s);
/* Opens the rings that these need, and stops those no longer needed. */
void rx_prepare(struct rx *rx);
/* What threads read from now on, one a queue; NULL: no ring.  After rx_prepare
 * for each interface, by its index. */
struct rx_link *rx_next(const struct rx *rx, const struct rx_link *l);
struct ring *rx_rings(struct rx_link *l, int *ifindex);
/* When no thread reads others: closes these, and starts the new ones. */
void rx_settle(struct rx *rx);

/* An SPI that threads look for, before the raw socket's rules know it; gone
 * after these forgot it.  0 or -errno. */
int rx_spi(struct rx *rx, uint32_t spi, bool add);

/* Puts the rules back after another program changed them.  The SPIs are still to
 * be added, and then rx_settle() starts the rings again. */
void rx_shut(struct rx *rx);

/* How an interface receives: fills in that part of *now. */
void rx_view(struct rx *rx, const char *netdev, struct dp_ways_now *now);
#endif
