/* One box's GDOI: dispatch of datagrams and events between the ISAKMP
 * endpoint, the key-server groups and the memberships. */
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include "gdoi/ks_priv.h"
#include <stdlib.h>
#include <string.h>

/* KEKs are listed among the ISAKMP SAs, out of the way of their numbers. */
#define KEK_CONN_ID_BASE 2000

uint8_t *gdoi_scratch(struct gdoi *g)
{
	if (g->scratch == NULL)
		g->scratch = xcalloc(1, ISAKMP_MSG_MAX);
	return g->scratch;
}

uint64_t gdoi_now(const struct gdoi *g)
{
	return g->env->now(g->env->ctx);
}

uint64_t gdoi_wall(const struct gdoi *g)
{
	return g->env->wall(g->env->ctx);
}

void gdoi_random(const struct gdoi *g, void *p, size_t n)
{
	if (n > 0)
		g->env->random(g->env->ctx, p, n);
}

uint32_t gdoi_random_below(const struct gdoi *g, uint32_t n)
{
	uint64_t v;

	gdoi_random(g, &v, sizeof(v));
	return n == 0 ? 0 : (uint32_t)(v % n);
}

void gdoi_kek_made(const struct gdoi *g, const struct kek *k)
{
	if (g->env->key_made != NULL)
		g->env->key_made(g->env->ctx, ENV_KEY_KEK,
			SPAN(k->spi, sizeof(k->spi)),
			SPAN(k->key.b, k->key.n));
}

void gdoi_report(const struct gdoi *g, const struct report *r)
{
	struct report full = *r;

	if (full.group == NULL)
		full.group = "";
	if (full.text == NULL)
		full.text = "";
	g->env->report(g->env->ctx, &full);
}

uint32_t gdoi_spi_new(const struct gdoi *g)
{
	for (;;) {
		const struct ks *ks;
		bool used = false;
		uint32_t spi;

		gdoi_random(g, &spi, sizeof(spi));
		TAILQ_FOREACH(ks, &g->ks, link)
			used |= ks_has_spi(ks, spi);
		if (spi > UINT8_MAX && !used)
			return spi;
	}
}

uint32_t secs_until(uint64_t now_ms, uint64_t at_ms)
{
	uint64_t secs = at_ms > now_ms ? (at_ms - now_ms) / 1000 : 0;

	return secs < UINT32_MAX ? (uint32_t)secs : UINT32_MAX;
}

uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

enum wire_err nonce_read(const struct payloads *p, struct nonce *out)
{
	const struct payload *pld = payload_get(p, PLD_NONCE);
	struct rd r;

	if (pld == NULL)
		return WIRE_PAYLOAD_MISSING;
	r = pld->body;
	if (rd_left(&r) < NONCE_BYTES_MIN || rd_left(&r) > NONCE_BYTES_MAX)
		return WIRE_NONCE;
	out->n = (uint16_t)rd_left(&r);
	rd_copy(&r, out->b, out->n);
	return WIRE_OK;
}

void nonce_make(const struct gdoi *g, struct nonce *out)
{
	out->n = NONCE_BYTES;
	gdoi_random(g, out->b, out->n);
}

void pull_hash_parts(const struct pull *p, struct span parts[2])
{
	parts[0] = SPAN(p->ni.b, p->ni.n);
	parts[1] = SPAN(p->nr.b, p->nr.n);
}

static void on_sa_up(void *ctx, struct ike_sa *sa)
{
	gm_sa_turn(ctx, sa);
}

static void on_sa_down(void *ctx, struct ike_sa *sa, enum ike_down why)
{
	struct gdoi *g = ctx;
	struct gm *gm;

	/* Registrations under it went with their exchanges. */
	TAILQ_FOREACH(gm, &g->gm, link)
		if (gm->sa == sa)
			gm_sa_down(gm, why);
}

static enum wire_err on_message(void *ctx, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	struct gdoi *g = ctx;
	struct pull *p = exchange_user(x);

	if (p != NULL && p->side == PULL_SIDE_GM)
		return gm_pull_message(((struct gm_pull *)p)->gm, m);
	if (p == NULL && ike_sa_is_initiator(sa)) /* members begin (B.1) */
		return exchange_check(x, m, NULL, 0) ? WIRE_EXCHANGE
						     : WIRE_HASH;
	return ks_pull_message(g, sa, x, m);
}

