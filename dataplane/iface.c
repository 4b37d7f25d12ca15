/* Mirror of links and addresses.  Changes come as multicast messages on one
 * socket, requests are answered on a second one.  A change is first taken into
 * the mirror, then reported: from the loop, never from inside a request. */
#include "dataplane/iface.h"
#include "base/list.h"
#include "base/loop.h"
#include "dataplane/iface_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

struct link_node {
	RB_ENTRY(link_node) node;
	struct link_state s;
	bool dirty, gone; /* to be reported */
	bool seen;        /* by the running dump */
};
RB_HEAD(link_tree, link_node);

struct iface_mirror {
	struct loop *loop;
	struct loop_fd *watch;
	iface_changed_fn *fn;
	void *ctx;
	struct nl events, req;
	struct link_tree links;
	struct timer report; /* reports after a request of our own */
};

static int link_cmp(const struct link_node *a, const struct link_node *b)
{
	return (a->s.ifindex > b->s.ifindex) - (a->s.ifindex < b->s.ifindex);
}
RB_GENERATE_STATIC(link_tree, link_node, node, link_cmp)

static struct link_node *node_find(const struct iface_mirror *m, int ifindex)
{
	struct link_node key = { .s.ifindex = ifindex };
	struct link_tree tree = m->links; /* RB_FIND takes a mutable head */

	return RB_FIND(link_tree, &tree, &key);
}

struct nl *iface_nl(struct iface_mirror *m)
{
	return &m->req;
}

int iface_index(const struct iface_mirror *m, const char *name)
{
	const struct link_state *s = iface_by_name(m, name);

	return s ? s->ifindex : (int)if_nametoindex(name);
}

uint8_t ip_af(const struct ip_addr *a)
{
	return a->family == 6 ? AF_INET6 : AF_INET;
}

size_t ip_bytes(const struct ip_addr *a)
{
	return a->family == 6 ? 16 : 4;
}

struct ip_addr ip_from_attr(const struct nlattr *a)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;
	struct ip_addr ip = { 0 };

	if (n != 4 && n != 16)
		return ip;
	ip.family = n == 4 ? 4 : 6;
	memcpy(ip.b, mnl_attr_get_payload(a), n);
	return ip;
}

static int attr_store(const struct nlattr *a, void *arg)
{
	const struct nlattr **tb = arg;
	uint16_t type = mnl_attr_get_type(a);

	if (type <= IFLA_MAX)
		tb[type] = a;
	return MNL_CB_OK;
}

static void stats_read(struct link_state *s, const struct nlattr *a)
{
	struct rtnl_link_stats64 st = { 0 };
	size_t n;

	if (!a)
		return;
	n = mnl_attr_get_payload_len(a);
	memcpy(&st, mnl_attr_get_payload(a), n < sizeof(st) ? n : sizeof(st));
	s->rx_packets = st.rx_packets;
	s->rx_bytes = st.rx_bytes;
	s->rx_errors = st.rx_errors;
	s->rx_drops = st.rx_dropped;
	s->tx_packets = st.tx_packets;
	s->tx_bytes = st.tx_bytes;
	s->tx_errors = st.tx_errors;
	s->tx_drops = st.tx_dropped;
	s->rx_multicast = st.multicast;
	s->rx_crc = st.rx_crc_errors;
	s->rx_frame = st.rx_frame_errors;
	s->rx_over = st.rx_over_errors;
	s->rx_missed = st.rx_missed_errors;
	s->tx_carrier = st.tx_carrier_errors;
	s->collisions = st.collisions;
}

static void kind_read(struct link_state *s, const struct nlattr *info)
{
	const struct nlattr *a;

	s->kind[0] = '\0';
	if (!info)
		return;
	mnl_attr_for_each_nested(
		a, info) if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
		nl_strz(s->kind, sizeof(s->kind), a);
}

/* Takes a link message into s.  true: something besides counters changed. */
static bool link_read(struct link_state *s, const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_MAX + 1] = { 0 };
	struct link_state old = *s;
	bool ether = i->ifi_type == ARPHRD_ETHER;

	mnl_attr_parse(h, sizeof(*i), attr_store, tb);
	s->ifindex = i->ifi_index;
	nl_strz(s->name, sizeof(s->name), tb[IFLA_IFNAME]);
	s->admin_up = i->ifi_flags & IFF_UP;
	s->running = i->ifi_flags & IFF_RUNNING;
	s->loopback = i->ifi_flags & IFF_LOOPBACK;
	if (tb[IFLA_MTU])
		s->mtu = mnl_attr_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_ADDRESS] && mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == 6)
		memcpy(s->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]), 6);
	kind_read(s, tb[IFLA_LINKINFO]);
	s->physical = ether && (!s->kind[0] || !strcmp(s->kind, "veth"));
	stats_read(s, tb[IFLA_STATS64]);
	return old.ifindex != s->ifindex || strcmp(old.name, s->name) ||
	       old.admin_up != s->admin_up || old.running != s->running ||
	       old.mtu != s->mtu || memcmp(old.mac, s->mac, 6);
}

