/* Phase 1 by signatures: both modes, both ends in one process. */
#include "tests/unit/ca_world.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/rewrite.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#define CA_EXT { "basicConstraints", "critical,CA:TRUE" }

/* Two routers under one CA; each end's trustpoint may be bent by a test. */
struct lab {
	struct world w;
	struct cert *root, *cert[2];
	struct pkey *key[2];
	struct cert *ca[1], *chain[2][2];
	struct crl *crl[1];
	struct ike_trustpoint tp[2];
	struct isakmp_policy policy;
};

static const struct ca_spec root_spec = { .subject = "Root",
	.ext = { CA_EXT },
	.to = CA_NOW + 4000 * CA_DAY };

static struct cert *router_cert(struct lab *l, unsigned i, struct pkey *key)
{
	struct ca_spec s = { .subject = i == 0 ? "gm1" : "ks1",
		.serial = 10 + (long)i,
		.ext = { { "subjectAltName",
			i == 0 ? "DNS:gm1.orbit.example,IP:192.0.2.10"
			       : "DNS:ks1.orbit.example,IP:192.0.2.1" } } };

	return ca_issue(&s, key, l->root, ca_key_rsa(0));
}

static void lab_init(struct lab *l, enum ike_auth auth, struct pkey *key_a,
	struct pkey *key_b)
{
	memset(l, 0, sizeof(*l));
	world_init(&l->w);
	l->w.wall_ms = CA_NOW * UINT64_C(1000);
	l->policy = (struct isakmp_policy){ .priority = 10,
		.cipher = CIPHER_AES128,
		.hash = HASH_SHA1,
		.auth = auth,
		.group = 19,
		.life_secs = 86400 };
	l->root = ca_issue(&root_spec, ca_key_rsa(0), NULL, NULL);
	l->ca[0] = l->root;
	l->key[0] = key_a;
	l->key[1] = key_b;
	for (unsigned i = 0; i < 2; i++) {
		l->cert[i] = router_cert(l, i, l->key[i]);
		l->chain[i][0] = l->cert[i];
		l->tp[i] = (struct ike_trustpoint){
			.trust = { .name = "CA",
				.ca = l->ca,
				.n_ca = 1,
				.crl = l->crl,
				.method = { REVOCATION_NONE },
				.n_methods = 1 },
			.chain = l->chain[i],
			.n_chain = 1,
			.key = l->key[i]
		};
	}
	l->w.a.trustpoints = &l->tp[0];
	l->w.b.trustpoints = &l->tp[1];
	l->w.a.n_trustpoints = l->w.b.n_trustpoints = 1;
}

static void lab_rsa(struct lab *l)
{
	lab_init(l, IKE_AUTH_RSA_SIG, ca_key_rsa(1), ca_key_rsa(2));
}

static void lab_config(struct lab *l)
{
	world_config(&l->w.a, &l->policy, 1, NULL, 2);
	world_config(&l->w.b, &l->policy, 1, NULL, 2);
}

static void lab_run(struct lab *l)
{
	lab_config(l);
	world_connect(&l->w);
	world_run(&l->w, 0);
}

static void lab_fini(struct lab *l)
{
	world_fini(&l->w);
	cert_unref(l->root);
	cert_unref(l->cert[0]);
	cert_unref(l->cert[1]);
	crl_unref(l->crl[0]);
}

static uint64_t drops(const struct end *e, enum wire_err err)
{
	struct ike_stats s;

	ike_stats(e->ike, &s);
	return s.drops[err];
}

static void rsa_comes_up(void **state)
{
	struct lab l;
	struct span id;

	(void)state;
	lab_rsa(&l);
	lab_run(&l);
	assert_true(world_both_up(&l.w));
	assert_int_equal(l.w.sent, 6);
	assert_true(cert_equal(ike_sa_peer_cert(l.w.b.sa), l.cert[0]));
	assert_true(cert_equal(ike_sa_peer_cert(l.w.a.sa), l.cert[1]));
	assert_int_equal(ike_sa_peer_id(l.w.b.sa, &id), 1);
	assert_int_equal(l.w.b.reports[REPORT_IKMP_NO_ID_CERT_MATCH], 0);
	lab_fini(&l);
}

