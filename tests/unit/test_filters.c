/* Packet filters in the kernel, in a network namespace of this process: what
 * comes in by a TUN is counted by the entry that the evaluator names, and
 * forwarded to another TUN exactly when it is permitted. */
#include "base/loop.h"
#include "dataplane/filter.h"
#include "dataplane/inbound.h"
#include "tests/unit/acl_random.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define LISTS   30
#define ENTRIES 12
#define PACKETS 60

struct world {
	int in, out; /* TUNs */
	struct loop *loop;
	struct filters *f;
	char logged[8][128]; /* by on_hit */
	size_t n_logged;
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

static void on_hit(void *ctx, const struct filter_hit *hit)
{
	struct world *w = ctx;

	if (w->n_logged < 8)
		snprintf(w->logged[w->n_logged++], 128, "%s %u %s %zu",
			hit->acl->name, hit->ace->seq,
			hit->ace->permit ? "permit" : "deny", hit->n);
}

static int up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	auto_sbuf struct sbuf why = { 0 };

	*state = w;
	if (geteuid() || unshare(CLONE_NEWNET))
		return 0;
	w->in = tun_open("in");
	w->out = tun_open("out");
	run("for i in in out; do"
	    " echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter;"
	    " ip link set $i up; done;"
	    " echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter;"
	    " echo 1 >/proc/sys/net/ipv4/ip_forward;"
	    " echo 0 >/proc/sys/net/ipv4/icmp_ratelimit;"
	    " echo 1 >/proc/sys/net/ipv6/conf/all/forwarding;"
	    " ip address add 203.0.113.1/24 dev in;"
	    " ip address add 198.51.100.1/24 dev out;"
	    " ip address add 2001:9::1/32 dev in nodad;"
	    " ip route add 10.1.1.0/24 dev in;"
	    " ip route add default dev out; ip -6 route add default dev out");
	w->loop = loop_new();
	w->f = filters_open(w->loop, on_hit, w, &why);
	assert_non_null(w->f);
	return 0;
}

static int down(void **state)
{
	struct world *w = *state;

	if (w->f) {
		filters_close(w->f);
		loop_free(w->loop);
		close(w->in);
		close(w->out);
	}
	free(w);
	return 0;
}

static void checksum(uint8_t *p)
{
	size_t n = (p[0] & 0xfu) * 4u;
	uint32_t sum = 0;

	p[10] = p[11] = 0;
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
}

static void inject(struct world *w, const uint8_t *p, size_t n)
{
	assert_int_equal(write(w->in, p, n), n);
}

/* A packet from the other TUN, if one came: the kernel forwards while it is
 * written to the first.  Its own neighbour discovery is not meant. */
static bool forwarded(struct world *w)
{
	uint8_t p[2048];
	bool got = false;
	ssize_t n;

	while ((n = read(w->out, p, sizeof(p))) > 0)
		got |= p[0] >> 4 == 4 || p[8] == 0x20;
	return got;
}

static void drain(int tun)
{
	uint8_t p[2048];

	while (read(tun, p, sizeof(p)) > 0)
		;
}

static void bind_one(struct world *w, const struct acl *acl, bool out)
{
	struct filter_bind b = { .out = out, .acl = acl };

	snprintf(b.netdev, sizeof(b.netdev), "%s", out ? "out" : "in");
	assert_int_equal(filters_set(w->f, &b, 1), 0);
	assert_int_equal(
		inbound_listed("in"), !out && acl->n > 0 && !acl->ip6);
}

static void show(const struct acl *acl, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < acl->n; i++) {
		auto_sbuf struct sbuf out = { 0 };

		ace_text(&acl->v[i], ACE_STYLE_CONFIG, &out);
		print_message("# %zu: %s\n", i, sbuf_str(&out));
	}
	print_message("# packet:");
	for (size_t i = 0; i < n; i++)
		print_message(" %02x", p[i]);
	print_message("\n");
}

static void random_lists(struct world *w, bool ip6)
{
	for (size_t l = 0; l < LISTS; l++) {
		struct ace v[ENTRIES];
		struct acl acl = {
			.name = "RANDOM", .v = v, .n = ENTRIES, .ip6 = ip6
		};
		uint64_t want[ENTRIES] = { 0 };

		for (size_t i = 0; i < ENTRIES; i++)
			v[i] = ip6 ? rnd_ace6((uint32_t)i + 1)
				   : rnd_ace((uint32_t)i + 1);
		filters_set(w->f, NULL, 0);
		bind_one(w, &acl, false);
		for (size_t i = 0; i < PACKETS; i++) {
			struct packet6_key six;
			struct packet_key k;
			uint8_t p[128];
			size_t n = ip6 ? rnd_packet6(p, true) : rnd_packet(p);
			int m;

			if (!ip6)
				checksum(p);
			assert_true(ip6 ? packet6_key_read(p, n, &six, &k)
					: packet_key_read(p, n, &k));
			m = acl_judge(&acl, &k);
			if (m >= 0)
				want[m]++;
			inject(w, p, n);

			auto_free struct ace_hits *got = NULL;

			assert_int_equal(
				filters_hits(w->f, "RANDOM", ip6, &got),
				ENTRIES);
			for (size_t e = 0; e < ENTRIES; e++) {
				if (got[e].packets != want[e])
					show(&acl, p, n);
				assert_int_equal(got[e].packets, want[e]);
			}
		}
		drain(w->out);
		drain(w->in);
	}
}

