/* Names of hosts: the `ip host` table and the name servers (ios-cli.md 5). */
#ifndef CLI_HOST_H
#define CLI_HOST_H
#include "cli/commands.h"
#include "router/resolve.h"

enum host_result {
	HOST_FOUND,   /* *out is the address */
	HOST_ASK,     /* host_query may find it */
	HOST_UNKNOWN, /* and nobody can be asked */
};
/* An address, or a name of the table (family 0: any, else 4 or 6). */
enum host_result host_lookup(const struct router *r, const char *text,
	uint8_t family, struct ip_addr *out);
/* Asks the name servers. *servers gets their text for "Translating ...". */
struct resolve *host_query(const struct router *r, const char *name,
	uint8_t family, resolve_done_fn *done, void *ctx, struct sbuf *servers);
/* Name of an address in the table, or NULL. Lent. */
const char *host_name(const struct router *r, const struct ip_addr *addr);
#endif
