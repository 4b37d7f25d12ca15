/* Log lines, the ring, sinks, the rate limit. */
#include "base/log.h"

#include "base/mem.h"
#include "tests/unit/test.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void collect(void *ctx, const char *line)
{
	struct sbuf *b = ctx;

	sbuf_printf(b, "%s\n", line);
}

static void collect_sink(void *ctx, enum log_sev sev, const char *line)
{
	sbuf_printf(ctx, "%d %s\n", (int)sev, line);
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	bool ok = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

static const struct log_format plain = { .stamp = LOG_STAMP_NONE };

static void test_stamps(void **state)
{
	// clang-format off
	static const struct {
		struct log_format f;
		const char *pattern;
	} cases[] = {
		{ { .stamp = LOG_STAMP_NONE }, "^%X-5-Y: text$" },
		{ { .stamp = LOG_STAMP_DATETIME, .msec = true },
		  "^[*]?[A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:"
		  "[0-6][0-9]\\.[0-9]{3}: %X-5-Y: text$" },
		{ { .stamp = LOG_STAMP_DATETIME, .year = true, .zone = true },
		  "^[*]?[A-Z][a-z]{2} [ 1-3][0-9] 20[0-9]{2} "
		  "[0-9:]{8} UTC: %X-5-Y: text$" },
		{ { .stamp = LOG_STAMP_UPTIME, .msec = true },
		  "^00:00:0[0-9]: %X-5-Y: text$" },
		{ { .stamp = LOG_STAMP_NONE, .sequence = true },
		  "^000005: %X-5-Y: text$" },
		{ { .stamp = LOG_STAMP_DATETIME, .localtime = true,
		    .zone = true },
		  "^[*]?[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} KOLN: %X-5-Y: text$" },
	};
	// clang-format on
	struct log *l = log_new(4096);

	(void)state;
	setenv("TZ", "KOLN-1", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_sbuf struct sbuf got = { 0 };

		log_clear(l);
		log_set_format(l, &cases[i].f);
		log_msg(l, LOG_SEV_NOTICE, "X", "Y", "%s", "text");
		log_each(l, collect, &got);
		sbuf_trunc(&got, got.n - 1);
		if (!matches(cases[i].pattern, got.s))
			fail_msg("%s: %s", cases[i].pattern, got.s);
	}
	log_free(l);
}

static void test_default_format(void **state)
{
	struct log *l = log_new(4096);
	auto_sbuf struct sbuf got = { 0 };

	(void)state;
	log_msg(l, LOG_SEV_NOTICE, "X", "Y", "t");
	log_each(l, collect, &got);
	assert_true(matches("^[*]?[A-Z][a-z]{2} .*\\.[0-9]{3}: %X", got.s));
	log_free(l);
}

static void test_ring(void **state)
{
	struct log *l = log_new(40);
	auto_sbuf struct sbuf got = { 0 };
	struct log_stats st;

	(void)state;
	log_set_format(l, &plain);
	/* Each line takes 12 bytes with its end: three fit. */
	for (int i = 0; i < 5; i++)
		log_msg(l, LOG_SEV_NOTICE, "X", "Y", "nr%d", i);
	log_each(l, collect, &got);
	assert_string_equal(got.s, "%X-5-Y: nr2\n%X-5-Y: nr3\n%X-5-Y: nr4\n");
	/* A line that is larger than the ring is dropped, the rest stays. */
	log_msg(l, LOG_SEV_NOTICE, "X", "Y", "%050d", 1);
	sbuf_trunc(&got, 0);
	log_each(l, collect, &got);
	assert_int_equal(got.n, 36);
	log_set_ring(l, 12, LOG_SEV_WARNING);
	log_msg(l, LOG_SEV_NOTICE, "X", "Y", "low");
	sbuf_trunc(&got, 0);
	log_each(l, collect, &got);
	assert_string_equal(got.s, "%X-5-Y: nr4\n");
	log_stats(l, &st);
	assert_int_equal(st.logged, 7);
	assert_int_equal(st.dropped, 1);
	assert_int_equal(st.ring_bytes, 12);
	assert_int_equal(st.ring_level, LOG_SEV_WARNING);
	log_clear(l);
	sbuf_trunc(&got, 0);
	log_each(l, collect, &got);
	assert_int_equal(got.n, 0);
	log_free(l);
}

static void test_sinks(void **state)
{
	struct log *l = log_new(4096);
	auto_sbuf struct sbuf all = { 0 };
	auto_sbuf struct sbuf few = { 0 };
	struct log_sink a = {
		.level = LOG_SEV_DEBUG, .fn = collect_sink, .ctx = &all
	};
	struct log_sink b = {
		.level = LOG_SEV_ERR, .fn = collect_sink, .ctx = &few
	};
	struct log_sink off = {
		.level = LOG_SEV_OFF, .fn = collect_sink, .ctx = &few
	};

	(void)state;
	log_set_format(l, &plain);
	log_set_debug_format(l, &plain);
	log_sink_add(l, &a);
	log_sink_add(l, &b);
	log_sink_add(l, &off);
	log_msg(l, LOG_SEV_EMERG, "A", "B", "x");
	log_msg(l, LOG_SEV_ERR, "A", "B", "y");
	log_msg(l, LOG_SEV_WARNING, "A", "B", "z");
	log_debug(l, "ISAKMP: %s", "sent");
	assert_string_equal(few.s, "0 %A-0-B: x\n3 %A-3-B: y\n");
	assert_string_equal(all.s, "0 %A-0-B: x\n3 %A-3-B: y\n"
				   "4 %A-4-B: z\n7 ISAKMP: sent\n");
	assert_int_equal(a.count, 4);
	assert_int_equal(b.count, 2);
	assert_int_equal(off.count, 0);
	log_sink_del(l, &a);
	log_debug(l, "more");
	assert_int_equal(a.count, 4);
	log_free(l);
}

/* What a peer calls itself must not drive the terminal. */
static void test_escapes(void **state)
{
	struct log *l = log_new(4096);
	auto_sbuf struct sbuf got = { 0 };

	(void)state;
	log_set_format(l, &plain);
	log_msg(l, LOG_SEV_ERR, "A", "B", "id %s", "\x1b[2Jx\r\ny\xc3");
	log_each(l, collect, &got);
	assert_string_equal(got.s, "%A-3-B: id \\x1b[2Jx\\x0d\\x0ay\\xc3\n");
	log_free(l);
}

static void test_allow(void **state)
{
	struct log *l = log_new(4096);
	struct log_stats st;
	unsigned got = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		got += log_allow(l, 1, 1000);
	assert_int_equal(got, 5);
	assert_true(log_allow(l, 2, 1000)); /* another key */
	assert_false(log_allow(l, 1, 1900));
	assert_true(log_allow(l, 1, 2000)); /* one a second */
	assert_false(log_allow(l, 1, 2000));
	assert_true(log_allow(l, 1, 3000));
	got = 0; /* after a quiet time all are there again */
	for (int i = 0; i < 100; i++)
		got += log_allow(l, 1, 60000);
	assert_int_equal(got, 5);
	log_stats(l, &st);
	assert_int_equal(st.rate_limited, 95 + 1 + 1 + 95);
	log_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_default_format),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_sinks),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_allow),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
