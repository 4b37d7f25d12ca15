/* Addresses, prefixes, wildcards. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static size_t ip_bytes(const struct ip_addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

struct ip_addr ip_v4(uint32_t host_order)
{
	return (struct ip_addr){ .family = 4,
		.b = { (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
			(uint8_t)(host_order >> 8), (uint8_t)host_order } };
}

uint32_t ip_u32(const struct ip_addr *a)
{
	if (a->family != 4)
		return 0;
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 |
	       (uint32_t)a->b[2] << 8 | a->b[3];
}

int ip_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, ip_bytes(a));
}

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_cmp(a, b) == 0;
}

bool ip_is_set(const struct ip_addr *a)
{
	return a->family != 0;
}

bool ip_is_any(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return ip_is_set(a) && memcmp(a->b, zero, ip_bytes(a)) == 0;
}

bool ip_is_multicast(const struct ip_addr *a)
{
	if (a->family == 4)
		return (a->b[0] & 0xf0) == 0xe0;
	return a->family == 6 && a->b[0] == 0xff;
}

bool ip_is_link_local(const struct ip_addr *a)
{
	return a->family == 6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

void ip_eui64(struct ip_addr *a, const uint8_t mac[6])
{
	const uint8_t host[8] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe,
		mac[3], mac[4], mac[5] };

	memcpy(a->b + 8, host, sizeof(host));
}

/* One decimal octet without signs or spaces; leading zeros are decimal, as
 * IOS reads them (inet_pton refuses them). */
static const char *parse_octet(const char *s, uint8_t *out)
{
	unsigned v = 0;
	int digits = 0;

	for (; isdigit((unsigned char)*s) && digits < 3; s++, digits++)
		v = v * 10 + (unsigned)(*s - '0');
	if (digits == 0 || v > 255)
		return NULL;
	*out = (uint8_t)v;
	return s;
}

static bool parse_v4(const char *s, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		s = parse_octet(s, &out[i]);
		if (s == NULL || *s != (i < 3 ? '.' : '\0'))
			return false;
		s++;
	}
	return true;
}

bool ip_parse(const char *s, struct ip_addr *out)
{
	struct ip_addr a = { 0 };

	if (strchr(s, ':') != NULL) {
		if (inet_pton(AF_INET6, s, a.b) != 1)
			return false;
		a.family = 6;
	} else {
		if (!parse_v4(s, a.b))
			return false;
		a.family = 4;
	}
	*out = a;
	return true;
}

const char *ip_text(const struct ip_addr *a, char buf[IP_TEXT])
{
	if (a->family == 4) {
		snprintf(buf, IP_TEXT, "%u.%u.%u.%u", a->b[0], a->b[1], a->b[2],
			a->b[3]);
	} else if (a->family == 6) {
		inet_ntop(AF_INET6, a->b, buf, IP_TEXT);
		/* IOS writes hexadecimal digits in capitals. */
		for (char *c = buf; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
	} else {
		buf[0] = '\0';
	}
	return buf;
}

bool ip_mask_len(uint32_t mask, uint8_t *len)
{
	uint32_t host = ~mask;

	if ((host & (host + 1)) != 0)
		return false;
	*len = (uint8_t)(32 - __builtin_popcount(host));
	return true;
}

uint32_t ip_len_mask(uint8_t len)
{
	if (len == 0)
		return 0;
	return len >= 32 ? UINT32_MAX : UINT32_MAX << (32 - len);
}

bool ip_prefix_contains(const struct ip_prefix *p, const struct ip_addr *a)
{
	size_t bits = p->len;

	if (p->addr.family != a->family || bits > ip_bytes(a) * 8)
		return false;
	if (memcmp(p->addr.b, a->b, bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));
	return ((p->addr.b[bits / 8] ^ a->b[bits / 8]) & mask) == 0;
}

struct ip_prefix ip_prefix_net(const struct ip_prefix *p)
{
	struct ip_prefix net = *p;

	for (size_t i = 0; i < ip_bytes(&p->addr); i++) {
		unsigned bits = p->len > 8 * i ? p->len - 8 * (unsigned)i : 0;

		if (bits < 8)
			net.addr.b[i] &= (uint8_t)(0xff00 >> bits);
	}
	return net;
}

bool ip_prefix_parse(const char *s, struct ip_prefix *out)
{
	const char *slash = strchr(s, '/');
	char addr[IP_TEXT];
	struct ip_prefix p;
	uint8_t len;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(addr))
		return false;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	const char *end = parse_octet(slash + 1, &len);
	if (end == NULL || *end != '\0' || !ip_parse(addr, &p.addr))
		return false;
	if (len > ip_bytes(&p.addr) * 8)
		return false;
	p.len = len;
	*out = p;
	return true;
}

struct ip_wild ip_wild_norm(struct ip_wild w)
{
	w.addr &= ~w.wild;
	return w;
}

bool ip_wild_contiguous(struct ip_wild w)
{
	return (w.wild & (w.wild + 1)) == 0;
}

bool udp_addr_equal(const struct udp_addr *a, const struct udp_addr *b)
{
	return a->port == b->port && ip_equal(&a->ip, &b->ip);
}

socklen_t udp_to_sockaddr(const struct udp_addr *u, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (u->ip.family == 4) {
		struct sockaddr_in sin = { .sin_family = AF_INET,
			.sin_port = htons(u->port) };

		memcpy(&sin.sin_addr, u->ip.b, 4);
		memcpy(ss, &sin, sizeof(sin));
		return sizeof(sin);
	}
	if (u->ip.family == 6) {
		struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
			.sin6_port = htons(u->port) };

		memcpy(&sin6.sin6_addr, u->ip.b, 16);
		memcpy(ss, &sin6, sizeof(sin6));
		return sizeof(sin6);
	}
	return 0;
}

bool udp_from_sockaddr(const struct sockaddr *sa, struct udp_addr *out)
{
	struct udp_addr u = { 0 };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in sin;

		memcpy(&sin, sa, sizeof(sin));
		u.ip.family = 4;
		memcpy(u.ip.b, &sin.sin_addr, 4);
		u.port = ntohs(sin.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 sin6;

		memcpy(&sin6, sa, sizeof(sin6));
		u.ip.family = 6;
		memcpy(u.ip.b, &sin6.sin6_addr, 16);
		u.port = ntohs(sin6.sin6_port);
	} else {
		return false;
	}
	*out = u;
	return true;
}
