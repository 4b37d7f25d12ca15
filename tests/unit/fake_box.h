/* A box without kernel and engines, for the tests of cli/: what the
 * configuration hands over is recorded, what show asks for is invented. */
#ifndef TESTS_FAKE_BOX_H
#define TESTS_FAKE_BOX_H
#include "cli/cfg.h"

struct fake_box {
	struct iface_policy *ifaces;
	size_t n_ifaces;
	struct static_route *routes;
	size_t n_routes;
	struct isakmp_config isakmp; /* what it points to: owned copies */
	struct isakmp_key *keys;
	struct isakmp_keyring *keyrings;
	struct isakmp_profile *profiles;
	struct isakmp_match *matches;
	struct isakmp_peer_policy *peers;
	struct ks_policy *ks; /* without what it points to */
	size_t n_ks;
	struct acl ks_acl[8]; /* of the first group's SAs */
	struct gm_policy *groups;
	size_t n_groups;
	struct crypto_map_entry *maps;
	size_t n_maps;
	struct acl map_acl[8];
	unsigned sets[5]; /* calls: ifaces routes isakmp ks gm */
	size_t n_vrfs;
	unsigned clears;
	bool routing, routing6;
	struct dp_choice dataplane; /* backend NULL: none */
	struct dp_ways ways;
	struct cut_policy cuts[4];
	size_t n_cuts;
	struct dp_choice_group dataplane_group; /* each of them */
	struct dp_sa_view dataplane_sa;         /* the only one of each */
	bool has_kinds; /* what box_has_kind says */
	struct filter_policy filters[8];
	struct acl filter_acl[8];
	size_t n_filters;
	unsigned filter_sets;
	struct fail_close closed[8];
	struct acl closed_acl[8];
	size_t n_closed;
	uint32_t log_threshold;
	struct sbuf cleared; /* counters: "LIST4 *6 " */
	/* For show. */
	const char *hits_list;
	bool hits_ip6;
	const struct ace_hits *hits;
	size_t n_hits;
	const struct iface_info *iface_list;
	size_t n_iface_list;
	const struct route_info *route_list;
	size_t n_route_list;
	const struct gm_snapshot *gm_list; /* each show gets copies */
	size_t n_gm_list;
	const struct ks_snapshot *ks_list;
	size_t n_ks_list;
	const struct ike_sa_info *ike_list;
	size_t n_ike_list;
	struct keystore *keystore; /* lent */
	struct debugger *debugger;
	struct pkistore *pkistore; /* lent */
	/* The ping that runs: its call and what answers. */
	struct ping_opts ping;
	ping_result_fn *ping_result;
	ping_done_fn *ping_done;
	void *ping_ctx;
	struct trace_opts trace; /* likewise */
	trace_result_fn *trace_result;
	trace_done_fn *trace_done;
	void *trace_ctx;
};
extern struct fake_box fake_box;
void fake_box_reset(void); /* frees what was recorded */

/* A router on the fake box, with every command. */
void fake_router_init(struct router *r);
void fake_router_fini(struct router *r);
/* Runs lines as a person in configuration mode would, settles, and returns
 * all that was printed (caller frees). */
char *fake_paste(struct router *r, const char *text);
/* The same of a privileged exec session without a person. */
char *fake_exec(struct router *r, const char *text);
/* The running configuration's lines without its comment head (caller frees). */
char *fake_running(struct router *r);
#endif
