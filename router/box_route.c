/* Static routes: the configured list onto the kernel's tables, again whenever
 * links or addresses change.  Of the routes to one prefix only those with the
 * smallest distance whose next hop can be reached now are installed; the others
 * float until it is their turn. */
#include "dataplane/objects.h"
#include "router/box_priv.h"
#include "router/ifname.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A next hop may be reached through another static route; more steps than
 * this are a loop. */
#define RECURSION_MAX 8

static int prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	struct ip_prefix x = ip_prefix_net(a), y = ip_prefix_net(b);
	int r = ip_cmp(&x.addr, &y.addr);

	return r != 0 ? r : x.len - y.len;
}

/* Place of an entry: one replaces another one in the same. */
static int place_cmp(const void *a, const void *b)
{
	const struct route_entry *x = a, *y = b;
	int r = prefix_cmp(&x->dst, &y->dst);

	if (r == 0 && x->table != y->table)
		r = x->table < y->table ? -1 : 1;
	if (r == 0 && x->metric != y->metric)
		r = x->metric < y->metric ? -1 : 1;
	return r;
}

/* ---- where a next hop is ---- */

enum reach { REACH_UNKNOWN, REACH_DOWN, REACH_UP };

/* The link whose subnet holds the address; the longest one. */
static enum reach link_reach(const struct box *b, const char *vrf,
	const struct ip_addr *a, char dev[IFNAMSIZ])
{
	const struct link_state *s = iface_next(b->mirror, 0);
	enum reach best = REACH_UNKNOWN;
	uint8_t len = 0;

	for (; s != NULL; s = iface_next(b->mirror, s->ifindex)) {
		enum reach here =
			s->admin_up && s->running ? REACH_UP : REACH_DOWN;

		for (size_t i = 0; i < s->n_addr; i++) {
			const struct ip_prefix *p = &s->addr[i];

			if (p->len >= (a->family == 6 ? 128 : 32) ||
				!ip_prefix_contains(p, a) || here < best ||
				(here == best && p->len <= len) ||
				strcmp(box_iface_vrf(b, s->name), vrf) != 0)
				continue;
			best = here;
			len = p->len;
			memcpy(dev, s->name, IFNAMSIZ);
		}
	}
	return best;
}

static const struct static_route *best_towards(const struct box *b,
	const struct static_route *from, const struct ip_addr *gw)
{
	const struct static_route *best = NULL;

	for (size_t i = 0; i < b->n_routes; i++) {
		const struct static_route *r = &b->routes[i].r;

		if (ip_is_set(&r->gw) && !ip_equal(&r->gw, gw) &&
			strcmp(r->vrf, from->vrf) == 0 &&
			ip_prefix_contains(&r->dst, gw) &&
			(best == NULL || r->dst.len > best->dst.len ||
				(r->dst.len == best->dst.len &&
					r->distance < best->distance)))
			best = r;
	}
	return best;
}

/* The kernel wants next hops on a link; IOS follows other static routes.  What
 * neither of us knows the kernel shall judge: a peer's address, for example. */
static enum reach gateway_reach(const struct box *b,
	const struct static_route *r, struct route_hop *hop)
{
	hop->gw = r->gw;
	for (int i = 0; i < RECURSION_MAX; i++) {
		enum reach reach = link_reach(b, r->vrf, &hop->gw, hop->dev);
		const struct static_route *next;

		if (reach != REACH_UNKNOWN)
			return reach;
		next = best_towards(b, r, &hop->gw);
		if (next == NULL)
			break;
		hop->gw = next->gw;
		if (next->ifname[0] != '\0') {
			const struct link_state *s =
				box_iface_link(b, next->ifname);

			if (s == NULL)
				return REACH_DOWN;
			memcpy(hop->dev, s->name, sizeof(hop->dev));
			return s->admin_up && s->running ? REACH_UP
							 : REACH_DOWN;
		}
	}
	hop->dev[0] = '\0';
	return REACH_UNKNOWN;
}

/* false: not through this one now. */
static bool hop_make(const struct box *b, const struct static_route *r,
	struct route_hop *hop)
{
	const struct link_state *s;
	enum reach reach;

