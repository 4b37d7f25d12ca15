/* ESP sealing and opening with OpenSSL, in place. */
#include "dataplane/user_esp.h"
#include "base/rd.h"
#include "base/wr.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_IPV4  4
#define NEXT_DUMMY 59
#define IP_DF      0x4000
#define NONCE      12

enum kind { KIND_CBC, KIND_NULL, KIND_GCM, KIND_GMAC };

struct esp_ctx {
	enum kind kind;
	bool seal;
	uint8_t iv_bytes, block, icv_bytes, next;
	uint8_t salt[4];
	EVP_CIPHER_CTX *cipher;
	/* HMAC with the key already absorbed: copying a context is cheaper
	 * than keying one. */
	EVP_MD_CTX *ipad, *opad, *work;
};

void esp_ctx_free(struct esp_ctx *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->cipher);
	EVP_MD_CTX_free(c->ipad);
	EVP_MD_CTX_free(c->opad);
	EVP_MD_CTX_free(c->work);
	mem_wipe(c, sizeof(*c));
	free(c);
}

static bool cipher_init(
	struct esp_ctx *c, const struct esp_suite *s, const struct keybuf *enc)
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
	c->cipher = EVP_CIPHER_CTX_new();
	ok = c->cipher &&
	     EVP_CipherInit_ex2(
		     c->cipher, cipher, enc->b, NULL, c->seal, NULL) &&
	     EVP_CIPHER_CTX_set_padding(c->cipher, 0);
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

static bool hmac_init(struct esp_ctx *c, const struct esp_auth_alg *a,
	const struct keybuf *key)
{
	EVP_MD *md = EVP_MD_fetch(NULL, hash_alg(a->hash)->openssl, NULL);

	if (!md)
		return false;
	c->ipad = pad_new(md, key, 0x36);
	c->opad = pad_new(md, key, 0x5c);
	c->work = EVP_MD_CTX_new();
	EVP_MD_free(md);
	return c->ipad && c->opad && c->work;
}

static enum kind kind_of(uint8_t cipher)
{
	switch (cipher) {
	case ESP_CIPHER_NULL:
	case ESP_CIPHER_NONE:
		return KIND_NULL;
	case ESP_CIPHER_AES_GCM:
		return KIND_GCM;
	case ESP_CIPHER_AES_GMAC:
		return KIND_GMAC;
	default:
		return KIND_CBC;
	}
}

struct esp_ctx *esp_ctx_new(const struct esp_suite *s, const struct keybuf *enc,
	const struct keybuf *auth, bool seal)
{
	const struct esp_cipher_alg *ca = esp_cipher_alg(s->cipher);
	const struct esp_auth_alg *aa = esp_auth_alg(s->auth);
	struct esp_ctx *c;

	if (!esp_suite_valid(s) || enc->n != esp_key_bytes(s) ||
		auth->n != esp_auth_key_bytes(s))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->kind = kind_of(s->cipher);
	c->next = NEXT_IPV4;
	c->seal = seal;
	c->iv_bytes = ca ? ca->iv_bytes : 0;
	c->block = ca && ca->block > 4 ? ca->block : 4;
	if (c->kind == KIND_GCM || c->kind == KIND_GMAC) {
		c->icv_bytes = 16;
		memcpy(c->salt, enc->b + enc->n - 4, 4);
	} else if (s->auth != ESP_AUTH_NONE && aa) {
		c->icv_bytes = aa->icv_bytes;
		if (!hmac_init(c, aa, auth))
			goto fail;
	}
	if (c->kind != KIND_NULL && !cipher_init(c, s, enc))
		goto fail;
	return c;
fail:
	esp_ctx_free(c);
	return NULL;
}

void esp_ctx_next(struct esp_ctx *c, uint8_t next)
{
	c->next = next;
}

size_t esp_ctx_head(const struct esp_ctx *c)
{
	return 8u + c->iv_bytes;
}

size_t esp_ctx_iv(const struct esp_ctx *c)
{
	return c->iv_bytes;
}