static void kernel_agrees(void **state)
{
	struct world *w = *state;

	if (!w->f)
		skip();
	random_lists(w, false);
	random_lists(w, true);
}

/* UDP from 10.1.1.1 to 10.2.2.2. */
static size_t udp_packet(uint8_t *p, uint16_t dport, bool later)
{
	static const uint8_t head[28] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 9, 17, 0,
		0, 10, 1, 1, 1, 10, 2, 2, 2, 0x30, 0x39, 0, 0, 0, 8 };

	memcpy(p, head, sizeof(head));
	p[22] = (uint8_t)(dport >> 8);
	p[23] = (uint8_t)dport;
	if (later)
		p[7] = 1;
	checksum(p);
	return sizeof(head);
}

static bool passes(struct world *w, uint16_t dport, bool later)
{
	uint8_t p[64];
	size_t n = udp_packet(p, dport, later);

	drain(w->out);
	inject(w, p, n);
	return forwarded(w);
}

static struct ace udp_ace(uint32_t seq, bool permit, uint16_t dport)
{
	struct ace e = ace_any(permit);

	e.seq = seq;
	e.proto = 17;
	e.dport = (struct ace_port){ PORT_EQ, 1, { dport } };
	return e;
}

static uint64_t hits_of(struct world *w, const char *list, uint32_t seq)
{
	auto_free struct ace_hits *v = NULL;
	size_t n = filters_hits(w->f, list, false, &v);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i].seq == seq ? v[i].packets : 0;
	return sum;
}

static void both_directions(void **state)
{
	struct world *w = *state;
	struct ace v[2] = { udp_ace(10, false, 80), ace_any(true) };
	struct acl some = { .name = "A", .v = v, .n = 2 };
	struct acl implicit = { .name = "B", .v = v, .n = 1 };
	struct acl empty = { .name = "C", .v = v, .n = 0 };

	if (!w->f)
		skip();
	for (int out = 0; out < 2; out++) {
		bind_one(w, &some, out);
		assert_false(passes(w, 80, false));
		assert_true(passes(w, 81, false));
		assert_true(passes(w, 80, true)); /* shows no port */
		bind_one(w, &implicit, out);
		assert_false(passes(w, 81, false));
		v[0].permit = true; /* its fragments are let through */
		bind_one(w, &implicit, out);
		assert_true(passes(w, 80, false));
		assert_true(passes(w, 80, true));
		assert_false(passes(w, 81, false));
		assert_int_equal(hits_of(w, "B", 10), 2);
		v[0].permit = false;
		bind_one(w, &empty, out);
		assert_true(passes(w, 80, false));
	}
	assert_int_equal(filters_set(w->f, NULL, 0), 0);
	assert_false(inbound_listed("in"));
	assert_true(passes(w, 80, false));
	run("test -z \"$(nft list ruleset)\"");
}

/* A denied packet is answered by an unreachable, unless the interface is
 * quiet. */
static void unreachables(void **state)
{
	struct world *w = *state;
	struct ace v = ace_any(false);
	struct acl all = { .name = "A", .v = &v, .n = 1 };
	struct filter_bind b = { .netdev = "in", .acl = &all };
	uint8_t p[256];

	if (!w->f)
		skip();
	drain(w->in);
	assert_int_equal(filters_set(w->f, &b, 1), 0);
	passes(w, 80, false);
	assert_true(read(w->in, p, sizeof(p)) > 28);
	assert_int_equal(p[9], 1);
	assert_int_equal(p[20], 3);  /* unreachable, */
	assert_int_equal(p[21], 13); /* administratively prohibited */
	drain(w->in);
	b.quiet = true;
	assert_int_equal(filters_set(w->f, &b, 1), 0);
	passes(w, 80, false);
	assert_true(read(w->in, p, sizeof(p)) < 0);
	filters_set(w->f, NULL, 0);
}

