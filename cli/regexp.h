/* IOS regular expressions (ios-cli.md 3): . * + ? [] ^ $ | () \ and _, which
 * stands for a delimiter, an end of the line or itself.  Whoever may type one must not
 * stall the router with it: there is nothing that takes more than time linear
 * in the text, and no recursion that the expression could make deep. */
#ifndef CLI_REGEXP_H
#define CLI_REGEXP_H
#include <stdbool.h>
#include <stddef.h>

#define REGEXP_MAX 256 /* bytes of an expression */

struct regexp;
/* NULL: not an expression, or too long. */
struct regexp *regexp_new(const char *text);
void regexp_free(struct regexp *re);
/* Does it match anywhere in a line? */
bool regexp_matches(struct regexp *re, const char *line, size_t n);
#endif
