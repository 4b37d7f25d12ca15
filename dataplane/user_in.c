/* The inbound thread: receives ESP, opens and checks it, and writes the inner
 * packets to the TUNs, those of one flow together.  What one round receives
 * stays where it was received until all of it is written. */
#include "dataplane/path.h"
#include "dataplane/user_gro.h"
#include "dataplane/user_io.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define RAW_BATCH  64
#define RAW_ROOM   65536
#define PACKETS    256 /* of one round over one ring */
#define PKTINFO    CMSG_SPACE(sizeof(struct in_pktinfo))

/* ESP: its outer header, and under which SA it says it is. */
struct in_packet {
	const uint8_t *outer;
	const struct world_sa *s;
};

/* What came over the raw socket, which is one queue's. */
struct raw_io {
	uint8_t room[RAW_BATCH][RAW_ROOM];
	struct mmsghdr msg[RAW_BATCH];
	struct iovec iov[RAW_BATCH];
	uint8_t cmsg[RAW_BATCH][PKTINFO] __attribute__((aligned(8)));
};

struct in_io {
	struct worker *w;
	struct gro *gro;
	struct raw_io *raw;
	struct in_packet packet[PACKETS];
	struct esp_job job[PACKETS]; /* for each of packet[] */
	size_t n;
	uint64_t now_ms; /* CLOCK_MONOTONIC, when the batch came */
};

static void written(void *arg, const struct gro_out *out)
{
	const struct in_io *io = arg;
	const struct world_sa *s = out->tag;
	struct user_group *g = s->group->g;
	size_t n = 0;

	for (int i = 0; i < out->n_iov; i++)
		n += out->iov[i].iov_len;
	if (writev(s->group->tun[io->w->queue], out->iov, out->n_iov) !=
		(ssize_t)n) {
		count(&g->drops[DP_DROP_INTERNAL_RECV], out->packets);
		return;
	}
	count(&s->sa->decaps, out->packets);
	count(&s->sa->decaps_bytes, out->bytes);
	count(&g->decrypt, out->packets);
}

static struct in_io *in_io_new(struct worker *w)
{
	struct in_io *io = xcalloc(1, sizeof(*io));
	struct raw_io *raw;

	io->w = w;
	io->gro = gro_new(written, io);
	if (w->queue)
		return io;
	io->raw = raw = xcalloc(1, sizeof(*raw));
	for (size_t i = 0; i < RAW_BATCH; i++) {
		raw->iov[i] = (struct iovec){ raw->room[i], RAW_ROOM };
		raw->msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &raw->iov[i],
			.msg_iovlen = 1,
			.msg_control = raw->cmsg[i],
		};
	}
	return io;
}

static void in_io_free(struct in_io *io)
{
	gro_free(io->gro);
	free(io->raw);
	free(io);
}

/* ---- checks ---- */

static const struct world_sa *sa_find(
	const struct world *w, uint32_t spi, int ifindex)
{
	const struct world_sa *other = NULL;

	for (size_t i = spi & w->sa_mask; w->sa[i].spi;
		i = (i + 1) & w->sa_mask) {
		if (w->sa[i].spi != spi)
			continue;
		if (w->sa[i].group->ifindex == ifindex)
			return &w->sa[i];
		other = &w->sa[i];
	}
	return other;
}

/* The inner packet is one that a member sends under this policy, with the
 * addresses it showed on the wire. */
static bool inner_admitted(const struct world_group *g, const uint8_t *outer,
	const uint8_t *inner, const struct packet_key *k)
{
	if (memcmp(outer + 12, inner + 12, 8) || !g->policy)
		return false;
	return path_admits(g->policy, g->policy_in, k);
}

static void opened(const struct in_io *io, const struct world_sa *s,
	const uint8_t *outer, uint8_t *inner, size_t n)
{
	const struct world_group *wg = s->group;
	struct packet_key k;

	if (!packet_key_read(inner, n, &k)) {
		drop(wg->g, DP_DROP_DECAP_FAIL);
		return;
	}
	if (!inner_admitted(wg, outer, inner, &k)) {
		drop(wg->g, DP_DROP_IDENTITY);
		return;
	}
	if (!esp_ecn_merge(outer[1], inner)) {
		drop(wg->g, DP_DROP_DECAP_FAIL);
		return;
	}
	/* Less than n when the sender padded for traffic flow. */
	n = (size_t)inner[2] << 8 | inner[3];
	gro_add(io->gro, s, wg->tun_udp, inner, n);
}

