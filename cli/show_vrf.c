/* show vrf, show ip vrf (show-output.md 3.9); show protocols, show ip
 * protocols. */
#include "cli/cfg_if.h"
#include "cli/show.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <string.h>

static int show_vrf_exec(struct cmd_call *c);
static int show_protocols_exec(struct cmd_call *c);
static int show_ip_protocols_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n"

static const struct command show_vrf = {
	.mode = MODE_EXEC,
	.grammar = "show {vrf|ip vrf} [<name:name>]",
	.help = HELP_SHOW "vrf  VPN Routing/Forwarding instance information\n"
			  "ip  IP information\n"
			  "<name>  VPN Routing/Forwarding instance name\n",
	.flags = CMD_PIPE,
	.exec = show_vrf_exec,
	.sample = "show vrf\nshow ip vrf RED",
};

static const struct command show_protocols = {
	.mode = MODE_EXEC,
	.grammar = "show protocols",
	.help = HELP_SHOW "protocols  Active network routing protocols\n",
	.flags = CMD_PIPE,
	.exec = show_protocols_exec,
};

static const struct command show_ip_protocols = {
	.mode = MODE_EXEC,
	.grammar = "show ip protocols",
	.help = HELP_SHOW "ip  IP information\n"
			  "protocols  IP routing protocol process parameters "
			  "and statistics\n",
	.flags = CMD_PIPE,
	.exec = show_ip_protocols_exec,
};

/* --- VRFs --- */

static void interfaces_of(const struct router *r, const char *vrf,
	void (*fn)(void *ctx, const char *ifname), void *ctx)
{
	struct node *root = tree_root(r->tree);

	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		if (strcmp(if_vrf_name(i), vrf) == 0)
			fn(ctx, node_str(i, "name"));
	}
}

struct vrf_lines {
	struct sbuf *out;
	size_t column;
	unsigned n;
};

static void interface_line(void *ctx, const char *ifname)
{
	struct vrf_lines *l = ctx;
	char name[IFNAME_MAX];

	if (l->n++ > 0)
		sbuf_pad(l->out, ' ', l->column);
	sbuf_printf(l->out, "%s\n", ifname_short(ifname, name));
}

static void interface_json(void *ctx, const char *ifname)
{
	ja_str(ctx, ifname);
}

static void vrf_lines(struct cmd_call *c, const struct node *n)
{
	bool ip_form = drv_has(c->drv, "ip");
	const char *rd = vrf_rd_of(n);
	struct vrf_lines l = { c->out, ip_form ? 57 : 69, 0 };
	size_t end;

	sbuf_printf(c->out, "  %-33s%-22s", node_str(n, "name"),
		rd != NULL ? rd : "<not set>");
	if (!ip_form)
		sbuf_printf(c->out, "%-12s", vrf_families(n));
	interfaces_of(c->router, node_str(n, "name"), interface_line, &l);
	if (l.n > 0)
		return;
	end = c->out->n;
	while (end > 0 && c->out->s[end - 1] == ' ')
		end--;
	sbuf_trunc(c->out, end);
	sbuf_addc(c->out, '\n');
}

static void vrf_json(struct cmd_call *c, const struct node *n, json_t *list)
{
	json_t *o = ja_object(list);

	jo_str(o, "name", node_str(n, "name"));
	jo_str(o, "rd", vrf_rd_of(n));
	jo_str(o, "protocols", vrf_families(n));
	jo_bool(o, "in_force",
		c->router->box != NULL && box_has_kind(c->router->box, "vrf"));
	interfaces_of(c->router, node_str(n, "name"), interface_json,
		jo_array(o, "interfaces"));
}

static int show_vrf_exec(struct cmd_call *c)
{
	static const struct command *const kinds[] = { &cfg_vrf, &cfg_ip_vrf };
	struct node *root = tree_root(c->router->tree);
	const char *only = drv_str(c->drv, "name");
	json_t *top = json_object(), *list = jo_array(top, "vrfs");
	unsigned found = 0;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (struct node *n = node_child(root, kinds[k], NULL);
			n != NULL; n = node_child(root, kinds[k], n)) {
			if (only != NULL &&
				strcmp(node_str(n, "name"), only) != 0)
				continue;
			if (found++ == 0)
				sbuf_printf(c->out,
					"  %-33s%-22s%sInterfaces\n", "Name",
					"Default RD",
					drv_has(c->drv, "ip") ? ""
							      : "Protocols   ");
			vrf_lines(c, n);
			vrf_json(c, n, list);
		}
	}
	if (only != NULL && found == 0) {
		json_decref(top);
		sbuf_printf(c->out, "%% No VRF named %s\n", only);
		return CMD_FAILED;
	}
	return cmd_json_if(c, top);
}

/* --- protocols --- */

static int show_protocols_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;
	char text[IP_TEXT];

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	sbuf_printf(c->out,
		"Global values:\n"
		"  Internet Protocol routing is %s\n",
		route_is_on(c->router) ? "enabled" : "disabled");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(c->out, "%s is %s, line protocol is %s\n",
			v[i].ifname, show_line_state(&v[i]),
			v[i].proto_up ? "up" : "down");
		if (v[i].n_addr > 0)
			sbuf_printf(c->out, "  Internet address is %s/%u\n",
				ip_text(&v[i].addr[0].addr, text),
				v[i].addr[0].len);
	}
	return cmd_json_if(c, ifaces_json(v, n, ip_brief_json));
}

/* There is no routing protocol. */
static int show_ip_protocols_exec(struct cmd_call *c)
{
	json_t *top = json_object();

	jo_array(top, "protocols");
	sbuf_adds(c->out, "*** IP Routing is NSF aware ***\n\n");
	return cmd_json_if(c, top);
}

static const struct command *const list[] = { &show_vrf, &show_protocols,
	&show_ip_protocols };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_vrf = { &commands, NULL };
