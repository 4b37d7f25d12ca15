/* Session frames: byte by byte, several in one read, hostile lengths. */
#include "base/frame.h"

#include "tests/unit/test.h"

#include <errno.h>

static void test_layout(void **state)
{
	auto_sbuf struct sbuf b = { 0 };

	(void)state;
	frame_put(&b, 7, "hello", 5);
	assert_int_equal(b.n, 10);
	assert_memory_equal(b.s, "\x07\0\0\0\x05hello", 10);
}

static void test_stream(void **state)
{
	auto_sbuf struct sbuf whole = { 0 };
	auto_sbuf struct sbuf in = { 0 };
	struct frame f;
	size_t pos = 0, got = 0;

	(void)state;
	frame_put(&whole, 1, "ab", 2);
	frame_put(&whole, 2, NULL, 0);
	frame_put(&whole, 3, "c", 1);
	for (size_t i = 0; i < whole.n; i++) {
		sbuf_addc(&in, whole.s[i]);
		if (frame_get(&in, &pos, &f) == 0)
			continue;
		got++;
		assert_int_equal(f.type, got);
		assert_int_equal(f.body.n, got == 1 ? 2 : got == 2 ? 0 : 1);
		if (got == 1)
			assert_memory_equal(f.body.p, "ab", 2);
	}
	assert_int_equal(got, 3);
	assert_int_equal(pos, whole.n);
	assert_int_equal(frame_get(&in, &pos, &f), 0);
	/* All at once. */
	pos = 0;
	for (got = 0; frame_get(&whole, &pos, &f) == 1; got++)
		assert_int_equal(f.type, got + 1);
	assert_int_equal(got, 3);
}

static void test_hostile(void **state)
{
	auto_sbuf struct sbuf in = { 0 };
	struct frame f;
	size_t pos = 0;

	(void)state;
	/* Refused from the header alone: no megabytes are waited for. */
	sbuf_add(&in, "\x01\x00\x10\x00\x01", 5);
	assert_int_equal(frame_get(&in, &pos, &f), -EPROTO);
	sbuf_trunc(&in, 0);
	sbuf_add(&in, "\x01\xff\xff\xff\xff", 5);
	assert_int_equal(frame_get(&in, &pos, &f), -EPROTO);
	sbuf_trunc(&in, 0);
	sbuf_add(&in, "\x01\x00\x10\x00\x00", 5); /* FRAME_MAX itself */
	assert_int_equal(frame_get(&in, &pos, &f), 0);
	assert_int_equal(pos, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
