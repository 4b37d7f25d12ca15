/* Coalescing: what is written, cut again as the kernel would cut it, is what
 * came.  The cutter here knows nothing of the module. */
#include "base/mem.h"
#include "dataplane/user_gro.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 4096
#define ROOM    1600

struct packet {
	const void *tag;
	uint8_t *b;
	size_t n;
	bool matched;
};

/* What came, and how much of it has been written. */
struct bench {
	struct gro *g;
	struct packet in[PACKETS];
	size_t n_in, n_out, n_writes, n_large;
};

/* ---- a slow, plain checksum ---- */

static uint32_t slow_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

static uint32_t slow_pseudo(const uint8_t *ip, size_t l4)
{
	const uint8_t rest[4] = { 0, ip[9], (uint8_t)(l4 >> 8), (uint8_t)l4 };

	return slow_sum(slow_sum(0, ip + 12, 8), rest, 4);
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void ip_sum(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~slow_sum(0, ip, (ip[0] & 0xfu) * 4u));
}

static void l4_sum(uint8_t *ip, size_t n, size_t at)
{
	uint32_t sum;

	put16(ip + 20 + at, 0);
	sum = ~slow_sum(slow_pseudo(ip, n - 20), ip + 20, n - 20) & 0xffff;
	put16(ip + 20 + at, ip[9] == IPPROTO_UDP && !sum ? 0xffff : sum);
}

/* ---- comparing ---- */

static bool has_ports(const uint8_t *p, size_t n)
{
	return n >= 28 && p[0] == 0x45 && !(get16(p + 6) & 0x3fff) &&
	       (p[9] == IPPROTO_TCP || p[9] == IPPROTO_UDP);
}

static bool same_hosts(const struct packet *k, const uint8_t *p)
{
	return !memcmp(k->b + 12, p + 12, 8);
}

static bool same_flow(const struct packet *k, const uint8_t *p, size_t n)
{
	if (!same_hosts(k, p) || has_ports(k->b, k->n) != has_ports(p, n))
		return false;
	return !has_ports(p, n) ||
	       (k->b[9] == p[9] && !memcmp(k->b + 20, p + 20, 4));
}

/* Not compared: the identification of what may not be fragmented. */
static void expect_equal(
	const struct packet *want, const uint8_t *got, size_t n)
{
	auto_free uint8_t *w = xcalloc(1, want->n);
	auto_free uint8_t *g = xcalloc(1, n);

	assert_int_equal(want->n, n);
	memcpy(w, want->b, n);
	memcpy(g, got, n);
	assert_int_equal(slow_sum(0, got, 20) == 0xffff,
		slow_sum(0, w, 20) == 0xffff);
	if (want->b[6] & 0x40) {
		memset(w + 4, 0, 2);
		memset(g + 4, 0, 2);
		memset(w + 10, 0, 2);
		memset(g + 10, 0, 2);
	}
	assert_memory_equal(w, g, n);
}

/* The next of its flow that came; and what has no ports overtakes nothing of
 * its hosts. */
static void packet_leaves(
	struct bench *b, const void *tag, const uint8_t *p, size_t n)
{
	struct packet *k;

	for (size_t i = 0;; i++) {
		assert_true(i < b->n_in);
		k = &b->in[i];
		if (k->matched)
			continue;
		if (same_flow(k, p, n))
			break;
		assert_true(has_ports(p, n) || !same_hosts(k, p));
		assert_true(has_ports(k->b, k->n) || !same_hosts(k, p));
	}
	assert_ptr_equal(k->tag, tag);
	expect_equal(k, p, n);
	k->matched = true;
	b->n_out++;
}

