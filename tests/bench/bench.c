/* Clocks and memory of processes. */
#include "tests/bench/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double us(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) != 0) {
		perror("clock_gettime");
		exit(1);
	}
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

double cpu_us(void)
{
	return us(CLOCK_PROCESS_CPUTIME_ID);
}

double cpu_us_of(int pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0) {
		fprintf(stderr, "no process %d\n", pid);
		exit(1);
	}
	return us(clock);
}

double wall_us(void)
{
	return us(CLOCK_MONOTONIC);
}

long rss_kib_of(int pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib;
}
