/* Algorithms fetched from OpenSSL once. */
#include "crypto/evp_priv.h"

#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *mds[HASH_SHA512 + 1];
static EVP_MAC_CTX *hmacs[HASH_SHA512 + 1];
static EVP_CIPHER *ciphers[CIPHER_AES256 + 1];

/* Contexts of one thread, used again and again: making one is a dozen
 * allocations, more than what most of them compute. */
struct scratch {
	EVP_MAC_CTX *hmac[HASH_SHA512 + 1];
	EVP_MD_CTX *md[HASH_SHA512 + 1];
};
static pthread_key_t scratch_key;

void evp_die(const char *what)
{
	char text[256] = "";

	ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
	fprintf(stderr, "libcrypto: %s: %s\n", what, text);
	abort();
}

static void fetch_hash(EVP_MAC *hmac, const struct hash_alg *a)
{
	char name[16];
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);

	snprintf(name, sizeof(name), "%s", a->openssl);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	mds[a->id] = EVP_MD_fetch(NULL, a->openssl, NULL);
	if (mds[a->id] == NULL || ctx == NULL ||
		EVP_MAC_CTX_set_params(ctx, params) != 1)
		evp_die(a->openssl);
	hmacs[a->id] = ctx;
}

/* Single DES is in the legacy provider.  Loading that one by name keeps the
 * default one from being loaded by itself, so both are named. */
static void fetch_des(void)
{
	const struct cipher_alg *des = cipher_alg(CIPHER_DES);

	if (OSSL_PROVIDER_load(NULL, "default") == NULL)
		evp_die("default provider");
	if (OSSL_PROVIDER_load(NULL, "legacy") != NULL)
		ciphers[CIPHER_DES] =
			EVP_CIPHER_fetch(NULL, des->openssl, NULL);
	ERR_clear_error();
}

static void scratch_free(void *p)
{
	struct scratch *s = p;

	for (enum hash_id h = HASH_MD5; h <= HASH_SHA512; h++) {
		EVP_MAC_CTX_free(s->hmac[h]);
		EVP_MD_CTX_free(s->md[h]);
	}
	free(s);
}

static void fetch_all(void)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (hmac == NULL)
		evp_die("HMAC");
	for (enum hash_id h = HASH_MD5; h <= HASH_SHA512; h++)
		fetch_hash(hmac, hash_alg(h));
	EVP_MAC_free(hmac); /* the templates hold references */
	for (enum cipher_id c = CIPHER_3DES; c <= CIPHER_AES256; c++) {
		ciphers[c] =
			EVP_CIPHER_fetch(NULL, cipher_alg(c)->openssl, NULL);
		if (ciphers[c] == NULL)
			evp_die(cipher_alg(c)->openssl);
	}
	fetch_des();
	if (pthread_key_create(&scratch_key, scratch_free) != 0)
		evp_die("thread key");
}

const EVP_MD *evp_md(enum hash_id h)
{
	pthread_once(&once, fetch_all);
	return mds[h];
}

const EVP_CIPHER *evp_cipher(enum cipher_id id)
{
	pthread_once(&once, fetch_all);
	return ciphers[id];
}

static struct scratch *scratch(void)
{
	pthread_once(&once, fetch_all);
	struct scratch *s = pthread_getspecific(scratch_key);

	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		if (pthread_setspecific(scratch_key, s) != 0)
			evp_die("thread key");
	}
	return s;
}

EVP_MAC_CTX *evp_hmac_new(enum hash_id h)
{
	pthread_once(&once, fetch_all);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(hmacs[h]);

	if (ctx == NULL)
		evp_die("HMAC context");
	return ctx;
}

EVP_MAC_CTX *evp_hmac_lent(enum hash_id h)
{
	EVP_MAC_CTX **slot = &scratch()->hmac[h];

	if (*slot == NULL)
		*slot = evp_hmac_new(h);
	return *slot;
}

EVP_MD_CTX *evp_md_lent(enum hash_id h)
{
	EVP_MD_CTX **slot = &scratch()->md[h];

	if (*slot == NULL)
		*slot = EVP_MD_CTX_new();
	if (*slot == NULL)
		evp_die("digest context");
	return *slot;
}
