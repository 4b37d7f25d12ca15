/* HMAC, digests and the IKEv1 key expansion (RFC 2409 appendix B). */
#ifndef CRYPTO_PRF_H
#define CRYPTO_PRF_H
#include "base/mem.h"
#include "crypto/suite.h"

/* out has room for HASH_MAX_BYTES; writes hash_alg(h)->bytes of them.  The
 * parts are concatenated.  OpenSSL failing here is a broken installation and
 * aborts. */
void prf(enum hash_id h, struct span key, const struct span *parts, size_t n,
	uint8_t *out);
/* The same under one key many times: it is prepared once. */
struct prf_key;
struct prf_key *prf_key_new(enum hash_id h, struct span key);
void prf_key_free(struct prf_key *k); /* wipes; NULL is fine */
void prf_keyed(struct prf_key *k, const struct span *parts, size_t n,
	uint8_t *out);
void digest(enum hash_id h, const struct span *parts, size_t n, uint8_t *out);
/* Cipher key from SKEYID_e: cut when long enough, else Ka = K1 | K2 ... */
void ike_expand_key(
	enum hash_id h, struct span skeyid_e, uint8_t *out, size_t n);
#endif
