/* Verdict maps over concatenated fields (ranges: the kernel's pipapo sets;
 * exact: its hashes), and counters by entry. */
#include "dataplane/nft_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <stdlib.h>
#include <string.h>

#define MAP_NAME  "__map%d"
#define SLOT      4   /* a field stands in a 32-bit register of its own */
#define ELEMS_MSG 100 /* well below NL_BATCH_MSG, and 64 KiB of attribute */
#define TYPE_BITS 6

struct map_key {
	uint8_t b[NFT_FIELDS_MAX * SLOT];
};

static struct nftnl_set *map_new(const struct nft_vmap *m)
{
	struct nftnl_set *s = nft_set_new(m->b, MAP_NAME);

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, nft_family(m->b));
	nftnl_set_set_u32(s, NFTNL_SET_ID, m->id);
	return s;
}

struct nft_vmap nft_vmap_begin(struct nl_batch *b,
	const struct nft_field *field, const uint32_t *mask, size_t n,
	size_t size)
{
	struct nft_vmap m = {
		.b = b, .field = field, .mask = mask, .n_fields = n
	};
	uint8_t len[NFT_FIELDS_MAX];
	struct nlmsghdr *h;
	uint32_t type = 0;

	m.id = b->seq;
	m.set = map_new(&m);
	for (size_t i = 0; i < n; i++) {
		len[i] = field[i].len;
		type = type << TYPE_BITS | field[i].type;
	}
	nftnl_set_set_u32(m.set, NFTNL_SET_FLAGS,
		NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_MAP |
			(mask ? 0 : NFT_SET_INTERVAL | NFT_SET_CONCAT));
	nftnl_set_set_u32(m.set, NFTNL_SET_KEY_TYPE, type);
	nftnl_set_set_u32(m.set, NFTNL_SET_KEY_LEN, (uint32_t)n * SLOT);
	nftnl_set_set_u32(m.set, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
	nftnl_set_set_u32(m.set, NFTNL_SET_DESC_SIZE, (uint32_t)size);
	if (!mask)
		nftnl_set_set_data(
			m.set, NFTNL_SET_DESC_CONCAT, len, (uint32_t)n);
	/* Each element gets its own. */
	nftnl_set_add_expr(m.set, nft_must(nftnl_expr_alloc("counter")));
	h = nl_batch_msg(b, NFT_MSG_NEWSET, nft_family(b), NLM_F_CREATE);
	nftnl_set_nlmsg_build_payload(h, m.set);
	nl_batch_end_msg(b, h);
	nftnl_set_free(m.set);
	m.set = map_new(&m);
	return m;
}

static void elems_send(struct nft_vmap *m)
{
	struct nlmsghdr *h = nl_batch_msg(
		m->b, NFT_MSG_NEWSETELEM, nft_family(m->b), NLM_F_CREATE);

	nftnl_set_elems_nlmsg_build_payload(h, m->set);
	nl_batch_end_msg(m->b, h);
	nftnl_set_free(m->set);
	m->set = NULL;
	m->waiting = 0;
}

static struct map_key key_of(const struct nft_vmap *m, const uint32_t *v)
{
	struct map_key k = { 0 };

	for (size_t i = 0; i < m->n_fields; i++) {
		uint32_t be = htonl(v[i] << (SLOT - m->field[i].len) * 8);

		memcpy(k.b + i * SLOT, &be, SLOT);
	}
	return k;
}

void nft_vmap_add(struct nft_vmap *m, const uint32_t *lo, const uint32_t *hi,
	int verdict, const char *chain, uint32_t entry)
{
	struct nftnl_set_elem *e = nft_must(nftnl_set_elem_alloc());
	struct map_key first = key_of(m, lo), last = key_of(m, hi);
	uint32_t len = (uint32_t)m->n_fields * SLOT;
	uint8_t udata[2 + sizeof(entry)] = { NFT_UDATA_ENTRY, sizeof(entry) };

	memcpy(udata + 2, &entry, sizeof(entry));
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, first.b, len);
	if (!m->mask)
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY_END, last.b, len);
	nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_set_elem_set_str(e, NFTNL_SET_ELEM_CHAIN, chain);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, udata, sizeof(udata));
	if (!m->set)
		m->set = map_new(m);
	nftnl_set_elem_add(m->set, e);
	if (++m->waiting == ELEMS_MSG)
		elems_send(m);
}

/* Into the register of the field's place, and cut by the mask there. */
static void field_load(struct nft_rule *r, const struct nft_vmap *m, size_t at)
{
	const struct nft_field *f = &m->field[at];
	struct nftnl_expr *e = nft_must(nftnl_expr_alloc("payload"));
	uint32_t reg = NFT_REG32_00 + (uint32_t)at, zero = 0;

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, f->base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, f->offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, f->len);
	nftnl_rule_add_expr(r->r, e);
	if (!m->mask || f->len != SLOT || m->mask[at] == UINT32_MAX)
		return;
	uint32_t mask = htonl(m->mask[at]);

	e = nft_must(nftnl_expr_alloc("bitwise"));
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, SLOT);
	nftnl_expr_set_data(e, NFTNL_EXPR_BITWISE_MASK, &mask, SLOT);
	nftnl_expr_set_data(e, NFTNL_EXPR_BITWISE_XOR, &zero, SLOT);
	nftnl_rule_add_expr(r->r, e);
}