static bool hmac(struct esp_ctx *c, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t inner[EVP_MAX_MD_SIZE];
	unsigned len;

	return EVP_MD_CTX_copy_ex(c->work, c->ipad) &&
	       EVP_DigestUpdate(c->work, p, n) &&
	       EVP_DigestFinal_ex(c->work, inner, &len) &&
	       EVP_MD_CTX_copy_ex(c->work, c->opad) &&
	       EVP_DigestUpdate(c->work, inner, len) &&
	       EVP_DigestFinal_ex(c->work, out, &len);
}

static bool cbc(struct esp_ctx *c, const uint8_t *iv, uint8_t *p, size_t n)
{
	int len;

	return EVP_CipherInit_ex2(c->cipher, NULL, NULL, iv, -1, NULL) &&
	       EVP_CipherUpdate(c->cipher, p, &len, p, (int)n) && len == (int)n;
}

/* Starts GCM with salt | IV and feeds what is authenticated only: SPI and
 * sequence; for GMAC the whole packet, IV included (RFC 4543 3.3). */
static bool aead_begin(
	struct esp_ctx *c, const uint8_t *iv, const uint8_t *aad, size_t n)
{
	uint8_t nonce[NONCE];
	int len;

	memcpy(nonce, c->salt, 4);
	memcpy(nonce + 4, iv, 8);
	return EVP_CipherInit_ex2(c->cipher, NULL, NULL, nonce, -1, NULL) &&
	       EVP_CipherUpdate(c->cipher, NULL, &len, aad, (int)n);
}

static bool aead_seal(struct esp_ctx *c, uint8_t *esp, uint8_t *data, size_t n)
{
	bool gmac = c->kind == KIND_GMAC;
	uint8_t none[16];
	int len;

	return aead_begin(c, data - 8, esp, gmac ? 16 + n : 8) &&
	       (gmac ||
		       EVP_CipherUpdate(c->cipher, data, &len, data, (int)n)) &&
	       EVP_CipherFinal_ex(c->cipher, none, &len) &&
	       EVP_CIPHER_CTX_ctrl(
		       c->cipher, EVP_CTRL_AEAD_GET_TAG, 16, data + n) == 1;
}

/* The tag is compared by OpenSSL in Final, in constant time. */
static bool aead_open(struct esp_ctx *c, uint8_t *esp, uint8_t *data, size_t n)
{
	bool gmac = c->kind == KIND_GMAC;
	uint8_t none[16];
	int len;

	return aead_begin(c, data - 8, esp, gmac ? 16 + n : 8) &&
	       (gmac ||
		       EVP_CipherUpdate(c->cipher, data, &len, data, (int)n)) &&
	       EVP_CIPHER_CTX_ctrl(
		       c->cipher, EVP_CTRL_AEAD_SET_TAG, 16, data + n) == 1 &&
	       EVP_CipherFinal_ex(c->cipher, none, &len) > 0;
}

/* Pads with 1, 2, 3, ... to whole blocks; gives the padded length. */
static size_t pad_put(const struct esp_ctx *c, uint8_t *inner, size_t n)
{
	size_t pad = (size_t) - (n + 2) % c->block;

	for (size_t i = 0; i < pad; i++)
		inner[n + i] = (uint8_t)(i + 1);
	inner[n + pad] = (uint8_t)pad;
	inner[n + pad + 1] = c->next;
	return n + pad + 2;
}

size_t esp_seal(struct esp_ctx *c, uint32_t spi, uint32_t seq,
	const uint8_t *iv, uint8_t *inner, size_t n)
{
	uint8_t *esp = inner - esp_ctx_head(c), icv[EVP_MAX_MD_SIZE];
	struct wr w = wr_init(esp, esp_ctx_head(c));
	size_t body = pad_put(c, inner, n), total = esp_ctx_head(c) + body;
	bool ok = true;

	wr_u32(&w, spi);
	wr_u32(&w, seq);
	wr_bytes(&w, iv, c->iv_bytes);
	switch (c->kind) {
	case KIND_GCM:
	case KIND_GMAC:
		return aead_seal(c, esp, inner, body) ? total + 16 : 0;
	case KIND_CBC:
		ok = cbc(c, iv, inner, body);
		break;
	case KIND_NULL:
		break;
	}
	if (ok && c->icv_bytes) {
		ok = hmac(c, esp, total, icv);
		memcpy(esp + total, icv, c->icv_bytes);
	}
	return ok ? total + c->icv_bytes : 0;
}

