/* show interfaces and its short forms, show platform interfaces, clear counters
 * (show-output.md 3.2, ios-cli.md 4).  Counters, speed and duplex are the
 * kernel's; what Linux has no counter for is 0. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/ifname.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_interfaces_exec(struct cmd_call *c);
static int show_summary_exec(struct cmd_call *c);
static int show_platform_exec(struct cmd_call *c);
static int clear_counters_exec(struct cmd_call *c);

#define HELP_SHOW_IF                                                           \
	"show  Show running system information\n"                              \
	"interfaces  Interface status and configuration\n"

static const struct command show_all = {
	.mode = MODE_EXEC,
	.grammar = "show interfaces [<name:ifname>]",
	.help = HELP_SHOW_IF "<name>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_interfaces_exec,
	.sample = "show interfaces\nshow interfaces GigabitEthernet0/0",
};

static const struct command show_summary = {
	.mode = MODE_EXEC,
	.grammar = "show interfaces summary",
	.help = HELP_SHOW_IF "summary  Show interface summary\n",
	.flags = CMD_PIPE,
	.exec = show_summary_exec,
};

static const struct command show_platform = {
	.mode = MODE_EXEC,
	.grammar = "show platform interfaces",
	.help = "show  Show running system information\n"
		"platform  Show platform information\n"
		"interfaces  Linux network devices behind the interfaces\n",
	.flags = CMD_PIPE,
	.exec = show_platform_exec,
};

static const struct command clear_counters = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear counters [<name:ifname>]",
	.help = "clear  Reset functions\n"
		"counters  Clear counters on one or all interfaces\n"
		"<name>  Interface name\n",
	.exec = clear_counters_exec,
	.sample = "clear counters\nclear counters GigabitEthernet0/0",
};

/* --- what the configuration adds --- */

const char *if_line(
	const struct node *section, const char *words, struct sbuf *out)
{
	size_t n = strlen(words);

	if (section == NULL)
		return NULL;
	for (struct node *c = node_first(section); c != NULL;
		c = node_next(c)) {
		sbuf_trunc(out, 0);
		node_line(c, out);
		if (strncmp(sbuf_str(out), words, n) == 0 && out->s[n] == ' ')
			return out->s + n + 1;
	}
	return NULL;
}

const struct node *if_section(const struct router *r, const char *ifname)
{
	return node_find(tree_root(r->tree), &cfg_interface, ifname);
}

static uint32_t kbps_by_type(const struct iface_info *i)
{
	static const struct {
		const char *type;
		uint32_t kbps;
	} types[] = {
		{ "Loopback", 8000000 },
		{ "TenGigabitEthernet", 10000000 },
		{ "FastEthernet", 100000 },
		{ "Ethernet", 10000 },
		{ "Tunnel", 100 },
		{ "Serial", 1544 },
	};

	for (size_t k = 0; k < ARRAY_LEN(types); k++) {
		if (strncmp(i->ifname, types[k].type, strlen(types[k].type)) ==
			0)
			return types[k].kbps;
	}
	return 1000000;
}

static void notes_fill(const struct router *r, const struct iface_info *i,
	struct iface_notes *n)
{
	const struct node *section = if_section(r, i->ifname);
	auto_sbuf struct sbuf line = { 0 };
	const char *text;

	*n = (struct iface_notes){ .bandwidth_kbps = kbps_by_type(i) };
	if (i->speed_mbps != 0 && !ifname_is_loopback(i->ifname))
		n->bandwidth_kbps = i->speed_mbps * 1000;
	text = node_str(section == NULL ? NULL
					: node_child(section,
						  &cfg_if_description, NULL),
		"text");
	if (text != NULL)
		strlcpy(n->description, text, sizeof(n->description));
	text = if_line(section, "bandwidth", &line);
	if (text != NULL && strtoul(text, NULL, 10) != 0)
		n->bandwidth_kbps = (uint32_t)strtoul(text, NULL, 10);
	text = if_line(section, "delay", &line);
	n->delay_usec = text != NULL ? 10 * (uint32_t)strtoul(text, NULL, 10)
			: ifname_is_loopback(i->ifname) ? 5000
							: 10;
	text = if_line(section, "encapsulation dot1Q", &line);
	if (text != NULL)
		n->vlan = (uint16_t)strtoul(text, NULL, 10);
}

