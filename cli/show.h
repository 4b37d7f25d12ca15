/* Texts of show commands (show-output.md): pure functions of snapshots, so
 * that a test can feed them with invented values.  Numbers in comments are the
 * sections there. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H
#include "base/sbuf.h"
#include "crypto/keystore.h"
#include "gdoi/gdoi.h"
#include "router/box.h"

/* --- shared --- */
void show_board_id(struct sbuf *out); /* the id that stays, or NONE */
/* DER as groups of eight hex digits, eight a line. */
void show_key_data(
	const uint8_t *der, size_t n, size_t indent, struct sbuf *out);
void show_group_id(const struct group_id *id, struct sbuf *out);
void show_acl_gdoi(const struct acl *a, const char *lead, struct sbuf *out);
const char *show_hms(uint32_t secs, char buf[16]); /* hh:mm:ss */
const char *show_cipher(enum cipher_id c);         /* "AES" */
const char *show_sig_hash(enum hash_id h);         /* "HMAC_AUTH_SHA256" */
const char *show_ack(const struct ks_policy *p); /* "Cisco"; None: multicast */
const char *show_replay_method(enum replay_method m); /* "Count Based" */
/* Packets, or a time: seconds with their unit `secs`, or "500 msec". */
#define WINDOW_TEXT 24
const char *show_replay_window(enum replay_method m, uint32_t window,
	const char *secs, char buf[WINDOW_TEXT]);
/* The group's IP D3P window, or "Disabled". */
const char *show_d3p(const struct ks_snapshot *k, char buf[WINDOW_TEXT]);
const char *show_sid_size(uint8_t bits);              /* "24 bits (MEDIUM)" */
/* Bytes of a TEK's cipher key, without salt. */
size_t show_cipher_bytes(const struct esp_suite *s);

/* Snapshots of all groups, or of the one that the command names. */
struct snapshots {
	struct ks_snapshot *ks, *ks_all;
	struct gm_snapshot *gm, *gm_all;
	size_t n_ks, n_gm, n_ks_all, n_gm_all;
};

struct cmd_call;
/* false: the named group does not exist, which was said. */
bool snapshots_take(struct cmd_call *c, struct snapshots *out);
void snapshots_free(struct snapshots *s);

/* --- show_gdoi_feature.c (1.24) --- */
void show_gdoi_feature(const struct ks_snapshot *ks, size_t n_ks,
	const struct gm_snapshot *gm, size_t n_gm, const char *feature,
	struct sbuf *out);

/* --- show_gdoi_store.c.  s NULL: none, or why it cannot be used --- */
void show_gdoi_store(
	const struct store_info *s, const char *why, struct sbuf *out);

/* --- show_gdoi_ks.c --- */
void show_gdoi_ks_group(
	const struct ks_snapshot *k, struct sbuf *out); /* 1.2 */
void show_gdoi_ks(const struct ks_snapshot *v, size_t n, bool detail,
	struct sbuf *out); /* 1.11, 1.12 */
/* who NULL: all members (1.13). */
void show_gdoi_ks_members(const struct ks_snapshot *v, size_t n,
	const struct ip_addr *who, struct sbuf *out);
void show_gdoi_ks_summary(
	const struct ks_snapshot *v, size_t n, struct sbuf *out);
void show_gdoi_ks_policy(
	const struct ks_snapshot *v, size_t n, struct sbuf *out); /* 1.14 */
void show_gdoi_ks_acl(
	const struct ks_snapshot *v, size_t n, struct sbuf *out); /* 1.15 */
void show_gdoi_ks_rekey(
	const struct ks_snapshot *v, size_t n, struct sbuf *out); /* 1.16 */
void show_gdoi_ks_replay(
	const struct ks_snapshot *v, size_t n, struct sbuf *out); /* 1.17 */
void show_gdoi_ks_coop(
	const struct ks_snapshot *v, size_t n, struct sbuf *out); /* 1.18 */
void show_gdoi_ks_identifier(const struct ks_snapshot *v, size_t n, bool detail,
	struct sbuf *out); /* 1.21 */
bool show_ks_counter_mode(const struct ks_snapshot *k); /* of its transforms */

/* --- show_gdoi_gm.c: v holds one snapshot an interface; those of a group
 * stand together.  version: the GETVPN protocol version of this member. --- */
void show_gdoi_gm_group(const struct gm_snapshot *v, size_t n,
	const char *version, struct sbuf *out); /* 1.1; of one group */
void show_gdoi_gm(const struct gm_snapshot *v, size_t n, const char *version,
	struct sbuf *out); /* 1.4 */
void show_gdoi_gm_acl(const struct gm_snapshot *v, size_t n, bool download,
	bool local, struct sbuf *out); /* 1.5 */
void show_gdoi_gm_rekey(const struct gm_snapshot *v, size_t n, bool detail,
	struct sbuf *out); /* 1.6 */
void show_gdoi_gm_replay(
	const struct gm_snapshot *v, size_t n, struct sbuf *out); /* 1.7 */
void show_gdoi_gm_pubkey(
	const struct gm_snapshot *v, size_t n, struct sbuf *out); /* 1.8 */
void show_gdoi_gm_identifier(const struct gm_snapshot *v, size_t n, bool detail,
	struct sbuf *out); /* 1.9 */
/* Of whatever reason: too big, no number left. */
uint64_t gm_encaps_failed(const struct dp_group_counters *c);
void show_gdoi_gm_counters(
	const struct gm_snapshot *v, size_t n, struct sbuf *out); /* 1.10 */
