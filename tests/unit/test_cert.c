/* Certificates: reading, names, identities, trust. */
#include "tests/unit/ca_world.h"
#include "tests/unit/pki_vectors.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#define CA_EXT { "basicConstraints", "critical,CA:TRUE" }, \
	{ "keyUsage", "critical,keyCertSign,cRLSign" }

/* root -> sub -> leaf */
struct tree {
	struct cert *root, *sub, *leaf;
	struct cert_trust trust;
	struct cert *anchor[1];
	struct crl *crl[2];
};

static const struct ca_spec root_spec = { .subject = "Root", .ext = { CA_EXT } };
static const struct ca_spec sub_spec = { .subject = "Sub", .ext = { CA_EXT },
	.serial = 2 };
static const struct ca_spec leaf_spec = { .subject = "gm1", .serial = 3,
	.ext = { { "keyUsage", "digitalSignature" },
		{ "subjectAltName",
			"DNS:gm1.orbit.example,IP:192.0.2.10,"
			"email:gm1@orbit.example,IP:2001:db8::1" },
		{ "crlDistributionPoints", "URI:http://ca.example/1.crl" },
		{ "authorityInfoAccess", "OCSP;URI:http://ocsp.example/" } } };

static void tree_make(struct tree *t, const struct ca_spec *root,
	const struct ca_spec *sub, const struct ca_spec *leaf)
{
	memset(t, 0, sizeof(*t));
	t->root = ca_issue(root, ca_key_ec(0), NULL, NULL);
	t->sub = ca_issue(sub, ca_key_ec(1), t->root, ca_key_ec(0));
	t->leaf = ca_issue(leaf, ca_key_ec(2), t->sub, ca_key_ec(1));
	assert_non_null(t->leaf);
	t->anchor[0] = t->root;
	t->trust = (struct cert_trust){ .name = "CA",
		.ca = t->anchor,
		.n_ca = 1,
		.crl = t->crl,
		.method = { REVOCATION_NONE },
		.n_methods = 1 };
}

static void tree_free(struct tree *t)
{
	cert_unref(t->root);
	cert_unref(t->sub);
	cert_unref(t->leaf);
	crl_unref(t->crl[0]);
	crl_unref(t->crl[1]);
}

static enum cert_verdict judge(
	const struct tree *t, time_t now, const struct revocation_source *s)
{
	struct cert *chain[] = { t->leaf, t->sub };

	return cert_verify(&t->trust, chain, 2, now, s, NULL);
}

static void reads_what_openssl_made(void **state)
{
	struct cert *ca = cert_from_pem(pem_ca), *gm = cert_from_pem(pem_gm);
	auto_sbuf struct sbuf text = { 0 };

	(void)state;
	assert_non_null(ca);
	assert_non_null(gm);
	cert_subject_text(ca, ",", &text);
	assert_string_equal(text.s, "cn=Orbit Root CA,o=Orbit Lab");
	sbuf_trunc(&text, 0);
	cert_serial_text(gm, &text);
	assert_string_equal(text.s, "02");
	assert_true(cert_is_ca(ca));
	assert_false(cert_is_self_issued(gm));
	assert_int_equal(pkey_type(cert_public(gm)), PKEY_EC);
	assert_true(dn_equal(cert_issuer_der(gm), cert_subject_der(ca)));
	cert_unref(ca);
	cert_unref(gm);
}

/* Every prefix, a byte more, every byte changed: read or refused, never more.
 */
