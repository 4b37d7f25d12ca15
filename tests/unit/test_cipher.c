/* CBC against SP 800-38A, a known 3DES vector, and the PUSH of our vectors. */
#include "crypto/cipher.h"

#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#include <errno.h>
#include <string.h>

// clang-format off
static const struct {
	enum cipher_id id;
	const char *key, *iv, *clear, *sealed;
} known[] = {
	/* SP 800-38A F.2.1, F.2.3, F.2.5: first two blocks. */
	{ CIPHER_AES128, "2b7e151628aed2a6abf7158809cf4f3c",
	  "000102030405060708090a0b0c0d0e0f",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
	  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2" },
	{ CIPHER_AES192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
	  "000102030405060708090a0b0c0d0e0f",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
	  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a" },
	{ CIPHER_AES256,
	  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
	  "000102030405060708090a0b0c0d0e0f",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" },
	/* Single DES by equal keys: FIPS 81, "Now is the time for all ". */
	{ CIPHER_3DES, "0123456789abcdef0123456789abcdef0123456789abcdef",
	  "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ CIPHER_DES, "0123456789abcdef", "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
};
// clang-format on

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct cipher_alg *a = cipher_alg(known[i].id);
		struct span key = hex(known[i].key), iv = hex(known[i].iv);
		struct span clear = hex(known[i].clear);
		struct span sealed = hex(known[i].sealed);
		uint8_t buf[64];

		assert_int_equal(key.n, a->key_bytes);
		assert_int_equal(iv.n, a->block);
		memcpy(buf, clear.p, clear.n);
		if (!cipher_available(a->id)) {
			assert_int_equal(
				cbc_encrypt(a, key.p, iv.p, buf, clear.n),
				-ENOTSUP);
			continue;
		}
		assert_int_equal(cbc_encrypt(a, key.p, iv.p, buf, clear.n), 0);
		assert_memory_equal(buf, sealed.p, sealed.n);
		assert_int_equal(cbc_decrypt(a, key.p, iv.p, buf, clear.n), 0);
		assert_memory_equal(buf, clear.p, clear.n);
	}
}

static void test_lengths(void **state)
{
	const struct cipher_alg *a = cipher_alg(CIPHER_AES128);
	uint8_t zero[32] = { 0 };

	(void)state;
	assert_int_equal(cbc_encrypt(a, zero, zero, zero, 15), -EINVAL);
	assert_int_equal(cbc_decrypt(a, zero, zero, zero, 17), -EINVAL);
	assert_int_equal(cbc_decrypt(a, zero, zero, zero, 0), 0);
}

/* All variants of the PUSH: header of 28 bytes, then CBC under the KEK. */
static void test_push(void **state)
{
	const struct cipher_alg *a = cipher_alg(CIPHER_AES128);
	struct span key = vec_hex("push.kek_key"), iv = vec_hex("push.kek_iv");

	(void)state;
	for (size_t i = 0; i < vec_count("push.variants"); i++) {
		struct span msg = vec_hex("push.variants.%zu.message", i);
		struct span clear =
			vec_hex("push.variants.%zu.plaintext_padded", i);
		uint8_t *buf = xmemdup(msg.p + 28, msg.n - 28);

		assert_int_equal(msg.n - 28, clear.n);
		assert_int_equal(cbc_decrypt(a, key.p, iv.p, buf, clear.n), 0);
		assert_memory_equal(buf, clear.p, clear.n);
		mem_free_ptr(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_push),
	};

	return cmocka_run_group_tests_name("cipher", tests, NULL, NULL);
}
