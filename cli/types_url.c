/* Value types for files and for times of day.  `url` (copy) also takes the two
 * configurations by name, abbreviated; `file` is a name or a URL. */
#include "cli/confmgmt.h"
#include "cli/types_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word, *help;
} places[] = {
	{ "flash:", "Copy from or to flash: file system" },
	{ "ftp:", "Copy from or to ftp: file system" },
	{ "http:", "Copy from or to http: file system" },
	{ "https:", "Copy from or to https: file system" },
	{ "null:", "Copy to null: file system" },
	{ "nvram:", "Copy from or to nvram: file system" },
	{ "running-config", "Current system configuration" },
	{ "scp:", "Copy from or to scp: file system" },
	{ "sftp:", "Copy from or to sftp: file system" },
	{ "startup-config", "Startup configuration" },
	{ "system:", "Copy from or to system: file system" },
	{ "tftp:", "Copy from or to tftp: file system" },
};

static int url_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	const char *place = NULL;
	size_t fit = 0;

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (t[0][0] == '\0' || t[0][0] == '/')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!keyword_is(t[0], places[i].word))
			continue;
		place = places[i].word;
		fit++;
	}
	sbuf_adds(out, fit == 1 ? place : t[0]);
	return 1;
}

static const char *url_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(places))
		return NULL;
	*help = places[i].help;
	return places[i].word;
}

static int file_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	*bad_col = 0;
	if (t[0][0] == '\0' || strcmp(t[0], "|") == 0)
		return 0;
	sbuf_adds(out, t[0]);
	return 1;
}

/* hhh:mm as minutes; bare: minutes alone are good, too. */
static bool minutes_read(
	const char *s, unsigned long max_hours, bool bare, unsigned long *out)
{
	auto_free char *copy = xstrdup(s);
	char *colon = strchr(copy, ':');
	unsigned long hours, minutes;

	if (colon == NULL)
		return bare && number_read(s, 999, out);
	*colon = '\0';
	if (strlen(colon + 1) != 2 || !number_read(copy, max_hours, &hours) ||
		!number_read(colon + 1, 59, &minutes))
		return false;
	*out = 60 * hours + minutes;
	return true;
}

static int delay_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long v;

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (!minutes_read(t[0], 999, true, &v))
		return 0;
	sbuf_printf(out, "%lu", v); /* minutes */
	return 1;
}

static void delay_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	unsigned long v = strtoul(stored, NULL, 10);

	(void)vt;
	sbuf_printf(out, "%02lu:%02lu", v / 60, v % 60);
}

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };

/* From 1; 0: none. */
static unsigned month_read(const char *s)
{
	for (unsigned i = 0; i < ARRAY_LEN(months) && strlen(s) >= 3; i++) {
		if (keyword_is(s, months[i]))
			return i + 1;
	}
	return 0;
}

/* "Mar 3" or "3 Mar" */
static bool date_read(
	const char *const *t, unsigned *month, unsigned long *day)
{
	*month = month_read(t[0]);
	if (*month != 0)
		return number_read(t[1], 31, day) && *day > 0;
	*month = month_read(t[1]);
	return *month != 0 && number_read(t[0], 31, day) && *day > 0;
}

/* hh:mm and perhaps a date; stored as minutes, month, day (zeros: today). */
static int at_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long v, day = 0;
	unsigned month = 0;

	(void)vt;
	*bad_col = 0;
	if (!minutes_read(t[0], 23, false, &v))
		return 0;
	bool dated = n >= 3 && date_read(t + 1, &month, &day);

	sbuf_printf(out, "%lu %u %lu", v, dated ? month : 0, dated ? day : 0);
	return dated ? 3 : 1;
}

bool reload_time_read(
	const char *stored, unsigned *minutes, unsigned *month, unsigned *day)
{
	return sscanf(stored, "%u %u %u", minutes, month, day) == 3;
}

static void at_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	unsigned minutes, month, day;

	(void)vt;
	if (!reload_time_read(stored, &minutes, &month, &day))
		return;
	sbuf_printf(out, "%02u:%02u", minutes / 60, minutes % 60);
	if (month != 0)
		sbuf_printf(out, " %s %u", months[month - 1], day);
}

// clang-format off
static const struct value_type types[] = {
	{ .name = "url", .parse = url_parse, .choice = url_choice,
	  .display = "WORD", .sample = "flash:backup.cfg" },
	{ .name = "file", .parse = file_parse, .display = "WORD",
	  .sample = "flash:backup.cfg" },
	{ .name = "delay", .parse = delay_parse, .print = delay_print,
	  .display = "Delay", .sample = "00:05" },
	{ .name = "reload_time", .parse = at_parse, .print = at_print,
	  .display = "hh:mm", .sample = "23:50 March 3" },
};
// clang-format on

void types_url_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		value_type_add(g, &types[i]);
}
