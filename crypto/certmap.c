/* Conditions on a certificate. */
#include "crypto/certmap.h"

#include "crypto/cert.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Small letters, no blanks. */
static void fold(const char *text, struct sbuf *out)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!isspace((unsigned char)*p))
			sbuf_addc(out, (char)tolower((unsigned char)*p));
}

static bool text_is(enum cert_op op, const char *have, const char *want)
{
	auto_sbuf struct sbuf h = { 0 };
	auto_sbuf struct sbuf w = { 0 };

	fold(have, &h);
	fold(want, &w);
	if (op == CERT_OP_CO || op == CERT_OP_NC)
		return strstr(sbuf_str(&h), sbuf_str(&w)) != NULL;
	return strcmp(sbuf_str(&h), sbuf_str(&w)) == 0;
}

/* Does any of the texts of that field contain, or equal, what is asked for? */
static bool field_is(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf b = { 0 };
	bool found = false;

	switch (r->field) {
	case CERT_FIELD_SUBJECT:
		cert_subject_text(c, ",", &b);
		break;
	case CERT_FIELD_ISSUER:
		cert_issuer_text(c, ",", &b);
		break;
	case CERT_FIELD_NAME:
		cert_issuer_text(c, ",", &b);
		if (text_is(r->op, sbuf_str(&b), r->text))
			return true;
		sbuf_trunc(&b, 0);
		cert_subject_text(c, ",", &b);
		break;
	case CERT_FIELD_UNSTRUCTURED:
		cert_hostname(c, &b);
		break;
	default:
		for (enum cert_name k = CERT_NAME_DNS; k <= CERT_NAME_URI; k++)
			for (size_t i = 0; cert_alt_name(c, k, i, &b); i++) {
				found |= text_is(r->op, b.s, r->text);
				sbuf_trunc(&b, 0);
			}
		return found;
	}
	return text_is(r->op, sbuf_str(&b), r->text);
}

/* As numbers: <0, 0, >0. */
static int serial_cmp(const char *a, const char *b)
{
	a += strspn(a, "0");
	b += strspn(b, "0");
	if (strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcasecmp(a, b);
}

static bool serial_holds(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf b = { 0 };

	cert_serial_text(c, &b);
	int d = serial_cmp(sbuf_str(&b), r->text);

	switch (r->op) {
	case CERT_OP_EQ:
		return d == 0;
	case CERT_OP_NE:
		return d != 0;
	case CERT_OP_LT:
		return d < 0;
	case CERT_OP_GE:
		return d >= 0;
	default:
		return text_is(r->op, sbuf_str(&b), r->text) ==
		       (r->op == CERT_OP_CO);
	}
}

static bool time_holds(const struct cert_rule *r, time_t t)
{
	switch (r->op) {
	case CERT_OP_EQ:
		return t == r->when;
	case CERT_OP_NE:
		return t != r->when;
	case CERT_OP_LT:
		return t < r->when;
	default:
		return t >= r->when;
	}
}

static bool rule_holds(const struct cert_rule *r, const struct cert *c)
{
	switch (r->field) {
	case CERT_FIELD_SERIAL:
		return serial_holds(r, c);
	case CERT_FIELD_START:
		return time_holds(r, cert_not_before(c));
	case CERT_FIELD_END:
		return time_holds(r, cert_not_after(c));
	default:
		return field_is(r, c) ==
		       (r->op == CERT_OP_CO || r->op == CERT_OP_EQ);
	}
}

bool cert_rules_match(
	const struct cert_rule *v, size_t n, const struct cert *c)
{
	for (size_t i = 0; i < n;) {
		unsigned group = v[i].group;
		bool all = true;

		for (; i < n && v[i].group == group; i++)
			all = all && rule_holds(&v[i], c);
		if (all)
			return true;
	}
	return false;
}
