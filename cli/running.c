/* Running-config and startup-config as text (show-output.md 3.11, clients.md
 * 2.2).  Loading goes through a session, the same path as typing. */
#include "cli/running.h"

#include "base/file.h"
#include "cli/commands.h"
#include "cli/pki.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *running_hostname(const struct router *r)
{
	const struct node *n = node_get(tree_root(r->tree), &cfg_hostname);
	const char *name = node_str(n, "name");

	return name == NULL ? "Router" : name;
}

void clock_text(uint64_t wall_secs, struct sbuf *out)
{
	time_t t = (time_t)wall_secs;
	struct tm tm;
	char buf[64];

	if (localtime_r(&t, &tm) == NULL)
		return;
	strftime(buf, sizeof(buf), "%H:%M:%S %Z %a %b ", &tm);
	sbuf_printf(out, "%s%d %d", buf, tm.tm_mday, tm.tm_year + 1900);
}

static void change_line(
	const char *what, uint64_t wall, const char *by, struct sbuf *out)
{
	if (wall == 0)
		return;
	sbuf_printf(out, "! %s at ", what);
	clock_text(wall, out);
	if (by[0] != '\0')
		sbuf_printf(out, " by %s", by);
	sbuf_addc(out, '\n');
}

void running_text(const struct router *r, bool all, struct sbuf *out)
{
	sbuf_adds(out, "!\n");
	change_line("Last configuration change", r->changed_wall, r->changed_by,
		out);
	change_line(
		"NVRAM config last updated", r->saved_wall, r->saved_by, out);
	if (r->changed_wall != 0 || r->saved_wall != 0)
		sbuf_adds(out, "!\n");
	tree_print(r->tree, NULL, all, out);
	sbuf_adds(out, "end\n");
}

