/* Deep copies and comparison of policies: engines keep what is lent to them,
 * and absorb only what changed. */
#include "gdoi/gdoi_priv.h"
#include <stdlib.h>
#include <string.h>

/* The views point to const because they are lent; a copy is its holder's. */
static void const_free(const void *p)
{
	union {
		const void *lent;
		void *own;
	} u = { .lent = p };

	free(u.own);
}

const struct acl *policy_acl_dup(const struct acl *a)
{
	struct acl *copy;

	if (a == NULL)
		return NULL;
	copy = xcalloc(1, sizeof(*copy));
	acl_dup(copy, a);
	return copy;
}

void policy_acl_drop(const struct acl *a)
{
	union {
		const struct acl *lent;
		struct acl *own;
	} u = { .lent = a };

	if (u.own == NULL)
		return;
	acl_free(u.own);
	free(u.own);
}

static bool acl_same(const struct acl *a, const struct acl *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return acl_equal(a, b);
}

bool group_id_equal(const struct group_id *a, const struct group_id *b)
{
	return a->is_set == b->is_set && a->is_addr == b->is_addr &&
	       a->number == b->number;
}

void ks_sa_policy_dup(struct ks_sa_policy *dst, const struct ks_sa_policy *src)
{
	*dst = *src;
	dst->acl = policy_acl_dup(src->acl);
}

void ks_policy_dup(struct ks_policy *dst, const struct ks_policy *src)
{
	*dst = *src;
	dst->authorization = policy_acl_dup(src->authorization);
	dst->identity = src->identity != NULL
				? xmemdup(src->identity, sizeof(*src->identity))
				: NULL;
	dst->kssids =
		src->n_kssids != 0 ? xmemdup(src->kssids, src->n_kssids) : NULL;
	for (size_t i = 0; i < src->n_sas; i++)
		ks_sa_policy_dup(&dst->sa[i], &src->sa[i]);
}

void ks_policy_drop(struct ks_policy *p)
{
	policy_acl_drop(p->authorization);
	const_free(p->identity);
	const_free(p->kssids);
	for (size_t i = 0; i < p->n_sas; i++)
		policy_acl_drop(p->sa[i].acl);
	*p = (struct ks_policy){ 0 };
}

static bool ks_sa_equal(
	const struct ks_sa_policy *a, const struct ks_sa_policy *b)
{
	return a->number == b->number && a->complete == b->complete &&
	       strcmp(a->profile, b->profile) == 0 &&
	       strcmp(a->acl_name, b->acl_name) == 0 &&
	       acl_same(a->acl, b->acl) &&
	       esp_suite_equal(&a->suite, &b->suite) &&
	       a->transport_mode == b->transport_mode &&
	       a->life_secs == b->life_secs && a->replay == b->replay &&
	       a->replay_window == b->replay_window &&
	       a->d3p_ms == b->d3p_ms;
}

bool ks_policy_same_kek(const struct ks_policy *a, const struct ks_policy *b)
{
	return a->kek_cipher == b->kek_cipher && a->sig_hash == b->sig_hash &&
	       strcmp(a->key_label, b->key_label) == 0 &&
	       a->key_ecdsa == b->key_ecdsa &&
	       a->kek_life_secs == b->kek_life_secs &&
	       a->unicast == b->unicast && (!a->unicast || a->ack == b->ack) &&
	       (a->unicast || udp_addr_equal(&a->rekey_dst, &b->rekey_dst)) &&
	       ip_equal(&a->local, &b->local);
}

bool ks_policy_same_keys(const struct ks_policy *a, const struct ks_policy *b)
{
	if (!ks_policy_same_kek(a, b) || a->receive_only != b->receive_only ||
		a->n_sas != b->n_sas)
		return false;
	for (size_t i = 0; i < a->n_sas; i++)
		if (!ks_sa_equal(&a->sa[i], &b->sa[i]))
			return false;
	return true;
}

static bool identity_same(
	const struct ks_identity *a, const struct ks_identity *b)
{
	if (a == NULL || b == NULL || a->n != b->n)
		return a == b;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].is_dn != b->v[i].is_dn ||
			strcmp(a->v[i].text, b->v[i].text) != 0)
			return false;
	return true;
}

bool ks_policy_equal(const struct ks_policy *a, const struct ks_policy *b)
{
	return ks_policy_same_keys(a, b) && strcmp(a->group, b->group) == 0 &&
	       strcmp(a->rekey_acl, b->rekey_acl) == 0 &&
	       udp_addr_equal(&a->rekey_dst, &b->rekey_dst) &&
	       group_id_equal(&a->id, &b->id) && a->ip6 == b->ip6 &&
	       a->retransmit_secs == b->retransmit_secs &&
	       a->retransmit_count == b->retransmit_count && a->ack == b->ack &&
	       a->sid_bits == b->sid_bits &&
	       strcmp(a->reg_ifname, b->reg_ifname) == 0 &&
	       acl_same(a->authorization, b->authorization) &&
	       identity_same(a->identity, b->identity) &&
	       a->n_kssids == b->n_kssids &&
	       (a->n_kssids == 0 ||
		       memcmp(a->kssids, b->kssids, a->n_kssids) == 0);
}

void gm_policy_dup(struct gm_policy *dst, const struct gm_policy *src)
{
	*dst = *src;
	dst->local_acl = policy_acl_dup(src->local_acl);
}

void gm_policy_drop(struct gm_policy *p)
{
	policy_acl_drop(p->local_acl);
	*p = (struct gm_policy){ 0 };
}

bool gm_policy_equal(const struct gm_policy *a, const struct gm_policy *b)
{
	if (strcmp(a->group, b->group) != 0 ||
		!group_id_equal(&a->id, &b->id) ||
		a->n_servers != b->n_servers || strcmp(a->map, b->map) != 0 ||
		a->map_seq != b->map_seq ||
		strcmp(a->isakmp_profile, b->isakmp_profile) != 0 ||
		strcmp(a->ifname, b->ifname) != 0 ||
		strcmp(a->netdev, b->netdev) != 0 ||
		!ip_equal(&a->local, &b->local) ||
		!acl_same(a->local_acl, b->local_acl) ||
		a->ip6 != b->ip6 || a->passive != b->passive ||
		a->recovery_secs != b->recovery_secs ||
		a->fail_close_revert != b->fail_close_revert ||
		a->kek_ciphers != b->kek_ciphers ||
		a->sig_hashes != b->sig_hashes || a->n_suites != b->n_suites)
		return false;
	for (size_t i = 0; i < a->n_servers; i++)
		if (!ip_equal(&a->server[i], &b->server[i]))
			return false;
	for (size_t i = 0; i < a->n_suites; i++)
		if (!esp_suite_equal(&a->suites[i], &b->suites[i]))
			return false;
	return true;
}