static void refuses_what_is_not_der(void **state)
{
	struct cert *c = cert_from_pem(pem_ca);
	struct span der = cert_der(c);
	uint8_t *copy = malloc(der.n + 1);

	(void)state;
	for (size_t n = 0; n < der.n; n++)
		assert_null(cert_from_der(SPAN(der.p, n)));
	memcpy(copy, der.p, der.n);
	copy[der.n] = 0;
	assert_null(cert_from_der(SPAN(copy, der.n + 1)));
	for (size_t i = 0; i < der.n; i++) {
		copy[i] ^= 0x55;
		cert_unref(cert_from_der(SPAN(copy, der.n)));
		copy[i] ^= 0x55;
	}
	assert_null(cert_from_pem("no certificate"));
	uint8_t *huge = calloc(1, CERT_DER_MAX + 1);
	memcpy(huge, der.p, der.n);
	assert_null(cert_from_der(SPAN(huge, CERT_DER_MAX + 1)));
	free(huge);
	free(copy);
	cert_unref(c);
}

static void tells_names_and_addresses(void **state)
{
	struct tree t;
	auto_sbuf struct sbuf b = { 0 };

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	assert_true(cert_fqdn(t.leaf, &b));
	assert_string_equal(b.s, "gm1.orbit.example");
	sbuf_trunc(&b, 0);
	assert_true(cert_alt_name(t.leaf, CERT_NAME_IP, 1, &b));
	assert_string_equal(b.s, "2001:DB8::1");
	sbuf_trunc(&b, 0);
	assert_false(cert_alt_name(t.leaf, CERT_NAME_IP, 2, &b));
	assert_int_equal(b.n, 0);
	assert_true(cert_crl_url(t.leaf, 0, &b));
	assert_string_equal(b.s, "http://ca.example/1.crl");
	assert_false(cert_crl_url(t.leaf, 1, &b));
	sbuf_trunc(&b, 0);
	assert_true(cert_ocsp_url(t.leaf, 0, &b));
	assert_string_equal(b.s, "http://ocsp.example/");
	tree_free(&t);
}

static void matches_the_identities_of_ike(void **state)
{
	static const uint8_t addr[] = { 192, 0, 2, 10 }, other[] = { 192, 0, 2,
		11 };
	static const struct {
		uint8_t type;
		const char *text;
		bool want;
	} names[] = {
		{ 2, "gm1.orbit.example", true },
		{ 2, "GM1.Orbit.Example", true },
		{ 2, "gm2.orbit.example", false },
		{ 2, "gm1.orbit.exampl", false },
		{ 2, "gm1@orbit.example", false },
		{ 3, "gm1@orbit.example", true },
		{ 3, "gm1.orbit.example", false },
		{ 11, "gm1.orbit.example", false },
		{ 1, "abc", false },
	};
	struct tree t;

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(cert_matches_id(t.leaf, names[i].type,
					 SPAN(names[i].text,
						 strlen(names[i].text))),
			names[i].want);
	assert_true(cert_matches_id(t.leaf, 1, SPAN(addr, 4)));
	assert_false(cert_matches_id(t.leaf, 1, SPAN(other, 4)));
	struct span dn = cert_subject_der(t.leaf);
	assert_true(cert_matches_id(t.leaf, 9, dn));
	assert_false(cert_matches_id(t.leaf, 9, cert_subject_der(t.sub)));
	assert_false(cert_matches_id(t.leaf, 9, SPAN(dn.p, dn.n - 1)));
	tree_free(&t);
}

static void trusts_a_good_chain_only(void **state)
{
	struct tree t;

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_OK);
	assert_int_equal(judge(&t, CA_NOW + 200 * CA_DAY, NULL), CERT_EXPIRED);
	assert_int_equal(
		judge(&t, CA_NOW - 200 * CA_DAY, NULL), CERT_NOT_YET_VALID);
	/* Without the certificate between there is no path. */
	assert_int_equal(cert_verify(&t.trust, &t.leaf, 1, CA_NOW, NULL, NULL),
		CERT_UNTRUSTED);
	/* A CA that is no root is an anchor too. */
	t.anchor[0] = t.sub;
	assert_int_equal(cert_verify(&t.trust, &t.leaf, 1, CA_NOW, NULL, NULL),
		CERT_OK);
	tree_free(&t);
}

