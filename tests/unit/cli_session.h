/* A router without a box and a session on it, for tests of cli/. */
#ifndef TESTS_CLI_SESSION_H
#define TESTS_CLI_SESSION_H
#include "cli/commands.h"
#include "cli/running.h"

struct cli_session {
	struct router router;
	struct session *session;
	struct session_sink sink; /* collects into out, for more sessions */
	struct sbuf out;      /* what it printed since the last line */
	struct sbuf question; /* the one that waits */
	int done;             /* of a pending line; -99: not yet */
};
void cli_session_init(struct cli_session *t, unsigned flags);
void cli_session_fini(struct cli_session *t);
/* Runs a line; lent output. */
const char *cli_run(struct cli_session *t, const char *line);
const char *cli_prompt(struct cli_session *t); /* lent until the next call */
/* A second session on the same router. */
struct session *cli_second(struct cli_session *t);
#endif
