/* The SA payload in the GDOI form, with SAK, GAP and SAT (RFC 6407 5.2..5.5;
 * protocol.md B.4..B.7).  What only our own systems understand stands in
 * gdoi_wire_ext.c. */
#include "gdoi/gdoi_wire.h"
#include "gdoi/gdoi_wire_priv.h"
#include <stdlib.h>
#include <string.h>

enum kek_attr {
	KEK_MANAGEMENT_ALGORITHM = 1,
	KEK_ALGORITHM = 2,
	KEK_KEY_LENGTH = 3,
	KEK_KEY_LIFETIME = 4,
	SIG_HASH_ALGORITHM = 5,
	SIG_ALGORITHM = 6,
	SIG_KEY_LENGTH = 7,
	KE_OAKLEY_GROUP = 8,
	KEK_ACK_REQUESTED = 9
};
enum gap_attr {
	ACTIVATION_TIME_DELAY = 1,
	DEACTIVATION_TIME_DELAY = 2,
	SENDER_ID_REQUEST = 3
};
enum sa_attr {
	SA_LIFE_TYPE = 1,
	SA_LIFE_DURATION = 2,
	SA_GROUP = 3,
	SA_ENCAPSULATION = 4,
	SA_AUTH_ALGORITHM = 5,
	SA_KEY_LENGTH = 6,
	SA_ECN_TUNNEL = 10,
	SA_ESN = 11,
	SA_ADDRESS_PRESERVATION = 14,
	SA_DIRECTION = 15
};
enum { LIFE_SECONDS = 1, LIFE_KILOBYTES = 2 };
enum { ENCAPS_TUNNEL = 1, ENCAPS_TRANSPORT = 2 };

#define PROTO_UDP             17
#define PROTO_AH              2
#define KEK_AES               3
#define KEK_LIFE_DEFAULT_SECS 86400 /* no RFC names one; IOS's */
#define TEK_LIFE_DEFAULT_SECS 28800 /* RFC 2407 4.5 */
#define PRESERVE_BOTH         4
#define DIRECTION_SYMMETRIC   3
#define SPI_RESERVED_MAX      255 /* RFC 4303 2.1 */
#define ANY_WILD              0xffffffffu

/* Bodies differ between implementations in two widths (protocol.md B.5): tried
 * in this order, the first that reads to the exact end is the one. */
static const struct sa_form {
	uint8_t id_len_octets, sak_gap;
} sa_forms[] = { { 1, 4 }, { 1, 6 }, { 2, 4 }, { 2, 6 } };

void gdoi_sa_free(struct gdoi_sa *sa)
{
	for (size_t i = 0; i < sa->n_acls; i++)
		acl_free(&sa->acls[i].acl);
	free(sa->acls);
	free(sa->sat);
	free(sa->replays);
	*sa = (struct gdoi_sa){ .has_sak = false };
}

void gdoi_skip_text(const struct gdoi_sa *sa, struct sbuf *out)
{
	static const char *const what[] = {
		[SAT_SKIP_PROTOCOL] = "TEK protocol",
		[SAT_SKIP_TRANSFORM] = "ESP transform",
		[SAT_SKIP_AUTH] = "ESP authentication algorithm",
		[SAT_SKIP_ENCAPSULATION] = "encapsulation mode",
		[SAT_SKIP_ESN] = "extended sequence numbers, value",
		[SAT_SKIP_SUITE] = "ESP key length",
		[SAT_SKIP_ATTRIBUTE] = "SA attribute",
		[SAT_SKIP_SELECTOR] = "identities of type",
		[SAT_SKIP_SPI] = "SPI",
	};

	if (sa->skip == SAT_USABLE)
		return;
	if (sa->skip == SAT_SKIP_PROTOCOL && sa->skip_value == PROTO_AH) {
		sbuf_adds(out, "AH not supported");
		return;
	}
	sbuf_printf(out, "%s %u not supported", what[sa->skip], sa->skip_value);
}

