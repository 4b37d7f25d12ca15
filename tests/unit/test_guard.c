/* The guard in a network namespace of this process: what of a TUN's packets is
 * forwarded to another, while interfaces are closed, and after a run that held
 * policies has crashed. */
#include "dataplane/guard.h"
#include "base/loop.h"
#include "dataplane/nft.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	int in, out; /* TUNs */
	struct guard *g;
};

static void run(const char *cmd)
{
	if (system(cmd) != 0)
		fail_msg("%s", cmd);
}

static int tun_open(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, TUNSETIFF, &r), 0);
	return fd;
}

static struct guard *must_open(void)
{
	auto_sbuf struct sbuf why = { 0 };
	struct guard *g = guard_open(&why);

	if (!g)
		fail_msg("%s", sbuf_str(&why));
	return g;
}

static int up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	*state = w;
	if (geteuid() || unshare(CLONE_NEWNET))
		return 0;
	w->in = tun_open("in");
	w->out = tun_open("out");
	run("for i in in out; do"
	    " echo 0 >/proc/sys/net/ipv6/conf/$i/accept_ra;"
	    " echo 1 >/proc/sys/net/ipv6/conf/$i/addr_gen_mode;"

	    " echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter;"
	    " ip link set $i up; done;"
	    " echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter;"
	    " echo 1 >/proc/sys/net/ipv4/ip_forward;"
	    " ip address add 203.0.113.1/24 dev in;"
	    " ip address add 198.51.100.1/24 dev out;"
	    " ip route add 10.1.1.0/24 dev in;"
	    " ip route add default dev out;"
	    " echo 1 >/proc/sys/net/ipv6/conf/all/forwarding;"
	    " ip address add 2001:db8::1/64 dev in nodad;"
	    " ip address add 2001:db8:0:9::1/64 dev out nodad;"
	    " ip route add 2001:db8:1::/48 dev in;"
	    " ip -6 route add default dev out");
	w->g = must_open();
	return 0;
}

static int down(void **state)
{
	struct world *w = *state;

	if (w->g) {
		guard_free(w->g, false);
		close(w->in);
		close(w->out);
	}
	free(w);
	return 0;
}

static void checksum(uint8_t *p)
{
	uint32_t sum = 0;

	p[10] = p[11] = 0;
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
}

/* A packet that we sent; the kernel's own talk to its neighbours is not. */
static bool is_udp(const uint8_t *p)
{
	return p[0] >> 4 == 6 ? p[6] == 17 || p[6] == 44 : p[9] == 17;
}

static bool arrives(int tun)
{
	uint8_t p[2048];
	bool any = false;

	while (read(tun, p, sizeof(p)) > 0)
		any |= is_udp(p);
	return any;
}

/* UDP from 2001:db8:1::1 to 2001:db8:2::2; in two fragments, cut so that the
 * second shows no ports. */
static bool passes6(struct world *w, uint16_t dport, bool fragments)
{
	uint8_t p[2][72] = { { 0x60, 0, 0, 0, 0, 24, 17, 9, 0x20, 1, 0x0d, 0xb8,
				     0, 1, [23] = 1, 0x20, 1, 0x0d, 0xb8, 0, 2,
				     [39] = 2 } };
	size_t n[2] = { 64, 0 };

	p[0][42] = (uint8_t)(dport >> 8);
	p[0][43] = (uint8_t)dport;
	p[0][45] = 24;
	p[0][46] = p[0][47] = 0xff; /* checked by nobody on the way */
	if (fragments) {
		memcpy(p[1], p[0], 40);
		memmove(p[0] + 48, p[0] + 40, 16);
		memcpy(p[0] + 40, (uint8_t[8]){ 17, 0, 0, 1, 0, 0, 0, 7 }, 8);
		memcpy(p[1] + 40, (uint8_t[8]){ 17, 0, 0, 16, 0, 0, 0, 7 }, 8);
		p[0][6] = p[1][6] = 44;
		p[1][5] = 16;
		n[1] = 56;
	}
	(void)arrives(w->out);
	for (size_t i = 0; i < 2 && n[i]; i++)
		assert_int_equal(write(w->in, p[i], n[i]), n[i]);
	return arrives(w->out);
}

