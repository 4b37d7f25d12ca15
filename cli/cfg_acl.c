/* IPv4 access lists (ios-cli.md 8): named and numbered, standard and extended,
 * as sections of numbered entries; `access-list N` lines become such sections,
 * as on IOS XE.  The views are in acl_view.c. */
#include "cli/acl.h"
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
	"tos <tos:tos>|ttl <ttl:ttl_op>|option <option:ip_option>|fragments|"  \
	"log [<tag:word>]|log-input [<input_tag:word>]|"                       \
	"time-range <range:name>|reflect <reflect:name>}*"
#define ACE_EXT                                                                \
	"{remark <text:line>|{permit|deny} {"                                  \
	"tcp <src:ace_addr> [<sport:tcp_port>] <dst:ace_addr> "                \
		"[<dport:tcp_port>] [{established|"                            \
		"{match-all|match-any} <flags:tcp_flag...>|"                   \
		"<flag:tcp_bit...>}]|"                                         \
	"udp <src:ace_addr> [<sport:udp_port>] <dst:ace_addr> "                \
		"[<dport:udp_port>]|"                                          \
	"icmp <src:ace_addr> <dst:ace_addr> [<icmp:icmp_msg>]|"                \
	"igmp <src:ace_addr> <dst:ace_addr> [<igmp_msg:igmp_type>]|"           \
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
	"igmp  Internet Gateway Message Protocol\n"                            \
	"<igmp_msg>  IGMP message type\n"                                      \
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
	"<input_tag>  User defined cookie\n"                                   \
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
static int evaluate_exec(struct cmd_call *c);

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

const struct command cfg_ace_ext = {
	.mode = MODE_EXT_NACL,
	.order = 10,
	.grammar = "[<seq!:1-2147483647>] " ACE_EXT,
	.help = "<seq>  Sequence Number\n" HELP_ACE_EXT,
	.fixup = ace_fixup,
	.sample =
		"10 permit icmp any any\n"
		"20 deny udp any eq 848 any eq 848\n"
		"30 permit tcp host 10.0.0.1 gt 1023 any eq www 443 "
		"established\n"
		"40 deny ip 10.0.0.0 0.0.255.255 any dscp ef log\n"
		"50 permit icmp any any port-unreachable\n"
		"60 remark branch sites\n"
		"70 permit tcp any range 1 ftp any match-all +syn -ack\n"
		"80 permit esp any any fragments\n"
		"90 permit udp any any neq snmp precedence critical ttl gt 1\n"
		"100 permit object-group SVC object-group SITES host 10.1.1.1\n"
		"110 deny ip any any option record-route\n"
		"120 permit igmp any any host-query",
};

const struct command cfg_ace_std = {
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

static const struct command evaluate = {
	.mode = MODE_EXT_NACL,
	.grammar = "[<seq:1-2147483647>] evaluate <name:name>",
	.help = "<seq>  Sequence Number\n"
		"evaluate  Evaluate an access list\n"
		"<name>  IP reflexive access list name\n",
	.flags = CMD_HIDDEN,
	.exec = evaluate_exec,
	.sample = "evaluate BACK",
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

int ace_number(struct node *section, struct node *n, const char *keyword,
	uint32_t max, struct sbuf *why)
{
	struct derivation *d = node_drv_mut(n);
	const struct command *c = node_command(n);
	uint32_t seq = drv_u32(d, "seq"), last;
	char key[32];

	if (node_twin(section, d) != NULL)
		return -1;
	if (seq != 0) {
		snprintf(key, sizeof(key), "%s%u", keyword, seq);
		if (node_find(section, c, key) == NULL)
			return 0;
		sbuf_adds(why, "% Duplicate sequence number");
		return -1;
	}
	last = node_u32(node_last(section, c), "seq");
	if (last > max - SEQ_STEP) {
		sbuf_adds(why, "% Access rule sequence number has exceeded "
			       "its maximum");
		return -1;
	}
	drv_put_u32(d, "seq", last + SEQ_STEP);
	return 0;
}

static int ace_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)t;
	return ace_number(section, n, "", SEQ_MAX, why);
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
		list_renumber(r, ext, &cfg_ace_ext, MODE_EXT_NACL, start, step);
	else
		list_renumber(r, std, &cfg_ace_std, MODE_STD_NACL, start, step);
	return CMD_DONE;
}

/* --- checks --- */

#define NO_REFLEXION "% Reflexive access lists are not supported"

static int evaluate_exec(struct cmd_call *c)
{
	sbuf_adds(c->out, NO_REFLEXION "\n");
	return CMD_FAILED;
}

