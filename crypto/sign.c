/* Asymmetric keys, the two RSA signature forms and the one of ECDSA. */
#include "crypto/sign.h"

#include "base/wr.h"
#include "crypto/evp_priv.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* A modulus that a peer sends costs us cubic time: no larger than this. */
#define RSA_MAX_BITS 8192
#define RSA_MIN_BITS 512 /* what OpenSSL still generates */

struct pkey {
	EVP_PKEY *evp;
	unsigned refs;
};

/* AlgorithmIdentifier and frame of DigestInfo, RFC 8017 9.2 note 1. */
#define DIGEST_PREFIX_MAX 19
static const struct digest_prefix {
	uint8_t n;
	uint8_t b[DIGEST_PREFIX_MAX];
} prefixes[] = {
	[HASH_MD5] = { 18,
		{ 0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86,
			0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10 } },
	[HASH_SHA1] = { 15,
		{ 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02,
			0x1a, 0x05, 0x00, 0x04, 0x14 } },
	[HASH_SHA256] = { 19, { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
				      0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
				      0x05, 0x00, 0x04, 0x20 } },
	[HASH_SHA384] = { 19, { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
				      0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
				      0x05, 0x00, 0x04, 0x30 } },
	[HASH_SHA512] = { 19, { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
				      0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
				      0x05, 0x00, 0x04, 0x40 } },
};

/* The curves of RFC 4754; named ones only: explicit parameters come from
 * nobody honest. */
static const struct curve {
	const char *name;
	unsigned bits;
	enum hash_id hash;
} curves[] = {
	{ SN_X9_62_prime256v1, 256, HASH_SHA256 },
	{ SN_secp384r1, 384, HASH_SHA384 },
	{ SN_secp521r1, 521, HASH_SHA512 },
};
#define EC_MAX_COORD 66 /* bytes, P-521 */

static const struct curve *curve_of(const EVP_PKEY *evp)
{
	char name[32];

	if (EVP_PKEY_is_a(evp, "EC") != 1 ||
		EVP_PKEY_get_group_name(evp, name, sizeof(name), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (strcmp(curves[i].name, name) == 0)
			return &curves[i];
	return NULL;
}

struct pkey *pkey_adopt(EVP_PKEY *evp)
{
	bool rsa = evp != NULL && EVP_PKEY_is_a(evp, "RSA") == 1 &&
		   EVP_PKEY_get_bits(evp) <= RSA_MAX_BITS;

	if (!rsa && (evp == NULL || curve_of(evp) == NULL)) {
		EVP_PKEY_free(evp);
		ERR_clear_error();
		return NULL;
	}
	ERR_clear_error();
	struct pkey *k = xcalloc(1, sizeof(*k));
	k->evp = evp;
	k->refs = 1;
	return k;
}

EVP_PKEY *pkey_evp(const struct pkey *k)
{
	return k->evp;
}

struct pkey *pkey_rsa_generate(unsigned bits)
{
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
		return NULL;
	return pkey_adopt(EVP_RSA_gen(bits));
}

struct pkey *pkey_ec_generate(unsigned bits)
{
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (curves[i].bits == bits)
			return pkey_adopt(EVP_EC_gen(curves[i].name));
	return NULL;
}

struct pkey *pkey_from_pkcs8_der(struct span der)
{
	const uint8_t *p = der.p;

	if (der.n > LONG_MAX)
		return NULL;
	PKCS8_PRIV_KEY_INFO *info =
		d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
	EVP_PKEY *evp = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey_adopt(evp);
}

/* An encrypted PEM gets no password: never ask on a daemon's terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

struct pkey *pkey_from_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *evp = bio != NULL ? PEM_read_bio_PrivateKey(
					      bio, NULL, no_password, NULL)
				    : NULL;

	BIO_free(bio);
	return pkey_adopt(evp);
}

struct pkey *pkey_from_public_der(struct span der)
{
	const uint8_t *p = der.p;

	if (der.n == 0 || der.n > RSA_MAX_BITS / 8 * 2)
		return NULL;
	/* SubjectPublicKeyInfo begins SEQUENCE, SEQUENCE; RSAPublicKey begins
	 * SEQUENCE, INTEGER: no bytes are both. */
	EVP_PKEY *evp = d2i_PUBKEY(NULL, &p, (long)der.n);
	if (evp == NULL) {
		p = der.p;
		evp = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (evp != NULL && p != der.p + der.n) {
		EVP_PKEY_free(evp);
		evp = NULL;
	}
	return pkey_adopt(evp);
}

struct pkey *pkey_ref(struct pkey *k)
{
	k->refs++;
	return k;
}

void pkey_unref(struct pkey *k)
{
	if (k == NULL || --k->refs > 0)
		return;
	EVP_PKEY_free(k->evp);
	free(k);
}

enum pkey_type pkey_type(const struct pkey *k)
{
	return pkey_is_rsa(k) ? PKEY_RSA : PKEY_EC;
}

bool pkey_is_rsa(const struct pkey *k)
{
	return EVP_PKEY_is_a(k->evp, "RSA") == 1;
}

unsigned pkey_bits(const struct pkey *k)
{
	return (unsigned)EVP_PKEY_get_bits(k->evp);
}

size_t pkey_sig_bytes(const struct pkey *k)
{
	if (!pkey_is_rsa(k))
		return 2 * (((size_t)pkey_bits(k) + 7) / 8);
	return (size_t)EVP_PKEY_get_size(k->evp);
}

enum hash_id pkey_ec_hash(const struct pkey *k)
{
	const struct curve *c = curve_of(k->evp);

	return c != NULL ? c->hash : HASH_NONE;
}

bool pkey_same_public(const struct pkey *a, const struct pkey *b)
{
	bool same = EVP_PKEY_eq(a->evp, b->evp) == 1;

	ERR_clear_error();
	return same;
}

int pkey_spki(const struct pkey *k, uint8_t **der, size_t *n)
{
	unsigned char *p = NULL;
	int len = i2d_PUBKEY(k->evp, &p);

	if (len <= 0)
		return -EIO;
	*der = xmemdup(p, (size_t)len);
	*n = (size_t)len;
	OPENSSL_free(p);
	return 0;
}

int pkey_pkcs8(const struct pkey *k, struct secret *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->evp);
	unsigned char *p = NULL;
	int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &p) : -1;

	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	if (len <= 0)
		return -EIO; /* a public key only */
	secret_set(out, p, (size_t)len);
	OPENSSL_clear_free(p, (size_t)len);
	return 0;
}

