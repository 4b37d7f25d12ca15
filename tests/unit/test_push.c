/* GROUPKEY-PUSH and its acknowledgement against the vectors. */
#include "crypto/prf.h"
#include "crypto/sign.h"
#include "gdoi/env.h"
#include "gdoi/gdoi_wire.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <stdlib.h>
#include <string.h>

static const struct env env = { .crypto = &crypto_ops_openssl };

static struct kek vector_kek(void)
{
	struct kek k = { .cipher = CIPHER_AES128, .sig_hash = HASH_SHA256 };
	struct span iv = vec_hex("push.kek_iv"), key = vec_hex("push.kek_key");

	memcpy(k.spi, vec_hex("push.kek_spi").p, sizeof k.spi);
	keybuf_set(&k.iv, iv.p, iv.n);
	keybuf_set(&k.key, key.p, key.n);
	return k;
}

static enum wire_err ack_take(struct span dgram, const struct kek *k,
	uint8_t kind, uint32_t *seq, struct ip_addr *member)
{
	struct ack_keys *keys = ack_keys_new(k, kind);
	enum wire_err e = ack_read(dgram, keys, seq, member);

	/* A second one finds the keys as they were. */
	assert_int_equal(ack_read(dgram, keys, seq, member), e);
	ack_keys_free(keys);
	return e;
}

static void every_variant_opens_and_verifies(void **state)
{
	struct kek k = vector_kek();
	struct span spki = vec_hex("push.spki_der");
	struct pkey *pub = pkey_from_public_der(spki);
	static const struct {
		bool padded;
		enum rsa_form form;
	} want[] = { { false, RSA_FORM_DIGESTINFO },
		{ true, RSA_FORM_DIGESTINFO }, { false, RSA_FORM_BARE } };

	(void)state;
	assert_int_equal(vec_count("push.variants"), 3);
	for (int i = 0; i < 3; i++) {
		struct span d = vec_hex("push.variants.%d.message", i);
		auto_free uint8_t *buf = xcalloc(1, d.n);
		struct push_msg m;

		assert_int_equal(push_open(d, &k, buf, &m), WIRE_OK);
		assert_int_equal(m.seq, 8);
		assert_int_equal(m.p.n, 4);
		assert_int_equal(m.padded_n - m.clear_n, 13);
		assert_span_equal(m.sig, vec_hex("push.variants.%d.sig", i));
		struct rd sa = payload_get(&m.p, PLD_SA)->body;
		struct rd kd = payload_get(&m.p, PLD_KD)->body;

		assert_span_equal(rd_rest(&sa), vec_hex("push.SA_b"));
		assert_span_equal(rd_rest(&kd), vec_hex("push.KD_b"));
		assert_int_equal(push_verify(&m, &k, pub, &env), WIRE_OK);
		assert_int_equal(m.signed_padded, want[i].padded);
		assert_int_equal(m.sig_form, want[i].form);
	}
	pkey_unref(pub);
}

static void sealed_as_the_vector(void **state)
{
	struct kek k = vector_kek();
	struct pkey *key = pkey_from_pem(vec_text("push.rsa_private_key_pem"));
	struct span sa = vec_hex("push.SA_b"), kd = vec_hex("push.KD_b");
	uint8_t buf[2000];
	struct isakmp_wr m;

	(void)state;
	push_begin(&m, buf, sizeof buf, &k);
	gdoi_seq_put(&m, 8);
	isakmp_put(&m, PLD_SA, sa.p, sa.n);
	isakmp_put(&m, PLD_KD, kd.p, kd.n);
	struct span got = push_seal(&m, &k, key, &env);

	assert_span_equal(got, vec_hex("push.variants.0.message"));
	/* No room for the signature. */
	push_begin(&m, buf, 900, &k);
	gdoi_seq_put(&m, 8);
	isakmp_put(&m, PLD_SA, sa.p, sa.n);
	isakmp_put(&m, PLD_KD, kd.p, kd.n);
	assert_int_equal(push_seal(&m, &k, key, &env).n, 0);
	pkey_unref(key);
}