/* As the kernel's segmentation does it. */
static void cut(struct bench *b, const struct gro_out *out,
	const struct virtio_net_hdr *v, const uint8_t *big, size_t n)
{
	bool tcp = v->gso_type == VIRTIO_NET_HDR_GSO_TCPV4;
	size_t hdr = v->hdr_len, at = hdr, i = 0;
	uint8_t p[65536];
	uint32_t seq;

	assert_int_equal(v->flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_true(tcp || v->gso_type == 5); /* UDP_L4 */
	assert_int_equal(v->csum_start, 20);
	assert_int_equal(v->csum_offset, tcp ? 16 : 6);
	assert_true(v->gso_size && n > hdr + v->gso_size);
	assert_int_equal(
		get16(big + 20 + v->csum_offset), slow_pseudo(big, n - 20));
	memcpy(&seq, big + 24, 4);
	for (; at < n; i++, at += v->gso_size) {
		size_t part = n - at < v->gso_size ? n - at : v->gso_size;
		uint32_t s = htonl(ntohl(seq) + (uint32_t)(at - hdr));

		memcpy(p, big, hdr);
		memcpy(p + hdr, big + at, part);
		put16(p + 2, hdr + part);
		put16(p + 4, get16(big + 4) + i);
		if (!tcp)
			put16(p + 24, 8 + part);
		if (tcp)
			memcpy(p + 24, &s, 4);
		if (tcp && at + part < n)
			p[33] &= (uint8_t)~0x08;
		ip_sum(p);
		l4_sum(p, hdr + part, v->csum_offset);
		packet_leaves(b, out->tag, p, hdr + part);
	}
	assert_int_equal(i, out->packets);
	assert_true(i <= GRO_SEGMENTS);
	b->n_large++;
}

static void written(void *ctx, const struct gro_out *out)
{
	struct bench *b = ctx;
	struct virtio_net_hdr v;
	uint8_t big[65536];
	size_t n = 0;

	assert_true(out->n_iov >= 2 && out->n_iov <= GRO_IOVS);
	assert_int_equal(out->iov[0].iov_len, sizeof(v));
	memcpy(&v, out->iov[0].iov_base, sizeof(v));
	for (int i = 1; i < out->n_iov; i++) {
		assert_true(n + out->iov[i].iov_len <= sizeof(big));
		memcpy(big + n, out->iov[i].iov_base, out->iov[i].iov_len);
		n += out->iov[i].iov_len;
	}
	b->n_writes++;
	if (out->packets > 1) {
		assert_int_equal(get16(big + 2), n);
		assert_true(n <= GRO_BYTES);
		cut(b, out, &v, big, n);
		return;
	}
	assert_int_equal(v.flags, 0);
	assert_int_equal(v.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(out->bytes, n);
	packet_leaves(b, out->tag, big, n);
}

/* ---- feeding ---- */

static const char tag_a[1], tag_b[1];

static void bench_begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->g = gro_new(written, b);
}

/* In a buffer of exactly its size, for the address sanitizer. */
static void feed(struct bench *b, const void *tag, bool udp, const uint8_t *p,
	size_t n, uint8_t **lent)
{
	struct packet *k = &b->in[b->n_in++];

	*k = (struct packet){ tag, xcalloc(1, n), n, false };
	memcpy(k->b, p, n);
	*lent = xcalloc(1, n);
	memcpy(*lent, p, n);
	gro_add(b->g, tag, udp, *lent, n);
}

static void bench_end(struct bench *b)
{
	gro_flush(b->g);
	assert_int_equal(b->n_in, b->n_out);
	for (size_t i = 0; i < b->n_in; i++)
		free(b->in[i].b);
	gro_free(b->g);
}

struct flow {
	uint8_t proto, tos, ttl, flags;
	bool df;
	uint16_t id, port;
	uint32_t seq, ack;
	uint8_t options; /* bytes of TCP options */
};

static size_t make(struct flow *f, uint8_t *p, size_t payload)
{
	bool tcp = f->proto == IPPROTO_TCP;
	size_t hdr = 20 + (tcp ? 20u + f->options : 8u), n = hdr + payload;
	uint32_t be;

	memset(p, 0, hdr);
	p[0] = 0x45;
	p[1] = f->tos;
	put16(p + 2, n);
	put16(p + 4, f->id++);
	p[6] = f->df ? 0x40 : 0;
	p[8] = f->ttl;
	p[9] = f->proto;
	memcpy(p + 12, "\x0a\x01\x00\x02\x0a\x02\x00\x02", 8);
	ip_sum(p);
	put16(p + 20, 5000);
	put16(p + 22, f->port);
	for (size_t i = 0; i < payload; i++)
		p[hdr + i] = (uint8_t)(f->seq + i * 7);
	if (!tcp) {
		put16(p + 24, 8 + payload);
		l4_sum(p, n, 6);
		return n;
	}
	be = htonl(f->seq);
	memcpy(p + 24, &be, 4);
	be = htonl(f->ack);
	memcpy(p + 28, &be, 4);
	p[32] = (uint8_t)((20u + f->options) / 4 << 4);
	p[33] = f->flags;
	put16(p + 34, 1000);
	memset(p + 40, 1, f->options);
	l4_sum(p, n, 16);
	f->seq += (uint32_t)payload;
	return n;
}

static const struct flow tcp_flow = { IPPROTO_TCP, 0, 64, 0x10, true, 7, 80,
	100, 200, 12 };
static const struct flow udp_flow = { IPPROTO_UDP, 0, 64, 0, true, 7, 53, 0, 0,
	0 };

/* n packets of one flow, `twist` between them changes it.  Gives the writes. */
static size_t writes_of(struct flow f, bool udp, size_t n, size_t payload,
	void (*twist)(struct flow *f, size_t i, uint8_t *p, size_t n))
{
	struct bench b;
	uint8_t *lent[PACKETS], p[ROOM];
	size_t writes;

	bench_begin(&b);
	for (size_t i = 0; i < n; i++) {
		size_t bytes = make(&f, p, payload);

		if (twist)
			twist(&f, i, p, bytes);
		feed(&b, tag_a, udp, p, bytes, &lent[i]);
	}
	gro_flush(b.g);
	writes = b.n_writes;
	bench_end(&b);
	for (size_t i = 0; i < n; i++)
		free(lent[i]);
	return writes;
}

static void joins(void **state)
{
	(void)state;
	assert_int_equal(writes_of(tcp_flow, true, 1, 1400, NULL), 1);
	assert_int_equal(writes_of(tcp_flow, true, 2, 1400, NULL), 1);
	assert_int_equal(writes_of(tcp_flow, true, 44, 1400, NULL), 1);
	/* 65000 bytes, and 64 segments. */
	assert_int_equal(writes_of(tcp_flow, true, 47, 1400, NULL), 2);
	assert_int_equal(writes_of(tcp_flow, true, 64, 100, NULL), 1);
	assert_int_equal(writes_of(tcp_flow, true, 65, 100, NULL), 2);
	assert_int_equal(writes_of(udp_flow, true, 64, 18, NULL), 1);
	assert_int_equal(writes_of(udp_flow, false, 64, 18, NULL), 64);
}

static void push(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	f->flags = i == 2 ? 0x18 : 0x10;
}
static void fin(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	f->flags = i == 2 ? 0x11 : 0x10;
}
static void window(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	if (i == 2) {
		put16(p + 34, 1001);
		l4_sum(p, n, 16);
	}
}
static void option(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	if (i == 2) {
		p[51] = 0;
		l4_sum(p, n, 16);
	}
}
static void damage(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	if (i == 2)
		p[n - 1] ^= 1;
}
static void damage_first(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	if (!i)
		p[n - 1] ^= 1;
}
static void damage_ip(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	(void)n;
	if (i == 2)
		p[4] ^= 1;
}
static void gap(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	f->seq += i == 2;
}
static void tos(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	f->tos = i == 2 ? 3 : 0;
}
static void identification(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	f->id = (uint16_t)(f->id + (i == 2));
}
static void no_sum(struct flow *f, size_t i, uint8_t *p, size_t n)
{
	(void)f;
	(void)n;
	if (i == 2)
		put16(p + 26, 0);
}

/* Six packets, the third or fourth is odd. */
static void parts(void **state)
{
	struct flow clear_df = tcp_flow;

	(void)state;
	clear_df.df = false;
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, push), 2);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, fin), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, window), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, option), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, damage), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, damage_first), 2);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, damage_ip), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, gap), 2);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, tos), 3);
	assert_int_equal(writes_of(tcp_flow, true, 6, 1000, identification), 1);
	assert_int_equal(writes_of(clear_df, true, 6, 1000, identification), 2);
	assert_int_equal(writes_of(udp_flow, true, 6, 1000, no_sum), 3);
	assert_int_equal(writes_of(udp_flow, true, 6, 1000, damage), 3);
}

