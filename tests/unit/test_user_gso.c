/* Superpackets come apart into what a sender without offloads would send. */
#include "base/mem.h"
#include "dataplane/csum.h"
#include "dataplane/user_gso.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX 5000

struct packet {
	uint8_t b[60 + 60 + PAYLOAD_MAX];
	size_t l4, hdr, n;
	bool tcp, v6;
};

/* As RFC 1071 tells it, byte by byte. */
static uint16_t sum_plain(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t pseudo(const uint8_t *p, bool v6, bool tcp, size_t l4_n)
{
	uint32_t more = (tcp ? 6u : 17u) + (uint32_t)l4_n;

	return v6 ? sum_plain(p + 8, 32, more) : sum_plain(p + 12, 8, more);
}

static uint32_t be(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static void put(uint8_t *p, size_t n, uint32_t v)
{
	while (n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static struct packet packet(bool v6, bool tcp, size_t options, size_t payload)
{
	struct packet k = { .tcp = tcp, .v6 = v6 };

	for (size_t i = 0; i < sizeof(k.b); i++)
		k.b[i] = (uint8_t)(i * 7 + i / 256);
	k.l4 = v6 ? 40 : 20 + options;
	k.hdr = k.l4 + (tcp ? 32 : 8);
	k.n = k.hdr + payload;
	if (v6) {
		k.b[0] = 0x60;
		put(k.b + 4, 2, (uint32_t)(k.n - 40));
		k.b[6] = tcp ? 6 : 17;
	} else {
		k.b[0] = (uint8_t)(0x40 | k.l4 / 4);
		put(k.b + 2, 2, (uint32_t)k.n);
		put(k.b + 4, 2, 0xfffe);
		k.b[9] = tcp ? 6 : 17;
	}
	if (tcp) {
		put(k.b + k.l4 + 4, 4, 0xfffffff0);
		k.b[k.l4 + 12] = 0x80;
		k.b[k.l4 + 13] = 0x80 | 0x10 | 0x08 | 0x01;
	} else {
		put(k.b + k.l4 + 4, 2, (uint32_t)(k.n - k.l4));
	}
	put(k.b + k.l4 + (tcp ? 16 : 6), 2,
		pseudo(k.b, v6, tcp, k.n - k.l4));
	return k;
}

static struct virtio_net_hdr super(const struct packet *k, uint16_t size)
{
	return (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !k->tcp ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : k->v6 ? VIRTIO_NET_HDR_GSO_TCPV6
				    : VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)k->hdr,
		.gso_size = size,
		.csum_start = (uint16_t)k->l4,
		.csum_offset = k->tcp ? 16 : 6 };
}

static void check_tcp(
	const struct packet *k, const uint8_t *s, size_t i, size_t at, bool last)
{
	uint8_t flags = s[k->l4 + 13];

	assert_true(be(s + k->l4 + 4, 4) ==
		    (uint32_t)(0xfffffff0 + (uint32_t)at));
	assert_int_equal(flags & 0x10, 0x10);
	assert_int_equal(flags & 0x09, last ? 0x09 : 0);
	assert_int_equal(flags & 0x80, i ? 0 : 0x80);
}

static void check_segment(
	const struct packet *k, const uint8_t *s, size_t n, size_t i, size_t at)
{
	size_t payload = n - k->hdr;

	if (k->v6) {
		assert_int_equal(be(s + 4, 2), n - 40);
	} else {
		assert_int_equal(be(s + 2, 2), n);
		assert_int_equal(be(s + 4, 2), (0xfffe + i) & 0xffff);
		assert_int_equal(sum_plain(s, k->l4, 0), 0xffff);
	}
	if (k->tcp)
		check_tcp(k, s, i, at, k->hdr + at + payload == k->n);
	else
		assert_int_equal(be(s + k->l4 + 4, 2), n - k->l4);
	assert_int_equal(sum_plain(s + k->l4, n - k->l4,
				 pseudo(s, k->v6, k->tcp, n - k->l4)),
		0xffff);
	assert_memory_equal(s + k->hdr, k->b + k->hdr + at, payload);
}

static void cut(bool v6, bool tcp, size_t options, size_t payload, uint16_t size)
{
	struct packet k = packet(v6, tcp, options, payload);
	struct virtio_net_hdr v = super(&k, size);
	size_t at = 0, n, i = 0;
	struct gso g;

	assert_true(gso_begin(&g, &v, k.b, k.n, 0));
	for (; (n = gso_next(&g)); i++) {
		uint8_t *out = malloc(n); /* exact: ASan sees a byte more */

		assert_true(n - k.hdr <= size);
		gso_take(&g, out);
		check_segment(&k, out, n, i, at);
		at += n - k.hdr;
		free(out);
	}
	assert_int_equal(at, payload);
	assert_int_equal(i, (payload + size - 1) / size);
}

static void segments(void **state)
{
	static const size_t payload[] = { 1, 999, 1000, 1001, 2000, 4321 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(payload); i++)
		for (int v6 = 0; v6 < 2; v6++)
			for (int tcp = 0; tcp < 2; tcp++)
				cut(v6, tcp, 0, payload[i], 1000);
	cut(false, true, 40, 4000, 999); /* IP options; odd sizes */
	cut(false, false, 4, 4000, 7);
}

static void single(void **state)
{
	struct packet k = packet(false, false, 0, 501);
	struct virtio_net_hdr v = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)(14 + k.l4),
		.csum_offset = 6 };
	uint8_t out[sizeof(k.b)];
	struct gso g;

	(void)state;
	/* What counts from an Ethernet header. */
	assert_true(gso_begin(&g, &v, k.b, k.n, 14));
	assert_int_equal(gso_next(&g), k.n);
	gso_take(&g, out);
	assert_int_equal(gso_next(&g), 0);
	assert_memory_equal(out, k.b, k.l4 + 6);
	assert_memory_equal(out + k.l4 + 8, k.b + k.l4 + 8, k.n - k.l4 - 8);
	assert_int_equal(sum_plain(out + k.l4, k.n - k.l4,
				 pseudo(out, false, false, k.n - k.l4)),
		0xffff);
	/* Nothing to do. */
	v = (struct virtio_net_hdr){ 0 };
	assert_true(gso_begin(&g, &v, k.b, k.n, 0));
	gso_take(&g, out);
	assert_memory_equal(out, k.b, k.n);
}

/* A checksum that comes out as 0 would say that there is none. */
static void udp_zero(void **state)
{
	struct packet k = packet(false, false, 0, 2);
	struct virtio_net_hdr v = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 20,
		.csum_offset = 6 };
	uint8_t out[64];
	struct gso g;

	(void)state;
	put(k.b + k.hdr, 2, 0);
	put(k.b + k.hdr, 2, (uint16_t)~sum_plain(k.b + k.l4, 10, 0));
	assert_true(gso_begin(&g, &v, k.b, k.n, 0));
	gso_take(&g, out);
	assert_int_equal(be(out + 26, 2), 0xffff);
	v = super(&k, 1400);
	assert_true(gso_begin(&g, &v, k.b, k.n, 0));
	gso_take(&g, out);
	assert_int_equal(be(out + 26, 2), 0xffff);
}

