/* From a grammar string to a program, and the facts that follow from it: what
 * is key, what must stand after `no`, the help of each token. */
#include "parser/grammar_priv.h"
#include <stdlib.h>
#include <string.h>

#define PROG_MAX    4000 /* instructions; far above any real command */
#define MARKS_MAX   64
#define NESTING_MAX 16

struct compiler {
	struct grammar *g;
	const struct command *cmd;
	struct prog *p;
	char *at; /* next character; writable copy of the grammar */
	uint16_t cap, cap_branch;
	uint16_t marks;
	int depth;
};

static uint16_t emit(struct compiler *c, enum op op, uint16_t branch)
{
	struct prog *p = c->p;

	if (p->n == PROG_MAX)
		grammar_fault(c->cmd, "too long");
	if (p->n == c->cap) {
		c->cap = c->cap == 0 ? 16 : (uint16_t)(2 * c->cap);
		p->insn = xreallocarray(p->insn, c->cap, sizeof(*p->insn));
	}
	p->insn[p->n] = (struct insn){ .op = (uint8_t)op, .branch = branch };
	return p->n++;
}

static uint16_t branch_new(struct compiler *c, uint16_t parent, bool option)
{
	struct prog *p = c->p;

	if (p->n_branch == c->cap_branch) {
		c->cap_branch =
			c->cap_branch == 0 ? 8 : (uint16_t)(2 * c->cap_branch);
		p->branch = xreallocarray(
			p->branch, c->cap_branch, sizeof(*p->branch));
	}
	p->branch[p->n_branch] =
		(struct branch){ .parent = parent, .option = option };
	return p->n_branch++;
}

static const struct value_type *type_find(struct compiler *c, const char *name)
{
	for (size_t i = c->g->n_types; i-- > 0;)
		if (strcmp(c->g->types[i]->name, name) == 0)
			return c->g->types[i];
	return value_range(c->g, name);
}

/* The default of a value, in its stored form. */
static const char *default_read(
	struct compiler *c, const struct value_type *vt, const char *text)
{
	auto_sbuf struct sbuf out = { 0 };
	const char *t[1] = { text };
	size_t bad = 0;

	if (vt->parse(vt, t, 1, &out, &bad) != 1)
		grammar_fault(
			c->cmd, "default \"%s\" is no %s", text, vt->name);
	return sbuf_take(&out);
}

/* <n:type>, at '<'.  alone: nothing stands before it in an optional part, so
 * that with a default it may be left out by itself. */
static void compile_value(struct compiler *c, uint16_t branch, bool alone)
{
	char *slot = c->at + 1;
	char *end = strchr(slot, '>');
	char *type = strchr(slot, ':');
	char *deflt = NULL;
	uint16_t split = 0, pc;
	bool repeat = false;
	size_t n;

	if (end == NULL || type == NULL || type > end || type == slot)
		grammar_fault(c->cmd, "value is not <slot:type>: %s", c->at);
	*c->at = '\0'; /* ends a keyword right before it */
	c->at = end + 1;
	*end = '\0';
	*type++ = '\0';
	deflt = strchr(type, '=');
	if (deflt != NULL)
		*deflt++ = '\0';
	n = strlen(type);
	if (n > 3 && strcmp(type + n - 3, "...") == 0) {
		type[n - 3] = '\0';
		repeat = true;
	}
	if (deflt != NULL && alone) {
		branch = branch_new(c, branch, true);
		split = emit(c, OP_SPLIT, branch);
	}
	pc = emit(c, OP_VALUE, branch);
	n = strlen(slot);
	struct insn *in = &c->p->insn[pc];

	if (slot[n - 1] == '!') {
		slot[n - 1] = '\0';
		in->key = true;
	}
	in->text = slot;
	in->type = type_find(c, type);
	if (in->type == NULL)
		grammar_fault(c->cmd, "no value type \"%s\"", type);
	if (deflt != NULL)
		in->deflt = default_read(c, in->type, deflt);
	if (repeat) {
		uint16_t again = emit(c, OP_SPLIT, branch);
		uint16_t jump;

		/* First choice: go back for one more. */
		jump = emit(c, OP_JUMP, branch);
		c->p->insn[jump].to = pc;
		c->p->insn[again].to = c->p->n;
	}
	if (deflt != NULL && alone)
		c->p->insn[split].to = c->p->n;
}

