/* clock timezone, clock summer-time: the local time of what is shown and logged
 * (ios-cli.md 5).  The time of day itself is the host's. */
#include "cli/cfg.h"
#include "cli/clock.h"
#include "cli/keep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOURS_MAX 23

/* --- value types --- */

static int hours_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool minus = t[0][0] == '-';
	unsigned long v;

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (!isdigit((unsigned char)t[0][minus]))
		return 0;
	char *end;

	v = strtoul(t[0] + minus, &end, 10);
	if (*end != '\0' || v > HOURS_MAX)
		return 0;
	sbuf_printf(out, "%s%lu", minus && v > 0 ? "-" : "", v);
	return 1;
}

static const char *const weeks[] = { "first", "1", "2", "3", "4", "last",
	NULL };
static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday",
	"Wednesday", "Thursday", "Friday", "Saturday", NULL };
static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December", NULL };

static const char *const *word_list(const struct value_type *vt)
{
	return strcmp(vt->name, "clock_week") == 0      ? weeks
	       : strcmp(vt->name, "clock_weekday") == 0 ? weekdays
							: months;
}

/* Days and months are written with three letters. */
static int word_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	const char *const *list = word_list(vt);
	size_t len = strlen(t[0]);

	(void)n;
	*bad_col = 0;
	for (; *list != NULL; list++) {
		bool number = isdigit((unsigned char)**list) != 0;

		if (strncasecmp(*list, t[0], len) != 0 || (!number && len < 3))
			continue;
		sbuf_add(
			out, *list, word_list(vt) == weeks ? strlen(*list) : 3);
		return 1;
	}
	return 0;
}

static const char *word_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	const char *const *list = word_list(vt);

	if (list != weeks) { /* shown as one word */
		*help = list == months ? "Month" : "Weekday";
		return i > 0 ? NULL : list == months ? "MONTH" : "DAY";
	}
	*help = "Week number of the month";
	return list[i];
}

/* hh:mm, and for clock set hh:mm:ss. */
static int time_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool seconds = strcmp(vt->name, "clock_time") == 0;
	unsigned h, m, s = 0;
	int end = 0;

	(void)n;
	*bad_col = 0;
	if (strspn(t[0], "0123456789:") != strlen(t[0]) || strlen(t[0]) > 8)
		return 0;
	if (seconds)
		sscanf(t[0], "%2u:%2u:%2u%n", &h, &m, &s, &end);
	else
		sscanf(t[0], "%2u:%2u%n", &h, &m, &end);
	if (end == 0 || t[0][end] != '\0' || h > 23 || m > 59 || s > 59)
		return 0;
	if (seconds)
		sbuf_printf(out, "%02u:%02u:%02u", h, m, s);
	else
		sbuf_printf(out, "%u:%02u", h, m);
	return 1;
}

// clang-format off
static const struct value_type types[] = {
	{ .name = "clock_hours", .parse = hours_parse, .display = "<-23 - 23>",
	  .sample = "-5" },
	{ .name = "clock_week", .parse = word_parse, .choice = word_choice,
	  .display = "last", .sample = "last" },
	{ .name = "clock_weekday", .parse = word_parse, .choice = word_choice,
	  .display = "DAY", .sample = "Sun" },
	{ .name = "clock_month", .parse = word_parse, .choice = word_choice,
	  .display = "MONTH", .sample = "Mar" },
	{ .name = "clock_minute", .parse = time_parse, .display = "hh:mm",
	  .sample = "2:00" },
	{ .name = "clock_time", .parse = time_parse, .display = "hh:mm:ss",
	  .sample = "09:30:00" },
};
// clang-format on

void types_clock_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		value_type_add(g, &types[i]);
}

/* --- the commands --- */

static int zone_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)t;
	(void)section;
	(void)why;
	if (!drv_set(node_drv(n), "minutes"))
		drv_put_u32(node_drv_mut(n), "minutes", 0);
	return 0;
}

static const struct command timezone_command = {
	.mode = MODE_CONFIG,
	.order = ORDER_CLOCK,
	.grammar = "clock timezone <zone:word> <hours:clock_hours> "
		   "[<minutes:0-59>]",
	.help = "clock  Configure time-of-day clock\n"
		"timezone  Configure time zone\n<zone>  Name of time zone\n"
		"<hours>  Hours offset from UTC\n"
		"<minutes>  Minutes offset from UTC\n",
	.fixup = zone_fixup,
	.sample = "clock timezone CET 1 0\nclock timezone IST 5 30",
};

