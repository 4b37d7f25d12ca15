/* Interfaces, VRFs and static routes: what lines are refused with which text,
 * what stays in the configuration, and what the box is told. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include "router/ifname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_IN_FORCE "% Warning: this line is kept but not in force "

static struct router r;

static int setup(void **state)
{
	(void)state;
	fake_router_init(&r);
	fake_box.has_kinds = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_router_fini(&r);
	return 0;
}

static void check_paste(const char *lines, const char *want)
{
	auto_free char *got = fake_paste(&r, lines);

	if (strcmp(got, want) != 0)
		fprintf(stderr, "--- %s\n--- got\n%s\n--- want\n%s\n", lines,
			got, want);
	assert_string_equal(got, want);
}

/* The sections of the running-config from the first interface on. */
static void check_config(const char *from, const char *want)
{
	auto_free char *got = fake_running(&r);
	char *start = strstr(got, from);

	assert_non_null(start);
	if (strncmp(start, want, strlen(want)) != 0)
		fprintf(stderr, "--- got\n%s\n--- want\n%s\n", start, want);
	assert_memory_equal(start, want, strlen(want));
}

static const struct iface_policy *policy(const char *ifname)
{
	for (size_t i = 0; i < fake_box.n_ifaces; i++) {
		if (strcmp(fake_box.ifaces[i].ifname, ifname) == 0)
			return &fake_box.ifaces[i];
	}
	fail_msg("no %s", ifname);
	return NULL;
}

static void check_addr(const struct iface_policy *p, size_t i, const char *want)
{
	char addr[IP_TEXT], text[2 * IP_TEXT];

	assert_true(i < p->n_addr);
	snprintf(text, sizeof(text), "%s/%u", ip_text(&p->addr[i].addr, addr),
		p->addr[i].len);
	assert_string_equal(text, want);
}

static void addresses(void **state)
{
	(void)state;
	check_paste("interface gi0/0\n ip address 10.0.0.0 255.255.255.0",
		"Bad mask 0xFFFFFF00 for address 10.0.0.0\n");
	check_paste("interface gi0/0\n"
		    " ip address 10.0.0.1 255.255.255.0\n"
		    " ip address 10.0.1.1 255.255.255.0 secondary\n",
		"");
	check_paste("interface gi0/1\n ip address 10.0.0.9 255.255.255.128\n",
		"% 10.0.0.0 overlaps with GigabitEthernet0/0\n");
	check_paste("interface gi0/0\n no ip address 10.0.0.1 255.255.255.0",
		"Must delete secondary before deleting primary\n");
	check_addr(policy("GigabitEthernet0/0"), 0, "10.0.0.1/24");
	check_addr(policy("GigabitEthernet0/0"), 1, "10.0.1.1/24");
	/* Alone it takes all of them. */
	check_paste("interface gi0/0\n no ip address\n", "");
	check_config("interface Gi", "interface GigabitEthernet0/0\n"
				     " no ip address\n!\n");
	check_paste("interface gi0/0\n ip address dhcp\n",
		NOT_IN_FORCE "(no DHCP client)\n");
	check_config("interface Gi", "interface GigabitEthernet0/0\n"
				     " ip address dhcp\n!\n");
	assert_int_equal(policy("GigabitEthernet0/0")->n_addr, 0);
}

static void unnumbered(void **state)
{
	(void)state;
	check_paste("interface lo0\n ip address 10.255.0.1 255.255.255.0\n"
		    "interface gi0/0\n ip address 10.0.0.1 255.255.255.0\n"
		    " ip address 10.0.1.1 255.255.255.0 secondary\n"
		    " ip unnumbered Loopback0\n ip mtu 1400\n mtu 1500",
		"");
	check_config("interface Gi", "interface GigabitEthernet0/0\n"
				     " ip unnumbered Loopback0\n"
				     " ip mtu 1400\n!\n");
	assert_int_equal(policy("GigabitEthernet0/0")->n_addr, 1);
	check_addr(policy("GigabitEthernet0/0"), 0, "10.255.0.1/32");
	assert_int_equal(policy("GigabitEthernet0/0")->mtu, 1400);
}

