/* Fragmentation of ISAKMP messages before IP (protocol.md A.12).
 *
 * A message that does not fit one sane datagram goes in parts when both sides
 * said that they can.  Parts are taken only for an SA that exists, from its
 * peer's address and under its cookies, so that a stranger cannot make us keep
 * anything; what the parts of one SA, of one source and of all may occupy is
 * bounded. The whole is judged as if it had arrived in one datagram: a part
 * proves nothing, whatever stands in its header. */
#include "gdoi/debug_priv.h"
#include <stdlib.h>
#include <string.h>

#define VERSION_1 0x10
/* Generic header, fragment id, number, flags. */
#define FRAGMENT_HDR  (PLD_HDR + 4)
#define FRAGMENT_LAST 0x01
/* Slice that with all headers fills a datagram. */
#define FRAGMENT_DATA                                                          \
	(IKE_DATAGRAM_MAX - IKE_MARKER_BYTES - ISAKMP_HDR - FRAGMENT_HDR)

/* Parts of one message. */
struct reassembly {
	struct ike_sa *sa;
	uint16_t id;
	uint8_t last; /* number of the last one, 0: not seen yet */
	unsigned n;
	size_t total; /* octets of data */
	struct timer timer;
	struct bytes part[IKE_FRAGMENTS_MAX]; /* number 1 first */
};
struct part {
	uint16_t id;
	uint8_t number, flags;
	struct span data;
};

static void charge(struct ike_sa *sa, size_t n)
{
	sa->source->fragment_bytes += n;
	sa->ike->limits.fragment_bytes += n;
}

static void discharge(struct ike_sa *sa, size_t n)
{
	sa->source->fragment_bytes -= n;
	sa->ike->limits.fragment_bytes -= n;
}

void fragments_drop(struct ike_sa *sa)
{
	struct reassembly *a = sa->reassembly;

	if (a == NULL)
		return;
	sa->reassembly = NULL;
	timer_cancel(sa->ike->env.timers, &a->timer);
	discharge(sa, sizeof *a + a->total);
	for (size_t i = 0; i < IKE_FRAGMENTS_MAX; i++)
		bytes_free(&a->part[i]);
	free(a);
}

static void on_fragment_timer(void *arg)
{
	struct reassembly *a = arg;
	struct ike *ike = a->sa->ike;

	ike_drop(ike, WIRE_FRAGMENT);
	fragments_drop(a->sa);
}

static enum wire_err part_read(const struct ike_dgram *in, struct part *out)
{
	struct rd r = rd_span(in->body);
	uint8_t next = rd_u8(&r), reserved = rd_u8(&r);
	uint16_t len = rd_u16(&r);

	out->id = rd_u16(&r);
	out->number = rd_u8(&r);
	out->flags = rd_u8(&r);
	if (!rd_ok(&r))
		return WIRE_TRUNCATED;
	out->data = rd_rest(&r);
	if (reserved != 0)
		return WIRE_RESERVED;
	if (next != PLD_NONE || len != in->body.n || out->number == 0 ||
		out->data.n == 0 || (in->hdr.flags & ISAKMP_FLAG_E) != 0)
		return WIRE_FRAGMENT;
	return WIRE_OK;
}

/* Can it be a part of what is there? */
static bool part_fits(const struct reassembly *a, const struct part *p)
{
	if (a->id != p->id)
		return false;
	if ((p->flags & FRAGMENT_LAST) == 0)
		return a->last == 0 || p->number < a->last;
	if (a->last != 0)
		return a->last == p->number;
	for (size_t i = p->number; i < IKE_FRAGMENTS_MAX; i++)
		if (a->part[i].p != NULL)
			return false;
	return true;
}

static bool room(const struct ike_sa *sa, size_t n)
{
	return sa->source->fragment_bytes + n <= IKE_FRAGMENT_SOURCE_BYTES &&
	       sa->ike->limits.fragment_bytes + n <= IKE_FRAGMENT_BYTES;
}

static struct reassembly *reassembly_new(struct ike_sa *sa, uint16_t id)
{
	struct reassembly *a = xcalloc(1, sizeof *a);

	a->sa = sa;
	a->id = id;
	sa->reassembly = a;
	charge(sa, sizeof *a);
	timer_init(&a->timer, on_fragment_timer, a);
	timer_set(sa->ike->env.timers, &a->timer,
		ike_now(sa->ike) + IKE_FRAGMENT_MS);
	return a;
}

