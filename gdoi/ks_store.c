/* What a key server must not forget (store.h): keys, sequence number, sender
 * ids, members.  Keys are kept in the form in which they travel, an SA and a
 * KD payload, with the times that those lack in front. */
#include "gdoi/ks_priv.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_KEYS     "ks_keys"
#define TABLE_MEMBERS  "ks_members"
#define TABLE_ROUNDS   "ks_rounds"
#define KEYS_VERSION   2 /* 1: without the group's time and IP-D3P */
#define MEMBER_VERSION 2 /* 1: without the round */
#define ROUND_VERSION  1
#define ROW_MAX        (2 * ISAKMP_MSG_MAX)

static bool store_is_on(const struct ks *ks)
{
	return ks->g->store != NULL;
}

/* Monotonic times mean nothing after a restart: rows hold wall-clock ones. */
static uint64_t to_wall(const struct ks *ks, uint64_t ms)
{
	return ms - gdoi_now(ks->g) + gdoi_wall(ks->g);
}

static uint64_t from_wall(const struct ks *ks, uint64_t ms)
{
	return ms - gdoi_wall(ks->g) + gdoi_now(ks->g);
}

static void str_put(struct wr *w, const char *s)
{
	size_t n = strlen(s);

	wr_u8(w, (uint8_t)n);
	wr_bytes(w, s, n);
}

static void str_read(struct rd *r, char *out, size_t cap)
{
	size_t n = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	out[0] = '\0';
	if (p == NULL || n >= cap)
		return;
	memcpy(out, p, n);
	out[n] = '\0';
}

static void sids_put(struct wr *w, const struct sid_pool *s)
{
	wr_u8(w, s->bits);
	wr_u8(w, (uint8_t)s->n_kssids);
	wr_bytes(w, s->kssid, s->n_kssids);
	wr_u64(w, s->given > s->reserved ? s->given : s->reserved);
}

static void kek_put(struct wr *w, const struct ks *ks)
{
	const struct ks_kek *k = &ks->kek;

	wr_u8(w, k->live);
	if (!k->live)
		return;
	str_put(w, k->label);
	wr_u32(w, k->life_secs);
	wr_u32(w, k->seq);
	wr_u64(w, to_wall(ks, k->created_ms));
	wr_u64(w, to_wall(ks, k->expires_ms));
	wr_u8(w, (uint8_t)(k->unicast | k->ack << 1 |
			   (k->k.sig_form == RSA_FORM_BARE) << 3));
}

static void tek_put(struct wr *w, const struct ks *ks, const struct ks_tek *t)
{
	wr_u32(w, t->spi);
	wr_u16(w, t->policy.number);
	str_put(w, t->policy.profile);
	str_put(w, t->policy.acl_name);
	wr_u32(w, t->policy.life_secs);
	wr_u8(w, (uint8_t)t->policy.replay);
	wr_u32(w, t->policy.replay_window);
	wr_u32(w, t->policy.d3p_ms);
	wr_u32(w, t->override_secs);
	wr_u64(w, to_wall(ks, t->created_ms));
	wr_u64(w, to_wall(ks, t->expires_ms));
	wr_u8(w, t->superseded);
}

/* All TEKs with their ACLs: for itself a key server is "one of ours", and a
 * superseded TEK, whose ACL would not travel, needs none. */
static void payloads_put(struct wr *w, const struct ks *ks)
{
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct isakmp_wr m;
	struct gdoi_sa sa;
	struct gdoi_kd kd;
	struct span chain;
	uint8_t first;

	ks_sa_build(ks, &ks->kek, true, KS_READ_OURS, &sa);
	ks_kd_build(ks, &ks->kek, true, &kd);
	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	gdoi_sa_put(&m, &sa, true);
	gdoi_kd_put(&m, &kd);
	first = isakmp_chain_first(&m);
	chain = isakmp_wr_end(&m);
	wr_u8(w, first);
	wr_u32(w, (uint32_t)chain.n);
	wr_span(w, chain);
	gdoi_sa_free(&sa);
	gdoi_kd_wipe(&kd);
	mem_wipe(buf, ISAKMP_MSG_MAX);
}