static void compile_word(struct compiler *c, uint16_t branch)
{
	bool key = *c->at == '!';
	char *word = c->at + key;
	size_t n = strcspn(word, " \t{}[]|<>");
	char *also = memchr(word, '~', n);
	uint16_t pc = emit(c, OP_WORD, branch);
	struct insn *in = &c->p->insn[pc];

	if (n == 0 || also == word)
		grammar_fault(c->cmd, "a keyword is missing at: %s", c->at);
	in->key = key;
	in->text = word;
	if (also != NULL)
		in->also = also + 1;
	c->at = word + n;
}

static void compile_alternatives(struct compiler *c, uint16_t branch);

/* Words, values and groups up to what ends the sequence.  Terminators are
 * overwritten only after they were looked at: texts end where they stood. */
static void compile_sequence(struct compiler *c, uint16_t branch)
{
	bool first = true;

	for (;;) {
		while (*c->at == ' ' || *c->at == '\t')
			*c->at++ = '\0';
		if (*c->at == '\0' || strchr("|}]", *c->at) != NULL)
			break;
		if (*c->at == '<')
			compile_value(c, branch,
				first || !c->p->branch[branch].option);
		else if (*c->at == '{' || *c->at == '[')
			compile_alternatives(c, branch);
		else
			compile_word(c, branch);
		first = false;
	}
	if (first && branch != 0)
		grammar_fault(c->cmd, "empty alternative at: %s", c->at);
}

/* {a|b}, {a|b}* or [a|b], at the opening bracket. */
static void compile_alternatives(struct compiler *c, uint16_t branch)
{
	bool option = *c->at == '[';
	char close = option ? ']' : '}';
	uint16_t start = c->p->n, last, n_alts = 0;
	const char *tail;
	bool star;

	if (++c->depth > NESTING_MAX)
		grammar_fault(c->cmd, "nested too deep");
	/* Is it a set?  Only the text behind the bracket tells. */
	tail = c->at;
	for (int depth = 0; *tail != '\0'; tail++) {
		if (strchr("{[", *tail) != NULL)
			depth++;
		else if (strchr("}]", *tail) != NULL && --depth == 0)
			break;
	}
	star = *tail != '\0' && tail[1] == '*';
	do {
		uint16_t b = branch_new(c, branch, option || star);
		uint16_t jump, mark;

		*c->at++ = '\0';
		last = emit(c, OP_SPLIT, branch);
		if (star) {
			if (c->marks == MARKS_MAX)
				grammar_fault(c->cmd, "too many in {}*");
			mark = emit(c, OP_MARK, b); /* may move insn */
			c->p->insn[mark].to = c->marks++;
		}
		compile_sequence(c, b);
		jump = emit(c, OP_JUMP, branch);
		c->p->insn[jump].to = start; /* {}* goes round */
		c->p->insn[last].to = c->p->n;
		n_alts++;
	} while (*c->at == '|');
	if (*c->at != close)
		grammar_fault(c->cmd, "'%c' is missing", close);
	*c->at++ = '\0';
	if (star)
		*c->at++ = '\0';
	if (!star)
		for (uint16_t pc = start, i = 0; i < n_alts; i++) {
			/* Its JUMP stands before the next SPLIT. */
			pc = c->p->insn[pc].to;
			c->p->insn[pc - 1].to = c->p->n;
		}
	if (!star && !option) {
		/* The last alternative is no choice any more. */
		c->p->insn[last].op = OP_JUMP;
		c->p->insn[last].to = (uint16_t)(last + 1);
	}
	c->depth--;
}

