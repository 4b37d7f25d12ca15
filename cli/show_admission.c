/* show crypto call admission statistics, show crypto isakmp diagnose error, and
 * the clear commands of both. */
#include "cli/cfg.h"
#include "cli/running.h"
#include "cli/show_json.h"

#include <stdlib.h>

static int admission_exec(struct cmd_call *c);
static int clear_admission_exec(struct cmd_call *c);
static int diagnose_exec(struct cmd_call *c);
static int clear_diagnose_exec(struct cmd_call *c);

#define ENTRIES_MAX 1000
#define HELP_ADMISSION                                                         \
	HELP_CRYPTO "call  Call Admission Control\n"                           \
		    "admission  Call Admission Control\n"                      \
		    "statistics  Call Admission Control statistics\n"
#define HELP_DIAGNOSE                                                          \
	HELP_CRYPTO "isakmp  ISAKMP information\n"                             \
		    "diagnose  Diagnose options\n"                             \
		    "error  History of errors\n"

static const struct command show_admission = {
	.mode = MODE_EXEC,
	.flags = CMD_PIPE,
	.grammar = "show crypto call admission statistics",
	.help = "show  Show running system information\n" HELP_ADMISSION,
	.exec = admission_exec,
};

static const struct command clear_admission = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto call admission statistics",
	.help = "clear  Reset functions\n" HELP_ADMISSION,
	.exec = clear_admission_exec,
};

static const struct command show_diagnose = {
	.mode = MODE_EXEC,
	.flags = CMD_PIPE,
	.grammar = "show crypto isakmp diagnose error [count]",
	.help = "show  Show running system information\n" HELP_DIAGNOSE
		"count  Counters of each error\n",
	.exec = diagnose_exec,
};

static const struct command clear_diagnose = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto isakmp diagnose error",
	.help = "clear  Reset functions\n" HELP_DIAGNOSE,
	.exec = clear_diagnose_exec,
};

#define RULE                                                                   \
	"----------------------------------------------------------"           \
	"-----------\n"

typedef unsigned long long ull;

static void requests(
	struct sbuf *out, const char *name, uint64_t all, uint64_t rejected)
{
	sbuf_printf(out,
		"%s IKE Requests: %8llu  accepted: %8llu  rejected: %8llu\n",
		name, (ull)all, (ull)(all - rejected), (ull)rejected);
}

void show_call_admission(const struct ike_stats *s, struct sbuf *out)
{
	const struct ike_admission *a = &s->admission;

	sbuf_adds(out, RULE "            Crypto Call Admission Control "
			    "Statistics\n" RULE);
	sbuf_printf(out,
		"System Resource Limit: %8u  Max IKE SAs: %5u  "
		"Max in nego: %5u\n",
		0, s->sa_limit, s->negotiation_limit);
	sbuf_printf(out,
		"Total IKE SA Count:    %8u  active:   %8u  "
		"negotiating: %5u\n",
		s->sas, s->established, s->sas - s->established);
	requests(out, "Incoming", a->in_requests, a->in_rejected);
	requests(out, "Outgoing", a->out_requests, a->out_rejected);
	sbuf_printf(out,
		"Rejected IKE Requests: %8llu  rsrc low: %8llu  "
		"Active SA limit: %llu\n"
		"%53sIn-neg SA limit: %llu\n",
		(ull)(a->in_rejected + a->out_rejected), (ull)a->resources,
		(ull)a->sa_limit, "", (ull)a->negotiation_limit);
	sbuf_printf(out,
		"IKE packets dropped at dispatch: %8llu\n"
		"First messages answered without SA: %llu\n",
		(ull)s->rate_refused, (ull)s->stateless);
}

json_t *call_admission_json(const struct ike_stats *s)
{
	const struct ike_admission *a = &s->admission;
	json_t *o = json_object();

	jo_num(o, "max_ike_sas", s->sa_limit);
	jo_num(o, "max_in_negotiation", s->negotiation_limit);
	jo_num(o, "ike_sas", s->sas);
	jo_num(o, "active", s->established);
	jo_num(o, "negotiating", s->sas - s->established);
	jo_num(o, "incoming_requests", a->in_requests);
	jo_num(o, "incoming_rejected", a->in_rejected);
	jo_num(o, "outgoing_requests", a->out_requests);
	jo_num(o, "outgoing_rejected", a->out_rejected);
	jo_num(o, "rejected_resources", a->resources);
	jo_num(o, "rejected_sa_limit", a->sa_limit);
	jo_num(o, "rejected_negotiation_limit", a->negotiation_limit);
	jo_num(o, "dropped_at_dispatch", s->rate_refused);
	jo_num(o, "answered_without_sa", s->stateless);
	return o;
}

