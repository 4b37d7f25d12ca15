/* UDP 848: batches, both addresses of each datagram, long ones. */
#include "router/udp848.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct end {
	struct udp848 *u;
	unsigned n;
	size_t bytes;
	struct udp_path last;
	uint8_t first_byte[512];
	bool echo;
};
static struct loop *loop;
static struct end a, b;

static void on_input(void *ctx, const struct udp_path *path, struct span data)
{
	struct end *e = ctx;

	if (e->n < sizeof(e->first_byte))
		e->first_byte[e->n] = data.n > 0 ? data.p[0] : 0;
	e->n++;
	e->bytes += data.n;
	e->last = *path;
	if (e->echo)
		udp848_send(e->u, path, data);
}

static struct ip_addr ip(const char *s)
{
	struct ip_addr out;

	assert_true(ip_parse(s, &out));
	return out;
}

static int setup(void **state)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)state;
	loop = loop_new();
	a = b = (struct end){ 0 };
	a.u = udp848_new(loop, 0, on_input, &a, &why);
	b.u = udp848_new(loop, 0, on_input, &b, &why);
	return a.u != NULL && b.u != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	udp848_free(a.u);
	udp848_free(b.u);
	loop_free(loop);
	return 0;
}

static void run_until(const unsigned *n, unsigned want)
{
	uint64_t end = loop_now() + 2000;

	while (*n < want && loop_now() < end)
		loop_run_once(loop, 50);
	assert_int_equal(*n, want);
}

static struct udp_path path_to_b(const char *from, const char *to)
{
	return (struct udp_path){ .local = { ip(from), udp848_port(a.u) },
		.remote = { ip(to), udp848_port(b.u) } };
}

/* The answer leaves from the address that was asked. */
static void test_local_address(void **state)
{
	struct udp_path p = path_to_b("127.0.0.2", "127.0.0.3");

	(void)state;
	b.echo = true;
	udp848_send(a.u, &p, SPAN("hello", 5));
	run_until(&a.n, 1);
	assert_true(ip_equal(&b.last.remote.ip, &p.local.ip));
	assert_int_equal(b.last.remote.port, p.local.port);
	assert_true(ip_equal(&b.last.local.ip, &p.remote.ip));
	assert_true(ip_equal(&a.last.remote.ip, &p.remote.ip));
	assert_int_equal(a.last.remote.port, p.remote.port);
	assert_true(ip_equal(&a.last.local.ip, &p.local.ip));
	assert_int_equal(a.bytes, 5);
}

static void test_many_in_order(void **state)
{
	struct udp_path p = path_to_b("127.0.0.1", "127.0.0.1");

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		uint8_t x = (uint8_t)i;

		udp848_send(a.u, &p, SPAN(&x, 1));
	}
	run_until(&b.n, 300);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(b.first_byte[i], (uint8_t)i);
}

static void test_long(void **state)
{
	struct udp_path p = path_to_b("127.0.0.1", "127.0.0.1");
	auto_free uint8_t *data = malloc(65507);

	(void)state;
	memset(data, 7, 65507);
	udp848_send(a.u, &p, SPAN(data, 65507));
	run_until(&b.n, 1);
	assert_int_equal(b.bytes, 65507);
}

/* A refused datagram costs a counter and not those behind it. */
static void test_refused(void **state)
{
	struct udp_path good = path_to_b("127.0.0.1", "127.0.0.1");
	struct udp_path bad = path_to_b("192.0.2.1", "127.0.0.1");
	struct udp848_stats st;

	(void)state;
	udp848_send(a.u, &good, SPAN("1", 1));
	udp848_send(a.u, &bad, SPAN("2", 1));
	udp848_send(a.u, &good, SPAN("3", 1));
	run_until(&b.n, 2);
	assert_int_equal(b.first_byte[0], '1');
	assert_int_equal(b.first_byte[1], '3');
	udp848_stats(a.u, &st);
	assert_int_equal(st.tx, 2);
	assert_int_equal(st.tx_refused, 1);
	assert_true(st.last_errno != 0);
}

