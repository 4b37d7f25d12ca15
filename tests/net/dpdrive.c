/* Drives a backend by lines on standard input, so that scripts can test it with
 * fixed keys and no GDOI.  Arguments: user or xfrm; no-own: as on a kernel where
 * tables have no owner.  Each line is answered by one line; events print as they
 * come.
 *   acl NAME {permit|deny} PROTO SRC DST [eq PORT]   append; SRC: any | A W
 *   group ID DEV ACL|- LOCAL|- {drop|clear} {drop|accept} {both|receive}
 *         [{copy|set|clear} [after]]                DF, and what is cut
 *   ways {auto|egress|tun} {auto|xdp|packet|raw} | waysget ID
 *   groupdel ID | sa ID SPI SUITE KEY SID {send|receive} [SECS] | use ID SPI
 *   sadel ID SPI | counters ID | aces ID | samtu ID SUITE | quit
 *   udp SPORT ADDRESS DPORT                           send a datagram
 *   aclclear NAME | time ID MS | replay ID
 *   receive {auto|ring|raw} | receives ID | inlist DEV|-
 *   crypto {openssl|ipsec-mb} | sas ID
 *   path {out|in|esp} SRC DST PROTO SPORT DPORT DEV   what becomes of it */
#include "base/loop.h"
#include "dataplane/inbound.h"
#include "dataplane/nft.h"
#include "dataplane/path.h"
#include "dataplane/user_emit.h"
#include "dataplane/user_esp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 16
#define LISTS 8

static struct acl lists[LISTS];
static struct loop *loop;
static const struct dataplane_ops *ops = &dataplane_user;
static struct dp *dp;
static char input[65536];
static size_t input_n;

static const struct {
	const char *name;
	struct esp_suite suite;
} suites[] = {
	{ "gcm128", { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 } },
	{ "gcm256", { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 256 } },
	{ "gmac128", { ESP_CIPHER_AES_GMAC, ESP_AUTH_NONE, 128 } },
	{ "aes128-sha1", { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 } },
	{ "aes256-sha256", { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256, 256 } },
	{ "aes192-sha512", { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA512, 192 } },
	{ "3des-md5", { ESP_CIPHER_3DES, ESP_AUTH_MD5, 0 } },
	{ "null-sha1", { ESP_CIPHER_NULL, ESP_AUTH_SHA1, 0 } },
};

static const struct esp_suite *suite_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (!strcmp(suites[i].name, name))
			return &suites[i].suite;
	return &suites[0].suite;
}

static struct acl *list_get(const char *name, bool make)
{
	for (size_t i = 0; i < LISTS; i++) {
		if (!strcmp(lists[i].name, name))
			return &lists[i];
		if (make && !lists[i].name[0]) {
			snprintf(lists[i].name, sizeof(lists[i].name), "%s",
				name);
			return &lists[i];
		}
	}
	return NULL;
}

static size_t wild_read(char **w, struct ip_wild *out)
{
	struct ip_addr a, m;

	if (!w[0] || !strcmp(w[0], "any") || !w[1] || !ip_parse(w[0], &a) ||
		!ip_parse(w[1], &m)) {
		*out = (struct ip_wild){ 0, UINT32_MAX };
		return 1;
	}
	*out = (struct ip_wild){ ip_u32(&a), ip_u32(&m) };
	return 2;
}

