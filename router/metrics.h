/* The Prometheus text endpoint: GET /metrics over HTTP on a Unix socket or a
 * loopback port.  What is told is the owner's to write. */
#ifndef ROUTER_METRICS_H
#define ROUTER_METRICS_H
#include "base/loop.h"
#include "base/sbuf.h"

/* Appends the exposition text. */
typedef void metrics_fill_fn(void *ctx, struct sbuf *out);

struct metrics;
/* Where: a Unix socket's path, mode 0660, or else (NULL) a port on 127.0.0.1.
 * A socket that a former run left there is replaced.  NULL and *why when it
 * cannot be. */
struct metrics *metrics_start(struct loop *l, const char *path, uint16_t port,
	metrics_fill_fn *fill, void *ctx, struct sbuf *why);
void metrics_stop(struct metrics *m); /* its socket goes; NULL is fine */
#endif
