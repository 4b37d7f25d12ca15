/* The user backend: groups and SAs, and the order in which kernel, workers and
 * our own state change so that nothing leaks in between. */
#include "base/loop.h"
#include "dataplane/table_priv.h"
#include "dataplane/inbound.h"
#include "dataplane/user_priv.h"
#include "dataplane/watch.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define MTU_UNKNOWN  1500u
#define MTU_RESERVE  100u /* more than any suite takes */
#define IP6_MORE     20u   /* than an IPv4 header has */
#define IP6_MTU_MIN  1280u /* RFC 8200 5: no sender need do with less */
#define SA_SLOTS_MIN 8
#define REPAIR_MS    2000 /* between attempts */

struct dp {
	struct loop *loop;
	struct dp_events ev;
	struct table table;
	struct nl rt;
	struct iface_mirror *ifaces;
	struct workers workers;
	struct rx rx;
	struct world *world;
	struct sa_seqs seqs;
	struct user_crypto crypto;
	struct loop_fd *watch_trouble;
	struct watch *routes, *ingress;
	struct timer repair;
	struct watch *egress_watch;
	struct capture capture;
};

/* A group begins with the table's part of it. */
static struct user_group *group_of(struct table_group *t)
{
	return (struct user_group *)t;
}

/* As TAILQ_FOREACH, over all groups. */
#define GROUPS(g, dp)                                                          \
	for ((g) = group_of(TAILQ_FIRST(&(dp)->table.groups)); (g);            \
		(g) = group_of(TAILQ_NEXT(&(g)->t, link)))

static struct user_group *group_find(struct dp *dp, uint32_t id)
{
	return group_of(table_find(&dp->table, id));
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

static void world_rings(struct world *w, const struct rx *rx)
{
	struct rx_link *l = NULL;

	while ((l = rx_next(rx, l))) {
		struct world_rx *r = &w->rx[w->n_rx++];

		r->ring = rx_rings(l, &r->ifindex);
	}
}

static struct world *world_new(struct dp *dp)
{
	struct world *w = xcalloc(1, sizeof(*w));
	size_t n_sa = 0, slots = SA_SLOTS_MIN;
	struct user_group *g;
	struct user_sa *sa;

	GROUPS(g, dp)
		TAILQ_FOREACH(sa, &g->sas, link)
			n_sa++;
	while (slots < 2 * n_sa + 1)
		slots *= 2;
	w->sa_mask = slots - 1;
	w->sa = xcalloc(slots, sizeof(*w->sa));
	GROUPS(g, dp) {
		struct world_group *wg = &w->group[w->n_groups++];
		const struct link_state *s =
			iface_by_name(dp->ifaces, g->t.cfg.netdev);
		bool policy = g->t.cfg.policy != NULL;

		*wg = (struct world_group){
			.g = g,
			.sending = g->sending,
			.policy = policy ? &g->t.lists->policy : NULL,
			.policy_in = policy ? &g->t.lists->policy_in : NULL,
			.ifindex = s ? s->ifindex : 0,
			.tun_udp = g->tun_udp,
			.ways = g->ways,
			.mtu = g->mtu,
			.link_mtu = s ? s->mtu : 0,
			.ip6 = g->t.cfg.ip6,
			.tun6 = g->tun[0],
			.df = g->t.cfg.df,
			.frag_after = g->t.cfg.frag_after,
		};
		for (size_t q = 0; q < DP_QUEUES_MAX; q++)
			wg->tun[q] = wg->ip6 ? -1 : g->tun[q];
		TAILQ_FOREACH(sa, &g->sas, link)
			world_sa_put(w, sa, wg);
	}
	world_rings(w, &dp->rx);
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
	struct user_group *g;

