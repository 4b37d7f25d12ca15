/* What debug.c and show_debug.c share: the names of what can be debugged. */
#ifndef CLI_DEBUG_H
#define CLI_DEBUG_H
#include "cli/commands.h"
#include "router/debug.h"

/* Debugging of the commands that are not of GDOI: what each shows.  `all` goes
 * with its own `no`. */
struct debug_switch {
	enum debug_area area;
	const char *word; /* behind `crypto isakmp` etc.; NULL: none */
	uint8_t levels;
	uint8_t sign;     /* the level by which it is seen to be on */
	const char *name; /* "Crypto ISAKMP" */
};
extern const struct debug_switch debug_switches[];
extern const size_t n_debug_switches;
bool debug_switch_on(const struct debugger *d, const struct debug_switch *s);
/* "GDOI Group Member Rekey"; NULL: not of GDOI */
const char *debug_area_name(enum debug_area a);
/* "Event, Terse, Error" */
void debug_levels_text(uint8_t levels, struct sbuf *out);
/* The debugger of the box; NULL in tests without one. */
struct debugger *debug_of(struct cmd_call *c);
#endif
