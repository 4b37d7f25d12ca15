/* ISAKMP header, chain and attributes: RFC 2408 3 and the vectors. */
#include "gdoi/isakmp.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <stdlib.h>
#include <string.h>

static void header_of_a_vector(void **state)
{
	struct span d = vec_hex("phase1_sha1.main_mode_messages.0");
	struct isakmp_hdr h;

	(void)state;
	assert_int_equal(isakmp_hdr_read(d, &h), WIRE_OK);
	assert_memory_equal(h.cky_i, "\x11\x11\x11\x11\x11\x11\x11\x01", 8);
	assert_int_equal(h.next, PLD_SA);
	assert_int_equal(h.version, 0x10);
	assert_int_equal(h.exchange, XCHG_MAIN);
	assert_int_equal(h.flags, 0);
	assert_int_equal(h.mid, 0);
	assert_int_equal(h.length, 104);
}

static void header_lies_are_refused(void **state)
{
	struct span d = vec_hex("phase1_sha1.main_mode_messages.0");
	uint8_t buf[200] = { 0 };
	struct isakmp_hdr h;

	(void)state;
	memcpy(buf, d.p, d.n);
	for (size_t n = 0; n < ISAKMP_HDR; n++)
		assert_int_equal(
			isakmp_hdr_read(SPAN(buf, n), &h), WIRE_TRUNCATED);
	assert_int_equal(isakmp_hdr_read(SPAN(buf, d.n - 1), &h), WIRE_LENGTH);
	assert_int_equal(isakmp_hdr_read(SPAN(buf, d.n + 1), &h), WIRE_LENGTH);
	buf[17] = 0x20;
	assert_int_equal(isakmp_hdr_read(SPAN(buf, d.n), &h), WIRE_VERSION);
}

static void chain_of_a_vector(void **state)
{
	struct span d = vec_hex("phase1_sha1.main_mode_messages.2");
	struct payloads p;

	(void)state;
	assert_int_equal(isakmp_split(SPAN(d.p + ISAKMP_HDR, d.n - ISAKMP_HDR),
				 PLD_KE, &p),
		WIRE_OK);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.v[1].type, PLD_NONCE);
	assert_int_equal(rd_left(&p.v[0].body), 128);
	assert_int_equal(p.v[1].whole.n, 24);
	assert_int_equal(p.all.n, d.n - ISAKMP_HDR);
	assert_ptr_equal(payload_get(&p, PLD_NONCE), &p.v[1]);
	assert_null(payload_get(&p, PLD_SA));
	assert_int_equal(payload_count(&p, PLD_KE), 1);
}

/* Padding is what follows the chain, whatever its bytes and length. */
static void padding_is_left_over(void **state)
{
	struct span d = hex("0a00000501"
			    "00000006aabb"
			    "ffffffffffff");
	struct payloads p;

	(void)state;
	assert_int_equal(isakmp_split(d, PLD_HASH, &p), WIRE_OK);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.all.n, 11);
}

static void bad_chains_have_names(void **state)
{
	static const struct {
		const char *text;
		enum wire_err want;
	} cases[] = {
		{ "", WIRE_TRUNCATED }, { "000000", WIRE_TRUNCATED },
		{ "00000003", WIRE_TRUNCATED }, /* shorter than its header */
		{ "00000000", WIRE_TRUNCATED }, /* would never end */
		{ "00000005", WIRE_TRUNCATED }, /* beyond the end */
		{ "00010004", WIRE_RESERVED },
		{ "0d000004", WIRE_TRUNCATED }, /* a next that is not there */
	};
	struct payloads p;
	uint8_t many[4 * (PAYLOADS_MAX + 1)];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(isakmp_split(hex(cases[i].text), PLD_VID, &p),
			cases[i].want);
	for (size_t i = 0; i < sizeof many; i += 4)
		memcpy(many + i, "\x0d\x00\x00\x04", 4);
	assert_int_equal(isakmp_split(SPAN(many, sizeof many), PLD_VID, &p),
		WIRE_TOO_MANY);
	assert_int_equal(isakmp_split(hex("ffff"), PLD_NONE, &p), WIRE_OK);
	assert_int_equal(p.n, 0);
}

