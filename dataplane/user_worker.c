/* The threads that move packets: one reads what is to be encrypted from the
 * TUNs and sends ESP, one receives ESP and writes what it opened to the TUNs.
 * They see the configuration as an immutable world; the loop hands them a new
 * one and waits until they have it, so there is no lock per packet and nothing
 * outlives its last user.  Capture, sealing, emitting and receiving are
 * separate functions over a batch of slots, so that faster devices can take
 * the places of the TUN and the raw sockets. */
#include "crypto/rng.h"
#include "dataplane/path.h"
#include "dataplane/tbar.h"
#include "dataplane/user_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH      32
#define SLOT_ROOM  65536
#define HEAD       (IP4_HDR + ESP_HEAD_MAX + TBAR_BYTES)
#define SLOT_BYTES (HEAD + SLOT_ROOM + ESP_TAIL_MAX)
#define IDS        1024 /* outer identification counters, by address pair */
#define RANDOM     4096
#define PKTINFO    CMSG_SPACE(sizeof(struct in_pktinfo))

/* One thread's buffers. */
struct packet_io {
	uint8_t (*slot)[SLOT_BYTES]; /* BATCH of them */
	size_t len[BATCH];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in to[BATCH];
	struct user_sa *sa[BATCH];
	size_t inner[BATCH]; /* bytes, for the counters of sent messages */
	uint8_t cmsg[BATCH][PKTINFO] __attribute__((aligned(8)));
	uint16_t id[IDS];
	uint8_t random[RANDOM]; /* for IVs; drawn in bulk */
	size_t random_left;
	uint64_t now_ms; /* CLOCK_MONOTONIC, when the batch came */
};

static void count(_Atomic uint64_t *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static void drop(struct user_group *g, enum dp_drop why)
{
	count(&g->drops[why], 1);
}

/* ---- time ---- */

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t group_time(struct user_group *g, const struct packet_io *io)
{
	int64_t offset = atomic_load_explicit(
		&g->clock.offset_ms, memory_order_relaxed);

	return io->now_ms + (uint64_t)offset;
}

/* ---- sealing ---- */

static const uint8_t *random_take(struct packet_io *io, size_t n)
{
	if (io->random_left < n) {
		rng_bytes(io->random, RANDOM);
		io->random_left = RANDOM;
	}
	io->random_left -= n;
	return io->random + io->random_left;
}

static uint16_t outer_id(struct packet_io *io, const uint8_t *inner)
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

static const uint8_t *iv_make(struct packet_io *io, const struct user_sa *sa,
	uint64_t number, uint8_t buf[8])
{
	uint64_t v = sa->iv_base | number;

	if (!counter_mode(sa))
		return random_take(io, esp_ctx_iv(sa->seal));
	for (size_t i = 8; i-- > 0; v >>= 8)
		buf[i] = (uint8_t)v;
	return buf;
}

/* Seals the inner packet of slot i.  Gives the outer packet's place and length
 * in iov; false: dropped and counted. */
static bool slot_seal(struct packet_io *io, size_t i, struct iovec *iov,
	const struct world_group *g)
{
	uint8_t *inner = io->slot[i] + HEAD, *outer, ivbuf[8];
	uint8_t hdr[IP4_HDR]; /* sealing in place takes the inner one */
	struct user_sa *sa = g->sending;
	size_t n = io->len[i], esp;
	uint64_t number;

	if (n > SLOT_ROOM - HEAD - ESP_TAIL_MAX) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		return false;
	}
	if (!sa || !sa->seal) {
		drop(g->g, DP_DROP_NO_SA);
		return false;
	}
	memcpy(hdr, inner, sizeof(hdr));
	if (!user_sa_number_take(sa, &number)) {
		drop(g->g, DP_DROP_SEQ_EXHAUSTED);
		return false;
	}
	if (sa->window_ms) {
		inner -= TBAR_BYTES;
		n += TBAR_BYTES;
		tbar_put(inner, group_time(g->g, io));
		count(&g->g->clock.out, 1);
	}
	esp = esp_seal(sa->seal, sa->spi, (uint32_t)number,
		iv_make(io, sa, number, ivbuf), inner, n);
	if (!esp) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		count(&sa->send_errors, 1);
		return false;
	}
	outer = inner - esp_ctx_head(sa->seal) - IP4_HDR;
	esp_outer(outer, hdr, outer_id(io, hdr), g->df, esp);
	*iov = (struct iovec){ outer, IP4_HDR + esp };
	return true;
}

/* ---- outbound: TUN to raw socket ---- */

