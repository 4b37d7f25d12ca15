/* Toy Diffie-Hellman and signatures: the shapes of the real ones at no cost,
 * and no security at all. */
#include "crypto/dh.h"
#include "crypto/prf.h"
#include "tests/sim/world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOY_P 2305843009213693951ull /* 2^61 - 1 */
#define TOY_G 3

struct dh {
	uint32_t group;
	uint64_t x, y;
};

static uint64_t toy_state;

void toy_seed(uint64_t seed)
{
	toy_state = seed;
}

static uint64_t toy_random(void)
{
	toy_state = toy_state * 6364136223846793005ull + 1442695040888963407ull;
	return toy_state >> 8;
}

static uint64_t mulmod(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b % TOY_P);
}

static uint64_t powmod(uint64_t base, uint64_t e)
{
	uint64_t r = 1;

	for (; e != 0; e >>= 1, base = mulmod(base, base))
		if (e & 1)
			r = mulmod(r, base);
	return r;
}

static struct dh *toy_dh_new(uint32_t group)
{
	struct dh *d;

	if (dh_alg(group) == NULL)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->group = group;
	d->x = toy_random() % (TOY_P - 2) + 1;
	d->y = powmod(TOY_G, d->x);
	return d;
}

static void toy_dh_free(struct dh *d)
{
	free(d);
}

static void put64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static size_t toy_dh_public(const struct dh *d, uint8_t *out)
{
	size_t n = dh_alg(d->group)->public_bytes;

	memset(out, 0, n);
	put64(out + n - 8, d->y);
	return n;
}

static int toy_dh_shared(
	const struct dh *d, struct span peer, struct secret *out)
{
	size_t n = dh_alg(d->group)->shared_bytes;
	uint8_t buf[DH_MAX_SHARED] = { 0 };
	uint64_t y = 0;

	if (peer.n != dh_alg(d->group)->public_bytes)
		return -EINVAL;
	for (size_t i = peer.n - 8; i < peer.n; i++)
		y = y << 8 | peer.p[i];
	if (y < 2 || y >= TOY_P)
		return -EINVAL;
	put64(buf + n - 8, powmod(y, d->x));
	secret_set(out, buf, n);
	return 0;
}

static void toy_sig(
	const struct pkey *k, enum hash_id h, const uint8_t *hash, uint8_t *sig)
{
	uint8_t sum[HASH_MAX_BYTES];
	struct span part = SPAN(hash, hash_alg(h)->bytes);

	prf(HASH_SHA256, SPAN("toy", 3), &part, 1, sum);
	for (size_t i = 0; i < pkey_sig_bytes(k); i++)
		sig[i] = sum[i % 32];
}

static int toy_sign(const struct pkey *k, enum hash_id h, enum rsa_form form,
	const uint8_t *hash, uint8_t *sig, size_t *sig_n)
{
	(void)form;
	*sig_n = pkey_sig_bytes(k);
	toy_sig(k, h, hash, sig);
	return 0;
}

static bool toy_verify(const struct pkey *k, enum hash_id h,
	const uint8_t *hash, struct span sig, enum rsa_form *matched)
{
	uint8_t want[512];

	if (sig.n != pkey_sig_bytes(k) || sig.n > sizeof(want))
		return false;
	toy_sig(k, h, hash, want);
	if (matched != NULL)
		*matched = RSA_FORM_DIGESTINFO;
	return memcmp(want, sig.p, sig.n) == 0;
}

const struct crypto_ops toy_crypto = {
	.dh_new = toy_dh_new,
	.dh_free = toy_dh_free,
	.dh_public = toy_dh_public,
	.dh_shared = toy_dh_shared,
	.sign = toy_sign,
	.verify = toy_verify,
};
