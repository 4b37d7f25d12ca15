/* The outbound thread: reads what is to be encrypted from TUNs and TAPs, cuts it
 * into packets that fit, has them sealed and sent.  A few slots, used again and
 * again, stay in the processor's cache. */
#include "dataplane/user_frag.h"
#include "dataplane/user_gso.h"
#include "dataplane/user_io.h"
#include <errno.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SLOT_INNER 96 /* where the inner packet begins in a slot */
#define INNER_ROOM (EMIT_SLOT - SLOT_INNER - ESP_TAIL_MAX)
#define READS      16 /* from one device before others get their turn */
#define READ_AT    64 /* where packets begin, whatever stands before them */
#define TELL_MS    10 /* at most so many messages in that time */
#define TELL_MAX   10
_Static_assert(SLOT_INNER >= HEAD + ETH_HLEN, "no room in front");

struct out_io {
	uint8_t read[READ_AT + UINT16_MAX + 1]; /* a longer one is noticed */
	uint8_t whole[UINT16_MAX];              /* what is to be cut */
	uint8_t large[SLOT_INNER + UINT16_MAX + ESP_TAIL_MAX];
	struct emit_frame frame[EMIT_FRAMES];
	struct out_mark mark[EMIT_FRAMES];
	size_t n; /* of both */
	struct seal_io seal;
	int icmp; /* -1: nobody is told */
	uint64_t told_ms;
	unsigned told;
};

/* What is read at present. */
struct source {
	struct worker *w;
	struct out_io *io;
	const struct world_group *g;
	struct emit *emit;
	const uint8_t *eth; /* header for all its frames; NULL: a TUN's */
};

static struct out_io *out_io_new(int trouble)
{
	struct out_io *io = xcalloc(1, sizeof(*io));

	seal_io_init(&io->seal, trouble);
	io->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	return io;
}

static void out_io_free(struct out_io *io)
{
	seal_io_fini(&io->seal);
	mem_close_fd(&io->icmp);
	free(io);
}

/* ---- sending ---- */

/* n of 0 or more packets have gone or not, as their frames tell. */
static void frames_count(const struct source *s, const struct emit_frame *v,
	const struct out_mark *m, size_t n)
{
	const struct world_group *g = s->g;
	size_t sent = 0, bytes = 0;

	for (size_t i = 0; i < n; i++) {
		if (!v[i].n)
			continue; /* counted where it failed */
		if (v[i].err) {
			drop(g->g, v[i].err == EMSGSIZE ? DP_DROP_TOO_BIG
						      : DP_DROP_INTERNAL_SEND);
			count(&g->sending->send_errors, 1);
			continue;
		}
		sent++;
		bytes += m[i].inner;
	}
	if (!sent)
		return;
	count(&g->sending->encaps, sent);
	count(&g->sending->encaps_bytes, bytes);
	count(&g->g->encrypt, sent);
}

static void frames_go(struct source *s)
{
	struct out_io *io = s->io;

	if (!io->n)
		return;
	frames_seal(&io->seal, s->g, s->w->queue, io->frame, io->mark, io->n);
	emit_send(s->emit, io->frame, io->n);
	frames_count(s, io->frame, io->mark, io->n);
	io->n = 0;
}

/* Room for an inner packet of n bytes; NULL: the device takes nothing. */
static uint8_t *frame_add(struct source *s, size_t n)
{
	struct out_io *io = s->io;
	uint8_t *slot;

	if (io->n == EMIT_FRAMES)
		frames_go(s);
	slot = emit_slot(s->emit);
	if (!slot) {
		drop(s->g->g, DP_DROP_INTERNAL_SEND);
		return NULL;
	}
	io->frame[io->n] = (struct emit_frame){ .p = slot + SLOT_INNER,
		.n = n };
	io->mark[io->n] = (struct out_mark){ 0 };
	if (s->eth) {
		io->mark[io->n].has_eth = true;
		memcpy(io->mark[io->n].eth, s->eth, ETH_HLEN);
	}
	io->n++;
	return slot + SLOT_INNER;
}

/* Seals one that no slot holds, in io->large. */
static bool large_seal(struct source *s, struct emit_frame *f,
	struct out_mark *m)
{
	frames_go(s);
	*m = (struct out_mark){ .has_eth = s->eth != NULL };
	if (s->eth)
		memcpy(m->eth, s->eth, ETH_HLEN);
	frames_seal(&s->io->seal, s->g, s->w->queue, f, m, 1);
	return f->n > 0;
}

