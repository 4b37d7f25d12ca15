/* The stamp of time-based anti-replay. */
#include "dataplane/tbar.h"
#include "base/rd.h"
#include "base/wr.h"

#define NEXT_IPV4 4
#define WORDS     (TBAR_BYTES / 4)
#define VERSION   1

void tbar_put(uint8_t stamp[TBAR_BYTES], uint64_t pseudo_ms)
{
	struct wr w = wr_init(stamp, TBAR_BYTES);

	wr_u8(&w, NEXT_IPV4);
	wr_u8(&w, WORDS);
	wr_u8(&w, VERSION);
	wr_u8(&w, 0);
	wr_u32(&w, (uint32_t)(pseudo_ms >> 32));
	wr_u32(&w, (uint32_t)pseudo_ms);
}

enum tbar_result tbar_check(const uint8_t *p, size_t n, uint64_t my_ms,
	uint64_t window_ms, uint64_t *peer_ms)
{
	struct rd r = rd_init(p, n);
	uint8_t next = rd_u8(&r), words = rd_u8(&r), version = rd_u8(&r);
	uint64_t high, delta;

	rd_skip(&r, 1);
	high = rd_u32(&r);
	*peer_ms = high << 32 | rd_u32(&r);
	if (!rd_ok(&r) || next != NEXT_IPV4 || words != WORDS ||
		version != VERSION)
		return TBAR_MALFORMED;
	delta = *peer_ms > my_ms ? *peer_ms - my_ms : my_ms - *peer_ms;
	return delta <= window_ms ? TBAR_FRESH : TBAR_OUTSIDE;
}
