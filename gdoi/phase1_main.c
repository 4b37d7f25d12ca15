/* Main Mode, both roles (RFC 2409 5; protocol.md A.5): the handlers. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <string.h>

bool main_offer_send(struct ike_sa *sa)
{
	const struct ike_peer peer = sa_peer(sa);
	struct isakmp_wr m;

	p1_begin(sa, &m, 0);
	size_t n = ike_offer_put(&m, sa->ike, &peer, sa->doi, NULL);

	if (n == 0) {
		ike_debug_offer(sa->ike, &peer, NULL);
		return false;
	}
	SA_DEBUG(sa, P1_BEGIN, .text = "Main", .a = sa->doi);
	bytes_set(&sa->neg->sai, m.w.buf + ISAKMP_HDR + PLD_HDR,
		m.w.len - ISAKMP_HDR - PLD_HDR);
	p1_vids_put(&m, sa->ike);
	p1_send(sa, isakmp_wr_end(&m));
	return true;
}

enum sa_state main_on_2(struct ike_sa *sa, struct sa_event *ev)
{
	static const uint8_t zero[COOKIE_BYTES];
	const struct env *env = &sa->ike->env;
	struct isakmp_wr m;

	if (memcmp(ev->in->hdr.cky_r, zero, sizeof zero) == 0)
		return p1_refuse(sa, ev, WIRE_COOKIE);
	enum wire_err e = p1_answer_take(sa, &ev->p);

	if (e == WIRE_DOI) {
		ev->err = e;
		return p1_on_refused(sa, ev);
	}
	if (e != WIRE_OK)
		return p1_refuse(sa, ev, e);
	sa->neg->dh = env->crypto->dh_new(sa->policy.group);
	if (sa->neg->dh == NULL)
		return p1_fail(sa, IKE_DOWN_PROTOCOL);
	memcpy(sa->cky_r, ev->in->hdr.cky_r, sizeof sa->cky_r);
	p1_vids_read(sa, &ev->p);
	p1_begin(sa, &m, 0);
	p1_ke_put(sa, &m);
	p1_certreqs_put(sa, &m);
	p1_send(sa, isakmp_wr_end(&m));
	return SA_I3;
}

/* Message 5 or 6: ID and proof, encrypted; the chain moves on.  False: there is
 * nothing left to prove by. */
static bool proof_send(struct ike_sa *sa)
{
	struct isakmp_wr m;

	p1_begin(sa, &m, ISAKMP_FLAG_E);
	p1_id_put(sa, &m);
	if (!p1_proof_put(sa, &m))
		return false;
	if (sa->initiator)
		p1_initial_contact_put(sa, &m);
	p1_send(sa, sa_encrypt(sa, &m, sa->iv));
	return true;
}

enum sa_state main_on_4(struct ike_sa *sa, struct sa_event *ev)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	struct span ke, nonce;
	enum wire_err e = p1_ke_read(sa->policy.group, &ev->p, &ke, &nonce);

	if (e != WIRE_OK)
		return p1_refuse(sa, ev, e);
	if (env->crypto->dh_shared(n->dh, ke, &n->shared) != 0)
		return p1_refuse(sa, ev, WIRE_KE);
	bytes_set(&n->ke_r, ke.p, ke.n);
	bytes_set(&n->nr, nonce.p, nonce.n);
	p1_certreqs_read(sa, &ev->p);
	if (!auth_derive(sa) || !proof_send(sa))
		return p1_fail(sa, IKE_DOWN_AUTH);
	return SA_I5;
}

/* Message 5 or 6 as received: nothing changes unless it is authentic. */
static enum wire_err proof_take(struct ike_sa *sa, struct sa_event *ev)
{
	const struct span whole = ev->in->whole;
	size_t block = sa->keys.cipher->block;
	enum wire_err e = sa_decrypt(sa, ev->in, sa->iv, &ev->p);

	if (e == WIRE_OK)
		e = p1_id_take(sa, &ev->p);
	if (e == WIRE_OK)
		e = p1_proof_take(sa, &ev->p);
	if (e == WIRE_OK)
		memcpy(sa->iv, whole.p + whole.n - block, block);
	return e;
}

enum sa_state main_on_6(struct ike_sa *sa, struct sa_event *ev)
{
	enum wire_err e = proof_take(sa, ev);

	return e == WIRE_OK ? SA_UP : p1_proof_refuse(sa, ev, e);
}

enum sa_state main_on_1(struct ike_sa *sa, struct sa_event *ev)
{
	const struct ike_peer peer = sa_peer(sa);
	struct rd body = payload_get(&ev->p, PLD_SA)->body;
	struct span sa_b = rd_rest(&body);
	struct ike_offer o;
	struct isakmp_wr m;

	/* Read once more: sa_begin_responder looked before it made us. */
	ev->err = ike_offer_read(sa_b, &o);
	const struct ike_transform *t =
		ike_offer_choose(sa->ike, &peer, &o, &sa->policy);

	if (ev->err != WIRE_OK || t == NULL)
		return p1_fail(sa, IKE_DOWN_NO_PROPOSAL);
	sa->doi = (uint8_t)o.doi;
	bytes_set(&sa->neg->sai, sa_b.p, sa_b.n);
	p1_vids_read(sa, &ev->p);
	p1_begin(sa, &m, 0);
	ike_answer_put(&m, &o, t);
	p1_vids_put(&m, sa->ike);
	p1_send(sa, isakmp_wr_end(&m));
	sa_arm(sa, IKE_HALF_OPEN_MS);
	return SA_R2;
}

enum sa_state main_on_3(struct ike_sa *sa, struct sa_event *ev)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	struct isakmp_wr m;
	struct span ke, nonce;
	enum wire_err e = p1_ke_read(sa->policy.group, &ev->p, &ke, &nonce);

	if (e != WIRE_OK)
		return p1_refuse(sa, ev, e);
	if (!source_take(sa->source, ike_now(sa->ike))) {
		sa->ike->stats.rate_refused++;
		return p1_refuse(sa, ev, WIRE_RATE);
	}
	if (n->dh == NULL)
		n->dh = env->crypto->dh_new(sa->policy.group);
	if (n->dh == NULL || env->crypto->dh_shared(n->dh, ke, &n->shared) != 0)
		return p1_refuse(sa, ev, WIRE_KE);
	bytes_set(&n->ke_i, ke.p, ke.n);
	bytes_set(&n->ni, nonce.p, nonce.n);
	p1_certreqs_read(sa, &ev->p);
	p1_begin(sa, &m, 0);
	p1_ke_put(sa, &m);
	p1_certreqs_put(sa, &m);
	struct span answer = isakmp_wr_end(&m);

	if (!auth_derive(sa))
		return p1_fail(sa, IKE_DOWN_AUTH);
	p1_send(sa, answer);
	sa_arm(sa, IKE_HALF_OPEN_MS);
	return SA_R4;
}

enum sa_state main_on_5(struct ike_sa *sa, struct sa_event *ev)
{
	enum wire_err e = proof_take(sa, ev);

	if (e != WIRE_OK)
		return p1_proof_refuse(sa, ev, e);
	return proof_send(sa) ? SA_UP : p1_fail(sa, IKE_DOWN_AUTH);
}
