/* A line as tokens with their columns.  Knows no grammar: where free text
 * begins is decided by who reads the tokens. */
#include "parser/lex.h"
#include "base/mem.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void lex_init(struct lex *l, const char *line)
{
	size_t len = strcspn(line, "\r\n");

	*l = (struct lex){ .line = line };
	l->copy = xmemdup(line, len + 1);
	l->copy[len] = '\0';
	l->text = xcalloc(len / 2 + 1, sizeof(*l->text));
	l->col = xcalloc(len / 2 + 1, sizeof(*l->col));
	for (size_t i = 0; i < len;) {
		if (is_blank(l->copy[i])) {
			l->copy[i++] = '\0';
			continue;
		}
		l->text[l->n] = l->copy + i;
		l->col[l->n++] = i;
		while (i < len && !is_blank(l->copy[i]))
			i++;
		l->end = i;
	}
	l->open = l->n > 0 && l->end == len;
}

void lex_fini(struct lex *l)
{
	if (l->copy != NULL)
		mem_wipe(l->copy, l->end);
	free(l->copy);
	free(l->text);
	free(l->col);
	*l = (struct lex){ 0 };
}

bool lex_is_comment(const struct lex *l)
{
	return l->n == 0 || l->text[0][0] == '!';
}

size_t word_common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' &&
		tolower((unsigned char)a[n]) == tolower((unsigned char)b[n]))
		n++;
	return n;
}
