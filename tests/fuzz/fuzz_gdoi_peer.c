/* A peer that holds valid keys and says whatever it likes: a member against
 * our key server, or a key server against our member.  The input edits the
 * payloads of PULL, PUSH and acknowledgement before they are hashed, signed
 * and encrypted, so that everything behind the cryptography is reached. */
#include "dataplane/null.h"
#include "tests/sim/world.h"
#include "tests/unit/debug_hook.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTS_MAX  16
#define BODY_MAX   4096
#define DGRAMS_MAX 64
#define EDITS_MAX  32
#define STEPS_MAX  64
#define EVIL_IP    0x0a00ff01u

/* A payload that the input may change. */
struct part {
	uint8_t type;
	size_t n;
	uint8_t b[BODY_MAX];
};
struct chain {
	size_t n;
	struct part part[PARTS_MAX];
};
struct dgram {
	struct udp_path path; /* as the receiver sees it */
	uint8_t *p;
	size_t n;
};
struct play {
	struct world *w;
	struct node *victim;
	struct env evil_env;
	struct ike *evil;
	struct ike_sa *sa;  /* of the evil side, while it is up */
	struct exchange *x; /* its PULL under way */
	struct rd input;
	struct dgram q[DGRAMS_MAX];
	size_t n;
	uint8_t ni[NONCE_BYTES_MAX], nr[NONCE_BYTES_MAX];
	size_t ni_n, nr_n;
	struct kek kek; /* of the group */
	uint32_t seq;
	struct chain chain;
	uint8_t out[ISAKMP_MSG_MAX];
};

static uint64_t env_now(void *ctx)
{
	return ((struct play *)ctx)->w->now;
}

static void env_random(void *ctx, void *p, size_t n)
{
	uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)world_random(((struct play *)ctx)->w);
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	struct play *t = ctx;

	if (t->n == DGRAMS_MAX)
		return;
	t->q[t->n++] = (struct dgram){ .path = { .local = path->remote,
					       .remote = path->local },
		.p = xmemdup(data.p, data.n),
		.n = data.n };
}

static void env_report(void *ctx, const struct report *r)
{
	auto_sbuf struct sbuf text = { 0 };

	(void)ctx;
	report_text(r, &text);
}

static struct pkey *env_key(void *ctx, const char *label)
{
	return strcmp(label, SIM_LABEL) == 0 ? ((struct play *)ctx)->w->key
					     : NULL;
}

static struct env env_make(struct play *t)
{
	return (struct env){ .ctx = t,
		.now = env_now,
		.wall = env_now,
		.random = env_random,
		.send = env_send,
		.report = env_report,
		.key_get = env_key,
		.timers = t->w->timers,
		.crypto = &toy_crypto,
		.dp_ops = &dataplane_null };
}

static void chain_add(struct chain *c, uint8_t type, const void *p, size_t n)
{
	if (c->n == PARTS_MAX || n > BODY_MAX)
		return;
	c->part[c->n].type = type;
	c->part[c->n].n = n;
	if (n > 0)
		memcpy(c->part[c->n].b, p, n);
	c->n++;
}

/* What our own writer made, taken apart again. */
static void chain_take(struct chain *c, struct isakmp_wr *m)
{
	struct payloads p;
	uint8_t first = isakmp_chain_first(m);

	if (isakmp_split(isakmp_wr_end(m), first, &p) != WIRE_OK)
		abort();
	for (size_t i = 0; i < p.n; i++)
		chain_add(c, p.v[i].type, p.v[i].whole.p + PLD_HDR,
			p.v[i].whole.n - PLD_HDR);
}

static void body_insert(struct part *p, size_t at, struct rd *r)
{
	size_t n = rd_u8(r) % 40u;

	if (n == 0 || n > rd_left(r) || p->n + n > BODY_MAX)
		return;
	memmove(p->b + at + n, p->b + at, p->n - at);
	memcpy(p->b + at, rd_bytes(r, n), n);
	p->n += n;
}

