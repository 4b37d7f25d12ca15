/* Access lists on interfaces (ios-cli.md 7): ip access-group and ipv6
 * traffic-filter, handed to the box as values; what is global to them; and the
 * minute in which a time range begins or ends. */
#include "cli/acl.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

const struct command cfg_access_group = {
	.mode = MODE_IF,
	.order = 45,
	.grammar = "ip access-group <acl:word> {!in|!out}",
	.help = "ip  Interface Internet Protocol config commands\n"
		"access-group  Specify access control for packets\n"
		"<acl>  IP access list (standard or extended) or its name\n"
		"in  inbound packets\nout  outbound packets\n",
	.sample = "ip access-group 101 in\nip access-group EDGE out",
};

const struct command cfg_traffic_filter = {
	.mode = MODE_IF,
	.order = 84,
	.grammar = "ipv6 traffic-filter <acl:name> {!in|!out}",
	.help = "ipv6  IPv6 interface subcommands\n"
		"traffic-filter  Access control list for packets\n"
		"<acl>  Access-list name\n"
		"in  Filter incoming packets\nout  Filter outgoing packets\n",
	.sample = "ipv6 traffic-filter ORBIT_V6 in",
};

#define HELP_LISTS HELP_IP "access-list  Named access-list\n"

static const struct command log_update = {
	.mode = MODE_CONFIG,
	.order = ORDER_ACL_STD - 1,
	.grammar = "ip access-list log-update threshold <n:0-2147483647>",
	.help = HELP_LISTS "log-update  Control access list log updates\n"
			   "threshold  Set threshold for log updates\n"
			   "<n>  Access list log-update threshold (number of "
			   "hits)\n",
};

static const struct command log_interval = {
	.mode = MODE_CONFIG,
	.order = ORDER_ACL_STD - 1,
	.grammar = "ip access-list logging interval <ms:0-2147483647>",
	.help = HELP_LISTS "logging  Control access list logging\n"
			   "interval  Set access list logging interval\n"
			   "<ms>  Access list logging interval in "
			   "milliseconds\n",
	.flags = CMD_HARMLESS,
};

static const struct command persistent = {
	.mode = MODE_CONFIG,
	.order = ORDER_ACL_STD - 1,
	.grammar = "ip access-list persistent",
	.help = HELP_LISTS "persistent  Sequence numbers are kept over "
			   "reloads\n",
	.flags = CMD_HARMLESS,
};

/* --- views --- */

static const char *group_name(const struct node *iface,
	const struct command *kind, const char *direction)
{
	return node_str(node_find(iface, kind, direction), "acl");
}

void acl_filter_names(const struct router *r, const char *ifname, bool ip6,
	const char **in, const char **out)
{
	const struct command *kind =
		ip6 ? &cfg_traffic_filter : &cfg_access_group;
	const struct node *iface =
		node_find(tree_root(r->tree), &cfg_interface, ifname);

	*in = iface == NULL ? NULL : group_name(iface, kind, "in");
	*out = iface == NULL ? NULL : group_name(iface, kind, "out");
}

/* By its text, as the line belongs to another feature. */
static bool is_quiet(const struct node *iface)
{
	for (struct node *n = node_first(iface); n != NULL; n = node_next(n)) {
		auto_sbuf struct sbuf line = { 0 };

		if (!node_negated(n))
			continue;
		node_line(n, &line);
		if (strcmp(sbuf_str(&line), "no ip unreachables") == 0)
			return true;
	}
	return false;
}

/* All filters; lists that stand on several interfaces are built once. */
struct filter_view {
	struct filter_policy *v;
	size_t n, cap;
	struct acl **lists;
	size_t n_lists;
};

static const struct acl *view_list(const struct router *r,
	struct filter_view *f, const char *name, bool ip6)
{
	struct acl *a;

	for (size_t i = 0; i < f->n_lists; i++) {
		a = f->lists[i];
		if (a->ip6 == ip6 && strcmp(a->name, name) == 0)
			return a;
	}
	a = xcalloc(1, sizeof(*a));
	if (ip6 ? !acl6_view(r, name, a) : !acl4_view(r, name, a)) {
		free(a);
		return NULL;
	}
	f->lists =
		xreallocarray(f->lists, f->n_lists + 1, sizeof(struct acl *));
	f->lists[f->n_lists++] = a;
	return a;
}

/* Is there an entry, active or not?  A list whose entries all sleep still ends
 * with its deny; one without entries permits everything. */
static bool list_has_entries(const struct router *r, const char *name, bool ip6)
{
	static const struct command *const kinds[] = { &cfg_acl_ext,
		&cfg_acl_std, &cfg_acl6 };

	for (size_t k = ip6 ? 2 : 0; k < (ip6 ? 3U : 2U); k++) {
		const struct node *l =
			node_find(tree_root(r->tree), kinds[k], name);

		for (struct node *e = l == NULL ? NULL : node_first(l);
			e != NULL; e = node_next(e)) {
			if (!node_has(e, "remark"))
				return true;
		}
	}
	return false;
}

