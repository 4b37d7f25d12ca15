/* Who changed what: archive, log config (ios-cli.md 5, show-output.md 4.5).
 * Secrets are never logged, with or without `hidekeys`. */
#include "cli/cfg.h"
#include "cli/confmgmt.h"
#include "cli/json.h"
#include "cli/session_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIZE_DEFAULT 100

static const struct command log_enable = {
	.mode = MODE_ARCHIVE_LOG,
	.order = 10,
	.grammar = "logging enable",
	.help = "logging  Modify config logging parameters\n"
		"enable  Enable the config logger\n",
	.sample = "logging enable",
};

static const struct command log_size = {
	.mode = MODE_ARCHIVE_LOG,
	.order = 20,
	.grammar = "logging size <n:1-1000>",
	.deflt = "logging size 100",
	.help = "logging  Modify config logging parameters\n"
		"size  Set the size of the log\n"
		"<n>  Number of entries\n",
	.sample = "logging size 200",
};

static const struct command log_notify = {
	.mode = MODE_ARCHIVE_LOG,
	.order = 30,
	.grammar = "notify syslog [contenttype {plaintext|xml}]",
	.help = "notify  Send logged commands to target recipients\n"
		"syslog  Send logged commands to syslog\n"
		"contenttype  Set the format of the messages\n"
		"plaintext  Messages in plain text\n"
		"xml  Messages in XML\n",
	.sample = "notify syslog contenttype plaintext",
};

static const struct command log_hidekeys = {
	.mode = MODE_ARCHIVE_LOG,
	.order = 40,
	.grammar = "hidekeys",
	.help = "hidekeys  Suppress output (e.g. passwords) when displaying "
		"logged commands\n",
	.sample = "hidekeys",
};

static void entry_free(struct cfglog_entry *e)
{
	free(e->who);
	free(e->command);
}

static void trim(struct cfglog *l)
{
	while (l->n > l->size) {
		entry_free(&l->v[0]);
		memmove(l->v, l->v + 1, --l->n * sizeof(l->v[0]));
	}
}

void cfglog_settle(struct router *r)
{
	struct cfglog *l = &r->confmgmt->log;
	const struct node *archive =
		node_child(tree_root(r->tree), &cfg_archive, NULL);
	const struct node *s =
		archive == NULL ? NULL
				: node_child(archive, &cfg_archive_log, NULL);

	l->enabled = s != NULL && node_child(s, &log_enable, NULL) != NULL;
	l->notify = s != NULL && node_child(s, &log_notify, NULL) != NULL;
	l->size = s == NULL ? SIZE_DEFAULT
			    : node_u32(node_get(s, &log_size), "n");
	trim(l);
}

void cfglog_clear(struct cfglog *l)
{
	for (size_t i = 0; i < l->n; i++)
		entry_free(&l->v[i]);
	free(l->v);
	l->v = NULL;
	l->n = 0;
}

/* "ann@vty0", "console@console" */
static char *who_text(const struct session *s)
{
	struct sbuf b = { 0 };
	const char *number = strchr(s->line, ' ');

	sbuf_printf(&b, "%s@", session_who(s));
	if (strncmp(s->line, "con", 3) == 0 || number == NULL)
		sbuf_adds(&b, "console");
	else
		sbuf_printf(&b, "%.*s%s", (int)(number - s->line), s->line,
			number + 1);
	return sbuf_take(&b);
}

bool cfglog_wants(const struct session *s)
{
	const struct confmgmt *m = s->router->confmgmt;

	return m != NULL && m->log.enabled && !(s->flags & SESSION_QUIET);
}

