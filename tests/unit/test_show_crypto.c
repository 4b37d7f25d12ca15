/* show crypto isakmp | ipsec | map, show ip ..., show access-lists against the
 * sample outputs of the layout document; ping's texts. */
#include "tests/unit/fake_box.h"
#include "tests/unit/orbit.h"
#include "tests/unit/show_samples.h"
#include "tests/unit/test.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call, sample)                                                    \
	do {                                                                   \
		auto_sbuf struct sbuf out = { 0 };                             \
		call;                                                          \
		assert_layout(sbuf_str(&out), sample);                         \
	} while (0)

static void isakmp_sa(void **state)
{
	struct gm_snapshot g = *orbit_gm();
	struct ike_sa_info ike = { .src = orbit_ip("203.0.113.1"),
		.dst = orbit_ip("198.51.100.11"),
		.state = "GDOI_IDLE",
		.conn_id = 1006,
		.active = true,
		.initiator = true,
		.policy = { .cipher = CIPHER_AES256,
			.hash = HASH_SHA256,
			.auth = IKE_AUTH_PSK,
			.group = 14 },
		.remaining_secs = 23 * 3600 + 47 * 60 + 2 };
	auto_sbuf struct sbuf detail = { 0 };

	(void)state;
	g.kek_current.live = false;
	CHECK(show_isakmp_sa(&ike, 1, &g, 1, NULL, 0, &out), SAMPLE_ISAKMP_SA);
	/* The sample has no legend. */
	ike.dpd = true;
	show_isakmp_sa_detail(&ike, 1, &detail);
	assert_non_null(strstr(detail.s,
		"\n1006  203.0.113.1     198.51.100.11          ACTIVE aes  "
		"sha256 psk  14 23:47:02 D   \n"
		"       Engine-id:Conn-id =  SW:6\n"));
	assert_non_null(strstr(SAMPLE_ISAKMP_SA_DETAIL,
		"\n1006  203.0.113.1     198.51.100.11          ACTIVE aes  "
		"sha256 psk  14 23:47:02 D   \n"));
}

static void isakmp_policy(void **state)
{
	struct isakmp_policy p = { .priority = 10,
		.cipher = CIPHER_AES256,
		.hash = HASH_SHA256,
		.auth = IKE_AUTH_PSK,
		.group = 14,
		.life_secs = 86400 };

	(void)state;
	CHECK(show_isakmp_policy(&p, 1, &out), SAMPLE_ISAKMP_POLICY);
	/* What is weak is told behind the rest. */
	auto_sbuf struct sbuf weak = { 0 };

	p.cipher = CIPHER_DES;
	p.hash = HASH_MD5;
	p.group = 2;
	show_isakmp_policy(&p, 1, &weak);
	assert_non_null(strstr(sbuf_str(&weak),
		"volume limit\n"
		"\tweak:\t\t\tencryption des, hash md5, group 2\n"));
}

static void isakmp_key(void **state)
{
	struct router r;
	struct isakmp_view v;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, "crypto isakmp key k3y-one address 198.51.100.11\n"
			    "crypto isakmp key k3y-two address 203.0.113.0 "
			    "255.255.255.0\n"
			    "crypto isakmp key k3y-any address 0.0.0.0\n"));
	isakmp_view_build(&r, &v);
	CHECK(show_isakmp_key(&v.config, &out), SAMPLE_ISAKMP_KEY);
	isakmp_view_free(&v);
	fake_router_fini(&r);
}

static void ipsec_sa(void **state)
{
	(void)state;
	/* The first TEK has the connection ids 1 and 2, not the sample's. */
	auto_sbuf struct sbuf out = { 0 };
	char *p;

	show_ipsec_sa(orbit_gm(), 1500, true, false, &out);
	auto_sbuf struct sbuf want = { 0 };

	sbuf_adds(&want, SAMPLE_IPSEC_SA);
	while ((p = strstr(want.s, "conn id: 17, flow_id: SW:17")) != NULL) {
		static const char id[] = "conn id: 1, flow_id: SW:1";

		memcpy(p, id, sizeof(id) - 1);
		memmove(p + sizeof(id) - 1, p + sizeof(id) + 1,
			strlen(p + sizeof(id) + 1) + 1);
	}
	while ((p = strstr(want.s, "conn id: 18, flow_id: SW:18")) != NULL) {
		static const char id[] = "conn id: 2, flow_id: SW:2";

		memcpy(p, id, sizeof(id) - 1);
		memmove(p + sizeof(id) - 1, p + sizeof(id) + 1,
			strlen(p + sizeof(id) + 1) + 1);
	}
	assert_layout(sbuf_str(&out), want.s);
}

