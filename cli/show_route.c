/* show ip route, show ipv6 route (show-output.md 3.4): the table, some of it,
 * or the entry for one address; clear ip route. */
#include "cli/cfg_if.h"
#include "cli/show.h"
#include "cli/show_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_route_exec(struct cmd_call *c);
static int show_route6_exec(struct cmd_call *c);
static int clear_route_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n"
#define HELP_TABLE                                                             \
	"vrf  Display routes from a VPN Routing/Forwarding instance\n"         \
	"<vrf>  VRF name\nconnected  Connected routes\n"                       \
	"static  Static routes\nlocal  Local routes\n"                         \
	"kernel  Routes that other programs gave the kernel\n"                 \
	"summary  Summary of all routes\n"

static const struct command show_route = {
	.mode = MODE_EXEC,
	.grammar = "show ip route [vrf <vrf:name>] "
		   "[connected|static|local|kernel|summary|"
		   "<addr:ip4> [<mask:ip4>]]",
	.help = HELP_SHOW
	"ip  IP information\nroute  IP routing table\n" HELP_TABLE
	"<addr>  Network to display information about\n"
	"<mask>  Network mask\n",
	.flags = CMD_PIPE,
	.exec = show_route_exec,
	.sample = "show ip route\nshow ip route vrf RED static\n"
		  "show ip route 10.64.1.1\n"
		  "show ip route 10.64.1.0 255.255.255.0",
};

static const struct command show_route6 = {
	.mode = MODE_EXEC,
	.grammar = "show ipv6 route [vrf <vrf:name>] "
		   "[connected|static|local|kernel|summary|<addr:ip6>|"
		   "<prefix:prefix6>]",
	.help = HELP_SHOW "ipv6  IPv6 information\n"
			  "route  Show IPv6 route table entries\n" HELP_TABLE
			  "<addr>  IPv6 address\n<prefix>  IPv6 prefix\n",
	.flags = CMD_PIPE,
	.exec = show_route6_exec,
	.sample = "show ipv6 route\nshow ipv6 route static\n"
		  "show ipv6 route 2001:DB8::1",
};

static const struct command clear_route = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear {ip|ipv6} route *",
	.help = "clear  Reset functions\nip  IP\nipv6  IPv6\n"
		"route  Delete route table entries\n"
		"*  Delete all routes; static ones come back at once\n",
	.exec = clear_route_exec,
	.sample = "clear ip route *",
};

/* --- routes --- */

static const char route_codes[] =
	"Codes: L - local, C - connected, S - static, R - RIP, M - mobile, "
	"B - BGP\n"
	"       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter "
	"area \n"
	"       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type "
	"2\n"
	"       E1 - OSPF external type 1, E2 - OSPF external type 2, m - "
	"OMP\n"
	"       n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT DIA\n"
	"       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS "
	"level-2\n"
	"       ia - IS-IS inter area, * - candidate default, U - per-user "
	"static route\n"
	"       H - NHRP, G - NHRP registered, g - NHRP registration summary\n"
	"       o - ODR, P - periodic downloaded static route, l - LISP\n"
	"       a - application route\n"
	"       + - replicated route, % - next hop override, p - overrides "
	"from PfR\n"
	"       & - replicated local route overrides by connected\n"
	"\n";

static uint8_t classful_len(uint32_t a)
{
	if (a >> 31 == 0)
		return 8;
	if (a >> 30 == 2)
		return 16;
	return a >> 29 == 6 ? 24 : 32;
}

static uint32_t route_net(const struct route_info *r)
{
	return ip_u32(&r->dst.addr);
}

/* The classful network that a route is listed under; itself when shorter. */
static uint32_t route_major(const struct route_info *r)
{
	uint8_t len = classful_len(route_net(r));

	return route_net(r) & ip_len_mask(r->dst.len < len ? r->dst.len : len);
}

static bool is_supernet(const struct route_info *r)
{
	return r->dst.len < classful_len(route_net(r));
}

