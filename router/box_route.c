/* Static routes: the configured list onto the main table, again whenever the
 * kernel dropped some of them with a link or an address. */
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

static uint32_t prefix_net(const struct ip_prefix *p)
{
	return ip_u32(&p->addr) & ip_len_mask(p->len);
}

static bool route_equal(
	const struct static_route *a, const struct static_route *b)
{
	return a->dst.len == b->dst.len &&
	       prefix_net(&a->dst) == prefix_net(&b->dst) &&
	       ip_equal(&a->gw, &b->gw) && a->distance == b->distance &&
	       strcmp(a->ifname, b->ifname) == 0;
}

/* The same place in the kernel's table: one replaces the other. */
static bool entry_same_slot(
	const struct route_entry *a, const struct route_entry *b)
{
	return a->dst.len == b->dst.len && a->metric == b->metric &&
	       prefix_net(&a->dst) == prefix_net(&b->dst);
}

static bool entry_equal(
	const struct route_entry *a, const struct route_entry *b)
{
	return entry_same_slot(a, b) && ip_equal(&a->gw, &b->gw) &&
	       a->blackhole == b->blackhole &&
	       (a->dev[0] == '\0' || b->dev[0] == '\0' ||
		       strcmp(a->dev, b->dev) == 0);
}

static bool on_a_link(const struct box *b, const struct ip_addr *a)
{
	const struct link_state *s = iface_next(b->mirror, 0);

	for (; s != NULL; s = iface_next(b->mirror, s->ifindex)) {
		for (size_t i = 0; i < s->n_addr && s->admin_up; i++) {
			if (s->addr[i].addr.family == 4 &&
				s->addr[i].len < 32 &&
				ip_prefix_contains(&s->addr[i], a))
				return true;
		}
	}
	return false;
}

/* The kernel wants next hops on a link; IOS follows other static routes. */
static struct ip_addr next_hop(const struct box *b, struct ip_addr gw)
{
	for (int i = 0; i < RECURSION_MAX && !on_a_link(b, &gw); i++) {
		const struct static_route *best = NULL;

		for (size_t j = 0; j < b->n_routes; j++) {
			const struct static_route *r = &b->routes[j].r;

			if (ip_is_set(&r->gw) && !ip_equal(&r->gw, &gw) &&
				ip_prefix_contains(&r->dst, &gw) &&
				(best == NULL || r->dst.len > best->dst.len))
				best = r;
		}
		if (best == NULL)
			break;
		gw = best->gw;
	}
	return gw;
}

/* false: its interface is not there now. */
static bool entry_make(const struct box *b, const struct static_route *r,
	struct route_entry *out)
{
	*out = (struct route_entry){
		.dst = r->dst, .metric = r->distance, .protocol = RTPROT_STATIC
	};
	out->dst.addr = ip_v4(prefix_net(&r->dst));
	if (ifname_is_null(r->ifname)) {
		out->blackhole = true;
		return true;
	}
	if (r->ifname[0] != '\0') {
		const struct link_state *s = box_iface_link(b, r->ifname);

		if (s == NULL || !s->admin_up)
			return false;
		memcpy(out->dev, s->name, sizeof(out->dev));
		out->gw = r->gw;
		return true;
	}
	out->gw = next_hop(b, r->gw);
	return true;
}

static void route_withdraw(struct box *b, struct box_route *r)
{
	if (r->installed)
		route_del(b->mirror, &r->entry);
	r->installed = false;
}

/* Two routes with one prefix and distance share a place: the first one that
 * works has it. */
static bool slot_taken(const struct box *b, const struct box_route *upto,
	const struct route_entry *e)
{
	for (const struct box_route *r = b->routes; r < upto; r++) {
		if (r->installed && entry_same_slot(&r->entry, e))
			return true;
	}
	return false;
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

static void route_install(struct box *b, struct box_route *r,
	const struct route_entry *kernel, size_t n)
{
	struct route_entry e;
	bool there = false;

	if (!entry_make(b, &r->r, &e) || slot_taken(b, r, &e)) {
		route_withdraw(b, r);
		return;
	}
	for (size_t i = 0; i < n && !there; i++)
		there = kernel[i].protocol == RTPROT_STATIC &&
			entry_equal(&kernel[i], &e);
	if (there) { /* also what a crash left */
		r->entry = e;
		r->installed = true;
		return;
	}
	if (r->installed && !entry_same_slot(&r->entry, &e))
		route_withdraw(b, r);
	int err = -route_set(b->mirror, &e);

	if (err != 0)
		route_withdraw(b, r);
	r->entry = e;
	r->installed = err == 0;
	told(b, r, err);
}

void box_route_settle(struct box *b)
{
	auto_free struct route_entry *kernel = NULL;
	size_t n = 0;

	if (b->n_routes == 0)
		return;
	if (route_list(b->mirror, &kernel, &n) < 0)
		n = 0;
	for (size_t i = 0; i < b->n_routes; i++)
		route_install(b, &b->routes[i], kernel, n);
}

void box_set_routes(struct box *b, const struct static_route *v, size_t n)
{
	struct box_route *list = xcalloc(n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i].r = v[i];
	for (size_t j = 0; j < b->n_routes; j++) {
		struct box_route *old = &b->routes[j];
		size_t i = 0;

		while (i < n && !route_equal(&old->r, &v[i]))
			i++;
		if (i < n)
			list[i] = *old;
		else
			route_withdraw(b, old);
	}
	free(b->routes);
	b->routes = list;
	b->n_routes = n;
	box_settle(b);
}

void box_route_free(struct box *b)
{
	for (size_t i = 0; i < b->n_routes; i++)
		route_withdraw(b, &b->routes[i]);
	free(b->routes);
	b->routes = NULL;
	b->n_routes = 0;
}

/* A list that grows for box_route_list. */
struct infos {
	struct route_info *v;
	size_t n, cap;
};

static struct route_info *infos_add(struct infos *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n] = (struct route_info){ .distance = 0 };
	return &l->v[l->n++];
}

