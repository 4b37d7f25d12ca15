/* The small GDOI payloads: ID, SEQ, GAP of PULL message 3, D (RFC 6407 5;
 * protocol.md B). */
#include "gdoi/gdoi_wire.h"
#include <string.h>

#define GAP_SENDER_ID_REQUEST 3
#define KEY_ID_TEXT_MAX       10 /* digits of a 32-bit number */

enum wire_err wire_id_read(struct rd body, struct wire_id *out)
{
	out->type = rd_u8(&body);
	out->protocol = rd_u8(&body);
	out->port = rd_u16(&body);
	if (!rd_ok(&body))
		return WIRE_TRUNCATED;
	out->data = rd_rest(&body);
	return WIRE_OK;
}

void wire_id_group_put(
	struct isakmp_wr *m, const struct group_id *g, bool host_order)
{
	bool swapped = host_order && !g->is_addr;

	isakmp_begin(m, PLD_ID);
	wr_u8(&m->w, g->is_addr ? ID_IPV4 : ID_KEY_ID);
	wr_u8(&m->w, 0);
	wr_u16(&m->w, 0);
	wr_u32(&m->w, swapped ? __builtin_bswap32(g->number) : g->number);
	isakmp_end(m);
}

static int group_find(
	const struct group_id *v, size_t n, bool is_addr, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].is_set && v[i].is_addr == is_addr &&
			v[i].number == number)
			return (int)i;
	return -1;
}

static bool decimal_read(struct span s, uint32_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > KEY_ID_TEXT_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}

int wire_id_match_group(
	const struct wire_id *id, const struct group_id *v, size_t n)
{
	struct rd r = rd_span(id->data);
	uint32_t number = rd_u32(&r);
	bool four = rd_ok(&r) && rd_left(&r) == 0;
	uint32_t text;

	if (id->type == ID_IPV4)
		return four ? group_find(v, n, true, number) : -1;
	if (id->type != ID_KEY_ID)
		return -1;
	int found = four ? group_find(v, n, false, number) : -1;

	if (found < 0 && decimal_read(id->data, &text))
		found = group_find(v, n, false, text);
	if (found < 0 && four)
		found = group_find(v, n, false, __builtin_bswap32(number));
	return found;
}

enum wire_err gdoi_seq_read(struct rd body, uint32_t *seq)
{
	*seq = rd_u32(&body);
	return rd_ok(&body) && rd_left(&body) == 0 ? WIRE_OK : WIRE_LENGTH;
}

void gdoi_seq_put(struct isakmp_wr *m, uint32_t seq)
{
	isakmp_begin(m, PLD_SEQ);
	wr_u32(&m->w, seq);
	isakmp_end(m);
}

enum wire_err gdoi_gap_request_read(struct rd body, uint16_t *n_sids)
{
	struct attr a;
	int got;

	*n_sids = 0;
	while ((got = attr_read(&body, &a)) > 0) {
		if (a.type != GAP_SENDER_ID_REQUEST)
			return WIRE_ATTRIBUTE;
		if (!a.is_num || a.num > UINT16_MAX)
			return WIRE_ATTRIBUTE;
		*n_sids = (uint16_t)a.num;
	}
	return got < 0 ? WIRE_TRUNCATED : WIRE_OK;
}

void gdoi_gap_request_put(struct isakmp_wr *m, uint16_t n_sids)
{
	isakmp_begin(m, PLD_GAP);
	attr_put_tv(&m->w, GAP_SENDER_ID_REQUEST, n_sids);
	isakmp_end(m);
}

enum wire_err gdoi_delete_read(struct rd body, struct gdoi_delete *out)
{
	uint32_t doi = rd_u32(&body);

	out->protocol = rd_u8(&body);
	out->spi_bytes = rd_u8(&body);
	out->count = rd_u16(&body);
	if (!rd_ok(&body))
		return WIRE_TRUNCATED;
	if (doi != GDOI_DOI)
		return WIRE_DOI;
	if (out->spi_bytes != 4 && out->spi_bytes != KEK_SPI_BYTES)
		return WIRE_SPI;
	out->spis = rd_rest(&body);
	if (out->count == 0 ||
		out->spis.n != (size_t)out->count * out->spi_bytes)
		return WIRE_LENGTH;
	return WIRE_OK;
}

void gdoi_delete_put(struct isakmp_wr *m, uint8_t protocol, const void *spis,
	uint8_t spi_bytes, uint16_t count)
{
	isakmp_begin(m, PLD_D);
	wr_u32(&m->w, GDOI_DOI);
	wr_u8(&m->w, protocol);
	wr_u8(&m->w, spi_bytes);
	wr_u16(&m->w, count);
	wr_bytes(&m->w, spis, (size_t)count * spi_bytes);
	isakmp_end(m);
}
