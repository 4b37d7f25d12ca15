/* TUN devices and the policy routes that lead into them. */
#include "dataplane/user_gso.h"
#include "dataplane/user_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define RP_FILTER_LOOSE 2
#define TUN_PATH        "/dev/net/tun"
#define QUEUE_LEN       4000 /* small packets of a burst */

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#define TCP_OFFLOAD (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define UDP_OFFLOAD (TUN_F_USO4 | TUN_F_USO6)

static void be32_put(struct nlmsghdr *h, uint16_t type, uint32_t host_order)
{
	struct ip_addr a = ip_v4(host_order);

	mnl_attr_put(h, type, 4, a.b);
}

/* Up, with room for any packet; the inner MTU stands on the route.  Without
 * the loose check the kernel refuses decrypted packets, whose way back leads
 * through another device. */
static int link_setup(struct nl *rt, int ifindex)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(rt, buf, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *spec, *inet, *conf;

	i->ifi_index = ifindex;
	i->ifi_change = IFF_UP;
	i->ifi_flags = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, DP_TUN_MTU);
	mnl_attr_put_u32(h, IFLA_TXQLEN, QUEUE_LEN);
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(h, AF_INET);
	conf = mnl_attr_nest_start(h, IFLA_INET_CONF);
	mnl_attr_put_u32(h, IPV4_DEVCONF_RP_FILTER, RP_FILTER_LOOSE);
	mnl_attr_nest_end(h, conf);
	mnl_attr_nest_end(h, inet);
	mnl_attr_nest_end(h, spec);
	return nl_talk(rt, h, NULL, NULL);
}

static int addr_setup(struct nl *rt, int ifindex, unsigned slot)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		nl_msg(rt, buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifa_family = AF_INET;
	i->ifa_prefixlen = 32;
	i->ifa_scope = RT_SCOPE_HOST;
	i->ifa_index = (unsigned)ifindex;
	be32_put(h, IFA_LOCAL, DP_TUN_ADDR(slot));
	be32_put(h, IFA_ADDRESS, DP_TUN_ADDR(slot));
	return nl_talk(rt, h, NULL, NULL);
}

int tun_raise(struct nl *rt, const char *tun, unsigned slot)
{
	int ifindex = (int)if_nametoindex(tun);
	int rc = ifindex ? link_setup(rt, ifindex) : -ENODEV;

	return rc ? rc : addr_setup(rt, ifindex, slot);
}

const char *tun_hint(int rc)
{
	switch (-rc) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "; it takes /dev/net/tun: load the module tun, and "
		       "give a container the device";
	case EPERM:
	case EACCES:
		return "; it takes CAP_NET_ADMIN, and in a container leave to "
		       "open /dev/net/tun";
	case EBUSY:
		return "; another program has a device of that name";
	default:
		return "";
	}
}