/* Reads a batch.  -errno when the device is down or gone. */
static int tun_read(struct packet_io *io, int tun, size_t *n)
{
	for (*n = 0; *n < BATCH; (*n)++) {
		ssize_t got = read(tun, io->slot[*n] + HEAD, SLOT_ROOM);

		if (got < 0 && errno == EINTR)
			got = read(tun, io->slot[*n] + HEAD, SLOT_ROOM);
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		io->len[*n] = (size_t)got;
	}
	return 0;
}

static void sent(struct world_group *g, struct user_sa *sa, size_t inner)
{
	count(&sa->encaps, 1);
	count(&sa->encaps_bytes, inner);
	count(&g->g->encrypt, 1);
}

static void send_failed(struct world_group *g, struct user_sa *sa, int err)
{
	drop(g->g, err == EMSGSIZE ? DP_DROP_TOO_BIG : DP_DROP_INTERNAL_SEND);
	count(&sa->send_errors, 1);
}

static void batch_send(struct workers *w, struct world_group *g, size_t n)
{
	struct packet_io *io = w->out.io;
	size_t at = 0;

	while (at < n) {
		int done = sendmmsg(
			w->raw_tx, io->msg + at, (unsigned)(n - at), 0);

		if (done < 0 && errno == EINTR)
			continue;
		/* The first of the rest failed: count it, go on behind. */
		if (done <= 0) {
			send_failed(g, io->sa[at], errno);
			at++;
			continue;
		}
		for (int i = 0; i < done; i++, at++)
			sent(g, io->sa[at], io->inner[at]);
	}
}

static bool is_ipv4(const uint8_t *p, size_t n)
{
	return n >= IP4_HDR && p[0] >> 4 == 4 && (p[0] & 0xf) >= 5;
}

static void tun_forward(struct workers *w, struct world_group *g, size_t n)
{
	struct packet_io *io = w->out.io;
	size_t out = 0;

	io->now_ms = monotonic_ms();
	for (size_t i = 0; i < n; i++) {
		uint8_t *inner = io->slot[i] + HEAD;

		/* The kernel talks IPv6 to every device that is up. */
		if (!is_ipv4(inner, io->len[i]))
			continue;
		memcpy(&io->to[out].sin_addr, inner + 16, 4);
		io->msg[out].msg_hdr.msg_name = &io->to[out];
		io->msg[out].msg_hdr.msg_namelen = sizeof(io->to[out]);
		if (!slot_seal(io, i, &io->iov[out], g))
			continue;
		io->sa[out] = g->sending;
		io->inner[out] = io->len[i];
		out++;
	}
	batch_send(w, g, out);
}

static void tun_ready(struct workers *w, struct world_group *g)
{
	size_t n;
	int rc = tun_read(w->out.io, g->tun, &n);

	tun_forward(w, g, n);
	if (!rc)
		return;
	/* The loop raises the device again; until then do not spin on it. */
	atomic_fetch_or(&w->tun_failed, UINT64_C(1) << g->g->t.slot);
	(void)eventfd_write(w->trouble, 1);
	g->tun = -1;
}

/* ---- inbound: raw socket to TUN ---- */

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

static void opened(const struct world_sa *s, const uint8_t *outer,
	uint8_t *inner, size_t n)
{
	struct user_group *g = s->group->g;
	struct packet_key k;

	if (!packet_key_read(inner, n, &k)) {
		drop(g, DP_DROP_DECAP_FAIL);
		return;
	}
	if (!inner_admitted(s->group, outer, inner, &k)) {
		drop(g, DP_DROP_IDENTITY);
		return;
	}
	if (!esp_ecn_merge(outer[1], inner)) {
		drop(g, DP_DROP_DECAP_FAIL);
		return;
	}
	/* Less than n when the sender padded for traffic flow. */
	n = (size_t)inner[2] << 8 | inner[3];
	if (write(s->group->tun, inner, n) != (ssize_t)n) {
		drop(g, DP_DROP_INTERNAL_RECV);
		return;
	}
	count(&s->sa->decaps, 1);
	count(&s->sa->decaps_bytes, n);
	count(&g->decrypt, 1);
}

