/* IPv4 fragmentation (RFC 791 3.2) and the message to a sender that forbids it
 * (RFC 792, RFC 1191).  Pure; no allocation. */
#ifndef DATAPLANE_USER_FRAG_H
#define DATAPLANE_USER_FRAG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4_HDR_MAX 60

/* A packet on its way to its fragments; itself one perhaps. */
struct frag {
	const uint8_t *p; /* lent until the last fragment */
	size_t n, hdr, at, mtu;
	uint16_t field;         /* its own flags and offset */
	uint8_t rest[IP4_HDR_MAX]; /* header of all but the first */
	size_t rest_n;
};

bool ip4_has_df(const uint8_t *p);
/* Of the n bytes at p, whatever its DF says, into what fits mtu.  false: an
 * impossible header, or an MTU that leaves no room. */
bool frag_begin(struct frag *f, const uint8_t *p, size_t n, size_t mtu);
/* Bytes of the next fragment; 0: that was all. */
size_t frag_next(const struct frag *f);
void frag_take(struct frag *f, uint8_t *out);

#define NEEDED_BYTES (8 + IP4_HDR_MAX + 8)
/* ICMP "fragmentation needed" about the packet, ready to be sent to its
 * source; gives its length.  0: nobody is told about such a packet. */
size_t frag_needed(
	uint8_t out[NEEDED_BYTES], const uint8_t *p, size_t n, uint16_t mtu);
#endif
