/* The set of commands: modes, value types, lookup by mode and first letter. */
#include "parser/grammar_priv.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct grammar *grammar_new(const struct mode_def *modes, size_t n_modes)
{
	struct grammar *g = xcalloc(1, sizeof(*g));

	g->n_modes = n_modes;
	g->modes = xcalloc(n_modes, sizeof(*g->modes));
	for (size_t i = 0; i < n_modes; i++)
		g->modes[i].def = modes[i];
	for (size_t i = 0; i < n_value_builtin; i++)
		value_type_add(g, value_builtin[i]);
	return g;
}

static void mode_free(struct mode *m)
{
	for (size_t i = 0; i < ARRAY_LEN(m->letter); i++)
		free(m->letter[i].v);
	free(m->all.v);
	free(m->open.v);
	free(m->defaults.v);
}

void grammar_free(struct grammar *g)
{
	struct prog *p, *next;

	if (g == NULL)
		return;
	HASH_ITER(hh, g->by_cmd, p, next) {
		HASH_DEL(g->by_cmd, p);
		prog_free(p);
	}
	for (size_t i = 0; i < g->n_modes; i++)
		mode_free(&g->modes[i]);
	free(g->modes);
	free(g->commands);
	free(g->types);
	free(g->help.line);
	value_ranges_free(g);
	free(g);
}

void value_type_add(struct grammar *g, const struct value_type *vt)
{
	g->types = xreallocarray(g->types, g->n_types + 1, sizeof(*g->types));
	g->types[g->n_types++] = vt;
}

void grammar_fault(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "grammar: \"%s\" (mode %u): ", c->grammar, c->mode);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

struct mode *grammar_find(const struct grammar *g, uint16_t mode)
{
	for (size_t i = 0; i < g->n_modes; i++)
		if (g->modes[i].def.id == mode)
			return &g->modes[i];
	return NULL;
}

const struct mode_def *grammar_mode(const struct grammar *g, uint16_t id)
{
	const struct mode *m = grammar_find(g, id);

	return m != NULL ? &m->def : NULL;
}

const struct prog *grammar_prog(
	const struct grammar *g, const struct command *c)
{
	struct prog *p;

	HASH_FIND(hh, g->by_cmd, &c, sizeof(c), p);
	return p;
}

size_t grammar_commands(
	const struct grammar *g, const struct command *const **out)
{
	*out = g->commands;
	return g->n_commands;
}

static void list_add(struct prog_list *l, struct prog *p)
{
	if (l->n > 0 && l->v[l->n - 1] == p)
		return;
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 4 : 2 * l->cap;
		l->v = xreallocarray(l->v, l->cap, sizeof(struct prog *));
	}
	l->v[l->n++] = p;
}

static uint8_t first_letter(const char *word)
{
	return (uint8_t)tolower((unsigned char)word[0]);
}

/* Collects the instructions with which the line may begin. */
static void mark_first(const struct prog *p, uint16_t pc, bool *seen)
{
	while (!seen[pc]) {
		const struct insn *in = &p->insn[pc];

		seen[pc] = true;
		if (in->op == OP_SPLIT)
			mark_first(p, in->to, seen);
		else if (in->op == OP_JUMP) {
			pc = in->to;
			continue;
		} else if (in->op != OP_MARK)
			return;
		pc++;
	}
}

static void mode_add(struct mode *m, struct prog *p)
{
	bool *seen = xcalloc(p->n, sizeof(*seen));
	bool open = false;

	list_add(&m->all, p);
	mark_first(p, 0, seen);
	for (uint16_t pc = 0; pc < p->n; pc++)
		open |= seen[pc] && p->insn[pc].op == OP_VALUE;
	for (uint16_t pc = 0; pc < p->n && !open; pc++) {
		const struct insn *in = &p->insn[pc];

		if (!seen[pc] || in->op != OP_WORD)
			continue;
		list_add(&m->letter[first_letter(in->text)], p);
		if (in->also != NULL)
			list_add(&m->letter[first_letter(in->also)], p);
	}
	if (open)
		list_add(&m->open, p);
	free(seen);
}

/* Reads command.deflt; the command is in its mode already. */
static void default_set(struct grammar *g, struct mode *m, struct prog *p)
{
	struct match match;
	const char *line = p->cmd->deflt;

	if (line == NULL &&
		(p->cmd->flags & (CMD_DEFAULT_ON | CMD_HARMLESS)) ==
			CMD_DEFAULT_ON &&
		p->lead + 1 == p->n)
		line = p->cmd->grammar;
	if (line == NULL || p->deflt != NULL)
		return;
	match_line(g, m->def.id, 15, line, &match);
	if (match.kind != MATCH_OK || match.cmd != p->cmd)
		grammar_fault(p->cmd, "its default \"%s\" does not read", line);
	p->deflt = match.drv;
	p->deflt_negated = match.negated;
	match.drv = NULL;
	match_free(&match);
	if (p->deflt_negated)
		derivation_strip(p->deflt);
	p->deflt_node = node_new(derivation_dup(p->deflt), p->deflt_negated);
}

