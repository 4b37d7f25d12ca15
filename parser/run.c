/* The matcher's engine (see run.h).  Rules of choice, at each token: a keyword
 * written in full beats abbreviations, a keyword beats values; two different
 * keywords with the same abbreviation are ambiguous. */
#include "parser/run.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static uint32_t thread_new(struct run *r, size_t at, const struct thread *from)
{
	uint32_t id = r->n_th++;

	if (id == r->cap_th) {
		r->cap_th = r->cap_th == 0 ? 64 : 2 * r->cap_th;
		r->th = xreallocarray(r->th, r->cap_th, sizeof(*r->th));
	}
	r->th[id] = *from;
	r->th[id].value = NULL;
	r->th[id].prev = r->tail[at];
	r->th[id].next = RUN_NONE;
	if (r->tail[at] != RUN_NONE)
		r->th[r->tail[at]].next = id;
	else
		r->head[at] = id;
	r->tail[at] = id;
	return id;
}

/* An earlier thread of the same command in the same place has priority. */
static bool thread_known(struct run *r, size_t at, const struct thread *t)
{
	struct seen *s = &r->seen[at];
	uint64_t *places, bit = UINT64_C(1) << t->pc % 64;

	if (s->prog != t->prog)
		*s = (struct seen){ .prog = t->prog };
	places = &s->places[t->pc / 64 % ARRAY_LEN(s->places)];
	if ((*places & bit) == 0) {
		*places |= bit;
		return false;
	}
	for (uint32_t id = r->tail[at];
		id != RUN_NONE && r->th[id].prog == t->prog;
		id = r->th[id].prev)
		if (r->th[id].pc == t->pc && r->th[id].marks == t->marks &&
			r->th[id].early == t->early)
			return true;
	return false;
}

/* May `no` end here?  After the last key; without a key, after the keywords
 * in front. */
static bool may_end(const struct run *r, const struct thread *t)
{
	if (!r->negated)
		return false;
	if (t->prog->has_key)
		return t->keyed && !t->prog->key_ahead[t->pc];
	return t->prog->lead > 0 && t->pc >= t->prog->lead;
}

static void fault_at(struct run *r, size_t i, size_t col)
{
	/* Beyond the first token: in the following ones, one blank apart. */
	while (i + 1 < r->lex.n && col > strlen(r->lex.text[i]))
		col -= strlen(r->lex.text[i++]) + 1;
	if (col > strlen(r->lex.text[i]))
		col = strlen(r->lex.text[i]);
	col += r->lex.col[i];
	if (col > r->caret)
		r->caret = col;
}

/* Most threads come to keywords of other letters than the token's: they fail
 * here, before they cost anything. */
static bool thread_fails(struct run *r, size_t at, const struct thread *t)
{
	if (at >= r->stop ||
		(t->prog->begins[t->pc] & prog_letter(r->lex.text[at][0])) != 0)
		return false;
	if (r->caret < r->lex.col[at])
		r->caret = r->lex.col[at];
	return true;
}

/* The thread has reached a word, a value or the end. */
static void thread_stand(struct run *r, size_t at, struct thread *t)
{
	const struct insn *in = &t->prog->insn[t->pc];

	if (!thread_fails(r, at, t)) {
		if (thread_known(r, at, t))
			return;
		thread_new(r, at, t);
	}
	if (in->op != OP_END && may_end(r, t)) {
		t->pc = t->prog->n - 1;
		t->early = true;
		if (!thread_known(r, at, t))
			thread_new(r, at, t);
	}
}

/* Follows splits and jumps; what stands at a word, value or end is added. */
static void thread_add(struct run *r, size_t at, struct thread *t)
{
	const struct insn *insn = t->prog->insn;

	/* With `no` a thread may end where it stands. */
	while (r->negated || !thread_fails(r, at, t)) {
		const struct insn *in = &insn[t->pc];

		switch (in->op) {
		case OP_JUMP:
			t->pc = in->to;
			break;
		case OP_MARK:
			if ((t->marks & UINT64_C(1) << in->to) != 0)
				return;
			t->marks |= UINT64_C(1) << in->to;
			t->pc++;
			break;
		case OP_SPLIT: {
			struct thread first = *t;

			first.pc++;
			thread_add(r, at, &first);
			t->pc = in->to;
			break;
		}
		default:
			thread_stand(r, at, t);
			return;
		}
	}
}

static bool is_number(const char *s)
{
	return s[strspn(s, "0123456789")] == '\0';
}

static enum fit fit_one(const char *word, const char *token, size_t *common)
{
	size_t n = word_common(word, token);

	/* 1 is not short for 128, and wrong from its first digit. */
	if (token[n] == '\0' && word[n] != '\0' && is_number(word))
		return FIT_NONE;
	if (n > *common)
		*common = n;
	if (token[n] != '\0')
		return FIT_NONE;
	return word[n] == '\0' ? FIT_EXACT : FIT_SHORT;
}

