/* Keys and policy of a membership in the dataplane: installation, rollover
 * that loses no packet, expiry (ios-cli.md 15.6; protocol.md B.6). */
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEVER              UINT64_MAX
#define DIRECTION_RECEIVER 2

static void report(
	const struct gm *gm, enum report_id id, uint32_t spi, const char *text)
{
	struct report r = { .id = id,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.ks = gm->step == GM_PULL ? *gm_server(gm) : gm->ks,
		.spi = spi,
		.text = text };

	gdoi_report(gm->g, &r);
}

static const struct dataplane_ops *ops(const struct gm *gm)
{
	return gm->g->env->dp_ops;
}

static struct dp *dp(const struct gm *gm)
{
	return gm->g->env->dp;
}

void gm_kek_drop(struct gm *gm, struct gm_kek *k)
{
	if (k->live)
		GM_DEBUG(gm, GM_KEK_END, .cookies = k->k.spi);
	gm_kek_leave(gm, k);
	keybuf_wipe(&k->k.key);
	if (k->signer != NULL)
		pkey_unref(k->signer);
	free(k->der);
	*k = (struct gm_kek){ .live = false };
}

void gm_keks_drop(struct gm *gm)
{
	for (size_t i = 0; i < GM_KEKS; i++)
		gm_kek_drop(gm, &gm->kek[i]);
}

struct gm_tek *gm_tek_find(struct gm *gm, uint32_t spi, struct gm_slot **slot)
{
	struct gm_tek *t;

	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link)
			if (t->spi == spi) {
				if (slot != NULL)
					*slot = &gm->slot[i];
				return t;
			}
	return NULL;
}

size_t gm_tek_count(const struct gm *gm)
{
	const struct gm_tek *t;
	size_t n = 0;

	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link)
			n++;
	return n;
}

bool gm_has_keys(const struct gm *gm)
{
	for (size_t i = 0; i < gm->n_slots; i++)
		if (!TAILQ_EMPTY(&gm->slot[i].teks))
			return true;
	return false;
}

enum gm_direction gm_direction(const struct gm *gm)
{
	if (gm->direction_set)
		return gm->direction_local;
	return gm->receive_only ? GM_INBOUND_OPTIONAL : GM_BOTH;
}

/* The ACL goes to the dataplane as it came; what it mirrors is its affair. */
static bool slot_set(struct gm *gm, struct gm_slot *s)
{
	enum gm_direction way = gm_direction(gm);
	bool lenient = way == GM_INBOUND_OPTIONAL || gm->policy.passive;
	struct dp_group d = { .id = s->dp_id,
		.order = gm->policy.map_seq,
		.ip6 = gm->policy.ip6,
		.local = gm->policy.local_acl,
		.policy = &s->acl,
		.no_sa = DP_NO_SA_DROP,
		.clear_in = lenient ? DP_CLEAR_IN_ACCEPT : DP_CLEAR_IN_DROP,
		.encrypt_out = way == GM_BOTH };

	memcpy(d.netdev, gm->policy.netdev, sizeof(d.netdev));
	GM_DEBUG(gm, SA_POLICY, .a = (uint32_t)s->acl.n, .text = s->acl.name);
	if (gm->g->env->policy_hold != NULL)
		gm->g->env->policy_hold(gm->g->env->ctx, &d);
	s->refused = ops(gm)->group_set(dp(gm), &d) != 0;
	return !s->refused;
}

void gm_policy_refresh(struct gm *gm)
{
	for (size_t i = 0; i < gm->n_slots; i++)
		if (!slot_set(gm, &gm->slot[i]))
			report(gm, REPORT_GM_FAILED_TO_INSTALL_POLICIES, 0, "");
}

static void tek_remove(struct gm *gm, struct gm_slot *s, struct gm_tek *t)
{
	GM_DEBUG(gm, SA_DELETE, .a = t->spi);
	ops(gm)->sa_del(dp(gm), s->dp_id, t->spi);
	if (s->sending_spi == t->spi)
		s->sending_spi = 0;
	TAILQ_REMOVE(&s->teks, t, link);
	free(t);
}

static void slot_drop(struct gm *gm, struct gm_slot *s)
{
	struct gm_tek *t, *next;

	TAILQ_FOREACH_SAFE(t, &s->teks, link, next)
		tek_remove(gm, s, t);
	ops(gm)->group_del(dp(gm), s->dp_id);
	if (gm->g->env->policy_gone != NULL)
		gm->g->env->policy_gone(gm->g->env->ctx, s->dp_id);
	acl_free(&s->acl);
	*s = (struct gm_slot){ .dp_id = 0 };
}

