/* Growing text. */
#include "base/sbuf.h"

#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

static void test_empty(void **state)
{
	auto_sbuf struct sbuf b = { 0 };

	(void)state;
	assert_string_equal(sbuf_str(&b), "");
	sbuf_trunc(&b, 0);
	sbuf_adds(&b, "");
	assert_string_equal(b.s, "");
	assert_int_equal(b.n, 0);
}

static void test_append(void **state)
{
	auto_sbuf struct sbuf b = { 0 };

	(void)state;
	sbuf_adds(&b, "R1");
	sbuf_addc(&b, '#');
	sbuf_pad(&b, ' ', 3);
	sbuf_printf(&b, "%s %d", "show", 7);
	sbuf_add(&b, "ab\0c", 4);
	assert_int_equal(b.n, 2 + 1 + 3 + 6 + 4);
	assert_memory_equal(b.s, "R1#   show 7ab\0c", b.n + 1);
	sbuf_trunc(&b, 3);
	assert_string_equal(b.s, "R1#");
	sbuf_trunc(&b, 99); /* never grows */
	assert_int_equal(b.n, 3);
}

/* Around the sizes at which the room doubles. */
static void test_growth(void **state)
{
	(void)state;
	for (size_t n = 60; n < 260; n++) {
		auto_sbuf struct sbuf a = { 0 };
		auto_sbuf struct sbuf b = { 0 };

		sbuf_pad(&a, 'x', n);
		for (size_t i = 0; i < n; i++)
			sbuf_addc(&b, 'x');
		assert_int_equal(strlen(a.s), n);
		assert_string_equal(a.s, b.s);
		sbuf_printf(&a, "%s", b.s);
		assert_int_equal(strlen(a.s), 2 * n);
	}
}

static void test_take(void **state)
{
	struct sbuf b = { 0 };
	char *s = sbuf_take(&b);

	(void)state;
	assert_string_equal(s, "");
	free(s);
	sbuf_adds(&b, "text");
	s = sbuf_take(&b);
	assert_string_equal(s, "text");
	assert_null(b.s);
	assert_int_equal(b.n, 0);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests_name("sbuf", tests, NULL, NULL);
}
