/* A change that has to be confirmed: configure confirm, configure revert, and
 * the timer that takes it back (clients.md 1.3).  It outlives the session; the
 * configuration from before is kept in memory, for a restart loads the
 * startup-config anyway. */
#include "cli/confmgmt.h"
#include "cli/json.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FACILITY   "ARCHIVE_DIFF"
#define MINUTE_MS  60000ull
#define NO_PENDING "%No Rollback Confirmed Change pending\n"

static struct log *log_of(const struct confmgmt *m)
{
	return m->router->log;
}

void rollback_forget(struct confmgmt *m)
{
	struct rollback *b = &m->rollback;

	confmgmt_cancel(m, &b->timer);
	confmgmt_cancel(m, &b->warning);
	if (b->config != NULL)
		mem_wipe(b->config, strlen(b->config));
	free(b->config);
	free(b->name);
	b->config = b->name = NULL;
}

static void timers_set(struct confmgmt *m)
{
	struct rollback *b = &m->rollback;

	confmgmt_timer(m, &b->timer, b->minutes * MINUTE_MS);
	if (b->minutes > 1)
		confmgmt_timer(m, &b->warning, (b->minutes - 1) * MINUTE_MS);
	else
		confmgmt_cancel(m, &b->warning);
}

static const char *who(const struct rollback *b)
{
	return b->by[0] == '\0' ? "console" : b->by;
}

static void schedule(struct confmgmt *m, const struct session *s,
	unsigned minutes, bool idle)
{
	struct rollback *b = &m->rollback;

	b->minutes = minutes;
	b->idle = idle;
	b->set_wall = (uint64_t)time(NULL);
	strlcpy(b->by, session_user(s), sizeof(b->by));
	timers_set(m);
	if (idle)
		log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY,
			"ROLLBK_CNFMD_CHG_START_IDLETIMER",
			"User: %s: Scheduled to rollback to config %s if "
			"session has been idle for %u minutes",
			who(b), b->name, minutes);
	else
		log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY,
			"ROLLBK_CNFMD_CHG_START_ABSTIMER",
			"User: %s: Scheduled to rollback to config %s in %u "
			"minutes",
			who(b), b->name, minutes);
}

bool rollback_start(
	struct session *s, unsigned minutes, bool idle, struct sbuf *out)
{
	struct router *r = session_router(s);
	struct confmgmt *m = r->confmgmt;
	struct rollback *b = &m->rollback;
	struct sbuf text = { 0 }, name = { 0 };

	if (b->config != NULL) {
		sbuf_adds(out, "%A Rollback Confirmed Change is pending: "
			       "confirm or revert it first\n");
		return false;
	}
	running_text(r, false, &text);
	if (archive_save(m, &name) != 0)
		sbuf_adds(&name, "system:running-config");
	b->config = sbuf_take(&text);
	b->name = sbuf_take(&name);
	sbuf_printf(out,
		"Rollback Confirmed Change: Backing up current running config "
		"to %s\n\n",
		b->name);
	log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY, "ROLLBK_CNFMD_CHG_BACKUP",
		"Backing up current running config to %s", b->name);
	schedule(m, s, minutes, idle);
	return true;
}

/* Takes the change back. */
static int revert(struct confmgmt *m, struct sbuf *out)
{
	struct rollback *b = &m->rollback;

	log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY,
		"ROLLBK_CNFMD_CHG_ROLLBACK_START", "Start rolling to: %s",
		b->name);
	int result = config_replace(m->router, b->config, false, b->by, out);

	if (result != CMD_DONE)
		log_msg(log_of(m), LOG_SEV_ERR, FACILITY,
			"ROLLBK_CNFMD_CHG_ROLLBACK_FAILED",
			"Could not roll back to: %s", b->name);
	rollback_forget(m);
	return result;
}

static void on_timer(void *arg)
{
	auto_sbuf struct sbuf out = { 0 };

	revert(arg, &out);
}

static void on_warning(void *arg)
{
	struct confmgmt *m = arg;

	log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY,
		m->rollback.idle ? "ROLLBK_CNFMD_CHG_WARNING_IDLETIMER"
				 : "ROLLBK_CNFMD_CHG_WARNING_ABSTIMER",
		"System will rollback to config %s in one minute. Enter "
		"\"configure confirm\" if you wish to keep what you've "
		"configured",
		m->rollback.name);
}

