/* The public-key operations of a real box: OpenSSL through crypto/. */
#include "gdoi/env.h"
#include "crypto/dh.h"

const struct crypto_ops crypto_ops_openssl = {
	.dh_new = dh_new,
	.dh_free = dh_free,
	.dh_public = dh_public,
	.dh_shared = dh_shared,
	.sign = pkey_sign_hash,
	.verify = pkey_verify_hash,
};
