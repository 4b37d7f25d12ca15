/* Users, secrets and lines through a session: what is kept, what is shown, who
 * is let through. */
#include "base/loop.h"
#include "cli/line.h"
#include "cli/users.h"
#include "tests/unit/cli_session.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	struct cli_session *t = xcalloc(1, sizeof(*t));

	cli_session_init(t, 0);
	cli_run(t, "configure terminal");
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	cli_session_fini(*state);
	free(*state);
	master_key_close();
	return 0;
}

/* Lines of the configuration that begin with the word, and those below. */
static const char *shown(struct cli_session *t, const char *word)
{
	static struct sbuf out;
	auto_sbuf struct sbuf all = { 0 };
	bool in = false;

	sbuf_trunc(&out, 0);
	session_settle(t->session);
	running_text(&t->router, false, &all);
	for (const char *p = sbuf_str(&all); *p != '\0';) {
		size_t n = strcspn(p, "\n");

		in = *p == ' ' ? in : strncmp(p, word, strlen(word)) == 0;
		if (in) {
			sbuf_add(&out, p, n);
			sbuf_addc(&out, '\n');
		}
		p += n + (p[n] == '\n');
	}
	return sbuf_str(&out);
}

static void run_all(struct cli_session *t, const char *const *lines)
{
	for (; *lines != NULL; lines++)
		assert_string_equal(cli_run(t, *lines), "");
}

static void test_username(void **state)
{
	struct cli_session *t = *state;
	uint8_t level;

	run_all(t, (const char *const[]){ "username ann password 0 open",
			   "username bob privilege 15 secret hidden one",
			   "username eve nopassword",
			   "username old secret 5 "
			   "$1$28772684$iEwNOgGugqO9.bIz5sk8k/",
			   "username zed privilege 7", NULL });
	assert_non_null(strstr(shown(t, "username"),
		"username ann password 0 open\n"
		"username bob privilege 15 secret 9 $9$"));
	assert_null(strstr(shown(t, "username"), "hidden"));
	assert_true(user_check(&t->router, "ann", "open"));
	assert_false(user_check(&t->router, "ann", "Open"));
	assert_true(user_check(&t->router, "bob", "hidden one"));
	assert_false(user_check(&t->router, "bob", "hidden"));
	assert_true(user_check(&t->router, "eve", "whatever"));
	assert_true(user_check(&t->router, "old", "hashcat"));
	assert_false(user_check(&t->router, "zed", ""));
	assert_false(user_check(&t->router, "nobody", ""));
	assert_true(user_find(&t->router, "bob", &level));
	assert_int_equal(level, 15);
	assert_true(user_find(&t->router, "ann", &level));
	assert_int_equal(level, 1);
	assert_false(user_find(&t->router, "nobody", &level));
	assert_false(user_find(&t->router, "", &level));
}

/* Lines for one user add up; a password beside a secret does not. */
static void test_username_adds_up(void **state)
{
	struct cli_session *t = *state;

	run_all(t,
		(const char *const[]){ "username ann password 7 02050D480809",
			"username ann privilege 9", NULL });
	assert_string_equal(shown(t, "username"),
		"username ann privilege 9 password 7 02050D480809\n");
	assert_true(user_check(&t->router, "ann", "cisco"));
	assert_non_null(strstr(cli_run(t, "username ann secret x"),
		"ERROR: Can not have both a user password and a user secret."));
	assert_non_null(strstr(cli_run(t, "username x secret 5 cisco"),
		"not a valid encrypted secret"));
	assert_non_null(strstr(cli_run(t, "username x password 7 cisco"),
		"Invalid encrypted password: cisco"));
}

static void test_username_removal(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "username ann password 0 open");
	cli_run(t, "no username ann");
	assert_string_equal(sbuf_str(&t->question),
		"This operation will remove all username related "
		"configurations with same name.Do you want to continue? "
		"[confirm]");
	cli_run(t, "n");
	assert_string_equal(
		shown(t, "username"), "username ann password 0 open\n");
	cli_run(t, "no username ann");
	cli_run(t, "");
	assert_string_equal(shown(t, "username"), "");
	/* Nobody of that name: no question. */
	assert_string_equal(cli_run(t, "no username ann"), "");
	assert_false(session_asking(t->session));
}

