/* Sender ids of a counter-mode group (RFC 6054, protocol.md B.13): a key
 * server gives each out once. */
#ifndef GDOI_SID_H
#define GDOI_SID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SID_BITS_DEFAULT 24
#define KSSID_BITS       7 /* a KSSID stands in the top bits (IOS) */
#define KSSIDS_MAX       128

/* With KSSIDs a SID is KSSID | counter; without, the whole width counts. */
struct sid_pool {
	uint8_t bits;                /* 8..32 */
	uint8_t kssid[KSSIDS_MAX];
	size_t n_kssids;
	uint64_t given;              /* so many since the last reset */
	uint64_t reserved;           /* so many are on disk as given */
};
/* bits 0: the default.  Keeps `given` while the width and the KSSIDs that it
 * has come to are the same; false when they changed, and the pool starts
 * anew. */
bool sid_pool_set(struct sid_pool *p, uint8_t bits, const uint8_t *kssids,
	size_t n_kssids);
uint64_t sid_pool_size(const struct sid_pool *p);
uint64_t sid_pool_each(const struct sid_pool *p); /* of one KSSID */
/* The next in sequence, first 0.  false: used up. */
bool sid_take(struct sid_pool *p, uint32_t *sid);
/* Gives the n taken last back: they were never told to anybody. */
void sids_untake(struct sid_pool *p, size_t n);
/* After sid_take: true when what was given must be written down before it is
 * told to anybody.  A stock is set aside then, so that few do; a restart loses
 * what is left of it, at most a 64th of the pool. */
bool sid_pool_reserve(struct sid_pool *p);
/* Only when every SA that knew an old SID is gone. */
void sid_pool_reset(struct sid_pool *p);
#endif
