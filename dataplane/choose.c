/* Which backend serves which group.  Keeps a copy of all groups and SAs, so
 * that they can move to the other one. */
#include "dataplane/choose.h"
#include "base/list.h"
#include "dataplane/xfrm.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A backend, open or not. */
struct side {
	const struct dataplane_ops *ops;
	struct dp *dp; /* NULL: not open */
};

struct kept_sa {
	TAILQ_ENTRY(kept_sa) link;
	struct dp_sa in;
	bool no_cipher; /* the kernel lacks it */
	struct dp_sa_counters past; /* by backends it has left */
};

struct kept_group {
	TAILQ_ENTRY(kept_group) link;
	struct dp_group cfg; /* its lists point to these, or nowhere */
	struct acl local, policy;
	TAILQ_HEAD(, kept_sa) sas;
	uint32_t sending;
	const struct side *at;
	int failed; /* -errno of xfrm for this policy */
	bool has_time;
	uint64_t time_ms; /* ahead of CLOCK_MONOTONIC, round 2^64 */
	struct dp_group_counters past;
};

struct dp {
	struct loop *loop;
	struct dp_events ev;
	struct side xfrm, user;
	enum dp_mode mode;
	enum dp_crypto crypto;
	struct dp_ways ways;
	struct dp_cut *cuts;
	size_t n_cuts;
	struct sbuf probe; /* why xfrm is not open; empty: it can be */
	TAILQ_HEAD(, kept_group) groups;
};

/* ---- copies ---- */

static struct kept_group *group_find(const struct dp *dp, uint32_t id)
{
	struct kept_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (g->cfg.id == id)
			return g;
	return NULL;
}

static struct kept_sa *sa_find(const struct kept_group *g, uint32_t spi)
{
	struct kept_sa *sa;

	if (g)
		TAILQ_FOREACH(sa, &g->sas, link)
			if (sa->in.spi == spi)
				return sa;
	return NULL;
}

static void sa_drop(struct kept_group *g, struct kept_sa *sa)
{
	TAILQ_REMOVE(&g->sas, sa, link);
	mem_wipe(&sa->in, sizeof(sa->in));
	free(sa);
}

static void group_drop(struct dp *dp, struct kept_group *g)
{
	struct kept_sa *sa;

	while ((sa = TAILQ_FIRST(&g->sas)))
		sa_drop(g, sa);
	TAILQ_REMOVE(&dp->groups, g, link);
	acl_free(&g->local);
	acl_free(&g->policy);
	free(g);
}

static void list_keep(
	struct acl *copy, const struct acl **at, const struct acl *in)
{
	struct acl old = *copy;

	*copy = (struct acl){ 0 };
	if (in)
		acl_dup(copy, in);
	*at = in ? copy : NULL;
	acl_free(&old);
}

static struct kept_group *group_new(struct dp *dp)
{
	struct kept_group *g = xcalloc(1, sizeof(*g));

	TAILQ_INIT(&g->sas);
	TAILQ_INSERT_TAIL(&dp->groups, g, link);
	return g;
}

static void group_keep(struct kept_group *g, const struct dp_group *in)
{
	g->cfg = *in;
	list_keep(&g->local, &g->cfg.local, in->local);
	list_keep(&g->policy, &g->cfg.policy, in->policy);
}

/* ---- counters across backends ---- */

static void sa_add_up(struct dp_sa_counters *sum, const struct dp_sa_counters *c)
{
	sum->encaps += c->encaps;
	sum->decaps += c->decaps;
	sum->encaps_bytes += c->encaps_bytes;
	sum->decaps_bytes += c->decaps_bytes;
	sum->send_errors += c->send_errors;
	sum->recv_errors += c->recv_errors;
}

static void group_add_up(
	struct dp_group_counters *sum, const struct dp_group_counters *c)
{
	sum->encrypt += c->encrypt;
	sum->decrypt += c->decrypt;
	sum->ace_matches += c->ace_matches;
	for (size_t i = 0; i < DP_N_DROPS; i++)
		sum->drops[i] += c->drops[i];
}

/* ---- the two sides ---- */

