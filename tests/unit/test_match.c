/* Typed lines: which command, which fault, where the caret (clients.md 2.2). */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct match_case {
	uint16_t mode;
	const char *line;
	enum match_kind kind;
	size_t caret;     /* INVALID */
	const char *read; /* OK: the line as it is written */
};

static void check_case(const struct grammar *g, const struct match_case *c)
{
	struct match m;
	struct sbuf out = { 0 };

	match_line(g, c->mode, 15, c->line, &m);
	if (m.kind != c->kind ||
		(m.kind == MATCH_INVALID && m.caret != c->caret))
		fail_msg("\"%s\": kind %d caret %zu", c->line, (int)m.kind,
			m.caret);
	if (m.kind == MATCH_OK) {
		if (m.to_default)
			sbuf_adds(&out, "default ");
		print_command(m.cmd, m.drv, m.negated, &out);
		assert_string_equal(sbuf_str(&out), c->read);
	}
	sbuf_free(&out);
	match_free(&m);
}

static void check_cases(const struct match_case *c, size_t n)
{
	struct grammar *g = table_grammar();

	for (size_t i = 0; i < n; i++)
		check_case(g, &c[i]);
	grammar_free(g);
}
#define CHECK_CASES(c) check_cases((c), sizeof(c) / sizeof((c)[0]))

static void test_words(void **state)
{
	static const struct match_case cases[] = {
		{ T_EXEC, "show version", MATCH_OK, 0, "show version" },
		{ T_EXEC, "SH Ver", MATCH_OK, 0, "show version" },
		{ T_EXEC, "\tshow\tversion  ", MATCH_OK, 0, "show version" },
		{ T_EXEC, "dir", MATCH_OK, 0, "dir" },
		{ T_EXEC, "dis", MATCH_AMBIGUOUS, 0, NULL },
		{ T_EXEC, "di", MATCH_AMBIGUOUS, 0, NULL },
		{ T_EXEC, "disa", MATCH_OK, 0, "disable" },
		{ T_EXEC, "show", MATCH_INCOMPLETE, 0, NULL },
		{ T_EXEC, "", MATCH_EMPTY, 0, NULL },
		{ T_EXEC, " \t ", MATCH_EMPTY, 0, NULL },
		{ T_EXEC, "! show", MATCH_EMPTY, 0, NULL },
		/* A hidden word does not make others ambiguous, yet is read. */
		{ T_EXEC, "disturb", MATCH_OK, 0, "disturb" },
		{ T_EXEC, "dist", MATCH_OK, 0, "disturb" },
		{ T_CONFIG, "ip ro", MATCH_AMBIGUOUS, 0, NULL },
		{ T_CONFIG, "ip routi", MATCH_OK, 0, "ip routing" },
		{ T_SERVER, "encryption 3", MATCH_OK, 0, "encr 3des" },
		{ T_SERVER, "encr aes 128", MATCH_OK, 0, "encr aes 128" },
		{ T_SERVER, "e a 25", MATCH_AMBIGUOUS, 0, NULL },
		{ T_SERVER, "enc a 25", MATCH_INVALID, 6, NULL },
		{ T_SERVER, "enc a 255", MATCH_INVALID, 8, NULL },
		{ T_EXEC, "terminal no monitor", MATCH_OK, 0,
			"terminal no monitor" },
	};

	(void)state;
	CHECK_CASES(cases);
}

/* The examples of clients.md 2.2, and their like. */
static void test_caret(void **state)
{
	static const struct match_case cases[] = {
		{ T_EXEC, "show foooooooo", MATCH_INVALID, 7, NULL },
		{ T_EXEC, "show ip device x", MATCH_INVALID, 9, NULL },
		{ T_EXEC, "show dot1x all", MATCH_INVALID, 9, NULL },
		{ T_EXEC, "logging 0255.255.1", MATCH_INVALID, 8, NULL },
		{ T_EXEC, "logging 10.0.0.x", MATCH_INVALID, 15, NULL },
		{ T_EXEC, "show version foo", MATCH_INVALID, 13, NULL },
		{ T_EXEC, "disable 33", MATCH_INVALID, 8, NULL },
		{ T_EXEC, "disable 3x", MATCH_INVALID, 9, NULL },
		{ T_EXEC, "zork", MATCH_INVALID, 0, NULL },
		{ T_EXEC, "  zork", MATCH_INVALID, 2, NULL },
		{ T_EXEC, "showx", MATCH_INVALID, 4, NULL },
		{ T_CONFIG, "no zork", MATCH_INVALID, 3, NULL },
		{ T_CONFIG, "nx", MATCH_INVALID, 1, NULL },
		{ T_CONFIG, "port Fast x", MATCH_INVALID, 10, NULL },
		{ T_CONFIG, "port Fast0x", MATCH_INVALID, 10, NULL },
		{ T_CONFIG, "port zork", MATCH_INVALID, 5, NULL },
	};

	(void)state;
	CHECK_CASES(cases);
}

