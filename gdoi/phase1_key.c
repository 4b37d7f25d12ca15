/* Which key and which profile a peer has (ios-cli.md 9.2): by its address, by
 * the identity that it tells, by the address and VRF where it reached us. */
#include "gdoi/debug_priv.h"
#include <string.h>
#include <strings.h>

#define SPECIFIC_NAME 256 /* more than any prefix */

static const char *vrf_of(const struct ike *ike, const struct ip_addr *local)
{
	const struct env *env = &ike->env;

	return env->vrf_of == NULL ? "" : env->vrf_of(env->ctx, local);
}

static bool text_is(struct span s, const char *text)
{
	return s.n == strlen(text) &&
	       strncasecmp((const char *)s.p, text, s.n) == 0;
}

/* The peer's identity, or false: it has not told it. */
static bool peer_id(const struct ike_peer *p, struct wire_id *out)
{
	return p->id.n > 0 && wire_id_read(rd_span(p->id), out) == WIRE_OK;
}

/* In Aggressive Mode an address that is told counts, as its key proves it. */
static struct ip_addr peer_addr(const struct ike_peer *p)
{
	struct ip_addr a = p->path->remote.ip;
	struct wire_id id;

	if (!peer_id(p, &id))
		return a;
	if (id.type == ID_IPV4 && id.data.n == 4)
		a = (struct ip_addr){ .family = 4 };
	else if (id.type == ID_IPV6 && id.data.n == 16)
		a = (struct ip_addr){ .family = 6 };
	else
		return a;
	memcpy(a.b, id.data.p, id.data.n);
	return a;
}

static bool addr_matches(
	const struct ip_addr *a, uint32_t mask, const struct ip_addr *want)
{
	return a->family == 4 && want->family == 4 &&
	       ((ip_u32(a) ^ ip_u32(want)) & mask) == 0;
}

/* How closely a key fits an address; -1: not at all. */
static int key_fits_addr(const struct isakmp_key *k, const struct ip_addr *a)
{
	if (k->addr.family == 6) {
		const struct ip_prefix p = { .addr = k->addr,
			.len = k->prefix };

		return ip_prefix_contains(&p, a) ? k->prefix : -1;
	}
	if (!addr_matches(&k->addr, k->mask, a))
		return -1;
	return __builtin_popcount(k->mask);
}

static int key_fits(const struct isakmp_key *k, const struct ip_addr *a,
	const struct wire_id *id)
{
	if (k->hostname[0] != '\0' && id != NULL &&
		(id->type == ID_FQDN || id->type == ID_USER_FQDN ||
			id->type == ID_KEY_ID) &&
		text_is(id->data, k->hostname))
		return SPECIFIC_NAME;
	return k->addr.family == 0 ? -1 : key_fits_addr(k, a);
}

static bool profile_has_ring(const struct isakmp_profile *f, uint16_t ring)
{
	if (f == NULL || f->n_rings == 0)
		return true;
	for (size_t i = 0; i < f->n_rings; i++) {
		if (f->ring[i] == ring)
			return true;
	}
	return false;
}

/* Keys outside of keyrings are those of the global VRF. */
static bool ring_serves(const struct ike *ike, uint16_t ring,
	const struct ip_addr *local, const char *vrf)
{
	if (ring == 0)
		return vrf[0] == '\0';
	if (ring > ike->config.n_keyrings)
		return false;
	const struct isakmp_keyring *r = &ike->config.keyrings[ring - 1];

	return !r->dead && strcmp(r->vrf, vrf) == 0 &&
	       (r->local.family == 0 || ip_equal(&r->local, local));
}

/* The most specific one; of equals the default keyring's, then the first. */
static const struct isakmp_key *key_find(
	const struct ike *ike, const struct ike_peer *p)
{
	const struct ip_addr *local = &p->path->local.ip;
	const char *vrf = vrf_of(ike, local);
	const struct isakmp_key *best = NULL;
	struct ip_addr addr = peer_addr(p);
	struct wire_id id;
	bool named = peer_id(p, &id);
	int best_fit = -1;

	for (size_t i = 0; i < ike->config.n_keys; i++) {
		const struct isakmp_key *k = &ike->config.keys[i];
		int fit = key_fits(k, &addr, named ? &id : NULL);

		if (fit < best_fit || fit < 0 ||
			(fit == best_fit && best->ring <= k->ring) ||
			!profile_has_ring(p->profile, k->ring) ||
			!ring_serves(ike, k->ring, local, vrf))
			continue;
		best = k;
		best_fit = fit;
	}
	return best;
}

const struct isakmp_peer_policy *peer_policy(
	const struct ike *ike, const struct ip_addr *peer)
{
	for (size_t i = 0; i < ike->config.n_peers; i++) {
		if (ip_equal(&ike->config.peers[i].addr, peer))
			return &ike->config.peers[i];
	}
	return NULL;
}

const struct secret *psk_find(const struct ike *ike, const struct ike_peer *p)
{
	const struct isakmp_key *k;

	if (p->peer != NULL && p->peer->password.n > 0)
		return &p->peer->password;
	k = key_find(ike, p);
	return k == NULL ? NULL : &k->key;
}

