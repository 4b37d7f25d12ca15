/* Sealing of outbound packets: numbers, IVs, stamps, outer headers. */
#include "crypto/rng.h"
#include "dataplane/user_io.h"
#include <linux/if_ether.h>
#include <string.h>
#include <sys/eventfd.h>

void seal_io_init(struct seal_io *io, int trouble)
{
	*io = (struct seal_io){ .trouble = trouble };
	rng_bytes(io->id, sizeof(io->id));
}

void seal_io_fini(struct seal_io *io)
{
	mem_wipe(io->random, sizeof(io->random));
}

static const uint8_t *random_take(struct seal_io *io, size_t n)
{
	if (io->random_left < n) {
		rng_bytes(io->random, RANDOM);
		io->random_left = RANDOM;
	}
	io->random_left -= n;
	return io->random + io->random_left;
}

static uint16_t outer_id(struct seal_io *io, const uint8_t *inner)
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

static void iv_make(struct seal_io *io, const struct user_sa *sa,
	const struct esp_ctx *ctx, uint64_t number, uint8_t out[ESP_IV_MAX])
{
	uint64_t v = sa->iv_base | number;

	if (!counter_mode(sa)) {
		memcpy(out, random_take(io, esp_ctx_iv(ctx)), esp_ctx_iv(ctx));
		return;
	}
	for (size_t i = 8; i-- > 0; v >>= 8)
		out[i] = (uint8_t)v;
}

/* The first to find it tells the loop. */
static void sa_spent(struct seal_io *io, struct user_sa *sa)
{
	int live = SA_LIVE;

	if (atomic_compare_exchange_strong(&sa->spent, &live, SA_SPENT))
		(void)eventfd_write(io->trouble, 1);
}

/* The work to seal a frame; false: dropped and counted. */
static bool job_make(struct seal_io *io, const struct world_group *g,
	unsigned queue, const struct emit_frame *f, struct esp_job *job)
{
	struct user_sa *sa = g->sending;
	uint64_t number;

	if (!user_sa_number_take(sa, queue, &number)) {
		drop(g->g, DP_DROP_SEQ_EXHAUSTED);
		sa_spent(io, sa);
		return false;
	}
	*job = (struct esp_job){ .ctx = sa->seal[queue],
		.p = f->p,
		.n = f->n,
		.spi = sa->spi,
		.seq = (uint32_t)number };
	iv_make(io, sa, job->ctx, number, job->iv);
	if (sa->window_ms) {
		job->p -= TBAR_BYTES;
		job->n += TBAR_BYTES;
		tbar_put(sa->stamp, job->p,
			stamp_time(sa, g->g, io->now_ms));
		count(&g->g->clock.out, 1);
	}
	return true;
}

/* Puts the outer header, of what was the inner one, in front. */
static void frame_finish(struct seal_io *io, const struct world_group *g,
	const struct esp_job *job, const uint8_t inner[IP6_HDR],
	struct emit_frame *f, const struct out_mark *m)
{
	size_t hdr = g->ip6 ? IP6_HDR : IP4_HDR;

	if (!job->n) {
		drop(g->g, DP_DROP_ENCAPS_FAIL);
		count(&g->sending->send_errors, 1);
		f->n = 0;
		return;
	}
	f->p = job->p - hdr;
	f->n = hdr + job->n;
	if (g->ip6)
		esp_outer6(f->p, inner, job->n);
	else
		esp_outer(f->p, inner, outer_id(io, inner), g->df, job->n);
	if (m->has_eth)
		memcpy(f->p - ETH_HLEN, m->eth, ETH_HLEN);
}

void frames_seal(struct seal_io *io, const struct world_group *g,
	unsigned queue, struct emit_frame *f, struct out_mark *m, size_t n)
{
	struct esp_job job[EMIT_FRAMES];
	uint8_t hdr[EMIT_FRAMES][IP6_HDR]; /* sealing takes the inner one */
	size_t frame[EMIT_FRAMES], used = 0;
	bool can = g->sending && g->sending->seal[queue];

	if (!can)
		count(&g->g->drops[DP_DROP_NO_SA], n);
	for (size_t i = 0; i < n; i++) {
		if (!can || !job_make(io, g, queue, &f[i], &job[used])) {
			f[i].n = 0;
			continue;
		}
		m[i].inner = f[i].n;
		memcpy(hdr[used], f[i].p, g->ip6 ? IP6_HDR : IP4_HDR);
		frame[used++] = i;
	}
	esp_seal_batch(job, used);
	for (size_t i = 0; i < used; i++)
		frame_finish(io, g, &job[i], hdr[i], &f[frame[i]],
			&m[frame[i]]);
}
