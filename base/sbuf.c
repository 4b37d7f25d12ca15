/* Growing text.  Doubles its room, so appending is linear over all.  Wiped
 * where it is left: configuration and keys pass through here as text. */
#include "base/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SBUF_FIRST 64

/* Room for n more bytes and the NUL. */
static void sbuf_grow(struct sbuf *b, size_t n)
{
	if (b->cap - b->n > n)
		return;
	size_t cap = b->cap > 0 ? b->cap : SBUF_FIRST;
	while (cap - b->n <= n) {
		if (cap > SIZE_MAX / 2)
			abort();
		cap *= 2;
	}
	char *s = xcalloc(cap, 1);

	if (b->s != NULL) {
		memcpy(s, b->s, b->n + 1);
		mem_wipe(b->s, b->cap);
	}
	free(b->s);
	b->s = s;
	b->cap = cap;
}

void sbuf_add(struct sbuf *b, const void *p, size_t n)
{
	sbuf_grow(b, n);
	if (n > 0)
		memcpy(b->s + b->n, p, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void sbuf_adds(struct sbuf *b, const char *s)
{
	sbuf_add(b, s, strlen(s));
}

void sbuf_addc(struct sbuf *b, char c)
{
	sbuf_add(b, &c, 1);
}

void sbuf_pad(struct sbuf *b, char c, size_t n)
{
	sbuf_grow(b, n);
	memset(b->s + b->n, c, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void sbuf_printf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

void sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	sbuf_grow(b, SBUF_FIRST);
	int n = vsnprintf(b->s + b->n, b->cap - b->n, fmt, ap);
	if (n < 0)
		abort(); /* a broken format of ours */
	if ((size_t)n >= b->cap - b->n) {
		sbuf_grow(b, (size_t)n);
		vsnprintf(b->s + b->n, b->cap - b->n, fmt, again);
	}
	va_end(again);
	b->n += (size_t)n;
}

void sbuf_trunc(struct sbuf *b, size_t n)
{
	if (n >= b->n)
		return;
	mem_wipe(b->s + n, b->n - n);
	b->n = n;
}

const char *sbuf_str(const struct sbuf *b)
{
	return b->s != NULL ? b->s : "";
}

char *sbuf_take(struct sbuf *b)
{
	char *s = b->s != NULL ? b->s : xstrdup("");

	*b = (struct sbuf){ 0 };
	return s;
}

void sbuf_free(struct sbuf *b)
{
	mem_wipe(b->s, b->cap);
	free(b->s);
	*b = (struct sbuf){ 0 };
}