	GROUPS(g, dp)
		if (!TAILQ_EMPTY(&g->sas) && !g->t.cfg.ip6)
			rx_want(&dp->rx, g->t.cfg.netdev,
				iface_by_name(dp->ifaces, g->t.cfg.netdev));
	rx_prepare(&dp->rx);
	dp->world = world_new(dp);
	workers_publish(&dp->workers, dp->world);
	world_free(old);
	rx_settle(&dp->rx);
}

/* ---- groups ---- */

static unsigned netdev_mtu(struct dp *dp, const struct user_group *g)
{
	const struct link_state *s = iface_by_name(dp->ifaces, g->t.cfg.netdev);

	return s && s->mtu ? s->mtu : MTU_UNKNOWN;
}

static unsigned group_mtu(struct dp *dp, const struct user_group *g)
{
	unsigned mtu = netdev_mtu(dp, g);

	if (g->t.cfg.ip6 && mtu > IP6_MORE)
		mtu -= IP6_MORE;
	if (g->sending)
		mtu = user_sa_inner_mtu(g->sending, mtu);
	else if (mtu > 2 * MTU_RESERVE)
		mtu -= MTU_RESERVE;
	return g->t.cfg.ip6 && mtu < IP6_MTU_MIN ? IP6_MTU_MIN : mtu;
}

/* The kernel cuts what is too long itself, or tells its sender, unless DF is
 * to be overruled or the ESP packet is what shall be cut, which of IPv6 only
 * its sender may. */
static unsigned route_mtu(struct dp *dp, const struct user_group *g)
{
	const struct dp_group *c = &g->t.cfg;

	if (!c->ip6 && (c->frag_after || c->df == ESP_DF_CLEAR))
		return netdev_mtu(dp, g);
	return group_mtu(dp, g);
}

/* Both MTUs as they should be now.  True: `changed`, the workers are to be
 * told. 0 or -errno. */
static int group_route(struct dp *dp, struct user_group *g, bool *changed)
{
	unsigned mtu = group_mtu(dp, g), on_route = route_mtu(dp, g);
	int rc = 0;

	*changed = mtu != g->mtu;
	g->mtu = mtu;
	if (on_route != g->route_mtu)
		rc = tun_route(&dp->rt, g->tun_name, g->t.slot, g->t.cfg.ip6,
			on_route);
	if (!rc)
		g->route_mtu = on_route;
	return rc;
}

/* Puts the route, and the rule where there is one, back. */
static int group_route_anew(struct dp *dp, struct user_group *g)
{
	bool changed;
	int rc;

	g->route_mtu = 0;
	rc = group_route(dp, g, &changed);
	return rc ? rc : tun_rule(&dp->rt, g->t.slot, g->t.cfg.ip6, !g->egress);
}

static int group_mtu_follow(struct dp *dp, struct user_group *g)
{
	bool changed;
	int rc = group_route(dp, g, &changed);

	if (changed)
		publish(dp);
	return rc;
}

static int group_capture(struct dp *dp, struct user_group *g)
{
	return capture_choose(&dp->capture, g,
		iface_by_name(dp->ifaces, g->t.cfg.netdev));
}

static void capture_publish(void *ctx)
{
	publish(ctx);
}

/* No longer in the list. */
static unsigned group_queues(const struct dp *dp, const struct user_group *g)
{
	return g->t.cfg.ip6 ? 1 : dp->workers.n;
}

static void group_free(struct dp *dp, struct user_group *g)
{
	capture_end(&dp->capture, g);
	if (g->tun_name[0])
		tun_unroute(&dp->rt, g->t.slot, g->t.cfg.ip6);
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		mem_close_fd(&g->tun[q]);
	table_group_fini(&g->t);
	free(g);
}

/* Device, route and rule first: a mark without its rule would lead to the main
 * table and out in clear. */
static struct user_group *group_new(
	struct dp *dp, const struct dp_group *in, int *rc)
{
	struct user_group *g = xcalloc(1, sizeof(*g));
	bool changed;

	TAILQ_INIT(&g->sas);
	ways_init(&g->ways);
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		g->tun[q] = -1;
	*rc = table_group_init(&dp->table, &g->t, in);
	if (*rc) {
		free(g);
		return NULL;
	}
	*rc = tun_open(&dp->rt, g->t.slot, g->tun_name, g->tun,
		group_queues(dp, g), &g->tun_udp);
	if (!*rc)
		*rc = group_route(dp, g, &changed);
	if (!*rc && in->ip6)
		*rc = esp_route(&dp->rt, true);
	if (!*rc && in->ip6)
		*rc = workers_ip6(&dp->workers, dp->world);
	if (!*rc)
		*rc = group_capture(dp, g);
	if (*rc) {
		dp_tell(&dp->ev, "%s: %s%s", g->tun_name, strerror(-*rc),
			tun_hint(*rc));
		group_free(dp, g);
		return NULL;
	}
	return g;
}

static int group_replace(
	struct dp *dp, struct user_group *g, const struct dp_group *in)
{
	struct group_lists *old;
	int rc = table_group_replace(&dp->table, &g->t, in, &old);

