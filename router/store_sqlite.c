/* struct store on SQLite: one table of (table, key, value).  Knows nothing of
 * what the values mean. */
#include "router/store_sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PRAGMA user_version of the layout below. */
#define SCHEMA_VERSION 1

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

static int store_put(
	void *ctx, const char *table, const char *key, struct span v)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_PUT];

	if (v.n > INT32_MAX)
		return -E2BIG;
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	if (v.n == 0)
		sqlite3_bind_zeroblob(st, 3, 0);
	else
		sqlite3_bind_blob(st, 3, v.p, (int)v.n, SQLITE_STATIC);
	return stmt_run(st);
}

static int store_del(void *ctx, const char *table, const char *key)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_DEL];

	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	return stmt_run(st);
}

static int store_each(void *ctx, const char *table,
	void (*fn)(void *arg, const char *key, struct span v), void *arg)
{
	struct store_sqlite *s = ctx;
	sqlite3_stmt *st = s->stmt[STMT_EACH];
	int rc;

	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const void *p = sqlite3_column_blob(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 1);

		fn(arg, (const char *)sqlite3_column_text(st, 0), SPAN(p, n));
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return errno_of(rc);
}

static int store_begin(void *ctx)
{
	struct store_sqlite *s = ctx;

	return stmt_run(s->stmt[STMT_BEGIN]);
}

static int store_commit(void *ctx)
{
	struct store_sqlite *s = ctx;
	int r = stmt_run(s->stmt[STMT_COMMIT]);

	/* A commit that failed leaves its transaction open. */
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
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
		"PRAGMA user_version = 1;"
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
	free(s);
}

struct store *store_sqlite_open(const char *path, struct sbuf *why)
{
	int r = file_create_private(path), version = 0;

	if (r < 0) {
		sbuf_printf(why, "%s: %s", path, strerror(-r));
		return NULL;
	}
	struct store_sqlite *s = xcalloc(1, sizeof(*s));
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
	if (rc != SQLITE_OK) {
		why_unusable(why, path, s->db, rc);
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

void store_sqlite_close(struct store *s)
{
	if (s != NULL)
		store_destroy(s->ctx);
}
