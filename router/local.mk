noinst_LIBRARIES += librouter.a
librouter_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(CAPNG_CFLAGS) $(SECCOMP_CFLAGS)
librouter_a_SOURCES = \
	router/box.h \
	router/ifname.c router/ifname.h
