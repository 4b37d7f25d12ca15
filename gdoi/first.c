/* First messages under pressure (protocol.md A.11): answered without an SA.
 *
 * Anybody can send message 1 under a borrowed address; who sends message 3
 * with the cookie of our answer has at least received it.  When many SAs are
 * half open, message 1 therefore makes no new one.  Its answer depends on
 * nothing but the message and the configuration, and our cookie is a keyed
 * hash of the peer's address, its cookie and the time; so message 3 can be
 * taken up as if the SA had been there all along.
 *
 * What it takes besides is the body of message 1, since the proofs cover it.
 * Members of one make send the same one, so that each different body is kept
 * once, and the cookie names its place.  A flooder who makes up bodies pushes
 * out other unproved ones only: a body that once led to an SA has its own
 * room. */
#include "crypto/prf.h"
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_1     0x10
#define EPOCH_MS      30000 /* a cookie holds for one to two of them */
#define SLOT_BYTES    2
#define MAC_BYTES     (COOKIE_BYTES - SLOT_BYTES)
#define BODY_MAX      1024
#define ADDRESS_BYTES 19

struct first {
	UT_hash_handle hh;
	TAILQ_ENTRY(first) link; /* oldest first */
	uint16_t slot;
	uint32_t serial; /* never the same again */
	bool proved;
	size_t n;
	uint8_t key[]; /* type of its first payload, then the body */
};

void firsts_init(struct firsts *f)
{
	TAILQ_INIT(&f->unproved);
	TAILQ_INIT(&f->proved);
}

static struct first_list *list_of(struct firsts *f, const struct first *e)
{
	return e->proved ? &f->proved : &f->unproved;
}

static void first_free(struct firsts *f, struct first *e)
{
	TAILQ_REMOVE(list_of(f, e), e, link);
	f->n_proved -= e->proved;
	HASH_DEL(f->by_body, e);
	f->slot[e->slot] = NULL;
	f->n--;
	free(e);
}

void firsts_fini(struct firsts *f)
{
	while (!TAILQ_EMPTY(&f->unproved))
		first_free(f, TAILQ_FIRST(&f->unproved));
	while (!TAILQ_EMPTY(&f->proved))
		first_free(f, TAILQ_FIRST(&f->proved));
	prf_key_free(f->mac);
	f->mac = NULL;
}

/* A free place: a new one as long as there are any, then the oldest's. */
static uint16_t slot_take(struct firsts *f)
{
	if (f->n < FIRSTS_MAX)
		for (;; f->at++)
			if (f->slot[f->at % FIRSTS_MAX] == NULL)
				return (uint16_t)(f->at % FIRSTS_MAX);
	struct first *e = TAILQ_FIRST(&f->unproved);
	uint16_t slot = e->slot;

	first_free(f, e);
	return slot;
}

struct first *first_keep(struct ike *ike, const struct ike_dgram *in)
{
	struct firsts *f = &ike->firsts;
	uint8_t key[1 + BODY_MAX];
	struct first *e;
	size_t n = 1 + in->body.n;

	if (in->body.n > BODY_MAX)
		return NULL;
	key[0] = in->hdr.next;
	memcpy(key + 1, in->body.p, in->body.n);
	HASH_FIND(hh, f->by_body, key, n, e);
	if (e != NULL) {
		TAILQ_REMOVE(list_of(f, e), e, link);
		TAILQ_INSERT_TAIL(list_of(f, e), e, link);
		return e;
	}
	uint16_t slot = slot_take(f);

	e = xcalloc(1, sizeof *e + n);
	e->slot = slot;
	e->serial = ++f->serial;
	e->n = n;
	memcpy(e->key, key, n);
	f->slot[slot] = e;
	f->n++;
	TAILQ_INSERT_TAIL(&f->unproved, e, link);
	HASH_ADD_KEYPTR(hh, f->by_body, e->key, n, e);
	return e;
}

uint32_t first_serial(const struct first *e)
{
	return e != NULL ? e->serial : 0;
}

uint16_t first_slot(const struct first *e)
{
	return e != NULL ? e->slot : 0;
}

void first_proved(struct ike *ike, uint16_t slot, uint32_t serial)
{
	struct firsts *f = &ike->firsts;
	struct first *e = f->slot[slot];

	if (serial == 0 || e == NULL || e->serial != serial || e->proved)
		return;
	if (f->n_proved == FIRSTS_PROVED_MAX)
		first_free(f, TAILQ_FIRST(&f->proved));
	TAILQ_REMOVE(&f->unproved, e, link);
	e->proved = true;
	f->n_proved++;
	TAILQ_INSERT_TAIL(&f->proved, e, link);
}

static void address_bytes(const struct udp_addr *a, uint8_t out[ADDRESS_BYTES])
{
	memset(out, 0, ADDRESS_BYTES);
	out[0] = a->ip.family;
	memcpy(out + 1, a->ip.b, a->ip.family == 6 ? 16 : 4);
	out[17] = (uint8_t)(a->port >> 8);
	out[18] = (uint8_t)a->port;
}

static struct prf_key *mac_new(struct ike *ike)
{
	uint8_t key[32];

