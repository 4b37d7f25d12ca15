/* Static routes, IPv4 and IPv6, and whether the box routes at all (ios-cli.md
 * 7). */
#include "cli/cfg_if.h"
#include "cli/keep.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int route_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int route6_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int route_typed(const struct cmd_typed *t, struct sbuf *why);

#define HELP_IPV6 "ipv6  Global IPv6 configuration commands\n"
#define ROUTE_OPTIONS                                                          \
	"{name <name:word>|permanent|tag <tag:1-4294967295>|"                  \
	"track <track:1-1000>}*"
#define HELP_ROUTE                                                             \
	"route  Establish static routes\n"                                     \
	"<if>  Interface, or Null0\n"                                          \
	"<gw>  Forwarding router's address\n"                                  \
	"<ifgw>  Forwarding router's address\n"                                \
	"<distance>  Distance metric for this route\n"                         \
	"name  Specify name of the next hop\n"                                 \
	"<name>  Name of the next hop\n"                                       \
	"permanent  Permanent route\n"                                         \
	"tag  Set tag for this route\n<tag>  Tag value\n"                      \
	"track  Install route depending on tracked item\n"                     \
	"<track>  Tracked object number\n"

#define HELP_VRF                                                               \
	"vrf  Configure static route for a VPN Routing/Forwarding instance\n"  \
	"<vrf>  VPN Routing/Forwarding instance name\n"
#define HELP_TO                                                                \
	"<prefix>  Destination prefix\n<mask>  Destination prefix mask\n"      \
	"dhcp  Default gateway obtained from DHCP\n"
#define ROUTE_TO                                                               \
	" <prefix!:ip4> <mask!:ip4> {!dhcp|<gw!:ip4>|<if!:ifname> "            \
	"[<ifgw!:ip4>]} [<distance:1-255=1>] "
#define ROUTE6_TO                                                              \
	" <prefix!:prefix6> {<gw!:ip6>|<if!:ifname> [<ifgw!:ip6>]} "           \
	"[<distance:1-254=1>] "

static const struct command ip_route = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_ROUTE,
	.grammar = "ip route" ROUTE_TO ROUTE_OPTIONS,
	.help = HELP_IP HELP_ROUTE HELP_TO,
	.fixup = route_fixup,
	.typed = route_typed,
	.sample = "ip route 10.64.0.0 255.255.0.0 203.0.113.6\n"
		  "ip route 0.0.0.0 0.0.0.0 GigabitEthernet0/0 203.0.113.6 "
		  "250 name BACKUP permanent tag 7\n"
		  "ip route 10.0.0.0 255.0.0.0 Null0",
};

static const struct command ip_route_vrf = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_ROUTE,
	.grammar =
		"ip route vrf <vrf!:name>" ROUTE_TO "[global] " ROUTE_OPTIONS,
	.help = HELP_IP HELP_ROUTE HELP_TO HELP_VRF
	"global  Next hop address is global\n",
	.fixup = route_fixup,
	.typed = route_typed,
	.sample = "ip route vrf RED 10.0.0.0 255.0.0.0 Null0",
};

static const struct command ipv6_route = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_ROUTE + 1,
	.grammar = "ipv6 route" ROUTE6_TO ROUTE_OPTIONS,
	.help = HELP_IPV6 HELP_ROUTE "<prefix>  IPv6 prefix\n",
	.fixup = route6_fixup,
	.typed = route_typed,
	.sample = "ipv6 route 2001:DB8:9::/48 2001:DB8::6\n"
		  "ipv6 route ::/0 GigabitEthernet0/0 FE80::6 250",
};

static const struct command ipv6_route_vrf = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_ROUTE + 1,
	.grammar = "ipv6 route vrf <vrf!:name>" ROUTE6_TO ROUTE_OPTIONS,
	.help = HELP_IPV6 HELP_ROUTE HELP_VRF "<prefix>  IPv6 prefix\n",
	.fixup = route6_fixup,
	.typed = route_typed,
	.sample = "ipv6 route vrf RED 2001:DB8:9::/48 2001:DB8::6",
};

static const struct command ip_routing = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 5,
	.grammar = "ip routing",
	.deflt = "ip routing",
	.help = HELP_IP "routing  Enable IP routing\n",
	.flags = CMD_DEFAULT_ON,
};

static const struct command ipv6_unicast_routing = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 8,
	.grammar = "ipv6 unicast-routing",
	.help = HELP_IPV6 "unicast-routing  Enable unicast routing\n",
};

static const struct command default_gateway = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_FORWARD - 1,
	.grammar = "ip default-gateway <gw:ip4>",
	.help = HELP_IP "default-gateway  Specify default gateway (if not "
			"routing IP)\n<gw>  IP address of default gateway\n",
};

static const struct command *const route_kinds[] = { &ip_route, &ip_route_vrf,
	&ipv6_route, &ipv6_route_vrf };

static bool is_route(const struct command *c)
{
	for (size_t k = 0; k < ARRAY_LEN(route_kinds); k++) {
		if (route_kinds[k] == c)
			return true;
	}
	return false;
}

static bool is_ip4(const struct command *c)
{
	return c == &ip_route || c == &ip_route_vrf;
}

/* NULL: the global table. */
static const char *route_vrf(const struct node *n)
{
	const struct command *c = node_command(n);

	return c == &ip_route_vrf || c == &ipv6_route_vrf ? node_str(n, "vrf")
							  : NULL;
}

static int route_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	uint32_t prefix = node_ip4(n, "prefix"), mask = node_ip4(n, "mask");
	uint8_t len;

	(void)t;
	(void)section;
	if (ip_mask_len(mask, &len) && (prefix & ~mask) == 0)
		return 0;
	sbuf_adds(why, "%Inconsistent address and mask");
	return -1;
}

