/* What a configuration makes of the commands themselves: privilege levels of
 * their own, and names for them (ios-cli.md 4, 5). */
#ifndef CLI_PRIVILEGE_H
#define CLI_PRIVILEGE_H
#include "cli/commands.h"

/* May a session of that level run the line that matched?  The grammar's levels
 * (grammar_level) show commands; this looks at the words behind, too. */
bool privilege_allows(
	const struct router *r, uint8_t level, const struct match *m);

/* The line that an alias at its start stands for in that mode, or NULL; the
 * caller frees. */
char *alias_expand(const struct router *r, uint16_t mode, const char *text);

/* Modes by the names that `privilege` and `alias` give them; 0: unknown. */
uint16_t mode_named(const char *name);
void types_mode_register(struct grammar *g);
#endif
