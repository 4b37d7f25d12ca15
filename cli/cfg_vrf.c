/* VRFs (ios-cli.md 7): `vrf definition NAME`, the classic `ip vrf NAME`, and
 * which interfaces are in them. */
#include "cli/cfg_if.h"
#include "cli/keep.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int vrf_typed(const struct cmd_typed *t, struct sbuf *why);
static int target_typed(const struct cmd_typed *t, struct sbuf *why);
static int forwarding_typed(const struct cmd_typed *t, struct sbuf *why);
static int leave_exec(struct cmd_call *c);

const struct command cfg_vrf = {
	.mode = MODE_CONFIG,
	.enters = MODE_VRF,
	.order = ORDER_VRF,
	.grammar = "vrf definition <name!:name>",
	.help = "vrf  VRF commands\ndefinition  VRF definition\n"
		"<name>  VRF name\n",
	.typed = vrf_typed,
	.sample = "vrf definition RED",
};

const struct command cfg_ip_vrf = {
	.mode = MODE_CONFIG,
	.enters = MODE_VRF,
	.order = ORDER_VRF,
	.grammar = "ip vrf <name!:name>",
	.help = HELP_IP "vrf  Configure an IP VPN Routing/Forwarding instance\n"
			"<name>  VPN Routing/Forwarding instance name\n",
	.typed = vrf_typed,
	.sample = "ip vrf RED",
};

static const struct command vrf_description = {
	.mode = MODE_VRF,
	.order = 10,
	.grammar = "description <text:line>",
	.help = "description  VRF specific description\n"
		"<text>  Up to 244 characters describing this VRF\n",
};

static const struct command vrf_rd = {
	.mode = MODE_VRF,
	.order = 20,
	.grammar = "rd <rd:word>",
	.help = "rd  Specify Route Distinguisher\n"
		"<rd>  ASN:nn or IP-address:nn\n",
	.sample = "rd 65010:1",
};

#define HELP_TARGET                                                            \
	"route-target  Specify Target VPN Extended Communities\n"              \
	"export  Export Target-VPN community\n"                                \
	"import  Import Target-VPN community\n"                                \
	"both  Both import and export Target-VPN community\n"                  \
	"<rt>  ASN:nn or IP-address:nn\n"                                      \
	"stitching  VXLAN route target set\n"

static const struct command vrf_target = {
	.mode = MODE_VRF,
	.order = 30,
	.grammar = "route-target {!export|!import|!both} <rt!:word> "
		   "[stitching]",
	.help = HELP_TARGET,
	.typed = target_typed,
	.sample = "route-target export 65010:1\nroute-target import 65010:1",
};

static const struct command vrf_family = {
	.mode = MODE_VRF,
	.enters = MODE_VRF_AF,
	.order = 40,
	.grammar = "address-family {!ipv4|!ipv6}",
	.help = "address-family  Enter Address Family command mode\n"
		"ipv4  Address family\nipv6  Address family\n",
	.closing = "exit-address-family",
	.sample = "address-family ipv4\naddress-family ipv6",
};

static const struct command af_target = {
	.mode = MODE_VRF_AF,
	.order = 10,
	.grammar = "route-target {!export|!import|!both} <rt!:word> "
		   "[stitching]",
	.help = HELP_TARGET,
	.typed = target_typed,
	.sample = "route-target export 65010:1\nroute-target import 65010:1",
};

/* Kept: there is no routing protocol that would use them. */
#define HELP_MAP                                                               \
	"import  VRF import\nexport  VRF export\n"                             \
	"ipv4  Address family based VRF import\nipv6  Address family based "   \
	"VRF import\nunicast  Unicast prefixes\n"                              \
	"map  Route-map based VRF import or export\n<name>  Route-map name\n"

static const struct command vrf_map = {
	.mode = MODE_VRF,
	.order = 35,
	.grammar = "{!import|!export} [{ipv4|ipv6} unicast] map <name:name>",
	.help = HELP_MAP,
	.flags = CMD_HARMLESS,
};

static const struct command af_map = {
	.mode = MODE_VRF_AF,
	.order = 20,
	.grammar = "{!import|!export} [{ipv4|ipv6} unicast] map <name:name>",
	.help = HELP_MAP,
	.flags = CMD_HARMLESS,
};

static const struct command af_leave = {
	.mode = MODE_VRF_AF,
	.grammar = "exit-address-family",
	.help = "exit-address-family  Exit from VRF address-family "
		"configuration submode\n",
	.exec = leave_exec,
};

const struct command cfg_if_vrf = {
	.mode = MODE_IF,
	.order = 28,
	.grammar = "{vrf|ip vrf} forwarding <name:name>",
	.help = "vrf  VPN Routing/Forwarding parameters on the interface\n"
		"ip  Interface Internet Protocol config commands\n"
		"forwarding  Configure forwarding table\n"
		"<name>  Table name\n",
	.typed = forwarding_typed,
	.sample = "vrf forwarding RED\nip vrf forwarding RED",
};

static int leave_exec(struct cmd_call *c)
{
	session_up(c->session);
	return CMD_DONE;
}

/* `both` is written as the two that it stands for. */
static int target_typed(const struct cmd_typed *t, struct sbuf *why)
{
	static const char *const ways[] = { "export", "import" };

	if (!drv_has(t->drv, "both"))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		auto_sbuf struct sbuf line = { 0 };

		sbuf_printf(&line, "%sroute-target %s %s%s",
			t->to_default ? "default "
			: t->negated  ? "no "
				      : "",
			ways[i], drv_str(t->drv, "rt"),
			drv_has(t->drv, "stitching") ? " stitching" : "");
		if (!commit_text(t->commit, t->section, t->command->mode,
			    sbuf_str(&line), why))
			break;
	}
	return -1;
}

