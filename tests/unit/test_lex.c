/* Tokens and their columns. */
#include "parser/lex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct lex_case {
	const char *line;
	size_t n, col[4];
	const char *last;
	size_t end;
	int open, comment;
};

static void test_tokens(void **state)
{
	static const struct lex_case cases[] = {
		{ "", 0, { 0 }, NULL, 0, 0, 1 },
		{ "   ", 0, { 0 }, NULL, 0, 0, 1 },
		{ "show", 1, { 0 }, "show", 4, 1, 0 },
		{ " show  ip ", 2, { 1, 7 }, "ip", 9, 0, 0 },
		{ "\ta\t\tb", 2, { 1, 4 }, "b", 5, 1, 0 },
		{ "a b\r\nc", 2, { 0, 2 }, "b", 3, 1, 0 },
		{ "! a", 2, { 0, 2 }, "a", 3, 1, 1 },
		{ "a !b", 2, { 0, 2 }, "!b", 4, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct lex_case *c = &cases[i];
		struct lex l;

		lex_init(&l, c->line);
		assert_int_equal(l.n, c->n);
		for (size_t k = 0; k < l.n; k++)
			assert_int_equal(l.col[k], c->col[k]);
		if (l.n > 0)
			assert_string_equal(l.text[l.n - 1], c->last);
		assert_int_equal(l.end, c->end);
		assert_int_equal(l.open, c->open);
		assert_int_equal(lex_is_comment(&l), c->comment);
		lex_fini(&l);
	}
}

static void test_common(void **state)
{
	(void)state;
	assert_int_equal(word_common("format", "foooo"), 2);
	assert_int_equal(word_common("SHow", "shOW"), 4);
	assert_int_equal(word_common("a", ""), 0);
	assert_int_equal(word_common("show", "showx"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_common),
	};
	return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
