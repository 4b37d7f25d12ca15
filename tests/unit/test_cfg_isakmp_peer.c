/* Keyrings, profiles, peers and identities of phase 1: from text to struct
 * isakmp_config, and back. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

static void paste(struct router *r, const char *text, const char *want)
{
	auto_free char *out = fake_paste(r, text);

	if (want != NULL)
		assert_string_equal(out, want);
}

static void assert_running(struct router *r, const char *lines)
{
	auto_free char *out = fake_running(r);

	assert_non_null(strstr(out, lines));
}

static void assert_secret(const struct secret *s, const char *text)
{
	assert_int_equal(s->n, strlen(text));
	assert_memory_equal(s->p, text, s->n);
}

static void keyrings(void **state)
{
	static const char lines[] =
		"crypto keyring RED vrf RED\n"
		" description of the red ones\n"
		" local-address GigabitEthernet0/0\n"
		" pre-shared-key address 10.0.0.0 255.0.0.0 key ten\n"
		" pre-shared-key hostname gm1.example key named\n";
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"interface GigabitEthernet0/0\n"
		" ip address 192.0.2.1 255.255.255.0\n"
		"crypto isakmp key all address 0.0.0.0\n"
		"crypto keyring RED vrf RED\n"
		" description of the red ones\n"
		" local-address Gi0/0\n"
		" pre-shared-key address 10.0.0.0 255.0.0.0 key 0 ten\n"
		" pre-shared-key hostname gm1.example key named\n"
		"crypto keyring BLUE\n"
		" local-address 192.0.2.9\n",
		"");
	assert_int_equal(fake_box.isakmp.n_keyrings, 2);
	/* In the order of their names. */
	const struct isakmp_keyring *blue = &fake_box.keyrings[0],
				    *red = blue + 1;

	assert_string_equal(blue->name, "BLUE");
	assert_string_equal(blue->vrf, "");
	assert_int_equal(ip_u32(&blue->local), 0xc0000209);
	assert_string_equal(red->name, "RED");
	assert_string_equal(red->vrf, "RED");
	assert_false(red->dead);
	assert_int_equal(ip_u32(&red->local), 0xc0000201);
	assert_int_equal(fake_box.isakmp.n_keys, 3);
	assert_int_equal(fake_box.keys[0].ring, 0);
	assert_int_equal(fake_box.keys[1].ring, 2);
	assert_int_equal(ip_u32(&fake_box.keys[1].addr), 0x0a000000);
	assert_int_equal(fake_box.keys[1].mask, 0xff000000);
	assert_secret(&fake_box.keys[1].key, "ten");
	assert_string_equal(fake_box.keys[2].hostname, "gm1.example");
	assert_int_equal(fake_box.keys[2].addr.family, 0);
	assert_running(&r, lines);
	/* The address follows its interface. */
	paste(&r, "interface Gi0/0\n no ip address\n", "");
	assert_true(fake_box.keyrings[1].dead);
	paste(&r, "interface Gi0/0\n ip address 192.0.2.7 255.255.255.0\n", "");
	assert_false(fake_box.keyrings[1].dead);
	assert_int_equal(ip_u32(&fake_box.keyrings[1].local), 0xc0000207);
	paste(&r, "no crypto keyring RED\n", "");
	assert_int_equal(fake_box.isakmp.n_keyrings, 1);
	assert_int_equal(fake_box.isakmp.n_keys, 1);
	fake_router_fini(&r);
}

/* `ip host` gives a named key its address in Main Mode. */
static void named_keys_follow_ip_host(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r, "crypto isakmp key K hostname gm1\n", "");
	assert_int_equal(fake_box.isakmp.n_keys, 1);
	paste(&r, "ip host gm1 192.0.2.10\n", "");
	assert_int_equal(fake_box.isakmp.n_keys, 2);
	assert_true(fake_box.keys[1].resolved);
	assert_int_equal(ip_u32(&fake_box.keys[1].addr), 0xc000020a);
	assert_int_equal(fake_box.keys[1].mask, UINT32_MAX);
	assert_secret(&fake_box.keys[1].key, "K");
	paste(&r, "ip host gm1 192.0.2.10 192.0.2.11\n", "");
	assert_int_equal(fake_box.isakmp.n_keys, 3);
	assert_int_equal(ip_u32(&fake_box.keys[2].addr), 0xc000020b);
	paste(&r, "no ip host gm1 192.0.2.10\n", "");
	assert_int_equal(fake_box.isakmp.n_keys, 1);
	fake_router_fini(&r);
}

