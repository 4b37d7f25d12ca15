/* Where a session stands: modes above, prompts in front, a long paste. */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct match try_line(struct bench *b, const char *line)
{
	struct match m;

	load_match(b->c, b->t, &b->at, 15, line, &m);
	return m;
}

static void test_parents(void **state)
{
	struct bench b;
	struct match m;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "port Fast1");
	assert_int_equal(b.at.mode, T_PORT);
	/* Unknown here, known above: the mode changes. */
	bench_lines(&b, "hostname x");
	assert_int_equal(b.at.mode, T_CONFIG);
	assert_int_equal(b.at.depth, 0);
	/* Known in both: the inner one takes it. */
	bench_lines(&b, "port Fast1\nip address dhcp");
	assert_int_equal(b.at.mode, T_PORT);
	bench_lines(&b, "ip routing");
	assert_int_equal(b.at.mode, T_CONFIG);
	/* A fault is told for the mode that understood most. */
	bench_lines(&b, "port Fast1");
	m = try_line(&b, "ip route 10.0.0.0 x");
	assert_int_equal(m.kind, MATCH_INVALID);
	assert_int_equal(m.caret, 18);
	m = try_line(&b, "zork");
	assert_int_equal(m.kind, MATCH_INVALID);
	assert_int_equal(m.caret, 0);
	m = try_line(&b, "ip address 10.0.0.0");
	assert_int_equal(m.kind, MATCH_INCOMPLETE);
	assert_int_equal(b.at.mode, T_PORT);
	bench_fini(&b);
}

static void test_position(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_ptr_equal(position_node(&b.at, b.t), tree_root(b.t));
	bench_lines(&b, "port Fast 0/1");
	assert_string_equal(b.at.line[0], "port Fast0/1");
	assert_ptr_equal(position_node(&b.at, b.t),
		node_find(tree_root(b.t), &t_port, "Fast0/1"));
	assert_true(position_up(&b.at, b.g));
	assert_int_equal(b.at.mode, T_CONFIG);
	assert_false(position_up(&b.at, b.g));
	bench_lines(&b, "port Fast0/1");
	/* Somebody else removes it. */
	struct match m;
	struct node *out;
	struct sbuf why = { 0 };

	match_line(b.g, T_CONFIG, 15, "no port Fast0/1", &m);
	commit_line(b.c, tree_root(b.t), &m, &out, &why);
	assert_null(position_node(&b.at, b.t));
	bench_fini(&b);
}

/* Sections that are only kept take any line, but not one known above. */
static void test_keep(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "weather 1\nrain heavy\nsun none\nhostname x\n"
			"port Fast1\nduplex auto");
	assert_tree(&b, "hostname x\n"
			"!\n"
			"no ip lookup\n"
			"!\n"
			"port Fast1\n"
			" no ip address\n"
			" duplex auto\n"
			"!\n"
			"weather 1\n"
			" rain heavy\n"
			" sun none\n"
			"!\n");
	bench_fini(&b);
}

static void test_prompt(void **state)
{
	static const char *const cases[][2] = {
		{ "R1(config)#crypto x", "crypto x" },
		{ "R1# show version", "show version" },
		{ "Router>enable", "enable" },
		{ "  R1(gkm-sa-ipsec)#  match x", "match x" },
		{ "R-1_a.b(config)#no x", "no x" },
		{ "R1(config)#", "R1(config)#" },
		{ "R1# ", "R1# " },
		{ "hostname R1#x", "hostname R1#x" },
		{ "R1 (config)#x", "R1 (config)#x" },
		{ "R1(config)>x", "R1(config)>x" },
		{ "R1(con fig)#x", "R1(con fig)#x" },
		{ "#x", "#x" },
		{ "10#x", "10#x" },
		{ "", "" },
		{ "show", "show" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			line_strip_prompt(cases[i][0]), cases[i][1]);
}

/* 10,000 entries load in linear time: generous, yet far below anything
 * quadratic. */
static void test_long(void **state)
{
	struct bench b;
	char line[128];
	clock_t start = clock();

	(void)state;
	bench_init(&b);
	bench_lines(&b, "list L");
	for (int i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line),
			" permit tcp 10.%d.%d.0 0.0.0.255 host 192.0.2.%d log",
			i / 256, i % 256, i % 200);
		assert_true(bench_line(&b, line));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line),
			" no permit tcp 10.%d.%d.0 0.0.0.255 host 192.0.2.%d "
			"log",
			i / 256, i % 256, i % 200);
		assert_true(bench_line(&b, line));
	}
	assert_int_equal(tree_nodes(b.t), 5001);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
