/* Exec commands about the session itself and the configuration as a whole:
 * modes, terminal, saving (ios-cli.md 1 and 4). */
#include "cli/commands.h"
#include "cli/running.h"

#include <errno.h>
#include <string.h>

#define LEVEL_PRIVILEGED 15

static int exec_quit(struct cmd_call *c)
{
	session_quit(c->session);
	return CMD_DONE;
}

static const struct command exec_exit = {
	.mode = MODE_EXEC,
	.grammar = "exit",
	.help = "exit  Exit from the EXEC\n",
	.exec = exec_quit,
	.sample = "exit",
};
static const struct command logout = {
	.mode = MODE_EXEC,
	.grammar = "logout",
	.help = "logout  Exit from the EXEC\n",
	.exec = exec_quit,
	.sample = "logout",
};
static const struct command quit = {
	.mode = MODE_EXEC,
	.grammar = "quit",
	.help = "quit  Exit from the EXEC\n",
	.exec = exec_quit,
	.flags = CMD_HIDDEN,
	.sample = "quit",
};

/* Entering the configuration. */

static int enter_config(struct session *s, struct sbuf *out)
{
	if (!(session_flags(s) & SESSION_LENIENT))
		sbuf_adds(out, "Enter configuration commands, one per line.  "
			       "End with CNTL/Z.\n");
	session_enter_config(s);
	return CMD_DONE;
}

static int configure_answer(struct session *s, const char *answer, void *ctx)
{
	static const char *const words[] = { "memory", "network" };
	auto_sbuf struct sbuf out = { 0 };
	size_t n = strlen(answer);
	int result = CMD_FAILED;

	(void)ctx;
	if (strncasecmp("terminal", answer, n) == 0)
		result = enter_config(s, &out);
	else if (strncasecmp(words[0], answer, n) == 0 ||
		 strncasecmp(words[1], answer, n) == 0)
		sbuf_adds(&out, "% Not supported: copy a file instead\n");
	else
		sbuf_adds(&out, "?Must be \"terminal\", \"memory\" or "
				"\"network\"\n");
	session_write(s, sbuf_str(&out), out.n);
	return result;
}

static int exec_configure(struct cmd_call *c)
{
	if (drv_has(c->drv, "terminal"))
		return enter_config(c->session, c->out);
	return session_ask(c->session, ASK_LINE,
		"Configuring from terminal, memory, or network [terminal]? ",
		configure_answer, NULL);
}

static const struct command configure = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "configure [terminal]",
	.help = "configure  Enter configuration mode\n"
		"terminal   Configure from the terminal\n",
	.exec = exec_configure,
	.sample = "configure terminal\nconfigure",
};

/* Saving and copying. */

static int save(struct router *r, struct session *s, struct sbuf *out)
{
	int err;

	sbuf_adds(out, "Building configuration...\n");
	err = startup_save(r, session_user(s));
	if (err != 0) {
		sbuf_printf(out, "%%Error opening nvram:startup-config (%s)\n",
			strerror(-err));
		return CMD_FAILED;
	}
	sbuf_adds(out, "[OK]\n");
	return CMD_DONE;
}

static int erase_answer(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;
	auto_sbuf struct sbuf out = { 0 };
	int err;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return CMD_DONE;
	err = startup_erase(r);
	if (err != 0)
		sbuf_printf(
			&out, "%%Error erasing nvram: (%s)\n", strerror(-err));
	else
		sbuf_adds(&out, "[OK]\nErase of nvram: complete\n");
	session_write(s, sbuf_str(&out), out.n);
	return err != 0 ? CMD_FAILED : CMD_DONE;
}

static int exec_erase(struct cmd_call *c)
{
	return session_ask(c->session, ASK_CONFIRM,
		"Erasing the nvram filesystem will remove all configuration "
		"files! Continue? [confirm]",
		erase_answer, c->router);
}

static const struct command erase = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "erase startup-config",
	.help = "erase           Erase a filesystem\n"
		"startup-config  Erase contents of configuration memory\n",
	.exec = exec_erase,
	.sample = "erase startup-config",
};

