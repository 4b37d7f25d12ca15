/* show ip interface brief, show interfaces description, show ip route
 * (show-output.md 3.1, 3.3, 3.4). */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_brief_exec(struct cmd_call *c);
static int show_description_exec(struct cmd_call *c);
static int show_route_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n"

static const struct command show_brief = {
	.mode = MODE_EXEC,
	.grammar = "show ip interface brief",
	.help = HELP_SHOW "ip  IP information\n"
			  "interface  IP interface status and configuration\n"
			  "brief  Brief summary of IP status and "
			  "configuration\n",
	.flags = CMD_PIPE,
	.exec = show_brief_exec,
};

static const struct command show_description = {
	.mode = MODE_EXEC,
	.grammar = "show interfaces description",
	.help = HELP_SHOW "interfaces  Interface status and configuration\n"
			  "description  Show interface description\n",
	.flags = CMD_PIPE,
	.exec = show_description_exec,
};

static const struct command show_route = {
	.mode = MODE_EXEC,
	.grammar = "show ip route",
	.help = HELP_SHOW "ip  IP information\nroute  IP routing table\n",
	.flags = CMD_PIPE,
	.exec = show_route_exec,
};

/* --- interfaces --- */

static const char *status_text(const struct iface_info *i)
{
	if (i->shutdown)
		return "administratively down";
	return i->line_up ? "up" : "down";
}

void show_ip_interface_brief(
	const struct iface_info *v, size_t n, struct sbuf *out)
{
	sbuf_adds(out, "Interface                  IP-Address      OK? Method "
		       "Status                Protocol\n");
	for (size_t i = 0; i < n; i++) {
		bool has = v[i].n_addr > 0;
		char text[IP_TEXT];

		sbuf_printf(out, "%-27s%-16sYES %-7s%-22s%-8s\n", v[i].ifname,
			has ? ip_text(&v[i].addr[0].addr, text) : "unassigned",
			has ? "manual" : "unset", status_text(&v[i]),
			v[i].proto_up ? "up" : "down");
	}
}

static int show_brief_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, ifaces_json(v, n, ip_brief_json));
	show_ip_interface_brief(v, n, c->out);
	return CMD_DONE;
}

/* NULL: none. */
static const char *description_of(const struct router *r, const char *ifname)
{
	const struct node *s = if_section(r, ifname);

	return s == NULL ? NULL
			 : node_str(node_child(s, &cfg_if_description, NULL),
				   "text");
}

static json_t *descriptions_json(
	const struct router *r, const struct iface_info *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "interfaces");

	for (size_t i = 0; i < n; i++) {
		json_t *o = iface_json(&v[i]);

		jo_str(o, "description", description_of(r, v[i].ifname));
		json_array_append_new(list, o);
	}
	return top;
}

static int show_description_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, descriptions_json(c->router, v, n));
	sbuf_adds(c->out, "Interface                      Status         "
			  "Protocol Description\n");
	for (size_t i = 0; i < n; i++) {
		const char *text = description_of(c->router, v[i].ifname);
		char name[IFNAME_MAX];

		sbuf_printf(c->out, "%-31s%-15s%-9s%s\n",
			ifname_short(v[i].ifname, name),
			v[i].shutdown ? "admin down" : status_text(&v[i]),
			v[i].proto_up ? "up" : "down",
			text != NULL ? text : "");
	}
	return CMD_DONE;
}

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

static void route_line(
	const struct route_info *r, size_t column, struct sbuf *out)
{
	char dst[IP_TEXT], gw[IP_TEXT];
	bool star = r->dst.len == 0;

	sbuf_printf(out, "%c%-*s%s/%u", route_code(r), (int)column - 2,
		star ? "*" : "", ip_text(&r->dst.addr, dst), r->dst.len);
	if (ip_is_set(&r->gw))
		sbuf_printf(out, " [%u/%u] via %s\n", r->distance, 0U,
			ip_text(&r->gw, gw));
	else
		sbuf_printf(out, " is directly connected, %s\n", r->ifname);
}

/* "      10.0.0.0/8 is variably subnetted, 3 subnets, 2 masks" */
static void group_line(const struct route_info *v, size_t n, struct sbuf *out)
{
	uint8_t len = classful_len(route_net(v));
	struct ip_addr net = ip_v4(route_major(v));
	bool seen[33] = { false };
	char text[IP_TEXT];
	unsigned masks = 0;

	for (size_t i = 0; i < n; i++) {
		masks += !seen[v[i].dst.len];
		seen[v[i].dst.len] = true;
	}
	if (masks == 1)
		sbuf_printf(out, "      %s/%u is subnetted, %zu subnets\n",
			ip_text(&net, text), v[0].dst.len, n);
	else
		sbuf_printf(out,
			"      %s/%u is variably subnetted, %zu subnets, %u "
			"masks\n",
			ip_text(&net, text), len, n, masks);
}

static size_t group_run(const struct route_info *v, size_t n)
{
	size_t k = 1;

	if (is_supernet(v))
		return 1;
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

void show_ip_route(struct route_info *v, size_t n, struct sbuf *out)
{
	if (n > 0)
		qsort(v, n, sizeof(*v), route_cmp);
	sbuf_adds(out, route_codes);
	last_resort(v, n, out);
	for (size_t i = 0, run; i < n; i += run) {
		run = group_run(v + i, n - i);
		if (run == 1 &&
			v[i].dst.len <= classful_len(route_net(&v[i]))) {
			route_line(&v[i], 7, out);
			continue;
		}
		group_line(v + i, run, out);
		for (size_t k = i; k < i + run; k++)
			route_line(&v[k], 10, out);
	}
}

static int show_route_exec(struct cmd_call *c)
{
	auto_free struct route_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_route_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, routes_json(v, n));
	show_ip_route(v, n, c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_brief, &show_description,
	&show_route };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_ip = { &commands, NULL };