static void on_exchange_lost(void *ctx, struct ike_sa *sa, struct exchange *x)
{
	struct gdoi *g = ctx;
	struct pull *p = exchange_user(x);
	char ip[IP_TEXT];

	(void)sa;
	if (p == NULL)
		return;
	if (p->side == PULL_SIDE_KS) {
		ks_pull_free(g, (struct ks_pull *)p);
		return;
	}
	p->x = NULL; /* it dies by itself */
	gm_fail(((struct gm_pull *)p)->gm, "No response from KS %s",
		ip_text(gm_server(((struct gm_pull *)p)->gm), ip));
}

static void on_notify(
	void *ctx, struct ike_sa *sa, uint16_t type, struct span data)
{
	struct gdoi *g = ctx;
	struct gm *gm;

	(void)data;
	TAILQ_FOREACH(gm, &g->gm, link)
		if (gm->sa == sa) {
			bool pulling = gm->step == GM_PULL;

			gm_notify(gm, type);
			if (pulling)
				return; /* one PULL at a time on an SA */
		}
}

/* Cookies of an SA must not be taken for a KEK (protocol.md F.14). */
static bool spi_taken(void *ctx, const uint8_t cookies[KEK_SPI_BYTES])
{
	struct gdoi *g = ctx;
	struct ks *ks;
	struct gm *gm;

	TAILQ_FOREACH(ks, &g->ks, link)
		if (ks_has_kek(ks, cookies))
			return true;
	TAILQ_FOREACH(gm, &g->gm, link)
		if (gm_kek_find(gm, cookies) != NULL)
			return true;
	return false;
}

struct gdoi *gdoi_new(const struct env *env, struct store *store)
{
	struct gdoi *g = xcalloc(1, sizeof(*g));
	struct ike_doi doi = { .sa_up = on_sa_up,
		.sa_down = on_sa_down,
		.message = on_message,
		.exchange_lost = on_exchange_lost,
		.notify = on_notify,
		.spi_taken = spi_taken,
		.exchange_type = XCHG_PULL,
		.ctx = g };

	g->env = env;
	g->store = store;
	g->last_conn_id = KEK_CONN_ID_BASE;
	TAILQ_INIT(&g->ks);
	TAILQ_INIT(&g->gm);
	TAILQ_INIT(&g->pulls);
	g->ike = ike_new(env, &doi);
	return g;
}

static void ks_remove(struct gdoi *g, struct ks *ks)
{
	TAILQ_REMOVE(&g->ks, ks, link);
	ks_free(ks);
}

static void gm_remove(struct gdoi *g, struct gm *gm)
{
	TAILQ_REMOVE(&g->gm, gm, link);
	gm_free(gm);
}

void gdoi_ks_refuse(struct gdoi *g, const char *why)
{
	free(g->ks_refused);
	g->ks_refused = xstrdup(why);
}

void gdoi_free(struct gdoi *g)
{
	struct ks *ks;
	struct gm *gm;

	if (g == NULL)
		return;
	while ((gm = TAILQ_FIRST(&g->gm)) != NULL)
		gm_remove(g, gm);
	while ((ks = TAILQ_FIRST(&g->ks)) != NULL)
		ks_remove(g, ks);
	ks_pulls_drop(g, NULL);
	ike_free(g->ike);
	free(g->ks_refused);
	free(g->scratch);
	free(g);
}

void gdoi_set_isakmp(struct gdoi *g, const struct isakmp_config *c)
{
	struct gm *gm;

	ike_set_config(g->ike, c);
	g->sa_habit = c->sa_habit;
	TAILQ_FOREACH(gm, &g->gm, link)
		gm_retry_soon(gm);
}

static void on_off_report(struct gdoi *g)
{
	bool on = !TAILQ_EMPTY(&g->ks) || !TAILQ_EMPTY(&g->gm);
	struct report r = { .id = on ? REPORT_ISAKMP_ON : REPORT_ISAKMP_OFF };

	if (on == g->on)
		return;
	g->on = on;
	gdoi_report(g, &r);
	r.id = on ? REPORT_GDOI_ON : REPORT_GDOI_OFF;
	gdoi_report(g, &r);
}

static struct ks *ks_by_name(const struct gdoi *g, const char *group)
{
	struct ks *ks;

	TAILQ_FOREACH(ks, &g->ks, link)
		if (strcmp(ks->policy.group, group) == 0)
			return ks;
	return NULL;
}

/* Groups of the list in its order; what is left over has gone from the
 * configuration, and is forgotten for good. */
