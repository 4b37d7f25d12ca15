/* Batches, by either library, give what OpenSSL gives for the packets one by
 * one: random suites, lengths and damage, all mixed. */
#include "dataplane/user_esp.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

#define BATCH  48
#define ROUNDS 60
#define INNER  1500
#define ROOM   (ESP_HEAD_MAX + INNER + ESP_TAIL_MAX)

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

static void fill(uint8_t *p, size_t n)
{
	while (n--)
		*p++ = (uint8_t)draw(256);
}

/* ---- suites ---- */

/* One SA; `alone` are the ones whose results count as right. */
struct pair {
	struct esp_ctx *seal, *open, *alone_seal, *alone_open;
};

static struct esp_suite suite_draw(void)
{
	static const uint8_t cipher[] = { ESP_CIPHER_3DES, ESP_CIPHER_NULL,
		ESP_CIPHER_AES_CBC, ESP_CIPHER_AES_GCM, ESP_CIPHER_AES_GMAC };
	struct esp_suite s = { .cipher = cipher[draw(ARRAY_LEN(cipher))] };

	if (s.cipher >= ESP_CIPHER_AES_CBC)
		s.key_bits = (uint16_t)(128 + 64 * draw(3));
	if (s.cipher < ESP_CIPHER_AES_GCM)
		s.auth = (uint8_t)(ESP_AUTH_NONE + draw(6));
	if (!esp_suite_valid(&s))
		s.auth = ESP_AUTH_SHA1;
	return s;
}

static struct pair pair_new(struct esp_mb *by)
{
	struct esp_suite s = suite_draw();
	struct keybuf enc = { .n = (uint8_t)esp_key_bytes(&s) };
	struct keybuf auth = { .n = (uint8_t)esp_auth_key_bytes(&s) };
	struct pair p;

	fill(enc.b, enc.n);
	fill(auth.b, auth.n);
	p.seal = esp_ctx_new(by, &s, &enc, &auth, true);
	p.open = esp_ctx_new(by, &s, &enc, &auth, false);
	p.alone_seal = esp_ctx_new(NULL, &s, &enc, &auth, true);
	p.alone_open = esp_ctx_new(NULL, &s, &enc, &auth, false);
	assert_non_null(p.seal);
	assert_non_null(p.open);
	assert_non_null(p.alone_seal);
	assert_non_null(p.alone_open);
	return p;
}

static void pair_free(struct pair *p)
{
	esp_ctx_free(p->seal);
	esp_ctx_free(p->open);
	esp_ctx_free(p->alone_seal);
	esp_ctx_free(p->alone_open);
}

/* ---- packets ---- */

struct packet {
	uint8_t b[ROOM], want[ROOM];
	size_t n;
	enum esp_result result;
};

/* Draws a packet; `want` becomes what sealing it alone gives. */
static void seal_alone(
	struct packet *p, struct esp_job *j, const struct pair *sa)
{
	size_t n = 20 + draw(draw(2) ? 100 : INNER - 20);

	fill(p->b, sizeof(p->b));
	memcpy(p->want, p->b, sizeof(p->b));
	*j = (struct esp_job){ .ctx = sa->seal,
		.p = p->b + ESP_HEAD_MAX,
		.n = n,
		.spi = 1 + draw(1u << 30),
		.seq = draw(1u << 30) };
	fill(j->iv, sizeof(j->iv));
	p->n = esp_seal(sa->alone_seal, j->spi, j->seq, j->iv,
		p->want + ESP_HEAD_MAX, n);
	assert_int_not_equal(p->n, 0);
}

/* Turns a sealed packet into one to open, perhaps a damaged one; `want`
 * becomes what opening it alone gives. */
static void open_alone(
	struct packet *p, struct esp_job *j, const struct pair *sa)
{
	uint8_t *inner = NULL;
	size_t n = 0;

	if (!draw(3))
		j->p[draw((uint32_t)j->n)] ^= (uint8_t)(1 + draw(255));
	if (!draw(4))
		j->n = draw((uint32_t)j->n);
	memcpy(p->want, j->p, j->n);
	p->result = esp_open(sa->alone_open, p->want, j->n, &inner, &n);
	if (p->result == ESP_OPENED) {
		memmove(p->want, inner, n);
		p->n = n;
	}
	j->ctx = sa->open;
}

static size_t batch_round(struct packet *p, struct pair *pairs, size_t n_pairs)
{
	struct esp_job job[BATCH];
	size_t of[BATCH], opened = 0, n = 1 + draw(BATCH);

	for (size_t i = 0; i < n; i++) {
		of[i] = draw((uint32_t)n_pairs);
		seal_alone(&p[i], &job[i], &pairs[of[i]]);
	}
	esp_seal_batch(job, n);
	for (size_t i = 0; i < n; i++) {
		size_t head = esp_ctx_head(job[i].ctx);

		assert_int_equal(job[i].n, p[i].n);
		assert_ptr_equal(job[i].p, p[i].b + ESP_HEAD_MAX - head);
		assert_memory_equal(
			job[i].p, p[i].want + ESP_HEAD_MAX - head, job[i].n);
		open_alone(&p[i], &job[i], &pairs[of[i]]);
	}
	esp_open_batch(job, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(job[i].result, p[i].result);
		if (job[i].result != ESP_OPENED)
			continue;
		assert_int_equal(job[i].n, p[i].n);
		assert_memory_equal(job[i].p, p[i].want, p[i].n);
		opened++;
	}
	return opened;
}

static void batches_equal_packets_alone(struct esp_mb *by)
{
	struct packet *p = xcalloc(BATCH, sizeof(*p));
	size_t opened = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct pair pairs[8];

		for (size_t k = 0; k < ARRAY_LEN(pairs); k++)
			pairs[k] = pair_new(by);
		opened += batch_round(p, pairs, 1 + draw(ARRAY_LEN(pairs)));
		for (size_t k = 0; k < ARRAY_LEN(pairs); k++)
			pair_free(&pairs[k]);
	}
	assert_true(opened > ROUNDS);
	free(p);
}

static void openssl_batches(void **state)
{
	(void)state;
	seed = 20231;
	batches_equal_packets_alone(NULL);
}

static void ipsec_mb_batches(void **state)
{
	const char *missing = esp_mb_missing();
	struct esp_mb *by = esp_mb_new();

	(void)state;
	if (missing) {
		print_message("left out: %s\n", missing);
		return;
	}
	seed = 20232;
	batches_equal_packets_alone(by);
	esp_mb_free(by);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_batches),
		cmocka_unit_test(ipsec_mb_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