/* Runs a show command on a configuration. */
static void check_command(
	const char *config, const char *command, const char *want)
{
	struct router r;
	auto_free char *got = NULL;

	fake_router_init(&r);
	free(fake_paste(&r, config));
	got = fake_paste(&r, command);
	assert_layout(got, want);
	fake_router_fini(&r);
}

static void ipsec_objects(void **state)
{
	static const char config[] =
		"crypto ipsec transform-set ORBIT_TS esp-aes 256 "
		"esp-sha256-hmac\n"
		"crypto ipsec profile ORBIT_PROF\n"
		" set transform-set ORBIT_TS\n"
		"crypto gdoi group ORBIT\n"
		" identity number 4711\n"
		" server address ipv4 198.51.100.11\n"
		" server address ipv4 198.51.100.12\n"
		"crypto map ORBIT_MAP 10 gdoi\n"
		" set group ORBIT\n"
		"interface gi0/0\n"
		" crypto map ORBIT_MAP\n";

	(void)state;
	check_command(config, "do show crypto ipsec transform-set",
		SAMPLE_TRANSFORM_SETS);
	check_command(config, "do show crypto ipsec profile", SAMPLE_PROFILES);
	check_command(config, "do show crypto map", SAMPLE_CRYPTO_MAP);
}

static void access_lists(void **state)
{
	static const char config[] =
		"ip access-list standard 10\n"
		"permit host 203.0.113.1\n"
		"permit 203.0.113.0 0.0.0.7\n"
		"deny any\n"
		"ip access-list extended ORBIT_ACL\n"
		"deny udp any eq 848 any eq 848\n"
		"deny tcp any any eq 22\n"
		"remark the sites\n"
		"no 30\n"
		"permit ip 10.64.0.0 0.0.255.255 10.64.0.0 0.0.255.255\n";
	auto_sbuf struct sbuf want = { 0 };

	(void)state;
	/* No counters here. */
	sbuf_adds(&want, "Standard IP access list 10\n"
			 "    10 permit 203.0.113.1\n"
			 "    20 permit 203.0.113.0, wildcard bits 0.0.0.7\n"
			 "    30 deny   any\n"
			 "Extended IP access list ORBIT_ACL\n"
			 "    10 deny udp any eq 848 any eq 848\n"
			 "    20 deny tcp any any eq 22\n"
			 "    30 permit ip 10.64.0.0 0.0.255.255 10.64.0.0 "
			 "0.0.255.255\n");
	check_command(config, "do show access-lists", sbuf_str(&want));
	check_command(config, "do show ip access-lists NONE", "");
}

static struct iface_info iface(
	const char *name, const char *addr, bool shutdown)
{
	struct iface_info i = { .configured = true,
		.shutdown = shutdown,
		.line_up = !shutdown,
		.proto_up = !shutdown };

	strlcpy(i.ifname, name, sizeof(i.ifname));
	if (addr != NULL)
		i.addr[i.n_addr++] = (struct ip_prefix){ orbit_ip(addr), 24 };
	return i;
}

static void interfaces(void **state)
{
	struct iface_info v[] = {
		iface("GigabitEthernet0/0", "203.0.113.1", false),
		iface("GigabitEthernet0/1", "10.64.1.1", false),
		iface("GigabitEthernet0/2", NULL, true),
		iface("Loopback0", "10.64.255.1", false),
	};
	auto_sbuf struct sbuf want = { 0 };
	char *p;
	struct router r;
	auto_free char *got = NULL;

	(void)state;
	/* Whether an address came from the startup-config is not tracked. */
	sbuf_adds(&want, SAMPLE_IP_BRIEF);
	while ((p = strstr(want.s, "NVRAM ")) != NULL)
		memcpy(p, "manual", 6);
	CHECK(show_ip_interface_brief(v, ARRAY_LEN(v), &out), want.s);
	fake_router_init(&r);
	fake_box.iface_list = v;
	fake_box.n_iface_list = ARRAY_LEN(v);
	free(fake_paste(&r, "interface gi0/0\n description to WAN\n"));
	got = fake_paste(&r, "do show interfaces description");
	assert_layout(got, SAMPLE_IF_DESCRIPTION);
	fake_router_fini(&r);
}

static struct route_info route(
	const char *dst, int kind, const char *gw, const char *ifname)
{
	struct route_info i = { .kind = kind,
		.distance = kind == ROUTE_STATIC };

	assert_true(ip_prefix_parse(dst, &i.dst));
	if (gw != NULL)
		i.gw = orbit_ip(gw);
	strlcpy(i.ifname, ifname, sizeof(i.ifname));
	return i;
}

