/* nf_tables objects through libnftnl. */
#include "dataplane/nft_priv.h"
#include "dataplane/objects.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_log.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REG NFT_REG_1

void *nft_must(void *p)
{
	if (!p)
		abort();
	return p;
}

void nft_use(struct nl_batch *b, uint8_t family, const char *table)
{
	b->family = family;
	b->table = table;
}

uint8_t nft_family(const struct nl_batch *b)
{
	return b->family ? b->family : NFPROTO_IPV4;
}

bool nft_is_ip6(const struct nl_batch *b)
{
	return nft_family(b) == NFPROTO_IPV6;
}

static const char *table_of(const struct nl_batch *b)
{
	return b->table ? b->table : DP_NFT_TABLE;
}

#define OWNED (NFT_TABLE_F_OWNER | 4u) /* and NFT_TABLE_F_PERSIST */

#define AWAIT_NAPS 300

static bool own_never;

static void table_message(
	struct nl_batch *b, uint16_t type, uint16_t flags, uint32_t table_flags)
{
	struct nftnl_table *t = nft_must(nftnl_table_alloc());
	struct nlmsghdr *h = nl_batch_msg(b, type, nft_family(b), flags);

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, table_of(b));
	if (table_flags)
		nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, table_flags);
	nftnl_table_nlmsg_build_payload(h, t);
	nl_batch_end_msg(b, h);
	nftnl_table_free(t);
}

void nft_table_add(struct nl_batch *b)
{
	table_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, b->own ? OWNED : 0);
}

void nft_table_del(struct nl_batch *b)
{
	table_message(b, NFT_MSG_DELTABLE, 0, 0);
}

void nft_own_never(void)
{
	own_never = true;
}

/* Alone in its transaction; keep: else it goes in the same one. */
static int table_try(struct nl *nl, uint8_t family, const char *table,
	bool owned, bool keep)
{
	struct nl_batch b = { .own = owned };
	int rc;

	nl_batch_begin(&b);
	nft_use(&b, family, table);
	nft_table_add(&b);
	if (!keep)
		nft_table_del(&b);
	rc = nl_batch_commit(nl, &b);
	nl_batch_free(&b);
	return rc;
}

bool nft_can_own(struct nl *nl)
{
	return !own_never && table_try(nl, NFPROTO_IPV4, DP_PROBE_TABLE, true,
				     false) == 0;
}

const char *nft_hint(int rc)
{
	switch (-rc) {
	case EPERM:
		return "; it takes CAP_NET_ADMIN, and no other getvpnd in this "
		       "network namespace";
	case EPROTONOSUPPORT:
	case EOPNOTSUPP:
	case ENOENT:
		return "; the kernel must have nf_tables, mostly as a module "
		       "of that name";
	default:
		return "";
	}
}

/* A process is to be seen as dead a while before its sockets are closed. */
int nft_table_await(struct nl *nl, uint8_t family, const char *table)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	int rc = nft_table_check(nl, family, table);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	for (int naps = 0; naps < AWAIT_NAPS; naps++) {
		rc = table_try(nl, family, table, false, true);
		if (rc != -EPERM)
			return rc;
		nanosleep(&nap, NULL);
	}
	return rc;
}

/* A transaction of its own: the kernel takes no chains with a hook in one that
 * changes a table's owner. */
bool nft_table_claim(struct nl *nl, uint8_t family, const char *table)
{
	if (nft_table_check(nl, family, table))
		return nft_can_own(nl);
	return !own_never && table_try(nl, family, table, true, true) == 0;
}

static struct nftnl_chain *chain_new(const struct nl_batch *b, const char *name)
{
	struct nftnl_chain *c = nft_must(nftnl_chain_alloc());

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table_of(b));
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	return c;
}

static void chain_message(struct nl_batch *b, uint16_t type, uint16_t flags,
	struct nftnl_chain *c)
{
	struct nlmsghdr *h = nl_batch_msg(b, type, nft_family(b), flags);

	nftnl_chain_nlmsg_build_payload(h, c);
	nl_batch_end_msg(b, h);
	nftnl_chain_free(c);
}

