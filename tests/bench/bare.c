/* What it costs the sender of a rekey when there is nothing but datagrams:
 * sendmmsg of N of them, each to an address of its own, recvmmsg of as many
 * answers.
 *
 *   bench_bare FIRST-ADDRESS N BYTES ANSWER-BYTES
 *
 * prints microseconds of CPU each. The other end is a process of its own. */
#include "tests/bench/bench.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH     32
#define BYTES_MAX 65000
#define AHEAD     1024 /* sent and not yet answered */

static char room[BATCH][BYTES_MAX];

static int socket_new(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0) {
		perror("socket");
		exit(1);
	}
	return fd;
}

static in_port_t port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &n);
	return a.sin_port;
}

static void prepare(struct mmsghdr *m, struct iovec *iov,
	struct sockaddr_in *peer, size_t bytes)
{
	memset(m, 0, BATCH * sizeof(*m));
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = room[i],
			.iov_len = bytes };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
		m[i].msg_hdr.msg_name = &peer[i];
		m[i].msg_hdr.msg_namelen = sizeof(peer[i]);
	}
}

static int receive(int fd, int flags, struct sockaddr_in *from)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];

	prepare(m, iov, from, BYTES_MAX);
	return recvmmsg(fd, m, BATCH, flags, NULL);
}

static void answer(int fd, size_t bytes)
{
	struct sockaddr_in peer[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];

	for (;;) {
		int n = receive(fd, MSG_WAITFORONE, peer);

		if (n <= 0)
			exit(1);
		prepare(m, iov, peer, bytes);
		for (int done = 0, k; done < n; done += k)
			if ((k = sendmmsg(fd, m + done,
				     (unsigned)(n - done), 0)) <= 0)
				exit(1);
	}
}

static void run(int fd, struct in_addr first, in_port_t port, long n,
	size_t bytes)
{
	struct sockaddr_in to[BATCH], from[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	long sent = 0, got = 0;
	double start = cpu_us();

	while (got < n) {
		int k = 0, r;

		for (; k < BATCH && sent + k < n && sent + k - got < AHEAD; k++)
			to[k] = (struct sockaddr_in){ .sin_family = AF_INET,
				.sin_port = port,
				.sin_addr.s_addr = htonl(
					ntohl(first.s_addr) +
					(uint32_t)(sent + k)) };
		prepare(m, iov, to, bytes);
		if (k > 0) {
			k = sendmmsg(fd, m, (unsigned)k, 0);
			sent += k > 0 ? k : 0;
		}
		r = receive(fd, k > 0 ? MSG_DONTWAIT : MSG_WAITFORONE, from);
		got += r > 0 ? r : 0;
	}
	printf("%.3f\n", (cpu_us() - start) / (double)n);
}

int main(int argc, char **argv)
{
	int fd = socket_new(), other = socket_new();
	struct in_addr first;
	pid_t pid;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &first) != 1) {
		fprintf(stderr, "bench_bare FIRST N BYTES ANSWER-BYTES\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		answer(other, (size_t)atol(argv[4]));
	run(fd, first, port_of(other), atol(argv[2]), (size_t)atol(argv[3]));
	kill(pid, SIGKILL);
	return 0;
}