static void refuses_another_ca_of_the_same_name(void **state)
{
	struct tree t;

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	t.anchor[0] = ca_issue(&root_spec, ca_key_ec(3), NULL, NULL);
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_SIGNATURE);
	cert_unref(t.anchor[0]);
	t.trust.n_ca = 0;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_UNTRUSTED);
	tree_free(&t);
}

static void refuses_what_may_not_issue_or_sign(void **state)
{
	static const struct ca_spec no_ca = { .subject = "Sub", .serial = 2,
		.ext = { { "basicConstraints", "CA:FALSE" } } };
	static const struct ca_spec bare_ca = { .subject = "Sub", .serial = 2,
		.ext = { { "keyUsage", "keyCertSign" } } };
	static const struct ca_spec flat_root = { .subject = "Root",
		.ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" } } };
	static const struct ca_spec cipher_leaf = { .subject = "gm1",
		.serial = 3, .ext = { { "keyUsage", "keyEncipherment" } } };
	const struct {
		const struct ca_spec *root, *sub, *leaf;
		enum cert_verdict want;
	} cases[] = {
		{ &root_spec, &no_ca, &leaf_spec, CERT_CA },
		{ &root_spec, &bare_ca, &leaf_spec, CERT_CA },
		{ &flat_root, &sub_spec, &leaf_spec, CERT_CA },
		{ &root_spec, &sub_spec, &cipher_leaf, CERT_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tree t;

		tree_make(&t, cases[i].root, cases[i].sub, cases[i].leaf);
		assert_int_equal(judge(&t, CA_NOW, NULL), cases[i].want);
		tree_free(&t);
	}
}

static void refuses_md5(void **state)
{
	static const struct ca_spec md5 = { .subject = "gm1", .serial = 3,
		.digest = "MD5" };
	struct cert *root = ca_issue(&root_spec, ca_key_rsa(0), NULL, NULL);
	struct cert *leaf = ca_issue(&md5, ca_key_ec(0), root, ca_key_rsa(0));
	const struct cert_trust t = { .ca = &root,
		.n_ca = 1,
		.method = { REVOCATION_NONE },
		.n_methods = 1 };

	(void)state;
	assert_int_equal(cert_verify(&t, &leaf, 1, CA_NOW, NULL, NULL),
		CERT_ALGORITHM);
	cert_unref(root);
	cert_unref(leaf);
}

static void refuses_chains_without_end(void **state)
{
	struct tree t;
	struct cert *chain[CERT_CHAIN_MAX + 1];

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	for (size_t i = 0; i < ARRAY_LEN(chain); i++)
		chain[i] = i == 0 ? t.leaf : t.sub;
	assert_int_equal(cert_verify(&t.trust, chain, CERT_CHAIN_MAX, CA_NOW,
				 NULL, NULL),
		CERT_OK);
	assert_int_equal(cert_verify(&t.trust, chain, CERT_CHAIN_MAX + 1,
				 CA_NOW, NULL, NULL),
		CERT_CHAIN);
	assert_int_equal(cert_verify(&t.trust, chain, 0, CA_NOW, NULL, NULL),
		CERT_MALFORMED);
	tree_free(&t);
}

struct fetcher {
	unsigned asked[3];
	bool comes;
};

static bool fetch(void *ctx, const char *trustpoint, const struct cert *cert,
	const struct cert *issuer, enum revocation_method m)
{
	struct fetcher *f = ctx;

	assert_string_equal(trustpoint, "CA");
	assert_true(dn_equal(cert_issuer_der(cert), cert_subject_der(issuer)));
	f->asked[m]++;
	return f->comes;
}

static void asks_for_revocation_in_order(void **state)
{
	const long revoked[] = { 3, 77 };
	struct tree t;
	struct fetcher f = { .comes = true };
	const struct revocation_source s = { fetch, &f };

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	t.trust.n_methods = 0; /* crl alone */
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_UNCHECKED);
	assert_int_equal(judge(&t, CA_NOW, &s), CERT_PENDING);
	assert_int_equal(f.asked[REVOCATION_CRL], 1);
	f.comes = false;
	assert_int_equal(judge(&t, CA_NOW, &s), CERT_UNCHECKED);
	t.trust.n_methods = 3;
	t.trust.method[0] = REVOCATION_CRL;
	t.trust.method[1] = REVOCATION_OCSP;
	t.trust.method[2] = REVOCATION_NONE;
	assert_int_equal(judge(&t, CA_NOW, &s), CERT_OK);
	assert_int_equal(f.asked[REVOCATION_OCSP], 2); /* sub and leaf */

	t.trust.n_methods = 1;
	t.crl[0] = ca_crl(t.root, ca_key_ec(0), CA_NOW - 100, NULL, 0);
	t.crl[1] = ca_crl(t.sub, ca_key_ec(1), CA_NOW - 100, &revoked[1], 1);
	t.trust.n_crls = 2;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_OK);
	/* Too old a list is none. */
	assert_int_equal(judge(&t, CA_NOW + 2 * CA_DAY, NULL), CERT_UNCHECKED);
	crl_unref(t.crl[1]);
	t.crl[1] = ca_crl(t.sub, ca_key_ec(1), CA_NOW - 100, revoked, 2);
	assert_int_equal(crl_count(t.crl[1]), 2);
	assert_true(crl_has_serial(t.crl[1], cert_serial(t.leaf)));
	assert_false(crl_has_serial(t.crl[1], cert_serial(t.sub)));
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_REVOKED);
	/* A list that somebody else signed counts for nothing. */
	crl_unref(t.crl[1]);
	t.crl[1] = ca_crl(t.sub, ca_key_ec(3), CA_NOW - 100, NULL, 0);
	assert_false(crl_signed_by(t.crl[1], t.sub));
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_UNCHECKED);
	tree_free(&t);
}