void gdoi_set_ks(struct gdoi *g, const struct ks_policy *v, size_t n)
{
	struct ks_list old = TAILQ_HEAD_INITIALIZER(old);
	struct ks *ks;

	TAILQ_CONCAT(&old, &g->ks, link);
	for (size_t i = 0; i < n; i++) {
		TAILQ_FOREACH(ks, &old, link)
			if (strcmp(ks->policy.group, v[i].group) == 0)
				break;
		if (ks != NULL) {
			TAILQ_REMOVE(&old, ks, link);
			TAILQ_INSERT_TAIL(&g->ks, ks, link);
			ks_set_policy(ks, &v[i]);
		} else {
			ks = ks_new(g, &v[i]);
			TAILQ_INSERT_TAIL(&g->ks, ks, link);
		}
	}
	while ((ks = TAILQ_FIRST(&old)) != NULL) {
		TAILQ_REMOVE(&old, ks, link);
		ks_store_forget(ks);
		ks_free(ks);
	}
	on_off_report(g);
}

static void gm_left(struct gdoi *g, struct gm *gm)
{
	struct report r = { .id = REPORT_GM_CM_DETACH,
		.group = gm->policy.group,
		.gm = gm->policy.local };

	gdoi_report(g, &r);
	r.id = REPORT_GM_UNREGISTER;
	if (gm->registered)
		gdoi_report(g, &r);
	gm_free(gm);
}

void gdoi_set_gm(struct gdoi *g, const struct gm_policy *v, size_t n)
{
	struct gm_list old = TAILQ_HEAD_INITIALIZER(old);
	struct gm *gm;

	TAILQ_CONCAT(&old, &g->gm, link);
	g->gm_before = &old;
	for (size_t i = 0; i < n; i++) {
		TAILQ_FOREACH(gm, &old, link)
			if (gm_is_for(gm, &v[i]))
				break;
		if (gm != NULL) {
			TAILQ_REMOVE(&old, gm, link);
			TAILQ_INSERT_TAIL(&g->gm, gm, link);
			gm_set_policy(gm, &v[i]);
		} else {
			gm = gm_new(g, &v[i]);
			TAILQ_INSERT_TAIL(&g->gm, gm, link);
		}
	}
	while ((gm = TAILQ_FIRST(&old)) != NULL) {
		TAILQ_REMOVE(&old, gm, link);
		gm_left(g, gm);
	}
	g->gm_before = NULL;
	on_off_report(g);
}

/* A PUSH is for every membership at the address that it came to: a map with
 * `local-address` has several. */
static enum wire_err push_input(
	struct gdoi *g, const struct udp_path *path, struct span dgram)
{
	enum wire_err e = WIRE_COOKIE;
	struct gm *gm;

	TAILQ_FOREACH(gm, &g->gm, link) {
		const struct gm_kek *k = gm_kek_find(gm, dgram.p);

		if (k != NULL && gm_push_is_for(gm, k, &path->local))
			e = gm_push_input(gm, path, dgram);
	}
	return e;
}

static enum wire_err ack_input(
	struct gdoi *g, const struct udp_path *path, struct span dgram)
{
	struct ks *ks;

	TAILQ_FOREACH(ks, &g->ks, link)
		if (ks_has_kek(ks, dgram.p))
			return ks_ack_input(ks, path, dgram);
	return WIRE_COOKIE;
}

static void push_drop(struct gdoi *g, const struct udp_path *path,
	uint8_t exchange, enum wire_err e)
{
	g->drops[e]++;
	if (exchange == XCHG_PUSH_ACK)
		g->ack_drops[e]++;
	ike_error_add(g->ike, &path->remote.ip, exchange, e);
}

void gdoi_input(struct gdoi *g, const struct udp_path *path, struct span dgram)
{
	struct isakmp_hdr h = { .exchange = 0 };
	enum wire_err e = isakmp_hdr_read(dgram, &h);

	/* New Group Mode of an ISAKMP SA has the number of PUSH. */
	if (e == WIRE_OK && h.exchange == XCHG_PUSH &&
		!ike_has_sa(g->ike, path, h.cky_i))
		e = push_input(g, path, dgram);
	else if (e == WIRE_OK && h.exchange == XCHG_PUSH_ACK)
		e = ack_input(g, path, dgram);
	else
		ike_input(g->ike, path, dgram); /* counts its own errors */
	if (e == WIRE_OK ||
		(h.exchange != XCHG_PUSH && h.exchange != XCHG_PUSH_ACK))
		return;
	push_drop(g, path, h.exchange, e);
	if (e == WIRE_COOKIE)
		DEBUG(g->env->debug, PUSH_UNKNOWN, .peer = path->remote.ip,
			.cookies = dgram.p,
			.text = h.exchange == XCHG_PUSH ? "rekey"
							: "acknowledgement");
	else if (h.exchange == XCHG_PUSH_ACK)
		DEBUG(g->env->debug, KS_ACK_BAD, .peer = path->remote.ip,
			.err = e);
}