static int route_cmp(const void *a, const void *b)
{
	const struct route_info *x = a, *y = b;
	uint32_t mx = route_major(x), my = route_major(y);

	if (mx != my)
		return mx < my ? -1 : 1;
	if (is_supernet(x) != is_supernet(y))
		return is_supernet(x) ? -1 : 1;
	if (route_net(x) != route_net(y))
		return route_net(x) < route_net(y) ? -1 : 1;
	if (x->dst.len != y->dst.len)
		return x->dst.len - y->dst.len;
	return ip_cmp(&x->gw, &y->gw);
}

static char route_code(const struct route_info *r)
{
	switch (r->kind) {
	case ROUTE_CONNECTED:
		return 'C';
	case ROUTE_LOCAL:
		return 'L';
	case ROUTE_STATIC:
		return 'S';
	default:
		return 'K';
	}
}

static void route_way(const struct route_info *r, struct sbuf *out)
{
	char gw[IP_TEXT];

	if (!ip_is_set(&r->gw)) {
		sbuf_printf(out, "is directly connected, %s\n", r->ifname);
		return;
	}
	sbuf_printf(out, "[%u/%u] via %s", r->distance, r->metric,
		ip_text(&r->gw, gw));
	if (r->ifname[0] != '\0')
		sbuf_printf(out, ", %s", r->ifname);
	sbuf_addc(out, '\n');
}

static bool same_dst(const struct route_info *a, const struct route_info *b)
{
	return a->dst.len == b->dst.len && a->kind == b->kind &&
	       ip_equal(&a->dst.addr, &b->dst.addr);
}

/* How many of v are ways to the prefix of the first. */
static size_t ways(const struct route_info *v, size_t n)
{
	size_t k = 1;

	while (k < n && same_dst(&v[0], &v[k]))
		k++;
	return k;
}

/* A route with its ways, each further one below the bracket of the first. */
static size_t route_lines(
	const struct route_info *v, size_t n, size_t column, struct sbuf *out)
{
	size_t start = out->n, indent, k = ways(v, n);
	char dst[IP_TEXT];

	sbuf_printf(out, "%c%-*s%s/%u ", route_code(v), (int)column - 2,
		v->dst.len == 0 ? "*" : "", ip_text(&v->dst.addr, dst),
		v->dst.len);
	indent = out->n - start;
	for (size_t i = 0; i < k; i++) {
		if (i > 0)
			sbuf_pad(out, ' ', indent);
		route_way(&v[i], out);
	}
	return k;
}

/* "      10.0.0.0/8 is variably subnetted, 3 subnets, 2 masks" */
static void group_line(const struct route_info *v, size_t n, struct sbuf *out)
{
	uint8_t len = classful_len(route_net(v));
	struct ip_addr net = ip_v4(route_major(v));
	bool seen[33] = { false };
	char text[IP_TEXT];
	unsigned masks = 0, subnets = 0;

	for (size_t i = 0; i < n; i += ways(v + i, n - i)) {
		masks += !seen[v[i].dst.len];
		seen[v[i].dst.len] = true;
		subnets++;
	}
	if (masks == 1)
		sbuf_printf(out, "      %s/%u is subnetted, %u subnets\n",
			ip_text(&net, text), v[0].dst.len, subnets);
	else
		sbuf_printf(out,
			"      %s/%u is variably subnetted, %u subnets, %u "
			"masks\n",
			ip_text(&net, text), len, subnets, masks);
}

static size_t group_run(const struct route_info *v, size_t n)
{
	size_t k = 1;

	if (is_supernet(v))
		return ways(v, n);
	while (k < n && !is_supernet(&v[k]) &&
		route_major(&v[k]) == route_major(v))
		k++;
	return k;
}

static void last_resort(const struct route_info *v, size_t n, struct sbuf *out)
{
	char gw[IP_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (v[i].dst.len != 0)
			continue;
		if (ip_is_set(&v[i].gw))
			sbuf_printf(out,
				"Gateway of last resort is %s to network "
				"0.0.0.0\n\n",
				ip_text(&v[i].gw, gw));
		else
			sbuf_adds(out, "Gateway of last resort is 0.0.0.0 to "
				       "network 0.0.0.0\n\n");
		return;
	}
	sbuf_adds(out, "Gateway of last resort is not set\n\n");
}