static void large_go(struct source *s, size_t n)
{
	struct emit_frame f = { .p = s->io->large + SLOT_INNER, .n = n };
	struct out_mark m;

	if (!large_seal(s, &f, &m))
		return;
	emit_send_large(s->emit, &f);
	frames_count(s, &f, &m, 1);
}

/* Seals the packet of n bytes in io->large and sends it in fragments. */
static void sealed_cut(struct source *s, size_t n)
{
	struct emit_frame f = { .p = s->io->large + SLOT_INNER, .n = n };
	struct emit_frame v[EMIT_FRAMES];
	struct out_mark m;
	struct frag cut;
	size_t at = 0;

	if (!large_seal(s, &f, &m) ||
		!frag_begin(&cut, f.p, f.n, s->g->link_mtu))
		return;
	while ((n = frag_next(&cut)) && at < EMIT_FRAMES) {
		uint8_t *slot = emit_slot(s->emit);

		if (!slot)
			break;
		v[at] = (struct emit_frame){ .p = slot + SLOT_INNER, .n = n };
		frag_take(&cut, v[at].p);
		if (s->eth)
			memcpy(v[at].p - ETH_HLEN, s->eth, ETH_HLEN);
		at++;
	}
	emit_send(s->emit, v, at);
	for (size_t i = 0; i < at; i++)
		f.err = v[i].err ? v[i].err : f.err;
	if (n)
		f.err = ENOBUFS;
	frames_count(s, &f, &m, 1);
}

/* ---- what does not fit ---- */

static bool may_tell(struct out_io *io)
{
	uint64_t now = worker_now_ms();

	if (now - io->told_ms >= TELL_MS) {
		io->told_ms = now;
		io->told = 0;
	}
	return io->icmp >= 0 && io->told++ < TELL_MAX;
}

/* The sender learns the MTU, by a message from our address on its side. */
static void sender_tell(struct source *s, const uint8_t *p, size_t n)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t msg[NEEDED_BYTES];
	size_t len = frag_needed(msg, p, n, (uint16_t)s->g->mtu);

	drop(s->g->g, DP_DROP_TOO_BIG);
	if (!len || !may_tell(s->io))
		return;
	memcpy(&to.sin_addr, p + 12, 4);
	(void)sendto(s->io->icmp, msg, len, MSG_DONTWAIT,
		(const struct sockaddr *)&to, sizeof(to));
}

/* n bytes in io->whole. */
static void inner_cut(struct source *s, size_t n)
{
	struct frag cut;
	uint8_t *at;

	if (!frag_begin(&cut, s->io->whole, n, s->g->mtu)) {
		drop(s->g->g, DP_DROP_TOO_BIG);
		return;
	}
	while ((n = frag_next(&cut))) {
		at = n <= INNER_ROOM ? frame_add(s, n)
				     : s->io->large + SLOT_INNER;
		if (!at)
			return;
		frag_take(&cut, at);
		if (n > INNER_ROOM)
			large_go(s, n);
	}
}

enum too_long { CUT_INNER, CUT_SEALED, TELL };

static enum too_long too_long(const struct world_group *g, const uint8_t *p)
{
	bool df = ip4_has_df(p);
	bool outer_df = g->df == ESP_DF_COPY ? df : g->df == ESP_DF_SET;

	if (g->frag_after && !outer_df && g->link_mtu)
		return CUT_SEALED;
	return df && g->df != ESP_DF_CLEAR ? TELL : CUT_INNER;
}

/* The next segment, longer than what fits when sealed.  false: the others are
 * no shorter, and their sender knows now. */
static bool long_go(struct source *s, struct gso *cut, size_t n)
{
	switch (too_long(s->g, cut->p)) {
	case CUT_SEALED:
		frames_go(s);
		gso_take(cut, s->io->large + SLOT_INNER);
		sealed_cut(s, n);
		return true;
	case CUT_INNER:
		gso_take(cut, s->io->whole);
		inner_cut(s, n);
		return true;
	case TELL:
		break;
	}
	sender_tell(s, cut->p, cut->n);
	return false;
}

/* ---- capturing ---- */

static void packet_cut(struct source *s, struct gso *cut)
{
	size_t mtu = s->g->mtu ? s->g->mtu : SIZE_MAX, n;
	uint8_t *at;

	if (gso_next(cut) > mtu && too_long(s->g, cut->p) == CUT_INNER)
		gso_shorten(cut, mtu);
	while ((n = gso_next(cut))) {
		if (n > mtu) {
			if (!long_go(s, cut, n))
				return;
		} else if (n > INNER_ROOM) {
			frames_go(s);
			gso_take(cut, s->io->large + SLOT_INNER);
			large_go(s, n);
		} else {
			at = frame_add(s, n);
			if (!at)
				return;
			gso_take(cut, at);
		}
	}
}

