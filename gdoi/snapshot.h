/* What `show` tells of the engines, as values taken at one moment (seconds are
 * relative to that moment). Labels: show-output.md 1. */
#ifndef GDOI_SNAPSHOT_H
#define GDOI_SNAPSHOT_H
#include "dataplane/ops.h"
#include "gdoi/policy.h"

struct kek_info {
	bool live;
	uint8_t spi[16];             /* both cookies */
	uint32_t conn_id;            /* GM: as in show crypto isakmp sa */
	struct ip_addr dst, src;
	enum cipher_id cipher;
	enum hash_id sig_hash;
	char key_label[129];         /* KS */
	uint16_t sig_key_der_bytes;  /* DER length of the public key */
	uint16_t sig_bytes;          /* modulus in bytes */
	uint32_t orig_secs, remaining_secs, rekey_in_secs;
	uint32_t seq;                /* last sent / accepted */
	bool unicast;
	uint16_t dst_port;
};
struct tek_info {
	uint32_t spi;
	uint16_t sa_number;          /* KS: sa ipsec N */
	char acl_name[ACL_NAME_MAX + 1];
	struct esp_suite suite;
	bool transport_mode;
	uint32_t orig_secs, remaining_secs, elapsed_secs;
	uint32_t rekey_in_secs;      /* KS; LIFE_FOREVER = n/a (old TEK) */
	uint32_t override_secs;
	enum replay_method replay;
	uint32_t replay_window;
	bool sending;                /* GM encrypts with it */
	struct dp_sa_counters count; /* GM */
};
struct ks_member_info {
	struct ip_addr id;
	char version[16];            /* "1.0.26" */
	uint32_t version_id;         /* of our vendor id; 0: others */
	struct ip_addr ks;
	uint32_t rekeys_sent, rekey_retries, acks, acks_missed;
	uint32_t sent_seq[4], rcvd_seq[4];
	uint32_t sid_count;
};
struct ks_sa_info {
	struct ks_sa_policy policy;  /* acl owned by the snapshot */
	bool live;
	uint32_t remaining_secs, rekey_in_secs;
};
struct ks_snapshot {
	struct ks_policy policy;     /* pointers owned by the snapshot */
	uint32_t handle;             /* 1, 2, ...: shown as 0x40000000 + n */
	bool local_ok;               /* address ipv4 is one of ours */
	struct kek_info kek;
	struct tek_info *tek;        /* newest first */
	size_t n_teks;
	struct ks_sa_info sa[KS_SAS_MAX];
	struct ks_member_info *member; /* by address */
	size_t n_members;
	uint64_t rekeys_sent, retransmits;
	uint32_t last_rekey_retransmits, last_rekey_msec;
	bool rekey_in_progress;
	uint32_t retransmit_left_secs;
	uint64_t registrations, refused;
	bool time_based;             /* members have the group's time: */
	uint64_t time_ms;
	uint32_t time_sync_secs;     /* until they are told again */
	uint64_t sids_given, sids_each, sids_all; /* each: of one KSSID */
};
/* What a member does with its SAs: by the key server's policy, unless it was
 * told otherwise (crypto gdoi gm ipsec direction). */
enum gm_direction {
	GM_BOTH,
	GM_INBOUND_ONLY,     /* sends clear, takes only what is encrypted */
	GM_INBOUND_OPTIONAL, /* sends clear, takes both */
};
/* A packet that the dataplane found outside the window. */
#define GM_REPLAY_ERRORS 10
struct gm_replay_error {
	uint64_t wall_ms;            /* when */
	struct dp_replay_failure f;
};
enum gm_state { GM_NOT_INITIALIZED, GM_REGISTERING, GM_REREGISTERING,
	GM_REGISTERED };
struct gm_snapshot {
	struct gm_policy policy;     /* pointers owned by the snapshot */
	enum gm_state state;
	struct ip_addr ks;           /* registered with / registering to */
	uint32_t reregister_in_secs;
	uint32_t registrations_ok, registrations_tried;
	struct ip_addr last_rekey_from;
	uint32_t last_rekey_seq, last_rekey_ago_secs; /* ago valid when rekeys > 0 */
	uint64_t rekeys, rekeys_since_registration, acks_sent;
	uint8_t ack_kind;            /* RFC 8263, 0: none are asked for */
	/* Rekeys whose signature had another form than ours (protocol.md B.2) */
	uint64_t signed_padded, signed_bare;
	enum gm_direction direction;
	struct acl acl;              /* downloaded; owned */
	uint64_t *ace_matches;       /* per entry of acl; owned */
	uint64_t *local_matches;     /* per entry of policy.local_acl; owned */
	bool has_acl;
	struct kek_info kek_new, kek_current, kek_previous;
	uint8_t *sig_key;            /* DER; owned */
	size_t sig_key_n;
	struct tek_info *tek;        /* newest first; owned */
	size_t n_teks;
	uint8_t sid_bits;
	uint32_t sid;
	bool time_based;             /* a TEK carries the group's time, */
	uint32_t d3p_window_ms;      /* that of the box, so far off either way */
	struct dp_replay time;
	uint64_t time_sync_errors;   /* times told that were far from ours */
	struct gm_replay_error replay_error[GM_REPLAY_ERRORS]; /* newest first */
	size_t n_replay_errors;
	uint32_t dp_group;
	struct dp_group_counters count;
	unsigned plaintext_mtu;
	char last_error[128];        /* why the last attempt failed; "" */
};
void ks_snapshot_free(struct ks_snapshot *v, size_t n);
void gm_snapshot_free(struct gm_snapshot *v, size_t n);
#endif
