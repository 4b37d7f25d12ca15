/* The box against a real kernel in a namespace of its own: interfaces, routes,
 * late netdevs, crypto maps times interfaces, ping.  The engines are doubles
 * that record what they are told. */
#include "dataplane/null.h"
#include "gdoi/report.h"
#include "router/box.h"
#include "tests/unit/netns.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- doubles: the engines and the user dataplane ---- */

struct gdoi {
	const struct env *env;
	uint16_t protects; /* map sequences up to this one */
	struct gm_policy gm[16];
	size_t n_gm, n_ks, datagrams;
};
static struct gdoi engine;

struct gdoi *gdoi_new(const struct env *env, struct store *store)
{
	(void)store;
	engine = (struct gdoi){ .env = env };
	return &engine;
}

void gdoi_ks_refuse(struct gdoi *g, const char *why)
{
	(void)g;
	(void)why;
}

void gdoi_free(struct gdoi *g)
{
	(void)g;
}

void gdoi_set_isakmp(struct gdoi *g, const struct isakmp_config *c)
{
	(void)g, (void)c;
}

void gdoi_set_ks(struct gdoi *g, const struct ks_policy *v, size_t n)
{
	(void)v;
	g->n_ks = n;
}

void gdoi_set_gm(struct gdoi *g, const struct gm_policy *v, size_t n)
{
	assert_true(n <= 16);
	if (n > 0)
		memcpy(g->gm, v, n * sizeof(*v));
	g->n_gm = n;
}

bool gdoi_gm_protects(const struct gdoi *g, const char *map, uint16_t seq,
	const char *group, const char *ifname)
{
	(void)map, (void)group, (void)ifname;
	return seq <= g->protects;
}

void gdoi_input(struct gdoi *g, const struct udp_path *path, struct span d)
{
	(void)path, (void)d;
	g->datagrams++;
}

void gdoi_dp_not_ipsec(
	struct gdoi *g, uint32_t group, const struct packet_key *k)
{
	(void)g, (void)group, (void)k;
}

void gdoi_dp_replay_failed(
	struct gdoi *g, uint32_t group, const struct dp_replay_failure *f)
{
	(void)g, (void)group, (void)f;
}

void gdoi_dp_exhausted(struct gdoi *g, uint32_t group, uint32_t spi)
{
	(void)g, (void)group, (void)spi;
}

void gdoi_dp_invalid_spi(struct gdoi *g, uint32_t group, uint32_t spi,
	const struct packet_key *k)
{
	(void)g, (void)group, (void)spi, (void)k;
}

/* ---- a box for each test ---- */

static struct loop *loop;
static struct log *logs;
static struct box *box;

static int start(void)
{
	auto_sbuf struct sbuf why = { 0 };

	loop = loop_new();
	logs = log_new(65536);
	const struct box_opts o = {
		.loop = loop, .log = logs, .dataplane = &dataplane_null
	};

	box = box_new(&o, &why);
	return box != NULL ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	if (!netns_enter())
		return -1;
	netns_run("ip link add p0 type veth peer name far0");
	netns_run("ip link add p1 type veth peer name far1");
	return start();
}

static int teardown(void **state)
{
	(void)state;
	box_free(box);
	log_free(logs);
	loop_free(loop);
	return 0;
}

static void settle(void)
{
	for (int i = 0; i < 10; i++)
		loop_run_once(loop, 10);
}

static struct ip_addr ip(const char *s)
{
	struct ip_addr out;

	assert_true(ip_parse(s, &out));
	return out;
}

static struct ip_prefix prefix(const char *s)
{
	struct ip_prefix out;

	assert_true(ip_prefix_parse(s, &out));
	return out;
}

static struct iface_policy iface(const char *name, const char *netdev,
	const char *addr1, const char *addr2)
{
	struct iface_policy p = { 0 };

	snprintf(p.ifname, sizeof(p.ifname), "%s", name);
	snprintf(p.netdev, sizeof(p.netdev), "%s", netdev);
	if (addr1 != NULL)
		p.addr[p.n_addr++] = prefix(addr1);
	if (addr2 != NULL)
		p.addr[p.n_addr++] = prefix(addr2);
	return p;
}

