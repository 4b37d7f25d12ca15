/* JSON of show crypto isakmp and show crypto key mypubkey. */
#include "cli/show_json.h"

#include "cli/cfg.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

static json_t *sa_new(const struct ip_addr *dst, const struct ip_addr *src,
	const char *state, uint32_t conn_id, const char *status)
{
	json_t *o = json_object();

	jo_ip(o, "destination", dst);
	jo_ip(o, "source", src);
	jo_str(o, "state", state);
	jo_num(o, "conn_id", conn_id);
	jo_str(o, "status", status);
	return o;
}

static void kek_add(json_t *list, const struct kek_info *k,
	const struct ip_addr *dst, const struct ip_addr *src)
{
	if (k->live)
		json_array_append_new(list,
			sa_new(dst, src, "GDOI_REKEY", k->conn_id, "active"));
}

static const char *auth_json(enum ike_auth a)
{
	switch (a) {
	case IKE_AUTH_PSK:
		return "pre_shared_key";
	case IKE_AUTH_RSA_SIG:
		return "rsa_signature";
	default:
		return "ecdsa_signature";
	}
}

static void policy_put(json_t *o, const struct isakmp_policy *p)
{
	const struct cipher_alg *c = cipher_alg(p->cipher);
	const struct hash_alg *h = hash_alg(p->hash);

	jo_str(o, "encryption", show_cipher(p->cipher));
	jo_num(o, "key_bits", c != NULL ? c->key_bytes * 8U : 0);
	jo_str(o, "hash", h != NULL ? h->ios : NULL);
	jo_str(o, "authentication", auth_json(p->auth));
	jo_num(o, "dh_group", p->group);
}

static json_t *ike_json(const struct ike_sa_info *i)
{
	json_t *o = sa_new(&i->dst, &i->src, i->state, i->conn_id,
		i->deleted ? "deleted" : "active");

	jo_bool(o, "established", i->active);
	jo_set(o, "initiator_cookie", jv_hex(i->cky_i, sizeof(i->cky_i)));
	jo_set(o, "responder_cookie", jv_hex(i->cky_r, sizeof(i->cky_r)));
	policy_put(o, &i->policy);
	jo_num(o, "remaining_secs", i->remaining_secs);
	jo_str(o, "profile", i->profile[0] != '\0' ? i->profile : NULL);
	return o;
}

json_t *isakmp_sa_json(const struct ike_sa_info *ike, size_t n_ike,
	const struct gm_snapshot *gm, size_t n_gm, const struct ks_snapshot *ks,
	size_t n_ks)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_sas");
	struct ip_addr any = ip_v4(0);

	for (size_t i = 0; i < n_gm; i++) {
		const struct kek_info *n = &gm[i].kek_new;
		const struct kek_info *k = &gm[i].kek_current;

		kek_add(list, n, &n->dst, &n->src);
		kek_add(list, k, &k->dst, &k->src);
	}
	for (size_t i = 0; i < n_ks; i++)
		kek_add(list, &ks[i].kek, &any, &ks[i].policy.local);
	for (size_t i = 0; i < n_ike; i++)
		json_array_append_new(list, ike_json(&ike[i]));
	return top;
}

json_t *isakmp_count_json(const struct isakmp_count *c)
{
	json_t *o = json_object();

	jo_num(o, "active", c->active);
	jo_num(o, "standby", 0);
	jo_num(o, "negotiating", c->negotiating);
	jo_num(o, "dead", c->dead);
	return o;
}

json_t *isakmp_peers_json(const struct ike_sa_info *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_peers");

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);
		auto_sbuf struct sbuf id = { 0 };

		show_isakmp_id(&v[i], &id);
		jo_ip(o, "peer", isakmp_remote(&v[i]));
		jo_num(o, "port", v[i].remote_port);
		jo_ip(o, "local", isakmp_local(&v[i]));
		jo_str(o, "phase1_id",
			v[i].id_type != 0 ? sbuf_str(&id) : NULL);
	}
	return top;
}

