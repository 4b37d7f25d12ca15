/* Access lists in the kernel of this network namespace, for bench-acl.sh.
 *
 *   text KIND N            the list as input of nft -f
 *   load KIND N            loads it; prints microseconds of processor time,
 *                          and how many steps it became
 *   send KIND N SECONDS    UDP packets that the list's entries match, each
 *                          picked at random; prints how many a second
 *
 * KIND: sites  pairs of networks, a few hosts denied in front
 *       mixed  prefixes of 16 to 32 bits, ports, ranges, 30 % denied */
#include "base/mem.h"
#include "dataplane/nft.h"
#include "dataplane/selector_nft.h"
#include "dataplane/selector_plan.h"
#include "tests/bench/bench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TABLE "bench_acl"
#define BURST 64
#define TCP   6
#define UDP   17

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static struct ip_wild net(uint32_t addr, unsigned len)
{
	uint32_t wild =
		len ? (uint32_t)((UINT64_C(1) << (32 - len)) - 1) : UINT32_MAX;

	return (struct ip_wild){ addr & ~wild, wild };
}

static struct ace site_ace(size_t i, size_t n)
{
	uint32_t side = 1;
	struct ace e = ace_any(i >= n / 20);

	while (side * side < n)
		side++;
	e.src = net(0x0a000000 | (uint32_t)(i / side) << 8, 24);
	e.dst = net(0x0a800000 | (uint32_t)(i % side) << 8, 24);
	if (!e.permit) {
		e.src = net(e.src.addr | 1, 32);
		e.dst = net(e.dst.addr | 1, 32);
	}
	return e;
}

static struct ace mixed_ace(void)
{
	struct ace e = ace_any(rnd(10) >= 3);
	uint16_t p = (uint16_t)rnd(60000), q = (uint16_t)(p + rnd(1000));

	e.src = net(0x0a000000 | rnd(1u << 23), 16 + rnd(17));
	e.dst = net(0x0a800000 | rnd(1u << 23), 16 + rnd(17));
	if (rnd(2))
		e.proto = rnd(2) ? TCP : UDP;
	if (e.proto == ACE_ANY)
		return e;
	switch (rnd(3)) {
	case 0:
		e.dport = (struct ace_port){ PORT_EQ, 1, { p } };
		break;
	case 1:
		e.dport = (struct ace_port){ PORT_RANGE, 2, { p, q } };
		break;
	default:
		break;
	}
	return e;
}

static struct acl list_make(const char *kind, size_t n)
{
	struct acl a = { .v = xcalloc(n, sizeof(*a.v)), .n = n };
	bool sites = !strcmp(kind, "sites");

	for (size_t i = 0; i < n; i++) {
		a.v[i] = sites ? site_ace(i, n) : mixed_ace();
		a.v[i].seq = (uint32_t)i * 10;
	}
	return a;
}

static void net_text(const char *what, struct ip_wild w)
{
	unsigned len = w.wild ? (unsigned)__builtin_clz(w.wild) : 32;

	printf(" ip %s %u.%u.%u.%u/%u", what, w.addr >> 24, w.addr >> 16 & 255,
		w.addr >> 8 & 255, w.addr & 255, len);
}

static void list_text(const struct acl *a)
{
	printf("table ip " TABLE " {\n\tchain permit {\n\t\taccept\n\t}\n"
	       "\tchain acl {\n");
	for (size_t i = 0; i < a->n; i++) {
		const struct ace *e = &a->v[i];

		printf("\t\t");
		net_text("saddr", e->src);
		net_text("daddr", e->dst);
		if (e->dport.op == PORT_EQ)
			printf(" %s dport %u", e->proto == TCP ? "tcp" : "udp",
				e->dport.p[0]);
		else if (e->dport.op == PORT_RANGE)
			printf(" %s dport %u-%u",
				e->proto == TCP ? "tcp" : "udp", e->dport.p[0],
				e->dport.p[1]);
		else if (e->proto != ACE_ANY)
			printf(" ip protocol %d", e->proto);
		printf(" counter %s\n", e->permit ? "goto permit" : "return");
	}
	printf("\t}\n\tchain pre {\n\t\ttype filter hook prerouting priority "
	       "mangle;\n\t\tjump acl\n\t}\n}\n");
}

