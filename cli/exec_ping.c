/* ping, with its options on the line or asked for (ios-cli.md 4, show-output.md
 * 3.10).  The packets are the box's; marks appear as they arrive. */
#include "cli/cfg.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int ping_exec(struct cmd_call *c);

static const struct command ping = {
	.mode = MODE_EXEC,
	.grammar = "ping [ip] [<host:word> {source {<src:ip4>|<srcif:ifname>}|"
		   "repeat <repeat:1-2147483647>|size <size:36-18024>|"
		   "timeout <timeout:0-3600>|tos <tos:0-255>|df-bit|"
		   "data <data:hex>|validate}*]",
	.help = "ping  Send echo messages\nip  IP echo\n"
		"<host>  Ping destination address or hostname\n"
		"source  specify source address or name\n"
		"<src>  Source address\n<srcif>  Source interface\n"
		"repeat  specify repeat count\n<repeat>  Repeat count\n"
		"size  specify datagram size\n<size>  Datagram size\n"
		"timeout  specify timeout interval\n"
		"<timeout>  Timeout in seconds\n"
		"tos  specify type of service value\n"
		"<tos>  Type of service value\n"
		"df-bit  enable do not fragment bit in IP header\n"
		"data  specify data pattern\n<data>  Data pattern\n"
		"validate  validate reply data\n",
	.exec = ping_exec,
	.sample = "ping 10.64.2.1 source Loopback0 repeat 10",
};

#define MARKS_A_LINE 70

struct pinging {
	struct router *router;
	struct session *session;
	struct ping_opts opts;
	struct ping *ping;
	char host[256];
	unsigned sent, replies, column;
	unsigned min_ms, max_ms;
	uint64_t sum_ms;
	size_t field; /* of the dialogue */
};

static void say(struct session *s, const struct sbuf *text)
{
	if (text->n > 0)
		session_write(s, text->s, text->n);
}

static void say_text(struct session *s, const char *text)
{
	session_write(s, text, strlen(text));
}

static void summary(struct pinging *p)
{
	auto_sbuf struct sbuf out = { 0 };

	if (p->column > 0)
		sbuf_addc(&out, '\n');
	sbuf_printf(&out, "Success rate is %u percent (%u/%u)",
		p->sent > 0 ? 100 * p->replies / p->sent : 0, p->replies,
		p->sent);
	if (p->replies > 0)
		sbuf_printf(&out, ", round-trip min/avg/max = %u/%llu/%u ms",
			p->min_ms, (unsigned long long)(p->sum_ms / p->replies),
			p->max_ms);
	sbuf_addc(&out, '\n');
	say(p->session, &out);
}

static void on_result(void *ctx, char mark, unsigned rtt_ms)
{
	struct pinging *p = ctx;
	char text[2] = { mark, '\n' };

	p->sent++;
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
	p->column++;
	session_write(p->session, text, p->column == MARKS_A_LINE ? 2 : 1);
	if (p->column == MARKS_A_LINE)
		p->column = 0;
}

static void on_done(void *ctx)
{
	struct pinging *p = ctx;
	struct session *s = p->session;
	int result = p->replies > 0 ? CMD_DONE : CMD_FAILED;

	summary(p);
	free(p);
	session_done(s, result);
}

/* While it asks there is no ping yet, only what was answered. */
static void on_break(void *ctx)
{
	struct pinging *p = ctx;
	struct session *s = p->session;

	if (p->ping != NULL) {
		ping_cancel(p->ping);
		summary(p);
	}
	free(p);
	session_done(s, CMD_FAILED);
}

/* An address, or a name of `ip host`. */
static bool host_resolve(
	const struct router *r, const char *host, struct ip_addr *out)
{
	const char *addr;

	if (ip_parse(host, out))
		return out->family == 4;
	addr = host_address(r, host);
	return addr != NULL && ip_parse(addr, out);
}

static bool source_of_interface(
	const struct router *r, const char *ifname, struct ip_addr *out)
{
	struct iface_info *v = NULL;
	size_t n = box_iface_list(r->box, &v);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].ifname, ifname) != 0 || v[i].n_addr == 0)
			continue;
		*out = v[i].addr[0].addr;
		found = true;
	}
	free(v);
	return found;
}

static void head(struct pinging *p)
{
	auto_sbuf struct sbuf out = { 0 };
	char text[IP_TEXT];

	sbuf_printf(&out,
		"Type escape sequence to abort.\n"
		"Sending %u, %u-byte ICMP Echos to %s, timeout is %u "
		"seconds:\n",
		p->opts.count, p->opts.size, ip_text(&p->opts.dst, text),
		p->opts.timeout_ms / 1000);
	if (ip_is_set(&p->opts.src))
		sbuf_printf(&out, "Packet sent with a source address of %s \n",
			ip_text(&p->opts.src, text));
	if (p->opts.df)
		sbuf_adds(&out, "Packet sent with the DF bit set\n");
	say(p->session, &out);
}

/* Takes p. */
static int ping_start(struct pinging *p)
{
	struct session *s = p->session;
	auto_sbuf struct sbuf why = { 0 };

	if (!host_resolve(p->router, p->host, &p->opts.dst)) {
		say_text(s, "% Unrecognized host or address, or protocol not "
			    "running.\n");
		free(p);
		return CMD_FAILED;
	}
	head(p);
	p->ping =
		box_ping(p->router->box, &p->opts, on_result, on_done, p, &why);
	if (p->ping != NULL)
		return CMD_PENDING;
	sbuf_addc(&why, '\n');
	say_text(s, "% ");
	say(s, &why);
	free(p);
	return CMD_FAILED;
}