json_t *isakmp_policy_json(const struct isakmp_policy *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_policies");

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);

		jo_num(o, "priority", v[i].priority);
		policy_put(o, &v[i]);
		jo_num(o, "lifetime_secs", v[i].life_secs);
		auto_sbuf struct sbuf weak = { 0 };

		isakmp_policy_weak(&v[i], &weak);
		jo_str(o, "weak", weak.n > 0 ? sbuf_str(&weak) : NULL);
	}
	return top;
}

/* As the text, it tells the keys: the command is for those who may. */
json_t *isakmp_key_json(const struct isakmp_config *c)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_keys");

	for (size_t i = 0; i < c->n_keys; i++) {
		const struct isakmp_key *k = &c->keys[i];
		struct ip_addr mask = ip_v4(k->mask);

		if (k->resolved)
			continue;
		json_t *o = ja_object(list);

		jo_str(o, "keyring", isakmp_ring_name(c, k->ring));
		if (k->hostname[0] != '\0')
			jo_str(o, "hostname", k->hostname);
		else
			jo_ip(o, "address", &k->addr);
		if (k->addr.family == 6)
			jo_num(o, "prefix_length", k->prefix);
		else if (k->hostname[0] == '\0')
			jo_ip(o, "mask", &mask);
		jo_set(o, "key", jv_strn((const char *)k->key.p, k->key.n));
	}
	return top;
}

static void match_json(json_t *list, const struct isakmp_match *m)
{
	static const char *const kinds[] = { "address", "host", "host_domain",
		"user", "user_domain", "group", "certificate" };
	struct ip_addr mask = ip_v4(m->mask);
	json_t *o = ja_object(list);

	jo_str(o, "kind", kinds[m->kind]);
	if (m->kind != ISAKMP_MATCH_ADDRESS) {
		jo_str(o, "name", m->name);
		return;
	}
	jo_ip(o, "address", &m->addr);
	jo_ip(o, "mask", &mask);
	jo_str(o, "vrf", m->vrf[0] != '\0' ? m->vrf : NULL);
}

static void profile_json(
	json_t *list, const struct isakmp_config *c, size_t index)
{
	const struct isakmp_profile *p = &c->profiles[index];
	json_t *o = ja_object(list), *matches, *rings, *points;

	jo_str(o, "name", p->name);
	jo_str(o, "vrf", p->vrf[0] != '\0' ? p->vrf : NULL);
	matches = jo_array(o, "identities");
	for (size_t i = 0; i < c->n_matches; i++)
		if (c->matches[i].profile == index)
			match_json(matches, &c->matches[i]);
	rings = jo_array(o, "keyrings");
	for (size_t i = 0; i < p->n_rings; i++)
		json_array_append_new(
			rings, json_string(isakmp_ring_name(c, p->ring[i])));
	points = jo_array(o, "trustpoints");
	for (size_t i = 0; i < p->n_trustpoints; i++)
		json_array_append_new(points, json_string(p->trustpoint[i]));
	jo_bool(o, "initiate_aggressive", p->aggressive);
}

json_t *isakmp_profiles_json(const struct isakmp_config *c, const char *name)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_profiles");

	for (size_t i = 0; i < c->n_profiles; i++) {
		if (name == NULL || strcmp(c->profiles[i].name, name) == 0)
			profile_json(list, c, i);
	}
	return top;
}

static json_t *key_json(const struct stored_key *k)
{
	json_t *o = json_object();
	auto_free uint8_t *der = NULL;
	size_t n = 0;

	jo_str(o, "name", k->label);
	jo_str(o, "type", pkey_is_rsa(k->key) ? "rsa" : "ec");
	jo_num(o, "bits", pkey_bits(k->key));
	jo_bool(o, "exportable", k->exportable);
	jo_wall(o, "generated_time_secs", (uint64_t)k->generated);
	jo_set(o, "public_key",
		pkey_spki(k->key, &der, &n) == 0 ? jv_hex(der, n)
						 : json_null());
	return o;
}

json_t *mypubkey_json(const struct stored_key *const *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "public_keys");

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, key_json(v[i]));
	return top;
}
