/* Certificates against the lines of certificate maps. */
#include "crypto/certmap.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

static const struct ca_spec root_spec = { .subject = "Orbit Root" };
/* From Fri Nov 13 2026 00:00:00 to Sat Mar 13 2027 12:00:00 UTC. */
static const struct ca_spec leaf_spec = { .subject = "GM1",
	.serial = 0x0A1B2C,
	.hostname = "gm1.unstructured.example",
	.from = 1794528000,
	.to = 1804939200,
	.ext = { { "subjectAltName",
		"DNS:gm1.orbit.example,IP:192.0.2.10,email:ops@orbit.example" } } };

static struct cert *root, *leaf;

static int make(void **state)
{
	(void)state;
	root = ca_issue(&root_spec, ca_key_ec(0), NULL, NULL);
	leaf = ca_issue(&leaf_spec, ca_key_ec(1), root, ca_key_ec(0));
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	cert_unref(root);
	cert_unref(leaf);
	ca_keys_free();
	return 0;
}

static struct cert_rule rule(const char *map, uint16_t seq,
	enum cert_field field, enum cert_op op, const char *text)
{
	struct cert_rule r = { .seq = seq, .field = field, .op = op };

	snprintf(r.map, sizeof(r.map), "%s", map);
	if (field == CERT_FIELD_VALID_START || field == CERT_FIELD_EXPIRES_ON)
		assert_true(cert_rule_date(&r, text));
	else
		snprintf(r.text, sizeof(r.text), "%s", text);
	return r;
}

static bool has(enum cert_field field, enum cert_op op, const char *text)
{
	struct cert_rule r = rule("M", 10, field, op, text);

	return cert_map_has(&r, 1, "M", leaf);
}

/* Each test of names both ways: CO and EQ as said, NC and NE the opposite. */
static void contains(enum cert_field f, const char *text, bool is)
{
	assert_int_equal(has(f, CERT_OP_CO, text), is);
	assert_int_equal(has(f, CERT_OP_NC, text), !is);
}

static void equals(enum cert_field f, const char *text, bool is)
{
	assert_int_equal(has(f, CERT_OP_EQ, text), is);
	assert_int_equal(has(f, CERT_OP_NE, text), !is);
}

static void names(void **state)
{
	(void)state;
	contains(CERT_FIELD_SUBJECT, "orbit lab", true);
	contains(CERT_FIELD_SUBJECT, "O = Orbit Lab", true);
	contains(CERT_FIELD_SUBJECT, "CN=gm1 , o=orbit lab", true);
	contains(CERT_FIELD_SUBJECT, "orbitlab", false);
	contains(CERT_FIELD_SUBJECT, "gm2", false);
	contains(CERT_FIELD_SUBJECT, " ", false);
	equals(CERT_FIELD_SUBJECT, "cn=gm1", false);
	equals(CERT_FIELD_ISSUER, "cn=orbit root, o=orbit lab", true);
	equals(CERT_FIELD_ISSUER, "cn=orbit root", false);
	contains(CERT_FIELD_NAME, "orbit root", true);
	contains(CERT_FIELD_NAME, "cn=gm1", true);
	contains(CERT_FIELD_NAME, "elsewhere", false);
}

static void alternative_names(void **state)
{
	(void)state;
	equals(CERT_FIELD_ALT_NAME, "GM1.orbit.example", true);
	equals(CERT_FIELD_ALT_NAME, "192.0.2.10", true);
	equals(CERT_FIELD_ALT_NAME, "192.0.2.1", false);
	contains(CERT_FIELD_ALT_NAME, "ops@", true);
	contains(CERT_FIELD_ALT_NAME, "unstructured", false);
	equals(CERT_FIELD_UNSTRUCTURED, "gm1.Unstructured.example", true);
	contains(CERT_FIELD_UNSTRUCTURED, "orbit", false);
}

static void serial_numbers(void **state)
{
	(void)state;
	equals(CERT_FIELD_SERIAL, "0a1b2c", true);
	equals(CERT_FIELD_SERIAL, "A1B2C", true);
	equals(CERT_FIELD_SERIAL, "A1B2D", false);
	contains(CERT_FIELD_SERIAL, "1b2", true);
	contains(CERT_FIELD_SERIAL, "2b1", false);
	assert_true(has(CERT_FIELD_SERIAL, CERT_OP_LT, "0A1B2D"));
	assert_true(has(CERT_FIELD_SERIAL, CERT_OP_LT, "1000000"));
	assert_false(has(CERT_FIELD_SERIAL, CERT_OP_LT, "0A1B2C"));
	assert_true(has(CERT_FIELD_SERIAL, CERT_OP_GE, "0A1B2C"));
	assert_true(has(CERT_FIELD_SERIAL, CERT_OP_GE, "FFFF"));
	assert_false(has(CERT_FIELD_SERIAL, CERT_OP_GE, "A1B2D"));
}

static void times(void **state)
{
	(void)state;
	assert_true(has(CERT_FIELD_VALID_START, CERT_OP_GE, "Nov 13 2026"));
	assert_false(has(CERT_FIELD_VALID_START, CERT_OP_LT, "Nov 13 2026"));
	assert_true(has(CERT_FIELD_VALID_START, CERT_OP_LT, "14 Nov 2026"));
	assert_true(has(CERT_FIELD_VALID_START, CERT_OP_EQ, "nov 13 2026"));
	assert_false(has(
		CERT_FIELD_VALID_START, CERT_OP_EQ, "Nov 13 2026 00:00:01"));
	assert_true(has(CERT_FIELD_EXPIRES_ON, CERT_OP_EQ, "Mar 13 2027"));
	assert_true(has(
		CERT_FIELD_EXPIRES_ON, CERT_OP_EQ, "13 Mar 2027 12:00:00"));
	assert_true(has(
		CERT_FIELD_EXPIRES_ON, CERT_OP_NE, "13 Mar 2027 12:00:01"));
	assert_false(has(
		CERT_FIELD_EXPIRES_ON, CERT_OP_GE, "13 Mar 2027 12:00:01"));
}

static void what_is_no_date(void **state)
{
	static const char *const bad[] = { "", "tomorrow", "Mar 2027",
		"Jun 31 2027", "Mar 3 2027 25:00:00", "Mar 3 2027 x" };
	struct cert_rule r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(cert_rule_date(&r, bad[i]));
}

static void lines_and_sequences(void **state)
{
	struct cert_rule v[] = {
		rule("M", 10, CERT_FIELD_SUBJECT, CERT_OP_CO, "gm1"),
		rule("M", 10, CERT_FIELD_ISSUER, CERT_OP_CO, "elsewhere"),
		rule("M", 20, CERT_FIELD_SUBJECT, CERT_OP_CO, "gm2"),
		rule("N", 20, CERT_FIELD_SUBJECT, CERT_OP_CO, "gm1"),
	};

	(void)state;
	/* All lines of one number; any number; no other map's. */
	assert_false(cert_map_has(v, 4, "M", leaf));
	assert_true(cert_map_has(v, 4, "N", leaf));
	assert_false(cert_map_has(v, 3, "N", leaf));
	assert_true(cert_map_has(v, 1, "M", leaf));
	v[2].op = CERT_OP_NC;
	assert_true(cert_map_has(v, 4, "M", leaf));
	assert_false(cert_map_has(NULL, 0, "M", leaf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(alternative_names),
		cmocka_unit_test(serial_numbers),
		cmocka_unit_test(times),
		cmocka_unit_test(what_is_no_date),
		cmocka_unit_test(lines_and_sequences),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
