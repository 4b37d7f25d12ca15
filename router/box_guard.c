/* Fail-close, and what an earlier run left in force: which interfaces are
 * closed now (ios-cli.md 15.6). */
#include "base/hash.h"
#include "dataplane/guard.h"
#include "router/box_priv.h"
#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct closing {
	struct fail_close policy; /* acl: our own copy */
	struct acl acl;
	bool closed, told_once;
};

struct box_guard {
	struct guard *guard; /* NULL: the kernel has no nf_tables */
	struct closing *v;
	size_t n;
	bool ready; /* the configuration is whole */
	bool last;  /* the box is about to go: all are closed */
	int told;   /* errno last logged */
};

static size_t left_count(const struct guard *g)
{
	struct guard_left l;
	size_t n = 0;

	while (guard_left_at(g, n, &l))
		n++;
	return n;
}

/* Security fails loudly. */
static void refused(struct box *b, int rc)
{
	struct box_guard *g = b->guard;

	if (rc != 0 && rc != g->told)
		log_msg(b->log, LOG_SEV_ERR, "GDOI", "GUARD_NOT_IN_FORCE",
			"Fail-close cannot be put into force as configured: "
			"%s; what was in force stays",
			strerror(-rc));
	g->told = rc;
}

static void on_restored(void *ctx, int rc)
{
	struct box *b = ctx;

	if (rc != 0)
		refused(b, rc);
	else if (log_allow(b->log, hash_bytes("guard", 5), loop_now()))
		log_msg(b->log, LOG_SEV_WARNING, "GDOI", "GUARD_RESTORED",
			"What keeps traffic from passing in clear was changed "
			"in the kernel by another program and is in force "
			"again");
}

void box_guard_open(struct box *b)
{
	struct box_guard *g = xcalloc(1, sizeof(*g));
	auto_sbuf struct sbuf why = { 0 };
	size_t left;

	b->guard = g;
	g->guard = guard_open(&why);
	if (g->guard == NULL) {
		log_msg(b->log, LOG_SEV_ERR, "GDOI", "GUARD_UNAVAILABLE",
			"Fail-close is not available: %s", sbuf_str(&why));
		return;
	}
	guard_watch(g->guard, b->loop, on_restored, b);
	left = left_count(g->guard);
	if (left > 0)
		log_msg(b->log, LOG_SEV_NOTICE, "GDOI", "GUARD_HELD",
			"%zu polic%s of an earlier run stay%s in force until "
			"the groups register again",
			left, left == 1 ? "y" : "ies", left == 1 ? "s" : "");
}

static bool entry_protects(const struct box *b,
	const struct crypto_map_entry *m, const char *ifname)
{
	return gdoi_gm_protects(b->gdoi, m->map, m->seq, m->group, ifname);
}

/* All groups of the map have registered on that interface. */
static bool map_protects(
	const struct box *b, const char *map, const char *ifname)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_maps; i++) {
		if (strcmp(b->maps[i].map, map) != 0)
			continue;
		if (!entry_protects(b, &b->maps[i], ifname))
			return false;
		n++;
	}
	return n > 0;
}

/* What an earlier run held may go when its successor protects the same traffic,
 * or nobody wants it protected any more. */
static bool left_done(void *ctx, const struct guard_left *l)
{
	const struct box *b = ctx;

	for (size_t i = 0; i < b->n_maps && !l->closed; i++) {
		const struct crypto_map_entry *m = &b->maps[i];

		for (size_t j = 0; j < b->n_ifaces && m->seq == l->order; j++) {
			const struct box_iface *f = &b->ifaces[j];

			if (strcmp(f->netdev, l->netdev) == 0 &&
				m->ip6 == l->ip6 && box_iface_carries(f, m))
				return entry_protects(b, m, f->policy.ifname);
		}
	}
	return true;
}

static void closing_tell(struct box *b, struct closing *c, bool closed)
{
	bool news = closed != c->closed || (closed && !c->told_once);

	c->closed = closed;
	if (!news)
		return;
	c->told_once = true;
	log_msg(b->log, LOG_SEV_NOTICE, "GDOI",
		closed ? "GM_FAIL_CLOSE" : "GM_FAIL_CLOSE_LIFTED",
		closed ? "Crypto map %s is fail-closed on %s: in clear passes "
			 "only what its access list denies"
		       : "Crypto map %s is not fail-closed on %s any more: all "
			 "its groups have registered",
		c->policy.map, c->policy.ifname);
}

