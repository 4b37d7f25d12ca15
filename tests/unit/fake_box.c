/* See fake_box.h. */
#include "tests/unit/fake_box.h"

#include "cli/running.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_box fake_box;

static void keys_free(void)
{
	for (size_t i = 0; i < fake_box.isakmp.n_keys; i++)
		secret_free(&fake_box.keys[i].key);
	free(fake_box.keys);
	fake_box.keys = NULL;
	fake_box.isakmp.n_keys = 0;
	for (size_t i = 0; i < fake_box.isakmp.n_peers; i++)
		secret_free(&fake_box.peers[i].password);
	free(fake_box.peers);
	fake_box.peers = NULL;
	fake_box.isakmp.n_peers = 0;
}

static void acls_free(struct acl *v)
{
	for (size_t i = 0; i < 8; i++)
		acl_free(&v[i]);
}

void fake_box_reset(void)
{
	free(fake_box.ifaces);
	free(fake_box.routes);
	keys_free();
	free(fake_box.keyrings);
	free(fake_box.profiles);
	free(fake_box.matches);
	free(fake_box.ks);
	free(fake_box.groups);
	free(fake_box.maps);
	acls_free(fake_box.ks_acl);
	acls_free(fake_box.map_acl);
	acls_free(fake_box.filter_acl);
	sbuf_free(&fake_box.cleared);
	fake_box = (struct fake_box){ 0 };
}

static void *copy(void *old, const void *v, size_t n, size_t size)
{
	free(old);
	return n == 0 ? NULL : xmemdup(v, n * size);
}

void box_set_ifaces(struct box *b, const struct iface_policy *v, size_t n)
{
	(void)b;
	fake_box.ifaces = copy(fake_box.ifaces, v, n, sizeof(*v));
	fake_box.n_ifaces = n;
	fake_box.sets[0]++;
}

void box_set_routes(struct box *b, const struct static_route *v, size_t n)
{
	(void)b;
	fake_box.routes = copy(fake_box.routes, v, n, sizeof(*v));
	fake_box.n_routes = n;
	fake_box.sets[1]++;
}

void box_set_isakmp(struct box *b, const struct isakmp_config *c)
{
	(void)b;
	keys_free();
	fake_box.isakmp = *c;
	fake_box.keys = copy(NULL, c->keys, c->n_keys, sizeof(*c->keys));
	fake_box.isakmp.keys = fake_box.keys;
	for (size_t i = 0; i < c->n_keys; i++) {
		fake_box.keys[i].key = (struct secret){ 0 };
		secret_dup(&fake_box.keys[i].key, &c->keys[i].key);
	}
	fake_box.peers = copy(NULL, c->peers, c->n_peers, sizeof(*c->peers));
	for (size_t i = 0; i < c->n_peers; i++) {
		fake_box.peers[i].password = (struct secret){ 0 };
		secret_dup(&fake_box.peers[i].password, &c->peers[i].password);
	}
	fake_box.keyrings = copy(fake_box.keyrings, c->keyrings, c->n_keyrings,
		sizeof(*c->keyrings));
	fake_box.profiles = copy(fake_box.profiles, c->profiles, c->n_profiles,
		sizeof(*c->profiles));
	fake_box.matches = copy(fake_box.matches, c->matches, c->n_matches,
		sizeof(*c->matches));
	fake_box.sets[2]++;
}

void box_set_ks(struct box *b, const struct ks_policy *v, size_t n)
{
	(void)b;
	fake_box.ks = copy(fake_box.ks, v, n, sizeof(*v));
	fake_box.n_ks = n;
	acls_free(fake_box.ks_acl);
	for (size_t i = 0; n > 0 && i < v[0].n_sas; i++) {
		fake_box.ks_acl[i] = (struct acl){ 0 };
		if (v[0].sa[i].acl != NULL)
			acl_dup(&fake_box.ks_acl[i], v[0].sa[i].acl);
	}
	fake_box.sets[3]++;
}