/* What `ip` says, white space removed at the end. */
static const char *shell(const char *cmd)
{
	static char out[4096];
	FILE *f = popen(cmd, "r");
	size_t n = fread(out, 1, sizeof(out) - 1, f);

	pclose(f);
	while (n > 0 && out[n - 1] <= ' ')
		n--;
	out[n] = '\0';
	return out;
}

static const char *addrs(const char *dev)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd),
		"ip -4 -o addr show dev %s 2>/dev/null | "
		"awk '{printf \"%%s \", $4}'",
		dev);
	return shell(cmd);
}

static void find_line(void *ctx, const char *line)
{
	const char **want = ctx;

	if (*want != NULL && strstr(line, *want) != NULL)
		*want = NULL;
}

static bool logged(const char *text)
{
	log_each(logs, find_line, &text);
	return text == NULL;
}

static const struct iface_info *info_of(
	const struct iface_info *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].ifname, name) == 0)
			return &v[i];
	}
	fail_msg("no %s", name);
	abort(); /* fail_msg does not return, which no compiler knows */
}

/* ---- interfaces ---- */

static void test_addresses(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", "10.0.0.2/24");

	(void)state;
	netns_run("ip addr add 172.16.0.9/24 dev p0");
	box_set_ifaces(box, &p, 1);
	assert_string_equal(
		addrs("p0"), "172.16.0.9/24 10.0.0.1/24 10.0.0.2/24");
	/* The primary changes: the kernel would take the secondary along. */
	p = iface("GigabitEthernet0/0", "p0", "10.0.0.7/24", "10.0.0.2/24");
	box_set_ifaces(box, &p, 1);
	assert_non_null(strstr(addrs("p0"), "10.0.0.7/24"));
	assert_non_null(strstr(addrs("p0"), "10.0.0.2/24"));
	assert_null(strstr(addrs("p0"), "10.0.0.1/24"));
	/* It moves to another interface in one step. */
	struct iface_policy two[2] = { iface("GigabitEthernet0/0", "p0", NULL,
					       NULL),
		iface("GigabitEthernet0/1", "p1", "10.0.0.7/24", NULL) };

	box_set_ifaces(box, two, 2);
	assert_string_equal(addrs("p0"), "172.16.0.9/24");
	assert_string_equal(addrs("p1"), "10.0.0.7/24");
	box_set_ifaces(box, NULL, 0);
	assert_string_equal(addrs("p0"), "172.16.0.9/24");
	assert_string_equal(addrs("p1"), "");
}

static void test_shutdown(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	struct iface_info *v;

	(void)state;
	netns_run("ip link set far0 up");
	box_set_ifaces(box, &p, 1);
	settle();
	assert_true(logged("%LINK-3-UPDOWN: Interface GigabitEthernet0/0, "
			   "changed state to up"));
	assert_true(logged("%LINEPROTO-5-UPDOWN: Line protocol on Interface "
			   "GigabitEthernet0/0, changed state to up"));
	log_clear(logs);
	netns_run("ip link set far0 down");
	settle();
	assert_true(logged("%LINK-3-UPDOWN: Interface GigabitEthernet0/0, "
			   "changed state to down"));
	netns_run("ip link set far0 up");
	settle();
	log_clear(logs);
	p.shutdown = true;
	box_set_ifaces(box, &p, 1);
	settle();
	assert_true(logged("%LINK-5-CHANGED: Interface GigabitEthernet0/0, "
			   "changed state to administratively down"));
	assert_true(logged("GigabitEthernet0/0, changed state to down"));
	assert_false(logged("%LINK-3-UPDOWN"));
	size_t n = box_iface_list(box, &v);
	const struct iface_info *i = info_of(v, n, "GigabitEthernet0/0");

	assert_true(i->configured && i->shutdown);
	assert_false(i->line_up || i->proto_up);
	assert_int_equal(i->n_addr, 1);
	free(v);
}

