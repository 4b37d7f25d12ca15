/* Diffie-Hellman on the NIST prime curves, private to crypto/ (dh.c). */
#ifndef CRYPTO_ECP_PRIV_H
#define CRYPTO_ECP_PRIV_H
#include "base/mem.h"

#include <stdbool.h>

struct ecp_key;
/* By OpenSSL's name of the curve.  A fresh key; never fails. */
struct ecp_key *ecp_generate(const char *curve);
/* NULL when that is no private key of the curve. */
struct ecp_key *ecp_from_private(const char *curve, struct span priv);
void ecp_free(struct ecp_key *k); /* wipes; NULL is fine */
/* x | y, each as long as the field; lent. */
struct span ecp_public(const struct ecp_key *k);
/* The x of the agreement with the peer's x | y into out, which has room for
 * one coordinate; false: that is not a point of the curve. */
bool ecp_shared(const struct ecp_key *k, struct span peer, uint8_t *out);
#endif