	*hop = (struct route_hop){ .gw = r->gw };
	if (ifname_is_null(r->ifname))
		return true;
	if (r->ifname[0] == '\0') {
		reach = gateway_reach(b, r, hop);
		return reach != REACH_DOWN || r->permanent;
	}
	s = box_iface_link(b, r->ifname);
	if (s == NULL || !s->admin_up || (!s->running && !r->permanent))
		return false;
	memcpy(hop->dev, s->name, sizeof(hop->dev));
	return true;
}

/* ---- the kernel's side ---- */

/* What the tables hold now, ordered by place. */
struct tables {
	struct route_entry *v;
	size_t n;
};

static void tables_add(
	struct box *b, struct tables *t, uint8_t family, uint32_t table)
{
	auto_free struct route_entry *v = NULL;
	size_t n = 0;

	if (route_list(b->mirror, family, table, &v, &n) < 0 || n == 0)
		return;
	t->v = xreallocarray(t->v, t->n + n, sizeof(*v));
	memcpy(t->v + t->n, v, n * sizeof(*v));
	t->n += n;
}

static void tables_read(struct box *b, struct tables *t)
{
	tables_add(b, t, 4, 0);
	tables_add(b, t, 6, 0);
	for (size_t i = 0; box_vrf_nth(b, i) != 0; i++) {
		tables_add(b, t, 4, box_vrf_nth(b, i));
		tables_add(b, t, 6, box_vrf_nth(b, i));
	}
	if (t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), place_cmp);
}

static bool way_equal(const struct route_entry *k, const struct route_hop *hop)
{
	return ip_equal(&k->gw, &hop->gw) &&
	       (hop->dev[0] == '\0' || strcmp(k->dev, hop->dev) == 0);
}

/* Is the route there already, with these ways and no other?  Also what a crash
 * left is. */
static bool is_there(const struct tables *t, const struct route_entry *e,
	const struct route_hop *hop, size_t n)
{
	size_t lo = 0, hi = t->n, found = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (place_cmp(&t->v[mid], e) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->n && place_cmp(&t->v[lo], e) == 0; lo++, found++) {
		const struct route_entry *k = &t->v[lo];
		bool known = false;

		for (size_t i = 0; i < n && !known; i++)
			known = k->blackhole || way_equal(k, &hop[i]);
		if (!known || k->protocol != RTPROT_STATIC ||
			k->blackhole != e->blackhole)
			return false;
	}
	return found == n;
}

static void told(struct box *b, struct box_route *r, int e)
{
	char dst[IP_TEXT], gw[IP_TEXT];

	if (r->told == e)
		return;
	r->told = e;
	/* No way to the next hop now is how a route waits. */
	if (e == 0 || e == ENETUNREACH || e == ENODEV || e == ENETDOWN ||
		e == EHOSTUNREACH)
		return;
	log_msg(b->log, LOG_SEV_ERR, "NETDEV", "REFUSED",
		"static route %s/%u %s %s: %s", ip_text(&r->r.dst.addr, dst),
		r->r.dst.len, r->r.ifname,
		ip_is_set(&r->r.gw) ? ip_text(&r->r.gw, gw) : "", strerror(e));
}

/* ---- choosing ---- */

/* Routes with one prefix, table and distance: r[0] to r[n - 1].  true: they
 * stand in the kernel, as *e. */
static bool routes_install(struct box *b, struct box_route **r, size_t n,
	const struct tables *t, struct route_entry *e)
{
	struct route_hop hop[ROUTE_HOPS_MAX];
	size_t n_hops = 0;
	int rc = 0;

	*e = (struct route_entry){ .dst = ip_prefix_net(&r[0]->r.dst),
		.table = box_vrf_table(b, r[0]->r.vrf),
		.metric = r[0]->r.distance,
		.protocol = RTPROT_STATIC };
	if (e->table == 0)
		return false;
	if (e->table == RT_TABLE_MAIN)
		e->table = 0;
	for (size_t i = 0; i < n && n_hops < ROUTE_HOPS_MAX; i++) {
		if (e->blackhole || !hop_make(b, &r[i]->r, &hop[n_hops]))
			continue;
		r[i]->installed = true;
		e->blackhole = ifname_is_null(r[i]->r.ifname);
		n_hops++;
	}
	if (n_hops == 0)
		return false;
	if (e->blackhole)
		n_hops = 1;
	if (!is_there(t, e, hop, n_hops))
		rc = route_set_hops(b->mirror, e, hop, n_hops);
	told(b, r[0], -rc);
	for (size_t i = 0; i < n && rc != 0; i++)
		r[i]->installed = false;
	return rc == 0;
}

