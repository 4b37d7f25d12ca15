/* The ISAKMP endpoint of a box: finds the SA of a datagram, starts and ends
 * SAs on demand, keeps configuration and counters. */
#include "gdoi/debug_priv.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_1 0x10
#define FLAG_C    0x02 /* ignored (A.1) */

void bytes_set(struct bytes *b, const void *p, size_t n)
{
	bytes_free(b);
	*b = (struct bytes){ .p = xmemdup(p, n), .n = n };
}

void bytes_free(struct bytes *b)
{
	if (b->p != NULL)
		mem_wipe(b->p, b->n);
	free(b->p);
	*b = (struct bytes){ .p = NULL };
}

const char *ike_version_text(uint32_t version, char buf[IKE_VERSION_TEXT])
{
	snprintf(buf, IKE_VERSION_TEXT, "%u.%u.%u", version >> 24,
		version >> 16 & 0xff, version >> 8 & 0xff);
	return buf;
}

uint64_t ike_now(const struct ike *ike)
{
	return ike->env.now(ike->env.ctx);
}

void ike_report(const struct ike *ike, enum report_id id,
	const struct ip_addr *peer, enum wire_err e, uint32_t n,
	const char *text)
{
	const struct report r = { .id = id,
		.group = "",
		.peer = *peer,
		.err = e,
		.n = n,
		.text = text };

	ike->env.report(ike->env.ctx, &r);
}

void ike_send(struct ike *ike, const struct udp_path *path, bool marker,
	struct span data)
{
	ike->stats.tx++;
	if (!marker) {
		ike->env.send(ike->env.ctx, path, data);
		return;
	}
	auto_free uint8_t *p = xcalloc(1, IKE_MARKER_BYTES + data.n);

	memcpy(p + IKE_MARKER_BYTES, data.p, data.n);
	ike->env.send(ike->env.ctx, path, SPAN(p, IKE_MARKER_BYTES + data.n));
}

void ike_transmit(struct ike_sa *sa, struct span data)
{
	if (sa->muted)
		return;
	ike_debug_out(sa->ike, sa, &sa->path, data);
	if (fragments_due(sa, data.n))
		fragments_send(sa, data);
	else
		ike_send(sa->ike, &sa->path, sa->marker, data);
}

struct ike *ike_new(const struct env *env, const struct ike_doi *doi)
{
	struct ike *ike = xcalloc(1, sizeof *ike);

	ike->env = *env;
	ike->doi = *doi;
	ike->next_conn_id = IKE_FIRST_CONN_ID;
	TAILQ_INIT(&ike->sas);
	limits_init(&ike->limits);
	firsts_init(&ike->firsts);
	return ike;
}

void ike_free(struct ike *ike)
{
	if (ike == NULL)
		return;
	while (!TAILQ_EMPTY(&ike->sas))
		sa_free(TAILQ_FIRST(&ike->sas));
	limits_fini(&ike->limits);
	firsts_fini(&ike->firsts);
	history_fini(&ike->history);
	isakmp_config_free(&ike->config);
	mem_wipe(ike->clear, sizeof ike->clear);
	mem_wipe(ike->out, sizeof ike->out);
	free(ike);
}

void ike_set_config(struct ike *ike, const struct isakmp_config *c)
{
	struct isakmp_config copy;
	struct ike_sa *sa;

	isakmp_config_dup(&copy, c);
	isakmp_config_free(&ike->config);
	ike->config = copy;
	history_size(&ike->history, copy.diagnose_entries);
	TAILQ_FOREACH(sa, &ike->sas, link)
		dpd_config_changed(sa);
	if (copy.disconnect_revoked)
		ike_end_revoked(ike);
}

struct ike_sa *ike_connect(struct ike *ike, const struct udp_path *path)
{
	return ike_connect_as(ike, path, "");
}

/* An SA that was begun for this caller's sake, or could have been. */
static bool connects_as(const struct ike_sa *sa, const char *profile)
{
	return sa->profile_set ? strcmp(sa->profile, profile) == 0
			       : profile[0] == '\0';
}

