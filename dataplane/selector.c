/* Access lists as values and the reference evaluator.  Exactness here decides
 * what is encrypted, so this file stays plain: the nftables compiler is tested
 * against it.  It knows no kernel. */
#include "dataplane/selector.h"
#include "base/rd.h"
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#define TCP_RST 0x04
#define TCP_ACK 0x10

void acl_free(struct acl *a)
{
	free(a->v);
	*a = (struct acl){ 0 };
}

void acl_dup(struct acl *dst, const struct acl *src)
{
	*dst = *src;
	dst->v = src->n ? xmemdup(src->v, src->n * sizeof(*src->v)) : NULL;
}

static bool ports_equal(const struct ace_port *a, const struct ace_port *b)
{
	return a->op == b->op && a->n == b->n &&
	       !memcmp(a->p, b->p, a->n * sizeof(a->p[0]));
}

static bool wild_equal(struct ip_wild a, struct ip_wild b)
{
	a = ip_wild_norm(a);
	b = ip_wild_norm(b);
	return a.addr == b.addr && a.wild == b.wild;
}

static bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

bool ace_equal(const struct ace *a, const struct ace *b)
{
	return a->seq == b->seq && a->permit == b->permit &&
	       a->proto == b->proto && wild_equal(a->src, b->src) &&
	       wild_equal(a->dst, b->dst) &&
	       ports_equal(&a->sport, &b->sport) &&
	       ports_equal(&a->dport, &b->dport) &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code &&
	       a->tcp_set == b->tcp_set && a->tcp_clear == b->tcp_clear &&
	       a->tcp_any == b->tcp_any && a->established == b->established &&
	       a->dscp == b->dscp && a->precedence == b->precedence &&
	       a->tos == b->tos && a->igmp_type == b->igmp_type &&
	       ports_equal(&a->ttl, &b->ttl) && a->fragments == b->fragments &&
	       a->option == b->option && a->ip6 == b->ip6 &&
	       prefix_equal(&a->src6, &b->src6) &&
	       prefix_equal(&a->dst6, &b->dst6) && a->has_flow == b->has_flow &&
	       a->flow_label == b->flow_label && a->routing == b->routing &&
	       a->dest_option == b->dest_option && a->log == b->log &&
	       a->log_input == b->log_input && !strcmp(a->log_tag, b->log_tag);
}

