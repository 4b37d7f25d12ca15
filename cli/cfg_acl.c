/* IPv4 access lists (ios-cli.md 8): named and numbered, standard and extended,
 * as sections of numbered entries; `access-list N` lines become such sections,
 * as on IOS XE.  The views are struct acl of dataplane/selector.h. */
#include "cli/cfg.h"
#include "cli/keep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQ_MAX  2147483647U
#define SEQ_STEP 10U

// clang-format off
#define ACE_OPTIONS                                                            \
	"{dscp <dscp:dscp>|precedence <precedence:precedence>|"                \
	"tos <tos:tos>|ttl <ttl:ttl_op>|option <option:name>|fragments|"       \
	"log [<tag:word>]|log-input|time-range <range:name>|"                  \
	"reflect <reflect:name>}*"
#define ACE_EXT                                                                \
	"{remark <text:line>|{permit|deny} {"                                  \
	"tcp <src:ace_addr> [<sport:tcp_port>] <dst:ace_addr> "                \
		"[<dport:tcp_port>] [{established|"                            \
		"{match-all|match-any} <flags:tcp_flag...>|"                   \
		"<flag:tcp_bit...>}]|"                                         \
	"udp <src:ace_addr> [<sport:udp_port>] <dst:ace_addr> "                \
		"[<dport:udp_port>]|"                                          \
	"icmp <src:ace_addr> <dst:ace_addr> [<icmp:icmp_msg>]|"                \
	"<proto:ace_proto> <src:ace_addr> <dst:ace_addr>} " ACE_OPTIONS "}"
#define ACE_STD "{remark <text:line>|{permit|deny} <src:std_addr> [log]}"

#define HELP_ACE                                                               \
	"remark  Access list entry comment\n"                                  \
	"<text>  Comment up to 100 characters\n"                               \
	"permit  Specify packets to forward\n"                                 \
	"deny  Specify packets to reject\n"                                    \
	"<src>  Source address\n"                                              \
	"log  Log matches against this entry\n"
#define HELP_ACE_EXT HELP_ACE                                                  \
	"tcp  Transmission Control Protocol\n"                                 \
	"udp  User Datagram Protocol\n"                                        \
	"icmp  Internet Control Message Protocol\n"                            \
	"<proto>  An IP protocol number\n"                                     \
	"<sport>  Source port\n"                                               \
	"<dst>  Destination address\n"                                         \
	"<dport>  Destination port\n"                                          \
	"established  Match established connections\n"                         \
	"match-all  Match if all specified flags are present\n"                \
	"match-any  Match if any specified flag is present\n"                  \
	"<flags>  A flag, + set or - cleared\n"                                \
	"<flag>  Match on a flag\n"                                            \
	"<icmp>  ICMP message type\n"                                          \
	"dscp  Match packets with given dscp value\n"                          \
	"<dscp>  Differentiated services codepoint value\n"                    \
	"precedence  Match packets with given precedence value\n"              \
	"<precedence>  Precedence value\n"                                     \
	"tos  Match packets with given TOS value\n"                            \
	"<tos>  Type of service value\n"                                       \
	"ttl  Match packets with given TTL value\n"                            \
	"<ttl>  Operator and value\n"                                          \
	"option  Match packets with given IP Options value\n"                  \
	"<option>  IP Options value\n"                                         \
	"fragments  Check non-initial fragments\n"                             \
	"<tag>  User defined cookie\n"                                         \
	"log-input  Log matches against this entry, with input interface\n"    \
	"time-range  Specify a time-range\n"                                   \
	"<range>  Time-range entry name\n"                                     \
	"reflect  Create reflexive access list entry\n"                        \
	"<reflect>  Access-list name\n"
#define HELP_LIST HELP_IP                                                      \
	"access-list  Named access-list\n"
// clang-format on

static int ace_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int numbered_std_exec(struct cmd_call *c);
static int numbered_ext_exec(struct cmd_call *c);
static int resequence_exec(struct cmd_call *c);

const struct command cfg_acl_ext = {
	.mode = MODE_CONFIG,
	.enters = MODE_EXT_NACL,
	.order = ORDER_ACL_EXT,
	.grammar = "ip access-list extended <name!:acl_ext>",
	.help = HELP_LIST "extended  Extended Access List\n"
			  "<name>  Access-list name\n",
	.sample = "ip access-list extended LIST\nip access-list extended 101",
};

