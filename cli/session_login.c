/* The start of a session: banners, the login dialogue of its line, what the
 * line sets; and the list of those that are on (ios-cli.md 6).
 *
 * Who connects is known already: by ssh or by the kernel.  The dialogue is for
 * a person at the console, where the line asks for it. */
#include "cli/banner.h"
#include "cli/line.h"
#include "cli/running.h"
#include "cli/session_priv.h"
#include "cli/users.h"

#include "base/loop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES         3
#define LOGIN_WAIT_MS 30000
#define GUESS_WAIT_MS 2000
#define SSH_PORT      22

static void say(struct session *s, const char *text)
{
	session_write(s, text, strlen(text));
}

/* %SEC_LOGIN, where `login on-success log` asks for it. */
static void log_login(struct session *s, const char *user, const char *fault)
{
	auto_sbuf struct sbuf when = { 0 };
	struct router *r = s->router;
	const char *from = s->from[0] != '\0' ? s->from : "LOCAL";
	unsigned port = s->from[0] != '\0' ? SSH_PORT : 0;

	if (r->log == NULL || !login_is_logged(r, fault == NULL))
		return;
	clock_text((uint64_t)time(NULL), &when);
	if (fault == NULL)
		log_msg(r->log, LOG_SEV_NOTICE, "SEC_LOGIN", "LOGIN_SUCCESS",
			"Login Success [user: %s] [Source: %s] "
			"[localport: %u] at %s",
			user, from, port, sbuf_str(&when));
	else
		log_msg(r->log, LOG_SEV_WARNING, "SEC_LOGIN", "LOGIN_FAILED",
			"Login failed [user: %s] [Source: %s] "
			"[localport: %u] [Reason: %s] at %s",
			user, from, port, fault, sbuf_str(&when));
}

/* --- the dialogue --- */

static int ask_name(struct session *s);
static int ask_password(struct session *s);

static int logged_in(struct session *s)
{
	s->logging_in = false;
	mem_free_ptr(&s->login_name);
	s->login_name = NULL;
	log_login(s, s->user, NULL);
	if (s->flags & SESSION_ECHO)
		banner_show(s, "exec");
	return CMD_DONE;
}

/* After a wrong answer: asks again, or ends the session. */
static int login_failed(struct session *s, const char *text, bool by_name)
{
	session_guess_failed(s);
	log_login(
		s, by_name ? s->login_name : "", "Login Authentication Failed");
	say(s, text);
	if (++s->tries < TRIES)
		return by_name ? ask_name(s) : ask_password(s);
	s->over = true;
	return CMD_FAILED;
}

static int password_answer(struct session *s, const char *answer, void *ctx)
{
	struct line_config c;
	uint8_t level;
	const char *text;

	(void)ctx;
	if (s->login_name != NULL) {
		if (!user_check(s->router, s->login_name, answer) ||
			!user_find(s->router, s->login_name, &level))
			return login_failed(s, "% Login invalid\n\n", true);
		free(s->user);
		s->user = xstrdup(s->login_name);
		s->level = s->login_level = level;
		return logged_in(s);
	}
	line_view(s->router, s->line, &c);
	if (c.password == NULL ||
		!passwd_verify(passwd_value(c.password, &text), c.password + 2,
			answer))
		return login_failed(s,
			s->tries + 1 < TRIES ? "" : "% Bad passwords\n", false);
	return logged_in(s);
}

static int ask_password(struct session *s)
{
	return session_ask(
		s, ASK_PASSWORD, "Password: ", password_answer, NULL);
}

static int name_answer(struct session *s, const char *answer, void *ctx)
{
	(void)ctx;
	if (answer[0] == '\0' && !(s->flags & SESSION_BATCH))
		return ask_name(s);
	free(s->login_name);
	s->login_name = xstrdup(answer);
	return ask_password(s);
}

static int ask_name(struct session *s)
{
	return session_ask(s, ASK_LINE, "Username: ", name_answer, NULL);
}

