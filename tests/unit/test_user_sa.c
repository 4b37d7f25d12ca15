/* No number is used twice under one TEK and sender id. */
#include "dataplane/user_io.h"
#include "tests/unit/test.h"
#include <sys/eventfd.h>
#include <string.h>

static struct dp_sa gcm(uint8_t key, uint32_t sid)
{
	struct dp_sa sa = { .spi = 0x1000,
		.suite = { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 },
		.enc.n = 20,
		.sid_bits = 24,
		.sid = sid,
		.may_send = true };

	memset(sa.enc.b, key, 20);
	return sa;
}

/* What a sender id of 24 bits leaves of the IV. */
#define GCM_LAST ((UINT64_C(1) << 40) - 1)

static uint64_t take(struct user_sa *sa)
{
	uint64_t n;

	assert_true(user_sa_number_take(sa, 0, &n));
	return n;
}

static struct sa_seqs seqs;

static int init(void **state)
{
	(void)state;
	seqs = (struct sa_seqs){ 0 };
	TAILQ_INIT(&seqs.list);
	return 0;
}

static int fini(void **state)
{
	(void)state;
	sa_seqs_free(&seqs);
	return 0;
}

static void numbers_start_at_one(void **state)
{
	struct dp_sa in = gcm(1, 5);
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 1, NULL);

	(void)state;
	assert_int_equal(take(sa), 1);
	assert_int_equal(take(sa), 2);
	assert_true(sa->iv_base == UINT64_C(5) << 40);
	user_sa_free(&seqs, sa);
}

static void installed_again_goes_on(void **state)
{
	struct dp_sa in = gcm(1, 5), other_sid = gcm(1, 6);
	struct dp_sa other_key = gcm(2, 5);
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 1, NULL), *again, *third;

	(void)state;
	assert_int_equal(take(sa), 1);
	again = user_sa_new(&seqs, &in, false, 1, NULL); /* the same TEK on another interface */
	assert_int_equal(take(again), 1 + SA_BLOCK);
	assert_int_equal(take(sa), 2);
	user_sa_free(&seqs, sa);
	user_sa_free(&seqs, again);
	again = user_sa_new(&seqs, &in, false, 1, NULL);
	assert_int_equal(take(again), 1 + 2 * SA_BLOCK);
	sa = user_sa_new(&seqs, &other_sid, false, 1, NULL);
	third = user_sa_new(&seqs, &other_key, false, 1, NULL);
	assert_int_equal(take(sa), 1);
	assert_int_equal(take(third), 1);
	user_sa_free(&seqs, sa);
	user_sa_free(&seqs, third);
	user_sa_free(&seqs, again);
}

static void queues_share_nothing(void **state)
{
	struct dp_sa in = gcm(1, 5);
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 2, NULL);
	bool seen[3 * SA_BLOCK + 1] = { false };
	uint64_t n;

	(void)state;
	for (unsigned i = 0; i < 3 * SA_BLOCK; i++) {
		assert_true(user_sa_number_take(sa, i % 3 == 0, &n));
		assert_in_range(n, 1, 3 * SA_BLOCK);
		assert_false(seen[n]);
		seen[n] = true;
	}
	user_sa_free(&seqs, sa);
}

static void the_end_is_final(void **state)
{
	struct dp_sa in = gcm(1, 5);
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 1, NULL);
	uint64_t n;

	(void)state;
	atomic_store(&sa->seq->next, GCM_LAST);
	assert_true(take(sa) == GCM_LAST);
	for (int i = 0; i < 3; i++)
		assert_false(user_sa_number_take(sa, 0, &n));
	assert_true(atomic_load(&sa->seq->next) == GCM_LAST + 1);
	user_sa_free(&seqs, sa);
}

/* The loop hears of it once. */
static void the_end_is_told(void **state)
{
	struct dp_sa in = gcm(1, 5);
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 1, NULL);
	auto_fd int trouble = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct user_group g = { 0 };
	struct world_group wg = { .g = &g, .sending = sa };
	struct seal_io io;
	eventfd_t told;

	(void)state;
	seal_io_init(&io, trouble);
	atomic_store(&sa->seq->next, GCM_LAST + 1);
	for (int i = 0; i < 2; i++) {
		struct emit_frame f = { .n = IP4_HDR };
		struct out_mark m;

		frames_seal(&io, &wg, 0, &f, &m, 1);
		assert_int_equal(f.n, 0);
	}
	assert_int_equal(g.drops[DP_DROP_SEQ_EXHAUSTED], 2);
	assert_int_equal(eventfd_read(trouble, &told), 0);
	assert_int_equal(told, 1);
	assert_int_equal(sa->spent, SA_SPENT);
	seal_io_fini(&io);
	user_sa_free(&seqs, sa);
}