static void test_weak_at_once(void **state)
{
	struct cli_session *t = *state;

	run_all(t, (const char *const[]){ "username ann password 0 open",
			   "enable password over", "line vty 0 4",
			   "password there", "exit",
			   "service password-encryption", NULL });
	assert_null(strstr(shown(t, "username"), "open"));
	assert_non_null(
		strstr(shown(t, "username"), "username ann password 7 "));
	assert_non_null(strstr(shown(t, "enable"), "enable password 7 "));
	assert_non_null(strstr(shown(t, "line"), " password 7 "));
	assert_true(user_check(&t->router, "ann", "open"));
	assert_true(enable_check(&t->router, 15, "over"));
	cli_run(t, "no service password-encryption");
	assert_non_null(
		strstr(shown(t, "username"), "username ann password 7 "));
	cli_run(t, "username ann password plain");
	assert_string_equal(
		shown(t, "username"), "username ann password 0 plain\n");
}

static void test_enable_secret(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "enable password weak");
	assert_true(enable_check(&t->router, 15, "weak"));
	assert_non_null(strstr(cli_run(t, "enable secret weak"),
		"The enable secret you have chosen is the same"));
	cli_run(t, "enable secret level 15 strong");
	assert_true(enable_check(&t->router, 15, "strong"));
	assert_false(enable_check(&t->router, 15, "weak"));
	assert_false(enable_exists(&t->router, 7));
	cli_run(t, "enable algorithm-type sha256 secret other");
	assert_non_null(
		strstr(shown(t, "enable secret"), "enable secret 8 $8$"));
	assert_true(enable_check(&t->router, 15, "other"));
	cli_run(t, "enable secret level 7 seven");
	assert_true(enable_check(&t->router, 7, "seven"));
	assert_false(enable_check(&t->router, 15, "seven"));
	cli_run(t, "no enable secret");
	assert_true(enable_check(&t->router, 15, "weak"));
	cli_run(t, "no enable secret level 7");
	assert_false(enable_exists(&t->router, 7));
}

static void test_enable_dialogue(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "enable secret s3cret");
	cli_run(t, "end");
	cli_run(t, "disable");
	assert_string_equal(cli_prompt(t), "Router>");
	cli_run(t, "enable");
	assert_string_equal(sbuf_str(&t->question), "Password: ");
	assert_int_equal(session_held_until(t->session), 0);
	assert_string_equal(cli_run(t, "wrong"), "");
	assert_in_range(session_held_until(t->session), loop_now() + 1,
		loop_now() + 2000);
	assert_string_equal(cli_run(t, ""), "");
	assert_string_equal(cli_run(t, "again"), "% Bad secrets\n\n");
	assert_false(session_asking(t->session));
	assert_string_equal(cli_prompt(t), "Router>");
	cli_run(t, "enable");
	cli_run(t, "wrong");
	assert_string_equal(cli_run(t, "s3cret"), "");
	assert_string_equal(cli_prompt(t), "Router#");
	/* Leaving in the middle frees what asks. */
	cli_run(t, "disable");
	cli_run(t, "enable");
	session_break(t->session);
	assert_string_equal(cli_prompt(t), "Router>");
}

