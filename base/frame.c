/* Frames between getvpnsh and getvpnd. */
#include "base/frame.h"

#include "base/rd.h"
#include "base/wr.h"

#include <errno.h>

void frame_put(struct sbuf *out, uint8_t type, const void *body, size_t n)
{
	uint8_t hdr[FRAME_HDR];
	struct wr w = wr_init(hdr, sizeof(hdr));

	wr_u8(&w, type);
	wr_u32(&w, (uint32_t)n);
	sbuf_add(out, hdr, sizeof(hdr));
	sbuf_add(out, body, n);
}

int frame_get(const struct sbuf *in, size_t *pos, struct frame *out)
{
	if (*pos >= in->n)
		return 0;
	struct rd r = rd_init(in->s + *pos, in->n - *pos);
	uint8_t type = rd_u8(&r);
	uint32_t n = rd_u32(&r);

	if (!rd_ok(&r))
		return 0;
	if (n > FRAME_MAX)
		return -EPROTO;
	const uint8_t *body = rd_bytes(&r, n);
	if (body == NULL)
		return 0;
	*out = (struct frame){ .type = type, .body = SPAN(body, n) };
	*pos += FRAME_HDR + n;
	return 1;
}
