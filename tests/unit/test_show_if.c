/* show interfaces, show ip interface, show ipv6 interface, show arp against the
 * samples of the layout document and of IOS. */
#include "tests/unit/fake_box.h"
#include "tests/unit/orbit.h"
#include "tests/unit/test.h"

#include "cli/show.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

/* show-output.md 3.2; Linux does not count interface resets. */
static const char sample_interface[] =
	"GigabitEthernet0/0 is up, line protocol is up \n"
	"  Hardware is iGbE, address is 5254.0012.a001 (bia "
	"5254.0012.a001)\n"
	"  Description: to WAN\n"
	"  Internet address is 203.0.113.1/29\n"
	"  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, \n"
	"     reliability 255/255, txload 1/255, rxload 1/255\n"
	"  Encapsulation ARPA, loopback not set\n"
	"  Keepalive set (10 sec)\n"
	"  Full Duplex, 1000Mbps, media type is RJ45\n"
	"  output flow-control is unsupported, input flow-control is "
	"unsupported\n"
	"  ARP type: ARPA, ARP Timeout 04:00:00\n"
	"  Last input 00:00:01, output 00:00:04, output hang never\n"
	"  Last clearing of \"show interface\" counters never\n"
	"  Input queue: 0/75/0/0 (size/max/drops/flushes); Total "
	"output drops: 0\n"
	"  Queueing strategy: fifo\n"
	"  Output queue: 0/40 (size/max)\n"
	"  5 minute input rate 3000 bits/sec, 4 packets/sec\n"
	"  5 minute output rate 3000 bits/sec, 4 packets/sec\n"
	"     60211 packets input, 7211034 bytes, 0 no buffer\n"
	"     Received 0 broadcasts (0 IP multicasts)\n"
	"     0 runts, 0 giants, 0 throttles \n"
	"     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored\n"
	"     0 watchdog, 0 multicast, 0 pause input\n"
	"     59877 packets output, 7180022 bytes, 0 underruns\n"
	"     0 output errors, 0 collisions, 0 interface resets\n"
	"     0 unknown protocol drops\n"
	"     0 babbles, 0 late collision, 0 deferred\n"
	"     0 lost carrier, 0 no carrier, 0 pause output\n"
	"     0 output buffer failures, 0 output buffers swapped out\n";

#define NOW_MS 100000000

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static struct iface_info wan(void)
{
	struct iface_info i = { .ifname = "GigabitEthernet0/0",
		.netdev = "eth0",
		.configured = true,
		.line_up = true,
		.proto_up = true,
		.n_addr = 1,
		.speed_mbps = 1000,
		.full_duplex = true,
		.link = { .name = "eth0",
			.kind = "iGbE",
			.mtu = 1500,
			.mac = { 0x52, 0x54, 0x00, 0x12, 0xa0, 0x01 },
			.rx_packets = 60211,
			.rx_bytes = 7211034,
			.tx_packets = 59877,
			.tx_bytes = 7180022 },
		.rates = { .in_bps = 3000,
			.in_pps = 4,
			.out_bps = 3000,
			.out_pps = 4,
			.in_ms = NOW_MS - 1000,
			.out_ms = NOW_MS - 4000 } };

	i.addr[0] = prefix("203.0.113.1/29");
	return i;
}

static void interface_up(void **state)
{
	struct iface_info i = wan();
	struct iface_notes n = { .description = "to WAN",
		.bandwidth_kbps = 1000000,
		.delay_usec = 10 };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_interface(&i, &n, NOW_MS, &out);
	assert_string_equal(sbuf_str(&out), sample_interface);
}

static void interface_kinds(void **state)
{
	struct iface_info i = wan();
	struct iface_notes n = { .bandwidth_kbps = 1000000, .vlan = 10 };
	struct iface_info lo = { .ifname = "Loopback0",
		.line_up = true,
		.proto_up = true,
		.link = { .name = "lo0", .mtu = 1500 } };
	struct iface_notes lo_notes = { .bandwidth_kbps = 8000000,
		.delay_usec = 5000 };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	i.shutdown = true;
	i.line_up = i.proto_up = false;
	i.rates.in_bps = 500000000;
	show_interface(&i, &n, NOW_MS, &out);
	assert_non_null(strstr(out.s, "GigabitEthernet0/0 is administratively "
				      "down, line protocol is down \n"));
	assert_non_null(strstr(out.s, "txload 1/255, rxload 127/255\n"));
	assert_non_null(strstr(
		out.s, "  Encapsulation 802.1Q Virtual LAN, Vlan ID  10.\n"));
	sbuf_trunc(&out, 0);
	show_interface(&lo, &lo_notes, NOW_MS, &out);
	assert_non_null(strstr(out.s,
		"  Hardware is Loopback\n"
		"  MTU 1514 bytes, BW 8000000 Kbit/sec, DLY 5000 usec, \n"
		"     reliability 255/255, txload 1/255, rxload 1/255\n"
		"  Encapsulation LOOPBACK, loopback not set\n"
		"  Last input never, output never, output hang never\n"));
	assert_null(strstr(out.s, "ARP"));
	assert_null(strstr(out.s, "Duplex"));
}

static void ages(void **state)
{
	char buf[16];

	(void)state;
	assert_string_equal(show_age(0, 5, buf), "never");
	assert_string_equal(show_age(1, 3662001, buf), "01:01:02");
	assert_string_equal(show_age(1, 93600001, buf), "1d02h");
	assert_string_equal(show_age(1, 10 * 86400000ull + 1, buf), "1w3d");
}

