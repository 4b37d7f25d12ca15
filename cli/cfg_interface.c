/* interface sections (ios-cli.md 7): addresses, state, MTU, the netdev behind
 * the name, the crypto map.  The view is struct iface_policy of router/box.h.
 * An interface that is configured is up unless `shutdown` says otherwise. */
#include "cli/cfg.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define HELP_IF_IP "ip  Interface Internet Protocol config commands\n"

static int ip_address_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

const struct command cfg_interface = {
	.mode = MODE_CONFIG,
	.enters = MODE_IF,
	.order = ORDER_INTERFACE,
	.grammar = "interface <name!:ifname>",
	.help = "interface  Select an interface to configure\n"
		"<name>  Interface name\n",
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

static const struct command if_address = {
	.mode = MODE_IF,
	.order = 30,
	.grammar = "ip address {<addr:ip4> <mask:ip4>|dhcp}",
	.deflt = "no ip address",
	.help = HELP_IF_IP "address  Set the IP address of an interface\n"
			   "<addr>  IP address\n<mask>  IP subnet mask\n"
			   "dhcp  IP Address negotiated via DHCP\n",
	.flags = CMD_PRINT_DEFAULT,
	.fixup = ip_address_fixup,
	.sample = "ip address 10.64.1.1 255.255.255.0",
};

static const struct command if_secondary = {
	.mode = MODE_IF,
	.order = 31,
	.grammar = "ip address <addr!:ip4> <mask:ip4> !secondary",
	.help = HELP_IF_IP "address  Set the IP address of an interface\n"
			   "<addr>  IP address\n<mask>  IP subnet mask\n"
			   "secondary  Make this IP address a secondary "
			   "address\n",
	.fixup = ip_address_fixup,
	.flags = CMD_ORDERED,
	.sample = "ip address 10.64.2.1 255.255.255.0 secondary",
};

static const struct command if_shutdown = {
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

static bool mask_fits(uint32_t addr, uint32_t mask, uint8_t *len)
{
	uint32_t host = addr & ~mask;

	if (!ip_mask_len(mask, len) || *len == 0 || addr == 0)
		return false;
	return *len >= 31 || (host != 0 && host != ~mask);
}

static int ip_address_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	uint32_t addr = node_ip4(n, "addr"), mask = node_ip4(n, "mask");
	char text[IP_TEXT];
	struct ip_addr a = ip_v4(addr);
	uint8_t len;

	(void)t;
	(void)section;
	if (node_command(n) == &if_address && node_has(n, "dhcp")) {
		sbuf_adds(why, "% DHCP is not supported on this interface");
		return -1;
	}
	if (mask_fits(addr, mask, &len))
		return 0;
	sbuf_printf(
		why, "Bad mask 0x%08X for address %s", mask, ip_text(&a, text));
	return -1;
}

/* The interface, other than this section, whose subnet meets the prefix. */
static const char *overlap_find(struct node *root, const struct node *section,
	const struct node *self, uint32_t addr, uint32_t mask)
{
	static const struct command *const kinds[] = { &if_address,
		&if_secondary };

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (node_child(i, &if_shutdown, NULL) != NULL)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			for (struct node *a = node_child(i, kinds[k], NULL);
				a != NULL; a = node_child(i, kinds[k], a)) {
				uint32_t m = node_ip4(a, "mask") & mask;

				if (a == self || i == section ||
					node_negated(a) || m == 0)
					continue;
				if ((node_ip4(a, "addr") & m) == (addr & m))
					return node_str(i, "name");
			}
		}
	}
	return NULL;
}

static int address_check(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	uint32_t addr, mask;
	const char *other;
	struct ip_addr net;
	char text[IP_TEXT];

	if (new == NULL || node_negated(new)) {
		if (old != NULL && node_command(old) == &if_address &&
			!node_negated(old) &&
			node_child(section, &if_secondary, NULL) != NULL) {
			sbuf_adds(why, "Must delete secondary before deleting "
				       "primary");
			return -1;
		}
		return 0;
	}
	addr = node_ip4(new, "addr");
	mask = node_ip4(new, "mask");
	other = overlap_find(tree_root(r->tree), section, old, addr, mask);
	if (other == NULL)
		return 0;
	net = ip_v4(addr & mask);
	sbuf_printf(why, "%% %s overlaps with %s", ip_text(&net, text), other);
	return -1;
}

static int interface_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	const struct command *c = node_command(new != NULL ? new : old);

	(void)t;
	if (c == &if_address || c == &if_secondary)
		return address_check(r, section, old, new, why);
	if (c == &cfg_if_crypto_map && new != NULL && !node_negated(new) &&
		!crypto_map_exists(r, node_str(new, "name"))) {
		sbuf_printf(why,
			"ERROR: Crypto Map with tag \"%s\" does not exist.",
			node_str(new, "name"));
		return -1;
	}
	return 0;
}

static void addr_add_view(const struct node *n, struct iface_policy *p)
{
	struct ip_prefix *a;

	if (n == NULL || node_negated(n) || p->n_addr == IFACE_ADDRS_MAX)
		return;
	a = &p->addr[p->n_addr++];
	a->addr = node_ip(n, "addr");
	ip_mask_len(node_ip4(n, "mask"), &a->len);
}

static void iface_view(const struct node *n, struct iface_policy *p)
{
	const char *netdev = node_str(node_child(n, &if_netdev, NULL), "name");
	const char *map =
		node_str(node_child(n, &cfg_if_crypto_map, NULL), "name");
	const struct node *mtu = node_child(n, &if_mtu, NULL);

	strlcpy(p->ifname, node_str(n, "name"), sizeof(p->ifname));
	if (netdev != NULL)
		strlcpy(p->netdev, netdev, sizeof(p->netdev));
	if (map != NULL)
		strlcpy(p->crypto_map, map, sizeof(p->crypto_map));
	if (mtu != NULL)
		p->mtu = (uint16_t)node_u32(mtu, "bytes");
	p->shutdown = node_child(n, &if_shutdown, NULL) != NULL;
	addr_add_view(node_child(n, &if_address, NULL), p);
	for (struct node *a = node_child(n, &if_secondary, NULL); a != NULL;
		a = node_child(n, &if_secondary, a))
		addr_add_view(a, p);
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
		iface_view(i, &v[n++]);
	}
	box_set_ifaces(r->box, v, n);
}

void crypto_map_interfaces(const struct router *r, const char *name,
	void (*fn)(void *ctx, const char *ifname), void *ctx)
{
	struct node *root = tree_root(r->tree);

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		const struct node *m = node_child(i, &cfg_if_crypto_map, NULL);

		if (m != NULL && strcmp(node_str(m, "name"), name) == 0)
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
	&cfg_if_description, &if_netdev, &if_mtu, &if_address, &if_secondary,
	&if_shutdown, &cfg_if_crypto_map };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_interface = { &commands, interface_subscribe };
