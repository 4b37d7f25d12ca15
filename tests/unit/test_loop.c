/* The loop: descriptors, timers, signals, deferred calls, work. */
#include "base/loop.h"

#include "base/mem.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
	struct loop *loop;
	struct loop_fd *f;
	int pair[2], calls, events;
	char trace[32];
	pthread_t worker;
};

static void on_fd(void *arg, int events)
{
	struct world *w = arg;

	w->calls++;
	w->events = events;
	loop_stop(w->loop);
}

static int setup(void **state)
{
	static struct world w;

	w = (struct world){ .loop = loop_new() };
	*state = &w;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w.pair);
}

static int teardown(void **state)
{
	struct world *w = *state;

	loop_free(w->loop);
	close(w->pair[0]);
	close(w->pair[1]);
	return 0;
}

static void test_fd(void **state)
{
	struct world *w = *state;
	char c;

	w->f = loop_fd_add(w->loop, w->pair[0], LOOP_READ, on_fd, w);
	assert_non_null(w->f);
	loop_run_once(w->loop, 0);
	assert_int_equal(w->calls, 0);
	assert_int_equal(write(w->pair[1], "x", 1), 1);
	loop_run(w->loop);
	assert_int_equal(w->calls, 1);
	assert_int_equal(w->events, LOOP_READ);
	assert_int_equal(read(w->pair[0], &c, 1), 1);
	loop_fd_events(w->f, LOOP_READ | LOOP_WRITE);
	loop_run_once(w->loop, 1000);
	assert_int_equal(w->events, LOOP_WRITE);
	/* Nothing wanted, nothing told. */
	loop_fd_events(w->f, 0);
	w->calls = 0;
	loop_run_once(w->loop, 0);
	assert_int_equal(w->calls, 0);
	loop_fd_del(w->f);
}

static void on_fd_del(void *arg, int events)
{
	struct world *w = arg;

	(void)events;
	w->calls++;
	loop_fd_del(w->f);
	close(w->pair[0]);
	w->pair[0] = -1;
}

static void test_del_inside(void **state)
{
	struct world *w = *state;

	w->f = loop_fd_add(w->loop, w->pair[0], LOOP_READ, on_fd_del, w);
	assert_int_equal(write(w->pair[1], "x", 1), 1);
	for (int i = 0; i < 5; i++)
		loop_run_once(w->loop, 0);
	assert_int_equal(w->calls, 1);
	/* The number may be used again at once. */
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w->pair), 0);
	w->f = loop_fd_add(w->loop, w->pair[0], LOOP_WRITE, on_fd, w);
	loop_run(w->loop);
	assert_int_equal(w->calls, 2);
	loop_fd_del(w->f);
}

/* An ICMP error pending on a socket (POLLERR) must not end the watch. */
static void test_error_keeps_polling(void **state)
{
	struct world *w = *state;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	auto_fd int closed = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(closed, (struct sockaddr *)&to, len), 0);
	assert_int_equal(getsockname(closed, (struct sockaddr *)&to, &len), 0);
	close(closed);
	closed = -1;
	assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
	w->f = loop_fd_add(w->loop, fd, LOOP_READ, on_fd, w);
	for (int i = 1; i <= 3; i++) {
		char c;

		assert_int_equal(send(fd, "x", 1, 0), 1);
		loop_run(w->loop);
		assert_int_equal(w->calls, i);
		assert_int_equal(w->events, LOOP_READ);
		assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	}
	loop_fd_del(w->f);
}

static void test_not_pollable(void **state)
{
	struct world *w = *state;
	auto_fd int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	auto_fd int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_null(loop_fd_add(w->loop, file, LOOP_READ, on_fd, w));
	assert_null(loop_fd_add(w->loop, -1, LOOP_READ, on_fd, w));
	(void)fd;
}

static void trace_a(void *arg)
{
	strcat(((struct world *)arg)->trace, "a");
}

static void trace_b(void *arg)
{
	struct world *w = arg;

	strcat(w->trace, "b");
	loop_stop(w->loop);
}

static void test_timers(void **state)
{
	struct world *w = *state;
	struct timers *ts = loop_timers(w->loop);
	struct timer a, b, c;
	uint64_t start = loop_now();

	timer_init(&a, trace_a, w);
	timer_init(&b, trace_b, w);
	timer_init(&c, trace_a, w);
	timer_set(ts, &b, start + 30);
	timer_set(ts, &a, start + 10);
	timer_set(ts, &c, start + 20);
	timer_cancel(ts, &c);
	loop_run(w->loop);
	assert_string_equal(w->trace, "ab");
	assert_true(loop_now() - start >= 30);
	timer_set(ts, &a, start); /* long past: fires at once */
	loop_run_once(w->loop, 1000);
	assert_string_equal(w->trace, "aba");
}

static void defer_again(void *arg)
{
	struct world *w = arg;

	strcat(w->trace, "d");
	if (strlen(w->trace) < 3)
		loop_defer(w->loop, defer_again, w);
	else
		loop_stop(w->loop);
}

static void test_defer(void **state)
{
	struct world *w = *state;

	loop_defer(w->loop, trace_a, w);
	loop_defer(w->loop, defer_again, w);
	loop_run(w->loop);
	assert_string_equal(w->trace, "add");
	loop_defer(w->loop, trace_a, w); /* dropped by loop_free */
}

static void on_signal(void *arg, int signo)
{
	struct world *w = arg;

	w->events = signo;
	loop_stop(w->loop);
}

static void test_signal(void **state)
{
	struct world *w = *state;

	loop_signal(w->loop, SIGUSR1, on_signal, w);
	kill(getpid(), SIGUSR1);
	loop_run(w->loop);
	assert_int_equal(w->events, SIGUSR1);
}

static void work(void *arg)
{
	((struct world *)arg)->worker = pthread_self();
}

static void done(void *arg)
{
	struct world *w = arg;

	w->calls++;
	loop_stop(w->loop);
}

static void test_work(void **state)
{
	struct world *w = *state;

	loop_work(w->loop, work, done, w);
	loop_run(w->loop);
	assert_int_equal(w->calls, 1);
	assert_false(pthread_equal(w->worker, pthread_self()));
	/* In flight when the loop goes: waited for. */
	loop_work(w->loop, work, NULL, w);
}

static void test_run_once_limit(void **state)
{
	struct world *w = *state;
	uint64_t start = loop_now();

	loop_run_once(w->loop, 20);
	assert_true(loop_now() - start >= 19);
	assert_true(loop_now() - start < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fd, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_del_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_error_keeps_polling, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_not_pollable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_defer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_work, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_run_once_limit, setup, teardown),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
