/* What only our own systems tell each other in an SA payload: the whole ACL of
 * a TEK, and what RFC 6407 has no attribute for.  It travels in SATs of a
 * private protocol id, which others skip:
 *
 *   protocol (1) = 246, "GVPN" (4), version (1) = 1, kind (1), then
 *   kind 1, group:  flags (1) bit 0 receive only; replay method (1);
 *                   replay window (4)
 *   kind 2, ACL:    TEK SPI (4), number of entries (2), entries
 *   kind 3, replay: TEK SPI (4), stamp (1), its window in ms (4), window of
 *                   sequence numbers (4), whether the group has a time (1),
 *                   that time in ms (8)
 *
 * An entry is seq (4), presence bits (4), then what the bits announce, in the
 * order of enum ace_bit.  A later version may append to any kind; an
 * unknown version or kind is skipped, an unknown presence bit refuses: a
 * selector that is understood in half would be a wrong selector. */
#include "gdoi/gdoi_wire_priv.h"
#include <string.h>

#define EXT_MAGIC    0x4756504eu /* GVPN */
#define EXT_VERSION  1
#define EXT_ACES_MAX 1000 /* of all ACLs in one message */
#define ANY_WILD     0xffffffffu

#define EXT_STAMP_MAX_MS 100000u /* of IOS: 100 seconds */

enum { EXT_GROUP = 1, EXT_ACL = 2, EXT_REPLAY = 3 };
enum { GROUP_RECEIVE_ONLY = 1 };

enum ace_bit {
	ACE_PERMIT = 1 << 0,
	ACE_PROTO = 1 << 1,
	ACE_SRC = 1 << 2,
	ACE_DST = 1 << 3,
	ACE_SPORT = 1 << 4,
	ACE_DPORT = 1 << 5,
	ACE_ICMP = 1 << 6,
	ACE_TCP = 1 << 7,
	ACE_TCP_ANY = 1 << 8,
	ACE_ESTABLISHED = 1 << 9,
	ACE_DSCP = 1 << 10,
	ACE_PRECEDENCE = 1 << 11,
	ACE_TOS = 1 << 12,
	ACE_IGMP = 1 << 13,
	ACE_TTL = 1 << 14,
	ACE_FRAGMENTS = 1 << 15,
	ACE_LOG = 1 << 16,
	ACE_OPTION = 1 << 17,
	ACE_IP6 = 1 << 18, /* addresses are prefixes: length, 16 octets */
	ACE_FLOW = 1 << 19,
	ACE_ROUTING = 1 << 20,
	ACE_DEST_OPTION = 1 << 21,
	ACE_ALL_BITS = (1 << 22) - 1,
};

static bool ports_ok(const struct ace_port *p)
{
	switch (p->op) {
	case PORT_EQ:
	case PORT_NEQ:
		return p->n >= 1 && p->n <= ACE_PORTS_MAX;
	case PORT_GT:
	case PORT_LT:
		return p->n == 1;
	case PORT_RANGE:
		return p->n == 2;
	default:
		return false; /* "any" is said by absence */
	}
}

static void ports_read(struct rd *r, struct ace_port *out)
{
	out->op = rd_u8(r);
	out->n = rd_u8(r);
	if (!ports_ok(out)) {
		r->bad = true;
		return;
	}
	for (uint8_t i = 0; i < out->n; i++)
		out->p[i] = rd_u16(r);
}

static void ports_put(struct wr *w, const struct ace_port *p)
{
	uint8_t n = p->op == PORT_RANGE ? 2 : p->op >= PORT_GT ? 1 : p->n;

	wr_u8(w, p->op);
	wr_u8(w, n);
	for (uint8_t i = 0; i < n; i++)
		wr_u16(w, p->p[i]);
}

static struct ip_wild wild_read(struct rd *r)
{
	struct ip_wild e = { .addr = rd_u32(r) };

	e.wild = rd_u32(r);
	return e;
}

static struct ip_prefix prefix_read(struct rd *r)
{
	struct ip_prefix p = { .addr.family = 6, .len = rd_u8(r) };

	rd_copy(r, p.addr.b, 16);
	r->bad |= p.len > 128;
	return p;
}