void nft_chain_add(struct nl_batch *b, const char *name, int hook, int prio,
	const char *type)
{
	struct nftnl_chain *c = chain_new(b, name);

	if (hook >= 0) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, type);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, (uint32_t)hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, prio);
	}
	chain_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, c);
}

void nft_chain_add_device(struct nl_batch *b, const char *name, int hook,
	int prio, const char *device)
{
	struct nftnl_chain *c = chain_new(b, name);

	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, (uint32_t)hook);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, prio);
	nftnl_chain_set_str(c, NFTNL_CHAIN_DEV, device);
	chain_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, c);
}

void nft_chain_del(struct nl_batch *b, const char *name)
{
	chain_message(b, NFT_MSG_DELCHAIN, 0, chain_new(b, name));
}

void nft_chain_flush(struct nl_batch *b, const char *name)
{
	struct nftnl_rule *r = nft_must(nftnl_rule_alloc());
	struct nlmsghdr *h = nl_batch_msg(b, NFT_MSG_DELRULE, nft_family(b), 0);

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, table_of(b));
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, name);
	nftnl_rule_nlmsg_build_payload(h, r);
	nl_batch_end_msg(b, h);
	nftnl_rule_free(r);
}

struct nftnl_set *nft_set_new(const struct nl_batch *b, const char *name)
{
	struct nftnl_set *s = nft_must(nftnl_set_alloc());

	nftnl_set_set_str(s, NFTNL_SET_TABLE, table_of(b));
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	return s;
}

static void elem_add(struct nftnl_set *s, const void *key, unsigned len)
{
	struct nftnl_set_elem *e = nft_must(nftnl_set_elem_alloc());

	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, len);
	nftnl_set_elem_add(s, e);
}

void nft_set_add(
	struct nl_batch *b, const char *name, unsigned key_len, unsigned type)
{
	struct nlmsghdr *h =
		nl_batch_msg(b, NFT_MSG_NEWSET, nft_family(b), NLM_F_CREATE);
	struct nftnl_set *s = nft_set_new(b, name);

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, nft_family(b));
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, key_len);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, type);
	nftnl_set_set_u32(s, NFTNL_SET_ID, b->seq);
	nftnl_set_nlmsg_build_payload(h, s);
	nl_batch_end_msg(b, h);
	nftnl_set_free(s);
}

void nft_set_del(struct nl_batch *b, const char *name)
{
	struct nlmsghdr *h =
		nl_batch_msg(b, NFT_MSG_DELSET, nft_family(b), 0);
	struct nftnl_set *s = nft_set_new(b, name);

	nftnl_set_nlmsg_build_payload(h, s);
	nl_batch_end_msg(b, h);
	nftnl_set_free(s);
}

void nft_set_change(struct nl_batch *b, const char *name, bool add,
	const void *key, unsigned len)
{
	uint16_t type = add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM;
	struct nlmsghdr *h =
		nl_batch_msg(b, type, nft_family(b), add ? NLM_F_CREATE : 0);
	struct nftnl_set *s = nft_set_new(b, name);

	elem_add(s, key, len);
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nl_batch_end_msg(b, h);
	nftnl_set_free(s);
}

struct nft_rule nft_rule_begin(struct nl_batch *b, const char *chain)
{
	struct nft_rule r = { .b = b, .r = nft_must(nftnl_rule_alloc()) };

	nftnl_rule_set_str(r.r, NFTNL_RULE_TABLE, table_of(b));
	nftnl_rule_set_str(r.r, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(r.r, NFTNL_RULE_FAMILY, nft_family(b));
	return r;
}

/* Appends to the rule's user data. */
static void rule_udata(
	struct nft_rule *r, uint8_t type, const void *data, uint32_t len)
{
	struct nftnl_udata_buf *u = nft_must(nftnl_udata_buf_alloc(256));
	uint32_t had_len = 0;
	const void *had =
		nftnl_rule_get_data(r->r, NFTNL_RULE_USERDATA, &had_len);

