/* Main Mode, both roles, as a state machine (RFC 2409 5; protocol.md A.5).
 * Handlers compute and send; sa_step alone writes the state. */
#include "gdoi/ike_priv.h"
#include <assert.h>
#include <string.h>

typedef enum sa_state sa_handler(struct ike_sa *sa, struct sa_event *ev);

#define VID_NAME_BYTES    12
#define N_INITIAL_CONTACT 24578
#define N_SPI_BYTES       (2 * COOKIE_BYTES)

/* SHA-256("getvpn linux"), its first octets; the version follows. */
static const uint8_t our_vid[VID_NAME_BYTES] = { 0xcd, 0x83, 0xe7, 0xe5, 0xa7,
	0xbe, 0xea, 0x65, 0xd9, 0x2b, 0x7d, 0x7e };

static enum sa_state refuse(
	struct ike_sa *sa, struct sa_event *ev, enum wire_err e)
{
	ev->err = e;
	return sa->state;
}

static enum sa_state fail(struct ike_sa *sa, enum ike_down why)
{
	sa->why = why;
	return SA_DOWN;
}

static void vid_put(struct isakmp_wr *m)
{
	isakmp_begin(m, PLD_VID);
	wr_bytes(&m->w, our_vid, sizeof our_vid);
	wr_u32(&m->w, IKE_OUR_VERSION);
	isakmp_end(m);
}

static void vids_read(struct ike_sa *sa, const struct payloads *p)
{
	const struct payload *v;
	size_t at = 0;

	while ((v = payload_next(p, PLD_VID, &at)) != NULL) {
		struct rd r = v->body;
		const uint8_t *name = rd_bytes(&r, sizeof our_vid);

		if (name == NULL || memcmp(name, our_vid, sizeof our_vid) != 0)
			continue;
		sa->peer_version = rd_u32(&r);
		sa->peer_ours = rd_ok(&r);
	}
}

static void begin(struct ike_sa *sa, struct isakmp_wr *m, uint8_t flags)
{
	struct isakmp_hdr h;

	sa_hdr(sa, XCHG_MAIN, flags, 0, &h);
	isakmp_wr_begin(m, sa->ike->out, ISAKMP_MSG_MAX, &h);
}

/* Sends, and for an initiator begins the retransmission schedule. */
static void send_next(struct ike_sa *sa, struct span data)
{
	assert(data.n > 0); /* all our own values: they fit */
	sa_send(sa, data);
	if (!sa->initiator)
		return;
	sa->tries = 1;
	sa->max_tries = IKE_TRIES;
	sa_arm(sa, IKE_RETRANSMIT_MS);
}

static bool offer_send(struct ike_sa *sa)
{
	struct isakmp_wr m;

	begin(sa, &m, 0);
	size_t n = ike_offer_put(&m, sa->ike, &sa->path.remote.ip, sa->doi);

	if (n == 0)
		return false;
	bytes_set(&sa->neg->sai, m.w.buf + ISAKMP_HDR + PLD_HDR,
		m.w.len - ISAKMP_HDR - PLD_HDR);
	vid_put(&m);
	send_next(sa, isakmp_wr_end(&m));
	return true;
}

static enum sa_state on_start(struct ike_sa *sa, struct sa_event *ev)
{
	const struct isakmp_config *c = &sa->ike->config;
	bool keyed =
		auth_method(IKE_AUTH_PSK)->usable(sa->ike, &sa->path.remote.ip);

	(void)ev;
	sa->doi = c->offer_doi == 1 ? 1 : GDOI_DOI;
	if (!offer_send(sa))
		return fail(sa, keyed ? IKE_DOWN_NO_PROPOSAL : IKE_DOWN_AUTH);
	return SA_I1;
}

/* The same server once more with the other DOI, under a new cookie so that
 * late answers to the first offer find nothing. */
