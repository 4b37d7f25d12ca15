/* One phase-1 SA from creation to end: its cookies, its encryption, its timers,
 * what it leaves behind.  The negotiation itself is in phase1.c. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <stdlib.h>
#include <string.h>

#define VERSION_1 0x10

static void key_make(struct sa_key *key, const uint8_t *cky_i,
	const struct udp_addr *remote)
{
	*key = (struct sa_key){ .remote = { remote->ip.family } };
	memcpy(key->cky_i, cky_i, COOKIE_BYTES);
	memcpy(key->remote + 1, remote->ip.b, remote->ip.family == 6 ? 16 : 4);
	key->remote[17] = (uint8_t)(remote->port >> 8);
	key->remote[18] = (uint8_t)remote->port;
}

void sa_key_set(struct ike_sa *sa, const uint8_t *cky_i)
{
	key_make(&sa->key, cky_i, &sa->path.remote);
}

struct ike_sa *sa_find(const struct ike *ike, const uint8_t *cky_i,
	const struct udp_path *path)
{
	struct sa_key key;
	struct ike_sa *sa;

	key_make(&key, cky_i, &path->remote);
	HASH_FIND(hh, ike->by_key, &key, sizeof key, sa);
	return sa;
}

/* Random, not zero, and never half of a KEK's SPI together with the other. */
void cookie_make(struct ike *ike, const uint8_t *cky_i, uint8_t *out)
{
	static const uint8_t zero[COOKIE_BYTES];
	uint8_t both[2 * COOKIE_BYTES] = { 0 };
	bool taken;

	do {
		ike->env.random(ike->env.ctx, out, COOKIE_BYTES);
		memcpy(both, cky_i == NULL ? out : cky_i, COOKIE_BYTES);
		if (cky_i != NULL)
			memcpy(both + COOKIE_BYTES, out, COOKIE_BYTES);
		taken = ike->doi.spi_taken != NULL &&
			ike->doi.spi_taken(ike->doi.ctx, both);
	} while (taken || memcmp(out, zero, sizeof zero) == 0);
}

void sa_renew_cookie(struct ike_sa *sa)
{
	uint8_t cky_i[COOKIE_BYTES];

	if (sa->hh.tbl != NULL)
		HASH_DEL(sa->ike->by_key, sa);
	do
		cookie_make(sa->ike, NULL, cky_i);
	while (sa_find(sa->ike, cky_i, &sa->path) != NULL);
	sa_key_set(sa, cky_i);
	memset(sa->cky_r, 0, sizeof sa->cky_r);
	HASH_ADD(hh, sa->ike->by_key, key, sizeof sa->key, sa);
}

void sa_hdr(const struct ike_sa *sa, uint8_t exchange, uint8_t flags,
	uint32_t mid, struct isakmp_hdr *out)
{
	*out = (struct isakmp_hdr){ .version = VERSION_1,
		.exchange = exchange,
		.flags = flags,
		.mid = mid };
	memcpy(out->cky_i, sa->key.cky_i, COOKIE_BYTES);
	memcpy(out->cky_r, sa->cky_r, COOKIE_BYTES);
}

void sa_send(struct ike_sa *sa, struct span data)
{
	bytes_set(&sa->tx, data.p, data.n);
	ike_transmit(sa, data);
}

struct span sa_encrypt(struct ike_sa *sa, struct isakmp_wr *m, uint8_t *iv)
{
	size_t block = sa->keys.cipher->block;

	isakmp_end(m);
	size_t over = (m->w.len - ISAKMP_HDR) % block;

	wr_zero(&m->w, over == 0 ? 0 : block - over);
	struct span out = isakmp_wr_end(m);

	if (out.n == 0 ||
		cbc_encrypt(sa->keys.cipher, sa->keys.key, iv,
			m->w.buf + ISAKMP_HDR, out.n - ISAKMP_HDR) != 0)
		return SPAN(NULL, 0);
	memcpy(iv, out.p + out.n - block, block);
	return out;
}

