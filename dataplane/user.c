/* The user backend: groups and SAs, and the order in which kernel, workers and
 * our own state change so that nothing leaks in between. */
#include "base/loop.h"
#include "dataplane/user_priv.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define MTU_UNKNOWN  1500u
#define MTU_RESERVE  100u /* more than any suite takes */
#define SA_SLOTS_MIN 8

struct dp {
	struct loop *loop;
	struct dp_events ev;
	struct nl nft, rt, log;
	struct iface_mirror *ifaces;
	struct workers workers;
	struct world *world;
	struct user_group_list groups;
	struct sa_seqs seqs;
	struct loop_fd *watch_trouble, *watch_log;
};

static void trouble(struct dp *dp, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void trouble(struct dp *dp, const char *fmt, ...)
{
	auto_sbuf struct sbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (dp->ev.trouble)
		dp->ev.trouble(dp->ev.ctx, sbuf_str(&text));
}

static struct user_group *group_find(struct dp *dp, uint32_t id)
{
	struct user_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (g->cfg.id == id)
			return g;
	return NULL;
}

static struct user_group *group_by_slot(struct dp *dp, unsigned slot)
{
	struct user_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (g->slot == slot)
			return g;
	return NULL;
}

static struct user_sa *sa_find(struct user_group *g, uint32_t spi)
{
	struct user_sa *sa;

	if (g)
		TAILQ_FOREACH(sa, &g->sas, link)
			if (sa->spi == spi)
				return sa;
	return NULL;
}

/* ---- the world ---- */

static void world_sa_put(
	struct world *w, struct user_sa *sa, const struct world_group *g)
{
	size_t i = sa->spi & w->sa_mask;

	while (w->sa[i].spi)
		i = (i + 1) & w->sa_mask;
	w->sa[i] = (struct world_sa){ sa->spi, sa, g };
}

static struct world *world_new(struct dp *dp)
{
	struct world *w = xcalloc(1, sizeof(*w));
	size_t n_sa = 0, slots = SA_SLOTS_MIN;
	struct user_group *g;
	struct user_sa *sa;

	TAILQ_FOREACH(g, &dp->groups, link)
		TAILQ_FOREACH(sa, &g->sas, link)
			n_sa++;
	while (slots < 2 * n_sa + 1)
		slots *= 2;
	w->sa_mask = slots - 1;
	w->sa = xcalloc(slots, sizeof(*w->sa));
	TAILQ_FOREACH(g, &dp->groups, link) {
		struct world_group *wg = &w->group[w->n_groups++];
		const struct link_state *s =
			iface_by_name(dp->ifaces, g->cfg.netdev);
		bool policy = g->cfg.policy != NULL;

		*wg = (struct world_group){
			.g = g,
			.sending = g->sending,
			.policy = policy ? &g->lists->policy : NULL,
			.policy_in = policy ? &g->lists->policy_in : NULL,
			.tun = g->tun,
			.ifindex = s ? s->ifindex : 0,
			.df = g->cfg.df,
		};
		TAILQ_FOREACH(sa, &g->sas, link)
			world_sa_put(w, sa, wg);
	}
	return w;
}

static void world_free(struct world *w)
{
	if (w)
		free(w->sa);
	free(w);
}

/* After this no worker uses anything that left our lists before. */
static void publish(struct dp *dp)
{
	struct world *old = dp->world;

	dp->world = world_new(dp);
	workers_publish(&dp->workers, dp->world);
	world_free(old);
}

/* ---- groups ---- */

static struct group_lists *lists_new(const struct dp_group *in)
{
	struct group_lists *l = xcalloc(1, sizeof(*l));

	if (in->local) {
		acl_dup(&l->local, in->local);
		acl_mirror(&l->local_in, in->local);
	}
	if (in->policy) {
		acl_dup(&l->policy, in->policy);
		acl_mirror(&l->policy_in, in->policy);
	}
	return l;
}

static void lists_free(struct group_lists *l)
{
	if (!l)
		return;
	acl_free(&l->local);
	acl_free(&l->policy);
	acl_free(&l->local_in);
	acl_free(&l->policy_in);
	free(l);
}

static unsigned netdev_mtu(struct dp *dp, const struct user_group *g)
{
	const struct link_state *s = iface_by_name(dp->ifaces, g->cfg.netdev);

	return s && s->mtu ? s->mtu : MTU_UNKNOWN;
}

static unsigned group_mtu(struct dp *dp, const struct user_group *g)
{
	unsigned mtu = netdev_mtu(dp, g);

	if (g->sending)
		return user_sa_inner_mtu(g->sending, mtu);
	return mtu > 2 * MTU_RESERVE ? mtu - MTU_RESERVE : mtu;
}

static int group_route(struct dp *dp, struct user_group *g)
{
	unsigned mtu = group_mtu(dp, g);
	int rc = tun_route(&dp->rt, g->tun_name, g->slot, mtu);

	if (!rc)
		g->mtu = mtu;
	return rc;
}

static void group_place(struct dp *dp, struct user_group *g)
{
	struct user_group *after;

	TAILQ_FOREACH(after, &dp->groups, link)
		if (after->cfg.order > g->cfg.order)
			break;
	if (after)
		TAILQ_INSERT_BEFORE(after, g, link);
	else
		TAILQ_INSERT_TAIL(&dp->groups, g, link);
}

/* Replaced rules start at zero: takes what they counted into our sums. */
static void counts_keep(struct dp *dp, struct user_group *g)
{
	size_t n = g->lists->local.n + g->lists->policy.n;
	auto_free uint64_t *ace = xcalloc(n + 1, sizeof(*ace));
	struct kernel_counts c;

	if (table_counts(&dp->nft, g, &c) ||
		table_ace_counts(&dp->nft, g, ace, n))
		return;
	g->base.not_ipsec += c.not_ipsec;
	g->base.invalid_sa += c.invalid_sa;
	g->base.ace += c.ace;
	for (size_t i = 0; i < n; i++)
		g->ace_base[i] += ace[i];
}

static int group_commit(struct dp *dp, struct user_group *g)
{
	int rc = table_commit(&dp->nft, &dp->groups, g, NULL);

	g->in_kernel |= rc == 0;
	return rc;
}

static void group_free(struct dp *dp, struct user_group *g)
{
	if (g->tun_name[0])
		tun_unroute(&dp->rt, g->slot);
	mem_close_fd(&g->tun);
	lists_free(g->lists);
	free(g->ace_base);
	free(g);
}

/* Device, route and rule first: a mark without its rule would lead to the main
 * table and out in clear. */
static struct user_group *group_new(
	struct dp *dp, const struct dp_group *in, int *rc)
{
	struct user_group *g = xcalloc(1, sizeof(*g));

	TAILQ_INIT(&g->sas);
	g->tun = -1;
	g->cfg = *in;
	g->lists = xcalloc(1, sizeof(*g->lists));
	g->ace_base = xcalloc(1, sizeof(*g->ace_base));
	while (g->slot < DP_SLOTS && group_by_slot(dp, g->slot))
		g->slot++;
	*rc = -ENOSPC;
	if (g->slot < DP_SLOTS)
		*rc = g->tun = tun_open(&dp->rt, g->slot, g->tun_name);
	if (*rc >= 0)
		*rc = group_route(dp, g);
	if (*rc < 0) {
		group_free(dp, g);
		return NULL;
	}
	g->cfg.policy = NULL;
	group_place(dp, g);
	return g;
}

static int group_replace(
	struct dp *dp, struct user_group *g, const struct dp_group *in)
{
	struct group_lists *old_lists = g->lists, *lists = lists_new(in);
	struct dp_group old = g->cfg;
	int rc;

	counts_keep(dp, g);
	g->cfg = *in;
	g->lists = lists;
	TAILQ_REMOVE(&dp->groups, g, link);
	group_place(dp, g);
	rc = group_commit(dp, g);
	if (rc) {
		g->cfg = old;
		g->lists = old_lists;
		TAILQ_REMOVE(&dp->groups, g, link);
		group_place(dp, g);
		lists_free(lists);
		return rc;
	}
	if (!acl_equal(&lists->policy, &old_lists->policy) ||
		!acl_equal(&lists->local, &old_lists->local)) {
		free(g->ace_base);
		g->ace_base = xcalloc(lists->local.n + lists->policy.n + 1,
			sizeof(*g->ace_base));
	}
	publish(dp);
	lists_free(old_lists);
	return 0;
}

static void user_group_del(struct dp *dp, uint32_t id);

static int user_group_set(struct dp *dp, const struct dp_group *in)
{
	struct user_group *g = group_find(dp, in->id);
	bool fresh = !g;
	int rc = 0;

	if (!g)
		g = group_new(dp, in, &rc);
	if (!g)
		return rc;
	rc = group_replace(dp, g, in);
	if (!rc && group_mtu(dp, g) != g->mtu)
		rc = group_route(dp, g);
	if (rc && fresh)
		user_group_del(dp, in->id);
	return rc;
}

/* ---- SAs ---- */

static bool spi_held(struct dp *dp, uint32_t spi)
{
	struct user_group *g;

	TAILQ_FOREACH(g, &dp->groups, link)
		if (sa_find(g, spi))
			return true;
	return false;
}

static int user_sa_add(struct dp *dp, uint32_t group, const struct dp_sa *in)
{
	struct user_group *g = group_find(dp, group);
	struct user_sa *sa;
	bool held;
	int rc = 0;

	if (!g)
		return -ENOENT;
	if (sa_find(g, in->spi))
		return -EEXIST;
	if (!dp_sa_valid(in) || (in->replay_secs && !g->clock.set))
		return -EINVAL;
	held = spi_held(dp, in->spi);
	sa = user_sa_new(&dp->seqs, in);
	if (!sa)
		return -ENOTSUP;
	TAILQ_INSERT_TAIL(&g->sas, sa, link);
	publish(dp);
	if (!held)
		rc = table_spi(&dp->nft, in->spi, true);
	if (rc) {
		TAILQ_REMOVE(&g->sas, sa, link);
		publish(dp);
		user_sa_free(&dp->seqs, sa);
	}
	return rc;
}

/* Sends with sa (may be NULL) from now on.  Workers know the SA before the
 * rules mark packets for it, and forget it after the rules stopped. */
static int sending_set(struct dp *dp, struct user_group *g, struct user_sa *sa)
{
	bool was = g->sending != NULL, rules;
	int rc = 0;

	g->sending = sa;
	rules = g->cfg.policy && g->cfg.no_sa == DP_NO_SA_CLEAR &&
		was != (sa != NULL);
	if (sa)
		publish(dp);
	if (rules) {
		counts_keep(dp, g);
		rc = group_commit(dp, g);
	}
	if (!sa)
		publish(dp);
	if (!rc && group_mtu(dp, g) != g->mtu)
		rc = group_route(dp, g);
	return rc;
}

static int user_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct user_group *g = group_find(dp, group);
	struct user_sa *sa = spi ? sa_find(g, spi) : NULL;

	if (!g || (spi && !sa))
		return -ENOENT;
	if (sa && !sa->seal)
		return -EPERM;
	return sending_set(dp, g, sa);
}

