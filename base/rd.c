/* Bounds-checked reader.  Every access goes through rd_bytes, the one place
 * that compares with the end. */
#include "base/rd.h"

#include <string.h>

struct rd rd_init(const void *p, size_t n)
{
	static const uint8_t nothing;
	const uint8_t *start = n > 0 ? p : &nothing;

	return (struct rd){ .p = start, .end = start + n };
}

struct rd rd_span(struct span s)
{
	return rd_init(s.p, s.n);
}

size_t rd_left(const struct rd *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

const uint8_t *rd_bytes(struct rd *r, size_t n)
{
	if (r->bad || n > (size_t)(r->end - r->p)) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += n;
	return p;
}

static uint64_t rd_uint(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_uint(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_uint(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return rd_uint(r, 8);
}

bool rd_copy(struct rd *r, void *dst, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (n == 0)
		return p != NULL;
	if (p == NULL) {
		memset(dst, 0, n);
		return false;
	}
	memcpy(dst, p, n);
	return true;
}

void rd_skip(struct rd *r, size_t n)
{
	(void)rd_bytes(r, n);
}

struct span rd_rest(struct rd *r)
{
	size_t n = rd_left(r);
	const uint8_t *p = rd_bytes(r, n);

	return SPAN(p, p == NULL ? 0 : n);
}

struct rd rd_sub(struct rd *r, size_t len, size_t hdr)
{
	const uint8_t *p = NULL;

	if (len < hdr)
		r->bad = true;
	else
		p = rd_bytes(r, len - hdr);
	if (p == NULL) {
		struct rd none = rd_init(NULL, 0);

		none.bad = true;
		return none;
	}
	return rd_init(p, len - hdr);
}
