/* Certificates and CRLs for eyes: what `show crypto pki` tells of them, as
 * plain values with the names that IOS uses.  Judges nothing; see cert.h for
 * that. */
#ifndef CRYPTO_CERTINFO_H
#define CRYPTO_CERTINFO_H
#include "crypto/der.h"
#include <time.h>

#define CERT_DN_MAX     512
#define CERT_SERIAL_MAX 80 /* hexadecimal digits */
#define CERT_URL_MAX    256
#define CERT_SANS_MAX   512

enum cert_use {
	CERT_USE_GENERAL, /* signs and enciphers, or says nothing */
	CERT_USE_SIGNATURE,
	CERT_USE_ENCRYPTION
};
struct cert_info {
	/* "cn=gm1,o=Orbit Lab", most specific first; one RDN a line where a \n
	 * parts them instead of the comma. */
	char subject[CERT_DN_MAX], issuer[CERT_DN_MAX];
	char hostname[CERT_URL_MAX]; /* unstructuredName; "" */
	char sans[CERT_SANS_MAX];    /* names and addresses, by blanks */
	char serial[CERT_SERIAL_MAX + 1];
	time_t not_before, not_after;
	bool is_ca, self_issued;
	enum cert_use use;
	bool has_key_usage;
	uint16_t
		key_usage; /* bits as in X509_get_key_usage, first byte first */
	uint8_t md5[16], sha1[20], sha256[32];
	char signature[64]; /* "SHA256 with RSA Encryption" */
	char crl_url[CERT_URL_MAX], ocsp_url[CERT_URL_MAX];
	uint8_t subject_key_id[32], authority_key_id[32];
	size_t n_subject_key_id, n_authority_key_id;
	struct pkey *key; /* public; NULL: of a kind that we do not know */
};
/* false: not one certificate and nothing else.  cert_info_free. */
bool cert_info_read(struct span der, struct cert_info *out);
void cert_info_free(struct cert_info *i);
#define auto_cert_info __attribute__((cleanup(cert_info_free)))

/* Has the key of `ca` signed it, and is `ca` its issuer by name?  Times and
 * extensions are not looked at. */
bool cert_der_signed_by(struct span der, struct span ca);

struct crl_view {
	char issuer[CERT_DN_MAX];
	time_t last_update, next_update; /* 0: not told */
	size_t n_revoked;
	char number[CERT_SERIAL_MAX + 1]; /* of the CRL, hexadecimal; "" */
};
bool crl_view_read(struct span der, struct crl_view *out);
bool crl_der_signed_by(struct span der, struct span ca);
/* SHA-1 and MD5 of any encoded object (a request). */
void der_fingerprints(struct span der, uint8_t md5[16], uint8_t sha1[20]);
#endif
