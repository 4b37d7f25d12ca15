/* The router's struct confmgmt, and the lock on the configuration. */
#include "cli/confmgmt.h"

#include "cli/json.h"
#include "cli/line.h"
#include "cli/session_priv.h"

#include <stdlib.h>
#include <string.h>

struct confmgmt *confmgmt_new(struct router *r)
{
	struct confmgmt *m = xcalloc(1, sizeof(*m));

	m->router = r;
	archive_init(m);
	rollback_init(m);
	reload_init(m);
	return m;
}

void confmgmt_free(struct confmgmt *m)
{
	if (m == NULL)
		return;
	archive_fini(m);
	rollback_forget(m);
	cfglog_clear(&m->log);
	reload_fini(m);
	free(m);
}

void confmgmt_timer(struct confmgmt *m, struct timer *t, uint64_t ms)
{
	if (m->router->loop != NULL)
		timer_set(loop_timers(m->router->loop), t, loop_now() + ms);
}

void confmgmt_cancel(struct confmgmt *m, struct timer *t)
{
	if (m->router->loop != NULL)
		timer_cancel(loop_timers(m->router->loop), t);
}

const char *session_who(const struct session *s)
{
	return s->user[0] == '\0' ? "console" : s->user;
}

void config_report(const struct router *r, const char *from, const char *who)
{
	if (r->log != NULL)
		log_msg(r->log, LOG_SEV_NOTICE, "SYS", "CONFIG_I",
			"Configured from %s by %s", from, who);
	if (r->box != NULL)
		gdoi_config_left(box_gdoi(r->box));
}

/* The lock. */

static const char *owner_name(const struct session *s)
{
	return s->user[0] == '\0' ? "unknown" : s->user;
}

bool config_lock_permits(
	const struct router *r, const struct session *s, struct sbuf *out)
{
	const struct session *owner =
		r->confmgmt == NULL ? NULL : r->confmgmt->lock_owner;

	if (owner == NULL || owner == s)
		return true;
	sbuf_printf(out,
		"Configuration mode locked exclusively by user '%s' process "
		"'%u' from terminal '%u'. Please try later.\n",
		owner_name(owner), line_number(owner->line),
		line_number(owner->line));
	return false;
}

void config_lock_enter(struct session *s)
{
	struct confmgmt *m = s->router->confmgmt;

	if (m == NULL || s->flags & SESSION_QUIET)
		return;
	m->n_configuring++;
	s->config_session = ++m->n_config_sessions;
}

void config_lock_leave(struct session *s)
{
	struct confmgmt *m = s->router->confmgmt;

	if (m == NULL || s->flags & SESSION_QUIET)
		return;
	m->n_configuring--;
	if (m->lock_owner == s)
		m->lock_owner = NULL;
}

bool config_lock_take(struct session *s)
{
	struct confmgmt *m = s->router->confmgmt;

	if (m->n_configuring > 0)
		return false;
	m->lock_owner = s;
	m->lock_ms = loop_now();
	return true;
}

static json_t *lock_json(const struct confmgmt *m)
{
	const struct session *owner = m->lock_owner;
	json_t *o = json_object();

	jo_bool(o, "locked", owner != NULL);
	if (owner != NULL) {
		jo_str(o, "user", owner_name(owner));
		jo_num(o, "line", line_number(owner->line));
		jo_str(o, "address",
			owner->from[0] != '\0' ? owner->from : NULL);
		jo_num(o, "active_secs", (loop_now() - m->lock_ms) / 1000);
	}
	return o;
}

static int exec_show_lock(struct cmd_call *c)
{
	const struct confmgmt *m = c->router->confmgmt;
	const struct session *owner = m->lock_owner;

	if (c->json)
		return cmd_json(c, lock_json(m));
	sbuf_adds(c->out,
		"Parser Configure Lock\n"
		"------------------------------------------------------\n");
	if (owner == NULL) {
		sbuf_adds(c->out, "Owner PID         : -1\n"
				  "User              : unknown\n"
				  "TTY               : -1\n"
				  "Type              : NO LOCK\n"
				  "State             : FREE\n"
				  "Class             : unknown\n"
				  "Count             : 0\n"
				  "Pending Requests  : 0\n"
				  "User debug info   : \n");
		return CMD_DONE;
	}
	sbuf_printf(c->out,
		"Owner PID         : %u\n"
		"User              : %s\n"
		"TTY               : %u\n"
		"Type              : EXCLUSIVE\n"
		"State             : LOCKED\n"
		"Class             : EXPOSED\n"
		"Count             : 1\n"
		"Pending Requests  : 0\n"
		"User debug info   : configure terminal lock\n"
		"Remote ip address : %s\n"
		"Lock active time (in Sec) : %ju\n",
		line_number(owner->line), owner_name(owner),
		line_number(owner->line),
		owner->from[0] == '\0' ? "Unknown" : owner->from,
		(uintmax_t)((loop_now() - m->lock_ms) / 1000));
	return CMD_DONE;
}

static const struct command show_lock = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show configuration lock",
	.help = "show           Show running system information\n"
		"configuration  Contents of Non-Volatile memory\n"
		"lock           Lock information\n",
	.flags = CMD_PIPE,
	.exec = exec_show_lock,
	.sample = "show configuration lock",
};

static const struct command *const commands[] = { &show_lock };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_confmgmt = { .commands = &list };
