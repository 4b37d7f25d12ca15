/* What one source address, and all together, may cost before they have proved
 * anything: a token bucket in front of public-key operations and a bound on
 * half-open SAs.  Idle sources are remembered up to a cap, the least recently
 * used goes first; that gives a flooder of many addresses nothing, since the
 * global bound holds, and one of few addresses cannot push itself out. */
#include "gdoi/ike_priv.h"
#include <stdlib.h>
#include <string.h>

void limits_init(struct limits *l)
{
	*l = (struct limits){ .by_addr = NULL };
	TAILQ_INIT(&l->idle);
}

static void source_free(struct limits *l, struct source *s)
{
	TAILQ_REMOVE(&l->idle, s, idle_link);
	l->n_idle--;
	HASH_DEL(l->by_addr, s);
	free(s);
}

void limits_fini(struct limits *l)
{
	while (!TAILQ_EMPTY(&l->idle))
		source_free(l, TAILQ_FIRST(&l->idle));
}

struct source *source_get(
	struct limits *l, const struct ip_addr *addr, uint64_t now_ms)
{
	struct ip_addr a = { .family = addr->family };
	struct source *s;

	memcpy(a.b, addr->b, a.family == 6 ? 16 : 4);
	HASH_FIND(hh, l->by_addr, &a, sizeof a, s);
	if (s != NULL) {
		if (TAILQ_EMPTY(&s->sas)) {
			TAILQ_REMOVE(&l->idle, s, idle_link);
			TAILQ_INSERT_TAIL(&l->idle, s, idle_link);
		}
		return s;
	}
	if (l->n_idle == IKE_SOURCES_IDLE_MAX)
		source_free(l, TAILQ_FIRST(&l->idle));
	s = xcalloc(1, sizeof *s);
	s->addr = a;
	s->milli_tokens = IKE_SOURCE_BURST * 1000;
	s->refilled_ms = now_ms;
	TAILQ_INIT(&s->sas);
	TAILQ_INSERT_TAIL(&l->idle, s, idle_link);
	l->n_idle++;
	HASH_ADD(hh, l->by_addr, addr, sizeof s->addr, s);
	return s;
}

bool source_take(struct source *s, uint64_t now_ms)
{
	uint64_t full = IKE_SOURCE_BURST * 1000;
	uint64_t have =
		s->milli_tokens + (now_ms - s->refilled_ms) * IKE_SOURCE_RATE;

	if (have > full)
		have = full;
	s->refilled_ms = now_ms;
	if (have < 1000) {
		s->milli_tokens = (uint32_t)have;
		return false;
	}
	s->milli_tokens = (uint32_t)have - 1000;
	return true;
}

bool source_may_open(const struct limits *l, const struct source *s)
{
	return l->half_open < IKE_HALF_OPEN_MAX &&
	       s->half_open < IKE_HALF_OPEN_SOURCE_MAX;
}

void source_add(struct limits *l, struct source *s, struct ike_sa *sa)
{
	if (TAILQ_EMPTY(&s->sas)) {
		TAILQ_REMOVE(&l->idle, s, idle_link);
		l->n_idle--;
	}
	TAILQ_INSERT_TAIL(&s->sas, sa, source_link);
}

void source_del(struct limits *l, struct source *s, struct ike_sa *sa)
{
	TAILQ_REMOVE(&s->sas, sa, source_link);
	if (!TAILQ_EMPTY(&s->sas))
		return;
	TAILQ_INSERT_TAIL(&l->idle, s, idle_link);
	l->n_idle++;
	if (l->n_idle > IKE_SOURCES_IDLE_MAX)
		source_free(l, TAILQ_FIRST(&l->idle));
}