void box_set_gm(struct box *b, const struct gm_policy *groups, size_t n,
	const struct crypto_map_entry *maps, size_t n_maps)
{
	(void)b;
	fake_box.groups = copy(fake_box.groups, groups, n, sizeof(*groups));
	fake_box.n_groups = n;
	fake_box.maps = copy(fake_box.maps, maps, n_maps, sizeof(*maps));
	fake_box.n_maps = n_maps;
	acls_free(fake_box.map_acl);
	for (size_t i = 0; i < n_maps && i < 8; i++) {
		fake_box.map_acl[i] = (struct acl){ 0 };
		if (maps[i].local_acl != NULL)
			acl_dup(&fake_box.map_acl[i], maps[i].local_acl);
	}
	fake_box.sets[4]++;
}

struct gdoi *box_gdoi(struct box *b)
{
	(void)b;
	return NULL;
}

struct debugger *box_debugger(struct box *b)
{
	(void)b;
	return fake_box.debugger;
}

struct keystore *box_keys(struct box *b)
{
	(void)b;
	return fake_box.keystore;
}

struct revoke *box_revoke(struct box *b)
{
	(void)b;
	return NULL;
}

struct pkistore *box_pki(struct box *b)
{
	(void)b;
	return fake_box.pkistore;
}

const char *box_dataplane_why(const struct box *b)
{
	(void)b;
	return "";
}

const struct acl *box_closed_list(
	const struct box *b, const char *netdev, bool ip6)
{
	(void)b, (void)netdev, (void)ip6;
	return NULL;
}

bool box_is_held(const struct box *b, const char *netdev, bool ip6)
{
	(void)b, (void)netdev, (void)ip6;
	return false;
}

bool box_dp_groups(struct box *b, struct dp_group_view **out, size_t *n)
{
	(void)b;
	*out = NULL;
	*n = 0;
	return false;
}

struct iface_mirror *box_ifaces(struct box *b)
{
	(void)b;
	return NULL;
}

int iface_route_get(struct iface_mirror *m, const struct ip_addr *dst,
	struct ip_addr *src, int *ifindex)
{
	(void)m;
	(void)dst;
	*src = (struct ip_addr){ 0 };
	*ifindex = 0;
	return -ENETUNREACH;
}

const struct link_state *iface_by_index(
	const struct iface_mirror *m, int ifindex)
{
	(void)m;
	(void)ifindex;
	return NULL;
}

bool iface_is_local(const struct iface_mirror *m, const struct ip_addr *a)
{
	(void)m;
	return ip_u32(a) == 0xc0000201; /* 192.0.2.1 */
}

size_t box_iface_list(struct box *b, struct iface_info **out)
{
	(void)b;
	*out = copy(NULL, fake_box.iface_list, fake_box.n_iface_list,
		sizeof(**out));
	return fake_box.n_iface_list;
}

size_t box_route_list(struct box *b, struct route_info **out)
{
	(void)b;
	*out = copy(NULL, fake_box.route_list, fake_box.n_route_list,
		sizeof(**out));
	return fake_box.n_route_list;
}

size_t box_route_table(
	struct box *b, uint8_t family, const char *vrf, struct route_info **out)
{
	*out = NULL;
	return family == 4 && vrf[0] == '\0' ? box_route_list(b, out) : 0;
}

void box_set_vrfs(struct box *b, const char *const *names, size_t n)
{
	(void)b;
	(void)names;
	fake_box.n_vrfs = n;
}

void box_set_dataplane(struct box *b, enum dp_mode mode)
{
	(void)b;
	fake_box.dataplane.mode = mode;
}

void box_set_dataplane_crypto(struct box *b, enum dp_crypto crypto)
{
	(void)b;
	fake_box.dataplane.crypto = crypto;
}

bool box_dataplane_sa(
	struct box *b, size_t i, size_t k, struct dp_sa_view *out)
{
	(void)b;
	*out = fake_box.dataplane_sa;
	return i < fake_box.dataplane.n_groups && k == 0 && out->spi != 0;
}

void box_set_ways(struct box *b, const struct dp_ways *w)
{
	(void)b;
	fake_box.ways = *w;
}

void box_set_cuts(struct box *b, const struct cut_policy *v, size_t n)
{
	(void)b;
	fake_box.n_cuts = n < ARRAY_LEN(fake_box.cuts)
				  ? n
				  : ARRAY_LEN(fake_box.cuts);
	memcpy(fake_box.cuts, v, fake_box.n_cuts * sizeof(*v));
}

