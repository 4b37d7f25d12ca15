/* The phase-1 SA payload: offers and answers (RFC 2409 5, appendix A;
 * protocol.md A.3). */
#include "gdoi/ike_priv.h"

#define PROTO_ISAKMP   1
#define KEY_IKE        1
#define ISAKMP_SPI_MAX 16
#define SIT_IDENTITY   1

struct p1_raw {
	uint32_t encryption, hash, auth, group, bits, life_type, life_secs;
};

/* False: an attribute that we do not know, so the transform cannot match. */
static bool attr_take(const struct attr *a, struct p1_raw *raw)
{
	if (a->type == P1_LIFE_DURATION) {
		if (raw->life_type == LIFE_SECONDS && a->is_num)
			raw->life_secs = a->num;
		return true;
	}
	if (!a->is_num)
		return false;
	switch (a->type) {
	case P1_ENCRYPTION:
		raw->encryption = a->num;
		return true;
	case P1_HASH:
		raw->hash = a->num;
		return true;
	case P1_AUTH:
		raw->auth = a->num;
		return true;
	case P1_GROUP:
		raw->group = a->num;
		return true;
	case P1_KEY_LENGTH:
		raw->bits = a->num;
		return true;
	case P1_LIFE_TYPE:
		raw->life_type = a->num;
		return true;
	default:
		return false;
	}
}

static enum wire_err transform_read(struct rd body, struct ike_transform *out)
{
	struct p1_raw raw = { .life_secs = LIFE_FOREVER };
	bool known = true;
	struct attr a;
	int got;

	*out = (struct ike_transform){ .number = rd_u8(&body) };
	uint8_t id = rd_u8(&body);

	rd_skip(&body, 2);
	if (!rd_ok(&body))
		return WIRE_TRUNCATED;
	out->attrs = SPAN(body.p, rd_left(&body));
	while ((got = attr_read(&body, &a)) > 0)
		known = attr_take(&a, &raw) && known;
	if (got < 0)
		return WIRE_TRUNCATED;
	const struct cipher_alg *c = cipher_by_ike(raw.encryption, raw.bits);
	const struct hash_alg *h = hash_by_ike(raw.hash);
	const struct dh_alg *d = dh_alg(raw.group);

	out->usable = known && id == KEY_IKE && c != NULL && h != NULL &&
		      d != NULL && raw.auth <= UINT16_MAX;
	if (out->usable)
		out->policy = (struct isakmp_policy){ .cipher = c->id,
			.hash = h->id,
			.auth = raw.auth,
			.group = d->group,
			.life_secs = raw.life_secs };
	return WIRE_OK;
}

static enum wire_err transforms_read(
	struct rd r, uint8_t count, struct ike_offer *out)
{
	for (uint8_t next = PLD_T; next == PLD_T;) {
		next = rd_u8(&r);
		rd_skip(&r, 1);
		struct rd body = rd_sub(&r, rd_u16(&r), PLD_HDR);

		if (!rd_ok(&r))
			return WIRE_TRUNCATED;
		if (next != PLD_T && next != PLD_NONE)
			return WIRE_PROPOSAL;
		if (out->n == IKE_TRANSFORMS_MAX)
			return WIRE_LIMIT;
		enum wire_err e = transform_read(body, &out->t[out->n++]);

		if (e != WIRE_OK)
			return e;
	}
	return rd_left(&r) == 0 && out->n == count ? WIRE_OK : WIRE_PROPOSAL;
}

enum wire_err ike_offer_read(struct span sa_b, struct ike_offer *out)
{
	struct rd r = rd_span(sa_b);

	out->doi = rd_u32(&r);
	out->situation = rd_u32(&r);
	out->n = 0;
	uint8_t next = rd_u8(&r);

	rd_skip(&r, 1);
	struct rd p = rd_sub(&r, rd_u16(&r), PLD_HDR);

	out->proposal = rd_u8(&p);
	uint8_t protocol = rd_u8(&p), spi_n = rd_u8(&p), count = rd_u8(&p);

	if (!rd_ok(&r) || !rd_ok(&p))
		return WIRE_TRUNCATED;
	if (out->doi != 1 && out->doi != GDOI_DOI)
		return WIRE_DOI;
	if (out->situation > SIT_IDENTITY)
		return WIRE_SITUATION;
	if (next != PLD_NONE || rd_left(&r) != 0 || protocol != PROTO_ISAKMP ||
		spi_n > ISAKMP_SPI_MAX || count == 0)
		return WIRE_PROPOSAL;
	rd_skip(&p, spi_n); /* some send their cookie */
	return transforms_read(p, count, out);
}

