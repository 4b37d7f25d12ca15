/* The built-in value types.  A value is stored as text in one canonical form,
 * so that equality, keys and printing need no knowledge of the type. */
#include "parser/grammar_priv.h"
#include "parser/lex.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range_type {
	struct value_type vt;
	uint32_t lo, hi;
	char name[24], display[28], sample[12];
	struct range_type *next;
};

static int parse_range(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	const struct range_type *r =
		(const struct range_type *)(const void *)vt;
	size_t digits = strspn(t[0], "0123456789");
	unsigned long long v;

	(void)n;
	if (digits == 0 || t[0][digits] != '\0') {
		*bad_col = digits;
		return 0;
	}
	errno = 0;
	v = strtoull(t[0], NULL, 10);
	if (errno != 0 || v < r->lo || v > r->hi)
		return 0;
	sbuf_printf(out, "%llu", v);
	return 1;
}

const struct value_type *value_range(struct grammar *g, const char *text)
{
	unsigned long lo, hi;
	char *end;
	struct range_type *r;

	for (r = g->ranges; r != NULL; r = r->next)
		if (strcmp(r->name, text) == 0)
			return &r->vt;
	if (!isdigit((unsigned char)text[0]))
		return NULL;
	lo = strtoul(text, &end, 10);
	if (*end != '-' || !isdigit((unsigned char)end[1]))
		return NULL;
	hi = strtoul(end + 1, &end, 10);
	if (*end != '\0' || lo > hi || hi > UINT32_MAX)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->lo = (uint32_t)lo;
	r->hi = (uint32_t)hi;
	snprintf(r->name, sizeof(r->name), "%lu-%lu", lo, hi);
	snprintf(r->display, sizeof(r->display), "<%lu-%lu>", lo, hi);
	snprintf(r->sample, sizeof(r->sample), "%lu", hi);
	r->vt = (struct value_type){ .name = r->name,
		.parse = parse_range,
		.display = r->display,
		.sample = r->sample };
	r->next = g->ranges;
	g->ranges = r;
	return &r->vt;
}

void value_ranges_free(struct grammar *g)
{
	while (g->ranges != NULL) {
		struct range_type *r = g->ranges;

		g->ranges = r->next;
		free(r);
	}
}

/* The fault in an address: the first character that none can hold; a wrong
 * number is reported at its first digit, as IOS does. */
static void address_fault(const char *t, const char *set, size_t *bad_col)
{
	size_t n = strspn(t, set);

	*bad_col = t[n] == '\0' ? 0 : n;
}

static bool parse_dotted(const char *t, uint32_t *out, size_t *bad_col)
{
	struct ip_addr a;

	if (!ip_parse(t, &a) || a.family != 4) {
		address_fault(t, "0123456789.", bad_col);
		return false;
	}
	*out = ip_u32(&a);
	return true;
}

static void put_dotted(struct sbuf *out, uint32_t v)
{
	sbuf_printf(out, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255,
		v & 255);
}

static int parse_ip4(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	uint32_t v;

	(void)vt;
	(void)n;
	if (!parse_dotted(t[0], &v, bad_col))
		return 0;
	put_dotted(out, v);
	return 1;
}

static int parse_mask4(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	uint32_t v;
	uint8_t len;

	(void)vt;
	(void)n;
	if (!parse_dotted(t[0], &v, bad_col) || !ip_mask_len(v, &len))
		return 0;
	put_dotted(out, v);
	return 1;
}

static int parse_ip6(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	struct ip_addr a;
	char text[IP_TEXT];

	(void)vt;
	(void)n;
	if (!ip_parse(t[0], &a) || a.family != 6) {
		address_fault(t[0], "0123456789abcdefABCDEF:.", bad_col);
		return 0;
	}
	sbuf_adds(out, ip_text(&a, text));
	for (char *p = out->s; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return 1;
}

static int parse_prefix4(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	struct ip_prefix p;
	char text[IP_TEXT];

	(void)vt;
	(void)n;
	if (!ip_prefix_parse(t[0], &p) || p.addr.family != 4) {
		address_fault(t[0], "0123456789./", bad_col);
		return 0;
	}
	sbuf_printf(out, "%s/%u", ip_text(&p.addr, text), p.len);
	return 1;
}

static int parse_word(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	(void)bad_col;
	sbuf_adds(out, t[0]);
	return 1;
}

static int parse_hex(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t digits = strspn(t[0], "0123456789abcdefABCDEF");

	(void)vt;
	(void)n;
	if (t[0][digits] != '\0') {
		*bad_col = digits;
		return 0;
	}
	for (size_t i = 0; i < digits; i++)
		sbuf_addc(out, (char)toupper((unsigned char)t[0][i]));
	return 1;
}

static const struct value_type value_ip4 = {
	.name = "ip4",
	.parse = parse_ip4,
	.display = "A.B.C.D",
	.sample = "192.0.2.1",
};
static const struct value_type value_mask4 = {
	.name = "mask4",
	.parse = parse_mask4,
	.display = "A.B.C.D",
	.sample = "255.255.255.0",
};
static const struct value_type value_wild4 = {
	.name = "wild4",
	.parse = parse_ip4,
	.display = "A.B.C.D",
	.sample = "0.0.0.255",
};
static const struct value_type value_ip6 = {
	.name = "ip6",
	.parse = parse_ip6,
	.display = "X:X:X:X::X",
	.sample = "2001:DB8::1",
};
static const struct value_type value_prefix4 = {
	.name = "prefix4",
	.parse = parse_prefix4,
	.display = "A.B.C.D/nn",
	.sample = "192.0.2.0/24",
};
static const struct value_type value_hex = {
	.name = "hex",
	.parse = parse_hex,
	.display = "Hex-string",
	.sample = "0A1B",
};
const struct value_type value_word = {
	.name = "word",
	.parse = parse_word,
	.display = "WORD",
	.sample = "SAMPLE",
};
/* The rest of the line; the matcher hands it over as one token. */
const struct value_type value_line = {
	.name = "line",
	.parse = parse_word,
	.display = "LINE",
	.sample = "free  text, as typed",
};

const struct value_type *const value_builtin[] = { &value_ip4, &value_mask4,
	&value_wild4, &value_ip6, &value_prefix4, &value_hex, &value_word,
	&value_line };
const size_t n_value_builtin = ARRAY_LEN(value_builtin);

void value_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	if (vt->print != NULL)
		vt->print(vt, stored, out);
	else
		sbuf_adds(out, stored);
}

int text_cmp_natural(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0");
			b += strspn(b, "0");
			size_t na = strspn(a, "0123456789");
			size_t nb = strspn(b, "0123456789");

			if (na != nb)
				return na < nb ? -1 : 1;
			int c = memcmp(a, b, na);

			if (c != 0)
				return c;
			a += na;
			b += nb;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}
