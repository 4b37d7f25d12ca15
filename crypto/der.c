/* PEM and base64 around OpenSSL's readers and writers. */
#include "crypto/der.h"

#include "crypto/evp_priv.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/buffer.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define BASE64_LINE 48 /* bytes that make 64 characters */

void der_set(struct der *d, const void *p, size_t n)
{
	uint8_t *copy = xmemdup(p, n);

	der_free(d);
	*d = (struct der){ copy, n };
}

/* Requests carry a challenge password. */
void der_free(struct der *d)
{
	if (d->p != NULL)
		mem_wipe(d->p, d->n);
	free(d->p);
	*d = (struct der){ 0 };
}

void der_list_free(struct der_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		der_free(&l->v[i]);
	l->n = 0;
}

void base64_add(struct sbuf *out, struct span der)
{
	while (der.n > 0) {
		unsigned char line[BASE64_LINE / 3 * 4 + 1];
		size_t n = der.n < BASE64_LINE ? der.n : BASE64_LINE;

		int len = EVP_EncodeBlock(line, der.p, (int)n);
		sbuf_add(out, line, (size_t)len);
		sbuf_addc(out, '\n');
		der = SPAN(der.p + n, der.n - n);
	}
}

void pem_add(struct sbuf *out, const char *label, struct span der)
{
	sbuf_printf(out, "-----BEGIN %s-----\n", label);
	base64_add(out, der);
	sbuf_printf(out, "-----END %s-----\n", label);
}

bool pem_next(const char **text, char label[PEM_LABEL_MAX], struct der *out)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;
	size_t len = strnlen(*text, PEM_TEXT_MAX + 1);

	if (len > PEM_TEXT_MAX)
		return false;
	BIO *bio = BIO_new_mem_buf(*text, (int)len);
	bool ok = bio != NULL &&
		  PEM_read_bio(bio, &name, &header, &data, &n) == 1 &&
		  strlen(name) < PEM_LABEL_MAX;
	if (ok) {
		strcpy(label, name);
		der_set(out, data, (size_t)n);
		*text += len - BIO_pending(bio);
	}
	OPENSSL_clear_free(data, (size_t)n);
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

/* All the text as base64, whatever white space is in it. */
static int base64_text(const char *text, size_t len, struct der *out)
{
	auto_free uint8_t *buf = xcalloc(1, len + 3);
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n = 0, last = 0, rc = -EBADMSG;

	if (ctx == NULL)
		return -ENOMEM;
	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(
		    ctx, buf, &n, (const unsigned char *)text, (int)len) >= 0 &&
		EVP_DecodeFinal(ctx, buf + n, &last) == 1 && n + last > 0) {
		der_set(out, buf, (size_t)(n + last));
		rc = 0;
	}
	EVP_ENCODE_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

int pem_object(const char *text, const char *label, struct der *out)
{
	size_t len = strnlen(text, PEM_TEXT_MAX + 1);
	char found[PEM_LABEL_MAX];

	if (len > PEM_TEXT_MAX)
		return -EFBIG;
	if (strstr(text, "-----BEGIN ") == NULL)
		return base64_text(text, len, out);
	while (pem_next(&text, found, out)) {
		if (label == NULL || strcmp(found, label) == 0)
			return 0;
		der_free(out);
	}
	return strstr(text, "-----BEGIN ") != NULL ? -EBADMSG : -ENOENT;
}

struct pass {
	const char *text;
	bool asked;
};

/* Never OpenSSL's own prompt: this is a daemon. */
static int give_pass(char *buf, int size, int rwflag, void *arg)
{
	struct pass *p = arg;

	(void)rwflag;
	p->asked = true;
	size_t n = p->text != NULL ? strlen(p->text) : 0;
	if (n == 0 || n > (size_t)size)
		return -1;
	memcpy(buf, p->text, n);
	return (int)n;
}

struct pkey *pem_key(const char *text, const char *pass, struct sbuf *why)
{
	size_t len = strnlen(text, PEM_TEXT_MAX + 1);
	struct pass p = { pass, false };

	evp_md(HASH_SHA1); /* old files need the legacy provider */
	BIO *bio = len <= PEM_TEXT_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
	EVP_PKEY *evp =
		bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_pass, &p)
			    : NULL;
	BIO_free(bio);
	struct pkey *k = pkey_adopt(evp);
	if (k != NULL)
		return k;
	if (!p.asked)
		sbuf_adds(why, "the text holds no private key");
	else if (pass == NULL || *pass == '\0')
		sbuf_adds(why, "the private key is encrypted");
	else
		sbuf_adds(why, "the private key cannot be decrypted: "
			       "wrong pass phrase or damaged");
	return NULL;
}

/* Moves what a memory BIO holds to *out, and wipes the BIO. */
static int bio_take(BIO *bio, struct sbuf *out)
{
	BUF_MEM *m = NULL;

	BIO_get_mem_ptr(bio, &m);
	sbuf_add(out, m->data, m->length);
	BIO_free(bio); /* clears */
	return 0;
}

int pem_key_add(struct sbuf *out, const struct pkey *key, enum pem_cipher c,
	const char *pass)
{
	static const enum cipher_id ids[] = {
		[PEM_CIPHER_DES] = CIPHER_DES,
		[PEM_CIPHER_3DES] = CIPHER_3DES,
		[PEM_CIPHER_AES] = CIPHER_AES128,
	};
	const EVP_CIPHER *cipher = evp_cipher(ids[c]);

	if (cipher == NULL)
		return -ENOTSUP;
	BIO *bio = BIO_new(BIO_s_secmem());
	if (bio == NULL)
		return -ENOMEM;
	if (PEM_write_bio_PrivateKey_traditional(bio, pkey_evp(key), cipher,
		    (const unsigned char *)pass, (int)strlen(pass), NULL,
		    NULL) != 1) {
		BIO_free(bio);
		ERR_clear_error();
		return -EIO;
	}
	return bio_take(bio, out);
}

int pem_public_add(struct sbuf *out, const struct pkey *key)
{
	uint8_t *der = NULL;
	size_t n;
	int rc = pkey_spki(key, &der, &n);

	if (rc == 0)
		pem_add(out, "PUBLIC KEY", SPAN(der, n));
	free(der);
	return rc;
}
