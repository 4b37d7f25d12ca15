/* login on-success, login on-failure: log lines for those who come in and those
 * who do not (show-output.md 4.5). */
#include "cli/cfg.h"
#include "cli/keep.h"
#include "cli/line.h"

#define HELP_LOGIN                                                             \
	"login  Enable secure login checking\n"                                \
	"log  Generate syslogs on login attempts\n"                            \
	"trap  Generate traps on login attempts\n"                             \
	"every  Periodicity\n<n>  Number of attempts\n"

static const struct command on_failure = {
	.mode = MODE_CONFIG,
	.order = ORDER_LOGGING + 2,
	.grammar = "login on-failure {log|trap}* [every <n:1-65535>]",
	.help = HELP_LOGIN "on-failure  Set options for failed login attempt\n",
};
static const struct command on_success = {
	.mode = MODE_CONFIG,
	.order = ORDER_LOGGING + 2,
	.grammar = "login on-success {log|trap}* [every <n:1-65535>]",
	.help = HELP_LOGIN
	"on-success  Set options for successful login attempt\n",
};

static const struct command block = {
	.mode = MODE_CONFIG,
	.order = ORDER_LOGGING + 3,
	.grammar = "login {!block-for|!delay|!quiet-mode} <rest:line>",
	.help = "login  Enable secure login checking\n"
		"block-for  Set quiet-mode active time period\n"
		"delay  Set delay between successive fail login\n"
		"quiet-mode  Set quiet-mode options\n<rest>  Options\n",
	.flags = CMD_HARMLESS,
};

static int block_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new != NULL && !node_negated(new))
		keep_warn(why, "guessing is sshd's to slow down");
	return 0;
}

static void login_subscribe(struct router *r)
{
	static const struct command *const checked[] = { &block, NULL };
	struct subscriber s = {
		.name = "login", .commands = checked, .check = block_check
	};

	commit_subscribe(r->commit, &s);
}

bool login_is_logged(const struct router *r, bool success)
{
	static unsigned attempts[2];
	const struct node *n = node_child(
		tree_root(r->tree), success ? &on_success : &on_failure, NULL);
	unsigned every = node_u32(n, "n");

	if (!node_has(n, "log"))
		return false;
	return attempts[success]++ % (every == 0 ? 1 : every) == 0;
}

static const struct command *const list[] = { &on_failure, &on_success,
	&block };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_login = { &commands, login_subscribe };
