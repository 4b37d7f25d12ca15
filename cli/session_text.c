/* Lines that are no commands: the text of a banner, a certificate, a key.  An
 * exec function asks for them, and gets them one by one. */
#include "cli/session_priv.h"

void session_read_text(struct session *s, text_fn *fn, void *ctx)
{
	s->text_fn = fn;
	s->text_ctx = ctx;
}

void session_text_break(struct session *s)
{
	text_fn *fn = s->text_fn;

	s->text_fn = NULL;
	if (fn != NULL)
		fn(s, NULL, s->text_ctx);
}

int session_text_line(struct session *s, const char *line)
{
	text_fn *fn = s->text_fn;
	void *ctx = s->text_ctx;

	s->text_fn = NULL; /* fn may run a line */
	if (fn(s, line, ctx))
		session_read_text(s, fn, ctx);
	return CMD_DONE;
}

int session_config_line(struct session *s, const char *line)
{
	return session_run_config(s, line, 0);
}
