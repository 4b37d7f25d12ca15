#include "tests/unit/rewrite.h"

#include "crypto/cipher.h"
#include "gdoi/ike_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REWRITE_MAX 60000

void rewrite_keep(const struct payload *p, struct isakmp_wr *m)
{
	struct rd body = p->body;
	struct span b = rd_rest(&body);

	isakmp_put(m, p->type, b.p, b.n);
}

static const struct ike_sa *receiver(struct world *w, const struct packet *p)
{
	const struct end *to =
		ip_equal(&p->path.remote.ip, &w->a.addr) ? &w->a : &w->b;

	return TAILQ_LAST(&to->ike->sas, ike_sa_list);
}

static void payloads_edit(struct rewrite *f, struct span body,
	const struct isakmp_hdr *h, struct isakmp_wr *m)
{
	struct payloads p;

	assert(isakmp_split(body, h->next, &p) == WIRE_OK);
	for (size_t i = 0; i < p.n; i++)
		f->edit(f->arg, &p.v[i], m);
	f->edit(f->arg, NULL, m);
	isakmp_end(m);
}

/* Into out; the length. */
static size_t rewrite(struct rewrite *f, const struct ike_sa *sa,
	struct span whole, uint8_t *out)
{
	struct isakmp_wr m;
	struct isakmp_hdr h;
	size_t n = whole.n - ISAKMP_HDR;
	auto_free uint8_t *clear = xmemdup(whole.p + ISAKMP_HDR, n);

	assert(isakmp_hdr_read(whole, &h) == WIRE_OK && h.mid == 0);
	bool sealed = (h.flags & ISAKMP_FLAG_E) != 0;

	if (sealed)
		assert(cbc_decrypt(sa->keys.cipher, sa->keys.key, sa->iv,
			       clear, n) == 0);
	isakmp_wr_begin(&m, out, REWRITE_MAX, &h);
	payloads_edit(f, SPAN(clear, n), &h, &m);
	size_t over = sealed ? (m.w.len - ISAKMP_HDR) % sa->keys.cipher->block
			     : 0;

	if (over != 0)
		wr_zero(&m.w, sa->keys.cipher->block - over);
	n = isakmp_wr_end(&m).n;
	assert(n > 0);
	if (sealed)
		assert(cbc_encrypt(sa->keys.cipher, sa->keys.key, sa->iv,
			       out + ISAKMP_HDR, n - ISAKMP_HDR) == 0);
	return n;
}

bool pass_rewritten(struct world *w, struct packet *p)
{
	struct rewrite *f = w->arg;

	if (++f->seen != f->victim)
		return true;
	uint8_t *out = xcalloc(1, REWRITE_MAX);
	size_t n = rewrite(f, receiver(w, p), p->data, out);

	free((void *)(uintptr_t)p->data.p);
	p->data = SPAN(out, n);
	return true;
}
