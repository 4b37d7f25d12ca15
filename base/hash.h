/* uthash with a keyed hash: cookies and addresses are chosen by attackers.
 * hash_seed() is called once at start; a simulation leaves the seed fixed so
 * that a run replays.  Iteration order must never decide behaviour. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stddef.h>
#include <stdint.h>

void hash_seed(const uint8_t key[16]);
uint32_t hash_bytes(const void *p, size_t n); /* keyed SipHash-like digest */
#define HASH_FUNCTION(keyptr, keylen, hashv)                                   \
	do {                                                                   \
		(hashv) = hash_bytes((keyptr), (keylen));                      \
	} while (0)
#include <uthash.h>
#endif
