/* The null backend: keeps what it was told, moves no packet.  For unit tests
 * and the simulator, where thousands of instances live in one process. */
#include "dataplane/null.h"
#include "base/list.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct null_sa {
	TAILQ_ENTRY(null_sa) link;
	struct dp_sa sa;
};
struct null_group {
	TAILQ_ENTRY(null_group) link;
	struct dp_group g;
	struct acl local, policy; /* own copies behind g's pointers */
	TAILQ_HEAD(, null_sa) sas;
	uint32_t sending;
	bool has_time;
	uint64_t ahead_ms; /* the group's time, of the clock; round 2^64 */
};
struct dp {
	struct dp_events ev;
	TAILQ_HEAD(, null_group) groups;
	size_t calls;
	uint64_t (*now)(void *ctx);
	void *now_ctx;
};

static uint64_t monotonic_ms(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct null_group *group_find(const struct dp *dp, uint32_t id)
{
	struct null_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (g->g.id == id)
			return g;
	return NULL;
}

static struct null_sa *sa_find(const struct null_group *g, uint32_t spi)
{
	struct null_sa *s;

	if (!g)
		return NULL;
	TAILQ_FOREACH(s, &g->sas, link)
		if (s->sa.spi == spi)
			return s;
	return NULL;
}

static struct dp *null_open(
	struct loop *loop, const struct dp_events *ev, struct sbuf *why)
{
	struct dp *dp = xcalloc(1, sizeof(*dp));

	(void)loop;
	(void)why;
	if (ev)
		dp->ev = *ev;
	dp->now = monotonic_ms;
	TAILQ_INIT(&dp->groups);
	return dp;
}

static void null_sa_free(struct null_group *g, struct null_sa *s)
{
	TAILQ_REMOVE(&g->sas, s, link);
	keybuf_wipe(&s->sa.enc);
	keybuf_wipe(&s->sa.auth);
	free(s);
}

static void null_group_free(struct dp *dp, struct null_group *g)
{
	struct null_sa *s, *next;

	TAILQ_FOREACH_SAFE(s, &g->sas, link, next)
		null_sa_free(g, s);
	acl_free(&g->local);
	acl_free(&g->policy);
	TAILQ_REMOVE(&dp->groups, g, link);
	free(g);
}

static void null_close(struct dp *dp)
{
	struct null_group *g, *next;

	if (!dp)
		return;
	TAILQ_FOREACH_SAFE(g, &dp->groups, link, next)
		null_group_free(dp, g);
	free(dp);
}

static void acl_keep(struct acl *own, const struct acl **slot)
{
	struct acl old = *own;

	*own = (struct acl){ 0 };
	if (*slot) {
		acl_dup(own, *slot);
		*slot = own;
	}
	acl_free(&old);
}

/* By crypto map order, as they are asked. */
static void group_place(struct dp *dp, struct null_group *g, uint16_t order)
{
	struct null_group *after;

	TAILQ_FOREACH(after, &dp->groups, link)
		if (after->g.order > order)
			break;
	if (after)
		TAILQ_INSERT_BEFORE(after, g, link);
	else
		TAILQ_INSERT_TAIL(&dp->groups, g, link);
}

static int null_group_set(struct dp *dp, const struct dp_group *in)
{
	struct null_group *g = group_find(dp, in->id);

	dp->calls++;
	if (!g) {
		g = xcalloc(1, sizeof(*g));
		TAILQ_INIT(&g->sas);
	} else {
		TAILQ_REMOVE(&dp->groups, g, link);
	}
	group_place(dp, g, in->order);
	g->g = *in;
	acl_keep(&g->local, &g->g.local);
	acl_keep(&g->policy, &g->g.policy);
	return 0;
}

static void null_group_del(struct dp *dp, uint32_t id)
{
	struct null_group *g = group_find(dp, id);

	dp->calls++;
	if (g)
		null_group_free(dp, g);
}

static int null_sa_add(struct dp *dp, uint32_t group, const struct dp_sa *sa)
{
	struct null_group *g = group_find(dp, group);
	struct null_sa *s;

	dp->calls++;
	if (!g)
		return -ENOENT;
	if (sa_find(g, sa->spi))
		return -EEXIST;
	if (!dp_sa_valid(sa) || (sa->stamp == DP_STAMP_TBAR && !g->has_time))
		return -EINVAL;
	s = xcalloc(1, sizeof(*s));
	s->sa = *sa;
	TAILQ_INSERT_TAIL(&g->sas, s, link);
	return 0;
}

static int null_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct null_group *g = group_find(dp, group);
	struct null_sa *s = sa_find(g, spi);

	dp->calls++;
	if (!g || (spi && !s))
		return -ENOENT;
	if (s && !s->sa.may_send)
		return -EPERM;
	g->sending = spi;
	return 0;
}

