/* Names to addresses, off the loop: by the name servers of the configuration,
 * or, when there are none, as the system resolves names. */
#ifndef ROUTER_RESOLVE_H
#define ROUTER_RESOLVE_H
#include "base/ip.h"
#include "base/loop.h"

#define RESOLVE_SERVERS_MAX 3

struct resolve_opts {
	struct ip_addr server[RESOLVE_SERVERS_MAX]; /* IPv4 */
	size_t n_servers;
	const char *domain; /* appended to names without a dot; NULL none */
	uint8_t family;     /* 4, 6, or 0: IPv4 before IPv6 */
};
/* addr NULL: the name is unknown, or no server answered. */
typedef void resolve_done_fn(void *ctx, const struct ip_addr *addr);
struct resolve;
struct resolve *resolve_start(struct loop *l, const char *name,
	const struct resolve_opts *o, resolve_done_fn *done, void *ctx);
/* done is not called any more. */
void resolve_cancel(struct resolve *q);

/* First address of that DNS type (1 A, 28 AAAA) in an answer (RFC 1035 4).
 * Total: any bytes give an address or false. */
bool resolve_answer(
	const uint8_t *msg, size_t n, uint16_t type, struct ip_addr *out);
#endif
