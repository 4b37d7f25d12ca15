/* The key server of one group: policy, keys and their schedule (ios-cli.md
 * 15.1, 15.3, 15.5).  What is sent stands in ks_push.c, who asks in
 * ks_pull.c. */
#include "gdoi/debug_priv.h"
#include "gdoi/ks_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leads of ios-cli.md 15.3, fitted to what IOS was seen to do. */
#define TEK_LEAD_MIN_SECS   90
#define TEK_LEAD_MAX_SECS   3600
#define TEK_LEAD_SPARE_SECS 6
#define KEK_LEAD_SECS       205
/* PKCS#1 padding and the longest DigestInfo in front of a hash. */
#define SIG_OVERHEAD_BYTES ((size_t)(11 + 19))

#define NEVER UINT64_MAX

uint32_t ks_retransmit_span_secs(const struct ks *ks)
{
	uint32_t copies = ks->policy.retransmit_count;

	if (copies == LIFE_FOREVER)
		copies = KS_PERIODIC_COPIES;
	return ks->policy.retransmit_secs * copies;
}

/* Three quarters of the life at most, which is where IOS's own leads end for
 * its shortest lives; half of it for lives that IOS does not allow. */
static uint32_t lead_fit(uint32_t lead_secs, uint32_t life_secs)
{
	if (life_secs < SHORT_LIFE_SECS)
		return life_secs / 2;
	return min_u32(lead_secs, life_secs - life_secs / 4);
}

/* Also the life that a replaced TEK keeps (15.3, the last item). */
static uint32_t old_tek_secs(uint32_t life_secs)
{
	return max_u32(
		TEK_LEAD_MIN_SECS, min_u32(life_secs / 20, TEK_LEAD_MAX_SECS));
}

uint64_t ks_tek_rekey_at(const struct ks *ks, const struct ks_tek *t)
{
	uint32_t life = t->policy.life_secs;
	uint32_t lead = old_tek_secs(life) + ks_retransmit_span_secs(ks) +
			TEK_LEAD_SPARE_SECS;

	return t->expires_ms - lead_fit(lead, life) * 1000ull;
}

uint64_t ks_kek_rekey_at(const struct ks *ks, const struct ks_kek *k)
{
	uint32_t lead = KEK_LEAD_SECS + ks_retransmit_span_secs(ks);

	return k->expires_ms - lead_fit(lead, k->life_secs) * 1000ull;
}

struct ks_tek *ks_tek_newest(const struct ks *ks, uint16_t sa_number)
{
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		if (t->policy.number == sa_number)
			return t;
	return NULL;
}

bool ks_has_spi(const struct ks *ks, uint32_t spi)
{
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		if (t->spi == spi)
			return true;
	return false;
}

void ks_tek_free(struct ks *ks, struct ks_tek *t)
{
	TAILQ_REMOVE(&ks->teks, t, link);
	keybuf_wipe(&t->enc);
	keybuf_wipe(&t->auth);
	policy_acl_drop(t->policy.acl);
	free(t);
}

void ks_kek_drop(struct ks_kek *k)
{
	keybuf_wipe(&k->k.key);
	if (k->signer != NULL)
		pkey_unref(k->signer);
	ack_keys_free(k->ack_keys);
	free(k->spki);
	*k = (struct ks_kek){ .live = false };
}

static void keys_drop(struct ks *ks)
{
	struct ks_tek *t, *next;

	TAILQ_FOREACH_SAFE(t, &ks->teks, link, next)
		ks_tek_free(ks, t);
	ks_kek_drop(&ks->kek);
	ks_kek_drop(&ks->kek_old);
}

static bool suite_counts(const struct esp_suite *s)
{
	return esp_cipher_alg(s->cipher)->counter_mode;
}

bool ks_counter_mode(const struct ks *ks)
{
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		if (suite_counts(&t->policy.suite))
			return true;
	return false;
}

static void key_make(struct ks *ks, struct keybuf *k, size_t n)
{
	k->n = (uint8_t)n;
	gdoi_random(ks->g, k->b, n);
}