static void test_sealed_keys(void **state)
{
	struct cli_session *t = *state;
	auto_free char *before = NULL;

	cli_run(t, "crypto isakmp key t0psecret address 192.0.2.1");
	cli_run(t, "username ann password 0 open");
	cli_run(t, "password encryption aes");
	assert_non_null(strstr(shown(t, "crypto isakmp key"), "t0psecret"));
	cli_run(t, "key config-key password-encrypt");
	assert_string_equal(sbuf_str(&t->question), "New key: ");
	assert_non_null(strstr(cli_run(t, "short"), "% Invalid key"));
	cli_run(t, "key config-key password-encrypt");
	cli_run(t, "a good phrase");
	assert_string_equal(sbuf_str(&t->question), "Confirm key: ");
	assert_non_null(strstr(cli_run(t, "a bad one"), "do not match"));
	cli_run(t, "key config-key password-encrypt a good phrase");
	before = xstrdup(shown(t, "crypto isakmp key"));
	assert_non_null(strstr(before, "crypto isakmp key 6 "));
	assert_null(strstr(before, "t0psecret"));
	assert_non_null(
		strstr(shown(t, "username"), "username ann password 6 "));
	assert_true(user_check(&t->router, "ann", "open"));
	/* The same key again is no other key. */
	assert_string_equal(cli_run(t, "crypto isakmp key t0psecret address "
				       "192.0.2.1"),
		"");
	/* Another phrase: asks for the old one, seals anew. */
	cli_run(t, "key config-key password-encrypt another phrase");
	assert_string_equal(sbuf_str(&t->question), "Old key: ");
	assert_non_null(strstr(cli_run(t, "guess"), "% Old key is wrong"));
	cli_run(t, "key config-key password-encrypt another phrase");
	assert_string_equal(cli_run(t, "a good phrase"), "");
	assert_string_not_equal(before, shown(t, "crypto isakmp key"));
	assert_true(user_check(&t->router, "ann", "open"));
	/* Without it nothing opens. */
	assert_string_equal(cli_run(t, "no key config-key password-encrypt"),
		"WARNING: All type 6 encrypted keys will become unusable\n");
	cli_run(t, "yes");
	assert_false(master_key_exists());
	assert_false(user_check(&t->router, "ann", "open"));
	assert_null(strstr(shown(t, ""), "phrase"));
}

/* Lines: ranges split, what is typed goes to all, neighbours join. */

static void test_line_ranges(void **state)
{
	struct cli_session *t = *state;

	run_all(t, (const char *const[]){ "line vty 0 15",
			   "transport input ssh", "end", NULL });
	cli_run(t, "configure terminal");
	assert_string_equal(shown(t, "line"),
		"line vty 0 4\n transport input ssh\n"
		"line vty 5 15\n transport input ssh\n");
	run_all(t, (const char *const[]){
			   "line vty 2 3", "exec-timeout 5", "end", NULL });
	cli_run(t, "configure terminal");
	assert_string_equal(shown(t, "line"),
		"line vty 0 1\n transport input ssh\n"
		"line vty 2 3\n exec-timeout 5 0\n transport input ssh\n"
		"line vty 4\n transport input ssh\n"
		"line vty 5 15\n transport input ssh\n");
	run_all(t, (const char *const[]){
			   "line vty 0 7", "exec-timeout 5", "end", NULL });
	cli_run(t, "configure terminal");
	assert_string_equal(shown(t, "line"),
		"line vty 0 4\n exec-timeout 5 0\n transport input ssh\n"
		"line vty 5 7\n exec-timeout 5 0\n transport input ssh\n"
		"line vty 8 15\n transport input ssh\n");
	auto_sbuf struct sbuf all = { 0 };

	running_text(&t->router, false, &all);
	assert_non_null(strstr(sbuf_str(&all),
		"!\nline vty 0 4\n exec-timeout 5 0\n transport input ssh\n"
		"line vty 5 7\n exec-timeout 5 0\n transport input ssh\n"
		"line vty 8 15\n transport input ssh\n!\n"));
	run_all(t, (const char *const[]){ "no line vty 5 15", "end", NULL });
	assert_string_equal(shown(t, "line"),
		"line vty 0 4\n exec-timeout 5 0\n transport input ssh\n");
}

