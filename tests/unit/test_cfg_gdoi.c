/* From configuration text to the policies that the box gets: key servers,
 * members, crypto maps, interfaces, routes. */
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#define KS_BASE                                                                \
	"crypto ipsec transform-set TS esp-aes 256 esp-sha256-hmac\n"          \
	"crypto ipsec profile PROF\n"                                          \
	" set transform-set TS\n"                                              \
	" set security-association lifetime seconds 600\n"                     \
	"ip access-list extended ACL\n"                                        \
	" permit icmp any any\n"

static void configure(struct router *r, const char *text)
{
	free(fake_paste(r, text));
}

static void key_server_defaults(void **state)
{
	struct router r;
	const struct ks_policy *k;

	(void)state;
	fake_router_init(&r);
	configure(&r, KS_BASE "crypto gdoi group G\n"
			      " identity number 123\n"
			      " server local\n"
			      "  address ipv4 192.168.1.254\n"
			      "  rekey authentication mypubkey rsa KEYS\n"
			      "  rekey transport unicast\n"
			      "  sa ipsec 1\n"
			      "   profile PROF\n"
			      "   match address ipv4 ACL\n");
	assert_int_equal(fake_box.n_ks, 1);
	k = &fake_box.ks[0];
	assert_string_equal(k->group, "G");
	assert_true(k->id.is_set);
	assert_false(k->id.is_addr);
	assert_int_equal(k->id.number, 123);
	assert_int_equal(ip_u32(&k->local), 0xc0a801fe);
	assert_int_equal(k->kek_cipher, CIPHER_3DES);
	assert_int_equal(k->sig_hash, HASH_SHA1);
	assert_string_equal(k->key_label, "KEYS");
	assert_int_equal(k->kek_life_secs, 86400);
	assert_int_equal(k->retransmit_secs, 10);
	assert_int_equal(k->retransmit_count, 2);
	assert_true(k->unicast);
	assert_int_equal(k->ack, REKEY_ACK_CISCO);
	assert_int_equal(k->sid_bits, 24);
	assert_null(k->authorization);
	assert_int_equal(k->n_sas, 1);
	assert_true(k->sa[0].complete);
	assert_int_equal(k->sa[0].life_secs, 600);
	assert_int_equal(k->sa[0].suite.cipher, ESP_CIPHER_AES_CBC);
	assert_int_equal(k->sa[0].suite.key_bits, 256);
	assert_int_equal(k->sa[0].suite.auth, ESP_AUTH_SHA256);
	assert_int_equal(k->sa[0].replay, REPLAY_COUNTER);
	assert_int_equal(k->sa[0].replay_window, 64);
	assert_int_equal(fake_box.ks_acl[0].n, 1);
	assert_int_equal(fake_box.ks_acl[0].v[0].proto, 1);
	fake_router_fini(&r);
}

/* The group of a multicast rekey comes from an access list, and follows it. */
static void rekey_address(void **state)
{
	struct router r;
	auto_free char *out = NULL;
	const struct ks_policy *k;

	(void)state;
	fake_router_init(&r);
	configure(&r, KS_BASE "crypto gdoi group G\n"
			      " server local\n"
			      "  rekey address ipv4 REKEY\n");
	k = &fake_box.ks[0];
	assert_false(k->unicast);
	assert_string_equal(k->rekey_acl, "REKEY");
	assert_false(ip_is_set(&k->rekey_dst.ip));
	configure(&r, "ip access-list extended REKEY\n"
		      " deny udp any host 239.9.9.9\n"
		      " permit udp any host 10.1.1.1 eq 848\n"
		      " permit udp host 10.0.1.1 eq 848 host 239.10.1.1 eq 849\n");
	k = &fake_box.ks[0];
	assert_int_equal(ip_u32(&k->rekey_dst.ip), 0xef0a0101);
	assert_int_equal(k->rekey_dst.port, 849);
	out = fake_paste(&r, "crypto gdoi group G\n"
			     " server local\n"
			     "  rekey address ipv4 ACL\n");
	assert_non_null(strstr(out, "permits no UDP to a multicast host"));
	assert_false(ip_is_set(&fake_box.ks[0].rekey_dst.ip));
	fake_router_fini(&r);
}

