/* A SCEP exchange: GetCACaps first, then what is wanted.  One transfer is on
 * its way at a time; between two tries a timer runs. */
#include "router/scep_net.h"

#include "crypto/rng.h"
#include "router/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAPS_MAX     4096
#define ANSWER_SECS  60 /* a CA may compute a key's worth of time */
#define DEFAULT_PATH "/cgi-bin/pkiclient.exe"
#define POST_TYPE    "application/x-pki-message"

enum want { WANT_CA, WANT_CERT, WANT_CRL };
static const char *const want_text[] = { [WANT_CA] = "CA certificate",
	[WANT_CERT] = "certificate",
	[WANT_CRL] = "CRL" };

struct scep_net {
	struct loop *loop;
	const struct debug *debug;
	enum want want;
	char *url, *ident, *source, *device;
	unsigned tries_left, period_ms;
	struct transfer *transfer; /* NULL: none on its way */
	struct timer again;
	struct scep_tx tx;
	struct scep_ca ca;
	struct pkey *key;
	struct der csr, signer, about;
	struct pkey *old_key; /* NULL: not a renewal */
	struct der old_cert;
	bool polling;
	scep_wait_fn *wait;
	scep_ca_fn *ca_done;
	scep_cert_fn *cert_done;
	scep_crl_fn *crl_done;
	void *ctx;
};

static void ask(struct scep_net *n);

bool scep_url_check(const char *url, struct sbuf *why)
{
	const char *host = NULL;

	if (strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	else if (strncasecmp(url, "https://", 8) == 0)
		host = url + 8;
	if (host == NULL)
		sbuf_adds(why, "SCEP goes over http: or https: only");
	else if (*host == '\0' || *host == '/')
		sbuf_adds(why, "the URL names no host");
	else
		return true;
	return false;
}

/* IOS gives a URL without a path the customary one. */
static char *full_url(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
	auto_sbuf struct sbuf out = { 0 };

	sbuf_adds(&out, url);
	if (path == NULL || path[1] == '\0') {
		if (path != NULL)
			sbuf_trunc(&out, out.n - 1);
		sbuf_adds(&out, DEFAULT_PATH);
	}
	return sbuf_take(&out);
}

static void add_escaped(struct sbuf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isalnum((unsigned char)p[i]) ||
			strchr("-._~", p[i]) != NULL)
			sbuf_addc(out, p[i]);
		else
			sbuf_printf(out, "%%%02X", (unsigned char)p[i]);
}

static void net_free(struct scep_net *n)
{
	timer_cancel(loop_timers(n->loop), &n->again);
	if (n->transfer != NULL)
		transfer_cancel(n->transfer);
	pkey_unref(n->key);
	pkey_unref(n->old_key);
	scep_ca_free(&n->ca);
	der_free(&n->old_cert);
	der_free(&n->csr);
	der_free(&n->signer);
	der_free(&n->about);
	free(n->url);
	free(n->ident);
	free(n->source);
	free(n->device);
	free(n);
}

void scep_net_cancel(struct scep_net *n)
{
	net_free(n);
}

uint64_t scep_net_next(const struct scep_net *n)
{
	return n->again.armed ? n->again.at_ms : 0;
}

static void finish(struct scep_net *n, int err, const char *why,
	const struct scep_reply *r)
{
	if (err == 0)
		DEBUG(n->debug, PKI_DONE, .text = want_text[n->want]);
	else
		DEBUG(n->debug, PKI_FAIL, .text = want_text[n->want],
			.more = why);
	switch (n->want) {
	case WANT_CA:
		n->ca_done(n->ctx, err, why, err == 0 ? &n->ca : NULL);
		break;
	case WANT_CERT:
		n->cert_done(n->ctx, err, why, r != NULL ? &r->cert : NULL, r);
		break;
	case WANT_CRL:
		n->crl_done(n->ctx, err, why, r != NULL ? &r->crls.v[0] : NULL);
		break;
	}
	net_free(n);
}

/* Not now: the network or the CA will perhaps do later. */
static void later(struct scep_net *n, int err, bool pending, const char *why)
{
	if (n->tries_left == 0) {
		finish(n, err, why, NULL);
		return;
	}
	n->tries_left--;
	DEBUG(n->debug, PKI_AGAIN, .text = why, .a = n->period_ms / 1000,
		.b = n->tries_left);
	if (n->wait != NULL)
		n->wait(n->ctx, pending, n->tries_left, why);
	timer_set(loop_timers(n->loop), &n->again, loop_now() + n->period_ms);
}

