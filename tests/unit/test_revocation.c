/* CRLs and OCSP answers that the openssl command made, good and bad. */
#include "crypto/revocation.h"

#include "tests/unit/pki_vectors.h"
#include "tests/unit/revocation_vectors.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#define NOW       1800000000 /* Jan 15 2027: the answers are of Nov 24 2026 */
#define LONG_AGO  1700000000
#define FAR_AHEAD 5500000000

static const uint8_t nonce[OCSP_NONCE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	12, 13, 14, 15, 16 };

static void load(const char *text, struct der *out)
{
	assert_int_equal(pem_object(text, NULL, out), 0);
}

static void test_urls(void **state)
{
	auto_der struct der with = { 0 }, without = { 0 };
	struct revocation_urls u;

	(void)state;
	load(pem_gm_urls, &with);
	load(pem_gm, &without);
	cert_crl_urls(der_span(&with), &u);
	assert_int_equal(u.n, 2);
	assert_string_equal(u.v[0], "http://crl.orbit.example/ca.crl");
	assert_string_equal(u.v[1], "https://crl2.orbit.example/ca.crl");
	cert_ocsp_urls(der_span(&with), &u);
	assert_int_equal(u.n, 1);
	assert_string_equal(u.v[0], "http://ocsp.orbit.example:8080/");
	cert_crl_urls(der_span(&without), &u);
	assert_int_equal(u.n, 0);
	cert_ocsp_urls(SPAN("junk", 4), &u);
	assert_int_equal(u.n, 0);
}

static void test_issued_by(void **state)
{
	auto_der struct der ca = { 0 }, gm = { 0 };

	(void)state;
	load(pem_ca, &ca);
	load(pem_gm_urls, &gm);
	assert_true(cert_issued_by(der_span(&gm), der_span(&ca)));
	assert_true(cert_issued_by(der_span(&ca), der_span(&ca)));
	assert_false(cert_issued_by(der_span(&ca), der_span(&gm)));
	gm.p[gm.n - 1] ^= 1;
	assert_false(cert_issued_by(der_span(&gm), der_span(&ca)));
}

