/* From a typed line to a command and its derivation, or to the place of the
 * fault; and what could stand at the cursor. */
#ifndef PARSER_MATCH_H
#define PARSER_MATCH_H
#include "parser/grammar.h"

enum match_kind { MATCH_OK, MATCH_EMPTY, MATCH_INVALID, MATCH_INCOMPLETE,
	MATCH_AMBIGUOUS };
struct match {
	enum match_kind kind;
	const struct command *cmd;
	struct derivation *drv;  /* owned by the match until taken */
	bool negated, to_default; /* `no`, `default` in front */
	size_t caret;            /* MATCH_INVALID: offset in the line */
	size_t reach;            /* how far the line was understood */
};
/* Matches in this mode alone (parents: load.h).  level hides commands above
 * it. `no`/`default` are understood in configuration modes. */
void match_line(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct match *out);
void match_free(struct match *m);

/* Help at the cursor (`?`).  Formats the complete text as IOS does (clients.md
 * 2.3): list with descriptions after a blank, words only right after letters,
 * or the error lines. Lines end in \n. */
void match_help(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct sbuf *out);
/* TAB: true and the text to append ("" when there is nothing to add). */
bool match_complete(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct sbuf *append);
/* The command's line as the running-config prints it, from a derivation. */
void print_command(const struct command *c, const struct derivation *d,
	bool negated, struct sbuf *out);
/* The same for a log: values of secret types, and of slots whose name says that
 * they take one (password, secret, clear, phrase), are not shown. */
void print_masked(const struct derivation *d, bool negated, struct sbuf *out);
void derivation_free(struct derivation *d);
struct derivation *derivation_dup(const struct derivation *d);
#endif
