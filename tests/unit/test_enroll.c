/* Requests, self-signed certificates and bundles: what we write is read by
 * OpenSSL's own objects, what we read was written by the openssl command. */
#include "crypto/enroll.h"

#include "tests/unit/pki_vectors.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static struct pkey *ec_key(void)
{
	auto_sbuf struct sbuf why = { 0 };
	struct pkey *k = pem_key(pem_gm_key, NULL, &why);

	assert_non_null(k);
	return k;
}

/* As openssl prints a name: in the order of the encoding. */
static char *name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;

	X509_NAME_print_ex(
		bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	long n = BIO_get_mem_data(bio, &p);
	char *s = xcalloc(1, (size_t)n + 1);
	memcpy(s, p, (size_t)n);
	BIO_free(bio);
	return s;
}

static char *ext_text(const STACK_OF(X509_EXTENSION) * ext, int nid)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int at = X509v3_get_ext_by_NID(ext, nid, -1);
	char *p = NULL;

	if (at >= 0) {
		X509_EXTENSION *e = X509v3_get_ext(ext, at);

		BIO_puts(
			bio, X509_EXTENSION_get_critical(e) ? "critical " : "");
		X509V3_EXT_print(bio, e, 0, 0);
	}
	long n = BIO_get_mem_data(bio, &p);
	char *s = xcalloc(1, (size_t)n + 1);
	if (n > 0)
		memcpy(s, p, (size_t)n);
	BIO_free(bio);
	return s;
}

static X509_REQ *request(const struct csr *c, const struct pkey *key)
{
	auto_der struct der der = { 0 };
	auto_sbuf struct sbuf why = { 0 };

	assert_int_equal(csr_build(c, key, &der, &why), 0);
	const uint8_t *p = der.p;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.n);
	assert_non_null(req);
	assert_ptr_equal(p, der.p + der.n);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	return req;
}