enum wire_err sa_decrypt(const struct ike_sa *sa, const struct ike_dgram *in,
	const uint8_t *iv, struct payloads *out)
{
	uint8_t *clear = sa->ike->clear;

	if (in->body.n == 0 || in->body.n % sa->keys.cipher->block != 0)
		return WIRE_PADDING;
	if (in->body.n > sizeof sa->ike->clear)
		return WIRE_LIMIT;
	memcpy(clear, in->body.p, in->body.n);
	if (cbc_decrypt(sa->keys.cipher, sa->keys.key, iv, clear,
		    in->body.n) != 0)
		return WIRE_PADDING;
	enum wire_err e =
		isakmp_split(SPAN(clear, in->body.n), in->hdr.next, out);

	if (e == WIRE_OK)
		SA_DEBUG(sa, PKT_PAYLOADS, .payloads = out);
	return e;
}

void sa_first_iv(const struct ike_sa *sa, uint32_t mid, uint8_t *iv)
{
	size_t block = sa->keys.cipher->block;
	const uint8_t m[4] = { (uint8_t)(mid >> 24), (uint8_t)(mid >> 16),
		(uint8_t)(mid >> 8), (uint8_t)mid };
	const struct span parts[] = { SPAN(sa->iv, block), SPAN(m, sizeof m) };
	uint8_t out[HASH_MAX_BYTES];

	digest(sa->keys.hash, parts, ARRAY_LEN(parts), out);
	memcpy(iv, out, block);
}

void sa_info(const struct ike_sa *sa, struct ike_sa_info *out)
{
	uint64_t now = ike_now(sa->ike);
	bool up = sa->state == SA_UP;

	*out = (struct ike_sa_info){ .state = sa_state_name(sa),
		.src = sa->initiator ? sa->path.local.ip : sa->path.remote.ip,
		.dst = sa->initiator ? sa->path.remote.ip : sa->path.local.ip,
		.conn_id = sa->conn_id,
		.active = up,
		.policy = sa->policy };
	if (up && sa->expires_ms > now)
		out->remaining_secs = (uint32_t)((sa->expires_ms - now) / 1000);
	memcpy(out->cky_i, sa->key.cky_i, sizeof out->cky_i);
	memcpy(out->cky_r, sa->cky_r, sizeof out->cky_r);
	const struct isakmp_profile *f = sa_profile(sa);

	out->initiator = sa->initiator;
	out->dpd = sa->dpd.peer_can && sa_keepalive(sa).secs > 0;
	out->fragments = sa->peer_fragments && sa->ike->config.fragmentation;
	if (f != NULL)
		memcpy(out->vrf, f->vrf, sizeof out->vrf);
	out->remote_port = sa->path.remote.port;
	memcpy(out->profile, sa->profile, sizeof out->profile);
	out->id_type = sa->peer_id_type;
	out->id_n = sa->peer_id.n < sizeof out->id ? sa->peer_id.n
						   : sizeof out->id;
	if (out->id_n > 0)
		memcpy(out->id, sa->peer_id.p, out->id_n);
}

void sa_arm(struct ike_sa *sa, uint64_t delay_ms)
{
	timer_set(sa->ike->env.timers, &sa->timer, ike_now(sa->ike) + delay_ms);
}

void sa_kick(struct ike_sa *sa)
{
	timer_set(sa->ike->env.timers, &sa->kick, ike_now(sa->ike));
}

void sa_doom(struct ike_sa *sa, enum ike_down why, bool tell_peer)
{
	if (sa->doomed)
		return;
	sa->doomed = true;
	sa->why = why;
	sa->tell_peer = tell_peer;
	sa_kick(sa);
}

static void on_sa_timer(void *arg)
{
	struct sa_event ev = { .kind = EV_TIMER };

	sa_step(arg, &ev);
}

/* What a call from above asked for, now that it has returned. */
static void on_sa_kick(void *arg)
{
	struct ike_sa *sa = arg;
	struct sa_event ev = { .kind = sa->doomed ? EV_DOOM : EV_START };

	if (sa->doomed || sa->state == SA_NEW) {
		sa_step(sa, &ev);
	} else if (sa->notify_up && sa->state == SA_UP) {
		sa->notify_up = false;
		sa->ike->doi.sa_up(sa->ike->doi.ctx, sa);
	}
}

struct ike_sa *sa_new(
	struct ike *ike, const struct udp_path *path, bool initiator)
{
	struct source *source =
		source_get(&ike->limits, &path->remote.ip, ike_now(ike));
	struct ike_sa *sa = xcalloc(1, sizeof *sa);