static void every_curve_comes_up(void **state)
{
	static const struct {
		unsigned bits;
		enum ike_auth auth;
	} curves[] = { { 256, IKE_AUTH_ECDSA256 }, { 384, IKE_AUTH_ECDSA384 },
		{ 521, IKE_AUTH_ECDSA521 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
		struct pkey *a = pkey_ec_generate(curves[i].bits);
		struct pkey *b = pkey_ec_generate(curves[i].bits);
		struct ike_sa_info info;
		struct lab l;

		/* As configured: the curve is the key's business. */
		lab_init(&l, IKE_AUTH_ECDSA256, a, b);
		lab_run(&l);
		assert_true(world_both_up(&l.w));
		assert_int_equal(ike_list(l.w.b.ike, &info, 1), 1);
		assert_int_equal(info.policy.auth, curves[i].auth);
		lab_fini(&l);
		pkey_unref(a);
		pkey_unref(b);
	}
}

static void other_kinds_of_key_have_no_proposal(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, IKE_AUTH_RSA_SIG, ca_key_rsa(1), ca_key_ec(0));
	lab_run(&l);
	assert_false(world_both_up(&l.w));
	assert_true(drops(&l.w.b, WIRE_NO_PROPOSAL) > 0);
	lab_fini(&l);
}

static void names_come_from_the_certificate(void **state)
{
	struct lab l;
	struct span id;

	(void)state;
	lab_rsa(&l);
	l.w.a.self.kind = ISAKMP_ID_DN;
	l.w.b.self = (struct isakmp_id){ .kind = ISAKMP_ID_FQDN,
		.name = "ks1.orbit.example" };
	lab_run(&l);
	assert_true(world_both_up(&l.w));
	assert_int_equal(ike_sa_peer_id(l.w.b.sa, &id), 9);
	assert_true(dn_equal(id, cert_subject_der(l.cert[0])));
	assert_int_equal(ike_sa_peer_id(l.w.a.sa, &id), 2);
	lab_fini(&l);
}

static void a_name_of_another_is_refused(void **state)
{
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.w.a.self = (struct isakmp_id){ .kind = ISAKMP_ID_FQDN,
		.name = "gm2.orbit.example" };
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(drops(&l.w.b, WIRE_ID), 1);
	assert_int_equal(l.w.b.reports[REPORT_IKMP_NO_ID_CERT_MATCH], 1);
	lab_fini(&l);
}

/* Its source address claims nothing; another one does. */
static void an_address_need_not_stand_in_it(void **state)
{
	static const struct ca_spec bare = { .subject = "gm1", .serial = 10 };
	struct lab l;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		lab_rsa(&l);
		cert_unref(l.cert[0]);
		l.chain[0][0] = l.cert[0] = ca_issue(
			&bare, l.key[0], l.root, ca_key_rsa(0));
		l.w.a.self.kind = ISAKMP_ID_ADDRESS;
		if (i == 1)
			l.w.a.self.addr = ip_v4(0xc00002fe);
		lab_run(&l);
		assert_int_equal(world_both_up(&l.w), i == 0);
		assert_int_equal(
			l.w.b.reports[REPORT_IKMP_NO_ID_CERT_MATCH], 1);
		lab_fini(&l);
	}
}

/* A certificate that is not of the key: the signature tells. */
static void a_borrowed_certificate_is_refused(void **state)
{
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.chain[0][0] = l.cert[1];
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(drops(&l.w.b, WIRE_SIGNATURE), 1);
	assert_int_equal(l.w.b.fetches, 0);
	lab_fini(&l);
}

