/* The messages about packets that access lists saw. */
#include "router/acl_log.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char last[400];
static unsigned lines;

static void take(void *ctx, enum log_sev sev, const char *line)
{
	const char *text = strchr(line, '%');

	(void)ctx;
	assert_int_equal(sev, LOG_SEV_INFO);
	snprintf(last, sizeof(last), "%s", text);
	lines++;
}

struct setup {
	struct log *log;
	struct log_sink sink;
	struct acl_log *l;
};

static void setup_make(struct setup *s)
{
	*s = (struct setup){ .log = log_new(4096),
		.sink = { .level = LOG_SEV_DEBUG, .fn = take } };
	log_sink_add(s->log, &s->sink);
	s->l = acl_log_new(s->log);
	last[0] = '\0';
	lines = 0;
}

static void setup_free(struct setup *s)
{
	acl_log_free(s->l);
	log_sink_del(s->log, &s->sink);
	log_free(s->log);
}

/* 10.1.1.1 to 10.2.2.2, with four bytes of transport header. */
static void packet4(uint8_t p[44], uint8_t proto, const uint8_t l4[4])
{
	static const uint8_t head[20] = { 0x45, 0, 5, 0xdc, 0, 0, 0, 0, 64, 0,
		0, 0, 10, 1, 1, 1, 10, 2, 2, 2 };

	memset(p, 0, 44);
	memcpy(p, head, sizeof(head));
	p[9] = proto;
	memcpy(p + 20, l4, 4);
}

static void kinds(void **state)
{
	static const struct {
		bool standard, permit, input;
		uint8_t proto, l4[4];
		const char *want;
	} cases[] = {
		{ false, false, false, 6, { 0x04, 0xd2, 0, 80 },
			"%SEC-6-IPACCESSLOGP: list 101 denied tcp "
			"10.1.1.1(1234) -> 10.2.2.2(80), 1 packet" },
		{ false, true, false, 17, { 0x04, 0xd2, 0, 53 },
			"%SEC-6-IPACCESSLOGP: list 101 permitted udp "
			"10.1.1.1(1234) -> 10.2.2.2(53), 1 packet" },
		{ false, true, true, 17, { 0x04, 0xd2, 0, 54 },
			"%SEC-6-IPACCESSLOGP: list 101 permitted udp "
			"10.1.1.1(1234) (GigabitEthernet0/0 0001.0203.0405) "
			"-> 10.2.2.2(54), 1 packet" },
		{ false, false, false, 1, { 8, 0, 0, 0 },
			"%SEC-6-IPACCESSLOGDP: list 101 denied icmp 10.1.1.1 "
			"-> 10.2.2.2 (8/0), 1 packet" },
		{ false, false, false, 50, { 0, 0, 1, 0 },
			"%SEC-6-IPACCESSLOGNP: list 101 denied 50 10.1.1.1 -> "
			"10.2.2.2, 1 packet" },
		{ true, false, false, 6, { 0, 0, 1, 0 },
			"%SEC-6-IPACCESSLOGS: list 101 denied 10.1.1.1 1 "
			"packet" },
	};
	static const uint8_t mac[6] = { 0, 1, 2, 3, 4, 5 };
	struct setup s;

	(void)state;
	setup_make(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct acl acl = { .name = "101",
			.standard = cases[i].standard };
		struct ace ace = ace_any(cases[i].permit);
		uint8_t p[44];
		struct filter_hit hit = { .acl = &acl,
			.ace = &ace,
			.p = p,
			.n = sizeof(p),
			.mac = mac };

		ace.log_input = cases[i].input;
		packet4(p, cases[i].proto, cases[i].l4);
		acl_log_packet(s.l, &hit, "GigabitEthernet0/0");
		assert_string_equal(last, cases[i].want);
	}
	setup_free(&s);
}

static void ipv6(void **state)
{
	static const uint8_t p[48] = { 0x60, 0, 0, 0, 0, 200, 17, 64, 0x20, 1,
		0x0d, 0xb8, [23] = 1, [24] = 0x20, 1, 0x0d, 0xb8, [39] = 2,
		0x04, 0xd2, 0, 53 };
	struct acl acl = { .name = "SIX", .ip6 = true };
	struct ace ace = ace_any(false);
	struct filter_hit hit = {
		.acl = &acl, .ace = &ace, .p = p, .n = sizeof(p)
	};
	struct setup s;

	(void)state;
	setup_make(&s);
	ace.ip6 = true;
	ace.seq = 10;
	snprintf(ace.log_tag, sizeof(ace.log_tag), "COOKIE");
	acl_log_packet(s.l, &hit, "");
	assert_string_equal(last,
		"%IPV6_ACL-6-ACCESSLOGP: list SIX/10 denied udp "
		"2001:DB8::1(1234) -> 2001:DB8::2(53), 1 packet [COOKIE]");
	setup_free(&s);
}

/* The first packet at once, the others together; a quiet flow is forgotten. */
static void periods(void **state)
{
	static const uint8_t l4[4] = { 0, 1, 0, 2 };
	struct acl acl = { .name = "A" };
	struct ace ace = ace_any(true);
	uint8_t p[44];
	struct filter_hit hit = {
		.acl = &acl, .ace = &ace, .p = p, .n = sizeof(p)
	};
	struct setup s;

	(void)state;
	setup_make(&s);
	packet4(p, 17, l4);
	assert_true(acl_log_packet(s.l, &hit, ""));
	for (int i = 0; i < 7; i++)
		assert_false(acl_log_packet(s.l, &hit, ""));
	assert_int_equal(lines, 1);
	assert_true(acl_log_report(s.l));
	assert_int_equal(lines, 2);
	assert_non_null(strstr(last, ", 7 packets"));
	assert_false(acl_log_report(s.l));
	assert_int_equal(lines, 2);
	acl_log_threshold(s.l, 3);
	assert_true(acl_log_packet(s.l, &hit, ""));
	for (int i = 0; i < 6; i++)
		acl_log_packet(s.l, &hit, "");
	assert_int_equal(lines, 5);
	assert_non_null(strstr(last, ", 3 packets"));
	setup_free(&s);
}

/* Somebody with many addresses fills the table, not the memory or the log. */
static void floods(void **state)
{
	static const uint8_t l4[4] = { 0, 1, 0, 2 };
	struct acl acl = { .name = "A" };
	struct ace ace = ace_any(true);
	uint8_t p[44];
	struct filter_hit hit = {
		.acl = &acl, .ace = &ace, .p = p, .n = sizeof(p)
	};
	struct setup s;

	(void)state;
	setup_make(&s);
	for (unsigned i = 0; i < ACL_LOG_FLOWS + 500; i++) {
		packet4(p, 17, l4);
		p[14] = (uint8_t)(i >> 8);
		p[15] = (uint8_t)i;
		acl_log_packet(s.l, &hit, "");
	}
	assert_int_equal(lines, ACL_LOG_FLOWS);
	acl_log_report(s.l);
	assert_string_equal(last, "%SEC-6-IPACCESSLOGRL: access-list logging "
				  "rate-limited or missed 500 packets");
	hit.n = 19; /* not even a header */
	acl_log_packet(s.l, &hit, "");
	setup_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(periods),
		cmocka_unit_test(floods),
	};

	return cmocka_run_group_tests_name("acl_log", tests, NULL, NULL);
}
