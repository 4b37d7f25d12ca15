/* GDOI payloads: the vectors in every form found in the wild, the limits, and
 * what only our own systems tell each other. */
#include "gdoi/gdoi_wire.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Body of the payload that was written. */
static struct span body_of(struct isakmp_wr *m)
{
	struct span s = isakmp_wr_end(m);

	assert_true(s.n >= PLD_HDR);
	return SPAN(s.p + PLD_HDR, s.n - PLD_HDR);
}

static void check_sak(const struct sak *s)
{
	assert_memory_equal(s->spi, vec_hex("push.kek_spi").p, KEK_SPI_BYTES);
	assert_int_equal(ip_u32(&s->src), 0xc0000201);
	assert_int_equal(ip_u32(&s->dst), 0xef010101);
	assert_int_equal(s->src_port, 848);
	assert_int_equal(s->dst_port, 848);
	assert_int_equal(s->cipher, CIPHER_AES128);
	assert_int_equal(s->life_secs, 86400);
	assert_int_equal(s->sig_hash, HASH_SHA256);
	assert_int_equal(s->sig_alg, 1);
	assert_int_equal(s->sig_key_bits, 2048);
	assert_int_equal(s->ack, 1);
}

static void check_sat(const struct sat *s, uint32_t spi, uint32_t src,
	uint32_t dst, const struct esp_suite *suite)
{
	assert_int_equal(s->spi, spi);
	assert_int_equal(s->src.addr, src);
	assert_int_equal(s->src.wild, 0xffff);
	assert_int_equal(s->dst.addr, dst);
	assert_int_equal(s->dst.wild, 0xffff);
	assert_true(esp_suite_equal(&s->suite, suite));
	assert_int_equal(s->life_secs, 3540);
	assert_int_equal(s->preservation, 4);
	assert_int_equal(s->direction, 3);
	assert_int_equal(s->ip_proto, 0);
	assert_int_equal(s->src_port, 0);
	assert_false(s->transport_mode);
}

static const struct esp_suite cbc = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256,
	128 };
static const struct esp_suite gcm = { ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 128 };

static void every_form_reads_alike(void **state)
{
	static const char *const forms[] = { "id_length_1_octet",
		"sat_length_2_octets", "sak_and_sat_length_2_octets",
		"gdoid_style" };

	(void)state;
	for (size_t i = 0; i < N(forms); i++) {
		struct span b = vec_hex("sa_payload_variants.%s", forms[i]);
		struct gdoi_sa sa;

		assert_int_equal(gdoi_sa_read(rd_span(b), &sa), WIRE_OK);
		assert_true(sa.has_sak);
		check_sak(&sa.sak);
		assert_true(sa.has_gap);
		assert_int_equal(sa.atd_secs, 30);
		assert_int_equal(sa.dtd_secs, 60);
		assert_int_equal(sa.n_sats, 3);
		assert_int_equal(sa.skipped_sats, 0);
		check_sat(&sa.sat[0], 0x00c0de01, 0x0a010000, 0x0a020000, &cbc);
		check_sat(&sa.sat[1], 0x00c0de01, 0x0a020000, 0x0a010000, &cbc);
		check_sat(&sa.sat[2], 0x00c0de02, 0x0a010000, 0x0a010000, &gcm);
		assert_int_equal(sa.n_acls, 0);
		gdoi_sa_free(&sa);
	}
}

/* The vectors' SATs tell the defaults 14 and 15 in full, except the last; we
 * leave them out, so the bytes agree up to the GAP and from the last SAT. */
static void written_in_the_form_of_the_rfc(void **state)
{
	struct span want = vec_hex("sa_payload_variants.id_length_1_octet");
	size_t head = 12 + 73 + 12, tail = 55;
	uint8_t buf[600];
	struct isakmp_wr m;
	struct gdoi_sa sa;

	(void)state;
	assert_int_equal(gdoi_sa_read(rd_span(want), &sa), WIRE_OK);
	isakmp_chain_begin(&m, buf, sizeof buf);
	gdoi_sa_put(&m, &sa, false);
	struct span got = body_of(&m);

	assert_memory_equal(got.p, want.p, head);
	assert_int_equal(got.n, want.n - 4 * 4);
	assert_memory_equal(got.p + got.n - tail, want.p + want.n - tail, tail);
	gdoi_sa_free(&sa);
	assert_int_equal(gdoi_sa_read(rd_span(got), &sa), WIRE_OK);
	assert_int_equal(sa.n_sats, 3);
	check_sat(&sa.sat[1], 0x00c0de01, 0x0a020000, 0x0a010000, &cbc);
	gdoi_sa_free(&sa);
}

/* As some peers read it: the vectors again up to the GAP and from the last
 * SAT. */
