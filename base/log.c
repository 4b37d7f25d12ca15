/* IOS messages: stamps, the ring of `show logging`, sinks, rate limits. */
#include "base/log.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* log_allow: messages at once, then one a second.  Keys that share a slot
 * share its allowance: the table is bounded whatever the peers do. */
#define LIMIT_BURST 5
#define LIMIT_SLOTS 256

struct line {
	TAILQ_ENTRY(line) link;
	size_t n; /* with NUL: what it takes of the ring */
	char text[];
};
TAILQ_HEAD(line_list, line);
TAILQ_HEAD(sink_list, log_sink);

struct limit {
	uint64_t full_ms; /* when all LIMIT_BURST are available again */
};

struct log {
	struct log_format format, debug_format;
	struct line_list ring;
	size_t ring_max, ring_used;
	enum log_sev ring_level;
	struct sink_list sinks;
	struct log_stats stats;
	uint64_t sequence;
	time_t started; /* CLOCK_MONOTONIC, seconds */
	struct limit limits[LIMIT_SLOTS];
};

struct log *log_new(size_t ring_bytes)
{
	struct log *l = xcalloc(1, sizeof(*l));
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	l->started = ts.tv_sec;
	l->format = (struct log_format){
		.stamp = LOG_STAMP_DATETIME,
		.msec = true,
	};
	l->debug_format = l->format;
	l->ring_max = ring_bytes;
	l->ring_level = LOG_SEV_DEBUG;
	TAILQ_INIT(&l->ring);
	TAILQ_INIT(&l->sinks);
	return l;
}

static void ring_drop_oldest(struct log *l)
{
	struct line *e = TAILQ_FIRST(&l->ring);

	TAILQ_REMOVE(&l->ring, e, link);
	l->ring_used -= e->n;
	free(e);
}

static void ring_shrink(struct log *l, size_t max)
{
	while (l->ring_used > max)
		ring_drop_oldest(l);
}

void log_free(struct log *l)
{
	if (l == NULL)
		return;
	log_clear(l);
	free(l);
}

void log_set_format(struct log *l, const struct log_format *f)
{
	l->format = *f;
}

void log_set_debug_format(struct log *l, const struct log_format *f)
{
	l->debug_format = *f;
}

void log_set_ring(struct log *l, size_t bytes, enum log_sev level)
{
	l->ring_max = bytes;
	l->ring_level = level;
	ring_shrink(l, bytes);
}

static void ring_add(struct log *l, const struct sbuf *text)
{
	size_t n = text->n + 1;

	if (n > l->ring_max) {
		l->stats.dropped++;
		return;
	}
	ring_shrink(l, l->ring_max - n);
	struct line *e = xcalloc(1, sizeof(*e) + n);
	e->n = n;
	memcpy(e->text, sbuf_str(text), n);
	TAILQ_INSERT_TAIL(&l->ring, e, link);
	l->ring_used += n;
}

bool log_clock_synced(void)
{
	struct timex tx = { .modes = 0 };
	int rc = adjtimex(&tx);

	return rc >= 0 && rc != TIME_ERROR;
}

static void stamp_datetime(const struct log_format *f, struct sbuf *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (f->localtime)
		localtime_r(&ts.tv_sec, &tm);
	else
		gmtime_r(&ts.tv_sec, &tm);
	if (!log_clock_synced())
		sbuf_addc(out, '*');
	sbuf_printf(
		out, "%.3s %2d ", months + (size_t)tm.tm_mon * 3, tm.tm_mday);
	if (f->year)
		sbuf_printf(out, "%d ", tm.tm_year + 1900);
	sbuf_printf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (f->msec)
		sbuf_printf(out, ".%03ld", ts.tv_nsec / 1000000);
	if (f->zone)
		sbuf_printf(out, " %s", f->localtime ? tm.tm_zone : "UTC");
	sbuf_adds(out, ": ");
}

