/* TPACKET_V2 rings. */
#include "dataplane/user_ring.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define BLOCK_BYTES (64u << 10)
#define RING_BYTES  (8u << 20) /* all that one ring may take */
#define FRAMES_MAX  4096u
#define FRAME_STEP  256u
#define FRAME_ROOM  164u /* the kernel's header, and more than the MTU says */

#define REJECT   0
#define AD(what) ((uint32_t)(SKF_AD_OFF + (what)))

/* Offsets are from the IP header on.  What it takes is what the rule at ingress
 * drops (user_rx.c), but for the SPI. */
static int filter_set(int fd, bool all)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 10),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 5, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ESP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, all ? UINT32_MAX : REJECT),
		BPF_STMT(BPF_RET | BPF_K, REJECT),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog))
		       ? -errno
		       : 0;
}

static int map_frames(struct ring *r, unsigned mtu)
{
	struct tpacket_req req = { .tp_block_size = BLOCK_BYTES };
	int version = TPACKET_V2;

	if (mtu > BLOCK_BYTES - FRAME_ROOM - FRAME_STEP)
		return -EMSGSIZE;
	r->frame_bytes =
		(mtu + FRAME_ROOM + FRAME_STEP - 1) / FRAME_STEP * FRAME_STEP;
	r->per_block = BLOCK_BYTES / r->frame_bytes;
	req.tp_frame_size = (unsigned)r->frame_bytes;
	req.tp_block_nr = RING_BYTES / BLOCK_BYTES;
	if (req.tp_block_nr * r->per_block > FRAMES_MAX)
		req.tp_block_nr = FRAMES_MAX / (unsigned)r->per_block;
	r->frames = req.tp_block_nr * r->per_block;
	req.tp_frame_nr = (unsigned)r->frames;
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
		    sizeof(version)) ||
		setsockopt(
			r->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return -errno;
	r->map = mmap(NULL, (size_t)req.tp_block_nr * BLOCK_BYTES,
		PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->map != MAP_FAILED)
		return 0;
	r->map = NULL;
	return -errno;
}

/* A socket bound to ETH_P_IP alone would stand behind the ingress hook and see
 * nothing of what is dropped there. */
static int bind_to(int fd, int ifindex)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex };
	int one = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		    sizeof(one)) ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	return 0;
}

static int fanout_join(int fd, int *id)
{
	bool first = *id < 0;
	int how =
		PACKET_FANOUT_HASH | (first ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
	int v = (first ? 0 : *id) | how << 16;
	socklen_t n = sizeof(v);

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &v, sizeof(v)) ||
		getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &v, &n))
		return -errno;
	*id = v & 0xffff;
	return 0;
}

int ring_open(struct ring *r, int ifindex, unsigned mtu, int *fanout)
{
	int rc;

	*r = (struct ring){ .fd = socket(
				    AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	if (r->fd < 0)
		return -errno;
	rc = filter_set(r->fd, false);
	if (!rc)
		rc = map_frames(r, mtu);
	if (!rc)
		rc = bind_to(r->fd, ifindex);
	if (!rc)
		rc = fanout_join(r->fd, fanout);
	if (rc)
		ring_close(r);
	return rc;
}

void ring_close(struct ring *r)
{
	size_t blocks = r->per_block ? r->frames / r->per_block : 0;

	if (r->map)
		munmap(r->map, blocks * BLOCK_BYTES);
	r->map = NULL;
	mem_close_fd(&r->fd);
}

int ring_take(struct ring *r, bool all)
{
	return filter_set(r->fd, all);
}

static struct tpacket2_hdr *frame_at(const struct ring *r, size_t i)
{
	uint8_t *p = r->map + i / r->per_block * BLOCK_BYTES +
		     i % r->per_block * r->frame_bytes;

	return (struct tpacket2_hdr *)p;
}

static struct tpacket2_hdr *frame_next(struct ring *r)
{
	struct tpacket2_hdr *h = frame_at(r, r->head);

	/* All lent: the next one is one of them. */
	if (r->taken == r->frames ||
		!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
			TP_STATUS_USER))
		return NULL;
	r->taken++;
	r->head = r->head + 1 == r->frames ? 0 : r->head + 1;
	return h;
}

uint8_t *ring_next(struct ring *r, size_t *n)
{
	struct tpacket2_hdr *h = frame_next(r);

	for (; h && h->tp_len > h->tp_snaplen; h = frame_next(r))
		r->cut++;
	if (!h)
		return NULL;
	*n = h->tp_snaplen;
	return (uint8_t *)h + h->tp_net;
}

void ring_release(struct ring *r)
{
	size_t i = r->head + r->frames - r->taken;

	for (; r->taken; r->taken--, i++)
		__atomic_store_n(&frame_at(r, i % r->frames)->tp_status,
			TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

void ring_error_clear(struct ring *r)
{
	int err;
	socklen_t n = sizeof(err);

	(void)getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &err, &n);
}

uint64_t ring_lost(struct ring *r)
{
	struct tpacket_stats s = { 0 };
	socklen_t n = sizeof(s);

	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &n))
		return 0;
	return s.tp_drops + atomic_exchange(&r->cut, 0);
}
