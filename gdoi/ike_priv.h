/* Inside of the ISAKMP endpoint: ike.c (endpoint), phase1*.c (the
 * negotiation), exchange.c (what runs under an SA), limit.c (sources). */
#ifndef GDOI_IKE_PRIV_H
#define GDOI_IKE_PRIV_H
#include "base/list.h"
#include "crypto/cipher.h"
#include "crypto/prf.h"
#include "gdoi/exchange.h"
#include "gdoi/gdoi_wire.h"
#include "gdoi/report.h"

#include "base/hash.h"

/* Retransmission (protocol.md A.11): 1 s doubling, five tries. */
#define IKE_RETRANSMIT_MS   1000
#define IKE_TRIES           5
#define IKE_FALLBACK_TRIES  3 /* with the other DOI, after silence */
/* Longer than a peer's whole schedule: 31 s. */
#define IKE_HALF_OPEN_MS    35000
#define IKE_REPLY_CACHE_MS  40000
#define IKE_RESENDS_MAX     8 /* of one cached answer */
/* An SA that nobody needs; the responder waits for the initiator's Delete. */
#define IKE_RELEASE_MS       60000
#define IKE_RELEASE_GRACE_MS 5000
#define IKE_TOMB_MS          60000 /* a deleted SA is still shown */
#define IKE_TOMBS_MAX        64

#define IKE_HALF_OPEN_MAX        8192
#define IKE_PRESSURE             256 /* half-open SAs: then without one */
#define IKE_REFUSALS_PRESSED     200 /* a second, of all sources */
#define FIRSTS_MAX               8192 /* kept bodies of message 1 */
#define FIRSTS_PROVED_MAX        1024
#define IKE_HALF_OPEN_SOURCE_MAX 128
#define IKE_SAS_MAX              400000
#define IKE_SAS_PEER_MAX         8 /* up, of one identity and address */
#define IKE_SOURCES_IDLE_MAX     8192
#define IKE_SOURCE_RATE          200 /* public-key operations a second */
#define IKE_SOURCE_BURST         400
/* Responders of Aggressive Mode: a second, all sources together. */
#define IKE_AGGRESSIVE_RATE      100
#define IKE_AGGRESSIVE_BURST     200
#define IKE_SA_BODY_MAX          4096
#define IKE_TRANSFORMS_MAX       128
#define IKE_NONCE_SHORT          20 /* with hashes up to SHA-1 */
#define IKE_NONCE_LONG           32
#define IKE_NONCE_MIN            8
#define IKE_NONCE_MAX            256
#define IKE_CERTREQS_MAX         8
#define IKE_PEER_ID_MAX          512
#define IKE_OWN_ID_MAX           4096 /* a DN may be long */
#define IKE_EXCHANGES_MAX        16 /* of one SA, ended ones included */
#define IKE_INFO_MIDS            8
#define IKE_DATAGRAM_MAX         1252 /* with IP and UDP 1280 */
#define IKE_FRAGMENTS_MAX        255
#define IKE_FRAGMENT_MS          30000
#define IKE_FRAGMENT_SOURCE_BYTES (256u << 10)
#define IKE_FRAGMENT_BYTES       (16u << 20)
#define IKE_DPD_TRIES            5
#define IKE_FIRST_CONN_ID        1001
#define IKE_MARKER_BYTES         4

#define N_SPI_BYTES (2 * COOKIE_BYTES)
enum notify_type { N_UNSUPPORTED_EXCHANGE = 29, N_RESPONDER_LIFETIME = 24576,
	N_INITIAL_CONTACT = 24578, N_R_U_THERE = 36136,
	N_R_U_THERE_ACK = 36137 };

#define COOKIE_BYTES 8
#define DIGEST_BYTES 32

/* Heap bytes of one owner. */
struct bytes {
	uint8_t *p;
	size_t n;
};
void bytes_set(struct bytes *b, const void *p, size_t n);
void bytes_free(struct bytes *b); /* wipes */
static inline struct span bytes_span(const struct bytes *b)
{
	return SPAN(b->p, b->n);
}

TAILQ_HEAD(ike_sa_list, ike_sa);
TAILQ_HEAD(exchange_list, exchange);

