/* object-group network and service (ios-cli.md 8.4): named sets of addresses
 * and of ports that entries of access lists stand for, and show object-group
 * (show-output.md 3.9). */
#include "cli/acl.h"
#include "cli/json_config.h"

#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 16 /* groups in groups; check refuses circles */

#define HELP_GROUP "object-group  Configure an object group\n"
#define HELP_GROUP_IN                                                          \
	"group-object  Nested object group\n<group>  Object group name\n"

static int show_groups_exec(struct cmd_call *c);

const struct command cfg_group_net = {
	.mode = MODE_CONFIG,
	.enters = MODE_GROUP_NET,
	.order = ORDER_OBJECT_GROUP,
	.grammar = "object-group network <name!:name>",
	.help = HELP_GROUP
	"network  network group\n<name>  Object group name\n",
	.sample = "object-group network SITES",
};

const struct command cfg_group_svc = {
	.mode = MODE_CONFIG,
	.enters = MODE_GROUP_SVC,
	.order = ORDER_OBJECT_GROUP + 1,
	.grammar = "object-group service <name!:name>",
	.help = HELP_GROUP
	"service  service group\n<name>  Object group name\n",
	.sample = "object-group service MGMT_SVC",
};

#define DESCRIPTION                                                            \
	.order = 10, .grammar = "description <text:line>",                     \
	.help = "description  Object group description\n"                      \
		"<text>  Up to 200 characters describing the group\n"

const struct command cfg_group_text = { .mode = MODE_GROUP_NET, DESCRIPTION };
static const struct command svc_text = { .mode = MODE_GROUP_SVC, DESCRIPTION };

const struct command cfg_member_net = {
	.mode = MODE_GROUP_NET,
	.order = 20,
	.grammar = "{host <host!:ip4>|range <from!:ip4> <to!:ip4>|!any|"
		   "group-object <group!:name>|<net!:ip4> <mask!:mask4>}",
	.help = "host  Host address of the group-member\n"
		"<host>  Host address\n"
		"range  Match only addresses in the range\n"
		"<from>  Range starting address\n<to>  Range ending address\n"
		"any  Any host\n" HELP_GROUP_IN
		"<net>  Network address of the group members\n"
		"<mask>  Network mask\n",
	.flags = CMD_ORDERED,
	.sample = "host 10.64.1.9\nrange 10.1.1.3 10.1.1.9\nany\n"
		  "10.64.2.0 255.255.255.0",
};

const struct command cfg_member_svc = {
	.mode = MODE_GROUP_SVC,
	.order = 20,
	.grammar = "{!tcp [!source <sport!:tcp_svc>] [<dport!:tcp_svc>]|"
		   "!udp [!source <sport!:udp_svc>] [<dport!:udp_svc>]|"
		   "!tcp-udp [!source <sport!:tcp_svc>] [<dport!:tcp_svc>]|"
		   "!icmp [<icmp!:icmp_msg>]|group-object <group!:name>|!igmp|"
		   "<proto!:svc_proto>}",
	.help = "tcp  Transmission Control Protocol\n"
		"udp  User Datagram Protocol\n"
		"tcp-udp  TCP or UDP protocol\n"
		"source  Source port\n<sport>  Source port\n"
		"<dport>  Destination port\n"
		"icmp  Internet Control Message Protocol\n"
		"<icmp>  ICMP message type\n" HELP_GROUP_IN
		"igmp  Internet Group Management Protocol\n"
		"<proto>  An IP protocol number\n",
	.flags = CMD_ORDERED,
	.sample = "tcp eq 22\nudp source gt 1023 eq snmp\nicmp echo\n"
		  "tcp-udp range 5000 5010\nesp",
};

static const struct command show_groups = {
	.mode = MODE_EXEC,
	.grammar = "show object-group [<name:name>]",
	.help = "show  Show running system information\n"
		"object-group  List object groups\n"
		"<name>  Object group name\n",
	.flags = CMD_PIPE,
	.exec = show_groups_exec,
};

/* --- views --- */

static void net_add(struct net_set *s, uint32_t addr, uint32_t wild)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 16 : 2 * s->cap;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = (struct ip_wild){ addr, wild };
}