/* --- show interfaces --- */

const char *show_line_state(const struct iface_info *i)
{
	if (i->shutdown)
		return "administratively down";
	return i->line_up ? "up" : "down";
}

const char *show_mac(const uint8_t mac[6], char buf[16])
{
	snprintf(buf, 16, "%02x%02x.%02x%02x.%02x%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
	return buf;
}

const char *show_age(uint64_t then_ms, uint64_t now_ms, char buf[16])
{
	uint64_t secs = now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
	uint64_t days = secs / 86400;

	if (then_ms == 0)
		return "never";
	if (days >= 7)
		snprintf(buf, 16, "%juw%jud", (uintmax_t)(days / 7 % 10000),
			(uintmax_t)(days % 7));
	else if (days > 0)
		snprintf(buf, 16, "%jud%02juh", (uintmax_t)days,
			(uintmax_t)(secs / 3600 % 24));
	else
		show_hms((uint32_t)secs, buf);
	return buf;
}

static unsigned load_255(uint64_t bps, uint32_t kbps)
{
	uint64_t load = kbps == 0 ? 0 : 255 * bps / (1000ull * kbps);

	return load < 1 ? 1 : load > 255 ? 255 : (unsigned)load;
}

static void hardware(const struct iface_info *i, const struct iface_notes *n,
	struct sbuf *out)
{
	bool loopback = ifname_is_loopback(i->ifname);
	char mac[16], ip[IP_TEXT];
	unsigned mtu = loopback ? 1514 : i->link.mtu != 0 ? i->link.mtu : 1500;

	show_mac(i->link.mac, mac);
	if (loopback)
		sbuf_adds(out, "  Hardware is Loopback\n");
	else if (i->link.name[0] == '\0')
		sbuf_adds(out, "  Hardware is not present\n");
	else
		sbuf_printf(out, "  Hardware is %s, address is %s (bia %s)\n",
			i->link.kind[0] != '\0' ? i->link.kind : "Ethernet",
			mac, mac);
	if (n->description[0] != '\0')
		sbuf_printf(out, "  Description: %s\n", n->description);
	if (i->n_addr > 0)
		sbuf_printf(out, "  Internet address is %s/%u\n",
			ip_text(&i->addr[0].addr, ip), i->addr[0].len);
	sbuf_printf(out,
		"  MTU %u bytes, BW %u Kbit/sec, DLY %u usec, \n"
		"     reliability 255/255, txload %u/255, rxload %u/255\n",
		mtu, n->bandwidth_kbps, n->delay_usec,
		load_255(i->rates.out_bps, n->bandwidth_kbps),
		load_255(i->rates.in_bps, n->bandwidth_kbps));
	if (n->vlan != 0)
		sbuf_printf(out,
			"  Encapsulation 802.1Q Virtual LAN, Vlan ID  %u.\n",
			n->vlan);
	else
		sbuf_printf(out, "  Encapsulation %s, loopback not set\n",
			loopback ? "LOOPBACK" : "ARPA");
	if (loopback)
		return;
	sbuf_adds(out, "  Keepalive set (10 sec)\n");
	if (i->speed_mbps != 0)
		sbuf_printf(out, "  %s Duplex, %uMbps, media type is RJ45\n",
			i->full_duplex ? "Full" : "Half", i->speed_mbps);
	sbuf_adds(out, "  output flow-control is unsupported, input "
		       "flow-control is unsupported\n"
		       "  ARP type: ARPA, ARP Timeout 04:00:00\n");
}

static void queues(
	const struct iface_info *i, uint64_t now_ms, struct sbuf *out)
{
	const struct iface_rates *r = &i->rates;
	char in[16], put[16], cleared[16];

	sbuf_printf(out,
		"  Last input %s, output %s, output hang never\n"
		"  Last clearing of \"show interface\" counters %s\n"
		"  Input queue: 0/75/%ju/0 (size/max/drops/flushes); Total "
		"output drops: %ju\n"
		"  Queueing strategy: fifo\n"
		"  Output queue: 0/40 (size/max)\n"
		"  5 minute input rate %ju bits/sec, %ju packets/sec\n"
		"  5 minute output rate %ju bits/sec, %ju packets/sec\n",
		show_age(r->in_ms, now_ms, in),
		show_age(r->out_ms, now_ms, put),
		show_age(r->cleared_ms, now_ms, cleared),
		(uintmax_t)i->link.rx_drops, (uintmax_t)i->link.tx_drops,
		(uintmax_t)(r->in_bps / 1000 * 1000), (uintmax_t)r->in_pps,
		(uintmax_t)(r->out_bps / 1000 * 1000), (uintmax_t)r->out_pps);
}

static void counters(const struct link_state *s, struct sbuf *out)
{
	sbuf_printf(out,
		"     %ju packets input, %ju bytes, 0 no buffer\n"
		"     Received %ju broadcasts (%ju IP multicasts)\n"
		"     0 runts, 0 giants, 0 throttles \n"
		"     %ju input errors, %ju CRC, %ju frame, %ju overrun, %ju "
		"ignored\n"
		"     0 watchdog, %ju multicast, 0 pause input\n",
		(uintmax_t)s->rx_packets, (uintmax_t)s->rx_bytes,
		(uintmax_t)s->rx_multicast, (uintmax_t)s->rx_multicast,
		(uintmax_t)s->rx_errors, (uintmax_t)s->rx_crc,
		(uintmax_t)s->rx_frame, (uintmax_t)s->rx_over,
		(uintmax_t)s->rx_missed, (uintmax_t)s->rx_multicast);
	sbuf_printf(out,
		"     %ju packets output, %ju bytes, 0 underruns\n"
		"     %ju output errors, %ju collisions, 0 interface resets\n"
		"     0 unknown protocol drops\n"
		"     0 babbles, 0 late collision, 0 deferred\n"
		"     %ju lost carrier, 0 no carrier, 0 pause output\n"
		"     0 output buffer failures, 0 output buffers swapped out\n",
		(uintmax_t)s->tx_packets, (uintmax_t)s->tx_bytes,
		(uintmax_t)s->tx_errors, (uintmax_t)s->collisions,
		(uintmax_t)s->tx_carrier);
}

void show_interface(const struct iface_info *i, const struct iface_notes *n,
	uint64_t now_ms, struct sbuf *out)
{
	sbuf_printf(out, "%s is %s, line protocol is %s \n", i->ifname,
		show_line_state(i), i->proto_up ? "up" : "down");
	hardware(i, n, out);
	queues(i, now_ms, out);
	counters(&i->link, out);
}

size_t show_ifaces_get(struct cmd_call *c, struct iface_info **v)
{
	const char *only = drv_str(c->drv, "name");
	size_t n, kept = 0;

	*v = NULL;
	if (c->router->box == NULL)
		return 0;
	n = box_iface_list(c->router->box, v);
	for (size_t i = 0; i < n; i++) {
		if (only == NULL || strcmp((*v)[i].ifname, only) == 0)
			(*v)[kept++] = (*v)[i];
	}
	if (only != NULL && kept == 0)
		sbuf_printf(c->out, "%% Interface %s does not exist\n", only);
	return kept;
}

static int show_interfaces_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = show_ifaces_get(c, &v);
	json_t *top, *list;

	if (c->json && c->out->n > 0)
		return CMD_FAILED;
	top = json_object();
	list = jo_array(top, "interfaces");
	for (size_t i = 0; i < n; i++) {
		struct iface_notes notes;

		notes_fill(c->router, &v[i], &notes);
		if (c->json)
			json_array_append_new(list,
				iface_full_json(&v[i], &notes, loop_now()));
		else
			show_interface(&v[i], &notes, loop_now(), c->out);
	}
	cmd_json_if(c, top);
	return n > 0 || !drv_set(c->drv, "name") ? CMD_DONE : CMD_FAILED;
}

