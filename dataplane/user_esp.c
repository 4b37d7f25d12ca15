/* ESP framing: headers, padding and trailer around what a library encrypts. */
#include "dataplane/user_esp.h"
#include "base/rd.h"
#include "base/wr.h"
#include "dataplane/user_esp_priv.h"
#include <stdlib.h>
#include <string.h>

#define NEXT_IPV4  4
#define NEXT_DUMMY 59
#define IP_DF      0x4000

void esp_ctx_free(struct esp_ctx *c)
{
	if (!c)
		return;
	esp_openssl_free(c->openssl);
	esp_mb_keys_free(c->mb);
	free(c);
}

static enum esp_kind kind_of(uint8_t cipher)
{
	switch (cipher) {
	case ESP_CIPHER_NULL:
	case ESP_CIPHER_NONE:
		return ESP_KIND_NULL;
	case ESP_CIPHER_AES_GCM:
		return ESP_KIND_GCM;
	case ESP_CIPHER_AES_GMAC:
		return ESP_KIND_GMAC;
	default:
		return ESP_KIND_CBC;
	}
}

static struct esp_shape shape_of(const struct esp_suite *s, bool seal)
{
	const struct esp_cipher_alg *ca = esp_cipher_alg(s->cipher);
	const struct esp_auth_alg *aa = esp_auth_alg(s->auth);
	struct esp_shape f = { .kind = kind_of(s->cipher), .seal = seal };

	f.iv_bytes = ca ? ca->iv_bytes : 0;
	f.block = ca && ca->block > 4 ? ca->block : 4;
	if (f.kind == ESP_KIND_GCM || f.kind == ESP_KIND_GMAC)
		f.icv_bytes = 16;
	else if (s->auth != ESP_AUTH_NONE && aa)
		f.icv_bytes = aa->icv_bytes;
	return f;
}

struct esp_ctx *esp_ctx_new(struct esp_mb *mb, const struct esp_suite *s,
	const struct keybuf *enc, const struct keybuf *auth, bool seal)
{
	struct esp_ctx *c;

	if (!esp_suite_valid(s) || enc->n != esp_key_bytes(s) ||
		auth->n != esp_auth_key_bytes(s))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->shape = shape_of(s, seal);
	c->next = NEXT_IPV4;
	if (mb)
		c->mb = esp_mb_keys_new(mb, s, &c->shape, enc, auth);
	if (!c->mb)
		c->openssl = esp_openssl_new(s, &c->shape, enc, auth);
	if (!c->mb && !c->openssl) {
		esp_ctx_free(c);
		return NULL;
	}
	return c;
}

void esp_ctx_next(struct esp_ctx *c, uint8_t next)
{
	c->next = next;
}

size_t esp_ctx_head(const struct esp_ctx *c)
{
	return 8u + c->shape.iv_bytes;
}

size_t esp_ctx_iv(const struct esp_ctx *c)
{
	return c->shape.iv_bytes;
}

bool esp_ctx_by_mb(const struct esp_ctx *c)
{
	return c->mb != NULL;
}

/* Pads with 1, 2, 3, ... to whole blocks; gives the padded length. */
static size_t pad_put(const struct esp_ctx *c, uint8_t *inner, size_t n)
{
	size_t pad = (size_t) - (n + 2) % c->shape.block;

	for (size_t i = 0; i < pad; i++)
		inner[n + i] = (uint8_t)(i + 1);
	inner[n + pad] = (uint8_t)pad;
	inner[n + pad + 1] = c->next;
	return n + pad + 2;
}

/* ---- sealing ---- */

/* Headers in front, padding behind. */
static void seal_begin(struct esp_job *j)
{
	const struct esp_ctx *c = j->ctx;
	size_t head = esp_ctx_head(c), body = pad_put(c, j->p, j->n);
	struct wr w = wr_init(j->p - head, head);

	wr_u32(&w, j->spi);
	wr_u32(&w, j->seq);
	wr_bytes(&w, j->iv, c->shape.iv_bytes);
	j->p -= head;
	j->n = head + body + c->shape.icv_bytes;
}

/* Gives a context whose library may still have packets in hand. */
static struct esp_ctx *seal_submit(struct esp_job *j)
{
	struct esp_ctx *c = j->ctx;
	struct esp_frame f;

	if (c->mb) {
		esp_mb_submit(c->mb, j);
		return c;
	}
	f = esp_frame(&c->shape, j->p, j->n);
	j->good = esp_openssl_seal(c->openssl, &f);
	return NULL;
}

void esp_seal_batch(struct esp_job *jobs, size_t n)
{
	struct esp_ctx *pending = NULL, *c;
	struct esp_job *j;

	for (j = jobs; j < jobs + n; j++) {
		seal_begin(j);
		c = seal_submit(j);
		pending = c ? c : pending;
	}
	if (pending)
		esp_mb_flush(pending->mb);
	for (j = jobs; j < jobs + n; j++)
		if (!j->good)
			j->n = 0;
}

size_t esp_seal(struct esp_ctx *c, uint32_t spi, uint32_t seq,
	const uint8_t *iv, uint8_t *inner, size_t n)
{
	struct esp_job j = {
		.ctx = c, .p = inner, .n = n, .spi = spi, .seq = seq
	};

	memcpy(j.iv, iv, c->shape.iv_bytes);
	esp_seal_batch(&j, 1);
	return j.n;
}

