/* `match certificate` of a trustpoint: the lines of its maps as conditions. */
#include "cli/pki.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The words of the lines of a map. */
struct words {
	const char *word;
	int value;
};
static const struct words names[] = {
	{ "alt-subject-name", CERT_FIELD_ALT_NAME },
	{ "issuer-name", CERT_FIELD_ISSUER },
	{ "name", CERT_FIELD_NAME },
	{ "subject-name", CERT_FIELD_SUBJECT },
	{ "unstructured-subject-name", CERT_FIELD_UNSTRUCTURED },
	{ NULL, 0 },
};
static const struct words times[] = {
	{ "valid-start", CERT_FIELD_START },
	{ "expires-on", CERT_FIELD_END },
	{ NULL, 0 },
};
static const struct words name_ops[] = {
	{ "co", CERT_OP_CO },
	{ "nc", CERT_OP_NC },
	{ "eq", CERT_OP_EQ },
	{ "ne", CERT_OP_NE },
	{ NULL, 0 },
};
static const struct words time_ops[] = {
	{ "eq", CERT_OP_EQ },
	{ "ne", CERT_OP_NE },
	{ "lt", CERT_OP_LT },
	{ "ge", CERT_OP_GE },
	{ NULL, 0 },
};
static const struct words serial_ops[] = {
	{ "co", CERT_OP_CO },
	{ "nc", CERT_OP_NC },
	{ "eq", CERT_OP_EQ },
	{ "ne", CERT_OP_NE },
	{ "lt", CERT_OP_LT },
	{ "ge", CERT_OP_GE },
	{ NULL, 0 },
};

/* The grammar has one of them in every line. */
static int word_of(const struct node *n, const struct words *w)
{
	while (w[1].word != NULL && !node_has(n, w->word))
		w++;
	return w->value;
}

bool cert_map_date(const char *text, time_t *out)
{
	static const char *const forms[] = { "%b %d %Y %H:%M:%S",
		"%b %d %Y %H:%M", "%b %d %Y" };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end != NULL && end[strspn(end, " ")] == '\0') {
			*out = timegm(&tm);
			return true;
		}
	}
	return false;
}

/* False: no condition.  The check let in only times that can be read. */
static bool rule_view(const struct node *n, struct cert_rule *r)
{
	const struct command *c = node_command(n);

	if (c == &map_name) {
		r->field = (enum cert_field)word_of(n, names);
		r->op = (enum cert_op)word_of(n, name_ops);
		strlcpy(r->text, node_str(n, "text"), sizeof(r->text));
	} else if (c == &map_serial) {
		r->field = CERT_FIELD_SERIAL;
		r->op = (enum cert_op)word_of(n, serial_ops);
		strlcpy(r->text, node_str(n, "number"), sizeof(r->text));
	} else if (c == &map_time) {
		r->field = (enum cert_field)word_of(n, times);
		r->op = (enum cert_op)word_of(n, time_ops);
		cert_map_date(node_str(n, "date"), &r->when);
	}
	return c == &map_name || c == &map_serial || c == &map_time;
}

static void map_read(const struct node *map, unsigned group,
	struct cert_rule **v, size_t *n)
{
	for (const struct node *l = node_first(map); l != NULL;
		l = node_next(l)) {
		struct cert_rule r = { .group = group };

		if (!rule_view(l, &r))
			continue;
		*v = xreallocarray(*v, *n + 1, sizeof(**v));
		(*v)[(*n)++] = r;
	}
}

void cert_maps_read(
	const struct router *r, const struct node *tp, struct cert_trust *t)
{
	const struct node *root = tree_root(r->tree);
	struct cert_rule *v = NULL;
	unsigned group = 0;

	for (struct node *m = node_child(tp, &tp_match, NULL); m != NULL;
		m = node_child(tp, &tp_match, m)) {
		t->restricted = true;
		for (struct node *s = node_child(root, &cfg_cert_map, NULL);
			s != NULL; s = node_child(root, &cfg_cert_map, s))
			if (strcmp(node_str(s, "name"), node_str(m, "map")) ==
				0)
				map_read(s, ++group, &v, &t->n_rules);
	}
	t->rule = v;
}
