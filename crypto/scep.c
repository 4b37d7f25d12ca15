/* SCEP messages through OpenSSL's CMS. */
#include "crypto/scep.h"

#include "base/wr.h"
#include "crypto/enroll.h"
#include "crypto/enroll_priv.h"
#include "crypto/evp_priv.h"
#include "crypto/prf.h"

#include <errno.h>
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAPS_TEXT_MAX 4096

/* RFC 8894 3.2.1: the attributes, under VeriSign's arc. */
enum attr {
	ATTR_TYPE,
	ATTR_STATUS,
	ATTR_FAIL,
	ATTR_SENDER,
	ATTR_RECIPIENT,
	ATTR_ID
};
static const char *const attr_oid[] = {
	[ATTR_TYPE] = "2.16.840.1.113733.1.9.2",
	[ATTR_STATUS] = "2.16.840.1.113733.1.9.3",
	[ATTR_FAIL] = "2.16.840.1.113733.1.9.4",
	[ATTR_SENDER] = "2.16.840.1.113733.1.9.5",
	[ATTR_RECIPIENT] = "2.16.840.1.113733.1.9.6",
	[ATTR_ID] = "2.16.840.1.113733.1.9.7",
};
#define TYPE_CERTREP "3"

/* RFC 8894 3.3.3. */
typedef struct {
	X509_NAME *issuer, *subject;
} ISSUER_AND_SUBJECT;
DECLARE_ASN1_FUNCTIONS(ISSUER_AND_SUBJECT)
ASN1_SEQUENCE(ISSUER_AND_SUBJECT) = { ASN1_SIMPLE(ISSUER_AND_SUBJECT, issuer,
					      X509_NAME),
	ASN1_SIMPLE(ISSUER_AND_SUBJECT, subject,
		X509_NAME) } ASN1_SEQUENCE_END(ISSUER_AND_SUBJECT)
	IMPLEMENT_ASN1_FUNCTIONS(ISSUER_AND_SUBJECT)

		struct scep_caps scep_caps_parse(struct span text)
{
	static const struct {
		const char *word;
		struct scep_caps caps;
	} words[] = {
		{ "AES", { .aes = true } },
		{ "DES3", { .des3 = true } },
		{ "POSTPKIOperation", { .post = true } },
		{ "Renewal", { .renewal = true } },
		{ "SHA-256", { .sha256 = true } },
		{ "SHA-512", { .sha512 = true } },
		{ "SCEPStandard",
			{ .aes = true, .post = true, .sha256 = true } },
	};
	struct scep_caps c = { 0 };
	const char *p = (const char *)text.p;
	size_t n = text.n < CAPS_TEXT_MAX ? text.n : CAPS_TEXT_MAX;

	while (n > 0) {
		size_t len = 0;
		while (len < n && strchr("\r\n \t", p[len]) == NULL)
			len++;
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			const struct scep_caps *w = &words[i].caps;

			if (strlen(words[i].word) != len ||
				strncasecmp(words[i].word, p, len) != 0)
				continue;
			c.aes |= w->aes;
			c.des3 |= w->des3;
			c.post |= w->post;
			c.renewal |= w->renewal;
			c.sha256 |= w->sha256;
			c.sha512 |= w->sha512;
		}
		len += len < n; /* and what ends the word */
		p += len;
		n -= len;
	}
	return c;
}

void scep_id(struct span request, char id[SCEP_ID_TEXT])
{
	uint8_t hash[HASH_MAX_BYTES];

	digest(HASH_SHA256, &request, 1, hash);
	for (size_t i = 0; i < SCEP_ID_TEXT / 2; i++)
		snprintf(id + 2 * i, 3, "%02X", hash[i]);
}

static bool sign_attr(
	CMS_SignerInfo *si, enum attr a, int type, const void *p, size_t n)
{
	return CMS_signed_add1_attr_by_txt(si, attr_oid[a], type, p, (int)n) ==
	       1;
}