int tun_check(void)
{
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Up, and without a word of the kernel's own: it has no address, and makes
 * none of IPv6. */
static int tap_setup(struct nl *rt, int ifindex, bool ip6)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(rt, buf, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct nlattr *spec, *inet6;

	i->ifi_index = ifindex;
	i->ifi_change = IFF_UP | IFF_NOARP | IFF_MULTICAST;
	i->ifi_flags = IFF_UP | IFF_NOARP;
	mnl_attr_put_u32(h, IFLA_MTU, DP_TUN_MTU);
	mnl_attr_put_u32(h, IFLA_TXQLEN, QUEUE_LEN);
	if (ip6) {
		spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
		inet6 = mnl_attr_nest_start(h, AF_INET6);
		mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE,
			IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(h, inet6);
		mnl_attr_nest_end(h, spec);
	}
	return nl_talk(rt, h, NULL, NULL);
}

/* A host without IPv6 refuses the setting that is for it. */
int tap_raise(struct nl *rt, const char *tap)
{
	int ifindex = (int)if_nametoindex(tap), rc;

	if (!ifindex)
		return -ENODEV;
	rc = tap_setup(rt, ifindex, true);
	return rc ? tap_setup(rt, ifindex, false) : 0;
}

static int queue_open(const char *name, short flags)
{
	struct ifreq req = { .ifr_flags = IFF_NO_PI | IFF_VNET_HDR |
					  IFF_MULTI_QUEUE | flags };
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC), rc;
	int hdr = VNET_HDR;

	if (fd < 0)
		return -errno;
	memcpy(req.ifr_name, name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &req) < 0 ||
		ioctl(fd, TUNSETVNETHDRSZ, &hdr) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* Segments of TCP and UDP in one, checksums open: as much of it as this kernel
 * knows.  Where it knows nothing every packet comes complete.  Of UDP too? */
static bool offload(int fd)
{
	static const unsigned try[] = { TCP_OFFLOAD | UDP_OFFLOAD, TCP_OFFLOAD,
		TUN_F_CSUM };

	for (size_t i = 0; i < ARRAY_LEN(try); i++)
		if (!ioctl(fd, TUNSETOFFLOAD, (unsigned long)try[i]))
			return try[i] & UDP_OFFLOAD;
	return false;
}

/* *udp: UDP may be segmented. */
static int queues_open(const char *name, short kind, int *fd, unsigned queues,
	bool *udp)
{
	for (unsigned q = 0; q < queues; q++) {
		fd[q] = queue_open(
			name, kind | (q ? 0 : (short)IFF_TUN_EXCL));
		if (fd[q] < 0)
			return fd[q];
	}
	*udp = offload(fd[0]);
	return 0;
}

int tun_open(struct nl *rt, unsigned slot, char name[IFNAMSIZ], int *fd,
	unsigned queues, bool *udp)
{
	int rc;

	snprintf(name, IFNAMSIZ, DP_TUN_NAME, slot);
	rc = queues_open(name, IFF_TUN, fd, queues, udp);
	return rc ? rc : tun_raise(rt, name, slot);
}

int tap_open(struct nl *rt, unsigned slot, char name[IFNAMSIZ], int *fd,
	unsigned queues)
{
	bool udp;
	int rc;

	snprintf(name, IFNAMSIZ, DP_TAP_NAME, slot);
	rc = queues_open(name, IFF_TAP, fd, queues, &udp);
	return rc ? rc : tap_raise(rt, name);
}

static uint8_t family_of(bool ip6)
{
	return ip6 ? AF_INET6 : AF_INET;
}

static struct nlmsghdr *route_msg(struct nl *rt, void *buf, bool ip6,
	uint16_t type, uint16_t flags, uint32_t table, uint8_t kind)
{
	struct nlmsghdr *h = nl_msg(rt, buf, type, flags);
	struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

	t->rtm_family = family_of(ip6);
	t->rtm_protocol = RTPROT_STATIC;
	t->rtm_type = kind;
	t->rtm_scope = kind == RTN_LOCAL     ? RT_SCOPE_HOST
		       : kind == RTN_UNICAST ? RT_SCOPE_LINK
					     : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(h, RTA_TABLE, table);
	return h;
}

#define REPLACE (NLM_F_CREATE | NLM_F_REPLACE)

static int route_dev(struct nl *rt, bool ip6, uint32_t table, uint8_t kind,
	const char *dev, unsigned mtu)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		route_msg(rt, buf, ip6, RTM_NEWROUTE, REPLACE, table, kind);
	unsigned ifindex = if_nametoindex(dev);

	if (!ifindex)
		return -ENODEV;
	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	if (mtu) {
		struct nlattr *m = mnl_attr_nest_start(h, RTA_METRICS);

		mnl_attr_put_u32(h, RTAX_MTU, mtu);
		mnl_attr_nest_end(h, m);
	}
	return nl_talk(rt, h, NULL, NULL);
}

static int route_blackhole(
	struct nl *rt, bool ip6, uint32_t table, uint16_t type, uint16_t flags)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		route_msg(rt, buf, ip6, type, flags, table, RTN_BLACKHOLE);

	mnl_attr_put_u32(h, RTA_PRIORITY, DP_BLACKHOLE_METRIC);
	return nl_talk(rt, h, NULL, NULL);
}

static int rule_change(struct nl *rt, bool ip6, uint16_t type, uint16_t flags,
	uint32_t pref, uint32_t mark, uint32_t table)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(rt, buf, type, flags);
	struct fib_rule_hdr *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->family = family_of(ip6);
	r->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(h, FRA_PRIORITY, pref);
	mnl_attr_put_u32(h, FRA_FWMARK, mark);
	mnl_attr_put_u32(h, FRA_TABLE, table);
	return nl_talk(rt, h, NULL, NULL);
}

static int rule_add(
	struct nl *rt, bool ip6, uint32_t pref, uint32_t mark, uint32_t table)
{
	int rc = rule_change(rt, ip6, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL,
		pref, mark, table);

