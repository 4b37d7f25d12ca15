/* A certification authority for tests by hand and in scripts: SCEP over HTTP on
 * a port of the loopback address, which is printed.  With a number as argument
 * it answers PENDING so often before it grants.  Runs until its standard input
 * ends. */
#include "tests/unit/http_server.h"
#include "tests/unit/scep_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scepd {
	struct scep_server ca;
	unsigned pending;
};

static void operation(
	struct scepd *d, const struct http_request *q, struct http_answer *a)
{
	auto_der struct der out = { 0 };

	if (d->pending > 0)
		d->pending--, d->ca.status = SCEP_PENDING;
	else
		d->ca.status = SCEP_SUCCESS;
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
	} else {
		a->status = 404;
	}
}

int main(int argc, char **argv)
{
	struct scepd d = { .pending =
				   argc > 1 ? (unsigned)atoi(argv[1]) : 0 };
	char c;

	scep_server_init(&d.ca, true);
	struct http_server *s = http_server_start(on_http, &d);
	printf("%u\n", http_server_port(s));
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		continue;
	http_server_stop(s);
	scep_server_fini(&d.ca);
	return 0;
}
