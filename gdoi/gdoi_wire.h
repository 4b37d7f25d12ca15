/* GDOI payloads (RFC 6407 5, RFC 8263; protocol.md B): values, decode beside
 * encode.  Decode is total and tolerant as protocol.md tells; encode writes
 * the RFC form. Knows no state. */
#ifndef GDOI_GDOI_WIRE_H
#define GDOI_GDOI_WIRE_H
#include "base/sbuf.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "crypto/suite.h"
#include "dataplane/ops.h"
#include "dataplane/selector.h"
#include "gdoi/isakmp.h"
#include "gdoi/policy.h"

#define GDOI_DOI          2
#define KEK_SPI_BYTES     16
#define SATS_MAX          1200 /* a message has no room for more */
#define TEK_PACKETS_MAX   32
#define SIDS_MAX          16
#define SIG_KEY_DER_MAX   1200

enum id_type { ID_IPV4 = 1, ID_FQDN = 2, ID_USER_FQDN = 3, ID_IPV4_SUBNET = 4,
	ID_IPV6 = 5, ID_IPV6_SUBNET = 6, ID_IPV4_RANGE = 7, ID_IPV6_RANGE = 8,
	ID_DER_DN = 9, ID_KEY_ID = 11 };
/* ID payload; also the ends of SAK and SAT. */
struct wire_id {
	uint8_t type;            /* enum id_type */
	uint8_t protocol;        /* of a whole ID payload; 0 in SAK and SAT */
	uint16_t port;
	struct span data;
};
enum wire_err wire_id_read(struct rd body, struct wire_id *out);
void wire_id_group_put(struct isakmp_wr *m, const struct group_id *g,
	bool host_order);
/* Which of n groups the ID names (protocol.md B.1 tolerance); -1: none. */
int wire_id_match_group(const struct wire_id *id, const struct group_id *v,
	size_t n);

/* SIG_ALGORITHM values that we do (RFC 6407 5.3.6); the curves of ECDSA bring
 * their hash along, whatever SIG_HASH_ALGORITHM says. */
enum sig_alg { SIG_ALG_RSA = 1, SIG_ALG_ECDSA_256 = 4, SIG_ALG_ECDSA_384 = 5,
	SIG_ALG_ECDSA_521 = 6 };
uint8_t sig_alg_of(const struct pkey *k);
/* The hash that goes with an algorithm; HASH_NONE: as the policy says (RSA),
 * or an algorithm that we do not know. */
enum hash_id sig_alg_hash(uint32_t alg);
/* SAK: the KEK policy. */
struct sak {
	uint8_t spi[KEK_SPI_BYTES];
	struct ip_addr src, dst;     /* dst 0.0.0.0 for unicast */
	uint16_t src_port, dst_port;
	enum cipher_id cipher;
	uint32_t life_secs;          /* remaining */
	enum hash_id sig_hash;
	uint8_t sig_alg;             /* enum sig_alg */
	uint16_t sig_key_bits;
	uint8_t ack;                 /* KEK_ACK_REQUESTED, 0 absent */
};
/* SAT: one selector pair of a TEK. */
struct sat {
	uint32_t spi;
	struct esp_suite suite;
	bool transport_mode;
	uint8_t ip_proto;            /* 0 any */
	struct ip_wild src, dst;     /* subnet type as address and wildcard */
	bool ip6;                    /* src6, dst6 instead of these */
	struct ip_prefix src6, dst6; /* any: length 0 */
	uint16_t src_port, dst_port; /* 0 any */
	uint32_t life_secs;          /* remaining */
	uint8_t preservation;        /* 4 both, the default */
	uint8_t direction;           /* 3 symmetric, the default */
};
/* Why a SAT is not for us (protocol.md F.33). */
enum sat_skip { SAT_USABLE, SAT_SKIP_PROTOCOL, SAT_SKIP_TRANSFORM, SAT_SKIP_AUTH,
	SAT_SKIP_ENCAPSULATION, SAT_SKIP_ESN, SAT_SKIP_SUITE, SAT_SKIP_ATTRIBUTE,
	SAT_SKIP_SELECTOR, SAT_SKIP_SPI };
/* How a TEK's packets are kept from being replayed. */
struct tek_replay {
	uint32_t spi;
	enum dp_stamp stamp;
	uint32_t window_ms;          /* as in dp_sa */
	uint32_t counter;            /* window of sequence numbers; 0 none */
};
/* The SA payload with all it nests. */
struct gdoi_sa {
	bool has_sak;
	struct sak sak;
	bool has_gap;
	uint16_t atd_secs, dtd_secs; /* 0 absent */
	struct sat *sat;             /* owned */
	size_t n_sats;
	size_t skipped_sats;
	enum sat_skip skip;          /* why the first of them was, and */
	uint32_t skip_value;         /* the number that we do not know */
	struct sa_habit habit;       /* written so; read in any */
	/* Extensions, towards peers with our VID only: the whole ACL of each
	 * TEK, deny entries, port operators and wildcards included. */
	struct acl_by_spi {
		uint32_t spi;
		struct acl acl;
	} *acls;                     /* owned; empty from others */
	size_t n_acls;
	bool receive_only;
	uint8_t replay;              /* enum replay_method, REPLAY_COUNTER */
	uint32_t replay_window;
	struct tek_replay *replays;  /* owned; of each TEK one, or none */
	size_t n_replays;
	bool has_time;
	uint64_t time_ms;            /* the group's, when this was written */
};
/* "ESP transform 13 not supported"; nothing when no SAT was skipped. */
void gdoi_skip_text(const struct gdoi_sa *sa, struct sbuf *out);
void gdoi_sa_free(struct gdoi_sa *sa);
enum wire_err gdoi_sa_read(struct rd body, struct gdoi_sa *out);
/* to_ours: write our extensions. */
void gdoi_sa_put(struct isakmp_wr *m, const struct gdoi_sa *sa, bool to_ours);

