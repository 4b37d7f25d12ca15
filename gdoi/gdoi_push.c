/* Whole GROUPKEY-PUSH and acknowledgement messages (RFC 6407 4, RFC 8263;
 * protocol.md B.2, B.3).  The caller keeps keys, sequence numbers, members. */
#include "crypto/cipher.h"
#include "crypto/prf.h"
#include "gdoi/env.h"
#include "gdoi/gdoi_wire.h"
#include <stdlib.h>
#include <string.h>

#define LENGTH_AT     24
#define VERSION_1     0x10
#define SIG_BYTES_MAX 512 /* RSA 4096 */

uint8_t sig_alg_of(const struct pkey *k)
{
	if (pkey_is_rsa(k))
		return SIG_ALG_RSA;
	switch (pkey_bits(k)) {
	case 256:
		return SIG_ALG_ECDSA_256;
	case 384:
		return SIG_ALG_ECDSA_384;
	default:
		return SIG_ALG_ECDSA_521;
	}
}

enum hash_id sig_alg_hash(uint32_t alg)
{
	switch (alg) {
	case SIG_ALG_ECDSA_256:
		return HASH_SHA256;
	case SIG_ALG_ECDSA_384:
		return HASH_SHA384;
	case SIG_ALG_ECDSA_521:
		return HASH_SHA512;
	default:
		return HASH_NONE;
	}
}

static const char rekey_label[5] = "rekey"; /* no NUL */

void push_begin(struct isakmp_wr *m, void *buf, size_t cap, const struct kek *k)
{
	struct isakmp_hdr h = { .version = VERSION_1,
		.exchange = XCHG_PUSH,
		.flags = ISAKMP_FLAG_E };

	memcpy(h.cky_i, k->spi, sizeof h.cky_i);
	memcpy(h.cky_r, k->spi + sizeof h.cky_i, sizeof h.cky_r);
	isakmp_wr_begin(m, buf, cap, &h);
}

/* hash("rekey" | header with that length | payloads before SIG) */
static void push_hash(enum hash_id h, const uint8_t *msg, size_t sig_at,
	size_t length, uint8_t *out)
{
	uint8_t hdr[ISAKMP_HDR];
	struct wr w = wr_init(hdr, sizeof hdr);

	wr_bytes(&w, msg, sizeof hdr);
	wr_patch_u32(&w, LENGTH_AT, (uint32_t)length);
	const struct span parts[] = { SPAN(rekey_label, sizeof rekey_label),
		wr_done(&w), SPAN(msg + ISAKMP_HDR, sig_at - ISAKMP_HDR) };

	digest(h, parts, ARRAY_LEN(parts), out);
}

struct span push_seal(struct isakmp_wr *m, const struct kek *k,
	const struct pkey *signer, const struct env *env)
{
	const struct cipher_alg *alg = cipher_alg(k->cipher);
	size_t sig_n = pkey_sig_bytes(signer), got = sig_n, sig_at;
	uint8_t hash[HASH_MAX_BYTES], sig[SIG_BYTES_MAX];
	struct wr *w = &m->w;

	isakmp_end(m);
	sig_at = w->len;
	isakmp_begin(m, PLD_SIG); /* its type is part of what is signed */
	if (!wr_ok(w) || sig_n > sizeof sig)
		return SPAN(NULL, 0);
	push_hash(k->sig_hash, w->buf, sig_at, w->len + sig_n, hash);
	if (env->crypto->sign(
		    signer, k->sig_hash, k->sig_form, hash, sig, &got) != 0 ||
		got != sig_n)
		return SPAN(NULL, 0);
	wr_bytes(w, sig, sig_n);
	isakmp_end(m);
	size_t over = (w->len - ISAKMP_HDR) % alg->block;

	wr_zero(w, over == 0 ? 0 : alg->block - over);
	struct span out = isakmp_wr_end(m);

	if (out.n == 0 ||
		cbc_encrypt(alg, k->key.b, k->iv.b, w->buf + ISAKMP_HDR,
			w->len - ISAKMP_HDR) != 0)
		return SPAN(NULL, 0);
	return out;
}

static enum wire_err push_hdr_check(
	struct span dgram, const struct kek *k, struct isakmp_hdr *h)
{
	const struct cipher_alg *alg = cipher_alg(k->cipher);
	enum wire_err e = isakmp_hdr_read(dgram, h);

	if (e != WIRE_OK)
		return e;
	if (h->exchange != XCHG_PUSH)
		return WIRE_EXCHANGE;
	if (h->flags != ISAKMP_FLAG_E)
		return WIRE_FLAGS;
	if (h->mid != 0)
		return WIRE_MESSAGE_ID;
	if (memcmp(h->cky_i, k->spi, sizeof h->cky_i) != 0 ||
		memcmp(h->cky_r, k->spi + sizeof h->cky_i, sizeof h->cky_r) !=
			0)
		return WIRE_COOKIE;
	if (dgram.n == ISAKMP_HDR || (dgram.n - ISAKMP_HDR) % alg->block != 0)
		return WIRE_PADDING;
	return WIRE_OK;
}

