/* The outbound thread: reads what is to be encrypted from the TUNs, seals it and
 * sends ESP.  Capture, sealing and emitting are separate functions over a batch
 * of slots. */
#include "crypto/rng.h"
#include "dataplane/user_io.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

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
	const struct esp_ctx *ctx, uint64_t number, uint8_t buf[8])
{
	uint64_t v = sa->iv_base | number;

	if (!counter_mode(sa))
		return random_take(io, esp_ctx_iv(ctx));
	for (size_t i = 8; i-- > 0; v >>= 8)
		buf[i] = (uint8_t)v;
	return buf;
}

/* Seals the inner packet of slot i.  Gives the outer packet's place and length
 * in iov; false: dropped and counted. */
static bool slot_seal(struct worker *w, size_t i, struct iovec *iov,
	const struct world_group *g)
{
	struct packet_io *io = w->io;
	uint8_t *inner = io->slot[i] + HEAD, *outer, ivbuf[8];
	uint8_t hdr[IP4_HDR]; /* sealing in place takes the inner one */
	struct user_sa *sa = g->sending;
	struct esp_ctx *ctx = sa ? sa->seal[w->queue] : NULL;
	size_t n = io->len[i], esp;
	uint64_t number;

	if (n > SLOT_ROOM - HEAD - ESP_TAIL_MAX) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		return false;
	}
	if (!ctx) {
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
	esp = esp_seal(ctx, sa->spi, (uint32_t)number,
		iv_make(io, sa, ctx, number, ivbuf), inner, n);
	if (!esp) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		count(&sa->send_errors, 1);
		return false;
	}
	outer = inner - esp_ctx_head(ctx) - IP4_HDR;
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

static void batch_send(struct worker *w, struct world_group *g, size_t n)
{
	struct packet_io *io = w->io;
	size_t at = 0;

	while (at < n) {
		int done = sendmmsg(
			w->all->raw_tx, io->msg + at, (unsigned)(n - at), 0);

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

static void tun_forward(struct worker *w, struct world_group *g, size_t n)
{
	struct packet_io *io = w->io;
	size_t out = 0;

	io->now_ms = worker_now_ms();
	for (size_t i = 0; i < n; i++) {
		uint8_t *inner = io->slot[i] + HEAD;

		/* The kernel talks IPv6 to every device that is up. */
		if (!is_ipv4(inner, io->len[i]))
			continue;
		memcpy(&io->to[out].sin_addr, inner + 16, 4);
		io->msg[out].msg_hdr.msg_name = &io->to[out];
		io->msg[out].msg_hdr.msg_namelen = sizeof(io->to[out]);
		if (!slot_seal(w, i, &io->iov[out], g))
			continue;
		io->sa[out] = g->sending;
		io->inner[out] = io->len[i];
		out++;
	}
	batch_send(w, g, out);
}

static void tun_ready(struct worker *w, struct world_group *g)
{
	size_t n;
	int rc = tun_read(w->io, g->tun[w->queue], &n);

	tun_forward(w, g, n);
	if (!rc)
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
				tun_ready(w, &group[i]);
		if (fd[n].revents && !world_take(w))
			return NULL;
		fresh = fd[n].revents != 0;
	}
}