static int exec_write(struct cmd_call *c)
{
	if (drv_has(c->drv, "terminal")) {
		running_show(c->router, false, c->out);
		return CMD_DONE;
	}
	if (drv_has(c->drv, "erase"))
		return exec_erase(c);
	return save(c->router, c->session, c->out);
}

static const struct command write_command = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "write [{memory|terminal|erase}]",
	.help = "write     Write running configuration to memory or terminal\n"
		"memory    Write to NV memory\n"
		"terminal  Write to terminal\n"
		"erase     Erase NV memory\n",
	.exec = exec_write,
	.sample = "write\nwrite memory\nwrite terminal\nwrite erase",
};

static int copy_to_startup(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;
	auto_sbuf struct sbuf out = { 0 };
	int result = CMD_FAILED;

	if (answer[0] != '\0' && strcasecmp(answer, "startup-config") != 0)
		sbuf_printf(&out,
			"%%Error opening nvram:%s "
			"(No such file or directory)\n",
			answer);
	else
		result = save(r, s, &out);
	session_write(s, sbuf_str(&out), out.n);
	return result;
}

static void copy_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	(void)line_no;
	(void)line;
	sbuf_adds(ctx, printed);
}

static int copy_to_running(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;
	auto_sbuf struct sbuf out = { 0 }, file = { 0 };
	int err;

	if (answer[0] != '\0' && strcasecmp(answer, "running-config") != 0)
		err = -ENOENT;
	else
		err = startup_read(r, &file);
	if (err != 0) {
		sbuf_printf(&out, "%%Error opening nvram:startup-config (%s)\n",
			strerror(-err));
	} else {
		running_load(r, sbuf_str(&file), copy_fault, &out);
		sbuf_printf(&out, "%zu bytes copied\n", file.n);
	}
	session_write(s, sbuf_str(&out), out.n);
	return err != 0 ? CMD_FAILED : CMD_DONE;
}

static int exec_copy_out(struct cmd_call *c)
{
	return session_ask(c->session, ASK_LINE,
		"Destination filename [startup-config]? ", copy_to_startup,
		c->router);
}

static const struct command copy_out = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "copy running-config startup-config",
	.help = "copy            Copy from one file to another\n"
		"running-config  Copy from current system configuration\n"
		"startup-config  Copy to startup configuration\n",
	.exec = exec_copy_out,
	.sample = "copy running-config startup-config",
};

static int exec_copy_in(struct cmd_call *c)
{
	return session_ask(c->session, ASK_LINE,
		"Destination filename [running-config]? ", copy_to_running,
		c->router);
}

static const struct command copy_in = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "copy startup-config running-config",
	.help = "copy            Copy from one file to another\n"
		"startup-config  Copy from startup configuration\n"
		"running-config  Update (merge with) current system "
		"configuration\n",
	.exec = exec_copy_in,
	.sample = "copy startup-config running-config",
};

/* Showing the configuration. */

static const struct node *find_interface(struct router *r, const char *name)
{
	return node_find(tree_root(r->tree), &cfg_interface, name);
}

static int exec_show_running(struct cmd_call *c)
{
	const struct router *r = c->router;

	if (!drv_has(c->drv, "interface")) {
		running_show(r, drv_has(c->drv, "all"), c->out);
		return CMD_DONE;
	}
	const char *name = drv_str(c->drv, "name");

	if (running_show_section(r, find_interface(c->router, name), c->out))
		return CMD_DONE;
	sbuf_printf(c->out, "%% Interface %s is not configured\n", name);
	return CMD_FAILED;
}

static const struct command show_running = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "show running-config [{all|full|brief|"
		   "interface <name:ifname>}]",
	.help = "show            Show running system information\n"
		"running-config  Current operating configuration\n"
		"all             Configuration with defaults\n"
		"full            Full configuration\n"
		"brief           Configuration without certificate data\n"
		"interface       Show interface configuration\n"
		"<name>          Interface\n",
	.exec = exec_show_running,
	.sample = "show running-config\nshow running-config all\n"
		  "show running-config interface Loopback0",
};

static int exec_more_running(struct cmd_call *c)
{
	running_show(c->router, false, c->out);
	return CMD_DONE;
}

