/* What tells that a certificate was taken back, as it comes over the network:
 * where to ask (RFC 5280 4.2.1.13, 4.2.2.1), CRLs (5) and OCSP (RFC 6960).
 * Pure functions on DER; `issuer` is the certificate of the CA that issued. */
#ifndef CRYPTO_REVOCATION_H
#define CRYPTO_REVOCATION_H
#include "crypto/der.h"
#include <time.h>

#define REVOCATION_URLS    4
#define REVOCATION_URL_MAX 512
#define CRL_BYTES_MAX      (4 * 1024 * 1024)
#define OCSP_BYTES_MAX     (64 * 1024)
#define OCSP_NONCE         16

struct revocation_urls {
	char v[REVOCATION_URLS][REVOCATION_URL_MAX + 1];
	size_t n;
};
/* http and https only, without blanks or control characters; others, and what
 * is too long or beyond REVOCATION_URLS, are left out. */
void cert_crl_urls(struct span cert, struct revocation_urls *out);
void cert_ocsp_urls(struct span cert, struct revocation_urls *out);

/* Did the issuer's key sign the certificate?  Asked before anything that a
 * peer's certificate says is acted upon. */
bool cert_issued_by(struct span cert, struct span issuer);

struct crl_info {
	time_t this_update, next_update; /* next 0: not said */
	size_t entries;
};
/* A complete CRL of that issuer, signed by it, in its time.  0, or -EBADMSG,
 * -EFBIG, -ETIME (too old or from the future) and *why. */
int crl_check(struct span crl, struct span issuer, time_t now,
	struct crl_info *out, struct sbuf *why);

/* nonce: OCSP_NONCE bytes; NULL: none. 0 or -EINVAL. */
int ocsp_request(struct span cert, struct span issuer, const uint8_t *nonce,
	struct der *out);
enum ocsp_verdict { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
struct ocsp_answer {
	enum ocsp_verdict status;
	time_t this_update, next_update; /* next 0: newer ones at any time */
	time_t revoked_at;               /* of OCSP_REVOKED */
};
/* The responder is the CA, or one to whom it gave that right (4.2.2.2).  With
 * a nonce sent, another one in the answer is refused, none is tolerated: many
 * responders answer from a stock.  0, or -EBADMSG, -EAGAIN (try later), -ETIME
 * and *why. */
int ocsp_parse(struct span body, struct span cert, struct span issuer,
	const uint8_t *nonce, time_t now, struct ocsp_answer *out,
	struct sbuf *why);
#endif
