/* Names in certificates: as text in the manner of IOS, and against the
 * identity that a peer claims (RFC 4945 3, protocol.md A.10). */
#include "crypto/cert.h"

#include "crypto/cert_priv.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

enum { ID_ADDR4 = 1, ID_NAME = 2, ID_MAIL = 3, ID_ADDR6 = 5, ID_DN = 9 };

/* IOS's names of attribute types; others by OpenSSL's short name or number. */
static const struct {
	int nid;
	const char *text;
} types[] = {
	{ NID_commonName, "cn" },
	{ NID_organizationalUnitName, "ou" },
	{ NID_organizationName, "o" },
	{ NID_localityName, "l" },
	{ NID_stateOrProvinceName, "st" },
	{ NID_countryName, "c" },
	{ NID_domainComponent, "dc" },
	{ NID_serialNumber, "serialNumber" },
	{ NID_pkcs9_emailAddress, "e" },
	{ NID_pkcs9_unstructuredName, "hostname" },
	{ NID_pkcs9_unstructuredAddress, "ipaddress" },
};

static void type_text(const ASN1_OBJECT *o, struct sbuf *out)
{
	int nid = OBJ_obj2nid(o);
	char number[80];

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].nid == nid) {
			sbuf_adds(out, types[i].text);
			return;
		}
	if (nid != NID_undef) {
		sbuf_adds(out, OBJ_nid2sn(nid));
		return;
	}
	OBJ_obj2txt(number, sizeof(number), o, 1);
	sbuf_adds(out, number);
}

static void value_text(const ASN1_STRING *v, struct sbuf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	int n = -1;

	if (bio != NULL)
		n = ASN1_STRING_print_ex(bio, v,
			ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL |
				ASN1_STRFLGS_ESC_MSB |
				ASN1_STRFLGS_UTF8_CONVERT |
				ASN1_STRFLGS_DUMP_UNKNOWN);
	if (n > 0 && BIO_get_mem_data(bio, &text) == n)
		sbuf_add(out, text, (size_t)n);
	BIO_free(bio);
}

static X509_NAME *name_read(struct span der)
{
	const uint8_t *p = der.p;
	X509_NAME *name = der.n > 0 && der.n <= CERT_DER_MAX
				  ? d2i_X509_NAME(NULL, &p, (long)der.n)
				  : NULL;

	if (name != NULL && p != der.p + der.n) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

/* Parts that share a set are joined by +. */
static void name_print(
	const X509_NAME *name, const char *sep, struct sbuf *out)
{
	int last_set = -1;

	for (int i = X509_NAME_entry_count(name); i-- > 0;) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(e);

		if (last_set != -1)
			sbuf_adds(out, set == last_set ? "+" : sep);
		last_set = set;
		type_text(X509_NAME_ENTRY_get_object(e), out);
		sbuf_addc(out, '=');
		value_text(X509_NAME_ENTRY_get_data(e), out);
	}
	ERR_clear_error();
}

void dn_text(struct span der, const char *sep, struct sbuf *out)
{
	X509_NAME *name = name_read(der);

	if (name != NULL)
		name_print(name, sep, out);
	X509_NAME_free(name);
}

void cert_subject_text(const struct cert *c, const char *sep, struct sbuf *out)
{
	name_print(X509_get_subject_name(cert_x509(c)), sep, out);
}

void cert_issuer_text(const struct cert *c, const char *sep, struct sbuf *out)
{
	name_print(X509_get_issuer_name(cert_x509(c)), sep, out);
}

bool dn_equal(struct span a, struct span b)
{
	X509_NAME *na = name_read(a), *nb = name_read(b);
	bool same = na != NULL && nb != NULL && X509_NAME_cmp(na, nb) == 0;

	X509_NAME_free(na);
	X509_NAME_free(nb);
	ERR_clear_error();
	return same;
}

/* Text of an IA5String, unless it hides something behind a NUL. */
static bool text_add(const ASN1_STRING *s, struct sbuf *out)
{
	const char *p = (const char *)ASN1_STRING_get0_data(s);
	size_t n = (size_t)ASN1_STRING_length(s);

	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)p[i]))
			return false;
	sbuf_add(out, p, n);
	return n > 0;
}

static bool address_read(const ASN1_OCTET_STRING *s, struct ip_addr *out)
{
	int n = ASN1_STRING_length(s);

	if (n != 4 && n != 16)
		return false;
	*out = (struct ip_addr){ .family = n == 4 ? 4 : 6 };
	memcpy(out->b, ASN1_STRING_get0_data(s), (size_t)n);
	return true;
}

static bool general_name_text(
	const GENERAL_NAME *g, enum cert_name kind, struct sbuf *out)
{
	static const int wanted[] = { [CERT_NAME_DNS] = GEN_DNS,
		[CERT_NAME_EMAIL] = GEN_EMAIL, [CERT_NAME_IP] = GEN_IPADD,
		[CERT_NAME_URI] = GEN_URI };
	struct ip_addr a;
	char buf[IP_TEXT];
	int type;
	const void *value = GENERAL_NAME_get0_value(g, &type);

	if (type != wanted[kind])
		return false;
	if (kind != CERT_NAME_IP)
		return text_add(value, out);
	if (!address_read(value, &a))
		return false;
	sbuf_adds(out, ip_text(&a, buf));
	return true;
}