/* Is n a length that the ID type allows?  A SAT may leave its source empty. */
static bool id_len_ok(uint8_t type, size_t n, bool may_be_empty)
{
	if (may_be_empty && (n == 0 || n == 3))
		return true;
	switch (type) {
	case ID_IPV4:
		return n == 4;
	case ID_IPV4_SUBNET:
	case ID_IPV4_RANGE:
		return n == 8;
	case ID_IPV6:
		return n == 16;
	case ID_IPV6_SUBNET:
	case ID_IPV6_RANGE:
		return n == 32;
	default:
		return true;
	}
}

static bool end_id_read(struct rd *r, uint8_t len_octets, bool may_be_empty,
	struct wire_id *out)
{
	*out = (struct wire_id){ .type = rd_u8(r) };
	out->port = rd_u16(r);
	size_t n = len_octets == 1 ? rd_u8(r) : rd_u16(r);

	if (!rd_ok(r))
		return false;
	out->data = SPAN(rd_bytes(r, n), n);
	return rd_ok(r) && id_len_ok(out->type, n, may_be_empty);
}

/* At least one attribute, and the last one ends where the payload ends. */
static bool attrs_whole(struct rd r)
{
	struct attr a;
	int got, n = 0;

	while ((got = attr_read(&r, &a)) > 0)
		n++;
	return got == 0 && n > 0;
}

static void end_address(const struct wire_id *id, struct ip_addr *out)
{
	*out = (struct ip_addr){ .family = 0 };
	if (id->type == ID_IPV4 || id->type == ID_IPV4_SUBNET) {
		out->family = 4;
		memcpy(out->b, id->data.p, 4);
	} else if (id->type == ID_IPV6) {
		out->family = 6;
		memcpy(out->b, id->data.p, 16);
	}
}

/* An attribute or value that is not understood ends the registration (RFC 6407
 * 5.3.2); the RSA forms are those we can verify. */
static enum wire_err sak_attr(
	const struct attr *a, struct sak *out, uint32_t *alg, uint32_t *bits)
{
	const struct hash_alg *h;

	if (!a->is_num && a->type != KEK_KEY_LIFETIME)
		return WIRE_ATTRIBUTE;
	switch (a->type) {
	case KEK_MANAGEMENT_ALGORITHM:
	case KE_OAKLEY_GROUP:
		return WIRE_OK;
	case KEK_ALGORITHM:
		*alg = a->num;
		return WIRE_OK;
	case KEK_KEY_LENGTH:
		*bits = a->num;
		return WIRE_OK;
	case KEK_KEY_LIFETIME:
		out->life_secs = a->is_num ? a->num : UINT32_MAX;
		return WIRE_OK;
	case SIG_HASH_ALGORITHM:
		h = hash_by_sig_hash(a->num);
		out->sig_hash = h == NULL ? HASH_NONE : h->id;
		return WIRE_OK; /* ECDSA ignores it: judged in the end */
	case SIG_ALGORITHM:
		out->sig_alg = (uint8_t)a->num;
		return a->num == SIG_ALG_RSA ||
				       sig_alg_hash(a->num) != HASH_NONE
			       ? WIRE_OK
			       : WIRE_ATTRIBUTE;
	case SIG_KEY_LENGTH:
		out->sig_key_bits = (uint16_t)a->num;
		return a->num <= UINT16_MAX ? WIRE_OK : WIRE_ATTRIBUTE;
	case KEK_ACK_REQUESTED:
		/* A kind that we cannot do is no reason to refuse (8263 4). */
		out->ack = a->num <= UINT8_MAX ? (uint8_t)a->num : 0;
		return WIRE_OK;
	default:
		return WIRE_ATTRIBUTE;
	}
}

static enum wire_err sak_attrs(struct rd r, struct sak *out)
{
	uint32_t alg = 0, bits = 0;
	struct attr a;

	out->life_secs = KEK_LIFE_DEFAULT_SECS;
	while (attr_read(&r, &a) > 0) {
		enum wire_err e = sak_attr(&a, out, &alg, &bits);

		if (e != WIRE_OK)
			return e;
	}
	if (out->sig_alg != SIG_ALG_RSA)
		out->sig_hash = sig_alg_hash(out->sig_alg);
	if (alg == 0 || out->sig_alg == 0 || out->sig_hash == HASH_NONE)
		return WIRE_ATTRIBUTE;
	const struct cipher_alg *c =
		cipher_by_kek(alg, alg == KEK_AES ? bits : 0);