static void test_crl(void **state)
{
	static const struct {
		const char *crl, *issuer;
		time_t now;
		int want;
		const char *why;
	} t[] = {
		{ pem_crl, pem_ca, NOW, 0, "" },
		{ pem_crl, pem_ca, LONG_AGO, -ETIME,
			"the CRL is not valid yet" },
		{ pem_crl, pem_ca, FAR_AHEAD, -ETIME, "the CRL has expired" },
		{ pem_crl_revoked, pem_ca, NOW, -ETIME, "the CRL has expired" },
		{ pem_crl_revoked, pem_ca, 1768000000, 0, "" },
		{ pem_crl_fake, pem_ca, NOW, -EBADMSG,
			"the CRL is of another CA" },
		{ pem_crl, pem_gm, NOW, -EBADMSG, "the CRL is of another CA" },
		{ pem_ca, pem_ca, NOW, -EBADMSG, "it is no CRL" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		auto_der struct der crl = { 0 }, issuer = { 0 };
		auto_sbuf struct sbuf why = { 0 };
		struct crl_info info;

		load(t[i].crl, &crl);
		load(t[i].issuer, &issuer);
		assert_int_equal(crl_check(der_span(&crl), der_span(&issuer),
					 t[i].now, &info, &why),
			t[i].want);
		assert_string_equal(sbuf_str(&why), t[i].why);
	}
}

static void test_crl_content(void **state)
{
	auto_der struct der crl = { 0 }, ca = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct crl_info info;

	(void)state;
	load(pem_ca, &ca);
	load(pem_crl_revoked, &crl);
	assert_int_equal(crl_check(der_span(&crl), der_span(&ca), 1768000000,
				 &info, &why),
		0);
	assert_int_equal(info.this_update, 1767225600); /* Jan 1 2026 */
	assert_int_equal(info.next_update, 1769904000); /* Feb 1 2026 */
	assert_int_equal(info.entries, 1);
	crl.p[crl.n - 1] ^= 1;
	assert_int_equal(crl_check(der_span(&crl), der_span(&ca), 1768000000,
				 &info, &why),
		-EBADMSG);
	assert_string_equal(sbuf_str(&why), "the CRL is not signed by the CA");
}

static void test_ocsp_request(void **state)
{
	auto_der struct der ca = { 0 }, gm = { 0 }, req = { 0 }, want = { 0 };

	(void)state;
	load(pem_ca, &ca);
	load(pem_gm_urls, &gm);
	load(ocsp_req, &want);
	assert_int_equal(
		ocsp_request(der_span(&gm), der_span(&ca), nonce, &req), 0);
	assert_int_equal(req.n, want.n);
	assert_memory_equal(req.p, want.p, want.n);
	assert_int_equal(
		ocsp_request(der_span(&gm), der_span(&ca), NULL, &req), 0);
	assert_true(req.n < want.n);
	assert_int_equal(
		ocsp_request(SPAN("x", 1), der_span(&ca), NULL, &req), -EINVAL);
}

static void test_ocsp_answers(void **state)
{
	static const struct {
		const char *body;
		time_t now;
		int want;
		enum ocsp_verdict status;
		const char *why;
	} t[] = {
		{ ocsp_good, NOW, 0, OCSP_GOOD, "" },
		{ ocsp_revoked, NOW, 0, OCSP_REVOKED, "" },
		{ ocsp_unknown, NOW, 0, OCSP_UNKNOWN, "" },
		{ ocsp_by_ca, NOW, 0, OCSP_GOOD, "" },
		{ ocsp_no_nonce, NOW, 0, OCSP_GOOD, "" },
		{ ocsp_by_member, NOW, -EBADMSG, OCSP_UNKNOWN,
			"the OCSP answer is not signed for the CA" },
		{ ocsp_other, NOW, -EBADMSG, OCSP_UNKNOWN,
			"the OCSP answer is to another question" },
		{ ocsp_by_ca, LONG_AGO, -EBADMSG, OCSP_UNKNOWN, NULL },
		{ ocsp_by_ca, FAR_AHEAD, -EBADMSG, OCSP_UNKNOWN, NULL },
		{ ocsp_req, NOW, -EBADMSG, OCSP_UNKNOWN, NULL },
	};
	auto_der struct der ca = { 0 }, gm = { 0 };

	(void)state;
	load(pem_ca, &ca);
	load(pem_gm_urls, &gm);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		auto_der struct der body = { 0 };
		auto_sbuf struct sbuf why = { 0 };
		struct ocsp_answer a;

		load(t[i].body, &body);
		int rc = ocsp_parse(der_span(&body), der_span(&gm),
			der_span(&ca), nonce, t[i].now, &a, &why);
		assert_int_equal(a.status, t[i].status);
		if (t[i].why == NULL) { /* outside its time: either reason */
			assert_true(rc < 0 && why.n > 0);
			continue;
		}
		assert_string_equal(sbuf_str(&why), t[i].why);
		assert_int_equal(rc, t[i].want);
		if (a.status == OCSP_REVOKED)
			assert_int_equal(a.revoked_at, 1767225600);
	}
}

/* An answer about one certificate says nothing of another. */
static void test_ocsp_other_cert(void **state)
{
	auto_der struct der ca = { 0 }, body = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct ocsp_answer a;

	(void)state;
	load(pem_ca, &ca);
	load(ocsp_good, &body);
	assert_int_equal(ocsp_parse(der_span(&body), der_span(&ca),
				 der_span(&ca), nonce, NOW, &a, &why),
		-EBADMSG);
	assert_string_equal(
		sbuf_str(&why), "the OCSP answer is about other certificates");
}

static void test_ocsp_errors(void **state)
{
	/* OCSPResponse { tryLater } and { unauthorized }. */
	static const uint8_t later[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };
	static const uint8_t denied[] = { 0x30, 0x03, 0x0a, 0x01, 0x06 };
	auto_der struct der ca = { 0 }, gm = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct ocsp_answer a;

	(void)state;
	load(pem_ca, &ca);
	load(pem_gm_urls, &gm);
	assert_int_equal(ocsp_parse(SPAN(later, sizeof(later)), der_span(&gm),
				 der_span(&ca), NULL, NOW, &a, &why),
		-EAGAIN);
	assert_int_equal(ocsp_parse(SPAN(denied, sizeof(denied)), der_span(&gm),
				 der_span(&ca), NULL, NOW, &a, &why),
		-EBADMSG);
	assert_string_equal(sbuf_str(&why),
		"the OCSP server says: try later"
		"the OCSP server says: unauthorized");
	assert_int_equal(ocsp_parse(SPAN("", 0), der_span(&gm), der_span(&ca),
				 NULL, NOW, &a, &why),
		-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_issued_by),
		cmocka_unit_test(test_crl),
		cmocka_unit_test(test_crl_content),
		cmocka_unit_test(test_ocsp_request),
		cmocka_unit_test(test_ocsp_answers),
		cmocka_unit_test(test_ocsp_other_cert),
		cmocka_unit_test(test_ocsp_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
