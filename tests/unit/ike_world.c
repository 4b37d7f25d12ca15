/* See ike_world.h. */
#include "tests/unit/ike_world.h"
#include "crypto/rng.h"
#include "tests/unit/debug_hook.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint64_t end_now(void *ctx)
{
	return ((struct end *)ctx)->w->now;
}

static uint64_t end_wall(void *ctx)
{
	const struct world *w = ((struct end *)ctx)->w;

	return w->wall_ms + w->now;
}

static bool end_fetch(void *ctx, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m)
{
	struct end *e = ctx;

	(void)trustpoint, (void)cert, (void)issuer, (void)m;
	e->fetches++;
	return e->may_fetch;
}

static void end_random(void *ctx, void *p, size_t n)
{
	struct end *e = ctx;

	if (e->script_at == e->script_n && e->w->seed == 0) {
		rng_bytes(p, n);
		return;
	}
	if (e->script_at == e->script_n) {
		for (size_t i = 0; i < n; i++) {
			e->w->seed = e->w->seed * 6364136223846793005u + 1;
			((uint8_t *)p)[i] = (uint8_t)(e->w->seed >> 56);
		}
		return;
	}
	assert(e->script[e->script_at].n == n);
	memcpy(p, e->script[e->script_at++].p, n);
}

static void end_send(void *ctx, const struct udp_path *path, struct span data)
{
	struct end *e = ctx;
	struct world *w = e->w;
	struct packet p = { .path = *path,
		.data = SPAN(xmemdup(data.p, data.n), data.n) };

	w->sent++;
	assert(data.n > 0);
	if (w->n == WORLD_QUEUE || (w->pass != NULL && !w->pass(w, &p))) {
		free((void *)(uintptr_t)p.data.p);
		return;
	}
	w->q[w->n++] = p;
}

static void end_report(void *ctx, const struct report *r)
{
	((struct end *)ctx)->reports[r->id]++;
}

static void end_up(void *ctx, struct ike_sa *sa)
{
	struct end *e = ctx;

	e->ups++;
	e->sa = sa;
	assert(ike_sa_is_up(sa));
	if (e->on_up != NULL)
		e->on_up(e, sa);
}

static void end_down(void *ctx, struct ike_sa *sa, enum ike_down why)
{
	struct end *e = ctx;

	e->downs++;
	e->why = why;
	if (e->sa == sa)
		e->sa = NULL;
	if (e->on_down != NULL)
		e->on_down(e, why);
}

static enum wire_err end_message(void *ctx, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	struct end *e = ctx;

	e->messages++;
	return e->on_message == NULL ? WIRE_STATE : e->on_message(e, sa, x, m);
}

static void end_lost(void *ctx, struct ike_sa *sa, struct exchange *x)
{
	struct end *e = ctx;

	(void)sa;
	e->lost++;
	if (e->x == x)
		e->x = NULL;
}

static void end_notify(
	void *ctx, struct ike_sa *sa, uint16_t type, struct span data)
{
	struct end *e = ctx;

	(void)sa;
	(void)data;
	e->notifies++;
	e->notify_type = type;
}

static void end_init(struct world *w, struct end *e, uint32_t addr)
{
	const struct ike_doi doi = { .sa_up = end_up,
		.sa_down = end_down,
		.message = end_message,
		.exchange_lost = end_lost,
		.notify = end_notify,
		.exchange_type = XCHG_PULL,
		.ctx = e };

	*e = (struct end){ .w = w, .addr = ip_v4(addr) };
	e->env = (struct env){ .ctx = e,
		.now = end_now,
		.wall = end_wall,
		.revocation_wanted = end_fetch,
		.random = end_random,
		.send = end_send,
		.report = end_report,
		.vrf_of = w->vrf_of,
		.timers = w->timers,
		.debug = debug_everything(),
		.crypto = w->crypto };
	e->ike = ike_new(&e->env, &doi);
}

void world_init(struct world *w)
{
	*w = (struct world){ .now = 1000,
		.crypto = &crypto_ops_openssl,
		.timers = timers_new() };
	end_init(w, &w->a, 0xc000020a);
	end_init(w, &w->b, 0xc0000201);
}

static void ends_renew(struct world *w)
{
	ike_free(w->a.ike);
	ike_free(w->b.ike);
	end_init(w, &w->a, 0xc000020a);
	end_init(w, &w->b, 0xc0000201);
}

void world_set_crypto(struct world *w, const struct crypto_ops *ops)
{
	w->crypto = ops;
	ends_renew(w);
}