static void key_server_all(void **state)
{
	struct router r;
	const struct ks_policy *k;

	(void)state;
	fake_router_init(&r);
	configure(&r, KS_BASE "crypto gkm group G\n"
			      " identity address ipv4 10.0.0.9\n"
			      " server local\n"
			      "  rekey algorithm aes 192\n"
			      "  rekey sig-hash algorithm sha512\n"
			      "  rekey lifetime days 2\n"
			      "  rekey retransmit 30 periodic\n"
			      "  rekey acknowledgement interoperable\n"
			      "  authorization address ipv4 10\n"
			      "  group size small 12\n"
			      "  identifier\n"
			      "   range 3 - 5\n"
			      "   value 1\n"
			      "  sa receive-only\n"
			      "  sa ipsec 7\n"
			      "   replay time window-size 5\n"
			      "  sa ipsec 8\n"
			      "   no replay\n");
	assert_int_equal(fake_box.n_ks, 1);
	k = &fake_box.ks[0];
	assert_true(k->id.is_addr);
	assert_int_equal(k->id.number, 0x0a000009);
	assert_int_equal(k->kek_cipher, CIPHER_AES192);
	assert_int_equal(k->sig_hash, HASH_SHA512);
	assert_int_equal(k->kek_life_secs, 172800);
	assert_int_equal(k->retransmit_secs, 30);
	assert_int_equal(k->retransmit_count, LIFE_FOREVER);
	assert_false(k->unicast);
	assert_int_equal(k->ack, REKEY_ACK_INTEROPERABLE);
	assert_non_null(k->authorization);
	assert_int_equal(k->sid_bits, 12);
	assert_int_equal(k->n_kssids, 4);
	assert_true(k->receive_only);
	assert_int_equal(k->n_sas, 2);
	assert_int_equal(k->sa[0].number, 7);
	assert_int_equal(k->sa[0].replay, REPLAY_TIME);
	assert_int_equal(k->sa[0].replay_window, 5000);
	assert_int_equal(k->sa[1].replay, REPLAY_NONE);
	assert_int_equal(k->sa[0].d3p_ms, 0);
	assert_false(k->sa[0].complete);
	fake_router_fini(&r);
}

#define SERVER "crypto gdoi group G\n server local\n"

/* One stamp a packet: the group's time or IP-D3P's. */
static void stamps(void **state)
{
	const struct ks_policy *k;
	struct router r;

	(void)state;
	fake_router_init(&r);
	configure(&r, SERVER "  sa d3p window msec 1500\n"
			     "  sa ipsec 1\n");
	k = &fake_box.ks[0];
	assert_int_equal(k->sa[0].d3p_ms, 1500);
	assert_int_equal(k->sa[0].replay, REPLAY_COUNTER);
	configure(&r, SERVER "  sa ipsec 1\n"
			     "   replay time window-size 5\n");
	assert_int_equal(k->sa[0].replay, REPLAY_COUNTER);
	configure(&r, SERVER "  no sa d3p\n"
			     "  sa ipsec 1\n"
			     "   replay time window-size msec 500\n");
	k = &fake_box.ks[0];
	assert_int_equal(k->sa[0].d3p_ms, 0);
	assert_int_equal(k->sa[0].replay, REPLAY_TIME);
	assert_int_equal(k->sa[0].replay_window, 500);
	configure(&r, SERVER "  sa d3p window sec 5\n");
	assert_int_equal(fake_box.ks[0].sa[0].d3p_ms, 0);
	configure(&r, SERVER "  sa ipsec 1\n"
			     "   replay time\n");
	assert_int_equal(fake_box.ks[0].sa[0].replay_window, 100000);
	fake_router_fini(&r);
}

/* Names may come later, and may go again. */
static void dangling(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	configure(&r, "crypto gdoi group G\n"
		      " server local\n"
		      "  sa ipsec 1\n"
		      "   profile PROF\n"
		      "   match address ipv4 ACL\n");
	assert_false(fake_box.ks[0].sa[0].complete);
	assert_string_equal(fake_box.ks[0].sa[0].profile, "PROF");
	configure(&r, KS_BASE);
	assert_true(fake_box.ks[0].sa[0].complete);
	configure(&r, "ip access-list extended ACL\n 5 deny esp any any\n");
	assert_int_equal(fake_box.ks_acl[0].n, 2);
	configure(&r, "no ip access-list extended ACL\n");
	assert_false(fake_box.ks[0].sa[0].complete);
	configure(&r, "no crypto gdoi group G\n");
	assert_int_equal(fake_box.n_ks, 0);
	fake_router_fini(&r);
}

