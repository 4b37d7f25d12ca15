/* SCEP against a CA that OpenSSL alone plays. */
#include "crypto/scep.h"

#include "tests/unit/pki_vectors.h"
#include "tests/unit/scep_server.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <openssl/x509.h>
#include <string.h>

struct world {
	struct scep_server server;
	struct scep_ca ca;
	struct pkey *key;
	struct der csr, self;
	struct scep_tx tx;
};

static void world_new(struct world *w, bool with_ra)
{
	struct csr c = { .subject = "CN=gm1, O=Orbit Lab",
		.password = "challenge me" };
	auto_sbuf struct sbuf why = { 0 };
	auto_der struct der body = { 0 };

	*w = (struct world){ .key = pkey_rsa_generate(1024) };
	scep_server_init(&w->server, with_ra);
	scep_server_ca(&w->server, &body);
	assert_int_equal(scep_ca_parse(der_span(&body), &w->ca), 0);
	assert_int_equal(csr_build(&c, w->key, &w->csr, &why), 0);
	assert_int_equal(selfsigned_build(&c, w->key, 1, 1600000000, 2500000000,
				 &w->self, &why),
		0);
	w->tx = (struct scep_tx){ .key = w->key,
		.signer = der_span(&w->self),
		.ca = &w->ca,
		.caps = { .aes = true, .sha256 = true },
		.nonce = { 1, 2, 3 } };
	scep_id(der_span(&w->csr), w->tx.id);
}

static void world_free(struct world *w)
{
	scep_server_fini(&w->server);
	scep_ca_free(&w->ca);
	pkey_unref(w->key);
	der_free(&w->csr);
	der_free(&w->self);
}