static void link_message(struct iface_mirror *m, const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct link_node *n = node_find(m, i->ifi_index);

	/* Bridges announce their ports' state in link messages of their own. */
	if (i->ifi_family != AF_UNSPEC)
		return;
	if (h->nlmsg_type == RTM_DELLINK) {
		if (n) {
			n->gone = n->dirty = true;
			n->s.admin_up = n->s.running = false;
		}
		return;
	}
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->s.ifindex = i->ifi_index;
		n->dirty = true;
		RB_INSERT(link_tree, &m->links, n);
	}
	n->gone = false;
	n->seen = true;
	n->dirty |= link_read(&n->s, h);
}

static bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

static bool addr_put(struct link_state *s, const struct ip_prefix *p)
{
	for (size_t i = 0; i < s->n_addr; i++)
		if (prefix_equal(&s->addr[i], p))
			return false;
	if (s->n_addr == LINK_ADDRS_MAX)
		return false;
	s->addr[s->n_addr++] = *p;
	return true;
}

static bool addr_drop(struct link_state *s, const struct ip_prefix *p)
{
	for (size_t i = 0; i < s->n_addr; i++) {
		if (!prefix_equal(&s->addr[i], p))
			continue;
		s->n_addr--;
		memmove(&s->addr[i], &s->addr[i + 1],
			(s->n_addr - i) * sizeof(s->addr[0]));
		return true;
	}
	return false;
}

static void addr_message(struct iface_mirror *m, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	struct link_node *n = node_find(m, (int)i->ifa_index);
	struct ip_prefix p = { .len = i->ifa_prefixlen };
	const struct nlattr *a;

	if (!n)
		return;
	/* IFA_LOCAL is ours; on point-to-point links IFA_ADDRESS is the peer.
	 */
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		uint16_t type = mnl_attr_get_type(a);

		if (type == IFA_LOCAL ||
			(type == IFA_ADDRESS && !ip_is_set(&p.addr)))
			p.addr = ip_from_attr(a);
	}
	if (!ip_is_set(&p.addr))
		return;
	n->dirty |= h->nlmsg_type == RTM_NEWADDR ? addr_put(&n->s, &p)
						 : addr_drop(&n->s, &p);
}

static int message_take(const struct nlmsghdr *h, void *arg)
{
	struct iface_mirror *m = arg;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_message(m, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		addr_message(m, h);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/* A dump that changed while it ran (-EINTR) is taken again. */
static int dump(struct iface_mirror *m, uint16_t type)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nlmsghdr *h = nl_msg(&m->req, buf, type, NLM_F_DUMP);

		mnl_nlmsg_put_extra_header(
			h, type == RTM_GETLINK ? sizeof(struct ifinfomsg)
					       : sizeof(struct ifaddrmsg));
		rc = nl_talk(&m->req, h, message_take, m);
	}
	return rc;
}

/* Everything anew: at start, and when the kernel had to drop messages. */
static int resync(struct iface_mirror *m)
{
	struct link_node *n;
	int rc;

	RB_FOREACH(n, link_tree, &m->links) {
		n->seen = false;
		n->dirty |= n->s.n_addr != 0;
		n->s.n_addr = 0;
	}
	rc = dump(m, RTM_GETLINK);
	if (rc)
		return rc;
	RB_FOREACH(n, link_tree, &m->links)
		if (!n->seen)
			n->gone = n->dirty = true;
	return dump(m, RTM_GETADDR);
}