struct ike_sa *ike_connect_as(
	struct ike *ike, const struct udp_path *path, const char *profile)
{
	struct source *s =
		source_get(&ike->limits, &path->remote.ip, ike_now(ike));
	struct ike_sa *sa;

	TAILQ_FOREACH(sa, &s->sas, source_link) {
		if (!sa->initiator || sa->doomed || !connects_as(sa, profile) ||
			sa->path.remote.port != path->remote.port ||
			sa->path.local.port != path->local.port ||
			!ip_equal(&sa->path.local.ip, &path->local.ip))
			continue;
		if (sa->state == SA_UP) {
			sa_hold(sa);
			sa->notify_up = true;
			sa_kick(sa);
		}
		return sa;
	}
	enum wire_err e = ike_admit(ike, path, false);

	sa = sa_new(ike, path, true);
	sa->profile_set = profile[0] != '\0';
	snprintf(sa->profile, sizeof sa->profile, "%s", profile);
	if (e != WIRE_OK) {
		sa_doom(sa, IKE_DOWN_LIMIT, false);
		return sa;
	}
	sa_renew_cookie(sa);
	sa_kick(sa);
	return sa;
}

bool ike_has_cookies(const struct ike *ike, const uint8_t cookies[16])
{
	const struct ike_sa *sa;

	TAILQ_FOREACH(sa, &ike->sas, link) {
		if (memcmp(sa->key.cky_i, cookies, COOKIE_BYTES) == 0 &&
			memcmp(sa->cky_r, cookies + COOKIE_BYTES,
				COOKIE_BYTES) == 0)
			return true;
	}
	return false;
}

bool ike_has_sa(const struct ike *ike, const struct udp_path *path,
	const uint8_t cky_i[COOKIE_BYTES])
{
	return sa_find(ike, cky_i, path) != NULL;
}

size_t ike_clear(struct ike *ike, enum ike_which which, uint32_t conn_id)
{
	struct ike_sa *sa;
	size_t n = 0;

	TAILQ_FOREACH(sa, &ike->sas, link) {
		if (sa->doomed || (which == IKE_ACTIVE && sa->state != SA_UP) ||
			(which == IKE_CONN && sa->conn_id != conn_id))
			continue;
		sa_doom(sa, IKE_DOWN_LOCAL, true);
		n++;
	}
	return n;
}

/* A refusal before there is a key: in the clear, without state, and not at the
 * rate that somebody with a borrowed address may wish. */
static void refuse_offer(
	struct ike *ike, const struct ike_dgram *in, enum wire_err e)
{
	struct isakmp_hdr h = { .version = VERSION_1, .exchange = XCHG_INFO };
	struct isakmp_wr m;
	uint32_t mid;

	if (!ike_may_refuse(ike, &in->path->remote.ip)) {
		ike->stats.rate_refused++;
		return;
	}
	memcpy(h.cky_i, in->hdr.cky_i, sizeof h.cky_i);
	cookie_make(ike, h.cky_i, h.cky_r);
	ike->env.random(ike->env.ctx, &mid, sizeof mid);
	h.mid = mid | 1;
	isakmp_wr_begin(&m, ike->out, ISAKMP_MSG_MAX, &h);
	isakmp_begin(&m, PLD_N);
	wr_u32(&m.w, 1);
	wr_u8(&m.w, 1);
	wr_u8(&m.w, 0);
	wr_u16(&m.w, wire_err_notify(e));
	struct span out = isakmp_wr_end(&m);

	ike_debug_out(ike, NULL, in->path, out);
	ike_send(ike, in->path, in->marker, out);
}

/* The offer of a first message, and our choice of it. */
static enum wire_err offer_check(struct ike *ike, const struct ike_dgram *in,
	struct payloads *p, struct ike_offer *o, const struct ike_transform **t)
{
	const struct ike_peer peer = { .path = in->path };
	struct isakmp_policy chosen;
	enum wire_err e = isakmp_split(in->body, in->hdr.next, p);