/* Solicits a neighbour, or (echo) asks a host for an answer. */
static bool sends_icmp6(struct world *w, uint8_t type, const char *to)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_scope_id = if_nametoindex("out") };
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	uint8_t m[24] = { type }, p[2048];
	bool seen = false;

	(void)arrives(w->out);
	assert_int_equal(inet_pton(AF_INET6, to, &a.sin6_addr), 1);
	(void)sendto(fd, m, sizeof(m), 0, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	while (read(w->out, p, sizeof(p)) > 0)
		seen |= p[0] >> 4 == 6 && p[6] == 58 && p[40] == type;
	return seen;
}

/* UDP from 10.1.1.1 to 10.2.2.2 is forwarded. */
static bool passes(struct world *w, uint16_t sport, uint16_t dport)
{
	uint8_t p[28] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 9, 17, 0, 0, 10, 1, 1, 1,
		10, 2, 2, 2, 0, 0, 0, 0, 0, 8 };

	p[20] = (uint8_t)(sport >> 8);
	p[21] = (uint8_t)sport;
	p[22] = (uint8_t)(dport >> 8);
	p[23] = (uint8_t)dport;
	checksum(p);
	(void)arrives(w->out);
	assert_int_equal(write(w->in, p, sizeof(p)), sizeof(p));
	return arrives(w->out);
}

/* A datagram of this box from that port leaves by "out". */
static bool sends(struct world *w, uint16_t sport)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(sport) };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a020202) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	(void)arrives(w->out);
	(void)sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return arrives(w->out);
}

static struct ace udp_to(bool permit, uint16_t dport)
{
	struct ace e = ace_any(permit);

	e.proto = 17;
	e.dport = (struct ace_port){ PORT_EQ, 1, { dport } };
	return e;
}

static void close_one(
	struct world *w, const char *netdev, const struct acl *acl)
{
	struct guard_closed c = { .acl = acl };

	snprintf(c.netdev, sizeof(c.netdev), "%s", netdev);
	assert_int_equal(guard_close_set(w->g, &c, 1), 0);
}

static void no_rules(void)
{
	run("test -z \"$(nft list ruleset)\"");
}

static void closed_both_ways(void **state)
{
	struct world *w = *state;
	struct ace v[] = { udp_to(true, 54), udp_to(false, 53) };
	struct acl acl = { .name = "FC", .v = v, .n = 2 };

	if (!w->g)
		skip();
	assert_true(passes(w, 1, 80));
	close_one(w, "out", NULL);
	assert_false(passes(w, 1, 80));
	assert_false(passes(w, 848, 848)); /* not ours */
	assert_false(sends(w, 7777));
	assert_true(sends(w, 848));
	assert_int_equal(guard_drops(w->g, "out", false), 3);
	close_one(w, "out", &acl);
	assert_false(passes(w, 1, 80));
	assert_false(passes(w, 1, 54));
	assert_true(passes(w, 1, 53));
	assert_int_equal(guard_drops(w->g, "out", false), 2);
	close_one(w, "in", &acl); /* mirrored: from port 53 */
	assert_false(passes(w, 1, 53));
	assert_true(passes(w, 53, 1));
	assert_int_equal(guard_close_set(w->g, NULL, 0), 0);
	assert_true(passes(w, 1, 80));
	no_rules();
}

static struct ace udp6_to(bool permit, uint16_t dport)
{
	struct ace e = udp_to(permit, dport);

	e.ip6 = true;
	return e;
}

/* Each family is closed by itself, and the link stays usable. */
static void ipv6_closed(void **state)
{
	struct world *w = *state;
	struct ace v = udp6_to(false, 53);
	struct acl acl = { .name = "FC6", .ip6 = true, .v = &v, .n = 1 };
	struct guard_closed c[] = { { "out", true, &acl },
		{ "out", false, NULL } };

	if (!w->g)
		skip();
	assert_true(passes6(w, 80, false));
	assert_true(passes6(w, 80, true));
	assert_int_equal(guard_close_set(w->g, c, 1), 0);
	assert_true(passes(w, 1, 80));
	assert_false(passes6(w, 80, false));
	assert_false(passes6(w, 80, true));
	assert_true(passes6(w, 53, false));
	assert_true(passes6(w, 53, true));
	assert_false(sends_icmp6(w, 128, "2001:db8:2::2"));
	assert_true(sends_icmp6(w, 135, "ff02::1:ff00:2"));
	assert_int_equal(guard_drops(w->g, "out", true), 3);
	assert_int_equal(guard_drops(w->g, "out", false), 0);
	assert_int_equal(guard_close_set(w->g, c, 2), 0);
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_close_set(w->g, c + 1, 1), 0);
	assert_true(passes6(w, 80, false));
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_close_set(w->g, NULL, 0), 0);
	no_rules();
}

