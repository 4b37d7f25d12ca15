/* Value types of access list entries: protocols, addresses with wildcards,
 * ports, ICMP messages, DSCP and the like, and names of lists.  Names stand in
 * dataplane/selector; here is only how a line spells them. */
#include "cli/acl.h"
#include "cli/types_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- ace_proto: a protocol by name or number, written by name --- */

/* These have alternatives of their own in the grammar. */
static bool is_keyword_proto(const char *name)
{
	return strcmp(name, "tcp") == 0 || strcmp(name, "udp") == 0 ||
	       strcmp(name, "icmp") == 0 || strcmp(name, "igmp") == 0;
}

/* --- object-group NAME, where a type takes groups --- */

static int group_parse(const char *const *t, size_t n, struct sbuf *out)
{
	if (n < 2)
		return -1;
	sbuf_printf(out, "object-group %s", t[1]);
	return 2;
}

const char *group_value(const char *stored)
{
	size_t n = strlen("object-group ");

	return stored != NULL && strncmp(stored, "object-group ", n) == 0
		       ? stored + n
		       : NULL;
}

static const char *group_next(const struct value_type *vt, const char *const *t,
	size_t n, size_t i, const char **help)
{
	(void)vt;
	(void)n;
	if (i > 0)
		return NULL;
	*help = "Object group name";
	if (keyword_is(t[0], "object-group"))
		return "WORD";
	*help = keyword_is(t[0], "host") ? "Host address" : "Wildcard bits";
	return "A.B.C.D";
}

static int proto_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long v;
	const char *name, *hit = NULL;
	size_t hits = 0;

	*bad_col = 0;
	if (strcmp(vt->name, "ace_proto") == 0 && strlen(t[0]) > 1 &&
		keyword_is(t[0], "object-group"))
		return group_parse(t, n, out);
	if (number_read(t[0], 255, &v)) {
		name = proto_name((int)v);
		if (name != NULL)
			sbuf_adds(out, name);
		else
			sbuf_printf(out, "%lu", v);
		return 1;
	}
	for (size_t i = 0; (name = ace_name_at(0, i)) != NULL; i++) {
		if (is_keyword_proto(name))
			continue;
		if (strcasecmp(name, t[0]) == 0) {
			hit = name;
			hits = 1;
			break;
		}
		if (keyword_is(t[0], name)) {
			hit = name;
			hits++;
		}
	}
	if (hits != 1)
		return 0;
	sbuf_adds(out, hit);
	return 1;
}

// clang-format off
static const struct {
	const char *name, *help;
} proto_help[] = {
	{ "ahp", "Authentication Header Protocol" },
	{ "eigrp", "Cisco's EIGRP routing protocol" },
	{ "esp", "Encapsulation Security Payload" },
	{ "gre", "Cisco's GRE tunneling" },
	{ "ip", "Any Internet Protocol" },
	{ "ipinip", "IP in IP tunneling" },
	{ "nos", "KA9Q NOS compatible IP over IP tunneling" },
	{ "ospf", "OSPF routing protocol" },
	{ "pcp", "Payload Compression Protocol" },
	{ "pim", "Protocol Independent Multicast" },
	{ "sctp", "Stream Control Transmission Protocol" },
	{ "hbh", "Hop by Hop options header" },
	{ "ipv6", "Any IPv6" },
};
// clang-format on

const char *proto_help_text(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(proto_help); i++) {
		if (strcmp(proto_help[i].name, name) == 0)
			return proto_help[i].help;
	}
	return "An IP protocol";
}

static const char *proto_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	const char *name;
	size_t at = 0;

	if (strcmp(vt->name, "ace_proto") == 0 && i-- == 0) {
		*help = "Service object group";
		return "object-group";
	}
	while ((name = ace_name_at(0, at)) != NULL &&
		(is_keyword_proto(name) || i-- > 0))
		at++;
	*help = name != NULL ? proto_help_text(name) : NULL;
	return name;
}

/* --- ace_addr: any | host A | A WILDCARD | object-group G;
 * std_addr: any | [host] A [W] --- */

