/* ESP against the independent vectors, and what must be refused. */
#include "dataplane/user_esp.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <string.h>

#define ROOM 2048

/* The library under test; NULL: OpenSSL. */
static struct esp_mb *by;
static const char *missing; /* why it is */

static int by_ipsec_mb(void **state)
{
	(void)state;
	missing = esp_mb_missing();
	by = esp_mb_new();
	return 0;
}

static int by_openssl(void **state)
{
	(void)state;
	esp_mb_free(by);
	by = NULL;
	missing = NULL;
	return 0;
}

static bool library_here(void)
{
	if (missing)
		print_message("left out: %s\n", missing);
	return !missing;
}

struct vector {
	struct esp_suite suite;
	struct keybuf enc, auth;
	uint32_t spi, seq;
	uint8_t iv[ESP_IV_MAX];
	uint8_t inner[256], esp[512], packet[512];
	size_t inner_n, esp_n, packet_n;
};

static size_t field(size_t i, const char *key, uint8_t *out, size_t cap)
{
	struct span s = vec_hex("esp.packets.%zu.%s", i, key);

	assert_true(s.n <= cap);
	if (s.n)
		memcpy(out, s.p, s.n);
	return s.n;
}

static struct esp_suite suite_of(const char *name)
{
	static const struct {
		const char *name;
		struct esp_suite suite;
	} row[] = {
		{ "aes-cbc-128 + hmac-sha1-96",
			{ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 } },
		{ "aes-cbc-256 + hmac-sha256-128",
			{ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256, 256 } },
		{ "3des-cbc + hmac-sha1-96",
			{ ESP_CIPHER_3DES, ESP_AUTH_SHA1, 0 } },
		{ "aes-gcm-16 128", { ESP_CIPHER_AES_GCM, 0, 128 } },
		{ "aes-gcm-16 256", { ESP_CIPHER_AES_GCM, 0, 256 } },
		{ "null-auth-aes-gmac 128", { ESP_CIPHER_AES_GMAC, 0, 128 } },
		{ "null-auth-aes-gmac 256", { ESP_CIPHER_AES_GMAC, 0, 256 } },
		{ "null + hmac-sha256-128",
			{ ESP_CIPHER_NULL, ESP_AUTH_SHA256, 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (!strcmp(row[i].name, name))
			return row[i].suite;
	fail_msg("vector of an unknown suite: %s", name);
	return row[0].suite;
}

static void vector_read(size_t i, struct vector *out)
{
	uint8_t spi[4];

	*out = (struct vector){ 0 };
	out->suite = suite_of(vec_text("esp.packets.%zu.name", i));
	out->enc.n = (uint8_t)field(i, "enc_key_with_salt", out->enc.b, 68);
	out->auth.n = (uint8_t)field(i, "auth_key", out->auth.b, 68);
	assert_int_equal(field(i, "spi", spi, 4), 4);
	out->spi = (uint32_t)spi[2] << 8 | spi[3];
	out->seq = (uint32_t)vec_int("esp.packets.%zu.seq", i);
	field(i, "iv", out->iv, sizeof(out->iv));
	out->inner_n = field(i, "inner", out->inner, sizeof(out->inner));
	out->esp_n = field(i, "esp", out->esp, sizeof(out->esp));
	out->packet_n = field(i, "ip_packet", out->packet, sizeof(out->packet));
}

static void seal_gives_the_vectors(void **state)
{
	(void)state;
	if (!library_here())
		return;
	for (size_t i = 0; i < vec_count("esp.packets"); i++) {
		struct vector t;
		uint8_t buf[ROOM] = { 0 }, *inner = buf + ESP_HEAD_MAX,
			outer[20];
		struct esp_ctx *c;
		size_t n;

		vector_read(i, &t);
		c = esp_ctx_new(by, &t.suite, &t.enc, &t.auth, true);
		assert_non_null(c);
		/* Twice: a context must not remember the last packet. */
		for (int round = 0; round < 2; round++) {
			memcpy(inner, t.inner, t.inner_n);
			n = esp_seal(c, t.spi, t.seq, t.iv, inner, t.inner_n);
			assert_int_equal(n, t.esp_n);
			assert_memory_equal(inner - esp_ctx_head(c), t.esp, n);
		}
		esp_outer(outer, t.inner, 0x4321, ESP_DF_COPY, t.esp_n);
		assert_int_equal(t.packet_n, 20 + t.esp_n);
		assert_memory_equal(outer, t.packet, 20);
		esp_ctx_free(c);
	}
}

static void open_gives_the_inner_packet(void **state)
{
	(void)state;
	if (!library_here())
		return;
	for (size_t i = 0; i < vec_count("esp.packets"); i++) {
		struct vector t;
		uint8_t buf[ROOM], *inner;
		struct esp_ctx *c;
		size_t n;

		vector_read(i, &t);
		c = esp_ctx_new(by, &t.suite, &t.enc, &t.auth, false);
		assert_non_null(c);
		for (int round = 0; round < 2; round++) {
			memcpy(buf, t.esp, t.esp_n);
			assert_int_equal(esp_open(c, buf, t.esp_n, &inner, &n),
				ESP_OPENED);
			assert_int_equal(n, t.inner_n);
			assert_memory_equal(inner, t.inner, n);
		}
		esp_ctx_free(c);
	}
}

/* Any changed bit and any cut is refused, and the context still works. */
static void open_refuses_damage(void **state)
{
	(void)state;
	if (!library_here())
		return;
	for (size_t i = 0; i < vec_count("esp.packets"); i++) {
		struct vector t;
		uint8_t buf[ROOM], *inner;
		struct esp_ctx *c;
		size_t n;

		vector_read(i, &t);
		c = esp_ctx_new(by, &t.suite, &t.enc, &t.auth, false);
		for (size_t at = 0; at < t.esp_n; at++) {
			memcpy(buf, t.esp, t.esp_n);
			buf[at] ^= 1;
			assert_int_equal(esp_open(c, buf, t.esp_n, &inner, &n),
				ESP_BAD_ICV);
		}
		for (size_t len = 0; len < t.esp_n; len++) {
			memcpy(buf, t.esp, len);
			assert_int_not_equal(
				esp_open(c, buf, len, &inner, &n), ESP_OPENED);
		}
		memcpy(buf, t.esp, t.esp_n);
		assert_int_equal(
			esp_open(c, buf, t.esp_n, &inner, &n), ESP_OPENED);
		esp_ctx_free(c);
	}
}

/* Every suite, every length near the block borders. */
static void every_suite_round_trips(void **state)
{
	static const uint8_t ciphers[] = { ESP_CIPHER_3DES, ESP_CIPHER_NULL,
		ESP_CIPHER_AES_CBC };
	struct esp_suite all[64];
	size_t n_all = 0;

	(void)state;
	if (!library_here())
		return;
	for (uint16_t bits = 128; bits <= 256; bits += 64) {
		all[n_all++] =
			(struct esp_suite){ ESP_CIPHER_AES_GCM, 0, bits };
		all[n_all++] =
			(struct esp_suite){ ESP_CIPHER_AES_GMAC, 0, bits };
		for (uint8_t a = ESP_AUTH_MD5; a <= ESP_AUTH_SHA512; a++)
			for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
				all[n_all++] = (struct esp_suite){ ciphers[i],
					a,
					ciphers[i] == ESP_CIPHER_AES_CBC ? bits
									 : 0 };
	}
	for (size_t i = 0; i < n_all; i++) {
		struct keybuf enc = { .n = (uint8_t)esp_key_bytes(&all[i]) };
		struct keybuf auth = { .n = (uint8_t)esp_auth_key_bytes(
					       &all[i]) };
		struct esp_ctx *s, *o;

		memset(enc.b, 0x42, enc.n);
		memset(auth.b, 0x24, auth.n);
		s = esp_ctx_new(by, &all[i], &enc, &auth, true);
		o = esp_ctx_new(by, &all[i], &enc, &auth, false);
		assert_non_null(s);
		assert_non_null(o);
		/* Triple DES stays with OpenSSL. */
		assert_int_equal(esp_ctx_by_mb(s),
			by && all[i].cipher != ESP_CIPHER_3DES);
		for (size_t len = 20; len < 60; len++) {
			uint8_t buf[ROOM], want[64], iv[16] = { 7 }, *inner;
			size_t n, got;

			memset(want, (int)len, len);
			memcpy(buf + ESP_HEAD_MAX, want, len);
			n = esp_seal(s, 0x1000, 1, iv, buf + ESP_HEAD_MAX, len);
			assert_int_not_equal(n, 0);
			assert_int_equal(
				n + 20, len + esp_overhead(&all[i], len));
			assert_int_equal(
				esp_open(o,
					buf + ESP_HEAD_MAX - esp_ctx_head(s), n,
					&inner, &got),
				ESP_OPENED);
			assert_int_equal(got, len);
			assert_memory_equal(inner, want, len);
		}
		esp_ctx_free(s);
		esp_ctx_free(o);
	}
}

static void keys_of_wrong_length_are_refused(void **state)
{
	struct esp_suite gcm = { ESP_CIPHER_AES_GCM, 0, 128 };
	struct keybuf enc = { .n = 16 }, none = { 0 };

	(void)state;
	assert_null(esp_ctx_new(NULL, &gcm, &enc, &none, true)); /* no salt */
	enc.n = 20;
	struct esp_ctx *c = esp_ctx_new(NULL, &gcm, &enc, &none, true);
	assert_non_null(c);
	esp_ctx_free(c);
}

/* RFC 6040 figure 4. */
static void ecn_follows_rfc_6040(void **state)
{
	enum { NOT, ECT1, ECT0, CE, DROP };
	static const int want[4][4] = {
		/* [inner][outer] */
		{ NOT, NOT, NOT, DROP },
		{ ECT1, ECT1, ECT1, CE },
		{ ECT0, ECT1, ECT0, CE },
		{ CE, CE, CE, CE },
	};

	(void)state;
	for (uint8_t in = 0; in < 4; in++)
		for (uint8_t out = 0; out < 4; out++) {
			uint8_t p[20] = { 0x45, (uint8_t)(0xb8 | in), 0, 20, 1,
				2, 0, 0, 64, 1, 0, 0, 10, 1, 0, 2, 10, 2, 0,
				2 };
			uint16_t sum = ip4_checksum(p, 20);
			bool ok;

			p[10] = (uint8_t)(sum >> 8);
			p[11] = (uint8_t)sum;
			ok = esp_ecn_merge((uint8_t)(0xb8 | out), p);
			assert_int_equal(ok, want[in][out] != DROP);
			if (ok)
				assert_int_equal(p[1], 0xb8 | want[in][out]);
			assert_int_equal(ip4_checksum(p, 20), 0);
		}
}

static void ecn_of_ipv6(void **state)
{
	uint8_t p[40] = { 0x6b, 0xa1, 0x23, 0x45 }; /* class 0xba: ECT(0) */

	(void)state;
	assert_true(esp_ecn_merge(0xbb, p));
	assert_memory_equal(p, ((uint8_t[]){ 0x6b, 0xb1, 0x23, 0x45 }), 4);
	p[1] = 0x81; /* Not-ECT */
	assert_false(esp_ecn_merge(3, p));
	assert_true(esp_ecn_merge(2, p));
	assert_int_equal(p[1], 0x81);
}

/* Class, flow label, hop limit and addresses are the inner packet's, but no
 * extension header. */
static void outer_of_ipv6(void **state)
{
	uint8_t inner[40] = { 0x6b, 0xa1, 0x23, 0x45, 0, 20, 44, 61 }, out[40];

	(void)state;
	for (uint8_t i = 8; i < 40; i++)
		inner[i] = i;
	esp_outer6(out, inner, 0x0102);
	assert_memory_equal(out, inner, 4);
	assert_memory_equal(out + 4, ((uint8_t[]){ 1, 2, 50, 61 }), 4);
	assert_memory_equal(out + 8, inner + 8, 32);
}

static void outer_df_follows_policy(void **state)
{
	uint8_t inner[20] = { 0x45, 0, 0, 20, 0, 0, 0x40, 0, 9, 1 }, out[20];

	(void)state;
	esp_outer(out, inner, 1, ESP_DF_CLEAR, 40);
	assert_int_equal(out[6], 0);
	inner[6] = 0x20; /* more fragments: never copied */
	esp_outer(out, inner, 1, ESP_DF_COPY, 40);
	assert_int_equal(out[6], 0);
	esp_outer(out, inner, 1, ESP_DF_SET, 40);
	assert_int_equal(out[6], 0x40);
	assert_int_equal(out[8], 9);
	assert_int_equal(out[9], 50);
	assert_int_equal(out[3], 60);
}

#define BOTH(f)                                                                \
	cmocka_unit_test(f), {                                                 \
		#f "_by_ipsec_mb", f, by_ipsec_mb, by_openssl, NULL            \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(seal_gives_the_vectors),
		BOTH(open_gives_the_inner_packet),
		BOTH(open_refuses_damage),
		BOTH(every_suite_round_trips),
		cmocka_unit_test(keys_of_wrong_length_are_refused),
		cmocka_unit_test(ecn_follows_rfc_6040),
		cmocka_unit_test(ecn_of_ipv6),
		cmocka_unit_test(outer_of_ipv6),
		cmocka_unit_test(outer_df_follows_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
