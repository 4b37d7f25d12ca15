/* Access lists on interfaces, IPv6 lists, object groups and time ranges: from
 * lines to what the box is given and what show prints. */
#include "cli/acl.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_paste(struct router *r, const char *text, const char *want)
{
	auto_free char *got = fake_paste(r, text);

	if (strcmp(got, want) != 0)
		fprintf(stderr, "--- got\n%s--- want\n%s---\n", got, want);
	assert_string_equal(got, want);
}

/* The entries of a filter, one a line: "SEQ text". */
static void assert_entries(const struct acl *a, const char *want)
{
	auto_sbuf struct sbuf got = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		sbuf_printf(&got, "%u ", a->v[i].seq);
		ace_text(&a->v[i], ACE_STYLE_CONFIG, &got);
		sbuf_addc(&got, '\n');
	}
	if (strcmp(sbuf_str(&got), want) != 0)
		fprintf(stderr, "--- got\n%s--- want\n%s---\n", sbuf_str(&got),
			want);
	assert_string_equal(sbuf_str(&got), want);
}

static void on_interfaces(void **state)
{
	const char *in, *out;
	struct router r;

	(void)state;
	fake_router_init(&r);
	assert_paste(&r,
		"interface GigabitEthernet0/0\n"
		" ip access-group EDGE in\n"
		" ip access-group 10 out\n"
		" ipv6 traffic-filter SIX in\n"
		"interface GigabitEthernet0/1\n"
		" no ip unreachables\n"
		" ip access-group EDGE out\n"
		" ip access-group NOWHERE in\n"
		"ip access-list extended EDGE\n"
		" remark the way in\n",
		"% Warning: this line is kept but not in force (the kernel "
		"sends them)\n");
	assert_int_equal(fake_box.n_filters, 0); /* undefined or empty */
	assert_paste(&r,
		"ip access-list extended EDGE\n"
		" permit tcp any any eq 22\n"
		"access-list 10 permit 10.0.0.0 0.255.255.255\n"
		"ipv6 access-list SIX\n"
		" permit icmp any any echo-request\n",
		"");
	assert_int_equal(fake_box.n_filters, 4);
	assert_string_equal(fake_box.filters[0].ifname, "GigabitEthernet0/0");
	assert_false(fake_box.filters[0].out);
	assert_false(fake_box.filters[0].quiet);
	assert_entries(
		fake_box.filters[0].acl, "20 permit tcp any any eq 22\n");
	assert_true(fake_box.filters[1].out);
	assert_true(fake_box.filters[1].acl->standard);
	assert_true(fake_box.filters[2].acl->ip6);
	assert_true(fake_box.filters[3].quiet);
	acl_filter_names(&r, "GigabitEthernet0/0", false, &in, &out);
	assert_string_equal(in, "EDGE");
	assert_string_equal(out, "10");
	acl_filter_names(&r, "GigabitEthernet0/1", true, &in, &out);
	assert_null(in);
	assert_null(out);
	assert_paste(&r,
		"interface GigabitEthernet0/0\n"
		" no ip access-group 10 out\n"
		" no ipv6 traffic-filter SIX in\n"
		"no ip access-list extended EDGE\n",
		"");
	assert_int_equal(fake_box.n_filters, 0);
	fake_router_fini(&r);
}

