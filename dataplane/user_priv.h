/* The parts of the user backend among themselves. */
#ifndef DATAPLANE_USER_PRIV_H
#define DATAPLANE_USER_PRIV_H
#include "base/list.h"
#include "dataplane/iface.h"
#include "dataplane/table.h"
#include "dataplane/user_emit.h"
#include "dataplane/user_esp.h"
#include "dataplane/user_rx.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* One outbound and one inbound thread each, on a processor of their own. */
#define DP_QUEUES_MAX 16

/* Hands out each number of a TEK and sender id once.  Kept by key, not by SA:
 * the same TEK on two interfaces, or installed again, goes on counting. */
struct sa_seq {
	TAILQ_ENTRY(sa_seq) link;
	uint8_t key_hash[HASH_MAX_BYTES];
	uint32_t sid;
	size_t refs;
	_Atomic uint64_t next;
};
#define SA_SEQ_KEPT 256 /* unused ones remembered */
struct sa_seqs {
	TAILQ_HEAD(, sa_seq) list;
	size_t idle;
};

/* Numbers that one queue has taken and may use: [next, end). */
struct sa_block {
	uint64_t next, end;
	uint8_t apart[48]; /* threads do not take each other's cache line */
};
#define SA_BLOCK 64

/* Managers of ipsec-mb, one for each thread; none: OpenSSL. */
struct user_crypto {
	struct esp_mb *out[DP_QUEUES_MAX], *in[DP_QUEUES_MAX];
};

/* The numbers are used up, which the loop is to tell, or has told. */
enum sa_spent { SA_LIVE, SA_SPENT, SA_SPENT_TOLD };
struct user_sa {
	TAILQ_ENTRY(user_sa) link;
	struct user_sa *successor; /* with contexts of another library */
	struct dp_sa made_of;
	uint32_t spi;
	struct esp_suite suite;
	bool may_send;
	/* A context is one thread's: by queue, as many as there are. */
	struct esp_ctx *seal[DP_QUEUES_MAX]; /* none unless may_send */
	struct esp_ctx *open[DP_QUEUES_MAX];
	struct sa_seq *seq;
	struct sa_block block[DP_QUEUES_MAX]; /* its thread's only */
	uint64_t seq_last; /* highest number that may be used */
	uint64_t iv_base;  /* sender id in the top bits */
	_Atomic int spent; /* enum sa_spent */
	enum dp_stamp stamp;
	uint64_t window_ms; /* of the stamps; 0: none */
	_Atomic uint64_t encaps, encaps_bytes, send_errors;
	_Atomic uint64_t decaps, decaps_bytes, recv_errors;
};
TAILQ_HEAD(user_sa_list, user_sa);

/* A group's time, and what its stamps came to. */
struct user_clock {
	bool set;
	_Atomic int64_t offset_ms; /* to CLOCK_MONOTONIC */
	_Atomic uint64_t in, out, in_errors, max_delta_ms;
	/* The failure to be told: of the worker that took it, until it left
	 * it for the loop. */
	_Atomic int tell;
	struct dp_replay_failure failure;
	uint64_t next_ms; /* not told before; as `failure` */
};
enum { REPLAY_IDLE, REPLAY_TAKEN, REPLAY_LEFT };
#define REPLAY_TELL_MS 6000 /* ten a minute */

/* How packets come in to be encrypted, and go: by queue.  A thread may hold
 * the former ones until the next world is published. */
struct user_ways {
	int tap[DP_QUEUES_MAX]; /* -1: none, what leaves is not caught */
	struct emit *emit[DP_QUEUES_MAX];
};

