/* Anti-replay as show tells it: show crypto gdoi {ks|gm} replay (show-output.md
 * 1.7, 1.17), methods and windows elsewhere; clear crypto gdoi replay counter.
 */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/running.h"
#include "cli/show_json.h"

#include <stdio.h>

static int clear_exec(struct cmd_call *c);

static const struct command clear_replay = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto {gdoi|gkm} [group <group:word>] replay "
		   "counter",
	.help = "clear  Reset functions\n" HELP_CRYPTO HELP_GDOI
		"group  Clear one group\n<group>  Group name\n"
		"replay  Anti-replay\ncounter  Its statistics\n",
	.exec = clear_exec,
};

const char *show_replay_method(enum replay_method m)
{
	switch (m) {
	case REPLAY_TIME:
		return "Time Based";
	case REPLAY_NONE:
		return "Disabled";
	default:
		return "Count Based";
	}
}

const char *show_replay_window(enum replay_method m, uint32_t window,
	const char *secs, char buf[WINDOW_TEXT])
{
	if (m != REPLAY_TIME)
		snprintf(buf, WINDOW_TEXT, "%u", window);
	else if (window % 1000 == 0)
		snprintf(buf, WINDOW_TEXT, "%u%s", window / 1000, secs);
	else
		snprintf(buf, WINDOW_TEXT, "%u msec", window);
	return buf;
}

const char *show_d3p(const struct ks_snapshot *k, char buf[WINDOW_TEXT])
{
	uint32_t ms = k->policy.n_sas > 0 ? k->policy.sa[0].d3p_ms : 0;

	return ms == 0 ? "Disabled"
		       : show_replay_window(REPLAY_TIME, ms, " sec", buf);
}

/* "90412.66 secs" */
static void secs_put(uint64_t ms, struct sbuf *out)
{
	sbuf_printf(out, "%llu.%02llu secs", (unsigned long long)ms / 1000,
		(unsigned long long)ms % 1000 / 10);
}

static void head(const char *group, bool enabled, struct sbuf *out)
{
	sbuf_printf(out,
		"Anti-replay Information For Group %s:\n"
		"  Timebased Replay:\n%s",
		group, enabled ? "" : "         is not enabled\n");
}

void show_gdoi_ks_replay(
	const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		head(v[i].policy.group, v[i].time_based, out);
		if (!v[i].time_based)
			continue;
		sbuf_printf(out, "    %-25s: ", "Replay Value");
		secs_put(v[i].time_ms, out);
		sbuf_printf(out, "\n    %-25s: %u secs\n",
			"Remaining sync time", v[i].time_sync_secs);
	}
}

static void errors(const struct gm_snapshot *g, struct sbuf *out)
{
	sbuf_adds(out, "\nTBAR Error History (sampled at 10pak/min):\n");
	if (g->n_replay_errors == 0)
		sbuf_adds(out, "    No TBAR errors detected\n");
	for (size_t i = 0; i < g->n_replay_errors; i++) {
		const struct gm_replay_error *e = &g->replay_error[i];
		struct ip_addr src = ip_v4(e->f.src), dst = ip_v4(e->f.dst);
		char a[IP_TEXT], b[IP_TEXT];

		sbuf_adds(out, "    ");
		clock_text(e->wall_ms / 1000, out);
		sbuf_printf(out, " src %s dst %s my_pst ", ip_text(&src, a),
			ip_text(&dst, b));
		secs_put(e->f.my_ms, out);
		sbuf_adds(out, " peer_pst ");
		secs_put(e->f.peer_ms, out);
		sbuf_addc(out, '\n');
	}
}

static void member(const struct gm_snapshot *g, struct sbuf *out)
{
	sbuf_adds(out, "    Replay Value : ");
	secs_put(g->time.pseudo_ms, out);
	sbuf_printf(out,
		"\n    Input Packets : %llu Output Packets : %llu\n"
		"    Input Error Packets : %llu Output Error Packets : 0\n"
		"    Time Sync Error : %llu Max time delta : ",
		(unsigned long long)g->time.in,
		(unsigned long long)g->time.out,
		(unsigned long long)g->time.in_errors,
		(unsigned long long)g->time_sync_errors);
	secs_put(g->time.max_delta_ms, out);
	sbuf_addc(out, '\n');
	errors(g, out);
}

