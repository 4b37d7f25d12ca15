/* Between the parts of enrolment, private to crypto/. */
#ifndef CRYPTO_ENROLL_PRIV_H
#define CRYPTO_ENROLL_PRIV_H
#include "crypto/enroll.h"

#include <openssl/x509.h>

/* Adds the attributes of *text to a name; false and *why. */
bool x500_read(const char *text, X509_NAME *name, struct sbuf *why);
/* All of an object's DER, no byte more; NULL. */
X509 *x509_read(struct span der);
X509_CRL *x509_crl_read(struct span der);
/* Appends an encoded certificate; -E2BIG, -EIO. */
int der_list_add_x509(struct der_list *l, X509 *x);
/* UTC seconds; false and 0: absent or unreadable. */
bool asn1_time_read(const ASN1_TIME *t, time_t *out);
/* 0, or -ETIME and *why; until 0: no end.  Allows for clocks that differ. */
int validity_check(time_t from, time_t until, time_t now, const char *what,
	struct sbuf *why);
#endif
