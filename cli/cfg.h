/* What the cfg_*.c files lend to each other: the commands whose nodes another
 * feature reads, and views by name.  References may dangle: a view by name
 * says false, and the subscriber is settled again when the name appears. */
#ifndef CLI_CFG_H
#define CLI_CFG_H
#include "cli/commands.h"

/* Help lines shared by tables; each is one "token  text" line. */
#define HELP_CRYPTO "crypto  Encryption module\n"
#define HELP_IP     "ip  Internet Protocol configuration\n"
#define HELP_GDOI                                                              \
	"gdoi  Group Domain of Interpretation\n"                               \
	"gkm  Group key management\n"

/* cfg_system.c */
extern const struct command cfg_hostname, cfg_domain_name;

/* cfg_interface.c */
extern const struct command cfg_interface, cfg_if_description,
	cfg_if_crypto_map;

/* cfg_host.c */
extern const struct command cfg_ip_host;

/* cfg_acl.c */
extern const struct command cfg_acl_ext, cfg_acl_std;
/* Fills *out (acl_free) from the list of that name. false: there is none, and
 * *out is empty. */
bool acl_view(const struct router *r, const char *name, struct acl *out);
bool acl_view_std(const struct router *r, const char *name, struct acl *out);

/* cfg_filter.c: the lists on an interface; NULL: none. Lent. */
void acl_filter_names(const struct router *r, const char *ifname, bool ip6,
	const char **in, const char **out);

/* cfg_ipsec.c */
extern const struct command cfg_ipsec_life, cfg_transform_set,
	cfg_ipsec_profile;
#define PROFILE_SETS_MAX 6
/* The transform set as ESP sees it. false: unknown, or nothing that ESP can
 * do alone (AH, compression, authentication without a cipher). */
bool transform_set_view(const struct router *r, const char *name,
	struct esp_suite *out, bool *transport_mode);
uint32_t ipsec_life_secs(const struct router *r);   /* the global one */
uint32_t ipsec_life_kbytes(const struct router *r); /* 0: disabled */
/* First transform set and lifetime of a profile. false: it does not exist or
 * its set does not resolve. */
bool ipsec_profile_view(const struct router *r, const char *name,
	struct esp_suite *suite, bool *transport_mode, uint32_t *life_secs);
/* Of a profile node; the global value when the line is absent. */
uint32_t ipsec_profile_life(const struct router *r, const struct node *profile);
const struct node *ipsec_profile_sets(const struct node *profile);

/* cfg_isakmp.c */
extern const struct command cfg_isakmp_policy, cfg_isakmp_key,
	cfg_isakmp_password;
/* Policies ascending, keys, profiles; isakmp_view_free wipes. */
struct isakmp_view {
	struct isakmp_config config;
	struct isakmp_key *keys;
	struct isakmp_keyring *keyrings;
	struct isakmp_profile *profiles;
	struct isakmp_match *matches;
	struct isakmp_peer_policy *peers;
	struct ike_trustpoint *trustpoints;
	struct cert_rule *cert_rules;
};
/* Lines that hold a pre-shared key, in their slot "key". */
bool isakmp_is_key(const struct command *c);
/* IOS's own, for a router without any; v has room for IKE_POLICIES_MAX. */
size_t isakmp_default_policies(struct isakmp_policy *v);
bool isakmp_default_policy_on(const struct router *r);
bool isakmp_policy_is_default(const struct isakmp_policy *p);
/* Appends what of it is weak: "encryption des, group 1". */
void isakmp_policy_weak(const struct isakmp_policy *p, struct sbuf *out);
void isakmp_view_build(const struct router *r, struct isakmp_view *v);
void isakmp_view_free(struct isakmp_view *v);
/* cfg_platform.c: its part of the view. */
void platform_isakmp_view(const struct router *r, struct isakmp_config *c);
/* cfg_isakmp_sa.c: its part of the view. */
void isakmp_sa_view(const struct router *r, struct isakmp_config *c);

/* The master key came or changed: hands policies and keys over again. */
void isakmp_keys_opened(const struct router *r);

/* A key pair came or went: hands the key servers' policies over again. */
void ks_keys_changed(const struct router *r);

/* cfg_gdoi.c, cfg_gdoi_ks.c */
extern const struct command cfg_gdoi_group, cfg_gdoi_identity,
	cfg_gdoi_server_addr, cfg_gdoi_client_if, cfg_ks_server;
extern const struct command_list cfg_gdoi_ks_commands;
/* Values of all groups of one role; what they point to belongs to the view. */
struct ks_view {
	struct ks_policy *v;
	size_t n;
	struct acl *acls;
	size_t n_acls;
	uint8_t (*kssids)[128];
};
void ks_view_build(const struct router *r, struct ks_view *v);
void ks_view_free(struct ks_view *v);
struct group_id gdoi_id_view(const struct node *group);
struct gm_view {
	struct gm_policy *groups;
	size_t n_groups;
	struct crypto_map_entry *maps;
	size_t n_maps;
	struct acl *acls;
};
void gm_view_build(const struct router *r, struct gm_view *v);
void gm_view_free(struct gm_view *v);
int ks_check(void *ctx, const struct tree *t, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why);

/* cfg_failclose.c */
extern const struct command cfg_fail_close;

/* cfg_cryptomap.c */
#define HELP_CRYPTO_MAP HELP_CRYPTO "map  Enter a crypto map\nipv6  IPv6 crypto map\n<name>  Crypto map tag\n"
extern const struct command cfg_crypto_map, cfg_map_local, cfg_map_profile, cfg_map_group,
	cfg_map_match, cfg_map_description;
/* Appends the list of the entries; acls as in gm_view. */
void crypto_map_view(const struct router *r, struct gm_view *v);
/* One of that family. */
bool crypto_map_exists(const struct router *r, const char *name, bool ip6);
/* Interfaces that carry the map, in the order of the configuration: calls fn
 * for each. */
void crypto_map_interfaces(const struct router *r, const char *name,
	void (*fn)(void *ctx, const char *ifname), void *ctx);

/* types.c: readers of what the types stored. */
struct ip_wild ace_addr_value(const char *stored);
/* proto 0: numbers only (TTL). NULL reads as any. */
void ace_port_value(const char *stored, int proto, struct ace_port *out);
uint8_t tcp_flag_value(const char *name); /* "syn" -> 0x02; 0 unknown */
/* type: "dscp", "precedence" or "tos". */
int16_t ace_field_value(const char *type, const char *stored);
/* Type of a secret: 0 clear or 6; *text is the rest. */
unsigned secret_value(const char *stored, const char **text);
/* Address and mask of a pre-shared key's peer. */
void key_peer_value(const char *stored, uint32_t *addr, uint32_t *mask);
#define PASS_PHRASE_MAX 128 /* of a value pass_phrase */
enum cipher_id kek_cipher_value(const char *stored);
/* 0..7; debugging when unknown. */
int log_level_value(const char *stored);
enum hash_id hash_value(const char *ios_name);
/* One transform of a set into *s. false: not ESP, or its place is taken. */
bool transform_value(const char *stored, struct esp_suite *s);

/* An answer to a [yes/no] question.  An empty one asks again, except where
 * nobody can be asked. */
enum answer { ANSWER_NO, ANSWER_YES, ANSWER_AGAIN };
enum answer answer_read(struct session *s, const char *text);

/* Runs one configuration line below a mode's section as if it were typed:
 * false with *why as commit_line. *section (may be NULL) gets what it
 * entered. */
bool config_line(const struct router *r, uint16_t mode, struct node *section,
	const char *line, struct node **entered, struct sbuf *why);
#endif