void gm_keys_drop(struct gm *gm)
{
	while (gm->n_slots > 0)
		slot_drop(gm, &gm->slot[--gm->n_slots]);
	gm_keks_drop(gm);
	gm->sid_bits = 0;
	timer_cancel(gm->g->env->timers, &gm->key_timer);
}

void gm_keys_delete(struct gm *gm, uint32_t spi)
{
	struct gm_tek *t, *next;

	GM_DEBUG(gm, GM_DELETE, .a = spi);
	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH_SAFE(t, &gm->slot[i].teks, link, next)
			if (spi == 0 || t->spi == spi)
				tek_remove(gm, &gm->slot[i], t);
	gm_keys_tick(gm);
}

/* Before its end a TEK is left for a newer one by so much. */
static uint64_t leave_at(const struct gm_tek *t)
{
	uint32_t margin = t->life_secs < SHORT_LIFE_SECS ? t->life_secs / 8
							 : ROLLOVER_SECS;

	return t->expires_ms - margin * 1000ull;
}

static uint64_t take_over_at(const struct gm_tek *t, const struct gm_tek *old)
{
	if (t->send_at_ms == NEVER)
		return leave_at(old);
	return min_u64(t->send_at_ms, old->expires_ms);
}

/* From the oldest on: the next one takes over when the server's delay is
 * over, or shortly before its predecessor ends.  *next: when that changes. */
static struct gm_tek *sending_choose(
	const struct gm_slot *s, uint64_t now, uint64_t *next)
{
	struct gm_tek *t, *use = NULL;

	TAILQ_FOREACH_REVERSE(t, &s->teks, gm_teks, link)
	{
		uint64_t at;

		if (!t->may_send || now >= t->expires_ms)
			continue;
		at = use == NULL ? now : take_over_at(t, use);
		if (at <= now)
			use = t;
		else
			*next = min_u64(*next, at);
	}
	return use;
}

static uint64_t slot_tick(struct gm *gm, struct gm_slot *s, uint64_t now)
{
	struct gm_tek *t, *safe;
	uint64_t next = NEVER;
	uint32_t spi;

	t = sending_choose(s, now, &next);
	spi = t != NULL && gm_direction(gm) == GM_BOTH ? t->spi : 0;
	if (spi != s->sending_spi &&
		ops(gm)->sa_use(dp(gm), s->dp_id, spi) == 0) {
		s->sending_spi = spi;
		GM_DEBUG(gm, SA_USE, .a = spi);
	}
	TAILQ_FOREACH_SAFE(t, &s->teks, link, safe) {
		if (now >= t->expires_ms)
			tek_remove(gm, s, t);
		else
			next = min_u64(next, t->expires_ms);
	}
	return next;
}

void gm_keys_tick(void *arg)
{
	struct gm *gm = arg;
	uint64_t now = gdoi_now(gm->g), next = NEVER;

	for (size_t i = 0; i < gm->n_slots; i++)
		next = min_u64(next, slot_tick(gm, &gm->slot[i], now));
	while (gm->n_slots > 0 && gm->slot[gm->n_slots - 1].stale &&
		TAILQ_EMPTY(&gm->slot[gm->n_slots - 1].teks))
		slot_drop(gm, &gm->slot[--gm->n_slots]);
	for (size_t i = 0; i < GM_KEKS; i++) {
		if (!gm->kek[i].live)
			continue;
		if (now >= gm->kek[i].expires_ms)
			gm_kek_drop(gm, &gm->kek[i]);
		else
			next = min_u64(next, gm->kek[i].expires_ms);
	}
	if (next == NEVER)
		timer_cancel(gm->g->env->timers, &gm->key_timer);
	else
		timer_set(gm->g->env->timers, &gm->key_timer,
			max_u64(next, now + 1));
}

