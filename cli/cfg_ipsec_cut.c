/* crypto ipsec df-bit, crypto ipsec fragmentation (ios-cli.md 13): the DF bit of
 * what is encrypted, and where packets that have become too long are cut; for
 * all interfaces, or for one. */
#include "cli/cfg.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define HELP_IPSEC HELP_CRYPTO "ipsec  Configure IPSEC policy\n"
#define HELP_DF                                                                \
	HELP_IPSEC "df-bit  Handling of encapsulated DF bit\n"                 \
		   "clear  Clear the DF bit; packets that forbid it are cut\n" \
		   "copy  Copy it from the inner header\n"                     \
		   "set  Set the DF bit\n"
#define HELP_CUT                                                               \
	HELP_IPSEC "fragmentation  Handling of fragmentation of large packets\n" \
		   "after-encryption  Fragment after encryption\n"             \
		   "before-encryption  Fragment before encryption\n"

static const struct command df_bit = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA + 3,
	.grammar = "crypto ipsec df-bit {clear|copy|set}",
	.deflt = "crypto ipsec df-bit copy",
	.help = HELP_DF,
	.sample = "crypto ipsec df-bit clear",
};

static const struct command fragmentation = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA + 3,
	.grammar = "crypto ipsec fragmentation "
		   "{after-encryption|before-encryption}",
	.deflt = "crypto ipsec fragmentation before-encryption",
	.help = HELP_CUT,
	.sample = "crypto ipsec fragmentation after-encryption",
};

static const struct command if_df_bit = {
	.mode = MODE_IF,
	.order = 84,
	.grammar = "crypto ipsec df-bit {clear|copy|set}",
	.help = HELP_DF,
	.sample = "crypto ipsec df-bit set",
};

static const struct command if_fragmentation = {
	.mode = MODE_IF,
	.order = 84,
	.grammar = "crypto ipsec fragmentation "
		   "{after-encryption|before-encryption}",
	.help = HELP_CUT,
	.sample = "crypto ipsec fragmentation before-encryption",
};

static uint8_t df_of(const struct node *n)
{
	return node_has(n, "set") ? 1 : node_has(n, "clear") ? 2 : 0;
}

static void settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	const struct node *df = node_get(root, &df_bit);
	const struct node *cut = node_get(root, &fragmentation);
	struct cut_policy *v = xcalloc(1, sizeof(*v));
	size_t n = 1;

	(void)t;
	v[0].df = df_of(df);
	v[0].frag_after = node_has(cut, "after-encryption");
	for (struct node *i = node_child(root, &cfg_interface, NULL);
		i != NULL; i = node_child(root, &cfg_interface, i)) {
		const struct node *d = node_child(i, &if_df_bit, NULL);
		const struct node *c = node_child(i, &if_fragmentation, NULL);

		if (d == NULL && c == NULL)
			continue;
		v = xreallocarray(v, n + 1, sizeof(*v));
		v[n] = v[0];
		strlcpy(v[n].ifname, node_str(i, "name"),
			sizeof(v[n].ifname));
		if (d != NULL)
			v[n].df = df_of(d);
		if (c != NULL)
			v[n].frag_after = node_has(c, "after-encryption");
		n++;
	}
	if (r->box != NULL)
		box_set_cuts(r->box, v, n);
	free(v);
}

static void subscribe(struct router *r)
{
	static const struct command *const commands[] = { &df_bit,
		&fragmentation, &cfg_interface, NULL };
	struct subscriber s = { .name = "ipsec fragmentation",
		.commands = commands,
		.settle = settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &df_bit, &fragmentation,
	&if_df_bit, &if_fragmentation };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_ipsec_cut = { &commands, subscribe };