enum fit word_fit(const struct insn *in, const struct command *c,
	const char *token, size_t *common)
{
	enum fit fit = fit_one(in->text, token, common);

	if (in->also != NULL) {
		enum fit also = fit_one(in->also, token, common);

		if (also > fit)
			fit = also;
	}
	if (fit == FIT_SHORT && (c->flags & (CMD_HIDDEN | CMD_HARMLESS)) != 0)
		return FIT_SHORT_HIDDEN;
	return fit;
}

int value_read(const struct run *r, const struct insn *in, size_t i, size_t end,
	char **value, size_t *bad)
{
	auto_sbuf struct sbuf out = { 0 };
	int used;

	*value = NULL;
	*bad = 0;
	if (in->type == &value_line) {
		sbuf_add(&out, r->lex.line + r->lex.col[i],
			r->lex.end - r->lex.col[i]);
		used = (int)(end - i);
	} else {
		used = in->type->parse(
			in->type, r->lex.text + i, end - i, &out, bad);
	}
	if (used > 0) {
		if (out.s == NULL)
			sbuf_adds(&out, "");
		*value = sbuf_take(&out);
	} else if (out.n > 0) {
		mem_wipe(out.s, out.n);
	}
	return used;
}

/* What does this thread make of token i? */
static enum fit thread_look(struct run *r, struct thread *t, size_t i)
{
	const struct insn *in = &t->prog->insn[t->pc];
	size_t bad = 0;
	int used;

	t->take = 1;
	if (in->op == OP_END) {
		fault_at(r, i, 0);
		return FIT_NONE;
	}
	if (in->op == OP_WORD) {
		enum fit fit = word_fit(in, t->prog->cmd, r->lex.text[i], &bad);

		if (fit == FIT_NONE)
			fault_at(r, i, bad);
		return fit;
	}
	used = value_read(r, in, i, r->stop, &t->value, &bad);
	if (used > 0) {
		t->take = (uint32_t)used;
		return FIT_VALUE;
	}
	if (used < 0) {
		if (r->n_pending < ARRAY_LEN(r->pending)) {
			r->pending_at[r->n_pending] = i;
			r->pending[r->n_pending++] = *t;
		}
		return FIT_MORE;
	}
	fault_at(r, i, bad);
	return FIT_NONE;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void thread_advance(struct run *r, struct thread t, size_t i)
{
	const struct insn *in = &t.prog->insn[t.pc];

	if (r->n_tr == r->cap_tr) {
		r->cap_tr = r->cap_tr == 0 ? 64 : 2 * r->cap_tr;
		r->tr = xreallocarray(r->tr, r->cap_tr, sizeof(*r->tr));
	}
	r->tr[r->n_tr] =
		(struct trail){ .prev = t.trail, .pc = t.pc, .value = t.value };
	t.trail = r->n_tr++;
	t.value = NULL;
	t.keyed |= in->key;
	if (in->op == OP_VALUE && t.generic < UINT8_MAX &&
		(in->type == &value_word || in->type == &value_line))
		t.generic++;
	if (in->op == OP_VALUE)
		t.valued = (uint16_t)min_u32(t.valued + t.take, VALUED_MAX);
	t.pc++;
	thread_add(r, i + t.take, &t);
}

/* The keyword that an abbreviation stands for; NULL: there are several. */
static const char *short_word(struct run *r, size_t i, enum fit fit)
{
	const char *word = NULL;

	for (uint32_t id = r->head[i]; id != RUN_NONE; id = r->th[id].next) {
		const struct thread *t = &r->th[id];
		const char *w = t->prog->insn[t->pc].text;

		if (t->fit != fit)
			continue;
		if (word != NULL && strcasecmp(word, w) != 0)
			return NULL;
		word = w;
	}
	return word;
}

static bool thread_wins(const struct thread *t, enum fit best, const char *word)
{
	const struct insn *in = &t->prog->insn[t->pc];

	if (t->fit < FIT_SHORT_HIDDEN || best == FIT_EXACT ||
		best < FIT_SHORT_HIDDEN)
		return t->fit == best;
	return strcasecmp(in->text, word) == 0;
}

static void step_token(struct run *r, size_t i)
{
	enum fit best = FIT_NONE;
	const char *word = NULL;
	size_t pending = r->n_pending;

	for (uint32_t id = r->head[i]; id != RUN_NONE; id = r->th[id].next) {
		struct thread *t = &r->th[id];

		t->fit = (uint8_t)thread_look(r, t, i);
		if (t->fit > best)
			best = t->fit;
	}
	if (best == FIT_SHORT || best == FIT_SHORT_HIDDEN) {
		word = short_word(r, i, best);
		if (word == NULL) {
			r->ambiguous = true;
			return;
		}
	}
	if (best > FIT_VALUE)
		r->n_pending = pending;
	if (best <= FIT_MORE)
		return;
	for (uint32_t id = r->head[i]; id != RUN_NONE; id = r->th[id].next) {
		if (!thread_wins(&r->th[id], best, word))
			continue;
		struct thread t = r->th[id];

		r->th[id].value = NULL;
		thread_advance(r, t, i);
	}
}

/* ` !` ends a command where it may end, unless free text is expected. */
static bool is_end_comment(const struct run *r, size_t i)
{
	bool may_finish = false;

	if (i == 0 || r->lex.text[i][0] != '!')
		return false;
	if (r->head[r->stop] != RUN_NONE)
		return false; /* it has been read as text */
	for (uint32_t id = r->head[i]; id != RUN_NONE; id = r->th[id].next) {
		const struct thread *t = &r->th[id];
		const struct insn *in = &t->prog->insn[t->pc];

		if (in->op == OP_VALUE && in->type == &value_line)
			return false;
		may_finish |= in->op == OP_END;
	}
	return may_finish;
}

static void start_list(struct run *r, size_t at, const struct prog_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct command *c = l->v[i]->cmd;

		if (l->v[i]->level > r->level)
			continue;
		if ((r->negated || r->to_default) &&
			!cmd_is_config(r->mode, c) && !l->v[i]->has_key &&
			(c->flags & CMD_NEGATABLE) == 0)
			continue;
		struct thread t = { .prog = l->v[i], .trail = RUN_NONE };

		thread_add(r, at, &t);
	}
}

