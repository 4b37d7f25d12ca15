/* Passwords as IOS keeps them (ios-cli.md 5): hashes of the types 5, 8 and 9,
 * the reversible types 7 (weak) and 6 (sealed with the master key).
 *
 * Type 6 is a format of our own: AES-256-GCM under the master key; the text is
 * nonce | ciphertext | tag in base64 without padding. */
#ifndef CRYPTO_PASSWD_H
#define CRYPTO_PASSWD_H
#include "base/sbuf.h"

enum passwd_type { PASSWD_CLEAR = 0, PASSWD_MD5 = 5, PASSWD_SEALED = 6,
	PASSWD_WEAK = 7, PASSWD_SHA256 = 8, PASSWD_SCRYPT = 9 };
#define PASSWD_MAX 254 /* letters of a clear password */

/* Appends the hash, with its `$N$` in front, under a new salt.  type: MD5,
 * SHA256 or SCRYPT. */
void passwd_hash(enum passwd_type type, const char *clear, struct sbuf *out);
/* Has the text the form of such a hash? */
bool passwd_is_hash(enum passwd_type type, const char *text);
/* Does the clear text match what is stored under that type (any of them)?
 * Constant time in the contents. */
bool passwd_verify(enum passwd_type type, const char *stored,
	const char *clear);
/* The clear text of the types 0, 6 and 7: false when it cannot be had (a
 * malformed text, no master key or another one). */
bool passwd_reveal(enum passwd_type type, const char *stored,
	struct sbuf *out);
/* Type 7 with the given salt (0..15). */
void passwd_weaken(const char *clear, unsigned salt, struct sbuf *out);
/* Type 6; false: there is no master key. */
bool passwd_seal(const char *clear, struct sbuf *out);

/* The master key of type 6, one in a process: derived from a phrase (PBKDF2),
 * so that the same phrase on another router reads the same configuration. */
/* Where it is kept, 0600, and read from at once; path NULL: in memory only.
 * 0 or -errno: -ENOENT is no error and gives 0. */
int master_key_open(const char *path);
bool master_key_exists(void);
bool master_key_is(const char *phrase); /* of the one that exists */
int master_key_set(const char *phrase); /* 0 or -errno: then the old one holds */
int master_key_drop(void);
void master_key_close(void); /* wipes what is in memory */
/* 32 bytes, lent; NULL: there is none.  For crypto/passwd.c alone. */
const uint8_t *master_key_bytes(void);
#endif
