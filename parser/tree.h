/* The configuration: an ordered tree of lines.  A node is {command,
 * derivation, negated, children}; siblings are hashed by (command, key). */
#ifndef PARSER_TREE_H
#define PARSER_TREE_H
#include "parser/match.h"

struct tree *tree_new(const struct grammar *g, uint16_t root_mode);
void tree_free(struct tree *t);
struct node *tree_root(struct tree *t);
const struct grammar *tree_grammar(const struct tree *t);

const struct command *node_command(const struct node *n);
const struct derivation *node_drv(const struct node *n);
struct derivation *node_drv_mut(struct node *n); /* for fixups */
bool node_negated(const struct node *n);
struct node *node_parent(const struct node *n);
/* Children in printing order: first/next; NULL at the end. */
struct node *node_first(const struct node *section);
struct node *node_next(const struct node *n);
/* Next sibling with that command, starting at the first child: loops as
 * for (n = node_child(s, c, NULL); n; n = node_child(s, c, n)). */
struct node *node_child(const struct node *section, const struct command *c,
	const struct node *after);
/* The single child of that command. Absent: its default line as a node when
 * the command has one, else NULL. */
const struct node *node_get(const struct node *section, const struct command *c);
/* The child of that command whose key slots print as this text, e.g.
 * node_find(root, &cmd_acl, "ICMP"). */
struct node *node_find(const struct node *section, const struct command *c,
	const char *key);
/* The last child of that command in printing order, or NULL. */
struct node *node_last(const struct node *section, const struct command *c);
/* For a command whose key may be left out (an entry that numbers itself): the
 * child that says the same as d but for the key, or NULL.  Hashed. */
struct node *node_twin(
	const struct node *section, const struct derivation *d);
/* Shorthands on a node's derivation; a NULL node reads as absent. */
bool node_has(const struct node *n, const char *keyword);
uint32_t node_u32(const struct node *n, const char *slot);
const char *node_str(const struct node *n, const char *slot);
struct ip_addr node_ip(const struct node *n, const char *slot);
uint32_t node_ip4(const struct node *n, const char *slot);

/* Adds a line to a section that is being made (for fixups), outside of any
 * check.  NULL: the line does not fit. */
struct node *tree_add(struct tree *t, struct node *section, const char *line);
/* For fixups: n says this line instead, which must be one of its command.
 * false: it is not, and n stays as it is. */
bool node_rewrite(struct node *n, const char *line);

/* Lines with indentation, one blank a level; from NULL or the root: the whole,
 * with `!` after each section and between groups of top-level lines (commands
 * of one `order` are a group); else that node and what is below it.  all: the
 * default lines of absent single commands too. */
void tree_print(const struct tree *t, const struct node *from, bool all,
	struct sbuf *out);
/* The same line by line; depth 0 is the outermost. */
struct tree_visitor {
	void (*line)(void *ctx, const struct node *n, size_t depth);
	void (*bar)(void *ctx); /* where `!` stands */
	/* What stands below a section's lines (command.closing); or NULL. */
	void (*closing)(void *ctx, const char *line, size_t depth);
};
void tree_visit(const struct tree *t, const struct node *from, bool all,
	const struct tree_visitor *v, void *ctx);
void node_line(const struct node *n, struct sbuf *out); /* without indent */
size_t tree_nodes(const struct tree *t);
#endif