static void member(void **state)
{
	struct router r;
	const struct gm_policy *g;
	const struct crypto_map_entry *m;

	(void)state;
	fake_router_init(&r);
	configure(&r, "crypto ipsec transform-set TS esp-gcm 256\n"
		      "crypto gdoi group G\n"
		      " identity number 123\n"
		      " server address ipv4 10.0.0.2\n"
		      " server address ipv4 10.0.0.1\n"
		      " client rekey encryption aes 256 3des-cbc\n"
		      " client rekey hash sha256\n"
		      " client transform-sets TS\n"
		      " client registration interface lo0\n"
		      " passive\n"
		      "ip access-list extended LOCAL\n"
		      " deny tcp any any eq 22\n"
		      "crypto map M isakmp-profile P\n"
		      "crypto map M 10 gdoi\n"
		      " set group G\n"
		      " match address LOCAL\n"
		      "interface gi0/0\n"
		      " ip address 10.1.1.1 255.255.255.0\n"
		      " ip address 10.1.2.1 255.255.255.0 secondary\n"
		      " mtu 1400\n"
		      " netdev wan\n"
		      " crypto map M\n");
	assert_int_equal(fake_box.n_groups, 1);
	g = &fake_box.groups[0];
	assert_int_equal(g->n_servers, 2);
	assert_int_equal(ip_u32(&g->server[0]), 0x0a000002);
	assert_int_equal(
		g->kek_ciphers, 1U << CIPHER_AES256 | 1U << CIPHER_3DES);
	assert_int_equal(g->sig_hashes, 1U << HASH_SHA256);
	assert_int_equal(g->n_suites, 1);
	assert_int_equal(g->suites[0].cipher, ESP_CIPHER_AES_GCM);
	assert_true(g->passive);
	assert_int_equal(fake_box.n_maps, 1);
	m = &fake_box.maps[0];
	assert_string_equal(m->map, "M");
	assert_int_equal(m->seq, 10);
	assert_string_equal(m->group, "G");
	assert_string_equal(m->local_address, "Loopback0");
	assert_string_equal(m->isakmp_profile, "P");
	assert_int_equal(fake_box.map_acl[0].n, 1);
	assert_int_equal(fake_box.n_ifaces, 1);
	assert_string_equal(fake_box.ifaces[0].ifname, "GigabitEthernet0/0");
	assert_string_equal(fake_box.ifaces[0].netdev, "wan");
	assert_string_equal(fake_box.ifaces[0].crypto_map, "M");
	assert_int_equal(fake_box.ifaces[0].mtu, 1400);
	assert_int_equal(fake_box.ifaces[0].n_addr, 2);
	assert_int_equal(fake_box.ifaces[0].addr[1].len, 24);
	assert_false(fake_box.ifaces[0].shutdown);
	configure(&r, "interface gi0/0\n shutdown\n no crypto map\n");
	assert_true(fake_box.ifaces[0].shutdown);
	assert_string_equal(fake_box.ifaces[0].crypto_map, "");
	fake_router_fini(&r);
}

/* An interface closes when it carries the map and the mode is activated. */
static void fail_close(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	configure(&r, "crypto gdoi group G\n"
		      " identity number 123\n"
		      " server address ipv4 10.0.0.2\n"
		      " client fail-close revert\n"
		      "crypto map M gdoi fail-close\n"
		      " match address FC\n"
		      "crypto map M 10 gdoi\n"
		      " set group G\n"
		      "interface gi0/0\n"
		      " crypto map M\n"
		      "interface gi0/1\n"
		      " crypto map M\n");
	assert_true(fake_box.groups[0].fail_close_revert);
	assert_int_equal(fake_box.n_closed, 0);
	configure(&r, "crypto map M gdoi fail-close\n activate\n");
	assert_int_equal(fake_box.n_closed, 2);
	assert_string_equal(fake_box.closed[0].map, "M");
	assert_string_equal(fake_box.closed[1].ifname, "GigabitEthernet0/1");
	assert_null(fake_box.closed[0].acl);
	configure(&r, "ip access-list extended FC\n deny ospf any any\n");
	assert_int_equal(fake_box.closed[0].acl->n, 1);
	assert_false(fake_box.closed[0].acl->v[0].permit);
	configure(&r, "interface gi0/1\n no crypto map\n");
	assert_int_equal(fake_box.n_closed, 1);
	configure(&r, "crypto map M gdoi fail-close\n no activate\n");
	assert_int_equal(fake_box.n_closed, 0);
	configure(&r, "no crypto map M gdoi fail-close\n");
	fake_router_fini(&r);
}

