noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(BSD_CFLAGS)
libbase_a_SOURCES = \
	base/err.c base/err.h \
	base/file.c base/file.h \
	base/frame.c base/frame.h \
	base/hash.c base/hash.h \
	base/ip.c base/ip.h \
	base/list.h \
	base/log.c base/log.h \
	base/loop.c base/loop.h \
	base/mem.c base/mem.h \
	base/rd.c base/rd.h \
	base/sbuf.c base/sbuf.h \
	base/secret.c base/secret.h \
	base/timer.c base/timer.h \
	base/wr.c base/wr.h
