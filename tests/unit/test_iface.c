/* The mirror of links, addresses and routes against a kernel in a namespace. */
#include "base/loop.h"
#include "dataplane/route.h"
#include "tests/unit/netns.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static struct loop *loop;
static struct iface_mirror *m;
static struct {
	char name[IFNAMSIZ];
	size_t calls, gone;
} seen;

static void changed(void *ctx, const struct link_state *s, bool gone)
{
	(void)ctx;
	memcpy(seen.name, s->name, sizeof(seen.name));
	seen.calls++;
	seen.gone += gone;
}

static void settle(void)
{
	for (int i = 0; i < 5; i++)
		loop_run_once(loop, 20);
}

static struct ip_prefix prefix(const char *s)
{
	struct ip_prefix p;

	assert_true(ip_prefix_parse(s, &p));
	return p;
}

static void links_come_and_go(void **state)
{
	const struct link_state *s;

	(void)state;
	assert_non_null(iface_by_name(m, "lo"));
	assert_true(iface_by_name(m, "lo")->loopback);
	memset(&seen, 0, sizeof(seen));
	netns_run("ip link add v0 type veth peer name v1");
	settle();
	s = iface_by_name(m, "v0");
	assert_non_null(s);
	assert_true(s->physical);
	assert_string_equal(s->kind, "veth");
	assert_false(s->admin_up);
	assert_ptr_equal(iface_by_index(m, s->ifindex), s);
	assert_int_equal(link_set_up(m, "v0", true), 0);
	assert_true(iface_by_name(m, "v0")->admin_up); /* at once */
	assert_int_equal(link_set_mtu(m, "v0", 1400), 0);
	assert_int_equal(iface_by_name(m, "v0")->mtu, 1400);
	assert_int_equal(link_set_up(m, "none0", true), -ENODEV);
	settle();
	assert_true(seen.calls > 0);
	assert_int_equal(seen.gone, 0);
	assert_int_equal(link_del(m, "v0"), 0);
	assert_null(iface_by_name(m, "v0"));
	settle();
	assert_int_equal(seen.gone, 2);
	for (s = iface_next(m, 0); s; s = iface_next(m, s->ifindex))
		assert_string_not_equal(s->name, "v1");
}

static void addresses(void **state)
{
	struct ip_prefix p = prefix("10.9.0.1/24"), v6 = prefix("fd00::1/64");

	(void)state;
	netns_run("ip link add v0 type veth peer name v1");
	netns_run("ip link set v1 up");
	settle();
	assert_int_equal(link_set_up(m, "v0", true), 0);
	assert_false(iface_is_local(m, &p.addr));
	assert_int_equal(addr_add(m, "v0", &p), 0);
	assert_int_equal(addr_add(m, "v0", &p), 0); /* again: no error */
	assert_int_equal(addr_add(m, "v0", &v6), 0);
	assert_true(iface_is_local(m, &p.addr));
	assert_true(iface_is_local(m, &v6.addr));
	assert_int_equal(iface_by_name(m, "v0")->addr[0].len, 24);
	assert_int_equal(addr_del(m, "v0", &p), 0);
	assert_false(iface_is_local(m, &p.addr));
	assert_int_equal(addr_del(m, "v0", &p), -EADDRNOTAVAIL);
	assert_int_equal(addr_add(m, "none0", &p), -ENODEV);
	assert_int_equal(link_del(m, "v0"), 0);
}

static const struct route_entry *find(
	const struct route_entry *v, size_t n, const struct ip_prefix *dst)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].dst.len == dst->len &&
			ip_equal(&v[i].dst.addr, &dst->addr))
			return &v[i];
	fail_msg("no such route");
	abort(); /* fail_msg does not return, which no compiler knows */
}

static void routes(void **state)
{
	struct ip_prefix own = prefix("10.9.0.1/24");
	struct route_entry r = { .dst = prefix("172.16.5.9/16"), .metric = 7 };
	struct route_entry hole = { .dst = prefix("192.0.2.0/24"),
		.blackhole = true };
	struct ip_prefix shown = prefix("172.16.0.0/16");
	struct route_entry *v = NULL;
	const struct route_entry *e;
	struct ip_addr dst, src;
	size_t n = 0;
	int ifindex;

	(void)state;
	netns_run("ip link add v0 type veth peer name v1");
	netns_run("ip link set v1 up");
	settle();
	link_set_up(m, "v0", true);
	assert_int_equal(addr_add(m, "v0", &own), 0);
	assert_true(ip_parse("10.8.0.1", &r.gw));
	assert_int_equal(route_set(m, &r), -ENETUNREACH);
	assert_true(ip_parse("10.9.0.2", &r.gw));
	assert_int_equal(route_set(m, &r), 0);
	assert_int_equal(route_set(m, &hole), 0);
	assert_int_equal(route_list(m, 4, 0, &v, &n), 0);
	e = find(v, n, &shown);
	assert_true(ip_equal(&e->gw, &r.gw));
	assert_string_equal(e->dev, "v0");
	assert_int_equal(e->metric, 7);
	assert_int_equal(e->protocol, RTPROT_STATIC);
	assert_true(find(v, n, &hole.dst)->blackhole);
	free(v);
	assert_true(ip_parse("172.16.9.9", &dst));
	assert_int_equal(iface_route_get(m, &dst, &src, &ifindex), 0);
	assert_true(ip_equal(&src, &own.addr));
	assert_string_equal(iface_by_index(m, ifindex)->name, "v0");
	assert_int_equal(route_del(m, &r), 0);
	assert_int_equal(route_del(m, &r), -ESRCH);
	assert_int_equal(route_del(m, &hole), 0);
	assert_int_equal(
		iface_route_get(m, &dst, &src, &ifindex), -ENETUNREACH);
	assert_int_equal(link_del(m, "v0"), 0);
}

/* The kernel drops messages, among them those that tell how it ended. */
static void overrun(void **state)
{
	(void)state;
	netns_run("ip link add v0 type veth peer name v1");
	settle();
	assert_non_null(iface_by_name(m, "v0"));
	netns_run("for i in $(seq 1000); do"
		  " echo link set v0 mtu $((1300 + i %% 7)); done |"
		  " ip -batch -; ip link del v0;"
		  " ip link add v2 mtu 1350 type veth peer name v3;"
		  " ip address add 10.8.0.1/24 dev v2");
	netns_run("awk '$9 > 0 { lost = 1 } END { exit !lost }'"
		  " /proc/net/netlink");
	settle();
	assert_null(iface_by_name(m, "v0"));
	assert_non_null(iface_by_name(m, "v2"));
	assert_int_equal(iface_by_name(m, "v2")->mtu, 1350);
	assert_int_equal(iface_by_name(m, "v2")->n_addr, 1);
	assert_int_equal(link_del(m, "v2"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_come_and_go),
		cmocka_unit_test(addresses),
		cmocka_unit_test(routes),
		cmocka_unit_test(overrun),
	};
	auto_sbuf struct sbuf why = { 0 };
	int failed;

	if (!netns_enter()) {
		print_message("1..0 # SKIP needs root\n");
		return 0;
	}
	loop = loop_new();
	m = iface_mirror_new(loop, changed, NULL, &why);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	iface_mirror_free(m);
	loop_free(loop);
	return failed;
}
