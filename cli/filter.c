/* Output filters. */
#include "cli/filter.h"

#include "cli/regexp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct filter {
	enum filter_kind kind;
	struct regexp *re; /* NULL: none is needed */
	struct sbuf line;  /* an unfinished line */
	bool active;       /* begin: from here on; section: inside one */
	size_t indent;     /* of the section's first line */
	size_t count;
	char *target;     /* of redirect and its like... */
	struct sbuf kept; /* ...what goes there */
};

static const struct {
	const char *word, *help;
	enum filter_kind kind;
} filter_words[] = {
	{ "append",
		"Append redirected output to URL (URLs supporting append "
		"operation only)",
		FILTER_APPEND },
	{ "begin", "Begin with the line that matches", FILTER_BEGIN },
	{ "count", "Count number of lines which match regexp", FILTER_COUNT },
	{ "exclude", "Exclude lines that match", FILTER_EXCLUDE },
	{ "include", "Include lines that match", FILTER_INCLUDE },
	{ "json", "Output as JSON", FILTER_JSON },
	{ "redirect", "Redirect output to URL", FILTER_REDIRECT },
	{ "section", "Filter a section of output", FILTER_SECTION },
	{ "tee", "Copy output to URL", FILTER_TEE },
};

struct filter *filter_new(enum filter_kind kind, const char *re)
{
	struct regexp *compiled = regexp_new(re);
	struct filter *f;

	if (compiled == NULL)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->kind = kind;
	f->re = compiled;
	return f;
}

static bool has_target(enum filter_kind kind)
{
	return kind > FILTER_JSON;
}

/* Lines pass as they are. */
static struct filter *filter_new_json(void)
{
	struct filter *f = xcalloc(1, sizeof(*f));

	f->kind = FILTER_JSON;
	return f;
}

static struct filter *filter_new_target(
	enum filter_kind kind, const char *url, size_t n)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	struct sbuf b = { 0 };

	f->kind = kind;
	sbuf_add(&b, url, n);
	f->target = sbuf_take(&b);
	return f;
}

const char *filter_target(const struct filter *f)
{
	return f->target;
}

const struct sbuf *filter_kept(const struct filter *f)
{
	return &f->kept;
}

enum filter_kind filter_kind(const struct filter *f)
{
	return f->kind;
}

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	regexp_free(f->re);
	sbuf_free(&f->line);
	sbuf_free(&f->kept);
	free(f->target);
	free(f);
}

static size_t word_len(const char *s)
{
	return strcspn(s, " \t");
}

static size_t blanks(const char *s)
{
	return strspn(s, " \t");
}

/* How many letters of word[0..n) begin some keyword: where the fault is. */
static size_t common_len(const char *word, size_t n)
{
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_LEN(filter_words); i++) {
		const char *w = filter_words[i].word;
		size_t k = 0;

		while (k < n && w[k] != '\0' &&
			tolower((unsigned char)word[k]) == w[k])
			k++;
		if (k > best)
			best = k;
	}
	return best;
}

/* The URL behind redirect, append, tee; p stands in text. */
static struct filter *parse_target(
	enum filter_kind kind, const char *text, const char *p, size_t *bad)
{
	size_t n = word_len(p);

	if (kind == FILTER_TEE && n >= 2 && p[n] != '\0' &&
		strncasecmp("/append", p, n) == 0) {
		kind = FILTER_TEE_APPEND;
		p += n;
		p += blanks(p);
		n = word_len(p);
	}
	if (n == 0)
		return NULL;
	const char *rest = p + n + blanks(p + n);

	if (*rest == '\0')
		return filter_new_target(kind, p, n);
	*bad = (size_t)(rest - text);
	return NULL;
}

/* `section` may be followed by include or exclude; *p goes behind it. */
static enum filter_kind parse_section(const char **p)
{
	enum filter_kind kind = FILTER_SECTION;
	size_t n = word_len(*p);

	if (n == 0 || (*p)[n] == '\0')
		return kind;
	if (strncasecmp("exclude", *p, n) == 0)
		kind = FILTER_SECTION_EXCLUDE;
	if (kind == FILTER_SECTION_EXCLUDE ||
		strncasecmp("include", *p, n) == 0) {
		*p += n;
		*p += blanks(*p);
	}
	return kind;
}

struct filter *filter_parse(const char *text, size_t *bad)
{
	const char *p = text + blanks(text);
	size_t n = word_len(p);
	size_t i = 0;

	*bad = SIZE_MAX;
	if (n == 0)
		return NULL;
	while (i < ARRAY_LEN(filter_words) &&
		strncasecmp(filter_words[i].word, p, n) != 0)
		i++;
	if (i == ARRAY_LEN(filter_words)) {
		*bad = (size_t)(p - text) + common_len(p, n);
		return NULL;
	}
	enum filter_kind kind = filter_words[i].kind;
	p += n;
	p += blanks(p);
	if (kind == FILTER_JSON) {
		*bad = (size_t)(p - text);
		return *p == '\0' ? filter_new_json() : NULL;
	}
	if (has_target(kind))
		return parse_target(kind, text, p, bad);
	if (kind == FILTER_SECTION)
		kind = parse_section(&p);
	if (*p == '\0')
		return NULL;
	struct filter *f = filter_new(kind, p);