void nft_vmap_end(struct nft_vmap *m, struct nft_rule *r)
{
	struct nftnl_expr *e;

	if (m->waiting)
		elems_send(m);
	if (m->set)
		nftnl_set_free(m->set);
	for (size_t i = 0; i < m->n_fields; i++)
		field_load(r, m, i);
	e = nft_must(nftnl_expr_alloc("lookup"));
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG32_00);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, MAP_NAME);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, m->id);
	nftnl_rule_add_expr(r->r, e);
	*m = (struct nft_vmap){ 0 };
}

/* ---- counters ---- */

#define MAP_NAME_MAX 32

struct entry_dump {
	const char *table, *chain;
	uint64_t *v;
	size_t n;
	char (*map)[MAP_NAME_MAX]; /* that the rules look up */
	size_t n_maps;
	uint64_t packets; /* of the rule or element being read */
};

/* Adds what was read to its entry, if it has one. */
static void entry_count(struct entry_dump *d, const uint8_t *u, uint32_t len)
{
	uint32_t entry;

	for (uint32_t at = 0; at + 2 <= len && at + 2 + u[at + 1] <= len;
		at += 2u + u[at + 1]) {
		if (u[at] != NFT_UDATA_ENTRY || u[at + 1] != sizeof(entry))
			continue;
		memcpy(&entry, u + at + 2, sizeof(entry));
		if (entry < d->n)
			d->v[entry] += d->packets;
	}
}

static int expr_take(struct nftnl_expr *e, void *arg)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	struct entry_dump *d = arg;

	if (!strcmp(name, "counter"))
		d->packets += nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_PACKETS);
	if (strcmp(name, "lookup") != 0 ||
		!nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG))
		return 0;
	d->map = xreallocarray(d->map, d->n_maps + 1, sizeof(*d->map));
	snprintf(d->map[d->n_maps++], MAP_NAME_MAX, "%s",
		nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET));
	return 0;
}

static int rule_take(const struct nlmsghdr *h, void *arg)
{
	struct entry_dump *d = arg;
	struct nftnl_rule *r = nft_must(nftnl_rule_alloc());
	uint32_t len = 0;
	const void *u;

	d->packets = 0;
	/* Old kernels ignore the filter of a dump and send every rule. */
	if (nftnl_rule_nlmsg_parse(h, r) == 0 &&
		!strcmp(nftnl_rule_get_str(r, NFTNL_RULE_TABLE), d->table) &&
		!strcmp(nftnl_rule_get_str(r, NFTNL_RULE_CHAIN), d->chain)) {
		nftnl_expr_foreach(r, expr_take, d);
		u = nftnl_rule_get_data(r, NFTNL_RULE_USERDATA, &len);
		if (u)
			entry_count(d, u, len);
	}
	nftnl_rule_free(r);
	return MNL_CB_OK;
}

static int elem_take(struct nftnl_set_elem *e, void *arg)
{
	struct entry_dump *d = arg;
	uint32_t len = 0;
	const void *u = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA, &len);

	d->packets = 0;
	nftnl_set_elem_expr_foreach(e, expr_take, d);
	if (u)
		entry_count(d, u, len);
	return 0;
}

static int elems_take(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_set *s = nft_must(nftnl_set_alloc());

	if (nftnl_set_elems_nlmsg_parse(h, s) == 0)
		nftnl_set_elem_foreach(s, elem_take, arg);
	nftnl_set_free(s);
	return MNL_CB_OK;
}

static int rules_dump(struct nl *nl, uint8_t family, struct entry_dump *d)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nftnl_rule *r = nft_must(nftnl_rule_alloc());
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETRULE, family,
		NLM_F_DUMP | NLM_F_REQUEST, ++nl->seq);

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, d->table);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, d->chain);
	nftnl_rule_nlmsg_build_payload(h, r);
	nftnl_rule_free(r);
	return nl_talk(nl, h, rule_take, d);
}

static int map_dump(
	struct nl *nl, uint8_t family, const char *map, struct entry_dump *d)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nftnl_set *s = nft_must(nftnl_set_alloc());
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM,
		family, NLM_F_DUMP | NLM_F_REQUEST, ++nl->seq);

	nftnl_set_set_str(s, NFTNL_SET_TABLE, d->table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, map);
	nftnl_set_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	return nl_talk(nl, h, elems_take, d);
}

int nft_entry_counters(struct nl *nl, uint8_t family, const char *table,
	const char *chain, uint64_t *v, size_t n)
{
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct entry_dump d = {
			.table = table, .chain = chain, .v = v, .n = n
		};

		memset(v, 0, n * sizeof(*v));
		rc = rules_dump(nl, family, &d);
		for (size_t i = 0; i < d.n_maps && !rc; i++)
			rc = map_dump(nl, family, d.map[i], &d);
		free(d.map);
	}
	return rc;
}
