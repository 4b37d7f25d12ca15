/* Rekeys from the key server: building, fan-out at a pace, retransmission,
 * acknowledgements (ios-cli.md 15.4; protocol.md B.2, B.3). */
#include "gdoi/debug_priv.h"
#include "gdoi/ks_priv.h"
#include <stdlib.h>
#include <string.h>

/* In front of the first copy's ack nothing is called missing (RFC 8263 6). */
#define ACK_WAIT_MIN_MS 10000ull

static void deletes_put(struct isakmp_wr *m, const struct ks_push_content *c)
{
	static const uint8_t zero[KEK_SPI_BYTES];
	uint8_t spis[4 * TEK_PACKETS_MAX];
	struct wr w = wr_init(spis, sizeof(spis));

	if (c->delete_all) {
		gdoi_delete_put(m, 1, zero, 4, 1);
		gdoi_delete_put(m, 0, zero, KEK_SPI_BYTES, 1);
		return;
	}
	for (size_t i = 0; i < c->n_deleted; i++)
		wr_u32(&w, c->deleted[i]);
	if (c->n_deleted > 0)
		gdoi_delete_put(m, 1, spis, 4, (uint16_t)c->n_deleted);
}

static void content_put(const struct ks *ks, struct isakmp_wr *m,
	const struct ks_push_content *c, enum ks_readers readers)
{
	struct gdoi_sa sa;
	struct gdoi_kd kd;

	deletes_put(m, c);
	if (c->delete_all)
		return;
	ks_sa_build(ks, c->next, false, readers, &sa);
	sa.has_gap = c->atd_secs != 0 || c->dtd_secs != 0;
	sa.atd_secs = (uint16_t)c->atd_secs;
	sa.dtd_secs = (uint16_t)c->dtd_secs;
	gdoi_sa_put(m, &sa, readers != KS_READ_OTHERS);
	gdoi_sa_free(&sa);
	ks_kd_build(ks, c->next, false, &kd);
	gdoi_kd_put(m, &kd);
	gdoi_kd_wipe(&kd);
}

static void build_failed(const struct ks *ks, const char *why)
{
	struct report r = { .id = REPORT_KS_REKEY_FAILED,
		.group = ks->policy.group,
		.text = why };

	gdoi_report(ks->g, &r);
}

/* Signs and encrypts one form of the message. */
static bool push_form(struct ks *ks, const struct ks_kek *under,
	const struct ks_push_content *c, enum ks_readers readers, size_t at)
{
	struct ks_push *p = &ks->push;
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct isakmp_wr m;
	struct span sealed;

	push_begin(&m, buf, ISAKMP_MSG_MAX, &under->k);
	gdoi_seq_put(&m, under->seq);
	content_put(ks, &m, c, readers);
	sealed = push_seal(&m, &under->k, under->signer, ks->g->env);
	mem_wipe(buf + sealed.n, ISAKMP_MSG_MAX - sealed.n);
	if (sealed.n == 0) {
		build_failed(ks, wr_ok(&m.w)
					 ? "it cannot be signed"
					 : "it does not fit into a message");
		return false;
	}
	p->bytes[at] = xmemdup(sealed.p, sealed.n);
	p->n[at] = sealed.n;
	return true;
}

/* `cisco` is a message of Cisco's own; ours says the same by RFC 8263, and asks
 * others nothing (protocol.md C).  The longer prf goes with the longer hash. */
uint8_t ks_ack_kind(const struct ks_kek *k, bool ours)
{
	if (!k->unicast || (k->ack == REKEY_ACK_CISCO && !ours))
		return 0;
	return k->k.sig_hash == HASH_SHA384 || k->k.sig_hash == HASH_SHA512
		       ? ACK_KEK_SHA512
		       : ACK_KEK_SHA256;
}

static bool is_asked(const struct ks_push *p, const struct ks_member *m)
{
	return p->acks && (p->acks_all || m->ours);
}

static void bytes_drop(struct ks_push *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->bytes); i++) {
		free(p->bytes[i]);
		p->bytes[i] = NULL;
		p->n[i] = 0;
	}
}

