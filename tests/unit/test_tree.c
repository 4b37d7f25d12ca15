/* The tree: lookups, defaults, walks. */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_lookup(void **state)
{
	struct bench b;
	struct node *root, *port, *n;

	(void)state;
	bench_init(&b);
	root = tree_root(b.t);
	assert_null(node_find(root, &t_port, "Fast0/1"));
	bench_lines(&b, "port Fast 0/1\nnote x\nport Fast0/2\nshutdown");
	port = node_find(root, &t_port, "Fast0/1");
	assert_non_null(port);
	assert_ptr_equal(node_command(port), &t_port);
	assert_ptr_equal(node_parent(port), root);
	assert_string_equal(node_str(port, "name"), "Fast0/1");
	n = node_find(port, &t_note, "");
	assert_string_equal(node_str(n, "text"), "x");
	assert_null(node_find(port, &t_shutdown, ""));
	assert_null(node_find(root, &t_port, "fast0/1"));
	assert_int_equal(tree_nodes(b.t), 4);
	bench_fini(&b);
}

static void test_get(void **state)
{
	struct bench b;
	struct node *root, *server;
	const struct node *n;

	(void)state;
	bench_init(&b);
	root = tree_root(b.t);
	assert_string_equal(
		node_str(node_get(root, &t_hostname), "name"), "Router");
	assert_false(node_negated(node_get(root, &t_routing)));
	assert_true(node_negated(node_get(root, &t_lookup)));
	assert_null(node_get(root, &t_trigger));
	assert_null(node_get(NULL, &t_trigger));

	bench_lines(&b, "server local\nencr aes\nexit\nno ip routing");
	server = node_find(root, &t_server, "");
	n = node_get(server, &t_retransmit);
	assert_int_equal(node_u32(n, "secs"), 10);
	assert_int_equal(node_u32(n, "n"), 2);
	assert_false(node_has(n, "periodic"));
	n = node_get(server, &t_cipher);
	assert_true(node_has(n, "aes"));
	assert_false(node_has(n, "256"));
	assert_int_equal(node_u32(node_get(server, &t_timer), "secs"), 30);
	assert_int_equal(node_u32(node_get(server, &t_timer), "ms"), 3);
	assert_true(node_negated(node_get(root, &t_routing)));
	bench_fini(&b);
}

static void test_absent(void **state)
{
	(void)state;
	assert_false(node_has(NULL, "x"));
	assert_false(node_negated(NULL));
	assert_int_equal(node_u32(NULL, "x"), 0);
	assert_null(node_str(NULL, "x"));
	assert_int_equal(node_ip(NULL, "x").family, 0);
	assert_int_equal(node_ip4(NULL, "x"), 0);
	assert_null(node_first(NULL));
	assert_null(node_child(NULL, &t_port, NULL));
}

static void test_child(void **state)
{
	struct bench b;
	struct node *root;
	size_t n = 0;

	(void)state;
	bench_init(&b);
	root = tree_root(b.t);
	bench_lines(&b, "hostname x\nport Fast0/1\nstep a\nhalt b\nstep c\n"
			"list L\nport Giga7\nuser u secret s");
	for (struct node *p = node_child(root, &t_port, NULL); p != NULL;
		p = node_child(root, &t_port, p))
		assert_string_equal(
			node_str(p, "name"), n++ == 0 ? "Giga7" : "Fast0/1");
	assert_int_equal(n, 2);
	/* Ordered commands of one order stand mixed. */
	n = 0;
	for (struct node *s = node_child(root, &t_step, NULL); s != NULL;
		s = node_child(root, &t_step, s))
		assert_string_equal(node_str(s, "name"), n++ == 0 ? "a" : "c");
	assert_int_equal(n, 2);
	assert_string_equal(
		node_str(node_child(root, &t_halt, NULL), "name"), "b");
	assert_string_equal(node_str(node_last(root, &t_step), "name"), "c");
	assert_string_equal(node_str(node_last(root, &t_halt), "name"), "b");
	assert_string_equal(
		node_str(node_last(root, &t_port), "name"), "Fast0/1");
	assert_null(node_last(root, &t_route));
	assert_null(node_child(root, &t_route, NULL));
	bench_fini(&b);
}

static void test_twin(void **state)
{
	struct bench b;
	struct node *list, *n;
	struct match m;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "list L\npermit ip any any\ndeny tcp any any log");
	list = node_find(tree_root(b.t), &t_list, "L");
	match_line(b.g, T_LIST, 15, "7 deny tcp any any log", &m);
	n = node_twin(list, m.drv);
	assert_non_null(n);
	assert_int_equal(node_u32(n, "seq"), 20);
	match_free(&m);
	match_line(b.g, T_LIST, 15, "deny tcp any any", &m);
	assert_null(node_twin(list, m.drv));
	/* The same number, another text: the entry is replaced. */
	bench_lines(&b, "20 deny tcp any any");
	assert_ptr_equal(node_twin(list, m.drv), n);
	match_free(&m);
	bench_fini(&b);
}

static void test_add(void **state)
{
	struct bench b;
	struct node *root;

	(void)state;
	bench_init(&b);
	root = tree_root(b.t);
	assert_non_null(tree_add(b.t, root, "port Fast0/1"));
	assert_null(tree_add(b.t, root, "port Fast0/1"));
	assert_null(tree_add(b.t, root, "nonsense"));
	assert_null(tree_add(b.t, root, "hostname Router"));
	assert_int_equal(tree_nodes(b.t), 1);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_add),
	};
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
