/* Addresses, prefixes, wildcards: text both ways, arithmetic. */
#include "base/ip.h"

#include "base/mem.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_parse(s, &a));
	return a;
}

static void test_text(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "010.001.000.009", "10.1.0.9" }, /* decimal, as in IOS */
		{ "2001:db8::1", "2001:DB8::1" },
		{ "::", "::" },
		{ "FE80:0:0:0:0:0:0:A", "FE80::A" },
		{ "", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.256", NULL },
		{ "1.2.3.0004", NULL },
		{ "1.2.3.-4", NULL },
		{ "1.2.3.4 ", NULL },
		{ " 1.2.3.4", NULL },
		{ "1..2.3", NULL },
		{ "2001:db8:::1", NULL },
		{ "2001:db8", NULL },
		{ "any", NULL },
	};
	char buf[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_addr a;
		bool ok = ip_parse(cases[i].in, &a);

		assert_int_equal(ok, cases[i].out != NULL);
		if (ok)
			assert_string_equal(ip_text(&a, buf), cases[i].out);
	}
	assert_string_equal(ip_text(&(struct ip_addr){ 0 }, buf), "");
}

static void test_values(void **state)
{
	struct ip_addr a = ip_v4(0xc0000201), none = { 0 };
	struct ip_addr m4 = addr("239.1.2.3"), m6 = addr("ff02::1");
	struct ip_addr any6 = addr("::"), one6 = addr("::1");

	(void)state;
	assert_int_equal(ip_u32(&a), 0xc0000201);
	assert_int_equal(ip_u32(&one6), 0);
	assert_true(ip_is_multicast(&m4));
	assert_true(ip_is_multicast(&m6));
	assert_false(ip_is_multicast(&a));
	assert_true(ip_is_any(&any6));
	assert_false(ip_is_any(&one6));
	assert_false(ip_is_any(&none));
	assert_false(ip_is_set(&none));
	assert_true(ip_cmp(&a, &m4) < 0);
	assert_true(ip_cmp(&m4, &any6) < 0); /* family first */
	assert_true(ip_equal(&any6, &any6));
	/* Bytes behind an IPv4 address do not count. */
	struct ip_addr b = a;
	b.b[9] = 1;
	assert_true(ip_equal(&a, &b));
}

static void test_masks(void **state)
{
	uint8_t len = 99;

	(void)state;
	for (uint8_t n = 0; n <= 32; n++) {
		assert_true(ip_mask_len(ip_len_mask(n), &len));
		assert_int_equal(len, n);
	}
	assert_int_equal(ip_len_mask(24), 0xffffff00);
	assert_int_equal(ip_len_mask(0), 0);
	assert_false(ip_mask_len(0xff00ff00, &len));
	assert_false(ip_mask_len(0x000000ff, &len));
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *prefix, *a;
		bool in;
	} cases[] = {
		{ "10.1.2.3/24", "10.1.2.255", true },
		{ "10.1.2.3/24", "10.1.3.0", false },
		{ "10.1.2.0/23", "10.1.3.9", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.2", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
	};
	static const char *const bad[] = { "10.0.0.0", "10.0.0.0/33",
		"10.0.0.0/", "10.0.0.0/8x", "/8", "2001:db8::/129", "10.0.0/8",
		"10.0.0.0/-1" };
	struct ip_prefix p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_addr a = addr(cases[i].a);

		assert_true(ip_prefix_parse(cases[i].prefix, &p));
		assert_int_equal(ip_prefix_contains(&p, &a), cases[i].in);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(ip_prefix_parse(bad[i], &p));
	/* Host bits stay: an interface address is a prefix too. */
	assert_true(ip_prefix_parse("10.1.2.3/24", &p));
	assert_int_equal(p.addr.b[3], 3);
}

static void test_wildcards(void **state)
{
	struct ip_wild odd = { 0x0a000001, 0x00ff00fe }; /* 10.*.0.odd */

	(void)state;
	assert_true(ip_wild_match(odd, 0x0a7b0003));
	assert_false(ip_wild_match(odd, 0x0a7b0002));
	assert_false(ip_wild_match(odd, 0x0b7b0003));
	assert_false(ip_wild_contiguous(odd));
	assert_true(ip_wild_contiguous((struct ip_wild){ 0, 0 }));
	assert_true(ip_wild_contiguous((struct ip_wild){ 0, 0xff }));
	assert_true(ip_wild_contiguous((struct ip_wild){ 0, UINT32_MAX }));
	struct ip_wild n = ip_wild_norm((struct ip_wild){ 0xac100a05, 0xff });
	assert_int_equal(n.addr, 0xac100a00);
}

static void test_sockaddr(void **state)
{
	struct udp_addr in = { addr("192.0.2.1"), 848 }, out;
	struct sockaddr_storage ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&ss;

	(void)state;
	assert_int_equal(udp_to_sockaddr(&in, &ss), sizeof(*sin));
	assert_int_equal(sin->sin_port, htons(848));
	assert_int_equal(sin->sin_addr.s_addr, htonl(0xc0000201));
	assert_true(udp_from_sockaddr((struct sockaddr *)&ss, &out));
	assert_true(ip_equal(&in.ip, &out.ip));
	assert_int_equal(out.port, 848);

	in = (struct udp_addr){ addr("2001:db8::9"), 500 };
	assert_int_equal(
		udp_to_sockaddr(&in, &ss), sizeof(struct sockaddr_in6));
	assert_true(udp_from_sockaddr((struct sockaddr *)&ss, &out));
	assert_true(ip_equal(&in.ip, &out.ip));
	assert_int_equal(out.port, 500);

	assert_int_equal(udp_to_sockaddr(&(struct udp_addr){ 0 }, &ss), 0);
	ss.ss_family = AF_UNIX;
	assert_false(udp_from_sockaddr((struct sockaddr *)&ss, &out));
}

static void test_net(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.2.3/24", "10.1.2.0" },
		{ "10.1.255.3/20", "10.1.240.0" },
		{ "10.1.2.3/0", "0.0.0.0" },
		{ "10.1.2.3/32", "10.1.2.3" },
		{ "2001:db8:ffff::1/33", "2001:DB8:8000::" },
		{ "2001:db8::1/128", "2001:DB8::1" },
	};
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ip_prefix p, net;

		assert_true(ip_prefix_parse(cases[i][0], &p));
		net = ip_prefix_net(&p);
		assert_int_equal(net.len, p.len);
		assert_string_equal(ip_text(&net.addr, text), cases[i][1]);
	}
}

/* RFC 4291, appendix A: 34-56-78-9A-BC-DE. */
static void test_eui64(void **state)
{
	static const uint8_t mac[6] = { 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde };
	struct ip_addr a = addr("fe80::");
	char text[IP_TEXT];

	(void)state;
	ip_eui64(&a, mac);
	assert_string_equal(ip_text(&a, text), "FE80::3656:78FF:FE9A:BCDE");
	assert_true(ip_is_link_local(&a));
	a = addr("fec0::1");
	assert_false(ip_is_link_local(&a));
	a = addr("10.0.0.1");
	assert_false(ip_is_link_local(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_eui64),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_sockaddr),
	};

	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
