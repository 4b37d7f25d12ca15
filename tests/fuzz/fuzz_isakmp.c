/* Two endpoints on a virtual clock, with the input as the network between
 * them: it passes, loses, repeats, changes and makes up datagrams, moves the
 * clock, and lets an authenticated peer say whatever it likes. */
#include "crypto/dh.h"
#include "tests/unit/ike_world.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A group whose secret both ends know: fast, and the same in every run. */
static struct dh *toy_new(uint32_t group)
{
	uint32_t *d = xcalloc(1, sizeof *d);

	*d = group;
	return (struct dh *)d;
}

static void toy_free(struct dh *d)
{
	free(d);
}

static size_t toy_public(const struct dh *d, uint8_t *out)
{
	size_t n = dh_alg(*(const uint32_t *)d)->public_bytes;

	memset(out, 0x55, n);
	return n;
}

static int toy_shared(const struct dh *d, struct span peer, struct secret *out)
{
	uint8_t x[DH_MAX_SHARED];

	(void)peer;
	memset(x, 0xaa, sizeof x);
	secret_set(out, x, dh_alg(*(const uint32_t *)d)->shared_bytes);
	return 0;
}

static const struct crypto_ops toy = { .dh_new = toy_new,
	.dh_free = toy_free,
	.dh_public = toy_public,
	.dh_shared = toy_shared };

static enum wire_err on_message(struct end *e, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	(void)e;
	(void)sa;
	if (!exchange_check(x, m, NULL, 0))
		return WIRE_HASH;
	if (m->rest.n % 3 == 0)
		exchange_send(
			x, NULL, 0, PLD_NONE, SPAN(NULL, 0), m->rest.n % 2);
	if (m->rest.n % 5 == 0)
		exchange_end(x);
	return m->rest.n % 7 == 0 ? WIRE_POLICY : WIRE_OK;
}

static void deliver(struct world *w, size_t i, bool keep, struct rd *r)
{
	struct packet p = w->q[i];
	struct udp_path path = { .local = p.path.remote,
		.remote = p.path.local };
	uint8_t *copy = xmemdup(p.data.p, p.data.n);
	uint8_t change = rd_u8(r), by = rd_u8(r);

	if (p.data.n > 0)
		copy[change % p.data.n] ^= by;
	if (!keep) {
		w->n--;
		memmove(w->q + i, w->q + i + 1, (w->n - i) * sizeof *w->q);
		free((void *)(uintptr_t)p.data.p);
	}
	ike_input(ip_equal(&path.local.ip, &w->a.addr) ? w->a.ike : w->b.ike,
		&path, SPAN(copy, p.data.n));
	free(copy);
}

static void say(struct end *e, struct rd *r)
{
	size_t n = rd_u8(r);
	uint8_t first = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	if (p == NULL || e->sa == NULL || !ike_sa_is_up(e->sa))
		return;
	struct exchange *x = exchange_begin(e->sa);

	exchange_send(x, NULL, 0, first, SPAN(p, n), first % 2);
}

static void raw(struct world *w, struct rd *r)
{
	struct udp_path path = world_path(&w->b, &w->a);
	size_t n = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	if (p != NULL)
		ike_input(w->b.ike, &path, SPAN(p, n));
}

/* The whole rest as one datagram with a right length, for the corpus. */
static void whole(struct world *w, struct rd *r)
{
	struct udp_path path = world_path(&w->b, &w->a);
	struct span s = rd_rest(r);

	if (s.n < ISAKMP_HDR || s.n > ISAKMP_MSG_MAX)
		return;
	uint8_t *copy = xmemdup(s.p, s.n);
	struct wr len = wr_init(copy + 24, 4);

	wr_u32(&len, (uint32_t)s.n);
	ike_input(w->b.ike, &path, SPAN(copy, s.n));
	free(copy);
}

/* Payloads with lengths and types that fit: what stands in them is the input's.
 */
static void chain_mend(uint8_t *p, size_t n)
{
	while (n >= PLD_HDR) {
		size_t len = (size_t)(p[2] << 8 | p[3]);

		len = len < PLD_HDR || n - len % n < PLD_HDR ? n : len % n;
		if (len < PLD_HDR)
			len = n;
		p[1] = 0;
		p[2] = (uint8_t)(len >> 8);
		p[3] = (uint8_t)len;
		if (n - len < PLD_HDR)
			p[0] = PLD_NONE;
		p += len;
		n -= len;
	}
}

