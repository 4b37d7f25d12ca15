/* Grammar strings: the whole invented table holds together, and faulty
 * grammars are found when they are added. */
#include "parser/selftest.h"
#include "parser_table.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_table(void **state)
{
	struct grammar *g = table_grammar();
	struct sbuf report = { 0 };
	size_t lines;

	(void)state;
	grammar_selftest(g, &report, &lines);
	assert_string_equal(sbuf_str(&report), "");
	assert_true(lines > 100);
	sbuf_free(&report);
	grammar_free(g);
}

static const struct mode_def mode = { 1, 0, "#", "Test", true };

/* Does adding these commands abort? */
static bool is_refused(const struct command *const *v, size_t n)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		grammar_add(grammar_new(&mode, 1), v, n);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_faulty(void **state)
{
	static const struct {
		const char *grammar, *help;
		bool refused;
	} cases[] = {
		{ "a <n:1-9>", "a  x\n<n>  y\n", false },
		{ "a <n:1-9>", "a  x\n", true },
		{ "a {b|c", "a x\nb x\nc x\n", true },
		{ "a {b||c}", "a x\nb x\nc x\n", true },
		{ "a [b}", "a x\nb x\n", true },
		{ "a b]", "a x\nb x\n", true },
		{ "a <n>", "a x\n<n> x\n", true },
		{ "a <n:nothing>", "a x\n<n> x\n", true },
		{ "a <n:9-1>", "a x\n<n> x\n", true },
		{ "a <n:1-9=12>", "a x\n<n> x\n", true },
		{ "a~b c", "a x\nc x\n", false },
		{ "a {b|c}*", "a x\nb x\nc x\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command c = { .mode = 1,
			.grammar = cases[i].grammar,
			.help = cases[i].help };
		const struct command *v[] = { &c };

		if (is_refused(v, 1) != cases[i].refused)
			fail_msg("%s", cases[i].grammar);
	}
}

static void test_faulty_command(void **state)
{
	static const struct command a = { .mode = 1,
		.grammar = "a <n:word>",
		.help = "a x\n<n> y\n",
		.sample = "a b" };
	static const struct command twin = { .mode = 1,
		.grammar = "a <m:word>",
		.help = "a x\n<m> y\n",
		.sample = "a b" };
	static const struct command bad_sample = { .mode = 1,
		.grammar = "a <n:1-9>",
		.help = "a x\n<n> y\n",
		.sample = "a 1\na 10" };
	static const struct command bad_default = { .mode = 1,
		.grammar = "a <n:1-9>",
		.help = "a x\n<n> y\n",
		.deflt = "a 10" };
	static const struct command bad_mode = {
		.mode = 7, .grammar = "a", .help = "a x\n"
	};
	const struct command *both[] = { &a, &twin };
	const struct command *v;

	(void)state;
	assert_true(is_refused(both, 2));
	assert_false(is_refused(both, 1));
	v = &bad_sample;
	assert_true(is_refused(&v, 1));
	v = &bad_default;
	assert_true(is_refused(&v, 1));
	v = &bad_mode;
	assert_true(is_refused(&v, 1));
}

/* A type that does not read back what it prints. */
static void print_wrong(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	(void)vt;
	sbuf_printf(out, "%s-", stored);
}

static int parse_any(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	(void)bad_col;
	sbuf_adds(out, t[0]);
	return 1;
}

static void test_selftest_finds(void **state)
{
	static const struct value_type wrong = { .name = "wrong",
		.parse = parse_any,
		.print = print_wrong,
		.display = "WRONG",
		.sample = "x" };
	static const struct command a = {
		.mode = 1, .grammar = "a <n:wrong>", .help = "a x\n<n> y\n"
	};
	static const struct command b = {
		.mode = 1, .grammar = "b <n:word>", .help = "b x\n<n> y\n"
	};
	static const struct command c = {
		.mode = 1, .grammar = "b <m:word>", .help = "b x\n<m> y\n"
	};
	const struct command *v[] = { &a, &b, &c };
	struct grammar *g = grammar_new(&mode, 1);
	struct sbuf report = { 0 };

	(void)state;
	value_type_add(g, &wrong);
	grammar_add(g, v, 3);
	assert_true(grammar_selftest(g, &report, NULL) >= 3);
	assert_non_null(strstr(sbuf_str(&report), "then as \"a x--\""));
	assert_non_null(strstr(sbuf_str(&report), "ambiguous"));
	sbuf_free(&report);
	grammar_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_faulty),
		cmocka_unit_test(test_faulty_command),
		cmocka_unit_test(test_selftest_finds),
	};
	return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}
