/* SAs of the user backend, and the numbers that may never be used twice. */
#include "crypto/prf.h"
#include "dataplane/tbar.h"
#include "dataplane/user_priv.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static struct sa_seq *seq_get(struct sa_seqs *seqs, const struct dp_sa *sa)
{
	const uint8_t spi[4] = { (uint8_t)(sa->spi >> 24),
		(uint8_t)(sa->spi >> 16), (uint8_t)(sa->spi >> 8),
		(uint8_t)sa->spi };
	const struct span parts[] = { SPAN(spi, 4), SPAN(sa->enc.b, sa->enc.n),
		SPAN(sa->auth.b, sa->auth.n) };
	uint8_t hash[HASH_MAX_BYTES] = { 0 };
	struct sa_seq *s;

	digest(HASH_SHA256, parts, ARRAY_LEN(parts), hash);
	TAILQ_FOREACH(s, &seqs->list, link)
		if (s->sid == sa->sid &&
			!memcmp(s->key_hash, hash, sizeof(hash)))
			break;
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		memcpy(s->key_hash, hash, sizeof(hash));
		s->sid = sa->sid;
		atomic_init(&s->next, 1);
		TAILQ_INSERT_TAIL(&seqs->list, s, link);
	} else if (!s->refs) {
		seqs->idle--;
	}
	s->refs++;
	return s;
}

/* Stays remembered; of too many idle ones the oldest goes. */
static void seq_put(struct sa_seqs *seqs, struct sa_seq *s)
{
	struct sa_seq *next;

	if (--s->refs)
		return;
	TAILQ_REMOVE(&seqs->list, s, link);
	TAILQ_INSERT_TAIL(&seqs->list, s, link);
	seqs->idle++;
	TAILQ_FOREACH_SAFE(s, &seqs->list, link, next) {
		if (seqs->idle <= SA_SEQ_KEPT)
			return;
		if (s->refs)
			continue;
		TAILQ_REMOVE(&seqs->list, s, link);
		seqs->idle--;
		free(s);
	}
}

/* The queue's next block; false: all are used. */
static bool block_take(struct user_sa *sa, struct sa_block *b)
{
	uint64_t first = atomic_fetch_add_explicit(
		&sa->seq->next, SA_BLOCK, memory_order_relaxed);

	if (first > sa->seq_last) {
		/* Stay at the end: the counter must not come round. */
		atomic_store_explicit(&sa->seq->next, sa->seq_last + 1,
			memory_order_relaxed);
		return false;
	}
	b->next = first;
	b->end = first + SA_BLOCK;
	if (b->end > sa->seq_last + 1)
		b->end = sa->seq_last + 1;
	return true;
}

bool user_sa_number_take(struct user_sa *sa, unsigned queue, uint64_t *number)
{
	struct sa_block *b = &sa->block[queue];

	if (b->next == b->end && !block_take(sa, b))
		return false;
	*number = b->next++;
	return true;
}

void user_sa_free(struct sa_seqs *seqs, struct user_sa *sa)
{
	for (size_t q = 0; q < DP_QUEUES_MAX; q++) {
		esp_ctx_free(sa->seal[q]);
		esp_ctx_free(sa->open[q]);
	}
	seq_put(seqs, sa->seq);
	mem_wipe(&sa->made_of, sizeof(sa->made_of));
	free(sa);
}

unsigned user_sa_inner_mtu(const struct user_sa *sa, unsigned mtu)
{
	size_t n = esp_inner_mtu(&sa->suite, mtu);

	if (!sa->window_ms)
		return (unsigned)n;
	return n > TBAR_BYTES ? (unsigned)n - TBAR_BYTES : 0;
}

/* The number space: of counter modes what the sender id leaves of the IV (RFC
 * 6054).  The ESP sequence is its lower half: with several senders nobody
 * checks it, and it may come round (RFC 4303 3.3.3). */
static void sa_numbers(struct user_sa *sa, const struct dp_sa *in)
{
	unsigned left = 64u - in->sid_bits;

	sa->seq_last = UINT64_MAX - SA_BLOCK;
	if (!in->sid_bits)
		return;
	sa->seq_last = (UINT64_C(1) << left) - 1;
	sa->iv_base = (uint64_t)in->sid << left;
}

static struct esp_ctx *context_new(
	const struct user_sa *sa, struct esp_mb *mb, bool ip6, bool seal)
{
	const struct dp_sa *in = &sa->made_of;
	struct esp_ctx *c =
		esp_ctx_new(mb, &in->suite, &in->enc, &in->auth, seal);

	if (c && sa->window_ms)
		esp_ctx_next(c, TBAR_NEXT);
	else if (c && ip6)
		esp_ctx_next(c, IPPROTO_IPV6);
	return c;
}

struct user_sa *user_sa_new(struct sa_seqs *seqs, const struct dp_sa *in,
	bool ip6, unsigned queues, const struct user_crypto *by)
{
	static const struct user_crypto openssl;
	struct user_sa *sa = xcalloc(1, sizeof(*sa));

	/* The library's managers are those of IPv4's threads. */
	by = by && !ip6 ? by : &openssl;
	sa->made_of = *in;
	sa->spi = in->spi;
	sa->suite = in->suite;
	sa->may_send = in->may_send;
	sa->stamp = in->stamp;
	sa->window_ms = in->window_ms;
	sa->seq = seq_get(seqs, in);
	sa_numbers(sa, in);
	for (unsigned q = 0; q < queues; q++) {
		sa->open[q] = context_new(sa, by->in[q], ip6, false);
		if (in->may_send)
			sa->seal[q] = context_new(sa, by->out[q], ip6, true);
		if (!sa->open[q] || (in->may_send && !sa->seal[q])) {
			user_sa_free(seqs, sa);
			return NULL;
		}
	}
	return sa;
}

void sa_seqs_free(struct sa_seqs *seqs)
{
	struct sa_seq *s;

	while ((s = TAILQ_FIRST(&seqs->list))) {
		TAILQ_REMOVE(&seqs->list, s, link);
		free(s);
	}
}
