/* Names of protocols, ports, ICMP types and code points, one table each used
 * in both directions (ios-cli.md 8.3), and the text of an access list entry. */
#include "dataplane/selector.h"
#include <netinet/in.h>
#include <string.h>

struct name_row {
	const char *name;
	int16_t v, code; /* code: ICMP only */
};

/* Alphabetical, as `?` lists them; of two names for one value the first is
 * the one that is written. */
// clang-format off
static const struct name_row proto_rows[] = {
	{ "ahp", 51, ACE_ANY }, { "eigrp", 88, ACE_ANY }, { "esp", 50, ACE_ANY },
	{ "gre", 47, ACE_ANY }, { "icmp", 1, ACE_ANY }, { "igmp", 2, ACE_ANY },
	{ "ip", ACE_ANY, ACE_ANY }, { "ipinip", 4, ACE_ANY },
	{ "nos", 94, ACE_ANY }, { "ospf", 89, ACE_ANY }, { "pcp", 108, ACE_ANY },
	{ "pim", 103, ACE_ANY }, { "sctp", 132, ACE_ANY },
	{ "tcp", 6, ACE_ANY }, { "udp", 17, ACE_ANY },
};

static const struct name_row proto6_rows[] = {
	{ "ahp", 51, ACE_ANY }, { "esp", 50, ACE_ANY }, { "hbh", 0, ACE_ANY },
	{ "icmp", 58, ACE_ANY }, { "ipv6", ACE_ANY, ACE_ANY },
	{ "pcp", 108, ACE_ANY }, { "sctp", 132, ACE_ANY },
	{ "tcp", 6, ACE_ANY }, { "udp", 17, ACE_ANY },
};

static const struct name_row tcp_rows[] = {
	{ "bgp", 179, ACE_ANY }, { "chargen", 19, ACE_ANY },
	{ "cmd", 514, ACE_ANY }, { "daytime", 13, ACE_ANY },
	{ "discard", 9, ACE_ANY }, { "domain", 53, ACE_ANY },
	{ "echo", 7, ACE_ANY }, { "exec", 512, ACE_ANY },
	{ "finger", 79, ACE_ANY }, { "ftp", 21, ACE_ANY },
	{ "ftp-data", 20, ACE_ANY }, { "gopher", 70, ACE_ANY },
	{ "hostname", 101, ACE_ANY }, { "ident", 113, ACE_ANY },
	{ "irc", 194, ACE_ANY }, { "klogin", 543, ACE_ANY },
	{ "kshell", 544, ACE_ANY }, { "login", 513, ACE_ANY },
	{ "lpd", 515, ACE_ANY }, { "msrpc", 135, ACE_ANY },
	{ "nntp", 119, ACE_ANY }, { "onep-plain", 15001, ACE_ANY },
	{ "onep-tls", 15002, ACE_ANY }, { "pim-auto-rp", 496, ACE_ANY },
	{ "pop2", 109, ACE_ANY }, { "pop3", 110, ACE_ANY },
	{ "smtp", 25, ACE_ANY }, { "sunrpc", 111, ACE_ANY },
	{ "syslog", 514, ACE_ANY }, { "tacacs", 49, ACE_ANY },
	{ "talk", 517, ACE_ANY }, { "telnet", 23, ACE_ANY },
	{ "time", 37, ACE_ANY }, { "uucp", 540, ACE_ANY },
	{ "whois", 43, ACE_ANY }, { "www", 80, ACE_ANY },
};

static const struct name_row udp_rows[] = {
	{ "biff", 512, ACE_ANY }, { "bootpc", 68, ACE_ANY },
	{ "bootps", 67, ACE_ANY }, { "discard", 9, ACE_ANY },
	{ "dnsix", 195, ACE_ANY }, { "domain", 53, ACE_ANY },
	{ "echo", 7, ACE_ANY }, { "isakmp", 500, ACE_ANY },
	{ "mobile-ip", 434, ACE_ANY }, { "nameserver", 42, ACE_ANY },
	{ "netbios-dgm", 138, ACE_ANY }, { "netbios-ns", 137, ACE_ANY },
	{ "netbios-ss", 139, ACE_ANY }, { "non500-isakmp", 4500, ACE_ANY },
	{ "ntp", 123, ACE_ANY }, { "pim-auto-rp", 496, ACE_ANY },
	{ "rip", 520, ACE_ANY }, { "ripv6", 521, ACE_ANY },
	{ "snmp", 161, ACE_ANY }, { "snmptrap", 162, ACE_ANY },
	{ "sunrpc", 111, ACE_ANY }, { "syslog", 514, ACE_ANY },
	{ "tacacs", 49, ACE_ANY }, { "talk", 517, ACE_ANY },
	{ "tftp", 69, ACE_ANY }, { "time", 37, ACE_ANY }, { "who", 513, ACE_ANY },
	{ "xdmcp", 177, ACE_ANY },
};

