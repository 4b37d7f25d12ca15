/* crypto pki certificate map: which certificates are meant, by what stands in
 * them.  Values only, as the configuration has them. */
#ifndef CRYPTO_CERTMAP_H
#define CRYPTO_CERTMAP_H
#include "crypto/cert.h"

#define CERT_RULE_TEXT_MAX 255

enum cert_field { CERT_FIELD_SUBJECT, CERT_FIELD_ISSUER,
	CERT_FIELD_NAME, /* subject or issuer */
	CERT_FIELD_ALT_NAME, CERT_FIELD_UNSTRUCTURED, CERT_FIELD_SERIAL,
	CERT_FIELD_VALID_START, CERT_FIELD_EXPIRES_ON };
/* contains, contains not, ...; of names CO NC EQ NE, of times EQ NE LT GE, of
 * serial numbers each. */
enum cert_op { CERT_OP_CO, CERT_OP_NC, CERT_OP_EQ, CERT_OP_NE, CERT_OP_LT,
	CERT_OP_GE };

/* One line of a map. */
struct cert_rule {
	char map[TRUST_NAME_MAX + 1];
	uint16_t seq;
	enum cert_field field;
	enum cert_op op;
	char text[CERT_RULE_TEXT_MAX + 1]; /* of names; serial in hexadecimal */
	time_t from, until;                /* of times, [from, until) */
};

/* `Mar 3 2030`, `3 Mar 2030`, with or without a time behind it; UTC, as
 * certificates have it.  Without a time it is the whole day for `eq`, without
 * seconds the minute.
 * false: it is none. */
bool cert_rule_date(struct cert_rule *r, const char *text);

/* Has a certificate all that the lines of one sequence number ask, of any
 * sequence number of that map?  Lines of one sequence number stand together.
 * Case does not count, nor do blanks around the `=` and `,` of names, which are
 * compared as cert_subject_text writes them.  A map without lines, or none of
 * that name, means no certificate. */
bool cert_map_has(const struct cert_rule *v, size_t n, const char *map,
	const struct cert *c);
#endif
