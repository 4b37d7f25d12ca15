/* IPv6 access lists (ios-cli.md 8.3): `ipv6 access-list NAME`, entries with
 * their number in front, as IOS XE 16.12 prints it, or at the end. */
#include "cli/acl.h"

#include <stdio.h>
#include <string.h>

#define SEQ6_MAX 4294967294U

// clang-format off
#define ACE6                                                                   \
	"{permit|deny} {"                                                      \
	"tcp <src:ace6_addr> [<sport:tcp_port>] <dst:ace6_addr> "              \
		"[<dport:tcp_port>] [{established|"                            \
		"{match-all|match-any} <flags:tcp_flag...>|"                   \
		"<flag:tcp_bit...>}]|"                                         \
	"udp <src:ace6_addr> [<sport:udp_port>] <dst:ace6_addr> "              \
		"[<dport:udp_port>]|"                                          \
	"icmp <src:ace6_addr> <dst:ace6_addr> [<icmp6:icmp6_msg>]|"            \
	"<proto:ace6_proto> <src:ace6_addr> <dst:ace6_addr>} "                 \
	"{dscp <dscp:dscp>|flow-label <flow:0-1048575>|dest-option|routing|"   \
	"fragments|log|log-input|time-range <range:name>|"                     \
	"reflect <reflect:name>}*"
#define HELP_ACE6                                                              \
	"remark  Access list entry comment\n"                                  \
	"<text>  Comment up to 100 characters\n"                               \
	"sequence  Sequence number for this entry\n"                           \
	"<seq>  Sequence number\n"                                             \
	"permit  Specify packets to forward\n"                                 \
	"deny  Specify packets to reject\n"                                    \
	"tcp  Transmission Control Protocol\n"                                 \
	"udp  User Datagram Protocol\n"                                        \
	"icmp  Internet Control Message Protocol\n"                            \
	"<proto>  An IPv6 protocol\n"                                          \
	"<src>  Source address\n<sport>  Source port\n"                        \
	"<dst>  Destination address\n<dport>  Destination port\n"              \
	"established  Match established connections\n"                         \
	"match-all  Match if all specified flags are present\n"                \
	"match-any  Match if any specified flag is present\n"                  \
	"<flags>  A flag, + set or - cleared\n<flag>  Match on a flag\n"       \
	"<icmp6>  ICMPv6 message type\n"                                       \
	"dscp  Match packets with given dscp value\n"                          \
	"<dscp>  Differentiated services codepoint value\n"                    \
	"flow-label  Flow label\n<flow>  Flow label value\n"                   \
	"dest-option  Destination Option header (all types)\n"                 \
	"routing  Routing header (all types)\n"                                \
	"fragments  Check non-initial fragments\n"                             \
	"log  Log matches against this entry\n"                                \
	"log-input  Log matches against this entry, including input\n"         \
	"time-range  Specify a time-range\n<range>  Time-range entry name\n"   \
	"reflect  Create reflexive access list entry\n"                        \
	"<reflect>  Access-list name\n"
// clang-format on

static int ace6_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int ace6_tail_exec(struct cmd_call *c);

const struct command cfg_acl6 = {
	.mode = MODE_CONFIG,
	.enters = MODE_IPV6_NACL,
	.order = ORDER_ACL6,
	.grammar = "ipv6 access-list <name!:name>",
	.help = "ipv6  Global IPv6 configuration commands\n"
		"access-list  Configure access lists\n"
		"<name>  User selected string identifying this access list\n",
	.sample = "ipv6 access-list ORBIT_V6",
};

const struct command cfg_ace6 = {
	.mode = MODE_IPV6_NACL,
	.order = 10,
	.grammar =
		"[sequence <seq!:1-4294967294>] {remark <text:line>|" ACE6 "}",
	.help = HELP_ACE6,
	.fixup = ace6_fixup,
	.sample = "sequence 10 deny udp any any eq 848\n"
		  "sequence 20 permit ipv6 2001:DB8:1::/48 2001:DB8:2::/48\n"
		  "sequence 30 remark the rest\n"
		  "sequence 40 permit icmp any any nd-ns\n"
		  "sequence 50 permit tcp host 2001:DB8::1 gt 1023 any eq www "
		  "established log\n"
		  "sequence 60 permit hbh any any fragments\n"
		  "sequence 70 deny ipv6 any any dscp ef flow-label 7 routing",
};

static const struct command ace6_tail = {
	.mode = MODE_IPV6_NACL,
	.grammar = ACE6 " sequence <tail:1-4294967294>",
	.help = HELP_ACE6 "<tail>  Sequence number\n",
	.flags = CMD_HIDDEN,
	.exec = ace6_tail_exec,
	.sample = "permit tcp any any eq 22 sequence 20",
};

static int ace6_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)t;
	return ace_number(section, n, "sequence ", SEQ6_MAX, why);
}

/* The same entry with its number in front. */
static int ace6_tail_exec(struct cmd_call *c)
{
	auto_sbuf struct sbuf line = { 0 }, head = { 0 }, why = { 0 };
	struct node *section = session_section(c->session);
	const char *tail;

	print_command(c->cmd, c->drv, false, &line);
	tail = strstr(sbuf_str(&line), " sequence ");
	if (section == NULL || tail == NULL)
		return CMD_FAILED;
	sbuf_printf(&head, "%ssequence %u %.*s", c->negated ? "no " : "",
		drv_u32(c->drv, "tail"), (int)(tail - sbuf_str(&line)),
		sbuf_str(&line));
	if (config_line(c->router, MODE_IPV6_NACL, section, sbuf_str(&head),
		    NULL, &why) ||
		why.n == 0)
		return CMD_DONE;
	sbuf_printf(c->out, "%s\n", sbuf_str(&why));
	return CMD_FAILED;
}

static int acl6_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;

	(void)t;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &cfg_acl6)
		return old == NULL && acl_name_taken(r, &cfg_acl6,
					      node_str(new, "name"), why)
			       ? -1
			       : 0;
	if (node_command(new) != &cfg_ace6 || node_str(new, "reflect") == NULL)
		return 0;
	(void)section;
	sbuf_adds(why, "% Reflexive access lists are not supported");
	return -1;
}

static void acl6_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_acl6, NULL };
	struct subscriber s = { .name = "IPv6 access lists",
		.commands = commands,
		.check = acl6_check,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_acl6, &cfg_ace6,
	&ace6_tail };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_acl6 = { &commands, acl6_subscribe };
