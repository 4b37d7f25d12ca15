/* Tells when another program changes or removes what is ours in the kernel:
 * rules of nf_tables, policy rules, routes. */
#ifndef DATAPLANE_WATCH_H
#define DATAPLANE_WATCH_H
#include "dataplane/nl.h"

struct loop;
struct watch;
/* From the loop, at once but at most every WATCH_PAUSE_MS.  missed: the kernel
 * had to drop messages, so there may have been such a change. */
typedef void watch_fn(void *ctx, bool missed);
#define WATCH_PAUSE_MS 100

/* Any change to that table that does not come from the socket `own`, which
 * outlives the watch.  NULL: the kernel does not tell. */
struct watch *watch_table(struct loop *loop, const struct nl *own,
	uint8_t family, const char *table, watch_fn *fn, void *ctx);
/* A policy rule or route with a table of ours (objects.h) is deleted. */
struct watch *watch_routes(
	struct loop *loop, const struct nl *own, watch_fn *fn, void *ctx);
void watch_free(struct watch *w);
#endif
