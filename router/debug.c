/* Debug events to lines of the log: wanted levels, conditions, a bound. */
#include "router/debug.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct debugger {
	struct debug hook;
	struct log *log;
	struct evtrace *traces;
	uint64_t (*now_ms)(void);
	uint8_t levels[DEBUG_N_AREAS];
	struct debug_conditions list[DEBUG_N_LISTS];
	uint64_t tokens_milli, refilled_ms;
	bool dry;        /* until DEBUG_LINES_RESUME are to be had */
	uint64_t untold; /* left out since the last line that said so */
	struct debugger_stats stats;
};

static bool name_is(const char *name, const char *want)
{
	return name != NULL && strcmp(name, want) == 0;
}

static bool condition_met(
	const struct debug_condition *c, const struct debug_event *ev)
{
	switch (c->of) {
	case DEBUG_OF_PEER:
		return ip_prefix_contains(&c->peer, &ev->peer);
	case DEBUG_OF_GROUP:
		return name_is(ev->group, c->name);
	case DEBUG_OF_PROFILE:
		return name_is(ev->profile, c->name);
	case DEBUG_OF_CONN:
		return ev->conn == c->conn;
	}
	return false;
}

/* Does the event tell what the condition asks for? */
static bool context_known(
	const struct debug_condition *c, const struct debug_event *ev)
{
	switch (c->of) {
	case DEBUG_OF_PEER:
		return ip_is_set(&ev->peer);
	case DEBUG_OF_GROUP:
		return ev->group != NULL && ev->group[0] != '\0';
	case DEBUG_OF_PROFILE:
		return ev->profile != NULL && ev->profile[0] != '\0';
	case DEBUG_OF_CONN:
		return ev->conn != 0;
	}
	return false;
}

static bool wanted(const struct debugger *d, const struct debug_event *ev)
{
	bool gdoi = debug_def(ev->id)->area >= DEBUG_AREA_INFRA;
	const struct debug_conditions *l =
		&d->list[gdoi ? DEBUG_LIST_GDOI : DEBUG_LIST_CRYPTO];
	bool known = false;

	if (l->n == 0)
		return true;
	for (size_t i = 0; i < l->n; i++) {
		if (condition_met(&l->v[i], ev))
			return true;
		known |= context_known(&l->v[i], ev);
	}
	return !known && l->unmatched;
}

/* A token bucket; the clock never goes back.  Once empty it stays shut for a
 * while, so that lines come in runs that can be read. */
static bool token_take(struct debugger *d)
{
	uint64_t now = d->now_ms(), full = DEBUG_LINES_BURST * 1000ull;
	uint64_t gained = (now - d->refilled_ms) * DEBUG_LINES_SEC;

	d->refilled_ms = now;
	d->tokens_milli = gained > full - d->tokens_milli
				  ? full
				  : d->tokens_milli + gained;
	d->dry = d->tokens_milli < 1000 ||
		 (d->dry && d->tokens_milli < DEBUG_LINES_RESUME * 1000ull);
	if (d->dry)
		return false;
	d->tokens_milli -= 1000;
	return true;
}

static void on_event(void *ctx, const struct debug_event *ev)
{
	struct debugger *d = ctx;
	const struct debug_def *def = debug_def(ev->id);
	auto_sbuf struct sbuf text = { 0 };

	evtrace_add(d->traces, ev);
	if ((d->levels[def->area] >> def->level & 1) == 0)
		return; /* only the trace wants it */
	if (!wanted(d, ev)) {
		d->stats.filtered++;
		return;
	}
	if (!token_take(d)) {
		d->stats.rate_limited++;
		d->untold++;
		log_count_limited(d->log);
		return;
	}
	if (d->untold > 0)
		log_debug(d->log, "DEBUG: %ju messages were rate-limited",
			(uintmax_t)d->untold);
	d->untold = 0;
	debug_text(ev, &text);
	d->stats.shown++;
	log_debug(d->log, "%s", sbuf_str(&text));
}

static uint64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* What engines tell: what is shown, and what is traced. */
static void hook_set(struct debugger *d)
{
	for (size_t i = 0; i < DBG_N; i++) {
		enum debug_id id = (enum debug_id)i;
		const struct debug_def *def = debug_def(id);

		d->hook.on[i] = (d->levels[def->area] >> def->level & 1) != 0 ||
				evtrace_wants(d->traces, id);
	}
}

struct debugger *debugger_new(struct log *log, uint64_t (*now_ms)(void))
{
	struct debugger *d = xcalloc(1, sizeof(*d));

	d->traces = evtrace_new(wall_ms);
	d->hook.event = on_event;
	d->hook.ctx = d;
	d->log = log;
	d->now_ms = now_ms;
	d->refilled_ms = now_ms();
	d->tokens_milli = DEBUG_LINES_BURST * 1000ull;
	hook_set(d);
	return d;
}

void debugger_free(struct debugger *d)
{
	if (d != NULL)
		evtrace_free(d->traces);
	free(d);
}

const struct debug *debugger_hook(const struct debugger *d)
{
	return &d->hook;
}

void debugger_set(struct debugger *d, enum debug_area a, uint8_t levels)
{
	d->levels[a] = levels;
	hook_set(d);
}

struct evtrace *debugger_traces(struct debugger *d)
{
	return d->traces;
}

void debugger_traces_changed(struct debugger *d)
{
	hook_set(d);
}

uint8_t debugger_levels(const struct debugger *d, enum debug_area a)
{
	return d->levels[a];
}

void debugger_off(struct debugger *d)
{
	memset(d->levels, 0, sizeof(d->levels));
	hook_set(d);
}

static bool same(
	const struct debug_condition *a, const struct debug_condition *b)
{
	return a->of == b->of && a->conn == b->conn &&
	       strcmp(a->name, b->name) == 0 && a->peer.len == b->peer.len &&
	       ip_equal(&a->peer.addr, &b->peer.addr);
}

static size_t find(
	const struct debug_conditions *l, const struct debug_condition *c)
{
	size_t i = 0;

	while (i < l->n && !same(&l->v[i], c))
		i++;
	return i;
}

bool debugger_condition_add(
	struct debugger *d, enum debug_list l, const struct debug_condition *c)
{
	struct debug_conditions *list = &d->list[l];

	if (find(list, c) < list->n)
		return true;
	if (list->n == DEBUG_CONDITIONS_MAX)
		return false;
	list->v[list->n++] = *c;
	return true;
}

bool debugger_condition_del(
	struct debugger *d, enum debug_list l, const struct debug_condition *c)
{
	struct debug_conditions *list = &d->list[l];
	size_t at = find(list, c);

	if (at == list->n)
		return false;
	list->n--;
	memmove(&list->v[at], &list->v[at + 1],
		(list->n - at) * sizeof(list->v[0]));
	return true;
}

void debugger_conditions_reset(struct debugger *d, enum debug_list l)
{
	d->list[l].n = 0;
	d->list[l].unmatched = false;
}

void debugger_unmatched(struct debugger *d, enum debug_list l, bool on)
{
	d->list[l].unmatched = on;
}

const struct debug_conditions *debugger_conditions(
	const struct debugger *d, enum debug_list l)
{
	return &d->list[l];
}

void debugger_stats(const struct debugger *d, struct debugger_stats *out)
{
	*out = d->stats;
}