/* To a group goes one message, whoever listens. */
static bool forms_multicast(struct ks *ks, const struct ks_kek *under,
	const struct ks_push_content *c, const bool kind[2])
{
	enum ks_readers readers = KS_READ_BOTH;

	if (!kind[0])
		readers = KS_READ_OURS;
	else if (!kind[1])
		readers = KS_READ_OTHERS;
	ks->push.readers = readers;
	return push_form(ks, under, c, readers, 0);
}

/* Both forms only when both kinds of member exist. */
static bool forms_unicast(struct ks *ks, const struct ks_kek *under,
	const struct ks_push_content *c, const bool kind[2])
{
	return (!kind[0] || push_form(ks, under, c, KS_READ_OTHERS, 0)) &&
	       (!kind[1] || push_form(ks, under, c, KS_READ_OURS, 1));
}

static void build_tell(const struct ks *ks, bool ok)
{
	const struct ks_push *p = &ks->push;

	if (!ok)
		KS_DEBUG(ks, KS_PUSH_BAD, .a = p->seq);
	else
		KS_DEBUG(ks, KS_PUSH, .a = p->seq, .b = (uint32_t)ks->n_members,
			.c = (uint32_t)(p->n[0] > 0 ? p->n[0] : p->n[1]));
}

bool ks_push_build(
	struct ks *ks, struct ks_kek *under, const struct ks_push_content *c)
{
	struct ks_push *p = &ks->push;
	bool kind[2] = { false, false }, ok;
	struct ks_member *m;

	bytes_drop(p);
	TAILQ_FOREACH(m, &ks->members, link)
		kind[m->ours] = true;
	under->seq++;
	ks_time_sent(ks);
	memcpy(p->kek_spi, under->k.spi, sizeof(p->kek_spi));
	p->seq = under->seq;
	p->unicast = p->acks = under->unicast;
	p->acks_all = under->ack != REKEY_ACK_CISCO;
	p->dst = under->dst;
	ok = p->unicast ? forms_unicast(ks, under, c, kind)
			: forms_multicast(ks, under, c, kind);
	if (!ok)
		bytes_drop(p);
	build_tell(ks, ok);
	return ok;
}

/* From where the member registered, as long as that address is ours. */
static struct ip_addr source_for(const struct ks *ks, const struct ks_member *m)
{
	const struct env *env = ks->g->env;

	if (env->is_local == NULL || env->is_local(env->ctx, &m->ks))
		return m->ks;
	return ks->policy.local;
}

static void group_send(struct ks *ks)
{
	const struct ks_push *p = &ks->push;
	const struct env *env = ks->g->env;
	struct udp_path path = { .local = { ks->policy.local, GDOI_PORT },
		.remote = p->dst };

	if (p->bytes[0] == NULL)
		return;
	KS_DEBUG(ks, KS_PUSH_TO, .peer = p->dst.ip, .a = p->seq, .b = p->pass);
	env->send(env->ctx, &path, SPAN(p->bytes[0], p->n[0]));
	if (p->pass == 0)
		return;
	ks->retransmits++;
	ks->last_rekey_retransmits++;
}

static void member_send(struct ks *ks, struct ks_member *m)
{
	const struct ks_push *p = &ks->push;
	const struct env *env = ks->g->env;
	struct udp_path path = { .local = { source_for(ks, m), GDOI_PORT },
		.remote = { m->id, m->port } };

	if (p->bytes[m->ours] == NULL)
		return; /* the first of its kind, later than the rekey */
	KS_DEBUG(ks, KS_PUSH_TO, .peer = m->id, .a = p->seq, .b = p->pass);
	env->send(env->ctx, &path, SPAN(p->bytes[m->ours], p->n[m->ours]));
	if (p->pass == 0)
		return;
	m->rekey_retries++;
	m->dirty = true;
	ks->retransmits++;
	ks->last_rekey_retransmits++;
}