static void takes_the_answer_of_ocsp(void **state)
{
	struct tree t;
	struct ocsp_status o[2] = { { .this_update = CA_NOW - 10,
					    .next_update = CA_NOW + 10 } };

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	o[1] = o[0];
	cert_digest(t.sub, HASH_SHA256, o[0].cert_sha256);
	cert_digest(t.leaf, HASH_SHA256, o[1].cert_sha256);
	t.trust.method[0] = REVOCATION_OCSP;
	t.trust.ocsp = o;
	t.trust.n_ocsp = 2;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_OK);
	assert_int_equal(judge(&t, CA_NOW + 10, NULL), CERT_UNCHECKED);
	o[0].revoked = true;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_REVOKED);
	tree_free(&t);
}

/* Who is not wanted is not asked about. */
static void refuses_the_unwanted(void **state)
{
	struct tree t;

	(void)state;
	tree_make(&t, &root_spec, &sub_spec, &leaf_spec);
	t.trust.unwanted = true;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_UNAUTHORIZED);
	t.trust.n_methods = 0;
	assert_int_equal(judge(&t, CA_NOW, NULL), CERT_UNAUTHORIZED);
	tree_free(&t);
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
		cmocka_unit_test(reads_what_openssl_made),
		cmocka_unit_test(refuses_what_is_not_der),
		cmocka_unit_test(tells_names_and_addresses),
		cmocka_unit_test(matches_the_identities_of_ike),
		cmocka_unit_test(trusts_a_good_chain_only),
		cmocka_unit_test(refuses_another_ca_of_the_same_name),
		cmocka_unit_test(refuses_what_may_not_issue_or_sign),
		cmocka_unit_test(refuses_md5),
		cmocka_unit_test(refuses_chains_without_end),
		cmocka_unit_test(asks_for_revocation_in_order),
		cmocka_unit_test(refuses_the_unwanted),
		cmocka_unit_test(takes_the_answer_of_ocsp),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
