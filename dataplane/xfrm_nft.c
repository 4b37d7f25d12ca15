/* The xfrm backend's part of the table: it moves addresses, so that the kernel
 * encrypts towards one address and the wire shows the hosts' own.
 *
 *   postrouting mangle post      a packet that is about to be encrypted: its
 *                                addresses into mark and priority; one that
 *                                should be but would not: dropped
 *   output mangle      out       ESP to an anchor: the addresses from there
 *   output raw         notrack   it keeps them through NAT
 *   prerouting mangle  pre       ESP of ours: to our own address, where the
 *                                kernel decrypts it; what was decrypted must
 *                                be of the policy (okN, miN, moN) and goes on
 *                                like a packet from inside (plain)
 *
 * nosaN counts and drops what no SA takes. */
#include "dataplane/xfrm_priv.h"
#include "dataplane/selector_nft.h"
#include <arpa/inet.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <stddef.h>

#define SADDR offsetof(struct iphdr, saddr)
#define DADDR offsetof(struct iphdr, daddr)
#define DF    0x4000

static const struct xfrm_group *group_of(const struct table_group *g)
{
	return (const struct xfrm_group *)g;
}

/* An IPv4 packet towards an anchor: ours, already encrypted. */
static void anchor_test(struct nft_rule *r)
{
	const uint32_t mask = htonl(~0u << (32 - DP_ANCHOR_BITS)), none = 0;
	const uint32_t anchors = htonl(DP_ANCHOR(0));

	nft_protocol(r, IPPROTO_ESP);
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, DADDR, 4);
	nft_bitwise(r, &mask, &none, sizeof(mask));
	nft_cmp(r, NFT_CMP_EQ, &anchors, sizeof(anchors));
}

static void notrack_build(struct nl_batch *b)
{
	struct nft_rule r;

	r = nft_rule_begin(b, "notrack");
	anchor_test(&r);
	nft_notrack(&r);
	nft_rule_end(&r);
}

static void post_build(struct nl_batch *b, const struct table_group_list *groups)
{
	static const uint8_t esp = IPPROTO_ESP;
	const struct table_group *g;
	struct nft_rule r;

	nft_chain_add(
		b, "post", NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE, "filter");
	nft_chain_flush(b, "post");
	TAILQ_FOREACH(g, groups, link) {
		nft_chain_add(b, table_chain("nosa", g).s, -1, 0, NULL);
		r = nft_rule_begin(b, "post");
		nft_mark_is(&r, DP_XFRM_OUT(g->slot));
		nft_will_be_sealed(&r, false);
		nft_verdict(&r, NFT_GOTO, table_chain("nosa", g).s);
		nft_rule_end(&r);
	}
	TAILQ_FOREACH(g, groups, link) {
		r = nft_rule_begin(b, "post");
		nft_mark_is(&r, DP_XFRM_OUT(g->slot));
		nft_will_be_sealed(&r, true);
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER,
			offsetof(struct iphdr, protocol), 1);
		nft_cmp(&r, NFT_CMP_NEQ, &esp, 1);
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, SADDR, 4);
		nft_meta_store(&r, NFT_META_PRIORITY);
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, DADDR, 4);
		nft_meta_store(&r, NFT_META_MARK);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
}

