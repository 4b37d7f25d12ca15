/* What show tells of a membership (snapshot.h). */
#include "gdoi/gm_priv.h"
#include <stdlib.h>
#include <string.h>

static void kek_show(const struct gm *gm, const struct gm_kek *k, uint64_t now,
	struct kek_info *out)
{
	*out = (struct kek_info){ .live = k->live };
	if (!k->live)
		return;
	memcpy(out->spi, k->k.spi, sizeof(out->spi));
	out->conn_id = k->conn_id;
	out->unicast = !gm_kek_is_multicast(k);
	out->dst = out->unicast ? gm->policy.local : k->dst.ip;
	out->dst_port = k->dst.port;
	out->src = ip_is_set(&k->src) ? k->src : gm->ks;
	out->cipher = k->k.cipher;
	out->sig_hash = k->k.sig_hash;
	out->sig_key_der_bytes = (uint16_t)k->der_n;
	out->sig_bytes = (uint16_t)pkey_sig_bytes(k->signer);
	out->orig_secs = k->life_secs;
	out->remaining_secs = secs_until(now, k->expires_ms);
	out->seq = k->seq;
}

static void tek_show(const struct gm *gm, const struct gm_slot *s,
	const struct gm_tek *t, uint64_t now, struct tek_info *out)
{
	const struct env *env = gm->g->env;

	*out = (struct tek_info){ .spi = t->spi,
		.suite = t->suite,
		.orig_secs = t->life_secs,
		.remaining_secs = secs_until(now, t->expires_ms),
		.elapsed_secs = (uint32_t)((now - t->installed_ms) / 1000),
		.rekey_in_secs = LIFE_FOREVER,
		.replay = REPLAY_NONE,
		.sending = s->sending_spi == t->spi };
	if (t->replay.stamp == DP_STAMP_TBAR) {
		out->replay = REPLAY_TIME;
		out->replay_window = t->replay.window_ms;
	} else if (t->replay.counter > 0) {
		out->replay = REPLAY_COUNTER;
		out->replay_window = t->replay.counter;
	}
	env->dp_ops->sa_counters(env->dp, s->dp_id, t->spi, &out->count);
}

static void teks_show(
	const struct gm *gm, uint64_t now, struct gm_snapshot *out)
{
	const struct gm_tek *t;
	size_t n = 0;

	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link)
			n++;
	out->tek = xcalloc(n + 1, sizeof(*out->tek));
	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link)
			tek_show(gm, &gm->slot[i], t, now,
				&out->tek[out->n_teks++]);
}

/* The lists of all slots as one, as it came. */
static void acl_show(const struct gm *gm, struct gm_snapshot *out)
{
	const struct env *env = gm->g->env;
	size_t n = 0;

	for (size_t i = 0; i < gm->n_slots; i++)
		n += gm->slot[i].acl.n;
	out->has_acl = gm->n_slots > 0;
	if (!out->has_acl)
		return;
	memcpy(out->acl.name, gm->slot[0].acl.name, sizeof(out->acl.name));
	out->acl.ip6 = gm->policy.ip6;
	out->acl.v = xcalloc(n + 1, sizeof(*out->acl.v));
	out->ace_matches = xcalloc(n + 1, sizeof(*out->ace_matches));
	for (size_t i = 0; i < gm->n_slots; i++) {
		const struct gm_slot *s = &gm->slot[i];

		if (s->acl.n == 0)
			continue;
		memcpy(out->acl.v + out->acl.n, s->acl.v,
			s->acl.n * sizeof(*s->acl.v));
		env->dp_ops->ace_counters(env->dp, s->dp_id,
			out->ace_matches + out->acl.n, s->acl.n);
		out->acl.n += s->acl.n;
	}
}

