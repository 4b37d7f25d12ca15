/* The xfrm backend: the kernel's ESP with one SA for a group and direction.
 * Groups and SAs, and the order in which states, policies and rules change so
 * that nothing leaks and nothing is lost in between. */
#include "dataplane/xfrm.h"
#include "base/loop.h"
#include "dataplane/xfrm_priv.h"
#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

#define MTU_UNKNOWN 1500u

struct dp {
	struct loop *loop;
	struct dp_events ev;
	struct table table;
	struct nl xfrm, rt;
	struct iface_mirror *ifaces;
};

/* A group begins with the table's part of it. */
static struct xfrm_group *group_of(struct table_group *t)
{
	return (struct xfrm_group *)t;
}

/* As TAILQ_FOREACH, over all groups. */
#define GROUPS(g, dp)                                                          \
	for ((g) = group_of(TAILQ_FIRST(&(dp)->table.groups)); (g);            \
		(g) = group_of(TAILQ_NEXT(&(g)->t, link)))

static struct xfrm_group *group_find(struct dp *dp, uint32_t id)
{
	return group_of(table_find(&dp->table, id));
}

static struct xfrm_sa *sa_find(struct xfrm_group *g, uint32_t spi)
{
	struct xfrm_sa *sa;

	if (g)
		TAILQ_FOREACH(sa, &g->sas, link)
			if (sa->in.spi == spi)
				return sa;
	return NULL;
}

/* ---- states ---- */

static void counts_of(const struct xfrm_counts *c, uint64_t *packets,
	uint64_t *bytes, uint64_t *errors)
{
	*packets += c->packets;
	*bytes += c->bytes;
	*errors += c->bad_icv;
}

static void in_counts(struct dp *dp, uint32_t own, uint32_t spi,
	struct dp_sa_counters *sum)
{
	struct xfrm_counts c;

	if (own && !xfrm_state_get(&dp->xfrm, own, spi, &c))
		counts_of(&c, &sum->decaps, &sum->decaps_bytes,
			&sum->recv_errors);
}

static void out_counts(struct dp *dp, const struct xfrm_group *g,
	struct xfrm_sa *sa, struct dp_sa_counters *sum)
{
	struct xfrm_counts c;

	if (!sa->from ||
		xfrm_state_get(&dp->xfrm, DP_ANCHOR(g->t.slot), sa->in.spi, &c))
		return;
	counts_of(&c, &sum->encaps, &sum->encaps_bytes, &sum->send_errors);
	sa->last_seq = c.last_seq;
}

/* Two groups on one interface may hold the same TEK; one state serves both. */
static struct xfrm_sa *holder(struct dp *dp, uint32_t own, uint32_t spi,
	struct xfrm_group **group)
{
	struct xfrm_group *g;

	GROUPS(g, dp) {
		struct xfrm_sa *sa = sa_find(g, spi);

		*group = g;
		if (sa && sa->own == own)
			return sa;
	}
	return NULL;
}

static int in_state(
	struct dp *dp, const struct xfrm_group *g, struct xfrm_sa *sa)
{
	const struct xfrm_state s = { .dst = g->own,
		.spi = sa->in.spi,
		.reqid = DP_XFRM_REQID(g->t.slot) };

	return xfrm_state_add(&dp->xfrm, &s, &sa->in);
}

static int in_raise(struct dp *dp, struct xfrm_group *g, struct xfrm_sa *sa)
{
	struct xfrm_group *other;
	int rc = 0;

	if (!g->own || sa->own == g->own)
		return 0;
	if (!holder(dp, g->own, sa->in.spi, &other))
		rc = in_state(dp, g, sa);
	if (!rc)
		sa->own = g->own;
	return rc;
}

/* own: where its state stands, which need not be the group's address any
 * more. */
static void in_lower(struct dp *dp, struct xfrm_sa *sa, uint32_t own)
{
	struct xfrm_group *g;
	struct xfrm_sa *other;

	if (!own)
		return;
	in_counts(dp, own, sa->in.spi, &sa->past);
	if (sa->own == own)
		sa->own = 0;
	(void)xfrm_state_del(&dp->xfrm, own, sa->in.spi);
	other = holder(dp, own, sa->in.spi, &g);
	if (other)
		(void)in_state(dp, g, other);
}