static void on_again(void *arg)
{
	ask(arg);
}

static void ca_answered(struct scep_net *n, struct span body)
{
	if (scep_ca_parse(body, &n->ca) < 0)
		finish(n, -EBADMSG, "the answer holds no CA certificate", NULL);
	else
		finish(n, 0, "", NULL);
}

static void message_answered(struct scep_net *n, struct span body)
{
	auto_scep_reply struct scep_reply r = { 0 };
	auto_sbuf struct sbuf why = { 0 };

	if (scep_reply_parse(&n->tx, body, &r, &why) < 0) {
		later(n, -EBADMSG, false, sbuf_str(&why));
		return;
	}
	DEBUG(n->debug, PKI_STATUS,
		.text = r.status == SCEP_PENDING   ? "PENDING"
			: r.status == SCEP_FAILURE ? "FAILURE"
						   : "SUCCESS",
		.more = r.fail, .a = (uint32_t)body.n);
	switch (r.status) {
	case SCEP_PENDING:
		n->polling = true;
		later(n, -ETIMEDOUT, true, "the request is still pending");
		return;
	case SCEP_FAILURE:
		finish(n, -EACCES, r.fail, NULL);
		return;
	case SCEP_SUCCESS:
		break;
	}
	if (n->want == WANT_CERT && r.cert.n == 0)
		finish(n, -EBADMSG,
			"the CA's answer has no certificate for "
			"the key",
			NULL);
	else if (n->want == WANT_CRL && r.crls.n == 0)
		finish(n, -EBADMSG, "the CA's answer has no CRL", NULL);
	else
		finish(n, 0, "", &r);
}

static void on_answer(
	void *ctx, int err, const char *why, const void *data, size_t len)
{
	struct scep_net *n = ctx;

	n->transfer = NULL;
	if (err < 0)
		later(n, err, false, *why != '\0' ? why : strerror(-err));
	else if (n->want == WANT_CA)
		ca_answered(n, SPAN(data, len));
	else
		message_answered(n, SPAN(data, len));
}

static void fetch(struct scep_net *n, const char *url, const struct der *post,
	size_t max, transfer_done_fn *done)
{
	struct transfer_opts o = { .url = url,
		.source = n->source,
		.device = n->device,
		.http_only = true,
		.max_secs = ANSWER_SECS,
		.max = max };

	if (post != NULL) {
		o.post_type = POST_TYPE;
		o.data = post->p;
		o.n = post->n;
	}
	n->transfer = transfer_start(n->loop, &o, done, n);
}

static void operation_url(
	const struct scep_net *n, const char *operation, struct sbuf *url)
{
	sbuf_printf(url, "%s%coperation=%s", n->url,
		strchr(n->url, '?') != NULL ? '&' : '?', operation);
}

static void ident_url(
	const struct scep_net *n, const char *operation, struct sbuf *url)
{
	operation_url(n, operation, url);
	if (n->ident == NULL)
		return;
	sbuf_adds(url, "&message=");
	add_escaped(url, n->ident, strlen(n->ident));
}

/* Without POST the message goes into the URL, in base64 on one line. */
static void get_url(
	const struct scep_net *n, const struct der *message, struct sbuf *url)
{
	auto_sbuf struct sbuf text = { 0 };

	operation_url(n, "PKIOperation", url);
	sbuf_adds(url, "&message=");
	base64_add(&text, der_span(message));
	for (size_t i = 0; i < text.n; i++)
		if (text.s[i] != '\n')
			add_escaped(url, text.s + i, 1);
}

static int make_message(struct scep_net *n, struct der *out)
{
	bool renew = n->old_key != NULL && n->tx.caps.renewal;

	if (renew) {
		n->tx.key = n->old_key;
		n->tx.signer = der_span(&n->old_cert);
		n->tx.wanted = n->key;
	}
	rng_bytes(n->tx.nonce, sizeof(n->tx.nonce));
	if (n->want == WANT_CRL)
		return scep_get_crl(&n->tx, der_span(&n->about), out);
	if (n->polling)
		return scep_poll(&n->tx, der_span(&n->csr), out);
	return (renew ? scep_renew : scep_enroll)(
		&n->tx, der_span(&n->csr), out);
}

