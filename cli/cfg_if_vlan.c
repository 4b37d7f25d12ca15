/* 802.1Q subinterfaces (ios-cli.md 7): which tag they carry. */
#include "cli/cfg_if.h"
#include "cli/keep.h"
#include "router/ifname.h"

#include <string.h>

const struct command cfg_if_encapsulation = {
	.mode = MODE_IF,
	.order = 27,
	.grammar = "encapsulation dot1Q <id:1-4094> [native]",
	.help = "encapsulation  Set encapsulation type for an interface\n"
		"dot1Q  IEEE 802.1Q Virtual LAN\n<id>  IEEE 802.1Q VLAN ID\n"
		"native  Make this as native vlan\n",
	.sample = "encapsulation dot1Q 10\nencapsulation dot1Q 1 native",
};

static bool is_sub(const struct node *section, char parent[IFNAME_MAX])
{
	return ifname_parent(node_str(section, "name"), parent, NULL);
}

/* Another subinterface of the same port with that tag. */
static const char *tag_taken(
	struct node *root, const struct node *section, uint32_t id)
{
	char mine[IFNAME_MAX], other[IFNAME_MAX];

	if (!is_sub(section, mine))
		return NULL;
	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		const struct node *e =
			node_child(i, &cfg_if_encapsulation, NULL);

		if (i != section && e != NULL && node_u32(e, "id") == id &&
			is_sub(i, other) && strcmp(mine, other) == 0)
			return node_str(i, "name");
	}
	return NULL;
}

static int encapsulation_check(const struct router *r,
	const struct node *section, const struct node *new, struct sbuf *why)
{
	char parent[IFNAME_MAX];
	const char *other;
	uint32_t id = node_u32(new, "id");

	if (!is_sub(section, parent)) {
		sbuf_adds(why, "% Command encapsulation dot1Q is only allowed "
			       "on a subinterface");
		return -1;
	}
	other = tag_taken(tree_root(r->tree), section, id);
	if (other != NULL) {
		sbuf_printf(why,
			"%% Configuration of multiple subinterfaces of the "
			"same main\n"
			"interface with the same VID (%u) is not permitted.\n"
			"This VID is already configured on %s.\n",
			id, other);
		return -1;
	}
	if (node_has(new, "native"))
		keep_warn(why, "native VLANs are not taken from the port");
	else if (r->box != NULL && !box_has_kind(r->box, "vlan"))
		keep_warn(why, "the kernel has no 802.1Q");
	return 0;
}

/* A subinterface gets its tag before its address, as in IOS. */
int if_vlan_check(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	char parent[IFNAME_MAX];

	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &cfg_if_encapsulation)
		return encapsulation_check(r, section, new, why);
	if (!if_ip_is_address(new) || !is_sub(section, parent) ||
		node_child(section, &cfg_if_encapsulation, NULL) != NULL ||
		ifname_is_kept(parent))
		return 0;
	sbuf_adds(why,
		"\n% Configuring IP routing on a LAN subinterface is only "
		"allowed if that\n"
		"subinterface is already configured as part of an IEEE "
		"802.10, IEEE 802.1Q,\n"
		"or ISL vLAN.\n");
	return -1;
}

void if_vlan_view(const struct node *section, struct iface_policy *p)
{
	const struct node *e = node_child(section, &cfg_if_encapsulation, NULL);

	if (e != NULL && !node_has(e, "native"))
		p->vlan = (uint16_t)node_u32(e, "id");
}

static const struct command *const list[] = { &cfg_if_encapsulation };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_if_vlan = { &commands, NULL };
