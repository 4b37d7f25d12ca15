/* HMAC of RFC 2202 and 4231, digests of RFC 1321, 3174, 6234, and the key
 * schedule of our vectors. */
#include "crypto/prf.h"

#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#include <string.h>

#define TEXT(s) SPAN(s, strlen(s))

// clang-format off
static const struct {
	enum hash_id h;
	const char *hmac;   /* key "Jefe", "what do ya want for nothing?" */
	const char *digest; /* of "abc" */
} known[] = {
	{ HASH_MD5, "750c783e6ab0b503eaa86e310a5db738",
	  "900150983cd24fb0d6963f7d28e17f72" },
	{ HASH_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
	  "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ HASH_SHA256,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ HASH_SHA384,
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7" },
	{ HASH_SHA512,
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};
// clang-format on

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		uint8_t out[HASH_MAX_BYTES];
		struct span whole = TEXT("what do ya want for nothing?");
		struct span parts[] = { TEXT("what do ya want "), TEXT(""),
			TEXT("for nothing?") };
		struct span abc[] = { TEXT("a"), TEXT("bc") };
		struct span want = hex(known[i].hmac);

		prf(known[i].h, TEXT("Jefe"), &whole, 1, out);
		assert_memory_equal(out, want.p, want.n);
		prf(known[i].h, TEXT("Jefe"), parts, 3, out);
		assert_memory_equal(out, want.p, want.n);
		struct prf_key *key = prf_key_new(known[i].h, TEXT("Jefe"));

		prf_keyed(key, &abc[0], 1, out);
		prf_keyed(key, parts, 3, out); /* from the key on again */
		prf_key_free(key);
		assert_memory_equal(out, want.p, want.n);
		digest(known[i].h, abc, 2, out);
		want = hex(known[i].digest);
		assert_memory_equal(out, want.p, want.n);
		assert_int_equal(want.n, hash_alg(known[i].h)->bytes);
	}
}

/* An empty key is a key, not the one before. */
static void test_empty_key(void **state)
{
	uint8_t out[HASH_MAX_BYTES];
	struct span want = hex("b613679a0814d9ec772f95d778c35fc5"
			       "ff1697c493715653c6c712144292c5ad");

	(void)state;
	prf(HASH_SHA256, TEXT("before"), NULL, 0, out);
	prf(HASH_SHA256, SPAN(NULL, 0), NULL, 0, out);
	assert_memory_equal(out, want.p, want.n);
}

static void test_expansion(void **state)
{
	static const struct {
		const char *name;
		enum hash_id h;
	} cases[] = {
		{ "md5_24", HASH_MD5 },
		{ "sha1_24", HASH_SHA1 },
		{ "sha1_32", HASH_SHA1 },
		{ "sha256_32", HASH_SHA256 },
		{ "sha256_48", HASH_SHA256 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *name = cases[i].name;
		struct span want = vec_hex("key_expansion.%s.key", name);
		uint8_t out[64];

		ike_expand_key(cases[i].h,
			vec_hex("key_expansion.%s.SKEYID_e", name), out,
			want.n);
		assert_memory_equal(out, want.p, want.n);
	}
}

/* protocol.md A.7, from the pre-shared key to the cipher key. */
static void skeyids(const char *set, enum hash_id h)
{
	struct span gxy = vec_hex("%s.g_xy", set);
	struct span ci = vec_hex("%s.inputs.cookie_i", set);
	struct span cr = vec_hex("%s.inputs.cookie_r", set);
	struct span nonces[] = { vec_hex("%s.inputs.nonce_i", set),
		vec_hex("%s.inputs.nonce_r", set) };
	struct span psk = TEXT(vec_text("%s.inputs.psk_ascii", set));
	size_t n = hash_alg(h)->bytes;
	uint8_t skeyid[HASH_MAX_BYTES], d[HASH_MAX_BYTES], a[HASH_MAX_BYTES],
		e[HASH_MAX_BYTES], key[32];

	prf(h, psk, nonces, 2, skeyid);
	assert_memory_equal(skeyid, vec_hex("%s.SKEYID", set).p, n);
	struct span in_d[] = { gxy, ci, cr, SPAN("\0", 1) };
	prf(h, SPAN(skeyid, n), in_d, 4, d);
	assert_memory_equal(d, vec_hex("%s.SKEYID_d", set).p, n);
	struct span in_a[] = { SPAN(d, n), gxy, ci, cr, SPAN("\1", 1) };
	prf(h, SPAN(skeyid, n), in_a, 5, a);
	assert_memory_equal(a, vec_hex("%s.SKEYID_a", set).p, n);
	struct span in_e[] = { SPAN(a, n), gxy, ci, cr, SPAN("\2", 1) };
	prf(h, SPAN(skeyid, n), in_e, 5, e);
	assert_memory_equal(e, vec_hex("%s.SKEYID_e", set).p, n);
	struct span want = vec_hex("%s.cipher_key", set);
	ike_expand_key(h, SPAN(e, n), key, want.n);
	assert_memory_equal(key, want.p, want.n);
}

static void test_skeyids(void **state)
{
	(void)state;
	skeyids("phase1_sha1", HASH_SHA1);
	skeyids("phase1_sha256", HASH_SHA256);
	skeyids("phase1_sha256_p256", HASH_SHA256);
	skeyids("phase1_sha1_aes256", HASH_SHA1);
	skeyids("phase1_gdoi_doi", HASH_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_empty_key),
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_skeyids),
	};

	return cmocka_run_group_tests_name("prf", tests, NULL, NULL);
}
