/* IOS interface names: one table of types, a reader, an order. */
#include "router/ifname.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBERS_MAX 3

enum form {
	FORM_PORT,  /* physical: slot/port, or a port counted from 1 */
	FORM_SLOT,  /* physical: slot/port only; eth1 is a Linux name */
	FORM_PLAIN, /* one number */
	FORM_KEPT,  /* one number; no netdev by rule: kept only */
	FORM_WAN,   /* slot/port of a kind that we have no netdev for: kept */
	FORM_RARE,  /* any number, kept, and not meant by a few letters */
	FORM_NULL   /* 0 only */
};
struct type {
	const char *name, *abbr, *help;
	enum form form;
};
/* In the order of the running-config. */
// clang-format off
static const struct type types[] = {
	{ "Loopback",           "Lo", "Loopback interface", FORM_PLAIN },
	{ "Tunnel",             "Tu", "Tunnel interface", FORM_KEPT },
	{ "Port-channel",       "Po", "Ethernet Channel of interfaces", FORM_KEPT },
	{ "Ethernet",           "Et", "IEEE 802.3", FORM_SLOT },
	{ "FastEthernet",       "Fa", "FastEthernet IEEE 802.3", FORM_SLOT },
	{ "GigabitEthernet",    "Gi", "GigabitEthernet IEEE 802.3z", FORM_PORT },
	{ "TenGigabitEthernet", "Te", "Ten Gigabit Ethernet", FORM_PORT },
	{ "Serial",             "Se", "Serial", FORM_WAN },
	{ "ATM",                "AT", "ATM interface", FORM_WAN },
	{ "Async",              "As", "Async interface", FORM_KEPT },
	{ "BVI",                "BV", "Bridge-Group Virtual Interface", FORM_KEPT },
	{ "Dialer",             "Di", "Dialer interface", FORM_KEPT },
	{ "Multilink",          "Mu", "Multilink-group interface", FORM_KEPT },
	{ "Virtual-Template",   "Vt", "Virtual Template interface", FORM_KEPT },
	{ "Vlan",               "Vl", "Catalyst Vlans", FORM_KEPT },
	{ "AppGigabitEthernet", "Ap", "App-hosting port", FORM_RARE },
	{ "Cellular",           "Ce", "Cellular WAN interface", FORM_RARE },
	{ "Dot11Radio",         "Do", "Dot11 interface", FORM_RARE },
	{ "Embedded-Service-Engine", "Em", "Embedded service engine", FORM_RARE },
	{ "FortyGigabitEthernet", "Fo", "Forty Gigabit Ethernet", FORM_RARE },
	{ "Group-Async",        "Gr", "Async Group interface", FORM_RARE },
	{ "HundredGigE",        "Hu", "Hundred Gigabit Ethernet", FORM_RARE },
	{ "Service-Engine",     "SE", "Service engine", FORM_RARE },
	{ "TwentyFiveGigE",     "Twe", "Twenty Five Gigabit Ethernet", FORM_RARE },
	{ "Virtual-PPP",        "Vp", "Virtual PPP interface", FORM_RARE },
	{ "Null",               "Nu", "Null interface", FORM_NULL },
};
// clang-format on
#define N_TYPES      (sizeof(types) / sizeof(types[0]))
#define RARE_LETTERS 4 /* of a rare type's name, at least */

/* A name taken apart; type NULL: a plain Linux name. */
struct parts {
	const struct type *type;
	uint32_t v[NUMBERS_MAX];
	unsigned n;
	uint32_t sub; /* GigabitEthernet0/0.10; 0: none */
};

static bool number_read(const char **s, uint64_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)**s))
		return false;
	while (isdigit((unsigned char)**s)) {
		v = v * 10 + (unsigned)(*(*s)++ - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

/* "0", "0/1", "0/0/1", "0/1.10". */
static bool numbers_read(const char *s, struct parts *out)
{
	out->n = 0;
	out->sub = 0;
	for (;;) {
		if (out->n == NUMBERS_MAX ||
			!number_read(&s, INT32_MAX, &out->v[out->n]))
			return false;
		out->n++;
		if (*s != '/')
			break;
		s++;
	}
	if (*s != '.')
		return *s == '\0';
	s++;
	return number_read(&s, UINT32_MAX, &out->sub) && out->sub > 0 &&
	       *s == '\0';
}

static const struct type *type_find(const char *word, size_t n)
{
	const struct type *found = NULL;

	for (size_t i = 0; i < N_TYPES; i++) {
		if (strncasecmp(types[i].name, word, n) != 0)
			continue;
		if (types[i].name[n] == '\0')
			return &types[i];
		if (types[i].form == FORM_RARE && n < RARE_LETTERS)
			continue;
		if (found != NULL)
			return NULL;
		found = &types[i];
	}
	return found;
}

static bool form_fits(const struct parts *p)
{
	switch (p->type->form) {
	case FORM_PORT:
		return p->n > 1 || p->v[0] > 0;
	case FORM_SLOT:
		return p->n > 1;
	case FORM_PLAIN:
		return p->n == 1 && p->sub == 0;
	case FORM_KEPT:
		return p->n == 1 && (p->sub == 0 || p->type->abbr[0] == 'P');
	case FORM_WAN:
		return p->n > 1;
	case FORM_RARE:
		return true;
	case FORM_NULL:
		return p->n == 1 && p->v[0] == 0 && p->sub == 0;
	}
	return false;
}

/* The IOS reading of a name. */
static bool parts_read(const char *text, struct parts *out)
{
	size_t word = 0;

	while (isalpha((unsigned char)text[word]) || text[word] == '-')
		word++;
	if (word == 0)
		return false;
	const char *rest = text + word;

	rest += strspn(rest, " ");
	if (!numbers_read(rest, out))
		return false;
	if (word < 2 && out->n < 2)
		return false;
	out->type = type_find(text, word);
	return out->type != NULL && form_fits(out);
}

/* What the kernel takes as a device name (dev_valid_name). */
static bool linux_name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n >= IFNAMSIZ || strcmp(s, ".") == 0 ||
		strcmp(s, "..") == 0)
		return false;
	for (; *s != '\0'; s++) {
		if (*s == '/' || *s == ':' || !isgraph((unsigned char)*s))
			return false;
	}
	return true;
}

