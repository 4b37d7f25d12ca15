/* show crypto gdoi error: what was dropped of registrations, rekeys and their
 * acknowledgements, by reason; one table for key server and member. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "gdoi/exchange.h"

static int show_exec(struct cmd_call *c);
static int clear_exec(struct cmd_call *c);

#define HELP_ERROR                                                             \
	HELP_CRYPTO HELP_GDOI "error  Counters of messages dropped, by reason\n"

static const struct command show_error = {
	.mode = MODE_EXEC,
	.flags = CMD_PIPE,
	.grammar = "show crypto {gdoi|gkm} error",
	.help = "show  Show running system information\n" HELP_ERROR,
	.exec = show_exec,
};

static const struct command clear_error = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto {gdoi|gkm} error",
	.help = "clear  Reset functions\n" HELP_ERROR,
	.exec = clear_exec,
};

void show_gdoi_error(const struct ike_stats *s, struct sbuf *out)
{
	sbuf_printf(out, "GDOI messages dropped\n%12s %10s %10s  %s\n",
		"Registration", "Rekey", "Rekey ACK", "Reason");
	for (unsigned e = 1; e < WIRE_N_ERRS; e++)
		if (s->pull_drops[e] + s->push_drops[e] > 0)
			sbuf_printf(out, "%12llu %10llu %10llu  %s\n",
				(unsigned long long)s->pull_drops[e],
				(unsigned long long)(s->push_drops[e] -
						     s->ack_drops[e]),
				(unsigned long long)s->ack_drops[e],
				wire_err_text((enum wire_err)e));
}

json_t *gdoi_error_json(const struct ike_stats *s)
{
	json_t *top = json_object(), *list = jo_array(top, "errors");

	for (unsigned e = 1; e < WIRE_N_ERRS; e++) {
		json_t *o = ja_object(list);

		jo_str(o, "error", json_err_name((enum wire_err)e));
		jo_str(o, "reason", wire_err_text((enum wire_err)e));
		jo_num(o, "registration", s->pull_drops[e]);
		jo_num(o, "rekey", s->push_drops[e] - s->ack_drops[e]);
		jo_num(o, "rekey_ack", s->ack_drops[e]);
	}
	return top;
}

static int show_exec(struct cmd_call *c)
{
	struct ike_stats s = { .rx = 0 };

	if (c->router->box != NULL)
		gdoi_ike_stats(box_gdoi(c->router->box), &s);
	if (c->json)
		return cmd_json(c, gdoi_error_json(&s));
	show_gdoi_error(&s, c->out);
	return CMD_DONE;
}

static int clear_exec(struct cmd_call *c)
{
	if (c->router->box != NULL)
		gdoi_drops_clear(box_gdoi(c->router->box));
	return CMD_DONE;
}

static const struct command *const list[] = { &show_error, &clear_error };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_gdoi_error = { &commands, NULL };