	if (had)
		nftnl_udata_buf_put(u, had, had_len);
	nftnl_udata_put(u, type, len, data);
	nftnl_rule_set_data(r->r, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(u),
		nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
}

/* In the form in which nft lists it. */
void nft_rule_comment(struct nft_rule *r, const char *text)
{
	char cut[128];

	snprintf(cut, sizeof(cut), "%s", text);
	rule_udata(r, NFTNL_UDATA_RULE_COMMENT, cut,
		(uint32_t)strlen(cut) + 1);
}

void nft_rule_entry(struct nft_rule *r, uint32_t entry)
{
	rule_udata(r, NFT_UDATA_ENTRY, &entry, sizeof(entry));
}

void nft_rule_end(struct nft_rule *r)
{
	struct nlmsghdr *h = nl_batch_msg(r->b, NFT_MSG_NEWRULE,
		nft_family(r->b), NLM_F_CREATE | NLM_F_APPEND);

	nftnl_rule_nlmsg_build_payload(h, r->r);
	nl_batch_end_msg(r->b, h);
	nftnl_rule_free(r->r);
	r->r = NULL;
}

static struct nftnl_expr *expr_new(struct nft_rule *r, const char *name)
{
	struct nftnl_expr *e = nft_must(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(r->r, e);
	return e;
}

void nft_meta(struct nft_rule *r, enum nft_meta_keys key)
{
	struct nftnl_expr *e = expr_new(r, "meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
}

void nft_payload(struct nft_rule *r, enum nft_payload_bases base,
	unsigned offset, unsigned len)
{
	struct nftnl_expr *e = expr_new(r, "payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
}

void nft_fib(struct nft_rule *r, unsigned result, unsigned flags)
{
	struct nftnl_expr *e = expr_new(r, "fib");

	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, result);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, flags);
}

static void exthdr(struct nft_rule *r, unsigned op, uint8_t type,
	unsigned offset, unsigned len, unsigned flags)
{
	struct nftnl_expr *e = expr_new(r, "exthdr");

	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OP, op);
	nftnl_expr_set_u8(e, NFTNL_EXPR_EXTHDR_TYPE, type);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_FLAGS, flags);
}

void nft_exthdr(struct nft_rule *r, uint8_t type)
{
	exthdr(r, NFT_EXTHDR_OP_IPV6, type, 0, 1, NFT_EXTHDR_F_PRESENT);
}

void nft_option(struct nft_rule *r, uint8_t type)
{
	exthdr(r, NFT_EXTHDR_OP_IPV4, type, 0, 1, NFT_EXTHDR_F_PRESENT);
}

void nft_exthdr_field(
	struct nft_rule *r, uint8_t type, unsigned offset, unsigned len)
{
	exthdr(r, NFT_EXTHDR_OP_IPV6, type, offset, len, 0);
}

void nft_bitwise(
	struct nft_rule *r, const void *mask, const void * xor, unsigned len)
{
	struct nftnl_expr *e = expr_new(r, "bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set_data(e, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set_data(e, NFTNL_EXPR_BITWISE_XOR, xor, len);
}

void nft_cmp(
	struct nft_rule *r, enum nft_cmp_ops op, const void *data, unsigned len)
{
	struct nftnl_expr *e = expr_new(r, "cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set_data(e, NFTNL_EXPR_CMP_DATA, data, len);
}

static void lookup(
	struct nft_rule *r, const char *set, uint32_t id, bool inverted)
{
	struct nftnl_expr *e = expr_new(r, "lookup");

	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, REG);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
	if (id)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, id);
	if (inverted)
		nftnl_expr_set_u32(
			e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

void nft_lookup(struct nft_rule *r, const char *set, bool inverted)
{
	lookup(r, set, 0, inverted);
}

/* The set and its elements precede the rule in the batch and are bound to it
 * by an id that is unique in the batch: the message number. */
void nft_lookup_anon(struct nft_rule *r, const void *keys, size_t n,
	unsigned len, bool inverted)
{
	uint32_t id = r->b->seq;
	struct nlmsghdr *h = nl_batch_msg(
		r->b, NFT_MSG_NEWSET, nft_family(r->b), NLM_F_CREATE);
	struct nftnl_set *s = nft_set_new(r->b, "__set%d");

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, nft_family(r->b));
	nftnl_set_set_u32(
		s, NFTNL_SET_FLAGS, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, len);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, 13); /* inet_service */
	nftnl_set_set_u32(s, NFTNL_SET_ID, id);
	for (size_t i = 0; i < n; i++)
		elem_add(s, (const uint8_t *)keys + i * len, len);
	nftnl_set_nlmsg_build_payload(h, s);
	nl_batch_end_msg(r->b, h);
	h = nl_batch_msg(
		r->b, NFT_MSG_NEWSETELEM, nft_family(r->b), NLM_F_CREATE);
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nl_batch_end_msg(r->b, h);
	nftnl_set_free(s);
	lookup(r, "__set%d", id, inverted);
}

void nft_name_is(struct nft_rule *r, const char *name)
{
	char padded[IFNAMSIZ] = "";

	memcpy(padded, name, strnlen(name, IFNAMSIZ - 1));
	nft_cmp(r, NFT_CMP_EQ, padded, sizeof(padded));
}

void nft_iifname(struct nft_rule *r, const char *name)
{
	nft_meta(r, NFT_META_IIFNAME);
	nft_name_is(r, name);
}

void nft_oifname(struct nft_rule *r, const char *name)
{
	nft_meta(r, NFT_META_OIFNAME);
	nft_name_is(r, name);
}

void nft_fib_oifname(struct nft_rule *r, const char *name)
{
	nft_fib(r, NFT_FIB_RESULT_OIFNAME, NFTA_FIB_F_DADDR | NFTA_FIB_F_MARK);
	nft_name_is(r, name);
}

static void fib_is(struct nft_rule *r, uint32_t type)
{
	nft_fib(r, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR);
	nft_cmp(r, NFT_CMP_EQ, &type, sizeof(type));
}

void nft_fib_local(struct nft_rule *r)
{
	fib_is(r, RTN_LOCAL);
}

void nft_fib_multicast(struct nft_rule *r)
{
	fib_is(r, RTN_MULTICAST);
}

/* Of IPv6 what ends the headers, as the evaluator has it. */
void nft_protocol_load(struct nft_rule *r)
{
	if (nft_is_ip6(r->b))
		nft_meta(r, NFT_META_L4PROTO);
	else
		nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 9, 1);
}