static void sa_remove(struct dp *dp, struct user_group *g, struct user_sa *sa)
{
	int rc = 0;

	if (g->sending == sa)
		rc = sending_set(dp, g, NULL);
	TAILQ_REMOVE(&g->sas, sa, link);
	if (!rc && !spi_held(dp, sa->spi))
		rc = table_spi(&dp->nft, sa->spi, false);
	if (rc)
		trouble(dp, "removing SPI 0x%08x: %s", sa->spi, strerror(-rc));
	publish(dp);
	user_sa_free(&dp->seqs, sa);
}

static void user_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct user_group *g = group_find(dp, group);
	struct user_sa *sa = sa_find(g, spi);

	if (sa)
		sa_remove(dp, g, sa);
}

static void user_group_del(struct dp *dp, uint32_t id)
{
	struct user_group *g = group_find(dp, id);
	struct user_sa *sa;
	int rc;

	if (!g)
		return;
	TAILQ_REMOVE(&dp->groups, g, link);
	rc = table_commit(&dp->nft, &dp->groups, NULL, g);
	if (rc)
		trouble(dp, "removing rules: %s", strerror(-rc));
	publish(dp);
	while ((sa = TAILQ_FIRST(&g->sas))) {
		TAILQ_REMOVE(&g->sas, sa, link);
		if (!spi_held(dp, sa->spi))
			(void)table_spi(&dp->nft, sa->spi, false);
		user_sa_free(&dp->seqs, sa);
	}
	group_free(dp, g);
}

