/* UDP datagrams from one network namespace to another, paced, counted where
 * they arrive.
 *
 *   ndr FROM TO ADDRESS N BYTES SECONDS
 *       The highest rate of which at most 0.5 % get lost (no-drop rate): as
 *       fast as the sender can first, then a binary search of 7 steps on a
 *       logarithmic scale, each of SECONDS.  A step that fails is tried once
 *       more, as other work on the machine costs packets too.
 *   rate FROM TO ADDRESS N BYTES SECONDS RATE
 *       Offers RATE.
 *   stream FROM - ADDRESS N BYTES SECONDS RATE
 *       The same without a receiver.
 *
 * Each prints a line: packets a second that arrived, packets a second offered,
 * packets sent, packets arrived (of ndr: in the best step).
 *
 * FROM, TO: network namespaces by the names of ip netns.  The datagrams go to N
 * addresses in turn, ADDRESS the first; BYTES is their payload.  FLOWS=N in the
 * environment: from so many ports in turn, TRAIN=N (1) of each. */
#include "tests/bench/bench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST     32
#define PORT      5001
#define FLOWS_MAX 64
#define BYTES_MAX 9000
#define STEPS     7
#define LOSS_MAX  0.005
#define SLOWEST   2000.0 /* a second; the search begins there */
#define UNPACED   1e9
#define ROOM      (16 << 20)
#define QUIET_US  30000 /* after so long without a packet all have come */

static struct {
	int from[FLOWS_MAX], to;
	unsigned flows, train;
	uint32_t first, n; /* addresses */
	size_t bytes;
	double seconds;
	_Atomic uint64_t arrived;
} t = { .to = -1 };

struct result {
	double arrived_rate, offered_rate;
	uint64_t sent, arrived;
};

static void fail(const char *what)
{
	fprintf(stderr, "bench_udp: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned setting(const char *name, unsigned most)
{
	const char *s = getenv(name);
	unsigned long v = s ? strtoul(s, NULL, 10) : 1;

	return v < 1 ? 1 : v > most ? most : (unsigned)v;
}

/* A socket belongs to the namespace in which it was made. */
static int socket_in(const char *netns, in_port_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int ns, fd, room = ROOM;
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
		fail(path);
	close(ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return fd;
}

/* ---- arrivals ---- */

/* Most of a datagram is cut off unread: its length does not matter here. */
static void *receiver(void *arg)
{
	struct mmsghdr m[2 * BURST] = { 0 };
	struct iovec iov[2 * BURST];
	uint8_t head[8];

	for (int i = 0; i < 2 * BURST; i++) {
		iov[i] = (struct iovec){ head, sizeof(head) };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (;;) {
		int n = recvmmsg(t.to, m, 2 * BURST, MSG_WAITFORONE, NULL);

		if (n > 0)
			atomic_fetch_add(&t.arrived, (uint64_t)n);
	}
	return arg;
}

static void sleep_until(double us)
{
	struct timespec ts = { .tv_sec = (time_t)(us / 1e6) };

	ts.tv_nsec = (long)((us - (double)ts.tv_sec * 1e6) * 1e3);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static uint64_t all_arrived(void)
{
	uint64_t before, now = atomic_load(&t.arrived);

	do {
		before = now;
		sleep_until(wall_us() + QUIET_US);
		now = atomic_load(&t.arrived);
	} while (now != before);
	return now;
}

/* ---- departures ---- */

static bool transient(int err)
{
	return err == ENOBUFS || err == EAGAIN || err == ENETUNREACH ||
	       err == EHOSTUNREACH || err == EPERM;
}

/* What a full queue refuses counts as sent, and so as lost. */
static void burst_send(int fd, uint64_t at, unsigned n)
{
	static uint8_t data[BYTES_MAX];
	struct iovec iov = { data, t.bytes };
	struct mmsghdr m[BURST] = { 0 };
	struct sockaddr_in to[BURST];

	for (unsigned i = 0; i < n; i++) {
		to[i] = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_port = htons(PORT),
			.sin_addr.s_addr =
				htonl(t.first + (uint32_t)((at + i) % t.n)) };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &to[i],
			.msg_namelen = sizeof(to[i]),
			.msg_iov = &iov,
			.msg_iovlen = 1 };
	}
	if (sendmmsg(fd, m, n, 0) < 0 && !transient(errno))
		fail("sendmmsg");
}

static struct result offer(double rate)
{
	unsigned n = t.flows == 1 ? BURST : t.train;
	double start, end, now, due;
	struct result r = { 0 };
	uint64_t before = atomic_load(&t.arrived);

	start = now = due = wall_us();
	end = start + t.seconds * 1e6;
	while (now < end) {
		burst_send(t.from[r.sent / n % t.flows], r.sent, n);
		r.sent += n;
		due += n / rate * 1e6;
		if (rate < UNPACED && due > wall_us())
			sleep_until(due);
		now = wall_us();
	}
	if (t.to >= 0)
		r.arrived = all_arrived() - before;
	r.offered_rate = (double)r.sent / (now - start) * 1e6;
	r.arrived_rate = (double)r.arrived / (now - start) * 1e6;
	return r;
}

/* ---- the search ---- */

static bool lossless(const struct result *r)
{
	return (double)r->arrived >= (double)r->sent * (1 - LOSS_MAX);
}

static struct result better(struct result a, struct result b)
{
	return a.arrived_rate > b.arrived_rate ? a : b;
}

static struct result ndr(void)
{
	struct result r = offer(UNPACED), best = { 0 };
	double low = log(SLOWEST), high = log(r.offered_rate);

	if (lossless(&r))
		return r;
	for (int step = 0; step < STEPS; step++) {
		double mid = (low + high) / 2;

		r = offer(exp(mid));
		if (!lossless(&r))
			r = offer(exp(mid));
		if (lossless(&r)) {
			best = better(best, r);
			low = mid;
		} else {
			high = mid;
		}
	}
	return best;
}

static void sockets_open(const char *from, const char *to)
{
	pthread_t thread;

	t.flows = setting("FLOWS", FLOWS_MAX);
	t.train = setting("TRAIN", BURST);
	for (unsigned i = 0; i < t.flows; i++)
		t.from[i] = socket_in(from, 0);
	if (strcmp(to, "-") == 0)
		return;
	t.to = socket_in(to, PORT);
	if (pthread_create(&thread, NULL, receiver, NULL) != 0)
		fail("thread");
}

int main(int argc, char **argv)
{
	bool search = argc > 1 && strcmp(argv[1], "ndr") == 0;
	struct in_addr first;
	struct result r;

	if (argc != (search ? 8 : 9) ||
		inet_pton(AF_INET, argv[4], &first) != 1) {
		fprintf(stderr, "bench_udp {ndr|rate|stream} FROM TO ADDRESS N "
				"BYTES SECONDS [RATE]\n");
		return 2;
	}
	t.first = ntohl(first.s_addr);
	t.n = (uint32_t)strtoul(argv[5], NULL, 10);
	t.bytes = strtoul(argv[6], NULL, 10);
	t.seconds = strtod(argv[7], NULL);
	if (t.n == 0 || t.bytes > BYTES_MAX)
		return 2;
	prctl(PR_SET_TIMERSLACK, 1UL);
	sockets_open(argv[2], argv[3]);
	r = search ? ndr() : offer(strtod(argv[8], NULL));
	printf("%.0f %.0f %llu %llu\n", r.arrived_rate, r.offered_rate,
		(unsigned long long)r.sent, (unsigned long long)r.arrived);
	return 0;
}
