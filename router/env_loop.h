/* The world of the engines (gdoi/env.h) made of the real clock, the loop's
 * timers, the UDP 848 socket, the key store and the log. */
#ifndef ROUTER_ENV_LOOP_H
#define ROUTER_ENV_LOOP_H
#include "base/log.h"
#include "base/loop.h"
#include "crypto/keystore.h"
#include "dataplane/iface.h"
#include "gdoi/env.h"
#include "router/udp848.h"

struct env_loop {
	struct env env; /* its ctx is this structure; stays where it is */
	struct log *log;
	struct keystore *keys;
	struct iface_mirror *ifaces;
	void *owner;        /* for hooks that the owner puts into env */
	struct udp848 *udp; /* NULL while ISAKMP is off: datagrams are lost */
	struct udp848 *udp500; /* NULL: not wanted, or ISAKMP is off */
};
/* All lent and outliving e. The owner sets udp, env.dp_ops and env.dp. */
void env_loop_init(struct env_loop *e, struct loop *loop, struct log *log,
	struct keystore *keys, struct iface_mirror *ifaces);
#endif