static enum sa_state offer_other_doi(struct ike_sa *sa, enum ike_down why)
{
	if (sa->fallback)
		return fail(sa, why);
	sa->fallback = true;
	sa->doi = sa->doi == 1 ? GDOI_DOI : 1;
	sa_renew_cookie(sa);
	return offer_send(sa) ? SA_I1 : fail(sa, IKE_DOWN_NO_PROPOSAL);
}

static enum sa_state on_refused(struct ike_sa *sa, struct sa_event *ev)
{
	ike_report(sa->ike, REPORT_IKMP_OFFER_REFUSED, &sa->path.remote.ip,
		ev->err, sa->doi, "");
	return offer_other_doi(sa, IKE_DOWN_NO_PROPOSAL);
}

static bool retransmit(struct ike_sa *sa)
{
	if (sa->tries >= sa->max_tries)
		return false;
	sa->ike->stats.retransmits++;
	ike_transmit(sa, bytes_span(&sa->tx));
	sa_arm(sa, (uint64_t)IKE_RETRANSMIT_MS << sa->tries++);
	return true;
}

static enum sa_state on_offer_timer(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (retransmit(sa))
		return SA_I1;
	enum sa_state next = offer_other_doi(sa, IKE_DOWN_TIMEOUT);

	sa->max_tries = IKE_FALLBACK_TRIES;
	return next;
}

static enum sa_state on_retransmit(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (retransmit(sa))
		return sa->state;
	/* A responder that cannot read our proof keeps silent: most likely
	 * the pre-shared keys differ. */
	return fail(sa, sa->state == SA_I5 ? IKE_DOWN_AUTH : IKE_DOWN_TIMEOUT);
}

static enum sa_state on_half_open_end(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	return fail(sa, IKE_DOWN_TIMEOUT);
}

/* The responder's choice must be one of our policies, under the DOI offered. */
static enum wire_err answer_take(struct ike_sa *sa, struct span sa_b)
{
	struct ike_offer o;
	enum wire_err e = ike_offer_read(sa_b, &o);

	if (e != WIRE_OK)
		return e;
	if (o.doi != sa->doi)
		return WIRE_DOI;
	if (o.n != 1)
		return WIRE_PROPOSAL;
	if (ike_offer_choose(sa->ike, &sa->path.remote.ip, &o, &sa->policy) ==
		NULL)
		return WIRE_NO_PROPOSAL;
	return WIRE_OK;
}

/* KE and nonce of our side into the message, and kept. */
static void ke_put(struct ike_sa *sa, struct isakmp_wr *m)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	uint8_t pub[DH_MAX_PUBLIC], nonce[IKE_NONCE_LONG];
	size_t pub_n = env->crypto->dh_public(n->dh, pub);
	size_t nonce_n = hash_alg(sa->policy.hash)->bytes < IKE_NONCE_LONG
				 ? IKE_NONCE_SHORT
				 : IKE_NONCE_LONG;

	env->random(env->ctx, nonce, nonce_n);
	bytes_set(sa->initiator ? &n->ke_i : &n->ke_r, pub, pub_n);
	bytes_set(sa->initiator ? &n->ni : &n->nr, nonce, nonce_n);
	isakmp_put(m, PLD_KE, pub, pub_n);
	isakmp_put(m, PLD_NONCE, nonce, nonce_n);
}

/* Form only; nothing is computed or kept. */
static enum wire_err ke_read(const struct ike_sa *sa, const struct payloads *p,
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
	if (ke->n != dh_alg(sa->policy.group)->public_bytes)
		return WIRE_KE;
	if (nonce->n < IKE_NONCE_MIN || nonce->n > IKE_NONCE_MAX)
		return WIRE_NONCE;
	return WIRE_OK;
}

static enum sa_state on_mm2(struct ike_sa *sa, struct sa_event *ev)
{
	static const uint8_t zero[COOKIE_BYTES];
	const struct payload *p = payload_get(&ev->p, PLD_SA);
	const struct env *env = &sa->ike->env;
	struct isakmp_wr m;

