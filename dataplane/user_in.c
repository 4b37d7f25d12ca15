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
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define RAW_BATCH  64
#define RAW_ROOM   65536
#define PACKETS    256 /* of one round over one ring */
#define PKTINFO    CMSG_SPACE(sizeof(struct in_pktinfo))

#define NAP_NS 100000
#define HOT    4  /* packets at once: more are about to come */
#define FULL   64 /* as many as are worth to be written together */

enum { FD_KICK, FD_RAW, FD_RINGS }; /* of what is polled */

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

/* The SA of the ESP packet of n bytes at p.  NULL: one that is not ours is the
 * kernel's business, or it was deleted while the packet was queued. */
static const struct world_sa *packet_sa(
	const struct in_io *io, const uint8_t *p, size_t n, int ifindex)
{
	size_t hdr = n ? (p[0] & 0xfu) * 4u : 0;

	if (!is_ipv4(p, n) || n < hdr + 4)
		return NULL;
	return world_sa_find(io->w->world, false, word_at(p + hdr), ifindex);
}

static void packet_note(
	struct in_io *io, const struct world_sa *s, uint8_t *p, size_t n)
{
	size_t hdr = (p[0] & 0xfu) * 4u;

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
	for (int i = 0; i < n; i++) {
		uint8_t *p = raw->room[i];
		const struct world_sa *s = packet_sa(io, p, raw->msg[i].msg_len,
			pktinfo_ifindex(&raw->msg[i].msg_hdr));

		if (s)
			packet_note(io, s, p, raw->msg[i].msg_len);
	}
	packets_go(io);
}

/* ---- over rings ---- */

/* What the kernel checks of other packets.  A frame may be longer than its
 * packet. */
static void frame_note(struct in_io *io, uint8_t *p, size_t n, int ifindex)
{
	const struct world_sa *s = packet_sa(io, p, n, ifindex);
	size_t hdr = (p[0] & 0xfu) * 4u, total = (size_t)p[2] << 8 | p[3];

	if (!s)
		return;
	if (total > n || total < hdr + 8 || ip4_checksum(p, hdr)) {
		drop(s->group->g, DP_DROP_DECAP_FAIL);
		count(&s->sa->recv_errors, 1);
		return;
	}
	packet_note(io, s, p, total);
}

/* Gives how many frames there were. */
static size_t ring_ready(struct in_io *io, const struct world_rx *rx)
{
	struct ring *r = &rx->ring[io->w->queue];
	size_t taken = 0, n;
	uint8_t *p;

	for (; taken < PACKETS && (p = ring_next(r, &n)); taken++)
		frame_note(io, p, n, rx->ifindex);
	if (taken)
		packets_go(io);
	ring_release(r);
	return taken;
}

/* The most that one of them had. */
static size_t rings_ready(struct in_io *io)
{
	const struct world *w = io->w->world;
	size_t most = 0;

	for (size_t i = 0; i < w->n_rx; i++) {
		size_t n = ring_ready(io, &w->rx[i]);

		most = n > most ? n : most;
	}
	return most;
}

/* ---- the thread ---- */

/* Under load to be woken by the next packet would cost more than all the rest
 * of its way, and those that come together go on together. */
static void nap(void)
{
	const struct timespec t = { .tv_nsec = NAP_NS };

	nanosleep(&t, NULL);
}

static size_t pollfds_fill(const struct worker *w, struct pollfd *fd)
{
	const struct world *world = w->world;

	fd[FD_KICK] = (struct pollfd){ w->kick, POLLIN, 0 };
	fd[FD_RAW] = (struct pollfd){ w->queue ? -1 : w->all->raw_rx, POLLIN,
		0 };
	for (size_t i = 0; i < world->n_rx; i++)
		fd[FD_RINGS + i] = (struct pollfd){
			world->rx[i].ring[w->queue].fd, POLLIN, 0
		};
	return FD_RINGS + world->n_rx;
}

/* Waits until there is something to do; busy: looks whether there is more than
 * the rings.  false: stop. */
static bool others_ready(struct in_io *io, bool busy)
{
	struct worker *w = io->w;
	struct pollfd fd[FD_RINGS + DP_SLOTS];
	size_t n = pollfds_fill(w, fd);

	if (poll(fd, busy ? FD_RINGS : n, busy ? 0 : -1) < 0)
		return true;
	for (size_t i = FD_RINGS; !busy && i < n; i++)
		if (fd[i].revents & POLLERR)
			ring_error_clear(
				&w->world->rx[i - FD_RINGS].ring[w->queue]);
	if (fd[FD_RAW].revents)
		raw_ready(io);
	return !fd[FD_KICK].revents || world_take(w);
}

void *in_thread(void *arg)
{
	struct in_io *io = in_io_new(arg);
	bool go_on = true;

	(void)prctl(PR_SET_TIMERSLACK, NAP_NS / 20);
	while (go_on) {
		size_t n = rings_ready(io);

		go_on = others_ready(io, n > 0);
		if (n >= HOT && n < FULL)
			nap();
	}
	in_io_free(io);
	return NULL;
}