void nft_protocol(struct nft_rule *r, uint8_t proto)
{
	nft_protocol_load(r);
	nft_cmp(r, NFT_CMP_EQ, &proto, 1);
}

void nft_mark_is(struct nft_rule *r, uint32_t mark)
{
	nft_meta(r, NFT_META_MARK);
	nft_cmp(r, NFT_CMP_EQ, &mark, sizeof(mark));
}

void nft_counter(struct nft_rule *r)
{
	expr_new(r, "counter");
}

void nft_immediate(struct nft_rule *r, const void *data, unsigned len)
{
	struct nftnl_expr *e = expr_new(r, "immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, REG);
	nftnl_expr_set_data(e, NFTNL_EXPR_IMM_DATA, data, len);
}

void nft_meta_store(struct nft_rule *r, enum nft_meta_keys key)
{
	struct nftnl_expr *e = expr_new(r, "meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
}

void nft_mark_set(struct nft_rule *r, uint32_t mark)
{
	nft_immediate(r, &mark, sizeof(mark));
	nft_meta_store(r, NFT_META_MARK);
}

void nft_fwd(struct nft_rule *r, uint32_t ifindex)
{
	struct nftnl_expr *e;

	nft_immediate(r, &ifindex, sizeof(ifindex));
	e = expr_new(r, "fwd");
	nftnl_expr_set_u32(e, NFTNL_EXPR_FWD_SREG_DEV, REG);
}

void nft_ip_store(struct nft_rule *r, unsigned offset, unsigned len)
{
	struct nftnl_expr *e = expr_new(r, "payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_SREG, REG);
	nftnl_expr_set_u32(
		e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(
		e, NFTNL_EXPR_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_CSUM_OFFSET,
		offsetof(struct iphdr, check));
}

void nft_will_be_sealed(struct nft_rule *r, bool will)
{
	struct nftnl_expr *e = expr_new(r, "rt");
	uint8_t is = will;

	nftnl_expr_set_u32(e, NFTNL_EXPR_RT_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_RT_KEY, NFT_RT_XFRM);
	nft_cmp(r, NFT_CMP_EQ, &is, sizeof(is));
}

void nft_opened_by(struct nft_rule *r, uint32_t reqid)
{
	struct nftnl_expr *e = expr_new(r, "xfrm");

	nftnl_expr_set_u32(e, NFTNL_EXPR_XFRM_DREG, REG);
	nftnl_expr_set_u32(e, NFTNL_EXPR_XFRM_KEY, NFT_XFRM_KEY_REQID);
	nftnl_expr_set_u8(e, NFTNL_EXPR_XFRM_DIR, XFRM_POLICY_IN);
	nftnl_expr_set_u32(e, NFTNL_EXPR_XFRM_SPNUM, 0);
	nft_cmp(r, NFT_CMP_EQ, &reqid, sizeof(reqid));
}

void nft_notrack(struct nft_rule *r)
{
	expr_new(r, "notrack");
}

void nft_limit(struct nft_rule *r, uint64_t per_second, uint32_t burst)
{
	struct nftnl_expr *e = expr_new(r, "limit");

	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, per_second);
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, burst);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
}

void nft_log(
	struct nft_rule *r, uint16_t group, uint32_t snap, const char *prefix)
{
	struct nftnl_expr *e = expr_new(r, "log");

	nftnl_expr_set_u16(e, NFTNL_EXPR_LOG_GROUP, group);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOG_SNAPLEN, snap);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, prefix);
}

