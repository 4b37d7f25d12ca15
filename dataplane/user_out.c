/* The outbound thread: reads what is to be encrypted from the TUNs, cuts it
 * into packets, seals these and sends ESP.  A few slots, used again and again,
 * stay in the processor's cache. */
#include "crypto/rng.h"
#include "dataplane/user_gso.h"
#include "dataplane/user_io.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FRAMES     64   /* sent by one system call */
#define SLOT       2048
#define SLOT_INNER 96   /* where the inner packet begins: behind HEAD */
#define INNER_ROOM (SLOT - SLOT_INNER - ESP_TAIL_MAX)
#define READS      16   /* from one device before others get their turn */
/* The longest packet of a device, behind its header; that ends at a multiple
 * of 16, and so the packet begins at one. */
#define READ_ROOM  (16 + UINT16_MAX)
#define READ_AT    (16 - VNET_HDR)
_Static_assert(SLOT_INNER >= HEAD, "no room in front");

/* A packet on its way out: inner, then outer. */
struct frame {
	uint8_t *p;
	size_t n, inner; /* inner: bytes before sealing */
};

struct out_io {
	uint8_t read[READ_ROOM + 1]; /* + 1: a longer one is noticed */
	uint8_t slot[FRAMES][SLOT];
	uint8_t large[SLOT_INNER + UINT16_MAX + ESP_TAIL_MAX];
	struct frame frame[FRAMES];
	size_t n; /* of frames */
	struct mmsghdr msg[FRAMES];
	struct iovec iov[FRAMES];
	struct sockaddr_in to[FRAMES];
	uint16_t id[IDS];
	uint8_t random[RANDOM]; /* for IVs; drawn in bulk */
	size_t random_left;
	uint64_t now_ms; /* CLOCK_MONOTONIC, when the batch goes */
};

static struct out_io *out_io_new(void)
{
	struct out_io *io = xcalloc(1, sizeof(*io));

	rng_bytes(io->id, sizeof(io->id));
	for (size_t i = 0; i < FRAMES; i++) {
		io->to[i].sin_family = AF_INET;
		io->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &io->to[i],
			.msg_namelen = sizeof(io->to[i]),
			.msg_iov = &io->iov[i],
			.msg_iovlen = 1,
		};
	}
	return io;
}

static void out_io_free(struct out_io *io)
{
	mem_wipe(io->random, sizeof(io->random));
	free(io);
}

/* ---- sealing ---- */

static const uint8_t *random_take(struct out_io *io, size_t n)
{
	if (io->random_left < n) {
		rng_bytes(io->random, RANDOM);
		io->random_left = RANDOM;
	}
	io->random_left -= n;
	return io->random + io->random_left;
}

static uint16_t outer_id(struct out_io *io, const uint8_t *inner)
{
	uint32_t h = 0;

	for (size_t i = 12; i < 20; i++)
		h = (h ^ inner[i]) * 0x01000193u;
	return io->id[(h ^ h >> 16) % IDS]++;
}

static bool counter_mode(const struct user_sa *sa)
{
	return sa->suite.cipher == ESP_CIPHER_AES_GCM ||
	       sa->suite.cipher == ESP_CIPHER_AES_GMAC;
}

static const uint8_t *iv_make(struct out_io *io, const struct user_sa *sa,
	const struct esp_ctx *ctx, uint64_t number, uint8_t buf[8])
{
	uint64_t v = sa->iv_base | number;

	if (!counter_mode(sa))
		return random_take(io, esp_ctx_iv(ctx));
	for (size_t i = 8; i-- > 0; v >>= 8)
		buf[i] = (uint8_t)v;
	return buf;
}

/* Seals a frame in place and puts the outer header in front; false: dropped
 * and counted. */
static bool frame_seal(struct out_io *io, struct frame *f, unsigned queue,
	const struct world_group *g)
{
	uint8_t *inner = f->p, ivbuf[8];
	uint8_t hdr[IP4_HDR]; /* sealing in place takes the inner one */
	struct user_sa *sa = g->sending;
	struct esp_ctx *ctx = sa->seal[queue];
	size_t n = f->n, esp;
	uint64_t number;

	memcpy(hdr, inner, sizeof(hdr));
	if (!user_sa_number_take(sa, queue, &number)) {
		drop(g->g, DP_DROP_SEQ_EXHAUSTED);
		return false;
	}
	if (sa->window_ms) {
		inner -= TBAR_BYTES;
		n += TBAR_BYTES;
		tbar_put(sa->stamp, inner, stamp_time(sa, g->g, io->now_ms));
		count(&g->g->clock.out, 1);
	}
	esp = esp_seal(ctx, sa->spi, (uint32_t)number,
		iv_make(io, sa, ctx, number, ivbuf), inner, n);
	if (!esp) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		count(&sa->send_errors, 1);
		return false;
	}
	f->inner = f->n;
	f->p = inner - esp_ctx_head(ctx) - IP4_HDR;
	f->n = IP4_HDR + esp;
	esp_outer(f->p, hdr, outer_id(io, hdr), g->df, esp);
	return true;
}

/* Seals what waits; what can not be leaves its place to those behind. */
static void frames_seal(struct worker *w, struct out_io *io,
	const struct world_group *g)
{
	size_t n = 0;

	if (!g->sending || !g->sending->seal[w->queue]) {
		count(&g->g->drops[DP_DROP_NO_SA], io->n);
		io->n = 0;
		return;
	}
	for (size_t i = 0; i < io->n; i++)
		if (frame_seal(io, &io->frame[i], w->queue, g))
			io->frame[n++] = io->frame[i];
	io->n = n;
}

