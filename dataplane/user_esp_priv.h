/* ESP framing and the libraries that encrypt, among themselves. */
#ifndef DATAPLANE_USER_ESP_PRIV_H
#define DATAPLANE_USER_ESP_PRIV_H
#include "dataplane/user_esp.h"

enum esp_kind { ESP_KIND_CBC, ESP_KIND_NULL, ESP_KIND_GCM, ESP_KIND_GMAC };

/* A suite's packets in one direction. */
struct esp_shape {
	enum esp_kind kind;
	bool seal;
	uint8_t iv_bytes, block, icv_bytes;
};

struct esp_ctx {
	struct esp_shape shape;
	uint8_t next;
	struct esp_openssl *openssl;
};

/* A packet with its headers, and a body of whole blocks; the ICV is behind the
 * body. */
struct esp_frame {
	uint8_t *esp, *data;
	size_t body;
};

/* ---- user_esp_openssl.c ---- */
/* NULL: a cipher this OpenSSL lacks. */
struct esp_openssl *esp_openssl_new(const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth);
void esp_openssl_free(struct esp_openssl *o); /* wipes */
bool esp_openssl_seal(struct esp_openssl *o, const struct esp_frame *f);
/* false: bad ICV. */
bool esp_openssl_open(struct esp_openssl *o, const struct esp_frame *f);
#endif
