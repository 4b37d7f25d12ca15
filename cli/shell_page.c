/* The pager: ` --More-- ` after a screen of output (clients.md 2.5). */
#include "cli/filter.h"
#include "cli/shell.h"

#include <string.h>

#define CTRL(c) ((c)&0x1f)

static const char more[] = " --More-- ";
/* What scripts take out of the text: exactly this. */
static const char wipe[] = "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b";

static unsigned page_length, page_width, left;
static bool waiting, quit;
static char search;      /* '/', '+', '-' while an expression is typed */
static struct sbuf rest; /* text behind the end of the page */
static struct sbuf pattern;
static struct filter *filter;

static void page_wipe(void)
{
	term_puts(wipe);
	term_assume_start();
}

void page_start(unsigned length, unsigned width)
{
	page_end();
	page_length = length;
	page_width = width;
	left = length > 1 ? length - 1 : length;
}

void page_end(void)
{
	waiting = quit = false;
	search = '\0';
	sbuf_free(&rest);
	sbuf_free(&pattern);
	filter_free(filter);
	filter = NULL;
}

bool page_waiting(void)
{
	return waiting;
}

/* Rows that a line of n characters takes. */
static unsigned rows_of(size_t n)
{
	if (page_width == 0 || n <= page_width)
		return 1;
	return (unsigned)((n + page_width - 1) / page_width);
}

/* Prints until the page is full; what is left waits. */
static void page_print(void)
{
	size_t at = 0;

	while (at < rest.n) {
		const char *nl = memchr(rest.s + at, '\n', rest.n - at);
		size_t n = nl == NULL ? rest.n - at
				      : (size_t)(nl - (rest.s + at)) + 1;

		if (page_length > 0 && left == 0 && term_at_start()) {
			term_puts(more);
			waiting = true;
			break;
		}
		term_text(rest.s + at, n);
		at += n;
		if (nl != NULL && left > 0) {
			unsigned rows = rows_of(n - 1);

			left -= rows < left ? rows : left;
		}
	}
	memmove(rest.s, rest.s + at, rest.n - at);
	sbuf_trunc(&rest, rest.n - at);
}

void page_text(const char *s, size_t n)
{
	if (quit || n == 0)
		return;
	if (page_length == 0 && filter == NULL) {
		term_text(s, n);
		return;
	}
	if (filter == NULL)
		sbuf_add(&rest, s, n);
	else
		filter_feed(filter, s, n, &rest);
	if (!waiting)
		page_print();
}

static void page_on(unsigned lines)
{
	page_wipe();
	waiting = false;
	left = lines;
	page_print();
}

/* The expression is complete: the rest goes through it. */
static void search_start(void)
{
	enum filter_kind kind = search == '/'   ? FILTER_BEGIN
				: search == '+' ? FILTER_INCLUDE
						: FILTER_EXCLUDE;
	struct filter *f =
		pattern.n > 0 ? filter_new(kind, sbuf_str(&pattern)) : NULL;

	search = '\0';
	waiting = false;
	left = page_length > 1 ? page_length - 1 : page_length;
	term_puts("\r\n");
	if (f == NULL) {
		page_print();
		return;
	}
	auto_sbuf struct sbuf old = rest;

	term_puts("filtering...\r\n");
	rest = (struct sbuf){ 0 };
	filter_free(filter);
	filter = f;
	filter_feed(filter, sbuf_str(&old), old.n, &rest);
	page_print();
}

static void search_key(unsigned char c)
{
	if (c == '\r' || c == '\n') {
		search_start();
	} else if ((c == '\b' || c == 0x7f) && pattern.n > 0) {
		sbuf_trunc(&pattern, pattern.n - 1);
		term_puts("\b \b");
	} else if (c >= ' ' && c != 0x7f) {
		sbuf_addc(&pattern, (char)c);
		term_put((const char *)&c, 1);
	}
}

bool page_key(unsigned char c)
{
	if (search != '\0' && c != CTRL('C')) {
		search_key(c);
		return false;
	}
	switch (c) {
	case ' ':
		page_on(page_length > 1 ? page_length - 1 : 1);
		return false;
	case '\r':
	case '\n':
		page_on(1);
		return false;
	case '/':
	case '+':
	case '-':
		search = (char)c;
		sbuf_trunc(&pattern, 0);
		page_wipe();
		term_put(&search, 1);
		return false;
	default:
		if (search != '\0')
			term_newline();
		else
			page_wipe();
		page_end();
		quit = true;
		return true;
	}
}
