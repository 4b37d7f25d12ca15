/* Writer of big-endian wire data into a buffer of the caller.  Overflow sets
 * `bad`, which sticks; nothing is written beyond cap. */
#ifndef BASE_WR_H
#define BASE_WR_H
#include "base/mem.h"
#include <stdbool.h>

struct wr {
	uint8_t *buf;
	size_t cap, len;
	bool bad;
};

struct wr wr_init(void *buf, size_t cap);
static inline bool wr_ok(const struct wr *w)
{
	return !w->bad;
}
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_span(struct wr *w, struct span s);
void wr_zero(struct wr *w, size_t n);
/* Reserves a 16-bit length and gives its place; _end patches it with the
 * number of bytes written since (at - back), so a length that counts a header
 * written before it passes that header's size as `back`. */
size_t wr_len16(struct wr *w);
void wr_len16_end(struct wr *w, size_t at, size_t back);
void wr_patch_u8(struct wr *w, size_t at, uint8_t v);
void wr_patch_u16(struct wr *w, size_t at, uint16_t v);
void wr_patch_u32(struct wr *w, size_t at, uint32_t v);
struct span wr_done(const struct wr *w); /* what was written */
#endif
