/* CBC without padding, in place, for ISAKMP and GDOI messages. */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H
#include "crypto/suite.h"

/* n is a multiple of the block.  iv is the starting vector and stays; the
 * caller keeps the last ciphertext block for its chain.  0 or -errno. */
int cbc_encrypt(const struct cipher_alg *a, const uint8_t *key,
	const uint8_t *iv, uint8_t *buf, size_t n);
int cbc_decrypt(const struct cipher_alg *a, const uint8_t *key,
	const uint8_t *iv, uint8_t *buf, size_t n);
#endif
