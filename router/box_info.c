/* Interfaces and routes as show prints them: what is configured together with
 * what the kernel has. */
#include "dataplane/neigh.h"
#include "dataplane/objects.h"
#include "router/box_priv.h"
#include "router/ifname.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void addr_put(struct iface_info *out, const struct ip_prefix *p)
{
	bool v6 = p->addr.family == 6;
	size_t *n = v6 ? &out->n_addr6 : &out->n_addr;

	/* A link-local address alone says nothing: every link has one. */
	out->ipv6 |= v6 && !ip_is_link_local(&p->addr);
	if (*n < IFACE_ADDRS_MAX)
		(v6 ? out->addr6 : out->addr)[(*n)++] = *p;
}

static void info_fill(struct box *b, struct iface_info *out,
	const struct link_state *s, const struct box_iface *f)
{
	if (s != NULL) {
		out->link = *s;
		memcpy(out->netdev, s->name, sizeof(out->netdev));
		out->line_up = out->proto_up = s->admin_up && s->running;
		out->shutdown = !s->admin_up;
		for (size_t i = 0; i < s->n_addr; i++)
			addr_put(out, &s->addr[i]);
		box_meter_read(b, out);
		if (!link_speed(s->name, &out->speed_mbps, &out->full_duplex))
			out->speed_mbps = 0;
	}
	if (f == NULL) {
		box_iface_name(b, s->name, out->ifname);
		return;
	}
	memcpy(out->ifname, f->policy.ifname, sizeof(out->ifname));
	memcpy(out->netdev, f->netdev, sizeof(out->netdev));
	out->configured = true;
	out->shutdown = f->policy.shutdown;
	out->ipv6 = f->policy.ipv6;
	memcpy(out->vrf, f->policy.vrf, sizeof(out->vrf));
	if (f->policy.n_addr == 0 || f->policy.addr[0].addr.family != 4)
		return;
	out->n_addr = 0;
	for (size_t i = 0; i < f->policy.n_addr; i++) {
		if (f->policy.addr[i].addr.family == 4)
			addr_put(out, &f->policy.addr[i]);
	}
}

/* Loopbacks come after what has a line. */
static int brief_cmp(const void *a, const void *b)
{
	const struct iface_info *x = a, *y = b;
	bool lx = ifname_is_loopback(x->ifname);
	bool ly = ifname_is_loopback(y->ifname);

	return lx != ly ? lx - ly : ifname_cmp(x->ifname, y->ifname);
}

size_t box_iface_list(struct box *b, struct iface_info **out)
{
	const struct link_state *s;
	size_t n = 0, cap = b->n_ifaces;

	iface_refresh(b->mirror);
	for (s = iface_next(b->mirror, 0); s != NULL;
		s = iface_next(b->mirror, s->ifindex))
		cap += s->physical;
	*out = xcalloc(cap + 1, sizeof(**out));
	for (size_t i = 0; i < b->n_ifaces; i++) {
		const struct box_iface *f = &b->ifaces[i];

		info_fill(b, &(*out)[n++], iface_by_name(b->mirror, f->netdev),
			f);
	}
	for (s = iface_next(b->mirror, 0); s != NULL;
		s = iface_next(b->mirror, s->ifindex)) {
		if (s->physical && !box_netdev_claimed(b, s->name))
			info_fill(b, &(*out)[n++], s, NULL);
	}
	qsort(*out, n, sizeof(**out), brief_cmp);
	return n;
}

/* ---- neighbours ---- */

struct neighbours {
	struct neigh_info *v;
	size_t n, cap;
};

static struct neigh_info *neighbours_add(struct neighbours *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n] = (struct neigh_info){ .age_secs = 0 };
	return &l->v[l->n++];
}

static void own_add(struct box *b, struct neighbours *l)
{
	auto_free struct iface_info *v = NULL;
	size_t n = box_iface_list(b, &v);

	for (size_t i = 0; i < n; i++) {
		if (!v[i].proto_up || !v[i].link.physical)
			continue;
		for (size_t k = 0; k < v[i].n_addr; k++) {
			struct neigh_info *e = neighbours_add(l);

			e->addr = v[i].addr[k].addr;
			memcpy(e->mac, v[i].link.mac, sizeof(e->mac));
			memcpy(e->ifname, v[i].ifname, sizeof(e->ifname));
			e->own = e->complete = true;
		}
	}
}

static void learnt_add(
	const struct box *b, const struct neigh_entry *k, struct neighbours *l)
{
	const struct link_state *s = iface_by_index(b->mirror, k->ifindex);

	if (s == NULL || s->loopback)
		return;
	struct neigh_info *e = neighbours_add(l);

	e->addr = k->addr;
	memcpy(e->mac, k->mac, sizeof(e->mac));
	box_iface_name(b, s->name, e->ifname);
	e->complete = k->complete;
	e->permanent = k->permanent;
	e->age_secs = k->age_secs;
}