	sa->ike = ike;
	sa->path = *path;
	sa->source = source;
	sa->initiator = initiator;
	sa->state = initiator ? SA_NEW : SA_R0;
	sa->conn_id = ike->next_conn_id++;
	sa->neg = xcalloc(1, sizeof *sa->neg);
	TAILQ_INIT(&sa->exchanges);
	timer_init(&sa->timer, on_sa_timer, sa);
	timer_init(&sa->kick, on_sa_kick, sa);
	dpd_init(sa);
	source_add(&ike->limits, source, sa);
	TAILQ_INSERT_TAIL(&ike->sas, sa, link);
	ike->n_sas++;
	if (!initiator) {
		sa->half_open = true;
		ike->limits.half_open++;
		source->half_open++;
	}
	return sa;
}

struct ike_sa *sa_new_responder(
	struct ike *ike, const struct ike_dgram *in, const uint8_t *cky_r)
{
	struct ike_sa *sa = sa_new(ike, in->path, false);

	sa->marker = in->marker;
	sa_key_set(sa, in->hdr.cky_i);
	memcpy(sa->cky_r, cky_r, COOKIE_BYTES);
	HASH_ADD(hh, ike->by_key, key, sizeof sa->key, sa);
	return sa;
}

static void negotiation_free(struct ike *ike, struct negotiation *n)
{
	if (n == NULL)
		return;
	if (n->dh != NULL)
		ike->env.crypto->dh_free(n->dh);
	secret_free(&n->shared);
	keybuf_wipe(&n->skeyid);
	bytes_free(&n->sai);
	bytes_free(&n->ke_i);
	bytes_free(&n->ke_r);
	bytes_free(&n->ni);
	bytes_free(&n->nr);
	bytes_free(&n->id_own);
	bytes_free(&n->id_peer);
	p1_certreqs_free(n);
	free(n);
}

static void sa_opened(struct ike_sa *sa)
{
	if (!sa->half_open)
		return;
	sa->half_open = false;
	sa->ike->limits.half_open--;
	sa->source->half_open--;
}

void sa_free(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	exchanges_free(sa);
	fragments_drop(sa);
	dpd_fini(sa);
	sa_opened(sa);
	timer_cancel(ike->env.timers, &sa->timer);
	timer_cancel(ike->env.timers, &sa->kick);
	if (sa->hh.tbl != NULL)
		HASH_DEL(ike->by_key, sa);
	TAILQ_REMOVE(&ike->sas, sa, link);
	ike->n_sas--;
	source_del(&ike->limits, sa->source, sa);
	negotiation_free(ike, sa->neg);
	bytes_free(&sa->tx);
	bytes_free(&sa->peer_id);
	sa_peer_cert_free(sa);
	mem_wipe(&sa->keys, sizeof sa->keys);
	free(sa);
}

static bool same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->peer_id_type == b->peer_id_type &&
	       a->peer_id.n == b->peer_id.n &&
	       memcmp(a->peer_id.p, b->peer_id.p, a->peer_id.n) == 0;
}

/* INITIAL-CONTACT drops the older SAs of that identity at that address, never
 * of the address alone (F.21). Without it their number is bounded. */
void sa_drop_older(struct ike_sa *sa, size_t keep)
{
	struct ike_sa *o;

	TAILQ_FOREACH_REVERSE(o, &sa->source->sas, ike_sa_list, source_link)
	{
		if (o == sa || o->state != SA_UP || o->doomed ||
			o->initiator != sa->initiator || !same_peer(o, sa))
			continue;
		if (keep > 0)
			keep--;
		else
			sa_doom(o, IKE_DOWN_DELETED, false);
	}
}

/* What the initiator wished; 0: we made the offer, or do not know. */
static uint32_t life_offered(const struct ike_sa *sa)
{
	struct isakmp_policy chosen;
	struct ike_offer o;

	if (sa->initiator ||
		ike_offer_read(bytes_span(&sa->neg->sai), &o) != WIRE_OK)
		return 0;
	const struct ike_peer peer = sa_peer(sa);
	const struct ike_transform *t =
		ike_offer_choose(sa->ike, &peer, &o, &chosen);

	return t != NULL ? t->policy.life_secs : 0;
}

void sa_shorten(struct ike_sa *sa, uint32_t life_secs)
{
	uint64_t now = ike_now(sa->ike);
	uint32_t old_secs = sa->policy.life_secs;

	if (sa->state != SA_UP || life_secs >= old_secs)
		return;
	sa->expires_ms -= (old_secs - life_secs) * 1000ull;
	sa->policy.life_secs = life_secs;
	if (!sa->released || sa->expires_ms < now + IKE_RELEASE_MS)
		sa_arm(sa, sa->expires_ms > now ? sa->expires_ms - now : 0);
}

