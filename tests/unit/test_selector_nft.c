/* The compiler against the reference evaluator: random lists, random packets
 * through a real ruleset in a network namespace of this process.  The counter
 * of exactly the entry that acl_match() names must have moved. */
#include "dataplane/nl.h"
#include "dataplane/selector_nft.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LISTS   40
#define ENTRIES 12
#define PACKETS 60
#define TABLE   "test"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* Few values, so that packets and entries meet. */
static uint32_t rnd_addr(void)
{
	static const uint32_t net[] = { 0x0a010000, 0x0a020000, 0xc0a80000 };

	return net[rnd(3)] + (rnd(3) << 8) + rnd(4);
}

static void rnd_addr6(uint8_t b[16])
{
	static const uint8_t site[] = { 0x10, 0x11, 0x20 };

	memset(b, 0, 16);
	b[0] = 0x20;
	b[1] = 0x01;
	b[6] = site[rnd(3)];
	b[15] = (uint8_t)rnd(4);
}

static uint16_t rnd_option(void)
{
	static const uint16_t option[] = { ACE_OPTION_ANY, 148, 7, 131, 137 };

	return option[rnd(ARRAY_LEN(option))];
}

static uint16_t rnd_port(void)
{
	static const uint16_t port[] = { 0, 22, 80, 443, 1023, 1024, 5001,
		65535 };

	return port[rnd(ARRAY_LEN(port))];
}

static struct ip_wild rnd_wild(void)
{
	static const uint32_t wild[] = { UINT32_MAX, 0, 0xff, 0xffff,
		0x00ffffff, 0x00ff00ff, 0xff0000ff, 0x00000101, 0x0000fffe };

	return (struct ip_wild){ rnd_addr(), wild[rnd(ARRAY_LEN(wild))] };
}

static struct ace_port rnd_op(uint16_t (*value)(void))
{
	struct ace_port o = { .op = (uint8_t)rnd(6) };

	o.n = o.op == PORT_ANY                      ? 0
	      : o.op == PORT_RANGE                  ? 2
	      : o.op == PORT_EQ || o.op == PORT_NEQ ? (uint8_t)(1 + rnd(4))
						    : 1;
	for (uint8_t i = 0; i < o.n; i++) {
		bool twice;

		do {
			twice = false;
			o.p[i] = value();
			for (uint8_t j = 0; j < i; j++)
				twice |= o.p[j] == o.p[i];
		} while (twice);
	}
	if (o.op == PORT_RANGE && o.p[0] > o.p[1]) {
		uint16_t t = o.p[0];

		o.p[0] = o.p[1];
		o.p[1] = t;
	}
	return o;
}

static uint16_t rnd_ttl(void)
{
	return (uint16_t)(1 + rnd(5) * 60);
}

static void rnd_l4(struct ace *e)
{
	switch (e->proto) {
	case 6:
		if (!rnd(3))
			e->established = true;
		if (!rnd(2)) {
			e->tcp_set = (uint8_t)rnd(64);
			e->tcp_clear = (uint8_t)rnd(64) & ~e->tcp_set;
			e->tcp_any = rnd(2);
		}
		/* fall through */
	case 17:
		e->sport = rnd_op(rnd_port);
		e->dport = rnd_op(rnd_port);
		break;
	case 1:
	case 58:
		e->icmp_type = (int16_t)((int)rnd(4) - 1);
		if (e->icmp_type != ACE_ANY)
			e->icmp_code = (int16_t)((int)rnd(3) - 1);
		break;
	case 2:
		e->igmp_type = (int16_t)((int)rnd(4) - 1);
		break;
	default:
		break;
	}
}

static struct ace rnd_ace(uint32_t seq)
{
	static const int16_t proto[] = { ACE_ANY, 1, 2, 6, 17, 47, 6, 17 };
	struct ace e = ace_any(rnd(2));

	e.seq = seq;
	e.proto = proto[rnd(ARRAY_LEN(proto))];
	e.src = rnd_wild();
	e.dst = rnd(2) ? rnd_wild() : e.dst;
	rnd_l4(&e);
	if (!rnd(6))
		e.dscp = (int16_t)(rnd(4) * 10);
	if (!rnd(6))
		e.precedence = (int16_t)rnd(4);
	if (!rnd(6))
		e.tos = (int16_t)rnd(16);
	if (!rnd(4))
		e.ttl = rnd_op(rnd_ttl);
	if (!rnd(10))
		e.fragments = true;
	if (!rnd(10))
		e.option = rnd_option();
	return e;
}

static struct ip_prefix rnd_prefix(void)
{
	static const uint8_t len[] = { 0, 16, 31, 48, 52, 64, 120, 127, 128 };
	struct ip_prefix p = { .addr.family = 6 };