static void test_loopback(void **state)
{
	struct iface_policy p[2] = {
		iface("Loopback0", "", "10.255.0.1/32", NULL),
		iface("GigabitEthernet0/0", "p0", NULL, NULL),
	};
	struct iface_info *v;

	(void)state;
	box_set_ifaces(box, p, 2);
	settle();
	assert_string_equal(addrs("lo0"), "10.255.0.1/32");
	assert_true(logged("Interface Loopback0, changed state to up"));
	size_t n = box_iface_list(box, &v);

	assert_true(info_of(v, n, "Loopback0")->proto_up);
	assert_string_equal(v[n - 1].ifname, "Loopback0");
	free(v);
	box_set_ifaces(box, p + 1, 1);
	assert_string_equal(shell("ip -o link show dev lo0 2>/dev/null"), "");
	box_set_ifaces(box, p, 2);
	assert_string_equal(addrs("lo0"), "10.255.0.1/32");
	assert_false(logged("REFUSED"));
	box_free(box);
	box = NULL;
	assert_string_equal(shell("ip -o link show dev lo0 2>/dev/null"), "");
}

static void test_late_netdev(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/5", "late0", "10.5.0.1/24", NULL);

	(void)state;
	p.mtu = 1400;
	box_set_ifaces(box, &p, 1);
	assert_true(logged("GigabitEthernet0/5 has no netdev late0 yet"));
	netns_run("ip link add late0 type veth peer name farlate");
	settle();
	assert_string_equal(addrs("late0"), "10.5.0.1/24");
	assert_non_null(strstr(shell("ip -o link show dev late0"), "mtu 1400"));
	/* The same name on a new device. */
	netns_run("ip link del late0");
	settle();
	netns_run("ip link add late0 type veth peer name farlate");
	settle();
	assert_string_equal(addrs("late0"), "10.5.0.1/24");
}

static void test_by_rule(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/2", "", "10.2.0.1/24", NULL);
	struct iface_info *v;
	size_t physical = 0;

	(void)state;
	size_t n = box_iface_list(box, &v);

	assert_true(n >= 4); /* both ends of two pairs */
	for (size_t i = 0; i < n; i++) {
		char want[40];

		snprintf(want, sizeof(want), "GigabitEthernet0/%zu", i);
		assert_string_equal(v[i].ifname, want);
		assert_false(v[i].configured);
		physical += v[i].link.physical;
	}
	assert_int_equal(physical, n);
	char third[IFNAMSIZ];

	snprintf(third, sizeof(third), "%s", v[2].netdev);
	free(v);
	box_set_ifaces(box, &p, 1);
	assert_string_equal(addrs(third), "10.2.0.1/24");
}

/* ---- routes ---- */

static struct static_route route(
	const char *dst, const char *gw, const char *ifname, uint8_t distance)
{
	struct static_route r = { .dst = prefix(dst), .distance = distance };

	if (gw != NULL)
		r.gw = ip(gw);
	snprintf(r.ifname, sizeof(r.ifname), "%s", ifname);
	return r;
}

