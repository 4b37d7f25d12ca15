/* Automatic enrolment: at once when there is no certificate, later at a part of
 * its lifetime.  What fails is begun again after a pause; the old certificate
 * stays in force until the new one is there (pki_scep.c). */
#include "cli/pki_renew.h"
#include "cli/pki_request.h"
#include "cli/pki_scep.h"

#include "base/list.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY        86400
#define LEAD_SECS  180  /* before its end, whatever the percentage says */
#define PAUSE_SECS 3600 /* after all tries of a request have failed */
#define PAUSE_PART 10   /* of what remains, if that is less */
/* A user may still be at the trustpoint's lines. */
#define SETTLE_SECS 2

/* A trustpoint that is not left to its certificate's lifetime alone. */
struct held {
	LIST_ENTRY(held) link;
	char name[PKI_NAME_MAX + 1];
	bool working;       /* a key pair is being made */
	time_t pause_until; /* after a failure */
};

struct pki_renew {
	struct router *router;
	struct timer timer;
	LIST_HEAD(, held) held;
};

/* A key pair on its way. */
struct work {
	struct router *router;
	char name[PKI_NAME_MAX + 1];
	char label[KEY_LABEL_MAX + 1];
	unsigned bits;
	bool exportable;
	struct pkey *key;
};

time_t pki_renew_time(
	time_t not_before, time_t not_after, unsigned percent, time_t tries)
{
	time_t life = not_after - not_before;
	time_t lead = tries > LEAD_SECS ? tries : LEAD_SECS;

	if (life <= 0)
		return not_after;
	/* One that does not live long is not renewed all the time. */
	if (lead > life / 2)
		lead = life / 2;
	time_t at =
		not_before + life / 100 * percent + life % 100 * percent / 100;

	return at < not_after - lead ? at : not_after - lead;
}

static struct held *held_find(const struct router *r, const char *name)
{
	struct pki_renew *p = *pki_renew_of(r);
	struct held *h;

	if (p == NULL)
		return NULL;
	LIST_FOREACH(h, &p->held, link)
	if (strcmp(h->name, name) == 0)
		return h;
	return NULL;
}

static struct held *held_get(const struct router *r, const char *name)
{
	struct held *h = held_find(r, name);

	if (h != NULL)
		return h;
	h = xcalloc(1, sizeof(*h));
	strlcpy(h->name, name, sizeof(h->name));
	LIST_INSERT_HEAD(&(*pki_renew_of(r))->held, h, link);
	return h;
}

static unsigned percent_of(const struct node *tp)
{
	const struct node *n = node_child(tp, &tp_auto_enroll, NULL);
	unsigned percent = node_u32(n, "percent");

	return percent != 0 ? percent : 100;
}

/* Does it enroll by itself, over the network? */
static bool applies(const struct pki_tp *tp)
{
	const struct node *how = node_child(tp->node, &tp_enrollment, NULL);

	return node_child(tp->node, &tp_auto_enroll, NULL) != NULL &&
	       how != NULL && node_str(how, "url") != NULL && tp->ca != NULL;
}

static time_t due(const struct router *r, const struct pki_tp *tp, time_t now)
{
	const struct held *h = held_find(r, tp->name);
	time_t at = now;

	if (!applies(tp) || pki_scep_pending(r, tp->name) ||
		(h != NULL && h->working))
		return 0;
	if (tp->own != NULL && tp->own_key != NULL)
		at = pki_renew_time(tp->own_info.not_before,
			tp->own_info.not_after, percent_of(tp->node),
			(time_t)60 *
				node_u32(node_get(tp->node, &tp_retry_count),
					"n") *
				node_u32(node_get(tp->node, &tp_retry_period),
					"minutes"));
	return h != NULL && h->pause_until > at ? h->pause_until : at;
}

time_t pki_renew_at(const struct router *r, const char *name)
{
	auto_pki_tp struct pki_tp tp = { 0 };

	if (*pki_renew_of(r) == NULL)
		return 0;
	pki_tp_read(r, name, &tp);
	return due(r, &tp, time(NULL));
}

/* --- one that begins --- */

void pki_renew_failed(struct router *r, const char *name, const char *why)
{
	auto_pki_tp struct pki_tp tp = { 0 };

	pki_tp_read(r, name, &tp);
	log_msg(r->log, LOG_SEV_CRIT, "PKI",
		tp.own != NULL ? "CERT_RENEW_FAIL" : "CERT_ENROLL_FAIL",
		"Certificate %s failed for trustpoint %s Reason : %s",
		tp.own != NULL ? "renewal" : "enrollment", name, why);
}

static void pause(struct router *r, const char *name)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	time_t now = time(NULL), secs = PAUSE_SECS;

	pki_tp_read(r, name, &tp);
	if (tp.own != NULL && tp.own_info.not_after > now &&
		(tp.own_info.not_after - now) / PAUSE_PART < secs)
		secs = (tp.own_info.not_after - now) / PAUSE_PART;
	if (tp.node != NULL) {
		time_t least = (time_t)60 *
			       node_u32(node_get(tp.node, &tp_retry_period),
				       "minutes");
		if (secs < least)
			secs = least;
	}
	held_get(r, name)->pause_until = now + secs;
}

static void refused(struct router *r, const char *name, const char *why)
{
	pki_renew_failed(r, name, why);
	pause(r, name);
}

void pki_renew_ended(struct router *r, const char *name, bool ok)
{
	struct held *h = held_find(r, name);

	if (*pki_renew_of(r) == NULL)
		return;
	if (!ok) {
		pause(r, name);
	} else if (h != NULL) {
		LIST_REMOVE(h, link);
		free(h);
	}
	pki_renew_update(r);
}

