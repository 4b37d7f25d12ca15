/* What is pasted comes back: the configuration of the lab in its canonical
 * form, and any running-config pasted into an empty router. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_text(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fprintf(stderr, "--- got\n%s--- want\n%s---\n", got, want);
	assert_string_equal(got, want);
}

/* The key server of the lab, line for line. */
static void lab_key_server(void **state)
{
	static const char paste[] =
		"crypto isakmp policy 10\n"
		" encryption aes\n"
		" hash sha\n"
		" authentication pre-share\n"
		" group 5\n"
		"crypto isakmp key MY_KEY address 0.0.0.0\n"
		"crypto ipsec transform-set TRANSFORM_SET esp-aes "
		"esp-sha-hmac\n"
		"crypto ipsec profile IPSEC_PROFILE\n"
		" set transform-set TRANSFORM_SET\n"
		"ip access-list extended ICMP\n"
		" permit icmp any any\n"
		"crypto gdoi group GDOI_GROUP\n"
		" identity number 123\n"
		" server local\n"
		"  address ipv4 192.168.1.254\n"
		"  rekey authentication mypubkey rsa RSA_KEYS\n"
		"  rekey transport unicast\n"
		"  sa ipsec 1\n"
		"   profile IPSEC_PROFILE\n"
		"   match address ipv4 ICMP\n";
	static const char want[] =
		"version 17.9\n"
		"!\n"
		"service timestamps debug datetime msec\n"
		"service timestamps log datetime msec\n"
		"no service password-encryption\n"
		"!\n"
		"hostname Router\n"
		"!\n"
		"no aaa new-model\n"
		"!\n"
		"crypto isakmp policy 10\n"
		" encryption aes\n"
		" authentication pre-share\n"
		" group 5\n"
		"!\n"
		"crypto isakmp key MY_KEY address 0.0.0.0\n"
		"!\n"
		"crypto ipsec transform-set TRANSFORM_SET esp-aes "
		"esp-sha-hmac\n"
		" mode tunnel\n"
		"!\n"
		"crypto ipsec profile IPSEC_PROFILE\n"
		" set transform-set TRANSFORM_SET\n"
		"!\n"
		"crypto gdoi group GDOI_GROUP\n"
		" identity number 123\n"
		" server local\n"
		"  rekey authentication mypubkey rsa RSA_KEYS\n"
		"  rekey transport unicast\n"
		"  sa ipsec 1\n"
		"   profile IPSEC_PROFILE\n"
		"   match address ipv4 ICMP\n"
		"   replay counter window-size 64\n"
		"  address ipv4 192.168.1.254\n"
		"!\n"
		"ip access-list extended ICMP\n"
		" 10 permit icmp any any\n"
		"!\n";
	struct router r;
	auto_free char *printed = NULL, *got = NULL;

	(void)state;
	fake_router_init(&r);
	printed = fake_paste(&r, paste);
	assert_text(printed, "");
	got = fake_running(&r);
	assert_text(got, want);
	fake_router_fini(&r);
}

