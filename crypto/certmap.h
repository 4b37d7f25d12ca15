/* Conditions on a certificate (`crypto pki certificate map`). */
#ifndef CRYPTO_CERTMAP_H
#define CRYPTO_CERTMAP_H
#include "base/mem.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum cert_field { CERT_FIELD_SUBJECT, CERT_FIELD_ISSUER,
	CERT_FIELD_NAME,         /* subject or issuer */
	CERT_FIELD_UNSTRUCTURED, /* hostname= of the subject */
	CERT_FIELD_ALT_NAME,     /* any name of subjectAltName */
	CERT_FIELD_SERIAL, CERT_FIELD_START, CERT_FIELD_END };
enum cert_op { CERT_OP_CO, CERT_OP_NC, CERT_OP_EQ, CERT_OP_NE, CERT_OP_LT,
	CERT_OP_GE };
#define CERT_RULE_TEXT_MAX 255
struct cert_rule {
	unsigned group; /* all rules of a group have to hold, of one group */
	enum cert_field field;
	enum cert_op op;
	char text[CERT_RULE_TEXT_MAX + 1]; /* serial: hexadecimal */
	time_t when;                       /* of START and END */
};
struct cert;
/* Names compare without regard to case and blanks, as in IOS; "contains" looks
 * at the text that cert_subject_text gives.  No rules: false. */
bool cert_rules_match(
	const struct cert_rule *v, size_t n, const struct cert *c);
#endif
