/* Access lists: from lines to struct acl, numbering, removal. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct acl view_of(struct router *r, const char *name, const char *text)
{
	struct acl a;
	auto_free char *printed = NULL;

	fake_router_init(r);
	printed = fake_paste(r, text);
	assert_string_equal(printed, "");
	assert_true(acl_view(r, name, &a));
	return a;
}

/* One entry: the line, and the text of the ACE that comes of it. */
static void entries(void **state)
{
	static const char *const cases[][2] = {
		{ "permit icmp any any", "permit icmp any any" },
		{ "deny udp any eq 848 any eq 848",
			"deny udp any eq 848 any eq 848" },
		{ "permit tcp host 10.1.1.1 any range 20 21",
			"permit tcp host 10.1.1.1 any range ftp-data ftp" },
		{ "permit tcp any range 21 20 any eq 80 443 www",
			"permit tcp any range ftp-data ftp any eq www 443" },
		{ "permit tcp any neq www any lt 1024",
			"permit tcp any neq www any lt 1024" },
		{ "permit tcp any any established",
			"permit tcp any any established" },
		{ "permit icmp any any echo-reply",
			"permit icmp any any echo-reply" },
		{ "permit icmp any any 3 4",
			"permit icmp any any packet-too-big" },
		{ "permit 47 any any", "permit gre any any" },
		{ "permit 200 any any", "permit 200 any any" },
		{ "permit ip 10.1.2.3 0.0.255.0 any",
			"permit ip 10.1.0.3 0.0.255.0 any" },
		{ "deny ip any any dscp 46", "deny ip any any dscp ef" },
		{ "deny ip any any precedence 5",
			"deny ip any any precedence critical" },
		{ "deny ip any any tos 8", "deny ip any any tos min-delay" },
		{ "permit ip any any fragments",
			"permit ip any any fragments" },
		{ "permit ip any any log", "permit ip any any log" },
		{ "permit ip any any ttl eq 1", "permit ip any any ttl eq 1" },
		{ "permit igmp any any host-report",
			"permit igmp any any host-report" },
		{ "permit igmp any any 4", "permit igmp any any pim" },
		{ "permit 132 any any", "permit sctp any any" },
		{ "deny ip any any option 148",
			"deny ip any any option router-alert" },
		{ "permit ip any any log-input",
			"permit ip any any log-input" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct router r;
		auto_sbuf struct sbuf text = { 0 }, got = { 0 };
		struct acl a;

		sbuf_printf(
			&text, "ip access-list extended T\n%s\n", cases[i][0]);
		a = view_of(&r, "T", sbuf_str(&text));
		assert_int_equal(a.n, 1);
		assert_int_equal(a.v[0].seq, 10);
		ace_text(&a.v[0], ACE_STYLE_CONFIG, &got);
		assert_string_equal(sbuf_str(&got), cases[i][1]);
		acl_free(&a);
		fake_router_fini(&r);
	}
}

static void tcp_flags(void **state)
{
	struct router r;
	struct acl a = view_of(&r, "T",
		"ip access-list extended T\n"
		"permit tcp any any match-all +syn -ack\n"
		"permit tcp any any match-any +fin +rst\n"
		"permit tcp any any syn\n");

	(void)state;
	assert_int_equal(a.n, 3);
	assert_int_equal(a.v[0].tcp_set, 0x02);
	assert_int_equal(a.v[0].tcp_clear, 0x10);
	assert_false(a.v[0].tcp_any);
	assert_int_equal(a.v[1].tcp_set, 0x05);
	assert_true(a.v[1].tcp_any);
	assert_int_equal(a.v[2].tcp_set, 0x02);
	acl_free(&a);
	fake_router_fini(&r);
}

static void assert_seqs(struct router *r, const char *want)
{
	struct acl a;
	auto_sbuf struct sbuf got = { 0 };

	assert_true(acl_view(r, "T", &a));
	for (size_t i = 0; i < a.n; i++)
		sbuf_printf(&got, "%s%u", i > 0 ? " " : "", a.v[i].seq);
	assert_string_equal(sbuf_str(&got), want);
	acl_free(&a);
}

static void numbering(void **state)
{
	struct router r;
	auto_free char *p = NULL;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "ip access-list extended T\n"
			    "permit tcp any any\n"
			    "15 permit udp any any\n"
			    "remark in between\n"
			    "permit icmp any any\n"));
	assert_seqs(&r, "10 15 35");
	/* Twice the same, and a number that is not there: no word. */
	p = fake_paste(&r, "ip access-list extended T\n"
			   "permit icmp any any\n"
			   "no 99\n"
			   "no permit esp any any\n");
	assert_string_equal(p, "");
	assert_seqs(&r, "10 15 35");
	free(fake_paste(&r, "ip access-list ext T\nno 15\n"));
	assert_seqs(&r, "10 35");
	free(fake_paste(&r, "ip access-list ext T\nno permit tcp any any\n"));
	assert_seqs(&r, "35");
	free(fake_paste(&r, "ip access-list ext T\n 5 deny esp any any\n"
			    "ip access-list resequence T 100 5\n"));
	assert_seqs(&r, "100 110"); /* the remark has 105 */
	free(fake_paste(&r, "no ip access-list extended T\n"));
	struct acl a;

	assert_false(acl_view(&r, "T", &a));
	fake_router_fini(&r);
}