	if (e != WIRE_OK)
		return e;
	if (p->n == 0 || p->v[0].type != PLD_SA)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_SA) > 1)
		return WIRE_PAYLOAD_TWICE;
	struct rd body = p->v[0].body;

	if (rd_left(&body) > IKE_SA_BODY_MAX)
		return WIRE_LIMIT;
	e = ike_offer_read(rd_rest(&body), o);
	if (e != WIRE_OK)
		return e;
	ike_debug_offer(ike, &peer, o);
	if (in->hdr.exchange == XCHG_AGGRESSIVE)
		return aggr_offer_check(ike, in, p, o);
	*t = ike_offer_choose(ike, &peer, o, &chosen);
	return *t == NULL ? WIRE_NO_PROPOSAL : WIRE_OK;
}

/* Aggressive Mode costs a public-key operation at once.  A source is remembered
 * only once all together have not been too many. */
static enum wire_err aggr_admit(struct ike *ike, const struct udp_path *path)
{
	const struct ip_addr *from = &path->remote.ip;
	struct source *s = source_find(&ike->limits, from);
	uint64_t now = ike_now(ike);
	enum wire_err e = s != NULL && !source_take(s, now) ? WIRE_RATE
			  : !aggr_take(ike)                 ? WIRE_LIMIT
							    : WIRE_OK;

	if (e != WIRE_OK)
		ike->stats.rate_refused++;
	else if (s == NULL)
		source_take(source_get(&ike->limits, from, now), now);
	return e;
}

/* An offer from a peer: judged before anything is kept. */
static enum wire_err sa_begin_responder(struct ike *ike, struct ike_dgram *in)
{
	const struct ike_transform *t = NULL;
	struct ike_offer o;
	struct sa_event ev = { .kind = EV_MESSAGE, .in = in };
	bool aggressive = in->hdr.exchange == XCHG_AGGRESSIVE;
	uint8_t cky_r[COOKIE_BYTES];

	if (aggressive && ike->config.no_aggressive)
		return WIRE_MODE;
	enum wire_err e = offer_check(ike, in, &ev.p, &o, &t);

	if (e == WIRE_NO_PROPOSAL)
		ike_report(ike, REPORT_IKMP_MODE_FAILURE, &in->path->remote.ip,
			e, 0, aggressive ? "Aggressive" : "Main");
	if (e == WIRE_NO_PROPOSAL || e == WIRE_DOI || e == WIRE_SITUATION)
		refuse_offer(ike, in, e);
	if (e != WIRE_OK)
		return e;
	if (!aggressive && ike_pressed(ike))
		return first_answer(ike, in, &o, t);
	e = ike_admit(ike, in->path, true);
	if (e == WIRE_OK && aggressive)
		e = aggr_admit(ike, in->path);
	if (e != WIRE_OK)
		return e;
	const struct first *f = aggressive ? NULL : first_keep(ike, in);

	cookie_make(ike, in->hdr.cky_i, cky_r);
	struct ike_sa *sa = sa_new_responder(ike, in, cky_r);

	sa->aggressive = aggressive;
	sa->first_slot = first_slot(f);
	sa->first_serial = first_serial(f);
	digest(HASH_SHA256, &in->whole, 1, in->digest);
	sa_step(sa, &ev);
	return WIRE_OK;
}

/* The same bytes again: the cached answer, a few times.  An initiator answers
 * as well where its mode ends with a message of its own. */
static void phase1_repeat(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	ike->stats.replayed++;
	SA_DEBUG(sa, P1_DUPLICATE, .a = sa->resends + 1);
	if ((sa->initiator && !(sa->aggressive && sa->state == SA_UP)) ||
		sa->resends++ >= IKE_RESENDS_MAX)
		return;
	ike->stats.retransmits++;
	ike_transmit(sa, bytes_span(&sa->tx));
}