	ike->env.random(ike->env.ctx, key, sizeof key);
	struct prf_key *k = prf_key_new(HASH_SHA256, SPAN(key, sizeof key));

	mem_wipe(key, sizeof key);
	return k;
}

static void cookie_compute(struct ike *ike, const struct first *e,
	const struct ike_dgram *in, uint64_t epoch, uint8_t out[COOKIE_BYTES])
{
	struct firsts *f = &ike->firsts;
	uint8_t from[ADDRESS_BYTES], to[ADDRESS_BYTES], mac[HASH_MAX_BYTES];
	const struct span parts[] = { SPAN(from, sizeof from),
		SPAN(to, sizeof to), SPAN(in->hdr.cky_i, COOKIE_BYTES),
		SPAN(&e->serial, sizeof e->serial),
		SPAN(&epoch, sizeof epoch) };

	if (f->mac == NULL)
		f->mac = mac_new(ike);
	address_bytes(&in->path->remote, from);
	address_bytes(&in->path->local, to);
	prf_keyed(f->mac, parts, ARRAY_LEN(parts), mac);
	out[0] = (uint8_t)((e->slot + 1) >> 8); /* so that it is not zero */
	out[1] = (uint8_t)(e->slot + 1);
	memcpy(out + SLOT_BYTES, mac, MAC_BYTES);
}

static uint64_t epoch_now(const struct ike *ike)
{
	return ike_now(ike) / EPOCH_MS;
}

static bool cookies_taken(struct ike *ike, const struct isakmp_hdr *h)
{
	uint8_t both[2 * COOKIE_BYTES];

	memcpy(both, h->cky_i, COOKIE_BYTES);
	memcpy(both + COOKIE_BYTES, h->cky_r, COOKIE_BYTES);
	return ike->doi.spi_taken != NULL &&
	       ike->doi.spi_taken(ike->doi.ctx, both);
}

enum wire_err first_answer(struct ike *ike, const struct ike_dgram *in,
	const struct ike_offer *o, const struct ike_transform *t)
{
	struct first *e = first_keep(ike, in);
	struct isakmp_hdr h = { .version = VERSION_1, .exchange = XCHG_MAIN };
	struct isakmp_wr m;

	if (e == NULL)
		return WIRE_LIMIT;
	memcpy(h.cky_i, in->hdr.cky_i, sizeof h.cky_i);
	cookie_compute(ike, e, in, epoch_now(ike), h.cky_r);
	if (cookies_taken(ike, &h))
		return WIRE_COOKIE;
	isakmp_wr_begin(&m, ike->out, ISAKMP_MSG_MAX, &h);
	ike_answer_put(&m, o, t);
	p1_vids_put(&m, ike);
	ike->stats.stateless++;
	struct span out = isakmp_wr_end(&m);

	ike_debug_out(ike, NULL, in->path, out);
	ike_send(ike, in->path, in->marker, out);
	return WIRE_OK;
}

/* Whose cookie of ours is it?  NULL: not ours, or too old. */
static const struct first *cookie_find(
	struct ike *ike, const struct ike_dgram *in)
{
	const uint8_t *c = in->hdr.cky_r;
	unsigned slot = (unsigned)(c[0] << 8 | c[1]) - 1;
	uint64_t epoch = epoch_now(ike);

	if (slot >= FIRSTS_MAX || ike->firsts.slot[slot] == NULL)
		return NULL;
	for (unsigned back = 0; back < 2 && back <= epoch; back++) {
		const struct first *e = ike->firsts.slot[slot];
		uint8_t want[COOKIE_BYTES];

		cookie_compute(ike, e, in, epoch - back, want);
		if (mem_equal_secret(want, c, sizeof want))
			return e;
	}
	return NULL;
}

bool first_resumes(const struct ike_dgram *in)
{
	return in->hdr.exchange == XCHG_MAIN && in->hdr.mid == 0 &&
	       (in->hdr.flags & ISAKMP_FLAG_E) == 0;
}

enum wire_err first_resume(struct ike *ike, const struct ike_dgram *in)
{
	const struct first *e = cookie_find(ike, in);

	if (e == NULL)
		return WIRE_NO_SA;
	struct ike_dgram first = { .path = in->path,
		.hdr = in->hdr,
		.whole = SPAN(e->key + 1, e->n - 1),
		.body = SPAN(e->key + 1, e->n - 1),
		.marker = in->marker };
	struct sa_event ev = { .kind = EV_MESSAGE, .in = &first };
	enum wire_err err = ike_admit(ike, in->path, true);

	first.hdr.next = e->key[0];
	if (err == WIRE_OK)
		err = isakmp_split(first.body, first.hdr.next, &ev.p);
	if (err != WIRE_OK)
		return err;
	struct ike_sa *sa = sa_new_responder(ike, &first, in->hdr.cky_r);

	sa->first_slot = e->slot;
	sa->first_serial = e->serial;
	sa->muted = true; /* the answer went out long ago */
	sa_step(sa, &ev);
	sa = sa_find(ike, in->hdr.cky_i, in->path);
	if (sa == NULL)
		return WIRE_NO_PROPOSAL; /* by what is configured now */
	sa->muted = false;
	return WIRE_OK;
}
