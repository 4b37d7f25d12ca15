/* ISAKMP header, payload chain and attributes (RFC 2408 3; protocol.md A.1,
 * A.2).  Knows no state and no DOI. */
#include "gdoi/isakmp.h"
#include <string.h>

#define NEXT_AT   16 /* offsets in the header */
#define LENGTH_AT 24
#define ATTR_TV   0x8000

enum wire_err isakmp_hdr_read(struct span datagram, struct isakmp_hdr *out)
{
	struct rd r = rd_span(datagram);

	rd_copy(&r, out->cky_i, sizeof out->cky_i);
	rd_copy(&r, out->cky_r, sizeof out->cky_r);
	out->next = rd_u8(&r);
	out->version = rd_u8(&r);
	out->exchange = rd_u8(&r);
	out->flags = rd_u8(&r);
	out->mid = rd_u32(&r);
	out->length = rd_u32(&r);
	if (!rd_ok(&r))
		return WIRE_TRUNCATED;
	if (out->version >> 4 != 1)
		return WIRE_VERSION;
	if (out->length != datagram.n)
		return WIRE_LENGTH;
	return WIRE_OK;
}

enum wire_err isakmp_split(
	struct span body, uint8_t first, struct payloads *out)
{
	struct rd r = rd_span(body);

	out->n = 0;
	out->all = SPAN(body.p, 0);
	for (uint8_t type = first; type != PLD_NONE;) {
		const uint8_t *start = r.p;
		uint8_t next = rd_u8(&r);
		uint8_t reserved = rd_u8(&r);
		uint16_t len = rd_u16(&r); /* counts its own header */
		struct rd sub = rd_sub(&r, len, PLD_HDR);

		if (!rd_ok(&r))
			return WIRE_TRUNCATED;
		if (reserved != 0)
			return WIRE_RESERVED;
		if (out->n == PAYLOADS_MAX)
			return WIRE_TOO_MANY;
		out->v[out->n++] = (struct payload){
			.type = type,
			.body = sub,
			.whole = SPAN(start, len),
		};
		out->all.n += len;
		type = next;
	}
	return WIRE_OK;
}

const struct payload *payload_next(
	const struct payloads *p, uint8_t type, size_t *at)
{
	while (*at < p->n) {
		const struct payload *q = &p->v[(*at)++];

		if (q->type == type)
			return q;
	}
	return NULL;
}

const struct payload *payload_get(const struct payloads *p, uint8_t type)
{
	size_t at = 0;

	return payload_next(p, type, &at);
}

size_t payload_count(const struct payloads *p, uint8_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].type == type;
	return n;
}

void isakmp_wr_begin(
	struct isakmp_wr *m, void *buf, size_t cap, const struct isakmp_hdr *h)
{
	*m = (struct isakmp_wr){ .w = wr_init(buf, cap), .next_at = NEXT_AT };
	wr_bytes(&m->w, h->cky_i, sizeof h->cky_i);
	wr_bytes(&m->w, h->cky_r, sizeof h->cky_r);
	wr_u8(&m->w, PLD_NONE);
	wr_u8(&m->w, h->version);
	wr_u8(&m->w, h->exchange);
	wr_u8(&m->w, h->flags);
	wr_u32(&m->w, h->mid);
	wr_u32(&m->w, 0);
}

void isakmp_chain_begin(struct isakmp_wr *m, void *buf, size_t cap)
{
	*m = (struct isakmp_wr){ .w = wr_init(buf, cap), .bare = true };
}

void isakmp_begin(struct isakmp_wr *m, uint8_t type)
{
	isakmp_end(m);
	if (m->first == PLD_NONE)
		m->first = type;
	if (!m->bare || m->w.len > 0)
		wr_patch_u8(&m->w, m->next_at, type);
	m->next_at = m->body_at = m->w.len;
	m->open = true;
	wr_u8(&m->w, PLD_NONE);
	wr_u8(&m->w, 0);
	wr_u16(&m->w, 0);
}

void isakmp_end(struct isakmp_wr *m)
{
	if (!m->open)
		return;
	size_t n = m->w.len - m->body_at;

	if (n > UINT16_MAX)
		m->w.bad = true;
	else
		wr_patch_u16(&m->w, m->body_at + 2, (uint16_t)n);
	m->open = false;
}

