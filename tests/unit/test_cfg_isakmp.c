/* ISAKMP policies and pre-shared keys: from text to struct isakmp_config. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

static void policies(void **state)
{
	struct router r;
	const struct isakmp_policy *p;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "crypto isakmp policy 20\n"
			    "crypto isakmp policy 10\n"
			    " encr aes 256\n"
			    " hash sha384\n"
			    " auth pre-share\n"
			    " group 19\n"
			    " lifetime 600\n"
			    "crypto isakmp policy 15\n"
			    " encryption aes\n"
			    " authentication pre-share\n"
			    " group 5\n"));
	assert_int_equal(fake_box.isakmp.n_policies, 3);
	p = fake_box.isakmp.policy;
	assert_int_equal(p[0].priority, 10);
	assert_int_equal(p[0].cipher, CIPHER_AES256);
	assert_int_equal(p[0].hash, HASH_SHA384);
	assert_int_equal(p[0].auth, IKE_AUTH_PSK);
	assert_int_equal(p[0].group, 19);
	assert_int_equal(p[0].life_secs, 600);
	assert_int_equal(p[1].priority, 15);
	assert_int_equal(p[1].cipher, CIPHER_AES128);
	assert_int_equal(p[1].hash, HASH_SHA1);
	assert_int_equal(p[1].group, 5);
	/* Nothing but its number: the defaults. */
	assert_int_equal(p[2].priority, 20);
	assert_int_equal(p[2].cipher, CIPHER_DES);
	assert_int_equal(p[2].hash, HASH_SHA1);
	assert_int_equal(p[2].auth, IKE_AUTH_RSA_SIG);
	assert_int_equal(p[2].group, 1);
	assert_int_equal(p[2].life_secs, 86400);
	free(fake_paste(&r, "no crypto isakmp policy 15\n"
			    "crypto isakmp policy 10\n no group\n"));
	assert_int_equal(fake_box.isakmp.n_policies, 2);
	assert_int_equal(fake_box.isakmp.policy[0].group, 1);
	fake_router_fini(&r);
}

/* Told when it is typed; taken all the same. */
static void weak_choices(void **state)
{
	auto_free char *out = NULL;
	struct router r;

	(void)state;
	fake_router_init(&r);
	out = fake_paste(&r, "crypto isakmp policy 10\n"
			     " encryption 3des\n"
			     " hash md5\n"
			     " group 2\n"
			     "crypto isakmp policy 20\n"
			     " encryption aes\n"
			     " hash sha256\n"
			     " group 14\n");
	assert_string_equal(out, "% Warning: encryption 3des is weak\n"
				 "% Warning: hash md5 is weak\n"
				 "% Warning: group 2 is weak\n");
	assert_int_equal(fake_box.isakmp.policy[0].group, 2);
	fake_router_fini(&r);
}

static void platform_doi(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "crypto isakmp policy 10\n"));
	assert_int_equal(fake_box.isakmp.offer_doi, 2);
	free(fake_paste(&r, "platform isakmp doi ipsec\n"));
	assert_int_equal(fake_box.isakmp.offer_doi, 1);
	free(fake_paste(&r, "no platform isakmp doi ipsec\n"));
	assert_int_equal(fake_box.isakmp.offer_doi, 2);
	fake_router_fini(&r);
}

static void assert_key(size_t i, uint32_t addr, uint32_t mask, const char *key)
{
	const struct isakmp_key *k = &fake_box.isakmp.keys[i];

	assert_true(i < fake_box.isakmp.n_keys);
	assert_int_equal(ip_u32(&k->addr), addr);
	assert_int_equal(k->mask, mask);
	assert_int_equal(k->key.n, strlen(key));
	assert_memory_equal(k->key.p, key, k->key.n);
}

static void keys(void **state)
{
	struct router r;
	auto_free char *p = NULL;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r,
		"crypto isakmp key ANY address 0.0.0.0\n"
		"crypto isakmp key 0 host address 10.0.0.1\n"
		"crypto isakmp key net address 10.1.2.3 255.255.0.0\n"
		"crypto isakmp key NAMED hostname gm1\n"));
	assert_int_equal(fake_box.isakmp.n_keys, 4);
	assert_key(0, 0, 0, "ANY");
	assert_key(1, 0x0a000001, UINT32_MAX, "host");
	assert_key(2, 0x0a010000, 0xffff0000, "net");
	assert_string_equal(fake_box.isakmp.keys[3].hostname, "gm1");
	/* A key that only a later issue can read is kept, and nothing else. */
	p = fake_paste(&r, "crypto isakmp key 6 XXXX address 10.0.0.2\n");
	assert_non_null(strstr(p, "% Warning: "));
	assert_int_equal(fake_box.isakmp.n_keys, 4);
	free(fake_paste(&r, "no crypto isakmp key host address 10.0.0.1\n"));
	assert_int_equal(fake_box.isakmp.n_keys, 3);
	fake_router_fini(&r);
}

/* Keepalives, fragmentation, limits, error history. */
static void sas(void **state)
{
	const struct isakmp_config *c = &fake_box.isakmp;
	struct router r;
	auto_free char *kept = NULL;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "crypto isakmp policy 10\n"));
	assert_int_equal(c->keepalive.secs, 0);
	assert_false(c->fragmentation);
	assert_int_equal(c->diagnose_entries, 50);
	assert_int_equal(c->sa_limit, 0);
	assert_int_equal(c->negotiation_limit, 0);
	free(fake_paste(&r,
		"crypto isakmp keepalive 10\n"
		"crypto isakmp fragmentation\n"
		"crypto isakmp diagnose error 7\n"
		"crypto call admission limit ike sa 25\n"
		"crypto call admission limit ike in-negotiation-sa 12\n"));
	assert_int_equal(c->keepalive.secs, 10);
	assert_int_equal(c->keepalive.retry_secs, 2);
	assert_false(c->keepalive.periodic);
	assert_true(c->fragmentation);
	assert_int_equal(c->diagnose_entries, 7);
	assert_int_equal(c->sa_limit, 25);
	assert_int_equal(c->negotiation_limit, 12);
	free(fake_paste(&r, "crypto isakmp keepalive 3600 60 periodic\n"
			    "no crypto isakmp fragmentation\n"
			    "no crypto isakmp diagnose error\n"
			    "no crypto call admission limit ike sa\n"));
	assert_int_equal(c->keepalive.secs, 3600);
	assert_int_equal(c->keepalive.retry_secs, 60);
	assert_true(c->keepalive.periodic);
	assert_false(c->fragmentation);
	assert_int_equal(c->diagnose_entries, 0);
	assert_int_equal(c->sa_limit, 0);
	assert_false(c->disconnect_revoked);
	free(fake_paste(&r, "crypto isakmp disconnect-revoked-peers\n"));
	assert_true(c->disconnect_revoked);
	kept = fake_paste(&r, "crypto isakmp invalid-spi-recovery\n");
	assert_non_null(strstr(kept, "% Warning: "));
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),
		cmocka_unit_test(weak_choices),
		cmocka_unit_test(platform_doi),
		cmocka_unit_test(keys),
		cmocka_unit_test(sas),
	};

	return cmocka_run_group_tests_name("cfg_isakmp", tests, NULL, NULL);
}
