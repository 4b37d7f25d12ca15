/* show ip interface brief, show interfaces description (show-output.md 3.1,
 * 3.3). */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_brief_exec(struct cmd_call *c);
static int show_description_exec(struct cmd_call *c);

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

static const struct command *const list[] = { &show_brief, &show_description };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_ip = { &commands, NULL };