static void six(void **state)
{
	struct router r;
	struct acl a;
	auto_free char *running = NULL;

	(void)state;
	fake_router_init(&r);
	assert_paste(&r,
		"ipv6 access-list ORBIT_V6\n"
		" deny udp any any eq 848\n"
		" permit ipv6 2001:db8:1::5/48 host 2001:db8::1 log\n"
		" permit tcp any gt 1023 any eq www established sequence 15\n"
		" remark sites\n"
		" permit icmp any any 133\n"
		" sequence 70 permit hbh any any dscp ef flow-label 9 routing "
		"dest-option fragments\n"
		" sequence 70 permit ipv6 any any\n"
		" permit udp any any eq 848\n"
		" permit ipv6 any any reflect BACK\n",
		"% Duplicate sequence number\n"
		"% Reflexive access lists are not supported\n");
	assert_true(acl6_view(&r, "ORBIT_V6", &a));
	assert_entries(&a,
		"10 deny udp any any eq 848\n"
		"15 permit tcp any gt 1023 any eq www established\n"
		"20 permit ipv6 2001:DB8:1::/48 host 2001:DB8::1 log\n"
		"40 permit icmp any any router-solicitation\n"
		"70 permit hbh any any dscp ef flow-label 9 dest-option "
		"routing fragments\n"
		"80 permit udp any any eq 848\n");
	acl_free(&a);
	running = fake_running(&r);
	assert_non_null(strstr(running,
		"ipv6 access-list ORBIT_V6\n"
		" sequence 10 deny udp any any eq 848\n"
		" sequence 15 permit tcp any gt 1023 any eq www established\n"
		" sequence 20 permit ipv6 2001:DB8:1::/48 host 2001:DB8::1 "
		"log\n"
		" sequence 30 remark sites\n"));
	assert_paste(&r,
		"ipv6 access-list ORBIT_V6\n"
		" no sequence 70\n"
		" no permit udp any any eq 848\n"
		" no permit icmp any any router-solicitation\n",
		"");
	assert_paste(&r, "do show ipv6 access-list ORBIT_V6\n",
		"IPv6 access list ORBIT_V6\n"
		"    deny udp any any eq 848 sequence 10\n"
		"    permit tcp any gt 1023 any eq www established sequence "
		"15\n"
		"    permit ipv6 2001:DB8:1::/48 host 2001:DB8::1 log sequence "
		"20\n");
	fake_router_fini(&r);
}

static void groups(void **state)
{
	struct router r;
	struct acl a;

	(void)state;
	fake_router_init(&r);
	assert_paste(&r,
		"object-group network HUB\n"
		" host 10.0.0.1\n"
		"object-group network SITES\n"
		" description branch sites\n"
		" group-object HUB\n"
		" 10.64.2.9 255.255.255.0\n"
		" range 10.1.1.3 10.1.1.8\n"
		"object-group service MGMT\n"
		" tcp 22\n"
		" udp source gt 1023 eq snmp\n"
		" tcp-udp eq 53\n"
		" icmp echo\n"
		" esp\n"
		"ip access-list extended T\n"
		" permit object-group MGMT object-group HUB any log\n"
		" deny tcp any object-group SITES eq www\n",
		"");
	assert_true(acl_view(&r, "T", &a));
	assert_entries(&a,
		"10 permit tcp host 10.0.0.1 any eq 22 log\n"
		"10 permit udp host 10.0.0.1 gt 1023 any eq snmp log\n"
		"10 permit tcp host 10.0.0.1 any eq domain log\n"
		"10 permit udp host 10.0.0.1 any eq domain log\n"
		"10 permit icmp host 10.0.0.1 any echo log\n"
		"10 permit esp host 10.0.0.1 any log\n"
		"20 deny tcp any host 10.0.0.1 eq www\n"
		"20 deny tcp any 10.64.2.0 0.0.0.255 eq www\n"
		"20 deny tcp any host 10.1.1.3 eq www\n"
		"20 deny tcp any 10.1.1.4 0.0.0.3 eq www\n"
		"20 deny tcp any host 10.1.1.8 eq www\n");
	acl_free(&a);
	assert_paste(&r, "do show object-group\n",
		"Network object group HUB\n"
		" host 10.0.0.1\n"
		"Network object group SITES\n"
		" Description branch sites\n"
		" group-object HUB\n"
		" 10.64.2.9 255.255.255.0\n"
		" range 10.1.1.3 10.1.1.8\n"
		"Service object group MGMT\n"
		" tcp eq 22\n"
		" udp source gt 1023 eq snmp\n"
		" tcp-udp eq domain\n"
		" icmp echo\n"
		" esp\n");
	/* A change of a group changes the lists that use it. */
	assert_paste(
		&r, "object-group service MGMT\n no esp\n no icmp echo\n", "");
	assert_true(acl_view(&r, "T", &a));
	assert_int_equal(a.n, 9);
	acl_free(&a);
	fake_router_fini(&r);
}