static const char *const asked_for = "configured";
static const char *const by_kernel = "the kernel encrypts ESP itself";
static const char *const lacks_cipher = "the kernel lacks the cipher";

/* Stays open until the end: it knows how far the counters of counter modes have
 * come, and a key must not see one twice. */
static int user_open(struct dp *dp, struct sbuf *why)
{
	if (dp->user.dp)
		return 0;
	dp->user.dp = dp->user.ops->open(dp->loop, &dp->ev, why);
	if (!dp->user.dp)
		return -ENODEV;
	if (dp->crypto != DP_CRYPTO_OPENSSL &&
		dp->user.ops->crypto_set(dp->user.dp, dp->crypto, why))
		dp_tell(&dp->ev, "%s", sbuf_str(why));
	if (dp->user.ops->ways_set)
		dp->user.ops->ways_set(dp->user.dp, &dp->ways);
	return 0;
}

static int xfrm_open(struct dp *dp)
{
	if (dp->xfrm.dp)
		return 0;
	sbuf_trunc(&dp->probe, 0);
	dp->xfrm.dp = dp->xfrm.ops->open(dp->loop, &dp->ev, &dp->probe);
	return dp->xfrm.dp ? 0 : -ENODEV;
}

/* For groups that nothing keeps from the kernel. */
static const struct side *side_preferred(const struct dp *dp)
{
	return dp->mode != DP_MODE_USER && dp->xfrm.dp ? &dp->xfrm : &dp->user;
}

/* What keeps a group from the kernel; NULL: nothing. */
static const char *hindrance(
	const struct kept_group *g, const struct dp_group *cfg)
{
	const char *no = xfrm_refuses_group(cfg);
	const struct kept_sa *sa;

	if (no || !g)
		return no;
	if (g->failed)
		return strerror(-g->failed);
	TAILQ_FOREACH(sa, &g->sas, link) {
		no = sa->no_cipher ? lacks_cipher : xfrm_refuses_sa(&sa->in);
		if (no)
			return no;
	}
	return NULL;
}

static const char *reason(const struct dp *dp, const struct kept_group *g)
{
	const char *no = NULL;

	if (g && g->at != side_preferred(dp))
		no = hindrance(g, &g->cfg);
	if (no)
		return no;
	if (dp->mode != DP_MODE_AUTO)
		return dp->mode == DP_MODE_XFRM && !dp->xfrm.dp
			       ? sbuf_str(&dp->probe)
			       : asked_for;
	return dp->xfrm.dp ? by_kernel : sbuf_str(&dp->probe);
}

/* ---- moving ---- */

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* With the policy of cfg. */
static int group_replay(const struct side *to, const struct kept_group *g,
	const struct dp_group *cfg)
{
	const struct dataplane_ops *ops = to->ops;
	const struct kept_sa *sa;
	int rc = ops->group_set(to->dp, cfg);

	if (!rc && g->has_time && ops->time_set)
		rc = ops->time_set(to->dp, g->cfg.id, g->time_ms + clock_ms());
	TAILQ_FOREACH(sa, &g->sas, link)
		if (!rc)
			rc = ops->sa_add(to->dp, g->cfg.id, &sa->in);
	if (!rc && g->sending)
		rc = ops->sa_use(to->dp, g->cfg.id, g->sending);
	return rc;
}

/* What the backend that is left has counted. */
static void past_keep(struct kept_group *g)
{
	const struct dataplane_ops *ops = g->at->ops;
	struct dp_group_counters gc;
	struct dp_sa_counters sc;
	struct kept_sa *sa;

	if (!ops->group_counters(g->at->dp, g->cfg.id, &gc))
		group_add_up(&g->past, &gc);
	TAILQ_FOREACH(sa, &g->sas, link)
		if (!ops->sa_counters(
			    g->at->dp, g->cfg.id, sa->in.spi, &sc))
			sa_add_up(&sa->past, &sc);
}

/* To the other side, with the policy of cfg: there it stands in full before it
 * goes here.  0; or -errno, and it has stayed. */
