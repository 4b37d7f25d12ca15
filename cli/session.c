/* A session: where it stands, how a typed line is executed, and what becomes of
 * the output.  It knows no sockets and no frames: a sink takes its text, so a
 * test drives it as the server does. */
#include "cli/confmgmt.h"
#include "cli/line.h"
#include "cli/privilege.h"
#include "cli/running.h"
#include "cli/session_priv.h"
#include "cli/users.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOSTNAME_CONFIG_MAX 20 /* letters of it in configuration prompts */
#define HISTORY_DEFAULT     20

struct session *session_new(struct router *r, const struct session_opts *o,
	const struct session_sink *sink)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->router = r;
	s->sink = *sink;
	s->flags = o->flags;
	s->level = s->login_level = o->level;
	s->user = xstrdup(o->user != NULL ? o->user : "");
	s->peer = xstrdup(s->user);
	s->line = xstrdup(o->line != NULL ? o->line : "con 0");
	s->from = xstrdup(o->from != NULL ? o->from : "");
	s->term.length = 24;
	s->term.width = 80;
	s->term.history = HISTORY_DEFAULT;
	session_set_size(s, o->rows, o->cols);
	position_reset(&s->pos, MODE_EXEC);
	if (o->flags & SESSION_LENIENT)
		session_enter_config(s);
	s->log_sink = (struct log_sink){
		.level = LOG_SEV_DEBUG, .fn = session_log_line, .ctx = s
	};
	if (o->flags & SESSION_CONSOLE)
		session_set_monitor(s, true);
	return s;
}

void session_free(struct session *s)
{
	if (s == NULL)
		return;
	if (s->listed)
		LIST_REMOVE(s, link);
	session_break(s);
	session_leave(s);
	session_settle(s);
	session_set_monitor(s, false);
	filter_free(s->filter);
	session_range_clear(s);
	position_free(&s->pos);
	session_history_free(s);
	free(s->login_name);
	free(s->peer);
	free(s->user);
	free(s->line);
	free(s->from);
	free(s);
}

struct router *session_router(const struct session *s)
{
	return s->router;
}

const char *session_user(const struct session *s)
{
	return s->user;
}

const char *session_from(const struct session *s)
{
	return s->from;
}

uint8_t session_level(const struct session *s)
{
	return s->level;
}

uint8_t session_login_level(const struct session *s)
{
	return s->login_level;
}

unsigned session_flags(const struct session *s)
{
	return s->flags;
}

const char *session_line(const struct session *s)
{
	return s->line;
}

bool session_over(const struct session *s)
{
	return s->over;
}

bool session_asking(const struct session *s)
{
	return s->ask_fn != NULL;
}

bool session_asks_text(const struct session *s)
{
	return s->ask_fn != NULL && s->ask_kind == ASK_TEXT;
}

bool session_text_ended(const struct session *s)
{
	return s->text_ended;
}

void session_end_text(struct session *s)
{
	s->text_ended = true;
}

bool session_pending(const struct session *s)
{
	return s->pending;
}

bool session_in_config(const struct session *s)
{
	return s->pos.mode != MODE_EXEC;
}

struct session_term *session_term(struct session *s)
{
	return &s->term;
}

void session_set_size(struct session *s, uint16_t rows, uint16_t cols)
{
	if (rows != 0 && !s->length_set)
		s->term.length = rows;
	if (cols != 0 && !s->width_set)
		s->term.width = cols;
}

void session_set_length(struct session *s, uint16_t lines)
{
	s->term.length = lines;
	s->length_set = true;
}

void session_set_width(struct session *s, uint16_t columns)
{
	s->term.width = columns;
	s->width_set = true;
}

void session_set_level(struct session *s, uint8_t level)
{
	s->level = level;
}

void session_log_line(void *ctx, enum log_sev sev, const char *line)
{
	struct session *s = ctx;

	(void)sev;
	if (s->sink.log_line != NULL)
		s->sink.log_line(s->sink.ctx, line);
}

void session_set_monitor(struct session *s, bool on)
{
	if (on == s->term.monitor || s->router->log == NULL)
		return;
	s->term.monitor = on;
	if (on)
		log_sink_add(s->router->log, &s->log_sink);
	else
		log_sink_del(s->router->log, &s->log_sink);
}

/* Prompts. */

