/* An invented command set (see parser_table.h). */
#include "parser_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mode_def modes[] = {
	{ T_EXEC, 0, "#", "Exec", false },
	{ T_CONFIG, 0, "(config)#", "Configure", true },
	{ T_PORT, T_CONFIG, "(config-port)#", "Port configuration", true },
	{ T_LIST, T_CONFIG, "(config-list)#", "List configuration", true },
	{ T_SERVER, T_CONFIG, "(server)#", "Server configuration", true },
	{ T_KEEP, T_CONFIG, "(keep)#", "Kept configuration", true },
};

static int do_nothing(struct cmd_call *call)
{
	(void)call;
	return 0;
}

/* --- a type of two tokens: "Fast 0/1", also written "fa0/1" --- */

static const char *const port_words[] = { "Fast", "Giga" };

static int port_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t letters = strcspn(t[0], "0123456789/");
	const char *word = NULL, *unit = t[0] + letters;

	(void)vt;
	for (size_t i = 0; i < ARRAY_LEN(port_words); i++)
		if (letters > 0 &&
			strncasecmp(port_words[i], t[0], letters) == 0)
			word = port_words[i];
	if (word == NULL)
		return 0;
	if (*unit == '\0' && n == 1)
		return -1;
	bool two = *unit == '\0';

	if (two)
		unit = t[1];
	if (strspn(unit, "0123456789/") != strlen(unit)) {
		*bad_col = two ? letters + 1 : letters;
		*bad_col += strspn(unit, "0123456789/");
		return 0;
	}
	sbuf_printf(out, "%s%s", word, unit);
	return two ? 2 : 1;
}

static const char *port_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	*help = i == 0 ? "Fast port" : "Giga port";
	return i < ARRAY_LEN(port_words) ? port_words[i] : NULL;
}

/* Giga ports stand before Fast ones. */
static int port_cmp(const char *a, const char *b)
{
	if (a[0] != b[0])
		return a[0] > b[0] ? -1 : 1;
	return strverscmp(a, b);
}

static const struct value_type port_type = {
	.name = "port",
	.parse = port_parse,
	.choice = port_choice,
	.cmp = port_cmp,
	.more = "<0-9>",
	.sample = "Fast0/1",
};

/* --- a number with names --- */

static int service_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	(void)bad_col;
	if (strcmp(t[0], "www") == 0)
		sbuf_adds(out, "80");
	else if (strspn(t[0], "0123456789") == strlen(t[0]))
		sbuf_printf(out, "%d", atoi(t[0]) & 0xffff);
	else
		return 0;
	return 1;
}

static void service_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	(void)vt;
	sbuf_adds(out, strcmp(stored, "80") == 0 ? "www" : stored);
}

static const struct value_type service_type = {
	.name = "service",
	.parse = service_parse,
	.print = service_print,
	.display = "<0-65535>",
	.sample = "www",
};

/* --- an operator and its operand: each has choices of its own --- */

static int compare_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)bad_col;
	if (strcmp(t[0], "eq") != 0 && strcmp(t[0], "gt") != 0)
		return 0;
	if (n < 2)
		return -1;
	if (strcmp(t[1], "red") != 0 && strcmp(t[1], "green") != 0)
		return 0;
	sbuf_printf(out, "%s %s", t[0], t[1]);
	return 2;
}

static const char *compare_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const words[] = { "eq", "gt" };

	(void)vt;
	*help = "Compare";
	return i < ARRAY_LEN(words) ? words[i] : NULL;
}

static const char *compare_next(const struct value_type *vt,
	const char *const *t, size_t n, size_t i, const char **help)
{
	static const char *const words[] = { "red", "green", "WORD" };

	(void)vt;
	(void)n;
	*help = strcmp(t[0], "eq") == 0 ? "Exactly" : "Beyond";
	return i < ARRAY_LEN(words) ? words[i] : NULL;
}

static const struct value_type compare_type = {
	.name = "compare",
	.parse = compare_parse,
	.choice = compare_choice,
	.next = compare_next,
	.display = "eq",
	.sample = "eq red",
};

/* --- exec --- */

#define EXEC(name, text, help_text, ...)                                       \
	static const struct command name = { .mode = T_EXEC,                   \
		.grammar = text,                                               \
		.help = help_text,                                             \
		.exec = do_nothing,                                            \
		__VA_ARGS__ }