static void routes(void **state)
{
	static const char wan[] = "GigabitEthernet0/0";
	static const char lan[] = "GigabitEthernet0/1";
	struct route_info v[] = {
		route("203.0.113.1/32", ROUTE_LOCAL, NULL, wan),
		route("10.64.255.1/32", ROUTE_CONNECTED, NULL, "Loopback0"),
		route("10.64.1.1/32", ROUTE_LOCAL, NULL, lan),
		route("0.0.0.0/0", ROUTE_STATIC, "203.0.113.6", ""),
		route("203.0.113.0/29", ROUTE_CONNECTED, NULL, wan),
		route("10.64.1.0/24", ROUTE_CONNECTED, NULL, lan),
	};
	struct route_info same[] = {
		route("10.0.1.0/24", ROUTE_CONNECTED, NULL, lan),
		route("10.0.2.0/24", ROUTE_STATIC, "10.0.1.9", ""),
		route("192.0.2.0/24", ROUTE_STATIC, NULL, "Null0"),
	};
	auto_sbuf struct sbuf text = { 0 };

	(void)state;
	CHECK(show_ip_route(v, ARRAY_LEN(v), &out), SAMPLE_IP_ROUTE);
	show_ip_route(same, ARRAY_LEN(same), &text);
	assert_layout(strstr(text.s, "Gateway of"),
		"Gateway of last resort is not set\n\n"
		"      10.0.0.0/24 is subnetted, 2 subnets\n"
		"C        10.0.1.0/24 is directly connected, "
		"GigabitEthernet0/1\n"
		"S        10.0.2.0/24 [1/0] via 10.0.1.9\n"
		"S     192.0.2.0/24 is directly connected, Null0\n");
}

static void output(void *ctx, const char *text, size_t n)
{
	sbuf_add(ctx, text, n);
}

static void asked(void *ctx, int kind, const char *question)
{
	(void)kind;
	sbuf_adds(ctx, question);
}

static void done(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static struct session *person(struct router *r, struct sbuf *out)
{
	struct session_sink sink = {
		.output = output, .ask = asked, .done = done, .ctx = out
	};
	struct session_opts o = {
		.user = "", .line = "con 0", .from = "", .level = 15
	};

	return session_new(r, &o, &sink);
}

static void ping_line(void **state)
{
	struct router r;
	struct iface_info lo = iface("Loopback0", "10.64.1.1", false);
	auto_sbuf struct sbuf out = { 0 };
	struct session *s;

	(void)state;
	fake_router_init(&r);
	fake_box.iface_list = &lo;
	fake_box.n_iface_list = 1;
	s = person(&r, &out);
	assert_int_equal(
		session_run_line(s, "ping 10.64.2.1 source lo0 size 100"),
		CMD_PENDING);
	assert_int_equal(fake_box.ping.count, 5);
	assert_int_equal(fake_box.ping.size, 100);
	assert_int_equal(fake_box.ping.timeout_ms, 2000);
	fake_box.ping_result(fake_box.ping_ctx, '!', 1);
	for (int i = 0; i < 3; i++)
		fake_box.ping_result(fake_box.ping_ctx, '!', 2);
	fake_box.ping_result(fake_box.ping_ctx, '!', 4);
	fake_box.ping_done(fake_box.ping_ctx);
	assert_string_equal(sbuf_str(&out),
		"Type escape sequence to abort.\n"
		"Sending 5, 100-byte ICMP Echos to 10.64.2.1, timeout is 2 "
		"seconds:\n"
		"Packet sent with a source address of 10.64.1.1 \n"
		"!!!!!\n"
		"Success rate is 100 percent (5/5), round-trip min/avg/max = "
		"1/2/4 ms\n");
	assert_false(session_pending(s));
	session_free(s);
	fake_router_fini(&r);
}

/* A ping without arguments asks; a break in the middle sums up. */
static void ping_dialogue(void **state)
{
	static const char *const answers[] = { "", "10.64.2.1", "3", "", "1",
		"", "" };
	struct router r;
	auto_sbuf struct sbuf out = { 0 };
	struct session *s;

	(void)state;
	fake_router_init(&r);
	s = person(&r, &out);
	assert_int_equal(session_run_line(s, "ping"), CMD_PENDING);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_true(session_asking(s));
		assert_int_equal(session_answer(s, answers[i]), CMD_PENDING);
	}
	assert_false(session_asking(s));
	assert_int_equal(fake_box.ping.count, 3);
	assert_int_equal(fake_box.ping.timeout_ms, 1000);
	fake_box.ping_result(fake_box.ping_ctx, '.', 0);
	session_break(s);
	assert_non_null(strstr(out.s,
		"Target IP address: Repeat count [5]: Datagram size [100]: "
		"Timeout in seconds [2]: Extended commands [n]: Sweep range "
		"of sizes [n]: Type escape"));
	assert_non_null(strstr(out.s, ".\nSuccess rate is 0 percent (0/1)\n"));
	session_free(s);
	fake_router_fini(&r);
}

