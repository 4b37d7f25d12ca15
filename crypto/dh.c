/* Diffie-Hellman in the IKEv1 forms of protocol.md A.4. */
#include "crypto/dh.h"

#include "crypto/ecp_priv.h"
#include "crypto/evp_priv.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Private exponent for the two groups that OpenSSL has no name for: twice the
 * strength that anybody credits these primes with. */
#define OLD_PRIVATE_BITS 224

static const struct group_src {
	uint16_t group;
	const char *name;             /* OpenSSL's; NULL: from prime */
	BIGNUM *(*prime)(BIGNUM *bn); /* generator 2 */
	bool ecp;
} sources[] = {
	{ 1, NULL, BN_get_rfc2409_prime_768, false },
	{ 2, NULL, BN_get_rfc2409_prime_1024, false },
	{ 5, "modp_1536", NULL, false },
	{ 14, "modp_2048", NULL, false },
	{ 15, "modp_3072", NULL, false },
	{ 16, "modp_4096", NULL, false },
	{ 19, "P-256", NULL, true },
	{ 20, "P-384", NULL, true },
	{ 21, "P-521", NULL, true },
	{ 24, "dh_2048_256", NULL, false },
};

struct dh {
	const struct dh_alg *alg;
	const struct group_src *src;
	EVP_PKEY *key;       /* MODP */
	struct ecp_key *ecp; /* ECP */
};

static const struct group_src *group_src(uint32_t group)
{
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if (sources[i].group == group)
			return &sources[i];
	return NULL;
}

static const char *key_type(const struct group_src *src)
{
	return src->group == 24 ? "DHX" : "DH";
}

/* The domain parameters, for a key or for generation. */
static bool push_group(
	OSSL_PARAM_BLD *bld, const struct group_src *src, BIGNUM *p, BIGNUM *g)
{
	if (src->name != NULL)
		return OSSL_PARAM_BLD_push_utf8_string(bld,
			       OSSL_PKEY_PARAM_GROUP_NAME, src->name, 0) == 1;
	return src->prime(p) != NULL && BN_set_word(g, 2) == 1 &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) == 1 &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, g) == 1 &&
	       OSSL_PARAM_BLD_push_int(
		       bld, OSSL_PKEY_PARAM_DH_PRIV_LEN, OLD_PRIVATE_BITS) == 1;
}

static bool push_public(OSSL_PARAM_BLD *bld, struct span pub, BIGNUM *y)
{
	return BN_bin2bn(pub.p, (int)pub.n, y) != NULL &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y) == 1;
}

static EVP_PKEY *from_params(
	const struct group_src *src, OSSL_PARAM_BLD *bld, int selection)
{
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_from_name(NULL, key_type(src), NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A key of this MODP group: only parameters, with a public value, or also with
 * the private one. */
static EVP_PKEY *make_key(
	const struct group_src *src, struct span pub, const BIGNUM *priv)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *p = BN_new(), *g = BN_new(), *y = BN_new();
	EVP_PKEY *key = NULL;
	int selection = priv != NULL ? EVP_PKEY_KEYPAIR
			: pub.n > 0  ? EVP_PKEY_PUBLIC_KEY
				     : EVP_PKEY_KEY_PARAMETERS;

	if (bld == NULL || p == NULL || g == NULL || y == NULL)
		evp_die("key parameters");
	if (push_group(bld, src, p, g) &&
		(pub.n == 0 || push_public(bld, pub, y)) &&
		(priv == NULL || OSSL_PARAM_BLD_push_BN(bld,
					 OSSL_PKEY_PARAM_PRIV_KEY, priv) == 1))
		key = from_params(src, bld, selection);
	OSSL_PARAM_BLD_free(bld);
	BN_free(p);
	BN_free(g);
	BN_free(y);
	return key;
}

/* The domain parameters of a group, made once for the life of the process. */
static EVP_PKEY *group_params(const struct group_src *src)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static EVP_PKEY *made[ARRAY_LEN(sources)];
	EVP_PKEY **slot = &made[src - sources];

	pthread_mutex_lock(&lock);
	if (*slot == NULL)
		*slot = make_key(src, SPAN(NULL, 0), NULL);
	pthread_mutex_unlock(&lock);
	if (*slot == NULL)
		evp_die("group parameters");
	return *slot;
}