/* Entries that stay go on counting when others come; clear starts anew. */
static void counters(void **state)
{
	struct world *w = *state;
	struct ace v[3] = { udp_ace(10, true, 80), udp_ace(20, true, 81) };
	struct acl a = { .name = "A", .v = v, .n = 2 };

	if (!w->f)
		skip();
	bind_one(w, &a, false);
	passes(w, 80, false);
	passes(w, 81, false);
	passes(w, 81, false);
	assert_int_equal(hits_of(w, "A", 10), 1);
	assert_int_equal(hits_of(w, "A", 20), 2);
	v[2] = v[1];
	v[1] = udp_ace(15, true, 90);
	a.n = 3;
	bind_one(w, &a, false);
	passes(w, 81, false);
	assert_int_equal(hits_of(w, "A", 10), 1);
	assert_int_equal(hits_of(w, "A", 15), 0);
	assert_int_equal(hits_of(w, "A", 20), 3);
	v[0].permit = false; /* another entry under the same number */
	bind_one(w, &a, false);
	assert_int_equal(hits_of(w, "A", 10), 0);
	assert_int_equal(hits_of(w, "A", 20), 3);
	filters_clear(w->f, "OTHER", false);
	assert_int_equal(hits_of(w, "A", 20), 3);
	filters_clear(w->f, NULL, false);
	assert_int_equal(hits_of(w, "A", 20), 0);
	passes(w, 81, false);
	assert_int_equal(hits_of(w, "A", 20), 1);
	filters_set(w->f, NULL, 0);
}

/* Somebody flushed all tables: the next change brings all of it back. */
static void flushed(void **state)
{
	struct world *w = *state;
	struct ace v = udp_ace(10, false, 80), six = ace_any(true);
	struct acl a = { .name = "A", .v = &v, .n = 1 };
	struct acl b = { .name = "B", .v = &six, .n = 1, .ip6 = true };
	struct filter_bind both[2] = { { .netdev = "in", .acl = &a },
		{ .netdev = "in", .acl = &b } };

	if (!w->f)
		skip();
	six.ip6 = true;
	assert_int_equal(filters_set(w->f, both, 2), 0);
	run("nft flush ruleset");
	assert_true(passes(w, 80, false));
	v.seq = 20;
	assert_int_equal(filters_set(w->f, both, 2), 0);
	assert_false(passes(w, 80, false));
	assert_int_equal(hits_of(w, "A", 20), 1);
	assert_int_equal(filters_verify(w->f), 0);
	run("nft delete table ip6 getvpn-acl");
	assert_int_equal(filters_verify(w->f), 1);
	assert_int_equal(filters_verify(w->f), 0);
	assert_false(passes(w, 80, false));
	run("nft flush ruleset");
	assert_int_equal(filters_set(w->f, NULL, 0), 0);
	assert_int_equal(filters_verify(w->f), 0);
	run("test -z \"$(nft list ruleset)\"");
}

static void reports(void **state)
{
	struct world *w = *state;
	struct ace v[2] = { udp_ace(10, true, 80), ace_any(false) };
	struct acl a = { .name = "A B", .v = v, .n = 2 };

	if (!w->f)
		skip();
	v[0].log = true;
	v[1].seq = 20;
	v[1].log = true;
	bind_one(w, &a, false);
	w->n_logged = 0;
	assert_true(passes(w, 80, false));
	assert_false(passes(w, 81, false));
	for (int i = 0; i < 20 && w->n_logged < 2; i++)
		loop_run_once(w->loop, 50);
	assert_int_equal(w->n_logged, 2);
	assert_string_equal(w->logged[0], "A B 10 permit 28");
	assert_string_equal(w->logged[1], "A B 20 deny 28");
	assert_int_equal(hits_of(w, "A B", 10), 1);
	assert_int_equal(hits_of(w, "A B", 20), 1);
	filters_set(w->f, NULL, 0);
}

/* Of this process, in the kernel as well: others do not count. */
static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void ten_thousand(void **state)
{
	struct world *w = *state;
	struct acl a = { .name = "LONG", .n = 10000 };
	uint64_t start, took;

	if (!w->f)
		skip();
	a.v = xcalloc(a.n, sizeof(*a.v));
	for (size_t i = 0; i < a.n; i++) {
		a.v[i] = udp_ace((uint32_t)i + 1, true, (uint16_t)(i + 1000));
		a.v[i].src = (struct ip_wild){ 0x0a000000 + (uint32_t)i, 0 };
	}
	start = cpu_ms();
	bind_one(w, &a, false);
	took = cpu_ms() - start;
	print_message("# 10,000 entries in %u ms\n", (unsigned)took);
	assert_true(took < 1000);
	start = cpu_ms();
	bind_one(w, &a, false); /* nothing changed */
	assert_true(cpu_ms() - start < 100);
	filters_set(w->f, NULL, 0);
	free(a.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_agrees),
		cmocka_unit_test(both_directions),
		cmocka_unit_test(unreachables),
		cmocka_unit_test(counters),
		cmocka_unit_test(flushed),
		cmocka_unit_test(reports),
		cmocka_unit_test(ten_thousand),
	};

	return cmocka_run_group_tests_name("filters", tests, up, down);
}
