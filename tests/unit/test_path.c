/* What becomes of a packet: each reason, and the order of groups. */
#include "dataplane/path.h"
#include "tests/unit/test.h"
#include <netinet/in.h>
#include <string.h>

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define SRC           A(10, 1, 0, 2)
#define DST           A(10, 2, 0, 2)

static struct ace entry(bool permit, int proto, uint32_t seq)
{
	struct ace e = ace_any(permit);

	e.proto = (int16_t)proto;
	e.seq = seq;
	return e;
}

static struct ace policy_v[3], local_v[2];
static struct acl policy = { .name = "P", .v = policy_v, .n = 2 };
static struct acl local = { .name = "L", .v = local_v, .n = 2 };

/* deny udp, permit tcp from here to there; locally permit tcp, deny port 22 */
static struct dp_group_view group(void)
{
	policy_v[0] = entry(false, IPPROTO_UDP, 10);
	policy_v[1] = entry(true, IPPROTO_TCP, 20);
	policy_v[1].src = (struct ip_wild){ A(10, 1, 0, 0), 0xffff };
	policy_v[1].dst = (struct ip_wild){ A(10, 2, 0, 0), 0xffff };
	local_v[0] = entry(true, IPPROTO_TCP, 10);
	local_v[1] = entry(false, IPPROTO_TCP, 20);
	local_v[1].dport = (struct ace_port){ PORT_EQ, 1, { 22 } };
	return (struct dp_group_view){ .cfg = { .id = 1,
					       .netdev = "wan",
					       .order = 10,
					       .local = &local,
					       .policy = &policy,
					       .encrypt_out = true },
		.sending = 0x100,
		.n_sas = 1,
		.newest = 0x100 };
}

static struct packet_key packet(int proto, uint16_t sport, uint16_t dport)
{
	return (struct packet_key){ .src = SRC,
		.dst = DST,
		.proto = (uint8_t)proto,
		.has_l4 = true,
		.sport = sport,
		.dport = dport };
}

static struct packet_key answer(int proto, uint16_t sport, uint16_t dport)
{
	struct packet_key k = packet(proto, sport, dport);

	k.src = DST;
	k.dst = SRC;
	return k;
}

