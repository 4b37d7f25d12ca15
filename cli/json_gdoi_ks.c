/* JSON of show crypto gdoi ks ... and of the key server's part of show crypto
 * gdoi: the snapshots of show_gdoi_ks.c. */
#include "cli/show_json.h"

#define HANDLE_BASE 0x40000000U

static json_t *group_new(const struct ks_snapshot *k)
{
	json_t *o = json_object();

	jo_str(o, "group", k->policy.group);
	jo_str(o, "role", "key_server");
	jo_str(o, "crypto_path", k->policy.ip6 ? "ipv6" : "ipv4");
	jo_set(o, "identity", group_id_json(&k->policy.id));
	return o;
}

static json_t *sa_json(const struct ks_sa_info *s)
{
	const struct ks_sa_policy *p = &s->policy;
	json_t *o = json_object();

	jo_num(o, "number", p->number);
	jo_num(o, "lifetime_secs", p->life_secs);
	jo_str(o, "profile", p->profile);
	jo_replay(o, p->replay, p->replay_window);
	jo_num(o, "d3p_window_ms", p->d3p_ms);
	jo_str(o, "access_list", p->acl_name);
	jo_bool(o, "live", s->live);
	if (s->live) {
		jo_num(o, "remaining_secs", s->remaining_secs);
		jo_life(o, "rekey_in_secs", s->rekey_in_secs);
	}
	return o;
}

static void rekey_put(json_t *o, const struct ks_snapshot *k)
{
	json_t *r = jo_object(o, "rekey");

	jo_str(r, "transport", k->policy.unicast ? "unicast" : "multicast");
	jo_str(r, "acknowledgement", show_ack(&k->policy));
	jo_num(r, "lifetime_secs", k->policy.kek_life_secs);
	jo_num(r, "retransmit_period_secs", k->policy.retransmit_secs);
	/* null: until acknowledged */
	jo_life(r, "retransmit_attempts", k->policy.retransmit_count);
	jo_bool(r, "in_progress", k->rekey_in_progress);
	jo_num(r, "sent", k->rekeys_sent);
	jo_num(r, "retransmitted", k->retransmits);
	if (k->kek.live) {
		jo_num(r, "remaining_secs", k->kek.remaining_secs);
		jo_life(r, "rekey_in_secs", k->kek.rekey_in_secs);
		jo_num(r, "retransmit_remaining_secs", k->retransmit_left_secs);
	}
}

static void sas_put(json_t *o, const struct ks_snapshot *k)
{
	json_t *list = jo_array(o, "ipsec_sas");

	for (size_t i = 0; i < k->policy.n_sas; i++)
		json_array_append_new(list, sa_json(&k->sa[i]));
}

json_t *ks_group_json(const struct ks_snapshot *k)
{
	json_t *o = group_new(k);

	jo_ip(o, "server", &k->policy.local);
	jo_num(o, "members", k->n_members);
	jo_str(o, "sa_direction", k->policy.receive_only ? "inbound" : "both");
	rekey_put(o, k);
	sas_put(o, k);
	return o;
}

json_t *ks_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *o = groups_json(&list);
	size_t members = 0;

	for (size_t i = 0; i < n; i++) {
		members += v[i].n_members;
		json_array_append_new(list, ks_group_json(&v[i]));
	}
	jo_num(o, "members", members);
	return o;
}

/* --- members --- */

static void seq_put(json_t *o, const char *key, const uint32_t seq[4])
{
	json_t *list = jo_array(o, key);

	for (size_t i = 0; i < 4; i++)
		json_array_append_new(list, json_integer(seq[i]));
}

static json_t *member_json(
	const struct ks_snapshot *k, const struct ks_member_info *m)
{
	json_t *o = json_object();

	jo_ip(o, "id", &m->id);
	jo_str(o, "version", m->version);
	jo_str(o, "state", "registered");
	jo_ip(o, "key_server", &m->ks);
	jo_num(o, "rekeys_sent", m->rekeys_sent);
	if (k->policy.unicast) {
		jo_num(o, "rekey_retries", m->rekey_retries);
		jo_num(o, "rekey_acks_received", m->acks);
		jo_num(o, "rekey_acks_missed", m->acks_missed);
		seq_put(o, "sent_sequence", m->sent_seq);
		seq_put(o, "received_sequence", m->rcvd_seq);
	}
	return o;
}

