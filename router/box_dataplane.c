/* The dataplane of a box: opened, again and again where the kernel lacks
 * something; its events; and the choice of its backend, as configured and as it
 * is. */
#include "base/hash.h"
#include "dataplane/ops.h"
#include "router/box_priv.h"
#include "router/dp_none.h"
#include "router/keylog.h"
#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define REOPEN_MS 5000

static void dp_not_ipsec(void *ctx, uint32_t group, const struct packet_key *k)
{
	struct box *b = ctx;

	gdoi_dp_not_ipsec(b->gdoi, group, k);
}

static void dp_replay_failed(
	void *ctx, uint32_t group, const struct dp_replay_failure *f)
{
	struct box *b = ctx;

	gdoi_dp_replay_failed(b->gdoi, group, f);
}

static void dp_invalid_spi(
	void *ctx, uint32_t group, uint32_t spi, const struct packet_key *k)
{
	struct box *b = ctx;

	gdoi_dp_invalid_spi(b->gdoi, group, spi, k);
}

static void dp_trouble(void *ctx, const char *text)
{
	struct box *b = ctx;

	if (log_allow(b->log, hash_bytes("dp_trouble", 10), loop_now()))
		log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "TROUBLE", "%s",
			text);
}

static void dp_moved(
	void *ctx, uint32_t group, const char *backend, const char *why)
{
	struct box *b = ctx;

	log_msg(b->log, LOG_SEV_NOTICE, "DATAPLANE", "MOVED",
		"Group %u of the dataplane is served by %s: %s", group, backend,
		why);
}

static void dp_exhausted(void *ctx, uint32_t group, uint32_t spi)
{
	struct box *b = ctx;

	gdoi_dp_exhausted(b->gdoi, group, spi);
}

static void on_key(
	void *ctx, enum env_key kind, struct span name, struct span key)
{
	struct env_loop *e = ctx;
	struct box *b = e->owner;

	keylog_line(b->keylog, kind, name, key);
}

/* GETVPN_KEYLOG, for captures: loud, since it gives the traffic away. */
static void keylog_start(struct box *b)
{
	const char *path = secure_getenv(KEYLOG_ENV);
	auto_sbuf struct sbuf why = { 0 };

	if (path == NULL || path[0] == '\0')
		return;
	b->keylog = keylog_open(path, &why);
	if (b->keylog == NULL) {
		log_msg(b->log, LOG_SEV_ERR, "CRYPTO", "KEYLOG",
			"Keys cannot be logged: %s", sbuf_str(&why));
		return;
	}
	b->env.owner = b;
	b->env.env.key_made = on_key;
	log_msg(b->log, LOG_SEV_WARNING, "CRYPTO", "KEYLOG",
		"WARNING: keys are written in clear to %s (" KEYLOG_ENV
		"); who reads it reads the traffic",
		path);
}

/* Told when it is another reason than before. */
static void unavailable(struct box *b, const char *why)
{
	if (strcmp(sbuf_str(&b->dp_why), why) == 0)
		return;
	sbuf_trunc(&b->dp_why, 0);
	sbuf_adds(&b->dp_why, why);
	log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "UNAVAILABLE",
		"Dataplane cannot start: %s; group members stay unregistered "
		"until it can",
		why);
}

static void dataplane_try(struct box *b)
{
	const struct dp_events events = { .not_ipsec = dp_not_ipsec,
		.invalid_spi = dp_invalid_spi,
		.replay_failed = dp_replay_failed,
		.trouble = dp_trouble,
		.exhausted = dp_exhausted,
		.moved = dp_moved,
		.ctx = b };
	const struct dataplane_ops *ops = b->dp_wanted;
	struct dp *dp = NULL;
	auto_sbuf struct sbuf why = { 0 };

	dp = ops->open(b->loop, &events, &why);
	if (dp == NULL) {
		unavailable(b, sbuf_str(&why));
		timer_set(loop_timers(b->loop), &b->dp_reopen,
			loop_now() + REOPEN_MS);
		return;
	}
	if (ops == &dataplane_choose)
		b->chooser = dp;
	if (b->keylog != NULL) {
		dp = keylog_wrap(b->keylog, ops, dp);
		ops = &keylog_ops;
	}
	b->env.env.dp_ops = ops;
	b->env.env.dp = dp;
	if (b->dp_why.n > 0)
		log_msg(b->log, LOG_SEV_NOTICE, "DATAPLANE", "AVAILABLE",
			"Dataplane has started");
	sbuf_trunc(&b->dp_why, 0);
	box_guard_again(b);
	box_set_dataplane_crypto(b, b->dp_crypto);
	box_set_dataplane(b, b->dp_mode);
	box_set_ways(b, &b->dp_ways);
	box_cuts_settle(b);
}

