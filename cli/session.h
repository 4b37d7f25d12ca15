/* A session of getvpnd: one client (console, ssh login, script), its mode, its
 * terminal settings, the command it runs.  Commands see it as cmd_call. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H
#include "parser/load.h"
#include "router/box.h"

/* The router as the command line sees it: one instance. */
struct router {
	struct box *box;
	struct log *log;
	struct loop *loop;
	struct grammar *grammar;
	struct tree *tree;       /* the running configuration */
	struct commit *commit;
	const char *startup_path; /* /etc/getvpn/startup-config; NULL none */
	uint64_t start_ms;        /* for uptime */
	uint64_t start_wall;
};

struct session;

struct cmd_call {
	struct session *session;
	struct router *router;
	const struct command *cmd;
	const struct derivation *drv;
	bool negated;
	struct sbuf *out;        /* output text, \n line ends; filters and pager
				  * are applied by the session */
};
/* An exec function returns: */
enum { CMD_DONE = 0, CMD_FAILED = -1, /* a `%` text was printed */
	CMD_PENDING = 1 };       /* goes on asynchronously, see session_* */

/* Asynchronous commands (ping): more output, then the end. */
void session_write(struct session *s, const char *text, size_t n);
void session_done(struct session *s, int result);
/* Called when the user breaks (Ctrl-C, Ctrl-Shift-6) or the client leaves. */
void session_on_break(struct session *s, void (*fn)(void *ctx), void *ctx);
/* Questions: the answer function gets the typed line (or "" / "y" for
 * [confirm], which takes one key) and returns as an exec function does. */
typedef int answer_fn(struct session *s, const char *answer, void *ctx);
enum ask_kind { ASK_LINE, ASK_CONFIRM, ASK_PASSWORD };
int session_ask(struct session *s, enum ask_kind kind, const char *question,
	answer_fn *fn, void *ctx); /* returns CMD_PENDING */
const char *session_user(const struct session *s);
uint8_t session_level(const struct session *s);
#endif
