/* The inside of a session, for cli/session*.c. */
#ifndef CLI_SESSION_PRIV_H
#define CLI_SESSION_PRIV_H
#include "cli/commands.h"
#include "cli/filter.h"

#define HISTORY_MAX 256

struct session {
	struct router *router;
	struct session_sink sink;
	unsigned flags;
	uint8_t level, login_level;
	char *user, *line, *from;
	bool over;
	LIST_ENTRY(session) link;
	bool listed;
	uint64_t start_ms, idle_ms; /* when it began, when a line came last */
	bool logging_in; /* no command runs, nothing helps, before it is over */
	unsigned tries;
	char *login_name; /* given, not yet proved */
	char *peer; /* the user that connected; "" for root */
	uint64_t held_ms; /* after a wrong password: until then */
	unsigned config_session; /* number of its stay in the configuration */

	unsigned vty_last; /* MODE_LINE: what is typed goes up to this line */
	char **range;      /* interface range: names; see session_range.c */
	size_t n_range;
	struct position pos; /* MODE_EXEC, or a configuration mode */
	struct session_term term;
	bool length_set, width_set; /* by command: the window does not count */
	struct log_sink log_sink;
	char *history[HISTORY_MAX];
	size_t n_history;

	/* The command that runs. */
	struct filter *filter;
	bool in_exec; /* inside its function */
	bool early;   /* session_done was called there */
	int early_result;
	bool pending;
	void (*break_fn)(void *ctx);
	void *break_ctx;
	answer_fn *ask_fn;
	void *ask_ctx;
	enum ask_kind ask_kind;
	char *ask_question;

	bool text_ended; /* ASK_TEXT: Ctrl-Z */
};

/* session.c: the text behind `do`, or NULL; behind a prompt that was pasted with
 * the line; whether `|` starts a filter, and where it does, or NULL. */
const char *session_do_command(const char *text);
const char *session_strip_prompt(const char *line);
bool session_takes_filter(const char *text);
char *session_filter_split(char *text);
/* session_config.c: enters a matched line, which was typed as text; takes *m.
 * Result as an exec function. */
int session_enter_line(struct session *s, struct match *m, const char *text);
/* The same for a line that needs no more care. */
int session_commit_line(struct session *s, struct match *m);
/* session.c: after an exec or answer function: over, asking, or going on. */
int session_settle_result(struct session *s, int result);
/* Notes who changed the configuration, if it is not of generation `before`. */
void session_config_changed(struct session *s, uint64_t before);

/* session.c */
int session_run_config(struct session *s, const char *typed, size_t offset);
/* session_range.c: forgets the range; does the session stand in one; a line
 * that the first interface took, into the others (texts to *why); the prompt of
 * an interface that is not plain, or NULL. */
void session_range_clear(struct session *s);
bool session_range_active(const struct session *s);
void session_range_repeat(
	struct session *s, const char *line, struct sbuf *why);
const char *session_if_prompt(const struct session *s);
/* session_history.c */
void session_history_add(struct session *s, const char *line);
void session_history_free(struct session *s);
void session_log_line(void *ctx, enum log_sev sev, const char *line);
/* session_help.c: where no keys are seen, a line that ends in `?` asks, as
 * pasted text does at a terminal; text that may end so is left alone. True: it
 * was answered. */
bool session_help_line(struct session *s, const char *line);
#endif