void show_gdoi_ipsec_sa(
	const struct gm_snapshot *v, size_t n, struct sbuf *out); /* 1.22 */
void show_gdoi_rekey_sa(const struct gm_snapshot *v, size_t n, bool detail,
	struct sbuf *out); /* 1.23 */
/* How many snapshots from v[0] on belong to its group. */
size_t show_gm_run(const struct gm_snapshot *v, size_t n);
/* The KEK in force: the newest. */
const struct kek_info *show_gm_kek(const struct gm_snapshot *g);
bool show_gm_counter_mode(const struct gm_snapshot *g);

/* --- show_crypto.c --- */
void show_isakmp_sa(const struct ike_sa_info *ike, size_t n_ike,
	const struct gm_snapshot *gm, size_t n_gm, const struct ks_snapshot *ks,
	size_t n_ks, struct sbuf *out); /* 2.1 */
struct isakmp_count {
	size_t active, negotiating, dead;
};
/* show_admission.c */
void show_call_admission(const struct ike_stats *s, struct sbuf *out);
void show_error_count(const struct ike_stats *s, struct sbuf *out);
/* show_gdoi_error.c */
void show_gdoi_error(const struct ike_stats *s, struct sbuf *out);
void show_isakmp_sa_detail(
	const struct ike_sa_info *ike, size_t n, struct sbuf *out);

/* --- show_isakmp.c --- */
void show_isakmp_policy(
	const struct isakmp_policy *v, size_t n, struct sbuf *out); /* 2.2 */
void show_isakmp_default_policy(
	const struct isakmp_policy *v, size_t n, struct sbuf *out);
void show_isakmp_key(const struct isakmp_config *c, struct sbuf *out); /* 2.3 */
void show_isakmp_peers(
	const struct ike_sa_info *v, size_t n, struct sbuf *out); /* 2.4 */
/* The peer's identity as text; "none" while it is not known. */
void show_isakmp_id(const struct ike_sa_info *i, struct sbuf *out);
const struct ip_addr *isakmp_remote(const struct ike_sa_info *i);
const struct ip_addr *isakmp_local(const struct ike_sa_info *i);
const char *isakmp_ring_name(const struct isakmp_config *c, uint16_t ring);

/* --- show_crypto.c --- */
void show_public_key(const struct stored_key *k, struct sbuf *out); /* 2.10 */

/* --- show_ipsec.c --- */
/* mtu: of the interface that carries the map. */
void show_ipsec_sa(const struct gm_snapshot *g, unsigned mtu, bool heading,
	bool detail, struct sbuf *out); /* 2.5 */

/* --- show_ip.c --- */
void show_ip_interface_brief(
	const struct iface_info *v, size_t n, struct sbuf *out); /* 3.1 */
void show_ip_route(
	struct route_info *v, size_t n, struct sbuf *out); /* 3.4;
							    * sorts v */

/* --- show_route.c: kinds, a bit for each kind of route_info; len -1: the
 * longest prefix with the address. --- */
void show_ip_route_table(
	struct route_info *v, size_t n, uint8_t kinds, struct sbuf *out);
void show_ip_route_entry(const struct route_info *v, size_t n,
	const struct ip_addr *a, int len, struct sbuf *out);
void show_ip_route_summary(const struct route_info *v, size_t n,
	const char *vrf, struct sbuf *out);
void show_ipv6_route(struct route_info *v, size_t n, uint8_t kinds,
	const char *vrf, struct sbuf *out);

/* --- show_interfaces.c --- */
struct node;
struct router;
struct cmd_call;
/* What the configuration adds to an interface. */
struct iface_notes {
	char description[256];
	uint32_t bandwidth_kbps, delay_usec;
	uint16_t vlan;
};
const char *show_line_state(const struct iface_info *i);
const char *show_mac(const uint8_t mac[6], char buf[16]); /* 5254.0012.a001 */
/* "00:01:02", "1d02h", "3w4d"; "never" for 0. */
const char *show_age(uint64_t then_ms, uint64_t now_ms, char buf[16]);
void show_interface(const struct iface_info *i, const struct iface_notes *n,
	uint64_t now_ms, struct sbuf *out); /* 3.2 */
void show_interfaces_summary(
	const struct iface_info *v, size_t n, struct sbuf *out);
void show_platform_interfaces(
	const struct iface_info *v, size_t n, struct sbuf *out);
/* Interfaces that the `name` slot of the command leaves; says so when there is
 * none of that name.  Caller frees. */
size_t show_ifaces_get(struct cmd_call *c, struct iface_info **v);
/* Section of an interface, NULL when it is not configured; what follows the
 * words of one of its lines, in *out, or NULL. */
const struct node *if_section(const struct router *r, const char *ifname);
const char *if_line(
	const struct node *section, const char *words, struct sbuf *out);

/* --- show_ip_interface.c --- */
const char *show_mtu(const struct iface_info *i, char buf[IP_TEXT]);
void show_ip_interface(const struct iface_info *i, const struct node *section,
	struct sbuf *out);
void show_ipv6_interface(const struct iface_info *i, struct sbuf *out);
void show_ipv6_interface_brief(
	const struct iface_info *v, size_t n, struct sbuf *out);

/* --- show_arp.c --- */
void show_arp(const struct neigh_info *v, size_t n, struct sbuf *out); /* 3.9 */
void show_ipv6_neighbors(const struct neigh_info *v, size_t n, struct sbuf *out);
#endif