static struct node *root_of(struct node *n)
{
	while (node_parent(n) != NULL)
		n = node_parent(n);
	return n;
}

const char *if_vrf_name(const struct node *section)
{
	const char *name =
		node_str(node_child(section, &cfg_if_vrf, NULL), "name");

	return name != NULL ? name : "";
}

const char *vrf_rd_of(const struct node *vrf)
{
	return node_str(node_child(vrf, &vrf_rd, NULL), "rd");
}

const char *vrf_families(const struct node *vrf)
{
	bool v4 = node_command(vrf) == &cfg_ip_vrf, v6 = false;

	for (struct node *n = node_child(vrf, &vrf_family, NULL); n != NULL;
		n = node_child(vrf, &vrf_family, n)) {
		v4 |= node_has(n, "ipv4");
		v6 |= node_has(n, "ipv6");
	}
	return v4 && v6 ? "ipv4,ipv6" : v4 ? "ipv4" : v6 ? "ipv6" : "";
}

static bool vrf_exists(struct node *root, const char *name)
{
	return node_find(root, &cfg_vrf, name) != NULL ||
	       node_find(root, &cfg_ip_vrf, name) != NULL;
}

/* A VRF takes its interfaces' addresses and its routes with it. */
static int vrf_typed(const struct cmd_typed *t, struct sbuf *why)
{
	const char *name = drv_str(t->drv, "name");
	struct node *root = t->section;

	if ((!t->negated && !t->to_default) || t->old == NULL)
		return 0;
	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (strcmp(if_vrf_name(i), name) != 0)
			continue;
		if_ip_remove(t->commit, i, why);
		if_ip6_remove(t->commit, i, why);
		commit_remove(t->commit, node_child(i, &cfg_if_vrf, NULL), why);
	}
	route_vrf_remove(t->commit, root, name, why);
	sbuf_printf(why,
		"%% IPv4 and IPv6 addresses from all interfaces in VRF %s "
		"have been removed\n",
		name);
	return 0;
}

static void addresses_remove(const struct cmd_typed *t, const char *doing,
	const char *vrf, struct sbuf *why)
{
	const char *ifname = node_str(t->section, "name");

	if (if_ip_remove(t->commit, t->section, why))
		sbuf_printf(why,
			"%% Interface %s IPv4 disabled and address(es) "
			"removed due to %s VRF %s\n",
			ifname, doing, vrf);
	if (if_ip6_remove(t->commit, t->section, why))
		sbuf_printf(why,
			"%% Interface %s IPv6 disabled and address(es) "
			"removed due to %s VRF %s\n",
			ifname, doing, vrf);
}

static int forwarding_typed(const struct cmd_typed *t, struct sbuf *why)
{
	const char *name = drv_str(t->drv, "name");
	const char *before = node_str(t->old, "name");

	if (t->negated || t->to_default) {
		if (t->old != NULL)
			addresses_remove(t, "disabling", before, why);
		return 0;
	}
	if (!vrf_exists(root_of(t->section), name)) {
		sbuf_printf(why, "%% VRF %s not configured.\n", name);
		return -1;
	}
	if (before == NULL || strcmp(before, name) != 0)
		addresses_remove(t, "enabling", name, why);
	return 0;
}

static bool kernel_lacks_vrf(const struct router *r)
{
	return r->box != NULL && !box_has_kind(r->box, "vrf");
}

int if_vrf_check(const struct router *r, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	(void)section;
	(void)old;
	if (new != NULL && node_command(new) == &cfg_if_vrf &&
		!node_negated(new) && kernel_lacks_vrf(r))
		keep_warn(why, "the kernel has no VRF devices");
	return 0;
}

void if_vrf_view(const struct node *section, struct iface_policy *p)
{
	strlcpy(p->vrf, if_vrf_name(section), sizeof(p->vrf));
}

static int vrf_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct command *c = node_command(new != NULL ? new : old);

	(void)t;
	(void)section;
	if ((c == &cfg_vrf || c == &cfg_ip_vrf) && new != NULL &&
		kernel_lacks_vrf(ctx))
		keep_warn(why, "the kernel has no VRF devices");
	if ((c == &vrf_map || c == &af_map) && new != NULL)
		keep_warn(why, "no dynamic routing");
	return 0;
}

static void vrf_settle(void *ctx, const struct tree *t)
{
	static const struct command *const kinds[] = { &cfg_vrf, &cfg_ip_vrf };
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	auto_free const char **names = NULL;
	size_t n = 0;

	(void)t;
	if (r->box == NULL)
		return;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (struct node *v = node_child(root, kinds[k], NULL);
			v != NULL; v = node_child(root, kinds[k], v)) {
			names = xreallocarray(names, n + 1, sizeof(char *));
			names[n++] = node_str(v, "name");
		}
	}
	box_set_vrfs(r->box, names, n);
}

static void vrf_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_vrf, &cfg_ip_vrf,
		NULL };
	struct subscriber s = { .name = "VRFs",
		.commands = commands,
		.check = vrf_check,
		.settle = vrf_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_vrf, &cfg_ip_vrf,
	&vrf_description, &vrf_rd, &vrf_target, &vrf_family, &vrf_map, &af_map,
	&af_target, &af_leave, &cfg_if_vrf };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_vrf = { &commands, vrf_subscribe };