static int der_of_cms(CMS_ContentInfo *cms, struct der *out)
{
	unsigned char *p = NULL;
	int n = i2d_CMS_ContentInfo(cms, &p);

	if (n > 0)
		der_set(out, p, (size_t)n);
	OPENSSL_free(p);
	return n > 0 ? 0 : -EIO;
}

/* pkcsPKIEnvelope, to the CA or RA (3.2.2). */
static int envelope(const struct scep_tx *t, struct span data, struct der *out)
{
	X509 *to = x509_read(der_span(&t->ca->encrypt));
	STACK_OF(X509) *recipients = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(data.p, (int)data.n);
	CMS_ContentInfo *cms = NULL;
	int rc = -EINVAL;

	if (to != NULL && recipients != NULL && in != NULL &&
		sk_X509_push(recipients, to) > 0)
		cms = CMS_encrypt(recipients, in,
			evp_cipher(t->caps.aes ? CIPHER_AES128 : CIPHER_3DES),
			CMS_BINARY);
	if (cms != NULL)
		rc = der_of_cms(cms, out);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(recipients);
	X509_free(to);
	return rc;
}

static enum hash_id sign_hash(const struct scep_caps *c)
{
	if (c->sha256)
		return HASH_SHA256;
	return c->sha512 ? HASH_SHA512 : HASH_SHA1;
}

static bool sign_message(const struct scep_tx *t, CMS_ContentInfo *cms,
	X509 *signer, const char *type, BIO *in)
{
	CMS_SignerInfo *si = CMS_add1_signer(cms, signer, pkey_evp(t->key),
		evp_md(sign_hash(&t->caps)), CMS_BINARY | CMS_NOSMIMECAP);

	return si != NULL &&
	       sign_attr(si, ATTR_TYPE, V_ASN1_PRINTABLESTRING, type,
		       strlen(type)) &&
	       sign_attr(si, ATTR_ID, V_ASN1_PRINTABLESTRING, t->id,
		       strlen(t->id)) &&
	       sign_attr(si, ATTR_SENDER, V_ASN1_OCTET_STRING, t->nonce,
		       SCEP_NONCE) &&
	       CMS_final(cms, in, NULL, CMS_BINARY) == 1;
}

/* pkiMessage (3.2) of a messageType around `data`. */
static int message(const struct scep_tx *t, const char *type, struct span data,
	struct der *out)
{
	auto_der struct der inner = { 0 };
	int rc = pkey_is_rsa(t->key) ? envelope(t, data, &inner) : -EINVAL;

	if (rc < 0) {
		ERR_clear_error();
		return rc;
	}
	X509 *signer = x509_read(t->signer);
	BIO *in = BIO_new_mem_buf(inner.p, (int)inner.n);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL,
		CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
	rc = -EINVAL;
	if (signer != NULL && in != NULL && cms != NULL &&
		sign_message(t, cms, signer, type, in))
		rc = der_of_cms(cms, out);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(signer);
	ERR_clear_error();
	return rc;
}

int scep_enroll(const struct scep_tx *t, struct span csr, struct der *out)
{
	return message(t, "19", csr, out);
}

int scep_renew(const struct scep_tx *t, struct span csr, struct der *out)
{
	return message(t, "17", csr, out);
}

int scep_poll(const struct scep_tx *t, struct span csr, struct der *out)
{
	const uint8_t *p = csr.p;
	X509 *ca = x509_read(der_span(&t->ca->ca));
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)csr.n);
	unsigned char *der = NULL;
	int n = 0, rc = -EINVAL;

	if (ca != NULL && req != NULL) {
		ISSUER_AND_SUBJECT v = { X509_get_subject_name(ca),
			X509_REQ_get_subject_name(req) };
		n = i2d_ISSUER_AND_SUBJECT(&v, &der);
	}
	if (n > 0)
		rc = message(t, "20", SPAN(der, n), out);
	OPENSSL_free(der);
	X509_REQ_free(req);
	X509_free(ca);
	ERR_clear_error();
	return rc;
}

/* GetCert, GetCRL: IssuerAndSerialNumber (3.3.4, 3.3.5). */
static int by_serial(const struct scep_tx *t, const char *type,
	struct span cert, struct der *out)
{
	X509 *x = x509_read(cert);
	unsigned char *der = NULL;
	int n = 0, rc = -EINVAL;