/* Makes the slots those of the message; false: the dataplane refused. */
static bool slots_set(struct gm *gm, struct gm_msg *m, bool changed_flags)
{
	bool ok = true;

	for (size_t i = 0; i < m->n_slots; i++) {
		struct gm_slot *s = &gm->slot[i];
		bool is_new = i >= gm->n_slots;

		if (is_new) {
			*s = (struct gm_slot){ .dp_id = ++gm->g->last_dp_id };
			TAILQ_INIT(&s->teks);
			gm->n_slots++;
		}
		s->stale = false;
		if (!is_new && !changed_flags && !s->refused &&
			acl_equal(&s->acl, &m->acl[i]))
			continue;
		acl_free(&s->acl);
		s->acl = m->acl[i]; /* taken */
		m->acl[i] = (struct acl){ .n = 0 };
		ok &= slot_set(gm, s);
	}
	for (size_t i = m->n_slots; m->n_slots > 0 && i < gm->n_slots; i++)
		gm->slot[i].stale = true;
	return ok;
}

void gm_tek_spent(struct gm *gm, uint32_t spi)
{
	struct gm_tek *t = gm_tek_find(gm, spi, NULL);

	if (t == NULL || t->spent)
		return;
	t->spent = true;
	report(gm, REPORT_GM_SID_SPENT, spi, "");
	gm_lost_keys(gm);
}

void gm_direction_set(struct gm *gm, enum gm_direction d)
{
	bool was_both = gm_direction(gm) == GM_BOTH;

	gm->direction_set = true;
	gm->direction_local = d;
	if (d == GM_BOTH && !was_both)
		report(gm, REPORT_GM_CONV_SA_DUPLEX_LOCAL, 0, "");
	gm_policy_refresh(gm);
	gm_keys_tick(gm);
	if (gm_lacks_sid(gm))
		gm_lost_keys(gm);
}

static int tek_to_dp(struct gm *gm, const struct gm_slot *s,
	const struct gm_tek *t, const struct tek_key *k)
{
	bool counts = esp_cipher_alg(t->suite.cipher)->counter_mode;
	struct dp_sa sa = { .spi = t->spi,
		.suite = t->suite,
		.enc = k->enc,
		.auth = k->auth,
		.sid_bits = counts ? gm->sid_bits : 0,
		.sid = counts ? gm->sid : 0,
		.may_send = t->may_send,
		.stamp = t->replay.stamp,
		.window_ms = t->replay.window_ms };
	int err = ops(gm)->sa_add(dp(gm), s->dp_id, &sa);

	keybuf_wipe(&sa.enc);
	keybuf_wipe(&sa.auth);
	return err == -EEXIST ? 0 : err;
}

/* A counter-mode TEK without a sender id of ours is for receiving only, and so
 * is one whose direction says that (RFC 6407 5.5.1.1.2). */
static bool tek_may_send(const struct gm *gm, const struct sat *s)
{
	if (s->direction == DIRECTION_RECEIVER)
		return false;
	return !esp_cipher_alg(s->suite.cipher)->counter_mode ||
	       gm->sid_bits != 0;
}

bool gm_lacks_sid(const struct gm *gm)
{
	const struct gm_tek *t;

	if (gm_direction(gm) != GM_BOTH || gm->sid_bits != 0)
		return false;
	for (size_t i = 0; i < gm->n_slots; i++) {
		t = TAILQ_FIRST(&gm->slot[i].teks);
		if (t != NULL && esp_cipher_alg(t->suite.cipher)->counter_mode)
			return true;
	}
	return false;
}

static void tek_tell(const struct gm *gm, const struct gm_tek *t, int err)
{
	char text[ESP_TEXT];

	if (err != 0)
		GM_DEBUG(
			gm, SA_CREATE_BAD, .a = t->spi, .text = strerror(-err));
	else
		GM_DEBUG(gm, SA_CREATE, .a = t->spi,
			.text = esp_suite_display(&t->suite, text),
			.b = t->life_secs,
			.more = t->may_send ? "" : ", receive only");
}

/* A TEK that was there to receive only, or had no number left, may send since a
 * sender id came. */
static void tek_upgrade(
	struct gm *gm, const struct gm_msg_tek *m, struct gm_tek *t)
{
	struct gm_slot *s = &gm->slot[m->slot];

	if ((t->may_send && !t->spent) || !tek_may_send(gm, m->sat))
		return;
	t->may_send = true;
	t->spent = false;
	ops(gm)->sa_del(dp(gm), s->dp_id, t->spi);
	if (s->sending_spi == t->spi)
		s->sending_spi = 0; /* until the tick that follows */
	if (tek_to_dp(gm, s, t, m->key) != 0)
		report(gm, REPORT_SA_TEK_INSTALL_FAILED, t->spi, "");
}