static bool group_missing(const struct router *r, const struct command *kind,
	const char *stored, struct sbuf *why)
{
	const char *name = group_value(stored);

	if (name == NULL || node_find(tree_root(r->tree), kind, name) != NULL)
		return false;
	sbuf_printf(why, "%% Object group %s does not exist", name);
	return true;
}

static bool has_groups(const struct node *ace)
{
	return group_value(node_str(ace, "proto")) != NULL ||
	       group_value(node_str(ace, "src")) != NULL ||
	       group_value(node_str(ace, "dst")) != NULL;
}

/* What a policy of keys cannot say: it is sent to others as it is. */
static bool ace_fits_gdoi(const struct node *ace, struct sbuf *why)
{
	if (has_groups(ace))
		sbuf_adds(why, "% Object groups are not supported in an "
			       "access list of a GDOI policy");
	else if (node_str(ace, "range") != NULL)
		sbuf_adds(why, "% Time ranges are not supported in an access "
			       "list of a GDOI policy");
	else
		return true;
	return false;
}

bool acl_fits_gdoi(const struct router *r, const char *name, struct sbuf *why)
{
	struct node *list = node_find(tree_root(r->tree), &cfg_acl_ext, name);

	if (list == NULL)
		return true;
	for (struct node *e = node_child(list, &cfg_ace_ext, NULL); e != NULL;
		e = node_child(list, &cfg_ace_ext, e)) {
		if (!ace_fits_gdoi(e, why))
			return false;
	}
	return true;
}

int ace_check(const struct router *r, const struct node *section,
	const struct node *ace, struct sbuf *why)
{
	const char *option = node_str(ace, "option");
	auto_sbuf struct sbuf unfit = { 0 };

	if (node_str(ace, "reflect") != NULL) {
		sbuf_adds(why, NO_REFLEXION);
		return -1;
	}
	if (group_missing(r, &cfg_group_svc, node_str(ace, "proto"), why) ||
		group_missing(r, &cfg_group_net, node_str(ace, "src"), why) ||
		group_missing(r, &cfg_group_net, node_str(ace, "dst"), why))
		return -1;
	if (!ace_fits_gdoi(ace, &unfit) && section != NULL &&
		gdoi_uses_acl(r, node_str(section, "name"))) {
		sbuf_adds(why, sbuf_str(&unfit));
		return -1;
	}
	if (option != NULL && !ace_option_known((uint16_t)ace_table_value(
				      "ip_option", option)))
		keep_warn(why, "no packet is matched by this IP option");
	return 0;
}

bool acl_name_taken(const struct router *r, const struct command *kind,
	const char *name, struct sbuf *why)
{
	static const struct {
		const struct command *kind;
		const char *text;
	} kinds[] = {
		{ &cfg_acl_std, "standard IP" },
		{ &cfg_acl_ext, "extended IP" },
		{ &cfg_acl6, "IPv6" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].kind == kind ||
			node_find(tree_root(r->tree), kinds[i].kind, name) ==
				NULL)
			continue;
		sbuf_printf(why,
			"Access-list type conflicts with prior definition\n"
			"%% A named %s access list with this name already "
			"exists",
			kinds[i].text);
		return true;
	}
	return false;
}

bool group_is_used(const struct router *r, const char *name)
{
	static const char *const slots[] = { "proto", "src", "dst" };
	struct node *root = tree_root(r->tree);

	for (struct node *l = node_child(root, &cfg_acl_ext, NULL); l != NULL;
		l = node_child(root, &cfg_acl_ext, l)) {
		for (struct node *e = node_child(l, &cfg_ace_ext, NULL);
			e != NULL; e = node_child(l, &cfg_ace_ext, e)) {
			for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
				const char *g =
					group_value(node_str(e, slots[i]));

				if (g != NULL && strcmp(g, name) == 0)
					return true;
			}
		}
	}
	return false;
}

static int acl_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	const struct command *c;

	(void)t;
	if (new == NULL || node_negated(new))
		return 0;
	c = node_command(new);
	if (c == &cfg_acl_ext || c == &cfg_acl_std)
		return old == NULL && acl_name_taken(
					      r, c, node_str(new, "name"), why)
			       ? -1
			       : 0;
	if (c != &cfg_ace_ext || node_has(new, "remark"))
		return 0;
	return ace_check(r, section, new, why);
}

static void acl_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_acl_ext,
		&cfg_acl_std, NULL };
	struct subscriber s = { .name = "access lists",
		.commands = commands,
		.check = acl_check,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_acl_ext, &cfg_acl_std,
	&cfg_ace_ext, &cfg_ace_std, &numbered_std, &numbered_ext, &resequence,
	&evaluate };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_acl = { &commands, acl_subscribe };
