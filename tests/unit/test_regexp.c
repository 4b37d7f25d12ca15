/* IOS regular expressions: the dialect, the C library's opinion on what both
 * know, and that none takes long. */
#include "base/sbuf.h"
#include "cli/regexp.h"
#include "tests/unit/test.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

static bool matches(const char *re, const char *line)
{
	struct regexp *r = regexp_new(re);
	bool m;

	assert_non_null(r);
	m = regexp_matches(r, line, strlen(line));
	regexp_free(r);
	return m;
}

static void dialect(void **state)
{
	static const struct {
		const char *re, *line;
		bool want;
	} cases[] = {
		{ "", "", true },
		{ "bgp", "router bgp 1", true },
		{ "BGP", "router bgp 1", false },
		{ "^router", "router bgp 1", true },
		{ "^bgp", "router bgp 1", false },
		{ "1$", "router bgp 1", true },
		{ "^$", "", true },
		{ "^$", " ", false },
		{ "a.c", "abc", true },
		{ "a.c", "ac", false },
		{ "ab*c", "ac", true },
		{ "ab+c", "ac", false },
		{ "ab?c", "abbc", false },
		{ "(ab)+c", "xababc", true },
		{ "^(a|bc)*$", "abca", true },
		{ "^(a|bc)*$", "abac", false },
		{ "a||b", "", true },
		{ "()", "x", true },
		{ "[a-c]x", "bx", true },
		{ "[^a-c]x", "bx", false },
		{ "[]]", "]", true },
		{ "[^]]", "]", false },
		{ "[a-]", "-", true },
		{ "[_]", "a b", false },
		/* what follows a backslash is a letter */
		{ "\\.", "abc", false },
		{ "\\_", "a_b", true },
		{ "\\(", "(", true },
		{ "\\", "\\", true },
		/* and so is a sign with nothing to work on */
		{ "*", "a*b", true },
		{ "+1", "a+1", true },
		{ "a|*b", "*b", true },
		{ ")", "(x)", true },
		{ "a{2}", "a{2}", true },
		{ "a{2}", "aa", false },
		/* `_`: a delimiter, the begin, the end */
		{ "_10_", "10 permit", true },
		{ "_10_", "permit 10", true },
		{ "_10_", "a,10,b", true },
		{ "_10_", "{10}", true },
		{ "_10_", "(10)", true },
		{ "_10_", "110", false },
		{ "_10_", "10.1", false },
		{ "_10_20_", "10 20", true },
		{ "GM_REGS_COMPL", "%GDOI-5-GM_REGS_COMPL: done", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (matches(cases[i].re, cases[i].line) != cases[i].want)
			fprintf(stderr, "\"%s\" on \"%s\"\n", cases[i].re,
				cases[i].line);
		assert_int_equal(
			matches(cases[i].re, cases[i].line), cases[i].want);
	}
}

static void faults(void **state)
{
	static const char *const cases[] = { "(", "(a", "a(b|c", "[", "[a",
		"[]", "[^]", "[b-a]" };
	auto_sbuf struct sbuf deep = { 0 }, longest = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_null(regexp_new(cases[i]));
	sbuf_pad(&deep, '(', 100);
	sbuf_pad(&deep, ')', 100);
	assert_null(regexp_new(deep.s));
	sbuf_pad(&longest, 'a', REGEXP_MAX);
	assert_false(matches(longest.s, "aaa"));
	sbuf_addc(&longest, 'a');
	assert_null(regexp_new(longest.s));
}

/* A NUL in the text is a byte like others. */
static void bytes(void **state)
{
	struct regexp *r = regexp_new("a.b$");

	(void)state;
	assert_true(regexp_matches(r, "xa\0b", 4));
	assert_false(regexp_matches(r, "xa\0b\n", 5));
	regexp_free(r);
}

/* --- against the C library --- */

static unsigned seed = 1;

static unsigned pick(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void random_re(struct sbuf *out, unsigned depth)
{
	static const char *const atoms[] = { "a", "b", "c", ".", "[ab]", "[^a]",
		"\\.", "a" };
	unsigned pieces = 1 + pick(3);

	for (unsigned i = 0; i < pieces; i++) {
		if (depth > 0 && pick(3) == 0) {
			sbuf_addc(out, '(');
			random_re(out, depth - 1);
			sbuf_addc(out, '|');
			random_re(out, depth - 1);
			sbuf_addc(out, ')');
		} else {
			sbuf_adds(out, atoms[pick(ARRAY_LEN(atoms))]);
		}
		if (pick(3) == 0)
			sbuf_addc(out, "*+?"[pick(3)]);
	}
}

static void same_as_posix(void **state)
{
	unsigned yes = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		auto_sbuf struct sbuf re = { 0 };
		regex_t posix;

		if (pick(3) == 0)
			sbuf_addc(&re, '^');
		random_re(&re, 2);
		if (pick(3) == 0)
			sbuf_addc(&re, '$');
		assert_int_equal(
			regcomp(&posix, re.s, REG_EXTENDED | REG_NOSUB), 0);
		for (unsigned k = 0; k < 10; k++) {
			char line[9] = "";
			unsigned n = pick(sizeof(line));
			bool want;

			for (unsigned c = 0; c < n; c++)
				line[c] = "abc."[pick(4)];
			want = regexec(&posix, line, 0, NULL, 0) == 0;
			if (matches(re.s, line) != want)
				fprintf(stderr, "\"%s\" on \"%s\"\n", re.s,
					line);
			assert_int_equal(matches(re.s, line), want);
			yes += want;
		}
		regfree(&posix);
	}
	assert_in_range(yes, 5000, 25000);
}

/* Expressions on which backtracking, or the C library, would take for ever. */
static void linear(void **state)
{
	static const struct {
		const char *piece;
		unsigned times;
	} cases[] = { { "_*a*", 60 }, { "a?", 120 }, { "(a*)*", 50 },
		{ "(_|a)+", 40 }, { "_", 250 }, { "a|", 120 } };
	auto_sbuf struct sbuf line = { 0 };

	(void)state;
	sbuf_pad(&line, 'a', 10000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_sbuf struct sbuf re = { 0 };

		for (unsigned k = 0; k < cases[i].times; k++)
			sbuf_adds(&re, cases[i].piece);
		sbuf_adds(&re, "zz");
		assert_int_equal(matches(re.s, line.s),
			strchr(re.s, '|') != NULL && re.s[0] == 'a');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialect),
		cmocka_unit_test(faults),
		cmocka_unit_test(bytes),
		cmocka_unit_test(same_as_posix),
		cmocka_unit_test(linear),
	};

	return cmocka_run_group_tests_name("regexp", tests, NULL, NULL);
}