#define SHOW "show  Show running system information\n"
EXEC(x_version, "show version", SHOW "version  Version\n", .flags = CMD_PIPE);
EXEC(x_format, "show format", SHOW "format  Format\n", .level = 1);
EXEC(x_dhcp, "show ip dhcp [<n:1-10>]",
	SHOW "ip  IP\ndhcp  DHCP\n<n>  Number\n", .level = 1);
EXEC(x_dot11, "show dot11 associations",
	SHOW "dot11  Radio\nassociations  Who\n", .level = 1);
EXEC(x_name, "show ip name {<n:1-99>|<name:word>}",
	SHOW "ip  IP\nname  Names\n<n>  Number\n<name>  Name\n", .level = 1);
EXEC(x_dir, "dir", "dir  List files\n", .level = 1);
EXEC(x_disable, "disable [<level:0-15>]",
	"disable  Turn off privileged commands\n<level>  Level\n", .level = 1);
EXEC(x_disconnect, "disconnect", "disconnect  Disconnect\n", .level = 1);
EXEC(x_logging, "logging <host:ip4>", "logging  Log\n<host>  Address\n",
	.level = 1);
EXEC(x_reload, "reload", "reload  Halt and restart\n", .level = 15);
EXEC(x_zap, "disturb", "", .flags = CMD_HIDDEN);
EXEC(x_no, "terminal no monitor", "terminal  T\nno  N\nmonitor  M\n",
	.level = 1);

/* --- configuration --- */

const struct command t_hostname = {
	.mode = T_CONFIG,
	.order = 10,
	.grammar = "hostname <name:word>",
	.deflt = "hostname Router",
	.flags = CMD_PRINT_DEFAULT,
	.help = "hostname  Set the name\n<name>  Name\n",
	.sample = "hostname R1",
};
const struct command t_routing = {
	.mode = T_CONFIG,
	.order = 20,
	.grammar = "ip routing",
	.flags = CMD_DEFAULT_ON,
	.help = "ip  IP\nrouting  Route\n",
};
const struct command t_lookup = {
	.mode = T_CONFIG,
	.order = 20,
	.grammar = "ip lookup [source <from:port>]",
	.deflt = "no ip lookup",
	.flags = CMD_PRINT_DEFAULT,
	.help = "ip  IP\nlookup  Look up\nsource  From\n<from>  Port\n",
};
const struct command t_user = {
	.mode = T_CONFIG,
	.order = 30,
	.grammar = "user <name!:word> [level <level:0-15=1>] secret <s:word>",
	.help = "user  User\n<name>  Name\nlevel  Privilege\n<level>  Level\n"
		"secret  Secret\n<s>  Text\n",
	.sample = "user bob secret x\nuser eve level 1 secret x\n"
		  "user eve level 15 secret x",
};
const struct command t_port = {
	.mode = T_CONFIG,
	.enters = T_PORT,
	.order = 40,
	.grammar = "port <name!:port>",
	.help = "port  Select a port\n<name>  Port number\n",
	.sample = "port Fast 0/1\nport gi0/10",
};
const struct command t_server = {
	.mode = T_CONFIG,
	.enters = T_SERVER,
	.order = 50,
	.grammar = "server local",
	.help = "server  Server\nlocal  Here\n",
};
const struct command t_route = {
	.mode = T_CONFIG,
	.order = 60,
	.grammar = "ip route [vrf <vrf!:word>] <net!:ip4> <mask!:mask4> "
		   "{<hop!:ip4>|<via!:port>} [<distance:1-255=1>] "
		   "[name <name:word>]",
	.help = "ip  IP\nroute  Static route\nvrf  VRF\n<vrf>  Name\n"
		"<net>  Network\n<mask>  Mask\n<hop>  Next hop\n<via>  Port\n"
		"<distance>  Distance\nname  Name\nname#2  Name\n"
		"<name>  Text\n",
	.sample = "ip route 10.0.0.0 255.0.0.0 192.0.2.1\n"
		  "ip route vrf A 10.0.0.0 255.0.0.0 Giga0/1 20 name x",
};
const struct command t_list = {
	.mode = T_CONFIG,
	.enters = T_LIST,
	.order = 70,
	.grammar = "list <name!:word>",
	.help = "list  List\n<name>  Name\n",
};
const struct command t_step = {
	.mode = T_CONFIG,
	.order = 80,
	.grammar = "step <name!:word> [<n:1-9>]",
	.flags = CMD_ORDERED,
	.help = "step  Step\n<name>  Name\n<n>  Count\n",
};
const struct command t_halt = {
	.mode = T_CONFIG,
	.order = 80,
	.grammar = "halt <name!:word>",
	.flags = CMD_ORDERED,
	.help = "halt  Halt\n<name>  Name\n",
};
const struct command t_trigger = {
	.mode = T_CONFIG,
	.order = 90,
	.grammar = "trigger <name:word>",
	.flags = CMD_NO_SAVE,
	.help = "trigger  Trigger\n<name>  Name\n",
};
static const struct command t_make = {
	.mode = T_CONFIG,
	.grammar = "make <name:word>",
	.exec = do_nothing,
	.help = "make  Make\n<name>  Name\n",
};
static const struct command t_exit = {
	.grammar = "exit",
	.exec = do_nothing,
	.help = "exit  Exit from this mode\n",
};
static const struct command t_weather = {
	.mode = T_CONFIG,
	.enters = T_KEEP,
	.order = 100,
	.grammar = "weather <id!:1-9>",
	.flags = CMD_HARMLESS,
};
static const struct command t_kept = {
	.mode = T_KEEP,
	.grammar = "<text!:line>",
	.flags = CMD_HARMLESS | CMD_ORDERED,
};

