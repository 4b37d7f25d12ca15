/* Lines entering the tree: set, replace, `no`, check, settle, roll-back. */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The defaults around everything, and what a test adds. */
#define TREE(text) "hostname Router\n!\nno ip lookup\n!\n" text

static void test_set(void **state)
{
	struct bench b;
	uint64_t generation;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "user bob secret x\nuser bob secret y");
	assert_tree(&b, TREE("user bob secret y\n!\n"));
	generation = commit_generation(b.c);
	assert_int_equal(generation, 2);
	/* The same again changes nothing. */
	bench_lines(&b, "user bob secret y");
	assert_int_equal(commit_generation(b.c), generation);
	/* A default is not stored, and ends what was there. */
	bench_lines(&b, "hostname Router\nhostname x\nhostname Router");
	assert_int_equal(tree_nodes(b.t), 1);
	bench_lines(&b, "ip lookup\nno ip lookup\nno ip routing\nip routing");
	assert_int_equal(tree_nodes(b.t), 1);
	bench_fini(&b);
}

static void test_no(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	/* Of what is absent: silent. */
	bench_lines(&b, "no user bob\nno list L\ndefault hostname\n"
			"no hostname");
	assert_int_equal(commit_generation(b.c), 0);
	bench_lines(&b, "list L\npermit ip any any\ndeny ip any any\n"
			"permit tcp any any\nno permit ip any any\nno 30");
	assert_tree(&b, TREE("list L\n 20 deny ip any any\n!\n"));
	bench_lines(&b, "no permit ip any any\nno 99");
	bench_lines(&b, "no list L");
	assert_int_equal(tree_nodes(b.t), 0);
	/* On by default: the no stays, once. */
	bench_lines(&b, "no ip routing\nno ip routing");
	assert_int_equal(tree_nodes(b.t), 1);
	bench_lines(&b, "default ip routing");
	assert_int_equal(tree_nodes(b.t), 0);
	bench_fini(&b);
}

static void test_section(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "server local\nencr aes\nexit\nserver local\n"
			"services 1");
	assert_tree(&b, TREE("server local\n encr aes\n services 1\n!\n"));
	/* Another session removes the section under our feet. */
	assert_non_null(position_node(&b.at, b.t));
	assert_int_equal(b.at.depth, 1);
	bench_lines(&b, "no server local");
	assert_int_equal(b.at.depth, 0);
	assert_int_equal(tree_nodes(b.t), 0);
	bench_fini(&b);
}

static void test_fixup(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "list L\npermit ip any any\n15 deny ip any any\n"
			"deny 9 any any");
	/* A duplicate is refused without a word. */
	assert_false(bench_line(&b, "permit ip any any"));
	assert_string_equal(sbuf_str(&b.why), "");
	bench_lines(&b, "2000000 permit 8 any any");
	assert_false(bench_line(&b, "permit 7 any any"));
	assert_string_equal(sbuf_str(&b.why), "% No more numbers");
	assert_tree(&b, TREE("list L\n"
			     " 10 permit ip any any\n"
			     " 15 deny ip any any\n"
			     " 25 deny 9 any any\n"
			     " 2000000 permit 8 any any\n"
			     "!\n"));
	bench_fini(&b);
}

/* --- subscribers --- */

struct spy {
	struct sbuf log;
	const char *refuse; /* a line's beginning */
	const char *notice;
};

static int spy_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	struct spy *s = ctx;
	struct sbuf line = { 0 };
	int rc = 0;

	(void)t;
	(void)section;
	sbuf_adds(&s->log, old == NULL ? "+" : new == NULL ? "-" : "~");
	node_line(new != NULL ? new : old, &line);
	sbuf_printf(&s->log, "%s;", sbuf_str(&line));
	if (s->refuse != NULL &&
		strncmp(sbuf_str(&line), s->refuse, strlen(s->refuse)) == 0) {
		sbuf_adds(why, "% Not so");
		rc = -1;
	} else if (s->notice != NULL) {
		sbuf_adds(why, s->notice);
	}
	sbuf_free(&line);
	return rc;
}

