/* A certification authority for tests, valid around the present time. */
#ifndef TESTS_PKI_CA_H
#define TESTS_PKI_CA_H
#include "crypto/der.h"

struct pki_ca;
struct pki_ca *pki_ca_new(const char *cn);
void pki_ca_free(struct pki_ca *ca);
void pki_ca_cert(const struct pki_ca *ca, struct sbuf *pem);
/* For the key of a PKCS#10 request in PEM; valid from now + from_secs on for
 * life_secs.  Appends PEM. */
void pki_ca_issue(const struct pki_ca *ca, const char *request_pem, long serial,
	long from_secs, long life_secs, struct sbuf *pem);
#endif