/* KD. */
struct tek_key {
	uint32_t spi;
	struct keybuf enc, auth;     /* enc with salt */
};
struct gdoi_kd {
	bool has_kek;
	uint8_t kek_spi[KEK_SPI_BYTES];
	struct keybuf kek_iv, kek_key;
	uint8_t sig_key[SIG_KEY_DER_MAX]; /* SubjectPublicKeyInfo or RSAPublicKey */
	size_t sig_key_n;
	struct tek_key tek[TEK_PACKETS_MAX];
	size_t n_teks;
	uint8_t sid_bits;            /* 0: no SID packet */
	uint32_t sid[SIDS_MAX];
	size_t n_sids;
};
void gdoi_kd_wipe(struct gdoi_kd *kd);
/* kek: the cipher of the SAK, which tells where IV and key part; CIPHER_NONE
 * when there was no SAK. */
enum wire_err gdoi_kd_read(struct rd body, enum cipher_id kek, struct gdoi_kd *out);
void gdoi_kd_put(struct isakmp_wr *m, const struct gdoi_kd *kd);

enum wire_err gdoi_seq_read(struct rd body, uint32_t *seq);
void gdoi_seq_put(struct isakmp_wr *m, uint32_t seq);
/* GAP of PULL message 3: number of SIDs asked for; 0 when none. */
enum wire_err gdoi_gap_request_read(struct rd body, uint16_t *n_sids);
void gdoi_gap_request_put(struct isakmp_wr *m, uint16_t n_sids);

struct gdoi_delete {
	uint8_t protocol;            /* 1 ESP, 2 AH, 0 KEK */
	uint8_t spi_bytes;
	struct span spis;            /* count * spi_bytes */
	uint16_t count;
};
enum wire_err gdoi_delete_read(struct rd body, struct gdoi_delete *out);
void gdoi_delete_put(struct isakmp_wr *m, uint8_t protocol, const void *spis,
	uint8_t spi_bytes, uint16_t count);

/* Whole PUSH and ACK messages (B.2, B.3). */
struct kek {
	uint8_t spi[KEK_SPI_BYTES];
	enum cipher_id cipher;
	struct keybuf iv, key;
	enum hash_id sig_hash;
	enum rsa_form sig_form;      /* of signatures that we make */
};
struct env;
/* Closes a PUSH: signs (header unpadded, DigestInfo), pads, encrypts in
 * place.  m was begun with push_begin and holds SEQ... up to KD or D. Empty
 * span on failure. */
void push_begin(struct isakmp_wr *m, void *buf, size_t cap, const struct kek *k);
struct span push_seal(struct isakmp_wr *m, const struct kek *k,
	const struct pkey *signer, const struct env *env);
/* Checks form and decrypts a PUSH into buf (as large as the datagram); the
 * caller looks at SEQ, then calls push_verify. */
struct push_msg {
	struct payloads p;           /* SEQ first, SIG last */
	uint32_t seq;
	struct span sig;
	uint8_t *clear;              /* header and body as decrypted */
	size_t clear_n, padded_n;
	/* Which of the tolerated forms push_verify found (protocol.md B.2). */
	bool signed_padded;
	enum rsa_form sig_form;
};
enum wire_err push_open(struct span dgram, const struct kek *k, uint8_t *buf,
	struct push_msg *out);
enum wire_err push_verify(struct push_msg *m, const struct kek *k,
	const struct pkey *signer, const struct env *env);
/* KEK_ACK_REQUESTED (RFC 8263 3): 2 and 4 want LKH, which we do not do. */
enum ack_kind { ACK_NONE = 0, ACK_KEK_SHA256 = 1, ACK_LKH_SHA256 = 2,
	ACK_KEK_SHA512 = 3, ACK_LKH_SHA512 = 4 };
bool ack_kind_known(uint8_t kind);
/* 0: a kind that we cannot do, or no room. */
size_t ack_build(const struct kek *k, uint8_t ack_kind, uint32_t seq,
	const struct ip_addr *member, uint8_t *buf, size_t cap);
/* What checks the ACKs of one KEK, in both readings of RFC 8263 3.2. */
struct ack_keys;
struct ack_keys *ack_keys_new(const struct kek *k, uint8_t ack_kind);
void ack_keys_free(struct ack_keys *keys); /* wipes; NULL is fine */
/* Splits and checks an ACK; its KEK was found by the header's cookies.
 * WIRE_POLICY: of a kind that we cannot do. */
enum wire_err ack_read(struct span dgram, const struct ack_keys *keys,
	uint32_t *seq, struct ip_addr *member);
#endif