static void group_refusals(void **state)
{
	static const char *const cases[][2] = {
		{ "no object-group network A\n",
			"% Object group A is in use and cannot be removed\n" },
		{ "no object-group network B\n",
			"% Object group B is in use and cannot be removed\n" },
		{ "object-group service A\n",
			"% Object group A exists with another type\n" },
		{ "object-group network B\ngroup-object A\n",
			"% Object group B would contain itself\n" },
		{ "object-group network B\ngroup-object B\n",
			"% Object group B would contain itself\n" },
		{ "object-group network B\ngroup-object X\n",
			"% Object group X does not exist or is of another "
			"type\n" },
		{ "ip access-list ext T\npermit ip object-group X any\n",
			"% Object group X does not exist\n" },
		{ "ip access-list ext T\npermit object-group A any any\n",
			"% Object group A does not exist\n" },
		{ "ip access-list ext T\npermit ip any any reflect BACK\n",
			"% Reflexive access lists are not supported\n" },
		{ "ip access-list ext T\nevaluate BACK\n",
			"% Reflexive access lists are not supported\n" },
		{ "ip access-list standard T\n",
			"Access-list type conflicts with prior definition\n"
			"% A named extended IP access list with this name "
			"already exists\n" },
		{ "ipv6 access-list T\n",
			"Access-list type conflicts with prior definition\n"
			"% A named extended IP access list with this name "
			"already exists\n" },
	};
	struct router r;

	(void)state;
	fake_router_init(&r);
	assert_paste(&r,
		"object-group network B\nhost 10.1.1.1\n"
		"object-group network A\ngroup-object B\n"
		"ip access-list extended T\npermit ip object-group A any\n",
		"");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_paste(&r, cases[i][0], cases[i][1]);
	fake_router_fini(&r);
}

/* What is sent to members as a policy must be plain. */
static void gdoi_lists_are_plain(void **state)
{
	static const char group[] = "crypto gdoi group G\n"
				    "identity number 1\n"
				    "server local\n"
				    "sa ipsec 1\n";
	static const char no_groups[] =
		"% Object groups are not supported in an access list of a GDOI "
		"policy\n";
	struct router r;
	auto_sbuf struct sbuf text = { 0 };

	(void)state;
	fake_router_init(&r);
	assert_paste(&r,
		"object-group network A\nhost 10.1.1.1\n"
		"ip access-list extended T\npermit ip object-group A any\n"
		"ip access-list extended U\npermit ip any any\n",
		"");
	sbuf_printf(&text, "%smatch address ipv4 T\n", group);
	assert_paste(&r, sbuf_str(&text), no_groups);
	sbuf_trunc(&text, 0);
	sbuf_printf(&text, "%smatch address ipv4 U\n", group);
	assert_paste(&r, sbuf_str(&text), "");
	assert_paste(&r,
		"ip access-list extended U\ndeny ip object-group A any\n",
		no_groups);
	assert_paste(&r,
		"ip access-list extended U\ndeny ip any any time-range N\n",
		"% Time ranges are not supported in an access list of a GDOI "
		"policy\n");
	assert_paste(&r, "crypto map M 10 gdoi\nmatch address T\n", no_groups);
	fake_router_fini(&r);
}

static time_t fake_now;

static time_t fake_clock(void)
{
	return fake_now;
}

static time_t at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1 };

	return mktime(&tm);
}

static void time_ranges(void **state)
{
	/* 2030-01-07 is a Monday. */
	static const struct {
		const char *line;
		int day, hour, minute;
		bool active;
	} cases[] = {
		{ "periodic daily 8:00 to 17:00", 7, 8, 0, true },
		{ "periodic daily 8:00 to 17:00", 7, 7, 59, false },
		{ "periodic daily 8:00 to 17:00", 7, 17, 0, true },
		{ "periodic daily 8:00 to 17:00", 7, 17, 1, false },
		{ "periodic weekdays 0:00 to 23:59", 11, 23, 59, true },
		{ "periodic weekdays 0:00 to 23:59", 12, 0, 0, false },
		{ "periodic weekend 0:00 to 23:59", 12, 0, 0, true },
		{ "periodic Monday Wednesday 8:00 to 9:00", 9, 8, 30, true },
		{ "periodic Monday Wednesday 8:00 to 9:00", 8, 8, 30, false },
		{ "periodic Friday 18:00 to Monday 6:00", 12, 12, 0, true },
		{ "periodic Friday 18:00 to Monday 6:00", 7, 6, 0, true },
		{ "periodic Friday 18:00 to Monday 6:00", 7, 6, 1, false },
		{ "periodic Friday 18:00 to Monday 6:00", 11, 17, 59, false },
		{ "periodic daily 22:00 to 6:00", 8, 3, 0, true },
		{ "periodic daily 22:00 to 6:00", 8, 12, 0, false },
		{ "absolute start 12:00 7 January 2030", 7, 11, 59, false },
		{ "absolute start 12:00 7 January 2030", 7, 12, 0, true },
		{ "absolute end 12:00 7 jan 2030", 7, 12, 0, true },
		{ "absolute end 12:00 7 jan 2030", 7, 12, 1, false },
		{ "absolute start 0:00 8 jan 2030 end 0:00 9 jan 2030", 8, 5, 0,
			true },
	};

	(void)state;
	time_range_clock(fake_clock);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct router r;
		auto_sbuf struct sbuf text = { 0 };

		fake_router_init(&r);
		sbuf_printf(&text, "time-range T\n%s\n", cases[i].line);
		assert_paste(&r, sbuf_str(&text), "");
		fake_now = at(
			2030, 1, cases[i].day, cases[i].hour, cases[i].minute);
		if (time_range_active(&r, "T") != cases[i].active)
			fail_msg("%s, case %zu", cases[i].line, i);
		fake_router_fini(&r);
	}
	time_range_clock(NULL);
}