/* --- show interfaces summary --- */

void show_interfaces_summary(
	const struct iface_info *v, size_t n, struct sbuf *out)
{
	sbuf_adds(out,
		"\n"
		" *: interface is up\n"
		" IHQ: pkts in input hold queue     IQD: pkts dropped from "
		"input queue\n"
		" OHQ: pkts in output hold queue    OQD: pkts dropped from "
		"output queue\n"
		" RXBS: rx rate (bits/sec)          RXPS: rx rate (pkts/sec)\n"
		" TXBS: tx rate (bits/sec)          TXPS: tx rate (pkts/sec)\n"
		" TRTL: throttle count\n"
		"\n"
		"  Interface                   IHQ       IQD       OHQ       "
		"OQD      RXBS      RXPS      TXBS      TXPS      TRTL\n");
	sbuf_pad(out, '-', 117);
	sbuf_addc(out, '\n');
	for (size_t i = 0; i < n; i++) {
		const struct iface_rates *r = &v[i].rates;

		sbuf_printf(out,
			"%c %-22s%9u%10ju%10u%10ju%10ju%10ju%10ju%10ju%10u\n",
			v[i].line_up ? '*' : ' ', v[i].ifname, 0U,
			(uintmax_t)v[i].link.rx_drops, 0U,
			(uintmax_t)v[i].link.tx_drops, (uintmax_t)r->in_bps,
			(uintmax_t)r->in_pps, (uintmax_t)r->out_bps,
			(uintmax_t)r->out_pps, 0U);
	}
}