static void test_line_view(void **state)
{
	struct cli_session *t = *state;
	struct line_config c;

	line_view(&t->router, "con 0", &c);
	assert_int_equal(c.timeout_secs, 600);
	assert_int_equal(c.login, LINE_LOGIN_NONE);
	line_view(&t->router, "vty 3", &c);
	assert_int_equal(c.login, LINE_LOGIN_PASSWORD);
	run_all(t, (const char *const[]){ "line console 0", "login local",
			   "exec-timeout 0 30", "no exec", "length 0",
			   "privilege level 5", "line vty 0 4",
			   "exec-timeout 0 0", "history size 99", NULL });
	line_view(&t->router, "con 0", &c);
	assert_int_equal(c.timeout_secs, 30);
	assert_int_equal(c.login, LINE_LOGIN_LOCAL);
	assert_true(c.no_exec);
	assert_int_equal(c.length, 0);
	assert_int_equal(c.width, -1);
	assert_int_equal(c.privilege, 5);
	line_view(&t->router, "vty 4", &c);
	assert_int_equal(c.timeout_secs, 0);
	assert_int_equal(c.history, 99);
	run_all(t, (const char *const[]){
			   "default exec-timeout", "no exec-timeout", NULL });
	assert_non_null(strstr(
		shown(t, "line vty"), "line vty 0 4\n exec-timeout 0 0\n"));
	line_view(&t->router, "vty 5", &c);
	assert_int_equal(c.timeout_secs, 600);
}

/* What sshd decides is said not to be in force. */
static void test_line_warnings(void **state)
{
	static const char warning[] =
		"% Warning: this line is kept but not in force";
	struct cli_session *t = *state;

	cli_run(t, "line vty 0 4");
	assert_string_equal(cli_run(t, "transport input ssh telnet"), "");
	assert_string_equal(cli_run(t, "transport output none"), "");
	assert_non_null(strstr(cli_run(t, "transport input telnet"), warning));
	assert_non_null(strstr(cli_run(t, "access-class 10 in"), warning));
	assert_non_null(
		strstr(cli_run(t, "login block-for 60 attempts 3 within 30"),
			warning));
}

/* Aliases, privilege levels, banners. */

static void test_alias(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "alias exec myp show priv");
	cli_run(t, "alias configure hn hostname");
	cli_run(t, "hn R9");
	assert_string_equal(cli_prompt(t), "R9(config)#");
	cli_run(t, "end");
	assert_string_equal(
		cli_run(t, "myp"), "Current privilege level is 15\n");
	assert_string_equal(
		cli_run(t, "s privilege"), "Current privilege level is 15\n");
	assert_non_null(strstr(cli_run(t, "show aliases"),
		"Exec mode aliases:\n"
		"  h                     help\n"
		"  lo                    logout\n"));
	assert_non_null(strstr(cli_run(t, "show aliases"),
		"  w                     where\n"
		"  myp                   show priv\n"
		"\nConfigure mode aliases:\n"
		"  hn                    hostname\n"));
	assert_string_equal(cli_run(t, "show aliases configure"),
		"\nConfigure mode aliases:\n"
		"  hn                    hostname\n");
}

static void test_levels(void **state)
{
	struct cli_session *t = *state;

	cli_run(t, "privilege exec level 5 show running-config");
	cli_run(t, "privilege exec level 7 write memory");
	cli_run(t, "privilege exec level 7 configure terminal");
	cli_run(t, "privilege configure all level 7 hostname");
	cli_run(t, "privilege exec level 15 show history");
	cli_run(t, "end");
	cli_run(t, "disable 4");
	assert_non_null(strstr(cli_run(t, "show running-config"),
		"% Invalid input detected at '^' marker."));
	assert_non_null(strstr(cli_run(t, "show history"), "% Invalid input"));
	cli_run(t, "enable 5");
	assert_non_null(strstr(cli_run(t, "show running-config"),
		"Building configuration...\n"));
	/* No more than this level may configure. */
	assert_null(strstr(cli_run(t, "show running-config"), "version"));
	assert_null(strstr(cli_run(t, "show running-config"), "hostname"));
	assert_non_null(strstr(cli_run(t, "write memory"), "% "));
	cli_run(t, "enable 7");
	assert_non_null(strstr(
		cli_run(t, "show running-config"), "\nhostname Router\n!\n"));
	assert_null(strstr(cli_run(t, "show running-config"), "privilege"));
	/* The part of the command that is open, and no other. */
	assert_non_null(strstr(cli_run(t, "wr mem"), "Building"));
	assert_non_null(strstr(cli_run(t, "write terminal"), "% Invalid"));
	assert_non_null(strstr(cli_run(t, "write"), "% "));
	cli_run(t, "configure terminal");
	assert_string_equal(cli_prompt(t), "Router(config)#");
	assert_non_null(
		strstr(cli_run(t, "enable secret mine"), "% Invalid input"));
	assert_non_null(
		strstr(cli_run(t, "no username ann"), "% Invalid input"));
	assert_string_equal(cli_run(t, "hostname R7"), "");
	assert_string_equal(cli_prompt(t), "R7(config)#");
	cli_run(t, "end");
	cli_run(t, "enable");
	cli_run(t, "configure terminal");
	cli_run(t, "privilege exec reset show running-config");
	cli_run(t, "no privilege exec level 7 write memory");
	cli_run(t, "end");
	cli_run(t, "disable 5");
	assert_non_null(
		strstr(cli_run(t, "show running-config"), "% Invalid input"));
	cli_run(t, "disable 0");
	assert_non_null(strstr(cli_run(t, "show version"), "% "));
	cli_run(t, "enable");
	assert_string_equal(cli_prompt(t), "R7#");
}

