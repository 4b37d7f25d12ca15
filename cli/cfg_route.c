/* Static IPv4 routes (ios-cli.md 7). */
#include "cli/cfg.h"
#include "cli/keep.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int route_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

static const struct command ip_route = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_ROUTE,
	.grammar = "ip route <prefix!:ip4> <mask!:ip4> "
		   "{<gw!:ip4>|<if!:ifname> [<ifgw!:ip4>]} "
		   "[<distance:1-255=1>] {name <name:word>|permanent|"
		   "tag <tag:1-4294967295>|track <track:1-1000>}*",
	.help = HELP_IP "route  Establish static routes\n"
			"<prefix>  Destination prefix\n"
			"<mask>  Destination prefix mask\n"
			"<gw>  Forwarding router's address\n"
			"<if>  Interface, or Null0\n"
			"<ifgw>  Forwarding router's address\n"
			"<distance>  Distance metric for this route\n"
			"name  Specify name of the next hop\n"
			"<name>  Name of the next hop\n"
			"permanent  Permanent route\n"
			"tag  Set tag for this route\n<tag>  Tag value\n"
			"track  Install route depending on tracked item\n"
			"<track>  Tracked object number\n",
	.fixup = route_fixup,
	.sample = "ip route 10.64.0.0 255.255.0.0 203.0.113.6\n"
		  "ip route 0.0.0.0 0.0.0.0 GigabitEthernet0/0 203.0.113.6 "
		  "250 name BACKUP permanent tag 7\n"
		  "ip route 10.0.0.0 255.0.0.0 Null0",
};

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

static bool is_own_address(const struct router *r, uint32_t addr)
{
	struct ip_addr a = ip_v4(addr);

	return r->box != NULL && iface_is_local(box_ifaces(r->box), &a);
}

static int route_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	uint32_t gw;

	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	gw = node_ip4(new, "gw") | node_ip4(new, "ifgw");
	if (gw != 0 && is_own_address(r, gw)) {
		sbuf_adds(why, "%Invalid next hop address (it's this router)");
		return -1;
	}
	if (node_has(new, "track"))
		keep_warn(why, "no object tracking");
	return 0;
}

static void route_view(const struct node *n, struct static_route *s)
{
	const char *ifname = node_str(n, "if");
	uint32_t distance = node_u32(n, "distance");

	s->dst.addr = node_ip(n, "prefix");
	ip_mask_len(node_ip4(n, "mask"), &s->dst.len);
	s->gw = node_ip(n, ifname != NULL ? "ifgw" : "gw");
	if (ifname != NULL)
		strlcpy(s->ifname, ifname, sizeof(s->ifname));
	s->distance = distance == 0 ? 1 : (uint8_t)distance;
}

static void route_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	auto_free struct static_route *v = NULL;
	size_t n = 0, cap = 0;

	(void)t;
	if (r->box == NULL)
		return;
	for (struct node *i = node_child(root, &ip_route, NULL); i != NULL;
		i = node_child(root, &ip_route, i)) {
		if (n == cap) {
			cap = cap == 0 ? 16 : 2 * cap;
			v = xreallocarray(v, cap, sizeof(*v));
		}
		v[n] = (struct static_route){ 0 };
		route_view(i, &v[n++]);
	}
	box_set_routes(r->box, v, n);
}

static void route_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &ip_route, NULL };
	struct subscriber s = { .name = "static routes",
		.commands = commands,
		.check = route_check,
		.settle = route_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &ip_route };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_route = { &commands, route_subscribe };
