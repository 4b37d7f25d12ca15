/* The key server's part of time-based anti-replay: the group's time, who gets
 * it, and when again (ios-cli.md 15.7; protocol.md C).  IP-D3P needs no time of
 * the group, but members that know it. */
#include "gdoi/exchange.h"
#include "gdoi/ks_priv.h"

#define SYNC_MS 7200000ull
#define NEVER   UINT64_MAX

void ks_time_begin(struct ks *ks)
{
	if (ks->has_time)
		return;
	ks->has_time = true;
	ks->time_zero_ms = gdoi_now(ks->g);
	ks->sync_ms = ks->time_zero_ms + SYNC_MS;
}

uint64_t ks_time(const struct ks *ks)
{
	return ks->has_time ? gdoi_now(ks->g) - ks->time_zero_ms : 0;
}

static enum dp_stamp stamp_of(const struct ks_sa_policy *p)
{
	if (p->d3p_ms != 0)
		return DP_STAMP_D3P;
	return p->replay == REPLAY_TIME ? DP_STAMP_TBAR : DP_STAMP_NONE;
}

/* IP-D3P's window lies around the receiver's time, half of it either way
 * (draft-weis-delay-detection-03 2.3). */
struct tek_replay ks_tek_replay(const struct ks_tek *t)
{
	const struct ks_sa_policy *p = &t->policy;
	struct tek_replay r = { .spi = t->spi, .stamp = stamp_of(p) };

	if (r.stamp == DP_STAMP_D3P)
		r.window_ms = max_u32(1, p->d3p_ms / 2);
	else if (r.stamp == DP_STAMP_TBAR)
		r.window_ms = p->replay_window;
	if (p->replay == REPLAY_COUNTER)
		r.counter = p->replay_window;
	return r;
}

static bool has_stamp(const struct ks *ks, enum dp_stamp stamp)
{
	const struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link)
		if (stamp_of(&t->policy) == stamp)
			return true;
	return false;
}

bool ks_keeps_time(const struct ks *ks)
{
	return has_stamp(ks, DP_STAMP_TBAR);
}

void ks_time_sent(struct ks *ks)
{
	ks->sync_ms = gdoi_now(ks->g) + SYNC_MS;
}

/* Not before the rekey under way is over: who has not got that one could not
 * read the next. */
uint64_t ks_time_sync_at(const struct ks *ks)
{
	if (!ks->kek.live || ks->n_members == 0 || ks->push.active ||
		!ks_keeps_time(ks))
		return NEVER;
	return ks->sync_ms;
}

void ks_time_put(const struct ks *ks, struct wr *w)
{
	wr_u8(w, ks->has_time);
	wr_u64(w, ks_time(ks));
	wr_u64(w, gdoi_wall(ks->g));
}

/* It went on while we were away.  A wall clock that was set back meanwhile does
 * not set it back, too; as it may still be wrong, members are told soon. */
void ks_time_load(struct ks *ks, struct rd *r)
{
	bool has_time = rd_u8(r) != 0;
	uint64_t then = rd_u64(r), away = gdoi_wall(ks->g) - rd_u64(r);

	if (!rd_ok(r) || !has_time)
		return;
	ks->has_time = true;
	ks->time_zero_ms = gdoi_now(ks->g) - then;
	if ((int64_t)away > 0)
		ks->time_zero_ms -= away;
	ks->sync_ms = gdoi_now(ks->g);
}

const char *ks_lacks_stamps(const struct ks *ks, bool ours, uint32_t version)
{
	if (ours && version >= IKE_VERSION_STAMPS)
		return NULL;
	if (has_stamp(ks, DP_STAMP_TBAR))
		return "Time Based Anti-Replay";
	return has_stamp(ks, DP_STAMP_D3P) ? "IP-D3P" : NULL;
}

void ks_members_fit(struct ks *ks)
{
	struct ks_member *m, *next;

	TAILQ_FOREACH_SAFE(m, &ks->members, link, next) {
		struct report r = { .id = REPORT_REJECT_GM_VER_REGISTER,
			.group = ks->policy.group,
			.gm = m->id,
			.text = ks_lacks_stamps(ks, m->ours, m->version) };

		if (r.text == NULL)
			continue;
		gdoi_report(ks->g, &r);
		ks_store_member_gone(ks, &m->id);
		ks_member_delete(ks, m);
	}
}