/* The i-th name of that kind among all; false: no more. */
static bool general_names_get(const GENERAL_NAMES *names, enum cert_name kind,
	size_t *i, struct sbuf *out)
{
	size_t start = out->n;

	for (int k = 0; k < sk_GENERAL_NAME_num(names); k++) {
		if (!general_name_text(
			    sk_GENERAL_NAME_value(names, k), kind, out))
			continue;
		if ((*i)-- == 0)
			return true;
		sbuf_trunc(out, start);
	}
	return false;
}

bool cert_alt_name(const struct cert *c, enum cert_name kind, size_t i,
	struct sbuf *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(
		cert_x509(c), NID_subject_alt_name, NULL, NULL);
	bool found =
		names != NULL && general_names_get(names, kind, &i, out);

	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return found;
}

static bool subject_part(
	const struct cert *c, int nid, size_t i, struct sbuf *out)
{
	const X509_NAME *name = X509_get_subject_name(cert_x509(c));
	int at = -1;

	do {
		at = X509_NAME_get_index_by_NID(name, nid, at);
		if (at < 0)
			return false;
	} while (i-- > 0);
	return text_add(
		X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)), out);
}

bool cert_fqdn(const struct cert *c, struct sbuf *out)
{
	return cert_alt_name(c, CERT_NAME_DNS, 0, out) ||
	       cert_unstructured_name(c, 0, out);
}

bool cert_unstructured_name(const struct cert *c, size_t i, struct sbuf *out)
{
	return subject_part(c, NID_pkcs9_unstructuredName, i, out);
}

bool cert_crl_url(const struct cert *c, size_t i, struct sbuf *out)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(
		cert_x509(c), NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int k = 0; !found && k < sk_DIST_POINT_num(points); k++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, k);

		/* Only whole CRLs of the issuer itself. */
		if (p->distpoint != NULL && p->distpoint->type == 0 &&
			p->reasons == NULL && p->CRLissuer == NULL)
			found = general_names_get(p->distpoint->name.fullname,
				CERT_NAME_URI, &i, out);
	}
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
	return found;
}

bool cert_ocsp_url(const struct cert *c, size_t i, struct sbuf *out)
{
	AUTHORITY_INFO_ACCESS *info =
		X509_get_ext_d2i(cert_x509(c), NID_info_access, NULL, NULL);
	bool found = false;

	for (int k = 0; !found && k < sk_ACCESS_DESCRIPTION_num(info); k++) {
		const ACCESS_DESCRIPTION *d =
			sk_ACCESS_DESCRIPTION_value(info, k);
		size_t start = out->n;

		if (OBJ_obj2nid(d->method) != NID_ad_OCSP ||
			!general_name_text(d->location, CERT_NAME_URI, out))
			continue;
		found = i-- == 0;
		if (!found)
			sbuf_trunc(out, start);
	}
	AUTHORITY_INFO_ACCESS_free(info);
	ERR_clear_error();
	return found;
}

/* The alternative names of that kind, or, where there is none at all, parts of
 * the subject: RFC 4945 5.1.3.6, and certificates that IOS asks for. */
static bool text_matches(const struct cert *c, enum cert_name kind,
	int subject_nid, const char *want, size_t want_n)
{
	auto_sbuf struct sbuf got = { 0 };
	size_t i = 0;
	bool alt = cert_alt_name(c, kind, 0, &got);

	do {
		sbuf_trunc(&got, 0);
		bool more = alt ? cert_alt_name(c, kind, i, &got)
				: subject_part(c, subject_nid, i, &got);

		if (!more)
			return false;
		i++;
	} while (got.n != want_n || strncasecmp(got.s, want, want_n) != 0);
	return true;
}

bool cert_matches_id(const struct cert *c, uint8_t id_type, struct span data)
{
	struct ip_addr a = { .family = id_type == ID_ADDR4 ? 4 : 6 };
	const char *text = (const char *)data.p;
	char buf[IP_TEXT];

	switch (id_type) {
	case ID_ADDR4:
	case ID_ADDR6:
		if (data.n != (id_type == ID_ADDR4 ? 4 : 16))
			return false;
		memcpy(a.b, data.p, data.n);
		ip_text(&a, buf);
		return text_matches(c, CERT_NAME_IP,
			NID_pkcs9_unstructuredAddress, buf, strlen(buf));
	case ID_NAME:
		return text_matches(c, CERT_NAME_DNS,
			NID_pkcs9_unstructuredName, text, data.n);
	case ID_MAIL:
		return text_matches(c, CERT_NAME_EMAIL, NID_pkcs9_emailAddress,
			text, data.n);
	case ID_DN:
		return dn_equal(cert_subject_der(c), data);
	default:
		return false;
	}
}
