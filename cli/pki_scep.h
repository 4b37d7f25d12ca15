/* Trustpoints with `enrollment url`: SCEP on behalf of the commands. */
#ifndef CLI_PKI_SCEP_H
#define CLI_PKI_SCEP_H
#include "cli/exec_pki.h"
#include "router/scep_net.h"

#define PKI_SOURCE_MAX 64
/* `source interface`: the address as libcurl wants it; else left alone. */
void pki_source_read(const struct router *r, const struct node *tp,
	char source[PKI_SOURCE_MAX]);

/* `vrf`: the device whose routes lead to the CA; else left alone.  false: there
 * is no such VRF. */
bool pki_vrf_read(const struct router *r, const struct node *tp,
	char device[PKI_SOURCE_MAX]);

/* Where and how a trustpoint's CA is asked. */
struct pki_server {
	const char *url;             /* lent from the configuration */
	char source[PKI_SOURCE_MAX]; /* "": any */
	char device[PKI_SOURCE_MAX]; /* "": the global table */
	struct scep_net_opts net;    /* points into this struct */
};
/* false, and a `%` line: not over the network, or the URL does not do. */
bool pki_server_read(const struct router *r, const char *name,
	struct pki_server *out, struct sbuf *why);

/* All is lent for the call, but old_key and key are referenced. */
struct pki_scep_request {
	const char *name; /* trustpoint */
	struct pkey *key;
	struct span csr, signer; /* see scep_net_request */
	struct pkey *old_key;    /* NULL: no renewal */
	struct span old_cert;
	struct pki_poll poll; /* how it stands */
};
/* Sends a request and goes on polling when the command has ended; what comes
 * of it is told by the log and to pki_renew.c.  A request of that trustpoint
 * that is still under way is given up.  false, and *why: it cannot be sent. */
bool pki_scep_enroll(struct router *r, const struct pki_scep_request *q,
	struct sbuf *why);
/* Seconds until that trustpoint's CA is polled; 0: not waiting for that. */
uint64_t pki_scep_next(const struct router *r, const char *name);
bool pki_scep_pending(const struct router *r, const char *name);
void pki_scep_free(struct router *r); /* all are given up */

/* Is it the CA that the trustpoint has authenticated? */
bool pki_scep_same_ca(const struct pki_tp *tp, const struct scep_ca *ca);

/* pki_scep_crl.c: GetCRL (RFC 8894 4.6), for trustpoints that have a certificate
 * of an RSA key pair: the request is signed with it. */
bool pki_scep_can_crl(const struct pki_tp *tp);
struct pki_scep_crl;
/* The CRL that covers cert.  done comes once, unless it is cancelled; NULL: it
 * cannot be asked for. */
struct pki_scep_crl *pki_scep_crl(struct router *r, const char *name,
	struct span cert, scep_crl_fn *done, void *ctx);
void pki_scep_crl_cancel(struct pki_scep_crl *c);

struct pki_scep;
struct pki_scep **pki_scep_of(const struct router *r); /* pki_sync.c */
#endif