static void tek_make(struct ks *ks, const struct ks_sa_policy *p)
{
	struct ks_tek *t = xcalloc(1, sizeof(*t)), *old;
	uint64_t now = gdoi_now(ks->g);
	char text[ESP_TEXT];

	t->spi = gdoi_spi_new(ks->g);
	ks_sa_policy_dup(&t->policy, p);
	key_make(ks, &t->enc, esp_key_bytes(&p->suite));
	key_make(ks, &t->auth, esp_auth_key_bytes(&p->suite));
	t->created_ms = now;
	t->expires_ms = now + p->life_secs * 1000ull;
	t->rekey_ms = ks_tek_rekey_at(ks, t);
	TAILQ_FOREACH(old, &ks->teks, link)
		if (old->policy.number == p->number)
			old->superseded = true;
	TAILQ_INSERT_HEAD(&ks->teks, t, link);
	if (ks_keeps_time(ks))
		ks_time_begin(ks);
	KS_DEBUG(ks, KS_TEK_NEW, .a = t->spi, .b = p->number,
		.text = esp_suite_display(&p->suite, text), .c = p->life_secs);
}

static bool signer_fits(const struct ks *ks, const struct pkey *k)
{
	size_t need = hash_alg(ks->policy.sig_hash)->bytes + SIG_OVERHEAD_BYTES;

	return ks->policy.key_ecdsa || pkey_sig_bytes(k) >= need;
}

static struct pkey *signer_get(struct ks *ks)
{
	const struct env *env = ks->g->env;
	struct pkey *k;
	struct report r = { .group = ks->policy.group,
		.text = ks->policy.key_label };

	if (ks->policy.key_label[0] == '\0')
		return NULL;
	k = env->key_get != NULL ? env->key_get(env->ctx, ks->policy.key_label)
				 : NULL;
	if (k == NULL || pkey_is_rsa(k) == ks->policy.key_ecdsa)
		r.id = ks->policy.key_ecdsa ? REPORT_KS_NO_EC_KEYS
					    : REPORT_KS_NO_RSA_KEYS;
	else if (!signer_fits(ks, k))
		r.id = REPORT_KS_REKEY_AUTH_KEY_LENGTH_INSUFFICIENT;
	else
		return k;
	gdoi_report(ks->g, &r);
	return NULL;
}

/* Multicast rekeys need a group to go to (ios-cli.md 12.3). */
static bool transport_ok(struct ks *ks)
{
	struct report r = { .id = REPORT_KS_NO_REKEY_ADDRESS,
		.group = ks->policy.group };

	if (ks->policy.unicast || ip_is_set(&ks->policy.rekey_dst.ip))
		return true;
	gdoi_report(ks->g, &r);
	return false;
}

/* false: nothing to sign with or nowhere to send to, so no rekeys; members
 * then register again. */
static bool kek_make(struct ks *ks, struct ks_kek *out)
{
	const struct cipher_alg *alg = cipher_alg(ks->policy.kek_cipher);
	struct pkey *signer = signer_get(ks);
	uint64_t now = gdoi_now(ks->g);

	if (signer == NULL || alg == NULL || !transport_ok(ks)) {
		KS_DEBUG(ks, KS_KEK_NONE, .text = ks->policy.key_label);
		return false;
	}
	*out = (struct ks_kek){ .live = true,
		.k = { .cipher = ks->policy.kek_cipher,
			.sig_hash = ks->policy.key_ecdsa ? pkey_ec_hash(signer)
							 : ks->policy.sig_hash,
			.sig_form = ks->g->sa_habit.bare_signatures
					    ? RSA_FORM_BARE
					    : RSA_FORM_DIGESTINFO },
		.life_secs = ks->policy.kek_life_secs,
		.unicast = ks->policy.unicast,
		.dst = ks->policy.rekey_dst,
		.ack = ks->policy.ack,
		.created_ms = now,
		.expires_ms = now + ks->policy.kek_life_secs * 1000ull };
	if (pkey_spki(signer, &out->spki, &out->spki_n) != 0 ||
		out->spki_n > SIG_KEY_DER_MAX) {
		free(out->spki);
		*out = (struct ks_kek){ .live = false };
		return false;
	}
	out->signer = pkey_ref(signer);
	snprintf(out->label, sizeof(out->label), "%s", ks->policy.key_label);
	out->rekey_ms = ks_kek_rekey_at(ks, out);
	do /* never the cookies of an SA (protocol.md F.14) */
		gdoi_random(ks->g, out->k.spi, sizeof(out->k.spi));
	while (ike_has_cookies(ks->g->ike, out->k.spi));
	key_make(ks, &out->k.iv, alg->block);
	key_make(ks, &out->k.key, alg->key_bytes);
	KS_DEBUG(ks, KS_KEK_NEW, .text = ike_cipher_text(alg->id),
		.a = out->life_secs, .more = out->label);
	gdoi_kek_made(ks->g, &out->k);
	return true;
}