static int admission_exec(struct cmd_call *c)
{
	struct ike_stats s = { .rx = 0 };

	if (c->router->box != NULL)
		gdoi_ike_stats(box_gdoi(c->router->box), &s);
	if (c->json)
		return cmd_json(c, call_admission_json(&s));
	show_call_admission(&s, c->out);
	return CMD_DONE;
}

static int clear_admission_exec(struct cmd_call *c)
{
	if (c->router->box != NULL)
		gdoi_admission_clear(box_gdoi(c->router->box));
	return CMD_DONE;
}

/* --- errors --- */

static void show_errors(const struct router *r, const struct ike_error *v,
	size_t n, uint64_t deleted, struct sbuf *out)
{
	struct isakmp_view view;

	isakmp_view_build(r, &view);
	sbuf_printf(out,
		"Exit Path Table - status: %s, current entry %zu, deleted "
		"%llu, max allow %u\n",
		view.config.diagnose_entries > 0 ? "enable" : "disable", n,
		(ull)deleted, view.config.diagnose_entries);
	isakmp_view_free(&view);
	for (size_t i = 0; i < n; i++) {
		char ip[IP_TEXT] = "";

		if (v[i].peer.family != 0)
			ip_text(&v[i].peer, ip);
		sbuf_printf(out, "\nError(%zu): %s\n", i + 1,
			wire_err_text(v[i].err));
		sbuf_adds(out, "  time ");
		clock_text(v[i].wall_ms / 1000, out);
		sbuf_printf(out, ", peer %s, exchange %u\n",
			ip[0] != '\0' ? ip : "-", v[i].exchange);
	}
}

void show_error_count(const struct ike_stats *s, struct sbuf *out)
{
	sbuf_printf(out, "Exit Trace counters\n%10s %10s  %s\n", "ISAKMP",
		"rekey", "Reason");
	for (unsigned e = 1; e < WIRE_N_ERRS; e++) {
		if (s->drops[e] + s->push_drops[e] > 0)
			sbuf_printf(out, "%10llu %10llu  %s\n",
				(ull)s->drops[e], (ull)s->push_drops[e],
				wire_err_text((enum wire_err)e));
	}
}

const char *json_err_name(enum wire_err e)
{
	static const char *const names[] = {
#define X(name, text, notify) #name,
		WIRE_ERRS(X)
#undef X
	};

	return names[e];
}

json_t *error_count_json(const struct ike_stats *s)
{
	json_t *top = json_object(), *list = jo_array(top, "errors");

	for (unsigned e = 1; e < WIRE_N_ERRS; e++) {
		json_t *o = ja_object(list);

		jo_str(o, "error", json_err_name((enum wire_err)e));
		jo_str(o, "reason", wire_err_text((enum wire_err)e));
		jo_num(o, "isakmp", s->drops[e]);
		jo_num(o, "rekey", s->push_drops[e]);
	}
	return top;
}

static json_t *errors_json(
	const struct ike_error *v, size_t n, uint64_t deleted)
{
	json_t *top = json_object(), *list;

	jo_num(top, "deleted", deleted);
	list = jo_array(top, "errors");
	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);

		jo_str(o, "error", json_err_name(v[i].err));
		jo_str(o, "reason", wire_err_text(v[i].err));
		jo_wall(o, "time_secs", v[i].wall_ms / 1000);
		if (v[i].peer.family != 0)
			jo_ip(o, "peer", &v[i].peer);
		jo_num(o, "exchange", v[i].exchange);
	}
	return top;
}

static int count_exec(struct cmd_call *c)
{
	struct ike_stats s = { .rx = 0 };

	if (c->router->box != NULL)
		gdoi_ike_stats(box_gdoi(c->router->box), &s);
	if (c->json)
		return cmd_json(c, error_count_json(&s));
	show_error_count(&s, c->out);
	return CMD_DONE;
}

static int diagnose_exec(struct cmd_call *c)
{
	auto_free struct ike_error *v = xcalloc(ENTRIES_MAX, sizeof(*v));
	uint64_t deleted = 0;
	size_t n = 0;

	if (drv_has(c->drv, "count"))
		return count_exec(c);
	if (c->router->box != NULL)
		n = gdoi_errors(
			box_gdoi(c->router->box), v, ENTRIES_MAX, &deleted);
	if (c->json)
		return cmd_json(c, errors_json(v, n, deleted));
	show_errors(c->router, v, n, deleted, c->out);
	return CMD_DONE;
}

static int clear_diagnose_exec(struct cmd_call *c)
{
	if (c->router->box != NULL)
		gdoi_errors_clear(box_gdoi(c->router->box));
	return CMD_DONE;
}

static const struct command *const list[] = { &show_admission, &clear_admission,
	&show_diagnose, &clear_diagnose };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_admission = { &commands, NULL };
