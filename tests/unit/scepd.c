/* A certification authority for tests by hand and in scripts: `scepd ADDRESS`
 * offers SCEP, and its CRL as /ca.crl, over HTTP at a port that is printed. A
 * line `revoke NUMBER` on standard input revokes a certificate; it runs until
 * its standard input ends. */
#include "tests/unit/http_server.h"
#include "tests/unit/scep_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REVOKED_MAX 64

struct scepd {
	struct scep_server ca;
	pthread_mutex_t lock; /* of what follows */
	long revoked[REVOKED_MAX];
	size_t n_revoked;
};

static void operation(
	struct scepd *d, const struct http_request *q, struct http_answer *a)
{
	auto_der struct der out = { 0 };

	if (q->post && scep_server_answer(&d->ca, SPAN(q->body, q->n), &out))
		sbuf_add(&a->body, out.p, out.n);
	else
		a->status = 400;
}

static void on_http(
	void *ctx, const struct http_request *q, struct http_answer *a)
{
	struct scepd *d = ctx;

	if (strstr(q->path, "operation=GetCACaps") != NULL) {
		sbuf_adds(&a->body, "SCEPStandard\nRenewal\n");
	} else if (strstr(q->path, "operation=GetCACert") != NULL) {
		auto_der struct der ca = { 0 };

		scep_server_ca(&d->ca, &ca);
		sbuf_add(&a->body, ca.p, ca.n);
	} else if (strstr(q->path, "operation=PKIOperation") != NULL) {
		operation(d, q, a);
	} else if (strcmp(q->path, "/ca.crl") == 0) {
		auto_der struct der crl = { 0 };

		pthread_mutex_lock(&d->lock);
		scep_server_crl(&d->ca, d->revoked, d->n_revoked, &crl);
		pthread_mutex_unlock(&d->lock);
		sbuf_add(&a->body, crl.p, crl.n);
	} else {
		a->status = 404;
	}
}

int main(int argc, char **argv)
{
	struct scepd d = { .lock = PTHREAD_MUTEX_INITIALIZER };
	char line[64];
	long serial;

	scep_server_init(&d.ca, true);
	struct http_server *s = http_server_start(
		argc > 1 ? argv[1] : "127.0.0.1", on_http, &d);
	printf("%u\n", http_server_port(s));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		pthread_mutex_lock(&d.lock);
		if (sscanf(line, "revoke %ld", &serial) == 1 &&
			d.n_revoked < REVOKED_MAX)
			d.revoked[d.n_revoked++] = serial;
		pthread_mutex_unlock(&d.lock);
	}
	http_server_stop(s);
	scep_server_fini(&d.ca);
	return 0;
}