/* A range as the fewest prefixes. */
static void range_add(struct net_set *s, uint32_t from, uint32_t to)
{
	while (from <= to) {
		uint32_t wild = 0;

		while (wild != UINT32_MAX && (from & (2 * wild + 1)) == 0 &&
			from + (2 * wild + 1) <= to &&
			from + (2 * wild + 1) >= from)
			wild = 2 * wild + 1;
		net_add(s, from, wild);
		if (from + wild == UINT32_MAX)
			return;
		from += wild + 1;
	}
}

static void net_collect(const struct router *r, const char *name, int depth,
	struct net_set *out)
{
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_group_net, name);

	if (g == NULL || depth > NESTING_MAX)
		return;
	for (struct node *m = node_child(g, &cfg_member_net, NULL); m != NULL;
		m = node_child(g, &cfg_member_net, m)) {
		if (node_str(m, "group") != NULL)
			net_collect(r, node_str(m, "group"), depth + 1, out);
		else if (node_str(m, "host") != NULL)
			net_add(out, node_ip4(m, "host"), 0);
		else if (node_str(m, "from") != NULL)
			range_add(out, node_ip4(m, "from"), node_ip4(m, "to"));
		else if (node_str(m, "net") != NULL)
			net_add(out, node_ip4(m, "net"), ~node_ip4(m, "mask"));
		else
			net_add(out, 0, UINT32_MAX);
	}
}

void group_net_view(
	const struct router *r, const char *name, struct net_set *out)
{
	*out = (struct net_set){ 0 };
	net_collect(r, name, 0, out);
}

static struct ace *svc_add(struct svc_set *s, int16_t proto)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 16 : 2 * s->cap;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n] = ace_any(true);
	s->v[s->n].proto = proto;
	return &s->v[s->n++];
}

static void svc_ports_add(
	struct svc_set *s, const struct node *m, int16_t proto, int names)
{
	struct ace *e = svc_add(s, proto);

	ace_port_value(node_str(m, "sport"), names, &e->sport);
	ace_port_value(node_str(m, "dport"), names, &e->dport);
}

static void svc_member_view(struct svc_set *s, const struct node *m)
{
	if (node_has(m, "tcp")) {
		svc_ports_add(s, m, 6, 6);
	} else if (node_has(m, "udp")) {
		svc_ports_add(s, m, 17, 17);
	} else if (node_has(m, "tcp-udp")) {
		svc_ports_add(s, m, 6, 6);
		svc_ports_add(s, m, 17, 6);
	} else if (node_has(m, "icmp")) {
		struct ace *e = svc_add(s, 1);

		icmp_value(node_str(m, "icmp"), &e->icmp_type, &e->icmp_code);
	} else if (node_has(m, "igmp")) {
		svc_add(s, 2);
	} else {
		svc_add(s, proto_value(node_str(m, "proto")));
	}
}

static void svc_collect(const struct router *r, const char *name, int depth,
	struct svc_set *out)
{
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_group_svc, name);

	if (g == NULL || depth > NESTING_MAX)
		return;
	for (struct node *m = node_child(g, &cfg_member_svc, NULL); m != NULL;
		m = node_child(g, &cfg_member_svc, m)) {
		if (node_str(m, "group") != NULL)
			svc_collect(r, node_str(m, "group"), depth + 1, out);
		else
			svc_member_view(out, m);
	}
}

void group_svc_view(
	const struct router *r, const char *name, struct svc_set *out)
{
	*out = (struct svc_set){ 0 };
	svc_collect(r, name, 0, out);
}

/* --- checks --- */

/* Is `wanted` the group itself, or somewhere in it? */
static bool group_holds(const struct router *r, const struct command *kind,
	const struct command *member, const char *name, const char *wanted,
	int depth)
{
	const struct node *g = node_find(tree_root(r->tree), kind, name);

	if (strcmp(name, wanted) == 0)
		return true;
	if (g == NULL || depth > NESTING_MAX)
		return false;
	for (struct node *m = node_child(g, member, NULL); m != NULL;
		m = node_child(g, member, m)) {
		const char *in = node_str(m, "group");

		if (in != NULL &&
			group_holds(r, kind, member, in, wanted, depth + 1))
			return true;
	}
	return false;
}

static int nested_check(const struct router *r, const struct node *section,
	const struct node *new, struct sbuf *why)
{
	bool net = node_command(new) == &cfg_member_net;
	const struct command *kind = net ? &cfg_group_net : &cfg_group_svc;
	const char *in = node_str(new, "group");
	const char *self = node_str(section, "name");

	if (in == NULL)
		return 0;
	if (node_find(tree_root(r->tree), kind, in) == NULL) {
		sbuf_printf(why,
			"%% Object group %s does not exist or is of "
			"another type",
			in);
		return -1;
	}
	if (self != NULL &&
		group_holds(r, kind, net ? &cfg_member_net : &cfg_member_svc,
			in, self, 0)) {
		sbuf_printf(
			why, "%% Object group %s would contain itself", self);
		return -1;
	}
	return 0;
}

