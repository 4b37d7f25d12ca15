/* What must not pass in clear, kept in the kernel by a table of its own that
 * outlives this process, whichever backend encrypts:
 *
 *   closed  an interface under fail-close: only what its list denies passes,
 *           in both directions (ios-cli.md 15.6)
 *   held    the policy of a group that the dataplane has: asleep while this
 *           process runs, for the dataplane enforces it; in force from the
 *           moment another run opens the table until that one releases it
 *
 * Key exchange of this box passes always, and what keeps a link usable. */
#ifndef DATAPLANE_GUARD_H
#define DATAPLANE_GUARD_H
#include "dataplane/ops.h"

struct guard;
struct loop;
/* Puts what an earlier run left into force, before anything else is touched.
 * NULL and *why: the kernel lacks nf_tables. */
struct guard *guard_open(struct sbuf *why);
/* keep: what is closed stays closed without us; the rest goes. */
void guard_free(struct guard *g, bool keep);

struct guard_closed {
	char netdev[IFNAMSIZ];
	bool ip6; /* of its IPv6 traffic, else IPv4 */
	const struct acl *acl; /* deny: passes in clear; NULL: nothing does */
};
/* Makes these the interfaces that this run closes, in one transaction. 0 or
 * -errno: what was in force still is. */
int guard_close_set(struct guard *g, const struct guard_closed *v, size_t n);

/* To be told before the dataplane gets a group's policy, and after it has lost
 * it. 0 or -errno. */
int guard_hold(struct guard *g, const struct dp_group *d);
void guard_unhold(struct guard *g, uint32_t group);

/* What an earlier run left. */
struct guard_left {
	char netdev[IFNAMSIZ];
	bool ip6;
	bool closed;    /* else held, of the crypto map entry: */
	uint16_t order;
};
bool guard_left_at(const struct guard *g, size_t i, struct guard_left *out);
/* Lets go of all that `done` says true of, in one transaction. */
typedef bool guard_done_fn(void *ctx, const struct guard_left *l);
int guard_left_drop(struct guard *g, guard_done_fn *done, void *ctx);

/* Packets that closed interfaces have dropped, by netdev. */
uint64_t guard_drops(struct guard *g, const char *netdev, bool ip6);
/* From now on what another program does to the table is undone at once, where
 * the kernel lets it do so at all; fn is told: 0, or -errno why it is not. */
void guard_watch(struct guard *g, struct loop *loop,
	void (*fn)(void *ctx, int rc), void *ctx);
#endif
