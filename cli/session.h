/* A session of getvpnd: one client (console, ssh login, script), its mode, its
 * terminal settings, the command it runs.  Commands see it as cmd_call. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H
#include "base/list.h"
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
	uint64_t changed_wall;    /* seconds; last configuration change, or 0 */
	uint64_t saved_wall;      /* last write to startup-config, or 0 */
	char changed_by[33];      /* "" on the console */
	char saved_by[33];
	uint64_t saved_generation; /* commit_generation at the last save */
	struct confmgmt *confmgmt; /* cli/confmgmt.h; NULL: not set up */
	struct acl_clock *acl_clock; /* of cfg_filter.c */
	struct pki_state *pki;       /* of pki_sync.c; NULL: no trustpoints */
	struct metrics *metrics;     /* of cfg_metrics.c; NULL: not served */
	/* What the daemon does for the command line; NULL in tests. */
	void (*restart)(void *host); /* anew from the startup-config, soon */
	void (*tell)(void *host, const char *text); /* all terminals */
	void *host;
	LIST_HEAD(session_list, session) sessions; /* those that were started */
};

struct session;

/* Whoever reads what the session prints: the server's client, or a test. */
struct session_sink {
	void (*output)(void *ctx, const char *text, size_t n);
	void (*log_line)(void *ctx, const char *line); /* NULL: none */
	void (*ask)(void *ctx, int kind, const char *question); /* enum ask_kind */
	void (*done)(void *ctx, int result); /* of a line that was pending */
	void (*hangup)(void *ctx); /* another ends it; NULL: cannot */
	void *ctx;
};
enum {
	SESSION_CONSOLE = 1, /* con 0: log lines from the start */
	SESSION_ECHO = 2,    /* a person sees prompt and line above the caret;
			      * without it errors repeat the line */
	SESSION_BATCH = 4,   /* questions are answered with Enter */
	SESSION_QUIET = 16,  /* leaving the configuration is not an event */
	SESSION_DRY = 32,    /* only what enters the tree is done */
	SESSION_NAMED = 64,  /* the level is that of a `username` entry */
	SESSION_LENIENT = 8, /* a file: starts in configuration mode; a line that
			      * the mode does not know is tried in the other */
};
struct session_opts {
	const char *user;    /* "" on the console */
	const char *line;    /* "con 0", "vty 1" */
	const char *from;    /* remote address, or "" */
	uint8_t level;
	unsigned flags;
	uint16_t rows, cols; /* 0: 24 and 80 */
};
struct session *session_new(struct router *r, const struct session_opts *o,
	const struct session_sink *sink);
/* Leaves the configuration mode, breaks what runs. */
void session_free(struct session *s);

/* Begins: banners, the login dialogue of its line.  CMD_DONE, or CMD_PENDING
 * when it asks; session_over: no admittance. */
int session_start(struct session *s);
/* Somebody typed: idle time starts anew. */
void session_touch(struct session *s);
/* When idling ends the session, in loop_now's time; 0: never. */
uint64_t session_deadline(const struct session *s);
void session_expire(struct session *s); /* that time has come */
/* A password was wrong: nothing more of this user (root: of this session) runs
 * for a while, whichever session it comes by, so that guessing costs time and not our processor. */
void session_guess_failed(struct session *s);
uint64_t session_held_until(const struct session *s); /* loop_now's; 0: not */
/* clear line: it is over, wherever it stands. */
void session_hangup(struct session *s);
/* Shows text from outside, like a log line; false: it cannot. */
bool session_notify(struct session *s, const char *text);

/* Executes one typed line: CMD_DONE, CMD_FAILED, or CMD_PENDING, when done or
 * ask of the sink tells what comes.  Not while one is pending. */
