/* Two trees: the edits between them as text and as changes. */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct diff_case {
	const char *from, *to, *edits;
};

static const struct diff_case cases[] = {
	{ "", "", "" },
	{ "hostname a\n", "hostname a\n", "" },
	{ "hostname a\n", "hostname b\n", "hostname b\n" },
	{ "hostname a\n", "", "no hostname\n" },
	{ "user a secret x\nuser b secret x\n", "user b secret y\n",
		"no user a\nuser b secret y\n" },
	{ "no ip routing\n", "", "ip routing\n" },
	{ "", "no ip routing\n", "no ip routing\n" },
	{ "ip lookup\n", "", "no ip lookup\n" },
	{ "port Fast1\nnote a\nshutdown\n", "port Fast1\nnote b\n",
		"port Fast1\n no shutdown\n note b\n" },
	{ "port Fast1\nport Fast2\n", "port Fast2\nshutdown\n",
		"no port Fast1\nport Fast2\n shutdown\n" },
	{ "", "list L\npermit ip any any\ndeny ip any any\n",
		"list L\n 10 permit ip any any\n 20 deny ip any any\n" },
	{ "list L\npermit ip any any\nexit\nlist M\n",
		"list L\ndeny ip any any\nexit\nlist M\npermit tcp any any\n",
		"list L\n 10 deny ip any any\nlist M\n 10 permit tcp any "
		"any\n" },
	/* Removal in reverse order. */
	{ "user a secret x\nlist L\n", "", "no list L\nno user a\n" },
	/* Order of entry counts for ordered lines. */
	{ "step a\nstep b\nstep c\n", "step a\nstep c\n", "no step b\n" },
	{ "step a\nstep b\n", "step b\nstep a\n",
		"no step b\nstep b\nno step a\nstep a\n" },
	{ "step a\nstep c\n", "step a\nhalt b\nstep c\n",
		"halt b\nno step c\nstep c\n" },
	{ "step a\nstep b\n", "step a 3\nstep b\n", "step a 3\n" },
	/* What is not saved is left alone. */
	{ "trigger x\n", "", "" },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		struct bench a, b;
		struct sbuf out = { 0 };

		bench_init(&a);
		bench_init_like(&b, &a);
		bench_lines(&a, cases[i].from);
		bench_lines(&b, cases[i].to);
		tree_diff(a.t, b.t, &out);
		if (strcmp(sbuf_str(&out), cases[i].edits) != 0)
			fail_msg("case %zu: %s", i, sbuf_str(&out));
		sbuf_free(&out);
		bench_fini(&b);
		bench_fini(&a);
	}
}

/* The edits, typed, and commit_replace lead to the same tree; a roll-back
 * leads back. */
static void test_apply(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		struct bench a, b, typed;
		struct sbuf edits = { 0 }, why = { 0 };
		char *old, *new;
		size_t n;

		bench_init(&a);
		bench_init_like(&b, &a);
		bench_init_like(&typed, &a);
		bench_lines(&a, cases[i].from);
		bench_lines(&typed, cases[i].from);
		bench_lines(&b, cases[i].to);
		old = bench_text(&a);
		new = bench_text(&b);
		tree_diff(a.t, b.t, &edits);
		position_reset(&typed.at, T_CONFIG);
		bench_lines(&typed, sbuf_str(&edits));
		assert_tree(&typed, new);

		commit_begin(a.c);
		n = commit_replace(a.c, b.t, &why);
		assert_tree(&a, new);
		assert_int_equal(n == 0, edits.n == 0);
		assert_string_equal(sbuf_str(&why), "");
		commit_end(a.c, true);
		assert_tree(&a, old);
		assert_true(commit_replace(a.c, b.t, &why) == n);
		assert_tree(&a, new);
		free(old);
		free(new);
		sbuf_free(&edits);
		bench_fini(&typed);
		bench_fini(&b);
		bench_fini(&a);
	}
}

static int refuse_eve(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct node *n = new != NULL ? new : old;

	(void)ctx;
	(void)t;
	(void)section;
	if (strcmp(node_str(n, "name"), "eve") != 0)
		return 0;
	sbuf_adds(why, "% Not eve");
	return -1;
}

static void test_refused(void **state)
{
	static const struct command *const users[] = { &t_user, NULL };
	struct subscriber s = { "users", users, refuse_eve, NULL, NULL };
	struct bench a, b;
	struct sbuf why = { 0 };

	(void)state;
	bench_init(&a);
	bench_init_like(&b, &a);
	bench_lines(&b, "user eve secret x\nuser bob secret x");
	commit_subscribe(a.c, &s);
	assert_int_equal(commit_replace(a.c, b.t, &why), 1);
	assert_string_equal(sbuf_str(&why), "% Not eve\n");
	assert_tree(&a, "hostname Router\n!\nno ip lookup\n!\n"
			"user bob secret x\n!\n");
	sbuf_free(&why);
	bench_fini(&b);
	bench_fini(&a);
}

/* For people: + for what `to` alone has, - for what `from` alone has. */
static const struct diff_case compared[] = {
	{ "hostname a\n", "hostname a\n", "" },
	{ "hostname a\n", "hostname b\n", "-hostname a\n+hostname b\n" },
	{ "port Fast1\nnote a\nshutdown\n", "port Fast1\nnote b\n",
		"port Fast1\n -shutdown\n -note a\n +note b\n" },
	{ "port Fast1\n", "port Fast2\nshutdown\n",
		"-port Fast1\n+port Fast2\n+ shutdown\n" },
	{ "step a\nstep b\n", "step a 3\nstep b\n", "-step a\n+step a 3\n" },
};

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
		struct bench a, b;
		struct sbuf out = { 0 };

		bench_init(&a);
		bench_init_like(&b, &a);
		bench_lines(&a, compared[i].from);
		bench_lines(&b, compared[i].to);
		tree_compare(a.t, b.t, &out);
		assert_string_equal(sbuf_str(&out), compared[i].edits);
		sbuf_free(&out);
		bench_fini(&b);
		bench_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
