/* Timers ordered on an injected clock (monotonic milliseconds).  The same set
 * runs in the daemon, where loop.c follows its head, and in the simulator,
 * where the world advances a virtual clock.  Equal times fire in the order in
 * which they were set, so that a seed replays. */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H
#include "base/list.h"
#include <stdbool.h>
#include <stdint.h>

struct timers;
typedef void timer_fn(void *arg);

/* Embedded in its user; init with timer_init before anything else. */
struct timer {
	RB_ENTRY(timer) node;
	uint64_t at_ms, seq;
	bool armed;
	timer_fn *fn;
	void *arg;
};

struct timers *timers_new(void);
void timers_free(struct timers *ts); /* cancels all that are armed */
/* Called whenever the head changed; the loop re-arms itself there. */
void timers_on_head(struct timers *ts, void (*fn)(void *ctx), void *ctx);

void timer_init(struct timer *t, timer_fn *fn, void *arg);
void timer_set(struct timers *ts, struct timer *t, uint64_t at_ms); /* re-arms */
void timer_cancel(struct timers *ts, struct timer *t); /* unarmed: no effect */
bool timers_next(const struct timers *ts, uint64_t *at_ms); /* false: none */
/* Fires, in order, all that are due at now_ms; a handler may set and cancel. */
void timers_run(struct timers *ts, uint64_t now_ms);
#endif
