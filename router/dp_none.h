/* The dataplane of a box whose kernel gives none: refuses every group, so that
 * members stay unregistered and say why, while a key server works. */
#ifndef ROUTER_DP_NONE_H
#define ROUTER_DP_NONE_H
#include "dataplane/ops.h"

extern const struct dataplane_ops dataplane_none; /* its dp is NULL */
#endif
