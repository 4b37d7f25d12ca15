/* A web server for tests on some port of an address, in a thread of its own.
 * One connection at a time, one request each. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H
#include "base/mem.h"
#include "base/sbuf.h"

struct http_request {
	bool post;
	char path[8192];     /* with what follows `?` */
	const uint8_t *body; /* of a POST */
	size_t n;
};
struct http_answer {
	int status; /* 200; 302 with location; 0: say nothing */
	char location[256];
	struct sbuf body;
};
typedef void http_fn(
	void *ctx, const struct http_request *q, struct http_answer *a);
struct http_server;
struct http_server *http_server_start(const char *addr, http_fn *fn, void *ctx);
void http_server_stop(struct http_server *s);
unsigned http_server_port(const struct http_server *s);
#endif
