/* A certification authority for tests by hand and in scripts: `scepd ADDRESS`
 * offers SCEP, and its CRL as /ca.crl, over HTTP at a port that is printed.  It
 * obeys lines on standard input, until that ends:
 *
 *	revoke NUMBER	of a certificate
 *	lifetime SECS	of the certificates to come
 *	pending, grant	what requests are told
 *	renewal, plain	whether it has learnt RenewalReq
 *
 * and tells on standard error of each message's type (RFC 8894 3.2.1.2). */
#include "tests/unit/http_server.h"
#include "tests/unit/scep_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scepd {
	struct scep_server ca;
	pthread_mutex_t lock; /* of what follows */
	bool plain;
};

static void operation(
	struct scepd *d, const struct http_request *q, struct http_answer *a)
{
	auto_der struct der out = { 0 };

	if (!q->post ||
		!scep_server_answer(&d->ca, SPAN(q->body, q->n), &out)) {
		a->status = 400;
		return;
	}
	sbuf_add(&a->body, out.p, out.n);
	fprintf(stderr, "message %s\n", d->ca.type);
}

static void answer(
	struct scepd *d, const struct http_request *q, struct http_answer *a)
{
	if (strstr(q->path, "operation=GetCACaps") != NULL) {
		sbuf_adds(&a->body, d->plain ? "SCEPStandard\n"
					     : "SCEPStandard\nRenewal\n");
	} else if (strstr(q->path, "operation=GetCACert") != NULL) {
		auto_der struct der ca = { 0 };

		scep_server_ca(&d->ca, &ca);
		sbuf_add(&a->body, ca.p, ca.n);
	} else if (strstr(q->path, "operation=PKIOperation") != NULL) {
		operation(d, q, a);
	} else if (strcmp(q->path, "/ca.crl") == 0) {
		auto_der struct der crl = { 0 };

		scep_server_crl(&d->ca, d->ca.revoked, d->ca.n_revoked, &crl);
		sbuf_add(&a->body, crl.p, crl.n);
	} else {
		a->status = 404;
	}
}

static void on_http(
	void *ctx, const struct http_request *q, struct http_answer *a)
{
	struct scepd *d = ctx;

	pthread_mutex_lock(&d->lock);
	answer(d, q, a);
	pthread_mutex_unlock(&d->lock);
}

static void obey(struct scepd *d, const char *line)
{
	long n;

	if (sscanf(line, "revoke %ld", &n) == 1 &&
		d->ca.n_revoked < ARRAY_LEN(d->ca.revoked))
		d->ca.revoked[d->ca.n_revoked++] = n;
	else if (sscanf(line, "lifetime %ld", &n) == 1)
		d->ca.life = n;
	else if (strcmp(line, "pending\n") == 0)
		d->ca.status = SCEP_PENDING;
	else if (strcmp(line, "grant\n") == 0)
		d->ca.status = SCEP_SUCCESS;
	else if (strcmp(line, "plain\n") == 0)
		d->plain = true;
	else if (strcmp(line, "renewal\n") == 0)
		d->plain = false;
}

int main(int argc, char **argv)
{
	struct scepd d = { .lock = PTHREAD_MUTEX_INITIALIZER };
	char line[64];

	scep_server_init(&d.ca, true);
	struct http_server *s = http_server_start(
		argc > 1 ? argv[1] : "127.0.0.1", on_http, &d);
	printf("%u\n", http_server_port(s));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		pthread_mutex_lock(&d.lock);
		obey(&d, line);
		pthread_mutex_unlock(&d.lock);
	}
	http_server_stop(s);
	scep_server_fini(&d.ca);
	return 0;
}
