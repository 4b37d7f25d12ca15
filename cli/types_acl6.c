/* More value types of access lists: IPv6 addresses, protocols and messages, IP
 * options, IGMP types, and the days and times of a time range. */
#include "cli/acl.h"
#include "cli/types_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a name of a table, or a number: written by name --- */

static const struct {
	const char *type;
	int names; /* for ace_name_at */
	unsigned long max;
	int (*number)(const char *name);
	const char *(*name)(int v);
	const char *what, *display;
} tables[] = {
	{ "ip_option", ACE_NAMES_OPTION, 255, option_number, option_name,
		"An IP option", "<0-255>" },
	{ "igmp_type", ACE_NAMES_IGMP, 15, igmp_number, igmp_name,
		"An IGMP message", "<0-15>" },
	{ "ace6_proto", ACE_NAMES_PROTO6, 255, proto6_number, proto6_name,
		"An IPv6 protocol", "<0-255>" },
};

/* In the order of ace_name_at. */
static const char *const option_help[] = {
	"Match packets with Address Extension Option (147)",
	"Match packets with ANY Option",
	"Match packets with Commercial Security Option (134)",
	"Match packets with Dynamic Packet State Option (151)",
	"Match packets with Encode Option (15)",
	"Match packets with End of Options (0)",
	"Match packets with Extended IP Option (145)",
	"Match packets with Extended Security Option (133)",
	"Match packets with Experimental Flow Control Option (205)",
	"Match packets with IMI Traffic Descriptor Option (144)",
	"Match packets with Loose Source Route Option (131)",
	"Match packets with MTU Probe Option (11)",
	"Match packets with MTU Reply Option (12)",
	"Match packets with No Operation Option (1)",
	"Match packets with NSAP Addresses Option (150)",
	"Match packets with Record Route Option (7)",
	"Match packets with Router Alert Option (148)",
	"Match packets with Selective Directed Broadcast Option (149)",
	"Match packets with Basic Security Option (130)",
	"Match packets with Strict Source Routing Option (137)",
	"Match packets with Stream ID Option (136)",
	"Match packets with Time Stamp Option (68)",
	"Match packets with Trace Route Option (82)",
	"Match packets with Upstream Multicast Packet Option (152)",
	"Match packets with Experimental Access Control Option (142)",
	"Match packets with Experimental Measurement Option (10)",
};

static size_t table_index(const struct value_type *vt)
{
	size_t i = 0;

	while (strcmp(tables[i].type, vt->name) != 0)
		i++;
	return i;
}

/* In IPv6 entries these have alternatives of their own. */
static bool is_skipped(size_t k, const char *name)
{
	return tables[k].names == ACE_NAMES_PROTO6 &&
	       (strcmp(name, "tcp") == 0 || strcmp(name, "udp") == 0 ||
		       strcmp(name, "icmp") == 0);
}

/* IGMP types are numbered from 0x10 on. */
static int table_number(size_t k, const char *s)
{
	unsigned long v;

	if (!number_read(s, tables[k].max, &v))
		return tables[k].number(s);
	return (int)v + (tables[k].names == ACE_NAMES_IGMP ? 0x10 : 0);
}

static int table_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t k = table_index(vt), hits = 0;
	const char *name, *hit = NULL;
	unsigned long v;

	(void)n;
	*bad_col = 0;
	if (number_read(t[0], tables[k].max, &v)) {
		name = tables[k].name(table_number(k, t[0]));
		if (name != NULL)
			sbuf_adds(out, name);
		else
			sbuf_printf(out, "%lu", v);
		return 1;
	}
	for (size_t i = 0; (name = ace_name_at(tables[k].names, i)) != NULL;
		i++) {
		if (is_skipped(k, name) || !keyword_is(t[0], name))
			continue;
		hit = name;
		hits++;
		if (strlen(name) == strlen(t[0])) {
			hits = 1;
			break;
		}
	}
	if (hits != 1)
		return 0;
	sbuf_adds(out, hit);
	return 1;
}

static const char *table_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	size_t k = table_index(vt), at = 0;
	const char *name;

	*help = tables[k].what;
	if (i-- == 0)
		return tables[k].display;
	while ((name = ace_name_at(tables[k].names, at)) != NULL &&
		(is_skipped(k, name) || i-- > 0))
		at++;
	if (name != NULL && tables[k].names == ACE_NAMES_OPTION)
		*help = option_help[at];
	else if (name != NULL && tables[k].names == ACE_NAMES_PROTO6)
		*help = proto_help_text(name);
	return name;
}

int ace_table_value(const char *type, const char *stored)
{
	const struct value_type vt = { .name = type };

	return table_number(table_index(&vt), stored);
}

/* --- ace6_addr: any | host X:X::X | X:X::X/LEN, host bits cleared --- */

