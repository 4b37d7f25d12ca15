/* Length-prefixed frames on a stream socket: type (1), length (4), body.  Used
 * between getvpnsh and getvpnd; each side treats the other as hostile. */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H
#include "base/sbuf.h"
#include <stdint.h>

#define FRAME_HDR 5
#define FRAME_MAX (1u << 20) /* a larger body is a protocol error */

struct frame {
	uint8_t type;
	struct span body; /* lent until the next call on the buffer */
};
void frame_put(struct sbuf *out, uint8_t type, const void *body, size_t n);
/* Takes one whole frame off the front of `in` (advance *pos past it; the
 * caller compacts).  1: frame, 0: needs more, -EPROTO: hostile length. */
int frame_get(const struct sbuf *in, size_t *pos, struct frame *out);
#endif