static void refused(void **state)
{
	struct packet tcp = packet(false, true, 0, 3000), bad;
	const struct virtio_net_hdr good = super(&tcp, 1000);
	struct virtio_net_hdr v = good;
	struct gso g;

	(void)state;
#define REFUSED(field, value)                                                  \
	(v = good, v.field = (value),                                          \
		assert_false(gso_begin(&g, &v, tcp.b, tcp.n, 0)))
	REFUSED(gso_size, 0);
	REFUSED(flags, 0);
	REFUSED(csum_start, 24);
	REFUSED(csum_start, 0xffff);
	REFUSED(gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	REFUSED(gso_type, VIRTIO_NET_HDR_GSO_UDP_L4);
	REFUSED(gso_type, 3);
#undef REFUSED
	v = good;
	assert_false(gso_begin(&g, &v, tcp.b, tcp.hdr, 0)); /* no payload */
	assert_false(gso_begin(&g, &v, tcp.b, 19, 0));
	assert_false(gso_begin(&g, &v, tcp.b, tcp.n, 21));
	bad = tcp;
	bad.b[tcp.l4 + 12] = 0x40; /* header shorter than the least */
	assert_false(gso_begin(&g, &v, bad.b, bad.n, 0));
	bad.b[tcp.l4 + 12] = 0xf0;
	assert_false(gso_begin(&g, &v, bad.b, bad.l4 + 40, 0));
	bad = tcp;
	bad.b[9] = 17;
	assert_false(gso_begin(&g, &v, bad.b, bad.n, 0));
	v = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 20,
		.csum_offset = (uint16_t)(tcp.n - 20 - 1) };
	assert_false(gso_begin(&g, &v, tcp.b, tcp.n, 0));
}

/* Whatever the header says, nothing outside is touched, and it ends. */
static void nonsense(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct packet k = packet(rand_r(&seed) % 2, rand_r(&seed) % 2,
			(unsigned)rand_r(&seed) % 11 * 4,
			(unsigned)rand_r(&seed) % 300);
		struct virtio_net_hdr v =
			super(&k, (uint16_t)(rand_r(&seed) % 200));
		uint8_t *in, *out;
		size_t n;
		struct gso g;

		for (int i = rand_r(&seed) % 3; i > 0; i--)
			((uint8_t *)&v)[(size_t)rand_r(&seed) % sizeof(v)] ^=
				(uint8_t)rand_r(&seed);
		for (int i = rand_r(&seed) % 3; i > 0; i--)
			k.b[(size_t)rand_r(&seed) % k.n] ^=
				(uint8_t)rand_r(&seed);
		k.n -= (size_t)rand_r(&seed) % 3 ? 0
						 : (size_t)rand_r(&seed) % k.n;
		in = malloc(k.n + 1);
		memcpy(in, k.b, k.n);
		in = realloc(in, k.n ? k.n : 1);
		if (gso_begin(&g, &v, in, k.n, 0))
			while ((n = gso_next(&g))) {
				assert_true(n <= k.n);
				out = malloc(n);
				gso_take(&g, out);
				free(out);
			}
		free(in);
	}
}

static void sums(void **state)
{
	uint8_t p[100], got[2];

	(void)state;
	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 37 + 200);
	for (size_t n = 0; n <= sizeof(p); n++) {
		csum_put(got, csum_add(0, p, n));
		assert_int_equal(be(got, 2), (uint16_t)~sum_plain(p, n, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(segments),
		cmocka_unit_test(single),
		cmocka_unit_test(udp_zero),
		cmocka_unit_test(refused),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
