/* struct env on the real world. */
#include "router/env_loop.h"
#include "crypto/rng.h"
#include "gdoi/report.h"
#include <time.h>

static uint64_t env_now(void *ctx)
{
	(void)ctx;
	return loop_now();
}

static uint64_t env_wall(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void env_random(void *ctx, void *p, size_t n)
{
	(void)ctx;
	rng_bytes(p, n);
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	struct env_loop *e = ctx;

	if (e->udp != NULL)
		udp848_send(e->udp, path, data);
}

static void env_report(void *ctx, const struct report *r)
{
	struct env_loop *e = ctx;
	const struct report_def *d = report_def(r->id);
	auto_sbuf struct sbuf text = { 0 };

	if (d->peer_provoked && !log_allow(e->log, (uint32_t)r->id, loop_now()))
		return;
	report_text(r, &text);
	log_msg(e->log, d->sev, d->facility, d->mnemonic, "%s",
		sbuf_str(&text));
}

static struct pkey *env_key_get(void *ctx, const char *label)
{
	struct env_loop *e = ctx;
	const struct stored_key *k = keystore_get(e->keys, label);

	return k != NULL ? k->key : NULL;
}

static bool env_is_local(void *ctx, const struct ip_addr *a)
{
	struct env_loop *e = ctx;

	return iface_is_local(e->ifaces, a);
}

void env_loop_init(struct env_loop *e, struct loop *loop, struct log *log,
	struct keystore *keys, const struct iface_mirror *ifaces)
{
	*e = (struct env_loop){ .log = log, .keys = keys, .ifaces = ifaces };
	e->env = (struct env){ .ctx = e,
		.now = env_now,
		.wall = env_wall,
		.random = env_random,
		.send = env_send,
		.report = env_report,
		.key_get = env_key_get,
		.is_local = env_is_local,
		.timers = loop_timers(loop),
		.crypto = &crypto_ops_openssl };
}
