/* The threads of IPv6 groups: what their TUNs have is sealed and sent over a
 * raw socket, and what comes over another one is opened and written.  A raw
 * socket of IPv6 shows no header: what is looked at of it comes beside the
 * packet and is put in front again. */
#include "dataplane/path.h"
#include "dataplane/user_gso.h"
#include "dataplane/user_io.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRAMES EMIT_FRAMES /* sealed and sent, or received, at once */
#define READS  16 /* from one device before others get their turn */
#define FRONT  96 /* before an inner packet: outer header, ESP's, IV */
#define SLOT   (FRONT + DP_TUN_MTU + ESP_TAIL_MAX)
#define ROOM   65536
#define CMSGS  (CMSG_SPACE(sizeof(struct in6_pktinfo)) + \
		CMSG_SPACE(sizeof(int)))
_Static_assert(FRONT >= IP6_HDR + ESP_HEAD_MAX, "no room in front");

static bool is_ipv6(const uint8_t *p, size_t n)
{
	return n >= IP6_HDR && p[0] >> 4 == 6;
}

/* ---- out ---- */

struct out6 {
	uint8_t read[VNET_HDR + UINT16_MAX + 1];
	uint8_t slot[FRAMES][SLOT];
	struct seal_io seal;
	struct emit_frame frame[FRAMES];
	struct out_mark mark[FRAMES]; /* of each frame */
	size_t n;
	struct mmsghdr msg[FRAMES];
	struct iovec iov[FRAMES];
	struct sockaddr_in6 to[FRAMES];
};

static struct out6 *out6_new(int trouble)
{
	struct out6 *io = xcalloc(1, sizeof(*io));

	seal_io_init(&io->seal, trouble);
	for (size_t i = 0; i < FRAMES; i++) {
		io->to[i].sin6_family = AF_INET6;
		io->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &io->to[i],
			.msg_namelen = sizeof(io->to[i]),
			.msg_iov = &io->iov[i],
			.msg_iovlen = 1,
		};
	}
	return io;
}

static void sent(
	const struct world_group *g, const struct out_mark *m, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += m[i].inner;
	count(&g->sending->encaps, n);
	count(&g->sending->encaps_bytes, bytes);
	count(&g->g->encrypt, n);
}

/* Seals what waits; what is to be sent then stands in msg[].  Gives how much
 * that is. */
static size_t batch_seal(struct out6 *io, const struct world_group *g)
{
	size_t n = 0;

	io->seal.now_ms = worker_now_ms();
	frames_seal(&io->seal, g, 0, io->frame, io->mark, io->n);
	for (size_t i = 0; i < io->n; i++) {
		const struct emit_frame *f = &io->frame[i];

		if (!f->n)
			continue;
		io->iov[n] = (struct iovec){ f->p, f->n };
		memcpy(&io->to[n].sin6_addr, f->p + 24, 16);
		io->mark[n++] = io->mark[i];
	}
	io->n = 0;
	return n;
}

static void batch_go(
	struct worker *w, struct out6 *io, const struct world_group *g)
{
	size_t n = io->n ? batch_seal(io, g) : 0;

	for (size_t at = 0; at < n;) {
		int done = sendmmsg(w->all->raw6_tx, io->msg + at,
			(unsigned)(n - at), 0);

		if (done < 0 && errno == EINTR)
			continue;
		/* The first of the rest failed: count it, go on behind. */
		if (done <= 0) {
			drop(g->g, errno == EMSGSIZE ? DP_DROP_TOO_BIG
						     : DP_DROP_INTERNAL_SEND);
			count(&g->sending->send_errors, 1);
			at++;
			continue;
		}
		sent(g, io->mark + at, (size_t)done);
		at += (size_t)done;
	}
}

static void packet_cut(struct worker *w, struct out6 *io,
	const struct world_group *g, struct gso *cut)
{
	size_t n;

	while ((n = gso_next(cut))) {
		uint8_t *inner = io->slot[io->n] + FRONT;

		if (n > DP_TUN_MTU) {
			drop(g->g, DP_DROP_TOO_BIG);
			return;
		}
		gso_take(cut, inner);
		io->mark[io->n] = (struct out_mark){ .has_eth = false };
		io->frame[io->n++] = (struct emit_frame){ .p = inner, .n = n };
		if (io->n == FRAMES)
			batch_go(w, io, g);
	}
}