void session_prompt(const struct session *s, struct sbuf *out)
{
	const char *name = running_hostname(s->router);
	const struct mode_def *m =
		grammar_mode(s->router->grammar, s->pos.mode);

	if (!session_in_config(s)) {
		sbuf_adds(out, name);
		sbuf_addc(out, s->level > LEVEL_USER ? '#' : '>');
		return;
	}
	sbuf_add(out, name, strnlen(name, HOSTNAME_CONFIG_MAX));
	const char *special =
		s->pos.mode == MODE_IF ? session_if_prompt(s) : NULL;

	sbuf_adds(out, special != NULL ? special : m->prompt);
}

/* The configuration mode. */

void session_enter_config(struct session *s)
{
	if (!session_in_config(s))
		config_lock_enter(s);
	position_reset(&s->pos, MODE_CONFIG);
}

void session_place(const struct session *s, struct sbuf *out)
{
	if (s->flags & SESSION_CONSOLE || s->user[0] == '\0')
		sbuf_adds(out, "console");
	else
		sbuf_printf(out, "%s on %.3s%s", s->user, s->line,
			s->line[0] != '\0' ? strchr(s->line, ' ') + 1 : "");
	if (s->from[0] != '\0')
		sbuf_printf(out, " (%s)", s->from);
}

static void config_left(struct session *s)
{
	auto_sbuf struct sbuf who = { 0 };

	line_vty_join(s->router);
	session_settle(s);
	if (s->flags & SESSION_QUIET)
		return;
	session_place(s, &who);
	config_report(s->router, "console", sbuf_str(&who));
}

void session_leave(struct session *s)
{
	if (!session_in_config(s))
		return;
	position_reset(&s->pos, MODE_EXEC);
	config_lock_leave(s);
	config_left(s);
}

void session_up(struct session *s)
{
	if (!position_up(&s->pos, s->router->grammar))
		session_leave(s);
}

void session_quit(struct session *s)
{
	/* A paste with an `exit` too many must not lose what follows. */
	if (!(s->flags & SESSION_LENIENT))
		s->over = true;
}

void session_settle(struct session *s)
{
	if (commit_dirty(s->router->commit))
		commit_settle(s->router->commit);
}

/* Output: through the filter of the command, if it has one. */

static void output(struct session *s, const char *text, size_t n)
{
	if (n > 0)
		s->sink.output(s->sink.ctx, text, n);
}

static void output_buf(struct session *s, const struct sbuf *b)
{
	output(s, sbuf_str(b), b->n);
}

void session_write(struct session *s, const char *text, size_t n)
{
	auto_sbuf struct sbuf passed = { 0 };

	if (s->filter == NULL) {
		output(s, text, n);
		return;
	}
	filter_feed(s->filter, text, n, &passed);
	output_buf(s, &passed);
}

/* The command has ended; CMD_PENDING: its output is still under way. */
static int filter_close(struct session *s, int result)
{
	struct filter *f = s->filter;
	auto_sbuf struct sbuf rest = { 0 };

	if (f == NULL)
		return result;
	s->filter = NULL;
	filter_end(f, &rest);
	output_buf(s, &rest);
	result = redirect_end(s, f, result);
	filter_free(f);
	return result;
}

/* A command that goes on. */

void session_done(struct session *s, int result)
{
	if (s->in_exec) { /* over before it began to wait */
		s->early = true;
		s->early_result = result;
		return;
	}
	if (!s->pending)
		return;
	s->break_fn = NULL;
	s->pending = false;
	result = filter_close(s, result);
	if (result == CMD_PENDING)
		s->pending = true;
	else
		s->sink.done(s->sink.ctx, result);
}

void session_on_break(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s->break_fn = fn;
	s->break_ctx = ctx;
}

void session_break(struct session *s)
{
	void (*fn)(void *ctx) = s->break_fn;

	s->ask_fn = NULL;
	s->over |= s->logging_in; /* leaving the dialogue is no way in */
	if (fn == NULL)
		return;
	s->break_fn = NULL;
	fn(s->break_ctx);
}

int session_ask(struct session *s, enum ask_kind kind, const char *question,
	answer_fn *fn, void *ctx)
{
	if (s->flags & SESSION_BATCH && kind != ASK_TEXT) {
		session_write(s, question, strlen(question));
		session_write(s, "\n", 1);
		return fn(s, "", ctx);
	}
	s->ask_fn = fn;
	s->ask_ctx = ctx;
	s->ask_kind = kind;
	s->ask_question = xstrdup(question);
	return CMD_PENDING;
}

