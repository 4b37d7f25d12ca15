/* ESP's ciphers and HMACs by OpenSSL.  Keys are set once; per packet there are
 * as few calls as will do: EVP_Cipher() has no padding or buffering to mind. */
#include "dataplane/user_esp_priv.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE 12
#define SALT  4
#define TAG   16

struct esp_openssl {
	struct esp_shape shape;
	uint8_t nonce[NONCE]; /* begins with the salt */
	EVP_CIPHER_CTX *cipher;
	OSSL_PARAM tag[2];
	/* HMAC with the key already absorbed: copying a context is cheaper
	 * than keying one. */
	EVP_MD_CTX *ipad, *opad, *work;
};

void esp_openssl_free(struct esp_openssl *o)
{
	if (!o)
		return;
	EVP_CIPHER_CTX_free(o->cipher);
	EVP_MD_CTX_free(o->ipad);
	EVP_MD_CTX_free(o->opad);
	EVP_MD_CTX_free(o->work);
	mem_wipe(o, sizeof(*o));
	free(o);
}

static bool cipher_init(
	struct esp_openssl *o, const struct esp_suite *s, const uint8_t *key)
{
	char name[32] = "";
	EVP_CIPHER *cipher;
	bool ok;

	switch (s->cipher) {
	case ESP_CIPHER_DES:
		if (!cipher_available(CIPHER_DES))
			return false;
		strcpy(name, "DES-CBC");
		break;
	case ESP_CIPHER_3DES:
		strcpy(name, "DES-EDE3-CBC");
		break;
	case ESP_CIPHER_AES_CBC:
		snprintf(name, sizeof(name), "AES-%u-CBC", s->key_bits);
		break;
	default:
		snprintf(name, sizeof(name), "AES-%u-GCM", s->key_bits);
		break;
	}
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (!cipher)
		return false;
	o->cipher = EVP_CIPHER_CTX_new();
	ok = o->cipher && EVP_CipherInit_ex2(o->cipher, cipher, key, NULL,
				  o->shape.seal, NULL);
	EVP_CIPHER_free(cipher);
	return ok;
}

static EVP_MD_CTX *pad_new(
	const EVP_MD *md, const struct keybuf *key, uint8_t pad)
{
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	uint8_t block[128];
	size_t n = (size_t)EVP_MD_get_block_size(md);

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key->n; i++)
		block[i] ^= key->b[i];
	if (!m || !EVP_DigestInit_ex2(m, md, NULL) ||
		!EVP_DigestUpdate(m, block, n)) {
		EVP_MD_CTX_free(m);
		m = NULL;
	}
	mem_wipe(block, sizeof(block));
	return m;
}

static bool hmac_init(
	struct esp_openssl *o, enum hash_id hash, const struct keybuf *key)
{
	EVP_MD *md = EVP_MD_fetch(NULL, hash_alg(hash)->openssl, NULL);

	if (!md)
		return false;
	o->ipad = pad_new(md, key, 0x36);
	o->opad = pad_new(md, key, 0x5c);
	o->work = EVP_MD_CTX_new();
	EVP_MD_free(md);
	return o->ipad && o->opad && o->work;
}

static bool is_aead(const struct esp_openssl *o)
{
	return o->shape.kind == ESP_KIND_GCM || o->shape.kind == ESP_KIND_GMAC;
}

struct esp_openssl *esp_openssl_new(const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth)
{
	struct esp_openssl *o = xcalloc(1, sizeof(*o));
	bool ok = true;

	o->shape = *shape;
	if (is_aead(o)) {
		memcpy(o->nonce, enc->b + enc->n - SALT, SALT);
		o->tag[0] = OSSL_PARAM_construct_octet_string(
			OSSL_CIPHER_PARAM_AEAD_TAG, NULL, TAG);
		o->tag[1] = OSSL_PARAM_construct_end();
	} else if (shape->icv_bytes) {
		ok = hmac_init(o, esp_auth_alg(s->auth)->hash, auth);
	}
	if (ok && shape->kind != ESP_KIND_NULL)
		ok = cipher_init(o, s, enc->b);
	if (!ok) {
		esp_openssl_free(o);
		return NULL;
	}
	return o;
}

static bool hmac(
	struct esp_openssl *o, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t inner[EVP_MAX_MD_SIZE];
	unsigned len;

	return EVP_MD_CTX_copy_ex(o->work, o->ipad) &&
	       EVP_DigestUpdate(o->work, p, n) &&
	       EVP_DigestFinal_ex(o->work, inner, &len) &&
	       EVP_MD_CTX_copy_ex(o->work, o->opad) &&
	       EVP_DigestUpdate(o->work, inner, len) &&
	       EVP_DigestFinal_ex(o->work, out, &len);
}

static bool cbc(struct esp_openssl *o, const struct esp_frame *f)
{
	return EVP_CipherInit_ex2(
		       o->cipher, NULL, NULL, f->esp + 8, -1, NULL) &&
	       EVP_Cipher(o->cipher, f->data, f->data, (unsigned)f->body) > 0;
}

/* All of GCM but the tag, whose place is set.  Authenticated only are SPI and
 * sequence; with GMAC the whole packet, IV included (RFC 4543 3.3).  When
 * opening, the tag is compared by the last call, in constant time. */
static bool aead(struct esp_openssl *o, const struct esp_frame *f)
{
	bool gmac = o->shape.kind == ESP_KIND_GMAC;
	size_t aad = gmac ? (size_t)(f->data - f->esp) + f->body : 8;

	memcpy(o->nonce + SALT, f->esp + 8, NONCE - SALT);
	o->tag[0].data = f->data + f->body;
	return EVP_CipherInit_ex2(o->cipher, NULL, NULL, o->nonce, -1,
		       o->shape.seal ? NULL : o->tag) &&
	       EVP_Cipher(o->cipher, NULL, f->esp, (unsigned)aad) >= 0 &&
	       (gmac || EVP_Cipher(o->cipher, f->data, f->data,
				(unsigned)f->body) >= 0) &&
	       EVP_Cipher(o->cipher, NULL, NULL, 0) >= 0;
}

static bool icv_put(struct esp_openssl *o, const struct esp_frame *f)
{
	uint8_t icv[EVP_MAX_MD_SIZE];
	size_t n = (size_t)(f->data - f->esp) + f->body;

	if (!o->shape.icv_bytes)
		return true;
	if (!hmac(o, f->esp, n, icv))
		return false;
	memcpy(f->esp + n, icv, o->shape.icv_bytes);
	return true;
}

static bool icv_good(struct esp_openssl *o, const struct esp_frame *f)
{
	uint8_t icv[EVP_MAX_MD_SIZE];
	size_t n = (size_t)(f->data - f->esp) + f->body;

	return !o->shape.icv_bytes ||
	       (hmac(o, f->esp, n, icv) &&
		       mem_equal_secret(icv, f->esp + n, o->shape.icv_bytes));
}

bool esp_openssl_seal(struct esp_openssl *o, const struct esp_frame *f)
{
	if (is_aead(o))
		return aead(o, f) &&
		       EVP_CIPHER_CTX_get_params(o->cipher, o->tag);
	return (o->shape.kind == ESP_KIND_NULL || cbc(o, f)) && icv_put(o, f);
}

bool esp_openssl_open(struct esp_openssl *o, const struct esp_frame *f)
{
	if (is_aead(o))
		return aead(o, f);
	return icv_good(o, f) && (o->shape.kind == ESP_KIND_NULL || cbc(o, f));
}