static void view_add(const struct router *r, struct filter_view *f,
	const struct node *iface, const struct command *kind, bool out)
{
	const char *name = group_name(iface, kind, out ? "out" : "in");
	bool ip6 = kind == &cfg_traffic_filter;
	const struct acl *acl =
		name == NULL ? NULL : view_list(r, f, name, ip6);
	struct filter_policy *p;

	if (acl == NULL || (acl->n == 0 && !list_has_entries(r, name, ip6)))
		return;
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 8 : 2 * f->cap;
		f->v = xreallocarray(f->v, f->cap, sizeof(*f->v));
	}
	p = &f->v[f->n++];
	*p = (struct filter_policy){
		.out = out, .quiet = is_quiet(iface), .acl = acl
	};
	strlcpy(p->ifname, node_str(iface, "name"), sizeof(p->ifname));
}

static void view_free(struct filter_view *f)
{
	for (size_t i = 0; i < f->n_lists; i++) {
		acl_free(f->lists[i]);
		free(f->lists[i]);
	}
	free(f->lists);
	free(f->v);
}

/* What sleeps altogether denies everything. */
static void view_fill_asleep(struct filter_view *f)
{
	for (size_t i = 0; i < f->n_lists; i++) {
		struct acl *a = f->lists[i];
		struct ace deny = ace_any(false);

		if (a->n > 0)
			continue;
		deny.ip6 = a->ip6;
		a->v = xmemdup(&deny, sizeof(deny));
		a->n = 1;
	}
}

static void filters_hand_over(const struct router *r)
{
	static const struct command *const kinds[] = { &cfg_access_group,
		&cfg_traffic_filter };
	struct node *root = tree_root(r->tree);
	struct filter_view f = { 0 };

	if (r->box == NULL)
		return;
	for (struct node *i = node_child(root, &cfg_interface, NULL); i != NULL;
		i = node_child(root, &cfg_interface, i)) {
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			view_add(r, &f, i, kinds[k], false);
			view_add(r, &f, i, kinds[k], true);
		}
	}
	view_fill_asleep(&f);
	box_set_filters(r->box, f.v, f.n);
	view_free(&f);
}

/* --- the clock --- */

struct acl_clock {
	struct router *router;
	struct timer minute;
	struct sbuf state; /* "NIGHT+ OFFICE- ": as last handed over */
};

static void state_text(const struct router *r, struct sbuf *out)
{
	struct node *root = tree_root(r->tree);

	for (struct node *t = node_child(root, &cfg_time_range, NULL);
		t != NULL; t = node_child(root, &cfg_time_range, t)) {
		const char *name = node_str(t, "name");

		sbuf_printf(out, "%s%c ", name,
			time_range_active(r, name) ? '+' : '-');
	}
}

/* Wakes up when the wall clock's minute changes, while there are ranges. */
static void clock_arm(struct acl_clock *c)
{
	struct router *r = c->router;
	uint64_t left = 60 - (uint64_t)time_range_now() % 60;

	if (r->loop == NULL)
		return;
	if (c->state.n == 0)
		timer_cancel(loop_timers(r->loop), &c->minute);
	else
		timer_set(loop_timers(r->loop), &c->minute,
			loop_now() + left * 1000);
}

void acl_clock_tick(struct router *r)
{
	struct acl_clock *c = r->acl_clock;
	struct sbuf now = { 0 };

	state_text(r, &now);
	if (strcmp(sbuf_str(&now), sbuf_str(&c->state)) != 0)
		filters_hand_over(r);
	sbuf_free(&c->state);
	c->state = now;
	clock_arm(c);
}

static void on_minute(void *arg)
{
	struct acl_clock *c = arg;

	acl_clock_tick(c->router);
}

void acl_clock_free(struct router *r)
{
	struct acl_clock *c = r->acl_clock;

	if (c == NULL)
		return;
	if (r->loop != NULL)
		timer_cancel(loop_timers(r->loop), &c->minute);
	sbuf_free(&c->state);
	free(c);
	r->acl_clock = NULL;
}

static void filter_settle(void *ctx, const struct tree *t)
{
	struct router *r = ctx;
	struct acl_clock *c = r->acl_clock;
	const struct node *n =
		node_child(tree_root(r->tree), &log_update, NULL);

	(void)t;
	filters_hand_over(r);
	sbuf_trunc(&c->state, 0);
	state_text(r, &c->state);
	clock_arm(c);
	if (r->box != NULL)
		box_set_acl_log(r->box, node_u32(n, "n"));
}

static void filter_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_interface,
		&cfg_acl_ext, &cfg_acl_std, &cfg_acl6, &cfg_group_net,
		&cfg_group_svc, &cfg_time_range, &log_update, NULL };
	struct subscriber s = { .name = "interface filters",
		.commands = commands,
		.settle = filter_settle,
		.ctx = r };

	r->acl_clock = xcalloc(1, sizeof(*r->acl_clock));
	r->acl_clock->router = r;
	timer_init(&r->acl_clock->minute, on_minute, r->acl_clock);
	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_access_group,
	&cfg_traffic_filter, &log_update, &log_interval, &persistent };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_filter = { &commands, filter_subscribe };
