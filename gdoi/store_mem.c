/* A store in memory that outlives its engine, as a disk does: for simulation
 * and tests.  Records stand ordered by table and key. */
#include "base/list.h"
#include "gdoi/store.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct record {
	RB_ENTRY(record) node;
	char *table, *key;
	uint8_t *v;
	size_t n;
};
RB_HEAD(records, record);

static int record_cmp(struct record *a, struct record *b)
{
	int c = strcmp(a->table, b->table);

	return c != 0 ? c : strcmp(a->key, b->key);
}
RB_GENERATE_STATIC(records, record, node, record_cmp)

struct store_mem {
	struct store store; /* first: what callers hold */
	struct records records;
	bool open; /* inside begin and commit */
};

/* Keys may hold text that peers chose: wiped, because values hold keys. */
static void record_free(struct record *r)
{
	if (r->v != NULL)
		mem_wipe(r->v, r->n);
	free(r->v);
	free(r->table);
	free(r->key);
	free(r);
}

static struct record *record_find(
	struct store_mem *m, const char *table, const char *key)
{
	char *t = xstrdup(table), *k = xstrdup(key);
	struct record want = { .table = t, .key = k };
	struct record *r = RB_FIND(records, &m->records, &want);

	free(t);
	free(k);
	return r;
}

static int mem_put(void *ctx, const char *table, const char *key, struct span v)
{
	struct store_mem *m = ctx;
	struct record *r = record_find(m, table, key);

	if (r == NULL) {
		r = xcalloc(1, sizeof(*r));
		r->table = xstrdup(table);
		r->key = xstrdup(key);
		RB_INSERT(records, &m->records, r);
	} else {
		mem_wipe(r->v, r->n);
		free(r->v);
	}
	r->v = xcalloc(1, v.n != 0 ? v.n : 1);
	r->n = v.n;
	if (v.n != 0)
		memcpy(r->v, v.p, v.n);
	return 0;
}

static int mem_del(void *ctx, const char *table, const char *key)
{
	struct store_mem *m = ctx;
	struct record *r = record_find(m, table, key);

	if (r == NULL)
		return -ENOENT;
	RB_REMOVE(records, &m->records, r);
	record_free(r);
	return 0;
}

static int mem_each(void *ctx, const char *table,
	void (*fn)(void *arg, const char *key, struct span v), void *arg)
{
	struct store_mem *m = ctx;
	struct record *r;

	RB_FOREACH(r, records, &m->records)
		if (strcmp(r->table, table) == 0)
			fn(arg, r->key, SPAN(r->v, r->n));
	return 0;
}

static int mem_begin(void *ctx)
{
	struct store_mem *m = ctx;

	if (m->open)
		return -EBUSY;
	m->open = true;
	return 0;
}

static int mem_commit(void *ctx)
{
	struct store_mem *m = ctx;

	if (!m->open)
		return -EINVAL;
	m->open = false;
	return 0;
}

struct store *store_mem_new(void)
{
	struct store_mem *m = xcalloc(1, sizeof(*m));

	RB_INIT(&m->records);
	m->store = (struct store){ .ctx = m,
		.put = mem_put,
		.del = mem_del,
		.each = mem_each,
		.begin = mem_begin,
		.commit = mem_commit };
	return &m->store;
}

void store_mem_free(struct store *s)
{
	struct store_mem *m;
	struct record *r, *next;

	if (s == NULL)
		return;
	m = s->ctx;
	RB_FOREACH_SAFE(r, records, &m->records, next)
	{
		RB_REMOVE(records, &m->records, r);
		record_free(r);
	}
	free(m);
}