/* A name that no group has is the caller's mistake. */
static bool group_known(
	const struct gdoi *g, const char *group, struct sbuf *why)
{
	const struct gm *gm;

	if (group == NULL || ks_by_name(g, group) != NULL)
		return true;
	TAILQ_FOREACH(gm, &g->gm, link)
		if (strcmp(gm->policy.group, group) == 0)
			return true;
	sbuf_printf(why, "Group %s does not exist", group);
	return false;
}

bool gdoi_replay_clear(struct gdoi *g, const char *group, struct sbuf *why)
{
	struct gm *gm;

	if (!group_known(g, group, why))
		return false;
	TAILQ_FOREACH(gm, &g->gm, link)
		if (group == NULL || strcmp(gm->policy.group, group) == 0)
			gm_replay_clear(gm);
	return true;
}

bool gdoi_clear(struct gdoi *g, const char *group, struct sbuf *why)
{
	struct ks *ks;
	struct gm *gm;

	if (!group_known(g, group, why))
		return false;
	TAILQ_FOREACH(ks, &g->ks, link)
		if (group == NULL || strcmp(ks->policy.group, group) == 0)
			ks_clear(ks);
	TAILQ_FOREACH(gm, &g->gm, link)
		if (group == NULL || strcmp(gm->policy.group, group) == 0)
			gm_clear(gm);
	return true;
}

bool gdoi_ks_rekey(
	struct gdoi *g, const char *group, bool replace_now, struct sbuf *why)
{
	struct ks *ks;
	size_t n = 0;

	if (!group_known(g, group, why))
		return false;
	TAILQ_FOREACH(ks, &g->ks, link) {
		if (group != NULL && strcmp(ks->policy.group, group) != 0)
			continue;
		n++;
		if (TAILQ_EMPTY(&ks->teks))
			continue; /* the first registration makes keys */
		ks_rekey(ks,
			replace_now ? KS_REKEY_REPLACE : KS_REKEY_TRIGGERED);
	}
	if (n == 0)
		sbuf_adds(why, "This router is not a key server");
	return n > 0;
}

bool gdoi_ks_members_remove(struct gdoi *g, const char *group, bool at_once,
	void (*told)(void *ctx, const char *group), void *ctx, struct sbuf *why)
{
	size_t n = 0, done = 0;
	struct ks *ks;

	if (!group_known(g, group, why))
		return false;
	TAILQ_FOREACH(ks, &g->ks, link) {
		if (group != NULL && strcmp(ks->policy.group, group) != 0)
			continue;
		n++;
		if (!ks_members_remove(ks, at_once))
			continue;
		done++;
		told(ctx, ks->policy.group);
	}
	if (n == 0)
		sbuf_adds(why, "This router is not a key server");
	else if (done == 0)
		sbuf_adds(why, "No member can be told: there is none, or no "
			       "KEK to protect the message");
	return done > 0;
}

bool gdoi_gm_direction(struct gdoi *g, const char *group, enum gm_direction d,
	struct sbuf *why)
{
	struct gm *gm;
	size_t n = 0;

	if (!group_known(g, group, why))
		return false;
	TAILQ_FOREACH(gm, &g->gm, link) {
		if (group != NULL && strcmp(gm->policy.group, group) != 0)
			continue;
		gm_direction_set(gm, d);
		n++;
	}
	if (n == 0)
		sbuf_adds(why, "This router is not a group member");
	return n > 0;
}

size_t gdoi_clear_isakmp(
	struct gdoi *g, enum ike_which which, uint32_t conn_id)
{
	return ike_clear(g->ike, which, conn_id);
}

static bool membership_protects(const struct gm *gm, const char *map,
	uint16_t seq, const char *group, const char *ifname)
{
	return gm->policy.map_seq == seq && strcmp(gm->policy.map, map) == 0 &&
	       strcmp(gm->policy.group, group) == 0 &&
	       strcmp(gm->policy.ifname, ifname) == 0 && gm_protects(gm);
}

bool gdoi_gm_protects(const struct gdoi *g, const char *map, uint16_t seq,
	const char *group, const char *ifname)
{
	const struct gm *gm;

	TAILQ_FOREACH(gm, &g->gm, link)
		if (membership_protects(gm, map, seq, group, ifname))
			return true;
	if (g->gm_before != NULL)
		TAILQ_FOREACH(gm, g->gm_before, link)
			if (membership_protects(gm, map, seq, group, ifname))
				return true;
	return false;
}

