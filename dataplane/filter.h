/* Access lists on interfaces (ios-cli.md 7: ip access-group, ipv6
 * traffic-filter) as nf_tables chains.
 *
 * As on IOS: a list ends with an implicit deny (IPv6: after the permits of
 * neighbour discovery), a list without entries permits everything, a fragment
 * without ports is judged as acl_judge says.  An inbound list sees all that
 * arrives, also what is for this box, before decryption; what was decrypted is
 * not checked again.  An outbound list sees what is forwarded, before
 * encryption, and nothing that this box sends itself. */
#ifndef DATAPLANE_FILTER_H
#define DATAPLANE_FILTER_H
#include "base/sbuf.h"
#include "dataplane/selector.h"
#include <net/if.h>

struct loop;
struct filters;

struct filter_bind {
	char netdev[IFNAMSIZ];
	bool out;
	bool quiet;            /* no ICMP unreachables for what is denied */
	const struct acl *acl; /* lent for the call */
};

/* A packet that an entry with `log` saw; all lent for the call. */
struct filter_hit {
	const struct acl *acl;
	const struct ace *ace;
	const uint8_t *p; /* from the IP header on, may be cut */
	size_t n;
	int iif;
	const uint8_t *mac; /* of the sender, or NULL */
};
typedef void filter_log_fn(void *ctx, const struct filter_hit *hit);

/* Takes back what a crashed run left.  NULL and *why when the kernel lacks
 * nf_tables.  loop NULL: nothing is reported. */
struct filters *filters_open(
	struct loop *loop, filter_log_fn *log, void *ctx, struct sbuf *why);
void filters_close(struct filters *f); /* removes the tables; NULL is fine */

/* Makes these the filters there are, in one transaction: either all of it is
 * in force, or what was before.  Lists that did not change are left alone.  0
 * or -errno. */
int filters_set(struct filters *f, const struct filter_bind *v, size_t n);

/* Puts the filters back if another program removed our tables.  0: they were
 * there; 1: they are back; -errno. */
int filters_verify(struct filters *f);

/* Packets per entry of a list that is bound, ascending by number (entries of
 * one number together); the caller frees. */
struct ace_hits {
	uint32_t seq;
	uint64_t packets;
};
size_t filters_hits(struct filters *f, const char *list, bool ip6,
	struct ace_hits **out);
/* Counts from zero again; NULL: all lists of the family. */
void filters_clear(struct filters *f, const char *list, bool ip6);
#endif