/* Keywords that lead to a key value inside its alternatives are key, too. */
static void mark_keys(struct prog *p)
{
	for (uint16_t pc = 0; pc < p->n; pc++) {
		if (!p->insn[pc].key)
			continue;
		p->has_key = true;
		for (uint16_t b = p->insn[pc].branch; b != 0;
			b = p->branch[b].parent)
			for (uint16_t k = 0; k < pc; k++)
				if (p->insn[k].op == OP_WORD &&
					p->insn[k].branch == b)
					p->insn[k].key = true;
	}
	p->key_ahead = xcalloc(p->n, sizeof(*p->key_ahead));
	for (bool changed = true; changed;) {
		changed = false;
		for (uint16_t pc = p->n - 1; pc-- > 0;) {
			const struct insn *in = &p->insn[pc];
			bool ahead = in->key;

			if (in->op != OP_JUMP)
				ahead |= p->key_ahead[pc + 1];
			if (in->op == OP_JUMP || in->op == OP_SPLIT)
				ahead |= p->key_ahead[in->to];
			changed |= ahead != p->key_ahead[pc];
			p->key_ahead[pc] = ahead;
		}
	}
}

static uint64_t begins_at(const struct prog *p, uint16_t pc)
{
	const struct insn *in = &p->insn[pc];

	switch (in->op) {
	case OP_WORD:
		return prog_letter(in->text[0]) |
		       (in->also != NULL ? prog_letter(in->also[0]) : 0);
	case OP_MARK:
		return p->begins[pc + 1];
	case OP_JUMP:
		return p->begins[in->to];
	case OP_SPLIT:
		return p->begins[pc + 1] | p->begins[in->to];
	default:
		return UINT64_MAX;
	}
}

static void mark_letters(struct prog *p)
{
	p->begins = xcalloc(p->n, sizeof(*p->begins));
	for (bool changed = true; changed;) {
		changed = false;
		for (uint16_t pc = p->n; pc-- > 0;) {
			uint64_t begins = begins_at(p, pc);

			changed |= begins != p->begins[pc];
			p->begins[pc] = begins;
		}
	}
}

/* Is there a way to the end that reads no key? */
static bool keyless_end(const struct prog *p, uint16_t pc, bool *seen)
{
	while (!seen[pc] && !p->insn[pc].key) {
		const struct insn *in = &p->insn[pc];

		seen[pc] = true;
		if (in->op == OP_END)
			return true;
		if (in->op == OP_SPLIT && keyless_end(p, in->to, seen))
			return true;
		pc = in->op == OP_JUMP ? in->to : (uint16_t)(pc + 1);
	}
	return false;
}

/* --- help: "token  text" lines --- */

/* A dictionary that many commands share is sorted once; short texts are not
 * worth it. */
#define HELP_DICTIONARY 4096

static size_t help_word(const char *line)
{
	return strcspn(line, " \t\n");
}

static const char *help_next(const char *line)
{
	const char *end = strchr(line, '\n');

	return end != NULL ? end + 1 : NULL;
}

static int help_cmp(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t nx = help_word(x), ny = help_word(y);
	int c = memcmp(x, y, nx < ny ? nx : ny);

	return c != 0 ? c : (nx > ny) - (nx < ny);
}

static void help_index(struct grammar *g, const char *help)
{
	struct help_index *x = &g->help;

	if (x->text == help || help == NULL || strlen(help) < HELP_DICTIONARY)
		return;
	x->text = help;
	x->n = 0;
	for (const char *l = help; l != NULL && *l != '\0';) {
		x->line = xreallocarray(x->line, x->n + 1, sizeof(*x->line));
		x->line[x->n++] = l;
		l = help_next(l);
	}
	qsort(x->line, x->n, sizeof(*x->line), help_cmp);
}