static const struct name_row icmp_rows[] = {
	{ "administratively-prohibited", 3, 13 },
	{ "alternate-address", 6, ACE_ANY }, { "conversion-error", 31, ACE_ANY },
	{ "dod-host-prohibited", 3, 10 }, { "dod-net-prohibited", 3, 9 },
	{ "echo", 8, ACE_ANY }, { "echo-reply", 0, ACE_ANY },
	{ "general-parameter-problem", 12, 0 }, { "host-isolated", 3, 8 },
	{ "host-precedence-unreachable", 3, 14 }, { "host-redirect", 5, 1 },
	{ "host-tos-redirect", 5, 3 }, { "host-tos-unreachable", 3, 12 },
	{ "host-unknown", 3, 7 }, { "host-unreachable", 3, 1 },
	{ "information-reply", 16, ACE_ANY },
	{ "information-request", 15, ACE_ANY }, { "mask-reply", 18, ACE_ANY },
	{ "mask-request", 17, ACE_ANY }, { "mobile-redirect", 32, ACE_ANY },
	{ "net-redirect", 5, 0 }, { "net-tos-redirect", 5, 2 },
	{ "net-tos-unreachable", 3, 11 }, { "net-unreachable", 3, 0 },
	{ "network-unknown", 3, 6 }, { "no-room-for-option", 12, 2 },
	{ "option-missing", 12, 1 }, { "packet-too-big", 3, 4 },
	{ "parameter-problem", 12, ACE_ANY }, { "port-unreachable", 3, 3 },
	{ "precedence-unreachable", 3, 15 }, { "protocol-unreachable", 3, 2 },
	{ "reassembly-timeout", 11, 1 }, { "redirect", 5, ACE_ANY },
	{ "router-advertisement", 9, ACE_ANY },
	{ "router-solicitation", 10, ACE_ANY }, { "source-quench", 4, ACE_ANY },
	{ "source-route-failed", 3, 5 }, { "time-exceeded", 11, ACE_ANY },
	{ "timestamp-reply", 14, ACE_ANY }, { "timestamp-request", 13, ACE_ANY },
	{ "traceroute", 30, ACE_ANY }, { "ttl-exceeded", 11, 0 },
	{ "unreachable", 3, ACE_ANY },
};

static const struct name_row icmp6_rows[] = {
	{ "beyond-scope", 1, 2 }, { "destination-unreachable", 1, 3 },
	{ "echo-reply", 129, ACE_ANY }, { "echo-request", 128, ACE_ANY },
	{ "header", 4, 0 }, { "hop-limit", 3, 0 }, { "mld-query", 130, ACE_ANY },
	{ "mld-reduction", 132, ACE_ANY }, { "mld-report", 131, ACE_ANY },
	{ "nd-na", 136, ACE_ANY }, { "nd-ns", 135, ACE_ANY },
	{ "next-header", 4, 1 }, { "no-admin", 1, 1 }, { "no-route", 1, 0 },
	{ "packet-too-big", 2, ACE_ANY }, { "parameter-option", 4, 2 },
	{ "parameter-problem", 4, ACE_ANY }, { "port-unreachable", 1, 4 },
	{ "reassembly-timeout", 3, 1 }, { "redirect", 137, ACE_ANY },
	{ "renum-command", 138, 0 }, { "renum-result", 138, 1 },
	{ "renum-seq-number", 138, 255 },
	{ "router-advertisement", 134, ACE_ANY },
	{ "router-renumbering", 138, ACE_ANY },
	{ "router-solicitation", 133, ACE_ANY },
	{ "time-exceeded", 3, ACE_ANY }, { "unreachable", 1, ACE_ANY },
};

static const struct name_row igmp_rows[] = {
	{ "dvmrp", 0x13, ACE_ANY }, { "host-query", 0x11, ACE_ANY },
	{ "host-report", 0x12, ACE_ANY }, { "pim", 0x14, ACE_ANY },
	{ "trace", 0x15, ACE_ANY }, { "v2-leave", 0x17, ACE_ANY },
	{ "v2-report", 0x16, ACE_ANY }, { "v3-report", 0x22, ACE_ANY },
};

