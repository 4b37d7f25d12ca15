/* TEKs in clear for tests and captures: a dataplane in front of another that
 * writes each key it is given to a file.  Only when the environment variable
 * GETVPN_KEYLOG names one at start; the engines know nothing of it. */
#ifndef ROUTER_KEYLOG_H
#define ROUTER_KEYLOG_H
#include "base/log.h"
#include "dataplane/ops.h"

#define KEYLOG_ENV "GETVPN_KEYLOG"

/* Lines `0xSPI ENC AUTH SUITE` (hex, "-" when empty, suite as configured) are
 * appended to path, mode 0600.  dp stays the caller's until keylog_ops.close,
 * which closes it too.  NULL and *why when the file cannot be written. */
struct dp *keylog_wrap(const struct dataplane_ops *ops, struct dp *dp,
	const char *path, struct sbuf *why);
extern const struct dataplane_ops keylog_ops; /* open is NULL */
#endif
