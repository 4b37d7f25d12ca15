/* KD, the key download payload (RFC 6407 5.6; protocol.md B.8). */
#include "gdoi/gdoi_wire.h"
#include <string.h>

enum kd_packet { KD_TEK = 1, KD_KEK = 2, KD_LKH = 3, KD_SID = 4 };
enum { TEK_ALGORITHM_KEY = 1, TEK_INTEGRITY_KEY = 2 };
enum { KEK_ALGORITHM_KEY = 1, SIG_ALGORITHM_KEY = 2 };
enum { NUMBER_OF_SID_BITS = 1, SID_VALUE = 2 };

#define KD_PACKET_HDR 5
#define TEK_SPI_BYTES 4

void gdoi_kd_wipe(struct gdoi_kd *kd)
{
	mem_wipe(kd, sizeof *kd);
}

static enum wire_err key_read(const struct attr *a, struct keybuf *out)
{
	if (out->n > 0)
		return WIRE_PAYLOAD_TWICE;
	return keybuf_set(out, a->bytes.p, a->bytes.n) ? WIRE_OK : WIRE_KEY;
}

static enum wire_err tek_read(
	struct rd spi, struct rd attrs, struct gdoi_kd *kd)
{
	if (rd_left(&spi) != TEK_SPI_BYTES)
		return WIRE_SPI;
	if (kd->n_teks == TEK_PACKETS_MAX)
		return WIRE_LIMIT;
	struct tek_key *k = &kd->tek[kd->n_teks++];
	enum wire_err e = WIRE_OK;
	struct attr a;
	int got;

	*k = (struct tek_key){ .spi = rd_u32(&spi) };
	while (e == WIRE_OK && (got = attr_read(&attrs, &a)) != 0) {
		if (got < 0)
			return WIRE_TRUNCATED;
		if (a.type == TEK_ALGORITHM_KEY)
			e = key_read(&a, &k->enc);
		else if (a.type == TEK_INTEGRITY_KEY)
			e = key_read(&a, &k->auth);
	}
	return e;
}

/* KEK_ALGORITHM_KEY is the IV and then the key (5.6.2.1). */
static enum wire_err kek_key_read(
	const struct attr *a, const struct cipher_alg *alg, struct gdoi_kd *kd)
{
	if (kd->kek_key.n > 0)
		return WIRE_PAYLOAD_TWICE;
	if (a->bytes.n != (size_t)alg->block + alg->key_bytes)
		return WIRE_KEY;
	keybuf_set(&kd->kek_iv, a->bytes.p, alg->block);
	keybuf_set(&kd->kek_key, a->bytes.p + alg->block, alg->key_bytes);
	return WIRE_OK;
}

static enum wire_err sig_key_read(const struct attr *a, struct gdoi_kd *kd)
{
	if (kd->sig_key_n > 0)
		return WIRE_PAYLOAD_TWICE;
	if (a->bytes.n > sizeof kd->sig_key)
		return WIRE_LIMIT;
	memcpy(kd->sig_key, a->bytes.p, a->bytes.n);
	kd->sig_key_n = a->bytes.n;
	return WIRE_OK;
}

static enum wire_err kek_read(
	struct rd spi, struct rd attrs, enum cipher_id kek, struct gdoi_kd *kd)
{
	const struct cipher_alg *alg = cipher_alg(kek);
	enum wire_err e = WIRE_OK;
	struct attr a;
	int got;

	if (rd_left(&spi) != KEK_SPI_BYTES)
		return WIRE_SPI;
	if (kek == CIPHER_NONE || alg == NULL)
		return WIRE_OK; /* no SAK says how to read it */
	if (kd->has_kek)
		return WIRE_PAYLOAD_TWICE;
	rd_copy(&spi, kd->kek_spi, sizeof kd->kek_spi);
	while (e == WIRE_OK && (got = attr_read(&attrs, &a)) != 0) {
		if (got < 0)
			return WIRE_TRUNCATED;
		if (a.type == KEK_ALGORITHM_KEY)
			e = kek_key_read(&a, alg, kd);
		else if (a.type == SIG_ALGORITHM_KEY)
			e = sig_key_read(&a, kd);
	}
	if (e == WIRE_OK && kd->kek_key.n == 0)
		e = WIRE_KEY;
	kd->has_kek = e == WIRE_OK;
	return e;
}

/* gdoid sends its ids in host order: told by the one that fits. */
static bool sid_fit(uint32_t *sid, uint8_t bits)
{
	if (bits >= 32 || *sid >> bits == 0)
		return true;
	*sid = __builtin_bswap32(*sid);
	return *sid >> bits == 0;
}

static enum wire_err sid_read(
	struct rd spi, struct rd attrs, struct gdoi_kd *kd)
{
	struct attr a;
	int got;

