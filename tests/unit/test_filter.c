/* Output filters (ios-cli.md 3). */
#include "cli/filter.h"
#include "tests/unit/test.h"

static const char config[] = "hostname R1\n"
			     "!\n"
			     "interface Loopback0\n"
			     " ip address 1.1.1.1 255.255.255.255\n"
			     "!\n"
			     "router bgp 1\n"
			     " address-family ipv4\n"
			     "  neighbor 10.0.0.1 activate\n"
			     " exit-address-family\n"
			     "!\n"
			     "ip route 10.0.0.0 255.0.0.0 Null0\n"
			     "end\n";

static const struct {
	const char *filter, *want;
} cases[] = {
	{ "include ^ip|end", "ip route 10.0.0.0 255.0.0.0 Null0\nend\n" },
	{ "i ^ip route .+ |^ipv6 route .+",
		"ip route 10.0.0.0 255.0.0.0 Null0\n" },
	{ "inc LOOPBACK", "" },
	{ "begin ^ip", "ip route 10.0.0.0 255.0.0.0 Null0\nend\n" },
	{ "exclude ^ |!|o", "end\n" },
	{ "section ^interface",
		"interface Loopback0\n ip address 1.1.1.1 255.255.255.255\n" },
	{ "section include bgp",
		"router bgp 1\n address-family ipv4\n"
		"  neighbor 10.0.0.1 activate\n exit-address-family\n" },
	/* an indented head: its parent is not printed */
	{ "sec address-family ipv4",
		" address-family ipv4\n  neighbor 10.0.0.1 activate\n" },
	{ "section exclude interface|router|!",
		"hostname R1\nip route 10.0.0.0 255.0.0.0 Null0\nend\n" },
	{ "json", config },
	{ "count ^!", "Number of lines which match regexp = 3\n" },
	/* `_` is a delimiter, braces are text */
	{ "include _bgp_", "router bgp 1\n" },
	{ "include _bg_", "" },
	{ "include o{1}", "" },
	{ "include [_]", "" },
	{ "include \\.0\\.0\\.1 ", "  neighbor 10.0.0.1 activate\n" },
};

static void run(const char *filter, size_t piece, struct sbuf *out)
{
	size_t bad, n = sizeof(config) - 1;
	struct filter *f = filter_parse(filter, &bad);

	assert_non_null(f);
	for (size_t i = 0; i < n; i += piece)
		filter_feed(f, config + i, i + piece > n ? n - i : piece, out);
	filter_end(f, out);
	filter_free(f);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t piece = 1; piece < sizeof(config); piece += 7) {
			auto_sbuf struct sbuf out = { 0 };

			run(cases[i].filter, piece, &out);
			assert_string_equal(sbuf_str(&out), cases[i].want);
		}
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *text;
		size_t bad;
	} faults[] = {
		{ "", SIZE_MAX },
		{ " include", SIZE_MAX },
		{ " include  ", SIZE_MAX },
		{ " foo bar", 1 },
		{ " inx bar", 3 },
		{ " include (a", 9 },
		{ " json x", 6 },
		{ " include a[", 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		size_t bad = 0;

		assert_null(filter_parse(faults[i].text, &bad));
		assert_int_equal(bad, faults[i].bad);
	}
}

/* A last line without its end still counts. */
static void test_unfinished(void **state)
{
	auto_sbuf struct sbuf out = { 0 };
	struct filter *f = filter_new(FILTER_INCLUDE, "b");

	(void)state;
	filter_feed(f, "a\nb", 3, &out);
	assert_string_equal(sbuf_str(&out), "");
	filter_end(f, &out);
	assert_string_equal(sbuf_str(&out), "b\n");
	filter_free(f);
}

static void test_help(void **state)
{
	auto_sbuf struct sbuf all = { 0 }, some = { 0 }, none = { 0 };

	(void)state;
	filter_help(" ", &all);
	assert_string_equal(sbuf_str(&all),
		"  append    Append redirected output to URL (URLs supporting "
		"append operation only)\n"
		"  begin     Begin with the line that matches\n"
		"  count     Count number of lines which match regexp\n"
		"  exclude   Exclude lines that match\n"
		"  include   Include lines that match\n"
		"  json      Output as JSON\n"
		"  redirect  Redirect output to URL\n"
		"  section   Filter a section of output\n"
		"  tee       Copy output to URL\n");
	filter_help(" se", &some);
	assert_string_equal(sbuf_str(&some), "section  \n");
	filter_help(" x", &none);
	assert_string_equal(sbuf_str(&none), "% Unrecognized command\n");
}

/* What goes to a file, and what is shown beside. */
static void test_targets(void **state)
{
	static const struct {
		const char *text, *target, *shown;
		enum filter_kind kind;
	} targets[] = {
		{ "redirect flash:a", "flash:a", "", FILTER_REDIRECT },
		{ "app flash:a ", "flash:a", "", FILTER_APPEND },
		{ "tee flash:a", "flash:a", "x\ny\n", FILTER_TEE },
		{ "tee /append a", "a", "x\ny\n", FILTER_TEE_APPEND },
	};
	size_t bad;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct filter *f = filter_parse(targets[i].text, &bad);
		auto_sbuf struct sbuf out = { 0 };

		assert_non_null(f);
		assert_int_equal(filter_kind(f), targets[i].kind);
		assert_string_equal(filter_target(f), targets[i].target);
		filter_feed(f, "x\ny", 3, &out);
		filter_end(f, &out);
		assert_string_equal(sbuf_str(&out), targets[i].shown);
		assert_string_equal(sbuf_str(filter_kept(f)), "x\ny\n");
		filter_free(f);
	}
	assert_null(filter_parse("redirect", &bad));
	assert_true(bad == SIZE_MAX);
	assert_null(filter_parse("redirect a b", &bad));
	assert_int_equal(bad, 11);
}

static void test_complete(void **state)
{
	static const struct {
		const char *text, *append; /* NULL: nothing to add */
	} typed[] = {
		{ " inc", "lude " },
		{ "j", "son " },
		{ "json", " " },
		{ "", NULL },
		{ " x", NULL },
		{ " inc ", NULL },
		{ " include a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		auto_sbuf struct sbuf out = { 0 };

		assert_int_equal(filter_complete(typed[i].text, &out),
			typed[i].append != NULL);
		if (typed[i].append != NULL)
			assert_string_equal(sbuf_str(&out), typed[i].append);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
