/* `?` and TAB (clients.md 2.3). */
#include "parser_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_help(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, const char *text)
{
	struct sbuf out = { 0 };

	match_help(g, mode, level, line, &out);
	if (strcmp(sbuf_str(&out), text) != 0)
		fail_msg("\"%s?\" shows\n%s", line, sbuf_str(&out));
	sbuf_free(&out);
}

static void test_list(void **state)
{
	struct grammar *g = table_grammar();

	(void)state;
	check_help(g, T_EXEC, 1, "",
		"Exec commands:\n"
		"  dir         List files\n"
		"  disable     Turn off privileged commands\n"
		"  disconnect  Disconnect\n"
		"  logging     Log\n"
		"  show        Show running system information\n"
		"  terminal    T\n");
	check_help(g, T_EXEC, 15, "show ip dhcp ",
		"  <1-10>  Number\n"
		"  <cr>    <cr>\n");
	check_help(g, T_EXEC, 15, "show version ",
		"  |     Output modifiers\n"
		"  <cr>  <cr>\n");
	check_help(g, T_EXEC, 15, "sh ip nam ",
		"  <1-99>  Number\n"
		"  WORD    Name\n");
	check_help(g, T_PORT, 15, "",
		"Port configuration commands:\n"
		"  default   Set a command to its defaults\n"
		"  exit      Exit from this mode\n"
		"  ip        IP\n"
		"  no        Negate a command or set its defaults\n"
		"  note      Comment\n"
		"  shutdown  Turn off\n");
	check_help(g, T_PORT, 15, "no ",
		"  ip        IP\n"
		"  note      Comment\n"
		"  shutdown  Turn off\n");
	check_help(g, T_PORT, 15, "ip address ",
		"  dhcp     By DHCP\n"
		"  A.B.C.D  Address\n");
	check_help(g, T_PORT, 15, "no ip address ",
		"  dhcp     By DHCP\n"
		"  A.B.C.D  Address\n"
		"  <cr>     <cr>\n");
	check_help(g, T_PORT, 15, "note ", "  LINE  Text\n");
	check_help(g, T_PORT, 15, "note two words ",
		"  LINE  Text\n"
		"  <cr>  <cr>\n");
	check_help(g, T_CONFIG, 15, "port ",
		"  Fast  Fast port\n"
		"  Giga  Giga port\n");
	check_help(g, T_CONFIG, 15, "port Giga ", "  <0-9>  Port number\n");
	check_help(g, T_LIST, 15, "permit ip any any log ",
		"  dscp       DSCP\n"
		"  fragments  Fragments\n"
		"  <cr>       <cr>\n");
	grammar_free(g);
}

static void test_words(void **state)
{
	struct grammar *g = table_grammar();

	(void)state;
	check_help(g, T_EXEC, 15, "di", "dir  disable  disconnect  \n");
	check_help(g, T_EXEC, 15, "s", "show  \n");
	check_help(g, T_EXEC, 15, "show D", "dot11  \n");
	check_help(g, T_CONFIG, 15, "no h", "halt  hostname  \n");
	check_help(g, T_CONFIG, 15, "n", "no  \n");
	check_help(g, T_CONFIG, 15, "port f", "Fast  \n");
	check_help(g, T_SERVER, 15, "timer 1", "<1-100>  \n");
	grammar_free(g);
}

/* A value of several tokens, at its first and at the next. */
static void test_next(void **state)
{
	struct grammar *g = table_grammar();

	(void)state;
	check_help(g, T_SERVER, 15, "select ",
		"  eq  Compare\n"
		"  gt  Compare\n");
	check_help(g, T_SERVER, 15, "select gt ",
		"  green  Beyond\n"
		"  red    Beyond\n"
		"  WORD   Beyond\n");
	check_help(g, T_SERVER, 15, "select eq g", "green  \n");
	check_help(g, T_SERVER, 15, "select eq red ",
		"  now   Now\n"
		"  <cr>  <cr>\n");
	check_help(g, T_SERVER, 15, "select eq red n", "now  \n");
	check_help(g, T_CONFIG, 15, "port fast 0", "<0-9>  \n");
	check_help(g, T_CONFIG, 15, "port fast x", "% Unrecognized command\n");
	grammar_free(g);
}

static void test_faults(void **state)
{
	struct grammar *g = table_grammar();
	const char *unknown = "% Unrecognized command\n";

	(void)state;
	check_help(g, T_EXEC, 15, "x", unknown);
	check_help(g, T_EXEC, 15, "x ", unknown);
	check_help(g, T_EXEC, 15, "show version now ", unknown);
	check_help(g, T_EXEC, 15, "show foo", unknown);
	check_help(g, T_EXEC, 1, "rel", unknown);
	check_help(
		g, T_EXEC, 15, "dis x ", "% Ambiguous command:  \"dis x \"\n");
	check_help(g, T_SERVER, 15, "timer 101", unknown);
	grammar_free(g);
}

static void test_complete(void **state)
{
	static const struct {
		uint16_t mode;
		const char *line, *append; /* NULL: bell */
	} cases[] = {
		{ T_EXEC, "sh", "ow " },
		{ T_EXEC, "show", " " },
		{ T_EXEC, "show ", "" },
		{ T_EXEC, "show v", "ersion " },
		{ T_EXEC, "di", NULL },
		{ T_EXEC, "dir", " " },
		{ T_EXEC, "x", NULL },
		{ T_EXEC, "", "" },
		{ T_CONFIG, "no hos", "tname " },
		{ T_CONFIG, "port g", "iga " },
		{ T_CONFIG, "def", "ault " },
		{ T_SERVER, "select eq r", "ed " },
		{ T_SERVER, "timer 1", NULL },
		{ T_EXEC, "dis a", NULL },
	};
	struct grammar *g = table_grammar();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sbuf out = { 0 };
		bool ok = match_complete(
			g, cases[i].mode, 15, cases[i].line, &out);

		if (ok != (cases[i].append != NULL) ||
			(ok && strcmp(sbuf_str(&out), cases[i].append) != 0))
			fail_msg("\"%s\" TAB: %d \"%s\"", cases[i].line, ok,
				sbuf_str(&out));
		sbuf_free(&out);
	}
	grammar_free(g);
}

/* More words than a row holds stand in columns. */
static void test_columns(void **state)
{
	static const struct mode_def mode = { 1, 0, "#", "Test", false };
	static const struct command c = { .mode = 1,
		.grammar = "{aardvark-of-the-plains|alligator-of-the-swamp|"
			   "antelope-of-the-savanna|ape-of-africa}",
		.help = "aardvark-of-the-plains x\nalligator-of-the-swamp x\n"
			"antelope-of-the-savanna x\nape-of-africa x\n" };
	const struct command *v[] = { &c };
	struct grammar *g = grammar_new(&mode, 1);

	(void)state;
	grammar_add(g, v, 1);
	check_help(g, 1, 15, "a",
		"aardvark-of-the-plains   alligator-of-the-swamp   "
		"antelope-of-the-savanna  \n"
		"ape-of-africa            \n");
	grammar_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_columns),
	};
	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
