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
	/* One of them. */
	struct esp_openssl *openssl;
	struct esp_mb_keys *mb;
};

/* A packet with its headers and a body of whole blocks; the ICV, or room for
 * it, is behind the body. */
struct esp_frame {
	uint8_t *esp, *data;
	size_t body;
};
static inline struct esp_frame esp_frame(
	const struct esp_shape *s, uint8_t *esp, size_t n)
{
	size_t head = 8u + s->iv_bytes;

	return (struct esp_frame){ esp, esp + head, n - head - s->icv_bytes };
}

/* ---- user_esp_openssl.c ---- */
/* NULL: a cipher this OpenSSL lacks. */
struct esp_openssl *esp_openssl_new(const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth);
void esp_openssl_free(struct esp_openssl *o); /* wipes */
bool esp_openssl_seal(struct esp_openssl *o, const struct esp_frame *f);
/* false: bad ICV. */
bool esp_openssl_open(struct esp_openssl *o, const struct esp_frame *f);

/* ---- user_esp_mb.c; without the library user_esp_no_mb.c ---- */
/* NULL: a suite it is not used for. */
struct esp_mb_keys *esp_mb_keys_new(struct esp_mb *m, const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth);
void esp_mb_keys_free(struct esp_mb_keys *k); /* wipes */
/* Takes a framed packet in hand.  j->good is set when it is done, at the
 * latest by a flush. */
void esp_mb_submit(struct esp_mb_keys *k, struct esp_job *j);
void esp_mb_flush(struct esp_mb_keys *k);
#endif
