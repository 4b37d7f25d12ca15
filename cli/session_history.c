/* The lines that were typed in exec, for show history. */
#include "cli/session_priv.h"

#include <stdlib.h>
#include <string.h>

void session_history_add(struct session *s, const char *line)
{
	if (s->term.history == 0 || line[strspn(line, " \t")] == '\0')
		return;
	if (s->n_history > 0 && strcmp(s->history[s->n_history - 1], line) == 0)
		return;
	while (s->n_history >= s->term.history ||
		s->n_history == ARRAY_LEN(s->history)) {
		mem_free_text(s->history[0]);
		memmove(s->history, s->history + 1,
			--s->n_history * sizeof(s->history[0]));
	}
	s->history[s->n_history++] = xstrdup(line);
}

void session_history_each(const struct session *s,
	void (*fn)(void *ctx, const char *line), void *ctx)
{
	for (size_t i = 0; i < s->n_history; i++)
		fn(ctx, s->history[i]);
}

void session_history_free(struct session *s)
{
	for (size_t i = 0; i < s->n_history; i++)
		mem_free_text(s->history[i]);
	s->n_history = 0;
}