/* What stands in the type-1 block: DigestInfo or the bare hash. */
struct block {
	size_t n;
	uint8_t b[DIGEST_PREFIX_MAX + HASH_MAX_BYTES];
};

static void block_make(struct block *blk, enum hash_id h, enum rsa_form form,
	const uint8_t *hash)
{
	struct wr w = wr_init(blk->b, sizeof(blk->b));

	if (form == RSA_FORM_DIGESTINFO)
		wr_bytes(&w, prefixes[h].b, prefixes[h].n);
	wr_bytes(&w, hash, hash_alg(h)->bytes);
	blk->n = wr_done(&w).n;
}

/* OpenSSL speaks DER SEQUENCE { r, s }: to and from the fixed form. */
static int ec_sign(const struct pkey *k, enum hash_id h, const uint8_t *hash,
	uint8_t *sig, size_t *sig_n)
{
	size_t coord = pkey_sig_bytes(k) / 2;
	uint8_t der[2 * EC_MAX_COORD + 16];
	size_t der_n = sizeof(der);
	const uint8_t *p = der;
	ECDSA_SIG *rs = NULL;
	int rc = -EIO;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);

	if (ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_sign(ctx, der, &der_n, hash, hash_alg(h)->bytes) == 1)
		rs = d2i_ECDSA_SIG(NULL, &p, (long)der_n);
	if (rs != NULL &&
		BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, (int)coord) > 0 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + coord, (int)coord) >
			0) {
		*sig_n = 2 * coord;
		rc = 0;
	}
	ECDSA_SIG_free(rs);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

static bool ec_verify(const struct pkey *k, enum hash_id h, const uint8_t *hash,
	struct span sig)
{
	size_t coord = pkey_sig_bytes(k) / 2;
	unsigned char *der = NULL;
	int der_n = -1;

	if (sig.n != 2 * coord)
		return false;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	ECDSA_SIG *rs = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig.p, (int)coord, NULL);
	BIGNUM *s = BN_bin2bn(sig.p + coord, (int)coord, NULL);

	if (rs != NULL && r != NULL && s != NULL &&
		ECDSA_SIG_set0(rs, r, s) == 1) {
		r = s = NULL; /* now of rs */
		der_n = i2d_ECDSA_SIG(rs, &der);
	}
	bool ok = der_n > 0 && ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, der, (size_t)der_n, hash,
			  hash_alg(h)->bytes) == 1;

	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(rs);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* With no digest set, OpenSSL's PKCS#1 type-1 padding carries any block; we
 * write DigestInfo ourselves, as we compare it ourselves. */
int pkey_sign_hash(const struct pkey *k, enum hash_id h, enum rsa_form form,
	const uint8_t *hash, uint8_t *sig, size_t *sig_n)
{
	struct block blk;
	size_t n = pkey_sig_bytes(k);
	int rc = -EIO;

	if (!pkey_is_rsa(k))
		return ec_sign(k, h, hash, sig, sig_n);
	block_make(&blk, h, form, hash);
	if (blk.n + RSA_PKCS1_PADDING_SIZE > n)
		return -EMSGSIZE;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_sign(ctx, sig, &n, blk.b, blk.n) == 1) {
		*sig_n = n;
		rc = 0;
	}
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

/* The content of the type-1 block; 0 when the padding is wrong. */
static size_t recover(
	const struct pkey *k, struct span sig, uint8_t *out, size_t room)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	size_t n = room;

	if (ctx == NULL || EVP_PKEY_verify_recover_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
		EVP_PKEY_verify_recover(ctx, out, &n, sig.p, sig.n) != 1)
		n = 0;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return n;
}

bool pkey_verify_hash(const struct pkey *k, enum hash_id h, const uint8_t *hash,
	struct span sig, enum rsa_form *matched)
{
	static const enum rsa_form forms[] = { RSA_FORM_DIGESTINFO,
		RSA_FORM_BARE };
	uint8_t got[RSA_MAX_BITS / 8];

	if (!pkey_is_rsa(k)) {
		if (matched != NULL)
			*matched = RSA_FORM_BARE;
		return ec_verify(k, h, hash, sig);
	}
	if (pkey_sig_bytes(k) > sizeof(got) || sig.n != pkey_sig_bytes(k))
		return false;
	size_t n = recover(k, sig, got, sizeof(got));
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct block blk;

		block_make(&blk, h, forms[i], hash);
		if (n != blk.n || memcmp(got, blk.b, n) != 0)
			continue;
		if (matched != NULL)
			*matched = forms[i];
		return true;
	}
	return false;
}
