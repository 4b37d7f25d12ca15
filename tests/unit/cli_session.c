/* A router without a box and a session on it, for tests of cli/. */
#include "tests/unit/cli_session.h"

#include <string.h>

static void on_output(void *ctx, const char *text, size_t n)
{
	struct cli_session *t = ctx;

	sbuf_add(&t->out, text, n);
}

static void on_ask(void *ctx, int kind, const char *question)
{
	struct cli_session *t = ctx;

	(void)kind;
	sbuf_trunc(&t->question, 0);
	sbuf_adds(&t->question, question);
}

static void on_done(void *ctx, int result)
{
	struct cli_session *t = ctx;

	t->done = result;
}

static struct session *open_session(struct cli_session *t, unsigned flags)
{
	struct session_opts o = { .level = 15, .flags = flags };

	return session_new(&t->router, &o, &t->sink);
}

void cli_session_init(struct cli_session *t, unsigned flags)
{
	memset(t, 0, sizeof(*t));
	t->done = -99;
	t->sink = (struct session_sink){
		.output = on_output, .ask = on_ask, .done = on_done, .ctx = t
	};
	t->router.log = log_new(8192);
	router_setup(&t->router);
	t->session = open_session(t, flags);
}

struct session *cli_second(struct cli_session *t)
{
	return open_session(t, 0);
}

void cli_session_fini(struct cli_session *t)
{
	session_free(t->session);
	router_fini(&t->router);
	log_free(t->router.log);
	sbuf_free(&t->out);
	sbuf_free(&t->question);
}

const char *cli_run(struct cli_session *t, const char *line)
{
	sbuf_trunc(&t->out, 0);
	if (session_asking(t->session))
		session_answer(t->session, line);
	else
		session_run_line(t->session, line);
	return sbuf_str(&t->out);
}

const char *cli_prompt(struct cli_session *t)
{
	static struct sbuf b;

	sbuf_trunc(&b, 0);
	session_prompt(t->session, &b);
	return sbuf_str(&b);
}