static void test_routes(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	const struct static_route r[] = {
		route("0.0.0.0/0", "10.0.0.254", "", 1),
		route("10.9.0.0/16", NULL, "Null0", 254),
		/* through another static route */
		route("10.8.0.0/16", "192.168.7.1", "", 1),
		route("192.168.7.0/24", "10.0.0.253", "", 5),
	};
	struct route_info *v;
	bool seen_c = false, seen_l = false, seen_s = false;

	(void)state;
	/* Before the interface is there, they wait. */
	box_set_routes(box, r, 4);
	assert_string_equal(shell("ip route show default"), "");
	netns_run("ip link set far0 up");
	box_set_ifaces(box, &p, 1);
	assert_non_null(strstr(shell("ip route show default"),
		"via 10.0.0.254 dev p0 proto static metric 1"));
	assert_non_null(
		strstr(shell("ip route show 10.8.0.0/16"), "via 10.0.0.253"));
	assert_non_null(
		strstr(shell("ip route show 10.9.0.0/16"), "blackhole"));
	/* The kernel drops them with the link; they come back. */
	netns_run("ip link set p0 down");
	settle();
	netns_run("ip link set p0 up");
	settle();
	assert_non_null(strstr(shell("ip route show default"), "10.0.0.254"));
	size_t n = box_route_list(box, &v);

	for (size_t i = 0; i < n; i++) {
		seen_c |= v[i].kind == ROUTE_CONNECTED && v[i].dst.len == 24 &&
			  strcmp(v[i].ifname, "GigabitEthernet0/0") == 0;
		seen_l |= v[i].kind == ROUTE_LOCAL && v[i].dst.len == 32;
		seen_s |= v[i].kind == ROUTE_STATIC && v[i].dst.len == 0 &&
			  v[i].distance == 1;
		assert_true(v[i].kind != ROUTE_KERNEL);
	}
	free(v);
	assert_true(seen_c && seen_l && seen_s);
	box_set_routes(box, r + 1, 1);
	assert_string_equal(shell("ip route show default"), "");
	box_set_routes(box, NULL, 0);
	assert_string_equal(shell("ip route show 10.9.0.0/16"), "");
}

/* The smallest distance whose next hop can be reached has the prefix; equal
 * ones share it. */
static void test_floating_routes(void **state)
{
	struct iface_policy p[2] = {
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL),
		iface("GigabitEthernet0/1", "p1", "10.1.0.1/24", NULL),
	};
	const struct static_route r[] = {
		route("172.16.0.0/16", "10.1.0.9", "", 200),
		route("172.16.0.0/16", "10.0.0.9", "", 1),
		route("172.17.0.0/16", "10.1.0.9", "", 1),
		route("172.17.0.0/16", "10.0.0.9", "GigabitEthernet0/0", 1),
	};
	struct route_info *v;
	size_t n, shown = 0;

	(void)state;
	netns_run("ip link set far0 up");
	netns_run("ip link set far1 up");
	box_set_ifaces(box, p, 2);
	box_set_routes(box, r, 4);
	settle();
	assert_string_equal(shell("ip route show 172.16.0.0/16"),
		"172.16.0.0/16 via 10.0.0.9 dev p0 proto static metric 1");
	assert_non_null(strstr(shell("ip route show 172.17.0.0/16"),
		"nexthop via 10.0.0.9 dev p0"));
	assert_non_null(strstr(shell("ip route show 172.17.0.0/16"),
		"nexthop via 10.1.0.9 dev p1"));
	n = box_route_list(box, &v);
	for (size_t i = 0; i < n; i++)
		shown += v[i].kind == ROUTE_STATIC;
	free(v);
	assert_int_equal(shown, 3);
	/* The cable is pulled at the far end. */
	netns_run("ip link set far0 down");
	settle();
	assert_string_equal(shell("ip route show 172.16.0.0/16"),
		"172.16.0.0/16 via 10.1.0.9 dev p1 proto static metric 200");
	assert_string_equal(shell("ip route show 172.17.0.0/16"),
		"172.17.0.0/16 via 10.1.0.9 dev p1 proto static metric 1");
	netns_run("ip link set far0 up");
	settle();
	assert_string_equal(shell("ip route show 172.16.0.0/16"),
		"172.16.0.0/16 via 10.0.0.9 dev p0 proto static metric 1");
	assert_non_null(strstr(shell("ip route show 172.17.0.0/16"),
		"nexthop via 10.0.0.9 dev p0"));
	box_set_routes(box, NULL, 0);
	assert_string_equal(shell("ip route show proto static"), "");
}

