/* What sealing and opening cost apart from all traffic, by either library.
 *
 *   limit SUITE [ipsec-mb]   Mbit/s of payload that all processors together
 *                            can seal and open in packets of 1400 bytes
 *   all                      a line for each library, suite, size, direction:
 *                            name and nanoseconds a packet; then the limits
 *
 * SUITE: gcm128, aes128-sha1.  Packets go in batches, as in the dataplane, each
 * with an IV of its own; the best of several short loops counts. */
#include "dataplane/user_esp.h"
#include "tests/bench/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 32
#define LARGE 1400
#define SMALL 64
#define SLOT  2048
#define LOOP  200 /* batches */
#define LOOPS 7

static const struct {
	const char *name;
	struct esp_suite suite;
} suites[] = {
	{ "gcm128", { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 } },
	{ "aes128-sha1", { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 } },
};

struct cost {
	double seal_ns, open_ns; /* a packet */
};

struct run {
	struct esp_ctx *seal, *open;
	uint8_t slot[BATCH][SLOT], sealed[BATCH][SLOT];
	struct esp_job job[BATCH];
	uint64_t number;
};

static void seal_all(struct run *r, size_t bytes)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct esp_job *j = &r->job[i];

		*j = (struct esp_job){ .ctx = r->seal,
			.p = r->slot[i] + ESP_HEAD_MAX,
			.n = bytes,
			.spi = 256,
			.seq = (uint32_t)++r->number };
		memcpy(j->iv, &r->number, sizeof(r->number));
	}
	esp_seal_batch(r->job, BATCH);
}

/* Opening is in place: the packets are put back each time, at a cost of a few
 * nanoseconds that the dataplane has not. */
static void open_all(struct run *r, size_t n)
{
	for (size_t i = 0; i < BATCH; i++) {
		memcpy(r->slot[i], r->sealed[i], n);
		r->job[i] = (struct esp_job){
			.ctx = r->open, .p = r->slot[i], .n = n
		};
	}
	esp_open_batch(r->job, BATCH);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_crypto: %s\n", what);
	exit(1);
}

static double best_ns(
	struct run *r, void (*work)(struct run *, size_t), size_t n)
{
	double best = 0;

	for (int k = 0; k < LOOPS; k++) {
		double from = cpu_us(), ns;

		for (int i = 0; i < LOOP; i++)
			work(r, n);
		ns = (cpu_us() - from) * 1e3 / (LOOP * BATCH);
		best = k == 0 || ns < best ? ns : best;
	}
	return best;
}

static struct cost measure(
	struct esp_mb *mb, const struct esp_suite *s, size_t bytes)
{
	struct keybuf enc = { .n = (uint8_t)esp_key_bytes(s) };
	struct keybuf auth = { .n = (uint8_t)esp_auth_key_bytes(s) };
	struct run *r = xcalloc(1, sizeof(*r));
	struct cost c;
	size_t n;

	memset(enc.b, 1, enc.n);
	memset(auth.b, 2, auth.n);
	r->seal = esp_ctx_new(mb, s, &enc, &auth, true);
	r->open = esp_ctx_new(mb, s, &enc, &auth, false);
	must(r->seal && r->open, "no such cipher here");
	c.seal_ns = best_ns(r, seal_all, bytes);
	seal_all(r, bytes);
	n = r->job[0].n;
	for (size_t i = 0; i < BATCH; i++)
		memcpy(r->sealed[i], r->job[i].p, n);
	c.open_ns = best_ns(r, open_all, n);
	must(r->job[BATCH - 1].result == ESP_OPENED, "it does not open");
	esp_ctx_free(r->seal);
	esp_ctx_free(r->open);
	free(r);
	return c;
}

static double limit(const struct cost *large)
{
	double packets_per_us = 1e3 / (large->seal_ns + large->open_ns);

	return packets_per_us * LARGE * 8 * (double)sysconf(_SC_NPROCESSORS_ONLN);
}

static void library(const char *name, struct esp_mb *mb)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
		struct cost l = measure(mb, &suites[i].suite, LARGE);
		struct cost s = measure(mb, &suites[i].suite, SMALL);
		const char *suite = suites[i].name;

		printf("%s.%s.seal.%d %.1f\n", name, suite, LARGE, l.seal_ns);
		printf("%s.%s.open.%d %.1f\n", name, suite, LARGE, l.open_ns);
		printf("%s.%s.seal.%d %.1f\n", name, suite, SMALL, s.seal_ns);
		printf("%s.%s.open.%d %.1f\n", name, suite, SMALL, s.open_ns);
		printf("%s.%s.limit %.0f\n", name, suite, limit(&l));
	}
}

static void limit_of(const char *suite, struct esp_mb *mb)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (!strcmp(suites[i].name, suite)) {
			struct cost c = measure(mb, &suites[i].suite, LARGE);

			printf("%.0f\n", limit(&c));
			return;
		}
	must(false, "no such suite");
}

int main(int argc, char **argv)
{
	bool all = argc == 2 && !strcmp(argv[1], "all");
	bool by_mb = argc == 4 && !strcmp(argv[3], "ipsec-mb");
	struct esp_mb *mb = all || by_mb ? esp_mb_new() : NULL;

	must(all || argc == 3 || by_mb, "limit SUITE [ipsec-mb] | all");
	must(mb || !by_mb, "ipsec-mb can not be used");
	if (!all)
		limit_of(argv[2], mb);
	if (all)
		library("openssl", NULL);
	if (all && mb)
		library("ipsec-mb", mb);
	esp_mb_free(mb);
	return 0;
}
