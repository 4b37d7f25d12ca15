/* Two ISAKMP endpoints in one process on a virtual clock: datagrams lie in one
 * queue, where a test may lose, repeat or change them. */
#ifndef TESTS_IKE_WORLD_H
#define TESTS_IKE_WORLD_H
#include "gdoi/exchange.h"
#include "gdoi/report.h"

#define WORLD_QUEUE 64

struct world;
/* What one end was told. */
struct end {
	struct world *w;
	struct env env;
	struct ike *ike;
	struct ip_addr addr;
	/* Of its configuration, besides policies and keys. */
	struct ike_keepalive keepalive;
	bool fragmentation;
	uint32_t sa_limit, negotiation_limit;
	uint16_t diagnose_entries;
	struct isakmp_id self;
	const struct ike_trustpoint *trustpoints; /* lent */
	size_t n_trustpoints;
	const struct isakmp_peer_policy *peer; /* lent; NULL: none */
	bool disconnect_revoked;
	const struct cert_rule *cert_rules;    /* lent, as those below */
	size_t n_cert_rules;
	const struct isakmp_profile *profiles;
	size_t n_profiles;
	const struct isakmp_match *matches;
	size_t n_matches;
	unsigned fetches; /* of revocation data, when may_fetch */
	bool may_fetch;
	struct ike_sa *sa; /* last one up, NULL after its end */
	unsigned ups, downs, lost, messages, notifies;
	enum ike_down why;
	uint16_t notify_type;
	unsigned reports[REPORT_N];
	enum wire_err (*on_message)(struct end *e, struct ike_sa *sa,
		struct exchange *x, const struct exchange_msg *m);
	void (*on_up)(struct end *e, struct ike_sa *sa);
	void (*on_down)(struct end *e, enum ike_down why);
	struct exchange *x;
	/* Random bytes to hand out before real ones, one entry a call. */
	struct span script[8];
	size_t script_n, script_at;
};
struct packet {
	struct udp_path path; /* as the sender sees it */
	struct span data;     /* owned */
};
struct world {
	uint64_t now;
	uint64_t wall_ms; /* the wall clock when now is 0 */
	uint64_t seed; /* 0: real random bytes */
	const struct crypto_ops *crypto;
	const char *(*vrf_of)(void *ctx, const struct ip_addr *local);
	struct timers *timers;
	struct end a, b; /* a is 192.0.2.10, b 192.0.2.1 */
	struct packet q[WORLD_QUEUE];
	size_t n;
	unsigned sent; /* datagrams of both ends so far */
	/* Called for each datagram: false loses it. May be NULL. */
	bool (*pass)(struct world *w, struct packet *p);
	void *arg;
};

void world_init(struct world *w);
void world_fini(struct world *w);
/* Both ends anew, with these operations; they outlive the world. */
void world_set_crypto(struct world *w, const struct crypto_ops *ops);
/* Likewise, all addresses in the VRF that fn tells. */
void world_set_vrf(struct world *w,
	const char *(*fn)(void *ctx, const struct ip_addr *local));
/* One policy and one key at an end. */
void world_config(struct end *e, const struct isakmp_policy *v, size_t n,
	const char *psk, uint8_t doi);
struct udp_path world_path(const struct end *from, const struct end *to);
struct ike_sa *world_connect(struct world *w); /* a to b */
/* Delivers and fires until nothing is left to do before now + ms. */
void world_run(struct world *w, uint64_t ms);
bool world_both_up(const struct world *w);

/* For struct world.pass, with what arg points to. */
bool pass_none(struct world *w, struct packet *p);
/* All but the nth, from 1. */
struct nth {
	unsigned lose, seen;
};
bool pass_but_nth(struct world *w, struct packet *p);
bool pass_twice(struct world *w, struct packet *p);
/* Before one message a copy of it arrives, one octet changed. */
struct forge {
	unsigned victim; /* from 1; 0 none */
	size_t at;
	unsigned seen;
};
bool pass_forged(struct world *w, struct packet *p);
/* Records, for changing and replaying. */
struct tape {
	struct packet p[32];
	size_t n;
};
bool pass_record(struct world *w, struct packet *p);
void tape_free(struct tape *t);
void world_play(struct world *w, const struct packet *p);
#endif