static void wild_add(struct sbuf *out, struct ip_wild w, bool host_word)
{
	w = ip_wild_norm(w);
	if (w.wild == UINT32_MAX) {
		sbuf_adds(out, "any");
		return;
	}
	if (w.wild == 0 && host_word)
		sbuf_adds(out, "host ");
	ip4_add(out, w.addr);
	if (w.wild != 0) {
		sbuf_addc(out, ' ');
		ip4_add(out, w.wild);
	}
}

static int ace_addr_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	struct ip_wild w = { 0, 0 };
	bool std = strcmp(vt->name, "std_addr") == 0;

	*bad_col = 0;
	if (keyword_is(t[0], "any")) {
		sbuf_adds(out, "any");
		return 1;
	}
	if (keyword_is(t[0], "host")) {
		if (n < 2)
			return -1;
		*bad_col = strlen(t[0]) + 1;
		if (!ip4_read(t[1], &w.addr))
			return 0;
		wild_add(out, w, !std);
		return 2;
	}
	if (!std && keyword_is(t[0], "object-group"))
		return group_parse(t, n, out);
	if (!ip4_read(t[0], &w.addr))
		return 0;
	if (n >= 2 && ip4_read(t[1], &w.wild)) {
		wild_add(out, w, !std);
		return 2;
	}
	if (!std) {
		*bad_col = strlen(t[0]) + 1;
		return n < 2 ? -1 : 0;
	}
	wild_add(out, w, false);
	return 1;
}

static const char *ace_addr_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const words[][2] = {
		{ "A.B.C.D", "Address" },
		{ "any", "Any host" },
		{ "host", "A single host" },
		{ "object-group", "Network object group" },
	};
	bool std = strcmp(vt->name, "std_addr") == 0;

	if (i >= ARRAY_LEN(words) - (std ? 1 : 0))
		return NULL;
	*help = words[i][1];
	return words[i][0];
}

struct ip_wild ace_addr_value(const char *stored)
{
	struct ip_wild w = { 0, 0 };
	char a[IP_TEXT] = "", m[IP_TEXT] = "";

	if (stored == NULL || strcmp(stored, "any") == 0)
		return (struct ip_wild){ 0, UINT32_MAX };
	if (strncmp(stored, "host ", 5) == 0)
		stored += 5;
	if (sscanf(stored, "%47s %47s", a, m) >= 1)
		ip4_read(a, &w.addr);
	if (m[0] != '\0')
		ip4_read(m, &w.wild);
	return w;
}

/* --- tcp_port, udp_port: eq P..., neq P..., gt P, lt P, range P P --- */

static const struct {
	const char *word, *help;
	enum port_op op;
	size_t min, max;
} port_ops[] = {
	{ "eq", "Match only packets on a given port number", PORT_EQ, 1,
		ACE_PORTS_MAX },
	{ "gt", "Match only packets with a greater port number", PORT_GT, 1,
		1 },
	{ "lt", "Match only packets with a lower port number", PORT_LT, 1, 1 },
	{ "neq", "Match only packets not on a given port number", PORT_NEQ, 1,
		ACE_PORTS_MAX },
	{ "range", "Match only packets in the range of port numbers",
		PORT_RANGE, 2, 2 },
};

static int type_proto(const struct value_type *vt)
{
	if (strcmp(vt->name, "ttl_op") == 0)
		return 0;
	return strcmp(vt->name, "udp_port") == 0 ||
			       strcmp(vt->name, "udp_svc") == 0
		       ? 17
		       : 6;
}

/* In an object group a port stands without `eq`, too. */
static bool is_svc(const struct value_type *vt)
{
	return strcmp(vt->name, "tcp_svc") == 0 ||
	       strcmp(vt->name, "udp_svc") == 0;
}

static bool port_read(int proto, const char *s, uint16_t *out)
{
	unsigned long v;
	int named;

	if (number_read(s, proto == 0 ? 255 : 65535, &v)) {
		*out = (uint16_t)v;
		return true;
	}
	named = proto == 0 ? -1 : port_number(proto, s);
	if (named < 0)
		return false;
	*out = (uint16_t)named;
	return true;
}

