/* The nf_tables table that the groups of all backends stand in, by crypto map
 * order whoever serves them, so that a group can go from one backend to another
 * by one transaction.
 *
 *   prerouting raw     defrag    a rule that never matches but makes the kernel
 *                                reassemble: port lists see whole packets
 *   prerouting mangle  pre       ESP for us, clear packets from the crypto
 *                                interface, packets to be encrypted
 *   output mangle      out       the same for our own packets
 *   forward            fwd       (IPv4) packets to be encrypted of groups that
 *                                catch them as they leave, ahead of the guard
 *
 * one of that name in each family that has groups; the IPv6 one knows no GDOI,
 * which goes over IPv4, but lets neighbour discovery of this box go on.
 *
 * And for each group in slot N: outN (its lists), encN (what the backend does
 * with permitted packets, or nothing while they are sent in clear), inN (its
 * lists mirrored), clearN (report and drop), espN (ESP of unknown SPI), unkN
 * and oddN (report; unkN drops).  The backends' own chains come on top. */
#include "dataplane/table.h"
#include "base/loop.h"
#include "dataplane/path.h"
#include "dataplane/selector_nft.h"
#include "dataplane/table_priv.h"
#include "dataplane/watch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GDOI_PORT        848
#define NFT_TYPE_INTEGER 4 /* how nft shows the elements */
#define ANY_REPORT       1 /* reports a second */
#define ANY_BURST        5

struct chain_name table_chain(const char *kind, const struct table_group *g)
{
	struct chain_name c;

	snprintf(c.s, sizeof(c.s), "%s%u", kind, g->slot);
	return c;
}

/* The kernel has one table of that name, so a process has one of these. */
static struct {
	TAILQ_HEAD(, table) tables; /* of the open backends */
	struct table_order groups;  /* of all of them */
	struct nl nft;
	bool has_ip6; /* the kernel has the IPv6 table */
	bool has_fwd; /* the IPv4 one has that chain */
	bool own;     /* no other program can change the tables */
	struct watch *others[2]; /* unless own: what they do to them */
} shared = { .tables = TAILQ_HEAD_INITIALIZER(shared.tables),
	.groups = TAILQ_HEAD_INITIALIZER(shared.groups) };

struct nl *table_nl(void)
{
	return &shared.nft;
}

bool table_is_own(void)
{
	return shared.own;
}

static const char *const group_chains[] = { "enc", "out", "clear", "in", "unk",
	"odd", "esp" };

static bool group_refuses_clear(const struct table_group *g)
{
	return path_refuses_clear(&g->cfg, g->can_send);
}

