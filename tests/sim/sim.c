/* Runs the scenarios and prints TAP: each with a fixed list of seeds, then for
 * a while with random ones.  SEED=n replays one, SCENARIO=name picks one,
 * VERBOSE=1 prints every message, SIM_SECONDS sets the time for random seeds.
 */
#include "gdoi/env.h"
#include "tests/sim/scenarios.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RANDOM_SECONDS 5
/* The C library counts what its thread cache keeps for the next call as used:
 * at most 7 pieces of each of 64 sizes up to 1 KiB. */
#define CACHE_BYTES ((size_t)256 << 10)

static const uint64_t seeds[] = { 1, 2, 3 };
static unsigned n_tests, n_failed;

static void play(const struct scenario *s, uint64_t seed)
{
	/* What the sanitizers hand out does not show here: they count it. */
	size_t before = mallinfo2().uordblks, after;
	struct world *w = world_new(
		seed, s->real_crypto ? &crypto_ops_openssl : &toy_crypto);
	char failure[sizeof(w->failure)];

	s->play(w);
	memcpy(failure, w->failure, sizeof(failure));
	world_free(w);
	after = mallinfo2().uordblks;
	/* The first world also pays for what OpenSSL sets up once. */
	if (failure[0] == '\0' && n_tests > 0 && after > before + CACHE_BYTES)
		snprintf(failure, sizeof(failure), "%zu bytes did not return",
			after - before);
	n_tests++;
	n_failed += failure[0] != '\0';
	printf("%sok %u - %s, seed %llu\n", failure[0] == '\0' ? "" : "not ",
		n_tests, s->name, (unsigned long long)seed);
	if (failure[0] != '\0')
		printf("# %s\n# replay: SCENARIO=%s SEED=%llu\n", failure,
			s->name, (unsigned long long)seed);
	fflush(stdout);
}

static const struct scenario *scenario_at(size_t i)
{
	return i < n_scenarios ? &scenarios[i] : &faults[i - n_scenarios];
}

static size_t scenario_count(void)
{
	return n_scenarios + n_faults;
}

static bool wanted(const struct scenario *s)
{
	const char *name = getenv("SCENARIO");

	return name == NULL || strcmp(name, s->name) == 0;
}

static void play_fixed(void)
{
	for (size_t i = 0; i < scenario_count(); i++) {
		const struct scenario *s = scenario_at(i);

		for (size_t k = 0; k < ARRAY_LEN(seeds); k++)
			if (wanted(s) && (k == 0 || s->any_seed))
				play(s, seeds[k]);
	}
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
	size_t n = scenario_count();
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= scenario_at(i)->any_seed && wanted(scenario_at(i));
	for (size_t i = seed % n; any && time(NULL) < end; i = (i + 1) % n) {
		const struct scenario *s = scenario_at(i);

		if (!s->any_seed || !wanted(s))
			continue;
		play(s, seed++);
		if (n_failed > 0)
			return;
	}
}

int main(void)
{
	const char *seed = getenv("SEED");

	if (seed != NULL) {
		for (size_t i = 0; i < scenario_count(); i++)
			if (wanted(scenario_at(i)))
				play(scenario_at(i), strtoull(seed, NULL, 10));
	} else {
		play_fixed();
		play_random();
	}
	printf("1..%u\n", n_tests);
	return n_failed > 0;
}