	if (c == NULL)
		return WIRE_TRANSFORM;
	out->cipher = c->id;
	return WIRE_OK;
}

static enum wire_err sak_read(struct rd body, struct sak *out)
{
	for (size_t i = 0; i < ARRAY_LEN(sa_forms); i++) {
		const struct sa_form *f = &sa_forms[i];
		struct rd r = body;
		struct wire_id src, dst;

		*out = (struct sak){ .spi = { 0 } };
		if (rd_u8(&r) != PROTO_UDP)
			return rd_ok(&r) ? WIRE_PROTOCOL : WIRE_TRUNCATED;
		if (!end_id_read(&r, f->id_len_octets, false, &src) ||
			!end_id_read(&r, f->id_len_octets, false, &dst))
			continue;
		rd_copy(&r, out->spi, sizeof out->spi);
		rd_skip(&r, f->sak_gap);
		if (!rd_ok(&r) || !attrs_whole(r))
			continue;
		end_address(&src, &out->src);
		end_address(&dst, &out->dst);
		out->src_port = src.port;
		out->dst_port = dst.port;
		return sak_attrs(r, out);
	}
	return WIRE_TRUNCATED;
}

static enum wire_err gap_read(struct rd r, struct gdoi_sa *out)
{
	struct attr a;
	int got;

	while ((got = attr_read(&r, &a)) > 0) {
		if (!a.is_num || a.num > UINT16_MAX)
			return WIRE_ATTRIBUTE;
		switch (a.type) {
		case ACTIVATION_TIME_DELAY:
			out->atd_secs = (uint16_t)a.num;
			break;
		case DEACTIVATION_TIME_DELAY:
			out->dtd_secs = (uint16_t)a.num;
			break;
		case SENDER_ID_REQUEST:
			break;
		default:
			return WIRE_ATTRIBUTE;
		}
	}
	return got < 0 ? WIRE_TRUNCATED : WIRE_OK;
}

/* "Any" of a SAT's source (RFC 6407 5.5.1). */
static bool end_is_empty(const struct wire_id *id)
{
	return id->data.n == 0 || id->data.n == 3;
}

static bool end_is_zero(const struct wire_id *id)
{
	for (size_t i = 0; i < id->data.n; i++)
		if (id->data.p[i] != 0)
			return false;
	return true;
}

/* False: a form of address that a selector cannot hold. */
static bool end_selector(const struct wire_id *id, struct ip_wild *out)
{
	struct rd r = rd_span(id->data);

	if (end_is_empty(id)) {
		*out = (struct ip_wild){ .wild = ANY_WILD };
		return end_is_zero(id);
	}
	uint32_t first = rd_u32(&r);

	switch (id->type) {
	case ID_IPV4:
		*out = (struct ip_wild){ .addr = first };
		return true;
	case ID_IPV4_SUBNET:
		*out = ip_wild_norm(
			(struct ip_wild){ .addr = first, .wild = ~rd_u32(&r) });
		return true;
	case ID_IPV4_RANGE:
		*out = (struct ip_wild){ .addr = first,
			.wild = first ^ rd_u32(&r) };
		return (out->wild & (out->wild + 1)) == 0 &&
		       (first & out->wild) == 0;
	default:
		return false;
	}
}

static bool is_ip6(const struct wire_id *id)
{
	return id->type == ID_IPV6 || id->type == ID_IPV6_SUBNET ||
	       id->type == ID_IPV6_RANGE;
}

/* How many bits from the first one on are set; false: others are, too. */
static bool mask6_len(const uint8_t mask[16], uint8_t *len)
{
	bool ended = false;

	*len = 0;
	for (unsigned i = 0; i < 128; i++) {
		bool set = mask[i / 8] >> (7 - i % 8) & 1;

		if (set && ended)
			return false;
		ended |= !set;
		*len += set;
	}
	return true;
}