static void out_lower(struct dp *dp, struct xfrm_group *g, struct xfrm_sa *sa)
{
	if (!sa->from)
		return;
	out_counts(dp, g, sa, &sa->past);
	(void)xfrm_state_del(&dp->xfrm, DP_ANCHOR(g->t.slot), sa->in.spi);
	sa->from = 0;
}

/* A state whose address or flag changed is made anew and goes on counting. */
static int out_raise(struct dp *dp, struct xfrm_group *g, struct xfrm_sa *sa)
{
	struct xfrm_state s = { .src = g->own,
		.dst = DP_ANCHOR(g->t.slot),
		.spi = sa->in.spi,
		.reqid = DP_XFRM_REQID(g->t.slot),
		.df_clear = g->t.cfg.df == 2 };
	int rc;

	if (sa->from == g->own && sa->df_clear == s.df_clear)
		return 0;
	out_lower(dp, g, sa);
	s.last_seq = sa->last_seq;
	rc = xfrm_state_add(&dp->xfrm, &s, &sa->in);
	if (rc)
		return rc;
	sa->from = g->own;
	sa->df_clear = s.df_clear;
	return 0;
}

/* ---- groups ---- */

static int seal_raise(struct dp *dp, struct xfrm_group *g)
{
	const struct xfrm_rule out = { .dir = XFRM_POLICY_OUT,
		.mark = DP_XFRM_OUT(g->t.slot),
		.mask = UINT32_MAX,
		.src = g->own,
		.dst = DP_ANCHOR(g->t.slot),
		.reqid = DP_XFRM_REQID(g->t.slot) };
	int rc = out_raise(dp, g, g->sending);

	if (!rc)
		rc = anchor_route(&dp->rt, g->t.slot, g->ifindex);
	return rc ? rc : xfrm_policy_set(&dp->xfrm, &out);
}

static void seal_lower(struct dp *dp, struct xfrm_group *g)
{
	(void)xfrm_policy_del(&dp->xfrm, XFRM_POLICY_OUT,
		DP_XFRM_OUT(g->t.slot), UINT32_MAX);
	(void)anchor_route(&dp->rt, g->t.slot, 0);
}

/* Brings states, policy and rules to what g now says.  What is to be sealed is
 * marked only while a state and a policy take it; before and after that it is
 * dropped by a rule. */
static int seal_settle(struct dp *dp, struct xfrm_group *g, bool rules)
{
	bool want = g->sending && g->own;
	struct xfrm_sa *sa;
	int rc = 0;

	if (want)
		rc = seal_raise(dp, g);
	want = want && !rc;
	rules |= g->sealing != want;
	g->sealing = want;
	if (rules) {
		int failed = table_group_renew(&dp->table, &g->t);

		rc = rc ? rc : failed;
	}
	if (!want)
		seal_lower(dp, g);
	TAILQ_FOREACH(sa, &g->sas, link)
		if (!want || sa != g->sending)
			out_lower(dp, g, sa);
	return rc;
}

/* The address that ESP of the group is sent from and brought to. */
static uint32_t own_address(struct dp *dp, const struct xfrm_group *g, int *ifindex)
{
	const struct link_state *s = iface_by_name(dp->ifaces, g->t.cfg.netdev);

	*ifindex = s ? s->ifindex : 0;
	for (size_t i = 0; s && s->admin_up && i < s->n_addr; i++)
		if (s->addr[i].addr.family == 4)
			return ip_u32(&s->addr[i].addr);
	return 0;
}

/* The new states stand before packets are led to them, the old ones go when
 * none is any more. */
static int own_settle(struct dp *dp, struct xfrm_group *g)
{
	uint32_t old = g->own;
	struct xfrm_sa *sa;
	int ifindex, rc = 0, failed;
	uint32_t own = own_address(dp, g, &ifindex);

	if (own == old && ifindex == g->ifindex)
		return 0;
	g->own = own;
	g->ifindex = ifindex;
	TAILQ_FOREACH(sa, &g->sas, link) {
		failed = in_raise(dp, g, sa);
		rc = rc ? rc : failed;
	}
	failed = g->t.in_kernel ? seal_settle(dp, g, true) : 0;
	TAILQ_FOREACH(sa, &g->sas, link)
		if (old != own)
			in_lower(dp, sa, old);
	return rc ? rc : failed;
}

