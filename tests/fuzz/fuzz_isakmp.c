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
	world_config(&w.a, p, 2, "key", 2);
	uint8_t setting = rd_u8(&r);

	world_config(&w.b, p + setting % 2, 1, "key", 2);
	if (setting & 2)
		config_aggressive(&w.a, &w.b, p + setting % 2, 1);
	w.a.on_message = w.b.on_message = on_message;
	world_connect(&w);
	timers_run(w.timers, w.now);
	while (rd_left(&r) > 0)
		step(&w, &r);
	world_fini(&w);
	return 0;
}