	if (rd_left(&spi) != 0)
		return WIRE_SPI;
	if (kd->sid_bits > 0)
		return WIRE_PAYLOAD_TWICE;
	while ((got = attr_read(&attrs, &a)) > 0) {
		if (a.type == NUMBER_OF_SID_BITS) {
			if (!a.is_num || a.num < 1 || a.num > 32)
				return WIRE_ATTRIBUTE;
			kd->sid_bits = (uint8_t)a.num;
		} else if (a.type == SID_VALUE) {
			if (!a.is_num || a.bytes.n > sizeof a.num)
				return WIRE_ATTRIBUTE;
			if (kd->n_sids == SIDS_MAX)
				return WIRE_LIMIT;
			kd->sid[kd->n_sids++] = a.num;
		}
	}
	if (got < 0)
		return WIRE_TRUNCATED;
	if (kd->sid_bits == 0 || kd->n_sids == 0)
		return WIRE_KEY;
	for (size_t i = 0; i < kd->n_sids; i++)
		if (!sid_fit(&kd->sid[i], kd->sid_bits))
			return WIRE_ATTRIBUTE;
	return WIRE_OK;
}

static enum wire_err packet_read(
	struct rd *r, enum cipher_id kek, struct gdoi_kd *kd)
{
	uint8_t type = rd_u8(r);

	rd_skip(r, 1);
	uint16_t len = rd_u16(r);
	uint8_t spi_n = rd_u8(r);
	struct rd attrs = rd_sub(r, len, KD_PACKET_HDR);

	if (!rd_ok(r))
		return WIRE_TRUNCATED;
	struct rd spi = rd_sub(&attrs, spi_n, 0);

	if (!rd_ok(&attrs))
		return WIRE_TRUNCATED;
	switch (type) {
	case KD_TEK:
		return tek_read(spi, attrs, kd);
	case KD_KEK:
		return kek_read(spi, attrs, kek, kd);
	case KD_SID:
		return sid_read(spi, attrs, kd);
	default:
		return WIRE_OK; /* LKH and private packets are not for us */
	}
}

enum wire_err gdoi_kd_read(
	struct rd body, enum cipher_id kek, struct gdoi_kd *out)
{
	uint16_t n = rd_u16(&body);
	enum wire_err e = WIRE_OK;

	*out = (struct gdoi_kd){ .has_kek = false };
	rd_skip(&body, 2);
	if (!rd_ok(&body))
		return WIRE_TRUNCATED;
	for (uint16_t i = 0; i < n && e == WIRE_OK; i++)
		e = packet_read(&body, kek, out);
	if (e == WIRE_OK && rd_left(&body) > 0)
		e = WIRE_LENGTH;
	if (e != WIRE_OK)
		gdoi_kd_wipe(out);
	return e;
}

static size_t packet_begin(
	struct wr *w, uint8_t type, const void *spi, uint8_t spi_n)
{
	wr_u8(w, type);
	wr_u8(w, 0);
	size_t at = wr_len16(w);

	wr_u8(w, spi_n);
	wr_bytes(w, spi, spi_n);
	return at;
}

static void packet_end(struct wr *w, size_t at)
{
	wr_len16_end(w, at, 2); /* type and reserved count */
}

static void kek_put(struct wr *w, const struct gdoi_kd *kd)
{
	size_t at = packet_begin(w, KD_KEK, kd->kek_spi, KEK_SPI_BYTES);

	wr_u16(w, KEK_ALGORITHM_KEY);
	wr_u16(w, (uint16_t)(kd->kek_iv.n + kd->kek_key.n));
	wr_bytes(w, kd->kek_iv.b, kd->kek_iv.n);
	wr_bytes(w, kd->kek_key.b, kd->kek_key.n);
	if (kd->sig_key_n > 0)
		attr_put_bytes(
			w, SIG_ALGORITHM_KEY, kd->sig_key, kd->sig_key_n);
	packet_end(w, at);
}

static void tek_put(struct wr *w, const struct tek_key *k)
{
	const uint8_t spi[TEK_SPI_BYTES] = { (uint8_t)(k->spi >> 24),
		(uint8_t)(k->spi >> 16), (uint8_t)(k->spi >> 8),
		(uint8_t)k->spi };
	size_t at = packet_begin(w, KD_TEK, spi, sizeof spi);

	if (k->enc.n > 0)
		attr_put_bytes(w, TEK_ALGORITHM_KEY, k->enc.b, k->enc.n);
	if (k->auth.n > 0)
		attr_put_bytes(w, TEK_INTEGRITY_KEY, k->auth.b, k->auth.n);
	packet_end(w, at);
}

static void sid_put(struct wr *w, const struct gdoi_kd *kd)
{
	size_t at = packet_begin(w, KD_SID, NULL, 0);

	attr_put_tv(w, NUMBER_OF_SID_BITS, kd->sid_bits);
	for (size_t i = 0; i < kd->n_sids; i++)
		attr_put_u32(w, SID_VALUE, kd->sid[i]);
	packet_end(w, at);
}

void gdoi_kd_put(struct isakmp_wr *m, const struct gdoi_kd *kd)
{
	isakmp_begin(m, PLD_KD);
	wr_u16(&m->w,
		(uint16_t)(kd->has_kek + kd->n_teks + (kd->sid_bits > 0)));
	wr_u16(&m->w, 0);
	if (kd->has_kek)
		kek_put(&m->w, kd);
	for (size_t i = 0; i < kd->n_teks; i++)
		tek_put(&m->w, &kd->tek[i]);
	if (kd->sid_bits > 0)
		sid_put(&m->w, kd);
	isakmp_end(m);
}
