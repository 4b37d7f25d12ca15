/* GROUPKEY-PULL, the member's side (protocol.md B.1). */
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include <string.h>

#define CHAIN_MAX 512
#define PULL_DEBUG(gm, ID, ...)                                                \
	GM_DEBUG(gm, ID, .conn = ike_sa_conn_id((gm)->sa), __VA_ARGS__)

void gm_pull_start(struct gm *gm)
{
	struct gm_pull *p = &gm->pull;
	uint8_t buf[CHAIN_MAX];
	struct isakmp_wr m;
	struct span chain;

	*p = (struct gm_pull){ .base.side = PULL_SIDE_GM, .gm = gm };
	p->base.sa = gm->sa;
	p->asked_ms = gdoi_now(gm->g);
	p->base.x = exchange_begin(gm->sa);
	exchange_set_user(p->base.x, p);
	nonce_make(gm->g, &p->base.ni);
	isakmp_chain_begin(&m, buf, sizeof(buf));
	isakmp_put(&m, PLD_NONCE, p->base.ni.b, p->base.ni.n);
	wire_id_group_put(&m, &gm->policy.id, gm->g->sa_habit.host_order_id);
	chain = isakmp_wr_end(&m);
	exchange_send(p->base.x, NULL, 0, isakmp_chain_first(&m), chain, true);
	PULL_DEBUG(gm, GM_MSG1, .a = gm->policy.id.number,
		.b = exchange_mid(p->base.x));
}

void gm_pull_stop(struct gm *gm)
{
	struct exchange *x = gm->pull.base.x;

	if (gm->pull.has_sa)
		gdoi_sa_free(&gm->pull.sa);
	gm->pull.has_sa = false;
	gm->pull.base.x = NULL;
	if (x == NULL)
		return;
	exchange_set_user(x, NULL);
	exchange_end(x);
}

static bool sa_is_shared(const struct gm *gm, const struct ike_sa *sa)
{
	const struct gm *other;

	TAILQ_FOREACH(other, &gm->g->gm, link)
		if (other != gm && other->sa == sa)
			return true;
	return false;
}

/* Another server may offer what we can take; this one is told, and loses its
 * phase-1 SA by a Delete (RFC 6407 3.3) unless another group needs it. */
static void refuse_offer(struct gm *gm, const char *why)
{
	struct ike_sa *sa = gm->sa;
	struct report r = { .id = REPORT_GM_REJECTING_SA_PAYLOAD,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.ks = *gm_server(gm),
		.text = why };

	PULL_DEBUG(gm, GM_SA_REJECT, .text = why);
	gdoi_report(gm->g, &r);
	ike_sa_notify(sa, wire_err_notify(WIRE_NO_PROPOSAL));
	gm_fail(gm, "Policy of KS rejected: %s", why);
	if (gm->sa != sa && !sa_is_shared(gm, sa))
		ike_sa_delete(sa, true);
}

/* What is offered; there are no keys in it. */
static void offer_tell(const struct gm *gm, const struct gdoi_sa *sa)
{
	char text[ESP_TEXT];

	PULL_DEBUG(gm, GM_POLICY, .text = sa->has_sak ? "yes" : "no",
		.a = (uint32_t)sa->n_sats, .b = (uint32_t)sa->skipped_sats,
		.c = (uint32_t)sa->n_acls, .d = sa->atd_secs);
	if (sa->has_sak)
		PULL_DEBUG(gm, GM_SAK, .text = ike_cipher_text(sa->sak.cipher),
			.more = ike_hash_text(sa->sak.sig_hash),
			.a = sa->sak.life_secs, .cookies = sa->sak.spi);
	for (size_t i = 0; i < sa->n_sats; i++)
		PULL_DEBUG(gm, GM_SAT, .a = sa->sat[i].spi,
			.text = esp_suite_display(&sa->sat[i].suite, text),
			.b = sa->sat[i].life_secs);
}

/* HDR*, HASH(2), Nr, SA */
static enum wire_err on_offer(struct gm *gm, const struct exchange_msg *m)
{
	struct gm_pull *p = &gm->pull;
	const struct payload *pld = payload_get(m->p, PLD_SA);
	auto_sbuf struct sbuf why = { 0 };
	struct span parts[2];
	enum wire_err e = nonce_read(m->p, &p->base.nr);

