/* The rekey under way, as it survives a restart (store.h): the bytes that
 * members may have in part, and the KEK that acknowledgements come under,
 * which may be the one just replaced.  Its row is written in one transaction
 * with the keys, before the first copy leaves, and taken away when all copies
 * are out. */
#include "gdoi/ks_priv.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_PUSH   "ks_push"
#define PUSH_VERSION 1
#define ROW_MAX      (2 * ISAKMP_MSG_MAX + 1024)

enum { FLAG_UNICAST = 1, FLAG_ACKS = 2, FLAG_ACKS_ALL = 4 };

static void keybuf_put(struct wr *w, const struct keybuf *k)
{
	wr_u8(w, k->n);
	wr_bytes(w, k->b, k->n);
}

static void keybuf_read(struct rd *r, struct keybuf *k)
{
	size_t n = rd_u8(r);
	const uint8_t *p = rd_bytes(r, n);

	if (p == NULL || !keybuf_set(k, p, n))
		r->bad = true;
}

static void addr_put(struct wr *w, const struct udp_addr *a)
{
	wr_u8(w, a->ip.family);
	wr_bytes(w, a->ip.b, sizeof(a->ip.b));
	wr_u16(w, a->port);
}

static void addr_read(struct rd *r, struct udp_addr *a)
{
	a->ip.family = rd_u8(r);
	rd_copy(r, a->ip.b, sizeof(a->ip.b));
	a->port = rd_u16(r);
}

/* The KEK that protects the rekey: still the current one, or the old one. */
static const struct ks_kek *push_kek(const struct ks *ks)
{
	if (memcmp(ks->kek.k.spi, ks->push.kek_spi, KEK_SPI_BYTES) == 0)
		return &ks->kek;
	return &ks->kek_old;
}

static void push_put(struct wr *w, const struct ks *ks)
{
	const struct ks_push *p = &ks->push;
	const struct ks_kek *k = push_kek(ks);
	uint8_t flags = 0;

	flags |= p->unicast ? FLAG_UNICAST : 0;
	flags |= p->acks ? FLAG_ACKS : 0;
	flags |= p->acks_all ? FLAG_ACKS_ALL : 0;
	wr_u8(w, PUSH_VERSION);
	wr_u32(w, p->seq);
	wr_u8(w, flags);
	wr_u8(w, (uint8_t)p->readers);
	addr_put(w, &p->dst);
	wr_bytes(w, p->kek_spi, sizeof(p->kek_spi));
	wr_u8(w, (uint8_t)k->k.cipher);
	wr_u8(w, (uint8_t)k->k.sig_hash);
	keybuf_put(w, &k->k.iv);
	keybuf_put(w, &k->k.key);
	wr_u64(w, k->expires_ms - gdoi_now(ks->g) + gdoi_wall(ks->g));
	for (size_t i = 0; i < ARRAY_LEN(p->bytes); i++) {
		wr_u32(w, (uint32_t)p->n[i]);
		wr_bytes(w, p->bytes[i], p->n[i]);
	}
}

static int push_store(const struct ks *ks)
{
	struct store *s = ks->g->store;
	uint8_t *buf = xcalloc(1, ROW_MAX);
	struct wr w = wr_init(buf, ROW_MAX);
	int err = -EMSGSIZE;

	push_put(&w, ks);
	if (wr_ok(&w))
		err = s->put(s->ctx, TABLE_PUSH, ks->policy.group, wr_done(&w));
	mem_wipe(buf, w.len);
	free(buf);
	return err;
}

int ks_store_rekey(const struct ks *ks, bool built)
{
	struct store *s = ks->g->store;
	int err;

	if (s == NULL)
		return 0;
	err = s->begin(s->ctx);
	if (err != 0)
		return err;
	err = ks_store_keys(ks);
	if (err == 0 && built)
		err = push_store(ks);
	else if (err == 0)
		err = s->del(s->ctx, TABLE_PUSH, ks->policy.group);
	/* What is missing is told even so: nothing is sent then. */
	int end = s->commit(s->ctx);

	return err != 0 ? err : end;
}

int ks_store_push_gone(const struct ks *ks)
{
	struct store *s = ks->g->store;

	return s != NULL ? s->del(s->ctx, TABLE_PUSH, ks->policy.group) : 0;
}

static void kek_read(struct rd *r, const struct ks *ks, struct ks_kek *k)
{
	*k = (struct ks_kek){ .live = true };
	rd_copy(r, k->k.spi, sizeof(k->k.spi));
	k->k.cipher = (enum cipher_id)rd_u8(r);
	k->k.sig_hash = (enum hash_id)rd_u8(r);
	keybuf_read(r, &k->k.iv);
	keybuf_read(r, &k->k.key);
	k->expires_ms = rd_u64(r) - gdoi_wall(ks->g) + gdoi_now(ks->g);
}

static void bytes_read(struct rd *r, struct ks_push *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->bytes); i++) {
		size_t n = rd_u32(r);
		const uint8_t *b = rd_bytes(r, n);

		if (!rd_ok(r))
			return;
		p->n[i] = n;
		if (n > 0)
			p->bytes[i] = xmemdup(b, n);
	}
}

static void push_load(void *arg, const char *key, struct span v)
{
	struct ks *ks = arg;
	struct ks_push *p = &ks->push;
	struct rd r = rd_span(v);
	struct ks_kek k;
	uint8_t flags;

	if (strcmp(key, ks->policy.group) != 0 || rd_u8(&r) != PUSH_VERSION)
		return;
	p->seq = rd_u32(&r);
	flags = rd_u8(&r);
	p->unicast = flags & FLAG_UNICAST;
	p->acks = flags & FLAG_ACKS;
	p->acks_all = flags & FLAG_ACKS_ALL;
	p->readers = (enum ks_readers)rd_u8(&r);
	addr_read(&r, &p->dst);
	kek_read(&r, ks, &k);
	k.unicast = p->unicast;
	k.dst = p->dst;
	k.ack = p->acks_all ? REKEY_ACK_ANY : REKEY_ACK_CISCO;
	memcpy(p->kek_spi, k.k.spi, sizeof(p->kek_spi));
	bytes_read(&r, p);
	/* Members have no use for it once its KEK has ended. */
	if (!rd_ok(&r) || (int64_t)(k.expires_ms - gdoi_now(ks->g)) <= 0)
		ks_push_forget(ks);
	else if (!ks->kek.live ||
		 memcmp(ks->kek.k.spi, k.k.spi, KEK_SPI_BYTES) != 0)
		ks->kek_old = k;
	keybuf_wipe(&k.k.key);
}

bool ks_store_push_load(struct ks *ks)
{
	struct store *s = ks->g->store;

	s->each(s->ctx, TABLE_PUSH, push_load, ks);
	return ks->push.bytes[0] != NULL || ks->push.bytes[1] != NULL;
}
