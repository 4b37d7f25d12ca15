/* A line as tokens with their columns. */
#ifndef PARSER_LEX_H
#define PARSER_LEX_H
#include <stdbool.h>
#include <stddef.h>

struct lex {
	const char *line;  /* lent */
	size_t n;
	const char **text; /* n NUL-terminated tokens, in `copy` */
	size_t *col;       /* offset of each in the line */
	size_t end;        /* offset after the last character that is no blank */
	bool open;         /* no blank after the last token: the cursor is in it */
	char *copy;
};

/* Blanks and tabs part tokens; a line end ends the line.  lex_fini releases. */
void lex_init(struct lex *l, const char *line);
void lex_fini(struct lex *l);
bool lex_is_comment(const struct lex *l); /* nothing, or `!` in front */

/* Length of the common start, letters compared without case. */
size_t word_common(const char *a, const char *b);
#endif
