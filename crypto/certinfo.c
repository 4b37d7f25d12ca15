/* Certificates as IOS shows them. */
#include "crypto/certinfo.h"

#include "crypto/prf.h"

#include <bsd/string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static const char *attribute_name(const ASN1_OBJECT *o)
{
	static const struct {
		int nid;
		const char *name;
	} names[] = {
		{ NID_commonName, "cn" },
		{ NID_organizationName, "o" },
		{ NID_organizationalUnitName, "ou" },
		{ NID_countryName, "c" },
		{ NID_stateOrProvinceName, "st" },
		{ NID_localityName, "l" },
		{ NID_pkcs9_emailAddress, "e" },
		{ NID_pkcs9_unstructuredName, "hostname" },
		{ NID_pkcs9_unstructuredAddress, "ipaddress" },
		{ NID_domainComponent, "dc" },
		{ NID_serialNumber, "serialNumber" },
	};
	int nid = OBJ_obj2nid(o);

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].nid == nid)
			return names[i].name;
	return nid == NID_undef ? "oid" : OBJ_nid2sn(nid);
}

/* A value from outside: what a terminal might obey becomes a dot. */
static void add_value(struct sbuf *out, const ASN1_STRING *s)
{
	unsigned char *text = NULL;
	int n = ASN1_STRING_to_UTF8(&text, s);

	for (int i = 0; i < n; i++)
		sbuf_addc(out,
			text[i] < ' ' || text[i] == 0x7f ? '.' : (char)text[i]);
	OPENSSL_free(text);
}

static void name_write(const X509_NAME *name, char out[CERT_DN_MAX])
{
	auto_sbuf struct sbuf text = { 0 };
	int last_set = -1;

	for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(e);

		if (text.n > 0)
			sbuf_addc(&text, set == last_set ? '+' : '\n');
		last_set = set;
		sbuf_printf(&text,
			"%s=", attribute_name(X509_NAME_ENTRY_get_object(e)));
		add_value(&text, X509_NAME_ENTRY_get_data(e));
	}
	strlcpy(out, sbuf_str(&text), CERT_DN_MAX);
}

static void name_value(const X509_NAME *name, int nid, char *out, size_t room)
{
	auto_sbuf struct sbuf text = { 0 };
	int at = X509_NAME_get_index_by_NID(name, nid, -1);

	if (at >= 0)
		add_value(&text, X509_NAME_ENTRY_get_data(
					 X509_NAME_get_entry(name, at)));
	strlcpy(out, sbuf_str(&text), room);
}

static void integer_hex(const ASN1_INTEGER *v, char out[CERT_SERIAL_MAX + 1])
{
	BIGNUM *n = v != NULL ? ASN1_INTEGER_to_BN(v, NULL) : NULL;
	char *hex = n != NULL ? BN_bn2hex(n) : NULL;

	strlcpy(out, hex != NULL ? hex : "", CERT_SERIAL_MAX + 1);
	OPENSSL_free(hex);
	BN_free(n);
}

static time_t time_read(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0;
}

static void add_san(struct sbuf *out, const GENERAL_NAME *g)
{
	int type;
	const void *v = GENERAL_NAME_get0_value(g, &type);
	auto_sbuf struct sbuf one = { 0 };

	if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
		add_value(&one, v);
	} else if (type == GEN_IPADD) {
		const ASN1_OCTET_STRING *a = v;
		const uint8_t *p = ASN1_STRING_get0_data(a);

		if (ASN1_STRING_length(a) == 4)
			sbuf_printf(
				&one, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
	}
	if (one.n > 0)
		sbuf_printf(out, "%s%s", out->n > 0 ? " " : "", one.s);
}

static void sans_read(const X509 *x, struct cert_info *i)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	auto_sbuf struct sbuf text = { 0 };

	for (int k = 0; k < sk_GENERAL_NAME_num(names); k++)
		add_san(&text, sk_GENERAL_NAME_value(names, k));
	strlcpy(i->sans, sbuf_str(&text), sizeof(i->sans));
	GENERAL_NAMES_free(names);
}

