/* Packets to be encrypted, caught as they leave: the table in family netdev
 *
 *   egress of a device  egressN  forwards what is marked for slot N to gmxN;
 *                                what is marked for a slot that has no TAP is
 *                                dropped
 *
 * with the Ethernet header that the kernel has made for them.  While the table
 * stands nothing so marked leaves in clear, whether this process lives or not:
 * forwarding to a device that is gone drops. */
#include "dataplane/table_priv.h"
#include "dataplane/user_priv.h"
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

static bool is_caught(const struct table_group *t)
{
	const struct user_group *g = (const struct user_group *)t;

	return g->egress &&
	       if_nametoindex(t->cfg.netdev) == (unsigned)t->ifindex;
}

static void fwd_rule(struct nl_batch *b, const char *chain, uint32_t mark,
	const char *tap)
{
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_mark_is(&r, mark);
	nft_fwd(&r, if_nametoindex(tap));
	nft_rule_end(&r);
}

static void rest_rule(struct nl_batch *b, const char *chain, uint32_t mark)
{
	static const uint32_t mask = DP_MARK_OUT_MASK, zero;
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_meta(&r, NFT_META_MARK);
	nft_bitwise(&r, &mask, &zero, sizeof(mask));
	nft_cmp(&r, NFT_CMP_EQ, &mark, sizeof(mark));
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_end(&r);
}

static bool first_of_device(
	const struct table_group_list *l, const struct table_group *g)
{
	const struct table_group *h;

	TAILQ_FOREACH(h, l, link)
		if (is_caught(h) && h->ifindex == g->ifindex)
			return h == g;
	return false;
}

static void device_build(struct nl_batch *b, const struct table_group_list *l,
	const struct table_group *first)
{
	struct chain_name chain = table_chain("egress", first);
	const struct table_group *g;

	nft_chain_add_device(
		b, chain.s, NF_NETDEV_EGRESS, 0, first->cfg.netdev);
	TAILQ_FOREACH(g, l, link) {
		const char *tap = ((const struct user_group *)g)->tap_name;

		if (!is_caught(g) || g->ifindex != first->ifindex)
			continue;
		fwd_rule(b, chain.s, DP_MARK_LEAVE(g->slot), tap);
	}
	rest_rule(b, chain.s, DP_MARK_LEAVE(0));
}

int egress_commit(const struct table_group_list *l)
{
	struct nl_batch b = { 0 };
	const struct table_group *g;
	bool any = false;
	int rc;

	TAILQ_FOREACH(g, l, link)
		any |= is_caught(g);
	nl_batch_begin(&b);
	nft_use(&b, NFPROTO_NETDEV, DP_NFT_TABLE);
	/* Made first, so that deleting one that is not there is no error. */
	nft_table_add(&b);
	nft_table_del(&b);
	b.own = table_is_own();
	if (any)
		nft_table_add(&b);
	TAILQ_FOREACH(g, l, link)
		if (first_of_device(l, g))
			device_build(&b, l, g);
	rc = nl_batch_commit(table_nl(), &b);
	nl_batch_free(&b);
	return rc;
}

/* ---- what an interface is fit for ---- */

static bool ask(const char *netdev, unsigned long what, struct ifreq *req)
{
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*req = (struct ifreq){ 0 };
	snprintf(req->ifr_name, sizeof(req->ifr_name), "%s", netdev);
	return fd >= 0 && ioctl(fd, what, req) == 0;
}

bool netdev_is_ethernet(const char *netdev)
{
	struct ifreq req;

	return ask(netdev, SIOCGIFHWADDR, &req) &&
	       req.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

bool netdev_is_up(const char *netdev)
{
	struct ifreq req;

	return ask(netdev, SIOCGIFFLAGS, &req) && req.ifr_flags & IFF_UP;
}

static int qdisc_take(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(a) == IFLA_QDISC)
			snprintf(arg, IFNAMSIZ, "%s", mnl_attr_get_str(a));
	return MNL_CB_OK;
}

/* Those that only queue may be passed by. */
bool netdev_is_shaped(struct nl *rt, int ifindex)
{
	static const char *const plain[] = { "", "noqueue", "pfifo_fast",
		"pfifo", "fq_codel", "fq", "mq", "noop" };
	char buf[NL_BUF] __attribute__((aligned(8))), name[IFNAMSIZ] = "";
	struct nlmsghdr *h = nl_msg(rt, buf, RTM_GETLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_index = ifindex;
	(void)nl_talk(rt, h, qdisc_take, name);
	for (size_t k = 0; k < ARRAY_LEN(plain); k++)
		if (!strcmp(name, plain[k]))
			return false;
	return true;
}
