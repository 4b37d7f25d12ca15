/* struct store on SQLite: one table of (table, key, sealed value).  Knows
 * nothing of what the values mean. */
#include "router/store_sqlite.h"
#include "crypto/seal.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* PRAGMA user_version of the layout below: 1 had its values in clear. */
#define SCHEMA_CLEAR   1
#define SCHEMA_VERSION 2

#define PLACE_MAX 512

enum stmt { STMT_PUT, STMT_DEL, STMT_EACH, STMT_BEGIN, STMT_COMMIT, N_STMTS };
static const char *const stmt_sql[N_STMTS] = {
	[STMT_PUT] = "INSERT INTO record(tbl, key, value) VALUES(?1, ?2, ?3) "
		     "ON CONFLICT(tbl, key) DO UPDATE SET value = ?3",
	[STMT_DEL] = "DELETE FROM record WHERE tbl = ?1 AND key = ?2",
	[STMT_EACH] = "SELECT key, value FROM record WHERE tbl = ?1 "
		      "ORDER BY key",
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
};

struct store_sqlite {
	struct store store;
	sqlite3 *db;
	sqlite3_stmt *stmt[N_STMTS];
	uint8_t key[SEAL_KEY_BYTES];
	bool group, open; /* writes are grouped; some wait for a sync */
	void (*wrote)(void *ctx);
	void *ctx;
	char *path;
	uint64_t commits, failures, commit_ms;
};

static int errno_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_MISUSE:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* Runs a statement that gives no rows and makes it ready for the next use. */
static int stmt_run(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return errno_of(rc);
}

/* A value belongs to its row: moved to another one it does not open. */
static struct span place_of(
	const char *table, const char *key, char buf[PLACE_MAX])
{
	int n = snprintf(buf, PLACE_MAX, "%s/%s", table, key);

	return SPAN(buf, n < PLACE_MAX ? (size_t)n : PLACE_MAX - 1);
}

/* Before a write: with grouping the transaction that it goes into. */
static int write_begin(struct store_sqlite *s)
{
	int err;

	if (!s->group || s->open)
		return 0;
	err = stmt_run(s->stmt[STMT_BEGIN]);
	if (err != 0)
		return err;
	s->open = true;
	s->wrote(s->ctx);
	return 0;
}

static int store_put(
	void *ctx, const char *table, const char *key, struct span v)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_PUT];
	auto_sbuf struct sbuf sealed = { 0 };
	char place[PLACE_MAX];
	int err = write_begin(s);

	if (v.n > INT32_MAX / 2)
		return -E2BIG;
	if (err != 0)
		return err;
	seal(s->key, place_of(table, key, place), v, &sealed);
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 3, sealed.s, (int)sealed.n, SQLITE_STATIC);
	return stmt_run(st);
}

static int store_del(void *ctx, const char *table, const char *key)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_DEL];
	int err = write_begin(s);

	if (err != 0)
		return err;
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	return stmt_run(st);
}

static int store_each(void *ctx, const char *table,
	void (*fn)(void *arg, const char *key, struct span v), void *arg)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_EACH];
	char place[PLACE_MAX];
	bool foreign = false;
	int rc;

	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(st, 0);
		const void *p = sqlite3_column_blob(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 1);
		auto_sbuf struct sbuf v = { 0 };

		if (unseal(s->key, place_of(table, key, place), SPAN(p, n), &v))
			fn(arg, key, SPAN(sbuf_str(&v), v.n));
		else
			foreign = true;
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return foreign ? -EBADMSG : errno_of(rc);
}

static int store_begin(void *ctx)
{
	struct store_sqlite *s = ctx;

	return s->group ? write_begin(s) : stmt_run(s->stmt[STMT_BEGIN]);
}

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int transaction_end(struct store_sqlite *s)
{
	int r = stmt_run(s->stmt[STMT_COMMIT]);

	/* A commit that failed leaves its transaction open. */
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (r < 0) {
		s->failures++;
		return r;
	}
	s->commits++;
	s->commit_ms = monotonic_ms();
	return r;
}

static int store_commit(void *ctx)
{
	struct store_sqlite *s = ctx;

	return s->group ? 0 : transaction_end(s);
}

void store_sqlite_group(
	struct store *store, void (*wrote)(void *ctx), void *ctx)
{
	struct store_sqlite *s = store->ctx;

	s->group = true;
	s->wrote = wrote;
	s->ctx = ctx;
}

int store_sqlite_sync(struct store *store)
{
	struct store_sqlite *s = store->ctx;

	if (!s->open)
		return 0;
	s->open = false;
	return transaction_end(s);
}

