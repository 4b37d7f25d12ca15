/* `?` and TAB in a session: in the mode where it stands, behind `do`, and for
 * output filters. */
#include "cli/session_priv.h"

#include <stdlib.h>
#include <string.h>

/* The text a mode's help or completion works on, and that mode. */
static const char *cursor_text(
	const struct session *s, const char *line, uint16_t *mode)
{
	const char *text = session_strip_prompt(line), *rest;

	*mode = s->pos.mode;
	if (!session_in_config(s))
		return text;
	rest = session_do_command(text);
	if (rest == NULL)
		return text;
	*mode = MODE_EXEC;
	return rest + strspn(rest, " \t");
}

/* A show command that may end here may also be filtered. */
static void help_add_bar(const char *text, struct sbuf *out)
{
	static const char cr[] = "  <cr>";
	char *p = out->s == NULL ? NULL : strstr(out->s, cr);

	if (p == NULL || strncmp(out->s, "  | ", 4) == 0 ||
		strstr(out->s, "\n  | ") != NULL ||
		!session_takes_filter(text) || (p > out->s && p[-1] != '\n'))
		return;
	size_t at = (size_t)(p - out->s), width = 4;
	auto_text char *tail = xstrdup(p);

	/* The column of the descriptions, from the line above. */
	for (const char *q = out->s; q < p; q = strchr(q, '\n') + 1) {
		size_t n = strcspn(q + 2, " \n");

		if (n > width)
			width = n;
	}
	sbuf_trunc(out, at);
	sbuf_printf(out, "  %-*s  Output modifiers\n", (int)width, "|");
	sbuf_adds(out, tail);
}

/* What stands behind the `|` of a command that takes filters, or NULL. */
static const char *filter_text(uint16_t mode, const char *text)
{
	auto_text char *copy = xstrdup(text);
	const char *bar = mode == MODE_EXEC && session_takes_filter(copy)
				  ? session_filter_split(copy)
				  : NULL;

	return bar == NULL ? NULL : text + (bar - copy) + 1;
}

static void help_text(struct session *s, const char *line, struct sbuf *out)
{
	uint16_t mode;
	const char *text = cursor_text(s, line, &mode);
	const char *filter = filter_text(mode, text);

	if (filter != NULL) {
		filter_help(filter, out);
		return;
	}
	match_help(s->router->grammar, mode, s->level, text, out);
	if (mode == MODE_EXEC)
		help_add_bar(text, out);
}

void session_help(struct session *s, const char *line, struct sbuf *out)
{
	if (s->logging_in)
		return;
	help_text(s, line, out);
	if (sbuf_str(out)[0] != '%')
		sbuf_addc(out, '\n');
}

/* Does the line mean something as it stands? */
static bool line_fits(struct session *s, const char *line)
{
	uint16_t mode;
	const char *text = cursor_text(s, line, &mode);
	struct match m = { 0 };

	if (mode == MODE_EXEC)
		return filter_text(mode, text) != NULL;
	match_line(s->router->grammar, mode, s->level, text, &m);
	bool fits = m.kind == MATCH_OK;

	match_free(&m);
	return fits;
}

bool session_help_line(struct session *s, const char *line)
{
	size_t n = strlen(line);

	if (s->flags & (SESSION_ECHO | SESSION_LENIENT | SESSION_QUIET) ||
		n == 0 || line[n - 1] != '?')
		return false;
	if (n > 1 && line[n - 2] != ' ' && line_fits(s, line))
		return false;
	auto_text char *asked = xstrdup(line);
	auto_sbuf struct sbuf out = { 0 };

	asked[n - 1] = '\0';
	session_help(s, asked, &out);
	session_write(s, sbuf_str(&out), out.n);
	return true;
}

bool session_complete(struct session *s, const char *line, struct sbuf *append)
{
	uint16_t mode;
	const char *text = cursor_text(s, line, &mode);
	const char *filter = filter_text(mode, text);

	if (s->logging_in)
		return false;
	if (filter != NULL)
		return filter_complete(filter, append);
	return match_complete(s->router->grammar, mode, s->level, text, append);
}