/* Groups, maps, lists and fail-close of IPv6, beside those of IPv4. */
static void ipv6(void **state)
{
	struct router r;
	const struct crypto_map_entry *m;

	(void)state;
	fake_router_init(&r);
	configure(&r, KS_BASE
		"ipv6 access-list P6\n"
		" permit ipv6 2001:DB8:1::/48 2001:DB8:2::/48\n"
		"crypto gdoi group ipv6 K6\n"
		" server local\n"
		"  sa ipsec 1\n"
		"   profile PROF\n"
		"   match address ipv6 P6\n"
		"crypto gdoi group ipv6 G6\n"
		" identity number 6\n"
		" server address ipv4 10.0.0.1\n"
		"ipv6 access-list L6\n"
		" deny udp any any eq 53\n"
		"crypto map ipv6 M6 gdoi fail-close\n"
		" activate\n"
		"crypto map ipv6 M6 10 gdoi\n"
		" set group G6\n"
		" match address L6\n"
		"interface gi0/0\n"
		" ipv6 crypto map M6\n");
	assert_true(fake_box.ks[0].ip6);
	assert_true(fake_box.ks[0].sa[0].complete);
	assert_true(fake_box.ks_acl[0].ip6);
	assert_int_equal(fake_box.ks_acl[0].v[0].src6.len, 48);
	assert_int_equal(fake_box.n_groups, 1);
	assert_true(fake_box.groups[0].ip6);
	m = &fake_box.maps[0];
	assert_true(m->ip6);
	assert_string_equal(m->group, "G6");
	assert_true(fake_box.map_acl[0].ip6);
	assert_int_equal(fake_box.map_acl[0].v[0].dport.p[0], 53);
	assert_string_equal(fake_box.ifaces[0].crypto_map6, "M6");
	assert_string_equal(fake_box.ifaces[0].crypto_map, "");
	assert_int_equal(fake_box.n_closed, 1);
	assert_true(fake_box.closed[0].ip6);
	configure(&r, "ipv6 access-list P6\n permit icmp any any\n");
	assert_int_equal(fake_box.ks_acl[0].n, 2);
	configure(&r, "interface gi0/0\n no ipv6 crypto map\n");
	assert_string_equal(fake_box.ifaces[0].crypto_map6, "");
	assert_int_equal(fake_box.n_closed, 0);
	configure(&r, "no crypto map ipv6 M6\n");
	assert_int_equal(fake_box.n_maps, 0);
	fake_router_fini(&r);
}

static void routes(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	configure(&r, "ip route 0.0.0.0 0.0.0.0 10.0.0.1\n"
		      "ip route 10.5.0.0 255.255.0.0 Gi0/1 10.0.0.2 200\n"
		      "ip route 10.6.0.0 255.255.0.0 Null0 name HOLE\n");
	assert_int_equal(fake_box.n_routes, 3);
	assert_int_equal(fake_box.routes[0].dst.len, 0);
	assert_int_equal(fake_box.routes[0].distance, 1);
	assert_string_equal(fake_box.routes[1].ifname, "GigabitEthernet0/1");
	assert_int_equal(ip_u32(&fake_box.routes[1].gw), 0x0a000002);
	assert_int_equal(fake_box.routes[1].distance, 200);
	assert_string_equal(fake_box.routes[2].ifname, "Null0");
	assert_false(ip_is_set(&fake_box.routes[2].gw));
	configure(&r, "no ip route 10.5.0.0 255.255.0.0 Gi0/1 10.0.0.2\n");
	assert_int_equal(fake_box.n_routes, 2);
	fake_router_fini(&r);
}

/* A batch settles each feature once. */
static void once_a_batch(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	configure(&r,
		KS_BASE "crypto gdoi group G\n server local\n  sa ipsec 1\n"
			"interface lo0\n ip address 10.1.1.1 255.255.255.0\n");
	assert_int_equal(fake_box.sets[0], 1);
	assert_int_equal(fake_box.sets[1], 0);
	assert_int_equal(fake_box.sets[2], 0);
	assert_int_equal(fake_box.sets[3], 1);
	assert_int_equal(fake_box.sets[4], 1);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_server_defaults),
		cmocka_unit_test(rekey_address),
		cmocka_unit_test(key_server_all),
		cmocka_unit_test(stamps),
		cmocka_unit_test(dangling),
		cmocka_unit_test(member),
		cmocka_unit_test(fail_close),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(routes),
		cmocka_unit_test(once_a_batch),
	};

	return cmocka_run_group_tests_name("cfg_gdoi", tests, NULL, NULL);
}
