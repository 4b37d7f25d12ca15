/* The key server of one group: what its files share.
 *
 *   ks.c        policy, keys, schedule       ks_pull.c    registrations
 *   ks_push.c   rekeys and acknowledgements  ks_member.c  who is registered
 *   ks_msg.c    keys to SA and KD payloads   ks_store.c   what survives
 *   ks_show.c   snapshots                 ks_store_push.c  the rekey under way
 *   ks_replay.c the time of anti-replay
 *   ks_remove.c all members are to register again */
#ifndef GDOI_KS_PRIV_H
#define GDOI_KS_PRIV_H
#include "base/hash.h"
#include "gdoi/gdoi_priv.h"
#include "gdoi/sid.h"

#define KS_SEQS_SHOWN     4
#define KS_ACKS_MISSED_MAX 3   /* rekeys in a row (ios-cli.md 15.4) */
/* Silence lets so many datagrams go each tick, an answer one more than was
 * answered, until so many are on their way. */
#define KS_PUSH_BATCH      50
#define KS_PUSH_TICK_MS    10
#define KS_PUSH_WINDOW_MAX 1024
#define KS_PUSH_BURST      32  /* worth a turn of their own */
#define KS_LATE_MS        200  /* lets message 4 go ahead of a rekey */
#define KS_PERIODIC_COPIES 2  /* with `periodic` so many count as enough */
#define KS_ACKS_SEEN      256  /* digests of acknowledgements kept */

/* A TEK as it was made: later changes of policy do not touch it. */
struct ks_tek {
	TAILQ_ENTRY(ks_tek) link;
	uint32_t spi;
	struct ks_sa_policy policy;  /* its own copy */
	struct keybuf enc, auth;
	uint64_t created_ms, expires_ms, rekey_ms;
	uint32_t override_secs;      /* life it was cut to, 0 never */
	bool superseded;             /* a newer one of its SA exists */
};
TAILQ_HEAD(ks_teks, ks_tek);

struct ks_kek {
	bool live;
	struct kek k;
	struct pkey *signer;         /* a reference */
	char label[129];
	uint8_t *spki;               /* DER of the public half */
	size_t spki_n;
	uint64_t created_ms, expires_ms, rekey_ms;
	uint32_t life_secs, seq;     /* seq: last used */
	bool unicast;
	enum rekey_ack ack;
	struct udp_addr dst;         /* of its rekeys, when they are multicast */
	struct ack_keys *ack_keys;   /* made when the first one comes */
};

struct ks_member {
	UT_hash_handle hh;           /* by id */
	TAILQ_ENTRY(ks_member) link; /* order of registration */
	struct ip_addr id;           /* source of its registration */
	struct ip_addr ks;           /* our address towards it */
	uint16_t port;
	uint32_t version;            /* of our own protocol; 0 others */
	bool ours;                   /* takes our extensions */
	bool awaited;                /* owes an ack for the rekey under way */
	bool dirty;                  /* its row does not tell: ks_store.c */
	bool leaving;                /* goes unless it registers again */
	uint32_t missed_in_row;
	uint32_t rekeys_sent, rekey_retries, acks, acks_missed;
	uint32_t sent_seq[KS_SEQS_SHOWN], rcvd_seq[KS_SEQS_SHOWN];
	uint8_t n_seqs;
	uint32_t sid_count;
};
TAILQ_HEAD(ks_members, ks_member);

/* Who reads a message: our own take an ACL whole (gdoi_wire_ext.c), others
 * only SATs; a multicast rekey may have to serve both. */
enum ks_readers { KS_READ_OTHERS, KS_READ_OURS, KS_READ_BOTH };

/* A rekey on its way: the same bytes to everyone, once per pass. */
struct ks_push {
	bool active;
	uint8_t *bytes[2];           /* [ours]; [0] serves all when multicast */
	size_t n[2];
	uint8_t kek_spi[KEK_SPI_BYTES];
	uint32_t seq, pass;
	bool acks;                   /* asked for: of our own, or of all */
	bool acks_all;
	bool unicast;                /* false: one copy a pass, to the group */
	bool everyone;               /* not only a late one */
	struct udp_addr dst;         /* multicast: where to, in which form */
	enum ks_readers readers;
	struct ks_member *cursor;    /* next of this pass; NULL: pass is over */
	uint32_t window, in_flight;  /* datagrams that may be, are unanswered */
	uint64_t leak_ms;            /* when some of them are given up */
	bool paced;                  /* the pass waits for the window alone */
	bool to_group;               /* the pass's one datagram is due */
	uint64_t started_ms, pass_ms;
	size_t awaited;
};