void show_ip_route_table(
	struct route_info *v, size_t n, uint8_t kinds, struct sbuf *out)
{
	size_t kept = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), route_cmp);
	sbuf_adds(out, route_codes);
	last_resort(v, n, out);
	for (size_t i = 0; i < n; i++) {
		if ((kinds >> v[i].kind & 1) != 0)
			v[kept++] = v[i];
	}
	for (size_t i = 0, run; i < kept; i += run) {
		run = group_run(v + i, kept - i);
		if (ways(v + i, run) == run &&
			v[i].dst.len <= classful_len(route_net(&v[i]))) {
			route_lines(&v[i], run, 7, out);
			continue;
		}
		group_line(v + i, run, out);
		for (size_t k = i; k < i + run;)
			k += route_lines(&v[k], i + run - k, 10, out);
	}
}

void show_ip_route(struct route_info *v, size_t n, struct sbuf *out)
{
	show_ip_route_table(v, n, UINT8_MAX, out);
}

/* --- one entry --- */

static const char *kind_name(const struct route_info *r)
{
	static const char *const names[] = { [ROUTE_CONNECTED] = "connected",
		[ROUTE_LOCAL] = "connected",
		[ROUTE_STATIC] = "static",
		[ROUTE_KERNEL] = "kernel" };

	return names[r->kind];
}

/* The longest prefix with the address in it, the default route only when it is
 * asked for; len: exactly this one.  NULL: none. */
static const struct route_info *entry_find(
	const struct route_info *v, size_t n, const struct ip_addr *a, int len)
{
	const struct route_info *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct route_info *r = &v[i];

		if (!ip_prefix_contains(&r->dst, a) ||
			(len >= 0 && r->dst.len != len) ||
			(len < 0 && r->dst.len == 0 && !ip_is_any(a)))
			continue;
		if (best == NULL || r->dst.len > best->dst.len)
			best = r;
	}
	return best;
}

static void entry_way(const struct route_info *r, bool first, struct sbuf *out)
{
	char gw[IP_TEXT];

	sbuf_adds(out, first ? "  * " : "    ");
	if (!ip_is_set(&r->gw))
		sbuf_printf(out, "directly connected, via %s\n", r->ifname);
	else if (r->ifname[0] != '\0')
		sbuf_printf(
			out, "%s, via %s\n", ip_text(&r->gw, gw), r->ifname);
	else
		sbuf_printf(out, "%s\n", ip_text(&r->gw, gw));
	sbuf_adds(out, "      Route metric is 0, traffic share count is 1\n");
}

void show_ip_route_entry(const struct route_info *v, size_t n,
	const struct ip_addr *a, int len, struct sbuf *out)
{
	const struct route_info *r = entry_find(v, n, a, len);
	bool first = true;
	char text[IP_TEXT];

	if (r == NULL) {
		sbuf_adds(out, "% Network not in table\n");
		return;
	}
	sbuf_printf(out, "Routing entry for %s/%u%s\n",
		ip_text(&r->dst.addr, text), r->dst.len,
		is_supernet(r) ? ", supernet" : "");
	sbuf_printf(out, "  Known via \"%s\", distance %u, metric %u%s%s\n",
		kind_name(r), r->distance, r->metric,
		ip_is_set(&r->gw) ? "" : " (connected, via interface)",
		r->dst.len == 0 ? ", candidate default path" : "");
	if (r->tag != 0)
		sbuf_printf(out, "  Tag %u\n", r->tag);
	sbuf_adds(out, "  Routing Descriptor Blocks:\n");
	for (size_t i = 0; i < n; i++) {
		if (!same_dst(&v[i], r))
			continue;
		entry_way(&v[i], first, out);
		first = false;
	}
}

/* --- summary --- */

#define ROUTE_BYTES 288 /* of memory, an entry */