#define IS(v, f, w)                                                            \
	do {                                                                   \
		struct path_verdict got_ = (v);                                \
		assert_int_equal(got_.fate, f);                                \
		assert_string_equal(                                           \
			path_why_text(got_.why), path_why_text(PATH_WHY_##w)); \
	} while (0)

static void outbound(void **state)
{
	struct dp_group_view g = group();
	struct packet_key tcp = packet(6, 4000, 80), ssh = packet(6, 4000, 22);
	struct packet_key udp = packet(17, 848, 53), gre = packet(47, 0, 0);
	struct path_verdict v = path_out(&g, 1, &tcp, "wan", false);

	(void)state;
	IS(v, PATH_ENCRYPT, SELECTED);
	assert_int_equal(v.spi, 0x100);
	assert_ptr_equal(v.ace, &policy_v[1]);
	v = path_out(&g, 1, &ssh, "wan", false);
	IS(v, PATH_CLEAR, LOCAL_DENY);
	assert_ptr_equal(v.ace, &local_v[1]);
	IS(path_out(&g, 1, &udp, "wan", false), PATH_CLEAR, DENY);
	IS(path_out(&g, 1, &udp, "wan", true), PATH_CLEAR, GDOI);
	IS(path_out(&g, 1, &gre, "wan", false), PATH_CLEAR, NO_MATCH);
	IS(path_out(&g, 1, &tcp, "lan", false), PATH_CLEAR, NO_GROUP);
	g.sending = 0;
	IS(path_out(&g, 1, &tcp, "wan", false), PATH_DROP, NO_SA);
	g.cfg.no_sa = DP_NO_SA_CLEAR;
	IS(path_out(&g, 1, &tcp, "wan", false), PATH_CLEAR, NO_SA_CLEAR);
	g.cfg.encrypt_out = false;
	IS(path_out(&g, 1, &tcp, "wan", false), PATH_CLEAR, RECEIVE_ONLY);
	g.cfg.policy = NULL;
	IS(path_out(&g, 1, &tcp, "wan", false), PATH_CLEAR, NO_GROUP);
}

/* What the first group leaves alone, the second may take. */
static void groups_in_order(void **state)
{
	struct dp_group_view g[2] = { group(), group() };
	struct ace all = entry(true, ACE_ANY, 10);
	struct acl second = { .name = "S", .v = &all, .n = 1 };
	struct packet_key udp = packet(17, 5, 53), tcp = packet(6, 5, 80);

	(void)state;
	g[1].cfg.policy = &second;
	g[1].cfg.local = NULL;
	g[1].sending = 0x200;
	assert_int_equal(path_out(g, 2, &tcp, "wan", false).spi, 0x100);
	assert_int_equal(path_out(g, 2, &udp, "wan", false).spi, 0x200);
	g[0].cfg.encrypt_out = false;
	assert_int_equal(path_out(g, 2, &tcp, "wan", false).spi, 0x200);
}

static void inbound_clear(void **state)
{
	struct dp_group_view g = group();
	struct packet_key tcp = answer(6, 80, 4000), ssh = answer(6, 22, 4000);
	struct packet_key there = packet(6, 4000, 80);
	struct packet_key gdoi = answer(17, 848, 848);

	(void)state;
	IS(path_in(&g, 1, &tcp, "wan", false), PATH_DROP, CLEAR_REFUSED);
	IS(path_in(&g, 1, &ssh, "wan", false), PATH_CLEAR, LOCAL_DENY);
	IS(path_in(&g, 1, &there, "wan", false), PATH_CLEAR, NO_MATCH);
	IS(path_in(&g, 1, &gdoi, "wan", true), PATH_CLEAR, GDOI);
	IS(path_in(&g, 1, &gdoi, "wan", false), PATH_CLEAR, DENY);
	g.sending = 0;
	IS(path_in(&g, 1, &tcp, "wan", false), PATH_DROP, CLEAR_REFUSED);
	g.cfg.no_sa = DP_NO_SA_CLEAR;
	IS(path_in(&g, 1, &tcp, "wan", false), PATH_CLEAR, NO_SA_CLEAR);
	g.cfg.clear_in = DP_CLEAR_IN_ACCEPT;
	IS(path_in(&g, 1, &tcp, "wan", false), PATH_CLEAR, CLEAR_ACCEPTED);
}

static void inbound_esp(void **state)
{
	struct dp_group_view g = group();
	struct packet_key tcp = answer(6, 80, 4000), gre = answer(47, 0, 0);
	struct path_verdict v = path_in_esp(&g, 1, &tcp, "wan");

	(void)state;
	IS(v, PATH_DECRYPT, SELECTED);
	assert_ptr_equal(v.ace, &policy_v[1]);
	IS(path_in_esp(&g, 1, &gre, "wan"), PATH_DROP, ESP_OUTSIDE);
	IS(path_in_esp(&g, 1, &tcp, "lan"), PATH_CLEAR, NO_GROUP);
	g.n_sas = 0;
	IS(path_in_esp(&g, 1, &tcp, "wan"), PATH_CLEAR, ESP_ODD);
	policy_v[1].proto = ACE_ANY;
	IS(path_in_esp(&g, 1, &tcp, "wan"), PATH_DROP, ESP_UNKNOWN);
	g.cfg.clear_in = DP_CLEAR_IN_ACCEPT;
	IS(path_in_esp(&g, 1, &tcp, "wan"), PATH_CLEAR, CLEAR_ACCEPTED);
	g.n_sas = 1;
	g.cfg.policy = NULL;
	IS(path_in_esp(&g, 1, &tcp, "wan"), PATH_DROP, ESP_OUTSIDE);
}

/* A multicast packet is the same in both directions. */
static void multicast(void **state)
{
	struct dp_group_view g = group();
	struct packet_key k = packet(6, 4000, 80);

	(void)state;
	policy_v[1].dst = (struct ip_wild){ A(239, 1, 1, 1), 0 };
	k.dst = A(239, 1, 1, 1);
	IS(path_out(&g, 1, &k, "wan", false), PATH_ENCRYPT, SELECTED);
	IS(path_in(&g, 1, &k, "wan", false), PATH_DROP, CLEAR_REFUSED);
	IS(path_in_esp(&g, 1, &k, "wan"), PATH_DECRYPT, SELECTED);
}

static struct path_verdict closed(
	const struct packet_key *k, bool in, bool ours)
{
	struct path_verdict r = { .fate = PATH_CLEAR,
		.why = PATH_WHY_NO_GROUP };

	path_fail_close(&r, &local, k, in, ours);
	return r;
}

static void fail_close(void **state)
{
	struct packet_key web = packet(6, 4000, 80), ssh = packet(6, 4000, 22),
			  icmp = packet(1, 0, 0), ike = packet(17, 500, 500);
	struct path_verdict sealed = { .fate = PATH_ENCRYPT };

	(void)state;
	(void)group();
	local_v[0] = entry(false, IPPROTO_TCP, 10);
	local_v[0].dport = (struct ace_port){ PORT_EQ, 1, { 22 } };
	local_v[1] = entry(true, IPPROTO_TCP, 20);
	IS(closed(&web, false, false), PATH_DROP, FAIL_CLOSE);
	IS(closed(&icmp, false, false), PATH_DROP, FAIL_CLOSE);
	IS(closed(&ssh, false, false), PATH_CLEAR, FAIL_CLOSE_DENY);
	IS(closed(&ssh, true, false), PATH_DROP, FAIL_CLOSE); /* mirrored */
	ssh = answer(6, 22, 4000);
	IS(closed(&ssh, true, false), PATH_CLEAR, FAIL_CLOSE_DENY);
	IS(closed(&ike, false, true), PATH_CLEAR, NO_GROUP);
	IS(closed(&ike, false, false), PATH_DROP, FAIL_CLOSE);
	path_fail_close(&sealed, &local, &web, false, false);
	assert_int_equal(sealed.fate, PATH_ENCRYPT);
}

/* A group sees only its own family; the link's own talk passes. */
static void ipv6(void **state)
{
	struct ace e = ace_any(true);
	struct acl list = { .name = "SIX", .ip6 = true, .v = &e, .n = 1 };
	struct dp_group_view v[] = { group(), group() };
	struct packet6_key six = { .src = { 6, { 0x20, 1 } },
		.dst = { 6, { 0x20, 2 } } };
	struct packet_key k = { .six = &six, .proto = 6, .has_l4 = true };

	(void)state;
	e.ip6 = true;
	v[1].cfg.ip6 = true;
	v[1].cfg.local = NULL;
	v[1].cfg.policy = &list;
	IS(path_out(v, 1, &k, "wan", false), PATH_CLEAR, NO_GROUP);
	IS(path_out(v, 2, &k, "wan", false), PATH_ENCRYPT, SELECTED);
	IS(path_in(v, 2, &k, "wan", false), PATH_DROP, CLEAR_REFUSED);
	IS(path_in_esp(v, 2, &k, "wan"), PATH_DECRYPT, SELECTED);
	k.proto = 58;
	k.icmp_type = 135;
	IS(path_out(v, 2, &k, "wan", true), PATH_CLEAR, NEIGHBOURS);
	IS(path_out(v, 2, &k, "wan", false), PATH_ENCRYPT, SELECTED);
	IS(path_in(v, 2, &k, "wan", true), PATH_CLEAR, NEIGHBOURS);
	IS(path_in(v, 2, &k, "wan", false), PATH_DROP, CLEAR_REFUSED);
	six.dst = (struct ip_addr){ 6, { 0xff, 2 } };
	IS(path_in(v, 2, &k, "wan", false), PATH_CLEAR, NEIGHBOURS);
	k.proto = 17;
	k.sport = k.dport = 848;
	IS(path_out(v, 2, &k, "wan", true), PATH_ENCRYPT, SELECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6),
		cmocka_unit_test(outbound),
		cmocka_unit_test(groups_in_order),
		cmocka_unit_test(inbound_clear),
		cmocka_unit_test(inbound_esp),
		cmocka_unit_test(multicast),
		cmocka_unit_test(fail_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
