/* reload: now, in a while, at a time, or not at all (ios-cli.md 4, clients.md
 * 2.2).  The daemon does it in its own process: a new box, configured from the
 * startup-config. */
#include "cli/confmgmt.h"
#include "cli/json.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define REASON_DEFAULT "Reload Command"

/* A reload that is being talked about. */
struct request {
	struct router *router;
	struct session *session;
	uint64_t wall; /* 0: now */
	char reason[sizeof(((struct confmgmt *)0)->reload_reason)];
};

static uint64_t wall_now(void)
{
	return (uint64_t)time(NULL);
}

static void banner(const struct router *r, const char *what)
{
	auto_sbuf struct sbuf b = { 0 };

	sbuf_printf(&b, "\n\n***\n*** --- %s ---\n***\n", what);
	if (r->tell != NULL)
		r->tell(r->host, sbuf_str(&b));
}

static void banner_in(const struct router *r, uint64_t secs)
{
	auto_sbuf struct sbuf b = { 0 };

	sbuf_printf(&b, "SHUTDOWN in %ju:%02ju:%02ju", (uintmax_t)(secs / 3600),
		(uintmax_t)(secs / 60 % 60), (uintmax_t)(secs % 60));
	banner(r, sbuf_str(&b));
}

static void reload_now(struct router *r, const char *by, const char *reason)
{
	log_msg(r->log, LOG_SEV_NOTICE, "SYS", "RELOAD",
		"Reload requested by %s. Reload Reason: %s.", by, reason);
	banner(r, "SHUTDOWN NOW");
	r->restart(r->host);
}

/* The timers of a scheduled one. */

/* The next warning is due when this is left. */
static void warning_set(struct confmgmt *m)
{
	static const uint64_t marks[] = { 3600, 1800, 300, 60 };
	uint64_t now = wall_now();
	uint64_t left = m->reload_wall > now ? m->reload_wall - now : 0;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (left <= marks[i])
			continue;
		confmgmt_timer(m, &m->reload_warning, (left - marks[i]) * 1000);
		return;
	}
}

static void on_warning(void *arg)
{
	struct confmgmt *m = arg;
	uint64_t now = wall_now();

	if (m->reload_wall > now)
		banner_in(m->router, m->reload_wall - now);
	warning_set(m);
}

static void on_reload(void *arg)
{
	struct confmgmt *m = arg;

	m->reload_wall = 0;
	reload_now(m->router, m->reload_by, m->reload_reason);
}

void reload_init(struct confmgmt *m)
{
	timer_init(&m->reload, on_reload, m);
	timer_init(&m->reload_warning, on_warning, m);
}

void reload_fini(struct confmgmt *m)
{
	confmgmt_cancel(m, &m->reload);
	confmgmt_cancel(m, &m->reload_warning);
}

/* "2 hours, 4 minutes and 59 seconds" */
static void duration_text(uint64_t secs, struct sbuf *out)
{
	const struct {
		uint64_t n;
		const char *name;
	} units[] = { { secs / 3600, "hour" }, { secs / 60 % 60, "minute" },
		{ secs % 60, "second" } };
	unsigned rest = 0;

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		rest += units[i].n > 0;
	if (rest == 0)
		sbuf_adds(out, "0 seconds");
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].n == 0)
			continue;
		rest--;
		sbuf_printf(out, "%ju %s%s%s", (uintmax_t)units[i].n,
			units[i].name, units[i].n == 1 ? "" : "s",
			rest > 1    ? ", "
			: rest == 1 ? " and "
				    : "");
	}
}

/* "Reload scheduled for ... (in 5 minutes) by console", and why. */
static void schedule_text(
	uint64_t wall, const char *by, const char *reason, struct sbuf *out)
{
	auto_sbuf struct sbuf in = { 0 };
	uint64_t now = wall_now(), left = wall > now ? wall - now : 0;

	duration_text(left, &in);
	sbuf_adds(out, "Reload scheduled for ");
	clock_text(wall, out);
	sbuf_printf(out, " (in %s) by %s\nReload reason: %s\n", sbuf_str(&in),
		by, reason);
}

static void schedule(struct confmgmt *m, const struct request *q)
{
	auto_sbuf struct sbuf at = { 0 }, now = { 0 };
	uint64_t left = q->wall > wall_now() ? q->wall - wall_now() : 0;

	m->reload_wall = q->wall;
	strlcpy(m->reload_by, session_who(q->session), sizeof(m->reload_by));
	strlcpy(m->reload_reason, q->reason, sizeof(m->reload_reason));
	confmgmt_timer(m, &m->reload, left * 1000);
	clock_text(q->wall, &at);
	clock_text(wall_now(), &now);
	log_msg(m->router->log, LOG_SEV_NOTICE, "SYS", "SCHEDULED_RELOAD",
		"Reload requested for %s at %s by %s. Reload Reason: %s.",
		sbuf_str(&at), sbuf_str(&now), m->reload_by, q->reason);
	banner_in(m->router, left);
	warning_set(m);
}

static int cancel(struct cmd_call *c)
{
	struct confmgmt *m = c->router->confmgmt;
	auto_sbuf struct sbuf now = { 0 };

	if (m->reload_wall == 0) {
		sbuf_adds(c->out, "%No reload is scheduled\n");
		return CMD_FAILED;
	}
	m->reload_wall = 0;
	reload_fini(m);
	banner(c->router, "SHUTDOWN ABORTED");
	clock_text(wall_now(), &now);
	log_msg(c->router->log, LOG_SEV_NOTICE, "SYS",
		"SCHEDULED_RELOAD_CANCELLED",
		"Scheduled reload cancelled at %s", sbuf_str(&now));
	return CMD_DONE;
}

/* The dialogue. */

