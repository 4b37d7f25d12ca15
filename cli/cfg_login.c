/* login on-success, login on-failure: log lines for those who come in and those
 * who do not (show-output.md 4.5). */
#include "cli/cfg.h"
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

bool login_is_logged(const struct router *r, bool success)
{
	return node_has(node_child(tree_root(r->tree),
				success ? &on_success : &on_failure, NULL),
		"log");
}

static const struct command *const list[] = { &on_failure, &on_success };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_login = { &commands, NULL };