static const struct name_row option_rows[] = {
	{ "add-ext", 147, ACE_ANY },
	{ "any-options", ACE_OPTION_ANY, ACE_ANY },
	{ "com-security", 134, ACE_ANY }, { "dps", 151, ACE_ANY },
	{ "encode", 15, ACE_ANY }, { "eool", 0, ACE_ANY },
	{ "ext-ip", 145, ACE_ANY }, { "ext-security", 133, ACE_ANY },
	{ "finn", 205, ACE_ANY }, { "imitd", 144, ACE_ANY },
	{ "lsr", 131, ACE_ANY }, { "mtup", 11, ACE_ANY },
	{ "mtur", 12, ACE_ANY }, { "no-op", 1, ACE_ANY },
	{ "nsapa", 150, ACE_ANY }, { "record-route", 7, ACE_ANY },
	{ "router-alert", 148, ACE_ANY }, { "sdb", 149, ACE_ANY },
	{ "security", 130, ACE_ANY }, { "ssr", 137, ACE_ANY },
	{ "stream-id", 136, ACE_ANY }, { "timestamp", 68, ACE_ANY },
	{ "traceroute", 82, ACE_ANY }, { "ump", 152, ACE_ANY },
	{ "visa", 142, ACE_ANY }, { "zsu", 10, ACE_ANY },
};

static const struct name_row dscp_rows[] = {
	{ "af11", 10, ACE_ANY }, { "af12", 12, ACE_ANY }, { "af13", 14, ACE_ANY },
	{ "af21", 18, ACE_ANY }, { "af22", 20, ACE_ANY }, { "af23", 22, ACE_ANY },
	{ "af31", 26, ACE_ANY }, { "af32", 28, ACE_ANY }, { "af33", 30, ACE_ANY },
	{ "af41", 34, ACE_ANY }, { "af42", 36, ACE_ANY }, { "af43", 38, ACE_ANY },
	{ "cs1", 8, ACE_ANY }, { "cs2", 16, ACE_ANY }, { "cs3", 24, ACE_ANY },
	{ "cs4", 32, ACE_ANY }, { "cs5", 40, ACE_ANY }, { "cs6", 48, ACE_ANY },
	{ "cs7", 56, ACE_ANY }, { "default", 0, ACE_ANY }, { "ef", 46, ACE_ANY },
};

static const struct name_row precedence_rows[] = {
	{ "critical", 5, ACE_ANY }, { "flash", 3, ACE_ANY },
	{ "flash-override", 4, ACE_ANY }, { "immediate", 2, ACE_ANY },
	{ "internet", 6, ACE_ANY }, { "network", 7, ACE_ANY },
	{ "priority", 1, ACE_ANY }, { "routine", 0, ACE_ANY },
};

static const struct name_row tos_rows[] = {
	{ "max-reliability", 2, ACE_ANY }, { "max-throughput", 4, ACE_ANY },
	{ "min-delay", 8, ACE_ANY }, { "min-monetary-cost", 1, ACE_ANY },
	{ "normal", 0, ACE_ANY },
};
// clang-format on

struct name_table {
	const struct name_row *v;
	size_t n;
};
#define TABLE(rows) ((struct name_table){ rows, ARRAY_LEN(rows) })

static const char *name_of(struct name_table t, int v, int code)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].v == v && t.v[i].code == code)
			return t.v[i].name;
	return NULL;
}

static const struct name_row *row_of(struct name_table t, const char *name)
{
	for (size_t i = 0; i < t.n; i++)
		if (!strcmp(t.v[i].name, name))
			return &t.v[i];
	return NULL;
}

static int number_of(struct name_table t, const char *name, int unknown)
{
	const struct name_row *r = row_of(t, name);

	return r ? r->v : unknown;
}

static struct name_table table_of(int kind)
{
	switch (kind) {
	case 0:
		return TABLE(proto_rows);
	case IPPROTO_ICMP:
		return TABLE(icmp_rows);
	case IPPROTO_TCP:
		return TABLE(tcp_rows);
	case IPPROTO_UDP:
		return TABLE(udp_rows);
	case ACE_NAMES_DSCP:
		return TABLE(dscp_rows);
	case ACE_NAMES_PRECEDENCE:
		return TABLE(precedence_rows);
	case ACE_NAMES_TOS:
		return TABLE(tos_rows);
	case ACE_NAMES_PROTO6:
		return TABLE(proto6_rows);
	case ACE_NAMES_ICMP6:
		return TABLE(icmp6_rows);
	case ACE_NAMES_IGMP:
		return TABLE(igmp_rows);
	case ACE_NAMES_OPTION:
		return TABLE(option_rows);
	default:
		return (struct name_table){ 0 };
	}
}