/* What all groups need; again is no harm. */
static int base_raise(struct dp *dp)
{
	static const uint8_t dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD };
	int rc = anchor_rule(&dp->rt, true);

	for (size_t i = 0; i < ARRAY_LEN(dirs) && !rc; i++) {
		const struct xfrm_rule in = { .dir = dirs[i],
			.mark = DP_XFRM_IN & DP_XFRM_MASK,
			.mask = DP_XFRM_MASK,
			.optional = true };

		rc = xfrm_policy_set(&dp->xfrm, &in);
	}
	return rc;
}

static void base_lower(struct dp *dp)
{
	static const uint8_t dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		(void)xfrm_policy_del(&dp->xfrm, dirs[i],
			DP_XFRM_IN & DP_XFRM_MASK, DP_XFRM_MASK);
	(void)anchor_rule(&dp->rt, false);
}

static void xfrm_group_del(struct dp *dp, uint32_t id);

static int xfrm_group_set(struct dp *dp, const struct dp_group *in)
{
	struct xfrm_group *g = group_find(dp, in->id);
	const char *no = xfrm_refuses_group(in);
	struct group_lists *old;
	bool fresh = !g;
	int rc;

	if (no) {
		dp_tell(&dp->ev, "xfrm: %s", no);
		return -EOPNOTSUPP;
	}
	if (fresh) {
		g = xcalloc(1, sizeof(*g));
		TAILQ_INIT(&g->sas);
		rc = table_group_init(&dp->table, &g->t, in);
		if (rc) {
			free(g);
			return rc;
		}
	}
	rc = base_raise(dp);
	if (!rc)
		rc = own_settle(dp, g);
	if (!rc)
		rc = table_group_replace(&dp->table, &g->t, in, &old);
	if (!rc) {
		group_lists_free(old);
		rc = own_settle(dp, g); /* it may have moved */
	}
	if (!rc)
		rc = seal_settle(dp, g, false); /* the DF bit */
	if (rc && fresh)
		xfrm_group_del(dp, in->id);
	return rc;
}

/* ---- SAs ---- */

static bool spi_held(struct dp *dp, uint32_t spi)
{
	struct xfrm_group *g;

	GROUPS(g, dp)
		if (sa_find(g, spi))
			return true;
	return false;
}

static void sa_free(struct xfrm_sa *sa)
{
	mem_wipe(&sa->in, sizeof(sa->in));
	free(sa);
}

static int xfrm_sa_add(struct dp *dp, uint32_t group, const struct dp_sa *in)
{
	struct xfrm_group *g = group_find(dp, group);
	const char *no = xfrm_refuses_sa(in);
	struct xfrm_sa *sa;
	bool held;
	int rc;

	if (!g)
		return -ENOENT;
	if (sa_find(g, in->spi))
		return -EEXIST;
	if (!dp_sa_valid(in))
		return -EINVAL;
	if (no) {
		dp_tell(&dp->ev, "xfrm: %s", no);
		return -EOPNOTSUPP;
	}
	held = spi_held(dp, in->spi);
	sa = xcalloc(1, sizeof(*sa));
	sa->in = *in;
	rc = in_raise(dp, g, sa);
	if (!rc && !held)
		rc = table_spi(&dp->table, false, in->spi, true);
	if (rc) {
		in_lower(dp, sa, sa->own);
		sa_free(sa);
		return rc;
	}
	TAILQ_INSERT_TAIL(&g->sas, sa, link);
	return 0;
}

/* Rules look at the sending SA's being there only where clear text may go
 * instead. */
static int sending_set(struct dp *dp, struct xfrm_group *g, struct xfrm_sa *sa)
{
	bool rules = g->t.cfg.policy && g->t.cfg.no_sa == DP_NO_SA_CLEAR &&
		     g->t.can_send != (sa != NULL);

	g->sending = sa;
	g->t.can_send = sa != NULL;
	return seal_settle(dp, g, rules);
}

static int xfrm_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct xfrm_group *g = group_find(dp, group);
	struct xfrm_sa *sa = spi ? sa_find(g, spi) : NULL;

	if (!g || (spi && !sa))
		return -ENOENT;
	if (sa && !sa->in.may_send)
		return -EPERM;
	return sending_set(dp, g, sa);
}

static void past_add(struct dp_sa_counters *sum, const struct dp_sa_counters *c)
{
	sum->encaps += c->encaps;
	sum->decaps += c->decaps;
	sum->encaps_bytes += c->encaps_bytes;
	sum->decaps_bytes += c->decaps_bytes;
	sum->send_errors += c->send_errors;
	sum->recv_errors += c->recv_errors;
}