/* --- the dialogue of a bare `ping` --- */

static bool read_unsigned(
	const char *text, unsigned lo, unsigned hi, unsigned *out)
{
	char *end;
	unsigned long v;

	if (text[0] == '\0')
		return true; /* keeps the default */
	v = strtoul(text, &end, 10);
	if (*end != '\0' || v < lo || v > hi)
		return false;
	*out = (unsigned)v;
	return true;
}

static bool read_protocol(struct pinging *p, const char *text)
{
	(void)p;
	return text[0] == '\0' || strcasecmp(text, "ip") == 0;
}

static bool read_target(struct pinging *p, const char *text)
{
	strlcpy(p->host, text, sizeof(p->host));
	return text[0] != '\0';
}

static bool read_count(struct pinging *p, const char *text)
{
	return read_unsigned(text, 1, INT32_MAX, &p->opts.count);
}

static bool read_size(struct pinging *p, const char *text)
{
	return read_unsigned(text, 36, 18024, &p->opts.size);
}

static bool read_timeout(struct pinging *p, const char *text)
{
	unsigned secs = p->opts.timeout_ms / 1000;

	if (!read_unsigned(text, 0, 3600, &secs))
		return false;
	p->opts.timeout_ms = secs * 1000;
	return true;
}

static bool is_yes(const char *text)
{
	return text[0] == 'y' || text[0] == 'Y';
}

#define FIELD_EXTENDED 5
#define FIELD_SWEEP    9

/* "y" goes on with the next questions, anything else skips them. */
static bool read_extended(struct pinging *p, const char *text)
{
	if (!is_yes(text))
		p->field = FIELD_SWEEP - 1;
	return true;
}

static bool read_source(struct pinging *p, const char *text)
{
	if (text[0] == '\0')
		return true;
	return ip_parse(text, &p->opts.src) ||
	       source_of_interface(p->router, text, &p->opts.src);
}

static bool read_tos(struct pinging *p, const char *text)
{
	unsigned v = p->opts.tos;

	if (!read_unsigned(text, 0, 255, &v))
		return false;
	p->opts.tos = (uint8_t)v;
	return true;
}

static bool read_df(struct pinging *p, const char *text)
{
	p->opts.df = is_yes(text);
	return true;
}

static bool read_sweep(struct pinging *p, const char *text)
{
	(void)p;
	return !is_yes(text);
}

static const struct {
	const char *question;
	bool (*read)(struct pinging *p, const char *text);
} fields[] = {
	{ "Protocol [ip]: ", read_protocol },
	{ "Target IP address: ", read_target },
	{ "Repeat count [5]: ", read_count },
	{ "Datagram size [100]: ", read_size },
	{ "Timeout in seconds [2]: ", read_timeout },
	[FIELD_EXTENDED] = { "Extended commands [n]: ", read_extended },
	{ "Source address or interface: ", read_source },
	{ "Type of service [0]: ", read_tos },
	{ "Set DF bit in IP header? [no]: ", read_df },
	[FIELD_SWEEP] = { "Sweep range of sizes [n]: ", read_sweep },
};

static int field_answered(struct session *s, const char *answer, void *ctx)
{
	struct pinging *p = ctx;

	if (!fields[p->field].read(p, answer)) {
		say_text(s, p->field == 1 ? "% Bad IP address\n"
					  : "% Invalid answer\n");
		free(p);
		return CMD_FAILED;
	}
	if (++p->field == ARRAY_LEN(fields))
		return ping_start(p);
	return session_ask(
		s, ASK_LINE, fields[p->field].question, field_answered, p);
}

/* --- the command --- */

static bool options_read(struct cmd_call *c, struct ping_opts *o)
{
	const struct derivation *d = c->drv;
	const char *srcif = drv_str(d, "srcif");

	if (drv_set(d, "repeat"))
		o->count = drv_u32(d, "repeat");
	if (drv_set(d, "size"))
		o->size = drv_u32(d, "size");
	if (drv_set(d, "timeout"))
		o->timeout_ms = drv_u32(d, "timeout") * 1000;
	if (drv_set(d, "data"))
		o->data = (uint16_t)strtoul(drv_str(d, "data"), NULL, 16);
	o->tos = (uint8_t)drv_u32(d, "tos");
	o->df = drv_has(d, "df-bit");
	o->validate = drv_has(d, "validate");
	o->src = drv_ip(d, "src");
	if (srcif == NULL || source_of_interface(c->router, srcif, &o->src))
		return true;
	sbuf_adds(c->out, "% Invalid source interface - IP not enabled or "
			  "interface is down\n");
	return false;
}

static int ping_exec(struct cmd_call *c)
{
	const char *host = drv_str(c->drv, "host");
	struct ping_opts opts = {
		.count = 5, .size = 100, .timeout_ms = 2000, .data = 0xabcd
	};
	struct pinging *p;

	if (c->router->box == NULL || !options_read(c, &opts))
		return CMD_FAILED;
	p = xcalloc(1, sizeof(*p));
	p->router = c->router;
	p->session = c->session;
	p->opts = opts;
	session_on_break(c->session, on_break, p);
	if (host == NULL)
		return session_ask(c->session, ASK_LINE, fields[0].question,
			field_answered, p);
	strlcpy(p->host, host, sizeof(p->host));
	return ping_start(p);
}

static const struct command *const list[] = { &ping };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_ping = { &commands, NULL };
