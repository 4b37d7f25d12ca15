/* Two trees to the edits between them. */
#include "parser/diff.h"
#include "parser/commit.h"
#include <stdlib.h>

static bool is_saved(const struct node *n)
{
	return (n->drv->prog->cmd->flags & CMD_NO_SAVE) == 0;
}

static void remove_absent(struct node *from, const struct node *to,
	const struct diff_ops *ops, void *ctx)
{
	struct node **gone = NULL;
	size_t n = 0, cap = 0;

	for (struct node *x = node_first(from); x != NULL; x = node_next(x)) {
		if (!is_saved(x) || node_like(to, x->drv) != NULL)
			continue;
		if (n == cap) {
			cap = cap == 0 ? 16 : 2 * cap;
			gone = xreallocarray(gone, cap, sizeof(struct node *));
		}
		gone[n++] = x;
	}
	while (n > 0)
		ops->remove(ctx, gone[--n]);
	free(gone);
}

/* The next ordered child of that order, from x on, which stays. */
static struct node *ordered_from(
	struct node *x, const struct node *to, uint16_t order)
{
	while (x != NULL && !(prog_is_ordered(x->drv->prog) && is_saved(x) &&
				    x->drv->prog->cmd->order == order &&
				    node_like(to, x->drv) != NULL))
		x = node_next(x);
	return x;
}

/* Follows ordered siblings of one order through both trees. */
struct order_walk {
	bool started, broken;
	uint16_t order;
	struct node *next; /* the old tree's */
};

/* True: x must move to the end to stand as in the new tree. */
static bool must_move(struct order_walk *w, struct node *from,
	const struct node *to, struct node *x, uint16_t order)
{
	if (!w->started || w->order != order)
		*w = (struct order_walk){ .started = true,
			.order = order,
			.next = ordered_from(node_first(from), to, order) };
	if (x == NULL) {
		/* A new one in front of old ones: these go behind it. */
		w->broken |= w->next != NULL;
		return false;
	}
	if (!w->broken && x == w->next) {
		w->next = ordered_from(node_next(x), to, order);
		return false;
	}
	w->broken = true;
	return true;
}

void diff_walk(struct node *from, const struct node *to,
	const struct diff_ops *ops, void *ctx)
{
	struct order_walk walk = { 0 };

	remove_absent(from, to, ops, ctx);
	for (const struct node *y = node_first(to); y != NULL;
		y = node_next(y)) {
		struct node *x = node_like(from, y->drv);

		if (!is_saved(y))
			continue;
		if (prog_is_ordered(y->drv->prog) &&
			must_move(
				&walk, from, to, x, y->drv->prog->cmd->order)) {
			ops->move(ctx, x);
			x = node_like(from, y->drv);
		}
		if (x == NULL) {
			ops->add(ctx, from, y);
			continue;
		}
		if (x->negated != y->negated ||
			!derivation_equal(x->drv, y->drv))
			ops->alter(ctx, x, y);
		if (y->drv->prog->cmd->enters == 0)
			continue;
		ops->enter(ctx, x);
		diff_walk(x, y, ops, ctx);
		ops->leave(ctx);
	}
}

/* --- as text --- */

#define DIFF_DEPTH 16
struct diff_text {
	struct sbuf *out;
	const struct node *open[DIFF_DEPTH]; /* sections around the edit */
	size_t depth, printed;
};

static void text_indent(struct diff_text *d)
{
	for (; d->printed < d->depth; d->printed++) {
		sbuf_pad(d->out, ' ', d->printed);
		node_line(d->open[d->printed], d->out);
		sbuf_addc(d->out, '\n');
	}
	sbuf_pad(d->out, ' ', d->depth);
}

static void text_remove(void *ctx, struct node *from)
{
	struct diff_text *d = ctx;
	const struct prog *p = from->drv->prog;

	text_indent(d);
	if (from->negated && p->deflt != NULL)
		print_command(p->cmd, p->deflt, p->deflt_negated, d->out);
	else
		print_command(p->cmd, from->drv, !from->negated, d->out);
	sbuf_addc(d->out, '\n');
}

static void text_line(struct diff_text *d, const struct node *n)
{
	text_indent(d);
	node_line(n, d->out);
	sbuf_addc(d->out, '\n');
}