	if (memcmp(ev->in->hdr.cky_r, zero, sizeof zero) == 0)
		return refuse(sa, ev, WIRE_COOKIE);
	if (p == NULL)
		return refuse(sa, ev, WIRE_PAYLOAD_MISSING);
	struct rd body = p->body;
	enum wire_err e = answer_take(sa, rd_rest(&body));

	if (e == WIRE_DOI) {
		ev->err = e;
		return on_refused(sa, ev);
	}
	if (e != WIRE_OK)
		return refuse(sa, ev, e);
	sa->neg->dh = env->crypto->dh_new(sa->policy.group);
	if (sa->neg->dh == NULL)
		return fail(sa, IKE_DOWN_PROTOCOL);
	memcpy(sa->cky_r, ev->in->hdr.cky_r, sizeof sa->cky_r);
	vids_read(sa, &ev->p);
	begin(sa, &m, 0);
	ke_put(sa, &m);
	send_next(sa, isakmp_wr_end(&m));
	return SA_I3;
}

/* Our ID: the address that we send from, protocol and port 0 (A.10). */
static struct span id_body(const struct ike_sa *sa, uint8_t buf[4 + 16])
{
	const struct ip_addr *a = &sa->path.local.ip;
	struct wr w = wr_init(buf, 4 + 16);

	wr_u8(&w, a->family == 6 ? ID_IPV6 : ID_IPV4);
	wr_zero(&w, 3);
	wr_bytes(&w, a->b, a->family == 6 ? 16 : 4);
	return wr_done(&w);
}

/* INITIAL-CONTACT when we hold no other SA with that peer (2407 4.6.3.3). */
static void initial_contact_put(const struct ike_sa *sa, struct isakmp_wr *m)
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

/* Message 5 or 6: ID and proof, encrypted; the chain moves on. */
static void proof_send(struct ike_sa *sa)
{
	uint8_t id[4 + 16], hash[HASH_MAX_BYTES];
	struct span id_b = id_body(sa, id);
	struct isakmp_wr m;

	begin(sa, &m, ISAKMP_FLAG_E);
	isakmp_put(&m, PLD_ID, id_b.p, id_b.n);
	auth_hash(sa, sa->initiator, id_b, hash);
	auth_method(sa->policy.auth)->prove(sa, &m, hash);
	if (sa->initiator)
		initial_contact_put(sa, &m);
	send_next(sa, sa_encrypt(sa, &m, sa->iv));
}

static enum sa_state on_mm4(struct ike_sa *sa, struct sa_event *ev)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	struct span ke, nonce;
	enum wire_err e = ke_read(sa, &ev->p, &ke, &nonce);

	if (e != WIRE_OK)
		return refuse(sa, ev, e);
	if (env->crypto->dh_shared(n->dh, ke, &n->shared) != 0)
		return refuse(sa, ev, WIRE_KE);
	bytes_set(&n->ke_r, ke.p, ke.n);
	bytes_set(&n->nr, nonce.p, nonce.n);
	if (!auth_derive(sa))
		return fail(sa, IKE_DOWN_AUTH);
	proof_send(sa);
	return SA_I5;
}

/* Protocol and port of a phase-1 ID: none, or those of IKE and GDOI (A.10). */
static bool id_port_ok(const struct wire_id *id)
{
	if (id->protocol == 0)
		return id->port == 0;
	return id->protocol == 17 &&
	       (id->port == 0 || id->port == 500 || id->port == 848);
}

static enum wire_err peer_id_check(
	const struct payloads *p, struct wire_id *id, struct span *id_b)
{
	const struct payload *q = payload_get(p, PLD_ID);

	if (q == NULL)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_ID) > 1)
		return WIRE_PAYLOAD_TWICE;
	struct rd body = q->body;
	enum wire_err e = wire_id_read(body, id);

	if (e != WIRE_OK)
		return e;
	*id_b = rd_rest(&body);
	if (!id_port_ok(id) || id->data.n == 0 || id->data.n > IKE_PEER_ID_MAX)
		return WIRE_ID;
	if ((id->type == ID_IPV4 && id->data.n != 4) ||
		(id->type == ID_IPV6 && id->data.n != 16))
		return WIRE_ID;
	return WIRE_OK;
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

