/* What a router sends to a certification authority and what it gets: PKCS#10
 * requests (RFC 2986), certificates that it signs itself, bundles of PKCS#7
 * (RFC 2315, certs-only) and PKCS#12 (RFC 7292).  All in DER; knows no file and
 * no protocol. */
#ifndef CRYPTO_ENROLL_H
#define CRYPTO_ENROLL_H
#include "base/ip.h"
#include "base/sbuf.h"
#include "crypto/der.h"
#include <time.h>

#define X500_TEXT_MAX   512
#define ENROLL_SANS_MAX 8

/* Is it a name as `subject-name` takes it: `CN=gm1, OU=lab, O="A, Inc.", C=US`?
 * Types by their RFC 4514 or OpenSSL names in any case, or a dotted OID; the
 * most specific first.  A quote or a backslash protects a comma.  On false *why
 * says what is wrong. */
bool x500_check(const char *text, struct sbuf *why);
/* The encoded Name; "" gives the empty one. 0 or -EINVAL and *why. */
int x500_der(const char *text, struct der *out, struct sbuf *why);

enum csr_usage { CSR_USAGE_GENERAL, CSR_USAGE_SIGNATURE, CSR_USAGE_ENCRYPTION };
enum san_kind { SAN_DNS, SAN_IP, SAN_EMAIL };
struct san {
	enum san_kind kind;
	const char *dns; /* or the mail address */
	struct ip_addr ip;
};
/* All text is lent; NULL: absent.  An all-zero struct is a request for the
 * empty name. */
struct csr {
	const char *subject; /* `subject-name` */
	const char *fqdn;    /* unstructuredName, and a DNS name */
	const char *serial;  /* `serial-number`: serialNumber */
	struct ip_addr ip;   /* `ip-address`: unstructuredAddress, and a SAN */
	struct san san[ENROLL_SANS_MAX]; /* `subject-alt-name` */
	size_t n_sans;
	enum csr_usage usage; /* key usage bits; EC keys never encipher */
	const char *eku;      /* OpenSSL's names by comma: "serverAuth" */
	const char *password; /* challengePassword: the CA alone sees it */
	enum hash_id hash;    /* of the signature; NONE: SHA-256 */
};
/* 0 or -errno with *why. */
int csr_build(const struct csr *c, const struct pkey *key, struct der *out,
	struct sbuf *why);
/* `enrollment selfsigned`: its own issuer, from not_before to not_after. */
int selfsigned_build(const struct csr *c, const struct pkey *key,
	uint64_t serial, time_t not_before, time_t not_after, struct der *out,
	struct sbuf *why);

/* The certificates (and with crls not NULL the CRLs) of a PKCS#7 certs-only
 * message.  Nothing is verified.  0, -EBADMSG, -E2BIG: more than DER_LIST_MAX.
 */
int pkcs7_parse(struct span der, struct der_list *certs, struct der_list *crls);
int pkcs7_build(const struct span *certs, size_t n, struct der *out);

/* Private key, its certificate, and the certificates above it. */
struct pkcs12 {
	struct pkey *key;      /* a reference of its own; NULL: none */
	struct der cert;       /* of the key; empty: none */
	struct der_list chain; /* the others, in the order of the file */
};
void pkcs12_free(struct pkcs12 *p);
#define auto_pkcs12 __attribute__((cleanup(pkcs12_free)))
/* 0, -EACCES: the pass phrase is wrong, -EBADMSG, -E2BIG. */
int pkcs12_parse(struct span der, const char *pass, struct pkcs12 *out);
/* 0 or -errno (-EINVAL: the certificate is not for the key). */
int pkcs12_build(const struct pkey *key, struct span cert,
	const struct span *chain, size_t n_chain, const char *name,
	const char *pass, struct der *out);
#endif
