/* What the kernel has dropped in IPsec, by reason.  It counts for the whole
 * network namespace, whoever's SA it was: what is a group's alone is counted by
 * its SAs and rules. */
#include "dataplane/xfrm.h"
#include <inttypes.h>
#include <stdio.h>

#define STAT_FILE "/proc/net/xfrm_stat"

/* As many as fit; lines that are no "Name number" are skipped. */
size_t xfrm_errors_read(FILE *f, struct xfrm_error *v, size_t n)
{
	struct xfrm_error one;
	char line[128];
	size_t at = 0;

	while (at < n && fgets(line, sizeof(line), f))
		if (sscanf(line, "Xfrm%31s %" SCNu64, one.name, &one.count) ==
				2 &&
			one.count > 0)
			v[at++] = one;
	return at;
}

size_t xfrm_errors(struct xfrm_error *v, size_t n)
{
	FILE *f = fopen(STAT_FILE, "re");
	size_t got = f ? xfrm_errors_read(f, v, n) : 0;

	if (f)
		fclose(f);
	return got;
}
