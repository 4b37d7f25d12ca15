/* The memory store keeps the promises of store.h. */
#include "gdoi/store.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct seen {
	char text[128];
};

static void collect(void *arg, const char *key, struct span v)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s=%.*s;", key, (int)v.n,
		(const char *)v.p);
}

static void check(struct store *s, const char *table, const char *want)
{
	struct seen seen = { "" };

	assert_int_equal(s->each(s->ctx, table, collect, &seen), 0);
	assert_string_equal(seen.text, want);
}

static void test_store(void **state)
{
	struct store *s = store_mem_new();

	(void)state;
	check(s, "a", "");
	assert_int_equal(s->put(s->ctx, "a", "k2", SPAN("two", 3)), 0);
	assert_int_equal(s->put(s->ctx, "a", "k1", SPAN("one", 3)), 0);
	assert_int_equal(s->put(s->ctx, "b", "k1", SPAN("other", 5)), 0);
	assert_int_equal(s->put(s->ctx, "a", "k3", SPAN(NULL, 0)), 0);
	check(s, "a", "k1=one;k2=two;k3=;"); /* ordered by key */
	assert_int_equal(s->put(s->ctx, "a", "k2", SPAN("TWO2", 4)), 0);
	check(s, "a", "k1=one;k2=TWO2;k3=;");
	assert_int_equal(s->del(s->ctx, "a", "k1"), 0);
	assert_int_equal(s->del(s->ctx, "a", "k1"), -ENOENT);
	check(s, "a", "k2=TWO2;k3=;");
	check(s, "b", "k1=other;");
	assert_int_equal(s->begin(s->ctx), 0);
	assert_int_equal(s->begin(s->ctx), -EBUSY);
	assert_int_equal(s->commit(s->ctx), 0);
	assert_int_equal(s->commit(s->ctx), -EINVAL);
	store_mem_free(s);
	store_mem_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_store) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
