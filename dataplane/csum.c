/* Internet checksums. */
#include "dataplane/csum.h"
#include <arpa/inet.h>
#include <string.h>

static uint64_t word32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Four sums, so that no addition waits for the one before. */
uint64_t csum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t s1 = 0, s2 = 0, s3 = 0;
	uint16_t half;

	for (; n >= 16; n -= 16, p += 16) {
		sum += word32(p);
		s1 += word32(p + 4);
		s2 += word32(p + 8);
		s3 += word32(p + 12);
	}
	sum += s1 + s2 + s3;
	for (; n >= 2; n -= 2, p += 2) {
		memcpy(&half, p, sizeof(half));
		sum += half;
	}
	if (n) {
		const uint8_t last[2] = { *p, 0 };

		memcpy(&half, last, sizeof(half));
		sum += half;
	}
	return sum;
}

uint64_t csum_add16(uint64_t sum, uint16_t v)
{
	return sum + htons(v);
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void csum_put(uint8_t out[2], uint64_t sum)
{
	uint16_t v = fold(sum);

	memcpy(out, &v, sizeof(v));
}

void csum_put_nonzero(uint8_t out[2], uint64_t sum)
{
	uint16_t v = fold(sum);

	if (!v)
		v = UINT16_MAX;
	memcpy(out, &v, sizeof(v));
}
