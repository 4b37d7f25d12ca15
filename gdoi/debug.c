/* The table of debug events and their text.  Knows no log and no clock. */
#include "gdoi/debug.h"
#include "base/mem.h"
#include <assert.h>
#include <string.h>

#define COOKIE_BYTES 8

static const struct debug_def defs[DBG_N] = {
#define D(id, ar, lv, p)                                                       \
	[DBG_##id] = {                                                         \
		.area = DEBUG_AREA_##ar, .level = DEBUG_##lv, .pattern = p     \
	},
#include "gdoi/debug.def"
#undef D
};

const struct debug_def *debug_def(enum debug_id id)
{
	assert((unsigned)id < DBG_N);
	return &defs[id];
}

static void put_cookies(const uint8_t *c, struct sbuf *out)
{
	for (size_t i = 0; i < 2 * COOKIE_BYTES; i++)
		sbuf_printf(out, "%s%02X", i == COOKIE_BYTES ? " " : "", c[i]);
}

static const char *payload_name(uint8_t type)
{
	switch ((enum payload_type)type) {
	case PLD_SA:
		return "SA";
	case PLD_P:
		return "P";
	case PLD_T:
		return "T";
	case PLD_KE:
		return "KE";
	case PLD_ID:
		return "ID";
	case PLD_CERT:
		return "CERT";
	case PLD_CERTREQ:
		return "CERT_REQ";
	case PLD_HASH:
		return "HASH";
	case PLD_SIG:
		return "SIG";
	case PLD_NONCE:
		return "NONCE";
	case PLD_N:
		return "NOTIFY";
	case PLD_D:
		return "DELETE";
	case PLD_VID:
		return "VENDOR";
	case PLD_SAK:
		return "SAK";
	case PLD_SAT:
		return "SAT";
	case PLD_KD:
		return "KD";
	case PLD_SEQ:
		return "SEQ";
	case PLD_POP:
		return "POP";
	case PLD_GAP:
		return "GAP";
	case PLD_FRAGMENT:
		return "FRAGMENT";
	case PLD_NONE:
		break;
	}
	return NULL;
}

/* Types and lengths, never what is in them. */
static void put_payloads(const struct payloads *p, struct sbuf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		const char *name = payload_name(p->v[i].type);

		if (name != NULL)
			sbuf_printf(out, " %s", name);
		else
			sbuf_printf(out, " type %u", p->v[i].type);
		sbuf_printf(out, "(%zu)", p->v[i].whole.n);
	}
}

static void put_field(const struct debug_event *e, const char *name, size_t n,
	struct sbuf *out)
{
	char ip[IP_TEXT];
#define IS(s) (n == sizeof(s) - 1 && memcmp(name, s, n) == 0)
	if (IS("a"))
		sbuf_printf(out, "%u", e->a);
	else if (IS("b"))
		sbuf_printf(out, "%u", e->b);
	else if (IS("c"))
		sbuf_printf(out, "%u", e->c);
	else if (IS("d"))
		sbuf_printf(out, "%u", e->d);
	else if (IS("x"))
		sbuf_printf(out, "0x%08X", e->a);
	else if (IS("peer"))
		sbuf_adds(out, ip_text(&e->peer, ip));
	else if (IS("err"))
		sbuf_adds(out, wire_err_text(e->err));
	else if (IS("text"))
		sbuf_adds(out, e->text != NULL ? e->text : "");
	else if (IS("more"))
		sbuf_adds(out, e->more != NULL ? e->more : "");
	else if (IS("cookies") && e->cookies != NULL)
		put_cookies(e->cookies, out);
	else if (IS("payloads") && e->payloads != NULL)
		put_payloads(e->payloads, out);
#undef IS
}

static void put_pattern(
	const struct debug_event *e, const char *p, struct sbuf *out)
{
	for (;;) {
		size_t lit = strcspn(p, "{");

		sbuf_add(out, p, lit);
		p += lit;
		if (*p == '\0')
			return;
		const char *end = strchr(p, '}');

		assert(end != NULL);
		put_field(e, p + 1, (size_t)(end - p - 1), out);
		p = end + 1;
	}
}

static const char *const gdoi_areas[DEBUG_N_AREAS] = {
	[DEBUG_AREA_INFRA] = "INFRA",
	[DEBUG_AREA_REPLAY] = "REPLAY",
	[DEBUG_AREA_GM_CLEANUP] = "GM CLEANUP",
	[DEBUG_AREA_GM_INFRA] = "GM INFRA",
	[DEBUG_AREA_GM_REG] = "GM REGISTRATION",
	[DEBUG_AREA_GM_REKEY] = "GM REKEY",
	[DEBUG_AREA_GM_REPLAY] = "GM REPLAY",
	[DEBUG_AREA_KS_COOP] = "KS COOP",
	[DEBUG_AREA_KS_INFRA] = "KS INFRA",
	[DEBUG_AREA_KS_REG] = "KS REGISTRATION",
	[DEBUG_AREA_KS_REKEY] = "KS REKEY",
	[DEBUG_AREA_KS_REPLAY] = "KS REPLAY",
};
static const char *const levels[DEBUG_N_LEVELS] = {
	[DEBUG_ERROR] = "ERR",
	[DEBUG_TERSE] = "TRS",
	[DEBUG_EVENT] = "EVT",
	[DEBUG_DETAIL] = "DET",
	[DEBUG_PACKET] = "PAK",
};

void debug_text(const struct debug_event *e, struct sbuf *out)
{
	const struct debug_def *d = debug_def(e->id);

	switch (d->area) {
	case DEBUG_AREA_ISAKMP:
		sbuf_printf(out, "ISAKMP:(%u):", e->conn);
		break;
	case DEBUG_AREA_IPSEC:
		sbuf_adds(out, "IPSEC:");
		break;
	case DEBUG_AREA_ENGINE:
		sbuf_adds(out, "crypto_engine: ");
		break;
	case DEBUG_AREA_PKI_TRANS:
	case DEBUG_AREA_PKI_MSG:
	case DEBUG_AREA_PKI_VALID:
		sbuf_adds(out, "CRYPTO_PKI: ");
		break;
	default:
		sbuf_printf(out, "GDOI:%s:%s:(%s:%u):", gdoi_areas[d->area],
			levels[d->level], e->group != NULL ? e->group : "",
			e->conn);
	}
	put_pattern(e, d->pattern, out);
}
