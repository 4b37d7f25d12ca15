/* AES-256-GCM with a random nonce in front and the tag behind. */
#include "crypto/seal.h"

#include "base/file.h"
#include "crypto/evp_priv.h"
#include "crypto/rng.h"

#include <errno.h>
#include <string.h>

#define NONCE_BYTES 12
#define TAG_BYTES   16
#define MAGIC       "getvpn sealing key 1\n"

static bool gcm(bool sealing, const uint8_t *key, const uint8_t *nonce,
	struct span place, uint8_t *data, size_t n, uint8_t *tag)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0, end;
	bool ok = c != NULL &&
		  EVP_CipherInit_ex2(c, EVP_aes_256_gcm(), key, nonce, sealing,
			  NULL) == 1 &&
		  (place.n == 0 || EVP_CipherUpdate(c, NULL, &len, place.p,
					   (int)place.n) == 1) &&
		  EVP_CipherUpdate(c, data, &len, data, (int)n) == 1 &&
		  (sealing || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG,
				      TAG_BYTES, tag) == 1) &&
		  EVP_CipherFinal_ex(c, data + len, &end) == 1 &&
		  (!sealing || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG,
				       TAG_BYTES, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

void seal(const uint8_t key[SEAL_KEY_BYTES], struct span place,
	struct span clear, struct sbuf *out)
{
	uint8_t nonce[NONCE_BYTES], tag[TAG_BYTES];
	size_t at = out->n + NONCE_BYTES;

	rng_bytes(nonce, sizeof(nonce));
	sbuf_add(out, nonce, sizeof(nonce));
	sbuf_add(out, clear.p, clear.n);
	if (!gcm(true, key, nonce, place, (uint8_t *)out->s + at, clear.n, tag))
		evp_die("AES-GCM");
	sbuf_add(out, tag, sizeof(tag));
}

bool unseal(const uint8_t key[SEAL_KEY_BYTES], struct span place,
	struct span sealed, struct sbuf *out)
{
	uint8_t tag[TAG_BYTES];
	size_t at = out->n;

	if (sealed.n < NONCE_BYTES + TAG_BYTES)
		return false;
	size_t n = sealed.n - NONCE_BYTES - TAG_BYTES;

	memcpy(tag, sealed.p + NONCE_BYTES + n, TAG_BYTES);
	sbuf_add(out, sealed.p + NONCE_BYTES, n);
	if (gcm(false, key, sealed.p, place, (uint8_t *)out->s + at, n, tag))
		return true;
	sbuf_trunc(out, at);
	return false;
}

int seal_key_load(const char *path, uint8_t key[SEAL_KEY_BYTES])
{
	static const size_t head = sizeof(MAGIC) - 1;
	auto_sbuf struct sbuf b = { 0 };
	int err = file_read(path, &b, head + SEAL_KEY_BYTES);

	if (err == -EFBIG)
		return -EINVAL;
	if (err != 0)
		return err;
	if (b.n != head + SEAL_KEY_BYTES || memcmp(b.s, MAGIC, head) != 0)
		return -EINVAL;
	memcpy(key, b.s + head, SEAL_KEY_BYTES);
	return 0;
}

int seal_key_create(const char *path, uint8_t key[SEAL_KEY_BYTES])
{
	auto_sbuf struct sbuf b = { 0 };

	rng_bytes(key, SEAL_KEY_BYTES);
	sbuf_adds(&b, MAGIC);
	sbuf_add(&b, key, SEAL_KEY_BYTES);
	return file_replace(path, b.s, b.n, 0600);
}
