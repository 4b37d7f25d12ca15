/* Bounds-checked reader of big-endian wire data.  Reading past the end sets
 * `bad`, which sticks, and yields zeros; test rd_ok before a value becomes a
 * length, a bound or a branch. */
#ifndef BASE_RD_H
#define BASE_RD_H
#include "base/mem.h"
#include <stdbool.h>

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

struct rd rd_init(const void *p, size_t n);
struct rd rd_span(struct span s);
static inline bool rd_ok(const struct rd *r)
{
	return !r->bad;
}
size_t rd_left(const struct rd *r);   /* 0 when bad */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* n bytes in place; NULL and bad when there are fewer. */
const uint8_t *rd_bytes(struct rd *r, size_t n);
bool rd_copy(struct rd *r, void *dst, size_t n); /* zero-fills dst when bad */
void rd_skip(struct rd *r, size_t n);
struct span rd_rest(struct rd *r); /* takes all that is left */
/* A bounded child of `len` bytes of which `hdr` were already read; len < hdr
 * or beyond the end makes both bad. */
struct rd rd_sub(struct rd *r, size_t len, size_t hdr);
#endif