/* The same of IPv6, which knows prefixes only. */
static bool end_selector6(const struct wire_id *id, struct ip_prefix *out)
{
	uint8_t mask[16], last[16];
	struct rd r = rd_span(id->data);

	*out = (struct ip_prefix){ .addr.family = 6 };
	if (end_is_empty(id))
		return end_is_zero(id);
	if (!is_ip6(id))
		return false;
	rd_copy(&r, out->addr.b, sizeof(out->addr.b));
	out->len = 128;
	if (id->type == ID_IPV6)
		return true;
	rd_copy(&r, last, sizeof(last));
	for (size_t i = 0; i < sizeof(mask); i++)
		mask[i] = id->type == ID_IPV6_SUBNET
				  ? last[i]
				  : (uint8_t)~(out->addr.b[i] ^ last[i]);
	if (!mask6_len(mask, &out->len))
		return false;
	for (size_t i = 0; id->type == ID_IPV6_RANGE && i < sizeof(mask); i++)
		if ((out->addr.b[i] & (uint8_t)~mask[i]) != 0)
			return false; /* begins inside the prefix */
	*out = ip_prefix_net(out);
	return true;
}

struct sat_raw {
	uint32_t transform, life_type, encaps, auth, bits, esn;
	enum sat_skip skip;
	uint32_t skip_value;
};

static void raw_skip(struct sat_raw *raw, enum sat_skip why, uint32_t value)
{
	if (raw->skip != SAT_USABLE)
		return; /* the first reason is told */
	raw->skip = why;
	raw->skip_value = value;
}

static void sat_attr(const struct attr *a, struct sat_raw *raw, struct sat *out)
{
	if (!a->is_num && a->type != SA_LIFE_DURATION) {
		raw_skip(raw, SAT_SKIP_ATTRIBUTE, a->type);
		return;
	}
	switch (a->type) {
	case SA_LIFE_TYPE:
		raw->life_type = a->num;
		break;
	case SA_LIFE_DURATION:
		if (raw->life_type == LIFE_SECONDS)
			out->life_secs = a->is_num ? a->num : UINT32_MAX;
		break;
	case SA_GROUP:
	case SA_ECN_TUNNEL:
		break;
	case SA_ENCAPSULATION:
		raw->encaps = a->num;
		break;
	case SA_AUTH_ALGORITHM:
		raw->auth = a->num;
		break;
	case SA_KEY_LENGTH:
		raw->bits = a->num;
		break;
	case SA_ESN:
		raw->esn = a->num;
		break;
	case SA_ADDRESS_PRESERVATION: /* 0 from gdoid: as if absent */
		if (a->num != 0)
			out->preservation = (uint8_t)a->num;
		break;
	case SA_DIRECTION:
		if (a->num != 0)
			out->direction = (uint8_t)a->num;
		break;
	default:
		raw_skip(raw, SAT_SKIP_ATTRIBUTE, a->type);
	}
}

/* Turns what the attributes said into a suite. */
static void sat_suite(struct sat_raw *raw, struct sat *out)
{
	const struct esp_cipher_alg *c =
		esp_cipher_by_transform(raw->transform);
	const struct esp_auth_alg *a = NULL;

	if (c == NULL) {
		raw_skip(raw, SAT_SKIP_TRANSFORM, raw->transform);
		return;
	}
	if (raw->esn != 0)
		raw_skip(raw, SAT_SKIP_ESN, raw->esn);
	if (raw->encaps != ENCAPS_TUNNEL && raw->encaps != ENCAPS_TRANSPORT)
		raw_skip(raw, SAT_SKIP_ENCAPSULATION, raw->encaps);
	if (raw->auth != 0) {
		a = esp_auth_by_wire(raw->auth);
		if (a == NULL)
			raw_skip(raw, SAT_SKIP_AUTH, raw->auth);
	}
	out->transport_mode = raw->encaps == ENCAPS_TRANSPORT;
	out->suite = (struct esp_suite){
		.cipher = (uint8_t)c->id,
		.auth = a == NULL ? ESP_AUTH_NONE : (uint8_t)a->id,
		.key_bits = c->fixed_key == 0 && c->id != ESP_CIPHER_NULL
				    ? (uint16_t)raw->bits
				    : 0,
	};
	if (raw->bits > UINT16_MAX || !esp_suite_valid(&out->suite))
		raw_skip(raw, SAT_SKIP_SUITE, raw->bits);
}