/* What does not go beyond a link is the kernel's talk to the device. */
static bool is_for_link(const uint8_t *p)
{
	const uint8_t *src = p + 8, *dst = p + 24;

	return (src[0] == 0xfe && (src[1] & 0xc0) == 0x80) ||
	       (dst[0] == 0xfe && (dst[1] & 0xc0) == 0x80) ||
	       (dst[0] == 0xff && (dst[1] & 0xf) <= 2);
}

static void packet_out(struct worker *w, struct out6 *io,
	const struct world_group *g, size_t n)
{
	const uint8_t *inner = io->read + VNET_HDR;
	struct virtio_net_hdr v;
	struct gso cut;

	memcpy(&v, io->read, sizeof(v));
	if (n < VNET_HDR || !is_ipv6(inner, n - VNET_HDR) || is_for_link(inner))
		return;
	if (gso_begin(&cut, &v, inner, n - VNET_HDR, 0))
		packet_cut(w, io, g, &cut);
	else
		drop(g->g, DP_DROP_ENCAPS_FAIL);
}

/* false: the device is down or gone. */
static bool tun_read(
	struct worker *w, struct out6 *io, const struct world_group *g)
{
	for (size_t i = 0; i < READS; i++) {
		ssize_t n = read(g->tun6, io->read, sizeof(io->read));

		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
		if (n > 0)
			packet_out(w, io, g, (size_t)n);
	}
	return true;
}

static void tun_ready(
	struct worker *w, struct out6 *io, struct world_group *g)
{
	bool well = tun_read(w, io, g);

	batch_go(w, io, g);
	if (well)
		return;
	/* The loop raises the device again; until then do not spin on it. */
	atomic_fetch_or(&w->all->tun_failed, UINT64_C(1) << g->g->t.slot);
	(void)eventfd_write(w->all->trouble, 1);
	g->tun6 = -1;
}

/* Own copies: a device that fails is left out by fd -1. */
static size_t groups_take(const struct world *world, struct world_group *out)
{
	size_t n = 0;

	for (size_t i = 0; i < world->n_groups; i++)
		if (world->group[i].ip6)
			out[n++] = world->group[i];
	return n;
}

void *out6_thread(void *arg)
{
	struct worker *w = arg;
	struct out6 *io = out6_new(w->all->trouble);
	struct pollfd fd[DP_SLOTS + 1];
	struct world_group group[DP_SLOTS];
	size_t n = groups_take(w->world, group);

	for (;;) {
		for (size_t i = 0; i < n; i++)
			fd[i] = (struct pollfd){ group[i].tun6, POLLIN, 0 };
		fd[n] = (struct pollfd){ w->kick, POLLIN, 0 };
		if (poll(fd, n + 1, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (fd[i].revents)
				tun_ready(w, io, &group[i]);
		if (!fd[n].revents)
			continue;
		if (!world_take(w))
			break;
		n = groups_take(w->world, group);
	}
	seal_io_fini(&io->seal);
	free(io);
	return NULL;
}

/* ---- in ---- */

struct in6 {
	uint8_t room[FRAMES][IP6_HDR + ROOM];
	struct mmsghdr msg[FRAMES];
	struct iovec iov[FRAMES];
	struct sockaddr_in6 from[FRAMES];
	uint8_t cmsg[FRAMES][CMSGS] __attribute__((aligned(8)));
	struct esp_job job[FRAMES];
	const struct world_sa *sa[FRAMES]; /* of each job */
	const uint8_t *outer[FRAMES];
	size_t n;
};

static struct in6 *in6_new(void)
{
	struct in6 *io = xcalloc(1, sizeof(*io));

	for (size_t i = 0; i < FRAMES; i++) {
		io->iov[i] = (struct iovec){ io->room[i] + IP6_HDR, ROOM };
		io->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &io->from[i],
			.msg_iov = &io->iov[i],
			.msg_iovlen = 1,
			.msg_control = io->cmsg[i],
		};
	}
	return io;
}

/* The header as far as it is looked at; gives the interface. */
static int header_put(uint8_t p[IP6_HDR], struct msghdr *m, size_t esp_n)
{
	const struct sockaddr_in6 *from = m->msg_name;
	struct in6_pktinfo info = { 0 };
	int tclass = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
		else if (c->cmsg_type == IPV6_TCLASS)
			memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
	}
	memset(p, 0, 8);
	p[0] = (uint8_t)(0x60 | tclass >> 4);
	p[1] = (uint8_t)(tclass << 4);
	p[4] = (uint8_t)(esp_n >> 8);
	p[5] = (uint8_t)esp_n;
	p[6] = IPPROTO_ESP;
	memcpy(p + 8, &from->sin6_addr, 16);
	memcpy(p + 24, &info.ipi6_addr, 16);
	return (int)info.ipi6_ifindex;
}

