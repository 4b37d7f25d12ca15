/* Sender ids: given in sequence, never twice before a reset. */
#include "gdoi/sid.h"
#include <string.h>

#define STOCK_MAX 64

/* How many one KSSID has. */
static uint64_t kssid_size(const struct sid_pool *p)
{
	return p->bits > KSSID_BITS ? 1ull << (p->bits - KSSID_BITS) : 1;
}

/* With more KSSIDs at the end, or fewer of those not begun, the sequence is the
 * same as far as it has gone. */
static bool is_same_so_far(const struct sid_pool *p, uint8_t width,
	const uint8_t *kssids, size_t n)
{
	size_t same = n < p->n_kssids ? n : p->n_kssids;

	if (p->bits != width || (n == 0) != (p->n_kssids == 0))
		return false;
	return same == 0 || (memcmp(p->kssid, kssids, same) == 0 &&
				    p->given <= same * kssid_size(p) &&
				    p->reserved <= same * kssid_size(p));
}

bool sid_pool_set(struct sid_pool *p, uint8_t bits, const uint8_t *kssids,
	size_t n_kssids)
{
	uint8_t width = bits != 0 ? bits : SID_BITS_DEFAULT;

	if (n_kssids > KSSIDS_MAX)
		n_kssids = KSSIDS_MAX;
	bool same = is_same_so_far(p, width, kssids, n_kssids);

	if (!same)
		*p = (struct sid_pool){ .bits = width };
	p->n_kssids = n_kssids;
	if (n_kssids != 0)
		memcpy(p->kssid, kssids, n_kssids);
	return same;
}

uint64_t sid_pool_size(const struct sid_pool *p)
{
	if (p->n_kssids == 0)
		return 1ull << p->bits;
	return p->n_kssids * kssid_size(p);
}

bool sid_take(struct sid_pool *p, uint32_t *sid)
{
	uint64_t each = kssid_size(p);

	if (p->given >= sid_pool_size(p))
		return false;
	if (p->n_kssids == 0)
		*sid = (uint32_t)p->given;
	else
		*sid = (uint32_t)(p->kssid[p->given / each] * each +
				  p->given % each);
	p->given++;
	return true;
}

uint64_t sid_pool_each(const struct sid_pool *p)
{
	return p->n_kssids == 0 ? sid_pool_size(p) : kssid_size(p);
}

void sids_untake(struct sid_pool *p, size_t n)
{
	p->given -= n < p->given ? n : p->given;
}

bool sid_pool_reserve(struct sid_pool *p)
{
	uint64_t size = sid_pool_size(p), ahead = size / 64;

	if (p->given <= p->reserved)
		return false;
	if (ahead > STOCK_MAX)
		ahead = STOCK_MAX;
	p->reserved = p->given + ahead;
	if (p->reserved > size)
		p->reserved = size;
	return true;
}

void sid_pool_reset(struct sid_pool *p)
{
	p->given = p->reserved = 0;
}