void box_guard_settle(struct box *b)
{
	struct box_guard *g = b->guard;
	struct guard_closed *v;
	size_t n = 0;
	int rc;

	if (g == NULL || g->guard == NULL) {
		if (g != NULL)
			refused(b, g->n > 0 ? -ENODEV : 0);
		return;
	}
	v = xcalloc(g->n + 1, sizeof(*v));
	for (size_t i = 0; i < g->n; i++) {
		struct closing *c = &g->v[i];
		const struct box_iface *f = box_iface_find(b, c->policy.ifname);
		bool closed = g->last ||
			      !map_protects(b, c->policy.map, c->policy.ifname);

		if (f == NULL || f->netdev[0] == '\0')
			continue;
		if (!g->last)
			closing_tell(b, c, closed);
		if (!closed)
			continue;
		strlcpy(v[n].netdev, f->netdev, sizeof(v[n].netdev));
		v[n].ip6 = c->policy.ip6;
		v[n++].acl = c->policy.acl;
	}
	rc = guard_close_set(g->guard, v, n);
	free(v);
	if (rc == 0 && g->ready && !g->last)
		rc = guard_left_drop(g->guard, left_done, b);
	refused(b, rc);
}

static void closings_free(struct closing *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		acl_free(&v[i].acl);
	free(v);
}

void box_set_fail_close(struct box *b, const struct fail_close *v, size_t n)
{
	struct box_guard *g = b->guard;
	struct closing *old = g->v;
	size_t n_old = g->n;

	g->v = xcalloc(n + 1, sizeof(*g->v));
	g->n = n;
	for (size_t i = 0; i < n; i++) {
		struct closing *c = &g->v[i];

		c->policy = v[i];
		if (v[i].acl != NULL) {
			acl_dup(&c->acl, v[i].acl);
			c->policy.acl = &c->acl;
		}
		for (size_t k = 0; k < n_old; k++) {
			if (strcmp(old[k].policy.map, v[i].map) != 0 ||
				strcmp(old[k].policy.ifname, v[i].ifname) != 0)
				continue;
			c->closed = old[k].closed;
			c->told_once = old[k].told_once;
		}
	}
	closings_free(old, n_old);
	box_guard_settle(b);
}

void box_guard_again(struct box *b)
{
	auto_sbuf struct sbuf why = { 0 };

	if (b->guard->guard != NULL)
		return;
	b->guard->guard = guard_open(&why);
	if (b->guard->guard == NULL)
		return;
	guard_watch(b->guard->guard, b->loop, on_restored, b);
	box_guard_settle(b);
}

bool box_is_closed(
	struct box *b, const char *ifname, bool ip6, uint64_t *drops)
{
	const struct box_guard *g = b->guard;
	const struct box_iface *f = box_iface_find(b, ifname);

	*drops = 0;
	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(g->v[i].policy.ifname, ifname) != 0 ||
			g->v[i].policy.ip6 != ip6)
			continue;
		if (f != NULL && g->guard != NULL)
			*drops = guard_drops(g->guard, f->netdev, ip6);
		return g->v[i].closed && g->guard != NULL;
	}
	return false;
}

const struct acl *box_closed_list(
	const struct box *b, const char *netdev, bool ip6)
{
	const struct box_guard *g = b->guard;

	for (size_t i = 0; i < g->n && g->guard != NULL; i++) {
		const struct box_iface *f =
			box_iface_find(b, g->v[i].policy.ifname);

		if (f != NULL && strcmp(f->netdev, netdev) == 0 &&
			g->v[i].policy.ip6 == ip6 && g->v[i].closed)
			return &g->v[i].acl;
	}
	return NULL;
}

bool box_is_held(const struct box *b, const char *netdev, bool ip6)
{
	const struct box_guard *g = b->guard;
	struct guard_left l;

	for (size_t i = 0; g->guard != NULL && guard_left_at(g->guard, i, &l);
		i++)
		if (l.ip6 == ip6 && strcmp(l.netdev, netdev) == 0)
			return true;
	return false;
}

void box_config_ready(struct box *b)
{
	b->guard->ready = true;
	box_guard_settle(b);
}

void box_guard_hold(void *ctx, const struct dp_group *d)
{
	struct box *b = box_of_env(ctx);

	if (b->guard->guard != NULL)
		refused(b, guard_hold(b->guard->guard, d));
}

void box_guard_gone(void *ctx, uint32_t dp_group)
{
	struct box *b = box_of_env(ctx);

	if (b->guard->guard != NULL)
		guard_unhold(b->guard->guard, dp_group);
}

void box_guard_changed(void *ctx)
{
	box_guard_settle(box_of_env(ctx));
}

void box_guard_last(struct box *b)
{
	if (b->guard == NULL)
		return;
	b->guard->last = true;
	box_guard_settle(b);
}

void box_guard_free(struct box *b)
{
	struct box_guard *g = b->guard;

	if (g == NULL)
		return;
	guard_free(g->guard, true);
	closings_free(g->v, g->n);
	free(g);
	b->guard = NULL;
}
