/* What ping and traceroute have in common: target, source, VRF. */
#ifndef CLI_EXEC_NET_H
#define CLI_EXEC_NET_H
#include "cli/cfg.h"
#include "cli/host.h"

/* A command that waits for the address of its target.  Embedded; the owner
 * frees it in its break function after net_target_cancel. */
struct net_target {
	struct router *router;
	struct session *session;
	char host[256];
	uint8_t family; /* 4, 6; 0: whatever the name has */
	struct ip_addr addr;
	struct resolve *query;
	/* Called with addr; takes the owner, returns as an exec function. */
	int (*go)(void *ctx);
	void (*drop)(void *ctx); /* frees the owner: there is no address */
	void *ctx;
};
int net_target_find(struct net_target *t);
void net_target_cancel(struct net_target *t);

/* Address to send from: an address as it is, or the interface's of that family;
 * *dev: its device, which a link-local target needs. */
struct net_source {
	struct ip_addr addr;
	char ifname[64];
};
bool net_source_read(const char *text, struct net_source *out);
/* false, after a `%` line in *out: there is no such address. */
bool net_source_find(struct router *r, const struct net_source *s,
	const struct ip_addr *dst, struct ip_addr *addr, char dev[IFNAMSIZ],
	struct sbuf *out);
/* Device of a VRF (NULL: global). false, after a `%` line: there is no VRF of
 * that name. */
bool net_vrf_find(struct router *r, const char *vrf, char dev[IFNAMSIZ],
	struct sbuf *out);

void net_say(struct session *s, const char *text);
void net_say_buf(struct session *s, const struct sbuf *text);
bool net_is_yes(const char *answer);
/* An empty answer keeps *out. */
bool net_number_read(
	const char *text, unsigned lo, unsigned hi, unsigned *out);
#endif