static int show_summary_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, ifaces_json(v, n, iface_summary_json));
	show_interfaces_summary(v, n, c->out);
	return CMD_DONE;
}

/* --- show platform interfaces --- */

void show_platform_interfaces(
	const struct iface_info *v, size_t n, struct sbuf *out)
{
	sbuf_adds(out, "Interface                  Device           Index "
		       "Kind      Admin  Carrier MTU\n");
	for (size_t i = 0; i < n; i++) {
		const struct link_state *s = &v[i].link;

		sbuf_printf(out, "%-27s%-17s", v[i].ifname,
			v[i].netdev[0] != '\0' ? v[i].netdev : "-");
		if (s->name[0] == '\0') {
			sbuf_adds(out, "-     -         -      -       -\n");
			continue;
		}
		sbuf_printf(out, "%-6d%-10s%-7s%-8s%u\n", s->ifindex,
			s->kind[0] != '\0' ? s->kind : "hardware",
			s->admin_up ? "up" : "down", s->running ? "up" : "down",
			s->mtu);
	}
}

static int show_platform_exec(struct cmd_call *c)
{
	auto_free struct iface_info *v = NULL;
	size_t n = 0;

	if (c->router->box != NULL)
		n = box_iface_list(c->router->box, &v);
	if (c->json)
		return cmd_json(c, ifaces_json(v, n, iface_platform_json));
	show_platform_interfaces(v, n, c->out);
	return CMD_DONE;
}

/* --- clear counters --- */

struct clearing {
	struct router *router;
	char ifname[IFNAME_MAX]; /* "" all */
};

static void clearing_break(void *ctx)
{
	free(ctx);
}

static int clear_answered(struct session *s, const char *answer, void *ctx)
{
	auto_free struct clearing *k = ctx;
	struct router *r = k->router;

	if (answer[0] != '\0' && answer[0] != 'y' && answer[0] != 'Y')
		return CMD_FAILED;
	box_counters_clear(r->box, k->ifname[0] != '\0' ? k->ifname : NULL);
	log_msg(r->log, LOG_SEV_NOTICE, "CLEAR", "COUNTERS",
		"Clear counter on %s%s by %s on %s",
		k->ifname[0] != '\0' ? "interface " : "all interfaces",
		k->ifname,
		session_user(s)[0] != '\0' ? session_user(s) : "console",
		session_line(s));
	return CMD_DONE;
}

static int clear_counters_exec(struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "name");
	struct clearing *k;

	if (c->router->box == NULL)
		return CMD_FAILED;
	k = xcalloc(1, sizeof(*k));
	k->router = c->router;
	if (name != NULL)
		strlcpy(k->ifname, name, sizeof(k->ifname));
	session_on_break(c->session, clearing_break, k);
	return session_ask(c->session, ASK_CONFIRM,
		name == NULL ? "Clear \"show interface\" counters on all "
			       "interfaces [confirm]"
			     : "Clear \"show interface\" counters on this "
			       "interface [confirm]",
		clear_answered, k);
}

static const struct command *const list[] = { &show_all, &show_summary,
	&show_platform, &clear_counters };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_interfaces = { &commands, NULL };
