/* The event loop over libuv; no other file includes uv.h.
 *
 * libuv closes handles asynchronously.  That stays in here: what the caller
 * deletes is dead for him at once and is freed by the loop later. */
#include "base/loop.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

struct deferred {
	TAILQ_ENTRY(deferred) link;
	void (*fn)(void *arg);
	void *arg;
};
TAILQ_HEAD(deferred_list, deferred);

/* handle.data of what stands on the heap is its own block, NULL for the
 * handles inside struct loop: on_close frees it. */
struct loop {
	uv_loop_t uv;
	uv_timer_t timer;     /* follows the head of `timers` */
	uv_timer_t timeout;   /* limit of loop_run_once */
	uv_prepare_t prepare; /* runs what is deferred; keeps uv_run alive */
	uv_idle_t idle;       /* active while something is deferred: no sleep */
	struct timers *timers;
	struct deferred_list deferred;
};

struct loop_fd {
	uv_poll_t poll;
	int events;
	bool deleted;
	loop_fd_fn *fn;
	void *arg;
};

struct loop_sig {
	uv_signal_t sig;
	void (*fn)(void *arg, int signo);
	void *arg;
};

struct loop_job {
	uv_work_t req;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

/* For calls that fail only when the process has run out of descriptors or
 * memory at start, or when we misuse libuv. */
static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, uv_strerror(rc));
	abort();
}

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void on_timer(uv_timer_t *t)
{
	struct loop *l = t->loop->data;

	timers_run(l->timers, loop_now());
}

static void on_timeout(uv_timer_t *t)
{
	(void)t; /* waking up is all */
}

static void follow_head(void *ctx)
{
	struct loop *l = ctx;
	uint64_t at, now = loop_now();

	if (!timers_next(l->timers, &at)) {
		uv_timer_stop(&l->timer);
		return;
	}
	uv_update_time(&l->uv);
	uv_timer_start(&l->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_idle(uv_idle_t *i)
{
	(void)i;
}

/* What is deferred meanwhile has its turn in the next round, after I/O. */
static void on_prepare(uv_prepare_t *p)
{
	struct loop *l = p->loop->data;
	struct deferred_list now = TAILQ_HEAD_INITIALIZER(now);
	struct deferred *d;

	TAILQ_CONCAT(&now, &l->deferred, link);
	while ((d = TAILQ_FIRST(&now)) != NULL) {
		TAILQ_REMOVE(&now, d, link);
		d->fn(d->arg);
		free(d);
	}
	if (TAILQ_EMPTY(&l->deferred))
		uv_idle_stop(&l->idle);
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	must(uv_loop_init(&l->uv), "uv_loop_init");
	l->uv.data = l;
	TAILQ_INIT(&l->deferred);
	uv_timer_init(&l->uv, &l->timer);
	uv_timer_init(&l->uv, &l->timeout);
	uv_idle_init(&l->uv, &l->idle);
	uv_prepare_init(&l->uv, &l->prepare);
	uv_prepare_start(&l->prepare, on_prepare);
	l->timers = timers_new();
	timers_on_head(l->timers, follow_head, l);
	return l;
}

static void on_close(uv_handle_t *h)
{
	free(h->data);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, on_close);
}

void loop_free(struct loop *l)
{
	struct deferred *d;

	if (l == NULL)
		return;
	timers_on_head(l->timers, NULL, NULL);
	timers_free(l->timers);
	uv_walk(&l->uv, close_handle, NULL);
	/* Ends when the handles are closed and the work in flight is done. */
	uv_run(&l->uv, UV_RUN_DEFAULT);
	while ((d = TAILQ_FIRST(&l->deferred)) != NULL) {
		TAILQ_REMOVE(&l->deferred, d, link);
		free(d);
	}
	must(uv_loop_close(&l->uv), "uv_loop_close");
	free(l);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_run_once(struct loop *l, int timeout_ms)
{
	if (timeout_ms > 0) {
		uv_update_time(&l->uv);
		uv_timer_start(
			&l->timeout, on_timeout, (uint64_t)timeout_ms, 0);
	}
	uv_run(&l->uv, timeout_ms == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
	uv_timer_stop(&l->timeout);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

struct timers *loop_timers(struct loop *l)
{
	return l->timers;
}

static int to_uv(int events)
{
	return (events & LOOP_READ ? UV_READABLE : 0) |
	       (events & LOOP_WRITE ? UV_WRITABLE : 0);
}

static void on_poll(uv_poll_t *p, int status, int uv_events)
{
	struct loop_fd *f = p->data;
	int events = (uv_events & UV_READABLE ? LOOP_READ : 0) |
		     (uv_events & UV_WRITABLE ? LOOP_WRITE : 0);

	if (status < 0) {
		/* POLLERR: libuv has stopped polling, but for a datagram or
		 * netlink socket it only means a pending error that the owner
		 * collects with his next call. */
		events = f->events;
		uv_poll_start(&f->poll, to_uv(f->events), on_poll);
	}
	if (events != 0)
		f->fn(f->arg, events);
}

struct loop_fd *loop_fd_add(
	struct loop *l, int fd, int events, loop_fd_fn *fn, void *arg)
{
	struct loop_fd *f = xcalloc(1, sizeof(*f));

	if (uv_poll_init(&l->uv, &f->poll, fd) != 0) {
		free(f);
		return NULL;
	}
	f->poll.data = f;
	f->fn = fn;
	f->arg = arg;
	loop_fd_events(f, events);
	return f;
}

void loop_fd_events(struct loop_fd *f, int events)
{
	assert(!f->deleted);
	f->events = events;
	if (events == 0)
		uv_poll_stop(&f->poll);
	else
		must(uv_poll_start(&f->poll, to_uv(events), on_poll),
			"uv_poll_start");
}

void loop_fd_del(struct loop_fd *f)
{
	if (f == NULL)
		return;
	assert(!f->deleted);
	f->deleted = true;
	/* Stops polling at once, so that the fd may be closed now. */
	uv_close((uv_handle_t *)&f->poll, on_close);
}

static void on_signal(uv_signal_t *sig, int signo)
{
	struct loop_sig *s = sig->data;

	s->fn(s->arg, signo);
}

void loop_signal(
	struct loop *l, int signo, void (*fn)(void *arg, int signo), void *arg)
{
	struct loop_sig *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	must(uv_signal_init(&l->uv, &s->sig), "uv_signal_init");
	s->sig.data = s;
	must(uv_signal_start(&s->sig, on_signal, signo), "uv_signal_start");
}

void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = xcalloc(1, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	TAILQ_INSERT_TAIL(&l->deferred, d, link);
	uv_idle_start(&l->idle, on_idle);
}

static void job_work(uv_work_t *req)
{
	struct loop_job *j = req->data;

	j->work(j->arg);
}

static void job_done(uv_work_t *req, int status)
{
	struct loop_job *j = req->data;

	(void)status; /* nobody cancels */
	if (j->done != NULL)
		j->done(j->arg);
	free(j);
}

void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg),
	void *arg)
{
	struct loop_job *j = xcalloc(1, sizeof(*j));

	j->work = work;
	j->done = done;
	j->arg = arg;
	j->req.data = j;
	must(uv_queue_work(&l->uv, &j->req, job_work, job_done),
		"uv_queue_work");
}
