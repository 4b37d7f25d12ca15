/* Where to ask about a certificate, and CRLs. */
#include "crypto/revocation.h"

#include "crypto/enroll_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#define CLOCK_SLACK_SECS 300

static void add_url(struct revocation_urls *out, const GENERAL_NAME *g)
{
	if (g->type != GEN_URI || out->n == REVOCATION_URLS)
		return;
	const ASN1_IA5STRING *s = g->d.uniformResourceIdentifier;
	const char *p = (const char *)ASN1_STRING_get0_data(s);
	size_t n = (size_t)ASN1_STRING_length(s);

	if (n > REVOCATION_URL_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return;
	char *url = out->v[out->n];
	memcpy(url, p, n);
	url[n] = '\0';
	if (strncasecmp(url, "http://", 7) == 0 ||
		strncasecmp(url, "https://", 8) == 0)
		out->n++;
}

static void add_point(struct revocation_urls *out, const DIST_POINT *d)
{
	/* Only full names; a point with reasons covers but some of them. */
	if (d->distpoint == NULL || d->distpoint->type != 0 ||
		d->reasons != NULL || d->CRLissuer != NULL)
		return;
	const GENERAL_NAMES *names = d->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_url(out, sk_GENERAL_NAME_value(names, i));
}

void cert_crl_urls(struct span cert, struct revocation_urls *out)
{
	X509 *x = x509_read(cert);
	CRL_DIST_POINTS *all = NULL;

	out->n = 0;
	if (x != NULL)
		all = X509_get_ext_d2i(
			x, NID_crl_distribution_points, NULL, NULL);
	for (int i = 0; i < sk_DIST_POINT_num(all); i++)
		add_point(out, sk_DIST_POINT_value(all, i));
	CRL_DIST_POINTS_free(all);
	X509_free(x);
	ERR_clear_error();
}

void cert_ocsp_urls(struct span cert, struct revocation_urls *out)
{
	X509 *x = x509_read(cert);
	AUTHORITY_INFO_ACCESS *all = NULL;

	out->n = 0;
	if (x != NULL)
		all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++) {
		const ACCESS_DESCRIPTION *d =
			sk_ACCESS_DESCRIPTION_value(all, i);

		if (OBJ_obj2nid(d->method) == NID_ad_OCSP)
			add_url(out, d->location);
	}
	AUTHORITY_INFO_ACCESS_free(all);
	X509_free(x);
	ERR_clear_error();
}

bool cert_issued_by(struct span cert, struct span issuer)
{
	X509 *x = x509_read(cert), *ca = x509_read(issuer);
	bool ok = x != NULL && ca != NULL && X509_check_ca(ca) > 0 &&
		  X509_check_issued(ca, x) == X509_V_OK &&
		  X509_verify(x, X509_get0_pubkey(ca)) == 1;

	X509_free(x);
	X509_free(ca);
	ERR_clear_error();
	return ok;
}

bool asn1_time_read(const ASN1_TIME *t, time_t *out)
{
	struct tm tm;

	*out = 0;
	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

int validity_check(time_t from, time_t until, time_t now, const char *what,
	struct sbuf *why)
{
	if (from > now + CLOCK_SLACK_SECS)
		sbuf_printf(why, "%s is not valid yet", what);
	else if (until != 0 && until < now - CLOCK_SLACK_SECS)
		sbuf_printf(why, "%s has expired", what);
	else
		return 0;
	return -ETIME;
}

static int check(X509_CRL *crl, X509 *ca, time_t now, struct crl_info *out,
	struct sbuf *why)
{
	const STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);

	if (X509_NAME_cmp(
		    X509_CRL_get_issuer(crl), X509_get_subject_name(ca)) != 0) {
		sbuf_adds(why, "the CRL is of another CA");
		return -EBADMSG;
	}
	if (X509_CRL_verify(crl, X509_get0_pubkey(ca)) != 1) {
		sbuf_adds(why, "the CRL is not signed by the CA");
		return -EBADMSG;
	}
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0) {
		sbuf_adds(why, "the CRL tells changes only");
		return -EBADMSG;
	}
	if (!asn1_time_read(X509_CRL_get0_lastUpdate(crl), &out->this_update)) {
		sbuf_adds(why, "the CRL has no date");
		return -EBADMSG;
	}
	asn1_time_read(X509_CRL_get0_nextUpdate(crl), &out->next_update);
	out->entries = all != NULL ? (size_t)sk_X509_REVOKED_num(all) : 0;
	return validity_check(
		out->this_update, out->next_update, now, "the CRL", why);
}

int crl_check(struct span crl, struct span issuer, time_t now,
	struct crl_info *out, struct sbuf *why)
{
	X509 *ca = x509_read(issuer);
	int rc = -EFBIG;

	*out = (struct crl_info){ 0 };
	if (crl.n > CRL_BYTES_MAX) {
		sbuf_adds(why, "the CRL is too large");
	} else {
		X509_CRL *x = x509_crl_read(crl);

		rc = -EBADMSG;
		if (x == NULL || ca == NULL)
			sbuf_adds(why, "it is no CRL");
		else
			rc = check(x, ca, now, out, why);
		X509_CRL_free(x);
	}
	X509_free(ca);
	ERR_clear_error();
	return rc;
}