const char *ks_incomplete(const struct ks *ks)
{
	if (ks->g->ks_refused != NULL)
		return ks->g->ks_refused;
	if (!ip_is_set(&ks->policy.local))
		return "no address ipv4";
	if (!ks->policy.id.is_set)
		return "no identity";
	bool any = false;

	for (size_t i = 0; i < ks->policy.n_sas; i++) {
		const struct ks_sa_policy *p = &ks->policy.sa[i];

		if (!p->complete)
			continue;
		any = true;
		if (suite_counts(&p->suite) && ks->policy.n_kssids == 0 &&
			!ks->policy.receive_only)
			return "no sender id available without 'identifier'";
	}
	return any ? NULL : "no complete sa ipsec";
}

static void applied_set(struct ks *ks)
{
	ks_policy_drop(&ks->applied);
	ks_policy_dup(&ks->applied, &ks->policy);
	ks->change_reported = false;
}

/* Without members nothing is renewed: keys end, and the next registration
 * makes new ones (15.1). */
void ks_schedule(struct ks *ks)
{
	uint64_t at = ks_time_sync_at(ks);
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link) {
		at = min_u64(at, t->expires_ms);
		if (ks->n_members > 0 && !t->superseded)
			at = min_u64(at, t->rekey_ms);
	}
	if (ks->kek.live) {
		at = min_u64(at, ks->kek.expires_ms);
		if (ks->n_members > 0)
			at = min_u64(at, ks->kek.rekey_ms);
	}
	if (ks->kek_old.live)
		at = min_u64(at, ks->kek_old.expires_ms);
	if (at == NEVER)
		timer_cancel(ks->g->env->timers, &ks->key_timer);
	else
		timer_set(ks->g->env->timers, &ks->key_timer, at);
}

static void keys_expire(struct ks *ks, uint64_t now)
{
	struct ks_tek *t, *next;
	bool any = false;

	TAILQ_FOREACH_SAFE(t, &ks->teks, link, next) {
		if (now < t->expires_ms)
			continue;
		KS_DEBUG(ks, KS_TEK_END, .a = t->spi, .b = t->policy.number);
		ks_tek_free(ks, t);
		any = true;
	}
	if (ks->kek.live && now >= ks->kek.expires_ms) {
		KS_DEBUG(ks, KS_KEK_END, .a = 0);
		ks_kek_drop(&ks->kek);
		any = true;
	}
	if (ks->kek_old.live && now >= ks->kek_old.expires_ms)
		ks_kek_drop(&ks->kek_old);
	if (any)
		ks_store_keys(ks);
}

static bool tek_is_due(const struct ks_tek *t, uint64_t now)
{
	return !t->superseded && now >= t->rekey_ms;
}

static bool keys_due(const struct ks *ks, uint64_t now)
{
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		if (tek_is_due(t, now))
			return true;
	return ks->kek.live && now >= ks->kek.rekey_ms;
}

static void key_tick(void *arg)
{
	struct ks *ks = arg;
	uint64_t now = gdoi_now(ks->g);

	keys_expire(ks, now);
	if (ks->n_members > 0 && keys_due(ks, now))
		ks_rekey(ks, KS_REKEY_SCHEDULED);
	else if (now >= ks_time_sync_at(ks))
		ks_rekey(ks, ks_policy_same_keys(&ks->policy, &ks->applied)
				     ? KS_REKEY_SCHEDULED
				     : KS_REKEY_TRIGGERED);
	ks_schedule(ks);
}

/* Old TEKs of an asked-for rekey end early (15.3). */
void ks_tek_shorten(struct ks_tek *t, uint64_t now)
{
	uint64_t at = now + old_tek_secs(t->policy.life_secs) * 1000ull;

	if (at < t->expires_ms) {
		t->override_secs = secs_until(now, at);
		t->expires_ms = at;
	}
}

