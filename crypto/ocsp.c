/* OCSP requests and answers (RFC 6960) through OpenSSL. */
#include "crypto/revocation.h"

#include "crypto/enroll_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <string.h>

static OCSP_CERTID *cert_id(struct span cert, struct span issuer)
{
	X509 *x = x509_read(cert), *ca = x509_read(issuer);
	OCSP_CERTID *id = NULL;

	/* SHA-1 names the certificate; responders know no other (RFC 5019). */
	if (x != NULL && ca != NULL)
		id = OCSP_cert_to_id(EVP_sha1(), x, ca);
	X509_free(x);
	X509_free(ca);
	return id;
}

int ocsp_request(struct span cert, struct span issuer, const uint8_t *nonce,
	struct der *out)
{
	OCSP_REQUEST *req = OCSP_REQUEST_new();
	OCSP_CERTID *id = cert_id(cert, issuer);
	uint8_t copy[OCSP_NONCE];
	unsigned char *p = NULL;
	int n = 0;

	if (req == NULL || id == NULL || OCSP_request_add0_id(req, id) == NULL)
		OCSP_CERTID_free(id);
	else if (nonce == NULL)
		n = i2d_OCSP_REQUEST(req, &p);
	else if (OCSP_request_add1_nonce(
			 req, memcpy(copy, nonce, OCSP_NONCE), OCSP_NONCE) == 1)
		n = i2d_OCSP_REQUEST(req, &p);
	if (n > 0)
		der_set(out, p, (size_t)n);
	OPENSSL_free(p);
	OCSP_REQUEST_free(req);
	ERR_clear_error();
	return n > 0 ? 0 : -EINVAL;
}

/* By the CA's own key, or by one of a certificate that the CA issued for OCSP
 * signing: OpenSSL looks at that, given the CA as the one anchor. */
static bool verify(OCSP_BASICRESP *basic, struct span issuer, time_t now)
{
	X509 *ca = x509_read(issuer);
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *known = sk_X509_new_null();
	bool ok = false;

	if (ca != NULL && store != NULL && known != NULL &&
		sk_X509_push(known, ca) > 0 &&
		X509_STORE_add_cert(store, ca) == 1) {
		X509_VERIFY_PARAM *p = X509_STORE_get0_param(store);

		X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_time(p, now);
		ok = OCSP_basic_verify(basic, known, store, 0) == 1;
	}
	sk_X509_free(known);
	X509_STORE_free(store);
	X509_free(ca);
	return ok;
}

static bool nonce_fits(OCSP_BASICRESP *basic, const uint8_t *nonce)
{
	int at = OCSP_BASICRESP_get_ext_by_NID(
		basic, NID_id_pkix_OCSP_Nonce, -1);

	if (at < 0 || nonce == NULL)
		return true;
	const ASN1_OCTET_STRING *s =
		X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic, at));
	/* An OCTET STRING in an OCTET STRING. */
	return ASN1_STRING_length(s) == OCSP_NONCE + 2 &&
	       memcmp(ASN1_STRING_get0_data(s) + 2, nonce, OCSP_NONCE) == 0;
}

static int take_status(OCSP_BASICRESP *basic, OCSP_CERTID *id, time_t now,
	struct ocsp_answer *out, struct sbuf *why)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int status, reason;

	if (id == NULL || OCSP_resp_find_status(basic, id, &status, &reason,
				  &revoked, &from, &until) != 1) {
		sbuf_adds(why, "the OCSP answer is about other certificates");
		return -EBADMSG;
	}
	if (!asn1_time_read(from, &out->this_update)) {
		sbuf_adds(why, "the OCSP answer has no date");
		return -EBADMSG;
	}
	asn1_time_read(until, &out->next_update);
	asn1_time_read(revoked, &out->revoked_at);
	out->status = status == V_OCSP_CERTSTATUS_GOOD      ? OCSP_GOOD
		      : status == V_OCSP_CERTSTATUS_REVOKED ? OCSP_REVOKED
							    : OCSP_UNKNOWN;
	return validity_check(out->this_update, out->next_update, now,
		"the OCSP answer", why);
}

static int take_basic(OCSP_RESPONSE *resp, struct span cert, struct span issuer,
	const uint8_t *nonce, time_t now, struct ocsp_answer *out,
	struct sbuf *why)
{
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(resp);
	OCSP_CERTID *id = cert_id(cert, issuer);
	int rc = -EBADMSG;

	if (basic == NULL)
		sbuf_adds(why, "the OCSP answer is of an unknown type");
	else if (!verify(basic, issuer, now))
		sbuf_adds(why, "the OCSP answer is not signed for the CA");
	else if (!nonce_fits(basic, nonce))
		sbuf_adds(why, "the OCSP answer is to another question");
	else
		rc = take_status(basic, id, now, out, why);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	return rc;
}

int ocsp_parse(struct span body, struct span cert, struct span issuer,
	const uint8_t *nonce, time_t now, struct ocsp_answer *out,
	struct sbuf *why)
{
	const uint8_t *p = body.p;
	OCSP_RESPONSE *resp = NULL;
	int rc = -EBADMSG;

	*out = (struct ocsp_answer){ .status = OCSP_UNKNOWN };
	if (body.n <= OCSP_BYTES_MAX)
		resp = d2i_OCSP_RESPONSE(NULL, &p, (long)body.n);
	int status = resp != NULL ? OCSP_response_status(resp) : -1;
	if (resp == NULL) {
		sbuf_adds(why, "it is no OCSP answer");
	} else if (status == OCSP_RESPONSE_STATUS_TRYLATER) {
		sbuf_adds(why, "the OCSP server says: try later");
		rc = -EAGAIN;
	} else if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		sbuf_printf(why, "the OCSP server says: %s",
			OCSP_response_status_str(status));
	} else {
		rc = take_basic(resp, cert, issuer, nonce, now, out, why);
	}
	if (rc < 0)
		*out = (struct ocsp_answer){ .status = OCSP_UNKNOWN };
	OCSP_RESPONSE_free(resp);
	ERR_clear_error();
	return rc;
}
