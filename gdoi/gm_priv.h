/* The membership of one interface in one group: what its files share.
 *
 *   gm.c       registration: servers, retries, times
 *   gm_pull.c  GROUPKEY-PULL, the member's side
 *   gm_push.c  rekeys received, acknowledgements
 *   gm_msg.c   SA and KD payloads to TEKs with their policy
 *   gm_keys.c  what is installed, rollover, expiry
 *   gm_replay.c the time of anti-replay
 *   gm_mcast.c groups that multicast rekeys come to
 *   gm_show.c  snapshots */
#ifndef GDOI_GM_PRIV_H
#define GDOI_GM_PRIV_H
#include "gdoi/gdoi_priv.h"

#define GM_SLOTS_MAX   KS_SAS_MAX
#define GM_KEKS        3     /* new, current, previous */
#define GM_REACKS_MAX  3     /* repeats of one PUSH that are acked again */
#define GM_SEEN        4     /* PUSHes of a KEK known by their digest */
#define DIGEST_BYTES   32
#define GM_PULLS_AGAIN 10    /* for a group's time that is sure enough */

struct gm_tek {
	TAILQ_ENTRY(gm_tek) link;
	uint32_t spi;
	struct esp_suite suite;
	uint32_t life_secs;          /* when it came */
	uint64_t installed_ms, expires_ms;
	uint64_t send_at_ms;         /* UINT64_MAX: near the old one's end */
	bool may_send;
	struct tek_replay replay;
	bool spent;                  /* no number is left for our sender id */
};
TAILQ_HEAD(gm_teks, gm_tek);

/* One `sa ipsec` of the key server: a policy, its TEK and that one's
 * predecessors; one group of the dataplane. */
struct gm_slot {
	uint32_t dp_id;
	struct acl acl;
	struct gm_teks teks;         /* newest first */
	uint32_t sending_spi;        /* 0: none */
	bool stale;                  /* not in the policy any more */
	bool refused;                /* the dataplane has not got the list */
};

struct gm_kek {
	bool live;
	struct kek k;
	struct pkey *signer;
	uint8_t *der;                /* signature key as it came */
	size_t der_n;
	struct ip_addr src;
	struct udp_addr dst;         /* multicast group, or anything else */
	struct ip_addr joined_at;    /* family 0: not joined */
	uint32_t life_secs, seq, conn_id;
	bool seq_again;              /* PULL's number may come once more */
	uint64_t expires_ms;
	/* Its last PUSHes, a ring, for their repeats; the newest of them may be
	 * acknowledged again. */
	uint8_t seen[GM_SEEN][DIGEST_BYTES];
	unsigned n_seen;
	uint32_t acked_seq, reacks;
};

enum gm_step { GM_DOWN, GM_PAUSE, GM_CONNECT, GM_PULL, GM_UP, GM_N_STEPS };
enum gm_event { GM_EV_START, GM_EV_STOP, GM_EV_TIMER, GM_EV_SA_UP,
	GM_EV_FAILED, GM_EV_REGISTERED, GM_N_EVENTS };

struct gm_pull {
	struct pull base;            /* first; x NULL: none */
	struct gm *gm;
	bool has_sa;
	struct gdoi_sa sa;           /* of message 2 */
	uint64_t asked_ms, offered_ms; /* message 1 first left, 2 came */
};

struct gm {
	TAILQ_ENTRY(gm) link;
	struct gdoi *g;
	struct gm_policy policy;
	enum gm_step step;
	struct timer timer;          /* of the step */
	struct timer key_timer;      /* rollover and expiry */
	size_t server, failed_rounds;
	struct ike_sa *sa;
	struct gm_pull pull;
	bool registered;             /* since the last clear */
	bool fresh_sa;               /* authenticate anew, after a clear */
	struct ip_addr ks;           /* of the last registration */
	uint64_t reregister_ms;
	uint64_t recover_ms;         /* not before then once more */
	struct gm_slot slot[GM_SLOTS_MAX];
	size_t n_slots;
	struct gm_kek kek[GM_KEKS];  /* [0] the newest */
	uint8_t ack_kind;            /* of the newest SAK */
	bool receive_only;
	bool direction_set;          /* locally, to: */
	enum gm_direction direction_local;
	uint64_t clock_ms;           /* the dataplane's was set */
	bool clock_doubtful;         /* by a rekey that a PULL should confirm */
	unsigned pulls_again;
	uint64_t time_sync_errors;
	struct gm_replay_error replay_error[GM_REPLAY_ERRORS]; /* a ring */
	unsigned n_replay_errors;
	uint8_t sid_bits;            /* 0: no sender id */
	uint32_t sid;
	uint32_t registrations_ok, registrations_tried;
	struct ip_addr last_rekey_from;
	uint32_t last_rekey_seq;
	uint64_t last_rekey_ms;
	uint64_t rekeys, rekeys_since, acks_sent;
	/* Of the forms that protocol.md B.2 leaves open, those not ours. */
	uint64_t signed_padded, signed_bare;
	char last_error[128];
};

/* gm.c */
struct gm *gm_new(struct gdoi *g, const struct gm_policy *p);
void gm_free(struct gm *gm);
void gm_set_policy(struct gm *gm, const struct gm_policy *p);
/* Same interface, map entry and group: the new policy goes to this one. */
bool gm_is_for(const struct gm *gm, const struct gm_policy *p);
void gm_clear(struct gm *gm);
/* The configuration of phase 1 changed: a pause is cut short. */
void gm_retry_soon(struct gm *gm);
/* The only function that changes the step. */
void gm_step(struct gm *gm, enum gm_event ev);
void gm_fail(struct gm *gm, const char *fmt, ...)
	__attribute__((format(printf, 2, 3))); /* sets last_error, steps */