static void port_add(struct sbuf *out, int proto, uint16_t port)
{
	const char *name = proto == 0 ? NULL : port_name(proto, port);

	if (name != NULL)
		sbuf_printf(out, " %s", name);
	else
		sbuf_printf(out, " %u", (unsigned)port);
}

/* A range from the lower end; of a list each port once. */
static void ports_add(
	struct sbuf *out, int proto, enum port_op op, uint16_t *p, size_t n)
{
	if (op == PORT_RANGE && p[0] > p[1]) {
		uint16_t t = p[0];

		p[0] = p[1];
		p[1] = t;
	}
	for (size_t i = 0; i < n; i++) {
		bool twice = false;

		for (size_t k = 0; k < i && op != PORT_RANGE; k++)
			twice |= p[k] == p[i];
		if (!twice)
			port_add(out, proto, p[i]);
	}
}

static int ace_port_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	int proto = type_proto(vt);
	size_t op = 0, taken = 0;
	uint16_t p[ACE_PORTS_MAX];

	*bad_col = 0;
	while (op < ARRAY_LEN(port_ops) &&
		strcasecmp(t[0], port_ops[op].word) != 0)
		op++;
	if (op == ARRAY_LEN(port_ops)) {
		if (!is_svc(vt) || !port_read(proto, t[0], &p[0]))
			return 0;
		sbuf_adds(out, "eq");
		port_add(out, proto, p[0]);
		return 1;
	}
	while (taken < port_ops[op].max && taken + 1 < n &&
		port_read(proto, t[taken + 1], &p[taken]))
		taken++;
	if (taken < port_ops[op].min) {
		for (size_t i = 0; i <= taken; i++)
			*bad_col += strlen(t[i]) + 1;
		return taken + 1 >= n ? -1 : 0;
	}
	sbuf_adds(out, port_ops[op].word);
	ports_add(out, proto, port_ops[op].op, p, taken);
	return (int)taken + 1;
}

static const char *ace_port_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(port_ops))
		return NULL;
	*help = port_ops[i].help;
	return port_ops[i].word;
}

/* Ports after the operator, by name or number. */
static const char *ace_port_next(const struct value_type *vt,
	const char *const *t, size_t n, size_t i, const char **help)
{
	int proto = type_proto(vt);

	(void)t;
	(void)n;
	if (i == 0) {
		*help = proto == 0 ? "TTL value" : "Port number";
		return proto == 0 ? "<0-255>" : "<0-65535>";
	}
	*help = "A well-known port";
	return proto == 0 ? NULL : ace_name_at(proto, i - 1);
}

void ace_port_value(const char *stored, int proto, struct ace_port *out)
{
	auto_free char *copy = NULL;
	char *save = NULL, *word;

	*out = (struct ace_port){ .op = PORT_ANY };
	if (stored == NULL)
		return;
	copy = xstrdup(stored);
	word = strtok_r(copy, " ", &save);
	for (size_t i = 0; word != NULL && i < ARRAY_LEN(port_ops); i++) {
		if (strcmp(word, port_ops[i].word) == 0)
			out->op = (uint8_t)port_ops[i].op;
	}
	while ((word = strtok_r(NULL, " ", &save)) != NULL &&
		out->n < ACE_PORTS_MAX) {
		if (port_read(proto, word, &out->p[out->n]))
			out->n++;
	}
}

/* --- icmp_msg: a name, or type [code] --- */

int icmp_msg_parse(const char *const *t, size_t n, struct sbuf *out,
	bool (*numbers)(const char *name, int16_t *type, int16_t *code),
	const char *(*name_of)(int type, int code))
{
	int16_t type, code = ACE_ANY;
	const char *name;
	unsigned long v;
	int used = 1;

	if (number_read(t[0], 255, &v)) {
		type = (int16_t)v;
		if (n > 1 && number_read(t[1], 255, &v)) {
			code = (int16_t)v;
			used = 2;
		}
	} else if (!numbers(t[0], &type, &code)) {
		return 0;
	}
	name = name_of(type, code);
	if (name != NULL)
		sbuf_adds(out, name);
	else if (code == ACE_ANY)
		sbuf_printf(out, "%d", type);
	else
		sbuf_printf(out, "%d %d", type, code);
	return used;
}

