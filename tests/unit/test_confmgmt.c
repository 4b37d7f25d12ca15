/* The configuration as a whole: replaced, reverted, archived, compared, locked,
 * and who changed it (ios-cli.md 4 and 5, clients.md 1.3). */
#include "tests/unit/cli_session.h"
#include "tests/unit/test.h"

#include "cli/confmgmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_MS 60000ull

static char dir[] = "/tmp/getvpn-confmgmt-XXXXXX";
static char startup[sizeof(dir) + 32];
static struct cli_session t;

static int set_up(void **state)
{
	(void)state;
	cli_session_init(&t, 0);
	t.router.loop = loop_new();
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(startup, sizeof(startup), "%s/startup-config", dir);
	t.router.startup_path = startup;
	return 0;
}

static int tear_down(void **state)
{
	char command[sizeof(dir) + 16];

	(void)state;
	cli_session_fini(&t);
	loop_free(t.router.loop);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		return -1;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return 0;
}

static void configure(const char *const *lines, size_t n)
{
	cli_run(&t, "configure terminal");
	for (size_t i = 0; i < n; i++)
		assert_string_equal(cli_run(&t, lines[i]), "");
	cli_run(&t, "end");
}
#define CONFIGURE(...)                                                         \
	configure((const char *const[]){ __VA_ARGS__ },                        \
		ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static void put_file(const char *name, const char *text)
{
	struct file_url u;

	assert_true(file_url_parse(name, FS_FLASH, &u));
	assert_int_equal(file_put(&t.router, &u, text, strlen(text)), 0);
	file_url_free(&u);
}

static char *running(void)
{
	struct sbuf b = { 0 };

	tree_print(t.router.tree, NULL, false, &b);
	return sbuf_take(&b);
}

static void log_line(void *ctx, const char *line)
{
	sbuf_printf(ctx, "%s\n", line);
}

static bool logged(const char *text)
{
	auto_sbuf struct sbuf b = { 0 };

	log_each(t.router.log, log_line, &b);
	return strstr(sbuf_str(&b), text) != NULL;
}

static void pass(uint64_t ms)
{
	timers_run(loop_timers(t.router.loop), loop_now() + ms);
}

#define QUESTION                                                               \
	"configuration. Enter Y if you are sure you want to proceed. ? [no]: "

static void test_replace(void **state)
{
	(void)state;
	CONFIGURE("hostname A", "interface Loopback0",
		"ip address 10.0.0.1 255.255.255.255",
		"ip access-list extended L", "permit ip any any");
	cli_run(&t, "copy running-config flash:a");
	cli_run(&t, "");
	auto_free char *before = running();

	cli_run(&t, "configure terminal");
	assert_non_null(strstr(cli_run(&t, "no interface Loopback0"),
		"% Not all config may be removed"));
	cli_run(&t, "end");
	CONFIGURE("hostname B", "interface Loopback1", "description x",
		"ip access-list extended L", "5 deny icmp any any");
	cli_run(&t, "configure replace flash:a");
	assert_string_equal(sbuf_str(&t.question), QUESTION);
	assert_string_equal(cli_run(&t, ""), "");
	assert_string_equal(cli_prompt(&t), "B#");
	cli_run(&t, "configure replace flash:a list");
	assert_string_equal(cli_run(&t, "Y"),
		"!Pass 1\n\n!List of Commands:\n"
		"no interface Loopback1\n"
		"hostname A\n"
		"interface Loopback0\n"
		" ip address 10.0.0.1 255.255.255.255\n"
		"ip access-list extended L\n"
		" no 5\n"
		"end\n\n"
		"Total number of passes: 1\nRollback Done\n\n");
	auto_free char *after = running();

	assert_string_equal(after, before);
	assert_string_equal(cli_run(&t, "configure replace flash:a force"),
		"Total number of passes: 0\nRollback Done\n\n");
}

static void test_replace_refused(void **state)
{
	(void)state;
	CONFIGURE("hostname A");
	put_file("flash:bad", "hostname B\nfrobnicate 7\nreload\nend\n");
	assert_string_equal(cli_run(&t, "configure replace flash:bad force"),
		"Failed to apply command frobnicate 7 (line 2)\n"
		"Failed to apply command reload (line 3)\n"
		"Rollback aborted, the configuration is unchanged\n");
	assert_string_equal(cli_prompt(&t), "A#");
	assert_string_equal(cli_run(&t, "configure replace flash:none force"),
		"%Error opening flash:/none (No such file or directory)\n");
	put_file("flash:empty", "!\n\nend\n");
	assert_string_equal(cli_run(&t, "configure replace flash:empty force"),
		"The input file is not a valid config file.\n");
	put_file("flash:cr", "!\r\nhostname C\r\nend\r\n");
	cli_run(&t, "configure replace flash:cr force");
	assert_string_equal(cli_prompt(&t), "C#");
}

/* A map can go when no interface has it any more: in the second pass. */
static void test_passes(void **state)
{
	(void)state;
	CONFIGURE("interface Loopback0", "description x");
	cli_run(&t, "copy running-config flash:a");
	cli_run(&t, "");
	cli_run(&t, "configure terminal");
	cli_run(&t, "crypto map M 10 gdoi");
	cli_run(&t, "interface Loopback0");
	cli_run(&t, "crypto map M");
	cli_run(&t, "end");
	assert_string_equal(cli_run(&t, "configure replace flash:a force"),
		"Total number of passes: 2\nRollback Done\n\n");
	auto_free char *after = running();

	assert_null(strstr(after, "crypto map"));
}

static void test_revert_timer(void **state)
{
	(void)state;
	CONFIGURE("hostname A");
	assert_string_equal(cli_run(&t, "show archive config rollback timer"),
		"%No Rollback Confirmed Change pending\n");
	struct session *s = cli_second(&t);

	session_run_line(s, "configure terminal revert timer 5");
	session_run_line(s, "hostname B");
	session_free(s); /* the timer stays */
	assert_string_equal(cli_prompt(&t), "B#");
	const char *shown = cli_run(&t, "show archive config rollback timer");

	assert_non_null(strstr(shown, " Time configured(or reconfigured): "));
	assert_non_null(strstr(shown, " Timer type: absolute timer\n"
				      " Timer value: 5 min\n"
				      " User: console\n"));
	pass(4 * MINUTE_MS + 1000);
	assert_true(logged("%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_WARNING_ABSTIMER: "
			   "System will rollback to config "));
	assert_string_equal(cli_prompt(&t), "B#");
	pass(5 * MINUTE_MS + 1000);
	assert_string_equal(cli_prompt(&t), "A#");
	assert_string_equal(cli_run(&t, "configure confirm"),
		"%No Rollback Confirmed Change pending\n");
}

static void test_confirm(void **state)
{
	(void)state;
	cli_run(&t, "configure terminal revert timer 5");
	cli_run(&t, "hostname B");
	cli_run(&t, "end");
	assert_non_null(strstr(cli_run(&t, "configure terminal revert timer 1"),
		"%A Rollback Confirmed Change is pending"));
	assert_string_equal(cli_run(&t, "configure confirm"), "");
	assert_true(logged("%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_CONFIRM: User: "
			   "console: Confirm the configuration change"));
	pass(10 * MINUTE_MS);
	assert_string_equal(cli_prompt(&t), "B#");
}

static void test_revert_now(void **state)
{
	(void)state;
	put_file("flash:b", "hostname B\nend\n");
	cli_run(&t, "configure replace flash:b force time 5");
	assert_string_equal(cli_prompt(&t), "B#");
	assert_non_null(strstr(cli_run(&t, "configure revert now"),
		"Total number of passes: 1\nRollback Done\n"));
	assert_string_equal(cli_prompt(&t), "Router#");
	assert_string_equal(cli_run(&t, "configure revert now"),
		"%No Rollback Confirmed Change pending\n");
}

static void test_idle(void **state)
{
	(void)state;
	cli_run(&t, "configure terminal revert timer idle 2");
	cli_run(&t, "hostname B");
	uint64_t due = t.router.confmgmt->rollback.timer.at_ms;

	usleep(5000);
	cli_run(&t, "");
	assert_true(t.router.confmgmt->rollback.timer.at_ms > due);
	cli_run(&t, "end");
	pass(2 * MINUTE_MS + 1000);
	assert_string_equal(cli_prompt(&t), "Router#");
}

static void test_archive(void **state)
{
	(void)state;
	assert_string_equal(
		cli_run(&t, "show archive"), " Archive feature not enabled\n");
	CONFIGURE("hostname orbit", "archive", "path flash:$h", "maximum 2",
		"write-memory");
	assert_string_equal(cli_run(&t, "show archive"),
		"The maximum archive configurations allowed is 2.\n"
		"The next archive file will be named "
		"flash:orbit-<timestamp>-0\n"
		" Archive #  Name\n"
		"   1        \n"
		"   2        \n");
	assert_string_equal(cli_run(&t, "archive config"), "");
	cli_run(&t, "write memory");
	assert_string_equal(cli_run(&t, "archive config"), "");
	const struct archive *a = &t.router.confmgmt->archive;

	assert_int_equal(a->n, 2);
	assert_memory_equal(a->name[1], "flash:orbit-", 12);
	assert_string_equal(strrchr(a->name[1], '-'), "-2");
	auto_sbuf struct sbuf line = { 0 };

	sbuf_printf(&line, "   2        %s <- Most Recent\n", a->name[1]);
	assert_non_null(strstr(cli_run(&t, "show archive"), sbuf_str(&line)));
	assert_null(strstr(cli_run(&t, "dir"), "-0\n"));
	assert_non_null(strstr(cli_run(&t, "dir"), "-1\n"));
	CONFIGURE("archive", "time-period 10");
	pass(10 * MINUTE_MS + 1000);
	assert_int_equal(a->next, 4);
	assert_true(a->period.armed);
}

static void test_differences(void **state)
{
	(void)state;
	CONFIGURE("hostname A", "interface Loopback0", "description x");
	cli_run(&t, "write memory");
	assert_string_equal(cli_run(&t, "show archive config differences"),
		"!No changes were found\n");
	CONFIGURE("hostname B", "interface Loopback0", "description y");
	assert_string_equal(
		cli_run(&t, "show archive config differences "
			    "nvram:startup-config system:running-config"),
		"!Contextual Config Diffs:\n"
		"-hostname A\n+hostname B\n"
		"interface Loopback0\n -description x\n +description y\n");
	put_file("flash:merge", "interface Loopback0\n no description\n"
				"ip route 10.0.0.0 255.0.0.0 Null0\n");
	assert_string_equal(
		cli_run(&t,
			"show archive config incremental-diffs flash:merge"),
		"!List of Commands:\n"
		"interface Loopback0\n no description\n"
		"ip route 10.0.0.0 255.0.0.0 Null0\n"
		"end\n");
}

static void test_lock(void **state)
{
	(void)state;
	struct session *s = cli_second(&t);

	session_run_line(s, "configure terminal lock");
	assert_non_null(strstr(cli_run(&t, "show configuration lock"),
		"Type              : EXCLUSIVE\n"));
	assert_string_equal(cli_run(&t, "configure terminal"),
		"Configuration mode locked exclusively by user 'unknown' "
		"process '0' from terminal '0'. Please try later.\n");
	assert_string_equal(cli_prompt(&t), "Router#");
	put_file("flash:b", "hostname B\n");
	assert_non_null(strstr(cli_run(&t, "configure replace flash:b force"),
		"Please try later.\n"));
	session_run_line(s, "hostname C");
	session_free(s);
	assert_string_equal(cli_prompt(&t), "C#");
	assert_non_null(strstr(cli_run(&t, "show configuration lock"),
		"Type              : NO LOCK\n"));
	cli_run(&t, "configure terminal");
	s = cli_second(&t);
	session_run_line(s, "configure terminal lock");
	assert_false(session_in_config(s));
	session_free(s);
}

static void test_log(void **state)
{
	(void)state;
	CONFIGURE("archive", "log config", "logging enable", "notify syslog",
		"interface Loopback0", "description d",
		"crypto isakmp key OPENSESAME address 192.0.2.1",
		"username ann secret OPENSESAME",
		"access-list 10 permit 192.0.2.1");
	assert_string_equal(cli_run(&t, "show archive log config all"),
		" idx   sess           user@line      Logged command\n"
		"    1     1        console@console  |  notify syslog\n"
		"    2     1        console@console  |interface Loopback0\n"
		"    3     1        console@console  | description d\n"
		"    4     1        console@console  |crypto isakmp key ***** "
		"address 192.0.2.1\n"
		"    5     1        console@console  |username ann secret "
		"*****\n"
		"    6     1        console@console  |access-list 10 permit "
		"192.0.2.1\n");
	assert_true(logged("%PARSER-5-CFGLOG_LOGGEDCMD: User:console  logged "
			   "command:description d"));
	assert_false(logged("OPENSESAME"));
	CONFIGURE("archive", "path scp://ann:OPENSESAME@192.0.2.1/r1");
	assert_true(logged("logged command:path scp://ann@192.0.2.1/r1"));
	assert_non_null(strstr(cli_run(&t, "show archive"),
		"named scp://ann@192.0.2.1/r1-<timestamp>-0\n"));
	CONFIGURE("archive", "log config", "logging size 2");
	assert_null(strstr(
		cli_run(&t, "show archive log config all"), "Loopback0"));
	cli_run(&t, "clear archive log config");
	cli_run(&t, "");
	assert_string_equal(cli_run(&t, "show archive log config all"),
		" idx   sess           user@line      Logged command\n");
}

/* What the daemon is asked for. */
static unsigned restarts;
static struct sbuf told;

static void on_restart(void *host)
{
	(void)host;
	restarts++;
}

static void on_tell(void *host, const char *text)
{
	(void)host;
	sbuf_adds(&told, text);
}

static int set_up_reload(void **state)
{
	int result = set_up(state);

	restarts = 0;
	sbuf_trunc(&told, 0);
	t.router.restart = on_restart;
	t.router.tell = on_tell;
	return result;
}

static int tear_down_reload(void **state)
{
	sbuf_free(&told);
	return tear_down(state);
}

static void assert_question(const char *question)
{
	assert_true(session_asking(t.session));
	assert_string_equal(sbuf_str(&t.question), question);
}

#define SAVE_QUESTION "System configuration has been modified. Save? [yes/no]: "
#define PROCEED       "Proceed with reload? [confirm]"

static void test_reload(void **state)
{
	(void)state;
	cli_run(&t, "reload");
	assert_question(PROCEED); /* nothing to save */
	cli_run(&t, "n");
	assert_int_equal(restarts, 0);
	CONFIGURE("hostname B");
	cli_run(&t, "reload because");
	assert_question(SAVE_QUESTION);
	assert_string_equal(
		cli_run(&t, ""), "% Please answer 'yes' or 'no'.\n\n");
	assert_string_equal(
		cli_run(&t, "y"), "Building configuration...\n[OK]\n");
	assert_question(PROCEED);
	cli_run(&t, "");
	assert_int_equal(restarts, 1);
	assert_int_equal(access(startup, F_OK), 0);
	assert_true(logged("%SYS-5-RELOAD: Reload requested by console. "
			   "Reload Reason: because."));
	assert_non_null(strstr(sbuf_str(&told), "--- SHUTDOWN NOW ---"));
	assert_true(session_pending(t.session)); /* until it is freed */
}

static void test_reload_in(void **state)
{
	(void)state;
	assert_string_equal(
		cli_run(&t, "show reload"), "No reload is scheduled.\n");
	assert_string_equal(
		cli_run(&t, "reload cancel"), "%No reload is scheduled\n");
	const char *s = cli_run(&t, "reload in 1:05 new release");

	assert_memory_equal(s, "Reload scheduled for ", 21);
	assert_non_null(strstr(s, " (in 1 hour and 5 minutes) by console\n"
				  "Reload reason: new release\n"));
	cli_run(&t, "");
	assert_int_equal(restarts, 0);
	assert_non_null(strstr(sbuf_str(&told), "SHUTDOWN in 1:05:00 ---"));
	assert_non_null(strstr(cli_run(&t, "show reload"), "new release"));
	cli_run(&t, "reload cancel");
	assert_non_null(strstr(sbuf_str(&told), "SHUTDOWN ABORTED ---"));
	pass(70 * MINUTE_MS);
	assert_int_equal(restarts, 0);
	cli_run(&t, "reload in 2");
	cli_run(&t, "y");
	pass(2 * MINUTE_MS + 1000);
	assert_int_equal(restarts, 1);
	assert_string_equal(
		cli_run(&t, "show reload"), "No reload is scheduled.\n");
}

/* The next 09:30, and one of a date: always to come. */
static void test_reload_at(void **state)
{
	static const char *const lines[] = { "reload at 09:30",
		"reload at 09:30 Mar 3", "reload at 09:30 3 March" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *s = cli_run(&t, lines[i]);

		assert_memory_equal(s, "Reload scheduled for 09:30:00 ", 30);
		assert_true(i == 0 || strstr(s, " Mar 3 2") != NULL);
		assert_null(strstr(s, "(in 0 seconds)"));
		cli_run(&t, "n");
	}
	assert_non_null(strstr(cli_run(&t, "reload at 25:00"), "^"));
}

/* Reading a configuration does nothing else: every sample of every command. */
static void test_dry(void **state)
{
	const struct command *const *v;
	size_t n = grammar_commands(t.router.grammar, &v);
	auto_sbuf struct sbuf text = { 0 };
	auto_free char *before = running();
	struct router r;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (v[i]->sample != NULL)
			sbuf_printf(&text, "%s\n", v[i]->sample);
	}
	config_tree_init(&r, &t.router, sbuf_str(&text), NULL, NULL);
	config_tree_fini(&r);
	auto_free char *after = running();

	assert_string_equal(after, before);
	assert_false(session_asking(t.session));
	assert_int_equal(access(startup, F_OK), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_replace),
		T(test_replace_refused),
		T(test_passes),
		T(test_revert_timer),
		T(test_confirm),
		T(test_revert_now),
		T(test_idle),
		T(test_archive),
		T(test_differences),
		T(test_lock),
		T(test_log),
		cmocka_unit_test_setup_teardown(
			test_reload, set_up_reload, tear_down_reload),
		cmocka_unit_test_setup_teardown(
			test_reload_in, set_up_reload, tear_down_reload),
		cmocka_unit_test_setup_teardown(
			test_reload_at, set_up_reload, tear_down_reload),
		T(test_dry),
	};

	return cmocka_run_group_tests_name("confmgmt", tests, NULL, NULL);
}