	rnd_addr6(p.addr.b);
	p.len = len[rnd(ARRAY_LEN(len))];
	return p;
}

static struct ace rnd_ace6(uint32_t seq)
{
	static const int16_t proto[] = { ACE_ANY, 58, 6, 17, 47, 0, 51, 6, 17 };
	struct ace e = ace_any(rnd(2));

	e.ip6 = true;
	e.seq = seq;
	e.proto = proto[rnd(ARRAY_LEN(proto))];
	e.src6 = rnd_prefix();
	if (rnd(2))
		e.dst6 = rnd_prefix();
	rnd_l4(&e);
	if (!rnd(6))
		e.dscp = (int16_t)(rnd(4) * 10);
	e.has_flow = !rnd(8);
	e.flow_label = rnd(3);
	e.dest_option = !rnd(8);
	e.fragments = !rnd(8);
	return e;
}

/* Options of the kernel's table, in the first place or the second. */
static void rnd_options(uint8_t p[64], size_t *n)
{
	static const uint8_t opt[][4] = { { 148, 4, 0, 0 }, { 7, 3, 4, 0 },
		{ 1, 1, 1, 1 }, { 130, 4, 0, 0 } };

	memmove(p + 28, p + 20, 36);
	p[0] = 0x47;
	memcpy(p + 20, opt[rnd(4)], 4);
	memcpy(p + 24, opt[rnd(4)], 4);
	*n = *n + 8 > 64 ? 64 : *n + 8;
	p[3] = (uint8_t)*n;
}

/* An extension header or two in front of the transport. */
static size_t rnd_headers(uint8_t *p, uint8_t proto)
{
	static const uint8_t kind[] = { 0, 51, 60, 44 };
	uint8_t *next = p + 6;
	size_t n = 40;

	for (size_t i = 0; i < ARRAY_LEN(kind); i++) {
		if (rnd(4))
			continue;
		*next = kind[i];
		next = p + n;
		if (kind[i] == 44) {
			p[n + 3] = 1; /* the first: more follow */
		} else if (kind[i] == 51) {
			p[n + 1] = 1; /* 12 bytes, in units of 4 less 2 */
			n += 4;
		} else {
			p[n + 2] = 1; /* PadN */
			p[n + 3] = 4;
		}
		n += 8;
	}
	*next = proto;
	return n;
}

static size_t rnd_packet6(uint8_t p[128])
{
	static const uint8_t proto[] = { 58, 6, 17, 47, 6, 17 };
	uint8_t last = proto[rnd(ARRAY_LEN(proto))];
	size_t n, len;
	uint16_t port;

	memset(p, 0, 128);
	p[0] = (uint8_t)(0x60 | rnd(4));
	p[1] = (uint8_t)(rnd(4) << 6);
	p[3] = (uint8_t)rnd(3);
	p[7] = 64;
	rnd_addr6(p + 8);
	rnd_addr6(p + 24);
	n = rnd_headers(p, last);
	len = rnd(12) ? 24 : 0;
	if (last == 58) {
		p[n] = (uint8_t)rnd(3);
		p[n + 1] = (uint8_t)rnd(2);
	} else {
		port = htons(rnd_port());
		memcpy(p + n, &port, 2);
		port = htons(rnd_port());
		memcpy(p + n + 2, &port, 2);
		p[n + 13] = (uint8_t)rnd(64);
	}
	p[5] = (uint8_t)(n + len - 40);
	return n + len;
}

static size_t rnd_packet(uint8_t p[64])
{
	static const uint8_t proto[] = { 1, 2, 6, 17, 47 };
	size_t n = rnd(12) ? 56 : 20;
	uint32_t src = htonl(rnd_addr()), dst = htonl(rnd_addr());
	uint16_t port;

	memset(p, 0, 64);
	p[0] = 0x45;
	p[1] = (uint8_t)(rnd(2) ? rnd(256) : rnd(4) * 40);
	p[3] = (uint8_t)n;
	p[4] = 1;
	if (!rnd(8))
		p[7] = (uint8_t)(1 + rnd(3)); /* not the first fragment */
	p[8] = (uint8_t)rnd_ttl();
	p[9] = proto[rnd(ARRAY_LEN(proto))];
	memcpy(p + 12, &src, 4);
	memcpy(p + 16, &dst, 4);
	if (p[9] == 6 || p[9] == 17) {
		port = htons(rnd_port());
		memcpy(p + 20, &port, 2);
		port = htons(rnd_port());
		memcpy(p + 22, &port, 2);
	} else {
		p[20] = (uint8_t)rnd(3);
		p[21] = (uint8_t)rnd(2);
	}
	p[33] = (uint8_t)rnd(64);
	if (!rnd(5))
		rnd_options(p, &n);
	return n;
}