/* Each slot has the same entries in front of its own list. */
static void local_show(const struct gm *gm, struct gm_snapshot *out)
{
	const struct env *env = gm->g->env;
	const struct acl *a = gm->policy.local_acl;

	if (a == NULL || env->dp_ops->local_counters == NULL)
		return;
	out->local_matches = xcalloc(a->n + 1, sizeof(*out->local_matches));
	for (size_t i = 0; i < gm->n_slots; i++) {
		auto_free uint64_t *v = xcalloc(a->n + 1, sizeof(*v));

		env->dp_ops->local_counters(
			env->dp, gm->slot[i].dp_id, v, a->n);
		for (size_t k = 0; k < a->n; k++)
			out->local_matches[k] += v[k];
	}
}

static void counters_show(const struct gm *gm, struct gm_snapshot *out)
{
	const struct env *env = gm->g->env;

	for (size_t i = 0; i < gm->n_slots; i++) {
		struct dp_group_counters c = { .encrypt = 0 };

		if (env->dp_ops->group_counters(
			    env->dp, gm->slot[i].dp_id, &c) != 0)
			continue;
		out->count.encrypt += c.encrypt;
		out->count.decrypt += c.decrypt;
		out->count.ace_matches += c.ace_matches;
		for (size_t d = 0; d < DP_N_DROPS; d++)
			out->count.drops[d] += c.drops[d];
	}
	if (gm->n_slots == 0)
		return;
	out->dp_group = gm->slot[0].dp_id;
	if (!TAILQ_EMPTY(&gm->slot[0].teks))
		out->plaintext_mtu =
			env->dp_ops->inner_mtu(env->dp, gm->slot[0].dp_id,
				&TAILQ_FIRST(&gm->slot[0].teks)->suite);
}

static enum gm_state state_of(const struct gm *gm)
{
	if (gm->step == GM_UP)
		return GM_REGISTERED;
	if (gm->step == GM_DOWN)
		return gm->registered ? GM_REREGISTERING : GM_NOT_INITIALIZED;
	return gm->registered ? GM_REREGISTERING : GM_REGISTERING;
}

static void registration_show(
	const struct gm *gm, uint64_t now, struct gm_snapshot *out)
{
	out->state = state_of(gm);
	out->ks = gm->ks;
	if (gm->step != GM_UP && gm->server < gm->policy.n_servers)
		out->ks = *gm_server(gm);
	if (gm->registered)
		out->reregister_in_secs = secs_until(now, gm->reregister_ms);
	out->registrations_ok = gm->registrations_ok;
	out->registrations_tried = gm->registrations_tried;
	out->last_rekey_from = gm->last_rekey_from;
	out->last_rekey_seq = gm->last_rekey_seq;
	if (gm->rekeys > 0)
		out->last_rekey_ago_secs =
			(uint32_t)((now - gm->last_rekey_ms) / 1000);
	out->rekeys = gm->rekeys;
	out->rekeys_since_registration = gm->rekeys_since;
	out->acks_sent = gm->acks_sent;
	out->ack_kind = ack_kind_known(gm->ack_kind) ? gm->ack_kind : 0;
	out->signed_padded = gm->signed_padded;
	out->signed_bare = gm->signed_bare;
	memcpy(out->last_error, gm->last_error, sizeof(out->last_error));
}

void gm_show(const struct gm *gm, struct gm_snapshot *out)
{
	uint64_t now = gdoi_now(gm->g);

	*out = (struct gm_snapshot){ .direction = gm_direction(gm),
		.sid_bits = gm->sid_bits,
		.sid = gm->sid };
	gm_policy_dup(&out->policy, &gm->policy);
	registration_show(gm, now, out);
	acl_show(gm, out);
	local_show(gm, out);
	kek_show(gm, &gm->kek[0], now, &out->kek_new);
	kek_show(gm, &gm->kek[1], now, &out->kek_current);
	kek_show(gm, &gm->kek[2], now, &out->kek_previous);
	if (gm->kek[0].der_n > 0) {
		out->sig_key = xmemdup(gm->kek[0].der, gm->kek[0].der_n);
		out->sig_key_n = gm->kek[0].der_n;
	}
	teks_show(gm, now, out);
	gm_replay_show(gm, out);
	counters_show(gm, out);
}
