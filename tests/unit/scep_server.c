#include "tests/unit/scep_server.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define OID_TYPE      "2.16.840.1.113733.1.9.2"
#define OID_STATUS    "2.16.840.1.113733.1.9.3"
#define OID_FAIL      "2.16.840.1.113733.1.9.4"
#define OID_SENDER    "2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT "2.16.840.1.113733.1.9.6"
#define OID_ID        "2.16.840.1.113733.1.9.7"

static EVP_PKEY *evp_of(const struct pkey *k)
{
	auto_secret struct secret der = { 0 };

	if (pkey_pkcs8(k, &der) < 0)
		abort();
	const uint8_t *p = der.p;
	return d2i_AutoPrivateKey(NULL, &p, (long)der.n);
}

static X509 *x509_of(const struct der *d)
{
	const uint8_t *p = d->p;

	return d2i_X509(NULL, &p, (long)d->n);
}

static void to_der(X509 *x, struct der *out)
{
	unsigned char *p = NULL;
	int n = i2d_X509(x, &p);

	der_set(out, p, (size_t)n);
	OPENSSL_free(p);
}

/* A certificate of the CA for a key. */
static void issue(struct scep_server *s, X509_NAME *name, EVP_PKEY *key,
	const char *usage, struct der *out)
{
	X509 *x = X509_new(), *ca = x509_of(&s->ca);
	EVP_PKEY *ca_key = evp_of(s->key);
	X509_EXTENSION *e =
		X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++s->serial);
	X509_gmtime_adj(X509_getm_notBefore(x), s->life > 0 ? 0 : -3600);
	X509_gmtime_adj(
		X509_getm_notAfter(x), s->life > 0 ? s->life : 365 * 86400L);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, X509_get_subject_name(ca));
	X509_set_pubkey(x, key);
	X509_add_ext(x, e, -1);
	X509_sign(x, ca_key, EVP_sha256());
	to_der(x, out);
	X509_EXTENSION_free(e);
	EVP_PKEY_free(ca_key);
	X509_free(ca);
	X509_free(x);
}

void scep_server_init(struct scep_server *s, bool with_ra)
{
	auto_sbuf struct sbuf why = { 0 };
	struct csr c = { .subject = "CN=Orbit Root CA, O=Orbit Lab" };

	*s = (struct scep_server){ .key = pkey_rsa_generate(1024) };
	if (selfsigned_build(
		    &c, s->key, 1, 1600000000, 2500000000, &s->ca, &why) < 0)
		abort();
	s->serial = 1;
	if (!with_ra)
		return;
	s->ra_key = pkey_rsa_generate(1024);
	X509_NAME *name = X509_NAME_new();
	EVP_PKEY *key = evp_of(s->ra_key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)"Orbit RA", -1, -1, 0);
	issue(s, name, key, "digitalSignature,keyEncipherment", &s->ra);
	EVP_PKEY_free(key);
	X509_NAME_free(name);
}

void scep_server_fini(struct scep_server *s)
{
	pkey_unref(s->key);
	pkey_unref(s->ra_key);
	der_free(&s->ca);
	der_free(&s->ra);
	der_free(&s->content);
	der_free(&s->kept);
}

void scep_server_ca(const struct scep_server *s, struct der *out)
{
	struct span both[] = { der_span(&s->ra), der_span(&s->ca) };

	if (s->ra_key == NULL)
		der_set(out, s->ca.p, s->ca.n);
	else if (pkcs7_build(both, 2, out) < 0)
		abort();
}

static ASN1_STRING *attr(CMS_SignerInfo *si, const char *oid, int type)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_STRING *s = CMS_signed_get0_data_by_OBJ(si, o, -3, type);

	ASN1_OBJECT_free(o);
	return s;
}

static bool attr_text(CMS_SignerInfo *si, const char *oid, char *buf, size_t n)
{
	ASN1_STRING *s = attr(si, oid, V_ASN1_PRINTABLESTRING);

	if (s == NULL || (size_t)ASN1_STRING_length(s) >= n)
		return false;
	memcpy(buf, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	buf[ASN1_STRING_length(s)] = '\0';
	return true;
}

/* Decrypts the envelope in `in` into s->content. */
static bool open_envelope(struct scep_server *s, BIO *in)
{
	CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
	EVP_PKEY *key = evp_of(s->ra_key != NULL ? s->ra_key : s->key);
	X509 *me = x509_of(s->ra_key != NULL ? &s->ra : &s->ca);
	BIO *out = BIO_new(BIO_s_mem());
	char *p = NULL;

	bool ok = cms != NULL &&
		  CMS_decrypt(cms, key, me, NULL, out, CMS_BINARY) == 1;
	if (ok) {
		long n = BIO_get_mem_data(out, &p);

		der_set(&s->content, p, (size_t)n);
	}
	BIO_free(out);
	X509_free(me);
	EVP_PKEY_free(key);
	CMS_ContentInfo_free(cms);
	return ok;
}

static void read_password(struct scep_server *s, X509_REQ *req)
{
	int at = X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1);

	s->password[0] = '\0';
	if (at < 0)
		return;
	ASN1_TYPE *t = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(req, at), 0);
	snprintf(s->password, sizeof(s->password), "%.*s",
		t->value.asn1_string->length, t->value.asn1_string->data);
}