/* IPv6: addresses, one of them made from the MAC, a link-local one, routes. */
static void test_ipv6(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	const struct static_route r[] = {
		route("2001:db8:9::/48", "2001:db8::9", "", 1),
		route("::/0", "fe80::9", "GigabitEthernet0/0", 1),
	};
	struct iface_info *v;

	(void)state;
	netns_run("ip link set p0 address 02:00:00:00:00:01");
	netns_run("ip link set far0 up");
	p.addr[p.n_addr++] = prefix("2001:db8::1/64");
	p.eui64 = 1u << p.n_addr;
	p.addr[p.n_addr++] = prefix("2001:db8:1::/64");
	p.addr[p.n_addr++] = prefix("fe80::1/64");
	p.ipv6 = true;
	box_set_ifaces(box, &p, 1);
	settle();
	const char *got = shell("ip -6 -o addr show dev p0 | "
				"awk '{print $4}' | sort | xargs");

	assert_string_equal(
		got, "2001:db8:1::ff:fe00:1/64 2001:db8::1/64 fe80::1/64");
	size_t n = box_iface_list(box, &v);
	const struct iface_info *i = info_of(v, n, "GigabitEthernet0/0");

	assert_int_equal(i->n_addr, 1);
	assert_int_equal(i->n_addr6, 3);
	assert_true(i->ipv6);
	assert_false(info_of(v, n, "GigabitEthernet0/3")->ipv6);
	free(v);
	box_set_routes(box, r, 2);
	assert_non_null(strstr(shell("ip -6 route show 2001:db8:9::/48"),
		"via 2001:db8::9 dev p0 proto static metric 1"));
	assert_non_null(strstr(shell("ip -6 route show default"),
		"via fe80::9 dev p0 proto static metric 1"));
	p.n_addr = 1;
	p.eui64 = 0;
	box_set_ifaces(box, &p, 1);
	settle();
	assert_string_equal(shell("ip -6 -o addr show dev p0 | "
				  "awk '{print $4}' | xargs"),
		"fe80::ff:fe00:1/64");
	box_set_routes(box, NULL, 0);
	assert_string_equal(shell("ip -6 route show proto static"), "");
}

/* A subinterface waits for a tag; without 802.1Q in the kernel it says so. */
static void test_subinterface(void **state)
{
	struct iface_policy p[2] = {
		iface("GigabitEthernet0/0", "p0", NULL, NULL),
		iface("GigabitEthernet0/0.10", "", "10.10.0.1/24", NULL),
	};

	(void)state;
	box_set_ifaces(box, p, 2);
	assert_string_equal(shell("ip -o link show dev p0.10 2>/dev/null"), "");
	assert_false(logged("%NETDEV-3-REFUSED"));
	p[1].vlan = 10;
	box_set_ifaces(box, p, 2);
	if (!box_has_kind(box, "vlan")) {
		assert_true(logged("GigabitEthernet0/0.10 (p0.10): creating "
				   "the VLAN device: Operation not supported"));
		return;
	}
	assert_string_equal(addrs("p0.10"), "10.10.0.1/24");
	box_set_ifaces(box, p, 1);
	assert_string_equal(shell("ip -o link show dev p0.10 2>/dev/null"), "");
}

static void test_counters(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	struct iface_info *v;

	(void)state;
	netns_run("ip link set far0 up");
	box_set_ifaces(box, &p, 1);
	settle();
	netns_run("ping -c 2 -w 1 -q 10.0.0.9 >/dev/null 2>&1 || true");
	size_t n = box_iface_list(box, &v);

	assert_true(info_of(v, n, "GigabitEthernet0/0")->link.tx_packets > 0);
	assert_int_equal(
		info_of(v, n, "GigabitEthernet0/0")->rates.cleared_ms, 0);
	free(v);
	box_counters_clear(box, "GigabitEthernet0/0");
	n = box_iface_list(box, &v);
	assert_int_equal(
		info_of(v, n, "GigabitEthernet0/0")->link.tx_packets, 0);
	assert_true(info_of(v, n, "GigabitEthernet0/0")->rates.cleared_ms > 0);
	free(v);
}

/* ---- crypto maps ---- */

/* Sockets on UDP 848. */
static int bound(void)
{
	return atoi(shell("ss -Huln 'sport = :848' | wc -l"));
}