static void numbered_lines(const char *text, struct sbuf *out)
{
	for (unsigned no = 1; *text != '\0'; no++) {
		size_t n = strcspn(text, "\n");

		sbuf_printf(out, "%5u : %.*s\n", no, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void show_text(const struct sbuf *text, unsigned how, struct sbuf *out)
{
	sbuf_printf(out,
		"Building configuration...\n\n"
		"Current configuration : %zu bytes\n",
		text->n);
	if (how & RUNNING_LINENUM)
		numbered_lines(sbuf_str(text), out);
	else
		sbuf_add(out, sbuf_str(text), text->n);
	sbuf_addc(out, '\n');
}

void running_show(const struct router *r, unsigned how, struct sbuf *out)
{
	auto_sbuf struct sbuf text = { 0 };

	running_text(r, (how & RUNNING_ALL) != 0, &text);
	show_text(&text, how, out);
}

bool running_show_section(const struct router *r, const struct node *section,
	bool all, struct sbuf *out)
{
	auto_sbuf struct sbuf text = { 0 };

	if (section == NULL)
		return false;
	sbuf_adds(&text, "!\n");
	tree_print(r->tree, section, all, &text);
	sbuf_adds(&text, "end\n");
	show_text(&text, 0, out);
	return true;
}

/* What a level may see: a line that is hidden hides what is below it. */
struct level_view {
	const struct router *r;
	uint8_t level;
	size_t hidden; /* depth of the hidden line, plus 1; 0: none */
	bool bar;      /* `!` was the last */
	struct sbuf *out;
};

static void level_line(void *ctx, const struct node *n, size_t depth)
{
	struct level_view *v = ctx;

	if (v->hidden != 0 && depth >= v->hidden)
		return;
	v->hidden = grammar_level(v->r->grammar, node_command(n)) > v->level
			    ? depth + 1
			    : 0;
	if (v->hidden != 0)
		return;
	sbuf_pad(v->out, ' ', depth);
	node_line(n, v->out);
	sbuf_addc(v->out, '\n');
	v->bar = false;
}

static void level_bar(void *ctx)
{
	struct level_view *v = ctx;

	if (!v->bar)
		sbuf_adds(v->out, "!\n");
	v->bar = true;
}

static void level_closing(void *ctx, const char *line, size_t depth)
{
	struct level_view *v = ctx;

	if (v->hidden != 0 && depth + 1 >= v->hidden)
		return;
	sbuf_pad(v->out, ' ', depth);
	sbuf_printf(v->out, "%s\n", line);
}

void running_show_level(const struct router *r, uint8_t level,
	const struct node *section, struct sbuf *out)
{
	static const struct tree_visitor visitor = {
		.line = level_line, .bar = level_bar, .closing = level_closing
	};
	auto_sbuf struct sbuf text = { 0 };
	struct level_view v = {
		.r = r, .level = level, .bar = true, .out = &text
	};

	sbuf_adds(&text, "!\n");
	tree_visit(r->tree, section, false, &visitor, &v);
	sbuf_adds(&text, "end\n");
	show_text(&text, 0, out);
}

int startup_read(const struct router *r, struct sbuf *out)
{
	if (r->startup_path == NULL)
		return -ENOENT;
	return file_read(r->startup_path, out, STARTUP_BYTES);
}

int startup_save(struct router *r, const char *user)
{
	auto_sbuf struct sbuf text = { 0 };
	uint64_t old_wall = r->saved_wall;
	int err;

	if (r->startup_path == NULL)
		return -ENOENT;
	r->saved_wall = (uint64_t)time(NULL);
	running_text(r, false, &text);
	err = file_replace(r->startup_path, sbuf_str(&text), text.n, 0600);
	if (err != 0) {
		r->saved_wall = old_wall;
		return err;
	}
	pki_saved(r);
	strlcpy(r->saved_by, user, sizeof(r->saved_by));
	r->saved_generation = commit_generation(r->commit);
	return 0;
}

int startup_erase(struct router *r)
{
	if (r->startup_path == NULL)
		return 0;
	if (unlink(r->startup_path) != 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* Loading. */

struct loading {
	struct sbuf printed; /* by the line that runs */
};

static void loading_output(void *ctx, const char *text, size_t n)
{
	struct loading *l = ctx;

	sbuf_add(&l->printed, text, n);
}

static void loading_ask(void *ctx, int kind, const char *question)
{
	(void)ctx;
	(void)kind;
	(void)question;
}

static void loading_done(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static size_t load(struct router *r, const char *text, unsigned flags,
	load_fault_fn *fault, void *ctx)
{
	struct loading l = { 0 };
	struct session_sink sink = { .output = loading_output,
		.ask = loading_ask,
		.done = loading_done,
		.ctx = &l };
	struct session_opts opts = {
		.level = 15,
		.flags =
			SESSION_BATCH | SESSION_LENIENT | SESSION_QUIET | flags,
	};
	struct session *s = session_new(r, &opts, &sink);
	size_t faults = 0;
	unsigned no = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		auto_sbuf struct sbuf line = { 0 };

		no++;
		sbuf_add(&line, text, n > 0 && text[n - 1] == '\r' ? n - 1 : n);
		text += n + (text[n] == '\n');
		sbuf_trunc(&l.printed, 0);
		int rc = session_asks_text(s)
				 ? session_answer(s, sbuf_str(&line))
				 : session_run_line(s, sbuf_str(&line));

		if (rc == CMD_DONE || session_asks_text(s))
			continue;
		session_break(s);
		faults++;
		if (fault != NULL)
			fault(ctx, no, sbuf_str(&line), sbuf_str(&l.printed));
	}
	session_settle(s);
	session_free(s);
	sbuf_free(&l.printed);
	return faults;
}

size_t running_load(
	struct router *r, const char *text, load_fault_fn *fault, void *ctx)
{
	return load(r, text, 0, fault, ctx);
}

/* A router that is nothing but a configuration. */
size_t config_tree_init(struct router *t, const struct router *r,
	const char *text, load_fault_fn *fault, void *ctx)
{
	*t = (struct router){ .grammar = r->grammar };
	t->tree = tree_new(r->grammar, MODE_CONFIG);
	t->commit = commit_new(t->tree);
	return load(t, text, SESSION_DRY, fault, ctx);
}

void config_tree_fini(struct router *t)
{
	commit_free(t->commit);
	tree_free(t->tree);
}

static void startup_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	struct router *r = ctx;
	const char *why = strstr(printed, "% ");
	int n = why == NULL ? 0 : (int)strcspn(why, "\n");

	log_msg(r->log, LOG_SEV_ERR, "SYS", "CONFIG_LINE",
		"startup-config line %u refused: \"%s\" %.*s", line_no, line, n,
		why == NULL ? "" : why);
}

int startup_load(struct router *r)
{
	auto_sbuf struct sbuf text = { 0 };
	int err;

	if (r->startup_path != NULL)
		file_sweep(r->startup_path);
	err = startup_read(r, &text);

	if (err != 0)
		return err == -ENOENT ? 0 : err;
	running_load(r, sbuf_str(&text), startup_fault, r);
	r->changed_wall = 0;
	r->saved_generation = commit_generation(r->commit);
	return 0;
}
