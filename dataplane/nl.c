/* Netlink requests and nf_tables batches over libmnl. */
#include "dataplane/nl.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int nl_open(struct nl *n, int protocol, unsigned groups)
{
	int one = 1;

	*n = (struct nl){ .s = mnl_socket_open2(protocol, SOCK_CLOEXEC) };
	if (!n->s)
		return -errno;
	if (mnl_socket_bind(n->s, groups, MNL_SOCKET_AUTOPID) < 0) {
		int err = -errno;

		nl_close(n);
		return err;
	}
	/* Only nicer error texts depend on it. */
	(void)mnl_socket_setsockopt(n->s, NETLINK_CAP_ACK, &one, sizeof(one));
	n->portid = mnl_socket_get_portid(n->s);
	return 0;
}

void nl_close(struct nl *n)
{
	if (n->s)
		mnl_socket_close(n->s);
	*n = (struct nl){ 0 };
}

int nl_fd(const struct nl *n)
{
	return mnl_socket_get_fd(n->s);
}

struct nlmsghdr *nl_msg(struct nl *n, void *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++n->seq;
	return h;
}

int nl_talk(struct nl *n, struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
	char buf[32768] __attribute__((aligned(8)));
	uint32_t seq = h->nlmsg_seq;
	int rc = MNL_CB_OK;

	if ((h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		h->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(n->s, h, h->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(n->s, buf, sizeof(buf));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)got, seq, n->portid, cb, arg);
		/* An answer to an older request that was given up. */
		if (rc < 0 && errno == EPROTO)
			rc = MNL_CB_OK;
		else if (rc < 0)
			return -errno;
	}
	return 0;
}

void nl_strz(char *dst, size_t cap, const struct nlattr *a)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	if (n >= cap)
		n = cap - 1;
	if (n)
		memcpy(dst, mnl_attr_get_payload(a), n);
	dst[n] = '\0';
}

static void *batch_room(struct nl_batch *b, size_t n)
{
	if (b->cap - b->n < n) {
		b->cap = b->cap * 2 + n;
		b->buf = xreallocarray(b->buf, b->cap, 1);
	}
	memset(b->buf + b->n, 0, n);
	return b->buf + b->n;
}

static void batch_mark(struct nl_batch *b, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(batch_room(b, NL_BUF));
	struct nfgenmsg *g;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = b->seq++;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = AF_UNSPEC;
	g->version = NFNETLINK_V0;
	g->res_id = htons(NFNL_SUBSYS_NFTABLES);
	nl_batch_end_msg(b, h);
}

void nl_batch_begin(struct nl_batch *b)
{
	b->n = 0;
	b->seq = 1;
	batch_mark(b, NFNL_MSG_BATCH_BEGIN);
}

struct nlmsghdr *nl_batch_msg(
	struct nl_batch *b, uint16_t type, uint16_t family, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(
		batch_room(b, NL_BATCH_MSG), type, family, flags, b->seq++);
}

void nl_batch_end_msg(struct nl_batch *b, const struct nlmsghdr *h)
{
	b->n += MNL_ALIGN(h->nlmsg_len);
}

/* Reads every waiting answer; keeps the first error.  done: the ack of the
 * batch end's predecessor came, or any error did. */
static int batch_answers(struct nl *n, uint32_t last_seq)
{
	char buf[32768] __attribute__((aligned(8)));
	int err = 0, flags = 0;
	bool done = false;

	for (;;) {
		ssize_t got = recv(nl_fd(n), buf, sizeof(buf), flags);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && done && errno == EAGAIN)
			return err;
		if (got < 0)
			return err ? err : -errno;
		for (const struct nlmsghdr *h = (const void *)buf;
			mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error && !err)
				err = e->error;
			done |= e->error || h->nlmsg_seq == last_seq;
		}
		if (done)
			flags = MSG_DONTWAIT;
	}
}

int nl_batch_commit(struct nl *n, struct nl_batch *b)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct nlmsghdr *h = (void *)b->buf, *last = h;
	int left = (int)b->n, size;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		last = h;
	last->nlmsg_flags |= NLM_F_ACK;
	uint32_t last_seq = last->nlmsg_seq;

	batch_mark(b, NFNL_MSG_BATCH_END);
	size = (int)b->n + 65536;
	(void)setsockopt(
		nl_fd(n), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (sendto(nl_fd(n), b->buf, b->n, 0, (void *)&to, sizeof(to)) < 0) {
		b->n = 0;
		return -errno;
	}
	b->n = 0;
	return batch_answers(n, last_seq);
}

void nl_batch_free(struct nl_batch *b)
{
	free(b->buf);
	*b = (struct nl_batch){ 0 };
}
