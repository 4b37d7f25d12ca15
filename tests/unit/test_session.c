/* Lines typed into a session: modes, prompts, faults, questions (ios-cli.md 1
 * and 2, clients.md 2). */
#include "tests/unit/cli_session.h"
#include "tests/unit/test.h"

#include <string.h>

static int set_up(void **state)
{
	static struct cli_session t;

	cli_session_init(&t, SESSION_ECHO);
	*state = &t;
	return 0;
}

static int set_up_file(void **state)
{
	static struct cli_session t;

	cli_session_init(&t, SESSION_LENIENT | SESSION_BATCH);
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	cli_session_fini(*state);
	return 0;
}

static const char conf_text[] =
	"Enter configuration commands, one per line.  End with CNTL/Z.\n";

struct step {
	const char *line, *out, *prompt;
};

static void run_steps(struct cli_session *t, const struct step *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(cli_run(t, v[i].line), v[i].out);
		assert_string_equal(cli_prompt(t), v[i].prompt);
	}
}

static void test_modes(void **state)
{
	static const struct step steps[] = {
		{ "", "", "Router#" },
		{ "  ! a comment", "", "Router#" },
		{ "conf t", conf_text, "Router(config)#" },
		{ "hostname R1", "", "R1(config)#" },
		{ "int lo0", "", "R1(config-if)#" },
		{ "ip address 10.0.0.1 255.255.255.255", "", "R1(config-if)#" },
		{ "ip access-list extended A", "", "R1(config-ext-nacl)#" },
		{ "exit", "", "R1(config)#" },
		{ "crypto gdoi group G", "", "R1(config-gkm-group)#" },
		{ "server local", "", "R1(gkm-local-server)#" },
		{ "sa ipsec 1", "", "R1(gkm-sa-ipsec)#" },
		/* a line of the parent moves there */
		{ "address ipv4 10.0.0.1", "", "R1(gkm-local-server)#" },
		{ "exit", "", "R1(config-gkm-group)#" },
		{ "exit", "", "R1(config)#" },
		{ "exit", "", "R1#" },
		{ "conf t", conf_text, "R1(config)#" },
		{ "int lo0", "", "R1(config-if)#" },
		{ "do show privilege", "Current privilege level is 15\n",
			"R1(config-if)#" },
		{ "end", "", "R1#" },
		{ "disable", "", "R1>" },
		{ "enable", "", "R1#" },
	};

	run_steps(*state, steps, ARRAY_LEN(steps));
}

static void test_long_hostname(void **state)
{
	static const struct step steps[] = {
		{ "conf t", conf_text, "Router(config)#" },
		{ "hostname a23456789b23456789c23", "",
			"a23456789b23456789c2(config)#" },
		{ "end", "", "a23456789b23456789c23#" },
	};

	run_steps(*state, steps, ARRAY_LEN(steps));
}

/* The caret counts the prompt; it stands under the first letter that fits
 * nothing (clients.md 2.2). */
static void test_faults(void **state)
{
	static const struct step steps[] = {
		{ "foo",
			"Translating \"foo\"\n% Unknown command or computer "
			"name, or unable to find computer address\n\n",
			"Router#" },
		{ "show", "% Type \"show ?\" for a list of subcommands\n\n",
			"Router#" },
		{ "terminal length", "% Incomplete command.\n\n", "Router#" },
		{ "terminal length 513",
			"                       ^\n"
			"% Invalid input detected at '^' marker.\n\n",
			"Router#" },
		{ "show privilege now",
			"                      ^\n"
			"% Invalid input detected at '^' marker.\n\n",
			"Router#" },
		{ "conf t", conf_text, "Router(config)#" },
		{ "do show privilege now",
			"                                 ^\n"
			"% Invalid input detected at '^' marker.\n\n",
			"Router(config)#" },
		{ "show privilege",
			"               ^\n"
			"% Invalid input detected at '^' marker.\n\n",
			"Router(config)#" },
	};
	struct cli_session *t = *state;

	for (size_t i = 0; i + 1 < ARRAY_LEN(steps); i++) {
		assert_string_equal(cli_run(t, steps[i].line), steps[i].out);
		assert_string_equal(cli_prompt(t), steps[i].prompt);
	}
	/* exec commands are unknown here; where the caret stands is up to the
	 * keywords that there are */
	assert_non_null(strstr(cli_run(t, "show privilege"), "^\n% Invalid"));
	assert_string_equal(cli_run(t, "\tint lo1"), "");
	assert_string_equal(cli_run(t, "R1(config-if)#  no shutdown"), "");
}

static void test_ambiguous(void **state)
{
	assert_string_equal(
		cli_run(*state, "e"), "% Ambiguous command:  \"e\"\n");
}