static void member_await(struct ks *ks, struct ks_member *m)
{
	m->rekeys_sent++;
	ks_member_sent(m, ks->push.seq);
	m->dirty |= !is_asked(&ks->push, m);
	if (!m->awaited && is_asked(&ks->push, m)) {
		m->awaited = true;
		ks->push.awaited++;
	}
}

/* The same acknowledgement may be due once more. */
static void acks_unsee(struct ks *ks)
{
	memset(ks->ack_seen, 0, sizeof(ks->ack_seen));
}

/* What the tick before sent is answered or lost. */
static void window_leak(struct ks_push *p, uint64_t now)
{
	if (now < p->leak_ms)
		return;
	p->in_flight -= min_u32(p->in_flight, KS_PUSH_BATCH);
	p->leak_ms = now + KS_PUSH_TICK_MS;
}

/* The pace follows what comes back: a slow path is not flooded, a fast one not
 * kept waiting. */
static void window_answer(struct ks *ks)
{
	struct ks_push *p = &ks->push;

	p->in_flight -= min_u32(p->in_flight, 1);
	p->window = min_u32(p->window + 1, KS_PUSH_WINDOW_MAX);
	if (p->paced && p->window >= p->in_flight + KS_PUSH_BURST)
		timer_set(ks->g->env->timers, &ks->push_timer, gdoi_now(ks->g));
}

/* A pass over the members, or the one datagram to the group. */
static void pass_begin(struct ks *ks)
{
	struct ks_push *p = &ks->push;

	p->window = KS_PUSH_BATCH;
	p->in_flight = 0;
	p->leak_ms = gdoi_now(ks->g) + KS_PUSH_TICK_MS;

	if (p->unicast)
		p->cursor = TAILQ_FIRST(&ks->members);
	else
		p->to_group = true;
}

void ks_push_start(struct ks *ks, const char *text)
{
	struct ks_push *p = &ks->push;
	struct ks_member *m;
	struct report r = { .id = p->unicast ? REPORT_KS_SEND_UNICAST_REKEY
					     : REPORT_KS_SEND_MCAST_REKEY,
		.group = ks->policy.group,
		.ks = ks->policy.local,
		.peer = p->dst.ip,
		.seq = p->seq,
		.text = text };

	p->active = p->everyone = true;
	p->pass = 0;
	p->awaited = 0;
	acks_unsee(ks);
	pass_begin(ks);
	p->started_ms = p->pass_ms = gdoi_now(ks->g);
	ks->rekeys_sent++;
	ks->last_rekey_retransmits = 0;
	ks->last_rekey_msec = 0;
	TAILQ_FOREACH(m, &ks->members, link) {
		m->awaited = false;
		if (p->unicast)
			member_await(ks, m);
	}
	gdoi_report(ks->g, &r);
	ks_push_tick(ks);
}

void ks_push_resume(struct ks *ks)
{
	struct ks_push *p = &ks->push;
	struct ks_member *m;

	p->active = p->everyone = true;
	p->pass = 0;
	p->awaited = 0;
	pass_begin(ks);
	p->started_ms = p->pass_ms = gdoi_now(ks->g);
	TAILQ_FOREACH(m, &ks->members, link)
		if (p->unicast)
			member_await(ks, m);
	timer_set(ks->g->env->timers, &ks->push_timer, p->pass_ms);
}

/* Can that member read what was sent? */
static bool has_form(const struct ks_push *p, const struct ks_member *m)
{
	if (p->unicast)
		return p->bytes[m->ours] != NULL;
	return p->bytes[0] != NULL &&
	       (p->readers == KS_READ_BOTH ||
		       (p->readers == KS_READ_OURS) == m->ours);
}

bool ks_push_late(
	struct ks *ks, struct ks_member *m, const uint8_t spi[KEK_SPI_BYTES])
{
	struct ks_push *p = &ks->push;
	uint64_t now = gdoi_now(ks->g);

	if (!has_form(p, m) || memcmp(p->kek_spi, spi, KEK_SPI_BYTES) != 0)
		return false;
	acks_unsee(ks);
	if (p->unicast)
		member_await(ks, m);
	m->dirty = true;
	if (!p->active) {
		p->active = true;
		p->pass = 0;
		p->started_ms = p->pass_ms = now;
	}
	if (p->cursor == NULL && !p->to_group) {
		p->cursor = p->unicast ? m : NULL;
		p->to_group = !p->unicast;
		timer_set(
			ks->g->env->timers, &ks->push_timer, now + KS_LATE_MS);
	}
	return true;
}

