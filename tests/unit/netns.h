/* A network namespace of a test's own. */
#ifndef TESTS_NETNS_H
#define TESTS_NETNS_H
#include <stdbool.h>

/* Moves the process into a fresh one with lo up. false: not permitted. */
bool netns_enter(void);
/* Runs a command line (ip link ...); fails the test when it fails. */
void netns_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
