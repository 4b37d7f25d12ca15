/* Is a chain to be trusted?  Paths and signatures are OpenSSL's work; what a
 * phase-1 certificate must be, and in which order revocation is looked up, is
 * decided here. */
#include "crypto/cert.h"

#include "crypto/cert_priv.h"
#include "crypto/prf.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define SHA256_BYTES 32

static const char *const texts[] = {
#define X(name, text) text,
	CERT_VERDICTS(X)
#undef X
};

const char *cert_verdict_text(enum cert_verdict v)
{
	return texts[v];
}

void cert_trust_dup(struct cert_trust *dst, const struct cert_trust *src)
{
	struct cert **ca = xcalloc(src->n_ca + 1, sizeof(*ca));
	struct crl **crl = xcalloc(src->n_crls + 1, sizeof(*crl));

	for (size_t i = 0; i < src->n_ca; i++)
		ca[i] = cert_ref(src->ca[i]);
	for (size_t i = 0; i < src->n_crls; i++)
		crl[i] = crl_ref(src->crl[i]);
	*dst = *src;
	dst->ca = ca;
	dst->crl = crl;
	dst->ocsp = src->n_ocsp == 0 ? NULL
				     : xmemdup(src->ocsp,
					       src->n_ocsp * sizeof(*src->ocsp));
}

void cert_trust_free(struct cert_trust *t)
{
	for (size_t i = 0; i < t->n_ca; i++)
		cert_unref(t->ca[i]);
	for (size_t i = 0; i < t->n_crls; i++)
		crl_unref(t->crl[i]);
	free((void *)(uintptr_t)t->ca);
	free((void *)(uintptr_t)t->crl);
	free((void *)(uintptr_t)t->ocsp);
	*t = (struct cert_trust){ .n_ca = 0 };
}

/* The path found, end entity first; the last one is an anchor. */
struct path {
	X509 *v[CERT_CHAIN_MAX + 1];
	int n;
};

static enum cert_verdict verdict_of(int err)
{
	switch (err) {
	case X509_V_OK:
		return CERT_OK;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return CERT_NOT_YET_VALID;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return CERT_EXPIRED;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return CERT_SIGNATURE;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		return CERT_CA;
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return CERT_CHAIN;
	case X509_V_ERR_CERT_REVOKED:
		return CERT_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		return CERT_UNTRUSTED;
	default:
		return CERT_MALFORMED;
	}
}

static void path_take(X509_STORE_CTX *ctx, struct path *out)
{
	STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(ctx);

	out->n = sk_X509_num(found);
	if (out->n > CERT_CHAIN_MAX + 1)
		out->n = CERT_CHAIN_MAX + 1;
	for (int i = 0; i < out->n; i++)
		out->v[i] = sk_X509_value(found, i);
}

/* An end entity that has expired goes on to the checks that follow. */
static int let_expired(int ok, X509_STORE_CTX *ctx)
{
	if (ok == 1 || X509_STORE_CTX_get_error_depth(ctx) != 0 ||
		X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CERT_HAS_EXPIRED)
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

/* The certificates of *out belong to the chain and the anchors, which outlive
 * it. */
static enum cert_verdict path_build(X509_STORE *store, STACK_OF(X509) *rest,
	X509 *leaf, time_t now, bool expired_ok, struct path *out, unsigned *at)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum cert_verdict v = CERT_MALFORMED;

	*at = 0;
	if (ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, rest) == 1) {
		X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(p, now);
		X509_VERIFY_PARAM_set_depth(p, CERT_CHAIN_MAX);
		/* Short keys and SHA-1 work as in IOS. */
		X509_VERIFY_PARAM_set_auth_level(p, 0);
		/* A trustpoint's CA is an anchor also when it is no root. */
		X509_VERIFY_PARAM_set_flags(p,
			X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
		if (expired_ok)
			X509_STORE_CTX_set_verify_cb(ctx, let_expired);
		bool ok = X509_verify_cert(ctx) == 1;

		v = verdict_of(X509_STORE_CTX_get_error(ctx));
		*at = (unsigned)X509_STORE_CTX_get_error_depth(ctx);
		if (ok && v == CERT_OK)
			path_take(ctx, out);
	}
	X509_STORE_CTX_free(ctx);
	return v;
}

/* What OpenSSL lets pass: version 1 or unmarked certificates as CAs between the
 * ends, and MD5. */
static enum cert_verdict path_check(const struct path *p, unsigned *at)
{
	for (int i = 0; i + 1 < p->n; i++) {
		int digest_nid = NID_undef;

		*at = (unsigned)i;
		if (X509_get_signature_info(p->v[i], &digest_nid, NULL, NULL,
			    NULL) != 1 ||
			digest_nid == NID_md5)
			return CERT_ALGORITHM;
		if (i > 0 && X509_check_ca(p->v[i]) != 1)
			return CERT_CA;
	}
	return CERT_OK;
}

enum answer { ANSWER_NONE, ANSWER_GOOD, ANSWER_REVOKED };

/* One certificate against the CRLs, with all that OpenSSL knows about them:
 * signature, issuer, scope, validity.  A CRL that does not count is none. */
static enum answer crl_look(const struct cert_trust *t, X509 *cert,
	X509 *issuer, time_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum answer a = ANSWER_NONE;
	bool any = false;

	for (size_t i = 0; store != NULL && i < t->n_crls; i++) {
		X509_CRL *crl = crl_x509(t->crl[i]);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
			    X509_get_issuer_name(cert)) == 0)
			any |= X509_STORE_add_crl(store, crl) == 1;
	}
	if (any && ctx != NULL && X509_STORE_add_cert(store, issuer) == 1 &&
		X509_STORE_CTX_init(ctx, store, cert, NULL) == 1) {
		X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(p, now);
		X509_VERIFY_PARAM_set_auth_level(p, 0);
		X509_VERIFY_PARAM_set_flags(
			p, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK);
		/* Its time has been judged. */
		X509_STORE_CTX_set_verify_cb(ctx, let_expired);
		if (X509_verify_cert(ctx) == 1)
			a = ANSWER_GOOD;
		else if (X509_STORE_CTX_get_error(ctx) ==
			 X509_V_ERR_CERT_REVOKED)
			a = ANSWER_REVOKED;
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return a;
}