uint8_t table_family(bool ip6)
{
	return ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* What follows is for the table of one family. */
static void batch_family(struct nl_batch *b, bool ip6)
{
	nft_use(b, table_family(ip6), DP_NFT_TABLE);
}

static void batch_begin(struct nl_batch *b)
{
	nl_batch_begin(b);
	batch_family(b, false);
	b->own = shared.own;
}

bool table_has(const struct nl_batch *b, const struct table_group *g)
{
	return g->cfg.ip6 == nft_is_ip6(b);
}

/* All backends do IPv4. */
static bool kind_does(const struct nl_batch *b, const struct table *t)
{
	return t->kind->ip6 || !nft_is_ip6(b);
}

/* Whoever made it; that of a process that lives is its own. */
static void table_remove(struct nl_batch *b)
{
	/* Made first, so that deleting one that is not there is no error. */
	b->own = false;
	nft_table_add(b);
	nft_table_del(b);
	b->own = shared.own;
}

static int table_reclaim(void)
{
	struct nl_batch b = { 0 };
	int rc;

	batch_begin(&b);
	table_remove(&b);
	batch_family(&b, true);
	table_remove(&b);
	rc = nl_batch_commit(&shared.nft, &b);
	nl_batch_free(&b);
	if (!rc)
		shared.has_ip6 = shared.has_fwd = false;
	return rc;
}

void table_spi_test(struct nft_rule *r, const struct table_kind *k)
{
	nft_protocol(r, IPPROTO_ESP);
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
	nft_lookup(r, k->spi_set, false);
}

/* Whatever device it came from: sealed once is enough. */
static void sealed_rules(struct nl_batch *b, const char *chain)
{
	const struct table *t;

	TAILQ_FOREACH(t, &shared.tables, link) {
		struct nft_rule r;

		if (!kind_does(b, t))
			continue;
		r = nft_rule_begin(b, chain);
		table_spi_test(&r, t->kind);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
}

static void udp_port_test(struct nft_rule *r, unsigned offset)
{
	uint16_t port = htons(GDOI_PORT);

	nft_protocol(r, IPPROTO_UDP);
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2);
	nft_cmp(r, NFT_CMP_EQ, &port, 2);
}

static void defrag_build(struct nl_batch *b)
{
	nft_chain_add(
		b, "defrag", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, "filter");
	nft_chain_flush(b, "defrag");
	nft_defrag(b, "defrag");
}

bool table_first_on_netdev(
	const struct table_group_list *groups, const struct table_group *g)
{
	const struct table_group *h;

	TAILQ_FOREACH(h, groups, link)
		if (h->cfg.ip6 == g->cfg.ip6 &&
			!strcmp(h->cfg.netdev, g->cfg.netdev))
			return h == g;
	return true;
}

static void clear_rules(struct nl_batch *b)
{
	static const uint8_t esp = IPPROTO_ESP;
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, &shared.groups, any) {
		if (!table_has(b, g) || !group_refuses_clear(g))
			continue;
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		nft_protocol(&r, esp);
		nft_verdict(&r, NFT_JUMP, table_chain("esp", g).s);
		nft_rule_end(&r);
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		nft_protocol_load(&r);
		nft_cmp(&r, NFT_CMP_NEQ, &esp, 1);
		nft_verdict(&r, NFT_JUMP, table_chain("in", g).s);
		nft_rule_end(&r);
	}
}

/* Groups are asked in their order: where one of an interface is asked before
 * the routing, all are. */
static bool asked_before_routing(const struct table_group *g)
{
	const struct table_group *h;

	TAILQ_FOREACH(h, &shared.groups, any)
		if (h->cfg.policy && h->cfg.ip6 == g->cfg.ip6 &&
			h->marking != TABLE_MARK_LEAVING &&
			!strcmp(h->cfg.netdev, g->cfg.netdev))
			return true;
	return false;
}

void table_out_jumps(struct nl_batch *b, const char *chain)
{
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, &shared.groups, any) {
		if (!table_has(b, g) || !g->cfg.policy ||
			!asked_before_routing(g))
			continue;
		r = nft_rule_begin(b, chain);
		nft_fib_oifname(&r, g->cfg.netdev);
		nft_verdict(&r, NFT_JUMP, table_chain("out", g).s);
		nft_rule_end(&r);
	}
}

