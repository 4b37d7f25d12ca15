/* Emitters over ordinary sockets: raw IP, and AF_PACKET. */
#include "base/mem.h"
#include "dataplane/objects.h"
#include "dataplane/user_emit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SEND_ROOM (4 << 20)

struct socket_emit {
	struct emit e; /* first */
	int fd;
	size_t l2;     /* bytes before the IP header that go along */
	unsigned next; /* slot */
	uint8_t slot[EMIT_FRAMES][EMIT_SLOT];
	struct mmsghdr msg[EMIT_FRAMES];
	struct iovec iov[EMIT_FRAMES];
	struct sockaddr_in to[EMIT_FRAMES];
	struct emit_frame *frame[EMIT_FRAMES]; /* of each message */
};

static struct socket_emit *of(struct emit *e)
{
	return (struct socket_emit *)e;
}

static uint8_t *socket_slot(struct emit *e)
{
	return of(e)->slot[of(e)->next++ % EMIT_FRAMES];
}

static size_t messages_fill(
	struct socket_emit *s, struct emit_frame *v, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].err = 0;
		if (!v[i].n)
			continue;
		s->iov[used] = (struct iovec){ v[i].p - s->l2,
			v[i].n + s->l2 };
		memcpy(&s->to[used].sin_addr, v[i].p + 16, 4);
		s->frame[used++] = &v[i];
	}
	return used;
}

static void socket_send(struct emit *e, struct emit_frame *v, size_t n)
{
	struct socket_emit *s = of(e);
	size_t used = messages_fill(s, v, n);

	for (size_t at = 0; at < used;) {
		int done = sendmmsg(
			s->fd, s->msg + at, (unsigned)(used - at), 0);

		if (done > 0) {
			at += (size_t)done;
		} else if (errno != EINTR) {
			/* The first of the rest: go on behind it. */
			s->frame[at++]->err = errno;
		}
	}
}

static void socket_send_large(struct emit *e, struct emit_frame *f)
{
	socket_send(e, f, 1);
}

static void socket_close(struct emit *e)
{
	mem_close_fd(&of(e)->fd);
	free(e);
}

static const struct emit_ops ops[] = {
	{ DP_TRANSMIT_RAW, socket_slot, socket_send, socket_send_large,
		socket_close },
	{ DP_TRANSMIT_PACKET, socket_slot, socket_send, socket_send_large,
		socket_close },
};

static bool option_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* The inner MTU, once told to a local sender, stands as path MTU on the very
 * routes that the ESP takes: it is the device's that counts. */
static int raw_open(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd >= 0 && !option_set(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			       IP_PMTUDISC_PROBE))
		mem_close_fd(&fd);
	return fd;
}

/* Bound to no protocol: it receives nothing. */
static int packet_open(int ifindex)
{
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_ifindex = ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		mem_close_fd(&fd);
	return fd;
}

static void messages_init(struct socket_emit *s, bool raw)
{
	for (size_t i = 0; i < EMIT_FRAMES; i++) {
		struct msghdr *m = &s->msg[i].msg_hdr;

		m->msg_iov = &s->iov[i];
		m->msg_iovlen = 1;
		s->to[i].sin_family = AF_INET;
		if (raw) {
			m->msg_name = &s->to[i];
			m->msg_namelen = sizeof(s->to[i]);
		}
	}
}

struct emit *emit_socket_open(enum dp_transmit kind, int ifindex)
{
	bool raw = kind == DP_TRANSMIT_RAW;
	int fd = raw ? raw_open() : packet_open(ifindex);
	struct socket_emit *s;

	if (fd >= 0 && !option_set(fd, SOL_SOCKET, SO_MARK, DP_MARK_OWN))
		mem_close_fd(&fd);
	if (fd < 0)
		return NULL;
	(void)option_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_ROOM);
	s = xcalloc(1, sizeof(*s));
	s->e.ops = &ops[raw ? 0 : 1];
	s->fd = fd;
	s->l2 = raw ? 0 : ETH_HLEN;
	messages_init(s, raw);
	return &s->e;
}
