/* Reading and replacing whole files. */
#include "base/file.h"

#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/getvpn-file.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void path(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", dir, name);
}

static int entries(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void test_replace(void **state)
{
	auto_sbuf struct sbuf got = { 0 };
	struct stat st;
	char p[256];

	(void)state;
	path(p, "config");
	assert_int_equal(file_replace(p, "old", 3, 0644), 0);
	assert_int_equal(file_replace(p, "newer\0x", 7, 0600), 0);
	assert_int_equal(stat(p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	sbuf_adds(&got, "before:");
	assert_int_equal(file_read(p, &got, 7), 0);
	assert_int_equal(got.n, 14);
	assert_memory_equal(got.s, "before:newer\0x", 14);
	assert_int_equal(file_replace(p, NULL, 0, 0600), 0);
	assert_int_equal(stat(p, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(entries(), 1); /* no temporary left */
	unlink(p);
}

static void test_failures(void **state)
{
	auto_sbuf struct sbuf got = { 0 };
	char p[256];

	(void)state;
	path(p, "none/config");
	assert_int_equal(file_replace(p, "x", 1, 0600), -ENOENT);
	assert_int_equal(file_read(p, &got, 10), -ENOENT);
	path(p, "sub");
	assert_int_equal(mkdir(p, 0700), 0);
	assert_int_equal(file_replace(p, "x", 1, 0600), -EISDIR);
	assert_int_equal(entries(), 1);
	assert_int_equal(file_read(p, &got, 10), -EISDIR);
	assert_int_equal(got.n, 0);
	rmdir(p);
}

static void test_limit(void **state)
{
	auto_sbuf struct sbuf got = { 0 };
	static char big[10000];
	char p[256];

	(void)state;
	memset(big, 'x', sizeof(big));
	path(p, "big");
	assert_int_equal(file_replace(p, big, sizeof(big), 0600), 0);
	sbuf_adds(&got, "kept");
	assert_int_equal(file_read(p, &got, sizeof(big) - 1), -EFBIG);
	assert_string_equal(got.s, "kept");
	assert_int_equal(file_read(p, &got, sizeof(big)), 0);
	assert_int_equal(got.n, 4 + sizeof(big));
	unlink(p);
}

static void test_mkdirs(void **state)
{
	struct stat st;
	char p[256];

	(void)state;
	path(p, "a/b/c");
	assert_int_equal(file_mkdirs(p, 0700), 0);
	assert_int_equal(file_mkdirs(p, 0700), 0);
	assert_int_equal(stat(p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	rmdir(p);
	path(p, "a/b");
	rmdir(p);
	path(p, "a");
	rmdir(p);
	path(p, "f");
	assert_int_equal(file_replace(p, "", 0, 0600), 0);
	assert_int_equal(file_mkdirs(p, 0700), -ENOTDIR);
	path(p, "f/g");
	assert_int_equal(file_mkdirs(p, 0700), -ENOTDIR);
	path(p, "f");
	unlink(p);
}

static void test_sweep(void **state)
{
	static const char *const names[] = { "config", "config.Ab3dEf",
		"config.old", "config.Ab3dEfg", "other.Ab3dEf" };
	char p[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path(p, names[i]);
		assert_int_equal(file_replace(p, "x", 1, 0600), 0);
	}
	path(p, "config");
	file_sweep(p);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path(p, names[i]);
		assert_int_equal(unlink(p), i == 1 ? -1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests_name("file", tests, setup, teardown);
}
