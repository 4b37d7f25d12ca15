/* What must hold in the world (design.md 5).  What leaves a node is looked at
 * as it leaves; states are sampled: all nodes of a small world, in a crowd as
 * many as its cost allows, chosen by the seed. */
#include "dataplane/null.h"
#include "tests/sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_MAX     64 /* nodes of a world in which everyone is looked at */
#define SAMPLE      32
#define PEERS       8  /* of each */
#define EXCHANGE_AT 18 /* in the ISAKMP header */

/* FNV-1a: contents are compared, not protected. */
static uint64_t sum(struct span s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3ull;
	return h;
}

static int form_of(const struct ks_push *p, struct span data)
{
	for (int i = 0; i < 2; i++)
		if (p->bytes[i] != NULL && p->n[i] == data.n &&
			memcmp(p->bytes[i], data.p, data.n) == 0)
			return i;
	return -1;
}

/* A number that goes back makes members deaf (protocol.md F.26), and one that
 * comes twice with different words divides them. */
void watch_sent(struct node *n, struct span data)
{
	const struct ks *ks = node_ks_of(n);
	const struct ks_push *p;
	int form;

	if (ks == NULL || data.n <= EXCHANGE_AT ||
		data.p[EXCHANGE_AT] != XCHG_PUSH)
		return;
	p = &ks->push;
	form = form_of(p, data);
	if (form < 0) {
		world_fail(n->w, "a rekey left that nobody built");
		return;
	}
	if (memcmp(n->kek_spi, p->kek_spi, KEK_SPI_BYTES) != 0 ||
		p->seq > n->kek_seq) {
		memcpy(n->kek_spi, p->kek_spi, KEK_SPI_BYTES);
		n->kek_seq = p->seq;
		memset(n->kek_sum, 0, sizeof(n->kek_sum));
	}
	if (p->seq < n->kek_seq)
		world_fail(n->w, "sequence number went back from %u to %u",
			n->kek_seq, p->seq);
	if (n->kek_sum[form] != 0 && n->kek_sum[form] != sum(data))
		world_fail(n->w, "two rekeys have sequence number %u", p->seq);
	n->kek_sum[form] = sum(data);
}

static bool can_receive(const struct node *n)
{
	const struct gm *gm = node_gm_of(n);

	return gm != NULL && gm->registered && gm_has_keys(gm);
}

/* Would its stamp be taken, if it has one? */
static bool is_fresh(
	const struct node *from, const struct node *to, uint32_t spi)
{
	const struct gm *gm = node_gm_of(to);
	const struct dp_sa *sa = dp_null_sa(to->dp, gm->slot[0].dp_id, spi);
	uint64_t a, b;

	if (sa == NULL || sa->stamp != DP_STAMP_TBAR)
		return true;
	return node_time(from, &a) && node_time(to, &b) &&
	       (a > b ? a - b : b - a) <= sa->window_ms;
}

/* One packet of a member to another, with the TEK that it sends with. */
static void pair_try(struct world *w, const struct node *from,
	const struct node *to, uint32_t spi)
{
	if (to == from || !node_reaches(from, to) || !can_receive(to))
		return;
	if (node_has(to, spi) && is_fresh(from, to, spi)) {
		w->data_ok++;
		return;
	}
	w->data_lost++;
	if (w->lossless)
		world_fail(w, "a packet is lost between members");
	if (w->verbose) {
		char a[IP_TEXT], b[IP_TEXT];

		printf("# %9.3f lost: %s to %s, SPI %08x\n",
			(double)(w->now - w->start) / 1000,
			ip_text(&from->addr, a), ip_text(&to->addr, b), spi);
	}
}

static struct node *any(struct world *w)
{
	return w->node[random_next(&w->watch_rng) % w->n];
}

static void traffic_from(struct world *w, const struct node *from)
{
	uint32_t spi = node_sending(from);

	if (node_gm_of(from) == NULL || from->cut)
		return;
	if (spi == 0) {
		w->data_none++;
		return;
	}
	if (w->n <= ALL_MAX) {
		for (size_t k = 0; k < w->n; k++)
			pair_try(w, from, w->node[k], spi);
		return;
	}
	for (int k = 0; k < PEERS; k++)
		pair_try(w, from, any(w), spi);
}

/* Once a policy is in force it stays: what has no key is dropped, not sent in
 * clear, whatever befalls the member's key server. */