static int move(struct dp *dp, struct kept_group *g, const struct side *to,
	const struct dp_group *cfg)
{
	auto_sbuf struct sbuf why = { 0 };
	const char *because = to == &dp->user ? hindrance(g, cfg) : NULL;
	int rc = to == &dp->user ? user_open(dp, &why) : xfrm_open(dp);

	if (!rc) {
		rc = group_replay(to, g, cfg);
		if (rc)
			to->ops->group_del(to->dp, cfg->id);
	}
	if (rc) {
		dp_tell(&dp->ev, "%s cannot take the group at %s: %s",
			to->ops->name, cfg->netdev,
			why.n ? sbuf_str(&why) : strerror(-rc));
		return rc;
	}
	past_keep(g);
	g->at->ops->group_del(g->at->dp, cfg->id);
	g->at = to;
	if (dp->ev.moved)
		dp->ev.moved(dp->ev.ctx, cfg->id, to->ops->name,
			because ? because : reason(dp, g));
	return 0;
}

/* Where a group belongs. */
static const struct side *side_of(const struct dp *dp,
	const struct kept_group *g, const struct dp_group *cfg)
{
	return hindrance(g, cfg) ? &dp->user : side_preferred(dp);
}

/* xfrm was asked for by name: it does not give way. */
static bool refused(struct dp *dp, const char *no)
{
	if (!no || dp->mode != DP_MODE_XFRM || !dp->xfrm.dp)
		return false;
	dp_tell(&dp->ev, "xfrm: %s", no);
	return true;
}

static void xfrm_close(struct dp *dp)
{
	const struct kept_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (g->at == &dp->xfrm)
			return;
	if (dp->xfrm.dp)
		dp->xfrm.ops->close(dp->xfrm.dp);
	dp->xfrm.dp = NULL;
}

int dp_choose_mode(struct dp *dp, enum dp_mode mode, struct sbuf *why)
{
	struct kept_group *g;
	const char *no;
	int rc = 0, failed;

	dp->mode = mode;
	if (mode == DP_MODE_USER)
		rc = user_open(dp, why);
	else if (xfrm_open(dp) && mode == DP_MODE_XFRM)
		rc = -ENODEV;
	if (rc && mode == DP_MODE_XFRM)
		sbuf_adds(why, sbuf_str(&dp->probe));
	TAILQ_FOREACH(g, &dp->groups, link) {
		g->failed = 0;
		no = hindrance(g, &g->cfg);
		failed = 0;
		if (g->at != side_of(dp, g, &g->cfg))
			failed = move(dp, g, side_of(dp, g, &g->cfg), &g->cfg);
		else if (mode == DP_MODE_XFRM && dp->xfrm.dp && no)
			failed = -EOPNOTSUPP;
		if (failed && !rc)
			sbuf_printf(why, "it does not take the group at %s: %s",
				g->cfg.netdev, no ? no : strerror(-failed));
		rc = rc ? rc : failed;
	}
	if (mode == DP_MODE_USER)
		xfrm_close(dp);
	return rc;
}

int dp_choose_crypto(struct dp *dp, enum dp_crypto crypto, struct sbuf *why)
{
	int rc = 0;

	if (dp->user.dp && crypto != dp->crypto)
		rc = dp->user.ops->crypto_set(dp->user.dp, crypto, why);
	if (!rc)
		dp->crypto = crypto;
	return rc;
}

/* ---- the operations ---- */

static int group_at(struct kept_group *g, const struct dp_group *in)
{
	return g->at->ops->group_set(g->at->dp, in);
}

/* A new group, or one whose policy is replaced, goes where it belongs. */
static int group_put(struct dp *dp, struct kept_group *g,
	const struct dp_group *in, bool fresh)
{
	const struct side *to = side_of(dp, g, in);
	auto_sbuf struct sbuf why = { 0 };
	int rc = 0;

	if (!fresh && g->at != to && (to == &dp->user || !TAILQ_EMPTY(&g->sas)))
		return move(dp, g, to, in);
	if (fresh) {
		rc = to == &dp->user ? user_open(dp, &why) : 0;
		g->at = to;
	}
	if (rc)
		dp_tell(&dp->ev, "%s", sbuf_str(&why));
	return rc ? rc : group_at(g, in);
}