/* HASH(1) does not cover the exchange type: an authentic message of any. */
static void say_as(struct end *e, uint8_t exchange, uint8_t first,
	const uint8_t *p, size_t n)
{
	struct world *w = e->w;
	size_t before = w->n;

	if (e->sa == NULL || !ike_sa_is_up(e->sa))
		return;
	struct exchange *x = exchange_begin(e->sa);

	exchange_send(x, NULL, 0, first, SPAN(p, n), false);
	exchange_end(x);
	for (size_t i = before; i < w->n; i++) {
		uint8_t *b = (uint8_t *)(uintptr_t)w->q[i].data.p;

		if (w->q[i].data.n > ISAKMP_HDR && b[18] == XCHG_PULL)
			b[18] = exchange;
	}
}

static void say_chain(struct end *e, struct rd *r)
{
	static const uint8_t exchanges[] = { XCHG_INFO, XCHG_INFO, XCHG_PULL, 6,
		XCHG_PUSH, XCHG_MAIN, XCHG_AGGRESSIVE, 1 };
	uint8_t exchange = exchanges[rd_u8(r) % sizeof exchanges];
	uint8_t first = rd_u8(r);
	size_t n = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	if (p == NULL)
		return;
	uint8_t *copy = xmemdup(p, n);

	chain_mend(copy, n);
	say_as(e, exchange, first, copy, n);
	free(copy);
}

/* A notification, or a Delete, as their layout wants it. */
static void say_notify(struct end *e, struct rd *r)
{
	static const uint16_t types[] = { 36136, 36137, 24578, 24576, 1, 14, 18,
		24 };
	struct ike_sa_info info[16];
	uint8_t what = rd_u8(r), buf[128];
	uint8_t first = what & 0x80 ? PLD_D : PLD_N;
	size_t n = rd_u8(r) % 64, n_sas = ike_list(e->ike, info, 16);
	const uint8_t *p = rd_bytes(r, n);
	struct isakmp_wr m;

	if (p == NULL || n_sas == 0)
		return;
	const struct ike_sa_info *sa = &info[(what >> 3) % n_sas];

	isakmp_chain_begin(&m, buf, sizeof buf);
	isakmp_begin(&m, first);
	wr_u32(&m.w, what & 0x40 ? 0 : 1);
	wr_u8(&m.w, 1);
	wr_u8(&m.w, 16);
	wr_u16(&m.w, first == PLD_D ? 1 : types[what % ARRAY_LEN(types)]);
	wr_bytes(&m.w, sa->cky_i, 8);
	wr_bytes(&m.w, sa->cky_r, 8);
	wr_bytes(&m.w, p, n);
	struct span chain = isakmp_wr_end(&m);

	say_as(e, XCHG_INFO, first, chain.p, chain.n);
}

/* A part under the cookies of an SA of b, from a. */
static void part(struct world *w, struct rd *r, struct span data, uint16_t id,
	uint8_t number, uint8_t flags)
{
	struct ike_sa_info info[16];
	size_t n = ike_list(w->b.ike, info, 16);
	struct udp_path path = world_path(&w->b, &w->a);
	uint8_t buf[2048], which = rd_u8(r);
	struct isakmp_hdr h = { .version = 0x10, .exchange = XCHG_MAIN };
	struct isakmp_wr m;

	if (n == 0)
		return;
	memcpy(h.cky_i, info[which % n].cky_i, 8);
	memcpy(h.cky_r, info[which % n].cky_r, 8);
	isakmp_wr_begin(&m, buf, sizeof buf, &h);
	isakmp_begin(&m, PLD_FRAGMENT);
	wr_u16(&m.w, id);
	wr_u8(&m.w, number);
	wr_u8(&m.w, flags);
	wr_span(&m.w, data);
	struct span out = isakmp_wr_end(&m);

	if (out.n > 0)
		ike_input(w->b.ike, &path, out);
}

/* Any part, of the input's octets. */
static void part_raw(struct world *w, struct rd *r)
{
	uint16_t id = rd_u8(r) % 4;
	uint8_t number = rd_u8(r), flags = rd_u8(r);
	size_t n = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	if (p != NULL)
		part(w, r, SPAN(p, n), id, number, flags);
}

/* A datagram on its way to b goes in parts, in the input's order. */
static void parts_of(struct world *w, struct rd *r)
{
	size_t size = 16 + rd_u8(r), n;
	uint8_t id = rd_u8(r), start = rd_u8(r);

	if (w->n == 0 || !ip_equal(&w->q[0].path.remote.ip, &w->b.addr))
		return;
	n = (w->q[0].data.n + size - 1) / size;
	uint8_t *copy = xmemdup(w->q[0].data.p, w->q[0].data.n);
	struct span whole = SPAN(copy, w->q[0].data.n);

	for (size_t i = 0; i < n && i < 255; i++) {
		size_t k = (i + start) % n, at = k * size;
		size_t left = whole.n - at < size ? whole.n - at : size;

		part(w, r, SPAN(whole.p + at, left), id, (uint8_t)(k + 1),
			k + 1 == n);
	}
	free(copy);
}

