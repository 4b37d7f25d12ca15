/* Certification authorities made on the spot, for tests of certificates. */
#ifndef TESTS_CA_WORLD_H
#define TESTS_CA_WORLD_H
#include "crypto/cert.h"

struct ca_spec {
	const char *subject;   /* common name; o=Orbit Lab is added */
	const char *ext[6][2]; /* OpenSSL's name and value, until NULL */
	long serial;           /* 0: 1 */
	time_t from, to;       /* 0: a year around CA_NOW */
	const char *digest;    /* NULL: SHA256 */
	const char *hostname;  /* unstructuredName of the subject; NULL: none */
};
#define CA_NOW 1790000000 /* 2026-09-21 */
#define CA_DAY 86400

/* An issued certificate: NULL issuer signs itself with `key`.  Aborts on what
 * cannot be made. */
struct cert *ca_issue(const struct ca_spec *spec, struct pkey *key,
	const struct cert *issuer, struct pkey *issuer_key);
/* The same as octets, which may be more than we read; out: lent from them. */
uint8_t *ca_issue_der(const struct ca_spec *spec, struct pkey *key,
	const struct cert *issuer, struct pkey *issuer_key, struct span *out);
/* A CRL of these serial numbers, good for a day from `from`. */
struct crl *ca_crl(const struct cert *issuer, struct pkey *issuer_key,
	time_t from, const long *serials, size_t n);
/* Keys made once a process: 0..3 EC P-256, then RSA 2048; lent. */
struct pkey *ca_key_ec(unsigned i);
struct pkey *ca_key_rsa(unsigned i);
void ca_keys_free(void);
#endif