/* A filter follows the clock. */
static void the_clock_flips(void **state)
{
	struct router r;
	unsigned sets;

	(void)state;
	time_range_clock(fake_clock);
	fake_now = at(2030, 1, 7, 7, 0);
	fake_router_init(&r);
	assert_paste(&r,
		"time-range OFFICE\n"
		" absolute start 0:00 1 January 2030 end 23:59 31 December "
		"2030\n"
		" periodic weekdays 8:00 to 17:00\n"
		"ip access-list extended T\n"
		" permit tcp any any eq www time-range OFFICE\n"
		"interface GigabitEthernet0/0\n"
		" ip access-group T in\n",
		"");
	assert_int_equal(fake_box.n_filters, 1);
	assert_entries(fake_box.filters[0].acl, "0 deny ip any any\n");
	sets = fake_box.filter_sets;
	acl_clock_tick(&r);
	assert_int_equal(fake_box.filter_sets, sets); /* nothing new */
	assert_paste(&r, "do show access-lists T\n",
		"Extended IP access list T\n"
		"    10 permit tcp any any eq www time-range OFFICE "
		"(inactive)\n");
	fake_now = at(2030, 1, 7, 8, 0);
	acl_clock_tick(&r);
	assert_int_equal(fake_box.filter_sets, sets + 1);
	assert_entries(
		fake_box.filters[0].acl, "10 permit tcp any any eq www\n");
	assert_paste(&r, "do show access-lists T\n",
		"Extended IP access list T\n"
		"    10 permit tcp any any eq www time-range OFFICE "
		"(active)\n");
	assert_paste(&r, "do show time-range\n",
		"time-range entry: OFFICE (active)\n"
		"   absolute start 00:00 01 January 2030 end 23:59 31 December "
		"2030\n"
		"   periodic weekdays 8:00 to 17:00\n"
		"   used in: IP ACL entry\n");
	assert_paste(&r,
		"time-range X\n"
		"absolute start 0:00 2 jan 2030 end 0:00 1 jan 2030\n",
		"% Absolute end time must be after the start time\n");
	fake_router_fini(&r);
	time_range_clock(NULL);
}

static void counters(void **state)
{
	static const struct ace_hits hits[] = { { 10, 3 }, { 10, 4 }, { 20, 1 },
		{ 30, 0 } };
	struct router r;

	(void)state;
	fake_router_init(&r);
	fake_box.hits = hits;
	fake_box.n_hits = ARRAY_LEN(hits);
	fake_box.hits_list = "T";
	assert_paste(&r,
		"ip access-list extended T\n"
		" permit tcp any any eq www\n"
		" deny ip any any log\n"
		" permit esp any any\n"
		"access-list 10 permit 10.1.1.1\n"
		"access-list 10 deny 10.0.0.0 0.255.255.255 log\n",
		"");
	assert_paste(&r, "do show ip access-lists T\n",
		"Extended IP access list T\n"
		"    10 permit tcp any any eq www (7 matches)\n"
		"    20 deny ip any any log (1 match)\n"
		"    30 permit esp any any\n");
	fake_box.hits_list = "10";
	assert_paste(&r, "do show access-lists 10\n",
		"Standard IP access list 10\n"
		"    10 permit 10.1.1.1 (7 matches)\n"
		"    20 deny   10.0.0.0, wildcard bits 0.255.255.255 log (1 "
		"match)\n");
	assert_paste(&r,
		"do clear access-list counters\n"
		"do clear ip access-list counters T\n"
		"do clear ipv6 access-list S\n",
		"");
	assert_string_equal(sbuf_str(&fake_box.cleared), "*4 *6 T4 S6 ");
	assert_paste(&r, "ip access-list log-update threshold 100\n", "");
	assert_int_equal(fake_box.log_threshold, 100);
	fake_router_fini(&r);
}

