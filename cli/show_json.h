/* JSON of show commands: the counterparts of show.h, functions of the same
 * snapshots.  The caller owns what they return. */
#ifndef CLI_SHOW_JSON_H
#define CLI_SHOW_JSON_H
#include "cli/json.h"
#include "cli/show.h"

/* --- json_gdoi.c: shared --- */
json_t *group_id_json(const struct group_id *id); /* number or address */
/* matches: per entry, or NULL. */
json_t *ace_json(const struct ace *e, const uint64_t *matches);
json_t *acl_json(const struct acl *a, const uint64_t *matches); /* array */
json_t *kek_json(const struct kek_info *k); /* null unless it lives */
json_t *tek_json(const struct tek_info *t);
/* Method and window, the latter in packets, or in seconds and ms. */
void jo_replay(json_t *o, enum replay_method m, uint32_t window);
/* null when it is LIFE_FOREVER. */
void jo_life(json_t *o, const char *key, uint32_t secs);
/* {"groups": []}; *list is lent. */
json_t *groups_json(json_t **list);

/* --- json_gdoi_ks.c --- */
json_t *ks_group_json(const struct ks_snapshot *k);
json_t *ks_json(const struct ks_snapshot *v, size_t n);
json_t *ks_members_json(
	const struct ks_snapshot *v, size_t n, const struct ip_addr *who);
json_t *ks_policy_json(const struct ks_snapshot *v, size_t n);
json_t *ks_acl_json(const struct ks_snapshot *v, size_t n);
json_t *ks_rekey_json(const struct ks_snapshot *v, size_t n);
json_t *ks_replay_json(const struct ks_snapshot *v, size_t n);
json_t *ks_coop_json(const struct ks_snapshot *v, size_t n);
json_t *ks_identifier_json(const struct ks_snapshot *v, size_t n);

/* --- json_gdoi_gm.c --- */
json_t *gm_group_json(
	const struct gm_snapshot *v, size_t n, const char *version);
json_t *gm_json(const struct gm_snapshot *v, size_t n, const char *version);
json_t *gm_acl_json(
	const struct gm_snapshot *v, size_t n, bool download, bool local);
json_t *gm_rekey_json(const struct gm_snapshot *v, size_t n);
json_t *gm_replay_json(const struct gm_snapshot *v, size_t n);
json_t *gm_pubkey_json(const struct gm_snapshot *v, size_t n);
json_t *gm_identifier_json(const struct gm_snapshot *v, size_t n);
json_t *gm_drops_json(const struct dp_group_counters *c);
json_t *gm_counters_json(const struct gm_snapshot *v, size_t n);
json_t *gm_ipsec_sa_json(const struct gm_snapshot *v, size_t n);
json_t *gm_rekey_sa_json(const struct gm_snapshot *v, size_t n);

/* --- json_crypto.c --- */
json_t *isakmp_sa_json(const struct ike_sa_info *ike, size_t n_ike,
	const struct gm_snapshot *gm, size_t n_gm, const struct ks_snapshot *ks,
	size_t n_ks);
json_t *isakmp_count_json(const struct isakmp_count *c);
json_t *isakmp_peers_json(const struct ike_sa_info *v, size_t n);
json_t *isakmp_policy_json(const struct isakmp_policy *v, size_t n);
json_t *isakmp_key_json(const struct isakmp_config *c);
json_t *isakmp_profiles_json(const struct isakmp_config *c, const char *name);
/* Nothing secret. */
json_t *mypubkey_json(const struct stored_key *const *v, size_t n);

/* --- show_admission.c --- */
json_t *call_admission_json(const struct ike_stats *s);
json_t *error_count_json(const struct ike_stats *s);
json_t *gdoi_error_json(const struct ike_stats *s);
const char *json_err_name(enum wire_err e); /* the row's: "TRUNCATED" */

/* --- show_ipsec.c --- */
/* mtu: of the interface that carries the map. */
json_t *ipsec_sa_json(const struct gm_snapshot *g, unsigned mtu);

/* --- json_ip.c --- */
/* Name and state of an interface, to which the others add. */
json_t *iface_json(const struct iface_info *i);
json_t *ip_brief_json(const struct iface_info *i);
json_t *iface_summary_json(const struct iface_info *i);
json_t *iface_full_json(const struct iface_info *i, const struct iface_notes *n,
	uint64_t now_ms);
json_t *iface_platform_json(const struct iface_info *i);
json_t *ip_interface_json(const struct iface_info *i);
json_t *ipv6_interface_json(const struct iface_info *i);
/* {"interfaces": [fn(...)...]} */
typedef json_t *iface_json_fn(const struct iface_info *i);
json_t *ifaces_json(const struct iface_info *v, size_t n, iface_json_fn *fn);
json_t *routes_json(const struct route_info *v, size_t n);
json_t *neighbors_json(const struct neigh_info *v, size_t n);
#endif
