/* RSA signatures in both forms against the vectors, and refused ones. */
#include "crypto/sign.h"

#include "crypto/prf.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pkey *vector_key(void)
{
	struct pkey *k = pkey_from_pem(vec_text("push.rsa_private_key_pem"));

	assert_non_null(k);
	return k;
}

static enum rsa_form variant_form(size_t i)
{
	const char *s = vec_text("push.variants.%zu.signature", i);

	return strstr(s, "bare") != NULL ? RSA_FORM_BARE : RSA_FORM_DIGESTINFO;
}

static void test_push_signatures(void **state)
{
	struct pkey *priv = vector_key();
	struct pkey *pub = pkey_from_public_der(vec_hex("push.spki_der"));
	struct pkey *bare =
		pkey_from_public_der(vec_hex("push.rsapublickey_der"));

	(void)state;
	assert_non_null(pub);
	assert_non_null(bare);
	assert_true(pkey_is_rsa(bare));
	assert_int_equal(pkey_bits(pub), 2048);
	for (size_t i = 0; i < vec_count("push.variants"); i++) {
		struct span input = vec_hex("push.variants.%zu.hash_input", i);
		struct span want = vec_hex("push.variants.%zu.sig", i);
		enum rsa_form form = variant_form(i), matched;
		uint8_t hash[HASH_MAX_BYTES], sig[256];
		size_t n = 0;

		digest(HASH_SHA256, &input, 1, hash);
		assert_memory_equal(
			hash, vec_hex("push.variants.%zu.hash", i).p, 32);
		assert_int_equal(
			pkey_sign_hash(priv, HASH_SHA256, form, hash, sig, &n),
			0);
		assert_int_equal(n, want.n);
		assert_memory_equal(sig, want.p, n);
		assert_true(pkey_verify_hash(
			pub, HASH_SHA256, hash, want, &matched));
		assert_int_equal(matched, form);
		assert_true(
			pkey_verify_hash(bare, HASH_SHA256, hash, want, NULL));
	}
	pkey_unref(priv);
	pkey_unref(pub);
	pkey_unref(bare);
}

/* protocol.md A.9: phase 1 signs the bare HASH_I. */
static void test_phase1_signature(void **state)
{
	struct pkey *priv = vector_key();
	struct span hash = vec_hex("phase1_sha256.rsa_sig.HASH_I");
	struct span want = vec_hex("phase1_sha256.rsa_sig.SIG_I");
	uint8_t sig[256];
	size_t n = 0;

	(void)state;
	assert_int_equal(pkey_sign_hash(priv, HASH_SHA256, RSA_FORM_BARE,
				 hash.p, sig, &n),
		0);
	assert_int_equal(n, want.n);
	assert_memory_equal(sig, want.p, n);
	pkey_unref(priv);
}

static void test_refused(void **state)
{
	struct pkey *priv = vector_key(), *other = pkey_rsa_generate(2048);
	uint8_t hash[HASH_MAX_BYTES] = { 1 }, sig[256];
	size_t n = 0;

	(void)state;
	assert_int_equal(pkey_sign_hash(priv, HASH_SHA256, RSA_FORM_DIGESTINFO,
				 hash, sig, &n),
		0);
	assert_true(
		pkey_verify_hash(priv, HASH_SHA256, hash, SPAN(sig, n), NULL));
	assert_false(
		pkey_verify_hash(other, HASH_SHA256, hash, SPAN(sig, n), NULL));
	/* The same bytes under another hash, a shorter signature, a changed
	 * hash, a changed signature, none. */
	assert_false(
		pkey_verify_hash(priv, HASH_SHA1, hash, SPAN(sig, n), NULL));
	assert_false(pkey_verify_hash(
		priv, HASH_SHA256, hash, SPAN(sig, n - 1), NULL));
	hash[31] ^= 1;
	assert_false(
		pkey_verify_hash(priv, HASH_SHA256, hash, SPAN(sig, n), NULL));
	hash[31] ^= 1;
	sig[100] ^= 1;
	assert_false(
		pkey_verify_hash(priv, HASH_SHA256, hash, SPAN(sig, n), NULL));
	assert_false(
		pkey_verify_hash(priv, HASH_SHA256, hash, SPAN(NULL, 0), NULL));
	pkey_unref(priv);
	pkey_unref(other);
}

static void test_short_key(void **state)
{
	struct pkey *k = pkey_rsa_generate(512);
	uint8_t hash[HASH_MAX_BYTES] = { 0 }, sig[64];
	size_t n = 0;

	(void)state;
	assert_non_null(k);
	assert_int_equal(pkey_sig_bytes(k), 64);
	assert_int_equal(pkey_sign_hash(k, HASH_SHA512, RSA_FORM_DIGESTINFO,
				 hash, sig, &n),
		-EMSGSIZE);
	assert_int_equal(pkey_sign_hash(k, HASH_SHA1, RSA_FORM_DIGESTINFO, hash,
				 sig, &n),
		0);
	assert_null(pkey_rsa_generate(360));
	assert_null(pkey_rsa_generate(100000));
	pkey_unref(k);
}

static void test_encodings(void **state)
{
	struct pkey *k = vector_key();
	auto_secret struct secret der = { 0 };
	uint8_t *spki = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(pkey_spki(k, &spki, &n), 0);
	assert_span_equal(SPAN(spki, n), vec_hex("push.spki_der"));
	assert_int_equal(pkey_pkcs8(k, &der), 0);
	struct pkey *again = pkey_from_pkcs8_der(SPAN(der.p, der.n));
	assert_non_null(again);
	assert_int_equal(pkey_bits(again), 2048);
	/* A public key has no private half to give. */
	struct pkey *pub = pkey_from_public_der(SPAN(spki, n));
	assert_int_equal(pkey_pkcs8(pub, &der), -EIO);
	/* Truncated, with a tail, empty. */
	assert_null(pkey_from_public_der(SPAN(spki, n - 1)));
	uint8_t *tail = xcalloc(n + 1, 1);
	memcpy(tail, spki, n);
	assert_null(pkey_from_public_der(SPAN(tail, n + 1)));
	assert_null(pkey_from_public_der(SPAN(NULL, 0)));
	assert_null(pkey_from_pkcs8_der(SPAN(spki, n)));
	assert_null(pkey_from_pem("not a key"));
	free(tail);
	free(spki);
	pkey_unref(pkey_ref(again));
	pkey_unref(again);
	pkey_unref(pub);
	pkey_unref(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_signatures),
		cmocka_unit_test(test_phase1_signature),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_short_key),
		cmocka_unit_test(test_encodings),
	};

	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