static void addrs_read(struct rd *r, uint32_t bits, struct ace *e)
{
	e->src = e->dst = (struct ip_wild){ .wild = ANY_WILD };
	e->ip6 = bits & ACE_IP6;
	if (e->ip6)
		e->src6.addr.family = e->dst6.addr.family = 6;
	if (bits & ACE_SRC && e->ip6)
		e->src6 = prefix_read(r);
	else if (bits & ACE_SRC)
		e->src = wild_read(r);
	if (bits & ACE_DST && e->ip6)
		e->dst6 = prefix_read(r);
	else if (bits & ACE_DST)
		e->dst = wild_read(r);
}

static int16_t any_or_u8(struct rd *r, uint32_t bits, enum ace_bit bit)
{
	return bits & bit ? rd_u8(r) : ACE_ANY;
}

/* Values that an access list can have; a code stands with a type only. */
static bool ace_valid(const struct ace *e)
{
	if (e->icmp_type < ACE_ANY || e->icmp_type > UINT8_MAX ||
		e->icmp_code < ACE_ANY || e->icmp_code > UINT8_MAX)
		return false;
	if (e->icmp_type == ACE_ANY && e->icmp_code != ACE_ANY)
		return false;
	if (e->ip6 && (e->precedence != ACE_ANY || e->tos != ACE_ANY ||
			      e->igmp_type != ACE_ANY || e->option != 0 ||
			      e->ttl.op != PORT_ANY))
		return false; /* IPv4's only */
	if (!e->ip6 && (e->has_flow || e->routing || e->dest_option))
		return false;
	return e->dscp < 64 && e->precedence < 8 && e->tos < 16 &&
	       e->flow_label < 1u << 20;
}

static bool ace_read(struct rd *r, struct ace *e)
{
	*e = (struct ace){ .seq = rd_u32(r) };
	uint32_t bits = rd_u32(r);

	if (!rd_ok(r) || (bits & ~(uint32_t)ACE_ALL_BITS) != 0)
		return false;
	e->permit = bits & ACE_PERMIT;
	e->proto = any_or_u8(r, bits, ACE_PROTO);
	addrs_read(r, bits, e);
	if (bits & ACE_SPORT)
		ports_read(r, &e->sport);
	if (bits & ACE_DPORT)
		ports_read(r, &e->dport);
	e->icmp_type = e->icmp_code = ACE_ANY;
	if (bits & ACE_ICMP) { /* 0xffff: any */
		e->icmp_type = (int16_t)rd_u16(r);
		e->icmp_code = (int16_t)rd_u16(r);
	}
	if (bits & ACE_TCP) {
		e->tcp_set = rd_u8(r);
		e->tcp_clear = rd_u8(r);
	}
	e->tcp_any = bits & ACE_TCP_ANY;
	e->established = bits & ACE_ESTABLISHED;
	e->dscp = any_or_u8(r, bits, ACE_DSCP);
	e->precedence = any_or_u8(r, bits, ACE_PRECEDENCE);
	e->tos = any_or_u8(r, bits, ACE_TOS);
	e->igmp_type = any_or_u8(r, bits, ACE_IGMP);
	if (bits & ACE_TTL)
		ports_read(r, &e->ttl);
	e->fragments = bits & ACE_FRAGMENTS;
	e->log = bits & ACE_LOG;
	if (bits & ACE_OPTION) {
		e->option = rd_u16(r);
		if (!ace_option_known(e->option))
			return false;
	}
	e->has_flow = bits & ACE_FLOW;
	if (e->has_flow)
		e->flow_label = rd_u32(r);
	e->routing = bits & ACE_ROUTING;
	e->dest_option = bits & ACE_DEST_OPTION;
	return rd_ok(r) && ace_valid(e);
}

static bool has_src(const struct ace *e)
{
	return e->ip6 ? e->src6.len != 0 : e->src.wild != ANY_WILD;
}

static bool has_dst(const struct ace *e)
{
	return e->ip6 ? e->dst6.len != 0 : e->dst.wild != ANY_WILD;
}