static void spy_settle(void *ctx, const struct tree *t)
{
	struct spy *s = ctx;

	(void)t;
	sbuf_adds(&s->log, "settle;");
}

static void assert_log(struct spy *s, const char *text)
{
	assert_string_equal(sbuf_str(&s->log), text);
	sbuf_trunc(&s->log, 0);
}

static void test_subscribers(void **state)
{
	static const struct command *const ports[] = { &t_port, NULL };
	static const struct command *const notes[] = { &t_note, NULL };
	struct spy p = { 0 }, n = { 0 };
	struct subscriber sp = { "ports", ports, spy_check, spy_settle, &p };
	struct subscriber sn = { "notes", notes, spy_check, spy_settle, &n };
	struct bench b;

	(void)state;
	bench_init(&b);
	commit_subscribe(b.c, &sp);
	commit_subscribe(b.c, &sn);
	bench_lines(&b, "hostname x");
	assert_false(commit_dirty(b.c));
	bench_lines(&b, "port Fast1\nshutdown\nnote a");
	assert_log(&p, "+port Fast1;+shutdown;+note a;");
	assert_log(&n, "+note a;");
	assert_true(commit_dirty(b.c));
	commit_settle(b.c);
	commit_settle(b.c);
	assert_log(&p, "settle;");
	assert_log(&n, "settle;");
	bench_lines(&b, "note b\nno shutdown");
	assert_log(&p, "~note b;-shutdown;");
	assert_log(&n, "~note b;");
	commit_settle(b.c);
	/* A section takes its lines with it. */
	sbuf_trunc(&p.log, 0);
	sbuf_trunc(&n.log, 0);
	bench_lines(&b, "no port Fast1");
	assert_log(&p, "-port Fast1;");
	assert_log(&n, "-note b;");
	commit_settle(b.c);
	assert_log(&p, "settle;");
	assert_log(&n, "settle;");
	sbuf_free(&p.log);
	sbuf_free(&n.log);
	bench_fini(&b);
}

static void test_refusal(void **state)
{
	static const struct command *const users[] = { &t_user, &t_note, NULL };
	struct spy s = { .refuse = "user eve" };
	struct subscriber sub = { "users", users, spy_check, spy_settle, &s };
	struct bench b;
	char *before, *after;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "user eve secret a\nport Fast1\nnote x\nexit");
	commit_subscribe(b.c, &sub);
	before = bench_text(&b);
	assert_false(bench_line(&b, "user eve secret b"));
	assert_string_equal(sbuf_str(&b.why), "% Not so");
	assert_false(bench_line(&b, "no user eve"));
	s.refuse = "note";
	assert_false(bench_line(&b, "no port Fast1"));
	after = bench_text(&b);
	assert_string_equal(before, after);
	assert_false(commit_dirty(b.c));
	s.refuse = NULL;
	s.notice = "% By the way";
	assert_true(bench_line(&b, "user eve secret c"));
	assert_string_equal(sbuf_str(&b.why), "% By the way");
	free(before);
	free(after);
	sbuf_free(&s.log);
	bench_fini(&b);
}

static void test_rollback(void **state)
{
	struct bench b;
	char *before;

	(void)state;
	bench_init(&b);
	bench_lines(&b, "user a secret a\nserver local\nencr aes\nexit\n"
			"step x\nstep y\nlist L\npermit ip any any\nexit");
	before = bench_text(&b);
	commit_begin(b.c);
	bench_lines(&b, "user a secret b\nno user a\nuser a secret c\n"
			"server local\nencr 3des\nno encr\nservices 1 2\nexit\n"
			"no server local\nserver local\ntimer 9\nexit\n"
			"no step x\nstep x\nno list L\nlist M\n"
			"permit ip any any\nno ip routing\nhostname y");
	commit_end(b.c, true);
	assert_tree(&b, before);
	/* Kept this time. */
	commit_begin(b.c);
	bench_lines(&b, "no user a");
	commit_end(b.c, false);
	assert_null(node_find(tree_root(b.t), &t_user, "a"));
	free(before);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_no),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_fixup),
		cmocka_unit_test(test_subscribers),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_rollback),
	};
	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
