/* The interfaces whose inbound access list must see what arrives before it is
 * decrypted.  The filters tell, the user backend asks: it leaves to the kernel
 * there what it would take before any rule.  Of the process, on its loop. */
#ifndef DATAPLANE_INBOUND_H
#define DATAPLANE_INBOUND_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

struct inbound_name {
	char netdev[IFNAMSIZ];
};
/* These, and no others.  Whoever asks has changed his ways on return. */
void inbound_set(const struct inbound_name *v, size_t n);
bool inbound_listed(const char *netdev);
/* The one to be told of changes; NULL: none. */
void inbound_watch(void (*changed)(void *ctx), void *ctx);
#endif
