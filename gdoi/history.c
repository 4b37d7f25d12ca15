/* What was dropped, and why: a counter a reason, and the last few of them
 * (crypto isakmp diagnose error). */
#include "gdoi/debug_priv.h"
#include <stdlib.h>
#include <string.h>

void history_size(struct history *h, size_t max)
{
	if (max == h->max)
		return;
	free(h->v);
	*h = (struct history){ .max = max, .deleted = h->deleted + h->n };
	if (max > 0)
		h->v = xcalloc(max, sizeof *h->v);
}

void history_fini(struct history *h)
{
	free(h->v);
	*h = (struct history){ .v = NULL };
}

void ike_error_add(struct ike *ike, const struct ip_addr *peer,
	uint8_t exchange, enum wire_err e)
{
	struct history *h = &ike->history;

	if (h->max == 0)
		return;
	h->v[h->at] =
		(struct ike_error){ .wall_ms = ike->env.wall(ike->env.ctx),
			.peer = *peer,
			.exchange = exchange,
			.err = e };
	h->at = (h->at + 1) % h->max;
	if (h->n < h->max)
		h->n++;
	else
		h->deleted++;
}

void ike_drop(struct ike *ike, enum wire_err e)
{
	static const struct ip_addr none = { 0 };
	const struct ike_dgram *in = ike->in;

	ike->stats.drops[e]++;
	if (in != NULL && in->hdr.exchange == ike->doi.exchange_type)
		ike->stats.pull_drops[e]++;
	if (in != NULL)
		DEBUG(ike->env.debug, PKT_DROP, .peer = in->path->remote.ip,
			.err = e);
	ike_error_add(ike, in != NULL ? &in->path->remote.ip : &none,
		in != NULL ? in->hdr.exchange : 0, e);
}

size_t ike_errors(const struct ike *ike, struct ike_error *out, size_t max,
	uint64_t *deleted)
{
	const struct history *h = &ike->history;
	size_t n = h->n < max ? h->n : max;

	*deleted = h->deleted;
	for (size_t i = 0; i < n; i++) /* the latest first */
		out[i] = h->v[(h->at + h->max - 1 - i) % h->max];
	return n;
}

void ike_pull_drops_clear(struct ike *ike)
{
	memset(ike->stats.pull_drops, 0, sizeof ike->stats.pull_drops);
}

void ike_errors_clear(struct ike *ike)
{
	struct history *h = &ike->history;

	memset(ike->stats.drops, 0, sizeof ike->stats.drops);
	ike_pull_drops_clear(ike);
	h->n = h->at = 0;
	h->deleted = 0;
}

void ike_admission_clear(struct ike *ike)
{
	ike->stats.admission = (struct ike_admission){ .in_requests = 0 };
	ike->stats.stateless = 0;
}
