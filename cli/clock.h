/* Local time by the configuration. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H
#include "cli/commands.h"

void types_clock_register(struct grammar *g);
/* Makes localtime_r give the time of `clock timezone` and `summer-time`; UTC
 * without them.  By the environment, which only this changes. */
void clock_zone_apply(const struct router *r);
#endif
