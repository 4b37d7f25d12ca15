/* What becomes of a packet.  The evaluator follows the order of the rules of
 * the backends' table and reads the lists with selector.c. */
#include "dataplane/path.h"
#include <netinet/in.h>
#include <string.h>

#define GDOI_PORT   848
#define ISAKMP_PORT 500

bool path_encrypts(const struct dp_group *g, bool can_send)
{
	if (!g->policy || !g->encrypt_out)
		return false;
	return can_send || g->no_sa == DP_NO_SA_DROP;
}

bool path_refuses_clear(const struct dp_group *g, bool can_send)
{
	if (!g->policy || g->clear_in != DP_CLEAR_IN_DROP)
		return false;
	return can_send || g->no_sa == DP_NO_SA_DROP;
}

bool path_admits(const struct acl *policy, const struct acl *policy_in,
	const struct packet_key *inner)
{
	return acl_admits(policy_in, inner) || acl_admits(policy, inner);
}

enum path_esp path_esp_entry(const struct ace *e, struct ace *as)
{
	*as = *e;
	if (e->proto == ACE_ANY || e->proto == IPPROTO_ESP)
		return PATH_ESP_ITSELF;
	if (!e->permit)
		return PATH_ESP_SKIP;
	*as = ace_any(true);
	as->src = e->src;
	as->dst = e->dst;
	as->ip6 = e->ip6;
	as->src6 = e->src6;
	as->dst6 = e->dst6;
	return PATH_ESP_ODD;
}

const char *path_why_text(enum path_why w)
{
	static const char *const text[] = {
#define X(name, t) [PATH_WHY_##name] = t,
		PATH_WHYS(X)
#undef X
	};

	return w < ARRAY_LEN(text) ? text[w] : "unknown";
}

/* ---- lists ---- */

static const struct ace *entry_at(const struct acl *a, int i)
{
	return i < 0 ? NULL : &a->v[i];
}

/* Of the local list only the denies count, wherever they stand. */
static const struct ace *local_deny(const struct acl *asked,
	const struct acl *local, const struct packet_key *k)
{
	for (size_t i = 0; asked && i < asked->n; i++)
		if (!asked->v[i].permit && ace_match(&asked->v[i], k))
			return &local->v[i];
	return NULL;
}

/* Asks a group's lists; `in`: mirrored.  The entry is the list's own. */
static enum path_why lists_ask(const struct dp_group_view *v,
	const struct packet_key *k, bool in, const struct ace **entry)
{
	struct acl local = { 0 }, policy = { 0 };
	const struct dp_group *g = &v->cfg;
	enum path_why why = PATH_WHY_NO_MATCH;

	if (in && g->local)
		acl_mirror(&local, g->local);
	if (in)
		acl_mirror(&policy, g->policy);
	*entry = local_deny(in && g->local ? &local : g->local, g->local, k);
	if (*entry) {
		why = PATH_WHY_LOCAL_DENY;
	} else {
		*entry = entry_at(
			g->policy, acl_match(in ? &policy : g->policy, k));
		if (*entry)
			why = (*entry)->permit ? PATH_WHY_SELECTED
					       : PATH_WHY_DENY;
	}
	acl_free(&local);
	acl_free(&policy);
	return why;
}

/* Nothing takes the packet so far: the first reason that an entry gives
 * stands. */
static void pass(struct path_verdict *r, enum path_why why,
	const struct dp_group_view *g, const struct ace *e)
{
	if (r->ace)
		return;
	*r = (struct path_verdict){ PATH_CLEAR, why, g, e, 0 };
}

static bool carries(const struct dp_group_view *g, const struct packet_key *k,
	const char *netdev)
{
	return g->cfg.policy && g->cfg.ip6 == (k->six != NULL) &&
	       !strcmp(g->cfg.netdev, netdev);
}

static const struct path_verdict undecided = { .fate = PATH_CLEAR,
	.why = PATH_WHY_NO_GROUP };

/* ---- outbound ---- */

/* True: the packet is taken, *r says how. */
static bool group_out(const struct dp_group_view *g, const struct packet_key *k,
	struct path_verdict *r)
{
	bool can_send = g->sending != 0;
	const struct ace *e;
	enum path_why why = lists_ask(g, k, false, &e);

	if (why == PATH_WHY_SELECTED && !path_encrypts(&g->cfg, can_send))
		why = g->cfg.encrypt_out ? PATH_WHY_NO_SA_CLEAR
					 : PATH_WHY_RECEIVE_ONLY;
	if (why != PATH_WHY_SELECTED) {
		pass(r, why, g, e);
		return false;
	}
	*r = (struct path_verdict){ PATH_ENCRYPT, why, g, e, g->sending };
	if (!can_send) {
		r->fate = PATH_DROP;
		r->why = PATH_WHY_NO_SA;
	}
	return true;
}

/* What keeps a link of IPv6 usable, as nft_neighbours() of nft.h lets it. */
static bool is_neighbours(const struct packet_key *k)
{
	return k->six && k->proto == IPPROTO_ICMPV6 && k->has_l4 &&
	       ((k->icmp_type >= 130 && k->icmp_type <= 137) ||
		       k->icmp_type == 143);
}

static bool is_gdoi(const struct packet_key *k, uint16_t port)
{
	return k->proto == IPPROTO_UDP && k->has_l4 && port == GDOI_PORT;
}

struct path_verdict path_out(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev, bool own)
{
	struct path_verdict r = undecided;

	if (own && (is_neighbours(k) || (!k->six && is_gdoi(k, k->sport)))) {
		r.why = k->six ? PATH_WHY_NEIGHBOURS : PATH_WHY_GDOI;
		return r;
	}
	for (size_t i = 0; i < n; i++)
		if (carries(&v[i], k, netdev) && group_out(&v[i], k, &r))
			break;
	return r;
}

