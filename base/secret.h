/* Secrets: bytes that are compared in constant time, wiped, never printed. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H
#include "base/mem.h"
#include <stdbool.h>

/* Heap secret of any length; zero-initialised means empty.  Owned by the
 * structure it stands in; secret_free wipes it. */
struct secret {
	uint8_t *p;
	size_t n;
};
void secret_set(struct secret *s, const void *p, size_t n); /* copies */
void secret_free(struct secret *s);
bool secret_equal(const struct secret *a, const struct secret *b);
void secret_dup(struct secret *dst, const struct secret *src);
#define auto_secret __attribute__((cleanup(secret_free)))

/* Key material as a plain value, for structs that are copied between layers.
 * 68 bytes hold the largest key we know (HMAC-SHA-512, AES-256 with salt). */
#define KEYBUF_MAX 68
struct keybuf {
	uint8_t n;
	uint8_t b[KEYBUF_MAX];
};
bool keybuf_set(struct keybuf *k, const void *p, size_t n); /* false: too long */
void keybuf_wipe(struct keybuf *k);
bool keybuf_equal(const struct keybuf *a, const struct keybuf *b);
#endif
