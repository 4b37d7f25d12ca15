/* What holds for every command of a table, tried out. */
#include "parser/selftest.h"
#include "parser/tree_priv.h"
#include <stdlib.h>
#include <string.h>

struct selftest {
	const struct grammar *g;
	const struct prog *prog;
	uint16_t mode;
	struct sbuf *report;
	size_t faults, lines;
};

__attribute__((format(printf, 2, 3))) static void fault(
	struct selftest *st, const char *fmt, ...)
{
	va_list ap;

	sbuf_printf(st->report, "\"%s\": ", st->prog->cmd->grammar);
	va_start(ap, fmt);
	sbuf_vprintf(st->report, fmt, ap);
	va_end(ap);
	sbuf_addc(st->report, '\n');
	st->faults++;
}

/* --- lines through a grammar --- */

static size_t successors(const struct prog *p, uint16_t pc, uint16_t next[2])
{
	const struct insn *in = &p->insn[pc];

	if (in->op == OP_END)
		return 0;
	next[0] = in->op == OP_JUMP ? in->to : (uint16_t)(pc + 1);
	next[1] = in->to;
	return in->op == OP_SPLIT ? 2 : 1;
}

static void sample_step(const struct insn *in, struct sbuf *out)
{
	if (in->op != OP_WORD && in->op != OP_VALUE)
		return;
	if (out->n > 0)
		sbuf_addc(out, ' ');
	if (in->op == OP_WORD)
		sbuf_adds(out, in->text);
	else
		sbuf_adds(out,
			in->type->sample != NULL ? in->type->sample : "SAMPLE");
}

/* Appends the shortest way from one instruction to another, without the
 * first.  False: there is none. */
static bool sample_path(
	const struct prog *p, uint16_t from, uint16_t to, struct sbuf *out)
{
	auto_free uint16_t *queue = xcalloc(p->n, sizeof(*queue));
	auto_free uint16_t *towards = xcalloc(p->n, sizeof(*towards));
	auto_free bool *seen = xcalloc(p->n, sizeof(*seen));
	size_t n = 0;

	/* Backwards from the goal, so that the way can be read forwards. */
	seen[to] = true;
	queue[n++] = to;
	for (size_t i = 0; i < n && !seen[from]; i++)
		for (uint16_t pc = 0; pc < p->n; pc++) {
			uint16_t next[2];
			size_t k = successors(p, pc, next);

			if (seen[pc] || k == 0 ||
				(next[0] != queue[i] &&
					(k < 2 || next[1] != queue[i])))
				continue;
			seen[pc] = true;
			towards[pc] = queue[i];
			queue[n++] = pc;
		}
	if (!seen[from])
		return false;
	while (from != to) {
		from = towards[from];
		sample_step(&p->insn[from], out);
	}
	return true;
}

/* A line that uses the instruction. */
static bool sample_line(const struct prog *p, uint16_t pc, struct sbuf *out)
{
	if (pc == 0 || p->insn[0].op == OP_WORD || p->insn[0].op == OP_VALUE)
		sample_step(&p->insn[0], out);
	return (pc == 0 || sample_path(p, 0, pc, out)) &&
	       sample_path(p, pc, p->n - 1, out);
}

/* --- `?` --- */

static bool has_row(const char *help, const char *word)
{
	size_t n = strlen(word);

	for (const char *l = help; *l != '\0'; l += strcspn(l, "\n") + 1)
		if (strncmp(l, "  ", 2) == 0 && strncmp(l + 2, word, n) == 0 &&
			(l[2 + n] == ' ' || l[2 + n] == '\n'))
			return true;
	return false;
}

static void check_help(struct selftest *st, const struct derivation *d)
{
	auto_sbuf struct sbuf line = { 0 };

	if ((d->prog->cmd->flags & CMD_HIDDEN) != 0 ||
		((d->prog->cmd->flags & CMD_HARMLESS) != 0 &&
			d->prog->cmd->help == NULL))
		return;
	for (size_t i = 0; i < d->n; i++) {
		const struct insn *in = &d->prog->insn[d->v[i].pc];
		const char *want =
			in->op == OP_WORD ? in->text : in->type->display;
		auto_sbuf struct sbuf help = { 0 };

		match_help(st->g, st->mode, 15, sbuf_str(&line), &help);
		if (want != NULL && !has_row(sbuf_str(&help), want))
			fault(st, "? after \"%s\" does not show %s",
				sbuf_str(&line), want);
		if (in->op == OP_WORD)
			sbuf_adds(&line, in->text);
		else
			value_print(in->type, d->v[i].value, &line);
		sbuf_addc(&line, ' ');
	}
}

/* --- the tree --- */

static enum commit_result feed(struct selftest *st, struct commit *c,
	struct tree *t, const char *prefix, const char *line)
{
	auto_sbuf struct sbuf text = { 0 }, why = { 0 };
	enum commit_result result;
	struct match m;
	struct node *out;

	sbuf_printf(&text, "%s%s", prefix, line);
	match_line(st->g, st->mode, 15, sbuf_str(&text), &m);
	if (m.kind != MATCH_OK || m.cmd != st->prog->cmd) {
		fault(st, "\"%s\" is not read", sbuf_str(&text));
		match_free(&m);
		return COMMIT_REFUSED;
	}
	result = commit_line(c, tree_root(t), &m, &out, &why);
	match_free(&m);
	return result;
}

static char *shown(const struct tree *t)
{
	struct sbuf out = { 0 };

	tree_print(t, NULL, false, &out);
	if (out.s == NULL)
		sbuf_adds(&out, "");
	return sbuf_take(&out);
}

