/* GROUPKEY-PULL, the key server's side (protocol.md B.1): authorise before the
 * SA is sent, hand out keys and remember the member only after HASH(3). */
#include "gdoi/debug_priv.h"
#include "gdoi/ks_priv.h"
#include <stdlib.h>
#include <string.h>

/* Authenticated peers open these; still a bound for all of them together. */
#define PULLS_MAX 20000
#define PULL_DEBUG(p, ID, ...)                                                 \
	KS_DEBUG((p)->ks, ID, .conn = ike_sa_conn_id((p)->base.sa),            \
		.peer = (p)->peer, __VA_ARGS__)

void ks_pull_free(struct gdoi *g, struct ks_pull *p)
{
	TAILQ_REMOVE(&g->pulls, p, link);
	g->n_pulls--;
	exchange_set_user(p->base.x, NULL);
	gdoi_kd_wipe(&p->kd);
	free(p);
}

void ks_pulls_drop(struct gdoi *g, const struct ks *ks)
{
	struct ks_pull *p, *next;

	TAILQ_FOREACH_SAFE(p, &g->pulls, link, next) {
		if (ks == NULL || p->ks == ks) {
			struct exchange *x = p->base.x;

			ks_pull_free(g, p);
			exchange_end(x);
		}
	}
}

/* Tells the member why, protected, and the log. */
static enum wire_err refuse(struct gdoi *g, struct ike_sa *sa, enum wire_err e,
	const struct ks *ks, enum report_id id, const char *text)
{
	struct report r = { .id = id,
		.group = ks != NULL ? ks->policy.group : "",
		.gm = ike_sa_path(sa)->remote.ip,
		.err = e,
		.text = text };

	DEBUG(g->env->debug, KS_REFUSED, .conn = ike_sa_conn_id(sa),
		.group = r.group, .peer = r.gm, .err = e,
		.text = text[0] != '\0' ? text : report_def(id)->mnemonic);
	gdoi_report(g, &r);
	ike_sa_notify(sa, wire_err_notify(e));
	return e;
}

static struct ks *group_find(struct gdoi *g, const struct wire_id *id)
{
	struct group_id *ids;
	struct ks *ks, *found = NULL;
	size_t n = 0;
	int at;

	TAILQ_FOREACH(ks, &g->ks, link)
		n++;
	ids = xcalloc(n + 1, sizeof(*ids));
	n = 0;
	TAILQ_FOREACH(ks, &g->ks, link)
		ids[n++] = ks->policy.id;
	at = wire_id_match_group(id, ids, n);
	free(ids);
	TAILQ_FOREACH(ks, &g->ks, link)
		if (at-- == 0)
			found = ks;
	return found;
}

static bool authorized(const struct ks *ks, const struct ike_sa *sa)
{
	struct packet_key k = { .src = ip_u32(&ike_sa_path(sa)->remote.ip) };
	int at;

	if (ks->policy.authorization == NULL)
		return true;
	at = acl_match(ks->policy.authorization, &k);
	return at >= 0 && ks->policy.authorization->v[at].permit;
}

static bool identity_authorized(const struct ks *ks, const struct ike_sa *sa)
{
	const struct ks_identity *wanted = ks->policy.identity;
	const struct cert *cert = ike_sa_peer_cert(sa);
	struct span id;
	uint8_t type = ike_sa_peer_id(sa, &id);

	return wanted == NULL || ks_identity_has(wanted, type, id) ||
	       (cert != NULL && ks_identity_has_cert(wanted, cert));
}

/* Did the request come to an address where registrations are answered? */
static bool interface_allowed(const struct ks *ks, const struct ike_sa *sa)
{
	const struct env *env = ks->g->env;

	return ks->policy.reg_ifname[0] == '\0' || env->is_on == NULL ||
	       env->is_on(env->ctx, ks->policy.reg_ifname,
		       &ike_sa_path(sa)->local.ip);
}

static void id_text(const struct wire_id *id, struct sbuf *out)
{
	if (id->type == ID_KEY_ID && id->data.n == 4) {
		struct rd r = rd_span(id->data);

		sbuf_printf(out, "identity number %u", rd_u32(&r));
		return;
	}
	sbuf_printf(
		out, "identity of type %u, %zu bytes", id->type, id->data.n);
}

static void request_tell(const struct gdoi *g, const struct ike_sa *sa,
	const struct wire_id *id, const struct ks *ks)
{
	auto_sbuf struct sbuf text = { 0 };

	if (!debug_on(g->env->debug, DBG_KS_REQUEST))
		return;
	id_text(id, &text);
	DEBUG(g->env->debug, KS_REQUEST, .conn = ike_sa_conn_id(sa),
		.group = ks != NULL ? ks->policy.group : "",
		.peer = ike_sa_path(sa)->remote.ip, .text = sbuf_str(&text));
}

