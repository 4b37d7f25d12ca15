/* Tables of ciphers, hashes, groups, ESP transforms: our ids, wire ids, IOS
 * names, sizes.  One place per fact; everything else asks here. */
#ifndef CRYPTO_SUITE_H
#define CRYPTO_SUITE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hash_id { HASH_NONE, HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA384,
	HASH_SHA512 };
#define HASH_MAX_BYTES 64
struct hash_alg {
	enum hash_id id;
	const char *ios;      /* "sha", "sha256", as configured */
	const char *openssl;  /* "SHA1" */
	uint8_t bytes, block; /* digest, HMAC block */
	uint8_t ike;          /* phase-1 hash attribute value */
	uint8_t sig_hash;     /* SIG_HASH_ALGORITHM value (protocol.md B.5) */
	bool weak;
};
const struct hash_alg *hash_alg(enum hash_id id);
const struct hash_alg *hash_by_ike(uint32_t v);      /* NULL: unknown */
const struct hash_alg *hash_by_sig_hash(uint32_t v);

enum cipher_id { CIPHER_NONE, CIPHER_DES, CIPHER_3DES, CIPHER_AES128,
	CIPHER_AES192, CIPHER_AES256 };
#define CIPHER_MAX_BLOCK 16
#define CIPHER_MAX_KEY   32
/* CBC ciphers of phase 1 and of the KEK. */
struct cipher_alg {
	enum cipher_id id;
	const char *openssl;     /* "AES-128-CBC" */
	uint8_t key_bytes, block;
	uint8_t ike;             /* phase-1 encryption attribute value */
	uint8_t kek;             /* KEK_ALGORITHM value */
	uint16_t key_bits;       /* key length attribute; 0 = must be absent */
	bool weak;
};
const struct cipher_alg *cipher_alg(enum cipher_id id);
/* key_bits as received; 0 when the attribute was absent.  NULL: no match. */
const struct cipher_alg *cipher_by_ike(uint32_t alg, uint32_t key_bits);
const struct cipher_alg *cipher_by_kek(uint32_t alg, uint32_t key_bits);
/* Single DES lives in OpenSSL's legacy provider, often absent: ask first. */
bool cipher_available(enum cipher_id id);

/* Diffie-Hellman groups by their IKE number: 1 2 5 14 15 16 19 20 21 24. */
struct dh_alg {
	uint16_t group;
	uint16_t public_bytes, shared_bytes; /* protocol.md A.4 */
	const char *ios_text; /* "#14 (2048 bit)" */
	bool weak;
};
#define DH_MAX_PUBLIC 512
#define DH_MAX_SHARED 512
const struct dh_alg *dh_alg(uint32_t group); /* NULL: unknown */

/* RSA_ENCR: configured perhaps, but never usable. */
enum ike_auth { IKE_AUTH_PSK = 1, IKE_AUTH_RSA_SIG = 3, IKE_AUTH_RSA_ENCR = 4, IKE_AUTH_ECDSA256 = 9,
	IKE_AUTH_ECDSA384 = 10, IKE_AUTH_ECDSA521 = 11 };

/* ESP: one cipher with at most one authenticator. */
enum esp_cipher { ESP_CIPHER_NONE, ESP_CIPHER_DES, ESP_CIPHER_3DES,
	ESP_CIPHER_NULL, ESP_CIPHER_AES_CBC, ESP_CIPHER_AES_GCM,
	ESP_CIPHER_AES_GMAC };
enum esp_auth { ESP_AUTH_NONE, ESP_AUTH_MD5, ESP_AUTH_SHA1, ESP_AUTH_SHA256,
	ESP_AUTH_SHA384, ESP_AUTH_SHA512 };
struct esp_suite {
	uint8_t cipher;   /* enum esp_cipher */
	uint8_t auth;     /* enum esp_auth */
	uint16_t key_bits; /* AES: 128, 192, 256; else 0 */
};
struct esp_cipher_alg {
	enum esp_cipher id;
	const char *ios;      /* "esp-aes" */
	const char *openssl;  /* format with key bits for AES: "AES-%u-CBC" */
	uint8_t transform;    /* IKEv1 ESP transform id: 12, 20, 23, 3, 11 */
	uint8_t iv_bytes, block, icv_bytes; /* icv: AEAD only */
	uint8_t salt_bytes;   /* after the key in TEK_ALGORITHM_KEY */
	uint8_t fixed_key;    /* bytes, when not AES */
	bool counter_mode;    /* needs sender ids */
};
struct esp_auth_alg {
	enum esp_auth id;
	const char *ios;      /* "esp-sha256-hmac" */
	enum hash_id hash;
	uint8_t wire;         /* authentication algorithm attribute value */
	uint8_t key_bytes, icv_bytes;
};
const struct esp_cipher_alg *esp_cipher_alg(enum esp_cipher id);
const struct esp_auth_alg *esp_auth_alg(enum esp_auth id);
const struct esp_cipher_alg *esp_cipher_by_transform(uint32_t id);
const struct esp_auth_alg *esp_auth_by_wire(uint32_t v);
size_t esp_key_bytes(const struct esp_suite *s);      /* with salt */
size_t esp_auth_key_bytes(const struct esp_suite *s);
/* Bytes that tunnel-mode ESP adds to an inner packet of `inner` bytes, outer
 * IPv4 header, padding and ICV included. */
size_t esp_overhead(const struct esp_suite *s, size_t inner);
/* Largest inner packet whose ESP fits `mtu` (1446 for GCM, 1438 for CBC+SHA1
 * at 1500). */
size_t esp_inner_mtu(const struct esp_suite *s, size_t mtu);
bool esp_suite_valid(const struct esp_suite *s);
bool esp_suite_equal(const struct esp_suite *a, const struct esp_suite *b);
/* As configured: "esp-aes 256 esp-sha256-hmac"; display form puts the key size
 * first: "esp-256-aes esp-sha256-hmac" (show-output.md 2.6). Returns buf. */
#define ESP_TEXT 64
const char *esp_suite_config(const struct esp_suite *s, char buf[ESP_TEXT]);
const char *esp_suite_display(const struct esp_suite *s, char buf[ESP_TEXT]);
#endif
