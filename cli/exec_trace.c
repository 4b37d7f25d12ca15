/* traceroute, with its options on the line or asked for (ios-cli.md 4,
 * show-output.md 3.10).  The probes are the box's; hops appear as they answer.
 */
#include "cli/exec_net.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int trace_exec(struct cmd_call *c);

static const struct command traceroute = {
	.mode = MODE_EXEC,
	.grammar = "traceroute [vrf <vrf:name>] [ip|ipv6] [<host:word> {"
		   "source {<src:ip4>|<src6:ip6>|<srcif:ifname>}|numeric|"
		   "probe <probe:1-65535>|timeout <timeout:0-3600>|"
		   "ttl <min:1-255> <max:1-255>|port <port:1-65535>}*]",
	.help = "traceroute  Trace route to destination\n"
		"vrf  Select VPN routing instance\n<vrf>  VRF name\n"
		"ip  IP Trace\nipv6  IPv6 Trace\n"
		"<host>  Trace route to destination address or hostname\n"
		"source  specify source address or name\n"
		"<src>  Source address\n<src6>  Source address\n"
		"<srcif>  Source interface\n"
		"numeric  display numeric address\n"
		"probe  specify number of probes per hop\n"
		"<probe>  Number of probes per hop\n"
		"timeout  specify time out\n<timeout>  Timeout in seconds\n"
		"ttl  specify minimum and maximum ttl\n"
		"<min>  Minimum TTL\n<max>  Maximum TTL\n"
		"port  specify port number\n<port>  Port number\n",
	.exec = trace_exec,
	.sample = "traceroute 10.64.2.1 source Loopback0 numeric\n"
		  "traceroute vrf RED ipv6 2001:DB8::1 ttl 1 5 probe 1",
};

struct tracing {
	struct net_target target;
	struct net_source source;
	struct trace_opts opts;
	struct trace *trace;
	bool numeric;
	struct ip_addr hop; /* printed last on this line */
	size_t field;       /* of the dialogue */
};

static void say_hop(
	struct tracing *t, const struct ip_addr *a, struct sbuf *out)
{
	const char *name = t->numeric ? NULL : host_name(t->target.router, a);
	char text[IP_TEXT];

	if (name != NULL)
		sbuf_printf(out, "%s (%s) ", name, ip_text(a, text));
	else
		sbuf_printf(out, "%s ", ip_text(a, text));
}

/* "  1 203.0.113.6 1 msec 1 msec 0 msec"; who else answers begins a line. */
static void on_result(void *ctx, const struct trace_result *r)
{
	struct tracing *t = ctx;
	auto_sbuf struct sbuf out = { 0 };

	if (r->probe == 0) {
		sbuf_printf(&out, "%3u ", r->ttl);
		t->hop = (struct ip_addr){ 0 };
	}
	if (r->answered && !ip_equal(&r->from, &t->hop)) {
		if (ip_is_set(&t->hop))
			sbuf_adds(&out, "\n    ");
		t->hop = r->from;
		say_hop(t, &r->from, &out);
	}
	if (!r->answered)
		sbuf_adds(&out, r->probe == 0 ? " *  " : "*  ");
	else if (r->note != 0)
		sbuf_printf(&out, "!%c ", r->note);
	else
		sbuf_printf(&out, "%u msec ", r->rtt_ms);
	if (r->probe + 1 == t->opts.probes) {
		while (out.n > 0 && out.s[out.n - 1] == ' ')
			sbuf_trunc(&out, out.n - 1);
		sbuf_addc(&out, '\n');
	}
	net_say_buf(t->target.session, &out);
}

static void on_done(void *ctx)
{
	struct tracing *t = ctx;
	struct session *s = t->target.session;

	free(t);
	session_done(s, CMD_DONE);
}

static void on_break(void *ctx)
{
	struct tracing *t = ctx;
	struct session *s = t->target.session;

	net_target_cancel(&t->target);
	if (t->trace != NULL) {
		trace_cancel(t->trace);
		net_say(s, "\n");
	}
	free(t);
	session_done(s, CMD_FAILED);
}

static void head(struct tracing *t)
{
	auto_sbuf struct sbuf out = { 0 };

	sbuf_adds(&out, "Type escape sequence to abort.\n"
			"Tracing the route to ");
	say_hop(t, &t->opts.dst, &out);
	sbuf_trunc(&out, out.n - 1);
	sbuf_adds(&out, "\nVRF info: (vrf in name/id, vrf out name/id)\n");
	net_say_buf(t->target.session, &out);
}

/* The target has an address.  Takes ctx. */
static int trace_go(void *ctx)
{
	struct tracing *t = ctx;
	struct router *r = t->target.router;
	struct session *s = t->target.session;
	auto_sbuf struct sbuf why = { 0 }, text = { 0 };

	t->opts.dst = t->target.addr;
	if (!net_source_find(r, &t->source, &t->opts.dst, &t->opts.src,
		    t->opts.dev, &text)) {
		net_say_buf(s, &text);
		free(t);
		return CMD_FAILED;
	}
	head(t);
	t->trace = box_trace(r->box, &t->opts, on_result, on_done, t, &why);
	if (t->trace != NULL)
		return CMD_PENDING;
	sbuf_printf(&text, "%% %s\n", sbuf_str(&why));
	net_say_buf(s, &text);
	free(t);
	return CMD_FAILED;
}

/* --- the dialogue of a bare `traceroute` --- */

