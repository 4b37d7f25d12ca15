/* What the messages of Main and Aggressive Mode have in common: nonces, public
 * values, identities, vendor ids, proofs. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <assert.h>
#include <string.h>

enum sa_state p1_refuse(struct ike_sa *sa, struct sa_event *ev, enum wire_err e)
{
	ev->err = e;
	return sa->state;
}

enum sa_state p1_fail(struct ike_sa *sa, enum ike_down why)
{
	sa->why = why;
	return SA_DOWN;
}

void p1_begin(struct ike_sa *sa, struct isakmp_wr *m, uint8_t flags)
{
	struct isakmp_hdr h;

	sa_hdr(sa, sa_exchange(sa), flags, 0, &h);
	isakmp_wr_begin(m, sa->ike->out, ISAKMP_MSG_MAX, &h);
}

void p1_send(struct ike_sa *sa, struct span data)
{
	assert(data.n > 0); /* all our own values: they fit */
	sa_send(sa, data);
	if (!sa->initiator)
		return;
	sa->tries = 1;
	sa->max_tries = IKE_TRIES;
	sa_arm(sa, IKE_RETRANSMIT_MS);
}

enum wire_err p1_answer_take(struct ike_sa *sa, const struct payloads *p)
{
	const struct payload *answer = payload_get(p, PLD_SA);
	const struct ike_peer peer = sa_peer(sa);
	struct isakmp_policy chosen;
	struct ike_offer o;

	if (answer == NULL)
		return WIRE_PAYLOAD_MISSING;
	struct rd body = answer->body;
	enum wire_err e = ike_offer_read(rd_rest(&body), &o);

	if (e != WIRE_OK)
		return e;
	ike_debug_offer(sa->ike, &peer, &o);
	if (o.doi != sa->doi)
		return WIRE_DOI;
	if (o.n != 1)
		return WIRE_PROPOSAL;
	if (ike_offer_choose(sa->ike, &peer, &o, &chosen) == NULL)
		return WIRE_NO_PROPOSAL;
	if (sa->aggressive && chosen.group != sa->policy.group)
		return WIRE_PROPOSAL;
	sa->policy = chosen;
	return WIRE_OK;
}

void p1_ke_put(struct ike_sa *sa, struct isakmp_wr *m)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	uint8_t pub[DH_MAX_PUBLIC], nonce[IKE_NONCE_LONG];
	size_t pub_n = env->crypto->dh_public(n->dh, pub);
	size_t nonce_n = hash_alg(sa->policy.hash)->bytes < IKE_NONCE_LONG
				 ? IKE_NONCE_SHORT
				 : IKE_NONCE_LONG;

	env->random(env->ctx, nonce, nonce_n);
	SA_DEBUG(sa, DH_NEW, .a = sa->policy.group);
	bytes_set(sa->initiator ? &n->ke_i : &n->ke_r, pub, pub_n);
	bytes_set(sa->initiator ? &n->ni : &n->nr, nonce, nonce_n);
	isakmp_put(m, PLD_KE, pub, pub_n);
	isakmp_put(m, PLD_NONCE, nonce, nonce_n);
}

enum wire_err p1_ke_read(uint16_t group, const struct payloads *p,
	struct span *ke, struct span *nonce)
{
	const struct payload *k = payload_get(p, PLD_KE);
	const struct payload *n = payload_get(p, PLD_NONCE);

	if (k == NULL || n == NULL)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_KE) > 1 || payload_count(p, PLD_NONCE) > 1)
		return WIRE_PAYLOAD_TWICE;
	struct rd kr = k->body, nr = n->body;

	*ke = rd_rest(&kr);
	*nonce = rd_rest(&nr);
	if (ke->n != dh_alg(group)->public_bytes)
		return WIRE_KE;
	if (nonce->n < IKE_NONCE_MIN || nonce->n > IKE_NONCE_MAX)
		return WIRE_NONCE;
	return WIRE_OK;
}

bool p1_proof_put(struct ike_sa *sa, struct isakmp_wr *m)
{
	uint8_t hash[HASH_MAX_BYTES];

	SA_DEBUG(sa, P1_ID_OUT, .text = ike_auth_text(sa->policy.auth),
		.a = sa->neg->id_own.n > 0 ? sa->neg->id_own.p[0] : 0);
	auth_hash(sa, sa->initiator, bytes_span(&sa->neg->id_own), hash);
	return auth_method(sa->policy.auth)->prove(sa, m, hash);
}

void p1_initial_contact_put(const struct ike_sa *sa, struct isakmp_wr *m)
{
	const struct ike_sa *o;

	TAILQ_FOREACH(o, &sa->source->sas, source_link) {
		if (o != sa && o->state == SA_UP)
			return;
	}
	isakmp_begin(m, PLD_N);
	wr_u32(&m->w, 1);
	wr_u8(&m->w, 1);
	wr_u8(&m->w, N_SPI_BYTES);
	wr_u16(&m->w, N_INITIAL_CONTACT);
	wr_bytes(&m->w, sa->key.cky_i, COOKIE_BYTES);
	wr_bytes(&m->w, sa->cky_r, COOKIE_BYTES);
	isakmp_end(m);
}

static bool has_initial_contact(const struct payloads *p)
{
	const struct payload *n;
	size_t at = 0;

	while ((n = payload_next(p, PLD_N, &at)) != NULL) {
		struct rd r = n->body;

		rd_skip(&r, 6);
		if (rd_u16(&r) == N_INITIAL_CONTACT && rd_ok(&r))
			return true;
	}
	return false;
}

enum wire_err p1_proof_take(struct ike_sa *sa, const struct payloads *p)
{
	struct span id_b = bytes_span(&sa->neg->id_peer);
	uint8_t hash[HASH_MAX_BYTES];
	struct wire_id id;

	auth_hash(sa, !sa->initiator, id_b, hash);
	enum wire_err e = auth_method(sa->policy.auth)->check(sa, p, hash);

	if (e == WIRE_OK)
		e = wire_id_read(rd_span(id_b), &id);
	if (e != WIRE_OK)
		return e;
	if (!sa_profile_settle(sa, &id))
		return WIRE_UNAUTHORIZED;
	p1_certreqs_read(sa, p);
	sa->peer_id_type = id.type;
	bytes_set(&sa->peer_id, id.data.p, id.data.n);
	ike_debug_peer_id(sa);
	sa->neg->initial_contact = has_initial_contact(p);
	return WIRE_OK;
}

enum sa_state p1_proof_refuse(
	struct ike_sa *sa, struct sa_event *ev, enum wire_err e)
{
	/* The same bytes may be good later. */
	if (e == WIRE_REVOCATION || e == WIRE_RATE)
		return p1_refuse(sa, ev, e);
	memcpy(sa->neg->refused_digest, ev->in->digest, DIGEST_BYTES);
	SA_DEBUG(sa, P1_BAD_PROOF, .err = e,
		.text = sa->policy.auth == IKE_AUTH_PSK ? "pre-shared keys"
							: "trustpoints");
	ike_report(sa->ike, REPORT_IKMP_BAD_MESSAGE, &sa->path.remote.ip, e, 0,
		"");
	return p1_refuse(sa, ev, e);
}