static enum wire_err phase1_check(
	const struct ike_sa *sa, const struct ike_dgram *in)
{
	bool proof = sa->state == SA_I5 || sa->state == SA_R4;
	bool encrypted = in->hdr.flags & ISAKMP_FLAG_E;

	if ((in->hdr.exchange == XCHG_AGGRESSIVE) != sa->aggressive)
		return WIRE_EXCHANGE;
	if (in->hdr.mid != 0)
		return WIRE_MESSAGE_ID;
	/* Only message 2 tells a responder cookie that is new to us. */
	if (sa->state != SA_I1 && sa->state != SA_A1 &&
		memcmp(in->hdr.cky_r, sa->cky_r, COOKIE_BYTES) != 0)
		return WIRE_COOKIE;
	if (proof && !encrypted)
		return WIRE_NOT_ENCRYPTED;
	if (!proof && encrypted && sa->state != SA_A2)
		return WIRE_FLAGS;
	return WIRE_OK;
}

static void phase1_input(
	struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in)
{
	struct sa_event ev = { .kind = EV_MESSAGE, .in = in };

	if (memcmp(in->digest, sa->rx_digest, DIGEST_BYTES) == 0) {
		phase1_repeat(sa);
		return;
	}
	if (sa->neg != NULL && memcmp(in->digest, sa->neg->refused_digest,
				       DIGEST_BYTES) == 0) {
		ike->stats.replayed++;
		return;
	}
	enum wire_err e = phase1_check(sa, in);

	/* A late copy of message 3 or 4 is clear by right. */
	if (e == WIRE_NOT_ENCRYPTED && in->hdr.next == PLD_ID)
		ike_report(ike, REPORT_IKMP_NOT_ENCRYPTED, &in->path->remote.ip,
			e, 0, "");
	if (e == WIRE_OK && !(in->hdr.flags & ISAKMP_FLAG_E))
		e = isakmp_split(in->body, in->hdr.next, &ev.p);
	if (e != WIRE_OK) {
		ike_drop(ike, e);
		return;
	}
	if (ev.p.n > 0)
		SA_DEBUG(sa, PKT_PAYLOADS, .payloads = &ev.p);
	sa_step(sa, &ev);
	mem_wipe(ike->clear, in->body.n);
}

static bool is_offer(const struct isakmp_hdr *h)
{
	static const uint8_t zero[COOKIE_BYTES];

	return (h->exchange == XCHG_MAIN || h->exchange == XCHG_AGGRESSIVE) &&
	       h->mid == 0 && (h->flags & ISAKMP_FLAG_E) == 0 &&
	       memcmp(h->cky_r, zero, sizeof zero) == 0 &&
	       memcmp(h->cky_i, zero, sizeof zero) != 0;
}

static enum wire_err message_input(struct ike *ike, struct ike_dgram *in);

static void no_sa(struct ike *ike, struct ike_dgram *in)
{
	enum wire_err e = WIRE_NO_SA;

	if (is_offer(&in->hdr))
		e = sa_begin_responder(ike, in);
	else if (first_resumes(in))
		e = first_resume(ike, in);
	if (e == WIRE_NO_SA && in->hdr.exchange != XCHG_INFO)
		ike_report(
			ike, REPORT_IKMP_NO_SA, &in->path->remote.ip, e, 0, "");
	if (e != WIRE_OK)
		ike_drop(ike, e);
	else if (!is_offer(&in->hdr)) /* there is one now */
		message_input(ike, in);
}

/* Header and flags; the non-ESP marker is taken off when only then the length
 * is right. */
static enum wire_err dgram_read(struct span data, struct ike_dgram *out)
{
	static const uint8_t marker[IKE_MARKER_BYTES];
	enum wire_err e = isakmp_hdr_read(data, &out->hdr);

	if (e != WIRE_OK && data.n > sizeof marker &&
		memcmp(data.p, marker, sizeof marker) == 0) {
		data = SPAN(data.p + sizeof marker, data.n - sizeof marker);
		e = isakmp_hdr_read(data, &out->hdr);
		out->marker = true;
	}
	if (e != WIRE_OK)
		return e;
	out->whole = data;
	out->body = SPAN(data.p + ISAKMP_HDR, data.n - ISAKMP_HDR);
	if ((out->hdr.flags & ~(ISAKMP_FLAG_E | FLAG_C)) != 0)
		return WIRE_FLAGS;
	return data.n > ISAKMP_MSG_MAX ? WIRE_LIMIT : WIRE_OK;
}