static void steps_print(const struct acl *a)
{
	struct acl_plan plan;
	double t = cpu_us();
	size_t boxes = 0, rules = 0;

	acl_plan_build(&plan, a, false);
	t = cpu_us() - t;
	for (size_t i = 0; i < plan.n; i++) {
		rules += !plan.step[i].box;
		boxes += plan.step[i].n_boxes;
	}
	fprintf(stderr, "plan %.0f us: %zu rules, %zu maps of %zu elements\n",
		t, rules, plan.n - rules, boxes);
	acl_plan_free(&plan);
}

static int list_load(const struct acl *a)
{
	const struct acl_verdicts v = {
		.permit = NFT_GOTO, .deny = NFT_RETURN, .permit_chain = "permit"
	};
	struct nl_batch b = { 0 };
	struct nft_rule r;
	struct nl nl;
	double built, t;
	int rc = nl_open(&nl, NETLINK_NETFILTER, 0);

	if (rc)
		return rc;
	t = cpu_us();
	nl_batch_begin(&b);
	nft_use(&b, NFPROTO_IPV4, TABLE);
	nft_table_add(&b);
	nft_chain_add(&b, "permit", -1, 0, NULL);
	r = nft_rule_begin(&b, "permit");
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
	nft_chain_add(&b, "acl", -1, 0, NULL);
	acl_nft_compile(&b, "acl", a, &v);
	nft_chain_add(
		&b, "pre", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE, "filter");
	r = nft_rule_begin(&b, "pre");
	nft_verdict(&r, NFT_JUMP, "acl");
	nft_rule_end(&r);
	built = cpu_us() - t;
	rc = nl_batch_commit(&nl, &b);
	printf("%.0f\n", cpu_us() - t);
	fprintf(stderr, "built in %.0f us\n", built);
	steps_print(a);
	nl_batch_free(&b);
	nl_close(&nl);
	return rc;
}

static uint32_t addr_in(struct ip_wild w)
{
	return w.addr | (rnd(UINT32_MAX) & w.wild);
}

/* Sends from anywhere: the socket writes the IP header itself. */
static void packet_make(uint8_t p[46], const struct ace *e)
{
	uint32_t src = htonl(addr_in(e->src)), dst = htonl(addr_in(e->dst));
	uint16_t port = htons(e->dport.op ? e->dport.p[0] : (uint16_t)7);

	memset(p, 0, 46);
	p[0] = 0x45;
	p[3] = 46;
	p[8] = 64;
	p[9] = e->proto == TCP ? TCP : UDP;
	memcpy(p + 12, &src, 4);
	memcpy(p + 16, &dst, 4);
	memcpy(p + 22, &port, 2);
	p[25] = 26;
	p[32] = 0x50;
}

#define PACKETS 16384

static int send_all(const struct acl *a, double seconds)
{
	uint8_t(*p)[46] = xcalloc(PACKETS, sizeof(*p));
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct mmsghdr m[BURST];
	struct iovec v[BURST];
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	double t = wall_us(), end = t + seconds * 1e6;
	size_t sent = 0;

	to.sin_addr.s_addr = htonl(0x0a800001);
	for (size_t i = 0; i < PACKETS; i++)
		packet_make(p[i], &a->v[rnd((uint32_t)a->n)]);
	memset(m, 0, sizeof(m));
	while (wall_us() < end) {
		for (size_t i = 0; i < BURST; i++) {
			v[i] = (struct iovec){ p[(sent + i) % PACKETS], 46 };
			m[i].msg_hdr.msg_iov = &v[i];
			m[i].msg_hdr.msg_iovlen = 1;
			m[i].msg_hdr.msg_name = &to;
			m[i].msg_hdr.msg_namelen = sizeof(to);
		}
		int n = sendmmsg(s, m, BURST, 0);

		if (n < 0 && errno != ENOBUFS)
			return -errno;
		sent += n > 0 ? (size_t)n : 0;
	}
	printf("%.0f\n", (double)sent / ((wall_us() - t) / 1e6));
	return 0;
}

int main(int argc, char **argv)
{
	struct acl a;
	int rc = 0;

	if (argc < 4) {
		fprintf(stderr, "%s text|load|send KIND N [SECONDS]\n",
			argv[0]);
		return 2;
	}
	a = list_make(argv[2], (size_t)atol(argv[3]));
	if (!strcmp(argv[1], "text"))
		list_text(&a);
	else if (!strcmp(argv[1], "load"))
		rc = list_load(&a);
	else
		rc = send_all(&a, argc > 4 ? atof(argv[4]) : 1);
	if (rc)
		fprintf(stderr, "%s\n", strerror(-rc));
	acl_free(&a);
	return rc != 0;
}
