/* Key servers and group members: what is configured, multiplied by where crypto
 * maps stand, into gdoi; ISAKMP on and off. */
#include "router/box_priv.h"
#include <stdlib.h>
#include <string.h>

#define REBIND_MS 10000

static void on_datagram(
	void *ctx, const struct udp_path *path, struct span data)
{
	struct box *b = ctx;

	gdoi_input(b->gdoi, path, data);
}

static void on_before_send(void *ctx)
{
	box_store_sync(ctx);
}

static void socket_open(struct box *b, struct udp848 **u, uint16_t port)
{
	auto_sbuf struct sbuf why = { 0 };

	if (*u != NULL)
		return;
	*u = udp848_new(b->loop, port, on_datagram, b, &why);
	if (*u != NULL) {
		udp848_before_send(*u, on_before_send, b);
		return;
	}
	log_msg(b->log, LOG_SEV_ERR, "CRYPTO", "IKMP_SOCKET",
		"%s; trying again every %u seconds", sbuf_str(&why),
		REBIND_MS / 1000);
	timer_set(loop_timers(b->loop), &b->rebind, loop_now() + REBIND_MS);
}

static void socket_close(struct udp848 **u)
{
	udp848_free(*u);
	*u = NULL;
}

void box_power(struct box *b)
{
	bool on = b->n_ks + b->n_gm > 0;

	if (on && !b->rebind.armed)
		socket_open(b, &b->env.udp, GDOI_PORT);
	if (on && b->port_500 && !b->rebind.armed)
		socket_open(b, &b->env.udp500, ISAKMP_PORT);
	if (!on || !b->port_500)
		socket_close(&b->env.udp500);
	if (on)
		return;
	timer_cancel(loop_timers(b->loop), &b->rebind);
	socket_close(&b->env.udp);
}

void box_set_isakmp(struct box *b, const struct isakmp_config *c)
{
	gdoi_set_isakmp(b->gdoi, c);
	b->port_500 = c->port_500;
	box_power(b);
}

/* The socket stands while the engines work: before the first group starts and
 * until the last one has said good-bye. */
void box_set_ks(struct box *b, const struct ks_policy *v, size_t n)
{
	if (n > 0) {
		b->n_ks = n;
		box_power(b);
	}
	gdoi_set_ks(b->gdoi, v, n);
	b->n_ks = n;
	box_power(b);
}

static const struct gm_policy *group_find(const struct box *b, const char *name)
{
	for (size_t i = 0; i < b->n_groups; i++) {
		if (strcmp(b->groups[i].group, name) == 0)
			return &b->groups[i];
	}
	return NULL;
}

static struct gm_policy member_make(const struct box *b,
	const struct gm_policy *group, const struct crypto_map_entry *m,
	const struct box_iface *f)
{
	const struct box_iface *from = f;
	struct gm_policy p = *group;

	if (m->local_address[0] != '\0')
		from = box_iface_find(b, m->local_address);
	if (from != NULL)
		p.local = box_iface_local(b, from);
	memcpy(p.map, m->map, sizeof(p.map));
	memcpy(p.isakmp_profile, m->isakmp_profile, sizeof(p.isakmp_profile));
	p.map_seq = m->seq;
	memcpy(p.ifname, f->policy.ifname, sizeof(p.ifname));
	memcpy(p.netdev, f->netdev, sizeof(p.netdev));
	p.local_acl = m->local_acl;
	return p;
}

bool box_iface_carries(
	const struct box_iface *f, const struct crypto_map_entry *m)
{
	const char *map = m->ip6 ? f->policy.crypto_map6 : f->policy.crypto_map;

	return strcmp(map, m->map) == 0;
}

void box_gm_settle(struct box *b)
{
	auto_free struct gm_policy *v =
		xcalloc(b->n_maps * b->n_ifaces + 1, sizeof(*v));
	size_t n = 0;

	box_guard_settle(b); /* what is about to lose its policy is closed */
	for (size_t i = 0; i < b->n_maps; i++) {
		const struct crypto_map_entry *m = &b->maps[i];
		const struct gm_policy *group = group_find(b, m->group);

		for (size_t j = 0; j < b->n_ifaces && group != NULL; j++) {
			const struct box_iface *f = &b->ifaces[j];

			if (box_iface_carries(f, m) && group->ip6 == m->ip6)
				v[n++] = member_make(b, group, m, f);
		}
	}
	if (n == 0 && b->n_gm == 0)
		return;
	if (n > 0) {
		b->n_gm = n;
		box_power(b);
	}
	gdoi_set_gm(b->gdoi, v, n);
	b->n_gm = n;
	box_power(b);
	box_guard_settle(b);
}

void box_gm_free(struct box *b)
{
	for (size_t i = 0; i < b->n_maps; i++)
		acl_free(&b->map_acls[i]);
	free(b->map_acls);
	free(b->maps);
	free(b->groups);
	b->map_acls = NULL;
	b->maps = NULL;
	b->groups = NULL;
	b->n_maps = b->n_groups = 0;
}

void box_set_gm(struct box *b, const struct gm_policy *groups, size_t n,
	const struct crypto_map_entry *maps, size_t n_maps)
{
	box_gm_free(b);
	b->groups = n > 0 ? xmemdup(groups, n * sizeof(*groups)) : NULL;
	b->n_groups = n;
	b->maps = n_maps > 0 ? xmemdup(maps, n_maps * sizeof(*maps)) : NULL;
	b->map_acls = xcalloc(n_maps + 1, sizeof(*b->map_acls));
	b->n_maps = n_maps;
	for (size_t i = 0; i < n_maps; i++) {
		if (maps[i].local_acl == NULL)
			continue;
		acl_dup(&b->map_acls[i], maps[i].local_acl);
		b->maps[i].local_acl = &b->map_acls[i];
	}
	box_gm_settle(b);
}