/* A user sees no secret, and has no way to one. */
static void test_user_level(void **state)
{
	static const char *const hidden[] = { "show running-config",
		"show startup-config", "configure terminal", "write memory",
		"more system:running-config", "show crypto isakmp key",
		"reload", "clear line 1", "send *",
		"crypto key generate rsa modulus 2048", "dir",
		"copy running-config startup-config" };
	struct cli_session *t = *state;

	cli_run(t, "end");
	cli_run(t, "disable");
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
		assert_non_null(strstr(cli_run(t, hidden[i]), "% "));
		assert_false(session_asking(t->session));
	}
	assert_non_null(strstr(cli_run(t, "show version"), "Version"));
}

/* What a user may do at all begins with one of these words (ios-cli.md 4). */
static void test_user_words(void **state)
{
	static const char *const words[] = { "enable", "disable", "exit",
		"logout", "quit", "ping", "traceroute", "show", "terminal",
		"who", "where", "help", "ssh", "telnet", "connect" };
	struct cli_session *t = *state;
	const struct command *const *v;
	size_t n = grammar_commands(t->router.grammar, &v);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(v[i]->grammar, " ");
		bool known = false;

		if (v[i]->mode != MODE_EXEC ||
			grammar_level(t->router.grammar, v[i]) == 15)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			known |= strncmp(words[k], v[i]->grammar, len) == 0 &&
				 words[k][len] == '\0';
		if (!known)
			fail_msg("\"%s\" is open to users", v[i]->grammar);
	}
}

static void test_banner(void **state)
{
	struct cli_session *t = *state;

	assert_string_equal(cli_run(t, "banner motd #one line# rest"), "");
	assert_string_equal(shown(t, "banner"), "banner motd ^Cone line^C\n");
	assert_string_equal(cli_run(t, "banner motd @"),
		"Enter TEXT message.  End with the character '@'.\n");
	assert_true(session_asks_text(t->session));
	cli_run(t, "  ! not a comment, hostname X");
	cli_run(t, "");
	assert_string_equal(cli_run(t, "end of it@ ignored"), "");
	assert_false(session_asking(t->session));
	assert_string_equal(cli_prompt(t), "Router(config)#");
	auto_sbuf struct sbuf text = { 0 };

	running_text(&t->router, false, &text);
	assert_non_null(
		strstr(sbuf_str(&text), "banner motd ^C\n  ! not a comment, "
					"hostname X\n\nend of it^C\n"));
	/* Back as it was shown. */
	cli_run(t, "no banner motd");
	assert_int_equal(
		running_load(&t->router, sbuf_str(&text), NULL, NULL), 0);
	auto_sbuf struct sbuf again = { 0 };

	running_text(&t->router, false, &again);
	assert_non_null(
		strstr(sbuf_str(&again), "banner motd ^C\n  ! not a comment, "
					 "hostname X\n\nend of it^C\n"));
	/* Broken off: the old one stays. */
	cli_run(t, "banner motd ^C");
	cli_run(t, "half");
	session_break(t->session);
	assert_null(strstr(shown(t, "banner"), "half"));
	/* What would end it when read again. */
	assert_string_equal(cli_run(t, "banner exec #a ^C b#"),
		"% Banner text cannot hold ^C\n");
}

