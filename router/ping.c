/* ping: ICMP and ICMPv6 echo on a raw socket, one packet at a time as IOS does
 * it (show-output.md 3.10).  The kernel builds the IP header, and the checksum
 * of ICMPv6; it shows us the IP header of IPv4 only. */
#include "router/box_priv.h"
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IP_HDR    20
#define IP6_HDR   40
#define ICMP_HDR  8
#define DGRAM_MAX 65535
/* struct icmp_filter and ICMP_FILTER of linux/icmp.h, which does not go
 * together with netinet/ip_icmp.h. */
#define RAW_ICMP_FILTER 1

struct ping {
	LIST_ENTRY(ping) link;
	struct box *box;
	struct ping_opts o;
	ping_result_fn *result;
	ping_done_fn *done;
	void *ctx;
	int fd;
	struct loop_fd *watch;
	struct timer timer; /* the next packet, or the wait for its answer */
	uint16_t ident;
	unsigned sent; /* sequence number of the next packet */
	bool waiting;
	uint64_t sent_us;
	uint8_t *buf; /* DGRAM_MAX */
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (; n > 1; p += 2, n -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	if (n > 0)
		sum += (uint32_t)p[0] << 8;
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool is_v6(const struct ping_opts *o)
{
	return o->dst.family == 6;
}

static unsigned ip_hdr(const struct ping_opts *o)
{
	return is_v6(o) ? IP6_HDR : IP_HDR;
}

/* How many sizes a sweep goes through in a round. */
static unsigned sizes(const struct ping_opts *o)
{
	return o->size_step == 0 || o->size_max < o->size
		       ? 1
		       : (o->size_max - o->size) / o->size_step + 1;
}

/* Of the packet under way, without its IP header. */
static size_t echo_size(const struct ping *p)
{
	unsigned step = p->sent % sizes(&p->o);

	return p->o.size + step * p->o.size_step - ip_hdr(&p->o);
}

static size_t echo_build(const struct ping *p, uint8_t *m)
{
	size_t n = echo_size(p);

	m[0] = is_v6(&p->o) ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	m[1] = m[2] = m[3] = 0;
	be16(m + 4, p->ident);
	be16(m + 6, (uint16_t)p->sent);
	for (size_t i = ICMP_HDR; i < n; i++)
		m[i] = (uint8_t)(i % 2 == 0 ? p->o.data >> 8 : p->o.data);
	if (!is_v6(&p->o))
		be16(m + 2, checksum(m, n));
	return n;
}

static void ping_free(struct ping *p)
{
	LIST_REMOVE(p, link);
	timer_cancel(loop_timers(p->box->loop), &p->timer);
	loop_fd_del(p->watch);
	close(p->fd);
	free(p->buf);
	free(p);
}

/* The outcome of the packet under way; the next one follows at once. */
static void packet_over(struct ping *p, char mark, unsigned rtt_ms)
{
	p->waiting = false;
	timer_set(loop_timers(p->box->loop), &p->timer, loop_now());
	p->sent++;
	p->result(p->ctx, mark, rtt_ms); /* may cancel p */
}

static void packet_send(struct ping *p)
{
	struct sockaddr_storage to;
	struct udp_addr dst = { .ip = p->o.dst };
	socklen_t to_n = udp_to_sockaddr(&dst, &to);
	size_t n = echo_build(p, p->buf);
	ssize_t sent = -1;

	p->waiting = true;
	p->sent_us = now_us();
	timer_set(loop_timers(p->box->loop), &p->timer,
		loop_now() + p->o.timeout_ms);
	/* An ICMP error of the packet before is reported by the first call. */
	for (int i = 0; i < 2 && sent < 0; i++)
		sent = sendto(
			p->fd, p->buf, n, 0, (struct sockaddr *)&to, to_n);
	if (sent < 0 && errno == EMSGSIZE)
		packet_over(p, 'M', 0);
	/* Other refusals (no route) are a packet without an answer. */
}

static void on_timer(void *arg)
{
	struct ping *p = arg;

	if (p->waiting) {
		packet_over(p, '.', 0);
		return;
	}
	if (p->sent / sizes(&p->o) < p->o.count) {
		packet_send(p);
		return;
	}
	ping_done_fn *done = p->done;
	void *ctx = p->ctx;

	ping_free(p);
	done(ctx);
}

/* Mark of an ICMP error, show-output.md 3.10; 0: no error. */
static char error_mark(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		return code == ICMP_FRAG_NEEDED ? 'M' : 'U';
	case ICMP_SOURCE_QUENCH:
		return 'Q';
	case ICMP_TIME_EXCEEDED:
		return '&';
	case ICMP_PARAMETERPROB:
		return '?';
	default:
		return 0;
	}
}

static bool echo_is_ours(const struct ping *p, const uint8_t *icmp)
{
	return get16(icmp + 4) == p->ident &&
	       get16(icmp + 6) == (uint16_t)p->sent;
}

/* The ICMP message of an IPv4 packet; NULL: too short. */
static const uint8_t *icmp_of(const uint8_t *ip, size_t n, size_t *icmp_n)
{
	size_t hdr = n > 0 ? (size_t)(ip[0] & 15) * 4 : 0;

	if (hdr < IP_HDR || n < hdr + ICMP_HDR || ip[9] != IPPROTO_ICMP)
		return NULL;
	*icmp_n = n - hdr;
	return ip + hdr;
}

static bool data_is_right(const struct ping *p, const uint8_t *m, size_t n)
{
	if (!p->o.validate)
		return true;
	if (n != echo_size(p))
		return false;
	for (size_t i = ICMP_HDR; i < n; i++) {
		if (m[i] != (uint8_t)(i % 2 == 0 ? p->o.data >> 8 : p->o.data))
			return false;
	}
	return true;
}

static char error6_mark(uint8_t type)
{
	switch (type) {
	case ICMP6_DST_UNREACH:
		return 'U';
	case ICMP6_PACKET_TOO_BIG:
		return 'B';
	case ICMP6_TIME_EXCEEDED:
		return 'T';
	case ICMP6_PARAM_PROB:
		return 'P';
	default:
		return 0;
	}
}

/* The same of an ICMPv6 message. */
static char message6_mark(const struct ping *p, const uint8_t *m, size_t n,
	const struct ip_addr *from)
{
	const uint8_t *inner = m + ICMP_HDR;

	if (n < ICMP_HDR)
		return 0;
	if (m[0] == ICMP6_ECHO_REPLY) {
		if (!echo_is_ours(p, m) || (!ip_equal(from, &p->o.dst) &&
						   !ip_is_multicast(&p->o.dst)))
			return 0;
		return data_is_right(p, m, n) ? '!' : '?';
	}
	if (n < ICMP_HDR + IP6_HDR + ICMP_HDR || inner[6] != IPPROTO_ICMPV6 ||
		memcmp(inner + 24, p->o.dst.b, 16) != 0 ||
		inner[IP6_HDR] != ICMP6_ECHO_REQUEST ||
		!echo_is_ours(p, inner + IP6_HDR))
		return 0;
	return error6_mark(m[0]);
}

/* What a received packet says of the one under way; 0: nothing. */
static char packet_mark(const struct ping *p, const uint8_t *ip, size_t n)
{
	uint32_t dst = ip_u32(&p->o.dst);
	size_t m_n, in_n;
	const uint8_t *m = icmp_of(ip, n, &m_n);

	if (m == NULL)
		return 0;
	if (m[0] == ICMP_ECHOREPLY) {
		uint32_t from = (uint32_t)get16(ip + 12) << 16 | get16(ip + 14);
		/* A broadcast is answered by anybody. */
		bool anybody = ip_is_multicast(&p->o.dst) || (dst & 255) == 255;

		if (!echo_is_ours(p, m) || (from != dst && !anybody))
			return 0;
		return data_is_right(p, m, m_n) ? '!' : '?';
	}
	char mark = error_mark(m[0], m[1]);

	if (mark == 0)
		return 0;
	const uint8_t *inner = m + ICMP_HDR;
	const uint8_t *echo = icmp_of(inner, m_n - ICMP_HDR, &in_n);

	if (echo == NULL || echo[0] != ICMP_ECHO || !echo_is_ours(p, echo) ||
		((uint32_t)get16(inner + 16) << 16 | get16(inner + 18)) != dst)
		return 0;
	return mark;
}

static void on_readable(void *arg, int events)
{
	struct ping *p = arg;

	(void)events;
	for (;;) {
		struct sockaddr_storage ss;
		socklen_t ss_n = sizeof(ss);
		struct udp_addr from = { 0 };
		ssize_t n = recvfrom(p->fd, p->buf, DGRAM_MAX, MSG_DONTWAIT,
			(struct sockaddr *)&ss, &ss_n);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue; /* a pending ICMP error, now collected */
		if (n < 0)
			return;
		char mark = 0;

		udp_from_sockaddr((struct sockaddr *)&ss, &from);
		if (p->waiting && is_v6(&p->o))
			mark = message6_mark(p, p->buf, (size_t)n, &from.ip);
		else if (p->waiting)
			mark = packet_mark(p, p->buf, (size_t)n);

		if (mark == 0)
			continue;
		packet_over(
			p, mark, (unsigned)((now_us() - p->sent_us) / 1000));
		return;
	}
}

static int socket6_open(const struct ping_opts *o)
{
	const int df = o->df ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT;
	const int class = o->tos;
	auto_fd int fd = socket(AF_INET6,
		SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	struct icmp6_filter f;
	int out;

	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &f);
	ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &f);
	ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &f);
	ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &f);
	if (fd < 0 ||
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) <
			0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &df,
			sizeof(df)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class,
			sizeof(class)) < 0)
		return -errno;
	out = fd;
	fd = -1;
	return out;
}

