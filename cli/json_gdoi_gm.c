/* JSON of show crypto gdoi gm ... and of the member's part of show crypto
 * gdoi: the snapshots of show_gdoi_gm.c. */
#include "cli/show_json.h"

#include <ctype.h>

static json_t *group_new(const struct gm_snapshot *g)
{
	json_t *o = json_object();

	jo_str(o, "group", g->policy.group);
	jo_str(o, "role", "group_member");
	jo_set(o, "identity", group_id_json(&g->policy.id));
	jo_str(o, "crypto_path", g->policy.ip6 ? "ipv6" : "ipv4");
	return o;
}

/* One member a snapshot: what stands for it in every listing. */
static json_t *member_new(const struct gm_snapshot *g)
{
	json_t *o = json_object();

	jo_str(o, "interface", g->policy.ifname);
	jo_str(o, "crypto_map", g->policy.map);
	jo_ip(o, "local", &g->policy.local);
	return o;
}

typedef json_t *member_fn(const struct gm_snapshot *g);

/* {"groups": [{..., "members": [fn(g)...]}]} */
static json_t *by_group(const struct gm_snapshot *v, size_t n, member_fn *fn)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0, run; i < n; i += run) {
		json_t *o = group_new(&v[i]), *members = jo_array(o, "members");

		run = show_gm_run(v + i, n - i);
		for (size_t k = i; k < i + run; k++)
			json_array_append_new(members, fn(&v[k]));
		json_array_append_new(list, o);
	}
	return top;
}

static const char *state_json(enum gm_state s)
{
	static const char *const names[] = {
		[GM_NOT_INITIALIZED] = "not_initialized",
		[GM_REGISTERING] = "registering",
		[GM_REREGISTERING] = "reregistering",
		[GM_REGISTERED] = "registered",
	};

	return names[s];
}

static void rekeys_put(json_t *m, const struct gm_snapshot *g)
{
	json_t *o = jo_object(m, "rekeys");

	jo_num(o, "received", g->rekeys);
	jo_num(o, "received_since_registration", g->rekeys_since_registration);
	jo_num(o, "acks_sent", g->acks_sent);
	jo_num(o, "signed_padded", g->signed_padded);
	jo_num(o, "signed_bare", g->signed_bare);
	jo_ip(o, "last_from", &g->last_rekey_from);
	jo_num(o, "last_sequence", g->last_rekey_seq);
	jo_set(o, "last_ago_secs",
		g->rekeys > 0 ? json_integer(g->last_rekey_ago_secs)
			      : json_null());
}

/* Names of the allowed; empty: any. */
static void allowed_put(json_t *m, const struct gm_policy *p)
{
	static const enum cipher_id ciphers[] = { CIPHER_DES, CIPHER_3DES,
		CIPHER_AES128, CIPHER_AES192, CIPHER_AES256 };
	static const enum hash_id hashes[] = { HASH_SHA1, HASH_SHA256,
		HASH_SHA384, HASH_SHA512 };
	json_t *c = jo_array(m, "allowed_rekey_ciphers");
	json_t *h = jo_array(m, "allowed_rekey_hashes");
	json_t *t = jo_array(m, "allowed_transforms");

	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		auto_sbuf struct sbuf name = { 0 };

		if ((p->kek_ciphers & 1U << ciphers[i]) == 0)
			continue;
		sbuf_adds(&name, show_cipher(ciphers[i]));
		if (ciphers[i] >= CIPHER_AES128)
			sbuf_printf(&name, "%u",
				cipher_alg(ciphers[i])->key_bytes * 8U);
		ja_str(c, sbuf_str(&name));
	}
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if ((p->sig_hashes & 1U << hashes[i]) != 0)
			ja_str(h, hash_alg(hashes[i])->ios);
	for (size_t i = 0; i < p->n_suites; i++) {
		char text[ESP_TEXT];

		ja_str(t, esp_suite_display(&p->suites[i], text));
	}
}

static void teks_put(json_t *m, const struct gm_snapshot *g)
{
	json_t *list = jo_array(m, "teks");

	for (size_t i = 0; i < g->n_teks; i++) {
		const struct tek_info *t = &g->tek[i];
		json_t *o = tek_json(t), *c;

		jo_bool(o, "sending", t->sending);
		c = jo_object(o, "packets");
		jo_num(c, "encaps", t->count.encaps);
		jo_num(c, "decaps", t->count.decaps);
		jo_num(c, "send_errors", t->count.send_errors);
		jo_num(c, "receive_errors", t->count.recv_errors);
		json_array_append_new(list, o);
	}
}

static const char *direction_name(enum gm_direction d)
{
	switch (d) {
	case GM_INBOUND_ONLY:
		return "inbound-only";
	case GM_INBOUND_OPTIONAL:
		return "inbound-optional";
	default:
		return "both";
	}
}

static json_t *member_json(const struct gm_snapshot *g, const char *version)
{
	json_t *o = member_new(g);

	jo_str(o, "version", version);
	jo_str(o, "state", state_json(g->state));
	jo_ip(o, "key_server", &g->ks);
	jo_set(o, "reregister_in_secs",
		g->state == GM_REGISTERED ? json_integer(g->reregister_in_secs)
					  : json_null());
	jo_str(o, "last_error",
		g->state != GM_REGISTERED && g->last_error[0] != '\0'
			? g->last_error
			: NULL);
	jo_num(o, "registrations_succeeded", g->registrations_ok);
	jo_num(o, "registrations_attempted", g->registrations_tried);
	rekeys_put(o, g);
	allowed_put(o, &g->policy);
	jo_set(o, "kek", kek_json(show_gm_kek(g)));
	teks_put(o, g);
	return o;
}

