noinst_LIBRARIES += librouter.a
librouter_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(CAPNG_CFLAGS) $(SECCOMP_CFLAGS)
librouter_a_SOURCES = \
	router/box.h \
	router/ifname.c router/ifname.h \
	router/sandbox.c router/sandbox.h \
	router/store_sqlite.c router/store_sqlite.h \
	router/udp848.c router/udp848.h
