/* ping, with its options on the line or asked for (ios-cli.md 4, show-output.md
 * 3.10).  The packets are the box's; marks appear as they arrive. */
#include "cli/exec_net.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int ping_exec(struct cmd_call *c);

static const struct command ping = {
	.mode = MODE_EXEC,
	.grammar = "ping [vrf <vrf:name>] [ip|ipv6] [<host:word> {"
		   "source {<src:ip4>|<src6:ip6>|<srcif:ifname>}|"
		   "repeat <repeat:1-2147483647>|size <size:36-18024>|"
		   "timeout <timeout:0-3600>|tos <tos:0-255>|"
		   "dscp <dscp:0-63>|df-bit|data <data:hex>|validate|"
		   "verbose}*]",
	.help = "ping  Send echo messages\n"
		"vrf  Select VPN routing instance\n<vrf>  VRF name\n"
		"ip  IP echo\nipv6  IPv6 echo\n"
		"<host>  Ping destination address or hostname\n"
		"source  specify source address or name\n"
		"<src>  Source address\n<src6>  Source address\n"
		"<srcif>  Source interface\n"
		"repeat  specify repeat count\n<repeat>  Repeat count\n"
		"size  specify datagram size\n<size>  Datagram size\n"
		"timeout  specify timeout interval\n"
		"<timeout>  Timeout in seconds\n"
		"tos  specify type of service value\n"
		"<tos>  Type of service value\n"
		"dscp  Specify DSCP value in IP header\n<dscp>  DSCP value\n"
		"df-bit  enable do not fragment bit in IP header\n"
		"data  specify data pattern\n<data>  Data pattern\n"
		"validate  validate reply data\nverbose  verbose output\n",
	.exec = ping_exec,
	.sample = "ping 10.64.2.1 source Loopback0 repeat 10\n"
		  "ping vrf RED ipv6 2001:DB8::1 verbose",
};

#define MARKS_A_LINE 70
#define SIZE_LEAST   36
#define SIZE_MOST    18024

struct pinging {
	struct net_target target;
	struct net_source source;
	struct ping_opts opts;
	struct ping *ping;
	bool verbose;
	unsigned sent, replies, column;
	unsigned min_ms, max_ms;
	uint64_t sum_ms;
	size_t field; /* of the dialogue */
};

static void summary(struct pinging *p)
{
	auto_sbuf struct sbuf out = { 0 };

	if (p->column > 0)
		sbuf_addc(&out, '\n');
	sbuf_printf(&out, "Success rate is %u percent (%u/%u)",
		p->sent > 0 ? (unsigned)(100ull * p->replies / p->sent) : 0,
		p->replies, p->sent);
	if (p->replies > 0)
		sbuf_printf(&out, ", round-trip min/avg/max = %u/%llu/%u ms",
			p->min_ms, (unsigned long long)(p->sum_ms / p->replies),
			p->max_ms);
	sbuf_addc(&out, '\n');
	net_say_buf(p->target.session, &out);
}

static void say_mark(struct pinging *p, char mark)
{
	char text[2] = { mark, '\n' };

	p->column++;
	session_write(
		p->target.session, text, p->column == MARKS_A_LINE ? 2 : 1);
	if (p->column == MARKS_A_LINE)
		p->column = 0;
}

static void say_reply(struct pinging *p, char mark, unsigned rtt_ms)
{
	auto_sbuf struct sbuf out = { 0 };

	if (mark == '!')
		sbuf_printf(
			&out, "Reply to request %u (%u ms)\n", p->sent, rtt_ms);
	else if (mark == '.')
		sbuf_printf(&out, "Request %u timed out\n", p->sent);
	else
		sbuf_printf(
			&out, "Request %u was refused (%c)\n", p->sent, mark);
	net_say_buf(p->target.session, &out);
}

static void on_result(void *ctx, char mark, unsigned rtt_ms)
{
	struct pinging *p = ctx;

	if (mark == '!') {
		if (rtt_ms == 0)
			rtt_ms = 1;
		if (p->replies == 0 || rtt_ms < p->min_ms)
			p->min_ms = rtt_ms;
		if (rtt_ms > p->max_ms)
			p->max_ms = rtt_ms;
		p->sum_ms += rtt_ms;
		p->replies++;
	}
	if (p->verbose)
		say_reply(p, mark, rtt_ms);
	else
		say_mark(p, mark);
	p->sent++;
}

static void on_done(void *ctx)
{
	struct pinging *p = ctx;
	struct session *s = p->target.session;
	int result = p->replies > 0 ? CMD_DONE : CMD_FAILED;

	summary(p);
	free(p);
	session_done(s, result);
}

