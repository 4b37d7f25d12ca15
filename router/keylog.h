/* Keys in clear for tests and captures: only when the environment variable
 * GETVPN_KEYLOG names a file at start. */
#ifndef ROUTER_KEYLOG_H
#define ROUTER_KEYLOG_H
#include "base/log.h"
#include "dataplane/ops.h"
#include "gdoi/env.h"

#define KEYLOG_ENV "GETVPN_KEYLOG"

struct keylog;
/* Lines are appended to path, mode 0600:
 *   0xSPI ENC AUTH SUITE   a TEK that the dataplane got (hex, "-" when empty)
 *   ikev1 COOKIE KEY       phase 1: initiator's cookie, cipher key
 *   kek SPI KEY            a KEK: both cookies, cipher key
 * NULL and *why when the file cannot be written. */
struct keylog *keylog_open(const char *path, struct sbuf *why);
void keylog_close(struct keylog *l);
void keylog_line(
	struct keylog *l, enum env_key kind, struct span name, struct span key);
/* A dataplane in front of another.  dp and l stay the caller's until
 * keylog_ops.close, which closes dp too. */
struct dp *keylog_wrap(
	struct keylog *l, const struct dataplane_ops *ops, struct dp *dp);
extern const struct dataplane_ops keylog_ops; /* open is NULL */
#endif