/* --- in a port --- */

const struct command t_note = {
	.mode = T_PORT,
	.order = 10,
	.grammar = "note <text:line>",
	.help = "note  Comment\n<text>  Text\n",
};
const struct command t_address = {
	.mode = T_PORT,
	.order = 20,
	.grammar = "ip address {dhcp|<ip:ip4> <mask:mask4>}",
	.deflt = "no ip address",
	.flags = CMD_PRINT_DEFAULT,
	.help = "ip  IP\naddress  Address\ndhcp  By DHCP\n<ip>  Address\n"
		"<mask>  Mask\n",
};
static const struct command t_secondary = {
	.mode = T_PORT,
	.order = 21,
	.grammar = "ip address <ip!:ip4> <mask!:mask4> !secondary",
	.help = "ip  IP\naddress  Address\n<ip>  Address\n<mask>  Mask\n"
		"secondary  One more\n",
};
const struct command t_shutdown = {
	.mode = T_PORT,
	.order = 30,
	.grammar = "shutdown",
	.help = "shutdown  Turn off\n",
};
const struct command t_duplex = {
	.mode = T_PORT,
	.order = 25,
	.grammar = "duplex <rest:line>",
	.flags = CMD_HARMLESS,
};

/* --- in the server --- */

const struct command t_retransmit = {
	.mode = T_SERVER,
	.order = 50,
	.grammar = "rekey retransmit <secs:10-60> {number <n:1-10>|periodic}",
	.deflt = "rekey retransmit 10 number 2",
	.help = "rekey       Rekey options\n"
		"retransmit  Retransmission of rekey messages\n"
		"<secs>      Seconds between copies\n"
		"number      Limit the number of copies\n"
		"<n>         Copies after the first message\n"
		"periodic    Repeat until acknowledged\n",
	.sample = "rekey retransmit 20 periodic",
};
const struct command t_cipher = {
	.mode = T_SERVER,
	.order = 10,
	.grammar = "encr~encryption {des|3des|aes [128|192|256]}",
	.deflt = "encr des",
	.help = "encr  Cipher\ndes  DES\n3des  3DES\naes  AES\n128  Bits\n"
		"192  Bits\n256  Bits\n",
};
const struct command t_services = {
	.mode = T_SERVER,
	.order = 20,
	.grammar = "services <s:service...>",
	.help = "services  Services\n<s>  Port\n",
	.sample = "services 80 81 www",
};
const struct command t_timer = {
	.mode = T_SERVER,
	.order = 30,
	.grammar = "timer <secs:1-100=30> [spread <ms:0-9=3>]",
	.deflt = "timer",
	.help = "timer  Timer\n<secs>  Seconds\nspread  Jitter\n<ms>  By\n",
	.sample = "timer 30 spread 3\ntimer 31\ntimer spread 4",
};

static const struct command t_select = {
	.mode = T_SERVER,
	.order = 40,
	.grammar = "select <how!:compare> [now]",
	.help = "select  Select\n<how>  How\nnow  Now\n",
};

/* --- in a list --- */

static int entry_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	struct derivation *d = node_drv_mut(n);
	const struct node *last = node_last(section, &t_entry);

	(void)t;
	if (drv_set(d, "seq"))
		return 0;
	if (node_twin(section, d) != NULL)
		return -1;
	if (node_u32(last, "seq") > 1000000) {
		sbuf_adds(why, "% No more numbers");
		return -1;
	}
	drv_put_u32(d, "seq", node_u32(last, "seq") + 10);
	return 0;
}

