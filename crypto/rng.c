/* Random bytes. */
#include "crypto/rng.h"

#include "crypto/evp_priv.h"

#include <limits.h>
#include <openssl/rand.h>

void rng_bytes(void *p, size_t n)
{
	if (n > INT_MAX || RAND_priv_bytes(p, (int)n) != 1)
		evp_die("random source");
}