static void null_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct null_group *g = group_find(dp, group);
	struct null_sa *s = sa_find(g, spi);

	dp->calls++;
	if (!s)
		return;
	if (g->sending == spi)
		g->sending = 0;
	null_sa_free(g, s);
}

static int null_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	*out = (struct dp_sa_counters){ 0 };
	return sa_find(group_find(dp, group), spi) ? 0 : -ENOENT;
}

static int null_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	*out = (struct dp_group_counters){ 0 };
	return group_find(dp, group) ? 0 : -ENOENT;
}

static int null_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = 0;
	return group_find(dp, group) ? 0 : -ENOENT;
}

static size_t null_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	const struct null_group *g;
	const struct null_sa *s;
	size_t at = 0;

	TAILQ_FOREACH(g, &dp->groups, link) {
		if (at++ >= n)
			continue;
		v[at - 1] = (struct dp_group_view){ .cfg = g->g,
			.sending = g->sending };
		TAILQ_FOREACH(s, &g->sas, link) {
			v[at - 1].n_sas++;
			v[at - 1].newest = s->sa.spi;
		}
	}
	return at;
}

static int null_time_set(struct dp *dp, uint32_t group, uint64_t pseudo_ms)
{
	struct null_group *g = group_find(dp, group);

	dp->calls++;
	if (!g)
		return -ENOENT;
	g->has_time = true;
	g->ahead_ms = pseudo_ms - dp->now(dp->now_ctx);
	return 0;
}

static int null_replay_get(
	struct dp *dp, uint32_t group, struct dp_replay *out)
{
	const struct null_group *g = group_find(dp, group);

	*out = (struct dp_replay){ 0 };
	if (!g)
		return -ENOENT;
	out->has_clock = g->has_time;
	if (g->has_time)
		out->pseudo_ms = g->ahead_ms + dp->now(dp->now_ctx);
	return 0;
}

static void null_replay_clear(struct dp *dp, uint32_t group)
{
	(void)group;
	dp->calls++;
}

static unsigned null_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	return group_find(dp, group) ? (unsigned)esp_inner_mtu(s, 1500) : 0;
}

const struct dataplane_ops dataplane_null = {
	.name = "null",
	.open = null_open,
	.close = null_close,
	.group_set = null_group_set,
	.group_del = null_group_del,
	.sa_add = null_sa_add,
	.sa_use = null_sa_use,
	.sa_del = null_sa_del,
	.sa_counters = null_sa_counters,
	.group_counters = null_group_counters,
	.ace_counters = null_ace_counters,
	.groups = null_groups,
	.time_set = null_time_set,
	.replay_get = null_replay_get,
	.replay_clear = null_replay_clear,
	.inner_mtu = null_inner_mtu,
};

bool dp_null_has_sa(const struct dp *dp, uint32_t group, uint32_t spi)
{
	return dp_null_sa(dp, group, spi) != NULL;
}

uint32_t dp_null_sending_spi(const struct dp *dp, uint32_t group)
{
	const struct null_group *g = group_find(dp, group);

	return g ? g->sending : 0;
}

const struct dp_sa *dp_null_sa(
	const struct dp *dp, uint32_t group, uint32_t spi)
{
	const struct null_sa *s = sa_find(group_find(dp, group), spi);

	return s ? &s->sa : NULL;
}

const struct acl *dp_null_policy(const struct dp *dp, uint32_t group)
{
	const struct null_group *g = group_find(dp, group);

	return g ? g->g.policy : NULL;
}

size_t dp_null_calls(const struct dp *dp)
{
	return dp->calls;
}

const struct dp_events *dp_null_events(const struct dp *dp)
{
	return &dp->ev;
}

void dp_null_clock(struct dp *dp, uint64_t (*now)(void *ctx), void *ctx)
{
	dp->now = now;
	dp->now_ctx = ctx;
}