static void written_by_other_habits(void **state)
{
	static const struct {
		const char *form;
		struct sa_habit habit;
		size_t sak, last_sat;
	} t[] = { { "sat_length_2_octets", { .wide_sat_ids = true }, 73, 57 },
		{ "gdoid_style", { .long_reserved = true }, 75, 55 } };

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		struct span want = vec_hex("sa_payload_variants.%s", t[i].form);
		uint8_t buf[600];
		struct isakmp_wr m;
		struct gdoi_sa sa;

		assert_int_equal(gdoi_sa_read(rd_span(want), &sa), WIRE_OK);
		sa.habit = t[i].habit;
		isakmp_chain_begin(&m, buf, sizeof buf);
		gdoi_sa_put(&m, &sa, false);
		struct span got = body_of(&m);

		assert_memory_equal(got.p, want.p, 12 + t[i].sak + 12);
		assert_memory_equal(got.p + got.n - t[i].last_sat,
			want.p + want.n - t[i].last_sat, t[i].last_sat);
		gdoi_sa_free(&sa);
	}
}

/* Replaces `from` by `to` (same length) in the RFC-form vector. */
static enum wire_err edited(
	const char *from, const char *to, struct gdoi_sa *sa)
{
	struct span b = vec_hex("sa_payload_variants.id_length_1_octet");
	struct span f = hex(from), t = hex(to);
	uint8_t *copy = xmemdup(b.p, b.n);
	uint8_t *at = memmem(copy, b.n, f.p, f.n);

	assert_non_null(at);
	assert_int_equal(f.n, t.n);
	memcpy(at, t.p, t.n);
	enum wire_err e = gdoi_sa_read(rd_init(copy, b.n), sa);

	free(copy);
	return e;
}

static void what_is_not_understood_aborts(void **state)
{
	static const struct {
		const char *from, *to;
		enum wire_err want;
	} cases[] = {
		{ "0000000200000000000f", "0000000100000000000f", WIRE_DOI },
		{ "0000000200000000000f", "0000000200000001000f",
			WIRE_SITUATION },
		{ "80090001", "800a0001", WIRE_ATTRIBUTE }, /* KEK attr 10 */
		{ "80020003", "80020009", WIRE_TRANSFORM }, /* KEK cipher */
		{ "80030080", "80030081", WIRE_TRANSFORM },
		{ "80050003", "80050009", WIRE_ATTRIBUTE }, /* SIG hash */
		{ "80060001", "80060003", WIRE_ATTRIBUTE }, /* ECDSS */
		{ "8001001e", "8007001e", WIRE_ATTRIBUTE }, /* GAP attr 7 */
		{ "1600004911", "1600004906", WIRE_PROTOCOL },
	};
	struct gdoi_sa sa;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(
			edited(cases[i].from, cases[i].to, &sa), cases[i].want);
		assert_null(sa.sat); /* nothing is left to free */
	}
}

/* The curve tells the hash; what SIG_HASH_ALGORITHM says of it does not count
 * (RFC 6407 5.3.5). */
static void ecdsa_implies_its_hash(void **state)
{
	static const struct {
		const char *hash, *alg;
		uint8_t sig_alg;
		enum hash_id want;
	} v[] = {
		{ "80050003", "80060004", SIG_ALG_ECDSA_256, HASH_SHA256 },
		{ "80050002", "80060004", SIG_ALG_ECDSA_256, HASH_SHA256 },
		{ "80050009", "80060005", SIG_ALG_ECDSA_384, HASH_SHA384 },
		{ "80050001", "80060006", SIG_ALG_ECDSA_521, HASH_SHA512 },
	};

	(void)state;
	for (size_t i = 0; i < N(v); i++) {
		char to[17];
		struct gdoi_sa sa;

		snprintf(to, sizeof to, "%s%s", v[i].hash, v[i].alg);
		assert_int_equal(edited("8005000380060001", to, &sa), WIRE_OK);
		assert_int_equal(sa.sak.sig_alg, v[i].sig_alg);
		assert_int_equal(sa.sak.sig_hash, v[i].want);
		gdoi_sa_free(&sa);
	}
}

/* Towards those who need it, we write their form: header and SAK are the
 * vector's, and all reads as before. */
static void habits_are_written(void **state)
{
	static const struct {
		struct sa_habit habit;
		const char *form;
	} v[] = {
		{ { false }, "id_length_1_octet" },
		{ { .long_reserved = true }, "gdoid_style" },
		{ { .wide_sat_ids = true, .wide_sak_ids = true },
			"sak_and_sat_length_2_octets" },
	};

	(void)state;
	for (size_t i = 0; i < N(v); i++) {
		struct span b = vec_hex("sa_payload_variants.%s", v[i].form);
		size_t sak_end = 12u + (size_t)(b.p[14] << 8 | b.p[15]);
		struct gdoi_sa sa, got;
		uint8_t buf[1000];
		struct isakmp_wr m;

		assert_int_equal(gdoi_sa_read(rd_span(b), &sa), WIRE_OK);
		sa.habit = v[i].habit;
		isakmp_chain_begin(&m, buf, sizeof buf);
		gdoi_sa_put(&m, &sa, false);
		struct span out = isakmp_wr_end(&m);

		assert_memory_equal(out.p + PLD_HDR, b.p, sak_end);
		assert_int_equal(
			gdoi_sa_read(rd_init(out.p + PLD_HDR, out.n - PLD_HDR),
				&got),
			WIRE_OK);
		check_sak(&got.sak);
		assert_int_equal(got.n_sats, 3);
		check_sat(
			&got.sat[1], 0x00c0de01, 0x0a020000, 0x0a010000, &cbc);
		gdoi_sa_free(&sa);
		gdoi_sa_free(&got);
	}
}

