/* Key files: what is put comes back after a restart, and nothing else. */
#include "crypto/keystore.h"

#include "base/file.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/getvpn-keystore.XXXXXX";
static char sub[64];

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(sub, sizeof(sub), "%s/keys", dir);
	return 0;
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", sub, name);
	unlink(path);
}

static int remove_dir(void **state)
{
	(void)state;
	remove_file("bad.key");
	remove_file("moved.key");
	rmdir(sub);
	return rmdir(dir);
}

static struct keystore *open_clean(void)
{
	auto_sbuf struct sbuf problems = { 0 };
	struct keystore *ks = keystore_open(sub, &problems);

	assert_string_equal(sbuf_str(&problems), "");
	return ks;
}

static void put(struct keystore *ks, const char *label, bool exportable)
{
	struct pkey *k = pkey_rsa_generate(512);

	assert_int_equal(keystore_put(ks, label, k, exportable, 1732449600), 0);
	pkey_unref(k); /* the store keeps its own reference */
}

static void test_memory(void **state)
{
	struct keystore *ks = keystore_open(NULL, NULL);
	const struct stored_key *list[4];

	(void)state;
	put(ks, "b", false);
	put(ks, "a", true);
	put(ks, "b", true);
	assert_int_equal(keystore_list(ks, list, 4), 2);
	assert_string_equal(list[0]->label, "a");
	assert_string_equal(list[1]->label, "b");
	assert_true(list[1]->exportable); /* the second one */
	assert_int_equal(keystore_list(ks, list, 1), 1);
	assert_int_equal(keystore_remove(ks, "a"), 0);
	assert_int_equal(keystore_remove(ks, "a"), -ENOENT);
	assert_null(keystore_get(ks, "a"));
	keystore_close(ks);
}

static void test_restart(void **state)
{
	struct keystore *ks = open_clean();
	auto_secret struct secret before = { 0 };
	auto_secret struct secret after = { 0 };
	struct stat st;
	char path[256];

	(void)state;
	put(ks, "RSA_KEYS", false);
	put(ks, "../r1.example.com/%", true);
	assert_int_equal(
		pkey_pkcs8(keystore_get(ks, "RSA_KEYS")->key, &before), 0);
	keystore_close(ks);

	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s/RSA_KEYS.key", sub);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	ks = open_clean();
	const struct stored_key *k = keystore_get(ks, "RSA_KEYS");
	assert_non_null(k);
	assert_int_equal(k->generated, 1732449600);
	assert_false(k->exportable);
	assert_int_equal(pkey_pkcs8(k->key, &after), 0);
	assert_true(secret_equal(&before, &after));
	assert_true(keystore_get(ks, "../r1.example.com/%")->exportable);
	assert_int_equal(keystore_remove(ks, "../r1.example.com/%"), 0);
	keystore_close(ks);

	ks = open_clean();
	assert_null(keystore_get(ks, "../r1.example.com/%"));
	assert_int_equal(keystore_remove(ks, "RSA_KEYS"), 0);
	keystore_close(ks);
}

static void test_bad_files(void **state)
{
	auto_sbuf struct sbuf problems = { 0 };
	auto_sbuf struct sbuf text = { 0 };
	char from[256], to[256];
	struct keystore *ks = open_clean();

	(void)state;
	put(ks, "good", false);
	keystore_close(ks);
	snprintf(from, sizeof(from), "%s/good.key", sub);
	snprintf(to, sizeof(to), "%s/moved.key", sub);
	assert_int_equal(file_read(from, &text, 65536), 0);
	assert_int_equal(file_replace(to, text.s, text.n, 0600), 0);
	snprintf(to, sizeof(to), "%s/bad.key", sub);
	assert_int_equal(file_replace(to, "label: x\n", 9, 0600), 0);

	ks = keystore_open(sub, &problems);
	assert_non_null(keystore_get(ks, "good"));
	assert_null(keystore_get(ks, "x"));
	assert_non_null(strstr(problems.s, "bad.key: not a key file"));
	assert_non_null(strstr(problems.s, "moved.key: holds another label"));
	assert_int_equal(keystore_remove(ks, "good"), 0);
	keystore_close(ks);
}

static void test_labels(void **state)
{
	struct keystore *ks = keystore_open(NULL, NULL);
	struct pkey *k = pkey_rsa_generate(512);
	char label[KEY_LABEL_MAX + 2];

	(void)state;
	memset(label, 'a', sizeof(label));
	label[KEY_LABEL_MAX + 1] = '\0';
	assert_int_equal(keystore_put(ks, label, k, false, 0), -EINVAL);
	assert_int_equal(keystore_put(ks, "", k, false, 0), -EINVAL);
	assert_int_equal(keystore_put(ks, "a\nb", k, false, 0), -EINVAL);
	label[KEY_LABEL_MAX] = '\0';
	assert_int_equal(keystore_put(ks, label, k, false, 0), 0);
	pkey_unref(k);
	keystore_close(ks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests_name(
		"keystore", tests, make_dir, remove_dir);
}