static uint32_t word_at(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

/* Leaves a failure for the loop to tell, now and then. */
static void replay_tell(const struct in_io *io, const struct world_sa *s,
	const uint8_t *p, uint64_t my_ms, uint64_t peer_ms)
{
	struct user_clock *c = &s->group->g->clock;
	const uint8_t *esp = p + (p[0] & 0xfu) * 4u;
	uint64_t now = io->now_ms;
	int idle = REPLAY_IDLE;

	if (!atomic_compare_exchange_strong(&c->tell, &idle, REPLAY_TAKEN))
		return;
	if (now < c->next_ms) {
		atomic_store(&c->tell, REPLAY_IDLE);
		return;
	}
	c->next_ms = now + REPLAY_TELL_MS;
	c->failure = (struct dp_replay_failure){ .stamp = s->sa->stamp,
		.my_ms = my_ms,
		.peer_ms = peer_ms,
		.window_ms = (uint32_t)s->sa->window_ms,
		.src = word_at(p + 12),
		.dst = word_at(p + 16),
		.spi = s->sa->spi,
		.sequence = word_at(esp + 4) };
	atomic_store(&c->tell, REPLAY_LEFT);
	(void)eventfd_write(io->w->all->trouble, 1);
}

/* The packet's stamp says that it was sent just now. */
static bool stamp_fresh(const struct in_io *io, const struct world_sa *s,
	const uint8_t *outer, const uint8_t *stamp, size_t n)
{
	struct user_group *g = s->group->g;
	struct user_clock *c = &g->clock;
	uint64_t my = stamp_time(s->sa, g, io->now_ms), delta;
	int64_t ahead;
	enum tbar_result r = tbar_check(
		s->sa->stamp, stamp, n, my, s->sa->window_ms, &ahead);

	count(&c->in, 1);
	if (r == TBAR_FRESH) {
		delta = (uint64_t)(ahead < 0 ? -ahead : ahead);
		count_max(&c->max_delta_ms, delta);
		return true;
	}
	count(&c->in_errors, 1);
	count(&s->sa->recv_errors, 1);
	drop(g, r == TBAR_OUTSIDE ? DP_DROP_REPLAY : DP_DROP_DECAP_FAIL);
	if (r == TBAR_OUTSIDE)
		replay_tell(io, s, outer, my, my + (uint64_t)ahead);
	return false;
}

static void esp_opened(const struct in_io *io, const struct in_packet *p,
	uint8_t *inner, size_t n)
{
	if (!p->s->sa->window_ms) {
		opened(io, p->s, p->outer, inner, n);
		return;
	}
	if (stamp_fresh(io, p->s, p->outer, inner, n))
		opened(io, p->s, p->outer, inner + TBAR_BYTES, n - TBAR_BYTES);
}

/* ---- opening ---- */

static void packet_opened(
	const struct in_io *io, const struct in_packet *p, struct esp_job *job)
{
	static const enum dp_drop reason[] = {
		[ESP_MALFORMED] = DP_DROP_DECAP_FAIL,
		[ESP_BAD_ICV] = DP_DROP_VERIFY_FAIL,
		[ESP_BAD_PROTO] = DP_DROP_INVALID_PROT,
	};

	switch (job->result) {
	case ESP_OPENED:
		esp_opened(io, p, job->p, job->n);
		break;
	case ESP_DUMMY:
		break;
	default:
		drop(p->s->group->g, reason[job->result]);
		count(&p->s->sa->recv_errors, 1);
		break;
	}
}

/* Opens and writes all that was received. */
static void packets_go(struct in_io *io)
{
	io->now_ms = worker_now_ms();
	esp_open_batch(io->job, io->n);
	for (size_t i = 0; i < io->n; i++)
		packet_opened(io, &io->packet[i], &io->job[i]);
	gro_flush(io->gro);
	io->n = 0;
}

/* Notes the packet of n bytes at p.  One of no SA of ours is the kernel's
 * business, or its SA was deleted while it was queued. */
static void packet_note(
	struct in_io *io, uint8_t *p, size_t n, int ifindex)
{
	size_t hdr = n ? (p[0] & 0xfu) * 4u : 0;
	const struct world_sa *s;
	uint32_t spi;

	if (!is_ipv4(p, n) || n < hdr + 8)
		return;
	memcpy(&spi, p + hdr, 4);
	s = sa_find(io->w->world, ntohl(spi), ifindex);
	if (!s)
		return;
	io->packet[io->n] = (struct in_packet){ p, s };
	io->job[io->n++] = (struct esp_job){
		.ctx = s->sa->open[io->w->queue], .p = p + hdr, .n = n - hdr
	};
}

/* ---- over the raw socket ---- */

static int pktinfo_ifindex(struct msghdr *m)
{
	struct in_pktinfo info = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_ifindex;
}

static void raw_ready(struct in_io *io)
{
	struct raw_io *raw = io->raw;
	int n;

	for (size_t i = 0; i < RAW_BATCH; i++)
		raw->msg[i].msg_hdr.msg_controllen = PKTINFO;
	n = recvmmsg(
		io->w->all->raw_rx, raw->msg, RAW_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		packet_note(io, raw->room[i], raw->msg[i].msg_len,
			pktinfo_ifindex(&raw->msg[i].msg_hdr));
	packets_go(io);
}

/* ---- the thread ---- */

void *in_thread(void *arg)
{
	struct worker *w = arg;
	struct in_io *io = in_io_new(w);

	for (;;) {
		struct pollfd fd[2] = { { w->kick, POLLIN, 0 },
			{ w->queue ? -1 : w->all->raw_rx, POLLIN, 0 } };

		if (poll(fd, 2, -1) < 0)
			continue;
		if (fd[1].revents)
			raw_ready(io);
		if (fd[0].revents && !world_take(w))
			break;
	}
	in_io_free(io);
	return NULL;
}