void nft_reject(struct nft_rule *r, uint8_t icmp_code)
{
	struct nftnl_expr *e = expr_new(r, "reject");

	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, icmp_code);
}

void nft_tproxy(struct nft_rule *r, uint16_t port)
{
	uint16_t be = htons(port);
	struct nftnl_expr *e;

	nft_immediate(r, &be, sizeof(be));
	e = expr_new(r, "tproxy");
	nftnl_expr_set_u32(e, NFTNL_EXPR_TPROXY_FAMILY, nft_family(r->b));
	nftnl_expr_set_u32(e, NFTNL_EXPR_TPROXY_REG_PORT, REG);
}

void nft_verdict(struct nft_rule *r, int verdict, const char *chain)
{
	struct nftnl_expr *e = expr_new(r, "immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
}

void nft_defrag(struct nl_batch *b, const char *chain)
{
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_iifname(&r, "none");
	nft_protocol(&r, IPPROTO_TCP);
	nft_tproxy(&r, 1);
	nft_rule_comment(&r, "only to have fragments reassembled");
	nft_rule_end(&r);
}

/* Of a packet that came in, its destination: no further than the link. */
static void link_test(struct nft_rule *r, bool local)
{
	static const uint8_t group[2] = { 0xff, 0x02 };

	if (local) {
		nft_fib_local(r);
		return;
	}
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 24, sizeof(group));
	nft_cmp(r, NFT_CMP_EQ, group, sizeof(group));
}

void nft_neighbours(struct nl_batch *b, const char *chain, bool in)
{
	static const uint8_t type[] = { 130, 131, 132, 133, 134, 135, 136, 137,
		143 };

	for (int local = 0; local < (in ? 2 : 1); local++) {
		struct nft_rule r = nft_rule_begin(b, chain);

		nft_protocol(&r, IPPROTO_ICMPV6);
		nft_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
		nft_lookup_anon(&r, type, sizeof(type), 1, false);
		if (in)
			link_test(&r, local);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_comment(&r, "neighbour discovery");
		nft_rule_end(&r);
	}
}

int nft_table_check(struct nl *nl, uint8_t family, const char *table)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nftnl_table *t = nft_must(nftnl_table_alloc());
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(
		buf, NFT_MSG_GETTABLE, family, NLM_F_REQUEST, ++nl->seq);

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, table);
	nftnl_table_nlmsg_build_payload(h, t);
	nftnl_table_free(t);
	return nl_talk(nl, h, NULL, NULL);
}