/* Starting: the console's dialogue. */

static struct session *start(struct cli_session *t, unsigned flags)
{
	struct session_sink sink = t->sink;
	struct session_opts o = { .level = 15,
		.flags = flags | SESSION_ECHO | SESSION_CONSOLE,
		.line = "con 0" };

	sbuf_trunc(&t->out, 0);
	return session_new(&t->router, &o, &sink);
}

static void test_login_local(void **state)
{
	struct cli_session *t = *state;

	run_all(t,
		(const char *const[]){ "username ann privilege 5 secret in",
			"banner motd #m#", "banner login #l#",
			"banner exec #e#", "line con 0", "login local", NULL });
	struct session *s = start(t, 0);

	assert_int_equal(session_start(s), CMD_PENDING);
	assert_string_equal(
		sbuf_str(&t->out), "m\nl\n\nUser Access Verification\n\n");
	assert_string_equal(sbuf_str(&t->question), "Username: ");
	/* Nothing runs, nothing helps, before it is known who it is. */
	assert_int_equal(session_run_line(s, "show version"), CMD_FAILED);
	auto_sbuf struct sbuf help = { 0 };

	session_help(s, "", &help);
	assert_int_equal(help.n, 0);
	session_answer(s, "ann");
	assert_string_equal(sbuf_str(&t->question), "Password: ");
	/* Who hesitates is sent away sooner than who idles. */
	assert_in_range(session_deadline(s), loop_now(), loop_now() + 30000);
	sbuf_trunc(&t->out, 0);
	session_answer(s, "out");
	assert_string_equal(sbuf_str(&t->out), "% Login invalid\n\n");
	session_answer(s, "ann");
	sbuf_trunc(&t->out, 0);
	assert_int_equal(session_answer(s, "in"), CMD_DONE);
	assert_string_equal(sbuf_str(&t->out), "e\n");
	assert_int_equal(session_level(s), 5);
	assert_string_equal(session_user(s), "ann");
	session_free(s);
	/* Breaking the dialogue off is no way in; three tries are. */
	s = start(t, 0);
	session_start(s);
	session_break(s);
	assert_true(session_over(s));
	session_free(s);
	s = start(t, 0);
	session_start(s);
	for (int i = 0; i < 3; i++) {
		assert_false(session_over(s));
		session_answer(s, "eve");
		session_answer(s, "guess");
	}
	assert_true(session_over(s));
	session_free(s);
}

static void test_login_password(void **state)
{
	struct cli_session *t = *state;

	run_all(t, (const char *const[]){
			   "line con 0", "login", "privilege level 3", NULL });
	struct session *s = start(t, 0);

	session_start(s);
	assert_true(session_over(s));
	assert_string_equal(
		sbuf_str(&t->out), "\nPassword required, but none set\n");
	session_free(s);
	cli_run(t, "password in");
	s = start(t, 0);
	assert_int_equal(session_start(s), CMD_PENDING);
	session_answer(s, "");
	session_answer(s, "x");
	assert_int_equal(session_answer(s, "in"), CMD_DONE);
	assert_int_equal(session_level(s), 3);
	session_free(s);
	s = start(t, 0);
	session_start(s);
	session_answer(s, "1");
	session_answer(s, "2");
	sbuf_trunc(&t->out, 0);
	session_answer(s, "3");
	assert_string_equal(sbuf_str(&t->out), "% Bad passwords\n");
	assert_true(session_over(s));
	session_free(s);
}

