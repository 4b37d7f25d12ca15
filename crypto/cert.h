/* X.509 certificates and CRLs as immutable values, and the judgement of a
 * chain (RFC 5280, RFC 4945).  Everything here is pure: no file, no network,
 * no clock but the time that is handed in. */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H
#include "base/ip.h"
#include "base/sbuf.h"
#include "crypto/sign.h"

/* What we read at most; a CRL is fetched or loaded, never taken from a peer. */
#define CERT_DER_MAX   8192
#define CRL_DER_MAX    (16 * 1024 * 1024)
#define CERT_CHAIN_MAX 8 /* certificates of one peer */

/* Reference counted.  NULL: not one DER certificate and nothing else. */
struct cert;
struct cert *cert_from_der(struct span der);
struct cert *cert_from_pem(const char *pem); /* the first CERTIFICATE block */
struct cert *cert_ref(struct cert *c);
void cert_unref(struct cert *c); /* NULL is fine */
bool cert_equal(const struct cert *a, const struct cert *b);

/* Spans are lent for the certificate's life. */
struct span cert_der(const struct cert *c);
struct span cert_subject_der(const struct cert *c); /* Name */
struct span cert_issuer_der(const struct cert *c);
struct span cert_serial(const struct cert *c);      /* magnitude, big endian */
/* Lent; NULL: a kind of key that IKE has no method for. */
struct pkey *cert_public(const struct cert *c);
time_t cert_not_before(const struct cert *c);
time_t cert_not_after(const struct cert *c);
void cert_digest(const struct cert *c, enum hash_id h, uint8_t *out); /* of DER */
bool cert_is_ca(const struct cert *c);
bool cert_is_self_issued(const struct cert *c);
/* keyUsage allows signatures resp. key encipherment; true without keyUsage. */
bool cert_may_sign(const struct cert *c);
bool cert_may_encipher(const struct cert *c);

/* Text as IOS shows it, appended.  Names: the most specific part first,
 * `cn=GM1,o=Orbit Lab`, types in small letters, `sep` between the parts, commas
 * within a value escaped as in RFC 4514, control characters as \XX. */
void dn_text(struct span name_der, const char *sep, struct sbuf *out);
void cert_subject_text(const struct cert *c, const char *sep, struct sbuf *out);
void cert_issuer_text(const struct cert *c, const char *sep, struct sbuf *out);
void cert_serial_text(const struct cert *c, struct sbuf *out); /* hex, "02" */
/* Encoded Names compared as RFC 5280 7.1 says: case and blanks do not count. */
bool dn_equal(struct span a, struct span b);

/* The i-th alternative name of a kind, as text; false: no more. */
enum cert_name { CERT_NAME_DNS, CERT_NAME_EMAIL, CERT_NAME_IP, CERT_NAME_URI };
bool cert_alt_name(const struct cert *c, enum cert_name kind, size_t i,
	struct sbuf *out);
/* The router's FQDN: first dNSName, else unstructuredName of the subject. */
bool cert_fqdn(const struct cert *c, struct sbuf *out);
/* The i-th unstructuredName of the subject; false: no more. */
bool cert_unstructured_name(const struct cert *c, size_t i, struct sbuf *out);
/* Where CRLs of its issuer and its OCSP responder are; false: no more. */
bool cert_crl_url(const struct cert *c, size_t i, struct sbuf *out);
bool cert_ocsp_url(const struct cert *c, size_t i, struct sbuf *out);

/* Is the data of an IKE ID payload (protocol.md A.10) this certificate's?
 *   1, 5  iPAddress of subjectAltName, else unstructuredAddress
 *   2     dNSName, else unstructuredName (what IOS calls hostname=)
 *   3     rfc822Name, else emailAddress
 *   9     the subject
 * Whole names only: no wildcards; case does not count.  Others match nothing. */
bool cert_matches_id(const struct cert *c, uint8_t id_type, struct span data);