static void body_edit(struct part *p, uint8_t op, struct rd *r)
{
	size_t at = rd_u16(r) % (p->n + 1), n;

	switch (op % 4) {
	case 0:
		if (at < p->n)
			p->b[at] = rd_u8(r);
		break;
	case 1:
		if (at < p->n)
			p->b[at] ^= (uint8_t)(1u << rd_u8(r) % 8);
		break;
	case 2:
		body_insert(p, at, r);
		break;
	default:
		n = rd_u8(r);
		n = n < p->n - at ? n : p->n - at;
		memmove(p->b + at, p->b + at + n, p->n - at - n);
		p->n -= n;
	}
}

static void part_drop(struct chain *c, size_t i)
{
	memmove(c->part + i, c->part + i + 1,
		(--c->n - i) * sizeof(c->part[0]));
}

static void chain_edit(struct chain *c, struct rd *r)
{
	for (unsigned edits = rd_u8(r) % EDITS_MAX; edits > 0; edits--) {
		uint8_t op = rd_u8(r);
		size_t i = c->n == 0 ? 0 : rd_u8(r) % c->n;

		if (c->n == 0 || !rd_ok(r))
			return;
		switch (op >> 4) {
		case 0:
			part_drop(c, i);
			break;
		case 1:
			c->part[i].type = rd_u8(r);
			break;
		case 2:
			chain_add(
				c, c->part[i].type, c->part[i].b, c->part[i].n);
			break;
		case 3: {
			struct part p = c->part[i];

			part_drop(c, i);
			chain_add(c, p.type, p.b, p.n);
			break;
		}
		default:
			body_edit(&c->part[i], op, r);
		}
	}
}

static void chain_put(const struct chain *c, struct isakmp_wr *m)
{
	for (size_t i = 0; i < c->n; i++)
		isakmp_put(m, c->part[i].type, c->part[i].b, c->part[i].n);
}

/* The chain as the input changes it, under a HASH that is right. */
static void say(struct play *t, const struct span *parts, size_t n)
{
	struct isakmp_wr m;

	chain_edit(&t->chain, &t->input);
	isakmp_chain_begin(&m, t->out, sizeof(t->out));
	chain_put(&t->chain, &m);
	uint8_t first = isakmp_chain_first(&m);

	exchange_send(t->x, parts, n, first, isakmp_wr_end(&m), false);
}

static struct span nonce_of(const struct exchange_msg *m, uint8_t *buf)
{
	const struct payload *p = payload_get(m->p, PLD_NONCE);
	struct rd r;

	if (p == NULL)
		return SPAN(buf, 0);
	r = p->body;
	struct span s = rd_rest(&r);

	if (s.n > NONCE_BYTES_MAX)
		return SPAN(buf, 0);
	memcpy(buf, s.p, s.n);
	return SPAN(buf, s.n);
}

/* --- as a member against our key server --- */

static void member_ask(struct play *t)
{
	static const struct group_id id = { .is_set = true,
		.number = SIM_NUMBER };
	struct isakmp_wr m;

	if (t->sa == NULL || !ike_sa_is_up(t->sa) || t->x != NULL)
		return;
	t->x = exchange_begin(t->sa);
	t->chain.n = 0;
	env_random(t, t->ni, NONCE_BYTES);
	t->ni_n = NONCE_BYTES;
	chain_add(&t->chain, PLD_NONCE, t->ni, t->ni_n);
	isakmp_chain_begin(&m, t->out, sizeof(t->out));
	wire_id_group_put(&m, &id, false);
	chain_take(&t->chain, &m);
	say(t, NULL, 0);
	/* What it was hashed with stays what the peer has seen. */
	for (size_t i = 0; i < t->chain.n; i++)
		if (t->chain.part[i].type == PLD_NONCE &&
			t->chain.part[i].n <= NONCE_BYTES_MAX) {
			t->ni_n = t->chain.part[i].n;
			memcpy(t->ni, t->chain.part[i].b, t->ni_n);
			break;
		}
}

