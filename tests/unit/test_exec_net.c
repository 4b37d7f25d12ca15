/* ping and traceroute: their options, dialogues and texts; host names. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include "cli/host.h"

#include <stdlib.h>
#include <string.h>

static struct router r;
static struct session *s;
static struct sbuf out;

static void output(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	sbuf_add(&out, text, n);
}

static void asked(void *ctx, int kind, const char *question)
{
	(void)ctx;
	(void)kind;
	sbuf_adds(&out, question);
}

static void done(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static int setup(void **state)
{
	const struct session_sink sink = {
		.output = output, .ask = asked, .done = done
	};
	const struct session_opts o = {
		.user = "", .line = "con 0", .from = "", .level = 15
	};

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "ip host HOP1 203.0.113.6\n"
			    "ip host FAR 10.64.2.1 10.64.2.2\n"
			    "ipv6 host FAR 2001:db8:2::1\n"
			    "vrf definition RED\n"));
	s = session_new(&r, &o, &sink);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_free(s);
	sbuf_free(&out);
	fake_router_fini(&r);
	return 0;
}

static struct ip_addr ip(const char *text)
{
	struct ip_addr a = { 0 };

	assert_true(ip_parse(text, &a));
	return a;
}

static void probe(
	unsigned ttl, unsigned n, const char *from, unsigned rtt_ms, char note)
{
	struct trace_result t = { .ttl = ttl,
		.probe = n,
		.answered = from != NULL,
		.rtt_ms = rtt_ms,
		.note = note };

	if (from != NULL)
		t.from = ip(from);
	fake_box.trace_result(fake_box.trace_ctx, &t);
}

/* show-output.md 3.10, and a hop with two routers behind it. */
static void trace_lines(void **state)
{
	(void)state;
	assert_int_equal(session_run_line(s, "traceroute 10.64.2.1 numeric"),
		CMD_PENDING);
	assert_int_equal(fake_box.trace.max_ttl, 30);
	assert_int_equal(fake_box.trace.port, 33434);
	assert_int_equal(fake_box.trace.timeout_ms, 3000);
	probe(1, 0, "203.0.113.6", 1, 0);
	probe(1, 1, "203.0.113.6", 1, 0);
	probe(1, 2, "203.0.113.6", 0, 0);
	probe(2, 0, NULL, 0, 0);
	probe(2, 1, NULL, 0, 0);
	probe(2, 2, NULL, 0, 0);
	probe(3, 0, "192.0.2.7", 3, 0);
	probe(3, 1, "192.0.2.8", 4, 0);
	probe(3, 2, "192.0.2.8", 4, 'A');
	probe(4, 0, "10.64.2.1", 2, 0);
	probe(4, 1, NULL, 0, 0);
	probe(4, 2, "10.64.2.1", 1, 0);
	fake_box.trace_done(fake_box.trace_ctx);
	assert_string_equal(sbuf_str(&out),
		"Type escape sequence to abort.\n"
		"Tracing the route to 10.64.2.1\n"
		"VRF info: (vrf in name/id, vrf out name/id)\n"
		"  1 203.0.113.6 1 msec 1 msec 0 msec\n"
		"  2  *  *  *\n"
		"  3 192.0.2.7 3 msec \n"
		"    192.0.2.8 4 msec !A\n"
		"  4 10.64.2.1 2 msec *  1 msec\n");
	assert_false(session_pending(s));
}

static void trace_options(void **state)
{
	static const char *const answers[] = { "", "FAR", "", "n", "1", "2",
		"3", "9", "40000", "" };

	(void)state;
	session_run_line(s, "traceroute");
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		assert_int_equal(session_answer(s, answers[i]), CMD_PENDING);
	assert_int_equal(fake_box.trace.min_ttl, 3);
	assert_int_equal(fake_box.trace.max_ttl, 9);
	assert_int_equal(fake_box.trace.probes, 2);
	assert_int_equal(fake_box.trace.port, 40000);
	assert_non_null(strstr(out.s, "Tracing the route to FAR (10.64.2.1)"));
	probe(3, 0, "203.0.113.6", 1, 0);
	assert_non_null(strstr(out.s, "  3 HOP1 (203.0.113.6) 1 msec "));
	session_break(s);
	assert_false(session_pending(s));
	assert_int_equal(
		session_run_line(s, "traceroute FAR ttl 5 4"), CMD_FAILED);
}