static bool policy_usable(const struct ike *ike, const struct isakmp_policy *p,
	const struct ike_peer *peer)
{
	const struct auth_method *m = auth_method(p->auth);

	return m != NULL && m->usable(ike, peer) &&
	       cipher_available(p->cipher) && hash_alg(p->hash) != NULL &&
	       dh_alg(p->group) != NULL;
}

const struct ike_transform *ike_offer_choose(const struct ike *ike,
	const struct ike_peer *peer, const struct ike_offer *o,
	struct isakmp_policy *out)
{
	for (size_t i = 0; i < ike->config.n_policies; i++) {
		const struct isakmp_policy *p = &ike->config.policy[i];

		if (!policy_usable(ike, p, peer))
			continue;
		for (size_t k = 0; k < o->n; k++) {
			const struct ike_transform *t = &o->t[k];

			if (!t->usable || t->policy.cipher != p->cipher ||
				t->policy.hash != p->hash ||
				t->policy.auth != p->auth ||
				t->policy.group != p->group)
				continue;
			*out = *p;
			if (t->policy.life_secs < out->life_secs)
				out->life_secs = t->policy.life_secs;
			return t;
		}
	}
	return NULL;
}

static void transform_put(
	struct wr *w, const struct isakmp_policy *p, uint8_t number, bool last)
{
	const struct cipher_alg *c = cipher_alg(p->cipher);

	wr_u8(w, last ? PLD_NONE : PLD_T);
	wr_u8(w, 0);
	size_t at = wr_len16(w);

	wr_u8(w, number);
	wr_u8(w, KEY_IKE);
	wr_u16(w, 0);
	attr_put_tv(w, P1_ENCRYPTION, c->ike);
	if (c->key_bits > 0)
		attr_put_tv(w, P1_KEY_LENGTH, c->key_bits);
	attr_put_tv(w, P1_HASH, hash_alg(p->hash)->ike);
	attr_put_tv(w, P1_GROUP, p->group);
	attr_put_tv(w, P1_AUTH, (uint16_t)p->auth);
	attr_put_tv(w, P1_LIFE_TYPE, LIFE_SECONDS);
	attr_put_u32(w, P1_LIFE_DURATION, p->life_secs);
	wr_len16_end(w, at, 2);
}

size_t ike_offer_put(struct isakmp_wr *m, const struct ike *ike,
	const struct ike_peer *peer, uint8_t doi, struct isakmp_policy *first)
{
	const struct isakmp_policy *v[IKE_POLICIES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < ike->config.n_policies; i++) {
		const struct isakmp_policy *p = &ike->config.policy[i];

		if (policy_usable(ike, p, peer) &&
			(first == NULL || n == 0 || p->group == v[0]->group))
			v[n++] = p;
	}
	if (first != NULL && n > 0)
		*first = *v[0];
	isakmp_begin(m, PLD_SA);
	wr_u32(&m->w, doi);
	wr_u32(&m->w, doi == GDOI_DOI ? 0 : SIT_IDENTITY);
	wr_u8(&m->w, PLD_NONE);
	wr_u8(&m->w, 0);
	size_t at = wr_len16(&m->w);

	wr_u8(&m->w, 1);
	wr_u8(&m->w, PROTO_ISAKMP);
	wr_u8(&m->w, 0);
	wr_u8(&m->w, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		transform_put(&m->w, v[i], (uint8_t)(i + 1), i + 1 == n);
	wr_len16_end(&m->w, at, 2);
	isakmp_end(m);
	return n;
}

void ike_answer_put(struct isakmp_wr *m, const struct ike_offer *o,
	const struct ike_transform *t)
{
	struct wr *w = &m->w;

	isakmp_begin(m, PLD_SA);
	wr_u32(w, o->doi);
	wr_u32(w, o->situation);
	wr_u8(w, PLD_NONE);
	wr_u8(w, 0);
	size_t proposal = wr_len16(w);

	wr_u8(w, o->proposal);
	wr_u8(w, PROTO_ISAKMP);
	wr_u8(w, 0);
	wr_u8(w, 1);
	wr_u8(w, PLD_NONE);
	wr_u8(w, 0);
	size_t transform = wr_len16(w);

	wr_u8(w, t->number);
	wr_u8(w, KEY_IKE);
	wr_u16(w, 0);
	wr_span(w, t->attrs);
	wr_len16_end(w, transform, 2);
	wr_len16_end(w, proposal, 2);
	isakmp_end(m);
}