/* The destination, which is never empty, tells the family. */
static void sat_selectors(const struct wire_id *src, const struct wire_id *dst,
	struct sat_raw *raw, struct sat *out)
{
	bool src_ok, dst_ok;

	out->ip6 = is_ip6(dst);
	if (out->ip6) {
		src_ok = end_selector6(src, &out->src6);
		dst_ok = end_selector6(dst, &out->dst6);
	} else {
		src_ok = end_selector(src, &out->src);
		dst_ok = end_selector(dst, &out->dst);
	}
	if (!src_ok)
		raw_skip(raw, SAT_SKIP_SELECTOR, src->type);
	if (!dst_ok)
		raw_skip(raw, SAT_SKIP_SELECTOR, dst->type);
}

/* WIRE_OK with raw->skip set: well formed, but not for us (protocol.md F.33).
 * r stands after the protocol id. */
static enum wire_err sat_read(
	struct rd body, struct sat *out, struct sat_raw *raw)
{
	for (uint8_t id_octets = 1; id_octets <= 2; id_octets++) {
		struct rd r = body;
		struct wire_id src, dst;
		struct attr a;

		*raw = (struct sat_raw){ .encaps = ENCAPS_TUNNEL };
		*out = (struct sat){ .life_secs = TEK_LIFE_DEFAULT_SECS,
			.preservation = PRESERVE_BOTH,
			.direction = DIRECTION_SYMMETRIC };
		out->ip_proto = rd_u8(&r);
		if (!end_id_read(&r, id_octets, true, &src) ||
			!end_id_read(&r, id_octets, false, &dst))
			continue;
		raw->transform = rd_u8(&r);
		out->spi = rd_u32(&r);
		if (!rd_ok(&r) || !attrs_whole(r))
			continue;
		out->src_port = src.port;
		out->dst_port = dst.port;
		while (attr_read(&r, &a) > 0)
			sat_attr(&a, raw, out);
		sat_suite(raw, out);
		sat_selectors(&src, &dst, raw, out);
		if (out->spi <= SPI_RESERVED_MAX)
			raw_skip(raw, SAT_SKIP_SPI, out->spi);
		return WIRE_OK;
	}
	return WIRE_TRUNCATED;
}

static enum wire_err sat_add(struct rd body, struct gdoi_sa *out)
{
	uint8_t protocol = rd_u8(&body);
	struct sat_raw raw = { .skip = SAT_SKIP_PROTOCOL,
		.skip_value = protocol };
	struct sat sat;

	if (!rd_ok(&body))
		return WIRE_TRUNCATED;
	if (protocol == SAT_PROTO_OURS)
		return gdoi_ext_read(body, out);
	if (protocol == SAT_PROTO_ESP) {
		enum wire_err e = sat_read(body, &sat, &raw);

		if (e != WIRE_OK)
			return e;
	}
	if (raw.skip != SAT_USABLE) {
		out->skipped_sats++;
		if (out->skip == SAT_USABLE) {
			out->skip = raw.skip;
			out->skip_value = raw.skip_value;
		}
		return out->skipped_sats <= SATS_MAX ? WIRE_OK : WIRE_LIMIT;
	}
	if (out->n_sats == SATS_MAX)
		return WIRE_LIMIT;
	if ((out->n_sats & (out->n_sats - 1)) == 0) /* 0 and powers of two */
		out->sat = xreallocarray(out->sat,
			out->n_sats == 0 ? 1 : 2 * out->n_sats,
			sizeof *out->sat);
	out->sat[out->n_sats++] = sat;
	return WIRE_OK;
}

static enum wire_err nested_read(
	uint8_t type, struct rd body, struct gdoi_sa *out)
{
	switch (type) {
	case PLD_SAK:
		if (out->has_sak)
			return WIRE_PAYLOAD_TWICE;
		out->has_sak = true;
		return sak_read(body, &out->sak);
	case PLD_GAP:
		if (out->has_gap)
			return WIRE_PAYLOAD_TWICE;
		out->has_gap = true;
		return gap_read(body, out);
	case PLD_SAT:
		return sat_add(body, out);
	default:
		return WIRE_PAYLOAD_TYPE;
	}
}

