/* The compiler against the reference evaluator: random lists, random packets
 * through a real ruleset in a network namespace of this process.  The counter
 * of exactly the entry that acl_match() names must have moved. */
#include "dataplane/nl.h"
#include "dataplane/selector_nft.h"
#include "tests/unit/acl_random.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LISTS   40
#define ENTRIES 12
#define PACKETS 60
#define TABLE   "test"

#define LONG_LISTS   12
#define LONG_ENTRIES 1000
#define LONG_PACKETS 1000
#define LOOK         100 /* packets between two looks at the counters */

static void load(struct nl *nl, const struct acl *acl)
{
	const struct acl_verdicts v = { .permit = NF_DROP, .deny = NF_DROP };
	struct nl_batch b = { 0 };
	struct nft_rule r;

	nl_batch_begin(&b);
	nft_use(&b, acl->ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4, TABLE);
	nft_table_add(&b);
	nft_table_del(&b);
	nft_table_add(&b);
	nft_chain_add(&b, "t", -1, 0, NULL);
	nft_chain_add(&b, "out", NF_INET_LOCAL_OUT, 0, "filter");
	acl_nft_compile(&b, "t", acl, &v);
	r = nft_rule_begin(&b, "out");
	if (acl->ip6) { /* not the kernel's own solicitations */
		nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, 8, 2);
		nft_cmp(&r, NFT_CMP_EQ, "\x20\x01", 2);
	}
	nft_verdict(&r, NFT_JUMP, "t");
	nft_rule_end(&r);
	assert_int_equal(nl_batch_commit(nl, &b), 0);
	nl_batch_free(&b);
}

/* An interface that swallows everything. */
static int sink_open(void)
{
	struct ifreq r = { .ifr_name = "sink",
		.ifr_flags = IFF_TUN | IFF_NO_PI };
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = r.ifr_name };
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(tun, TUNSETIFF, &r), 0);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(0x01010101);
	assert_int_equal(ioctl(s, SIOCSIFADDR, &r), 0);
	r.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
	route.rt_dst.sa_family = AF_INET;
	route.rt_genmask.sa_family = AF_INET;
	assert_int_equal(ioctl(s, SIOCADDRT, &route), 0);
	close(s);
	return tun;
}

static void show(const struct acl *acl, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < acl->n; i++) {
		auto_sbuf struct sbuf out = { 0 };

		ace_text(&acl->v[i], ACE_STYLE_CONFIG, &out);
		print_message("# %zu: %s\n", i, sbuf_str(&out));
	}
	print_message("# packet:");
	for (size_t i = 0; i < n; i++)
		print_message(" %02x", p[i]);
	print_message("\n");
}

/* Out, or stopped by the list: nothing else may keep it from the chain. */
static void sent(ssize_t n)
{
	assert_true(n > 0 || errno == EPERM);
}

/* Sends a packet and says which entry it must have met. */
static int packet_send(
	int raw, const struct acl *acl, uint8_t p[128], size_t *n)
{
	struct packet6_key six;
	struct packet_key k;

	if (acl->ip6) {
		struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

		*n = rnd_packet6(p, false);
		memcpy(&to.sin6_addr, p + 24, 16);
		sent(sendto(raw, p, *n, 0, (void *)&to, sizeof(to)));
		assert_true(packet6_key_read(p, *n, &six, &k));
	} else {
		struct sockaddr_in to = { .sin_family = AF_INET };

		*n = rnd_packet(p);
		memcpy(&to.sin_addr, p + 16, 4);
		sent(sendto(raw, p, *n, 0, (void *)&to, sizeof(to)));
		assert_true(packet_key_read(p, *n, &k));
	}
	return acl_match(acl, &k);
}

static void lists_try(struct nl *nl, int raw, bool ip6)
{
	for (size_t l = 0; l < LISTS; l++) {
		struct ace v[ENTRIES];
		struct acl acl = { .v = v, .n = ENTRIES, .ip6 = ip6 };
		uint64_t want[ENTRIES] = { 0 }, got[ENTRIES];

		for (size_t i = 0; i < ENTRIES; i++)
			v[i] = ip6 ? rnd_ace6((uint32_t)i)
				   : rnd_ace((uint32_t)i);
		load(nl, &acl);
		for (size_t i = 0; i < PACKETS; i++) {
			uint8_t p[128];
			size_t n;
			int m = packet_send(raw, &acl, p, &n);

			if (m >= 0)
				want[m]++;
			assert_int_equal(
				nft_entry_counters(nl,
					ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
					TABLE, "t", got, ENTRIES),
				0);
			if (memcmp(want, got, sizeof(got)))
				show(&acl, p, n);
			assert_memory_equal(want, got, sizeof(got));
		}
	}
}

/* Long lists, which become maps; so many packets between two looks. */
static void long_list_try(struct nl *nl, int raw, size_t n, enum acl_style how)
{
	struct acl acl = { .v = xcalloc(n, sizeof(*acl.v)), .n = n };
	auto_free uint64_t *want = xcalloc(n, sizeof(*want));
	auto_free uint64_t *got = xcalloc(n, sizeof(*got));

	for (size_t i = 0; i < n; i++)
		acl.v[i] = rnd_ace_long((uint32_t)i, how);
	load(nl, &acl);
	for (size_t i = 0; i < LONG_PACKETS; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET };
		uint8_t p[64];
		size_t size = rnd_packet_for(&acl, p);
		struct packet_key k;
		int m;

		memcpy(&to.sin_addr, p + 16, 4);
		sent(sendto(raw, p, size, 0, (void *)&to, sizeof(to)));
		assert_true(packet_key_read(p, size, &k));
		m = acl_match(&acl, &k);
		if (m >= 0)
			want[m]++;
		if (i % LOOK && i != LONG_PACKETS - 1)
			continue;
		assert_int_equal(nft_entry_counters(
					 nl, NFPROTO_IPV4, TABLE, "t", got, n),
			0);
		for (size_t e = 0; e < n; e++) {
			struct acl one = { .v = &acl.v[e], .n = 1 };

			if (want[e] != got[e])
				show(&one, p, size);
		}
		assert_memory_equal(want, got, n * sizeof(*got));
	}
	acl_free(&acl);
}

static void kernel_agrees_on_long_lists(void **state)
{
	int sink, raw;
	struct nl nl;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNET))
		skip();
	sink = sink_open();
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER, 0), 0);
	for (size_t i = 0; i < LONG_LISTS; i++)
		long_list_try(&nl, raw, 64 + rnd(LONG_ENTRIES),
			(enum acl_style)(i % ACL_STYLES));
	nl_close(&nl);
	close(raw);
	close(sink);
}

static void kernel_agrees(void **state)
{
	int sink, raw;
	struct nl nl;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNET))
		skip();
	sink = sink_open();
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER, 0), 0);
	lists_try(&nl, raw, false);
	nl_close(&nl);
	close(raw);
	close(sink);
}

static void kernel_agrees_on_ipv6(void **state)
{
	int sink, raw;
	struct nl nl;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNET))
		skip();
	sink = sink_open();
	if (system("ip address add 2001:0:0:9999::1/16 dev sink nodad") != 0)
		skip();
	raw = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(nl_open(&nl, NETLINK_NETFILTER, 0), 0);
	lists_try(&nl, raw, true);
	nl_close(&nl);
	close(raw);
	close(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_agrees),
		cmocka_unit_test(kernel_agrees_on_long_lists),
		cmocka_unit_test(kernel_agrees_on_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
