/* The set of all commands, compiled. */
#ifndef PARSER_GRAMMAR_H
#define PARSER_GRAMMAR_H
#include "parser/command.h"

struct grammar;
struct grammar *grammar_new(const struct mode_def *modes, size_t n_modes);
void grammar_free(struct grammar *g);
void value_type_add(struct grammar *g, const struct value_type *vt);
/* Compiles; a faulty string, a token without help, or two commands of a mode
 * that accept the same sample abort with a message: a build-time error. */
void grammar_add(struct grammar *g, const struct command *const *v, size_t n);
const struct mode_def *grammar_mode(const struct grammar *g, uint16_t id);
/* The privilege level at which a command is seen, and another one instead of
 * its own; -1: its own again. */
uint8_t grammar_level(const struct grammar *g, const struct command *c);
uint8_t grammar_own_level(const struct grammar *g, const struct command *c);
void grammar_level_set(struct grammar *g, const struct command *c, int level);
/* The i-th keyword of those in front of the command; NULL at their end. */
const char *grammar_keyword(
	const struct grammar *g, const struct command *c, size_t i);
/* For generated tests. */
size_t grammar_commands(const struct grammar *g,
	const struct command *const **out);
#endif
