/* A group's time and the statistics of its stamps, on the loop's side; the
 * workers stamp and check (user_worker.c). */
#include "dataplane/user_priv.h"
#include <time.h>

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t get(_Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static void zero(_Atomic uint64_t *c)
{
	atomic_store_explicit(c, 0, memory_order_relaxed);
}

void user_clock_set(struct user_clock *c, uint64_t pseudo_ms)
{
	atomic_store_explicit(&c->offset_ms,
		(int64_t)(pseudo_ms - monotonic_ms()), memory_order_relaxed);
	c->set = true;
}

void user_clock_get(struct user_clock *c, struct dp_replay *out)
{
	int64_t offset =
		atomic_load_explicit(&c->offset_ms, memory_order_relaxed);

	*out = (struct dp_replay){ .has_clock = c->set,
		.pseudo_ms = c->set ? monotonic_ms() + (uint64_t)offset : 0,
		.in = get(&c->in),
		.out = get(&c->out),
		.in_errors = get(&c->in_errors),
		.max_delta_ms = get(&c->max_delta_ms) };
}

void user_clock_clear(struct user_clock *c)
{
	zero(&c->in);
	zero(&c->out);
	zero(&c->in_errors);
	zero(&c->max_delta_ms);
}

void user_clock_report(
	struct user_clock *c, uint32_t group, const struct dp_events *ev)
{
	if (atomic_load(&c->tell) != REPLAY_LEFT)
		return;
	if (ev->replay_failed)
		ev->replay_failed(ev->ctx, group, &c->failure);
	atomic_store(&c->tell, REPLAY_IDLE);
}
