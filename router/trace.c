/* traceroute: UDP probes with a growing TTL, one at a time (show-output.md
 * 3.10).  Answers come as errors of the socket, which the kernel has already
 * matched with the probe. */
#include "router/box_priv.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROBE_BYTES 24

struct trace {
	LIST_ENTRY(trace) link;
	struct box *box;
	struct trace_opts o;
	trace_result_fn *result;
	trace_done_fn *done;
	void *ctx;
	int fd;
	struct loop_fd *watch;
	struct timer timer; /* the next probe, or the wait for its answer */
	struct trace_result now;
	unsigned seq;
	bool waiting, reached;
	uint64_t sent_us;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void trace_free(struct trace *t)
{
	LIST_REMOVE(t, link);
	timer_cancel(loop_timers(t->box->loop), &t->timer);
	loop_fd_del(t->watch);
	close(t->fd);
	free(t);
}

/* Every probe has a port of its own, by which a late answer is told apart. */
static uint16_t probe_port(const struct trace *t)
{
	return (uint16_t)(t->o.port + t->seq);
}

static void probe_over(struct trace *t)
{
	struct trace_result r = t->now;

	t->waiting = false;
	t->seq++;
	if (++t->now.probe == t->o.probes) {
		t->now.probe = 0;
		t->now.ttl++;
	}
	timer_set(loop_timers(t->box->loop), &t->timer, loop_now());
	t->result(t->ctx, &r); /* may cancel t */
}

static void probe_send(struct trace *t)
{
	static const char data[PROBE_BYTES];
	bool v6 = t->o.dst.family == 6;
	struct udp_addr dst = { t->o.dst, probe_port(t) };
	struct sockaddr_storage to;
	socklen_t to_n = udp_to_sockaddr(&dst, &to);
	int ttl = (int)t->now.ttl;

	t->waiting = true;
	t->now.answered = false;
	t->now.note = 0;
	t->sent_us = now_us();
	timer_set(loop_timers(t->box->loop), &t->timer,
		loop_now() + t->o.timeout_ms);
	setsockopt(t->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		v6 ? IPV6_UNICAST_HOPS : IP_TTL, &ttl, sizeof(ttl));
	/* An error of the probe before is reported by the first call; without
	 * a route there is no answer. */
	for (int i = 0; i < 2; i++) {
		if (sendto(t->fd, data, sizeof(data), 0, (struct sockaddr *)&to,
			    to_n) >= 0)
			break;
	}
}

static void on_timer(void *arg)
{
	struct trace *t = arg;

	if (t->waiting) {
		probe_over(t);
		return;
	}
	if (t->now.probe != 0 || (!t->reached && t->now.ttl <= t->o.max_ttl)) {
		probe_send(t);
		return;
	}
	trace_done_fn *done = t->done;
	void *ctx = t->ctx;

	trace_free(t);
	done(ctx);
}

/* IOS's letter of an unreachable; 0: the port, that is, the end. */
static char note4(uint8_t code)
{
	switch (code) {
	case ICMP_PORT_UNREACH:
		return 0;
	case ICMP_NET_UNREACH:
		return 'N';
	case ICMP_PROT_UNREACH:
		return 'P';
	case ICMP_PKT_FILTERED:
	case ICMP_HOST_ANO:
	case ICMP_NET_ANO:
		return 'A';
	default:
		return 'H';
	}
}

static char note6(uint8_t code)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOPORT:
		return 0;
	case ICMP6_DST_UNREACH_NOROUTE:
		return 'N';
	case ICMP6_DST_UNREACH_ADMIN:
		return 'A';
	default:
		return 'H';
	}
}