static void what_only_a_sat_has_wrong_skips_it(void **state)
{
	static const struct {
		const char *from, *to;
		size_t skipped;
		const char *why;
	} cases[] = {
		// clang-format off
		{ "1400c0de02", "0e00c0de02", 1, /* AES-CCM */
			"ESP transform 14 not supported" },
		{ "80050005", "80050009", 1, /* XCBC, in the first */
			"ESP authentication algorithm 9 not supported" },
		{ "80060080800e", "80060000800e", 1, /* AES without length */
			"ESP key length 0 not supported" },
		{ "800e0004", "800b0001", 1,
			"extended sequence numbers, value 1 not supported" },
		{ "800e0004", "80070001", 1, "SA attribute 7 not supported" },
		{ "80040001", "80040003", 1,
			"encapsulation mode 3 not supported" },
		{ "0c00c0de01", "0c000000ff", 1, "SPI 255 not supported" },
		{ "0000003701", "0000003702", 1, "AH not supported" },
		{ "0000003701", "00000037a1", 1, /* IEC 90-5 */
			"TEK protocol 161 not supported" },
		{ "0000003701", "00000037f6", 1, "" }, /* private, not ours */
		// clang-format on
	};
	struct gdoi_sa sa;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(
			edited(cases[i].from, cases[i].to, &sa), WIRE_OK);
		assert_int_equal(sa.skipped_sats, cases[i].skipped);
		assert_int_equal(sa.n_sats, 3 - cases[i].skipped);
		auto_sbuf struct sbuf why = { 0 };

		gdoi_skip_text(&sa, &why);
		assert_string_equal(sbuf_str(&why), cases[i].why);
		gdoi_sa_free(&sa);
	}
	/* gdoid tells 0 for what is not configured. */
	assert_int_equal(
		edited("800e0004800f0003", "800e0000800f0000", &sa), WIRE_OK);
	assert_int_equal(sa.sat[0].preservation, 4);
	assert_int_equal(sa.sat[0].direction, 3);
	gdoi_sa_free(&sa);
}

static void ends_of_a_sat(void **state)
{
	static const struct {
		const char *src; /* type, port, length, data */
		uint32_t addr, wild;
		bool usable;
	} cases[] = {
		// clang-format off
		{ "01000004c0000201", 0xc0000201, 0, true },
		{ "040000080000000000000000", 0, 0xffffffff, true },
		{ "040000080a010000ffff00ff", 0x0a010000, 0xff00, true },
		{ "070000080a0000000a0000ff", 0x0a000000, 0xff, true },
		{ "070000080a0000010a0000ff", 0, 0, false },
		{ "04000000", 0, 0xffffffff, true },
		{ "04000003000000", 0, 0xffffffff, true },
		{ "0500001020010db8000000000000000000000001", 0, 0, false },
		{ "0d00000401020304", 0, 0, false },
		// clang-format on
	};
	struct gdoi_sa sa;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct span src = hex(cases[i].src);
		struct span tail = hex("01000004c0000202"
				       "03"
				       "00001001"
				       "80010001"
				       "80020e10"
				       "80040001"
				       "80050002");
		uint8_t buf[128];
		struct wr w = wr_init(buf, sizeof buf);

		wr_span(&w, hex("0000000200000000"
				"00100000"
				"0000"));
		size_t at = wr_len16(&w);

		wr_span(&w, hex("0101"));
		wr_span(&w, src);
		wr_span(&w, tail);
		wr_len16_end(&w, at, 2);
		assert_int_equal(
			gdoi_sa_read(rd_span(wr_done(&w)), &sa), WIRE_OK);
		assert_int_equal(sa.n_sats, cases[i].usable ? 1 : 0);
		assert_int_equal(sa.skipped_sats, cases[i].usable ? 0 : 1);
		if (cases[i].usable) {
			assert_int_equal(sa.sat[0].src.addr, cases[i].addr);
			assert_int_equal(sa.sat[0].src.wild, cases[i].wild);
			assert_int_equal(sa.sat[0].ip_proto, 1);
			assert_int_equal(sa.sat[0].life_secs, 3600);
			assert_int_equal(
				sa.sat[0].suite.cipher, ESP_CIPHER_3DES);
		}
		gdoi_sa_free(&sa);
	}
}

/* Prefixes of IPv6 in every form that says one; the family is the
 * destination's. */