/* A large canonical sample of every feature, in the order of the document. */
static const char big[] =
	"version 17.9\n"
	"!\n"
	"service timestamps debug uptime\n"
	"service timestamps log datetime msec localtime show-timezone\n"
	"service password-encryption\n"
	"no service config\n"
	"!\n"
	"hostname KS1\n"
	"!\n"
	"boot-start-marker\n"
	"!\n"
	"boot-end-marker\n"
	"!\n"
	"logging buffered 16384 informational\n"
	"!\n"
	"no aaa new-model\n"
	"!\n"
	"no ip domain lookup\n"
	"!\n"
	"ip domain name orbit.example\n"
	"!\n"
	"ip cef\n"
	"!\n"
	"no ipv6 cef\n"
	"!\n"
	"multilink bundle-name authenticated\n"
	"!\n"
	"redundancy\n"
	"!\n"
	"crypto isakmp policy 10\n"
	" encryption aes 256\n"
	" hash sha256\n"
	" authentication pre-share\n"
	" group 14\n"
	" lifetime 3600\n"
	"!\n"
	"crypto isakmp policy 20\n"
	" encryption 3des\n"
	" hash md5\n"
	" authentication pre-share\n"
	" group 2\n"
	"!\n"
	"crypto isakmp key k3y-one address 198.51.100.11\n"
	"crypto isakmp key k3y-two address 203.0.113.0 255.255.255.0 "
	"no-xauth\n"
	"crypto isakmp key k3y-any address 0.0.0.0\n"
	"!\n"
	"crypto isakmp keepalive 15 periodic\n"
	"!\n"
	"crypto ipsec security-association lifetime seconds 7200\n"
	"!\n"
	"crypto ipsec transform-set GCM esp-gcm 256\n"
	" mode tunnel\n"
	"!\n"
	"crypto ipsec transform-set ORBIT_TS esp-aes 256 esp-sha256-hmac\n"
	" mode tunnel\n"
	"!\n"
	"crypto ipsec profile ORBIT_PROF\n"
	" description the group's traffic\n"
	" set security-association lifetime seconds 3600\n"
	" set transform-set ORBIT_TS GCM\n"
	"!\n"
	"crypto gdoi group ORBIT\n"
	" identity number 4711\n"
	" server local\n"
	"  rekey algorithm aes 256\n"
	"  rekey sig-hash algorithm sha256\n"
	"  rekey lifetime seconds 7200\n"
	"  rekey retransmit 20 number 3\n"
	"  rekey authentication mypubkey rsa ORBIT_REKEY\n"
	"  rekey transport unicast\n"
	"  rekey acknowledgement any\n"
	"  authorization address ipv4 10\n"
	"  group size small 12\n"
	"  identifier\n"
	"   range 0 - 9\n"
	"   value 12\n"
	"  sa receive-only\n"
	"  sa ipsec 1\n"
	"   profile ORBIT_PROF\n"
	"   match address ipv4 ORBIT_ACL\n"
	"   replay time window-size 5\n"
	"  sa ipsec 2\n"
	"   profile ORBIT_PROF\n"
	"   match address ipv4 101\n"
	"   no replay\n"
	"  address ipv4 198.51.100.11\n"
	"  redundancy\n"
	"   local priority 100\n"
	"   peer address ipv4 198.51.100.12\n"
	"!\n"
	"crypto gkm group SECOND\n"
	" identity address ipv4 10.9.9.9\n"
	" server address ipv4 198.51.100.12\n"
	" server address ipv4 198.51.100.11\n"
	" client registration interface Loopback0\n"
	" client rekey encryption aes 128 aes 256\n"
	" client rekey hash sha sha256\n"
	" client transform-sets ORBIT_TS\n"
	" passive\n"
	"!\n"
	"crypto map ORBIT_MAP local-address Loopback0\n"
	"crypto map ORBIT_MAP gdoi fail-close\n"
	" match address FC_ACL\n"
	" activate\n"
	"!\n"
	"crypto map ORBIT_MAP 10 gdoi\n"
	" description first\n"
	" set group SECOND\n"
	" match address LOCAL_BYPASS\n"
	"!\n"
	"interface Loopback0\n"
	" ip address 10.64.255.1 255.255.255.255\n"
	"!\n"
	"interface GigabitEthernet0/0\n"
	" description to WAN\n"
	" netdev wan\n"
	" mtu 1400\n"
	" ip address 203.0.113.1 255.255.255.248\n"
	" ip address 203.0.113.9 255.255.255.248 secondary\n"
	" duplex auto\n"
	" speed auto\n"
	" media-type rj45\n"
	" crypto map ORBIT_MAP\n"
	"!\n"
	"interface GigabitEthernet0/1\n"
	" no ip address\n"
	" shutdown\n"
	" negotiation auto\n"
	" no mop enabled\n"
	"!\n"
	"ip forward-protocol nd\n"
	"!\n"
	"no ip http server\n"
	"no ip http secure-server\n"
	"!\n"
	"ip route 0.0.0.0 0.0.0.0 203.0.113.6 name WAN\n"
	"ip route 10.0.0.0 255.0.0.0 Null0 250\n"
	"ip route 10.64.9.0 255.255.255.0 GigabitEthernet0/0 203.0.113.6 "
	"permanent tag 7\n"
	"!\n"
	"ip ssh version 2\n"
	"!\n"
	"ip access-list standard 10\n"
	" 10 permit 203.0.113.1\n"
	" 20 permit 203.0.113.0 0.0.0.7 log\n"
	" 30 deny any\n"
	"!\n"
	"ip access-list extended 101\n"
	" 10 permit ip any any\n"
	"!\n"
	"ip access-list extended LOCAL_BYPASS\n"
	" 10 deny tcp 10.64.1.0 0.0.0.255 10.64.9.0 0.0.0.255 eq 443\n"
	"!\n"
	"ip access-list extended ORBIT_ACL\n"
	" 10 deny udp any eq 848 any eq 848\n"
	" 15 remark management stays clear\n"
	" 20 deny tcp any any eq 22\n"
	" 30 permit icmp host 10.64.1.1 any echo\n"
	" 40 permit tcp any gt 1023 any eq www 443 established\n"
	" 50 permit esp any any dscp ef fragments\n"
	" 60 permit ip 10.64.0.0 0.0.255.255 10.64.0.0 0.0.255.255\n"
	"!\n"
	"control-plane\n"
	"!\n"
	"line con 0\n"
	" exec-timeout 0 0\n"
	" logging synchronous\n"
	" stopbits 1\n"
	"line vty 0 4\n"
	" login local\n"
	" transport input ssh\n"
	"!\n";