/* Message 5 or 6 as received: nothing changes unless it is authentic. */
static enum wire_err proof_take(struct ike_sa *sa, struct sa_event *ev)
{
	const struct ike_dgram *in = ev->in;
	size_t block = sa->keys.cipher->block;
	uint8_t hash[HASH_MAX_BYTES];
	struct wire_id id;
	struct span id_b;
	enum wire_err e = sa_decrypt(sa, in, sa->iv, &ev->p);

	if (e == WIRE_OK)
		e = peer_id_check(&ev->p, &id, &id_b);
	if (e != WIRE_OK)
		return e;
	auth_hash(sa, !sa->initiator, id_b, hash);
	e = auth_method(sa->policy.auth)->check(sa, &ev->p, hash);
	if (e != WIRE_OK)
		return e;
	memcpy(sa->iv, in->whole.p + in->whole.n - block, block);
	sa->peer_id_type = id.type;
	bytes_set(&sa->peer_id, id.data.p, id.data.n);
	sa->neg->initial_contact = has_initial_contact(&ev->p);
	return WIRE_OK;
}

/* Wrong keys look like garbage: say so once, answer nothing (F.24). */
static enum sa_state proof_refuse(
	struct ike_sa *sa, struct sa_event *ev, enum wire_err e)
{
	memcpy(sa->neg->refused_digest, ev->in->digest, DIGEST_BYTES);
	ike_report(sa->ike, REPORT_IKMP_BAD_MESSAGE, &sa->path.remote.ip, e, 0,
		"");
	return refuse(sa, ev, e);
}

static enum sa_state on_mm6(struct ike_sa *sa, struct sa_event *ev)
{
	enum wire_err e = proof_take(sa, ev);

	return e == WIRE_OK ? SA_UP : proof_refuse(sa, ev, e);
}

static enum sa_state on_mm1(struct ike_sa *sa, struct sa_event *ev)
{
	struct rd body = payload_get(&ev->p, PLD_SA)->body;
	struct span sa_b = rd_rest(&body);
	struct ike_offer o;
	struct isakmp_wr m;

	/* Read once more: sa_begin_responder looked before it made us. */
	ev->err = ike_offer_read(sa_b, &o);
	const struct ike_transform *t =
		ike_offer_choose(sa->ike, &sa->path.remote.ip, &o, &sa->policy);

	if (ev->err != WIRE_OK || t == NULL)
		return fail(sa, IKE_DOWN_NO_PROPOSAL);
	sa->doi = (uint8_t)o.doi;
	bytes_set(&sa->neg->sai, sa_b.p, sa_b.n);
	vids_read(sa, &ev->p);
	begin(sa, &m, 0);
	ike_answer_put(&m, &o, t);
	vid_put(&m);
	send_next(sa, isakmp_wr_end(&m));
	sa_arm(sa, IKE_HALF_OPEN_MS);
	return SA_R2;
}

static enum sa_state on_mm3(struct ike_sa *sa, struct sa_event *ev)
{
	const struct env *env = &sa->ike->env;
	struct negotiation *n = sa->neg;
	struct isakmp_wr m;
	struct span ke, nonce;
	enum wire_err e = ke_read(sa, &ev->p, &ke, &nonce);

	if (e != WIRE_OK)
		return refuse(sa, ev, e);
	if (!source_take(sa->source, ike_now(sa->ike))) {
		sa->ike->stats.rate_refused++;
		return refuse(sa, ev, WIRE_LIMIT);
	}
	if (n->dh == NULL)
		n->dh = env->crypto->dh_new(sa->policy.group);
	if (n->dh == NULL || env->crypto->dh_shared(n->dh, ke, &n->shared) != 0)
		return refuse(sa, ev, WIRE_KE);
	bytes_set(&n->ke_i, ke.p, ke.n);
	bytes_set(&n->ni, nonce.p, nonce.n);
	begin(sa, &m, 0);
	ke_put(sa, &m);
	struct span answer = isakmp_wr_end(&m);