static void ends_of_an_ipv6_sat(void **state)
{
#define SITE "20010db8000100000000000000000000"
	static const struct {
		const char *src; /* type, port, length, data */
		uint8_t len;
		bool usable;
	} cases[] = {
		// clang-format off
		{ "05000010" SITE, 128, true },
		{ "06000020" SITE "ffffffffffff00000000000000000000", 48, true },
		{ "06000020" SITE "fffffffffffe00000000000000000000", 47, true },
		{ "06000020" SITE "ffffffff00ff00000000000000000000", 0, false },
		{ "08000020" SITE "20010db80001ffffffffffffffffffff", 48, true },
		{ "08000020" SITE "20010db80002ffffffffffffffffffff", 0, false },
		{ "05000000", 0, true },
		{ "05000003000000", 0, true },
		{ "01000004c0000201", 0, false },
		// clang-format on
	};
	struct gdoi_sa sa;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct span tail = hex("06000020" SITE
				       "ffffffffffff00000000000000000000"
				       "0300001001"
				       "8001000180020e108004000180050002");
		uint8_t buf[192];
		struct wr w = wr_init(buf, sizeof buf);

		wr_span(&w, hex("0000000200000000"
				"00100000"
				"0000"));
		size_t at = wr_len16(&w);

		wr_span(&w, hex("0106"));
		wr_span(&w, hex(cases[i].src));
		wr_span(&w, tail);
		wr_len16_end(&w, at, 2);
		assert_int_equal(
			gdoi_sa_read(rd_span(wr_done(&w)), &sa), WIRE_OK);
		assert_int_equal(sa.n_sats, cases[i].usable ? 1 : 0);
		if (!cases[i].usable) {
			assert_int_equal(sa.skip, SAT_SKIP_SELECTOR);
			gdoi_sa_free(&sa);
			continue;
		}
		assert_true(sa.sat[0].ip6);
		assert_int_equal(sa.sat[0].ip_proto, 6);
		assert_int_equal(sa.sat[0].src6.len, cases[i].len);
		assert_int_equal(sa.sat[0].dst6.len, 48);
		assert_memory_equal(sa.sat[0].dst6.addr.b, hex(SITE).p, 16);
		if (cases[i].len == 48)
			assert_memory_equal(
				sa.sat[0].src6.addr.b, hex(SITE).p, 16);
		gdoi_sa_free(&sa);
	}
}

static void ipv6_sats_are_read_as_written(void **state)
{
	struct sat sat[] = { { .spi = 0x1001,
				     .suite = cbc,
				     .ip6 = true,
				     .ip_proto = 17,
				     .dst_port = 53,
				     .life_secs = 3600,
				     .preservation = 4,
				     .direction = 3 } };
	struct gdoi_sa sa = { .sat = sat, .n_sats = N(sat) }, got;
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct isakmp_wr m;

	(void)state;
	assert_true(ip_prefix_parse("2001:db8:5::/47", &sat[0].src6));
	assert_true(ip_prefix_parse("::/0", &sat[0].dst6));
	sat[0].src6 = ip_prefix_net(&sat[0].src6);
	for (unsigned wide = 0; wide < 2; wide++) {
		sa.habit.wide_sat_ids = wide;
		isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
		gdoi_sa_put(&m, &sa, false);
		assert_int_equal(
			gdoi_sa_read(rd_span(body_of(&m)), &got), WIRE_OK);
		assert_int_equal(got.n_sats, 1);
		assert_true(got.sat[0].ip6);
		assert_int_equal(got.sat[0].src6.len, 47);
		assert_true(ip_equal(
			&got.sat[0].src6.addr, &sat[0].src6.addr));
		assert_int_equal(got.sat[0].dst6.len, 0);
		assert_int_equal(got.sat[0].dst_port, 53);
		gdoi_sa_free(&got);
	}
}

/* No length or count of a peer's makes more than the caps. */
static void too_many_sats_are_refused(void **state)
{
	struct span one = hex("10000037"
			      "0101"
			      "040000080a010000ffff0000"
			      "040000080a010000ffff0000"
			      "14"
			      "00c0de02"
			      "80010001"
			      "000200040000"
			      "0dd4"
			      "80040001"
			      "80060080");
	auto_free uint8_t *buf = xcalloc(SATS_MAX + 1, 64);
	struct wr w = wr_init(buf, (SATS_MAX + 1) * 64);
	struct gdoi_sa sa;

	(void)state;
	wr_span(&w, hex("000000020000000000100000"));
	for (int i = 0; i < SATS_MAX + 1; i++)
		wr_span(&w, one);
	wr_patch_u8(&w, w.len - one.n, 0);
	assert_int_equal(gdoi_sa_read(rd_span(wr_done(&w)), &sa), WIRE_LIMIT);
	w.len -= one.n;
	wr_patch_u8(&w, w.len - one.n, 0);
	assert_int_equal(gdoi_sa_read(rd_span(wr_done(&w)), &sa), WIRE_OK);
	assert_int_equal(sa.n_sats, SATS_MAX);
	gdoi_sa_free(&sa);
}

static void truncated_sa_payloads(void **state)
{
	struct span b = vec_hex("sa_payload_variants.id_length_1_octet");
	struct gdoi_sa sa;

	(void)state;
	for (size_t n = 0; n < b.n; n++)
		assert_int_not_equal(
			gdoi_sa_read(rd_init(b.p, n), &sa), WIRE_OK);
	assert_int_equal(
		gdoi_sa_read(rd_span(hex("000000020000000000000000")), &sa),
		WIRE_PAYLOAD_MISSING);
}

static struct ace sample_ace(void)
{
	return (struct ace){ .seq = 10,
		.permit = true,
		.proto = ACE_ANY,
		.src = { .wild = 0xffffffff },
		.dst = { .wild = 0xffffffff },
		.icmp_type = ACE_ANY,
		.icmp_code = ACE_ANY,
		.dscp = ACE_ANY,
		.precedence = ACE_ANY,
		.tos = ACE_ANY,
		.igmp_type = ACE_ANY };
}

