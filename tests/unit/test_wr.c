/* The wire writer: values, capacity, back-patched lengths. */
#include "base/wr.h"

#include "tests/unit/test.h"

#include <string.h>

static void test_values(void **state)
{
	static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 'h', 'i',
		0x00, 0x00 };
	uint8_t buf[sizeof(want)];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_u64(&w, 0x08090a0b0c0d0e0f);
	wr_span(&w, SPAN("hi", 2));
	wr_zero(&w, 2);
	wr_bytes(&w, NULL, 0);
	assert_true(wr_ok(&w));
	assert_int_equal(wr_done(&w).n, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
}

static void test_overflow_sticks(void **state)
{
	uint8_t buf[6];
	struct wr w = wr_init(buf, 4);

	(void)state;
	memset(buf, 0xee, sizeof(buf));
	wr_u16(&w, 1);
	wr_u32(&w, 2); /* does not fit */
	assert_false(wr_ok(&w));
	wr_u8(&w, 3); /* would fit, but too late */
	assert_int_equal(w.len, 2);
	assert_int_equal(buf[2], 0xee);
	assert_int_equal(buf[4], 0xee);
	assert_int_equal(wr_done(&w).n, 0);
}

/* A payload whose length counts its own 4-byte header, and in it a block
 * whose length counts itself but not the type before it. */
static void test_lengths(void **state)
{
	static const uint8_t want[] = { 0x0a, 0x00, 0x00, 0x0b, 0x80, 0x01,
		0x00, 0x05, 'a', 'b', 'c' };
	uint8_t buf[32];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	wr_u16(&w, 0x0a00);
	size_t outer = wr_len16(&w);
	wr_u16(&w, 0x8001);
	size_t inner = wr_len16(&w);
	wr_bytes(&w, "abc", 3);
	wr_len16_end(&w, inner, 0);
	wr_len16_end(&w, outer, 2);
	assert_true(wr_ok(&w));
	assert_int_equal(wr_done(&w).n, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
}

static void test_length_refused(void **state)
{
	static uint8_t buf[70000];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	size_t at = wr_len16(&w);
	wr_len16_end(&w, at, 1); /* nothing stands before it */
	assert_false(wr_ok(&w));
	w = wr_init(buf, sizeof(buf));
	at = wr_len16(&w);
	wr_zero(&w, 65534); /* one more than 16 bits hold, with itself */
	wr_len16_end(&w, at, 0);
	assert_false(wr_ok(&w));
}

static void test_patch(void **state)
{
	static const uint8_t want[] = { 9, 0, 1, 2, 3, 4, 5 };
	uint8_t buf[7];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	wr_zero(&w, 7);
	wr_patch_u8(&w, 0, 9);
	wr_patch_u16(&w, 1, 1);
	wr_patch_u32(&w, 3, 0x02030405);
	assert_memory_equal(buf, want, sizeof(want));
	wr_patch_u32(&w, 4, 0); /* ends beyond what was written */
	assert_false(wr_ok(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_overflow_sticks),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_length_refused),
		cmocka_unit_test(test_patch),
	};

	return cmocka_run_group_tests_name("wr", tests, NULL, NULL);
}