static void sa_remove(struct dp *dp, struct xfrm_group *g, struct xfrm_sa *sa)
{
	int rc = 0;

	if (g->sending == sa)
		rc = sending_set(dp, g, NULL);
	TAILQ_REMOVE(&g->sas, sa, link);
	if (!rc && !spi_held(dp, sa->in.spi))
		rc = table_spi(&dp->table, false, sa->in.spi, false);
	out_lower(dp, g, sa);
	in_lower(dp, sa, sa->own);
	past_add(&g->past, &sa->past);
	if (rc)
		dp_tell(&dp->ev, "removing SPI 0x%08x: %s", sa->in.spi,
			strerror(-rc));
	sa_free(sa);
}

static void xfrm_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct xfrm_group *g = group_find(dp, group);
	struct xfrm_sa *sa = sa_find(g, spi);

	if (sa)
		sa_remove(dp, g, sa);
}

static void xfrm_group_del(struct dp *dp, uint32_t id)
{
	struct xfrm_group *g = group_find(dp, id);
	struct xfrm_sa *sa;
	int rc;

	if (!g)
		return;
	rc = table_group_remove(&dp->table, &g->t);
	if (rc)
		dp_tell(&dp->ev, "removing rules: %s", strerror(-rc));
	seal_lower(dp, g);
	while ((sa = TAILQ_FIRST(&g->sas))) {
		TAILQ_REMOVE(&g->sas, sa, link);
		out_lower(dp, g, sa);
		in_lower(dp, sa, sa->own);
		if (!spi_held(dp, sa->in.spi))
			(void)table_spi(&dp->table, false, sa->in.spi, false);
		sa_free(sa);
	}
	table_group_fini(&g->t);
	free(g);
	if (TAILQ_EMPTY(&dp->table.groups))
		base_lower(dp);
}

/* ---- counters ---- */

static void sa_sum(struct dp *dp, const struct xfrm_group *g,
	struct xfrm_sa *sa, struct dp_sa_counters *sum)
{
	past_add(sum, &sa->past);
	in_counts(dp, sa->own, sa->in.spi, sum);
	out_counts(dp, g, sa, sum);
}

static int xfrm_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	struct xfrm_group *g = group_find(dp, group);
	struct xfrm_sa *sa = sa_find(g, spi);

	*out = (struct dp_sa_counters){ 0 };
	if (!sa)
		return -ENOENT;
	sa_sum(dp, g, sa, out);
	return 0;
}

static int xfrm_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	struct xfrm_group *g = group_find(dp, group);
	struct dp_sa_counters sum = { 0 };
	struct table_counts c;
	struct xfrm_sa *sa;
	int rc;

	*out = (struct dp_group_counters){ 0 };
	if (!g)
		return -ENOENT;
	rc = table_group_counts(&g->t, &c);
	past_add(&sum, &g->past);
	TAILQ_FOREACH(sa, &g->sas, link)
		sa_sum(dp, g, sa, &sum);
	out->encrypt = sum.encaps;
	out->decrypt = sum.decaps;
	out->drops[DP_DROP_NO_SA] = c.no_sa;
	out->drops[DP_DROP_VERIFY_FAIL] = sum.recv_errors;
	out->drops[DP_DROP_IDENTITY] = c.identity;
	out->drops[DP_DROP_NOT_IPSEC] = c.not_ipsec;
	out->drops[DP_DROP_INVALID_SA] = c.invalid_sa;
	out->ace_matches = c.ace;
	return rc;
}

static int xfrm_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return table_ace_counters(table_find(&dp->table, group), v, n);
}

static int xfrm_local_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return table_local_counters(table_find(&dp->table, group), v, n);
}

static size_t xfrm_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	const struct xfrm_group *g;
	const struct xfrm_sa *sa;
	size_t at = 0;

	GROUPS(g, dp) {
		if (at++ >= n)
			continue;
		v[at - 1] = table_group_view(&g->t);
		v[at - 1].sending = g->sealing ? g->sending->in.spi : 0;
		TAILQ_FOREACH(sa, &g->sas, link) {
			v[at - 1].n_sas++;
			v[at - 1].newest = sa->in.spi;
		}
	}
	return at;
}