static void admission(void **state)
{
	const struct ike_stats s = { .sas = 3,
		.established = 2,
		.negotiation_limit = 1000,
		.rate_refused = 7,
		.stateless = 9,
		.admission = { .in_requests = 12,
			.in_rejected = 4,
			.out_requests = 1,
			.sa_limit = 3,
			.negotiation_limit = 1 } };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	show_call_admission(&s, &out);
	assert_string_equal(sbuf_str(&out),
		"--------------------------------------------------------------"
		"-------\n"
		"            Crypto Call Admission Control Statistics\n"
		"--------------------------------------------------------------"
		"-------\n"
		"System Resource Limit:        0  Max IKE SAs:     0  "
		"Max in nego:  1000\n"
		"Total IKE SA Count:           3  active:          2  "
		"negotiating:     1\n"
		"Incoming IKE Requests:       12  accepted:        8  "
		"rejected:        4\n"
		"Outgoing IKE Requests:        1  accepted:        1  "
		"rejected:        0\n"
		"Rejected IKE Requests:        4  rsrc low:        0  "
		"Active SA limit: 3\n"
		"                                                     "
		"In-neg SA limit: 1\n"
		"IKE packets dropped at dispatch:        7\n"
		"First messages answered without SA: 9\n");
}

static void error_count(void **state)
{
	struct ike_stats s = { .rx = 0 };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	s.drops[WIRE_TRUNCATED] = 3;
	s.push_drops[WIRE_SIGNATURE] = 12;
	show_error_count(&s, &out);
	assert_string_equal(sbuf_str(&out),
		"Exit Trace counters\n"
		"    ISAKMP      rekey  Reason\n"
		"         3          0  truncated\n"
		"         0         12  signature does not verify\n");
}

/* O=Orbit Lab, CN=gm1 as DER (X.690); cut short it is only octets. */
static void an_identity_that_is_a_name(void **state)
{
	static const uint8_t dn[] = "\x30\x22"
				    "\x31\x12\x30\x10\x06\x03\x55\x04\x0A\x0C\x09"
				    "Orbit Lab"
				    "\x31\x0C\x30\x0A\x06\x03\x55\x04\x03\x0C\x03"
				    "gm1";
	struct ike_sa_info i = { .id_type = 9, .id_n = sizeof(dn) - 1 };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	memcpy(i.id, dn, i.id_n);
	show_isakmp_id(&i, &out);
	assert_string_equal(sbuf_str(&out), "cn=gm1,o=Orbit Lab");
	sbuf_trunc(&out, 0);
	i.id_n = 4;
	show_isakmp_id(&i, &out);
	assert_string_equal(sbuf_str(&out), "0x30223112");
}

static void gdoi_error(void **state)
{
	struct ike_stats s = { .rx = 0 };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	s.drops[WIRE_KE] = 7; /* of phase 1 */
	s.drops[WIRE_UNAUTHORIZED] = s.pull_drops[WIRE_UNAUTHORIZED] = 3;
	s.push_drops[WIRE_HASH] = s.ack_drops[WIRE_HASH] = 2;
	s.push_drops[WIRE_SEQUENCE] = 12;
	show_gdoi_error(&s, &out);
	assert_string_equal(sbuf_str(&out),
		"GDOI messages dropped\n"
		"Registration      Rekey  Rekey ACK  Reason\n"
		"           0          0          2  hash does not match\n"
		"           0         12          0  sequence number not larger "
		"than the last\n"
		"           3          0          0  not authorized\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_that_is_a_name),
		cmocka_unit_test(isakmp_sa),
		cmocka_unit_test(isakmp_policy),
		cmocka_unit_test(isakmp_key),
		cmocka_unit_test(ipsec_sa),
		cmocka_unit_test(ipsec_objects),
		cmocka_unit_test(access_lists),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(routes),
		cmocka_unit_test(ping_line),
		cmocka_unit_test(ping_dialogue),
		cmocka_unit_test(admission),
		cmocka_unit_test(error_count),
		cmocka_unit_test(gdoi_error),
	};

	return cmocka_run_group_tests_name("show_crypto", tests, NULL, NULL);
}
