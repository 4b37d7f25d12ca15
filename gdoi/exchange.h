/* Phase 1 SAs and the exchanges they protect.  Knows no GDOI: who uses the SAs
 * stands behind struct ike_doi. RFC 2408, 2409; protocol.md A.
 *
 * One struct ike is the ISAKMP endpoint of a box: it owns all its SAs, answers
 * Main Mode, starts it on demand, keeps retransmission caches, enforces limits
 * on half-open SAs and per-source rates before any public-key work, and runs
 * informational exchanges (Delete, Notify). */
#ifndef GDOI_EXCHANGE_H
#define GDOI_EXCHANGE_H
#include "gdoi/env.h"
#include "gdoi/isakmp.h"
#include "gdoi/policy.h"

struct ike;
struct ike_sa;
struct exchange;

enum ike_down { IKE_DOWN_TIMEOUT, IKE_DOWN_NO_PROPOSAL, IKE_DOWN_AUTH,
	IKE_DOWN_PROTOCOL, IKE_DOWN_DELETED, IKE_DOWN_EXPIRED, IKE_DOWN_LOCAL,
	IKE_DOWN_DEAD, IKE_DOWN_LIMIT, IKE_DOWN_NO_PROOF };

/* A decrypted, not yet authenticated message of an exchange under an SA. */
struct exchange_msg {
	const struct payloads *p; /* p->v[0] is HASH */
	struct span rest;         /* everything after HASH up to the chain's end */
};

/* What stands above phase 1.  Calls come from ike_input and from timers, never
 * from within a call on struct ike; any function below may be called from them
 * except ike_free.  An SA and its exchanges stay valid until sa_down returns,
 * also after ike_sa_delete, which takes effect once control is back at the
 * loop. */
struct ike_doi {
	/* Phase 1 is up; sa stays valid until sa_down returns. */
	void (*sa_up)(void *ctx, struct ike_sa *sa);
	/* Follows sa_up, or an ike_connect that failed.  exchange_lost was
	 * called before for each live exchange. */
	void (*sa_down)(void *ctx, struct ike_sa *sa, enum ike_down why);
	/* A message of exchange x arrived (exchange_received counts those
	 * accepted before it).  Check its HASH with exchange_check before
	 * acting. WIRE_OK advances the IV chain and sends what exchange_send
	 * was given; an error leaves the exchange as if nothing had come, and
	 * frees without further call one that this message would have begun. */
	enum wire_err (*message)(void *ctx, struct ike_sa *sa, struct exchange *x,
		const struct exchange_msg *m);
	/* A live exchange (not ended) got no answer, ran out of time or loses
	 * its SA; x dies when this returns. When our message stayed without
	 * answer the SA is given up too: sa_down follows. */
	void (*exchange_lost)(void *ctx, struct ike_sa *sa, struct exchange *x);
	/* A protected notification from the peer. */
	void (*notify)(void *ctx, struct ike_sa *sa, uint16_t type,
		struct span data);
	/* Are these 16 octets the SPI of a KEK, and so unfit as the cookies of
	 * an SA (protocol.md F.14)?  May be NULL. */
	bool (*spi_taken)(void *ctx, const uint8_t cookies[16]);
	uint8_t exchange_type;   /* the one this DOI adds: XCHG_PULL */
	void *ctx;
};

/* The version that we tell in our vendor id: major, minor, patch, 0. */
#define IKE_OUR_VERSION 0x01000200u
#define IKE_VERSION_STAMPS 0x01000200u /* time-based anti-replay, IP-D3P */
#define IKE_VERSION_TEXT 16
const char *ike_version_text(uint32_t version, char buf[IKE_VERSION_TEXT]);

struct ike *ike_new(const struct env *env, const struct ike_doi *doi);
void ike_free(struct ike *ike);
/* Copies. Live SAs stay. A dangling or empty config refuses all peers. */
void ike_set_config(struct ike *ike, const struct isakmp_config *c);
/* A datagram of exchange types 2, 5 or doi->exchange_type (others are counted
 * and dropped), also one that could not be read as ISAKMP: it may carry the
 * non-ESP marker, which some peers put in front on any port.  Never blocks. */
void ike_input(struct ike *ike, const struct udp_path *path, struct span dgram);
/* Finds or starts an SA from path->local to path->remote; sa_up or sa_down
 * follows (never inside the call, also when it is up already). Never NULL. */
struct ike_sa *ike_connect(struct ike *ike, const struct udp_path *path);
/* Likewise under the ISAKMP profile of that name, be the peer one that it
 * matches or not; "": as ike_connect. */
struct ike_sa *ike_connect_as(
	struct ike *ike, const struct udp_path *path, const char *profile);
/* Are these the cookies of a live SA?  For the maker of a KEK's SPI. */
bool ike_has_cookies(const struct ike *ike, const uint8_t cookies[16]);
/* Is there an SA with that peer under that initiator's cookie? */
bool ike_has_sa(const struct ike *ike, const struct udp_path *path,
	const uint8_t cky_i[8]);
/* Drops SAs (clear crypto isakmp), telling the peers: all, those that are up,
 * or that of a connection id.  Returns their number. */
