/* Informational exchanges: Delete and Notify, protected by an SA or in the
 * clear (RFC 2409 5.7; protocol.md A.11). */
#include "gdoi/debug_priv.h"
#include <string.h>

/* An informational exchange is one message, never answered nor repeated. */
static void info_send(struct ike_sa *sa, uint8_t type, struct span payload)
{
	uint32_t mid = sa_mid_make(sa);
	uint8_t iv[CIPHER_MAX_BLOCK];

	sa_first_iv(sa, mid, iv);
	ike_transmit(
		sa, sa_message(sa, XCHG_INFO, mid, NULL, 0, type, payload, iv));
}

static void cookies_put(const struct ike_sa *sa, struct wr *w)
{
	wr_bytes(w, sa->key.cky_i, COOKIE_BYTES);
	wr_bytes(w, sa->cky_r, COOKIE_BYTES);
}

/* The SA's own DOI stands in D and N, as 1 in those of the IPsec DOI. */
static void info_begin(
	struct isakmp_wr *m, uint8_t *buf, size_t cap, uint8_t type)
{
	isakmp_chain_begin(m, buf, cap);
	isakmp_begin(m, type);
	wr_u32(&m->w, 1);
	wr_u8(&m->w, 1);
	wr_u8(&m->w, N_SPI_BYTES);
}

void info_send_delete(struct ike_sa *sa)
{
	uint8_t buf[64];
	struct isakmp_wr m;

	SA_DEBUG(sa, DELETE_OUT, .a = 0);
	info_begin(&m, buf, sizeof buf, PLD_D);
	wr_u16(&m.w, 1);
	cookies_put(sa, &m.w);
	info_send(sa, PLD_D, isakmp_wr_end(&m));
}

void info_send_notify(struct ike_sa *sa, uint16_t type, struct span data)
{
	uint8_t buf[64];
	struct isakmp_wr m;

	SA_DEBUG(sa, NOTIFY_OUT, .text = notify_name(type), .b = type);
	info_begin(&m, buf, sizeof buf, PLD_N);
	wr_u16(&m.w, type);
	cookies_put(sa, &m.w);
	wr_span(&m.w, data);
	info_send(sa, PLD_N, isakmp_wr_end(&m));
}

void ike_sa_notify(struct ike_sa *sa, uint16_t type)
{
	if (sa->state != SA_UP || type == 0)
		return;
	exchanges_told(sa);
	dpd_before_send(sa);
	info_send_notify(sa, type, SPAN(NULL, 0));
}

/* Our life of the SA is shorter than the one offered (RFC 2407 4.6.3.1). */
void info_send_lifetime(struct ike_sa *sa, uint32_t secs)
{
	uint8_t buf[16];
	struct wr w = wr_init(buf, sizeof buf);

	attr_put_tv(&w, P1_LIFE_TYPE, LIFE_SECONDS);
	attr_put_u32(&w, P1_LIFE_DURATION, secs);
	info_send_notify(sa, N_RESPONDER_LIFETIME, wr_done(&w));
}

struct notify {
	uint8_t protocol;
	uint16_t type;
	struct span spi, data;
};

static enum wire_err notify_read(struct rd r, struct notify *out)
{
	rd_skip(&r, 4); /* DOI: 0, 1 and 2 all occur */
	out->protocol = rd_u8(&r);
	size_t spi_n = rd_u8(&r);

	out->type = rd_u16(&r);
	out->spi = SPAN(rd_bytes(&r, spi_n), spi_n);
	if (!rd_ok(&r))
		return WIRE_TRUNCATED;
	out->data = rd_rest(&r);
	return WIRE_OK;
}

/* Does a D payload name this phase-1 SA?  strongSwan sends DOI 0. */
static bool delete_names_sa(const struct ike_sa *sa, struct rd r)
{
	uint32_t doi = rd_u32(&r);
	uint8_t protocol = rd_u8(&r), spi_n = rd_u8(&r);
	uint16_t n = rd_u16(&r);

	if (!rd_ok(&r) || doi > GDOI_DOI || protocol != 1 ||
		spi_n != N_SPI_BYTES || rd_left(&r) != (size_t)n * spi_n)
		return false;
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *spi = rd_bytes(&r, N_SPI_BYTES);

		if (spi != NULL &&
			memcmp(spi, sa->key.cky_i, COOKIE_BYTES) == 0 &&
			memcmp(spi + COOKIE_BYTES, sa->cky_r, COOKIE_BYTES) ==
				0)
			return true;
	}
	return false;
}

/* A refusal in the clear counts only while our offer is all there is, and it
 * names our cookie: whoever sees that could as well swallow the offer. */
static enum wire_err info_clear(struct ike_sa *sa, const struct ike_dgram *in)
{
	struct payloads p;
	struct notify n;
	enum wire_err e = isakmp_split(in->body, in->hdr.next, &p);
	const struct payload *q;

	if (e != WIRE_OK)
		return e;
	if (sa->state != SA_I1 && sa->state != SA_A1) { /* told, never believed */
		ike_report(sa->ike, REPORT_IKMP_NOT_ENCRYPTED,
			&in->path->remote.ip, WIRE_NOT_ENCRYPTED, 0, "");
		return WIRE_NOT_ENCRYPTED;
	}
	q = payload_get(&p, PLD_N);
	if (q == NULL)
		return WIRE_PAYLOAD_MISSING;
	e = notify_read(q->body, &n);
	if (e != WIRE_OK)
		return e;
	SA_DEBUG(sa, NOTIFY_CLEAR, .text = notify_name(n.type), .b = n.type);
	struct sa_event ev = { .kind = EV_REFUSED, .err = WIRE_NO_PROPOSAL };

