/* The one list of features.  Explicit, because constructors get dropped from
 * static libraries and make order a matter of luck; the order here is the order
 * in which subscriptions settle. */
#include "cli/commands.h"
#include "cli/acl.h"
#include "cli/confmgmt.h"
#include "cli/clock.h"
#include "cli/pki.h"
#include "router/metrics.h"
#include "cli/privilege.h"
#include "cli/users.h"

static const struct feature *const features[] = {
	&feature_system,
	&feature_keep,
	&feature_block,
	&feature_masterkey,
	&feature_users,
	&feature_line,
	&feature_banner,
	&feature_login,
	&feature_privilege,
	&feature_alias,
	&feature_clock,
	&feature_host,
	&feature_vrf,
	&feature_fail_close, /* closed before it comes up */
	&feature_interface,
	&feature_if_ip,
	&feature_if_ip6,
	&feature_if_vlan,
	&feature_interface_range,
	&feature_route,
	&feature_objgroup,
	&feature_timerange,
	&feature_acl,
	&feature_acl6,
	&feature_filter,
	&feature_isakmp,
	&feature_isakmp_sa,
	&feature_keyring,
	&feature_isakmp_profile,
	&feature_platform,
	&feature_metrics,
	&feature_ipsec,
	&feature_ipsec_cut,
	&feature_keys,
	&feature_pki,
	&feature_pki_map,
	&feature_exec_pki,
	&feature_exec_enroll,
	&feature_show_pki,
	&feature_show_pki_timers,
	&feature_show_pki_crls,
	&feature_exec_pki_file,
	&feature_exec_key_file,
	&feature_exec_crl,
	&feature_gdoi,
	&feature_gdoi_ks,
	&feature_crypto_map,
	&feature_show_gdoi,
	&feature_show_path,
	&feature_show_crypto,
	&feature_show_isakmp,
	&feature_show_admission,
	&feature_show_gdoi_error,
	&feature_show_gdoi_feature,
	&feature_show_gdoi_replay,
	&feature_show_gdoi_store,
	&feature_show_ipsec,
	&feature_show_ip,
	&feature_show_route,
	&feature_show_vrf,
	&feature_show_interfaces,
	&feature_show_ip_interface,
	&feature_show_arp,
	&feature_show_acl,
	&feature_show_system,
	&feature_show_platform, &feature_show_dataplane,
	&feature_show_hardware,
	&feature_show_tech,
	&feature_debug,
	&feature_show_debug,
	&feature_evtrace,
	&feature_exec_crypto,
	&feature_exec_ping,
	&feature_exec_trace,
	&feature_enable,
	&feature_terminal,
	&feature_lines,
	&feature_exec_basic,
	&feature_exec_configure,
	&feature_exec_copy,
	&feature_exec_file,
	&feature_exec_reload,
	&feature_exec_save,
	&feature_show_running,
	&feature_confmgmt,
	&feature_archive,
	&feature_cfglog,
	&feature_exec_replace,
	&feature_exec_revert,
	&feature_show_differences,
};

void commands_register(struct router *r)
{
	types_register(r->grammar);
	types_passwd_register(r->grammar);
	types_mode_register(r->grammar);
	types_clock_register(r->grammar);
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		const struct command_list *l = features[i]->commands;

		if (l != NULL)
			grammar_add(r->grammar, l->v, l->n);
	}
}

void router_setup(struct router *r)
{
	r->grammar = grammar_new(mode_defs, n_mode_defs);
	commands_register(r);
	r->tree = tree_new(r->grammar, MODE_CONFIG);
	r->commit = commit_new(r->tree);
	r->confmgmt = confmgmt_new(r);
	pki_init(r);
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		if (features[i]->subscribe != NULL)
			features[i]->subscribe(r);
	}
}

void router_fini(struct router *r)
{
	confmgmt_free(r->confmgmt);
	acl_clock_free(r);
	pki_fini(r);
	metrics_stop(r->metrics);
	r->metrics = NULL;
	commit_free(r->commit);
	tree_free(r->tree);
	grammar_free(r->grammar);
	r->confmgmt = NULL;
	r->commit = NULL;
	r->tree = NULL;
	r->grammar = NULL;
}
