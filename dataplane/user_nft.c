/* The nf_tables table of the user backend.
 *
 *   prerouting raw     defrag    a rule that never matches but makes the kernel
 *                                reassemble: port lists see whole packets
 *   prerouting mangle  pre       ESP for us, clear packets from the crypto
 *                                interface, packets to be encrypted
 *   output mangle      out       the same for our own packets
 *   output raw         notrack   our ESP keeps its addresses through NAT
 *
 * and for each group in slot N: outN (its lists), encN (mark, or nothing while
 * it sends in clear), inN (its lists mirrored), clearN (report and drop), espN
 * (ESP of unknown SPI), unkN and oddN (report; unkN drops). */
#include "dataplane/path.h"
#include "dataplane/selector_nft.h"
#include "dataplane/user_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GDOI_PORT        848
#define CHAIN_MAX        16
#define SPI_SET          "spis"
#define NFT_TYPE_INTEGER 4 /* how nft shows the elements */
#define ANY_REPORT       1 /* reports a second */
#define ANY_BURST        5

struct chain_name {
	char s[CHAIN_MAX];
};

static struct chain_name chain_of(const char *kind, const struct user_group *g)
{
	struct chain_name c;

	snprintf(c.s, sizeof(c.s), "%s%u", kind, g->slot);
	return c;
}

static const char *const group_chains[] = { "enc", "out", "clear", "in", "unk",
	"odd", "esp" };

bool group_encrypts(const struct user_group *g)
{
	return path_encrypts(&g->cfg, g->sending != NULL);
}

static bool group_refuses_clear(const struct user_group *g)
{
	return path_refuses_clear(&g->cfg, g->sending != NULL);
}

void table_reclaim(struct nl *nft)
{
	struct nl_batch b = { 0 };

	/* Made first, so that deleting one that is not there is no error. */
	nl_batch_begin(&b);
	nft_table_add(&b);
	nft_table_del(&b);
	(void)nl_batch_commit(nft, &b);
	nl_batch_free(&b);
}

static void spi_test(struct nft_rule *r)
{
	nft_protocol(r, IPPROTO_ESP);
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
	nft_lookup(r, SPI_SET, false);
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
	struct nft_rule r;

	nft_chain_add(
		b, "defrag", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, "filter");
	nft_chain_flush(b, "defrag");
	r = nft_rule_begin(b, "defrag");
	nft_iifname(&r, "none");
	nft_protocol(&r, IPPROTO_TCP);
	nft_tproxy(&r, 1);
	nft_rule_comment(&r, "only to have fragments reassembled");
	nft_rule_end(&r);
}

static void notrack_build(struct nl_batch *b)
{
	struct nft_rule r;

	nft_chain_add(b, "notrack", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW, "filter");
	nft_chain_flush(b, "notrack");
	r = nft_rule_begin(b, "notrack");
	nft_mark_is(&r, DP_MARK_OWN);
	nft_notrack(&r);
	nft_rule_end(&r);
}

/* True for the first group of its interface. */
static bool first_on_netdev(
	const struct user_group_list *groups, const struct user_group *g)
{
	const struct user_group *h;

	TAILQ_FOREACH(h, groups, link)
		if (!strcmp(h->cfg.netdev, g->cfg.netdev))
			return h == g;
	return true;
}

static void esp_rules(struct nl_batch *b, const struct user_group_list *groups)
{
	const struct user_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, groups, link) {
		if (!first_on_netdev(groups, g))
			continue;
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		spi_test(&r);
		nft_mark_set(&r, DP_MARK_IN);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
	/* Whatever device it came from: sealed once is enough. */
	r = nft_rule_begin(b, "pre");
	spi_test(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static void clear_rules(
	struct nl_batch *b, const struct user_group_list *groups)
{
	static const uint8_t esp = IPPROTO_ESP;
	const struct user_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, groups, link) {
		if (!group_refuses_clear(g))
			continue;
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		nft_protocol(&r, esp);
		nft_verdict(&r, NFT_JUMP, chain_of("esp", g).s);
		nft_rule_end(&r);
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, 9, 1);
		nft_cmp(&r, NFT_CMP_NEQ, &esp, 1);
		nft_verdict(&r, NFT_JUMP, chain_of("in", g).s);
		nft_rule_end(&r);
	}
}

