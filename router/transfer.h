/* One whole file over the network, on the work pool: http, https, ftp, tftp,
 * scp, sftp.  libcurl is included only in transfer.c. */
#ifndef ROUTER_TRANSFER_H
#define ROUTER_TRANSFER_H
#include "base/loop.h"
#include <stdbool.h>
#include <stddef.h>

struct transfer_opts {
	const char *url;
	const char *user, *password; /* NULL: none */
	/* Host keys of ssh servers: a new one is added, another one than the
	 * known one refuses.  NULL: no ssh. */
	const char *known_hosts;
	const void *data;            /* what is sent; NULL: fetch */
	size_t n;
	size_t max;                  /* of what is fetched */
	/* http and https only, redirects included.  With a content type `data`
	 * is posted and the answer fetched. */
	bool http_only;
	const char *post_type;
	unsigned max_secs;           /* for all of it; 0: while it moves */
	const char *source;          /* netdev or address; NULL: any */
	const char *device; /* of a VRF, whose routes count; NULL: none */
};
/* err: 0 or -errno; why: what the library says; data is lent. */
typedef void transfer_done_fn(void *ctx, int err, const char *why,
	const void *data, size_t n);
struct transfer;
/* Copies the options.  The callback comes once, on the loop. */
struct transfer *transfer_start(struct loop *l, const struct transfer_opts *o,
	transfer_done_fn *done, void *ctx);
void transfer_cancel(struct transfer *t); /* no callback any more */
#endif