/* ---- counters ---- */

static uint64_t get(_Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static int user_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	struct user_sa *sa = sa_find(group_find(dp, group), spi);

	*out = (struct dp_sa_counters){ 0 };
	if (!sa)
		return -ENOENT;
	out->encaps = get(&sa->encaps);
	out->encaps_bytes = get(&sa->encaps_bytes);
	out->send_errors = get(&sa->send_errors);
	out->decaps = get(&sa->decaps);
	out->decaps_bytes = get(&sa->decaps_bytes);
	out->recv_errors = get(&sa->recv_errors);
	return 0;
}

static int user_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	struct user_group *g = group_find(dp, group);
	struct kernel_counts c;
	int rc;

	*out = (struct dp_group_counters){ 0 };
	if (!g)
		return -ENOENT;
	rc = table_counts(&dp->nft, g, &c);
	out->encrypt = get(&g->encrypt);
	out->decrypt = get(&g->decrypt);
	for (size_t i = 0; i < DP_N_DROPS; i++)
		out->drops[i] = get(&g->drops[i]);
	out->drops[DP_DROP_NOT_IPSEC] += g->base.not_ipsec + c.not_ipsec;
	out->drops[DP_DROP_INVALID_SA] += g->base.invalid_sa + c.invalid_sa;
	out->ace_matches = g->base.ace + c.ace;
	return rc;
}