struct ks {
	TAILQ_ENTRY(ks) link;
	struct gdoi *g;
	struct ks_policy policy;     /* configured */
	struct ks_policy applied;    /* what the keys were made from */
	bool change_reported, added;
	uint32_t handle;
	struct ks_teks teks;         /* newest first */
	struct ks_kek kek, kek_old;  /* old: for late acknowledgements */
	struct sid_pool sids;
	struct ks_members members;
	struct ks_member *by_id;
	size_t n_members;
	struct ks_push push;
	bool has_time;               /* of time-based anti-replay; it is 0 at */
	uint64_t time_zero_ms;       /* round 2^64 */
	uint64_t sync_ms;            /* when members are told it again */
	struct timer key_timer, push_timer;
	uint64_t rekeys_sent, retransmits, registrations, refused;
	/* Rekeys to each member that are over, and the last numbers. */
	uint64_t rounds;
	uint32_t round_seq[KS_SEQS_SHOWN];
	uint32_t last_rekey_retransmits, last_rekey_msec;
	uint32_t ack_seen[KS_ACKS_SEEN]; /* keyed hashes, a ring */
	unsigned ack_at;
};

/* A registration between message 1 and 3. */
struct ks_pull {
	struct pull base;            /* first */
	TAILQ_ENTRY(ks_pull) link;   /* gdoi.pulls */
	struct ks *ks;
	struct ip_addr peer;
	uint64_t rekeys;             /* sent when the keys were offered */
	uint32_t seq;
	bool counter_mode;
	struct gdoi_kd kd;           /* what message 4 will carry */
};

/* ks.c */
struct ks *ks_new(struct gdoi *g, const struct ks_policy *p);
void ks_free(struct ks *ks);          /* wipes; the store keeps its rows */
void ks_set_policy(struct ks *ks, const struct ks_policy *p);
/* Policy and members gone, the store too; nobody is told (ios-cli.md 14). */
void ks_clear(struct ks *ks);
void ks_config_left(struct ks *ks);
/* Why the group cannot serve; NULL when it can. */
const char *ks_incomplete(const struct ks *ks);
/* Makes what is missing or due; what live keys there are stays. */
void ks_keys_ensure(struct ks *ks);
void ks_schedule(struct ks *ks);
/* When a rekey is due for a key that nobody asked to replace (15.3). */
uint64_t ks_tek_rekey_at(const struct ks *ks, const struct ks_tek *t);
uint64_t ks_kek_rekey_at(const struct ks *ks, const struct ks_kek *k);
enum ks_rekey_how { KS_REKEY_SCHEDULED, KS_REKEY_TRIGGERED, KS_REKEY_REPLACE };
/* New keys as due or asked, and the rekey that carries them. */
void ks_rekey(struct ks *ks, enum ks_rekey_how how);
/* Keys that nobody is sent: members get them when they register. */
void ks_keys_replace(struct ks *ks);
/* To the life that a replaced TEK keeps (15.3). */
void ks_tek_shorten(struct ks_tek *t, uint64_t now);
/* All keys go, members being told to register again. */
void ks_reinitialise(struct ks *ks);
/* Sends what was built, once it cannot be forgotten; text goes into the log's
 * line.  false: nothing is sent. */
bool ks_push_send(struct ks *ks, bool built, const char *text);
bool ks_counter_mode(const struct ks *ks);
uint32_t ks_retransmit_span_secs(const struct ks *ks);
struct ks_tek *ks_tek_newest(const struct ks *ks, uint16_t sa_number);
void ks_tek_free(struct ks *ks, struct ks_tek *t);
void ks_kek_drop(struct ks_kek *k);
bool ks_has_spi(const struct ks *ks, uint32_t spi);

/* ks_remove.c: tells all members to register again, at once or before their
 * shortened keys end, and forgets those who do not.  false: there is no KEK to
 * tell them by, there are no members, or the message cannot be sent. */
bool ks_members_remove(struct ks *ks, bool at_once);

/* ks_msg.c: payloads from keys.  all: old TEKs too, oldest of an SA first;
 * only the newest of each SA has its ACL attached. kek NULL: no SAK. */
void ks_sa_build(const struct ks *ks, const struct ks_kek *kek, bool all,
	enum ks_readers readers, struct gdoi_sa *out);
void ks_kd_build(const struct ks *ks, const struct ks_kek *kek, bool all,
	struct gdoi_kd *out);

/* ks_pull.c */
enum wire_err ks_pull_message(struct gdoi *g, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m);
void ks_pull_free(struct gdoi *g, struct ks_pull *p);
void ks_pulls_drop(struct gdoi *g, const struct ks *ks); /* NULL: of all */