static void member_keys_take(struct play *t, const struct exchange_msg *m)
{
	const struct payload *p = payload_get(m->p, PLD_KD);
	static struct gdoi_kd kd;

	if (p == NULL || gdoi_kd_read(p->body, CIPHER_AES128, &kd) != WIRE_OK ||
		!kd.has_kek)
		return;
	t->kek = (struct kek){ .cipher = CIPHER_AES128,
		.iv = kd.kek_iv,
		.key = kd.kek_key,
		.sig_hash = HASH_SHA1 };
	memcpy(t->kek.spi, kd.kek_spi, sizeof(t->kek.spi));
}

static enum wire_err member_message(
	struct play *t, const struct exchange_msg *m)
{
	struct span parts[2] = { SPAN(t->ni, t->ni_n), SPAN(t->nr, t->nr_n) };
	struct isakmp_wr w;

	if (exchange_received(t->x) > 0) {
		member_keys_take(t, m);
		exchange_end(t->x);
		t->x = NULL;
		return WIRE_OK;
	}
	parts[1] = nonce_of(m, t->nr);
	t->nr_n = parts[1].n;
	t->chain.n = 0;
	isakmp_chain_begin(&w, t->out, sizeof(t->out));
	gdoi_gap_request_put(&w, rd_u8(&t->input));
	chain_take(&t->chain, &w);
	say(t, parts, 2);
	return WIRE_OK;
}

static void member_ack(struct play *t)
{
	struct ip_addr self = ip_v4(EVIL_IP);
	uint8_t buf[256];
	size_t n = ack_build(
		&t->kek, 1, rd_u8(&t->input) % 4, &self, buf, sizeof(buf));
	size_t at = rd_u8(&t->input);
	struct udp_path path = { .local = { self, GDOI_PORT },
		.remote = { t->victim->addr, GDOI_PORT } };

	if (at < n)
		buf[at] = rd_u8(&t->input);
	if (n > 0)
		env_send(t, &path, SPAN(buf, n));
}

/* --- as a key server against our member --- */

static const struct sat sats[] = {
	{ .spi = 0x1000,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
		.src = { 0x0a010000, 0xffff },
		.dst = { 0x0a020000, 0xffff },
		.life_secs = 300,
		.preservation = 4,
		.direction = 3 },
	{ .spi = 0x1001,
		.suite = { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 256 },
		.src = { 0, 0xffffffff },
		.dst = { 0, 0xffffffff },
		.ip_proto = 17,
		.dst_port = 53,
		.life_secs = 3600,
		.preservation = 4,
		.direction = 3 },
};

static void server_sa_add(struct play *t, bool sak)
{
	struct sat copy[ARRAY_LEN(sats)];
	struct gdoi_sa sa = { .has_sak = sak,
		.sak = { .src = ip_v4(EVIL_IP),
			.dst = ip_v4(0),
			.src_port = GDOI_PORT,
			.dst_port = GDOI_PORT,
			.cipher = CIPHER_AES128,
			.life_secs = 3600,
			.sig_hash = HASH_SHA1,
			.sig_alg = 1,
			.sig_key_bits = 1024,
			.ack = 1 },
		.has_gap = true,
		.atd_secs = 5,
		.dtd_secs = 10,
		.sat = copy,
		.n_sats = ARRAY_LEN(sats) };
	struct isakmp_wr m;

	memcpy(copy, sats, sizeof(copy));
	memcpy(sa.sak.spi, t->kek.spi, sizeof(sa.sak.spi));
	isakmp_chain_begin(&m, t->out, sizeof(t->out));
	gdoi_sa_put(&m, &sa, rd_u8(&t->input) % 2);
	chain_take(&t->chain, &m);
}