/* Through the device, from the address that was asked for. */
static int socket_bind(int fd, const struct ping_opts *o)
{
	struct udp_addr src = { .ip = o->src };
	struct sockaddr_storage ss;
	socklen_t n;

	if (o->dev[0] != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					 o->dev, (socklen_t)strlen(o->dev)) < 0)
		return -errno;
	if (!ip_is_set(&o->src))
		return 0;
	n = udp_to_sockaddr(&src, &ss);
	return bind(fd, (struct sockaddr *)&ss, n) < 0 ? -errno : 0;
}

static int socket4_open(const struct ping_opts *o)
{
	const uint32_t keep = 1u << ICMP_ECHOREPLY | 1u << ICMP_DEST_UNREACH |
			      1u << ICMP_SOURCE_QUENCH |
			      1u << ICMP_TIME_EXCEEDED |
			      1u << ICMP_PARAMETERPROB;
	const uint32_t drop = ~keep;
	const int df = o->df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
	const int tos = o->tos, on = 1;
	auto_fd int fd = socket(
		AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0 ||
		setsockopt(fd, SOL_RAW, RAW_ICMP_FILTER, &drop, sizeof(drop)) <
			0 ||
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df)) <
			0 ||
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0)
		return -errno;
	int out = fd;

	fd = -1;
	return out;
}