/* ---- opening ---- */

static bool open_possible(const struct esp_shape *s, size_t n)
{
	size_t around = 8u + s->iv_bytes + s->icv_bytes;

	return n >= around + s->block && (n - around) % s->block == 0;
}

/* As seal_submit. */
static struct esp_ctx *open_submit(struct esp_job *j)
{
	struct esp_ctx *c = j->ctx;
	struct esp_frame f;

	if (c->mb) {
		esp_mb_submit(c->mb, j);
		return c;
	}
	f = esp_frame(&c->shape, j->p, j->n);
	j->good = esp_openssl_open(c->openssl, &f);
	return NULL;
}

/* The trailer of what is decrypted. */
static enum esp_result open_end(struct esp_job *j)
{
	struct esp_frame f = esp_frame(&j->ctx->shape, j->p, j->n);
	uint8_t next = f.data[f.body - 1];
	size_t pad = f.data[f.body - 2];

	if (pad + 2 > f.body)
		return ESP_MALFORMED;
	j->p = f.data;
	j->n = f.body - 2 - pad;
	if (next == NEXT_DUMMY)
		return ESP_DUMMY;
	return next == j->ctx->next ? ESP_OPENED : ESP_BAD_PROTO;
}

void esp_open_batch(struct esp_job *jobs, size_t n)
{
	struct esp_ctx *pending = NULL, *c;
	struct esp_job *j;

	for (j = jobs; j < jobs + n; j++) {
		j->good = false;
		j->result = ESP_MALFORMED;
		if (!open_possible(&j->ctx->shape, j->n))
			continue;
		j->result = ESP_BAD_ICV;
		c = open_submit(j);
		pending = c ? c : pending;
	}
	if (pending)
		esp_mb_flush(pending->mb);
	for (j = jobs; j < jobs + n; j++)
		if (j->good)
			j->result = open_end(j);
}

enum esp_result esp_open(struct esp_ctx *c, uint8_t *p, size_t n,
	uint8_t **inner, size_t *inner_n)
{
	struct esp_job j = { .ctx = c, .p = p, .n = n };

	esp_open_batch(&j, 1);
	*inner = j.p;
	*inner_n = j.n;
	return j.result;
}

/* ---- IP headers ---- */

uint16_t ip4_checksum(const uint8_t *hdr, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)hdr[i] << 8 | hdr[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void esp_outer(uint8_t out[IP4_HDR], const uint8_t *inner, uint16_t id,
	uint8_t df, size_t esp_n)
{
	struct rd in = rd_init(inner, IP4_HDR);
	struct wr w = wr_init(out, IP4_HDR);
	uint16_t frag;

	rd_skip(&in, 1);
	wr_u8(&w, 0x45);
	wr_u8(&w, rd_u8(&in));
	wr_u16(&w, (uint16_t)(IP4_HDR + esp_n));
	wr_u16(&w, id);
	rd_skip(&in, 4);
	frag = rd_u16(&in) & IP_DF;
	if (df != ESP_DF_COPY)
		frag = df == ESP_DF_SET ? IP_DF : 0;
	wr_u16(&w, frag);
	wr_u8(&w, rd_u8(&in));
	wr_u8(&w, 50);
	wr_u16(&w, 0);
	rd_skip(&in, 3);
	wr_bytes(&w, rd_bytes(&in, 8), 8);
	wr_patch_u16(&w, 10, ip4_checksum(out, IP4_HDR));
}

void esp_outer6(uint8_t out[IP6_HDR], const uint8_t *inner, size_t esp_n)
{
	struct wr w = wr_init(out, IP6_HDR);
	uint8_t hop_limit = inner[7];

	wr_bytes(&w, inner, 4);
	wr_u16(&w, (uint16_t)esp_n);
	wr_u8(&w, 50);
	wr_u8(&w, hop_limit);
	wr_bytes(&w, inner + 8, 32);
}

/* The inner packet's ECN field set to what the outer one says of the way. */
static bool ecn_of(uint8_t outer, uint8_t old, uint8_t *ecn)
{
	enum { NOT_ECT = 0, ECT1 = 1, ECT0 = 2, CE = 3 };

	*ecn = old;
	if (outer == CE && old == NOT_ECT)
		return false;
	if (outer == CE)
		*ecn = CE;
	else if (outer == ECT1 && old == ECT0)
		*ecn = ECT1;
	return true;
}

bool esp_ecn_merge(uint8_t outer_tos, uint8_t *inner)
{
	bool ip6 = inner[0] >> 4 == 6;
	uint8_t old = ip6 ? inner[1] >> 4 & 3 : inner[1] & 3, ecn;
	size_t hdr = (inner[0] & 0xfu) * 4u;
	uint16_t sum;

	if (!ecn_of(outer_tos & 3, old, &ecn))
		return false;
	if (ecn == old)
		return true;
	if (ip6) {
		inner[1] = (uint8_t)((inner[1] & ~0x30u) | ecn << 4);
		return true;
	}
	inner[1] = (uint8_t)((inner[1] & ~3u) | ecn);
	inner[10] = inner[11] = 0;
	sum = ip4_checksum(inner, hdr);
	inner[10] = (uint8_t)(sum >> 8);
	inner[11] = (uint8_t)sum;
	return true;
}