/* As PKCS#7 without certificates. */
static void wrap_crl(const struct scep_server *s, struct der *out)
{
	auto_der struct der der = { 0 };
	PKCS7 *p7 = PKCS7_new();
	unsigned char *bytes = NULL;

	scep_server_crl(s, s->revoked, s->n_revoked, &der);
	const uint8_t *p = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.n);

	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_content_new(p7, NID_pkcs7_data);
	PKCS7_add_crl(p7, crl);
	int n = i2d_PKCS7(p7, &bytes);
	der_set(out, bytes, (size_t)n);
	OPENSSL_free(bytes);
	X509_CRL_free(crl);
	PKCS7_free(p7);
}

/* What was asked for, as PKCS#7. */
static bool make_result(struct scep_server *s, struct der *out)
{
	bool poll = strcmp(s->type, "20") == 0;
	const struct der *from = poll ? &s->kept : &s->content;
	const uint8_t *p = from->p;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)from->n);
	auto_der struct der cert = { 0 };

	if (strcmp(s->type, "22") == 0) {
		X509_REQ_free(req);
		wrap_crl(s, out);
		return true;
	}
	if (req == NULL) { /* GetCert: give the CA's own */
		struct span one = der_span(&s->ca);

		return pkcs7_build(&one, 1, out) == 0;
	}
	if (X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1) {
		X509_REQ_free(req);
		return false;
	}
	read_password(s, req);
	struct pkey *other = pkey_rsa_generate(1024);
	EVP_PKEY *odd = evp_of(other);
	issue(s, X509_REQ_get_subject_name(req),
		s->fault == FAULT_OTHER_KEY ? odd : X509_REQ_get0_pubkey(req),
		"digitalSignature,keyEncipherment", &cert);
	EVP_PKEY_free(odd);
	pkey_unref(other);
	X509_REQ_free(req);
	struct span both[] = { der_span(&cert), der_span(&s->ca) };
	return pkcs7_build(both, 2, out) == 0;
}

static void seal(X509 *to, const struct der *plain, struct der *out)
{
	STACK_OF(X509) *st = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(plain->p, (int)plain->n);
	unsigned char *p = NULL;

	sk_X509_push(st, to);
	CMS_ContentInfo *cms =
		CMS_encrypt(st, in, EVP_aes_128_cbc(), CMS_BINARY);
	int n = i2d_CMS_ContentInfo(cms, &p);
	der_set(out, p, (size_t)n);
	OPENSSL_free(p);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(st);
}

static void put(
	CMS_SignerInfo *si, const char *oid, int type, const void *p, int n)
{
	if (CMS_signed_add1_attr_by_txt(si, oid, type, p, n) != 1)
		abort();
}

static void put_status(struct scep_server *s, CMS_SignerInfo *si)
{
	static const char *const text[] = { "0", "?", "2", "3" };
	const char *t = s->fault == FAULT_STATUS ? "7" : text[s->status];

	put(si, OID_STATUS, V_ASN1_PRINTABLESTRING, t, 1);
	if (s->fault == FAULT_TWO_STATUS)
		put(si, OID_STATUS, V_ASN1_PRINTABLESTRING, "2", 1);
	if (s->status == SCEP_FAILURE)
		put(si, OID_FAIL, V_ASN1_PRINTABLESTRING, "2", 1);
}

