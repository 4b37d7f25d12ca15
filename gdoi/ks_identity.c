/* `authorization identity`: is a member one of those whom a crypto identity
 * names?  It has proved its identity in phase 1. */
#include "gdoi/ks_priv.h"

#include <string.h>
#include <strings.h>

/* The part of `*text` up to a comma, less blanks around it and around its `=`;
 * false: no more. */
static bool next_part(const char **text, struct sbuf *part)
{
	const char *p = *text + strspn(*text, " ,");

	if (*p == '\0')
		return false;
	sbuf_trunc(part, 0);
	for (; *p != '\0' && *p != ','; p++) {
		bool around = *p == ' ' &&
			      (p[strspn(p, " ")] == '=' || part->n == 0 ||
				      part->s[part->n - 1] == '=');

		if (!around)
			sbuf_addc(part, *p);
	}
	while (part->n > 0 && part->s[part->n - 1] == ' ')
		sbuf_trunc(part, part->n - 1);
	*text = p;
	return true;
}

/* Is that part among the lines? */
static bool has_line(const char *lines, const char *part)
{
	size_t n = strlen(part);

	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		if (len == n && strncasecmp(lines, part, n) == 0)
			return true;
		lines += len + (lines[len] == '\n');
	}
	return false;
}

/* A name is meant when it has all parts that are written, in any order. */
static bool dn_has(struct span dn, const char *wanted)
{
	auto_sbuf struct sbuf lines = { 0 }, part = { 0 };
	bool any = false;

	dn_text(dn, "\n", &lines);
	while (next_part(&wanted, &part)) {
		if (!has_line(sbuf_str(&lines), sbuf_str(&part)))
			return false;
		any = true;
	}
	return any;
}

bool ks_identity_has(
	const struct ks_identity *id, uint8_t id_type, struct span data)
{
	for (size_t i = 0; i < id->n; i++) {
		const struct ks_identity_name *name = &id->v[i];

		if (name->is_dn && id_type == ID_DER_DN &&
			dn_has(data, name->text))
			return true;
		if (!name->is_dn && id_type == ID_FQDN &&
			data.n == strlen(name->text) &&
			strncasecmp((const char *)data.p, name->text, data.n) ==
				0)
			return true;
	}
	return false;
}

bool ks_identity_has_cert(const struct ks_identity *id, const struct cert *c)
{
	for (size_t i = 0; i < id->n; i++) {
		const struct ks_identity_name *name = &id->v[i];

		if (name->is_dn ? dn_has(cert_subject_der(c), name->text)
				: cert_matches_id(c, ID_FQDN,
					  SPAN(name->text, strlen(name->text))))
			return true;
	}
	return false;
}

void ks_identity_text(uint8_t id_type, struct span data, struct sbuf *out)
{
	if (id_type == ID_FQDN || id_type == ID_USER_FQDN)
		sbuf_add(out, data.p, data.n);
	else if (id_type == ID_DER_DN)
		dn_text(data, ",", out);
	else if (id_type == ID_IPV4 && data.n == 4)
		sbuf_printf(out, "%u.%u.%u.%u", data.p[0], data.p[1], data.p[2],
			data.p[3]);
	else
		sbuf_printf(out, "type %u", id_type);
}