static void part_forget(struct reassembly *a, struct bytes *part)
{
	if (part->p == NULL)
		return;
	discharge(a->sa, part->n);
	a->total -= part->n;
	a->n--;
	bytes_free(part);
}

/* Some use one id for all messages, and a forger may have been faster: of two
 * parts with one number the later one counts. */
static enum wire_err part_keep(struct ike_sa *sa, const struct part *p)
{
	if (sa->reassembly != NULL && !part_fits(sa->reassembly, p))
		fragments_drop(sa);
	if (sa->reassembly == NULL &&
		!room(sa, sizeof *sa->reassembly + p->data.n))
		return WIRE_LIMIT;
	struct reassembly *a = sa->reassembly != NULL
				       ? sa->reassembly
				       : reassembly_new(sa, p->id);
	struct bytes *part = &a->part[p->number - 1];

	part_forget(a, part);
	if (a->total + p->data.n > ISAKMP_MSG_MAX || !room(sa, p->data.n)) {
		fragments_drop(sa);
		return WIRE_LIMIT;
	}
	charge(sa, p->data.n);
	a->total += p->data.n;
	a->n++;
	bytes_set(part, p->data.p, p->data.n);
	if (p->flags & FRAGMENT_LAST)
		a->last = p->number;
	return WIRE_OK;
}

/* The message that the parts make, to be freed. */
static struct bytes parts_join(struct ike_sa *sa)
{
	struct reassembly *a = sa->reassembly;
	struct bytes out = { .p = xcalloc(1, a->total), .n = a->total };
	size_t at = 0;

	for (size_t i = 0; i < a->last; i++) {
		memcpy(out.p + at, a->part[i].p, a->part[i].n);
		at += a->part[i].n;
	}
	fragments_drop(sa);
	return out;
}

/* Of the SA's own cookies?  Only message 2 brings a new one of the responder.
 */
static bool cookies_fit(const struct ike_sa *sa, const struct isakmp_hdr *h)
{
	return sa->state == SA_I1 || sa->state == SA_A1 ||
	       memcmp(h->cky_r, sa->cky_r, COOKIE_BYTES) == 0;
}

enum wire_err fragment_input(
	struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in)
{
	struct part p;

	if (!ike->config.fragmentation || sa->doomed)
		return WIRE_FRAGMENT;
	if (!cookies_fit(sa, &in->hdr))
		return WIRE_COOKIE;
	enum wire_err e = part_read(in, &p);

	if (e == WIRE_OK) {
		SA_DEBUG(sa, FRAGMENT_IN, .a = p.number, .b = p.id);
		e = part_keep(sa, &p);
	}
	if (e != WIRE_OK)
		return e;
	if (sa->reassembly->n != sa->reassembly->last)
		return WIRE_OK;
	unsigned parts = sa->reassembly->n;
	struct bytes whole = parts_join(sa);

	SA_DEBUG(sa, FRAGMENT_WHOLE, .a = parts, .b = (uint32_t)whole.n);
	ike->stats.reassembled++;
	ike_reassembled(ike, in, bytes_span(&whole));
	bytes_free(&whole);
	return WIRE_OK;
}

bool fragments_due(const struct ike_sa *sa, size_t n)
{
	return n > IKE_DATAGRAM_MAX && sa->peer_fragments &&
	       sa->ike->config.fragmentation;
}

/* The id is made of the message, so that parts of a retransmission complete
 * what is left of the first try. */
void fragments_send(struct ike_sa *sa, struct span data)
{
	uint16_t id = (uint16_t)(hash_bytes(data.p, data.n) | 1);
	uint8_t buf[IKE_DATAGRAM_MAX];
	struct isakmp_hdr h;

	SA_DEBUG(sa, FRAGMENT_OUT, .a = (uint32_t)data.n, .b = FRAGMENT_DATA);
	sa_hdr(sa, sa_exchange(sa), 0, 0, &h);
	for (uint8_t number = 1; data.n > 0; number++) {
		size_t n = data.n < FRAGMENT_DATA ? data.n : FRAGMENT_DATA;
		struct isakmp_wr m;

		isakmp_wr_begin(&m, buf, sizeof buf, &h);
		isakmp_begin(&m, PLD_FRAGMENT);
		wr_u16(&m.w, id);
		wr_u8(&m.w, number);
		wr_u8(&m.w, n == data.n ? FRAGMENT_LAST : 0);
		wr_bytes(&m.w, data.p, n);
		ike_send(sa->ike, &sa->path, sa->marker, isakmp_wr_end(&m));
		data = SPAN(data.p + n, data.n - n);
		sa->ike->stats.fragments_sent++;
	}
}
