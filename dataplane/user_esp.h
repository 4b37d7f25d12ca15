/* ESP over buffers: tunnel mode with address preservation (RFC 4303, 4106,
 * 4543, 6040; protocol.md E).  Pure: no sockets, no clock, no allocation per
 * packet.  A context belongs to one SA, one direction and one thread. */
#ifndef DATAPLANE_USER_ESP_H
#define DATAPLANE_USER_ESP_H
#include "base/secret.h"
#include "crypto/suite.h"
#include <stdbool.h>
#include <stdint.h>

#define ESP_IV_MAX   16
#define ESP_HEAD_MAX (8 + ESP_IV_MAX) /* SPI, sequence, IV */
#define ESP_TAIL_MAX (17 + 32)        /* padding, its length, protocol, ICV */
#define IP4_HDR      20
#define IP6_HDR      40

#define ESP_ICV_MAX  32

/* Intel's multi-buffer library, of one thread: where its
 * packets meet.  Not in every build, nor for every processor. */
struct esp_mb;
const char *esp_mb_missing(void); /* why it is not here; NULL: it is */
struct esp_mb *esp_mb_new(void);  /* NULL: it is not */
void esp_mb_free(struct esp_mb *m); /* wipes; after its contexts */

struct esp_ctx;
/* By mb where it is not NULL and has the suite, else by OpenSSL.  NULL: a key
 * of wrong length, or a cipher this OpenSSL lacks. */
struct esp_ctx *esp_ctx_new(struct esp_mb *mb, const struct esp_suite *s,
	const struct keybuf *enc, const struct keybuf *auth, bool seal);
void esp_ctx_free(struct esp_ctx *c);
/* The next header of its packets, instead of IPv4. */
void esp_ctx_next(struct esp_ctx *c, uint8_t next);
size_t esp_ctx_head(const struct esp_ctx *c); /* SPI, sequence and IV, bytes */
size_t esp_ctx_iv(const struct esp_ctx *c);
bool esp_ctx_by_mb(const struct esp_ctx *c);

/* Seals the packet of n bytes at `inner` in place.  There are
 * ESP_HEAD_MAX bytes before it and ESP_TAIL_MAX behind it; the ESP packet
 * begins esp_ctx_head() bytes before it.  Returns its length, 0 on failure. */
size_t esp_seal(struct esp_ctx *c, uint32_t spi, uint32_t seq,
	const uint8_t *iv, uint8_t *inner, size_t n);

enum esp_result {
	ESP_OPENED,
	ESP_MALFORMED,  /* too short, not whole blocks, impossible padding */
	ESP_BAD_ICV,
	ESP_DUMMY,      /* next header 59: to be dropped in silence */
	ESP_BAD_PROTO,  /* another next header than the context's */
};
/* Opens the ESP packet of n bytes at p in place; gives the payload.  Nothing
 * of a packet with a bad ICV is to be used. */
enum esp_result esp_open(struct esp_ctx *c, uint8_t *p, size_t n,
	uint8_t **inner, size_t *inner_n);

/* One packet of a batch.  Contexts may be the same or different ones, of one
 * thread. */
struct esp_job {
	struct esp_ctx *ctx;
	uint8_t *p; /* in and out: as `inner` and `p` above */
	size_t n;   /* out: as esp_seal and esp_open give it */
	uint32_t spi, seq;      /* to seal */
	uint8_t iv[ESP_IV_MAX]; /* to seal */
	enum esp_result result; /* of opening */
	bool good;                /* private, as the next */
	uint8_t icv[ESP_ICV_MAX]; /* as it should be */
};
/* As esp_seal for each.  p: where the ESP packet begins; n: its length, 0 on
 * failure. */
void esp_seal_batch(struct esp_job *jobs, size_t n);
/* As esp_open for each.  p and n: the payload when ESP_OPENED. */
void esp_open_batch(struct esp_job *jobs, size_t n);

enum { ESP_DF_COPY, ESP_DF_SET, ESP_DF_CLEAR };
/* Outer IPv4 header for esp_n bytes of ESP that carry `inner`: addresses, TOS
 * and TTL copied, options not (protocol.md E.1). */
void esp_outer(uint8_t out[IP4_HDR], const uint8_t *inner, uint16_t id,
	uint8_t df, size_t esp_n);
/* The same of IPv6, traffic class, flow label and hop limit copied.  An
 * extension header is not. */
void esp_outer6(uint8_t out[IP6_HDR], const uint8_t *inner, size_t esp_n);
/* Merges the outer ECN field into the inner header (RFC 6040 4.2).  false: the
 * packet must be dropped. */
bool esp_ecn_merge(uint8_t outer_tos, uint8_t *inner); /* of either version */
uint16_t ip4_checksum(const uint8_t *hdr, size_t n); /* over a header */
#endif