/* One entry for each thing an entry can say. */
static struct acl rich_acl(void)
{
	struct acl a = { .v = xcalloc(100, sizeof *a.v), .n = 100 };

	for (size_t i = 0; i < a.n; i++) {
		a.v[i] = sample_ace();
		a.v[i].seq = (uint32_t)(10 * (i + 1));
	}
	a.v[0].permit = false;
	a.v[1].src = (struct ip_wild){ 0x0a000001, 0x00ff00fe };
	a.v[2].dst = (struct ip_wild){ 0xc0000201, 0 };
	a.v[3].proto = 6;
	a.v[3].sport = (struct ace_port){ PORT_EQ, 3, { 22, 80, 443 } };
	a.v[3].dport = (struct ace_port){ PORT_RANGE, 2, { 1, 65535 } };
	a.v[4].proto = 17;
	a.v[4].dport = (struct ace_port){ PORT_GT, 1, { 1023 } };
	a.v[5].proto = 1;
	a.v[5].icmp_type = 8;
	a.v[6].proto = 1;
	a.v[6].icmp_type = 3;
	a.v[6].icmp_code = 4;
	a.v[7].proto = 6;
	a.v[7].tcp_set = 0x02;
	a.v[7].tcp_clear = 0x10;
	a.v[7].tcp_any = true;
	a.v[8].proto = 6;
	a.v[8].established = true;
	a.v[9].dscp = 46;
	a.v[10].precedence = 0;
	a.v[11].tos = 8;
	a.v[12].proto = 2;
	a.v[12].igmp_type = 0x16;
	a.v[13].ttl = (struct ace_port){ PORT_LT, 1, { 5 } };
	a.v[14].fragments = true;
	a.v[15].log = true;
	a.v[16].proto = 0;
	a.v[17].sport = (struct ace_port){ PORT_NEQ, 10,
		{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } };
	a.v[17].proto = 17;
	a.v[18].option = 148; /* router alert */
	a.v[19].option = ACE_OPTION_ANY;
	return a;
}

static struct acl rich_acl6(void)
{
	struct acl a = { .ip6 = true, .v = xcalloc(6, sizeof *a.v), .n = 6 };

	for (size_t i = 0; i < a.n; i++) {
		a.v[i] = ace_any(i % 2);
		a.v[i].seq = (uint32_t)(10 * (i + 1));
		a.v[i].ip6 = true;
		a.v[i].src6.addr.family = a.v[i].dst6.addr.family = 6;
	}
	assert_true(ip_prefix_parse("2001:db8:1::/48", &a.v[0].src6));
	assert_true(ip_prefix_parse("2001:db8::7/128", &a.v[0].dst6));
	a.v[1].proto = 58;
	a.v[1].icmp_type = 128;
	a.v[2].has_flow = true;
	a.v[2].flow_label = 0xfffff;
	a.v[3].routing = true;
	a.v[4].dest_option = a.v[4].fragments = true;
	a.v[5].dscp = 10;
	return a;
}

static void the_whole_acl_travels_to_our_own(void **state)
{
	struct acl_by_spi acls[3] = { { .spi = 0x1001, .acl = rich_acl() },
		{ .spi = 0x1002 }, { .spi = 0x1003, .acl = rich_acl6() } };
	struct tek_replay replays[] = {
		{ .spi = 0x1001, .stamp = DP_STAMP_TBAR, .window_ms = 500 },
		{ .spi = 0x1002, .stamp = DP_STAMP_D3P, .window_ms = 100000,
			.counter = 64 },
		{ .spi = 0x1003 }
	};
	struct sat sat = { .spi = 0x1001,
		.suite = cbc,
		.src = { .wild = 0xffffffff },
		.dst = { .wild = 0xffffffff },
		.life_secs = 3600,
		.preservation = 4,
		.direction = 3 };
	struct gdoi_sa sa = { .sat = &sat,
		.n_sats = 1,
		.acls = acls,
		.n_acls = 3,
		.receive_only = true,
		.replay = REPLAY_TIME,
		.replay_window = 77,
		.replays = replays,
		.n_replays = 3,
		.has_time = true,
		.time_ms = 0x0102030405060708 };
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct isakmp_wr m;
	struct gdoi_sa got;

	(void)state;
	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	gdoi_sa_put(&m, &sa, true);
	assert_int_equal(gdoi_sa_read(rd_span(body_of(&m)), &got), WIRE_OK);
	assert_int_equal(got.n_sats, 1);
	assert_int_equal(got.skipped_sats, 0);
	assert_int_equal(got.n_acls, 3);
	assert_int_equal(got.acls[0].spi, 0x1001);
	assert_true(acl_equal(&got.acls[0].acl, &acls[0].acl));
	assert_int_equal(got.acls[1].acl.n, 0);
	assert_true(acl_equal(&got.acls[2].acl, &acls[2].acl));
	assert_true(got.receive_only);
	assert_int_equal(got.replay, REPLAY_TIME);
	assert_int_equal(got.replay_window, 77);
	assert_int_equal(got.n_replays, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(got.replays[i].spi, replays[i].spi);
		assert_int_equal(got.replays[i].stamp, replays[i].stamp);
		assert_int_equal(
			got.replays[i].window_ms, replays[i].window_ms);
		assert_int_equal(got.replays[i].counter, replays[i].counter);
	}
	assert_true(got.has_time);
	assert_int_equal(got.time_ms, 0x0102030405060708);
	gdoi_sa_free(&got);
	/* Others are told nothing of it. */
	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	gdoi_sa_put(&m, &sa, false);
	assert_int_equal(gdoi_sa_read(rd_span(body_of(&m)), &got), WIRE_OK);
	assert_int_equal(got.n_acls, 0);
	assert_int_equal(got.n_replays, 0);
	assert_false(got.receive_only);
	gdoi_sa_free(&got);
	acl_free(&acls[0].acl);
	acl_free(&acls[2].acl);
}