static void flushed_by_others(void **state)
{
	struct world *w = *state;

	if (!w->g)
		skip();
	close_one(w, "out", NULL);
	run("nft flush ruleset; nft add table ip other");
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_close_set(w->g, NULL, 0), 0);
	run("test \"$(nft list tables)\" = 'table ip other';"
	    " nft delete table ip other");
}

static void on_restored(void *ctx, int rc)
{
	int *times = ctx;

	assert_int_equal(rc, 0);
	++*times;
}

/* Till it has told so, at most so long. */
static int restored(struct loop *loop, const int *times, int want)
{
	uint64_t end = loop_now() + 5000;

	while (*times < want && loop_now() < end)
		loop_run_once(loop, 100);
	return *times;
}

/* Where tables have no owner. */
static void changed_by_others(void **state)
{
	struct world *w = *state;
	struct loop *loop = loop_new();
	int times = 0;

	if (!w->g)
		skip();
	guard_free(w->g, false);
	nft_own_never();
	w->g = must_open();
	guard_watch(w->g, loop, on_restored, &times);
	close_one(w, "out", NULL);
	run("nft flush ruleset; nft add table ip other");
	assert_true(passes(w, 1, 80));
	assert_int_equal(restored(loop, &times, 1), 1);
	assert_false(passes(w, 1, 80));
	run("nft insert rule ip getvpn-guard forward accept");
	assert_true(passes(w, 1, 80));
	assert_int_equal(restored(loop, &times, 2), 2);
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_close_set(w->g, NULL, 0), 0);
	run("test \"$(nft list tables)\" = 'table ip other';"
	    " nft delete table ip other");
	guard_free(w->g, false);
	w->g = must_open();
	loop_free(loop);
}

static struct dp_group policy_of(uint32_t id, uint16_t order,
	const struct acl *local, const struct acl *policy)
{
	return (struct dp_group){ .id = id,
		.netdev = "out",
		.order = order,
		.local = local,
		.policy = policy,
		.no_sa = DP_NO_SA_DROP,
		.clear_in = DP_CLEAR_IN_DROP,
		.encrypt_out = true };
}

/* A run that ends without a word, in a process of its own. */
static void crashed_run(const struct dp_group *v, size_t n, bool closes)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct guard *g = must_open();
		struct guard_closed c = { .netdev = "out" };
		bool ok = true;

		for (size_t i = 0; i < n; i++)
			ok &= guard_hold(g, &v[i]) == 0;
		if (closes)
			ok &= guard_close_set(g, &c, 1) == 0;
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool of_order(void *ctx, const struct guard_left *l)
{
	const uint16_t *order = ctx;

	assert_string_equal(l->netdev, "out");
	return !l->closed && l->order == *order;
}

static bool all(void *ctx, const struct guard_left *l)
{
	(void)ctx, (void)l;
	return true;
}

static void held_after_a_crash(void **state)
{
	struct world *w = *state;
	struct ace front = udp_to(false, 81);
	struct ace web[] = { udp_to(true, 80), udp_to(true, 81) };
	struct ace dns = udp_to(true, 53);
	struct acl local = { .name = "L", .v = &front, .n = 1 };
	struct acl first = { .name = "A", .v = web, .n = 2 };
	struct acl second = { .name = "B", .v = &dns, .n = 1 };
	struct dp_group v[] = { policy_of(1, 10, &local, &first),
		policy_of(2, 20, NULL, &second) };
	uint16_t order = 10;
	struct guard_left l;

	if (!w->g)
		skip();
	guard_free(w->g, false);
	crashed_run(v, 2, false);
	assert_true(passes(w, 1, 80)); /* the dataplane's affair till then */
	w->g = must_open();
	assert_true(guard_left_at(w->g, 1, &l));
	assert_false(guard_left_at(w->g, 2, &l));
	assert_false(passes(w, 1, 80));
	assert_true(passes(w, 1, 81)); /* the entry in front lets it */
	assert_false(passes(w, 1, 53));
	/* This run holds the same; the old one counts until it is dropped. */
	assert_int_equal(guard_hold(w->g, &v[0]), 0);
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_left_drop(w->g, of_order, &order), 0);
	assert_true(passes(w, 1, 80));
	assert_false(passes(w, 1, 53));
	guard_unhold(w->g, 1);
	assert_int_equal(guard_left_drop(w->g, all, NULL), 0);
	assert_true(passes(w, 1, 53));
	no_rules();
}

