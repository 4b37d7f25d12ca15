/* Timers on a clock of our own. */
#include "base/timer.h"

#include "base/mem.h"
#include "tests/unit/test.h"

#include <string.h>

/* Each timer writes its letter; an action makes it do more. */
static char fired[64];
static struct timers *ts;
static unsigned heads;

struct tm_case {
	struct timer t;
	char letter;
	void (*action)(struct tm_case *c);
	struct tm_case *other;
	uint64_t when;
};

static void on_fire(void *arg)
{
	struct tm_case *c = arg;

	strncat(fired, &c->letter, 1);
	if (c->action != NULL)
		c->action(c);
}

static void on_head(void *ctx)
{
	(void)ctx;
	heads++;
}

/* The teardown still sees what is armed, so cases outlive their test. */
static struct tm_case *make(char letter)
{
	static struct tm_case cases[26];
	struct tm_case *c = &cases[letter - 'a'];

	*c = (struct tm_case){ .letter = letter };
	return c;
}

static void arm(struct tm_case *c, uint64_t at)
{
	if (c->t.fn == NULL)
		timer_init(&c->t, on_fire, c);
	timer_set(ts, &c->t, at);
}

static int setup(void **state)
{
	(void)state;
	ts = timers_new();
	fired[0] = '\0';
	heads = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	timers_free(ts);
	return 0;
}

static void test_order(void **state)
{
	struct tm_case *a = make('a'), *b = make('b'), *c = make('c'),
		       *d = make('d');
	uint64_t at;

	(void)state;
	assert_false(timers_next(ts, &at));
	arm(c, 30);
	arm(a, 10);
	arm(b, 10); /* equal times: order of setting */
	arm(d, 40);
	assert_true(timers_next(ts, &at));
	assert_int_equal(at, 10);
	timers_run(ts, 9);
	assert_string_equal(fired, "");
	timers_run(ts, 30);
	assert_string_equal(fired, "abc");
	assert_false(a->t.armed);
	assert_true(timers_next(ts, &at));
	assert_int_equal(at, 40);
}

static void test_rearm_and_cancel(void **state)
{
	struct tm_case *a = make('a'), *b = make('b');

	(void)state;
	arm(a, 10);
	arm(b, 20);
	arm(a, 20); /* now behind b, which was set earlier */
	timers_run(ts, 20);
	assert_string_equal(fired, "ba");
	arm(a, 30);
	timer_cancel(ts, &a->t);
	timer_cancel(ts, &a->t);
	timers_run(ts, 100);
	assert_string_equal(fired, "ba");
}

static void act_cancel(struct tm_case *c)
{
	timer_cancel(ts, &c->other->t);
}

static void act_set(struct tm_case *c)
{
	arm(c->other, c->when);
}

static void test_inside_handlers(void **state)
{
	struct tm_case *a = make('a'), *b = make('b'), *c = make('c');

	(void)state;
	a->action = act_cancel;
	a->other = b;
	arm(a, 10);
	arm(b, 10);
	arm(c, 10);
	timers_run(ts, 10);
	assert_string_equal(fired, "ac");

	/* Re-arming at a time that is due waits for the next run. */
	fired[0] = '\0';
	a->action = act_set;
	a->other = a;
	a->when = 10;
	arm(a, 10);
	arm(b, 15);
	timers_run(ts, 20);
	assert_string_equal(fired, "ab");
	timers_run(ts, 20);
	assert_string_equal(fired, "aba");
	timer_cancel(ts, &a->t);
}

static void test_head(void **state)
{
	struct tm_case *a = make('a'), *b = make('b');

	(void)state;
	timers_on_head(ts, on_head, NULL);
	arm(a, 20);
	assert_int_equal(heads, 1);
	arm(b, 30); /* not the head */
	assert_int_equal(heads, 1);
	arm(b, 10);
	assert_int_equal(heads, 2);
	timer_cancel(ts, &a->t);
	assert_int_equal(heads, 2);
	arm(b, 50); /* still the head, later */
	assert_int_equal(heads, 3);
	timer_cancel(ts, &b->t);
	assert_int_equal(heads, 4);
}

/* A pseudo-random run against the plain rule: time, then order. */
static void test_many(void **state)
{
	enum { N = 500 };
	static struct tm_case all[N];
	uint64_t at, last = 0;
	unsigned x = 12345, left = N;

	(void)state;
	for (int i = 0; i < N; i++) {
		x = x * 1103515245 + 12345;
		all[i] = (struct tm_case){ 0 };
		arm(&all[i], x >> 16 & 0xff);
	}
	while (timers_next(ts, &at)) {
		assert_true(at >= last);
		last = at;
		for (int i = 0; i < N; i++)
			if (all[i].t.armed)
				assert_true(all[i].t.at_ms >= at);
		timers_run(ts, at);
		unsigned armed = 0;
		for (int i = 0; i < N; i++)
			armed += all[i].t.armed;
		assert_true(armed < left);
		left = armed;
	}
	assert_int_equal(left, 0);
}

static void test_free_cancels(void **state)
{
	struct tm_case *a = make('a');

	(void)state;
	arm(a, 10);
	timers_free(ts);
	assert_false(a->t.armed);
	ts = timers_new();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rearm_and_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_inside_handlers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_free_cancels, setup, teardown),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