/* hh:mm:ss, then 1d02h, then 3w4d, as everywhere in IOS. */
static void stamp_uptime(const struct log *l, struct sbuf *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	unsigned long s = (unsigned long)(ts.tv_sec - l->started);
	unsigned long hours = s / 3600, days = hours / 24;
	if (days == 0)
		sbuf_printf(
			out, "%02lu:%02lu:%02lu", hours, s / 60 % 60, s % 60);
	else if (days < 7)
		sbuf_printf(out, "%lud%02luh", days, hours % 24);
	else
		sbuf_printf(out, "%luw%lud", days / 7, days % 7);
	sbuf_adds(out, ": ");
}

static void add_head(
	struct log *l, const struct log_format *f, struct sbuf *out)
{
	l->sequence++;
	if (f->sequence)
		sbuf_printf(out, "%06llu: ", (unsigned long long)l->sequence);
	if (f->stamp == LOG_STAMP_DATETIME)
		stamp_datetime(f, out);
	else if (f->stamp == LOG_STAMP_UPTIME)
		stamp_uptime(l, out);
}

static void add_escaped(struct sbuf *out, const struct sbuf *text)
{
	for (size_t i = 0; i < text->n; i++) {
		unsigned char c = (unsigned char)text->s[i];

		if (c >= 0x20 && c < 0x7f)
			sbuf_addc(out, (char)c);
		else
			sbuf_printf(out, "\\x%02x", c);
	}
}

static void deliver(struct log *l, enum log_sev sev, const struct sbuf *line)
{
	struct log_sink *s, *next;

	l->stats.logged++;
	if (sev <= l->ring_level)
		ring_add(l, line);
	TAILQ_FOREACH_SAFE(s, &l->sinks, link, next) {
		if (sev > s->level)
			continue;
		s->count++;
		s->fn(s->ctx, sev, sbuf_str(line));
	}
}

void log_msg(struct log *l, enum log_sev sev, const char *facility,
	const char *mnemonic, const char *fmt, ...)
{
	auto_sbuf struct sbuf text = { 0 };
	auto_sbuf struct sbuf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_head(l, &l->format, &line);
	sbuf_printf(&line, "%%%s-%d-%s: ", facility, (int)sev, mnemonic);
	add_escaped(&line, &text);
	deliver(l, sev, &line);
}

void log_debug(struct log *l, const char *fmt, ...)
{
	auto_sbuf struct sbuf text = { 0 };
	auto_sbuf struct sbuf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_head(l, &l->debug_format, &line);
	add_escaped(&line, &text);
	deliver(l, LOG_SEV_DEBUG, &line);
}

void log_sink_add(struct log *l, struct log_sink *s)
{
	TAILQ_INSERT_TAIL(&l->sinks, s, link);
}

void log_sink_del(struct log *l, struct log_sink *s)
{
	TAILQ_REMOVE(&l->sinks, s, link);
}

void log_stats(const struct log *l, struct log_stats *out)
{
	*out = l->stats;
	out->ring_bytes = l->ring_max;
	out->ring_level = l->ring_level;
}

void log_each(
	const struct log *l, void (*fn)(void *ctx, const char *line), void *ctx)
{
	const struct line *e;

	TAILQ_FOREACH(e, &l->ring, link)
		fn(ctx, e->text);
}

void log_clear(struct log *l)
{
	ring_shrink(l, 0);
}

void log_count_limited(struct log *l)
{
	l->stats.rate_limited++;
}

bool log_allow(struct log *l, uint32_t key, uint64_t now_ms)
{
	struct limit *s =
		&l->limits[hash_bytes(&key, sizeof(key)) % LIMIT_SLOTS];
	uint64_t from = s->full_ms > now_ms ? s->full_ms : now_ms;

	/* Each message pushes the time of a full allowance by a second. */
	if (from + 1000 > now_ms + LIMIT_BURST * 1000) {
		l->stats.rate_limited++;
		return false;
	}
	s->full_ms = from + 1000;
	return true;
}
