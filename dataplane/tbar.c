/* The stamps of time-based anti-replay. */
#include "dataplane/tbar.h"
#include "base/rd.h"
#include "base/wr.h"

#define NEXT_IPV4  4
#define WORDS      (TBAR_BYTES / 4)
#define VERSION    1
#define POSIX_TIME 1
#define SECOND_US  1000000u

static void group_put(struct wr *w, uint64_t time_ms)
{
	wr_u8(w, WORDS);
	wr_u8(w, VERSION);
	wr_u8(w, 0);
	wr_u64(w, time_ms);
}

static void d3p_put(struct wr *w, uint64_t time_ms)
{
	wr_u8(w, POSIX_TIME);
	wr_u16(w, TBAR_BYTES);
	wr_u32(w, (uint32_t)(time_ms / 1000));
	wr_u32(w, (uint32_t)(time_ms % 1000) * 1000);
}

void tbar_put(
	enum dp_stamp kind, uint8_t stamp[TBAR_BYTES], uint64_t time_ms)
{
	struct wr w = wr_init(stamp, TBAR_BYTES);

	wr_u8(&w, NEXT_IPV4);
	if (kind == DP_STAMP_D3P)
		d3p_put(&w, time_ms);
	else
		group_put(&w, time_ms);
}

/* false: not such a stamp. */
static bool group_read(struct rd *r, uint64_t my_ms, int64_t *delta_ms)
{
	uint8_t words = rd_u8(r), version = rd_u8(r);

	rd_skip(r, 1);
	*delta_ms = (int64_t)(rd_u64(r) - my_ms);
	return words == WORDS && version == VERSION;
}

static bool d3p_read(struct rd *r, uint64_t my_ms, int64_t *delta_ms)
{
	uint8_t type = rd_u8(r);
	uint16_t length = rd_u16(r);
	uint32_t secs = rd_u32(r) - (uint32_t)(my_ms / 1000);
	uint32_t us = rd_u32(r);

	*delta_ms = (int32_t)secs * INT64_C(1000) + us / 1000 -
		    (int64_t)(my_ms % 1000);
	return type == POSIX_TIME && length == TBAR_BYTES && us < SECOND_US;
}

enum tbar_result tbar_check(enum dp_stamp kind, const uint8_t *p, size_t n,
	uint64_t my_ms, uint64_t window_ms, int64_t *delta_ms)
{
	struct rd r = rd_init(p, n);
	uint8_t next = rd_u8(&r);
	bool known = kind == DP_STAMP_D3P ? d3p_read(&r, my_ms, delta_ms)
					  : group_read(&r, my_ms, delta_ms);
	uint64_t far = *delta_ms < 0 ? 0 - (uint64_t)*delta_ms
				     : (uint64_t)*delta_ms;

	if (!rd_ok(&r) || next != NEXT_IPV4 || !known)
		return TBAR_MALFORMED;
	return far <= window_ms ? TBAR_FRESH : TBAR_OUTSIDE;
}
