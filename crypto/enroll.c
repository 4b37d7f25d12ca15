/* PKCS#10 requests and self-signed certificates.  Both carry the same name and
 * extensions: they are made here once, as X.509 objects. */
#include "crypto/enroll.h"

#include "crypto/enroll_priv.h"
#include "crypto/evp_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

typedef STACK_OF(X509_EXTENSION) extensions;

static int failed(struct sbuf *why, const char *what)
{
	ERR_clear_error();
	sbuf_printf(why, "%s cannot be encoded", what);
	return -EINVAL;
}

/* IOS puts these behind the typed name, so that they are the most specific. */
static int add_own(
	X509_NAME *name, int nid, const char *value, struct sbuf *why)
{
	if (value == NULL || *value == '\0')
		return 0;
	if (X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
		    (const unsigned char *)value, -1, -1, 0) == 1)
		return 0;
	return failed(why, OBJ_nid2ln(nid));
}

static int make_name(const struct csr *c, X509_NAME *name, struct sbuf *why)
{
	char ip[IP_TEXT] = "";
	int rc = 0;

	if (c->subject != NULL && !x500_read(c->subject, name, why))
		return -EINVAL;
	if (ip_is_set(&c->ip))
		ip_text(&c->ip, ip);
	rc = add_own(name, NID_serialNumber, c->serial, why);
	if (rc == 0)
		rc = add_own(name, NID_pkcs9_unstructuredAddress, ip, why);
	if (rc == 0)
		rc = add_own(name, NID_pkcs9_unstructuredName, c->fqdn, why);
	return rc;
}

static bool push_general(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
	GENERAL_NAME *g = value != NULL ? GENERAL_NAME_new() : NULL;

	if (g == NULL) {
		ASN1_STRING_free(value);
		return false;
	}
	GENERAL_NAME_set0_value(g, type, value);
	if (sk_GENERAL_NAME_push(names, g) > 0)
		return true;
	GENERAL_NAME_free(g);
	return false;
}

static bool push_text(GENERAL_NAMES *names, int type, const char *text)
{
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	if (s == NULL || ASN1_STRING_set(s, text, -1) != 1) {
		ASN1_IA5STRING_free(s);
		return false;
	}
	return push_general(names, type, s);
}

static bool push_ip(GENERAL_NAMES *names, const struct ip_addr *a)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();

	if (s == NULL ||
		ASN1_OCTET_STRING_set(s, a->b, a->family == 4 ? 4 : 16) != 1) {
		ASN1_OCTET_STRING_free(s);
		return false;
	}
	return push_general(names, GEN_IPADD, s);
}

static bool push_san(GENERAL_NAMES *names, const struct san *s)
{
	switch (s->kind) {
	case SAN_DNS:
		return push_text(names, GEN_DNS, s->dns);
	case SAN_EMAIL:
		return push_text(names, GEN_EMAIL, s->dns);
	case SAN_IP:
		return push_ip(names, &s->ip);
	}
	return false;
}

/* RFC 4945 5.1.3: what a peer compares our identity with. */
static bool add_sans(const struct csr *c, extensions **ext)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool ok = names != NULL;

	if (ok && c->fqdn != NULL && *c->fqdn != '\0')
		ok = push_text(names, GEN_DNS, c->fqdn);
	if (ok && ip_is_set(&c->ip))
		ok = push_ip(names, &c->ip);
	for (size_t i = 0; ok && i < c->n_sans; i++)
		ok = push_san(names, &c->san[i]);
	if (ok && sk_GENERAL_NAME_num(names) > 0)
		ok = X509V3_add1_i2d(ext, NID_subject_alt_name, names, 0,
			     X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool add_text(
	extensions **ext, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	bool ok = e != NULL && X509v3_add_ext(ext, e, -1) != NULL;

	X509_EXTENSION_free(e);
	return ok;
}

static const char *key_usage(const struct csr *c, const struct pkey *key)
{
	if (!pkey_is_rsa(key) || c->usage == CSR_USAGE_SIGNATURE)
		return "critical,digitalSignature";
	if (c->usage == CSR_USAGE_ENCRYPTION)
		return "critical,keyEncipherment";
	return "critical,digitalSignature,keyEncipherment";
}

/* usage NULL: any. */
static int add_extensions(const struct csr *c, const char *usage,
	extensions **ext, struct sbuf *why)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
	if (usage != NULL && !add_text(ext, &ctx, NID_key_usage, usage))
		return failed(why, "the key usage");
	if (c->eku != NULL && !add_text(ext, &ctx, NID_ext_key_usage, c->eku))
		return failed(why, "the extended key usage");
	if (!add_sans(c, ext))
		return failed(why, "the alternative name");
	return 0;
}

