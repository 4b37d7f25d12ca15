/* Coalescing: packets of one flow that follow each other become one large one,
 * which the kernel takes through a virtio header as if its own receive offload
 * had made it.  Pure: no sockets, no clock, no allocation per packet.
 *
 * What leaves, cut again into segments of the size given, is what came, in each
 * flow's order; only the identification of packets that must not be fragmented
 * may differ.  A packet's checksum is verified before it joins another, as the
 * large one's is made anew and would hide a damaged one. */
#ifndef DATAPLANE_USER_GRO_H
#define DATAPLANE_USER_GRO_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define GRO_SEGMENTS 64
#define GRO_BYTES    65000
#define GRO_IOVS     (1 + GRO_SEGMENTS) /* virtio header; packet; payloads */

/* A packet ready to be written: a struct virtio_net_hdr, then the bytes. */
struct gro_out {
	const void *tag;
	const struct iovec *iov;
	int n_iov;
	size_t packets, bytes; /* that came, with their headers */
};
typedef void gro_write_fn(void *ctx, const struct gro_out *out);

struct gro;
struct gro *gro_new(gro_write_fn *fn, void *ctx);
void gro_free(struct gro *g);
/* Takes an IPv4 packet of n bytes, whose header is whole and says n; it is
 * lent until the next gro_flush() and may be changed.  It may be written at
 * once, or wait.  Packets of different tags are not joined.  udp: the tag's
 * device takes UDP segmentation. */
void gro_add(
	struct gro *g, const void *tag, bool udp, uint8_t *packet, size_t n);
/* Writes all that waits, in the order in which it came. */
void gro_flush(struct gro *g);
#endif