static void server_kd_add(struct play *t, bool kek)
{
	static struct gdoi_kd kd;
	struct isakmp_wr m;
	uint8_t *spki;
	size_t n;

	kd = (struct gdoi_kd){ .has_kek = kek,
		.kek_iv = t->kek.iv,
		.kek_key = t->kek.key,
		.n_teks = ARRAY_LEN(sats),
		.tek = { { .spi = sats[0].spi, .enc.n = 16, .auth.n = 20 },
			{ .spi = sats[1].spi, .enc.n = 36 } },
		.sid_bits = 24,
		.sid = { 1 },
		.n_sids = kek ? 1 : 0 };
	memcpy(kd.kek_spi, t->kek.spi, sizeof(kd.kek_spi));
	if (pkey_spki(t->w->key, &spki, &n) != 0)
		abort();
	memcpy(kd.sig_key, spki, n);
	kd.sig_key_n = n;
	free(spki);
	isakmp_chain_begin(&m, t->out, sizeof(t->out));
	gdoi_kd_put(&m, &kd);
	chain_take(&t->chain, &m);
}

static enum wire_err server_message(
	struct play *t, struct exchange *x, const struct exchange_msg *m)
{
	struct span parts[2] = { SPAN(t->ni, t->ni_n), SPAN(t->nr, t->nr_n) };
	const uint8_t seq[4] = { 0, 0, 0, rd_u8(&t->input) % 2 };

	t->x = x;
	t->chain.n = 0;
	if (exchange_received(x) > 0) {
		chain_add(&t->chain, PLD_SEQ, seq, sizeof(seq));
		server_kd_add(t, true);
		say(t, parts, 2);
		return WIRE_OK;
	}
	parts[0] = nonce_of(m, t->ni);
	t->ni_n = parts[0].n;
	t->kek = (struct kek){ .cipher = CIPHER_AES128,
		.sig_hash = HASH_SHA1,
		.iv.n = 16,
		.key.n = 16 };
	env_random(t, t->kek.spi, sizeof(t->kek.spi));
	env_random(t, t->nr, NONCE_BYTES);
	t->nr_n = NONCE_BYTES;
	t->seq = 0;
	chain_add(&t->chain, PLD_NONCE, t->nr, t->nr_n);
	server_sa_add(t, true);
	say(t, parts, 1);
	return WIRE_OK;
}

static void server_push(struct play *t)
{
	struct udp_path path = { .local = { ip_v4(EVIL_IP), GDOI_PORT },
		.remote = { t->victim->addr, GDOI_PORT } };
	static uint8_t buf[ISAKMP_MSG_MAX];
	struct isakmp_wr m;
	uint8_t what = rd_u8(&t->input);
	const uint8_t seq[4] = { 0, 0, 0, (uint8_t)(t->seq += what % 3) };

	if (t->kek.key.n == 0)
		return;
	t->chain.n = 0;
	chain_add(&t->chain, PLD_SEQ, seq, sizeof(seq));
	if (what & 0x10) {
		isakmp_chain_begin(&m, t->out, sizeof(t->out));
		gdoi_delete_put(&m, 1, "\0\0\x10\0", 4, 1);
		chain_take(&t->chain, &m);
	}
	if (what & 0x20) {
		server_sa_add(t, what & 0x40);
		server_kd_add(t, what & 0x40);
	}
	chain_edit(&t->chain, &t->input);
	push_begin(&m, buf, sizeof(buf), &t->kek);
	chain_put(&t->chain, &m);
	struct span out = push_seal(&m, &t->kek, t->w->key, &t->evil_env);

	if (out.n > 0)
		env_send(t, &path, out);
}

/* --- the stage --- */

static void on_up(void *ctx, struct ike_sa *sa)
{
	((struct play *)ctx)->sa = sa;
}

static void on_down(void *ctx, struct ike_sa *sa, enum ike_down why)
{
	struct play *t = ctx;

	(void)why;
	if (t->sa == sa)
		t->sa = NULL;
}

static enum wire_err on_message(void *ctx, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	struct play *t = ctx;

	(void)sa;
	if (!t->victim->is_ks)
		return server_message(t, x, m);
	return x == t->x ? member_message(t, m) : WIRE_STATE;
}

static void on_lost(void *ctx, struct ike_sa *sa, struct exchange *x)
{
	struct play *t = ctx;

	(void)sa;
	if (t->x == x)
		t->x = NULL;
}

static void on_notify(
	void *ctx, struct ike_sa *sa, uint16_t type, struct span data)
{
	(void)ctx;
	(void)sa;
	(void)type;
	(void)data;
}

