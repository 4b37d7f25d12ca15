/* A phase-1 message changed on its way, as a peer could have written it: what
 * is encrypted is opened and closed with the receiver's keys. */
#ifndef TESTS_REWRITE_H
#define TESTS_REWRITE_H
#include "gdoi/isakmp.h"
#include "tests/unit/ike_world.h"

struct rewrite {
	unsigned victim; /* which datagram, from 1 */
	unsigned seen;
	/* Called for each payload, and with NULL at the end. */
	void (*edit)(void *arg, const struct payload *p, struct isakmp_wr *m);
	void *arg;
};
/* For struct world.pass, with what arg points to. */
bool pass_rewritten(struct world *w, struct packet *p);
/* The payload as it was. */
void rewrite_keep(const struct payload *p, struct isakmp_wr *m);
#endif
