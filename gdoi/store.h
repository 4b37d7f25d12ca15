/* What a key server must not forget (design.md 6): a small interface; memory
 * for simulation, SQLite in the daemon (router/store_sqlite). */
#ifndef GDOI_STORE_H
#define GDOI_STORE_H
#include "base/mem.h"
#include "base/sbuf.h"

/* Keyed records in named tables; values are opaque bytes that ks.c encodes.
 * What a call that returned 0 wrote is durable before any datagram given to
 * env->send after it leaves the box (the sequence number is on disk before the
 * message that carries it): the store writes at once, or, grouping writes,
 * together with whoever sends.  Transactions group several. */
struct store {
	void *ctx;
	int (*put)(void *ctx, const char *table, const char *key, struct span v);
	int (*del)(void *ctx, const char *table, const char *key);
	/* Ordered by key; a handler must not write. */
	int (*each)(void *ctx, const char *table,
		void (*fn)(void *arg, const char *key, struct span v), void *arg);
	int (*begin)(void *ctx);
	int (*commit)(void *ctx);
};
struct store *store_mem_new(void); /* survives its engine: a simulated disk */
void store_mem_free(struct store *s);
#endif
