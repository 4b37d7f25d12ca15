/* The parser's generated tests on every command there is. */
#include "parser/selftest.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdio.h>

static void every_command(void **state)
{
	struct router r;
	auto_sbuf struct sbuf report = { 0 };
	size_t lines = 0, faults;

	(void)state;
	fake_router_init(&r);
	faults = grammar_selftest(r.grammar, &report, &lines);
	if (faults != 0)
		fputs(sbuf_str(&report), stderr);
	assert_int_equal(faults, 0);
	assert_true(lines > 500);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command),
	};

	return cmocka_run_group_tests_name("grammar_all", tests, NULL, NULL);
}