static void deletion_alone(void **state)
{
	static const uint8_t zero[KEK_SPI_BYTES];
	struct kek k = vector_kek();
	struct pkey *key = pkey_from_pem(vec_text("push.rsa_private_key_pem"));
	struct span want = vec_hex("push.delete_only.message");
	uint8_t buf[600], clear[600];
	struct gdoi_delete d;
	struct push_msg got;
	struct isakmp_wr m;
	size_t at = 0;

	(void)state;
	push_begin(&m, buf, sizeof buf, &k);
	gdoi_seq_put(&m, 9);
	gdoi_delete_put(&m, 1, zero, 4, 1);
	gdoi_delete_put(&m, 0, zero, KEK_SPI_BYTES, 1);
	struct span sealed = push_seal(&m, &k, key, &env);

	assert_span_equal(sealed, want);
	assert_int_equal(push_open(want, &k, clear, &got), WIRE_OK);
	assert_int_equal(got.seq, 9);
	assert_int_equal(push_verify(&got, &k, key, &env), WIRE_OK);
	assert_int_equal(
		gdoi_delete_read(payload_next(&got.p, PLD_D, &at)->body, &d),
		WIRE_OK);
	assert_int_equal(d.protocol, 1);
	assert_int_equal(d.spi_bytes, 4);
	assert_int_equal(
		gdoi_delete_read(payload_next(&got.p, PLD_D, &at)->body, &d),
		WIRE_OK);
	assert_int_equal(d.protocol, 0);
	assert_int_equal(d.spi_bytes, 16);
	assert_int_equal(d.count, 1);
	pkey_unref(key);
}

/* RFC 6407 5.3.6.4 to 6: r | s, each as long as the curve, over the hash of the
 * same octets, once. */
static void ecdsa_signatures(void **state)
{
	static const struct {
		unsigned bits;
		size_t sig;
		enum hash_id hash;
	} v[] = { { 256, 64, HASH_SHA256 }, { 384, 96, HASH_SHA384 },
		{ 521, 132, HASH_SHA512 } };
	struct span sa = vec_hex("push.SA_b"), kd = vec_hex("push.KD_b");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct pkey *key = pkey_ec_generate(v[i].bits);
		struct pkey *other = pkey_ec_generate(v[i].bits);
		struct kek k = vector_kek();
		uint8_t buf[2000], clear[2000], hash[HASH_MAX_BYTES];
		struct isakmp_wr m;
		struct push_msg got;

		k.sig_hash = v[i].hash;
		push_begin(&m, buf, sizeof buf, &k);
		gdoi_seq_put(&m, 8);
		isakmp_put(&m, PLD_SA, sa.p, sa.n);
		isakmp_put(&m, PLD_KD, kd.p, kd.n);
		struct span out = push_seal(&m, &k, key, &env);

		assert_int_equal(push_open(out, &k, clear, &got), WIRE_OK);
		assert_int_equal(got.sig.n, v[i].sig);
		assert_int_equal(push_verify(&got, &k, key, &env), WIRE_OK);
		assert_false(got.signed_padded);
		/* By hand, from the octets of the message. */
		size_t before = (size_t)(got.sig.p - clear) - PLD_HDR;

		clear[26] = (uint8_t)(got.clear_n >> 8);
		clear[27] = (uint8_t)got.clear_n;
		const struct span parts[] = { SPAN("rekey", 5),
			SPAN(clear, before) };

		digest(v[i].hash, parts, 2, hash);
		assert_true(
			pkey_verify_hash(key, v[i].hash, hash, got.sig, NULL));
		assert_int_equal(
			push_verify(&got, &k, other, &env), WIRE_SIGNATURE);
		clear[got.sig.p - clear + 3] ^= 1;
		assert_int_equal(
			push_verify(&got, &k, key, &env), WIRE_SIGNATURE);
		pkey_unref(key);
		pkey_unref(other);
	}
}

/* An RFC 3547 key server may add a CERT before SIG (protocol.md B.2). */
static void certificate_is_tolerated(void **state)
{
	struct kek k = vector_kek();
	struct pkey *key = pkey_from_pem(vec_text("push.rsa_private_key_pem"));
	struct span sa = vec_hex("push.SA_b"), kd = vec_hex("push.KD_b");
	uint8_t buf[2000], clear[2000];
	struct isakmp_wr m;
	struct push_msg got;

	(void)state;
	push_begin(&m, buf, sizeof buf, &k);
	gdoi_seq_put(&m, 8);
	isakmp_put(&m, PLD_SA, sa.p, sa.n);
	isakmp_put(&m, PLD_KD, kd.p, kd.n);
	isakmp_put(&m, PLD_CERT, "\4certificate", 12);
	struct span out = push_seal(&m, &k, key, &env);

	assert_int_equal(push_open(out, &k, clear, &got), WIRE_OK);
	assert_int_equal(push_verify(&got, &k, key, &env), WIRE_OK);
	assert_non_null(payload_get(&got.p, PLD_KD));
	pkey_unref(key);
}

/* Whatever octet is changed, it is refused, before or by the signature; only
 * what neither covers may pass: the padding. */
