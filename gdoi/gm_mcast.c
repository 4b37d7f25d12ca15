/* Multicast rekeys, the member's side: while a KEK whose rekeys go to a group
 * is held, the group is joined on the interface of the crypto map, also when
 * registrations come from a loopback's address (ios-cli.md 15.4).  An old KEK
 * keeps its group for late copies. */
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include <string.h>

static void join_failed(
	const struct gm *gm, const struct gm_kek *k, const char *why)
{
	struct report r = { .id = REPORT_GM_JOIN_FAILED,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.peer = k->dst.ip,
		.text = why };

	gdoi_report(gm->g, &r);
}

void gm_kek_join(struct gm *gm, struct gm_kek *k)
{
	const struct env *env = gm->g->env;
	struct ip_addr at;
	int err;

	if (!gm_kek_is_multicast(k) || ip_is_set(&k->joined_at) ||
		!ip_is_set(&gm->policy.local))
		return;
	if (env->join == NULL) {
		join_failed(gm, k, "no multicast here");
		return;
	}
	err = env->join(
		env->ctx, &k->dst, &gm->policy.local, gm->policy.netdev, &at);
	DEBUG(env->debug, GM_JOIN, .group = gm->policy.group, .peer = k->dst.ip,
		.a = k->dst.port, .text = err == 0 ? "joined" : "not joined");
	if (err == 0)
		k->joined_at = at;
	else
		join_failed(gm, k, strerror(-err));
}

void gm_kek_leave(struct gm *gm, struct gm_kek *k)
{
	const struct env *env = gm->g->env;

	if (!ip_is_set(&k->joined_at))
		return;
	env->leave(env->ctx, &k->dst, &k->joined_at);
	k->joined_at = (struct ip_addr){ .family = 0 };
}

void gm_keks_rejoin(struct gm *gm)
{
	for (size_t i = 0; i < GM_KEKS; i++) {
		struct gm_kek *k = &gm->kek[i];

		if (!k->live || ip_equal(&k->joined_at, &gm->policy.local))
			continue;
		gm_kek_leave(gm, k);
		gm_kek_join(gm, k);
	}
}

bool gm_kek_is_multicast(const struct gm_kek *k)
{
	return ip_is_multicast(&k->dst.ip);
}

bool gm_push_is_for(const struct gm *gm, const struct gm_kek *k,
	const struct udp_addr *local)
{
	if (ip_equal(&gm->policy.local, &local->ip))
		return true;
	return gm_kek_is_multicast(k) && udp_addr_equal(&k->dst, local);
}

void gm_transport_report(const struct gm *gm, const struct gm_kek *old,
	const struct gm_kek *next)
{
	bool multicast = gm_kek_is_multicast(next);
	struct report r = { .id = multicast ? REPORT_GM_REKEY_TRANS_2_MULTI
					    : REPORT_GM_REKEY_TRANS_2_UNI,
		.group = gm->policy.group,
		.gm = gm->policy.local };

	if (old->live && gm_kek_is_multicast(old) != multicast)
		gdoi_report(gm->g, &r);
}
