/* Phase 1 as one state machine (RFC 2409 5).  Handlers, here and in the file of
 * each mode, compute and send; sa_step alone writes the state. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <string.h>

/* Before the peer has said a word its address is what there is to go by. */
static void mode_choose(struct ike_sa *sa)
{
	const struct ip_addr *peer = &sa->path.remote.ip;
	const struct isakmp_profile *f =
		sa->profile_set ? sa_profile(sa)
				: profile_to_start(sa->ike, &sa->path);

	if (f != NULL)
		memcpy(sa->profile, f->name, sizeof sa->profile);
	sa->aggressive = !sa->ike->config.no_aggressive &&
			 ((f != NULL && f->aggressive) ||
				 peer_policy(sa->ike, peer) != NULL);
}

static enum sa_state offer(struct ike_sa *sa, enum ike_down why_not)
{
	if (sa->aggressive)
		return aggr_offer_send(sa) ? SA_A1 : p1_fail(sa, why_not);
	return main_offer_send(sa) ? SA_I1 : p1_fail(sa, why_not);
}

static enum sa_state on_start(struct ike_sa *sa, struct sa_event *ev)
{
	const struct isakmp_config *c = &sa->ike->config;

	(void)ev;
	sa->doi = c->offer_doi == 1 ? 1 : GDOI_DOI;
	mode_choose(sa);
	if (sa->profile_set && sa_profile(sa) == NULL)
		return p1_fail(sa, IKE_DOWN_AUTH);
	const struct ike_peer peer = sa_peer(sa);
	bool keyed = auth_method(IKE_AUTH_PSK)->usable(sa->ike, &peer);

	return offer(sa, keyed ? IKE_DOWN_NO_PROPOSAL : IKE_DOWN_AUTH);
}

/* The same server once more with the other DOI, under a new cookie so that
 * late answers to the first offer find nothing. */
static enum sa_state offer_other_doi(struct ike_sa *sa, enum ike_down why)
{
	if (sa->fallback)
		return p1_fail(sa, why);
	sa->fallback = true;
	sa->doi = sa->doi == 1 ? GDOI_DOI : 1;
	sa_renew_cookie(sa);
	return offer(sa, IKE_DOWN_NO_PROPOSAL);
}

enum sa_state p1_on_refused(struct ike_sa *sa, struct sa_event *ev)
{
	SA_DEBUG(sa, P1_REFUSED, .a = sa->doi, .err = ev->err);
	ike_report(sa->ike, REPORT_IKMP_OFFER_REFUSED, &sa->path.remote.ip,
		ev->err, sa->doi, "");
	return offer_other_doi(sa, IKE_DOWN_NO_PROPOSAL);
}

static bool retransmit(struct ike_sa *sa)
{
	if (sa->tries >= sa->max_tries)
		return false;
	sa->ike->stats.retransmits++;
	SA_DEBUG(sa, P1_RETRANSMIT, .text = sa_state_name(sa), .a = sa->tries,
		.b = sa->max_tries - 1);
	ike_transmit(sa, bytes_span(&sa->tx));
	sa_arm(sa, (uint64_t)IKE_RETRANSMIT_MS << sa->tries++);
	return true;
}

static enum sa_state on_offer_timer(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (retransmit(sa))
		return sa->state;
	if (sa->neg->proof_refused)
		return p1_fail(sa, IKE_DOWN_AUTH);
	enum sa_state next = offer_other_doi(sa, IKE_DOWN_TIMEOUT);

	sa->max_tries = IKE_FALLBACK_TRIES;
	return next;
}

static enum sa_state on_retransmit(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (retransmit(sa))
		return sa->state;
	/* A responder that cannot read our proof keeps silent: most likely
	 * the pre-shared keys differ. */
	return p1_fail(
		sa, sa->state == SA_I5 ? IKE_DOWN_NO_PROOF : IKE_DOWN_TIMEOUT);
}

static enum sa_state on_1(struct ike_sa *sa, struct sa_event *ev)
{
	return sa->aggressive ? aggr_on_1(sa, ev) : main_on_1(sa, ev);
}

static enum sa_state on_half_open_end(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	return p1_fail(sa, IKE_DOWN_TIMEOUT);
}