const struct command cfg_acl_std = {
	.mode = MODE_CONFIG,
	.enters = MODE_STD_NACL,
	.order = ORDER_ACL_STD,
	.grammar = "ip access-list standard <name!:acl_std>",
	.help = HELP_LIST "standard  Standard Access List\n"
			  "<name>  Access-list name\n",
	.sample = "ip access-list standard LIST\nip access-list standard 10",
};

static const struct command ace_ext = {
	.mode = MODE_EXT_NACL,
	.order = 10,
	.grammar = "[<seq!:1-2147483647>] " ACE_EXT,
	.help = "<seq>  Sequence Number\n" HELP_ACE_EXT,
	.fixup = ace_fixup,
	.sample = "10 permit icmp any any\n"
		  "20 deny udp any eq 848 any eq 848\n"
		  "30 permit tcp host 10.0.0.1 gt 1023 any eq www 443 "
		  "established\n"
		  "40 deny ip 10.0.0.0 0.0.255.255 any dscp ef log\n"
		  "50 permit icmp any any port-unreachable\n"
		  "60 remark branch sites\n"
		  "70 permit tcp any range 1 ftp any match-all +syn -ack\n"
		  "80 permit esp any any fragments\n"
		  "90 permit udp any any neq snmp precedence critical ttl gt 1",
};

static const struct command ace_std = {
	.mode = MODE_STD_NACL,
	.order = 10,
	.grammar = "[<seq!:1-2147483647>] " ACE_STD,
	.help = "<seq>  Sequence Number\n" HELP_ACE,
	.fixup = ace_fixup,
	.sample = "10 permit 203.0.113.1\n"
		  "20 deny 203.0.113.0 0.0.0.7 log\n"
		  "30 permit any",
};

static const struct command numbered_std = {
	.mode = MODE_CONFIG,
	.grammar = "access-list <number!:acl_num_std> " ACE_STD,
	.help = "access-list  Add an access list entry\n"
		"<number>  IP standard access list\n" HELP_ACE,
	.exec = numbered_std_exec,
	.sample = "access-list 10 permit 203.0.113.0 0.0.0.255",
};

static const struct command numbered_ext = {
	.mode = MODE_CONFIG,
	.grammar = "access-list <number!:acl_num_ext> " ACE_EXT,
	.help = "access-list  Add an access list entry\n"
		"<number>  IP extended access list\n" HELP_ACE_EXT,
	.exec = numbered_ext_exec,
	.sample = "access-list 101 permit udp host 10.0.0.1 eq 848 any",
};

static const struct command resequence = {
	.mode = MODE_CONFIG,
	.grammar = "ip access-list resequence <name:word> "
		   "<start:1-2147483647> <step:1-2147483647>",
	.help = HELP_LIST "resequence  Resequence Access List\n"
			  "<name>  Access-list name\n"
			  "<start>  Starting Sequence Number\n"
			  "<step>  Step to increment the sequence number\n",
	.exec = resequence_exec,
	.sample = "ip access-list resequence LIST 10 10",
};

/* The entry without its number: what makes two entries equal. */
static void ace_body(
	const struct command *c, const struct derivation *d, struct sbuf *out)
{
	auto_sbuf struct sbuf line = { 0 };
	const char *s;

	print_command(c, d, false, &line);
	s = sbuf_str(&line);
	while (isdigit((unsigned char)*s))
		s++;
	while (*s == ' ')
		s++;
	sbuf_adds(out, s);
}

/* Numbers a new entry.  One that is there already is dropped without a word,
 * so that a list may be pasted twice. */
static int ace_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	struct derivation *d = node_drv_mut(n);
	const struct command *c = node_command(n);
	uint32_t seq = drv_u32(d, "seq"), last;
	char key[16];

	(void)t;
	if (node_twin(section, d) != NULL)
		return -1;
	if (seq != 0) {
		snprintf(key, sizeof(key), "%u", seq);
		if (node_find(section, c, key) == NULL)
			return 0;
		sbuf_adds(why, "% Duplicate sequence number");
		return -1;
	}
	last = node_u32(node_last(section, c), "seq");
	if (last > SEQ_MAX - SEQ_STEP) {
		sbuf_adds(why, "% Access rule sequence number has exceeded "
			       "its maximum");
		return -1;
	}
	drv_put_u32(d, "seq", last + SEQ_STEP);
	return 0;
}