static enum wire_err sa_read(struct rd r, struct gdoi_sa *out)
{
	uint32_t doi = rd_u32(&r), situation = rd_u32(&r);
	uint16_t type = rd_u16(&r);

	rd_skip(&r, 2);
	if (!rd_ok(&r))
		return WIRE_TRUNCATED;
	if (doi != GDOI_DOI)
		return WIRE_DOI;
	if (situation != 0)
		return WIRE_SITUATION;
	while (type != PLD_NONE) {
		uint8_t next = rd_u8(&r);

		rd_skip(&r, 1);
		struct rd body = rd_sub(&r, rd_u16(&r), PLD_HDR);

		if (!rd_ok(&r))
			return WIRE_TRUNCATED;
		if (type > UINT8_MAX)
			return WIRE_PAYLOAD_TYPE;
		enum wire_err e = nested_read((uint8_t)type, body, out);

		if (e != WIRE_OK)
			return e;
		type = next;
	}
	if (rd_left(&r) > 0)
		return WIRE_LENGTH;
	if (!out->has_sak && out->n_sats == 0 && out->skipped_sats == 0)
		return WIRE_PAYLOAD_MISSING;
	return WIRE_OK;
}

enum wire_err gdoi_sa_read(struct rd body, struct gdoi_sa *out)
{
	*out = (struct gdoi_sa){ .has_sak = false };
	enum wire_err e = sa_read(body, out);

	if (e != WIRE_OK)
		gdoi_sa_free(out);
	return e;
}

void gdoi_nested_begin(struct isakmp_wr *m, struct nested *n, uint8_t type)
{
	wr_patch_u8(&m->w, n->next_at, type);
	n->next_at = n->start = m->w.len;
	wr_u8(&m->w, PLD_NONE);
	wr_u8(&m->w, 0);
	wr_u16(&m->w, 0);
}

void gdoi_nested_end(struct isakmp_wr *m, const struct nested *n)
{
	size_t len = m->w.len - n->start;

	if (len > UINT16_MAX)
		m->w.bad = true;
	else
		wr_patch_u16(&m->w, n->start + 2, (uint16_t)len);
}

static void end_put(
	struct wr *w, enum id_type type, uint16_t port, uint8_t n, bool wide)
{
	wr_u8(w, (uint8_t)type);
	wr_u16(w, port);
	if (wide)
		wr_u16(w, n);
	else
		wr_u8(w, n);
}

static void end_put_addr(
	struct wr *w, const struct ip_addr *a, uint16_t port, bool wide)
{
	bool v6 = a->family == 6;
	uint8_t n = v6 ? 16 : 4;

	end_put(w, v6 ? ID_IPV6 : ID_IPV4, port, n, wide);
	wr_bytes(w, a->b, n);
}

static void end_put_wild(
	struct wr *w, struct ip_wild e, uint16_t port, bool wide)
{
	bool host = e.wild == 0;

	end_put(w, host ? ID_IPV4 : ID_IPV4_SUBNET, port, host ? 4 : 8, wide);
	wr_u32(w, e.addr);
	if (!host)
		wr_u32(w, ~e.wild);
}

static void end_put_prefix(
	struct wr *w, const struct ip_prefix *p, uint16_t port, bool wide)
{
	bool host = p->len == 128;
	uint8_t mask[16] = { 0 };