/* One source address: its tokens and its SAs (limit.c). */
struct source {
	UT_hash_handle hh;
	TAILQ_ENTRY(source) idle_link; /* while it has no SA */
	struct ip_addr addr;
	uint32_t milli_tokens;
	uint64_t refilled_ms;
	uint32_t half_open;
	size_t fragment_bytes; /* of its SAs */
	struct ike_sa_list sas;
};
struct limits {
	struct source *by_addr;
	TAILQ_HEAD(, source) idle; /* least recently used first */
	size_t n_idle;
	uint32_t half_open; /* of all sources */
	size_t fragment_bytes;
	uint64_t refusals_at_ms; /* refusals under pressure */
	uint32_t refusals;
};
void limits_init(struct limits *l);
void limits_fini(struct limits *l); /* all sources are idle */
/* Lent until the next call, unless an SA is put on it. */
struct source *source_find(const struct limits *l, const struct ip_addr *addr);
struct source *source_get(
	struct limits *l, const struct ip_addr *addr, uint64_t now_ms);
bool source_take(struct source *s, uint64_t now_ms); /* a token */
/* May a new SA with that peer begin?  Counts and tells what it refuses. */
enum wire_err ike_admit(
	struct ike *ike, const struct udp_path *path, bool incoming);
uint32_t ike_negotiation_limit(const struct ike *ike); /* in force */
bool ike_pressed(const struct ike *ike); /* many SAs are half open */
bool ike_may_refuse(struct ike *ike, const struct ip_addr *peer);
void source_add(struct limits *l, struct source *s, struct ike_sa *sa);
void source_del(struct limits *l, struct source *s, struct ike_sa *sa);

enum sa_state {
	SA_NEW,  /* initiator, nothing sent */
	SA_I1,   /* offer sent */
	SA_I3,   /* KE sent */
	SA_I5,   /* proof sent */
	SA_R0,   /* responder, an acceptable offer arrived */
	SA_R2,   /* answer sent */
	SA_R4,   /* KE sent */
	SA_A1,   /* initiator of Aggressive Mode, its offer and KE sent */
	SA_A2,   /* its responder, everything sent, a proof is due */
	SA_UP,
	SA_DOWN,
	SA_N_STATES
};
enum sa_event_kind {
	EV_START,
	EV_MESSAGE,
	EV_TIMER,
	EV_REFUSED, /* the peer says it does not take our offer */
	EV_DOOM,    /* deletion was asked for, by us or by the peer */
	EV_N
};

/* A datagram, its header read. */
struct ike_dgram {
	const struct udp_path *path;
	struct isakmp_hdr hdr;
	struct span whole, body; /* without marker; after the header */
	bool marker;
	uint8_t digest[DIGEST_BYTES];
};
struct sa_event {
	enum sa_event_kind kind;
	const struct ike_dgram *in; /* EV_MESSAGE */
	struct payloads p;          /* its payloads, in clear */
	enum wire_err err;          /* set by a handler that refuses */
};

/* Phase-1 attributes (protocol.md A.3). */
enum p1_attr {
	P1_ENCRYPTION = 1,
	P1_HASH = 2,
	P1_AUTH = 3,
	P1_GROUP = 4,
	P1_LIFE_TYPE = 11,
	P1_LIFE_DURATION = 12,
	P1_KEY_LENGTH = 14
};
enum { LIFE_SECONDS = 1 };

/* A transform as offered or chosen. */
struct ike_transform {
	uint8_t number;
	bool usable;         /* every attribute was understood */
	struct isakmp_policy policy;
	struct span attrs;   /* as they stand on the wire */
};
struct ike_offer {
	uint32_t doi, situation;
	uint8_t proposal;
	size_t n;
	struct ike_transform t[IKE_TRANSFORMS_MAX];
};
/* Whom a negotiation is with, as far as it is known: what its key and its
 * profile are chosen by. */
struct ike_peer {
	const struct udp_path *path;
	struct span id; /* body of its ID payload; empty: not told yet */
	const struct isakmp_profile *profile; /* NULL: none, or not known */
	const struct isakmp_peer_policy *peer; /* NULL: it has none */
};
/* phase1_key.c */
/* Of an SA under negotiation; lent as long as that. */
struct ike_peer sa_peer(const struct ike_sa *sa);
/* Brings keys into the order that psk_find searches. */
void psk_sort(struct isakmp_key *v, size_t n);
/* The pre-shared key for a peer; NULL: there is none. Lent until the next
 * configuration. */
