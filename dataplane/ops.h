/* The dataplane as the engines see it: plain values in, events out.  It knows
 * no GDOI: it is told interfaces, selectors, keys, times.  Backends: null,
 * user, xfrm.  One test suite serves all. */
#ifndef DATAPLANE_OPS_H
#define DATAPLANE_OPS_H
#include "base/secret.h"
#include "crypto/suite.h"
#include "dataplane/selector.h"
#include <net/if.h>

/* What happens to traffic that a permit selects while no SA can take it. */
enum dp_no_sa { DP_NO_SA_DROP, DP_NO_SA_CLEAR };
/* What happens to clear traffic that arrives and matches a permit. */
enum dp_clear_in { DP_CLEAR_IN_DROP, DP_CLEAR_IN_ACCEPT };

/* One crypto map entry on one interface. Values only; lent for the call. */
struct dp_group {
	uint32_t id;             /* chosen by the caller, its handle from then on */
	char netdev[IFNAMSIZ];   /* interface that carries the crypto map */
	uint16_t order;          /* crypto map sequence: lower is asked first */
	bool ip6;                /* of its lists; IPv6 traffic, else IPv4 */
	const struct acl *local; /* deny entries in front; may be NULL */
	const struct acl *policy; /* downloaded list; NULL: none, all clear */
	enum dp_no_sa no_sa;
	enum dp_clear_in clear_in;
	bool encrypt_out;        /* false: receive-only */
	uint8_t df;              /* 0 copy, 1 set, 2 clear */
	bool frag_after;         /* cut what is too long when it is sealed */
};
/* The time that an SA's packets carry: the group's own (time_set), or that of
 * the box's clock. */
enum dp_stamp { DP_STAMP_NONE, DP_STAMP_TBAR, DP_STAMP_D3P };
struct dp_sa {
	uint32_t spi;
	struct esp_suite suite;
	struct keybuf enc, auth; /* enc: with salt where the suite has one */
	uint8_t sid_bits;        /* counter modes: sender id width, else 0 */
	uint32_t sid;
	bool may_send;           /* false: install inbound only */
	/* Packets carry a time and are taken so far from ours, either way.
	 * Only where dataplane_ops.time_set is. */
	enum dp_stamp stamp;
	uint32_t window_ms;
};
/* Every backend refuses others with -EINVAL.  A counter mode without a sender
 * id would repeat other members' IVs under the key that all share. */
bool dp_sa_valid(const struct dp_sa *sa);
struct dp_sa_counters {
	uint64_t encaps, decaps, encaps_bytes, decaps_bytes;
	uint64_t send_errors, recv_errors;
};
/* Counted per group: each drop has its reason (show crypto gdoi gm dataplane
 * counters, show platform dataplane). */
#define DP_DROPS(X)                                                            \
	X(NO_SA, "no sa (send)")                                               \
	X(ENCAPS_FAIL, "encaps fail (send)")                                   \
	X(TOO_BIG, "DF set and too big (send)")                                \
	X(SEQ_EXHAUSTED, "sequence or IV exhausted (send)")                    \
	X(INVALID_SA, "invalid sa (rcv)")                                      \
	X(DECAP_FAIL, "decap fail (rcv)")                                      \
	X(INVALID_PROT, "invalid prot (rcv)")                                  \
	X(VERIFY_FAIL, "verify fail (rcv)")                                    \
	X(IDENTITY, "inner packet outside the policy (rcv)")                   \
	X(REPLAY, "replay check failed (rcv)")                                 \
	X(NOT_IPSEC, "clear packet that must be encrypted (rcv)")              \
	X(INTERNAL_SEND, "internal err (send)")                                \
	X(INTERNAL_RECV, "internal err (rcv)")
enum dp_drop {
#define X(name, text) DP_DROP_##name,
	DP_DROPS(X)
#undef X
		DP_N_DROPS
};
const char *dp_drop_text(enum dp_drop d);
struct dp_group_counters {
	uint64_t encrypt, decrypt;
	uint64_t drops[DP_N_DROPS];
	uint64_t ace_matches; /* of all permit entries */
};

/* A group as it is in force. */
struct dp_group_view {
	struct dp_group cfg; /* its lists are lent until the next change */
	uint32_t sending;    /* SPI; 0: none */
	size_t n_sas;
	uint32_t newest;     /* SPI of the SA added last; 0: none */
};

/* Time-based anti-replay of a group since it began or was cleared. */
struct dp_replay {
	bool has_clock;
	uint64_t pseudo_ms;   /* the group's time now */
	uint64_t in, out;     /* packets checked and stamped */
	uint64_t in_errors;   /* outside the window, or no stamp to read */
	uint64_t max_delta_ms; /* of the packets that were taken */
};
/* A packet outside the window; told at most ten times a minute. */
struct dp_replay_failure {
	enum dp_stamp stamp; /* times of D3P: since 1970 */
	uint64_t my_ms, peer_ms;
	uint32_t window_ms, src, dst, spi, sequence;
};

/* Events arrive on the loop's thread. */
struct dp_events {
	void (*not_ipsec)(void *ctx, uint32_t group, const struct packet_key *k);
	void (*invalid_spi)(void *ctx, uint32_t group, uint32_t spi,
		const struct packet_key *k);
	void (*replay_failed)(void *ctx, uint32_t group,
		const struct dp_replay_failure *f);
	/* The numbers of the sending SA are used up: nothing more is sent with
	 * it.  Once an SA. */
	void (*exhausted)(void *ctx, uint32_t group, uint32_t spi);
	/* Another backend serves the group from now on, and why. */
	void (*moved)(void *ctx, uint32_t group, const char *backend,
		const char *why);
	/* A kernel or device error, already counted; text for the log. */
	void (*trouble)(void *ctx, const char *text);
	void *ctx;
};

