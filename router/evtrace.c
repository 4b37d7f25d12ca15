/* Rings of the last events. */
#include "router/evtrace.h"
#include "base/mem.h"
#include "gdoi/policy.h"
#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_CHARS 96 /* of each text; what is longer is cut */

struct entry {
	uint64_t wall_ms;
	struct debug_event ev; /* its pointers: see entry_event */
	char group[GROUP_NAME_MAX + 1], text[TEXT_CHARS], more[TEXT_CHARS];
	uint8_t cookies[16];
	bool has_cookies;
};
struct ring {
	struct entry *v; /* NULL until the first event */
	uint32_t size, used, next;
	uint64_t total, shown; /* events; of them seen by `latest` */
	bool enabled, one_shot;
};
struct evtrace {
	uint64_t (*wall_ms)(void);
	struct ring ring[EVTRACE_N];
};

/* EVTRACE_N: of none. */
static enum evtrace_kind kind_of(enum debug_id id)
{
	switch (debug_def(id)->area) {
	case DEBUG_AREA_KS_COOP:
		return EVTRACE_COOP;
	case DEBUG_AREA_INFRA:
	case DEBUG_AREA_GM_INFRA:
	case DEBUG_AREA_KS_INFRA:
	case DEBUG_AREA_GM_CLEANUP:
		return EVTRACE_INFRA;
	case DEBUG_AREA_GM_REG:
	case DEBUG_AREA_KS_REG:
		return EVTRACE_REGISTRATION;
	case DEBUG_AREA_GM_REKEY:
	case DEBUG_AREA_KS_REKEY:
	case DEBUG_AREA_GM_REPLAY:
	case DEBUG_AREA_KS_REPLAY:
	case DEBUG_AREA_REPLAY:
		return EVTRACE_REKEY;
	default:
		return EVTRACE_N;
	}
}

struct evtrace *evtrace_new(uint64_t (*wall_ms)(void))
{
	struct evtrace *t = xcalloc(1, sizeof(*t));

	t->wall_ms = wall_ms;
	for (size_t k = 0; k < EVTRACE_N; k++)
		t->ring[k] =
			(struct ring){ .size = EVTRACE_SIZE, .enabled = true };
	return t;
}

void evtrace_free(struct evtrace *t)
{
	if (t == NULL)
		return;
	for (size_t k = 0; k < EVTRACE_N; k++)
		free(t->ring[k].v);
	free(t);
}

bool evtrace_wants(const struct evtrace *t, enum debug_id id)
{
	enum evtrace_kind k = kind_of(id);

	return k < EVTRACE_N && debug_def(id)->level <= DEBUG_EVENT &&
	       t->ring[k].enabled;
}

static void text_keep(char *to, size_t cap, const char *from)
{
	strlcpy(to, from != NULL ? from : "", cap);
}

void evtrace_add(struct evtrace *t, const struct debug_event *ev)
{
	struct ring *r;
	struct entry *e;

	if (!evtrace_wants(t, ev->id))
		return;
	r = &t->ring[kind_of(ev->id)];
	if (r->v == NULL)
		r->v = xcalloc(r->size, sizeof(*r->v));
	e = &r->v[r->next];
	e->wall_ms = t->wall_ms();
	e->ev = *ev;
	text_keep(e->group, sizeof(e->group), ev->group);
	text_keep(e->text, sizeof(e->text), ev->text);
	text_keep(e->more, sizeof(e->more), ev->more);
	e->has_cookies = ev->cookies != NULL;
	if (e->has_cookies)
		memcpy(e->cookies, ev->cookies, sizeof(e->cookies));
	e->ev.payloads = NULL;
	e->ev.profile = NULL;
	r->next = (r->next + 1) % r->size;
	r->used += r->used < r->size;
	r->total++;
	if (r->one_shot && r->used == r->size)
		r->enabled = r->one_shot = false;
}

void evtrace_enable(struct evtrace *t, enum evtrace_kind k, bool on)
{
	t->ring[k].enabled = on;
	t->ring[k].one_shot = false;
}

void evtrace_clear(struct evtrace *t, enum evtrace_kind k)
{
	struct ring *r = &t->ring[k];

	free(r->v);
	r->v = NULL;
	r->used = r->next = 0;
	r->total = r->shown = 0;
}

void evtrace_one_shot(struct evtrace *t, enum evtrace_kind k)
{
	evtrace_clear(t, k);
	t->ring[k].enabled = t->ring[k].one_shot = true;
}

void evtrace_size(struct evtrace *t, enum evtrace_kind k, uint32_t entries)
{
	if (t->ring[k].size == entries)
		return;
	evtrace_clear(t, k);
	t->ring[k].size = entries;
}

void evtrace_info(
	const struct evtrace *t, enum evtrace_kind k, struct evtrace_info *out)
{
	const struct ring *r = &t->ring[k];

	*out = (struct evtrace_info){ .enabled = r->enabled,
		.one_shot = r->one_shot,
		.size = r->size,
		.used = r->used,
		.total = r->total };
}

static void entry_tell(const struct entry *e, evtrace_fn *fn, void *ctx)
{
	auto_sbuf struct sbuf text = { 0 };
	struct debug_event ev = e->ev;

	ev.group = e->group;
	ev.text = e->text;
	ev.more = e->more;
	ev.cookies = e->has_cookies ? e->cookies : NULL;
	debug_text(&ev, &text);
	fn(ctx, e->wall_ms, sbuf_str(&text));
}

/* The i-th oldest. */
static const struct entry *entry_at(const struct ring *r, uint32_t i)
{
	return &r->v[(r->next + r->size - r->used + i) % r->size];
}

size_t evtrace_each(const struct evtrace *t, enum evtrace_kind k,
	uint64_t since_ms, evtrace_fn *fn, void *ctx)
{
	const struct ring *r = &t->ring[k];
	size_t n = 0;

	for (uint32_t i = 0; i < r->used; i++) {
		const struct entry *e = entry_at(r, i);

		if (e->wall_ms < since_ms)
			continue;
		entry_tell(e, fn, ctx);
		n++;
	}
	return n;
}

size_t evtrace_latest(
	struct evtrace *t, enum evtrace_kind k, evtrace_fn *fn, void *ctx)
{
	struct ring *r = &t->ring[k];
	uint64_t fresh = r->total - r->shown;

	if (fresh > r->used)
		fresh = r->used;
	for (uint32_t i = r->used - (uint32_t)fresh; i < r->used; i++)
		entry_tell(entry_at(r, i), fn, ctx);
	r->shown = r->total;
	return (size_t)fresh;
}