static void test_idle(void **state)
{
	struct cli_session *t = *state;
	struct session *s = start(t, 0);
	uint64_t now = loop_now();

	session_start(s);
	assert_in_range(session_deadline(s), now + 600000, now + 601000);
	run_all(t, (const char *const[]){
			   "line con 0", "exec-timeout 0 0", NULL });
	assert_int_equal(session_deadline(s), 0);
	cli_run(t, "exec-timeout 0 5");
	session_run_line(s, "configure terminal");
	session_expire(s);
	assert_true(session_over(s));
	assert_false(session_in_config(s));
	session_free(s);
	cli_run(t, "no exec");
	s = start(t, 0);
	session_start(s);
	assert_true(session_over(s));
	session_free(s);
}

static void test_show_users(void **state)
{
	struct cli_session *t = *state;
	struct session_opts o = { .level = 15,
		.user = "bob",
		.line = "vty 0",
		.from = "192.0.2.50",
		.flags = SESSION_ECHO };
	struct session *con = start(t, 0);
	struct session *vty = session_new(&t->router, &o, &t->sink);

	session_start(con);
	session_start(vty);
	sbuf_trunc(&t->out, 0);
	session_run_line(vty, "show users");
	assert_string_equal(sbuf_str(&t->out),
		"    Line       User       Host(s)              Idle       "
		"Location\n"
		"   0 con 0                idle                 00:00:00   \n"
		"*  1 vty 0     bob        idle                 00:00:00   "
		"192.0.2.50\n"
		"\n  Interface    User               Mode         Idle     "
		"Peer Address\n\n");
	/* Another is shut out, oneself not. */
	sbuf_trunc(&t->out, 0);
	session_run_line(con, "clear line con 0");
	assert_non_null(strstr(sbuf_str(&t->out), "% Not allowed"));
	session_run_line(con, "clear line vty 0");
	session_answer(con, "");
	assert_true(session_over(vty));
	session_free(vty);
	session_free(con);
}

static const char *local_time(struct cli_session *t, uint64_t wall)
{
	static struct sbuf out;

	session_settle(t->session);
	sbuf_trunc(&out, 0);
	clock_text(wall, &out);
	return sbuf_str(&out);
}

/* Mon Mar 3 and Tue Jul 1 2025, 09:30:11 UTC. */
#define WINTER 1740994211u
#define SUMMER 1751362211u

static void test_clock(void **state)
{
	struct cli_session *t = *state;

	assert_string_equal(
		local_time(t, WINTER), "09:30:11 UTC Mon Mar 3 2025");
	cli_run(t, "clock timezone CET 1");
	cli_run(t, "clock summer-time CEST recurring last sunday march 2:00 "
		   "last Sun Oct 3:00");
	assert_string_equal(shown(t, "clock"),
		"clock timezone CET 1 0\n"
		"clock summer-time CEST recurring last Sun Mar 2:00 last Sun "
		"Oct 3:00\n");
	assert_string_equal(
		local_time(t, WINTER), "10:30:11 CET Mon Mar 3 2025");
	assert_string_equal(
		local_time(t, SUMMER), "11:30:11 CEST Tue Jul 1 2025");
	cli_run(t, "no clock summer-time");
	cli_run(t, "clock timezone NST -3 30");
	assert_string_equal(
		local_time(t, SUMMER), "06:00:11 NST Tue Jul 1 2025");
	cli_run(t, "clock timezone EST -5");
	cli_run(t, "clock summer-time EDT recurring");
	assert_string_equal(
		local_time(t, SUMMER), "05:30:11 EDT Tue Jul 1 2025");
	cli_run(t, "no clock timezone");
	cli_run(t, "no clock summer-time");
	assert_string_equal(
		local_time(t, SUMMER), "09:30:11 UTC Tue Jul 1 2025");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_username),
		T(test_username_adds_up),
		T(test_username_removal),
		T(test_weak_at_once),
		T(test_enable_secret),
		T(test_enable_dialogue),
		T(test_sealed_keys),
		T(test_line_ranges),
		T(test_line_view),
		T(test_line_warnings),
		T(test_alias),
		T(test_levels),
		T(test_user_level),
		T(test_user_words),
		T(test_banner),
		T(test_login_local),
		T(test_login_password),
		T(test_idle),
		T(test_show_users),
		T(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
