/* Text of the metrics endpoint (router/metrics.h). */
#ifndef CLI_METRICS_TEXT_H
#define CLI_METRICS_TEXT_H
#include "base/sbuf.h"
#include "gdoi/gdoi.h"
#include "router/box.h"

/* Appends all families; b has its engines. */
void metrics_text(struct box *b, struct sbuf *out);
#endif
