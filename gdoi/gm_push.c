/* GROUPKEY-PUSH, the member's side: check in the order of protocol.md B.2,
 * act, acknowledge (B.3). */
#include "crypto/prf.h"
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include <stdlib.h>
#include <string.h>

#define ACK_MAX    256
#define DELETE_KEK 0
#define DELETE_AH  2
/* From where the rekey came, not from the server at hand. */
#define PUSH_DEBUG(gm, path, ID, ...)                                          \
	DEBUG((gm)->g->env->debug, ID, .group = (gm)->policy.group,            \
		.peer = (path)->remote.ip, __VA_ARGS__)

struct gm_kek *gm_kek_find(struct gm *gm, const uint8_t spi[KEK_SPI_BYTES])
{
	for (size_t i = 0; i < GM_KEKS; i++)
		if (gm->kek[i].live &&
			memcmp(gm->kek[i].k.spi, spi, KEK_SPI_BYTES) == 0)
			return &gm->kek[i];
	return NULL;
}

static void failure_report(
	const struct gm *gm, enum wire_err e, const struct udp_path *path)
{
	struct report r = { .id = REPORT_GDOI_REKEY_FAILURE,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.peer = path->remote.ip,
		.err = e };

	PUSH_DEBUG(gm, path, GM_PUSH_BAD, .err = e);
	gdoi_report(gm->g, &r);
}

/* To where the PUSH came from, from the address of our registration. */
static void ack_send(struct gm *gm, const struct kek *k, uint8_t kind,
	uint32_t seq, const struct udp_path *path)
{
	const struct env *env = gm->g->env;
	struct udp_path back = { .local = { gm->policy.local,
					 path->local.port },
		.remote = path->remote };
	uint8_t buf[ACK_MAX];
	size_t n = ack_build(k, kind, seq, &gm->policy.local, buf, sizeof(buf));

	if (n == 0)
		return; /* not asked for, or a kind that we cannot do */
	env->send(env->ctx, &back, SPAN(buf, n));
	gm->acks_sent++;
	PUSH_DEBUG(gm, path, GM_ACK, .a = seq);
}

/* A copy of a recent PUSH costs one digest (RFC 6407 7.3.4); the ack of the
 * last one may have been lost. */
static bool is_repeat(struct gm *gm, struct gm_kek *k, const uint8_t *sum,
	const struct udp_path *path)
{
	unsigned last = (k->n_seen + GM_SEEN - 1) % GM_SEEN;

	for (unsigned i = 0; i < GM_SEEN && i < k->n_seen; i++) {
		if (memcmp(k->seen[i], sum, DIGEST_BYTES) != 0)
			continue;
		PUSH_DEBUG(gm, path, GM_PUSH_REPEAT, .a = k->acked_seq);
		if (i == last && k->reacks < GM_REACKS_MAX) {
			k->reacks++;
			ack_send(gm, &k->k, gm->ack_kind, k->acked_seq, path);
		}
		return true;
	}
	return false;
}

static void seen_add(struct gm *gm, struct gm_kek *k, const uint8_t *sum,
	const struct push_msg *m)
{
	memcpy(k->seen[k->n_seen++ % GM_SEEN], sum, DIGEST_BYTES);
	k->reacks = 0;
	k->seq = k->acked_seq = m->seq;
	k->seq_again = false;
	gm->signed_padded += m->signed_padded;
	gm->signed_bare += m->sig_form == RSA_FORM_BARE;
}

static enum wire_err seq_check(
	struct gm *gm, const struct gm_kek *k, uint32_t seq)
{
	struct report r = { .id = REPORT_GDOI_REKEY_SEQ_FAILURE,
		.group = gm->policy.group,
		.seq = seq,
		.n = k->seq };

	if (seq > k->seq || (k->seq_again && seq == k->seq)) {
		GM_DEBUG(gm, GM_PUSH_SEQ, .a = seq, .b = k->seq);
		return WIRE_OK;
	}
	GM_DEBUG(gm, GM_PUSH_OLD, .a = seq, .b = k->seq);
	gdoi_report(gm->g, &r);
	return WIRE_SEQUENCE;
}

static enum wire_err content_read(const struct push_msg *m, struct gdoi_sa *sa,
	struct gdoi_kd *kd, bool *has_sa)
{
	const struct payload *p_sa = payload_get(&m->p, PLD_SA);
	const struct payload *p_kd = payload_get(&m->p, PLD_KD);
	enum wire_err e;

	*has_sa = p_sa != NULL;
	if (p_sa == NULL && p_kd == NULL)
		return payload_get(&m->p, PLD_D) != NULL ? WIRE_OK
							 : WIRE_PAYLOAD_MISSING;
	if (p_sa == NULL || p_kd == NULL)
		return WIRE_PAYLOAD_MISSING;
	e = gdoi_sa_read(p_sa->body, sa);
	if (e == WIRE_OK)
		e = gdoi_kd_read(p_kd->body,
			sa->has_sak ? sa->sak.cipher : CIPHER_NONE, kd);
	return e;
}

/* Does it name the KEK that rekeys come under: by its SPI or by zero, "all"
 * (RFC 6407 5.9)?  An older one, or a stranger's, is none of our concern. */
static bool deletes_kek(const struct gm *gm, const struct gdoi_delete *d)
{
	static const uint8_t all[KEK_SPI_BYTES];
	struct rd r = rd_span(d->spis);

	for (uint16_t i = 0; i < d->count; i++) {
		const uint8_t *spi = rd_bytes(&r, d->spi_bytes);

		if (memcmp(spi, all, d->spi_bytes) == 0 ||
			(d->spi_bytes == KEK_SPI_BYTES && gm->kek[0].live &&
				memcmp(spi, gm->kek[0].k.spi, KEK_SPI_BYTES) ==
					0))
			return true;
	}
	return false;
}

