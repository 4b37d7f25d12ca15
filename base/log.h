/* IOS messages: `%FACILITY-SEV-MNEMONIC: text`, a ring for `show logging`,
 * and sinks (console, terminal monitor, syslog(3)).  One instance a box. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/list.h"
#include "base/sbuf.h"
#include <stdbool.h>
#include <stdint.h>

enum log_sev {
	LOG_SEV_EMERG,
	LOG_SEV_ALERT,
	LOG_SEV_CRIT,
	LOG_SEV_ERR,
	LOG_SEV_WARNING,
	LOG_SEV_NOTICE,
	LOG_SEV_INFO,
	LOG_SEV_DEBUG,
	LOG_SEV_OFF = -1 /* as a sink's level: takes nothing */
};
enum log_stamp { LOG_STAMP_NONE, LOG_STAMP_UPTIME, LOG_STAMP_DATETIME };
struct log_format {
	enum log_stamp stamp;
	bool msec, year, localtime, zone, sequence;
};

struct log;
struct log *log_new(size_t ring_bytes);
void log_free(struct log *l);
void log_set_format(struct log *l, const struct log_format *f);
void log_set_debug_format(struct log *l, const struct log_format *f);
void log_set_ring(struct log *l, size_t bytes, enum log_sev level);

/* "%GDOI-5-GM_REGS_COMPL: text" with stamp goes to ring and sinks.  Bytes that
 * a terminal might obey are written as \xNN: texts may quote a peer. */
void log_msg(struct log *l, enum log_sev sev, const char *facility,
	const char *mnemonic, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void log_debug(struct log *l, const char *fmt, ...) /* stamped, no %FAC part */
	__attribute__((format(printf, 2, 3)));

/* A sink gets whole lines without line end.  `line` is lent for the call. */
struct log_sink {
	TAILQ_ENTRY(log_sink) link;
	enum log_sev level;
	void (*fn)(void *ctx, enum log_sev sev, const char *line);
	void *ctx;
	uint64_t count; /* lines given */
};
void log_sink_add(struct log *l, struct log_sink *s);
void log_sink_del(struct log *l, struct log_sink *s);

struct log_stats {
	uint64_t logged, dropped, rate_limited;
	size_t ring_bytes;
	enum log_sev ring_level;
};
void log_stats(const struct log *l, struct log_stats *out);
/* Oldest first. */
void log_each(const struct log *l, void (*fn)(void *ctx, const char *line),
	void *ctx);
void log_clear(struct log *l);
/* NTP keeps the kernel's clock; where it does not, IOS marks times with `*`. */
bool log_clock_synced(void);
/* Counts one more that another limit held back. */
void log_count_limited(struct log *l);
/* What a peer can provoke: true at most `burst` times, then once a second per
 * key; counts what it refuses in rate_limited. */
bool log_allow(struct log *l, uint32_t key, uint64_t now_ms);
#endif