static const struct command more_running = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "more system:running-config",
	.help = "more                   Display the contents of a file\n"
		"system:running-config  Current operating configuration\n",
	.exec = exec_more_running,
	.sample = "more system:running-config",
};

static int show_startup_file(struct cmd_call *c, bool header)
{
	auto_sbuf struct sbuf text = { 0 };
	int err = startup_read(c->router, &text);

	if (err == -ENOENT) {
		sbuf_adds(c->out, "startup-config is not present\n");
		return CMD_DONE;
	}
	if (err != 0) {
		sbuf_printf(c->out,
			"%%Error opening nvram:startup-config "
			"(%s)\n",
			strerror(-err));
		return CMD_FAILED;
	}
	if (header)
		sbuf_printf(c->out, "Using %zu out of %u bytes\n", text.n,
			STARTUP_BYTES);
	sbuf_add(c->out, sbuf_str(&text), text.n);
	return CMD_DONE;
}

static int exec_show_startup(struct cmd_call *c)
{
	return show_startup_file(c, true);
}

static const struct command show_startup = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "show startup-config",
	.help = "show            Show running system information\n"
		"startup-config  Contents of startup configuration\n",
	.exec = exec_show_startup,
	.sample = "show startup-config",
};

static int exec_more_startup(struct cmd_call *c)
{
	return show_startup_file(c, false);
}

static const struct command more_startup = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "more nvram:startup-config",
	.help = "more                  Display the contents of a file\n"
		"nvram:startup-config  Startup configuration\n",
	.exec = exec_more_startup,
	.sample = "more nvram:startup-config",
};

/* The terminal. */

static int exec_terminal(struct cmd_call *c)
{
	struct session_term *t = session_term(c->session);

	if (drv_has(c->drv, "length"))
		session_set_length(
			c->session, (uint16_t)drv_u32(c->drv, "lines"));
	else if (drv_has(c->drv, "width"))
		session_set_width(
			c->session, (uint16_t)drv_u32(c->drv, "columns"));
	else if (drv_has(c->drv, "size"))
		t->history = (uint16_t)drv_u32(c->drv, "entries");
	else
		session_set_monitor(c->session, true);
	return CMD_DONE;
}

static const struct command terminal = {
	.mode = MODE_EXEC,
	.grammar = "terminal {length <lines:0-512>|width <columns:0-512>|"
		   "monitor|history size <entries:0-256>}",
	.help = "terminal   Set terminal line parameters\n"
		"length     Set number of lines on a screen\n"
		"<lines>    Number of lines on screen (0 for no pausing)\n"
		"width      Set width of the display terminal\n"
		"<columns>  Number of characters on a screen line\n"
		"monitor    Copy debug output to the current terminal line\n"
		"history    Enable and control the command history function\n"
		"size       Set history buffer size\n"
		"<entries>  Size of history buffer\n",
	.exec = exec_terminal,
	.sample = "terminal length 0\nterminal width 511\nterminal monitor\n"
		  "terminal history size 30",
};

static int exec_terminal_no(struct cmd_call *c)
{
	struct session_term *t = session_term(c->session);

	if (drv_has(c->drv, "monitor"))
		session_set_monitor(c->session, false);
	else
		t->history = 0;
	return CMD_DONE;
}

static const struct command terminal_no = {
	.mode = MODE_EXEC,
	.grammar = "terminal no {monitor|history}",
	.help = "terminal  Set terminal line parameters\n"
		"no        Negate a command or set its defaults\n"
		"monitor   Copy debug output to the current terminal line\n"
		"history   Disable the command history function\n",
	.exec = exec_terminal_no,
	.sample = "terminal no monitor\nterminal no history",
};

static void history_line(void *ctx, const char *line)
{
	sbuf_printf(ctx, "  %s\n", line);
}

static int exec_show_history(struct cmd_call *c)
{
	session_history_each(c->session, history_line, c->out);
	return CMD_DONE;
}

static const struct command show_history = {
	.mode = MODE_EXEC,
	.grammar = "show history",
	.help = "show     Show running system information\n"
		"history  Display the session command history\n",
	.exec = exec_show_history,
	.sample = "show history",
};

