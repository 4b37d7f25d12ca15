/* show ip route in its forms, show ipv6 route, show vrf, show protocols. */
#include "tests/unit/fake_box.h"
#include "tests/unit/orbit.h"
#include "tests/unit/test.h"

#include "cli/show.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define LAN "GigabitEthernet0/1"

static struct route_info route(
	const char *dst, int kind, const char *gw, const char *ifname)
{
	struct route_info i = { .kind = kind,
		.distance = kind == ROUTE_STATIC };

	assert_true(ip_prefix_parse(dst, &i.dst));
	if (gw != NULL)
		i.gw = orbit_ip(gw);
	strlcpy(i.ifname, ifname, sizeof(i.ifname));
	return i;
}

/* What follows the legend. */
static void check_table(const struct sbuf *out, const char *want)
{
	assert_layout(strstr(out->s, "Gateway of"), want);
}

static void equal_ways(void **state)
{
	struct route_info v[] = {
		route("0.0.0.0/0", ROUTE_STATIC, "10.0.1.2", ""),
		route("0.0.0.0/0", ROUTE_STATIC, "10.0.1.3", ""),
		route("10.0.1.0/24", ROUTE_CONNECTED, NULL, LAN),
		route("10.0.2.0/24", ROUTE_STATIC, "10.0.1.9", LAN),
		route("10.0.2.0/24", ROUTE_STATIC, "10.0.1.8", ""),
		route("172.16.0.0/16", ROUTE_KERNEL, "10.0.1.7", LAN),
	};
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_ip_route_table(v, ARRAY_LEN(v), UINT8_MAX, &out);
	check_table(&out,
		"Gateway of last resort is 10.0.1.2 to network 0.0.0.0\n"
		"\n"
		"S*    0.0.0.0/0 [1/0] via 10.0.1.2\n"
		"                [1/0] via 10.0.1.3\n"
		"      10.0.0.0/24 is subnetted, 2 subnets\n"
		"C        10.0.1.0/24 is directly connected, "
		"GigabitEthernet0/1\n"
		"S        10.0.2.0/24 [1/0] via 10.0.1.8\n"
		"                     [1/0] via 10.0.1.9, "
		"GigabitEthernet0/1\n"
		"K     172.16.0.0/16 [0/0] via 10.0.1.7, "
		"GigabitEthernet0/1\n");
	sbuf_trunc(&out, 0);
	show_ip_route_table(v, ARRAY_LEN(v), 1u << ROUTE_CONNECTED, &out);
	check_table(&out,
		"Gateway of last resort is 10.0.1.2 to network 0.0.0.0\n"
		"\n"
		"      10.0.0.0/24 is subnetted, 1 subnets\n"
		"C        10.0.1.0/24 is directly connected, "
		"GigabitEthernet0/1\n");
}

static void one_entry(void **state)
{
	const struct route_info v[] = {
		route("0.0.0.0/0", ROUTE_STATIC, "10.0.1.2", ""),
		route("10.0.1.0/24", ROUTE_CONNECTED, NULL, LAN),
		route("10.0.1.1/32", ROUTE_LOCAL, NULL, LAN),
	};
	struct ip_addr a = orbit_ip("10.0.1.77");
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_ip_route_entry(v, 3, &a, -1, &out);
	assert_string_equal(out.s,
		"Routing entry for 10.0.1.0/24\n"
		"  Known via \"connected\", distance 0, metric 0 (connected, "
		"via interface)\n"
		"  Routing Descriptor Blocks:\n"
		"  * directly connected, via GigabitEthernet0/1\n"
		"      Route metric is 0, traffic share count is 1\n");
	sbuf_trunc(&out, 0);
	a = orbit_ip("0.0.0.0");
	show_ip_route_entry(v, 3, &a, -1, &out);
	assert_string_equal(out.s,
		"Routing entry for 0.0.0.0/0, supernet\n"
		"  Known via \"static\", distance 1, metric 0, candidate "
		"default path\n"
		"  Routing Descriptor Blocks:\n"
		"  * 10.0.1.2\n"
		"      Route metric is 0, traffic share count is 1\n");
	/* The default route is no entry for an address. */
	sbuf_trunc(&out, 0);
	a = orbit_ip("192.0.2.1");
	show_ip_route_entry(v, 3, &a, -1, &out);
	a = orbit_ip("10.0.1.0");
	show_ip_route_entry(v, 3, &a, 25, &out);
	assert_string_equal(
		out.s, "% Network not in table\n% Network not in table\n");
}

static void ipv6_table(void **state)
{
	struct route_info v[] = {
		route("2001:db8::/64", ROUTE_CONNECTED, NULL, LAN),
		route("2001:db8::1/128", ROUTE_LOCAL, NULL, LAN),
		route("::/0", ROUTE_STATIC, "fe80::6", LAN),
	};
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_ipv6_route(v, 3, UINT8_MAX, "", &out);
	assert_non_null(
		strstr(out.s, "IPv6 Routing Table - default - 3 entries\n"));
	assert_string_equal(strstr(out.s, "S   ::/0"),
		"S   ::/0 [1/0]\n"
		"     via FE80::6, GigabitEthernet0/1\n"
		"C   2001:DB8::/64 [0/0]\n"
		"     via GigabitEthernet0/1, directly connected\n"
		"L   2001:DB8::1/128 [0/0]\n"
		"     via GigabitEthernet0/1, receive\n");
}

static void check_paste(struct router *r, const char *line, const char *want)
{
	auto_free char *got = fake_paste(r, line);

	assert_layout(got, want);
}

/* show-output.md 3.9. */
static void vrfs(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	fake_box.has_kinds = true;
	free(fake_paste(&r, "vrf definition RED\n rd 65010:1\n"
			    " address-family ipv4\n"
			    "vrf definition BLUE\n"
			    " address-family ipv4\n exit-address-family\n"
			    " address-family ipv6\n"
			    "interface gi0/2\n vrf forwarding RED\n"
			    "interface gi0/3\n vrf forwarding RED\n"));
	check_paste(&r, "do show vrf RED",
		"  Name                             Default RD            "
		"Protocols   Interfaces\n"
		"  RED                              65010:1               "
		"ipv4        Gi0/2\n"
		"                                                         "
		"            Gi0/3\n");
	check_paste(&r, "do show vrf BLUE",
		"  Name                             Default RD            "
		"Protocols   Interfaces\n"
		"  BLUE                             <not set>             "
		"ipv4,ipv6\n");
	check_paste(&r, "do show vrf GREEN", "% No VRF named GREEN\n");
	check_paste(&r, "do show ip route vrf GREEN",
		"% IP routing table GREEN does not exist\n");
	check_paste(&r, "do show protocols",
		"Global values:\n  Internet Protocol routing is enabled\n");
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_ways),
		cmocka_unit_test(one_entry),
		cmocka_unit_test(ipv6_table),
		cmocka_unit_test(vrfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