static char *paste_new(const char *text)
{
	struct router r;
	char *out;

	fake_router_init(&r);
	free(fake_paste(&r, text));
	out = fake_running(&r);
	fake_router_fini(&r);
	return out;
}

static void big_sample(void **state)
{
	auto_free char *once = paste_new(big), *twice = NULL;

	(void)state;
	assert_text(once, big);
	twice = paste_new(once);
	assert_text(twice, big);
}

/* Pasting the running-config where it runs changes nothing. */
static void paste_over_itself(void **state)
{
	struct router r;
	auto_free char *first = NULL, *second = NULL;
	uint64_t generation;

	(void)state;
	fake_router_init(&r);
	free(fake_paste(&r, big));
	first = fake_running(&r);
	generation = commit_generation(r.commit);
	free(fake_paste(&r, first));
	second = fake_running(&r);
	assert_text(second, first);
	assert_int_equal(commit_generation(r.commit), generation);
	fake_router_fini(&r);
}

/* Indentation means nothing, and no section needs an exit. */
static void without_indentation(void **state)
{
	auto_sbuf struct sbuf flat = { 0 };
	auto_free char *got = NULL;
	bool start = true;

	(void)state;
	for (const char *p = big; *p != '\0'; p++) {
		if (start && *p == ' ')
			continue;
		start = *p == '\n';
		sbuf_addc(&flat, *p);
	}
	got = paste_new(sbuf_str(&flat));
	assert_text(got, big);
}