static const char *help_line(
	const struct grammar *g, const char *help, const char *token)
{
	size_t n = strlen(token);

	if (help == g->help.text && help != NULL) {
		const char **hit = bsearch(&token, g->help.line, g->help.n,
			sizeof(*g->help.line), help_cmp);

		return hit == NULL ? NULL : *hit;
	}
	for (const char *l = help; l != NULL && *l != '\0';) {
		if (help_word(l) == n && memcmp(l, token, n) == 0)
			return l;
		l = help_next(l);
	}
	return NULL;
}

/* The text of a token's line, or NULL. */
static char *help_find(
	const struct grammar *g, const char *help, const char *token)
{
	const char *text = help_line(g, help, token);
	char *out;
	size_t len;

	if (text == NULL)
		return NULL;
	text += help_word(text);
	text += strspn(text, " \t");
	len = strcspn(text, "\n");
	out = xmemdup(text, len + 1);
	out[len] = '\0';
	return out;
}

static unsigned occurrence(const struct prog *p, uint16_t pc)
{
	unsigned n = 1;

	for (uint16_t k = 0; k < pc; k++)
		n += p->insn[k].op == p->insn[pc].op &&
		     strcmp(p->insn[k].text, p->insn[pc].text) == 0;
	return n;
}

static void attach_help(struct grammar *g, struct prog *p)
{
	const struct command *c = p->cmd;
	bool may_miss = (c->flags & CMD_HIDDEN) != 0 ||
			((c->flags & CMD_HARMLESS) != 0 && c->help == NULL);

	help_index(g, c->help);
	for (uint16_t pc = 0; pc < p->n; pc++) {
		struct insn *in = &p->insn[pc];
		auto_sbuf struct sbuf token = { 0 };

		if (in->op != OP_WORD && in->op != OP_VALUE)
			continue;
		sbuf_printf(
			&token, in->op == OP_VALUE ? "<%s>" : "%s", in->text);
		unsigned k = occurrence(p, pc);
		size_t base = token.n;

		if (k > 1) {
			sbuf_printf(&token, "#%u", k);
			in->help = help_find(g, c->help, sbuf_str(&token));
			sbuf_trunc(&token, base);
		}
		if (in->help == NULL)
			in->help = help_find(g, c->help, sbuf_str(&token));
		if (in->help == NULL && !may_miss)
			grammar_fault(c, "no help for %s", sbuf_str(&token));
		if (in->help == NULL)
			in->help = xstrdup("");
	}
}

/* Separates a keyword from its second reading, now that no look-ahead needs
 * the text any more. */
static void split_aliases(struct prog *p)
{
	for (uint16_t pc = 0; pc < p->n; pc++)
		if (p->insn[pc].also != NULL)
			p->text[p->insn[pc].also - 1 - p->text] = '\0';
}

struct prog *prog_compile(struct grammar *g, const struct command *cmd)
{
	struct prog *p = xcalloc(1, sizeof(*p));
	struct compiler c = { .g = g, .cmd = cmd, .p = p };

	p->cmd = cmd;
	p->grammar = g;
	p->text = xstrdup(cmd->grammar);
	c.at = p->text;
	branch_new(&c, 0, false);
	compile_sequence(&c, 0);
	if (*c.at != '\0')
		grammar_fault(cmd, "unexpected: %s", c.at);
	emit(&c, OP_END, 0);
	split_aliases(p);
	while (p->insn[p->lead].op == OP_WORD)
		p->lead++;
	mark_keys(p);
	mark_letters(p);
	auto_free bool *seen = xcalloc(p->n, sizeof(*seen));
	p->key_optional = p->has_key && keyless_end(p, 0, seen);
	attach_help(g, p);
	return p;
}

void prog_free(struct prog *p)
{
	for (uint16_t pc = 0; pc < p->n; pc++) {
		free(p->insn[pc].help);
		if (p->insn[pc].op == OP_VALUE)
			free((char *)(uintptr_t)p->insn[pc].deflt);
	}
	derivation_free(p->deflt);
	if (p->deflt_node != NULL)
		node_free(p->deflt_node);
	free(p->insn);
	free(p->branch);
	free(p->key_ahead);
	free(p->begins);
	free(p->text);
	free(p);
}
