/* The null backend records calls, for unit tests and the simulator. */
#ifndef DATAPLANE_NULL_H
#define DATAPLANE_NULL_H
#include "dataplane/ops.h"

/* What a test may ask of a null instance. */
bool dp_null_has_sa(const struct dp *dp, uint32_t group, uint32_t spi);
uint32_t dp_null_sending_spi(const struct dp *dp, uint32_t group); /* 0: none */
const struct dp_sa *dp_null_sa(const struct dp *dp, uint32_t group, uint32_t spi);
const struct acl *dp_null_policy(const struct dp *dp, uint32_t group);
size_t dp_null_calls(const struct dp *dp);
/* The clock that groups' times run by, in ms; else CLOCK_MONOTONIC. */
void dp_null_clock(struct dp *dp, uint64_t (*now)(void *ctx), void *ctx);
/* To raise an event as the kernel would. */
const struct dp_events *dp_null_events(const struct dp *dp);
#endif
