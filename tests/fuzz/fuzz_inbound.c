/* All of the inbound way without its sockets: SPI lookup, opening, stamp,
 * admission, ECN, coalescing, what is written to the TUN.  The input is
 * packets, as from the wire or sealed here with the keys that the other side
 * has, then perhaps damaged.  Each packet taken is written or counted as
 * dropped, exactly once; what is written makes sense; and both libraries do the
 * same. */
#include <sys/uio.h>
static ssize_t tun_writev(int fd, const struct iovec *iov, int n);
/* No clock, so that an input does the same each time. */
#define worker_now_ms  now_ms
#define worker_wall_ms wall_ms
#define writev         tun_writev
#include "dataplane/user_in.c" /* its functions are its own */
#undef writev
#include "dataplane/csum.h"
#include <linux/virtio_net.h>

#define AT_ONCE 64
#define LEN_MAX 2047
#define IFINDEX 7
#define SLOTS   16 /* of the SPI table */
#define TIME_MS UINT64_C(1000000000)
#define WINDOW  5000
#define STAMPED SUITES /* SPIs of the same suites with stamps */
#define SUITES  5
#define FNV     UINT64_C(0x100000001b3)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct esp_suite suites[SUITES] = {
	{ ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 },
	{ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
	{ ESP_CIPHER_AES_CBC, ESP_AUTH_NONE, 256 },
	{ ESP_CIPHER_AES_GMAC, ESP_AUTH_NONE, 192 },
	{ ESP_CIPHER_NULL, ESP_AUTH_SHA256, 0 },
};

/* A packet of the input. */
enum { AS_IS = 0, INNER = 1, PAYLOAD = 2, DAMAGED = 3 };
#define MANNER     0x03
#define OTHER_NEXT 0x04 /* than the SA's */
#define OTHER_TOS  0x08 /* outer, than the inner */
#define OTHER_ADDR 0x10
#define LAST       0x20 /* of a batch */
#define STALE      0x40
#define REPAIRED   0x80 /* lengths and checksums of the inner packet */
struct record {
	uint8_t how, sa, arg, arg2;
	const uint8_t *p;
	size_t n;
};

struct side {
	struct user_crypto by;
	struct esp_mb *seal_by;
	struct sa_seqs seqs;
	struct workers workers;
	struct worker worker;
	struct world world;
	struct user_group group;
	struct world_sa table[SLOTS];
	struct user_sa *sa[2 * SUITES];
	struct esp_ctx *seal[2 * SUITES];
	struct ace aces[2];
	struct acl policy;
	struct in_io *io;
	uint64_t written, taken, dummies; /* written: a digest */
};
static struct side *writing;

uint64_t now_ms(void)
{
	return UINT64_C(1000000);
}