static const EVP_MD *sign_md(const struct csr *c)
{
	return evp_md(c->hash != HASH_NONE ? c->hash : HASH_SHA256);
}

static int fill_request(X509_REQ *req, const struct csr *c,
	const struct pkey *key, struct sbuf *why)
{
	extensions *ext = NULL;
	int rc = make_name(c, X509_REQ_get_subject_name(req), why);

	if (rc == 0)
		rc = add_extensions(c, key_usage(c, key), &ext, why);
	if (rc == 0 && X509_REQ_add_extensions(req, ext) != 1)
		rc = failed(why, "the extension request");
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	if (rc == 0 && c->password != NULL && *c->password != '\0' &&
		X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword,
			MBSTRING_UTF8, (const unsigned char *)c->password,
			-1) != 1)
		rc = failed(why, "the challenge password");
	if (rc == 0 && X509_REQ_set_pubkey(req, pkey_evp(key)) != 1)
		rc = failed(why, "the public key");
	if (rc == 0 && X509_REQ_sign(req, pkey_evp(key), sign_md(c)) <= 0) {
		ERR_clear_error();
		sbuf_adds(why, "the request cannot be signed: the key is "
			       "too short for the hash, or public only");
		rc = -EINVAL;
	}
	return rc;
}

int csr_build(const struct csr *c, const struct pkey *key, struct der *out,
	struct sbuf *why)
{
	X509_REQ *req = X509_REQ_new();
	unsigned char *p = NULL;

	if (req == NULL)
		return -ENOMEM;
	int rc = fill_request(req, c, key, why);
	int n = rc == 0 ? i2d_X509_REQ(req, &p) : 0;
	if (n > 0)
		der_set(out, p, (size_t)n);
	else if (rc == 0)
		rc = failed(why, "the request");
	OPENSSL_clear_free(p, n > 0 ? (size_t)n : 0); /* has the password */
	X509_REQ_free(req);
	return rc;
}

/* A CA for nobody but itself (RFC 5280 4.2.1.1, .2, .9). */
static bool add_own_ca(X509 *x)
{
	static const struct {
		int nid;
		const char *value;
	} own[] = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
	};
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(
			NULL, &ctx, own[i].nid, own[i].value);
		bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

		X509_EXTENSION_free(e);
		if (!ok)
			return false;
	}
	return true;
}

static bool add_to_cert(X509 *x, const extensions *ext)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(ext); i++)
		if (X509_add_ext(x, sk_X509_EXTENSION_value(ext, i), -1) != 1)
			return false;
	return true;
}

static int fill_selfsigned(
	X509 *x, const struct csr *c, const struct pkey *key, struct sbuf *why)
{
	X509_NAME *name = X509_get_subject_name(x);
	extensions *ext = NULL;
	int rc = make_name(c, name, why);

	if (rc == 0 && (X509_set_issuer_name(x, name) != 1 ||
			       X509_set_pubkey(x, pkey_evp(key)) != 1 ||
			       !add_own_ca(x)))
		rc = failed(why, "the certificate");
	if (rc == 0)
		rc = add_extensions(c, NULL, &ext, why); /* it signs itself */
	if (rc == 0 && (!add_to_cert(x, ext) ||
			       X509_sign(x, pkey_evp(key), sign_md(c)) <= 0))
		rc = failed(why, "the certificate");
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	return rc;
}

int selfsigned_build(const struct csr *c, const struct pkey *key,
	uint64_t serial, time_t not_before, time_t not_after, struct der *out,
	struct sbuf *why)
{
	X509 *x = X509_new();
	unsigned char *p = NULL;
	int rc = -ENOMEM;

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
		ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial) ==
			1 &&
		ASN1_TIME_adj(X509_getm_notBefore(x), not_before, 0, 0) !=
			NULL &&
		ASN1_TIME_adj(X509_getm_notAfter(x), not_after, 0, 0) != NULL)
		rc = fill_selfsigned(x, c, key, why);
	int n = rc == 0 ? i2d_X509(x, &p) : 0;
	if (n > 0)
		der_set(out, p, (size_t)n);
	else if (rc == 0)
		rc = failed(why, "the certificate");
	OPENSSL_free(p);
	X509_free(x);
	ERR_clear_error();
	return rc;
}