/* The first URI of a list of names. */
static bool uri_read(const GENERAL_NAMES *names, char out[CERT_URL_MAX])
{
	for (int k = 0; k < sk_GENERAL_NAME_num(names); k++) {
		int type;
		const void *v = GENERAL_NAME_get0_value(
			sk_GENERAL_NAME_value(names, k), &type);
		auto_sbuf struct sbuf text = { 0 };

		if (type != GEN_URI)
			continue;
		add_value(&text, v);
		strlcpy(out, sbuf_str(&text), CERT_URL_MAX);
		return true;
	}
	return false;
}

static void urls_read(const X509 *x, struct cert_info *i)
{
	CRL_DIST_POINTS *points =
		X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	AUTHORITY_INFO_ACCESS *aia =
		X509_get_ext_d2i(x, NID_info_access, NULL, NULL);

	for (int k = 0; k < sk_DIST_POINT_num(points); k++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, k);

		if (p->distpoint != NULL && p->distpoint->type == 0 &&
			uri_read(p->distpoint->name.fullname, i->crl_url))
			break;
	}
	for (int k = 0; k < sk_ACCESS_DESCRIPTION_num(aia); k++) {
		const ACCESS_DESCRIPTION *a =
			sk_ACCESS_DESCRIPTION_value(aia, k);
		auto_sbuf struct sbuf text = { 0 };

		if (OBJ_obj2nid(a->method) != NID_ad_OCSP ||
			a->location->type != GEN_URI)
			continue;
		add_value(&text, a->location->d.uniformResourceIdentifier);
		strlcpy(i->ocsp_url, sbuf_str(&text), sizeof(i->ocsp_url));
		break;
	}
	CRL_DIST_POINTS_free(points);
	AUTHORITY_INFO_ACCESS_free(aia);
}

static size_t id_copy(const ASN1_OCTET_STRING *id, uint8_t out[32])
{
	int n = id != NULL ? ASN1_STRING_length(id) : 0;

	if (n > 32)
		n = 32;
	if (n > 0)
		memcpy(out, ASN1_STRING_get0_data(id), (size_t)n);
	return (size_t)n;
}

static void usage_read(X509 *x, struct cert_info *i)
{
	uint32_t flags = X509_get_extension_flags(x);
	uint32_t usage = X509_get_key_usage(x);
	bool signs =
		usage & (KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	bool enciphers = usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT |
					 KU_KEY_AGREEMENT);

	i->is_ca = X509_check_ca(x) > 0;
	i->self_issued = flags & EXFLAG_SI;
	i->has_key_usage = flags & EXFLAG_KUSAGE;
	i->key_usage = i->has_key_usage ? (uint16_t)usage : 0;
	if (i->is_ca || (i->has_key_usage && signs && !enciphers))
		i->use = CERT_USE_SIGNATURE;
	else if (i->has_key_usage && enciphers && !signs)
		i->use = CERT_USE_ENCRYPTION;
	i->n_subject_key_id =
		id_copy(X509_get0_subject_key_id(x), i->subject_key_id);
	i->n_authority_key_id =
		id_copy(X509_get0_authority_key_id(x), i->authority_key_id);
}

/* "SHA256 with RSA Encryption" */
static void signature_read(const X509 *x, struct cert_info *i)
{
	int hash = NID_undef, key = NID_undef;

	if (OBJ_find_sigid_algs(X509_get_signature_nid(x), &hash, &key) != 1 ||
		hash == NID_undef) {
		strlcpy(i->signature, OBJ_nid2ln(X509_get_signature_nid(x)),
			sizeof(i->signature));
		return;
	}
	snprintf(i->signature, sizeof(i->signature), "%s with %s",
		OBJ_nid2sn(hash),
		key == NID_rsaEncryption          ? "RSA Encryption"
		: key == NID_X9_62_id_ecPublicKey ? "ECDSA"
						  : OBJ_nid2sn(key));
}