static void ipv6(void **state)
{
	const struct iface_policy *p;

	(void)state;
	check_paste("interface gi0/0\n"
		    " ipv6 address 2001:db8:1::1/64\n"
		    " ipv6 address 2001:db8:2::/64 eui-64\n"
		    " ipv6 address fe80::1 link-local\n"
		    " ipv6 enable\n",
		"");
	check_paste("interface gi0/0\n ipv6 address 2001:db8::1 link-local\n",
		"% Invalid link-local address\n");
	check_paste("interface gi0/1\n ipv6 address 2001:db8:1::9/64\n",
		"%GigabitEthernet0/1: Error: 2001:DB8:1::9/64 is overlapping "
		"with 2001:DB8:1::1/64 on GigabitEthernet0/0\n");
	check_paste("interface gi0/1\n ipv6 address autoconf\n",
		NOT_IN_FORCE "(no autoconfiguration)\n");
	check_config("interface Gi",
		"interface GigabitEthernet0/0\n"
		" no ip address\n"
		" ipv6 enable\n"
		" ipv6 address FE80::1 link-local\n"
		" ipv6 address 2001:DB8:1::1/64\n"
		" ipv6 address 2001:DB8:2::/64 eui-64\n!\n");
	p = policy("GigabitEthernet0/0");
	check_addr(p, 0, "FE80::1/64");
	check_addr(p, 1, "2001:DB8:1::1/64");
	check_addr(p, 2, "2001:DB8:2::/64");
	assert_int_equal(p->eui64, 1u << 2);
	assert_true(p->ipv6);
	assert_false(policy("GigabitEthernet0/1")->ipv6);
	check_paste("interface gi0/0\n no ipv6 address\n", "");
	check_config("interface Gi", "interface GigabitEthernet0/0\n"
				     " no ip address\n"
				     " ipv6 enable\n!\n");
}

static void subinterfaces(void **state)
{
	static const char no_tag[] =
		"\n% Configuring IP routing on a LAN subinterface is only "
		"allowed if that\n"
		"subinterface is already configured as part of an IEEE "
		"802.10, IEEE 802.1Q,\n"
		"or ISL vLAN.\n";

	(void)state;
	check_paste("interface gi0/0.10\n ip address 10.1.0.1 255.255.255.0\n",
		no_tag);
	check_paste("interface gi0/0.10\n encapsulation dot1q 10\n"
		    " ip address 10.1.0.1 255.255.255.0\n",
		"");
	check_paste("interface gi0/0.20\n encapsulation dot1Q 10\n",
		"% Configuration of multiple subinterfaces of the same main\n"
		"interface with the same VID (10) is not permitted.\n"
		"This VID is already configured on GigabitEthernet0/0.10.\n");
	check_paste("interface gi0/1.20\n encapsulation dot1Q 10\n", "");
	check_paste("interface gi0/1\n encapsulation dot1Q 10\n",
		"% Command encapsulation dot1Q is only allowed on a "
		"subinterface\n");
	check_paste("interface gi0/1.30\n encapsulation dot1Q 30 native\n",
		NOT_IN_FORCE "(native VLANs are not taken from the port)\n");
	assert_int_equal(policy("GigabitEthernet0/0.10")->vlan, 10);
	assert_int_equal(policy("GigabitEthernet0/1.30")->vlan, 0);
	check_config("interface GigabitEthernet0/0.10",
		"interface GigabitEthernet0/0.10\n"
		" encapsulation dot1Q 10\n"
		" ip address 10.1.0.1 255.255.255.0\n!\n");
	fake_box.has_kinds = false;
	check_paste("interface gi0/2.1\n encapsulation dot1Q 1\n",
		NOT_IN_FORCE "(the kernel has no 802.1Q)\n");
}

static void removal(void **state)
{
	(void)state;
	check_paste("interface gi0/0\n description WAN\n"
		    "no interface gi0/0\n",
		"% Removal of physical interfaces is not permitted\n");
	check_paste("default interface gi0/0\n",
		"Interface GigabitEthernet0/0 set to default configuration\n");
	assert_int_equal(fake_box.n_ifaces, 0);
	check_paste("interface lo7\nno interface lo7\n",
		"% Not all config may be removed and may reappear after "
		"reactivating the logical-interface/sub-interfaces\n");
	check_paste("no interface lo7\n", "");
	check_paste("interface Tunnel0\n",
		NOT_IN_FORCE "(no such network device)\n");
	check_paste("interface Serial0/0/0\n shutdown\n",
		NOT_IN_FORCE "(no such network device)\n");
}