int ks_store_keys(const struct ks *ks)
{
	uint8_t *buf;
	struct wr w;
	const struct ks_tek *t;
	uint16_t n = 0;
	int err = -EMSGSIZE;

	if (!store_is_on(ks))
		return 0;
	buf = xcalloc(1, ROW_MAX);
	w = wr_init(buf, ROW_MAX);
	wr_u8(&w, KEYS_VERSION);
	sids_put(&w, &ks->sids);
	wr_u8(&w, ks->applied.receive_only);
	kek_put(&w, ks);
	TAILQ_FOREACH(t, &ks->teks, link)
		n++;
	wr_u16(&w, n);
	TAILQ_FOREACH(t, &ks->teks, link)
		tek_put(&w, ks, t);
	payloads_put(&w, ks);
	ks_time_put(ks, &w);
	if (wr_ok(&w))
		err = ks->g->store->put(ks->g->store->ctx, TABLE_KEYS,
			ks->policy.group, wr_done(&w));
	mem_wipe(buf, w.len);
	free(buf);
	return err;
}

static void member_key(
	const struct ks *ks, const struct ip_addr *id, struct sbuf *out)
{
	char ip[IP_TEXT];

	sbuf_printf(out, "%s/%s", ks->policy.group, ip_text(id, ip));
}

static void ip_put(struct wr *w, const struct ip_addr *a)
{
	wr_u8(w, a->family);
	wr_bytes(w, a->b, sizeof(a->b));
}

static void ip_read(struct rd *r, struct ip_addr *a)
{
	a->family = rd_u8(r);
	rd_copy(r, a->b, sizeof(a->b));
}

static int member_write(const struct ks *ks, const struct ks_member *m)
{
	auto_sbuf struct sbuf key = { 0 };
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));

	member_key(ks, &m->id, &key);
	wr_u8(&w, MEMBER_VERSION);
	ip_put(&w, &m->id);
	ip_put(&w, &m->ks);
	wr_u16(&w, m->port);
	wr_u32(&w, m->version);
	wr_u8(&w, m->ours);
	wr_u32(&w, m->missed_in_row);
	wr_u32(&w, m->rekeys_sent);
	wr_u32(&w, m->rekey_retries);
	wr_u32(&w, m->acks);
	wr_u32(&w, m->acks_missed);
	wr_u32(&w, m->sid_count);
	wr_u8(&w, m->n_seqs);
	for (size_t i = 0; i < KS_SEQS_SHOWN; i++) {
		wr_u32(&w, m->sent_seq[i]);
		wr_u32(&w, m->rcvd_seq[i]);
	}
	wr_u64(&w, ks->rounds);
	return ks->g->store->put(
		ks->g->store->ctx, TABLE_MEMBERS, sbuf_str(&key), wr_done(&w));
}

int ks_store_member(const struct ks *ks, struct ks_member *m)
{
	int err;

	if (!store_is_on(ks))
		return 0;
	err = member_write(ks, m);
	/* The round under way may have begun without it. */
	m->dirty = err != 0 || ks->push.active;
	return err;
}

/* Of a member that acknowledged the first copy the round tells all: a rekey
 * costs rows only where it went otherwise. */
static int round_write(struct ks *ks)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	if (!ks->push.everyone || !ks->push.unicast)
		return 0;
	ks->rounds++;
	memmove(ks->round_seq, ks->round_seq + 1,
		sizeof(ks->round_seq) - sizeof(ks->round_seq[0]));
	ks->round_seq[KS_SEQS_SHOWN - 1] = ks->push.seq;
	wr_u8(&w, ROUND_VERSION);
	wr_u64(&w, ks->rounds);
	for (size_t i = 0; i < KS_SEQS_SHOWN; i++)
		wr_u32(&w, ks->round_seq[i]);
	return ks->g->store->put(
		ks->g->store->ctx, TABLE_ROUNDS, ks->policy.group, wr_done(&w));
}

int ks_store_round(struct ks *ks)
{
	struct store *s = ks->g->store;
	struct ks_member *m;
	int err;

	if (!store_is_on(ks))
		return 0;
	err = s->begin(s->ctx);
	if (err == 0)
		err = round_write(ks);
	TAILQ_FOREACH(m, &ks->members, link) {
		if (err == 0 && m->dirty)
			err = member_write(ks, m);
		m->dirty = err != 0;
	}
	return err != 0 ? err : s->commit(s->ctx);
}