static uint32_t ace_bits(const struct ace *e)
{
	uint32_t bits = 0;

	bits |= e->permit ? ACE_PERMIT : 0;
	bits |= e->proto != ACE_ANY ? ACE_PROTO : 0;
	bits |= has_src(e) ? ACE_SRC : 0;
	bits |= has_dst(e) ? ACE_DST : 0;
	bits |= e->sport.op != PORT_ANY ? ACE_SPORT : 0;
	bits |= e->dport.op != PORT_ANY ? ACE_DPORT : 0;
	bits |= e->icmp_type != ACE_ANY ? ACE_ICMP : 0;
	bits |= e->tcp_set != 0 || e->tcp_clear != 0 ? ACE_TCP : 0;
	bits |= e->tcp_any ? ACE_TCP_ANY : 0;
	bits |= e->established ? ACE_ESTABLISHED : 0;
	bits |= e->dscp != ACE_ANY ? ACE_DSCP : 0;
	bits |= e->precedence != ACE_ANY ? ACE_PRECEDENCE : 0;
	bits |= e->tos != ACE_ANY ? ACE_TOS : 0;
	bits |= e->igmp_type != ACE_ANY ? ACE_IGMP : 0;
	bits |= e->ttl.op != PORT_ANY ? ACE_TTL : 0;
	bits |= e->fragments ? ACE_FRAGMENTS : 0;
	bits |= e->log ? ACE_LOG : 0;
	bits |= e->option != 0 ? ACE_OPTION : 0;
	bits |= e->ip6 ? ACE_IP6 : 0;
	bits |= e->has_flow ? ACE_FLOW : 0;
	bits |= e->routing ? ACE_ROUTING : 0;
	bits |= e->dest_option ? ACE_DEST_OPTION : 0;
	return bits;
}

static void wild_put(struct wr *w, struct ip_wild e)
{
	wr_u32(w, e.addr);
	wr_u32(w, e.wild);
}

static void prefix_put(struct wr *w, const struct ip_prefix *p)
{
	wr_u8(w, p->len);
	wr_bytes(w, p->addr.b, 16);
}

static void addrs_put(struct wr *w, uint32_t bits, const struct ace *e)
{
	if (bits & ACE_SRC && e->ip6)
		prefix_put(w, &e->src6);
	else if (bits & ACE_SRC)
		wild_put(w, e->src);
	if (bits & ACE_DST && e->ip6)
		prefix_put(w, &e->dst6);
	else if (bits & ACE_DST)
		wild_put(w, e->dst);
}

static void u8_put(struct wr *w, int16_t v)
{
	if (v != ACE_ANY)
		wr_u8(w, (uint8_t)v);
}

static void ace_put(struct wr *w, const struct ace *e)
{
	uint32_t bits = ace_bits(e);

	wr_u32(w, e->seq);
	wr_u32(w, bits);
	u8_put(w, e->proto);
	addrs_put(w, bits, e);
	if (bits & ACE_SPORT)
		ports_put(w, &e->sport);
	if (bits & ACE_DPORT)
		ports_put(w, &e->dport);
	if (bits & ACE_ICMP) {
		wr_u16(w, (uint16_t)e->icmp_type);
		wr_u16(w, (uint16_t)e->icmp_code);
	}
	if (bits & ACE_TCP) {
		wr_u8(w, e->tcp_set);
		wr_u8(w, e->tcp_clear);
	}
	u8_put(w, e->dscp);
	u8_put(w, e->precedence);
	u8_put(w, e->tos);
	u8_put(w, e->igmp_type);
	if (bits & ACE_TTL)
		ports_put(w, &e->ttl);
	if (bits & ACE_OPTION)
		wr_u16(w, e->option);
	if (bits & ACE_FLOW)
		wr_u32(w, e->flow_label);
}

static enum wire_err acl_read(struct rd *r, struct gdoi_sa *out)
{
	uint32_t spi = rd_u32(r);
	uint16_t n = rd_u16(r);
	size_t total = n;

	if (!rd_ok(r))
		return WIRE_TRUNCATED;
	if (out->n_acls == TEK_PACKETS_MAX)
		return WIRE_LIMIT;
	for (size_t i = 0; i < out->n_acls; i++)
		total += out->acls[i].acl.n;
	if (total > EXT_ACES_MAX)
		return WIRE_LIMIT;
	out->acls =
		xreallocarray(out->acls, out->n_acls + 1, sizeof *out->acls);
	struct acl_by_spi *a = &out->acls[out->n_acls++];

	*a = (struct acl_by_spi){ .spi = spi };
	a->acl.v = xcalloc(n == 0 ? 1 : n, sizeof *a->acl.v);
	for (; a->acl.n < n; a->acl.n++) {
		struct ace *e = &a->acl.v[a->acl.n];

		if (!ace_read(r, e))
			return WIRE_POLICY;
		/* A list is of one family, as its first entry is. */
		if (a->acl.n == 0)
			a->acl.ip6 = e->ip6;
		if (e->ip6 != a->acl.ip6)
			return WIRE_POLICY;
	}
	return WIRE_OK;
}