/* `access-list N entry` is the entry typed in the section of that number. */
static int numbered_exec(struct cmd_call *c, const char *kind, uint16_t mode)
{
	const struct router *r = c->router;
	auto_sbuf struct sbuf head = { 0 }, line = { 0 }, why = { 0 };
	struct node *section = NULL;
	const char *entry;

	sbuf_printf(&head, "%sip access-list %s %s", c->negated ? "no " : "",
		kind, drv_str(c->drv, "number"));
	if (!config_line(r, MODE_CONFIG, tree_root(r->tree), sbuf_str(&head),
		    &section, &why) ||
		c->negated)
		goto out;
	print_command(c->cmd, c->drv, false, &line);
	entry = strchr(sbuf_str(&line) + strlen("access-list "), ' ');
	if (section != NULL && entry != NULL)
		config_line(r, mode, section, entry + 1, NULL, &why);
out:
	if (why.n == 0)
		return CMD_DONE;
	sbuf_printf(c->out, "%s\n", sbuf_str(&why));
	return CMD_FAILED;
}

static int numbered_std_exec(struct cmd_call *c)
{
	return numbered_exec(c, "standard", MODE_STD_NACL);
}

static int numbered_ext_exec(struct cmd_call *c)
{
	return numbered_exec(c, "extended", MODE_EXT_NACL);
}

/* Takes the entries out and puts them back under their new numbers. */
static void list_renumber(const struct router *r, struct node *section,
	const struct command *c, uint16_t mode, uint32_t start, uint32_t step)
{
	auto_sbuf struct sbuf bodies = { 0 }, why = { 0 };
	struct node *e;
	uint32_t seq = start;
	char *save = NULL;

	while ((e = node_child(section, c, NULL)) != NULL) {
		auto_sbuf struct sbuf no = { 0 };

		ace_body(c, node_drv(e), &bodies);
		sbuf_addc(&bodies, '\n');
		sbuf_printf(&no, "no %u", node_u32(e, "seq"));
		if (!config_line(r, mode, section, sbuf_str(&no), NULL, &why))
			return;
	}
	if (bodies.n == 0)
		return;
	for (char *b = strtok_r(bodies.s, "\n", &save); b != NULL;
		b = strtok_r(NULL, "\n", &save)) {
		auto_sbuf struct sbuf line = { 0 };

		sbuf_printf(&line, "%u %s", seq, b);
		config_line(r, mode, section, sbuf_str(&line), NULL, &why);
		seq += step;
	}
}

static int resequence_exec(struct cmd_call *c)
{
	const struct router *r = c->router;
	struct node *root = tree_root(r->tree);
	const char *name = drv_str(c->drv, "name");
	uint32_t start = drv_u32(c->drv, "start");
	uint32_t step = drv_u32(c->drv, "step");
	struct node *ext = node_find(root, &cfg_acl_ext, name);
	struct node *std = node_find(root, &cfg_acl_std, name);
	struct node *list = ext != NULL ? ext : std;
	uint64_t n = 0;

	if (list == NULL) {
		sbuf_adds(c->out, "% Access-list does not exist\n");
		return CMD_FAILED;
	}
	for (struct node *e = node_first(list); e != NULL; e = node_next(e))
		n++;
	if (start + n * step > SEQ_MAX) {
		sbuf_adds(c->out, "% Sequence number exceeds the maximum\n");
		return CMD_FAILED;
	}
	if (ext != NULL)
		list_renumber(r, ext, &ace_ext, MODE_EXT_NACL, start, step);
	else
		list_renumber(r, std, &ace_std, MODE_STD_NACL, start, step);
	return CMD_DONE;
}

static int16_t proto_view(const struct derivation *d)
{
	const char *name;

	if (drv_has(d, "tcp"))
		return 6;
	if (drv_has(d, "udp"))
		return 17;
	if (drv_has(d, "icmp"))
		return 1;
	name = drv_str(d, "proto");
	if (isdigit((unsigned char)name[0]))
		return (int16_t)strtol(name, NULL, 10);
	return (int16_t)proto_number(name);
}

static void icmp_view(const char *stored, struct ace *e)
{
	int type, code;

	if (icmp_numbers(stored, &e->icmp_type, &e->icmp_code))
		return;
	switch (sscanf(stored, "%d %d", &type, &code)) {
	case 2:
		e->icmp_code = (int16_t)code;
		/* fallthrough */
	case 1:
		e->icmp_type = (int16_t)type;
		break;
	default:
		break;
	}
}