/* A shorter segment ends the large packet. */
static void short_last(void **state)
{
	struct flow f = tcp_flow;
	struct bench b;
	uint8_t *lent[4], p[ROOM];
	static const size_t payload[4] = { 1000, 1000, 400, 1000 };

	(void)state;
	bench_begin(&b);
	for (size_t i = 0; i < 4; i++)
		feed(&b, tag_a, true, p, make(&f, p, payload[i]), &lent[i]);
	assert_int_equal(b.n_writes, 1);
	assert_int_equal(b.n_out, 3);
	bench_end(&b);
	for (size_t i = 0; i < 4; i++)
		free(lent[i]);
}

/* Of another tag, thus of another SA: not joined, not overtaken. */
static void tags(void **state)
{
	struct flow f = tcp_flow;
	struct bench b;
	uint8_t *lent[6], p[ROOM];

	(void)state;
	bench_begin(&b);
	for (size_t i = 0; i < 6; i++)
		feed(&b, i < 3 ? tag_a : tag_b, true, p, make(&f, p, 500),
			&lent[i]);
	bench_end(&b);
	assert_int_equal(b.n_writes, 2);
	for (size_t i = 0; i < 6; i++)
		free(lent[i]);
}

/* ---- random streams ---- */

#define R(n) ((unsigned)rand() % (n))

