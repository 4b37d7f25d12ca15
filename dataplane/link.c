/* Requests that change links and addresses (iface.h). */
#include "dataplane/iface_priv.h"
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct nlmsghdr *link_msg(struct iface_mirror *m, void *buf,
	uint16_t type, uint16_t flags, const char *name)
{
	struct nlmsghdr *h = nl_msg(iface_nl(m), buf, type, flags);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return h;
}

int link_set_up(struct iface_mirror *m, const char *name, bool up)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = link_msg(m, buf, RTM_NEWLINK, 0, name);
	struct ifinfomsg *i = mnl_nlmsg_get_payload(h);

	i->ifi_change = IFF_UP;
	i->ifi_flags = up ? IFF_UP : 0;
	return iface_change(m, h);
}

int link_set_mtu(struct iface_mirror *m, const char *name, unsigned mtu)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = link_msg(m, buf, RTM_NEWLINK, 0, name);

	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return iface_change(m, h);
}

int link_add_dummy(struct iface_mirror *m, const char *name)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		link_msg(m, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name);
	struct nlattr *nest = mnl_attr_nest_start(h, IFLA_LINKINFO);

	mnl_attr_put_strz(h, IFLA_INFO_KIND, "dummy");
	mnl_attr_nest_end(h, nest);
	return iface_change(m, h);
}

int link_add_vlan(struct iface_mirror *m, const char *name, const char *below,
	uint16_t id)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		link_msg(m, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name);
	int ifindex = iface_index(m, below);
	struct nlattr *info, *data;

	if (!ifindex)
		return -ENODEV;
	mnl_attr_put_u32(h, IFLA_LINK, (uint32_t)ifindex);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, id);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return iface_change(m, h);
}

int link_add_vrf(struct iface_mirror *m, const char *name, uint32_t table)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h =
		link_msg(m, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vrf");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_VRF_TABLE, table);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return iface_change(m, h);
}

int link_set_master(
	struct iface_mirror *m, const char *name, const char *master)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = link_msg(m, buf, RTM_NEWLINK, 0, name);
	int ifindex = master ? iface_index(m, master) : 0;

	if (master && !ifindex)
		return -ENODEV;
	mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)ifindex);
	return iface_change(m, h);
}

/* A request that lacks what a link of the kind needs: the kernel that knows it
 * answers that, the other one that it does not know it. */
bool link_kind_known(struct iface_mirror *m, const char *kind)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = link_msg(
		m, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "getvpn-try");
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);

	mnl_attr_put_strz(h, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(h, info);
	int rc = nl_talk(iface_nl(m), h, NULL, NULL);

	if (rc == 0)
		(void)link_del(m, "getvpn-try");
	return rc != -EOPNOTSUPP;
}

int link_set_own_link_local(struct iface_mirror *m, const char *name, bool off)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = link_msg(m, buf, RTM_NEWLINK, 0, name);
	struct nlattr *spec = mnl_attr_nest_start(h, IFLA_AF_SPEC), *inet6;

	inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE,
		off ? IN6_ADDR_GEN_MODE_NONE : IN6_ADDR_GEN_MODE_EUI64);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	return iface_change(m, h);
}

bool link_speed(const char *name, unsigned *mbps, bool *full_duplex)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
	struct ifreq ifr = { .ifr_data = (void *)&cmd };
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t speed;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr) < 0)
		return false;
	speed = ethtool_cmd_speed(&cmd);
	if (speed == 0 || speed == (uint32_t)SPEED_UNKNOWN)
		return false;
	*mbps = speed;
	*full_duplex = cmd.duplex != DUPLEX_HALF;
	return true;
}

int link_del(struct iface_mirror *m, const char *name)
{
	char buf[NL_BUF] __attribute__((aligned(8)));

	return iface_change(m, link_msg(m, buf, RTM_DELLINK, 0, name));
}

static int addr_change(struct iface_mirror *m, uint16_t type, uint16_t flags,
	const char *name, const struct ip_prefix *p)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(iface_nl(m), buf, type, flags);
	struct ifaddrmsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	int ifindex = iface_index(m, name);

	if (!ifindex)
		return -ENODEV;
	i->ifa_family = ip_af(&p->addr);
	i->ifa_prefixlen = p->len;
	i->ifa_index = (unsigned)ifindex;
	mnl_attr_put(h, IFA_LOCAL, ip_bytes(&p->addr), p->addr.b);
	mnl_attr_put(h, IFA_ADDRESS, ip_bytes(&p->addr), p->addr.b);
	return iface_change(m, h);
}

int addr_add(
	struct iface_mirror *m, const char *name, const struct ip_prefix *p)
{
	return addr_change(
		m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, name, p);
}

int addr_del(
	struct iface_mirror *m, const char *name, const struct ip_prefix *p)
{
	return addr_change(m, RTM_DELADDR, 0, name, p);
}
