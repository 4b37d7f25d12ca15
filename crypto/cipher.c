/* CBC without padding, in place. */
#include "crypto/cipher.h"

#include "crypto/evp_priv.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>

bool cipher_available(enum cipher_id id)
{
	return cipher_alg(id) != NULL && evp_cipher(id) != NULL;
}

static int cbc(const struct cipher_alg *a, const uint8_t *key,
	const uint8_t *iv, uint8_t *buf, size_t n, int encrypt)
{
	const EVP_CIPHER *evp = evp_cipher(a->id);
	int got = 0, rc = -EIO;

	if (evp == NULL)
		return -ENOTSUP;
	if (n % a->block != 0 || n > INT_MAX)
		return -EINVAL;
	if (n == 0)
		return 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL &&
		EVP_CipherInit_ex2(ctx, evp, key, iv, encrypt, NULL) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		EVP_CipherUpdate(ctx, buf, &got, buf, (int)n) == 1 &&
		(size_t)got == n)
		rc = 0;
	EVP_CIPHER_CTX_free(ctx); /* wipes the key schedule */
	ERR_clear_error();
	return rc;
}

int cbc_encrypt(const struct cipher_alg *a, const uint8_t *key,
	const uint8_t *iv, uint8_t *buf, size_t n)
{
	return cbc(a, key, iv, buf, n, 1);
}

int cbc_decrypt(const struct cipher_alg *a, const uint8_t *key,
	const uint8_t *iv, uint8_t *buf, size_t n)
{
	return cbc(a, key, iv, buf, n, 0);
}
