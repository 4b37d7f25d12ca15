/* monitor event-trace gdoi, show monitor event-trace gdoi (ios-cli.md 14). */
#include "cli/cfg.h"
#include "cli/json.h"
#include "router/debug.h"

#include <stdio.h>
#include <time.h>

#define KINDS "{coop|infra|registration|rekey}"
#define HELP_TRACE                                                             \
	"monitor  Monitoring different system events\n"                        \
	"event-trace  Tracing of system events\n"                              \
	"gdoi  GDOI event traces\ngkm  GDOI event traces\n"                    \
	"coop  GDOI COOP event traces\ninfra  GDOI infra event traces\n"       \
	"registration  GDOI registration event traces\n"                       \
	"rekey  GDOI rekey event traces\n"

static const char *const kind_word[EVTRACE_N] = { "coop", "infra",
	"registration", "rekey" };

static enum evtrace_kind kind_given(const struct derivation *d)
{
	size_t k = 0;

	while (k + 1 < EVTRACE_N && !drv_has(d, kind_word[k]))
		k++;
	return (enum evtrace_kind)k;
}

static struct debugger *debugger_of(const struct router *r)
{
	return r->box == NULL ? NULL : box_debugger(r->box);
}

/* --- exec --- */

static int exec_monitor(struct cmd_call *c)
{
	struct debugger *d = debugger_of(c->router);
	enum evtrace_kind k = kind_given(c->drv);

	if (d == NULL)
		return CMD_FAILED;
	if (drv_has(c->drv, "clear"))
		evtrace_clear(debugger_traces(d), k);
	else if (drv_has(c->drv, "one-shot"))
		evtrace_one_shot(debugger_traces(d), k);
	else
		evtrace_enable(
			debugger_traces(d), k, drv_has(c->drv, "enable"));
	debugger_traces_changed(d);
	return CMD_DONE;
}

static const struct command monitor = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "monitor event-trace {gdoi|gkm} " KINDS
		   " {clear|disable|enable|one-shot}",
	.help = HELP_TRACE "clear  Clear the trace\n"
			   "disable  Disable tracing\n"
			   "enable  Enable tracing\n"
			   "one-shot  Clear the trace, and stop when it is "
			   "full\n",
	.exec = exec_monitor,
	.sample = "monitor event-trace gdoi rekey clear\n"
		  "monitor event-trace gkm coop one-shot",
};

/* --- show --- */

struct lines {
	struct cmd_call *c;
	json_t *list; /* NULL: text */
};

static void stamp_put(uint64_t wall_ms, struct sbuf *out)
{
	time_t secs = (time_t)(wall_ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&secs, &tm);
	strftime(text, sizeof(text), "%b %e %H:%M:%S", &tm);
	sbuf_printf(out, "%s.%03u", text, (unsigned)(wall_ms % 1000));
}

/* A terminal shall not obey what a peer may have put in. */
static void clean_put(const char *text, struct sbuf *out)
{
	for (; *text != '\0'; text++)
		sbuf_addc(out, *text >= ' ' && *text < 0x7f ? *text : '?');
}

static void line_put(void *ctx, uint64_t wall_ms, const char *text)
{
	struct lines *l = ctx;
	auto_sbuf struct sbuf stamp = { 0 };
	json_t *o;

	stamp_put(wall_ms, &stamp);
	if (l->list == NULL) {
		sbuf_printf(l->c->out, "%s: ", sbuf_str(&stamp));
		clean_put(text, l->c->out);
		sbuf_addc(l->c->out, '\n');
		return;
	}
	o = ja_object(l->list);
	jo_str(o, "time", sbuf_str(&stamp));
	jo_str(o, "event", text);
}

static int parameters_show(
	struct cmd_call *c, const struct evtrace *t, enum evtrace_kind k)
{
	struct evtrace_info info;
	json_t *o;

	evtrace_info(t, k, &info);
	if (c->json) {
		o = json_object();
		jo_num(o, "entries", info.size);
		jo_num(o, "used", info.used);
		jo_num(o, "events", info.total);
		jo_bool(o, "enabled", info.enabled);
		jo_bool(o, "one_shot", info.one_shot);
		return cmd_json(c, o);
	}
	sbuf_printf(c->out,
		"Trace has %u entries, %u in use\n"
		"Trace is %s%s\n"
		"Stacktrace is disabled by default\n",
		info.size, info.used, info.enabled ? "enabled" : "disabled",
		info.one_shot ? ", one-shot" : "");
	return CMD_DONE;
}