uint8_t isakmp_chain_first(const struct isakmp_wr *m)
{
	return m->first;
}

void isakmp_put(struct isakmp_wr *m, uint8_t type, const void *p, size_t n)
{
	isakmp_begin(m, type);
	wr_bytes(&m->w, p, n);
	isakmp_end(m);
}

struct span isakmp_wr_end(struct isakmp_wr *m)
{
	isakmp_end(m);
	if (!m->bare)
		wr_patch_u32(&m->w, LENGTH_AT, (uint32_t)m->w.len);
	return wr_ok(&m->w) ? wr_done(&m->w) : SPAN(NULL, 0);
}

/* A value longer than four octets is still a number when the surplus ones in
 * front are zero. */
static void attr_number(struct attr *a)
{
	a->num = 0;
	a->is_num = a->bytes.n > 0;
	for (size_t i = 0; i < a->bytes.n && a->is_num; i++) {
		a->is_num = a->num >> 24 == 0;
		a->num = a->num << 8 | a->bytes.p[i];
	}
	if (!a->is_num)
		a->num = 0;
}

int attr_read(struct rd *r, struct attr *out)
{
	if (!rd_ok(r))
		return -1;
	if (rd_left(r) == 0)
		return 0;
	uint16_t type = rd_u16(r);
	size_t n = 2;

	out->type = (uint16_t)(type & ~ATTR_TV);
	out->tv = (type & ATTR_TV) != 0;
	if (!out->tv)
		n = rd_u16(r);
	out->bytes = SPAN(rd_bytes(r, n), n);
	if (!rd_ok(r))
		return -1;
	attr_number(out);
	return 1;
}

void attr_put_tv(struct wr *w, uint16_t type, uint16_t v)
{
	wr_u16(w, type | ATTR_TV);
	wr_u16(w, v);
}

void attr_put_u32(struct wr *w, uint16_t type, uint32_t v)
{
	wr_u16(w, type);
	wr_u16(w, sizeof v);
	wr_u32(w, v);
}

void attr_put_bytes(struct wr *w, uint16_t type, const void *p, size_t n)
{
	if (n > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_u16(w, type);
	wr_u16(w, (uint16_t)n);
	wr_bytes(w, p, n);
}

const char *notify_name(uint16_t type)
{
	static const char *const names[] = {
		[1] = "INVALID-PAYLOAD-TYPE",
		[2] = "DOI-NOT-SUPPORTED",
		[3] = "SITUATION-NOT-SUPPORTED",
		[4] = "INVALID-COOKIE",
		[5] = "INVALID-MAJOR-VERSION",
		[7] = "INVALID-EXCHANGE-TYPE",
		[8] = "INVALID-FLAGS",
		[9] = "INVALID-MESSAGE-ID",
		[10] = "INVALID-PROTOCOL-ID",
		[11] = "INVALID-SPI",
		[12] = "INVALID-TRANSFORM-ID",
		[13] = "ATTRIBUTES-NOT-SUPPORTED",
		[14] = "NO-PROPOSAL-CHOSEN",
		[15] = "BAD-PROPOSAL-SYNTAX",
		[16] = "PAYLOAD-MALFORMED",
		[17] = "INVALID-KEY-INFORMATION",
		[18] = "INVALID-ID-INFORMATION",
		[23] = "INVALID-HASH-INFORMATION",
		[24] = "AUTHENTICATION-FAILED",
		[25] = "INVALID-SIGNATURE",
		[30] = "UNEQUAL-PAYLOAD-LENGTHS",
	};

	switch (type) {
	case 24576:
		return "RESPONDER-LIFETIME";
	case 24577:
		return "REPLAY-STATUS";
	case 24578:
		return "INITIAL-CONTACT";
	case 36136:
		return "R-U-THERE";
	case 36137:
		return "R-U-THERE-ACK";
	default:
		break;
	}
	if (type >= ARRAY_LEN(names) || names[type] == NULL)
		return "notification of an unknown type";
	return names[type];
}