/* Kept, and told that nobody comes by them. */
static void ipv6_keys(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"crypto isakmp key K address ipv6 2001:DB8::/32\n"
		"crypto keyring R\n"
		" pre-shared-key address ipv6 2001:DB8::1/128 key L\n",
		"% Warning: this line is kept but not in force (no IPv6 "
		"peers)\n"
		"% Warning: this line is kept but not in force (no IPv6 "
		"peers)\n");
	assert_int_equal(fake_box.isakmp.n_keys, 2);
	assert_int_equal(fake_box.keys[0].addr.family, 6);
	assert_int_equal(fake_box.keys[0].prefix, 32);
	assert_int_equal(fake_box.keys[1].prefix, 128);
	fake_router_fini(&r);
}

static void a_second_key_is_refused_in_a_keyring(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"crypto keyring R\n"
		" pre-shared-key address 10.1.1.1 key A\n"
		" pre-shared-key address 10.1.1.1 key B\n",
		"A pre-shared key for address mask 10.1.1.1 255.255.255.255 "
		"already exists!\n");
	assert_int_equal(fake_box.isakmp.n_keys, 1);
	/* Another keyring may have its own. */
	paste(&r,
		"crypto keyring S\n"
		" pre-shared-key address 10.1.1.1 key B\n",
		"");
	assert_int_equal(fake_box.isakmp.n_keys, 2);
	fake_router_fini(&r);
}

static void identities(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r, "hostname gm7\ncrypto isakmp identity hostname\n", "");
	assert_int_equal(fake_box.isakmp.self.kind, ISAKMP_ID_FQDN);
	assert_string_equal(fake_box.isakmp.self.name, "gm7");
	paste(&r, "ip domain name orbit.example\n", "");
	assert_string_equal(fake_box.isakmp.self.name, "gm7.orbit.example");
	paste(&r, "hostname gm8\n", "");
	assert_string_equal(fake_box.isakmp.self.name, "gm8.orbit.example");
	assert_running(&r, "crypto isakmp identity hostname\n");
	paste(&r, "crypto isakmp identity dn\n", "");
	assert_int_equal(fake_box.isakmp.self.kind, ISAKMP_ID_DN);
	paste(&r, "no crypto isakmp identity\n", "");
	assert_int_equal(fake_box.isakmp.self.kind, ISAKMP_ID_NONE);
	fake_router_fini(&r);
}

static void peers_begin_in_aggressive_mode(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"crypto isakmp peer address 192.0.2.1\n"
		" description the key server\n",
		"");
	assert_int_equal(fake_box.isakmp.n_peers, 0);
	paste(&r,
		"crypto isakmp peer address 192.0.2.1\n"
		" set aggressive-mode client-endpoint user-fqdn me@example\n"
		" set aggressive-mode password secret\n"
		"crypto isakmp peer address 192.0.2.2\n"
		" set aggressive-mode client-endpoint ipv4-address 10.0.0.1\n",
		"");
	assert_int_equal(fake_box.isakmp.n_peers, 2);
	assert_int_equal(ip_u32(&fake_box.peers[0].addr), 0xc0000201);
	assert_int_equal(fake_box.peers[0].endpoint.kind, ISAKMP_ID_USER_FQDN);
	assert_string_equal(fake_box.peers[0].endpoint.name, "me@example");
	assert_secret(&fake_box.peers[0].password, "secret");
	assert_int_equal(fake_box.peers[1].endpoint.kind, ISAKMP_ID_ADDRESS);
	assert_int_equal(ip_u32(&fake_box.peers[1].endpoint.addr), 0x0a000001);
	assert_int_equal(fake_box.peers[1].password.n, 0);
	assert_running(&r,
		"crypto isakmp peer address 192.0.2.1\n"
		" description the key server\n"
		" set aggressive-mode client-endpoint user-fqdn me@example\n"
		" set aggressive-mode password secret\n");
	assert_false(fake_box.isakmp.no_aggressive);
	paste(&r, "crypto isakmp aggressive-mode disable\n", "");
	assert_true(fake_box.isakmp.no_aggressive);
	paste(&r, "no crypto isakmp aggressive-mode disable\n", "");
	assert_false(fake_box.isakmp.no_aggressive);
	fake_router_fini(&r);
}