static void gdoi_in_rules(struct nl_batch *b)
{
	struct nft_rule r = nft_rule_begin(b, "pre");

	udp_port_test(&r, 2);
	nft_fib_local(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_comment(&r, "GDOI to this box");
	nft_rule_end(&r);
	r = nft_rule_begin(b, "pre");
	udp_port_test(&r, 2);
	nft_fib_multicast(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_comment(&r, "rekeys to a group");
	nft_rule_end(&r);
}

static void gdoi_out_rule(struct nl_batch *b)
{
	struct nft_rule r = nft_rule_begin(b, "out");

	udp_port_test(&r, 0);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_comment(&r, "GDOI of this box");
	nft_rule_end(&r);
}

static void pre_build(struct nl_batch *b)
{
	const struct table *t;
	struct nft_rule r;

	nft_chain_add(
		b, "pre", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE, "filter");
	nft_chain_flush(b, "pre");
	TAILQ_FOREACH(t, &shared.tables, link)
		if (kind_does(b, t))
			t->kind->esp(b, &t->groups);
	sealed_rules(b, "pre");
	if (nft_is_ip6(b))
		nft_neighbours(b, "pre", true);
	else
		gdoi_in_rules(b);
	clear_rules(b);
	r = nft_rule_begin(b, "pre");
	nft_fib_local(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	table_out_jumps(b, "pre");
}

/* Rules at the end of a chain that knows the output device; all: also of
 * groups that route what is to be encrypted. */
static void leaving_rules(struct nl_batch *b, const char *chain, bool all)
{
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, &shared.groups, any) {
		if (!table_has(b, g) || !g->cfg.policy ||
			(!all && g->marking == TABLE_MARK_ROUTED))
			continue;
		r = nft_rule_begin(b, chain);
		nft_oifname(&r, g->cfg.netdev);
		nft_verdict(&r, NFT_JUMP, table_chain("out", g).s);
		nft_rule_end(&r);
	}
}

static void out_build(struct nl_batch *b)
{
	const struct table *t;

	nft_chain_add(b, "out", NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE, "route");
	nft_chain_flush(b, "out");
	TAILQ_FOREACH(t, &shared.tables, link)
		if (kind_does(b, t))
			t->kind->out(b);
	if (nft_is_ip6(b))
		nft_neighbours(b, "out", false);
	else
		gdoi_out_rule(b);
	sealed_rules(b, "out");
	leaving_rules(b, "out", true);
}

static void marked_rule(struct nl_batch *b, const char *chain, uint32_t mark)
{
	static const uint32_t mask = DP_MARK_OUT_MASK, zero;
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_meta(&r, NFT_META_MARK);
	nft_bitwise(&r, &mask, &zero, sizeof(mask));
	nft_cmp(&r, NFT_CMP_EQ, &mark, sizeof(mark));
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

/* Made when a group first wants it. */
static void fwd_build(struct nl_batch *b)
{
	const struct table_group *g;
	const struct table *t;
	struct nft_rule r;

	TAILQ_FOREACH(g, &shared.groups, any)
		shared.has_fwd |= g->marking != TABLE_MARK_ROUTED;
	if (!shared.has_fwd || nft_is_ip6(b))
		return;
	nft_chain_add(b, "fwd", NF_INET_FORWARD, NF_IP_PRI_MANGLE - 1,
		"filter");
	nft_chain_flush(b, "fwd");
	sealed_rules(b, "fwd");
	TAILQ_FOREACH(t, &shared.tables, link)
		marked_rule(b, "fwd", t->kind->mark_out);
	marked_rule(b, "fwd", DP_MARK_LEAVE(0));
	r = nft_rule_begin(b, "fwd");
	udp_port_test(&r, 2);
	nft_fib_multicast(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	leaving_rules(b, "fwd", false);
}

/* A limited report, then a counter, and the drop where there is one. */
static void report_build(struct nl_batch *b, const struct table *t,
	const struct table_group *g, const char *chain, char kind, bool drop)
{
	struct chain_name c = table_chain(chain, g);
	struct nft_rule r = nft_rule_begin(b, c.s);
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%c%u", kind, g->slot);
	nft_limit(&r, ANY_REPORT, ANY_BURST);
	nft_log(&r, t->kind->nflog_group, DP_NFLOG_SNAP, prefix);
	nft_rule_end(&r);
	r = nft_rule_begin(b, c.s);
	nft_counter(&r);
	nft_verdict(&r, drop ? NF_DROP : NFT_RETURN, NULL);
	nft_rule_end(&r);
}

/* ESP whose SPI we do not hold is dropped where a permit selects ESP itself;
 * under a narrower permit it only counts. */
static void unknown_esp_build(struct nl_batch *b, const struct table_group *g)
{
	struct chain_name esp = table_chain("esp", g);
	struct chain_name unk = table_chain("unk", g);
	struct chain_name odd = table_chain("odd", g);
	const struct acl *in = &g->lists->policy_in;
	auto_free const char **to = xcalloc(in->n + 1, sizeof(*to));
	const struct acl_verdicts v = {
		.permit = NFT_GOTO, .deny = NFT_RETURN, .permit_chains = to
	};
	struct acl list = { .ip6 = in->ip6,
		.v = xcalloc(in->n + 1, sizeof(*list.v)) };

	for (size_t i = 0; i < in->n; i++) {
		enum path_esp how =
			path_esp_entry(&in->v[i], &list.v[list.n]);

		if (how != PATH_ESP_SKIP)
			to[list.n++] = how == PATH_ESP_ITSELF ? unk.s : odd.s;
	}
	acl_nft_compile(b, esp.s, &list, &v);
	acl_free(&list);
}

/* The i-th of the chains that every group has, then of the backend's. */
static const char *group_chain(const struct table_kind *k, size_t i)
{
	size_t common = ARRAY_LEN(group_chains);

	if (i < common)
		return group_chains[i];
	return i - common < k->n_chains ? k->chains[i - common] : NULL;
}

static void group_build(
	struct nl_batch *b, const struct table *t, const struct table_group *g)
{
	struct chain_name enc = table_chain("enc", g),
			  clear = table_chain("clear", g);
	const struct acl_verdicts skip = {
		.permit = NFT_CONTINUE, .deny = NFT_RETURN
	};
	const struct acl_verdicts out = { .permit = NFT_GOTO,
		.deny = NFT_RETURN,
		.permit_chain = enc.s,
		.first = g->lists->local.n };
	const struct acl_verdicts in = { .permit = NFT_GOTO,
		.deny = NFT_RETURN,
		.permit_chain = clear.s };
	const char *kind;

	for (size_t i = 0; (kind = group_chain(t->kind, i)); i++) {
		struct chain_name c = table_chain(kind, g);

		nft_chain_add(b, c.s, -1, 0, NULL);
		nft_chain_flush(b, c.s);
	}
	if (t->kind->group)
		t->kind->group(b, g);
	if (!g->cfg.policy)
		return;
	if (path_encrypts(&g->cfg, g->can_send))
		t->kind->seal(b, g);
	acl_nft_compile(b, table_chain("out", g).s, &g->lists->local, &skip);
	acl_nft_compile(b, table_chain("out", g).s, &g->lists->policy, &out);
	report_build(b, t, g, "clear", 'n', true);
	report_build(b, t, g, "unk", 's', true);
	report_build(b, t, g, "odd", 's', false);
	acl_nft_compile(b, table_chain("in", g).s, &g->lists->local_in, &skip);
	acl_nft_compile(b, table_chain("in", g).s, &g->lists->policy_in, &in);
	unknown_esp_build(b, g);
}

/* Chains go only when nothing jumps to them any more. */
static void group_unbuild(
	struct nl_batch *b, const struct table *t, const struct table_group *g)
{
	const char *kind;

	for (size_t i = 0; (kind = group_chain(t->kind, i)); i++)
		nft_chain_flush(b, table_chain(kind, g).s);
	for (size_t i = 0; (kind = group_chain(t->kind, i)); i++)
		nft_chain_del(b, table_chain(kind, g).s);
}

/* Base chains for all groups, anew. */
static void base_build(struct nl_batch *b)
{
	const struct table_group *g;
	const struct table *t;

	nft_table_add(b);
	TAILQ_FOREACH(t, &shared.tables, link)
		if (kind_does(b, t))
			nft_set_add(b, t->kind->spi_set, 4, NFT_TYPE_INTEGER);
	TAILQ_FOREACH(g, &shared.groups, any)
		if (table_has(b, g))
			nft_chain_add(b, table_chain("out", g).s, -1, 0, NULL);
	defrag_build(b);
	nft_chain_add(b, "notrack", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW, "filter");
	nft_chain_flush(b, "notrack");
	TAILQ_FOREACH(t, &shared.tables, link)
		if (kind_does(b, t))
			t->kind->frame(b, &t->groups);
}

static bool any_ip6(void)
{
	const struct table_group *g;

	TAILQ_FOREACH(g, &shared.groups, any)
		if (g->cfg.ip6)
			return true;
	return false;
}

static void family_build(struct nl_batch *b, const struct table *t,
	const struct table_group *changed, const struct table_group *gone)
{
	base_build(b);
	if (changed && table_has(b, changed))
		group_build(b, t, changed);
	pre_build(b);
	out_build(b);
	fwd_build(b);
	if (gone && gone->in_kernel && table_has(b, gone))
		group_unbuild(b, t, gone);
}

/* All of it in one transaction: `changed` (may be NULL) with its lists, `gone`
 * (may be NULL) without.  0 or -errno. */
static int table_commit(struct table *t, struct table_group *changed,
	const struct table_group *gone)
{
	struct nl_batch b = { 0 };
	bool ip6 = any_ip6();
	int rc;

	batch_begin(&b);
	family_build(&b, t, changed, gone);
	batch_family(&b, true);
	if (ip6)
		family_build(&b, t, changed, gone);
	else if (shared.has_ip6)
		nft_table_del(&b);
	rc = nl_batch_commit(&shared.nft, &b);
	nl_batch_free(&b);
	if (!rc)
		shared.has_ip6 = ip6;
	if (changed)
		changed->in_kernel |= rc == 0;
	return rc;
}

static void spi_set(
	struct nl_batch *b, const struct table *t, uint32_t spi, bool add)
{
	uint32_t be = htonl(spi);

	nft_set_change(b, t->kind->spi_set, add, &be, sizeof(be));
}

static void spi_note(struct table *t, struct table_spi spi, bool add)
{
	size_t i = 0;

	while (i < t->n_spis &&
		(t->spi[i].spi != spi.spi || t->spi[i].ip6 != spi.ip6))
		i++;
	if (add && i == t->n_spis) {
		t->spi = xreallocarray(t->spi, i + 1, sizeof(*t->spi));
		t->spi[t->n_spis++] = spi;
	} else if (!add && i < t->n_spis) {
		t->spi[i] = t->spi[--t->n_spis];
	}
}

int table_spi(struct table *t, bool ip6, uint32_t spi, bool add)
{
	struct nl_batch b = { 0 };
	int rc = 0;

	/* With the last group the table has gone. */
	if (!ip6 || shared.has_ip6) {
		batch_begin(&b);
		batch_family(&b, ip6);
		spi_set(&b, t, spi, add);
		rc = nl_batch_commit(&shared.nft, &b);
		nl_batch_free(&b);
	}
	if (!rc)
		spi_note(t, (struct table_spi){ spi, ip6 }, add);
	return rc;
}

/* ---- groups ---- */

struct table_group *table_find(const struct table *t, uint32_t id)
{
	struct table_group *g;

	TAILQ_FOREACH(g, &t->groups, link)
		if (g->cfg.id == id)
			return g;
	return NULL;
}

struct table_group *table_by_slot(const struct table *t, unsigned slot)
{
	struct table_group *g;

	TAILQ_FOREACH(g, &t->groups, link)
		if (g->slot == slot)
			return g;
	return NULL;
}

struct dp_group_view table_group_view(const struct table_group *g)
{
	struct dp_group_view v = { .cfg = g->cfg };

	v.cfg.local = &g->lists->local;
	if (g->cfg.policy)
		v.cfg.policy = &g->lists->policy;
	return v;
}

static struct group_lists *lists_new(const struct dp_group *in)
{
	struct group_lists *l = xcalloc(1, sizeof(*l));

	if (in->local) {
		acl_dup(&l->local, in->local);
		acl_mirror(&l->local_in, in->local);
	}
	if (in->policy) {
		acl_dup(&l->policy, in->policy);
		acl_mirror(&l->policy_in, in->policy);
	}
	return l;
}

void group_lists_free(struct group_lists *l)
{
	if (!l)
		return;
	acl_free(&l->local);
	acl_free(&l->policy);
	acl_free(&l->local_in);
	acl_free(&l->policy_in);
	free(l);
}

static bool goes_behind(const struct table_group *g, const struct table_group *h)
{
	if (g->cfg.order != h->cfg.order)
		return g->cfg.order > h->cfg.order;
	return g->cfg.id >= h->cfg.id;
}

/* One that stands there twice, as it moves, is served by the older until that
 * is gone. */
static void group_place(struct table *t, struct table_group *g)
{
	struct table_group *after;

	TAILQ_FOREACH(after, &t->groups, link)
		if (!goes_behind(g, after))
			break;
	if (after)
		TAILQ_INSERT_BEFORE(after, g, link);
	else
		TAILQ_INSERT_TAIL(&t->groups, g, link);
	TAILQ_FOREACH(after, &shared.groups, any)
		if (!goes_behind(g, after))
			break;
	if (after)
		TAILQ_INSERT_BEFORE(after, g, any);
	else
		TAILQ_INSERT_TAIL(&shared.groups, g, any);
	g->table = t;
}

static void group_displace(struct table_group *g)
{
	TAILQ_REMOVE(&g->table->groups, g, link);
	TAILQ_REMOVE(&shared.groups, g, any);
	g->table = NULL;
}

static bool slot_taken(unsigned slot)
{
	const struct table_group *g;

	TAILQ_FOREACH(g, &shared.groups, any)
		if (g->slot == slot)
			return true;
	return false;
}

int table_group_init(
	struct table *t, struct table_group *g, const struct dp_group *in)
{
	g->cfg = *in;
	g->cfg.policy = NULL;
	while (g->slot < DP_SLOTS && slot_taken(g->slot))
		g->slot++;
	if (g->slot >= DP_SLOTS)
		return -ENOSPC;
	g->lists = xcalloc(1, sizeof(*g->lists));
	g->ace_base = xcalloc(1, sizeof(*g->ace_base));
	group_place(t, g);
	return 0;
}

void table_group_fini(struct table_group *g)
{
	if (g->table)
		group_displace(g);
	group_lists_free(g->lists);
	free(g->ace_base);
}

static void group_take(struct table *t, struct table_group *g,
	const struct dp_group *cfg, struct group_lists *lists)
{
	g->cfg = *cfg;
	g->lists = lists;
	group_displace(g);
	group_place(t, g);
}

int table_group_replace(struct table *t, struct table_group *g,
	const struct dp_group *in, struct group_lists **old)
{
	struct group_lists *lists = lists_new(in);
	struct dp_group was = g->cfg;
	int rc;

	*old = g->lists;
	table_counts_keep(g);
	group_take(t, g, in, lists);
	rc = table_commit(t, g, NULL);
	if (rc) {
		group_take(t, g, &was, *old);
		group_lists_free(lists);
		*old = NULL;
		return rc;
	}
	if (!acl_equal(&lists->policy, &(*old)->policy) ||
		!acl_equal(&lists->local, &(*old)->local)) {
		free(g->ace_base);
		g->ace_base = xcalloc(table_entries(g) + 1, sizeof(*g->ace_base));
	}
	return 0;
}

int table_group_renew(struct table *t, struct table_group *g)
{
	table_counts_keep(g);
	return table_commit(t, g, NULL);
}

int table_group_remove(struct table *t, struct table_group *g)
{
	group_displace(g);
	return table_commit(t, NULL, g);
}

/* All that stands in the table of one family. */
static void family_restore(struct nl_batch *b)
{
	struct table_group *g;
	const struct table *t;

	table_remove(b);
	base_build(b);
	TAILQ_FOREACH(g, &shared.groups, any)
		if (table_has(b, g))
			group_build(b, g->table, g);
	pre_build(b);
	out_build(b);
	fwd_build(b);
	TAILQ_FOREACH(t, &shared.tables, link)
		for (size_t i = 0; i < t->n_spis; i++)
			if (t->spi[i].ip6 == nft_is_ip6(b))
				spi_set(b, t, t->spi[i].spi, true);
}

int table_restore(void)
{
	struct nl_batch b = { 0 };
	struct table_group *g;
	int rc;

	if (TAILQ_EMPTY(&shared.groups))
		return 0;
	TAILQ_FOREACH(g, &shared.groups, any)
		table_counts_keep(g);
	batch_begin(&b);
	family_restore(&b);
	batch_family(&b, true);
	if (any_ip6())
		family_restore(&b);
	rc = nl_batch_commit(&shared.nft, &b);
	nl_batch_free(&b);
	if (!rc)
		shared.has_ip6 = any_ip6();
	TAILQ_FOREACH(g, &shared.groups, any)
		g->in_kernel |= rc == 0;
	return rc;
}

/* ---- open and close ---- */

static void shared_close(void)
{
	for (int ip6 = 0; ip6 < 2; ip6++) {
		watch_free(shared.others[ip6]);
		shared.others[ip6] = NULL;
	}
	nl_close(&shared.nft);
}

static int shared_open(void)
{
	int rc = nl_open(&shared.nft, NETLINK_NETFILTER, 0);

	for (int ip6 = 0; ip6 < 2 && !rc; ip6++)
		rc = nft_table_await(
			&shared.nft, table_family(ip6), DP_NFT_TABLE);
	if (!rc)
		rc = table_reclaim();
	if (!rc)
		shared.own = nft_can_own(&shared.nft);
	else
		shared_close();
	return rc;
}

int table_open(struct table *t, const struct table_kind *kind)
{
	int rc;

	t->kind = kind;
	TAILQ_INIT(&t->groups);
	rc = TAILQ_EMPTY(&shared.tables) ? shared_open() : 0;
	if (!rc) {
		TAILQ_INSERT_TAIL(&shared.tables, t, link);
		t->open = true;
	}
	return rc;
}

static void changed_by_others(void *arg, bool missed)
{
	const struct table *t = TAILQ_FIRST(&shared.tables);
	int rc = -ENOENT;

	(void)arg;
	if (missed)
		rc = nft_table_check(
			&shared.nft, NFPROTO_IPV4, DP_NFT_TABLE);
	if (missed && !rc && shared.has_ip6)
		rc = nft_table_check(
			&shared.nft, NFPROTO_IPV6, DP_NFT_TABLE);
	if (TAILQ_EMPTY(&shared.groups) || rc != -ENOENT)
		return;
	rc = table_restore();
	if (rc)
		dp_tell(t->ev, "table " DP_NFT_TABLE " was changed by another "
			       "program: %s", strerror(-rc));
	else
		dp_tell(t->ev, "table " DP_NFT_TABLE " was changed by another "
			       "program and is restored");
}

void table_watch(struct loop *loop)
{
	for (int ip6 = 0; ip6 < 2 && !shared.own; ip6++)
		if (!shared.others[ip6])
			shared.others[ip6] = watch_table(loop, &shared.nft,
				table_family(ip6), DP_NFT_TABLE,
				changed_by_others, NULL);
}

static void family_leave(struct nl_batch *b, const struct table *t)
{
	const char *const *chain = t->kind->frame_chains;

	base_build(b);
	pre_build(b);
	out_build(b);
	fwd_build(b);
	nft_set_add(b, t->kind->spi_set, 4, NFT_TYPE_INTEGER);
	nft_set_del(b, t->kind->spi_set);
	for (; chain && *chain; chain++) {
		nft_chain_add(b, *chain, -1, 0, NULL);
		nft_chain_flush(b, *chain);
		nft_chain_del(b, *chain);
	}
}

/* The others' groups stay. */
static void table_leave(struct table *t)
{
	struct nl_batch b = { 0 };
	int rc;

	batch_begin(&b);
	family_leave(&b, t);
	if (shared.has_ip6) {
		batch_family(&b, true);
		family_leave(&b, t);
	}
	rc = nl_batch_commit(&shared.nft, &b);
	nl_batch_free(&b);
	if (rc && t->ev)
		dp_tell(t->ev, "closing: %s", strerror(-rc));
}

void table_close(struct table *t)
{
	if (t->watch)
		loop_fd_del(t->watch);
	if (t->open) {
		TAILQ_REMOVE(&shared.tables, t, link);
		if (TAILQ_EMPTY(&shared.tables)) {
			(void)table_reclaim();
			shared_close();
		} else {
			table_leave(t);
		}
	}
	t->open = false;
	free(t->spi);
	nl_close(&t->log);
}
