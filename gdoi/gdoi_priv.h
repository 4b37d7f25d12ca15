/* What the GDOI engines share among themselves: the box, its helpers, deep
 * copies of policies. */
#ifndef GDOI_GDOI_PRIV_H
#define GDOI_GDOI_PRIV_H
#include "base/list.h"
#include "gdoi/gdoi.h"
#include "gdoi/gdoi_wire.h"
#include "gdoi/report.h"

#define GDOI_PORT       848
#define NONCE_BYTES     20  /* ours */
#define NONCE_BYTES_MIN 8   /* RFC 2409 5 */
#define NONCE_BYTES_MAX 256
/* IOS honours so many entries of a policy ACL (ios-cli.md 15.9). */
#define POLICY_ACES_MAX 100
/* Members leave an old TEK so long before its end (ios-cli.md 15.6). */
#define ROLLOVER_SECS 30
/* Below this life the fixed leads of IOS make no sense: fractions apply. */
#define SHORT_LIFE_SECS 120

struct ks;
struct gm;
struct ks_pull;
TAILQ_HEAD(ks_list, ks);
TAILQ_HEAD(gm_list, gm);
TAILQ_HEAD(ks_pulls, ks_pull);

struct gdoi {
	const struct env *env;
	struct store *store;     /* NULL: nothing is kept */
	char *ks_refused;        /* why no key server may answer; or NULL */
	struct ike *ike;
	struct sa_habit sa_habit;  /* in which we write SA payloads */
	struct ks_list ks;       /* configuration order */
	struct gm_list gm;
	struct gm_list *gm_before; /* those not yet gone through by set_gm */
	struct ks_pulls pulls;   /* half-done registrations, all groups */
	size_t n_pulls;
	uint32_t last_handle, last_dp_id, last_conn_id;
	bool on;
	uint8_t *scratch;        /* see gdoi_scratch */
	uint64_t drops[WIRE_N_ERRS]; /* of PUSH and ACK datagrams */
	uint64_t ack_drops[WIRE_N_ERRS]; /* the latter's part of them */
};

struct nonce {
	uint16_t n;
	uint8_t b[NONCE_BYTES_MAX];
};
/* Every exchange of ours carries one of these in front of its state. */
enum pull_side { PULL_SIDE_KS, PULL_SIDE_GM };
struct pull {
	enum pull_side side;
	struct exchange *x;
	struct ike_sa *sa;
	struct nonce ni, nr;
};
/* Takes the value of the NONCE payload. */
enum wire_err nonce_read(const struct payloads *p, struct nonce *out);
void nonce_make(const struct gdoi *g, struct nonce *out);
/* Ni_b and Nr_b, as the hashes of messages 3 and 4 cover them. */
void pull_hash_parts(const struct pull *p, struct span parts[2]);

/* Room for one message in the making, ISAKMP_MSG_MAX; who puts secrets there
 * wipes them.  Nothing called meanwhile may use it too. */
uint8_t *gdoi_scratch(struct gdoi *g);
uint64_t gdoi_now(const struct gdoi *g);
uint64_t gdoi_wall(const struct gdoi *g);
void gdoi_random(const struct gdoi *g, void *p, size_t n);
/* Uniform enough for jitter: 0..n-1; n 0 gives 0. */
uint32_t gdoi_random_below(const struct gdoi *g, uint32_t n);
void gdoi_report(const struct gdoi *g, const struct report *r);
/* A KEK comes into use: for the key log of test runs. */
void gdoi_kek_made(const struct gdoi *g, const struct kek *k);
/* Random, > 255, in no use by any group of the box. */
uint32_t gdoi_spi_new(const struct gdoi *g);
/* Whole seconds from now to a deadline; 0 when it has passed. */
uint32_t secs_until(uint64_t now_ms, uint64_t at_ms);
uint32_t min_u32(uint32_t a, uint32_t b);
uint32_t max_u32(uint32_t a, uint32_t b);
uint64_t min_u64(uint64_t a, uint64_t b);
uint64_t max_u64(uint64_t a, uint64_t b);

/* Deep copies; _drop frees what the copy owns and leaves zeros. */
const struct acl *policy_acl_dup(const struct acl *a); /* NULL stays NULL */
void policy_acl_drop(const struct acl *a);
void ks_sa_policy_dup(struct ks_sa_policy *dst, const struct ks_sa_policy *src);
void ks_policy_dup(struct ks_policy *dst, const struct ks_policy *src);
void ks_policy_drop(struct ks_policy *p);
bool ks_policy_equal(const struct ks_policy *a, const struct ks_policy *b);
/* Equal in what travels to members: a difference wants a rekey. */
bool ks_policy_same_keys(const struct ks_policy *a, const struct ks_policy *b);
bool ks_policy_same_kek(const struct ks_policy *a, const struct ks_policy *b);
void gm_policy_dup(struct gm_policy *dst, const struct gm_policy *src);
void gm_policy_drop(struct gm_policy *p);
bool gm_policy_equal(const struct gm_policy *a, const struct gm_policy *b);
bool group_id_equal(const struct group_id *a, const struct group_id *b);
#endif
