/* show running-config and its forms, show startup-config (show-output.md 3.11,
 * clients.md 2.2). */
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/json_config.h"
#include "cli/running.h"

#include <errno.h>
#include <string.h>

static const struct node *find_interface(
	const struct router *r, const char *name)
{
	return node_find(tree_root(r->tree), &cfg_interface, name);
}

/* As `| section RE`. */
static int show_section(struct cmd_call *c, const char *re)
{
	struct filter *f = filter_new(FILTER_SECTION, re);
	auto_sbuf struct sbuf text = { 0 };

	if (f == NULL) {
		sbuf_printf(c->out, "%% Bad regular expression: %s\n", re);
		return CMD_FAILED;
	}
	running_text(c->router, false, &text);
	filter_feed(f, sbuf_str(&text), text.n, c->out);
	filter_end(f, c->out);
	filter_free(f);
	return CMD_DONE;
}

/* Secrets are for those who may change them. */
static int show_level(struct cmd_call *c, const struct node *section)
{
	if (c->json) {
		sbuf_adds(c->out, "% JSON shows the whole configuration: it "
				  "needs privilege level 15\n");
		return CMD_FAILED;
	}
	running_show_level(
		c->router, session_level(c->session), section, c->out);
	return CMD_DONE;
}

static int exec_show_running(struct cmd_call *c)
{
	const struct router *r = c->router;
	const char *name =
		drv_str(c->drv, drv_set(c->drv, "whole") ? "whole" : "name");
	const struct node *section =
		name != NULL ? find_interface(r, name) : NULL;
	bool all = drv_has(c->drv, "all");

	if (name != NULL && section == NULL) {
		sbuf_printf(
			c->out, "%% Interface %s is not configured\n", name);
		return CMD_FAILED;
	}
	if (session_level(c->session) < 15 && !drv_has(c->drv, "view"))
		return show_level(c, section);
	if (c->json)
		return cmd_json(c, running_json(r, section, all));
	if (section != NULL) {
		running_show_section(r, section, all, c->out);
		return CMD_DONE;
	}
	if (drv_set(c->drv, "re"))
		return show_section(c, drv_str(c->drv, "re"));
	running_show(r,
		(all ? RUNNING_ALL : 0u) |
			(drv_has(c->drv, "linenum") ? RUNNING_LINENUM : 0u),
		c->out);
	return CMD_DONE;
}

static const struct command show_running = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show running-config [{all [{linenum|"
		   "interface <whole:ifname>}]|full|full-config|brief|"
		   "linenum|view full|interface <name:ifname>|"
		   "section <re:line>}]",
	.help = "show            Show running system information\n"
		"running-config  Current operating configuration\n"
		"all             Configuration with defaults\n"
		"full            Full configuration\n"
		"full-config     Full configuration\n"
		"brief           Configuration without certificate data\n"
		"linenum         Display line numbers in output\n"
		"view            View options\n"
		"interface       Show interface configuration\n"
		"<name>          Interface\n"
		"<whole>         Interface\n"
		"section         Lines that match, with what is below them\n"
		"<re>            Regular expression\n",
	.flags = CMD_PIPE,
	.exec = exec_show_running,
	.sample = "show running-config\nshow running-config all\n"
		  "show running-config interface Loopback0\n"
		  "show running-config view full\nshow running-config linenum\n"
		  "show running-config section ^interface",
};

static int exec_show_startup(struct cmd_call *c)
{
	auto_sbuf struct sbuf text = { 0 };
	int err = startup_read(c->router, &text);

	if (c->json && (err == 0 || err == -ENOENT))
		return cmd_json(c, err == 0 ? startup_json(c->router, &text)
					    : json_object());
	if (err == -ENOENT) {
		sbuf_adds(c->out, "startup-config is not present\n");
		return CMD_DONE;
	}
	if (err != 0) {
		sbuf_printf(c->out,
			"%%Error opening nvram:/startup-config (%s)\n",
			strerror(-err));
		return CMD_FAILED;
	}
	sbuf_printf(
		c->out, "Using %zu out of %u bytes\n", text.n, STARTUP_BYTES);
	sbuf_add(c->out, sbuf_str(&text), text.n);
	return CMD_DONE;
}

static const struct command show_startup = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show startup-config",
	.help = "show            Show running system information\n"
		"startup-config  Contents of startup configuration\n",
	.flags = CMD_PIPE,
	.exec = exec_show_startup,
	.sample = "show startup-config",
};

static const struct command show_configuration = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show configuration",
	.help = "show           Show running system information\n"
		"configuration  Contents of Non-Volatile memory\n",
	.flags = CMD_PIPE,
	.exec = exec_show_startup,
	.sample = "show configuration",
};

static const struct command *const commands[] = { &show_running, &show_startup,
	&show_configuration };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_running = { .commands = &list };