/* The part after the first '@' of a user, or after the first '.' of a host. */
static struct span after(struct span s, char mark)
{
	const uint8_t *at = memchr(s.p, mark, s.n);

	return at == NULL ? SPAN(NULL, 0)
			  : SPAN(at + 1, (size_t)(s.p + s.n - at - 1));
}

static bool match_name(const struct isakmp_match *m, const struct wire_id *id)
{
	switch (m->kind) {
	case ISAKMP_MATCH_HOST:
		return id->type == ID_FQDN && text_is(id->data, m->name);
	case ISAKMP_MATCH_HOST_DOMAIN:
		return id->type == ID_FQDN &&
		       text_is(after(id->data, '.'), m->name);
	case ISAKMP_MATCH_USER:
		return id->type == ID_USER_FQDN && text_is(id->data, m->name);
	case ISAKMP_MATCH_USER_DOMAIN:
		return id->type == ID_USER_FQDN &&
		       text_is(after(id->data, '@'), m->name);
	case ISAKMP_MATCH_GROUP:
		return id->type == ID_KEY_ID && text_is(id->data, m->name);
	default:
		return false;
	}
}

static bool match_addr(
	const struct isakmp_match *m, const struct ip_addr *a, const char *vrf)
{
	return m->kind == ISAKMP_MATCH_ADDRESS && strcmp(m->vrf, vrf) == 0 &&
	       addr_matches(&m->addr, m->mask, a);
}

static bool profile_serves(
	const struct isakmp_profile *f, const struct ip_addr *local)
{
	return !f->local_dead &&
	       (!f->local_given || ip_equal(&f->local, local));
}

static const struct isakmp_profile *profile_by_addr(
	const struct ike *ike, const struct udp_path *path)
{
	const struct isakmp_config *c = &ike->config;
	const char *vrf = vrf_of(ike, &path->local.ip);

	for (size_t i = 0; i < c->n_matches; i++) {
		const struct isakmp_profile *f =
			&c->profiles[c->matches[i].profile];

		if (match_addr(&c->matches[i], &path->remote.ip, vrf) &&
			profile_serves(f, &path->local.ip))
			return f;
	}
	return NULL;
}

/* One whose keyrings have no key for the peer is for others. */
const struct isakmp_profile *profile_to_start(
	const struct ike *ike, const struct udp_path *path)
{
	const struct isakmp_profile *f = profile_by_addr(ike, path);
	const struct ike_peer with = { .path = path, .profile = f };
	const struct ike_peer without = { .path = path };

	if (f == NULL || f->n_rings == 0 || key_find(ike, &with) != NULL ||
		key_find(ike, &without) == NULL)
		return f;
	return NULL;
}

const struct isakmp_profile *profile_by_id(const struct ike *ike,
	const struct udp_path *path, const struct wire_id *id)
{
	const struct isakmp_config *c = &ike->config;
	const char *vrf = vrf_of(ike, &path->local.ip);
	struct ip_addr a = { .family = 0 };

	if (id->type == ID_IPV4 && id->data.n == 4) {
		a.family = 4;
		memcpy(a.b, id->data.p, 4);
	}
	for (size_t i = 0; i < c->n_matches; i++) {
		const struct isakmp_match *m = &c->matches[i];
		const struct isakmp_profile *f = &c->profiles[m->profile];

		if ((match_name(m, id) || match_addr(m, &a, vrf)) &&
			profile_serves(f, &path->local.ip))
			return f;
	}
	return NULL;
}

const struct isakmp_profile *sa_profile(const struct ike_sa *sa)
{
	const struct isakmp_config *c = &sa->ike->config;

	for (size_t i = 0; i < c->n_profiles && sa->profile[0] != '\0'; i++) {
		if (strcmp(c->profiles[i].name, sa->profile) == 0)
			return &c->profiles[i];
	}
	return NULL;
}

struct ike_peer sa_peer(const struct ike_sa *sa)
{
	bool by_id = sa->aggressive && !sa->initiator;

	return (struct ike_peer){ .path = &sa->path,
		.id = by_id ? bytes_span(&sa->neg->id_peer) : SPAN(NULL, 0),
		.profile = sa_profile(sa),
		.peer = sa->initiator && sa->aggressive
				? peer_policy(sa->ike, &sa->path.remote.ip)
				: NULL };
}

bool sa_profile_settle(struct ike_sa *sa, const struct wire_id *id)
{
	const struct isakmp_profile *f = profile_by_id(sa->ike, &sa->path, id);
	struct ike_peer peer = sa_peer(sa);
	const struct isakmp_key *k;

	if (f == NULL || sa->profile_set ||
		(sa->initiator && sa->profile[0] == '\0'))
		return true; /* we chose the key ourselves */
	k = key_find(sa->ike, &peer);
	if (sa->policy.auth == IKE_AUTH_PSK && k != NULL &&
		(peer.peer == NULL || peer.peer->password.n == 0) &&
		!profile_has_ring(f, k->ring)) {
		SA_DEBUG(sa, P1_PROFILE_KEY, .text = f->name);
		return false;
	}
	SA_DEBUG(sa, P1_PROFILE, .text = f->name);
	memcpy(sa->profile, f->name, sizeof sa->profile);
	return true;
}
