/* Expressions become a small program, whose alternatives all advance together,
 * byte by byte (Thompson's way). */
#include "cli/regexp.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* of parentheses */

enum re_op {
	RE_CHAR,
	RE_ANY,
	RE_SET,
	RE_SPLIT, /* goes on at x and at y */
	RE_JUMP,  /* goes on at x */
	RE_BEGIN, /* of the line */
	RE_END,
	RE_DONE,
};

/* x and y count from the instruction itself, so that code can be moved. */
struct re_insn {
	enum re_op op;
	int x, y;
	unsigned char c;
	uint32_t set[8]; /* 256 bits */
};

/* The instructions where the alternatives stand. */
struct re_list {
	size_t *v, n;
};

struct regexp {
	struct re_insn *v;
	size_t n, cap;
	/* While matching: */
	struct re_list now, next;
	size_t *stack;
	size_t *seen, step; /* seen[pc] == step: on the list already */
};

struct re_parser {
	struct regexp *re;
	const char *p;
	unsigned depth;
	bool bad;
};

/* --- the program --- */

static void room(struct regexp *re)
{
	if (re->n < re->cap)
		return;
	re->cap = re->cap == 0 ? 32 : 2 * re->cap;
	re->v = xreallocarray(re->v, re->cap, sizeof(*re->v));
}

static void emit(struct regexp *re, struct re_insn in)
{
	room(re);
	re->v[re->n++] = in;
}

/* In front of what begins at `at`, which moves by one. */
static void insert(struct regexp *re, size_t at, struct re_insn in)
{
	room(re);
	memmove(re->v + at + 1, re->v + at, (re->n - at) * sizeof(*re->v));
	re->v[at] = in;
	re->n++;
}

static void set_add(struct re_insn *in, unsigned char c)
{
	in->set[c / 32] |= 1u << c % 32;
}

static bool set_has(const struct re_insn *in, unsigned char c)
{
	return (in->set[c / 32] & 1u << c % 32) != 0;
}

/* --- reading an expression --- */

static void parse_alternatives(struct re_parser *ps);

/* Behind the `[`. */
static void parse_set(struct re_parser *ps)
{
	struct re_insn in = { .op = RE_SET };
	bool negated = *ps->p == '^';
	const char *first;

	if (negated)
		ps->p++;
	first = ps->p;
	while (*ps->p != '\0' && (*ps->p != ']' || ps->p == first)) {
		unsigned from = (unsigned char)*ps->p++, to = from;

		if (ps->p[0] == '-' && ps->p[1] != '\0' && ps->p[1] != ']') {
			to = (unsigned char)ps->p[1];
			ps->p += 2;
		}
		ps->bad |= to < from;
		for (unsigned c = from; c <= to; c++)
			set_add(&in, (unsigned char)c);
	}
	ps->bad |= *ps->p == '\0';
	if (*ps->p == ']')
		ps->p++;
	for (size_t i = 0; negated && i < ARRAY_LEN(in.set); i++)
		in.set[i] = ~in.set[i];
	emit(ps->re, in);
}

/* `_`: a delimiter, the begin or the end; and itself, for whoever looks for a
 * message by its name. */
static void emit_delimiter(struct regexp *re)
{
	struct re_insn set = { .op = RE_SET };

	for (const char *p = "][,(){} \"_"; *p != '\0'; p++)
		set_add(&set, (unsigned char)*p);
	emit(re, (struct re_insn){ .op = RE_SPLIT, .x = 1, .y = 3 });
	emit(re, set);
	emit(re, (struct re_insn){ .op = RE_JUMP, .x = 5 });
	emit(re, (struct re_insn){ .op = RE_SPLIT, .x = 1, .y = 3 });
	emit(re, (struct re_insn){ .op = RE_BEGIN });
	emit(re, (struct re_insn){ .op = RE_JUMP, .x = 2 });
	emit(re, (struct re_insn){ .op = RE_END });
}

static void parse_group(struct re_parser *ps)
{
	if (++ps->depth > DEPTH_MAX) {
		ps->bad = true;
		return;
	}
	parse_alternatives(ps);
	ps->depth--;
	ps->bad |= *ps->p != ')';
	if (*ps->p == ')')
		ps->p++;
}

static void parse_atom(struct re_parser *ps)
{
	char c = *ps->p++;

	switch (c) {
	case '(':
		parse_group(ps);
		return;
	case '[':
		parse_set(ps);
		return;
	case '_':
		emit_delimiter(ps->re);
		return;
	case '.':
		emit(ps->re, (struct re_insn){ .op = RE_ANY });
		return;
	case '^':
		emit(ps->re, (struct re_insn){ .op = RE_BEGIN });
		return;
	case '$':
		emit(ps->re, (struct re_insn){ .op = RE_END });
		return;
	case '\\':
		if (*ps->p != '\0')
			c = *ps->p++;
		break;
	default:
		break;
	}
	emit(ps->re, (struct re_insn){ .op = RE_CHAR, .c = (unsigned char)c });
}

