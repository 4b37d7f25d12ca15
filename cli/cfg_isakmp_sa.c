/* How ISAKMP SAs are kept and bounded (ios-cli.md 9.2): keepalives,
 * fragmentation, call admission, error history.  Policies and keys are in
 * cfg_isakmp.c, which hands the whole view over. */
#include "cli/cfg.h"
#include "cli/keep.h"

#define HELP_ISAKMP HELP_CRYPTO "isakmp  Configure ISAKMP policy\n"
#define HELP_LIMIT                                                             \
	HELP_CRYPTO "call  Configure Crypto Call Admission Control\n"          \
		    "admission  Configure Crypto Call Admission Control\n"     \
		    "limit  Configure the limit of Crypto Call Admission\n"    \
		    "ike  Configure the limit of IKE SAs\n"

static const struct command keepalive = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER,
	.grammar = "crypto isakmp keepalive <secs:10-3600> [<retry:2-60=2>] "
		   "[{periodic|on-demand}]",
	.help = HELP_ISAKMP "keepalive  Set a keepalive interval for use with "
			    "IOS peers\n"
			    "<secs>  Number of seconds between keep alives\n"
			    "<retry>  Number of seconds between retries\n"
			    "periodic  Periodic keepalives\n"
			    "on-demand  On-demand keepalives\n",
	.sample = "crypto isakmp keepalive 10 periodic\n"
		  "crypto isakmp keepalive 30 5",
};

static const struct command fragmentation = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 3,
	.grammar = "crypto isakmp fragmentation",
	.help = HELP_ISAKMP "fragmentation  IKE Fragmentation\n",
};

static const struct command kept = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 4,
	.grammar = "crypto isakmp invalid-spi-recovery",
	.help = HELP_ISAKMP "invalid-spi-recovery  Initiate IKE on an invalid "
			    "SPI\n",
};

static const struct command disconnect_revoked = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 4,
	.grammar = "crypto isakmp disconnect-revoked-peers",
	.help = HELP_ISAKMP "disconnect-revoked-peers  Disconnect peers with "
			    "revoked certificates\n",
};

static const struct command diagnose = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 5,
	.grammar = "crypto isakmp diagnose error <entries:0-1000>",
	.deflt = "crypto isakmp diagnose error 50",
	.flags = CMD_DEFAULT_ON,
	.help = HELP_ISAKMP "diagnose  Diagnose options\n"
			    "error  Keep a history of errors\n"
			    "<entries>  Number of entries\n",
	.sample = "crypto isakmp diagnose error 200",
};

static const struct command sa_limit = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 6,
	.grammar = "crypto call admission limit ike sa <sas:0-99999>",
	.help = HELP_LIMIT "sa  Maximum number of IKE SAs\n"
			   "<sas>  Number of SAs, 0 for no limit\n",
	.sample = "crypto call admission limit ike sa 25",
};

static const struct command negotiation_limit = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 7,
	.grammar = "crypto call admission limit ike in-negotiation-sa "
		   "<sas:10-99999>",
	.help = HELP_LIMIT
	"in-negotiation-sa  Maximum number of IKE SAs under negotiation\n"
	"<sas>  Number of SAs\n",
	.sample = "crypto call admission limit ike in-negotiation-sa 1000",
};

static void keepalive_view(const struct node *n, struct ike_keepalive *k)
{
	if (n == NULL || node_negated(n))
		return;
	k->secs = (uint16_t)node_u32(n, "secs");
	k->retry_secs = (uint16_t)node_u32(n, "retry");
	k->periodic = node_has(n, "periodic");
}

static uint32_t number(const struct node *n, const char *slot)
{
	return n == NULL || node_negated(n) ? 0 : node_u32(n, slot);
}

void isakmp_sa_view(const struct router *r, struct isakmp_config *c)
{
	struct node *root = tree_root(r->tree);

	keepalive_view(node_child(root, &keepalive, NULL), &c->keepalive);
	c->disconnect_revoked =
		node_child(root, &disconnect_revoked, NULL) != NULL;
	c->fragmentation = node_child(root, &fragmentation, NULL) != NULL;
	c->diagnose_entries =
		(uint16_t)number(node_get(root, &diagnose), "entries");
	c->sa_limit = number(node_child(root, &sa_limit, NULL), "sas");
	c->negotiation_limit =
		number(node_child(root, &negotiation_limit, NULL), "sas");
}

static int sa_check(void *ctx, const struct tree *t, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new) || node_command(new) != &kept)
		return 0;
	keep_warn(why, "members learn SPIs from their key server only");
	return 0;
}

static void sa_settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

static const struct command *const list[] = { &keepalive, &fragmentation, &kept,
	&disconnect_revoked, &diagnose, &sa_limit, &negotiation_limit };

static void sa_subscribe(struct router *r)
{
	static const struct command *const watched[] = { &keepalive,
		&fragmentation, &kept, &disconnect_revoked, &diagnose,
		&sa_limit, &negotiation_limit, NULL };
	struct subscriber s = { .name = "isakmp-sa",
		.commands = watched,
		.check = sa_check,
		.settle = sa_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_isakmp_sa = { &commands, sa_subscribe };