/* The inner packet is one that a member sends under this policy, with the
 * addresses it showed on the wire. */
static bool admitted(const struct world_group *g, const uint8_t *outer,
	const uint8_t *inner, const struct packet_key *k)
{
	return g->policy && !memcmp(outer + 8, inner + 8, 32) &&
	       path_admits(g->policy, g->policy_in, k);
}

static void opened(const struct world_sa *s, const uint8_t *outer,
	uint8_t *inner, size_t n)
{
	static struct virtio_net_hdr complete;
	uint8_t tclass = (uint8_t)(outer[0] << 4 | outer[1] >> 4);
	const struct world_group *g = s->group;
	struct packet6_key six;
	struct packet_key k;
	struct iovec iov[2] = { { &complete, sizeof(complete) } };

	if (!packet6_key_read(inner, n, &six, &k)) {
		drop(g->g, DP_DROP_DECAP_FAIL);
		return;
	}
	if (!admitted(g, outer, inner, &k)) {
		drop(g->g, DP_DROP_IDENTITY);
		return;
	}
	if (!esp_ecn_merge(tclass, inner)) {
		drop(g->g, DP_DROP_DECAP_FAIL);
		return;
	}
	/* Less than n when the sender padded for traffic flow. */
	n = IP6_HDR + ((size_t)inner[4] << 8 | inner[5]);
	iov[1] = (struct iovec){ inner, n };
	if (writev(g->tun6, iov, 2) != (ssize_t)(sizeof(complete) + n)) {
		drop(g->g, DP_DROP_INTERNAL_RECV);
		return;
	}
	count(&s->sa->decaps, 1);
	count(&s->sa->decaps_bytes, n);
	count(&g->g->decrypt, 1);
}

static void job_done(
	const struct world_sa *s, const uint8_t *outer, struct esp_job *job)
{
	static const enum dp_drop reason[] = {
		[ESP_MALFORMED] = DP_DROP_DECAP_FAIL,
		[ESP_BAD_ICV] = DP_DROP_VERIFY_FAIL,
		[ESP_BAD_PROTO] = DP_DROP_INVALID_PROT,
	};

	switch (job->result) {
	case ESP_OPENED:
		opened(s, outer, job->p, job->n);
		break;
	case ESP_DUMMY:
		break;
	default:
		drop(s->group->g, reason[job->result]);
		count(&s->sa->recv_errors, 1);
		break;
	}
}

/* One of no SA of ours was deleted while the packet was queued. */
static void packet_note(
	const struct worker *w, struct in6 *io, size_t at, size_t n)
{
	uint8_t *p = io->room[at];
	int ifindex = header_put(p, &io->msg[at].msg_hdr, n);
	const struct world_sa *s;
	uint32_t spi;

	if (n < 8)
		return;
	memcpy(&spi, p + IP6_HDR, sizeof(spi));
	s = world_sa_find(w->world, true, ntohl(spi), ifindex);
	if (!s)
		return;
	io->sa[io->n] = s;
	io->outer[io->n] = p;
	io->job[io->n++] = (struct esp_job){
		.ctx = s->sa->open[0], .p = p + IP6_HDR, .n = n
	};
}

static void raw_ready(const struct worker *w, struct in6 *io)
{
	int n;

	for (size_t i = 0; i < FRAMES; i++) {
		io->msg[i].msg_hdr.msg_namelen = sizeof(io->from[i]);
		io->msg[i].msg_hdr.msg_controllen = CMSGS;
	}
	n = recvmmsg(w->all->raw6_rx, io->msg, FRAMES, MSG_DONTWAIT, NULL);
	io->n = 0;
	for (int i = 0; i < n; i++)
		packet_note(w, io, (size_t)i, io->msg[i].msg_len);
	esp_open_batch(io->job, io->n);
	for (size_t i = 0; i < io->n; i++)
		job_done(io->sa[i], io->outer[i], &io->job[i]);
}

void *in6_thread(void *arg)
{
	struct worker *w = arg;
	struct in6 *io = in6_new();

	for (;;) {
		struct pollfd fd[2] = { { w->all->raw6_rx, POLLIN, 0 },
			{ w->kick, POLLIN, 0 } };

		if (poll(fd, 2, -1) < 0)
			continue;
		if (fd[0].revents)
			raw_ready(w, io);
		if (fd[1].revents && !world_take(w))
			break;
	}
	free(io);
	return NULL;
}
