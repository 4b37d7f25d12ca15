/* The tables of algorithms: protocol.md's numbers, IOS's names, sizes. */
#include "crypto/suite.h"

#include "base/mem.h"

#include <stdio.h>

/* What tunnel mode adds around the ciphertext: outer IPv4 header, SPI and
 * sequence number; then pad length and next header inside it. */
#define OUTER_IPV4  20
#define ESP_HDR     8
#define ESP_TRAILER 2

// clang-format off
static const struct hash_alg hashes[] = {
	/*                            ios       openssl   n  blk ike sig weak */
	[HASH_MD5]    = { HASH_MD5,    "md5",    "MD5",    16,  64, 1, 1, true },
	[HASH_SHA1]   = { HASH_SHA1,   "sha",    "SHA1",   20,  64, 2, 2, true },
	[HASH_SHA256] = { HASH_SHA256, "sha256", "SHA256", 32,  64, 4, 3, false },
	[HASH_SHA384] = { HASH_SHA384, "sha384", "SHA384", 48, 128, 5, 4, false },
	[HASH_SHA512] = { HASH_SHA512, "sha512", "SHA512", 64, 128, 6, 5, false },
};

static const struct cipher_alg ciphers[] = {
	/*                               openssl        key blk ike kek bits */
	[CIPHER_DES]    = { CIPHER_DES,    "DES-CBC",       8,  8, 1, 1,   0, true },
	[CIPHER_3DES]   = { CIPHER_3DES,   "DES-EDE3-CBC", 24,  8, 5, 2,   0, true },
	[CIPHER_AES128] = { CIPHER_AES128, "AES-128-CBC",  16, 16, 7, 3, 128, false },
	[CIPHER_AES192] = { CIPHER_AES192, "AES-192-CBC",  24, 16, 7, 3, 192, false },
	[CIPHER_AES256] = { CIPHER_AES256, "AES-256-CBC",  32, 16, 7, 3, 256, false },
};

static const struct dh_alg groups[] = {
	{  1,  96,  96, "#1 (768 bit)", true },
	{  2, 128, 128, "#2 (1024 bit)", true },
	{  5, 192, 192, "#5 (1536 bit)", true },
	{ 14, 256, 256, "#14 (2048 bit)", false },
	{ 15, 384, 384, "#15 (3072 bit)", false },
	{ 16, 512, 512, "#16 (4096 bit)", false },
	{ 19,  64,  32, "#19 (256 bit)", false },
	{ 20,  96,  48, "#20 (384 bit)", false },
	{ 21, 132,  66, "#21 (521 bit)", false },
	{ 24, 256, 256, "#24 (2048 bit, 256 bit subgroup)", true },
};

static const struct esp_cipher_alg esp_ciphers[] = {
	{ .id = ESP_CIPHER_DES, .ios = "esp-des", .openssl = "DES-CBC",
	  .transform = 2, .iv_bytes = 8, .block = 8, .fixed_key = 8 },
	{ .id = ESP_CIPHER_3DES, .ios = "esp-3des", .openssl = "DES-EDE3-CBC",
	  .transform = 3, .iv_bytes = 8, .block = 8, .fixed_key = 24 },
	{ .id = ESP_CIPHER_NULL, .ios = "esp-null", .openssl = "NULL",
	  .transform = 11, .block = 4 },
	{ .id = ESP_CIPHER_AES_CBC, .ios = "esp-aes", .openssl = "AES-%u-CBC",
	  .transform = 12, .iv_bytes = 16, .block = 16 },
	{ .id = ESP_CIPHER_AES_GCM, .ios = "esp-gcm", .openssl = "AES-%u-GCM",
	  .transform = 20, .iv_bytes = 8, .block = 4, .icv_bytes = 16,
	  .salt_bytes = 4, .counter_mode = true },
	{ .id = ESP_CIPHER_AES_GMAC, .ios = "esp-gmac", .openssl = "AES-%u-GCM",
	  .transform = 23, .iv_bytes = 8, .block = 4, .icv_bytes = 16,
	  .salt_bytes = 4, .counter_mode = true },
};

static const struct esp_auth_alg esp_auths[] = {
	{ ESP_AUTH_MD5,    "esp-md5-hmac",    HASH_MD5,    1, 16, 12 },
	{ ESP_AUTH_SHA1,   "esp-sha-hmac",    HASH_SHA1,   2, 20, 12 },
	{ ESP_AUTH_SHA256, "esp-sha256-hmac", HASH_SHA256, 5, 32, 16 },
	{ ESP_AUTH_SHA384, "esp-sha384-hmac", HASH_SHA384, 6, 48, 24 },
	{ ESP_AUTH_SHA512, "esp-sha512-hmac", HASH_SHA512, 7, 64, 32 },
};
// clang-format on

const struct hash_alg *hash_alg(enum hash_id id)
{
	if (id == HASH_NONE || (size_t)id >= ARRAY_LEN(hashes))
		return NULL;
	return &hashes[id];
}

const struct hash_alg *hash_by_ike(uint32_t v)
{
	for (size_t i = HASH_MD5; i < ARRAY_LEN(hashes); i++)
		if (hashes[i].ike == v)
			return &hashes[i];
	return NULL;
}

const struct hash_alg *hash_by_sig_hash(uint32_t v)
{
	for (size_t i = HASH_MD5; i < ARRAY_LEN(hashes); i++)
		if (hashes[i].sig_hash == v)
			return &hashes[i];
	return NULL;
}

const struct cipher_alg *cipher_alg(enum cipher_id id)
{
	if (id == CIPHER_NONE || (size_t)id >= ARRAY_LEN(ciphers))
		return NULL;
	return &ciphers[id];
}

