/* Registration of a group member: which server, when, and again when
 * (ios-cli.md 15.2).  What it gets is installed by gm_keys.c. */
#include "gdoi/debug_priv.h"
#include "gdoi/gm_priv.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A step that hears nothing at all ends; phase 1 and the exchange have their
 * own, shorter patience. */
#define STEP_MAX_MS 120000ull
/* Pause after the last server of the list, growing round by round. */
#define PAUSE_MS     10000u
#define PAUSE_MAX_MS 30000u
/* Re-registration comes before the end of a key by a share of its life. */
#define REREG_LEAD_MIN_SECS 60
/* Less than the key server's own leads (15.3), whose rekey comes before. */
#define REREG_TEK_LEAD_MAX_SECS 3600
#define REREG_KEK_LEAD_MAX_SECS 180
#define REREG_MIN_WAIT_MS   5000ull
#define LOST_KEYS_SPREAD_MS 1000u
#define NOTIFY_STATUS_FIRST 16384

const struct ip_addr *gm_server(const struct gm *gm)
{
	return &gm->policy.server[gm->server];
}

bool gm_server_known(const struct gm *gm, const struct ip_addr *ks)
{
	for (size_t i = 0; i < gm->policy.n_servers; i++)
		if (ip_equal(&gm->policy.server[i], ks))
			return true;
	return false;
}

static void report(const struct gm *gm, enum report_id id)
{
	struct report r = { .id = id,
		.group = gm->policy.group,
		.gm = gm->policy.local,
		.ks = gm->ks,
		.text = gm->last_error };

	if (id == REPORT_GM_REGSTER || id == REPORT_GM_CONN_NEXT_SER)
		r.ks = *gm_server(gm);
	gdoi_report(gm->g, &r);
}

bool gm_protects(const struct gm *gm)
{
	if (gm->policy.fail_close_revert && gm->failed_rounds > 0 &&
		!gm_has_keys(gm))
		return false;
	return gm->registered;
}

void gm_changed(const struct gm *gm)
{
	if (gm->g->env->member_changed != NULL)
		gm->g->env->member_changed(gm->g->env->ctx);
}

static void timer_after(struct gm *gm, uint64_t ms)
{
	timer_set(gm->g->env->timers, &gm->timer, gdoi_now(gm->g) + ms);
}

static bool is_complete(const struct gm *gm)
{
	return gm->policy.id.is_set && gm->policy.n_servers > 0;
}

/* The SA is not needed any more: the next that waits has it, or nobody. */
static void sa_leave(struct gm *gm)
{
	struct ike_sa *sa = gm->sa;
	struct gm *other;

	gm_pull_stop(gm);
	gm->sa = NULL;
	if (sa == NULL)
		return;
	TAILQ_FOREACH(other, &gm->g->gm, link)
		if (other != gm && other->sa == sa)
			return;
	ike_sa_release(sa);
}

static enum gm_step pause_ms(struct gm *gm, uint64_t ms)
{
	timer_after(gm, ms);
	return GM_PAUSE;
}

static enum gm_step pause_round(struct gm *gm)
{
	uint32_t ms;

	gm->failed_rounds++;
	ms = min_u32(PAUSE_MS * (uint32_t)min_u64(gm->failed_rounds, 8),
		PAUSE_MAX_MS);
	ms += gdoi_random_below(gm->g, ms / 4);
	GM_DEBUG(gm, GM_PAUSE, .a = (uint32_t)gm->policy.n_servers,
		.b = ms / 1000);
	return pause_ms(gm, ms);
}

static enum gm_step try_server(struct gm *gm)
{
	struct udp_path path = { .local = { gm->policy.local, GDOI_PORT },
		.remote = { *gm_server(gm), GDOI_PORT } };

	gm->registrations_tried++;
	GM_DEBUG(gm, GM_START, .a = (uint32_t)gm->server + 1,
		.b = (uint32_t)gm->policy.n_servers, .c = gm->policy.id.number);
	report(gm, REPORT_GM_REGSTER);
	gm->sa = ike_connect_as(
			gm->g->ike, &path, gm->policy.isakmp_profile);
	if (gm->fresh_sa && ike_sa_is_up(gm->sa)) {
		ike_sa_delete(gm->sa, true);
		gm->sa = ike_connect_as(
			gm->g->ike, &path, gm->policy.isakmp_profile);
	}
	gm->fresh_sa = false;
	timer_after(gm, STEP_MAX_MS);
	return GM_CONNECT;
}

static enum gm_step on_start(struct gm *gm)
{
	sa_leave(gm);
	gm->server = 0;
	gm->failed_rounds = 0;
	return pause_ms(gm, 0);
}