const struct secret *psk_find(const struct ike *ike, const struct ike_peer *p);
/* The profile to begin with towards a peer: the first for its address. */
const struct isakmp_profile *profile_to_start(
	const struct ike *ike, const struct udp_path *path);
/* The first that is for this identity. */
const struct isakmp_profile *profile_by_id(const struct ike *ike,
	const struct udp_path *path, const struct wire_id *id);
/* Is it for peers that reach us at that address? */
bool profile_serves(
	const struct isakmp_profile *f, const struct ip_addr *local);
/* The profile that an SA was given; NULL: none, or it is gone. */
const struct isakmp_profile *sa_profile(const struct ike_sa *sa);
/* The peer has told its identity: gives the SA its profile. False: the key
 * that it came with is none of that profile's. */
bool sa_profile_settle(struct ike_sa *sa, const struct wire_id *id);
/* crypto isakmp peer for that address, or NULL. */
const struct isakmp_peer_policy *peer_policy(
	const struct ike *ike, const struct ip_addr *peer);

/* ike_config.c */
void isakmp_config_dup(
	struct isakmp_config *out, const struct isakmp_config *c);
void isakmp_config_free(struct isakmp_config *c); /* what _dup made */

/* phase1_sa.c */
enum wire_err ike_offer_read(struct span body, struct ike_offer *out);
/* Our policies in order against all transforms offered; NULL: none. */
const struct ike_transform *ike_offer_choose(const struct ike *ike,
	const struct ike_peer *peer, const struct ike_offer *o,
	struct isakmp_policy *out);
/* Writes our offer; the number of transforms in it. With first they are those
 * of one group, that of the first policy that is usable, which it gets. */
size_t ike_offer_put(struct isakmp_wr *m, const struct ike *ike,
	const struct ike_peer *peer, uint8_t doi, struct isakmp_policy *first);
void ike_answer_put(struct isakmp_wr *m, const struct ike_offer *o,
	const struct ike_transform *t);

struct ike_keys {
	const struct cipher_alg *cipher;
	enum hash_id hash;
	struct keybuf a;              /* SKEYID_a */
	uint8_t key[CIPHER_MAX_KEY];
};

/* What only the negotiation needs; freed when the SA is up. */
struct negotiation {
	struct bytes sai;     /* body of the initiator's SA payload */
	struct dh *dh;
	struct secret shared; /* g^xy */
	struct keybuf skeyid; /* SKEYID_d and _e have made all they are for */
	struct bytes ke_i, ke_r, ni, nr;
	struct bytes id_own, id_peer; /* bodies of the ID payloads */
	uint8_t refused_digest[DIGEST_BYTES];
	struct bytes certreq[IKE_CERTREQS_MAX]; /* names of CAs, the peer's */
	unsigned n_certreqs;
	bool proof_refused;   /* the peer's keys are not ours, it seems */
	bool initial_contact; /* the peer says it has no other SA with us */
};

struct reassembly;
/* Dead peer detection of one SA (dpd.c). */
struct dpd {
	bool peer_can, seq_set, peer_seq_set;
	uint32_t seq, peer_seq; /* of the last question, ours and the peer's */
	unsigned tries;         /* questions without an answer */
	uint64_t heard_ms;
	struct ike_keepalive applied;
	struct timer timer;
};