/* One D payload; true when it takes the KEK (B.10). */
static bool delete_act(struct gm *gm, const struct gdoi_delete *d)
{
	struct rd r = rd_span(d->spis);

	if (d->protocol == DELETE_KEK || d->spi_bytes == KEK_SPI_BYTES)
		return deletes_kek(gm, d);
	if (d->protocol == DELETE_AH || d->spi_bytes != 4)
		return false;
	for (uint16_t i = 0; i < d->count; i++)
		gm_keys_delete(gm, rd_u32(&r));
	return false;
}

static bool deletes_act(struct gm *gm, const struct payloads *all)
{
	const struct payload *p;
	bool kek_gone = false;
	size_t at = 0;

	while ((p = payload_next(all, PLD_D, &at)) != NULL) {
		struct gdoi_delete d;

		if (gdoi_delete_read(p->body, &d) == WIRE_OK)
			kek_gone |= delete_act(gm, &d);
	}
	return kek_gone;
}

static void push_count(struct gm *gm, uint32_t seq, const struct udp_path *path)
{
	struct report r = { .id = REPORT_GM_RECV_REKEY,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.ks = path->remote.ip,
		.seq = seq };

	gm->rekeys++;
	gm->rekeys_since++;
	gm->last_rekey_from = path->remote.ip;
	gm->last_rekey_seq = seq;
	gm->last_rekey_ms = gdoi_now(gm->g);
	PUSH_DEBUG(gm, path, GM_PUSH_DONE, .a = seq);
	gdoi_report(gm->g, &r);
}

static void cleanup_report(const struct gm *gm)
{
	struct report r = { .id = REPORT_GM_POLICY_CLEANUP,
		.group = gm->policy.group,
		.gm = gm->policy.local };

	gdoi_report(gm->g, &r);
}

/* Everything is verified: install, delete, acknowledge.  The KEK may move in
 * its table, or go, so that the ack has a copy. */
static enum wire_err push_act(struct gm *gm, const struct udp_path *path,
	const struct push_msg *m, const struct kek *under)
{
	auto_sbuf struct sbuf why = { 0 };
	struct gdoi_sa sa = { .has_sak = false };
	struct gdoi_kd kd = { .has_kek = false };
	bool has_sa = false, kek_gone;
	enum wire_err e = content_read(m, &sa, &kd, &has_sa);

	if (e == WIRE_OK && has_sa &&
		!gm_offer_ok(gm, &sa, &path->remote.ip, &why))
		e = WIRE_POLICY;
	if (e == WIRE_OK && has_sa && !gm_keys_install(gm, &sa, &kd, NULL))
		e = WIRE_POLICY;
	gdoi_sa_free(&sa);
	gdoi_kd_wipe(&kd);
	if (e != WIRE_OK)
		return e;
	kek_gone = deletes_act(gm, &m->p);
	push_count(gm, m->seq, path);
	ack_send(gm, under, gm->ack_kind, m->seq, path);
	if (kek_gone) {
		PUSH_DEBUG(gm, path, GM_KEKS_GONE, .a = 0);
		gm_keks_drop(gm);
	}
	if (kek_gone || !gm_has_keys(gm)) {
		cleanup_report(gm);
		gm_lost_keys(gm);
	} else if (gm_lacks_sid(gm) || gm->clock_doubtful) {
		gm_lost_keys(gm);
	} else {
		gm_reregister_set(gm);
	}
	return WIRE_OK;
}

static enum wire_err push_check(struct gm *gm, struct gm_kek *k,
	const struct udp_path *path, struct span dgram, uint8_t *buf,
	struct push_msg *m)
{
	enum wire_err e = push_open(dgram, &k->k, buf, m);

	if (e == WIRE_OK) {
		PUSH_DEBUG(gm, path, GM_PUSH_PAYLOADS, .payloads = &m->p);
		e = seq_check(gm, k, m->seq);
		if (e != WIRE_OK)
			return e;
		e = push_verify(m, &k->k, k->signer, gm->g->env);
	}
	if (e != WIRE_OK)
		failure_report(gm, e, path);
	else
		PUSH_DEBUG(gm, path, GM_PUSH_SIGNED, .a = m->seq);
	return e;
}

enum wire_err gm_push_input(
	struct gm *gm, const struct udp_path *path, struct span dgram)
{
	struct gm_kek *k = gm_kek_find(gm, dgram.p);
	uint8_t sum[HASH_MAX_BYTES], *buf;
	struct push_msg m;
	struct kek under;
	enum wire_err e;

	PUSH_DEBUG(gm, path, GM_PUSH_IN, .a = (uint32_t)dgram.n,
		.cookies = dgram.p);
	if (!gm_server_known(gm, &path->remote.ip) &&
		!ip_equal(&k->src, &path->remote.ip)) {
		PUSH_DEBUG(gm, path, GM_PUSH_BAD, .err = WIRE_SOURCE);
		return WIRE_SOURCE;
	}
	digest(HASH_SHA256, &dgram, 1, sum);
	if (is_repeat(gm, k, sum, path))
		return WIRE_REPLAY;
	buf = xcalloc(1, dgram.n);
	e = push_check(gm, k, path, dgram, buf, &m);
	if (e == WIRE_OK) {
		seen_add(gm, k, sum, &m);
		under = k->k;
		e = push_act(gm, path, &m, &under);
		keybuf_wipe(&under.key);
		if (e != WIRE_OK) {
			failure_report(gm, e, path);
			gm_lost_keys(gm); /* what others have now, we lack */
		}
	}
	mem_wipe(buf, dgram.n);
	free(buf);
	return e;
}