int prog_place_cmp(const struct prog *x, const struct prog *y)
{
	if (x->cmd->order != y->cmd->order)
		return x->cmd->order < y->cmd->order ? -1 : 1;
	if (prog_is_ordered(x) || prog_is_ordered(y))
		return prog_is_ordered(x) - prog_is_ordered(y);
	return x->index < y->index ? -1 : x->index > y->index;
}

static int place_cmp(const void *a, const void *b)
{
	return prog_place_cmp(
		*(struct prog *const *)a, *(struct prog *const *)b);
}

/* No two commands of a mode may accept one line. */
static void samples_check(
	const struct grammar *g, const struct mode *m, const struct prog *p)
{
	auto_free char *text = NULL;
	char *save = NULL;

	if (p->cmd->sample == NULL)
		return;
	text = xstrdup(p->cmd->sample);
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		struct match match;

		match_line(g, m->def.id, 15, line, &match);
		if (match.kind == MATCH_AMBIGUOUS)
			grammar_fault(p->cmd,
				"sample \"%s\" fits another command, too",
				line);
		if (match.kind != MATCH_OK)
			grammar_fault(p->cmd,
				"sample \"%s\" fails at column %zu", line,
				match.reach);
		if (match.cmd != p->cmd)
			grammar_fault(p->cmd, "sample \"%s\" is read as \"%s\"",
				line, match.cmd->grammar);
		match_free(&match);
	}
}

static bool in_mode(const struct command *c, const struct mode *m)
{
	return c->mode == m->def.id || (c->mode == 0 && m->def.config);
}

uint8_t grammar_own_level(const struct grammar *g, const struct command *c)
{
	const struct mode *m = grammar_find(g, c->mode);
	bool config = c->mode == 0 || (m != NULL && m->def.config);

	if (c->level == CMD_LEVEL_ANY)
		return 0;
	return c->level != 0 ? c->level : config ? 15 : 1;
}

uint8_t grammar_level(const struct grammar *g, const struct command *c)
{
	return grammar_prog(g, c)->level;
}

void grammar_level_set(struct grammar *g, const struct command *c, int level)
{
	struct prog *p;

	HASH_FIND(hh, g->by_cmd, &c, sizeof(c), p);
	p->level = level < 0 ? grammar_own_level(g, c) : (uint8_t)level;
}

const char *grammar_keyword(
	const struct grammar *g, const struct command *c, size_t i)
{
	const struct prog *p = grammar_prog(g, c);

	return i < p->lead ? p->insn[i].text : NULL;
}

static void command_add(struct grammar *g, const struct command *c)
{
	struct prog *p;

	if (c->mode != 0 && grammar_find(g, c->mode) == NULL)
		grammar_fault(c, "no such mode");
	if (c->enters != 0 && grammar_find(g, c->enters) == NULL)
		grammar_fault(c, "enters no such mode (%u)", c->enters);
	if (grammar_prog(g, c) != NULL)
		grammar_fault(c, "is added twice");
	if (g->n_commands == g->cap_commands) {
		g->cap_commands =
			g->cap_commands == 0 ? 64 : 2 * g->cap_commands;
		g->commands = xreallocarray(
			g->commands, g->cap_commands, sizeof(*g->commands));
	}
	p = prog_compile(g, c);
	p->level = grammar_own_level(g, c);
	p->index = g->n_commands;
	g->commands[g->n_commands++] = c;
	HASH_ADD(hh, g->by_cmd, cmd, sizeof(p->cmd), p);
	for (size_t i = 0; i < g->n_modes; i++)
		if (in_mode(c, &g->modes[i]))
			mode_add(&g->modes[i], p);
}

void grammar_add(struct grammar *g, const struct command *const *v, size_t n)
{
	size_t first = g->n_commands;

	for (size_t i = 0; i < n; i++)
		command_add(g, v[i]);
	for (size_t i = 0; i < g->n_modes; i++) {
		struct mode *m = &g->modes[i];

		for (size_t k = 0; k < m->all.n; k++) {
			struct prog *p = m->all.v[k];

			if (p->index < first)
				continue;
			if (cmd_is_config(m, p->cmd))
				default_set(g, m, p);
			samples_check(g, m, p);
			if (p->deflt != NULL && !p->has_key)
				list_add(&m->defaults, p);
		}
		if (m->defaults.n > 0)
			qsort(m->defaults.v, m->defaults.n,
				sizeof(*m->defaults.v), place_cmp);
	}
}