struct ike_sa {
	TAILQ_ENTRY(ike_sa) link, source_link;
	UT_hash_handle hh;
	struct ike *ike;
	struct source *source;
	struct sa_key {
		uint8_t cky_i[COOKIE_BYTES];
		uint8_t remote[19]; /* family, address, port */
	} key;
	uint8_t cky_r[COOKIE_BYTES];
	struct udp_path path;
	enum sa_state state;
	bool initiator, aggressive, marker;
	bool fallback;        /* this is the offer with the other DOI */
	bool half_open;       /* counted as such */
	bool notify_up;       /* ike_connect waits for sa_up */
	bool doomed, tell_peer, released;
	bool peer_ours, peer_fragments;
	bool muted;           /* sends nothing: first_resume */
	uint16_t first_slot;
	uint32_t first_serial;
	uint8_t doi;
	enum ike_down why;
	uint32_t conn_id, peer_version;
	struct isakmp_policy policy;
	struct negotiation *neg;
	struct ike_keys keys;
	uint8_t iv[CIPHER_MAX_BLOCK]; /* phase-1 chain; frozen when up */
	uint8_t peer_id_type;
	struct bytes peer_id;
	struct cert *peer_cert; /* NULL: it has a pre-shared key */
	struct cert **peer_cas; /* which came with it */
	size_t n_peer_cas;
	char profile[NAME_MAX_IOS + 1]; /* "" none */
	bool profile_set;               /* by who began */
	uint64_t expires_ms;
	struct timer timer, kick;
	unsigned tries, max_tries, resends;
	struct bytes tx;      /* last phase-1 datagram, for retransmission */
	uint8_t rx_digest[DIGEST_BYTES]; /* of the last one accepted */
	uint32_t info_mid[IKE_INFO_MIDS]; /* accepted lately */
	unsigned info_at;
	struct exchange_list exchanges;
	size_t n_exchanges;
	struct reassembly *reassembly; /* NULL: no part is here */
	struct dpd dpd;
};

struct exchange {
	TAILQ_ENTRY(exchange) link;
	struct ike_sa *sa;
	uint32_t mid;
	unsigned received, tries, resends;
	bool ended, busy, expect_reply, ours;
	bool authentic, told; /* proved its sender; who got a notification */
	uint8_t iv[CIPHER_MAX_BLOCK];      /* of the next message */
	uint8_t rx_last[CIPHER_MAX_BLOCK]; /* of the message being handled */
	uint8_t rx_digest[DIGEST_BYTES];
	struct bytes tx;     /* sent last */
	struct bytes staged; /* goes out when the handler says WIRE_OK */
	bool staged_expect;
	struct timer timer;
	void *user;
};

/* Bodies of message 1 (first.c). */
struct first;
TAILQ_HEAD(first_list, first);
struct firsts {
	struct first *by_body;
	struct first_list unproved, proved; /* least recently used first */
	struct first *slot[FIRSTS_MAX];
	unsigned n, n_proved, at;
	uint32_t serial;
	struct prf_key *mac; /* of our cookies; NULL: not made yet */
};
void firsts_init(struct firsts *f);
void firsts_fini(struct firsts *f);
/* Keeps the body of a first message; NULL: it is too long. */
struct first *first_keep(struct ike *ike, const struct ike_dgram *in);
uint32_t first_serial(const struct first *e); /* 0 of NULL */
uint16_t first_slot(const struct first *e);
/* That body led to an SA: it stays. */
void first_proved(struct ike *ike, uint16_t slot, uint32_t serial);
/* Answers message 1 without an SA. */
enum wire_err first_answer(struct ike *ike, const struct ike_dgram *in,
	const struct ike_offer *o, const struct ike_transform *t);
bool first_resumes(const struct ike_dgram *in); /* could it be message 3? */
/* Makes the SA for which message 3 came. */
enum wire_err first_resume(struct ike *ike, const struct ike_dgram *in);

/* The last drops (history.c). */
struct history {
	struct ike_error *v;
	size_t max, n, at;
	uint64_t deleted;
};
void history_size(struct history *h, size_t max);
void history_fini(struct history *h);

struct tomb {
	struct ike_sa_info info;
	uint64_t until_ms;
};
struct ike {
	struct env env;
	struct ike_doi doi;
	struct isakmp_config config; /* keys owned */
	struct ike_sa *by_key;
	struct ike_sa_list sas;      /* in order of creation */
	size_t n_sas;
	struct limits limits;
	struct firsts firsts;
	struct history history;
	const struct ike_dgram *in; /* being judged, or NULL */
	uint32_t next_conn_id;
	struct ike_stats stats;
	struct tomb tomb[IKE_TOMBS_MAX];
	unsigned tomb_at;
	uint32_t aggr_milli_tokens;
	uint64_t aggr_refilled_ms;
	uint8_t out[ISAKMP_MSG_MAX + CIPHER_MAX_BLOCK];
	uint8_t clear[ISAKMP_MSG_MAX];
};