/* A known TEK learns its remaining life: what counts is the earliest. */
static bool tek_install(struct gm *gm, const struct gdoi_sa *sa,
	const struct gm_msg_tek *m, uint64_t send_at_ms, bool *added)
{
	struct gm_slot *s = &gm->slot[m->slot];
	uint64_t now = gdoi_now(gm->g);
	uint64_t expires = now + m->sat->life_secs * 1000ull;
	struct gm_tek *t = gm_tek_find(gm, m->spi, NULL);
	int err;

	*added = false;
	if (t != NULL) {
		t->expires_ms = min_u64(t->expires_ms, expires);
		tek_upgrade(gm, m, t);
		return true;
	}
	t = xcalloc(1, sizeof(*t));
	*t = (struct gm_tek){ .spi = m->spi,
		.suite = m->sat->suite,
		.life_secs = m->sat->life_secs,
		.installed_ms = now,
		.expires_ms = expires,
		.send_at_ms = send_at_ms,
		.may_send = tek_may_send(gm, m->sat),
		.replay = gm_tek_replay(sa, m->spi) };
	err = tek_to_dp(gm, s, t, m->key);
	tek_tell(gm, t, err);
	if (err != 0) {
		report(gm, REPORT_SA_TEK_INSTALL_FAILED, t->spi,
			err == -ENOTSUP && t->replay.stamp != DP_STAMP_NONE
				? "this dataplane does not stamp packets with "
				  "their time"
				: strerror(-err));
		free(t);
		return false;
	}
	TAILQ_INSERT_HEAD(&s->teks, t, link);
	*added = true;
	return true;
}

/* The delay after which replaced TEKs go counts from now (RFC 5374 4.2.1). */
static void slot_deactivate(
	struct gm_slot *s, const struct gm_msg *m, uint64_t at)
{
	struct gm_tek *t;

	TAILQ_FOREACH(t, &s->teks, link) {
		bool named = false;

		for (size_t i = 0; i < m->n; i++)
			named |= m->tek[i].spi == t->spi;
		if (!named)
			t->expires_ms = min_u64(t->expires_ms, at);
	}
}

static bool teks_install(struct gm *gm, const struct gdoi_sa *sa,
	const struct gm_msg *m, bool is_rekey)
{
	uint64_t now = gdoi_now(gm->g), send_at = NEVER;
	bool ok = true, any = false;
	bool fresh[GM_SLOTS_MAX] = { false };

	if (is_rekey && sa->has_gap && sa->atd_secs != 0)
		send_at = now + sa->atd_secs * 1000ull;
	for (size_t i = 0; i < m->n; i++) {
		bool added;

		ok &= tek_install(gm, sa, &m->tek[i], send_at, &added);
		fresh[m->tek[i].slot] |= added;
		any |= added;
	}
	for (size_t i = 0; i < gm->n_slots; i++)
		if (is_rekey && sa->has_gap && sa->dtd_secs != 0 &&
			(fresh[i] || gm->slot[i].stale))
			slot_deactivate(
				&gm->slot[i], m, now + sa->dtd_secs * 1000ull);
	if (any)
		report(gm, REPORT_SA_TEK_UPDATED, 0, "");
	return ok;
}

/* A PULL's number may be stale beside what PUSHes brought since (6407 3.3). */
static void kek_again(struct gm_kek *k, const struct gdoi_sa *sa, uint64_t now,
	const uint32_t *pull_seq)
{
	k->expires_ms =
		min_u64(k->expires_ms, now + sa->sak.life_secs * 1000ull);
	if (pull_seq != NULL && *pull_seq > k->seq) {
		k->seq = *pull_seq;
		k->seq_again = true;
	}
}

/* A kind that we cannot do is no reason to refuse the group (RFC 8263 4). */
static void ack_kind_take(struct gm *gm, uint8_t kind)
{
	struct report r = { .id = REPORT_GM_ACK_UNSUPPORTED,
		.group = gm->policy.group,
		.ks = gm->step == GM_PULL ? *gm_server(gm) : gm->ks,
		.n = kind };

	if (kind != ACK_NONE && kind != gm->ack_kind && !ack_kind_known(kind))
		gdoi_report(gm->g, &r);
	gm->ack_kind = kind;
}