/* Reference counted.  NULL: not one DER CRL. */
struct crl;
struct crl *crl_from_der(struct span der);
struct crl *crl_from_pem(const char *pem);
struct crl *crl_ref(struct crl *c);
void crl_unref(struct crl *c);
struct span crl_der(const struct crl *c);
struct span crl_issuer_der(const struct crl *c);
time_t crl_this_update(const struct crl *c);
time_t crl_next_update(const struct crl *c); /* 0: it does not say */
size_t crl_count(const struct crl *c);       /* entries */
bool crl_has_serial(const struct crl *c, struct span serial);
/* Is it signed by that CA? */
bool crl_signed_by(const struct crl *c, const struct cert *ca);

enum revocation_method { REVOCATION_CRL, REVOCATION_OCSP, REVOCATION_NONE };
#define REVOCATION_METHODS_MAX 3
/* An answer that an OCSP client has verified, of the certificate with that
 * SHA-256 digest. */
struct ocsp_status {
	uint8_t cert_sha256[32];
	bool revoked;             /* else good; "unknown" is no answer */
	time_t this_update, next_update; /* next 0: newer is always to be had */
};

/* What a trustpoint trusts, as plain values. */
#define TRUST_NAME_MAX 80
struct cert_trust {
	char name[TRUST_NAME_MAX + 1];
	struct cert *const *ca;  /* anchors: roots or subordinate CAs */
	size_t n_ca;
	struct crl *const *crl;
	size_t n_crls;
	const struct ocsp_status *ocsp;
	size_t n_ocsp;
	enum revocation_method method[REVOCATION_METHODS_MAX]; /* in order */
	unsigned n_methods;      /* 0: as `crl`, the default of IOS */
	/* Of the end entity alone: it may have expired, or been revoked; it is
	 * none of those that are wanted, whoever vouches for it. */
	bool expired_ok, revoked_ok, unwanted;
};
void cert_trust_dup(struct cert_trust *dst, const struct cert_trust *src);
void cert_trust_free(struct cert_trust *t); /* one made by cert_trust_dup */

/* name, text for the log */
#define CERT_VERDICTS(X)                                                       \
	X(OK, "valid")                                                         \
	X(MALFORMED, "malformed")                                              \
	X(CHAIN, "chain is too long")                                          \
	X(UNTRUSTED, "issuer is not trusted")                                  \
	X(SIGNATURE, "bad signature")                                          \
	X(ALGORITHM, "signature algorithm is not acceptable")                  \
	X(NOT_YET_VALID, "not yet valid")                                      \
	X(EXPIRED, "expired")                                                  \
	X(CA, "issuer may not issue it")                                       \
	X(USAGE, "key usage does not allow signatures")                        \
	X(KEY, "kind of key does not fit")                                     \
	X(REVOKED, "revoked")                                                  \
	X(PENDING, "revocation status is being fetched")                       \
	X(UNCHECKED, "revocation status is not to be had")                     \
	X(UNAUTHORIZED, "does not match the certificate map")
enum cert_verdict {
#define X(name, text) CERT_##name,
	CERT_VERDICTS(X)
#undef X
		CERT_N_VERDICTS
};
const char *cert_verdict_text(enum cert_verdict v);

/* Who can get revocation data that is absent.  `wanted` is asked for each
 * method in turn; true: it is on its way, ask again later (CERT_PENDING);
 * false: not to be had (or not lately), so the next method counts. */
struct revocation_source {
	bool (*wanted)(void *ctx, const char *trustpoint,
		const struct cert *cert, const struct cert *issuer,
		enum revocation_method m);
	void *ctx;
};
/* chain: end entity first, then what may lead to an anchor, in any order; n is
 * 1 to CERT_CHAIN_MAX.  An anchor counts as it stands: its own validity is
 * checked, its issuer is not asked for.  source NULL: nothing can be fetched.
 * On a verdict other than OK *at (may be NULL) is told the index of the
 * certificate at fault in the path found, 0 the end entity. */
enum cert_verdict cert_verify(const struct cert_trust *t,
	struct cert *const *chain, size_t n, time_t now,
	const struct revocation_source *source, unsigned *at);
/* Is one of the chain issued in the name of an anchor?
 * Cheap; nothing is verified. */
bool cert_trust_names(const struct cert_trust *t, struct cert *const *chain,
	size_t n);
#endif