int session_settle_result(struct session *s, int result)
{
	s->in_exec = false;
	s->text_ended = false;
	if (s->early) {
		s->early = false;
		result = s->early_result;
	}
	if (result != CMD_PENDING) {
		s->break_fn = NULL;
		result = filter_close(s, result);
		s->pending = result == CMD_PENDING;
		return result;
	}
	s->pending = s->ask_fn == NULL;
	if (s->ask_question != NULL) {
		auto_free char *q = s->ask_question;

		s->ask_question = NULL;
		s->sink.ask(s->sink.ctx, (int)s->ask_kind, q);
	}
	return CMD_PENDING;
}

void session_resume(struct session *s, int result)
{
	if (result != CMD_PENDING)
		session_done(s, result);
	else if (s->ask_fn != NULL)
		session_settle_result(s, result);
}

int session_answer(struct session *s, const char *answer)
{
	answer_fn *fn = s->ask_fn;

	if (fn == NULL)
		return CMD_FAILED;
	s->ask_fn = NULL;
	s->in_exec = true;
	return session_settle_result(s, fn(s, answer, s->ask_ctx));
}

/* Faults of a typed line (clients.md 2.2). */

static void caret_error(struct session *s, const char *typed, size_t column)
{
	auto_sbuf struct sbuf out = { 0 };
	auto_sbuf struct sbuf prompt = { 0 };

	if (s->flags & SESSION_ECHO)
		session_prompt(s, &prompt);
	else
		sbuf_printf(&out, "%s\n", typed);
	sbuf_pad(&out, ' ', prompt.n + column);
	sbuf_adds(&out, "^\n% Invalid input detected at '^' marker.\n\n");
	output_buf(s, &out);
}

static const char *first_word_end(const char *p)
{
	return p + strcspn(p, " \t");
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Text copied from a web page brings its prompts: `R1(config)#crypto ...`. */
const char *session_strip_prompt(const char *line)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_.";
	const char *p = skip_blanks(line);
	size_t n = strspn(p, letters);

	if (n == 0)
		return line;
	p += n;
	if (*p == '(') {
		n = strspn(p + 1, letters);
		if (n == 0 || p[1 + n] != ')')
			return line;
		p += n + 2;
	}
	return *p == '#' || *p == '>' ? p + 1 : line;
}

/* text: the part of `typed` that was matched. */
static void match_error(struct session *s, const struct match *m,
	const char *typed, const char *text)
{
	auto_sbuf struct sbuf out = { 0 };
	size_t offset = (size_t)(text - typed);
	const char *word = skip_blanks(text);
	const char *end = first_word_end(word);

	switch (m->kind) {
	case MATCH_INCOMPLETE:
		if (end > word && end - word >= 2 &&
			*skip_blanks(end) == '\0' &&
			strncasecmp("show", word, (size_t)(end - word)) == 0)
			sbuf_adds(&out, "% Type \"show ?\" for a list of "
					"subcommands\n\n");
		else
			sbuf_adds(&out, "% Incomplete command.\n\n");
		break;
	case MATCH_AMBIGUOUS:
		sbuf_printf(&out, "%% Ambiguous command:  \"%s\"\n", text);
		break;
	default:
		if (!session_in_config(s) && *skip_blanks(end) == '\0' &&
			text + m->caret <= end)
			sbuf_printf(&out,
				"Translating \"%.*s\"\n"
				"%% Unknown command or computer name, or "
				"unable "
				"to find computer address\n\n",
				(int)(end - word), word);
		else
			caret_error(s, typed, offset + m->caret);
		break;
	}
	output_buf(s, &out);
}

/* Executing. */

static bool wants_json(const struct session *s)
{
	return s->filter != NULL && filter_kind(s->filter) == FILTER_JSON;
}

static bool is_show(const struct command *cmd)
{
	return strncmp(cmd->grammar, "show ", 5) == 0;
}

static int json_missing(struct session *s)
{
	static const char text[] =
		"% JSON is not available for this command\n";

	session_write(s, text, sizeof(text) - 1);
	return session_settle_result(s, CMD_FAILED);
}