const char *proto_name(int proto)
{
	return name_of(TABLE(proto_rows), proto, ACE_ANY);
}

int proto_number(const char *name)
{
	return number_of(TABLE(proto_rows), name, PROTO_UNKNOWN);
}

/* Port names live in a namespace per protocol; others have none. */
static struct name_table port_table(int proto)
{
	bool has = proto == IPPROTO_TCP || proto == IPPROTO_UDP;

	return has ? table_of(proto) : (struct name_table){ 0 };
}

const char *port_name(int proto, uint16_t port)
{
	return name_of(port_table(proto), port, ACE_ANY);
}

int port_number(int proto, const char *name)
{
	return number_of(port_table(proto), name, -1);
}

const char *icmp_name(int type, int code)
{
	return name_of(TABLE(icmp_rows), type, code);
}

bool icmp_numbers(const char *name, int16_t *type, int16_t *code)
{
	const struct name_row *r = row_of(TABLE(icmp_rows), name);

	if (!r)
		return false;
	*type = r->v;
	*code = r->code;
	return true;
}

const char *proto6_name(int proto)
{
	return name_of(TABLE(proto6_rows), proto, ACE_ANY);
}

int proto6_number(const char *name)
{
	return number_of(TABLE(proto6_rows), name, PROTO_UNKNOWN);
}

const char *icmp6_name(int type, int code)
{
	return name_of(TABLE(icmp6_rows), type, code);
}

bool icmp6_numbers(const char *name, int16_t *type, int16_t *code)
{
	const struct name_row *r = row_of(TABLE(icmp6_rows), name);

	if (!r)
		return false;
	*type = r->v;
	*code = r->code;
	return true;
}

const char *igmp_name(int type)
{
	return name_of(TABLE(igmp_rows), type, ACE_ANY);
}

int igmp_number(const char *name)
{
	return number_of(TABLE(igmp_rows), name, -1);
}

const char *option_name(int option)
{
	return name_of(TABLE(option_rows), option, ACE_ANY);
}

int option_number(const char *name)
{
	return number_of(TABLE(option_rows), name, -1);
}

const char *dscp_name(int v)
{
	return name_of(TABLE(dscp_rows), v, ACE_ANY);
}

int dscp_number(const char *name)
{
	return number_of(TABLE(dscp_rows), name, -1);
}

const char *precedence_name(int v)
{
	return name_of(TABLE(precedence_rows), v, ACE_ANY);
}

int precedence_number(const char *name)
{
	return number_of(TABLE(precedence_rows), name, -1);
}

const char *tos_name(int v)
{
	return name_of(TABLE(tos_rows), v, ACE_ANY);
}

int tos_number(const char *name)
{
	return number_of(TABLE(tos_rows), name, -1);
}

const char *ace_name_at(int proto, size_t i)
{
	struct name_table t = table_of(proto);

	return i < t.n ? t.v[i].name : NULL;
}

static void named_add(struct sbuf *out, const char *name, int v)
{
	if (name)
		sbuf_printf(out, " %s", name);
	else
		sbuf_printf(out, " %d", v);
}

static void wild_add(struct sbuf *out, struct ip_wild w)
{
	struct ip_addr a, wild = ip_v4(w.wild);
	char b1[IP_TEXT], b2[IP_TEXT];

	w = ip_wild_norm(w);
	a = ip_v4(w.addr);
	if (w.wild == UINT32_MAX)
		sbuf_adds(out, " any");
	else if (!w.wild)
		sbuf_printf(out, " host %s", ip_text(&a, b1));
	else
		sbuf_printf(out, " %s %s", ip_text(&a, b1), ip_text(&wild, b2));
}

static void prefix_add(struct sbuf *out, const struct ip_prefix *p)
{
	char text[IP_TEXT];

	if (p->len == 0)
		sbuf_adds(out, " any");
	else if (p->len == 128)
		sbuf_printf(out, " host %s", ip_text(&p->addr, text));
	else
		sbuf_printf(out, " %s/%u", ip_text(&p->addr, text), p->len);
}