static struct dp_group group_cut(
	const struct dp *dp, const struct dp_group *in)
{
	struct dp_group g = *in;
	bool own = false;

	for (size_t i = 0; i < dp->n_cuts; i++) {
		const struct dp_cut *c = &dp->cuts[i];
		bool is_own = !strcmp(c->netdev, in->netdev);

		if (!is_own && (c->netdev[0] || own))
			continue;
		own |= is_own;
		g.df = c->df;
		g.frag_after = c->frag_after;
	}
	return g;
}

static int choose_group_set(struct dp *dp, const struct dp_group *given)
{
	const struct dp_group cut = group_cut(dp, given), *in = &cut;
	struct kept_group *g = group_find(dp, in->id);
	bool fresh = !g;
	int rc;

	if (refused(dp, xfrm_refuses_group(in)))
		return -EOPNOTSUPP;
	if (fresh)
		g = group_new(dp);
	g->failed = 0;
	rc = group_put(dp, g, in, fresh);
	if (rc && g->at == &dp->xfrm && dp->mode == DP_MODE_AUTO) {
		g->failed = rc;
		rc = group_put(dp, g, in, fresh);
	}
	if (!rc)
		group_keep(g, in);
	else if (fresh)
		group_drop(dp, g);
	return rc;
}

static void choose_group_del(struct dp *dp, uint32_t id)
{
	struct kept_group *g = group_find(dp, id);

	if (!g)
		return;
	g->at->ops->group_del(g->at->dp, id);
	group_drop(dp, g);
}

/* The kernel did not take it, by rc. */
static int sa_beside_kernel(
	struct dp *dp, struct kept_group *g, struct kept_sa *sa, int rc)
{
	sa->no_cipher = rc == -ENOTSUP;
	if (g->at == &dp->user)
		return g->at->ops->sa_add(g->at->dp, g->cfg.id, &sa->in);
	return sa->no_cipher ? move(dp, g, &dp->user, &g->cfg) : rc;
}

static int choose_sa_add(
	struct dp *dp, uint32_t group, const struct dp_sa *sa)
{
	struct kept_group *g = group_find(dp, group);
	const struct side *to;
	struct kept_sa *copy;
	int rc;

	if (!g)
		return -ENOENT;
	if (sa_find(g, sa->spi))
		return -EEXIST;
	if (!dp_sa_valid(sa))
		return -EINVAL;
	if (refused(dp, xfrm_refuses_sa(sa)))
		return -EOPNOTSUPP;
	copy = xcalloc(1, sizeof(*copy));
	copy->in = *sa;
	TAILQ_INSERT_TAIL(&g->sas, copy, link);
	to = side_of(dp, g, &g->cfg);
	rc = g->at != to ? move(dp, g, to, &g->cfg)
			 : to->ops->sa_add(to->dp, group, sa);
	if (rc && to == &dp->xfrm && dp->mode == DP_MODE_AUTO)
		rc = sa_beside_kernel(dp, g, copy, rc);
	if (rc)
		sa_drop(g, copy);
	return rc;
}

static int choose_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct kept_group *g = group_find(dp, group);
	int rc = g ? g->at->ops->sa_use(g->at->dp, group, spi) : -ENOENT;

	if (!rc)
		g->sending = spi;
	return rc;
}

/* What kept the group from the kernel may have gone with that SA; without any
 * SA it stays and waits for the next. */
static void choose_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct kept_group *g = group_find(dp, group);
	struct kept_sa *sa = sa_find(g, spi);
	const struct side *to;

	if (!sa)
		return;
	g->at->ops->sa_del(g->at->dp, group, spi);
	if (g->sending == spi)
		g->sending = 0;
	sa_drop(g, sa);
	to = side_of(dp, g, &g->cfg);
	if (g->at != to && !TAILQ_EMPTY(&g->sas))
		(void)move(dp, g, to, &g->cfg);
}