/* One list is of one family, and says nothing that its family has not. */
static void acls_of_no_family_are_refused(void **state)
{
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct acl_by_spi a = { .spi = 0x1001 };
	struct gdoi_sa sa = { .acls = &a, .n_acls = 1 }, got;
	struct isakmp_wr m;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		a.acl = rich_acl6();
		if (i == 0)
			a.acl.v[2].ip6 = false;
		else if (i == 1)
			a.acl.v[3].tos = 1;
		else
			a.acl.v[0].src6.len = 129;
		isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
		gdoi_sa_put(&m, &sa, true);
		assert_int_not_equal(
			gdoi_sa_read(rd_span(body_of(&m)), &got), WIRE_OK);
		acl_free(&a.acl);
	}
}

/* A hundred entries of the longest kind still fit, with room to spare. */
static void the_longest_acl_fits(void **state)
{
	struct acl_by_spi a = { .spi = 0x1001, .acl = rich_acl() };
	struct gdoi_sa sa = { .has_sak = false, .acls = &a, .n_acls = 1 };
	auto_free uint8_t *buf = xcalloc(1, ISAKMP_MSG_MAX);
	struct isakmp_wr m;

	(void)state;
	for (size_t i = 0; i < a.acl.n; i++) {
		struct ace *e = &a.acl.v[i];

		e->proto = 17;
		e->src = (struct ip_wild){ 1, 2 };
		e->dst = (struct ip_wild){ 3, 4 };
		e->sport = e->dport = e->ttl = (struct ace_port){ PORT_EQ, 10,
			{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } };
	}
	isakmp_chain_begin(&m, buf, ISAKMP_MSG_MAX);
	gdoi_sa_put(&m, &sa, true);
	assert_in_range(body_of(&m).n, 1, ISAKMP_MSG_MAX / 4);
	acl_free(&a.acl);
}

/* Half understood would be a wrong selector. */
static void extensions_of_another_version(void **state)
{
	static const struct {
		const char *sat; /* after the protocol id */
		enum wire_err want;
		size_t skipped;
	} cases[] = {
		// clang-format off
		{ "4756504e0201", WIRE_OK, 1 },
		{ "4756504e0109", WIRE_OK, 1 },
		{ "000000000101", WIRE_OK, 1 },
		{ "4756504e01010002" "00000000ff", WIRE_OK, 0 }, /* appended */
		{ "4756504e01010009" "00000000", WIRE_POLICY, 0 },
		/* replay: a stamp that is none of ours, without a window, a
		 * window without a stamp, of more than 100 s, a stamp of the
		 * group's time without that time, cut short */
		{ "4756504e0103" "0000100103" "00000001" "00000000"
		  "010000000000000001", WIRE_POLICY, 0 },
		{ "4756504e0103" "0000100101" "00000000" "00000000"
		  "010000000000000001", WIRE_POLICY, 0 },
		{ "4756504e0103" "0000100100" "00000001" "00000000"
		  "010000000000000001", WIRE_POLICY, 0 },
		{ "4756504e0103" "0000100101" "000186a1" "00000000"
		  "010000000000000001", WIRE_POLICY, 0 },
		{ "4756504e0103" "0000100101" "00000001" "00000000"
		  "000000000000000001", WIRE_POLICY, 0 },
		{ "4756504e0103" "0000100101" "00000001" "00000000"
		  "0100000000000001", WIRE_TRUNCATED, 0 },
		/* an unknown bit; an entry missing; ports without count, of
		 * "any", a range of one */
		{ "4756504e0102" "000010010001" "0000000a00020001",
			WIRE_POLICY, 0 },
		{ "4756504e0102" "000010010002" "0000000a00000001",
			WIRE_POLICY, 0 },
		{ "4756504e0102" "000010010001" "0000000a00000011" "0100",
			WIRE_POLICY, 0 },
		{ "4756504e0102" "000010010001" "0000000a00000011" "00010016",
			WIRE_POLICY, 0 },
		{ "4756504e0102" "000010010001" "0000000a00000011" "05010016",
			WIRE_POLICY, 0 },
		{ "4756504e0102" "00001001ffff", WIRE_LIMIT, 0 },
		// clang-format on
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		uint8_t buf[128];
		struct wr w = wr_init(buf, sizeof buf);
		struct gdoi_sa sa;

		wr_span(&w, hex("000000020000000000100000"
				"0000"));
		size_t at = wr_len16(&w);

		wr_u8(&w, 246);
		wr_span(&w, hex(cases[i].sat));
		wr_len16_end(&w, at, 2);
		enum wire_err e = gdoi_sa_read(rd_span(wr_done(&w)), &sa);

		if (cases[i].want == WIRE_OK && cases[i].skipped == 0)
			assert_int_equal(e, WIRE_PAYLOAD_MISSING);
		else
			assert_int_equal(e, cases[i].want);
		if (e == WIRE_OK)
			assert_int_equal(sa.skipped_sats, cases[i].skipped);
		gdoi_sa_free(&sa);
	}
}

