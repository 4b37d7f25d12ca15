/* platform dataplane, show platform dataplane: what is asked for reaches the
 * box, and what the box tells is printed. */
#include "tests/unit/cli_session.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

static struct cli_session t;

static int setup(void **state)
{
	(void)state;
	fake_box_reset();
	fake_box.dataplane = (struct dp_choice){ .backend = "xfrm",
		.why = "the kernel encrypts ESP itself",
		.uses_xfrm = true,
		.n_groups = 1 };
	fake_box.dataplane_group = (struct dp_choice_group){ .netdev = "wan",
		.backend = "user",
		.why = "IPv6",
		.order = 10,
		.n_entries = 2,
		.n_sas = 1,
		.sending = 0x1234ABCD,
		.count = { .encrypt = 5,
			.decrypt = 6,
			.drops = { [DP_DROP_NOT_IPSEC] = 7 } } };
	cli_session_init(&t, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cli_session_fini(&t);
	fake_box.dataplane = (struct dp_choice){ 0 };
	fake_box.dataplane_sa = (struct dp_sa_view){ 0 };
	fake_box_reset();
	return 0;
}

static void text(void **state)
{
	(void)state;
	assert_string_equal(cli_run(&t, "show platform dataplane"),
		"Dataplane backend      : xfrm\n"
		"  Configured           : auto\n"
		"  Reason               : the kernel encrypts ESP itself\n"
		"  Kernel ESP           : can be used\n"
		"Groups                 : 1\n"
		"  wan, crypto map entry 10\n"
		"    Backend            : user, IPv6\n"
		"    Policy entries     : 2\n"
		"    SAs                : 1, sending with 0x1234ABCD\n"
		"    Packets encrypted  : 5\n"
		"    Packets decrypted  : 6\n"
		"    Dropped: clear packet that must be encrypted (rcv) : 7\n");
}

static void detail(void **state)
{
	const char *out;

	(void)state;
	out = cli_run(&t, "show platform dataplane detail");
	assert_non_null(strstr(out, "ip getvpn\n"));
	assert_null(strstr(out, "TUN devices"));
	assert_non_null(strstr(out, ": 0x400-0x43f, 0x480, 0x500\n"));
	assert_non_null(strstr(out, ": 1196818432-1196818495\n"));
	assert_non_null(strstr(out, "Dropped: no sa (send) : 0\n"));
	fake_box.dataplane.backend = "user";
	fake_box.dataplane.uses_user = true;
	fake_box.dataplane.uses_xfrm = false;
	fake_box.dataplane.probe = "the kernel has no ESP";
	out = cli_run(&t, "show platform dataplane detail");
	assert_non_null(strstr(out, "TUN devices        : gm0-gm63\n"));
	assert_null(strstr(out, "XFRM request"));
	assert_non_null(strstr(out, "Kernel ESP           : the kernel has no"));
	assert_non_null(strstr(out, "Crypto library       : openssl\n"));
	fake_box.dataplane.crypto = DP_CRYPTO_IPSEC_MB;
	fake_box.dataplane_sa = (struct dp_sa_view){ .spi = 0x1234ABCD,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
		.crypto = DP_CRYPTO_IPSEC_MB };
	out = cli_run(&t, "show platform dataplane detail");
	assert_non_null(strstr(out, "Crypto library       : ipsec-mb\n"));
	assert_non_null(strstr(out,
		"    SA 0x1234ABCD      : esp-aes esp-sha-hmac, by ipsec-mb\n"));
	out = cli_run(&t, "show platform dataplane detail | json");
	assert_non_null(strstr(out, "\"crypto\": \"ipsec-mb\""));
	assert_non_null(strstr(out, "\"library\": \"ipsec-mb\""));
}

static void json(void **state)
{
	const char *out = cli_run(&t, "show platform dataplane | json");

	(void)state;
	assert_non_null(strstr(out, "\"backend\": \"xfrm\""));
	assert_non_null(strstr(out, "\"backend\": \"user\""));
	assert_non_null(strstr(out, "\"reason\": \"IPv6\""));
	assert_non_null(strstr(out, "\"kernel_esp\": true"));
	assert_non_null(strstr(out, "\"sending_spi\": \"0x1234ABCD\""));
}

static void nothing_there(void **state)
{
	(void)state;
	fake_box.dataplane.backend = NULL;
	assert_string_equal(cli_run(&t, "show platform dataplane"),
		"% No dataplane is available here\n");
}

static void mode_reaches_the_box(void **state)
{
	auto_sbuf struct sbuf config = { 0 };
	struct router r;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "platform dataplane user\n"));
	assert_int_equal(fake_box.dataplane.mode, DP_MODE_USER);
	free(fake_paste(&r, "platform dataplane xfrm\n"));
	assert_int_equal(fake_box.dataplane.mode, DP_MODE_XFRM);
	running_text(&r, false, &config);
	assert_non_null(
		strstr(sbuf_str(&config), "\nplatform dataplane xfrm\n"));
	free(fake_paste(&r, "no platform dataplane\n"));
	assert_int_equal(fake_box.dataplane.mode, DP_MODE_AUTO);
	fake_router_fini(&r);
}

