/* IPv4 routes of the main table. */
#include "dataplane/route.h"
#include "dataplane/iface_priv.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* The kernel refuses host bits in a route's destination. */
static uint32_t dst_u32(const struct route_entry *r)
{
	return ip_u32(&r->dst.addr) & ip_len_mask(r->dst.len);
}

static int route_change(struct iface_mirror *m, uint16_t type, uint16_t flags,
	const struct route_entry *r)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(iface_nl(m), buf, type, flags);
	struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));
	struct ip_addr dst = ip_v4(dst_u32(r));

	t->rtm_family = AF_INET;
	t->rtm_dst_len = r->dst.len;
	t->rtm_table = RT_TABLE_MAIN;
	t->rtm_protocol = r->protocol ? r->protocol : RTPROT_STATIC;
	t->rtm_type = r->blackhole ? RTN_BLACKHOLE : RTN_UNICAST;
	if (type == RTM_DELROUTE)
		t->rtm_scope = RT_SCOPE_NOWHERE; /* matches any */
	else if (r->gw.family || r->blackhole)
		t->rtm_scope = RT_SCOPE_UNIVERSE;
	else
		t->rtm_scope = RT_SCOPE_LINK;
	mnl_attr_put(h, RTA_DST, 4, dst.b);
	if (r->gw.family == 4)
		mnl_attr_put(h, RTA_GATEWAY, 4, r->gw.b);
	if (r->dev[0] && !r->blackhole) {
		int ifindex = iface_index(m, r->dev);

		if (!ifindex)
			return -ENODEV;
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	}
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	return nl_talk(iface_nl(m), h, NULL, NULL);
}

int route_set(struct iface_mirror *m, const struct route_entry *r)
{
	return route_change(m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
}

int route_del(struct iface_mirror *m, const struct route_entry *r)
{
	return route_change(m, RTM_DELROUTE, 0, r);
}

struct route_dump {
	struct iface_mirror *m;
	struct route_entry *v;
	size_t n, cap;
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
		.dst = { .addr = ip_v4(0), .len = t->rtm_dst_len },
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
	if (table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	if (multi)
		multipath_add(d, e, multi);
	else
		entry_add(d, e, ifindex);
	return MNL_CB_OK;
}

int route_list(struct iface_mirror *m, struct route_entry **out, size_t *n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct route_dump d = { .m = m };
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nlmsghdr *h =
			nl_msg(iface_nl(m), buf, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

		t->rtm_family = AF_INET;
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
