/* Network namespaces for tests; links are made with iproute2. */
#include "tests/unit/netns.h"
#include "tests/unit/test.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

bool netns_enter(void)
{
	return unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
}

void netns_run(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd) != 0)
		fail_msg("%s", cmd);
}
