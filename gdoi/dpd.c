/* Dead peer detection (RFC 3706; protocol.md A.11): R-U-THERE and its answer
 * under an SA that is up.  Whatever else the peer proves to have sent shows as
 * well that it lives. */
#include "gdoi/ike_priv.h"
#include <string.h>

/* An initiator of a sequence leaves the highest bit clear (6.2). */
#define SEQ_START_MASK 0x7fffffff

struct ike_keepalive sa_keepalive(const struct ike_sa *sa)
{
	const struct isakmp_profile *p = sa_profile(sa);
	struct ike_keepalive k = sa->ike->config.keepalive;

	if (p != NULL && p->keepalive_secs > 0) {
		k.secs = p->keepalive_secs;
		k.retry_secs = p->retry_secs;
	}
	return k;
}

static bool enabled(const struct ike_sa *sa, const struct ike_keepalive *k)
{
	return k->secs > 0 && sa->dpd.peer_can;
}

static void arm(struct ike_sa *sa, uint32_t secs)
{
	timer_set(sa->ike->env.timers, &sa->dpd.timer,
		ike_now(sa->ike) + secs * 1000ull);
}

static void seq_send(struct ike_sa *sa, uint16_t type, uint32_t seq)
{
	const uint8_t b[4] = { (uint8_t)(seq >> 24), (uint8_t)(seq >> 16),
		(uint8_t)(seq >> 8), (uint8_t)seq };

	info_send_notify(sa, type, SPAN(b, sizeof b));
}

static void ask(struct ike_sa *sa)
{
	struct dpd *d = &sa->dpd;

	if (!d->seq_set)
		sa->ike->env.random(sa->ike->env.ctx, &d->seq, sizeof d->seq);
	if (!d->seq_set)
		d->seq &= SEQ_START_MASK;
	d->seq_set = true;
	d->seq++;
	d->tries++;
	sa->ike->stats.dpd_sent++;
	seq_send(sa, N_R_U_THERE, d->seq);
	arm(sa, sa_keepalive(sa).retry_secs);
}

static void dead(struct ike_sa *sa)
{
	ike_report(sa->ike, REPORT_SESSION_DEAD, &sa->path.remote.ip, WIRE_OK,
		sa->path.remote.port, "");
	sa->ike->stats.dpd_dead++;
	sa_doom(sa, IKE_DOWN_DEAD, false);
}

/* Without an answer: once more, then it is dead.  Idle: time to ask. */
static void on_dpd_timer(void *arg)
{
	struct ike_sa *sa = arg;
	const struct ike_keepalive k = sa_keepalive(sa);
	uint64_t due = sa->dpd.heard_ms + k.secs * 1000ull;
	uint64_t now = ike_now(sa->ike);

	if (sa->state != SA_UP || sa->doomed || !enabled(sa, &k))
		return;
	if (sa->dpd.tries >= IKE_DPD_TRIES)
		dead(sa);
	else if (sa->dpd.tries > 0 || now >= due)
		ask(sa);
	else
		arm(sa, (uint32_t)((due - now + 999) / 1000));
}

void dpd_init(struct ike_sa *sa)
{
	timer_init(&sa->dpd.timer, on_dpd_timer, sa);
}

void dpd_fini(struct ike_sa *sa)
{
	timer_cancel(sa->ike->env.timers, &sa->dpd.timer);
}

void dpd_config(struct ike_sa *sa)
{
	const struct ike_keepalive k = sa_keepalive(sa);

	if (sa->state != SA_UP || sa->doomed)
		return;
	sa->dpd.applied = k;
	sa->dpd.tries = 0;
	timer_cancel(sa->ike->env.timers, &sa->dpd.timer);
	if (enabled(sa, &k) && k.periodic)
		arm(sa, k.secs);
}

void dpd_config_changed(struct ike_sa *sa)
{
	const struct ike_keepalive k = sa_keepalive(sa);
	const struct ike_keepalive *old = &sa->dpd.applied;

	if (k.secs != old->secs || k.retry_secs != old->retry_secs ||
		k.periodic != old->periodic)
		dpd_config(sa);
}

void dpd_heard(struct ike_sa *sa)
{
	bool asked = sa->dpd.tries > 0;

	sa->dpd.heard_ms = ike_now(sa->ike);
	sa->dpd.tries = 0;
	if (asked)
		dpd_config(sa);
}

void dpd_before_send(struct ike_sa *sa)
{
	const struct ike_keepalive k = sa_keepalive(sa);
	uint64_t silent = ike_now(sa->ike) - sa->dpd.heard_ms;

	if (!enabled(sa, &k) || k.periodic || sa->dpd.tries > 0 ||
		sa->state != SA_UP || sa->doomed)
		return;
	if (silent >= k.secs * 1000ull)
		ask(sa);
}

/* Its questions count up.  The last one may come again, when our answer was
 * lost; any other of the past is a replay. */
static enum wire_err on_ask(struct ike_sa *sa, uint32_t seq)
{
	struct dpd *d = &sa->dpd;
	bool repeated = d->peer_seq_set && seq == d->peer_seq;

	if (d->peer_seq_set && (int32_t)(seq - d->peer_seq) < 0)
		return WIRE_SEQUENCE;
	d->peer_seq = seq;
	d->peer_seq_set = true;
	if (!repeated)
		dpd_heard(sa);
	sa->ike->stats.dpd_answered++;
	seq_send(sa, N_R_U_THERE_ACK, seq);
	return WIRE_OK;
}

enum wire_err dpd_notify(
	struct ike_sa *sa, uint16_t type, struct span spi, struct span data)
{
	struct rd r = rd_span(data);
	uint32_t seq = rd_u32(&r);

	if (!rd_ok(&r) || rd_left(&r) != 0)
		return WIRE_LENGTH;
	if (spi.n != 2 * COOKIE_BYTES ||
		memcmp(spi.p, sa->key.cky_i, COOKIE_BYTES) != 0 ||
		memcmp(spi.p + COOKIE_BYTES, sa->cky_r, COOKIE_BYTES) != 0)
		return WIRE_COOKIE;
	if (type == N_R_U_THERE)
		return on_ask(sa, seq);
	/* Any of this round's: answers may be slower than our questions. */
	if (sa->dpd.seq - seq >= sa->dpd.tries)
		return WIRE_SEQUENCE;
	dpd_heard(sa);
	return WIRE_OK;
}