static int run_exec_fn(struct session *s, const struct match *m)
{
	auto_sbuf struct sbuf out = { 0 };
	struct cmd_call call = { .session = s,
		.router = s->router,
		.cmd = m->cmd,
		.drv = m->drv,
		.negated = m->negated,
		.json = wants_json(s),
		.out = &out };

	if (call.json && !is_show(m->cmd))
		return json_missing(s);

	if (m->cmd->mode == MODE_EXEC)
		session_settle(s); /* a show sees what was configured */
	s->in_exec = true;
	int result = m->cmd->exec(&call);

	if (call.json && !call.json_given && result == CMD_DONE)
		return json_missing(s);
	session_write(s, sbuf_str(&out), out.n);
	return session_settle_result(s, result);
}

/* Where `|` parts command and filter, or NULL. */
char *session_filter_split(char *text)
{
	for (char *p = strchr(text, '|'); p != NULL; p = strchr(p + 1, '|')) {
		if (p > text && (p[-1] == ' ' || p[-1] == '\t'))
			return p;
	}
	return NULL;
}

bool session_takes_filter(const char *text)
{
	const char *p = skip_blanks(text);
	size_t n = (size_t)(first_word_end(p) - p);

	return (n == 3 && strncasecmp("dir", p, n) == 0) ||
	       (n >= 2 && strncasecmp("show", p, n) == 0) ||
	       (n >= 2 && strncasecmp("more", p, n) == 0) ||
	       (n >= 2 && strncasecmp("write", p, n) == 0);
}

/* Opens the filter behind the `|` in bar; false after printing the fault. */
static bool filter_open(
	struct session *s, const char *typed, size_t offset, const char *bar)
{
	size_t bad;
	struct filter *f = filter_parse(bar + 1, &bad);

	if (f != NULL && redirect_check(s, f)) {
		s->filter = f;
		return true;
	}
	if (f != NULL) {
		filter_free(f);
		return false;
	}
	if (bad == SIZE_MAX) {
		static const char text[] = "% Incomplete command.\n\n";

		output(s, text, sizeof(text) - 1);
	} else {
		caret_error(s, typed, offset + 1 + bad);
	}
	return false;
}

/* A line that the level does not allow is as good as unknown. */
static void check_level(struct session *s, const char *text, struct match *m)
{
	const char *word = skip_blanks(text);
	const char *next = skip_blanks(first_word_end(word));

	if (m->kind != MATCH_OK || privilege_allows(s->router, s->level, m))
		return;
	match_free(m);
	m->kind = MATCH_INVALID;
	m->caret = (size_t)((*next == '\0' ? word : next) - text);
}

/* Finds the exec command, without running it; *bar as filter_split. */
static void exec_match(
	struct session *s, char *text, char **bar, struct match *m)
{
	*bar = session_takes_filter(text) ? session_filter_split(text) : NULL;
	if (*bar != NULL)
		**bar = '\0';
	match_line(s->router->grammar, MODE_EXEC, s->level, text, m);
	check_level(s, text, m);
	if (*bar != NULL)
		**bar = '|';
}

int session_run_exec(struct session *s, const char *typed, size_t offset)
{
	auto_text char *copy = xstrdup(typed);
	char *text = copy + offset, *bar;
	struct match m = { 0 };
	int result = CMD_FAILED;

	if (s->flags & SESSION_DRY)
		return CMD_FAILED;
	exec_match(s, text, &bar, &m);
	if (m.kind == MATCH_EMPTY)
		result = CMD_DONE;
	else if (m.kind != MATCH_OK)
		match_error(s, &m, copy, text);
	else if (bar == NULL || filter_open(s, copy, (size_t)(bar - copy), bar))
		result = run_exec_fn(s, &m);
	match_free(&m);
	return result;
}

/* Another session may have removed the section in which this one stands. */
static void find_section(struct session *s)
{
	static const char text[] =
		"% The section has been removed by another session\n";

	if (position_node(&s->pos, s->router->tree) != NULL)
		return;
	session_enter_config(s);
	output(s, text, sizeof(text) - 1);
}

const char *session_do_command(const char *text)
{
	const char *p = skip_blanks(text);

	if (strncasecmp(p, "do", 2) == 0 && (p[2] == ' ' || p[2] == '\t'))
		return p + 2;
	return NULL;
}