static int begin_dialogue(struct session *s, const struct line_config *c)
{
	s->logging_in = true;
	banner_show(s, "login");
	if (c->login == LINE_LOGIN_PASSWORD && c->password == NULL) {
		say(s, "\nPassword required, but none set\n");
		s->over = true;
		return CMD_FAILED;
	}
	say(s, "\nUser Access Verification\n\n");
	return c->login == LINE_LOGIN_LOCAL ? ask_name(s) : ask_password(s);
}

/* --- the start --- */

static void apply_line(struct session *s, const struct line_config *c)
{
	s->term.history = c->history;
	if (c->length >= 0)
		session_set_length(s, (uint16_t)c->length);
	if (c->width >= 0)
		session_set_width(s, (uint16_t)c->width);
	if (c->privilege >= 0 && !(s->flags & SESSION_NAMED))
		s->level = s->login_level = (uint8_t)c->privilege;
}

static int begin(struct session *s)
{
	struct line_config c;

	line_view(s->router, s->line, &c);
	if (!(s->flags & SESSION_ECHO))
		return logged_in(s);
	if (c.no_exec) {
		say(s, "% No EXEC on this line\n");
		s->over = true;
		return CMD_FAILED;
	}
	apply_line(s, &c);
	banner_show(s, "motd");
	if (s->flags & SESSION_CONSOLE && c.login != LINE_LOGIN_NONE)
		return begin_dialogue(s, &c);
	return logged_in(s);
}

int session_start(struct session *s)
{
	LIST_INSERT_HEAD(&s->router->sessions, s, link);
	s->listed = true;
	s->start_ms = loop_now();
	session_touch(s);
	return session_settle_result(s, begin(s));
}

/* --- idle --- */

void session_touch(struct session *s)
{
	s->idle_ms = loop_now();
}

uint64_t session_deadline(const struct session *s)
{
	struct line_config c;

	if (!(s->flags & SESSION_ECHO))
		return 0;
	if (s->logging_in)
		return s->idle_ms + LOGIN_WAIT_MS;
	line_view(s->router, s->line, &c);
	return c.timeout_secs == 0
		       ? 0
		       : s->idle_ms + c.timeout_secs * UINT64_C(1000);
}

void session_expire(struct session *s)
{
	if (s->logging_in)
		say(s, s->ask_kind == ASK_PASSWORD
				? "\n% Password:  timeout expired!\n"
				: "\n% Username:  timeout expired!\n");
	session_break(s);
	session_leave(s);
	s->over = true;
}

/* --- guessing --- */

/* Users who guessed wrong a moment ago; the oldest gives way. */
static struct guess {
	char *user; /* owned */
	uint64_t until_ms;
} guesses[32];
static uint64_t last_guess_ms; /* the latest until_ms */

void session_guess_failed(struct session *s)
{
	struct guess *g = &guesses[0];

	s->held_ms = loop_now() + GUESS_WAIT_MS;
	if (s->peer[0] == '\0')
		return;
	for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
		struct guess *e = &guesses[i];

		if (e->user != NULL && strcmp(e->user, s->peer) == 0) {
			g = e;
			break;
		}
		if (e->until_ms < g->until_ms)
			g = e;
	}
	free(g->user);
	g->user = xstrdup(s->peer);
	g->until_ms = last_guess_ms = s->held_ms;
}

uint64_t session_held_until(const struct session *s)
{
	uint64_t now = loop_now();

	if (s->held_ms > now)
		return s->held_ms;
	for (size_t i = 0; i < ARRAY_LEN(guesses) && last_guess_ms > now; i++) {
		if (guesses[i].until_ms > now &&
			strcmp(guesses[i].user, s->peer) == 0)
			return guesses[i].until_ms;
	}
	return 0;
}

/* --- the others --- */

void session_hangup(struct session *s)
{
	s->over = true;
	if (s->sink.hangup != NULL)
		s->sink.hangup(s->sink.ctx);
}

bool session_notify(struct session *s, const char *text)
{
	if (s->sink.log_line == NULL || s->logging_in)
		return false;
	s->sink.log_line(s->sink.ctx, text);
	return true;
}
