/* Sender ids: in sequence, inside their KSSID, never twice (RFC 6054). */
#include "gdoi/sid.h"
#include "tests/unit/test.h"

static void test_sequence(void **state)
{
	struct sid_pool p = { 0 };
	uint32_t sid;

	(void)state;
	assert_false(sid_pool_set(&p, 0, NULL, 0));
	assert_int_equal(p.bits, 24);
	assert_int_equal(sid_pool_size(&p), 1 << 24);
	for (uint32_t i = 0; i < 300; i++) {
		assert_true(sid_take(&p, &sid));
		assert_int_equal(sid, i);
	}
	assert_true(sid_pool_set(&p, 24, NULL, 0)); /* the same: goes on */
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 300);
	assert_false(sid_pool_set(&p, 16, NULL, 0)); /* another width */
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 0);
}

static void test_kssids(void **state)
{
	static const uint8_t kssids[] = { 0, 3, 127 };
	static const uint32_t want8[] = { 0, 1, 6, 7, 254, 255 };
	struct sid_pool p = { 0 };
	uint32_t sid;

	(void)state;
	sid_pool_set(&p, 8, kssids, 3);
	assert_int_equal(sid_pool_size(&p), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(sid_take(&p, &sid));
		assert_int_equal(sid, want8[i]);
	}
	assert_false(sid_take(&p, &sid));
	assert_false(sid_take(&p, &sid));
	sid_pool_reset(&p);
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 0);
}

/* More KSSIDs behind, or fewer of those not begun, go on where it was; others
 * begin anew. */
static void test_other_kssids(void **state)
{
	static const uint8_t v[] = { 1, 2, 3, 4 };
	struct sid_pool p = { 0 };
	uint32_t sid;

	(void)state;
	assert_false(sid_pool_set(&p, 8, v, 2));
	for (int i = 0; i < 3; i++)
		assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 4);
	assert_true(sid_pool_set(&p, 8, v, 4));
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 5);
	assert_true(sid_pool_set(&p, 8, v, 2));
	assert_false(sid_take(&p, &sid));        /* both are used up */
	assert_false(sid_pool_set(&p, 8, v, 1)); /* one that was begun */
	assert_false(sid_pool_set(&p, 8, v + 1, 3));
	assert_false(sid_pool_set(&p, 8, NULL, 0));
}

static void test_untake(void **state)
{
	struct sid_pool p = { 0 };
	uint32_t sid;

	(void)state;
	sid_pool_set(&p, 8, NULL, 0);
	for (int i = 0; i < 5; i++)
		sid_take(&p, &sid);
	sids_untake(&p, 2);
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 3);
}

/* What is on disk is never less than what was given. */
static void test_reserve(void **state)
{
	struct sid_pool p = { 0 };
	unsigned written = 0;
	uint32_t sid;

	(void)state;
	sid_pool_set(&p, 24, NULL, 0);
	assert_false(sid_pool_reserve(&p)); /* nothing given */
	for (int i = 0; i < 1000; i++) {
		assert_true(sid_take(&p, &sid));
		written += sid_pool_reserve(&p);
		assert_true(p.reserved >= p.given);
	}
	assert_int_equal(written, 16); /* 65 each time */
	sid_pool_reset(&p);
	assert_true(sid_take(&p, &sid));
	assert_true(sid_pool_reserve(&p));
	/* A small pool has none to spare. */
	sid_pool_set(&p, 8, (const uint8_t[]){ 1, 2 }, 2);
	for (uint64_t i = 1; i <= 4; i++) {
		assert_true(sid_take(&p, &sid));
		assert_true(sid_pool_reserve(&p));
		assert_int_equal(p.reserved, i);
	}
}

static void test_wide(void **state)
{
	static const uint8_t kssid = 127;
	struct sid_pool p = { 0 };
	uint32_t sid;

	(void)state;
	sid_pool_set(&p, 32, &kssid, 1);
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 0xfe000000);
	p.given = sid_pool_size(&p) - 1;
	assert_true(sid_take(&p, &sid));
	assert_int_equal(sid, 0xffffffff);
	assert_false(sid_take(&p, &sid));
	sid_pool_set(&p, 32, NULL, 0);
	assert_int_equal(sid_pool_size(&p), 1ull << 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_kssids),
		cmocka_unit_test(test_other_kssids),
		cmocka_unit_test(test_untake),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
