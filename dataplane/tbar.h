/* Time-based anti-replay: the stamp that members of our kind put between ESP
 * and the inner packet (protocol.md C), and its check.  Pure: no clock.
 *
 *   next header (1), length in words (1), version (1), 0 (1), pseudotime, ms (8)
 *
 * ESP's own next header is then TBAR_NEXT: a packet without a stamp cannot pass
 * for one that has it, nor the other way round. */
#ifndef DATAPLANE_TBAR_H
#define DATAPLANE_TBAR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TBAR_BYTES 12
#define TBAR_NEXT  253 /* for experimentation, RFC 3692 */

/* Writes the stamp of an IPv4 packet. */
void tbar_put(uint8_t stamp[TBAR_BYTES], uint64_t pseudo_ms);
enum tbar_result { TBAR_FRESH, TBAR_MALFORMED, TBAR_OUTSIDE };
/* Checks the stamp in front of n bytes (itself included): is the sender's time
 * not farther from ours than the window?  *peer_ms is told unless malformed. */
enum tbar_result tbar_check(const uint8_t *p, size_t n, uint64_t my_ms,
	uint64_t window_ms, uint64_t *peer_ms);
#endif
