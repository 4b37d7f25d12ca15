/* A derivation: the keywords taken and the values read by one line, in the
 * order of the grammar.  How it is asked, compared and written. */
#include "parser/grammar_priv.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void derivation_free(struct derivation *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].value == NULL)
			continue;
		mem_wipe(d->v[i].value, strlen(d->v[i].value));
		free(d->v[i].value);
	}
	free(d->v);
	free(d);
}

struct derivation *derivation_dup(const struct derivation *d)
{
	struct derivation *out = xcalloc(1, sizeof(*out));

	*out = (struct derivation){ .prog = d->prog, .n = d->n };
	out->v = xcalloc(d->n + 1, sizeof(*out->v));
	for (size_t i = 0; i < d->n; i++) {
		out->v[i].pc = d->v[i].pc;
		if (d->v[i].value != NULL)
			out->v[i].value = xstrdup(d->v[i].value);
	}
	return out;
}

static const struct insn *step_insn(const struct derivation *d, size_t i)
{
	return &d->prog->insn[d->v[i].pc];
}

static void step_remove(struct derivation *d, size_t i)
{
	if (d->v[i].value != NULL)
		mem_wipe(d->v[i].value, strlen(d->v[i].value));
	free(d->v[i].value);
	d->n--;
	memmove(d->v + i, d->v + i + 1, (d->n - i) * sizeof(*d->v));
}

static bool branch_within(const struct prog *p, uint16_t b, uint16_t outer)
{
	while (b != outer && b != 0)
		b = p->branch[b].parent;
	return b == outer;
}

/* Does this optional part hold values, all at their defaults? */
static bool option_is_default(const struct derivation *d, uint16_t b)
{
	bool direct = false;

	for (size_t i = 0; i < d->n; i++) {
		const struct insn *in = step_insn(d, i);

		if (in->op != OP_VALUE ||
			!branch_within(d->prog, in->branch, b))
			continue;
		if (in->deflt == NULL || strcmp(in->deflt, d->v[i].value) != 0)
			return false;
		direct |= in->branch == b;
	}
	return direct;
}

void derivation_normalise(struct derivation *d)
{
	/* Inner parts have higher numbers than those around them. */
	for (uint16_t b = d->prog->n_branch; b-- > 1;) {
		if (!d->prog->branch[b].option || !option_is_default(d, b))
			continue;
		for (size_t i = d->n; i-- > 0;)
			if (branch_within(d->prog, step_insn(d, i)->branch, b))
				step_remove(d, i);
	}
}

static bool step_names(const struct derivation *d, size_t i)
{
	return d->v[i].pc < d->prog->lead || step_insn(d, i)->key;
}

void derivation_strip(struct derivation *d)
{
	if (d->prog->lead == 0 && !d->prog->has_key)
		return;
	for (size_t i = d->n; i-- > 0;)
		if (!step_names(d, i))
			step_remove(d, i);
}

bool derivation_is_bare(const struct derivation *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!step_names(d, i))
			return false;
	return true;
}

static bool step_equal(const struct step *a, const struct step *b)
{
	if (a->pc != b->pc || (a->value == NULL) != (b->value == NULL))
		return false;
	return a->value == NULL || strcmp(a->value, b->value) == 0;
}

bool derivation_equal(const struct derivation *a, const struct derivation *b)
{
	if (a->prog != b->prog || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!step_equal(&a->v[i], &b->v[i]))
			return false;
	return true;
}

static size_t next_step(const struct derivation *d, size_t i, bool key)
{
	while (i < d->n && step_insn(d, i)->key != key)
		i++;
	return i;
}

bool derivation_has_key(const struct derivation *d)
{
	return next_step(d, 0, true) < d->n;
}

static int step_cmp(const struct derivation *a, size_t i,
	const struct derivation *b, size_t k)
{
	const struct insn *in = step_insn(a, i);

	if (a->v[i].pc != b->v[k].pc)
		return a->v[i].pc < b->v[k].pc ? -1 : 1;
	if (in->op == OP_WORD)
		return 0;
	return (in->type->cmp != NULL ? in->type->cmp : text_cmp_natural)(
		a->v[i].value, b->v[k].value);
}