/* One number of a PRAGMA, or -1. */
static int pragma_int(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* SQLite's own check of pages and indices. */
static int quick_check(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const unsigned char *text = sqlite3_column_text(st, 0);

		rc = text != NULL && strcmp((const char *)text, "ok") == 0
			     ? SQLITE_OK
			     : SQLITE_CORRUPT;
	}
	sqlite3_finalize(st);
	return rc;
}

static void why_unusable(
	struct sbuf *why, const char *path, sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		sbuf_printf(why,
			"%s is damaged; to recover put a backup in its place, "
			"or move it and its -wal file away: the key server "
			"then makes new keys and its members register again",
			path);
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		sbuf_printf(why, "%s is in use by another process", path);
		break;
	default:
		sbuf_printf(why, "%s: %s", path,
			db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	}
}

/* Settings, check, layout.  SQLITE_OK, or what is wrong. */
static int db_prepare(sqlite3 *db, int *version)
{
	static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
				       "PRAGMA secure_delete = ON;"
				       "PRAGMA temp_store = MEMORY;"
				       "PRAGMA trusted_schema = OFF;"
				       "PRAGMA synchronous = FULL;";
	static const char layout[] =
		"BEGIN IMMEDIATE;"
		"CREATE TABLE record(tbl TEXT NOT NULL, key TEXT NOT NULL,"
		" value BLOB NOT NULL, PRIMARY KEY(tbl, key)) WITHOUT ROWID;"
		"PRAGMA user_version = 2;"
		"COMMIT;";
	int rc = sqlite3_exec(db, settings, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = quick_check(db);
	if (rc != SQLITE_OK)
		return rc;
	*version = pragma_int(db, "PRAGMA user_version");
	if (*version < 0)
		return SQLITE_CORRUPT;
	if (*version > SCHEMA_VERSION)
		return SQLITE_OK;
	rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	if (rc == SQLITE_OK && *version == 0)
		rc = sqlite3_exec(db, layout, NULL, NULL, NULL);
	return rc;
}

static int stmts_prepare(struct store_sqlite *s)
{
	for (int i = 0; i < N_STMTS; i++) {
		int rc = sqlite3_prepare_v3(s->db, stmt_sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* SQLite would create it with the umask's mode; its -wal file follows. */
static int file_create_private(const char *path)
{
	auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	return fchmod(fd, 0600) < 0 ? -errno : 0;
}

static void store_destroy(struct store_sqlite *s)
{
	for (int i = 0; i < N_STMTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	free(s->path);
	mem_wipe(s->key, sizeof(s->key));
	free(s);
}

/* SQLite's own memory, wiped where it is left: keys pass through it. */
static sqlite3_mem_methods plain;

static void wiping_free(void *p)
{
	if (p != NULL)
		mem_wipe(p, (size_t)plain.xSize(p));
	plain.xFree(p);
}

static void *wiping_realloc(void *p, int n)
{
	void *q = plain.xMalloc(n);

	if (q == NULL)
		return NULL;
	memcpy(q, p, (size_t)(plain.xSize(p) < n ? plain.xSize(p) : n));
	wiping_free(p);
	return q;
}

static void memory_wipes(void)
{
	sqlite3_mem_methods m;

	if (plain.xMalloc != NULL ||
		sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
		return;
	m = plain;
	m.xFree = wiping_free;
	m.xRealloc = wiping_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &m);
}

/* The key that opens what is there.  Without it nothing starts afresh. */
static bool key_get(struct store_sqlite *s, const char *path,
	const char *key_path, int version, struct sbuf *why)
{
	bool used =
		pragma_int(s->db, "SELECT EXISTS(SELECT 1 FROM record)") == 1;
	int r = seal_key_load(key_path, s->key);

	if (r == -ENOENT && (!used || version <= SCHEMA_CLEAR))
		r = seal_key_create(key_path, s->key);
	if (r == -ENOENT)
		sbuf_printf(why,
			"%s is sealed with the key in %s, which is not there; "
			"to recover put that file back from a backup, or move "
			"%s and its -wal file away: the key server then makes "
			"new keys and its members register again",
			path, key_path, path);
	else if (r < 0)
		sbuf_printf(why, "%s: %s", key_path,
			r == -EINVAL ? "no sealing key" : strerror(-r));
	return r == 0;
}

/* sealed(tbl, key, value) of the SQL below */
static void sql_sealed(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct store_sqlite *s = sqlite3_user_data(c);
	const char *table = (const char *)sqlite3_value_text(v[0]);
	const char *key = (const char *)sqlite3_value_text(v[1]);
	auto_sbuf struct sbuf out = { 0 };
	char place[PLACE_MAX];

	(void)n;
	seal(s->key, place_of(table, key, place),
		SPAN(sqlite3_value_blob(v[2]),
			(size_t)sqlite3_value_bytes(v[2])),
		&out);
	sqlite3_result_blob(c, out.s, (int)out.n, SQLITE_TRANSIENT);
}

/* All values of the layout before, in one transaction. */
static int migrate(struct store_sqlite *s)
{
	static const char sql[] =
		"BEGIN IMMEDIATE;"
		"UPDATE record SET value = sealed(tbl, key, value);"
		"PRAGMA user_version = 2;"
		"COMMIT;";
	int rc = sqlite3_create_function(
		s->db, "sealed", 3, SQLITE_UTF8, s, sql_sealed, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return errno_of(rc);
}

static void nothing(void *arg, const char *key, struct span v)
{
	(void)arg;
	(void)key;
	(void)v;
}

/* Does the key open every row? */
static int rows_check(struct store_sqlite *s)
{
	sqlite3_stmt *st = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(s->db, "SELECT DISTINCT tbl FROM record", -1,
		    &st, NULL) != SQLITE_OK)
		return -EIO;
	while (r == 0 && sqlite3_step(st) == SQLITE_ROW)
		r = store_each(s, (const char *)sqlite3_column_text(st, 0),
			nothing, NULL);
	sqlite3_finalize(st);
	return r;
}

static bool values_open(struct store_sqlite *s, const char *path,
	const char *key_path, int version, struct sbuf *why)
{
	int r;

	if (!key_get(s, path, key_path, version, why))
		return false;
	r = version == SCHEMA_CLEAR ? migrate(s) : rows_check(s);
	if (r == -EBADMSG)
		sbuf_printf(why,
			"%s does not open with the key in %s; to recover put "
			"both back from one backup, or move %s and its -wal "
			"file away: the key server then makes new keys and "
			"its members register again",
			path, key_path, path);
	else if (r < 0)
		sbuf_printf(why, "%s: %s", path, strerror(-r));
	return r == 0;
}

struct store *store_sqlite_open(
	const char *path, const char *key_path, struct sbuf *why)
{
	int r = file_create_private(path), version = 0;

	if (r < 0) {
		sbuf_printf(why, "%s: %s", path, strerror(-r));
		return NULL;
	}
	struct store_sqlite *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(path);
	memory_wipes();
	int rc = sqlite3_open_v2(path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_PRIVATECACHE,
		NULL);

	if (rc == SQLITE_OK)
		rc = db_prepare(s->db, &version);
	if (rc == SQLITE_OK && version > SCHEMA_VERSION) {
		sbuf_printf(why,
			"%s was written by a newer release (version %d, this "
			"one knows %d)",
			path, version, SCHEMA_VERSION);
		store_destroy(s);
		return NULL;
	}
	if (rc == SQLITE_OK)
		rc = stmts_prepare(s);
	if (rc != SQLITE_OK)
		why_unusable(why, path, s->db, rc);
	if (rc != SQLITE_OK || !values_open(s, path, key_path, version, why)) {
		store_destroy(s);
		return NULL;
	}
	s->store = (struct store){ .ctx = s,
		.put = store_put,
		.del = store_del,
		.each = store_each,
		.begin = store_begin,
		.commit = store_commit };
	return &s->store;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int store_sqlite_info(struct store *store, struct store_info *out)
{
	struct store_sqlite *s = store->ctx;
	auto_sbuf struct sbuf log = { 0 };
	sqlite3_stmt *st = NULL;
	int rc;

	sbuf_printf(&log, "%s-wal", s->path);
	*out = (struct store_info){ .schema = SCHEMA_VERSION,
		.file_bytes = size_of(s->path),
		.log_bytes = size_of(sbuf_str(&log)),
		.commits = s->commits,
		.failures = s->failures,
		.age_ms = monotonic_ms() - s->commit_ms };
	rc = sqlite3_prepare_v2(s->db,
		"SELECT tbl, count(*), sum(length(value)) FROM record "
		"GROUP BY tbl ORDER BY tbl",
		-1, &st, NULL);
	while (rc == SQLITE_OK && out->n_tables < STORE_TABLES_MAX &&
		sqlite3_step(st) == SQLITE_ROW) {
		size_t i = out->n_tables++;

		snprintf(out->table[i].name, sizeof(out->table[i].name), "%s",
			(const char *)sqlite3_column_text(st, 0));
		out->table[i].rows = (uint64_t)sqlite3_column_int64(st, 1);
		out->table[i].bytes = (uint64_t)sqlite3_column_int64(st, 2);
	}
	sqlite3_finalize(st);
	return errno_of(rc);
}

void store_sqlite_close(struct store *s)
{
	if (s != NULL)
		store_destroy(s->ctx);
}