const char *box_iface_name(
	const struct box *b, const char *netdev, char out[64])
{
	(void)b;
	snprintf(out, 64, "%s", netdev);
	return out;
}

bool box_dataplane(struct box *b, struct dp_choice *out)
{
	(void)b;
	*out = fake_box.dataplane;
	return out->backend != NULL;
}

bool box_dataplane_group(struct box *b, size_t i, struct dp_choice_group *out)
{
	(void)b;
	if (i >= fake_box.dataplane.n_groups)
		return false;
	*out = fake_box.dataplane_group;
	return true;
}

void box_set_forwarding(struct box *b, bool ipv4, bool ipv6)
{
	(void)b;
	fake_box.routing = ipv4;
	fake_box.routing6 = ipv6;
}

const char *box_vrf_device(const struct box *b, const char *vrf)
{
	(void)b;
	return fake_box.has_kinds ? vrf : "";
}

struct trace *box_trace(struct box *b, const struct trace_opts *o,
	trace_result_fn *result, trace_done_fn *done, void *ctx,
	struct sbuf *why)
{
	(void)b;
	(void)why;
	fake_box.trace = *o;
	fake_box.trace_result = result;
	fake_box.trace_done = done;
	fake_box.trace_ctx = ctx;
	return (struct trace *)&fake_box.trace;
}

void trace_cancel(struct trace *t)
{
	(void)t;
}

void box_route_renew(struct box *b)
{
	(void)b;
	fake_box.clears++;
}

bool box_has_kind(struct box *b, const char *kind)
{
	(void)b;
	(void)kind;
	return fake_box.has_kinds;
}

size_t box_neigh_list(struct box *b, uint8_t family, struct neigh_info **out)
{
	(void)b;
	(void)family;
	*out = NULL;
	return 0;
}

int box_neigh_clear(struct box *b, uint8_t family, const struct ip_addr *only)
{
	(void)b;
	(void)family;
	(void)only;
	return 0;
}

void box_counters_clear(struct box *b, const char *ifname)
{
	(void)b;
	(void)ifname;
	fake_box.clears++;
}

struct ping *box_ping(struct box *b, const struct ping_opts *o,
	ping_result_fn *result, ping_done_fn *done, void *ctx, struct sbuf *why)
{
	(void)b;
	(void)why;
	fake_box.ping = *o;
	fake_box.ping_result = result;
	fake_box.ping_done = done;
	fake_box.ping_ctx = ctx;
	return (struct ping *)&fake_box.ping;
}

void ping_cancel(struct ping *p)
{
	(void)p;
}

bool gdoi_replay_clear(struct gdoi *g, const char *group, struct sbuf *why)
{
	(void)g;
	(void)why;
	(void)group;
	return true;
}

bool gdoi_clear(struct gdoi *g, const char *group, struct sbuf *why)
{
	(void)g;
	(void)group;
	(void)why;
	return true;
}

bool gdoi_ks_rekey(
	struct gdoi *g, const char *group, bool replace_now, struct sbuf *why)
{
	(void)g;
	(void)group;
	(void)replace_now;
	(void)why;
	return true;
}

bool box_store_info(
	const struct box *b, struct store_info *out, const char **why)
{
	(void)b;
	*out = (struct store_info){ .schema = 2 };
	*why = NULL;
	return true;
}

bool gdoi_ks_members_remove(struct gdoi *g, const char *group, bool at_once,
	void (*told)(void *ctx, const char *group), void *ctx, struct sbuf *why)
{
	(void)g;
	(void)at_once;
	(void)why;
	told(ctx, group != NULL ? group : "ORBIT");
	return true;
}

bool gdoi_gm_direction(struct gdoi *g, const char *group, enum gm_direction d,
	struct sbuf *why)
{
	(void)g;
	(void)group;
	(void)d;
	(void)why;
	return true;
}

size_t gdoi_clear_isakmp(
	struct gdoi *g, enum ike_which which, uint32_t conn_id)
{
	(void)g;
	(void)which;
	return conn_id == 0;
}

void gdoi_ike_stats(const struct gdoi *g, struct ike_stats *out)
{
	(void)g;
	*out = (struct ike_stats){ .sas = 2, .drops[WIRE_KE] = 4,
		.pull_drops[WIRE_KE] = 6 };
}

