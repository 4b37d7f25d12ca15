/* Lines that IOS does not have: what this router does otherwise on the wire so
 * that peers and tools with other habits get along with it. */
#include "cli/cfg.h"

static const struct command isakmp_doi = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform isakmp doi {gdoi|ipsec}",
	.deflt = "platform isakmp doi gdoi",
	.help = "platform  Settings of this platform\n"
		"isakmp  ISAKMP on the wire\n"
		"doi  DOI of phase 1 that a member offers first\n"
		"gdoi  GDOI, as RFC 6407 wants it\n"
		"ipsec  IPsec, as key servers and capture tools with other "
		"habits expect it\n",
	.sample = "platform isakmp doi ipsec",
};

void platform_isakmp_view(const struct router *r, struct isakmp_config *c)
{
	const struct node *n = node_get(tree_root(r->tree), &isakmp_doi);

	c->offer_doi = node_has(n, "ipsec") ? 1 : 2;
}

static void settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

static void subscribe(struct router *r)
{
	static const struct command *const watched[] = { &isakmp_doi, NULL };
	struct subscriber s = { .name = "platform",
		.commands = watched,
		.settle = settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &isakmp_doi };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_platform = { &commands, subscribe };