static unsigned xfrm_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	struct xfrm_group *g = group_find(dp, group);
	const struct link_state *l =
		g ? iface_by_name(dp->ifaces, g->t.cfg.netdev) : NULL;

	if (!g)
		return 0;
	return (unsigned)esp_inner_mtu(s, l && l->mtu ? l->mtu : MTU_UNKNOWN);
}

/* ---- events ---- */

static void link_changed(void *ctx, const struct link_state *s, bool gone)
{
	struct dp *dp = ctx;
	struct xfrm_group *g;
	int rc;

	(void)gone; /* the mirror has forgotten it then */
	GROUPS(g, dp) {
		if (strcmp(g->t.cfg.netdev, s->name))
			continue;
		rc = own_settle(dp, g);
		if (rc)
			dp_tell(&dp->ev, "%s changed: %s", s->name,
				strerror(-rc));
	}
}

/* ---- open and close ---- */

static void xfrm_close(struct dp *dp)
{
	struct xfrm_group *g;

	if (!dp)
		return;
	while ((g = group_of(TAILQ_FIRST(&dp->table.groups))))
		xfrm_group_del(dp, g->t.cfg.id);
	table_close(&dp->table);
	if (dp->xfrm.s)
		xfrm_reclaim(&dp->xfrm);
	if (dp->rt.s)
		anchor_reclaim(&dp->rt);
	iface_mirror_free(dp->ifaces);
	nl_close(&dp->xfrm);
	nl_close(&dp->rt);
	free(dp);
}

/* A state that is added and taken away again tells whether there is ESP. */
static int probe(struct dp *dp)
{
	const struct xfrm_state s = { .dst = DP_ANCHOR(0),
		.spi = 256,
		.reqid = DP_XFRM_PROBE };
	const struct dp_sa sa = { .suite = { ESP_CIPHER_AES_CBC,
					  ESP_AUTH_SHA1, 128 },
		.enc.n = 16,
		.auth.n = 20 };
	int rc = xfrm_state_add(&dp->xfrm, &s, &sa);

	if (!rc)
		rc = xfrm_state_del(&dp->xfrm, s.dst, s.spi);
	if (!rc)
		rc = base_raise(dp);
	base_lower(dp);
	return rc;
}

/* Sockets, what a crashed run left, and whether the kernel can. */
static int kernel_open(struct dp *dp, const char **what)
{
	int rc;

	*what = "netlink";
	rc = nl_open(&dp->rt, NETLINK_ROUTE, 0);
	if (rc)
		return rc;
	*what = "the kernel has no XFRM";
	rc = nl_open(&dp->xfrm, NETLINK_XFRM, 0);
	if (rc)
		return rc;
	*what = "nftables";
	rc = table_open(&dp->table, &xfrm_table);
	if (rc)
		return rc;
	xfrm_reclaim(&dp->xfrm);
	anchor_reclaim(&dp->rt);
	*what = "the kernel has no ESP";
	return probe(dp);
}

static struct dp *xfrm_open(
	struct loop *loop, const struct dp_events *ev, struct sbuf *why)
{
	struct dp *dp = xcalloc(1, sizeof(*dp));
	const char *what = NULL;
	int rc;

	dp->loop = loop;
	if (ev)
		dp->ev = *ev;
	TAILQ_INIT(&dp->table.groups);
	rc = kernel_open(dp, &what);
	if (rc) {
		sbuf_printf(why, "%s: %s", what, strerror(-rc));
		xfrm_close(dp);
		return NULL;
	}
	dp->ifaces = iface_mirror_new(loop, link_changed, dp, why);
	if (!dp->ifaces) {
		xfrm_close(dp);
		return NULL;
	}
	table_reports_start(&dp->table, loop, &dp->ev);
	return dp;
}

const struct dataplane_ops dataplane_xfrm = {
	.name = "xfrm",
	.open = xfrm_open,
	.close = xfrm_close,
	.group_set = xfrm_group_set,
	.group_del = xfrm_group_del,
	.sa_add = xfrm_sa_add,
	.sa_use = xfrm_sa_use,
	.sa_del = xfrm_sa_del,
	.sa_counters = xfrm_sa_counters,
	.group_counters = xfrm_group_counters,
	.ace_counters = xfrm_ace_counters,
	.local_counters = xfrm_local_counters,
	.groups = xfrm_groups,
	.inner_mtu = xfrm_inner_mtu,
};