/* ike.c */
uint64_t ike_now(const struct ike *ike);
void ike_drop(struct ike *ike, enum wire_err e);
void ike_report(const struct ike *ike, enum report_id id,
	const struct ip_addr *peer, enum wire_err e, uint32_t n,
	const char *text);
void ike_transmit(struct ike_sa *sa, struct span data); /* marker as due */
/* One datagram as it is. */
void ike_send(struct ike *ike, const struct udp_path *path, bool marker,
	struct span data);
/* A message made of parts that came like `part`. */
void ike_reassembled(
	struct ike *ike, const struct ike_dgram *part, struct span whole);

/* ike_sa.c */
struct ike_sa *sa_new(
	struct ike *ike, const struct udp_path *path, bool initiator);
/* Under the cookies of message 1 and this one of ours. */
struct ike_sa *sa_new_responder(struct ike *ike, const struct ike_dgram *in,
	const uint8_t *cky_r);
void sa_free(struct ike_sa *sa); /* tells nobody */
struct ike_sa *sa_find(
	const struct ike *ike, const uint8_t *cky_i, const struct udp_path *path);
void sa_key_set(struct ike_sa *sa, const uint8_t *cky_i);
/* A responder's cookie for cky_i, or an initiator's when that is NULL. */
void cookie_make(struct ike *ike, const uint8_t *cky_i, uint8_t *out);
/* Gives an initiator a fresh cookie and its place under it. */
void sa_renew_cookie(struct ike_sa *sa);
void sa_hdr(const struct ike_sa *sa, uint8_t exchange, uint8_t flags,
	uint32_t mid, struct isakmp_hdr *out);
/* Sends and keeps a phase-1 message. */
void sa_send(struct ike_sa *sa, struct span data);
/* Adds zero padding, closes the message and encrypts it; iv moves on. Empty
 * when it does not fit. */
struct span sa_encrypt(struct ike_sa *sa, struct isakmp_wr *m, uint8_t *iv);
/* Decrypts into ike->clear and splits. */
enum wire_err sa_decrypt(const struct ike_sa *sa, const struct ike_dgram *in,
	const uint8_t *iv, struct payloads *out);
/* First IV of a later exchange (protocol.md A.8). */
void sa_first_iv(const struct ike_sa *sa, uint32_t mid, uint8_t *iv);
void sa_arm(struct ike_sa *sa, uint64_t delay_ms);
void sa_kick(struct ike_sa *sa); /* acts once control is back at the loop */
void sa_hold(struct ike_sa *sa); /* takes a released one up again */
void sa_doom(struct ike_sa *sa, enum ike_down why, bool tell_peer);
void sa_came_up(struct ike_sa *sa);
/* Ends all but `keep` older SAs of the same identity at the same address. */
void sa_drop_older(struct ike_sa *sa, size_t keep);
void sa_shorten(struct ike_sa *sa, uint32_t life_secs);
uint8_t sa_exchange(const struct ike_sa *sa); /* type of its phase 1 */
void sa_teardown(struct ike_sa *sa); /* entered SA_DOWN: tells, frees */
void sa_info(const struct ike_sa *sa, struct ike_sa_info *out);

/* phase1.c */
void sa_step(struct ike_sa *sa, struct sa_event *ev); /* sa may be gone after */
const char *sa_state_name(const struct ike_sa *sa);
const char *sa_mode_name(const struct ike_sa *sa); /* "Main", "Aggressive" */

/* phase1_aggr.c: message 1 of Aggressive Mode, before anything is kept. */
enum wire_err aggr_offer_check(struct ike *ike, const struct ike_dgram *in,
	const struct payloads *p, const struct ike_offer *o);
bool aggr_take(struct ike *ike); /* may the answer be computed now? */

