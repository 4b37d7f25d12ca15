noinst_LIBRARIES += libdataplane.a
libdataplane_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTNL_CFLAGS) $(OPENSSL_CFLAGS)
libdataplane_a_SOURCES = dataplane/ops.h dataplane/ops.c dataplane/path.c dataplane/path.h dataplane/tbar.c dataplane/tbar.h \
	dataplane/selector.h dataplane/selector.c dataplane/selector_text.c \
	dataplane/selector_nft.h dataplane/selector_nft.c \
	dataplane/selector_plan.h dataplane/selector_plan.c \
	dataplane/null.h dataplane/null.c dataplane/objects.h \
	dataplane/nflog.h dataplane/nflog.c \
	dataplane/filter.h dataplane/filter.c \
	dataplane/guard.h dataplane/guard.c \
	dataplane/nl.h dataplane/nl.c dataplane/nft.h dataplane/nft_priv.h \
	dataplane/nft.c dataplane/nft_map.c \
	dataplane/iface.h dataplane/iface_priv.h dataplane/iface.c dataplane/link.c \
	dataplane/table.h dataplane/table.c dataplane/table_report.c dataplane/table_priv.h \
	dataplane/table_count.c dataplane/watch.h dataplane/watch.c \
	dataplane/xfrm.h dataplane/xfrm_priv.h dataplane/xfrm.c dataplane/xfrm_nl.c \
	dataplane/xfrm_nft.c dataplane/xfrm_can.c dataplane/choose.h dataplane/choose.c \
	dataplane/neigh.h dataplane/neigh.c \
	dataplane/route.h dataplane/route.c \
	dataplane/user_priv.h dataplane/user.c dataplane/user_sa.c dataplane/user_crypto.c dataplane/user_replay.c dataplane/user_nft.c \
	dataplane/user_tun.c dataplane/user_worker.c \
	dataplane/csum.h dataplane/csum.c dataplane/user_gso.h dataplane/user_gso.c \
	dataplane/user_frag.h dataplane/user_frag.c \
	dataplane/user_emit.h dataplane/user_emit.c dataplane/user_emit_socket.c dataplane/user_emit_xdp.c \
	dataplane/user_egress.c dataplane/user_capture.c dataplane/user_seal.c \
	dataplane/user_io.h dataplane/user_out.c dataplane/user_in.c \
	dataplane/user_ip6.c \
	dataplane/user_esp.h dataplane/user_esp_priv.h dataplane/user_esp.c \
	dataplane/user_esp_openssl.c
libdataplane_a_SOURCES += dataplane/inbound.h dataplane/inbound.c \
	dataplane/user_gro.h dataplane/user_gro.c \
	dataplane/user_ring.h dataplane/user_ring.c \
	dataplane/user_rx.h dataplane/user_rx.c
if IPSEC_MB
libdataplane_a_SOURCES += dataplane/user_esp_mb.c
else
libdataplane_a_SOURCES += dataplane/user_esp_no_mb.c
endif
