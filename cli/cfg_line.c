/* line con 0, aux 0, vty A B and what stands below (ios-cli.md 6).  The vty
 * sections never overlap: who enters a range that cuts one splits it, and what
 * is typed goes to all sections of the range. */
#include "cli/cfg.h"
#include "cli/keep.h"
#include "cli/line.h"
#include "cli/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VTY_SPLIT       5 /* IOS never joins the lines 0 to 4 with the rest */
#define TIMEOUT_MINUTES 10
#define HISTORY_DEFAULT 20

#define HELP_LINE "line  Configure a terminal line\n"

const struct command cfg_line_con = {
	.mode = MODE_CONFIG,
	.enters = MODE_LINE,
	.flags = CMD_ADJACENT,
	.order = ORDER_LINE,
	.grammar = "line {!con~console|!aux} <n!:0-0>",
	.help = HELP_LINE "con  Primary terminal line\naux  Auxiliary line\n"
			  "<n>  Line number\n",
};

const struct command cfg_line_vty = {
	.mode = MODE_CONFIG,
	.enters = MODE_LINE,
	.flags = CMD_ADJACENT,
	.order = ORDER_LINE,
	.grammar = "line vty <first!:0-31> [<last!:1-31>]",
	.help = HELP_LINE "vty  Virtual terminal\n<first>  First Line number\n"
			  "<last>  Last Line number\n",
};

static int timeout_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)t;
	(void)section;
	(void)why;
	if (!drv_set(node_drv(n), "sec"))
		drv_put_u32(node_drv_mut(n), "sec", 0);
	return 0;
}

const struct command cfg_ln_exec_timeout = {
	.mode = MODE_LINE,
	.order = 10,
	.grammar = "exec-timeout <min:0-35791> [<sec:0-2147483>]",
	.deflt = "exec-timeout 10 0",
	.help = "exec-timeout  Set the EXEC timeout\n"
		"<min>  Timeout in minutes\n<sec>  Timeout in seconds\n",
	.fixup = timeout_fixup,
};

static const struct command ln_privilege = {
	.mode = MODE_LINE,
	.order = 20,
	.grammar = "privilege level <n:0-15>",
	.help = "privilege  Change privilege level for line\n"
		"level  Assign default privilege level for line\n"
		"<n>  Default privilege level for line\n",
};

static int password_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)section;
	return passwd_fixup(t, n, "password", why);
}

const struct command cfg_ln_password = {
	.mode = MODE_LINE,
	.order = 30,
	.grammar = "password <password:line_password>",
	.help = "password  Set a password\n<password>  The password\n",
	.fixup = password_fixup,
};

static const struct command ln_logging = {
	.mode = MODE_LINE,
	.order = 40,
	.grammar = "logging synchronous [level {all|<level:log_level>}] "
		   "[limit <limit:0-2147483647>]",
	.help = "logging  Modify message logging facilities\n"
		"synchronous  Synchronized message output\n"
		"level  Severity level to output asynchronously\n"
		"all  All severity levels\n<level>  Severity level\n"
		"limit  Messages queue size\n<limit>  Number of messages\n",
};

static const struct command ln_login = {
	.mode = MODE_LINE,
	.order = 50,
	.grammar = "login [{local|authentication <list:word>}]",
	.help = "login  Enable password checking\n"
		"local  Local password checking\n"
		"authentication  Authentication parameters\n"
		"<list>  Use an authentication list with this name\n",
	.flags = CMD_DEFAULT_ON | CMD_HARMLESS,
};

#define LN_NUMBER(name, word, lo, hi, dflt, what, ord)                         \
	static const struct command ln_##name = {                              \
		.mode = MODE_LINE,                                             \
		.order = ord,                                                  \
		.grammar = word " <n:" #lo "-" #hi ">",                        \
		.deflt = word " " #dflt,                                       \
		.help = what "<n>  Number\n",                                  \
	}
LN_NUMBER(length, "length", 0, 512, 24,
	"length  Set number of lines on a screen\n", 55);
LN_NUMBER(width, "width", 0, 512, 80,
	"width  Set width of the display terminal\n", 56);
LN_NUMBER(history, "history size", 0, 256, 20,
	"history  Enable and control the command history function\n"
	"size  Set history buffer size\n",
	57);

static const struct command ln_exec = {
	.mode = MODE_LINE,
	.order = 70,
	.grammar = "exec",
	.help = "exec  Configure EXEC\n",
	.flags = CMD_DEFAULT_ON,
};

static const struct command ln_access_class = {
	.mode = MODE_LINE,
	.order = 65,
	.grammar = "access-class <acl:word> {!in|!out} [vrf-also]",
	.help = "access-class  Filter connections based on an IP access list\n"
		"<acl>  Access list\nin  Filter incoming connections\n"
		"out  Filter outgoing connections\n"
		"vrf-also  Same access list is applied for all VRFs\n",
	.flags = CMD_HARMLESS,
};