static void member_forget(struct ks *ks, struct ks_member *m)
{
	ks_store_member_gone(ks, &m->id);
	ks_member_delete(ks, m);
}

/* Who is silent for the third time in a row goes (15.4). */
static void member_missed(struct ks *ks, struct ks_member *m)
{
	struct report r = {
		.id = REPORT_GM_DELETE, .group = ks->policy.group, .gm = m->id
	};

	m->acks_missed++;
	m->missed_in_row++;
	if (m->missed_in_row < KS_ACKS_MISSED_MAX)
		return;
	KS_DEBUG(ks, KS_MEMBER_GONE, .peer = m->id, .a = m->missed_in_row);
	member_forget(ks, m);
	gdoi_report(ks->g, &r);
}

/* complete: everyone had all copies, so that silence counts. */
static void push_end(struct ks *ks, bool complete)
{
	struct ks_push *p = &ks->push;
	struct ks_member *m, *next;

	if (!p->active)
		return;
	timer_cancel(ks->g->env->timers, &ks->push_timer);
	p->active = p->to_group = p->paced = false;
	p->cursor = NULL;
	KS_DEBUG(ks, KS_PUSH_END, .a = p->seq,
		.b = p->acks ? (uint32_t)p->awaited : 0);
	TAILQ_FOREACH_SAFE(m, &ks->members, link, next) {
		bool silent = m->awaited;

		m->dirty |= silent;
		m->awaited = false;
		if (m->leaving)
			member_forget(ks, m);
		else if (silent && complete)
			member_missed(ks, m);
	}
	p->awaited = 0;
	ks_store_round(ks);
	p->everyone = false;
	ks_store_push_gone(ks);
	ks_schedule(ks);
}

void ks_push_forget(struct ks *ks)
{
	bytes_drop(&ks->push);
}

void ks_push_stop(struct ks *ks)
{
	uint32_t copies = ks->policy.retransmit_count;

	if (copies == LIFE_FOREVER)
		copies = KS_PERIODIC_COPIES;

	push_end(ks, ks->push.pass >= copies && ks->push.cursor == NULL);
	bytes_drop(&ks->push);
}

static void duration_set(struct ks *ks)
{
	ks->last_rekey_msec = (uint32_t)(gdoi_now(ks->g) - ks->push.started_ms);
}

/* As much of the pass as may be on its way; false: the pass is over. */
static bool pass_batch(struct ks *ks)
{
	struct ks_push *p = &ks->push;

	window_leak(p, gdoi_now(ks->g));

	if (p->to_group) {
		p->to_group = false;
		group_send(ks);
	}
	while (p->in_flight < p->window && p->cursor != NULL) {
		struct ks_member *m = p->cursor;

		p->cursor = TAILQ_NEXT(m, link);
		if (is_asked(p, m) && !m->awaited)
			continue;
		member_send(ks, m);
		p->in_flight++;
	}
	return p->cursor != NULL;
}

static uint64_t pass_wait_ms(const struct ks *ks)
{
	uint64_t wait = ks->policy.retransmit_secs * 1000ull;

	return wait > ACK_WAIT_MIN_MS ? wait : ACK_WAIT_MIN_MS;
}

