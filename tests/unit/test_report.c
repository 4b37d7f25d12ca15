/* Event texts against the patterns of show-output.md 4. */
#include "gdoi/report.h"
#include "tests/unit/test.h"
#include <string.h>

static void check(const struct report *r, const char *want)
{
	auto_sbuf struct sbuf out = { 0 };

	report_text(r, &out);
	assert_string_equal(sbuf_str(&out), want);
}

static void test_texts(void **state)
{
	struct report r = { .group = "ORBIT",
		.ks = ip_v4(0xc633640b),
		.gm = ip_v4(0xcb007101),
		.seq = 3,
		.text = "" };

	(void)state;
	r.id = REPORT_GM_REGS_COMPL;
	check(&r, "Registration to KS 198.51.100.11 complete for group ORBIT "
		  "using address 203.0.113.1 fvrf default ivrf default");
	r.id = REPORT_GM_RECV_REKEY;
	check(&r, "Received Rekey for group ORBIT from 198.51.100.11 to "
		  "203.0.113.1 with seq # 3");
	r.id = REPORT_KS_SEND_UNICAST_REKEY;
	check(&r, "Sending Unicast Rekey for group ORBIT from address "
		  "198.51.100.11 with seq # 3");
	r.text = "with policy-replace ";
	check(&r, "Sending Unicast Rekey with policy-replace for group ORBIT "
		  "from address 198.51.100.11 with seq # 3");
	r = (struct report){ .id = REPORT_GDOI_REKEY_FAILURE,
		.group = "ORBIT",
		.peer = ip_v4(0x0a000001),
		.err = WIRE_SIGNATURE };
	check(&r, "Processing of REKEY payloads failed on GM 0.0.0.0 in the "
		  "group ORBIT, with peer at 10.0.0.1: signature does not "
		  "verify");
	r = (struct report){ .id = REPORT_RECVD_PKT_INV_SPI,
		.gm = ip_v4(1),
		.peer = ip_v4(2),
		.spi = 0x6d1f02c4 };
	check(&r, "decaps: rec'd IPSEC packet has invalid spi for "
		  "destaddr=0.0.0.1, prot=50, spi=0x6D1F02C4, "
		  "srcaddr=0.0.0.2");
}

/* Absent arguments must not crash, and no pattern has an unknown field. */
static void test_all(void **state)
{
	(void)state;
	for (int id = 0; id < REPORT_N; id++) {
		struct report r = { .id = (enum report_id)id };
		const struct report_def *d = report_def(r.id);
		auto_sbuf struct sbuf out = { 0 };

		report_text(&r, &out);
		assert_null(strpbrk(sbuf_str(&out), "{}"));
		assert_non_null(d->mnemonic);
		assert_in_range(d->sev, LOG_SEV_EMERG, LOG_SEV_DEBUG);
		assert_true(strcmp(d->facility, "GDOI") == 0 ||
			    strcmp(d->facility, "CRYPTO") == 0 ||
			    strcmp(d->facility, "PKI") == 0);
	}
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(report_def(REPORT_IKMP_BAD_MESSAGE)->peer_provoked);
	assert_true(report_def(REPORT_UNAUTHORIZED_IPADDR)->peer_provoked);
	assert_false(report_def(REPORT_GM_REGS_COMPL)->peer_provoked);
	assert_int_equal(
		report_def(REPORT_UNAUTHORIZED_IPADDR)->sev, LOG_SEV_ALERT);
	assert_string_equal(report_def(REPORT_GM_REGSTER)->mnemonic,
		"GM_REGSTER"); /* IOS's own spelling */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
