/* struct box: made, wired together, taken apart. */
#include "base/hash.h"
#include "dataplane/ops.h"
#include "router/box_priv.h"
#include "router/dp_none.h"
#include "router/keylog.h"
#include "router/store_sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORWARD_PATH "/proc/sys/net/ipv4/ip_forward"

static void dp_not_ipsec(void *ctx, uint32_t group, const struct packet_key *k)
{
	struct box *b = ctx;

	gdoi_dp_not_ipsec(b->gdoi, group, k);
}

static void dp_invalid_spi(
	void *ctx, uint32_t group, uint32_t spi, const struct packet_key *k)
{
	struct box *b = ctx;

	gdoi_dp_invalid_spi(b->gdoi, group, spi, k);
}

static void dp_trouble(void *ctx, const char *text)
{
	struct box *b = ctx;

	if (log_allow(b->log, hash_bytes("dp_trouble", 10), loop_now()))
		log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "TROUBLE", "%s",
			text);
}

/* GETVPN_KEYLOG, for captures: loud, since it gives the traffic away. */
static void keylog_open(struct box *b)
{
	const char *path = secure_getenv(KEYLOG_ENV);
	auto_sbuf struct sbuf why = { 0 };

	if (path == NULL || path[0] == '\0' ||
		b->env.env.dp_ops == &dataplane_none)
		return;
	struct dp *dp =
		keylog_wrap(b->env.env.dp_ops, b->env.env.dp, path, &why);

	if (dp == NULL) {
		log_msg(b->log, LOG_SEV_ERR, "CRYPTO", "KEYLOG",
			"Traffic keys cannot be logged: %s", sbuf_str(&why));
		return;
	}
	b->env.env.dp_ops = &keylog_ops;
	b->env.env.dp = dp;
	log_msg(b->log, LOG_SEV_WARNING, "CRYPTO", "KEYLOG",
		"WARNING: traffic keys are written in clear to %s "
		"(" KEYLOG_ENV "); who reads it reads the traffic",
		path);
}

static void dataplane_open(struct box *b, const struct dataplane_ops *wanted)
{
	const struct dp_events events = { .not_ipsec = dp_not_ipsec,
		.invalid_spi = dp_invalid_spi,
		.trouble = dp_trouble,
		.ctx = b };
	const struct dataplane_ops *ops =
		wanted != NULL ? wanted : &dataplane_user;
	auto_sbuf struct sbuf why = { 0 };

	b->env.env.dp_ops = ops;
	b->env.env.dp = ops->open(b->loop, &events, &why);
	if (b->env.env.dp == NULL) {
		log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "UNAVAILABLE",
			"Dataplane %s cannot start: %s; group members stay "
			"unregistered",
			ops->name, sbuf_str(&why));
		b->env.env.dp_ops = &dataplane_none;
	}
	keylog_open(b);
}

/* What is wrong with the store costs its memory, not the box. */
static void store_open(struct box *b, const char *state_dir)
{
	auto_sbuf struct sbuf path = { 0 }, why = { 0 };

	sbuf_printf(&path, "%s/ks.db", state_dir);
	b->store = store_sqlite_open(sbuf_str(&path), &why);
	if (b->store == NULL)
		log_msg(b->log, LOG_SEV_CRIT, "GDOI", "STORE",
			"Key server state is not kept in this session: %s",
			sbuf_str(&why));
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

/* A router forwards.  Set when it gets its first interface, so that a trial
 * without one leaves the machine alone; /proc shows our own namespace. */
static void forwarding_on(struct box *b)
{
	auto_fd int fd = -1;
	char was = 0;

	if (b->forward_before != 0)
		return;
	fd = open(FORWARD_PATH, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && read(fd, &was, 1) == 1 && was != '1' &&
		pwrite(fd, "1", 1, 0) == 1)
		b->forward_before = was;
	if (was == '1' || b->forward_before != 0)
		return;
	log_msg(b->log, LOG_SEV_ERR, "NETDEV", "REFUSED",
		"forwarding cannot be turned on: %s", strerror(errno));
}

static void forwarding_restore(struct box *b)
{
	if (b->forward_before == 0)
		return;
	auto_fd int fd = open(FORWARD_PATH, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, &b->forward_before, 1) != 1)
		log_msg(b->log, LOG_SEV_ERR, "NETDEV", "REFUSED",
			"forwarding cannot be turned off again: %s",
			strerror(errno));
}

void box_settle(struct box *b)
{
	if (b->n_ifaces > 0)
		forwarding_on(b);
	box_iface_settle(b);
	box_route_settle(b);
	box_filter_settle(b);
	box_gm_settle(b);
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
	timer_init(&b->settle, on_settle, b);
	timer_init(&b->rebind, on_rebind, b);
	b->mirror = iface_mirror_new(o->loop, box_iface_event, b, why);
	if (b->mirror == NULL || !keys_open(b, o->state_dir, why)) {
		box_free(b);
		return NULL;
	}
	box_meter_init(b);
	env_loop_init(&b->env, o->loop, o->log, b->keys, b->mirror);
	if (o->state_dir != NULL)
		store_open(b, o->state_dir);
	dataplane_open(b, o->dataplane);
	box_filter_open(b);
	b->gdoi = gdoi_new(&b->env.env, b->store);
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
	if (b->gdoi != NULL)
		gdoi_free(b->gdoi);
	if (b->env.env.dp != NULL)
		b->env.env.dp_ops->close(b->env.env.dp);
	box_filter_free(b);
	udp848_free(b->env.udp);
	store_sqlite_close(b->store);
	box_gm_free(b);
	if (b->mirror != NULL) {
		box_meter_free(b);
		box_route_free(b);
		box_iface_free(b);
		box_vrf_free(b);
		forwarding_restore(b);
		iface_mirror_free(b->mirror);
	}
	if (b->keys != NULL)
		keystore_close(b->keys);
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

struct iface_mirror *box_ifaces(struct box *b)
{
	return b->mirror;
}

struct log *box_log(struct box *b)
{
	return b->log;
}

struct loop *box_loop(struct box *b)
{
	return b->loop;
}