	if (rc)
		return rc;
	publish(dp);
	group_lists_free(old);
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
	if (!rc)
		rc = group_mtu_follow(dp, g);
	if (!rc && !fresh)
		rc = group_capture(dp, g);
	if (rc && fresh)
		user_group_del(dp, in->id);
	return rc;
}

/* ---- SAs ---- */

static bool spi_held(struct dp *dp, bool ip6, uint32_t spi)
{
	struct user_group *g;

	GROUPS(g, dp)
		if (g->t.cfg.ip6 == ip6 && sa_find(g, spi))
			return true;
	return false;
}

/* First added, and last forgotten, where rings take what rules then do not
 * see: it never comes both ways. */
static int spi_set(struct dp *dp, bool ip6, uint32_t spi, bool add)
{
	int rc = add && !ip6 ? rx_spi(&dp->rx, spi, true) : 0;

	if (!rc)
		rc = table_spi(&dp->table, ip6, spi, add);
	if (!ip6 && (rc ? add : !add))
		(void)rx_spi(&dp->rx, spi, false);
	return rc;
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
	if (g->t.cfg.ip6 && in->stamp)
		return -ENOTSUP; /* the stamps are those of IPv4 */
	if (!dp_sa_valid(in) || (in->stamp == DP_STAMP_TBAR && !g->clock.set))
		return -EINVAL;
	held = spi_held(dp, g->t.cfg.ip6, in->spi);
	sa = user_sa_new(&dp->seqs, in, g->t.cfg.ip6, group_queues(dp, g),
		&dp->crypto);
	if (!sa)
		return -ENOTSUP;
	TAILQ_INSERT_TAIL(&g->sas, sa, link);
	publish(dp);
	if (!held)
		rc = spi_set(dp, g->t.cfg.ip6, in->spi, true);
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
	g->t.can_send = sa != NULL;
	rules = g->t.cfg.policy && g->t.cfg.no_sa == DP_NO_SA_CLEAR &&
		was != (sa != NULL);
	if (sa)
		publish(dp);
	if (rules)
		rc = table_group_renew(&dp->table, &g->t);
	if (!sa)
		publish(dp);
	return rc ? rc : group_mtu_follow(dp, g);
}

static int user_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	struct user_group *g = group_find(dp, group);
	struct user_sa *sa = spi ? sa_find(g, spi) : NULL;

	if (!g || (spi && !sa))
		return -ENOENT;
	if (sa && !sa->may_send)
		return -EPERM;
	return sending_set(dp, g, sa);
}

static int user_crypto_set(
	struct dp *dp, enum dp_crypto crypto, struct sbuf *why)
{
	struct user_sa_list old = TAILQ_HEAD_INITIALIZER(old);
	struct user_crypto to, from = dp->crypto;
	struct user_group *g;
	int rc = user_crypto_open(&to, crypto, dp->workers.n, why);

	GROUPS(g, dp)
		if (!rc)
			rc = user_sas_renew(&dp->seqs, g, dp->workers.n, &to);
	if (rc) {
		GROUPS(g, dp)
			user_sas_renew_undo(&dp->seqs, g);
		user_crypto_close(&to);
		return rc;
	}
	GROUPS(g, dp)
		user_sas_succeed(g, &old);
	dp->crypto = to;
	publish(dp);
	user_sas_retire(&dp->seqs, &old);
	user_crypto_close(&from);
	return 0;
}

static bool sa_view(
	struct dp *dp, uint32_t group, size_t k, struct dp_sa_view *out)
{
	struct user_group *g = group_find(dp, group);
	struct user_sa *sa = g ? TAILQ_FIRST(&g->sas) : NULL;

	for (; sa && k > 0; k--)
		sa = TAILQ_NEXT(sa, link);
	if (sa)
		user_sa_view(sa, out);
	return sa != NULL;
}

