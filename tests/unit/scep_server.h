/* The CA's side of SCEP for tests, on OpenSSL alone: reads what we ask, issues
 * certificates, and answers rightly or with one fault. */
#ifndef TESTS_SCEP_SERVER_H
#define TESTS_SCEP_SERVER_H
#include "crypto/enroll.h"
#include "crypto/scep.h"

enum scep_fault {
	FAULT_NONE,
	FAULT_NONCE,
	FAULT_ID,
	FAULT_TYPE,
	FAULT_STATUS,
	FAULT_TWO_STATUS,
	FAULT_STRANGER,
	FAULT_PLAIN,
	FAULT_OTHER_KEY,
	FAULT_N
};
struct scep_server {
	struct pkey *key, *ra_key; /* ra_key NULL: the CA speaks itself */
	struct der ca, ra;
	enum scep_status status; /* of the answers */
	enum scep_fault fault;
	/* What the last request was. */
	char type[4], id[SCEP_ID_TEXT];
	struct der content; /* decrypted */
	struct der kept;    /* a request that was told PENDING */
	char password[64];  /* challengePassword of a request */
	long serial;        /* last issued */
	long revoked[64]; /* in the answer to GetCRL */
	size_t n_revoked;
	long life; /* of certificates, seconds; 0: a year, begun an hour ago */
};
void scep_server_init(struct scep_server *s, bool with_ra);
void scep_server_fini(struct scep_server *s);
/* Answer to GetCACert. */
void scep_server_ca(const struct scep_server *s, struct der *out);
/* Answer to PKIOperation; false: the request was bad. */
bool scep_server_answer(
	struct scep_server *s, struct span request, struct der *out);
/* Its CRL, DER, for an hour; serials: those that are revoked. */
void scep_server_crl(const struct scep_server *s, const long *serials, size_t n,
	struct der *out);
/* A rightly signed answer around any bytes, encrypted first or not. */
void scep_server_wrap(struct scep_server *s, const struct scep_tx *t,
	struct span content, bool sealed, struct der *out);
#endif
