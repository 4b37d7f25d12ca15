/* The user backend's change from one library to another: each SA gets a
 * successor with new contexts, and the workers see all of them at once. */
#include "dataplane/user_priv.h"
#include <errno.h>
#include <stdlib.h>

int user_crypto_open(struct user_crypto *c, enum dp_crypto which,
	unsigned queues, struct sbuf *why)
{
	const char *missing = dp_crypto_missing(which);

	*c = (struct user_crypto){ 0 };
	if (missing) {
		sbuf_adds(why, missing);
		return -ENOTSUP;
	}
	for (unsigned q = 0; which == DP_CRYPTO_IPSEC_MB && q < queues; q++) {
		c->out[q] = esp_mb_new();
		c->in[q] = esp_mb_new();
	}
	return 0;
}

void user_crypto_close(struct user_crypto *c)
{
	for (unsigned q = 0; q < DP_QUEUES_MAX; q++) {
		esp_mb_free(c->out[q]);
		esp_mb_free(c->in[q]);
	}
	*c = (struct user_crypto){ 0 };
}

int user_sas_renew(struct sa_seqs *seqs, struct user_group *g, unsigned queues,
	const struct user_crypto *by)
{
	struct user_sa *sa;

	TAILQ_FOREACH(sa, &g->sas, link) {
		sa->successor = user_sa_new(
			seqs, &sa->made_of, g->t.cfg.ip6, queues, by);
		if (!sa->successor)
			return -ENOTSUP;
	}
	return 0;
}

void user_sas_renew_undo(struct sa_seqs *seqs, struct user_group *g)
{
	struct user_sa *sa;

	TAILQ_FOREACH(sa, &g->sas, link) {
		if (sa->successor)
			user_sa_free(seqs, sa->successor);
		sa->successor = NULL;
	}
}

void user_sas_succeed(struct user_group *g, struct user_sa_list *old)
{
	struct user_sa *sa, *next;

	TAILQ_FOREACH_SAFE(sa, &g->sas, link, next) {
		TAILQ_INSERT_BEFORE(sa, sa->successor, link);
		TAILQ_REMOVE(&g->sas, sa, link);
		TAILQ_INSERT_TAIL(old, sa, link);
		if (g->sending == sa)
			g->sending = sa->successor;
	}
}

static void counts_add(struct user_sa *to, struct user_sa *from)
{
	atomic_fetch_add(&to->encaps, from->encaps);
	atomic_fetch_add(&to->encaps_bytes, from->encaps_bytes);
	atomic_fetch_add(&to->send_errors, from->send_errors);
	atomic_fetch_add(&to->decaps, from->decaps);
	atomic_fetch_add(&to->decaps_bytes, from->decaps_bytes);
	atomic_fetch_add(&to->recv_errors, from->recv_errors);
}

void user_sas_retire(struct sa_seqs *seqs, struct user_sa_list *old)
{
	struct user_sa *sa;

	while ((sa = TAILQ_FIRST(old))) {
		counts_add(sa->successor, sa);
		TAILQ_REMOVE(old, sa, link);
		user_sa_free(seqs, sa);
	}
}

void user_sa_view(const struct user_sa *sa, struct dp_sa_view *out)
{
	*out = (struct dp_sa_view){ .spi = sa->spi,
		.suite = sa->suite,
		.crypto = esp_ctx_by_mb(sa->open[0]) ? DP_CRYPTO_IPSEC_MB
						     : DP_CRYPTO_OPENSSL };
}