static bool exec_knows(struct session *s, const char *text)
{
	auto_text char *copy = xstrdup(text);
	struct match m = { 0 };
	char *bar;

	exec_match(s, copy, &bar, &m);
	bool knows = m.kind == MATCH_OK;

	match_free(&m);
	return knows;
}

/* Commands of the configuration that stand for others change it, too. */
static int run_config_exec(struct session *s, const struct match *m)
{
	uint64_t before = commit_generation(s->router->commit);

	if (s->flags & SESSION_DRY && m->cmd->flags & CMD_ACT)
		return CMD_DONE;
	int result = run_exec_fn(s, m);

	if (cfglog_wants(s) && (m->cmd->flags & CMD_ACT ||
		commit_generation(s->router->commit) != before)) {
		auto_sbuf struct sbuf b = { 0 };

		print_masked(m->drv, m->negated, &b);
		cfglog_add(s, s->pos.depth, sbuf_str(&b));
	}

	session_config_changed(s, before);
	return result;
}

static int run_config_line(struct session *s, struct match *m, const char *text)
{
	s->in_exec = true; /* it may ask */
	return session_settle_result(s, session_enter_line(s, m, text));
}

/* What runs on behalf of a locker, and reading, is not for the lock. */
static bool lock_permits(struct session *s)
{
	auto_sbuf struct sbuf out = { 0 };

	if (s->flags & SESSION_QUIET || config_lock_permits(s->router, s, &out))
		return true;
	output_buf(s, &out);
	return false;
}

int session_run_config(struct session *s, const char *typed, size_t offset)
{
	const char *text = typed + offset, *rest = session_do_command(text);
	struct router *r = s->router;
	struct match m = { 0 };
	int result = CMD_FAILED;

	if (rest != NULL)
		return session_run_exec(s, typed, (size_t)(rest - typed));
	if (!lock_permits(s))
		return CMD_FAILED;
	find_section(s);
	load_match(r->commit, r->tree, &s->pos, s->level, text, &m);
	check_level(s, text, &m);
	if (m.kind == MATCH_EMPTY)
		result = CMD_DONE;
	else if (m.kind == MATCH_OK && m.cmd->exec != NULL)
		result = run_config_exec(s, &m);
	else if (m.kind == MATCH_OK)
		result = run_config_line(s, &m, text);
	else if (s->flags & SESSION_LENIENT && exec_knows(s, text))
		result = session_run_exec(s, typed, offset);
	else
		match_error(s, &m, typed, text);
	match_free(&m);
	return result;
}

/* In a file, configuration may follow on `end`. */
static bool back_to_config(struct session *s, const char *text)
{
	struct router *r = s->router;
	struct match m = { 0 };

	if (!(s->flags & SESSION_LENIENT) || exec_knows(s, text))
		return false;
	match_line(r->grammar, MODE_CONFIG, s->level, text, &m);
	bool fits = m.kind == MATCH_OK;

	match_free(&m);
	if (fits)
		session_enter_config(s);
	return fits;
}

/* What show running-config prints above the configuration: a file that was
 * made from it is taken whole. */
static bool is_show_heading(const struct session *s, const char *text)
{
	static const char *const headings[] = { "Building configuration...",
		"Current configuration : ", "Using " };

	if ((s->flags & SESSION_LENIENT) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(headings); i++)
		if (strncmp(text, headings[i], strlen(headings[i])) == 0)
			return true;
	return false;
}

static int run_typed(struct session *s, const char *line, size_t offset)
{
	const char *text = line + offset;

	if (session_in_config(s) || back_to_config(s, text))
		return session_run_config(s, line, offset);
	session_history_add(s, text);
	return session_run_exec(s, line, offset);
}

int session_run_line(struct session *s, const char *line)
{
	const char *text = skip_blanks(session_strip_prompt(line));
	size_t offset = (size_t)(text - line);
	auto_free char *meant = NULL;

	if (s->pending || s->ask_fn != NULL || s->logging_in)
		return CMD_FAILED;
	rollback_touch(s->router);
	if (*text == '\0' || *text == '!' || is_show_heading(s, text))
		return CMD_DONE;
	if (session_help_line(s, line))
		return CMD_DONE;
	meant = alias_expand(s->router, s->pos.mode, text);
	return meant != NULL ? run_typed(s, meant, 0)
			     : run_typed(s, line, offset);
}