static bool read_protocol(struct tracing *t, const char *text)
{
	if (strcasecmp(text, "ipv6") == 0)
		t->target.family = 6;
	return text[0] == '\0' || strcasecmp(text, "ip") == 0 ||
	       strcasecmp(text, "ipv6") == 0;
}

static bool read_target(struct tracing *t, const char *text)
{
	strlcpy(t->target.host, text, sizeof(t->target.host));
	return text[0] != '\0';
}

static bool read_source(struct tracing *t, const char *text)
{
	return net_source_read(text, &t->source);
}

static bool read_numeric(struct tracing *t, const char *text)
{
	t->numeric = net_is_yes(text);
	return true;
}

static bool read_timeout(struct tracing *t, const char *text)
{
	unsigned secs = t->opts.timeout_ms / 1000;

	if (!net_number_read(text, 0, 3600, &secs))
		return false;
	t->opts.timeout_ms = secs * 1000;
	return true;
}

static bool read_probes(struct tracing *t, const char *text)
{
	return net_number_read(text, 1, UINT16_MAX, &t->opts.probes);
}

static bool read_min(struct tracing *t, const char *text)
{
	return net_number_read(text, 1, 255, &t->opts.min_ttl);
}

static bool read_max(struct tracing *t, const char *text)
{
	return net_number_read(text, t->opts.min_ttl, 255, &t->opts.max_ttl);
}

static bool read_port(struct tracing *t, const char *text)
{
	unsigned v = t->opts.port;

	if (!net_number_read(text, 1, UINT16_MAX, &v))
		return false;
	t->opts.port = (uint16_t)v;
	return true;
}

static bool read_options(struct tracing *t, const char *text)
{
	(void)t;
	return text[0] == '\0' || strcasecmp(text, "none") == 0;
}

static const struct {
	const char *question;
	bool (*read)(struct tracing *t, const char *text);
} fields[] = {
	{ "Protocol [ip]: ", read_protocol },
	{ "Target IP address: ", read_target },
	{ "Source address: ", read_source },
	{ "Numeric display [n]: ", read_numeric },
	{ "Timeout in seconds [3]: ", read_timeout },
	{ "Probe count [3]: ", read_probes },
	{ "Minimum Time to Live [1]: ", read_min },
	{ "Maximum Time to Live [30]: ", read_max },
	{ "Port Number [33434]: ", read_port },
	{ "Loose, Strict, Record, Timestamp, Verbose[none]: ", read_options },
};

static int field_answered(struct session *s, const char *answer, void *ctx)
{
	struct tracing *t = ctx;

	if (!fields[t->field].read(t, answer)) {
		net_say(s, t->field == 1 ? "% Bad IP address\n"
					 : "% Invalid answer\n");
		free(t);
		return CMD_FAILED;
	}
	if (++t->field == ARRAY_LEN(fields))
		return net_target_find(&t->target);
	return session_ask(
		s, ASK_LINE, fields[t->field].question, field_answered, t);
}

/* --- the command --- */

static void options_read(const struct derivation *d, struct tracing *t)
{
	struct trace_opts *o = &t->opts;
	const char *srcif = drv_str(d, "srcif");

	if (drv_set(d, "probe"))
		o->probes = drv_u32(d, "probe");
	if (drv_set(d, "timeout"))
		o->timeout_ms = drv_u32(d, "timeout") * 1000;
	if (drv_set(d, "min")) {
		o->min_ttl = drv_u32(d, "min");
		o->max_ttl = drv_u32(d, "max");
	}
	if (drv_set(d, "port"))
		o->port = (uint16_t)drv_u32(d, "port");
	t->numeric = drv_has(d, "numeric");
	t->target.family = drv_has(d, "ipv6") ? 6 : drv_has(d, "ip") ? 4 : 0;
	t->source.addr =
		drv_set(d, "src6") ? drv_ip(d, "src6") : drv_ip(d, "src");
	if (srcif != NULL)
		strlcpy(t->source.ifname, srcif, sizeof(t->source.ifname));
}

static int trace_exec(struct cmd_call *c)
{
	const char *host = drv_str(c->drv, "host");
	auto_sbuf struct sbuf text = { 0 };
	struct tracing *t;

	if (c->router->box == NULL)
		return CMD_FAILED;
	t = xcalloc(1, sizeof(*t));
	t->target = (struct net_target){ .router = c->router,
		.session = c->session,
		.go = trace_go,
		.drop = free,
		.ctx = t };
	t->opts = (struct trace_opts){ .min_ttl = 1,
		.max_ttl = 30,
		.probes = 3,
		.timeout_ms = 3000,
		.port = 33434 };
	options_read(c->drv, t);
	if (t->opts.min_ttl > t->opts.max_ttl) {
		sbuf_adds(c->out, "% Minimum TTL is above the maximum\n");
		free(t);
		return CMD_FAILED;
	}
	if (!net_vrf_find(
		    c->router, drv_str(c->drv, "vrf"), t->opts.dev, c->out)) {
		free(t);
		return CMD_FAILED;
	}
	session_on_break(c->session, on_break, t);
	if (host == NULL)
		return session_ask(c->session, ASK_LINE, fields[0].question,
			field_answered, t);
	strlcpy(t->target.host, host, sizeof(t->target.host));
	return net_target_find(&t->target);
}

static const struct command *const list[] = { &traceroute };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_trace = { &commands, NULL };