const struct command t_entry = {
	.mode = T_LIST,
	.grammar = "[<seq!:1-2147483647>] {permit|deny} "
		   "{ip|tcp|<proto:0-255>} "
		   "{any|host <src:ip4>|<src:ip4> <srcw:wild4>} "
		   "{any|host <dst:ip4>|<dst:ip4> <dstw:wild4>} "
		   "{log|fragments|dscp <dscp:0-63>}*",
	.fixup = entry_fixup,
	.help = "<seq>  Sequence Number\npermit  Forward\ndeny  Reject\n"
		"ip  Any\ntcp  TCP\n<proto>  Number\n"
		"any  Any host\nhost  One host\n<src>  Source\n"
		"<srcw>  Wildcard\n<dst>  Destination\n<dstw>  Wildcard\n"
		"log  Log\nfragments  Fragments\ndscp  DSCP\n<dscp>  Value\n",
	.sample = "10 permit ip any any\n"
		  "20 deny tcp host 10.0.0.1 10.0.0.0 0.0.0.255 dscp 3 log",
};

static const struct command *const table[] = { &x_version, &x_format, &x_dhcp,
	&x_dot11, &x_name, &x_dir, &x_disable, &x_disconnect, &x_logging,
	&x_reload, &x_zap, &x_no, &t_hostname, &t_routing, &t_lookup, &t_user,
	&t_port, &t_server, &t_route, &t_list, &t_step, &t_halt, &t_trigger,
	&t_make, &t_exit, &t_weather, &t_kept, &t_note, &t_address,
	&t_secondary, &t_shutdown, &t_duplex, &t_retransmit, &t_cipher,
	&t_services, &t_timer, &t_select, &t_entry };

struct grammar *table_grammar(void)
{
	struct grammar *g = grammar_new(modes, ARRAY_LEN(modes));

	value_type_add(g, &port_type);
	value_type_add(g, &service_type);
	value_type_add(g, &compare_type);
	grammar_add(g, table, ARRAY_LEN(table));
	return g;
}

/* --- the bench --- */

static void bench_start(struct bench *b)
{
	b->t = tree_new(b->g, T_CONFIG);
	b->c = commit_new(b->t);
	position_reset(&b->at, T_CONFIG);
}

void bench_init(struct bench *b)
{
	*b = (struct bench){ .g = table_grammar() };
	bench_start(b);
}

void bench_init_like(struct bench *b, const struct bench *other)
{
	*b = (struct bench){ .g = other->g, .shared = true };
	bench_start(b);
}

void bench_fini(struct bench *b)
{
	position_free(&b->at);
	commit_free(b->c);
	tree_free(b->t);
	if (!b->shared)
		grammar_free(b->g);
	sbuf_free(&b->why);
}

bool bench_line(struct bench *b, const char *line)
{
	struct match m;
	struct node *section, *out = NULL;
	bool ok;

	sbuf_trunc(&b->why, 0);
	load_match(b->c, b->t, &b->at, 15, line, &m);
	section = position_node(&b->at, b->t);
	ok = m.kind == MATCH_EMPTY;
	if (m.kind == MATCH_OK && m.cmd == &t_exit) {
		position_up(&b->at, b->g);
		ok = true;
	} else if (m.kind == MATCH_OK && m.cmd->exec == NULL &&
		   section != NULL) {
		ok = commit_line(b->c, section, &m, &out, &b->why) == COMMIT_OK;
	}
	if (out != NULL)
		position_push(&b->at, node_command(out)->enters, out);
	match_free(&m);
	return ok;
}

void bench_lines(struct bench *b, const char *lines)
{
	char *text = xstrdup(lines), *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l != NULL;
		l = strtok_r(NULL, "\n", &save))
		if (!bench_line(b, l)) {
			fprintf(stderr, "not taken: %s (%s)\n", l,
				sbuf_str(&b->why));
			abort();
		}
	free(text);
}

char *bench_text(const struct bench *b)
{
	struct sbuf out = { 0 };

	tree_print(b->t, NULL, false, &out);
	return sbuf_take(&out);
}

void assert_tree(const struct bench *b, const char *text)
{
	char *have = bench_text(b);

	if (strcmp(have, text) != 0) {
		fprintf(stderr, "expected:\n%sfound:\n%s", text, have);
		abort();
	}
	free(have);
}