static enum answer ocsp_look(
	const struct cert_trust *t, const struct cert *c, time_t now)
{
	uint8_t id[HASH_MAX_BYTES];

	cert_digest(c, HASH_SHA256, id);
	for (size_t i = 0; i < t->n_ocsp; i++) {
		const struct ocsp_status *o = &t->ocsp[i];

		if (memcmp(o->cert_sha256, id, SHA256_BYTES) != 0)
			continue;
		if (o->revoked)
			return ANSWER_REVOKED;
		if (now >= o->this_update && now < o->next_update)
			return ANSWER_GOOD;
	}
	return ANSWER_NONE;
}

/* The struct cert of one that OpenSSL found: handed in, or an anchor. */
static const struct cert *cert_of(const struct cert_trust *t,
	struct cert *const *chain, size_t n, const X509 *x)
{
	for (size_t i = 0; i < n; i++)
		if (X509_cmp(cert_x509(chain[i]), x) == 0)
			return chain[i];
	for (size_t i = 0; i < t->n_ca; i++)
		if (X509_cmp(cert_x509(t->ca[i]), x) == 0)
			return t->ca[i];
	return NULL; /* never: a path has no others */
}

static enum cert_verdict revocation_check(const struct cert_trust *t,
	const struct cert *cert, const struct cert *issuer, time_t now,
	const struct revocation_source *source)
{
	static const enum revocation_method by_default[] = { REVOCATION_CRL };
	const enum revocation_method *m = t->method;
	unsigned n = t->n_methods;

	if (n == 0) {
		m = by_default;
		n = ARRAY_LEN(by_default);
	}
	for (unsigned i = 0; i < n; i++) {
		if (m[i] == REVOCATION_NONE)
			return CERT_OK;
		enum answer a = m[i] == REVOCATION_CRL
					? crl_look(t, cert_x509(cert),
						  cert_x509(issuer), now)
					: ocsp_look(t, cert, now);

		if (a != ANSWER_NONE)
			return a == ANSWER_GOOD ? CERT_OK : CERT_REVOKED;
		if (source != NULL && source->wanted != NULL &&
			source->wanted(source->ctx, t->name, cert, issuer,
				m[i]))
			return CERT_PENDING;
	}
	return CERT_UNCHECKED;
}

static enum cert_verdict path_revocation(const struct cert_trust *t,
	struct cert *const *chain, size_t n, const struct path *p, time_t now,
	const struct revocation_source *source, unsigned *at)
{
	/* From the top: a CA that is revoked vouches for nothing below. */
	for (int i = p->n - 1; i-- > (t->revoked_ok ? 1 : 0);) {
		const struct cert *c = cert_of(t, chain, n, p->v[i]);
		const struct cert *up = cert_of(t, chain, n, p->v[i + 1]);

		*at = (unsigned)i;
		enum cert_verdict v =
			c == NULL || up == NULL
				? CERT_MALFORMED
				: revocation_check(t, c, up, now, source);

		if (v != CERT_OK)
			return v;
	}
	return CERT_OK;
}

static enum cert_verdict verify(const struct cert_trust *t,
	struct cert *const *chain, size_t n, time_t now,
	const struct revocation_source *source, unsigned *at)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *rest = sk_X509_new_null();
	enum cert_verdict v = CERT_MALFORMED;
	struct path path = { .n = 0 };
	bool ok = store != NULL && rest != NULL;

	for (size_t i = 0; ok && i < t->n_ca; i++)
		ok = X509_STORE_add_cert(store, cert_x509(t->ca[i])) == 1;
	for (size_t i = 1; ok && i < n; i++)
		ok = sk_X509_push(rest, cert_x509(chain[i])) > 0;
	if (ok)
		v = path_build(store, rest, cert_x509(chain[0]), now,
			t->expired_ok, &path, at);
	if (v == CERT_OK)
		v = path_check(&path, at);
	if (v == CERT_OK && t->unwanted) {
		*at = 0;
		v = CERT_UNAUTHORIZED;
	}
	if (v == CERT_OK)
		v = path_revocation(t, chain, n, &path, now, source, at);
	sk_X509_free(rest);
	X509_STORE_free(store);
	return v;
}

enum cert_verdict cert_verify(const struct cert_trust *t,
	struct cert *const *chain, size_t n, time_t now,
	const struct revocation_source *source, unsigned *at)
{
	unsigned where = 0;
	enum cert_verdict v;

	if (n > CERT_CHAIN_MAX)
		v = CERT_CHAIN;
	else if (n == 0)
		v = CERT_MALFORMED;
	else if (cert_public(chain[0]) == NULL)
		v = CERT_KEY;
	else if (!cert_may_sign(chain[0]))
		v = CERT_USAGE;
	else
		v = verify(t, chain, n, now, source, &where);
	if (at != NULL)
		*at = where;
	ERR_clear_error();
	return v;
}

bool cert_trust_names(
	const struct cert_trust *t, struct cert *const *chain, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t->n_ca; k++)
			if (X509_NAME_cmp(X509_get_issuer_name(
						  cert_x509(chain[i])),
				    X509_get_subject_name(
					    cert_x509(t->ca[k]))) == 0)
				return true;
	return false;
}