/* SEQ first, SIG last, each once; something between them. */
static enum wire_err push_form_check(const struct payloads *p)
{
	if (p->n == 0 || p->v[0].type != PLD_SEQ ||
		p->v[p->n - 1].type != PLD_SIG)
		return p->n == 0 ? WIRE_PAYLOAD_MISSING : WIRE_PAYLOAD_ORDER;
	if (p->n == 2)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_SEQ) > 1 || payload_count(p, PLD_SIG) > 1 ||
		payload_count(p, PLD_SA) > 1 || payload_count(p, PLD_KD) > 1)
		return WIRE_PAYLOAD_TWICE;
	return WIRE_OK;
}

enum wire_err push_open(struct span dgram, const struct kek *k, uint8_t *buf,
	struct push_msg *out)
{
	struct isakmp_hdr h;
	enum wire_err e = push_hdr_check(dgram, k, &h);

	if (e != WIRE_OK)
		return e;
	*out = (struct push_msg){ .clear = buf, .padded_n = dgram.n };
	memcpy(buf, dgram.p, dgram.n);
	if (cbc_decrypt(cipher_alg(k->cipher), k->key.b, k->iv.b,
		    buf + ISAKMP_HDR, dgram.n - ISAKMP_HDR) != 0)
		return WIRE_PADDING;
	e = isakmp_split(
		SPAN(buf + ISAKMP_HDR, dgram.n - ISAKMP_HDR), h.next, &out->p);
	if (e == WIRE_OK)
		e = push_form_check(&out->p);
	if (e != WIRE_OK)
		return e;
	out->clear_n = ISAKMP_HDR + out->p.all.n;
	struct rd sig = out->p.v[out->p.n - 1].body;

	out->sig = rd_rest(&sig);
	return gdoi_seq_read(out->p.v[0].body, &out->seq);
}

enum wire_err push_verify(struct push_msg *m, const struct kek *k,
	const struct pkey *signer, const struct env *env)
{
	size_t sig_at = (size_t)(m->p.v[m->p.n - 1].whole.p - m->clear);
	uint8_t hash[HASH_MAX_BYTES];

	push_hash(k->sig_hash, m->clear, sig_at, m->clear_n, hash);
	m->signed_padded = false;
	if (env->crypto->verify(
		    signer, k->sig_hash, hash, m->sig, &m->sig_form))
		return WIRE_OK;
	if (m->padded_n == m->clear_n)
		return WIRE_SIGNATURE;
	push_hash(k->sig_hash, m->clear, sig_at, m->padded_n, hash);
	m->signed_padded = env->crypto->verify(
		signer, k->sig_hash, hash, m->sig, &m->sig_form);
	return m->signed_padded ? WIRE_OK : WIRE_SIGNATURE;
}

static enum hash_id ack_hash(uint8_t kind)
{
	switch (kind) {
	case ACK_KEK_SHA256:
		return HASH_SHA256;
	case ACK_KEK_SHA512:
		return HASH_SHA512;
	default:
		return HASH_NONE;
	}
}

bool ack_kind_known(uint8_t kind)
{
	return ack_hash(kind) != HASH_NONE;
}

/* prf(KEK, label NUL | SPI | L) */
static struct prf_key *ack_key(
	const struct kek *k, enum hash_id h, unsigned key_bits)
{
	static const char label[] = "GROUPKEY-PUSH ACK"; /* with its NUL */
	const uint8_t l[2] = { (uint8_t)(key_bits >> 8), (uint8_t)key_bits };
	const struct span parts[] = { SPAN(label, sizeof label),
		SPAN(k->spi, sizeof k->spi), SPAN(l, sizeof l) };
	uint8_t key[HASH_MAX_BYTES];

	prf(h, SPAN(k->key.b, k->key.n), parts, ARRAY_LEN(parts), key);
	struct prf_key *out = prf_key_new(h, SPAN(key, hash_alg(h)->bytes));

	mem_wipe(key, sizeof key);
	return out;
}

/* RFC 8263 3.2 reads two ways: L is that of the HMAC block, or the output. */
enum { ACK_BY_BLOCK, ACK_BY_OUTPUT, N_ACK_READINGS };
struct ack_keys {
	enum hash_id hash; /* HASH_NONE: we cannot */
	uint8_t spi[KEK_SPI_BYTES];
	struct prf_key *key[N_ACK_READINGS];
};

struct ack_keys *ack_keys_new(const struct kek *k, uint8_t ack_kind)
{
	struct ack_keys *out = xcalloc(1, sizeof *out);
	enum hash_id h = ack_hash(ack_kind);

	out->hash = h;
	memcpy(out->spi, k->spi, sizeof out->spi);
	if (h == HASH_NONE)
		return out;
	out->key[ACK_BY_BLOCK] = ack_key(k, h, 8u * hash_alg(h)->block);
	out->key[ACK_BY_OUTPUT] = ack_key(k, h, 8u * hash_alg(h)->bytes);
	return out;
}