static EVP_PKEY *generate(const struct group_src *src)
{
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_from_pkey(NULL, group_params(src), NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		EVP_PKEY_generate(ctx, &key) != 1)
		evp_die("Diffie-Hellman key");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static struct dh *dh_alloc(const struct group_src *src)
{
	struct dh *d = xcalloc(1, sizeof(*d));

	d->alg = dh_alg(src->group);
	d->src = src;
	return d;
}

struct dh *dh_new(uint32_t group)
{
	const struct group_src *src = group_src(group);
	struct dh *d = src != NULL ? dh_alloc(src) : NULL;

	if (d == NULL)
		return NULL;
	if (src->ecp)
		d->ecp = ecp_generate(src->name);
	else
		d->key = generate(src);
	return d;
}

/* g^x for a given x, as on the wire; 0 when x is not a private key. */
static size_t modp_power(
	const struct group_src *src, const BIGNUM *x, uint8_t *out)
{
	EVP_PKEY *params = group_params(src);
	BIGNUM *p = NULL, *g = NULL, *y = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	size_t n = dh_alg(src->group)->public_bytes;

	if (EVP_PKEY_get_bn_param(params, OSSL_PKEY_PARAM_FFC_P, &p) != 1 ||
		EVP_PKEY_get_bn_param(params, OSSL_PKEY_PARAM_FFC_G, &g) != 1 ||
		BN_mod_exp_mont_consttime(y, g, x, p, ctx, NULL) != 1 ||
		BN_bn2binpad(y, out, (int)n) < 0)
		n = 0;
	BN_free(p);
	BN_free(g);
	BN_free(y);
	BN_CTX_free(ctx);
	return n;
}

static EVP_PKEY *modp_from_private(
	const struct group_src *src, struct span priv)
{
	uint8_t pub[DH_MAX_PUBLIC];
	BIGNUM *x = BN_bin2bn(priv.p, (int)priv.n, NULL);
	size_t n = modp_power(src, x, pub);
	EVP_PKEY *key = n > 0 ? make_key(src, SPAN(pub, n), x) : NULL;

	BN_clear_free(x);
	return key;
}

struct dh *dh_from_private(uint32_t group, struct span priv)
{
	const struct group_src *src = group_src(group);
	struct dh *d = src != NULL ? dh_alloc(src) : NULL;

	if (d == NULL)
		return NULL;
	if (src->ecp)
		d->ecp = ecp_from_private(src->name, priv);
	else
		d->key = modp_from_private(src, priv);
	ERR_clear_error();
	if (d->key != NULL || d->ecp != NULL)
		return d;
	dh_free(d);
	return NULL;
}

void dh_free(struct dh *d)
{
	if (d == NULL)
		return;
	EVP_PKEY_free(d->key); /* OpenSSL clears private numbers */
	ecp_free(d->ecp);
	free(d);
}

size_t dh_public(const struct dh *d, uint8_t *out)
{
	size_t n = d->alg->public_bytes;
	BIGNUM *y = NULL;

	if (d->ecp != NULL) {
		memcpy(out, ecp_public(d->ecp).p, n);
		return n;
	}
	if (EVP_PKEY_get_bn_param(d->key, OSSL_PKEY_PARAM_PUB_KEY, &y) != 1 ||
		BN_bn2binpad(y, out, (int)n) < 0)
		evp_die("public value");
	BN_free(y);
	return n;
}

/* NULL when the value is not of this group: OpenSSL refuses 0, 1, p - 1 and
 * what is beyond. */
static EVP_PKEY *peer_key(const struct dh *d, struct span peer)
{
	EVP_PKEY *key;

	if (peer.n != d->alg->public_bytes)
		return NULL;
	key = EVP_PKEY_new();
	if (key == NULL)
		evp_die("peer key");
	if (EVP_PKEY_copy_parameters(key, group_params(d->src)) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, peer.p, peer.n) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* The primes are safe, so that for an ephemeral key nothing is to be won outside
 * the range (NIST SP 800-56A r3, 5.6.2.3.2), and the power that proves the subgroup, six times the cost of all
 * else, is spared.  Group 24 has small subgroups: there it is computed. */
static bool must_prove_subgroup(const struct dh *d)
{
	return d->src->group == 24;
}

/* Into out, which has room for DH_MAX_SHARED: false when it is refused. */
static bool modp_shared(const struct dh *d, struct span peer, uint8_t *out)
{
	size_t n = DH_MAX_SHARED;
	EVP_PKEY *other = peer_key(d, peer);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, d->key, NULL);

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1)
		evp_die("derive");
	/* The padding keeps one exchange in 256 from failing. */
	bool ok = other != NULL && EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1 &&
		  EVP_PKEY_derive_set_peer_ex(
			  ctx, other, must_prove_subgroup(d)) == 1 &&
		  EVP_PKEY_derive(ctx, out, &n) == 1 &&
		  n == d->alg->shared_bytes;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return ok;
}

int dh_shared(const struct dh *d, struct span peer, struct secret *out)
{
	uint8_t shared[DH_MAX_SHARED];
	bool ok = d->ecp != NULL ? ecp_shared(d->ecp, peer, shared)
				 : modp_shared(d, peer, shared);

	if (ok)
		secret_set(out, shared, d->alg->shared_bytes);
	mem_wipe(shared, sizeof(shared));
	ERR_clear_error();
	return ok ? 0 : -EINVAL;
}