	for (unsigned i = 0; i < p->len; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	end_put(w, host ? ID_IPV6 : ID_IPV6_SUBNET, port, host ? 16 : 32, wide);
	wr_bytes(w, p->addr.b, 16);
	if (!host)
		wr_bytes(w, mask, sizeof(mask));
}

static void sak_put(struct wr *w, const struct sak *s, struct sa_habit habit)
{
	const struct cipher_alg *c = cipher_alg(s->cipher);
	const struct hash_alg *h = hash_alg(s->sig_hash);

	wr_u8(w, PROTO_UDP);
	end_put_addr(w, &s->src, s->src_port, habit.wide_sak_ids);
	end_put_addr(w, &s->dst, s->dst_port, habit.wide_sak_ids);
	wr_bytes(w, s->spi, sizeof s->spi);
	wr_zero(w, habit.long_reserved ? 6 : 4);
	attr_put_tv(w, KEK_ALGORITHM, c->kek);
	if (c->key_bits > 0)
		attr_put_tv(w, KEK_KEY_LENGTH, c->key_bits);
	attr_put_u32(w, KEK_KEY_LIFETIME, s->life_secs);
	if (s->sig_alg == SIG_ALG_RSA)
		attr_put_tv(w, SIG_HASH_ALGORITHM, h->sig_hash);
	attr_put_tv(w, SIG_ALGORITHM, s->sig_alg);
	attr_put_tv(w, SIG_KEY_LENGTH, s->sig_key_bits);
	if (s->ack > 0)
		attr_put_tv(w, KEK_ACK_REQUESTED, s->ack);
}

static void sat_put(struct wr *w, const struct sat *s, struct sa_habit habit)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(s->suite.cipher);
	const struct esp_auth_alg *a = esp_auth_alg(s->suite.auth);

	wr_u8(w, SAT_PROTO_ESP);
	wr_u8(w, s->ip_proto);
	if (s->ip6) {
		end_put_prefix(w, &s->src6, s->src_port, habit.wide_sat_ids);
		end_put_prefix(w, &s->dst6, s->dst_port, habit.wide_sat_ids);
	} else {
		end_put_wild(w, s->src, s->src_port, habit.wide_sat_ids);
		end_put_wild(w, s->dst, s->dst_port, habit.wide_sat_ids);
	}
	wr_u8(w, c->transform);
	wr_u32(w, s->spi);
	attr_put_tv(w, SA_LIFE_TYPE, LIFE_SECONDS);
	attr_put_u32(w, SA_LIFE_DURATION, s->life_secs);
	attr_put_tv(w, SA_ENCAPSULATION,
		s->transport_mode ? ENCAPS_TRANSPORT : ENCAPS_TUNNEL);
	if (a != NULL && s->suite.auth != ESP_AUTH_NONE)
		attr_put_tv(w, SA_AUTH_ALGORITHM, a->wire);
	if (s->suite.key_bits > 0)
		attr_put_tv(w, SA_KEY_LENGTH, s->suite.key_bits);
	if (s->preservation != PRESERVE_BOTH)
		attr_put_tv(w, SA_ADDRESS_PRESERVATION, s->preservation);
	if (s->direction != DIRECTION_SYMMETRIC)
		attr_put_tv(w, SA_DIRECTION, s->direction);
}

void gdoi_sa_put(struct isakmp_wr *m, const struct gdoi_sa *sa, bool to_ours)
{
	struct wr *w = &m->w;
	struct nested n;

	isakmp_begin(m, PLD_SA);
	wr_u32(w, GDOI_DOI);
	wr_u32(w, 0);
	n = (struct nested){ .next_at = w->len + 1 }; /* low octet of 16 bits */
	wr_u16(w, PLD_NONE);
	wr_u16(w, 0);
	if (sa->has_sak) {
		gdoi_nested_begin(m, &n, PLD_SAK);
		sak_put(w, &sa->sak, sa->habit);
		gdoi_nested_end(m, &n);
	}
	if (sa->has_gap) {
		gdoi_nested_begin(m, &n, PLD_GAP);
		if (sa->atd_secs > 0)
			attr_put_tv(w, ACTIVATION_TIME_DELAY, sa->atd_secs);
		if (sa->dtd_secs > 0)
			attr_put_tv(w, DEACTIVATION_TIME_DELAY, sa->dtd_secs);
		gdoi_nested_end(m, &n);
	}
	for (size_t i = 0; i < sa->n_sats; i++) {
		gdoi_nested_begin(m, &n, PLD_SAT);
		sat_put(w, &sa->sat[i], sa->habit);
		gdoi_nested_end(m, &n);
	}
	if (to_ours)
		gdoi_ext_put(m, &n, sa);
	isakmp_end(m);
}
