/* The stamps of time-based anti-replay, put between ESP and the inner packet,
 * and their check.  Pure: no clock.
 *
 * Of the group's time, our own (protocol.md C):
 *   next header (1), length in words (1), version (1), 0 (1), pseudotime, ms (8)
 * IP-D3P, draft-weis-delay-detection-03 2.1, of type POSIX-TIME:
 *   next header (1), type (1), length (2), seconds (4), microseconds (4)
 *
 * ESP's own next header is then TBAR_NEXT, in both cases that for experiments,
 * as the draft wants it: a packet without a stamp cannot pass for one that has
 * it, nor the other way round. */
#ifndef DATAPLANE_TBAR_H
#define DATAPLANE_TBAR_H
#include "dataplane/ops.h"

#define TBAR_BYTES 12
#define TBAR_NEXT  253 /* for experimentation, RFC 3692 */

/* Writes the stamp of an IPv4 packet: of the group's time, or in ms since
 * 1970. */
void tbar_put(
	enum dp_stamp kind, uint8_t stamp[TBAR_BYTES], uint64_t time_ms);
enum tbar_result { TBAR_FRESH, TBAR_MALFORMED, TBAR_OUTSIDE };
/* Checks the stamp in front of n bytes (itself included): is the sender's time
 * not farther from ours than the window?  Unless malformed, *delta_ms tells by
 * how much it is ahead of ours.  D3P's seconds have 32 bits and come round. */
enum tbar_result tbar_check(enum dp_stamp kind, const uint8_t *p, size_t n,
	uint64_t my_ms, uint64_t window_ms, int64_t *delta_ms);
#endif
