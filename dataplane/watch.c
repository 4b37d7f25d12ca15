/* Multicast messages of nf_tables and rtnetlink about changes that others make
 * to what is ours.  Who made one stands in its header. */
#include "dataplane/watch.h"
#include "base/loop.h"
#include "dataplane/objects.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM (8 << 20) /* bytes: a list of 10,000 entries takes some */

struct watch {
	struct nl events;
	const struct nl *own;
	struct loop *loop;
	struct loop_fd *fd;
	struct timer pause;
	uint64_t next_ms; /* not told before */
	bool changed, missed;
	uint8_t family; /* of the table; NULL: routes */
	const char *table;
	watch_fn *fn;
	void *ctx;
};

/* All messages about parts of a table begin with its name. */
static bool table_concerned(const struct watch *w, const struct nlmsghdr *h)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	bool hit = false;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*g) ||
		(h->nlmsg_type & 0xff) == NFT_MSG_NEWGEN ||
		g->nfgen_family != w->family)
		return false;
	mnl_attr_for_each(a, h, sizeof(*g))
	{
		size_t n = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME)
			hit = n == strlen(w->table) + 1 &&
			      memcmp(mnl_attr_get_payload(a), w->table, n) == 0;
	}
	return hit;
}

static bool route_concerned(const struct nlmsghdr *h)
{
	bool rule = h->nlmsg_type == RTM_DELRULE;
	size_t skip = rule ? sizeof(struct fib_rule_hdr)
			   : sizeof(struct rtmsg);
	const struct nlattr *a;
	uint32_t table = 0;

	if ((!rule && h->nlmsg_type != RTM_DELROUTE) ||
		mnl_nlmsg_get_payload_len(h) < skip)
		return false;
	mnl_attr_for_each(a, h, (unsigned)skip)
	{
		if (mnl_attr_get_type(a) == (rule ? FRA_TABLE : RTA_TABLE) &&
			mnl_attr_get_payload_len(a) == sizeof(table))
			table = mnl_attr_get_u32(a);
	}
	return DP_RT_IS_OURS(table);
}

static int message_take(const struct nlmsghdr *h, void *arg)
{
	struct watch *w = arg;

	if (h->nlmsg_pid != w->own->portid)
		w->changed |= w->table ? table_concerned(w, h)
				       : route_concerned(h);
	return MNL_CB_OK;
}

static void drain(struct watch *w)
{
	char buf[32768] __attribute__((aligned(8)));

	for (;;) {
		ssize_t n =
			recv(nl_fd(&w->events), buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0)
			mnl_cb_run(buf, (size_t)n, 0, 0, message_take, w);
		else if (n < 0 && errno == ENOBUFS)
			w->missed = true;
		else if (n == 0 || errno != EINTR)
			return;
	}
}

static void tell(void *arg)
{
	struct watch *w = arg;
	bool missed = !w->changed;
	uint64_t now = loop_now();

	if (!w->changed && !w->missed)
		return;
	if (now < w->next_ms) {
		timer_set(loop_timers(w->loop), &w->pause, w->next_ms);
		return;
	}
	w->next_ms = now + WATCH_PAUSE_MS;
	w->changed = w->missed = false;
	w->fn(w->ctx, missed);
}

static void events_ready(void *arg, int events)
{
	(void)events;
	drain(arg);
	tell(arg);
}

static struct watch *watch_new(struct loop *loop, const struct nl *own,
	int protocol, unsigned groups, watch_fn *fn, void *ctx)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	int room = ROOM;

	*w = (struct watch){ .own = own, .loop = loop, .fn = fn, .ctx = ctx };
	timer_init(&w->pause, tell, w);
	if (nl_open(&w->events, protocol, groups)) {
		free(w);
		return NULL;
	}
	(void)setsockopt(nl_fd(&w->events), SOL_SOCKET, SO_RCVBUFFORCE, &room,
		sizeof(room));
	w->fd = loop_fd_add(
		loop, nl_fd(&w->events), LOOP_READ, events_ready, w);
	return w;
}

struct watch *watch_table(struct loop *loop, const struct nl *own,
	uint8_t family, const char *table, watch_fn *fn, void *ctx)
{
	struct watch *w = watch_new(loop, own, NETLINK_NETFILTER,
		1u << (NFNLGRP_NFTABLES - 1), fn, ctx);

	if (w) {
		w->family = family;
		w->table = table;
	}
	return w;
}

/* Numbers of tables over 255 do not fit into the header, which says so: routes
 * of other tables need not wake us. */
static void routes_filter(int fd)
{
	enum { TYPE = 4, TABLE = 20 }; /* bytes from the message's begin */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELRULE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TABLE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RT_TABLE_COMPAT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	(void)setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

struct watch *watch_routes(
	struct loop *loop, const struct nl *own, watch_fn *fn, void *ctx)
{
	struct watch *w = watch_new(loop, own, NETLINK_ROUTE,
		RTMGRP_IPV4_ROUTE | 1u << (RTNLGRP_IPV4_RULE - 1) |
			RTMGRP_IPV6_ROUTE | 1u << (RTNLGRP_IPV6_RULE - 1),
		fn, ctx);

	if (w)
		routes_filter(nl_fd(&w->events));
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	timer_cancel(loop_timers(w->loop), &w->pause);
	loop_fd_del(w->fd);
	nl_close(&w->events);
	free(w);
}
