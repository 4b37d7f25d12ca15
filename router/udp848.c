/* The UDP 848 socket: batches in, batches out, local addresses kept. */
#include "router/udp848.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DGRAM_MAX     65535
#define BATCH         32
#define READS_MAX     8 /* batches per wake-up, then others get their turn */
#define SOCKET_BUFFER (4 << 20)
/* Waiting to be sent: bytes that a burst of rekeys may occupy. */
#define QUEUE_MAX (16u << 20)

union control {
	char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct cmsghdr align;
};
struct dgram {
	TAILQ_ENTRY(dgram) link;
	struct udp_path path;
	size_t n;
	uint8_t data[];
};
TAILQ_HEAD(dgrams, dgram);

struct udp848 {
	struct loop *loop;
	struct loop_fd *watch;
	int fd;
	uint16_t port;
	udp_input_fn *fn;
	void *ctx;
	struct dgrams queue;
	size_t queued_bytes;
	struct timer flush; /* due at once; fires before the loop sleeps */
	bool blocked;       /* the socket is full: waits for LOOP_WRITE */
	uint8_t *rx;        /* BATCH * DGRAM_MAX */
	struct udp848_stats stats;
};

static bool path_read(
	const struct udp848 *u, struct msghdr *m, struct udp_path *out)
{
	if (!udp_from_sockaddr(m->msg_name, &out->remote))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
		c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		out->local.ip = ip_v4(ntohl(info.ipi_addr.s_addr));
		out->local.port = u->port;
		return true;
	}
	return false;
}

static int batch_read(struct udp848 *u)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union control control[BATCH];

	memset(m, 0, sizeof(m));
	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = u->rx + i * DGRAM_MAX,
			.iov_len = DGRAM_MAX };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
			.msg_control = &control[i],
			.msg_controllen = sizeof(control[i]) };
	}
	int n = recvmmsg(u->fd, m, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		struct udp_path path;

		if (!path_read(u, &m[i].msg_hdr, &path)) {
			u->stats.rx_bad++;
			continue;
		}
		u->stats.rx++;
		u->fn(u->ctx, &path, SPAN(iov[i].iov_base, m[i].msg_len));
	}
	return n;
}

/* Fills one message; its parts live as long as the arrays of the caller. */
static void msg_fill(struct dgram *d, struct mmsghdr *m, struct iovec *iov,
	struct sockaddr_storage *to, union control *control)
{
	struct in_pktinfo info = { 0 };

	iov->iov_base = d->data;
	iov->iov_len = d->n;
	memset(m, 0, sizeof(*m));
	m->msg_hdr.msg_name = to;
	m->msg_hdr.msg_namelen = udp_to_sockaddr(&d->path.remote, to);
	m->msg_hdr.msg_iov = iov;
	m->msg_hdr.msg_iovlen = 1;
	if (!ip_is_set(&d->path.local.ip) || ip_is_any(&d->path.local.ip))
		return;
	memset(control, 0, sizeof(*control));
	m->msg_hdr.msg_control = control;
	m->msg_hdr.msg_controllen = sizeof(*control);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	info.ipi_spec_dst.s_addr = htonl(ip_u32(&d->path.local.ip));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static void queue_pop(struct udp848 *u)
{
	struct dgram *d = TAILQ_FIRST(&u->queue);

	TAILQ_REMOVE(&u->queue, d, link);
	u->queued_bytes -= d->n;
	free(d);
}

/* Sends up to BATCH from the head. false: the socket takes no more now. */
static bool batch_write(struct udp848 *u)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage to[BATCH];
	union control control[BATCH];
	struct dgram *d;
	unsigned n = 0;

	TAILQ_FOREACH(d, &u->queue, link) {
		if (n == BATCH)
			break;
		msg_fill(d, &m[n], &iov[n], &to[n], &control[n]);
		n++;
	}
	int sent = sendmmsg(u->fd, m, n, MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return false;
	if (sent <= 0) { /* the first one is refused */
		u->stats.tx_refused++;
		u->stats.last_errno = errno;
		queue_pop(u);
		return true;
	}
	u->stats.tx += (unsigned)sent;
	while (sent-- > 0)
		queue_pop(u);
	return true;
}

static void queue_flush(void *arg)
{
	struct udp848 *u = arg;
	bool room = true;

	while (room && !TAILQ_EMPTY(&u->queue))
		room = batch_write(u);
	if (u->blocked == !room)
		return;
	u->blocked = !room;
	loop_fd_events(u->watch, LOOP_READ | (u->blocked ? LOOP_WRITE : 0));
}

static void on_ready(void *arg, int events)
{
	struct udp848 *u = arg;

	if (events & LOOP_WRITE)
		queue_flush(u);
	if (!(events & LOOP_READ))
		return;
	for (int i = 0; i < READS_MAX; i++) {
		if (batch_read(u) < BATCH)
			return;
	}
}

void udp848_send(
	struct udp848 *u, const struct udp_path *path, struct span data)
{
	if (u->queued_bytes + data.n > QUEUE_MAX) {
		u->stats.tx_queue_full++;
		return;
	}
	struct dgram *d = xcalloc(1, sizeof(*d) + data.n);

	d->path = *path;
	d->n = data.n;
	memcpy(d->data, data.p, data.n);
	TAILQ_INSERT_TAIL(&u->queue, d, link);
	u->queued_bytes += d->n;
	if (!u->blocked && !u->flush.armed)
		timer_set(loop_timers(u->loop), &u->flush, loop_now());
}

static int socket_open(uint16_t port)
{
	const int on = 1, size = SOCKET_BUFFER, pmtu = IP_PMTUDISC_DONT;
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	auto_fd int fd =
		socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Long messages go in fragments, whatever a forged ICMP claims. */
	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu,
			sizeof(pmtu)) < 0)
		return -errno;
	/* A burst of registrations or acknowledgements waits here. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	int out = fd;

	fd = -1;
	return out;
}

struct udp848 *udp848_new(struct loop *l, uint16_t port, udp_input_fn *fn,
	void *ctx, struct sbuf *why)
{
	struct sockaddr_in name = { 0 };
	socklen_t name_n = sizeof(name);
	int fd = socket_open(port);

	if (fd < 0) {
		sbuf_printf(why, "UDP port %u: %s", port, strerror(-fd));
		return NULL;
	}
	getsockname(fd, (struct sockaddr *)&name, &name_n);
	struct udp848 *u = xcalloc(1, sizeof(*u));

	*u = (struct udp848){ .loop = l,
		.fd = fd,
		.port = ntohs(name.sin_port),
		.fn = fn,
		.ctx = ctx };
	TAILQ_INIT(&u->queue);
	u->rx = xcalloc(BATCH, DGRAM_MAX);
	timer_init(&u->flush, queue_flush, u);
	u->watch = loop_fd_add(l, fd, LOOP_READ, on_ready, u);
	return u;
}

void udp848_free(struct udp848 *u)
{
	if (u == NULL)
		return;
	timer_cancel(loop_timers(u->loop), &u->flush);
	while (!TAILQ_EMPTY(&u->queue))
		queue_pop(u);
	loop_fd_del(u->watch);
	close(u->fd);
	free(u->rx);
	free(u);
}

uint16_t udp848_port(const struct udp848 *u)
{
	return u->port;
}

void udp848_stats(const struct udp848 *u, struct udp848_stats *out)
{
	*out = u->stats;
}