/* Makes the TEKs that are due, or all; gives when the replaced end.  Members
 * who cannot be told (no KEK) use those for their whole life. */
static bool teks_renew(
	struct ks *ks, enum ks_rekey_how how, uint64_t now, uint64_t *old_end)
{
	bool any = false;

	for (size_t i = 0; i < ks->policy.n_sas; i++) {
		const struct ks_sa_policy *p = &ks->policy.sa[i];
		struct ks_tek *t = ks_tek_newest(ks, p->number);

		if (!p->complete)
			continue;
		if (t != NULL && how == KS_REKEY_SCHEDULED &&
			!tek_is_due(t, now))
			continue;
		if (t != NULL) {
			if (how == KS_REKEY_TRIGGERED && ks->kek.live)
				ks_tek_shorten(t, now);
			*old_end = min_u64(*old_end, t->expires_ms);
		}
		tek_make(ks, p);
		any = true;
	}
	return any;
}

/* Takes the superseded TEKs out of use at once; their SPIs go to *out. */
static size_t teks_replaced(struct ks *ks, uint32_t *out, size_t max)
{
	struct ks_tek *t, *next;
	size_t n = 0;

	TAILQ_FOREACH_SAFE(t, &ks->teks, link, next) {
		if (!t->superseded || n == max)
			continue;
		out[n++] = t->spi;
		ks_tek_free(ks, t);
	}
	return n;
}

static bool kek_wanted(const struct ks *ks, uint64_t now)
{
	return now >= ks->kek.rekey_ms ||
	       !ks_policy_same_kek(&ks->policy, &ks->applied);
}

/* Members change over ROLLOVER_SECS before the old TEKs end, together. */
static void gap_set(struct ks_push_content *c, uint64_t now, uint64_t old_end)
{
	uint32_t left = secs_until(now, old_end);

	if (left <= ROLLOVER_SECS || left > UINT16_MAX)
		return;
	c->dtd_secs = left;
	c->atd_secs = left - ROLLOVER_SECS;
}

static void direction_report(struct ks *ks)
{
	struct report r = { .group = ks->policy.group };

	if (ks->policy.receive_only == ks->applied.receive_only)
		return;
	r.id = ks->policy.receive_only ? REPORT_KS_CONV_SAS_INGRESS
				       : REPORT_KS_CONV_SAS_DUPLEX;
	gdoi_report(ks->g, &r);
}

/* The last rekey by the old way tells members of the new one (15.4). */
static void transport_report(const struct ks *ks, const struct ks_kek *next)
{
	struct report r = { .group = ks->policy.group };

	if (!next->live || next->unicast == ks->kek.unicast)
		return;
	r.id = next->unicast ? REPORT_KS_REKEY_TRANS_2_UNI
			     : REPORT_KS_REKEY_TRANS_2_MULTI;
	gdoi_report(ks->g, &r);
}

bool ks_push_send(struct ks *ks, bool built, const char *text)
{
	int err = ks_store_rekey(ks, built);

	if (err != 0) {
		struct report r = { .id = REPORT_KS_STORE_FAILED,
			.group = ks->policy.group,
			.text = strerror(-err) };

		gdoi_report(ks->g, &r);
		return false;
	}
	if (built)
		ks_push_start(ks, text);
	return built;
}

/* Acknowledgements still come under the one that goes. */
static void kek_succeed(struct ks *ks, const struct ks_kek *next)
{
	ks_kek_drop(&ks->kek_old);
	ks->kek_old = ks->kek;
	ks->kek = *next;
}

void ks_keys_replace(struct ks *ks)
{
	struct ks_kek next = { .live = false };

	for (size_t i = 0; i < ks->policy.n_sas; i++)
		if (ks->policy.sa[i].complete)
			tek_make(ks, &ks->policy.sa[i]);
	(void)kek_make(ks, &next);
	applied_set(ks);
	kek_succeed(ks, &next);
}