/* ks_push.c */
/* `deleted` SPIs travel in D payloads. under: the KEK that protects; next:
 * the one it brings, or NULL. */
struct ks_push_content {
	const struct ks_kek *next;
	const uint32_t *deleted;
	size_t n_deleted;
	bool delete_all;
	uint32_t atd_secs, dtd_secs; /* 0: no GAP */
};
/* Builds and signs. false: the key is unfit or missing. */
bool ks_push_build(struct ks *ks, struct ks_kek *under,
	const struct ks_push_content *c);
void ks_push_start(struct ks *ks, const char *text);
void ks_push_stop(struct ks *ks);    /* ends the one under way */
void ks_push_tick(void *ks);         /* timer_fn */
/* A member got keys, under the KEK of that SPI, which the last rekey has
 * replaced: it has a copy too. false: it could not read it. */
bool ks_push_late(struct ks *ks, struct ks_member *m,
	const uint8_t spi[KEK_SPI_BYTES]);
enum wire_err ks_ack_input(
	struct ks *ks, const struct udp_path *path, struct span dgram);
/* Goes on with the rekey that a restart interrupted: all copies again, to
 * everyone, for nobody knows who had one. */
void ks_push_resume(struct ks *ks);
void ks_push_forget(struct ks *ks);  /* its bytes */
/* KEK_ACK_REQUESTED for those who are asked; 0: nobody is. */
uint8_t ks_ack_kind(const struct ks_kek *k, bool ours);
bool ks_has_kek(const struct ks *ks, const uint8_t spi[KEK_SPI_BYTES]);

/* ks_member.c */
struct ks_member *ks_member_find(const struct ks *ks, const struct ip_addr *id);
struct ks_member *ks_member_add(struct ks *ks, const struct udp_path *path);
void ks_member_delete(struct ks *ks, struct ks_member *m);
void ks_members_drop(struct ks *ks);
/* Notes that seq was sent, or acknowledged (false: it was before, or is not
 * one of the last). */
void ks_member_sent(struct ks_member *m, uint32_t seq);
bool ks_member_acked(struct ks_member *m, uint32_t seq);

/* ks_store.c: 0 or -errno; without a store all succeed. */
int ks_store_keys(const struct ks *ks);
/* ks_store_push.c: keys and the rekey that was built, or that there is none. */
int ks_store_rekey(const struct ks *ks, bool built);
int ks_store_push_gone(const struct ks *ks);
bool ks_store_push_load(struct ks *ks); /* false: there is none */
int ks_store_member(const struct ks *ks, struct ks_member *m);
/* A rekey is over: its round, and members with whom it went out of the usual.
 * One transaction. */
int ks_store_round(struct ks *ks);
int ks_store_member_gone(const struct ks *ks, const struct ip_addr *id);
void ks_store_forget(const struct ks *ks);
/* Brings back what was stored under the group's name. */
void ks_store_load(struct ks *ks);

/* ks_replay.c: the group's time.  It runs from the first TEK that needs it, and
 * over restarts; members get it with the keys, and again when no rekey brought
 * it for two hours (ios-cli.md 15.7). */
void ks_time_begin(struct ks *ks);   /* unless it runs */
uint64_t ks_time(const struct ks *ks);
bool ks_keeps_time(const struct ks *ks); /* has TEKs with its stamp */
/* The policy of a TEK as it travels. */
struct tek_replay ks_tek_replay(const struct ks_tek *t);
void ks_time_sent(struct ks *ks);    /* by a rekey, just now */
/* When a rekey is due to tell it; UINT64_MAX: never. */
uint64_t ks_time_sync_at(const struct ks *ks);
void ks_time_put(const struct ks *ks, struct wr *w);
void ks_time_load(struct ks *ks, struct rd *r);
/* Do live TEKs ask for what this member, or none that is not of our kind,
 * understands?  Which feature it lacks; NULL: it can take part. */
const char *ks_lacks_stamps(const struct ks *ks, bool ours, uint32_t version);
/* Members that cannot take part any more are told so by silence. */
void ks_members_fit(struct ks *ks);

/* ks_show.c */
void ks_show(const struct ks *ks, struct ks_snapshot *out);
/* ks_identity.c: is an authenticated identity (ID payload) among those? */
bool ks_identity_has(
	const struct ks_identity *id, uint8_t id_type, struct span data);
/* Is the certificate by which a peer was authenticated? Its subject, and its
 * names of hosts, count also where its ID payload tells something else. */
bool ks_identity_has_cert(const struct ks_identity *id, const struct cert *c);
void ks_identity_text(uint8_t id_type, struct span data, struct sbuf *out);
#endif