struct counter_dump {
	const char *table, *chain;
	uint64_t *v;
	size_t n, rules;
};

static int expr_take(struct nftnl_expr *e, void *arg)
{
	uint64_t *sum = arg;

	if (!strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_NAME), "counter"))
		*sum += nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_PACKETS);
	return 0;
}

static int rule_take(const struct nlmsghdr *h, void *arg)
{
	struct counter_dump *d = arg;
	struct nftnl_rule *r = nft_must(nftnl_rule_alloc());
	uint64_t packets = 0;

	/* Old kernels ignore the filter of a dump and send every rule. */
	if (nftnl_rule_nlmsg_parse(h, r) == 0 &&
		!strcmp(nftnl_rule_get_str(r, NFTNL_RULE_TABLE), d->table) &&
		!strcmp(nftnl_rule_get_str(r, NFTNL_RULE_CHAIN), d->chain)) {
		nftnl_expr_foreach(r, expr_take, &packets);
		if (d->rules < d->n)
			d->v[d->rules] = packets;
		d->rules++;
	}
	nftnl_rule_free(r);
	return MNL_CB_OK;
}

int nft_table_counters(struct nl *nl, uint8_t family, const char *table,
	const char *chain, uint64_t *v, size_t n)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct counter_dump d = {
		.table = table, .chain = chain, .v = v, .n = n
	};
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nftnl_rule *r = nft_must(nftnl_rule_alloc());
		struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETRULE,
			family, NLM_F_DUMP | NLM_F_REQUEST, ++nl->seq);

		nftnl_rule_set_str(r, NFTNL_RULE_TABLE, table);
		nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
		nftnl_rule_nlmsg_build_payload(h, r);
		nftnl_rule_free(r);
		d.rules = 0;
		rc = nl_talk(nl, h, rule_take, &d);
	}
	return rc ? rc : (int)d.rules;
}

int nft_chain_counters(struct nl *nl, const char *chain, uint64_t *v, size_t n)
{
	return nft_table_counters(nl, NFPROTO_IPV4, DP_NFT_TABLE, chain, v, n);
}

struct chain_dump {
	const char *table;
	void (*fn)(void *ctx, const char *name);
	void *ctx;
};

static int chain_take(const struct nlmsghdr *h, void *arg)
{
	const struct chain_dump *d = arg;
	struct nftnl_chain *c = nft_must(nftnl_chain_alloc());

	if (nftnl_chain_nlmsg_parse(h, c) == 0 &&
		!strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE), d->table))
		d->fn(d->ctx, nftnl_chain_get_str(c, NFTNL_CHAIN_NAME));
	nftnl_chain_free(c);
	return MNL_CB_OK;
}

int nft_table_chains(struct nl *nl, uint8_t family, const char *table,
	void (*fn)(void *ctx, const char *name), void *ctx)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct chain_dump d = { .table = table, .fn = fn, .ctx = ctx };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETCHAIN,
		family, NLM_F_DUMP | NLM_F_REQUEST, ++nl->seq);

	return nl_talk(nl, h, chain_take, &d);
}

static int nat_take(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_chain *c = nft_must(nftnl_chain_alloc());
	const char *type = NULL;
	bool *found = arg;

	if (nftnl_chain_nlmsg_parse(h, c) == 0)
		type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);
	if (type && !strcmp(type, "nat") &&
		nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) ==
			NF_INET_POST_ROUTING &&
		nftnl_chain_get_u32(c, NFTNL_CHAIN_USE) > 0)
		*found = true;
	nftnl_chain_free(c);
	return MNL_CB_OK;
}

/* The older interface keeps tables of its own. */
static bool iptables_translates(void)
{
	FILE *f = fopen("/proc/net/ip_tables_names", "re");
	char line[64];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= !strcmp(line, "nat\n");
	if (f)
		fclose(f);
	return found;
}

bool nft_translates(struct nl *nl)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETCHAIN,
		NFPROTO_UNSPEC, NLM_F_DUMP | NLM_F_REQUEST, ++nl->seq);
	bool found = false;

	(void)nl_talk(nl, h, nat_take, &found);
	return found || iptables_translates();
}