size_t gdoi_errors(const struct gdoi *g, struct ike_error *out, size_t max,
	uint64_t *deleted)
{
	(void)g;
	(void)max;
	*deleted = 5;
	out[0] = (struct ike_error){ .wall_ms = 1700000000000,
		.peer = ip_v4(0xc0000209),
		.exchange = 2,
		.err = WIRE_NO_PROPOSAL };
	return 1;
}

void gdoi_errors_clear(struct gdoi *g)
{
	(void)g;
}

void gdoi_drops_clear(struct gdoi *g)
{
	(void)g;
}

void gdoi_admission_clear(struct gdoi *g)
{
	(void)g;
}

void gdoi_config_left(struct gdoi *g)
{
	(void)g;
}

static void *dup_or_null(const void *v, size_t n)
{
	return n == 0 ? NULL : xmemdup(v, n);
}

static struct acl *acl_copy(const struct acl *a)
{
	struct acl *c;

	if (a == NULL)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	acl_dup(c, a);
	return c;
}

static void ks_snapshot_dup(
	struct ks_snapshot *dst, const struct ks_snapshot *k)
{
	*dst = *k;
	dst->policy.authorization = acl_copy(k->policy.authorization);
	dst->policy.kssids = dup_or_null(k->policy.kssids, k->policy.n_kssids);
	for (size_t i = 0; i < k->policy.n_sas; i++) {
		dst->policy.sa[i].acl = acl_copy(k->policy.sa[i].acl);
		dst->sa[i].policy.acl = acl_copy(k->sa[i].policy.acl);
	}
	dst->tek = dup_or_null(k->tek, k->n_teks * sizeof(*k->tek));
	dst->member = dup_or_null(k->member, k->n_members * sizeof(*k->member));
}

size_t gdoi_ks_snapshot(const struct gdoi *g, struct ks_snapshot **out)
{
	(void)g;
	*out = xcalloc(fake_box.n_ks_list + 1, sizeof(**out));
	for (size_t i = 0; i < fake_box.n_ks_list; i++)
		ks_snapshot_dup(&(*out)[i], &fake_box.ks_list[i]);
	return fake_box.n_ks_list;
}

static void gm_snapshot_dup(
	struct gm_snapshot *dst, const struct gm_snapshot *g)
{
	*dst = *g;
	dst->policy.local_acl = acl_copy(g->policy.local_acl);
	acl_dup(&dst->acl, &g->acl);
	dst->ace_matches = g->ace_matches == NULL
				   ? NULL
				   : dup_or_null(g->ace_matches,
					     g->acl.n * sizeof(uint64_t));
	dst->sig_key = dup_or_null(g->sig_key, g->sig_key_n);
	dst->tek = dup_or_null(g->tek, g->n_teks * sizeof(*g->tek));
}

size_t gdoi_gm_snapshot(const struct gdoi *g, struct gm_snapshot **out)
{
	(void)g;
	*out = xcalloc(fake_box.n_gm_list + 1, sizeof(**out));
	for (size_t i = 0; i < fake_box.n_gm_list; i++)
		gm_snapshot_dup(&(*out)[i], &fake_box.gm_list[i]);
	return fake_box.n_gm_list;
}

size_t gdoi_ike_list(const struct gdoi *g, struct ike_sa_info *out, size_t max)
{
	size_t n = fake_box.n_ike_list < max ? fake_box.n_ike_list : max;

	(void)g;
	for (size_t i = 0; i < n; i++)
		out[i] = fake_box.ike_list[i];
	return n;
}

static uint64_t fake_now(void)
{
	return 1;
}

/* Of several routers at once the first has it; it goes last. */
static const struct router *debugger_owner;

void fake_router_init(struct router *r)
{
	*r = (struct router){ .box = (struct box *)&fake_box };
	r->log = log_new(8192);
	if (fake_box.debugger == NULL) {
		fake_box.debugger = debugger_new(r->log, fake_now);
		debugger_owner = r;
	}
	router_setup(r);
}

void fake_router_fini(struct router *r)
{
	struct debugger *kept = fake_box.debugger;

	router_fini(r);
	if (debugger_owner == r) {
		debugger_free(kept);
		debugger_owner = NULL;
		kept = NULL;
	}
	log_free(r->log);
	fake_box_reset();
	fake_box.debugger = kept;
}

