/* What reaches the inbound thread from the wire: opening ESP, reading the inner
 * packet, judging it by a policy.  The null cipher without authenticator lets
 * the fuzzer's bytes through to the inner packet; the others are fed after
 * sealing, so that their inside is reached as well. */
#include "dataplane/selector.h"
#include "dataplane/user_esp.h"
#include <stdlib.h>
#include <string.h>

static const struct esp_suite suites[] = {
	{ ESP_CIPHER_NULL, ESP_AUTH_SHA1, 0 },
	{ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA256, 128 },
	{ ESP_CIPHER_AES_CBC, ESP_AUTH_NONE, 128 },
	{ ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 256 },
	{ ESP_CIPHER_AES_GMAC, ESP_AUTH_NONE, 128 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void inner_read(const uint8_t *outer, uint8_t *inner, size_t n)
{
	struct ace e = ace_any(true);
	struct acl a = { .v = &e, .n = 1 };
	struct packet_key k;

	if (!packet_key_read(inner, n, &k))
		return;
	(void)acl_admits(&a, &k);
	(void)esp_ecn_merge(outer[0], inner);
}

static void open_one(
	const struct esp_suite *s, const uint8_t *data, size_t n, bool sealed)
{
	struct keybuf enc = { .n = (uint8_t)esp_key_bytes(s) };
	struct keybuf auth = { .n = (uint8_t)esp_auth_key_bytes(s) };
	struct esp_ctx *c = esp_ctx_new(NULL, s, &enc, &auth, false);
	size_t room = ESP_HEAD_MAX + n + ESP_TAIL_MAX, at = 0, esp = n, len;
	uint8_t *p = malloc(room + 1), *inner;

	if (sealed) {
		struct esp_ctx *seal = esp_ctx_new(NULL, s, &enc, &auth, true);
		uint8_t iv[ESP_IV_MAX] = { 1 };

		memcpy(p + ESP_HEAD_MAX, data, n);
		esp = esp_seal(seal, 256, 1, iv, p + ESP_HEAD_MAX, n);
		at = ESP_HEAD_MAX - esp_ctx_head(seal);
		esp_ctx_free(seal);
	} else {
		/* Exactly as long as the data: an overrun is seen. */
		free(p);
		p = malloc(n ? n : 1);
		memcpy(p, data, n);
	}
	if (esp_open(c, p + at, esp, &inner, &len) == ESP_OPENED)
		inner_read(data, inner, len);
	free(p);
	esp_ctx_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2 || n > 9000)
		return 0;
	const struct esp_suite *s = &suites[data[0] % ARRAY_LEN(suites)];

	open_one(s, data + 1, n - 1, data[0] & 0x80);
	return 0;
}
