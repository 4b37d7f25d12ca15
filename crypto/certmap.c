/* Certificates against the lines of crypto pki certificate map. */
#include "crypto/certmap.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DAY_SECS 86400

static bool is_mark(char c)
{
	return c == '=' || c == ',';
}

/* In small letters, without blanks at the ends and around marks, as far as
 * `cn = GM1, o=Orbit Lab` and `cn=gm1,o=Orbit Lab` are one name. */
static void fold(const char *s, struct sbuf *out)
{
	sbuf_trunc(out, 0);
	for (; *s != '\0'; s++) {
		const char *next = s + strspn(s, " \t");

		if (next == s) {
			sbuf_addc(out, (char)tolower((unsigned char)*s));
			continue;
		}
		if (out->n > 0 && !is_mark(out->s[out->n - 1]) &&
			!is_mark(*next) && *next != '\0')
			sbuf_addc(out, ' ');
		s = next - 1;
	}
}

static bool is_positive(enum cert_op op)
{
	return op == CERT_OP_CO || op == CERT_OP_EQ;
}

/* Does that name contain the rule's text, or is it that? */
static bool text_hits(const struct cert_rule *r, const char *name)
{
	auto_sbuf struct sbuf got = { 0 }, want = { 0 };

	fold(name, &got);
	fold(r->text, &want);
	if (want.n == 0)
		return false;
	return r->op == CERT_OP_CO || r->op == CERT_OP_NC
		       ? strstr(sbuf_str(&got), sbuf_str(&want)) != NULL
		       : strcmp(sbuf_str(&got), sbuf_str(&want)) == 0;
}

static bool subject_hits(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf name = { 0 };

	cert_subject_text(c, ",", &name);
	return text_hits(r, sbuf_str(&name));
}

static bool issuer_hits(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf name = { 0 };

	cert_issuer_text(c, ",", &name);
	return text_hits(r, sbuf_str(&name));
}

static bool alt_name_hits(const struct cert_rule *r, const struct cert *c)
{
	static const enum cert_name kinds[] = { CERT_NAME_DNS, CERT_NAME_EMAIL,
		CERT_NAME_IP, CERT_NAME_URI };
	auto_sbuf struct sbuf name = { 0 };

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; cert_alt_name(c, kinds[k], i, &name); i++) {
			if (text_hits(r, sbuf_str(&name)))
				return true;
			sbuf_trunc(&name, 0);
		}
	return false;
}

static bool unstructured_hits(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf name = { 0 };

	for (size_t i = 0; cert_unstructured_name(c, i, &name); i++) {
		if (text_hits(r, sbuf_str(&name)))
			return true;
		sbuf_trunc(&name, 0);
	}
	return false;
}

static bool name_hits(const struct cert_rule *r, const struct cert *c)
{
	switch (r->field) {
	case CERT_FIELD_SUBJECT:
		return subject_hits(r, c);
	case CERT_FIELD_ISSUER:
		return issuer_hits(r, c);
	case CERT_FIELD_NAME:
		return subject_hits(r, c) || issuer_hits(r, c);
	case CERT_FIELD_ALT_NAME:
		return alt_name_hits(r, c);
	default:
		return unstructured_hits(r, c);
	}
}

/* Of hexadecimal numbers of any length. */
static int serial_cmp(const char *a, const char *b)
{
	a += strspn(a, "0");
	b += strspn(b, "0");
	if (strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcasecmp(a, b);
}

static bool serial_has(const struct cert_rule *r, const struct cert *c)
{
	auto_sbuf struct sbuf serial = { 0 };

	cert_serial_text(c, &serial);
	int d = serial_cmp(sbuf_str(&serial), r->text);
	bool inside = strcasestr(sbuf_str(&serial), r->text) != NULL;

	switch (r->op) {
	case CERT_OP_CO:
		return inside;
	case CERT_OP_NC:
		return !inside;
	case CERT_OP_EQ:
		return d == 0;
	case CERT_OP_NE:
		return d != 0;
	case CERT_OP_LT:
		return d < 0;
	default:
		return d >= 0;
	}
}

static bool time_has(const struct cert_rule *r, time_t t)
{
	bool inside = t >= r->from && t < r->until;

	switch (r->op) {
	case CERT_OP_EQ:
		return inside;
	case CERT_OP_NE:
		return !inside;
	case CERT_OP_LT:
		return t < r->from;
	case CERT_OP_GE:
		return t >= r->from;
	default:
		return false;
	}
}

static bool rule_has(const struct cert_rule *r, const struct cert *c)
{
	switch (r->field) {
	case CERT_FIELD_SERIAL:
		return serial_has(r, c);
	case CERT_FIELD_VALID_START:
		return time_has(r, cert_not_before(c));
	case CERT_FIELD_EXPIRES_ON:
		return time_has(r, cert_not_after(c));
	default:
		return name_hits(r, c) == is_positive(r->op);
	}
}

bool cert_map_has(const struct cert_rule *v, size_t n, const char *map,
	const struct cert *c)
{
	size_t i = 0;

	while (i < n) {
		uint16_t seq = v[i].seq;
		const char *name = v[i].map;
		bool all = strcmp(name, map) == 0;

		for (; i < n && v[i].seq == seq && strcmp(v[i].map, name) == 0;
			i++)
			all = all && rule_has(&v[i], c);
		if (all)
			return true;
	}
	return false;
}

bool cert_rule_date(struct cert_rule *r, const char *text)
{
	static const struct {
		const char *format;
		time_t span;
	} forms[] = { { "%b %d %Y %H:%M:%S", 1 }, { "%d %b %Y %H:%M:%S", 1 },
		{ "%b %d %Y %H:%M", 60 }, { "%d %b %Y %H:%M", 60 },
		{ "%b %d %Y", DAY_SECS }, { "%d %b %Y", DAY_SECS } };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(text, forms[i].format, &tm);
		struct tm same = tm;

		if (end == NULL || end[strspn(end, " \t")] != '\0')
			continue;
		r->from = timegm(&same);
		r->until = r->from + forms[i].span;
		/* No 31st of June, no 20th of March 27. */
		return same.tm_mday == tm.tm_mday && tm.tm_year >= 70;
	}
	return false;
}
