/* show crypto pki timers: what certificates, requests and what revokes them
 * wait for. */
#include "cli/json.h"
#include "cli/pki_renew.h"
#include "cli/pki_scep.h"
#include "router/revoke.h"

#include <time.h>

static int timers_exec(struct cmd_call *c);

static const struct command show_timers = {
	.mode = MODE_EXEC,
	.grammar = "show crypto pki~ca timers [detail]",
	.help = "show  Show running system information\n" HELP_PKI
		"timers  Show PKI Timers\n"
		"detail  With what they are for\n",
	.flags = CMD_PIPE,
	.exec = timers_exec,
};

struct line {
	const char *text, *json; /* what for */
	const char *trustpoint;  /* NULL: of them all */
	uint64_t secs;           /* 0: it does not run */
};
typedef void line_fn(const struct line *l, void *ctx);

static uint64_t until(time_t at, time_t now)
{
	return at == 0 ? 0 : at > now ? (uint64_t)(at - now) : 1;
}

static uint64_t until_ms(uint64_t at)
{
	uint64_t now = loop_now();

	return at == 0 ? 0 : at > now ? (at - now + 999) / 1000 : 1;
}

static void pass(line_fn *fn, void *ctx, struct line l)
{
	if (l.secs != 0)
		fn(&l, ctx);
}

static void each_fetch(const struct router *r, line_fn *fn, void *ctx)
{
	const struct revoke *v = r->box != NULL ? box_revoke(r->box) : NULL;
	struct revoke_view i;

	for (size_t k = 0; v != NULL && revoke_at(v, k, &i); k++) {
		bool crl = i.method == REVOCATION_CRL;

		pass(fn, ctx,
			(struct line){ crl ? "CRL UPDATE" : "OCSP EXPIRE",
				crl ? "crl update" : "ocsp answer expiry",
				i.trustpoint, until_ms(i.refresh_at) });
	}
}

static void each_timer(struct router *r, line_fn *fn, void *ctx)
{
	struct node *root = tree_root(r->tree);
	time_t now = time(NULL);

	pass(fn, ctx,
		(struct line){ "CERT EXPIRY ALERT", "certificate expiry alert",
			NULL, until(pki_alerts_at(r), now) });
	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL && r->pki != NULL;
		n = node_child(root, &cfg_trustpoint, n)) {
		const char *name = node_str(n, "name");

		pass(fn, ctx,
			(struct line){ "RENEW", "renewal", name,
				until(pki_renew_at(r, name), now) });
		pass(fn, ctx,
			(struct line){ "POLL", "polling", name,
				pki_scep_next(r, name) });
	}
	each_fetch(r, fn, ctx);
}

struct earliest {
	uint64_t secs;
};

static void find_earliest(const struct line *l, void *ctx)
{
	struct earliest *e = ctx;

	if (e->secs == 0 || l->secs < e->secs)
		e->secs = l->secs;
}

static void add_secs(struct sbuf *out, uint64_t secs)
{
	sbuf_printf(out, "| %10llud%02llu:%02llu:%02llu",
		(unsigned long long)secs / 86400,
		(unsigned long long)secs / 3600 % 24,
		(unsigned long long)secs / 60 % 60,
		(unsigned long long)secs % 60);
}

static void line_text(const struct line *l, void *ctx)
{
	struct sbuf *out = ctx;

	add_secs(out, l->secs);
	sbuf_printf(out, "  %s%s%s\n", l->text,
		l->trustpoint != NULL ? " " : "",
		l->trustpoint != NULL ? l->trustpoint : "");
}

static void line_json(const struct line *l, void *ctx)
{
	json_t *o = ja_object(ctx);

	jo_str(o, "name", l->json);
	jo_str(o, "trustpoint", l->trustpoint);
	jo_num(o, "remaining_secs", l->secs);
}

static int timers_exec(struct cmd_call *c)
{
	struct earliest e = { 0 };

	if (c->json) {
		json_t *top = json_object();

		each_timer(c->router, line_json, jo_array(top, "timers"));
		return cmd_json(c, top);
	}
	sbuf_adds(c->out, "PKI Timers\n");
	each_timer(c->router, find_earliest, &e);
	if (e.secs == 0)
		return CMD_DONE;
	add_secs(c->out, e.secs);
	sbuf_addc(c->out, '\n');
	each_timer(c->router, line_text, c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_timers };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_pki_timers = { &commands, NULL };
