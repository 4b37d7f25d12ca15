/* The running-config's text: indentation, order, `!`, defaults. */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_order(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "list A\n"
			"30 permit ip any any\n"
			"200 deny tcp any any\n"
			"4 deny ip any any\n"
			"exit\n"
			"port Fast0/10\n"
			"shutdown\n"
			"note up\n"
			"port Fast0/2\n"
			"port Giga0/3\n"
			"ip address 10.0.0.1 255.255.255.0\n"
			"ip address 10.0.1.10 255.255.255.0 secondary\n"
			"ip address 10.0.1.9 255.255.255.0 secondary\n"
			"user bob secret x\n"
			"user alice secret x\n"
			"hostname R9\n"
			"no ip routing");
	assert_tree(&b, "hostname R9\n"
			"!\n"
			"no ip routing\n"
			"no ip lookup\n"
			"!\n"
			"user alice secret x\n"
			"user bob secret x\n"
			"!\n"
			"port Giga0/3\n"
			" ip address 10.0.0.1 255.255.255.0\n"
			" ip address 10.0.1.9 255.255.255.0 secondary\n"
			" ip address 10.0.1.10 255.255.255.0 secondary\n"
			"!\n"
			"port Fast0/2\n"
			" no ip address\n"
			"!\n"
			"port Fast0/10\n"
			" note up\n"
			" no ip address\n"
			" shutdown\n"
			"!\n"
			"list A\n"
			" 4 deny ip any any\n"
			" 30 permit ip any any\n"
			" 200 deny tcp any any\n"
			"!\n");
	bench_fini(&b);
}

static void test_defaults(void **state)
{
	struct bench b;
	struct sbuf out = { 0 };

	(void)state;
	bench_init(&b);
	assert_tree(&b, "hostname Router\n!\nno ip lookup\n!\n");
	bench_lines(&b, "server local\nencr aes 256");
	tree_print(b.t, NULL, true, &out);
	assert_string_equal(sbuf_str(&out), "hostname Router\n"
					    "!\n"
					    "ip routing\n"
					    "no ip lookup\n"
					    "!\n"
					    "server local\n"
					    " encr aes 256\n"
					    " timer\n"
					    " rekey retransmit 10 number 2\n"
					    "!\n");
	sbuf_free(&out);
	bench_fini(&b);
}

static void test_section(void **state)
{
	struct bench b;
	struct sbuf out = { 0 };

	(void)state;
	bench_init(&b);
	bench_lines(&b, "port Fast1\nshutdown\nport Fast2\nnote x");
	tree_print(
		b.t, node_find(tree_root(b.t), &t_port, "Fast1"), false, &out);
	assert_string_equal(
		sbuf_str(&out), "port Fast1\n no ip address\n shutdown\n");
	sbuf_free(&out);
	bench_fini(&b);
}

static void test_not_saved(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "trigger now");
	assert_int_equal(tree_nodes(b.t), 1);
	assert_tree(&b, "hostname Router\n!\nno ip lookup\n!\n");
	bench_fini(&b);
}

/* What is printed loads into an empty tree and prints the same. */
static void test_again(void **state)
{
	struct bench a, b;
	char *text;

	(void)state;
	bench_init(&a);
	bench_lines(&a, "no ip routing\n"
			"ip lookup source Fast 0/1\n"
			"ip route vrf A 10.0.0.0 255.0.0.0 192.0.2.1 9\n"
			"step b 3\nhalt a\nstep a\n"
			"server local\nservices 80 22\nrekey retransmit 11 "
			"periodic\ntimer 4\n"
			"port Giga0/1\nduplex  auto  x\nnote a  b\n"
			"list L\npermit ip any any\ndeny ip any any\n"
			"weather 3\nrain heavy\nrain again");
	text = bench_text(&a);
	bench_init(&b);
	bench_lines(&b, text);
	assert_tree(&b, text);
	free(text);
	bench_fini(&a);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_not_saved),
		cmocka_unit_test(test_again),
	};
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
