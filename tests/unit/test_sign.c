/* RSA signatures in both forms against the vectors, and refused ones. */
#include "crypto/sign.h"

#include "crypto/prf.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pkey *vector_key(void)
{
	struct pkey *k = pkey_from_pem(vec_text("push.rsa_private_key_pem"));

	assert_non_null(k);
	return k;
}

static uint8_t *hex_bytes(const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *out = xcalloc(n, 1);

	for (size_t i = 0; i < n; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return out;
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

/* RFC 4754 8: the key, and r | s over "abc". */
static void test_ecdsa_vectors(void **state)
{
	static const struct {
		unsigned bits;
		enum hash_id hash;
		const char *spki, *sig;
	} t[] = {
		{ 256, HASH_SHA256,
			"3059301306072a8648ce3d020106082a8648ce3d0301070342000424"
			"42a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb042"
			"35e9706fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cd"
			"dfe7d509bbfd7d",
			"cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1"
			"c066957c86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212"
			"748bff3b3d5b0315" },
		{ 384, HASH_SHA384,
			"3076301006072a8648ce3d020106052b810400220362000496281bf8"
			"dd5e0525ca049c048d345d3082968d10fedf5c5aca0c64e6465a97ea"
			"5ce10c9dfec21797415710721f437922447688ba94708eb6e2e4d59f"
			"6ab6d7edff9301d249fe49c33096655f5d502fad3d383b91c5e7edaa"
			"2b714cc99d5743ca",
			"fb017b914e29149432d8bac29a514640b46f53ddab2c69948084e293"
			"0f1c8f7e08e07c9c63f2d21a07dcb56a6af56eb3b263a1305e057f98"
			"4d38726a1b46874109f417bca112674c528262a40a629af1cbb9f516"
			"ce0fa7d2ff630863a00e8b9f" },
		{ 521, HASH_SHA512,
			"30819b301006072a8648ce3d020106052b8104002303818600040151"
			"518f1af0f563517edd5485190df95a4bf57b5cba4cf2a9a3f6474725"
			"a35f7afe0a6ddeb8bedbcd6a197e592d40188901cecd650699c9b5e4"
			"56aea5add19052a8006f3b142ea1bfff7e2837ad44c9e4ff6d2d34c7"
			"3184bbad90026dd5e6e85317d9df45cad7803c6c20035b2f3ff63aff"
			"4e1ba64d1c077577da3f4286c58f0aeae643",
			"0154fd3836af92d0dca57dd5341d3053988534fde8318fc6aaaab68e"
			"2e6f4339b19f2f281a7e0b22c269d93cf8794a9278880ed7dbb8d936"
			"2caeacee544320552251017705a7030290d1ceb605a9a1bb03ff9cdd"
			"521e87a696ec926c8c10c8362df4975367101f67d1cf9bccbf2f3d23"
			"9534fa509e70aac851ae01aac68d62f866472660" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		auto_free uint8_t *spki = hex_bytes(t[i].spki);
		auto_free uint8_t *sig = hex_bytes(t[i].sig);
		struct span abc = SPAN("abc", 3),
			    s = SPAN(sig, strlen(t[i].sig) / 2);
		struct pkey *k = pkey_from_public_der(
			SPAN(spki, strlen(t[i].spki) / 2));
		uint8_t hash[HASH_MAX_BYTES];

		assert_non_null(k);
		assert_int_equal(pkey_type(k), PKEY_EC);
		assert_int_equal(pkey_bits(k), t[i].bits);
		assert_int_equal(pkey_ec_hash(k), t[i].hash);
		assert_int_equal(pkey_sig_bytes(k), s.n);
		digest(t[i].hash, &abc, 1, hash);
		assert_true(pkey_verify_hash(k, t[i].hash, hash, s, NULL));
		for (size_t at = 0; at < s.n; at += 7) {
			sig[at] ^= 0x10;
			assert_false(
				pkey_verify_hash(k, t[i].hash, hash, s, NULL));
			sig[at] ^= 0x10;
		}
		s.n--;
		assert_false(pkey_verify_hash(k, t[i].hash, hash, s, NULL));
		pkey_unref(k);
	}
}

/* Keys that we make, through every form in which they are kept. */
static void test_ec_keys(void **state)
{
	static const unsigned bits[] = { 256, 384, 521 };

	(void)state;
	assert_null(pkey_ec_generate(255));
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct pkey *k = pkey_ec_generate(bits[i]), *pub, *again;
		auto_secret struct secret der = { 0 };
		uint8_t hash[HASH_MAX_BYTES] = { 7 }, sig[132], *spki;
		size_t n = 0, spki_n;

		assert_non_null(k);
		assert_int_equal(pkey_spki(k, &spki, &spki_n), 0);
		pub = pkey_from_public_der(SPAN(spki, spki_n));
		assert_int_equal(pkey_pkcs8(k, &der), 0);
		again = pkey_from_pkcs8_der(SPAN(der.p, der.n));
		assert_non_null(pub);
		assert_non_null(again);
		assert_true(pkey_same_public(k, pub));
		assert_int_equal(pkey_sign_hash(again, pkey_ec_hash(k),
					 RSA_FORM_BARE, hash, sig, &n),
			0);
		assert_int_equal(n, pkey_sig_bytes(k));
		assert_true(pkey_verify_hash(
			pub, pkey_ec_hash(k), hash, SPAN(sig, n), NULL));
		hash[0]++;
		assert_false(pkey_verify_hash(
			pub, pkey_ec_hash(k), hash, SPAN(sig, n), NULL));
		free(spki);
		pkey_unref(k);
		pkey_unref(pub);
		pkey_unref(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecdsa_vectors),
		cmocka_unit_test(test_ec_keys),
		cmocka_unit_test(test_push_signatures),
		cmocka_unit_test(test_phase1_signature),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_short_key),
		cmocka_unit_test(test_encodings),
	};

	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