static void test_values(void **state)
{
	static const struct match_case cases[] = {
		{ T_CONFIG, "port Fast", MATCH_INCOMPLETE, 0, NULL },
		{ T_CONFIG, "port Fast 0/1", MATCH_OK, 0, "port Fast0/1" },
		{ T_CONFIG, "port g1", MATCH_OK, 0, "port Giga1" },
		{ T_CONFIG, "hostname  MyHost", MATCH_OK, 0,
			"hostname MyHost" },
		{ T_PORT, "note  a  b\tc  ", MATCH_OK, 0, "note a  b\tc" },
		{ T_SERVER, "services 80 443 www", MATCH_OK, 0,
			"services www 443 www" },
		/* A keyword beats a word, a number a word, in both orders. */
		{ T_EXEC, "show ip name 5", MATCH_OK, 0, "show ip name 5" },
		{ T_EXEC, "show ip name x5", MATCH_OK, 0, "show ip name x5" },
		{ T_CONFIG, "user secret secret x", MATCH_OK, 0,
			"user secret secret x" },
		/* Defaults are not written. */
		{ T_CONFIG, "user bob level 1 secret x", MATCH_OK, 0,
			"user bob secret x" },
		{ T_CONFIG, "user bob level 2 secret x", MATCH_OK, 0,
			"user bob level 2 secret x" },
		{ T_SERVER, "timer 30", MATCH_OK, 0, "timer" },
		{ T_SERVER, "timer spread 3", MATCH_OK, 0, "timer" },
		{ T_SERVER, "timer 5 spread 9", MATCH_OK, 0,
			"timer 5 spread 9" },
		{ T_SERVER, "timer 5 spread", MATCH_INCOMPLETE, 0, NULL },
		/* A set is written in the order of the grammar. */
		{ T_LIST, "permit ip any any log dscp 3 fragments", MATCH_OK, 0,
			"permit ip any any log fragments dscp 3" },
		{ T_LIST, "permit ip any any log log", MATCH_INVALID, 22,
			NULL },
		{ T_LIST, "5 deny 89 host 10.0.0.1 10.1.0.0 0.0.255.0",
			MATCH_OK, 0,
			"5 deny 89 host 10.0.0.1 10.1.0.0 0.0.255.0" },
		{ T_CONFIG, "ip route 10.0.0.0 255.0.255.0 192.0.2.1",
			MATCH_INVALID, 18, NULL },
	};

	(void)state;
	CHECK_CASES(cases);
}

static void test_comments(void **state)
{
	static const struct match_case cases[] = {
		{ T_EXEC, "show version ! all of it", MATCH_OK, 0,
			"show version" },
		{ T_EXEC, "show version !", MATCH_OK, 0, "show version" },
		{ T_EXEC, "show ! nothing", MATCH_INCOMPLETE, 0, NULL },
		{ T_EXEC, "disable 3 ! x", MATCH_OK, 0, "disable 3" },
		{ T_PORT, "note a ! b", MATCH_OK, 0, "note a ! b" },
		{ T_CONFIG, "user !bob secret !x", MATCH_OK, 0,
			"user !bob secret !x" },
		{ T_CONFIG, "hostname a!b", MATCH_OK, 0, "hostname a!b" },
	};

	(void)state;
	CHECK_CASES(cases);
}