/* ---- inbound ---- */

/* ESP of an SPI that is not held, at a group that refuses clear packets. */
static bool unknown_esp(const struct dp_group_view *g,
	const struct packet_key *k, struct path_verdict *r)
{
	enum path_esp found = PATH_ESP_SKIP;
	const struct ace *e = NULL;
	struct acl in;
	struct ace as;

	acl_mirror(&in, g->cfg.policy);
	for (size_t i = 0; i < in.n && !e; i++) {
		found = path_esp_entry(&in.v[i], &as);
		if (found != PATH_ESP_SKIP && ace_match(&as, k))
			e = &g->cfg.policy->v[i];
	}
	acl_free(&in);
	if (!e || !e->permit) {
		pass(r, e ? PATH_WHY_DENY : PATH_WHY_NO_MATCH, g, e);
		return false;
	}
	if (found == PATH_ESP_ODD) {
		pass(r, PATH_WHY_ESP_ODD, g, e);
		return false;
	}
	*r = (struct path_verdict){ PATH_DROP, PATH_WHY_ESP_UNKNOWN, g, e, 0 };
	return true;
}

static bool group_in(const struct dp_group_view *g, const struct packet_key *k,
	struct path_verdict *r)
{
	const struct ace *e;
	enum path_why why;

	if (k->proto == IPPROTO_ESP &&
		path_refuses_clear(&g->cfg, g->sending != 0))
		return unknown_esp(g, k, r);
	why = lists_ask(g, k, true, &e);
	if (why == PATH_WHY_SELECTED &&
		path_refuses_clear(&g->cfg, g->sending != 0)) {
		*r = (struct path_verdict){ PATH_DROP, PATH_WHY_CLEAR_REFUSED,
			g, e, 0 };
		return true;
	}
	if (why == PATH_WHY_SELECTED)
		why = g->cfg.clear_in == DP_CLEAR_IN_DROP
			      ? PATH_WHY_NO_SA_CLEAR
			      : PATH_WHY_CLEAR_ACCEPTED;
	pass(r, why, g, e);
	return false;
}

static bool stays_on_link(const struct packet_key *k)
{
	return k->six && k->six->dst.b[0] == 0xff && k->six->dst.b[1] == 2;
}

/* Of an IPv6 network there is nothing that GDOI says over it. */
static bool passes_always(
	const struct packet_key *k, bool ours, struct path_verdict *r)
{
	struct ip_addr dst = packet_dst(k);

	if (is_neighbours(k) && (ours || stays_on_link(k)))
		r->why = PATH_WHY_NEIGHBOURS;
	else if (!k->six && is_gdoi(k, k->dport) &&
		 (ours || ip_is_multicast(&dst)))
		r->why = PATH_WHY_GDOI;
	else
		return false;
	return true;
}

struct path_verdict path_in(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev, bool to_us)
{
	struct path_verdict r = undecided;

	if (passes_always(k, to_us, &r))
		return r;
	for (size_t i = 0; i < n; i++)
		if (carries(&v[i], k, netdev) && group_in(&v[i], k, &r))
			break;
	return r;
}

static bool is_exchange(const struct packet_key *k, bool in)
{
	uint16_t port = in ? k->dport : k->sport;

	return k->proto == IPPROTO_UDP && k->has_l4 &&
	       (port == GDOI_PORT || port == ISAKMP_PORT);
}

void path_fail_close(struct path_verdict *r, const struct acl *list,
	const struct packet_key *k, bool in, bool ours)
{
	struct acl asked = { 0 };
	const struct ace *e;

	if (r->fate != PATH_CLEAR || r->why == PATH_WHY_GDOI ||
		r->why == PATH_WHY_NEIGHBOURS ||
		(ours && !k->six && is_exchange(k, in)))
		return;
	if (in)
		acl_mirror(&asked, list);
	e = entry_at(list, acl_match(in ? &asked : list, k));
	acl_free(&asked);
	*r = (struct path_verdict){ PATH_DROP, PATH_WHY_FAIL_CLOSE, NULL, e, 0 };
	if (e && !e->permit) {
		r->fate = PATH_CLEAR;
		r->why = PATH_WHY_FAIL_CLOSE_DENY;
	}
}

/* The entry by which path_admits() says yes, or NULL. */
static const struct ace *admitting(
	const struct acl *policy, const struct packet_key *k)
{
	const struct ace *e = NULL;
	struct acl in;

	acl_mirror(&in, policy);
	if (path_admits(policy, &in, k)) {
		e = entry_at(policy, acl_judge(&in, k));
		if (!e || !e->permit)
			e = entry_at(policy, acl_judge(policy, k));
	}
	acl_free(&in);
	return e;
}

struct path_verdict path_in_esp(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev)
{
	struct packet_key esp = { .six = k->six,
		.src = k->src,
		.dst = k->dst,
		.proto = IPPROTO_ESP,
		.tos = k->tos,
		.ttl = k->ttl };
	struct path_verdict r = undecided;

	for (size_t i = 0; i < n; i++) {
		const struct acl *policy = v[i].cfg.policy;
		const struct ace *e;

		if (strcmp(v[i].cfg.netdev, netdev) || !v[i].n_sas ||
			v[i].cfg.ip6 != (k->six != NULL))
			continue;
		e = policy ? admitting(policy, k) : NULL;
		if (e)
			return (struct path_verdict){ PATH_DECRYPT,
				PATH_WHY_SELECTED, &v[i], e, v[i].newest };
		r = (struct path_verdict){ PATH_DROP, PATH_WHY_ESP_OUTSIDE,
			&v[i], NULL, v[i].newest };
	}
	return r.group ? r : path_in(v, n, &esp, netdev, false);
}
