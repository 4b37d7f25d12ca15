/* What a key server costs in the simulator, where nothing but its own work
 * counts: a rekey to N members with their acknowledgements, the memory of a
 * member, and a registration when N others are there already.
 *
 *   bench_ks rekey N | memory N | register N */
#include "tests/bench/bench.h"
#include "tests/sim/world.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MEMBER 0x0b000000u /* no node of the world has these */
#define ACK_ROOM     256
#define REGISTRANTS  200
#define ROUNDS       5
#define MINUTES(n)   ((n)*60000ull)

static struct {
	struct udp_path *to; /* members that a rekey went to */
	size_t n;
} sent;

static void on_send(void *ctx, const struct udp_path *path, struct span data)
{
	(void)ctx;
	(void)data;
	sent.to[sent.n++] = *path;
}

/* A key server with keys and one member, so that keys exist. */
static struct node *server_new(struct world *w)
{
	struct node *ks = node_ks(w);

	ks->ks.kek_cipher = CIPHER_AES128;
	ks->ks.sig_hash = HASH_SHA256;
	node_gm(w, ks);
	node_start(ks);
	node_start(w->node[1]);
	world_run(w, 5000);
	if (ks_count(ks) != 1) {
		fprintf(stderr, "bench_ks: the first member is not up\n");
		exit(1);
	}
	return ks;
}

static void members_add(struct node *ks, size_t n)
{
	struct udp_path path = { .local = { ks->addr, GDOI_PORT },
		.remote = { .port = GDOI_PORT } };

	for (size_t i = 0; i < n; i++) {
		path.remote.ip = ip_v4(FIRST_MEMBER + (uint32_t)i);
		ks_member_add(node_ks_of(ks), &path)->ours = true;
	}
}

/* The acknowledgements of all that was sent to; not counted. */
static uint8_t (*acks_build(const struct ks *ks, size_t *len))[ACK_ROOM]
{
	uint8_t(*acks)[ACK_ROOM] = xcalloc(sent.n + 1, sizeof(*acks));

	for (size_t i = 0; i < sent.n; i++)
		*len = ack_build(&ks->kek.k, ks_ack_kind(&ks->kek, true),
			ks->push.seq, &sent.to[i].remote.ip, acks[i], ACK_ROOM);
	return acks;
}

static double acks_deliver(struct node *ks)
{
	size_t len = 0, n = sent.n;
	uint8_t(*acks)[ACK_ROOM] = acks_build(node_ks_of(ks), &len);
	double start = cpu_us();

	for (size_t i = 0; i < n; i++)
		gdoi_input(ks->g, &sent.to[i], SPAN(acks[i], len));
	start = cpu_us() - start;
	sent.n = 0;
	free(acks);
	return start;
}

/* From the command to the last acknowledgement, and what is written after. */
static double rekey(struct world *w, struct node *ks)
{
	struct sbuf why = { 0 };
	double cost = cpu_us();
	uint64_t end;

	gdoi_ks_rekey(ks->g, NULL, false, &why);
	cost = cpu_us() - cost;
	while (node_ks_of(ks)->push.active) {
		double start;

		cost += acks_deliver(ks);
		start = cpu_us();
		timers_run(w->timers, ++w->now);
		cost += cpu_us() - start;
	}
	for (end = w->now + 5000; w->now < end;) {
		double start = cpu_us();

		timers_run(w->timers, w->now += 10);
		cost += cpu_us() - start;
	}
	return cost;
}

static void bench_rekey(struct world *w, size_t n)
{
	struct node *ks = server_new(w);

	node_crash(w->node[1]);
	members_add(ks, n);
	sent.to = xcalloc(n + 1, sizeof(*sent.to));
	ks->env.send = on_send;
	for (int i = 0; i < ROUNDS; i++) {
		double cost = rekey(w, ks);

		printf("rekey members=%zu cpu_us=%.2f msec=%u retries=%llu\n",
			n, cost / (double)n, node_ks_of(ks)->last_rekey_msec,
			(unsigned long long)node_ks_of(ks)->retransmits);
	}
	free(sent.to);
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Real registrations; then the members vanish, and what the server holds for
 * them is left: with phase 1 still there, and after it. */
static void bench_memory(struct world *w, size_t n)
{
	struct node *ks = server_new(w);
	size_t before, up, idle;
	double members = (double)n;

	for (size_t i = 0; i < n; i++)
		node_gm(w, ks);
	node_crash(w->node[1]);
	before = heap();
	for (size_t i = 0; i < n; i++) {
		node_start(w->node[2 + i]);
		world_run(w, 2);
	}
	world_until(w, MINUTES(1), all_registered, "registration");
	for (size_t i = 0; i < n; i++)
		node_crash(w->node[2 + i]);
	up = heap() - before;
	world_run(w, MINUTES(3));
	idle = heap() - before;
	printf("memory members=%zu registered=%zu with_sa=%.0f without=%.0f "
	       "row=%zu\n",
		n, ks_count(ks) - 1, (double)up / members,
		(double)idle / members, sizeof(struct ks_member));
}

/* Both ends' work, the same whatever the crowd. */
static void bench_register(struct world *w, size_t n)
{
	struct node *ks = server_new(w);
	double cost;

	members_add(ks, n);
	for (size_t i = 0; i < REGISTRANTS; i++)
		node_gm(w, ks);
	cost = cpu_us();
	for (size_t i = 0; i < REGISTRANTS; i++) {
		node_start(w->node[2 + i]);
		world_run(w, 20);
	}
	world_until(w, MINUTES(1), all_registered, "registration");
	cost = cpu_us() - cost;
	printf("register members=%zu cpu_us=%.1f\n", n, cost / REGISTRANTS);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct world *w, size_t n);
	} what[] = {
		{ "rekey", bench_rekey },
		{ "memory", bench_memory },
		{ "register", bench_register },
	};
	size_t n = argc == 3 ? (size_t)atol(argv[2]) : 0;

	for (size_t i = 0; n > 0 && i < ARRAY_LEN(what); i++) {
		struct world *w;
		bool bad;

		if (strcmp(argv[1], what[i].name) != 0)
			continue;
		w = world_new(1, &toy_crypto);
		what[i].run(w, n);
		bad = w->failure[0] != '\0';
		if (bad)
			fprintf(stderr, "bench_ks: %s\n", w->failure);
		world_free(w);
		return bad;
	}
	fprintf(stderr, "bench_ks: rekey, memory or register, and a number\n");
	return 2;
}