int derivation_key_cmp(const struct derivation *a, const struct derivation *b)
{
	size_t i = next_step(a, 0, true), k = next_step(b, 0, true);

	while (i < a->n && k < b->n) {
		int c = step_cmp(a, i, b, k);

		if (c != 0)
			return c;
		i = next_step(a, i + 1, true);
		k = next_step(b, k + 1, true);
	}
	return (i < a->n) - (k < b->n);
}

static void step_print(const struct derivation *d, size_t i, struct sbuf *out)
{
	const struct insn *in = step_insn(d, i);

	if (in->op == OP_WORD)
		sbuf_adds(out, in->text);
	else
		value_print(in->type, d->v[i].value, out);
}

static void print_steps(const struct derivation *d, bool key, struct sbuf *out)
{
	const char *sep = "";

	for (size_t i = next_step(d, 0, key); i < d->n;
		i = next_step(d, i + 1, key)) {
		sbuf_adds(out, sep);
		step_print(d, i, out);
		sep = " ";
	}
}

void derivation_key(const struct derivation *d, struct sbuf *out)
{
	print_steps(d, true, out);
}

void derivation_rest(const struct derivation *d, struct sbuf *out)
{
	print_steps(d, false, out);
}

void print_command(const struct command *c, const struct derivation *d,
	bool negated, struct sbuf *out)
{
	const char *sep = negated ? "no " : "";
	bool all = !negated || (d->prog->lead == 0 && !d->prog->has_key);

	assert(d->prog->cmd == c);
	for (size_t i = 0; i < d->n; i++) {
		if (!all && !step_names(d, i))
			continue;
		sbuf_adds(out, sep);
		step_print(d, i, out);
		sep = " ";
	}
}

static bool step_is_secret(const struct derivation *d, size_t i)
{
	static const char *const slots[] = { "password", "secret", "clear",
		"phrase" };
	const struct insn *in = &d->prog->insn[d->v[i].pc];

	if (in->op != OP_VALUE)
		return false;
	for (size_t k = 0; k < ARRAY_LEN(slots); k++)
		if (strcmp(in->text, slots[k]) == 0)
			return true;
	return in->type->secret;
}

/* Free text of a line that is kept unread. */
static void unread_print(const struct derivation *d, size_t i, struct sbuf *out)
{
	auto_sbuf struct sbuf text = { 0 }, before = { 0 };

	step_print(d, i, &text);
	if (i > 0)
		step_print(d, i - 1, &before);
	text_mask(sbuf_str(&before), sbuf_str(&text), out);
}

static bool step_is_unread(const struct derivation *d, size_t i)
{
	const struct insn *in = &d->prog->insn[d->v[i].pc];

	return (d->prog->cmd->flags & CMD_HARMLESS) != 0 &&
	       in->op == OP_VALUE &&
	       (in->type->unread || in->type == &value_line ||
		       in->type == &value_word);
}

void print_masked(const struct derivation *d, bool negated, struct sbuf *out)
{
	const char *sep = negated ? "no " : "";

	for (size_t i = 0; i < d->n; i++) {
		sbuf_adds(out, sep);
		if (step_is_secret(d, i))
			sbuf_adds(out, "*****");
		else if (step_is_unread(d, i))
			unread_print(d, i, out);
		else
			step_print(d, i, out);
		sep = " ";
	}
}

/* Splits "name#2"; the number counts from 1, 0 means any. */
static size_t name_split(const char *name, unsigned *k)
{
	const char *hash = strrchr(name, '#');

	*k = hash != NULL ? (unsigned)strtoul(hash + 1, NULL, 10) : 0;
	return hash != NULL ? (size_t)(hash - name) : strlen(name);
}

/* The next instruction of that kind and name; END when there is none. */
static uint16_t insn_named(const struct prog *p, uint16_t pc, enum op op,
	const char *name, size_t n)
{
	for (; pc + 1 < p->n; pc++)
		if (p->insn[pc].op == op &&
			strncmp(p->insn[pc].text, name, n) == 0 &&
			p->insn[pc].text[n] == '\0')
			break;
	return pc;
}

static _Noreturn void name_fault(const struct derivation *d, const char *name)
{
	grammar_fault(d->prog->cmd, "has no slot or keyword \"%s\"", name);
}

bool drv_has(const struct derivation *d, const char *keyword)
{
	unsigned want, k = 0;
	size_t n = name_split(keyword, &want);

	if (d == NULL)
		return false;
	for (uint16_t pc = 0;; pc++) {
		pc = insn_named(d->prog, pc, OP_WORD, keyword, n);
		if (pc + 1 == d->prog->n)
			break;
		k++;
		for (size_t i = 0; i < d->n; i++)
			if (d->v[i].pc == pc && (want == 0 || want == k))
				return true;
	}
	if (k == 0 || k < want)
		name_fault(d, keyword);
	return false;
}

