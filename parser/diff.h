/* The edits between two trees; private to parser/. */
#ifndef PARSER_DIFF_H
#define PARSER_DIFF_H
#include "parser/tree_priv.h"

/* How edits are made.  from: in the old tree; to: in the new one. */
struct diff_ops {
	void (*remove)(void *ctx, struct node *from);
	/* to is absent in section: with all that is below it. */
	void (*add)(void *ctx, struct node *section, const struct node *to);
	void (*alter)(void *ctx, struct node *from, const struct node *to);
	/* from goes to the end of its ordered siblings. */
	void (*move)(void *ctx, struct node *from);
	void (*enter)(void *ctx, const struct node *from);
	void (*leave)(void *ctx);
};
/* Pairs siblings by command and key: removes in reverse print order, then the
 * rest in print order.  Lines that are never saved are left alone. */
void diff_walk(struct node *from, const struct node *to,
	const struct diff_ops *ops, void *ctx);
#endif
