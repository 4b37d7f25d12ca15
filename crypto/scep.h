/* Messages of the Simple Certificate Enrolment Protocol (RFC 8894), the
 * client's side: pure functions on bytes.  How they travel is router's. */
#ifndef CRYPTO_SCEP_H
#define CRYPTO_SCEP_H
#include "crypto/der.h"

#define SCEP_BODY_MAX (1024 * 1024) /* of an answer; more is refused */
#define SCEP_NONCE    16
#define SCEP_ID_TEXT  65 /* transaction id, 64 hex digits */

/* GetCACaps (RFC 8894 3.5.2); what an old server does not say, it cannot. */
struct scep_caps {
	bool aes, des3, post, renewal, sha256, sha512;
};
struct scep_caps scep_caps_parse(struct span text);

/* GetCACert (4.2): the CA alone, or with the RAs that speak for it. */
struct scep_ca {
	struct der ca;      /* that issues; not verified: people compare it */
	struct der encrypt; /* whom requests are encrypted to; issued by ca */
	struct der sign;    /* who signs answers */
	struct der_list above; /* CAs over ca, if it is no root */
};
void scep_ca_free(struct scep_ca *c);
#define auto_scep_ca __attribute__((cleanup(scep_ca_free)))
/* 0, -EBADMSG: neither a certificate nor certificates of PKCS#7, or none is of
 * a CA; -E2BIG. */
int scep_ca_parse(struct span body, struct scep_ca *out);

/* One transaction; all is lent. */
struct scep_tx {
	const struct pkey *key; /* RSA: answers are encrypted to it */
	const struct pkey *wanted; /* of the request; NULL: `key`, too */
	struct span signer;     /* certificate of the key: self-signed at the
				 * first request, the old one at a renewal */
	const struct scep_ca *ca;
	struct scep_caps caps;
	char id[SCEP_ID_TEXT];
	uint8_t nonce[SCEP_NONCE]; /* a fresh one for each message */
};
/* The id that polls and repeats of one request share. */
void scep_id(struct span request, char id[SCEP_ID_TEXT]);

/* Each gives what is to be sent with operation PKIOperation; 0 or -errno
 * (-EINVAL: not an RSA key, or a certificate that cannot be read). */
int scep_enroll(const struct scep_tx *t, struct span csr, struct der *out);
int scep_renew(const struct scep_tx *t, struct span csr, struct der *out);
int scep_poll(const struct scep_tx *t, struct span csr, struct der *out);
/* By the serial number (and issuer) of that certificate. */
int scep_get_cert(const struct scep_tx *t, struct span cert, struct der *out);
/* The CRL that covers that certificate. */
int scep_get_crl(const struct scep_tx *t, struct span cert, struct der *out);

enum scep_status { SCEP_SUCCESS = 0, SCEP_FAILURE = 2, SCEP_PENDING = 3 };
struct scep_reply {
	enum scep_status status;
	const char *fail; /* of a failure: RFC 8894 3.2.1.4, as words */
	struct der cert;  /* of tx->key and issued by the CA; may be empty */
	struct der_list certs; /* all that came */
	struct der_list crls;
};
void scep_reply_free(struct scep_reply *r);
#define auto_scep_reply __attribute__((cleanup(scep_reply_free)))
/* Signature by the CA or its RA, transaction, nonce, status: all are checked
 * before anything is decrypted.  0, or -EBADMSG and *why. */
int scep_reply_parse(const struct scep_tx *t, struct span body,
	struct scep_reply *out, struct sbuf *why);
#endif
