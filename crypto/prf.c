/* HMAC, digests and the IKEv1 key expansion. */
#include "crypto/prf.h"

#include "crypto/evp_priv.h"

#include <stdlib.h>
#include <string.h>

struct prf_key {
	enum hash_id hash;
	EVP_MAC_CTX *ctx;
};

static void key_set(EVP_MAC_CTX *ctx, struct span key)
{
	/* A NULL key would mean "as before" to OpenSSL. */
	const uint8_t *k = key.n > 0 ? key.p : (const uint8_t *)"";

	if (EVP_MAC_init(ctx, k, key.n, NULL) != 1)
		evp_die("HMAC init");
}

static void mac(EVP_MAC_CTX *ctx, enum hash_id h, const struct span *parts,
	size_t n, uint8_t *out)
{
	size_t got = 0;

	for (size_t i = 0; i < n; i++)
		if (parts[i].n > 0 &&
			EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			evp_die("HMAC update");
	if (EVP_MAC_final(ctx, out, &got, hash_alg(h)->bytes) != 1)
		evp_die("HMAC final");
}

void prf(enum hash_id h, struct span key, const struct span *parts, size_t n,
	uint8_t *out)
{
	EVP_MAC_CTX *ctx = evp_hmac_lent(h);

	key_set(ctx, key);
	mac(ctx, h, parts, n, out);
	key_set(ctx, SPAN(NULL, 0)); /* nothing is left of the key */
}

struct prf_key *prf_key_new(enum hash_id h, struct span key)
{
	struct prf_key *k = xcalloc(1, sizeof(*k));

	k->hash = h;
	k->ctx = evp_hmac_new(h);
	key_set(k->ctx, key);
	return k;
}

void prf_key_free(struct prf_key *k)
{
	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->ctx);
	free(k);
}

void prf_keyed(
	struct prf_key *k, const struct span *parts, size_t n, uint8_t *out)
{
	if (EVP_MAC_init(k->ctx, NULL, 0, NULL) != 1) /* from the key on */
		evp_die("HMAC restart");
	mac(k->ctx, k->hash, parts, n, out);
}

void digest(enum hash_id h, const struct span *parts, size_t n, uint8_t *out)
{
	EVP_MD_CTX *ctx = evp_md_lent(h);

	if (EVP_DigestInit_ex2(ctx, evp_md(h), NULL) != 1)
		evp_die("digest init");
	for (size_t i = 0; i < n; i++)
		if (parts[i].n > 0 &&
			EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
			evp_die("digest update");
	if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		evp_die("digest final"); /* wipes its block */
}

void ike_expand_key(
	enum hash_id h, struct span skeyid_e, uint8_t *out, size_t n)
{
	uint8_t k[HASH_MAX_BYTES] = { 0 };
	size_t bytes = hash_alg(h)->bytes, have = 0;

	if (skeyid_e.n >= n) {
		memcpy(out, skeyid_e.p, n);
		return;
	}
	while (have < n) {
		/* K1 = prf(SKEYID_e, 0), then Ki+1 = prf(SKEYID_e, Ki). */
		struct span seed = SPAN(k, have == 0 ? 1 : bytes);

		prf(h, skeyid_e, &seed, 1, k);
		size_t take = n - have < bytes ? n - have : bytes;
		memcpy(out + have, k, take);
		have += take;
	}
	mem_wipe(k, sizeof(k));
}
