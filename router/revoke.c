/* Items are what was ever wanted: a CRL by its issuer, an OCSP answer by its
 * certificate.  An item waits, flies, or pauses. */
#include "router/revoke.h"

#include "base/list.h"
#include "crypto/revocation.h"
#include "crypto/rng.h"
#include "router/transfer.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCH_SECS   30
#define OCSP_TYPE    "application/ocsp-request"
#define DAY_SECS     86400
#define REFRESH_PART 10 /* of its life before its end a CRL is fetched anew */

struct item {
	TAILQ_ENTRY(item) link;
	struct revoke *owner;
	char trustpoint[TRUST_NAME_MAX + 1];
	enum revocation_method method;
	struct cert *cert, *issuer;
	struct revocation_urls urls; /* of the fetch under way */
	size_t url;
	bool waiting;
	struct transfer *transfer; /* NULL: not flying, */
	void *get;                 /* by ops.get_crl neither */
	uint8_t nonce[OCSP_NONCE];
	bool with_nonce;
	uint64_t pause_until; /* loop_now() */
	unsigned failures;
	struct timer refresh;
	struct crl *crl; /* NULL: none */
	bool answered;   /* by OCSP */
	struct ocsp_status ocsp;
};
TAILQ_HEAD(items, item);

struct revoke {
	struct loop *loop;
	struct log *log;
	struct revoke_ops ops;
	struct items items; /* the oldest first */
	size_t n_items;
	unsigned flying;
};

static void pump(struct revoke *r);

static bool is_flying(const struct item *i)
{
	return i->transfer != NULL || i->get != NULL;
}

static void item_free(struct item *i)
{
	struct revoke *r = i->owner;

	timer_cancel(loop_timers(r->loop), &i->refresh);
	if (is_flying(i))
		r->flying--;
	if (i->transfer != NULL)
		transfer_cancel(i->transfer);
	if (i->get != NULL)
		r->ops.get_cancel(i->get);
	TAILQ_REMOVE(&r->items, i, link);
	r->n_items--;
	cert_unref(i->cert);
	cert_unref(i->issuer);
	crl_unref(i->crl);
	free(i);
}

/* false: nobody can be asked. */
static bool refresh_urls(struct item *i)
{
	struct revoke *r = i->owner;
	struct revoke_policy p = { 0 };
	const char *fixed;

	i->urls.n = 0;
	i->url = 0;
	if (r->ops.policy == NULL ||
		!r->ops.policy(r->ops.ctx, i->trustpoint, &p))
		return false;
	fixed = i->method == REVOCATION_CRL ? p.crl_url : p.ocsp_url;
	if (fixed != NULL) {
		strlcpy(i->urls.v[0], fixed, sizeof(i->urls.v[0]));
		i->urls.n = 1;
	} else if (i->method == REVOCATION_CRL) {
		cert_crl_urls(cert_der(i->cert), &i->urls);
	} else {
		cert_ocsp_urls(cert_der(i->cert), &i->urls);
	}
	return i->urls.n > 0 || (i->method == REVOCATION_CRL && p.by_scep);
}

static void item_wait(struct item *i)
{
	i->waiting = true;
	pump(i->owner);
}

static void on_refresh(void *arg)
{
	struct item *i = arg;

	if (i->waiting || is_flying(i))
		return;
	if (i->method == REVOCATION_CRL && refresh_urls(i)) {
		item_wait(i);
		return;
	}
	struct revoke *r = i->owner;
	char name[TRUST_NAME_MAX + 1];

	strlcpy(name, i->trustpoint, sizeof(name));
	item_free(i);
	if (r->ops.changed != NULL)
		r->ops.changed(r->ops.ctx, name, NULL);
}

/* A CRL anew before it ends; an OCSP answer goes with its time. */
static void plan_refresh(struct item *i, time_t from, time_t until, time_t now)
{
	time_t at = until != 0 ? until : now + DAY_SECS;

	if (i->method == REVOCATION_CRL && until != 0)
		at -= (until - from) / REFRESH_PART;
	if (at < now + REVOKE_PAUSE_MS / 1000)
		at = now + REVOKE_PAUSE_MS / 1000;
	timer_set(loop_timers(i->owner->loop), &i->refresh,
		loop_now() + (uint64_t)(at - now) * 1000);
}

static void failed(struct item *i, const char *why)
{
	struct revoke *r = i->owner;
	unsigned n = i->failures < REVOKE_PAUSES ? i->failures : REVOKE_PAUSES;

	if (i->url + 1 < i->urls.n) {
		i->url++;
		item_wait(i);
		return;
	}
	i->failures++;
	i->pause_until = loop_now() + ((uint64_t)REVOKE_PAUSE_MS << n);
	if (i->crl != NULL) /* the old one still counts */
		timer_set(loop_timers(r->loop), &i->refresh, i->pause_until);
	log_msg(r->log, LOG_SEV_ERR, "PKI",
		i->method == REVOCATION_CRL ? "CRL_FETCH_FAIL"
					    : "OCSP_FETCH_FAIL",
		"%s fetch for trustpoint %s failed, reason: %s",
		i->method == REVOCATION_CRL ? "CRL" : "OCSP", i->trustpoint,
		why);
}

