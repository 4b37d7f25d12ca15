/* A virtual world: nodes with their own GDOI engines, null dataplanes and
 * disks, one clock, one network that loses, delays, repeats, reorders, corrupts
 * and falls apart by a seed.  A failing seed replays.
 *
 *   world.c   clock, nodes, their life and death
 *   wire.c    the network
 *   watch.c   what must hold, looked at after every step
 *   disk.c    a disk that survives a crash */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
#include "base/list.h"
#include "gdoi/gm_priv.h"
#include "gdoi/ks_priv.h"
#include "tests/sim/disk.h"

#define SIM_SAMPLE_MS 100 /* each member "sends a packet" so often */
#define SIM_GROUPS_MAX 8 /* multicast groups that a node may join */
#define SIM_GROUP     "SIM"
#define SIM_NUMBER    123
#define SIM_IFNAME    "GigabitEthernet0/0" /* that all addresses are on */
#define SIM_PSK       "MY_KEY"
#define SIM_LABEL     "RSA_KEYS"

/* Deterministic, cheap replacements of public-key operations. */
extern const struct crypto_ops toy_crypto;
void toy_seed(uint64_t seed);

struct node {
	struct world *w;
	struct ip_addr addr;
	struct env env;
	struct gdoi *g;          /* NULL: down */
	struct disk *disk;       /* NULL: none */
	struct dp *dp;
	bool cut;                /* the network does not reach it */
	unsigned side;           /* only nodes of one side reach each other */
	int64_t wall_ms;         /* its wall clock is wrong by so much */
	int drift_ppm;           /* of its dataplane's clock */
	/* What the outside can tell: datagrams sent, transactions committed.
	 * After cut_after of them (0: never) it is dead, in mid handler, and
	 * rises again after revive_ms (0: never). */
	uint64_t effects, cut_after, revive_ms;
	bool dying;
	struct timer revive;
	/* What it is configured with, and again after a restart. */
	bool is_ks;
	struct ks_policy ks;
	struct gm_policy gm;
	char psk[32];
	bool no_key;             /* its signing key was taken away */
	unsigned reports[REPORT_N];
	struct udp_addr joined[SIM_GROUPS_MAX]; /* port 0: free */
	/* The newest rekey that left it, by its content in both forms. */
	uint8_t kek_spi[KEK_SPI_BYTES];
	uint32_t kek_seq;
	uint64_t kek_sum[2];
	uint64_t calm_ms;        /* nothing befell it since */
	bool guarded;            /* a policy is in force */
	unsigned starts;         /* its incarnation */
};
struct packet;
RB_HEAD(packets, packet);
uint64_t random_next(uint64_t *state); /* splitmix64 */

struct world {
	uint64_t now, start, end_of_run;
	uint64_t rng, seed, order;
	struct timers *timers;
	struct packets packets;
	struct node **node;
	size_t n;
	struct pkey *key;        /* the key servers' signing key */
	const struct crypto_ops *crypto;
	const struct debug *debug; /* of nodes started from now on */
	unsigned loss_pct, dup_pct, corrupt_pct, delay_min_ms, delay_max_ms;
	uint64_t sampled_ms, sent, lost_on_wire, corrupted, multicasts;
	struct node *dying;
	/* "Traffic": each member's packet to each other, every SIM_SAMPLE_MS. */
	uint64_t data_ok, data_lost, data_none;
	/* A member that nothing befell for so long has the newest TEK of the
	 * first key server, 0: not promised; and a packet lost is a failure. */
	uint64_t agree_ms;
	bool lossless;
	uint32_t newest_spi;     /* of the first key server, */
	uint64_t newest_ms;      /* since */
	struct sid_use *sid_uses; /* every sender id ever seen under a TEK */
	uint64_t watch_rng;      /* its own: watching changes nothing */
	char failure[256];       /* "" while all is well */
	bool verbose;
};

struct world *world_new(uint64_t seed, const struct crypto_ops *crypto);
void world_free(struct world *w);
uint64_t world_random(struct world *w);
uint64_t world_below(struct world *w, uint64_t n);
/* Until now + ms; stops early at the first failure. */
void world_run(struct world *w, uint64_t ms);
void world_splits(struct world *w); /* each node to a side by chance */
void world_heals(struct world *w);
bool node_reaches(const struct node *a, const struct node *b);
/* Until done() holds; a failure named `what` after ms. */
bool world_until(struct world *w, uint64_t ms, bool (*done)(struct world *w),
	const char *what);
void world_fail(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define world_check(w, cond)                                                   \
	do {                                                                   \
		if (!(cond))                                                   \
			world_fail((w), "line %d: %s", __LINE__, #cond);       \
	} while (0)

/* Address 10.0.0.(index + 1) ... */
struct node *node_ks(struct world *w); /* not started: change ->ks first */
struct node *node_gm(struct world *w, const struct node *ks);
void node_start(struct node *n);
void node_config(struct node *n);      /* hands its configuration over again */
void node_crash(struct node *n);       /* like kill -9 */
void node_lose_disk(struct node *n);
bool node_effect(struct node *n);      /* false: it is dead already */

struct store *node_store(const struct node *n); /* NULL: none */

/* Shortcuts into a node, NULL when it is down or has none. */
struct ks *node_ks_of(const struct node *n);
struct gm *node_gm_of(const struct node *n);
uint32_t node_sending(const struct node *n);  /* SPI, 0 none */
uint32_t node_newest(const struct node *n);   /* member: its newest TEK */
bool node_has(const struct node *n, uint32_t spi);
/* The group's time by its dataplane; false: it has none. */
bool node_time(const struct node *n, uint64_t *ms);
bool node_registered(const struct node *n);
size_t ks_count(const struct node *ks);       /* members it knows */

bool all_registered(struct world *w);
/* Every reachable member has the first key server's newest TEK and KEK. */
bool all_same(struct world *w);

/* wire.c */
struct udp_addr *node_joined(struct node *n, const struct udp_addr *group);
struct node *node_at(const struct world *w, const struct ip_addr *a);
void wire_send(struct node *n, const struct udp_path *path, struct span data);
bool wire_next(const struct world *w, uint64_t *at_ms);
void wire_deliver(struct world *w); /* the next one */
void wire_free(struct world *w);

/* watch.c */
void watch_sent(struct node *n, struct span data);
void watch_sample(struct world *w);
void watch_free(struct world *w);

/* permit icmp any any, as an owned list. */
const struct acl *acl_any(int16_t proto);
#endif