static void flags_view(const struct derivation *d, struct ace *e)
{
	e->established = drv_has(d, "established");
	e->tcp_any = drv_has(d, "match-any") || drv_count(d, "flag") > 0;
	for (size_t i = 0; i < drv_count(d, "flag"); i++)
		e->tcp_set |= tcp_flag_value(drv_str_at(d, "flag", i));
	for (size_t i = 0; i < drv_count(d, "flags"); i++) {
		const char *f = drv_str_at(d, "flags", i);

		if (f[0] == '-')
			e->tcp_clear |= tcp_flag_value(f + 1);
		else
			e->tcp_set |= tcp_flag_value(f + 1);
	}
}

static void options_view(const struct derivation *d, struct ace *e)
{
	if (drv_set(d, "dscp"))
		e->dscp = ace_field_value("dscp", drv_str(d, "dscp"));
	if (drv_set(d, "precedence"))
		e->precedence =
			ace_field_value("precedence", drv_str(d, "precedence"));
	if (drv_set(d, "tos"))
		e->tos = ace_field_value("tos", drv_str(d, "tos"));
	if (drv_set(d, "ttl"))
		ace_port_value(drv_str(d, "ttl"), 0, &e->ttl);
	e->fragments = drv_has(d, "fragments");
	e->log = drv_has(d, "log") || drv_has(d, "log-input");
}

static void ace_ext_view(const struct node *n, struct ace *e)
{
	const struct derivation *d = node_drv(n);

	*e = ace_any(drv_has(d, "permit"));
	e->seq = drv_u32(d, "seq");
	e->proto = proto_view(d);
	e->src = ace_addr_value(drv_str(d, "src"));
	e->dst = ace_addr_value(drv_str(d, "dst"));
	ace_port_value(drv_str(d, "sport"), e->proto, &e->sport);
	ace_port_value(drv_str(d, "dport"), e->proto, &e->dport);
	if (drv_set(d, "icmp"))
		icmp_view(drv_str(d, "icmp"), e);
	flags_view(d, e);
	options_view(d, e);
}

static void ace_std_view(const struct node *n, struct ace *e)
{
	const struct derivation *d = node_drv(n);

	*e = ace_any(drv_has(d, "permit"));
	e->seq = drv_u32(d, "seq");
	e->src = ace_addr_value(drv_str(d, "src"));
	e->log = drv_has(d, "log");
}

/* Remarks are no entries; one that asks for an IP option is left out, for no
 * packet without that option may match it. */
static bool list_view(const struct router *r, const struct command *list,
	const struct command *entry, const char *name, struct acl *out)
{
	struct node *section = node_find(tree_root(r->tree), list, name);
	size_t cap = 0;

	*out = (struct acl){ 0 };
	if (section == NULL)
		return false;
	snprintf(out->name, sizeof(out->name), "%s", name);
	for (struct node *n = node_child(section, entry, NULL); n != NULL;
		n = node_child(section, entry, n)) {
		if (node_has(n, "remark") ||
			(entry == &ace_ext && node_has(n, "option")))
			continue;
		if (out->n == cap) {
			cap = cap == 0 ? 16 : 2 * cap;
			out->v = xreallocarray(out->v, cap, sizeof(*out->v));
		}
		if (entry == &ace_ext)
			ace_ext_view(n, &out->v[out->n++]);
		else
			ace_std_view(n, &out->v[out->n++]);
	}
	return true;
}

bool acl_view(const struct router *r, const char *name, struct acl *out)
{
	return list_view(r, &cfg_acl_ext, &ace_ext, name, out);
}

bool acl_view_std(const struct router *r, const char *name, struct acl *out)
{
	return list_view(r, &cfg_acl_std, &ace_std, name, out);
}

/* What is kept but not evaluated is said once, at the line. */
static int acl_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_command(new) != &ace_ext || node_negated(new) ||
		node_has(new, "remark"))
		return 0;
	if (node_has(new, "option") || node_has(new, "time-range") ||
		node_has(new, "reflect"))
		keep_warn(why, "IP options, time ranges and reflexive lists "
			       "are not evaluated");
	return 0;
}

static void acl_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_acl_ext, NULL };
	static const struct subscriber s = {
		.name = "access lists", .commands = commands, .check = acl_check
	};

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_acl_ext, &cfg_acl_std,
	&ace_ext, &ace_std, &numbered_std, &numbered_ext, &resequence };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_acl = { &commands, acl_subscribe };
