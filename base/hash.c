/* The hash under uthash.
 *
 * Table keys (cookies, SPIs, addresses) are chosen by whoever sends us a
 * packet.  With a known function an attacker picks keys that fall into one
 * bucket and makes every lookup linear; with a secret seed he cannot compute
 * which keys collide.  This guards running time only: nothing secret is
 * hashed, and a table must not depend on its order. */
#include "base/hash.h"

#include <string.h>

/* Fixed until hash_seed, so that a simulation replays. */
static uint64_t seed0 = 0x0706050403020100, seed1 = 0x0f0e0d0c0b0a0908;

static uint64_t le64(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

void hash_seed(const uint8_t key[16])
{
	seed0 = le64(key, 8);
	seed1 = le64(key + 8, 8);
}

static inline uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

/* SipHash-1-3: one round a word, three at the end. */
uint32_t hash_bytes(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t v[4] = { seed0 ^ 0x736f6d6570736575,
		seed1 ^ 0x646f72616e646f6d, seed0 ^ 0x6c7967656e657261,
		seed1 ^ 0x7465646279746573 };
	uint64_t last = (uint64_t)n << 56;
	size_t left = n;

	for (; left >= 8; left -= 8, b += 8) {
		uint64_t m = le64(b, 8);

		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	last |= le64(b, left);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	uint64_t h = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(h ^ h >> 32);
}