static bool take_crl(struct item *i, struct span body, struct sbuf *why)
{
	auto_der struct der der = { 0 };
	time_t now = time(NULL);
	struct crl_info info;

	if (body.n > 11 && memcmp(body.p, "-----BEGIN ", 11) == 0)
		pem_object((const char *)body.p, "X509 CRL", &der);
	else
		der_set(&der, body.p, body.n);
	if (crl_check(der_span(&der), cert_der(i->issuer), now, &info, why) < 0)
		return false;
	if (i->crl != NULL && info.this_update < crl_this_update(i->crl)) {
		sbuf_adds(why, "the CRL is older than the one before");
		return false;
	}
	struct crl *crl = crl_from_der(der_span(&der));
	if (crl == NULL) {
		sbuf_adds(why, "it is no CRL");
		return false;
	}
	crl_unref(i->crl);
	i->crl = crl;
	plan_refresh(i, info.this_update, info.next_update, now);
	return true;
}

static bool take_ocsp(struct item *i, struct span body, struct sbuf *why)
{
	struct ocsp_answer a;
	time_t now = time(NULL);

	if (ocsp_parse(body, cert_der(i->cert), cert_der(i->issuer),
		    i->with_nonce ? i->nonce : NULL, now, &a, why) < 0)
		return false;
	if (a.status == OCSP_UNKNOWN) {
		sbuf_adds(why, "the responder does not know the certificate");
		return false;
	}
	i->answered = true;
	i->ocsp = (struct ocsp_status){ .revoked = a.status == OCSP_REVOKED,
		.this_update = a.this_update,
		.next_update = a.next_update };
	cert_digest(i->cert, HASH_SHA256, i->ocsp.cert_sha256);
	/* What may change at any time is asked for again soon. */
	plan_refresh(i, a.this_update,
		a.next_update != 0 ? a.next_update : now + 1, now);
	return true;
}

static void landed(struct item *i, int err, const char *text, struct span body)
{
	struct revoke *r = i->owner;
	auto_sbuf struct sbuf why = { 0 };
	bool ok = false;

	r->flying--;
	if (err < 0)
		sbuf_adds(&why, *text != '\0' ? text : strerror(-err));
	else if (i->method == REVOCATION_CRL)
		ok = take_crl(i, body, &why);
	else
		ok = take_ocsp(i, body, &why);
	if (ok) {
		i->failures = 0;
		i->pause_until = loop_now() + REVOKE_PAUSE_MS;
		if (r->ops.changed != NULL)
			r->ops.changed(r->ops.ctx, i->trustpoint, i->crl);
	} else {
		failed(i, sbuf_str(&why));
	}
	pump(r);
}

static void on_done(
	void *ctx, int err, const char *text, const void *data, size_t n)
{
	struct item *i = ctx;

	i->transfer = NULL;
	landed(i, err, text, SPAN(data, n));
}

static void on_got(void *ctx, int err, const char *why, const struct der *der)
{
	struct item *i = ctx;

	i->get = NULL;
	landed(i, err, why, der != NULL ? der_span(der) : SPAN(NULL, 0));
}

static void ask_ca(struct item *i)
{
	struct revoke *r = i->owner;

	i->get = r->ops.get_crl(r->ops.ctx, i->trustpoint, i->cert, on_got, i);
	if (i->get != NULL)
		r->flying++;
	else
		failed(i, "the CA cannot be asked");
}

static void fly(struct item *i)
{
	struct revoke *r = i->owner;
	struct revoke_policy p = { 0 };
	auto_der struct der request = { 0 };
	struct transfer_opts o = { .url = i->urls.v[i->url],
		.http_only = true,
		.max_secs = FETCH_SECS };

	i->waiting = false;
	if (!r->ops.policy(r->ops.ctx, i->trustpoint, &p))
		return; /* the trustpoint has gone */
	if (i->urls.n == 0) {
		ask_ca(i);
		return;
	}
	o.source = p.source[0] != '\0' ? p.source : NULL;
	o.device = p.device[0] != '\0' ? p.device : NULL;
	o.max = CRL_BYTES_MAX;
	if (i->method == REVOCATION_OCSP) {
		i->with_nonce = !p.no_nonce;
		rng_bytes(i->nonce, sizeof(i->nonce));
		if (ocsp_request(cert_der(i->cert), cert_der(i->issuer),
			    i->with_nonce ? i->nonce : NULL, &request) < 0)
			return;
		o.post_type = OCSP_TYPE;
		o.data = request.p;
		o.n = request.n;
		o.max = OCSP_BYTES_MAX;
	}
	r->flying++;
	i->transfer = transfer_start(r->loop, &o, on_done, i);
}

