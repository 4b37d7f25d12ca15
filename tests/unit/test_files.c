/* Files: copy and its dialogue, dir, more, delete, verify, erase (ios-cli.md 4,
 * clients.md 2.2); no name leads out of the private directories. */
#include "tests/unit/cli_session.h"
#include "tests/unit/test.h"

#include "cli/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/getvpn-files-XXXXXX";
static char startup[sizeof(dir) + 32];

static int set_up(void **state)
{
	static struct cli_session t;

	cli_session_init(&t, 0);
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(startup, sizeof(startup), "%s/startup-config", dir);
	t.router.startup_path = startup;
	cli_run(&t, "configure terminal");
	cli_run(&t, "hostname R1");
	cli_run(&t, "end");
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	char command[sizeof(dir) + 16];

	cli_session_fini(*state);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		return -1;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return 0;
}

static void assert_asks(struct cli_session *t, const char *question)
{
	assert_true(session_asking(t->session));
	assert_string_equal(sbuf_str(&t->question), question);
}

static bool is_there(const char *name)
{
	char path[sizeof(dir) + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void test_copy_to_flash(void **state)
{
	struct cli_session *t = *state;
	struct stat st;
	char path[sizeof(dir) + 32];
	const char *s;

	cli_run(t, "copy running-config flash:");
	assert_asks(t, "Destination filename [running-config]? ");
	s = cli_run(t, "backup.cfg");
	assert_non_null(strstr(s, " bytes copied in 0."));
	assert_non_null(strstr(s, " bytes/sec)\n"));
	snprintf(path, sizeof(path), "%s/flash/backup.cfg", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(path, sizeof(path), "%s/flash", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_non_null(
		strstr(cli_run(t, "more flash:backup.cfg"), "\nhostname R1\n"));
}

static void test_overwrite(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "copy running-config flash:a");
	cli_run(t, "");
	cli_run(t, "copy running-config flash:a");
	assert_string_equal(cli_run(t, ""),
		"%Warning:There is a file already existing with this name \n");
	assert_asks(t, "Do you want to over write? [confirm]");
	assert_string_equal(cli_run(t, "n"), "");
	assert_false(session_asking(t->session));
	cli_run(t, "copy running-config flash:a");
	cli_run(t, "");
	assert_non_null(strstr(cli_run(t, ""), " bytes copied in "));
}

static void test_quiet(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "configure terminal");
	cli_run(t, "file prompt quiet");
	cli_run(t, "end");
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(
			cli_run(t, "copy running-config flash:a"), " copied"));
	cli_run(t, "delete flash:a");
	assert_false(is_there("flash/a"));
}

static void test_merge(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "copy running-config startup-config");
	assert_asks(t, "Destination filename [startup-config]? ");
	assert_string_equal(
		cli_run(t, ""), "Building configuration...\n[OK]\n");
	cli_run(t, "configure terminal");
	cli_run(t, "hostname R2");
	cli_run(t, "end");
	assert_string_equal(cli_prompt(t), "R2#");
	cli_run(t, "copy startup-config running-config");
	assert_asks(t, "Destination filename [running-config]? ");
	assert_non_null(strstr(cli_run(t, ""), " bytes copied in "));
	assert_string_equal(cli_prompt(t), "R1#");
}

static void test_names(void **state)
{
	struct cli_session *t = *state;
	static const char *const outside[] = { "flash:../startup-config",
		"flash:/../../etc/passwd", "flash:a/b", "nvram:..",
		"/etc/passwd", "flash:nvram:x" };

	cli_run(t, "write memory");
	for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
		auto_sbuf struct sbuf line = { 0 };

		sbuf_printf(&line, "more %s", outside[i]);
		assert_non_null(strstr(cli_run(t, sbuf_str(&line)),
			"(No such file or directory)\n"));
		sbuf_trunc(&line, 0);
		sbuf_printf(&line, "delete /force %s", outside[i]);
		assert_non_null(strstr(cli_run(t, sbuf_str(&line)),
			"(No such file or directory)\n"));
	}
	assert_true(is_there("startup-config"));
	assert_string_equal(cli_run(t, "dir slot0:"),
		"%Error opening slot0:/ (No such device)\n");
	assert_string_equal(cli_run(t, "more flash:x"),
		"%Error opening flash:/x (No such file or directory)\n");
}

/* From null: an empty file comes, to null: all goes. */
static void test_null(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "copy null: flash:empty");
	assert_asks(t, "Destination filename [empty]? ");
	assert_non_null(strstr(cli_run(t, ""), "0 bytes copied in "));
	assert_string_equal(cli_run(t, "more flash:empty"), "");
	assert_non_null(strstr(
		cli_run(t, "copy flash:empty null:"), "0 bytes copied in "));
	cli_run(t, "copy null: flash:");
	assert_non_null(
		strstr(cli_run(t, "a b"), "(No such file or directory)\n"));
}

static void test_dir(void **state)
{
	struct cli_session *t = *state;
	const char *s = cli_run(t, "dir");

	assert_non_null(strstr(s, "Directory of flash:/\n\n"
				  "No files in directory\n\n"));
	assert_non_null(strstr(s, " bytes total ("));
	assert_non_null(strstr(s, " bytes free)\n"));
	cli_run(t, "copy running-config flash:a");
	cli_run(t, "");
	assert_non_null(strstr(cli_run(t, "dir"), "\n    1  -rw-  "));
	assert_non_null(strstr(cli_run(t, "dir"), "  a\n"));
	assert_string_equal(cli_run(t, "pwd"), "flash:/\n");
	cli_run(t, "cd nvram:");
	assert_string_equal(cli_run(t, "pwd"), "nvram:/\n");
	assert_non_null(strstr(cli_run(t, "dir"), "Directory of nvram:/\n"));
}