/* One of the flow's, sometimes odd in one way or another. */
static size_t random_packet(struct flow *f, uint8_t *p)
{
	bool tcp = f->proto == IPPROTO_TCP;
	size_t n;

	f->flags = R(12) ? 0x10 : R(4) ? 0x18 : (uint8_t)R(256);
	f->seq += R(30) ? 0 : R(3000);
	f->ack += R(30) ? 0 : 1;
	f->tos = R(30) ? f->tos : (uint8_t)R(4);
	f->id = (uint16_t)(f->id + (R(30) ? 0 : R(5)));
	n = make(f, p, R(20) ? 1000 : R(1500));
	if (!R(20))
		p[R((unsigned)n - 20) + 20] ^= (uint8_t)(1 << R(8));
	else if (!R(60))
		put16(p + 26, 0);
	else if (!R(60))
		p[tcp ? 32 : 25] = (uint8_t)R(256);
	else if (!R(60))
		put16(p + 6, R(0x4000));
	else if (!R(60))
		p[9] = (uint8_t)R(20);
	else if (!R(60))
		put16(p + 2, n = 20 + R(30));
	if (R(60))
		ip_sum(p);
	return n;
}

static void random_streams(void **state)
{
	static struct bench b;
	static uint8_t *lent[PACKETS];
	struct flow f[6];
	uint8_t p[ROOM + 64];
	size_t large = 0, freed;

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		srand(seed);
		for (size_t i = 0; i < 6; i++) {
			f[i] = i & 1 ? udp_flow : tcp_flow;
			f[i].port = (uint16_t)(80 + i / 2);
			f[i].df = R(2);
		}
		bench_begin(&b);
		freed = 0;
		for (size_t i = 0, k = 0; i < PACKETS / 4; i++) {
			k = R(4) ? k : R(6);
			feed(&b, R(50) ? tag_a : tag_b, true, p,
				random_packet(&f[k], p), &lent[i]);
			if (R(80))
				continue;
			gro_flush(b.g);
			while (freed <= i)
				free(lent[freed++]);
		}
		large += b.n_large;
		bench_end(&b);
		while (freed < PACKETS / 4)
			free(lent[freed++]);
	}
	assert_true(large > 1000);
}

/* Whatever stands behind the IP header. */
static void hostile(void **state)
{
	static struct bench b;
	static uint8_t *lent[PACKETS];

	(void)state;
	srand(7);
	bench_begin(&b);
	for (size_t i = 0; i < PACKETS; i++) {
		uint8_t p[120];
		size_t n = 20 + R(60);

		for (size_t k = 0; k < n; k++)
			p[k] = R(3) ? 0x45 : (uint8_t)rand();
		p[0] = R(4) ? 0x45 : 0x46;
		p[0] = n < 24 ? 0x45 : p[0];
		put16(p + 2, n);
		put16(p + 6, R(4) ? 0x4000 : (unsigned)rand());
		p[9] = R(2) ? IPPROTO_TCP : IPPROTO_UDP;
		memcpy(p + 12, "\x0a\x01\x00\x02\x0a\x02\x00\x02", 8);
		ip_sum(p);
		feed(&b, tag_a, true, p, n, &lent[i]);
		if (!R(20))
			gro_flush(b.g);
	}
	bench_end(&b);
	for (size_t i = 0; i < PACKETS; i++)
		free(lent[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins),
		cmocka_unit_test(parts),
		cmocka_unit_test(short_last),
		cmocka_unit_test(tags),
		cmocka_unit_test(random_streams),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
