/* UDP 848: one IPv4 socket for all addresses of the box.  Datagrams come with
 * the local address they were sent to, answers leave from it. */
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

struct udp848_stats {
	uint64_t rx, rx_bad, tx, tx_refused, tx_queue_full;
	int last_errno; /* of the last refusal */
};
void udp848_stats(const struct udp848 *u, struct udp848_stats *out);
#endif