static void prefix6_add(struct ip_prefix p, struct sbuf *out)
{
	char text[IP_TEXT];

	for (unsigned i = p.len; i < 128; i++)
		p.addr.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	if (p.len == 0)
		sbuf_adds(out, "any");
	else if (p.len == 128)
		sbuf_printf(out, "host %s", ip_text(&p.addr, text));
	else
		sbuf_printf(out, "%s/%u", ip_text(&p.addr, text), p.len);
}

static int ace6_addr_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	struct ip_prefix p = { .len = 128 };

	(void)vt;
	*bad_col = 0;
	if (keyword_is(t[0], "any")) {
		sbuf_adds(out, "any");
		return 1;
	}
	if (keyword_is(t[0], "host")) {
		if (n < 2)
			return -1;
		if (!ip_parse(t[1], &p.addr) || p.addr.family != 6)
			return 0;
		prefix6_add(p, out);
		return 2;
	}
	if (!ip_prefix_parse(t[0], &p) || p.addr.family != 6)
		return 0;
	prefix6_add(p, out);
	return 1;
}

static const char *ace6_addr_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const words[][2] = {
		{ "X:X:X:X::X/<0-128>", "IPv6 prefix" },
		{ "any", "Any prefix" },
		{ "host", "A single host" },
	};

	(void)vt;
	if (i >= ARRAY_LEN(words))
		return NULL;
	*help = words[i][1];
	return words[i][0];
}

struct ip_prefix ace6_addr_value(const char *stored)
{
	struct ip_prefix p = { .addr.family = 6 };

	if (strncmp(stored, "host ", 5) == 0) {
		ip_parse(stored + 5, &p.addr);
		p.len = 128;
	} else if (strcmp(stored, "any") != 0) {
		ip_prefix_parse(stored, &p);
	}
	return p;
}

/* --- icmp6_msg: a name, or type [code] --- */

static int icmp6_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	*bad_col = 0;
	return icmp_msg_parse(t, n, out, icmp6_numbers, icmp6_name);
}

static const char *icmp6_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	*help = "ICMPv6 message type";
	return i == 0 ? "<0-255>" : ace_name_at(ACE_NAMES_ICMP6, i - 1);
}

/* --- tr_days: Monday ... or daily, weekdays, weekend --- */

static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday" };
static const struct {
	const char *name, *help;
	uint8_t days; /* bit 0: Sunday */
} day_sets[] = {
	{ "daily", "Every day of the week", 0x7f },
	{ "weekdays", "Monday thru Friday", 0x3e },
	{ "weekend", "Saturday and Sunday", 0x41 },
};

/* Days may be cut to three letters, as they are told apart. */
static int day_read(const char *s)
{
	for (int i = 0; i < 7; i++) {
		if (strlen(s) >= 2 && keyword_is(s, days[i]))
			return i;
	}
	return -1;
}

static int days_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t used = 0;
	uint8_t seen = 0;

	(void)vt;
	*bad_col = 0;
	for (size_t i = 0; i < ARRAY_LEN(day_sets); i++) {
		if (strlen(t[0]) < 4 || !keyword_is(t[0], day_sets[i].name))
			continue;
		if (strlen(t[0]) < 5 && i > 0)
			continue; /* "week" is neither */
		sbuf_adds(out, day_sets[i].name);
		return 1;
	}
	for (int d; used < n && (d = day_read(t[used])) >= 0; used++)
		seen |= (uint8_t)(1U << d);
	for (unsigned d = 1; d <= 7 && used > 0; d++) {
		if (seen >> d % 7 & 1)
			sbuf_printf(out, "%s%s", out->n > 0 ? " " : "",
				days[d % 7]);
	}
	return (int)used;
}

static const char *days_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i < ARRAY_LEN(days)) {
		*help = "Day of the week";
		return days[i];
	}
	i -= ARRAY_LEN(days);
	if (i >= ARRAY_LEN(day_sets))
		return NULL;
	*help = day_sets[i].help;
	return day_sets[i].name;
}

uint8_t days_value(const char *stored)
{
	char copy[80], *save = NULL;
	uint8_t set = 0;

	for (size_t i = 0; i < ARRAY_LEN(day_sets); i++) {
		if (strcmp(stored, day_sets[i].name) == 0)
			return day_sets[i].days;
	}
	snprintf(copy, sizeof(copy), "%s", stored);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
		w = strtok_r(NULL, " ", &save))
		set |= (uint8_t)(1U << (unsigned)day_read(w));
	return set;
}

/* --- tr_time: H:MM;  tr_until: [day] H:MM;  tr_date: H:MM D MONTH YYYY --- */

bool clock_value(const char *s, unsigned *minutes)
{
	unsigned h, m;
	int used = 0;

	if (!isdigit((unsigned char)s[0]) ||
		sscanf(s, "%2u:%2u%n", &h, &m, &used) != 2 || s[used] != '\0' ||
		h > 23 || m > 59)
		return false;
	*minutes = h * 60 + m;
	return true;
}