size_t box_neigh_list(struct box *b, uint8_t family, struct neigh_info **out)
{
	auto_free struct neigh_entry *kernel = NULL;
	struct neighbours l = { 0 };
	size_t n = 0;

	if (family == 4)
		own_add(b, &l);
	if (neigh_list(b->mirror, family, &kernel, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		learnt_add(b, &kernel[i], &l);
	*out = l.v;
	return l.n;
}

int box_neigh_clear(struct box *b, uint8_t family, const struct ip_addr *only)
{
	auto_free struct neigh_entry *v = NULL;
	size_t n = 0;
	int r = neigh_list(b->mirror, family, &v, &n);

	for (size_t i = 0; i < n && r >= 0; i++) {
		if (v[i].permanent ||
			(ip_is_set(only) && !ip_equal(only, &v[i].addr)))
			continue;
		r = neigh_del(b->mirror, &v[i]);
		if (r == -ENOENT)
			r = 0; /* it went by itself */
	}
	return r;
}

/* ---- routes ---- */

/* A list that grows for box_route_table. */
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
	uint8_t bits = p->addr.family == 6 ? 128 : 32;

	i->kind = ROUTE_CONNECTED;
	i->dst = ip_prefix_net(p);
	box_iface_name(b, s->name, i->ifname);
	if (p->len == bits)
		return;
	i = infos_add(l);
	i->kind = ROUTE_LOCAL;
	i->dst = (struct ip_prefix){ p->addr, bits };
	box_iface_name(b, s->name, i->ifname);
}

/* The TUNs and TAPs of the dataplane are no interfaces of the router. */
static bool is_dataplane(const struct link_state *s)
{
	unsigned slot;
	char more;

	return strcmp(s->kind, "tun") == 0 &&
	       (sscanf(s->name, DP_TUN_NAME "%c", &slot, &more) == 1 ||
		       sscanf(s->name, DP_TAP_NAME "%c", &slot, &more) == 1);
}

static void links_add(
	const struct box *b, uint8_t family, const char *vrf, struct infos *l)
{
	const struct link_state *s = iface_next(b->mirror, 0);

	for (; s != NULL; s = iface_next(b->mirror, s->ifindex)) {
		if (!s->admin_up || !s->running || s->loopback ||
			is_dataplane(s) ||
			strcmp(box_iface_vrf(b, s->name), vrf) != 0)
			continue;
		for (size_t i = 0; i < s->n_addr; i++) {
			if (s->addr[i].addr.family == family &&
				!ip_is_link_local(&s->addr[i].addr))
				connected_add(b, l, s, &s->addr[i]);
		}
	}
}

/* Routes that others put into the table; link routes of addresses stand as
 * connected, and what is ours as static. */
static void kernel_add(
	const struct box *b, struct infos *l, const struct route_entry *e)
{
	if (e->protocol == RTPROT_KERNEL || box_route_is_ours(b, e) ||
		ip_is_multicast(&e->dst.addr) || ip_is_link_local(&e->dst.addr))
		return;
	struct route_info *i = infos_add(l);

	i->kind = ROUTE_KERNEL;
	i->dst = ip_prefix_net(&e->dst);
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

static void statics_add(
	const struct box *b, uint8_t family, const char *vrf, struct infos *l)
{
	for (size_t i = 0; i < b->n_routes; i++) {
		const struct box_route *r = &b->routes[i];

		if (!r->installed || r->r.dst.addr.family != family ||
			strcmp(r->r.vrf, vrf) != 0)
			continue;
		struct route_info *info = infos_add(l);

		info->kind = ROUTE_STATIC;
		info->dst = ip_prefix_net(&r->r.dst);
		info->gw = r->r.gw;
		info->distance = r->r.distance;
		info->tag = r->r.tag;
		memcpy(info->ifname, r->r.ifname, sizeof(info->ifname));
	}
}

size_t box_route_table(
	struct box *b, uint8_t family, const char *vrf, struct route_info **out)
{
	auto_free struct route_entry *kernel = NULL;
	uint32_t table = box_vrf_table(b, vrf);
	struct infos l = { 0 };
	size_t n = 0;

	links_add(b, family, vrf, &l);
	statics_add(b, family, vrf, &l);
	if (table == 0 || route_list(b->mirror, family, table, &kernel, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		kernel_add(b, &l, &kernel[i]);
	if (l.n > 1)
		qsort(l.v, l.n, sizeof(*l.v), info_cmp);
	*out = l.v;
	return l.n;
}

size_t box_route_list(struct box *b, struct route_info **out)
{
	return box_route_table(b, 4, "", out);
}
