/* A ring of received ESP packets that kernel and this process share
 * (TPACKET_V2): whole IPv4 packets of protocol 50 that came for this host or
 * for a multicast group on one Ethernet device, untagged, and no fragments. One
 * thread reads it; another may open, close and switch it. */
#ifndef DATAPLANE_USER_RING_H
#define DATAPLANE_USER_RING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	int fd; /* to poll; -1: not open */
	uint8_t *map;
	size_t frame_bytes, per_block, frames;
	size_t head, taken;   /* the next frame; how many before it are lent */
	_Atomic uint64_t cut; /* that no frame held */
};

/* Takes nothing yet.  mtu: of the device.  *fanout: rings that share their
 * device's packets by flow; -1: this is the first of them, and it becomes their
 * number.  0 or -errno. */
int ring_open(struct ring *r, int ifindex, unsigned mtu, int *fanout);
void ring_close(struct ring *r); /* of one that is not open: nothing */
/* From now on: every packet of its kind, or none.  0 or -errno. */
int ring_take(struct ring *r, bool all);
/* The next packet from its IP header on, in place, to be overwritten at will
 * and lent until ring_release; NULL: none.  *n: bytes, with what the link
 * added behind it. */
uint8_t *ring_next(struct ring *r, size_t *n);
void ring_release(struct ring *r); /* all that are lent */
/* After poll told of an error: the device went down, it may come back. */
void ring_error_clear(struct ring *r);
uint64_t ring_lost(struct ring *r); /* since asked last: for want of room */
#endif
