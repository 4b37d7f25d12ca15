/* Packets that nf_tables rules report through nfnetlink_log. */
#ifndef DATAPLANE_NFLOG_H
#define DATAPLANE_NFLOG_H
#include "dataplane/nl.h"

struct nflog_packet {
	const char *prefix; /* of the rule */
	const uint8_t *p;   /* from the network header on, cut to snap bytes */
	size_t n;
	int iif;            /* 0: our own */
	const uint8_t *mac; /* six bytes of the sender, or NULL */
};
/* Binds the group, which nobody else may have.  0 or -errno. */
int nflog_open(struct nl *n, uint16_t group, uint32_t snap);
/* Calls fn for each report that waits; what it gets is lent for the call. */
typedef void nflog_fn(void *ctx, const struct nflog_packet *k);
void nflog_read(struct nl *n, nflog_fn *fn, void *ctx);
#endif