static uint32_t word_at(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

/* Leaves a failure for the loop to tell, now and then. */
static void replay_tell(struct workers *w, const struct world_sa *s,
	const uint8_t *p, uint64_t my_ms, uint64_t peer_ms)
{
	struct user_clock *c = &s->group->g->clock;
	const uint8_t *esp = p + (p[0] & 0xfu) * 4u;
	uint64_t now = w->in.io->now_ms;

	if (now < c->next_ms ||
		atomic_load_explicit(&c->told, memory_order_acquire))
		return;
	c->next_ms = now + REPLAY_TELL_MS;
	c->failure = (struct dp_replay_failure){ .my_ms = my_ms,
		.peer_ms = peer_ms,
		.window_secs = (uint32_t)(s->sa->window_ms / 1000),
		.src = word_at(p + 12),
		.dst = word_at(p + 16),
		.spi = s->sa->spi,
		.sequence = word_at(esp + 4) };
	atomic_store_explicit(&c->told, true, memory_order_release);
	(void)eventfd_write(w->trouble, 1);
}

/* The packet's stamp says that it was sent just now. */
static bool stamp_fresh(struct workers *w, const struct world_sa *s,
	const uint8_t *outer, const uint8_t *stamp, size_t n)
{
	struct user_group *g = s->group->g;
	struct user_clock *c = &g->clock;
	uint64_t my = group_time(g, w->in.io), peer, delta;
	enum tbar_result r =
		tbar_check(stamp, n, my, s->sa->window_ms, &peer);

	count(&c->in, 1);
	if (r == TBAR_FRESH) {
		delta = peer > my ? peer - my : my - peer;
		/* One thread writes it; the loop only clears. */
		if (delta > atomic_load_explicit(
				    &c->max_delta_ms, memory_order_relaxed))
			atomic_store_explicit(&c->max_delta_ms, delta,
				memory_order_relaxed);
		return true;
	}
	count(&c->in_errors, 1);
	count(&s->sa->recv_errors, 1);
	drop(g, r == TBAR_OUTSIDE ? DP_DROP_REPLAY : DP_DROP_DECAP_FAIL);
	if (r == TBAR_OUTSIDE)
		replay_tell(w, s, outer, my, peer);
	return false;
}

static void esp_opened(struct workers *w, const struct world_sa *s,
	const uint8_t *outer, uint8_t *inner, size_t n)
{
	if (!s->sa->window_ms) {
		opened(s, outer, inner, n);
		return;
	}
	if (stamp_fresh(w, s, outer, inner, n))
		opened(s, outer, inner + TBAR_BYTES, n - TBAR_BYTES);
}

static void esp_receive(struct workers *w, uint8_t *p, size_t n, int ifindex)
{
	static const enum dp_drop reason[] = {
		[ESP_MALFORMED] = DP_DROP_DECAP_FAIL,
		[ESP_BAD_ICV] = DP_DROP_VERIFY_FAIL,
		[ESP_BAD_PROTO] = DP_DROP_INVALID_PROT,
	};
	size_t hdr = n ? (p[0] & 0xfu) * 4u : 0, inner_n;
	const struct world_sa *s;
	enum esp_result r;
	uint8_t *inner;
	uint32_t spi;

	if (!is_ipv4(p, n) || n < hdr + 8)
		return;
	memcpy(&spi, p + hdr, 4);
	s = sa_find(w->in.world, ntohl(spi), ifindex);
	if (!s)
		return; /* deleted while this packet was queued */
	r = esp_open(s->sa->open, p + hdr, n - hdr, &inner, &inner_n);
	switch (r) {
	case ESP_OPENED:
		esp_opened(w, s, p, inner, inner_n);
		break;
	case ESP_DUMMY:
		break;
	default:
		drop(s->group->g, reason[r]);
		count(&s->sa->recv_errors, 1);
		break;
	}
}

static int pktinfo_ifindex(struct msghdr *m)
{
	struct in_pktinfo info = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info.ipi_ifindex;
}

static void raw_ready(struct workers *w)
{
	struct packet_io *io = w->in.io;
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		io->iov[i] = (struct iovec){ io->slot[i], SLOT_ROOM };
		io->msg[i].msg_hdr.msg_control = io->cmsg[i];
		io->msg[i].msg_hdr.msg_controllen = PKTINFO;
	}
	n = recvmmsg(w->raw_rx, io->msg, BATCH, MSG_DONTWAIT, NULL);
	io->now_ms = monotonic_ms();
	for (int i = 0; i < n; i++)
		esp_receive(w, io->slot[i], io->msg[i].msg_len,
			pktinfo_ifindex(&io->msg[i].msg_hdr));
}

/* ---- threads ---- */

/* Takes the next world.  false: stop. */
static bool world_take(struct worker *w)
{
	eventfd_t ignored;

	(void)eventfd_read(w->kick, &ignored);
	w->world = w->next;
	sem_post(&w->done);
	return w->world != NULL;
}

