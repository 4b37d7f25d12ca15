/* The store: records survive, order, transactions, hostile files. */
#include "router/store_sqlite.h"
#include "tests/unit/test.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/store_sqlite.XXXXXX", path[64], key_path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(strrchr(dir, '.'), ".XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/ks.db", dir);
	snprintf(key_path, sizeof(key_path), "%s/ks.seal", dir);
	return 0;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd);
}

static struct store *open_ok(void)
{
	auto_sbuf struct sbuf why = { 0 };
	struct store *s = store_sqlite_open(path, key_path, &why);

	if (s == NULL)
		fail_msg("%s", sbuf_str(&why));
	return s;
}

static int put(struct store *s, const char *t, const char *k, const char *v)
{
	return s->put(s->ctx, t, k, SPAN(v, strlen(v)));
}

static void collect(void *arg, const char *key, struct span v)
{
	sbuf_printf(arg, "%s=%.*s;", key, (int)v.n, (const char *)v.p);
}

static void expect(struct store *s, const char *table, const char *want)
{
	auto_sbuf struct sbuf got = { 0 };

	assert_int_equal(s->each(s->ctx, table, collect, &got), 0);
	assert_string_equal(sbuf_str(&got), want);
}

static void test_records(void **state)
{
	const uint8_t zeros[3] = { 0 };
	struct store *s = open_ok();
	struct stat st;

	(void)state;
	assert_int_equal(put(s, "kek", "b", "2"), 0);
	assert_int_equal(put(s, "kek", "a", "1"), 0);
	assert_int_equal(put(s, "kek", "b", "3"), 0);
	assert_int_equal(put(s, "tek", "a", "x"), 0);
	expect(s, "kek", "a=1;b=3;");
	assert_int_equal(s->del(s->ctx, "kek", "a"), 0);
	assert_int_equal(s->del(s->ctx, "kek", "none"), 0);
	assert_int_equal(s->put(s->ctx, "raw", "", SPAN(zeros, 0)), 0);
	store_sqlite_close(s);
	s = open_ok();
	expect(s, "kek", "b=3;");
	expect(s, "tek", "a=x;");
	expect(s, "raw", "=;");
	store_sqlite_close(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* What was committed outlives a process that dies without closing; what was
 * not is gone. */
static void test_crash(void **state)
{
	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *s = open_ok();

		put(s, "t", "kept", "1");
		s->begin(s->ctx);
		put(s, "t", "also", "1");
		s->commit(s->ctx);
		s->begin(s->ctx);
		put(s, "t", "lost", "1");
		_exit(0);
	}
	int status;

	waitpid(pid, &status, 0);
	struct store *s = open_ok();

	expect(s, "t", "also=1;kept=1;");
	store_sqlite_close(s);
}

static void on_wrote(void *ctx)
{
	++*(unsigned *)ctx;
}

/* Grouped writes become durable together, at the sync; transactions of the
 * engine do not end the group. */
static void test_group(void **state)
{
	unsigned wrote = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct store *s = open_ok();

		store_sqlite_group(s, on_wrote, &wrote);
		put(s, "t", "first", "1");
		s->begin(s->ctx);
		put(s, "t", "second", "1");
		s->commit(s->ctx);
		if (wrote != 1 || store_sqlite_sync(s) != 0)
			_exit(1);
		put(s, "t", "lost", "1");
		s->begin(s->ctx);
		s->del(s->ctx, "t", "first");
		s->commit(s->ctx);
		_exit(wrote == 2 ? 0 : 1);
	}
	int status;

	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	struct store *s = open_ok();

	expect(s, "t", "first=1;second=1;");
	store_sqlite_group(s, on_wrote, &wrote);
	assert_int_equal(store_sqlite_sync(s), 0);
	assert_int_equal(wrote, 0);
	put(s, "t", "third", "1");
	expect(s, "t", "first=1;second=1;third=1;"); /* its writer sees it */
	store_sqlite_close(s);
	s = open_ok();
	expect(s, "t", "first=1;second=1;");
	store_sqlite_close(s);
}

static void refuse(const char *needle)
{
	auto_sbuf struct sbuf why = { 0 };

	assert_null(store_sqlite_open(path, key_path, &why));
	if (strstr(sbuf_str(&why), needle) == NULL)
		fail_msg("%s", sbuf_str(&why));
}