static const struct command ln_transport = {
	.mode = MODE_LINE,
	.order = 80,
	.grammar = "transport {!input|!output|!preferred} <protocol:word...>",
	.help = "transport  Define transport protocols for line\n"
		"input  Which protocols to use when connecting to the "
		"terminal server\n"
		"output  Which protocols to use for outgoing connections\n"
		"preferred  Specify the preferred protocol to use\n"
		"<protocol>  none, all, ssh or telnet\n",
	.flags = CMD_HARMLESS | CMD_DEFAULT_ON,
};

/* Who may connect is for sshd to say: a line that would shut ssh out, or let
 * only some addresses in, is not in force. */
static int line_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	bool ssh = false;

	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &ln_access_class)
		keep_warn(why, "addresses are sshd's to check");
	if (node_command(new) != &ln_transport || !node_has(new, "input"))
		return 0;
	for (size_t i = 0; i < drv_count(node_drv(new), "protocol"); i++) {
		const char *p = drv_str_at(node_drv(new), "protocol", i);

		ssh |= strcasecmp(p, "ssh") == 0 || strcasecmp(p, "all") == 0;
	}
	if (!ssh)
		keep_warn(why, "only ssh comes in, by sshd");
	return 0;
}

/* --- the view --- */

unsigned line_number(const char *name)
{
	if (strncmp(name, "vty ", 4) == 0)
		return 1 + (unsigned)strtoul(name + 4, NULL, 10);
	return 0;
}

static unsigned vty_first(const struct node *n)
{
	return node_u32(n, "first");
}

static unsigned vty_last(const struct node *n)
{
	return drv_set(node_drv(n), "last") ? node_u32(n, "last")
					    : vty_first(n);
}

static const struct node *line_find(const struct router *r, const char *name)
{
	struct node *root = tree_root(r->tree), *n;
	unsigned vty;

	if (strncmp(name, "vty ", 4) != 0)
		return node_find(root, &cfg_line_con, name);
	vty = line_number(name) - 1;
	for (n = node_child(root, &cfg_line_vty, NULL); n != NULL;
		n = node_child(root, &cfg_line_vty, n))
		if (vty >= vty_first(n) && vty <= vty_last(n))
			return n;
	return NULL;
}

static int number_or_unset(const struct node *section, const struct command *c)
{
	const struct node *n = node_child(section, c, NULL);

	return n == NULL ? -1 : (int)node_u32(n, "n");
}

void line_view(
	const struct router *r, const char *name, struct line_config *out)
{
	const struct node *s = line_find(r, name), *n;

	*out = (struct line_config){ .timeout_secs = TIMEOUT_MINUTES * 60,
		.login = strncmp(name, "vty", 3) == 0 ? LINE_LOGIN_PASSWORD
						      : LINE_LOGIN_NONE,
		.privilege = -1,
		.length = -1,
		.width = -1,
		.history = HISTORY_DEFAULT };
	if (s == NULL)
		return;
	n = node_child(s, &cfg_ln_exec_timeout, NULL);
	if (n != NULL)
		out->timeout_secs =
			node_u32(n, "min") * 60 + node_u32(n, "sec");
	n = node_child(s, &ln_login, NULL);
	if (n != NULL)
		out->login = node_negated(n)        ? LINE_LOGIN_NONE
			     : node_has(n, "local") ? LINE_LOGIN_LOCAL
			     : node_has(n, "authentication")
				     ? LINE_LOGIN_LOCAL
				     : LINE_LOGIN_PASSWORD;
	out->password =
		node_str(node_child(s, &cfg_ln_password, NULL), "password");
	out->privilege = number_or_unset(s, &ln_privilege);
	out->length = number_or_unset(s, &ln_length);
	out->width = number_or_unset(s, &ln_width);
	if (number_or_unset(s, &ln_history) >= 0)
		out->history = (uint16_t)number_or_unset(s, &ln_history);
	out->no_exec = node_negated(node_child(s, &ln_exec, NULL));
	out->synchronous = node_child(s, &ln_logging, NULL) != NULL;
}

/* --- ranges --- */

static void vty_name(unsigned first, unsigned last, struct sbuf *out)
{
	sbuf_printf(out, "line vty %u", first);
	if (last > first)
		sbuf_printf(out, " %u", last);
}

/* Makes the section if it is missing and gives it the lines of `like`. */
static void vty_make(const struct router *r, unsigned first, unsigned last,
	const struct sbuf *lines)
{
	auto_sbuf struct sbuf name = { 0 }, why = { 0 };
	struct node *section;

	vty_name(first, last, &name);
	if (!config_line(r, MODE_CONFIG, tree_root(r->tree), sbuf_str(&name),
		    &section, &why) ||
		section == NULL)
		return;
	for (const char *p = sbuf_str(lines); *p != '\0';) {
		size_t n = strcspn(p, "\n");
		auto_sbuf struct sbuf line = { 0 };

		sbuf_add(&line, p, n);
		config_line(r, MODE_LINE, section, sbuf_str(&line), NULL, &why);
		p += n + (p[n] == '\n');
	}
}

