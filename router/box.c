/* struct box: made, wired together, taken apart. */
#include "base/hash.h"
#include "dataplane/ops.h"
#include "router/box_priv.h"
#include "router/dp_none.h"
#include "router/keylog.h"
#include "router/revoke.h"
#include "router/store_sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void box_store_sync(struct box *b)
{
	int err = b->store != NULL ? store_sqlite_sync(b->store) : 0;

	timer_cancel(loop_timers(b->loop), &b->sync);
	if (err == 0)
		return;
	if (b->env.udp != NULL)
		udp848_discard(b->env.udp);
	if (log_allow(b->log, hash_bytes("store_sync", 10), loop_now()))
		log_msg(b->log, LOG_SEV_ALERT, "GDOI", "KS_STORE_FAILED",
			"Key server state cannot be written: %s; what "
			"depends on it is not sent",
			strerror(-err));
}

static void on_sync(void *arg)
{
	box_store_sync(arg);
}

/* When nothing is sent that would wait for it. */
static void store_wrote(void *ctx)
{
	struct box *b = ctx;

	timer_set(loop_timers(b->loop), &b->sync, loop_now());
}

/* Without its store a key server would make new keys beside those that members
 * still have: it answers nobody until that is put right. */
static void store_open(struct box *b, const char *state_dir)
{
	auto_sbuf struct sbuf path = { 0 }, key = { 0 }, why = { 0 };

	sbuf_printf(&path, "%s/ks.db", state_dir);
	sbuf_printf(&key, "%s/keys/ks.seal", state_dir);
	b->store = store_sqlite_open(sbuf_str(&path), sbuf_str(&key), &why);
	if (b->store != NULL)
		store_sqlite_group(b->store, store_wrote, b);
	else
		b->store_why = xstrdup(sbuf_str(&why));
}

static void store_refuse(struct box *b)
{
	log_msg(b->log, LOG_SEV_CRIT, "GDOI", "STORE",
		"Key server state cannot be used, and registrations are "
		"refused until it can: %s",
		b->store_why);
	gdoi_ks_refuse(b->gdoi, "the key server's state cannot be used, see "
				"show crypto gdoi ks store");
}

bool box_store_info(
	const struct box *b, struct store_info *out, const char **why)
{
	*why = b->store_why;
	return b->store != NULL && store_sqlite_info(b->store, out) == 0;
}

static bool keys_open(struct box *b, const char *state_dir, struct sbuf *why)
{
	auto_sbuf struct sbuf path = { 0 }, problems = { 0 };

	if (state_dir != NULL)
		sbuf_printf(&path, "%s/keys", state_dir);
	b->keys = keystore_open(
		state_dir != NULL ? sbuf_str(&path) : NULL, &problems);
	if (b->keys == NULL) {
		sbuf_printf(
			why, "%s: %s", sbuf_str(&path), sbuf_str(&problems));
		return false;
	}
	if (problems.n > 0)
		log_msg(b->log, LOG_SEV_ERR, "CRYPTO", "KEYSTORE",
			"Private keys that cannot be read were left out: %s",
			sbuf_str(&problems));
	return true;
}

/* What is wrong with a file costs that file. */
static void pki_open(struct box *b, const char *state_dir)
{
	auto_sbuf struct sbuf path = { 0 }, problems = { 0 };

	if (state_dir != NULL)
		sbuf_printf(&path, "%s/pki", state_dir);
	b->pki = pkistore_open(
		state_dir != NULL ? sbuf_str(&path) : NULL, &problems);
	if (problems.n > 0)
		log_msg(b->log, LOG_SEV_ERR, "PKI", "STORE",
			"Certificates that cannot be read were left out: %s",
			sbuf_str(&problems));
}

static const char *const forward_paths[N_FORWARD] = {
	"/proc/sys/net/ipv4/ip_forward",
	"/proc/sys/net/ipv6/conf/all/forwarding",
};

/* Told once: it does not get better by itself. */
static void forwarding_refused(struct box *b, const char *path)
{
	if (b->forward_told)
		return;
	b->forward_told = true;
	log_msg(b->log, LOG_SEV_ERR, "NETDEV", "REFUSED",
		"forwarding cannot be set in %s: %s", path, strerror(errno));
}

/* A router forwards, a host does not.  /proc shows our own namespace. */
static void forwarding_set(struct box *b, size_t i, char want)
{
	auto_fd int fd = open(forward_paths[i], O_RDWR | O_CLOEXEC);
	char is = 0;

	if (fd < 0 || read(fd, &is, 1) != 1) {
		if (want == '1')
			forwarding_refused(b, forward_paths[i]);
		return;
	}
	if (is == want)
		return;
	if (pwrite(fd, &want, 1, 0) != 1)
		forwarding_refused(b, forward_paths[i]);
	else if (b->forward_before[i] == 0)
		b->forward_before[i] = is;
}

/* From the first interface on, so that a trial without one leaves the machine
 * alone. */
static void forwarding_settle(struct box *b)
{
	if (b->n_ifaces == 0)
		return;
	forwarding_set(b, 0, b->no_routing ? '0' : '1');
	if (b->ipv6_routing)
		forwarding_set(b, 1, '1');
	else if (b->forward_before[1] != 0)
		forwarding_set(b, 1, b->forward_before[1]);
}

void box_set_forwarding(struct box *b, bool ipv4, bool ipv6)
{
	b->no_routing = !ipv4;
	b->ipv6_routing = ipv6;
	forwarding_settle(b);
}

static void forwarding_restore(struct box *b)
{
	for (size_t i = 0; i < N_FORWARD; i++) {
		if (b->forward_before[i] != 0)
			forwarding_set(b, i, b->forward_before[i]);
	}
}