void ack_keys_free(struct ack_keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < N_ACK_READINGS; i++)
		prf_key_free(keys->key[i]);
	free(keys);
}

size_t ack_build(const struct kek *k, uint8_t ack_kind, uint32_t seq,
	const struct ip_addr *member, uint8_t *buf, size_t cap)
{
	enum hash_id h = ack_hash(ack_kind);
	struct isakmp_hdr hdr = { .version = VERSION_1,
		.exchange = XCHG_PUSH_ACK };
	uint8_t hash[HASH_MAX_BYTES] = { 0 };
	struct isakmp_wr m;

	if (h == HASH_NONE)
		return 0;
	memcpy(hdr.cky_i, k->spi, sizeof hdr.cky_i);
	memcpy(hdr.cky_r, k->spi + sizeof hdr.cky_i, sizeof hdr.cky_r);
	isakmp_wr_begin(&m, buf, cap, &hdr);
	isakmp_put(&m, PLD_HASH, hash, hash_alg(h)->bytes);
	size_t covered_at = m.w.len;

	gdoi_seq_put(&m, seq);
	isakmp_begin(&m, PLD_ID);
	wr_u8(&m.w, member->family == 6 ? ID_IPV6 : ID_IPV4);
	wr_u8(&m.w, 0);
	wr_u16(&m.w, 0);
	wr_bytes(&m.w, member->b, member->family == 6 ? 16 : 4);
	struct span out = isakmp_wr_end(&m);

	if (out.n == 0)
		return 0;
	const struct span covered = SPAN(buf + covered_at, out.n - covered_at);
	struct prf_key *key = ack_key(k, h, 8u * hash_alg(h)->block);

	prf_keyed(key, &covered, 1, hash);
	prf_key_free(key);
	memcpy(buf + ISAKMP_HDR + PLD_HDR, hash, hash_alg(h)->bytes);
	return out.n;
}

static enum wire_err ack_split(
	struct span dgram, const struct ack_keys *k, struct payloads *p)
{
	struct isakmp_hdr h;
	enum wire_err e = isakmp_hdr_read(dgram, &h);

	if (e != WIRE_OK)
		return e;
	if (h.exchange != XCHG_PUSH_ACK)
		return WIRE_EXCHANGE;
	if (h.flags != 0)
		return WIRE_FLAGS;
	if (h.mid != 0)
		return WIRE_MESSAGE_ID;
	if (memcmp(h.cky_i, k->spi, sizeof h.cky_i) != 0 ||
		memcmp(h.cky_r, k->spi + sizeof h.cky_i, sizeof h.cky_r) != 0)
		return WIRE_COOKIE;
	e = isakmp_split(
		SPAN(dgram.p + ISAKMP_HDR, dgram.n - ISAKMP_HDR), h.next, p);
	if (e != WIRE_OK)
		return e;
	if (p->n != 3)
		return p->n < 3 ? WIRE_PAYLOAD_MISSING : WIRE_PAYLOAD_TWICE;
	if (p->v[0].type != PLD_HASH || p->v[1].type != PLD_SEQ ||
		p->v[2].type != PLD_ID)
		return WIRE_PAYLOAD_ORDER;
	return WIRE_OK;
}

static enum wire_err ack_id_read(struct rd body, struct ip_addr *out)
{
	struct wire_id id;
	enum wire_err e = wire_id_read(body, &id);

	if (e != WIRE_OK)
		return e;
	*out = (struct ip_addr){ .family = 0 };
	if (id.type == ID_IPV4 && id.data.n == 4)
		out->family = 4;
	else if (id.type == ID_IPV6 && id.data.n == 16)
		out->family = 6;
	else
		return WIRE_ID;
	memcpy(out->b, id.data.p, id.data.n);
	return WIRE_OK;
}

enum wire_err ack_read(struct span dgram, const struct ack_keys *keys,
	uint32_t *seq, struct ip_addr *member)
{
	uint8_t want[HASH_MAX_BYTES];
	struct payloads p;

	if (keys->hash == HASH_NONE)
		return WIRE_POLICY;
	enum wire_err e = ack_split(dgram, keys, &p);

	if (e == WIRE_OK)
		e = gdoi_seq_read(p.v[1].body, seq);
	if (e == WIRE_OK)
		e = ack_id_read(p.v[2].body, member);
	if (e != WIRE_OK)
		return e;
	struct span got = rd_rest(&p.v[0].body);
	struct span covered =
		SPAN(p.v[1].whole.p, p.v[1].whole.n + p.v[2].whole.n);

	if (got.n != hash_alg(keys->hash)->bytes)
		return WIRE_HASH;
	for (size_t i = 0; i < N_ACK_READINGS; i++) {
		prf_keyed(keys->key[i], &covered, 1, want);
		if (mem_equal_secret(want, got.p, got.n))
			return WIRE_OK;
	}
	return WIRE_HASH;
}
