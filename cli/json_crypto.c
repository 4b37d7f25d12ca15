/* JSON of show crypto isakmp and show crypto key mypubkey. */
#include "cli/show_json.h"

#include "router/udp848.h"

#include <stdlib.h>

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

json_t *isakmp_peers_json(const struct isakmp_peer *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_peers");

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);

		jo_ip(o, "peer", &v[i].remote);
		jo_num(o, "port", GDOI_PORT);
		jo_ip(o, "local", &v[i].local);
		jo_ip(o, "phase1_id", &v[i].remote);
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
	}
	return top;
}

/* As the text, it tells the keys: the command is for those who may. */
json_t *isakmp_key_json(const struct isakmp_key *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "isakmp_keys");

	for (size_t i = 0; i < n; i++) {
		struct ip_addr mask = ip_v4(v[i].mask);
		json_t *o = ja_object(list);

		if (v[i].hostname[0] != '\0') {
			jo_str(o, "hostname", v[i].hostname);
		} else {
			jo_ip(o, "address", &v[i].addr);
			jo_ip(o, "mask", &mask);
		}
		jo_set(o, "key", jv_strn((const char *)v[i].key.p, v[i].key.n));
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
