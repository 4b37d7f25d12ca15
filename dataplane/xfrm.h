/* What the kernel's own ESP can do for a group. */
#ifndef DATAPLANE_XFRM_H
#define DATAPLANE_XFRM_H
#include "dataplane/ops.h"
#include <stdio.h>

/* Why it can not, for people to read; NULL when it can. */
const char *xfrm_refuses_group(const struct dp_group *g);
const char *xfrm_refuses_sa(const struct dp_sa *sa);

/* Why the kernel has dropped packets in IPsec, of all programs' SAs in this
 * network namespace: "InNoStates" and so on, as /proc/net/xfrm_stat has them
 * behind "Xfrm". */
#define XFRM_ERRORS_MAX 40
struct xfrm_error {
	char name[32];
	uint64_t count;
};
/* Those that are not 0; fills at most n and gives their number. */
size_t xfrm_errors(struct xfrm_error *v, size_t n);
size_t xfrm_errors_read(FILE *f, struct xfrm_error *v, size_t n);
#endif
