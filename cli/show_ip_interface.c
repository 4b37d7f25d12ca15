/* show ip interface, show ipv6 interface [brief] (show-output.md 3.1; what
 * ios_facts reads: clients.md 1.3).  Lines tell what the kernel is set to. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int show_ip_exec(struct cmd_call *c);
static int show_ipv6_exec(struct cmd_call *c);
static int show_ipv6_brief_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n"

static const struct command show_ip = {
	.mode = MODE_EXEC,
	.grammar = "show ip interface [<name:ifname>]",
	.help = HELP_SHOW "ip  IP information\n"
			  "interface  IP interface status and configuration\n"
			  "<name>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_ip_exec,
	.sample = "show ip interface\nshow ip interface GigabitEthernet0/0",
};

static const struct command show_ipv6 = {
	.mode = MODE_EXEC,
	.grammar = "show ipv6 interface [<name:ifname>]",
	.help = HELP_SHOW "ipv6  IPv6 information\n"
			  "interface  IPv6 interface status and "
			  "configuration\n"
			  "<name>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_ipv6_exec,
	.sample = "show ipv6 interface\nshow ipv6 interface Loopback0",
};

static const struct command show_ipv6_brief = {
	.mode = MODE_EXEC,
	.grammar = "show ipv6 interface brief",
	.help = HELP_SHOW "ipv6  IPv6 information\n"
			  "interface  IPv6 interface status and "
			  "configuration\n"
			  "brief  Brief summary of IPv6 status and "
			  "configuration\n",
	.flags = CMD_PIPE,
	.exec = show_ipv6_brief_exec,
};

/* A switch of the kernel for one device; /proc shows our own namespace. */
static bool knob(const char *family, const char *netdev, const char *name)
{
	auto_sbuf struct sbuf path = { 0 };
	char c = '0';

	if (netdev[0] == '\0')
		return false;
	sbuf_printf(&path, "/proc/sys/net/%s/conf/%s/%s", family, netdev, name);
	auto_fd int fd = open(sbuf_str(&path), O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1 && c != '0';
}

static const char *access_group(
	const struct node *section, const char *direction, struct sbuf *line)
{
	if (section == NULL)
		return "not set";
	for (struct node *c = node_first(section); c != NULL;
		c = node_next(c)) {
		char *word;

		sbuf_trunc(line, 0);
		node_line(c, line);
		if (strncmp(sbuf_str(line), "ip access-group ", 16) != 0)
			continue;
		word = strrchr(line->s, ' ');
		if (strcmp(word + 1, direction) != 0)
			continue;
		*word = '\0';
		return line->s + 16;
	}
	return "not set";
}

static void ip_lines(const struct iface_info *i, const struct node *section,
	struct sbuf *out)
{
	auto_sbuf struct sbuf in_acl = { 0 }, out_acl = { 0 }, mtu = { 0 };
	const char *ip_mtu = if_line(section, "ip mtu", &mtu);
	char text[IP_TEXT], link_mtu[IP_TEXT];

	sbuf_printf(out,
		"  Internet address is %s/%u\n"
		"  Broadcast address is 255.255.255.255\n"
		"  Address determined by setup command\n"
		"  MTU is %s bytes\n"
		"  Helper address is not set\n"
		"  Directed broadcast forwarding is disabled\n",
		ip_text(&i->addr[0].addr, text), i->addr[0].len,
		ip_mtu != NULL ? ip_mtu : show_mtu(i, link_mtu));
	for (size_t k = 1; k < i->n_addr; k++)
		sbuf_printf(out, "  Secondary address %s/%u\n",
			ip_text(&i->addr[k].addr, text), i->addr[k].len);
	if (i->vrf[0] != '\0')
		sbuf_printf(out, "  VPN Routing/Forwarding \"%s\"\n", i->vrf);
	sbuf_printf(out,
		"  Outgoing Common access list is not set\n"
		"  Outgoing access list is %s\n"
		"  Inbound Common access list is not set\n"
		"  Inbound  access list is %s\n"
		"  Proxy ARP is %s\n"
		"  Local Proxy ARP is disabled\n"
		"  Security level is default\n"
		"  Split horizon is enabled\n"
		"  ICMP redirects are %s\n"
		"  ICMP unreachables are always sent\n"
		"  ICMP mask replies are never sent\n",
		access_group(section, "out", &out_acl),
		access_group(section, "in", &in_acl),
		knob("ipv4", i->netdev, "proxy_arp") ? "enabled" : "disabled",
		knob("ipv4", i->netdev, "send_redirects") ? "always sent"
							  : "never sent");
}

const char *show_mtu(const struct iface_info *i, char buf[IP_TEXT])
{
	snprintf(buf, IP_TEXT, "%u",
		ifname_is_loopback(i->ifname) ? 1514
		: i->link.mtu != 0            ? i->link.mtu
					      : 1500);
	return buf;
}

void show_ip_interface(const struct iface_info *i, const struct node *section,
	struct sbuf *out)
{
	sbuf_printf(out, "%s is %s, line protocol is %s\n", i->ifname,
		show_line_state(i), i->proto_up ? "up" : "down");
	if (i->n_addr == 0)
		sbuf_adds(out, "  Internet protocol processing disabled\n");
	else
		ip_lines(i, section, out);
}

static int show_ip_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = show_ifaces_get(c, &v);

	if (c->json && c->out->n == 0)
		return cmd_json(c, ifaces_json(v, n, ip_interface_json));
	for (size_t i = 0; i < n; i++)
		show_ip_interface(
			&v[i], if_section(c->router, v[i].ifname), c->out);
	return n > 0 || !drv_set(c->drv, "name") ? CMD_DONE : CMD_FAILED;
}

