/* PKCS#7 certs-only messages and PKCS#12 files. */
#include "crypto/enroll.h"

#include "crypto/enroll_priv.h"
#include "crypto/evp_priv.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE_MAX (1024 * 1024)
/* Key derivation rounds that a file may ask of us: the work of seconds. */
#define PKCS12_ROUNDS_MAX 10000000

X509 *x509_read(struct span der)
{
	const uint8_t *p = der.p;
	X509 *x = der.n <= BUNDLE_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x != NULL && p != der.p + der.n) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

X509_CRL *x509_crl_read(struct span der)
{
	const uint8_t *p = der.p;

	X509_CRL *x =
		der.n <= LONG_MAX ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
	if (x != NULL && p != der.p + der.n) {
		X509_CRL_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

static int list_add(struct der_list *l, unsigned char *p, int n)
{
	int rc = 0;

	if (n <= 0)
		rc = -EIO;
	else if (l->n == DER_LIST_MAX)
		rc = -E2BIG;
	else
		der_set(&l->v[l->n++], p, (size_t)n);
	OPENSSL_free(p);
	return rc;
}

int der_list_add_x509(struct der_list *l, X509 *x)
{
	unsigned char *p = NULL;
	int n = i2d_X509(x, &p);

	return list_add(l, p, n);
}

static int add_crl(struct der_list *l, X509_CRL *x)
{
	unsigned char *p = NULL;
	int n = i2d_X509_CRL(x, &p);

	return list_add(l, p, n);
}

static int take_all(const STACK_OF(X509) * x, const STACK_OF(X509_CRL) * c,
	struct der_list *certs, struct der_list *crls)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < sk_X509_num(x); i++)
		rc = der_list_add_x509(certs, sk_X509_value(x, i));
	if (crls == NULL)
		return rc;
	for (int i = 0; rc == 0 && i < sk_X509_CRL_num(c); i++)
		rc = add_crl(crls, sk_X509_CRL_value(c, i));
	return rc;
}

int pkcs7_parse(struct span der, struct der_list *certs, struct der_list *crls)
{
	const uint8_t *p = der.p;
	int rc = -EBADMSG;

	if (der.n > LONG_MAX)
		return -EFBIG;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)der.n);
	if (p7 != NULL && PKCS7_type_is_signed(p7) && p7->d.sign != NULL)
		rc = take_all(p7->d.sign->cert, p7->d.sign->crl, certs, crls);
	PKCS7_free(p7);
	ERR_clear_error();
	if (rc < 0) {
		der_list_free(certs);
		if (crls != NULL)
			der_list_free(crls);
	}
	return rc;
}

static bool add_certs(PKCS7 *p7, const struct span *certs, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		X509 *x = x509_read(certs[i]);

		ok = x != NULL && PKCS7_add_certificate(p7, x) == 1;
		X509_free(x);
	}
	return ok;
}

int pkcs7_build(const struct span *certs, size_t n, struct der *out)
{
	PKCS7 *p7 = PKCS7_new();
	unsigned char *p = NULL;
	int len = 0;

	if (p7 != NULL && PKCS7_set_type(p7, NID_pkcs7_signed) == 1 &&
		PKCS7_content_new(p7, NID_pkcs7_data) == 1 &&
		PKCS7_set_detached(p7, 1) >= 0 && add_certs(p7, certs, n))
		len = i2d_PKCS7(p7, &p);
	if (len > 0)
		der_set(out, p, (size_t)len);
	OPENSSL_free(p);
	PKCS7_free(p7);
	ERR_clear_error();
	return len > 0 ? 0 : -EBADMSG;
}

void pkcs12_free(struct pkcs12 *p)
{
	pkey_unref(p->key);
	p->key = NULL;
	der_free(&p->cert);
	der_list_free(&p->chain);
}

static int take_pkcs12(EVP_PKEY *evp, X509 *cert, const STACK_OF(X509) * rest,
	struct pkcs12 *out)
{
	unsigned char *p = NULL;
	int rc = 0, n = cert != NULL ? i2d_X509(cert, &p) : 0;

	*out = (struct pkcs12){ .key = pkey_adopt(evp) };
	if (n > 0)
		der_set(&out->cert, p, (size_t)n);
	OPENSSL_free(p);
	rc = take_all(rest, NULL, &out->chain, NULL);
	if (rc < 0)
		pkcs12_free(out);
	return rc;
}

/* The MAC is checked first: what is behind it is then the file's author's. */
static int check_mac(PKCS12 *p12, const char *pass)
{
	const ASN1_INTEGER *rounds = NULL;
	int64_t n = 1;

	if (PKCS12_mac_present(p12) != 1)
		return -EBADMSG;
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, p12);
	if (rounds != NULL && ASN1_INTEGER_get_int64(&n, rounds) != 1)
		return -EBADMSG;
	if (n < 1 || n > PKCS12_ROUNDS_MAX)
		return -EBADMSG;
	return PKCS12_verify_mac(p12, pass, -1) == 1 ? 0 : -EACCES;
}

int pkcs12_parse(struct span der, const char *pass, struct pkcs12 *out)
{
	const uint8_t *p = der.p;
	EVP_PKEY *evp = NULL;
	X509 *cert = NULL;
	STACK_OF(X509) *rest = NULL;

	*out = (struct pkcs12){ 0 };
	if (der.n > BUNDLE_MAX)
		return -E2BIG;
	evp_md(HASH_SHA1); /* RC2 of old files is in the legacy provider */
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)der.n);
	int rc = p12 != NULL ? check_mac(p12, pass) : -EBADMSG;
	if (rc == 0)
		rc = PKCS12_parse(p12, pass, &evp, &cert, &rest) == 1
			     ? take_pkcs12(evp, cert, rest, out)
			     : -EBADMSG;
	PKCS12_free(p12);
	X509_free(cert);
	sk_X509_pop_free(rest, X509_free);
	ERR_clear_error();
	return rc;
}

static STACK_OF(X509) * read_chain(const struct span *chain, size_t n)
{
	STACK_OF(X509) *st = sk_X509_new_null();
	bool ok = st != NULL;

	for (size_t i = 0; ok && i < n; i++) {
		X509 *x = x509_read(chain[i]);

		ok = x != NULL && sk_X509_push(st, x) > 0;
		if (!ok)
			X509_free(x);
	}
	if (ok)
		return st;
	sk_X509_pop_free(st, X509_free);
	return NULL;
}

int pkcs12_build(const struct pkey *key, struct span cert,
	const struct span *chain, size_t n_chain, const char *name,
	const char *pass, struct der *out)
{
	X509 *x = x509_read(cert);
	STACK_OF(X509) *st = read_chain(chain, n_chain);
	PKCS12 *p12 = NULL;
	unsigned char *p = NULL;
	int rc = -EINVAL;

	if (x != NULL && st != NULL)
		p12 = PKCS12_create(
			pass, name, pkey_evp(key), x, st, 0, 0, 0, 0, 0);
	int n = p12 != NULL ? i2d_PKCS12(p12, &p) : 0;
	if (n > 0) {
		der_set(out, p, (size_t)n);
		rc = 0;
	}
	OPENSSL_free(p);
	PKCS12_free(p12);
	sk_X509_pop_free(st, X509_free);
	X509_free(x);
	ERR_clear_error();
	return rc;
}
