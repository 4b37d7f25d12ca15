/* Which backend serves the box.  Keeps a copy of all groups and SAs, so that
 * they can move to another one. */
#include "dataplane/choose.h"
#include "base/list.h"
#include "dataplane/xfrm.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kept_sa {
	TAILQ_ENTRY(kept_sa) link;
	struct dp_sa in;
	struct dp_sa_counters past; /* by backends it has left */
};

struct kept_group {
	TAILQ_ENTRY(kept_group) link;
	struct dp_group cfg; /* its lists point to these, or nowhere */
	struct acl local, policy;
	TAILQ_HEAD(, kept_sa) sas;
	uint32_t sending;
	bool has_time;
	uint64_t time_ms; /* ahead of CLOCK_MONOTONIC, round 2^64 */
	struct dp_group_counters past;
};

struct dp {
	struct loop *loop;
	struct dp_events ev;
	const struct dataplane_ops *ops;
	struct dp *inner;
	enum dp_mode mode;
	struct sbuf why, probe; /* probe empty: xfrm can be opened */
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

static void group_keep(struct dp *dp, const struct dp_group *in)
{
	struct kept_group *g = group_find(dp, in->id);

	if (!g) {
		g = xcalloc(1, sizeof(*g));
		TAILQ_INIT(&g->sas);
		TAILQ_INSERT_TAIL(&dp->groups, g, link);
	}
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

/* ---- moving ---- */

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int group_replay(const struct dataplane_ops *ops, struct dp *to,
	const struct kept_group *g)
{
	const struct kept_sa *sa;
	int rc = ops->group_set(to, &g->cfg);

	if (!rc && g->has_time && ops->time_set)
		rc = ops->time_set(to, g->cfg.id, g->time_ms + clock_ms());
	TAILQ_FOREACH(sa, &g->sas, link)
		if (!rc)
			rc = ops->sa_add(to, g->cfg.id, &sa->in);
	if (!rc && g->sending)
		rc = ops->sa_use(to, g->cfg.id, g->sending);
	return rc;
}

/* What the backend that is left has counted. */
static void past_keep(struct dp *dp)
{
	struct dp_group_counters gc;
	struct dp_sa_counters sc;
	struct kept_group *g;
	struct kept_sa *sa;

	TAILQ_FOREACH(g, &dp->groups, link) {
		if (!dp->ops->group_counters(dp->inner, g->cfg.id, &gc))
			group_add_up(&g->past, &gc);
		TAILQ_FOREACH(sa, &g->sas, link)
			if (!dp->ops->sa_counters(dp->inner, g->cfg.id,
				    sa->in.spi, &sc))
				sa_add_up(&sa->past, &sc);
	}
}

/* The new backend stands in full before the old one goes. */
static int move(
	struct dp *dp, const struct dataplane_ops *ops, struct sbuf *why)
{
	struct dp *to = ops->open(dp->loop, &dp->ev, why);
	struct kept_group *g;
	int rc = 0;

	if (!to)
		return -ENODEV;
	TAILQ_FOREACH(g, &dp->groups, link) {
		if (!rc)
			rc = group_replay(ops, to, g);
	}
	if (rc) {
		sbuf_printf(why, "it does not take the present groups: %s",
			strerror(-rc));
		ops->close(to);
		return rc;
	}
	if (dp->inner) {
		past_keep(dp);
		dp->ops->close(dp->inner);
	}
	dp->ops = ops;
	dp->inner = to;
	return 0;
}

static void reason(struct dp *dp, const char *text)
{
	sbuf_trunc(&dp->why, 0);
	sbuf_adds(&dp->why, text);
}

static bool on_xfrm(const struct dp *dp)
{
	return dp->ops == &dataplane_xfrm;
}

/* To xfrm; what hinders it is kept. */
static int xfrm_try(struct dp *dp)
{
	int rc;

	sbuf_trunc(&dp->probe, 0);
	rc = move(dp, &dataplane_xfrm, &dp->probe);
	if (!rc)
		reason(dp, "the kernel encrypts ESP itself");
	return rc;
}

/* To user, as xfrm refused something; true: ask again there. */
static bool fall_back(struct dp *dp, const char *text)
{
	auto_sbuf struct sbuf why = { 0 };
	int rc;

	if (dp->mode != DP_MODE_AUTO || !on_xfrm(dp))
		return false;
	rc = move(dp, &dataplane_user, &why);
	if (rc)
		dp_tell(&dp->ev, "%s", sbuf_str(&why));
	if (!rc)
		reason(dp, text);
	return rc == 0;
}

static const char *const asked_for = "configured";

int dp_choose_mode(struct dp *dp, enum dp_mode mode, struct sbuf *why)
{
	bool was_auto = dp->mode == DP_MODE_AUTO;
	int rc = 0;

	dp->mode = mode;
	if (mode == DP_MODE_USER && on_xfrm(dp))
		rc = move(dp, &dataplane_user, why);
	if (mode == DP_MODE_XFRM && !on_xfrm(dp)) {
		rc = xfrm_try(dp);
		if (rc)
			sbuf_adds(why, sbuf_str(&dp->probe));
	}
	if (mode != DP_MODE_AUTO) {
		reason(dp, rc ? sbuf_str(why) : asked_for);
		return rc;
	}
	if (was_auto)
		return 0;
	if (on_xfrm(dp) || xfrm_try(dp) == 0)
		reason(dp, "the kernel encrypts ESP itself");
	else
		reason(dp, sbuf_str(&dp->probe));
	return 0;
}

/* ---- the operations ---- */

static int choose_group_set(struct dp *dp, const struct dp_group *in)
{
	const char *no = xfrm_refuses_group(in);
	int rc;

	/* What kept it from the kernel may have gone with the last group. */
	if (dp->mode == DP_MODE_AUTO && !on_xfrm(dp) && !dp->probe.n && !no &&
		TAILQ_EMPTY(&dp->groups))
		(void)xfrm_try(dp);
	if (no)
		(void)fall_back(dp, no);
	rc = dp->ops->group_set(dp->inner, in);
	if (rc && fall_back(dp, strerror(-rc)))
		rc = dp->ops->group_set(dp->inner, in);
	if (!rc)
		group_keep(dp, in);
	return rc;
}

static void choose_group_del(struct dp *dp, uint32_t id)
{
	struct kept_group *g = group_find(dp, id);

	dp->ops->group_del(dp->inner, id);
	if (g)
		group_drop(dp, g);
}

static int choose_sa_add(
	struct dp *dp, uint32_t group, const struct dp_sa *sa)
{
	struct kept_group *g = group_find(dp, group);
	const char *no = xfrm_refuses_sa(sa);
	struct kept_sa *copy;
	int rc;

	if (g && no && dp_sa_valid(sa))
		(void)fall_back(dp, no);
	rc = dp->ops->sa_add(dp->inner, group, sa);
	if (rc == -ENOTSUP && fall_back(dp, "the kernel lacks the cipher"))
		rc = dp->ops->sa_add(dp->inner, group, sa);
	if (rc || !g)
		return rc;
	copy = xcalloc(1, sizeof(*copy));
	copy->in = *sa;
	TAILQ_INSERT_TAIL(&g->sas, copy, link);
	return 0;
}

static int choose_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct kept_group *g = group_find(dp, group);
	int rc = dp->ops->sa_use(dp->inner, group, spi);

	if (!rc && g)
		g->sending = spi;
	return rc;
}

static void choose_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct kept_group *g = group_find(dp, group);
	struct kept_sa *sa = sa_find(g, spi);