static void request_break(void *ctx)
{
	struct request *q = ctx;
	struct session *s = q->session;

	free(q);
	session_done(s, CMD_FAILED);
}

static int proceed_answer(struct session *s, const char *answer, void *ctx)
{
	auto_free struct request *q = ctx;
	struct router *r = q->router;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return CMD_FAILED;
	session_on_break(s, NULL, NULL);
	if (q->wall != 0) {
		schedule(r->confmgmt, q);
		return CMD_DONE;
	}
	reload_now(r, session_who(s), q->reason);
	return CMD_PENDING; /* the session ends with what it configured */
}

static int ask_proceed(struct request *q)
{
	auto_sbuf struct sbuf out = { 0 };

	if (q->wall != 0) {
		schedule_text(
			q->wall, session_who(q->session), q->reason, &out);
		session_write(q->session, sbuf_str(&out), out.n);
	}
	session_on_break(q->session, request_break, q);
	return session_ask(q->session, ASK_CONFIRM,
		"Proceed with reload? [confirm]", proceed_answer, q);
}

static int ask_save(struct request *q);

static int save_answer(struct session *s, const char *answer, void *ctx)
{
	static const char again[] = "% Please answer 'yes' or 'no'.\n";
	struct request *q = ctx;
	auto_sbuf struct sbuf out = { 0 };
	size_t n = strlen(answer);

	if (n > 0 && strncasecmp("yes", answer, n) == 0) {
		int result = config_save(q->router, s, &out);

		session_write(s, sbuf_str(&out), out.n);
		if (result == CMD_DONE)
			return ask_proceed(q);
		free(q);
		return result;
	}
	if (n > 0 && strncasecmp("no", answer, n) == 0)
		return ask_proceed(q);
	session_write(s, again, sizeof(again) - 1);
	if (!(session_flags(s) & SESSION_BATCH))
		return ask_save(q);
	free(q); /* nobody is there who could answer */
	return CMD_FAILED;
}

static int ask_save(struct request *q)
{
	session_write(q->session, "\n", 1);
	session_on_break(q->session, request_break, q);
	return session_ask(q->session, ASK_LINE,
		"System configuration has been modified. Save? [yes/no]: ",
		save_answer, q);
}

/* When hh:mm is next, today, tomorrow, or on the day that is given. */
static uint64_t wall_at(const char *stored)
{
	unsigned minutes, month, day;
	time_t now = time(NULL);
	struct tm tm;

	if (!reload_time_read(stored, &minutes, &month, &day) ||
		localtime_r(&now, &tm) == NULL)
		return 0;
	tm.tm_hour = (int)(minutes / 60);
	tm.tm_min = (int)(minutes % 60);
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	if (month != 0) {
		tm.tm_mon = (int)month - 1;
		tm.tm_mday = (int)day;
	}
	struct tm next = tm;
	time_t t = mktime(&tm);

	if (t > now)
		return (uint64_t)t;
	next.tm_mday += month == 0;
	next.tm_year += month != 0;
	return (uint64_t)mktime(&next);
}

static int exec_reload(struct cmd_call *c)
{
	const char *reason = drv_str(c->drv, "reason");

	if (c->router->restart == NULL) {
		sbuf_adds(c->out, "% This router cannot reload\n");
		return CMD_FAILED;
	}
	if (drv_has(c->drv, "cancel"))
		return cancel(c);
	struct request *q = xcalloc(1, sizeof(*q));

	q->router = c->router;
	q->session = c->session;
	strlcpy(q->reason, reason == NULL ? REASON_DEFAULT : reason,
		sizeof(q->reason));
	if (drv_has(c->drv, "in"))
		q->wall = wall_now() + 60ull * drv_u32(c->drv, "delay");
	else if (drv_has(c->drv, "at"))
		q->wall = wall_at(drv_str(c->drv, "time"));
	return config_is_modified(c->router) ? ask_save(q) : ask_proceed(q);
}

static const struct command reload = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "reload [{cancel|in <delay:delay>|at <time:reload_time>}] "
		   "[<reason:line>]",
	.help = "reload  Halt and perform a cold restart\n"
		"cancel  Cancel pending reload\n"
		"in  Reload after a time interval\n"
		"<delay>  Delay before reload (mmm or hhh:mm)\n"
		"at  Reload at a specific time/date\n"
		"<time>  Time to reload (hh:mm), with or without a date\n"
		"<reason>  Reason for reload\n",
	.exec = exec_reload,
	.sample = "reload\nreload in 5\nreload in 1:30 new release\n"
		  "reload at 23:50 Mar 3\nreload at 23:50 3 Mar patch\n"
		  "reload cancel",
};

static json_t *reload_json(const struct confmgmt *m)
{
	json_t *o = json_object();

	jo_bool(o, "scheduled", m->reload_wall != 0);
	if (m->reload_wall != 0) {
		jo_wall(o, "time_secs", m->reload_wall);
		jo_str(o, "by", m->reload_by);
		jo_str(o, "reason", m->reload_reason);
	}
	return o;
}

static int exec_show_reload(struct cmd_call *c)
{
	const struct confmgmt *m = c->router->confmgmt;

	if (c->json)
		return cmd_json(c, reload_json(m));
	if (m->reload_wall == 0)
		sbuf_adds(c->out, "No reload is scheduled.\n");
	else
		schedule_text(
			m->reload_wall, m->reload_by, m->reload_reason, c->out);
	return CMD_DONE;
}

static const struct command show_reload = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show reload",
	.help = "show  Show running system information\n"
		"reload  Scheduled reload information\n",
	.flags = CMD_PIPE,
	.exec = exec_show_reload,
	.sample = "show reload",
};

static const struct command *const commands[] = { &reload, &show_reload };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_reload = { .commands = &list };