static void test_garbage(void **state)
{
	char junk[5000], back[5000];
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	(void)state;
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	refuse("move it");
	assert_int_equal(pread(fd, back, sizeof(back), 0), sizeof(back));
	assert_memory_equal(junk, back, sizeof(junk));
	close(fd);
}

/* A good header over a damaged page. */
static void test_damaged_page(void **state)
{
	struct store *s = open_ok();
	char junk[4096], key[16];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		if (i == 0)
			s->begin(s->ctx);
		put(s, "t", key, "some value that fills pages");
	}
	s->commit(s->ctx);
	store_sqlite_close(s);
	int fd = open(path, O_RDWR);

	memset(junk, 0xff, sizeof(junk));
	assert_int_equal(
		pwrite(fd, junk, sizeof(junk), 2 * 4096), sizeof(junk));
	close(fd);
	refuse("damaged");
}

static void test_newer(void **state)
{
	sqlite3 *db;

	(void)state;
	store_sqlite_close(open_ok());
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	refuse("newer release");
}

/* What the file holds, as anyone who reads it sees it. */
static bool file_has(const char *text)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "grep -qaF '%s' %s*", text, path);
	return system(cmd) == 0;
}

static void test_sealed(void **state)
{
	struct store *s = open_ok();
	struct stat st;
	sqlite3 *db;

	(void)state;
	assert_int_equal(put(s, "kek", "a", "words in clear"), 0);
	assert_int_equal(put(s, "kek", "b", "other words"), 0);
	store_sqlite_close(s);
	assert_false(file_has("words"));
	assert_int_equal(stat(key_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* A value that was moved to another row is no value. */
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "UPDATE record SET value = (SELECT value "
				 "FROM record WHERE key = 'a')",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	refuse("does not open");
}

static void test_key_lost(void **state)
{
	struct store *s = open_ok();
	char aside[80];

	(void)state;
	put(s, "kek", "a", "1");
	store_sqlite_close(s);
	snprintf(aside, sizeof(aside), "%s.aside", key_path);
	assert_int_equal(rename(key_path, aside), 0);
	refuse("put that file back");
	assert_int_equal(access(key_path, F_OK), -1);
	assert_int_equal(rename(aside, key_path), 0);
	s = open_ok();
	expect(s, "kek", "a=1;");
	store_sqlite_close(s);
}

/* The layout of the first release: values in clear. */
static void test_migration(void **state)
{
	static const char old[] =
		"CREATE TABLE record(tbl TEXT NOT NULL, key TEXT NOT NULL,"
		" value BLOB NOT NULL, PRIMARY KEY(tbl, key)) WITHOUT ROWID;"
		"INSERT INTO record VALUES('kek', 'a', x'6f6c64');"
		"INSERT INTO record VALUES('tek', 'b', x'');"
		"PRAGMA user_version = 1;";
	struct store *s;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	for (int i = 0; i < 2; i++) {
		s = open_ok();
		expect(s, "kek", "a=old;");
		expect(s, "tek", "b=;");
		store_sqlite_close(s);
		assert_false(file_has("old"));
	}
}

static void test_in_use(void **state)
{
	struct store *s = open_ok();

	(void)state;
	refuse("in use");
	store_sqlite_close(s);
}

static void test_no_access(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/none/ks.db", dir);
	refuse("No such file");
}

static void test_info(void **state)
{
	struct store *s = open_ok();
	struct store_info v;

	(void)state;
	assert_int_equal(s->begin(s->ctx), 0);
	assert_int_equal(put(s, "tek", "a", "x"), 0);
	assert_int_equal(put(s, "tek", "b", "y"), 0);
	assert_int_equal(put(s, "kek", "a", ""), 0);
	assert_int_equal(s->commit(s->ctx), 0);
	assert_int_equal(store_sqlite_info(s, &v), 0);
	assert_int_equal(v.n_tables, 2);
	assert_string_equal(v.table[0].name, "kek");
	assert_int_equal(v.table[0].rows, 1);
	assert_int_equal(v.table[1].rows, 2);
	assert_int_equal(v.commits, 1);
	assert_int_equal(v.failures, 0);
	assert_true(v.log_bytes > 0 && v.age_ms < 60000);
	store_sqlite_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_records), T(test_group),
		T(test_crash), T(test_garbage), T(test_damaged_page),
		T(test_newer), T(test_in_use), T(test_no_access),
		T(test_sealed), T(test_key_lost), T(test_migration),
		T(test_info) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