void show_ip_route_summary(
	const struct route_info *v, size_t n, const char *vrf, struct sbuf *out)
{
	static const char *const names[] = { "connected", "static", "kernel" };
	unsigned networks[3] = { 0 }, subnets[3] = { 0 }, all[2] = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t k = v[i].kind == ROUTE_STATIC   ? 1
			   : v[i].kind == ROUTE_KERNEL ? 2
						       : 0;
		bool net = v[i].dst.len <= classful_len(route_net(&v[i]));

		(net ? networks : subnets)[k]++;
	}
	sbuf_printf(out,
		"IP routing table name is %s\n"
		"IP routing table maximum-paths is 16\n"
		"Route Source    Networks    Subnets     Replicates  Overhead  "
		"  Memory (bytes)\n",
		vrf[0] != '\0' ? vrf : "default (0x0)");
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		unsigned sum = networks[k] + subnets[k];

		sbuf_printf(out, "%-16s%-12u%-12u%-12u%-12u%u\n", names[k],
			networks[k], subnets[k], 0U, 0U, sum * ROUTE_BYTES);
		all[0] += networks[k];
		all[1] += subnets[k];
	}
	sbuf_printf(out, "%-16s%-12u%-12u%-12u%-12u%u\n", "Total", all[0],
		all[1], 0U, 0U, (all[0] + all[1]) * ROUTE_BYTES);
}

/* --- IPv6 --- */

static int route6_cmp(const void *a, const void *b)
{
	const struct route_info *x = a, *y = b;
	int r = ip_cmp(&x->dst.addr, &y->dst.addr);

	if (r == 0)
		r = x->dst.len - y->dst.len;
	return r != 0 ? r : ip_cmp(&x->gw, &y->gw);
}

static void route6_way(const struct route_info *r, struct sbuf *out)
{
	char gw[IP_TEXT];

	sbuf_adds(out, "     via ");
	if (ip_is_set(&r->gw))
		sbuf_printf(out, "%s%s%s\n", ip_text(&r->gw, gw),
			r->ifname[0] != '\0' ? ", " : "", r->ifname);
	else
		sbuf_printf(out, "%s, %s\n", r->ifname,
			r->kind == ROUTE_LOCAL ? "receive"
					       : "directly connected");
}

static void route6_lines(const struct route_info *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0, k; i < n; i += k) {
		char dst[IP_TEXT];

		k = ways(v + i, n - i);
		sbuf_printf(out, "%c   %s/%u [%u/%u]\n", route_code(&v[i]),
			ip_text(&v[i].dst.addr, dst), v[i].dst.len,
			v[i].distance, v[i].metric);
		for (size_t w = i; w < i + k; w++)
			route6_way(&v[w], out);
	}
}

void show_ipv6_route(struct route_info *v, size_t n, uint8_t kinds,
	const char *vrf, struct sbuf *out)
{
	size_t kept = 0, entries = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), route6_cmp);
	for (size_t i = 0; i < n; i += ways(v + i, n - i))
		entries++;
	for (size_t i = 0; i < n; i++) {
		if ((kinds >> v[i].kind & 1) != 0)
			v[kept++] = v[i];
	}
	sbuf_printf(out, "IPv6 Routing Table - %s - %zu entries\n",
		vrf[0] != '\0' ? vrf : "default", entries);
	sbuf_adds(out,
		"Codes: C - Connected, L - Local, S - Static, U - Per-user "
		"Static route\n"
		"       B - BGP, R - RIP, H - NHRP, I1 - ISIS L1\n"
		"       I2 - ISIS L2, IA - ISIS interarea, IS - ISIS summary, "
		"D - EIGRP\n"
		"       EX - EIGRP external, ND - ND Default, NDp - ND Prefix, "
		"DCE - Destination\n"
		"       NDr - Redirect, RL - RPL, O - OSPF Intra, OI - OSPF "
		"Inter\n"
		"       OE1 - OSPF ext 1, OE2 - OSPF ext 2, ON1 - OSPF NSSA "
		"ext 1\n"
		"       ON2 - OSPF NSSA ext 2, a - Application\n");
	route6_lines(v, kept, out);
}

static void route6_entry(const struct route_info *v, size_t n,
	const struct ip_addr *a, int len, struct sbuf *out)
{
	const struct route_info *r = entry_find(v, n, a, len);
	char text[IP_TEXT];

	if (r == NULL) {
		sbuf_adds(out, "% Route not found\n");
		return;
	}
	sbuf_printf(out,
		"Routing entry for %s/%u\n"
		"  Known via \"%s\", distance %u, metric %u\n"
		"  Routing paths:\n",
		ip_text(&r->dst.addr, text), r->dst.len, kind_name(r),
		r->distance, r->metric);
	for (size_t i = 0; i < n; i++) {
		if (!same_dst(&v[i], r))
			continue;
		if (ip_is_set(&v[i].gw))
			sbuf_printf(out, "    %s%s%s\n",
				ip_text(&v[i].gw, text),
				v[i].ifname[0] != '\0' ? ", " : "",
				v[i].ifname);
		else
			sbuf_printf(out, "    directly connected via %s\n",
				v[i].ifname);
	}
}

