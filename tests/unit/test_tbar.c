/* The stamp of time-based anti-replay: its bytes, and which are fresh. */
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
	tbar_put(got, UINT64_C(0x0102030405060708));
	assert_memory_equal(got, want, sizeof(want));
}

static enum tbar_result check(uint64_t sent, uint64_t mine)
{
	uint8_t p[TBAR_BYTES];
	uint64_t peer;
	enum tbar_result r;

	tbar_put(p, sent);
	r = tbar_check(p, sizeof(p), mine, 5000, &peer);
	assert_int_equal(peer, sent);
	return r;
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
	assert_int_equal(check(UINT64_MAX, 0), TBAR_OUTSIDE);
	assert_int_equal(check(UINT64_MAX, UINT64_MAX - 1), TBAR_FRESH);
}

/* Another field, or fewer bytes, is no stamp; nothing behind is read. */
static void malformed(void **state)
{
	uint64_t peer;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t p[TBAR_BYTES];

		tbar_put(p, 7);
		p[i]++;
		assert_int_equal(tbar_check(p, sizeof(p), 7, 5000, &peer),
			TBAR_MALFORMED);
	}
	for (size_t n = 0; n < TBAR_BYTES; n++) {
		uint8_t p[TBAR_BYTES];
		auto_free uint8_t *cut = NULL;

		tbar_put(p, 7);
		cut = xmemdup(p, n + 1); /* at least a byte */
		assert_int_equal(
			tbar_check(cut, n, 7, 5000, &peer), TBAR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(window),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