/* n entries from the at-th of local and policy in a row. */
static int entry_counters(
	struct dp *dp, struct user_group *g, size_t at, uint64_t *v, size_t n)
{
	size_t all = g->lists->local.n + g->lists->policy.n;
	auto_free uint64_t *ace = xcalloc(all + 1, sizeof(*ace));
	int rc = table_ace_counts(&dp->nft, g, ace, all);

	for (size_t i = 0; i < n && at + i < all; i++)
		v[i] = ace[at + i] + g->ace_base[at + i];
	return rc;
}

static int user_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	struct user_group *g = group_find(dp, group);

	memset(v, 0, n * sizeof(*v));
	return g ? entry_counters(dp, g, g->lists->local.n, v, n) : -ENOENT;
}

static int user_local_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	struct user_group *g = group_find(dp, group);

	memset(v, 0, n * sizeof(*v));
	if (!g)
		return -ENOENT;
	return entry_counters(
		dp, g, 0, v, n < g->lists->local.n ? n : g->lists->local.n);
}

static size_t user_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	const struct user_group *g;
	const struct user_sa *sa;
	size_t at = 0;

	TAILQ_FOREACH(g, &dp->groups, link) {
		if (at++ >= n)
			continue;
		v[at - 1] = (struct dp_group_view){ .cfg = g->cfg,
			.sending = g->sending ? g->sending->spi : 0 };
		v[at - 1].cfg.local = &g->lists->local;
		if (g->cfg.policy)
			v[at - 1].cfg.policy = &g->lists->policy;
		TAILQ_FOREACH(sa, &g->sas, link) {
			v[at - 1].n_sas++;
			v[at - 1].newest = sa->spi;
		}
	}
	return at;
}

static unsigned user_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	struct user_group *g = group_find(dp, group);

	return g ? (unsigned)esp_inner_mtu(s, netdev_mtu(dp, g)) : 0;
}

