/* The cast of the layout document as snapshots, and the comparison of texts. */
#ifndef TESTS_ORBIT_H
#define TESTS_ORBIT_H
#include "cli/show.h"

struct ip_addr orbit_ip(const char *text);
/* A registered member and the key server of group ORBIT; static storage. */
const struct gm_snapshot *orbit_gm(void);
const struct ks_snapshot *orbit_ks(void);
/* Equal but for blanks and line ends at the very end. */
void assert_layout(const char *got, const char *want);
#endif