static uint64_t back_since(const struct derivation *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec - drv_u32(d, "minutes") * 60ull) * 1000;
}

static int exec_show(struct cmd_call *c)
{
	struct debugger *d = debugger_of(c->router);
	enum evtrace_kind k = kind_given(c->drv);
	struct lines l = { .c = c };
	json_t *top;

	if (d == NULL)
		return CMD_FAILED;
	if (drv_has(c->drv, "parameters"))
		return parameters_show(c, debugger_traces(d), k);
	top = json_object();
	if (c->json)
		l.list = jo_array(top, "events");
	if (drv_has(c->drv, "latest"))
		evtrace_latest(debugger_traces(d), k, line_put, &l);
	else
		evtrace_each(debugger_traces(d), k,
			drv_has(c->drv, "back") ? back_since(c->drv) : 0,
			line_put, &l);
	cmd_json_if(c, top);
	return CMD_DONE;
}

static const struct command show = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show monitor event-trace {gdoi|gkm} " KINDS
		   " {all|back <minutes:1-99999>|latest|parameters}",
	.help = "show  Show running system information\n" HELP_TRACE
		"all  Show all the traces in current buffer\n"
		"back  Show trace from this far back in the past\n"
		"<minutes>  Minutes\n"
		"latest  Show latest trace events since last display\n"
		"parameters  Parameters of the trace\n",
	.flags = CMD_PIPE,
	.exec = exec_show,
	.sample = "show monitor event-trace gdoi rekey all\n"
		  "show monitor event-trace gkm infra back 5",
};

/* --- configuration --- */

static const struct command cfg_size = {
	.mode = MODE_CONFIG,
	.order = ORDER_ARCHIVE,
	.grammar = "monitor event-trace gdoi {!coop|!infra|!registration|"
		   "!rekey} size <entries:1-65536>",
	.help = HELP_TRACE "size  Set size of trace\n"
			   "<entries>  Number of entries in trace\n",
	.sample = "monitor event-trace gdoi rekey size 1000",
};
static const struct command cfg_enable = {
	.mode = MODE_CONFIG,
	.order = ORDER_ARCHIVE,
	.grammar = "monitor event-trace gdoi {!coop|!infra|!registration|"
		   "!rekey} {disable|enable}",
	.help = HELP_TRACE "disable  Disable tracing\nenable  Enable tracing\n",
	.sample = "monitor event-trace gdoi coop disable",
};

/* What the lines say, and for what they say nothing of, how it is anyway. */
static void settle(void *ctx, const struct tree *tree)
{
	struct router *r = ctx;
	struct node *root = tree_root(r->tree), *n;
	struct debugger *d = debugger_of(r);
	uint32_t size[EVTRACE_N];
	bool on[EVTRACE_N];

	(void)tree;
	if (d == NULL)
		return;
	for (size_t k = 0; k < EVTRACE_N; k++) {
		size[k] = EVTRACE_SIZE;
		on[k] = true;
	}
	for (n = node_child(root, &cfg_size, NULL); n != NULL;
		n = node_child(root, &cfg_size, n))
		size[kind_given(node_drv(n))] = node_u32(n, "entries");
	for (n = node_child(root, &cfg_enable, NULL); n != NULL;
		n = node_child(root, &cfg_enable, n))
		on[kind_given(node_drv(n))] = node_has(n, "enable");
	for (size_t k = 0; k < EVTRACE_N; k++) {
		evtrace_size(debugger_traces(d), (enum evtrace_kind)k, size[k]);
		evtrace_enable(debugger_traces(d), (enum evtrace_kind)k, on[k]);
	}
	debugger_traces_changed(d);
}

static void subscribe(struct router *r)
{
	static const struct command *const mine[] = { &cfg_size, &cfg_enable,
		NULL };
	struct subscriber s = { .name = "event traces",
		.commands = mine,
		.settle = settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &monitor, &show, &cfg_size,
	&cfg_enable };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_evtrace = { &commands, subscribe };
