/* SCEP over HTTP, asynchronous on the loop: asks the CA for its certificate,
 * sends requests, polls until one is granted.  Knows no trustpoint and no
 * configuration.  A callback must not cancel what calls it. */
#ifndef ROUTER_SCEP_NET_H
#define ROUTER_SCEP_NET_H
#include "base/loop.h"
#include "crypto/scep.h"
#include "gdoi/debug.h"

struct scep_net_opts {
	const char *url;      /* `enrollment url` */
	const char *ca_ident; /* message= of GetCACert */
	const char *source;   /* netdev or address; NULL: any */
	const char *device;   /* of a VRF; NULL: none */
	unsigned retries;   /* `enrollment retry count`: sent again so often */
	unsigned period_ms; /* `enrollment retry period` */
	const struct debug *debug; /* lent for as long as the exchange */
};
/* http:// or https://, as `enrollment url` takes it; false and *why. */
bool scep_url_check(const char *url, struct sbuf *why);

struct scep_net;
/* What the user may want to read meanwhile: pending, or a failed try. */
typedef void scep_wait_fn(
	void *ctx, bool pending, unsigned tries_left, const char *why);
/* ca NULL: err and *why tell; lent for the call. */
typedef void scep_ca_fn(
	void *ctx, int err, const char *why, const struct scep_ca *ca);
/* wait NULL: nobody wants to know. */
struct scep_net *scep_net_ca(struct loop *l, const struct scep_net_opts *o,
	scep_wait_fn *wait, scep_ca_fn *done, void *ctx);

struct scep_net_request {
	struct pkey *key; /* a reference is taken; RSA */
	struct span csr;
	struct span signer;       /* certificate of the key */
	const struct scep_ca *ca; /* copied */
	/* A renewal: the certificate in force signs, if the CA has learnt that
	 * (RFC 8894 2.3), with its key; NULL: there is none. */
	struct pkey *old_key;
	struct span old_cert;
	bool polling; /* it was sent before, and the answer was PENDING */
};
/* cert: granted; err and *why: not.  Lent for the call. */
typedef void scep_cert_fn(void *ctx, int err, const char *why,
	const struct der *cert, const struct scep_reply *reply);
struct scep_net *scep_net_enroll(struct loop *l, const struct scep_net_opts *o,
	const struct scep_net_request *r, scep_wait_fn *wait,
	scep_cert_fn *done, void *ctx);
/* The CRL that covers `cert`, once, without retries. */
typedef void scep_crl_fn(
	void *ctx, int err, const char *why, const struct der *crl);
struct scep_net *scep_net_crl(struct loop *l, const struct scep_net_opts *o,
	const struct scep_net_request *r, struct span cert, scep_crl_fn *done,
	void *ctx);
void scep_net_cancel(struct scep_net *n); /* no callback any more */
/* Between two tries: when the next one is, as loop_now(); else 0. */
uint64_t scep_net_next(const struct scep_net *n);
#endif
