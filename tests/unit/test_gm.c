/* The member: what a message installs, which TEK sends when, when it asks
 * again. Payloads are built by hand as a foreign key server would send. */
#include "dataplane/null.h"
#include "tests/sim/world.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <string.h>

#define SECS(n) ((n)*1000ull)
#define ANY     0xffffffffu

struct fix {
	struct world *w;
	struct node *n;
	struct gm *gm;
	struct sat sat[8];
	struct gdoi_sa sa;
	struct gdoi_kd kd;
};

/* A member whose server never answers: installs are made by hand. */
static void begin(struct fix *f)
{
	struct node *ks;

	*f = (struct fix){ .w = world_new(1, &toy_crypto) };
	ks = node_ks(f->w);
	f->n = node_gm(f->w, ks);
	node_start(f->n);
	f->gm = node_gm_of(f->n);
	f->sa.sat = f->sat;
}

static void sat(struct fix *f, uint32_t spi, uint32_t dst, uint32_t life_secs)
{
	struct esp_suite s = { .cipher = ESP_CIPHER_AES_CBC,
		.auth = ESP_AUTH_SHA1,
		.key_bits = 128 };
	bool known = false;

	f->sat[f->sa.n_sats++] = (struct sat){ .spi = spi,
		.suite = s,
		.src = { .wild = ANY },
		.dst = { .addr = dst, .wild = 0xff },
		.life_secs = life_secs,
		.preservation = 4,
		.direction = 3 };
	for (size_t i = 0; i < f->kd.n_teks; i++)
		known |= f->kd.tek[i].spi == spi;
	if (!known)
		f->kd.tek[f->kd.n_teks++] = (struct tek_key){
			.spi = spi, .enc.n = 16, .auth.n = 20
		};
}

static bool install(struct fix *f, bool pull)
{
	uint32_t seq = 0;
	bool ok = gm_keys_install(f->gm, &f->sa, &f->kd, pull ? &seq : NULL);

	f->sa = (struct gdoi_sa){ .sat = f->sat };
	f->kd = (struct gdoi_kd){ .has_kek = false };
	return ok;
}

static void test_selectors(void **state)
{
	struct fix f;
	const struct acl *a;

	(void)state;
	begin(&f);
	sat(&f, 1000, 0x0a010100, 3600);
	sat(&f, 1000, 0x0a010200, 3600); /* n pairs, one SA (F.28) */
	f.sat[1].ip_proto = 17;
	f.sat[1].dst_port = 53;
	assert_true(install(&f, true));
	assert_int_equal(f.gm->n_slots, 1);
	a = dp_null_policy(f.n->dp, 1);
	assert_int_equal(a->n, 2);
	assert_string_equal(a->name, "gdoi_group_SIM_temp_acl");
	assert_true(a->v[0].permit && a->v[1].permit);
	assert_int_equal(a->v[0].proto, ACE_ANY);
	assert_int_equal(a->v[1].proto, 17);
	assert_int_equal(a->v[1].dport.op, PORT_EQ);
	assert_int_equal(a->v[1].dport.p[0], 53);
	assert_int_equal(a->v[1].dst.addr, 0x0a010200);
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1000);
	world_free(f.w);
}

/* A TEK without a key, or with one of a wrong length, is left out (F.33). */
static void test_unusable(void **state)
{
	struct fix f;

	(void)state;
	begin(&f);
	sat(&f, 1000, 0, 3600);
	f.kd.tek[0].enc.n = 15;
	assert_false(install(&f, true));
	assert_int_equal(f.gm->n_slots, 0);
	sat(&f, 1000, 0, 3600);
	sat(&f, 1001, 0, 3600);
	f.kd.tek[0].auth.n = 0;
	assert_true(install(&f, true));
	assert_null(gm_tek_find(f.gm, 1000, NULL));
	assert_non_null(gm_tek_find(f.gm, 1001, NULL));
	world_free(f.w);
}

/* Without delays from the server: 30 s before the old one's end. */
static void test_rollover(void **state)
{
	struct fix f;

	(void)state;
	begin(&f);
	sat(&f, 1000, 0, 300);
	assert_true(install(&f, true));
	world_run(f.w, SECS(200));
	sat(&f, 1001, 0, 300);
	assert_true(install(&f, false));
	assert_true(dp_null_has_sa(f.n->dp, 1, 1001)); /* receives at once */
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1000);
	world_run(f.w, SECS(69));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1000);
	world_run(f.w, SECS(2));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1001);
	assert_true(dp_null_has_sa(f.n->dp, 1, 1000));
	world_run(f.w, SECS(30));
	assert_false(dp_null_has_sa(f.n->dp, 1, 1000));
	/* The end of the last one leaves the policy: no traffic in clear. */
	world_run(f.w, SECS(300));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 0);
	assert_false(gm_has_keys(f.gm));
	assert_non_null(dp_null_policy(f.n->dp, 1));
	world_free(f.w);
}

static void test_delays(void **state)
{
	struct fix f;

	(void)state;
	begin(&f);
	sat(&f, 1000, 0, 3600);
	assert_true(install(&f, true));
	sat(&f, 1001, 0, 3600);
	f.sa.has_gap = true;
	f.sa.atd_secs = 10;
	f.sa.dtd_secs = 20;
	assert_true(install(&f, false));
	world_run(f.w, SECS(9));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1000);
	world_run(f.w, SECS(2));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1001);
	assert_true(dp_null_has_sa(f.n->dp, 1, 1000));
	world_run(f.w, SECS(10));
	assert_false(dp_null_has_sa(f.n->dp, 1, 1000));
	/* The same TEK again is no change, and no reason to end it. */
	sat(&f, 1001, 0, 3000);
	f.sa.has_gap = true;
	f.sa.dtd_secs = 5;
	assert_true(install(&f, false));
	world_run(f.w, SECS(10));
	assert_int_equal(dp_null_sending_spi(f.n->dp, 1), 1001);
	world_free(f.w);
}