int ks_store_member_gone(const struct ks *ks, const struct ip_addr *id)
{
	auto_sbuf struct sbuf key = { 0 };

	if (!store_is_on(ks))
		return 0;
	member_key(ks, id, &key);
	return ks->g->store->del(
		ks->g->store->ctx, TABLE_MEMBERS, sbuf_str(&key));
}

/* Keys of one group's rows, collected because a handler must not write. */
struct row_keys {
	const struct ks *ks;
	char **v;
	size_t n;
};

static bool key_is_of(const struct ks *ks, const char *key)
{
	size_t n = strlen(ks->policy.group);

	return strncmp(key, ks->policy.group, n) == 0 && key[n] == '/' &&
	       strchr(key + n + 1, '/') == NULL;
}

static void key_collect(void *arg, const char *key, struct span v)
{
	struct row_keys *rows = arg;

	(void)v;
	if (!key_is_of(rows->ks, key))
		return;
	rows->v = xreallocarray(rows->v, rows->n + 1, sizeof(*rows->v));
	rows->v[rows->n++] = xstrdup(key);
}

void ks_store_forget(const struct ks *ks)
{
	struct store *s = ks->g->store;
	struct row_keys rows = { .ks = ks };

	if (!store_is_on(ks))
		return;
	s->each(s->ctx, TABLE_MEMBERS, key_collect, &rows);
	s->del(s->ctx, TABLE_KEYS, ks->policy.group);
	s->del(s->ctx, TABLE_ROUNDS, ks->policy.group);
	ks_store_push_gone(ks);
	for (size_t i = 0; i < rows.n; i++) {
		s->del(s->ctx, TABLE_MEMBERS, rows.v[i]);
		free(rows.v[i]);
	}
	free(rows.v);
}

static void round_load(void *arg, const char *key, struct span v)
{
	struct ks *ks = arg;
	struct rd r = rd_span(v);

	if (strcmp(key, ks->policy.group) != 0 || rd_u8(&r) != ROUND_VERSION)
		return;
	ks->rounds = rd_u64(&r);
	for (size_t i = 0; i < KS_SEQS_SHOWN; i++)
		ks->round_seq[i] = rd_u32(&r);
}

/* The rounds since its row was written: each sent, each acknowledged. */
static void rounds_add(
	const struct ks *ks, struct ks_member *m, uint64_t written)
{
	uint64_t n = written < ks->rounds ? ks->rounds - written : 0;
	size_t first = n < KS_SEQS_SHOWN ? KS_SEQS_SHOWN - (size_t)n : 0;

	m->rekeys_sent += (uint32_t)n;
	m->acks += (uint32_t)n;
	for (size_t i = first; n > 0 && i < KS_SEQS_SHOWN; i++) {
		ks_member_sent(m, ks->round_seq[i]);
		ks_member_acked(m, ks->round_seq[i]);
	}
}

static void member_load(void *arg, const char *key, struct span v)
{
	struct ks *ks = arg;
	struct rd r = rd_span(v);
	struct udp_path path = { .remote.port = 0 };
	struct ks_member *m;
	uint8_t version = rd_u8(&r);

	if (!key_is_of(ks, key) || version == 0 || version > MEMBER_VERSION)
		return;
	ip_read(&r, &path.remote.ip);
	ip_read(&r, &path.local.ip);
	path.remote.port = rd_u16(&r);
	if (!rd_ok(&r))
		return;
	m = ks_member_add(ks, &path);
	m->version = rd_u32(&r);
	m->ours = rd_u8(&r) != 0;
	m->missed_in_row = rd_u32(&r);
	m->rekeys_sent = rd_u32(&r);
	m->rekey_retries = rd_u32(&r);
	m->acks = rd_u32(&r);
	m->acks_missed = rd_u32(&r);
	m->sid_count = rd_u32(&r);
	m->n_seqs = rd_u8(&r);
	for (size_t i = 0; i < KS_SEQS_SHOWN; i++) {
		m->sent_seq[i] = rd_u32(&r);
		m->rcvd_seq[i] = rd_u32(&r);
	}
	uint64_t written = version == 1 ? ks->rounds : rd_u64(&r);

	if (!rd_ok(&r) || m->n_seqs > KS_SEQS_SHOWN)
		ks_member_delete(ks, m);
	else
		rounds_add(ks, m, written);
}

