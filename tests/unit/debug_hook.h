/* Somebody who debugs everything and reads nothing: each event is made, and
 * its text, so that a test or fuzz target runs that code too. */
#ifndef TESTS_DEBUG_HOOK_H
#define TESTS_DEBUG_HOOK_H
#include "gdoi/debug.h"
#include <assert.h>

static inline void debug_hook_event(void *ctx, const struct debug_event *ev)
{
	auto_sbuf struct sbuf text = { 0 };

	(void)ctx;
	debug_text(ev, &text);
	assert(text.n > 0);
}

static inline const struct debug *debug_everything(void)
{
	static struct debug hook;

	hook.event = debug_hook_event;
	for (size_t i = 0; i < DBG_N; i++)
		hook.on[i] = true;
	return &hook;
}
#endif
