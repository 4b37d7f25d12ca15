/* Segmentation of TCP and UDP, and completion of checksums. */
#include "dataplane/user_gso.h"
#include "dataplane/csum.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define IP4_MIN 20u
#define IP6_MIN 40u
#define UDP_HDR 8u
#define TCP_MIN 20u

#define TCP_FLAGS 13
#define TCP_FIN   0x01
#define TCP_PSH   0x08
#define TCP_CWR   0x80

static bool is_tcp(const struct gso *g)
{
	return g->type != VIRTIO_NET_HDR_GSO_UDP_L4;
}

static bool is_v6(const struct gso *g)
{
	return g->p[0] >> 4 == 6;
}

/* Where the headers end.  The transport header's place is the kernel's word,
 * which the packet must bear out. */
static bool headers_read(struct gso *g)
{
	uint8_t proto = is_tcp(g) ? IPPROTO_TCP : IPPROTO_UDP;
	size_t l4_bytes = is_tcp(g) ? TCP_MIN : UDP_HDR;

	if (is_v6(g) ? g->l4 < IP6_MIN
		     : g->l4 < IP4_MIN || g->l4 != (g->p[0] & 0xfu) * 4u ||
			       g->p[9] != proto)
		return false;
	if (g->l4 + l4_bytes > g->n)
		return false;
	if (is_tcp(g)) {
		l4_bytes = (g->p[g->l4 + 12] >> 4) * 4u;
		if (l4_bytes < TCP_MIN || g->l4 + l4_bytes > g->n)
			return false;
	}
	g->hdr = (uint16_t)(g->l4 + l4_bytes);
	return g->hdr < g->n;
}

static bool type_fits(const struct gso *g)
{
	switch (g->type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return !is_v6(g);
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return is_v6(g);
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return true;
	default:
		return false;
	}
}

static void pseudo_sum(struct gso *g)
{
	uint64_t sum = is_v6(g) ? csum_add(0, g->p + 8, 32)
				: csum_add(0, g->p + 12, 8);

	g->pseudo = csum_add16(sum, is_tcp(g) ? IPPROTO_TCP : IPPROTO_UDP);
}

/* Of one packet that lacks nothing else. */
static bool checksum_place(struct gso *g, size_t from, size_t offset)
{
	if (from < IP4_MIN || from + offset + 2 > g->n || from % 2 != 0)
		return false;
	g->csum_from = (uint16_t)from;
	g->csum_at = (uint16_t)(from + offset);
	return true;
}

bool gso_begin(struct gso *g, const struct virtio_net_hdr *v, const uint8_t *p,
	size_t n, size_t l2)
{
	*g = (struct gso){ .p = p,
		.n = n,
		.type = v->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN };
	if (n < IP4_MIN || n > UINT16_MAX)
		return false;
	if (g->type == VIRTIO_NET_HDR_GSO_NONE &&
		!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || v->csum_start < l2)
		return false;
	if (g->type == VIRTIO_NET_HDR_GSO_NONE)
		return checksum_place(g, v->csum_start - l2, v->csum_offset);
	if (!v->gso_size || !type_fits(g))
		return false;
	g->l4 = (uint16_t)(v->csum_start - l2);
	g->size = v->gso_size;
	if (!headers_read(g))
		return false;
	pseudo_sum(g);
	return true;
}

void gso_shorten(struct gso *g, size_t mtu)
{
	if (g->size && is_tcp(g) && mtu > g->hdr && g->size > mtu - g->hdr)
		g->size = (uint16_t)(mtu - g->hdr);
}

static size_t payload_next(const struct gso *g)
{
	size_t left = g->n - g->hdr - g->at;

	return g->size && left > g->size ? g->size : left;
}

size_t gso_next(const struct gso *g)
{
	size_t payload = payload_next(g);

	return payload ? g->hdr + payload : 0;
}

static void put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, sizeof(v));
}

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return ntohs(v);
}

static void ip_fix(const struct gso *g, uint8_t *out, size_t n)
{
	if (is_v6(g)) {
		put16(out + 4, (uint16_t)(n - IP6_MIN));
		return;
	}
	put16(out + 2, (uint16_t)n);
	put16(out + 4, (uint16_t)(get16(g->p + 4) + g->index));
	put16(out + 10, 0);
	csum_put(out + 10, csum_add(0, out, g->l4));
}

static void tcp_fix(const struct gso *g, uint8_t *tcp, bool last)
{
	uint32_t seq;

	memcpy(&seq, tcp + 4, sizeof(seq));
	seq = htonl(ntohl(seq) + (uint32_t)g->at);
	memcpy(tcp + 4, &seq, sizeof(seq));
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (g->index)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
}

static void segment_take(struct gso *g, uint8_t *out, size_t payload)
{
	size_t n = g->hdr + payload, l4_n = n - g->l4;
	uint8_t *l4 = out + g->l4, *sum_at = l4 + (is_tcp(g) ? 16 : 6);
	bool last = g->hdr + g->at + payload == g->n;
	uint64_t sum;

	memcpy(out, g->p, g->hdr);
	memcpy(out + g->hdr, g->p + g->hdr + g->at, payload);
	ip_fix(g, out, n);
	if (is_tcp(g))
		tcp_fix(g, l4, last);
	else
		put16(l4 + 4, (uint16_t)l4_n);
	put16(sum_at, 0);
	sum = csum_add(csum_add16(g->pseudo, (uint16_t)l4_n), l4, l4_n);
	if (is_tcp(g))
		csum_put(sum_at, sum);
	else
		csum_put_nonzero(sum_at, sum);
}

void gso_take(struct gso *g, uint8_t *out)
{
	size_t payload = payload_next(g);

	if (g->size) {
		segment_take(g, out, payload);
	} else {
		memcpy(out, g->p, g->n);
		/* The field holds the pseudo-header's sum. */
		if (g->csum_at)
			csum_put_nonzero(out + g->csum_at,
				csum_add(0, out + g->csum_from,
					g->n - g->csum_from));
	}
	g->at += payload;
	g->index++;
}