static void test_names(void **state)
{
	static const struct {
		const char *text, *want, *why;
	} t[] = {
		{ "CN=gm1, OU=lab, O=Orbit Lab, C=DE",
			"C = DE, O = Orbit Lab, OU = lab, CN = gm1", NULL },
		{ "cn = gm1 ,ou=lab", "OU = lab, CN = gm1", NULL },
		{ "O=\"Orbit, Inc.\", CN=a\\,b",
			"CN = \"a,b\", O = \"Orbit, Inc.\"", NULL },
		{ "E=a@b.example,S=Hesse",
			"ST = Hesse, emailAddress = a@b.example", NULL },
		{ "2.5.4.3=dotted", "CN = dotted", NULL },
		{ "CN=J\xc3\xbcrgen", "CN = J\xc3\xbcrgen", NULL },
		{ "DC=orbit, DC=example", "DC = example, DC = orbit", NULL },
		{ "", NULL, "the name is empty" },
		{ "gm1", NULL, "\"gm1\" has no `='" },
		{ "CN=gm1,", NULL, "nothing follows the last comma" },
		{ "CN=gm1,,O=x", NULL, "\"\" has no `='" },
		{ "XX=gm1", NULL, "\"XX\" is no attribute of a name" },
		{ "=gm1", NULL, "\"\" is no attribute of a name" },
		{ "CN=", NULL, "\"\" cannot be the value of CN" },
		{ "C=Germany", NULL, "\"Germany\" cannot be the value of C" },
		{ "O=\"Orbit", NULL, "a quote is not closed" },
		{ "CN=\xff\xfe", NULL,
			"\"\xff\xfe\" cannot be the value of CN" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		auto_sbuf struct sbuf why = { 0 };
		auto_der struct der der = { 0 };

		assert_int_equal(
			x500_check(t[i].text, &why), t[i].want != NULL);
		if (t[i].want == NULL) {
			assert_string_equal(sbuf_str(&why), t[i].why);
			continue;
		}
		assert_int_equal(x500_der(t[i].text, &der, &why), 0);
		const uint8_t *p = der.p;
		X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
		auto_free char *text = name_text(name);
		assert_string_equal(text, t[i].want);
		X509_NAME_free(name);
	}
}

static void test_name_too_long(void **state)
{
	auto_sbuf struct sbuf text = { 0 }, why = { 0 };

	(void)state;
	sbuf_adds(&text, "OU=a");
	while (text.n <= X500_TEXT_MAX)
		sbuf_adds(&text, ",OU=a");
	assert_false(x500_check(sbuf_str(&text), &why));
	assert_string_equal(sbuf_str(&why), "longer than 512 characters");
}

/* As IOS asks: general-purpose RSA keys, host name, address, serial number. */
static void test_request(void **state)
{
	struct pkey *key = pkey_rsa_generate(1024);
	struct csr c = {
		.subject = "CN=gm1, O=Orbit Lab",
		.fqdn = "gm1.orbit.example",
		.serial = "9K7QX2M4W1T",
		.ip = ip_v4(0xcb007102),
		.san = { { .kind = SAN_DNS, .dns = "alt.orbit.example" },
			{ .kind = SAN_EMAIL, .dns = "noc@orbit.example" } },
		.n_sans = 2,
		.password = "challenge me",
	};

	(void)state;
	X509_REQ *req = request(&c, key);
	auto_free char *name = name_text(X509_REQ_get_subject_name(req));
	assert_string_equal(name,
		"O = Orbit Lab, CN = gm1, serialNumber = 9K7QX2M4W1T, "
		"unstructuredAddress = 203.0.113.2, "
		"unstructuredName = gm1.orbit.example");
	STACK_OF(X509_EXTENSION) *ext = X509_REQ_get_extensions(req);
	auto_free char *san = ext_text(ext, NID_subject_alt_name);
	assert_string_equal(san,
		"DNS:gm1.orbit.example, IP Address:203.0.113.2, "
		"DNS:alt.orbit.example, email:noc@orbit.example");
	auto_free char *usage = ext_text(ext, NID_key_usage);
	assert_string_equal(
		usage, "critical Digital Signature, Key Encipherment");
	assert_int_equal(
		X509_REQ_get_signature_nid(req), NID_sha256WithRSAEncryption);
	int at = X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1);
	assert_true(at >= 0);
	ASN1_TYPE *v = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(req, at), 0);
	assert_int_equal(v->value.asn1_string->length, 12);
	assert_memory_equal(v->value.asn1_string->data, "challenge me", 12);
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	X509_REQ_free(req);
	pkey_unref(key);
}

static void test_request_usage(void **state)
{
	static const struct {
		bool ec;
		enum csr_usage usage;
		enum hash_id hash;
		int sig;
		const char *want;
	} t[] = {
		{ true, CSR_USAGE_GENERAL, HASH_SHA384, NID_ecdsa_with_SHA384,
			"critical Digital Signature" },
		{ true, CSR_USAGE_ENCRYPTION, HASH_NONE, NID_ecdsa_with_SHA256,
			"critical Digital Signature" },
		{ false, CSR_USAGE_SIGNATURE, HASH_SHA1,
			NID_sha1WithRSAEncryption,
			"critical Digital Signature" },
		{ false, CSR_USAGE_ENCRYPTION, HASH_SHA512,
			NID_sha512WithRSAEncryption,
			"critical Key Encipherment" },
	};
	struct pkey *keys[] = { pkey_rsa_generate(1024), ec_key() };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct csr c = { .subject = "CN=x",
			.usage = t[i].usage,
			.hash = t[i].hash,
			.eku = "serverAuth,clientAuth" };
		X509_REQ *req = request(&c, keys[t[i].ec]);
		STACK_OF(X509_EXTENSION) *ext = X509_REQ_get_extensions(req);
		auto_free char *usage = ext_text(ext, NID_key_usage);
		auto_free char *eku = ext_text(ext, NID_ext_key_usage);
		auto_free char *san = ext_text(ext, NID_subject_alt_name);

		assert_string_equal(usage, t[i].want);
		assert_string_equal(eku, "TLS Web Server Authentication, "
					 "TLS Web Client Authentication");
		assert_string_equal(san, "");
		assert_int_equal(X509_REQ_get_signature_nid(req), t[i].sig);
		assert_true(X509_REQ_get_attr_by_NID(
				    req, NID_pkcs9_challengePassword, -1) < 0);
		sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
		X509_REQ_free(req);
	}
	pkey_unref(keys[0]);
	pkey_unref(keys[1]);
}