static void test_port_taken(void **state)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)state;
	assert_null(udp848_new(loop, udp848_port(a.u), on_input, &a, &why));
	assert_non_null(strstr(sbuf_str(&why), "in use"));
}

/* The group is the local address of what comes to it; a group on another port
 * has its own, from which the answer leaves. */
static void test_multicast(void **state)
{
	const struct udp_addr own = { ip("239.1.2.3"), udp848_port(b.u) };
	const struct udp_addr side = { ip("239.1.2.4"),
		(uint16_t)(udp848_port(b.u) ^ 0x5555) };
	struct ip_addr lo = ip("127.0.0.1");
	struct udp_path p = path_to_b("127.0.0.1", "239.1.2.3");

	(void)state;
	assert_int_equal(udp848_join(b.u, &own, &lo), 0);
	assert_int_equal(udp848_join(b.u, &own, &lo), 0); /* counts */
	assert_int_equal(udp848_join(b.u, &side, &lo), 0);
	udp848_rejoin(b.u);
	udp848_announce(b.u, &lo);
	udp848_send(a.u, &p, SPAN("x", 1));
	run_until(&b.n, 1);
	assert_true(ip_equal(&b.last.local.ip, &own.ip));
	assert_int_equal(b.last.local.port, own.port);
	p.remote = side;
	udp848_send(a.u, &p, SPAN("y", 1));
	run_until(&b.n, 2);
	assert_int_equal(b.first_byte[1], 'y');
	assert_true(udp_addr_equal(&b.last.local, &side));
	b.last.local.ip = lo;
	udp848_send(b.u, &b.last, SPAN("z", 1));
	run_until(&a.n, 1);
	assert_int_equal(a.last.remote.port, side.port);
	/* Once more joined than left, then not at all. */
	udp848_leave(b.u, &own, &lo);
	p.remote = own;
	udp848_send(a.u, &p, SPAN("x", 1));
	run_until(&b.n, 3);
	udp848_leave(b.u, &own, &lo);
	udp848_leave(b.u, &side, &lo);
	udp848_send(a.u, &p, SPAN("x", 1));
	p = path_to_b("127.0.0.1", "127.0.0.1");
	udp848_send(a.u, &p, SPAN("q", 1));
	run_until(&b.n, 4);
	assert_int_equal(b.first_byte[3], 'q');
}

static void test_join_nowhere(void **state)
{
	const struct udp_addr group = { ip("239.1.2.3"), udp848_port(b.u) };
	struct ip_addr foreign = ip("192.0.2.1");

	(void)state;
	assert_int_equal(udp848_join(b.u, &group, &foreign), -ENODEV);
	udp848_leave(b.u, &group, &foreign); /* never joined: nothing */
}

static bool refuse_writing;

static void write_down(void *ctx)
{
	++*(unsigned *)ctx;
	if (refuse_writing)
		udp848_discard(a.u);
}

/* What cannot be written down does not leave, what can be does. */
static void test_before_send(void **state)
{
	struct udp_path p = path_to_b("127.0.0.1", "127.0.0.1");
	struct udp848_stats st;
	unsigned asked = 0;

	(void)state;
	udp848_before_send(a.u, write_down, &asked);
	refuse_writing = true;
	udp848_send(a.u, &p, SPAN("x", 1));
	udp848_send(a.u, &p, SPAN("y", 1));
	while (asked == 0)
		loop_run_once(loop, 50);
	refuse_writing = false;
	udp848_send(a.u, &p, SPAN("z", 1));
	run_until(&b.n, 1);
	assert_int_equal(b.first_byte[0], 'z');
	assert_int_equal(asked, 2);
	udp848_stats(a.u, &st);
	assert_int_equal(st.tx_discarded, 2);
	assert_int_equal(st.tx, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_local_address),
		T(test_before_send), T(test_many_in_order), T(test_long),
		T(test_refused), T(test_port_taken), T(test_multicast),
		T(test_join_nowhere) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