/* Threads of the commands that may begin with this letter; all for 0. */
static void start_commands(struct run *r, size_t at, const char *token)
{
	if (token == NULL) {
		start_list(r, at, &r->mode->all);
		return;
	}
	start_list(r, at,
		&r->mode->letter[(uint8_t)tolower((unsigned char)token[0])]);
	start_list(r, at, &r->mode->open);
}

/* `no` and `default` compete with the keywords of the commands, whose threads
 * stand at token 0.  True: the token is one of the two. */
static bool read_prefix(struct run *r, const char *token)
{
	size_t no = word_common("no", token);
	size_t deflt = word_common("default", token);
	bool is_no = token[no] == '\0', is_default = token[deflt] == '\0';
	bool exact =
		strlen(token) == (is_no ? strlen("no") : strlen("default"));

	if (!r->mode->def.config)
		return false;
	fault_at(r, 0, no > deflt ? no : deflt);
	if (!is_no && !is_default)
		return false;
	for (uint32_t id = r->head[0]; id != RUN_NONE && !exact;
		id = r->th[id].next) {
		const struct thread *t = &r->th[id];
		const struct insn *in = &t->prog->insn[t->pc];
		size_t common = 0;
		enum fit fit;

		if (in->op != OP_WORD)
			continue;
		fit = word_fit(in, t->prog->cmd, token, &common);
		if (fit == FIT_EXACT)
			return false;
		r->ambiguous |= fit == FIT_SHORT;
	}
	r->negated = true;
	r->to_default = is_default;
	return true;
}

static void run_tokens(struct run *r)
{
	size_t first = 0;

	start_commands(r, 0, r->stop > 0 ? r->lex.text[0] : NULL);
	if (r->stop > 0 && read_prefix(r, r->lex.text[0])) {
		first = 1;
		start_commands(r, 1, r->stop > 1 ? r->lex.text[1] : NULL);
	}
	if (first < r->stop)
		fault_at(r, first, 0);
	for (size_t i = first; i < r->stop && !r->ambiguous; i++) {
		r->at = i;
		if (r->head[i] == RUN_NONE)
			continue;
		if (is_end_comment(r, i)) {
			r->stop = i;
			break;
		}
		step_token(r, i);
	}
	if (!r->ambiguous)
		r->at = r->stop;
}

void run_line(struct run *r, const struct grammar *g, uint16_t mode,
	uint8_t level, const char *line, bool cursor)
{
	*r = (struct run){
		.g = g, .mode = grammar_find(g, mode), .level = level
	};
	lex_init(&r->lex, line);
	r->stop = r->lex.n;
	if (cursor && r->lex.open)
		r->stop--;
	r->head = xcalloc(r->lex.n + 2, sizeof(*r->head));
	r->tail = xcalloc(r->lex.n + 2, sizeof(*r->tail));
	r->seen = xcalloc(r->lex.n + 2, sizeof(*r->seen));
	for (size_t i = 0; i < r->lex.n + 2; i++)
		r->head[i] = r->tail[i] = RUN_NONE;
	if (r->mode != NULL)
		run_tokens(r);
}

void run_fini(struct run *r)
{
	for (uint32_t i = 0; i < r->n_th; i++)
		mem_free_text(r->th[i].value);
	for (uint32_t i = 0; i < r->n_tr; i++)
		mem_free_text(r->tr[i].value);
	free(r->th);
	free(r->tr);
	free(r->head);
	free(r->tail);
	free(r->seen);
	lex_fini(&r->lex);
}
