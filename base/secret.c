/* Secrets: copied, compared in constant time, wiped.  Nothing here prints. */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

void secret_set(struct secret *s, const void *p, size_t n)
{
	/* Copy first: p may lie inside the old value. */
	uint8_t *copy = n > 0 ? xmemdup(p, n) : NULL;

	secret_free(s);
	s->p = copy;
	s->n = n;
}

void secret_free(struct secret *s)
{
	mem_wipe(s->p, s->n);
	free(s->p);
	*s = (struct secret){ 0 };
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->n == b->n && mem_equal_secret(a->p, b->p, a->n);
}

void secret_dup(struct secret *dst, const struct secret *src)
{
	secret_set(dst, src->p, src->n);
}

bool keybuf_set(struct keybuf *k, const void *p, size_t n)
{
	if (n > sizeof(k->b))
		return false;
	uint8_t copy[KEYBUF_MAX] = { 0 };
	if (n > 0)
		memcpy(copy, p, n);
	memcpy(k->b, copy, sizeof(k->b));
	k->n = (uint8_t)n;
	mem_wipe(copy, sizeof(copy));
	return true;
}

void keybuf_wipe(struct keybuf *k)
{
	mem_wipe(k, sizeof(*k));
}

bool keybuf_equal(const struct keybuf *a, const struct keybuf *b)
{
	/* Bytes beyond n are zero by keybuf_set, but need not be compared. */
	return a->n == b->n && mem_equal_secret(a->b, b->b, a->n);
}