void gm_sa_down(struct gm *gm, enum ike_down why);
void gm_notify(struct gm *gm, uint16_t type);
/* New keys came: when to ask for others if no rekey follows (15.2). */
void gm_reregister_set(struct gm *gm);
/* Keys were deleted under us: register again soon. */
void gm_lost_keys(struct gm *gm);
/* A packet came whose SA or time we do not know: others may have keys that we
 * lack (client recovery-check). */
void gm_data_error(struct gm *gm);
/* Has it a policy that keeps traffic from passing in clear?  Since it has
 * registered, unless `client fail-close revert` gives that up. */
bool gm_protects(const struct gm *gm);
/* To be told before `registered` has an effect, either way. */
void gm_changed(const struct gm *gm);
bool gm_server_known(const struct gm *gm, const struct ip_addr *ks);
const struct ip_addr *gm_server(const struct gm *gm);
/* One PULL at a time on an SA: starts the next that waits. */
void gm_sa_turn(struct gdoi *g, struct ike_sa *sa);

/* gm_pull.c */
void gm_pull_start(struct gm *gm);
void gm_pull_stop(struct gm *gm);
enum wire_err gm_pull_message(struct gm *gm, const struct exchange_msg *m);

/* gm_push.c */
enum wire_err gm_push_input(
	struct gm *gm, const struct udp_path *path, struct span dgram);
struct gm_kek *gm_kek_find(struct gm *gm, const uint8_t spi[KEK_SPI_BYTES]);

/* gm_msg.c */
struct gm_msg_tek {
	uint32_t spi;
	const struct sat *sat;       /* the first of that SPI */
	const struct tek_key *key;
	size_t slot;
};
struct gm_msg {
	struct gm_msg_tek tek[TEK_PACKETS_MAX];
	size_t n;
	struct acl acl[GM_SLOTS_MAX]; /* owned */
	size_t n_slots;
};
/* Pairs SATs, keys and ACLs; lends from sa and kd. Unusable TEKs are left out
 * (protocol.md F.33). */
void gm_msg_read(const struct gm *gm, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, struct gm_msg *out);
void gm_msg_free(struct gm_msg *m);
/* Is what the server offers within `client ...`?  Reports why not. */
bool gm_offer_ok(struct gm *gm, const struct gdoi_sa *sa,
	const struct ip_addr *ks, struct sbuf *why);

/* gm_keys.c */
/* pull_seq: of a PULL's SEQ, whose policy is whole; NULL: a rekey, whose
 * delays count.  false: nothing usable, or the dataplane refused. */
bool gm_keys_install(struct gm *gm, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, const uint32_t *pull_seq);
void gm_keys_delete(struct gm *gm, uint32_t spi); /* 0: all */
void gm_keys_drop(struct gm *gm);    /* keys and policy */
void gm_keys_tick(void *gm);         /* timer_fn */
void gm_policy_refresh(struct gm *gm); /* flags or local ACL changed */
void gm_kek_drop(struct gm *gm, struct gm_kek *k);
void gm_keks_drop(struct gm *gm);
bool gm_has_keys(const struct gm *gm);
enum gm_direction gm_direction(const struct gm *gm); /* in force */
/* The dataplane ran out of numbers for that TEK: a registration brings another
 * sender id (RFC 6054). */
void gm_tek_spent(struct gm *gm, uint32_t spi);
void gm_direction_set(struct gm *gm, enum gm_direction d);
/* A counter-mode TEK came by rekey to one who never got a sender id: only a
 * PULL brings one (RFC 6407 4.4). */
bool gm_lacks_sid(const struct gm *gm);
size_t gm_tek_count(const struct gm *gm);
struct gm_tek *gm_tek_find(struct gm *gm, uint32_t spi, struct gm_slot **slot);

/* gm_replay.c: the group's time, which the dataplane keeps. */
/* false and *why: the dataplane keeps none, and packets are to be stamped. */
bool gm_replay_ok(
	const struct gm *gm, const struct gdoi_sa *sa, struct sbuf *why);
/* The policy of one TEK; from others than our own there is none. */
struct tek_replay gm_tek_replay(const struct gdoi_sa *sa, uint32_t spi);
/* Message 2 took so long that the time in it may be wrong by more than the
 * window allows: a few times the PULL begins anew. */
bool gm_time_unsure(const struct gm *gm);
/* Sets the dataplane's clock by what came.  Before TEKs are installed. */
void gm_time_take(struct gm *gm, const struct gdoi_sa *sa, bool is_rekey);
void gm_replay_failed(struct gm *gm, const struct dp_replay_failure *f);
void gm_replay_clear(struct gm *gm);
void gm_replay_show(const struct gm *gm, struct gm_snapshot *out);

/* gm_mcast.c */
bool gm_kek_is_multicast(const struct gm_kek *k);
void gm_kek_join(struct gm *gm, struct gm_kek *k); /* if its rekeys need it */
void gm_kek_leave(struct gm *gm, struct gm_kek *k);
void gm_keks_rejoin(struct gm *gm); /* the address of registration changed */
/* Is a PUSH under k that came to `local` for this membership? */
bool gm_push_is_for(const struct gm *gm, const struct gm_kek *k,
	const struct udp_addr *local);
void gm_transport_report(const struct gm *gm, const struct gm_kek *old,
	const struct gm_kek *next);

/* gm_show.c */
void gm_show(const struct gm *gm, struct gm_snapshot *out);
#endif
