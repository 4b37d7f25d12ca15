/* The table of events and their text.  Knows no log and no clock. */
#include "gdoi/report.h"
#include <assert.h>
#include <string.h>

static const struct report_def defs[REPORT_N] = {
#define ROW(id, f, s, m, p, peer)                                              \
	[REPORT_##id] = { .facility = f,                                       \
		.mnemonic = m,                                                 \
		.pattern = p,                                                  \
		.sev = s,                                                      \
		.peer_provoked = peer },
#define R(id, f, s, m, p)  ROW(id, f, s, m, p, false)
#define RP(id, f, s, m, p) ROW(id, f, s, m, p, true)
#include "gdoi/report.def"
#undef RP
#undef R
#undef ROW
};

const struct report_def *report_def(enum report_id id)
{
	assert((unsigned)id < REPORT_N);
	return &defs[id];
}

static void put_ip(struct sbuf *out, const struct ip_addr *a)
{
	char buf[IP_TEXT];

	sbuf_adds(out, ip_is_set(a) ? ip_text(a, buf) : "0.0.0.0");
}

/* One {field}; what is not one of ours stands as it is. */
static void put_field(
	const struct report *r, const char *name, size_t n, struct sbuf *out)
{
#define IS(s) (n == sizeof(s) - 1 && memcmp(name, s, n) == 0)
	if (IS("group"))
		sbuf_adds(out, r->group != NULL ? r->group : "");
	else if (IS("ks"))
		put_ip(out, &r->ks);
	else if (IS("gm"))
		put_ip(out, &r->gm);
	else if (IS("peer"))
		put_ip(out, &r->peer);
	else if (IS("seq"))
		sbuf_printf(out, "%u", r->seq);
	else if (IS("n"))
		sbuf_printf(out, "%u", r->n);
	else if (IS("spi"))
		sbuf_printf(out, "0x%X", r->spi);
	else if (IS("err"))
		sbuf_adds(out, wire_err_text(r->err));
	else if (IS("text"))
		sbuf_adds(out, r->text != NULL ? r->text : "");
	else
		sbuf_printf(out, "{%.*s}", (int)n, name);
#undef IS
}

void report_text(const struct report *r, struct sbuf *out)
{
	const char *p = report_def(r->id)->pattern;

	while (*p != '\0') {
		size_t lit = strcspn(p, "{");
		const char *end;

		sbuf_add(out, p, lit);
		p += lit;
		if (*p == '\0')
			break;
		end = strchr(p, '}');
		assert(end != NULL);
		put_field(r, p + 1, (size_t)(end - p - 1), out);
		p = end + 1;
	}
}