/* --- IPv6 --- */

static const struct ip_prefix *link_local(const struct iface_info *i)
{
	for (size_t k = 0; k < i->n_addr6; k++) {
		if (ip_is_link_local(&i->addr6[k].addr))
			return &i->addr6[k];
	}
	return NULL;
}

static void globals(const struct iface_info *i, struct sbuf *out)
{
	char text[IP_TEXT], net[IP_TEXT];
	bool any = false;

	for (size_t k = 0; k < i->n_addr6; k++) {
		const struct ip_prefix *p = &i->addr6[k];
		struct ip_prefix n = ip_prefix_net(p);

		if (ip_is_link_local(&p->addr))
			continue;
		if (!any)
			sbuf_adds(out, "  Global unicast address(es):\n");
		any = true;
		sbuf_printf(out, "    %s, subnet is %s/%u \n",
			ip_text(&p->addr, text), ip_text(&n.addr, net), n.len);
	}
	if (!any)
		sbuf_adds(out, "  No global unicast address is configured\n");
}

/* RFC 4291 2.7.1: the solicited-node group of an address. */
static void solicited(const struct ip_addr *a, struct sbuf *out)
{
	struct ip_addr g;
	char text[IP_TEXT];

	ip_parse("ff02::1:ff00:0", &g);
	memcpy(g.b + 13, a->b + 13, 3);
	sbuf_printf(out, "    %s\n", ip_text(&g, text));
}

static void groups(const struct iface_info *i, struct sbuf *out)
{
	sbuf_adds(out, "  Joined group address(es):\n    FF02::1\n");
	if (knob("ipv6", i->netdev, "forwarding"))
		sbuf_adds(out, "    FF02::2\n");
	for (size_t k = 0; k < i->n_addr6; k++) {
		bool seen = false;

		for (size_t j = 0; j < k && !seen; j++)
			seen = memcmp(i->addr6[j].addr.b + 13,
				       i->addr6[k].addr.b + 13, 3) == 0;
		if (!seen)
			solicited(&i->addr6[k].addr, out);
	}
}

void show_ipv6_interface(const struct iface_info *i, struct sbuf *out)
{
	const struct ip_prefix *ll = link_local(i);
	char text[IP_TEXT];

	sbuf_printf(out, "%s is %s, line protocol is %s\n", i->ifname,
		show_line_state(i), i->proto_up ? "up" : "down");
	if (ll != NULL)
		sbuf_printf(out,
			"  IPv6 is enabled, link-local address is %s \n",
			ip_text(&ll->addr, text));
	else
		sbuf_adds(out, "  IPv6 is enabled, no link-local address\n");
	sbuf_adds(out, "  No Virtual link-local address(es):\n");
	globals(i, out);
	groups(i, out);
	sbuf_printf(out,
		"  MTU is %s bytes\n"
		"  ICMP error messages limited to one every 100 milliseconds\n"
		"  ICMP redirects are enabled\n"
		"  ICMP unreachables are sent\n"
		"  ND DAD is enabled, number of DAD attempts: 1\n"
		"  ND reachable time is 30000 milliseconds (using 30000)\n",
		show_mtu(i, text));
}

static int show_ipv6_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = show_ifaces_get(c, &v);

	if (c->json && c->out->n == 0)
		return cmd_json(c, ifaces_json(v, n, ipv6_interface_json));
	for (size_t i = 0; i < n; i++) {
		if (v[i].ipv6)
			show_ipv6_interface(&v[i], c->out);
	}
	return n > 0 || !drv_set(c->drv, "name") ? CMD_DONE : CMD_FAILED;
}

void show_ipv6_interface_brief(
	const struct iface_info *v, size_t n, struct sbuf *out)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < n; i++) {
		sbuf_printf(out, "%-23s[%s/%s]\n", v[i].ifname,
			show_line_state(&v[i]), v[i].proto_up ? "up" : "down");
		if (!v[i].ipv6 || v[i].n_addr6 == 0) {
			sbuf_adds(out, "    unassigned\n");
			continue;
		}
		if (link_local(&v[i]) != NULL)
			sbuf_printf(out, "    %s\n",
				ip_text(&link_local(&v[i])->addr, text));
		for (size_t k = 0; k < v[i].n_addr6; k++) {
			const struct ip_addr *a = &v[i].addr6[k].addr;

			if (!ip_is_link_local(a))
				sbuf_printf(out, "    %s\n", ip_text(a, text));
		}
	}
}

static int show_ipv6_brief_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, ifaces_json(v, n, ipv6_interface_json));
	show_ipv6_interface_brief(v, n, c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_ip, &show_ipv6,
	&show_ipv6_brief };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_ip_interface = { &commands, NULL };