static void text_add(void *ctx, struct node *section, const struct node *to)
{
	struct diff_text *d = ctx;

	(void)section;
	text_line(d, to);
	if (d->depth == DIFF_DEPTH)
		return;
	d->open[d->depth++] = to;
	d->printed = d->depth;
	for (const struct node *n = node_first(to); n != NULL; n = node_next(n))
		if (is_saved(n))
			text_add(d, NULL, n);
	d->printed = --d->depth;
}

static void text_alter(void *ctx, struct node *from, const struct node *to)
{
	(void)from;
	text_line(ctx, to);
}

static void text_move(void *ctx, struct node *from)
{
	text_remove(ctx, from);
	text_add(ctx, NULL, from);
}

static void text_enter(void *ctx, const struct node *from)
{
	struct diff_text *d = ctx;

	if (d->depth < DIFF_DEPTH)
		d->open[d->depth++] = from;
}

static void text_leave(void *ctx)
{
	struct diff_text *d = ctx;

	d->depth--;
	if (d->printed > d->depth)
		d->printed = d->depth;
}

void tree_diff(const struct tree *from, const struct tree *to, struct sbuf *out)
{
	static const struct diff_ops ops = { .remove = text_remove,
		.add = text_add,
		.alter = text_alter,
		.move = text_move,
		.enter = text_enter,
		.leave = text_leave };
	struct diff_text d = { .out = out };

	diff_walk(from->root, to->root, &ops, &d);
}

/* --- for people --- */

static void signed_line(struct diff_text *d, char sign, const struct node *n)
{
	text_indent(d);
	sbuf_addc(d->out, sign);
	node_line(n, d->out);
	sbuf_addc(d->out, '\n');
}

/* With what is below it; the signs stand in a column. */
static void signed_tree(
	struct diff_text *d, char sign, const struct node *n, size_t below)
{
	text_indent(d);
	sbuf_addc(d->out, sign);
	sbuf_pad(d->out, ' ', below);
	node_line(n, d->out);
	sbuf_addc(d->out, '\n');
	for (const struct node *x = node_first(n); x != NULL; x = node_next(x))
		if (is_saved(x))
			signed_tree(d, sign, x, below + 1);
}

static void compare_remove(void *ctx, struct node *from)
{
	signed_tree(ctx, '-', from, 0);
}

static void compare_add(void *ctx, struct node *section, const struct node *to)
{
	(void)section;
	signed_tree(ctx, '+', to, 0);
}

static void compare_alter(void *ctx, struct node *from, const struct node *to)
{
	signed_line(ctx, '-', from);
	signed_line(ctx, '+', to);
}

static void compare_move(void *ctx, struct node *from)
{
	signed_tree(ctx, '-', from, 0);
	signed_tree(ctx, '+', from, 0);
}

void tree_compare(
	const struct tree *from, const struct tree *to, struct sbuf *out)
{
	static const struct diff_ops ops = { .remove = compare_remove,
		.add = compare_add,
		.alter = compare_alter,
		.move = compare_move,
		.enter = text_enter,
		.leave = text_leave };
	struct diff_text d = { .out = out };

	diff_walk(from->root, to->root, &ops, &d);
}

/* --- for programs --- */

struct diff_changes {
	tree_change_fn *fn;
	void *ctx;
};

static void change_remove(void *ctx, struct node *from)
{
	const struct diff_changes *d = ctx;

	d->fn(d->ctx, false, from);
}

static void change_add(void *ctx, struct node *section, const struct node *to)
{
	const struct diff_changes *d = ctx;

	(void)section;
	d->fn(d->ctx, true, to);
}

static void change_alter(void *ctx, struct node *from, const struct node *to)
{
	change_remove(ctx, from);
	change_add(ctx, NULL, to);
}

static void change_move(void *ctx, struct node *from)
{
	change_remove(ctx, from);
	change_add(ctx, NULL, from);
}

static void change_enter(void *ctx, const struct node *from)
{
	(void)ctx;
	(void)from;
}

static void change_leave(void *ctx)
{
	(void)ctx;
}

void tree_changes(const struct tree *from, const struct tree *to,
	tree_change_fn *fn, void *ctx)
{
	static const struct diff_ops ops = { .remove = change_remove,
		.add = change_add,
		.alter = change_alter,
		.move = change_move,
		.enter = change_enter,
		.leave = change_leave };
	struct diff_changes d = { fn, ctx };

	diff_walk(from->root, to->root, &ops, &d);
}