static void a_foreign_ca_is_refused(void **state)
{
	struct lab l;
	struct cert *other;
	struct cert *ca[1];

	(void)state;
	lab_rsa(&l);
	other = ca_issue(&(const struct ca_spec){ .subject = "Other",
				 .ext = { CA_EXT } },
		ca_key_rsa(3), NULL, NULL);
	ca[0] = other;
	l.tp[1].trust.ca = ca;
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(drops(&l.w.b, WIRE_CERT), 1);
	assert_int_equal(l.w.b.reports[REPORT_IKMP_INVAL_CERT], 1);
	lab_fini(&l);
	cert_unref(other);
}

static void an_expired_certificate_is_refused(void **state)
{
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.w.wall_ms += 200ull * CA_DAY * 1000;
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(
		l.w.b.reports[REPORT_CERTIFICATE_INVALID_EXPIRED], 1);
	lab_fini(&l);
}

/* What is not yet known is asked for; the repeated message is judged anew. */
static void a_list_that_comes_later_lets_it_in(void **state)
{
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.tp[1].trust.n_methods = 0; /* crl */
	l.w.b.may_fetch = true;
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(l.w.b.fetches, 1);
	assert_int_equal(drops(&l.w.b, WIRE_REVOCATION), 1);
	l.crl[0] = ca_crl(l.root, ca_key_rsa(0), CA_NOW - 60, NULL, 0);
	l.tp[1].trust.n_crls = 1;
	world_config(&l.w.b, &l.policy, 1, NULL, 2);
	world_run(&l.w, 3000);
	assert_true(world_both_up(&l.w));
	lab_fini(&l);
}

static void a_revoked_one_is_refused(void **state)
{
	const long serial = 10;
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.tp[1].trust.n_methods = 0;
	l.crl[0] = ca_crl(l.root, ca_key_rsa(0), CA_NOW - 60, &serial, 1);
	l.tp[1].trust.n_crls = 1;
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(l.w.b.reports[REPORT_CERTIFICATE_REVOKED], 1);
	world_run(&l.w, 60000);
	assert_int_equal(l.w.a.ups, 0);
	assert_int_equal(l.w.a.why, IKE_DOWN_NO_PROOF);
	lab_fini(&l);
}

/* The responder's trustpoint under one rule: all gm1 that the map has. */
static void lab_match(struct lab *l, const struct cert_rule *rule,
	const struct ike_trust_match *match)
{
	l->w.b.cert_rules = rule;
	l->w.b.n_cert_rules = 1;
	l->tp[1].matches = match;
	l->tp[1].n_matches = 1;
}

static struct cert_rule subject_has(const char *text)
{
	struct cert_rule r = { .map = "M", .seq = 10, .op = CERT_OP_CO };

	strcpy(r.text, text);
	return r;
}

static void a_trustpoint_wants_its_map(void **state)
{
	static const struct ike_trust_match match = { TRUST_REQUIRE, "M" };
	static const char *const text[] = { "cn=gm1", "cn=gm2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct cert_rule rule = subject_has(text[i]);
		struct lab l;

		lab_rsa(&l);
		lab_match(&l, &rule, &match);
		lab_run(&l);
		assert_int_equal(l.w.b.ups, i == 0 ? 1 : 0);
		assert_int_equal(drops(&l.w.b, WIRE_CERT), i);
		assert_int_equal(l.w.b.reports[REPORT_IKMP_INVAL_CERT], i);
		lab_fini(&l);
	}
}

static void a_map_lets_expired_ones_in(void **state)
{
	static const struct ike_trust_match match = { TRUST_EXPIRED, "M" };
	struct cert_rule rule = subject_has("gm2");
	struct lab l;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct ca_spec old = { .subject = i == 0 ? "gm1" : "gm2",
			.serial = 10,
			.to = CA_NOW - CA_DAY };

		lab_rsa(&l);
		cert_unref(l.cert[0]);
		l.cert[0] = ca_issue(&old, l.key[0], l.root, ca_key_rsa(0));
		l.chain[0][0] = l.cert[0];
		/* Revocation is still looked up. */
		l.tp[1].trust.n_methods = 0;
		l.crl[0] = ca_crl(l.root, ca_key_rsa(0), CA_NOW - 60, NULL, 0);
		l.tp[1].trust.n_crls = 1;
		lab_match(&l, &rule, &match);
		lab_run(&l);
		assert_int_equal(l.w.b.ups, i);
		assert_int_equal(
			l.w.b.reports[REPORT_CERTIFICATE_INVALID_EXPIRED],
			1 - i);
		lab_fini(&l);
	}
}