static enum wire_err group_check(struct gdoi *g, struct ike_sa *sa,
	const struct wire_id *id, struct ks **out)
{
	struct ks *ks = group_find(g, id);
	auto_sbuf struct sbuf text = { 0 };
	const char *missing;

	request_tell(g, sa, id, ks);
	if (ks == NULL) {
		id_text(id, &text);
		return refuse(g, sa, WIRE_ID, NULL, REPORT_KS_UNKNOWN_GROUP,
			sbuf_str(&text));
	}
	if (!interface_allowed(ks, sa)) {
		ks->refused++;
		sbuf_printf(&text, "it did not come to %s",
			ks->policy.reg_ifname);
		return refuse(g, sa, WIRE_UNAUTHORIZED, ks,
			REPORT_KS_REG_REFUSED, sbuf_str(&text));
	}
	if (!identity_authorized(ks, sa)) {
		struct span who;
		uint8_t type = ike_sa_peer_id(sa, &who);

		ks->refused++;
		ks_identity_text(type, who, &text);
		return refuse(g, sa, WIRE_UNAUTHORIZED, ks,
			REPORT_UNAUTHORIZED_IDENTITY, sbuf_str(&text));
	}
	if (!authorized(ks, sa)) {
		ks->refused++;
		return refuse(g, sa, WIRE_UNAUTHORIZED, ks,
			REPORT_UNAUTHORIZED_IPADDR, "");
	}
	missing = ks_incomplete(ks);
	if (missing != NULL) {
		ks->refused++;
		return refuse(g, sa, WIRE_NO_PROPOSAL, ks,
			REPORT_KS_REG_REFUSED, missing);
	}
	*out = ks;
	return WIRE_OK;
}

/* false: the policy has no room in a message. */
static bool offer_send(struct ks_pull *p)
{
	struct ks *ks = p->ks;
	uint8_t *buf = gdoi_scratch(ks->g);
	bool to_ours = ike_sa_peer_is_ours(p->base.sa, NULL);
	struct span parts[] = { SPAN(p->base.ni.b, p->base.ni.n) };
	struct gdoi_sa sa;
	struct isakmp_wr m;
	struct span chain;
	uint8_t first;

	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	isakmp_put(&m, PLD_NONCE, p->base.nr.b, p->base.nr.n);
	ks_sa_build(ks, &ks->kek, true, to_ours ? KS_READ_OURS : KS_READ_OTHERS,
		&sa);
	gdoi_sa_put(&m, &sa, to_ours);
	gdoi_sa_free(&sa);
	ks_kd_build(ks, &ks->kek, true, &p->kd);
	p->rekeys = ks->rekeys_sent;
	p->seq = ks->kek.seq;
	p->counter_mode = ks_counter_mode(ks);
	first = isakmp_chain_first(&m);
	chain = isakmp_wr_end(&m);
	if (chain.n == 0)
		return false;
	exchange_send(p->base.x, parts, ARRAY_LEN(parts), first, chain, false);
	PULL_DEBUG(p, KS_OFFER, .text = ks->kek.live ? "yes" : "no",
		.a = (uint32_t)p->kd.n_teks);
	return true;
}

/* One that cannot stamp its packets would send what nobody takes. */
static enum wire_err stamps_check(
	struct gdoi *g, struct ike_sa *sa, struct ks *ks)
{
	uint32_t version = 0;
	bool ours = ike_sa_peer_is_ours(sa, &version);
	const char *lacks = ks_lacks_stamps(ks, ours, version);

	if (lacks == NULL)
		return WIRE_OK;
	ks->refused++;
	return refuse(g, sa, WIRE_NO_PROPOSAL, ks,
		REPORT_REJECT_GM_VER_REGISTER, lacks);
}

/* HDR*, HASH(1), Ni, ID */
static enum wire_err on_request(struct gdoi *g, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	const struct payload *pld = payload_get(m->p, PLD_ID);
	struct wire_id id;
	struct ks *ks = NULL;
	struct nonce ni;
	struct ks_pull *p;
	enum wire_err e;

	if (!exchange_check(x, m, NULL, 0))
		return WIRE_HASH;
	if (g->n_pulls >= PULLS_MAX)
		return WIRE_LIMIT;
	e = nonce_read(m->p, &ni);
	if (e != WIRE_OK)
		return e;
	if (pld == NULL)
		return WIRE_PAYLOAD_MISSING;
	e = wire_id_read(pld->body, &id);
	if (e == WIRE_OK)
		e = group_check(g, sa, &id, &ks);
	if (e != WIRE_OK)
		return e;
	ks_keys_ensure(ks);
	e = stamps_check(g, sa, ks);
	if (e != WIRE_OK)
		return e;
	p = xcalloc(1, sizeof(*p));
	p->base = (struct pull){
		.side = PULL_SIDE_KS, .x = x, .sa = sa, .ni = ni
	};
	nonce_make(g, &p->base.nr);
	p->ks = ks;
	p->peer = ike_sa_path(sa)->remote.ip;
	TAILQ_INSERT_TAIL(&g->pulls, p, link);
	g->n_pulls++;
	exchange_set_user(x, p);
	if (offer_send(p))
		return WIRE_OK;
	ks_pull_free(g, p);
	return refuse(g, sa, WIRE_LIMIT, ks, REPORT_KS_REG_REFUSED,
		"the policy does not fit into a message");
}

