/* Timers in a red-black tree keyed by (time, order of setting). */
#include "base/timer.h"

#include "base/mem.h"

#include <stdlib.h>

RB_HEAD(timer_tree, timer);

struct timers {
	struct timer_tree tree;
	uint64_t next_seq;
	void (*on_head)(void *ctx);
	void *on_head_ctx;
	bool running; /* the head is reported once, when timers_run ends */
};

static int timer_cmp(const struct timer *a, const struct timer *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return 0;
}

RB_GENERATE_STATIC(timer_tree, timer, node, timer_cmp)

struct timers *timers_new(void)
{
	struct timers *ts = xcalloc(1, sizeof(*ts));

	RB_INIT(&ts->tree);
	return ts;
}

void timers_free(struct timers *ts)
{
	struct timer *t;

	if (ts == NULL)
		return;
	while ((t = RB_MIN(timer_tree, &ts->tree)) != NULL) {
		RB_REMOVE(timer_tree, &ts->tree, t);
		t->armed = false;
	}
	free(ts);
}

void timers_on_head(struct timers *ts, void (*fn)(void *ctx), void *ctx)
{
	ts->on_head = fn;
	ts->on_head_ctx = ctx;
}

static void head_changed(struct timers *ts)
{
	if (ts->on_head != NULL && !ts->running)
		ts->on_head(ts->on_head_ctx);
}

void timer_init(struct timer *t, timer_fn *fn, void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

void timer_set(struct timers *ts, struct timer *t, uint64_t at_ms)
{
	struct timer *head = RB_MIN(timer_tree, &ts->tree);

	if (t->armed)
		RB_REMOVE(timer_tree, &ts->tree, t);
	t->at_ms = at_ms;
	t->seq = ts->next_seq++;
	t->armed = true;
	RB_INSERT(timer_tree, &ts->tree, t);
	/* t was the head (its time changed), or is it now. */
	if (head == t || RB_MIN(timer_tree, &ts->tree) == t)
		head_changed(ts);
}

void timer_cancel(struct timers *ts, struct timer *t)
{
	if (!t->armed)
		return;
	bool was_head = RB_MIN(timer_tree, &ts->tree) == t;

	RB_REMOVE(timer_tree, &ts->tree, t);
	t->armed = false;
	if (was_head)
		head_changed(ts);
}

bool timers_next(const struct timers *ts, uint64_t *at_ms)
{
	/* RB_MIN takes no const head; it only reads. */
	struct timer *t = RB_ROOT(&ts->tree);

	if (t == NULL)
		return false;
	while (RB_LEFT(t, node) != NULL)
		t = RB_LEFT(t, node);
	*at_ms = t->at_ms;
	return true;
}

/* A timer set by a handler for a time that is due already fires in this run
 * only if it was set before the run began: else a handler that always re-arms
 * at now would never let the run end. */
void timers_run(struct timers *ts, uint64_t now_ms)
{
	uint64_t limit = ts->next_seq;
	struct timer *t = RB_MIN(timer_tree, &ts->tree);

	ts->running = true;
	while (t != NULL && t->at_ms <= now_ms) {
		if (t->seq >= limit) {
			t = RB_NEXT(timer_tree, &ts->tree, t);
			continue;
		}
		RB_REMOVE(timer_tree, &ts->tree, t);
		t->armed = false;
		t->fn(t->arg); /* may free t, set and cancel others */
		t = RB_MIN(timer_tree, &ts->tree);
	}
	ts->running = false;
	head_changed(ts);
}
