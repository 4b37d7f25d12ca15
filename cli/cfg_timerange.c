/* time-range (ios-cli.md 8): when entries of access lists apply, and show
 * time-range.  Whoever uses one asks time_range_active; the minute in which one
 * begins or ends is noticed by cfg_filter.c. */
#include "cli/acl.h"
#include "cli/json_config.h"

#include <stdlib.h>
#include <string.h>

#define DAY  (24U * 60)
#define WEEK (7 * DAY)

static int absolute_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int show_ranges_exec(struct cmd_call *c);

const struct command cfg_time_range = {
	.mode = MODE_CONFIG,
	.enters = MODE_TIME_RANGE,
	.order = ORDER_TIME_RANGE,
	.grammar = "time-range <name!:name>",
	.help = "time-range  Define time range entries\n"
		"<name>  Time range name\n",
	.sample = "time-range NIGHT",
};

const struct command cfg_time_absolute = {
	.mode = MODE_TIME_RANGE,
	.order = 10,
	.grammar = "absolute {start <start:tr_date> [end <end:tr_date>]|"
		   "end <end:tr_date>}",
	.help = "absolute  absolute time and date\n"
		"start  starting time and date\n<start>  Starting time\n"
		"end  ending time and date\n<end>  Ending time\n",
	.fixup = absolute_fixup,
	.sample = "absolute start 00:00 01 January 2030 end 23:59 31 December "
		  "2030\nabsolute end 12:00 29 February 2032",
};

const struct command cfg_time_periodic = {
	.mode = MODE_TIME_RANGE,
	.order = 20,
	.grammar = "periodic <days!:tr_days> <from!:tr_time> to "
		   "<until!:tr_until>",
	.help = "periodic  periodic time and date\n"
		"<days>  Day of the week\n<from>  Starting time\n"
		"to  ending day and time\n<until>  Ending time\n",
	.flags = CMD_ORDERED,
	.sample = "periodic weekdays 8:00 to 17:00\n"
		  "periodic Friday 18:00 to Monday 6:00",
};

static const struct command show_ranges = {
	.mode = MODE_EXEC,
	.grammar = "show time-range [<name:name>]",
	.help = "show  Show running system information\n"
		"time-range  Time range\n<name>  Time range name\n",
	.flags = CMD_PIPE,
	.exec = show_ranges_exec,
};

/* A date's place in the wall clock, with the current zone's rules. */
static time_t date_time(const char *stored)
{
	struct tm tm;

	return date_value(stored, &tm) ? mktime(&tm) : (time_t)-1;
}

static int absolute_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const char *start = node_str(n, "start"), *end = node_str(n, "end");

	(void)t;
	(void)section;
	if (start == NULL || end == NULL || date_time(start) < date_time(end))
		return 0;
	sbuf_adds(why, "% Absolute end time must be after the start time");
	return -1;
}

/* --- is it time? --- */

static time_t wall_clock(void)
{
	return time(NULL);
}

static time_t (*clock_now)(void) = wall_clock;

void time_range_clock(time_t (*now)(void))
{
	clock_now = now != NULL ? now : wall_clock;
}

time_t time_range_now(void)
{
	return clock_now();
}

/* The minute in which it ends belongs to it: 23:59 ends a day. */
static bool absolute_holds(const struct node *n, time_t now)
{
	const char *start = node_str(n, "start"), *end = node_str(n, "end");

	return (start == NULL || now >= date_time(start)) &&
	       (end == NULL || now < date_time(end) + 60);
}

static bool within(unsigned at, unsigned from, unsigned until, unsigned period)
{
	return (at + period - from) % period <=
	       (until + period - from) % period;
}

static bool periodic_holds(const struct node *n, const struct tm *now)
{
	uint8_t days = days_value(node_str(n, "days"));
	unsigned at = (unsigned)now->tm_wday * DAY +
		      (unsigned)(now->tm_hour * 60 + now->tm_min);
	unsigned from, until;
	int last;

	clock_value(node_str(n, "from"), &from);
	until_value(node_str(n, "until"), &last, &until);
	for (unsigned d = 0; d < 7; d++) {
		unsigned end = until;

		if ((days >> d & 1) == 0)
			continue;
		if (last >= 0)
			end += (unsigned)last * DAY;
		else /* up to the next day when it would end before it began */
			end += (d + (until < from)) * DAY;
		if (within(at, d * DAY + from, end % WEEK, WEEK))
			return true;
	}
	return false;
}

