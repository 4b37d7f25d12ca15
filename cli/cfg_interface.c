/* interface sections (ios-cli.md 7): state, MTU, the netdev behind the name,
 * the crypto map; what else stands in them is in cfg_if_*.c.  The view is
 * struct iface_policy of router/box.h.  An interface that is configured is up
 * unless `shutdown` says otherwise. */
#include "cli/cfg_if.h"
#include "cli/keep.h"
#include "router/ifname.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int interface_typed(const struct cmd_typed *t, struct sbuf *why);

const struct command cfg_interface = {
	.mode = MODE_CONFIG,
	.enters = MODE_IF,
	.order = ORDER_INTERFACE,
	.grammar = "interface <name!:ifname>",
	.help = "interface  Select an interface to configure\n"
		"<name>  Interface name\n",
	.typed = interface_typed,
	.sample = "interface GigabitEthernet0/1\ninterface Loopback0",
};

const struct command cfg_if_description = {
	.mode = MODE_IF,
	.order = 10,
	.grammar = "description <text:line>",
	.help = "description  Interface specific description\n"
		"<text>  Up to 200 characters describing this interface\n",
};

static const struct command if_netdev = {
	.mode = MODE_IF,
	.order = 15,
	.grammar = "netdev <name:netdev>",
	.help = "netdev  Linux network device behind this interface\n"
		"<name>  Device name, as ip link shows it\n",
};

static const struct command if_mtu = {
	.mode = MODE_IF,
	.order = 20,
	.grammar = "mtu <bytes:64-18000>",
	.deflt = "mtu 1500",
	.help = "mtu  Set the interface Maximum Transmission Unit (MTU)\n"
		"<bytes>  MTU size in bytes\n",
};

const struct command cfg_if_shutdown = {
	.mode = MODE_IF,
	.order = 60,
	.grammar = "shutdown",
	.help = "shutdown  Shutdown the selected interface\n",
};

const struct command cfg_if_crypto_map = {
	.mode = MODE_IF,
	.order = 200,
	.grammar = "crypto map <name:name>",
	.help = HELP_CRYPTO "map  Assign a Crypto Map\n"
			    "<name>  Crypto Map tag\n",
};

static const struct command if_crypto_map6 = {
	.mode = MODE_IF,
	.order = 201,
	.grammar = "ipv6 crypto map <name:name>",
	.help = HELP_IF_IPV6 "crypto  Encryption/Decryption commands\n"
			     "map  Assign a Crypto Map\n"
			     "<name>  Crypto Map tag\n",
};

/* Only what is a name can be removed.  IOS says so much to `no interface` of a
 * logical one. */
static int interface_typed(const struct cmd_typed *t, struct sbuf *why)
{
	const char *name = drv_str(t->drv, "name");

	if (t->to_default) {
		sbuf_printf(why, "Interface %s set to default configuration\n",
			name);
		return 0;
	}
	if (!t->negated)
		return 0;
	if (ifname_is_physical(name)) {
		sbuf_adds(why, "% Removal of physical interfaces is not "
			       "permitted\n");
		return -1;
	}
	if (t->old != NULL)
		sbuf_adds(why, "% Not all config may be removed and may "
			       "reappear after reactivating the "
			       "logical-interface/sub-interfaces\n");
	return 0;
}

/* A kind that Linux does not have by itself, without a device told for it. */
static void kept_check(const struct node *new, struct sbuf *why)
{
	if (ifname_is_kept(node_str(new, "name")) &&
		node_child(new, &if_netdev, NULL) == NULL)
		keep_warn(why, "no such network device");
}

static int interface_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	static if_check_fn *const kinds[] = { if_vlan_check, if_ip_check,
		if_ip6_check, if_vrf_check };
	const struct command *c = node_command(new != NULL ? new : old);

	(void)t;
	if (c == &cfg_interface && new != NULL && !node_negated(new))
		kept_check(new, why);
	for (size_t i = 0; i < ARRAY_LEN(kinds) && c->mode == MODE_IF; i++) {
		if (kinds[i](r, section, old, new, why) != 0)
			return -1;
	}
	if ((c == &cfg_if_crypto_map || c == &if_crypto_map6) && new != NULL &&
		!node_negated(new) &&
		!crypto_map_exists(
			r, node_str(new, "name"), c == &if_crypto_map6)) {
		sbuf_printf(why,
			"ERROR: Crypto Map with tag \"%s\" does not exist.",
			node_str(new, "name"));
		return -1;
	}
	return 0;
}

static void iface_view(
	const struct router *r, const struct node *n, struct iface_policy *p)
{
	const char *netdev = node_str(node_child(n, &if_netdev, NULL), "name");
	const char *map =
		node_str(node_child(n, &cfg_if_crypto_map, NULL), "name");
	const char *map6 = node_str(node_child(n, &if_crypto_map6, NULL), "name");
	const struct node *mtu = node_child(n, &if_mtu, NULL);

	strlcpy(p->ifname, node_str(n, "name"), sizeof(p->ifname));
	if (netdev != NULL)
		strlcpy(p->netdev, netdev, sizeof(p->netdev));
	if (map != NULL)
		strlcpy(p->crypto_map, map, sizeof(p->crypto_map));
	if (map6 != NULL)
		strlcpy(p->crypto_map6, map6, sizeof(p->crypto_map6));
	if (mtu != NULL)
		p->mtu = (uint16_t)node_u32(mtu, "bytes");
	p->shutdown = node_child(n, &cfg_if_shutdown, NULL) != NULL;
	if_ip_view(r, n, p);
	if_ip6_view(n, p);
	if_vlan_view(n, p);
	if_vrf_view(n, p);
}

static void interface_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	auto_free struct iface_policy *v = NULL;
	size_t n = 0;

	(void)t;
	if (r->box == NULL)
		return;
	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		v = xreallocarray(v, n + 1, sizeof(*v));
		v[n] = (struct iface_policy){ 0 };
		iface_view(r, i, &v[n++]);
	}
	box_set_ifaces(r->box, v, n);
}

static bool names_map(const struct node *n, const char *name)
{
	return n != NULL && strcmp(node_str(n, "name"), name) == 0;
}

void crypto_map_interfaces(const struct router *r, const char *name,
	void (*fn)(void *ctx, const char *ifname), void *ctx)
{
	struct node *root = tree_root(r->tree);

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (names_map(node_child(i, &cfg_if_crypto_map, NULL), name) ||
			names_map(node_child(i, &if_crypto_map6, NULL), name))
			fn(ctx, node_str(i, "name"));
	}
}

static void interface_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_interface,
		NULL };
	struct subscriber s = { .name = "interfaces",
		.commands = commands,
		.check = interface_check,
		.settle = interface_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_interface,
	&cfg_if_description, &if_netdev, &if_mtu, &cfg_if_shutdown,
	&cfg_if_crypto_map, &if_crypto_map6 };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_interface = { &commands, interface_subscribe };
