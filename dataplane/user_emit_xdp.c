/* The emitter over AF_XDP: transmit only, copied, without a program on the
 * interface.  The slots are the memory that is shared with the kernel; one
 * comes back by the completion ring when its packet has left. */
#include "base/mem.h"
#include "dataplane/objects.h"
#include "dataplane/user_emit.h"
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

#define SLOTS     512 /* a power of two; so are the rings */
#define SEND_ROOM (8 << 20)
#define TRIES     20
#define NAP_NS    50000

/* What the kernel and we look at: indices that only grow, and entries. */
struct ring {
	uint32_t *producer, *consumer;
	void *entry;
	uint8_t *map;
	size_t map_n;
};

struct xdp_emit {
	struct emit e; /* first */
	int fd;
	uint8_t *area; /* SLOTS slots */
	struct ring tx, done;
	uint16_t spare[SLOTS];
	size_t n_spare;
	struct emit *large; /* for frames longer than a slot */
};

static struct xdp_emit *of(struct emit *e)
{
	return (struct xdp_emit *)e;
}

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static void spare_put(struct xdp_emit *x, uint64_t offset)
{
	if (x->n_spare < SLOTS && offset / EMIT_SLOT < SLOTS)
		x->spare[x->n_spare++] = (uint16_t)(offset / EMIT_SLOT);
}

static void completed_take(struct xdp_emit *x)
{
	const uint64_t *entry = x->done.entry;
	uint32_t at = *x->done.consumer, end = load(x->done.producer);

	for (; at != end; at++)
		spare_put(x, entry[at % SLOTS]);
	store(x->done.consumer, at);
}

/* Lets the kernel send what stands in the ring. 0 or an errno. */
static int kick(struct xdp_emit *x)
{
	if (sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
		return 0;
	return errno;
}

static bool for_a_moment(int err)
{
	return err == EAGAIN || err == EBUSY || err == ENOBUFS || err == EINTR;
}

static void nap(void)
{
	static const struct timespec t = { .tv_nsec = NAP_NS };

	(void)nanosleep(&t, NULL);
}

static uint8_t *xdp_slot(struct emit *e)
{
	struct xdp_emit *x = of(e);

	if (!x->n_spare)
		completed_take(x);
	for (int i = 0; !x->n_spare && i < TRIES; i++) {
		(void)kick(x);
		nap();
		completed_take(x);
	}
	return x->n_spare ? x->area + x->spare[--x->n_spare] * EMIT_SLOT
			  : NULL;
}

static size_t ring_fill(struct xdp_emit *x, struct emit_frame *v, size_t n)
{
	struct xdp_desc *entry = x->tx.entry;
	uint32_t at = *x->tx.producer, first = at;

	for (size_t i = 0; i < n; i++) {
		v[i].err = 0;
		if (!v[i].n) {
			spare_put(x, (uint64_t)(v[i].p - x->area));
			continue;
		}
		entry[at++ % SLOTS] = (struct xdp_desc){
			.addr = (uint64_t)(v[i].p - ETH_HLEN - x->area),
			.len = (uint32_t)(v[i].n + ETH_HLEN)
		};
	}
	store(x->tx.producer, at);
	return at - first;
}

/* What a jammed device leaves in the ring goes with the next frames. */
static void xdp_send(struct emit *e, struct emit_frame *v, size_t n)
{
	struct xdp_emit *x = of(e);
	int err = 0;

	if (!ring_fill(x, v, n))
		return;
	for (int i = 0; i < TRIES; i++) {
		err = kick(x);
		if (load(x->tx.consumer) == *x->tx.producer ||
			(err && !for_a_moment(err)))
			break;
		if (err)
			nap();
	}
	completed_take(x);
	if (err && !for_a_moment(err))
		for (size_t i = 0; i < n; i++)
			v[i].err = v[i].n ? err : 0;
}

static void xdp_send_large(struct emit *e, struct emit_frame *f)
{
	emit_send_large(of(e)->large, f);
}

static void ring_unmap(struct ring *r)
{
	if (r->map)
		munmap(r->map, r->map_n);
}

static void xdp_close(struct emit *e)
{
	struct xdp_emit *x = of(e);

	mem_close_fd(&x->fd);
	ring_unmap(&x->tx);
	ring_unmap(&x->done);
	if (x->area)
		munmap(x->area, SLOTS * EMIT_SLOT);
	emit_close(x->large);
	free(x);
}

static const struct emit_ops ops = { DP_TRANSMIT_XDP, xdp_slot, xdp_send,
	xdp_send_large, xdp_close };

static bool option_set(int fd, int name, const void *value, socklen_t n)
{
	return setsockopt(fd, SOL_XDP, name, value, n) == 0;
}

static bool number_set(int fd, int name, int value)
{
	return option_set(fd, name, &value, sizeof(value));
}

static bool ring_map(struct ring *r, int fd, const struct xdp_ring_offset *o,
	size_t entry_bytes, off_t at)
{
	size_t n = o->desc + SLOTS * entry_bytes;
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, at);

	if (p == MAP_FAILED)
		return false;
	r->map = p;
	r->map_n = n;
	r->producer = (void *)(r->map + o->producer);
	r->consumer = (void *)(r->map + o->consumer);
	r->entry = r->map + o->desc;
	return true;
}

