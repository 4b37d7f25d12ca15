/* The stamps of time-based anti-replay: their bytes, and which are fresh. */
#include "base/mem.h"
#include "dataplane/tbar.h"
#include "tests/unit/test.h"
#include <string.h>

static void bytes(void **state)
{
	static const uint8_t want[TBAR_BYTES] = { 4, 3, 1, 0, 0x01, 0x02, 0x03,
		0x04, 0x05, 0x06, 0x07, 0x08 };
	uint8_t got[TBAR_BYTES];

	(void)state;
	tbar_put(DP_STAMP_TBAR, got, UINT64_C(0x0102030405060708));
	assert_memory_equal(got, want, sizeof(want));
}

/* 0x65000001 seconds, and 999 ms. */
static void d3p_bytes(void **state)
{
	static const uint8_t want[TBAR_BYTES] = { 4, 1, 0, 12, 0x65, 0, 0, 1, 0,
		0x0f, 0x3e, 0x58 };
	uint8_t got[TBAR_BYTES];

	(void)state;
	tbar_put(DP_STAMP_D3P, got, UINT64_C(0x65000001) * 1000 + 999);
	assert_memory_equal(got, want, sizeof(want));
}

static enum tbar_result check_as(
	enum dp_stamp kind, uint64_t sent, uint64_t mine)
{
	uint8_t p[TBAR_BYTES];
	int64_t ahead;
	enum tbar_result r;

	tbar_put(kind, p, sent);
	r = tbar_check(kind, p, sizeof(p), mine, 5000, &ahead);
	assert_int_equal((uint64_t)ahead, sent - mine);
	return r;
}

static enum tbar_result check(uint64_t sent, uint64_t mine)
{
	return check_as(DP_STAMP_TBAR, sent, mine);
}

static void window(void **state)
{
	(void)state;
	assert_int_equal(check(100000, 100000), TBAR_FRESH);
	assert_int_equal(check(100000, 105000), TBAR_FRESH);
	assert_int_equal(check(100000, 105001), TBAR_OUTSIDE);
	assert_int_equal(check(105000, 100000), TBAR_FRESH);
	assert_int_equal(check(105001, 100000), TBAR_OUTSIDE);
	assert_int_equal(check(0, 5000), TBAR_FRESH);
	assert_int_equal(check(UINT64_MAX / 2, 0), TBAR_OUTSIDE);
	assert_int_equal(check(UINT64_MAX, UINT64_MAX - 1), TBAR_FRESH);
}

/* Also where 32 bits of seconds come round, in 2106. */
static void d3p_window(void **state)
{
	static const uint64_t at[] = { 1700000000123, 4294967295999,
		4294967296000, 4294967297001 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		enum dp_stamp d3p = DP_STAMP_D3P;

		assert_int_equal(check_as(d3p, at[i], at[i]), TBAR_FRESH);
		assert_int_equal(
			check_as(d3p, at[i] - 5000, at[i]), TBAR_FRESH);
		assert_int_equal(
			check_as(d3p, at[i] - 5001, at[i]), TBAR_OUTSIDE);
		assert_int_equal(
			check_as(d3p, at[i] + 5000, at[i]), TBAR_FRESH);
		assert_int_equal(
			check_as(d3p, at[i] + 5001, at[i]), TBAR_OUTSIDE);
	}
}

/* Another field, or fewer bytes, is no stamp; nothing behind is read. */
static void malformed_as(enum dp_stamp kind)
{
	int64_t ahead;

	for (size_t i = 0; i < 3; i++) {
		uint8_t p[TBAR_BYTES];

		tbar_put(kind, p, 7);
		p[i]++;
		assert_int_equal(
			tbar_check(kind, p, sizeof(p), 7, 5000, &ahead),
			TBAR_MALFORMED);
	}
	for (size_t n = 0; n < TBAR_BYTES; n++) {
		uint8_t p[TBAR_BYTES];
		auto_free uint8_t *cut = NULL;

		tbar_put(kind, p, 7);
		cut = xmemdup(p, n + 1); /* at least a byte */
		assert_int_equal(tbar_check(kind, cut, n, 7, 5000, &ahead),
			TBAR_MALFORMED);
	}
}

/* Neither is the stamp of the other kind, nor a second of 1,000,000 us. */
static void malformed(void **state)
{
	uint8_t p[TBAR_BYTES];
	int64_t ahead;

	(void)state;
	malformed_as(DP_STAMP_TBAR);
	malformed_as(DP_STAMP_D3P);
	tbar_put(DP_STAMP_D3P, p, 7);
	assert_int_equal(
		tbar_check(DP_STAMP_TBAR, p, sizeof(p), 7, 5000, &ahead),
		TBAR_MALFORMED);
	memcpy(p + 8, "\0\x0f\x42\x40", 4);
	assert_int_equal(
		tbar_check(DP_STAMP_D3P, p, sizeof(p), 7, 5000, &ahead),
		TBAR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(d3p_bytes),
		cmocka_unit_test(window),
		cmocka_unit_test(d3p_window),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