static void paste_output(void *ctx, const char *text, size_t n)
{
	sbuf_add(ctx, text, n);
}

static void paste_ask(void *ctx, int kind, const char *question)
{
	(void)kind;
	sbuf_adds(ctx, question);
}

static void paste_done(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static char *run_lines(struct router *r, const char *text, unsigned flags)
{
	struct sbuf out = { 0 };
	struct session_sink sink = { .output = paste_output,
		.ask = paste_ask,
		.done = paste_done,
		.ctx = &out };
	struct session_opts o = { .user = "",
		.line = "con 0",
		.from = "",
		.level = 15,
		.flags = flags };
	struct session *s = session_new(r, &o, &sink);

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		auto_sbuf struct sbuf line = { 0 };

		sbuf_add(&line, text, n);
		text += n + (text[n] == '\n');
		int rc = session_asks_text(s)
				 ? session_answer(s, sbuf_str(&line))
				 : session_run_line(s, sbuf_str(&line));

		if (rc == CMD_PENDING && !session_asks_text(s))
			session_break(s);
	}
	session_settle(s);
	session_free(s);
	sbuf_addc(&out, '\0');
	return sbuf_take(&out);
}

char *fake_paste(struct router *r, const char *text)
{
	return run_lines(
		r, text, SESSION_BATCH | SESSION_LENIENT | SESSION_QUIET);
}

char *fake_exec(struct router *r, const char *text)
{
	return run_lines(r, text, SESSION_BATCH | SESSION_QUIET);
}

char *fake_running(struct router *r)
{
	struct sbuf out = { 0 };

	tree_print(r->tree, NULL, false, &out);
	sbuf_addc(&out, '\0');
	return sbuf_take(&out);
}

void box_set_filters(struct box *b, const struct filter_policy *v, size_t n)
{
	(void)b;
	for (size_t i = 0; i < fake_box.n_filters; i++)
		acl_free(&fake_box.filter_acl[i]);
	for (size_t i = 0; i < n && i < 8; i++) {
		fake_box.filters[i] = v[i];
		acl_dup(&fake_box.filter_acl[i], v[i].acl);
		fake_box.filters[i].acl = &fake_box.filter_acl[i];
	}
	fake_box.n_filters = n < 8 ? n : 8;
	fake_box.filter_sets++;
}

void box_set_fail_close(struct box *b, const struct fail_close *v, size_t n)
{
	(void)b;
	for (size_t i = 0; i < fake_box.n_closed; i++)
		acl_free(&fake_box.closed_acl[i]);
	for (size_t i = 0; i < n && i < 8; i++) {
		fake_box.closed[i] = v[i];
		fake_box.closed_acl[i] = (struct acl){ 0 };
		if (v[i].acl == NULL)
			continue;
		acl_dup(&fake_box.closed_acl[i], v[i].acl);
		fake_box.closed[i].acl = &fake_box.closed_acl[i];
	}
	fake_box.n_closed = n;
}

bool box_is_closed(
	struct box *b, const char *ifname, bool ip6, uint64_t *drops)
{
	(void)b;
	*drops = 7;
	for (size_t i = 0; i < fake_box.n_closed; i++) {
		if (strcmp(fake_box.closed[i].ifname, ifname) == 0 &&
			fake_box.closed[i].ip6 == ip6)
			return true;
	}
	return false;
}

void box_config_ready(struct box *b)
{
	(void)b;
}

size_t box_acl_hits(
	struct box *b, const char *list, bool ip6, struct ace_hits **out)
{
	size_t n = 0;

	(void)b;
	*out = NULL;
	if (fake_box.hits_list == NULL || fake_box.hits_ip6 != ip6 ||
		strcmp(fake_box.hits_list, list) != 0)
		return 0;
	n = fake_box.n_hits;
	*out = xmemdup(fake_box.hits, n * sizeof(**out));
	return n;
}

void box_acl_clear(struct box *b, const char *list, bool ip6)
{
	(void)b;
	sbuf_printf(&fake_box.cleared, "%s%u ", list != NULL ? list : "*",
		ip6 ? 6 : 4);
}

void box_set_acl_log(struct box *b, uint32_t threshold)
{
	(void)b;
	fake_box.log_threshold = threshold;
}