/* numbers: the line leaves its key to the fixup, so that each time it may be
 * another entry. */
static void check_tree(struct selftest *st, const char *line, bool numbers)
{
	struct tree *t = tree_new(st->g, st->mode);
	struct commit *c = commit_new(t);
	bool on = (st->prog->cmd->flags & (CMD_DEFAULT_ON | CMD_UNDOES)) ==
		  CMD_DEFAULT_ON;
	auto_free char *empty = shown(t), *set = NULL, *again = NULL;
	auto_free char *undone = NULL, *reset = NULL;

	if (feed(st, c, t, "", line) == COMMIT_OK) {
		set = shown(t);
		if (!numbers)
			feed(st, c, t, "", line);
		again = shown(t);
		if (strcmp(set, again) != 0)
			fault(st, "\"%s\" twice changes the tree", line);
		/* What may not be undone can be set to its default. */
		bool kept = feed(st, c, t, "no ", line) != COMMIT_OK &&
			    st->prog->cmd->typed != NULL;

		undone = shown(t);
		if (!on && !kept && strcmp(undone, empty) != 0)
			fault(st, "no %s leaves: %s", line, undone);
		if (on && strstr(undone, "no ") == NULL)
			fault(st, "no %s does not stay: %s", line, undone);
		feed(st, c, t, "default ", line);
		reset = shown(t);
		if (strcmp(reset, empty) != 0)
			fault(st, "default %s leaves: %s", line, reset);
	}
	commit_free(c);
	tree_free(t);
}

/* --- a line --- */

static void check_line(struct selftest *st, const char *line)
{
	const struct command *cmd = st->prog->cmd;
	auto_sbuf struct sbuf first = { 0 }, second = { 0 };
	struct match m, back;

	st->lines++;
	match_line(st->g, st->mode, 15, line, &m);
	if (m.kind != MATCH_OK || m.cmd != cmd) {
		fault(st, "\"%s\" is %s", line,
			m.kind == MATCH_AMBIGUOUS ? "ambiguous"
			: m.kind == MATCH_OK      ? m.cmd->grammar
						  : "not read");
		match_free(&m);
		return;
	}
	print_command(cmd, m.drv, m.negated, &first);
	match_line(st->g, st->mode, 15, sbuf_str(&first), &back);
	if (back.kind != MATCH_OK || back.cmd != cmd) {
		fault(st, "\"%s\" prints as \"%s\", which is not read", line,
			sbuf_str(&first));
	} else {
		print_command(cmd, back.drv, back.negated, &second);
		if (!derivation_equal(m.drv, back.drv) ||
			strcmp(sbuf_str(&first), sbuf_str(&second)) != 0)
			fault(st, "\"%s\" prints as \"%s\", then as \"%s\"",
				line, sbuf_str(&first), sbuf_str(&second));
		check_help(st, back.drv);
		if (cmd_is_config(grammar_find(st->g, st->mode), cmd) &&
			!m.negated)
			check_tree(st, sbuf_str(&first),
				st->prog->has_key &&
					!derivation_has_key(m.drv));
	}
	match_free(&m);
	match_free(&back);
}

typedef void line_fn(void *ctx, const struct prog *p, const char *line);

/* false: some part of the grammar cannot be reached, which *where names. */
static bool each_line(
	const struct prog *p, line_fn *fn, void *ctx, const char **where)
{
	auto_free char *text = NULL;
	char *save = NULL;

	*where = NULL;
	if (p->cmd->sample != NULL) {
		text = xstrdup(p->cmd->sample);
		for (char *l = strtok_r(text, "\n", &save); l != NULL;
			l = strtok_r(NULL, "\n", &save))
			fn(ctx, p, l);
	}
	for (uint16_t pc = 0; pc < p->n; pc++) {
		auto_sbuf struct sbuf line = { 0 };

		if (p->insn[pc].op != OP_WORD && p->insn[pc].op != OP_VALUE)
			continue;
		if (sample_line(p, pc, &line))
			fn(ctx, p, sbuf_str(&line));
		else
			*where = p->insn[pc].text;
	}
	return *where == NULL;
}

static void check_sample(void *ctx, const struct prog *p, const char *line)
{
	struct selftest *st = ctx;

	st->prog = p;
	check_line(st, line);
}

static void check_command(struct selftest *st, const struct prog *p)
{
	const char *where;

	st->prog = p;
	if ((p->cmd->flags & CMD_BLOCK) != 0)
		return;
	if (!each_line(p, check_sample, st, &where))
		fault(st, "no way through \"%s\"", where);
}

size_t grammar_selftest(
	const struct grammar *g, struct sbuf *report, size_t *lines)
{
	struct selftest st = { .g = g, .report = report };

	for (size_t i = 0; i < g->n_modes; i++)
		for (size_t k = 0; k < g->modes[i].all.n; k++) {
			st.mode = g->modes[i].def.id;
			check_command(&st, g->modes[i].all.v[k]);
		}
	if (lines != NULL)
		*lines = st.lines;
	return st.faults;
}

struct samples {
	sample_fn *fn;
	void *ctx;
};

static void give_sample(void *ctx, const struct prog *p, const char *line)
{
	const struct samples *s = ctx;

	s->fn(s->ctx, p->cmd, line);
}

void grammar_samples(
	const struct grammar *g, uint16_t mode, sample_fn *fn, void *ctx)
{
	const struct mode *m = grammar_find(g, mode);
	struct samples s = { fn, ctx };
	const char *where;

	for (size_t k = 0; m != NULL && k < m->all.n; k++)
		each_line(m->all.v[k], give_sample, &s, &where);
}
