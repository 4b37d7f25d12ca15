/* Phase-1 authentication: keys from SKEYID, HASH_I and HASH_R, and how each
 * method proves them (RFC 2409 5; protocol.md A.7). */
#include "gdoi/debug_priv.h"
#include <string.h>

static bool psk_usable(const struct ike *ike, const struct ike_peer *peer)
{
	return psk_find(ike, peer) != NULL;
}

/* prf(PSK, Ni_b | Nr_b) */
static bool psk_skeyid(struct ike_sa *sa, uint8_t *out)
{
	const struct ike_peer peer = sa_peer(sa);
	const struct secret *key = psk_find(sa->ike, &peer);
	const struct span parts[] = { bytes_span(&sa->neg->ni),
		bytes_span(&sa->neg->nr) };

	if (key == NULL)
		SA_DEBUG(sa, P1_NO_KEY, .a = 0);
	else
		SA_DEBUG(sa, P1_KEY, .a = 0);
	if (key == NULL)
		return false; /* removed since the offer */
	prf(sa->keys.hash, SPAN(key->p, key->n), parts, ARRAY_LEN(parts), out);
	return true;
}

static bool psk_prove(
	struct ike_sa *sa, struct isakmp_wr *m, const uint8_t *hash)
{
	isakmp_put(m, PLD_HASH, hash, hash_alg(sa->keys.hash)->bytes);
	return true;
}

static enum wire_err psk_check(
	struct ike_sa *sa, const struct payloads *p, const uint8_t *hash)
{
	const struct payload *h = payload_get(p, PLD_HASH);
	size_t n = hash_alg(sa->keys.hash)->bytes;

	if (h == NULL)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_HASH) > 1)
		return WIRE_PAYLOAD_TWICE;
	if (rd_left(&h->body) != n || !mem_equal_secret(h->body.p, hash, n))
		return WIRE_HASH;
	return WIRE_OK;
}

static const struct auth_method methods[] = {
	{ .id = IKE_AUTH_PSK,
		.usable = psk_usable,
		.skeyid = psk_skeyid,
		.prove = psk_prove,
		.check = psk_check },
};

const struct auth_method *auth_method(enum ike_auth id)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].id == id)
			return &methods[i];
	return auth_method_signature(id);
}

/* prf(SKEYID, previous | g^xy | CKY-I | CKY-R | n) */
static void skeyid_next(const struct ike_sa *sa, const struct keybuf *previous,
	uint8_t n, struct keybuf *out)
{
	const struct span parts[] = { SPAN(previous->b, previous->n),
		SPAN(sa->neg->shared.p, sa->neg->shared.n),
		SPAN(sa->key.cky_i, COOKIE_BYTES),
		SPAN(sa->cky_r, COOKIE_BYTES), SPAN(&n, 1) };

	prf(sa->keys.hash, SPAN(sa->neg->skeyid.b, sa->neg->skeyid.n), parts,
		ARRAY_LEN(parts), out->b);
	out->n = hash_alg(sa->keys.hash)->bytes;
}

bool auth_derive(struct ike_sa *sa)
{
	const struct env *env = &sa->ike->env;
	static const struct keybuf none;
	struct ike_keys *k = &sa->keys;
	struct keybuf *skeyid = &sa->neg->skeyid, d, e;
	const struct span ke[] = { bytes_span(&sa->neg->ke_i),
		bytes_span(&sa->neg->ke_r) };
	const struct auth_method *m = auth_method(sa->policy.auth);
	uint8_t iv[HASH_MAX_BYTES];

	k->hash = sa->policy.hash;
	k->cipher = cipher_alg(sa->policy.cipher);
	if (m == NULL || !m->skeyid(sa, skeyid->b))
		return false;
	skeyid->n = hash_alg(k->hash)->bytes;
	skeyid_next(sa, &none, 0, &d);
	skeyid_next(sa, &d, 1, &k->a);
	skeyid_next(sa, &k->a, 2, &e);
	ike_expand_key(
		k->hash, SPAN(e.b, e.n), k->key, k->cipher->key_bytes);
	keybuf_wipe(&d);
	keybuf_wipe(&e);
	if (env->key_made != NULL)
		env->key_made(env->ctx, ENV_KEY_IKE,
			SPAN(sa->key.cky_i, COOKIE_BYTES),
			SPAN(k->key, k->cipher->key_bytes));
	digest(k->hash, ke, ARRAY_LEN(ke), iv);
	memcpy(sa->iv, iv, k->cipher->block);
	SA_DEBUG(sa, DH_SHARED, .a = sa->policy.group);
	SA_DEBUG(sa, KEYS_DERIVED, .text = ike_cipher_text(k->cipher->id));
	return true;
}

void auth_hash(const struct ike_sa *sa, bool of_initiator, struct span id_b,
	uint8_t *out)
{
	struct span ke_i = bytes_span(&sa->neg->ke_i);
	struct span ke_r = bytes_span(&sa->neg->ke_r);
	struct span cky_i = SPAN(sa->key.cky_i, COOKIE_BYTES);
	struct span cky_r = SPAN(sa->cky_r, COOKIE_BYTES);
	const struct span parts[] = { of_initiator ? ke_i : ke_r,
		of_initiator ? ke_r : ke_i, of_initiator ? cky_i : cky_r,
		of_initiator ? cky_r : cky_i, bytes_span(&sa->neg->sai), id_b };

	prf(auth_proof_hash(sa), SPAN(sa->neg->skeyid.b, sa->neg->skeyid.n),
		parts, ARRAY_LEN(parts), out);
}