/* phase1_auth.c: one row a method, so that signatures are another row. */
struct auth_method {
	enum ike_auth id;
	/* Have we what it takes with this peer? */
	bool (*usable)(const struct ike *ike, const struct ike_peer *peer);
	bool (*skeyid)(struct ike_sa *sa, uint8_t *out);
	/* HASH, or CERT and SIG; false: our key or certificate is gone. */
	bool (*prove)(struct ike_sa *sa, struct isakmp_wr *m, const uint8_t *hash);
	enum wire_err (*check)(
		struct ike_sa *sa, const struct payloads *p, const uint8_t *hash);
	/* Subject of our certificate, DER, lent; NULL: it has none. */
	struct span (*own_dn)(const struct ike_sa *sa);
};
const struct auth_method *auth_method(enum ike_auth id); /* NULL: unknown */
/* phase1_sig.c: those by signature. */
const struct auth_method *auth_method_signature(enum ike_auth id);
/* Ends the SAs of peers whose certificates are revoked now. */
void ike_end_revoked(struct ike *ike);
void sa_peer_cert_free(struct ike_sa *sa);
/* The method that a key signs by. */
enum ike_auth ike_auth_of_key(const struct pkey *k);
/* The hash of HASH_I and HASH_R: ECDSA has its own (RFC 4754 4). */
enum hash_id auth_proof_hash(const struct ike_sa *sa);
/* SKEYID and all that follows from it, cipher key and first IV. */
bool auth_derive(struct ike_sa *sa);
/* HASH_I or HASH_R over that side's ID body. */
void auth_hash(const struct ike_sa *sa, bool of_initiator, struct span id_b,
	uint8_t *out);

/* exchange.c */
void exchange_input(struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in);
void exchanges_lose(struct ike_sa *sa); /* exchange_lost each, free all */
void exchanges_free(struct ike_sa *sa);
bool exchanges_live(const struct ike_sa *sa);
/* Those whose message is being judged: their sender gets a notification. */
void exchanges_told(struct ike_sa *sa);
/* Header and state of a message that only an SA that is up protects. */
enum wire_err sa_protected_check(
	const struct ike_sa *sa, const struct ike_dgram *in);
uint32_t sa_mid_make(struct ike_sa *sa); /* random, in no use */
/* prf(SKEYID_a, M-ID | parts | rest), M-ID as on the wire; its length. */
size_t sa_hash(const struct ike_sa *sa, uint32_t mid, const struct span *parts,
	size_t n, struct span rest, uint8_t *out);
/* HASH | chain, encrypted into ike->out; iv moves on. Empty when it does not
 * fit. */
struct span sa_message(struct ike_sa *sa, uint8_t type, uint32_t mid,
	const struct span *parts, size_t n, uint8_t first, struct span chain,
	uint8_t *iv);
/* Decrypts a message whose first payload has to be HASH. */
enum wire_err sa_open(const struct ike_sa *sa, const struct ike_dgram *in,
	const uint8_t *iv, struct payloads *p);
struct span payloads_after_hash(const struct payloads *p);

/* info.c */
void info_input(struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in);
void info_send_delete(struct ike_sa *sa);
void info_send_notify(struct ike_sa *sa, uint16_t type, struct span data);
void info_send_lifetime(struct ike_sa *sa, uint32_t secs);
/* An exchange of a type that nobody here knows: a peer with our keys is told
 * so. Always WIRE_EXCHANGE. */
enum wire_err info_refuse_exchange(
	struct ike_sa *sa, const struct ike_dgram *in);

/* fragment.c */
enum wire_err fragment_input(
	struct ike *ike, struct ike_sa *sa, const struct ike_dgram *in);
void fragments_drop(struct ike_sa *sa);
bool fragments_due(const struct ike_sa *sa, size_t n);
void fragments_send(struct ike_sa *sa, struct span data);

/* dpd.c */
/* Of its profile, or the global one. */
struct ike_keepalive sa_keepalive(const struct ike_sa *sa);
void dpd_init(struct ike_sa *sa);
void dpd_fini(struct ike_sa *sa);
void dpd_config(struct ike_sa *sa);      /* it came up: begins to count */
void dpd_config_changed(struct ike_sa *sa); /* again, when that concerns it */
void dpd_heard(struct ike_sa *sa);       /* the peer proved that it lives */
void dpd_before_send(struct ike_sa *sa); /* on demand: asks after silence */
enum wire_err dpd_notify(
	struct ike_sa *sa, uint16_t type, struct span spi, struct span data);
#endif