/* What ios_facts reads. */
static void ip_interface(void **state)
{
	struct router r;
	struct iface_info v[2] = { wan(),
		{ .ifname = "GigabitEthernet0/1", .shutdown = true } };
	auto_free char *got = NULL;

	(void)state;
	v[0].addr[1] = prefix("192.0.2.1/24");
	v[0].n_addr = 2;
	fake_router_init(&r);
	fake_box.iface_list = v;
	fake_box.n_iface_list = 2;
	free(fake_paste(&r, "interface gi0/0\n ip access-group EDGE in\n"));
	got = fake_paste(&r, "do show ip interface");
	assert_non_null(
		strstr(got, "GigabitEthernet0/0 is up, line protocol is up\n"
			    "  Internet address is 203.0.113.1/29\n"
			    "  Broadcast address is 255.255.255.255\n"));
	assert_non_null(strstr(got, "\n  MTU is 1500 bytes\n"));
	assert_non_null(strstr(got, "\n  Secondary address 192.0.2.1/24\n"));
	assert_non_null(strstr(got, "\n  Inbound  access list is EDGE\n"));
	assert_non_null(strstr(got, "\n  Outgoing access list is not set\n"));
	assert_non_null(strstr(got,
		"GigabitEthernet0/1 is administratively down, line protocol "
		"is down\n"
		"  Internet protocol processing disabled\n"));
	fake_router_fini(&r);
}

static void ipv6_interface(void **state)
{
	struct iface_info i = wan();
	auto_sbuf struct sbuf out = { 0 }, brief = { 0 };

	(void)state;
	i.netdev[0] = '\0';
	i.ipv6 = true;
	i.addr6[0] = prefix("2001:db8:1::1/64");
	i.addr6[1] = prefix("fe80::5054:ff:fe12:a001/64");
	i.n_addr6 = 2;
	show_ipv6_interface(&i, &out);
	assert_non_null(
		strstr(out.s, "GigabitEthernet0/0 is up, line protocol is up\n"
			      "  IPv6 is enabled, link-local address is "
			      "FE80::5054:FF:FE12:A001 \n"
			      "  No Virtual link-local address(es):\n"
			      "  Global unicast address(es):\n"
			      "    2001:DB8:1::1, subnet is 2001:DB8:1::/64 \n"
			      "  Joined group address(es):\n"
			      "    FF02::1\n"
			      "    FF02::1:FF00:1\n"
			      "    FF02::1:FF12:A001\n"
			      "  MTU is 1500 bytes\n"));
	show_ipv6_interface_brief(&i, 1, &brief);
	assert_string_equal(brief.s, "GigabitEthernet0/0     [up/up]\n"
				     "    FE80::5054:FF:FE12:A001\n"
				     "    2001:DB8:1::1\n");
	/* A link-local address of a loopback is not an IPv4 address. */
	i.n_addr = 0;
	sbuf_trunc(&out, 0);
	show_ip_interface_brief(&i, 1, &out);
	assert_non_null(strstr(out.s, "GigabitEthernet0/0         unassigned "
				      "     YES unset  up "));
}

/* show-output.md 3.9. */
static void arp(void **state)
{
	struct neigh_info v[3] = {
		{ .addr = orbit_ip("203.0.113.1"),
			.mac = { 0x52, 0x54, 0x00, 0x12, 0xa0, 0x01 },
			.ifname = "GigabitEthernet0/0",
			.own = true,
			.complete = true },
		{ .addr = orbit_ip("203.0.113.6"),
			.mac = { 0x52, 0x54, 0x00, 0x12, 0xb0, 0x06 },
			.ifname = "GigabitEthernet0/0",
			.complete = true,
			.age_secs = 459 },
		{ .addr = orbit_ip("203.0.113.7"),
			.ifname = "GigabitEthernet0/0" },
	};
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_arp(v, 3, &out);
	assert_layout(out.s,
		"Protocol  Address          Age (min)  Hardware Addr   Type   "
		"Interface\n"
		"Internet  203.0.113.1             -   5254.0012.a001  ARPA   "
		"GigabitEthernet0/0\n"
		"Internet  203.0.113.6             7   5254.0012.b006  ARPA   "
		"GigabitEthernet0/0\n"
		"Internet  203.0.113.7             0   Incomplete      "
		"ARPA\n");
}

static void platform(void **state)
{
	struct iface_info v[2] = { wan(), { .ifname = "Tunnel0" } };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	v[0].link.ifindex = 12;
	v[0].link.admin_up = v[0].link.running = true;
	show_platform_interfaces(v, 2, &out);
	assert_layout(out.s,
		"Interface                  Device           Index Kind      "
		"Admin  Carrier MTU\n"
		"GigabitEthernet0/0         eth0             12    iGbE      "
		"up     up      1500\n"
		"Tunnel0                    -                -     -         "
		"-      -       -\n");
}

static void counters_cleared(void **state)
{
	struct router r;
	auto_free char *got = NULL;

	(void)state;
	fake_router_init(&r);
	got = fake_paste(&r, "do clear counters");
	assert_string_equal(got, "Clear \"show interface\" counters on all "
				 "interfaces [confirm]\n");
	assert_int_equal(fake_box.clears, 1);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interface_up),
		cmocka_unit_test(interface_kinds),
		cmocka_unit_test(ages),
		cmocka_unit_test(ip_interface),
		cmocka_unit_test(ipv6_interface),
		cmocka_unit_test(arp),
		cmocka_unit_test(platform),
		cmocka_unit_test(counters_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
