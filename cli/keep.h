/* Lines that are kept although this router does not do what they ask for. */
#ifndef CLI_KEEP_H
#define CLI_KEEP_H
#include "parser/commit.h"

/* "token  text" lines for every word of keep_*.def. */
extern const char keep_help[];

/* A line that would change forwarding or security draws this warning, which
 * clients take as harmless (clients.md 1.1, rule 7), and which makes it appear
 * in `show platform unsupported`.  lacks: "no NAT", or NULL. */
void keep_warn(struct sbuf *why, const char *lacks);
/* Is this text such a warning?  *lacks (n bytes) gets its reason. */
bool keep_is_warning(const char *text, const char **lacks, size_t *n);

/* Calls fn for each line of the running configuration that is not in force,
 * in its order: the line, the number of lines below it, and what is lacking. */
typedef void keep_fn(
	void *ctx, const struct node *n, size_t below, const char *lacks);
void keep_each(const struct commit *c, struct tree *t, keep_fn *fn, void *ctx);
#endif