/* n bytes at READ_AT, and what the device says of them. */
static void packet_out(struct source *s, const struct virtio_net_hdr *v,
	size_t n, size_t l2)
{
	const uint8_t *p = s->io->read + READ_AT;
	size_t told;
	struct gso cut;

	/* The kernel talks IPv6 to every device that is up. */
	if (!is_ipv4(p, n))
		return;
	/* What comes by Ethernet may have been padded. */
	told = (size_t)p[2] << 8 | p[3];
	if (told >= IP4_HDR && told < n)
		n = told;
	if (gso_begin(&cut, v, p, n, l2))
		packet_cut(s, &cut);
	else
		drop(s->g->g, DP_DROP_ENCAPS_FAIL);
}

/* l2: bytes before the IP header.  false: the device is down or gone. */
static bool device_read(struct source *s, int fd, size_t l2)
{
	uint8_t *at = s->io->read + READ_AT - l2 - VNET_HDR;
	size_t room = sizeof(s->io->read) - READ_AT + l2 + VNET_HDR;
	struct virtio_net_hdr v;

	for (size_t i = 0; i < READS; i++) {
		ssize_t n = read(fd, at, room);

		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
		if (n < (ssize_t)(VNET_HDR + l2))
			continue;
		memcpy(&v, at, sizeof(v));
		if (l2 && (at[VNET_HDR + 12] != 0x08 || at[VNET_HDR + 13]))
			continue; /* not IPv4 */
		packet_out(s, &v, (size_t)n - VNET_HDR - l2, l2);
	}
	return true;
}

/* What was marked and routed into the TUN has no Ethernet header, and must
 * wait for none: an emitter that needs one does not take it. */
static bool can_emit(const struct source *s)
{
	return s->emit &&
	       (s->eth || emit_kind_of(s->emit) == DP_TRANSMIT_RAW);
}

static bool device_discard(struct source *s, int fd)
{
	for (size_t i = 0; i < READS; i++) {
		ssize_t n = read(fd, s->io->read, sizeof(s->io->read));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (is_ipv4(s->io->read + VNET_HDR, (size_t)n))
			drop(s->g->g, DP_DROP_INTERNAL_SEND);
	}
	return true;
}

static void device_ready(struct worker *w, struct out_io *io,
	const struct world_group *g, int *fd, bool tap)
{
	struct source s = { .w = w,
		.io = io,
		.g = g,
		.emit = g->ways.emit[w->queue],
		.eth = tap ? io->read + READ_AT - ETH_HLEN : NULL };
	bool well;

	if (can_emit(&s)) {
		io->seal.now_ms = worker_now_ms();
		well = device_read(&s, *fd, tap ? ETH_HLEN : 0);
		frames_go(&s);
	} else {
		well = device_discard(&s, *fd);
	}
	if (well)
		return;
	/* The loop raises the device again; until then do not spin on it. */
	atomic_fetch_or(&w->all->tun_failed, UINT64_C(1) << g->g->t.slot);
	(void)eventfd_write(w->all->trouble, 1);
	*fd = -1;
}

/* ---- the thread ---- */

static void fds_fill(struct pollfd *fd, const struct world_group *v, size_t n,
	const struct worker *w)
{
	unsigned q = w->queue;

	for (size_t i = 0; i < n; i++) {
		fd[2 * i] = (struct pollfd){ v[i].tun[q], POLLIN, 0 };
		fd[2 * i + 1] = (struct pollfd){ v[i].ways.tap[q], POLLIN, 0 };
	}
	fd[2 * n] = (struct pollfd){ w->kick, POLLIN, 0 };
}

void *out_thread(void *arg)
{
	struct worker *w = arg;
	struct out_io *io = out_io_new(w->all->trouble);
	struct pollfd fd[2 * DP_SLOTS + 1];
	struct world_group group[DP_SLOTS];
	size_t n = 0;
	bool fresh = true;

	for (;;) {
		/* Own copies: a device that fails is left out by fd -1. */
		if (fresh) {
			n = w->world->n_groups;
			memcpy(group, w->world->group,
				n * sizeof(group[0]));
		}
		fds_fill(fd, group, n, w);
		if (poll(fd, 2 * n + 1, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			struct world_group *g = &group[i];

			if (fd[2 * i].revents)
				device_ready(
					w, io, g, &g->tun[w->queue], false);
			if (fd[2 * i + 1].revents)
				device_ready(w, io, g, &g->ways.tap[w->queue],
					true);
		}
		fresh = fd[2 * n].revents != 0;
		if (fresh && !world_take(w))
			break;
	}
	out_io_free(io);
	return NULL;
}