static void test_caps(void **state)
{
	static const struct {
		const char *text;
		struct scep_caps want;
	} t[] = {
		{ "", { 0 } },
		{ "DES3\nSHA-1\n", { .des3 = true } },
		{ "AES\r\nPOSTPKIOperation\r\nsha-256",
			{ .aes = true, .post = true, .sha256 = true } },
		{ "SCEPStandard\nRenewal\nSHA-512\n",
			{ .aes = true,
				.post = true,
				.sha256 = true,
				.sha512 = true,
				.renewal = true } },
		{ "AESX XAES <html>\n\n\n", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct scep_caps c =
			scep_caps_parse(SPAN(t[i].text, strlen(t[i].text)));

		assert_memory_equal(&c, &t[i].want, sizeof(c));
	}
}

static void check_enroll(bool with_ra, bool renew, bool old)
{
	auto_der struct der out = { 0 }, answer = { 0 };
	auto_scep_reply struct scep_reply r = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct world w;

	world_new(&w, with_ra);
	if (old)
		w.tx.caps = (struct scep_caps){ 0 }; /* 3DES, SHA-1 */
	assert_int_equal((renew ? scep_renew : scep_enroll)(
				 &w.tx, der_span(&w.csr), &out),
		0);
	assert_true(scep_server_answer(&w.server, der_span(&out), &answer));
	assert_string_equal(w.server.type, renew ? "17" : "19");
	assert_string_equal(w.server.id, w.tx.id);
	assert_string_equal(w.server.password, "challenge me");
	assert_int_equal(w.server.content.n, w.csr.n);
	assert_memory_equal(w.server.content.p, w.csr.p, w.csr.n);
	assert_int_equal(
		scep_reply_parse(&w.tx, der_span(&answer), &r, &why), 0);
	assert_int_equal(r.status, SCEP_SUCCESS);
	assert_int_equal(r.certs.n, 2);
	const uint8_t *p = r.cert.p;
	X509 *x = d2i_X509(NULL, &p, (long)r.cert.n);
	assert_non_null(x);
	char name[64];
	X509_NAME_oneline(X509_get_subject_name(x), name, sizeof(name));
	assert_string_equal(name, "/O=Orbit Lab/CN=gm1");
	X509_free(x);
	world_free(&w);
}

static void test_enroll(void **state)
{
	(void)state;
	check_enroll(false, false, false);
	check_enroll(true, false, false);
	check_enroll(false, false, true);
	check_enroll(true, true, false);
}

static void test_pending_and_failure(void **state)
{
	static const enum scep_status all[] = { SCEP_PENDING, SCEP_FAILURE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		auto_der struct der out = { 0 }, answer = { 0 };
		auto_scep_reply struct scep_reply r = { 0 };
		auto_sbuf struct sbuf why = { 0 };
		struct world w;

		world_new(&w, true);
		w.server.status = all[i];
		assert_int_equal(scep_enroll(&w.tx, der_span(&w.csr), &out), 0);
		assert_true(
			scep_server_answer(&w.server, der_span(&out), &answer));
		assert_int_equal(
			scep_reply_parse(&w.tx, der_span(&answer), &r, &why),
			0);
		assert_int_equal(r.status, all[i]);
		assert_int_equal(r.cert.n, 0);
		if (all[i] == SCEP_FAILURE)
			assert_string_equal(r.fail,
				"transaction not permitted or supported "
				"(badRequest)");
		world_free(&w);
	}
}

static void test_polls_and_queries(void **state)
{
	auto_der struct der out = { 0 }, answer = { 0 }, poll = { 0 };
	struct world w;

	(void)state;
	world_new(&w, false);
	assert_int_equal(scep_poll(&w.tx, der_span(&w.csr), &out), 0);
	assert_true(scep_server_answer(&w.server, der_span(&out), &answer));
	assert_string_equal(w.server.type, "20");
	assert_string_equal(w.server.id, w.tx.id);
	assert_int_equal(w.server.content.p[0], 0x30); /* issuer, subject */
	assert_int_equal(scep_get_cert(&w.tx, der_span(&w.self), &out), 0);
	assert_true(scep_server_answer(&w.server, der_span(&out), &answer));
	assert_string_equal(w.server.type, "21");
	/* Issuer CN=gm1, O=Orbit Lab and serial number 1. */
	assert_memory_equal(
		w.server.content.p + w.server.content.n - 3, "\x02\x01\x01", 3);
	assert_int_equal(scep_get_crl(&w.tx, der_span(&w.self), &out), 0);
	assert_true(scep_server_answer(&w.server, der_span(&out), &answer));
	assert_string_equal(w.server.type, "22");
	world_free(&w);
}

static void test_faults(void **state)
{
	static const char *const want[FAULT_N] = {
		[FAULT_NONCE] = "the answer is of another request (nonce)",
		[FAULT_ID] = "the answer is of another transaction",
		[FAULT_TYPE] = "the answer is no CertRep",
		[FAULT_STATUS] = "the answer has no status",
		[FAULT_TWO_STATUS] = "the answer has no status",
		[FAULT_STRANGER] = "the answer is not signed by the CA",
		[FAULT_PLAIN] = "the answer cannot be decrypted",
	};
	struct world w;

	(void)state;
	world_new(&w, true);
	for (enum scep_fault f = FAULT_NONCE; f < FAULT_N; f++) {
		auto_der struct der out = { 0 }, answer = { 0 };
		auto_scep_reply struct scep_reply r = { 0 };
		auto_sbuf struct sbuf why = { 0 };

		w.server.fault = f;
		assert_int_equal(scep_enroll(&w.tx, der_span(&w.csr), &out), 0);
		assert_true(
			scep_server_answer(&w.server, der_span(&out), &answer));
		int rc = scep_reply_parse(&w.tx, der_span(&answer), &r, &why);
		if (f == FAULT_OTHER_KEY) { /* a certificate, but not ours */
			assert_int_equal(rc, 0);
			assert_int_equal(r.cert.n, 0);
			continue;
		}
		assert_int_equal(rc, -EBADMSG);
		assert_string_equal(sbuf_str(&why), want[f]);
		assert_int_equal(r.certs.n, 0);
	}
	world_free(&w);
}

/* No single bit of an answer may change what we take from it. */
static void test_damage(void **state)
{
	auto_der struct der out = { 0 }, answer = { 0 };
	struct world w;

	(void)state;
	world_new(&w, false);
	assert_int_equal(scep_enroll(&w.tx, der_span(&w.csr), &out), 0);
	assert_true(scep_server_answer(&w.server, der_span(&out), &answer));
	for (size_t i = 0; i < answer.n; i += 7) {
		auto_scep_reply struct scep_reply r = { 0 };
		auto_sbuf struct sbuf why = { 0 };

		answer.p[i] ^= 0x10;
		if (scep_reply_parse(&w.tx, der_span(&answer), &r, &why) == 0)
			assert_int_equal(r.certs.n, 2);
		answer.p[i] ^= 0x10;
		scep_reply_free(&r);
		assert_true(scep_reply_parse(
				    &w.tx, SPAN(answer.p, i), &r, &why) < 0);
	}
	world_free(&w);
}

static void test_ca(void **state)
{
	auto_der struct der p7 = { 0 }, ca = { 0 }, gm = { 0 };
	auto_scep_ca struct scep_ca c = { 0 };
	struct world w;

	(void)state;
	world_new(&w, true);
	assert_memory_equal(w.ca.ca.p, w.server.ca.p, w.server.ca.n);
	assert_memory_equal(w.ca.sign.p, w.server.ra.p, w.server.ra.n);
	assert_memory_equal(w.ca.encrypt.p, w.server.ra.p, w.server.ra.n);
	world_free(&w);
	/* What has no key usage and is no CA speaks for nobody but as an RA. */
	assert_int_equal(pem_object(pem_pkcs7, NULL, &p7), 0);
	assert_int_equal(pem_object(pem_ca, NULL, &ca), 0);
	assert_int_equal(scep_ca_parse(der_span(&p7), &c), 0);
	assert_memory_equal(c.ca.p, ca.p, ca.n);
	scep_ca_free(&c);
	assert_int_equal(pem_object(pem_gm, NULL, &gm), 0);
	assert_int_equal(scep_ca_parse(der_span(&gm), &c), -EBADMSG);
	assert_int_equal(scep_ca_parse(SPAN("<html>", 6), &c), -EBADMSG);
	assert_int_equal(scep_ca_parse(SPAN("", 0), &c), -EBADMSG);
}

static void test_ec_refused(void **state)
{
	auto_der struct der out = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct world w;

	(void)state;
	world_new(&w, false);
	struct pkey *ec = pem_key(pem_gm_key, NULL, &why);
	w.tx.key = ec;
	assert_int_equal(scep_enroll(&w.tx, der_span(&w.csr), &out), -EINVAL);
	pkey_unref(ec);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_enroll),
		cmocka_unit_test(test_pending_and_failure),
		cmocka_unit_test(test_polls_and_queries),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_ec_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