static int choice_cmp(const void *a, const void *b)
{
	const struct box_route *const *x = a, *const *y = b;
	int r = strcmp((*x)->r.vrf, (*y)->r.vrf);

	if (r == 0)
		r = prefix_cmp(&(*x)->r.dst, &(*y)->r.dst);
	if (r == 0)
		r = (*x)->r.distance - (*y)->r.distance;
	return r != 0 ? r : (*x > *y) - (*x < *y);
}

static bool same_prefix(const struct box_route *a, const struct box_route *b)
{
	return strcmp(a->r.vrf, b->r.vrf) == 0 &&
	       prefix_cmp(&a->r.dst, &b->r.dst) == 0;
}

/* All routes to the prefix of r[0]: how many they are.  *found: *e stands. */
static size_t prefix_settle(struct box *b, struct box_route **r, size_t n,
	const struct tables *t, struct route_entry *e, bool *found)
{
	size_t i = 0, run;

	*found = false;
	for (; i < n && same_prefix(r[0], r[i]); i += run) {
		for (run = 1; i + run < n && same_prefix(r[i], r[i + run]) &&
			      r[i]->r.distance == r[i + run]->r.distance;)
			run++;
		if (!*found)
			*found = routes_install(b, r + i, run, t, e);
	}
	return i;
}

/* Takes away what stood before and is not in v, both ordered by place. */
static void rib_replace(struct box *b, struct route_entry *v, size_t n)
{
	for (size_t i = 0, j = 0; i < b->n_rib; i++) {
		while (j < n && place_cmp(&v[j], &b->rib[i]) < 0)
			j++;
		if (j == n || place_cmp(&v[j], &b->rib[i]) != 0)
			route_del(b->mirror, &b->rib[i]);
	}
	free(b->rib);
	b->rib = v;
	b->n_rib = n;
}

void box_route_settle(struct box *b)
{
	auto_free struct box_route **order = NULL;
	struct route_entry *rib;
	struct tables t = { 0 };
	size_t n = 0;
	bool found;

	if (b->n_routes == 0 && b->n_rib == 0)
		return;
	tables_read(b, &t);
	order = xcalloc(b->n_routes + 1, sizeof(struct box_route *));
	for (size_t i = 0; i < b->n_routes; i++) {
		order[i] = &b->routes[i];
		order[i]->installed = false;
	}
	qsort(order, b->n_routes, sizeof(struct box_route *), choice_cmp);
	rib = xcalloc(b->n_routes + 1, sizeof(*rib));
	for (size_t i = 0; i < b->n_routes; n += found)
		i += prefix_settle(
			b, order + i, b->n_routes - i, &t, &rib[n], &found);
	qsort(rib, n, sizeof(*rib), place_cmp);
	rib_replace(b, rib, n);
	free(t.v);
}

void box_route_renew(struct box *b)
{
	rib_replace(b, NULL, 0);
	box_route_settle(b);
}

void box_set_routes(struct box *b, const struct static_route *v, size_t n)
{
	free(b->routes);
	b->routes = xcalloc(n + 1, sizeof(*b->routes));
	for (size_t i = 0; i < n; i++)
		b->routes[i].r = v[i];
	b->n_routes = n;
	box_settle(b);
}

void box_route_free(struct box *b)
{
	rib_replace(b, NULL, 0);
	free(b->routes);
	b->routes = NULL;
	b->n_routes = 0;
}

bool box_route_is_ours(const struct box *b, const struct route_entry *e)
{
	return b->n_rib > 0 &&
	       bsearch(e, b->rib, b->n_rib, sizeof(*b->rib), place_cmp) != NULL;
}
