/* struct env on the real world. */
#include "router/env_loop.h"
#include "crypto/rng.h"
#include "gdoi/isakmp.h"
#include "gdoi/report.h"
#include <errno.h>
#include <string.h>
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

static bool has_address(const struct link_state *l, const struct ip_addr *a)
{
	for (size_t i = 0; i < l->n_addr; i++)
		if (ip_equal(&l->addr[i].addr, a))
			return true;
	return false;
}

/* The kernel sends multicast out of the interface of its source; where that is
 * a loopback interface, nobody would hear it, and the route decides. */
static int egress(struct env_loop *e, const struct udp_path *path)
{
	const struct link_state *l = NULL;
	struct ip_addr src;
	int ifindex;

	if (!ip_is_multicast(&path->remote.ip))
		return 0;
	while ((l = iface_next(e->ifaces, l != NULL ? l->ifindex : 0)) != NULL)
		if (has_address(l, &path->local.ip))
			break;
	if (l == NULL || (!l->loopback && strcmp(l->kind, "dummy") != 0))
		return 0;
	return iface_route_get(e->ifaces, &path->remote.ip, &src, &ifindex) == 0
		       ? ifindex
		       : 0;
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	struct env_loop *e = ctx;
	struct udp848 *u = path->local.port == ISAKMP_PORT ? e->udp500 : e->udp;

	if (u != NULL)
		udp848_send_via(u, path, data, egress(e, path));
}

static int env_join(void *ctx, const struct udp_addr *group,
	const struct ip_addr *local, const char *netdev, struct ip_addr *at)
{
	struct env_loop *e = ctx;
	const struct link_state *l = iface_by_name(e->ifaces, netdev);

	if (e->udp == NULL)
		return -ENOTCONN;
	if (l == NULL)
		return -ENODEV;
	*at = *local;
	for (size_t i = 0; i < l->n_addr && !has_address(l, at); i++)
		if (l->addr[i].addr.family == 4)
			*at = l->addr[i].addr;
	return has_address(l, at) ? udp848_join(e->udp, group, at)
				  : -EADDRNOTAVAIL;
}

static void env_leave(
	void *ctx, const struct udp_addr *group, const struct ip_addr *at)
{
	struct env_loop *e = ctx;

	if (e->udp != NULL)
		udp848_leave(e->udp, group, at);
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
	struct keystore *keys, struct iface_mirror *ifaces)
{
	*e = (struct env_loop){ .log = log, .keys = keys, .ifaces = ifaces };
	e->env = (struct env){ .ctx = e,
		.now = env_now,
		.wall = env_wall,
		.random = env_random,
		.send = env_send,
		.report = env_report,
		.join = env_join,
		.leave = env_leave,
		.key_get = env_key_get,
		.is_local = env_is_local,
		.timers = loop_timers(loop),
		.crypto = &crypto_ops_openssl };
}
