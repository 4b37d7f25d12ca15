/* show debugging, show crypto debug-condition, show crypto gdoi debug-condition
 * (show-output.md 3.12). */
#include "cli/cfg.h"
#include "cli/debug.h"
#include "cli/json.h"

#include <string.h>

#define HELP_SHOW "show  Show running system information\n"

static void crypto_put(const struct debugger *d, struct sbuf *out)
{
	const char *head = "Cryptographic Subsystem:\n";

	for (size_t i = 0; i < n_debug_switches; i++) {
		const struct debug_switch *s = &debug_switches[i];

		if (!debug_switch_on(d, s))
			continue;
		sbuf_printf(out, "%s  %s debugging is on\n", head, s->name);
		head = "";
	}
}

static void gdoi_put(const struct debugger *d, struct sbuf *out)
{
	const char *head = out->n > 0 ? "\nGDOI:\n" : "GDOI:\n";

	for (size_t i = DEBUG_AREA_INFRA; i < DEBUG_N_AREAS; i++) {
		enum debug_area a = (enum debug_area)i;
		uint8_t levels = debugger_levels(d, a);

		if (levels == 0)
			continue;
		sbuf_printf(
			out, "%s  %s Debug level: (", head, debug_area_name(a));
		debug_levels_text(levels, out);
		sbuf_adds(out, ")\n");
		head = "";
	}
}

static json_t *debug_json(const struct debugger *d)
{
	json_t *top = json_object(), *on = jo_array(top, "debugging");
	struct debugger_stats stats;

	for (size_t i = 0; i < n_debug_switches; i++)
		if (debug_switch_on(d, &debug_switches[i]))
			jo_str(ja_object(on), "name", debug_switches[i].name);
	for (size_t i = DEBUG_AREA_INFRA; i < DEBUG_N_AREAS; i++) {
		enum debug_area a = (enum debug_area)i;
		auto_sbuf struct sbuf levels = { 0 };
		json_t *o;

		if (debugger_levels(d, a) == 0)
			continue;
		debug_levels_text(debugger_levels(d, a), &levels);
		o = ja_object(on);
		jo_str(o, "name", debug_area_name(a));
		jo_str(o, "levels", sbuf_str(&levels));
	}
	debugger_stats(d, &stats);
	jo_num(top, "messages", stats.shown);
	jo_num(top, "filtered", stats.filtered);
	jo_num(top, "rate_limited", stats.rate_limited);
	return top;
}

/* The counts stand only where something was left out. */
static int exec_debugging(struct cmd_call *c)
{
	const struct debugger *d = debug_of(c);
	struct debugger_stats stats;
	auto_sbuf struct sbuf text = { 0 };

	if (d == NULL)
		return c->json ? cmd_json(c, json_object()) : CMD_DONE;
	if (c->json)
		return cmd_json(c, debug_json(d));
	crypto_put(d, &text);
	gdoi_put(d, &text);
	debugger_stats(d, &stats);
	if (stats.filtered + stats.rate_limited > 0 && text.n > 0)
		sbuf_printf(&text,
			"\n%ju debug messages shown, %ju held back by "
			"conditions, %ju rate-limited\n",
			(uintmax_t)stats.shown, (uintmax_t)stats.filtered,
			(uintmax_t)stats.rate_limited);
	sbuf_add(c->out, sbuf_str(&text), text.n);
	return CMD_DONE;
}

static const struct command show_debugging = {
	.mode = MODE_EXEC,
	.grammar = "show debugging",
	.help = HELP_SHOW "debugging  State of each debugging option\n",
	.flags = CMD_PIPE,
	.exec = exec_debugging,
	.sample = "show debugging",
};

static void prefix_put(const struct ip_prefix *p, struct sbuf *out)
{
	char ip[IP_TEXT];

	sbuf_adds(out, ip_text(&p->addr, ip));
	if (p->len != 32)
		sbuf_printf(out, "/%u", p->len);
}

static void condition_put(const struct debug_condition *c, struct sbuf *out)
{
	if (c->of == DEBUG_OF_PEER)
		prefix_put(&c->peer, out);
	else if (c->of == DEBUG_OF_CONN)
		sbuf_printf(out, "%u", c->conn);
	else
		sbuf_adds(out, c->name);
}

static void conditions_put(const struct debug_conditions *l, enum debug_of of,
	const char *head, struct sbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].of != of)
			continue;
		sbuf_adds(out, any ? "  " : head);
		condition_put(&l->v[i], out);
		any = true;
	}
	if (any)
		sbuf_addc(out, '\n');
}

static json_t *conditions_json(const struct debug_conditions *l)
{
	static const char *const names[] = { [DEBUG_OF_PEER] = "peers",
		[DEBUG_OF_GROUP] = "groups",
		[DEBUG_OF_PROFILE] = "profiles",
		[DEBUG_OF_CONN] = "connids" };
	json_t *top = json_object(), *of[ARRAY_LEN(names)];

	jo_bool(top, "active", l->n > 0);
	jo_bool(top, "unmatched", l->unmatched);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		of[i] = jo_array(top, names[i]);
	for (size_t i = 0; i < l->n; i++) {
		auto_sbuf struct sbuf text = { 0 };

		condition_put(&l->v[i], &text);
		ja_str(of[l->v[i].of], sbuf_str(&text));
	}
	return top;
}

static int exec_conditions(struct cmd_call *c)
{
	const struct debugger *d = debug_of(c);
	bool gdoi = drv_has(c->drv, "gdoi") || drv_has(c->drv, "gkm");
	const struct debug_conditions *l;

	if (d == NULL)
		return CMD_FAILED;
	l = debugger_conditions(d, gdoi ? DEBUG_LIST_GDOI : DEBUG_LIST_CRYPTO);
	if (c->json)
		return cmd_json(c, conditions_json(l));
	sbuf_printf(c->out, "%s conditional debug currently is turned %s\n",
		gdoi ? "GDOI" : "Crypto", l->n > 0 ? "ON" : "OFF");
	sbuf_printf(c->out, "%s debug context unmatched flag: %s\n",
		gdoi ? "GDOI" : "IKE", l->unmatched ? "ON" : "OFF");
	conditions_put(
		l, DEBUG_OF_GROUP, "\nGDOI group name filters:\n", c->out);
	conditions_put(
		l, DEBUG_OF_CONN, "\nIKE connection id filters:\n", c->out);
	conditions_put(l, DEBUG_OF_PROFILE, "\nIKE profile filters:\n", c->out);
	conditions_put(l, DEBUG_OF_PEER,
		gdoi ? "\nGDOI peer address filters:\n"
		     : "\nIKE peer IP address filters:\n",
		c->out);
	return CMD_DONE;
}

static const struct command show_condition = {
	.mode = MODE_EXEC,
	.grammar = "show crypto [{gdoi|gkm}] debug-condition",
	.help = HELP_SHOW HELP_CRYPTO HELP_GDOI
	"debug-condition  Conditions of debugging\n",
	.flags = CMD_PIPE,
	.exec = exec_conditions,
	.sample = "show crypto debug-condition\n"
		  "show crypto gdoi debug-condition",
};

static const struct command *const list[] = { &show_debugging,
	&show_condition };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_debug = { .commands = &commands };
