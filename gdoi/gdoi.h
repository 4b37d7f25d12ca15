/* GDOI of one box: the ISAKMP endpoint, its key-server groups and its group
 * memberships.  Dispatches datagrams; owns everything below. */
#ifndef GDOI_GDOI_H
#define GDOI_GDOI_H
#include "gdoi/env.h"
#include "gdoi/exchange.h"
#include "gdoi/policy.h"
#include "gdoi/snapshot.h"
#include "gdoi/store.h"

struct gdoi;
/* store may be NULL (a pure GM). env and store outlive it. */
struct gdoi *gdoi_new(const struct env *env, struct store *store);
/* Registrations to key servers here are refused for that reason: what they
 * must not forget is not to be had, and other keys must not take its place. */
void gdoi_ks_refuse(struct gdoi *g, const char *why);
void gdoi_free(struct gdoi *g); /* wipes keys; tells nobody */
void gdoi_set_isakmp(struct gdoi *g, const struct isakmp_config *c);
/* The whole list each time: groups that vanished stop, changed ones absorb
 * the change, unchanged ones do not notice. */
void gdoi_set_ks(struct gdoi *g, const struct ks_policy *v, size_t n);
void gdoi_set_gm(struct gdoi *g, const struct gm_policy *v, size_t n);
/* A datagram on UDP 848. Hostile until proven otherwise. */
void gdoi_input(struct gdoi *g, const struct udp_path *path, struct span dgram);

/* Exec commands; group NULL = all. false and *why when refused. */
bool gdoi_clear(struct gdoi *g, const char *group, struct sbuf *why);
bool gdoi_ks_rekey(struct gdoi *g, const char *group, bool replace_now,
	struct sbuf *why);
/* GM removal: members register again, `at_once` or before their shortened keys
 * end.  Calls told() for each group whose members are sent the message. */
bool gdoi_ks_members_remove(struct gdoi *g, const char *group, bool at_once,
	void (*told)(void *ctx, const char *group), void *ctx, struct sbuf *why);
/* What the members here do with their SAs from now on, until gdoi_free. */
bool gdoi_gm_direction(struct gdoi *g, const char *group, enum gm_direction d,
	struct sbuf *why);
/* The number of SAs that it ends. */
size_t gdoi_clear_isakmp(
	struct gdoi *g, enum ike_which which, uint32_t conn_id);
void gdoi_errors_clear(struct gdoi *g);    /* drop counters and history */
void gdoi_drops_clear(struct gdoi *g);     /* those of GDOI's messages */
void gdoi_admission_clear(struct gdoi *g); /* call admission counters */
/* Configuration mode was left: reports POLICY_CHANGE where it is due. */
void gdoi_config_left(struct gdoi *g);
/* Does this membership keep its traffic from passing in clear? */
bool gdoi_gm_protects(const struct gdoi *g, const char *map, uint16_t seq,
	const char *group, const char *ifname);
/* Dataplane events, to be wired into struct dp_events by the owner. */
void gdoi_dp_not_ipsec(struct gdoi *g, uint32_t group, const struct packet_key *k);
void gdoi_dp_exhausted(struct gdoi *g, uint32_t group, uint32_t spi);
void gdoi_dp_invalid_spi(struct gdoi *g, uint32_t group, uint32_t spi,
	const struct packet_key *k);

void gdoi_dp_replay_failed(struct gdoi *g, uint32_t group,
	const struct dp_replay_failure *f);
/* Statistics of time-based anti-replay; group NULL = all. */
bool gdoi_replay_clear(struct gdoi *g, const char *group, struct sbuf *why);

/* Snapshots for show; the caller frees with snapshot_*_free. */
size_t gdoi_ks_snapshot(const struct gdoi *g, struct ks_snapshot **out);
size_t gdoi_gm_snapshot(const struct gdoi *g, struct gm_snapshot **out);
size_t gdoi_ike_list(const struct gdoi *g, struct ike_sa_info *out, size_t max);
void gdoi_ike_stats(const struct gdoi *g, struct ike_stats *out);
/* The latest drops first; *deleted: older ones that are gone. */
size_t gdoi_errors(const struct gdoi *g, struct ike_error *out, size_t max,
	uint64_t *deleted);
#endif
