/* Fetched OpenSSL algorithms, private to crypto/.  A fetch costs more than a
 * short HMAC, so each is made once for the life of the process. */
#ifndef CRYPTO_EVP_PRIV_H
#define CRYPTO_EVP_PRIV_H
#include "crypto/suite.h"

#include <openssl/evp.h>

/* None of these fails for an id of ours: a libcrypto without SHA or AES is a
 * broken installation.  evp_cipher gives NULL for single DES only. */
const EVP_MD *evp_md(enum hash_id h);
const EVP_CIPHER *evp_cipher(enum cipher_id id);
EVP_MAC_CTX *evp_hmac_new(enum hash_id h); /* without key; owned */

/* This thread's own, lent until the same is asked for again: to be initialized
 * before use, and left without the secrets that were put in. */
EVP_MAC_CTX *evp_hmac_lent(enum hash_id h);
EVP_MD_CTX *evp_md_lent(enum hash_id h);

struct pkey;
EVP_PKEY *pkey_evp(const struct pkey *k); /* lent */
struct pkey *pkey_adopt(EVP_PKEY *evp);   /* takes the reference; NULL: not a key of ours */

/* Prints OpenSSL's reason and aborts: only for what cannot fail. */
void evp_die(const char *what) __attribute__((noreturn));
#endif