void cfglog_add(struct session *s, size_t depth, const char *command)
{
	struct router *r = s->router;
	auto_sbuf struct sbuf text = { 0 };

	if (!cfglog_wants(s))
		return;
	struct cfglog *l = &r->confmgmt->log;

	file_url_hide(command, &text);
	sbuf_trunc(&text, strcspn(sbuf_str(&text), "\n")); /* of a banner */
	l->v = xreallocarray(l->v, l->n + 1, sizeof(l->v[0]));
	l->v[l->n++] = (struct cfglog_entry){ .index = ++l->last,
		.session = s->config_session,
		.depth = (unsigned)depth,
		.who = who_text(s),
		.command = xstrdup(sbuf_str(&text)) };
	trim(l);
	if (l->notify && r->log != NULL)
		log_msg(r->log, LOG_SEV_NOTICE, "PARSER", "CFGLOG_LOGGEDCMD",
			"User:%s  logged command:%s", session_who(s),
			sbuf_str(&text));
}

/* The commands. */

static json_t *log_json(const struct cfglog *l, unsigned first, unsigned last)
{
	json_t *top = json_object(), *list = jo_array(top, "commands");

	for (size_t i = 0; i < l->n; i++) {
		const struct cfglog_entry *e = &l->v[i];
		json_t *o;

		if (e->index < first || e->index > last)
			continue;
		o = ja_object(list);
		jo_num(o, "index", e->index);
		jo_num(o, "session", e->session);
		jo_str(o, "user", e->who);
		jo_num(o, "depth", e->depth);
		jo_str(o, "command", e->command);
	}
	return top;
}

static int exec_show_log(struct cmd_call *c)
{
	const struct cfglog *l = &c->router->confmgmt->log;
	unsigned first = 0, last = UINT32_MAX;

	if (drv_set(c->drv, "first"))
		first = last = drv_u32(c->drv, "first");
	if (drv_set(c->drv, "last"))
		last = drv_u32(c->drv, "last");
	if (c->json)
		return cmd_json(c, log_json(l, first, last));
	sbuf_adds(c->out,
		" idx   sess           user@line      Logged command\n");
	for (size_t i = 0; i < l->n; i++) {
		const struct cfglog_entry *e = &l->v[i];

		if (e->index < first || e->index > last)
			continue;
		sbuf_printf(
			c->out, "%5u %5u%23s  |", e->index, e->session, e->who);
		sbuf_pad(c->out, ' ', e->depth);
		sbuf_printf(c->out, "%s\n", e->command);
	}
	return CMD_DONE;
}

#define HELP_LOG                                                               \
	"archive  Archive functions\n"                                         \
	"log  Log of changes to the configuration\n"                           \
	"config  Log of changes to the running configuration\n"

static const struct command show_log = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show archive log config {all [contenttype plaintext]|"
		   "<first:1-2147483647> [<last:1-2147483647>]}",
	.help = "show  Show running system information\n" HELP_LOG
		"all  All entries\n"
		"contenttype  Format of the output\n"
		"plaintext  Plain text\n"
		"<first>  First entry\n"
		"<last>  Last entry\n",
	.flags = CMD_PIPE,
	.exec = exec_show_log,
	.sample = "show archive log config all\n"
		  "show archive log config 1 20",
};

static int clear_answer(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;

	(void)s;
	if (answer[0] == '\0' || strcasecmp(answer, "y") == 0)
		cfglog_clear(&r->confmgmt->log);
	return CMD_DONE;
}

static int exec_clear_log(struct cmd_call *c)
{
	if (drv_has(c->drv, "force"))
		return clear_answer(c->session, "", c->router);
	return session_ask(c->session, ASK_CONFIRM,
		"Purge all config log records [confirm]", clear_answer,
		c->router);
}

static const struct command clear_log = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear archive log config [force]",
	.help = "clear  Reset functions\n" HELP_LOG
		"force  Without a question\n",
	.exec = exec_clear_log,
	.sample = "clear archive log config\nclear archive log config force",
};

static const struct command *const list[] = { &log_enable, &log_size,
	&log_notify, &log_hidekeys, &show_log, &clear_log };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_cfglog = { .commands = &commands };
