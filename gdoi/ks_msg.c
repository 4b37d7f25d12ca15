/* A group's keys as SA and KD payloads (protocol.md B.4..B.8). */
#include "gdoi/ks_priv.h"
#include <stdlib.h>
#include <string.h>

#define PRESERVE_BOTH       4
#define DIRECTION_SYMMETRIC 3
#define ANY_WILD            0xffffffffu

/* One message to all asks all or nobody. */
static void sak_build(const struct ks *ks, const struct ks_kek *kek,
	enum ks_readers readers, uint64_t now, struct sak *out)
{
	*out = (struct sak){ .src = ks->policy.local,
		.dst = kek->unicast ? ip_v4(0) : kek->dst.ip,
		.src_port = GDOI_PORT,
		.dst_port = kek->unicast ? GDOI_PORT : kek->dst.port,
		.cipher = kek->k.cipher,
		.life_secs = secs_until(now, kek->expires_ms),
		.sig_hash = kek->k.sig_hash,
		.sig_alg = sig_alg_of(kek->signer),
		.sig_key_bits = (uint16_t)pkey_bits(kek->signer),
		.ack = ks_ack_kind(kek, readers == KS_READ_OURS) };
	memcpy(out->spi, kek->k.spi, sizeof(out->spi));
}

/* A SAT has room for one port or any. */
static uint16_t sat_port(const struct ace_port *p)
{
	return p->op == PORT_EQ && p->n == 1 ? p->p[0] : 0;
}

static void sat_add(struct gdoi_sa *sa, const struct ks_tek *t,
	const struct ace *e, uint64_t now)
{
	struct sat *s;

	if (sa->n_sats == SATS_MAX)
		return; /* such a message has no room either: offer_send says so
			 */
	if ((sa->n_sats & (sa->n_sats - 1)) == 0) /* 0 and powers of two */
		sa->sat = xreallocarray(sa->sat,
			sa->n_sats == 0 ? 1 : 2 * sa->n_sats, sizeof(*s));
	s = &sa->sat[sa->n_sats++];
	*s = (struct sat){ .spi = t->spi,
		.suite = t->policy.suite,
		.transport_mode = t->policy.transport_mode,
		.src = { .wild = ANY_WILD },
		.dst = { .wild = ANY_WILD },
		.ip6 = t->policy.acl != NULL && t->policy.acl->ip6,
		.src6.addr.family = 6,
		.dst6.addr.family = 6,
		.life_secs = secs_until(now, t->expires_ms),
		.preservation = PRESERVE_BOTH,
		.direction = DIRECTION_SYMMETRIC };
	if (e == NULL)
		return;
	s->ip_proto = e->proto == ACE_ANY ? 0 : (uint8_t)e->proto;
	s->src = e->src;
	s->dst = e->dst;
	s->src6 = e->src6;
	s->dst6 = e->dst6;
	s->src_port = sat_port(&e->sport);
	s->dst_port = sat_port(&e->dport);
}

/* Towards our own, one SAT tells suite and life; the ACL goes whole. */
static void tek_sats(struct gdoi_sa *sa, const struct ks_tek *t,
	enum ks_readers readers, uint64_t now)
{
	bool to_ours = readers != KS_READ_OTHERS;
	size_t first = sa->n_sats;

	for (size_t i = 0; t->policy.acl != NULL && i < t->policy.acl->n; i++) {
		const struct ace *e = &t->policy.acl->v[i];

		if (!e->permit)
			continue;
		sat_add(sa, t, e, now);
		if (readers == KS_READ_OURS)
			break;
	}
	if (to_ours && sa->n_sats == first)
		sat_add(sa, t, NULL, now);
	if (to_ours && !t->superseded && t->policy.acl != NULL) {
		struct acl_by_spi *a;

		sa->acls = xreallocarray(
			sa->acls, sa->n_acls + 1, sizeof(*sa->acls));
		a = &sa->acls[sa->n_acls++];
		a->spi = t->spi;
		acl_dup(&a->acl, t->policy.acl);
	}
}

/* Calls fn for the TEKs in the order of messages: by SA number as configured,
 * in an SA the oldest first. */
static size_t tek_list(
	const struct ks *ks, bool all, const struct ks_tek **out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ks->policy.n_sas; i++) {
		const struct ks_tek *t;

		TAILQ_FOREACH_REVERSE(t, &ks->teks, ks_teks, link)
		{
			if (t->policy.number != ks->policy.sa[i].number ||
				(t->superseded && !all) || n == max)
				continue;
			out[n++] = t;
		}
	}
	return n;
}

void ks_sa_build(const struct ks *ks, const struct ks_kek *kek, bool all,
	enum ks_readers readers, struct gdoi_sa *out)
{
	const struct ks_tek *t[TEK_PACKETS_MAX];
	size_t n = tek_list(ks, all, t, ARRAY_LEN(t));
	uint64_t now = gdoi_now(ks->g);

	*out = (struct gdoi_sa){ .has_sak = kek != NULL && kek->live,
		.habit = ks->g->sa_habit };
	if (out->has_sak)
		sak_build(ks, kek, readers, now, &out->sak);
	for (size_t i = 0; i < n; i++)
		tek_sats(out, t[i], readers, now);
	if (readers == KS_READ_OTHERS || n == 0)
		return;
	out->receive_only = ks->applied.receive_only;
	out->replay = (uint8_t)t[n - 1]->policy.replay;
	out->replay_window = t[n - 1]->policy.replay_window;
	out->has_time = ks_keeps_time(ks);
	out->time_ms = ks_time(ks);
	out->replays = xcalloc(n, sizeof(*out->replays));
	out->n_replays = n;
	for (size_t i = 0; i < n; i++)
		out->replays[i] = ks_tek_replay(t[i]);
}

void ks_kd_build(const struct ks *ks, const struct ks_kek *kek, bool all,
	struct gdoi_kd *out)
{
	const struct ks_tek *t[TEK_PACKETS_MAX];
	size_t n = tek_list(ks, all, t, ARRAY_LEN(t));

	*out = (struct gdoi_kd){ .has_kek = kek != NULL && kek->live };
	if (out->has_kek) {
		memcpy(out->kek_spi, kek->k.spi, sizeof(out->kek_spi));
		out->kek_iv = kek->k.iv;
		out->kek_key = kek->k.key;
		memcpy(out->sig_key, kek->spki, kek->spki_n);
		out->sig_key_n = kek->spki_n;
	}
	for (size_t i = 0; i < n; i++)
		out->tek[out->n_teks++] = (struct tek_key){
			.spi = t[i]->spi, .enc = t[i]->enc, .auth = t[i]->auth
		};
}
