/* Which key and which profile a peer has (ios-cli.md 9.2): by its address, by
 * the identity that it tells, by the address and VRF where it reached us. */
#include "gdoi/debug_priv.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* --- the order of the keys: names, then IPv4 and IPv6, the most specific
 * first; of equals the default keyring's, then that of the first keyring --- */

enum key_class { KEY_NAME, KEY_IPV4, KEY_IPV6 };

static enum key_class key_class(const struct isakmp_key *k)
{
	if (k->addr.family == 0)
		return KEY_NAME;
	return k->addr.family == 6 ? KEY_IPV6 : KEY_IPV4;
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Descending by the mask: of contiguous ones the longest first. */
static int cmp_ipv4(const struct isakmp_key *a, uint32_t mask, uint32_t addr)
{
	int c = cmp_u32(mask, a->mask);

	return c != 0 ? c : cmp_u32(ip_u32(&a->addr) & a->mask, addr);
}

static int key_cmp(const void *x, const void *y)
{
	const struct isakmp_key *a = x, *b = y;
	int c = (int)key_class(a) - (int)key_class(b);

	if (c == 0 && key_class(a) == KEY_NAME)
		c = strcasecmp(a->hostname, b->hostname);
	else if (c == 0 && key_class(a) == KEY_IPV4)
		c = cmp_ipv4(a, b->mask, ip_u32(&b->addr) & b->mask);
	else if (c == 0)
		c = (int)b->prefix - (int)a->prefix;
	return c != 0 ? c : (int)a->ring - (int)b->ring;
}

void psk_sort(struct isakmp_key *v, size_t n)
{
	if (n > 0)
		qsort(v, n, sizeof *v, key_cmp);
}

/* The first key that does not stand before what is sought. */
typedef int key_place(const struct isakmp_key *k, const void *sought);

static size_t lower_bound(
	const struct isakmp_config *c, key_place *place, const void *sought)
{
	size_t low = 0, high = c->n_keys;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (place(&c->keys[mid], sought) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int place_name(const struct isakmp_key *k, const void *sought)
{
	const char *name = sought;

	return key_class(k) == KEY_NAME ? strcasecmp(k->hostname, name) : 1;
}

struct net {
	uint32_t mask, addr;
};
static int place_net(const struct isakmp_key *k, const void *sought)
{
	const struct net *net = sought;

	if (key_class(k) != KEY_IPV4)
		return (int)key_class(k) - KEY_IPV4;
	return cmp_ipv4(k, net->mask, net->addr);
}

static int place_ipv6(const struct isakmp_key *k, const void *sought)
{
	(void)sought;
	return (int)key_class(k) - KEY_IPV6;
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

/* Who asks for a key, and where it reached us. */
struct asker {
	const struct ike *ike;
	const struct isakmp_profile *profile;
	const struct ip_addr *local;
	const char *vrf;
};

static bool key_serves(const struct asker *a, const struct isakmp_key *k)
{
	return profile_has_ring(a->profile, k->ring) &&
	       ring_serves(a->ike, k->ring, a->local, a->vrf);
}

static const struct isakmp_key *by_name(
	const struct asker *a, const struct wire_id *id)
{
	const struct isakmp_config *c = &a->ike->config;
	char name[NAME_MAX_IOS + 1];

	if ((id->type != ID_FQDN && id->type != ID_USER_FQDN &&
		    id->type != ID_KEY_ID) ||
		id->data.n >= sizeof name ||
		memchr(id->data.p, '\0', id->data.n) != NULL)
		return NULL;
	memcpy(name, id->data.p, id->data.n);
	name[id->data.n] = '\0';
	for (size_t i = lower_bound(c, place_name, name);
		i < c->n_keys && place_name(&c->keys[i], name) == 0; i++) {
		if (key_serves(a, &c->keys[i]))
			return &c->keys[i];
	}
	return NULL;
}

/* Mask by mask, from the longest. */
static const struct isakmp_key *by_ipv4(const struct asker *a, uint32_t addr)
{
	const struct isakmp_config *c = &a->ike->config;
	struct net net = { .mask = UINT32_MAX };
	size_t i = lower_bound(c, place_net, &net);

	while (i < c->n_keys && key_class(&c->keys[i]) == KEY_IPV4) {
		net.mask = c->keys[i].mask;
		net.addr = addr & net.mask;
		for (i = lower_bound(c, place_net, &net);
			i < c->n_keys && place_net(&c->keys[i], &net) == 0;
			i++) {
			if (key_serves(a, &c->keys[i]))
				return &c->keys[i];
		}
		net.addr = UINT32_MAX; /* past all of this mask */
		i = lower_bound(c, place_net, &net);
		while (i < c->n_keys && place_net(&c->keys[i], &net) == 0)
			i++;
	}
	return NULL;
}

static const struct isakmp_key *by_ipv6(
	const struct asker *a, const struct ip_addr *addr)
{
	const struct isakmp_config *c = &a->ike->config;

	for (size_t i = lower_bound(c, place_ipv6, NULL); i < c->n_keys; i++) {
		const struct ip_prefix p = { .addr = c->keys[i].addr,
			.len = c->keys[i].prefix };

		if (ip_prefix_contains(&p, addr) && key_serves(a, &c->keys[i]))
			return &c->keys[i];
	}
	return NULL;
}

static const struct isakmp_key *key_find(
	const struct ike *ike, const struct ike_peer *p)
{
	const struct asker a = { .ike = ike,
		.profile = p->profile,
		.local = &p->path->local.ip,
		.vrf = vrf_of(ike, &p->path->local.ip) };
	const struct ip_addr addr = peer_addr(p);
	const struct isakmp_key *k = NULL;
	struct wire_id id;

	if (peer_id(p, &id))
		k = by_name(&a, &id);
	if (k != NULL)
		return k;
	return addr.family == 6 ? by_ipv6(&a, &addr)
				: by_ipv4(&a, ip_u32(&addr));
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

bool profile_serves(
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