void ks_rekey(struct ks *ks, enum ks_rekey_how how)
{
	uint64_t now = gdoi_now(ks->g), old_end = NEVER;
	uint32_t gone[TEK_PACKETS_MAX];
	struct ks_push_content c = { .deleted = gone };
	struct ks_kek next = { .live = false };
	bool built = false;

	if (how == KS_REKEY_REPLACE && !ks->kek.live)
		how = KS_REKEY_TRIGGERED;
	KS_DEBUG(ks, KS_TIMER,
		.text = how == KS_REKEY_SCHEDULED ? "the timer fired"
			: how == KS_REKEY_REPLACE
				? "asked for, old policy is replaced now"
				: "asked for");
	ks_push_stop(ks);
	direction_report(ks);
	if (teks_renew(ks, how, now, &old_end) && how != KS_REKEY_REPLACE)
		gap_set(&c, now, old_end);
	if (how == KS_REKEY_REPLACE)
		c.n_deleted = teks_replaced(ks, gone, ARRAY_LEN(gone));
	if (ks->kek.live && kek_wanted(ks, now)) {
		if (kek_make(ks, &next))
			c.next = &next;
		else
			ks->kek.rekey_ms = NEVER; /* ends; see signer_get */
	}
	applied_set(ks);
	transport_report(ks, &next);
	ks_members_fit(ks);
	if (ks->kek.live && ks->n_members > 0)
		built = ks_push_build(ks, &ks->kek, &c);
	if (next.live)
		kek_succeed(ks, &next);
	(void)ks_push_send(ks, built,
		how == KS_REKEY_REPLACE ? "with policy-replace " : "");
	ks_schedule(ks);
}

/* With members a new TEK needs a rekey, and a new SA waits for one (15.5). */
static bool teks_ensure(struct ks *ks, uint64_t now)
{
	bool made = false;

	if (TAILQ_EMPTY(&ks->teks)) {
		applied_set(ks);
	} else if (ks->n_members > 0) {
		if (keys_due(ks, now))
			ks_rekey(ks, KS_REKEY_SCHEDULED);
		return false;
	}
	for (size_t i = 0; i < ks->policy.n_sas; i++) {
		const struct ks_sa_policy *p = &ks->policy.sa[i];
		struct ks_tek *t = ks_tek_newest(ks, p->number);

		if (!p->complete || (t != NULL && now < t->rekey_ms))
			continue;
		tek_make(ks, p);
		made = true;
	}
	return made;
}

void ks_keys_ensure(struct ks *ks)
{
	bool made = teks_ensure(ks, gdoi_now(ks->g));

	if (!ks->kek.live)
		made |= kek_make(ks, &ks->kek);
	if (made)
		ks_store_keys(ks);
	ks_schedule(ks);
}

void ks_reinitialise(struct ks *ks)
{
	struct ks_push_content c = { .delete_all = true };
	struct ks_tek *t, *next;
	bool built;

	KS_DEBUG(ks, KS_REINIT, .a = (uint32_t)ks->n_members);
	ks_pulls_drop(ks->g, ks); /* they were promised the old keys */
	ks_push_stop(ks);
	built = ks->kek.live && ks->n_members > 0 &&
		ks_push_build(ks, &ks->kek, &c);
	kek_succeed(ks, &(struct ks_kek){ .live = false });
	TAILQ_FOREACH_SAFE(t, &ks->teks, link, next)
		ks_tek_free(ks, t);
	sid_pool_reset(&ks->sids);
	(void)ks_push_send(ks, built, "");
	ks_schedule(ks);
}

static void teks_of_removed_sas(struct ks *ks)
{
	struct ks_tek *t, *next;

	TAILQ_FOREACH_SAFE(t, &ks->teks, link, next) {
		bool there = false;

		for (size_t i = 0; i < ks->policy.n_sas; i++)
			there |= ks->policy.sa[i].number == t->policy.number;
		if (!there)
			ks_tek_free(ks, t);
	}
}

/* Entries beyond what IOS honours are cut off. */
static void acls_cut(struct ks_policy *p)
{
	for (size_t i = 0; i < p->n_sas; i++) {
		struct acl *cut;

		if (p->sa[i].acl == NULL || p->sa[i].acl->n <= POLICY_ACES_MAX)
			continue;
		cut = xcalloc(1, sizeof(*cut));
		acl_dup(cut, p->sa[i].acl);
		cut->n = POLICY_ACES_MAX;
		policy_acl_drop(p->sa[i].acl);
		p->sa[i].acl = cut;
	}
}