uint8_t sa_exchange(const struct ike_sa *sa)
{
	return sa->aggressive ? XCHG_AGGRESSIVE : XCHG_MAIN;
}

void sa_came_up(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	uint64_t life_ms = (uint64_t)sa->policy.life_secs * 1000;

	sa_drop_older(sa, sa->neg->initial_contact ? 0 : IKE_SAS_PEER_MAX - 1);
	sa_opened(sa);
	uint32_t offered_secs = life_offered(sa);

	negotiation_free(ike, sa->neg);
	sa->neg = NULL;
	sa->notify_up = false;
	sa->expires_ms = ike_now(ike) + life_ms;
	sa_arm(sa, life_ms);
	ike->stats.established++;
	first_proved(ike, sa->first_slot, sa->first_serial);
	dpd_heard(sa);
	dpd_config(sa);
	if (offered_secs > sa->policy.life_secs)
		info_send_lifetime(sa, sa->policy.life_secs);
	ike->doi.sa_up(ike->doi.ctx, sa);
}

/* Remembers a dead SA for show, as IOS does for about a minute. */
static void tomb_set(const struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	struct tomb *t = &ike->tomb[ike->tomb_at++ % IKE_TOMBS_MAX];

	sa_info(sa, &t->info);
	t->info.state = sa->aggressive ? "AG_NO_STATE" : "MM_NO_STATE";
	t->info.deleted = true;
	t->info.remaining_secs = 0;
	t->until_ms = ike_now(ike) + IKE_TOMB_MS;
}

static bool is_mode_failure(const struct ike_sa *sa)
{
	switch (sa->state) {
	case SA_NEW:
	case SA_I1:
	case SA_A1:
		return sa->why == IKE_DOWN_NO_PROPOSAL ||
		       sa->why == IKE_DOWN_AUTH;
	case SA_I3:
	case SA_I5:
	case SA_R4:
		return sa->why != IKE_DOWN_LOCAL;
	default:
		return false;
	}
}

void sa_teardown(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	bool was_up = sa->state == SA_UP;

	sa->doomed = true;
	if (is_mode_failure(sa))
		ike_report(ike, REPORT_IKMP_MODE_FAILURE, &sa->path.remote.ip,
			WIRE_OK, 0, sa_mode_name(sa));
	if (was_up && sa->tell_peer)
		info_send_delete(sa);
	exchanges_lose(sa);
	if (was_up || sa->initiator) {
		tomb_set(sa);
		ike->doi.sa_down(ike->doi.ctx, sa, sa->why);
	}
	if (was_up)
		ike->stats.established--;
	sa_free(sa);
}

void sa_hold(struct ike_sa *sa)
{
	uint64_t now = ike_now(sa->ike);

	if (!sa->released)
		return;
	sa->released = false;
	sa_arm(sa, sa->expires_ms > now ? sa->expires_ms - now : 0);
}

void ike_sa_release(struct ike_sa *sa)
{
	uint64_t now = ike_now(sa->ike), idle_ms = IKE_RELEASE_MS;

	if (sa->state != SA_UP || sa->doomed || sa->released)
		return;
	if (!sa->initiator)
		idle_ms += IKE_RELEASE_GRACE_MS;
	sa->released = true;
	if (now + idle_ms < sa->expires_ms)
		sa_arm(sa, idle_ms);
}

void ike_sa_delete(struct ike_sa *sa, bool tell_peer)
{
	sa_doom(sa, IKE_DOWN_LOCAL, tell_peer);
}

bool ike_sa_is_up(const struct ike_sa *sa)
{
	return sa->state == SA_UP && !sa->doomed;
}

bool ike_sa_is_initiator(const struct ike_sa *sa)
{
	return sa->initiator;
}

const struct udp_path *ike_sa_path(const struct ike_sa *sa)
{
	return &sa->path;
}

uint32_t ike_sa_conn_id(const struct ike_sa *sa)
{
	return sa->conn_id;
}

uint8_t ike_sa_peer_id(const struct ike_sa *sa, struct span *data)
{
	*data = bytes_span(&sa->peer_id);
	return sa->peer_id_type;
}

bool ike_sa_peer_is_ours(const struct ike_sa *sa, uint32_t *version)
{
	if (version != NULL)
		*version = sa->peer_version;
	return sa->peer_ours;
}
