/* See acl_random.h. */
#include "tests/unit/acl_random.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <string.h>

static uint64_t seed = 0x9e3779b97f4a7c15u;

uint32_t rnd(uint32_t below)
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

struct ace rnd_ace(uint32_t seq)
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

static struct ip_wild rnd_net(enum acl_style style)
{
	static const uint8_t len[] = { 32, 32, 31, 24, 24, 24, 24, 23, 16, 0 };
	uint32_t n = style == ACL_ALIKE ? 24 + rnd(2) * 8
					: len[rnd(ARRAY_LEN(len))];
	uint32_t wild = n ? (uint32_t)((UINT64_C(1) << (32 - n)) - 1)
			  : UINT32_MAX;
	uint32_t addr = style == ACL_CROWDED ? rnd_addr()
			: style == ACL_ALIKE ? 0x0a000000 | rnd(6144)
					     : 0x0a000000 | rnd(1u << 20) << 4;

	return (struct ip_wild){ addr & ~wild, wild };
}

struct ace rnd_ace_long(uint32_t seq, enum acl_style style)
{
	static const int16_t proto[] = { ACE_ANY, ACE_ANY, 1, 6, 17, 47 };
	static const uint8_t odd[ACL_STYLES] = { 20, 60, 200 };
	struct ace e = ace_any(rnd(3));

	if (!rnd(odd[style]))
		return rnd_ace(seq);
	e.seq = seq;
	e.src = rnd_net(style);
	e.dst = rnd_net(style);
	if (style == ACL_ALIKE && rnd(4))
		return e;
	e.proto = proto[rnd(ARRAY_LEN(proto))];
	if (e.proto == 6 || e.proto == 17) {
		e.dport = rnd_op(rnd_port);
		if (!rnd(4))
			e.sport = rnd_op(rnd_port);
	}
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

struct ace rnd_ace6(uint32_t seq)
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
static size_t rnd_headers(uint8_t *p, uint8_t proto, bool later)
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
			/* The first, more follow, or a later one. */
			p[n + 3] = later && rnd(2) ? 8 : 1;
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

size_t rnd_packet6(uint8_t p[128], bool later)
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
	n = rnd_headers(p, last, later);
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

size_t rnd_packet(uint8_t p[64])
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

static uint16_t port_for(const struct ace_port *o)
{
	return o->n && rnd(3) ? (uint16_t)(o->p[rnd(o->n)] + rnd(3) - 1)
			      : rnd_port();
}

size_t rnd_packet_for(const struct acl *acl, uint8_t p[64])
{
	const struct ace *e = &acl->v[rnd((uint32_t)acl->n)];
	size_t n = rnd_packet(p), hdr = (p[0] & 0xfu) * 4u;
	uint32_t src = htonl(e->src.addr ^ (rnd(INT32_MAX) & e->src.wild));
	uint32_t dst = htonl(e->dst.addr ^ (rnd(INT32_MAX) & e->dst.wild));
	uint16_t sport = htons(port_for(&e->sport));
	uint16_t dport = htons(port_for(&e->dport));

	memcpy(p + 12, &src, 4);
	memcpy(p + 16, &dst, 4);
	if (e->proto != ACE_ANY && rnd(8))
		p[9] = (uint8_t)e->proto;
	if (p[9] == 6 || p[9] == 17) {
		memcpy(p + hdr, &sport, 2);
		memcpy(p + hdr + 2, &dport, 2);
	}
	return n;
}