static void test_request_refused(void **state)
{
	struct pkey *key = pkey_rsa_generate(512);
	struct pkey *none = NULL;
	static const struct csr bad[] = {
		{ .subject = "CN" }, { .subject = "CN=x", .eku = "noSuchUse" },
		{ .subject = "CN=x", .hash = HASH_SHA512 }, /* 512 bits */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_sbuf struct sbuf why = { 0 };
		auto_der struct der der = { 0 };

		assert_int_equal(csr_build(&bad[i], key, &der, &why), -EINVAL);
		assert_true(why.n > 0);
		assert_null(der.p);
	}
	/* Of the public half alone nothing can be signed. */
	uint8_t *spki = NULL;
	size_t n;
	assert_int_equal(pkey_spki(key, &spki, &n), 0);
	none = pkey_from_public_der(SPAN(spki, n));
	auto_sbuf struct sbuf why = { 0 };
	auto_der struct der der = { 0 };
	assert_int_equal(
		csr_build(&(struct csr){ .subject = "CN=x" }, none, &der, &why),
		-EINVAL);
	free(spki);
	pkey_unref(none);
	pkey_unref(key);
}

static void test_selfsigned(void **state)
{
	struct pkey *key = ec_key();
	struct csr c = { .subject = "cn=IOS-Self-Signed-Certificate-1",
		.fqdn = "ks1.orbit.example" };
	auto_sbuf struct sbuf why = { 0 };
	auto_der struct der der = { 0 };

	(void)state;
	assert_int_equal(selfsigned_build(&c, key, 7, 1700000000, 2015360000,
				 &der, &why),
		0);
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	assert_non_null(x);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_int_equal(X509_check_ca(x), 1);
	assert_int_equal(X509_check_issued(x, x), X509_V_OK);
	assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(x)), 7);
	time_t in = 1700000001, early = 1699999999, late = 2015360001;
	assert_true(X509_cmp_time(X509_get0_notBefore(x), &in) < 0);
	assert_true(X509_cmp_time(X509_get0_notBefore(x), &early) > 0);
	assert_true(X509_cmp_time(X509_get0_notAfter(x), &late) < 0);
	assert_int_equal(
		X509_check_host(x, "ks1.orbit.example", 0, 0, NULL), 1);
	X509_free(x);
	pkey_unref(key);
}

static void test_pem(void **state)
{
	auto_sbuf struct sbuf both = { 0 }, again = { 0 };
	auto_der struct der ca = { 0 }, one = { 0 }, gm = { 0 };
	char label[PEM_LABEL_MAX];

	(void)state;
	sbuf_printf(&both, "Subject: a comment\n%s\r\n%s", pem_gm_key, pem_ca);
	const char *at = sbuf_str(&both);
	assert_true(pem_next(&at, label, &one));
	assert_string_equal(label, "EC PRIVATE KEY");
	assert_true(pem_next(&at, label, &one));
	assert_string_equal(label, "CERTIFICATE");
	assert_false(pem_next(&at, label, &one));
	assert_int_equal(pem_object(sbuf_str(&both), "CERTIFICATE", &ca), 0);
	assert_int_equal(ca.n, one.n);
	assert_memory_equal(ca.p, one.p, ca.n);
	pem_add(&again, "CERTIFICATE", der_span(&ca));
	assert_string_equal(sbuf_str(&again), pem_ca);
	assert_int_equal(pem_object(pem_gm, NULL, &gm), 0);
	assert_int_equal(pem_object(pem_ca, "X509 CRL", &gm), -ENOENT);
	assert_int_equal(
		pem_object("-----BEGIN X-----\nAAAA\n", NULL, &gm), -EBADMSG);
	assert_int_equal(pem_object("no base64!", NULL, &gm), -EBADMSG);
	assert_int_equal(pem_object("", NULL, &gm), -EBADMSG);
}