static struct pkey *key_read(const X509 *x)
{
	unsigned char *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	struct pkey *k =
		n > 0 ? pkey_from_public_der(SPAN(spki, (size_t)n)) : NULL;

	OPENSSL_free(spki);
	return k;
}

void der_fingerprints(struct span der, uint8_t md5[16], uint8_t sha1[20])
{
	digest(HASH_MD5, &der, 1, md5);
	digest(HASH_SHA1, &der, 1, sha1);
}

static X509 *x509_read(struct span der)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (x != NULL && p == der.p + der.n)
		return x;
	X509_free(x);
	return NULL;
}

bool cert_info_read(struct span der, struct cert_info *out)
{
	X509 *x = x509_read(der);

	*out = (struct cert_info){ 0 };
	if (x == NULL)
		return false;
	name_write(X509_get_subject_name(x), out->subject);
	name_write(X509_get_issuer_name(x), out->issuer);
	name_value(X509_get_subject_name(x), NID_pkcs9_unstructuredName,
		out->hostname, sizeof(out->hostname));
	integer_hex(X509_get0_serialNumber(x), out->serial);
	out->not_before = time_read(X509_get0_notBefore(x));
	out->not_after = time_read(X509_get0_notAfter(x));
	usage_read(x, out);
	sans_read(x, out);
	urls_read(x, out);
	signature_read(x, out);
	out->key = key_read(x);
	der_fingerprints(der, out->md5, out->sha1);
	digest(HASH_SHA256, &der, 1, out->sha256);
	X509_free(x);
	ERR_clear_error();
	return true;
}

void cert_info_free(struct cert_info *i)
{
	pkey_unref(i->key);
	i->key = NULL;
}

bool cert_der_signed_by(struct span der, struct span ca)
{
	X509 *x = x509_read(der), *issuer = x509_read(ca);
	bool ok = x != NULL && issuer != NULL &&
		  X509_NAME_cmp(X509_get_issuer_name(x),
			  X509_get_subject_name(issuer)) == 0 &&
		  X509_verify(x, X509_get0_pubkey(issuer)) == 1;

	X509_free(x);
	X509_free(issuer);
	ERR_clear_error();
	return ok;
}

static X509_CRL *crl_read(struct span der)
{
	const uint8_t *p = der.p;
	X509_CRL *c = d2i_X509_CRL(NULL, &p, (long)der.n);

	ERR_clear_error();
	if (c != NULL && p == der.p + der.n)
		return c;
	X509_CRL_free(c);
	return NULL;
}

bool crl_view_read(struct span der, struct crl_view *out)
{
	X509_CRL *c = crl_read(der);

	*out = (struct crl_view){ 0 };
	if (c == NULL)
		return false;
	name_write(X509_CRL_get_issuer(c), out->issuer);
	out->last_update = time_read(X509_CRL_get0_lastUpdate(c));
	out->next_update = time_read(X509_CRL_get0_nextUpdate(c));
	int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(c));

	out->n_revoked = n > 0 ? (size_t)n : 0;
	ASN1_INTEGER *number =
		X509_CRL_get_ext_d2i(c, NID_crl_number, NULL, NULL);

	integer_hex(number, out->number);
	ASN1_INTEGER_free(number);
	X509_CRL_free(c);
	ERR_clear_error();
	return true;
}

bool crl_der_signed_by(struct span der, struct span ca)
{
	X509_CRL *c = crl_read(der);
	X509 *issuer = x509_read(ca);
	bool ok = c != NULL && issuer != NULL &&
		  X509_NAME_cmp(X509_CRL_get_issuer(c),
			  X509_get_subject_name(issuer)) == 0 &&
		  X509_CRL_verify(c, X509_get0_pubkey(issuer)) == 1;

	X509_CRL_free(c);
	X509_free(issuer);
	ERR_clear_error();
	return ok;
}
