/* The lines of certificate maps as values. */
#include "cli/pki.h"

#include <bsd/string.h>
#include <stdlib.h>

static enum cert_field name_field(const struct node *n)
{
	static const struct {
		const char *word;
		enum cert_field field;
	} fields[] = { { "subject-name", CERT_FIELD_SUBJECT },
		{ "issuer-name", CERT_FIELD_ISSUER },
		{ "name", CERT_FIELD_NAME },
		{ "alt-subject-name", CERT_FIELD_ALT_NAME } };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (node_has(n, fields[i].word))
			return fields[i].field;
	return CERT_FIELD_UNSTRUCTURED;
}

struct op_word {
	const char *word;
	enum cert_op op;
};
/* The first of the words that the line has; it has one. */
static enum cert_op op_view(const struct node *n, const struct op_word *w)
{
	while (!node_has(n, w->word))
		w++;
	return w->op;
}

static const struct op_word name_ops[] = { { "co", CERT_OP_CO },
	{ "nc", CERT_OP_NC }, { "eq", CERT_OP_EQ }, { "ne", CERT_OP_NE } };
static const struct op_word time_ops[] = { { "eq", CERT_OP_EQ },
	{ "ne", CERT_OP_NE }, { "lt", CERT_OP_LT }, { "ge", CERT_OP_GE } };
static const struct op_word serial_ops[] = { { "co", CERT_OP_CO },
	{ "nc", CERT_OP_NC }, { "eq", CERT_OP_EQ }, { "ne", CERT_OP_NE },
	{ "lt", CERT_OP_LT }, { "ge", CERT_OP_GE } };

static bool text_take(struct cert_rule *r, const char *text)
{
	return strlcpy(r->text, text, sizeof(r->text)) < sizeof(r->text);
}

/* false: it cannot be compared with. */
static bool rule_view(const struct node *n, struct cert_rule *r)
{
	const struct command *c = node_command(n);

	*r = (struct cert_rule){ .seq = 0 };
	if (c == &map_name) {
		r->field = name_field(n);
		r->op = op_view(n, name_ops);
		return text_take(r, node_str(n, "text"));
	}
	if (c == &map_serial) {
		r->field = CERT_FIELD_SERIAL;
		r->op = op_view(n, serial_ops);
		return text_take(r, node_str(n, "number"));
	}
	r->field = node_has(n, "valid-start") ? CERT_FIELD_VALID_START
					      : CERT_FIELD_EXPIRES_ON;
	r->op = op_view(n, time_ops);
	return cert_rule_date(r, node_str(n, "date"));
}

size_t pki_maps_view(const struct router *r, struct cert_rule **out)
{
	struct node *root = tree_root(r->tree);
	struct cert_rule *v = NULL;
	size_t n = 0;

	for (struct node *s = node_child(root, &cfg_cert_map, NULL); s != NULL;
		s = node_child(root, &cfg_cert_map, s))
		for (struct node *line = node_first(s); line != NULL;
			line = node_next(line)) {
			v = xreallocarray(v, n + 1, sizeof(*v));
			if (!rule_view(line, &v[n]))
				continue; /* pki_map_check lets none in */
			strlcpy(v[n].map, node_str(s, "name"),
				sizeof(v[n].map));
			v[n++].seq = (uint16_t)node_u32(s, "seq");
		}
	*out = v;
	return n;
}

int pki_map_check(const struct node *n, struct sbuf *why)
{
	const struct command *c = node_command(n);
	struct cert_rule rule;

	if ((c != &map_name && c != &map_serial && c != &map_time) ||
		rule_view(n, &rule))
		return 0;
	if (c == &map_time)
		sbuf_adds(why, "% Invalid date: as in Mar 3 2030 or 3 Mar "
			       "2030, with 09:30:00 behind it or not\n");
	else
		sbuf_printf(why, "%% At most %d characters are compared\n",
			CERT_RULE_TEXT_MAX);
	return -1;
}
