/* Nodes from the inside; private to parser/. */
#ifndef PARSER_TREE_PRIV_H
#define PARSER_TREE_PRIV_H
#include "base/list.h"
#include "parser/grammar_priv.h"
#include "parser/tree.h"

/* What siblings are hashed by; command and text in one piece. */
struct node_key {
	const struct command *cmd;
	char text[];
};

RB_HEAD(node_tree, node);
struct node {
	struct derivation *drv;  /* NULL: the root */
	bool negated;
	struct tree *tree;       /* NULL: a command's default */
	struct node *parent;
	uint64_t serial;         /* order of entry */
	struct node_tree children; /* in print order */
	struct node *by_key;     /* the same, hashed */
	struct twin *by_rest;    /* those whose key may be left out */
	struct node_key *key;
	size_t key_len;
	struct twin *twin;       /* in the section's by_rest; or NULL */
	RB_ENTRY(node) rb;
	UT_hash_handle hh;
};

struct twin {
	struct node *node;
	size_t len;
	UT_hash_handle hh;
	struct node_key rest;    /* the last: has the text behind it */
};

struct tree {
	const struct grammar *grammar;
	uint16_t root_mode;
	struct node *root;
	uint64_t serial;
	size_t n;
};

/* The mode of the lines below a node. */
uint16_t node_mode(const struct node *section);
/* Links a node (and what is below it) into a section that has none of its
 * key; unlinks it, giving it to the caller. */
void node_link(struct tree *t, struct node *section, struct node *n);
void node_unlink(struct node *n);
/* The child with that command and key of d. */
struct node *node_like(
	const struct node *section, const struct derivation *d);
/* Replaces what the line says, not its key; takes *drv and gives back the
 * old. */
void node_swap(struct node *n, struct derivation **drv, bool *negated);
/* Says the line what would hold without it? */
bool is_default_line(const struct derivation *d, bool negated);
/* With children, for t, unlinked. */
struct node *node_dup(struct tree *t, const struct node *n);
#endif
