/* Interface names: what is typed, what is shown, which netdev is meant. */
#include "base/mem.h"
#include "router/ifname.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

struct canonical_case {
	const char *text, *canonical; /* NULL: no name */
};
static const struct canonical_case canonical_cases[] = {
	{ "GigabitEthernet0/0", "GigabitEthernet0/0" },
	{ "gi0/0", "GigabitEthernet0/0" },
	{ "g0/1", "GigabitEthernet0/1" },
	{ "GigabitEthernet 0/0", "GigabitEthernet0/0" },
	{ "GIGABITETHERNET0/0", "GigabitEthernet0/0" },
	{ "gi 0/0/1", "GigabitEthernet0/0/1" },
	{ "gi1", "GigabitEthernet1" },
	{ "gi00/01", "GigabitEthernet0/1" },
	{ "fa0/0", "FastEthernet0/0" },
	{ "e0/3", "Ethernet0/3" },
	{ "te0/0", "TenGigabitEthernet0/0" },
	{ "lo0", "Loopback0" },
	{ "Loopback 2147483647", "Loopback2147483647" },
	{ "tu1", "Tunnel1" },
	{ "po1", "Port-channel1" },
	{ "vl10", "Vlan10" },
	{ "gi0/0.10", "GigabitEthernet0/0.10" },
	{ "Gi 0/0.4294967295", "GigabitEthernet0/0.4294967295" },
	{ "po1.2", "Port-channel1.2" },
	{ "s0/0/0", "Serial0/0/0" },
	{ "di1", "Dialer1" },
	{ "eth0.10", "eth0.10" },
	{ "nu0", "Null0" },
	/* plain Linux names */
	{ "eth0", "eth0" },
	{ "eth1", "eth1" },
	{ "lo", "lo" },
	{ "wan", "wan" },
	{ "enp3s0", "enp3s0" },
	{ "g1", "g1" },
	{ "t0", "t0" },
	{ "gi0", "gi0" },
	{ "br-lan", "br-lan" },
	/* nothing */
	{ "", NULL },
	{ "gi0/", NULL },
	{ "gi0/0.", NULL },
	{ "gi0/0.0", NULL },
	{ "gi0/0.4294967296", NULL },
	{ "lo0.1/2", NULL },
	{ "t0/0", NULL },
	{ "gi0/0/0/0", NULL },
	{ "gi0/4294967296", NULL },
	{ "Loopback2147483648", NULL },
	{ "Loopback0/1", NULL },
	{ "0/0", NULL },
	{ "a name", NULL },
	{ "sixteen-letters.", NULL },
	{ "..", NULL },
};

static void test_canonical(void **state)
{
	(void)state;
	for (size_t i = 0;
		i < sizeof(canonical_cases) / sizeof(canonical_cases[0]); i++) {
		const struct canonical_case *c = &canonical_cases[i];
		char out[IFNAME_MAX] = "";
		bool ok = ifname_canonical(c->text, out);

		if (ok != (c->canonical != NULL) ||
			(ok && strcmp(out, c->canonical) != 0))
			fail_msg("\"%s\" became %s", c->text, ok ? out : "-");
	}
}

static void test_short(void **state)
{
	char out[IFNAME_MAX];

	(void)state;
	assert_string_equal(ifname_short("GigabitEthernet0/0", out), "Gi0/0");
	assert_string_equal(ifname_short("Loopback12", out), "Lo12");
	assert_string_equal(ifname_short("Port-channel1", out), "Po1");
	assert_string_equal(ifname_short("eth0", out), "eth0");
}

static void test_netdev(void **state)
{
	char dev[IFNAMSIZ], parent[IFNAME_MAX];
	unsigned i;
	uint32_t sub;

	(void)state;
	assert_true(ifname_netdev("Loopback0", dev));
	assert_string_equal(dev, "lo0");
	assert_true(ifname_netdev("Loopback2147483647", dev));
	assert_string_equal(dev, "lo2147483647");
	assert_true(ifname_netdev("eth0", dev));
	assert_string_equal(dev, "eth0");
	assert_false(ifname_netdev("GigabitEthernet0/0", dev));
	assert_true(ifname_physical_index("GigabitEthernet0/3", &i));
	assert_int_equal(i, 3);
	assert_true(ifname_physical_index("GigabitEthernet1", &i));
	assert_int_equal(i, 0);
	assert_true(ifname_physical_index("GigabitEthernet0/0/2", &i));
	assert_int_equal(i, 2);
	assert_false(ifname_physical_index("GigabitEthernet1/0", &i));
	assert_false(ifname_physical_index("Loopback0", &i));
	assert_false(ifname_physical_index("eth0", &i));
	assert_false(ifname_physical_index("GigabitEthernet0/0.10", &i));
	assert_true(ifname_parent("GigabitEthernet0/0.10", parent, &sub));
	assert_string_equal(parent, "GigabitEthernet0/0");
	assert_int_equal(sub, 10);
	assert_false(ifname_parent("GigabitEthernet0/0", parent, &sub));
	assert_false(ifname_parent("eth0.10", parent, &sub));
	assert_true(ifname_is_physical("GigabitEthernet0/0"));
	assert_false(ifname_is_physical("GigabitEthernet0/0.10"));
	assert_false(ifname_is_physical("Loopback0"));
	assert_true(ifname_is_kept("Tunnel0"));
	assert_true(ifname_is_kept("Serial0/0/0"));
	assert_false(ifname_is_kept("GigabitEthernet0/0"));
	assert_true(ifname_is_loopback("Loopback0"));
	assert_false(ifname_is_loopback("lo"));
	assert_true(ifname_is_null("Null0"));
	assert_false(ifname_is_null("Loopback0"));
}

static int cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return ifname_cmp(*x, *y);
}

/* ios-cli.md 16: Loopback, Tunnel, physical. */
static void test_order(void **state)
{
	const char *v[] = { "eth10", "GigabitEthernet0/10", "Tunnel0",
		"GigabitEthernet0/2", "GigabitEthernet0/2.30",
		"GigabitEthernet0/2.4", "eth2", "Loopback10", "FastEthernet0/0",
		"Loopback9" };
	const char *const want[] = { "Loopback9", "Loopback10", "Tunnel0",
		"FastEthernet0/0", "GigabitEthernet0/2", "GigabitEthernet0/2.4",
		"GigabitEthernet0/2.30", "GigabitEthernet0/10", "eth2",
		"eth10" };

	(void)state;
	qsort(v, ARRAY_LEN(v), sizeof(v[0]), cmp);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert_string_equal(v[i], want[i]);
}

static void test_types(void **state)
{
	const char *help = NULL;
	size_t n = 0;

	(void)state;
	while (ifname_type(n, &help) != NULL) {
		assert_non_null(help);
		n++;
	}
	assert_true(n >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_netdev),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
