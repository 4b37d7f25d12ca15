/* A crowd of group members against one key server over real UDP: each has an
 * address and an engine of its own, all share a socket.  Registers a window of
 * them at a time, then asks for rekeys and acknowledges them, and prints what
 * that cost the server's process.
 *
 *   bench_load -p SERVER-PID -s SERVER -b FIRST-MEMBER -n MEMBERS [-w WINDOW]
 *	[-g DH-GROUP] [-x COMMAND -r REKEYS] [-c DIRECTORY]
 *
 * With -c they authenticate by member.pem and member.key of that directory, all
 * by the same, and trust its ca.pem; else by a pre-shared key.
 *
 * COMMAND makes the server send a rekey.  It saves costs of its own that say
 * nothing of the server: one key pair for all, signatures verified once. */
#include "base/loop.h"
#include "crypto/cert.h"
#include "crypto/dh.h"
#include "crypto/rng.h"
#include "dataplane/null.h"
#include "gdoi/gm_priv.h"
#include "router/udp848.h"
#include "tests/bench/bench.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PSK          "bench"
#define IDENTITY     1
#define STALL_MS     30000 /* nothing happens any more */
#define SETTLE_MS    300
#define LOAD_SIG_MAX 512

struct member {
	struct env env;
	struct gdoi *g;
	struct dp *dp;
	struct ip_addr addr;
	bool up;
};

struct load {
	struct loop *loop;
	struct udp848 *udp;
	struct member *m;
	size_t n, started, up, window;
	struct ip_addr ks, first;
	unsigned group, rekeys;
	int pid;
	const char *command;
	struct ike_trustpoint *trustpoint; /* NULL: pre-shared key */
	uint64_t acks, moved_ms, failures;
	size_t rekey_bytes, ack_bytes;
};
static struct load load = { .window = 256, .group = 14, .rekeys = 3 };

static struct dh *shared_dh; /* of all members */

static struct dh *load_dh_new(uint32_t group)
{
	if (shared_dh == NULL)
		shared_dh = dh_new(group);
	return shared_dh;
}

static void load_dh_free(struct dh *d)
{
	(void)d;
}

/* The same signature over the same hash comes to each member. */
static bool load_verify(const struct pkey *k, enum hash_id h,
	const uint8_t *hash, struct span sig, enum rsa_form *matched)
{
	static uint8_t known[HASH_MAX_BYTES + LOAD_SIG_MAX];
	static enum rsa_form known_form;
	size_t n = hash_alg(h)->bytes;

	enum rsa_form form;

	if (sig.n > LOAD_SIG_MAX)
		return false;
	if (memcmp(known, hash, n) != 0 ||
		memcmp(known + n, sig.p, sig.n) != 0) {
		if (!pkey_verify_hash(k, h, hash, sig, &form))
			return false;
		memcpy(known, hash, n);
		memcpy(known + n, sig.p, sig.n);
		known_form = form;
	}
	if (matched != NULL)
		*matched = known_form;
	return true;
}

static uint64_t env_now(void *ctx)
{
	(void)ctx;
	return loop_now();
}

static uint64_t env_wall(void *ctx)
{
	(void)ctx;
	return (uint64_t)time(NULL) * 1000;
}

static void env_random(void *ctx, void *p, size_t n)
{
	(void)ctx;
	rng_bytes(p, n);
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	(void)ctx;
	if (data.n > ISAKMP_HDR && data.p[18] == XCHG_PUSH_ACK) {
		load.acks++;
		load.ack_bytes = data.n;
		load.moved_ms = loop_now();
	}
	udp848_send(load.udp, path, data);
}

static const char *pem_read(const char *dir, const char *name)
{
	static char text[65536];
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void trustpoint_load(const char *dir)
{
	static struct ike_trustpoint tp = {
		.trust = { .name = "BENCH",
			.n_ca = 1,
			.method = { REVOCATION_NONE },
			.n_methods = 1 },
		.n_chain = 1
	};
	static struct cert *ca, *own;

	ca = cert_from_pem(pem_read(dir, "ca.pem"));
	own = cert_from_pem(pem_read(dir, "member.pem"));
	tp.key = pkey_from_pem(pem_read(dir, "member.key"));
	if (ca == NULL || own == NULL || tp.key == NULL) {
		fprintf(stderr, "bench_load: bad certificates in %s\n", dir);
		exit(1);
	}
	tp.trust.ca = &ca;
	tp.chain = &own;
	load.trustpoint = &tp;
}

static void member_start(void)
{
	struct member *m = &load.m[load.started++];
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .policy = { { .priority = 10,
					   .cipher = CIPHER_AES128,
					   .hash = HASH_SHA256,
					   .auth = IKE_AUTH_PSK,
					   .group = (uint16_t)load.group,
					   .life_secs = 86400 } },
		.n_policies = 1,
		.keys = &key,
		.n_keys = 1,
		.offer_doi = 2 };
	struct gm_policy gm = { .group = "BENCH",
		.id = { .is_set = true, .number = IDENTITY },
		.server = { load.ks },
		.n_servers = 1,
		.map = "MAP",
		.map_seq = 10,
		.ifname = "Ethernet0",
		.netdev = "eth0",
		.local = m->addr };

	if (load.trustpoint != NULL) {
		c.policy[0].auth = IKE_AUTH_RSA_SIG;
		c.self.kind = ISAKMP_ID_DN;
		c.trustpoints = load.trustpoint;
		c.n_trustpoints = 1;
	}
	secret_set(&key.key, PSK, strlen(PSK));
	m->g = gdoi_new(&m->env, NULL);
	gdoi_set_isakmp(m->g, &c);
	secret_free(&key.key);
	gdoi_set_gm(m->g, &gm, 1);
}

