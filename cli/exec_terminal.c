/* terminal ...: what the user sets for this session, and what is set
 * (ios-cli.md 4). */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/line.h"

#define LENGTH_DEFAULT  24
#define WIDTH_DEFAULT   80
#define HISTORY_DEFAULT 20

static int exec_terminal(struct cmd_call *c)
{
	struct session_term *t = session_term(c->session);

	if (drv_has(c->drv, "length"))
		session_set_length(
			c->session, (uint16_t)drv_u32(c->drv, "lines"));
	else if (drv_has(c->drv, "width"))
		session_set_width(
			c->session, (uint16_t)drv_u32(c->drv, "columns"));
	else if (drv_has(c->drv, "monitor"))
		session_set_monitor(c->session, true);
	else if (drv_has(c->drv, "size"))
		t->history = (uint16_t)drv_u32(c->drv, "entries");
	else if (drv_has(c->drv, "history") && t->history == 0)
		t->history = HISTORY_DEFAULT;
	return CMD_DONE;
}

static const struct command terminal = {
	.mode = MODE_EXEC,
	.grammar = "terminal {length <lines:0-512>|width <columns:0-512>|"
		   "monitor|history [size <entries:0-256>]}",
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
		  "terminal history size 30\nterminal history",
};

/* `no` turns off; `default` goes back to what the line says. */
static int exec_terminal_no(struct cmd_call *c)
{
	struct session *s = c->session;
	struct session_term *t = session_term(s);
	struct line_config line;
	bool to_default = drv_has(c->drv, "default");

	line_view(c->router, session_line(s), &line);
	if (drv_has(c->drv, "monitor"))
		session_set_monitor(s, false);
	else if (drv_has(c->drv, "history") &&
		 (to_default || drv_has(c->drv, "size")))
		t->history = line.history;
	else if (drv_has(c->drv, "history"))
		t->history = 0;
	else if (drv_has(c->drv, "length"))
		session_set_length(s, !to_default        ? 0
				      : line.length >= 0 ? (uint16_t)line.length
							 : LENGTH_DEFAULT);
	else
		session_set_width(s, !to_default       ? 0
				     : line.width >= 0 ? (uint16_t)line.width
						       : WIDTH_DEFAULT);
	return CMD_DONE;
}

static const struct command terminal_no = {
	.mode = MODE_EXEC,
	.grammar = "terminal {no|default} "
		   "{monitor|history [size]|length|width}",
	.help = "terminal  Set terminal line parameters\n"
		"no        Negate a command or set its defaults\n"
		"default   Set a command to its defaults\n"
		"monitor   Copy debug output to the current terminal line\n"
		"history   Enable and control the command history function\n"
		"size      Set history buffer size\n"
		"length    Set number of lines on a screen\n"
		"width     Set width of the display terminal\n",
	.exec = exec_terminal_no,
	.sample = "terminal no monitor\nterminal no history\n"
		  "terminal default length",
};

static void history_line(void *ctx, const char *line)
{
	sbuf_printf(ctx, "  %s\n", line);
}

static void history_json(void *ctx, const char *line)
{
	ja_str(ctx, line);
}

static int exec_show_history(struct cmd_call *c)
{
	json_t *top = json_object(), *list = jo_array(top, "history");

	if (c->json)
		session_history_each(c->session, history_json, list);
	else
		session_history_each(c->session, history_line, c->out);
	cmd_json_if(c, top);
	return CMD_DONE;
}

static const struct command show_history = {
	.mode = MODE_EXEC,
	.grammar = "show history",
	.help = "show     Show running system information\n"
		"history  Display the session command history\n",
	.flags = CMD_PIPE,
	.exec = exec_show_history,
	.sample = "show history",
};

static void add_limit(
	struct sbuf *out, const char *what, uint32_t minutes, uint32_t seconds)
{
	if (minutes == 0 && seconds == 0)
		sbuf_printf(out, "%s is never\n", what);
	else
		sbuf_printf(out, "%s is %02u:%02u:%02u\n", what, minutes / 60,
			minutes % 60, seconds);
}

static json_t *terminal_json(struct session *s, const struct line_config *line)
{
	const struct session_term *t = session_term(s);
	json_t *o = json_object();

	jo_num(o, "line", line_number(session_line(s)));
	jo_str(o, "location", session_from(s));
	jo_num(o, "length", t->length);
	jo_num(o, "width", t->width);
	jo_bool(o, "monitor", t->monitor);
	jo_num(o, "exec_timeout_secs", line->timeout_secs);
	jo_num(o, "history_size", t->history);
	return o;
}

static int exec_show_terminal(struct cmd_call *c)
{
	const struct session_term *t = session_term(c->session);
	const char *name = session_line(c->session);
	struct line_config line;

	line_view(c->router, name, &line);
	if (c->json)
		return cmd_json(c, terminal_json(c->session, &line));
	sbuf_printf(c->out,
		"Line %u, Location: \"%s\", Type: \"\"\n"
		"Length: %u lines, Width: %u columns\n"
		"Status: PSI Enabled, Ready, Active\n"
		"Capabilities: %s\n",
		line_number(name), session_from(c->session), t->length,
		t->width, t->monitor ? "Receives Logging Output" : "none");
	add_limit(c->out, "Idle EXEC timeout", line.timeout_secs / 60,
		line.timeout_secs % 60);
	sbuf_adds(c->out, "Editing is enabled.\n");
	if (t->history == 0)
		sbuf_adds(c->out, "History is disabled.\n");
	else
		sbuf_printf(c->out, "History is enabled, history size is %u.\n",
			t->history);
	sbuf_adds(c->out, "Full user help is disabled\n"
			  "Allowed output transports are none.\n"
			  "Preferred transport is none.\n");
	return CMD_DONE;
}

static const struct command show_terminal = {
	.mode = MODE_EXEC,
	.grammar = "show terminal",
	.help = "show      Show running system information\n"
		"terminal  Display terminal configuration parameters\n",
	.flags = CMD_PIPE,
	.exec = exec_show_terminal,
	.sample = "show terminal",
};

static const struct command *const list[] = { &terminal, &terminal_no,
	&show_history, &show_terminal };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_terminal = { .commands = &commands };
