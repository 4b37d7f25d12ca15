/* Fetches what says whether peers' certificates are revoked, when the engine
 * asks for it: CRLs by HTTP, OCSP answers.  A peer chooses the certificate that
 * it shows, so: nothing is fetched that the issuer has not signed, one fetch a
 * CRL or certificate at a time, REVOKE_FLYING of all at once, and after each
 * one a pause, which grows while it fails. */
#ifndef ROUTER_REVOKE_H
#define ROUTER_REVOKE_H
#include "base/log.h"
#include "base/loop.h"
#include "crypto/cert.h"
#include "crypto/der.h"

#define REVOKE_ITEMS_MAX 256 /* CRLs and OCSP answers known or wanted */
#define REVOKE_FLYING    2
#define REVOKE_PAUSE_MS  60000u
#define REVOKE_PAUSES    4 /* doublings of the pause: 16 minutes */

/* Lines of a trustpoint; lent for the call. */
struct revoke_policy {
	const char *crl_url, *ocsp_url; /* NULL: as the certificate says */
	char source[64];                /* netdev or address; "": any */
	char device[64];                /* of a VRF; "": none */
	bool no_nonce;
	bool by_scep; /* get_crl does, where no URL is known */
};
/* err 0: der, lent; else *why. */
typedef void revoke_got_fn(
	void *item, int err, const char *why, const struct der *der);
struct revoke_ops {
	/* false: there is no such trustpoint, or nothing leads to its CA. */
	bool (*policy)(
		void *ctx, const char *trustpoint, struct revoke_policy *out);
	/* Something new is known of a trustpoint; crl NULL: by OCSP. */
	void (*changed)(
		void *ctx, const char *trustpoint, const struct crl *crl);
	/* Asks the CA for the CRL that covers a certificate; done comes once,
	 * later, unless it is cancelled.  NULL, no done: it cannot be asked. */
	void *(*get_crl)(void *ctx, const char *trustpoint,
		const struct cert *cert, revoke_got_fn *done, void *item);
	void (*get_cancel)(void *get);
	void *ctx;
};
struct revoke;
struct revoke *revoke_new(struct loop *l, struct log *log);
void revoke_free(struct revoke *r);
void revoke_set_ops(struct revoke *r, const struct revoke_ops *ops);
/* struct revocation_source: true, it is on its way. */
bool revoke_wanted(struct revoke *r, const char *trustpoint,
	const struct cert *cert, const struct cert *issuer,
	enum revocation_method m);
/* A CRL that came otherwise takes the place of the cached one of that issuer. */
void revoke_learn(struct revoke *r, const char *trustpoint,
	const struct cert *issuer, struct span crl);
/* The other CRLs of a trustpoint are fetched anew; their number. */
size_t revoke_refresh(
	struct revoke *r, const char *trustpoint, const struct cert *but);
/* What is known of a trustpoint and in its time; lent until the next change. */
struct revoke_view {
	const char *trustpoint;
	enum revocation_method method;
	const struct cert *cert;        /* that it was wanted for */
	struct crl *crl;                /* NULL: none */
	const struct ocsp_status *ocsp; /* NULL: none */
	uint64_t refresh_at;            /* loop_now() of the next fetch; 0 */
	unsigned failures;              /* since the last success */
};
/* The i-th of all; lent until the next change. false: no more. */
bool revoke_at(const struct revoke *r, size_t i, struct revoke_view *out);
size_t revoke_crls(const struct revoke *r, const char *trustpoint,
	struct crl **v, size_t max);
size_t revoke_ocsp(const struct revoke *r, const char *trustpoint,
	struct ocsp_status *v, size_t max);
#endif