static void an_expired_one_may_be_revoked(void **state)
{
	static const struct ike_trust_match match = { TRUST_EXPIRED, "M" };
	static const struct ca_spec old = { .subject = "gm1",
		.serial = 10,
		.to = CA_NOW - CA_DAY };
	struct cert_rule rule = subject_has("gm1");
	const long serial = 10;
	struct lab l;

	(void)state;
	lab_rsa(&l);
	cert_unref(l.cert[0]);
	l.cert[0] = ca_issue(&old, l.key[0], l.root, ca_key_rsa(0));
	l.chain[0][0] = l.cert[0];
	l.tp[1].trust.n_methods = 0;
	l.crl[0] = ca_crl(l.root, ca_key_rsa(0), CA_NOW - 60, &serial, 1);
	l.tp[1].trust.n_crls = 1;
	lab_match(&l, &rule, &match);
	lab_run(&l);
	assert_int_equal(l.w.b.ups, 0);
	assert_int_equal(l.w.b.reports[REPORT_CERTIFICATE_REVOKED], 1);
	lab_fini(&l);
}

static void a_map_skips_revocation(void **state)
{
	static const struct ike_trust_match match = { TRUST_UNREVOKED, "M" };
	static const char *const text[] = { "cn=gm1", "cn=gm2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct cert_rule rule = subject_has(text[i]);
		struct lab l;

		lab_rsa(&l);
		l.tp[1].trust.n_methods = 0; /* crl, and there is none */
		lab_match(&l, &rule, &match);
		lab_run(&l);
		assert_int_equal(l.w.b.ups, i == 0 ? 1 : 0);
		lab_fini(&l);
	}
}

static void profile_is(const struct end *e, const char *name)
{
	struct ike_sa_info info;

	assert_int_equal(ike_list(e->ike, &info, 1), 1);
	assert_string_equal(info.profile, name);
}

/* OTHERS comes first, and counts another CA. */
static const struct isakmp_profile profiles[] = {
	{ .name = "OTHERS", .trustpoint = { "OTHER_CA" }, .n_trustpoints = 1 },
	{ .name = "BY_CERT", .trustpoint = { "CA" }, .n_trustpoints = 1 },
	{ .name = "BY_ID" },
};

static void a_map_finds_the_profile(void **state)
{
	static const struct isakmp_match by_cert[] = {
		{ .profile = 0, .kind = ISAKMP_MATCH_CERT, .name = "M" },
		{ .profile = 1, .kind = ISAKMP_MATCH_CERT, .name = "M" },
	};
	static const char *const text[] = { "o=orbit lab", "o=elsewhere" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct cert_rule rule = subject_has(text[i]);
		struct lab l;

		lab_rsa(&l);
		l.w.b.profiles = profiles;
		l.w.b.n_profiles = 3;
		l.w.b.matches = by_cert;
		l.w.b.n_matches = 2;
		l.w.b.cert_rules = &rule;
		l.w.b.n_cert_rules = 1;
		lab_run(&l);
		assert_true(world_both_up(&l.w));
		profile_is(&l.w.b, i == 0 ? "BY_CERT" : "");
		lab_fini(&l);
	}
}