static void ask(struct scep_net *n)
{
	auto_sbuf struct sbuf url = { 0 };
	auto_der struct der message = { 0 };

	DEBUG(n->debug, PKI_ASK,
		.text = n->want == WANT_CA ? "GetCACert" : "PKIOperation",
		.more = n->polling ? ", asking again" : "");
	if (n->want == WANT_CA) {
		ident_url(n, "GetCACert", &url);
		fetch(n, sbuf_str(&url), NULL, SCEP_BODY_MAX, on_answer);
		return;
	}
	if (make_message(n, &message) < 0) {
		finish(n, -EINVAL, "the request cannot be made", NULL);
		return;
	}
	if (n->tx.caps.post) {
		operation_url(n, "PKIOperation", &url);
		fetch(n, sbuf_str(&url), &message, SCEP_BODY_MAX, on_answer);
	} else {
		get_url(n, &message, &url);
		fetch(n, sbuf_str(&url), NULL, SCEP_BODY_MAX, on_answer);
	}
}

/* A CA that cannot say what it can is an old one. */
static void on_caps(
	void *ctx, int err, const char *why, const void *data, size_t len)
{
	struct scep_net *n = ctx;

	(void)why;
	n->transfer = NULL;
	DEBUG(n->debug, PKI_CAPS, .a = (uint32_t)len,
		.text = err == 0 ? "" : ", none told");
	if (err == 0)
		n->tx.caps = scep_caps_parse(SPAN(data, len));
	ask(n);
}

static char *dup_or_null(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static struct scep_net *net_new(struct loop *l, const struct scep_net_opts *o,
	enum want want, void *ctx)
{
	struct scep_net *n = xcalloc(1, sizeof(*n));

	n->loop = l;
	n->debug = o->debug;
	n->want = want;
	n->url = full_url(o->url);
	n->ident = dup_or_null(o->ca_ident);
	n->source = dup_or_null(o->source);
	n->device = dup_or_null(o->device);
	n->tries_left = o->retries;
	n->period_ms = o->period_ms;
	n->ctx = ctx;
	timer_init(&n->again, on_again, n);
	return n;
}

static void copy_ca(struct scep_ca *dst, const struct scep_ca *src)
{
	der_set(&dst->ca, src->ca.p, src->ca.n);
	der_set(&dst->encrypt, src->encrypt.p, src->encrypt.n);
	der_set(&dst->sign, src->sign.p, src->sign.n);
}

static void begin(struct scep_net *n, const struct scep_net_request *r)
{
	auto_sbuf struct sbuf url = { 0 };

	copy_ca(&n->ca, r->ca);
	n->key = pkey_ref(r->key);
	if (r->old_key != NULL) {
		n->old_key = pkey_ref(r->old_key);
		der_set(&n->old_cert, r->old_cert.p, r->old_cert.n);
	}
	n->polling = r->polling;
	der_set(&n->csr, r->csr.p, r->csr.n);
	der_set(&n->signer, r->signer.p, r->signer.n);
	n->tx = (struct scep_tx){
		.key = n->key, .signer = der_span(&n->signer), .ca = &n->ca
	};
	scep_id(n->want == WANT_CERT ? r->csr : der_span(&n->about), n->tx.id);
	ident_url(n, "GetCACaps", &url);
	fetch(n, sbuf_str(&url), NULL, CAPS_MAX, on_caps);
}

struct scep_net *scep_net_ca(struct loop *l, const struct scep_net_opts *o,
	scep_wait_fn *wait, scep_ca_fn *done, void *ctx)
{
	struct scep_net *n = net_new(l, o, WANT_CA, ctx);

	n->wait = wait;
	n->ca_done = done;
	ask(n);
	return n;
}

struct scep_net *scep_net_enroll(struct loop *l, const struct scep_net_opts *o,
	const struct scep_net_request *r, scep_wait_fn *wait,
	scep_cert_fn *done, void *ctx)
{
	struct scep_net *n = net_new(l, o, WANT_CERT, ctx);

	n->wait = wait;
	n->cert_done = done;
	begin(n, r);
	return n;
}

struct scep_net *scep_net_crl(struct loop *l, const struct scep_net_opts *o,
	const struct scep_net_request *r, struct span cert, scep_crl_fn *done,
	void *ctx)
{
	struct scep_net *n = net_new(l, o, WANT_CRL, ctx);

	n->crl_done = done;
	n->tries_left = 0;
	der_set(&n->about, cert.p, cert.n);
	begin(n, r);
	return n;
}
