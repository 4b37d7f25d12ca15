/* The inbound thread: receives ESP, opens and checks it, and writes the inner
 * packets to the TUNs. */
#include "dataplane/path.h"
#include "dataplane/user_io.h"
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

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

/* One packet that lacks nothing. */
static bool tun_write(int tun, uint8_t *p, size_t n)
{
	static struct virtio_net_hdr none;
	const struct iovec iov[] = { { &none, sizeof(none) }, { p, n } };

	return writev(tun, iov, ARRAY_LEN(iov)) == (ssize_t)(sizeof(none) + n);
}

static void opened(const struct worker *w, const struct world_sa *s, const uint8_t *outer,
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
	if (!tun_write(s->group->tun[w->queue], inner, n)) {
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
static void replay_tell(struct worker *w, const struct world_sa *s,
	const uint8_t *p, uint64_t my_ms, uint64_t peer_ms)
{
	struct user_clock *c = &s->group->g->clock;
	const uint8_t *esp = p + (p[0] & 0xfu) * 4u;
	uint64_t now = w->io->now_ms;

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
	(void)eventfd_write(w->all->trouble, 1);
}

/* The packet's stamp says that it was sent just now. */
static bool stamp_fresh(struct worker *w, const struct world_sa *s,
	const uint8_t *outer, const uint8_t *stamp, size_t n)
{
	struct user_group *g = s->group->g;
	struct user_clock *c = &g->clock;
	uint64_t my = group_time(g, w->io->now_ms), peer, delta;
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

static void esp_opened(struct worker *w, const struct world_sa *s,
	const uint8_t *outer, uint8_t *inner, size_t n)
{
	if (!s->sa->window_ms) {
		opened(w, s, outer, inner, n);
		return;
	}
	if (stamp_fresh(w, s, outer, inner, n))
		opened(w, s, outer, inner + TBAR_BYTES, n - TBAR_BYTES);
}

static void esp_receive(struct worker *w, uint8_t *p, size_t n, int ifindex)
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
	s = sa_find(w->world, ntohl(spi), ifindex);
	if (!s)
		return; /* deleted while this packet was queued */
	r = esp_open(s->sa->open[w->queue], p + hdr, n - hdr, &inner, &inner_n);
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

static void raw_ready(struct worker *w)
{
	struct packet_io *io = w->io;
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		io->iov[i] = (struct iovec){ io->slot[i], SLOT_ROOM };
		io->msg[i].msg_hdr.msg_control = io->cmsg[i];
		io->msg[i].msg_hdr.msg_controllen = PKTINFO;
	}
	n = recvmmsg(w->all->raw_rx, io->msg, BATCH, MSG_DONTWAIT, NULL);
	io->now_ms = worker_now_ms();
	for (int i = 0; i < n; i++)
		esp_receive(w, io->slot[i], io->msg[i].msg_len,
			pktinfo_ifindex(&io->msg[i].msg_hdr));
}

/* ---- the thread ---- */

void *in_thread(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		struct pollfd fd[2] = { { w->all->raw_rx, POLLIN, 0 },
			{ w->kick, POLLIN, 0 } };

		if (poll(fd, 2, -1) < 0)
			continue;
		if (fd[0].revents)
			raw_ready(w);
		if (fd[1].revents && !world_take(w))
			return NULL;
	}
}