void show_gdoi_gm_replay(
	const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		run = show_gm_run(v + i, n - i);
		head(v[i].policy.group, v[i].time_based, out);
		for (size_t k = i; k < i + run; k++)
			if (v[k].time_based)
				member(&v[k], out);
	}
}

/* --- JSON --- */

static const char *method_json(enum replay_method m)
{
	switch (m) {
	case REPLAY_TIME:
		return "time";
	case REPLAY_NONE:
		return "none";
	default:
		return "counter";
	}
}

void jo_replay(json_t *o, enum replay_method m, uint32_t window)
{
	jo_str(o, "replay_method", method_json(m));
	jo_num(o, "replay_window",
		m == REPLAY_NONE   ? 0
		: m == REPLAY_TIME ? window / 1000
				   : window);
	if (m == REPLAY_TIME)
		jo_num(o, "replay_window_ms", window);
}

json_t *ks_replay_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);

		jo_str(o, "group", v[i].policy.group);
		jo_str(o, "role", "key_server");
		jo_set(o, "identity", group_id_json(&v[i].policy.id));
		jo_bool(o, "time_based", v[i].time_based);
		if (!v[i].time_based)
			continue;
		jo_num(o, "replay_value_ms", v[i].time_ms);
		jo_num(o, "sync_in_secs", v[i].time_sync_secs);
	}
	return top;
}

static void errors_json(const struct gm_snapshot *g, json_t *list)
{
	for (size_t i = 0; i < g->n_replay_errors; i++) {
		const struct gm_replay_error *e = &g->replay_error[i];
		struct ip_addr src = ip_v4(e->f.src), dst = ip_v4(e->f.dst);
		json_t *o = ja_object(list);

		jo_wall(o, "time", e->wall_ms / 1000);
		jo_ip(o, "source", &src);
		jo_ip(o, "destination", &dst);
		jo_spi(o, "spi", e->f.spi);
		jo_num(o, "sequence", e->f.sequence);
		jo_num(o, "my_ms", e->f.my_ms);
		jo_num(o, "peer_ms", e->f.peer_ms);
		jo_num(o, "window_ms", e->f.window_ms);
	}
}

json_t *gm_replay_json(const struct gm_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		const struct gm_snapshot *g = &v[i];
		json_t *o = ja_object(list);

		jo_str(o, "group", g->policy.group);
		jo_str(o, "role", "group_member");
		jo_set(o, "identity", group_id_json(&g->policy.id));
		jo_str(o, "interface", g->policy.ifname);
		jo_bool(o, "time_based", g->time_based);
		jo_num(o, "d3p_window_ms", 2 * g->d3p_window_ms);
		if (g->time_based)
			jo_num(o, "replay_value_ms", g->time.pseudo_ms);
		jo_num(o, "input_packets", g->time.in);
		jo_num(o, "output_packets", g->time.out);
		jo_num(o, "input_errors", g->time.in_errors);
		jo_num(o, "time_sync_errors", g->time_sync_errors);
		jo_num(o, "max_time_delta_ms", g->time.max_delta_ms);
		errors_json(g, jo_array(o, "errors"));
	}
	return top;
}

/* --- clear --- */

static int clear_exec(struct cmd_call *c)
{
	const char *group = drv_str(c->drv, "group");
	auto_sbuf struct sbuf why = { 0 };

	if (c->router->box == NULL)
		return CMD_FAILED;
	if (gdoi_replay_clear(box_gdoi(c->router->box), group, &why))
		return CMD_DONE;
	sbuf_printf(c->out, "%% %s\n", sbuf_str(&why));
	return CMD_FAILED;
}

static const struct command *const list[] = { &clear_replay };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_gdoi_replay = { &commands, NULL };