static void test_members(void **state)
{
	struct iface_policy p[3] = {
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL),
		iface("GigabitEthernet0/1", "p1", NULL, NULL),
		iface("Loopback0", "", "10.255.0.1/32", NULL),
	};
	struct gm_policy g[2] = { { .group = "G1" }, { .group = "G2" } };
	struct crypto_map_entry m[3] = {
		{ .map = "MAP", .seq = 10, .group = "G1" },
		{ .map = "MAP",
			.seq = 20,
			.group = "G2",
			.local_address = "Loopback0" },
		{ .map = "MAP", .seq = 30, .group = "MISSING" },
	};

	(void)state;
	strcpy(p[0].crypto_map, "MAP");
	strcpy(p[1].crypto_map, "MAP");
	netns_run("ip link set far0 up");
	netns_run("ip link set far1 up");
	assert_true(logged("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is OFF"));
	assert_int_equal(bound(), 0);
	box_set_ifaces(box, p, 3);
	box_set_gm(box, g, 2, m, 3);
	settle();
	assert_int_equal(engine.n_gm, 4);
	assert_int_equal(bound(), 1);
	assert_string_equal(engine.gm[0].group, "G1");
	assert_string_equal(engine.gm[0].ifname, "GigabitEthernet0/0");
	assert_string_equal(engine.gm[0].netdev, "p0");
	assert_int_equal(engine.gm[0].map_seq, 10);
	assert_int_equal(ip_u32(&engine.gm[0].local), 0x0a000001);
	/* p1 has no address yet, the other group's entry has Loopback0's. */
	assert_int_equal(engine.gm[1].local.family, 0);
	assert_int_equal(ip_u32(&engine.gm[2].local), 0x0aff0001);
	assert_int_equal(ip_u32(&engine.gm[3].local), 0x0aff0001);
	netns_run("ip addr add 10.1.0.1/24 dev p1");
	settle();
	assert_int_equal(ip_u32(&engine.gm[1].local), 0x0a010001);
	/* A link that goes down keeps its registration. */
	netns_run("ip link set far0 down");
	settle();
	assert_int_equal(ip_u32(&engine.gm[0].local), 0x0a000001);
	p[0].crypto_map[0] = '\0';
	box_set_ifaces(box, p, 3);
	assert_int_equal(engine.n_gm, 2);
	box_set_gm(box, NULL, 0, NULL, 0);
	assert_int_equal(engine.n_gm, 0);
	assert_int_equal(bound(), 0);
}

/* Closed until the last group of the map has registered, again when one is
 * cleared, and still when the box has gone. */
static void test_fail_close(void **state)
{
	static const char closed[] =
		"nft list chain ip getvpn-guard post | grep -q p0";
	static const char open[] = "! nft list chain ip getvpn-guard post";
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	struct gm_policy g[2] = { { .group = "G1" }, { .group = "G2" } };
	struct crypto_map_entry m[2] = {
		{ .map = "MAP", .seq = 10, .group = "G1" },
		{ .map = "MAP", .seq = 20, .group = "G2" },
	};
	const struct fail_close f = { .map = "MAP",
		.ifname = "GigabitEthernet0/0" };
	uint64_t drops;

	(void)state;
	strcpy(p.crypto_map, "MAP");
	box_set_fail_close(box, &f, 1);
	box_set_ifaces(box, &p, 1);
	netns_run("%s", closed);
	assert_true(box_is_closed(box, f.ifname, false, &drops));
	assert_true(logged("%GDOI-5-GM_FAIL_CLOSE: "));
	box_set_gm(box, g, 2, m, 2);
	box_config_ready(box);
	engine.protects = 10;
	engine.env->member_changed(engine.env->ctx);
	netns_run("%s", closed);
	engine.protects = 20;
	engine.env->member_changed(engine.env->ctx);
	netns_run("%s", open);
	assert_false(box_is_closed(box, f.ifname, false, &drops));
	assert_true(logged("%GDOI-5-GM_FAIL_CLOSE_LIFTED: "));
	engine.protects = 0;
	engine.env->member_changed(engine.env->ctx);
	netns_run("%s", closed);
	engine.protects = 20;
	engine.env->member_changed(engine.env->ctx);
	netns_run("%s", open);
	(void)teardown(NULL);
	netns_run("%s", closed);
	assert_int_equal(start(), 0);
	netns_run("%s", closed);
	box_config_ready(box); /* where nothing is configured */
	netns_run("%s", open);
}