void ks_push_tick(void *arg)
{
	struct ks *ks = arg;
	struct ks_push *p = &ks->push;
	uint64_t now = gdoi_now(ks->g), next;

	if (p->cursor == NULL && !p->to_group &&
		now >= p->pass_ms + pass_wait_ms(ks)) {
		bool more = ks->policy.retransmit_count == LIFE_FOREVER ||
			    p->pass < ks->policy.retransmit_count;

		if (!more) {
			push_end(ks, true);
			return;
		}
		p->pass++;
		KS_DEBUG(ks, KS_PUSH_AGAIN, .a = p->pass,
			.b = ks->policy.retransmit_count, .c = p->seq,
			.d = (uint32_t)p->awaited);
		p->pass_ms = now;
		pass_begin(ks);
	}
	bool was_paced = p->paced;

	p->paced = pass_batch(ks);
	if (p->paced) {
		next = p->leak_ms;
	} else {
		duration_set(ks);
		if (was_paced)
			p->pass_ms = now; /* the last ones too have time */
		next = max_u64(now + 1, p->pass_ms + pass_wait_ms(ks));
	}
	timer_set(ks->g->env->timers, &ks->push_timer, next);
}

bool ks_has_kek(const struct ks *ks, const uint8_t spi[KEK_SPI_BYTES])
{
	return (ks->kek.live &&
		       memcmp(ks->kek.k.spi, spi, KEK_SPI_BYTES) == 0) ||
	       (ks->kek_old.live &&
		       memcmp(ks->kek_old.k.spi, spi, KEK_SPI_BYTES) == 0);
}

/* The KEK that an ACK names by its cookies. */
static struct ks_kek *kek_of(struct ks *ks, struct span dgram)
{
	if (ks->kek.live && dgram.n >= KEK_SPI_BYTES &&
		memcmp(ks->kek.k.spi, dgram.p, KEK_SPI_BYTES) == 0)
		return &ks->kek;
	return &ks->kek_old;
}

/* Who is not asked gets all copies. */
static bool others_wait(const struct ks *ks)
{
	const struct ks_member *m;

	if (ks->push.acks_all || ks->push.bytes[0] == NULL)
		return false;
	TAILQ_FOREACH(m, &ks->members, link)
		if (!is_asked(&ks->push, m))
			return true;
	return false;
}

/* Repeats cost a hash and no cryptography (RFC 8263 5). */
static bool ack_is_known(const struct ks *ks, uint32_t sum)
{
	for (size_t i = 0; i < KS_ACKS_SEEN; i++)
		if (ks->ack_seen[i] == sum)
			return true;
	return false;
}

static void ack_count(struct ks *ks, struct ks_member *m, uint32_t seq,
	const struct ks_kek *kek)
{
	struct ks_push *p = &ks->push;
	bool awaited = p->active && m->awaited && seq == p->seq &&
		       memcmp(kek->k.spi, p->kek_spi, KEK_SPI_BYTES) == 0;

	KS_DEBUG(ks, KS_ACK, .peer = m->id, .a = seq);
	if (ks_member_acked(m, seq))
		m->acks++;
	else
		KS_DEBUG(ks, KS_ACK_OLD, .peer = m->id, .a = seq);
	m->dirty |= !awaited || m->missed_in_row != 0;
	m->missed_in_row = 0;
	if (!awaited)
		return;
	m->awaited = false;
	p->awaited--;
	window_answer(ks);
	if (p->awaited > 0 || p->cursor != NULL || others_wait(ks))
		return;
	duration_set(ks);
	push_end(ks, true);
}

enum wire_err ks_ack_input(
	struct ks *ks, const struct udp_path *path, struct span dgram)
{
	struct ks_kek *kek = kek_of(ks, dgram);
	struct ip_addr id;
	uint32_t sum = hash_bytes(dgram.p, dgram.n);
	struct ks_member *m;
	uint32_t seq;
	enum wire_err e;

	if (!kek->unicast)
		return WIRE_POLICY; /* none was asked for */
	if (ack_is_known(ks, sum))
		return WIRE_REPLAY;
	if (kek->ack_keys == NULL)
		kek->ack_keys = ack_keys_new(&kek->k, ks_ack_kind(kek, true));
	e = ack_read(dgram, kek->ack_keys, &seq, &id);
	if (e != WIRE_OK)
		return e;
	m = ks_member_find(ks, &id);
	if (m == NULL || !ip_equal(&id, &path->remote.ip))
		return WIRE_SOURCE;
	ks->ack_seen[ks->ack_at++ % KS_ACKS_SEEN] = sum;
	ack_count(ks, m, seq, kek);
	return WIRE_OK;
}