/* CertRep around the envelope (none: without content). */
static void reply(struct scep_server *s, const ASN1_STRING *nonce,
	const struct der *envelope, struct der *out)
{
	struct scep_server stranger = { 0 };
	const struct scep_server *as = s;
	uint8_t n[SCEP_NONCE];
	unsigned char *p = NULL;

	memcpy(n, ASN1_STRING_get0_data(nonce), sizeof(n));
	n[0] ^= s->fault == FAULT_NONCE;
	if (s->fault == FAULT_STRANGER) {
		scep_server_init(&stranger, false);
		as = &stranger;
	}
	EVP_PKEY *key = evp_of(as->ra_key != NULL ? as->ra_key : as->key);
	X509 *me = x509_of(as->ra_key != NULL ? &as->ra : &as->ca);
	BIO *in = BIO_new_mem_buf(
		envelope->n > 0 ? envelope->p : n, (int)envelope->n);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL,
		CMS_PARTIAL | CMS_BINARY |
			(envelope->n == 0 ? CMS_DETACHED : 0));
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, me, key, EVP_sha256(), CMS_BINARY);
	put(si, OID_TYPE, V_ASN1_PRINTABLESTRING,
		s->fault == FAULT_TYPE ? "4" : "3", 1);
	put_status(s, si);
	const char *id = s->fault == FAULT_ID ? "other" : s->id;
	put(si, OID_ID, V_ASN1_PRINTABLESTRING, id, (int)strlen(id));
	put(si, OID_SENDER, V_ASN1_OCTET_STRING, n, sizeof(n));
	put(si, OID_RECIPIENT, V_ASN1_OCTET_STRING, n, sizeof(n));
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		abort();
	int len = i2d_CMS_ContentInfo(cms, &p);
	der_set(out, p, (size_t)len);
	OPENSSL_free(p);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(me);
	EVP_PKEY_free(key);
	scep_server_fini(&stranger);
}

static bool answer(struct scep_server *s, CMS_ContentInfo *cms, struct der *out)
{
	BIO *inner = BIO_new(BIO_s_mem());
	auto_der struct der plain = { 0 }, envelope = { 0 };
	bool ok = CMS_verify(cms, NULL, NULL, NULL, inner,
			  CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	CMS_SignerInfo *si =
		ok ? sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0)
		   : NULL;

	ok = ok && attr_text(si, OID_TYPE, s->type, sizeof(s->type)) &&
	     attr_text(si, OID_ID, s->id, sizeof(s->id)) &&
	     open_envelope(s, inner);
	const ASN1_STRING *nonce =
		ok ? attr(si, OID_SENDER, V_ASN1_OCTET_STRING) : NULL;
	ok = ok && nonce != NULL && ASN1_STRING_length(nonce) == SCEP_NONCE;
	if (ok && s->status == SCEP_PENDING && strcmp(s->type, "20") != 0)
		der_set(&s->kept, s->content.p, s->content.n);
	if (ok && s->status == SCEP_SUCCESS) {
		STACK_OF(X509) *signers = CMS_get0_signers(cms);

		ok = make_result(s, &plain);
		if (ok && s->fault == FAULT_PLAIN)
			der_set(&envelope, plain.p, plain.n);
		else if (ok)
			seal(sk_X509_value(signers, 0), &plain, &envelope);
		sk_X509_free(signers);
	}
	if (ok)
		reply(s, nonce, &envelope, out);
	BIO_free(inner);
	return ok;
}

bool scep_server_answer(
	struct scep_server *s, struct span request, struct der *out)
{
	const uint8_t *p = request.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)request.n);
	bool ok = cms != NULL && answer(s, cms, out);

	CMS_ContentInfo_free(cms);
	return ok;
}

void scep_server_wrap(struct scep_server *s, const struct scep_tx *t,
	struct span content, bool sealed, struct der *out)
{
	struct der plain = { (uint8_t *)(uintptr_t)content.p, content.n };
	auto_der struct der envelope = { 0 };
	ASN1_STRING *nonce = ASN1_OCTET_STRING_new();
	const uint8_t *p = t->signer.p;
	X509 *to = d2i_X509(NULL, &p, (long)t->signer.n);

	snprintf(s->id, sizeof(s->id), "%s", t->id);
	ASN1_STRING_set(nonce, t->nonce, SCEP_NONCE);
	if (sealed)
		seal(to, &plain, &envelope);
	reply(s, nonce, sealed ? &envelope : &plain, out);
	X509_free(to);
	ASN1_STRING_free(nonce);
}

void scep_server_crl(const struct scep_server *s, const long *serials, size_t n,
	struct der *out)
{
	X509_CRL *crl = X509_CRL_new();
	X509 *ca = x509_of(&s->ca);
	EVP_PKEY *key = evp_of(s->key);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -60);
	ASN1_TIME *until = X509_gmtime_adj(NULL, 3600);
	unsigned char *p = NULL;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	for (size_t i = 0; i < n; i++) {
		X509_REVOKED *e = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set(serial, serials[i]);
		X509_REVOKED_set_serialNumber(e, serial);
		X509_REVOKED_set_revocationDate(e, from);
		X509_CRL_add0_revoked(crl, e);
		ASN1_INTEGER_free(serial);
	}
	X509_CRL_sign(crl, key, EVP_sha256());
	int len = i2d_X509_CRL(crl, &p);
	der_set(out, p, (size_t)len);
	OPENSSL_free(p);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	EVP_PKEY_free(key);
	X509_free(ca);
	X509_CRL_free(crl);
}
