/* What the simulator plays, by name. */
#ifndef SIM_SCENARIOS_H
#define SIM_SCENARIOS_H
#include "tests/sim/world.h"

struct scenario {
	const char *name;
	void (*play)(struct world *w); /* fails by world_fail */
	bool real_crypto;
	bool any_seed;                 /* may run with a random one too */
};
extern const struct scenario scenarios[];
extern const size_t n_scenarios;
#endif