static void ipv6_held_after_a_crash(void **state)
{
	struct world *w = *state;
	struct ace web = udp6_to(true, 80);
	struct acl list = { .name = "A", .ip6 = true, .v = &web, .n = 1 };
	struct dp_group d = policy_of(1, 10, NULL, &list);
	struct guard_left l;

	if (!w->g)
		skip();
	d.ip6 = true;
	guard_free(w->g, false);
	crashed_run(&d, 1, true);
	assert_true(passes6(w, 80, false));
	w->g = must_open();
	assert_true(guard_left_at(w->g, 0, &l) && !l.ip6 && l.closed);
	assert_true(guard_left_at(w->g, 1, &l) && l.ip6 && !l.closed);
	assert_false(passes6(w, 80, false));
	assert_true(passes6(w, 81, false));
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_left_drop(w->g, all, NULL), 0);
	assert_true(passes6(w, 80, false));
	assert_true(passes(w, 1, 80));
	no_rules();
}

/* What the first one left stays when the next crashes, too. */
static void two_crashes(void **state)
{
	struct world *w = *state;
	struct ace web = udp_to(true, 80), dns = udp_to(true, 53);
	struct acl first = { .name = "A", .v = &web, .n = 1 };
	struct acl second = { .name = "B", .v = &dns, .n = 1 };
	struct dp_group v[] = { policy_of(1, 10, NULL, &first),
		policy_of(1, 10, NULL, &second) };

	if (!w->g)
		skip();
	guard_free(w->g, false);
	crashed_run(&v[0], 1, false);
	crashed_run(&v[1], 1, false);
	assert_false(passes(w, 1, 80)); /* the second had put it into force */
	w->g = must_open();
	assert_false(passes(w, 1, 80));
	assert_false(passes(w, 1, 53));
	assert_true(passes(w, 1, 54));
	assert_int_equal(guard_left_drop(w->g, all, NULL), 0);
	assert_true(passes(w, 1, 80));
	no_rules();
}

static void closed_outlives_us(void **state)
{
	struct world *w = *state;
	struct ace any = ace_any(true);
	struct acl list = { .name = "A", .v = &any, .n = 1 };
	struct dp_group d = policy_of(1, 10, NULL, &list);
	struct guard_left l;

	if (!w->g)
		skip();
	guard_free(w->g, false);
	crashed_run(NULL, 0, true);
	assert_false(passes(w, 1, 80));
	w->g = must_open();
	assert_false(passes(w, 1, 80));
	assert_true(guard_left_at(w->g, 0, &l));
	assert_true(l.closed);
	close_one(w, "out", NULL);
	assert_int_equal(guard_left_drop(w->g, all, NULL), 0);
	assert_false(passes(w, 1, 80));
	assert_int_equal(guard_hold(w->g, &d), 0);
	guard_free(w->g, true); /* only what is closed is kept */
	assert_false(passes(w, 1, 80));
	w->g = must_open();
	assert_true(guard_left_at(w->g, 0, &l));
	assert_false(guard_left_at(w->g, 1, &l));
	assert_int_equal(guard_left_drop(w->g, all, NULL), 0);
	assert_true(passes(w, 1, 80));
	no_rules();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(closed_both_ways, up, down),
		cmocka_unit_test_setup_teardown(ipv6_closed, up, down),
		cmocka_unit_test_setup_teardown(flushed_by_others, up, down),
		cmocka_unit_test_setup_teardown(held_after_a_crash, up, down),
		cmocka_unit_test_setup_teardown(
			ipv6_held_after_a_crash, up, down),
		cmocka_unit_test_setup_teardown(two_crashes, up, down),
		cmocka_unit_test_setup_teardown(closed_outlives_us, up, down),
		cmocka_unit_test_setup_teardown(changed_by_others, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
