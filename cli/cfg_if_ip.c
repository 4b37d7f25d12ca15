/* IPv4 lines of an interface (ios-cli.md 7): address, secondary addresses,
 * unnumbered, IP MTU. */
#include "cli/cfg_if.h"
#include "cli/keep.h"

#include <string.h>

static int ip_address_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int ip_address_typed(const struct cmd_typed *t, struct sbuf *why);

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
	.typed = ip_address_typed,
	.sample = "ip address 10.64.1.1 255.255.255.0\nip address dhcp",
};

static const struct command if_unnumbered = {
	.mode = MODE_IF,
	.order = 30,
	.grammar = "ip unnumbered <name:ifname>",
	.help = HELP_IF_IP "unnumbered  Enable IP processing without an "
			   "explicit address\n"
			   "<name>  Interface whose address is used\n",
	.typed = ip_address_typed,
	.instead = &if_address,
	.sample = "ip unnumbered Loopback0",
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

static const struct command if_ip_mtu = {
	.mode = MODE_IF,
	.order = 51,
	.grammar = "ip mtu <bytes:68-18000>",
	.help = HELP_IF_IP "mtu  Set IP Maximum Transmission Unit\n"
			   "<bytes>  MTU (bytes)\n",
};

bool if_ip_is_address(const struct node *n)
{
	return node_command(n) == &if_address && node_ip4(n, "addr") != 0;
}

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
	if (node_command(n) == &if_address && !drv_set(node_drv(n), "addr"))
		return 0;
	if (mask_fits(addr, mask, &len))
		return 0;
	sbuf_printf(
		why, "Bad mask 0x%08X for address %s", mask, ip_text(&a, text));
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

bool if_ip_remove(
	struct commit *c, const struct node *section, struct sbuf *why)
{
	bool any = remove_all(c, section, &if_secondary, why);

	any |= remove_all(c, section, &if_unnumbered, why);
	return remove_all(c, section, &if_address, why) || any;
}

/* `no ip address` alone takes all of them; an address and `ip unnumbered` take
 * each other's place. */
static int ip_address_typed(const struct cmd_typed *t, struct sbuf *why)
{
	bool is_address = t->command == &if_address;

	if (t->negated || t->to_default) {
		if (is_address && !drv_set(t->drv, "addr") &&
			!drv_has(t->drv, "dhcp"))
			remove_all(t->commit, t->section, &if_secondary, why);
		return 0;
	}
	if (is_address)
		remove_all(t->commit, t->section, &if_unnumbered, why);
	else
		if_ip_remove(t->commit, t->section, why);
	return 0;
}

/* The interface, other than this section, whose subnet meets the prefix. */
static const char *overlap_find(struct node *root, const struct node *section,
	const struct node *self, uint32_t addr, uint32_t mask)
{
	static const struct command *const kinds[] = { &if_address,
		&if_secondary };

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (node_child(i, &cfg_if_shutdown, NULL) != NULL ||
			strcmp(if_vrf_name(i), if_vrf_name(section)) != 0)
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

static int removal_check(
	const struct node *section, const struct node *old, struct sbuf *why)
{
	if (old == NULL || node_command(old) != &if_address ||
		node_negated(old) ||
		node_child(section, &if_secondary, NULL) == NULL)
		return 0;
	sbuf_adds(why, "Must delete secondary before deleting primary");
	return -1;
}

int if_ip_check(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const struct command *c = node_command(new != NULL ? new : old);
	const char *other;
	uint32_t addr, mask;
	struct ip_addr net;
	char text[IP_TEXT];

	if (c != &if_address && c != &if_secondary)
		return 0;
	if (new == NULL || node_negated(new))
		return removal_check(section, old, why);
	if (c == &if_address && node_has(new, "dhcp"))
		keep_warn(why, "no DHCP client");
	if (!drv_set(node_drv(new), "addr"))
		return 0;
	addr = node_ip4(new, "addr");
	mask = node_ip4(new, "mask");
	other = overlap_find(tree_root(r->tree), section, old, addr, mask);
	if (other == NULL)
		return 0;
	net = ip_v4(addr & mask);
	sbuf_printf(why, "%% %s overlaps with %s", ip_text(&net, text), other);
	return -1;
}

static bool address_read(const struct node *n, struct ip_prefix *out)
{
	if (n == NULL || node_negated(n) || node_ip4(n, "addr") == 0)
		return false;
	out->addr = node_ip(n, "addr");
	return ip_mask_len(node_ip4(n, "mask"), &out->len);
}

bool if_ip_primary(const struct node *section, struct ip_prefix *out)
{
	return address_read(node_child(section, &if_address, NULL), out);
}

/* The section whose address an unnumbered interface uses, or NULL. */
static const struct node *lender_find(
	const struct node *root, const struct node *section)
{
	const char *name =
		node_str(node_child(section, &if_unnumbered, NULL), "name");

	return name == NULL ? NULL : node_find(root, &cfg_interface, name);
}

static void addr_add_view(const struct ip_prefix *a, struct iface_policy *p)
{
	if (p->n_addr < IFACE_ADDRS_MAX)
		p->addr[p->n_addr++] = *a;
}

void if_ip_view(const struct router *r, const struct node *section,
	struct iface_policy *p)
{
	const struct node *mtu = node_child(section, &if_ip_mtu, NULL);
	const struct node *lender = lender_find(tree_root(r->tree), section);
	struct ip_prefix a;

	if (if_ip_primary(section, &a))
		addr_add_view(&a, p);
	for (struct node *n = node_child(section, &if_secondary, NULL);
		n != NULL; n = node_child(section, &if_secondary, n)) {
		if (address_read(n, &a))
			addr_add_view(&a, p);
	}
	if (lender != NULL && if_ip_primary(lender, &a)) {
		a.len = 32;
		addr_add_view(&a, p);
	}
	/* A link carries nothing but IP here. */
	if (mtu != NULL && (p->mtu == 0 || node_u32(mtu, "bytes") < p->mtu))
		p->mtu = (uint16_t)node_u32(mtu, "bytes");
}

static const struct command *const list[] = { &if_address, &if_secondary,
	&if_unnumbered, &if_ip_mtu };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_if_ip = { &commands, NULL };
