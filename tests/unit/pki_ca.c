/* A certification authority for tests. */
#include "tests/unit/pki_ca.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct pki_ca {
	EVP_PKEY *key;
	X509 *cert;
};

static void extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert(e != NULL);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *blank(long serial, long from_secs, long life_secs)
{
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	X509_gmtime_adj(X509_getm_notBefore(x), from_secs);
	X509_gmtime_adj(X509_getm_notAfter(x), from_secs + life_secs);
	return x;
}

struct pki_ca *pki_ca_new(const char *cn)
{
	struct pki_ca *ca = xcalloc(1, sizeof(*ca));
	X509 *x = ca->cert = blank(1, -3600, 90L * 86400);
	X509_NAME *name = X509_get_subject_name(x);

	ca->key = EVP_EC_gen("P-256");
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
		(const unsigned char *)"Orbit Lab", -1, -1, 0);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, ca->key);
	extension(x, x, NID_basic_constraints, "critical,CA:TRUE");
	extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert(X509_sign(x, ca->key, EVP_sha256()) > 0);
	return ca;
}

void pki_ca_free(struct pki_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	free(ca);
}

static void add_pem(X509 *x, struct sbuf *pem)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	pem_add(pem, "CERTIFICATE", SPAN(der, (size_t)n));
	OPENSSL_free(der);
}

void pki_ca_cert(const struct pki_ca *ca, struct sbuf *pem)
{
	add_pem(ca->cert, pem);
}

void pki_ca_issue(const struct pki_ca *ca, const char *request_pem, long serial,
	long from_secs, long life_secs, struct sbuf *pem)
{
	BIO *b = BIO_new_mem_buf(request_pem, -1);
	X509_REQ *req = PEM_read_bio_X509_REQ(b, NULL, NULL, NULL);
	X509 *x = blank(serial, from_secs, life_secs);

	assert(req != NULL);
	X509_set_subject_name(x, X509_REQ_get_subject_name(req));
	X509_set_issuer_name(x, X509_get_subject_name(ca->cert));
	X509_set_pubkey(x, X509_REQ_get0_pubkey(req));
	assert(X509_sign(x, ca->key, EVP_sha256()) > 0);
	add_pem(x, pem);
	X509_free(x);
	X509_REQ_free(req);
	BIO_free(b);
}
