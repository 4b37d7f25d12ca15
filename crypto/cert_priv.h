/* X509 under a struct cert, private to crypto/. */
#ifndef CRYPTO_CERT_PRIV_H
#define CRYPTO_CERT_PRIV_H
#include "crypto/cert.h"

#include <openssl/x509.h>

/* Both lent; the sources never change them. */
X509 *cert_x509(const struct cert *c);
X509_CRL *crl_x509(const struct crl *c);
time_t asn1_time(const ASN1_TIME *t); /* 0: none or nonsense */
#endif