bool acl_equal(const struct acl *a, const struct acl *b)
{
	if (a->n != b->n || a->ip6 != b->ip6 || a->standard != b->standard ||
		strcmp(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!ace_equal(&a->v[i], &b->v[i]))
			return false;
	return true;
}

struct ace ace_any(bool permit)
{
	return (struct ace){
		.permit = permit,
		.proto = ACE_ANY,
		.src = { .wild = UINT32_MAX },
		.dst = { .wild = UINT32_MAX },
		.icmp_type = ACE_ANY,
		.icmp_code = ACE_ANY,
		.dscp = ACE_ANY,
		.precedence = ACE_ANY,
		.tos = ACE_ANY,
		.igmp_type = ACE_ANY,
	};
}

/* Reads what ACEs look at in the transport header; too short: has_l4 stays
 * false and no ACE that asks for a transport field matches. */
static void l4_read(struct rd *r, struct packet_key *k)
{
	switch (k->proto) {
	case IPPROTO_TCP:
		k->sport = rd_u16(r);
		k->dport = rd_u16(r);
		rd_skip(r, 9);
		k->tcp_flags = rd_u8(r);
		break;
	case IPPROTO_UDP:
		k->sport = rd_u16(r);
		k->dport = rd_u16(r);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_IGMP:
		k->icmp_type = rd_u8(r);
		k->icmp_code = rd_u8(r);
		break;
	default:
		return;
	}
	k->has_l4 = rd_ok(r);
}

/* IPv4 options: what the kernel can look for. */
enum {
	OPTION_ANY = 1,
	OPTION_RR = 2,
	OPTION_RA = 4,
	OPTION_LSRR = 8,
	OPTION_SSRR = 16
};

static uint8_t option_bits(uint16_t option)
{
	switch (option) {
	case ACE_OPTION_ANY:
		return OPTION_ANY;
	case IPOPT_RR:
		return OPTION_RR;
	case IPOPT_RA:
		return OPTION_RA;
	case IPOPT_LSRR:
		return OPTION_LSRR;
	case IPOPT_SSRR:
		return OPTION_SSRR;
	default:
		return 0;
	}
}

bool ace_option_known(uint16_t option)
{
	return option_bits(option) != 0;
}

static uint8_t options_read(const uint8_t *p, size_t n)
{
	uint8_t seen = n ? OPTION_ANY : 0;

	for (size_t i = 0; i < n && p[i] != IPOPT_EOL;) {
		if (p[i] == IPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= n || p[i + 1] < 2 || i + p[i + 1] > n)
			break;
		seen |= option_bits(p[i]);
		i += p[i + 1];
	}
	return seen;
}

bool packet_key_read(const uint8_t *p, size_t n, struct packet_key *out)
{
	struct rd r = rd_init(p, n);
	uint8_t vihl = rd_u8(&r);
	size_t hdr = (size_t)(vihl & 0xf) * 4, total;
	uint16_t frag;

	*out = (struct packet_key){ .tos = rd_u8(&r) };
	total = rd_u16(&r);
	rd_skip(&r, 2);
	frag = rd_u16(&r);
	out->ttl = rd_u8(&r);
	out->proto = rd_u8(&r);
	rd_skip(&r, 2);
	out->src = rd_u32(&r);
	out->dst = rd_u32(&r);
	if (!rd_ok(&r) || vihl >> 4 != 4 || hdr < 20 || total < hdr ||
		total > n)
		return false;
	out->fragment = (frag & 0x1fff) != 0;
	out->options = options_read(p + 20, hdr - 20);
	if (!out->fragment) {
		r = rd_init(p + hdr, total - hdr);
		l4_read(&r, out);
	}
	return true;
}

bool proto_is_ext_header(int proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_FRAGMENT || proto == IPPROTO_DSTOPTS;
}

/* Walks the extension headers.  As for nf_tables, AH ends them, but headers
 * behind it can be asked for; what stands behind the header of a fragment
 * other than the first is named there, but not to be read. */
static bool headers_read(
	struct rd *r, struct packet6_key *six, struct packet_key *k)
{
	uint8_t type = k->proto;
	bool ended = false;

	while (proto_is_ext_header(type) || type == IPPROTO_AH) {
		uint8_t next = rd_u8(r), len = rd_u8(r);

		six->headers |= UINT64_C(1) << type;
		ended |= type == IPPROTO_AH;
		if (!ended)
			k->proto = next;
		if (type == IPPROTO_FRAGMENT) {
			bool later = (rd_u16(r) & 0xfff8) != 0;

			k->fragment |= later;
			rd_skip(r, 4);
			if (later)
				break;
		} else if (type == IPPROTO_AH) {
			rd_skip(r, (len + 2u) * 4u - 2u);
		} else {
			rd_skip(r, (len + 1u) * 8u - 2u);
		}
		if (!rd_ok(r))
			return ended;
		type = next;
	}
	return ended || rd_ok(r);
}

bool packet6_key_read(const uint8_t *p, size_t n, struct packet6_key *six,
	struct packet_key *out)
{
	struct rd r = rd_init(p, n);
	uint32_t first = rd_u32(&r);
	size_t len = rd_u16(&r);

	*six = (struct packet6_key){
		.flow_label = first & 0xfffff, .src.family = 6, .dst.family = 6
	};
	*out = (struct packet_key){ .six = six, .tos = (uint8_t)(first >> 20) };
	out->proto = rd_u8(&r);
	out->ttl = rd_u8(&r);
	rd_copy(&r, six->src.b, 16);
	rd_copy(&r, six->dst.b, 16);
	if (!rd_ok(&r) || first >> 28 != 6 || len > n - 40)
		return false;
	r = rd_init(p + 40, len);
	if (!headers_read(&r, six, out))
		return false;
	six->l4_at = (uint16_t)(r.p - p);
	if (!out->fragment)
		l4_read(&r, out);
	return true;
}

struct ip_addr packet_src(const struct packet_key *k)
{
	return k->six ? k->six->src : ip_v4(k->src);
}

struct ip_addr packet_dst(const struct packet_key *k)
{
	return k->six ? k->six->dst : ip_v4(k->dst);
}

static bool port_match(const struct ace_port *o, uint16_t v)
{
	bool listed = false;

	switch (o->op) {
	case PORT_EQ:
	case PORT_NEQ:
		for (uint8_t i = 0; i < o->n; i++)
			listed |= o->p[i] == v;
		return listed == (o->op == PORT_EQ);
	case PORT_GT:
		return v > o->p[0];
	case PORT_LT:
		return v < o->p[0];
	case PORT_RANGE:
		return v >= o->p[0] && v <= o->p[1];
	default:
		return true;
	}
}

static bool tcp_match(const struct ace *e, uint8_t flags)
{
	uint8_t set = flags & e->tcp_set, clear = ~flags & e->tcp_clear;

	if (e->established && !(flags & (TCP_ACK | TCP_RST)))
		return false;
	if (!e->tcp_set && !e->tcp_clear)
		return true;
	if (e->tcp_any)
		return set || clear;
	return set == e->tcp_set && clear == e->tcp_clear;
}

bool ace_wants_l4(const struct ace *e)
{
	switch (e->proto) {
	case IPPROTO_TCP:
		return e->sport.op || e->dport.op || e->established ||
		       e->tcp_set || e->tcp_clear;
	case IPPROTO_UDP:
		return e->sport.op || e->dport.op;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return e->icmp_type != ACE_ANY;
	case IPPROTO_IGMP:
		return e->igmp_type != ACE_ANY;
	default:
		return false;
	}
}

static bool l4_match(const struct ace *e, const struct packet_key *k)
{
	if (!ace_wants_l4(e))
		return true;
	if (!k->has_l4)
		return false;
	switch (e->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return k->icmp_type == e->icmp_type &&
		       (e->icmp_code == ACE_ANY ||
			       k->icmp_code == e->icmp_code);
	case IPPROTO_IGMP:
		return k->icmp_type == e->igmp_type;
	case IPPROTO_TCP:
		if (!tcp_match(e, k->tcp_flags))
			return false;
		break;
	default:
		break;
	}
	return port_match(&e->sport, k->sport) &&
	       port_match(&e->dport, k->dport);
}

static bool has_header(const struct packet6_key *six, int proto)
{
	return six->headers >> proto & 1;
}

static bool ip6_match(const struct ace *e, const struct packet6_key *six)
{
	if (e->src6.len && !ip_prefix_contains(&e->src6, &six->src))
		return false;
	if (e->dst6.len && !ip_prefix_contains(&e->dst6, &six->dst))
		return false;
	if (e->has_flow && e->flow_label != six->flow_label)
		return false;
	return (!e->routing || has_header(six, IPPROTO_ROUTING)) &&
	       (!e->dest_option || has_header(six, IPPROTO_DSTOPTS));
}

static bool proto_match(const struct ace *e, const struct packet_key *k)
{
	if (e->proto == ACE_ANY)
		return true;
	if (k->six && proto_is_ext_header(e->proto))
		return has_header(k->six, e->proto);
	return e->proto == k->proto;
}

static bool ip4_match(const struct ace *e, const struct packet_key *k)
{
	return ip_wild_match(e->src, k->src) && ip_wild_match(e->dst, k->dst) &&
	       (!e->option || (k->options & option_bits(e->option)));
}

static bool l3_match(const struct ace *e, const struct packet_key *k)
{
	if (e->ip6 != (k->six != NULL) || !proto_match(e, k))
		return false;
	if (e->ip6 ? !ip6_match(e, k->six) : !ip4_match(e, k))
		return false;
	if (e->dscp != ACE_ANY && e->dscp != k->tos >> 2)
		return false;
	if (e->precedence != ACE_ANY && e->precedence != k->tos >> 5)
		return false;
	if (e->tos != ACE_ANY && e->tos != (k->tos >> 1 & 0xf))
		return false;
	if (e->fragments && !k->fragment)
		return false;
	return port_match(&e->ttl, k->ttl);
}

bool ace_match(const struct ace *e, const struct packet_key *k)
{
	return l3_match(e, k) && l4_match(e, k);
}

int acl_match(const struct acl *a, const struct packet_key *k)
{
	for (size_t i = 0; i < a->n; i++)
		if (ace_match(&a->v[i], k))
			return (int)i;
	return -1;
}

struct ace ace_mirror(const struct ace *e)
{
	struct ace m = *e;

	m.src = e->dst;
	m.dst = e->src;
	m.src6 = e->dst6;
	m.dst6 = e->src6;
	m.sport = e->dport;
	m.dport = e->sport;
	return m;
}

bool ace_is_multicast(const struct ace *e)
{
	struct ip_addr to = e->ip6 ? e->dst6.addr : ip_v4(e->dst.addr);

	return ip_is_multicast(&to) &&
	       (e->ip6 ? e->dst6.len >= 8 : e->dst.wild >> 28 == 0);
}

void acl_mirror(struct acl *dst, const struct acl *src)
{
	acl_dup(dst, src);
	for (size_t i = 0; i < dst->n; i++)
		if (!ace_is_multicast(&src->v[i]))
			dst->v[i] = ace_mirror(&src->v[i]);
}

int acl_judge(const struct acl *a, const struct packet_key *k)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ace *e = &a->v[i];
		bool blind = k->fragment && ace_wants_l4(e);

		if (blind && !e->permit)
			continue;
		if (blind ? l3_match(e, k) : ace_match(e, k))
			return (int)i;
	}
	return -1;
}

bool acl_admits(const struct acl *a, const struct packet_key *k)
{
	int i = acl_judge(a, k);

	return i >= 0 && a->v[i].permit;
}

struct ace ace_l3(const struct ace *e)
{
	struct ace l3 = *e;

	l3.sport = l3.dport = (struct ace_port){ .op = PORT_ANY };
	l3.icmp_type = l3.icmp_code = l3.igmp_type = ACE_ANY;
	l3.tcp_set = l3.tcp_clear = 0;
	l3.tcp_any = l3.established = false;
	return l3;
}
