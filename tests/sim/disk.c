/* Transactions over the memory store: changes wait in a list until commit. */
#include "tests/sim/disk.h"
#include "base/list.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct change {
	TAILQ_ENTRY(change) link;
	char *table, *key;
	uint8_t *v; /* NULL: deletion */
	size_t n;
};
TAILQ_HEAD(changes, change);

struct disk {
	struct store store;
	struct store *platter;
	struct changes open;
	bool begun, unplugged;
	uint64_t rows;
	bool (*wrote)(void *ctx);
	void *ctx;
};

static void change_free(struct disk *d, struct change *c)
{
	TAILQ_REMOVE(&d->open, c, link);
	if (c->v != NULL)
		mem_wipe(c->v, c->n);
	free(c->v);
	free(c->table);
	free(c->key);
	free(c);
}

static void change_add(struct disk *d, const char *table, const char *key,
	const void *v, size_t n)
{
	struct change *c = xcalloc(1, sizeof(*c));

	c->table = xstrdup(table);
	c->key = xstrdup(key);
	c->n = n;
	if (v != NULL) {
		c->v = xcalloc(1, n + 1);
		for (size_t i = 0; i < n; i++)
			c->v[i] = ((const uint8_t *)v)[i];
	}
	TAILQ_INSERT_TAIL(&d->open, c, link);
}

/* Makes all open changes durable, at once or not at all. */
static void changes_write(struct disk *d)
{
	struct store *p = d->platter;
	struct change *c;

	if (!d->unplugged && !TAILQ_EMPTY(&d->open))
		d->unplugged = !d->wrote(d->ctx);
	while ((c = TAILQ_FIRST(&d->open)) != NULL) {
		d->rows += !d->unplugged;
		if (!d->unplugged && c->v != NULL)
			p->put(p->ctx, c->table, c->key, SPAN(c->v, c->n));
		else if (!d->unplugged)
			p->del(p->ctx, c->table, c->key);
		change_free(d, c);
	}
}

static int disk_put(
	void *ctx, const char *table, const char *key, struct span v)
{
	struct disk *d = ctx;

	change_add(d, table, key, v.n > 0 ? (const void *)v.p : "", v.n);
	if (!d->begun)
		changes_write(d);
	return 0;
}

static int disk_del(void *ctx, const char *table, const char *key)
{
	struct disk *d = ctx;

	change_add(d, table, key, NULL, 0);
	if (!d->begun)
		changes_write(d);
	return 0;
}

static int disk_each(void *ctx, const char *table,
	void (*fn)(void *arg, const char *key, struct span v), void *arg)
{
	struct disk *d = ctx;

	assert(TAILQ_EMPTY(&d->open)); /* no engine reads what it has open */
	return d->platter->each(d->platter->ctx, table, fn, arg);
}

static int disk_begin(void *ctx)
{
	struct disk *d = ctx;

	if (d->begun)
		return -EBUSY;
	d->begun = true;
	return 0;
}

static int disk_commit(void *ctx)
{
	struct disk *d = ctx;

	if (!d->begun)
		return -EINVAL;
	d->begun = false;
	changes_write(d);
	return 0;
}

struct disk *disk_new(bool (*wrote)(void *ctx), void *ctx)
{
	struct disk *d = xcalloc(1, sizeof(*d));

	d->platter = store_mem_new();
	d->wrote = wrote;
	d->ctx = ctx;
	TAILQ_INIT(&d->open);
	d->store = (struct store){ .ctx = d,
		.put = disk_put,
		.del = disk_del,
		.each = disk_each,
		.begin = disk_begin,
		.commit = disk_commit };
	return d;
}

uint64_t disk_rows(const struct disk *d)
{
	return d->rows;
}

void disk_replug(struct disk *d)
{
	while (!TAILQ_EMPTY(&d->open))
		change_free(d, TAILQ_FIRST(&d->open));
	d->begun = d->unplugged = false;
}

void disk_free(struct disk *d)
{
	if (d == NULL)
		return;
	disk_replug(d);
	store_mem_free(d->platter);
	free(d);
}

struct store *disk_store(struct disk *d)
{
	return &d->store;
}
