/* Ways into the configuration: configure terminal, memory, network
 * (ios-cli.md 4, clients.md 2.2). */
#include "cli/confmgmt.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int config_enter(
	struct session *s, struct router *r, bool lock, struct sbuf *out)
{
	if (!config_lock_permits(r, s, out))
		return CMD_FAILED;
	if (lock && !config_lock_take(s)) {
		sbuf_adds(out, "% Configuration mode cannot be locked: other "
			       "users are in configuration mode\n");
		return CMD_FAILED;
	}
	if (!(session_flags(s) & SESSION_LENIENT))
		sbuf_adds(out, "Enter configuration commands, one per line.  "
			       "End with CNTL/Z.\n");
	session_enter_config(s);
	return CMD_DONE;
}

static void memory_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	(void)line_no;
	(void)line;
	sbuf_adds(ctx, printed);
}

/* The startup-config on top of what runs. */
static int config_memory(struct session *s, struct router *r, struct sbuf *out)
{
	auto_sbuf struct sbuf text = { 0 }, who = { 0 };

	if (!config_lock_permits(r, s, out))
		return CMD_FAILED;
	int err = startup_read(r, &text);

	if (err != 0) {
		sbuf_printf(out, "%%Error opening nvram:/startup-config (%s)\n",
			strerror(-err));
		return CMD_FAILED;
	}
	running_load(r, sbuf_str(&text), memory_fault, out);
	session_place(s, &who);
	config_report(r, "memory", sbuf_str(&who));
	return CMD_DONE;
}

static int config_network(struct sbuf *out)
{
	sbuf_adds(out, "This command has been replaced by the command:\n"
		       "         'copy <url> system:/running-config'\n");
	return CMD_FAILED;
}

static int configure_answer(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;
	auto_sbuf struct sbuf out = { 0 };
	size_t n = strlen(answer);
	int result = CMD_FAILED;

	if (strncasecmp("terminal", answer, n) == 0)
		result = config_enter(s, r, false, &out);
	else if (strncasecmp("memory", answer, n) == 0)
		result = config_memory(s, r, &out);
	else if (strncasecmp("network", answer, n) == 0)
		result = config_network(&out);
	else
		sbuf_adds(&out, "?Must be \"terminal\", \"memory\" or "
				"\"network\"\n");
	session_write(s, sbuf_str(&out), out.n);
	return result;
}

static int exec_terminal(struct cmd_call *c)
{
	if (drv_set(c->drv, "minutes") &&
		(!config_lock_permits(c->router, c->session, c->out) ||
			!rollback_start(c->session, drv_u32(c->drv, "minutes"),
				drv_has(c->drv, "idle"), c->out)))
		return CMD_FAILED;
	return config_enter(
		c->session, c->router, drv_has(c->drv, "lock"), c->out);
}

static int exec_configure(struct cmd_call *c)
{
	if (drv_has(c->drv, "terminal"))
		return exec_terminal(c);
	if (drv_has(c->drv, "memory"))
		return config_memory(c->session, c->router, c->out);
	if (drv_has(c->drv, "network"))
		return config_network(c->out);
	return session_ask(c->session, ASK_LINE,
		"Configuring from terminal, memory, or network [terminal]? ",
		configure_answer, c->router);
}

static const struct command configure = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "configure [{terminal [{lock|revert timer [idle] "
		   "<minutes:1-120>}]|memory|network}]",
	.help = "configure  Enter configuration mode\n"
		"terminal   Configure from the terminal\n"
		"lock       Lock configuration mode\n"
		"revert     Parameters for reverting the configuration\n"
		"timer      Time that is left to confirm\n"
		"idle       Count from the last command\n"
		"<minutes>  Time in minutes\n"
		"memory     Configure from NV memory\n"
		"network    Configure from a TFTP network host\n",
	.exec = exec_configure,
	.sample = "configure terminal\nconfigure\nconfigure memory\n"
		  "configure terminal lock\nconfigure terminal revert timer 5\n"
		  "configure terminal revert timer idle 5",
};

static const struct command *const commands[] = { &configure };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_configure = { .commands = &list };