static void sa_remove(struct dp *dp, struct user_group *g, struct user_sa *sa)
{
	int rc = 0;

	if (g->sending == sa)
		rc = sending_set(dp, g, NULL);
	TAILQ_REMOVE(&g->sas, sa, link);
	if (!rc && !spi_held(dp, g->t.cfg.ip6, sa->spi))
		rc = spi_set(dp, g->t.cfg.ip6, sa->spi, false);
	if (rc)
		dp_tell(&dp->ev, "removing SPI 0x%08x: %s", sa->spi,
			strerror(-rc));
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
	rc = table_group_remove(&dp->table, &g->t);
	if (rc)
		dp_tell(&dp->ev, "removing rules: %s", strerror(-rc));
	publish(dp);
	while ((sa = TAILQ_FIRST(&g->sas))) {
		TAILQ_REMOVE(&g->sas, sa, link);
		if (!spi_held(dp, g->t.cfg.ip6, sa->spi))
			(void)spi_set(dp, g->t.cfg.ip6, sa->spi, false);
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
	struct table_counts c;
	int rc;

	*out = (struct dp_group_counters){ 0 };
	if (!g)
		return -ENOENT;
	rc = table_group_counts(&g->t, &c);
	out->encrypt = get(&g->encrypt);
	out->decrypt = get(&g->decrypt);
	for (size_t i = 0; i < DP_N_DROPS; i++)
		out->drops[i] = get(&g->drops[i]);
	out->drops[DP_DROP_NOT_IPSEC] += c.not_ipsec;
	out->drops[DP_DROP_INVALID_SA] += c.invalid_sa;
	out->ace_matches = c.ace;
	return rc;
}

static int user_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return table_ace_counters(table_find(&dp->table, group), v, n);
}

static int user_local_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	return table_local_counters(table_find(&dp->table, group), v, n);
}