static int icmp_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	*bad_col = 0;
	return icmp_msg_parse(t, n, out, icmp_numbers, icmp_name);
}

static const char *icmp_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	const char *name;

	(void)vt;
	if (i == 0) {
		*help = "ICMP message type";
		return "<0-255>";
	}
	name = ace_name_at(1, i - 1);
	*help = name != NULL ? "An ICMP message" : NULL;
	return name;
}

/* --- tcp_bit: syn;  tcp_flag: +syn, -ack --- */

static const char *const tcp_bits[] = { "fin", "syn", "rst", "psh", "ack",
	"urg" };

uint8_t tcp_flag_value(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(tcp_bits); i++) {
		if (strcasecmp(name, tcp_bits[i]) == 0)
			return (uint8_t)(1U << i);
	}
	return 0;
}

static int tcp_flag_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool sign = strcmp(vt->name, "tcp_flag") == 0;
	const char *word = t[0];

	(void)n;
	*bad_col = 0;
	if (sign && *word != '+' && *word != '-')
		return 0;
	if (tcp_flag_value(word + (sign ? 1 : 0)) == 0)
		return 0;
	for (; *word != '\0'; word++)
		sbuf_addc(out, (char)tolower((unsigned char)*word));
	return 1;
}

static const char *tcp_flag_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const signs[] = { "+fin", "+syn", "+rst", "+psh",
		"+ack", "+urg", "-fin", "-syn", "-rst", "-psh", "-ack",
		"-urg" };
	bool sign = strcmp(vt->name, "tcp_flag") == 0;

	if (i >= (sign ? ARRAY_LEN(signs) : ARRAY_LEN(tcp_bits)))
		return NULL;
	*help = sign ? "Match on the flag set (+) or cleared (-)"
		     : "Match on the flag";
	return sign ? signs[i] : tcp_bits[i];
}

/* --- dscp, precedence, tos: a name or a number, written by name --- */

static const struct {
	const char *type;
	int names; /* for ace_name_at */
	unsigned long max;
	const char *(*name)(int v);
	int (*number)(const char *name);
} fields[] = {
	{ "dscp", ACE_NAMES_DSCP, 63, dscp_name, dscp_number },
	{ "precedence", ACE_NAMES_PRECEDENCE, 7, precedence_name,
		precedence_number },
	{ "tos", ACE_NAMES_TOS, 15, tos_name, tos_number },
};

static size_t field_index(const char *type)
{
	size_t i = 0;

	while (strcmp(fields[i].type, type) != 0)
		i++;
	return i;
}

int16_t ace_field_value(const char *type, const char *stored)
{
	size_t i = field_index(type);
	unsigned long v;

	if (number_read(stored, fields[i].max, &v))
		return (int16_t)v;
	return (int16_t)fields[i].number(stored);
}

static int field_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	const char *name;
	int16_t v = ace_field_value(vt->name, t[0]);

	(void)n;
	*bad_col = 0;
	if (v < 0)
		return 0;
	name = fields[field_index(vt->name)].name(v);
	if (name != NULL)
		sbuf_adds(out, name);
	else
		sbuf_printf(out, "%d", v);
	return 1;
}

static const char *field_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	*help = "A value by name";
	return ace_name_at(fields[field_index(vt->name)].names, i);
}

/* Names of lists: a number must be of the right kind. */
static bool acl_number_is(bool std, unsigned long v)
{
	if (std)
		return (v >= 1 && v <= 99) || (v >= 1300 && v <= 1999);
	return (v >= 100 && v <= 199) || (v >= 2000 && v <= 2699);
}

static int acl_num_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool std = strcmp(vt->name, "acl_num_std") == 0;
	unsigned long v;

	(void)n;
	*bad_col = 0;
	if (!number_read(t[0], UINT32_MAX, &v) || !acl_number_is(std, v))
		return 0;
	sbuf_printf(out, "%lu", v);
	return 1;
}