static int choose_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	const struct kept_group *g = group_find(dp, group);
	const struct kept_sa *sa = sa_find(g, spi);
	int rc = -ENOENT;

	*out = (struct dp_sa_counters){ 0 };
	if (sa)
		rc = g->at->ops->sa_counters(g->at->dp, group, spi, out);
	if (!rc)
		sa_add_up(out, &sa->past);
	return rc;
}

static int choose_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	const struct kept_group *g = group_find(dp, group);
	int rc = -ENOENT;

	*out = (struct dp_group_counters){ 0 };
	if (g)
		rc = g->at->ops->group_counters(g->at->dp, group, out);
	if (!rc)
		group_add_up(out, &g->past);
	return rc;
}

static int choose_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	const struct kept_group *g = group_find(dp, group);

	memset(v, 0, n * sizeof(*v));
	return g ? g->at->ops->ace_counters(g->at->dp, group, v, n) : -ENOENT;
}

static int choose_local_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	const struct kept_group *g = group_find(dp, group);

	memset(v, 0, n * sizeof(*v));
	return g ? g->at->ops->local_counters(g->at->dp, group, v, n) : -ENOENT;
}

static bool is_asked_later(
	const struct dp_group_view *a, const struct dp_group_view *b)
{
	if (a->cfg.order != b->cfg.order)
		return a->cfg.order > b->cfg.order;
	return a->cfg.id > b->cfg.id;
}

/* Both sides' views merged, each being in order. */
static size_t choose_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	const struct side *const sides[] = { &dp->xfrm, &dp->user };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(sides); i++)
		if (sides[i]->dp)
			at += sides[i]->ops->groups(sides[i]->dp,
				v + (at < n ? at : n), at < n ? n - at : 0);
	for (size_t i = 1; i < at && i < n; i++)
		for (size_t k = i; k > 0 && is_asked_later(&v[k - 1], &v[k]);
			k--) {
			const struct dp_group_view w = v[k];

			v[k] = v[k - 1];
			v[k - 1] = w;
		}
	return at;
}

/* The backend that keeps no time gets no SA that needs it; the group's time is
 * kept here, for the one that does. */
static int choose_time_set(struct dp *dp, uint32_t group, uint64_t pseudo_ms)
{
	struct kept_group *g = group_find(dp, group);

	if (!g)
		return -ENOENT;
	g->has_time = true;
	g->time_ms = pseudo_ms - clock_ms();
	return g->at->ops->time_set
		       ? g->at->ops->time_set(g->at->dp, group, pseudo_ms)
		       : 0;
}

static int choose_replay_get(
	struct dp *dp, uint32_t group, struct dp_replay *out)
{
	const struct kept_group *g = group_find(dp, group);

	*out = (struct dp_replay){ 0 };
	if (!g)
		return -ENOENT;
	if (g->at->ops->replay_get)
		return g->at->ops->replay_get(g->at->dp, group, out);
	out->has_clock = g->has_time;
	out->pseudo_ms = g->has_time ? g->time_ms + clock_ms() : 0;
	return 0;
}

static void choose_replay_clear(struct dp *dp, uint32_t group)
{
	const struct kept_group *g = group_find(dp, group);

	if (g && g->at->ops->replay_clear)
		g->at->ops->replay_clear(g->at->dp, group);
}

static unsigned choose_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	const struct kept_group *g = group_find(dp, group);

	return g ? g->at->ops->inner_mtu(g->at->dp, group, s) : 0;
}

static void choose_close(struct dp *dp)
{
	struct kept_group *g;

	if (!dp)
		return;
	if (dp->xfrm.dp)
		dp->xfrm.ops->close(dp->xfrm.dp);
	if (dp->user.dp)
		dp->user.ops->close(dp->user.dp);
	while ((g = TAILQ_FIRST(&dp->groups)))
		group_drop(dp, g);
	sbuf_free(&dp->probe);
	free(dp->cuts);
	free(dp);
}

static struct dp *choose_open(
	struct loop *loop, const struct dp_events *ev, struct sbuf *why)
{
	struct dp *dp = xcalloc(1, sizeof(*dp));

