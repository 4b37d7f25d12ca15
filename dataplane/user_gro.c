/* Coalescing of TCP segments and of UDP datagrams of one size. */
#include "dataplane/user_gro.h"
#include "base/mem.h"
#include "dataplane/csum.h"
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS 64 /* a power of two: a flow's place is its hash */

#define IP_HDR  20
#define TCP_HDR 20
#define UDP_HDR 8
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define IP_DF   0x4000

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* What a packet has that may join others. */
struct segment {
	uint8_t *p;
	uint16_t n, hdr; /* bytes; of them before the payload */
	uint32_t seq;    /* TCP */
	bool last;       /* PSH: nothing follows in this large packet */
};

struct flow {
	bool held, verified;
	uint8_t place; /* in the order of arrival */
	const void *tag;
	struct segment first;
	uint16_t payload; /* of each segment, of the last at most */
	uint32_t next_seq;
	size_t segments, bytes, total; /* total: of the large packet */
	struct virtio_net_hdr virtio;
	struct iovec iov[GRO_IOVS];
};

struct gro {
	gro_write_fn *write;
	void *ctx;
	struct flow flow[FLOWS];
	uint8_t order[FLOWS], n_held;
};

struct gro *gro_new(gro_write_fn *fn, void *ctx)
{
	struct gro *g = xcalloc(1, sizeof(*g));

	g->write = fn;
	g->ctx = ctx;
	return g;
}