static void ping_families(void **state)
{
	(void)state;
	assert_int_equal(
		session_run_line(s, "ping ipv6 FAR repeat 2 size 36 dscp 46"),
		CMD_PENDING);
	assert_int_equal(fake_box.ping.dst.family, 6);
	assert_int_equal(fake_box.ping.size, 48); /* IPv6 and ICMP headers */
	assert_int_equal(fake_box.ping.tos, 46 << 2);
	session_break(s);
	assert_int_equal(session_run_line(s, "ping NOBODY"), CMD_FAILED);
	assert_non_null(strstr(out.s, "% Unrecognized host or address, or "
				      "protocol not running.\n"));
	assert_int_equal(session_run_line(s, "ping vrf BLUE FAR"), CMD_FAILED);
	assert_non_null(strstr(out.s, "% VRF BLUE does not exist\n"));
	fake_box.has_kinds = true;
	session_run_line(s, "ping vrf RED FAR");
	assert_string_equal(fake_box.ping.dev, "RED");
	session_break(s);
	assert_int_equal(
		session_run_line(s, "ping fe80::1 repeat 1"), CMD_FAILED);
}

static void ping_sweep(void **state)
{
	static const char *const answers[] = { "", "10.64.2.1", "1", "", "",
		"y", "", "", "y", "y", "0xFFFF", "v", "y", "100", "102", "1" };

	(void)state;
	session_run_line(s, "ping");
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		assert_int_equal(session_answer(s, answers[i]), CMD_PENDING);
	assert_int_equal(fake_box.ping.size, 100);
	assert_int_equal(fake_box.ping.size_max, 102);
	assert_int_equal(fake_box.ping.size_step, 1);
	assert_int_equal(fake_box.ping.data, 0xffff);
	assert_true(fake_box.ping.df && fake_box.ping.validate);
	fake_box.ping_result(fake_box.ping_ctx, '!', 2);
	fake_box.ping_result(fake_box.ping_ctx, '.', 0);
	fake_box.ping_done(fake_box.ping_ctx);
	assert_non_null(strstr(out.s,
		"Sending 1, [100..102]-byte ICMP Echos to 10.64.2.1, timeout "
		"is 2 seconds:\n"
		"Packet sent with the DF bit set\n"
		"Reply data will be validated\n"
		"Reply to request 0 (2 ms)\n"
		"Request 1 timed out\n"
		"Success rate is 50 percent (1/2), round-trip min/avg/max = "
		"2/2/2 ms\n"));
}

/* RFC 1035 4.1: a question, an alias, the address with a compressed name. */
// clang-format off
static const uint8_t dns_answer[] = {
	0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0,
	/* a.example IN A */
	1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
	/* a.example CNAME b.example */
	0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'b', 0xc0, 14,
	/* b.example A 192.0.2.33 */
	0xc0, 39, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 33,
};
// clang-format on

static void dns(void **state)
{
	struct ip_addr a = { 0 };

	(void)state;
	assert_true(resolve_answer(dns_answer, sizeof(dns_answer), 1, &a));
	assert_int_equal(ip_u32(&a), 0xc0000221);
	assert_false(resolve_answer(dns_answer, sizeof(dns_answer), 28, &a));
	/* Cut anywhere: no address, and nothing behind the end is read. */
	for (size_t n = 0; n < sizeof(dns_answer); n++) {
		auto_free uint8_t *cut = xcalloc(1, n + 1);

		memcpy(cut, dns_answer, n);
		assert_false(resolve_answer(cut, n, 1, &a));
	}
}

static void names(void **state)
{
	struct ip_addr a;
	auto_free char *got = NULL;

	(void)state;
	assert_int_equal(host_lookup(&r, "FAR", 6, &a), HOST_FOUND);
	assert_int_equal(a.family, 6);
	assert_int_equal(host_lookup(&r, "FAR", 0, &a), HOST_FOUND);
	assert_int_equal(a.family, 4);
	a = ip("10.64.2.2");
	assert_string_equal(host_name(&r, &a), "FAR");
	assert_int_equal(host_lookup(&r, "10.1.1.1", 6, &a), HOST_UNKNOWN);
	got = fake_paste(&r, "no ip domain-lookup\n"
			     "ip domain name orbit.example\n"
			     "ip name-server 192.0.2.53 192.0.2.54\n"
			     "do show hosts\n");
	assert_non_null(strstr(got, "Default domain is orbit.example\n"
				    "Name/address lookup uses static "
				    "mappings\n"
				    "Name servers are 192.0.2.53, "
				    "192.0.2.54\n"));
	assert_non_null(strstr(got, "FAR                       None  (perm, "
				    "OK)  0   IP   10.64.2.1 10.64.2.2\n"));
	auto_free char *config = fake_running(&r);

	assert_non_null(strstr(config, "\nno ip domain lookup\n"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(trace_lines), T(trace_options),
		T(ping_families), T(ping_sweep), T(dns), T(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
