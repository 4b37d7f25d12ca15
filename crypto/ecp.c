/* Diffie-Hellman on the NIST prime curves by OpenSSL's arithmetic of points: a
 * private value is one multiplication of the generator, an agreement one of the
 * peer's point, the same calls that OpenSSL's own ECDH ends in and as constant
 * in time.  An EVP_PKEY around each value costs as much again as the
 * multiplications: keys are made by name, copied, exported and looked up. */
#include "crypto/ecp_priv.h"

#include "crypto/evp_priv.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 66 /* bytes: P-521 */

struct ecp_key {
	const EC_GROUP *group; /* lent */
	BIGNUM *priv;
	size_t field; /* bytes of a coordinate */
	uint8_t pub[2 * FIELD_MAX];
};

/* Made once for the life of the process; whoever uses it only reads. */
static const EC_GROUP *curve_group(const char *curve)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct {
		int nid;
		EC_GROUP *group;
	} made[] = { { NID_X9_62_prime256v1, NULL }, { NID_secp384r1, NULL },
		{ NID_secp521r1, NULL } };
	int nid = EC_curve_nist2nid(curve);
	const EC_GROUP *group = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		if (made[i].nid != nid)
			continue;
		if (made[i].group == NULL)
			made[i].group = EC_GROUP_new_by_curve_name(nid);
		group = made[i].group;
	}
	pthread_mutex_unlock(&lock);
	if (group == NULL)
		evp_die(curve);
	return group;
}

static BN_CTX *scratch_new(void)
{
	BN_CTX *ctx = BN_CTX_secure_new();

	if (ctx == NULL)
		evp_die("BN_CTX");
	return ctx;
}

/* priv times the generator. */
static bool public_set(struct ecp_key *k, BN_CTX *ctx)
{
	uint8_t oct[2 * FIELD_MAX + 1];
	EC_POINT *point = EC_POINT_new(k->group);
	bool ok = point != NULL &&
		  EC_POINT_mul(k->group, point, k->priv, NULL, NULL, ctx) == 1 &&
		  EC_POINT_point2oct(k->group, point,
			  POINT_CONVERSION_UNCOMPRESSED, oct, sizeof(oct),
			  ctx) == 2 * k->field + 1;

	if (ok)
		memcpy(k->pub, oct + 1, 2 * k->field);
	EC_POINT_free(point);
	return ok;
}

static struct ecp_key *key_new(const char *curve)
{
	struct ecp_key *k = xcalloc(1, sizeof(*k));

	k->group = curve_group(curve);
	k->field = ((size_t)EC_GROUP_get_degree(k->group) + 7) / 8;
	k->priv = BN_secure_new();
	if (k->priv == NULL)
		evp_die("private value");
	return k;
}

struct ecp_key *ecp_generate(const char *curve)
{
	struct ecp_key *k = key_new(curve);
	BN_CTX *ctx = scratch_new();

	do {
		if (BN_priv_rand_range(
			    k->priv, EC_GROUP_get0_order(k->group)) != 1)
			evp_die("random source");
	} while (BN_is_zero(k->priv));
	if (!public_set(k, ctx))
		evp_die("public point");
	BN_CTX_free(ctx);
	return k;
}

struct ecp_key *ecp_from_private(const char *curve, struct span priv)
{
	struct ecp_key *k = key_new(curve);
	BN_CTX *ctx = scratch_new();
	bool ok = BN_bin2bn(priv.p, (int)priv.n, k->priv) != NULL &&
		  !BN_is_zero(k->priv) &&
		  BN_cmp(k->priv, EC_GROUP_get0_order(k->group)) < 0 &&
		  public_set(k, ctx);

	BN_CTX_free(ctx);
	if (ok)
		return k;
	ecp_free(k);
	return NULL;
}

void ecp_free(struct ecp_key *k)
{
	if (k == NULL)
		return;
	BN_clear_free(k->priv);
	free(k);
}

struct span ecp_public(const struct ecp_key *k)
{
	return SPAN(k->pub, 2 * k->field);
}

/* OpenSSL refuses coordinates beyond the field and points off the curve; the
 * point at infinity has no such form, and the cofactor of these curves is 1:
 * that is the full validation of NIST SP 800-56A r3, 5.6.2.3.3. */
static bool point_read(
	const struct ecp_key *k, struct span peer, EC_POINT *out, BN_CTX *ctx)
{
	uint8_t oct[2 * FIELD_MAX + 1] = { POINT_CONVERSION_UNCOMPRESSED };

	if (peer.n != 2 * k->field)
		return false;
	memcpy(oct + 1, peer.p, peer.n);
	return EC_POINT_oct2point(k->group, out, oct, peer.n + 1, ctx) == 1;
}

bool ecp_shared(const struct ecp_key *k, struct span peer, uint8_t *out)
{
	BN_CTX *ctx = scratch_new();
	EC_POINT *point = EC_POINT_new(k->group);
	BIGNUM *x = BN_secure_new();

	if (point == NULL || x == NULL)
		evp_die("agreement");
	bool ok = point_read(k, peer, point, ctx) &&
		  EC_POINT_mul(k->group, point, NULL, point, k->priv, ctx) ==
			  1 &&
		  EC_POINT_get_affine_coordinates(
			  k->group, point, x, NULL, ctx) == 1 &&
		  BN_bn2binpad(x, out, (int)k->field) == (int)k->field;

	BN_clear_free(x);
	EC_POINT_clear_free(point);
	BN_CTX_free(ctx);
	return ok;
}