/* Its life ends, or nobody needed it for a while. */
static enum sa_state on_up_timer(struct ike_sa *sa, struct sa_event *ev)
{
	(void)ev;
	if (ike_now(sa->ike) < sa->expires_ms && exchanges_live(sa)) {
		sa_arm(sa, IKE_RETRANSMIT_MS); /* released in mid exchange */
		return SA_UP;
	}
	sa->tell_peer = true;
	return p1_fail(sa, ike_now(sa->ike) < sa->expires_ms
				   ? IKE_DOWN_LOCAL
				   : IKE_DOWN_EXPIRED);
}

static enum sa_state on_doom(struct ike_sa *sa, struct sa_event *ev)
{
	(void)sa;
	(void)ev;
	return SA_DOWN; /* sa_doom set the reason */
}

// clang-format off
static sa_handler *const sa_table[SA_N_STATES][EV_N] = {
	[SA_NEW] = { [EV_START]   = on_start, [EV_DOOM] = on_doom },
	[SA_I1]  = { [EV_MESSAGE] = main_on_2, [EV_TIMER] = on_offer_timer,
		     [EV_REFUSED] = p1_on_refused, [EV_DOOM] = on_doom },
	[SA_I3]  = { [EV_MESSAGE] = main_on_4, [EV_TIMER] = on_retransmit,
		     [EV_DOOM]    = on_doom },
	[SA_I5]  = { [EV_MESSAGE] = main_on_6, [EV_TIMER] = on_retransmit,
		     [EV_DOOM]    = on_doom },
	[SA_R0]  = { [EV_MESSAGE] = on_1, [EV_DOOM] = on_doom },
	[SA_R2]  = { [EV_MESSAGE] = main_on_3, [EV_TIMER] = on_half_open_end,
		     [EV_DOOM]    = on_doom },
	[SA_R4]  = { [EV_MESSAGE] = main_on_5, [EV_TIMER] = on_half_open_end,
		     [EV_DOOM]    = on_doom },
	[SA_A1]  = { [EV_MESSAGE] = aggr_on_2, [EV_TIMER] = on_offer_timer,
		     [EV_REFUSED] = p1_on_refused, [EV_DOOM] = on_doom },
	[SA_A2]  = { [EV_MESSAGE] = aggr_on_3, [EV_TIMER] = on_half_open_end,
		     [EV_DOOM]    = on_doom },
	[SA_UP]  = { [EV_TIMER]   = on_up_timer, [EV_DOOM] = on_doom },
};
// clang-format on

void sa_step(struct ike_sa *sa, struct sa_event *ev)
{
	sa_handler *h = sa_table[sa->state][ev->kind];

	ev->err = ev->kind == EV_MESSAGE ? WIRE_OK : ev->err;
	if (h == NULL) {
		ike_drop(sa->ike, WIRE_STATE);
		return;
	}
	enum sa_state old = sa->state, next = h(sa, ev);

	ike_debug_step(sa, ev->kind, old, next);
	if (ev->kind == EV_MESSAGE && ev->err != WIRE_OK)
		ike_drop(sa->ike, ev->err);
	if (ev->kind == EV_MESSAGE && next != old) {
		p1_vids_read(sa, &ev->p); /* they may stand in any message */
		memcpy(sa->rx_digest, ev->in->digest, sizeof sa->rx_digest);
		sa->resends = 0;
	}
	if (next == SA_DOWN) {
		sa_teardown(sa); /* shows the old state; frees */
		return;
	}
	sa->state = next;
	if (next == SA_UP && old != SA_UP)
		sa_came_up(sa);
}

const char *sa_mode_name(const struct ike_sa *sa)
{
	return sa->aggressive ? "Aggressive" : "Main";
}

const char *sa_state_name(const struct ike_sa *sa)
{
	switch (sa->state) {
	case SA_I3:
	case SA_R0:
	case SA_R2:
		return "MM_SA_SETUP";
	case SA_I5:
	case SA_R4:
		return "MM_KEY_EXCH";
	case SA_A1:
	case SA_A2:
		return "AG_INIT_EXCH";
	case SA_UP:
		return "GDOI_IDLE";
	default:
		return sa->aggressive ? "AG_NO_STATE" : "MM_NO_STATE";
	}
}
