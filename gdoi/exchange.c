/* What runs under an SA that is up: the DOI's exchanges, each with its own IV
 * chain, retransmission and reply cache (protocol.md A.8, A.11).  Knows no
 * payload of the DOI; informational exchanges are in info.c. */
#include "gdoi/debug_priv.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct exchange *exchange_new(struct ike_sa *sa, uint32_t mid)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	x->sa = sa;
	x->mid = mid;
	sa_first_iv(sa, mid, x->iv);
	return x;
}

static void exchange_free(struct exchange *x)
{
	timer_cancel(x->sa->ike->env.timers, &x->timer);
	bytes_free(&x->tx);
	bytes_free(&x->staged);
	free(x);
}

static void exchange_unlink(struct exchange *x)
{
	TAILQ_REMOVE(&x->sa->exchanges, x, link);
	x->sa->n_exchanges--;
	exchange_free(x);
}

static void exchange_arm(struct exchange *x, uint64_t delay_ms)
{
	struct ike *ike = x->sa->ike;

	timer_set(ike->env.timers, &x->timer, ike_now(ike) + delay_ms);
}

/* Tells its owner and frees it. */
static void exchange_lose(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	x->busy = true; /* what the owner sends now goes nowhere */
	if (!x->ended)
		sa->ike->doi.exchange_lost(sa->ike->doi.ctx, sa, x);
	exchange_unlink(x);
}

static void on_exchange_timer(void *arg)
{
	struct exchange *x = arg;
	struct ike_sa *sa = x->sa;

	if (x->ended || !x->expect_reply) {
		exchange_lose(x);
		return;
	}
	if (x->tries < IKE_TRIES) {
		sa->ike->stats.retransmits++;
		SA_DEBUG(sa, XCHG_RETRANSMIT, .a = x->mid, .b = x->tries,
			.c = IKE_TRIES - 1);
		ike_transmit(sa, bytes_span(&x->tx));
		exchange_arm(x, (uint64_t)IKE_RETRANSMIT_MS << x->tries++);
		return;
	}
	SA_DEBUG(sa, XCHG_DOWN, .a = x->mid);
	sa_doom(sa, IKE_DOWN_TIMEOUT, true); /* the peer may have lost it */
	exchange_lose(x);
}

static struct exchange *exchange_find(struct ike_sa *sa, uint32_t mid)
{
	struct exchange *x;

	TAILQ_FOREACH(x, &sa->exchanges, link) {
		if (x->mid == mid)
			return x;
	}
	return NULL;
}

/* Room for one more, by dropping the oldest that has ended. */
static bool exchange_room(struct ike_sa *sa)
{
	struct exchange *x;

	if (sa->n_exchanges < IKE_EXCHANGES_MAX)
		return true;
	TAILQ_FOREACH(x, &sa->exchanges, link) {
		if (x->ended && !x->busy) {
			exchange_unlink(x);
			return true;
		}
	}
	return false;
}

static void exchange_link(struct exchange *x)
{
	TAILQ_INSERT_TAIL(&x->sa->exchanges, x, link);
	x->sa->n_exchanges++;
	timer_init(&x->timer, on_exchange_timer, x);
	exchange_arm(x, IKE_REPLY_CACHE_MS);
}

uint32_t sa_mid_make(struct ike_sa *sa)
{
	const struct env *env = &sa->ike->env;
	uint32_t mid;

	do
		env->random(env->ctx, &mid, sizeof mid);
	while (mid == 0 || exchange_find(sa, mid) != NULL);
	return mid;
}

struct exchange *exchange_begin(struct ike_sa *sa)
{
	assert(sa->state == SA_UP);
	exchange_room(sa); /* our own may exceed the bound for peers */
	struct exchange *x = exchange_new(sa, sa_mid_make(sa));

	x->ours = true;
	dpd_before_send(sa);
	sa_hold(sa);
	exchange_link(x);
	return x;
}

uint32_t exchange_mid(const struct exchange *x)
{
	return x->mid;
}

unsigned exchange_received(const struct exchange *x)
{
	return x->received;
}

void *exchange_user(const struct exchange *x)
{
	return x->user;
}

void exchange_set_user(struct exchange *x, void *user)
{
	x->user = user;
}

