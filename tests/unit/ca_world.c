/* Certification authorities made on the spot, for tests of certificates. */
#include "tests/unit/ca_world.h"

#include <assert.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define KEYS 4

static struct pkey *ec[KEYS], *rsa[KEYS];

struct pkey *ca_key_ec(unsigned i)
{
	if (ec[i] == NULL)
		ec[i] = pkey_ec_generate(256);
	return ec[i];
}

struct pkey *ca_key_rsa(unsigned i)
{
	if (rsa[i] == NULL)
		rsa[i] = pkey_rsa_generate(2048);
	return rsa[i];
}

void ca_keys_free(void)
{
	for (unsigned i = 0; i < KEYS; i++) {
		pkey_unref(ec[i]);
		pkey_unref(rsa[i]);
		ec[i] = rsa[i] = NULL;
	}
}

static EVP_PKEY *private_of(const struct pkey *k)
{
	auto_secret struct secret der = { 0 };
	const uint8_t *p;

	assert(pkey_pkcs8(k, &der) == 0);
	p = der.p;
	EVP_PKEY *evp = d2i_AutoPrivateKey(NULL, &p, (long)der.n);
	assert(evp != NULL);
	return evp;
}

static X509 *x509_of(const struct cert *c)
{
	struct span der = cert_der(c);
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	assert(x != NULL);
	return x;
}

static void name_set(X509_NAME *name, const char *cn)
{
	assert(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
		       (const unsigned char *)"Orbit Lab", -1, -1, 0) == 1);
	assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		       (const unsigned char *)cn, -1, -1, 0) == 1);
}

static void extensions_add(X509 *x, X509 *issuer, const struct ca_spec *s)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(s->ext) && s->ext[i][0] != NULL;
		i++) {
		X509_EXTENSION *e = X509V3_EXT_conf(
			NULL, &ctx, s->ext[i][0], s->ext[i][1]);

		assert(e != NULL && X509_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
}

uint8_t *ca_issue_der(const struct ca_spec *s, struct pkey *key,
	const struct cert *issuer, struct pkey *issuer_key, struct span *out)
{
	X509 *x = X509_new(), *up = issuer != NULL ? x509_of(issuer) : x;
	EVP_PKEY *own = private_of(key),
		 *signer = private_of(issuer != NULL ? issuer_key : key);
	const EVP_MD *md =
		EVP_get_digestbyname(s->digest != NULL ? s->digest : "SHA256");
	unsigned char *der = NULL;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(
		X509_get_serialNumber(x), s->serial != 0 ? s->serial : 1);
	ASN1_TIME_set(X509_getm_notBefore(x),
		s->from != 0 ? s->from : CA_NOW - 180 * CA_DAY);
	ASN1_TIME_set(X509_getm_notAfter(x),
		s->to != 0 ? s->to : CA_NOW + 180 * CA_DAY);
	name_set(X509_get_subject_name(x), s->subject);
	if (s->hostname != NULL)
		assert(X509_NAME_add_entry_by_NID(X509_get_subject_name(x),
			       NID_pkcs9_unstructuredName, MBSTRING_ASC,
			       (const unsigned char *)s->hostname, -1, -1,
			       0) == 1);
	X509_set_issuer_name(x, X509_get_subject_name(up));
	X509_set_pubkey(x, own);
	extensions_add(x, up, s);
	assert(X509_sign(x, signer, md) > 0);
	size_t n = (size_t)i2d_X509(x, &der);
	uint8_t *copy = xmemdup(der, n);

	*out = SPAN(copy, n);
	OPENSSL_free(der);
	EVP_PKEY_free(own);
	EVP_PKEY_free(signer);
	if (up != x)
		X509_free(up);
	X509_free(x);
	return copy;
}

struct cert *ca_issue(const struct ca_spec *s, struct pkey *key,
	const struct cert *issuer, struct pkey *issuer_key)
{
	struct span der;
	auto_free uint8_t *own =
		ca_issue_der(s, key, issuer, issuer_key, &der);

	return cert_from_der(der);
}

struct crl *ca_crl(const struct cert *issuer, struct pkey *issuer_key,
	time_t from, const long *serials, size_t n)
{
	X509_CRL *crl = X509_CRL_new();
	X509 *up = x509_of(issuer);
	EVP_PKEY *signer = private_of(issuer_key);
	ASN1_TIME *last = ASN1_TIME_set(NULL, from);
	ASN1_TIME *next = ASN1_TIME_set(NULL, from + CA_DAY);
	unsigned char *der = NULL;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(up));
	X509_CRL_set1_lastUpdate(crl, last);
	X509_CRL_set1_nextUpdate(crl, next);
	for (size_t i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set(serial, serials[i]);
		X509_REVOKED_set_serialNumber(r, serial);
		X509_REVOKED_set_revocationDate(r, last);
		assert(X509_CRL_add0_revoked(crl, r) == 1);
		ASN1_INTEGER_free(serial);
	}
	X509_CRL_sort(crl);
	assert(X509_CRL_sign(crl, signer, EVP_sha256()) > 0);
	int len = i2d_X509_CRL(crl, &der);
	struct crl *c = crl_from_der(SPAN(der, (size_t)len));

	assert(c != NULL);
	OPENSSL_free(der);
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	EVP_PKEY_free(signer);
	X509_free(up);
	X509_CRL_free(crl);
	return c;
}