/* Different traffic is another SA; the same traffic succeeds. */
static void test_slots(void **state)
{
	struct fix f;

	(void)state;
	begin(&f);
	sat(&f, 1000, 0x0a010100, 3600);
	sat(&f, 2000, 0x0a020100, 3600);
	sat(&f, 1001, 0x0a010100, 3600);
	assert_true(install(&f, true));
	assert_int_equal(f.gm->n_slots, 2);
	assert_true(dp_null_has_sa(f.n->dp, 1, 1000));
	assert_true(dp_null_has_sa(f.n->dp, 1, 1001));
	assert_true(dp_null_has_sa(f.n->dp, 2, 2000));
	/* An SA that is not listed any more goes with its keys. */
	sat(&f, 1002, 0x0a010100, 3600);
	f.sa.has_gap = true;
	f.sa.dtd_secs = 10;
	assert_true(install(&f, false));
	world_run(f.w, SECS(11));
	assert_int_equal(f.gm->n_slots, 1);
	assert_null(dp_null_policy(f.n->dp, 2));
	world_free(f.w);
}

/* The window of ios-cli.md 15.2, in many draws. */
static void test_reregister(void **state)
{
	static const struct {
		uint32_t life, low, high;
	} cases[] = {
		{ 600, 60, 61 },
		{ 3600, 72, 180 },
		{ 86400, 1728, 4320 },
		{ 300, 60, 61 },
		{ 119, 59, 60 },
		{ 60, 30, 31 },
	};
	struct fix f;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int draw = 0; draw < 50; draw++) {
			uint64_t lead;

			gm_keys_drop(f.gm);
			sat(&f, 1000, 0, cases[i].life);
			assert_true(install(&f, true));
			gm_reregister_set(f.gm);
			lead = f.w->now + cases[i].life * 1000ull -
			       f.gm->reregister_ms;
			assert_in_range(lead, cases[i].low * 1000ull,
				cases[i].high * 1000ull);
		}
	world_free(f.w);
}

/* Registered once is enough, until `client fail-close revert` gives that up
 * with the last key. */
static void test_protects(void **state)
{
	struct fix f;

	(void)state;
	begin(&f);
	assert_false(gm_protects(f.gm));
	sat(&f, 1000, 0, 600);
	assert_true(install(&f, true));
	f.gm->registered = true;
	f.gm->policy.fail_close_revert = true;
	world_run(f.w, SECS(590));
	assert_true(f.gm->failed_rounds > 0);
	assert_true(gm_protects(f.gm)); /* its key still lives */
	world_run(f.w, SECS(20));
	assert_false(gm_has_keys(f.gm));
	assert_false(gm_protects(f.gm));
	f.gm->policy.fail_close_revert = false;
	assert_true(gm_protects(f.gm));
	world_free(f.w);
}

static void test_allowed(void **state)
{
	struct ip_addr ks = ip_v4(1);
	auto_sbuf struct sbuf why = { 0 };
	struct fix f;

	(void)state;
	begin(&f);
	f.gm->policy.n_suites = 1;
	f.gm->policy.suites[0] =
		(struct esp_suite){ .cipher = ESP_CIPHER_AES_CBC,
			.auth = ESP_AUTH_SHA1,
			.key_bits = 256 };
	sat(&f, 1000, 0, 3600);
	assert_false(gm_offer_ok(f.gm, &f.sa, &ks, &why));
	assert_non_null(strstr(sbuf_str(&why), "not allowed"));
	assert_int_equal(f.n->reports[REPORT_GM_IPSEC_TRANSFORM_CHECK_FAIL], 1);
	f.sat[0].suite.key_bits = 256;
	assert_true(gm_offer_ok(f.gm, &f.sa, &ks, &why));
	f.sa.has_sak = true;
	f.sa.sak.cipher = CIPHER_AES128;
	f.sa.sak.sig_hash = HASH_SHA1;
	assert_true(gm_offer_ok(f.gm, &f.sa, &ks, &why));
	f.gm->policy.sig_hashes = 1u << HASH_SHA256;
	assert_false(gm_offer_ok(f.gm, &f.sa, &ks, &why));
	world_free(f.w);
}

static void test_snapshot(void **state)
{
	struct gm_snapshot *s;
	struct fix f;

	(void)state;
	begin(&f);
	assert_int_equal(gdoi_gm_snapshot(f.n->g, &s), 1);
	assert_int_equal(s->state, GM_REGISTERING);
	assert_false(s->has_acl);
	gm_snapshot_free(s, 1);
	sat(&f, 1000, 0x0a010100, 3600);
	sat(&f, 2000, 0x0a020100, 1800);
	assert_true(install(&f, true));
	world_run(f.w, SECS(100));
	assert_int_equal(gdoi_gm_snapshot(f.n->g, &s), 1);
	assert_int_equal(s->acl.n, 2);
	assert_int_equal(s->n_teks, 2);
	assert_int_equal(s->tek[0].remaining_secs, 3500);
	assert_int_equal(s->tek[1].elapsed_secs, 100);
	assert_true(s->tek[0].sending && s->tek[1].sending);
	assert_int_equal(s->dp_group, 1);
	assert_string_equal(s->last_error, "No response from KS 10.0.0.1");
	assert_true(s->registrations_tried >= 1);
	assert_int_equal(s->registrations_ok, 0);
	gm_snapshot_free(s, 1);
	world_free(f.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_reregister),
		cmocka_unit_test(test_protects),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