static void vrfs(void **state)
{
	(void)state;
	check_paste("interface gi0/0\n vrf forwarding RED\n",
		"% VRF RED not configured.\n");
	check_paste("vrf definition RED\n rd 65010:1\n"
		    " route-target both 65010:1\n"
		    " address-family ipv4\n exit-address-family\n"
		    " address-family ipv6\n exit-address-family\n"
		    "ip vrf BLUE\n",
		"");
	check_config("vrf def", "vrf definition RED\n"
				" rd 65010:1\n"
				" route-target export 65010:1\n"
				" route-target import 65010:1\n"
				" address-family ipv4\n"
				" exit-address-family\n"
				" address-family ipv6\n"
				" exit-address-family\n!\n"
				"ip vrf BLUE\n!\n");
	assert_int_equal(fake_box.n_vrfs, 2);
	check_paste("interface gi0/0\n ip address 10.0.0.1 255.255.255.0\n"
		    " ip address 10.0.1.1 255.255.255.0 secondary\n"
		    " ipv6 address 2001:db8::1/64\n"
		    " vrf forwarding RED\n",
		"% Interface GigabitEthernet0/0 IPv4 disabled and address(es) "
		"removed due to enabling VRF RED\n"
		"% Interface GigabitEthernet0/0 IPv6 disabled and address(es) "
		"removed due to enabling VRF RED\n");
	/* Addresses may be the same in another table. */
	check_paste("interface gi0/0\n ip address 10.0.0.1 255.255.255.0\n"
		    "interface gi0/1\n ip address 10.0.0.2 255.255.255.0\n"
		    "ip route vrf RED 0.0.0.0 0.0.0.0 10.0.0.9\n",
		"");
	assert_string_equal(policy("GigabitEthernet0/0")->vrf, "RED");
	assert_string_equal(fake_box.routes[0].vrf, "RED");
	check_paste("no vrf definition RED\n",
		"% IPv4 and IPv6 addresses from all interfaces in VRF RED "
		"have been removed\n");
	check_config("interface Gi", "interface GigabitEthernet0/0\n"
				     " no ip address\n!\n");
	assert_int_equal(fake_box.n_routes, 0);
	fake_box.has_kinds = false;
	check_paste("vrf definition GREEN\n",
		NOT_IN_FORCE "(the kernel has no VRF devices)\n");
}

static void routes(void **state)
{
	(void)state;
	check_paste("ip route 10.0.0.1 255.0.0.0 192.0.2.9\n",
		"%Inconsistent address and mask\n");
	check_paste("ip route 10.0.0.0 255.0.0.0 192.0.2.1\n",
		"%Invalid next hop address (it's this router)\n");
	check_paste("no ip route 10.0.0.0 255.0.0.0 192.0.2.9\n",
		"%No matching route to delete\n");
	check_paste("ip route 10.0.0.0 255.0.0.0 192.0.2.9 track 1\n",
		NOT_IN_FORCE "(no object tracking)\n");
	check_paste("ip route 0.0.0.0 0.0.0.0 dhcp\n",
		NOT_IN_FORCE "(no DHCP client)\n");
	check_paste("no ip route 10.0.0.0 255.0.0.0 192.0.2.9\n"
		    "no ip route 0.0.0.0 0.0.0.0 dhcp\n"
		    "ip route 172.16.0.0 255.240.0.0 gi0/0 192.0.2.9 250 tag 7 "
		    "name X permanent\n"
		    "ip route 172.16.0.0 255.240.0.0 Null0 255\n"
		    "ipv6 route 2001:db8:9::5/48 gi0/0 fe80::9 5\n",
		"");
	check_config("ip route",
		"ip route 172.16.0.0 255.240.0.0 GigabitEthernet0/0 192.0.2.9 "
		"250 name X permanent tag 7\n"
		"ip route 172.16.0.0 255.240.0.0 Null0 255\n!\n"
		"ipv6 route 2001:DB8:9::/48 GigabitEthernet0/0 FE80::9 5\n!\n");
	/* 255 is never believed. */
	assert_int_equal(fake_box.n_routes, 2);
	assert_int_equal(fake_box.routes[0].distance, 250);
	assert_int_equal(fake_box.routes[0].tag, 7);
	assert_true(fake_box.routes[0].permanent);
	assert_int_equal(fake_box.routes[1].dst.addr.family, 6);
	assert_int_equal(fake_box.routes[1].dst.len, 48);
	assert_true(fake_box.routing);
	assert_false(fake_box.routing6);
	check_paste("no ip routing\nip default-gateway 192.0.2.77\n"
		    "ipv6 unicast-routing\n",
		"");
	assert_false(fake_box.routing);
	assert_true(fake_box.routing6);
	assert_int_equal(fake_box.n_routes, 2);
	assert_int_equal(ip_u32(&fake_box.routes[1].gw), 0xc000024d);
	check_paste("ip routing\n", "");
	assert_true(fake_box.routing);
}

static void range(void **state)
{
	(void)state;
	check_paste("interface range gi0/0 - 2 , Loopback 1-2\n"
		    " description ONE\n"
		    " shutdown\n"
		    "interface gi0/1\n"
		    " no shutdown\n",
		"");
	assert_int_equal(fake_box.n_ifaces, 5);
	check_config("interface Lo", "interface Loopback1\n"
				     " description ONE\n"
				     " no ip address\n"
				     " shutdown\n!\n");
	assert_true(policy("GigabitEthernet0/2")->shutdown);
	assert_false(policy("GigabitEthernet0/1")->shutdown);
	check_paste(
		"interface range gi0/3 - 1\n", "% Invalid interface range\n");
	check_paste("interface range gi0/3 - 2000000\n",
		"% Invalid interface range\n");
	check_paste("interface range ,\n", "% Invalid interface range\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(addresses), T(unnumbered),
		T(ipv6), T(subinterfaces), T(removal), T(vrfs), T(routes),
		T(range) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