static bool range_holds(const struct node *range, time_t now)
{
	const struct node *absolute =
		node_child(range, &cfg_time_absolute, NULL);
	const struct node *p = node_child(range, &cfg_time_periodic, NULL);
	struct tm tm;

	if (absolute != NULL && !absolute_holds(absolute, now))
		return false;
	if (p == NULL)
		return true;
	if (localtime_r(&now, &tm) == NULL)
		return false;
	for (; p != NULL; p = node_child(range, &cfg_time_periodic, p)) {
		if (periodic_holds(p, &tm))
			return true;
	}
	return false;
}

bool time_range_active(const struct router *r, const char *name)
{
	const struct node *n =
		node_find(tree_root(r->tree), &cfg_time_range, name);

	return n == NULL || range_holds(n, clock_now());
}

/* --- show --- */

static bool list_uses(
	const struct node *list, const struct command *entry, const char *name)
{
	for (struct node *e = node_child(list, entry, NULL); e != NULL;
		e = node_child(list, entry, e)) {
		const char *range = node_str(e, "range");

		if (range != NULL && strcmp(range, name) == 0)
			return true;
	}
	return false;
}

static void show_users(
	const struct router *r, const char *name, struct sbuf *out)
{
	static const struct {
		const struct command *list, *entry;
		const char *text;
	} kinds[] = {
		{ &cfg_acl_ext, &cfg_ace_ext, "IP ACL entry" },
		{ &cfg_acl6, &cfg_ace6, "IPv6 ACL entry" },
	};
	struct node *root = tree_root(r->tree);

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (struct node *l = node_child(root, kinds[k].list, NULL);
			l != NULL; l = node_child(root, kinds[k].list, l)) {
			if (!list_uses(l, kinds[k].entry, name))
				continue;
			sbuf_printf(out, "   used in: %s\n", kinds[k].text);
			break;
		}
	}
}

static json_t *ranges_json(const struct router *r, const char *only)
{
	struct node *root = tree_root(r->tree);
	json_t *top = json_object(), *list = jo_array(top, "time_ranges");

	for (struct node *t = node_child(root, &cfg_time_range, NULL);
		t != NULL; t = node_child(root, &cfg_time_range, t)) {
		const char *name = node_str(t, "name");
		json_t *o;

		if (only != NULL && strcmp(only, name) != 0)
			continue;
		o = ja_object(list);
		jo_str(o, "name", name);
		jo_bool(o, "active", range_holds(t, clock_now()));
		jo_set(o, "lines", section_json(r->tree, t));
	}
	return top;
}

static int show_ranges_exec(struct cmd_call *c)
{
	struct node *root = tree_root(c->router->tree);
	const char *only = drv_str(c->drv, "name");

	if (c->json)
		return cmd_json(c, ranges_json(c->router, only));
	for (struct node *t = node_child(root, &cfg_time_range, NULL);
		t != NULL; t = node_child(root, &cfg_time_range, t)) {
		const char *name = node_str(t, "name");

		if (only != NULL && strcmp(only, name) != 0)
			continue;
		sbuf_printf(c->out, "time-range entry: %s (%sactive)\n", name,
			range_holds(t, clock_now()) ? "" : "in");
		for (struct node *l = node_first(t); l != NULL;
			l = node_next(l)) {
			sbuf_adds(c->out, "   ");
			node_line(l, c->out);
			sbuf_addc(c->out, '\n');
		}
		show_users(c->router, name, c->out);
	}
	return CMD_DONE;
}

static const struct command *const list[] = { &cfg_time_range,
	&cfg_time_absolute, &cfg_time_periodic, &show_ranges };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_timerange = { &commands, NULL };
