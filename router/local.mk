noinst_LIBRARIES += librouter.a
librouter_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(CAPNG_CFLAGS) $(SECCOMP_CFLAGS) $(CURL_CFLAGS) $(MICROHTTPD_CFLAGS)
librouter_a_SOURCES = \
	router/box.c router/box.h router/box_priv.h \
	router/acl_log.c router/acl_log.h \
	router/box_dataplane.c router/box_filter.c \
	router/box_gm.c \
	router/box_guard.c \
	router/box_iface.c \
	router/box_info.c \
	router/box_meter.c \
	router/box_route.c \
	router/box_vrf.c \
	router/debug.c router/debug.h \
	router/evtrace.c router/evtrace.h \
	router/dp_none.c router/dp_none.h \
	router/env_loop.c router/env_loop.h \
	router/ifname.c router/ifname.h \
	router/keylog.c router/keylog.h \
	router/metrics.c router/metrics.h \
	router/ping.c \
	router/trace.c \
	router/resolve.c router/resolve.h \
	router/revoke.c router/revoke.h \
	router/sandbox.c router/sandbox.h \
	router/scep_net.c router/scep_net.h \
	router/store_sqlite.c router/store_sqlite.h \
	router/transfer.c router/transfer.h \
	router/udp848.c router/udp848.h