static bool rings_open(struct xdp_emit *x)
{
	struct xdp_mmap_offsets at = { 0 };
	socklen_t n = sizeof(at);

	/* The kernel wants the ring of free slots although nothing is ever
	 * received. */
	return number_set(x->fd, XDP_UMEM_FILL_RING, SLOTS) &&
	       number_set(x->fd, XDP_UMEM_COMPLETION_RING, SLOTS) &&
	       number_set(x->fd, XDP_TX_RING, SLOTS) &&
	       !getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &n) &&
	       n == sizeof(at) &&
	       ring_map(&x->tx, x->fd, &at.tx, sizeof(struct xdp_desc),
		       (off_t)XDP_PGOFF_TX_RING) &&
	       ring_map(&x->done, x->fd, &at.cr, sizeof(uint64_t),
		       (off_t)XDP_UMEM_PGOFF_COMPLETION_RING);
}

static bool area_open(struct xdp_emit *x)
{
	struct xdp_umem_reg reg = { .len = SLOTS * EMIT_SLOT,
		.chunk_size = EMIT_SLOT };
	void *p = mmap(NULL, SLOTS * EMIT_SLOT, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	x->area = p;
	reg.addr = (uintptr_t)p;
	for (size_t i = SLOTS; i > 0; i--)
		x->spare[x->n_spare++] = (uint16_t)(i - 1);
	return option_set(x->fd, XDP_UMEM_REG, &reg, sizeof(reg));
}

static bool socket_bind(struct xdp_emit *x, int ifindex, unsigned queue)
{
	const struct sockaddr_xdp at = { .sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
		.sxdp_ifindex = (uint32_t)ifindex,
		.sxdp_queue_id = queue };
	int mark = DP_MARK_OWN, room = SEND_ROOM;

	(void)setsockopt(x->fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	(void)setsockopt(
		x->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	/* Older kernels send 32 at a time. */
	(void)number_set(x->fd, XDP_MAX_TX_SKB_BUDGET, 256);
	return bind(x->fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

struct emit *emit_xdp_open(int ifindex, unsigned queue)
{
	struct xdp_emit *x = xcalloc(1, sizeof(*x));

	x->e.ops = &ops;
	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	x->large = emit_socket_open(DP_TRANSMIT_PACKET, ifindex);
	if (x->fd < 0 || !x->large || !area_open(x) || !rings_open(x) ||
		!socket_bind(x, ifindex, queue)) {
		xdp_close(&x->e);
		return NULL;
	}
	return &x->e;
}
