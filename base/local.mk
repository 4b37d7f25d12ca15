noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(BSD_CFLAGS)
libbase_a_SOURCES = base/mem.h