static void writer_makes_the_vector(void **state)
{
	struct span want = vec_hex("phase1_sha1.main_mode_messages.2");
	struct span ke = vec_hex("phase1_sha1.g_xi");
	struct span ni = vec_hex("phase1_sha1.inputs.nonce_i");
	uint8_t buf[256];
	struct isakmp_hdr h;
	struct isakmp_wr m;

	(void)state;
	isakmp_hdr_read(want, &h);
	isakmp_wr_begin(&m, buf, sizeof buf, &h);
	isakmp_put(&m, PLD_KE, ke.p, ke.n);
	isakmp_begin(&m, PLD_NONCE); /* closed by the end of the message */
	wr_span(&m.w, ni);
	assert_span_equal(isakmp_wr_end(&m), want);
	assert_int_equal(isakmp_chain_first(&m), PLD_KE);
	/* One octet less room: nothing comes out. */
	isakmp_wr_begin(&m, buf, want.n - 1, &h);
	isakmp_put(&m, PLD_KE, ke.p, ke.n);
	isakmp_put(&m, PLD_NONCE, ni.p, ni.n);
	assert_int_equal(isakmp_wr_end(&m).n, 0);
}

static void bare_chain_keeps_its_first_type(void **state)
{
	uint8_t buf[64];
	struct isakmp_wr m;

	(void)state;
	isakmp_chain_begin(&m, buf, sizeof buf);
	assert_int_equal(isakmp_chain_first(&m), PLD_NONE);
	isakmp_put(&m, PLD_SEQ, "\0\0\0\7", 4);
	isakmp_put(&m, PLD_KD, "\0\0\0\0", 4);
	assert_span_equal(isakmp_wr_end(&m), hex("1100000800000007"
						 "0000000800000000"));
	assert_int_equal(isakmp_chain_first(&m), PLD_SEQ);
}

static void a_payload_longer_than_its_length_field_is_refused(void **state)
{
	auto_free uint8_t *big = xcalloc(1, 140000);
	struct isakmp_wr m;

	(void)state;
	isakmp_chain_begin(&m, big, 70000);
	isakmp_put(&m, PLD_KD, big + 70000, 65532);
	assert_int_equal(isakmp_wr_end(&m).n, 0);
	isakmp_chain_begin(&m, big, 70000);
	isakmp_put(&m, PLD_KD, big + 70000, 65531);
	assert_int_equal(isakmp_wr_end(&m).n, 65535);
}

static void attributes_in_either_form(void **state)
{
	struct span d = hex("80010005"
			    "000c000400015180"
			    "000b00020001"
			    "0001000800000000000000ff"
			    "00020005ffffffffff"
			    "00030000");
	struct rd r = rd_span(d);
	struct attr a;

	(void)state;
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(a.tv && a.is_num && a.type == 1 && a.num == 5);
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(!a.tv && a.is_num && a.type == 12 && a.num == 86400);
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(a.is_num && a.type == 11 && a.num == 1);
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(a.is_num && a.num == 255); /* zeros in front */
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(!a.is_num && a.num == 0 && a.bytes.n == 5);
	assert_int_equal(attr_read(&r, &a), 1);
	assert_true(!a.is_num && a.bytes.n == 0);
	assert_int_equal(attr_read(&r, &a), 0);
}

static void bad_attributes_are_malformed(void **state)
{
	static const char *const cases[] = { "80", "800100", "0001", "000100",
		"0001000401", "0001ffff00" };
	struct attr a;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rd r = rd_span(hex(cases[i]));

		assert_int_equal(attr_read(&r, &a), -1);
		assert_int_equal(attr_read(&r, &a), -1); /* and stays so */
	}
}

static void attributes_are_written(void **state)
{
	uint8_t buf[32];
	struct wr w = wr_init(buf, sizeof buf);

	(void)state;
	attr_put_tv(&w, 14, 256);
	attr_put_u32(&w, 12, 86400);
	attr_put_bytes(&w, 1, "ab", 2);
	assert_span_equal(wr_done(&w), hex("800e0100"
					   "000c000400015180"
					   "000100026162"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_of_a_vector),
		cmocka_unit_test(header_lies_are_refused),
		cmocka_unit_test(chain_of_a_vector),
		cmocka_unit_test(padding_is_left_over),
		cmocka_unit_test(bad_chains_have_names),
		cmocka_unit_test(writer_makes_the_vector),
		cmocka_unit_test(bare_chain_keeps_its_first_type),
		cmocka_unit_test(
			a_payload_longer_than_its_length_field_is_refused),
		cmocka_unit_test(attributes_in_either_form),
		cmocka_unit_test(bad_attributes_are_malformed),
		cmocka_unit_test(attributes_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