static void acls_report(const struct ks *ks, const struct ks_policy *p)
{
	for (size_t i = 0; i < p->n_sas; i++) {
		struct report r = { .id = REPORT_GDOI_ACL_NUM,
			.group = p->group,
			.text = p->sa[i].acl_name };

		if (p->sa[i].acl != NULL && p->sa[i].acl->n > POLICY_ACES_MAX)
			gdoi_report(ks->g, &r);
	}
}

static void address_report(struct ks *ks)
{
	struct report r = { .group = ks->policy.group, .ks = ks->policy.local };
	bool have = ip_is_set(&ks->policy.local);

	if (have == ks->added)
		return;
	ks->added = have;
	r.id = have ? REPORT_KS_GROUP_ADD : REPORT_KS_GROUP_DELETE;
	gdoi_report(ks->g, &r);
}

/* Ids of another width or range might repeat under the same keys.  Without any
 * KSSID no id is given, and members keep theirs (ks_incomplete). */
static void sids_check(struct ks *ks)
{
	if (ks->policy.n_kssids == 0 && ks->sids.n_kssids > 0 &&
		ks_counter_mode(ks))
		return;
	if (!sid_pool_set(&ks->sids, ks->policy.sid_bits, ks->policy.kssids,
		    ks->policy.n_kssids) &&
		ks_counter_mode(ks))
		ks_reinitialise(ks);
}

void ks_set_policy(struct ks *ks, const struct ks_policy *p)
{
	struct ks_policy next;

	ks_policy_dup(&next, p);
	acls_cut(&next);
	if (ks_policy_equal(&ks->policy, &next)) {
		ks_policy_drop(&next);
		return;
	}
	if (!ks_policy_same_keys(&ks->policy, &next))
		ks->change_reported = false;
	acls_report(ks, p);
	ks_policy_drop(&ks->policy);
	ks->policy = next;
	teks_of_removed_sas(ks);
	address_report(ks);
	sids_check(ks);
	ks_schedule(ks);
}

void ks_config_left(struct ks *ks)
{
	struct report r = { .id = REPORT_POLICY_CHANGE,
		.group = ks->policy.group };

	if (ks->change_reported || TAILQ_EMPTY(&ks->teks) ||
		ks_policy_same_keys(&ks->policy, &ks->applied))
		return;
	ks->change_reported = true;
	KS_DEBUG(ks, KS_POLICY, .a = 0);
	gdoi_report(ks->g, &r);
}

struct ks *ks_new(struct gdoi *g, const struct ks_policy *p)
{
	struct ks *ks = xcalloc(1, sizeof(*ks));

	ks->g = g;
	ks->handle = ++g->last_handle;
	TAILQ_INIT(&ks->teks);
	TAILQ_INIT(&ks->members);
	timer_init(&ks->key_timer, key_tick, ks);
	timer_init(&ks->push_timer, ks_push_tick, ks);
	ks_set_policy(ks, p);
	applied_set(ks);
	ks_store_load(ks);
	if (!TAILQ_EMPTY(&ks->teks))
		KS_DEBUG(ks, KS_RESTORED, .a = (uint32_t)ks->n_members,
			.b = ks->kek.seq,
			.text = ks->kek.live ? "with" : "without");
	teks_of_removed_sas(ks);
	sids_check(ks);
	ks_schedule(ks);
	return ks;
}

static void ks_reset(struct ks *ks)
{
	ks_push_stop(ks);
	ks_pulls_drop(ks->g, ks);
	ks_members_drop(ks);
	keys_drop(ks);
	timer_cancel(ks->g->env->timers, &ks->key_timer);
	timer_cancel(ks->g->env->timers, &ks->push_timer);
}

void ks_clear(struct ks *ks)
{
	struct report r = { .id = REPORT_KS_CLEAR_REGISTER,
		.group = ks->policy.group };

	KS_DEBUG(ks, KS_CLEAR, .a = (uint32_t)ks->n_members);
	ks_reset(ks);
	ks->has_time = false; /* it begins with the next keys */
	ks_store_forget(ks);
	sid_pool_reset(&ks->sids); /* all keys are gone with their SIDs */
	gdoi_report(ks->g, &r);
}

void ks_free(struct ks *ks)
{
	ks_reset(ks);
	ks_policy_drop(&ks->policy);
	ks_policy_drop(&ks->applied);
	free(ks);
}