/* An identity's profile goes before, and its CAs are the only ones. */
static void the_identity_comes_before_maps(void **state)
{
	struct isakmp_match matches[] = {
		{ .profile = 1, .kind = ISAKMP_MATCH_CERT, .name = "M" },
		{ .profile = 2, .kind = ISAKMP_MATCH_ADDRESS },
	};
	struct cert_rule rule = subject_has("gm1");

	(void)state;
	matches[1].addr = ip_v4(0);
	for (size_t i = 0; i < 2; i++) {
		struct lab l;

		matches[1].profile = i == 0 ? 2 : 0;
		lab_rsa(&l);
		l.w.b.profiles = profiles;
		l.w.b.n_profiles = 3;
		l.w.b.matches = matches;
		l.w.b.n_matches = 2;
		l.w.b.cert_rules = &rule;
		l.w.b.n_cert_rules = 1;
		lab_run(&l);
		assert_int_equal(l.w.b.ups, i == 0 ? 1 : 0);
		if (i == 0)
			profile_is(&l.w.b, "BY_ID");
		else
			assert_int_equal(drops(&l.w.b, WIRE_CERT), 1);
		lab_fini(&l);
	}
}

/* A list comes that has one of the peer's certificates; who only answered it,
 * by a list that has others, stays. */
static void revoked_later_it_is_let_go(void **state)
{
	static const long serials[] = { 11, 10 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct lab l;

		lab_rsa(&l);
		lab_run(&l);
		assert_true(world_both_up(&l.w));
		l.tp[1].trust.n_methods = 0;
		l.crl[0] = ca_crl(l.root, ca_key_rsa(0), CA_NOW - 60,
			&serials[i > 0], 1);
		l.tp[1].trust.n_crls = 1;
		l.w.b.disconnect_revoked = i != 1;
		lab_config(&l);
		world_run(&l.w, 0);
		assert_int_equal(l.w.b.downs, i == 2 ? 1 : 0);
		assert_int_equal(l.w.a.downs, i == 2 ? 1 : 0);
		assert_int_equal(l.w.b.reports[REPORT_CERTIFICATE_REVOKED],
			i == 2 ? 1 : 0);
		lab_fini(&l);
	}
}

/* It needs the CA between, which only the peer told. */
static void revoked_by_a_ca_between(void **state)
{
	static const struct ca_spec sub_spec = { .subject = "Sub",
		.serial = 5,
		.ext = { CA_EXT } };
	static const struct ca_spec spec = { .subject = "gm1",
		.serial = 77,
		.ext = { { "subjectAltName", "IP:192.0.2.10" } } };
	const long serial = 77;
	struct cert *sub;
	struct lab l;

	(void)state;
	lab_rsa(&l);
	sub = ca_issue(&sub_spec, ca_key_rsa(3), l.root, ca_key_rsa(0));
	cert_unref(l.cert[0]);
	l.cert[0] = ca_issue(&spec, l.key[0], sub, ca_key_rsa(3));
	l.chain[0][0] = l.cert[0];
	l.chain[0][1] = sub;
	l.tp[0].n_chain = 2;
	lab_run(&l);
	assert_true(world_both_up(&l.w));
	l.tp[1].trust.method[0] = REVOCATION_CRL;
	l.tp[1].trust.method[1] = REVOCATION_NONE;
	l.tp[1].trust.n_methods = 2;
	l.crl[0] = ca_crl(sub, ca_key_rsa(3), CA_NOW - 60, &serial, 1);
	l.tp[1].trust.n_crls = 1;
	l.w.b.disconnect_revoked = true;
	lab_config(&l);
	world_run(&l.w, 0);
	assert_int_equal(l.w.b.downs, 1);
	assert_int_equal(l.w.b.reports[REPORT_CERTIFICATE_REVOKED], 1);
	lab_fini(&l);
	cert_unref(sub);
}

