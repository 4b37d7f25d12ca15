/* What a key server must not forget, in one SQLite file: struct store of
 * gdoi/store.h.  Write-ahead log, every commit synced, held by one process. */
#ifndef ROUTER_STORE_SQLITE_H
#define ROUTER_STORE_SQLITE_H
#include "gdoi/store.h"

/* Opens or creates path, mode 0600; values are sealed with the key in key_path,
 * which is made when there is nothing to open with it.  NULL and *why when it
 * cannot be used: damaged, of a newer version, held by another process, no
 * access, key lost; *why then says what to do.  The file is never changed in
 * that case. */
struct store *store_sqlite_open(
	const char *path, const char *key_path, struct sbuf *why);
/* Groups writes: the first one opens a transaction and calls wrote, and nothing
 * is durable until store_sqlite_sync.  What must not leave before that is the
 * caller's to hold back. */
void store_sqlite_group(
	struct store *s, void (*wrote)(void *ctx), void *ctx);
/* Makes what was written durable; 0 also when nothing was.  -errno: it is lost,
 * all of it. */
int store_sqlite_sync(struct store *s);
/* What the file holds, for show. */
#define STORE_TABLES_MAX 8
struct store_info {
	int schema;
	uint64_t file_bytes, log_bytes; /* the database, and its -wal file */
	struct {
		char name[32];
		uint64_t rows, bytes; /* of sealed values */
	} table[STORE_TABLES_MAX];
	size_t n_tables;
	uint64_t commits, failures; /* since it was opened */
	uint64_t age_ms;            /* of the last commit; when commits > 0 */
};
/* 0 or -errno. */
int store_sqlite_info(struct store *s, struct store_info *out);
/* An open transaction is rolled back. */
void store_sqlite_close(struct store *s);
#endif