	dp->loop = loop;
	if (ev)
		dp->ev = *ev;
	TAILQ_INIT(&dp->groups);
	dp->xfrm.ops = &dataplane_xfrm;
	dp->user.ops = &dataplane_user;
	if (xfrm_open(dp) && user_open(dp, why)) {
		choose_close(dp);
		return NULL;
	}
	return dp;
}

const struct dataplane_ops dataplane_choose = {
	.name = "choose",
	.open = choose_open,
	.close = choose_close,
	.group_set = choose_group_set,
	.group_del = choose_group_del,
	.sa_add = choose_sa_add,
	.sa_use = choose_sa_use,
	.sa_del = choose_sa_del,
	.sa_counters = choose_sa_counters,
	.group_counters = choose_group_counters,
	.ace_counters = choose_ace_counters,
	.local_counters = choose_local_counters,
	.groups = choose_groups,
	.time_set = choose_time_set,
	.replay_get = choose_replay_get,
	.replay_clear = choose_replay_clear,
	.inner_mtu = choose_inner_mtu,
};

void dp_choose_ways(struct dp *dp, const struct dp_ways *w)
{
	dp->ways = *w;
	if (dp->user.dp && dp->user.ops->ways_set)
		dp->user.ops->ways_set(dp->user.dp, w);
}

void dp_choose_cuts(struct dp *dp, const struct dp_cut *v, size_t n)
{
	struct kept_group *g;

	free(dp->cuts);
	dp->cuts = xcalloc(n + 1, sizeof(*v));
	dp->n_cuts = n;
	if (n)
		memcpy(dp->cuts, v, n * sizeof(*v));
	TAILQ_FOREACH(g, &dp->groups, link) {
		struct dp_group now = group_cut(dp, &g->cfg);
		int rc = 0;

		if (now.df == g->cfg.df &&
			now.frag_after == g->cfg.frag_after)
			continue;
		if (refused(dp, xfrm_refuses_group(&now)))
			continue;
		rc = group_put(dp, g, &now, false);
		if (rc) {
			dp_tell(&dp->ev, "fragmentation at %s: %s",
				now.netdev, strerror(-rc));
			continue;
		}
		g->cfg.df = now.df;
		g->cfg.frag_after = now.frag_after;
	}
}

void dp_choice_get(const struct dp *dp, struct dp_choice *out)
{
	const struct kept_group *g;

	*out = (struct dp_choice){
		.mode = dp->mode,
		.backend = side_preferred(dp)->ops->name,
		.why = reason(dp, NULL),
		.probe = dp->probe.n ? sbuf_str(&dp->probe) : NULL,
		.uses_xfrm = dp->xfrm.dp != NULL,
		.uses_user = dp->user.dp != NULL,
		.crypto = dp->crypto,
	};
	TAILQ_FOREACH(g, &dp->groups, link)
		out->n_groups++;
}

static const struct kept_group *group_at_index(const struct dp *dp, size_t i)
{
	const struct kept_group *g = TAILQ_FIRST(&dp->groups);

	for (; g && i > 0; i--)
		g = TAILQ_NEXT(g, link);
	return g;
}

bool dp_choice_sa(struct dp *dp, size_t i, size_t k, struct dp_sa_view *out)
{
	const struct kept_group *g = group_at_index(dp, i);

	return g && g->at->ops->sa_view &&
	       g->at->ops->sa_view(g->at->dp, g->cfg.id, k, out);
}

bool dp_choice_group(struct dp *dp, size_t i, struct dp_choice_group *out)
{
	const struct kept_group *g = group_at_index(dp, i);
	const struct kept_sa *sa;

	if (!g)
		return false;
	*out = (struct dp_choice_group){ .backend = g->at->ops->name,
		.why = reason(dp, g),
		.order = g->cfg.order,
		.n_entries = g->local.n + g->policy.n,
		.sending = g->sending };
	memcpy(out->netdev, g->cfg.netdev, sizeof(out->netdev));
	TAILQ_FOREACH(sa, &g->sas, link)
		out->n_sas++;
	(void)choose_group_counters(dp, g->cfg.id, &out->count);
	if (g->at->ops->ways_get)
		(void)g->at->ops->ways_get(
			g->at->dp, g->cfg.id, &out->ways);
	return true;
}
