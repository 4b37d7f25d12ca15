/* Who is on: show users, show line, send, clear line (show-output.md 3.8). */
#include "cli/json.h"
#include "cli/line.h"
#include "cli/session_priv.h"
#include "cli/users.h"

#include "base/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VTY_SHOWN   5 /* lines that show line lists at least */
#define MESSAGE_MAX 4096

/* The session on the line with that number, or NULL. */
static struct session *find_on(const struct router *r, unsigned number)
{
	struct session *s;

	LIST_FOREACH(s, &r->sessions, link)
	{
		if (line_number(s->line) == number)
			return s;
	}
	return NULL;
}

static unsigned last_number(const struct router *r)
{
	const struct session *s;
	unsigned last = 0;

	LIST_FOREACH(s, &r->sessions, link)
	{
		if (line_number(s->line) > last)
			last = line_number(s->line);
	}
	return last;
}

/* --- show users --- */

static uint64_t idle_secs(const struct session *s, const struct session *me)
{
	return s == me ? 0 : (loop_now() - s->idle_ms) / 1000;
}

static void show_user(
	const struct session *s, const struct session *me, struct sbuf *out)
{
	uint64_t idle = idle_secs(s, me);
	char number[8], time[24];

	snprintf(number, sizeof(number), "%u", line_number(s->line));
	snprintf(time, sizeof(time), "%02u:%02u:%02u", (unsigned)(idle / 3600),
		(unsigned)(idle / 60 % 60), (unsigned)(idle % 60));
	sbuf_printf(out, "%c%3s %-9s %-10s %-20s %-10s %s\n",
		s == me ? '*' : ' ', number, s->line, s->user,
		s->pending ? "" : "idle", time, s->from);
}

static json_t *users_json(const struct router *r, const struct session *me)
{
	json_t *top = json_object(), *list = jo_array(top, "users");
	unsigned last = last_number(r);

	for (unsigned i = 0; i <= last; i++) {
		struct session *s;

		LIST_FOREACH(s, &r->sessions, link)
		{
			json_t *o;

			if (line_number(s->line) != i)
				continue;
			o = ja_object(list);
			jo_num(o, "number", i);
			jo_str(o, "line", s->line);
			jo_str(o, "user", s->user);
			jo_bool(o, "own", s == me);
			jo_bool(o, "busy", s->pending);
			jo_num(o, "idle_secs", idle_secs(s, me));
			jo_str(o, "location", s->from);
		}
	}
	return top;
}

static int exec_show_users(struct cmd_call *c)
{
	const struct router *r = c->router;
	unsigned last = last_number(r);

	if (c->json)
		return cmd_json(c, users_json(r, c->session));

	sbuf_adds(c->out, "    Line       User       Host(s)              Idle"
			  "       Location\n");
	for (unsigned i = 0; i <= last; i++) {
		struct session *s;

		/* Several may share the console. */
		LIST_FOREACH(s, &r->sessions, link)
		{
			if (line_number(s->line) == i)
				show_user(s, c->session, c->out);
		}
	}
	sbuf_adds(c->out, "\n  Interface    User               Mode         "
			  "Idle     Peer Address\n\n");
	return CMD_DONE;
}

static const struct command show_users = {
	.mode = MODE_EXEC,
	.grammar = "show users [all]",
	.help = "show   Show running system information\n"
		"users  Display information about terminal lines\n"
		"all    Include information about inactive ports\n",
	.flags = CMD_PIPE,
	.exec = exec_show_users,
	.sample = "show users",
};

static const struct command who = {
	.mode = MODE_EXEC,
	.grammar = "who",
	.help = "who  Display information about terminal lines\n",
	.exec = exec_show_users,
	.sample = "who",
};

/* Connections from here to elsewhere: there is no such command. */
static int exec_where(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, json_pack("{s:[]}", "sessions"));
	sbuf_adds(c->out, "% No connections open\n");
	return CMD_DONE;
}

static const struct command where = {
	.mode = MODE_EXEC,
	.grammar = "where",
	.help = "where  List active connections\n",
	.exec = exec_where,
	.sample = "where",
};
static const struct command show_sessions = {
	.mode = MODE_EXEC,
	.grammar = "show sessions",
	.help = "show  Show running system information\n"
		"sessions  Information about Telnet connections\n",
	.flags = CMD_PIPE,
	.exec = exec_where,
	.sample = "show sessions",
};

/* --- show line --- */

static json_t *lines_json(const struct router *r, unsigned last)
{
	json_t *top = json_object(), *list = jo_array(top, "lines");

	for (unsigned i = 0; i <= last; i++) {
		json_t *o = ja_object(list);

		jo_num(o, "number", i);
		jo_str(o, "type", i == 0 ? "cty" : "vty");
		jo_bool(o, "in_use", find_on(r, i) != NULL);
	}
	return top;
}

static int exec_show_line(struct cmd_call *c)
{
	unsigned last = last_number(c->router);

	if (last < VTY_SHOWN)
		last = VTY_SHOWN;
	if (c->json)
		return cmd_json(c, lines_json(c->router, last));
	sbuf_adds(c->out, "   Tty Typ     Tx/Rx    A Modem  Roty AccO AccI"
			  "   Uses   Noise  Overruns   Int\n");
	for (unsigned i = 0; i <= last; i++) {
		const struct session *s = find_on(c->router, i);

		sbuf_printf(c->out,
			"%c%5u %-3s              -    -      -    -    - "
			"%6u       0     0/0       -\n",
			s == NULL ? ' ' : '*', i, i == 0 ? "CTY" : "VTY",
			s == NULL ? 0 : 1);
	}
	return CMD_DONE;
}

