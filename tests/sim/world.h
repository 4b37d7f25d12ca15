/* A virtual world: nodes with their own GDOI engines, null dataplanes and
 * disks, one clock, one network that loses, delays, repeats and reorders by a
 * seed.  A failing seed replays. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
#include "base/list.h"
#include "gdoi/gm_priv.h"
#include "gdoi/ks_priv.h"

#define SIM_SAMPLE_MS 100 /* each member "sends a packet" so often */
#define SIM_GROUP     "SIM"
#define SIM_NUMBER    123
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
	struct store *disk;      /* NULL: none */
	struct dp *dp;
	bool cut;                /* the network does not reach it */
	/* What it is configured with, and again after a restart. */
	bool is_ks;
	struct ks_policy ks;
	struct gm_policy gm;
	char psk[32];
	unsigned reports[REPORT_N];
	/* Sequence numbers already seen from it. */
	uint8_t kek_spi[KEK_SPI_BYTES];
	uint32_t kek_seq;
};
struct packet;
RB_HEAD(packets, packet);

struct world {
	uint64_t now, start, end_of_run;
	uint64_t rng, seed, order;
	struct timers *timers;
	struct packets packets;
	struct node **node;
	size_t n;
	struct pkey *key;        /* the key servers' signing key */
	const struct crypto_ops *crypto;
	unsigned loss_pct, dup_pct, delay_min_ms, delay_max_ms;
	uint64_t sampled_ms, sent, lost_on_wire;
	/* "Traffic": each member's packet to each other, every SIM_SAMPLE_MS. */
	uint64_t data_ok, data_lost, data_none;
	char failure[256];       /* "" while all is well */
	bool no_traffic;         /* too many members to try every pair */
	bool verbose;
};

struct world *world_new(uint64_t seed, const struct crypto_ops *crypto);
void world_free(struct world *w);
uint64_t world_random(struct world *w);
uint64_t world_below(struct world *w, uint64_t n);
/* Until now + ms; stops early at the first failure. */
void world_run(struct world *w, uint64_t ms);
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

/* Shortcuts into a node, NULL when it is down or has none. */
struct ks *node_ks_of(const struct node *n);
struct gm *node_gm_of(const struct node *n);
uint32_t node_sending(const struct node *n);  /* SPI, 0 none */
uint32_t node_newest(const struct node *n);   /* member: its newest TEK */
bool node_has(const struct node *n, uint32_t spi);
bool node_registered(const struct node *n);
size_t ks_count(const struct node *ks);       /* members it knows */

bool all_registered(struct world *w);
/* Every reachable member has the first key server's newest TEK and KEK. */
bool all_same(struct world *w);

/* permit icmp any any, as an owned list. */
const struct acl *acl_any(int16_t proto);
#endif