/* What can not be is refused, and nothing asks for it. */
static void crypto_reaches_the_box(void **state)
{
	const char *missing = dp_crypto_missing(DP_CRYPTO_IPSEC_MB);
	struct router r;
	char *out;

	(void)state;
	fake_router_init(&r);
	out = fake_paste(&r, "platform dataplane crypto ipsec-mb\n");
	if (missing) {
		assert_non_null(strstr(out, missing));
		assert_int_equal(
			fake_box.dataplane.crypto, DP_CRYPTO_OPENSSL);
	} else {
		assert_int_equal(
			fake_box.dataplane.crypto, DP_CRYPTO_IPSEC_MB);
	}
	free(out);
	free(fake_paste(&r, "no platform dataplane crypto\n"));
	assert_int_equal(fake_box.dataplane.crypto, DP_CRYPTO_OPENSSL);
	fake_router_fini(&r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void ways_reach_the_box(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "platform dataplane capture tun\n"
			    "platform dataplane transmit packet\n"
			    "platform dataplane receive raw\n"));
	assert_int_equal(fake_box.ways.receive, DP_RECEIVE_RAW);
	assert_int_equal(fake_box.ways.capture, DP_CAPTURE_TUN);
	assert_int_equal(fake_box.ways.transmit, DP_TRANSMIT_PACKET);
	free(fake_paste(&r, "platform dataplane capture egress\n"
			    "no platform dataplane transmit\n"
			    "platform dataplane receive ring\n"));
	assert_int_equal(fake_box.ways.receive, DP_RECEIVE_RING);
	assert_int_equal(fake_box.ways.capture, DP_CAPTURE_EGRESS);
	assert_int_equal(fake_box.ways.transmit, DP_TRANSMIT_AUTO);
	fake_router_fini(&r);
}

static void fragmentation_reaches_the_box(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "crypto ipsec df-bit clear\n"
			    "interface GigabitEthernet0/0\n"
			    " crypto ipsec fragmentation after-encryption\n"
			    "interface GigabitEthernet0/1\n"
			    " crypto ipsec df-bit set\n"));
	assert_int_equal(fake_box.n_cuts, 3);
	assert_string_equal(fake_box.cuts[0].ifname, "");
	assert_int_equal(fake_box.cuts[0].df, 2);
	assert_false(fake_box.cuts[0].frag_after);
	assert_string_equal(fake_box.cuts[1].ifname, "GigabitEthernet0/0");
	assert_int_equal(fake_box.cuts[1].df, 2);
	assert_true(fake_box.cuts[1].frag_after);
	assert_int_equal(fake_box.cuts[2].df, 1);
	free(fake_paste(&r, "no crypto ipsec df-bit\n"
			    "interface GigabitEthernet0/0\n"
			    " no crypto ipsec fragmentation\n"));
	assert_int_equal(fake_box.n_cuts, 2);
	assert_int_equal(fake_box.cuts[0].df, 0);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text),
		TEST(detail),
		TEST(json),
		TEST(nothing_there),
		TEST(mode_reaches_the_box),
		TEST(crypto_reaches_the_box),
		TEST(ways_reach_the_box),
		TEST(fragmentation_reaches_the_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