	if (n.type == wire_err_notify(WIRE_DOI))
		ev.err = WIRE_DOI;
	else if (n.type == wire_err_notify(WIRE_SITUATION))
		ev.err = WIRE_SITUATION;
	else if (n.type != wire_err_notify(WIRE_NO_PROPOSAL))
		return WIRE_NOT_ENCRYPTED;
	sa_step(sa, &ev);
	return WIRE_OK;
}

static bool info_seen(struct ike_sa *sa, uint32_t mid)
{
	for (size_t i = 0; i < ARRAY_LEN(sa->info_mid); i++)
		if (sa->info_mid[i] == mid)
			return true;
	sa->info_mid[sa->info_at++ % ARRAY_LEN(sa->info_mid)] = mid;
	return false;
}

/* RESPONDER-LIFETIME: only ever shortens the life. */
static enum wire_err lifetime_take(struct ike_sa *sa, struct span data)
{
	struct rd r = rd_span(data);
	uint32_t type = 0, secs = 0;
	struct attr a;
	int got;

	while ((got = attr_read(&r, &a)) == 1) {
		if (a.type == P1_LIFE_TYPE)
			type = a.num;
		if (a.type == P1_LIFE_DURATION && a.is_num)
			secs = a.num;
	}
	if (got < 0)
		return WIRE_TRUNCATED;
	if (type != LIFE_SECONDS || secs == 0)
		return WIRE_ATTRIBUTE;
	if (sa->initiator)
		sa_shorten(sa, secs);
	return WIRE_OK;
}

static enum wire_err notify_act(struct ike_sa *sa, struct rd body)
{
	struct ike *ike = sa->ike;
	struct notify n;
	enum wire_err e = notify_read(body, &n);

	if (e != WIRE_OK)
		return e;
	SA_DEBUG(sa, NOTIFY_IN, .text = notify_name(n.type), .b = n.type);
	switch (n.type) {
	case N_R_U_THERE:
	case N_R_U_THERE_ACK:
		return dpd_notify(sa, n.type, n.spi, n.data);
	case N_RESPONDER_LIFETIME:
		return n.protocol == 1 ? lifetime_take(sa, n.data) : WIRE_OK;
	case N_INITIAL_CONTACT:
		sa_drop_older(sa, 0);
		return WIRE_OK;
	default:
		ike->doi.notify(ike->doi.ctx, sa, n.type, n.data);
		return WIRE_OK;
	}
}

/* A Delete of ESP SAs, as strongSwan and IOS send, concerns none of ours. */
static enum wire_err info_act(struct ike_sa *sa, const struct payloads *p)
{
	enum wire_err e = WIRE_OK;

	for (size_t i = 1; i < p->n; i++) {
		const struct payload *q = &p->v[i];

		if (q->type == PLD_D)
			SA_DEBUG(sa, DELETE_IN, .a = 0);
		if (q->type == PLD_D && delete_names_sa(sa, q->body))
			sa_doom(sa, IKE_DOWN_DELETED, false);
		if (q->type == PLD_N && e == WIRE_OK)
			e = notify_act(sa, q->body);
	}
	return e;
}

/* A message that begins an exchange with HASH(1), and comes for the first
 * time; its payloads. */
static enum wire_err first_open(
	struct ike_sa *sa, const struct ike_dgram *in, struct payloads *p)
{
	uint8_t iv[CIPHER_MAX_BLOCK], want[HASH_MAX_BYTES];
	enum wire_err e = sa_protected_check(sa, in);

	if (e != WIRE_OK)
		return e;
	sa_first_iv(sa, in->hdr.mid, iv);
	e = sa_open(sa, in, iv, p);
	if (e != WIRE_OK)
		return e;
	struct rd got = p->v[0].body;
	size_t n =
		sa_hash(sa, in->hdr.mid, NULL, 0, payloads_after_hash(p), want);

	if (rd_left(&got) != n || !mem_equal_secret(want, got.p, n))
		return WIRE_HASH;
	return info_seen(sa, in->hdr.mid) ? WIRE_REPLAY : WIRE_OK;
}

static enum wire_err info_protected(
	struct ike_sa *sa, const struct ike_dgram *in)
{
	struct payloads p;
	enum wire_err e = first_open(sa, in, &p);

	return e == WIRE_OK ? info_act(sa, &p) : e;
}

enum wire_err info_refuse_exchange(
	struct ike_sa *sa, const struct ike_dgram *in)
{
	struct payloads p;
	enum wire_err e = first_open(sa, in, &p);

	mem_wipe(sa->ike->clear, in->body.n);
	if (e == WIRE_OK)
		ike_sa_notify(sa, N_UNSUPPORTED_EXCHANGE);
	return WIRE_EXCHANGE;
}

void info_input(struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in)
{
	bool encrypted = in->hdr.flags & ISAKMP_FLAG_E;
	enum wire_err e =
		encrypted ? info_protected(sa, in) : info_clear(sa, in);

	mem_wipe(ike->clear, in->body.n);
	if (e != WIRE_OK)
		ike_drop(ike, e);
}