/* All of it, as it is printed. */
static const char all_of_it[] =
	"object-group network SITES\n"
	" description branch sites\n"
	" host 10.64.1.9\n"
	" 10.64.2.0 255.255.255.0\n"
	"!\n"
	"object-group service MGMT_SVC\n"
	" tcp eq 22\n"
	" udp eq snmp\n"
	"!\n"
	"interface GigabitEthernet0/0\n"
	" no ip address\n"
	" ip access-group EDGE in\n"
	" ip access-group 10 out\n"
	" ipv6 traffic-filter ORBIT_V6 in\n"
	"!\n"
	"ip access-list log-update threshold 100\n"
	"ip access-list logging interval 10\n"
	"!\n"
	"ip access-list standard 10\n"
	" 10 permit 203.0.113.0 0.0.0.7 log\n"
	"!\n"
	"ip access-list extended EDGE\n"
	" 10 permit object-group MGMT_SVC object-group SITES any\n"
	" 20 permit tcp any any eq www log-input time-range OFFICE\n"
	" 30 deny ip any any option record-route\n"
	" 40 remark the rest\n"
	" 50 permit tcp any any log COOKIE\n"
	" 60 permit udp any any log-input COOKIE\n"
	"!\n"
	"ipv6 access-list ORBIT_V6\n"
	" sequence 10 deny udp any any eq 848\n"
	" sequence 20 permit ipv6 2001:DB8:1::/48 any\n"
	"!\n"
	"time-range OFFICE\n"
	" absolute start 00:00 01 January 2030\n"
	" periodic weekdays 8:00 to 17:00\n"
	" periodic Saturday 9:00 to Sunday 12:00\n"
	"!\n";

/* A configuration with all of it comes back as it was printed. */
static void round_trip(void **state)
{
	struct router r;
	auto_free char *running = NULL;

	(void)state;
	fake_router_init(&r);
	assert_paste(&r, all_of_it, "");
	running = fake_running(&r);
	if (strstr(running, "object-group network SITES") == NULL ||
		strncmp(strstr(running, "object-group network SITES"),
			all_of_it,
			strstr(all_of_it, "interface") - all_of_it) != 0)
		fail_msg("%s", running);
	for (const char *part = strstr(all_of_it, "interface");;) {
		const char *end = strstr(part, "!\n");
		auto_free char *one = strndup(part, (size_t)(end - part));

		if (strstr(running, one) == NULL)
			fail_msg("--- lacks\n%s--- in\n%s", one, running);
		part = end + 2;
		if (*part == '\0')
			break;
	}
	fake_router_fini(&r);

	auto_free char *again = NULL;

	fake_router_init(&r);
	assert_paste(&r, running, "");
	again = fake_running(&r);
	assert_string_equal(again, running);
	fake_router_fini(&r);
}

/* Groups that multiply beyond all measure do not open the router. */
static void too_many(void **state)
{
	struct router r;
	struct acl a;
	auto_sbuf struct sbuf text = { 0 };

	(void)state;
	fake_router_init(&r);
	sbuf_adds(&text, "object-group network A\n");
	for (unsigned i = 0; i < 200; i++)
		sbuf_printf(&text, " host 10.1.1.%u\n", i);
	sbuf_adds(&text, "ip access-list extended T\n"
			 " permit ip object-group A object-group A\n"
			 " deny ip object-group A object-group A\n"
			 " permit ip any any\n");
	assert_paste(&r, sbuf_str(&text), "");
	assert_true(acl_view(&r, "T", &a));
	assert_entries(&a, "20 deny ip any any\n30 permit ip any any\n");
	acl_free(&a);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_interfaces),
		cmocka_unit_test(six),
		cmocka_unit_test(groups),
		cmocka_unit_test(group_refusals),
		cmocka_unit_test(gdoi_lists_are_plain),
		cmocka_unit_test(time_ranges),
		cmocka_unit_test(the_clock_flips),
		cmocka_unit_test(counters),
		cmocka_unit_test(too_many),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests_name("cfg_filter", tests, NULL, NULL);
}
