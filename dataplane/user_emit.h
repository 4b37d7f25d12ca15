/* Sending ESP: one interface over what the kernel offers.
 *
 *   raw      raw IP socket: any interface, passes routing and netfilter
 *   packet   AF_PACKET with the captured Ethernet header: passes the qdisc
 *   xdp      AF_XDP, copied, no program: passes neither qdisc nor tcpdump
 *
 * An emitter is one thread's; it owns the slots in which frames are made. */
#ifndef DATAPLANE_USER_EMIT_H
#define DATAPLANE_USER_EMIT_H
#include "dataplane/ops.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMIT_SLOT   2048
#define EMIT_FRAMES 64 /* most at once */

struct emit_frame {
	uint8_t *p; /* outer IP header; an Ethernet header stands before it,
		     * unless the emitter is raw */
	size_t n;   /* from there on; 0: not to be sent, the slot is free */
	int err;    /* of emit_send: 0 or an errno */
};

struct emit;
struct emit_where {
	int ifindex;    /* of an Ethernet device; 0: raw only */
	unsigned queue; /* of the device, for AF_XDP */
	bool shaped;    /* its qdisc must not be passed by */
};
/* The best that works, of those allowed; raw always does.  NULL: not even
 * raw. */
struct emit *emit_open(enum dp_transmit want, const struct emit_where *at);
void emit_close(struct emit *e);
enum dp_transmit emit_kind_of(const struct emit *e);
const char *emit_kind_text(enum dp_transmit k);
/* A slot; at most EMIT_FRAMES before the next emit_send.  NULL: the device
 * takes nothing at present. */
uint8_t *emit_slot(struct emit *e);
/* Sends frames made in slots of e, in order; takes all these slots back. */
void emit_send(struct emit *e, struct emit_frame *v, size_t n);
/* One frame that stands in no slot, of any length. */
void emit_send_large(struct emit *e, struct emit_frame *f);

/* ---- among the emitters ---- */
struct emit_ops {
	enum dp_transmit kind;
	uint8_t *(*slot)(struct emit *e);
	void (*send)(struct emit *e, struct emit_frame *v, size_t n);
	void (*send_large)(struct emit *e, struct emit_frame *f);
	void (*close)(struct emit *e);
};
struct emit {
	const struct emit_ops *ops;
};
struct emit *emit_socket_open(enum dp_transmit kind, int ifindex);
struct emit *emit_xdp_open(int ifindex, unsigned queue);
#endif
