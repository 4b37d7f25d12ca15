/* Named private keys on disk (`crypto key generate rsa`): one 0600 file a key,
 * PKCS#8, replaced atomically, with its attributes in a small header.  Layout
 * of the directory is private to keystore.c. */
#ifndef CRYPTO_KEYSTORE_H
#define CRYPTO_KEYSTORE_H
#include "base/sbuf.h"
#include "crypto/sign.h"
#include <time.h>

#define KEY_LABEL_MAX 128
struct keystore;
struct stored_key {
	char label[KEY_LABEL_MAX + 1];
	bool exportable;
	time_t generated; /* wall clock, seconds */
	struct pkey *key; /* lent */
};
/* dir NULL: memory only (embedded trials, tests). Loads what is there; a file
 * that does not parse is skipped and named in *problems. */
struct keystore *keystore_open(const char *dir, struct sbuf *problems);
void keystore_close(struct keystore *ks);
const struct stored_key *keystore_get(const struct keystore *ks, const char *label);
/* Sorted by label; lent. */
size_t keystore_list(const struct keystore *ks, const struct stored_key **out,
	size_t max);
/* Takes a reference; replaces a key of that label. 0 or -errno. */
int keystore_put(struct keystore *ks, const char *label, struct pkey *key,
	bool exportable, time_t generated);
int keystore_remove(struct keystore *ks, const char *label); /* -ENOENT */
#endif
