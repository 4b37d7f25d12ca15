/* Sealing of what is kept on disk: AES-256-GCM under a key of its own, bound
 * to the place where it is kept. */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H
#include "base/sbuf.h"

#include <stdbool.h>

#define SEAL_KEY_BYTES 32
/* Appends nonce, ciphertext and tag. place: bytes that must be the same when
 * it is opened again; may be empty. */
void seal(const uint8_t key[SEAL_KEY_BYTES], struct span place,
	struct span clear, struct sbuf *out);
/* Appends what was sealed. false, nothing appended: other key, other place, or
 * changed bytes. */
bool unseal(const uint8_t key[SEAL_KEY_BYTES], struct span place,
	struct span sealed, struct sbuf *out);
/* The key in that file, 0600; the caller wipes it.  0, -ENOENT, -EINVAL when
 * it is no such file, or -errno. */
int seal_key_load(const char *path, uint8_t key[SEAL_KEY_BYTES]);
/* A new one, on disk when this returns 0. */
int seal_key_create(const char *path, uint8_t key[SEAL_KEY_BYTES]);
#endif
