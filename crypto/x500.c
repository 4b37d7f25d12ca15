/* Distinguished names as IOS users type them. */
#include "crypto/enroll_priv.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TYPE_MAX 64

/* Where IOS and OpenSSL call a type differently. */
static int type_nid(const char *type)
{
	static const struct {
		const char *name;
		int nid;
	} names[] = {
		{ "CN", NID_commonName },
		{ "OU", NID_organizationalUnitName },
		{ "O", NID_organizationName },
		{ "C", NID_countryName },
		{ "L", NID_localityName },
		{ "ST", NID_stateOrProvinceName },
		{ "S", NID_stateOrProvinceName },
		{ "SP", NID_stateOrProvinceName },
		{ "DC", NID_domainComponent },
		{ "UID", NID_userId },
		{ "E", NID_pkcs9_emailAddress },
		{ "EA", NID_pkcs9_emailAddress },
		{ "EMAIL", NID_pkcs9_emailAddress },
		{ "SN", NID_serialNumber },
		{ "SER", NID_serialNumber },
		{ "T", NID_title },
		{ "STREET", NID_streetAddress },
		{ "HOSTNAME", NID_pkcs9_unstructuredName },
		{ "DNQ", NID_dnQualifier },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(names[i].name, type) == 0)
			return names[i].nid;
	int nid = OBJ_txt2nid(type);
	ERR_clear_error();
	return nid;
}

static const char *skip_blanks(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* "TYPE =" at p; NULL and *why: there is none. */
static const char *read_type(const char *p, int *nid, struct sbuf *why)
{
	char type[TYPE_MAX];
	size_t n = strcspn(p, "=,");

	if (p[n] != '=') {
		sbuf_printf(why, "\"%.*s\" has no `='", (int)n, p);
		return NULL;
	}
	const char *rest = p + n + 1;
	while (n > 0 && isspace((unsigned char)p[n - 1]))
		n--;
	if (n >= sizeof(type)) {
		sbuf_adds(why, "the name of an attribute is too long");
		return NULL;
	}
	memcpy(type, p, n);
	type[n] = '\0';
	*nid = type_nid(type);
	if (*nid == NID_undef) {
		sbuf_printf(why, "\"%s\" is no attribute of a name", type);
		return NULL;
	}
	return skip_blanks(rest);
}

/* The value at p up to a bare comma, without quotes and backslashes. */
static const char *read_value(const char *p, struct sbuf *value)
{
	bool quoted = false;
	size_t keep = 0; /* blanks before here are part of the value */

	for (; *p != '\0' && (quoted || *p != ','); p++) {
		if (*p == '"') {
			quoted = !quoted;
			keep = value->n;
			continue;
		}
		bool plain = *p != '\\' || p[1] == '\0';
		if (!plain)
			p++;
		sbuf_addc(value, *p);
		if (!plain || quoted || !isspace((unsigned char)*p))
			keep = value->n;
	}
	sbuf_trunc(value, keep);
	return quoted ? NULL : p;
}

static bool add_entry(
	X509_NAME *name, int nid, const char *value, struct sbuf *why)
{
	/* In front: text begins with the most specific, DER ends with it. */
	if (X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
		    (const unsigned char *)value, -1, 0, 0) == 1)
		return true;
	ERR_clear_error();
	sbuf_printf(why, "\"%s\" cannot be the value of %s", value,
		OBJ_nid2sn(nid));
	return false;
}

bool x500_read(const char *text, X509_NAME *name, struct sbuf *why)
{
	const char *p = skip_blanks(text);

	if (strlen(text) > X500_TEXT_MAX) {
		sbuf_printf(why, "longer than %d characters", X500_TEXT_MAX);
		return false;
	}
	while (*p != '\0') {
		auto_sbuf struct sbuf value = { 0 };
		int nid;

		p = read_type(p, &nid, why);
		if (p == NULL)
			return false;
		p = read_value(p, &value);
		if (p == NULL) {
			sbuf_adds(why, "a quote is not closed");
			return false;
		}
		if (!add_entry(name, nid, sbuf_str(&value), why))
			return false;
		if (*p == ',' && *(p = skip_blanks(p + 1)) == '\0') {
			sbuf_adds(why, "nothing follows the last comma");
			return false;
		}
	}
	return true;
}

int x500_der(const char *text, struct der *out, struct sbuf *why)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *p = NULL;
	int rc = -EINVAL;

	if (name != NULL && x500_read(text, name, why)) {
		int n = i2d_X509_NAME(name, &p);

		rc = n > 0 ? 0 : -EIO;
		if (rc == 0)
			der_set(out, p, (size_t)n);
	}
	OPENSSL_free(p);
	X509_NAME_free(name);
	return rc;
}

bool x500_check(const char *text, struct sbuf *why)
{
	auto_der struct der name = { 0 };

	if (*skip_blanks(text) == '\0') {
		sbuf_adds(why, "the name is empty");
		return false;
	}
	return x500_der(text, &name, why) == 0;
}