	return rc == -EEXIST ? 0 : rc;
}

int tun_route(struct nl *rt, const char *tun, unsigned slot, bool ip6,
	unsigned mtu)
{
	int rc = route_blackhole(
		rt, ip6, DP_RT_OUT(slot), RTM_NEWROUTE, REPLACE);

	if (!rc)
		rc = route_dev(
			rt, ip6, DP_RT_OUT(slot), RTN_UNICAST, tun, mtu);
	return rc;
}

int tun_rule(struct nl *rt, unsigned slot, bool ip6, bool on)
{
	if (on)
		return rule_add(rt, ip6, DP_RULE_PREF_OUT(slot),
			DP_MARK_OUT(slot), DP_RT_OUT(slot));
	(void)rule_change(rt, ip6, RTM_DELRULE, 0, DP_RULE_PREF_OUT(slot),
		DP_MARK_OUT(slot), DP_RT_OUT(slot));
	return 0;
}

void tun_unroute(struct nl *rt, unsigned slot, bool ip6)
{
	uint32_t table = DP_RT_OUT(slot);

	(void)tun_rule(rt, slot, ip6, false);
	/* The route into the TUN goes with the TUN. */
	(void)route_blackhole(rt, ip6, table, RTM_DELROUTE, 0);
}

int esp_route(struct nl *rt, bool ip6)
{
	int rc = route_dev(rt, ip6, DP_RT_IN, RTN_LOCAL, "lo", 0);

	return rc ? rc
		  : rule_add(rt, ip6, DP_RULE_PREF_IN, DP_MARK_IN, DP_RT_IN);
}

/* Messages of a dump, to be sent back as deletions. */
struct reclaim {
	uint8_t *buf;
	size_t n;
	uint16_t type; /* of the deletions */
};

static bool table_is_ours(uint32_t table)
{
	return DP_RT_IS_OURS(table);
}

static int reclaim_take(const struct nlmsghdr *h, void *arg)
{
	struct reclaim *r = arg;
	bool rule = h->nlmsg_type == RTM_NEWRULE;
	const struct nlattr *a;
	uint32_t table = 0, pref = 0;

	mnl_attr_for_each(
		a, h, rule ? sizeof(struct fib_rule_hdr) : sizeof(struct rtmsg))
	{
		uint16_t type = mnl_attr_get_type(a);

		if (type == (rule ? FRA_TABLE : RTA_TABLE))
			table = mnl_attr_get_u32(a);
		else if (rule && type == FRA_PRIORITY)
			pref = mnl_attr_get_u32(a);
	}
	if (!table_is_ours(table))
		return MNL_CB_OK;
	if (rule &&
		(pref < DP_RULE_PREF_IN || pref >= DP_RULE_PREF_OUT(DP_SLOTS)))
		return MNL_CB_OK;
	r->buf = xreallocarray(r->buf, r->n + h->nlmsg_len, 1);
	memcpy(r->buf + r->n, h, h->nlmsg_len);
	r->n += MNL_ALIGN(h->nlmsg_len);
	return MNL_CB_OK;
}

static void reclaim(
	struct nl *rt, bool ip6, uint16_t get, uint16_t del, size_t extra)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(rt, buf, get, NLM_F_DUMP);
	struct reclaim r = { .type = del };
	int left;

	*(uint8_t *)mnl_nlmsg_put_extra_header(h, extra) = family_of(ip6);
	(void)nl_talk(rt, h, reclaim_take, &r);
	left = (int)r.n;
	for (h = (void *)r.buf; mnl_nlmsg_ok(h, left);
		h = mnl_nlmsg_next(h, &left)) {
		h->nlmsg_type = del;
		h->nlmsg_flags = NLM_F_REQUEST;
		h->nlmsg_seq = ++rt->seq;
		h->nlmsg_pid = 0;
		(void)nl_talk(rt, h, NULL, NULL);
	}
	mem_free_ptr(&r.buf);
}

void routes_reclaim(struct nl *rt)
{
	for (int ip6 = 0; ip6 < 2; ip6++) {
		reclaim(rt, ip6, RTM_GETRULE, RTM_DELRULE,
			sizeof(struct fib_rule_hdr));
		reclaim(rt, ip6, RTM_GETROUTE, RTM_DELROUTE,
			sizeof(struct rtmsg));
	}
}