	if (f == NULL)
		*bad = (size_t)(p - text);
	return f;
}

/* A section goes on while lines are indented deeper than its first line. */
static bool section_has(struct filter *f, const char *line, bool match)
{
	size_t indent = strspn(line, " ");

	if (f->active && indent > f->indent && line[indent] != '\0')
		return true;
	f->active = match;
	f->indent = indent;
	return match;
}

static void filter_line(struct filter *f, struct sbuf *out)
{
	const char *line = sbuf_str(&f->line);
	bool match = f->re != NULL && regexp_matches(f->re, line, f->line.n);
	bool show = false;

	switch (f->kind) {
	case FILTER_INCLUDE:
		show = match;
		break;
	case FILTER_EXCLUDE:
		show = !match;
		break;
	case FILTER_BEGIN:
		f->active = f->active || match;
		show = f->active;
		break;
	case FILTER_SECTION:
		show = section_has(f, line, match);
		break;
	case FILTER_SECTION_EXCLUDE:
		show = !section_has(f, line, match);
		break;
	case FILTER_COUNT:
		f->count += match;
		break;
	case FILTER_REDIRECT:
	case FILTER_APPEND:
		break;
	case FILTER_JSON:
	case FILTER_TEE:
	case FILTER_TEE_APPEND:
		show = true;
		break;
	}
	if (has_target(f->kind)) {
		sbuf_add(&f->kept, line, f->line.n);
		sbuf_addc(&f->kept, '\n');
	}
	if (show) {
		sbuf_add(out, line, f->line.n);
		sbuf_addc(out, '\n');
	}
	sbuf_trunc(&f->line, 0);
}

void filter_feed(struct filter *f, const char *text, size_t n, struct sbuf *out)
{
	while (n > 0) {
		const char *nl = memchr(text, '\n', n);

		if (nl == NULL) {
			sbuf_add(&f->line, text, n);
			return;
		}
		sbuf_add(&f->line, text, (size_t)(nl - text));
		filter_line(f, out);
		n -= (size_t)(nl - text) + 1;
		text = nl + 1;
	}
}

void filter_end(struct filter *f, struct sbuf *out)
{
	if (f->line.n > 0)
		filter_line(f, out);
	if (f->kind == FILTER_COUNT)
		sbuf_printf(out, "Number of lines which match regexp = %zu\n",
			f->count);
}

/* Behind the keyword of n letters at p. */
static void help_argument(const char *p, size_t n, struct sbuf *out)
{
	enum filter_kind kind = FILTER_INCLUDE;

	for (size_t i = 0; i < ARRAY_LEN(filter_words); i++) {
		if (strncasecmp(filter_words[i].word, p, n) == 0) {
			kind = filter_words[i].kind;
			break;
		}
	}
	p += n;
	p += blanks(p);
	if (kind == FILTER_JSON)
		sbuf_adds(out,
			*p == '\0' ? "  <cr>\n" : "% Unrecognized command\n");
	else if (has_target(kind))
		sbuf_adds(out, *p == '\0' ? "  URL  Uniform Resource Locator\n"
					  : "  <cr>\n");
	else
		sbuf_adds(out, *p == '\0' ? "  LINE  Regular Expression\n"
					  : "  LINE    <cr>\n");
}

void filter_help(const char *text, struct sbuf *out)
{
	const char *p = text + blanks(text);
	size_t n = word_len(p);
	bool any = false;

	if (p[n] != '\0') { /* behind the keyword */
		help_argument(p, n, out);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(filter_words); i++) {
		if (strncasecmp(filter_words[i].word, p, n) != 0)
			continue;
		any = true;
		if (n == 0)
			sbuf_printf(out, "  %-8s  %s\n", filter_words[i].word,
				filter_words[i].help);
		else
			sbuf_printf(out, "%s  ", filter_words[i].word);
	}
	if (!any)
		sbuf_adds(out, "% Unrecognized command");
	if (n > 0)
		sbuf_addc(out, '\n');
}

bool filter_complete(const char *text, struct sbuf *append)
{
	const char *p = text + blanks(text), *word = NULL;
	size_t n = word_len(p);

	if (n == 0 || p[n] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(filter_words); i++) {
		if (strncasecmp(filter_words[i].word, p, n) != 0)
			continue;
		if (word != NULL)
			return false;
		word = filter_words[i].word;
	}
	if (word == NULL)
		return false;
	sbuf_printf(append, "%s ", word + n);
	return true;
}