static void sids_load(struct rd *r, struct sid_pool *out)
{
	*out = (struct sid_pool){ .bits = rd_u8(r) };
	out->n_kssids = rd_u8(r);
	if (out->n_kssids > KSSIDS_MAX) {
		r->bad = true;
		return;
	}
	rd_copy(r, out->kssid, out->n_kssids);
	out->given = out->reserved = rd_u64(r);
}

static void kek_load(struct rd *r, const struct ks *ks, struct ks_kek *k)
{
	*k = (struct ks_kek){ .live = rd_u8(r) != 0 };
	if (!k->live)
		return;
	str_read(r, k->label, sizeof(k->label));
	k->life_secs = rd_u32(r);
	k->seq = rd_u32(r);
	k->created_ms = from_wall(ks, rd_u64(r));
	k->expires_ms = from_wall(ks, rd_u64(r));
	uint8_t flags = rd_u8(r);

	k->unicast = flags & 1;
	k->ack = (enum rekey_ack)(flags >> 1 & 3);
	k->k.sig_form = flags >> 3 & 1 ? RSA_FORM_BARE : RSA_FORM_DIGESTINFO;
}

static struct ks_tek *tek_load(
	struct rd *r, const struct ks *ks, uint8_t version)
{
	struct ks_tek *t = xcalloc(1, sizeof(*t));

	t->spi = rd_u32(r);
	t->policy.number = rd_u16(r);
	str_read(r, t->policy.profile, sizeof(t->policy.profile));
	str_read(r, t->policy.acl_name, sizeof(t->policy.acl_name));
	t->policy.life_secs = rd_u32(r);
	t->policy.replay = (enum replay_method)rd_u8(r);
	t->policy.replay_window = rd_u32(r);
	t->policy.d3p_ms = version > 1 ? rd_u32(r) : 0;
	t->override_secs = rd_u32(r);
	t->created_ms = from_wall(ks, rd_u64(r));
	t->expires_ms = from_wall(ks, rd_u64(r));
	t->superseded = rd_u8(r) != 0;
	t->policy.complete = true;
	return t;
}

/* What the payloads add to a TEK. false: they do not know it. */
static bool tek_fill(
	struct ks_tek *t, const struct gdoi_sa *sa, const struct gdoi_kd *kd)
{
	bool have_sat = false, have_key = false;

	for (size_t i = 0; i < sa->n_sats && !have_sat; i++) {
		if (sa->sat[i].spi != t->spi)
			continue;
		t->policy.suite = sa->sat[i].suite;
		t->policy.transport_mode = sa->sat[i].transport_mode;
		have_sat = true;
	}
	for (size_t i = 0; i < kd->n_teks && !have_key; i++) {
		if (kd->tek[i].spi != t->spi)
			continue;
		t->enc = kd->tek[i].enc;
		t->auth = kd->tek[i].auth;
		have_key = true;
	}
	for (size_t i = 0; i < sa->n_acls && t->policy.acl == NULL; i++)
		if (sa->acls[i].spi == t->spi)
			t->policy.acl = policy_acl_dup(&sa->acls[i].acl);
	return have_sat && have_key;
}

/* The signing key must be the one that members know. */
static bool kek_fill(const struct ks *ks, struct ks_kek *k,
	const struct gdoi_sa *sa, const struct gdoi_kd *kd)
{
	const struct env *env = ks->g->env;
	struct pkey *signer =
		env->key_get != NULL ? env->key_get(env->ctx, k->label) : NULL;

	if (!k->live || !sa->has_sak || !kd->has_kek || signer == NULL)
		return false;
	if (pkey_spki(signer, &k->spki, &k->spki_n) != 0)
		return false;
	if (k->spki_n != kd->sig_key_n ||
		memcmp(k->spki, kd->sig_key, k->spki_n) != 0)
		return false;
	memcpy(k->k.spi, kd->kek_spi, sizeof(k->k.spi));
	k->k.cipher = sa->sak.cipher;
	k->k.sig_hash = sa->sak.sig_hash;
	if (!k->unicast)
		k->dst = (struct udp_addr){ sa->sak.dst, sa->sak.dst_port };
	k->k.iv = kd->kek_iv;
	k->k.key = kd->kek_key;
	k->signer = pkey_ref(signer);
	return true;
}

