/* The user backend's part of the table: marks, which lead into the TUN or to
 * the raw socket; and the chain
 *
 *   output raw         notrack   our ESP keeps its addresses through NAT
 *   postrouting mangle astray    marked, but not on its way into the TUN, or
 *                                to the device where it is caught */
#include "dataplane/user_priv.h"
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>

static void notrack_build(struct nl_batch *b)
{
	struct nft_rule r = nft_rule_begin(b, "notrack");

	nft_mark_is(&r, DP_MARK_OWN);
	nft_notrack(&r);
	nft_rule_end(&r);
}

static void astray_drop(struct nl_batch *b, uint32_t any)
{
	static const uint32_t mask = DP_MARK_OUT_MASK, zero;
	struct nft_rule r = nft_rule_begin(b, "astray");

	nft_meta(&r, NFT_META_MARK);
	nft_bitwise(&r, &mask, &zero, sizeof(mask));
	nft_cmp(&r, NFT_CMP_EQ, &any, sizeof(any));
	nft_counter(&r);
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_end(&r);
}

/* A device that came back under its name is another one, where nothing is
 * caught yet. */
static void caught_rule(struct nl_batch *b, const struct table_group *g)
{
	uint32_t ifindex = (uint32_t)g->ifindex;
	struct nft_rule r = nft_rule_begin(b, "astray");

	nft_mark_is(&r, DP_MARK_LEAVE(g->slot));
	nft_meta(&r, NFT_META_OIF);
	nft_cmp(&r, NFT_CMP_EQ, &ifindex, sizeof(ifindex));
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

/* What was marked leaves by its TUN, or where it is caught, or not at all,
 * whatever becomes of the policy rules that lead there. */
static void astray_build(
	struct nl_batch *b, const struct table_group_list *groups)
{
	const struct table_group *g;
	char tun[IFNAMSIZ];
	struct nft_rule r;

	nft_chain_add(
		b, "astray", NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE, "filter");
	nft_chain_flush(b, "astray");
	TAILQ_FOREACH(g, groups, link) {
		snprintf(tun, sizeof(tun), DP_TUN_NAME, g->slot);
		r = nft_rule_begin(b, "astray");
		nft_mark_is(&r, DP_MARK_OUT(g->slot));
		nft_oifname(&r, tun);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
		if (g->marking == TABLE_MARK_LEAVING)
			caught_rule(b, g);
	}
	astray_drop(b, DP_MARK_OUT(0));
	astray_drop(b, DP_MARK_LEAVE(0));
}

static void frame_build(
	struct nl_batch *b, const struct table_group_list *groups)
{
	notrack_build(b);
	astray_build(b, groups);
}

static void esp_rules(struct nl_batch *b, const struct table_group_list *groups)
{
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, groups, link) {
		if (!table_has(b, g) || !table_first_on_netdev(groups, g))
			continue;
		r = nft_rule_begin(b, "pre");
		nft_iifname(&r, g->cfg.netdev);
		table_spi_test(&r, &user_table);
		nft_mark_set(&r, DP_MARK_IN);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
}

static void own_rule(struct nl_batch *b)
{
	struct nft_rule r = nft_rule_begin(b, "out");

	nft_mark_is(&r, DP_MARK_OWN);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static void mark_rule(struct nl_batch *b, const struct table_group *g)
{
	struct nft_rule r = nft_rule_begin(b, table_chain("enc", g).s);

	nft_mark_set(&r, g->marking == TABLE_MARK_LEAVING
				 ? DP_MARK_LEAVE(g->slot)
				 : DP_MARK_OUT(g->slot));
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static const char *const frame_chains[] = { "astray", NULL };

const struct table_kind user_table = {
	.ip6 = true,
	.spi_set = "spis",
	.mark_out = DP_MARK_OUT(0),
	.nflog_group = DP_NFLOG_GROUP,
	.frame_chains = frame_chains,
	.frame = frame_build,
	.esp = esp_rules,
	.out = own_rule,
	.seal = mark_rule,
};
