noinst_LIBRARIES += libdataplane.a
libdataplane_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTNL_CFLAGS) $(OPENSSL_CFLAGS)
libdataplane_a_SOURCES = dataplane/ops.h dataplane/ops.c \
	dataplane/selector.h dataplane/selector.c dataplane/selector_text.c \
	dataplane/null.h dataplane/null.c \
	dataplane/nl.h dataplane/nl.c \
	dataplane/iface.h dataplane/iface_priv.h dataplane/iface.c \
	dataplane/route.h dataplane/route.c