/* Of two trustpoints the one counts that the peer asks for. */
static void the_peer_chooses_our_certificate(void **state)
{
	struct lab l;
	struct ike_trustpoint two[2];
	struct cert *other, *own, *ca[1], *chain[1];

	(void)state;
	lab_rsa(&l);
	other = ca_issue(&(const struct ca_spec){ .subject = "Other",
				 .ext = { CA_EXT } },
		ca_key_rsa(3), NULL, NULL);
	own = ca_issue(&(const struct ca_spec){ .subject = "gm1", .serial = 9 },
		l.key[0], other, ca_key_rsa(3));
	ca[0] = other;
	chain[0] = own;
	two[0] = two[1] = l.tp[0];
	two[0].trust.ca = ca;
	two[0].chain = chain;
	l.w.a.trustpoints = two;
	l.w.a.n_trustpoints = 2;
	lab_run(&l);
	assert_true(world_both_up(&l.w));
	assert_true(cert_equal(ike_sa_peer_cert(l.w.b.sa), l.cert[0]));
	lab_fini(&l);
	cert_unref(own);
	cert_unref(other);
}

static void aggressive_mode_signs_too(void **state)
{
	static const enum ike_auth auths[] = { IKE_AUTH_RSA_SIG,
		IKE_AUTH_ECDSA256 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(auths); i++) {
		struct isakmp_peer_policy peer = { .endpoint = {
			.kind = ISAKMP_ID_FQDN,
			.name = "gm1.orbit.example" } };
		struct lab l;

		if (auths[i] == IKE_AUTH_RSA_SIG)
			lab_rsa(&l);
		else
			lab_init(&l, auths[i], ca_key_ec(0), ca_key_ec(1));
		peer.addr = l.w.b.addr;
		l.w.a.peer = &peer;
		lab_run(&l);
		assert_true(world_both_up(&l.w));
		assert_int_equal(l.w.sent, 3);
		assert_true(cert_equal(ike_sa_peer_cert(l.w.b.sa), l.cert[0]));
		lab_fini(&l);

		/* Under a name of somebody else. */
		if (auths[i] != IKE_AUTH_RSA_SIG)
			continue;
		lab_rsa(&l);
		strcpy(peer.endpoint.name, "gm2.orbit.example");
		l.w.a.peer = &peer;
		lab_run(&l);
		assert_int_equal(l.w.b.ups, 0);
		assert_int_equal(drops(&l.w.b, WIRE_ID), 1);
		lab_fini(&l);
	}
}

/* Whatever octet of the proof is changed on its way, it convinces nobody and
 * the true one still does. */
static void a_changed_proof_changes_nothing(void **state)
{
	struct lab l;

	(void)state;
	for (size_t at = 28; at < 1100; at += 97) {
		struct forge f = { .victim = 5, .at = at };

		lab_rsa(&l);
		l.w.pass = pass_forged;
		l.w.arg = &f;
		lab_run(&l);
		assert_true(world_both_up(&l.w));
		assert_int_equal(l.w.b.ups, 1);
		lab_fini(&l);
	}
}

/* Our key goes while we negotiate: an end, not half a proof. */
static void a_key_removed_in_between_ends_it(void **state)
{
	struct lab l;
	struct nth nth = { .lose = 3 };

	(void)state;
	lab_rsa(&l);
	l.w.pass = pass_but_nth;
	l.w.arg = &nth;
	lab_run(&l);
	l.w.a.n_trustpoints = 0;
	world_config(&l.w.a, &l.policy, 1, NULL, 2);
	world_run(&l.w, 60000);
	assert_int_equal(l.w.a.ups, 0);
	assert_int_equal(l.w.a.why, IKE_DOWN_AUTH);
	lab_fini(&l);
}

/* --- what a peer may send for certificates --- */

/* Message 5 without its certificates, then with these instead. */
struct other_certs {
	struct span der[CERT_CHAIN_MAX + 2];
	size_t n;
};

static void certs_edit(void *arg, const struct payload *p, struct isakmp_wr *m)
{
	const struct other_certs *o = arg;

	if (p != NULL) {
		if (p->type != PLD_CERT)
			rewrite_keep(p, m);
		return;
	}
	for (size_t i = 0; i < o->n; i++) {
		isakmp_begin(m, PLD_CERT);
		wr_u8(&m->w, 4); /* X.509, signature */
		wr_span(&m->w, o->der[i]);
		isakmp_end(m);
	}
}

