/* Random bytes from OpenSSL; the engines get theirs through env. */
#ifndef CRYPTO_RNG_H
#define CRYPTO_RNG_H
#include <stddef.h>
void rng_bytes(void *p, size_t n); /* aborts when the source fails */
#endif
