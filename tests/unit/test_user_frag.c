/* Fragments come together again as the packet they were; options and nonsense. */
#include "base/mem.h"
#include "dataplane/user_frag.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t sum_of(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static size_t packet(
	uint8_t *p, const uint8_t *options, size_t options_n, size_t payload)
{
	size_t hdr = 20 + options_n, n = hdr + payload;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 13 + i / 256);
	p[0] = (uint8_t)(0x40 | hdr / 4);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	p[6] = p[7] = 0;
	if (options_n)
		memcpy(p + 20, options, options_n);
	return n;
}

static void together(size_t options_n, size_t payload, size_t mtu, uint32_t field)
{
	static const uint8_t options[8] = { 1, 0x83, 3, 4, 7, 3, 4, 0 };
	uint8_t p[9000], all[9000];
	size_t n = packet(p, options, options_n, payload), at = 0, f_n;
	struct frag f;
	bool last = false;

	p[6] = (uint8_t)(field >> 8);
	p[7] = (uint8_t)field;
	assert_true(frag_begin(&f, p, n, mtu));
	while ((f_n = frag_next(&f))) {
		uint8_t *out = malloc(f_n);
		size_t hdr;

		assert_false(last);
		assert_true(f_n <= mtu);
		frag_take(&f, out);
		hdr = (out[0] & 0xfu) * 4u;
		assert_int_equal(be16(out + 2), f_n);
		assert_int_equal(sum_of(out, hdr), 0xffff);
		assert_memory_equal(out + 4, p + 4, 2);
		assert_memory_equal(out + 8, p + 8, 2);
		assert_memory_equal(out + 12, p + 12, 8);
		assert_int_equal(be16(out + 6) & 0x1fff,
			(field & 0x1fff) + at / 8);
		assert_int_equal(be16(out + 6) & 0x4000, field & 0x4000);
		memcpy(all + at, out + hdr, f_n - hdr);
		at += f_n - hdr;
		last = at == payload;
		if (!last)
			assert_int_equal((f_n - hdr) % 8, 0);
		assert_int_equal(be16(out + 6) & 0x2000,
			last ? field & 0x2000 : 0x2000);
		free(out);
	}
	assert_true(last);
	assert_memory_equal(all, p + n - payload, payload);
}

static void whole(void **state)
{
	(void)state;
	together(0, 3000, 1446, 0);
	together(0, 1426, 1446, 0);
	together(0, 1427, 1446, 0);
	together(8, 4000, 700, 0);
	together(0, 100, 28, 0);
	together(0, 1480, 1446, 0x2000 | 185); /* a fragment again */
	together(0, 1480, 1446, 185);
	together(0, 2000, 1446, 0x4000); /* DF was overruled */
}

/* Of NOP, an option to be copied, one that is not: the copied one stays. */
static void options_copied(void **state)
{
	static const uint8_t options[8] = { 1, 0x83, 3, 4, 7, 3, 4, 0 };
	static const uint8_t copied[4] = { 0x83, 3, 4, 0 };
	uint8_t p[200], out[200];
	size_t n = packet(p, options, 8, 100);
	struct frag f;

	(void)state;
	assert_true(frag_begin(&f, p, n, 60));
	frag_take(&f, out);
	assert_int_equal(out[0], 0x47);
	frag_take(&f, out);
	assert_int_equal(out[0], 0x46);
	assert_memory_equal(out + 20, copied, 4);
}

static void refused(void **state)
{
	uint8_t p[100];
	size_t n = packet(p, NULL, 0, 80);
	struct frag f;

	(void)state;
	assert_false(frag_begin(&f, p, n, 27));
	assert_false(frag_begin(&f, p, 19, 1000));
	p[0] = 0x44;
	assert_false(frag_begin(&f, p, n, 1000));
	p[0] = 0x65;
	assert_false(frag_begin(&f, p, n, 1000));
	p[0] = 0x45;
	p[6] = 0x1f; /* beyond the last possible offset */
	p[7] = 0xff;
	assert_false(frag_begin(&f, p, n, 1000));
}

static void needed(void **state)
{
	uint8_t p[2000], out[NEEDED_BYTES];
	size_t n = packet(p, NULL, 0, 1480);

	(void)state;
	p[9] = 6;
	p[12] = 10;
	p[16] = 10;
	assert_int_equal(frag_needed(out, p, n, 1446), 8 + 28);
	assert_int_equal(out[0], 3);
	assert_int_equal(out[1], 4);
	assert_int_equal(be16(out + 6), 1446);
	assert_memory_equal(out + 8, p, 28);
	assert_int_equal(sum_of(out, 36), 0xffff);
	p[9] = 1;
	p[20] = 8;
	assert_true(frag_needed(out, p, n, 1446) > 0);
	p[20] = 3; /* an error itself */
	assert_int_equal(frag_needed(out, p, n, 1446), 0);
	p[9] = 17;
	p[16] = 239;
	assert_int_equal(frag_needed(out, p, n, 1446), 0);
	p[16] = 10;
	p[7] = 5;
	assert_int_equal(frag_needed(out, p, n, 1446), 0);
	p[7] = 0;
	p[12] = 0;
	assert_int_equal(frag_needed(out, p, n, 1446), 0);
}

static void nonsense(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)rand_r(&seed) % 200;
		size_t mtu = (size_t)rand_r(&seed) % 150, f_n;
		uint8_t *p = malloc(n + 1), told[NEEDED_BYTES];
		struct frag f;

		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)rand_r(&seed);
		if (n)
			p[0] = (uint8_t)(0x40 | p[0] % 16);
		if (n > 6)
			p[6] &= 0x6f;
		p = realloc(p, n ? n : 1);
		(void)frag_needed(told, p, n, 1000);
		if (frag_begin(&f, p, n, mtu))
			while ((f_n = frag_next(&f))) {
				uint8_t *out = malloc(f_n);

				assert_true(f_n <= mtu);
				frag_take(&f, out);
				free(out);
			}
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(options_copied),
		cmocka_unit_test(refused),
		cmocka_unit_test(needed),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