	if (e != WIRE_OK)
		return e;
	if (pld == NULL)
		return WIRE_PAYLOAD_MISSING;
	e = gdoi_sa_read(pld->body, &p->sa);
	if (e != WIRE_OK) {
		gdoi_sa_free(&p->sa);
		refuse_offer(gm, wire_err_text(e));
		return e;
	}
	p->has_sa = true;
	p->offered_ms = gdoi_now(gm->g);
	offer_tell(gm, &p->sa);
	if (!gm_offer_ok(gm, &p->sa, gm_server(gm), &why)) {
		refuse_offer(gm, sbuf_str(&why));
		return WIRE_POLICY;
	}
	if (gm_time_unsure(gm)) {
		gm->pulls_again++;
		gm_pull_stop(gm);
		gm_pull_start(gm);
		return WIRE_OK;
	}
	pull_hash_parts(&p->base, parts);
	exchange_send(p->base.x, parts, 2, PLD_NONE, SPAN(NULL, 0), true);
	PULL_DEBUG(gm, GM_MSG3, .a = 0);
	return WIRE_OK;
}

static void report_done(struct gm *gm, bool first)
{
	struct report r = { .id = REPORT_GM_REGS_COMPL,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.ks = gm->ks };

	gdoi_report(gm->g, &r);
	r.id = REPORT_GM_INSTALL_POLICIES_SUCCESS;
	gdoi_report(gm->g, &r);
	r.id = REPORT_GM_SA_INGRESS;
	if (first && gm->receive_only)
		gdoi_report(gm->g, &r);
}

static void registered(struct gm *gm)
{
	bool first = !gm->registered;

	gm->ks = *gm_server(gm);
	gm->registered = true;
	gm->registrations_ok++;
	gm->rekeys_since = 0;
	gm->pulls_again = 0;
	report_done(gm, first);
	GM_DEBUG(gm, GM_DONE, .a = (uint32_t)gm_tek_count(gm),
		.text = gm->kek[0].live ? "yes" : "no");
	gm_reregister_set(gm);
}

/* SEQ is there when a KEK is, and the KEK's when a SAK was (6407 3.2). */
static enum wire_err seq_take(
	const struct gm_pull *p, const struct payloads *all, uint32_t *seq)
{
	const struct payload *pld = payload_get(all, PLD_SEQ);

	*seq = 0;
	if (pld == NULL)
		return p->sa.has_sak ? WIRE_PAYLOAD_MISSING : WIRE_OK;
	if (!p->sa.has_sak)
		return WIRE_PAYLOAD_TYPE;
	return gdoi_seq_read(pld->body, seq);
}

/* HDR*, HASH(4), [SEQ,] KD */
static enum wire_err on_keys(struct gm *gm, const struct exchange_msg *m)
{
	struct gm_pull *p = &gm->pull;
	const struct payload *pld = payload_get(m->p, PLD_KD);
	struct gdoi_kd kd;
	uint32_t seq;
	bool ok;
	enum wire_err e = seq_take(p, m->p, &seq);

	if (e == WIRE_OK && pld == NULL)
		e = WIRE_PAYLOAD_MISSING;
	if (e == WIRE_OK)
		e = gdoi_kd_read(pld->body,
			p->sa.has_sak ? p->sa.sak.cipher : CIPHER_NONE, &kd);
	if (e == WIRE_OK && p->sa.has_sak && !kd.has_kek) {
		gdoi_kd_wipe(&kd);
		e = WIRE_KEY;
	}
	if (e != WIRE_OK) {
		gm_fail(gm, "Keys of KS unusable: %s", wire_err_text(e));
		return e;
	}
	PULL_DEBUG(gm, GM_KD, .a = (uint32_t)kd.n_teks,
		.text = kd.has_kek ? "yes" : "no", .b = (uint32_t)kd.n_sids,
		.c = seq);
	ok = gm_keys_install(gm, &p->sa, &kd, &seq);
	gdoi_kd_wipe(&kd);
	if (ok)
		registered(gm);
	else
		gm_fail(gm, "Installation of the policy failed");
	return WIRE_OK;
}

enum wire_err gm_pull_message(struct gm *gm, const struct exchange_msg *m)
{
	struct gm_pull *p = &gm->pull;
	bool offer = !p->has_sa;
	struct span parts[2];

	pull_hash_parts(&p->base, parts);
	if (!exchange_check(p->base.x, m, parts, offer ? 1 : 2)) {
		struct report r = { .id = REPORT_GM_HASH_FAIL,
			.group = gm->policy.group,
			.ks = *gm_server(gm) };

		PULL_DEBUG(gm, GM_BAD_MSG, .err = WIRE_HASH);
		gdoi_report(gm->g, &r);
		return WIRE_HASH;
	}
	if (offer)
		PULL_DEBUG(gm, GM_MSG2, .a = 0);
	else
		PULL_DEBUG(gm, GM_MSG4, .a = 0);
	return offer ? on_offer(gm, m) : on_keys(gm, m);
}