static void kd_of_the_vectors(void **state)
{
	struct span b = vec_hex("phase1_sha256.pull.KD_b");
	auto_free struct gdoi_kd *kd = xcalloc(1, sizeof *kd);
	struct span spki = vec_hex("push.spki_der");
	uint8_t buf[600];
	struct isakmp_wr m;

	(void)state;
	assert_int_equal(gdoi_kd_read(rd_span(b), CIPHER_AES128, kd), WIRE_OK);
	assert_true(kd->has_kek);
	assert_memory_equal(kd->kek_spi, vec_hex("push.kek_spi").p, 16);
	assert_span_equal(
		SPAN(kd->kek_iv.b, kd->kek_iv.n), vec_hex("push.kek_iv"));
	assert_span_equal(
		SPAN(kd->kek_key.b, kd->kek_key.n), vec_hex("push.kek_key"));
	assert_span_equal(SPAN(kd->sig_key, kd->sig_key_n), spki);
	assert_int_equal(kd->n_teks, 2);
	assert_int_equal(kd->tek[0].spi, 0x00c0de01);
	assert_int_equal(kd->tek[0].enc.n, 16);
	assert_int_equal(kd->tek[0].auth.n, 32);
	assert_int_equal(kd->tek[1].spi, 0x00c0de02);
	assert_int_equal(kd->tek[1].enc.n, 20); /* with salt */
	assert_int_equal(kd->tek[1].auth.n, 0);
	assert_int_equal(kd->sid_bits, 16);
	assert_int_equal(kd->n_sids, 2);
	assert_int_equal(kd->sid[0], 5);
	assert_int_equal(kd->sid[1], 6);
	isakmp_chain_begin(&m, buf, sizeof buf);
	gdoi_kd_put(&m, kd);
	assert_span_equal(body_of(&m), b);
	/* Without a SAK nothing tells IV from key: the packet is passed by. */
	assert_int_equal(gdoi_kd_read(rd_span(b), CIPHER_NONE, kd), WIRE_OK);
	assert_false(kd->has_kek);
	assert_int_equal(kd->n_teks, 2);
	/* 3DES would part it elsewhere. */
	assert_int_equal(gdoi_kd_read(rd_span(b), CIPHER_AES256, kd), WIRE_KEY);
	assert_int_equal(kd->n_teks, 0);
}

static void bad_kds_have_names(void **state)
{
	static const struct {
		const char *text;
		enum wire_err want;
	} cases[] = {
		// clang-format off
		{ "0000", WIRE_TRUNCATED },
		{ "00010000", WIRE_TRUNCATED },
		{ "0000000000", WIRE_LENGTH },
		{ "00010000" "0100000400", WIRE_TRUNCATED }, /* too short */
		{ "00010000" "010000090400001001" "00", WIRE_LENGTH },
		{ "00010000" "0100000803001001", WIRE_SPI },
		{ "00010000" "0100000c0400001001" "000100", WIRE_TRUNCATED },
		{ "00010000" "010000130400001001" "0001000141" "0001000141",
			WIRE_PAYLOAD_TWICE },
		{ "00010000" "0400000500", WIRE_KEY }, /* SID without any */
		{ "00010000" "0400000d00" "80010021" "80020001",
			WIRE_ATTRIBUTE },
		{ "00010000" "0400000d00" "80010001" "80020003",
			WIRE_ATTRIBUTE }, /* wider than its bits */
		{ "00010000" "0500000500", WIRE_OK }, /* unknown packet */
		{ "00010000" "0300001510" "00000000000000000000000000000000",
			WIRE_OK }, /* LKH */
		{ "00010000" "0200001510" "00000000000000000000000000000000",
			WIRE_KEY },
		// clang-format on
	};
	auto_free struct gdoi_kd *kd = xcalloc(1, sizeof *kd);

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		assert_int_equal(gdoi_kd_read(rd_span(hex(cases[i].text)),
					 CIPHER_AES128, kd),
			cases[i].want);
	/* gdoid's sender id 5 of 16 bits, in host order. */
	assert_int_equal(gdoi_kd_read(rd_span(hex("00010000"
						  "04000011"
						  "00"
						  "80010010"
						  "0002000405000000")),
				 CIPHER_NONE, kd),
		WIRE_OK);
	assert_int_equal(kd->sid[0], 5);
}

static void truncated_kds(void **state)
{
	struct span b = vec_hex("phase1_sha256.pull.KD_b");
	auto_free struct gdoi_kd *kd = xcalloc(1, sizeof *kd);

	(void)state;
	for (size_t n = 0; n < b.n; n++)
		assert_int_not_equal(
			gdoi_kd_read(rd_init(b.p, n), CIPHER_AES128, kd),
			WIRE_OK);
}

