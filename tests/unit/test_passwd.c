/* Password types against texts that other programs made: hashcat's examples of
 * the modes 500, 9200 and 9300 (password "hashcat"), and well-known type 7
 * texts. */
#include "crypto/passwd.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MD5_HASHCAT "$1$28772684$iEwNOgGugqO9.bIz5sk8k/"
#define SHA256_HASHCAT                                                         \
	"$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk"
#define SCRYPT_HASHCAT                                                         \
	"$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6"

static void test_known_hashes(void **state)
{
	static const struct {
		enum passwd_type type;
		const char *text;
	} known[] = { { PASSWD_MD5, MD5_HASHCAT },
		{ PASSWD_SHA256, SHA256_HASHCAT },
		{ PASSWD_SCRYPT, SCRYPT_HASHCAT } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		assert_true(passwd_is_hash(known[i].type, known[i].text));
		assert_true(
			passwd_verify(known[i].type, known[i].text, "hashcat"));
		assert_false(
			passwd_verify(known[i].type, known[i].text, "hashcaT"));
		assert_false(passwd_verify(known[i].type, known[i].text, ""));
	}
}

static void test_new_hashes(void **state)
{
	static const enum passwd_type types[] = { PASSWD_MD5, PASSWD_SHA256,
		PASSWD_SCRYPT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		auto_sbuf struct sbuf a = { 0 }, b = { 0 };

		passwd_hash(types[i], "s3cret w", &a);
		passwd_hash(types[i], "s3cret w", &b);
		assert_true(passwd_is_hash(types[i], sbuf_str(&a)));
		assert_true(passwd_verify(types[i], sbuf_str(&a), "s3cret w"));
		assert_false(passwd_verify(types[i], sbuf_str(&a), "s3cret"));
		assert_string_not_equal(sbuf_str(&a), sbuf_str(&b));
	}
}

static void test_malformed_hashes(void **state)
{
	static const char *const bad[] = { "", "$", "$9$", "$9$$x", "$9$salt",
		"$9$salt$short", "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr",
		"$9$2MJBozw/9R3UsU5$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryv"
		"Odfo6",
		"$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUO"
		"GBymkryvOdf!6" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(passwd_is_hash(PASSWD_SCRYPT, bad[i]));
		assert_false(passwd_verify(PASSWD_SCRYPT, bad[i], "x"));
		assert_false(passwd_is_hash(PASSWD_MD5, bad[i]));
	}
}

static void test_weak(void **state)
{
	static const char *const cisco[] = { "0822455D0A16", "02050D480809",
		"045802150C2E", "060506324F41" };
	auto_sbuf struct sbuf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cisco); i++) {
		sbuf_trunc(&b, 0);
		assert_true(passwd_reveal(PASSWD_WEAK, cisco[i], &b));
		assert_string_equal(sbuf_str(&b), "cisco");
		sbuf_trunc(&b, 0);
		passwd_weaken("cisco",
			(unsigned)atoi(
				(char[]){ cisco[i][0], cisco[i][1], '\0' }),
			&b);
		assert_string_equal(sbuf_str(&b), cisco[i]);
	}
}

static void test_weak_malformed(void **state)
{
	static const char *const bad[] = { "", "0", "08", "0822455D0A1",
		"9922455D0A16", "x822455D0A16", "0822455D0A1g", "08+2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_sbuf struct sbuf b = { 0 };

		assert_false(passwd_reveal(PASSWD_WEAK, bad[i], &b));
	}
	/* Longer than the fixed text, any salt. */
	for (unsigned salt = 0; salt < 16; salt++) {
		auto_sbuf struct sbuf text = { 0 }, b = { 0 };
		char clear[121];

		memset(clear, 'q', sizeof(clear) - 1);
		clear[120] = '\0';
		passwd_weaken(clear, salt, &text);
		assert_true(passwd_reveal(PASSWD_WEAK, sbuf_str(&text), &b));
		assert_string_equal(sbuf_str(&b), clear);
	}
}

static void test_sealed(void **state)
{
	auto_sbuf struct sbuf text = { 0 }, again = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(master_key_open(NULL), 0);
	assert_false(passwd_seal("k3y", &text));
	assert_int_equal(master_key_set("correct horse"), 0);
	assert_true(passwd_seal("k3y", &text));
	assert_true(passwd_seal("k3y", &again));
	assert_string_not_equal(sbuf_str(&text), sbuf_str(&again));
	assert_true(passwd_reveal(PASSWD_SEALED, sbuf_str(&text), &b));
	assert_string_equal(sbuf_str(&b), "k3y");
	assert_true(passwd_verify(PASSWD_SEALED, sbuf_str(&text), "k3y"));
	for (size_t i = 0; i < text.n; i++) { /* every letter is covered */
		auto_sbuf struct sbuf bad = { 0 }, out = { 0 };

		sbuf_adds(&bad, sbuf_str(&text));
		/* The low bits of the last letter are padding. */
		bad.s[i] = bad.s[i] == 'z' ? '.' : 'z';
		if (i + 1 < text.n)
			assert_false(passwd_reveal(
				PASSWD_SEALED, sbuf_str(&bad), &out));
	}
	assert_true(master_key_is("correct horse"));
	assert_int_equal(master_key_set("another one"), 0);
	assert_false(master_key_is("correct horse"));
	sbuf_trunc(&b, 0);
	assert_false(passwd_reveal(PASSWD_SEALED, sbuf_str(&text), &b));
	assert_int_equal(master_key_drop(), 0);
	assert_false(master_key_exists());
	master_key_close();
}

static void test_key_file(void **state)
{
	char dir[] = "/tmp/passwd-XXXXXX";
	auto_sbuf struct sbuf path = { 0 }, text = { 0 }, b = { 0 };
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sbuf_printf(&path, "%s/master-key", dir);
	assert_int_equal(master_key_open(sbuf_str(&path)), 0);
	assert_false(master_key_exists());
	assert_int_equal(master_key_set("correct horse"), 0);
	assert_true(passwd_seal("k3y", &text));
	assert_int_equal(stat(sbuf_str(&path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* As after a restart. */
	assert_int_equal(master_key_open(sbuf_str(&path)), 0);
	assert_true(passwd_reveal(PASSWD_SEALED, sbuf_str(&text), &b));
	assert_string_equal(sbuf_str(&b), "k3y");
	assert_int_equal(truncate(sbuf_str(&path), 30), 0);
	assert_true(master_key_open(sbuf_str(&path)) < 0);
	assert_false(master_key_exists());
	assert_int_equal(master_key_drop(), 0);
	assert_int_equal(access(sbuf_str(&path), F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
	master_key_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_hashes),
		cmocka_unit_test(test_new_hashes),
		cmocka_unit_test(test_malformed_hashes),
		cmocka_unit_test(test_weak),
		cmocka_unit_test(test_weak_malformed),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_key_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