void gdoi_config_left(struct gdoi *g)
{
	struct ks *ks;

	TAILQ_FOREACH(ks, &g->ks, link)
		ks_config_left(ks);
}

static struct gm *gm_of(const struct gdoi *g, uint32_t dp_id)
{
	struct gm *gm;

	TAILQ_FOREACH(gm, &g->gm, link)
		for (size_t i = 0; i < gm->n_slots; i++)
			if (gm->slot[i].dp_id == dp_id)
				return gm;
	return NULL;
}

static const char *group_of(const struct gdoi *g, uint32_t dp_id)
{
	const struct gm *gm = gm_of(g, dp_id);

	return gm != NULL ? gm->policy.group : "";
}

void gdoi_dp_replay_failed(
	struct gdoi *g, uint32_t group, const struct dp_replay_failure *f)
{
	struct gm *gm = gm_of(g, group);

	if (gm == NULL)
		return;
	gm_replay_failed(gm, f);
	gm_data_error(gm);
}

void gdoi_dp_not_ipsec(
	struct gdoi *g, uint32_t group, const struct packet_key *k)
{
	struct report r = { .id = REPORT_RECVD_PKT_NOT_IPSEC,
		.group = group_of(g, group),
		.gm = packet_dst(k),
		.peer = packet_src(k),
		.n = k->proto };

	DEBUG(g->env->debug, DP_NOT_IPSEC, .group = r.group, .peer = r.peer,
		.a = r.n);
	gdoi_report(g, &r);
}

void gdoi_dp_exhausted(struct gdoi *g, uint32_t group, uint32_t spi)
{
	struct gm *gm = gm_of(g, group);

	if (gm != NULL)
		gm_tek_spent(gm, spi);
}

void gdoi_dp_invalid_spi(struct gdoi *g, uint32_t group, uint32_t spi,
	const struct packet_key *k)
{
	struct gm *gm = gm_of(g, group);
	struct report r = { .id = REPORT_RECVD_PKT_INV_SPI,
		.group = group_of(g, group),
		.gm = packet_dst(k),
		.peer = packet_src(k),
		.spi = spi };

	DEBUG(g->env->debug, DP_INVALID_SPI, .group = r.group, .peer = r.peer,
		.a = spi);
	gdoi_report(g, &r);
	if (gm != NULL)
		gm_data_error(gm);
}

size_t gdoi_ks_snapshot(const struct gdoi *g, struct ks_snapshot **out)
{
	const struct ks *ks;
	size_t n = 0;

	TAILQ_FOREACH(ks, &g->ks, link)
		n++;
	*out = xcalloc(n + 1, sizeof(**out));
	n = 0;
	TAILQ_FOREACH(ks, &g->ks, link)
		ks_show(ks, &(*out)[n++]);
	return n;
}

size_t gdoi_gm_snapshot(const struct gdoi *g, struct gm_snapshot **out)
{
	const struct gm *gm;
	size_t n = 0;

	TAILQ_FOREACH(gm, &g->gm, link)
		n++;
	*out = xcalloc(n + 1, sizeof(**out));
	n = 0;
	TAILQ_FOREACH(gm, &g->gm, link)
		gm_show(gm, &(*out)[n++]);
	return n;
}

size_t gdoi_ike_list(const struct gdoi *g, struct ike_sa_info *out, size_t max)
{
	return ike_list(g->ike, out, max);
}

void gdoi_ike_stats(const struct gdoi *g, struct ike_stats *out)
{
	ike_stats(g->ike, out);
	memcpy(out->push_drops, g->drops, sizeof(out->push_drops));
	memcpy(out->ack_drops, g->ack_drops, sizeof(out->ack_drops));
}

size_t gdoi_errors(const struct gdoi *g, struct ike_error *out, size_t max,
	uint64_t *deleted)
{
	return ike_errors(g->ike, out, max, deleted);
}

void gdoi_drops_clear(struct gdoi *g)
{
	memset(g->drops, 0, sizeof(g->drops));
	memset(g->ack_drops, 0, sizeof(g->ack_drops));
	ike_pull_drops_clear(g->ike);
}

void gdoi_errors_clear(struct gdoi *g)
{
	gdoi_drops_clear(g);
	ike_errors_clear(g->ike);
}

void gdoi_admission_clear(struct gdoi *g)
{
	ike_admission_clear(g->ike);
}
