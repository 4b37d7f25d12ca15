/* What could stand at the cursor: `?` and TAB (clients.md 2.3). */
#include "parser/run.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCREEN 80

struct choice {
	const char *text, *help;
	bool argument; /* WORD, <1-10>: listed after the keywords */
	size_t place;  /* of two alike, the first counts */
};
struct choices {
	struct choice *v;
	size_t n, cap;
	bool end; /* the command may end here */
	bool pipe;
};

static void choice_add(
	struct choices *c, const char *text, const char *help, bool argument)
{
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 32 : 2 * c->cap;
		c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
	}
	c->v[c->n] = (struct choice){ text, help, argument, c->n };
	c->n++;
}

/* Is the word one that begins with what stands before the cursor? */
static bool begins(const char *word, const char *partial)
{
	return strncasecmp(word, partial, strlen(partial)) == 0;
}

/* A type's choice that stands for many words: "WORD", "A.B.C.D", "<0-9>". */
static bool is_argument(const char *text)
{
	bool capital = false;

	if (text[0] == '<')
		return true;
	for (; *text != '\0'; text++) {
		if (islower((unsigned char)*text))
			return false;
		capital |= isupper((unsigned char)*text) != 0;
	}
	return capital;
}

/* The place of a value at the cursor: its first token, or a later one. */
struct place {
	const struct run *r;
	const struct insn *in;
	size_t first; /* token where the value begins */
	const char *partial;
};

/* Would the type take what stands there, or want more of it? */
static bool is_taken(const struct place *p)
{
	char *value = NULL;
	size_t bad;
	int used;

	if (*p->partial == '\0')
		return true;
	used = value_read(p->r, p->in, p->first, p->r->lex.n, &value, &bad);
	free(value);
	return used < 0 || (size_t)used > p->r->stop - p->first;
}

static const char *choice_at(const struct place *p, size_t i, const char **help)
{
	const struct value_type *vt = p->in->type;
	size_t n = p->r->stop - p->first;

	*help = NULL;
	if (n == 0)
		return vt->choice != NULL ? vt->choice(vt, i, help) : NULL;
	return vt->next != NULL
		       ? vt->next(vt, p->r->lex.text + p->first, n, i, help)
		       : NULL;
}

static void value_choices(struct choices *c, const struct place *p)
{
	const struct value_type *vt = p->in->type;
	bool later = p->r->stop > p->first;
	const char *display = vt->display, *text, *help;
	bool taken = is_taken(p);

	if (later && vt->more != NULL)
		display = vt->more;
	for (size_t i = 0; (text = choice_at(p, i, &help)) != NULL; i++) {
		bool argument = is_argument(text);

		if (argument ? taken : begins(text, p->partial))
			choice_add(c, text, help, argument);
		if (display != NULL && strcmp(text, display) == 0)
			display = NULL;
	}
	/* A display form from the list belongs to the first token. */
	if (later && vt->more == NULL && vt->choice != NULL)
		for (size_t i = 0; display != NULL &&
				   (text = vt->choice(vt, i, &help)) != NULL;
			i++)
			if (!is_argument(text) && strcmp(text, display) == 0)
				display = NULL;
	if (later && vt->next != NULL)
		display = NULL;
	if (display != NULL && taken)
		choice_add(c, display, p->in->help, true);
}

static void thread_choices(struct choices *c, const struct run *r,
	const struct thread *t, const char *partial)
{
	const struct command *cmd = t->prog->cmd;
	const struct insn *in = &t->prog->insn[t->pc];

	if (in->op == OP_END) {
		c->end = true;
		c->pipe |= (cmd->flags & CMD_PIPE) != 0;
		/* Free text takes more words. */
		if (t->trail != RUN_NONE) {
			const struct insn *last =
				&t->prog->insn[r->tr[t->trail].pc];

			if (last->type == &value_line && !t->early)
				choice_add(c, value_line.display, last->help,
					true);
		}
		return;
	}
	if ((cmd->flags & CMD_HIDDEN) != 0 ||
		((cmd->flags & CMD_HARMLESS) != 0 && cmd->help == NULL))
		return;
	if (in->op == OP_VALUE)
		value_choices(c, &(struct place){ r, in, r->stop, partial });
	else if (begins(in->text, partial))
		choice_add(c, in->text, in->help, false);
}

