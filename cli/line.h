/* Terminal lines: con 0, aux 0, vty N (ios-cli.md 6). */
#ifndef CLI_LINE_H
#define CLI_LINE_H
#include "cli/commands.h"

enum line_login { LINE_LOGIN_NONE, LINE_LOGIN_PASSWORD, LINE_LOGIN_LOCAL };
/* What the configuration says about one line. */
struct line_config {
	uint32_t timeout_secs; /* idle; 0: never */
	enum line_login login; /* as configured; none by default on con and
				* aux, password on vty */
	const char *password;  /* stored form, lent; NULL: none */
	int privilege;         /* -1: not configured */
	int length, width;     /* -1: not configured */
	uint16_t history;
	bool no_exec, synchronous;
};
/* name: "con 0", "aux 0", "vty 3". */
void line_view(const struct router *r, const char *name,
	struct line_config *out);
/* Number among all lines: con 0 is 0, vty N is N + 1.  There is no aux. */
unsigned line_number(const char *name);

/* Makes [first, last] of a matched `line vty` line (or its `no`) a union of
 * sections, and the match name the first of them.  Returns the last line. */
unsigned line_vty_prepare(const struct router *r, struct match *m);
/* Enters a line that section `at`, the first of a range up to `last`, has got
 * into the other sections of the range. */
void line_vty_repeat(const struct router *r, const struct node *at,
	unsigned last, const char *line);
/* Joins neighbours that say the same, as IOS shows them. */
void line_vty_join(const struct router *r);

/* cfg_login.c: does `login on-success|on-failure` ask for a log line about this
 * attempt?  Counts it (`every N`). */
bool login_is_logged(const struct router *r, bool success);

extern const struct command cfg_line_con, cfg_line_vty, cfg_ln_password,
	cfg_ln_exec_timeout; /* its `no` means 0 0 */
#endif