static bool verify_open(
	struct esp_ctx *c, uint8_t *esp, uint8_t *data, size_t body)
{
	uint8_t icv[EVP_MAX_MD_SIZE];

	if (c->kind == KIND_GCM || c->kind == KIND_GMAC)
		return aead_open(c, esp, data, body);
	if (!c->icv_bytes)
		return true;
	return hmac(c, esp, (size_t)(data - esp) + body, icv) &&
	       mem_equal_secret(icv, data + body, c->icv_bytes);
}

enum esp_result esp_open(struct esp_ctx *c, uint8_t *p, size_t n,
	uint8_t **inner, size_t *inner_n)
{
	size_t head = esp_ctx_head(c), body, pad;
	uint8_t *data = p + head;

	if (n < head + c->block + c->icv_bytes)
		return ESP_MALFORMED;
	body = n - head - c->icv_bytes;
	if (body % c->block)
		return ESP_MALFORMED;
	if (!verify_open(c, p, data, body))
		return ESP_BAD_ICV;
	if (c->kind == KIND_CBC && !cbc(c, p + 8, data, body))
		return ESP_MALFORMED;
	pad = data[body - 2];
	if (pad + 2 > body)
		return ESP_MALFORMED;
	*inner = data;
	*inner_n = body - 2 - pad;
	if (data[body - 1] == NEXT_DUMMY)
		return ESP_DUMMY;
	return data[body - 1] == c->next ? ESP_OPENED : ESP_BAD_PROTO;
}

uint16_t ip4_checksum(const uint8_t *hdr, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)hdr[i] << 8 | hdr[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void esp_outer(uint8_t out[IP4_HDR], const uint8_t *inner, uint16_t id,
	uint8_t df, size_t esp_n)
{
	struct rd in = rd_init(inner, IP4_HDR);
	struct wr w = wr_init(out, IP4_HDR);
	uint16_t frag;

	rd_skip(&in, 1);
	wr_u8(&w, 0x45);
	wr_u8(&w, rd_u8(&in));
	wr_u16(&w, (uint16_t)(IP4_HDR + esp_n));
	wr_u16(&w, id);
	rd_skip(&in, 4);
	frag = rd_u16(&in) & IP_DF;
	if (df != ESP_DF_COPY)
		frag = df == ESP_DF_SET ? IP_DF : 0;
	wr_u16(&w, frag);
	wr_u8(&w, rd_u8(&in));
	wr_u8(&w, 50);
	wr_u16(&w, 0);
	rd_skip(&in, 3);
	wr_bytes(&w, rd_bytes(&in, 8), 8);
	wr_patch_u16(&w, 10, ip4_checksum(out, IP4_HDR));
}

bool esp_ecn_merge(uint8_t outer_tos, uint8_t *inner)
{
	enum { NOT_ECT = 0, ECT1 = 1, ECT0 = 2, CE = 3 };
	uint8_t outer = outer_tos & 3, old = inner[1] & 3, ecn = old;
	size_t hdr = (inner[0] & 0xfu) * 4u;
	uint16_t sum;

	if (outer == CE && old == NOT_ECT)
		return false;
	if (outer == CE)
		ecn = CE;
	else if (outer == ECT1 && old == ECT0)
		ecn = ECT1;
	if (ecn == old)
		return true;
	inner[1] = (uint8_t)((inner[1] & ~3u) | ecn);
	inner[10] = inner[11] = 0;
	sum = ip4_checksum(inner, hdr);
	inner[10] = (uint8_t)(sum >> 8);
	inner[11] = (uint8_t)sum;
	return true;
}