/* ---- sending ---- */

static void sent(const struct world_group *g, const struct frame *f, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += f[i].inner;
	count(&g->sending->encaps, n);
	count(&g->sending->encaps_bytes, bytes);
	count(&g->g->encrypt, n);
}

static void send_failed(const struct world_group *g, int err)
{
	drop(g->g, err == EMSGSIZE ? DP_DROP_TOO_BIG : DP_DROP_INTERNAL_SEND);
	count(&g->sending->send_errors, 1);
}

static void frames_send(
	struct worker *w, struct out_io *io, const struct world_group *g)
{
	for (size_t i = 0; i < io->n; i++) {
		io->iov[i] = (struct iovec){ io->frame[i].p, io->frame[i].n };
		memcpy(&io->to[i].sin_addr, io->frame[i].p + 16, 4);
	}
	for (size_t at = 0; at < io->n;) {
		int done = sendmmsg(w->all->raw_tx, io->msg + at,
			(unsigned)(io->n - at), 0);

		if (done < 0 && errno == EINTR)
			continue;
		/* The first of the rest failed: count it, go on behind. */
		if (done <= 0) {
			send_failed(g, errno);
			at++;
			continue;
		}
		sent(g, io->frame + at, (size_t)done);
		at += (size_t)done;
	}
}

static void frames_go(
	struct worker *w, struct out_io *io, const struct world_group *g)
{
	if (!io->n)
		return;
	io->now_ms = worker_now_ms();
	frames_seal(w, io, g);
	frames_send(w, io, g);
	io->n = 0;
}

/* ---- capturing ---- */

/* One that no slot holds goes alone. */
static void large_go(struct worker *w, struct out_io *io,
	const struct world_group *g, struct gso *cut)
{
	size_t n = gso_next(cut);

	frames_go(w, io, g);
	io->frame[0] = (struct frame){ .p = io->large + SLOT_INNER, .n = n };
	gso_take(cut, io->frame[0].p);
	io->n = 1;
	frames_go(w, io, g);
}

static void packet_cut(struct worker *w, struct out_io *io,
	const struct world_group *g, struct gso *cut)
{
	size_t n;

	while ((n = gso_next(cut))) {
		if (n > INNER_ROOM) {
			large_go(w, io, g, cut);
			continue;
		}
		if (io->n == FRAMES)
			frames_go(w, io, g);
		io->frame[io->n] = (struct frame){
			.p = io->slot[io->n] + SLOT_INNER, .n = n
		};
		gso_take(cut, io->frame[io->n++].p);
	}
}

static void packet_out(struct worker *w, struct out_io *io,
	const struct world_group *g, size_t n)
{
	const uint8_t *inner = io->read + READ_AT + VNET_HDR;
	struct virtio_net_hdr v;
	struct gso cut;

	memcpy(&v, io->read + READ_AT, sizeof(v));
	/* The kernel talks IPv6 to every device that is up. */
	if (n < VNET_HDR || !is_ipv4(inner, n - VNET_HDR))
		return;
	if (gso_begin(&cut, &v, inner, n - VNET_HDR, 0))
		packet_cut(w, io, g, &cut);
	else
		drop(g->g, DP_DROP_ENCAPS_FAIL);
}

/* false: the device is down or gone. */
static bool tun_read(
	struct worker *w, struct out_io *io, const struct world_group *g)
{
	for (size_t i = 0; i < READS; i++) {
		ssize_t n = read(g->tun[w->queue], io->read + READ_AT,
			sizeof(io->read) - READ_AT);

		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
		if (n > 0)
			packet_out(w, io, g, (size_t)n);
	}
	return true;
}

static void tun_ready(
	struct worker *w, struct out_io *io, struct world_group *g)
{
	bool well = tun_read(w, io, g);

	frames_go(w, io, g);
	if (well)
		return;
	/* The loop raises the device again; until then do not spin on it. */
	atomic_fetch_or(&w->all->tun_failed, UINT64_C(1) << g->g->t.slot);
	(void)eventfd_write(w->all->trouble, 1);
	g->tun[w->queue] = -1;
}

/* ---- the thread ---- */

void *out_thread(void *arg)
{
	struct worker *w = arg;
	struct out_io *io = out_io_new();
	struct pollfd fd[DP_SLOTS + 1];
	struct world_group group[DP_SLOTS];
	size_t n = 0;
	bool fresh = true;

	for (;;) {
		/* Own copies: a device that fails is left out by fd -1. */
		if (fresh) {
			n = w->world->n_groups;
			memcpy(group, w->world->group,
				n * sizeof(group[0]));
			fresh = false;
		}
		for (size_t i = 0; i < n; i++)
			fd[i] = (struct pollfd){ group[i].tun[w->queue], POLLIN, 0 };
		fd[n] = (struct pollfd){ w->kick, POLLIN, 0 };
		if (poll(fd, n + 1, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (fd[i].revents)
				tun_ready(w, io, &group[i]);
		if (fd[n].revents && !world_take(w))
			break;
		fresh = fd[n].revents != 0;
	}
	out_io_free(io);
	return NULL;
}