static void evil_config(struct ike *ike)
{
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .policy = { { .cipher = CIPHER_AES128,
					   .hash = HASH_SHA1,
					   .auth = IKE_AUTH_PSK,
					   .group = 5,
					   .life_secs = 86400 } },
		.n_policies = 1,
		.keys = &key,
		.n_keys = 1,
		.offer_doi = 2 };

	secret_set(&key.key, SIM_PSK, strlen(SIM_PSK));
	ike_set_config(ike, &c);
	secret_free(&key.key);
}

static void deliver(struct play *t)
{
	for (unsigned limit = 4 * DGRAMS_MAX; t->n > 0 && limit > 0; limit--) {
		struct dgram d = t->q[0];

		memmove(t->q, t->q + 1, --t->n * sizeof(t->q[0]));
		if (ip_u32(&d.path.local.ip) == EVIL_IP) {
			if (d.n > 18 && d.p[18] != XCHG_PUSH &&
				d.p[18] != XCHG_PUSH_ACK)
				ike_input(t->evil, &d.path, SPAN(d.p, d.n));
		} else if (t->victim->g != NULL) {
			gdoi_input(t->victim->g, &d.path, SPAN(d.p, d.n));
		}
		free(d.p);
		timers_run(t->w->timers, t->w->now);
	}
}

static void wait_ms(struct play *t, uint64_t ms)
{
	t->w->now += ms;
	timers_run(t->w->timers, t->w->now);
	deliver(t);
}

static void victim_start(struct play *t, bool is_ks)
{
	auto_sbuf struct sbuf why = { 0 };
	struct node *ks = node_ks(t->w);

	t->victim = is_ks ? ks : node_gm(t->w, ks);
	t->victim->gm.server[0] = ip_v4(EVIL_IP);
	t->victim->ks.kek_cipher = CIPHER_AES128;
	t->victim->env = env_make(t);
	t->victim->dp = t->victim->env.dp =
		dataplane_null.open(NULL, NULL, &why);
	t->victim->g = gdoi_new(&t->victim->env, node_store(t->victim));
	node_config(t->victim);
}

static void step(struct play *t)
{
	struct udp_path path = { .local = { ip_v4(EVIL_IP), GDOI_PORT },
		.remote = { t->victim->addr, GDOI_PORT } };
	uint8_t op = rd_u8(&t->input);

	switch (op % 6) {
	case 0:
		ike_connect(t->evil, &path);
		break;
	case 1:
		member_ask(t);
		break;
	case 2:
		if (t->victim->is_ks)
			member_ack(t);
		else
			server_push(t);
		break;
	case 3:
		wait_ms(t, (uint64_t)rd_u8(&t->input) << (op / 6 % 16));
		break;
	case 4:
		if (t->victim->is_ks) {
			auto_sbuf struct sbuf why = { 0 };

			gdoi_ks_rekey(t->victim->g, NULL, op & 64, &why);
		}
		break;
	default:
		if (t->sa != NULL)
			ike_sa_delete(t->sa, op & 64);
	}
	timers_run(t->w->timers, t->w->now);
	deliver(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct play t;
	const struct ike_doi doi = { .sa_up = on_up,
		.sa_down = on_down,
		.message = on_message,
		.exchange_lost = on_lost,
		.notify = on_notify,
		.exchange_type = XCHG_PULL,
		.ctx = &t };

	t = (struct play){ .w = world_new(1, &toy_crypto),
		.input = rd_init(data, size) };
	t.w->debug = debug_everything();
	t.evil_env = env_make(&t);
	t.evil = ike_new(&t.evil_env, &doi);
	evil_config(t.evil);
	victim_start(&t, rd_u8(&t.input) % 2);
	if (!t.victim->is_ks)
		wait_ms(&t, 60000); /* its first registration is jittered */
	for (unsigned i = 0; i < STEPS_MAX && rd_left(&t.input) > 0; i++)
		step(&t);
	ike_free(t.evil);
	world_free(t.w);
	while (t.n > 0)
		free(t.q[--t.n].p);
	return 0;
}
