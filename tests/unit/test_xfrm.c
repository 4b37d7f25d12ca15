/* What the xfrm backend tells the kernel, byte by byte: the numbers and offsets
 * are those of linux/xfrm.h's ABI on any 64-bit machine. */
#include "dataplane/xfrm_priv.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

static uint8_t buf[NL_BUF] __attribute__((aligned(8)));
#define HEAD 16u /* nlmsghdr */

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* Payload of the attribute of that type behind n bytes of message; NULL. */
static const uint8_t *find(size_t n, uint16_t type, size_t *len)
{
	const struct nlmsghdr *h = (const void *)buf;

	for (size_t at = HEAD + n; at + 4 <= h->nlmsg_len;) {
		uint16_t l, t;

		memcpy(&l, buf + at, 2);
		memcpy(&t, buf + at + 2, 2);
		*len = l - 4u;
		if (t == type)
			return buf + at + 4;
		at += (l + 3u) & ~3u;
	}
	return NULL;
}

/* It must be there. */
static const uint8_t *attr(size_t n, uint16_t type, size_t *len)
{
	const uint8_t *a = find(n, type, len);

	assert_non_null(a);
	if (!a)
		abort(); /* for the compiler */
	return a;
}

static struct dp_sa sa_of(struct esp_suite suite)
{
	struct dp_sa sa = { .spi = 0x1388, .suite = suite, .may_send = true };

	sa.enc.n = (uint8_t)esp_key_bytes(&suite);
	sa.auth.n = (uint8_t)esp_auth_key_bytes(&suite);
	memset(sa.enc.b, 0x11, sa.enc.n);
	memset(sa.auth.b, 0x22, sa.auth.n);
	return sa;
}

static void outbound_state(void **state)
{
	const struct xfrm_state s = { .src = 0xc0a80101,
		.dst = 0xa9fe5481,
		.spi = 0x1388,
		.reqid = 0x47560001,
		.df_clear = true,
		.last_seq = 77 };
	const struct dp_sa sa = sa_of((struct esp_suite){
		ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256, 256 });
	const uint8_t src[] = { 192, 168, 1, 1 }, spi[] = { 0, 0, 0x13, 0x88 };
	const uint8_t dst[] = { 169, 254, 0x54, 0x81 };
	struct nlmsghdr *h = xfrm_state_build(buf, &s, &sa);
	const uint8_t *m = buf + HEAD, *a;
	size_t n;

	(void)state;
	assert_int_equal(h->nlmsg_type, 16); /* XFRM_MSG_NEWSA */
	assert_int_equal(m[40], 2);          /* sel.family: AF_INET */
	assert_memory_equal(m + 56, dst, 4); /* id.daddr, .spi, .proto */
	assert_memory_equal(m + 72, spi, 4);
	assert_int_equal(m[76], 50);
	assert_memory_equal(m + 80, src, 4);
	assert_true(u32(m + 96) == UINT32_MAX); /* no limits of the kernel's */
	assert_int_equal(u32(m + 208), 0x47560001);
	assert_int_equal(m[212], 2); /* family */
	assert_int_equal(m[214], 1); /* XFRM_MODE_TUNNEL */
	assert_int_equal(m[215], 0); /* no replay window */
	assert_int_equal(m[216], 4); /* XFRM_STATE_NOPMTUDISC */
	a = attr(224, 2, &n);        /* XFRMA_ALG_CRYPT */
	assert_string_equal((const char *)a, "cbc(aes)");
	assert_int_equal(u32(a + 64), 256);
	assert_int_equal(n, 68 + 32);
	assert_int_equal(a[68 + 31], 0x11);
	a = attr(224, 20, &n); /* XFRMA_ALG_AUTH_TRUNC */
	assert_string_equal((const char *)a, "hmac(sha256)");
	assert_int_equal(u32(a + 64), 256);
	assert_int_equal(u32(a + 68), 128);
	assert_int_equal(n, 72 + 32);
	assert_int_equal(a[72 + 31], 0x22);
	a = attr(224, 10, &n); /* XFRMA_REPLAY_VAL: goes on counting */
	assert_int_equal(n, 12);
	assert_int_equal(u32(a), 77);
}