json_t *ks_members_json(
	const struct ks_snapshot *v, size_t n, const struct ip_addr *who)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		json_t *o = group_new(k), *members;

		jo_ip(o, "server", &k->policy.local);
		jo_num(o, "rekeys_sent", k->rekeys_sent);
		jo_num(o, "last_rekey_retransmits", k->last_rekey_retransmits);
		jo_num(o, "last_rekey_msecs", k->last_rekey_msec);
		members = jo_array(o, "members");
		for (size_t m = 0; m < k->n_members; m++)
			if (who == NULL || ip_equal(&k->member[m].id, who))
				json_array_append_new(
					members, member_json(k, &k->member[m]));
		json_array_append_new(list, o);
	}
	return top;
}

/* --- policy, acl --- */

static json_t *ks_tek_json(const struct tek_info *t)
{
	json_t *o = tek_json(t);

	jo_str(o, "access_list", t->acl_name);
	jo_num(o, "sa_number", t->sa_number);
	jo_num(o, "elapsed_secs", t->elapsed_secs);
	jo_num(o, "override_secs", t->override_secs);
	jo_life(o, "rekey_in_secs", t->rekey_in_secs);
	return o;
}

json_t *ks_policy_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		json_t *o = group_new(k), *kek = kek_json(&k->kek), *teks;

		jo_spi(o, "handle", HANDLE_BASE + k->handle);
		jo_ip(o, "server", &k->policy.local);
		jo_num(o, "sequence", k->kek.live ? k->kek.seq : 0);
		if (k->kek.live)
			jo_life(kek, "rekey_in_secs", k->kek.rekey_in_secs);
		jo_set(o, "kek", kek);
		teks = jo_array(o, "teks");
		for (size_t t = 0; t < k->n_teks; t++)
			json_array_append_new(teks, ks_tek_json(&k->tek[t]));
		json_array_append_new(list, o);
	}
	return top;
}

json_t *ks_acl_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		json_t *o = group_new(&v[i]), *lists;

		lists = jo_array(o, "access_lists");
		for (size_t s = 0; s < v[i].policy.n_sas; s++) {
			const struct ks_sa_policy *p = &v[i].sa[s].policy;
			json_t *a;

			if (p->acl == NULL)
				continue;
			a = ja_object(lists);
			jo_str(a, "name", p->acl_name);
			jo_set(a, "entries", acl_json(p->acl, NULL));
		}
		json_array_append_new(list, o);
	}
	return top;
}

/* --- rekey, coop, identifier --- */

json_t *ks_rekey_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		json_t *o = group_new(&v[i]);

		rekey_put(o, &v[i]);
		sas_put(o, &v[i]);
		json_array_append_new(list, o);
	}
	return top;
}

json_t *ks_coop_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		json_t *o = group_new(&v[i]);

		jo_num(o, "handle", HANDLE_BASE + v[i].handle);
		jo_bool(o, "redundancy", false);
		json_array_append_new(list, o);
	}
	return top;
}

json_t *ks_identifier_json(const struct ks_snapshot *v, size_t n)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0; i < n; i++) {
		const struct ks_policy *p = &v[i].policy;
		json_t *o = group_new(&v[i]), *ids;

		jo_bool(o, "counter_mode", show_ks_counter_mode(&v[i]));
		jo_num(o, "sid_bits", p->sid_bits);
		ids = jo_array(o, "kssids");
		for (size_t k = 0; k < p->n_kssids; k++)
			json_array_append_new(ids, json_integer(p->kssids[k]));
		jo_num(o, "sids_given", v[i].sids_given);
		jo_num(o, "sids_left", v[i].sids_all - v[i].sids_given);
		json_array_append_new(list, o);
	}
	return top;
}