static int do_acl(char **w)
{
	struct acl *a = list_get(w[1], true);
	struct ace e = ace_any(!strcmp(w[2], "permit"));
	size_t at = 4;

	if (!a)
		return -ENOSPC;
	e.proto = (int16_t)proto_number(w[3]);
	e.seq = (uint32_t)(a->n + 1) * 10;
	at += wild_read(w + at, &e.src);
	at += wild_read(w + at, &e.dst);
	if (w[at] && w[at + 1] && !strcmp(w[at], "eq"))
		e.dport = (struct ace_port){ .op = PORT_EQ,
			.n = 1,
			.p = { (uint16_t)atoi(w[at + 1]) } };
	a->v = xreallocarray(a->v, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = e;
	return 0;
}

static int do_group(char **w)
{
	struct dp_group g = {
		.id = (uint32_t)atoi(w[1]),
		.order = (uint16_t)atoi(w[1]),
		.policy = list_get(w[3], false),
		.local = list_get(w[4], false),
		.no_sa = strcmp(w[5], "clear") ? DP_NO_SA_DROP : DP_NO_SA_CLEAR,
		.clear_in = strcmp(w[6], "accept") ? DP_CLEAR_IN_DROP
						   : DP_CLEAR_IN_ACCEPT,
		.encrypt_out = strcmp(w[7], "receive") != 0,
	};

	if (w[8])
		g.df = (uint8_t)(!strcmp(w[8], "set")     ? ESP_DF_SET
				 : !strcmp(w[8], "clear") ? ESP_DF_CLEAR
							  : ESP_DF_COPY);
	g.frag_after = w[8] && w[9];
	snprintf(g.netdev, sizeof(g.netdev), "%.15s", w[2]);
	return ops->group_set(dp, &g);
}

static struct dp_ways want;

static int do_ways(char **w)
{
	static const char *const capture[] = { "auto", "egress", "tun" };

	for (unsigned i = 0; i < ARRAY_LEN(capture); i++)
		if (!strcmp(w[1], capture[i]))
			want.capture = i;
	for (unsigned i = DP_TRANSMIT_AUTO; i <= DP_TRANSMIT_RAW; i++)
		if (!strcmp(w[2], emit_kind_text(i)))
			want.transmit = i;
	ops->ways_set(dp, &want);
	return 0;
}

static int do_waysget(char **w)
{
	struct dp_ways_now now;
	int rc = ops->ways_get(dp, (uint32_t)atoi(w[1]), &now);

	if (!rc)
		printf("ways %s %s %s\n", now.capture, now.transmit,
			now.why ? now.why : "-");
	return rc;
}

static int do_sa(char **w)
{
	struct dp_sa sa = {
		.spi = (uint32_t)strtoul(w[2], NULL, 0),
		.suite = *suite_by_name(w[3]),
		.may_send = !strcmp(w[6], "send"),
	};
	unsigned secs = w[7] ? (unsigned)atoi(w[7]) : 0;
	bool counter = esp_cipher_alg(sa.suite.cipher)->counter_mode;

	if (secs > 0) {
		sa.stamp = w[8] && !strcmp(w[8], "d3p") ? DP_STAMP_D3P
							: DP_STAMP_TBAR;
		sa.window_ms = secs * 1000;
	}
	sa.enc.n = (uint8_t)esp_key_bytes(&sa.suite);
	sa.auth.n = (uint8_t)esp_auth_key_bytes(&sa.suite);
	memset(sa.enc.b, atoi(w[4]), sa.enc.n);
	memset(sa.auth.b, atoi(w[4]) + 1, sa.auth.n);
	sa.sid = counter ? (uint32_t)atoi(w[5]) : 0;
	sa.sid_bits = counter ? 24 : 0;
	return ops->sa_add(dp, (uint32_t)atoi(w[1]), &sa);
}

static int do_counters(char **w)
{
	struct dp_group_counters c;
	int rc = ops->group_counters(dp, (uint32_t)atoi(w[1]), &c);

	printf("encrypt=%llu decrypt=%llu aces=%llu",
		(unsigned long long)c.encrypt, (unsigned long long)c.decrypt,
		(unsigned long long)c.ace_matches);
#define X(name, text)                                                          \
	printf(" " #name "=%llu", (unsigned long long)c.drops[DP_DROP_##name]);
	DP_DROPS(X)
#undef X
	printf("\n");
	return rc;
}

static int do_aces(char **w)
{
	uint64_t v[32];
	int rc = ops->ace_counters(dp, (uint32_t)atoi(w[1]), v, 32);

	printf("aces");
	for (size_t i = 0; i < 4; i++)
		printf(" %llu", (unsigned long long)v[i]);
	printf("\n");
	return rc;
}

static int do_udp(char **w)
{
	struct sockaddr_storage from, to;
	struct udp_addr a = { .ip = ip_v4(0), .port = (uint16_t)atoi(w[1]) };
	struct udp_addr b = { .port = (uint16_t)atoi(w[3]) };
	socklen_t from_n = udp_to_sockaddr(&a, &from), to_n;
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (!ip_parse(w[2], &b.ip))
		return -EINVAL;
	to_n = udp_to_sockaddr(&b, &to);
	if (bind(fd, (void *)&from, from_n) ||
		sendto(fd, "x", 1, 0, (void *)&to, to_n) < 0)
		return -errno;
	return 0;
}

static int do_replay(uint32_t id)
{
	struct dp_replay r;
	int rc = ops->replay_get(dp, id, &r);

	printf("replay in=%llu out=%llu in_errors=%llu max_delta=%llu\n",
		(unsigned long long)r.in, (unsigned long long)r.out,
		(unsigned long long)r.in_errors,
		(unsigned long long)r.max_delta_ms);
	return rc;
}

static int do_receive(const char *how)
{
	want.receive = !strcmp(how, "raw")    ? DP_RECEIVE_RAW
		       : !strcmp(how, "ring") ? DP_RECEIVE_RING
					      : DP_RECEIVE_AUTO;
	ops->ways_set(dp, &want);
	return 0;
}

/* As if the device had an inbound access list. */
static int do_inlist(const char *netdev)
{
	struct inbound_name name = { 0 };

	snprintf(name.netdev, sizeof(name.netdev), "%s", netdev);
	inbound_set(&name, *netdev != '-');
	return 0;
}

static int do_receives(uint32_t id)
{
	struct dp_ways_now now;
	int rc = ops->ways_get(dp, id, &now);

	if (!rc)
		printf("receives %s lost=%llu why=%s\n", now.receive,
			(unsigned long long)now.ring_lost,
			now.why_receive ? now.why_receive : "-");
	return rc;
}

static int do_crypto(const char *name)
{
	auto_sbuf struct sbuf why = { 0 };
	int rc = ops->crypto_set(dp,
		strcmp(name, "ipsec-mb") ? DP_CRYPTO_OPENSSL
					 : DP_CRYPTO_IPSEC_MB,
		&why);

	if (rc)
		printf("crypto: %s\n", sbuf_str(&why));
	return rc;
}

static int do_sas(uint32_t id)
{
	struct dp_sa_view v;

	for (size_t k = 0; ops->sa_view(dp, id, k, &v); k++)
		printf("sa=%#x by=%s\n", v.spi, dp_crypto_name(v.crypto));
	return 0;
}

#define VIEWS 8

/* The packet that tests/net/flows.py sends. */
static int do_path(char **w)
{
	struct dp_group_view v[VIEWS];
	size_t n = ops->groups(dp, v, VIEWS);
	struct packet_key k = { .proto = (uint8_t)atoi(w[4]), .ttl = 64 };
	struct path_verdict r;
	struct ip_addr src, dst;

	if (n > VIEWS || !ip_parse(w[2], &src) || !ip_parse(w[3], &dst))
		return -EINVAL;
	k.src = ip_u32(&src);
	k.dst = ip_u32(&dst);
	k.sport = (uint16_t)atoi(w[5]);
	k.dport = (uint16_t)atoi(w[6]);
	k.has_l4 = true;
	k.icmp_type = 8;
	k.tcp_flags = 2;
	if (!strcmp(w[1], "out"))
		r = path_out(v, n, &k, w[7], false);
	else if (!strcmp(w[1], "in"))
		r = path_in(v, n, &k, w[7], false);
	else
		r = path_in_esp(v, n, &k, w[7]);
	printf("path %d %u %s\n", (int)r.fate, r.spi, path_why_text(r.why));
	return 0;
}

static int run(char **w, size_t n)
{
	uint32_t id = n > 1 ? (uint32_t)atoi(w[1]) : 0;
	uint32_t spi = n > 2 ? (uint32_t)strtoul(w[2], NULL, 0) : 0;

	if (!strcmp(w[0], "acl") && n > 5)
		return do_acl(w);
	if (!strcmp(w[0], "group") && n > 7)
		return do_group(w);
	if (!strcmp(w[0], "ways") && n > 2)
		return do_ways(w);
	if (!strcmp(w[0], "waysget") && n > 1)
		return do_waysget(w);
	if (!strcmp(w[0], "sa") && n > 6)
		return do_sa(w);
	if (!strcmp(w[0], "use") && n > 2)
		return ops->sa_use(dp, id, spi);
	if (!strcmp(w[0], "counters") && n > 1)
		return do_counters(w);
	if (!strcmp(w[0], "aces") && n > 1)
		return do_aces(w);
	if (!strcmp(w[0], "udp") && n > 3)
		return do_udp(w);
	if (!strcmp(w[0], "time") && n > 2)
		return ops->time_set(dp, id, strtoull(w[2], NULL, 0));
	if (!strcmp(w[0], "replay") && n > 1)
		return do_replay(id);
	if (!strcmp(w[0], "receive") && n > 1)
		return do_receive(w[1]);
	if (!strcmp(w[0], "inlist") && n > 1)
		return do_inlist(w[1]);
	if (!strcmp(w[0], "receives") && n > 1)
		return do_receives(id);
	if (!strcmp(w[0], "crypto") && n > 1)
		return do_crypto(w[1]);
	if (!strcmp(w[0], "sas") && n > 1)
		return do_sas(id);
	if (!strcmp(w[0], "path") && n > 7)
		return do_path(w);
	if (!strcmp(w[0], "aclclear") && n > 1 && list_get(w[1], false))
		acl_free(list_get(w[1], false));
	else if (!strcmp(w[0], "sadel") && n > 2)
		ops->sa_del(dp, id, spi);
	else if (!strcmp(w[0], "groupdel") && n > 1)
		ops->group_del(dp, id);
	else if (!strcmp(w[0], "samtu") && n > 2)
		printf("mtu=%u\n",
			ops->inner_mtu(dp, id, suite_by_name(w[2])));
	else if (!strcmp(w[0], "quit"))
		loop_stop(loop);
	else
		return -EINVAL;
	return 0;
}

static void line_run(char *line)
{
	char *w[WORDS] = { 0 }, *save = NULL;
	size_t n = 0;

	for (char *t = strtok_r(line, " ", &save); t && n < WORDS - 1;
		t = strtok_r(NULL, " ", &save))
		w[n++] = t;
	if (!n)
		return;
	printf("= %d\n", run(w, n));
	fflush(stdout);
}

static void input_ready(void *arg, int events)
{
	ssize_t got = read(0, input + input_n, sizeof(input) - 1 - input_n);
	char *nl, *at = input;

	(void)arg;
	(void)events;
	if (got <= 0) {
		loop_stop(loop);
		return;
	}
	input_n += (size_t)got;
	input[input_n] = '\0';
	while ((nl = strchr(at, '\n'))) {
		*nl = '\0';
		line_run(at);
		at = nl + 1;
	}
	input_n -= (size_t)(at - input);
	memmove(input, at, input_n + 1);
}

static void on_not_ipsec(void *ctx, uint32_t group, const struct packet_key *k)
{
	(void)ctx;
	printf("! not_ipsec %u %08x %08x %u\n", group, k->src, k->dst,
		k->proto);
	fflush(stdout);
}

static void on_invalid_spi(
	void *ctx, uint32_t group, uint32_t spi, const struct packet_key *k)
{
	(void)ctx;
	printf("! invalid_spi %u %08x %08x %08x\n", group, spi, k->src, k->dst);
	fflush(stdout);
}

static void on_replay(
	void *ctx, uint32_t group, const struct dp_replay_failure *f)
{
	(void)ctx;
	printf("! replay_failed %u %08x %08x %08x window %u behind %lld\n",
		group, f->spi, f->src, f->dst, f->window_ms / 1000,
		(long long)(f->my_ms - f->peer_ms));
	fflush(stdout);
}

static void on_trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("! trouble %s\n", text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct dp_events ev = { .not_ipsec = on_not_ipsec,
		.invalid_spi = on_invalid_spi,
		.replay_failed = on_replay,
		.trouble = on_trouble };
	auto_sbuf struct sbuf why = { 0 };

	if (argc > 1 && !strcmp(argv[1], "xfrm"))
		ops = &dataplane_xfrm;
	if (argc > 2 && !strcmp(argv[2], "no-own"))
		nft_own_never();
	loop = loop_new();
	dp = ops->open(loop, &ev, &why);
	if (!dp) {
		printf("! %s\n", sbuf_str(&why));
		return 1;
	}
	struct loop_fd *in = loop_fd_add(loop, 0, LOOP_READ, input_ready, NULL);

	printf("ready\n");
	fflush(stdout);
	loop_run(loop);
	loop_fd_del(in);
	ops->close(dp);
	loop_free(loop);
	for (size_t i = 0; i < LISTS; i++)
		acl_free(&lists[i]);
	return 0;
}
