/* Access lists as values, for crypto policies (IPv4) and filters (both), and
 * the reference evaluator that the nftables compiler is tested against. */
#ifndef DATAPLANE_SELECTOR_H
#define DATAPLANE_SELECTOR_H
#include "base/ip.h"
#include "base/sbuf.h"
#include <stdbool.h>
#include <stdint.h>

#define ACL_NAME_MAX  80
#define ACE_PORTS_MAX 10
#define ACE_ANY       (-1)
#define ACE_TAG_MAX   64
enum port_op { PORT_ANY, PORT_EQ, PORT_NEQ, PORT_GT, PORT_LT, PORT_RANGE };
struct ace_port {
	uint8_t op, n;               /* n ports for EQ, NEQ; 2 for RANGE */
	uint16_t p[ACE_PORTS_MAX];
};
struct ace {
	uint32_t seq;
	bool permit;
	int16_t proto;               /* ACE_ANY for `ip`, else 0..255; IPv6: what
				      * ends the headers, or a header that must
				      * be among them (hbh) */
	struct ip_wild src, dst;     /* any: wild 0xffffffff */
	struct ace_port sport, dport; /* tcp, udp only */
	int16_t icmp_type, icmp_code; /* ACE_ANY = any */
	uint8_t tcp_set, tcp_clear;  /* flags that must be set / clear (match-all) */
	bool tcp_any;                /* any of tcp_set or cleared tcp_clear */
	bool established;            /* ack or rst */
	int16_t dscp, precedence, tos, igmp_type; /* ACE_ANY = any */
	struct ace_port ttl;         /* same operators on TTL */
	bool fragments;              /* non-first fragments only */
	uint16_t option;             /* IPv4 option that must be there; 0 no
				      * matter, ACE_OPTION_ANY any of them */
	bool ip6;                    /* src6, dst6 instead of src, dst */
	struct ip_prefix src6, dst6; /* any: length 0 */
	bool has_flow, routing, dest_option; /* IPv6: these headers */
	uint32_t flow_label;         /* with has_flow */
	bool log, log_input;
	char log_tag[ACE_TAG_MAX + 1];
};
#define ACE_OPTION_ANY 256u
/* The options that packets can be told apart by, besides ACE_OPTION_ANY. */
bool ace_option_known(uint16_t option);
struct acl {
	char name[ACL_NAME_MAX + 1];
	bool ip6, standard;
	struct ace *v;               /* owned; ascending seq */
	size_t n;
};
void acl_free(struct acl *a);                         /* back to empty */
void acl_dup(struct acl *dst, const struct acl *src); /* dst uninitialised */
bool acl_equal(const struct acl *a, const struct acl *b);
struct ace ace_any(bool permit); /* `ip any any`, to be narrowed */
bool ace_equal(const struct ace *a, const struct ace *b);
/* Is it a header that stands before the one that ends an IPv6 header chain? */
bool proto_is_ext_header(int proto);

/* What the evaluator sees of a packet. */
struct packet6_key {
	struct ip_addr src, dst;
	uint32_t flow_label;
	uint64_t headers;    /* extension headers by number, up to 63 */
	uint16_t l4_at;      /* where these end */
};
struct packet_key {
	const struct packet6_key *six; /* lent; NULL: IPv4 */
	uint32_t src, dst;
	uint8_t proto, tos, ttl;
	uint8_t options;     /* as option_bits() of selector.c */
	bool fragment;       /* offset != 0: ports etc. are unknown */
	bool has_l4;         /* ports / type readable */
	uint16_t sport, dport;
	uint8_t icmp_type, icmp_code, tcp_flags; /* icmp_type: IGMP's too */
};
struct ip_addr packet_src(const struct packet_key *k); /* of either family */
struct ip_addr packet_dst(const struct packet_key *k);
/* Parses an IPv4 packet. false: malformed. */
bool packet_key_read(const uint8_t *p, size_t n, struct packet_key *out);
bool packet6_key_read(const uint8_t *p, size_t n, struct packet6_key *six,
	struct packet_key *out);
/* An ACE that asks for a transport field never matches a packet that shows
 * none (non-first fragment, cut short). */
bool ace_match(const struct ace *e, const struct packet_key *k);
/* Index of the first match, or -1 (IOS: implicit deny, a policy ignores). */
int acl_match(const struct acl *a, const struct packet_key *k);
/* True when the ACE looks beyond the IP header. */
bool ace_wants_l4(const struct ace *e);
/* Are all its destinations multicast groups? */
bool ace_is_multicast(const struct ace *e);
/* The ACE as it applies to packets of the other direction. */
struct ace ace_mirror(const struct ace *e);
/* The list as it applies to packets of the other direction; entries for a
 * multicast destination stay as they are (RFC 5374 4.1.1). */
void acl_mirror(struct acl *dst, const struct acl *src); /* dst uninitialised */
/* The entry without what it asks of the transport header. */
struct ace ace_l3(const struct ace *e);
/* Index of the entry that decides, or -1, as IOS filters: a non-first fragment
 * shows no ports, so a permit that asks for some takes it by its IP header
 * alone, and a deny that does passes it on to the next entry. */
int acl_judge(const struct acl *a, const struct packet_key *k);
/* True when a permit selects the packet.  A non-first fragment, whose ports
 * the sender knew and we do not, is judged by its IP header alone. */
bool acl_admits(const struct acl *a, const struct packet_key *k);

enum ace_style { ACE_STYLE_CONFIG, /* port names: `permit tcp any any eq www` */
	ACE_STYLE_GDOI };          /* numeric: `permit tcp any any port = 80` */
/* Text after the sequence number; proto, port, ICMP, DSCP names of
 * ios-cli.md 8.3 stand in one table used both ways. */
void ace_text(const struct ace *e, enum ace_style style, struct sbuf *out);
/* Name tables for the grammar's types: NULL / -1 when unknown.  "ip" is
 * ACE_ANY, so an unknown protocol name is PROTO_UNKNOWN. */
#define PROTO_UNKNOWN (-2)
const char *proto_name(int proto);
int proto_number(const char *name);
const char *port_name(int proto, uint16_t port);
int port_number(int proto, const char *name);
const char *icmp_name(int type, int code);
bool icmp_numbers(const char *name, int16_t *type, int16_t *code);
/* The same of IPv6 lists. */
const char *proto6_name(int proto);
int proto6_number(const char *name);
const char *icmp6_name(int type, int code);
bool icmp6_numbers(const char *name, int16_t *type, int16_t *code);
const char *igmp_name(int type);
int igmp_number(const char *name);
const char *option_name(int option); /* of an IPv4 header */
int option_number(const char *name);
const char *dscp_name(int v);
int dscp_number(const char *name);
const char *precedence_name(int v);
int precedence_number(const char *name);
const char *tos_name(int v);
int tos_number(const char *name);
/* Enumerates names for `?`: i from 0 until NULL. proto: 6, 17, or 1 for ICMP
 * type names, 0 for protocol names, or one of these. */
enum { ACE_NAMES_DSCP = -1, ACE_NAMES_PRECEDENCE = -2, ACE_NAMES_TOS = -3,
	ACE_NAMES_PROTO6 = -4, ACE_NAMES_ICMP6 = -5, ACE_NAMES_IGMP = -6,
	ACE_NAMES_OPTION = -7 };
const char *ace_name_at(int proto, size_t i);
#endif