/* While it asks, or waits for a name, there is no ping yet. */
static void on_break(void *ctx)
{
	struct pinging *p = ctx;
	struct session *s = p->target.session;

	net_target_cancel(&p->target);
	if (p->ping != NULL) {
		ping_cancel(p->ping);
		summary(p);
	}
	free(p);
	session_done(s, CMD_FAILED);
}

static void head(struct pinging *p)
{
	const struct ping_opts *o = &p->opts;
	auto_sbuf struct sbuf out = { 0 };
	char text[IP_TEXT];

	sbuf_adds(&out, "Type escape sequence to abort.\n");
	if (o->size_step != 0)
		sbuf_printf(&out, "Sending %u, [%u..%u]-byte", o->count,
			o->size, o->size_max);
	else
		sbuf_printf(&out, "Sending %u, %u-byte", o->count, o->size);
	sbuf_printf(&out, " ICMP Echos to %s, timeout is %u seconds:\n",
		ip_text(&o->dst, text), o->timeout_ms / 1000);
	if (ip_is_set(&o->src))
		sbuf_printf(&out, "Packet sent with a source address of %s \n",
			ip_text(&o->src, text));
	if (o->df)
		sbuf_adds(&out, "Packet sent with the DF bit set\n");
	if (o->validate)
		sbuf_printf(&out, "Reply data will be validated\n");
	net_say_buf(p->target.session, &out);
}

/* The target has an address.  Takes p. */
static int ping_go(void *ctx)
{
	struct pinging *p = ctx;
	struct router *r = p->target.router;
	struct session *s = p->target.session;
	auto_sbuf struct sbuf why = { 0 }, text = { 0 };
	unsigned least = p->target.addr.family == 6 ? 48 : SIZE_LEAST;

	p->opts.dst = p->target.addr;
	if (p->opts.size < least)
		p->opts.size = least;
	if (!net_source_find(r, &p->source, &p->opts.dst, &p->opts.src,
		    p->opts.dev, &text)) {
		net_say_buf(s, &text);
		free(p);
		return CMD_FAILED;
	}
	head(p);
	p->ping = box_ping(r->box, &p->opts, on_result, on_done, p, &why);
	if (p->ping != NULL)
		return CMD_PENDING;
	sbuf_printf(&text, "%% %s\n", sbuf_str(&why));
	net_say_buf(s, &text);
	free(p);
	return CMD_FAILED;
}

/* --- the dialogue of a bare `ping` --- */

static bool read_protocol(struct pinging *p, const char *text)
{
	if (strcasecmp(text, "ipv6") == 0)
		p->target.family = 6;
	return text[0] == '\0' || strcasecmp(text, "ip") == 0 ||
	       strcasecmp(text, "ipv6") == 0;
}

static bool read_target(struct pinging *p, const char *text)
{
	strlcpy(p->target.host, text, sizeof(p->target.host));
	return text[0] != '\0';
}

static bool read_count(struct pinging *p, const char *text)
{
	return net_number_read(text, 1, INT32_MAX, &p->opts.count);
}

static bool read_size(struct pinging *p, const char *text)
{
	return net_number_read(text, SIZE_LEAST, SIZE_MOST, &p->opts.size);
}

static bool read_timeout(struct pinging *p, const char *text)
{
	unsigned secs = p->opts.timeout_ms / 1000;

	if (!net_number_read(text, 0, 3600, &secs))
		return false;
	p->opts.timeout_ms = secs * 1000;
	return true;
}

#define FIELD_EXTENDED 5
#define FIELD_SWEEP    12
#define FIELDS         16

/* "y" goes on with the next questions, anything else skips them. */
static bool read_extended(struct pinging *p, const char *text)
{
	if (!net_is_yes(text))
		p->field = FIELD_SWEEP - 1;
	return true;
}

static bool read_source(struct pinging *p, const char *text)
{
	return net_source_read(text, &p->source);
}

static bool read_tos(struct pinging *p, const char *text)
{
	unsigned v = p->opts.tos;

	if (!net_number_read(text, 0, 255, &v))
		return false;
	p->opts.tos = (uint8_t)v;
	return true;
}

static bool read_df(struct pinging *p, const char *text)
{
	p->opts.df = net_is_yes(text);
	return true;
}

static bool read_validate(struct pinging *p, const char *text)
{
	p->opts.validate = net_is_yes(text);
	return true;
}

static bool read_data(struct pinging *p, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 16);

	if (text[0] == '\0')
		return true;
	p->opts.data = (uint16_t)v;
	return *end == '\0' && v <= UINT16_MAX;
}

/* IP options are not sent: only Verbose is taken. */
static bool read_options(struct pinging *p, const char *text)
{
	size_t n = strlen(text);

	p->verbose = n > 0 && strncasecmp(text, "verbose", n) == 0;
	return n == 0 || p->verbose || strcasecmp(text, "none") == 0;
}