	dp->ops->sa_del(dp->inner, group, spi);
	if (!sa)
		return;
	if (g->sending == spi)
		g->sending = 0;
	sa_drop(g, sa);
}

static int choose_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	const struct kept_sa *sa = sa_find(group_find(dp, group), spi);
	int rc = dp->ops->sa_counters(dp->inner, group, spi, out);

	if (!rc && sa)
		sa_add_up(out, &sa->past);
	return rc;
}

static int choose_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	const struct kept_group *g = group_find(dp, group);
	int rc = dp->ops->group_counters(dp->inner, group, out);

	if (!rc && g)
		group_add_up(out, &g->past);
	return rc;
}

static int choose_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return dp->ops->ace_counters(dp->inner, group, v, n);
}

static int choose_local_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return dp->ops->local_counters(dp->inner, group, v, n);
}

static size_t choose_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	return dp->ops->groups(dp->inner, v, n);
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
	return dp->ops->time_set
		       ? dp->ops->time_set(dp->inner, group, pseudo_ms)
		       : 0;
}

static int choose_replay_get(
	struct dp *dp, uint32_t group, struct dp_replay *out)
{
	const struct kept_group *g = group_find(dp, group);

	*out = (struct dp_replay){ 0 };
	if (!g)
		return -ENOENT;
	if (dp->ops->replay_get)
		return dp->ops->replay_get(dp->inner, group, out);
	out->has_clock = g->has_time;
	out->pseudo_ms = g->has_time ? g->time_ms + clock_ms() : 0;
	return 0;
}

static void choose_replay_clear(struct dp *dp, uint32_t group)
{
	if (dp->ops->replay_clear)
		dp->ops->replay_clear(dp->inner, group);
}

static unsigned choose_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	return dp->ops->inner_mtu(dp->inner, group, s);
}

static void choose_close(struct dp *dp)
{
	struct kept_group *g;

	if (!dp)
		return;
	if (dp->inner)
		dp->ops->close(dp->inner);
	while ((g = TAILQ_FIRST(&dp->groups)))
		group_drop(dp, g);
	sbuf_free(&dp->why);
	sbuf_free(&dp->probe);
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
	if (xfrm_try(dp) == 0)
		return dp;
	if (move(dp, &dataplane_user, why)) {
		choose_close(dp);
		return NULL;
	}
	reason(dp, sbuf_str(&dp->probe));
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

void dp_choice_get(const struct dp *dp, struct dp_choice *out)
{
	const struct kept_group *g;

	*out = (struct dp_choice){
		.mode = dp->mode,
		.backend = dp->ops->name,
		.why = sbuf_str(&dp->why),
		.probe = dp->probe.n ? sbuf_str(&dp->probe) : NULL,
	};
	TAILQ_FOREACH(g, &dp->groups, link)
		out->n_groups++;
}

bool dp_choice_group(struct dp *dp, size_t i, struct dp_choice_group *out)
{
	const struct kept_group *g = TAILQ_FIRST(&dp->groups);
	const struct kept_sa *sa;

	for (; g && i > 0; i--)
		g = TAILQ_NEXT(g, link);
	if (!g)
		return false;
	*out = (struct dp_choice_group){ .order = g->cfg.order,
		.n_entries = g->local.n + g->policy.n,
		.sending = g->sending };
	memcpy(out->netdev, g->cfg.netdev, sizeof(out->netdev));
	TAILQ_FOREACH(sa, &g->sas, link)
		out->n_sas++;
	(void)choose_group_counters(dp, g->cfg.id, &out->count);
	return true;
}