/* With those in message 5.  Who wrote the true one does not know the chain that
 * follows, so it is the other end that comes up. */
static void run_with_certs(struct lab *l, struct other_certs *o)
{
	struct rewrite f = { .victim = 5, .edit = certs_edit, .arg = o };

	l->w.pass = pass_rewritten;
	l->w.arg = &f;
	lab_run(l);
	assert_true(f.seen >= 5);
	l->w.pass = NULL;
}

/* ... and the true message, sent again, is still good. */
static void refused_but_not_for_good(
	struct lab *l, struct other_certs *o, enum wire_err want)
{
	run_with_certs(l, o);
	assert_int_equal(l->w.b.ups, 0);
	assert_int_equal(drops(&l->w.b, want), 1);
	assert_int_equal(l->w.sent, 5); /* not a word to it */
	world_run(&l->w, 30000);
	assert_true(world_both_up(&l->w));
}

static void a_proof_without_certificate(void **state)
{
	struct other_certs none = { .n = 0 };
	struct lab l;

	(void)state;
	lab_rsa(&l);
	refused_but_not_for_good(&l, &none, WIRE_PAYLOAD_MISSING);
	lab_fini(&l);
}

static void a_chain_up_to_the_cap(void **state)
{
	struct other_certs o = { .n = CERT_CHAIN_MAX };
	struct lab l;

	(void)state;
	lab_rsa(&l);
	o.der[0] = cert_der(l.cert[0]);
	for (size_t i = 1; i < ARRAY_LEN(o.der); i++)
		o.der[i] = cert_der(l.root);
	run_with_certs(&l, &o);
	assert_int_equal(l.w.b.ups, 1);
	lab_fini(&l);

	lab_rsa(&l);
	o.der[0] = cert_der(l.cert[0]);
	for (size_t i = 1; i < ARRAY_LEN(o.der); i++)
		o.der[i] = cert_der(l.root);
	o.n = CERT_CHAIN_MAX + 1;
	refused_but_not_for_good(&l, &o, WIRE_CERT);
	assert_int_equal(l.w.b.reports[REPORT_IKMP_INVAL_CERT], 1);
	lab_fini(&l);
}

/* A certificate that we read, but for a comment that makes it over-long. */
static void an_over_long_certificate(void **state)
{
	static char comment[2][CERT_DER_MAX + 100];
	struct lab l;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		/* Beside the comment it has some 700 octets. */
		size_t n = CERT_DER_MAX - (i == 0 ? 2000 : 0);
		struct ca_spec s = { .subject = "gm1", .serial = 10,
			.ext = { { "nsComment", comment[i] } } };
		struct other_certs o = { .n = 1 };
		struct span der;

		memset(comment[i], 'x', n);
		lab_rsa(&l);
		uint8_t *raw = ca_issue_der(
			&s, l.key[0], l.root, ca_key_rsa(0), &der);

		o.der[0] = der;
		if (i == 0) {
			run_with_certs(&l, &o);
			assert_int_equal(l.w.b.ups, 1);
		} else {
			assert_true(der.n > CERT_DER_MAX);
			refused_but_not_for_good(&l, &o, WIRE_CERT);
		}
		lab_fini(&l);
		free(raw);
	}
}