static void on_reopen(void *arg)
{
	dataplane_try(arg);
}

void box_dataplane_open(struct box *b, const struct dataplane_ops *wanted)
{
	timer_init(&b->dp_reopen, on_reopen, b);
	b->dp_wanted = wanted != NULL ? wanted : &dataplane_choose;
	b->env.env.dp_ops = &dataplane_none;
	keylog_start(b);
	dataplane_try(b);
}

void box_dataplane_close(struct box *b)
{
	if (b->dp_reopen.fn != NULL)
		timer_cancel(loop_timers(b->loop), &b->dp_reopen);
	if (b->env.env.dp != NULL)
		b->env.env.dp_ops->close(b->env.env.dp);
	keylog_close(b->keylog);
	sbuf_free(&b->dp_why);
	free(b->cuts);
}

const char *box_dataplane_why(const struct box *b)
{
	return sbuf_str(&b->dp_why);
}

void box_set_dataplane(struct box *b, enum dp_mode mode)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp_choice now;

	b->dp_mode = mode;
	if (b->chooser == NULL)
		return;
	dp_choice_get(b->chooser, &now);
	if (now.mode == mode)
		return;
	if (dp_choose_mode(b->chooser, mode, &why) == 0)
		return;
	dp_choice_get(b->chooser, &now);
	log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "BACKEND",
		"The configured dataplane cannot be used: %s; %s stays",
		sbuf_str(&why), now.backend);
}

void box_set_dataplane_crypto(struct box *b, enum dp_crypto crypto)
{
	auto_sbuf struct sbuf why = { 0 };

	b->dp_crypto = crypto;
	if (b->chooser == NULL ||
		dp_choose_crypto(b->chooser, crypto, &why) == 0)
		return;
	log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "CRYPTO",
		"The dataplane cannot encrypt by %s: %s",
		dp_crypto_name(crypto), sbuf_str(&why));
}

bool box_dataplane_sa(
	struct box *b, size_t i, size_t k, struct dp_sa_view *out)
{
	return b->chooser != NULL && dp_choice_sa(b->chooser, i, k, out);
}

void box_set_ways(struct box *b, const struct dp_ways *w)
{
	b->dp_ways = *w;
	if (b->chooser != NULL)
		dp_choose_ways(b->chooser, w);
}

void box_cuts_settle(struct box *b)
{
	struct dp_cut *v;
	size_t n = 0;

	if (b->chooser == NULL)
		return;
	v = xcalloc(b->n_cuts + 1, sizeof(*v));
	for (size_t i = 0; i < b->n_cuts; i++) {
		const struct cut_policy *c = &b->cuts[i];
		const struct box_iface *f = box_iface_find(b, c->ifname);
		bool all = c->ifname[0] == '\0';

		if (!all && (f == NULL || f->netdev[0] == '\0'))
			continue;
		v[n] = (struct dp_cut){ .df = c->df,
			.frag_after = c->frag_after };
		if (!all)
			strlcpy(v[n].netdev, f->netdev, sizeof(v[n].netdev));
		n++;
	}
	dp_choose_cuts(b->chooser, v, n);
	free(v);
}

void box_set_cuts(struct box *b, const struct cut_policy *v, size_t n)
{
	free(b->cuts);
	b->cuts = xcalloc(n + 1, sizeof(*v));
	b->n_cuts = n;
	if (n > 0)
		memcpy(b->cuts, v, n * sizeof(*v));
	box_cuts_settle(b);
}

bool box_dataplane(struct box *b, struct dp_choice *out)
{
	if (b->chooser != NULL)
		dp_choice_get(b->chooser, out);
	return b->chooser != NULL;
}

bool box_dataplane_group(struct box *b, size_t i, struct dp_choice_group *out)
{
	return b->chooser != NULL && dp_choice_group(b->chooser, i, out);
}
