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
#define MULTICAST_TTL 64
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
	int ifindex; /* 0: by routing */
	size_t n;
	uint8_t data[];
};
TAILQ_HEAD(dgrams, dgram);

/* A group on a port of its own: bound to both, for nothing else. */
struct side {
	LIST_ENTRY(side) link;
	struct udp848 *u;
	struct loop_fd *watch;
	int fd;
	struct udp_addr group;
	unsigned members;
};
struct membership {
	LIST_ENTRY(membership) link;
	struct udp_addr group;
	struct ip_addr local;
	struct side *side; /* NULL: the socket of all */
	unsigned refs;
};

struct udp848 {
	struct loop *loop;
	struct loop_fd *watch;
	int fd;
	uint16_t port;
	udp_input_fn *fn;
	void *ctx;
	struct dgrams queue;
	size_t queued_bytes;
	void (*before_send)(void *ctx); /* may be NULL */
	void *before_send_ctx;
	struct timer flush; /* due at once; fires before the loop sleeps */
	bool blocked;       /* the socket is full: waits for LOOP_WRITE */
	uint8_t *rx;        /* BATCH * DGRAM_MAX */
	LIST_HEAD(, side) sides;
	LIST_HEAD(, membership) memberships;
	struct udp848_stats stats;
};

static bool path_read(struct msghdr *m, uint16_t port, struct udp_path *out)
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
		out->local.port = port;
		return true;
	}
	return false;
}

static int batch_read(struct udp848 *u, int fd, uint16_t port)
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
	int n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		struct udp_path path;

		if (!path_read(&m[i].msg_hdr, port, &path)) {
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
	if (d->ifindex == 0 &&
		(!ip_is_set(&d->path.local.ip) || ip_is_any(&d->path.local.ip)))
		return;
	memset(control, 0, sizeof(*control));
	m->msg_hdr.msg_control = control;
	m->msg_hdr.msg_controllen = sizeof(*control);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	info.ipi_ifindex = d->ifindex;
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

void udp848_discard(struct udp848 *u)
{
	while (!TAILQ_EMPTY(&u->queue)) {
		u->stats.tx_discarded++;
		queue_pop(u);
	}
}

static void queue_flush(void *arg)
{
	struct udp848 *u = arg;
	bool room = true;

	if (u->before_send != NULL)
		u->before_send(u->before_send_ctx);

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
		if (batch_read(u, u->fd, u->port) < BATCH)
			return;
	}
}

static void on_side_ready(void *arg, int events)
{
	struct side *s = arg;

	(void)events;
	batch_read(s->u, s->fd, s->group.port);
}

/* An answer to what came on a side port leaves from that port, at once: these
 * are few. */
static bool side_send(
	struct udp848 *u, const struct udp_path *path, struct span data)
{
	struct side *s;

	LIST_FOREACH(s, &u->sides, link)
	if (s->group.port == path->local.port)
		break;
	if (s == NULL || path->local.port == u->port)
		return false;
	auto_free struct dgram *d = xcalloc(1, sizeof(*d) + data.n);
	struct sockaddr_storage to;
	union control control;
	struct mmsghdr m;
	struct iovec iov;

	d->path = *path;
	d->n = data.n;
	memcpy(d->data, data.p, data.n);
	msg_fill(d, &m, &iov, &to, &control);
	if (sendmsg(s->fd, &m.msg_hdr, MSG_DONTWAIT) < 0) {
		u->stats.tx_refused++;
		u->stats.last_errno = errno;
	} else {
		u->stats.tx++;
	}
	return true;
}

void udp848_send(
	struct udp848 *u, const struct udp_path *path, struct span data)
{
	udp848_send_via(u, path, data, 0);
}

void udp848_send_via(struct udp848 *u, const struct udp_path *path,
	struct span data, int ifindex)
{
	if (side_send(u, path, data))
		return;
	if (u->queued_bytes + data.n > QUEUE_MAX) {
		u->stats.tx_queue_full++;
		return;
	}
	struct dgram *d = xcalloc(1, sizeof(*d) + data.n);

	d->path = *path;
	d->ifindex = ifindex;
	d->n = data.n;
	memcpy(d->data, data.p, data.n);
	TAILQ_INSERT_TAIL(&u->queue, d, link);
	u->queued_bytes += d->n;
	if (!u->blocked && !u->flush.armed)
		timer_set(loop_timers(u->loop), &u->flush, loop_now());
}

/* Only groups joined on this socket, whatever others on the host join; sent
 * ones get across a network. */
static bool multicast_setup(int fd)
{
	const int off = 0, ttl = MULTICAST_TTL;

	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off,
		       sizeof(off)) == 0 &&
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl,
		       sizeof(ttl)) == 0;
}