/* RFC 2408 3.9 asks for no order but that the first is the signer's own. */
static void the_order_above_the_first_is_free(void **state)
{
	struct cert *sub[2], *ee;
	struct lab l;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct other_certs o = { .n = 3 };

		lab_rsa(&l);
		sub[0] = ca_issue(&(const struct ca_spec){ .subject = "Upper",
					  .serial = 20, .ext = { CA_EXT } },
			ca_key_ec(0), l.root, ca_key_rsa(0));
		sub[1] = ca_issue(&(const struct ca_spec){ .subject = "Lower",
					  .serial = 21, .ext = { CA_EXT } },
			ca_key_ec(1), sub[0], ca_key_ec(0));
		ee = ca_issue(&(const struct ca_spec){ .subject = "gm1",
				      .serial = 22 },
			l.key[0], sub[1], ca_key_ec(1));
		o.der[0] = cert_der(i == 0 ? ee : sub[1]);
		o.der[1] = cert_der(sub[0]);
		o.der[2] = cert_der(i == 0 ? sub[1] : ee);
		if (i == 0) {
			run_with_certs(&l, &o);
			assert_int_equal(l.w.b.ups, 1);
		} else { /* a CA, which did not sign this */
			refused_but_not_for_good(&l, &o, WIRE_CERT);
		}
		cert_unref(ee);
		cert_unref(sub[0]);
		cert_unref(sub[1]);
		lab_fini(&l);
	}
}

/* Each CERTREQ names a CA that nobody knows. */
static void certreq_edit(
	void *arg, const struct payload *p, struct isakmp_wr *m)
{
	struct cert *unknown = arg;

	if (p == NULL)
		return;
	if (p->type != PLD_CERTREQ) {
		rewrite_keep(p, m);
		return;
	}
	isakmp_begin(m, PLD_CERTREQ);
	wr_u8(&m->w, 4);
	wr_span(&m->w, cert_subject_der(unknown));
	isakmp_end(m);
}

/* What we have is shown all the same: the peer may know how to take it. */
static void certreqs_for_unknown_cas(void **state)
{
	struct cert *unknown =
		ca_issue(&(const struct ca_spec){ .subject = "Nobody",
				 .ext = { CA_EXT } },
			ca_key_rsa(3), NULL, NULL);
	struct rewrite f = { .victim = 4, .edit = certreq_edit,
		.arg = unknown };
	struct lab l;

	(void)state;
	lab_rsa(&l);
	l.w.pass = pass_rewritten;
	l.w.arg = &f;
	lab_run(&l);
	assert_true(world_both_up(&l.w));
	assert_true(cert_equal(ike_sa_peer_cert(l.w.b.sa), l.cert[0]));
	assert_int_equal(l.w.sent, 6);
	lab_fini(&l);
	cert_unref(unknown);
}

static int end(void **state)
{
	(void)state;
	ca_keys_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_comes_up),
		cmocka_unit_test(every_curve_comes_up),
		cmocka_unit_test(other_kinds_of_key_have_no_proposal),
		cmocka_unit_test(names_come_from_the_certificate),
		cmocka_unit_test(a_name_of_another_is_refused),
		cmocka_unit_test(an_address_need_not_stand_in_it),
		cmocka_unit_test(a_borrowed_certificate_is_refused),
		cmocka_unit_test(a_foreign_ca_is_refused),
		cmocka_unit_test(an_expired_certificate_is_refused),
		cmocka_unit_test(a_list_that_comes_later_lets_it_in),
		cmocka_unit_test(a_revoked_one_is_refused),
		cmocka_unit_test(a_trustpoint_wants_its_map),
		cmocka_unit_test(a_map_lets_expired_ones_in),
		cmocka_unit_test(an_expired_one_may_be_revoked),
		cmocka_unit_test(a_map_skips_revocation),
		cmocka_unit_test(a_map_finds_the_profile),
		cmocka_unit_test(the_identity_comes_before_maps),
		cmocka_unit_test(revoked_later_it_is_let_go),
		cmocka_unit_test(revoked_by_a_ca_between),
		cmocka_unit_test(the_peer_chooses_our_certificate),
		cmocka_unit_test(aggressive_mode_signs_too),
		cmocka_unit_test(a_changed_proof_changes_nothing),
		cmocka_unit_test(a_key_removed_in_between_ends_it),
		cmocka_unit_test(a_proof_without_certificate),
		cmocka_unit_test(a_chain_up_to_the_cap),
		cmocka_unit_test(an_over_long_certificate),
		cmocka_unit_test(the_order_above_the_first_is_free),
		cmocka_unit_test(certreqs_for_unknown_cas),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
