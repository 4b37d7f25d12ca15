/* IPv6 lines of an interface (ios-cli.md 7). */
#include "cli/cfg_if.h"
#include "cli/keep.h"

#include <string.h>

static int ll_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int address_typed(const struct cmd_typed *t, struct sbuf *why);

#define HELP_ADDRESS                                                           \
	HELP_IF_IPV6 "address  Configure IPv6 address on interface\n"

static const struct command if_address6 = {
	.mode = MODE_IF,
	.order = 84,
	.grammar = "ipv6 address <prefix!:prefix6> [eui-64]",
	.help = HELP_ADDRESS "<prefix>  IPv6 prefix\n"
			     "eui-64  Use eui-64 interface identifier\n",
	.sample = "ipv6 address 2001:DB8:1::1/64\n"
		  "ipv6 address 2001:DB8:2::/64 eui-64",
};

static const struct command if_link_local = {
	.mode = MODE_IF,
	.order = 83,
	.grammar = "ipv6 address <addr:ip6> link-local",
	.help = HELP_ADDRESS "<addr>  IPv6 link-local address\n"
			     "link-local  Use link-local address\n",
	.fixup = ll_fixup,
	.sample = "ipv6 address FE80::1 link-local",
};

static const struct command if_auto6 = {
	.mode = MODE_IF,
	.order = 85,
	.grammar = "ipv6 address {!autoconf [default]|!dhcp}",
	.help = HELP_ADDRESS
	"autoconf  Obtain address using autoconfiguration\n"
	"default  Insert default route\n"
	"dhcp  Obtain a ipv6 address using dhcp\n",
	.sample = "ipv6 address autoconf\nipv6 address dhcp",
};

/* `no ipv6 address`: all of them. */
static const struct command if_no_address6 = {
	.mode = MODE_IF,
	.order = 86,
	.grammar = "ipv6 address",
	.help = HELP_ADDRESS,
	.flags = CMD_NO_SAVE | CMD_HIDDEN,
	.typed = address_typed,
};

static const struct command if_enable6 = {
	.mode = MODE_IF,
	.order = 82,
	.grammar = "ipv6 enable",
	.help = HELP_IF_IPV6 "enable  Enable IPv6 on interface\n",
};

static int ll_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	struct ip_addr a = node_ip(n, "addr");

	(void)t;
	(void)section;
	if (ip_is_link_local(&a))
		return 0;
	sbuf_adds(why, "% Invalid link-local address");
	return -1;
}

static bool remove_all(struct commit *c, const struct node *section,
	const struct command *cmd, struct sbuf *why)
{
	bool any = false;
	struct node *n;

	while ((n = node_child(section, cmd, NULL)) != NULL) {
		if (!commit_remove(c, n, why))
			return any;
		any = true;
	}
	return any;
}

static bool remove_addresses(
	struct commit *c, const struct node *section, struct sbuf *why)
{
	bool any = remove_all(c, section, &if_address6, why);

	any |= remove_all(c, section, &if_link_local, why);
	return remove_all(c, section, &if_auto6, why) || any;
}

bool if_ip6_remove(
	struct commit *c, const struct node *section, struct sbuf *why)
{
	bool any = remove_addresses(c, section, why);

	return remove_all(c, section, &if_enable6, why) || any;
}

static int address_typed(const struct cmd_typed *t, struct sbuf *why)
{
	if (!t->negated && !t->to_default) {
		sbuf_adds(why, "% Incomplete command.\n");
		return -1;
	}
	remove_addresses(t->commit, t->section, why);
	return 0;
}

static bool prefix_read(const struct node *n, struct ip_prefix *out)
{
	return ip_prefix_parse(node_str(n, "prefix"), out);
}

/* The line, in another section of the same VRF, whose subnet is the same. */
static const struct node *overlap_find(struct node *root,
	const struct node *section, const struct ip_prefix *p)
{
	struct ip_prefix other;

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (i == section ||
			node_child(i, &cfg_if_shutdown, NULL) != NULL ||
			strcmp(if_vrf_name(i), if_vrf_name(section)) != 0)
			continue;
		for (struct node *a = node_child(i, &if_address6, NULL);
			a != NULL; a = node_child(i, &if_address6, a)) {
			if (prefix_read(a, &other) &&
				(ip_prefix_contains(&other, &p->addr) ||
					ip_prefix_contains(p, &other.addr)))
				return a;
		}
	}
	return NULL;
}

int if_ip6_check(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const struct node *other;
	struct ip_prefix p;

	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &if_auto6)
		keep_warn(why, node_has(new, "dhcp") ? "no DHCP client"
						     : "no autoconfiguration");
	if (node_command(new) != &if_address6 || !prefix_read(new, &p))
		return 0;
	other = overlap_find(tree_root(r->tree), section, &p);
	if (other == NULL)
		return 0;
	sbuf_printf(why, "%%%s: Error: %s is overlapping with %s on %s",
		node_str(section, "name"), node_str(new, "prefix"),
		node_str(other, "prefix"),
		node_str(node_parent(other), "name"));
	return -1;
}

void if_ip6_view(const struct node *section, struct iface_policy *p)
{
	const struct node *ll = node_child(section, &if_link_local, NULL);
	struct ip_prefix a;

	p->ipv6 = ll != NULL || node_child(section, &if_enable6, NULL) != NULL;
	if (ll != NULL && p->n_addr < IFACE_ADDRS_MAX)
		p->addr[p->n_addr++] =
			(struct ip_prefix){ node_ip(ll, "addr"), 64 };
	for (struct node *n = node_child(section, &if_address6, NULL);
		n != NULL; n = node_child(section, &if_address6, n)) {
		if (!prefix_read(n, &a) || p->n_addr == IFACE_ADDRS_MAX)
			continue;
		if (node_has(n, "eui-64"))
			p->eui64 |= 1u << p->n_addr;
		p->addr[p->n_addr++] = a;
		p->ipv6 = true;
	}
}

static const struct command *const list[] = { &if_address6, &if_link_local,
	&if_auto6, &if_no_address6, &if_enable6 };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_if_ip6 = { &commands, NULL };