static void test_no(void **state)
{
	static const struct match_case cases[] = {
		{ T_CONFIG, "no hostname", MATCH_OK, 0, "no hostname" },
		{ T_CONFIG, "no hostname x", MATCH_OK, 0, "no hostname" },
		{ T_CONFIG, "NO hostname x y", MATCH_INVALID, 14, NULL },
		{ T_CONFIG, "n hostname", MATCH_OK, 0, "no hostname" },
		{ T_CONFIG, "def hostname", MATCH_OK, 0, "default hostname" },
		{ T_CONFIG, "no", MATCH_INCOMPLETE, 0, NULL },
		{ T_CONFIG, "no ip", MATCH_INCOMPLETE, 0, NULL },
		{ T_CONFIG, "no user", MATCH_INCOMPLETE, 0, NULL },
		{ T_CONFIG, "no user bob", MATCH_OK, 0, "no user bob" },
		{ T_CONFIG, "no user bob level 3 secret y", MATCH_OK, 0,
			"no user bob" },
		/* What is given is checked for form. */
		{ T_CONFIG, "no user bob level 99", MATCH_INVALID, 18, NULL },
		{ T_CONFIG, "no ip route 10.0.0.0 255.0.0.0", MATCH_INCOMPLETE,
			0, NULL },
		{ T_CONFIG, "no ip route 10.0.0.0 255.0.0.0 192.0.2.1",
			MATCH_OK, 0,
			"no ip route 10.0.0.0 255.0.0.0 192.0.2.1" },
		{ T_LIST, "no 10", MATCH_OK, 0, "no 10" },
		{ T_LIST, "no permit", MATCH_INCOMPLETE, 0, NULL },
		/* Not for what is executed, unless it says so. */
		{ T_CONFIG, "no make x", MATCH_INVALID, 3, NULL },
		{ T_EXEC, "no dir", MATCH_INVALID, 0, NULL },
		{ T_PORT, "no ip address 10.0.0.1 255.0.0.0 secondary",
			MATCH_OK, 0,
			"no ip address 10.0.0.1 255.0.0.0 secondary" },
		{ T_PORT, "no ip address 10.0.0.1 255.0.0.0", MATCH_OK, 0,
			"no ip address" },
	};

	(void)state;
	CHECK_CASES(cases);
}

/* A command above the level is as if it did not exist. */
static void test_level(void **state)
{
	struct grammar *g = table_grammar();
	struct match m;

	(void)state;
	match_line(g, T_EXEC, 1, "reload", &m);
	assert_int_equal(m.kind, MATCH_INVALID);
	assert_int_equal(m.caret, 0);
	match_line(g, T_EXEC, 15, "reload", &m);
	assert_int_equal(m.kind, MATCH_OK);
	match_free(&m);
	match_line(g, 99, 15, "reload", &m);
	assert_int_equal(m.kind, MATCH_INVALID);
	grammar_free(g);
}

static void test_accessors(void **state)
{
	struct grammar *g = table_grammar();
	struct match m;
	struct ip_addr a;

	(void)state;
	match_line(g, T_CONFIG, 15,
		"ip route vrf RED 10.1.0.0 255.255.0.0 192.0.2.7 name home",
		&m);
	assert_int_equal(m.kind, MATCH_OK);
	assert_string_equal(drv_str(m.drv, "vrf"), "RED");
	assert_int_equal(drv_ip4(m.drv, "net"), 0x0a010000);
	assert_int_equal(drv_ip4(m.drv, "mask"), 0xffff0000);
	a = drv_ip(m.drv, "hop");
	assert_int_equal(a.family, 4);
	assert_int_equal(a.b[3], 7);
	assert_null(drv_str(m.drv, "via"));
	assert_false(drv_set(m.drv, "via"));
	assert_int_equal(drv_ip(m.drv, "via").family, 0);
	/* Left out: its default, though not set. */
	assert_int_equal(drv_u32(m.drv, "distance"), 1);
	assert_false(drv_set(m.drv, "distance"));
	assert_true(drv_has(m.drv, "name"));
	assert_true(drv_has(m.drv, "vrf"));
	drv_put_u32(m.drv, "distance", 7);
	drv_put_str(m.drv, "name", "away");
	assert_int_equal(drv_u32(m.drv, "distance"), 7);
	assert_string_equal(drv_str(m.drv, "name"), "away");
	match_free(&m);

	match_line(g, T_SERVER, 15, "services www 8080", &m);
	assert_int_equal(drv_count(m.drv, "s"), 2);
	assert_int_equal(drv_u32_at(m.drv, "s", 0), 80);
	assert_string_equal(drv_str_at(m.drv, "s", 1), "8080");
	assert_null(drv_str_at(m.drv, "s", 2));
	match_free(&m);

	match_line(g, T_LIST, 15, "permit ip any host 10.0.0.1", &m);
	assert_true(drv_has(m.drv, "any"));
	assert_true(drv_has(m.drv, "any#1"));
	assert_false(drv_has(m.drv, "any#2"));
	assert_true(drv_has(m.drv, "host#2"));
	match_free(&m);
	grammar_free(g);
}

/* A value put into an option brings the keywords that lead to it. */
static void test_put(void **state)
{
	struct grammar *g = table_grammar();
	struct match m;
	struct sbuf out = { 0 };

	(void)state;
	match_line(g, T_CONFIG, 15, "user bob secret x", &m);
	drv_put_u32(m.drv, "level", 5);
	print_command(m.cmd, m.drv, false, &out);
	assert_string_equal(sbuf_str(&out), "user bob level 5 secret x");
	sbuf_free(&out);
	match_free(&m);
	grammar_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_caret),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_no),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_accessors),
		cmocka_unit_test(test_put),
	};
	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