static const struct command summer_time = {
	.mode = MODE_CONFIG,
	.order = ORDER_CLOCK,
	.grammar = "clock summer-time <zone:word> {recurring "
		   "[<week:clock_week> <day:clock_weekday> <month:clock_month> "
		   "<at:clock_minute> <week2:clock_week> <day2:clock_weekday> "
		   "<month2:clock_month> <at2:clock_minute> "
		   "[<offset:1-1440=60>]]|date <date:line>}",
	.help = "clock  Configure time-of-day clock\n"
		"summer-time  Configure summer (daylight savings) time\n"
		"<zone>  Name of time zone in summer\n"
		"recurring  Configure recurring summer time\n"
		"date  Configure absolute summer time\n"
		"<week>  Week number to start\n<day>  Weekday to start\n"
		"<month>  Month to start\n<at>  Time to start (hh:mm)\n"
		"<week2>  Week number to end\n<day2>  Weekday to end\n"
		"<month2>  Month to end\n<at2>  Time to end (hh:mm)\n"
		"<offset>  Offset to add in minutes\n<date>  Dates\n",
	.sample = "clock summer-time CEST recurring last Sun Mar 2:00 last "
		  "Sun Oct 3:00\nclock summer-time EDT recurring",
};

/* --- the rule that libc understands --- */

/* POSIX names have three letters or more; others stand in <>. */
static void add_name(struct sbuf *b, const char *name)
{
	sbuf_addc(b, '<');
	for (const char *p = name; *p != '\0' && p < name + 16; p++) {
		if (isalnum((unsigned char)*p))
			sbuf_addc(b, *p);
	}
	for (size_t n = strlen(name); n < 3; n++)
		sbuf_addc(b, '0');
	sbuf_addc(b, '>');
}

/* Minutes east of UTC; POSIX counts west. */
static void add_offset(struct sbuf *b, int minutes)
{
	int m = abs(minutes);

	sbuf_printf(b, "%s%d:%02d", minutes > 0 ? "-" : "", m / 60, m % 60);
}

static size_t word_index(const char *const *list, const char *word)
{
	size_t i = 0;

	while (list[i] != NULL && strncmp(list[i], word, strlen(word)) != 0)
		i++;
	return i;
}

static void add_rule(struct sbuf *b, const char *week, const char *day,
	const char *month, const char *at)
{
	size_t w = strcmp(week, "first") == 0  ? 1
		   : strcmp(week, "last") == 0 ? 5
					       : (size_t)(week[0] - '0');

	sbuf_printf(b, ",M%zu.%zu.%zu/%s", word_index(months, month) + 1, w,
		word_index(weekdays, day), at);
}

static void zone_rule(const struct node *root, struct sbuf *out)
{
	const struct node *zone = node_child(root, &timezone_command, NULL);
	const struct node *summer = node_child(root, &summer_time, NULL);
	int minutes = 0;

	if (zone == NULL) {
		sbuf_adds(out, "UTC0");
	} else {
		const char *hours = node_str(zone, "hours");
		int sign = hours[0] == '-' ? -1 : 1;

		minutes = sign * (abs(atoi(hours)) * 60 +
					 (int)node_u32(zone, "minutes"));
		add_name(out, node_str(zone, "zone"));
		add_offset(out, minutes);
	}
	if (summer == NULL || !node_has(summer, "recurring"))
		return;
	add_name(out, node_str(summer, "zone"));
	add_offset(out, minutes + (int)node_u32(summer, "offset"));
	if (node_str(summer, "week") == NULL) { /* as in the United States */
		sbuf_adds(out, ",M3.2.0/2:00,M11.1.0/2:00");
		return;
	}
	add_rule(out, node_str(summer, "week"), node_str(summer, "day"),
		node_str(summer, "month"), node_str(summer, "at"));
	add_rule(out, node_str(summer, "week2"), node_str(summer, "day2"),
		node_str(summer, "month2"), node_str(summer, "at2"));
}

void clock_zone_apply(const struct router *r)
{
	auto_sbuf struct sbuf rule = { 0 };

	zone_rule(tree_root(r->tree), &rule);
	setenv("TZ", sbuf_str(&rule), 1);
	tzset();
}

static void clock_settle(void *ctx, const struct tree *t)
{
	(void)t;
	clock_zone_apply(ctx);
}

static int clock_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new != NULL && !node_negated(new) &&
		node_command(new) == &summer_time && node_has(new, "date"))
		keep_warn(why, "no summer time by date");
	return 0;
}

static void clock_subscribe(struct router *r)
{
	static const struct command *const watched[] = { &timezone_command,
		&summer_time, NULL };
	struct subscriber s = { .name = "clock",
		.commands = watched,
		.check = clock_check,
		.settle = clock_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
	clock_zone_apply(r);
}

/* --- clock set --- */

static int exec_clock_set(struct cmd_call *c)
{
	sbuf_adds(c->out, "% The clock is the host's: set it there, or let its "
			  "NTP do so\n");
	return CMD_FAILED;
}

static const struct command clock_set = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clock set <time:clock_time> {<day:1-31> "
		   "<month:clock_month>|<month:clock_month> <day:1-31>} "
		   "<year:1993-2035>",
	.help = "clock  Manage the system clock\n"
		"set  Set the time and date\n<time>  Current Time\n"
		"<day>  Day of the month\n<month>  Month of the year\n"
		"<year>  Year\n",
	.exec = exec_clock_set,
	.sample = "clock set 09:30:00 3 March 2025\n"
		  "clock set 09:30:00 Mar 3 2025",
};

static const struct command *const list[] = { &timezone_command, &summer_time,
	&clock_set };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_clock = { &commands, clock_subscribe };
