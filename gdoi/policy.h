/* What the configuration asks of the engines: plain structs, filled by
 * cli/cfg_*.c, unit tests and the simulator alike.  All are lent for the call
 * that hands them over; an engine copies what it keeps. */
#ifndef GDOI_POLICY_H
#define GDOI_POLICY_H
#include "base/ip.h"
#include "base/secret.h"
#include "crypto/certmap.h"
#include "crypto/suite.h"
#include "dataplane/selector.h"
#include <net/if.h>

#define GROUP_NAME_MAX 80
#define NAME_MAX_IOS   80
#define SERVERS_MAX    8
#define IKE_POLICIES_MAX 32
#define IKE_NAME_MAX   255 /* of an identity: a host's name, user@host */
#define KS_SAS_MAX     8
#define LIFE_FOREVER   UINT32_MAX

/* crypto isakmp policy; one place for the defaults of ios-cli.md 9.1. */
struct isakmp_policy {
	uint16_t priority;
	enum cipher_id cipher;
	enum hash_id hash;
	enum ike_auth auth;
	uint16_t group;
	uint32_t life_secs;
};
/* crypto isakmp key, or pre-shared-key of a keyring; mask 0 = any address.  The
 * longest mask wins; a host name counts in Aggressive Mode, and where `ip host`
 * knows its address, which stands in an entry of its own. */
struct isakmp_key {
	uint16_t ring;       /* 0: default, n: keyrings[n - 1] */
	struct ip_addr addr; /* family 0: a host name only */
	uint32_t mask;       /* IPv4 */
	uint8_t prefix;      /* IPv6 */
	char hostname[NAME_MAX_IOS + 1];
	bool resolved;       /* an address that `ip host` gave the name */
	bool no_xauth;
	struct secret key;
};
/* crypto keyring; it serves one VRF, and one local address if it names one. */
struct isakmp_keyring {
	char name[NAME_MAX_IOS + 1], vrf[NAME_MAX_IOS + 1];
	struct ip_addr local; /* family 0: any */
	bool dead;            /* its interface has no address */
};
/* What an end calls itself: an address, or a name in text. */
enum isakmp_id_kind { ISAKMP_ID_NONE, ISAKMP_ID_ADDRESS, ISAKMP_ID_FQDN,
	ISAKMP_ID_USER_FQDN, ISAKMP_ID_DN };
struct isakmp_id {
	enum isakmp_id_kind kind;
	struct ip_addr addr; /* family 0: the one that we send from */
	char name[IKE_NAME_MAX + 1];
};
/* match identity, and match certificate, of a profile. */
enum isakmp_match_kind { ISAKMP_MATCH_ADDRESS, ISAKMP_MATCH_HOST,
	ISAKMP_MATCH_HOST_DOMAIN, ISAKMP_MATCH_USER, ISAKMP_MATCH_USER_DOMAIN,
	ISAKMP_MATCH_GROUP, ISAKMP_MATCH_CERT /* name: a certificate map */ };
struct isakmp_match {
	uint16_t profile; /* index */
	enum isakmp_match_kind kind;
	struct ip_addr addr;
	uint32_t mask;
	char vrf[NAME_MAX_IOS + 1];
	char name[IKE_NAME_MAX + 1];
};
#define PROFILE_KEYRINGS_MAX    8
#define PROFILE_TRUSTPOINTS_MAX 6
/* crypto isakmp profile; who it is for stands in isakmp_config.matches. */
struct isakmp_profile {
	char name[NAME_MAX_IOS + 1], vrf[NAME_MAX_IOS + 1];
	uint16_t ring[PROFILE_KEYRINGS_MAX]; /* as in isakmp_key */
	size_t n_rings;                      /* 0: whichever has the key */
	struct isakmp_id self;               /* ISAKMP_ID_NONE: the global one */
	char trustpoint[PROFILE_TRUSTPOINTS_MAX][NAME_MAX_IOS + 1];
	size_t n_trustpoints;                /* 0: any */
	bool aggressive;                     /* initiate mode aggressive */
	bool local_given, local_dead;
	struct ip_addr local;                /* local-address */
	uint16_t keepalive_secs, retry_secs; /* 0: the global ones */
};
/* crypto isakmp peer: Aggressive Mode is what we begin with towards it. */
struct isakmp_peer_policy {
	struct ip_addr addr;
	struct isakmp_id endpoint; /* ISAKMP_ID_NONE: our usual identity */
	struct secret password;    /* empty: the usual key */
};
/* crypto isakmp keepalive; secs 0: off. */
struct ike_keepalive {
	uint16_t secs, retry_secs;
	bool periodic;
};
/* GDOI as some peers read it (protocol.md B.1, B.2, B.5): not the RFC's form. */
struct sa_habit {
	bool wide_sat_ids;  /* ID data lengths of a SAT in two octets */
	bool wide_sak_ids;  /* those of a SAK */
	bool bare_signatures; /* of rekeys: no DigestInfo */
	bool host_order_id; /* a member's group number, as a PC has it */
	bool long_reserved; /* six octets of RESERVED2 in a SAK */
};
/* match certificate of a trustpoint: what a map means for those it has. */
enum ike_trust_rule { TRUST_REQUIRE, /* one of these has the peer's */
	TRUST_EXPIRED, TRUST_UNREVOKED /* not looked at */ };