/* Lines as people write them, and what they become. */
static void canonical_forms(void **state)
{
	static const char *const cases[][2] = {
		{ "crypto isakmp key 0 K address 0.0.0.0 0.0.0.0",
			"crypto isakmp key K address 0.0.0.0" },
		{ "crypto isakmp key K address 10.1.2.3 255.255.0.0",
			"crypto isakmp key K address 10.1.0.0 255.255.0.0" },
		{ "cry ips tr TS esp-aes 128 esp-sha-h",
			"crypto ipsec transform-set TS esp-aes esp-sha-hmac" },
		{ "int gi0/3", "interface GigabitEthernet0/3" },
		{ "int lo 7", "interface Loopback7" },
		{ "ip route 10.0.0.0 255.0.0.0 null0 1",
			"ip route 10.0.0.0 255.0.0.0 Null0" },
		{ "access-list 101 permit tcp 10.1.2.3 0.0.0.0 any eq 80",
			" 10 permit tcp host 10.1.2.3 any eq www" },
		{ "access-list 7 permit host 10.1.2.3", " 10 permit 10.1.2.3" },
		{ "access-list 102 deny ip 10.1.2.3 0.0.0.255 0.0.0.0 "
		  "255.255.255.255",
			" 10 deny ip 10.1.2.0 0.0.0.255 any" },
		{ "logging buffered 8000 6",
			"logging buffered 8000 informational" },
		{ "version 12.4", "version 17.9" },
		{ "no ip http server", "no ip http server" },
		{ "line console 0", "line con 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_free char *got = paste_new(cases[i][0]);
		auto_sbuf struct sbuf line = { 0 };

		sbuf_printf(&line, "\n%s\n", cases[i][1]);
		if (strncmp(got, sbuf_str(&line) + 1, line.n - 1) != 0 &&
			strstr(got, sbuf_str(&line)) == NULL)
			assert_text(got, cases[i][1]);
	}
}

/* What is refused, and how it is said. */
static void refusals(void **state)
{
	static const char *const cases[][2] = {
		{ "interface lo1\nip address 10.0.0.0 255.255.255.0",
			"Bad mask 0xFFFFFF00 for address 10.0.0.0\n" },
		{ "interface lo1\nip address 10.0.0.1 255.255.255.0\n"
		  "interface lo2\nip address 10.0.0.2 255.255.255.0",
			"% 10.0.0.0 overlaps with Loopback1\n" },
		{ "ip route 10.0.0.1 255.255.255.0 10.1.1.1",
			"%Inconsistent address and mask\n" },
		{ "ip route 10.0.0.0 255.255.255.0 192.0.2.1",
			"%Invalid next hop address (it's this router)\n" },
		{ "crypto map M 10 gdoi\nset group NONE",
			"% group NONE doesn't yet exist.\n" },
		{ "crypto gdoi group ipv6 SIX\ncrypto map M 10 gdoi\n"
		  "set group SIX",
			"Group SIX is an IPv6 group and Crypto map is for "
			"IPv4. Please set an IPv4 group.\n" },
		{ "crypto map M 10 gdoi\ninterface gi0/0\ncrypto map M\n"
		  "exit\nno crypto map M",
			"% Crypto-map M is in use by interface(s): "
			"GigabitEthernet0/0\n" },
		{ "ip access-list extended A\n10 permit ip any any\n"
		  "10 permit icmp any any",
			"% Duplicate sequence number\n" },
		{ "crypto isakmp key A address 10.1.1.1\n"
		  "crypto isakmp key B address 10.1.1.1",
			"A pre-shared key for address mask 10.1.1.1 "
			"255.255.255.255 already exists!\n" },
		{ "crypto gdoi group G\nserver local\npfs",
			"GIKEv2 must be configured for pfs\n" },
		{ "crypto gdoi group G\nserver local\nexit\n"
		  "server address ipv4 10.1.1.1",
			"% The group has a local server; remove 'server "
			"local' first\n" },
		{ "crypto ipsec transform-set T esp-gcm esp-sha-hmac",
			"ERROR: transform set has an invalid combination of "
			"transforms\n" },
		{ "interface gi0/0\ncrypto map NONE",
			"ERROR: Crypto Map with tag \"NONE\" does not "
			"exist.\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct router r;
		auto_free char *printed = NULL;
		size_t n = strlen(cases[i][1]), at;

		fake_router_init(&r);
		printed = fake_paste(&r, cases[i][0]);
		at = strlen(printed) < n ? 0 : strlen(printed) - n;
		assert_text(printed + at, cases[i][1]);
		fake_router_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lab_key_server),
		cmocka_unit_test(big_sample),
		cmocka_unit_test(paste_over_itself),
		cmocka_unit_test(without_indentation),
		cmocka_unit_test(canonical_forms),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests_name("roundtrip", tests, NULL, NULL);
}
