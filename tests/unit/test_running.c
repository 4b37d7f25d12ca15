/* Running-config and startup-config: what is shown, saved and loaded
 * (clients.md 2.2, show-output.md 3.11). */
#include "tests/unit/cli_session.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const pasted[] = {
	"hostname R1",
	"crypto isakmp policy 10",
	"encryption aes",
	"authentication pre-share",
	"group 5",
	"crypto isakmp key MY_KEY address 0.0.0.0",
	"interface Loopback0",
	" description the | pipe",
	" ip address 10.0.0.1 255.255.255.255",
	"ip access-list extended ICMP",
	" permit icmp any any",
	"ip route 0.0.0.0 0.0.0.0 10.0.0.2",
};

static char dir[] = "/tmp/getvpn-running-XXXXXX";
static char path[sizeof(dir) + 32];

static int set_up(void **state)
{
	static struct cli_session t;

	cli_session_init(&t, SESSION_LENIENT | SESSION_BATCH);
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/startup-config", dir);
	t.router.startup_path = path;
	for (size_t i = 0; i < ARRAY_LEN(pasted); i++) {
		if (strcmp(cli_run(&t, pasted[i]), "") != 0)
			return -1;
	}
	cli_run(&t, "end");
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	cli_session_fini(*state);
	unlink(path);
	rmdir(dir);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return 0;
}

static void test_show(void **state)
{
	struct cli_session *t = *state;
	auto_free char *s = xstrdup(cli_run(t, "show running-config"));
	unsigned bytes;

	assert_int_equal(sscanf(s,
				 "Building configuration...\n\n"
				 "Current configuration : %u bytes\n!\n",
				 &bytes),
		1);
	const char *body = strstr(s, "bytes\n") + 6;
	const char *end = strstr(body, "\nend\n\n");

	assert_non_null(end);
	assert_int_equal(bytes, (size_t)(end - body) + 5);
	assert_string_equal(end, "\nend\n\n");
	assert_non_null(strstr(body, "! Last configuration change at "));
	assert_non_null(strstr(body, "\nversion "));
	assert_true(strstr(body, "\nversion ") < strstr(body, "\nhostname R1"));
	assert_null(strstr(body, "not found"));
}

static void test_show_interface(void **state)
{
	struct cli_session *t = *state;
	const char *s = cli_run(t, "show run int lo0");

	assert_non_null(strstr(s,
		" bytes\n!\ninterface Loopback0\n description the | pipe\n"
		" ip address 10.0.0.1 255.255.255.255\nend\n\n"));
}

static void test_forms(void **state)
{
	struct cli_session *t = *state;
	const char *s = cli_run(t, "show running-config linenum");

	assert_non_null(strstr(s, " bytes\n    1 : !\n    2 : ! Last "));
	assert_string_equal(cli_run(t, "show running-config section ^interf"),
		"interface Loopback0\n description the | pipe\n"
		" ip address 10.0.0.1 255.255.255.255\n");
	s = cli_run(t, "show running-config all interface Loopback0");
	assert_non_null(strstr(s, "interface Loopback0\n"));
	cli_run(t, "write memory");
	auto_free char *startup = xstrdup(cli_run(t, "show configuration"));

	assert_string_equal(cli_run(t, "show startup-config"), startup);
}

/* The text without its comment lines. */
static char *body_of(struct cli_session *t, const char *command)
{
	auto_free char *s = xstrdup(cli_run(t, command));
	struct sbuf b = { 0 };

	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n")) {
		if (line[0] != '!' && strncmp(line, "Using ", 6) != 0 &&
			strncmp(line, "Building ", 9) != 0 &&
			strncmp(line, "Current ", 8) != 0)
			sbuf_printf(&b, "%s\n", line);
	}
	return sbuf_take(&b);
}

static void test_save(void **state)
{
	struct cli_session *t = *state;
	struct stat st;

	assert_string_equal(cli_run(t, "show startup-config"),
		"startup-config is not present\n");
	assert_string_equal(cli_run(t, "write memory"),
		"Building configuration...\n[OK]\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	auto_free char *running = body_of(t, "show running-config");
	auto_free char *startup = body_of(t, "show startup-config");

	assert_string_equal(running, startup);
	assert_non_null(strstr(cli_run(t, "show startup-config"), "Using "));
	cli_run(t, "write erase");
	assert_int_equal(access(path, F_OK), -1);
}

/* What is shown, pasted into an empty router, shows the same. */
static void test_round_trip(void **state)
{
	struct cli_session *t = *state;
	auto_free char *first = body_of(t, "show running-config");
	auto_free char *text = xstrdup(cli_run(t, "show running-config"));
	struct cli_session u;

	cli_session_init(&u, SESSION_LENIENT | SESSION_BATCH);
	size_t refused = running_load(&u.router, text, NULL, NULL);

	/* its headings are no lines of the configuration */
	assert_int_equal(refused, 0);
	cli_run(&u, "end");
	auto_free char *second = body_of(&u, "show running-config");

	assert_string_equal(first, second);
	cli_session_fini(&u);
}

static void test_startup_load(void **state)
{
	struct cli_session *t = *state;
	auto_free char *saved = NULL, *loaded = NULL;
	struct cli_session u;

	cli_run(t, "write memory");
	saved = body_of(t, "show running-config");
	cli_session_init(&u, 0);
	u.router.startup_path = path;
	assert_int_equal(startup_load(&u.router), 0);
	loaded = body_of(&u, "show running-config");
	assert_string_equal(saved, loaded);
	cli_session_fini(&u);
}

static void count_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	auto_sbuf struct sbuf b = { 0 };

	sbuf_printf(&b, "%u:%s;", line_no, line);
	sbuf_adds(ctx, sbuf_str(&b));
	assert_non_null(strstr(printed, "% Invalid input"));
}

/* A bad line costs itself only. */
static void test_load_faults(void **state)
{
	struct cli_session *t = *state;
	auto_sbuf struct sbuf faults = { 0 };

	assert_int_equal(running_load(&t->router,
				 "hostname R2\nbogus line\r\ninterface "
				 "Loopback7\n nonsense here\n shutdown",
				 count_fault, &faults),
		2);
	assert_non_null(strstr(sbuf_str(&faults), "2:bogus line"));
	assert_non_null(strstr(sbuf_str(&faults), ";4: nonsense here;"));
	assert_non_null(strstr(cli_run(t, "show run int lo7"), " shutdown\n"));
	assert_string_equal(cli_prompt(t), "R2#");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_show_interface, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_save, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_startup_load, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_forms, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_load_faults, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("running", tests, NULL, NULL);
}