static void pre_build(struct nl_batch *b, const struct user_group_list *groups)
{
	const struct user_group *g;
	struct nft_rule r;

	nft_chain_add(
		b, "pre", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE, "filter");
	nft_chain_flush(b, "pre");
	esp_rules(b, groups);
	r = nft_rule_begin(b, "pre");
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
	clear_rules(b, groups);
	r = nft_rule_begin(b, "pre");
	nft_fib_local(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	TAILQ_FOREACH(g, groups, link) {
		if (!g->cfg.policy)
			continue;
		r = nft_rule_begin(b, "pre");
		nft_fib_oifname(&r, g->cfg.netdev);
		nft_verdict(&r, NFT_JUMP, chain_of("out", g).s);
		nft_rule_end(&r);
	}
}

static void out_build(struct nl_batch *b, const struct user_group_list *groups)
{
	const struct user_group *g;
	struct nft_rule r;

	nft_chain_add(b, "out", NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE, "route");
	nft_chain_flush(b, "out");
	r = nft_rule_begin(b, "out");
	nft_mark_is(&r, DP_MARK_OWN);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	r = nft_rule_begin(b, "out");
	udp_port_test(&r, 0);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_comment(&r, "GDOI of this box");
	nft_rule_end(&r);
	r = nft_rule_begin(b, "out");
	spi_test(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	TAILQ_FOREACH(g, groups, link) {
		if (!g->cfg.policy)
			continue;
		r = nft_rule_begin(b, "out");
		nft_oifname(&r, g->cfg.netdev);
		nft_verdict(&r, NFT_JUMP, chain_of("out", g).s);
		nft_rule_end(&r);
	}
}

/* A limited report, then a counter, and the drop where there is one. */
static void report_build(struct nl_batch *b, const struct user_group *g,
	const char *chain, char kind, bool drop)
{
	struct chain_name c = chain_of(chain, g);
	struct nft_rule r = nft_rule_begin(b, c.s);
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%c%u", kind, g->slot);
	nft_limit(&r, ANY_REPORT, ANY_BURST);
	nft_log(&r, DP_NFLOG_GROUP, DP_NFLOG_SNAP, prefix);
	nft_rule_end(&r);
	r = nft_rule_begin(b, c.s);
	nft_counter(&r);
	nft_verdict(&r, drop ? NF_DROP : NFT_RETURN, NULL);
	nft_rule_end(&r);
}

/* ESP whose SPI we do not hold is dropped where a permit selects ESP itself;
 * under a narrower permit it only counts. */
static void unknown_esp_build(struct nl_batch *b, const struct user_group *g)
{
	struct chain_name esp = chain_of("esp", g), unk = chain_of("unk", g);
	struct chain_name odd = chain_of("odd", g);
	const struct acl *in = &g->lists->policy_in;
	auto_free const char **to = xcalloc(in->n + 1, sizeof(*to));
	const struct acl_verdicts v = {
		.permit = NFT_GOTO, .deny = NFT_RETURN, .permit_chains = to
	};
	struct acl list = { .v = xcalloc(in->n + 1, sizeof(*list.v)) };

	for (size_t i = 0; i < in->n; i++) {
		enum path_esp how =
			path_esp_entry(&in->v[i], &list.v[list.n]);

		if (how != PATH_ESP_SKIP)
			to[list.n++] = how == PATH_ESP_ITSELF ? unk.s : odd.s;
	}
	acl_nft_compile(b, esp.s, &list, &v);
	acl_free(&list);
}

static void group_build(struct nl_batch *b, const struct user_group *g)
{
	struct chain_name enc = chain_of("enc", g),
			  clear = chain_of("clear", g);
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
	struct nft_rule r;

	for (size_t i = 0; i < ARRAY_LEN(group_chains); i++) {
		struct chain_name c = chain_of(group_chains[i], g);

		nft_chain_add(b, c.s, -1, 0, NULL);
		nft_chain_flush(b, c.s);
	}
	if (!g->cfg.policy)
		return;
	if (group_encrypts(g)) {
		r = nft_rule_begin(b, enc.s);
		nft_mark_set(&r, DP_MARK_OUT(g->slot));
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
	acl_nft_compile(b, chain_of("out", g).s, &g->lists->local, &skip);
	acl_nft_compile(b, chain_of("out", g).s, &g->lists->policy, &out);
	report_build(b, g, "clear", 'n', true);
	report_build(b, g, "unk", 's', true);
	report_build(b, g, "odd", 's', false);
	acl_nft_compile(b, chain_of("in", g).s, &g->lists->local_in, &skip);
	acl_nft_compile(b, chain_of("in", g).s, &g->lists->policy_in, &in);
	unknown_esp_build(b, g);
}

/* Chains go only when nothing jumps to them any more. */
static void group_unbuild(struct nl_batch *b, const struct user_group *g)
{
	for (size_t i = 0; i < ARRAY_LEN(group_chains); i++)
		nft_chain_flush(b, chain_of(group_chains[i], g).s);
	for (size_t i = 0; i < ARRAY_LEN(group_chains); i++)
		nft_chain_del(b, chain_of(group_chains[i], g).s);
}

int table_commit(struct nl *nft, const struct user_group_list *groups,
	const struct user_group *changed, const struct user_group *gone)
{
	struct nl_batch b = { 0 };
	int rc;

	nl_batch_begin(&b);
	nft_table_add(&b);
	nft_set_add(&b, SPI_SET, 4, NFT_TYPE_INTEGER);
	if (changed)
		group_build(&b, changed);
	defrag_build(&b);
	notrack_build(&b);
	pre_build(&b, groups);
	out_build(&b, groups);
	if (gone && gone->in_kernel)
		group_unbuild(&b, gone);
	rc = nl_batch_commit(nft, &b);
	nl_batch_free(&b);
	return rc;
}

int table_spi(struct nl *nft, uint32_t spi, bool add)
{
	struct nl_batch b = { 0 };
	uint32_t be = htonl(spi);
	int rc;

	nl_batch_begin(&b);
	nft_set_change(&b, SPI_SET, add, &be, sizeof(be));
	rc = nl_batch_commit(nft, &b);
	nl_batch_free(&b);
	return rc;
}

static int chain_sum(struct nl *nft, const char *kind,
	const struct user_group *g, uint64_t *sum)
{
	uint64_t v[2] = { 0 };
	int rc = nft_chain_counters(nft, chain_of(kind, g).s, v, 2);

	*sum += v[0] + v[1];
	return rc < 0 ? rc : 0;
}

int table_counts(
	struct nl *nft, const struct user_group *g, struct kernel_counts *out)
{
	size_t entries = g->lists->local.n + g->lists->policy.n;
	auto_free uint64_t *ace = NULL;
	int rc = 0;

	*out = (struct kernel_counts){ 0 };
	if (!g->in_kernel || !g->cfg.policy)
		return 0;
	ace = xcalloc(entries + 1, sizeof(*ace));
	rc = chain_sum(nft, "clear", g, &out->not_ipsec);
	if (!rc)
		rc = chain_sum(nft, "unk", g, &out->invalid_sa);
	if (!rc)
		rc = chain_sum(nft, "odd", g, &out->invalid_sa);
	if (!rc)
		rc = table_ace_counts(nft, g, ace, entries);
	for (size_t i = 0; i < g->lists->policy.n; i++)
		if (g->lists->policy.v[i].permit)
			out->ace += ace[g->lists->local.n + i];
	return rc;
}

int table_ace_counts(
	struct nl *nft, const struct user_group *g, uint64_t *v, size_t n)
{
	int rc = 0;

	memset(v, 0, n * sizeof(*v));
	if (g->in_kernel && g->cfg.policy)
		rc = nft_entry_counters(nft, NFPROTO_IPV4, DP_NFT_TABLE,
			chain_of("out", g).s, v, n);
	return rc;
}