static void pump(struct revoke *r)
{
	struct item *i;

	TAILQ_FOREACH(i, &r->items, link) {
		if (r->flying >= REVOKE_FLYING)
			return;
		if (i->waiting)
			fly(i);
	}
}

struct revoke *revoke_new(struct loop *l, struct log *log)
{
	struct revoke *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->log = log;
	TAILQ_INIT(&r->items);
	return r;
}

void revoke_free(struct revoke *r)
{
	if (r == NULL)
		return;
	while (!TAILQ_EMPTY(&r->items))
		item_free(TAILQ_FIRST(&r->items));
	free(r);
}

void revoke_set_ops(struct revoke *r, const struct revoke_ops *ops)
{
	r->ops = *ops;
}

static bool is_of(const struct item *i, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m)
{
	return i->method == m && strcmp(i->trustpoint, trustpoint) == 0 &&
	       cert_equal(i->issuer, issuer) &&
	       (m == REVOCATION_CRL || cert_equal(i->cert, cert));
}

/* Room for one more: the oldest that holds nothing and does nothing goes. */
static bool make_room(struct revoke *r)
{
	struct item *i;

	if (r->n_items < REVOKE_ITEMS_MAX)
		return true;
	TAILQ_FOREACH(i, &r->items, link) {
		if (i->waiting || is_flying(i) || i->crl != NULL ||
			loop_now() < i->pause_until)
			continue;
		item_free(i);
		return true;
	}
	return false;
}

static struct item *item_new(struct revoke *r, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m)
{
	struct item *i = xcalloc(1, sizeof(*i));

	i->owner = r;
	i->method = m;
	strlcpy(i->trustpoint, trustpoint, sizeof(i->trustpoint));
	i->cert = cert_from_der(cert_der(cert));
	i->issuer = cert_from_der(cert_der(issuer));
	timer_init(&i->refresh, on_refresh, i);
	TAILQ_INSERT_TAIL(&r->items, i, link);
	r->n_items++;
	return i;
}

bool revoke_wanted(struct revoke *r, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m)
{
	struct item *i;

	if (m != REVOCATION_CRL && m != REVOCATION_OCSP)
		return false;
	TAILQ_FOREACH(i, &r->items, link)
		if (is_of(i, trustpoint, cert, issuer, m))
			break;
	if (i != NULL && (i->waiting || is_flying(i)))
		return true;
	if (i != NULL && loop_now() < i->pause_until)
		return false;
	if (!cert_issued_by(cert_der(cert), cert_der(issuer)))
		return false;
	if (i == NULL && !make_room(r))
		return false;
	if (i == NULL)
		i = item_new(r, trustpoint, cert, issuer, m);
	if (!refresh_urls(i)) {
		item_free(i);
		return false;
	}
	item_wait(i);
	return i->waiting || is_flying(i);
}

void revoke_learn(struct revoke *r, const char *trustpoint,
	const struct cert *issuer, struct span crl)
{
	auto_sbuf struct sbuf why = { 0 };
	struct item *i;

	TAILQ_FOREACH(i, &r->items, link)
		if (is_of(i, trustpoint, i->cert, issuer, REVOCATION_CRL) &&
			take_crl(i, crl, &why))
			i->failures = 0;
}

size_t revoke_refresh(
	struct revoke *r, const char *trustpoint, const struct cert *but)
{
	struct item *i;
	size_t n = 0;

	TAILQ_FOREACH(i, &r->items, link) {
		if (i->method != REVOCATION_CRL || i->waiting || is_flying(i) ||
			strcmp(i->trustpoint, trustpoint) != 0 ||
			cert_equal(i->issuer, but) || !refresh_urls(i))
			continue;
		i->waiting = true;
		n++;
	}
	pump(r);
	return n;
}

size_t revoke_crls(const struct revoke *r, const char *trustpoint,
	struct crl **v, size_t max)
{
	struct item *i;
	size_t n = 0;

	TAILQ_FOREACH(i, &r->items, link)
		if (n < max && i->crl != NULL &&
			strcmp(i->trustpoint, trustpoint) == 0)
			v[n++] = i->crl;
	return n;
}

size_t revoke_ocsp(const struct revoke *r, const char *trustpoint,
	struct ocsp_status *v, size_t max)
{
	struct item *i;
	size_t n = 0;

	TAILQ_FOREACH(i, &r->items, link)
		if (n < max && i->answered &&
			strcmp(i->trustpoint, trustpoint) == 0)
			v[n++] = i->ocsp;
	return n;
}

bool revoke_at(const struct revoke *r, size_t i, struct revoke_view *out)
{
	struct item *it;

	TAILQ_FOREACH(it, &r->items, link) {
		if (i-- != 0)
			continue;
		*out = (struct revoke_view){ .trustpoint = it->trustpoint,
			.method = it->method,
			.cert = it->cert,
			.crl = it->crl,
			.ocsp = it->answered ? &it->ocsp : NULL,
			.refresh_at = it->refresh.armed ? it->refresh.at_ms : 0,
			.failures = it->failures };
		return true;
	}
	return false;
}