bool ifname_canonical(const char *text, char out[IFNAME_MAX])
{
	struct parts p;

	if (parts_read(text, &p)) {
		int n = snprintf(out, IFNAME_MAX, "%s%u", p.type->name, p.v[0]);

		for (unsigned i = 1; i < p.n; i++)
			n += snprintf(
				out + n, IFNAME_MAX - (size_t)n, "/%u", p.v[i]);
		if (p.sub != 0)
			snprintf(out + n, IFNAME_MAX - (size_t)n, ".%u", p.sub);
		return true;
	}
	if (!linux_name_ok(text))
		return false;
	snprintf(out, IFNAME_MAX, "%s", text);
	return true;
}

/* Reads a canonical name; a Linux name gives type NULL. */
static struct parts parts_of(const char *canonical)
{
	struct parts p;

	if (!parts_read(canonical, &p))
		return (struct parts){ .type = NULL };
	return p;
}

const char *ifname_short(const char *canonical, char out[IFNAME_MAX])
{
	struct parts p = parts_of(canonical);

	if (p.type == NULL)
		snprintf(out, IFNAME_MAX, "%s", canonical);
	else
		snprintf(out, IFNAME_MAX, "%s%s", p.type->abbr,
			canonical + strlen(p.type->name));
	return out;
}

bool ifname_is_loopback(const char *canonical)
{
	return parts_of(canonical).type == &types[0];
}

bool ifname_is_null(const char *canonical)
{
	struct parts p = parts_of(canonical);

	return p.type != NULL && p.type->form == FORM_NULL;
}

static bool is_ethernet(const struct parts *p)
{
	return p->type != NULL &&
	       (p->type->form == FORM_PORT || p->type->form == FORM_SLOT);
}

bool ifname_is_physical(const char *canonical)
{
	struct parts p = parts_of(canonical);

	return (is_ethernet(&p) ||
		       (p.type != NULL && p.type->form == FORM_WAN)) &&
	       p.sub == 0;
}

bool ifname_is_kept(const char *canonical)
{
	struct parts p = parts_of(canonical);

	return p.type != NULL &&
	       (p.type->form == FORM_KEPT || p.type->form == FORM_WAN ||
		       p.type->form == FORM_RARE);
}

bool ifname_parent(const char *canonical, char out[IFNAME_MAX], uint32_t *sub)
{
	struct parts p = parts_of(canonical);
	const char *dot = strrchr(canonical, '.');

	if (p.type == NULL || p.sub == 0 || dot == NULL)
		return false;
	snprintf(out, IFNAME_MAX, "%.*s", (int)(dot - canonical), canonical);
	if (sub != NULL)
		*sub = p.sub;
	return true;
}

bool ifname_physical_index(const char *canonical, unsigned *index)
{
	struct parts p = parts_of(canonical);

	if (!is_ethernet(&p) || p.sub != 0)
		return false;
	for (unsigned i = 0; i + 1 < p.n; i++) {
		if (p.v[i] != 0)
			return false;
	}
	*index = p.n == 1 ? p.v[0] - 1 : p.v[p.n - 1];
	return true;
}

bool ifname_netdev(const char *canonical, char out[IFNAMSIZ])
{
	struct parts p = parts_of(canonical);

	if (p.type == NULL) {
		snprintf(out, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, canonical);
		return true;
	}
	if (p.type != &types[0])
		return false;
	snprintf(out, IFNAMSIZ, "lo%u", p.v[0]);
	return true;
}

int ifname_cmp(const char *a, const char *b)
{
	struct parts x = parts_of(a), y = parts_of(b);

	if (x.type == NULL && y.type == NULL)
		return strverscmp(a, b); /* eth2 before eth10 */
	if (x.type == NULL || y.type == NULL)
		return x.type == NULL ? 1 : -1;
	if (x.type != y.type)
		return x.type < y.type ? -1 : 1;
	for (unsigned i = 0; i < x.n && i < y.n; i++) {
		if (x.v[i] != y.v[i])
			return x.v[i] < y.v[i] ? -1 : 1;
	}
	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	return (x.sub > y.sub) - (x.sub < y.sub);
}

const char *ifname_type(size_t i, const char **help)
{
	if (i >= N_TYPES)
		return NULL;
	if (help != NULL)
		*help = types[i].help;
	return types[i].name;
}
