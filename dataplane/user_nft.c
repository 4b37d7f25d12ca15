/* The user backend's part of the table: marks, which lead into the TUN or to
 * the raw socket; and the chain
 *
 *   output raw         notrack   our ESP keeps its addresses through NAT */
#include "dataplane/user_priv.h"
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

static void notrack_build(
	struct nl_batch *b, const struct table_group_list *groups)
{
	struct nft_rule r;

	(void)groups;
	r = nft_rule_begin(b, "notrack");
	nft_mark_is(&r, DP_MARK_OWN);
	nft_notrack(&r);
	nft_rule_end(&r);
}

static void esp_rules(struct nl_batch *b, const struct table_group_list *groups)
{
	const struct table_group *g;
	struct nft_rule r;

	TAILQ_FOREACH(g, groups, link) {
		if (!table_first_on_netdev(groups, g))
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

	nft_mark_set(&r, DP_MARK_OUT(g->slot));
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

const struct table_kind user_table = {
	.spi_set = "spis",
	.mark_out = DP_MARK_OUT(0),
	.nflog_group = DP_NFLOG_GROUP,
	.frame = notrack_build,
	.esp = esp_rules,
	.out = own_rule,
	.seal = mark_rule,
};
