/* A build without Intel's multi-buffer library: no keys are ever its. */
#include "dataplane/user_esp_priv.h"
#include <stdlib.h>

const char *esp_mb_missing(void)
{
	return "this build is without ipsec-mb";
}

struct esp_mb *esp_mb_new(void)
{
	return NULL;
}

void esp_mb_free(struct esp_mb *m)
{
	(void)m;
}

struct esp_mb_keys *esp_mb_keys_new(struct esp_mb *m, const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth)
{
	(void)m;
	(void)s;
	(void)shape;
	(void)enc;
	(void)auth;
	return NULL;
}

void esp_mb_keys_free(struct esp_mb_keys *k)
{
	(void)k;
}

void esp_mb_submit(struct esp_mb_keys *k, struct esp_job *j)
{
	(void)k;
	(void)j;
	abort();
}

void esp_mb_flush(struct esp_mb_keys *k)
{
	(void)k;
	abort();
}