static size_t user_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	const struct user_group *g;
	const struct user_sa *sa;
	size_t at = 0;

	GROUPS(g, dp) {
		if (at++ >= n)
			continue;
		v[at - 1] = table_group_view(&g->t);
		v[at - 1].sending = g->sending ? g->sending->spi : 0;
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

	if (!g)
		return 0;
	return (unsigned)esp_inner_mtu(
		s, netdev_mtu(dp, g) - (g->t.cfg.ip6 ? IP6_MORE : 0));
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

/* The device was deleted: another of its name. */
static int tun_anew(struct dp *dp, struct user_group *g)
{
	int old[DP_QUEUES_MAX], fresh[DP_QUEUES_MAX], rc;

	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		fresh[q] = -1;
	rc = tun_open(
		&dp->rt, g->t.slot, g->tun_name, fresh, group_queues(dp, g),
		&g->tun_udp);
	memcpy(old, g->tun, sizeof(old));
	if (!rc) {
		memcpy(g->tun, fresh, sizeof(fresh));
		publish(dp);
	}
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		mem_close_fd(rc ? &fresh[q] : &old[q]);
	return rc;
}

/* A TUN that went down took its route along; the blackhole behind it holds
 * until both are back. */
static void group_repair(struct dp *dp, struct user_group *g)
{
	bool gone = !if_nametoindex(g->tun_name), again = g->broken;
	int rc = gone ? tun_anew(dp, g)
		      : tun_raise(&dp->rt, g->tun_name, g->t.slot);

	if (!rc)
		rc = group_route_anew(dp, g);
	g->broken = rc != 0;
	if (!rc)
		dp_tell(&dp->ev, "%s was %s, %s again", g->tun_name,
			gone ? "deleted" : "down", gone ? "made" : "raised");
	else if (!again)
		dp_tell(&dp->ev, "%s is %s: %s%s", g->tun_name,
			gone ? "gone" : "down", strerror(-rc), tun_hint(rc));
	if (rc)
		timer_set(loop_timers(dp->loop), &dp->repair,
			loop_now() + REPAIR_MS);
	publish(dp);
}

static void tap_repair(struct dp *dp, struct user_group *g)
{
	bool gone = !if_nametoindex(g->tap_name), again = g->broken;
	int rc = capture_repair(&dp->capture, g);

	g->broken |= rc != 0;
	if (!rc)
		dp_tell(&dp->ev, "%s was %s, %s again", g->tap_name,
			gone ? "deleted" : "down", gone ? "made" : "raised");
	else if (!again)
		dp_tell(&dp->ev, "%s: %s", g->tap_name, strerror(-rc));
	if (rc)
		timer_set(loop_timers(dp->loop), &dp->repair,
			loop_now() + REPAIR_MS);
}

static void repair_due(void *arg)
{
	struct dp *dp = arg;
	struct user_group *g;

	GROUPS(g, dp) {
		if (!g->broken)
			continue;
		group_repair(dp, g);
		if (g->tap_name[0] && !netdev_is_up(g->tap_name))
			tap_repair(dp, g);
	}
}

/* Also when none of ours is among what was deleted: it does no harm. */
static void routes_changed(void *arg, bool missed)
{
	struct dp *dp = arg;
	struct user_group *g;
	int rc = esp_route(&dp->rt, false);

	GROUPS(g, dp) {
		if (!rc && g->t.cfg.ip6)
			rc = esp_route(&dp->rt, true);
		if (!rc && !g->broken)
			rc = group_route_anew(dp, g);
	}
	if (rc)
		dp_tell(&dp->ev, "policy rules were changed by another "
				 "program: %s", strerror(-rc));
	else if (!missed)
		dp_tell(&dp->ev, "policy rules were changed by another "
				 "program and are restored");
}

static void ingress_changed(void *arg, bool missed)
{
	struct dp *dp = arg;
	struct user_group *g;
	struct user_sa *sa;

	(void)missed;
	rx_shut(&dp->rx);
	GROUPS(g, dp)
		TAILQ_FOREACH(sa, &g->sas, link)
			(void)rx_spi(&dp->rx, sa->spi, true);
	rx_settle(&dp->rx);
}

/* A packet that a list is to judge first must not be taken before. */
static void lists_changed(void *arg)
{
	publish(arg);
}

static void spent_report(struct dp *dp, struct user_group *g)
{
	int spent = SA_SPENT;

	if (g->sending &&
		atomic_compare_exchange_strong(
			&g->sending->spent, &spent, SA_SPENT_TOLD) &&
		dp->ev.exhausted)
		dp->ev.exhausted(dp->ev.ctx, g->t.cfg.id, g->sending->spi);
}

static void trouble_ready(void *arg, int events)
{
	struct dp *dp = arg;
	uint64_t failed = atomic_exchange(&dp->workers.tun_failed, 0);
	struct user_group *g;
	eventfd_t ignored;

	(void)events;
	(void)eventfd_read(dp->workers.trouble, &ignored);
	GROUPS(g, dp) {
		if (failed >> g->t.slot & 1 && g->tap_name[0] &&
			!netdev_is_up(g->tap_name))
			tap_repair(dp, g);
		else if (failed >> g->t.slot & 1)
			group_repair(dp, g);
		user_clock_report(&g->clock, g->t.cfg.id, &dp->ev);
		spent_report(dp, g);
	}
}

/* Without its address the reverse path check refuses what was decrypted. */
static bool tun_spoilt(const struct link_state *s)
{
	return !s->admin_up || !s->n_addr || s->mtu != DP_TUN_MTU;
}

static void link_changed(void *ctx, const struct link_state *s, bool gone)
{
	struct dp *dp = ctx;
	struct user_group *g;
	bool ours = false;

	GROUPS(g, dp) {
		if (!strcmp(g->tun_name, s->name) && (gone || tun_spoilt(s)))
			group_repair(dp, g);
		if (!strcmp(g->tap_name, s->name) && (gone || !s->admin_up))
			tap_repair(dp, g);
		if (strcmp(g->t.cfg.netdev, s->name))
			continue;
		ours = true;
		if (gone)
			continue;
		(void)group_mtu_follow(dp, g);
		(void)group_capture(dp, g);
	}
	if (ours)
		publish(dp); /* its index may be another */
}

/* ---- ways in and out ---- */

static void user_ways_set(struct dp *dp, const struct dp_ways *w)
{
	struct user_group *g;
	int rc;

	dp->capture.want = *w;
	dp->rx.mode = w->receive;
	publish(dp);
	GROUPS(g, dp) {
		rc = group_capture(dp, g);
		if (rc)
			dp_tell(&dp->ev, "%s: %s", g->t.cfg.netdev,
				strerror(-rc));
	}
}

/* By the first queue: those of a device with fewer of them may differ. */
static int user_ways_get(
	struct dp *dp, uint32_t group, struct dp_ways_now *out)
{
	const struct user_group *g = group_find(dp, group);

	*out = (struct dp_ways_now){ 0 };
	if (!g)
		return -ENOENT;
	out->capture = g->egress ? "egress" : "tun";
	out->transmit = g->ways.emit[0]
				? emit_kind_text(emit_kind_of(g->ways.emit[0]))
				: "none";
	out->why = g->why;
	rx_view(&dp->rx, g->t.cfg.netdev, out);
	return 0;
}

/* ---- open and close ---- */

static void egress_changed(void *arg, bool missed)
{
	struct dp *dp = arg;
	int rc = egress_commit(&dp->table.groups);

	if (rc || !missed)
		dp_tell(&dp->ev, "table netdev " DP_NFT_TABLE " was changed by "
				 "another program%s%s",
			rc ? ": " : " and is restored",
			rc ? strerror(-rc) : "");
}

static void src_valid_mark_check(struct dp *dp)
{
	FILE *f = fopen("/proc/sys/net/ipv4/conf/all/src_valid_mark", "re");
	bool set = f && fgetc(f) == '1';

	if (f)
		fclose(f);
	if (set)
		dp_tell(&dp->ev,
			"net.ipv4.conf.all.src_valid_mark is 1: decrypted "
			"packets will be dropped");
}

static void user_close(struct dp *dp)
{
	struct user_group *g;

	if (!dp)
		return;
	if (dp->watch_trouble)
		loop_fd_del(dp->watch_trouble);
	watch_free(dp->routes);
	watch_free(dp->ingress);
	inbound_watch(NULL, NULL);
	timer_cancel(loop_timers(dp->loop), &dp->repair);
	while (dp->world && (g = group_of(TAILQ_FIRST(&dp->table.groups))))
		user_group_del(dp, g->t.cfg.id);
	workers_stop(&dp->workers);
	rx_close(&dp->rx);
	watch_free(dp->egress_watch);
	if (dp->table.open)
		(void)egress_commit(&dp->table.groups);
	table_close(&dp->table);
	if (dp->rt.s)
		routes_reclaim(&dp->rt);
	sa_seqs_free(&dp->seqs);
	user_crypto_close(&dp->crypto);
	world_free(dp->world);
	iface_mirror_free(dp->ifaces);
	nl_close(&dp->rt);
	free(dp);
}

/* Sockets, what a crashed run left, the inbound route, the threads. */
static int kernel_open(struct dp *dp, const char **what, const char **hint)
{
	int rc;

	*what = "nf_tables";
	rc = table_open(&dp->table, &user_table);
	*hint = nft_hint(rc);
	if (rc)
		return rc;
	*what = "tun";
	rc = tun_check();
	*hint = tun_hint(rc);
	if (rc)
		return rc;
	*what = "netlink";
	*hint = "";
	rc = nl_open(&dp->rt, NETLINK_ROUTE, 0);
	if (rc)
		return rc;
	routes_reclaim(&dp->rt);
	*what = "policy route";
	rc = esp_route(&dp->rt, false);
	if (rc)
		return rc;
	*what = "receive rings";
	rc = rx_open(&dp->rx, workers_queues());
	if (rc)
		return rc;
	*what = "raw sockets";
	*hint = "; they take CAP_NET_RAW and CAP_NET_ADMIN";
	dp->world = world_new(dp);
	rc = workers_start(&dp->workers, workers_queues(), dp->world);
	dp->capture = (struct capture){ .table = &dp->table,
		.rt = &dp->rt,
		.queues = dp->workers.n,
		.want = dp->capture.want,
		.publish = capture_publish,
		.ctx = dp };
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
	const char *what = NULL, *hint = "";
	int rc;

	dp->loop = loop;
	if (ev)
		dp->ev = *ev;
	TAILQ_INIT(&dp->table.groups);
	TAILQ_INIT(&dp->seqs.list);
	timer_init(&dp->repair, repair_due, dp);
	dp->workers = (struct workers){
		.raw_rx = -1, .trouble = -1
	};
	dp->workers.raw6_tx = dp->workers.raw6_rx = -1;
	dp->workers.out6.kick = dp->workers.in6.kick = -1;
	dp->ifaces = iface_mirror_new(loop, link_changed, dp, why);
	if (!dp->ifaces) {
		user_close(dp);
		return NULL;
	}
	rc = kernel_open(dp, &what, &hint);
	if (rc) {
		sbuf_printf(why, "user dataplane: %s: %s%s", what,
			strerror(-rc), hint);
		user_close(dp);
		return NULL;
	}
	dp->watch_trouble = loop_fd_add(
		loop, dp->workers.trouble, LOOP_READ, trouble_ready, dp);
	table_reports_start(&dp->table, loop, &dp->ev);
	if (!table_is_own())
		dp->egress_watch = watch_table(loop, table_nl(), NFPROTO_NETDEV,
			DP_NFT_TABLE, egress_changed, dp);
	dp->routes = watch_routes(loop, &dp->rt, routes_changed, dp);
	dp->ingress = watch_table(loop, &dp->rx.nft, NFPROTO_NETDEV,
		DP_NFT_INGRESS, ingress_changed, dp);
	inbound_watch(lists_changed, dp);
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
	.ways_set = user_ways_set,
	.ways_get = user_ways_get,
	.crypto_set = user_crypto_set,
	.sa_view = sa_view,
	.inner_mtu = user_inner_mtu,
};