static void load(struct nl *nl, const struct acl *acl)
{
	const struct acl_verdicts v = { NF_DROP, NF_DROP, NULL };
	struct nl_batch b = { 0 };
	struct nft_rule r;

	nl_batch_begin(&b);
	nft_use(&b, acl->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4, TABLE);
	nft_table_add(&b);
	nft_table_del(&b);
	nft_table_add(&b);
	nft_chain_add(&b, "t", -1, 0, NULL);
	nft_chain_add(&b, "out", NF_INET_LOCAL_OUT, 0, "filter");
	acl_nft_compile(&b, "t", acl, &v);
	r = nft_rule_begin(&b, "out");
	if (acl->ip6) { /* not the kernel's own solicitations */
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, 8, 2);
		nft_cmp(&r, NFT_CMP_EQ, "\x20\x01", 2);
	}
	nft_verdict(&r, NFT_JUMP, "t");
	nft_rule_end(&r);
	assert_int_equal(nl_batch_commit(nl, &b), 0);
	nl_batch_free(&b);
}

/* An interface that swallows everything. */
static int sink_open(void)
{
	struct ifreq r = { .ifr_name = "sink",
		.ifr_flags = IFF_TUN | IFF_NO_PI };
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = r.ifr_name };
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(tun, TUNSETIFF, &r), 0);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(0x01010101);
	assert_int_equal(ioctl(s, SIOCSIFADDR, &r), 0);
	r.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
	route.rt_dst.sa_family = AF_INET;
	route.rt_genmask.sa_family = AF_INET;
	assert_int_equal(ioctl(s, SIOCADDRT, &route), 0);
	close(s);
	return tun;
}

static void show(const struct acl *acl, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < acl->n; i++) {
		auto_sbuf struct sbuf out = { 0 };

		ace_text(&acl->v[i], ACE_STYLE_CONFIG, &out);
		print_message("# %zu: %s\n", i, sbuf_str(&out));
	}
	print_message("# packet:");
	for (size_t i = 0; i < n; i++)
		print_message(" %02x", p[i]);
	print_message("\n");
}

/* Out, or stopped by the list: nothing else may keep it from the chain. */
static void sent(ssize_t n)
{
	assert_true(n > 0 || errno == EPERM);
}

/* Sends a packet and says which entry it must have met. */
static int packet_send(
	int raw, const struct acl *acl, uint8_t p[128], size_t *n)
{
	struct packet6_key six;
	struct packet_key k;

	if (acl->ip6) {
		struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

		*n = rnd_packet6(p);
		memcpy(&to.sin6_addr, p + 24, 16);
		sent(sendto(raw, p, *n, 0, (void *)&to, sizeof(to)));
		assert_true(packet6_key_read(p, *n, &six, &k));
	} else {
		struct sockaddr_in to = { .sin_family = AF_INET };

		*n = rnd_packet(p);
		memcpy(&to.sin_addr, p + 16, 4);
		sent(sendto(raw, p, *n, 0, (void *)&to, sizeof(to)));
		assert_true(packet_key_read(p, *n, &k));
	}
	return acl_match(acl, &k);
}

static void lists_try(struct nl *nl, int raw, bool ip6)
{
	for (size_t l = 0; l < LISTS; l++) {
		struct ace v[ENTRIES];
		struct acl acl = { .v = v, .n = ENTRIES, .ip6 = ip6 };
		uint64_t want[ENTRIES] = { 0 }, got[ENTRIES];

		for (size_t i = 0; i < ENTRIES; i++)
			v[i] = ip6 ? rnd_ace6((uint32_t)i)
				   : rnd_ace((uint32_t)i);
		load(nl, &acl);
		for (size_t i = 0; i < PACKETS; i++) {
			uint8_t p[128];
			size_t n;
			int m = packet_send(raw, &acl, p, &n);

			if (m >= 0)
				want[m]++;
			assert_int_equal(
				nft_table_counters(nl,
					ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
					TABLE, "t", got, ENTRIES),
				ENTRIES);
			if (memcmp(want, got, sizeof(got)))
				show(&acl, p, n);
			assert_memory_equal(want, got, sizeof(got));
		}
	}
}

static void kernel_agrees(void **state)
{
	int sink, raw;
	struct nl nl;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNET))
		skip();
	sink = sink_open();
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER, 0), 0);
	lists_try(&nl, raw, false);
	nl_close(&nl);
	close(raw);
	close(sink);
}

static void kernel_agrees_on_ipv6(void **state)
{
	int sink, raw;
	struct nl nl;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNET))
		skip();
	sink = sink_open();
	if (system("ip address add 2001:0:0:9999::1/16 dev sink nodad") != 0)
		skip();
	raw = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER, 0), 0);
	lists_try(&nl, raw, true);
	nl_close(&nl);
	close(raw);
	close(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_agrees),
		cmocka_unit_test(kernel_agrees_on_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