const struct cipher_alg *cipher_by_ike(uint32_t alg, uint32_t key_bits)
{
	for (size_t i = CIPHER_DES; i < ARRAY_LEN(ciphers); i++)
		if (ciphers[i].ike == alg && ciphers[i].key_bits == key_bits)
			return &ciphers[i];
	return NULL;
}

/* A key length is superfluous with DES and 3DES, but allowed there. */
const struct cipher_alg *cipher_by_kek(uint32_t alg, uint32_t key_bits)
{
	for (size_t i = CIPHER_DES; i < ARRAY_LEN(ciphers); i++)
		if (ciphers[i].kek == alg && (ciphers[i].key_bits == key_bits ||
						     ciphers[i].key_bits == 0))
			return &ciphers[i];
	return NULL;
}

const struct dh_alg *dh_alg(uint32_t group)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (groups[i].group == group)
			return &groups[i];
	return NULL;
}

const struct esp_cipher_alg *esp_cipher_alg(enum esp_cipher id)
{
	for (size_t i = 0; i < ARRAY_LEN(esp_ciphers); i++)
		if (esp_ciphers[i].id == id)
			return &esp_ciphers[i];
	return NULL;
}

const struct esp_auth_alg *esp_auth_alg(enum esp_auth id)
{
	for (size_t i = 0; i < ARRAY_LEN(esp_auths); i++)
		if (esp_auths[i].id == id)
			return &esp_auths[i];
	return NULL;
}

const struct esp_cipher_alg *esp_cipher_by_transform(uint32_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(esp_ciphers); i++)
		if (esp_ciphers[i].transform == id)
			return &esp_ciphers[i];
	return NULL;
}

const struct esp_auth_alg *esp_auth_by_wire(uint32_t v)
{
	for (size_t i = 0; i < ARRAY_LEN(esp_auths); i++)
		if (esp_auths[i].wire == v)
			return &esp_auths[i];
	return NULL;
}

static bool is_aes(enum esp_cipher id)
{
	return id == ESP_CIPHER_AES_CBC || id == ESP_CIPHER_AES_GCM ||
	       id == ESP_CIPHER_AES_GMAC;
}

size_t esp_key_bytes(const struct esp_suite *s)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(s->cipher);

	if (c == NULL)
		return 0;
	size_t key = is_aes(c->id) ? s->key_bits / 8 : c->fixed_key;
	return key + c->salt_bytes;
}

size_t esp_auth_key_bytes(const struct esp_suite *s)
{
	const struct esp_auth_alg *a = esp_auth_alg(s->auth);

	return a != NULL ? a->key_bytes : 0;
}

/* Bytes around the padded part, and its unit. */
static size_t esp_fixed(const struct esp_suite *s, size_t *unit)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(s->cipher);
	const struct esp_auth_alg *a = esp_auth_alg(s->auth);
	size_t n = OUTER_IPV4 + ESP_HDR;

	*unit = c != NULL && c->block > 4 ? c->block : 4;
	if (c != NULL)
		n += c->iv_bytes + c->icv_bytes;
	if (a != NULL)
		n += a->icv_bytes;
	return n;
}

size_t esp_overhead(const struct esp_suite *s, size_t inner)
{
	size_t unit;
	size_t fixed = esp_fixed(s, &unit);
	size_t padded = (inner + ESP_TRAILER + unit - 1) / unit * unit;

	return fixed + padded - inner;
}

size_t esp_inner_mtu(const struct esp_suite *s, size_t mtu)
{
	size_t unit;
	size_t fixed = esp_fixed(s, &unit);

	if (mtu < fixed + unit)
		return 0;
	return (mtu - fixed) / unit * unit - ESP_TRAILER;
}

bool esp_suite_valid(const struct esp_suite *s)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(s->cipher);
	bool has_auth = esp_auth_alg(s->auth) != NULL;

	if (c == NULL || (s->auth != ESP_AUTH_NONE && !has_auth))
		return false;
	if (is_aes(c->id)) {
		if (s->key_bits != 128 && s->key_bits != 192 &&
			s->key_bits != 256)
			return false;
	} else if (s->key_bits != 0) {
		return false;
	}
	if (c->counter_mode)
		return !has_auth;
	return has_auth || c->id != ESP_CIPHER_NULL;
}

bool esp_suite_equal(const struct esp_suite *a, const struct esp_suite *b)
{
	return a->cipher == b->cipher && a->auth == b->auth &&
	       a->key_bits == b->key_bits;
}

const char *esp_suite_config(const struct esp_suite *s, char buf[ESP_TEXT])
{
	const struct esp_cipher_alg *c = esp_cipher_alg(s->cipher);
	const struct esp_auth_alg *a = esp_auth_alg(s->auth);
	char bits[8] = "";

	/* 128 bits are the default and not written. */
	if (c != NULL && is_aes(c->id) && s->key_bits != 128)
		snprintf(bits, sizeof(bits), " %u", s->key_bits);
	snprintf(buf, ESP_TEXT, "%s%s%s%s", c != NULL ? c->ios : "", bits,
		c != NULL && a != NULL ? " " : "", a != NULL ? a->ios : "");
	return buf;
}

const char *esp_suite_display(const struct esp_suite *s, char buf[ESP_TEXT])
{
	const struct esp_auth_alg *a = esp_auth_alg(s->auth);

	if (s->cipher != ESP_CIPHER_AES_CBC || s->key_bits == 128)
		return esp_suite_config(s, buf);
	snprintf(buf, ESP_TEXT, "esp-%u-aes%s%s", s->key_bits,
		a != NULL ? " " : "", a != NULL ? a->ios : "");
	return buf;
}