static const char help_text[] =
	"Help may be requested at any point in a command by entering\n"
	"a question mark '?'.  If nothing matches, the help list will\n"
	"be empty and you must backup until entering a '?' shows the\n"
	"available options.\n"
	"Two styles of help are provided:\n"
	"1. Full help is available when you are ready to enter a\n"
	"   command argument (e.g. 'show ?') and describes each possible\n"
	"   argument.\n"
	"2. Partial help is provided when an abbreviated argument is entered\n"
	"   and you want to know what arguments match the input\n"
	"   (e.g. 'show pr?'.)\n\n";

static int exec_help(struct cmd_call *c)
{
	sbuf_adds(c->out, help_text);
	return CMD_DONE;
}

static const struct command help = {
	.mode = MODE_EXEC,
	.grammar = "help",
	.help = "help  Description of the interactive help system\n",
	.exec = exec_help,
	.sample = "help",
};

/* In every configuration mode. */

static int exec_up(struct cmd_call *c)
{
	session_up(c->session);
	return CMD_DONE;
}

static int exec_end(struct cmd_call *c)
{
	session_leave(c->session);
	return CMD_DONE;
}

/* `do` reaches its function only in forms that the session does not take apart
 * itself: it needs the place of the command in the typed line. */
static int exec_do(struct cmd_call *c)
{
	return session_run_exec(c->session, drv_str(c->drv, "command"), 0);
}

#define EXIT_IN(m)                                                             \
	static const struct command exit_##m = {                               \
		.mode = m,                                                     \
		.grammar = "exit",                                             \
		.help = "exit  Exit from this configuration mode\n",           \
		.exec = exec_up,                                               \
		.sample = "exit",                                              \
	};                                                                     \
	static const struct command end_##m = {                                \
		.mode = m,                                                     \
		.grammar = "end",                                              \
		.help = "end  Exit from configure mode\n",                     \
		.exec = exec_end,                                              \
		.sample = "end",                                               \
	};                                                                     \
	static const struct command do_##m = {                                 \
		.mode = m,                                                     \
		.grammar = "do <command:line>",                                \
		.help = "do         To run exec commands in config mode\n"     \
			"<command>  Exec command\n",                           \
		.exec = exec_do,                                               \
		.sample = "do show privilege",                                 \
	}

// clang-format off
#define CONFIG_MODES(X)                                                        \
	X(MODE_CONFIG); X(MODE_IF); X(MODE_EXT_NACL); X(MODE_STD_NACL);        \
	X(MODE_ISAKMP_POLICY); X(MODE_TRANSFORM); X(MODE_IPSEC_PROFILE);       \
	X(MODE_CRYPTO_MAP); X(MODE_GKM_GROUP); X(MODE_GKM_SERVER);             \
	X(MODE_GKM_SA); X(MODE_LINE); X(MODE_FAIL_CLOSE); X(MODE_GKM_COOP);    \
	X(MODE_GKM_KSSID)
CONFIG_MODES(EXIT_IN);

#define EXITS(m) &exit_##m, &end_##m, &do_##m
static const struct command *const commands[] = {
	&exec_exit, &logout, &quit, &configure, &erase,
	&write_command, &copy_out, &copy_in, &show_running, &more_running,
	&show_startup, &more_startup, &terminal, &terminal_no, &show_history, &help,
	EXITS(MODE_CONFIG), EXITS(MODE_IF), EXITS(MODE_EXT_NACL),
	EXITS(MODE_STD_NACL), EXITS(MODE_ISAKMP_POLICY),
	EXITS(MODE_TRANSFORM), EXITS(MODE_IPSEC_PROFILE),
	EXITS(MODE_CRYPTO_MAP), EXITS(MODE_GKM_GROUP),
	EXITS(MODE_GKM_SERVER), EXITS(MODE_GKM_SA), EXITS(MODE_LINE),
	EXITS(MODE_FAIL_CLOSE), EXITS(MODE_GKM_COOP), EXITS(MODE_GKM_KSSID),
};
// clang-format on

static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_basic = { .commands = &list };
