/* What show tells of a key server (snapshot.h). */
#include "gdoi/ks_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void kek_show(const struct ks *ks, uint64_t now, struct kek_info *out)
{
	const struct ks_kek *k = &ks->kek;

	out->live = k->live;
	if (!k->live)
		return;
	memcpy(out->spi, k->k.spi, sizeof(out->spi));
	out->src = ks->policy.local;
	out->cipher = k->k.cipher;
	out->sig_hash = k->k.sig_hash;
	snprintf(out->key_label, sizeof(out->key_label), "%s", k->label);
	out->sig_key_der_bytes = (uint16_t)k->spki_n;
	out->sig_bytes = (uint16_t)pkey_sig_bytes(k->signer);
	out->orig_secs = k->life_secs;
	out->remaining_secs = secs_until(now, k->expires_ms);
	out->rekey_in_secs = secs_until(now, k->rekey_ms);
	out->seq = k->seq;
	out->unicast = k->unicast;
	out->dst = k->dst.ip;
	out->dst_port = k->dst.port;
}

static void tek_show(const struct ks_tek *t, uint64_t now, struct tek_info *out)
{
	*out = (struct tek_info){ .spi = t->spi,
		.sa_number = t->policy.number,
		.suite = t->policy.suite,
		.transport_mode = t->policy.transport_mode,
		.orig_secs = t->policy.life_secs,
		.remaining_secs = secs_until(now, t->expires_ms),
		.elapsed_secs = (uint32_t)((now - t->created_ms) / 1000),
		.rekey_in_secs = t->superseded ? LIFE_FOREVER
					       : secs_until(now, t->rekey_ms),
		.override_secs = t->override_secs,
		.replay = t->policy.replay,
		.replay_window = t->policy.replay_window };
	snprintf(
		out->acl_name, sizeof(out->acl_name), "%s", t->policy.acl_name);
}

static void teks_show(
	const struct ks *ks, uint64_t now, struct ks_snapshot *out)
{
	const struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		out->n_teks++;
	out->tek = xcalloc(out->n_teks + 1, sizeof(*out->tek));
	out->n_teks = 0;
	TAILQ_FOREACH(t, &ks->teks, link)
		tek_show(t, now, &out->tek[out->n_teks++]);
}

static void sas_show(const struct ks *ks, uint64_t now, struct ks_snapshot *out)
{
	for (size_t i = 0; i < ks->policy.n_sas; i++) {
		const struct ks_tek *t =
			ks_tek_newest(ks, ks->policy.sa[i].number);

		ks_sa_policy_dup(&out->sa[i].policy, &ks->policy.sa[i]);
		if (t == NULL)
			continue;
		out->sa[i].live = true;
		out->sa[i].remaining_secs = secs_until(now, t->expires_ms);
		out->sa[i].rekey_in_secs = secs_until(now, t->rekey_ms);
	}
}

static void member_show(const struct ks_member *m, struct ks_member_info *out)
{
	*out = (struct ks_member_info){ .id = m->id,
		.ks = m->ks,
		.rekeys_sent = m->rekeys_sent,
		.rekey_retries = m->rekey_retries,
		.acks = m->acks,
		.acks_missed = m->acks_missed,
		.sid_count = m->sid_count };
	memcpy(out->sent_seq, m->sent_seq, sizeof(out->sent_seq));
	memcpy(out->rcvd_seq, m->rcvd_seq, sizeof(out->rcvd_seq));
	out->version_id = m->version;
	ike_version_text(m->version, out->version);
}

static int member_cmp(const void *a, const void *b)
{
	const struct ks_member_info *x = a, *y = b;

	return ip_cmp(&x->id, &y->id);
}

static void members_show(const struct ks *ks, struct ks_snapshot *out)
{
	const struct ks_member *m;

	out->member = xcalloc(ks->n_members + 1, sizeof(*out->member));
	TAILQ_FOREACH(m, &ks->members, link)
		member_show(m, &out->member[out->n_members++]);
	qsort(out->member, out->n_members, sizeof(*out->member), member_cmp);
}

void ks_show(const struct ks *ks, struct ks_snapshot *out)
{
	const struct env *env = ks->g->env;
	uint64_t now = gdoi_now(ks->g);

	*out = (struct ks_snapshot){ .handle = ks->handle,
		.rekeys_sent = ks->rekeys_sent,
		.retransmits = ks->retransmits,
		.last_rekey_retransmits = ks->last_rekey_retransmits,
		.last_rekey_msec = ks->last_rekey_msec,
		.rekey_in_progress = ks->push.active,
		.registrations = ks->registrations,
		.refused = ks->refused,
		.sids_given = ks->sids.given,
		.sids_each = sid_pool_each(&ks->sids),
		.sids_all = sid_pool_size(&ks->sids) };
	ks_policy_dup(&out->policy, &ks->policy);
	out->local_ok = ip_is_set(&ks->policy.local) &&
			(env->is_local == NULL ||
				env->is_local(env->ctx, &ks->policy.local));
	if (ks->push.active && ks->policy.retransmit_count != LIFE_FOREVER)
		out->retransmit_left_secs = secs_until(
			now, ks->push.started_ms +
				     ks_retransmit_span_secs(ks) * 1000ull);
	out->time_based = ks_keeps_time(ks);
	out->time_ms = ks_time(ks);
	if (out->time_based)
		out->time_sync_secs = secs_until(now, ks->sync_ms);
	kek_show(ks, now, &out->kek);
	teks_show(ks, now, out);
	sas_show(ks, now, out);
	members_show(ks, out);
}