void world_set_vrf(struct world *w,
	const char *(*fn)(void *ctx, const struct ip_addr *local))
{
	w->vrf_of = fn;
	ends_renew(w);
}

void world_fini(struct world *w)
{
	ike_free(w->a.ike);
	ike_free(w->b.ike);
	for (size_t i = 0; i < w->n; i++)
		free((void *)(uintptr_t)w->q[i].data.p);
	timers_free(w->timers);
}

void world_config(struct end *e, const struct isakmp_policy *v, size_t n,
	const char *psk, uint8_t doi)
{
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .n_policies = n, .offer_doi = doi,
		.keepalive = e->keepalive,
		.fragmentation = e->fragmentation,
		.sa_limit = e->sa_limit,
		.negotiation_limit = e->negotiation_limit,
		.diagnose_entries = e->diagnose_entries,
		.self = e->self,
		.trustpoints = e->trustpoints,
		.n_trustpoints = e->n_trustpoints,
		.disconnect_revoked = e->disconnect_revoked,
		.cert_rules = e->cert_rules,
		.n_cert_rules = e->n_cert_rules,
		.profiles = e->profiles,
		.n_profiles = e->n_profiles,
		.matches = e->matches,
		.n_matches = e->n_matches,
		.peers = e->peer,
		.n_peers = e->peer != NULL };

	memcpy(c.policy, v, n * sizeof *v);
	if (psk != NULL) {
		secret_set(&key.key, psk, strlen(psk));
		c.keys = &key;
		c.n_keys = 1;
	}
	ike_set_config(e->ike, &c);
	secret_free(&key.key);
}

struct udp_path world_path(const struct end *from, const struct end *to)
{
	return (struct udp_path){ .local = { from->addr, 848 },
		.remote = { to->addr, 848 } };
}

struct ike_sa *world_connect(struct world *w)
{
	struct udp_path path = world_path(&w->a, &w->b);

	return ike_connect(w->a.ike, &path);
}

static void deliver(struct world *w)
{
	struct packet p = w->q[0];
	const struct udp_path path = { .local = p.path.remote,
		.remote = p.path.local };

	w->n--;
	memmove(w->q, w->q + 1, w->n * sizeof *w->q);
	ike_input(ip_equal(&path.local.ip, &w->a.addr) ? w->a.ike : w->b.ike,
		&path, p.data);
	free((void *)(uintptr_t)p.data.p);
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t end = w->now + ms, at;

	for (;;) {
		if (w->n > 0) {
			deliver(w);
		} else if (timers_next(w->timers, &at) && at <= end) {
			w->now = at > w->now ? at : w->now;
			timers_run(w->timers, w->now);
		} else {
			break;
		}
	}
	w->now = end;
}

bool world_both_up(const struct world *w)
{
	return w->a.sa != NULL && w->b.sa != NULL;
}

bool pass_none(struct world *w, struct packet *p)
{
	(void)w;
	(void)p;
	return false;
}

bool pass_but_nth(struct world *w, struct packet *p)
{
	struct nth *n = w->arg;

	(void)p;
	return ++n->seen != n->lose;
}

static struct packet packet_dup(const struct packet *p)
{
	return (struct packet){ .path = p->path,
		.data = SPAN(xmemdup(p->data.p, p->data.n), p->data.n) };
}

bool pass_twice(struct world *w, struct packet *p)
{
	if (w->n + 1 < WORLD_QUEUE)
		w->q[w->n++] = packet_dup(p);
	return true;
}

bool pass_forged(struct world *w, struct packet *p)
{
	struct forge *f = w->arg;

	if (++f->seen == f->victim && f->at < p->data.n) {
		uint8_t *copy = xmemdup(p->data.p, p->data.n);

		copy[f->at] ^= 0x41;
		w->q[w->n++] = (struct packet){ .path = p->path,
			.data = SPAN(copy, p->data.n) };
	}
	return true;
}

bool pass_record(struct world *w, struct packet *p)
{
	struct tape *t = w->arg;

	if (t->n < ARRAY_LEN(t->p))
		t->p[t->n++] = packet_dup(p);
	return true;
}

void tape_free(struct tape *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((void *)(uintptr_t)t->p[i].data.p);
	t->n = 0;
}

void world_play(struct world *w, const struct packet *p)
{
	const struct udp_path path = { .local = p->path.remote,
		.remote = p->path.local };

	ike_input(ip_equal(&path.local.ip, &w->a.addr) ? w->a.ike : w->b.ike,
		&path, p->data);
}
