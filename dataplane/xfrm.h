/* What the kernel's own ESP can do for a group. */
#ifndef DATAPLANE_XFRM_H
#define DATAPLANE_XFRM_H
#include "dataplane/ops.h"

/* Why it can not, for people to read; NULL when it can. */
const char *xfrm_refuses_group(const struct dp_group *g);
const char *xfrm_refuses_sa(const struct dp_sa *sa);
#endif
