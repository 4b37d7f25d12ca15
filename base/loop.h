/* The event loop: descriptors, signals, timers, work off the loop.  libuv is
 * included only in loop.c. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H
#include "base/timer.h"
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_fd;
#define LOOP_READ  1
#define LOOP_WRITE 2

struct loop *loop_new(void);
/* Closes handles (fds stay the caller's), cancels timers, drops what is
 * deferred, waits for work in flight. */
void loop_free(struct loop *l);
void loop_run(struct loop *l);  /* until loop_stop */
void loop_run_once(struct loop *l, int timeout_ms); /* for tests; -1 waits */
void loop_stop(struct loop *l);
uint64_t loop_now(void); /* CLOCK_MONOTONIC, ms; the engines' now() */
struct timers *loop_timers(struct loop *l);

/* Sets fd non-blocking.  NULL: the kernel cannot poll it (a regular file). An
 * error pending on the socket is given as the events that were asked for. */
typedef void loop_fd_fn(void *arg, int events);
struct loop_fd *loop_fd_add(
	struct loop *l, int fd, int events, loop_fd_fn *fn, void *arg);
void loop_fd_events(struct loop_fd *f, int events);
void loop_fd_del(struct loop_fd *f); /* safe inside its own callback */

void loop_signal(struct loop *l, int signo, void (*fn)(void *arg, int signo),
	void *arg);
/* Runs once after the current callbacks, before the loop sleeps. */
void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg);
/* work runs on a pool thread, done on the loop. */
void loop_work(struct loop *l, void (*work)(void *arg),
	void (*done)(void *arg), void *arg);
#endif
