/* The member's part of time-based anti-replay: the group's time, as the key
 * server tells it, for the dataplane's clock; and what that refused (ios-cli.md
 * 15.7).
 *
 * What a message says of the time is at least as old as its way took.  A PULL's
 * way is bounded by our own question; a rekey may be a late copy of itself, and
 * only tells that it is not earlier.  If it seems to be, by more than the window
 * bears, a PULL tells whether the copy was late or the key server was set back.
 */
#include "gdoi/gm_priv.h"

#define DRIFT_PPM  100u    /* of our clock against the key server's */
#define TOO_OLD_MS 600000u /* later than the last copy of a rekey */

static const struct dataplane_ops *ops(const struct gm *gm)
{
	return gm->g->env->dp_ops;
}

bool gm_replay_ok(
	const struct gm *gm, const struct gdoi_sa *sa, struct sbuf *why)
{
	if (ops(gm)->time_set != NULL)
		return true;
	for (size_t i = 0; i < sa->n_replays; i++)
		if (sa->replays[i].stamp != DP_STAMP_NONE) {
			sbuf_adds(why, "this dataplane does not stamp packets "
				       "with their time");
			return false;
		}
	return true;
}

struct tek_replay gm_tek_replay(const struct gdoi_sa *sa, uint32_t spi)
{
	for (size_t i = 0; i < sa->n_replays; i++)
		if (sa->replays[i].spi == spi)
			return sa->replays[i];
	return (struct tek_replay){ .spi = spi };
}

/* The narrowest window of stamps with the group's time; 0: there is none. */
static uint32_t window_ms(const struct gdoi_sa *sa)
{
	uint32_t least = 0;

	for (size_t i = 0; i < sa->n_replays; i++)
		if (sa->replays[i].stamp == DP_STAMP_TBAR &&
			(least == 0 || sa->replays[i].window_ms < least))
			least = sa->replays[i].window_ms;
	return least;
}

bool gm_time_unsure(const struct gm *gm)
{
	const struct gm_pull *p = &gm->pull;
	uint32_t window = window_ms(&p->sa);

	return window != 0 && gm->pulls_again < GM_PULLS_AGAIN &&
	       p->offered_ms - p->asked_ms > window / 2;
}

static bool clock_get(const struct gm *gm, uint64_t *ms)
{
	struct dp_replay r;

	for (size_t i = 0; i < gm->n_slots; i++) {
		if (ops(gm)->replay_get(gm->g->env->dp, gm->slot[i].dp_id,
			    &r) != 0 ||
			!r.has_clock)
			continue;
		*ms = r.pseudo_ms;
		return true;
	}
	return false;
}

static void clock_spread(const struct gm *gm, uint64_t ms)
{
	for (size_t i = 0; i < gm->n_slots; i++)
		ops(gm)->time_set(gm->g->env->dp, gm->slot[i].dp_id, ms);
}

static void clock_set(struct gm *gm, uint64_t ms)
{
	clock_spread(gm, ms);
	gm->clock_ms = gdoi_now(gm->g);
}

static void large_report(struct gm *gm, uint64_t told, uint64_t mine)
{
	auto_sbuf struct sbuf text = { 0 };
	struct report r = { .id = REPORT_PSEUDO_TIME_LARGE,
		.group = gm->policy.group };

	sbuf_printf(&text, "KS (%llu sec) and GM (%llu sec)",
		(unsigned long long)told / 1000,
		(unsigned long long)mine / 1000);
	r.text = sbuf_str(&text);
	gm->time_sync_errors++;
	gdoi_report(gm->g, &r);
}

static void old_report(struct gm *gm, uint64_t told, uint64_t mine)
{
	auto_sbuf struct sbuf text = { 0 };
	struct report r = { .id = REPORT_PSEUDO_TIME_TOO_OLD,
		.group = gm->policy.group };

	sbuf_printf(&text,
		"my_pst is %llu sec, peer_pst is %llu sec, allowable_skew is "
		"%u sec",
		(unsigned long long)mine / 1000,
		(unsigned long long)told / 1000, TOO_OLD_MS / 1000);
	r.text = sbuf_str(&text);
	gm->time_sync_errors++;
	gdoi_report(gm->g, &r);
}

/* Between when the answer was written at the earliest and at the latest: our
 * own time if it lies there; the middle when we have none. */
static uint64_t pull_time(const struct gm *gm, const struct gdoi_sa *sa,
	bool have, uint64_t mine)
{
	const struct gm_pull *p = &gm->pull;
	uint64_t least = sa->time_ms + (gdoi_now(gm->g) - p->offered_ms);
	uint64_t most = least + (p->offered_ms - p->asked_ms);

	if (!have)
		return least + (most - least) / 2;
	return min_u64(most, max_u64(least, mine));
}

/* Is what a rekey tells not earlier than ours by more than a clock drifts? */
static bool is_plausible(const struct gm *gm, uint64_t told, uint64_t mine)
{
	uint64_t drift = (gdoi_now(gm->g) - gm->clock_ms) * DRIFT_PPM / 1000000;

	return told + drift >= mine;
}

static void pull_take(struct gm *gm, const struct gdoi_sa *sa, uint32_t window)
{
	uint64_t mine = 0, now;
	bool have = clock_get(gm, &mine);

	now = pull_time(gm, sa, have, mine);
	if (have && (now > mine ? now - mine : mine - now) > window)
		large_report(gm, now, mine);
	clock_set(gm, now);
}

