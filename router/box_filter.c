/* Access lists on interfaces: names onto netdevs, reports into the log. */
#include "router/acl_log.h"
#include "router/box_priv.h"
#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct box_filters {
	struct filters *filters; /* NULL: the kernel has none */
	struct acl_log *log;
	struct timer report;
	struct filter_policy *v; /* acl points into lists */
	size_t n;
	struct acl *lists; /* each once */
	size_t n_lists;
	int told; /* errno last logged, so that it is told once */
	struct timer later;
	struct timer watch;        /* while there are filters */
	uint64_t last_ms, took_ms; /* the last transaction's end and time */
};

/* While a long list is pasted it is set again and again.  What took longer
 * than this is followed by a rest of some times as much, so that the whole
 * stays linear. */
#define QUICK_MS    20
#define REST_FACTOR 3

#define WATCH_MS 10000 /* between looks at whether our tables are there */

static void on_report(void *arg)
{
	struct box *b = arg;
	struct box_filters *f = b->filters;

	if (acl_log_report(f->log))
		timer_set(loop_timers(b->loop), &f->report,
			loop_now() + ACL_LOG_PERIOD_MS);
}

static void on_later(void *arg)
{
	box_filter_settle(arg);
}

/* Security that another program's `nft flush ruleset` took away comes back. */
static void on_watch(void *arg)
{
	struct box *b = arg;
	struct box_filters *f = b->filters;

	if (filters_verify(f->filters) == 1)
		log_msg(b->log, LOG_SEV_WARNING, "ACL", "RESTORED",
			"Access lists of interfaces were removed from the "
			"kernel by another program and are in force again");
	timer_set(loop_timers(b->loop), &f->watch, loop_now() + WATCH_MS);
}

static void on_hit(void *ctx, const struct filter_hit *hit)
{
	struct box *b = ctx;
	struct box_filters *f = b->filters;
	const struct link_state *s = iface_by_index(b->mirror, hit->iif);
	char name[64] = "";

	if (s != NULL)
		box_iface_name(b, s->name, name);
	if (acl_log_packet(f->log, hit, name))
		timer_set(loop_timers(b->loop), &f->report,
			loop_now() + ACL_LOG_PERIOD_MS);
}

void box_filter_open(struct box *b)
{
	struct box_filters *f = xcalloc(1, sizeof(*f));
	auto_sbuf struct sbuf why = { 0 };

	b->filters = f;
	f->log = acl_log_new(b->log);
	timer_init(&f->report, on_report, b);
	timer_init(&f->later, on_later, b);
	timer_init(&f->watch, on_watch, b);
	f->filters = filters_open(b->loop, on_hit, b, &why);
}

static void lists_free(struct box_filters *f)
{
	for (size_t i = 0; i < f->n_lists; i++)
		acl_free(&f->lists[i]);
	free(f->lists);
	f->lists = NULL;
	f->n_lists = 0;
	free(f->v);
	f->v = NULL;
	f->n = 0;
}

void box_filter_free(struct box *b)
{
	struct box_filters *f = b->filters;

	if (f == NULL)
		return;
	timer_cancel(loop_timers(b->loop), &f->report);
	timer_cancel(loop_timers(b->loop), &f->later);
	timer_cancel(loop_timers(b->loop), &f->watch);
	filters_close(f->filters);
	acl_log_free(f->log);
	lists_free(f);
	free(f);
	b->filters = NULL;
}

/* Security fails loudly: what could not be put into force is not. */
static void refused(struct box *b, int rc)
{
	if (rc != 0 && rc != b->filters->told)
		log_msg(b->log, LOG_SEV_ERR, "ACL", "NOT_IN_FORCE",
			"Access lists of interfaces cannot be put into force: "
			"%s; those before stay",
			strerror(-rc));
	b->filters->told = rc;
}

static void filters_put(struct box *b)
{
	struct box_filters *f = b->filters;
	struct filter_bind *bind = xcalloc(f->n + 1, sizeof(*bind));
	uint64_t start = loop_now();
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct filter_policy *p = &f->v[i];
		const struct box_iface *on = box_iface_find(b, p->ifname);

		if (on == NULL || on->netdev[0] == '\0')
			continue;
		strlcpy(bind[n].netdev, on->netdev, sizeof(bind[n].netdev));
		bind[n].out = p->out;
		bind[n].quiet = p->quiet;
		bind[n++].acl = p->acl;
	}
	refused(b, filters_set(f->filters, bind, n));
	free(bind);
	if (n > 0 && !f->watch.armed)
		timer_set(
			loop_timers(b->loop), &f->watch, loop_now() + WATCH_MS);
	else if (n == 0)
		timer_cancel(loop_timers(b->loop), &f->watch);
	f->last_ms = loop_now();
	f->took_ms = f->last_ms - start;
}

void box_filter_settle(struct box *b)
{
	struct box_filters *f = b->filters;
	uint64_t rest = f->last_ms + REST_FACTOR * f->took_ms;

	if (f->filters == NULL) {
		refused(b, f->n > 0 ? -ENODEV : 0);
		return;
	}
	if (f->took_ms > QUICK_MS && loop_now() < rest) {
		timer_set(loop_timers(b->loop), &f->later, rest);
		return;
	}
	timer_cancel(loop_timers(b->loop), &f->later);
	filters_put(b);
}

/* Our copy of a list: the caller may name one for several interfaces. */
static const struct acl *list_keep(
	struct box_filters *f, const struct filter_policy *v, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (v[k].acl == v[i].acl)
			return f->v[k].acl;
	}
	acl_dup(&f->lists[f->n_lists], v[i].acl);
	return &f->lists[f->n_lists++];
}

void box_set_filters(struct box *b, const struct filter_policy *v, size_t n)
{
	struct box_filters *f = b->filters;

	lists_free(f);
	f->v = xcalloc(n + 1, sizeof(*f->v));
	f->lists = xcalloc(n + 1, sizeof(*f->lists));
	for (size_t i = 0; i < n; i++) {
		f->v[i] = v[i];
		f->v[i].acl = list_keep(f, v, i);
	}
	f->n = n;
	box_filter_settle(b);
}

size_t box_acl_hits(
	struct box *b, const char *list, bool ip6, struct ace_hits **out)
{
	*out = NULL;
	return b->filters->filters == NULL
		       ? 0
		       : filters_hits(b->filters->filters, list, ip6, out);
}

void box_acl_clear(struct box *b, const char *list, bool ip6)
{
	if (b->filters->filters != NULL)
		filters_clear(b->filters->filters, list, ip6);
}

void box_set_acl_log(struct box *b, uint32_t threshold)
{
	acl_log_threshold(b->filters->log, threshold);
}