/* First messages of strangers, a few at a time. */
static void strangers(struct world *w, struct rd *r)
{
	struct udp_path path = world_path(&w->b, &w->a);
	uint8_t n = rd_u8(r) % 16, change = rd_u8(r), by = rd_u8(r);

	if (w->n == 0 || w->q[0].data.n < ISAKMP_HDR + 1)
		return;
	uint8_t *copy = xmemdup(w->q[0].data.p, w->q[0].data.n);

	copy[ISAKMP_HDR + change % (w->q[0].data.n - ISAKMP_HDR)] ^= by;
	for (uint8_t i = 0; i < n; i++) {
		path.remote.ip = ip_v4(0x0a000000u + i);
		copy[0] ^= (uint8_t)(i + 1);
		ike_input(w->b.ike, &path, SPAN(copy, w->q[0].data.n));
	}
	free(copy);
}

static void step(struct world *w, struct rd *r);

/* Parts, informational exchanges and strangers, by the layout of each. */
static void step_shaped(struct world *w, struct rd *r)
{
	switch (rd_u8(r) % 8) {
	case 0:
		say_chain(&w->a, r);
		break;
	case 1:
		say_notify(&w->a, r);
		break;
	case 2:
		say_notify(&w->b, r);
		break;
	case 3:
		part_raw(w, r);
		break;
	case 4:
		parts_of(w, r);
		break;
	case 5:
		strangers(w, r);
		break;
	default:
		step(w, r);
	}
}

static void step(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r);
	size_t i = w->n == 0 ? 0 : (op >> 4) % w->n;

	switch (op % 11) {
	case 0:
	case 1:
		if (w->n > 0)
			deliver(w, i, op % 11 == 1, r);
		break;
	case 2:
		world_run(w, rd_u8(r) * 100u);
		break;
	case 3:
		raw(w, r);
		break;
	case 4:
		world_connect(w);
		break;
	case 5:
		say(&w->a, r);
		break;
	case 6:
		say(&w->b, r);
		break;
	case 7:
		if (w->a.sa != NULL)
			ike_sa_notify(w->a.sa, rd_u16(r));
		break;
	case 8:
		if (w->b.sa != NULL)
			ike_sa_delete(w->b.sa, op & 16);
		break;
	case 9:
		if (w->a.sa != NULL)
			ike_sa_release(w->a.sa);
		break;
	default:
		whole(w, r);
	}
}

/* Begins in Aggressive Mode with that end. */
static void config_aggressive(struct end *e, const struct end *to,
	const struct isakmp_policy *v, size_t n)
{
	const struct isakmp_peer_policy peer = { .addr = to->addr,
		.endpoint = { .kind = ISAKMP_ID_FQDN, .name = "gm.example" } };
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .n_policies = n,
		.offer_doi = 2,
		.keys = &key,
		.n_keys = 1,
		.peers = &peer,
		.n_peers = 1 };

	memcpy(c.policy, v, n * sizeof *v);
	secret_set(&key.key, "key", 3);
	ike_set_config(e->ike, &c);
	secret_free(&key.key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct isakmp_policy p[] = { { .cipher = CIPHER_AES128,
							  .hash = HASH_SHA1,
							  .auth = IKE_AUTH_PSK,
							  .group = 5,
							  .life_secs = 3600 },
		{ .cipher = CIPHER_3DES,
			.hash = HASH_MD5,
			.auth = IKE_AUTH_PSK,
			.group = 2,
			.life_secs = 60 } };
	struct rd r = rd_init(data, size);
	struct world w;

	world_init(&w);
	w.seed = 1;
	world_set_crypto(&w, &toy);
	uint8_t setting = rd_u8(&r);
	bool shaped = setting & 0x80;

	w.a.fragmentation = w.b.fragmentation = shaped;
	if (shaped) {
		w.a.keepalive = (struct ike_keepalive){ 10, 2, setting & 4 };
		w.b.negotiation_limit = setting & 8 ? 10 : 0;
		w.b.sa_limit = setting & 16 ? 2 : 0;
		w.b.diagnose_entries = setting & 32 ? 3 : 0;
	}
	world_config(&w.a, p, 2, "key", 2);

	world_config(&w.b, p + setting % 2, 1, "key", 2);
	if (setting & 2)
		config_aggressive(&w.a, &w.b, p + setting % 2, 1);
	w.a.on_message = w.b.on_message = on_message;
	world_connect(&w);
	timers_run(w.timers, w.now);
	while (rd_left(&r) > 0)
		shaped ? step_shaped(&w, &r) : step(&w, &r);
	world_fini(&w);
	return 0;
}