static bool payloads_read(struct rd *r, struct gdoi_sa *sa, struct gdoi_kd *kd)
{
	uint8_t first = rd_u8(r);
	size_t n = rd_u32(r);
	const uint8_t *p = rd_bytes(r, n);
	struct payloads all;
	const struct payload *pld;

	*sa = (struct gdoi_sa){ .has_sak = false };
	*kd = (struct gdoi_kd){ .has_kek = false };
	if (p == NULL || isakmp_split(SPAN(p, n), first, &all) != WIRE_OK)
		return false;
	pld = payload_get(&all, PLD_SA);
	if (pld == NULL || gdoi_sa_read(pld->body, sa) != WIRE_OK)
		return false;
	pld = payload_get(&all, PLD_KD);
	return pld != NULL &&
	       gdoi_kd_read(pld->body,
		       sa->has_sak ? sa->sak.cipher : CIPHER_NONE,
		       kd) == WIRE_OK;
}

/* A wall clock that was set back must not lengthen a life. */
static void teks_take(struct ks *ks, struct ks_teks *list,
	const struct gdoi_sa *sa, const struct gdoi_kd *kd)
{
	uint64_t now = gdoi_now(ks->g);
	struct ks_tek *t;

	while ((t = TAILQ_FIRST(list)) != NULL) {
		uint64_t most = now + t->policy.life_secs * 1000ull;
		bool live = tek_fill(t, sa, kd) &&
			    (int64_t)(t->expires_ms - now) > 0;

		TAILQ_REMOVE(list, t, link);
		TAILQ_INSERT_TAIL(&ks->teks, t, link);
		t->expires_ms = min_u64(t->expires_ms, most);
		t->rekey_ms = ks_tek_rekey_at(ks, t);
		if (!live)
			ks_tek_free(ks, t);
	}
}

static void keys_load(void *arg, const char *key, struct span v)
{
	struct ks *ks = arg;
	struct rd r = rd_span(v);
	struct ks_teks list = TAILQ_HEAD_INITIALIZER(list);
	uint64_t now = gdoi_now(ks->g);
	struct ks_kek kek;
	struct sid_pool sids;
	struct gdoi_sa sa;
	struct gdoi_kd kd;
	uint16_t n;
	uint8_t version = rd_u8(&r);

	if (strcmp(key, ks->policy.group) != 0 || version == 0 ||
		version > KEYS_VERSION)
		return;
	sids_load(&r, &sids);
	ks->applied.receive_only = rd_u8(&r) != 0;
	kek_load(&r, ks, &kek);
	n = rd_u16(&r);
	for (uint16_t i = 0; i < n && rd_ok(&r); i++) {
		struct ks_tek *t = tek_load(&r, ks, version);

		TAILQ_INSERT_TAIL(&list, t, link);
	}
	if (payloads_read(&r, &sa, &kd) && rd_ok(&r)) {
		if (kek_fill(ks, &kek, &sa, &kd) &&
			(int64_t)(kek.expires_ms - now) > 0) {
			kek.expires_ms = min_u64(
				kek.expires_ms, now + kek.life_secs * 1000ull);
			kek.rekey_ms = ks_kek_rekey_at(ks, &kek);
			ks->kek = kek;
			kek = (struct ks_kek){ .live = false };
		}
		ks->sids = sids;
		if (version > 1)
			ks_time_load(ks, &r);
		teks_take(ks, &list, &sa, &kd);
	}
	ks_kek_drop(&kek);
	for (struct ks_tek *t; (t = TAILQ_FIRST(&list)) != NULL;) {
		TAILQ_REMOVE(&list, t, link);
		free(t);
	}
	gdoi_sa_free(&sa);
	gdoi_kd_wipe(&kd);
}

void ks_store_load(struct ks *ks)
{
	struct store *s = ks->g->store;

	if (!store_is_on(ks))
		return;
	s->each(s->ctx, TABLE_KEYS, keys_load, ks);
	bool interrupted = ks_store_push_load(ks);

	if (TAILQ_EMPTY(&ks->teks) && !interrupted)
		return; /* nothing that members could still use */
	s->each(s->ctx, TABLE_ROUNDS, round_load, ks);
	s->each(s->ctx, TABLE_MEMBERS, member_load, ks);
	if (interrupted)
		ks_push_resume(ks);
}
