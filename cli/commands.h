/* The one list of all commands, subscriptions and value types. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
#include "cli/session.h"

/* Modes (mode.c holds the mode_def table). Parents as in ios-cli.md 1. */
enum mode { MODE_NONE, MODE_EXEC, MODE_CONFIG, MODE_IF, MODE_EXT_NACL,
	MODE_STD_NACL, MODE_ISAKMP_POLICY, MODE_TRANSFORM, MODE_IPSEC_PROFILE,
	MODE_CRYPTO_MAP, MODE_GKM_GROUP, MODE_GKM_SERVER, MODE_GKM_SA,
	MODE_LINE, MODE_KEEP /* below a kept, harmless section */,
	MODE_FAIL_CLOSE, MODE_GKM_COOP, MODE_GKM_KSSID, MODE_IPV6_NACL,
	MODE_GROUP_NET, MODE_GROUP_SVC, MODE_TIME_RANGE,
	MODE_ARCHIVE, MODE_ARCHIVE_LOG, MODE_VRF, MODE_VRF_AF,
	/* sections of which no line is in force (cfg_keep.c): */
	MODE_IF_SUB, MODE_ROUTER, MODE_ROUTER_AF, MODE_ROUTER_TOPOLOGY,
	MODE_ROUTER_AF_IF, MODE_ROUTER_TEXT, MODE_ROUTE_MAP, MODE_KEY_CHAIN, MODE_KEY_CHAIN_KEY,
	MODE_CMAP, MODE_PMAP, MODE_PMAP_CLASS, MODE_PMAP_POLICE, MODE_DHCP,
	MODE_SLA, MODE_SLA_TYPE, MODE_APPLET, MODE_VLAN, MODE_REDUNDANCY,
	MODE_CONTROL_PLANE, MODE_KEYRING, MODE_ISAKMP_PROFILE, MODE_ISAKMP_PEER, MODE_IKEV2_PROPOSAL,
	MODE_IKEV2_POLICY, MODE_IKEV2_KEYRING, MODE_IKEV2_PROFILE,
	MODE_CERT_MAP, MODE_CERT_SERVER, MODE_ZONE, MODE_ZONE_PAIR, MODE_TRACK,
	MODE_RADIUS_SERVER, MODE_TACACS_SERVER, MODE_SERVER_GROUP,
	MODE_IKEV2_PEER, MODE_MAP_PEER, MODE_TRUSTPOINT, MODE_TRUSTPOOL, MODE_CERT_CHAIN,
	MODE_IDENTITY,
	MODE_PUBKEY_CHAIN, MODE_PUBKEY_KEY };

/* Each cfg_X.c, exec_X.c and show_X.c gives its commands as one array... */
struct command_list {
	const struct command *const *v;
	size_t n;
};
/* ...and cfg_X.c its subscription. commands.c names them all, in the order in
 * which they settle: ifaces, routes, isakmp, ks, gm. */
struct feature {
	const struct command_list *commands;
	void (*subscribe)(struct router *r); /* NULL: none */
};
/* Features by file; those without a subscription only bring commands. */
extern const struct feature feature_keep, feature_show_platform, feature_show_dataplane,
	feature_show_hardware, feature_show_tech, feature_debug,
	feature_show_debug, feature_evtrace,
	feature_block;
extern const struct feature feature_masterkey, feature_users, feature_line,
	feature_enable, feature_banner, feature_login,
	feature_privilege, feature_alias, feature_terminal, feature_lines,
	feature_clock;
extern const struct feature feature_system, feature_interface, feature_route,
	feature_acl, feature_isakmp, feature_isakmp_sa, feature_keyring,
	feature_isakmp_profile, feature_platform, feature_metrics, feature_show_admission,
	feature_show_gdoi_error, feature_show_gdoi_feature, feature_show_gdoi_store,
	feature_show_gdoi_replay,
	feature_show_isakmp,
	feature_ipsec, feature_ipsec_cut, feature_keys, feature_gdoi,
	feature_gdoi_ks,
	feature_crypto_map, feature_fail_close, feature_show_gdoi, feature_show_path, feature_show_crypto, feature_show_ipsec,
	feature_show_ip, feature_exec_crypto, feature_exec_ping,
	feature_exec_basic, feature_show_system, feature_exec_configure,
	feature_exec_copy, feature_exec_file, feature_exec_reload,
	feature_exec_save, feature_show_running, feature_confmgmt,
	feature_archive, feature_cfglog, feature_exec_replace,
	feature_exec_revert, feature_show_differences;
extern const struct feature feature_show_interfaces, feature_show_ip_interface,
	feature_show_arp;
extern const struct feature feature_pki, feature_pki_map, feature_exec_pki,
	feature_exec_enroll, feature_show_pki, feature_show_pki_timers, feature_show_pki_crls,
	feature_exec_pki_file,
	feature_exec_key_file, feature_exec_crl;
extern const struct feature feature_objgroup, feature_timerange, feature_acl6,
	feature_filter, feature_show_acl;
extern const struct feature feature_if_ip, feature_if_ip6, feature_if_vlan,
	feature_interface_range, feature_host, feature_show_route,
	feature_show_vrf, feature_exec_trace,
	feature_vrf;
/* Value types of cli/types.c; called before the first grammar_add. */
void types_register(struct grammar *g);
/* Makes grammar, tree and commit of r, whose box, log and loop are set (box may
 * be NULL in tests), from every feature; router_fini frees the three. */
void router_setup(struct router *r);
void router_fini(struct router *r);
/* router_setup's part that fills an empty grammar. */
void commands_register(struct router *r);

/* cfg_system.c, cfg_interface.c */
extern const struct command cfg_hostname, cfg_interface;
extern const struct mode_def mode_defs[];
extern const size_t n_mode_defs;

/* Order of top-level lines in the running-config (ios-cli.md 16). */
enum config_order { ORDER_VERSION = 10, ORDER_SERVICE = 20, ORDER_HOSTNAME = 30,
	ORDER_BOOT = 40, ORDER_LOGGING_BUFFER = 50, ORDER_ENABLE = 60,
	ORDER_AAA = 70, ORDER_CLOCK = 80, ORDER_VRF = 90, ORDER_IP_GLOBAL = 100,
	ORDER_PKI = 110, ORDER_ARCHIVE = 116, ORDER_USERNAME = 120, ORDER_OBJECT_GROUP = 130,
	ORDER_TIME_RANGE = 345,
	ORDER_KEYRING = 140, ORDER_ISAKMP_POLICY = 150, ORDER_ISAKMP_KEY = 160,
	ORDER_ISAKMP_OTHER = 170, ORDER_ISAKMP_PROFILE = 180,
	ORDER_IPSEC_SA = 190, ORDER_TRANSFORM_SET = 200,
	ORDER_IPSEC_PROFILE = 210, ORDER_GDOI_GROUP = 220,
	ORDER_CRYPTO_MAP = 230, ORDER_INTERFACE = 240, ORDER_ROUTER = 250,
	ORDER_IP_FORWARD = 260, ORDER_IP_HTTP = 270, ORDER_IP_ROUTE = 280,
	ORDER_IP_SSH = 290, ORDER_LOGGING = 300, ORDER_ACL_STD = 310,
	ORDER_ACL_EXT = 320, ORDER_ACL_NUMBERED = 330, ORDER_ACL6 = 340,
	ORDER_CONTROL_PLANE = 350, ORDER_BANNER = 360, ORDER_ALIAS = 370,
	ORDER_LINE = 380, ORDER_NTP = 390,
	ORDER_PLATFORM = 105 };
#endif