/* Where nobody checks the ESP sequence it may come round. */
static void without_an_iv_it_goes_on(void **state)
{
	struct dp_sa in = { .spi = 1,
		.suite = { .cipher = ESP_CIPHER_AES_CBC,
			.auth = ESP_AUTH_SHA1,
			.key_bits = 128 },
		.enc.n = 16,
		.auth.n = 20,
		.may_send = true };
	struct user_sa *sa = user_sa_new(&seqs, &in, false, 1, NULL);

	(void)state;
	atomic_store(&sa->seq->next, UINT32_MAX);
	assert_true(take(sa) == UINT32_MAX);
	assert_true(take(sa) == UINT64_C(1) << 32);
	user_sa_free(&seqs, sa);
}

static void idle_ones_are_bounded(void **state)
{
	size_t n = 0;
	struct sa_seq *s;

	(void)state;
	for (uint32_t sid = 0; sid < 3 * SA_SEQ_KEPT; sid++) {
		struct dp_sa in = gcm(1, sid);

		user_sa_free(&seqs, user_sa_new(&seqs, &in, false, 1, NULL));
	}
	TAILQ_FOREACH(s, &seqs.list, link)
		n++;
	assert_int_equal(n, SA_SEQ_KEPT);
}

/* The successor counts on, sends in the predecessor's place, and takes none of
 * its numbers; what ipsec-mb lacks is OpenSSL's. */
static void a_library_follows_another(void **state)
{
	struct user_sa_list old = TAILQ_HEAD_INITIALIZER(old);
	auto_sbuf struct sbuf why = { 0 };
	struct user_group g = { 0 };
	struct dp_sa in = gcm(1, 5);
	struct user_crypto by;
	struct dp_sa_view view;
	struct user_sa *sa;
	int rc = user_crypto_open(&by, DP_CRYPTO_IPSEC_MB, 1, &why);

	(void)state;
	TAILQ_INIT(&g.sas);
	if (rc) {
		assert_string_equal(sbuf_str(&why), esp_mb_missing());
		return;
	}
	g.sending = sa = user_sa_new(&seqs, &in, false, 1, NULL);
	TAILQ_INSERT_TAIL(&g.sas, sa, link);
	assert_int_equal(take(sa), 1);
	sa->encaps = 7;
	assert_int_equal(user_sas_renew(&seqs, &g, 1, &by), 0);
	user_sas_renew_undo(&seqs, &g);
	assert_int_equal(user_sas_renew(&seqs, &g, 1, &by), 0);
	user_sas_succeed(&g, &old);
	user_sas_retire(&seqs, &old);
	sa = TAILQ_FIRST(&g.sas);
	assert_ptr_equal(g.sending, sa);
	assert_null(TAILQ_NEXT(sa, link));
	assert_int_equal(sa->encaps, 7);
	assert_true(take(sa) > 1);
	user_sa_view(sa, &view);
	assert_int_equal(view.crypto, DP_CRYPTO_IPSEC_MB);
	assert_int_equal(view.spi, in.spi);
	user_sa_free(&seqs, sa);
	user_crypto_close(&by);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			numbers_start_at_one, init, fini),
		cmocka_unit_test_setup_teardown(
			installed_again_goes_on, init, fini),
		cmocka_unit_test_setup_teardown(
			queues_share_nothing, init, fini),
		cmocka_unit_test_setup_teardown(the_end_is_final, init, fini),
		cmocka_unit_test_setup_teardown(the_end_is_told, init, fini),
		cmocka_unit_test_setup_teardown(
			without_an_iv_it_goes_on, init, fini),
		cmocka_unit_test_setup_teardown(
			idle_ones_are_bounded, init, fini),
		cmocka_unit_test_setup_teardown(
			a_library_follows_another, init, fini),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