void gro_free(struct gro *g)
{
	free(g);
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void be16_put(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* ---- what may be joined ---- */

static bool tcp_read(struct segment *s)
{
	const uint8_t *tcp = s->p + IP_HDR;
	size_t hdr;

	if (s->n < IP_HDR + TCP_HDR)
		return false;
	hdr = (tcp[12] >> 4) * 4u;
	s->hdr = (uint16_t)(IP_HDR + hdr);
	s->seq = be32(tcp + 4);
	s->last = tcp[13] & TCP_PSH;
	return hdr >= TCP_HDR && s->n > s->hdr && !(tcp[12] & 0xf) &&
	       (tcp[13] & ~TCP_PSH) == TCP_ACK;
}

/* A sum of zero says that there is none: the large packet's would get one. */
static bool udp_read(struct segment *s)
{
	const uint8_t *udp = s->p + IP_HDR;

	s->hdr = IP_HDR + UDP_HDR;
	return s->n > s->hdr && be16(udp + 4) == s->n - IP_HDR && be16(udp + 6);
}

/* Has ports where we look for them: no options, no fragment. */
static bool has_flow(const struct segment *s)
{
	return s->n >= IP_HDR + UDP_HDR && s->p[0] == 0x45 &&
	       !(be16(s->p + 6) & ~IP_DF) &&
	       (s->p[9] == IPPROTO_TCP || s->p[9] == IPPROTO_UDP);
}

/* With payload and no unusual flag. */
static bool segment_read(struct segment *s, bool udp)
{
	return s->p[9] == IPPROTO_TCP ? tcp_read(s) : udp && udp_read(s);
}

/* Addresses, protocol, length (RFC 793 3.1). */
static uint64_t pseudo_sum(const uint8_t *ip, size_t l4)
{
	uint64_t sum = csum_add(0, ip + 12, 8);

	return csum_add16(csum_add16(sum, ip[9]), (uint16_t)l4);
}

static bool sum_closes(uint64_t sum)
{
	uint8_t left[2];

	csum_put(left, sum);
	return !left[0] && !left[1];
}

static bool sums_good(const struct segment *s)
{
	size_t l4 = s->n - IP_HDR;

	return sum_closes(csum_add(0, s->p, IP_HDR)) &&
	       sum_closes(csum_add(pseudo_sum(s->p, l4), s->p + IP_HDR, l4));
}

static size_t place_of(const uint8_t *p)
{
	uint32_t h = be32(p + 12) * 0x9e3779b1u ^ be32(p + 16);

	h = h * 0x9e3779b1u ^ be32(p + 20);
	h *= 0x9e3779b1u;
	return h >> 16 & (FLOWS - 1);
}

/* ---- writing ---- */

static void write_out(struct gro *g, const void *tag, struct iovec *iov,
	int n_iov, size_t packets, size_t bytes)
{
	const struct gro_out out = { tag, iov, n_iov, packets, bytes };

	g->write(g->ctx, &out);
}

static void write_alone(struct gro *g, const void *tag, uint8_t *p, size_t n)
{
	struct virtio_net_hdr none = { 0 };
	struct iovec iov[2] = { { &none, sizeof(none) }, { p, n } };

	write_out(g, tag, iov, 2, 1, n);
}

/* The headers of the large packet: its length, the sum over its IP header, and
 * over the pseudo header where the kernel adds the rest. */
static void flow_headers(struct flow *f)
{
	uint8_t *ip = f->first.p, *l4 = ip + IP_HDR;
	bool tcp = ip[9] == IPPROTO_TCP;
	size_t sum_at = tcp ? 16 : 6;

	be16_put(ip + 2, f->total);
	memset(ip + 10, 0, 2);
	csum_put(ip + 10, csum_add(0, ip, IP_HDR));
	if (!tcp)
		be16_put(l4 + 4, f->total - IP_HDR);
	csum_put(l4 + sum_at, pseudo_sum(ip, f->total - IP_HDR));
	l4[sum_at] ^= 0xff;
	l4[sum_at + 1] ^= 0xff;
	f->virtio = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = tcp ? VIRTIO_NET_HDR_GSO_TCPV4
				: VIRTIO_NET_HDR_GSO_UDP_L4,
		.hdr_len = f->first.hdr,
		.gso_size = f->payload,
		.csum_start = IP_HDR,
		.csum_offset = (uint16_t)sum_at,
	};
}

static void flow_write(struct gro *g, struct flow *f)
{
	f->held = false;
	if (f->segments > 1)
		flow_headers(f);
	else
		f->virtio = (struct virtio_net_hdr){ 0 };
	write_out(g, f->tag, f->iov, (int)(1 + f->segments), f->segments,
		f->bytes);
}

/* Out of its turn. */
static void flow_take(struct gro *g, struct flow *f)
{
	uint8_t at = f->place;

	g->n_held--;
	for (; at < g->n_held; at++) {
		g->order[at] = g->order[at + 1];
		g->flow[g->order[at]].place = at;
	}
	flow_write(g, f);
}

void gro_flush(struct gro *g)
{
	for (uint8_t i = 0; i < g->n_held; i++)
		flow_write(g, &g->flow[g->order[i]]);
	g->n_held = 0;
}

/* ---- joining ---- */

static void flow_begin(
	struct gro *g, struct flow *f, const void *tag, const struct segment *s)
{
	f->held = true;
	f->verified = false;
	f->tag = tag;
	f->first = *s;
	f->payload = (uint16_t)(s->n - s->hdr);
	f->next_seq = s->seq + f->payload;
	f->segments = 1;
	f->bytes = f->total = s->n;
	f->iov[0] = (struct iovec){ &f->virtio, sizeof(f->virtio) };
	f->iov[1] = (struct iovec){ s->p, s->n };
	f->place = g->n_held;
	g->order[g->n_held++] = (uint8_t)(f - g->flow);
}

static bool same_flow(const struct flow *f, const uint8_t *p)
{
	return f->first.p[9] == p[9] && !memcmp(f->first.p + 12, p + 12, 12);
}

/* The kernel numbers the segments upwards: where one may be fragmented later,
 * that must be what they had. */
static bool same_ip(const struct flow *f, const struct segment *s)
{
	const uint8_t *a = f->first.p, *b = s->p;

	return a[1] == b[1] && a[8] == b[8] && !memcmp(a + 6, b + 6, 2) &&
	       (a[6] & (IP_DF >> 8) ||
		       (uint16_t)(be16(a + 4) + f->segments) == be16(b + 4));
}

/* All but sequence, PSH and checksum. */
static bool same_tcp(const struct flow *f, const struct segment *s)
{
	const uint8_t *a = f->first.p + IP_HDR, *b = s->p + IP_HDR;

	return f->first.hdr == s->hdr && f->next_seq == s->seq &&
	       !memcmp(a + 8, b + 8, 4) && !memcmp(a + 14, b + 14, 2) &&
	       !memcmp(a + 18, b + 18, s->hdr - IP_HDR - 18u);
}

static bool joins(struct flow *f, const void *tag, const struct segment *s)
{
	size_t payload = (size_t)s->n - s->hdr;

	if (f->tag != tag || f->segments == GRO_SEGMENTS ||
		payload > f->payload || f->total + payload > GRO_BYTES)
		return false;
	if (!same_ip(f, s) || (s->p[9] == IPPROTO_TCP && !same_tcp(f, s)))
		return false;
	if (!f->verified && !sums_good(&f->first))
		return false;
	f->verified = true;
	return sums_good(s);
}

static void flow_join(struct gro *g, struct flow *f, const struct segment *s)
{
	uint16_t payload = (uint16_t)(s->n - s->hdr);

	f->segments++;
	f->iov[f->segments] = (struct iovec){ s->p + s->hdr, payload };
	f->next_seq += payload;
	f->total += payload;
	f->bytes += s->n;
	if (s->last)
		f->first.p[IP_HDR + 13] |= TCP_PSH;
	if (s->last || payload < f->payload || f->segments == GRO_SEGMENTS)
		flow_take(g, f);
}

/* Fragments and what has no ports we know: nothing of the same hosts may be
 * overtaken. */
static void hosts_flush(struct gro *g, const uint8_t *p)
{
	for (uint8_t i = 0; i < g->n_held;) {
		struct flow *f = &g->flow[g->order[i]];

		if (memcmp(f->first.p + 12, p + 12, 8))
			i++;
		else
			flow_take(g, f);
	}
}

void gro_add(
	struct gro *g, const void *tag, bool udp, uint8_t *packet, size_t n)
{
	struct segment s = { .p = packet, .n = (uint16_t)n };
	struct flow *f;
	bool joinable;

	if (!has_flow(&s)) {
		hosts_flush(g, packet);
		write_alone(g, tag, packet, n);
		return;
	}
	f = &g->flow[place_of(packet)];
	joinable = segment_read(&s, udp);
	if (joinable && f->held && same_flow(f, packet) && joins(f, tag, &s)) {
		flow_join(g, f, &s);
		return;
	}
	if (f->held)
		flow_take(g, f);
	if (!joinable || s.last)
		write_alone(g, tag, packet, n);
	else
		flow_begin(g, f, tag, &s);
}
