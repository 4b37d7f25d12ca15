/* Event traces: the last GDOI events of each kind, kept without being asked so
 * that what led to a trouble can be read after it (`monitor event-trace gdoi`,
 * ios-cli.md 14).  Events up to level event, as values: text is made when they
 * are shown. */
#ifndef ROUTER_EVTRACE_H
#define ROUTER_EVTRACE_H
#include "gdoi/debug.h"

enum evtrace_kind {
	EVTRACE_COOP,
	EVTRACE_INFRA,
	EVTRACE_REGISTRATION,
	EVTRACE_REKEY,
	EVTRACE_N
};
#define EVTRACE_SIZE 256 /* entries, unless configured */

struct evtrace;
struct evtrace *evtrace_new(uint64_t (*wall_ms)(void));
void evtrace_free(struct evtrace *t);
/* Does an event of that id go into a trace that is enabled? */
bool evtrace_wants(const struct evtrace *t, enum debug_id id);
void evtrace_add(struct evtrace *t, const struct debug_event *ev);

void evtrace_enable(struct evtrace *t, enum evtrace_kind k, bool on);
/* Empties it, and stops it when it is full. */
void evtrace_one_shot(struct evtrace *t, enum evtrace_kind k);
void evtrace_clear(struct evtrace *t, enum evtrace_kind k);
/* Empties it. */
void evtrace_size(struct evtrace *t, enum evtrace_kind k, uint32_t entries);

struct evtrace_info {
	bool enabled, one_shot;
	uint32_t size, used;
	uint64_t total; /* events since it was emptied */
};
void evtrace_info(const struct evtrace *t, enum evtrace_kind k,
	struct evtrace_info *out);
/* Oldest first, those of since_ms and later; returns how many. */
typedef void evtrace_fn(void *ctx, uint64_t wall_ms, const char *text);
size_t evtrace_each(const struct evtrace *t, enum evtrace_kind k,
	uint64_t since_ms, evtrace_fn *fn, void *ctx);
/* Likewise those that no call of this has given yet. */
size_t evtrace_latest(
	struct evtrace *t, enum evtrace_kind k, evtrace_fn *fn, void *ctx);
#endif
