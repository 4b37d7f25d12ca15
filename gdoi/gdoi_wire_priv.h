/* Shared by the writers of the SA payload and of our extensions to it. */
#ifndef GDOI_GDOI_WIRE_PRIV_H
#define GDOI_GDOI_WIRE_PRIV_H
#include "gdoi/gdoi_wire.h"

#define SAT_PROTO_ESP  1
#define SAT_PROTO_OURS 246 /* private range; others skip it (RFC 6407 5.5) */

/* The chain of payloads nested in an SA payload. */
struct nested {
	size_t next_at, start;
};
void gdoi_nested_begin(struct isakmp_wr *m, struct nested *n, uint8_t type);
void gdoi_nested_end(struct isakmp_wr *m, const struct nested *n);

/* Our SATs: r stands after the protocol id. */
enum wire_err gdoi_ext_read(struct rd r, struct gdoi_sa *out);
void gdoi_ext_put(
	struct isakmp_wr *m, struct nested *n, const struct gdoi_sa *sa);
#endif