static void names_of_ciphers(void **state)
{
	static const struct {
		struct esp_suite suite;
		const char *enc, *auth;
		unsigned key_bits, icv_bits;
	} all[] = {
		{ { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 }, "cbc(aes)",
			"hmac(sha1)", 128, 96 },
		{ { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA384, 192 }, "cbc(aes)",
			"hmac(sha384)", 192, 192 },
		{ { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA512, 256 }, "cbc(aes)",
			"hmac(sha512)", 256, 256 },
		{ { ESP_CIPHER_3DES, ESP_AUTH_MD5, 0 }, "cbc(des3_ede)",
			"hmac(md5)", 192, 96 },
		{ { ESP_CIPHER_DES, ESP_AUTH_SHA1, 0 }, "cbc(des)",
			"hmac(sha1)", 64, 96 },
		{ { ESP_CIPHER_NULL, ESP_AUTH_SHA1, 0 }, "ecb(cipher_null)",
			"hmac(sha1)", 0, 96 },
		{ { ESP_CIPHER_AES_CBC, ESP_AUTH_NONE, 128 }, "cbc(aes)", NULL,
			128, 0 },
	};
	const struct xfrm_state s = { .dst = 1, .spi = 256, .reqid = 2 };
	const uint8_t *a;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct dp_sa sa = sa_of(all[i].suite);

		assert_non_null(xfrm_state_build(buf, &s, &sa));
		a = attr(224, 2, &n);
		assert_string_equal((const char *)a, all[i].enc);
		assert_int_equal(u32(a + 64), all[i].key_bits);
		if (all[i].auth == NULL) {
			assert_null(find(224, 20, &n));
			continue;
		}
		a = attr(224, 20, &n);
		assert_string_equal((const char *)a, all[i].auth);
		assert_int_equal(u32(a + 68), all[i].icv_bits);
	}
}

static void counter_modes_have_no_message(void **state)
{
	const struct xfrm_state s = { .dst = 1, .spi = 256, .reqid = 2 };
	struct dp_sa sa =
		sa_of((struct esp_suite){ ESP_CIPHER_AES_GCM, 0, 128 });

	(void)state;
	assert_null(xfrm_state_build(buf, &s, &sa));
	sa = sa_of((struct esp_suite){ ESP_CIPHER_AES_GMAC, 0, 128 });
	assert_null(xfrm_state_build(buf, &s, &sa));
}

static void policy(void **state)
{
	const struct xfrm_rule p = { .dir = 1,
		.mark = 0x403,
		.mask = UINT32_MAX,
		.src = 0xc0a80101,
		.dst = 0xa9fe5483,
		.reqid = 0x47560003,
		.optional = true };
	const uint8_t src[] = { 192, 168, 1, 1 };
	const uint8_t dst[] = { 169, 254, 0x54, 0x83 };
	struct nlmsghdr *h = xfrm_policy_build(buf, &p);
	const uint8_t *m = buf + HEAD, *a;
	size_t n;

	(void)state;
	assert_int_equal(h->nlmsg_type, 25); /* XFRM_MSG_UPDPOLICY */
	assert_int_equal(m[42], 0);          /* sel: 0.0.0.0/0 both ways */
	assert_int_equal(m[43], 0);
	assert_int_equal(u32(m + 152), 0x7fff0000); /* behind all others */
	assert_int_equal(m[160], 1);                /* dir out */
	assert_int_equal(m[161], 0);                /* allow */
	a = attr(168, 5, &n);                       /* XFRMA_TMPL */
	assert_int_equal(n, 64);
	assert_memory_equal(a, dst, 4);
	assert_int_equal(a[20], 50);
	assert_int_equal(a[24], 2);
	assert_memory_equal(a + 28, src, 4);
	assert_int_equal(u32(a + 44), 0x47560003);
	assert_int_equal(a[48], 1); /* tunnel */
	assert_int_equal(a[50], 1); /* level use */
	assert_true(u32(a + 52) == UINT32_MAX);
	a = attr(168, 21, &n); /* XFRMA_MARK */
	assert_int_equal(u32(a), 0x403);
	assert_true(u32(a + 4) == UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outbound_state),
		cmocka_unit_test(names_of_ciphers),
		cmocka_unit_test(counter_modes_have_no_message),
		cmocka_unit_test(policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
