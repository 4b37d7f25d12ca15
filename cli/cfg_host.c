/* Host names (ios-cli.md 5): ip host, ip name-server, ip domain lookup; show
 * hosts. */
#include "cli/cfg.h"
#include "cli/host.h"
#include "cli/json.h"
#include "cli/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_hosts_exec(struct cmd_call *c);
static int domain_lookup_typed(const struct cmd_typed *t, struct sbuf *why);

static const struct command domain_lookup = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL,
	.grammar = "ip domain lookup",
	.deflt = "ip domain lookup",
	.help = HELP_IP "domain  IP DNS Resolver\n"
			"lookup  Enable IP Domain Name System hostname "
			"translation\n",
	.flags = CMD_DEFAULT_ON,
};

/* As older releases write it. */
static const struct command domain_lookup_old = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL,
	.grammar = "ip domain-lookup",
	.deflt = "ip domain-lookup",
	.help = HELP_IP "domain-lookup  Enable IP Domain Name System hostname "
			"translation\n",
	.flags = CMD_DEFAULT_ON | CMD_HIDDEN,
	.typed = domain_lookup_typed,
};

static const struct command name_server = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 2,
	.grammar = "ip name-server <server!:ip4...>",
	.help = HELP_IP "name-server  Specify address of name server to use\n"
			"<server>  Domain server IP address\n",
	.flags = CMD_ORDERED,
	.sample = "ip name-server 192.0.2.53\n"
		  "ip name-server 192.0.2.53 192.0.2.54",
};

static const struct command name_server6 = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 2,
	.grammar = "ip name-server <server!:ip6...>",
	.help = HELP_IP "name-server  Specify address of name server to use\n"
			"<server>  Domain server IP address\n",
	.sample = "ip name-server 2001:DB8::53",
};

const struct command cfg_ip_host = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 3,
	.grammar = "ip host <name!:word> <addr:ip4...>",
	.help = HELP_IP "host  Add an entry to the ip hostname table\n"
			"<name>  Name of host\n<addr>  Host IP address\n",
	.sample = "ip host PEER 192.0.2.1 192.0.2.2",
};

static const struct command ipv6_host = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 3,
	.grammar = "ipv6 host <name!:word> <addr:ip6...>",
	.help = "ipv6  Global IPv6 configuration commands\n"
		"host  Configure static hostnames\n"
		"<name>  Name of host\n<addr>  Host IPv6 address\n",
	.sample = "ipv6 host PEER 2001:DB8::1",
};

static const struct command show_hosts = {
	.mode = MODE_EXEC,
	.grammar = "show hosts",
	.help = "show  Show running system information\n"
		"hosts  IP domain-name, lookup style, nameservers, and host "
		"table\n",
	.flags = CMD_PIPE,
	.exec = show_hosts_exec,
};

static const struct command *const tables[] = { &cfg_ip_host, &ipv6_host };

static int domain_lookup_typed(const struct cmd_typed *t, struct sbuf *why)
{
	commit_text(t->commit, t->section, MODE_CONFIG,
		t->negated && !t->to_default ? "no ip domain lookup"
					     : "ip domain lookup",
		why);
	return -1;
}

static bool lookup_is_on(const struct router *r)
{
	return !node_negated(node_get(tree_root(r->tree), &domain_lookup));
}

enum host_result host_lookup(const struct router *r, const char *text,
	uint8_t family, struct ip_addr *out)
{
	if (ip_parse(text, out))
		return family == 0 || out->family == family ? HOST_FOUND
							    : HOST_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		const struct node *n =
			node_find(tree_root(r->tree), tables[i], text);
		const char *addr = node_str(n, "addr");

		if (addr != NULL && ip_parse(addr, out) &&
			(family == 0 || out->family == family))
			return HOST_FOUND;
	}
	return lookup_is_on(r) && r->loop != NULL ? HOST_ASK : HOST_UNKNOWN;
}

const char *host_name(const struct router *r, const struct ip_addr *addr)
{
	struct node *root = tree_root(r->tree);
	struct ip_addr a;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		for (struct node *n = node_child(root, tables[i], NULL);
			n != NULL; n = node_child(root, tables[i], n)) {
			const struct derivation *d = node_drv(n);

			for (size_t k = 0; k < drv_count(d, "addr"); k++) {
				if (ip_parse(drv_str_at(d, "addr", k), &a) &&
					ip_equal(&a, addr))
					return node_str(n, "name");
			}
		}
	}
	return NULL;
}

