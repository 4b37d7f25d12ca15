/* show platform unsupported: what the configuration asks for and this router
 * does not do.  No list of its own: it asks the checks of every kept line again
 * for the warning that the line drew when it was entered. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/keep.h"

#include <string.h>

static size_t lines_below(const struct node *n)
{
	size_t count = 0;

	for (const struct node *c = node_first(n); c != NULL; c = node_next(c))
		count += 1 + lines_below(c);
	return count;
}

struct walk {
	const struct commit *commit;
	keep_fn *fn;
	void *ctx;
};

/* True: the line was reported, and what is below it goes with it. */
static bool report(const struct walk *w, const struct node *n)
{
	auto_sbuf struct sbuf why = { 0 };
	const char *text, *lacks;
	size_t len;

	commit_notice(w->commit, n, &why);
	for (text = sbuf_str(&why); *text != '\0';
		text = strchr(text, '\n') + 1)
		if (keep_is_warning(text, &lacks, &len))
			break;
	if (*text == '\0')
		return false;
	auto_free char *reason = xmemdup(lacks, len + 1);

	reason[len] = '\0';
	bool whole = (node_command(n)->flags & CMD_HARMLESS) != 0;

	w->fn(w->ctx, n, whole ? lines_below(n) : 0, reason);
	return whole;
}

static void walk_section(const struct walk *w, const struct node *section)
{
	for (const struct node *n = node_first(section); n != NULL;
		n = node_next(n)) {
		if (!report(w, n))
			walk_section(w, n);
	}
}

void keep_each(const struct commit *c, struct tree *t, keep_fn *fn, void *ctx)
{
	const struct walk w = { .commit = c, .fn = fn, .ctx = ctx };

	walk_section(&w, tree_root(t));
}

struct listing {
	struct sbuf text;
	const struct node *section; /* the last one printed */
	size_t lines;
};

#define REASON_COLUMN 45

static void list_line(struct listing *l, const struct node *n, size_t indent,
	size_t below, const char *lacks)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_pad(&line, ' ', indent);
	print_masked(node_drv(n), node_negated(n), &line);
	if (below > 0)
		sbuf_printf(&line, " (+%zu)", below);
	if (lacks != NULL && line.n < REASON_COLUMN)
		sbuf_pad(&line, ' ', REASON_COLUMN - line.n);
	if (lacks != NULL)
		sbuf_printf(&line, "  %s", lacks);
	sbuf_printf(&l->text, "%s\n", sbuf_str(&line));
}

/* Prints the sections around a line; returns its depth. */
static size_t list_sections(struct listing *l, const struct node *section)
{
	size_t depth;

	if (section == NULL || node_command(section) == NULL)
		return 0;
	depth = 1;
	for (const struct node *s = node_parent(section);
		node_command(s) != NULL; s = node_parent(s))
		depth++;
	if (section == l->section)
		return depth;
	list_sections(l, node_parent(section));
	list_line(l, section, depth - 1, 0, NULL);
	l->section = section;
	return depth;
}

static void list_one(
	void *ctx, const struct node *n, size_t below, const char *lacks)
{
	struct listing *l = ctx;
	size_t depth = list_sections(l, node_parent(n));

	list_line(l, n, depth, below, *lacks != '\0' ? lacks : "not done here");
	if (node_command(n)->enters != 0)
		l->section = n; /* what follows may stand in it */
	l->lines += 1 + below;
}

/* "router bgp 1", "address-family ipv4": the sections from the outside in. */
static void path_json(json_t *path, const struct node *n)
{
	auto_sbuf struct sbuf line = { 0 };

	if (node_command(n) == NULL)
		return;
	path_json(path, node_parent(n));
	print_masked(node_drv(n), node_negated(n), &line);
	ja_str(path, sbuf_str(&line));
}

static void json_one(
	void *ctx, const struct node *n, size_t below, const char *lacks)
{
	json_t *o = ja_object(ctx);

	path_json(jo_array(o, "path"), n);
	jo_num(o, "lines_below", below);
	jo_str(o, "reason", *lacks != '\0' ? lacks : NULL);
}

static int exec_unsupported(struct cmd_call *c)
{
	struct listing l = { 0 };

	if (c->json) {
		json_t *o = json_object();

		keep_each(c->router->commit, c->router->tree, json_one,
			jo_array(o, "unsupported"));
		return cmd_json(c, o);
	}

	keep_each(c->router->commit, c->router->tree, list_one, &l);
	sbuf_printf(c->out,
		"Configuration lines that are kept but not in force: %zu\n",
		l.lines);
	if (l.lines > 0)
		sbuf_printf(c->out, "\n%-*s  Reason\n%s", REASON_COLUMN,
			"Line (+lines below it)", sbuf_str(&l.text));
	sbuf_free(&l.text);
	return CMD_DONE;
}

static const struct command show_unsupported = {
	.mode = MODE_EXEC,
	.level = 15, /* it shows lines of the configuration */
	.grammar = "show platform unsupported",
	.help = "show  Show running system information\n"
		"platform  Show platform information\n"
		"unsupported  Configuration that is kept but not in force\n",
	.flags = CMD_PIPE,
	.exec = exec_unsupported,
	.sample = "show platform unsupported",
};

static const struct command *const commands[] = { &show_unsupported };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_platform = { .commands = &list };