static const struct command show_line = {
	.mode = MODE_EXEC,
	.grammar = "show line",
	.help = "show  Show running system information\n"
		"line  TTY line information\n",
	.flags = CMD_PIPE,
	.exec = exec_show_line,
	.sample = "show line",
};

/* --- a line named in a command --- */

#define LINE_GRAMMAR "{<n:0-33>|console <con:0-0>|vty <vty:0-31>}"
#define LINE_HELP                                                              \
	"<n>  Line number\nconsole  Primary terminal line\n"                   \
	"<con>  Line number\nvty  Virtual terminal\n<vty>  Line number\n"

static unsigned named_line(const struct derivation *d)
{
	char name[24];

	if (drv_set(d, "n"))
		return drv_u32(d, "n");
	if (!drv_set(d, "vty"))
		return 0;
	snprintf(name, sizeof(name), "vty %u", drv_u32(d, "vty"));
	return line_number(name);
}

/* --- clear line --- */

static int clear_answer(struct session *s, const char *answer, void *ctx)
{
	static const char ok[] = " [OK]\n";
	unsigned number = (unsigned)(uintptr_t)ctx;
	struct session *victim;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return CMD_DONE;
	victim = find_on(s->router, number);
	if (victim != NULL && victim != s)
		session_hangup(victim);
	session_write(s, ok, sizeof(ok) - 1);
	return CMD_DONE;
}

static int exec_clear_line(struct cmd_call *c)
{
	unsigned number = named_line(c->drv);

	if (number == line_number(session_line(c->session))) {
		sbuf_adds(c->out, "% Not allowed to clear current line\n");
		return CMD_FAILED;
	}
	return session_ask(c->session, ASK_CONFIRM, "[confirm]", clear_answer,
		(void *)(uintptr_t)number);
}

static const struct command clear_line = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "clear line " LINE_GRAMMAR,
	.help = "clear  Reset functions\nline  Reset a terminal "
		"line\n" LINE_HELP,
	.exec = exec_clear_line,
	.sample = "clear line vty 1\nclear line 3",
};

/* --- send --- */

struct message {
	struct router *router;
	bool all;
	unsigned number; /* to that line alone */
	struct sbuf text;
};

static void message_free(void *ctx)
{
	struct message *m = ctx;

	sbuf_free(&m->text);
	free(m);
}

/* A terminal shall not obey what another user typed. */
static void add_clean(struct sbuf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char ch = (unsigned char)*text;

		sbuf_addc(out, ch < ' ' || ch == 0x7f ? '?' : (char)ch);
	}
}

static int send_answer(struct session *s, const char *answer, void *ctx)
{
	struct message *m = ctx;
	auto_sbuf struct sbuf text = { 0 };
	struct session *to;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0) {
		message_free(m);
		return CMD_DONE;
	}
	sbuf_printf(&text, "\n***\n***\n*** Message from tty%u to ",
		line_number(s->line));
	if (m->all)
		sbuf_adds(&text, "all terminals:\n***\n");
	else
		sbuf_printf(&text, "tty%u:\n***\n", m->number);
	sbuf_adds(&text, sbuf_str(&m->text));
	LIST_FOREACH(to, &m->router->sessions, link)
	{
		if (m->all || line_number(to->line) == m->number)
			session_notify(to, sbuf_str(&text));
	}
	message_free(m);
	return CMD_DONE;
}

static int text_answer(struct session *s, const char *line, void *ctx)
{
	struct message *m = ctx;

	if (m->text.n + strlen(line) < MESSAGE_MAX) {
		add_clean(&m->text, line);
		sbuf_addc(&m->text, '\n');
	}
	session_on_break(s, message_free, m);
	if (!session_text_ended(s))
		return session_ask(s, ASK_TEXT, "", text_answer, m);
	return session_ask(
		s, ASK_CONFIRM, "Send message? [confirm]", send_answer, m);
}

static int exec_send(struct cmd_call *c)
{
	static const char intro[] = "Enter message, end with CTRL/Z; abort "
				    "with CTRL/C:\n";
	struct message *m;

	if (!(session_flags(c->session) & SESSION_ECHO)) {
		sbuf_adds(c->out, "% A message is typed at a terminal\n");
		return CMD_FAILED;
	}
	m = xcalloc(1, sizeof(*m));
	m->router = c->router;
	m->all = drv_has(c->drv, "*");
	if (!m->all)
		m->number = named_line(c->drv);
	session_write(c->session, intro, sizeof(intro) - 1);
	session_on_break(c->session, message_free, m);
	return session_ask(c->session, ASK_TEXT, "", text_answer, m);
}

static const struct command send_command = {
	.mode = MODE_EXEC,
	.level = LEVEL_PRIVILEGED,
	.grammar = "send {*|" LINE_GRAMMAR "}",
	.help = "send  Send a message to other tty lines\n"
		"*  All tty lines\n" LINE_HELP,
	.exec = exec_send,
	.sample = "send *\nsend vty 1\nsend 0",
};

static const struct command *const list[] = { &show_users, &who, &where,
	&show_sessions, &show_line, &clear_line, &send_command };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_lines = { .commands = &commands };
