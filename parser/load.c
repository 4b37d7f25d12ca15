/* Where a session stands, and the search through the modes around it. */
#include "parser/load.h"
#include "parser/tree_priv.h"
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void position_cut(struct position *p, size_t depth)
{
	while (p->depth > depth) {
		p->depth--;
		p->mode = p->outer[p->depth];
		free(p->line[p->depth]);
		p->line[p->depth] = NULL;
	}
}

void position_free(struct position *p)
{
	position_cut(p, 0);
}

void position_reset(struct position *p, uint16_t root_mode)
{
	position_cut(p, 0);
	p->mode = root_mode;
}

void position_push(
	struct position *p, uint16_t mode, const struct node *section)
{
	struct sbuf line = { 0 };

	assert(p->depth < POS_DEPTH);
	node_line(section, &line);
	p->outer[p->depth] = p->mode;
	p->line[p->depth++] = sbuf_take(&line);
	p->mode = mode;
}

bool position_up(struct position *p, const struct grammar *g)
{
	(void)g;
	if (p->depth == 0)
		return false;
	position_cut(p, p->depth - 1);
	return true;
}

struct node *position_node(const struct position *p, struct tree *t)
{
	struct node *n = t->root;

	for (size_t i = 0; i < p->depth && n != NULL; i++) {
		struct match m;

		match_line(t->grammar, p->outer[i], 15, p->line[i], &m);
		n = m.kind == MATCH_OK ? node_like(n, m.drv) : NULL;
		match_free(&m);
	}
	return n;
}

/* Free text alone, kept unread, is the last resort: a line that a mode around
 * knows belongs there. */
static bool is_catch_all(const struct match *m)
{
	return m->kind == MATCH_OK && (m->cmd->flags & CMD_HARMLESS) != 0 &&
	       m->drv->n > 0 &&
	       m->drv->prog->insn[m->drv->v[0].pc].op == OP_VALUE;
}

/* Does the line begin with the command's first keyword in full? */
static bool is_spelt_out(const struct match *m, const char *line)
{
	const struct insn *in = &m->drv->prog->insn[m->drv->v[0].pc];
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t");
	if (m->negated || m->to_default) {
		line += n + strspn(line + n, " \t");
		n = strcspn(line, " \t");
	}
	return in->op == OP_WORD && strlen(in->text) == n;
}

/* A line kept unread gives way to what the modes around know better: free text
 * to a command, `router ospf` read as short for router-id to `router`. */
static bool gives_way(
	const struct match *m, const struct match *outer, const char *line)
{
	if ((outer->cmd->flags & CMD_HARMLESS) != 0 &&
		!is_spelt_out(outer, line))
		return false;
	return is_catch_all(m) ||
	       (is_spelt_out(outer, line) && !is_spelt_out(m, line));
}

/* The mode in which the session stands when it has left all but depth. */
static uint16_t mode_at(const struct position *p, size_t depth)
{
	return depth == p->depth ? p->mode : p->outer[depth];
}

void load_match(struct commit *c, struct tree *t, struct position *p,
	uint8_t level, const char *line, struct match *out)
{
	const struct grammar *g = t->grammar;
	size_t depth = p->depth, found = p->depth;

	(void)c;
	match_line(g, p->mode, level, line, out);
	while (depth > 0 && out->kind != MATCH_EMPTY &&
		(out->kind != MATCH_OK ||
			(out->cmd->flags & CMD_HARMLESS) != 0)) {
		const struct mode_def *def = grammar_mode(g, mode_at(p, depth));
		struct match m;

		if (def == NULL || def->parent == 0)
			break;
		depth--;
		match_line(g, mode_at(p, depth), level, line, &m);
		bool better =
			out->kind == MATCH_OK
				? m.kind == MATCH_OK && gives_way(out, &m, line)
				: m.kind == MATCH_OK || m.reach > out->reach;

		if (!better) {
			match_free(&m);
			continue;
		}
		match_free(out);
		*out = m;
		found = depth;
	}
	if (out->kind == MATCH_OK)
		position_cut(p, found);
}

const char *line_strip_prompt(const char *line)
{
	const char *s = line + strspn(line, " \t");
	const char *name = s;

	while (isalnum((unsigned char)*s) || strchr("_-.", *s) != NULL) {
		if (*s == '\0')
			return line;
		s++;
	}
	if (s == name || !isalpha((unsigned char)*name))
		return line;
	if (*s == '(') {
		s++;
		while (islower((unsigned char)*s) ||
			isdigit((unsigned char)*s) || *s == '-')
			s++;
		if (*s++ != ')' || *s != '#')
			return line;
	}
	if (*s != '#' && *s != '>')
		return line;
	s++;
	s += strspn(s, " \t");
	return *s != '\0' && *s != '\r' && *s != '\n' ? s : line;
}
