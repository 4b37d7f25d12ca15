noinst_LIBRARIES += libgdoi.a
libgdoi_a_CFLAGS = $(AM_CFLAGS) -Wconversion -Wno-sign-conversion
libgdoi_a_SOURCES = gdoi/env.h

# The GDOI engines above phase 1.
libgdoi_a_SOURCES += gdoi/report.h gdoi/report.def gdoi/report.c \
	gdoi/snapshot.h gdoi/snapshot.c gdoi/store.h gdoi/store_mem.c \
	gdoi/gdoi.h gdoi/gdoi.c gdoi/gdoi_priv.h gdoi/policy.c \
	gdoi/sid.h gdoi/sid.c gdoi/ks_priv.h gdoi/ks.c gdoi/ks_identity.c gdoi/ks_pull.c \
	gdoi/ks_push.c gdoi/ks_remove.c gdoi/ks_member.c gdoi/ks_msg.c gdoi/ks_store.c \
	gdoi/ks_store_push.c \
	gdoi/ks_show.c gdoi/ks_replay.c gdoi/gm_replay.c gdoi/gm_priv.h gdoi/gm.c gdoi/gm_pull.c \
	gdoi/gm_push.c gdoi/gm_msg.c gdoi/gm_keys.c gdoi/gm_mcast.c \
	gdoi/gm_show.c

# ISAKMP, the payloads, phase 1.
libgdoi_a_SOURCES += gdoi/env.c
libgdoi_a_SOURCES += gdoi/debug.h gdoi/debug.def gdoi/debug.c \
	gdoi/debug_priv.h gdoi/ike_debug.c
libgdoi_a_SOURCES += gdoi/isakmp.h
libgdoi_a_SOURCES += gdoi/isakmp.c
libgdoi_a_SOURCES += gdoi/gdoi_wire.h
libgdoi_a_SOURCES += gdoi/gdoi_wire_priv.h
libgdoi_a_SOURCES += gdoi/gdoi_wire.c
libgdoi_a_SOURCES += gdoi/gdoi_wire_sa.c
libgdoi_a_SOURCES += gdoi/gdoi_wire_ext.c
libgdoi_a_SOURCES += gdoi/gdoi_wire_kd.c
libgdoi_a_SOURCES += gdoi/gdoi_push.c
libgdoi_a_SOURCES += gdoi/exchange.h
libgdoi_a_SOURCES += gdoi/ike_priv.h
libgdoi_a_SOURCES += gdoi/ike.c
libgdoi_a_SOURCES += gdoi/ike_sa.c
libgdoi_a_SOURCES += gdoi/phase1_priv.h
libgdoi_a_SOURCES += gdoi/phase1.c
libgdoi_a_SOURCES += gdoi/phase1_msg.c
libgdoi_a_SOURCES += gdoi/phase1_main.c
libgdoi_a_SOURCES += gdoi/phase1_aggr.c
libgdoi_a_SOURCES += gdoi/phase1_id.c
libgdoi_a_SOURCES += gdoi/phase1_sa.c gdoi/phase1_sig.c
libgdoi_a_SOURCES += gdoi/phase1_auth.c
libgdoi_a_SOURCES += gdoi/phase1_key.c
libgdoi_a_SOURCES += gdoi/ike_config.c
libgdoi_a_SOURCES += gdoi/vid.c
libgdoi_a_SOURCES += gdoi/exchange.c
libgdoi_a_SOURCES += gdoi/info.c
libgdoi_a_SOURCES += gdoi/fragment.c
libgdoi_a_SOURCES += gdoi/dpd.c
libgdoi_a_SOURCES += gdoi/first.c
libgdoi_a_SOURCES += gdoi/history.c
libgdoi_a_SOURCES += gdoi/limit.c