static void profiles(void **state)
{
	static const char lines[] =
		"crypto isakmp profile P\n"
		" description of members\n"
		" vrf INSIDE\n"
		" keyring default\n"
		" keyring R\n"
		" keyring NONE\n"
		" self-identity user-fqdn ks@example\n"
		" ca trust-point CA1\n"
		" match identity address 10.0.0.0 255.0.0.0 RED\n"
		" match identity host domain example\n"
		" keepalive 20 retry 5\n"
		" initiate mode aggressive\n"
		" local-address 192.0.2.1\n";
	const struct isakmp_profile *p;
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r, "crypto keyring R\ncrypto isakmp profile P\n",
		"% A profile is deemed incomplete until it has match identity "
		"statements\n");
	paste(&r, lines, "");
	assert_int_equal(fake_box.isakmp.n_profiles, 1);
	p = &fake_box.profiles[0];
	assert_string_equal(p->name, "P");
	assert_string_equal(p->vrf, "INSIDE");
	assert_int_equal(p->n_rings, 3);
	assert_int_equal(p->ring[0], 0);
	assert_int_equal(p->ring[1], 1);
	assert_int_equal(p->ring[2], UINT16_MAX);
	assert_int_equal(p->self.kind, ISAKMP_ID_USER_FQDN);
	assert_string_equal(p->self.name, "ks@example");
	assert_int_equal(p->n_trustpoints, 1);
	assert_string_equal(p->trustpoint[0], "CA1");
	assert_int_equal(p->keepalive_secs, 20);
	assert_int_equal(p->retry_secs, 5);
	assert_true(p->aggressive);
	assert_true(p->local_given);
	assert_int_equal(ip_u32(&p->local), 0xc0000201);
	assert_int_equal(fake_box.isakmp.n_matches, 2);
	assert_int_equal(fake_box.matches[0].kind, ISAKMP_MATCH_ADDRESS);
	assert_int_equal(ip_u32(&fake_box.matches[0].addr), 0x0a000000);
	assert_int_equal(fake_box.matches[0].mask, 0xff000000);
	assert_string_equal(fake_box.matches[0].vrf, "RED");
	assert_int_equal(fake_box.matches[1].kind, ISAKMP_MATCH_HOST_DOMAIN);
	assert_string_equal(fake_box.matches[1].name, "example");
	assert_running(&r, lines);
	paste(&r, "crypto isakmp profile P\n no self-identity\n no keyring R\n",
		"");
	assert_int_equal(fake_box.profiles[0].self.kind, ISAKMP_ID_NONE);
	assert_int_equal(fake_box.profiles[0].n_rings, 2);
	fake_router_fini(&r);
}

static void certificate_maps(void **state)
{
	static const char lines[] =
		"crypto pki trustpoint CA1\n"
		" match certificate OLD allow expired-certificate\n"
		" match certificate M\n"
		" match certificate ANY skip revocation-check\n";
	static const char map[] =
		"crypto pki certificate map M 10\n"
		" subject-name co o = Orbit Lab\n"
		" serial-number ge 0A\n"
		" expires-on lt Mar 3 2030 09:30:00\n"
		"!\n"
		"crypto pki certificate map M 20\n"
		" unstructured-subject-name ne gm1.orbit.example\n";
	static const enum ike_trust_rule rules[] = { TRUST_EXPIRED,
		TRUST_REQUIRE, TRUST_UNREVOKED };
	struct isakmp_view v;
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r, lines, "");
	paste(&r, map, "");
	assert_running(&r, map);
	paste(&r, "crypto isakmp profile P\n match certificate M\n",
		NULL);
	assert_running(&r, "crypto isakmp profile P\n match certificate M\n");
	isakmp_view_build(&r, &v);
	assert_int_equal(v.config.n_trustpoints, 1);
	assert_int_equal(v.trustpoints[0].n_matches, 3);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		assert_int_equal(v.trustpoints[0].matches[i].rule, rules[i]);
	assert_string_equal(v.trustpoints[0].matches[1].map, "M");
	assert_int_equal(v.config.n_matches, 1);
	assert_int_equal(v.matches[0].kind, ISAKMP_MATCH_CERT);
	assert_string_equal(v.matches[0].name, "M");
	assert_int_equal(v.config.n_cert_rules, 4);
	assert_string_equal(v.cert_rules[0].map, "M");
	assert_int_equal(v.cert_rules[0].seq, 10);
	assert_int_equal(v.cert_rules[0].field, CERT_FIELD_SUBJECT);
	assert_int_equal(v.cert_rules[0].op, CERT_OP_CO);
	assert_string_equal(v.cert_rules[0].text, "o = Orbit Lab");
	assert_int_equal(v.cert_rules[1].field, CERT_FIELD_SERIAL);
	assert_int_equal(v.cert_rules[1].op, CERT_OP_GE);
	assert_int_equal(v.cert_rules[2].field, CERT_FIELD_EXPIRES_ON);
	assert_int_equal(v.cert_rules[2].op, CERT_OP_LT);
	assert_int_equal(v.cert_rules[2].from, 1898760600);
	assert_int_equal(v.cert_rules[3].seq, 20);
	assert_int_equal(v.cert_rules[3].field, CERT_FIELD_UNSTRUCTURED);
	assert_int_equal(v.cert_rules[3].op, CERT_OP_NE);
	isakmp_view_free(&v);
	fake_router_fini(&r);
}

