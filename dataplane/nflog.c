/* Reports of nf_tables rules through nfnetlink_log. */
#include "dataplane/nflog.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#define PREFIX_MAX 128

static struct nlmsghdr *config_msg(struct nl *n, void *buf, uint16_t group)
{
	struct nlmsghdr *h = nl_msg(
		n, buf, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->nfgen_family = AF_UNSPEC;
	g->version = NFNETLINK_V0;
	g->res_id = htons(group);
	return h;
}

int nflog_open(struct nl *n, uint16_t group, uint32_t snap)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nfulnl_msg_config_cmd cmd = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = {
		.copy_mode = NFULNL_COPY_PACKET,
		.copy_range = htonl(snap),
	};
	struct nlmsghdr *h;
	int rc = nl_open(n, NETLINK_NETFILTER, 0);

	if (rc)
		return rc;
	h = config_msg(n, buf, group);
	mnl_attr_put(h, NFULA_CFG_CMD, sizeof(cmd), &cmd);
	rc = nl_talk(n, h, NULL, NULL);
	if (!rc) {
		h = config_msg(n, buf, group);
		mnl_attr_put(h, NFULA_CFG_MODE, sizeof(mode), &mode);
		mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(1));
		rc = nl_talk(n, h, NULL, NULL);
	}
	if (rc)
		nl_close(n);
	return rc;
}

struct report_to {
	nflog_fn *fn;
	void *ctx;
};

static void attr_take(
	const struct nlattr *a, struct nflog_packet *k, char prefix[PREFIX_MAX])
{
	const struct nfulnl_msg_packet_hw *hw;

	switch (mnl_attr_get_type(a)) {
	case NFULA_PREFIX:
		nl_strz(prefix, PREFIX_MAX, a);
		break;
	case NFULA_PAYLOAD:
		k->p = mnl_attr_get_payload(a);
		k->n = mnl_attr_get_payload_len(a);
		break;
	case NFULA_IFINDEX_INDEV:
		k->iif = (int)ntohl(mnl_attr_get_u32(a));
		break;
	case NFULA_HWADDR:
		hw = mnl_attr_get_payload(a);
		if (ntohs(hw->hw_addrlen) == 6)
			k->mac = hw->hw_addr;
		break;
	default:
		break;
	}
}

static int report_take(const struct nlmsghdr *h, void *arg)
{
	const struct report_to *to = arg;
	const struct nlattr *a;
	char prefix[PREFIX_MAX] = "";
	struct nflog_packet k = { .prefix = prefix };

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		attr_take(a, &k, prefix);
	if (k.p && prefix[0])
		to->fn(to->ctx, &k);
	return MNL_CB_OK;
}

void nflog_read(struct nl *n, nflog_fn *fn, void *ctx)
{
	char buf[32768] __attribute__((aligned(8)));
	struct report_to to = { fn, ctx };

	for (;;) {
		ssize_t got = recv(nl_fd(n), buf, sizeof(buf), MSG_DONTWAIT);

		if (got > 0)
			mnl_cb_run(buf, (size_t)got, 0, 0, report_take, &to);
		else if (got == 0 || (errno != EINTR && errno != ENOBUFS))
			return;
	}
}