static bool read_sweep(struct pinging *p, const char *text)
{
	if (!net_is_yes(text)) {
		p->field = FIELDS - 1;
		return true;
	}
	p->opts.size = SIZE_LEAST;
	p->opts.size_max = SIZE_MOST;
	p->opts.size_step = 1;
	return true;
}

static bool read_sweep_max(struct pinging *p, const char *text)
{
	return net_number_read(
		text, p->opts.size, SIZE_MOST, &p->opts.size_max);
}

static bool read_sweep_step(struct pinging *p, const char *text)
{
	return net_number_read(text, 1, SIZE_MOST, &p->opts.size_step);
}

static const struct {
	const char *question;
	bool (*read)(struct pinging *p, const char *text);
} fields[FIELDS] = {
	{ "Protocol [ip]: ", read_protocol },
	{ "Target IP address: ", read_target },
	{ "Repeat count [5]: ", read_count },
	{ "Datagram size [100]: ", read_size },
	{ "Timeout in seconds [2]: ", read_timeout },
	[FIELD_EXTENDED] = { "Extended commands [n]: ", read_extended },
	{ "Source address or interface: ", read_source },
	{ "Type of service [0]: ", read_tos },
	{ "Set DF bit in IP header? [no]: ", read_df },
	{ "Validate reply data? [no]: ", read_validate },
	{ "Data pattern [0x0000ABCD]: ", read_data },
	{ "Loose, Strict, Record, Timestamp, Verbose[none]: ", read_options },
	[FIELD_SWEEP] = { "Sweep range of sizes [n]: ", read_sweep },
	{ "Sweep min size [36]: ", read_size },
	{ "Sweep max size [18024]: ", read_sweep_max },
	{ "Sweep interval [1]: ", read_sweep_step },
};

static int field_answered(struct session *s, const char *answer, void *ctx)
{
	struct pinging *p = ctx;

	if (!fields[p->field].read(p, answer)) {
		net_say(s, p->field == 1 ? "% Bad IP address\n"
					 : "% Invalid answer\n");
		free(p);
		return CMD_FAILED;
	}
	if (++p->field == FIELDS)
		return net_target_find(&p->target);
	return session_ask(
		s, ASK_LINE, fields[p->field].question, field_answered, p);
}

/* --- the command --- */

static void options_read(const struct derivation *d, struct pinging *p)
{
	struct ping_opts *o = &p->opts;
	const char *srcif = drv_str(d, "srcif");

	if (drv_set(d, "repeat"))
		o->count = drv_u32(d, "repeat");
	if (drv_set(d, "size"))
		o->size = drv_u32(d, "size");
	if (drv_set(d, "timeout"))
		o->timeout_ms = drv_u32(d, "timeout") * 1000;
	if (drv_set(d, "data"))
		o->data = (uint16_t)strtoul(drv_str(d, "data"), NULL, 16);
	o->tos = (uint8_t)(drv_set(d, "dscp") ? drv_u32(d, "dscp") << 2
					      : drv_u32(d, "tos"));
	o->df = drv_has(d, "df-bit");
	o->validate = drv_has(d, "validate");
	p->verbose = drv_has(d, "verbose");
	p->target.family = drv_has(d, "ipv6") ? 6 : drv_has(d, "ip") ? 4 : 0;
	p->source.addr =
		drv_set(d, "src6") ? drv_ip(d, "src6") : drv_ip(d, "src");
	if (srcif != NULL)
		strlcpy(p->source.ifname, srcif, sizeof(p->source.ifname));
}

static int ping_exec(struct cmd_call *c)
{
	const char *host = drv_str(c->drv, "host");
	auto_sbuf struct sbuf text = { 0 };
	struct pinging *p;

	if (c->router->box == NULL)
		return CMD_FAILED;
	p = xcalloc(1, sizeof(*p));
	p->target = (struct net_target){ .router = c->router,
		.session = c->session,
		.go = ping_go,
		.drop = free,
		.ctx = p };
	p->opts = (struct ping_opts){
		.count = 5, .size = 100, .timeout_ms = 2000, .data = 0xabcd
	};
	options_read(c->drv, p);
	if (!net_vrf_find(
		    c->router, drv_str(c->drv, "vrf"), p->opts.dev, c->out)) {
		free(p);
		return CMD_FAILED;
	}
	session_on_break(c->session, on_break, p);
	if (host == NULL)
		return session_ask(c->session, ASK_LINE, fields[0].question,
			field_answered, p);
	strlcpy(p->target.host, host, sizeof(p->target.host));
	return net_target_find(&p->target);
}

static const struct command *const list[] = { &ping };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_ping = { &commands, NULL };
