/* What the engines tell those who debug them: an id with typed arguments, told
 * only while somebody wants that id.  debug.def has a row an event (area,
 * level, text pattern); text is made above.  No field can hold a key: what is
 * told of a packet are header and payload types (show-output.md 5). */
#ifndef GDOI_DEBUG_H
#define GDOI_DEBUG_H
#include "base/err.h"
#include "base/ip.h"
#include "base/sbuf.h"
#include "gdoi/isakmp.h"

enum debug_area {
	DEBUG_AREA_ISAKMP,
	DEBUG_AREA_IPSEC,
	DEBUG_AREA_ENGINE,
	DEBUG_AREA_PKI_TRANS,
	DEBUG_AREA_PKI_MSG,
	DEBUG_AREA_PKI_VALID,
	DEBUG_AREA_INFRA, /* from here on GDOI */
	DEBUG_AREA_REPLAY,
	DEBUG_AREA_GM_CLEANUP,
	DEBUG_AREA_GM_INFRA,
	DEBUG_AREA_GM_REG,
	DEBUG_AREA_GM_REKEY,
	DEBUG_AREA_GM_REPLAY,
	DEBUG_AREA_KS_COOP,
	DEBUG_AREA_KS_INFRA,
	DEBUG_AREA_KS_REG,
	DEBUG_AREA_KS_REKEY,
	DEBUG_AREA_KS_REPLAY,
	DEBUG_N_AREAS
};
/* Each level shows those before it too. */
enum debug_level {
	DEBUG_ERROR,
	DEBUG_TERSE,
	DEBUG_EVENT,
	DEBUG_DETAIL,
	DEBUG_PACKET,
	DEBUG_N_LEVELS
};

enum debug_id {
#define D(id, area, level, pattern) DBG_##id,
#include "gdoi/debug.def"
#undef D
	DBG_N
};

/* All pointers are lent for the call; what is not known stays 0. */
struct debug_event {
	enum debug_id id;
	enum wire_err err;
	const char *group;          /* NULL: of none */
	struct ip_addr peer;        /* the other end */
	uint32_t conn;              /* conn-id of the phase-1 SA */
	const char *profile;        /* its ISAKMP profile; NULL or "" none */
	uint32_t a, b, c, d;
	const char *text, *more;
	const uint8_t *cookies;     /* 16 octets */
	const struct payloads *payloads;
};
struct debug_def {
	const char *pattern;
	enum debug_area area;
	enum debug_level level;
};
const struct debug_def *debug_def(enum debug_id id);
/* The line without its time: "ISAKMP:(1001):...", "GDOI:GM REKEY:EVT:(G:0):...".
 * Fills in {peer} {a} {b} {c} {d} {x} (a in hexadecimal) {err} {text} {more}
 * {cookies} {payloads}. */
void debug_text(const struct debug_event *ev, struct sbuf *out);

/* Who listens, and to what.  Stands where it is while engines have it. */
struct debug {
	bool on[DBG_N];
	void (*event)(void *ctx, const struct debug_event *ev);
	void *ctx;
};
static inline bool debug_on(const struct debug *d, enum debug_id id)
{
	return d != NULL && d->on[id];
}
/* DEBUG(env->debug, PKT_IN, .peer = p): the fields are evaluated only while
 * somebody listens. */
#define DEBUG(dbg, ID, ...)                                                    \
	(debug_on((dbg), DBG_##ID)                                             \
			? (dbg)->event((dbg)->ctx,                             \
				  &(const struct debug_event){                 \
					  .id = DBG_##ID, __VA_ARGS__ })       \
			: (void)0)
#endif
