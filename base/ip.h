/* Addresses, prefixes, wildcards: values, and text both ways. */
#ifndef BASE_IP_H
#define BASE_IP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define IP_TEXT 48 /* room for any address, prefix or wildcard text */

/* family 0 = no address. b is in network order; IPv4 uses the first four. */
struct ip_addr {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t b[16];
};
struct ip_prefix {
	struct ip_addr addr; /* host bits kept: an interface address is one */
	uint8_t len;
};
/* IPv4 address and wildcard in host order; wildcard bit 1 = don't care. */
struct ip_wild {
	uint32_t addr, wild;
};
struct udp_addr {
	struct ip_addr ip;
	uint16_t port;
};
/* A datagram's two ends as we see them. */
struct udp_path {
	struct udp_addr local, remote;
};

struct ip_addr ip_v4(uint32_t host_order);
uint32_t ip_u32(const struct ip_addr *a); /* host order; 0 unless IPv4 */
bool ip_equal(const struct ip_addr *a, const struct ip_addr *b);
int ip_cmp(const struct ip_addr *a, const struct ip_addr *b); /* total order */
bool ip_is_set(const struct ip_addr *a);
bool ip_is_any(const struct ip_addr *a);       /* 0.0.0.0 or :: */
bool ip_is_multicast(const struct ip_addr *a);
bool ip_is_link_local(const struct ip_addr *a); /* fe80::/10 */
/* Sets the host half of an IPv6 address from a MAC (RFC 4291 appendix A). */
void ip_eui64(struct ip_addr *a, const uint8_t mac[6]);
bool ip_parse(const char *s, struct ip_addr *out); /* v4 dotted quad or v6 */
const char *ip_text(const struct ip_addr *a, char buf[IP_TEXT]); /* returns buf */

bool ip_mask_len(uint32_t mask, uint8_t *len); /* false: not contiguous */
uint32_t ip_len_mask(uint8_t len);             /* 24 -> 0xffffff00 */
struct ip_prefix ip_prefix_net(const struct ip_prefix *p); /* no host bits */
bool ip_prefix_contains(const struct ip_prefix *p, const struct ip_addr *a);
bool ip_prefix_parse(const char *s, struct ip_prefix *out); /* A.B.C.D/nn */
struct ip_wild ip_wild_norm(struct ip_wild w); /* clears bits under the wildcard */
bool ip_wild_contiguous(struct ip_wild w);
static inline bool ip_wild_match(struct ip_wild w, uint32_t a)
{
	return ((a ^ w.addr) & ~w.wild) == 0;
}
bool udp_addr_equal(const struct udp_addr *a, const struct udp_addr *b);
socklen_t udp_to_sockaddr(const struct udp_addr *u, struct sockaddr_storage *ss);
bool udp_from_sockaddr(const struct sockaddr *sa, struct udp_addr *out);
#endif