uint64_t wall_ms(void)
{
	return UINT64_C(1700000000000);
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- the TUN ---- */

static uint64_t digest(uint64_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * FNV;
	return sum;
}

/* A virtio header, then one packet whose header tells its length. */
static ssize_t tun_writev(int fd, const struct iovec *iov, int n)
{
	struct virtio_net_hdr h;
	const uint8_t *ip = iov[1].iov_base;
	size_t total = 0;

	(void)fd;
	must(n >= 2 && n <= GRO_IOVS && iov[0].iov_len == sizeof(h));
	memcpy(&h, iov[0].iov_base, sizeof(h));
	for (int i = 1; i < n; i++) {
		total += iov[i].iov_len;
		writing->written = digest(
			writing->written, iov[i].iov_base, iov[i].iov_len);
	}
	must(iov[1].iov_len >= IP4_HDR && ip[0] >> 4 == 4);
	must(((size_t)ip[2] << 8 | ip[3]) == total);
	must(h.gso_type == VIRTIO_NET_HDR_GSO_NONE ? n == 2 || total < GRO_BYTES
						   : h.gso_size > 0);
	if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		must(h.csum_start + h.csum_offset + 2u <= total);
	return (ssize_t)(total + sizeof(h));
}

/* ---- both ends of the SAs ---- */

static void sa_make(struct side *s, size_t i)
{
	const struct esp_suite *suite = &suites[i % SUITES];
	struct dp_sa in = { .spi = (uint32_t)(256 + i),
		.suite = *suite,
		.enc.n = (uint8_t)esp_key_bytes(suite),
		.auth.n = (uint8_t)esp_auth_key_bytes(suite),
		.sid_bits = 8,
		.sid = 1 };
	size_t slot = in.spi & s->world.sa_mask;

	if (i >= STAMPED) {
		in.stamp = i & 1 ? DP_STAMP_TBAR : DP_STAMP_D3P;
		in.window_ms = WINDOW;
	}
	s->sa[i] = user_sa_new(&s->seqs, &in, false, 1, &s->by);
	s->seal[i] = esp_ctx_new(s->seal_by, suite, &in.enc, &in.auth, true);
	must(s->sa[i] && s->seal[i]);
	while (s->table[slot].spi)
		slot = (slot + 1) & s->world.sa_mask;
	s->table[slot] =
		(struct world_sa){ in.spi, s->sa[i], &s->world.group[0] };
}

static struct side *side_new(struct esp_mb *in, struct esp_mb *out)
{
	struct side *s = xcalloc(1, sizeof(*s));

	s->by.in[0] = in;
	s->seal_by = out;
	TAILQ_INIT(&s->seqs.list);
	s->aces[0] = ace_any(false);
	s->aces[0].proto = 2;
	s->aces[1] = ace_any(true);
	s->policy = (struct acl){ .v = s->aces, .n = 2 };
	s->world = (struct world){
		.n_groups = 1, .sa_mask = SLOTS - 1, .sa = s->table
	};
	s->world.group[0] = (struct world_group){ .g = &s->group,
		.policy = &s->policy,
		.policy_in = &s->policy,
		.tun = { 0 },
		.ifindex = IFINDEX,
		.tun_udp = true };
	for (size_t i = 0; i < 2 * SUITES; i++)
		sa_make(s, i);
	s->workers.trouble = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->worker = (struct worker){
		.all = &s->workers, .queue = 0, .world = &s->world
	};
	s->io = in_io_new(&s->worker);
	return s;
}

/* ---- making packets ---- */

static uint64_t my_time(struct side *s, const struct user_sa *sa)
{
	return stamp_time(sa, &s->group, now_ms());
}

static void repair(uint8_t *p, size_t n)
{
	size_t at = p[9] == IPPROTO_TCP ? 16 : 6;
	uint64_t sum = 0;

	p[0] = 0x45;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	p[10] = p[11] = 0;
	csum_put(p + 10, csum_add(0, p, IP4_HDR));
	if ((p[9] != IPPROTO_TCP && p[9] != IPPROTO_UDP) ||
		n < IP4_HDR + at + 4)
		return;
	p += IP4_HDR;
	n -= IP4_HDR;
	if (at == 6) {
		p[4] = (uint8_t)(n >> 8);
		p[5] = (uint8_t)n;
	}
	p[at] = p[at + 1] = 0;
	sum = csum_add16(
		csum_add(csum_add16(0, p[-11]), p - 8, 8), (uint16_t)n);
	csum_put_nonzero(p + at, csum_add(sum, p, n));
}

/* Seals a record; gives a buffer that ends where the packet does. */
static uint8_t *sealed(
	struct side *s, const struct record *r, uint8_t iv_seed, size_t *n)
{
	size_t i = r->sa % (2 * SUITES), manner = r->how & MANNER;
	bool stamp = i >= STAMPED && manner != PAYLOAD;
	uint8_t room[ESP_HEAD_MAX + TBAR_BYTES + LEN_MAX + ESP_TAIL_MAX];
	uint8_t iv[ESP_IV_MAX] = { iv_seed }, *inner, *out;
	uint8_t like[IP4_HDR] = { 0x45, 0 };
	struct esp_ctx *c = s->seal[i];
	size_t len = r->n, esp;

	inner = room + ESP_HEAD_MAX + TBAR_BYTES;
	memcpy(inner, r->p, len);
	if (r->how & REPAIRED && len >= IP4_HDR)
		repair(inner, len);
	if (len >= IP4_HDR)
		memcpy(like, inner, IP4_HDR);
	else if (manner == PAYLOAD && len >= TBAR_BYTES + IP4_HDR)
		memcpy(like, inner + TBAR_BYTES, IP4_HDR);
	if (stamp) {
		inner -= TBAR_BYTES;
		len += TBAR_BYTES;
		tbar_put(s->sa[i]->stamp, inner,
			my_time(s, s->sa[i]) -
				(r->how & STALE ? 2 * WINDOW : 0));
	}
	esp_ctx_next(c, r->how & OTHER_NEXT ? r->arg
			: i >= STAMPED      ? TBAR_NEXT
					    : 4);
	esp = esp_seal(c, s->sa[i]->spi, 1, iv, inner, len);
	must(esp > 0);
	*n = IP4_HDR + esp;
	out = malloc(*n);
	if (r->how & OTHER_TOS)
		like[1] = r->arg2;
	if (r->how & OTHER_ADDR)
		like[12 + r->arg % 8] ^= r->arg2;
	esp_outer(out, like, 1, ESP_DF_COPY, esp);
	memcpy(out + IP4_HDR, inner - esp_ctx_head(c), esp);
	if (manner == DAMAGED)
		out[IP4_HDR + (r->arg | r->arg2 << 8) % esp] ^= 0x55;
	return out;
}

/* ---- the way in ---- */

static void batch_go(struct side *s, uint8_t **held, size_t *n_held)
{
	struct in_io *io = s->io;
	size_t n = io->n;

	packets_go(io);
	for (size_t i = 0; i < n; i++)
		s->dummies += io->job[i].result == ESP_DUMMY;
	while (*n_held > 0)
		free(held[--*n_held]);
}

static void record_take(
	struct side *s, const struct record *r, uint8_t **held, size_t *n_held)
{
	size_t n = r->n;
	const struct world_sa *sa;
	uint8_t *p;

	if ((r->how & MANNER) == AS_IS) {
		p = malloc(n ? n : 1);
		memcpy(p, r->p, n);
	} else {
		p = sealed(s, r, (uint8_t)*n_held, &n);
	}
	held[(*n_held)++] = p;
	sa = packet_sa(s->io, p, n, r->how & LAST ? IFINDEX : 0);
	if (r->arg & 1 && sa)
		packet_note(s->io, sa, p, n); /* as from the raw socket */
	else if (sa)
		frame_note(s->io, p, n, IFINDEX);
	s->taken += sa != NULL;
}

static bool record_next(const uint8_t **data, size_t *n, struct record *r)
{
	const uint8_t *p = *data;

	if (*n < 6)
		return false;
	*r = (struct record){ p[0], p[1], p[4], p[5], p + 6,
		((size_t)p[2] << 8 | p[3]) & LEN_MAX };
	*n -= 6;
	r->n = r->n < *n ? r->n : *n;
	*n -= r->n;
	*data = p + 6 + r->n;
	return true;
}

static void run(struct side *s, const uint8_t *data, size_t n)
{
	uint8_t *held[AT_ONCE];
	size_t n_held = 0;
	struct record r;

	writing = s;
	while (record_next(&data, &n, &r)) {
		record_take(s, &r, held, &n_held);
		if (r.how & LAST || n_held == AT_ONCE)
			batch_go(s, held, &n_held);
	}
	batch_go(s, held, &n_held);
}

static uint64_t accounted(const struct side *s)
{
	uint64_t sum = s->group.decrypt + s->dummies;

	for (size_t i = 0; i < DP_N_DROPS; i++)
		sum += s->group.drops[i];
	return sum;
}

static void reset(struct side *s)
{
	memset(s->group.drops, 0, sizeof(s->group.drops));
	s->group.decrypt = s->written = s->taken = s->dummies = 0;
	s->group.clock.offset_ms = (int64_t)(TIME_MS - worker_now_ms());
}

static void same(const struct side *a, const struct side *b)
{
	must(a->written == b->written && a->taken == b->taken);
	must(a->group.decrypt == b->group.decrypt);
	for (size_t i = 0; i < DP_N_DROPS; i++)
		must(a->group.drops[i] == b->group.drops[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct side *openssl, *mb;

	if (!openssl) {
		openssl = side_new(NULL, NULL);
		if (!esp_mb_missing())
			mb = side_new(esp_mb_new(), esp_mb_new());
	}
	reset(openssl);
	run(openssl, data, n);
	must(accounted(openssl) == openssl->taken);
	if (!mb)
		return 0;
	reset(mb);
	run(mb, data, n);
	same(openssl, mb);
	return 0;
}
