noinst_LIBRARIES += libcli.a
libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(BSD_CFLAGS)
libcli_a_SOURCES = cli/commands.h
libcli_a_SOURCES += cli/commands.c
libcli_a_SOURCES += cli/exec_basic.c
libcli_a_SOURCES += cli/filter.c cli/filter.h
libcli_a_SOURCES += cli/regexp.c cli/regexp.h
libcli_a_SOURCES += cli/mode.c
libcli_a_SOURCES += cli/running.c cli/running.h
libcli_a_SOURCES += cli/json.c cli/json.h
libcli_a_SOURCES += cli/show_json.h
libcli_a_SOURCES += cli/json_config.c cli/json_config.h
libcli_a_SOURCES += cli/json_crypto.c cli/json_ip.c
libcli_a_SOURCES += cli/json_gdoi.c cli/json_gdoi_gm.c cli/json_gdoi_ks.c
libcli_a_SOURCES += cli/session_history.c
libcli_a_SOURCES += cli/session_config.c cli/session_help.c \
	cli/session_login.c
libcli_a_SOURCES += cli/session.c cli/session.h cli/session_priv.h
libcli_a_SOURCES += cli/show_system.c
libcli_a_SOURCES += \
	cli/cfg.c cli/cfg.h \
	cli/acl.h cli/acl_view.c \
	cli/cfg_acl.c cli/cfg_acl6.c \
	cli/cfg_block.c \
	cli/cfg_filter.c \
	cli/cfg_objgroup.c \
	cli/cfg_timerange.c \
	cli/cfg_cryptomap.c cli/cfg_failclose.c \
	cli/cfg_gdoi.c \
	cli/cfg_gdoi_ks.c \
	cli/cfg_host.c cli/host.h \
	cli/cfg_if.h \
	cli/cfg_if_ip.c \
	cli/cfg_if_ip6.c \
	cli/cfg_if_vlan.c \
	cli/cfg_interface.c \
	cli/session_range.c \
	cli/cfg_ipsec.c cli/cfg_ipsec_cut.c \
	cli/cfg_isakmp.c cli/cfg_isakmp.h cli/cfg_keyring.c \
	cli/cfg_isakmp_profile.c cli/cfg_isakmp_sa.c cli/cfg_platform.c cli/cfg_metrics.c cli/metrics_text.c cli/metrics_text.h \
	cli/show_admission.c cli/show_gdoi_error.c cli/show_gdoi_feature.c cli/show_gdoi_store.c cli/show_isakmp.c \
	cli/cfg_alias.c \
	cli/cfg_banner.c cli/banner.h \
	cli/cfg_clock.c cli/clock.h \
	cli/cfg_privilege.c cli/privilege.h \
	cli/cfg_line.c cli/line.h \
	cli/cfg_login.c \
	cli/cfg_masterkey.c \
	cli/cfg_users.c cli/users.h \
	cli/exec_enable.c \
	cli/exec_lines.c \
	cli/exec_terminal.c \
	cli/types_passwd.c \
	cli/cfg_keep.c cli/keep.h cli/keep_help.c \
	cli/keep_if.def cli/keep_sub.def cli/keep_top.def \
	cli/cfg_keys.c \
	cli/cfg_pki.c cli/cfg_pki_map.c cli/pki.h cli/pki_sync.c cli/pki_view.c cli/pki_map.c cli/pki_trust.c cli/pki_alerts.c cli/pki_renew.c cli/pki_renew.h cli/pki_request.c cli/pki_request.h cli/exec_enroll.c cli/pki_scep.c cli/pki_scep_crl.c cli/show_pki_crls.c cli/pki_scep.h cli/pki_revoke.c cli/show_pki.c cli/show_pki_timers.c \
	cli/exec_pki_file.c cli/exec_key_file.c cli/exec_crl.c cli/url_io.c cli/url_io.h cli/exec_pki.c cli/exec_pki.h \
	cli/paste.c cli/paste.h \
	cli/cfg_route.c \
	cli/cfg_vrf.c \
	cli/cfg_system.c cli/kept.def \
	cli/exec_crypto.c \
	cli/exec_net.c cli/exec_net.h \
	cli/exec_ping.c \
	cli/exec_trace.c \
	cli/show.h \
	cli/show_crypto.c \
	cli/show_gdoi.c \
	cli/show_gdoi_gm.c \
	cli/show_gdoi_ks.c cli/show_gdoi_replay.c \
	cli/show_path.c cli/show_path.h \
	cli/show_arp.c \
	cli/show_interfaces.c \
	cli/show_acl.c \
	cli/show_ip.c \
	cli/show_ip_interface.c \
	cli/show_route.c \
	cli/show_vrf.c \
	cli/show_ipsec.c \
	cli/show_dataplane.c cli/show_platform.c \
	cli/show_hardware.c cli/show_tech.c \
	cli/debug.c cli/debug.h cli/show_debug.c cli/evtrace.c \
	cli/types.c cli/types_acl.c cli/types_acl6.c cli/types_priv.h
libcli_a_SOURCES += \
	cli/archive.c \
	cli/cfglog.c \
	cli/confmgmt.c cli/confmgmt.h \
	cli/exec_configure.c \
	cli/exec_copy.c \
	cli/exec_file.c \
	cli/exec_reload.c \
	cli/exec_replace.c \
	cli/exec_revert.c \
	cli/exec_save.c \
	cli/files.c cli/files.h \
	cli/net_url.c cli/net_url.h \
	cli/redirect.c \
	cli/show_differences.c \
	cli/show_running.c \
	cli/types_url.c
libcli_a_SOURCES += cli/proto.h
libcli_a_SOURCES += cli/peer.c cli/peer.h
libcli_a_SOURCES += cli/server.c cli/server.h cli/server_listen.c \
	cli/server_priv.h

sbin_PROGRAMS += getvpnd
getvpnd_SOURCES = cli/getvpnd.c
getvpnd_LDADD = $(CLI_LIBS) $(LOOP_LIBS)

bin_PROGRAMS += getvpnsh
getvpnsh_SOURCES = cli/getvpnsh.c cli/shell.h
getvpnsh_SOURCES += cli/filter.c cli/filter.h
getvpnsh_SOURCES += cli/regexp.c cli/regexp.h
getvpnsh_SOURCES += cli/shell.c
getvpnsh_SOURCES += cli/shell_conn.c
getvpnsh_SOURCES += cli/shell_line.c
getvpnsh_SOURCES += cli/shell_page.c
getvpnsh_SOURCES += cli/shell_term.c
getvpnsh_CPPFLAGS = $(AM_CPPFLAGS) -DSBINDIR='"$(sbindir)"'
getvpnsh_CFLAGS = $(AM_CFLAGS) $(READLINE_CFLAGS)
getvpnsh_LDADD = $(BASE_LIBS) $(READLINE_LIBS)