static void numbered_lists(void **state)
{
	struct router r;
	struct acl a;
	auto_free char *running = NULL, *p = NULL;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "access-list 10 permit 10.1.1.1\n"
			    "access-list 10 deny any log\n"
			    "access-list 101 permit ip any any\n"
			    "access-list 2000 remark expanded range\n"));
	assert_true(acl_view_std(&r, "10", &a));
	assert_int_equal(a.n, 2);
	assert_int_equal(a.v[0].src.addr, 0x0a010101);
	assert_int_equal(a.v[0].src.wild, 0);
	assert_false(a.v[1].permit);
	assert_true(a.v[1].log);
	acl_free(&a);
	assert_true(acl_view(&r, "101", &a));
	acl_free(&a);
	free(fake_paste(&r, "no access-list 10 permit 10.1.1.1\n"));
	assert_false(acl_view_std(&r, "10", &a));
	running = fake_running(&r);
	assert_non_null(strstr(running, "ip access-list extended 101\n"
					" 10 permit ip any any\n"
					"!\n"
					"ip access-list extended 2000\n"
					" 10 remark expanded range\n"));
	p = fake_paste(&r, "access-list 150\n");
	assert_non_null(strstr(p, "% Incomplete command."));
	fake_router_fini(&r);
}

/* An entry that asks for an IP option must not select other packets: one that
 * packets cannot be told apart by selects none. */
static void ip_options(void **state)
{
	struct router r;
	struct acl a;
	auto_free char *p = NULL;

	(void)state;
	fake_router_init(&r);
	p = fake_paste(&r, "ip access-list extended T\n"
			   "permit ip any any option timestamp\n"
			   "permit ip any any option 7\n"
			   "permit ip any any option any-options\n"
			   "permit ip any any time-range NIGHT\n");
	assert_string_equal(p, "% Warning: this line is kept but not in force "
			       "(no packet is matched by this IP option)\n");
	assert_true(acl_view(&r, "T", &a));
	assert_int_equal(a.n, 3);
	assert_int_equal(a.v[0].seq, 20);
	assert_int_equal(a.v[0].option, 7);
	assert_int_equal(a.v[1].option, ACE_OPTION_ANY);
	assert_int_equal(a.v[2].seq, 40); /* a range that does not exist */
	acl_free(&a);
	fake_router_fini(&r);
}

/* Ten thousand entries go in without a walk for each. */
static void many(void **state)
{
	struct router r;
	struct acl a;
	auto_sbuf struct sbuf text = { 0 };

	(void)state;
	fake_router_init(&r);
	sbuf_adds(&text, "ip access-list extended T\n");
	for (unsigned i = 0; i < 10000; i++)
		sbuf_printf(&text, "permit udp host 10.%u.%u.1 eq 5 any\n",
			i / 200, i % 200);
	free(fake_paste(&r, sbuf_str(&text)));
	assert_true(acl_view(&r, "T", &a));
	assert_int_equal(a.n, 10000);
	assert_int_equal(a.v[9999].seq, 100000);
	acl_free(&a);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(numbering),
		cmocka_unit_test(numbered_lists),
		cmocka_unit_test(ip_options),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("cfg_acl", tests, NULL, NULL);
}