	if (x != NULL) {
		PKCS7_ISSUER_AND_SERIAL v = { X509_get_issuer_name(x),
			X509_get_serialNumber(x) };
		n = i2d_PKCS7_ISSUER_AND_SERIAL(&v, &der);
	}
	if (n > 0)
		rc = message(t, type, SPAN(der, n), out);
	OPENSSL_free(der);
	X509_free(x);
	ERR_clear_error();
	return rc;
}

int scep_get_cert(const struct scep_tx *t, struct span cert, struct der *out)
{
	return by_serial(t, "21", cert, out);
}

int scep_get_crl(const struct scep_tx *t, struct span cert, struct der *out)
{
	return by_serial(t, "22", cert, out);
}

void scep_reply_free(struct scep_reply *r)
{
	der_free(&r->cert);
	der_list_free(&r->certs);
	der_list_free(&r->crls);
}

/* A signed attribute that is there once with one value; NULL. */
static const ASN1_STRING *get_attr(CMS_SignerInfo *si, enum attr a, int type)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(attr_oid[a], 1);
	const ASN1_STRING *s = CMS_signed_get0_data_by_OBJ(si, oid, -3, type);

	ASN1_OBJECT_free(oid);
	return s;
}

static bool attr_is(
	CMS_SignerInfo *si, enum attr a, int type, const void *p, size_t n)
{
	const ASN1_STRING *s = get_attr(si, a, type);

	return s != NULL && (size_t)ASN1_STRING_length(s) == n &&
	       memcmp(ASN1_STRING_get0_data(s), p, n) == 0;
}