/* --- the commands --- */

/* Kinds of routes that the command asks for, a bit each. */
static uint8_t kinds_wanted(const struct derivation *d)
{
	if (drv_has(d, "connected"))
		return 1u << ROUTE_CONNECTED | 1u << ROUTE_LOCAL;
	if (drv_has(d, "local"))
		return 1u << ROUTE_LOCAL;
	if (drv_has(d, "static"))
		return 1u << ROUTE_STATIC;
	return drv_has(d, "kernel") ? 1u << ROUTE_KERNEL : UINT8_MAX;
}

/* false, after a `%` line: there is no such table. */
static bool table_read(
	struct cmd_call *c, uint8_t family, struct route_info **v, size_t *n)
{
	const char *vrf = drv_str(c->drv, "vrf");
	struct node *root = tree_root(c->router->tree);

	*v = NULL;
	*n = 0;
	if (vrf != NULL && node_find(root, &cfg_vrf, vrf) == NULL &&
		node_find(root, &cfg_ip_vrf, vrf) == NULL) {
		sbuf_printf(
			c->out, "%% IP routing table %s does not exist\n", vrf);
		return false;
	}
	if (c->router->box != NULL)
		*n = box_route_table(
			c->router->box, family, vrf != NULL ? vrf : "", v);
	return true;
}

static int show_route_exec(struct cmd_call *c)
{
	auto_free struct route_info *v = NULL;
	const char *vrf = drv_str(c->drv, "vrf");
	struct ip_addr addr = drv_ip(c->drv, "addr");
	uint8_t len;
	size_t n;

	if (!table_read(c, 4, &v, &n))
		return CMD_FAILED;
	if (c->json)
		return cmd_json(c, routes_json(v, n));
	if (drv_has(c->drv, "summary")) {
		show_ip_route_summary(v, n, vrf != NULL ? vrf : "", c->out);
		return CMD_DONE;
	}
	if (vrf != NULL)
		sbuf_printf(c->out, "\nRouting Table: %s\n", vrf);
	if (!ip_is_set(&addr)) {
		show_ip_route_table(v, n, kinds_wanted(c->drv), c->out);
		return CMD_DONE;
	}
	if (!drv_set(c->drv, "mask")) {
		show_ip_route_entry(v, n, &addr, -1, c->out);
		return CMD_DONE;
	}
	if (!ip_mask_len(drv_ip4(c->drv, "mask"), &len)) {
		sbuf_adds(c->out, "%Inconsistent address and mask\n");
		return CMD_FAILED;
	}
	show_ip_route_entry(v, n, &addr, len, c->out);
	return CMD_DONE;
}

static int show_route6_exec(struct cmd_call *c)
{
	auto_free struct route_info *v = NULL;
	const char *vrf = drv_str(c->drv, "vrf");
	const char *prefix = drv_str(c->drv, "prefix");
	struct ip_addr addr = drv_ip(c->drv, "addr");
	struct ip_prefix p = { .addr = addr };
	size_t n;

	if (!table_read(c, 6, &v, &n))
		return CMD_FAILED;
	if (c->json)
		return cmd_json(c, routes_json(v, n));
	if (prefix != NULL && ip_prefix_parse(prefix, &p))
		route6_entry(v, n, &p.addr, p.len, c->out);
	else if (ip_is_set(&addr))
		route6_entry(v, n, &addr, -1, c->out);
	else if (drv_has(c->drv, "summary"))
		sbuf_printf(c->out,
			"IPv6 routing table name is %s\n"
			"  %zu routes\n",
			vrf != NULL ? vrf : "default", n);
	else
		show_ipv6_route(v, n, kinds_wanted(c->drv),
			vrf != NULL ? vrf : "", c->out);
	return CMD_DONE;
}

static int clear_route_exec(struct cmd_call *c)
{
	if (c->router->box != NULL)
		box_route_renew(c->router->box);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_route, &show_route6,
	&clear_route };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_route = { &commands, NULL };