static bool kek_install(struct gm *gm, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, const uint32_t *pull_seq)
{
	uint64_t now = gdoi_now(gm->g);
	struct gm_kek *known = gm_kek_find(gm, sa->sak.spi);
	struct pkey *signer;
	struct gm_kek *k = &gm->kek[0];

	ack_kind_take(gm, sa->sak.ack);
	if (known != NULL) {
		kek_again(known, sa, now, pull_seq);
		return true;
	}
	signer = pkey_from_public_der(SPAN(kd->sig_key, kd->sig_key_n));
	if (signer == NULL && gm->kek[0].live && kd->sig_key_n == 0)
		signer = pkey_ref(gm->kek[0].signer); /* as before */
	if (signer != NULL && sig_alg_of(signer) != sa->sak.sig_alg) {
		pkey_unref(signer); /* not what the SAK announced */
		signer = NULL;
	}
	if (signer == NULL) {
		report(gm, REPORT_SA_KEK_INSTALL_FAILED, 0,
			"no usable signature key");
		return false;
	}
	gm_kek_drop(gm, &gm->kek[GM_KEKS - 1]);
	memmove(&gm->kek[1], &gm->kek[0], (GM_KEKS - 1) * sizeof(gm->kek[0]));
	*k = (struct gm_kek){ .live = true,
		.k = { .cipher = sa->sak.cipher,
			.iv = kd->kek_iv,
			.key = kd->kek_key,
			.sig_hash = sa->sak.sig_hash },
		.signer = signer,
		.src = sa->sak.src,
		.dst = { sa->sak.dst, sa->sak.dst_port },
		.life_secs = sa->sak.life_secs,
		.seq = pull_seq != NULL ? *pull_seq : 0,
		.seq_again = pull_seq != NULL,
		.conn_id = ++gm->g->last_conn_id,
		.expires_ms = now + sa->sak.life_secs * 1000ull };
	memcpy(k->k.spi, sa->sak.spi, sizeof(k->k.spi));
	gdoi_kek_made(gm->g, &k->k);
	if (kd->sig_key_n > 0)
		k->der = xmemdup(kd->sig_key, kd->sig_key_n);
	k->der_n = kd->sig_key_n;
	gm_kek_join(gm, k);
	if (pull_seq == NULL)
		gm_transport_report(gm, &gm->kek[1], k);
	GM_DEBUG(gm, GM_KEK_IN, .a = k->life_secs, .cookies = k->k.spi);
	report(gm, REPORT_SA_KEK_UPDATED, 0, "");
	return true;
}

static void sid_take_over(struct gm *gm, const struct gdoi_kd *kd)
{
	if (kd->sid_bits == 0 || kd->n_sids == 0)
		return;
	gm->sid_bits = kd->sid_bits;
	gm->sid = kd->sid[0];
}

/* Others than our own do not tell direction and replay. */
static bool flags_set(struct gm *gm, const struct gdoi_sa *sa)
{
	bool changed = gm->receive_only != sa->receive_only;

	if (changed && gm->receive_only)
		report(gm, REPORT_GM_CONV_SA_DUPLEX, 0, "");
	gm->receive_only = sa->receive_only;
	GM_DEBUG(gm, GM_REPLAY_SET, .a = sa->replay_window,
		.text = sa->replay == REPLAY_COUNTER ? "counter"
			: sa->replay == REPLAY_TIME  ? "time"
						     : "none");
	return changed;
}

bool gm_keys_install(struct gm *gm, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, const uint32_t *pull_seq)
{
	bool is_rekey = pull_seq == NULL, ok = true, flags = false;
	struct gm_msg m;

	gm_msg_read(gm, sa, kd, &m);
	if (sa->n_sats > 0 && m.n == 0) {
		report(gm, REPORT_GM_FAILED_TO_INSTALL_POLICIES, 0, "");
		gm_msg_free(&m);
		return false;
	}
	if (!is_rekey)
		sid_take_over(gm, kd);
	if (m.n > 0)
		flags = flags_set(gm, sa);
	ok &= slots_set(gm, &m, flags);
	gm_time_take(gm, sa, is_rekey);
	ok &= teks_install(gm, sa, &m, is_rekey);
	if (sa->has_sak && kd->has_kek)
		ok &= kek_install(gm, sa, kd, pull_seq);
	gm_msg_free(&m);
	gm_keys_tick(gm);
	if (!ok)
		report(gm, REPORT_GM_FAILED_TO_INSTALL_POLICIES, 0, "");
	return ok;
}