static void send_request(struct router *r, const struct pki_tp *tp,
	const char *label, struct pkey *key)
{
	auto_sbuf struct sbuf why = { 0 };
	struct pki_names names;
	struct pki_send send = { .name = tp->name,
		.key = key,
		.label = label,
		.names = &names,
		.automatic = true };

	pki_names_read(r, tp->node, &names);
	if (!pki_request_send(r, &send, &why))
		refused(r, tp->name, sbuf_str(&why));
}

static void key_work(void *arg)
{
	struct work *w = arg;

	w->key = pkey_rsa_generate(w->bits);
}

static void key_take(struct work *w)
{
	struct router *r = w->router;
	auto_pki_tp struct pki_tp tp = { 0 };

	pki_tp_read(r, w->name, &tp);
	if (!applies(&tp)) /* it has changed meanwhile */
		return;
	int rc = w->key == NULL ? -1
				: keystore_put(box_keys(r->box), w->label,
					  w->key, w->exportable, time(NULL));

	if (rc < 0) {
		refused(r, w->name, "the key pair cannot be made");
		return;
	}
	keys_changed(r);
	send_request(r, &tp, w->label, w->key);
}

static void key_done(void *arg)
{
	struct work *w = arg;
	struct router *r = w->router;

	if (r->pki != NULL && *pki_renew_of(r) != NULL) {
		held_get(r, w->name)->working = false;
		key_take(w);
		pki_renew_update(r);
	}
	pkey_unref(w->key);
	free(w);
}

static void make_key(struct router *r, const struct pki_tp *tp,
	const char *label, const struct stored_key *old)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->router = r;
	strlcpy(w->name, tp->name, sizeof(w->name));
	strlcpy(w->label, label, sizeof(w->label));
	w->bits = old != NULL ? pkey_bits(old->key) : pki_rsa_bits(tp->node);
	w->exportable = old != NULL && old->exportable;
	held_get(r, tp->name)->working = true;
	loop_work(r->loop, key_work, key_done, w);
}

/* Goes on as `crypto pki enroll` would, with what the lines say. */
static void begin(struct router *r, const struct pki_tp *tp)
{
	const struct node *line = node_child(tp->node, &tp_auto_enroll, NULL);
	const struct stored_key *old, *k;
	auto_sbuf struct sbuf label = { 0 };
	bool renew = tp->own != NULL && tp->own_key != NULL;

	log_msg(r->log, LOG_SEV_INFO, "PKI",
		renew ? "CERT_RENEW_AUTO" : "CERT_ENROLL_AUTO",
		renew ? "Auto certificate renewal for trustpoint %s"
		      : "Auto initial enrollment for trustpoint %s",
		tp->name);
	if (!pki_key_label(r, tp->node, &label)) {
		refused(r, tp->name, "no domain name, no key pair's name");
		return;
	}
	k = old = keystore_get(box_keys(r->box), sbuf_str(&label));
	if (old == NULL && node_child(tp->node, &tp_eckeypair, NULL) != NULL) {
		refused(r, tp->name, "SCEP needs an RSA key pair");
		return;
	}
	if (old != NULL && renew && node_has(line, "regenerate")) {
		sbuf_adds(&label, PKI_NEW_KEY);
		k = keystore_get(box_keys(r->box), sbuf_str(&label));
	}
	if (k == NULL)
		make_key(r, tp, sbuf_str(&label), old);
	else
		send_request(r, tp, k->label, k->key);
}

/* --- when --- */

/* Runs fn for each trustpoint, and gives the earliest time. */
static time_t each(struct router *r, time_t now, bool act)
{
	struct node *root = tree_root(r->tree);
	time_t first = 0;

	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		auto_pki_tp struct pki_tp tp = { 0 };

		pki_tp_read(r, node_str(n, "name"), &tp);
		time_t at = due(r, &tp, now);

		if (at != 0 && at <= now && act) {
			begin(r, &tp);
			at = due(r, &tp, now);
		}
		if (at != 0 && (first == 0 || at < first))
			first = at;
	}
	return first;
}

static void arm(struct pki_renew *p, time_t at, time_t now)
{
	time_t wait = at - now;

	timer_cancel(loop_timers(p->router->loop), &p->timer);
	if (at == 0)
		return;
	if (wait < SETTLE_SECS)
		wait = SETTLE_SECS;
	if (wait > DAY) /* the clock may be set meanwhile */
		wait = DAY;
	timer_set(loop_timers(p->router->loop), &p->timer,
		loop_now() + (uint64_t)wait * 1000);
}

static void on_time(void *arg)
{
	struct pki_renew *p = arg;
	time_t now = time(NULL);

	arm(p, each(p->router, now, true), now);
}

void pki_renew_update(struct router *r)
{
	struct pki_renew **p = pki_renew_of(r);
	time_t now = time(NULL);

	if (r->loop == NULL || r->box == NULL || box_keys(r->box) == NULL ||
		box_pki(r->box) == NULL)
		return;
	if (*p == NULL) {
		*p = xcalloc(1, sizeof(**p));
		(*p)->router = r;
		LIST_INIT(&(*p)->held);
		timer_init(&(*p)->timer, on_time, *p);
	}
	arm(*p, each(r, now, false), now);
}

void pki_renew_free(struct router *r)
{
	struct pki_renew **p = pki_renew_of(r);
	struct held *h;

	if (*p == NULL)
		return;
	timer_cancel(loop_timers(r->loop), &(*p)->timer);
	while ((h = LIST_FIRST(&(*p)->held)) != NULL) {
		LIST_REMOVE(h, link);
		free(h);
	}
	free(*p);
	*p = NULL;
}