/* One sender id always, more when message 3 asked. false: used up. */
static bool sids_give(struct ks_pull *p, uint16_t asked)
{
	struct ks *ks = p->ks;
	size_t want = asked == 0 ? 1 : asked;

	if (!p->counter_mode || ks->applied.receive_only)
		return true;
	if (want > SIDS_MAX)
		want = SIDS_MAX;
	p->kd.sid_bits = ks->sids.bits;
	while (p->kd.n_sids < want) {
		if (!sid_take(&ks->sids, &p->kd.sid[p->kd.n_sids]))
			break;
		PULL_DEBUG(p, KS_SID, .a = p->kd.sid[p->kd.n_sids],
			.b = p->kd.sid_bits);
		p->kd.n_sids++;
	}
	return p->kd.n_sids > 0;
}

static struct ks_member *member_record(struct ks_pull *p)
{
	struct ks *ks = p->ks;
	struct ks_member *mb = ks_member_add(ks, ike_sa_path(p->base.sa));

	mb->version = 0;
	mb->ours = ike_sa_peer_is_ours(p->base.sa, &mb->version);
	mb->sid_count += (uint32_t)p->kd.n_sids;
	if (ks->n_members == 1)
		ks_time_sent(ks); /* nobody else waits for it */
	ks->registrations++;
	return mb;
}

static void keys_send(struct ks_pull *p)
{
	uint8_t *buf = gdoi_scratch(p->ks->g);
	struct span parts[2];
	struct isakmp_wr m;
	uint8_t first;

	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	if (p->kd.has_kek)
		gdoi_seq_put(&m, p->seq);
	gdoi_kd_put(&m, &p->kd);
	pull_hash_parts(&p->base, parts);
	first = isakmp_chain_first(&m);
	exchange_send(p->base.x, parts, 2, first, isakmp_wr_end(&m), false);
	mem_wipe(buf, m.w.len);
}

/* The ids are used up: everybody starts again (B.13), this member too. */
static enum wire_err sids_out(struct gdoi *g, struct ks_pull *p)
{
	refuse(g, p->base.sa, WIRE_NO_PROPOSAL, p->ks,
		REPORT_KS_NO_SID_AVAILABLE, "");
	ks_reinitialise(p->ks); /* ends all half-done registrations */
	return WIRE_LIMIT;
}

/* Its keys were replaced while it registered, and the rekey did not reach it:
 * the next PULL brings the new ones. */
static enum wire_err overtaken(struct gdoi *g, struct ks_pull *p)
{
	struct exchange *x = p->base.x;

	sids_untake(&p->ks->sids, p->kd.n_sids); /* never told to anybody */
	refuse(g, p->base.sa, WIRE_NO_PROPOSAL, p->ks, REPORT_KS_REG_REFUSED,
		"keys changed in the meantime");
	ks_pull_free(g, p);
	exchange_end(x);
	return WIRE_STATE;
}

/* HDR*, HASH(3) [, GAP] */
static enum wire_err on_proof(
	struct gdoi *g, struct ks_pull *p, const struct exchange_msg *m)
{
	const struct payload *gap = payload_get(m->p, PLD_GAP);
	struct exchange *x = p->base.x;
	struct ks *ks = p->ks;
	struct ks_member *mb;
	struct span parts[2];
	uint16_t asked = 0;

	pull_hash_parts(&p->base, parts);
	if (!exchange_check(x, m, parts, 2)) {
		PULL_DEBUG(p, KS_BAD_MSG, .err = WIRE_HASH);
		return WIRE_HASH;
	}
	PULL_DEBUG(p, KS_PROOF, .a = 0);
	if (gap != NULL) {
		enum wire_err e = gdoi_gap_request_read(gap->body, &asked);

		if (e != WIRE_OK)
			return e;
	}
	if (!sids_give(p, asked))
		return sids_out(g, p);
	mb = member_record(p);
	if (sid_pool_reserve(&ks->sids) && ks_store_keys(ks) != 0)
		return WIRE_STATE; /* an id that may come twice is none */
	if (p->kd.has_kek && p->rekeys != ks->rekeys_sent &&
		!ks_push_late(ks, mb, p->kd.kek_spi))
		return overtaken(g, p);
	ks_store_member(ks, mb);
	keys_send(p);
	PULL_DEBUG(p, KS_KEYS, .a = (uint32_t)p->kd.n_teks,
		.text = p->kd.has_kek ? "yes" : "no",
		.b = (uint32_t)p->kd.n_sids, .c = p->seq);
	PULL_DEBUG(p, KS_ADDED, .a = (uint32_t)ks->n_members);
	ks_schedule(ks);
	ike_sa_release(p->base.sa);
	ks_pull_free(g, p);
	exchange_end(x);
	return WIRE_OK;
}

enum wire_err ks_pull_message(struct gdoi *g, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	struct ks_pull *p = exchange_user(x);

	if (p == NULL)
		return on_request(g, sa, x, m);
	return on_proof(g, p, m);
}
