/* Aggressive Mode, both roles (RFC 2409 5.1, 5.4; protocol.md A.6): the
 * handlers.  Message 1 makes a responder compute before it has heard its answer
 * reach anyone, so that a rate for all sources together stands in front. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <string.h>

/* The group cannot be negotiated: every transform has the same. */
static bool one_group(const struct ike_offer *o)
{
	const struct ike_transform *first = NULL;

	for (size_t i = 0; i < o->n; i++) {
		if (!o->t[i].usable)
			continue;
		if (first == NULL)
			first = &o->t[i];
		if (o->t[i].policy.group != first->policy.group)
			return false;
	}
	return true;
}

enum wire_err aggr_offer_check(struct ike *ike, const struct ike_dgram *in,
	const struct payloads *p, const struct ike_offer *o)
{
	struct ike_peer peer = { .path = in->path };
	struct isakmp_policy chosen;
	struct span ke, nonce;
	struct wire_id id;
	enum wire_err e = p1_id_read(p, &id, &peer.id);

	if (e != WIRE_OK)
		return e;
	if (!one_group(o))
		return WIRE_PROPOSAL;
	peer.profile = profile_by_id(ike, in->path, &id);
	ike_debug_offer(ike, &peer, o);
	if (ike_offer_choose(ike, &peer, o, &chosen) == NULL)
		return WIRE_NO_PROPOSAL;
	return p1_ke_read(chosen.group, p, &ke, &nonce);
}

bool aggr_take(struct ike *ike)
{
	uint64_t now = ike_now(ike), full = IKE_AGGRESSIVE_BURST * 1000;
	uint64_t have = ike->aggr_milli_tokens +
			(now - ike->aggr_refilled_ms) * IKE_AGGRESSIVE_RATE;

	have = have > full ? full : have;
	ike->aggr_refilled_ms = now;
	ike->aggr_milli_tokens = (uint32_t)(have < 1000 ? have : have - 1000);
	return have >= 1000;
}

bool aggr_offer_send(struct ike_sa *sa)
{
	const struct ike_peer peer = sa_peer(sa);
	struct negotiation *n = sa->neg;
	struct isakmp_wr m;

	p1_begin(sa, &m, 0);
	if (ike_offer_put(&m, sa->ike, &peer, sa->doi, &sa->policy) == 0) {
		ike_debug_offer(sa->ike, &peer, NULL);
		return false;
	}
	SA_DEBUG(sa, P1_BEGIN, .text = "Aggressive", .a = sa->doi);
	bytes_set(&n->sai, m.w.buf + ISAKMP_HDR + PLD_HDR,
		m.w.len - ISAKMP_HDR - PLD_HDR);
	if (n->dh == NULL)
		n->dh = sa->ike->env.crypto->dh_new(sa->policy.group);
	if (n->dh == NULL)
		return false;
	p1_ke_put(sa, &m);
	p1_id_put(sa, &m);
	p1_certreqs_put(sa, &m);
	p1_vids_put(&m, sa->ike);
	p1_send(sa, isakmp_wr_end(&m));
	return true;
}

/* Keys from the other side's KE and nonce. */
static enum wire_err keys_make(
	struct ike_sa *sa, struct span ke, struct span nonce)
{
	const struct crypto_ops *crypto = sa->ike->env.crypto;
	struct negotiation *n = sa->neg;

	secret_free(&n->shared);
	if (crypto->dh_shared(n->dh, ke, &n->shared) != 0)
		return WIRE_KE;
	bytes_set(sa->initiator ? &n->ke_r : &n->ke_i, ke.p, ke.n);
	bytes_set(sa->initiator ? &n->nr : &n->ni, nonce.p, nonce.n);
	return WIRE_OK;
}

/* HASH_I or SIG_I; the chain ends with it.  False: nothing to prove by. */
static bool message_3_send(struct ike_sa *sa)
{
	struct isakmp_wr m;

	p1_begin(sa, &m, ISAKMP_FLAG_E);
	if (!p1_proof_put(sa, &m))
		return false;
	p1_initial_contact_put(sa, &m);
	p1_send(sa, sa_encrypt(sa, &m, sa->iv));
	return true;
}

/* All of message 2.  On an error the SA is as before: the real one may be yet
 * to come. */
static enum wire_err message_2_take(struct ike_sa *sa, struct sa_event *ev)
{
	struct span ke, nonce;
	enum wire_err e = p1_ke_read(sa->policy.group, &ev->p, &ke, &nonce);