enum ike_which { IKE_ALL, IKE_ACTIVE, IKE_CONN };
size_t ike_clear(struct ike *ike, enum ike_which which, uint32_t conn_id);

bool ike_sa_is_up(const struct ike_sa *sa);
bool ike_sa_is_initiator(const struct ike_sa *sa);
const struct udp_path *ike_sa_path(const struct ike_sa *sa);
uint32_t ike_sa_conn_id(const struct ike_sa *sa); /* from 1001 */
/* The peer's authenticated identity: type and data of the ID payload. */
uint8_t ike_sa_peer_id(const struct ike_sa *sa, struct span *data);
/* The certificate that it came with; NULL: it has a pre-shared key.  Lent for
 * the life of the SA. */
const struct cert *ike_sa_peer_cert(const struct ike_sa *sa);
bool ike_sa_peer_is_ours(const struct ike_sa *sa, uint32_t *version); /* our VID */
void ike_sa_delete(struct ike_sa *sa, bool tell_peer); /* sa_down follows */
void ike_sa_notify(struct ike_sa *sa, uint16_t type); /* protected N */
/* Idle SA that is no longer needed: deleted after the time IOS keeps it,
 * unless ike_connect or exchange_begin takes it up again. */
void ike_sa_release(struct ike_sa *sa);

/* Starts an exchange of the DOI's type with a random message id. */
struct exchange *exchange_begin(struct ike_sa *sa);
uint32_t exchange_mid(const struct exchange *x);
unsigned exchange_received(const struct exchange *x); /* messages accepted */
void *exchange_user(const struct exchange *x);
void exchange_set_user(struct exchange *x, void *user);
#define EXCHANGE_PARTS_MAX 4
/* Sends HASH + chain, HASH = prf(SKEYID_a, M-ID | parts... | chain). With
 * expect_reply the message is retransmitted until the next one is accepted;
 * without it it is kept as the answer to a repeated request. */
void exchange_send(struct exchange *x, const struct span *parts, size_t n,
	uint8_t first, struct span chain, bool expect_reply);
/* HASH of the received message equals prf(SKEYID_a, M-ID | parts | rest)? */
bool exchange_check(struct exchange *x, const struct exchange_msg *m,
	const struct span *parts, size_t n);
void exchange_end(struct exchange *x); /* the reply cache lives on a while */

#define IKE_INFO_ID_MAX 256
/* For show crypto isakmp sa. */
struct ike_sa_info {
	struct ip_addr src, dst;     /* initiator, responder */
	const char *state;           /* "GDOI_IDLE", "MM_KEY_EXCH", ... */
	uint32_t conn_id;
	bool active, deleted;        /* up; a trace of one that was */
	struct isakmp_policy policy; /* negotiated */
	uint32_t remaining_secs;
	uint8_t cky_i[8], cky_r[8];
	bool initiator, dpd, fragments; /* the latter agreed upon */
	uint16_t remote_port;
	char vrf[NAME_MAX_IOS + 1];     /* of its profile; "" none */
	char profile[NAME_MAX_IOS + 1]; /* "" none */
	uint8_t id_type;             /* of the peer; 0: not known yet */
	uint8_t id[IKE_INFO_ID_MAX]; /* its first octets */
	size_t id_n;
};
size_t ike_list(const struct ike *ike, struct ike_sa_info *out, size_t max);
/* Call admission control: SAs asked for by peers and by us. */
struct ike_admission {
	uint64_t in_requests, in_rejected, out_requests, out_rejected;
	uint64_t resources, sa_limit, negotiation_limit; /* reasons */
};
struct ike_stats {
	uint64_t drops[WIRE_N_ERRS];
	uint64_t pull_drops[WIRE_N_ERRS]; /* of those, the DOI's exchange */
	uint64_t push_drops[WIRE_N_ERRS]; /* of PUSH and its ACK; by gdoi.c */
	uint64_t ack_drops[WIRE_N_ERRS];  /* of those, the ACK */
	uint64_t rx, tx, retransmits, replayed, half_open_refused, rate_refused;
	uint64_t stateless; /* first messages answered without an SA */
	uint64_t reassembled, fragments_sent;
	uint64_t dpd_sent, dpd_answered, dpd_dead;
	struct ike_admission admission;
	uint32_t half_open, established;
	uint32_t sas, sa_limit, negotiation_limit; /* now, and configured */
	size_t fragment_bytes; /* held for messages that are not whole yet */
};
void ike_stats(const struct ike *ike, struct ike_stats *out);
/* What was dropped lately. */
struct ike_error {
	uint64_t wall_ms;
	struct ip_addr peer; /* family 0: no datagram caused it */
	uint8_t exchange;
	enum wire_err err;
};
/* The latest first; *deleted: older ones that are gone. */
size_t ike_errors(const struct ike *ike, struct ike_error *out, size_t max,
	uint64_t *deleted);
/* For what is dropped above phase 1. */
void ike_error_add(struct ike *ike, const struct ip_addr *peer,
	uint8_t exchange, enum wire_err e);
void ike_errors_clear(struct ike *ike); /* drop counters too */
void ike_pull_drops_clear(struct ike *ike);
void ike_admission_clear(struct ike *ike);
#endif
