/* Rates and ages of interfaces: the kernel's counters looked at every few
 * seconds, and the counts at which `clear counters` set them to nought. */
#include "router/box_priv.h"
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MS 5000
#define WINDOW_MS 300000 /* "5 minute input rate" */

struct box_meter {
	int ifindex;
	struct link_state base; /* counters at the last clearing */
	struct link_state last; /* at the last sample */
	uint64_t last_ms, cleared_ms, in_ms, out_ms;
	double in_bps, in_pps, out_bps, out_pps;
	bool seen;
};

static struct box_meter *meter_find(const struct box *b, int ifindex)
{
	for (size_t i = 0; i < b->n_meters; i++) {
		if (b->meters[i].ifindex == ifindex)
			return &b->meters[i];
	}
	return NULL;
}

/* Exponentially weighted, as IOS does it: what is older than the window hardly
 * counts. */
static void rate_add(double *rate, uint64_t delta, uint64_t span_ms)
{
	double weight = (double)span_ms / WINDOW_MS;

	if (weight > 1)
		weight = 1;
	*rate += weight * ((double)delta * 1000.0 / (double)span_ms - *rate);
}

static uint64_t delta(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : 0;
}

static void meter_sample(struct box_meter *m, const struct link_state *s)
{
	uint64_t now = loop_now(), span = now - m->last_ms;
	uint64_t in = delta(s->rx_packets, m->last.rx_packets);
	uint64_t out = delta(s->tx_packets, m->last.tx_packets);

	m->seen = true;
	if (span == 0)
		return;
	rate_add(&m->in_pps, in, span);
	rate_add(&m->out_pps, out, span);
	rate_add(&m->in_bps, 8 * delta(s->rx_bytes, m->last.rx_bytes), span);
	rate_add(&m->out_bps, 8 * delta(s->tx_bytes, m->last.tx_bytes), span);
	if (in > 0)
		m->in_ms = now;
	if (out > 0)
		m->out_ms = now;
	m->last = *s;
	m->last_ms = now;
}

static struct box_meter *meter_get(struct box *b, const struct link_state *s)
{
	struct box_meter *m = meter_find(b, s->ifindex);

	if (m != NULL)
		return m;
	b->meters =
		xreallocarray(b->meters, b->n_meters + 1, sizeof(*b->meters));
	m = &b->meters[b->n_meters++];
	*m = (struct box_meter){ .ifindex = s->ifindex,
		.last = *s,
		.last_ms = loop_now(),
		.seen = true };
	return m;
}

static void meters_prune(struct box *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n_meters; i++) {
		if (!b->meters[i].seen)
			continue;
		b->meters[kept] = b->meters[i];
		b->meters[kept++].seen = false;
	}
	b->n_meters = kept;
}

static void on_sample(void *arg)
{
	struct box *b = arg;
	const struct link_state *s;

	iface_refresh(b->mirror);
	for (s = iface_next(b->mirror, 0); s != NULL;
		s = iface_next(b->mirror, s->ifindex))
		meter_sample(meter_get(b, s), s);
	meters_prune(b);
	timer_set(loop_timers(b->loop), &b->sample, loop_now() + SAMPLE_MS);
}

void box_meter_init(struct box *b)
{
	timer_init(&b->sample, on_sample, b);
	timer_set(loop_timers(b->loop), &b->sample, loop_now());
}

void box_meter_free(struct box *b)
{
	timer_cancel(loop_timers(b->loop), &b->sample);
	free(b->meters);
	b->meters = NULL;
	b->n_meters = 0;
}

/* What was counted since the clearing. */
static void counters_sub(struct link_state *s, const struct link_state *base)
{
	s->rx_packets = delta(s->rx_packets, base->rx_packets);
	s->rx_bytes = delta(s->rx_bytes, base->rx_bytes);
	s->rx_errors = delta(s->rx_errors, base->rx_errors);
	s->rx_drops = delta(s->rx_drops, base->rx_drops);
	s->rx_multicast = delta(s->rx_multicast, base->rx_multicast);
	s->rx_crc = delta(s->rx_crc, base->rx_crc);
	s->rx_frame = delta(s->rx_frame, base->rx_frame);
	s->rx_over = delta(s->rx_over, base->rx_over);
	s->rx_missed = delta(s->rx_missed, base->rx_missed);
	s->tx_packets = delta(s->tx_packets, base->tx_packets);
	s->tx_bytes = delta(s->tx_bytes, base->tx_bytes);
	s->tx_errors = delta(s->tx_errors, base->tx_errors);
	s->tx_drops = delta(s->tx_drops, base->tx_drops);
	s->tx_carrier = delta(s->tx_carrier, base->tx_carrier);
	s->collisions = delta(s->collisions, base->collisions);
}

void box_meter_read(struct box *b, struct iface_info *i)
{
	const struct box_meter *m = meter_find(b, i->link.ifindex);

	if (m == NULL)
		return;
	counters_sub(&i->link, &m->base);
	i->rates = (struct iface_rates){ .in_bps = (uint64_t)(m->in_bps + 0.5),
		.in_pps = (uint64_t)(m->in_pps + 0.5),
		.out_bps = (uint64_t)(m->out_bps + 0.5),
		.out_pps = (uint64_t)(m->out_pps + 0.5),
		.in_ms = m->in_ms,
		.out_ms = m->out_ms,
		.cleared_ms = m->cleared_ms };
}

void box_counters_clear(struct box *b, const char *ifname)
{
	const struct link_state *only = NULL, *s;

	if (ifname != NULL && (only = box_iface_link(b, ifname)) == NULL)
		return;
	iface_refresh(b->mirror);
	for (s = iface_next(b->mirror, 0); s != NULL;
		s = iface_next(b->mirror, s->ifindex)) {
		if (only != NULL && s->ifindex != only->ifindex)
			continue;
		struct box_meter *m = meter_get(b, s);

		m->base = *s;
		m->cleared_ms = loop_now();
	}
}