struct user_group {
	struct table_group t; /* first */
	int tun[DP_QUEUES_MAX]; /* fd of each queue; -1: none */
	bool tun_udp; /* it takes UDP segmentation */
	char tun_name[IFNAMSIZ];
	unsigned mtu, route_mtu; /* of inner packets; on the route into the TUN */
	bool egress;             /* caught as they leave */
	const char *why;         /* or not */
	char tap_name[IFNAMSIZ];
	struct user_ways ways;
	enum dp_transmit transmit; /* wanted when the emitters were opened */
	int emit_ifindex;        /* that they are for; 0: any */
	bool broken; /* its devices are to be repaired, again and again */
	struct user_sa_list sas;
	struct user_sa *sending;
	_Atomic uint64_t encrypt, decrypt, drops[DP_N_DROPS];
	struct user_clock clock;
};

/* What the workers see: immutable, replaced as a whole. */
struct world_group {
	struct user_group *g; /* counters only */
	struct user_sa *sending;
	const struct acl *policy, *policy_in; /* NULL: none */
	int tun[DP_QUEUES_MAX], ifindex;
	bool tun_udp;
	struct user_ways ways;
	unsigned mtu, link_mtu; /* of inner and of outer packets; 0: any */
	/* Of IPv6, which has one queue, and threads of its own. */
	bool ip6;
	int tun6;
	uint8_t df;
	bool frag_after; /* longer ones are cut when they are sealed */
};
struct world_sa {
	uint32_t spi; /* 0: free */
	struct user_sa *sa;
	const struct world_group *group;
};
struct world_rx {
	int ifindex;
	struct ring *ring; /* one a queue */
};
struct world {
	size_t n_groups, n_rx, sa_mask; /* sa: open addressing by SPI */
	struct world_rx rx[DP_SLOTS];
	struct world_group group[DP_SLOTS];
	struct world_sa *sa;
};

/* ---- user_sa.c ---- */
/* For that many queues; by: NULL is OpenSSL.  NULL: a cipher this host lacks,
 * or keys of wrong length. */
struct user_sa *user_sa_new(struct sa_seqs *seqs, const struct dp_sa *in,
	bool ip6, unsigned queues, const struct user_crypto *by);
/* Of an interface with that MTU: what IPv4, ESP and the stamp leave. */
unsigned user_sa_inner_mtu(const struct user_sa *sa, unsigned mtu);
/* A number no packet of this TEK and sender id has had; false: all used.  By
 * the queue's thread only. */
bool user_sa_number_take(
	struct user_sa *sa, unsigned queue, uint64_t *number);
void user_sa_free(struct sa_seqs *seqs, struct user_sa *sa);
void sa_seqs_free(struct sa_seqs *seqs);

/* ---- user_crypto.c: one library after the other ---- */
/* For that many queues.  -errno and *why: it is not to be had. */
int user_crypto_open(struct user_crypto *c, enum dp_crypto which,
	unsigned queues, struct sbuf *why);
void user_crypto_close(struct user_crypto *c); /* after its SAs */
/* Makes a successor for each SA of the group. -ENOTSUP: one can not be. */
int user_sas_renew(struct sa_seqs *seqs, struct user_group *g,
	unsigned queues, const struct user_crypto *by);
void user_sas_renew_undo(struct sa_seqs *seqs, struct user_group *g);
/* The successors take their places; those that were there go to `old`. */
void user_sas_succeed(struct user_group *g, struct user_sa_list *old);
/* When no worker uses them any more: their counts go on. */
void user_sas_retire(struct sa_seqs *seqs, struct user_sa_list *old);
void user_sa_view(const struct user_sa *sa, struct dp_sa_view *out);

/* ---- user_replay.c: time-based anti-replay, the loop's side ---- */
void user_clock_set(struct user_clock *c, uint64_t pseudo_ms);
void user_clock_get(struct user_clock *c, struct dp_replay *out);
void user_clock_clear(struct user_clock *c); /* the statistics */
/* Tells the failure that a worker left, if any. */
void user_clock_report(
	struct user_clock *c, uint32_t group, const struct dp_events *ev);