static void test_filters(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "conf t");
	cli_run(t, "int lo0");
	cli_run(t, "description x|y");
	cli_run(t, "end");
	assert_string_equal(cli_run(t, "show run | include descr.*|^host"),
		"hostname Router\n description x|y\n");
	assert_string_equal(cli_run(t, "sh run | count ^interface Loop"),
		"Number of lines which match regexp = 1\n");
	assert_string_equal(cli_run(t, "sh run | sec Loopback0"),
		"interface Loopback0\n description x|y\n no ip address\n");
	assert_string_equal(cli_run(t, "sh run | foo x"),
		"                ^\n"
		"% Invalid input detected at '^' marker.\n\n");
	assert_string_equal(
		cli_run(t, "sh run | i"), "% Incomplete command.\n\n");
	/* the filter of a line that failed does not stay */
	assert_string_equal(cli_run(t, "show privilege"),
		"Current privilege level is 15\n");
}

static void test_section_removed(void **state)
{
	struct cli_session *t = *state;
	struct session *other = cli_second(t);

	cli_run(t, "conf t");
	cli_run(t, "ip access-list extended A");
	assert_int_equal(session_run_line(other, "conf t"), CMD_DONE);
	assert_int_equal(
		session_run_line(other, "no ip access-list extended A"),
		CMD_DONE);
	cli_run(t, "permit ip any any");
	assert_non_null(strstr(sbuf_str(&t->out), "removed"));
	assert_string_equal(cli_prompt(t), "Router(config)#");
	session_free(other);
}

static void test_questions(void **state)
{
	struct cli_session *t = *state;

	assert_string_equal(cli_run(t, "configure"), "");
	assert_string_equal(sbuf_str(&t->question),
		"Configuring from terminal, memory, or network [terminal]? ");
	assert_true(session_asking(t->session));
	assert_string_equal(cli_run(t, ""), conf_text);
	assert_false(session_asking(t->session));
	cli_run(t, "end");
	cli_run(t, "configure");
	session_break(t->session);
	assert_false(session_asking(t->session));
	assert_string_equal(cli_prompt(t), "Router#");
}

/* In a file configuration follows on anything, and an `exit` too many does not
 * end it. */
static void test_file(void **state)
{
	static const struct step steps[] = {
		{ "hostname R1", "", "R1(config)#" },
		{ "R9(config)#int lo0", "", "R1(config-if)#" },
		{ "show privilege", "Current privilege level is 15\n",
			"R1(config-if)#" },
		{ "configure terminal", "", "R1(config)#" },
		{ "end", "", "R1#" },
		{ "int lo1", "", "R1(config-if)#" },
		{ "exit", "", "R1(config)#" },
		{ "exit", "", "R1#" },
		{ "exit", "", "R1#" },
		{ "int lo2", "", "R1(config-if)#" },
		/* without an echo the line stands above the caret */
		{ " jjj",
			" jjj\n ^\n% Invalid input detected at '^' marker."
			"\n\n",
			"R1(config-if)#" },
	};
	struct cli_session *t = *state;

	run_steps(t, steps, ARRAY_LEN(steps));
	assert_false(session_over(t->session));
}

static void test_exit(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "exit");
	assert_true(session_over(t->session));
}

static void log_has(void *ctx, const char *line)
{
	if (strstr(line, "%SYS-5-CONFIG_I: Configured from console by console"))
		++*(int *)ctx;
}

static void test_config_logged(void **state)
{
	struct cli_session *t = *state;
	int n = 0;

	cli_run(t, "conf t");
	log_each(t->router.log, log_has, &n);
	assert_int_equal(n, 0);
	cli_run(t, "end");
	log_each(t->router.log, log_has, &n);
	assert_int_equal(n, 1);
}

static void test_help(void **state)
{
	struct cli_session *t = *state;
	auto_sbuf struct sbuf b = { 0 };

	session_help(t->session, "show run ", &b);
	assert_non_null(strstr(sbuf_str(&b),
		"\n  |            Output modifiers\n  <cr>         <cr>\n\n"));
	sbuf_trunc(&b, 0);
	session_help(t->session, "show run | in", &b);
	assert_string_equal(sbuf_str(&b), "include  \n\n");
	sbuf_trunc(&b, 0);
	assert_true(session_complete(t->session, "show run | js", &b));
	assert_string_equal(sbuf_str(&b), "on ");
	sbuf_trunc(&b, 0);
	session_help(t->session, "xyzzy ", &b);
	assert_string_equal(sbuf_str(&b), "% Unrecognized command\n");
	cli_run(t, "conf t");
	sbuf_trunc(&b, 0);
	session_help(t->session, "do show pri", &b);
	assert_string_equal(sbuf_str(&b), "privilege  \n\n");
	sbuf_trunc(&b, 0);
	assert_true(session_complete(t->session, "do show pri", &b));
	assert_string_equal(sbuf_str(&b), "vilege ");
	assert_false(session_complete(t->session, "do xyzzy", &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_long_hostname, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_ambiguous, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_section_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_file, set_up_file, tear_down),
		cmocka_unit_test_setup_teardown(test_exit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_config_logged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_help, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
