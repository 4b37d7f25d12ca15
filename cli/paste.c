/* Pasted lines, one question of text after the other. */
#include "cli/paste.h"

#include <stdlib.h>
#include <string.h>

struct paste {
	char *text; /* room for max and a NUL: growing would leave copies */
	size_t n, max;
	unsigned end;
	bool too_long;
	paste_fn *fn;
	void (*drop)(void *ctx);
	void *ctx;
};

static void paste_free(struct paste *p)
{
	mem_wipe(p->text, p->max + 1);
	free(p->text);
	free(p);
}

static void paste_break(void *ctx)
{
	struct paste *p = ctx;

	p->drop(p->ctx);
	paste_free(p);
}

static int paste_done(struct session *s, struct paste *p)
{
	p->text[p->n] = '\0';
	session_on_break(s, p->drop, p->ctx);
	int result = p->fn(s, p->too_long ? NULL : p->text, p->ctx);

	paste_free(p);
	return result;
}

static bool is_quit(const char *line, size_t n)
{
	return n == 4 && strncasecmp(line, "quit", n) == 0;
}

static int paste_line(struct session *s, const char *line, void *ctx)
{
	struct paste *p = ctx;
	bool ended = session_text_ended(s);

	line += strspn(line, " \t");
	size_t n = strcspn(line, "\r\n");

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	if (is_quit(line, n))
		return paste_done(s, p);
	if (n == 0 && p->n > 0 && p->end & PASTE_BLANK)
		return paste_done(s, p);
	if (n + 1 > p->max - p->n) {
		p->too_long = true;
	} else if (n > 0 || p->n > 0) {
		memcpy(p->text + p->n, line, n);
		p->n += n;
		p->text[p->n++] = '\n';
	}
	if (ended)
		return paste_done(s, p);
	session_on_break(s, paste_break, p);
	return session_ask(s, ASK_TEXT, "", paste_line, p);
}

int paste_read(struct session *s, unsigned end, size_t max, paste_fn *fn,
	void (*drop)(void *ctx), void *ctx)
{
	struct paste *p = xcalloc(1, sizeof(*p));

	p->text = xcalloc(1, max + 1);
	p->max = max;
	p->end = end;
	p->fn = fn;
	p->drop = drop;
	p->ctx = ctx;
	session_on_break(s, paste_break, p);
	return session_ask(s, ASK_TEXT, "", paste_line, p);
}
