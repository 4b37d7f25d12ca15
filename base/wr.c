/* Writer of wire data.  Every byte goes through wr_room, the one place that
 * compares with the capacity. */
#include "base/wr.h"

#include <string.h>

struct wr wr_init(void *buf, size_t cap)
{
	return (struct wr){ .buf = buf, .cap = cap };
}

static uint8_t *wr_room(struct wr *w, size_t n)
{
	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	uint8_t *p = w->buf + w->len;
	w->len += n;
	return p;
}

static void put_be(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void wr_uint(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p != NULL)
		put_be(p, v, n);
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_uint(w, v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
	wr_uint(w, v, 2);
}

void wr_u32(struct wr *w, uint32_t v)
{
	wr_uint(w, v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_uint(w, v, 8);
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *q = wr_room(w, n);

	if (q != NULL && n > 0)
		memcpy(q, p, n);
}

void wr_span(struct wr *w, struct span s)
{
	wr_bytes(w, s.p, s.n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *q = wr_room(w, n);

	if (q != NULL && n > 0)
		memset(q, 0, n);
}

size_t wr_len16(struct wr *w)
{
	size_t at = w->len;

	wr_u16(w, 0);
	return at;
}

void wr_len16_end(struct wr *w, size_t at, size_t back)
{
	if (w->bad || back > at || w->len - at + back > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_patch_u16(w, at, (uint16_t)(w->len - at + back));
}

static void wr_patch(struct wr *w, size_t at, uint64_t v, size_t n)
{
	if (w->bad || at > w->len || n > w->len - at) {
		w->bad = true;
		return;
	}
	put_be(w->buf + at, v, n);
}

void wr_patch_u8(struct wr *w, size_t at, uint8_t v)
{
	wr_patch(w, at, v, 1);
}

void wr_patch_u16(struct wr *w, size_t at, uint16_t v)
{
	wr_patch(w, at, v, 2);
}

void wr_patch_u32(struct wr *w, size_t at, uint32_t v)
{
	wr_patch(w, at, v, 4);
}

struct span wr_done(const struct wr *w)
{
	return w->bad ? SPAN(NULL, 0) : SPAN(w->buf, w->len);
}
