/* Secrets, key buffers, errors and the keyed hash. */
#include "base/secret.h"

#include "base/err.h"
#include "base/hash.h"
#include "tests/unit/test.h"

#include <string.h>

static void test_secret(void **state)
{
	auto_secret struct secret a = { 0 };
	auto_secret struct secret b = { 0 };

	(void)state;
	assert_true(secret_equal(&a, &b));
	secret_set(&a, "key", 3);
	assert_false(secret_equal(&a, &b));
	secret_dup(&b, &a);
	assert_ptr_not_equal(a.p, b.p);
	assert_true(secret_equal(&a, &b));
	secret_set(&b, "kez", 3);
	assert_false(secret_equal(&a, &b));
	secret_set(&a, a.p + 1, 2); /* from inside itself */
	assert_memory_equal(a.p, "ey", 2);
	secret_set(&a, NULL, 0);
	assert_null(a.p);
}

static void test_keybuf(void **state)
{
	struct keybuf a = { 0 }, b = { 0 };
	uint8_t big[KEYBUF_MAX + 1] = { 1 };

	(void)state;
	assert_true(keybuf_set(&a, big, KEYBUF_MAX));
	assert_false(keybuf_set(&a, big, KEYBUF_MAX + 1));
	assert_int_equal(a.n, KEYBUF_MAX);
	assert_true(keybuf_set(&a, "\1\2", 2));
	assert_int_equal(a.b[2], 0); /* nothing of the old key stays */
	assert_true(keybuf_set(&b, "\1\2", 2));
	assert_true(keybuf_equal(&a, &b));
	assert_true(keybuf_set(&b, "\1\2\0", 3));
	assert_false(keybuf_equal(&a, &b));
	keybuf_wipe(&a);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.b[0], 0);
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(mem_equal_secret("abc", "abc", 3));
	assert_false(mem_equal_secret("abc", "abd", 3));
	assert_false(mem_equal_secret("xbc", "abc", 3));
	assert_true(mem_equal_secret("abc", "xyz", 0));
}

static void test_errors(void **state)
{
	(void)state;
	assert_string_equal(wire_err_text(WIRE_OK), "ok");
	assert_string_equal(wire_err_text(WIRE_TRUNCATED), "truncated");
	assert_int_equal(wire_err_notify(WIRE_NO_PROPOSAL), 14);
	assert_int_equal(wire_err_notify(WIRE_REPLAY), 0);
	assert_string_equal(wire_err_text(WIRE_N_ERRS), "unknown error");
	for (enum wire_err e = WIRE_OK; e < WIRE_N_ERRS; e++)
		assert_true(strlen(wire_err_text(e)) > 0);
}

/* SipHash-1-3, folded to 32 bits; the values are CPython's with a zero key. */
static void test_hash(void **state)
{
	static const struct {
		size_t n;
		uint32_t hash;
	} known[] = { { 8, 0x946a3f0c }, { 15, 0x489f7ecf },
		{ 24, 0x9e8b757d } };
	uint8_t key[16] = { 0 }, msg[24];

	(void)state;
	for (uint8_t i = 0; i < sizeof(msg); i++)
		msg[i] = i;
	hash_seed(key);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(hash_bytes(msg, known[i].n), known[i].hash);
	assert_int_equal(hash_bytes("a", 1), 0xf8ef50c1);
	key[15] = 1;
	hash_seed(key);
	assert_int_not_equal(hash_bytes("a", 1), 0xf8ef50c1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_keybuf),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
