/* The endpoint's copy of its configuration. */
#include "gdoi/ike_priv.h"
#include <stdlib.h>

static void *list_dup(const void *v, size_t n, size_t size)
{
	return n == 0 ? NULL : xmemdup(v, n * size);
}

static void list_free(const void *v)
{
	free((void *)(uintptr_t)v);
}

static void trustpoint_free(const struct ike_trustpoint *t)
{
	struct cert_trust trust = t->trust;

	cert_trust_free(&trust);
	for (size_t i = 0; i < t->n_chain; i++)
		cert_unref(t->chain[i]);
	list_free(t->chain);
	list_free(t->matches);
	pkey_unref(t->key);
}

/* By reference. */
static void trustpoint_dup(
	struct ike_trustpoint *out, const struct ike_trustpoint *t)
{
	cert_trust_dup(&out->trust, &t->trust);
	out->chain = list_dup(t->chain, t->n_chain, sizeof *t->chain);
	for (size_t i = 0; i < t->n_chain; i++)
		cert_ref(out->chain[i]);
	out->n_chain = t->n_chain;
	out->key = t->key != NULL ? pkey_ref(t->key) : NULL;
	out->matches = list_dup(t->matches, t->n_matches, sizeof *t->matches);
	out->n_matches = t->n_matches;
}

void isakmp_config_free(struct isakmp_config *c)
{
	for (size_t i = 0; i < c->n_trustpoints; i++)
		trustpoint_free(&c->trustpoints[i]);
	list_free(c->trustpoints);
	for (size_t i = 0; i < c->n_keys; i++) {
		struct secret key = c->keys[i].key;

		secret_free(&key);
	}
	for (size_t i = 0; i < c->n_peers; i++) {
		struct secret password = c->peers[i].password;

		secret_free(&password);
	}
	list_free(c->keys);
	list_free(c->keyrings);
	list_free(c->profiles);
	list_free(c->matches);
	list_free(c->peers);
	list_free(c->cert_rules);
	*c = (struct isakmp_config){ .n_keys = 0 };
}

static struct isakmp_key *keys_dup(const struct isakmp_config *c)
{
	struct isakmp_key *v = list_dup(c->keys, c->n_keys, sizeof *v);

	for (size_t i = 0; i < c->n_keys; i++) {
		v[i].key = (struct secret){ .p = NULL };
		secret_dup(&v[i].key, &c->keys[i].key);
	}
	psk_sort(v, c->n_keys);
	return v;
}

static struct isakmp_peer_policy *peers_dup(const struct isakmp_config *c)
{
	struct isakmp_peer_policy *v =
		list_dup(c->peers, c->n_peers, sizeof *v);

	for (size_t i = 0; i < c->n_peers; i++) {
		v[i].password = (struct secret){ .p = NULL };
		secret_dup(&v[i].password, &c->peers[i].password);
	}
	return v;
}

static struct ike_trustpoint *trustpoints_dup(const struct isakmp_config *c)
{
	struct ike_trustpoint *v =
		list_dup(c->trustpoints, c->n_trustpoints, sizeof *v);

	for (size_t i = 0; i < c->n_trustpoints; i++)
		trustpoint_dup(&v[i], &c->trustpoints[i]);
	return v;
}

static bool has_key_for(const struct isakmp_config *c, enum ike_auth auth)
{
	for (size_t i = 0; i < c->n_trustpoints; i++)
		if (c->trustpoints[i].key != NULL &&
			ike_auth_of_key(c->trustpoints[i].key) == auth)
			return true;
	return false;
}

/* `authentication ecdsa-sig` stands for the methods of all three curves: those
 * of our keys take its place. */
static void policies_by_curve(
	struct isakmp_config *out, const struct isakmp_config *c)
{
	out->n_policies = 0;
	for (size_t i = 0; i < c->n_policies; i++) {
		enum ike_auth a = c->policy[i].auth, last = a;

		if (a >= IKE_AUTH_ECDSA256 && a <= IKE_AUTH_ECDSA521) {
			a = IKE_AUTH_ECDSA256;
			last = IKE_AUTH_ECDSA521;
		}
		for (; a <= last && out->n_policies < IKE_POLICIES_MAX; a++) {
			if (last == IKE_AUTH_ECDSA521 && !has_key_for(c, a))
				continue;
			out->policy[out->n_policies] = c->policy[i];
			out->policy[out->n_policies++].auth = a;
		}
	}
}

void isakmp_config_dup(struct isakmp_config *out, const struct isakmp_config *c)
{
	*out = *c;
	out->keys = keys_dup(c);
	out->peers = peers_dup(c);
	out->trustpoints = trustpoints_dup(c);
	policies_by_curve(out, c);
	out->keyrings =
		list_dup(c->keyrings, c->n_keyrings, sizeof *c->keyrings);
	out->profiles =
		list_dup(c->profiles, c->n_profiles, sizeof *c->profiles);
	out->matches = list_dup(c->matches, c->n_matches, sizeof *c->matches);
	out->cert_rules = list_dup(
		c->cert_rules, c->n_cert_rules, sizeof *c->cert_rules);
}