static int choice_cmp(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;
	int c = strcmp(x->text, y->text);

	if (x->argument != y->argument)
		return x->argument ? 1 : -1;
	if (c != 0)
		return c;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Sorted, each word once. */
static void choices_sort(struct choices *c)
{
	size_t n = 0;

	if (c->n == 0)
		return;
	qsort(c->v, c->n, sizeof(*c->v), choice_cmp);
	for (size_t i = 0; i < c->n; i++)
		if (n == 0 || strcmp(c->v[i].text, c->v[n - 1].text) != 0)
			c->v[n++] = c->v[i];
	c->n = n;
}

static void choices_collect(
	struct choices *c, const struct run *r, const char *partial)
{
	for (uint32_t id = r->head[r->stop]; id != RUN_NONE;
		id = r->th[id].next)
		thread_choices(c, r, &r->th[id], partial);
	for (size_t i = 0; i < r->n_pending; i++) {
		const struct thread *t = &r->pending[i];

		value_choices(c, &(struct place){ r, &t->prog->insn[t->pc],
					 r->pending_at[i], partial });
	}
	if (r->stop == 0 && r->mode != NULL && r->mode->def.config) {
		if (begins("no", partial))
			choice_add(c, "no",
				"Negate a command or set its defaults", false);
		if (begins("default", partial))
			choice_add(c, "default",
				"Set a command to its defaults", false);
	}
	choices_sort(c);
}

static size_t choices_width(const struct choices *c, bool end)
{
	size_t width = end ? strlen("<cr>") : 0;

	for (size_t i = 0; i < c->n; i++)
		if (strlen(c->v[i].text) > width)
			width = strlen(c->v[i].text);
	return width;
}

static void row(
	struct sbuf *out, size_t width, const char *word, const char *help)
{
	sbuf_adds(out, "  ");
	sbuf_adds(out, word);
	if (*help != '\0') {
		sbuf_pad(out, ' ', width - strlen(word) + 2);
		sbuf_adds(out, help);
	}
	sbuf_addc(out, '\n');
}

static void print_list(const struct choices *c, struct sbuf *out)
{
	size_t width = choices_width(c, c->end);

	for (size_t i = 0; i < c->n; i++)
		row(out, width, c->v[i].text,
			c->v[i].help != NULL ? c->v[i].help : "");
	if (c->end && c->pipe)
		row(out, width, "|", "Output modifiers");
	if (c->end)
		row(out, width, "<cr>", "<cr>");
}

/* Words only: in one row two blanks apart, in several rows in columns. */
static void print_words(const struct choices *c, struct sbuf *out)
{
	size_t width = choices_width(c, false) + 2;
	size_t columns = width < SCREEN ? SCREEN / width : 1, total = 0;

	for (size_t i = 0; i < c->n; i++)
		total += strlen(c->v[i].text) + 2;
	for (size_t i = 0; i < c->n; i++) {
		size_t n = strlen(c->v[i].text);

		sbuf_adds(out, c->v[i].text);
		sbuf_pad(out, ' ', total <= SCREEN ? 2 : width - n);
		if ((total > SCREEN && (i + 1) % columns == 0) || i + 1 == c->n)
			sbuf_addc(out, '\n');
	}
}

void match_help(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct sbuf *out)
{
	struct choices c = { 0 };
	struct run r;
	bool words;

	run_line(&r, g, mode, level, line, true);
	words = r.lex.open;
	if (r.ambiguous) {
		sbuf_printf(out, "%% Ambiguous command:  \"%.*s\"\n",
			(int)strcspn(line, "\r\n"), line);
	} else {
		choices_collect(&c, &r, words ? r.lex.text[r.stop] : "");
		if (r.lex.n == 0 && r.mode != NULL && r.mode->def.title != NULL)
			sbuf_printf(out, "%s commands:\n", r.mode->def.title);
		if (c.n == 0 && (words || !c.end))
			sbuf_adds(out, "% Unrecognized command\n");
		else if (words)
			print_words(&c, out);
		else
			print_list(&c, out);
	}
	free(c.v);
	run_fini(&r);
}

bool match_complete(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct sbuf *append)
{
	struct choices c = { 0 };
	struct run r;
	const struct choice *only = NULL;
	bool done = false;

	run_line(&r, g, mode, level, line, true);
	if (!r.lex.open) {
		run_fini(&r);
		return !r.ambiguous;
	}
	const char *partial = r.lex.text[r.stop];

	if (!r.ambiguous)
		choices_collect(&c, &r, partial);
	for (size_t i = 0; i < c.n; i++) {
		if (c.v[i].argument)
			continue;
		if (strcasecmp(c.v[i].text, partial) == 0) {
			only = &c.v[i];
			break;
		}
		only = i == 0 ? &c.v[i] : NULL;
	}
	if (only != NULL) {
		sbuf_adds(append, only->text + strlen(partial));
		sbuf_addc(append, ' ');
		done = true;
	}
	free(c.v);
	run_fini(&r);
	return done;
}