static void any_changed_octet_is_refused(void **state)
{
	struct kek k = vector_kek();
	struct pkey *pub = pkey_from_public_der(vec_hex("push.spki_der"));
	struct span d = vec_hex("push.variants.0.message");
	auto_free uint8_t *buf = xcalloc(1, d.n), *bad = xmemdup(d.p, d.n);

	(void)state;
	for (size_t i = 0; i < d.n - 16; i += i < 64 ? 1 : 37) {
		struct push_msg m;

		bad[i] ^= 0x10;
		enum wire_err e = push_open(SPAN(bad, d.n), &k, buf, &m);

		if (e == WIRE_OK)
			e = push_verify(&m, &k, pub, &env);
		assert_int_not_equal(e, WIRE_OK);
		bad[i] ^= 0x10;
	}
	pkey_unref(pub);
}

static void forms_that_no_push_has(void **state)
{
	struct kek k = vector_kek();
	struct span d = vec_hex("push.variants.0.message");
	auto_free uint8_t *buf = xcalloc(1, d.n), *bad = xmemdup(d.p, d.n);
	static const struct {
		size_t at;
		uint8_t v;
		enum wire_err want;
	} cases[] = { { 0, 1, WIRE_COOKIE }, { 15, 1, WIRE_COOKIE },
		{ 18, XCHG_PULL, WIRE_EXCHANGE }, { 19, 0, WIRE_FLAGS },
		{ 19, 3, WIRE_FLAGS }, { 23, 1, WIRE_MESSAGE_ID },
		{ 16, PLD_SA, WIRE_PAYLOAD_ORDER } };
	struct push_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memcpy(bad, d.p, d.n);
		bad[cases[i].at] = cases[i].v;
		assert_int_equal(
			push_open(SPAN(bad, d.n), &k, buf, &m), cases[i].want);
	}
	memcpy(bad, d.p, d.n);
	bad[26] = 0;
	bad[27] = ISAKMP_HDR;
	assert_int_equal(
		push_open(SPAN(bad, ISAKMP_HDR), &k, buf, &m), WIRE_PADDING);
	bad[27] = ISAKMP_HDR + 17;
	assert_int_equal(push_open(SPAN(bad, ISAKMP_HDR + 17), &k, buf, &m),
		WIRE_PADDING);
}

static void acknowledgements_of_the_vectors(void **state)
{
	static const struct {
		const char *name, *other;
		uint8_t kind;
	} v[] = { { "REKEY_ACK_KEK_SHA256", "L256", 1 },
		{ "REKEY_ACK_KEK_SHA512", "L512", 3 } };
	struct ip_addr member = ip_v4(0xc000020a), got;
	struct kek k = vector_kek();
	uint8_t buf[200];
	uint32_t seq;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *send = vec_text("ack.%s.send", v[i].name);
		struct span want =
			vec_hex("ack.%s.variants.%s.message", v[i].name, send);
		struct span other = vec_hex(
			"ack.%s.variants.%s.message", v[i].name, v[i].other);
		size_t n =
			ack_build(&k, v[i].kind, 8, &member, buf, sizeof buf);

		assert_span_equal(SPAN(buf, n), want);
		assert_int_equal(
			ack_take(want, &k, v[i].kind, &seq, &got), WIRE_OK);
		assert_int_equal(seq, 8);
		assert_true(ip_equal(&got, &member));
		assert_int_equal(
			ack_take(other, &k, v[i].kind, &seq, &got), WIRE_OK);
		assert_int_equal(ack_take(want, &k, v[1 - i].kind, &seq, &got),
			WIRE_HASH);
		/* One member's ack is not another's. */
		auto_free uint8_t *bad = xmemdup(want.p, want.n);

		bad[want.n - 1] ^= 1;
		assert_int_equal(
			ack_take(SPAN(bad, want.n), &k, v[i].kind, &seq, &got),
			WIRE_HASH);
	}
	assert_int_equal(ack_build(&k, 2, 8, &member, buf, sizeof buf), 0);
	assert_int_equal(ack_build(&k, 1, 8, &member, buf, 83), 0);
}

static void truncated_acknowledgements(void **state)
{
	struct span d =
		vec_hex("ack.REKEY_ACK_KEK_SHA256.variants.L512.message");
	struct kek k = vector_kek();
	auto_free uint8_t *bad = xmemdup(d.p, d.n);
	struct ip_addr got;
	uint32_t seq;

	(void)state;
	for (size_t n = 0; n < d.n; n++) {
		if (n >= ISAKMP_HDR)
			bad[27] = (uint8_t)n;
		assert_int_not_equal(
			ack_take(SPAN(bad, n), &k, 1, &seq, &got), WIRE_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_opens_and_verifies),
		cmocka_unit_test(sealed_as_the_vector),
		cmocka_unit_test(deletion_alone),
		cmocka_unit_test(ecdsa_signatures),
		cmocka_unit_test(certificate_is_tolerated),
		cmocka_unit_test(any_changed_octet_is_refused),
		cmocka_unit_test(forms_that_no_push_has),
		cmocka_unit_test(acknowledgements_of_the_vectors),
		cmocka_unit_test(truncated_acknowledgements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