static int time_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned m;

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (!clock_value(t[0], &m))
		return 0;
	sbuf_printf(out, "%u:%02u", m / 60, m % 60);
	return 1;
}

static int until_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	int day = day_read(t[0]);

	if (day < 0)
		return time_parse(vt, t, n, out, bad_col);
	*bad_col = 0;
	if (n < 2)
		return -1;
	sbuf_printf(out, "%s ", days[day]);
	return time_parse(vt, t + 1, n - 1, out, bad_col) == 1 ? 2 : 0;
}

static const char *until_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	*help = i == 0 ? "Ending time" : "Day of the week";
	if (i == 0)
		return "hh:mm";
	return i <= ARRAY_LEN(days) ? days[i - 1] : NULL;
}

static const char *until_next(const struct value_type *vt, const char *const *t,
	size_t n, size_t i, const char **help)
{
	(void)vt;
	(void)t;
	(void)n;
	*help = "Ending time";
	return i == 0 ? "hh:mm" : NULL;
}

void until_value(const char *stored, int *day, unsigned *minutes)
{
	const char *blank = strchr(stored, ' ');
	char name[16];

	*day = -1;
	*minutes = 0;
	if (blank != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)(blank - stored),
			stored);
		*day = day_read(name);
		stored = blank + 1;
	}
	clock_value(stored, minutes);
}

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };

static int month_read(const char *s)
{
	for (int i = 0; i < 12; i++) {
		if (strlen(s) >= 3 && keyword_is(s, months[i]))
			return i;
	}
	return -1;
}

static int month_days(int month, unsigned long year)
{
	static const int n[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return n[month] + (month == 1 && leap);
}

static int date_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long day, year;
	unsigned minutes;
	int month;

	(void)vt;
	*bad_col = 0;
	if (!clock_value(t[0], &minutes) ||
		(n > 1 && !number_read(t[1], 31, &day)) ||
		(n > 2 && month_read(t[2]) < 0))
		return 0;
	if (n < 4)
		return -1;
	month = month_read(t[2]);
	if (!number_read(t[3], 2035, &year) || year < 1993 || day < 1 ||
		(int)day > month_days(month, year))
		return 0;
	sbuf_printf(out, "%02u:%02u %02lu %s %lu", minutes / 60, minutes % 60,
		day, months[month], year);
	return 4;
}

static const char *date_next(const struct value_type *vt, const char *const *t,
	size_t n, size_t i, const char **help)
{
	static const char *const words[][2] = {
		{ "<1-31>", "Day of the month" },
		{ "MONTH", "Month of the year [eg: Jan for January]" },
		{ "<1993-2035>", "Year" },
	};

	(void)vt;
	(void)t;
	if (i > 0 || n < 1 || n > 3)
		return NULL;
	*help = words[n - 1][1];
	return words[n - 1][0];
}

bool date_value(const char *stored, struct tm *out)
{
	char month[16];
	int day, year;
	unsigned h, m;

	if (sscanf(stored, "%u:%u %d %15s %d", &h, &m, &day, month, &year) != 5)
		return false;
	*out = (struct tm){ .tm_hour = (int)h,
		.tm_min = (int)m,
		.tm_mday = day,
		.tm_mon = month_read(month),
		.tm_year = year - 1900,
		.tm_isdst = -1 };
	return true;
}

// clang-format off
static const struct value_type acl6_types[] = {
	{ .name = "ip_option", .parse = table_parse, .choice = table_choice,
	  .display = "<0-255>", .sample = "router-alert" },
	{ .name = "igmp_type", .parse = table_parse, .choice = table_choice,
	  .display = "<0-15>", .sample = "host-query" },
	{ .name = "ace6_proto", .parse = table_parse, .choice = table_choice,
	  .display = "<0-255>", .sample = "esp" },
	{ .name = "ace6_addr", .parse = ace6_addr_parse,
	  .choice = ace6_addr_choice, .display = "X:X:X:X::X/<0-128>",
	  .more = "X:X:X:X::X", .sample = "2001:DB8::/32" },
	{ .name = "icmp6_msg", .parse = icmp6_parse, .choice = icmp6_choice,
	  .display = "<0-255>", .sample = "echo-request" },
	{ .name = "tr_days", .parse = days_parse, .choice = days_choice,
	  .display = "Monday", .sample = "weekdays" },
	{ .name = "tr_time", .parse = time_parse, .display = "hh:mm",
	  .sample = "8:00" },
	{ .name = "tr_until", .parse = until_parse, .choice = until_choice,
	  .next = until_next, .display = "hh:mm", .sample = "17:00" },
	{ .name = "tr_date", .parse = date_parse, .next = date_next,
	  .display = "hh:mm", .sample = "00:00 01 January 2030" },
};
// clang-format on

void types_acl6_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(acl6_types); i++)
		value_type_add(g, &acl6_types[i]);
}
