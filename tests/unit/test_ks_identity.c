/* Whom a crypto identity means: names as a member proves them. */
#include "gdoi/ks_priv.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/test.h"

#include <string.h>

/* O=Orbit Lab, CN=gm1: DER written by hand (X.690, RFC 5280 4.1.2.4). */
static const uint8_t dn[] = "\x30\x22"
			    "\x31\x12\x30\x10\x06\x03\x55\x04\x0A\x0C\x09"
			    "Orbit Lab"
			    "\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03"
			    "gm1";
#define DN SPAN(dn, sizeof(dn) - 1)

static bool has(bool is_dn, const char *text, uint8_t type, struct span id)
{
	struct ks_identity i = { .n = 2 };

	i.v[0].is_dn = !is_dn;
	strcpy(i.v[0].text, "cn=nobody");
	i.v[1].is_dn = is_dn;
	strcpy(i.v[1].text, text);
	return ks_identity_has(&i, type, id);
}

static void subjects(void **state)
{
	(void)state;
	assert_true(has(true, "cn=gm1,o=Orbit Lab", ID_DER_DN, DN));
	assert_true(has(true, "O = orbit lab , CN=GM1", ID_DER_DN, DN));
	assert_true(has(true, "o=Orbit Lab", ID_DER_DN, DN));
	assert_false(has(true, "cn=gm", ID_DER_DN, DN));
	assert_false(has(true, "cn=gm1,ou=x", ID_DER_DN, DN));
	assert_false(has(true, "gm1", ID_DER_DN, DN));
	assert_false(has(true, "", ID_DER_DN, DN));
	assert_false(has(true, " , ", ID_DER_DN, DN));
	assert_false(has(false, "gm1", ID_DER_DN, DN));
	assert_false(has(true, "o=Orbit Lab", ID_DER_DN, SPAN(dn, 9)));
	assert_false(has(true, "o=Orbit Lab", ID_KEY_ID, DN));
}

static void names(void **state)
{
	static const char id[] = "GM1.orbit.example";
	struct span s = SPAN(id, strlen(id));

	(void)state;
	assert_true(has(false, "gm1.orbit.example", ID_FQDN, s));
	assert_false(has(false, "gm1.orbit.exampl", ID_FQDN, s));
	assert_false(has(false, "orbit.example", ID_FQDN, s));
	assert_false(has(true, "gm1.orbit.example", ID_FQDN, s));
	assert_false(has(false, "gm1.orbit.example", ID_IPV4, s));
	assert_false(has(false, "", ID_FQDN, s));
}

static void texts(void **state)
{
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	ks_identity_text(ID_DER_DN, DN, &out);
	sbuf_addc(&out, ' ');
	ks_identity_text(ID_FQDN, SPAN("gm1", 3), &out);
	sbuf_addc(&out, ' ');
	ks_identity_text(ID_IPV4, SPAN("\x0A\x00\x00\x01", 4), &out);
	assert_string_equal(sbuf_str(&out), "cn=gm1,o=Orbit Lab gm1 10.0.0.1");
}

static void nobody(void **state)
{
	struct ks_identity none = { .n = 0 };

	(void)state;
	assert_false(ks_identity_has(&none, ID_DER_DN, DN));
}

static bool cert_has(bool is_dn, const char *text, const struct cert *c)
{
	struct ks_identity i = { .n = 1 };

	i.v[0].is_dn = is_dn;
	strcpy(i.v[0].text, text);
	return ks_identity_has_cert(&i, c);
}

static void certificates(void **state)
{
	static const struct ca_spec spec = { .subject = "gm1",
		.ext = { { "subjectAltName", "DNS:gm1.orbit.example" } } };
	struct cert *c = ca_issue(&spec, ca_key_ec(0), NULL, NULL);

	(void)state;
	assert_true(cert_has(true, "o=orbit lab,cn=gm1", c));
	assert_false(cert_has(true, "o=orbit lab,cn=gm2", c));
	assert_true(cert_has(false, "GM1.orbit.example", c));
	assert_false(cert_has(false, "orbit.example", c));
	assert_false(cert_has(false, "gm1", c));
	cert_unref(c);
	ca_keys_free();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects),
		cmocka_unit_test(names),
		cmocka_unit_test(texts),
		cmocka_unit_test(nobody),
		cmocka_unit_test(certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
