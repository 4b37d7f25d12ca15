/* The reference evaluator and the texts of access list entries. */
#include "dataplane/selector.h"
#include "tests/unit/test.h"
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17 };

static struct packet_key key(uint8_t proto, uint32_t src, uint32_t dst)
{
	return (struct packet_key){
		.src = src,
		.dst = dst,
		.proto = proto,
		.ttl = 64,
		.has_l4 = true,
	};
}

static void packet_is_read(void **state)
{
	/* TCP 10.1.0.2:1025 -> 10.2.0.2:80, SYN, TOS 0xb8, TTL 63 */
	static const uint8_t tcp[40] = { 0x45, 0xb8, 0, 40, 0, 1, 0x40, 0, 63,
		6, 0, 0, 10, 1, 0, 2, 10, 2, 0, 2, 4, 1, 0, 80, 0, 0, 0, 0, 0,
		0, 0, 0, 0x50, 0x02 };
	struct packet_key k;
	uint8_t bad[40];

	(void)state;
	assert_true(packet_key_read(tcp, sizeof(tcp), &k));
	assert_int_equal(k.src, 0x0a010002);
	assert_int_equal(k.dst, 0x0a020002);
	assert_int_equal(k.sport, 1025);
	assert_int_equal(k.dport, 80);
	assert_int_equal(k.tcp_flags, 2);
	assert_int_equal(k.tos, 0xb8);
	assert_int_equal(k.ttl, 63);
	assert_true(k.has_l4 && !k.fragment);

	for (size_t n = 0; n < sizeof(tcp); n++)
		assert_false(packet_key_read(tcp, n, &k));
	memcpy(bad, tcp, sizeof(bad));
	bad[0] = 0x44; /* header shorter than 20 */
	assert_false(packet_key_read(bad, sizeof(bad), &k));
	bad[0] = 0x65;
	assert_false(packet_key_read(bad, sizeof(bad), &k));
	memcpy(bad, tcp, sizeof(bad));
	bad[7] = 1; /* fragment offset */
	assert_true(packet_key_read(bad, sizeof(bad), &k));
	assert_true(k.fragment && !k.has_l4);
	bad[7] = 0;
	bad[3] = 30; /* cut inside the TCP header */
	assert_true(packet_key_read(bad, sizeof(bad), &k));
	assert_false(k.has_l4 || k.fragment);
}

static void wildcards_may_have_holes(void **state)
{
	struct ace e = ace_any(true);
	struct packet_key k = key(UDP, 0x0a010002, 0x0a020002);

	(void)state;
	e.dst = (struct ip_wild){ 0x0a000002, 0x00ff0000 };
	assert_true(ace_match(&e, &k));
	k.dst = 0x0a630002;
	assert_true(ace_match(&e, &k));
	k.dst = 0x0a020003;
	assert_false(ace_match(&e, &k));
	k.dst = 0x0b020002;
	assert_false(ace_match(&e, &k));
}