static void plain_build(struct nl_batch *b)
{
	struct nft_rule r;

	nft_chain_add(b, "plain", -1, 0, NULL);
	nft_chain_flush(b, "plain");
	r = nft_rule_begin(b, "plain");
	nft_mark_set(&r, DP_XFRM_IN);
	nft_rule_end(&r);
	r = nft_rule_begin(b, "plain");
	nft_fib_local(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	table_out_jumps(b, "plain");
	r = nft_rule_begin(b, "plain");
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static void frame_build(
	struct nl_batch *b, const struct table_group_list *groups)
{
	notrack_build(b);
	plain_build(b);
	post_build(b, groups);
}

static void divert_rule(struct nl_batch *b, const struct table_group *g)
{
	uint32_t own = htonl(group_of(g)->own);
	struct nft_rule r = nft_rule_begin(b, "pre");

	nft_iifname(&r, g->cfg.netdev);
	table_spi_test(&r, &xfrm_table);
	if (own) {
		nft_immediate(&r, &own, sizeof(own));
		nft_ip_store(&r, DADDR, 4);
		nft_mark_set(&r, DP_XFRM_ESP);
	}
	nft_verdict(&r, own ? NF_ACCEPT : NF_DROP, NULL);
	nft_rule_end(&r);
}

static void esp_rules(struct nl_batch *b, const struct table_group_list *groups)
{
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, groups, link) {
		if (table_first_on_netdev(groups, g))
			divert_rule(b, g);
		nft_chain_add(b, table_chain("ok", g).s, -1, 0, NULL);
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		nft_opened_by(&r, DP_XFRM_REQID(g->slot));
		nft_verdict(&r, NFT_GOTO, table_chain("ok", g).s);
		nft_rule_end(&r);
	}
}

static void own_rules(struct nl_batch *b)
{
	const uint32_t none = 0;
	struct nft_rule r = nft_rule_begin(b, "out");

	anchor_test(&r);
	nft_meta(&r, NFT_META_MARK);
	nft_ip_store(&r, DADDR, 4);
	nft_meta(&r, NFT_META_PRIORITY);
	nft_ip_store(&r, SADDR, 4);
	nft_immediate(&r, &none, sizeof(none));
	nft_meta_store(&r, NFT_META_PRIORITY);
	nft_mark_set(&r, DP_MARK_OWN);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static void seal_rule(struct nl_batch *b, const struct table_group *g)
{
	struct nft_rule r = nft_rule_begin(b, table_chain("enc", g).s);

	if (group_of(g)->sealing) {
		nft_mark_set(&r, DP_XFRM_OUT(g->slot));
		nft_verdict(&r, NF_ACCEPT, NULL);
	} else {
		nft_verdict(&r, NFT_GOTO, table_chain("nosa", g).s);
	}
	nft_rule_end(&r);
}

static void drop_rule(struct nl_batch *b, const char *chain)
{
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_counter(&r);
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_end(&r);
}

/* What arrives encrypted may be what we would encrypt in this direction or in
 * the other, as members' lists need not be symmetric. */
static void identity_build(struct nl_batch *b, const struct table_group *g)
{
	static const char *const lists[] = { "mi", "mo" };
	const struct acl_verdicts v = { .permit = NFT_GOTO,
		.deny = NFT_RETURN,
		.permit_chain = "plain" };
	struct chain_name ok = table_chain("ok", g);

	acl_nft_compile(b, table_chain("mi", g).s, &g->lists->policy_in, &v);
	acl_nft_compile(b, table_chain("mo", g).s, &g->lists->policy, &v);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct nft_rule r = nft_rule_begin(b, ok.s);

		nft_verdict(&r, NFT_JUMP, table_chain(lists[i], g).s);
		nft_rule_end(&r);
	}
	drop_rule(b, ok.s);
}

static void group_chains_build(struct nl_batch *b, const struct table_group *g)
{
	identity_build(b, g);
	drop_rule(b, table_chain("nosa", g).s);
}

static int counts(
	struct nl *nft, const struct table_group *g, struct table_counts *sum)
{
	int rc = table_chain_sum(nft, "nosa", g, &sum->no_sa);

	return rc ? rc : table_chain_sum(nft, "ok", g, &sum->identity);
}

static const char *const frame_chains[] = { "post", "plain", NULL };
static const char *const chains[] = { "ok", "mi", "mo", "nosa" };

const struct table_kind xfrm_table = {
	.spi_set = "xspis",
	.frame_chains = frame_chains,
	.mark_out = DP_XFRM_OUT(0),
	.nflog_group = DP_XFRM_NFLOG_GROUP,
	.chains = chains,
	.n_chains = ARRAY_LEN(chains),
	.frame = frame_build,
	.esp = esp_rules,
	.out = own_rules,
	.seal = seal_rule,
	.group = group_chains_build,
	.counts = counts,
};