	if (e == WIRE_OK)
		e = p1_id_take(sa, &ev->p);
	if (e != WIRE_OK)
		return e;
	if (!source_take(sa->source, ike_now(sa->ike))) {
		sa->ike->stats.rate_refused++;
		return WIRE_LIMIT;
	}
	memcpy(sa->cky_r, ev->in->hdr.cky_r, sizeof sa->cky_r);
	e = keys_make(sa, ke, nonce);
	if (e == WIRE_OK && !auth_derive(sa))
		e = WIRE_UNAUTHORIZED; /* its key is gone */
	if (e == WIRE_OK) {
		e = p1_proof_take(sa, &ev->p);
		sa->neg->proof_refused = e != WIRE_OK;
	}
	if (e != WIRE_OK)
		memset(sa->cky_r, 0, sizeof sa->cky_r);
	return e;
}

enum sa_state aggr_on_2(struct ike_sa *sa, struct sa_event *ev)
{
	static const uint8_t zero[COOKIE_BYTES];

	if (memcmp(ev->in->hdr.cky_r, zero, sizeof zero) == 0)
		return p1_refuse(sa, ev, WIRE_COOKIE);
	enum wire_err e = p1_answer_take(sa, &ev->p);

	if (e == WIRE_DOI) {
		ev->err = e;
		return p1_on_refused(sa, ev);
	}
	if (e != WIRE_OK)
		return p1_refuse(sa, ev, e);
	e = message_2_take(sa, ev);
	if (e != WIRE_OK)
		return sa->neg->proof_refused ? p1_proof_refuse(sa, ev, e)
					      : p1_refuse(sa, ev, e);
	p1_vids_read(sa, &ev->p);
	return message_3_send(sa) ? SA_UP : p1_fail(sa, IKE_DOWN_AUTH);
}

static bool message_2_send(struct ike_sa *sa, struct isakmp_wr *m)
{
	p1_id_put(sa, m);
	if (!p1_proof_put(sa, m))
		return false;
	p1_certreqs_put(sa, m);
	p1_vids_put(m, sa->ike);
	p1_send(sa, isakmp_wr_end(m));
	sa_arm(sa, IKE_HALF_OPEN_MS);
	return true;
}

enum sa_state aggr_on_1(struct ike_sa *sa, struct sa_event *ev)
{
	struct rd body = payload_get(&ev->p, PLD_SA)->body;
	struct span sa_b = rd_rest(&body), ke, nonce;
	struct negotiation *n = sa->neg;
	struct ike_offer o;
	struct isakmp_wr m;

	/* Once more: aggr_offer_check looked before it made us. */
	ev->err = ike_offer_read(sa_b, &o);
	if (ev->err == WIRE_OK)
		ev->err = p1_id_take(sa, &ev->p);
	const struct ike_peer peer = sa_peer(sa);
	const struct ike_transform *t =
		ike_offer_choose(sa->ike, &peer, &o, &sa->policy);

	if (ev->err != WIRE_OK || t == NULL)
		return p1_fail(sa, IKE_DOWN_NO_PROPOSAL);
	ev->err = p1_ke_read(sa->policy.group, &ev->p, &ke, &nonce);
	n->dh = sa->ike->env.crypto->dh_new(sa->policy.group);
	if (ev->err != WIRE_OK || n->dh == NULL)
		return p1_fail(sa, IKE_DOWN_PROTOCOL);
	ev->err = keys_make(sa, ke, nonce);
	if (ev->err != WIRE_OK)
		return p1_fail(sa, IKE_DOWN_PROTOCOL);
	sa->doi = (uint8_t)o.doi;
	bytes_set(&n->sai, sa_b.p, sa_b.n);
	p1_vids_read(sa, &ev->p);
	p1_begin(sa, &m, 0);
	ike_answer_put(&m, &o, t);
	p1_ke_put(sa, &m);
	p1_certreqs_read(sa, &ev->p);
	if (!auth_derive(sa) || !message_2_send(sa, &m))
		return p1_fail(sa, IKE_DOWN_AUTH);
	return SA_A2;
}

enum sa_state aggr_on_3(struct ike_sa *sa, struct sa_event *ev)
{
	const struct span whole = ev->in->whole;
	bool encrypted = ev->in->hdr.flags & ISAKMP_FLAG_E;
	size_t block = sa->keys.cipher->block;
	enum wire_err e = WIRE_OK;

	if (encrypted)
		e = sa_decrypt(sa, ev->in, sa->iv, &ev->p);
	if (e == WIRE_OK)
		e = p1_proof_take(sa, &ev->p);
	if (e != WIRE_OK)
		return p1_proof_refuse(sa, ev, e);
	if (encrypted)
		memcpy(sa->iv, whole.p + whole.n - block, block);
	else /* anyone could have added it */
		sa->neg->initial_contact = false;
	return SA_UP;
}