static void env_report(void *ctx, const struct report *r)
{
	struct member *m = ctx;

	if (r->id == REPORT_GM_CONN_NEXT_SER)
		load.failures++;
	if (r->id != REPORT_GM_REGS_COMPL || m->up)
		return;
	m->up = true;
	load.up++;
	load.moved_ms = loop_now();
}

static void on_input(void *ctx, const struct udp_path *path, struct span data)
{
	uint32_t i = ip_u32(&path->local.ip) - ip_u32(&load.first);
	struct udp_path as = *path;

	(void)ctx;
	as.local.port = GDOI_PORT; /* as the members believe */
	if (i >= load.started)
		return;
	if (data.n > ISAKMP_HDR && data.p[18] == XCHG_PUSH)
		load.rekey_bytes = data.n;
	gdoi_input(load.m[i].g, &as, data);
}

static void members_new(struct crypto_ops *crypto)
{
	auto_sbuf struct sbuf why = { 0 };

	load.m = xcalloc(load.n, sizeof(*load.m));
	for (size_t i = 0; i < load.n; i++) {
		struct member *m = &load.m[i];

		m->addr = ip_v4(ip_u32(&load.first) + (uint32_t)i);
		m->dp = dataplane_null.open(NULL, NULL, &why);
		m->env = (struct env){ .ctx = m,
			.now = env_now,
			.wall = env_wall,
			.random = env_random,
			.send = env_send,
			.report = env_report,
			.timers = loop_timers(load.loop),
			.crypto = crypto,
			.dp_ops = &dataplane_null,
			.dp = m->dp };
	}
}

static bool stalled(const char *what)
{
	if (loop_now() - load.moved_ms < STALL_MS)
		return false;
	fprintf(stderr, "bench_load: %s stopped: %zu of %zu up, %llu acks\n",
		what, load.up, load.n, (unsigned long long)load.acks);
	exit(1);
}

static void settle(void)
{
	uint64_t end = loop_now() + SETTLE_MS;

	while (loop_now() < end)
		loop_run_once(load.loop, (int)(end - loop_now()));
}

static void run_registrations(void)
{
	double cpu = cpu_us_of(load.pid), wall = wall_us();
	long rss = rss_kib_of(load.pid);

	load.moved_ms = loop_now();
	while (load.up < load.n && !stalled("registration")) {
		while (load.started < load.n &&
			load.started - load.up < load.window)
			member_start();
		loop_run_once(load.loop, 100);
	}
	wall = wall_us() - wall;
	settle();
	printf("register members=%zu cpu_us=%.1f wall_us=%.1f rss_kib=%ld "
	       "failures=%llu\n",
		load.n, (cpu_us_of(load.pid) - cpu) / (double)load.n,
		wall / (double)load.n, rss_kib_of(load.pid) - rss,
		(unsigned long long)load.failures);
	fflush(stdout);
}

static void run_rekey(void)
{
	uint64_t want = load.acks + load.n;
	double cpu, wall;

	settle();
	cpu = cpu_us_of(load.pid);
	if (system(load.command) != 0) {
		fprintf(stderr, "bench_load: %s failed\n", load.command);
		exit(1);
	}
	wall = wall_us();
	load.moved_ms = loop_now();
	while (load.acks < want && !stalled("rekey"))
		loop_run_once(load.loop, 100);
	wall = wall_us() - wall;
	settle();
	printf("rekey members=%zu cpu_us=%.2f wall_us=%.2f bytes=%zu "
	       "ack_bytes=%zu extra=%lld\n",
		load.n, (cpu_us_of(load.pid) - cpu) / (double)load.n,
		wall / (double)load.n, load.rekey_bytes, load.ack_bytes,
		(long long)(load.acks - want));
	fflush(stdout);
}

static void options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:s:b:n:w:g:x:r:c:")) != -1) {
		switch (c) {
		case 'p':
			load.pid = atoi(optarg);
			break;
		case 's':
			ip_parse(optarg, &load.ks);
			break;
		case 'b':
			ip_parse(optarg, &load.first);
			break;
		case 'n':
			load.n = (size_t)atoi(optarg);
			break;
		case 'w':
			load.window = (size_t)atoi(optarg);
			break;
		case 'g':
			load.group = (unsigned)atoi(optarg);
			break;
		case 'x':
			load.command = optarg;
			break;
		case 'c':
			trustpoint_load(optarg);
			break;
		case 'r':
			load.rekeys = (unsigned)atoi(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (load.pid == 0 || load.n == 0 || !ip_is_set(&load.ks) ||
		!ip_is_set(&load.first)) {
		fprintf(stderr, "bench_load: -p, -s, -b and -n are needed\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct crypto_ops crypto = crypto_ops_openssl;
	auto_sbuf struct sbuf why = { 0 };

	options(argc, argv);
	crypto.dh_new = load_dh_new;
	crypto.dh_free = load_dh_free;
	crypto.verify = load_verify;
	load.loop = loop_new();
	load.udp = udp848_new(load.loop, 0, on_input, NULL, &why);
	if (load.udp == NULL) {
		fprintf(stderr, "bench_load: %s\n", sbuf_str(&why));
		return 1;
	}
	members_new(&crypto);
	run_registrations();
	for (unsigned i = 0; load.command != NULL && i < load.rekeys; i++)
		run_rekey();
	for (size_t i = 0; i < load.n; i++) {
		gdoi_free(load.m[i].g);
		dataplane_null.close(load.m[i].dp);
	}
	dh_free(shared_dh);
	free(load.m);
	udp848_free(load.udp);
	loop_free(load.loop);
	return 0;
}
