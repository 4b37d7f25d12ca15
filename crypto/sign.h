/* Asymmetric keys and signatures.  Wraps EVP_PKEY; the type is opaque so that
 * OpenSSL stays inside crypto/. */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H
#include "base/mem.h"
#include "base/secret.h"
#include "crypto/suite.h"
#include <time.h>

/* RSA up to 8192 bits, or EC on P-256, P-384 or P-521: every constructor gives
 * NULL for anything else.  Reference counted. */
struct pkey;
/* 512..8192 bits; NULL: outside (OpenSSL makes no shorter ones) or failed. */
struct pkey *pkey_rsa_generate(unsigned bits);
struct pkey *pkey_ec_generate(unsigned bits); /* 256, 384, 521 */
struct pkey *pkey_from_pkcs8_der(struct span der);
struct pkey *pkey_from_pem(const char *pem);   /* private, for vectors */
/* SubjectPublicKeyInfo or bare RSAPublicKey (protocol.md B.8). */
struct pkey *pkey_from_public_der(struct span der);
struct pkey *pkey_ref(struct pkey *k);
void pkey_unref(struct pkey *k);
enum pkey_type { PKEY_RSA, PKEY_EC };
enum pkey_type pkey_type(const struct pkey *k);
bool pkey_is_rsa(const struct pkey *k);
unsigned pkey_bits(const struct pkey *k);       /* of the modulus or curve */
/* The modulus in bytes, or of r | s: 64, 96, 132. */
size_t pkey_sig_bytes(const struct pkey *k);
/* The hash that RFC 4754 ties to an EC key's curve; HASH_NONE for RSA. */
enum hash_id pkey_ec_hash(const struct pkey *k);
/* Do both have the same public half?  A certificate belongs to a key so. */
bool pkey_same_public(const struct pkey *a, const struct pkey *b);
int pkey_spki(const struct pkey *k, uint8_t **der, size_t *n); /* malloced */
int pkey_pkcs8(const struct pkey *k, struct secret *out);      /* clear DER */

/* The PUSH signature and phase-1 signature forms (protocol.md B.2, A.9).  An EC
 * key signs the hash as it is, without hashing once more, and gives r | s, each
 * padded to the curve's bytes (RFC 4754 7); it has no forms: `form` is ignored,
 * `matched` is told RSA_FORM_BARE. */
enum rsa_form { RSA_FORM_DIGESTINFO, RSA_FORM_BARE };
/* sig has room for pkey_sig_bytes. 0 or -errno (-EMSGSIZE: key too short). */
int pkey_sign_hash(const struct pkey *k, enum hash_id h, enum rsa_form form,
	const uint8_t *hash, uint8_t *sig, size_t *sig_n);
/* Recovers the block and compares it in full with the legal encodings; tells
 * which one matched.  false: refuse. */
bool pkey_verify_hash(const struct pkey *k, enum hash_id h, const uint8_t *hash,
	struct span sig, enum rsa_form *matched);
#endif
