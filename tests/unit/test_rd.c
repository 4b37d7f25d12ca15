/* The wire reader: values, the sticky error, bounded children. */
#include "base/rd.h"

#include "tests/unit/test.h"

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };

static void test_values(void **state)
{
	struct rd r = rd_init(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u32(&r), 0x04050607);
	assert_int_equal(rd_left(&r), 8);
	assert_true(rd_u64(&r) == 0x08090a0b0c0d0e0f);
	assert_true(rd_ok(&r));
	assert_int_equal(rd_left(&r), 0);
	/* Reading nothing at the end is no error. */
	assert_non_null(rd_bytes(&r, 0));
	assert_true(rd_ok(&r));
}

static void test_error_sticks(void **state)
{
	struct rd r = rd_init(bytes, 3);
	uint8_t copy[2] = { 0xff, 0xff };

	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_false(rd_ok(&r));
	/* Bytes are there, but after an error none are given. */
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_null(rd_bytes(&r, 1));
	assert_false(rd_copy(&r, copy, 2));
	assert_int_equal(copy[0], 0);
	assert_int_equal(copy[1], 0);
	assert_int_equal(rd_rest(&r).n, 0);
}

static void test_copy_skip_rest(void **state)
{
	struct rd r = rd_init(bytes, sizeof(bytes));
	uint8_t copy[2];

	(void)state;
	rd_skip(&r, 3);
	assert_true(rd_copy(&r, copy, 2));
	assert_int_equal(copy[1], 0x05);
	assert_true(rd_copy(&r, NULL, 0));
	struct span rest = rd_rest(&r);
	assert_ptr_equal(rest.p, bytes + 5);
	assert_int_equal(rest.n, sizeof(bytes) - 5);
	assert_int_equal(rd_left(&r), 0);
	rd_skip(&r, 1);
	assert_false(rd_ok(&r));
}

static void test_sub(void **state)
{
	struct rd r = rd_init(bytes, sizeof(bytes));

	(void)state;
	rd_skip(&r, 4); /* a header that the length counts */
	struct rd body = rd_sub(&r, 8, 4);
	assert_int_equal(rd_left(&body), 4);
	assert_int_equal(rd_u8(&body), 0x05);
	assert_int_equal(rd_u32(&body), 0); /* beyond the child's end */
	assert_false(rd_ok(&body));
	/* The parent goes on behind the child, untouched by its error. */
	assert_true(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0x09);
}

static void test_sub_refused(void **state)
{
	static const struct {
		size_t len, hdr;
	} cases[] = { { 3, 4 }, { 0, 4 }, { 16, 0 }, { SIZE_MAX, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rd r = rd_init(bytes, sizeof(bytes));
		struct rd body = rd_sub(&r, cases[i].len, cases[i].hdr);

		assert_false(rd_ok(&body));
		assert_false(rd_ok(&r));
		assert_int_equal(rd_u8(&body), 0);
	}
}

static void test_empty(void **state)
{
	struct rd r = rd_span(SPAN(NULL, 0));

	(void)state;
	assert_true(rd_ok(&r));
	assert_int_equal(rd_rest(&r).n, 0);
	assert_true(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_false(rd_ok(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_error_sticks),
		cmocka_unit_test(test_copy_skip_rest),
		cmocka_unit_test(test_sub),
		cmocka_unit_test(test_sub_refused),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("rd", tests, NULL, NULL);
}