static enum gm_step on_stop(struct gm *gm)
{
	sa_leave(gm);
	timer_cancel(gm->g->env->timers, &gm->timer);
	return GM_DOWN;
}

static enum gm_step on_pause_over(struct gm *gm)
{
	if (!is_complete(gm)) {
		report(gm, REPORT_GM_INCOMPLETE_CFG);
		return GM_DOWN;
	}
	return try_server(gm);
}

static enum gm_step on_sa_up(struct gm *gm)
{
	timer_after(gm, STEP_MAX_MS);
	GM_DEBUG(gm, GM_SA_UP, .conn = ike_sa_conn_id(gm->sa));
	gm_pull_start(gm);
	return GM_PULL;
}

static enum gm_step on_failed(struct gm *gm)
{
	bool more = gm->server + 1 < gm->policy.n_servers;

	GM_DEBUG(gm, GM_FAIL, .text = gm->last_error);
	sa_leave(gm);
	gm->server = more ? gm->server + 1 : 0;
	if (more)
		GM_DEBUG(gm, GM_NEXT, .a = (uint32_t)gm->server + 1,
			.b = (uint32_t)gm->policy.n_servers);
	report(gm, REPORT_GM_CONN_NEXT_SER); /* with the reason */
	return more ? try_server(gm) : pause_round(gm);
}

static enum gm_step on_silence(struct gm *gm)
{
	char ip[IP_TEXT];

	snprintf(gm->last_error, sizeof(gm->last_error),
		"No response from KS %s", ip_text(gm_server(gm), ip));
	return on_failed(gm);
}

static enum gm_step on_registered(struct gm *gm)
{
	sa_leave(gm);
	gm->server = 0;
	gm->failed_rounds = 0;
	gm->last_error[0] = '\0';
	timer_set(gm->g->env->timers, &gm->timer, gm->reregister_ms);
	return GM_UP;
}

static enum gm_step on_reregister(struct gm *gm)
{
	GM_DEBUG(gm, GM_REREG, .text = gm->kek[0].live ? "alive" : "none");
	if (gm->kek[0].live)
		report(gm, REPORT_GM_REKEY_NOT_RECD);
	report(gm, REPORT_GM_RE_REGISTER);
	gm->server = 0;
	gm->failed_rounds = 0;
	return on_pause_over(gm);
}

typedef enum gm_step handler(struct gm *gm);

// clang-format off
static handler *const table[GM_N_STEPS][GM_N_EVENTS] = {
	[GM_DOWN]    = { [GM_EV_START] = on_start, [GM_EV_STOP] = on_stop },
	[GM_PAUSE]   = { [GM_EV_START] = on_start, [GM_EV_STOP] = on_stop,
			 [GM_EV_TIMER] = on_pause_over,
			 /* a rekey came in the meantime */
			 [GM_EV_REGISTERED] = on_registered },
	[GM_CONNECT] = { [GM_EV_START] = on_start, [GM_EV_STOP] = on_stop,
			 [GM_EV_TIMER] = on_silence,
			 [GM_EV_SA_UP] = on_sa_up,
			 [GM_EV_FAILED] = on_failed },
	[GM_PULL]    = { [GM_EV_START] = on_start, [GM_EV_STOP] = on_stop,
			 [GM_EV_TIMER] = on_silence,
			 [GM_EV_FAILED] = on_failed,
			 [GM_EV_REGISTERED] = on_registered },
	[GM_UP]      = { [GM_EV_START] = on_start, [GM_EV_STOP] = on_stop,
			 [GM_EV_TIMER] = on_reregister },
};
// clang-format on

static const char *const step_name[GM_N_STEPS] = {
	[GM_DOWN] = "down",
	[GM_PAUSE] = "pause",
	[GM_CONNECT] = "phase 1",
	[GM_PULL] = "registering",
	[GM_UP] = "registered",
};

void gm_step(struct gm *gm, enum gm_event ev)
{
	handler *h = table[gm->step][ev];
	struct ike_sa *sa = gm->sa;
	enum gm_step old;

	if (h == NULL)
		return; /* late; the step that wanted it is over */
	old = gm->step;
	gm->step = h(gm);
	if (gm->step != old) {
		GM_DEBUG(gm, GM_STEP, .text = step_name[old],
			.more = step_name[gm->step]);
		gm_changed(gm);
	}
	assert((gm->step == GM_CONNECT || gm->step == GM_PULL) ==
		(gm->sa != NULL));
	assert(gm->pull.base.x == NULL || gm->step == GM_PULL);
	if (sa != NULL && gm->sa != sa)
		gm_sa_turn(gm->g, sa);
}

