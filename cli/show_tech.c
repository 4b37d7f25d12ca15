/* show tech-support: what is asked for first when something is wrong, in one
 * answer.  Passwords and keys are left out. */
#include "cli/json_config.h"

#include <string.h>

#define HEADING "\n------------------ %s ------------------\n\n"

static void config_line_masked(void *ctx, const struct node *n, size_t depth)
{
	sbuf_pad(ctx, ' ', depth);
	print_masked(node_drv(n), node_negated(n), ctx);
	sbuf_addc(ctx, '\n');
}

static void config_bar(void *ctx)
{
	sbuf_adds(ctx, "!\n");
}

static void config_closing(void *ctx, const char *line, size_t depth)
{
	sbuf_pad(ctx, ' ', depth);
	sbuf_printf(ctx, "%s\n", line);
}

static void tech_config(struct cmd_call *c)
{
	static const struct tree_visitor masked = { config_line_masked,
		config_bar, config_closing };

	sbuf_printf(c->out, HEADING, "show running-config");
	tree_visit(c->router->tree, NULL, false, &masked, c->out);
	sbuf_adds(c->out, "end\n");
}

/* Runs a show command into the same answer, top when that is JSON; one that a
 * person may not use, or that this box lacks, is passed over. */
static void tech_run(struct cmd_call *c, const char *line, json_t *top)
{
	json_t *value = NULL;
	struct match m;

	match_line(c->router->grammar, MODE_EXEC, session_level(c->session),
		line, &m);
	if (m.kind == MATCH_OK && m.cmd->exec != NULL) {
		struct cmd_call call = { .session = c->session,
			.router = c->router,
			.cmd = m.cmd,
			.drv = m.drv,
			.json = c->json,
			.json_into = &value,
			.out = c->out };

		sbuf_printf(c->out, HEADING, line);
		m.cmd->exec(&call);
		if (value != NULL)
			jo_set(top, line, value);
	}
	match_free(&m);
}

static int exec_tech(struct cmd_call *c)
{
	static const char *const lines[] = { "show clock detail",
		"show version", "show inventory", "show platform unsupported",
		"show interfaces", "show ip interface brief", "show ip route",
		"show arp", "show access-lists", "show memory statistics",
		"show processes cpu", "show processes memory",
		"show crypto gdoi detail", "show crypto gdoi ks policy",
		"show crypto gdoi ks members", "show crypto gdoi ks coop",
		"show crypto gdoi gm rekey detail",
		"show crypto gdoi gm dataplane counters",
		"show crypto isakmp sa detail", "show crypto isakmp policy",
		"show crypto ipsec sa detail", "show crypto map",
		"show logging" };

	json_t *top = json_object();

	if (c->json)
		jo_set(top, "show running-config",
			config_masked_json(c->router->tree));
	else
		tech_config(c);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		tech_run(c, lines[i], top);
	return cmd_json_if(c, top);
}

static const struct command show_tech = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show tech-support",
	.help = "show  Show running system information\n"
		"tech-support  Show system information for Tech-Support\n",
	.flags = CMD_PIPE,
	.exec = exec_tech,
	.sample = "show tech-support",
};

static const struct command *const commands[] = { &show_tech };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_tech = { .commands = &list };