static int socket_open(const struct ip_addr *ip, uint16_t port)
{
	const int on = 1, size = SOCKET_BUFFER, pmtu = IP_PMTUDISC_DONT;
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(ip_u32(ip)),
		.sin_port = htons(port) };
	auto_fd int fd =
		socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Long messages go in fragments, whatever a forged ICMP claims. */
	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu,
			sizeof(pmtu)) < 0 ||
		!multicast_setup(fd))
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
	const struct ip_addr any = ip_v4(0);
	int fd = socket_open(&any, port);

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
	LIST_INIT(&u->sides);
	LIST_INIT(&u->memberships);
	u->rx = xcalloc(BATCH, DGRAM_MAX);
	timer_init(&u->flush, queue_flush, u);
	u->watch = loop_fd_add(l, fd, LOOP_READ, on_ready, u);
	return u;
}

/* The kernel knows the interface by its address; the index would be that of a
 * netdev, which may be made anew. */
static int membership_set(
	const struct udp848 *u, const struct membership *m, int option)
{
	struct ip_mreqn req = {
		.imr_multiaddr.s_addr = htonl(ip_u32(&m->group.ip)),
		.imr_address.s_addr = htonl(ip_u32(&m->local)),
	};
	int fd = m->side != NULL ? m->side->fd : u->fd;

	return setsockopt(fd, IPPROTO_IP, option, &req, sizeof(req)) < 0
		       ? -errno
		       : 0;
}

static struct side *side_get(
	struct udp848 *u, const struct udp_addr *group, int *err)
{
	struct side *s;
	int fd;

	LIST_FOREACH(s, &u->sides, link)
	if (udp_addr_equal(&s->group, group))
		return s;
	fd = socket_open(&group->ip, group->port);
	if (fd < 0) {
		*err = fd;
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	*s = (struct side){ .u = u, .fd = fd, .group = *group };
	s->watch = loop_fd_add(u->loop, fd, LOOP_READ, on_side_ready, s);
	LIST_INSERT_HEAD(&u->sides, s, link);
	return s;
}

static void side_put(struct side *s)
{
	if (s == NULL || s->members > 0)
		return;
	LIST_REMOVE(s, link);
	loop_fd_del(s->watch);
	close(s->fd);
	free(s);
}

static struct membership *membership_find(struct udp848 *u,
	const struct udp_addr *group, const struct ip_addr *local)
{
	struct membership *m;

	LIST_FOREACH(m, &u->memberships, link)
	if (udp_addr_equal(&m->group, group) && ip_equal(&m->local, local))
		return m;
	return NULL;
}

int udp848_join(struct udp848 *u, const struct udp_addr *group,
	const struct ip_addr *local)
{
	struct membership *m = membership_find(u, group, local);
	int err = 0;

	if (m != NULL) {
		m->refs++;
		return 0;
	}
	m = xcalloc(1, sizeof(*m));
	*m = (struct membership){ .group = *group, .local = *local, .refs = 1 };
	if (group->port != u->port)
		m->side = side_get(u, group, &err);
	if (err == 0)
		err = membership_set(u, m, IP_ADD_MEMBERSHIP);
	if (err != 0 && err != -EADDRINUSE) {
		side_put(m->side);
		free(m);
		return err;
	}
	if (m->side != NULL)
		m->side->members++;
	LIST_INSERT_HEAD(&u->memberships, m, link);
	return 0;
}

static void membership_end(struct udp848 *u, struct membership *m)
{
	/* More than one, when the netdev was made anew in between. */
	while (membership_set(u, m, IP_DROP_MEMBERSHIP) == 0)
		continue;
	LIST_REMOVE(m, link);
	if (m->side != NULL) {
		m->side->members--;
		side_put(m->side);
	}
	free(m);
}

void udp848_leave(struct udp848 *u, const struct udp_addr *group,
	const struct ip_addr *local)
{
	struct membership *m = membership_find(u, group, local);

	if (m != NULL && --m->refs == 0)
		membership_end(u, m);
}

void udp848_announce(struct udp848 *u, const struct ip_addr *local)
{
	struct membership *m;

	LIST_FOREACH(m, &u->memberships, link) {
		if (!ip_equal(&m->local, local))
			continue;
		membership_set(u, m, IP_DROP_MEMBERSHIP);
		membership_set(u, m, IP_ADD_MEMBERSHIP);
	}
}

/* Where it still stands, the kernel says EADDRINUSE. */
void udp848_rejoin(struct udp848 *u)
{
	struct membership *m;

	LIST_FOREACH(m, &u->memberships, link)
	membership_set(u, m, IP_ADD_MEMBERSHIP);
}

void udp848_before_send(struct udp848 *u, void (*fn)(void *ctx), void *ctx)
{
	u->before_send = fn;
	u->before_send_ctx = ctx;
}

void udp848_free(struct udp848 *u)
{
	struct membership *m;

	if (u == NULL)
		return;
	while ((m = LIST_FIRST(&u->memberships)) != NULL)
		membership_end(u, m);
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
