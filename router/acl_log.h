/* What access list entries with `log` saw, as IOS tells it: a flow's first
 * packet at once, then how many more there were, every five minutes or after a
 * number of packets (ip access-list log-update threshold). */
#ifndef ROUTER_ACL_LOG_H
#define ROUTER_ACL_LOG_H
#include "base/log.h"
#include "dataplane/filter.h"

#define ACL_LOG_PERIOD_MS (5 * 60 * 1000)
#define ACL_LOG_FLOWS     1024 /* remembered; those beyond are only counted */

struct acl_log;
struct acl_log *acl_log_new(struct log *log);
void acl_log_free(struct acl_log *l);
void acl_log_threshold(struct acl_log *l, uint32_t packets); /* 0: none */
/* ifname: where it came in, for log-input; "" unknown.  true: the first flow
 * since none was remembered; acl_log_report is due in ACL_LOG_PERIOD_MS. */
bool acl_log_packet(
	struct acl_log *l, const struct filter_hit *hit, const char *ifname);
/* Tells what was not told yet and forgets the flows that were quiet.  true:
 * flows are left, to be reported after another period. */
bool acl_log_report(struct acl_log *l);
#endif