/* The DOI's exchange has its own port: never 500 (RFC 3547 2.1.2). */
static bool exchange_known(const struct ike *ike, const struct ike_dgram *in)
{
	uint8_t type = in->hdr.exchange;

	if (type == ike->doi.exchange_type)
		return in->path->local.port != ISAKMP_PORT;
	return type == XCHG_MAIN || type == XCHG_AGGRESSIVE ||
	       type == XCHG_INFO;
}

/* A message by its own header, be it one datagram or made of several. */
static enum wire_err message_input(struct ike *ike, struct ike_dgram *in)
{
	struct ike_sa *sa = sa_find(ike, in->hdr.cky_i, in->path);

	if (sa != NULL) /* else not worth it */
		digest(HASH_SHA256, &in->whole, 1, in->digest);
	ike_debug_in(ike, sa, in);
	if (sa != NULL && sa->doomed)
		return WIRE_STATE;
	if (!exchange_known(ike, in))
		return sa == NULL ? WIRE_EXCHANGE
				  : info_refuse_exchange(sa, in);
	if (sa == NULL)
		no_sa(ike, in);
	else if (in->hdr.exchange == XCHG_MAIN ||
		 in->hdr.exchange == XCHG_AGGRESSIVE)
		phase1_input(ike, sa, in);
	else if (sa->state == SA_A2)
		phase1_repeat(sa); /* its message 3 was lost */
	else if (in->hdr.exchange == XCHG_INFO)
		info_input(ike, sa, in);
	else
		exchange_input(ike, sa, in);
	return WIRE_OK;
}

static enum wire_err part_input(struct ike *ike, const struct ike_dgram *in)
{
	struct ike_sa *sa = sa_find(ike, in->hdr.cky_i, in->path);

	return sa == NULL ? WIRE_NO_SA : fragment_input(ike, sa, in);
}

void ike_reassembled(
	struct ike *ike, const struct ike_dgram *part, struct span whole)
{
	struct ike_dgram in = { .path = part->path };
	enum wire_err e = dgram_read(whole, &in);

	if (e == WIRE_OK && (in.marker || in.hdr.next == PLD_FRAGMENT))
		e = WIRE_FRAGMENT;
	in.marker = part->marker;
	ike->in = &in;
	if (e == WIRE_OK)
		e = message_input(ike, &in);
	if (e != WIRE_OK)
		ike_drop(ike, e);
	ike->in = part;
}

void ike_input(struct ike *ike, const struct udp_path *path, struct span data)
{
	struct ike_dgram in = { .path = path };
	enum wire_err e = dgram_read(data, &in);

	ike->in = &in;
	ike->stats.rx++;
	if (e == WIRE_OK)
		e = in.hdr.next == PLD_FRAGMENT ? part_input(ike, &in)
						: message_input(ike, &in);
	if (e != WIRE_OK)
		ike_drop(ike, e);
	ike->in = NULL;
}

size_t ike_list(const struct ike *ike, struct ike_sa_info *out, size_t max)
{
	uint64_t now = ike_now(ike);
	const struct ike_sa *sa;
	size_t n = 0;

	TAILQ_FOREACH(sa, &ike->sas, link) {
		if (n == max)
			return n;
		sa_info(sa, &out[n++]);
	}
	for (unsigned i = 0; i < IKE_TOMBS_MAX && n < max; i++)
		if (ike->tomb[i].until_ms > now)
			out[n++] = ike->tomb[i].info;
	return n;
}

void ike_stats(const struct ike *ike, struct ike_stats *out)
{
	*out = ike->stats;
	out->half_open = ike->limits.half_open;
	out->fragment_bytes = ike->limits.fragment_bytes;
	out->sas = (uint32_t)ike->n_sas;
	out->sa_limit = ike->config.sa_limit;
	out->negotiation_limit = ike_negotiation_limit(ike);
}