static void *out_thread(void *arg)
{
	struct workers *w = arg;
	struct pollfd fd[DP_SLOTS + 1];
	struct world_group group[DP_SLOTS];
	size_t n = 0;
	bool fresh = true;

	for (;;) {
		/* Own copies: a device that fails is left out by fd -1. */
		if (fresh) {
			n = w->out.world->n_groups;
			memcpy(group, w->out.world->group,
				n * sizeof(group[0]));
			fresh = false;
		}
		for (size_t i = 0; i < n; i++)
			fd[i] = (struct pollfd){ group[i].tun, POLLIN, 0 };
		fd[n] = (struct pollfd){ w->out.kick, POLLIN, 0 };
		if (poll(fd, n + 1, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (fd[i].revents)
				tun_ready(w, &group[i]);
		if (fd[n].revents && !world_take(&w->out))
			return NULL;
		fresh = fd[n].revents != 0;
	}
}

static void *in_thread(void *arg)
{
	struct workers *w = arg;

	for (;;) {
		struct pollfd fd[2] = { { w->raw_rx, POLLIN, 0 },
			{ w->in.kick, POLLIN, 0 } };

		if (poll(fd, 2, -1) < 0)
			continue;
		if (fd[0].revents)
			raw_ready(w);
		if (fd[1].revents && !world_take(&w->in))
			return NULL;
	}
}

static struct packet_io *io_new(void)
{
	struct packet_io *io = xcalloc(1, sizeof(*io));

	io->slot = xcalloc(BATCH, SLOT_BYTES);
	rng_bytes(io->id, sizeof(io->id));
	for (size_t i = 0; i < BATCH; i++) {
		io->to[i].sin_family = AF_INET;
		io->msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &io->iov[i],
			.msg_iovlen = 1,
		};
	}
	return io;
}

static void io_free(struct packet_io *io)
{
	if (!io)
		return;
	mem_wipe(io->random, sizeof(io->random));
	free(io->slot);
	free(io);
}

/* Signals are the loop's. */
static int thread_start(struct worker *w, const struct world *first,
	void *(*fn)(void *), void *arg)
{
	sigset_t all, old;
	int rc;

	w->world = first;
	w->io = io_new();
	sem_init(&w->done, 0, 0);
	w->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->kick < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

/* Only what our rules marked: other ESP of this host is not ours. */
static int mark_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DP_MARK_IN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	return setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int sockets_open(struct workers *w)
{
	int one = 1, room = 4 << 20, mark = DP_MARK_OWN;
	/* The inner MTU, once told to a local sender, stands as path MTU on the
	 * very routes that the ESP takes: look at the device's only. */
	int device_mtu = IP_PMTUDISC_PROBE;

	w->raw_tx = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	w->raw_rx = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	w->trouble = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->raw_tx < 0 || w->raw_rx < 0 || w->trouble < 0 ||
		setsockopt(
			w->raw_tx, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
		setsockopt(w->raw_tx, IPPROTO_IP, IP_MTU_DISCOVER, &device_mtu,
			sizeof(device_mtu)) ||
		setsockopt(
			w->raw_rx, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) ||
		mark_filter(w->raw_rx))
		return -errno;
	(void)setsockopt(
		w->raw_rx, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	(void)setsockopt(
		w->raw_tx, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return 0;
}

static void worker_next(struct worker *w, const struct world *next)
{
	w->next = next;
	(void)eventfd_write(w->kick, 1);
	while (sem_wait(&w->done) && errno == EINTR)
		continue;
}

static void worker_join(struct worker *w, bool started)
{
	if (started) {
		worker_next(w, NULL);
		pthread_join(w->thread, NULL);
	}
	mem_close_fd(&w->kick);
	io_free(w->io);
	w->io = NULL;
}

int workers_start(struct workers *w, const struct world *first)
{
	int rc;

	*w = (struct workers){ .raw_tx = -1,
		.raw_rx = -1,
		.trouble = -1,
		.out.kick = -1,
		.in.kick = -1 };
	rc = sockets_open(w);
	if (!rc)
		rc = thread_start(&w->out, first, out_thread, w);
	if (!rc) {
		rc = thread_start(&w->in, first, in_thread, w);
		w->running = !rc;
		if (rc)
			worker_join(&w->out, true);
	}
	if (rc)
		workers_stop(w);
	return rc;
}

void workers_publish(struct workers *w, const struct world *next)
{
	worker_next(&w->out, next);
	worker_next(&w->in, next);
}

void workers_stop(struct workers *w)
{
	worker_join(&w->out, w->running);
	worker_join(&w->in, w->running);
	w->running = false;
	mem_close_fd(&w->raw_tx);
	mem_close_fd(&w->raw_rx);
	mem_close_fd(&w->trouble);
}