void rollback_init(struct confmgmt *m)
{
	timer_init(&m->rollback.timer, on_timer, m);
	timer_init(&m->rollback.warning, on_warning, m);
}

void rollback_touch(struct router *r)
{
	struct confmgmt *m = r->confmgmt;

	if (m != NULL && m->rollback.config != NULL && m->rollback.idle)
		timers_set(m);
}

/* The commands. */

static int no_pending(struct cmd_call *c)
{
	sbuf_adds(c->out, NO_PENDING);
	return CMD_FAILED;
}

static int exec_confirm(struct cmd_call *c)
{
	struct confmgmt *m = c->router->confmgmt;

	if (m->rollback.config == NULL)
		return no_pending(c);
	log_msg(log_of(m), LOG_SEV_NOTICE, FACILITY, "ROLLBK_CNFMD_CHG_CONFIRM",
		"User: %s: Confirm the configuration change",
		session_who(c->session));
	rollback_forget(m);
	return CMD_DONE;
}

static const struct command configure_confirm = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "configure confirm",
	.help = "configure  Enter configuration mode\n"
		"confirm  Confirm replacement of running-config with a new "
		"config file\n",
	.exec = exec_confirm,
	.sample = "configure confirm",
};

static int exec_revert(struct cmd_call *c)
{
	struct confmgmt *m = c->router->confmgmt;

	if (m->rollback.config == NULL)
		return no_pending(c);
	if (!drv_has(c->drv, "now")) {
		bool idle =
			drv_has(c->drv, "idle") || drv_has(c->drv, "idle#2");

		schedule(m, c->session,
			drv_u32(c->drv, drv_set(c->drv, "minutes") ? "minutes"
								   : "idle"),
			idle);
		return CMD_DONE;
	}
	return config_lock_permits(c->router, c->session, c->out)
		       ? revert(m, c->out)
		       : CMD_FAILED;
}

static const struct command configure_revert = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "configure revert {now|timer [idle] <minutes:1-120>|"
		   "idle <idle:1-120>}",
	.help = "configure  Enter configuration mode\n"
		"revert  Parameters for reverting the configuration\n"
		"now  Cancel the timer and revert configuration immediately\n"
		"timer  Reset the timer for reverting the configuration\n"
		"idle  Revert when the session is idle\n"
		"<minutes>  Time in minutes\n"
		"idle#2  Revert when the session is idle\n"
		"<idle>  Time in minutes\n",
	.exec = exec_revert,
	.sample = "configure revert now\nconfigure revert timer 5\n"
		  "configure revert timer idle 5\nconfigure revert idle 5",
};

static json_t *timer_json(const struct rollback *b)
{
	json_t *o = json_object();

	jo_bool(o, "pending", b->config != NULL);
	if (b->config != NULL) {
		jo_wall(o, "configured_time_secs", b->set_wall);
		jo_str(o, "type", b->idle ? "idle" : "absolute");
		jo_num(o, "timer_secs", 60ull * b->minutes);
		jo_str(o, "user", who(b));
	}
	return o;
}

static int exec_show_timer(struct cmd_call *c)
{
	const struct rollback *b = &c->router->confmgmt->rollback;

	if (c->json)
		return cmd_json(c, timer_json(b));
	if (b->config == NULL) {
		sbuf_adds(c->out, NO_PENDING);
		return CMD_DONE;
	}
	sbuf_adds(c->out, " Time configured(or reconfigured): ");
	clock_text(b->set_wall, c->out);
	sbuf_printf(c->out,
		"\n Timer type: %s timer\n Timer value: %u min\n User: %s\n",
		b->idle ? "idle" : "absolute", b->minutes, who(b));
	return CMD_DONE;
}

static const struct command show_timer = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show archive config rollback timer",
	.help = "show  Show running system information\n"
		"archive  Archive functions\n"
		"config  Archived configurations\n"
		"rollback  Rollback information\n"
		"timer  Display the rollback timer\n",
	.flags = CMD_PIPE,
	.exec = exec_show_timer,
	.sample = "show archive config rollback timer",
};

static const struct command *const list[] = { &configure_confirm,
	&configure_revert, &show_timer };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_revert = { .commands = &commands };