/* ---- ping ---- */

struct pinged {
	char marks[64];
	unsigned n;
	bool done;
};

static void on_result(void *ctx, char mark, unsigned rtt_ms)
{
	struct pinged *p = ctx;

	(void)rtt_ms;
	p->marks[p->n++] = mark;
}

static void on_done(void *ctx)
{
	struct pinged *p = ctx;

	p->done = true;
}

static void ping(struct ping_opts o, const char *want)
{
	auto_sbuf struct sbuf why = { 0 };
	struct pinged p = { 0 };
	uint64_t end = loop_now() + 5000;

	o.data = 0xabcd;
	if (box_ping(box, &o, on_result, on_done, &p, &why) == NULL)
		fail_msg("%s", sbuf_str(&why));
	while (!p.done && loop_now() < end)
		loop_run_once(loop, 20);
	assert_true(p.done);
	assert_string_equal(p.marks, want);
}

static void test_ping(void **state)
{
	struct ping_opts o = { .dst = ip("127.0.0.1"),
		.count = 5,
		.size = 100,
		.timeout_ms = 200,
		.validate = true };

	(void)state;
	ping(o, "!!!!!");
	o.size = 28;
	ping(o, "!!!!!");
	o.size = 20000;
	o.src = ip("127.0.0.5");
	ping(o, "!!!!!");
	/* No route: as IOS, packets without an answer. */
	o.src = (struct ip_addr){ 0 };
	o.dst = ip("192.0.2.1");
	o.size = 100;
	o.count = 2;
	ping(o, "..");
	/* Refused by a router. */
	netns_run("ip route add unreachable 192.0.2.0/24");
	ping(o, "..");
	/* Too big for a link and DF set. */
	netns_run("ip link set p0 mtu 1000 up && ip link set far0 up");
	netns_run("ip addr add 10.77.0.1/24 dev p0");
	o.dst = ip("10.77.0.2");
	o.size = 1400;
	o.df = true;
	ping(o, "MM");
}

static void test_ping6(void **state)
{
	struct ping_opts o = { .dst = ip("::1"),
		.count = 3,
		.size = 100,
		.timeout_ms = 200,
		.validate = true };

	(void)state;
	ping(o, "!!!");
	/* Three sizes, twice. */
	o.dst = ip("127.0.0.1");
	o.count = 2;
	o.size_max = 110;
	o.size_step = 5;
	ping(o, "!!!!!!");
	o.size_step = 0;
	o.size = 1400;
	netns_run("ip link set p0 mtu 1300 up && ip link set far0 up");
	netns_run("ip -6 addr add 2001:db8::1/64 dev p0 nodad");
	o.dst = ip("2001:db8::2");
	o.df = true;
	o.count = 1;
	ping(o, "M");
}

/* ---- traceroute ---- */

static struct {
	struct trace_result v[16];
	size_t n;
	bool done;
} traced;

static void on_probe(void *ctx, const struct trace_result *r)
{
	(void)ctx;
	assert_true(traced.n < 16);
	traced.v[traced.n++] = *r;
}

static void on_traced(void *ctx)
{
	(void)ctx;
	traced.done = true;
}

static void trace(struct trace_opts o)
{
	auto_sbuf struct sbuf why = { 0 };

	memset(&traced, 0, sizeof(traced));
	assert_non_null(box_trace(box, &o, on_probe, on_traced, NULL, &why));
	for (int i = 0; i < 200 && !traced.done; i++)
		loop_run_once(loop, 20);
	assert_true(traced.done);
}