/* prf(SKEYID_a, M-ID | parts | rest), M-ID as on the wire */
size_t sa_hash(const struct ike_sa *sa, uint32_t mid, const struct span *parts,
	size_t n, struct span rest, uint8_t *out)
{
	const struct ike_keys *k = &sa->keys;
	const uint8_t m[4] = { (uint8_t)(mid >> 24), (uint8_t)(mid >> 16),
		(uint8_t)(mid >> 8), (uint8_t)mid };
	struct span all[EXCHANGE_PARTS_MAX + 2] = { SPAN(m, sizeof m) };

	assert(n <= EXCHANGE_PARTS_MAX);
	for (size_t i = 0; i < n; i++)
		all[1 + i] = parts[i];
	all[1 + n] = rest;
	prf(k->hash, SPAN(k->a.b, k->a.n), all, n + 2, out);
	return hash_alg(k->hash)->bytes;
}

/* HASH | chain, encrypted; iv moves on. Empty when it does not fit. */
struct span sa_message(struct ike_sa *sa, uint8_t type, uint32_t mid,
	const struct span *parts, size_t n, uint8_t first, struct span chain,
	uint8_t *iv)
{
	uint8_t hash[HASH_MAX_BYTES];
	struct isakmp_hdr h;
	struct isakmp_wr m;
	size_t hash_n = sa_hash(sa, mid, parts, n, chain, hash);

	sa_hdr(sa, type, ISAKMP_FLAG_E, mid, &h);
	isakmp_wr_begin(&m, sa->ike->out, ISAKMP_MSG_MAX, &h);
	isakmp_put(&m, PLD_HASH, hash, hash_n);
	wr_patch_u8(&m.w, ISAKMP_HDR, first); /* what follows HASH */
	wr_span(&m.w, chain);
	return sa_encrypt(sa, &m, iv);
}

/* What goes out: kept for retransmission or as the answer to a repeat. */
static void exchange_emit(struct exchange *x, bool expect_reply)
{
	x->expect_reply = expect_reply;
	x->tries = 1;
	x->resends = 0;
	exchange_arm(x, expect_reply ? IKE_RETRANSMIT_MS : IKE_REPLY_CACHE_MS);
	ike_transmit(x->sa, bytes_span(&x->tx));
}

void exchange_send(struct exchange *x, const struct span *parts, size_t n,
	uint8_t first, struct span chain, bool expect_reply)
{
	struct ike_sa *sa = x->sa;
	uint8_t iv[CIPHER_MAX_BLOCK];

	memcpy(iv, x->busy ? x->rx_last : x->iv, sizeof iv);
	struct span out = sa_message(sa, sa->ike->doi.exchange_type, x->mid,
		parts, n, first, chain, iv);

	if (out.n == 0) {
		sa_doom(sa, IKE_DOWN_PROTOCOL, true); /* too long to be sent */
		return;
	}
	if (x->busy) {
		assert(x->staged.p == NULL); /* one answer a message */
		bytes_set(&x->staged, out.p, out.n);
		memcpy(x->rx_last, iv, sizeof iv); /* the chain after it */
		x->staged_expect = expect_reply;
		return;
	}
	memcpy(x->iv, iv, sizeof iv);
	bytes_set(&x->tx, out.p, out.n);
	exchange_emit(x, expect_reply);
}

bool exchange_check(struct exchange *x, const struct exchange_msg *m,
	const struct span *parts, size_t n)
{
	uint8_t want[HASH_MAX_BYTES];
	struct rd got = m->p->v[0].body;
	size_t hash_n = sa_hash(x->sa, x->mid, parts, n, m->rest, want);

	x->authentic = rd_left(&got) == hash_n &&
		       mem_equal_secret(want, got.p, hash_n);
	return x->authentic;
}

void exchange_end(struct exchange *x)
{
	x->ended = true;
	x->user = NULL;
	if (!x->busy)
		exchange_arm(x, IKE_REPLY_CACHE_MS);
}

/* The handler took the message: the chain moves on, its answer goes out. */
static void exchange_accept(struct exchange *x, const struct ike_dgram *in)
{
	if (++x->received == 1)
		sa_hold(x->sa); /* the peer has use for it */
	if (x->ours || x->received > 1) /* no replay of a first message */
		dpd_heard(x->sa);
	memcpy(x->iv, x->rx_last, sizeof x->iv);
	memcpy(x->rx_digest, in->digest, sizeof x->rx_digest);
	if (x->staged.p != NULL) {
		bytes_free(&x->tx);
		x->tx = x->staged;
		x->staged = (struct bytes){ .p = NULL };
		exchange_emit(x, x->staged_expect && !x->ended);
		return;
	}
	bytes_free(&x->tx); /* answered: nothing to repeat */
	x->expect_reply = false;
	exchange_arm(x, IKE_REPLY_CACHE_MS);
}