static void test_delete(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "copy running-config flash:a");
	cli_run(t, "");
	cli_run(t, "delete flash:a");
	assert_asks(t, "Delete filename [a]? ");
	cli_run(t, "");
	assert_asks(t, "Delete flash:/a? [confirm]");
	cli_run(t, "n");
	assert_true(is_there("flash/a"));
	cli_run(t, "delete flash:a");
	session_break(t->session); /* gone while the question waits */
	assert_false(session_asking(t->session));
	cli_run(t, "delete /force flash:a");
	assert_false(is_there("flash/a"));
}

/* show ... | redirect, append, tee: a file, and what is shown beside. */
static void test_redirect(void **state)
{
	struct cli_session *t = *state;

	assert_string_equal(
		cli_run(t, "show privilege | redirect flash:p"), "");
	assert_string_equal(
		cli_run(t, "more flash:p"), "Current privilege level is 15\n");
	cli_run(t, "show privilege | append flash:p");
	assert_string_equal(cli_run(t, "more flash:p"),
		"Current privilege level is 15\n"
		"Current privilege level is 15\n");
	assert_string_equal(cli_run(t, "show privilege | tee p"),
		"Current privilege level is 15\n");
	assert_string_equal(
		cli_run(t, "more flash:p"), "Current privilege level is 15\n");
	assert_string_equal(cli_run(t, "show privilege | redirect slot0:p"),
		"%Error opening slot0:p (No such device)\n");
	assert_string_equal(
		cli_run(t, "show privilege | redirect startup-config"),
		"%Error opening nvram:/startup-config (Permission denied)\n");
	assert_string_equal(cli_run(t, "show privilege | redirect flash:a/b"),
		"%Error opening flash:/a/b (No such file or directory)\n");
	cli_run(t, "disable");
	assert_string_equal(cli_run(t, "show privilege | redirect flash:q"),
		"% Authorization failed.\n");
	assert_false(is_there("flash/q"));
}

/* The well-known digest of "abc" (RFC 1321 A.5). */
static void test_verify(void **state)
{
	struct cli_session *t = *state;
	char path[sizeof(dir) + 32];

	cli_run(t, "copy running-config flash:abc");
	cli_run(t, "");
	snprintf(path, sizeof(path), "%s/flash/abc", dir);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("abc", f);
	fclose(f);
	assert_string_equal(cli_run(t, "verify /md5 flash:abc"),
		".Done!\nverify /md5 (flash:/abc) = "
		"900150983cd24fb0d6963f7d28e17f72\n\n");
	assert_non_null(strstr(cli_run(t, "verify /md5 flash:abc 0123"),
		"%Error verifying flash:/abc\n"));
}

static void test_erase(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "write memory");
	cli_run(t, "erase nvram:");
	assert_asks(t, "Erasing the nvram filesystem will remove all "
		       "configuration files! Continue? [confirm]");
	cli_run(t, "n");
	assert_true(is_there("startup-config"));
	cli_run(t, "write erase");
	assert_string_equal(cli_run(t, ""), "[OK]\nErase of nvram: complete\n");
	assert_false(is_there("startup-config"));
}

static void test_net_url(void **state)
{
	static const struct {
		const char *text, *shown, *request, *user, *password;
	} cases[] = {
		{ "tftp://192.0.2.1/r1", "tftp://192.0.2.1/r1",
			"tftp://192.0.2.1/r1", NULL, NULL },
		{ "scp://ann:s3:c@h:22/r1", "scp://h:22/r1", "scp://h:22/~/r1",
			"ann", "s3:c" },
		{ "scp://ann@h//tmp/r@1", "scp://h//tmp/r@1", "scp://h/tmp/r@1",
			"ann", NULL },
		{ "http://h", "http://h/", "http://h/", NULL, NULL },
		{ "ftp:", "ftp:///", "ftp:///", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net_url u;
		auto_sbuf struct sbuf shown = { 0 }, request = { 0 };

		net_url_parse(cases[i].text, &u);
		net_url_text(&u, &shown);
		net_url_request(&u, &request);
		assert_string_equal(sbuf_str(&shown), cases[i].shown);
		assert_string_equal(sbuf_str(&request), cases[i].request);
		if (cases[i].user == NULL)
			assert_null(u.user);
		else
			assert_string_equal(u.user, cases[i].user);
		if (cases[i].password == NULL)
			assert_null(u.password);
		else
			assert_string_equal(u.password, cases[i].password);
		net_url_free(&u);
	}
}

static void test_hide(void **state)
{
	static const char *const cases[][2] = {
		{ "scp://ann:s3:c@h/r1", "scp://ann@h/r1" },
		{ "path scp://ann:pw@h:22", "path scp://ann@h:22" },
		{ "scp://ann@h:22/a:b@c", "scp://ann@h:22/a:b@c" },
		{ "see http://h:80 or ask me@h",
			"see http://h:80 or ask me@h" },
		{ "flash:/x", "flash:/x" },
		{ "://", "://" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_sbuf struct sbuf out = { 0 };

		file_url_hide(cases[i][0], &out);
		assert_string_equal(sbuf_str(&out), cases[i][1]);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_copy_to_flash),
		T(test_overwrite),
		T(test_quiet),
		T(test_merge),
		T(test_names),
		T(test_null),
		T(test_dir),
		T(test_delete),
		T(test_redirect),
		T(test_verify),
		T(test_erase),
		cmocka_unit_test(test_net_url),
		cmocka_unit_test(test_hide),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
