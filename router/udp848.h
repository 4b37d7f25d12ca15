/* UDP 848: one IPv4 socket for all addresses of the box, and one more for each
 * multicast group on another port.  Datagrams come with the local address they
 * were sent to, a group's included; answers leave from there. */
#ifndef ROUTER_UDP848_H
#define ROUTER_UDP848_H
#include "base/ip.h"
#include "base/loop.h"
#include "base/sbuf.h"

#define GDOI_PORT 848

/* path and data are lent for the call. */
typedef void udp_input_fn(
	void *ctx, const struct udp_path *path, struct span data);
struct udp848;
/* port 0: any free one, for tests. NULL and *why when it cannot be bound. */
struct udp848 *udp848_new(struct loop *l, uint16_t port, udp_input_fn *fn,
	void *ctx, struct sbuf *why);
void udp848_free(struct udp848 *u); /* drops what is not sent yet */
uint16_t udp848_port(const struct udp848 *u);
/* Queues one datagram; it leaves with others before the loop sleeps.  What the
 * kernel refuses (no route, source not ours) is counted and dropped, as a
 * network would. */
void udp848_send(
	struct udp848 *u, const struct udp_path *path, struct span data);

/* Called before queued datagrams go to the kernel: the last moment to write
 * down what they promise, or to discard them. */
void udp848_before_send(struct udp848 *u, void (*fn)(void *ctx), void *ctx);
void udp848_discard(struct udp848 *u); /* all that is queued, as a network may */

/* The same out of the interface with that index (0: by routing). */
void udp848_send_via(struct udp848 *u, const struct udp_path *path,
	struct span data, int ifindex);

/* Joins a group where `local` is an address; again, only counts.  0 or -errno
 * (-ENODEV: no interface has it). */
int udp848_join(struct udp848 *u, const struct udp_addr *group,
	const struct ip_addr *local);
/* Takes one join back; the last one leaves. */
void udp848_leave(struct udp848 *u, const struct udp_addr *group,
	const struct ip_addr *local);
/* The carrier of the interface with that address came back: switches may have
 * forgotten who is behind that port, and are told again. */
void udp848_announce(struct udp848 *u, const struct ip_addr *local);
/* Interfaces changed: a netdev that was made anew has forgotten its groups. */
void udp848_rejoin(struct udp848 *u);

struct udp848_stats {
	uint64_t rx, rx_bad, tx, tx_refused, tx_queue_full, tx_discarded;
	int last_errno; /* of the last refusal */
};
void udp848_stats(const struct udp848 *u, struct udp848_stats *out);
#endif
