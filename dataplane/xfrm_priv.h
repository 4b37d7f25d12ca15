/* The parts of the xfrm backend among themselves. */
#ifndef DATAPLANE_XFRM_PRIV_H
#define DATAPLANE_XFRM_PRIV_H
#include "dataplane/iface.h"
#include "dataplane/table.h"
#include "dataplane/xfrm.h"

struct xfrm_sa {
	TAILQ_ENTRY(xfrm_sa) link;
	struct dp_sa in;   /* with the keys: states are made anew */
	bool df_clear;     /* as the outbound state has it */
	uint32_t own;      /* inbound state stands for that address; 0: none */
	uint32_t from;     /* outbound state, likewise */
	uint32_t last_seq; /* that it had sent when it was taken away */
	struct dp_sa_counters past; /* of states that are gone */
};
TAILQ_HEAD(xfrm_sa_list, xfrm_sa);

struct xfrm_group {
	struct table_group t; /* first */
	uint32_t own;         /* address of the interface; 0: cannot be used */
	int ifindex;
	bool sealing; /* policy and route lead into the sending SA's state */
	struct xfrm_sa_list sas;
	struct xfrm_sa *sending;
	struct dp_sa_counters past; /* of SAs that are gone */
};

/* ---- xfrm_nft.c ---- */
extern const struct table_kind xfrm_table;

/* ---- xfrm_nl.c: states, policies, routes; addresses in host order ---- */
struct xfrm_state {
	uint32_t src, dst; /* src 0: any */
	uint32_t spi, reqid;
	bool df_clear;
	uint32_t last_seq; /* already sent */
};
struct xfrm_counts {
	uint64_t packets, bytes, bad_icv;
	uint32_t last_seq;
};
/* A message in buf (NL_BUF bytes, aligned) without flags and number; NULL: no
 * such cipher in the kernel's interface. */
struct nlmsghdr *xfrm_state_build(
	void *buf, const struct xfrm_state *s, const struct dp_sa *sa);
/* tmpl: from src to dst; optional: packets that met no state pass as well. */
struct xfrm_rule {
	uint8_t dir; /* XFRM_POLICY_* */
	uint32_t mark, mask;
	uint32_t src, dst, reqid;
	bool optional;
};
struct nlmsghdr *xfrm_policy_build(void *buf, const struct xfrm_rule *p);

/* 0 or -errno; -ENOTSUP: the kernel has no such cipher. */
int xfrm_state_add(
	struct nl *nl, const struct xfrm_state *s, const struct dp_sa *sa);
int xfrm_state_get(
	struct nl *nl, uint32_t dst, uint32_t spi, struct xfrm_counts *out);
int xfrm_state_del(struct nl *nl, uint32_t dst, uint32_t spi);
int xfrm_policy_set(struct nl *nl, const struct xfrm_rule *p);
int xfrm_policy_del(struct nl *nl, uint8_t dir, uint32_t mark, uint32_t mask);
/* All states and policies of ours, of whatever run. */
void xfrm_reclaim(struct nl *nl);

int anchor_rule(struct nl *rt, bool add);
int anchor_route(struct nl *rt, unsigned slot, int ifindex); /* 0: away */
void anchor_reclaim(struct nl *rt);
#endif