void gm_sa_turn(struct gdoi *g, struct ike_sa *sa)
{
	struct gm *gm, *next = NULL;

	TAILQ_FOREACH(gm, &g->gm, link) {
		if (gm->sa != sa)
			continue;
		if (gm->step == GM_PULL)
			return;
		if (next == NULL && gm->step == GM_CONNECT)
			next = gm;
	}
	if (next != NULL && ike_sa_is_up(sa))
		gm_step(next, GM_EV_SA_UP);
}

void gm_fail(struct gm *gm, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(gm->last_error, sizeof(gm->last_error), fmt, ap);
	va_end(ap);
	gm_step(gm, GM_EV_FAILED);
}

static const char *down_text(enum ike_down why)
{
	switch (why) {
	case IKE_DOWN_NO_PROPOSAL:
		return "Phase 1 proposal refused";
	case IKE_DOWN_AUTH:
		return "Phase 1 authentication failed";
	case IKE_DOWN_PROTOCOL:
		return "Phase 1 protocol error";
	case IKE_DOWN_DELETED:
		return "Phase 1 SA deleted by KS";
	case IKE_DOWN_EXPIRED:
		return "Phase 1 SA expired";
	case IKE_DOWN_LOCAL:
		return "Phase 1 SA cleared";
	case IKE_DOWN_NO_PROOF:
		return "Phase 1 authentication not answered; keys may differ";
	case IKE_DOWN_LIMIT:
		return "Phase 1 SA over the call admission limit";
	case IKE_DOWN_DEAD:
	case IKE_DOWN_TIMEOUT:
		break;
	}
	return NULL;
}

void gm_sa_down(struct gm *gm, enum ike_down why)
{
	const char *text = down_text(why);
	char ip[IP_TEXT];

	gm_pull_stop(gm);
	gm->sa = NULL; /* it dies by itself */
	if (text == NULL)
		gm_fail(gm, "No response from KS %s",
			ip_text(gm_server(gm), ip));
	else
		gm_fail(gm, "%s", text);
}

void gm_notify(struct gm *gm, uint16_t type)
{
	if (gm->step == GM_PULL && type < NOTIFY_STATUS_FIRST)
		gm_fail(gm, "KS refused: %s", notify_name(type));
}

/* Uniform between 2 % and 5 % of the life, never less than a minute
 * (ios-cli.md 15.2), nor more than `most`; half of what is left when that is
 * less than two minutes, which still comes before others leave the old TEK.  A
 * key whose life was cut short below that is asked for in its second half. */
static uint64_t lead_ms(const struct gm *gm, uint32_t life_secs,
	uint32_t left_secs, uint32_t most)
{
	uint32_t least = min_u32(REREG_LEAD_MIN_SECS, left_secs / 2);
	uint32_t high = min_u32(min_u32(life_secs / 20, most), left_secs);
	uint32_t low = min_u32(life_secs / 50, high / 2);

	low = max_u32(least, low);
	high = max_u32(low + 1, high);
	return low * 1000ull + gdoi_random_below(gm->g, (high - low) * 1000);
}

static uint64_t before_end(const struct gm *gm, uint64_t expires_ms,
	uint32_t life_secs, uint32_t most)
{
	uint32_t left = secs_until(gdoi_now(gm->g), expires_ms);
	uint64_t lead = lead_ms(gm, life_secs, left, most);

	return expires_ms > lead ? expires_ms - lead : 0;
}

void gm_reregister_set(struct gm *gm)
{
	uint64_t now = gdoi_now(gm->g), at = UINT64_MAX;

	for (size_t i = 0; i < gm->n_slots; i++) {
		const struct gm_tek *t = TAILQ_FIRST(&gm->slot[i].teks);

		if (t != NULL && !gm->slot[i].stale)
			at = min_u64(at,
				before_end(gm, t->expires_ms, t->life_secs,
					REREG_TEK_LEAD_MAX_SECS));
	}
	if (gm->kek[0].live)
		at = min_u64(at,
			before_end(gm, gm->kek[0].expires_ms,
				gm->kek[0].life_secs,
				REREG_KEK_LEAD_MAX_SECS));
	if (at == UINT64_MAX)
		at = now;
	gm->reregister_ms = max_u64(at, now + REREG_MIN_WAIT_MS);
	GM_DEBUG(gm, GM_REREG_SET, .a = secs_until(now, gm->reregister_ms));
	if (gm->step == GM_UP)
		timer_set(gm->g->env->timers, &gm->timer, gm->reregister_ms);
	else
		gm_step(gm, GM_EV_REGISTERED);
}