static int socket_open(const struct ping_opts *o)
{
	auto_fd int fd = is_v6(o) ? socket6_open(o) : socket4_open(o);
	int r, out;

	if (fd < 0) {
		out = fd;
		fd = -1;
		return out;
	}
	r = socket_bind(fd, o);
	if (r < 0)
		return r;
	out = fd;
	fd = -1;
	return out;
}

struct ping *box_ping(struct box *b, const struct ping_opts *o,
	ping_result_fn *result, ping_done_fn *done, void *ctx, struct sbuf *why)
{
	if (!ip_is_set(&o->dst) ||
		(ip_is_set(&o->src) && o->src.family != o->dst.family)) {
		sbuf_adds(why, "source and destination are of two families");
		return NULL;
	}
	if (o->size < ip_hdr(o) + ICMP_HDR || o->size > DGRAM_MAX ||
		o->size_max > DGRAM_MAX) {
		sbuf_printf(why, "datagram size %u is out of range", o->size);
		return NULL;
	}
	int fd = socket_open(o);

	if (fd == -EADDRNOTAVAIL)
		sbuf_adds(why, "Invalid source address- IP address not on any "
			       "of our up interfaces");
	else if (fd < 0)
		sbuf_printf(why, "ICMP socket: %s", strerror(-fd));
	if (fd < 0)
		return NULL;
	struct ping *p = xcalloc(1, sizeof(*p));

	*p = (struct ping){ .box = b,
		.o = *o,
		.result = result,
		.done = done,
		.ctx = ctx,
		.fd = fd };
	p->buf = xcalloc(1, DGRAM_MAX);
	b->env.env.random(&b->env, &p->ident, sizeof(p->ident));
	timer_init(&p->timer, on_timer, p);
	p->watch = loop_fd_add(b->loop, fd, LOOP_READ, on_readable, p);
	LIST_INSERT_HEAD(&b->pings, p, link);
	timer_set(loop_timers(b->loop), &p->timer, loop_now());
	return p;
}

void ping_cancel(struct ping *p)
{
	ping_free(p);
}

void box_ping_free(struct box *b)
{
	while (!LIST_EMPTY(&b->pings))
		ping_free(LIST_FIRST(&b->pings));
}