void box_settle(struct box *b)
{
	forwarding_settle(b);
	box_iface_settle(b);
	box_cuts_settle(b);
	box_route_settle(b);
	box_filter_settle(b);
	box_gm_settle(b);
	if (b->env.udp != NULL)
		udp848_rejoin(b->env.udp);
}

static void on_settle(void *arg)
{
	box_settle(arg);
}

static void on_rebind(void *arg)
{
	box_power(arg);
}

void box_settle_soon(struct box *b)
{
	timer_set(loop_timers(b->loop), &b->settle, loop_now());
}

static const char *env_vrf_of(void *ctx, const struct ip_addr *local)
{
	return box_addr_vrf(box_of_env(ctx), local);
}

static bool env_is_on(
	void *ctx, const char *ifname, const struct ip_addr *local)
{
	const struct box *b = box_of_env(ctx);
	const struct box_iface *f = box_iface_find(b, ifname);
	const struct link_state *s =
		f != NULL ? iface_by_name(b->mirror, f->netdev) : NULL;

	for (size_t i = 0; s != NULL && i < s->n_addr; i++)
		if (ip_equal(&s->addr[i].addr, local))
			return true;
	return false;
}

static bool env_revocation_wanted(void *ctx, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m)
{
	struct env_loop *e = ctx;
	struct box *b = (struct box *)((char *)e - offsetof(struct box, env));

	return revoke_wanted(b->revoke, trustpoint, cert, issuer, m);
}

/* As at every boot of a router (show-output.md 4.1). */
static void report_off(struct box *b)
{
	const enum report_id off[] = { REPORT_ISAKMP_OFF, REPORT_GDOI_OFF };

	for (size_t i = 0; i < ARRAY_LEN(off); i++) {
		const struct report r = {
			.id = off[i], .group = "", .text = ""
		};

		b->env.env.report(&b->env, &r);
	}
}

struct box *box_new(const struct box_opts *o, struct sbuf *why)
{
	struct box *b = xcalloc(1, sizeof(*b));

	b->loop = o->loop;
	b->log = o->log;
	b->debugger = debugger_new(o->log, loop_now);
	timer_init(&b->settle, on_settle, b);
	timer_init(&b->rebind, on_rebind, b);
	timer_init(&b->sync, on_sync, b);
	b->mirror = iface_mirror_new(o->loop, box_iface_event, b, why);
	if (b->mirror == NULL || !keys_open(b, o->state_dir, why)) {
		box_free(b);
		return NULL;
	}
	pki_open(b, o->state_dir);
	box_meter_init(b);
	env_loop_init(&b->env, o->loop, o->log, b->keys, b->mirror);
	b->env.env.debug = debugger_hook(b->debugger);
	if (o->state_dir != NULL)
		store_open(b, o->state_dir);
	box_guard_open(b);
	box_dataplane_open(b, o->dataplane);
	box_filter_open(b);
	b->env.env.vrf_of = env_vrf_of;
	b->env.env.is_on = env_is_on;
	b->env.env.policy_hold = box_guard_hold;
	b->env.env.policy_gone = box_guard_gone;
	b->env.env.member_changed = box_guard_changed;
	b->revoke = revoke_new(o->loop, o->log);
	b->env.env.revocation_wanted = env_revocation_wanted;
	b->gdoi = gdoi_new(&b->env.env, b->store);
	if (b->store_why != NULL)
		store_refuse(b);
	report_off(b);
	return b;
}

void box_free(struct box *b)
{
	if (b == NULL)
		return;
	timer_cancel(loop_timers(b->loop), &b->settle);
	timer_cancel(loop_timers(b->loop), &b->rebind);
	box_ping_free(b);
	box_trace_free(b);
	box_guard_last(b);
	if (b->gdoi != NULL)
		gdoi_free(b->gdoi);
	revoke_free(b->revoke);
	box_dataplane_close(b);
	box_filter_free(b);
	box_store_sync(b);
	udp848_free(b->env.udp);
	udp848_free(b->env.udp500);
	store_sqlite_close(b->store);
	free(b->store_why);
	box_gm_free(b);
	if (b->mirror != NULL) {
		box_meter_free(b);
		box_route_free(b);
		box_iface_free(b);
		box_vrf_free(b);
		forwarding_restore(b);
		iface_mirror_free(b->mirror);
	}
	box_guard_free(b);
	if (b->keys != NULL)
		keystore_close(b->keys);
	debugger_free(b->debugger);
	pkistore_close(b->pki);
	free(b);
}

struct gdoi *box_gdoi(struct box *b)
{
	return b->gdoi;
}

struct keystore *box_keys(struct box *b)
{
	return b->keys;
}

struct revoke *box_revoke(struct box *b)
{
	return b->revoke;
}

struct pkistore *box_pki(struct box *b)
{
	return b->pki;
}

struct iface_mirror *box_ifaces(struct box *b)
{
	return b->mirror;
}

bool box_dp_groups(struct box *b, struct dp_group_view **out, size_t *n)
{
	const struct env *e = &b->env.env;

	*out = NULL;
	*n = 0;
	if (e->dp_ops->groups == NULL)
		return false;
	*n = e->dp_ops->groups(e->dp, NULL, 0);
	*out = xcalloc(*n + 1, sizeof(**out));
	e->dp_ops->groups(e->dp, *out, *n);
	return true;
}

struct log *box_log(struct box *b)
{
	return b->log;
}

struct debugger *box_debugger(struct box *b)
{
	return b->debugger;
}

struct loop *box_loop(struct box *b)
{
	return b->loop;
}