static void answer_take(struct trace *t, const struct sock_extended_err *e,
	const struct ip_addr *from)
{
	bool v6 = e->ee_origin == SO_EE_ORIGIN_ICMP6;
	bool unreachable =
		e->ee_type == (v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH);

	t->now.answered = true;
	t->now.from = *from;
	t->now.rtt_ms = (unsigned)((now_us() - t->sent_us) / 1000);
	if (unreachable) {
		t->now.note = v6 ? note6(e->ee_code) : note4(e->ee_code);
		t->reached = true;
	}
	probe_over(t);
}

/* One entry of the error queue.  false: it is empty. */
static bool error_read(struct trace *t)
{
	char control[512] __attribute__((aligned(8))), data[64];
	struct sockaddr_storage to = { 0 };
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct udp_addr sent = { 0 }, from = { 0 };

	if (recvmsg(t->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	udp_from_sockaddr((struct sockaddr *)&to, &sent);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
		c = CMSG_NXTHDR(&m, c)) {
		const struct sock_extended_err *e = (void *)CMSG_DATA(c);

		if ((c->cmsg_level != IPPROTO_IP ||
			    c->cmsg_type != IP_RECVERR) &&
			(c->cmsg_level != IPPROTO_IPV6 ||
				c->cmsg_type != IPV6_RECVERR))
			continue;
		if (e->ee_origin != SO_EE_ORIGIN_ICMP &&
			e->ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;
		udp_from_sockaddr(SO_EE_OFFENDER(e), &from);
		if (!t->waiting || sent.port != probe_port(t))
			continue;
		answer_take(t, e, &from.ip);
		return false; /* t may be gone */
	}
	return true;
}

static void on_readable(void *arg, int events)
{
	struct trace *t = arg;
	char data[64];

	(void)events;
	/* Somebody who answers on a port is no hop of interest. */
	while (recv(t->fd, data, sizeof(data), MSG_DONTWAIT) >= 0)
		;
	while (error_read(t))
		;
}

static int socket_open(const struct trace_opts *o)
{
	bool v6 = o->dst.family == 6;
	const int on = 1;
	struct udp_addr src = { .ip = o->src };
	struct sockaddr_storage ss;
	socklen_t n = udp_to_sockaddr(&src, &ss);
	auto_fd int fd = socket(v6 ? AF_INET6 : AF_INET,
		SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int out;

	if (fd < 0 ||
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on)) < 0)
		return -errno;
	if (o->dev[0] != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					 o->dev, (socklen_t)strlen(o->dev)) < 0)
		return -errno;
	if (ip_is_set(&o->src) && bind(fd, (struct sockaddr *)&ss, n) < 0)
		return -errno;
	out = fd;
	fd = -1;
	return out;
}

struct trace *box_trace(struct box *b, const struct trace_opts *o,
	trace_result_fn *result, trace_done_fn *done, void *ctx,
	struct sbuf *why)
{
	struct trace *t;
	int fd;

	if (ip_is_set(&o->src) && o->src.family != o->dst.family) {
		sbuf_adds(why, "source and destination are of two families");
		return NULL;
	}
	fd = socket_open(o);
	if (fd == -EADDRNOTAVAIL)
		sbuf_adds(why, "Invalid source address- IP address not on any "
			       "of our up interfaces");
	else if (fd < 0)
		sbuf_printf(why, "UDP socket: %s", strerror(-fd));
	if (fd < 0)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	*t = (struct trace){ .box = b,
		.o = *o,
		.result = result,
		.done = done,
		.ctx = ctx,
		.fd = fd,
		.now.ttl = o->min_ttl };
	timer_init(&t->timer, on_timer, t);
	t->watch = loop_fd_add(b->loop, fd, LOOP_READ, on_readable, t);
	LIST_INSERT_HEAD(&b->traces, t, link);
	timer_set(loop_timers(b->loop), &t->timer, loop_now());
	return t;
}

void trace_cancel(struct trace *t)
{
	trace_free(t);
}

void box_trace_free(struct box *b)
{
	while (!LIST_EMPTY(&b->traces))
		trace_free(LIST_FIRST(&b->traces));
}