static void servers_view(const struct router *r, struct resolve_opts *o)
{
	struct node *root = tree_root(r->tree);

	for (struct node *n = node_child(root, &name_server, NULL); n != NULL;
		n = node_child(root, &name_server, n)) {
		const struct derivation *d = node_drv(n);

		for (size_t k = 0; k < drv_count(d, "server") &&
				   o->n_servers < RESOLVE_SERVERS_MAX;
			k++)
			o->n_servers += ip_parse(drv_str_at(d, "server", k),
				&o->server[o->n_servers]);
	}
}

struct resolve *host_query(const struct router *r, const char *name,
	uint8_t family, resolve_done_fn *done, void *ctx, struct sbuf *servers)
{
	struct resolve_opts o = { .family = family,
		.domain = node_str(
			node_child(tree_root(r->tree), &cfg_domain_name, NULL),
			"name") };
	char text[IP_TEXT];

	servers_view(r, &o);
	for (size_t i = 0; i < o.n_servers; i++)
		sbuf_printf(servers, "%s(%s)", i > 0 ? " " : "",
			ip_text(&o.server[i], text));
	if (o.n_servers == 0)
		sbuf_adds(servers, "(255.255.255.255)");
	return resolve_start(r->loop, name, &o, done, ctx);
}

/* --- show hosts --- */

static void hosts_table(
	struct node *root, const struct command *c, struct sbuf *out)
{
	for (struct node *n = node_child(root, c, NULL); n != NULL;
		n = node_child(root, c, n)) {
		const struct derivation *d = node_drv(n);

		sbuf_printf(out, "%-25s None  (perm, OK)  0   %-5s",
			node_str(n, "name"), c == &cfg_ip_host ? "IP" : "IPV6");
		for (size_t k = 0; k < drv_count(d, "addr"); k++)
			sbuf_printf(out, "%s%s", k > 0 ? " " : "",
				drv_str_at(d, "addr", k));
		sbuf_addc(out, '\n');
	}
}

static json_t *hosts_json(const struct router *r, const char *domain,
	const struct resolve_opts *o)
{
	json_t *top = json_object(), *list;

	jo_str(top, "domain", domain);
	jo_bool(top, "lookup", lookup_is_on(r));
	list = jo_array(top, "name_servers");
	for (size_t i = 0; i < o->n_servers; i++) {
		char text[IP_TEXT];

		ja_str(list, ip_text(&o->server[i], text));
	}
	list = jo_array(top, "hosts");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct node *root = tree_root(r->tree);

		for (struct node *n = node_child(root, tables[i], NULL);
			n != NULL; n = node_child(root, tables[i], n)) {
			json_t *host = ja_object(list), *addresses;

			jo_str(host, "name", node_str(n, "name"));
			addresses = jo_array(host, "addresses");
			for (size_t k = 0; k < drv_count(node_drv(n), "addr");
				k++)
				ja_str(addresses,
					drv_str_at(node_drv(n), "addr", k));
		}
	}
	return top;
}

static int show_hosts_exec(struct cmd_call *c)
{
	struct node *root = tree_root(c->router->tree);
	const char *domain =
		node_str(node_child(root, &cfg_domain_name, NULL), "name");
	struct resolve_opts o = { 0 };
	char text[IP_TEXT];

	servers_view(c->router, &o);
	sbuf_printf(c->out,
		"Default domain is %s\n"
		"Name/address lookup uses %s\n"
		"Name servers are ",
		domain != NULL ? domain : "not set",
		lookup_is_on(c->router) ? "domain service" : "static mappings");
	for (size_t i = 0; i < o.n_servers; i++)
		sbuf_printf(c->out, "%s%s", i > 0 ? ", " : "",
			ip_text(&o.server[i], text));
	sbuf_adds(c->out, o.n_servers == 0 ? "255.255.255.255\n\n" : "\n\n");
	sbuf_adds(c->out,
		"Codes: UN - unknown, EX - expired, OK - OK, ?? - revalidate\n"
		"       temp - temporary, perm - permanent\n"
		"       NA - Not Applicable None - Not defined\n\n"
		"Host                      Port  Flags      Age Type   "
		"Address(es)\n");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		hosts_table(root, tables[i], c->out);
	return cmd_json_if(c, hosts_json(c->router, domain, &o));
}

static int host_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new != NULL && node_command(new) == &name_server6)
		keep_warn(why, "name servers are asked over IPv4 only");
	return 0;
}

static void host_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &name_server6, NULL };
	struct subscriber s = { .name = "name servers",
		.commands = commands,
		.check = host_check };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &domain_lookup,
	&domain_lookup_old, &name_server, &name_server6, &cfg_ip_host, &ipv6_host,
	&show_hosts };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_host = { &commands, host_subscribe };