/* What waits beside a loss is older than it: the resync comes last. */
static void drain(struct iface_mirror *m)
{
	char buf[32768] __attribute__((aligned(8)));
	bool lost = false;

	for (;;) {
		ssize_t n =
			recv(nl_fd(&m->events), buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0)
			mnl_cb_run(buf, (size_t)n, 0, 0, message_take, m);
		else if (n < 0 && errno == ENOBUFS)
			lost = true;
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (lost)
		(void)resync(m);
}

static void report(void *arg)
{
	struct iface_mirror *m = arg;
	struct link_node *n, *next;

	for (n = RB_MIN(link_tree, &m->links); n; n = next) {
		bool dirty = n->dirty, gone = n->gone;

		n->dirty = false;
		if (dirty && m->fn)
			m->fn(m->ctx, &n->s, gone);
		next = RB_NEXT(link_tree, &m->links, n);
		if (gone && n->gone) {
			RB_REMOVE(link_tree, &m->links, n);
			free(n);
		}
	}
}

static void events_ready(void *arg, int events)
{
	struct iface_mirror *m = arg;

	(void)events;
	drain(m);
	report(m);
}

struct iface_mirror *iface_mirror_new(
	struct loop *l, iface_changed_fn *fn, void *ctx, struct sbuf *why)
{
	struct iface_mirror *m = xcalloc(1, sizeof(*m));
	struct link_node *n;
	int rc;

	m->loop = l;
	m->fn = fn;
	m->ctx = ctx;
	RB_INIT(&m->links);
	timer_init(&m->report, report, m);
	rc = nl_open(&m->events, NETLINK_ROUTE,
		RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	if (!rc)
		rc = nl_open(&m->req, NETLINK_ROUTE, 0);
	if (!rc)
		rc = resync(m);
	if (rc) {
		sbuf_printf(why, "cannot read interfaces: %s", strerror(-rc));
		iface_mirror_free(m);
		return NULL;
	}
	RB_FOREACH(n, link_tree, &m->links)
		n->dirty = false;
	if (l)
		m->watch = loop_fd_add(
			l, nl_fd(&m->events), LOOP_READ, events_ready, m);
	return m;
}

void iface_mirror_free(struct iface_mirror *m)
{
	struct link_node *n;

	if (!m)
		return;
	if (m->loop)
		timer_cancel(loop_timers(m->loop), &m->report);
	if (m->watch)
		loop_fd_del(m->watch);
	while ((n = RB_MIN(link_tree, &m->links))) {
		RB_REMOVE(link_tree, &m->links, n);
		free(n);
	}
	nl_close(&m->events);
	nl_close(&m->req);
	free(m);
}

const struct link_state *iface_by_index(
	const struct iface_mirror *m, int ifindex)
{
	const struct link_node *n = node_find(m, ifindex);

	return n && !n->gone ? &n->s : NULL;
}

const struct link_state *iface_next(const struct iface_mirror *m, int after)
{
	struct link_node key = { .s.ifindex = after + 1 };
	struct link_tree tree = m->links;
	struct link_node *n = RB_NFIND(link_tree, &tree, &key);

	while (n && n->gone)
		n = RB_NEXT(link_tree, &tree, n);
	return n ? &n->s : NULL;
}

const struct link_state *iface_by_name(
	const struct iface_mirror *m, const char *name)
{
	const struct link_state *s;

	for (s = iface_next(m, 0); s; s = iface_next(m, s->ifindex))
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

int iface_refresh(struct iface_mirror *m)
{
	return dump(m, RTM_GETLINK);
}

bool iface_is_local(const struct iface_mirror *m, const struct ip_addr *a)
{
	const struct link_state *s;

	for (s = iface_next(m, 0); s; s = iface_next(m, s->ifindex))
		for (size_t i = 0; i < s->n_addr; i++)
			if (ip_equal(&s->addr[i].addr, a))
				return true;
	return false;
}

struct route_answer {
	struct ip_addr src;
	int ifindex;
};

static int route_take(const struct nlmsghdr *h, void *arg)
{
	struct route_answer *r = arg;
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(a) == RTA_PREFSRC)
			r->src = ip_from_attr(a);
		else if (mnl_attr_get_type(a) == RTA_OIF)
			r->ifindex = (int)mnl_attr_get_u32(a);
	}
	return MNL_CB_OK;
}

int iface_route_get(struct iface_mirror *m, const struct ip_addr *dst,
	struct ip_addr *src, int *ifindex)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(&m->req, buf, RTM_GETROUTE, 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	struct route_answer got = { 0 };
	int rc;

	r->rtm_family = ip_af(dst);
	r->rtm_dst_len = (uint8_t)(ip_bytes(dst) * 8);
	mnl_attr_put(h, RTA_DST, ip_bytes(dst), dst->b);
	rc = nl_talk(&m->req, h, route_take, &got);
	if (rc)
		return rc;
	*src = got.src;
	*ifindex = got.ifindex;
	return 0;
}

/* Sends a change; its own echo is in the mirror when this returns, and is
 * reported from the loop. */
int iface_change(struct iface_mirror *m, struct nlmsghdr *h)
{
	int rc = nl_talk(&m->req, h, NULL, NULL);

	drain(m);
	if (m->loop)
		timer_set(loop_timers(m->loop), &m->report, loop_now());
	return rc;
}
