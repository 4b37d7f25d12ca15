/* Growing text, always NUL-terminated, wiped where it is left: it may be a
 * secret. */
#ifndef BASE_SBUF_H
#define BASE_SBUF_H
#include "base/mem.h"
#include <stdarg.h>
#include <stdbool.h>

/* Zero-initialised means empty. */
struct sbuf {
	char *s; /* NULL while empty; use sbuf_str to read */
	size_t n, cap;
};

void sbuf_add(struct sbuf *b, const void *p, size_t n);
void sbuf_adds(struct sbuf *b, const char *s);
void sbuf_addc(struct sbuf *b, char c);
void sbuf_pad(struct sbuf *b, char c, size_t n);
void sbuf_printf(struct sbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void sbuf_trunc(struct sbuf *b, size_t n);
const char *sbuf_str(const struct sbuf *b); /* "" while empty */
char *sbuf_take(struct sbuf *b);            /* gives the text away */
void sbuf_free(struct sbuf *b);             /* back to empty */
#define auto_sbuf __attribute__((cleanup(sbuf_free)))
#endif