enum wire_err sa_open(const struct ike_sa *sa, const struct ike_dgram *in,
	const uint8_t *iv, struct payloads *p)
{
	enum wire_err e = sa_decrypt(sa, in, iv, p);

	if (e != WIRE_OK)
		return e;
	if (p->n == 0 || p->v[0].type != PLD_HASH)
		return WIRE_PAYLOAD_ORDER;
	return WIRE_OK;
}

struct span payloads_after_hash(const struct payloads *p)
{
	size_t n = p->v[0].whole.n;

	return SPAN(p->all.p + n, p->all.n - n);
}

/* Decrypts with the exchange's IV and lets the DOI judge. */
static enum wire_err exchange_handle(
	struct exchange *x, const struct ike_dgram *in)
{
	struct ike_sa *sa = x->sa;
	struct ike *ike = sa->ike;
	size_t block = sa->keys.cipher->block;
	struct payloads p;
	enum wire_err e = sa_open(sa, in, x->iv, &p);

	if (e == WIRE_OK) {
		const struct exchange_msg m = { .p = &p,
			.rest = payloads_after_hash(&p) };

		memcpy(x->rx_last, in->whole.p + in->whole.n - block, block);
		x->busy = true;
		e = ike->doi.message(ike->doi.ctx, sa, x, &m);
		x->busy = false;
	}
	mem_wipe(ike->clear, in->body.n);
	if (e == WIRE_OK)
		exchange_accept(x, in);
	else
		bytes_free(&x->staged);
	return e;
}

static void exchange_repeat(struct exchange *x)
{
	struct ike *ike = x->sa->ike;

	ike->stats.replayed++;
	SA_DEBUG(x->sa, XCHG_DUPLICATE, .a = x->mid);
	if (x->expect_reply || x->tx.p == NULL ||
		x->resends++ >= IKE_RESENDS_MAX)
		return;
	ike->stats.retransmits++;
	ike_transmit(x->sa, bytes_span(&x->tx));
}

enum wire_err sa_protected_check(
	const struct ike_sa *sa, const struct ike_dgram *in)
{
	if (memcmp(in->hdr.cky_r, sa->cky_r, COOKIE_BYTES) != 0)
		return WIRE_COOKIE;
	if (sa->state != SA_UP)
		return WIRE_STATE;
	if (!(in->hdr.flags & ISAKMP_FLAG_E))
		return WIRE_NOT_ENCRYPTED;
	return in->hdr.mid == 0 ? WIRE_MESSAGE_ID : WIRE_OK;
}

void exchanges_told(struct ike_sa *sa)
{
	struct exchange *x;

	TAILQ_FOREACH(x, &sa->exchanges, link)
		x->told |= x->busy;
}

/* The first message of an exchange that the peer begins: kept only when it
 * proves authentic, so that a forger leaves nothing behind.  A peer that asks
 * for what we do not do, Quick Mode say, is told so. */
static enum wire_err exchange_open(
	struct ike_sa *sa, const struct ike_dgram *in)
{
	if (!exchange_room(sa))
		return WIRE_LIMIT;
	struct exchange *x = exchange_new(sa, in->hdr.mid);

	exchange_link(x);
	enum wire_err e = exchange_handle(x, in);

	if (e == WIRE_OK)
		return e;
	if (x->authentic && !x->told)
		ike_sa_notify(sa, wire_err_notify(e));
	exchange_unlink(x);
	return e;
}

void exchange_input(
	struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in)
{
	enum wire_err e = sa_protected_check(sa, in);

	if (e == WIRE_NOT_ENCRYPTED)
		ike_report(ike, REPORT_IKMP_NOT_ENCRYPTED, &in->path->remote.ip,
			e, 0, "");
	if (e == WIRE_OK) {
		struct exchange *x = exchange_find(sa, in->hdr.mid);

		if (x == NULL) {
			e = exchange_open(sa, in);
		} else if (x->received > 0 && memcmp(in->digest, x->rx_digest,
						      DIGEST_BYTES) == 0) {
			exchange_repeat(x);
		} else {
			e = x->ended ? WIRE_REPLAY : exchange_handle(x, in);
		}
	}
	if (e != WIRE_OK)
		ike_drop(ike, e);
}

bool exchanges_live(const struct ike_sa *sa)
{
	const struct exchange *x;

	TAILQ_FOREACH(x, &sa->exchanges, link) {
		if (!x->ended)
			return true;
	}
	return false;
}

void exchanges_lose(struct ike_sa *sa)
{
	while (!TAILQ_EMPTY(&sa->exchanges))
		exchange_lose(TAILQ_FIRST(&sa->exchanges));
}

void exchanges_free(struct ike_sa *sa)
{
	while (!TAILQ_EMPTY(&sa->exchanges))
		exchange_unlink(TAILQ_FIRST(&sa->exchanges));
}