static void rekey_take(struct gm *gm, uint64_t told, uint32_t window)
{
	uint64_t mine;

	if (!clock_get(gm, &mine)) {
		clock_set(gm, told);
		gm->clock_doubtful = true;
		return;
	}
	if (is_plausible(gm, told, mine)) {
		if (told > mine + window)
			large_report(gm, told, mine);
		clock_set(gm, told);
		return;
	}
	clock_spread(gm, mine); /* to groups that came with this rekey */
	gm->clock_doubtful = mine > told + window / 2;
	if (mine > told + TOO_OLD_MS)
		old_report(gm, told, mine);
}

void gm_time_take(struct gm *gm, const struct gdoi_sa *sa, bool is_rekey)
{
	uint32_t window = window_ms(sa);

	gm->clock_doubtful = false;
	if (window == 0 || !sa->has_time || ops(gm)->time_set == NULL)
		return;
	if (is_rekey)
		rekey_take(gm, sa->time_ms, window);
	else
		pull_take(gm, sa, window);
}

/* --- what was refused --- */

/* As `show crypto ipsec sa` numbers them: oldest first, inbound and outbound.
 * 0: it is gone. */
static uint32_t conn_id(const struct gm *gm, uint32_t spi)
{
	const struct gm_tek *t;
	uint32_t n = 0, at = 0;

	for (size_t i = 0; i < gm->n_slots; i++)
		TAILQ_FOREACH(t, &gm->slot[i].teks, link) {
			n++;
			if (t->spi == spi)
				at = n;
		}
	return at == 0 ? 0 : 2 * (n - at) + 1;
}

static void failure_report(
	const struct gm *gm, const struct dp_replay_failure *f)
{
	auto_sbuf struct sbuf text = { 0 };
	bool d3p = f->stamp == DP_STAMP_D3P;
	const char *time = d3p ? "time" : "pseudotime";
	struct report r = { .id = d3p ? REPORT_D3P_CHECK_FAILED
				      : REPORT_TIMEBASED_REPLAY_FAILED,
		.group = gm->policy.group,
		.gm = ip_v4(f->dst),
		.peer = ip_v4(f->src),
		.n = conn_id(gm, f->spi),
		.seq = f->sequence };

	sbuf_printf(&text,
		"my_%s is %llu.%02llu secs, peer_%s is %llu.%02llu secs, "
		"replay_window is ",
		time, (unsigned long long)f->my_ms / 1000,
		(unsigned long long)f->my_ms % 1000 / 10, time,
		(unsigned long long)f->peer_ms / 1000,
		(unsigned long long)f->peer_ms % 1000 / 10);
	if (f->window_ms % 1000 == 0)
		sbuf_printf(&text, "%u (second)", f->window_ms / 1000);
	else
		sbuf_printf(&text, "%u (millisecond)", f->window_ms);
	r.text = sbuf_str(&text);
	gdoi_report(gm->g, &r);
	r.id = REPORT_PKT_REPLAY_ERR;
	gdoi_report(gm->g, &r);
}

void gm_replay_failed(struct gm *gm, const struct dp_replay_failure *f)
{
	gm->replay_error[gm->n_replay_errors++ % GM_REPLAY_ERRORS] =
		(struct gm_replay_error){ .wall_ms = gdoi_wall(gm->g),
			.f = *f };
	failure_report(gm, f);
}

void gm_replay_clear(struct gm *gm)
{
	gm->n_replay_errors = 0;
	gm->time_sync_errors = 0;
	if (ops(gm)->replay_clear == NULL)
		return;
	for (size_t i = 0; i < gm->n_slots; i++)
		ops(gm)->replay_clear(gm->g->env->dp, gm->slot[i].dp_id);
}

/* --- show --- */

static void errors_show(const struct gm *gm, struct gm_snapshot *out)
{
	unsigned at = gm->n_replay_errors;

	while (at > 0 && out->n_replay_errors < GM_REPLAY_ERRORS)
		out->replay_error[out->n_replay_errors++] =
			gm->replay_error[--at % GM_REPLAY_ERRORS];
}

static void slot_show(
	const struct gm *gm, const struct gm_slot *s, struct gm_snapshot *out)
{
	const struct gm_tek *t;
	struct dp_replay r;

	TAILQ_FOREACH(t, &s->teks, link) {
		out->time_based |= t->replay.stamp == DP_STAMP_TBAR;
		if (t->replay.stamp == DP_STAMP_D3P)
			out->d3p_window_ms = t->replay.window_ms;
	}
	if (ops(gm)->replay_get == NULL ||
		ops(gm)->replay_get(gm->g->env->dp, s->dp_id, &r) != 0)
		return;
	out->time.has_clock |= r.has_clock;
	out->time.pseudo_ms = max_u64(out->time.pseudo_ms, r.pseudo_ms);
	out->time.in += r.in;
	out->time.out += r.out;
	out->time.in_errors += r.in_errors;
	out->time.max_delta_ms =
		max_u64(out->time.max_delta_ms, r.max_delta_ms);
}

void gm_replay_show(const struct gm *gm, struct gm_snapshot *out)
{
	for (size_t i = 0; i < gm->n_slots; i++)
		slot_show(gm, &gm->slot[i], out);
	out->time_sync_errors = gm->time_sync_errors;
	errors_show(gm, out);
}