/* How ESP is received on an interface: over a ring shared with the kernel, or
 * over a raw socket as any host may.  AUTO: a ring where there can be one. */
enum dp_receive { DP_RECEIVE_AUTO, DP_RECEIVE_RING, DP_RECEIVE_RAW };
/* How the user backend takes packets that are to be encrypted, and sends them. */
enum dp_capture { DP_CAPTURE_AUTO, DP_CAPTURE_EGRESS, DP_CAPTURE_TUN };
enum dp_transmit {
	DP_TRANSMIT_AUTO,
	DP_TRANSMIT_XDP,
	DP_TRANSMIT_PACKET,
	DP_TRANSMIT_RAW
};
struct dp_ways {
	enum dp_capture capture;
	enum dp_transmit transmit;
	enum dp_receive receive;
};
/* What a group has of it: texts, lent for good. */
struct dp_ways_now {
	const char *capture, *transmit;
	const char *why; /* the better capture is not had; NULL: it is */
	const char *receive;
	const char *why_receive; /* not over a ring; NULL: it is */
	uint64_t ring_lost; /* packets for which it had no room */
};

/* The library by which SAs are sealed and opened, where the kernel does not. */
enum dp_crypto { DP_CRYPTO_OPENSSL, DP_CRYPTO_IPSEC_MB };
const char *dp_crypto_name(enum dp_crypto c);
const char *dp_crypto_missing(enum dp_crypto c); /* NULL: it can be used */
struct dp_sa_view {
	uint32_t spi;
	struct esp_suite suite;
	enum dp_crypto crypto;
};

/* Formats a text for the owner's `trouble`, if there is one. */
void dp_tell(const struct dp_events *ev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct loop;
struct dp; /* an open backend instance */
struct dataplane_ops {
	const char *name;
	/* NULL and *why on failure. loop may be NULL for null. */
	struct dp *(*open)(struct loop *loop, const struct dp_events *ev,
		struct sbuf *why);
	/* Removes every kernel object of ours. */
	void (*close)(struct dp *dp);
	/* Creates or replaces the group's policy in one atomic transaction; its
	 * SAs stay. 0 or -errno. */
	int (*group_set)(struct dp *dp, const struct dp_group *g);
	void (*group_del)(struct dp *dp, uint32_t id); /* and its SAs */
	/* Receives with it at once; -EEXIST: that SPI is there (no-op);
	 * -ENOENT: no such group; -ENOTSUP: no such cipher on this host. */
	int (*sa_add)(struct dp *dp, uint32_t group, const struct dp_sa *sa);
	/* Sends with that SPI from now on; 0 = with none.  -EPERM: installed
	 * to receive only. */
	int (*sa_use)(struct dp *dp, uint32_t group, uint32_t spi);
	void (*sa_del)(struct dp *dp, uint32_t group, uint32_t spi);
	int (*sa_counters)(struct dp *dp, uint32_t group, uint32_t spi,
		struct dp_sa_counters *out);
	int (*group_counters)(struct dp *dp, uint32_t group,
		struct dp_group_counters *out);
	/* Packets per ACE of the downloaded policy; fills at most n. */
	int (*ace_counters)(struct dp *dp, uint32_t group, uint64_t *v, size_t n);
	/* The same of the entries in front, dp_group.local; NULL: not counted. */
	int (*local_counters)(
		struct dp *dp, uint32_t group, uint64_t *v, size_t n);
	/* All groups in the order in which they are asked; fills at most n and
	 * gives their number.  NULL: not told. */
	size_t (*groups)(struct dp *dp, struct dp_group_view *v, size_t n);
	/* The group's time is pseudo_ms now and runs on from there; before an
	 * SA with the group's stamp.  0 or -ENOENT.  NULL, with those below: no
	 * time-based anti-replay, and an SA with any stamp is -ENOTSUP. */
	int (*time_set)(struct dp *dp, uint32_t group, uint64_t pseudo_ms);
	int (*replay_get)(
		struct dp *dp, uint32_t group, struct dp_replay *out);
	void (*replay_clear)(struct dp *dp, uint32_t group);
	/* What is wanted from now on, of all groups; NULL: there is no choice. */
	void (*ways_set)(struct dp *dp, const struct dp_ways *w);
	int (*ways_get)(struct dp *dp, uint32_t group, struct dp_ways_now *out);
	/* From now on, for suites that the library has; the others stay with
	 * OpenSSL.  No packet is lost.  -errno and *why: all stays.  NULL, with
	 * the next: there is no choice. */
	int (*crypto_set)(
		struct dp *dp, enum dp_crypto crypto, struct sbuf *why);
	/* The k-th SA of the group; false: there are fewer. */
	bool (*sa_view)(struct dp *dp, uint32_t group, size_t k,
		struct dp_sa_view *out);
	/* Inner MTU of the group's interface with this suite; 0 unknown. */
	unsigned (*inner_mtu)(struct dp *dp, uint32_t group,
		const struct esp_suite *s);
};
extern const struct dataplane_ops dataplane_null;
extern const struct dataplane_ops dataplane_user;
extern const struct dataplane_ops dataplane_xfrm;
#endif