static void groups_by_their_id(void **state)
{
	static const struct group_id v[] = {
		{ .is_set = true, .number = 1234 },
		{ .is_set = true, .is_addr = true, .number = 0xc0000201 },
		{ .is_set = true, .number = 0x31323334 }, /* "1234" */
		{ .is_set = true, .number = 7 },
		{ .is_set = false, .number = 99 },
		{ .is_set = true, .number = 0x07000000 },
	};
	static const struct {
		const char *id;
		int want;
	} cases[] = {
		{ "0b000000"
		  "000004d2",
			0 },
		{ "01000000"
		  "c0000201",
			1 },
		{ "0b000000"
		  "31323334",
			2 }, /* the number before the text */
		{ "0b000000"
		  "31323334"
		  "30",
			-1 },
		{ "0b000000"
		  "37",
			3 },
		{ "0b000000"
		  "d2040000",
			0 }, /* gdoid on a PC */
		{ "0b000000"
		  "07000000",
			5 }, /* as it stands comes first */
		{ "0b000000"
		  "00000063",
			-1 },
		{ "01000000"
		  "000004d2",
			-1 },
		{ "0b000000"
		  "c0000201",
			-1 },
		{ "0b000000"
		  "",
			-1 },
		{ "02000000"
		  "31323334",
			-1 },
	};
	struct wire_id id;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(
			wire_id_read(rd_span(hex(cases[i].id)), &id), WIRE_OK);
		assert_int_equal(
			wire_id_match_group(&id, v, N(v)), cases[i].want);
	}
	assert_int_equal(
		wire_id_read(rd_span(hex("0b0000")), &id), WIRE_TRUNCATED);
}

static void group_id_as_the_vector(void **state)
{
	const struct group_id number = { .is_set = true, .number = 1234 };
	uint8_t buf[32];
	struct isakmp_wr m;

	(void)state;
	isakmp_chain_begin(&m, buf, sizeof buf);
	wire_id_group_put(&m, &number, false);
	assert_span_equal(body_of(&m), vec_hex("phase1_sha1.pull.ID_b"));
}

static void small_payloads(void **state)
{
	uint8_t buf[32];
	struct isakmp_wr m;
	struct gdoi_delete d;
	uint32_t seq;
	uint16_t n;

	(void)state;
	isakmp_chain_begin(&m, buf, sizeof buf);
	gdoi_gap_request_put(&m, 2);
	assert_span_equal(body_of(&m), vec_hex("phase1_sha1.pull.GAP_b"));
	assert_int_equal(
		gdoi_gap_request_read(rd_span(hex("80030002")), &n), WIRE_OK);
	assert_int_equal(n, 2);
	assert_int_equal(gdoi_gap_request_read(rd_span(hex("80010002")), &n),
		WIRE_ATTRIBUTE);
	assert_int_equal(gdoi_gap_request_read(rd_span(hex("800300")), &n),
		WIRE_TRUNCATED);
	assert_int_equal(
		gdoi_seq_read(rd_span(hex("00000007")), &seq), WIRE_OK);
	assert_int_equal(seq, 7);
	assert_int_equal(
		gdoi_seq_read(rd_span(hex("0000000700")), &seq), WIRE_LENGTH);
	assert_int_equal(
		gdoi_seq_read(rd_span(hex("000007")), &seq), WIRE_LENGTH);
	assert_int_equal(gdoi_delete_read(rd_span(hex("0000000201040002"
						      "0000100100001002")),
				 &d),
		WIRE_OK);
	assert_int_equal(d.count, 2);
	assert_int_equal(gdoi_delete_read(rd_span(hex("0000000201040003"
						      "0000100100001002")),
				 &d),
		WIRE_LENGTH);
	assert_int_equal(gdoi_delete_read(rd_span(hex("0000000201000001")), &d),
		WIRE_SPI);
	assert_int_equal(
		gdoi_delete_read(rd_span(hex("000000010104000100001001")), &d),
		WIRE_DOI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_reads_alike),
		cmocka_unit_test(written_in_the_form_of_the_rfc),
		cmocka_unit_test(written_by_other_habits),
		cmocka_unit_test(what_is_not_understood_aborts),
		cmocka_unit_test(ecdsa_implies_its_hash),
		cmocka_unit_test(habits_are_written),
		cmocka_unit_test(what_only_a_sat_has_wrong_skips_it),
		cmocka_unit_test(ends_of_a_sat),
		cmocka_unit_test(ends_of_an_ipv6_sat),
		cmocka_unit_test(ipv6_sats_are_read_as_written),
		cmocka_unit_test(acls_of_no_family_are_refused),
		cmocka_unit_test(too_many_sats_are_refused),
		cmocka_unit_test(truncated_sa_payloads),
		cmocka_unit_test(the_whole_acl_travels_to_our_own),
		cmocka_unit_test(the_longest_acl_fits),
		cmocka_unit_test(extensions_of_another_version),
		cmocka_unit_test(kd_of_the_vectors),
		cmocka_unit_test(bad_kds_have_names),
		cmocka_unit_test(truncated_kds),
		cmocka_unit_test(groups_by_their_id),
		cmocka_unit_test(group_id_as_the_vector),
		cmocka_unit_test(small_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
