/* Certificate revocation lists as immutable values. */
#include "crypto/cert.h"

#include "crypto/cert_priv.h"
#include "crypto/evp_priv.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

struct crl {
	X509_CRL *x509;
	uint8_t *der;
	size_t der_n;
	unsigned refs;
};

X509_CRL *crl_x509(const struct crl *c)
{
	return c->x509;
}

struct crl *crl_from_der(struct span der)
{
	const uint8_t *p = der.p;

	if (der.n == 0 || der.n > CRL_DER_MAX)
		return NULL;
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)der.n);

	if (x != NULL && p != der.p + der.n) {
		X509_CRL_free(x);
		x = NULL;
	}
	ERR_clear_error();
	if (x == NULL)
		return NULL;
	struct crl *c = xcalloc(1, sizeof(*c));

	c->x509 = x;
	c->der = xmemdup(der.p, der.n);
	c->der_n = der.n;
	c->refs = 1;
	return c;
}

struct crl *crl_from_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	unsigned char *der = NULL;
	struct crl *c = NULL;
	long n = 0;

	if (bio != NULL && PEM_bytes_read_bio(&der, &n, NULL,
				   PEM_STRING_X509_CRL, bio, NULL, NULL) == 1)
		c = crl_from_der(SPAN(der, (size_t)n));
	OPENSSL_free(der);
	BIO_free(bio);
	ERR_clear_error();
	return c;
}

struct crl *crl_ref(struct crl *c)
{
	c->refs++;
	return c;
}

void crl_unref(struct crl *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	X509_CRL_free(c->x509);
	free(c->der);
	free(c);
}

struct span crl_der(const struct crl *c)
{
	return SPAN(c->der, c->der_n);
}

struct span crl_issuer_der(const struct crl *c)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_get0_der(X509_CRL_get_issuer(c->x509), &p, &n) != 1)
		return SPAN(NULL, 0);
	return SPAN(p, n);
}

time_t crl_this_update(const struct crl *c)
{
	return asn1_time(X509_CRL_get0_lastUpdate(c->x509));
}

time_t crl_next_update(const struct crl *c)
{
	return asn1_time(X509_CRL_get0_nextUpdate(c->x509));
}

size_t crl_count(const struct crl *c)
{
	int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(c->x509));

	return n > 0 ? (size_t)n : 0;
}

bool crl_has_serial(const struct crl *c, struct span serial)
{
	ASN1_INTEGER *s = ASN1_INTEGER_new();
	X509_REVOKED *entry = NULL;
	bool found = s != NULL &&
		     ASN1_STRING_set(s, serial.p, (int)serial.n) == 1 &&
		     X509_CRL_get0_by_serial(c->x509, &entry, s) == 1;

	ASN1_INTEGER_free(s);
	ERR_clear_error();
	return found;
}

bool crl_signed_by(const struct crl *c, const struct cert *ca)
{
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(ca));
	bool ok = key != NULL && X509_CRL_verify(c->x509, key) == 1;

	ERR_clear_error();
	return ok;
}
