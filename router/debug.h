/* `debug crypto ...`: which events are wanted, of whom, and how they come into
 * the log.  Not configuration: it ends with the daemon. One instance a box.
 *
 * What is shown is bounded: DEBUG_LINES_SEC lines a second, a burst more; what
 * is left out is counted and said, so that a flood with debugging on costs a
 * comparison an event. */
#ifndef ROUTER_DEBUG_H
#define ROUTER_DEBUG_H
#include "base/log.h"
#include "gdoi/debug.h"
#include "gdoi/policy.h"
#include "router/evtrace.h"

#define DEBUG_LINES_SEC      500
#define DEBUG_LINES_BURST    2000
#define DEBUG_LINES_RESUME   250
#define DEBUG_CONDITIONS_MAX 64

struct debugger;
struct debugger *debugger_new(struct log *log, uint64_t (*now_ms)(void));
void debugger_free(struct debugger *d);
/* For struct env, and for whoever in router/ has events of its own. */
const struct debug *debugger_hook(const struct debugger *d);

/* Levels of an area that are shown, as bits 1 << enum debug_level. */
#define DEBUG_UPTO(level) ((uint8_t)((2u << (level)) - 1))
#define DEBUG_ALL_LEVELS  DEBUG_UPTO(DEBUG_PACKET)
void debugger_set(struct debugger *d, enum debug_area a, uint8_t levels);
uint8_t debugger_levels(const struct debugger *d, enum debug_area a);
void debugger_off(struct debugger *d); /* all areas; conditions stay */

/* Conditions, one list for `debug crypto condition` and one for `debug crypto
 * gdoi condition`.  While a list has any, an event of its areas is shown when
 * it meets one of them; one that tells nothing of what they ask for, only with
 * `unmatched`. */
enum debug_list { DEBUG_LIST_CRYPTO, DEBUG_LIST_GDOI, DEBUG_N_LISTS };
enum debug_of { DEBUG_OF_PEER, DEBUG_OF_GROUP, DEBUG_OF_PROFILE, DEBUG_OF_CONN };
struct debug_condition {
	enum debug_of of;
	struct ip_prefix peer;
	char name[GROUP_NAME_MAX + 1]; /* of a group or an ISAKMP profile */
	uint32_t conn;
};
/* false: there are too many. One that is there already stays once. */
bool debugger_condition_add(struct debugger *d, enum debug_list l,
	const struct debug_condition *c);
bool debugger_condition_del(struct debugger *d, enum debug_list l,
	const struct debug_condition *c); /* false: was not there */
void debugger_conditions_reset(struct debugger *d, enum debug_list l);
void debugger_unmatched(struct debugger *d, enum debug_list l, bool on);
struct debug_conditions {
	struct debug_condition v[DEBUG_CONDITIONS_MAX];
	size_t n;
	bool unmatched;
};
const struct debug_conditions *debugger_conditions( /* lent */
	const struct debugger *d, enum debug_list l);

/* The traces that are kept beside (lent); to be told of a change of what they
 * want. */
struct evtrace *debugger_traces(struct debugger *d);
void debugger_traces_changed(struct debugger *d);

struct debugger_stats {
	uint64_t shown, filtered, rate_limited;
};
void debugger_stats(const struct debugger *d, struct debugger_stats *out);
#endif