	if (!auth_derive(sa))
		return fail(sa, IKE_DOWN_AUTH);
	send_next(sa, answer);
	sa_arm(sa, IKE_HALF_OPEN_MS);
	return SA_R4;
}

static enum sa_state on_mm5(struct ike_sa *sa, struct sa_event *ev)
{
	enum wire_err e = proof_take(sa, ev);

	if (e != WIRE_OK)
		return proof_refuse(sa, ev, e);
	proof_send(sa);
	return SA_UP;
}

/* Its life ends, or nobody needed it for a while. */
static enum sa_state on_up_timer(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (ike_now(sa->ike) < sa->expires_ms && exchanges_live(sa)) {
		sa_arm(sa, IKE_RETRANSMIT_MS); /* released in mid exchange */
		return SA_UP;
	}
	sa->tell_peer = true;
	return fail(sa, ike_now(sa->ike) < sa->expires_ms ? IKE_DOWN_LOCAL
							  : IKE_DOWN_EXPIRED);
}

static enum sa_state on_doom(struct ike_sa *sa, struct sa_event *ev)
{
	(void)sa;
	(void)ev;
	return SA_DOWN; /* sa_doom set the reason */
}

// clang-format off
static sa_handler *const sa_table[SA_N_STATES][EV_N] = {
	[SA_NEW] = { [EV_START]   = on_start, [EV_DOOM] = on_doom },
	[SA_I1]  = { [EV_MESSAGE] = on_mm2, [EV_TIMER] = on_offer_timer,
		     [EV_REFUSED] = on_refused, [EV_DOOM] = on_doom },
	[SA_I3]  = { [EV_MESSAGE] = on_mm4, [EV_TIMER] = on_retransmit,
		     [EV_DOOM]    = on_doom },
	[SA_I5]  = { [EV_MESSAGE] = on_mm6, [EV_TIMER] = on_retransmit,
		     [EV_DOOM]    = on_doom },
	[SA_R0]  = { [EV_MESSAGE] = on_mm1, [EV_DOOM] = on_doom },
	[SA_R2]  = { [EV_MESSAGE] = on_mm3, [EV_TIMER] = on_half_open_end,
		     [EV_DOOM]    = on_doom },
	[SA_R4]  = { [EV_MESSAGE] = on_mm5, [EV_TIMER] = on_half_open_end,
		     [EV_DOOM]    = on_doom },
	[SA_UP]  = { [EV_TIMER]   = on_up_timer, [EV_DOOM] = on_doom },
};
// clang-format on

void sa_step(struct ike_sa *sa, struct sa_event *ev)
{
	sa_handler *h = sa_table[sa->state][ev->kind];

	ev->err = ev->kind == EV_MESSAGE ? WIRE_OK : ev->err;
	if (h == NULL) {
		ike_drop(sa->ike, WIRE_STATE);
		return;
	}
	enum sa_state old = sa->state, next = h(sa, ev);

	if (ev->kind == EV_MESSAGE && ev->err != WIRE_OK)
		ike_drop(sa->ike, ev->err);
	if (ev->kind == EV_MESSAGE && next != old) {
		memcpy(sa->rx_digest, ev->in->digest, sizeof sa->rx_digest);
		sa->resends = 0;
	}
	if (next == SA_DOWN) {
		sa_teardown(sa); /* shows the old state; frees */
		return;
	}
	sa->state = next;
	if (next == SA_UP && old != SA_UP)
		sa_came_up(sa);
}

const char *sa_state_name(const struct ike_sa *sa)
{
	switch (sa->state) {
	case SA_I3:
	case SA_R0:
	case SA_R2:
		return "MM_SA_SETUP";
	case SA_I5:
	case SA_R4:
		return "MM_KEY_EXCH";
	case SA_UP:
		return "GDOI_IDLE";
	default:
		return "MM_NO_STATE";
	}
}