int session_run_line(struct session *s, const char *line);
/* Answers a question; result as above. */
int session_answer(struct session *s, const char *answer);
bool session_asking(const struct session *s);
bool session_asks_text(const struct session *s);
bool session_pending(const struct session *s);
/* Ctrl-C, Ctrl-Shift-6 while a command runs. */
void session_break(struct session *s);
/* Ctrl-Z, or Ctrl-C at the prompt: to exec. */
void session_leave(struct session *s);
/* Applies what the configuration lines changed; due when no more lines wait. */
void session_settle(struct session *s);
void session_prompt(const struct session *s, struct sbuf *out);
void session_help(struct session *s, const char *line, struct sbuf *out);
bool session_complete(struct session *s, const char *line, struct sbuf *append);
bool session_over(const struct session *s); /* `exit` was typed */
bool session_in_config(const struct session *s);

/* For exec functions of cli/exec_basic.c. */
struct session_term {
	uint16_t length, width, history; /* 0: no paging, no limit, none */
	bool monitor;
	uint8_t file_system; /* enum file_system: where a bare name is */
};
struct session_term *session_term(struct session *s);
void session_set_size(struct session *s, uint16_t rows, uint16_t cols);
void session_set_length(struct session *s, uint16_t lines);  /* by command: */
void session_set_width(struct session *s, uint16_t columns); /* they stay */
void session_set_monitor(struct session *s, bool on);
void session_set_level(struct session *s, uint8_t level);
uint8_t session_login_level(const struct session *s);
unsigned session_flags(const struct session *s);
const char *session_line(const struct session *s);
void session_enter_config(struct session *s);
void session_up(struct session *s);   /* exit, in a configuration mode */
void session_quit(struct session *s); /* exit, in exec */
void session_history_each(const struct session *s,
	void (*fn)(void *ctx, const char *line), void *ctx);
/* Runs an exec line from a configuration mode (`do`); offset: where it stands
 * in the typed line. */
int session_run_exec(struct session *s, const char *typed, size_t offset);

/* The section that a configuration line goes to; the root in exec. */
struct node *session_section(const struct session *s);

struct cmd_call {
	struct session *session;
	struct router *router;
	const struct command *cmd;
	const struct derivation *drv;
	bool negated;
	struct sbuf *out;        /* output text, \n line ends; filters and pager
				  * are applied by the session */
	bool json;               /* `| json`: cli/json.h, cmd_json() */
	bool json_given;         /* set there */
	struct json_t **json_into; /* gets the value instead of out; or NULL */
};
/* An exec function returns: */
enum { CMD_DONE = 0, CMD_FAILED = -1, /* a `%` text was printed */
	CMD_PENDING = 1 };       /* goes on asynchronously, see session_* */

/* Asynchronous commands (ping): more output, then the end. */
void session_write(struct session *s, const char *text, size_t n);
void session_done(struct session *s, int result);
/* The same for a command that may go on with a question: result as that of an
 * answer function. */
void session_resume(struct session *s, int result);
/* Called when the user breaks (Ctrl-C, Ctrl-Shift-6) or the client leaves, also
 * while a question waits, which is then never answered. */
void session_on_break(struct session *s, void (*fn)(void *ctx), void *ctx);
/* Questions: the answer function gets the typed line (or "" / "y" for
 * [confirm], which takes one key) and returns as an exec function does. */
typedef int answer_fn(struct session *s, const char *answer, void *ctx);
/* ASK_TEXT takes a line as it is, blanks and all, also from a file: of a banner,
 * a certificate.  A text of several lines asks again for each. */
enum ask_kind { ASK_LINE, ASK_CONFIRM, ASK_PASSWORD, ASK_TEXT };
/* Inside the answer function of an ASK_TEXT: Ctrl-Z ends the text. */
bool session_text_ended(const struct session *s);
void session_end_text(struct session *s); /* of the next answer */
int session_ask(struct session *s, enum ask_kind kind, const char *question,
	answer_fn *fn, void *ctx); /* returns CMD_PENDING */
struct router *session_router(const struct session *s);
/* Runs a line as if it were typed at the present place. */
int session_config_line(struct session *s, const char *line);
const char *session_user(const struct session *s);
/* "console", "ann on vty0 (192.0.2.7)" */
void session_place(const struct session *s, struct sbuf *out);
const char *session_from(const struct session *s); /* address, or "" */
uint8_t session_level(const struct session *s);
#endif