/* A line that cannot be compared with is refused, and the others stay. */
static void bad_dates(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"crypto pki certificate map M 10\n"
		" expires-on lt Mar 3 2030\n"
		" valid-start ge Feb 30 2026\n",
		"% Invalid date: as in Mar 3 2030 or 3 Mar 2030, with 09:30:00 "
		"behind it or not\n");
	assert_running(&r,
		"crypto pki certificate map M 10\n"
		" expires-on lt Mar 3 2030\n"
		"!\n");
	fake_router_fini(&r);
}

static void default_policies_stand_in(void **state)
{
	struct router r;
	const struct isakmp_policy *p;

	(void)state;
	fake_router_init(&r);
	paste(&r, "crypto isakmp key K address 0.0.0.0\n", "");
	assert_int_equal(fake_box.isakmp.n_policies, 8);
	p = fake_box.isakmp.policy;
	assert_int_equal(p[0].priority, 65507);
	assert_int_equal(p[0].cipher, CIPHER_AES128);
	assert_int_equal(p[0].hash, HASH_SHA1);
	assert_int_equal(p[0].auth, IKE_AUTH_RSA_SIG);
	assert_int_equal(p[0].group, 5);
	assert_int_equal(p[7].priority, 65514);
	assert_int_equal(p[7].cipher, CIPHER_3DES);
	assert_int_equal(p[7].hash, HASH_MD5);
	assert_int_equal(p[7].auth, IKE_AUTH_PSK);
	assert_int_equal(p[7].group, 2);
	paste(&r, "no crypto isakmp default policy\n", "");
	assert_int_equal(fake_box.isakmp.n_policies, 0);
	assert_running(&r, "no crypto isakmp default policy\n");
	paste(&r, "crypto isakmp default policy\ncrypto isakmp policy 5\n", "");
	assert_int_equal(fake_box.isakmp.n_policies, 1);
	paste(&r, "no crypto isakmp enable\n", "");
	assert_int_equal(fake_box.isakmp.n_policies, 0);
	paste(&r, "crypto isakmp enable\n", "");
	assert_int_equal(fake_box.isakmp.n_policies, 1);
	fake_router_fini(&r);
}

static void assert_shows(struct router *r, const char *line, const char *want)
{
	auto_free char *out = fake_exec(r, line);

	if (strstr(out, want) == NULL)
		fail_msg("%s", out);
}

static void what_is_shown(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	paste(&r,
		"crypto isakmp key all address 0.0.0.0\n"
		"crypto keyring R\n"
		" pre-shared-key hostname gm1 key named\n"
		"ip host gm1 192.0.2.10\n"
		"crypto isakmp profile P\n"
		" keyring R\n"
		" match identity host gm1\n"
		" match identity address 10.0.0.0 255.0.0.0\n",
		NULL);
	assert_shows(&r, "show crypto isakmp key\n",
		"default      0.0.0.0          [0.0.0.0]                  "
		"all\n"
		"R            gm1                                         "
		"named\n");
	assert_shows(&r, "show crypto isakmp profile\n",
		"IKEv1 PROFILE P\n"
		"   Identities matched are:\n"
		" fqdn gm1\n"
		" ip-address 10.0.0.0 255.0.0.0\n"
		"   Certificate maps matched are:\n"
		"   keyring(s): R\n"
		"   trustpoint(s): <all>\n");
	assert_shows(&r, "show crypto isakmp policy\n",
		"Default IKE policy\n"
		"Default protection suite of priority 65507\n");
	paste(&r, "crypto isakmp policy 10\n", NULL);
	assert_shows(&r, "show crypto isakmp policy\n",
		"Global IKE policy\nProtection suite of priority 10\n");
	assert_shows(&r, "show crypto isakmp default policy\n",
		"Default protection suite of priority 65514\n");
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyrings),
		cmocka_unit_test(named_keys_follow_ip_host),
		cmocka_unit_test(ipv6_keys),
		cmocka_unit_test(a_second_key_is_refused_in_a_keyring),
		cmocka_unit_test(identities),
		cmocka_unit_test(peers_begin_in_aggressive_mode),
		cmocka_unit_test(profiles),
		cmocka_unit_test(certificate_maps),
		cmocka_unit_test(bad_dates),
		cmocka_unit_test(default_policies_stand_in),
		cmocka_unit_test(what_is_shown),
	};

	return cmocka_run_group_tests_name(
		"cfg_isakmp_peer", tests, NULL, NULL);
}