/* C and L of one address.  The kernel has neither for a /32 in the main table,
 * IOS shows C alone. */
static void connected_add(const struct box *b, struct infos *l,
	const struct link_state *s, const struct ip_prefix *p)
{
	struct route_info *i = infos_add(l);

	i->kind = ROUTE_CONNECTED;
	i->dst = (struct ip_prefix){ ip_v4(prefix_net(p)), p->len };
	box_iface_name(b, s->name, i->ifname);
	if (p->len == 32)
		return;
	i = infos_add(l);
	i->kind = ROUTE_LOCAL;
	i->dst = (struct ip_prefix){ p->addr, 32 };
	box_iface_name(b, s->name, i->ifname);
}

/* The TUNs of the dataplane are no interfaces of the router. */
static bool is_dataplane(const struct link_state *s)
{
	unsigned slot;
	char more;

	return strcmp(s->kind, "tun") == 0 &&
	       sscanf(s->name, DP_TUN_NAME "%c", &slot, &more) == 1;
}

static void links_add(const struct box *b, struct infos *l)
{
	const struct link_state *s = iface_next(b->mirror, 0);

	for (; s != NULL; s = iface_next(b->mirror, s->ifindex)) {
		if (!s->admin_up || !s->running || s->loopback ||
			is_dataplane(s))
			continue;
		for (size_t i = 0; i < s->n_addr; i++) {
			if (s->addr[i].addr.family == 4)
				connected_add(b, l, s, &s->addr[i]);
		}
	}
}

static bool is_ours(const struct box *b, const struct route_entry *e)
{
	for (size_t i = 0; i < b->n_routes; i++) {
		if (b->routes[i].installed &&
			entry_same_slot(&b->routes[i].entry, e))
			return true;
	}
	return false;
}

static void kernel_add(
	const struct box *b, struct infos *l, const struct route_entry *e)
{
	/* Link routes of addresses stand as connected. */
	if (is_ours(b, e) || e->protocol == RTPROT_KERNEL)
		return;
	struct route_info *i = infos_add(l);

	i->kind = ROUTE_KERNEL;
	i->dst = (struct ip_prefix){ ip_v4(prefix_net(&e->dst)), e->dst.len };
	i->gw = e->gw;
	i->metric = e->metric;
	if (e->blackhole)
		snprintf(i->ifname, sizeof(i->ifname), "Null0");
	else if (e->dev[0] != '\0')
		box_iface_name(b, e->dev, i->ifname);
}

static int info_cmp(const void *a, const void *b)
{
	const struct route_info *x = a, *y = b;
	int r = ip_cmp(&x->dst.addr, &y->dst.addr);

	if (r == 0)
		r = x->dst.len - y->dst.len;
	return r != 0 ? r : x->distance - y->distance;
}

size_t box_route_list(struct box *b, struct route_info **out)
{
	auto_free struct route_entry *kernel = NULL;
	struct infos l = { 0 };
	size_t n = 0;

	links_add(b, &l);
	for (size_t i = 0; i < b->n_routes; i++) {
		const struct box_route *r = &b->routes[i];

		if (!r->installed)
			continue;
		struct route_info *info = infos_add(&l);

		info->kind = ROUTE_STATIC;
		info->dst = r->entry.dst;
		info->gw = r->r.gw;
		info->distance = r->r.distance;
		memcpy(info->ifname, r->r.ifname, sizeof(info->ifname));
	}
	if (route_list(b->mirror, &kernel, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		kernel_add(b, &l, &kernel[i]);
	if (l.n > 1)
		qsort(l.v, l.n, sizeof(*l.v), info_cmp);
	*out = l.v;
	return l.n;
}