static void port_operators(void **state)
{
	static const struct {
		struct ace_port o;
		uint16_t yes[2], no[2];
	} row[] = {
		{ { PORT_EQ, 1, { 80 } }, { 80, 80 }, { 79, 81 } },
		{ { PORT_EQ, 2, { 80, 443 } }, { 80, 443 }, { 81, 0 } },
		{ { PORT_NEQ, 2, { 80, 443 } }, { 81, 0 }, { 80, 443 } },
		{ { PORT_GT, 1, { 1023 } }, { 1024, 65535 }, { 1023, 0 } },
		{ { PORT_LT, 1, { 1024 } }, { 1023, 0 }, { 1024, 65535 } },
		{ { PORT_RANGE, 2, { 10, 20 } }, { 10, 20 }, { 9, 21 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		for (size_t j = 0; j < 2; j++) {
			struct ace e = ace_any(true);
			struct packet_key k = key(TCP, 1, 2);

			e.proto = TCP;
			e.dport = row[i].o;
			k.dport = row[i].yes[j];
			assert_true(ace_match(&e, &k));
			k.dport = row[i].no[j];
			assert_false(ace_match(&e, &k));
			k.has_l4 = false;
			k.dport = row[i].yes[j];
			assert_false(ace_match(&e, &k));
		}
}

static void tcp_flag_forms(void **state)
{
	struct ace e = ace_any(true);
	struct packet_key k = key(TCP, 1, 2);

	(void)state;
	e.proto = TCP;
	e.established = true;
	k.tcp_flags = 0x02;
	assert_false(ace_match(&e, &k));
	k.tcp_flags = 0x12;
	assert_true(ace_match(&e, &k));
	k.tcp_flags = 0x04;
	assert_true(ace_match(&e, &k));

	e.established = false;
	e.tcp_set = 0x10;
	e.tcp_clear = 0x02;
	k.tcp_flags = 0x12; /* match-all +ack -syn */
	assert_false(ace_match(&e, &k));
	k.tcp_flags = 0x18;
	assert_true(ace_match(&e, &k));
	e.tcp_any = true; /* match-any */
	k.tcp_flags = 0x12;
	assert_true(ace_match(&e, &k));
	k.tcp_flags = 0x02;
	assert_false(ace_match(&e, &k));
}

static void icmp_tos_ttl_fragments(void **state)
{
	struct ace e = ace_any(true);
	struct packet_key k = key(ICMP, 1, 2);

	(void)state;
	e.proto = ICMP;
	e.icmp_type = 3;
	e.icmp_code = 4;
	k.icmp_type = 3;
	assert_false(ace_match(&e, &k));
	k.icmp_code = 4;
	assert_true(ace_match(&e, &k));

	e = ace_any(true);
	k.tos = 0xb8;
	e.dscp = 46;
	assert_true(ace_match(&e, &k));
	e.precedence = 5;
	assert_true(ace_match(&e, &k));
	e.precedence = 4;
	assert_false(ace_match(&e, &k));
	e = ace_any(true);
	e.tos = 12;
	assert_true(ace_match(&e, &k));
	e.tos = 8;
	assert_false(ace_match(&e, &k));

	e = ace_any(true);
	e.ttl = (struct ace_port){ PORT_LT, 1, { 64 } };
	assert_false(ace_match(&e, &k));
	k.ttl = 63;
	assert_true(ace_match(&e, &k));

	e = ace_any(true);
	e.fragments = true;
	assert_false(ace_match(&e, &k));
	k.fragment = true;
	assert_true(ace_match(&e, &k));
}

static void mirror_and_admission(void **state)
{
	struct ace v[2] = { ace_any(false), ace_any(true) };
	struct acl a = { .v = v, .n = 2 }, m;
	struct packet_key k = key(TCP, 0x0a020002, 0x0a010002);

	(void)state;
	v[0].proto = TCP;
	v[0].dport = (struct ace_port){ PORT_EQ, 1, { 22 } };
	v[1].src = (struct ip_wild){ 0x0a010000, 0xffff };
	v[1].dst = (struct ip_wild){ 0x0a020000, 0xffff };
	acl_mirror(&m, &a);
	assert_false(acl_admits(&a, &k));
	assert_true(acl_admits(&m, &k));
	k.sport = 22;
	assert_false(acl_admits(&m, &k));
	k.fragment = true; /* the port is not known: the deny cannot tell */
	k.has_l4 = false;
	assert_true(acl_admits(&m, &k));
	acl_free(&m);

	v[1].dst = (struct ip_wild){ 0xe8000000, 0x00ffffff };
	acl_mirror(&m, &a); /* to multicast: not turned around */
	assert_int_equal(m.v[1].dst.addr, 0xe8000000);
	acl_free(&m);
}

static void copies_are_equal_and_own(void **state)
{
	struct ace v = ace_any(true);
	struct acl a = { .name = "X", .v = &v, .n = 1 }, b;

	(void)state;
	acl_dup(&b, &a);
	assert_true(acl_equal(&a, &b));
	b.v[0].ttl = (struct ace_port){ PORT_EQ, 1, { 1 } };
	assert_false(acl_equal(&a, &b));
	acl_free(&b);
	assert_int_equal(b.n, 0);
}

static void text_is(const struct ace *e, enum ace_style style, const char *want)
{
	auto_sbuf struct sbuf out = { 0 };

	ace_text(e, style, &out);
	assert_string_equal(sbuf_str(&out), want);
}

static void texts(void **state)
{
	struct ace e = ace_any(true);

	(void)state;
	text_is(&e, ACE_STYLE_CONFIG, "permit ip any any");
	e.src = (struct ip_wild){ 0x0a400000, 0xffff };
	e.dst = (struct ip_wild){ 0x0a400001, 0 };
	text_is(&e, ACE_STYLE_GDOI,
		"permit ip 10.64.0.0 0.0.255.255 host 10.64.0.1");
	e = ace_any(false);
	e.proto = UDP;
	e.sport = e.dport = (struct ace_port){ PORT_EQ, 1, { 848 } };
	text_is(&e, ACE_STYLE_CONFIG, "deny udp any eq 848 any eq 848");
	text_is(&e, ACE_STYLE_GDOI, "deny udp any port = 848 any port = 848");
	e = ace_any(true);
	e.proto = TCP;
	e.dport = (struct ace_port){ PORT_RANGE, 2, { 20, 80 } };
	e.established = true;
	e.log = true;
	text_is(&e, ACE_STYLE_CONFIG,
		"permit tcp any any range ftp-data www established log");
	text_is(&e, ACE_STYLE_GDOI,
		"permit tcp any any port range 20 80 established log");
	e = ace_any(true);
	e.proto = ICMP;
	e.icmp_type = 8;
	text_is(&e, ACE_STYLE_CONFIG, "permit icmp any any echo");
	e.icmp_code = 0;
	text_is(&e, ACE_STYLE_CONFIG, "permit icmp any any 8 0");
	e.icmp_type = 3;
	e.icmp_code = 13;
	text_is(&e, ACE_STYLE_CONFIG,
		"permit icmp any any administratively-prohibited");
	e = ace_any(true);
	e.proto = 200;
	e.dscp = 46;
	e.ttl = (struct ace_port){ PORT_GT, 1, { 9 } };
	e.fragments = true;
	text_is(&e, ACE_STYLE_CONFIG,
		"permit 200 any any dscp ef ttl gt 9 fragments");
	e = ace_any(true);
	e.proto = TCP;
	e.tcp_set = 0x10;
	e.tcp_clear = 0x02;
	text_is(&e, ACE_STYLE_CONFIG, "permit tcp any any match-all +ack -syn");
}

/* Every name maps back to what it stands for. */
static void names_go_both_ways(void **state)
{
	const char *s;

	(void)state;
	for (size_t i = 0; (s = ace_name_at(0, i)); i++)
		assert_string_equal(proto_name(proto_number(s)), s);
	for (size_t i = 0; (s = ace_name_at(TCP, i)); i++)
		if (strcmp(s, "syslog")) /* port 514 is written cmd */
			assert_string_equal(
				port_name(TCP, (uint16_t)port_number(TCP, s)),
				s);
	for (size_t i = 0; (s = ace_name_at(UDP, i)); i++)
		assert_string_equal(
			port_name(UDP, (uint16_t)port_number(UDP, s)), s);
	for (size_t i = 0; (s = ace_name_at(ICMP, i)); i++) {
		int16_t type, code;

		assert_true(icmp_numbers(s, &type, &code));
		assert_string_equal(icmp_name(type, code), s);
	}
	for (size_t i = 0; (s = ace_name_at(ACE_NAMES_DSCP, i)); i++)
		assert_string_equal(dscp_name(dscp_number(s)), s);
	for (size_t i = 0; (s = ace_name_at(ACE_NAMES_PRECEDENCE, i)); i++)
		assert_string_equal(precedence_name(precedence_number(s)), s);
	for (size_t i = 0; (s = ace_name_at(ACE_NAMES_TOS, i)); i++)
		assert_string_equal(tos_name(tos_number(s)), s);
	assert_int_equal(proto_number("ip"), ACE_ANY);
	assert_int_equal(proto_number("nonsense"), PROTO_UNKNOWN);
	assert_int_equal(port_number(UDP, "www"), -1);
	assert_int_equal(port_number(TCP, "www"), 80);
	assert_null(port_name(UDP, 848));
	assert_null(port_name(47, 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_is_read),
		cmocka_unit_test(wildcards_may_have_holes),
		cmocka_unit_test(port_operators),
		cmocka_unit_test(tcp_flag_forms),
		cmocka_unit_test(icmp_tos_ttl_fragments),
		cmocka_unit_test(mirror_and_admission),
		cmocka_unit_test(copies_are_equal_and_own),
		cmocka_unit_test(texts),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