json_t *gm_group_json(
	const struct gm_snapshot *v, size_t n, const char *version)
{
	json_t *o = group_new(&v[0]), *list;
	char text[IP_TEXT];

	jo_str(o, "sa_direction", direction_name(v[0].direction));
	list = jo_array(o, "servers");
	for (size_t i = 0; i < v[0].policy.n_servers; i++)
		ja_str(list, ip_text(&v[0].policy.server[i], text));
	list = jo_array(o, "members");
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, member_json(&v[i], version));
	jo_set(o, "acl_downloaded",
		v[0].has_acl ? acl_json(&v[0].acl, v[0].ace_matches)
			     : json_null());
	return o;
}

json_t *gm_json(const struct gm_snapshot *v, size_t n, const char *version)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0, run; i < n; i += run) {
		run = show_gm_run(v + i, n - i);
		json_array_append_new(list, gm_group_json(v + i, run, version));
	}
	return top;
}

json_t *gm_acl_json(
	const struct gm_snapshot *v, size_t n, bool download, bool local)
{
	json_t *list, *top = groups_json(&list);

	for (size_t i = 0, run; i < n; i += run) {
		const struct gm_snapshot *g = &v[i];
		json_t *o = group_new(g), *lists;

		run = show_gm_run(v + i, n - i);
		if (download) {
			jo_ip(o, "key_server", &g->ks);
			jo_set(o, "downloaded",
				g->has_acl ? acl_json(&g->acl, g->ace_matches)
					   : json_null());
		}
		lists = local ? jo_array(o, "local") : NULL;
		for (size_t k = i; local && k < i + run; k++) {
			const struct acl *a = v[k].policy.local_acl;
			json_t *l;

			if (a == NULL)
				continue;
			l = ja_object(lists);
			jo_str(l, "crypto_map", v[k].policy.map);
			jo_str(l, "name", a->name);
			jo_set(l, "entries", acl_json(a, NULL));
		}
		json_array_append_new(list, o);
	}
	return top;
}

static json_t *rekey_json(const struct gm_snapshot *g)
{
	json_t *o = member_new(g);

	rekeys_put(o, g);
	jo_set(o, "kek_new", kek_json(&g->kek_new));
	jo_set(o, "kek_current", kek_json(&g->kek_current));
	jo_set(o, "kek_previous", kek_json(&g->kek_previous));
	return o;
}

json_t *gm_rekey_json(const struct gm_snapshot *v, size_t n)
{
	return by_group(v, n, rekey_json);
}

static json_t *pubkey_json(const struct gm_snapshot *g)
{
	const struct kek_info *k = show_gm_kek(g);
	json_t *o = member_new(g);

	jo_set(o, "kek", kek_json(k));
	jo_set(o, "key_data",
		k->live ? jv_hex(g->sig_key, g->sig_key_n) : json_null());
	return o;
}

json_t *gm_pubkey_json(const struct gm_snapshot *v, size_t n)
{
	return by_group(v, n, pubkey_json);
}

static json_t *sid_json(const struct gm_snapshot *g)
{
	json_t *o = member_new(g);
	bool counter = show_gm_counter_mode(g);

	jo_bool(o, "counter_mode", counter);
	jo_num(o, "sids_requested", counter ? 1 : 0);
	jo_num(o, "sid_bits", g->sid_bits);
	jo_set(o, "sid", counter ? json_integer(g->sid) : json_null());
	return o;
}

json_t *gm_identifier_json(const struct gm_snapshot *v, size_t n)
{
	return by_group(v, n, sid_json);
}

json_t *gm_drops_json(const struct dp_group_counters *c)
{
	static const char *const names[] = {
#define X(name, text) [DP_DROP_##name] = #name,
		DP_DROPS(X)
#undef X
	};
	json_t *o = json_object();

	for (size_t i = 0; i < DP_N_DROPS; i++) {
		auto_sbuf struct sbuf key = { 0 };

		for (const char *p = names[i]; *p != '\0'; p++)
			sbuf_addc(&key, (char)tolower((unsigned char)*p));
		jo_num(o, sbuf_str(&key), c->drops[i]);
	}
	return o;
}

static json_t *counters_json(const struct gm_snapshot *g)
{
	json_t *o = member_new(g);

	jo_num(o, "encrypted", g->count.encrypt);
	jo_num(o, "decrypted", g->count.decrypt);
	jo_set(o, "drops", gm_drops_json(&g->count));
	return o;
}

json_t *gm_counters_json(const struct gm_snapshot *v, size_t n)
{
	return by_group(v, n, counters_json);
}

static json_t *group_sa_json(const struct gm_snapshot *g)
{
	json_t *o = member_new(g);

	jo_str(o, "direction", direction_name(g->direction));
	teks_put(o, g);
	jo_set(o, "flows", acl_json(&g->acl, g->ace_matches));
	return o;
}

json_t *gm_ipsec_sa_json(const struct gm_snapshot *v, size_t n)
{
	return by_group(v, n, group_sa_json);
}

json_t *gm_rekey_sa_json(const struct gm_snapshot *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "rekey_sas");

	for (size_t i = 0; i < n; i++) {
		const struct kek_info *keks[] = { &v[i].kek_new,
			&v[i].kek_current };

		for (size_t k = 0; k < ARRAY_LEN(keks); k++) {
			json_t *o;

			if (!keks[k]->live)
				continue;
			o = kek_json(keks[k]);
			jo_str(o, "group", v[i].policy.group);
			jo_str(o, "interface", v[i].policy.ifname);
			jo_str(o, "status", "active");
			json_array_append_new(list, o);
		}
	}
	return top;
}