/* Does another group name it? */
static bool group_is_nested(const struct router *r, const char *name)
{
	static const struct command *const kinds[][2] = {
		{ &cfg_group_net, &cfg_member_net },
		{ &cfg_group_svc, &cfg_member_svc },
	};
	struct node *root = tree_root(r->tree);

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (struct node *g = node_child(root, kinds[k][0], NULL);
			g != NULL; g = node_child(root, kinds[k][0], g)) {
			for (struct node *m = node_child(g, kinds[k][1], NULL);
				m != NULL; m = node_child(g, kinds[k][1], m)) {
				const char *in = node_str(m, "group");

				if (in != NULL && strcmp(in, name) == 0)
					return true;
			}
		}
	}
	return false;
}

static int group_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	const struct node *n = new != NULL ? new : old;
	const struct command *c = node_command(n), *other;
	const char *name;

	(void)t;
	if (c == &cfg_member_net || c == &cfg_member_svc)
		return new == NULL ? 0 : nested_check(r, section, new, why);
	if (c != &cfg_group_net && c != &cfg_group_svc)
		return 0;
	name = node_str(n, "name");
	other = c == &cfg_group_net ? &cfg_group_svc : &cfg_group_net;
	if (new == NULL &&
		(group_is_used(r, name) || group_is_nested(r, name))) {
		sbuf_printf(why,
			"%% Object group %s is in use and cannot be "
			"removed",
			name);
		return -1;
	}
	if (new != NULL && node_find(tree_root(r->tree), other, name) != NULL) {
		sbuf_printf(why, "%% Object group %s exists with another type",
			name);
		return -1;
	}
	return 0;
}

/* --- show --- */

static void show_kind(
	const struct cmd_call *c, const struct command *kind, const char *title)
{
	struct node *root = tree_root(c->router->tree);
	const char *only = drv_str(c->drv, "name");

	for (struct node *g = node_child(root, kind, NULL); g != NULL;
		g = node_child(root, kind, g)) {
		const char *name = node_str(g, "name");

		if (only != NULL && strcmp(only, name) != 0)
			continue;
		sbuf_printf(c->out, "%s object group %s\n", title, name);
		for (struct node *m = node_first(g); m != NULL;
			m = node_next(m)) {
			if (node_command(m) == &cfg_group_text ||
				node_command(m) == &svc_text) {
				sbuf_printf(c->out, " Description %s\n",
					node_str(m, "text"));
				continue;
			}
			sbuf_addc(c->out, ' ');
			node_line(m, c->out);
			sbuf_addc(c->out, '\n');
		}
	}
}

static void groups_put(json_t *list, const struct cmd_call *c,
	const struct command *kind, const char *type)
{
	const struct tree *t = c->router->tree;
	const char *only = drv_str(c->drv, "name");
	struct node *root = tree_root(c->router->tree);

	for (struct node *g = node_child(root, kind, NULL); g != NULL;
		g = node_child(root, kind, g)) {
		const char *name = node_str(g, "name");
		json_t *o;

		if (only != NULL && strcmp(only, name) != 0)
			continue;
		o = ja_object(list);
		jo_str(o, "name", name);
		jo_str(o, "type", type);
		jo_set(o, "lines", section_json(t, g));
	}
}

static json_t *groups_json(const struct cmd_call *c)
{
	json_t *top = json_object(), *list = jo_array(top, "object_groups");

	groups_put(list, c, &cfg_group_net, "network");
	groups_put(list, c, &cfg_group_svc, "service");
	return top;
}

static int show_groups_exec(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, groups_json(c));
	show_kind(c, &cfg_group_net, "Network");
	show_kind(c, &cfg_group_svc, "Service");
	return CMD_DONE;
}

static void group_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_group_net,
		&cfg_group_svc, NULL };
	struct subscriber s = { .name = "object groups",
		.commands = commands,
		.check = group_check,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_group_net, &cfg_group_svc,
	&cfg_group_text, &svc_text, &cfg_member_net, &cfg_member_svc,
	&show_groups };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_objgroup = { &commands, group_subscribe };
