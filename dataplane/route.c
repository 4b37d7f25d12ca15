/* Routes over rtnetlink. */
#include "dataplane/route.h"
#include "dataplane/iface_priv.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static int hop_put(struct iface_mirror *m, struct nlmsghdr *h,
	const struct ip_addr *gw, const char *dev)
{
	int ifindex = dev[0] ? iface_index(m, dev) : 0;

	if (gw->family)
		mnl_attr_put(h, RTA_GATEWAY, ip_bytes(gw), gw->b);
	if (!dev[0])
		return 0;
	if (!ifindex)
		return -ENODEV;
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	return 0;
}

/* A next hop of a list has a header of its own with the device in it. */
static int hops_put(struct iface_mirror *m, struct nlmsghdr *h,
	const struct route_hop *hop, size_t n)
{
	struct nlattr *nest = mnl_attr_nest_start(h, RTA_MULTIPATH);

	for (size_t i = 0; i < n; i++) {
		struct rtnexthop *x = mnl_nlmsg_get_payload_tail(h);
		int ifindex = hop[i].dev[0] ? iface_index(m, hop[i].dev) : 0;

		if (hop[i].dev[0] && !ifindex)
			return -ENODEV;
		memset(x, 0, sizeof(*x));
		x->rtnh_ifindex = ifindex;
		h->nlmsg_len += (uint32_t)RTNH_ALIGN(sizeof(*x));
		if (hop[i].gw.family)
			mnl_attr_put(h, RTA_GATEWAY, ip_bytes(&hop[i].gw),
				hop[i].gw.b);
		x->rtnh_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(h) -
					 (char *)x);
	}
	mnl_attr_nest_end(h, nest);
	return 0;
}

static struct nlmsghdr *route_msg(struct iface_mirror *m, void *buf,
	uint16_t type, uint16_t flags, const struct route_entry *r)
{
	struct nlmsghdr *h = nl_msg(iface_nl(m), buf, type, flags);
	struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));
	struct ip_prefix dst = ip_prefix_net(&r->dst);

	t->rtm_family = ip_af(&dst.addr);
	t->rtm_dst_len = dst.len;
	t->rtm_table = RT_TABLE_MAIN;
	t->rtm_protocol = r->protocol ? r->protocol : RTPROT_STATIC;
	t->rtm_type = r->blackhole ? RTN_BLACKHOLE : RTN_UNICAST;
	t->rtm_scope = RT_SCOPE_UNIVERSE;
	/* The kernel refuses host bits in a route's destination. */
	mnl_attr_put(h, RTA_DST, ip_bytes(&dst.addr), dst.addr.b);
	if (r->table) {
		t->rtm_table = RT_TABLE_UNSPEC;
		mnl_attr_put_u32(h, RTA_TABLE, r->table);
	}
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	return h;
}

int route_set_hops(struct iface_mirror *m, const struct route_entry *r,
	const struct route_hop *hop, size_t n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = route_msg(
		m, buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
	struct rtmsg *t = mnl_nlmsg_get_payload(h);
	int rc = 0;

	if (!r->blackhole && n == 1) {
		if (!hop->gw.family)
			t->rtm_scope = RT_SCOPE_LINK;
		rc = hop_put(m, h, &hop->gw, hop->dev);
	} else if (!r->blackhole) {
		rc = hops_put(m, h, hop, n);
	}
	return rc ? rc : nl_talk(iface_nl(m), h, NULL, NULL);
}

int route_set(struct iface_mirror *m, const struct route_entry *r)
{
	struct route_hop hop = { .gw = r->gw };

	memcpy(hop.dev, r->dev, sizeof(hop.dev));
	return route_set_hops(m, r, &hop, 1);
}

/* Whatever its ways are. */
int route_del(struct iface_mirror *m, const struct route_entry *r)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = route_msg(m, buf, RTM_DELROUTE, 0, r);
	struct rtmsg *t = mnl_nlmsg_get_payload(h);

	t->rtm_scope = RT_SCOPE_NOWHERE; /* matches any */
	return nl_talk(iface_nl(m), h, NULL, NULL);
}

struct route_dump {
	struct iface_mirror *m;
	struct route_entry *v;
	size_t n, cap;
	uint32_t table;
};

static void entry_add(struct route_dump *d, struct route_entry e, int ifindex)
{
	const struct link_state *s = iface_by_index(d->m, ifindex);

	if (s)
		memcpy(e.dev, s->name, sizeof(e.dev));
	else if (ifindex)
		(void)if_indextoname((unsigned)ifindex, e.dev);
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 16;
		d->v = xreallocarray(d->v, d->cap, sizeof(*d->v));
	}
	d->v[d->n++] = e;
}

/* One entry for each next hop. */
static void multipath_add(
	struct route_dump *d, struct route_entry e, const struct nlattr *a)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(a);
	int left = mnl_attr_get_payload_len(a);

	while (RTNH_OK(hop, left)) {
		const char *end = (const char *)hop + hop->rtnh_len;
		const struct nlattr *in = (const void *)RTNH_DATA(hop);

		e.gw = (struct ip_addr){ 0 };
		for (; mnl_attr_ok(in, (int)(end - (const char *)in));
			in = mnl_attr_next(in))
			if (mnl_attr_get_type(in) == RTA_GATEWAY)
				e.gw = ip_from_attr(in);
		entry_add(d, e, hop->rtnh_ifindex);
		left -= RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static int route_take(const struct nlmsghdr *h, void *arg)
{
	struct route_dump *d = arg;
	const struct rtmsg *t = mnl_nlmsg_get_payload(h);
	const struct nlattr *a, *multi = NULL;
	struct route_entry e = {
		.dst = { .addr = { .family =
					   t->rtm_family == AF_INET6 ? 6 : 4 },
			.len = t->rtm_dst_len },
		.blackhole = t->rtm_type == RTN_BLACKHOLE,
		.protocol = t->rtm_protocol,
		.scope = t->rtm_scope,
	};
	uint32_t table = t->rtm_table;
	int ifindex = 0;

	if (h->nlmsg_type != RTM_NEWROUTE || t->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*t))
	{
		switch (mnl_attr_get_type(a)) {
		case RTA_DST:
			e.dst.addr = ip_from_attr(a);
			break;
		case RTA_GATEWAY:
			e.gw = ip_from_attr(a);
			break;
		case RTA_OIF:
			ifindex = (int)mnl_attr_get_u32(a);
			break;
		case RTA_PRIORITY:
			e.metric = mnl_attr_get_u32(a);
			break;
		case RTA_TABLE:
			table = mnl_attr_get_u32(a);
			break;
		case RTA_MULTIPATH:
			multi = a;
			break;
		default:
			break;
		}
	}
	if (table != d->table)
		return MNL_CB_OK;
	e.table = table == RT_TABLE_MAIN ? 0 : table;
	if (multi)
		multipath_add(d, e, multi);
	else
		entry_add(d, e, ifindex);
	return MNL_CB_OK;
}

int route_list(struct iface_mirror *m, uint8_t family, uint32_t table,
	struct route_entry **out, size_t *n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct route_dump d = { .m = m,
		.table = table != 0 ? table : RT_TABLE_MAIN };
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nlmsghdr *h =
			nl_msg(iface_nl(m), buf, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

		t->rtm_family = family == 6 ? AF_INET6 : AF_INET;
		d.n = 0;
		rc = nl_talk(iface_nl(m), h, route_take, &d);
	}
	if (rc) {
		free(d.v);
		return rc;
	}
	*out = d.v;
	*n = d.n;
	return 0;
}