/* ---- time-based anti-replay ---- */

static int user_time_set(struct dp *dp, uint32_t group, uint64_t pseudo_ms)
{
	struct user_group *g = group_find(dp, group);

	if (!g)
		return -ENOENT;
	user_clock_set(&g->clock, pseudo_ms);
	return 0;
}

static int user_replay_get(
	struct dp *dp, uint32_t group, struct dp_replay *out)
{
	struct user_group *g = group_find(dp, group);

	*out = (struct dp_replay){ 0 };
	if (!g)
		return -ENOENT;
	user_clock_get(&g->clock, out);
	return 0;
}

static void user_replay_clear(struct dp *dp, uint32_t group)
{
	struct user_group *g = group_find(dp, group);

	if (g)
		user_clock_clear(&g->clock);
}

/* ---- events ---- */

/* The prefix is a letter for the reason and the slot. */
static void report_packet(void *ctx, const struct nflog_packet *report)
{
	struct dp *dp = ctx;
	char kind = report->prefix[0];
	struct user_group *g =
		group_by_slot(dp, (unsigned)atoi(report->prefix + 1));
	uint8_t copy[DP_NFLOG_SNAP];
	struct packet_key k;
	size_t hdr, n = report->n;

	if (!g || n < 20)
		return;
	/* The report is cut; so must be the length that the header tells. */
	n = n < sizeof(copy) ? n : sizeof(copy);
	memcpy(copy, report->p, n);
	copy[2] = 0;
	copy[3] = (uint8_t)n;
	if (!packet_key_read(copy, n, &k))
		return;
	hdr = (copy[0] & 0xfu) * 4u;
	if (kind == 'n' && dp->ev.not_ipsec)
		dp->ev.not_ipsec(dp->ev.ctx, g->cfg.id, &k);
	if (kind == 's' && dp->ev.invalid_spi && n >= hdr + 4) {
		const uint8_t *s = copy + hdr;

		dp->ev.invalid_spi(dp->ev.ctx, g->cfg.id,
			(uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 |
				(uint32_t)s[2] << 8 | s[3],
			&k);
	}
}

static void log_ready(void *arg, int events)
{
	struct dp *dp = arg;

	(void)events;
	nflog_read(&dp->log, report_packet, dp);
}

/* A TUN that went down took its route along; the blackhole behind it holds
 * until both are back. */
static void group_repair(struct dp *dp, struct user_group *g)
{
	int rc = tun_raise(&dp->rt, g->tun_name, g->slot);

	if (!rc)
		rc = group_route(dp, g);
	if (rc)
		trouble(dp, "%s is down: %s", g->tun_name, strerror(-rc));
	else
		trouble(dp, "%s was down, raised again", g->tun_name);
	publish(dp);
}

static void trouble_ready(void *arg, int events)
{
	struct dp *dp = arg;
	uint64_t failed = atomic_exchange(&dp->workers.tun_failed, 0);
	struct user_group *g;
	eventfd_t ignored;

	(void)events;
	(void)eventfd_read(dp->workers.trouble, &ignored);
	TAILQ_FOREACH(g, &dp->groups, link) {
		if (failed >> g->slot & 1)
			group_repair(dp, g);
		user_clock_report(&g->clock, g->cfg.id, &dp->ev);
	}
}

static void link_changed(void *ctx, const struct link_state *s, bool gone)
{
	struct dp *dp = ctx;
	struct user_group *g;
	bool ours = false;

	TAILQ_FOREACH(g, &dp->groups, link) {
		if (!strcmp(g->tun_name, s->name) && !gone && !s->admin_up)
			group_repair(dp, g);
		if (strcmp(g->cfg.netdev, s->name))
			continue;
		ours = true;
		if (!gone && group_mtu(dp, g) != g->mtu)
			(void)group_route(dp, g);
	}
	if (ours)
		publish(dp); /* its index may be another */
}

/* ---- open and close ---- */

static void src_valid_mark_check(struct dp *dp)
{
	FILE *f = fopen("/proc/sys/net/ipv4/conf/all/src_valid_mark", "re");
	bool set = f && fgetc(f) == '1';

	if (f)
		fclose(f);
	if (set)
		trouble(dp, "net.ipv4.conf.all.src_valid_mark is 1: decrypted "
			    "packets will be dropped");
}

static void user_close(struct dp *dp)
{
	struct user_group *g;

	if (!dp)
		return;
	if (dp->watch_trouble)
		loop_fd_del(dp->watch_trouble);
	if (dp->watch_log)
		loop_fd_del(dp->watch_log);
	while (dp->world && (g = TAILQ_FIRST(&dp->groups)))
		user_group_del(dp, g->cfg.id);
	workers_stop(&dp->workers);
	if (dp->nft.s)
		table_reclaim(&dp->nft);
	if (dp->rt.s)
		routes_reclaim(&dp->rt);
	sa_seqs_free(&dp->seqs);
	world_free(dp->world);
	iface_mirror_free(dp->ifaces);
	nl_close(&dp->log);
	nl_close(&dp->nft);
	nl_close(&dp->rt);
	free(dp);
}

/* Sockets, what a crashed run left, the inbound route, the threads. */
static int kernel_open(struct dp *dp, const char **what)
{
	int rc;

	*what = "netlink";
	rc = nl_open(&dp->nft, NETLINK_NETFILTER, 0);
	if (!rc)
		rc = nl_open(&dp->rt, NETLINK_ROUTE, 0);
	if (rc)
		return rc;
	table_reclaim(&dp->nft);
	routes_reclaim(&dp->rt);
	*what = "policy route";
	rc = esp_route(&dp->rt);
	if (rc)
		return rc;
	*what = "raw sockets";
	dp->world = world_new(dp);
	rc = workers_start(&dp->workers, dp->world);
	if (rc) {
		world_free(dp->world);
		dp->world = NULL;
	}
	return rc;
}

static struct dp *user_open(
	struct loop *loop, const struct dp_events *ev, struct sbuf *why)
{
	struct dp *dp = xcalloc(1, sizeof(*dp));
	const char *what = NULL;
	int rc;

	dp->loop = loop;
	if (ev)
		dp->ev = *ev;
	TAILQ_INIT(&dp->groups);
	TAILQ_INIT(&dp->seqs.list);
	dp->workers = (struct workers){ .raw_tx = -1,
		.raw_rx = -1,
		.trouble = -1,
		.out.kick = -1,
		.in.kick = -1 };
	dp->ifaces = iface_mirror_new(loop, link_changed, dp, why);
	if (!dp->ifaces) {
		user_close(dp);
		return NULL;
	}
	rc = kernel_open(dp, &what);
	if (rc) {
		sbuf_printf(why, "user dataplane: %s: %s", what, strerror(-rc));
		user_close(dp);
		return NULL;
	}
	dp->watch_trouble = loop_fd_add(
		loop, dp->workers.trouble, LOOP_READ, trouble_ready, dp);
	rc = nflog_open(&dp->log, DP_NFLOG_GROUP, DP_NFLOG_SNAP);
	if (rc)
		trouble(dp, "no packet reports: nflog: %s", strerror(-rc));
	else
		dp->watch_log = loop_fd_add(
			loop, nl_fd(&dp->log), LOOP_READ, log_ready, dp);
	src_valid_mark_check(dp);
	return dp;
}

const struct dataplane_ops dataplane_user = {
	.name = "user",
	.open = user_open,
	.close = user_close,
	.group_set = user_group_set,
	.group_del = user_group_del,
	.sa_add = user_sa_add,
	.sa_use = user_sa_use,
	.sa_del = user_sa_del,
	.sa_counters = user_sa_counters,
	.group_counters = user_group_counters,
	.ace_counters = user_ace_counters,
	.local_counters = user_local_counters,
	.groups = user_groups,
	.time_set = user_time_set,
	.replay_get = user_replay_get,
	.replay_clear = user_replay_clear,
	.inner_mtu = user_inner_mtu,
};