static void test_base64_without_frame(void **state)
{
	auto_sbuf struct sbuf text = { 0 };
	auto_der struct der der = { 0 }, back = { 0 };

	(void)state;
	assert_int_equal(pem_object(pem_ca, NULL, &der), 0);
	base64_add(&text, der_span(&der));
	assert_int_equal(pem_object(sbuf_str(&text), "CERTIFICATE", &back), 0);
	assert_int_equal(back.n, der.n);
	assert_memory_equal(back.p, der.p, der.n);
}

static void test_keys(void **state)
{
	static const struct {
		const char *text, *pass, *why; /* why NULL: it is read */
	} t[] = {
		{ pem_gm_key, NULL, NULL },
		{ pem_rsa_3des, "orbit-pass", NULL },
		{ pem_pkcs8_encrypted, "orbit-pass", NULL },
		{ pem_rsa_3des, NULL, "the private key is encrypted" },
		{ pem_rsa_3des, "wrong-pass",
			"the private key cannot be decrypted: wrong pass "
			"phrase or damaged" },
		{ pem_ca, NULL, "the text holds no private key" },
		{ "", NULL, "the text holds no private key" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		auto_sbuf struct sbuf why = { 0 };
		struct pkey *k = pem_key(t[i].text, t[i].pass, &why);

		assert_int_equal(k != NULL, t[i].why == NULL);
		if (k == NULL)
			assert_string_equal(sbuf_str(&why), t[i].why);
		pkey_unref(k);
	}
}

static void test_key_export(void **state)
{
	struct pkey *keys[] = { pkey_rsa_generate(1024), ec_key() };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(keys); i++) {
		auto_sbuf struct sbuf text = { 0 }, why = { 0 };
		auto_sbuf struct sbuf public = { 0 };
		auto_secret struct secret was = { 0 }, is = { 0 };
		struct pkey *key = keys[i / 2];

		assert_int_equal(
			pem_key_add(&text, key,
				i % 2 ? PEM_CIPHER_3DES : PEM_CIPHER_AES,
				"orbit-pass"),
			0);
		assert_non_null(
			strstr(sbuf_str(&text), "Proc-Type: 4,ENCRYPTED"));
		assert_non_null(strstr(sbuf_str(&text),
			i / 2 ? "-----BEGIN EC PRIVATE KEY-----"
			      : "-----BEGIN RSA PRIVATE KEY-----"));
		struct pkey *back =
			pem_key(sbuf_str(&text), "orbit-pass", &why);
		assert_non_null(back);
		assert_int_equal(pkey_pkcs8(key, &was), 0);
		assert_int_equal(pkey_pkcs8(back, &is), 0);
		assert_true(secret_equal(&was, &is));
		assert_int_equal(pem_public_add(&public, back), 0);
		assert_non_null(strstr(
			sbuf_str(&public), "-----BEGIN PUBLIC KEY-----"));
		pkey_unref(back);
	}
	pkey_unref(keys[0]);
	pkey_unref(keys[1]);
}

static void test_pkcs7(void **state)
{
	auto_der struct der p7 = { 0 }, ca = { 0 }, gm = { 0 }, crl = { 0 };
	auto_der struct der made = { 0 };
	auto_der_list struct der_list certs = { 0 }, crls = { 0 };
	auto_der_list struct der_list again = { 0 };

	(void)state;
	assert_int_equal(pem_object(pem_pkcs7, "PKCS7", &p7), 0);
	assert_int_equal(pem_object(pem_ca, NULL, &ca), 0);
	assert_int_equal(pem_object(pem_gm, NULL, &gm), 0);
	assert_int_equal(pem_object(pem_crl, NULL, &crl), 0);
	assert_int_equal(pkcs7_parse(der_span(&p7), &certs, &crls), 0);
	assert_int_equal(certs.n, 2);
	assert_int_equal(crls.n, 1);
	assert_memory_equal(crls.v[0].p, crl.p, crl.n);
	struct span both[] = { der_span(&certs.v[0]), der_span(&certs.v[1]) };
	assert_int_equal(pkcs7_build(both, 2, &made), 0);
	assert_int_equal(pkcs7_parse(der_span(&made), &again, NULL), 0);
	assert_int_equal(again.n, 2);
	assert_memory_equal(again.v[0].p, certs.v[0].p, certs.v[0].n);
	assert_int_equal(pkcs7_parse(der_span(&ca), &again, NULL), -EBADMSG);
	assert_int_equal(again.n, 0);
}

