/* The neighbours: show arp, show ip arp, show ipv6 neighbors, clear arp-cache
 * (show-output.md 3.9).  Our own addresses are part of the table, as in IOS. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_arp_exec(struct cmd_call *c);
static int show_neighbors_exec(struct cmd_call *c);
static int clear_arp_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n"

static const struct command show_arp_cmd = {
	.mode = MODE_EXEC,
	.grammar = "show {arp|ip arp} [<addr:ip4>|<name:ifname>]",
	.help = HELP_SHOW "arp  ARP table\nip  IP information\n"
			  "arp#2  IP ARP table\n"
			  "<addr>  Host address\n<name>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_arp_exec,
	.sample = "show arp\nshow ip arp 203.0.113.6",
};

static const struct command show_neighbors = {
	.mode = MODE_EXEC,
	.grammar = "show ipv6 neighbors [<name:ifname>]",
	.help = HELP_SHOW "ipv6  IPv6 information\n"
			  "neighbors  Show IPv6 neighbor cache entries\n"
			  "<name>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_neighbors_exec,
	.sample = "show ipv6 neighbors",
};

static const struct command clear_arp = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear {arp-cache|ip arp <addr:ip4>|ipv6 neighbors}",
	.help = "clear  Reset functions\n"
		"arp-cache  Clear the entire ARP cache\nip  IP\n"
		"arp  Clear an entry of the ARP cache\n<addr>  Host address\n"
		"ipv6  IPv6\nneighbors  Clear IPv6 neighbor cache entries\n",
	.exec = clear_arp_exec,
	.sample = "clear arp-cache\nclear ip arp 203.0.113.6",
};

static void age_text(const struct neigh_info *e, char buf[16])
{
	if (e->own || e->permanent)
		snprintf(buf, 16, "-");
	else
		snprintf(buf, 16, "%ju",
			(uintmax_t)(e->age_secs / 60 % 100000000));
}

void show_arp(const struct neigh_info *v, size_t n, struct sbuf *out)
{
	char addr[IP_TEXT], mac[16], age[16];

	sbuf_adds(out, "Protocol  Address          Age (min)  Hardware Addr   "
		       "Type   Interface\n");
	for (size_t i = 0; i < n; i++) {
		age_text(&v[i], age);
		sbuf_printf(out, "Internet  %-16s%9s   %-16s%-7s%s\n",
			ip_text(&v[i].addr, addr), v[i].complete ? age : "0",
			v[i].complete ? show_mac(v[i].mac, mac) : "Incomplete",
			"ARPA", v[i].complete ? v[i].ifname : "");
	}
}

void show_ipv6_neighbors(const struct neigh_info *v, size_t n, struct sbuf *out)
{
	char addr[IP_TEXT], mac[16], age[16], name[64];

	sbuf_adds(out, "IPv6 Address                              Age "
		       "Link-layer Addr State Interface\n");
	for (size_t i = 0; i < n; i++) {
		if (v[i].own)
			continue;
		age_text(&v[i], age);
		sbuf_printf(out, "%-40s%5s %-16s%-6s%s\n",
			ip_text(&v[i].addr, addr), age,
			v[i].complete ? show_mac(v[i].mac, mac) : "-",
			v[i].complete ? "REACH" : "INCMP",
			ifname_short(v[i].ifname, name));
	}
}

static int entry_cmp(const void *a, const void *b)
{
	const struct neigh_info *x = a, *y = b;

	return ip_cmp(&x->addr, &y->addr);
}

/* What the options of the command leave of the table. */
static size_t table_read(
	struct cmd_call *c, uint8_t family, struct neigh_info **v)
{
	const char *name = drv_str(c->drv, "name");
	struct ip_addr only =
		family == 4 ? drv_ip(c->drv, "addr") : (struct ip_addr){ 0 };
	size_t n, kept = 0;

	*v = NULL;
	if (c->router->box == NULL)
		return 0;
	n = box_neigh_list(c->router->box, family, v);
	for (size_t i = 0; i < n; i++) {
		if ((name == NULL || strcmp((*v)[i].ifname, name) == 0) &&
			(!ip_is_set(&only) || ip_equal(&only, &(*v)[i].addr)))
			(*v)[kept++] = (*v)[i];
	}
	if (kept > 1)
		qsort(*v, kept, sizeof(**v), entry_cmp);
	return kept;
}

static int show_arp_exec(struct cmd_call *c)
{
	auto_free struct neigh_info *v = NULL;
	size_t n = table_read(c, 4, &v);

	if (c->json)
		return cmd_json(c, neighbors_json(v, n));
	show_arp(v, n, c->out);
	return CMD_DONE;
}

static int show_neighbors_exec(struct cmd_call *c)
{
	auto_free struct neigh_info *v = NULL;
	size_t n = table_read(c, 6, &v);

	if (c->json)
		return cmd_json(c, neighbors_json(v, n));
	show_ipv6_neighbors(v, n, c->out);
	return CMD_DONE;
}

static int clear_arp_exec(struct cmd_call *c)
{
	uint8_t family = drv_has(c->drv, "ipv6") ? 6 : 4;
	struct ip_addr only = drv_ip(c->drv, "addr");
	int r = 0;

	if (c->router->box != NULL)
		r = box_neigh_clear(c->router->box, family, &only);
	if (r >= 0)
		return CMD_DONE;
	sbuf_printf(c->out, "%% The neighbour table: %s\n", strerror(-r));
	return CMD_FAILED;
}

static const struct command *const list[] = { &show_arp_cmd, &show_neighbors,
	&clear_arp };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_arp = { &commands, NULL };
