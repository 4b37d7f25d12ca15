/* What the user backend's threads share: a batch of packet slots, counters,
 * time.  Included by the worker's sources only. */
#ifndef DATAPLANE_USER_IO_H
#define DATAPLANE_USER_IO_H
#include "dataplane/tbar.h"
#include "dataplane/user_priv.h"
#include <netinet/in.h>
#include <sys/socket.h>

#define SLOT_ROOM  65536
#define HEAD       (IP4_HDR + ESP_HEAD_MAX + TBAR_BYTES)
#define SLOT_BYTES (HEAD + SLOT_ROOM + ESP_TAIL_MAX)
#define IDS        1024 /* outer identification counters, by address pair */
#define RANDOM     4096

static inline void count(_Atomic uint64_t *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static inline void count_max(_Atomic uint64_t *c, uint64_t v)
{
	uint64_t old = atomic_load_explicit(c, memory_order_relaxed);

	while (v > old && !atomic_compare_exchange_weak(c, &old, v))
		continue;
}

static inline void drop(struct user_group *g, enum dp_drop why)
{
	count(&g->drops[why], 1);
}

static inline bool is_ipv4(const uint8_t *p, size_t n)
{
	return n >= IP4_HDR && p[0] >> 4 == 4 && (p[0] & 0xf) >= 5;
}

/* What goes along with an outbound frame. */
struct out_mark {
	size_t inner; /* bytes before sealing, for the counters */
	bool has_eth;
	uint8_t eth[14]; /* header for the outer packet */
};
/* Of one thread. */
struct seal_io {
	uint16_t id[IDS];
	uint8_t random[RANDOM]; /* for IVs; drawn in bulk */
	size_t random_left;
	uint64_t now_ms; /* CLOCK_MONOTONIC, when the batch came */
	int trouble; /* eventfd of the loop */
};
void seal_io_init(struct seal_io *io, int trouble);
void seal_io_fini(struct seal_io *io);
/* Seals the inner packets f[i].p, which have HEAD and an Ethernet header's room
 * before them and ESP_TAIL_MAX behind, in place; f[i] is then the outer packet.
 * n of what was dropped, and counted, is 0.  Of IPv6 there is room for its longer
 * header, too. */
void frames_seal(struct seal_io *io, const struct world_group *g,
	unsigned queue, struct emit_frame *f, struct out_mark *m, size_t n);

uint64_t worker_now_ms(void); /* CLOCK_MONOTONIC, to a tick */
uint64_t worker_wall_ms(void); /* CLOCK_REALTIME, to a tick */
/* What the stamps of an SA with any are made of, and compared with. */
static inline uint64_t stamp_time(const struct user_sa *sa,
	struct user_group *g, uint64_t now_ms)
{
	int64_t offset = atomic_load_explicit(
		&g->clock.offset_ms, memory_order_relaxed);

	if (sa->stamp == DP_STAMP_D3P)
		return worker_wall_ms();
	return now_ms + (uint64_t)offset;
}

/* Takes the next world.  false: stop. */
bool world_take(struct worker *w);
void *out_thread(void *worker); /* user_out.c */
void *in_thread(void *worker);  /* user_in.c */
void *out6_thread(void *worker); /* user_ip6.c */
void *in6_thread(void *worker);
#endif