/* A number written as text of one digit; -1. */
static int attr_digit(CMS_SignerInfo *si, enum attr a)
{
	const ASN1_STRING *s = get_attr(si, a, V_ASN1_PRINTABLESTRING);

	if (s == NULL || ASN1_STRING_length(s) != 1)
		return -1;
	char c = (char)ASN1_STRING_get0_data(s)[0];
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

static const char *fail_words(int code)
{
	static const char *const words[] = {
		"unrecognized or unsupported algorithm (badAlg)",
		"integrity check failed (badMessageCheck)",
		"transaction not permitted or supported (badRequest)",
		"the message time was not close to the server's (badTime)",
		"no certificate matches (badCertId)",
	};

	if (code < 0 || (size_t)code >= ARRAY_LEN(words))
		return "no reason given";
	return words[code];
}

/* Only the CA and its RA are known as signers: what the message itself brings
 * along counts nothing. */
static bool verify(const struct scep_tx *t, CMS_ContentInfo *cms, BIO *content)
{
	ASN1_OCTET_STRING **pos = CMS_get0_content(cms);
	STACK_OF(X509) *known = sk_X509_new_null();
	X509 *ca = x509_read(der_span(&t->ca->ca));
	X509 *ra = x509_read(der_span(&t->ca->sign));
	BIO *empty = BIO_new_mem_buf("", 0);
	bool ok = false;

	if (pos != NULL && known != NULL && ca != NULL && ra != NULL &&
		sk_X509_push(known, ca) > 0 && sk_X509_push(known, ra) > 0)
		ok = CMS_verify(cms, known, NULL, *pos == NULL ? empty : NULL,
			     content,
			     CMS_BINARY | CMS_NOINTERN |
				     CMS_NO_SIGNER_CERT_VERIFY) == 1;
	BIO_free(empty);
	X509_free(ra);
	X509_free(ca);
	sk_X509_free(known);
	return ok;
}

/* Is it the certificate that was asked for? */
static bool is_ours(const struct scep_tx *t, X509 *ca, struct span der)
{
	const struct pkey *key = t->wanted != NULL ? t->wanted : t->key;
	X509 *x = x509_read(der);
	bool ok = x != NULL &&
		  EVP_PKEY_eq(X509_get0_pubkey(x), pkey_evp(key)) == 1 &&
		  X509_verify(x, X509_get0_pubkey(ca)) == 1;

	X509_free(x);
	ERR_clear_error();
	return ok;
}

static int take_content(
	const struct scep_tx *t, struct span plain, struct scep_reply *out)
{
	X509 *ca = x509_read(der_span(&t->ca->ca));
	int rc = ca != NULL ? pkcs7_parse(plain, &out->certs, &out->crls)
			    : -EBADMSG;

	for (size_t i = 0; rc == 0 && i < out->certs.n; i++) {
		struct span der = der_span(&out->certs.v[i]);

		if (out->cert.n == 0 && is_ours(t, ca, der))
			der_set(&out->cert, der.p, der.n);
	}
	X509_free(ca);
	return rc < 0 ? -EBADMSG : 0;
}

static int decrypt(const struct scep_tx *t, BIO *content,
	struct scep_reply *out, struct sbuf *why)
{
	CMS_ContentInfo *cms = d2i_CMS_bio(content, NULL);
	X509 *me = x509_read(t->signer);
	BIO *plain = BIO_new(BIO_s_secmem());
	char *p = NULL;
	int rc = -EBADMSG;

	if (cms == NULL || me == NULL || plain == NULL ||
		OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped ||
		CMS_decrypt(cms, pkey_evp(t->key), me, NULL, plain,
			CMS_BINARY) != 1) {
		sbuf_adds(why, "the answer cannot be decrypted");
	} else {
		long n = BIO_get_mem_data(plain, &p);

		rc = take_content(t, SPAN(p, n), out);
		if (rc < 0)
			sbuf_adds(why, "the answer holds no certificates");
	}
	BIO_free(plain);
	X509_free(me);
	CMS_ContentInfo_free(cms);
	return rc;
}

/* The attributes of a message whose signature holds (3.2.1). */
static int check_attrs(const struct scep_tx *t, CMS_ContentInfo *cms,
	struct scep_reply *out, struct sbuf *why)
{
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
	const char *bad = NULL;

	if (sk_CMS_SignerInfo_num(all) != 1) {
		sbuf_adds(why, "the answer has not one signature");
		return -EBADMSG;
	}
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(all, 0);
	int status = attr_digit(si, ATTR_STATUS);
	if (!attr_is(si, ATTR_TYPE, V_ASN1_PRINTABLESTRING, TYPE_CERTREP,
		    strlen(TYPE_CERTREP)))
		bad = "the answer is no CertRep";
	else if (!attr_is(si, ATTR_ID, V_ASN1_PRINTABLESTRING, t->id,
			 strlen(t->id)))
		bad = "the answer is of another transaction";
	else if (!attr_is(si, ATTR_RECIPIENT, V_ASN1_OCTET_STRING, t->nonce,
			 SCEP_NONCE))
		bad = "the answer is of another request (nonce)";
	else if (status != SCEP_SUCCESS && status != SCEP_FAILURE &&
		 status != SCEP_PENDING)
		bad = "the answer has no status";
	if (bad != NULL) {
		sbuf_adds(why, bad);
		return -EBADMSG;
	}
	out->status = (enum scep_status)status;
	if (status == SCEP_FAILURE)
		out->fail = fail_words(attr_digit(si, ATTR_FAIL));
	return 0;
}

int scep_reply_parse(const struct scep_tx *t, struct span body,
	struct scep_reply *out, struct sbuf *why)
{
	const uint8_t *p = body.p;
	BIO *content = NULL;
	int rc = -EBADMSG;

	*out = (struct scep_reply){ 0 };
	if (body.n > SCEP_BODY_MAX) {
		sbuf_adds(why, "the answer is too large");
		return rc;
	}
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)body.n);
	content = BIO_new(BIO_s_mem());
	if (cms == NULL || content == NULL ||
		OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		sbuf_adds(why, "the answer is no signed message");
	else if (!verify(t, cms, content))
		sbuf_adds(why, "the answer is not signed by the CA");
	else
		rc = check_attrs(t, cms, out, why);
	if (rc == 0 && out->status == SCEP_SUCCESS)
		rc = decrypt(t, content, out, why);
	if (rc < 0)
		scep_reply_free(out);
	BIO_free(content);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
