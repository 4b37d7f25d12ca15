/* Packets of a device that was told that we segment and complete checksums
 * ourselves (TUNSETOFFLOAD): one of TCP or UDP may be as long as 64 KB and
 * stands for many (struct virtio_net_hdr tells).  Pure; no allocation. */
#ifndef DATAPLANE_USER_GSO_H
#define DATAPLANE_USER_GSO_H
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VNET_HDR sizeof(struct virtio_net_hdr)
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* A packet on its way to its segments. */
struct gso {
	const uint8_t *p; /* from the IP header on; lent until the last segment */
	size_t n, at;     /* at: payload of the segments before */
	uint8_t type;     /* VIRTIO_NET_HDR_GSO_* */
	uint16_t l4, hdr; /* bytes before TCP or UDP, and before the payload */
	uint16_t size;    /* payload of a segment; 0: all there is */
	uint16_t index;   /* of the next one */
	uint16_t csum_at; /* 0: complete as it is */
	uint16_t csum_from;
	uint64_t pseudo;  /* sum of the pseudo-header without the length */
};

/* The packet of n bytes at p, which stands l2 bytes into what v counts from.
 * false: a header of no sense. */
bool gso_begin(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *p,
	size_t n, size_t l2);
/* Before the first segment of TCP: of at most mtu bytes. */
void gso_shorten(struct gso *g, size_t mtu);
/* Bytes of the next segment; 0: that was all. */
size_t gso_next(const struct gso *g);
/* Writes it, complete, to where gso_next() bytes are free. */
void gso_take(struct gso *g, uint8_t *out);
#endif
