/* IPv4 fragmentation. */
#include "dataplane/user_frag.h"
#include "dataplane/csum.h"
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define HDR         20u
#define DF          0x4000
#define MF          0x2000
#define OFFSET      0x1fff
#define OPTION_END  0
#define OPTION_NOP  1
#define OPTION_COPY 0x80

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return ntohs(v);
}

static void put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, sizeof(v));
}

static size_t header_bytes(const uint8_t *p, size_t n)
{
	size_t hdr = n >= HDR ? (p[0] & 0xfu) * 4u : 0;

	return hdr >= HDR && hdr <= n && p[0] >> 4 == 4 ? hdr : 0;
}

bool ip4_has_df(const uint8_t *p)
{
	return get16(p + 6) & DF;
}

/* The header of the other fragments has those options only that say so. */
static void rest_make(struct frag *f)
{
	const uint8_t *o = f->p + HDR, *end = f->p + f->hdr;

	memcpy(f->rest, f->p, HDR);
	f->rest_n = HDR;
	while (o < end && *o != OPTION_END) {
		size_t len = *o == OPTION_NOP ? 1
			     : end - o > 1    ? o[1]
					      : 0;

		if (len < 1 || len > (size_t)(end - o) ||
			(len < 2 && *o != OPTION_NOP))
			break;
		if (*o & OPTION_COPY) {
			memcpy(f->rest + f->rest_n, o, len);
			f->rest_n += len;
		}
		o += len;
	}
	while (f->rest_n % 4)
		f->rest[f->rest_n++] = OPTION_END;
	f->rest[0] = (uint8_t)(0x40 | f->rest_n / 4);
}

bool frag_begin(struct frag *f, const uint8_t *p, size_t n, size_t mtu)
{
	*f = (struct frag){ .p = p, .n = n, .mtu = mtu };
	f->hdr = header_bytes(p, n);
	if (!f->hdr || f->hdr + 8 > mtu)
		return false;
	f->field = get16(p + 6);
	if ((f->field & OFFSET) + (n - f->hdr) / 8 > OFFSET)
		return false;
	rest_make(f);
	return true;
}

static size_t header_next(const struct frag *f)
{
	return f->at ? f->rest_n : f->hdr;
}

static size_t payload_next(const struct frag *f)
{
	size_t left = f->n - f->hdr - f->at, room = f->mtu - header_next(f);

	return left <= room ? left : room & ~(size_t)7;
}

size_t frag_next(const struct frag *f)
{
	size_t payload = payload_next(f);

	return payload ? header_next(f) + payload : 0;
}

void frag_take(struct frag *f, uint8_t *out)
{
	size_t hdr = header_next(f), payload = payload_next(f);
	bool last = f->hdr + f->at + payload == f->n;
	uint16_t field = (uint16_t)(f->field + f->at / 8);

	memcpy(out, f->at ? f->rest : f->p, hdr);
	memcpy(out + hdr, f->p + f->hdr + f->at, payload);
	put16(out + 2, (uint16_t)(hdr + payload));
	put16(out + 6, last ? field : field | MF);
	put16(out + 10, 0);
	csum_put(out + 10, csum_add(0, out, hdr));
	f->at += payload;
}

/* Not about errors, all but the first fragment, or what did not come from one
 * host or go to one (RFC 1122 3.2.2). */
static bool may_be_told(const uint8_t *p, size_t n, size_t hdr)
{
	uint8_t src = p[12], dst = p[16];

	if (get16(p + 6) & OFFSET || src == 0 || src >= 224 || dst >= 224)
		return false;
	if (p[9] != IPPROTO_ICMP)
		return true;
	return n > hdr && (p[hdr] == ICMP_ECHO || p[hdr] == ICMP_ECHOREPLY);
}

size_t frag_needed(
	uint8_t out[NEEDED_BYTES], const uint8_t *p, size_t n, uint16_t mtu)
{
	size_t hdr = header_bytes(p, n), quote = hdr + 8 < n ? hdr + 8 : n;

	if (!hdr || !may_be_told(p, n, hdr))
		return 0;
	memset(out, 0, 8);
	out[0] = ICMP_DEST_UNREACH;
	out[1] = ICMP_FRAG_NEEDED;
	put16(out + 6, mtu);
	memcpy(out + 8, p, quote);
	csum_put(out + 2, csum_add(0, out, 8 + quote));
	return 8 + quote;
}