/* The others, who have the same reason, not all at once. */
static void reregister_spread(struct gm *gm, enum report_id why)
{
	report(gm, why);
	gm_step(gm, GM_EV_START);
	timer_after(gm, gdoi_random_below(gm->g, LOST_KEYS_SPREAD_MS));
}

void gm_lost_keys(struct gm *gm)
{
	if (gm->step != GM_UP)
		return;
	GM_DEBUG(gm, GM_LOST, .a = 0);
	reregister_spread(gm, REPORT_GM_RE_REGISTER);
}

void gm_data_error(struct gm *gm)
{
	uint64_t now = gdoi_now(gm->g);

	if (gm->policy.recovery_secs == 0 || gm->step != GM_UP ||
		now < gm->recover_ms)
		return;
	gm->recover_ms = now + gm->policy.recovery_secs * 1000ull;
	GM_DEBUG(gm, GM_RECOVER, .a = gm->policy.recovery_secs);
	reregister_spread(gm, REPORT_GM_RECOVERY_REGISTER);
}

void gm_retry_soon(struct gm *gm)
{
	if (gm->step == GM_PAUSE)
		gm_step(gm, GM_EV_START);
}

void gm_clear(struct gm *gm)
{
	GM_DEBUG(gm, GM_CLEAR, .a = 0);
	report(gm, REPORT_GM_CLEAR_REGISTER);
	gm->registered = false;
	gm_changed(gm);
	gm_keys_drop(gm);
	gm->fresh_sa = true;
	if (ip_is_set(&gm->policy.local))
		gm_step(gm, GM_EV_START);
}

bool gm_is_for(const struct gm *gm, const struct gm_policy *p)
{
	return strcmp(gm->policy.group, p->group) == 0 &&
	       strcmp(gm->policy.map, p->map) == 0 &&
	       gm->policy.ip6 == p->ip6 &&
	       gm->policy.map_seq == p->map_seq &&
	       strcmp(gm->policy.ifname, p->ifname) == 0;
}

static void local_acl_check(const struct gm *gm)
{
	const struct acl *a = gm->policy.local_acl;

	for (size_t i = 0; a != NULL && i < a->n; i++)
		if (a->v[i].permit) {
			report(gm, REPORT_GM_ACL_PERMIT);
			return;
		}
}

static bool same_servers(const struct gm_policy *a, const struct gm_policy *b)
{
	if (a->n_servers != b->n_servers)
		return false;
	for (size_t i = 0; i < a->n_servers; i++)
		if (!ip_equal(&a->server[i], &b->server[i]))
			return false;
	return true;
}

/* What the change means for registration. Keys stay unless the group is
 * another one. */
void gm_set_policy(struct gm *gm, const struct gm_policy *p)
{
	struct gm_policy old = gm->policy;
	bool new_id, restart;

	if (gm_policy_equal(&old, p))
		return;
	gm_policy_dup(&gm->policy, p);
	new_id = !group_id_equal(&old.id, &p->id);
	restart = new_id || !ip_equal(&old.local, &p->local) ||
		  gm->step == GM_DOWN ||
		  (!same_servers(&old, p) &&
			  (gm->step != GM_UP || !gm_server_known(gm, &gm->ks)));
	gm_policy_drop(&old);
	gm_keks_rejoin(gm);
	local_acl_check(gm);
	if (new_id) {
		gm->registered = false;
		gm_changed(gm);
		gm_keys_drop(gm);
	} else {
		gm_policy_refresh(gm);
	}
	if (!ip_is_set(&p->local))
		gm_step(gm, GM_EV_STOP);
	else if (restart)
		gm_step(gm, GM_EV_START);
}

static void step_timer(void *arg)
{
	gm_step(arg, GM_EV_TIMER);
}

struct gm *gm_new(struct gdoi *g, const struct gm_policy *p)
{
	struct gm *gm = xcalloc(1, sizeof(*gm));

	gm->g = g;
	gm_policy_dup(&gm->policy, p);
	timer_init(&gm->timer, step_timer, gm);
	timer_init(&gm->key_timer, gm_keys_tick, gm);
	local_acl_check(gm);
	report(gm, REPORT_GM_CM_ATTACH);
	if (ip_is_set(&p->local))
		gm_step(gm, GM_EV_START);
	return gm;
}

void gm_free(struct gm *gm)
{
	gm_step(gm, GM_EV_STOP);
	gm_keys_drop(gm);
	timer_cancel(gm->g->env->timers, &gm->key_timer);
	gm_policy_drop(&gm->policy);
	free(gm);
}
