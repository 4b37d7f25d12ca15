/* What one source address, and all together, may cost before they have proved
 * anything: a token bucket in front of public-key operations and a bound on
 * half-open SAs.  Idle sources are remembered up to a cap, the least recently
 * used goes first; that gives a flooder of many addresses nothing, since the
 * global bound holds, and one of few addresses cannot push itself out. */
#include "gdoi/debug_priv.h"
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

struct source *source_find(const struct limits *l, const struct ip_addr *addr)
{
	struct ip_addr a = { .family = addr->family };
	struct source *s;

	memcpy(a.b, addr->b, a.family == 6 ? 16 : 4);
	HASH_FIND(hh, l->by_addr, &a, sizeof a, s);
	return s;
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

uint32_t ike_negotiation_limit(const struct ike *ike)
{
	uint32_t n = ike->config.negotiation_limit;

	return n > 0 && n < IKE_HALF_OPEN_MAX ? n : IKE_HALF_OPEN_MAX;
}

bool ike_pressed(const struct ike *ike)
{
	uint32_t limit = ike_negotiation_limit(ike) / 2;

	return ike->limits.half_open >=
	       (limit < IKE_PRESSURE ? limit : IKE_PRESSURE);
}

static bool has_sa_up(const struct source *s)
{
	const struct ike_sa *sa;

	if (s == NULL)
		return false;
	TAILQ_FOREACH(sa, &s->sas, source_link) {
		if (sa->state == SA_UP && !sa->doomed)
			return true;
	}
	return false;
}

/* Limits of the configuration concern new peers: those that we have SAs with
 * may make another one (IOS: "when an SA does not exist between peers"). */
static enum wire_err admit_check(
	const struct ike *ike, const struct source *s, bool incoming)
{
	uint32_t max = ike->config.sa_limit;

	if (ike->n_sas >= IKE_SAS_MAX)
		return WIRE_LIMIT;
	if (max > 0 && ike->n_sas >= max && !has_sa_up(s))
		return WIRE_SA_LIMIT;
	if (ike->n_sas - ike->stats.established >= ike_negotiation_limit(ike))
		return WIRE_NEGOTIATION_LIMIT;
	if (incoming && s != NULL && s->half_open >= IKE_HALF_OPEN_SOURCE_MAX)
		return WIRE_LIMIT;
	return WIRE_OK;
}

static void deny_report(const struct ike *ike, const struct udp_path *path,
	bool incoming, enum wire_err e)
{
	const struct ip_addr *from =
		incoming ? &path->remote.ip : &path->local.ip;
	const struct ip_addr *to =
		incoming ? &path->local.ip : &path->remote.ip;
	const struct report r = { .id = REPORT_IKE_DENY_SA_REQ,
		.group = "",
		.peer = *from,
		.ks = *to,
		.err = e,
		.text = incoming ? "INCOMING" : "OUTGOING" };

	ike->env.report(ike->env.ctx, &r);
}

enum wire_err ike_admit(
	struct ike *ike, const struct udp_path *path, bool incoming)
{
	struct ike_admission *a = &ike->stats.admission;
	const struct source *s = source_find(&ike->limits, &path->remote.ip);
	enum wire_err e = admit_check(ike, s, incoming);

	*(incoming ? &a->in_requests : &a->out_requests) += 1;
	if (e == WIRE_OK)
		return e;
	*(incoming ? &a->in_rejected : &a->out_rejected) += 1;
	a->resources += e == WIRE_LIMIT;
	a->sa_limit += e == WIRE_SA_LIMIT;
	a->negotiation_limit += e == WIRE_NEGOTIATION_LIMIT;
	ike->stats.half_open_refused += incoming;
	DEBUG(ike->env.debug, P1_DENIED, .peer = path->remote.ip, .err = e,
		.text = incoming ? "incoming" : "outgoing");
	deny_report(ike, path, incoming, e);
	return e;
}

/* Refusals go to addresses that may be borrowed: so many a second, of each
 * source, or of all together when there are too many to remember. */
bool ike_may_refuse(struct ike *ike, const struct ip_addr *peer)
{
	struct limits *l = &ike->limits;
	uint64_t now = ike_now(ike);

	if (!ike_pressed(ike) && l->n_idle < IKE_SOURCES_IDLE_MAX)
		return source_take(source_get(l, peer, now), now);
	if (now - l->refusals_at_ms >= 1000) {
		l->refusals_at_ms = now;
		l->refusals = 0;
	}
	return l->refusals++ < IKE_REFUSALS_PRESSED;
}