static void test_pkcs7_too_many(void **state)
{
	struct span certs[DER_LIST_MAX + 1];
	auto_der struct der ca = { 0 }, made = { 0 };
	auto_der_list struct der_list out = { 0 };

	(void)state;
	assert_int_equal(pem_object(pem_ca, NULL, &ca), 0);
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		certs[i] = der_span(&ca);
	assert_int_equal(pkcs7_build(certs, ARRAY_LEN(certs), &made), 0);
	assert_int_equal(pkcs7_parse(der_span(&made), &out, NULL), -E2BIG);
	assert_int_equal(out.n, 0);
}

static void test_pkcs12(void **state)
{
	static const char *const files[] = { base64_pkcs12, base64_pkcs12_old };
	auto_der struct der ca = { 0 }, gm = { 0 };

	(void)state;
	assert_int_equal(pem_object(pem_ca, NULL, &ca), 0);
	assert_int_equal(pem_object(pem_gm, NULL, &gm), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_der struct der der = { 0 };
		auto_pkcs12 struct pkcs12 p = { 0 };

		assert_int_equal(pem_object(files[i], NULL, &der), 0);
		assert_int_equal(
			pkcs12_parse(der_span(&der), "wrong", &p), -EACCES);
		assert_int_equal(
			pkcs12_parse(der_span(&der), "orbit-pass", &p), 0);
		assert_non_null(p.key);
		assert_int_equal(p.cert.n, gm.n);
		assert_memory_equal(p.cert.p, gm.p, gm.n);
		assert_int_equal(p.chain.n, 1);
		assert_memory_equal(p.chain.v[0].p, ca.p, ca.n);
		der.p[der.n / 2] ^= 1;
		pkcs12_free(&p);
		assert_true(pkcs12_parse(der_span(&der), "orbit-pass", &p) < 0);
	}
}

static void test_pkcs12_export(void **state)
{
	struct pkey *key = ec_key(), *other = pkey_rsa_generate(1024);
	auto_der struct der ca = { 0 }, gm = { 0 }, made = { 0 };
	auto_pkcs12 struct pkcs12 p = { 0 };

	(void)state;
	assert_int_equal(pem_object(pem_ca, NULL, &ca), 0);
	assert_int_equal(pem_object(pem_gm, NULL, &gm), 0);
	struct span chain = der_span(&ca);
	assert_int_equal(pkcs12_build(other, der_span(&gm), &chain, 1, "T",
				 "orbit-pass", &made),
		-EINVAL);
	assert_int_equal(pkcs12_build(key, der_span(&gm), &chain, 1, "T",
				 "orbit-pass", &made),
		0);
	assert_int_equal(pkcs12_parse(der_span(&made), "orbit-pass", &p), 0);
	auto_secret struct secret was = { 0 }, is = { 0 };
	assert_int_equal(pkey_pkcs8(key, &was), 0);
	assert_int_equal(pkey_pkcs8(p.key, &is), 0);
	assert_true(secret_equal(&was, &is));
	assert_int_equal(p.chain.n, 1);
	pkey_unref(key);
	pkey_unref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_too_long),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_usage),
		cmocka_unit_test(test_request_refused),
		cmocka_unit_test(test_selfsigned),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_base64_without_frame),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_key_export),
		cmocka_unit_test(test_pkcs7),
		cmocka_unit_test(test_pkcs7_too_many),
		cmocka_unit_test(test_pkcs12),
		cmocka_unit_test(test_pkcs12_export),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
