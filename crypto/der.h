/* Encoded objects (certificates, requests, CRLs, bundles) as bytes, and the
 * text forms in which people and files carry them (RFC 7468, RFC 1421). */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H
#include "base/sbuf.h"
#include "base/secret.h"
#include "crypto/sign.h"

/* Heap bytes; zero-initialised means empty. */
struct der {
	uint8_t *p;
	size_t n;
};
void der_set(struct der *d, const void *p, size_t n); /* copies */
void der_free(struct der *d);                         /* back to empty */
#define auto_der __attribute__((cleanup(der_free)))
static inline struct span der_span(const struct der *d)
{
	return (struct span){ d->p, d->n };
}

/* What one bundle may hold; beyond it the bundle is refused. */
#define DER_LIST_MAX 32
struct der_list {
	struct der v[DER_LIST_MAX];
	size_t n;
};
void der_list_free(struct der_list *l);
#define auto_der_list __attribute__((cleanup(der_list_free)))

/* Text of one bundle or object that we read. */
#define PEM_TEXT_MAX  (256 * 1024)
#define PEM_LABEL_MAX 64

/* "-----BEGIN label-----" and so on, with a line end. */
void pem_add(struct sbuf *out, const char *label, struct span der);
/* Lines of 64 base64 characters without BEGIN and END, as IOS shows a request.
 */
void base64_add(struct sbuf *out, struct span der);
/* The next BEGIN..END block at or after *text, which moves behind it.  Blocks
 * with headers (encrypted keys) are given undecrypted: label alone counts, see
 * pem_key.  False: no more, or damaged (then *text is not moved). */
bool pem_next(const char **text, char label[PEM_LABEL_MAX], struct der *out);
/* One object: the first PEM block of that label (NULL: any), or, where there is
 * no BEGIN, all the text as base64.  0, -ENOENT: no such block, -EBADMSG:
 * damaged, -EFBIG. */
int pem_object(const char *text, const char *label, struct der *out);

/* Private key in PEM, PKCS#8 or traditional, clear or encrypted; pass NULL: it
 * must be clear.  NULL and *why (a sentence end, as after `% `) otherwise. */
struct pkey *pem_key(const char *text, const char *pass, struct sbuf *why);
enum pem_cipher { PEM_CIPHER_DES, PEM_CIPHER_3DES, PEM_CIPHER_AES };
/* `crypto key export ... pem`: traditional form with Proc-Type: 4,ENCRYPTED.
 * 0 or -errno (-ENOTSUP: no single DES here). */
int pem_key_add(struct sbuf *out, const struct pkey *key, enum pem_cipher c,
	const char *pass);
int pem_public_add(struct sbuf *out, const struct pkey *key);
#endif