static int acl_name_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool std = strcmp(vt->name, "acl_std") == 0;
	unsigned long v;

	if (number_read(t[0], UINT32_MAX, &v)) {
		*bad_col = 0;
		if (!acl_number_is(std, v))
			return 0;
	} else if (isdigit((unsigned char)t[0][0])) {
		*bad_col = 0;
		return 0;
	}
	return name_parse(vt, t, n, out, bad_col);
}

static const char *acl_name_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	bool std = strstr(vt->name, "std") != NULL;
	bool number = strncmp(vt->name, "acl_num", 7) == 0;
	const char *const words[][2] = {
		{ std ? "<1-99>" : "<100-199>",
			std ? "Standard IP access-list number"
			    : "Extended IP access-list number" },
		{ std ? "<1300-1999>" : "<2000-2699>",
			"Access-list number (expanded range)" },
		{ "WORD", "Access-list name" },
	};

	if (i >= ARRAY_LEN(words) - (number ? 1 : 0))
		return NULL;
	*help = words[i][1];
	return words[i][0];
}

// clang-format off
static const struct value_type acl_types[] = {
	{ .name = "ace_proto", .parse = proto_parse, .choice = proto_choice,
	  .next = group_next, .display = "<0-255>", .sample = "esp" },
	{ .name = "svc_proto", .parse = proto_parse, .choice = proto_choice,
	  .display = "<0-255>", .sample = "esp" },
	{ .name = "ace_addr", .parse = ace_addr_parse,
	  .choice = ace_addr_choice, .next = group_next,
	  .display = "A.B.C.D", .sample = "10.1.0.0 0.0.255.255" },
	{ .name = "std_addr", .parse = ace_addr_parse,
	  .choice = ace_addr_choice, .display = "A.B.C.D",
	  .sample = "10.1.0.0 0.0.255.255" },
	{ .name = "tcp_port", .parse = ace_port_parse,
	  .choice = ace_port_choice, .next = ace_port_next, .display = "eq",
	  .sample = "eq 848" },
	{ .name = "udp_port", .parse = ace_port_parse,
	  .choice = ace_port_choice, .next = ace_port_next, .display = "eq",
	  .sample = "eq 848" },
	{ .name = "tcp_svc", .parse = ace_port_parse,
	  .choice = ace_port_choice, .next = ace_port_next, .display = "eq",
	  .sample = "eq 848" },
	{ .name = "udp_svc", .parse = ace_port_parse,
	  .choice = ace_port_choice, .next = ace_port_next, .display = "eq",
	  .sample = "eq 848" },
	{ .name = "ttl_op", .parse = ace_port_parse,
	  .choice = ace_port_choice, .next = ace_port_next, .display = "eq",
	  .sample = "gt 1" },
	{ .name = "tcp_bit", .parse = tcp_flag_parse,
	  .choice = tcp_flag_choice, .display = "syn", .sample = "syn" },
	{ .name = "tcp_flag", .parse = tcp_flag_parse,
	  .choice = tcp_flag_choice, .display = "+syn", .sample = "+syn" },
	{ .name = "icmp_msg", .parse = icmp_parse, .choice = icmp_choice,
	  .display = "<0-255>", .sample = "echo" },
	{ .name = "dscp", .parse = field_parse, .choice = field_choice,
	  .display = "<0-63>", .sample = "ef" },
	{ .name = "precedence", .parse = field_parse, .choice = field_choice,
	  .display = "<0-7>", .sample = "critical" },
	{ .name = "tos", .parse = field_parse, .choice = field_choice,
	  .display = "<0-15>", .sample = "min-delay" },
	{ .name = "acl_num_std", .parse = acl_num_parse,
	  .choice = acl_name_choice, .display = "<1-99>", .sample = "10" },
	{ .name = "acl_num_ext", .parse = acl_num_parse,
	  .choice = acl_name_choice, .display = "<100-199>",
	  .sample = "101" },
	{ .name = "acl_ext", .parse = acl_name_parse,
	  .choice = acl_name_choice, .display = "WORD", .sample = "LIST" },
	{ .name = "acl_std", .parse = acl_name_parse,
	  .choice = acl_name_choice, .display = "WORD", .sample = "LIST" },
};
// clang-format on

void types_acl_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(acl_types); i++)
		value_type_add(g, &acl_types[i]);
	types_acl6_register(g);
}