static void vty_remove(const struct router *r, unsigned first, unsigned last)
{
	auto_sbuf struct sbuf line = { 0 }, why = { 0 };

	sbuf_adds(&line, "no ");
	vty_name(first, last, &line);
	config_line(r, MODE_CONFIG, tree_root(r->tree), sbuf_str(&line), NULL,
		&why);
}

static void vty_lines(const struct node *section, struct sbuf *out)
{
	for (const struct node *n = node_first(section); n != NULL;
		n = node_next(n)) {
		node_line(n, out);
		sbuf_addc(out, '\n');
	}
}

/* The section that holds the line, or NULL. */
static const struct node *vty_at(const struct router *r, unsigned vty)
{
	char name[24];

	snprintf(name, sizeof(name), "vty %u", vty);
	return line_find(r, name);
}

/* No section goes on from at - 1 to at any more. */
static void vty_split(const struct router *r, unsigned at)
{
	const struct node *n = vty_at(r, at);
	auto_sbuf struct sbuf lines = { 0 };

	if (n == NULL || vty_first(n) == at)
		return;
	unsigned first = vty_first(n), last = vty_last(n);

	vty_lines(n, &lines);
	vty_remove(r, first, last);
	vty_make(r, first, at - 1, &lines);
	vty_make(r, at, last, &lines);
}

/* Sections for the lines of the range that have none. */
static void vty_fill(const struct router *r, unsigned first, unsigned last)
{
	static const struct sbuf none;

	while (first <= last) {
		const struct node *n = vty_at(r, first);
		unsigned end = first;

		if (n != NULL) {
			first = vty_last(n) + 1;
			continue;
		}
		while (end < last && end + 1 != VTY_SPLIT &&
			vty_at(r, end + 1) == NULL)
			end++;
		vty_make(r, first, end, &none);
		first = end + 1;
	}
}

unsigned line_vty_prepare(const struct router *r, struct match *m)
{
	unsigned first = drv_u32(m->drv, "first");
	unsigned last =
		drv_set(m->drv, "last") ? drv_u32(m->drv, "last") : first;
	const struct node *n;

	if (last < first)
		last = first;
	vty_split(r, first);
	vty_split(r, last + 1);
	if (m->negated || m->to_default) {
		while (first <= last) {
			n = vty_at(r, first);
			unsigned end = n == NULL ? first : vty_last(n);

			if (n != NULL)
				vty_remove(r, first, end);
			first = end + 1;
		}
		return last;
	}
	vty_fill(r, first, last);
	n = vty_at(r, first);
	derivation_free(m->drv);
	m->drv = derivation_dup(node_drv(n));
	return last;
}

void line_vty_repeat(const struct router *r, const struct node *at,
	unsigned last, const char *line)
{
	if (node_command(at) != &cfg_line_vty)
		return;
	for (unsigned vty = vty_last(at) + 1; vty <= last;) {
		struct node *n = (struct node *)(uintptr_t)vty_at(r, vty);
		auto_sbuf struct sbuf why = { 0 };

		if (n == NULL)
			break;
		vty = vty_last(n) + 1;
		config_line(r, MODE_LINE, n, line, NULL, &why);
	}
}

void line_vty_join(const struct router *r)
{
	for (unsigned vty = 0; vty < 32;) {
		const struct node *n = vty_at(r, vty), *next;
		auto_sbuf struct sbuf a = { 0 }, b = { 0 };

		if (n == NULL) {
			vty++;
			continue;
		}
		unsigned first = vty_first(n), last = vty_last(n);

		vty = last + 1;
		next = vty_at(r, vty);
		if (next == NULL || vty == VTY_SPLIT)
			continue;
		vty_lines(n, &a);
		vty_lines(next, &b);
		if (strcmp(sbuf_str(&a), sbuf_str(&b)) != 0)
			continue;
		unsigned end = vty_last(next);

		vty_remove(r, first, last);
		vty_remove(r, vty, end);
		vty_make(r, first, end, &a);
		vty = first;
	}
}

static const struct command *const list[] = {
	&cfg_line_con,
	&cfg_line_vty,
	&cfg_ln_exec_timeout,
	&ln_privilege,
	&cfg_ln_password,
	&ln_logging,
	&ln_login,
	&ln_length,
	&ln_width,
	&ln_history,
	&ln_access_class,
	&ln_exec,
	&ln_transport,
};
static const struct command_list commands = { list, ARRAY_LEN(list) };

static void line_subscribe(struct router *r)
{
	static const struct command *const checked[] = { &ln_access_class,
		&ln_transport, NULL };
	struct subscriber s = {
		.name = "lines", .commands = checked, .check = line_check
	};

	commit_subscribe(r->commit, &s);
}

const struct feature feature_line = { &commands, line_subscribe };