/* Host bits are cleared, not refused. */
static int route6_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	auto_sbuf struct sbuf text = { 0 };
	char addr[IP_TEXT];
	struct ip_prefix p;

	(void)t;
	(void)section;
	(void)why;
	if (!ip_prefix_parse(node_str(n, "prefix"), &p))
		return -1;
	p = ip_prefix_net(&p);
	sbuf_printf(&text, "%s/%u", ip_text(&p.addr, addr), p.len);
	drv_put_str(node_drv_mut(n), "prefix", sbuf_str(&text));
	return 0;
}

static int route_typed(const struct cmd_typed *t, struct sbuf *why)
{
	if (!t->negated || t->old != NULL)
		return 0;
	sbuf_adds(why, "%No matching route to delete\n");
	return -1;
}

void route_vrf_remove(
	struct commit *c, struct node *root, const char *vrf, struct sbuf *why)
{
	for (size_t k = 0; k < ARRAY_LEN(route_kinds); k++) {
		struct node *n = node_child(root, route_kinds[k], NULL), *next;

		for (; n != NULL; n = next) {
			const char *in = route_vrf(n);

			next = node_child(root, route_kinds[k], n);
			if (in != NULL && strcmp(in, vrf) == 0)
				commit_remove(c, n, why);
		}
	}
}

static struct ip_addr route_gw(const struct node *n)
{
	return node_ip(n, node_str(n, "if") != NULL ? "ifgw" : "gw");
}

static void lacks_check(
	const struct router *r, const struct node *n, struct sbuf *why)
{
	const struct command *c = node_command(n);

	if (is_ip4(c) && node_has(n, "dhcp"))
		keep_warn(why, "no DHCP client");
	if (c == &ip_route_vrf && node_has(n, "global"))
		keep_warn(why, "next hops are looked up in the VRF");
	if (node_has(n, "track"))
		keep_warn(why, "no object tracking");
	if (route_vrf(n) != NULL && r->box != NULL &&
		!box_has_kind(r->box, "vrf"))
		keep_warn(why, "the kernel has no VRF devices");
}

static int route_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	struct ip_addr gw;

	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new) || !is_route(node_command(new)))
		return 0;
	gw = route_gw(new);
	if (ip_is_set(&gw) && r->box != NULL &&
		iface_is_local(box_ifaces(r->box), &gw)) {
		sbuf_adds(why, "%Invalid next hop address (it's this router)");
		return -1;
	}
	lacks_check(r, new, why);
	return 0;
}

/* false: it cannot be in force. */
static bool route_view(const struct node *n, struct static_route *s)
{
	const char *ifname = node_str(n, "if"), *vrf = route_vrf(n);
	uint32_t distance = node_u32(n, "distance");

	*s = (struct static_route){ .gw = route_gw(n),
		.distance = distance == 0 ? 1 : (uint8_t)distance,
		.tag = node_u32(n, "tag"),
		.permanent = node_has(n, "permanent") };
	if (!is_ip4(node_command(n))) {
		if (!ip_prefix_parse(node_str(n, "prefix"), &s->dst))
			return false;
	} else {
		if (node_has(n, "dhcp"))
			return false;
		s->dst.addr = node_ip(n, "prefix");
		ip_mask_len(node_ip4(n, "mask"), &s->dst.len);
	}
	if (ifname != NULL)
		strlcpy(s->ifname, ifname, sizeof(s->ifname));
	if (vrf != NULL)
		strlcpy(s->vrf, vrf, sizeof(s->vrf));
	return s->distance < 255; /* 255: never believed */
}

struct routes {
	struct static_route *v;
	size_t n, cap;
};

static void routes_add(struct routes *l, const struct static_route *r)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : 2 * l->cap;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = *r;
}

/* A host that does not route has one gateway instead. */
static void gateway_add(struct node *root, struct routes *l)
{
	const struct node *n = node_child(root, &default_gateway, NULL);
	const struct static_route r = {
		.dst = { ip_v4(0), 0 }, .gw = node_ip(n, "gw"), .distance = 1
	};

	if (n != NULL)
		routes_add(l, &r);
}

bool route_is_on(const struct router *r)
{
	return !node_negated(node_get(tree_root(r->tree), &ip_routing));
}

static void route_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	bool routing = route_is_on(r);
	struct routes l = { 0 };
	struct static_route s;

	(void)t;
	if (r->box == NULL)
		return;
	for (size_t k = 0; k < ARRAY_LEN(route_kinds); k++) {
		bool v4 = is_ip4(route_kinds[k]);

		for (struct node *n = node_child(root, route_kinds[k], NULL);
			n != NULL && (routing || !v4);
			n = node_child(root, route_kinds[k], n)) {
			if (route_view(n, &s))
				routes_add(&l, &s);
		}
	}
	if (!routing)
		gateway_add(root, &l);
	box_set_forwarding(r->box, routing,
		node_child(root, &ipv6_unicast_routing, NULL) != NULL);
	box_set_routes(r->box, l.v, l.n);
	free(l.v);
}

static void route_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &ip_route,
		&ip_route_vrf, &ipv6_route, &ipv6_route_vrf, &ip_routing,
		&ipv6_unicast_routing, &default_gateway, NULL };
	struct subscriber s = { .name = "static routes",
		.commands = commands,
		.check = route_check,
		.settle = route_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &ip_route, &ip_route_vrf,
	&ipv6_route, &ipv6_route_vrf, &ip_routing, &ipv6_unicast_routing,
	&default_gateway };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_route = { &commands, route_subscribe };