/* GDOI listings print ports as numbers: `port = 848`, `port range 1 9`. */
static const char *const op_config[] = { "", " eq", " neq", " gt", " lt",
	" range" };
static const char *const op_gdoi[] = { "", " port =", " port !=", " port >",
	" port <", " port range" };

static void port_add(struct sbuf *out, const struct ace *e,
	const struct ace_port *o, enum ace_style style)
{
	bool config = style == ACE_STYLE_CONFIG;

	if (o->op == PORT_ANY)
		return;
	sbuf_adds(out, config ? op_config[o->op] : op_gdoi[o->op]);
	for (uint8_t i = 0; i < o->n; i++)
		named_add(out, config ? port_name(e->proto, o->p[i]) : NULL,
			o->p[i]);
}

static void ttl_add(struct sbuf *out, const struct ace_port *o)
{
	if (o->op == PORT_ANY)
		return;
	sbuf_printf(out, " ttl%s", op_config[o->op]);
	for (uint8_t i = 0; i < o->n; i++)
		sbuf_printf(out, " %u", o->p[i]);
}

/* A name stands for its type and code together; else numbers. */
static void icmp_add(struct sbuf *out, const struct ace *e)
{
	const char *name = e->ip6 ? icmp6_name(e->icmp_type, e->icmp_code)
				  : icmp_name(e->icmp_type, e->icmp_code);

	if (e->icmp_type == ACE_ANY)
		return;
	if (name) {
		named_add(out, name, 0);
		return;
	}
	sbuf_printf(out, " %d", e->icmp_type);
	if (e->icmp_code != ACE_ANY)
		sbuf_printf(out, " %d", e->icmp_code);
}

static void flags_add(struct sbuf *out, const struct ace *e)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} flag[] = { { 0x10, "ack" }, { 0x01, "fin" }, { 0x08, "psh" },
		{ 0x04, "rst" }, { 0x02, "syn" }, { 0x20, "urg" } };
	bool bare = e->tcp_any && !e->tcp_clear;

	if (e->established)
		sbuf_adds(out, " established");
	if (!e->tcp_set && !e->tcp_clear)
		return;
	if (!bare)
		sbuf_adds(out, e->tcp_any ? " match-any" : " match-all");
	for (size_t i = 0; i < ARRAY_LEN(flag); i++) {
		if (e->tcp_set & flag[i].bit)
			sbuf_printf(
				out, " %s%s", bare ? "" : "+", flag[i].name);
		if (e->tcp_clear & flag[i].bit)
			sbuf_printf(out, " -%s", flag[i].name);
	}
}

static void addrs_add(
	struct sbuf *out, const struct ace *e, enum ace_style style)
{
	if (e->ip6)
		prefix_add(out, &e->src6);
	else
		wild_add(out, e->src);
	port_add(out, e, &e->sport, style);
	if (e->ip6)
		prefix_add(out, &e->dst6);
	else
		wild_add(out, e->dst);
	port_add(out, e, &e->dport, style);
}

static void field_add(
	struct sbuf *out, const char *what, const char *name, int v)
{
	if (v == ACE_ANY)
		return;
	sbuf_printf(out, " %s", what);
	named_add(out, name, v);
}

static void headers_add(struct sbuf *out, const struct ace *e)
{
	if (e->option)
		field_add(out, "option", option_name(e->option), e->option);
	if (e->has_flow)
		sbuf_printf(out, " flow-label %u", e->flow_label);
	if (e->dest_option)
		sbuf_adds(out, " dest-option");
	if (e->routing)
		sbuf_adds(out, " routing");
	if (e->fragments)
		sbuf_adds(out, " fragments");
}

void ace_text(const struct ace *e, enum ace_style style, struct sbuf *out)
{
	sbuf_adds(out, e->permit ? "permit" : "deny");
	named_add(out, e->ip6 ? proto6_name(e->proto) : proto_name(e->proto),
		e->proto);
	addrs_add(out, e, style);
	icmp_add(out, e);
	if (e->igmp_type != ACE_ANY)
		named_add(out, igmp_name(e->igmp_type), e->igmp_type);
	flags_add(out, e);
	field_add(out, "dscp", dscp_name(e->dscp), e->dscp);
	field_add(out, "precedence", precedence_name(e->precedence),
		e->precedence);
	field_add(out, "tos", tos_name(e->tos), e->tos);
	ttl_add(out, &e->ttl);
	headers_add(out, e);
	if (e->log)
		sbuf_adds(out, e->log_input ? " log-input" : " log");
}
