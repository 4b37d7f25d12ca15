/* Diffie-Hellman over MODP and ECP groups in the IKEv1 form (protocol.md A.4):
 * MODP values left-padded, ECP without the 0x04 octet, shared secret x only. */
#ifndef CRYPTO_DH_H
#define CRYPTO_DH_H
#include "base/mem.h"
#include "base/secret.h"
#include "crypto/suite.h"

struct dh;
struct dh *dh_new(uint32_t group);              /* fresh key; NULL: unknown */
struct dh *dh_from_private(uint32_t group, struct span priv); /* for vectors */
void dh_free(struct dh *d);                     /* wipes; NULL is fine */
size_t dh_public(const struct dh *d, uint8_t *out); /* bytes written */
/* Checks the peer's value (range, subgroup for 24, on the curve). 0, or
 * -EINVAL for a value that must be refused. */
int dh_shared(const struct dh *d, struct span peer, struct secret *out);
#endif
