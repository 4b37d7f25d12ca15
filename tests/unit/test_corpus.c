/* Pasting real configurations: the lines of tests/cli/corpus.tsv, weighted by
 * how often they occur, are accepted, what is kept unheeded is said, and what
 * is shown afterwards is the same when it is pasted again. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTED_PERCENT 95

struct row {
	char context[160], line[160];
	unsigned long times;
};

static FILE *corpus_open(void)
{
	const char *dir = getenv("srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/cli/corpus.tsv",
		dir == NULL ? "." : dir);
	return fopen(path, "re");
}

static bool row_read(FILE *f, struct row *row)
{
	char text[512];

	while (fgets(text, sizeof(text), f) != NULL) {
		char *line = strchr(text, '\t');
		char *times = line == NULL ? NULL : strchr(line + 1, '\t');

		if (text[0] == '#' || times == NULL)
			continue;
		*line++ = *times++ = '\0';
		strlcpy(row->context, text, sizeof(row->context));
		strlcpy(row->line, line, sizeof(row->line));
		row->times = strtoul(times, NULL, 10);
		return true;
	}
	return false;
}

/* Enters the sections of the row, then its line: what that printed. */
static char *row_paste(struct router *r, const struct row *row)
{
	auto_sbuf struct sbuf text = { 0 }, all = { 0 };

	for (const char *p = row->context; *p != '\0';) {
		size_t n = strcspn(p, ";");

		sbuf_printf(&text, "%.*s\n", (int)n, p);
		p += n + (p[n] == ';');
	}
	sbuf_add(&all, sbuf_str(&text), text.n);
	sbuf_printf(&all, "%s\n", row->line);
	return fake_paste(r, sbuf_str(&all));
}

static bool is_refusal(const char *printed)
{
	return strstr(printed, "% Invalid input") != NULL ||
	       strstr(printed, "% Incomplete command") != NULL ||
	       strstr(printed, "% Ambiguous command") != NULL;
}

static void accepted(void **state)
{
	unsigned long all = 0, refused = 0;
	FILE *f = corpus_open();
	struct row row;

	(void)state;
	assert_non_null(f);
	while (row_read(f, &row)) {
		struct router r;

		fake_router_init(&r);
		auto_free char *printed = row_paste(&r, &row);

		all += row.times;
		if (is_refusal(printed)) {
			refused += row.times;
			print_message("refused, %lu times: %s | %s\n",
				row.times, row.context, row.line);
		}
		fake_router_fini(&r);
	}
	fclose(f);
	print_message("%.2f %% of %lu lines accepted\n",
		100.0 * (double)(all - refused) / (double)all, all);
	assert_true(all > 50000);
	assert_true(refused * 100 <= all * (100 - ACCEPTED_PERCENT));
}

/* All rows in one router, as if somebody's network were one box. */
static void comes_back(void **state)
{
	FILE *f = corpus_open();
	struct router first, second;
	struct row row;

	(void)state;
	assert_non_null(f);
	fake_router_init(&first);
	fake_router_init(&second);
	while (row_read(f, &row)) {
		auto_free char *printed = row_paste(&first, &row);
	}
	fclose(f);
	auto_free char *shown = fake_running(&first);
	auto_free char *refused = fake_paste(&second, shown);
	auto_free char *again = fake_running(&second);

	assert_false(is_refusal(refused));
	assert_string_equal(again, shown);
	auto_free char *twice = fake_paste(&second, shown);
	auto_free char *thrice = fake_running(&second);

	assert_string_equal(thrice, shown);
	fake_router_fini(&second);
	fake_router_fini(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(comes_back),
	};

	return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
