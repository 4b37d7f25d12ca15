/* What holds for every command of a table, tried out: for the unit tests of
 * whoever declares commands. */
#ifndef PARSER_SELFTEST_H
#define PARSER_SELFTEST_H
#include "parser/commit.h"

/* For each command, with its sample lines and with lines that lead through
 * every word and value of its grammar: the line is read as this command,
 * prints, is read back to the same derivation and prints the same; `?` shows
 * every token; set, `no` and `default` leave the tree as they should.  Lines
 * that a fixup refuses stay out of the tree part.  Appends a line per fault;
 * returns how many.  *lines, if not NULL, gets the number of lines tried. */
size_t grammar_selftest(
	const struct grammar *g, struct sbuf *report, size_t *lines);

/* Calls fn with each command of a mode and each of its sample lines, and those
 * that lead through every word and value of its grammar. */
typedef void sample_fn(void *ctx, const struct command *cmd, const char *line);
void grammar_samples(
	const struct grammar *g, uint16_t mode, sample_fn *fn, void *ctx);
#endif