static enum wire_err group_read(struct rd *r, struct gdoi_sa *out)
{
	uint8_t flags = rd_u8(r), replay = rd_u8(r);
	uint32_t window = rd_u32(r);

	if (!rd_ok(r))
		return WIRE_TRUNCATED;
	if (replay > REPLAY_NONE)
		return WIRE_POLICY;
	out->receive_only = flags & GROUP_RECEIVE_ONLY;
	out->replay = replay;
	out->replay_window = window;
	return WIRE_OK;
}

static enum wire_err replay_read(struct rd *r, struct gdoi_sa *out)
{
	struct tek_replay t = { .spi = rd_u32(r) };
	uint8_t stamp = rd_u8(r);
	bool has_time;

	t.window_ms = rd_u32(r);
	t.counter = rd_u32(r);
	has_time = rd_u8(r) != 0;
	out->time_ms = rd_u64(r);
	out->has_time |= has_time;
	if (!rd_ok(r))
		return WIRE_TRUNCATED;
	if (stamp > DP_STAMP_D3P || t.window_ms > EXT_STAMP_MAX_MS ||
		(stamp == DP_STAMP_NONE) != (t.window_ms == 0) ||
		(stamp == DP_STAMP_TBAR && !has_time))
		return WIRE_POLICY;
	if (out->n_replays == TEK_PACKETS_MAX)
		return WIRE_LIMIT;
	t.stamp = stamp;
	out->replays = xreallocarray(
		out->replays, out->n_replays + 1, sizeof *out->replays);
	out->replays[out->n_replays++] = t;
	return WIRE_OK;
}

enum wire_err gdoi_ext_read(struct rd r, struct gdoi_sa *out)
{
	uint32_t magic = rd_u32(&r);
	uint8_t version = rd_u8(&r), kind = rd_u8(&r);

	if (!rd_ok(&r) || magic != EXT_MAGIC || version != EXT_VERSION ||
		kind < EXT_GROUP || kind > EXT_REPLAY) {
		out->skipped_sats++;
		return out->skipped_sats <= SATS_MAX ? WIRE_OK : WIRE_LIMIT;
	}
	if (kind == EXT_REPLAY)
		return replay_read(&r, out);
	return kind == EXT_GROUP ? group_read(&r, out) : acl_read(&r, out);
}

static void ext_begin(struct isakmp_wr *m, struct nested *n, uint8_t kind)
{
	gdoi_nested_begin(m, n, PLD_SAT);
	wr_u8(&m->w, SAT_PROTO_OURS);
	wr_u32(&m->w, EXT_MAGIC);
	wr_u8(&m->w, EXT_VERSION);
	wr_u8(&m->w, kind);
}

void gdoi_ext_put(
	struct isakmp_wr *m, struct nested *n, const struct gdoi_sa *sa)
{
	ext_begin(m, n, EXT_GROUP);
	wr_u8(&m->w, sa->receive_only ? GROUP_RECEIVE_ONLY : 0);
	wr_u8(&m->w, sa->replay);
	wr_u32(&m->w, sa->replay_window);
	gdoi_nested_end(m, n);
	for (size_t i = 0; i < sa->n_acls; i++) {
		const struct acl *a = &sa->acls[i].acl;

		ext_begin(m, n, EXT_ACL);
		wr_u32(&m->w, sa->acls[i].spi);
		wr_u16(&m->w, (uint16_t)a->n);
		for (size_t k = 0; k < a->n; k++)
			ace_put(&m->w, &a->v[k]);
		gdoi_nested_end(m, n);
	}
	for (size_t i = 0; i < sa->n_replays; i++) {
		const struct tek_replay *t = &sa->replays[i];

		ext_begin(m, n, EXT_REPLAY);
		wr_u32(&m->w, t->spi);
		wr_u8(&m->w, (uint8_t)t->stamp);
		wr_u32(&m->w, t->window_ms);
		wr_u32(&m->w, t->counter);
		wr_u8(&m->w, sa->has_time);
		wr_u64(&m->w, sa->time_ms);
		gdoi_nested_end(m, n);
	}
}