/* An atom and what repeats it.  A sign with nothing to repeat is a letter. */
static void parse_piece(struct re_parser *ps)
{
	struct regexp *re = ps->re;
	size_t at = re->n;

	parse_atom(ps);
	for (; !ps->bad && *ps->p != '\0' && strchr("*+?", *ps->p) != NULL;
		ps->p++) {
		int n = (int)(re->n - at);

		if (*ps->p == '+') {
			emit(re, (struct re_insn){
					 .op = RE_SPLIT, .x = -n, .y = 1 });
			continue;
		}
		insert(re, at,
			(struct re_insn){ .op = RE_SPLIT,
				.x = 1,
				.y = *ps->p == '*' ? n + 2 : n + 1 });
		if (*ps->p == '*')
			emit(re, (struct re_insn){
					 .op = RE_JUMP, .x = -(n + 1) });
	}
}

/* Up to a bar, the end, or the `)` of this group; others are letters. */
static void parse_sequence(struct re_parser *ps)
{
	while (!ps->bad && *ps->p != '\0' && *ps->p != '|' &&
		(*ps->p != ')' || ps->depth == 0))
		parse_piece(ps);
}

static void parse_alternatives(struct re_parser *ps)
{
	struct regexp *re = ps->re;
	size_t at = re->n;

	parse_sequence(ps);
	while (!ps->bad && *ps->p == '|') {
		size_t jump;

		ps->p++;
		insert(re, at,
			(struct re_insn){ .op = RE_SPLIT,
				.x = 1,
				.y = (int)(re->n - at) + 2 });
		jump = re->n;
		emit(re, (struct re_insn){ .op = RE_JUMP });
		parse_sequence(ps);
		re->v[jump].x = (int)(re->n - jump);
	}
}

struct regexp *regexp_new(const char *text)
{
	struct regexp *re;
	struct re_parser ps = { .p = text };

	if (strlen(text) > REGEXP_MAX)
		return NULL;
	re = ps.re = xcalloc(1, sizeof(*re));
	parse_alternatives(&ps);
	emit(re, (struct re_insn){ .op = RE_DONE });
	re->now.v = xcalloc(re->n, sizeof(size_t));
	re->next.v = xcalloc(re->n, sizeof(size_t));
	re->stack = xcalloc(2 * re->n + 1, sizeof(size_t));
	re->seen = xcalloc(re->n, sizeof(size_t));
	if (ps.bad) {
		regexp_free(re);
		return NULL;
	}
	return re;
}

void regexp_free(struct regexp *re)
{
	if (re == NULL)
		return;
	free(re->v);
	free(re->now.v);
	free(re->next.v);
	free(re->stack);
	free(re->seen);
	free(re);
}

/* --- matching --- */

/* Puts an instruction on the list, followed through all that takes no byte.
 * True: that leads to the end of the expression. */
static bool follow(
	struct regexp *re, struct re_list *l, size_t pc, bool begin, bool end)
{
	size_t n = 0;

	re->stack[n++] = pc;
	while (n > 0) {
		const struct re_insn *in;

		pc = re->stack[--n];
		in = &re->v[pc];
		if (re->seen[pc] == re->step)
			continue;
		re->seen[pc] = re->step;
		if (in->op == RE_DONE)
			return true;
		if (in->op == RE_SPLIT || in->op == RE_JUMP)
			re->stack[n++] = pc + (size_t)in->x;
		if (in->op == RE_SPLIT)
			re->stack[n++] = pc + (size_t)in->y;
		if ((in->op == RE_BEGIN && begin) || (in->op == RE_END && end))
			re->stack[n++] = pc + 1;
		if (in->op <= RE_SET)
			l->v[l->n++] = pc;
	}
	return false;
}

static bool takes(const struct re_insn *in, unsigned char c)
{
	return in->op == RE_ANY || (in->op == RE_CHAR && in->c == c) ||
	       (in->op == RE_SET && set_has(in, c));
}

bool regexp_matches(struct regexp *re, const char *line, size_t n)
{
	re->now.n = 0;
	re->step++;
	for (size_t i = 0;; i++) {
		struct re_list swap;

		/* A match may begin anywhere. */
		if (follow(re, &re->now, 0, i == 0, i == n))
			return true;
		if (i == n)
			return false;
		re->next.n = 0;
		re->step++;
		for (size_t k = 0; k < re->now.n; k++) {
			size_t pc = re->now.v[k];

			if (takes(&re->v[pc], (unsigned char)line[i]) &&
				follow(re, &re->next, pc + 1, false,
					i + 1 == n))
				return true;
		}
		swap = re->now;
		re->now = re->next;
		re->next = swap;
	}
}