static void guard_check(struct world *w, struct node *n)
{
	const struct gm *gm = node_gm_of(n);
	bool have = gm != NULL && gm->n_slots > 0 &&
		    dp_null_policy(n->dp, gm->slot[0].dp_id) != NULL;
	char ip[IP_TEXT];

	if (gm == NULL || !gm->registered) {
		n->guarded = false; /* down, or cleared by its operator */
		return;
	}
	if (n->guarded && !have)
		world_fail(w, "%s would send in clear", ip_text(&n->addr, ip));
	n->guarded |= have;
}

struct sid_use {
	UT_hash_handle hh;
	struct {
		uint32_t spi, sid;
	} key;
	const struct node *by;
	unsigned starts;
};

/* Two that count from zero under one key and one sender id encrypt different
 * packets alike (RFC 6054): also one that started again. */
static void sid_check(struct world *w, const struct node *n,
	const struct gm_tek *t, uint32_t sid)
{
	struct sid_use *use, want = { .key = { t->spi, sid } };
	char a[IP_TEXT], b[IP_TEXT];

	HASH_FIND(hh, w->sid_uses, &want.key, sizeof(want.key), use);
	if (use == NULL) {
		use = xcalloc(1, sizeof(*use));
		use->key = want.key;
		use->by = n;
		use->starts = n->starts;
		HASH_ADD(hh, w->sid_uses, key, sizeof(use->key), use);
	}
	if (use->by != n || use->starts != n->starts)
		world_fail(w, "sender id %u of %s is used by %s again", sid,
			ip_text(&use->by->addr, a), ip_text(&n->addr, b));
}

/* As the dataplane has it: a TEK keeps the id that it was installed with. */
static void sids_check(struct world *w, const struct node *n)
{
	const struct gm *gm = node_gm_of(n);
	const struct gm_tek *t;

	for (size_t i = 0; gm != NULL && i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link) {
			const struct dp_sa *sa =
				dp_null_sa(n->dp, gm->slot[i].dp_id, t->spi);

			if (sa != NULL && sa->may_send && sa->sid_bits != 0)
				sid_check(w, n, t, sa->sid);
		}
}

void watch_free(struct world *w)
{
	struct sid_use *use, *next;

	HASH_ITER(hh, w->sid_uses, use, next) {
		HASH_DEL(w->sid_uses, use);
		free(use);
	}
}

/* Every member that is reachable, and was for long enough, has the TEK. */
static void agree_check(struct world *w, const struct node *n)
{
	const struct node *ks = w->node[0];
	uint64_t since = w->newest_ms;
	char ip[IP_TEXT];

	if (w->agree_ms == 0 || w->newest_spi == 0 || node_gm_of(n) == NULL ||
		!node_reaches(ks, n))
		return;
	if (since < n->calm_ms)
		since = n->calm_ms;
	if (since < ks->calm_ms)
		since = ks->calm_ms;
	if (w->now - since > w->agree_ms && !node_has(n, w->newest_spi))
		world_fail(w, "%s has not the newest TEK after %llu s",
			ip_text(&n->addr, ip),
			(unsigned long long)(w->now - since) / 1000);
}

/* No clock, however wrong, lengthens the life that a key was given. */
static void lives_check(struct world *w, const struct node *n)
{
	const struct ks *ks = node_ks_of(n);
	const struct ks_tek *t;

	if (ks == NULL)
		return;
	if (ks->kek.live &&
		ks->kek.expires_ms > w->now + ks->kek.life_secs * 1000ull)
		world_fail(w, "the KEK lives longer than it may");
	TAILQ_FOREACH(t, &ks->teks, link)
		if (t->expires_ms > w->now + t->policy.life_secs * 1000ull)
			world_fail(w, "a TEK lives longer than it may");
}

static void newest_note(struct world *w)
{
	const struct ks *ks = node_ks_of(w->node[0]);
	const struct ks_tek *t = ks != NULL ? TAILQ_FIRST(&ks->teks) : NULL;
	uint32_t spi = t != NULL ? t->spi : 0;

	if (spi == w->newest_spi)
		return;
	w->newest_spi = spi;
	w->newest_ms = w->now;
}

static void look_at(struct world *w, struct node *n)
{
	if (n->is_ks) {
		lives_check(w, n);
		return;
	}
	guard_check(w, n);
	sids_check(w, n);
	agree_check(w, n);
	traffic_from(w, n);
}

void watch_sample(struct world *w)
{
	newest_note(w);
	for (size_t i = 0; w->n <= ALL_MAX && i < w->n; i++)
		look_at(w, w->node[i]);
	for (size_t i = 0; w->n > ALL_MAX && i < SAMPLE; i++)
		look_at(w, any(w));
	w->sampled_ms = w->now;
}
