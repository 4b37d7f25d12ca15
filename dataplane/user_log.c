/* Reports of the rules through nfnetlink_log: rate limited in the kernel, a
 * prefix says which rule of which group. */
#include "dataplane/user_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <sys/socket.h>

static struct nlmsghdr *config_msg(struct nl *n, void *buf)
{
	struct nlmsghdr *h = nl_msg(
		n, buf, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->nfgen_family = AF_INET;
	g->version = NFNETLINK_V0;
	g->res_id = htons(DP_NFLOG_GROUP);
	return h;
}

int nflog_open(struct nl *n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nfulnl_msg_config_cmd cmd = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = {
		.copy_mode = NFULNL_COPY_PACKET,
		.copy_range = htonl(DP_NFLOG_SNAP),
	};
	struct nlmsghdr *h;
	int rc = nl_open(n, NETLINK_NETFILTER, 0);

	if (rc)
		return rc;
	h = config_msg(n, buf);
	mnl_attr_put(h, NFULA_CFG_CMD, sizeof(cmd), &cmd);
	rc = nl_talk(n, h, NULL, NULL);
	if (!rc) {
		h = config_msg(n, buf);
		mnl_attr_put(h, NFULA_CFG_MODE, sizeof(mode), &mode);
		mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(1));
		rc = nl_talk(n, h, NULL, NULL);
	}
	if (rc)
		nl_close(n);
	return rc;
}

struct report_to {
	void (*fn)(void *ctx, char kind, unsigned slot, const uint8_t *p,
		size_t len);
	void *ctx;
};

static int report_take(const struct nlmsghdr *h, void *arg)
{
	const struct report_to *to = arg;
	const struct nlattr *a, *payload = NULL;
	char prefix[16] = "";

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == NFULA_PREFIX)
			nl_strz(prefix, sizeof(prefix), a);
		else if (mnl_attr_get_type(a) == NFULA_PAYLOAD)
			payload = a;
	}
	if (payload && prefix[0])
		to->fn(to->ctx, prefix[0], (unsigned)atoi(prefix + 1),
			mnl_attr_get_payload(payload),
			mnl_attr_get_payload_len(payload));
	return MNL_CB_OK;
}

void nflog_read(struct nl *n,
	void (*fn)(void *ctx, char kind, unsigned slot, const uint8_t *p,
		size_t len),
	void *ctx)
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