struct ike_trust_match {
	enum ike_trust_rule rule;
	char map[NAME_MAX_IOS + 1];
};
/* crypto pki trustpoint: whom it trusts, and our certificate under it. */
struct ike_trustpoint {
	struct cert_trust trust;   /* the name stands here */
	struct cert *const *chain; /* ours, end entity first, without the anchor */
	size_t n_chain;            /* 0: not enrolled */
	struct pkey *key;          /* of chain[0]; NULL: none */
	const struct ike_trust_match *matches;
	size_t n_matches;
};
struct isakmp_config {
	struct isakmp_policy policy[IKE_POLICIES_MAX]; /* ascending priority */
	size_t n_policies;
	const struct isakmp_key *keys;
	size_t n_keys;
	/* Phase-1 DOI that we offer first (protocol.md A.3): 2, or 1. */
	uint8_t offer_doi;
	struct sa_habit sa_habit; /* of our groups */
	/* We do not say that we are of this kind, nor care who else is: RFCs
	 * only, between our own systems too. */
	bool no_extensions;
	bool port_500; /* phase 1 is answered there, too */
	struct isakmp_id self; /* ISAKMP_ID_NONE: our address */
	bool no_aggressive;    /* neither answered nor begun */
	const struct isakmp_keyring *keyrings;
	size_t n_keyrings;
	const struct isakmp_profile *profiles;
	size_t n_profiles;
	const struct isakmp_match *matches; /* of all profiles, in order */
	size_t n_matches;
	const struct isakmp_peer_policy *peers;
	size_t n_peers;
	const struct ike_trustpoint *trustpoints; /* in order of preference */
	size_t n_trustpoints;
	const struct cert_rule *cert_rules; /* of all certificate maps */
	size_t n_cert_rules;
	bool disconnect_revoked; /* also those that were let in before */
	struct ike_keepalive keepalive;
	bool fragmentation;
	/* crypto call admission limit ike; 0: none of ours. */
	uint32_t sa_limit, negotiation_limit;
	uint16_t diagnose_entries; /* error history; 0: off */
};

/* A group's identity: number (KEY_ID, 4 octets) or IPv4 address. */
struct group_id {
	bool is_set, is_addr;
	uint32_t number;     /* or the address, host order */
};

enum replay_method { REPLAY_COUNTER, REPLAY_TIME, REPLAY_NONE };
enum rekey_ack { REKEY_ACK_CISCO, REKEY_ACK_INTEROPERABLE, REKEY_ACK_ANY };

/* sa ipsec N, with what its profile and ACL resolve to. */
struct ks_sa_policy {
	uint16_t number;
	char profile[NAME_MAX_IOS + 1];
	char acl_name[ACL_NAME_MAX + 1];
	bool complete;       /* profile, transform and ACL are all there */
	const struct acl *acl;
	struct esp_suite suite;
	bool transport_mode;
	uint32_t life_secs;
	enum replay_method replay;
	uint32_t replay_window;      /* packets; of REPLAY_TIME ms, either way */
	uint32_t d3p_ms;             /* sa d3p window, around now; 0: no IP-D3P */
};
/* crypto identity: names, each of which is enough. */
#define IDENTITY_NAMES_MAX 32
struct ks_identity_name {
	bool is_dn; /* parts of a subject, "cn=gm1,o=Orbit Lab"; else FQDN */
	char text[IKE_NAME_MAX + 1];
};
struct ks_identity {
	struct ks_identity_name v[IDENTITY_NAMES_MAX];
	size_t n; /* 0: nobody */
};
/* crypto gdoi group with `server local`. */
struct ks_policy {
	char group[GROUP_NAME_MAX + 1];
	struct group_id id;
	struct ip_addr local;        /* address ipv4; family 0 when absent */
	bool ip6;                    /* as in gm_policy; only for show */
	enum cipher_id kek_cipher;
	enum hash_id sig_hash;
	char key_label[129];         /* rekey authentication; "" = no rekey */
	bool key_ecdsa;              /* it is an EC key, not RSA */
	uint32_t kek_life_secs;
	uint32_t retransmit_secs;
	uint32_t retransmit_count;   /* LIFE_FOREVER = periodic */
	bool unicast;                /* rekey transport unicast */
	/* rekey address ipv4: the list, and the group that it names; family 0:
	 * none.  Not looked at for unicast. */
	char rekey_acl[ACL_NAME_MAX + 1];
	struct udp_addr rekey_dst;
	enum rekey_ack ack;
	bool receive_only;
	char reg_ifname[64];         /* registration interface; "" any */
	const struct acl *authorization; /* standard ACL on the source; NULL any */
	const struct ks_identity *identity; /* NULL: any */
	uint8_t sid_bits;            /* group size */
	const uint8_t *kssids;       /* identifier: values 0..127, ascending */
	size_t n_kssids;
	struct ks_sa_policy sa[KS_SAS_MAX];
	size_t n_sas;
};

/* One registration: a group in a crypto map on an interface. */
struct gm_policy {
	char group[GROUP_NAME_MAX + 1];
	struct group_id id;
	struct ip_addr server[SERVERS_MAX];
	size_t n_servers;
	char map[NAME_MAX_IOS + 1];
	uint16_t map_seq;
	char isakmp_profile[NAME_MAX_IOS + 1]; /* of the map; "" none */
	char ifname[64];             /* IOS name, for show and syslog */
	char netdev[IFNAMSIZ];
	struct ip_addr local;        /* source of registration; family 0: down */
	const struct acl *local_acl; /* deny entries; may be NULL */
	bool ip6;                    /* of the traffic; registration is IPv4 */
	bool passive;
	uint32_t recovery_secs;      /* client recovery-check interval; 0: off */
	bool fail_close_revert;      /* unprotected when registration fails */
	uint32_t kek_ciphers;        /* bit 1<<cipher_id allowed; 0 = any */
	uint32_t sig_hashes;         /* bit 1<<hash_id allowed; 0 = any */
	struct esp_suite suites[6];  /* client transform-sets; n 0 = any */
	size_t n_suites;
};
#endif