static void test_trace(void **state)
{
	struct trace_opts o = { .dst = ip("127.0.0.1"),
		.min_ttl = 1,
		.max_ttl = 4,
		.probes = 3,
		.timeout_ms = 100,
		.port = 33434 };

	(void)state;
	trace(o);
	assert_int_equal(traced.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(traced.v[i].answered);
		assert_int_equal(traced.v[i].ttl, 1);
		assert_int_equal(traced.v[i].probe, i);
		assert_int_equal(traced.v[i].note, 0);
		assert_true(ip_equal(&traced.v[i].from, &o.dst));
	}
	o.dst = ip("::1");
	trace(o);
	assert_int_equal(traced.n, 3);
	assert_true(traced.v[2].answered);
	/* Without a route nobody answers. */
	o.dst = ip("192.0.2.1");
	o.max_ttl = 2;
	o.probes = 1;
	trace(o);
	assert_int_equal(traced.n, 2);
	assert_false(traced.v[1].answered);
	assert_int_equal(traced.v[1].ttl, 2);
	/* One under way when the box goes is freed with it. */
	auto_sbuf struct sbuf why = { 0 };

	assert_non_null(box_trace(box, &o, on_probe, on_traced, NULL, &why));
	o.src = ip("::1");
	assert_null(box_trace(box, &o, on_probe, on_traced, NULL, &why));
}

static void test_neighbours(void **state)
{
	struct iface_policy p =
		iface("GigabitEthernet0/0", "p0", "10.0.0.1/24", NULL);
	const struct ip_addr all = { 0 };
	struct neigh_info *v;
	size_t n;

	(void)state;
	netns_run("ip link set far0 up");
	box_set_ifaces(box, &p, 1);
	settle();
	netns_run("ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev p0 "
		  "nud reachable");
	netns_run("ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:08 dev p0 "
		  "nud permanent");
	n = box_neigh_list(box, 4, &v);
	assert_int_equal(n, 3);
	assert_true(v[0].own);
	assert_string_equal(v[0].ifname, "GigabitEthernet0/0");
	free(v);
	assert_int_equal(box_neigh_clear(box, 4, &all), 0);
	n = box_neigh_list(box, 4, &v);
	for (size_t i = 0; i < n; i++)
		assert_true(v[i].own || v[i].permanent || !v[i].complete);
	free(v);
}

static void test_ping_errors(void **state)
{
	auto_sbuf struct sbuf why = { 0 };
	struct ping_opts o = { .dst = ip("127.0.0.1"),
		.count = 1,
		.size = 100,
		.timeout_ms = 100,
		.src = ip("192.0.2.77") };
	struct pinged p = { 0 };

	(void)state;
	assert_null(box_ping(box, &o, on_result, on_done, &p, &why));
	assert_non_null(strstr(sbuf_str(&why), "Invalid source"));
	o.src = (struct ip_addr){ 0 };
	o.size = 27;
	assert_null(box_ping(box, &o, on_result, on_done, &p, &why));
	/* Cancelled: nothing is called any more. */
	o.size = 100;
	o.dst = ip("192.0.2.1");
	struct ping *g = box_ping(box, &o, on_result, on_done, &p, &why);

	assert_non_null(g);
	loop_run_once(loop, 10);
	ping_cancel(g);
	settle();
	assert_false(p.done);
	/* One under way when the box goes is freed with it. */
	assert_non_null(box_ping(box, &o, on_result, on_done, &p, &why));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_addresses), T(test_shutdown),
		T(test_loopback), T(test_late_netdev), T(test_by_rule),
		T(test_routes), T(test_floating_routes), T(test_ipv6),
		T(test_subinterface), T(test_counters), T(test_members),
		T(test_fail_close),
		T(test_ping), T(test_ping6), T(test_trace), T(test_neighbours),
		T(test_ping_errors) };

	if (!netns_enter()) {
		printf("1..0 # SKIP needs a network namespace of its own\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
