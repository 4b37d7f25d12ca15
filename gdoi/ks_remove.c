/* GM removal (ios-cli.md 14, clear crypto gdoi ks members): all members are to
 * register again, and who does not is none any more.
 *
 * Without `now` they get the keys that they have once more, with less life
 * left.  No newer ones come, so each member asks for them at a moment of its
 * own before that life ends, as it does whenever a rekey is missing. */
#include "gdoi/debug_priv.h"
#include "gdoi/ks_priv.h"
#include <string.h>

/* All keys get the life of those that an asked-for rekey replaces (15.3). */
static void keys_shorten(struct ks *ks, uint64_t now)
{
	uint64_t latest = now;
	struct ks_tek *t;

	TAILQ_FOREACH(t, &ks->teks, link) {
		ks_tek_shorten(t, now);
		latest = max_u64(latest, t->expires_ms);
	}
	ks->kek.expires_ms = min_u64(ks->kek.expires_ms, latest);
}

static void members_leave(struct ks *ks)
{
	struct ks_member *m;

	TAILQ_FOREACH(m, &ks->members, link)
		m->leaving = true;
}

bool ks_members_remove(struct ks *ks, bool at_once)
{
	struct ks_push_content c = { .next = &ks->kek };
	bool built;

	if (!ks->kek.live || ks->n_members == 0)
		return false;
	KS_DEBUG(ks, KS_REMOVE, .a = (uint32_t)ks->n_members,
		.text = at_once ? "at once" : "before their keys end");
	if (at_once) {
		ks_reinitialise(ks);
		members_leave(ks);
		return true;
	}
	ks_pulls_drop(ks->g, ks); /* they were promised the longer life */
	ks_push_stop(ks);
	keys_shorten(ks, gdoi_now(ks->g));
	built = ks_push_build(ks, &ks->kek, &c);
	ks_keys_replace(ks);
	if (!ks_push_send(ks, built, ""))
		return false;
	members_leave(ks);
	ks_schedule(ks);
	return true;
}