/* The i-th value read for a slot, or NULL. */
static const char *slot_value(
	const struct derivation *d, const char *slot, size_t i)
{
	size_t n = strlen(slot);

	for (size_t k = 0; k < d->n; k++) {
		const struct insn *in = step_insn(d, k);

		if (in->op == OP_VALUE && strcmp(in->text, slot) == 0 &&
			i-- == 0)
			return d->v[k].value;
	}
	if (insn_named(d->prog, 0, OP_VALUE, slot, n) + 1 == d->prog->n)
		name_fault(d, slot);
	return NULL;
}

bool drv_set(const struct derivation *d, const char *slot)
{
	return d != NULL && slot_value(d, slot, 0) != NULL;
}

const char *drv_str(const struct derivation *d, const char *slot)
{
	const char *v = d != NULL ? slot_value(d, slot, 0) : NULL;
	uint16_t pc;

	if (d == NULL || v != NULL)
		return v;
	pc = insn_named(d->prog, 0, OP_VALUE, slot, strlen(slot));
	return d->prog->insn[pc].deflt;
}

uint32_t drv_u32(const struct derivation *d, const char *slot)
{
	const char *v = drv_str(d, slot);

	return v != NULL ? (uint32_t)strtoul(v, NULL, 10) : 0;
}

struct ip_addr drv_ip(const struct derivation *d, const char *slot)
{
	const char *v = drv_str(d, slot);
	char text[IP_TEXT];
	struct ip_addr a = { 0 };

	if (v == NULL)
		return a;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(v, "/"), v);
	if (!ip_parse(text, &a))
		return (struct ip_addr){ 0 };
	return a;
}

uint32_t drv_ip4(const struct derivation *d, const char *slot)
{
	struct ip_addr a = drv_ip(d, slot);

	return ip_u32(&a);
}

size_t drv_count(const struct derivation *d, const char *slot)
{
	size_t n = 0;

	while (d != NULL && slot_value(d, slot, n) != NULL)
		n++;
	return n;
}

const char *drv_str_at(const struct derivation *d, const char *slot, size_t i)
{
	return d != NULL ? slot_value(d, slot, i) : NULL;
}

uint32_t drv_u32_at(const struct derivation *d, const char *slot, size_t i)
{
	const char *v = drv_str_at(d, slot, i);

	return v != NULL ? (uint32_t)strtoul(v, NULL, 10) : 0;
}

static void step_insert(struct derivation *d, uint16_t pc, const char *value)
{
	size_t i = 0;

	while (i < d->n && d->v[i].pc < pc)
		i++;
	if (i < d->n && d->v[i].pc == pc) {
		if (value != NULL) {
			free(d->v[i].value);
			d->v[i].value = xstrdup(value);
		}
		return;
	}
	d->v = xreallocarray(d->v, d->n + 1, sizeof(*d->v));
	memmove(d->v + i + 1, d->v + i, (d->n - i) * sizeof(*d->v));
	d->v[i] = (struct step){ .pc = pc,
		.value = value != NULL ? xstrdup(value) : NULL };
	d->n++;
}

void drv_put_str(struct derivation *d, const char *slot, const char *s)
{
	const struct prog *p = d->prog;
	uint16_t pc = insn_named(p, 0, OP_VALUE, slot, strlen(slot));

	if (pc + 1 == p->n)
		name_fault(d, slot);
	/* A slot that the line has keeps its place among alternatives. */
	for (size_t i = 0; i < d->n; i++)
		if (step_insn(d, i)->op == OP_VALUE &&
			strcmp(step_insn(d, i)->text, slot) == 0)
			pc = d->v[i].pc;
	for (uint16_t b = p->insn[pc].branch; b != 0; b = p->branch[b].parent)
		for (uint16_t k = 0; k < pc; k++)
			if (p->insn[k].op == OP_WORD && p->insn[k].branch == b)
				step_insert(d, k, NULL);
	step_insert(d, pc, s);
}

void drv_put_u32(struct derivation *d, const char *slot, uint32_t v)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", v);
	drv_put_str(d, slot, text);
}