/* ---- user_worker.c: the threads ---- */
struct workers;
struct worker {
	struct workers *all;
	unsigned queue; /* index of its TUN queue and its contexts */
	bool running;
	pthread_t thread;
	int kick; /* eventfd */
	sem_t done;
	const struct world *world, *next; /* next NULL: stop */
};
/* Sockets, and two threads a queue. */
struct workers {
	int raw_rx;
	int trouble;                  /* eventfd, watched by the loop */
	_Atomic uint64_t tun_failed; /* slots whose TUN or TAP fell, as bits */
	unsigned n;                   /* queues */
	struct worker out[DP_QUEUES_MAX], in[DP_QUEUES_MAX];
	struct worker out6, in6;      /* not running before workers_ip6() */
	int raw6_tx, raw6_rx;
};
/* As many queues as this process may use processors, DP_QUEUES_MAX at most. */
unsigned workers_queues(void);
int workers_start(
	struct workers *w, unsigned queues, const struct world *first);
/* Starts those of IPv6, unless they run. 0 or -errno. */
int workers_ip6(struct workers *w, const struct world *now);
/* Returns when no thread uses the former world any more. */
void workers_publish(struct workers *w, const struct world *next);
void workers_stop(struct workers *w);

/* The SA of an SPI, of that interface if there is one; NULL: none. */
const struct world_sa *world_sa_find(
	const struct world *w, bool ip6, uint32_t spi, int ifindex);

/* ---- user_tun.c: devices, addresses, policy routes ---- */
/* What to do about an error of these; "" where its text says all. */
const char *tun_hint(int rc);
/* Can there be TUNs at all? 0 or -errno. */
int tun_check(void);
/* Opens gmN with as many queues, up, with an address and loose reverse path
 * check.  *udp: it takes UDP segmentation.  0 or -errno, then fd[] may be partly
 * open. */
int tun_open(struct nl *rt, unsigned slot, char name[IFNAMSIZ], int *fd,
	unsigned queues, bool *udp);
/* Opens gmxN likewise, which no address or route leads to. */
int tap_open(struct nl *rt, unsigned slot, char name[IFNAMSIZ], int *fd,
	unsigned queues);
int tap_raise(struct nl *rt, const char *tap);
/* Route into the TUN with the inner MTU, blackhole behind; the rule in front
 * that leads marked packets to them. */
int tun_route(struct nl *rt, const char *tun, unsigned slot, bool ip6,
	unsigned mtu);
int tun_rule(struct nl *rt, unsigned slot, bool ip6, bool on);
int tun_raise(struct nl *rt, const char *tun, unsigned slot); /* after a fall */
void tun_unroute(struct nl *rt, unsigned slot, bool ip6);
int esp_route(struct nl *rt, bool ip6); /* ESP for us to the local host */
/* Removes every rule and route of ours, also those of a crashed run. */
void routes_reclaim(struct nl *rt);

/* ---- user_egress.c ---- */
/* Makes the rules in family netdev those of the groups that are caught as they
 * leave (user_group.egress) and whose device is there. 0 or -errno: what was
 * in force still is. */
int egress_commit(const struct table_group_list *l);
bool netdev_is_ethernet(const char *netdev);
bool netdev_is_up(const char *netdev);
bool netdev_is_shaped(struct nl *rt, int ifindex);

/* ---- user_capture.c: how packets come and go, by group ---- */
struct capture {
	struct table *table;
	struct nl *rt;
	unsigned queues;
	struct dp_ways want;
	/* Workers use the groups as they are now and nothing older. */
	void (*publish)(void *ctx);
	void *ctx;
};
void ways_init(struct user_ways *w); /* none */
/* The way that fits the group best, by what is wanted and what its interface
 * (NULL: not there) allows; nothing leaves in clear on the change from one to
 * the other.  After the TUN's route stands. 0 or -errno: as before. */
int capture_choose(struct capture *c, struct user_group *g,
	const struct link_state *link);
/* The TAP fell or was deleted: raises it or makes another. 0 or -errno. */
int capture_repair(struct capture *c, struct user_group *g);
void capture_end(struct capture *c, struct user_group *g);

/* ---- user_nft.c: the table ---- */
extern const struct table_kind user_table;
#endif
