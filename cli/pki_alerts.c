/* Certificates that are about to expire are told of beforehand: sixty days
 * before for the first time, then every week, in the last week every day. */
#include "cli/pki.h"

#include <stdlib.h>
#include <time.h>

#define DAY        86400
#define FIRST_DAYS 60
#define LAST_DAYS  7

struct pki_alerts {
	struct router *router;
	struct timer timer;
	time_t next; /* when something is due; 0: nothing */
	time_t last; /* what was due up to then has been told; 0: nothing */
};

time_t pki_alert_next(time_t not_after, time_t now)
{
	time_t left = not_after - now;

	if (left <= 0)
		return 0;
	if (left > (time_t)FIRST_DAYS * DAY)
		return not_after - (time_t)FIRST_DAYS * DAY;
	for (int days = FIRST_DAYS - 7; days > LAST_DAYS; days -= 7)
		if (left > (time_t)days * DAY)
			return not_after - (time_t)days * DAY;
	/* At whole days, the last of which is the end itself. */
	return not_after - (left - 1) / DAY * DAY;
}

static void tell(
	struct router *r, const struct pki_tp *tp, bool own, time_t now)
{
	const struct cert_info *i = own ? &tp->own_info : &tp->ca_info;
	long left = (long)(i->not_after - now);
	bool soon = left <= (long)LAST_DAYS * DAY;
	bool renews =
		own && node_child(tp->node, &tp_auto_enroll, NULL) != NULL;
	auto_sbuf struct sbuf when = { 0 }, issuer = { 0 };

	for (const char *p = i->issuer; *p != '\0'; p++)
		sbuf_addc(&issuer, *p == '\n' ? ',' : *p);

	if (left > 0)
		sbuf_printf(&when,
			"will expire in %ld Days %ld hours %ld mins %ld secs",
			left / DAY, left / 3600 % 24, left / 60 % 60,
			left % 60);
	else
		sbuf_adds(&when, "has expired");
	log_msg(r->log, soon ? LOG_SEV_ALERT : LOG_SEV_WARNING, "PKI",
		soon ? "CERT_EXPIRY_ALERT" : "CERT_EXPIRY_WARNING",
		"%s Certificate belonging to trustpoint %s %s. Issuer-name "
		"%s, Serial-number %s, Auto-Renewal: %s",
		own ? "ID" : "CA", tp->name, sbuf_str(&when), sbuf_str(&issuer),
		i->serial, renews ? "Enabled" : "Not Enabled");
}

/* Was something due after `last`, up to now? */
static bool is_due(time_t not_after, time_t last, time_t now)
{
	time_t next;

	if (last == 0)
		return not_after - now <= (time_t)FIRST_DAYS * DAY;
	next = pki_alert_next(not_after, last);
	return next != 0 && next <= now;
}

static void earlier(time_t at, time_t *next)
{
	if (at != 0 && (*next == 0 || at < *next))
		*next = at;
}

/* Tells what is due and gives the time of what comes next; 0: nothing. */
static time_t alerts_run(struct pki_alerts *a, time_t now)
{
	struct node *root = tree_root(a->router->tree);
	time_t next = 0;

	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		auto_pki_tp struct pki_tp tp = { 0 };

		pki_tp_read(a->router, node_str(n, "name"), &tp);
		if (tp.own != NULL) {
			if (is_due(tp.own_info.not_after, a->last, now))
				tell(a->router, &tp, true, now);
			earlier(pki_alert_next(tp.own_info.not_after, now),
				&next);
		}
		if (tp.ca != NULL) {
			if (is_due(tp.ca_info.not_after, a->last, now))
				tell(a->router, &tp, false, now);
			earlier(pki_alert_next(tp.ca_info.not_after, now),
				&next);
		}
	}
	a->last = now;
	return next;
}

static void alerts_due(void *arg)
{
	struct pki_alerts *a = arg;
	time_t now = time(NULL), next = alerts_run(a, now);

	a->next = next;
	timer_cancel(loop_timers(a->router->loop), &a->timer);
	if (next == 0)
		return;
	/* No longer than a day, for the clock may be set meanwhile. */
	uint64_t wait = next - now < DAY ? (uint64_t)(next - now) : DAY;

	timer_set(loop_timers(a->router->loop), &a->timer,
		loop_now() + wait * 1000);
}

void pki_alerts_new(struct router *r, const char *name, bool own)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	time_t now = time(NULL);

	pki_tp_read(r, name, &tp);
	if ((own ? tp.own : tp.ca) != NULL &&
		is_due((own ? &tp.own_info : &tp.ca_info)->not_after, 0, now))
		tell(r, &tp, own, now);
}

void pki_alerts_update(struct router *r)
{
	struct pki_alerts **a = pki_alerts_of(r);

	if (r->loop == NULL)
		return;
	if (*a == NULL) {
		*a = xcalloc(1, sizeof(**a));
		(*a)->router = r;
		timer_init(&(*a)->timer, alerts_due, *a);
	}
	alerts_due(*a);
}

void pki_alerts_free(struct router *r)
{
	struct pki_alerts **a = pki_alerts_of(r);

	if (*a == NULL)
		return;
	timer_cancel(loop_timers(r->loop), &(*a)->timer);
	free(*a);
	*a = NULL;
}

time_t pki_alerts_at(struct router *r)
{
	const struct pki_alerts *a = r->pki == NULL ? NULL : *pki_alerts_of(r);

	return a == NULL ? 0 : a->next;
}
