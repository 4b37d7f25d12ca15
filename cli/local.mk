noinst_LIBRARIES += libcli.a
libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(BSD_CFLAGS)
libcli_a_SOURCES = cli/commands.h
libcli_a_SOURCES += cli/commands.c
libcli_a_SOURCES += cli/exec_basic.c
libcli_a_SOURCES += cli/filter.c cli/filter.h
libcli_a_SOURCES += cli/mode.c
libcli_a_SOURCES += cli/running.c cli/running.h
libcli_a_SOURCES += cli/session.c cli/session.h cli/session_priv.h
libcli_a_SOURCES += cli/show_system.c
libcli_a_SOURCES += \
	cli/cfg.c cli/cfg.h \
	cli/cfg_acl.c \
	cli/cfg_cryptomap.c \
	cli/cfg_gdoi.c \
	cli/cfg_gdoi_ks.c \
	cli/cfg_interface.c \
	cli/cfg_ipsec.c \
	cli/cfg_isakmp.c \
	cli/cfg_keys.c \
	cli/cfg_route.c \
	cli/cfg_system.c cli/kept.def \
	cli/show.h \
	cli/types.c cli/types_acl.c cli/types_priv.h
