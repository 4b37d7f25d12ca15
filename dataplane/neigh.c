/* Neighbour table over rtnetlink. */
#include "dataplane/neigh.h"
#include "dataplane/iface_priv.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct neigh_dump {
	struct neigh_entry *v;
	size_t n, cap;
};

/* The kernel counts in clock ticks of user space. */
static uint64_t age_of(const struct nlattr *a)
{
	struct nda_cacheinfo ci = { 0 };
	long hz = sysconf(_SC_CLK_TCK);
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(&ci, mnl_attr_get_payload(a), n < sizeof(ci) ? n : sizeof(ci));
	return ci.ndm_updated / (hz > 0 ? (uint64_t)hz : 100);
}

static int neigh_take(const struct nlmsghdr *h, void *arg)
{
	struct neigh_dump *d = arg;
	const struct ndmsg *t = mnl_nlmsg_get_payload(h);
	struct neigh_entry e = { .ifindex = t->ndm_ifindex,
		.permanent = t->ndm_state & NUD_PERMANENT };
	const struct nlattr *a;

	/* NOARP: multicast and the like, nobody's address. */
	if (h->nlmsg_type != RTM_NEWNEIGH || t->ndm_state & NUD_NOARP)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*t))
	{
		switch (mnl_attr_get_type(a)) {
		case NDA_DST:
			e.addr = ip_from_attr(a);
			break;
		case NDA_LLADDR:
			if (mnl_attr_get_payload_len(a) != sizeof(e.mac))
				break;
			memcpy(e.mac, mnl_attr_get_payload(a), sizeof(e.mac));
			e.complete = (t->ndm_state & NUD_FAILED) == 0;
			break;
		case NDA_CACHEINFO:
			e.age_secs = age_of(a);
			break;
		default:
			break;
		}
	}
	if (!ip_is_set(&e.addr))
		return MNL_CB_OK;
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 16;
		d->v = xreallocarray(d->v, d->cap, sizeof(*d->v));
	}
	d->v[d->n++] = e;
	return MNL_CB_OK;
}

int neigh_list(struct iface_mirror *m, uint8_t family, struct neigh_entry **out,
	size_t *n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct neigh_dump d = { 0 };
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nlmsghdr *h =
			nl_msg(iface_nl(m), buf, RTM_GETNEIGH, NLM_F_DUMP);
		struct ndmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

		t->ndm_family = family == 6 ? AF_INET6 : AF_INET;
		d.n = 0;
		rc = nl_talk(iface_nl(m), h, neigh_take, &d);
	}
	if (rc) {
		free(d.v);
		return rc;
	}
	*out = d.v;
	*n = d.n;
	return 0;
}

int neigh_del(struct iface_mirror *m, const struct neigh_entry *e)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nl_msg(iface_nl(m), buf, RTM_DELNEIGH, 0);
	struct ndmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

	t->ndm_family = ip_af(&e->addr);
	t->ndm_ifindex = e->ifindex;
	mnl_attr_put(h, NDA_DST, ip_bytes(&e->addr), e->addr.b);
	return nl_talk(iface_nl(m), h, NULL, NULL);
}
