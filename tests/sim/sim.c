/* Runs the scenarios and prints TAP: each with a fixed list of seeds, then for
 * a while with random ones.  SEED=n replays one, SCENARIO=name picks one,
 * VERBOSE=1 prints every message, SIM_SECONDS sets the time for random seeds.
 */
#include "gdoi/env.h"
#include "tests/sim/scenarios.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RANDOM_SECONDS 5

static const uint64_t seeds[] = { 1, 2, 3 };
static unsigned n_tests, n_failed;

static void play(const struct scenario *s, uint64_t seed)
{
	struct world *w = world_new(
		seed, s->real_crypto ? &crypto_ops_openssl : &toy_crypto);
	bool ok;

	s->play(w);
	ok = w->failure[0] == '\0';
	n_tests++;
	n_failed += !ok;
	printf("%sok %u - %s, seed %llu\n", ok ? "" : "not ", n_tests, s->name,
		(unsigned long long)seed);
	if (!ok)
		printf("# %s\n# replay: SCENARIO=%s SEED=%llu\n", w->failure,
			s->name, (unsigned long long)seed);
	fflush(stdout);
	world_free(w);
}

static bool wanted(const struct scenario *s)
{
	const char *name = getenv("SCENARIO");

	return name == NULL || strcmp(name, s->name) == 0;
}

static void play_fixed(void)
{
	for (size_t i = 0; i < n_scenarios; i++)
		for (size_t k = 0; k < ARRAY_LEN(seeds); k++)
			if (wanted(&scenarios[i]) &&
				(k == 0 || scenarios[i].any_seed))
				play(&scenarios[i], seeds[k]);
}

static uint64_t fresh_seed(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void play_random(void)
{
	const char *limit = getenv("SIM_SECONDS");
	time_t end =
		time(NULL) + (limit != NULL ? atoi(limit) : RANDOM_SECONDS);
	uint64_t seed = fresh_seed();
	bool any = false;

	for (size_t i = 0; i < n_scenarios; i++)
		any |= scenarios[i].any_seed && wanted(&scenarios[i]);
	for (size_t i = 0; any && time(NULL) < end; i = (i + 1) % n_scenarios) {
		if (!scenarios[i].any_seed || !wanted(&scenarios[i]))
			continue;
		play(&scenarios[i], seed++);
		if (n_failed > 0)
			return;
	}
}

int main(void)
{
	const char *seed = getenv("SEED");

	if (seed != NULL) {
		for (size_t i = 0; i < n_scenarios; i++)
			if (wanted(&scenarios[i]))
				play(&scenarios[i], strtoull(seed, NULL, 10));
	} else {
		play_fixed();
		play_random();
	}
	printf("1..%u\n", n_tests);
	return n_failed > 0;
}
