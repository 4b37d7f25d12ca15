/* Certificates as immutable values: reading, plain facts.  Names are in
 * cert_name.c, trust in cert_verify.c. */
#include "crypto/cert.h"

#include "crypto/cert_priv.h"
#include "crypto/evp_priv.h"
#include "crypto/prf.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct cert {
	X509 *x509;
	struct pkey *key; /* NULL: none of ours */
	uint8_t *der;
	size_t der_n;
	unsigned refs;
};

X509 *cert_x509(const struct cert *c)
{
	return c->x509;
}

/* Is the encoding the only one there is?  BER, padding and bytes behind the end
 * would give one certificate several digests. */
static bool is_der(const X509 *x, struct span in)
{
	unsigned char *again = NULL;
	int n = i2d_X509(x, &again);
	bool same = n > 0 && (size_t)n == in.n && memcmp(again, in.p, in.n) == 0;

	OPENSSL_free(again);
	return same;
}

struct cert *cert_from_der(struct span der)
{
	const uint8_t *p = der.p;

	if (der.n == 0 || der.n > CERT_DER_MAX)
		return NULL;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	/* Extensions that do not parse show here, not in mid verification. */
	if (x != NULL && (!is_der(x, der) || X509_check_purpose(x, -1, 0) != 1 ||
				 (X509_get_extension_flags(x) & EXFLAG_INVALID))) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	if (x == NULL)
		return NULL;
	struct cert *c = xcalloc(1, sizeof(*c));

	c->x509 = x;
	c->key = pkey_adopt(X509_get_pubkey(x));
	c->der = xmemdup(der.p, der.n);
	c->der_n = der.n;
	c->refs = 1;
	return c;
}

struct cert *cert_from_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	unsigned char *der = NULL;
	struct cert *c = NULL;
	long n = 0;

	if (bio != NULL && PEM_bytes_read_bio(&der, &n, NULL, PEM_STRING_X509,
				   bio, NULL, NULL) == 1)
		c = cert_from_der(SPAN(der, (size_t)n));
	OPENSSL_free(der);
	BIO_free(bio);
	ERR_clear_error();
	return c;
}

struct cert *cert_ref(struct cert *c)
{
	c->refs++;
	return c;
}

void cert_unref(struct cert *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	X509_free(c->x509);
	pkey_unref(c->key);
	free(c->der);
	free(c);
}

bool cert_equal(const struct cert *a, const struct cert *b)
{
	return a == b || (a->der_n == b->der_n &&
				 memcmp(a->der, b->der, a->der_n) == 0);
}

struct span cert_der(const struct cert *c)
{
	return SPAN(c->der, c->der_n);
}

static struct span name_der(const X509_NAME *name)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_get0_der(name, &p, &n) != 1)
		return SPAN(NULL, 0);
	return SPAN(p, n);
}

struct span cert_subject_der(const struct cert *c)
{
	return name_der(X509_get_subject_name(c->x509));
}

struct span cert_issuer_der(const struct cert *c)
{
	return name_der(X509_get_issuer_name(c->x509));
}

struct span cert_serial(const struct cert *c)
{
	const ASN1_INTEGER *s = X509_get0_serialNumber(c->x509);

	return SPAN(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

void cert_serial_text(const struct cert *c, struct sbuf *out)
{
	struct span s = cert_serial(c);

	for (size_t i = 0; i < s.n; i++)
		sbuf_printf(out, "%02X", s.p[i]);
}

struct pkey *cert_public(const struct cert *c)
{
	return c->key;
}

time_t asn1_time(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
		ERR_clear_error();
		return 0;
	}
	return timegm(&tm);
}

time_t cert_not_before(const struct cert *c)
{
	return asn1_time(X509_get0_notBefore(c->x509));
}

time_t cert_not_after(const struct cert *c)
{
	return asn1_time(X509_get0_notAfter(c->x509));
}

void cert_digest(const struct cert *c, enum hash_id h, uint8_t *out)
{
	const struct span der = cert_der(c);

	digest(h, &der, 1, out);
}

bool cert_is_ca(const struct cert *c)
{
	return X509_check_ca(c->x509) != 0;
}

bool cert_is_self_issued(const struct cert *c)
{
	return (X509_get_extension_flags(c->x509) & EXFLAG_SI) != 0;
}

/* All bits without the extension. */
bool cert_may_sign(const struct cert *c)
{
	return (X509_get_key_usage(c->x509) &
		       (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

bool cert_may_encipher(const struct cert *c)
{
	return (X509_get_key_usage(c->x509) & KU_KEY_ENCIPHERMENT) != 0;
}
