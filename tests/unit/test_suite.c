/* Wire numbers against RFC 2409, 2407, 6407 and the sizes of protocol.md. */
#include "crypto/suite.h"

#include "base/mem.h"
#include "tests/unit/test.h"

static void test_hashes(void **state)
{
	(void)state;
	assert_int_equal(hash_by_ike(1)->id, HASH_MD5);
	assert_int_equal(hash_by_ike(2)->id, HASH_SHA1);
	assert_int_equal(hash_by_ike(4)->id, HASH_SHA256);
	assert_int_equal(hash_by_ike(6)->id, HASH_SHA512);
	assert_null(hash_by_ike(3)); /* Tiger */
	assert_null(hash_by_ike(0));
	assert_int_equal(hash_by_sig_hash(3)->id, HASH_SHA256);
	assert_null(hash_by_sig_hash(6));
	assert_null(hash_alg(HASH_NONE));
	assert_null(hash_alg(HASH_SHA512 + 1));
	for (enum hash_id h = HASH_MD5; h <= HASH_SHA512; h++)
		assert_int_equal(hash_alg(h)->id, h);
}

static void test_ciphers(void **state)
{
	(void)state;
	assert_int_equal(cipher_by_ike(7, 128)->id, CIPHER_AES128);
	assert_int_equal(cipher_by_ike(7, 256)->id, CIPHER_AES256);
	assert_int_equal(cipher_by_ike(5, 0)->id, CIPHER_3DES);
	assert_int_equal(cipher_by_ike(1, 0)->id, CIPHER_DES);
	/* Required for AES, forbidden for the others. */
	assert_null(cipher_by_ike(7, 0));
	assert_null(cipher_by_ike(7, 129));
	assert_null(cipher_by_ike(5, 192));
	assert_null(cipher_by_ike(0, 0));
	assert_int_equal(cipher_by_kek(3, 192)->id, CIPHER_AES192);
	assert_int_equal(cipher_by_kek(2, 0)->id, CIPHER_3DES);
	assert_int_equal(cipher_by_kek(2, 192)->id, CIPHER_3DES);
	assert_null(cipher_by_kek(3, 0));
	assert_null(cipher_by_kek(4, 128));
	assert_true(cipher_available(CIPHER_AES128));
	assert_true(cipher_available(CIPHER_3DES));
	assert_false(cipher_available(CIPHER_NONE));
}

static void test_groups(void **state)
{
	static const uint16_t known[] = { 1, 2, 5, 14, 15, 16, 19, 20, 21, 24 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(dh_alg(known[i])->group, known[i]);
	assert_null(dh_alg(0));
	assert_null(dh_alg(3));
	assert_null(dh_alg(22));
	assert_int_equal(dh_alg(21)->public_bytes, 132);
	assert_int_equal(dh_alg(21)->shared_bytes, 66);
	assert_string_equal(dh_alg(14)->ios_text, "#14 (2048 bit)");
}

// clang-format off
static const struct {
	const char *config, *display;
	struct esp_suite s;
	bool valid;
	size_t key, auth_key, inner_at_1500;
} suites[] = {
	{ "esp-aes esp-sha-hmac", "esp-aes esp-sha-hmac",
	  { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 }, true, 16, 20, 1438 },
	{ "esp-aes 256 esp-sha256-hmac", "esp-256-aes esp-sha256-hmac",
	  { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256, 256 }, true, 32, 32, 1438 },
	{ "esp-gcm", "esp-gcm",
	  { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 }, true, 20, 0, 1446 },
	{ "esp-gcm 256", "esp-gcm 256",
	  { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 256 }, true, 36, 0, 1446 },
	{ "esp-gmac", "esp-gmac",
	  { ESP_CIPHER_AES_GMAC, ESP_AUTH_NONE, 128 }, true, 20, 0, 1446 },
	{ "esp-3des esp-md5-hmac", "esp-3des esp-md5-hmac",
	  { ESP_CIPHER_3DES, ESP_AUTH_MD5, 0 }, true, 24, 16, 1446 },
	{ "esp-null esp-sha512-hmac", "esp-null esp-sha512-hmac",
	  { ESP_CIPHER_NULL, ESP_AUTH_SHA512, 0 }, true, 0, 64, 1438 },
	{ "esp-aes 192", "esp-192-aes",
	  { ESP_CIPHER_AES_CBC, ESP_AUTH_NONE, 192 }, true, 24, 0, 1454 },
	{ "esp-null", "esp-null",
	  { ESP_CIPHER_NULL, ESP_AUTH_NONE, 0 }, false, 0, 0, 1470 },
	{ "esp-gcm esp-sha-hmac", "esp-gcm esp-sha-hmac",
	  { ESP_CIPHER_AES_GCM, ESP_AUTH_SHA1, 128 }, false, 20, 20, 1434 },
};
// clang-format on

static void test_esp_suites(void **state)
{
	char buf[ESP_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
		const struct esp_suite *s = &suites[i].s;
		size_t mtu = suites[i].inner_at_1500;

		assert_string_equal(esp_suite_config(s, buf), suites[i].config);
		assert_string_equal(
			esp_suite_display(s, buf), suites[i].display);
		assert_int_equal(esp_suite_valid(s), suites[i].valid);
		assert_int_equal(esp_key_bytes(s), suites[i].key);
		assert_int_equal(esp_auth_key_bytes(s), suites[i].auth_key);
		assert_int_equal(esp_inner_mtu(s, 1500), mtu);
		/* The largest that fits fits, one more does not. */
		assert_true(mtu + esp_overhead(s, mtu) <= 1500);
		assert_true(mtu + 1 + esp_overhead(s, mtu + 1) > 1500);
		assert_int_equal(esp_inner_mtu(s, 20), 0);
	}
	assert_false(esp_suite_valid(
		&(struct esp_suite){ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 0 }));
	assert_false(esp_suite_valid(
		&(struct esp_suite){ ESP_CIPHER_3DES, ESP_AUTH_SHA1, 128 }));
}

static void test_esp_wire(void **state)
{
	(void)state;
	assert_int_equal(esp_cipher_by_transform(12)->id, ESP_CIPHER_AES_CBC);
	assert_int_equal(esp_cipher_by_transform(20)->id, ESP_CIPHER_AES_GCM);
	assert_int_equal(esp_cipher_by_transform(23)->id, ESP_CIPHER_AES_GMAC);
	assert_int_equal(esp_cipher_by_transform(11)->id, ESP_CIPHER_NULL);
	assert_null(esp_cipher_by_transform(0));
	assert_int_equal(esp_auth_by_wire(5)->id, ESP_AUTH_SHA256);
	assert_int_equal(esp_auth_by_wire(2)->icv_bytes, 12);
	assert_null(esp_auth_by_wire(3));
	assert_null(esp_auth_by_wire(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_esp_suites),
		cmocka_unit_test(test_esp_wire),
	};

	return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
